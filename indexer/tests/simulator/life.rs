//! A seed's run: lives of indexers on one database while nothing is well, then calm, then the comparison.

use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{B256, keccak256};
use anyhow::{Context, Result, bail, ensure};
use indexer::{Config, State, Status};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor, PgPool};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::databases::{Pair, connect};
use super::faults::{FAULTS, HEALED, count};
use super::luck::Luck;
use super::nodes::Nodes;
use super::proxy::Proxy;
use super::tally::Tally;
use super::turns::{Turns, Verdict};
use crate::fake::deployment;
use crate::fake::dump::dump;

/// Of a life that goes on until the head is reached.
const PATIENCE: Duration = Duration::from_secs(60);
/// Turns of a life, at most.
const TURNS: u64 = 240;
/// Statements until an indexer leads.
const BEGINNING: usize = 40;
/// After one life in so many tables of facts are cut into ranges.
const RANGES: u64 = 60;
/// Wake-ups after a turn within which an indexer is killed.
const WITHIN: u64 = 6;

type Running = JoinHandle<Result<()>>;

/// Everything that a seed decides of.
struct Run {
    luck: Luck,
    turns: Turns,
    nodes: Nodes,
    proxy: Proxy,
    tally: Arc<Tally>,
    /// One reading in so many is done again.
    sample: u64,
    /// One change of the chain in so many turns, and one cut connection.
    changes: u64,
    cuts: u64,
    /// Of everything that took a turn, in order.
    trace: B256,
}

/// Where an indexer dies in its last turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Death {
    Before,
    Within,
    After,
}

/// Answers what happened, as one number: the same whenever the seed is.
pub(crate) async fn live(seed: u64, pair: &Pair, tally: &Arc<Tally>) -> Result<B256> {
    pair.empty().await?;
    let mut luck = Luck::new(seed);
    let turns = Turns::default();
    // Most seeds begin with a chain that is indexed, on which there are deals, commitments and faults to be taken back.
    let is_settled = !luck.chance(4);
    let blocks = if is_settled { luck.one_of(&[100, 100, 140, 240]) + luck.below(20) } else { 8 + luck.below(30) };
    let sample = luck.one_of(&[1, 16]);
    let nodes = Nodes::start(&mut luck, blocks, sample, turns.clone(), tally.clone()).await?;
    let proxy = Proxy::start(&pair.tried, turns.clone()).await?;
    let (changes, cuts) = (luck.one_of(&[8, 20, 60]), luck.one_of(&[u64::MAX, 300, 90]));
    let mut run = Run { luck, turns, nodes, proxy, tally: tally.clone(), sample, changes, cuts, trace: B256::ZERO };
    if is_settled {
        run.settle(&pair.tried).await?;
        if run.luck.chance(4) {
            run.nodes.grow(&mut run.luck);
        }
    }
    let db = connect(&pair.tried).await?;
    let has_faults = run.luck.chance(3);
    if has_faults {
        db.execute(FAULTS).await?;
    }
    let mut operator = Luck::new(!seed);
    for _ in 0..2 + run.luck.below(3) {
        run.life().await?;
        if operator.chance(RANGES) {
            let cut: i64 = sqlx::query_scalar("select count(*) from cut_ranges(1)").fetch_one(&db).await?;
            tally.add("tables cut into ranges", u64::try_from(cut)?);
        }
        for _ in 0..1 + run.luck.below(3) {
            run.nodes.change(&mut run.luck);
        }
    }
    if has_faults {
        count(&db, tally).await?;
        db.execute(HEALED).await?;
    }
    run.turns.free();
    let is_one_wrong = run.nodes.calm_but_one(&mut run.luck);
    let mut config = run.config(&run.proxy.database.clone())?;
    if is_one_wrong {
        // With one the first would decide, whichever it is.
        config.quorum = 2;
    }
    reach_head(config, &run.nodes).await?;
    run.read(&db).await?;
    run.nodes.calm();
    let config = run.config(&pair.fresh)?;
    reach_head(config, &run.nodes).await?;
    compare(&db, &pair.fresh).await?;
    db.close().await;
    Ok(run.trace)
}

