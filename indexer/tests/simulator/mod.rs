//! Seeded bad luck: nodes that lag, fork, forget logs and fail, a Postgres that breaks connections and refuses statements,
//! an indexer that is killed at any await. Whatever happens, the tables end as those of a fresh index.
//!
//! `SURETY_SEEDS=1000` tries so many seeds, `SURETY_SEED=42` that one alone. A seed decides the chain, what fails, what comes
//! before what, and when indexers die.

mod databases;
mod faults;
mod life;
mod luck;
mod nodes;
mod proxy;
mod tally;
mod turns;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy::primitives::B256;
use anyhow::{Context, Result, anyhow};
use tokio::runtime::Builder;

use self::databases::Template;
use self::life::live;
use self::tally::{REPEATED, Tally};

const SEEDS: u64 = 200;
const WORKERS: usize = 3;
/// One seed in so many begins without indexes, and one is run twice, to see that it is the same run. On a busy machine it may
/// not be: sockets and Postgres are real, and take turns as they like.
const BARE: u64 = 20;
const TWICE: u64 = 25;
/// One in so many is told of when it begins.
const TOLD: u64 = 100;

#[test]
fn whatever_happens_the_index_is_that_of_the_chain() -> Result<()> {
    let template = block_on(Template::make())?;
    let (first, end) = seeds()?;
    let next = AtomicU64::new(first);
    let tally = Arc::new(Tally::default());
    let failed: Vec<u64> = std::thread::scope(|scope| {
        let work = |worker| {
            let (template, next, tally) = (&template, &next, &tally);
            scope.spawn(move || try_seeds(worker, template, next, end, tally))
        };
        let workers: Vec<_> = (0..WORKERS).map(work).collect();
        let joined = workers.into_iter().map(|worker| worker.join().map_err(|_| anyhow!("a worker panicked"))?);
        joined.collect::<Result<Vec<_>>>()
    })?
    .concat();
    block_on(template.end())?;
    println!("{} seeds tried, {} failed; met:", end - first, failed.len());
    tally.print();
    assert!(failed.is_empty(), "these seeds fail: {failed:?}");
    if end - first >= SEEDS {
        assert_eq!(tally.unmet(), [""; 0], "nothing of this kind happened");
    }
    Ok(())
}

/// Those that fail, of what is left when this worker comes to it.
fn try_seeds(worker: usize, template: &Template, next: &AtomicU64, end: u64, tally: &Arc<Tally>) -> Result<Vec<u64>> {
    let mut failed = Vec::new();
    let mut pair = block_on(template.copy(worker))?;
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            break;
        }
        if seed.is_multiple_of(TOLD) {
            println!("seed {seed} of {end}");
        }
        if seed.is_multiple_of(BARE) {
            block_on(template.drop(&pair))?;
            pair = block_on(template.copy(worker))?;
        }
        // Each in a runtime of its own, which takes nodes and connections with it.
        let run = |tally: &Arc<Tally>| -> Result<B256> { tally.count(|| block_on(live(seed, &pair, tally))) };
        let result = run(tally).and_then(|trace| {
            if seed % TWICE == 1 && run(&Arc::default())? == trace {
                tally.add(REPEATED, 1);
            }
            Ok(())
        });
        if let Err(error) = result {
            println!("seed {seed}: {error:#}");
            println!("  replay: SURETY_SEED={seed} cargo test -p indexer --test sync whatever -- --nocapture");
            failed.push(seed);
            // It may have left faults on, and whatever else.
            block_on(template.drop(&pair))?;
            pair = block_on(template.copy(worker))?;
        }
    }
    block_on(template.drop(&pair))?;
    Ok(failed)
}

/// On this thread alone, so that what is woken first runs first.
fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    Builder::new_current_thread().enable_all().build().context("starting a runtime")?.block_on(future)
}

fn seeds() -> Result<(u64, u64)> {
    let number =
        |name| std::env::var(name).ok().map(|text| text.parse::<u64>().context("a seed is a number")).transpose();
    if let Some(seed) = number("SURETY_SEED")? {
        return Ok((seed, seed + 1));
    }
    Ok((0, number("SURETY_SEEDS")?.unwrap_or(SEEDS)))
}
