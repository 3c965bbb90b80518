//! Solvers that propose, better each other, and get deals going.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use scripts::customer;
use scripts::solver::{self, Counts, Options, Runner};
use serde_json::json;
use sqlx::PgPool;
use tests::actors::{Actor, flt};
use tests::world::World;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A solver that runs beside the test until it is stopped.
struct Running {
    counts: Arc<Counts>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Arc<Counts>>>,
}

impl Running {
    fn start(actor: &Actor) -> Result<Self> {
        let runner = Runner::open(actor.context.clone(), Options::new(flt("1000")?))?;
        let (stop, stopped) = oneshot::channel();
        let counts = runner.counts();
        let task = tokio::spawn(runner.run(async {
            let _ = stopped.await;
        }));
        Ok(Self { counts, stop, task })
    }

    async fn stop(self) -> Result<()> {
        self.stop.send(()).ok().context("the solver runs")?;
        self.task.await??;
        Ok(())
    }
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn two_solvers_compete_and_the_cheapest_serve(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    for (name, price) in [("paula", "1.3"), ("peter", "1"), ("petra", "1.1")] {
        let provider = world.provider(name).await?;
        provider.stake("100000").await?;
        provider.offer(100, price).await?;
    }
    let carol = world.customer("carol").await?;
    let mut job = carol.job(100, "2", 7, 7)?;
    job.standbys = 1;
    let deal = carol.open(job, &[]).await?;

    let solution = solver::find(&carol.context, deal, solver::NODES).await?;
    assert!(solution.is_met && solution.is_proven);
    assert_eq!(solution.price, Some(solution.lower_bound));
    assert_eq!(solution.lower_bound.units, carol.units("102.2")?, "100 units at $1, and 2 % of as many at $1.1");
    assert_eq!(solution.left_out.iter().map(|left| left.reason).collect::<Vec<_>>(), ["dearer"]);

    let (anna, bert) = (world.actor("anna").await?, world.actor("bert").await?);
    let solvers = [Running::start(&anna)?, Running::start(&bert)?];
    solvers[0].counts.until(|counts| counts.head.get() > 0).await;
    solvers[1].counts.until(|counts| counts.head.get() > 0).await;
    let proposals: u64 = solvers.iter().map(|solver| solver.counts.proposals.get()).sum();
    // Both may have looked at the same head: the contract keeps the best two.
    assert!((1..=2).contains(&proposals), "what is better by nothing is not proposed: {proposals}");
    // The window of a minute is over.
    world.advance(Duration::from_secs(120)).await?;
    let first = solvers[0].counts.until(|counts| counts.activations.get() > 0);
    let second = solvers[1].counts.until(|counts| counts.activations.get() > 0);
    tokio::select! { () = first => {}, () = second => {} }
    let status = customer::status(&carol.context, deal).await?;
    assert_eq!(status.slots[0].offer, Some(solution.slots[0].offer));
    assert_eq!(status.standbys[0].offer, Some(solution.standbys[0].offer));
    for solver in solvers {
        solver.stop().await?;
    }
    world.end().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn the_api_finds_what_the_solver_finds(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    for (name, price) in [("paula", "1.3"), ("peter", "1"), ("petra", "1.1")] {
        let provider = world.provider(name).await?;
        provider.stake("100000").await?;
        provider.offer(100, price).await?;
    }
    let carol = world.customer("carol").await?;
    let mut job = carol.job(100, "1.2", 7, 7)?;
    job.slots = 2;
    let deal = carol.open(job, &[]).await?;
    let solution = solver::find(&carol.context, deal, solver::NODES).await?;
    world.synced().await?;
    let wish = json!({ "units": 100, "slots": 2, "price_max_usd": "1.2", "term_days": 7 });
    let found = world.post("/v1/match", &wish).await?;
    assert_eq!(found.text("/price_usd")?, "210");
    assert_eq!(found.text("/slots/0/offer")?, solution.slots[0].offer.to_string());
    assert_eq!(found.text("/slots/1/offer")?, solution.slots[1].offer.to_string());
    assert_eq!(found.text("/refused/0/reason")?, solution.left_out[0].reason);
    assert_eq!(found.text("/slots/0/lock_flt")?, solution.slots[0].lock.context("a lock")?.to_string());
    world.finish().await
}