async fn compare(db: &PgPool, fresh: &PgConnectOptions) -> Result<()> {
    let counts: (i64, i64) =
        sqlx::query_as("select (select count(*) from event), facts from cursor").fetch_one(db).await?;
    ensure!(counts.0 == counts.1, "the cursor counts {} of {} facts", counts.1, counts.0);
    let other = connect(fresh).await?;
    let (tables, wanted) = (dump(db).await?, dump(&other).await?);
    other.close().await;
    ensure!(tables.len() == wanted.len(), "the tables are not the same ones");
    for ((table, rows), (_, wanted)) in tables.iter().zip(&wanted) {
        ensure!(rows == wanted, "{table} differs from that of a fresh index:\n{rows}\ninstead of\n{wanted}");
    }
    Ok(())
}

impl Run {
    /// Indexes what there is while all is well.
    async fn settle(&mut self, database: &PgConnectOptions) -> Result<()> {
        self.turns.free();
        self.nodes.calm();
        let config = self.config(database)?;
        reach_head(config, &self.nodes).await?;
        self.nodes.rouse();
        self.turns.bind();
        Ok(())
    }

    fn config(&mut self, database: &PgConnectOptions) -> Result<Config> {
        let mut config = Config::new(database.clone(), &self.nodes.urls, deployment())?;
        // No time passes but by turns.
        (config.poll_interval, config.pause) = (Duration::ZERO, Duration::ZERO);
        config.sample = self.sample;
        config.fetch_max = self.luck.one_of(&[1, 2_000, 16_000_000]);
        config.quorum = self.luck.one_of(&[1, 2]);
        Ok(config)
    }

    fn start(&mut self) -> Result<Running> {
        let config = self.config(&self.proxy.database.clone())?;
        let (sender, _) = Status::channel();
        Ok(tokio::spawn(indexer::run(config, sender, std::future::pending())))
    }

    /// Until the seed kills whoever runs.
    async fn life(&mut self) -> Result<()> {
        // Most lives are for what comes after the beginning.
        self.proxy.hurry(if self.luck.chance(3) { 0 } else { BEGINNING });
        let mut running = vec![self.start()?];
        let left = 5 + self.luck.below(TURNS);
        // Sometimes another one stands by, and sometimes it gets the lead.
        let takes_over = self.luck.chance(6).then(|| self.luck.below(left));
        if takes_over.is_some() {
            running.push(self.start()?);
        }
        for turn in 0..left {
            if takes_over == Some(turn) {
                self.tally.add("kills of a leader beside a standby", 1);
                self.turns.quiet().await?;
                kill(vec![running.remove(0)]).await;
            }
            self.turn().await?;
            if let Some(ended) = running.iter_mut().find(|running| running.is_finished()) {
                return Err(ended.await?.err().context("it ended although nobody told it to").unwrap_or_else(|e| e));
            }
        }
        self.die(running).await
    }

    /// One thing happens.
    async fn turn(&mut self) -> Result<()> {
        if self.luck.chance(self.changes) {
            self.nodes.change(&mut self.luck);
        }
        let (next, overtaken) = self.turns.next(&mut self.luck).await?;
        self.tally.add("turns", 1);
        self.tally.add("answers overtaken", overtaken);
        let is_cut = next.is_statement() && self.luck.chance(self.cuts);
        let (verdict, what) = match (is_cut, self.luck.below(3)) {
            (false, _) => (Verdict::Pass(self.luck.draw()), None),
            (true, 0) => (Verdict::CutBefore, Some("connections cut before a statement")),
            (true, 1) => (Verdict::CutWithin, Some("connections cut within a statement")),
            (true, _) => (Verdict::CutAfter, Some("connections cut after a statement")),
        };
        if let Some(what) = what {
            self.tally.add(what, 1);
            self.turns.pause();
        }
        self.note(&format!("{} {verdict:?}", next.key));
        next.give(verdict);
        Ok(())
    }

    fn note(&mut self, what: &str) {
        self.trace = keccak256([self.trace.as_slice(), what.as_bytes()].concat());
    }

    /// The last turn of a life is never answered, or is not listened to.
    async fn die(&mut self, running: Vec<Running>) -> Result<()> {
        let (next, _) = self.turns.next(&mut self.luck).await?;
        let death = self.luck.one_of(&[Death::Before, Death::Within, Death::After]);
        let is_statement = next.is_statement();
        self.note(&next.key);
        let what = match (death, is_statement) {
            (Death::Before, false) => "kills before a request",
            (Death::Before, true) => "kills before a statement",
            (_, false) => "kills within a request",
            (Death::Within, true) => "kills within a statement",
            (Death::After, true) => "kills after a statement",
        };
        self.tally.add(what, 1);
        match death {
            Death::Before => drop(next),
            Death::Within => {
                next.give(Verdict::Pass(self.luck.draw()));
                for _ in 0..self.luck.below(WITHIN) {
                    tokio::task::yield_now().await;
                }
            }
            Death::After => {
                next.give(if is_statement { Verdict::CutAfter } else { Verdict::Pass(self.luck.draw()) });
                if is_statement {
                    self.turns.answered().await?;
                }
            }
        }
        kill(running).await;
        self.turns.clear();
        self.proxy.closed().await
    }

    /// What indexers did meanwhile.
    async fn read(&self, db: &PgPool) -> Result<()> {
        let counted = "select (select count(*) from journal), coalesce((select fence from cursor), 0)";
        let (entries, leads): (i64, i64) = sqlx::query_as(counted).fetch_one(db).await?;
        self.tally.add("journal entries", u64::try_from(entries)?);
        self.tally.add("leads taken", u64::try_from(leads)?);
        let depths = "select last_block - first_block + 1 from journal where kind = 'rollback'";
        let depths: Vec<i64> = sqlx::query_scalar(depths).fetch_all(db).await?;
        for depth in depths {
            self.tally.add(
                match depth {
                    1 => "rollbacks of 1 block",
                    2..=4 => "rollbacks of 2 to 4 blocks",
                    5..=30 => "rollbacks of 5 to 30 blocks",
                    other => bail!("a rollback of {other} blocks"),
                },
                1,
            );
        }
        Ok(())
    }
}

/// At whatever await they have come to.
async fn kill(running: Vec<Running>) {
    for running in &running {
        running.abort();
    }
    for running in running {
        // It was told to end: how it did is no news.
        let _ = running.await;
    }
}

async fn reach_head(config: Config, nodes: &Nodes) -> Result<()> {
    let (sender, mut status) = Status::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(indexer::run(config, sender, async {
        // Sent or dropped: it is told to stop.
        let _ = stopped.await;
    }));
    let reached = tokio::time::timeout(PATIENCE, at_head(&mut status, nodes)).await;
    let last = status.borrow().clone();
    drop(stop);
    let ended = running.await?;
    match reached {
        Ok(reached) => reached.and(ended),
        Err(_) => bail!("it does not reach the head {:?}: {last:?}", nodes.head()),
    }
}

async fn at_head(status: &mut watch::Receiver<Status>, nodes: &Nodes) -> Result<()> {
    let head = nodes.head();
    let is_over = |status: &Status| {
        let is_there = status.indexed == Some(head) && status.state == State::Following;
        is_there || matches!(status.state, State::Halted(_) | State::Stopped)
    };
    let status = status.wait_for(is_over).await?.clone();
    ensure!(status.state == State::Following, "it ended as {:?}", status.state);
    Ok(())
}
