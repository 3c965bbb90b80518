//! A provider's process is killed: probers notice, and a standby serves under the same deal.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use contracts::{Deals, Staking};
use scripts::amount::{Flt, Usd};
use scripts::chain::Context;
use scripts::ids::{DealId, LockId};
use scripts::prober::run::{self, Counts, Prober};
use scripts::workload::host::{self, Host, Meters};
use tokio::sync::oneshot;

use super::cast::{KEEPER, PROBERS};
use super::program::Program;
use super::resilient;
use super::stage::{Ended, Seat, Stage, number};
use super::words::{counted, flt};
use crate::actors::key;

/// Which slot of the resilient job loses its provider.
const SLOT: u8 = 1;

/// A block is a minute of the chain's time.
const BLOCK_IS: Duration = Duration::from_mins(1);

/// Blocks in which everybody answers, and blocks after which nobody has failed the slot over any more.
const QUIET: u32 = 3;
const MOST: u32 = 30;

const POLL: Duration = Duration::from_millis(50);

/// How long a block waits for probers, of whom some wait for it.
const BLOCK_WITHIN: Duration = Duration::from_secs(5);

/// What the protocol gives a provider to answer, in seconds.
const GRACE: u64 = 600;

/// Something that runs until it is dropped.
#[derive(Debug)]
struct Running<T> {
    seen: Arc<T>,
    _stop: oneshot::Sender<()>,
}

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "A provider dies";
    let why = "Its process is killed. Four probers of two regions say so, it has ten minutes to answer, then anyone fails the\n\
               slot over: the first standby serves from that second on, under the same deal, and the gap costs nothing.";
    stage.voice.act(stage.day().await?, title, why);
    let job = stage.jobs.iter().find(|job| job.name == resilient::NAME).context("the resilient job")?.clone();
    let dying = job.seats.iter().find(|seat| seat.slot == SLOT).context("the slot is served")?.clone();
    let successor = job.seats.iter().find(|seat| seat.is_standby()).context("the job has standbys")?.clone();

    let (program, hosts) = open_doors(stage, dying.provider.name).await?;
    let probers = probe(stage).await?;
    stage.world.chain.space_blocks(BLOCK_IS).await?;
    stage.world.chain.hold_transactions().await?;
    for _ in 0..QUIET {
        pass(stage, &probers).await?;
    }
    let (probes, misses) = probers.iter().fold((0, 0), |(probes, misses), prober| {
        (probes + prober.seen.probes.get(), misses + prober.seen.misses.get())
    });
    stage.voice.expect(format!("all workloads answer, in {probes} probes"), probes > 0 && misses == 0);

    let serving = stage.slot(job.deal, SLOT).await?;
    drop(program);
    let killed = stage.world.chain.head().await?.timestamp;
    stage.voice.say(format!("{} is dead", dying.provider.name));
    for _ in 0..MOST {
        pass(stage, &probers).await?;
        if stage.slot(job.deal, SLOT).await?.serving != serving.serving {
            break;
        }
    }
    stage.world.chain.mine_with_transactions().await?;
    stage.world.chain.space_blocks(Duration::from_secs(1)).await?;
    drop((probers, hosts));

    stage.servings.push(Ended { deal: job.deal, slot: SLOT, serving: serving.serving, standby: successor.slot });
    stage.other_locks.push((LockId(serving.lock), dying.lock));
    tell(stage, job.deal, killed, serving.serving).await?;
    succeed(stage, job.deal, &successor).await
}

/// A block, and everything that the probers do about it. Who has sent something waits for the next one.
async fn pass(stage: &Stage, probers: &[Running<Counts>]) -> Result<()> {
    stage.world.chain.mine(1).await?;
    let head = stage.world.chain.head().await?.number;
    let all = async {
        for prober in probers {
            prober.seen.until(|counts| counts.head.get() >= head).await;
        }
    };
    // Time that passes without a block is none to the chain.
    let _ = tokio::time::timeout(BLOCK_WITHIN, all).await;
    Ok(())
}

/// Every provider answers for what it serves; the one that will die in a process of its own.
async fn open_doors(stage: &mut Stage, dying: &'static str) -> Result<(Program, Vec<Running<Meters>>)> {
    let door = stage.doors.remove(dying).context("every provider has a door")?;
    let address = door.local_addr()?;
    drop(door);
    let program = Program::start(stage, dying, &["provider", "serve", "--no-ready", "--listen", &address.to_string()])?;
    let mut hosts = Vec::new();
    for (name, door) in std::mem::take(&mut stage.doors) {
        let options = host::Options { poll: POLL, is_readying: false, ..host::Options::default() };
        let host = Host::open(signing(stage, name)?, options).await?;
        let (seen, (stop, stopped)) = (host.meters(), until_dropped());
        tokio::spawn(host.run(door, stopped));
        hosts.push(Running { seen, _stop: stop });
    }
    Ok((program, hosts))
}

async fn probe(stage: &mut Stage) -> Result<Vec<Running<Counts>>> {
    let mut probers = Vec::new();
    for name in PROBERS {
        let board = stage.boards.remove(name).context("every prober has a board")?;
        let within = Duration::from_secs(2);
        let options = run::Options {
            poll: POLL,
            within,
            is_opening: false,
            is_reporting_daily: false,
            ..run::Options::default()
        };
        let prober = Prober::open(signing(stage, name)?, options).await?;
        let (seen, (stop, stopped)) = (prober.counts(), until_dropped());
        tokio::spawn(prober.run(board, stopped));
        probers.push(Running { seen, _stop: stop });
    }
    Ok(probers)
}

fn signing(stage: &Stage, name: &str) -> Result<Context> {
    Ok(stage.party(name)?.clone().signing_with(key(name)?))
}

fn until_dropped() -> (oneshot::Sender<()>, impl Future<Output = ()> + Send + 'static) {
    let (stop, stopped) = oneshot::channel::<()>();
    (stop, async move {
        // A dropped sender means the same.
        let _ = stopped.await;
    })
}

/// What the chain and the API make of it.
async fn tell(stage: &mut Stage, deal: DealId, killed: u64, serving: u32) -> Result<()> {
    let keeper = stage.party(KEEPER)?;
    let call = Deals::servingOfCall { deal: deal.0, slot: SLOT, serving };
    let ended = keeper.view(keeper.at().deals, call).await?;
    let slot = stage.slot(deal, SLOT).await?;
    let (since, started) = (ended.endedAt.to::<u64>(), slot.startedAt.to::<u64>());
    let (missed, gap) = (since.saturating_sub(killed), started.saturating_sub(since));
    stage.voice.say(format!("{missed} seconds after it died a probe was missed: it is paid until then"));
    let line = format!("a standby serves {gap} seconds after that: the grace of {GRACE} and two blocks at most");
    stage.voice.expect(line, gap > 0 && gap <= GRACE + 2 * BLOCK_IS.as_secs());
    let servings = stage.get(&format!("/v1/deals/{deal}/servings")).await?;
    let line = servings["items"].as_array().into_iter().flatten();
    let in_slot: Vec<_> = line.filter(|item| item["slot"] == SLOT).collect();
    stage.voice.expect(format!("the time line of slot {SLOT} shows both"), in_slot.len() == 2);
    let network = stage.get("/v1/network").await?;
    stage.report.failovers = number(&network, "failovers")?;
    stage.report.downtime_seconds = number(&network, "downtime_seconds")?;
    let (failovers, down) = (stage.report.failovers, stage.report.downtime_seconds);
    let line = format!("the API counts {failovers} failover and {} of downtime", counted(down, "second"));
    stage.voice.expect(line, failovers == 1 && down == gap);
    Ok(())
}

/// The standby has the seat of who died, and its own place is empty.
async fn succeed(stage: &mut Stage, deal: DealId, successor: &Seat) -> Result<()> {
    let slot = stage.slot(deal, SLOT).await?;
    let keeper = stage.party(KEEPER)?;
    let amount = keeper.view(keeper.at().staking, Staking::amountOfCall { lock: slot.lock }).await?;
    let decimals = keeper.decimals();
    let name = successor.provider.name;
    stage.voice.expect(format!("{name} serves, with {} locked", flt(Flt(amount))), amount > successor.lock.0);
    let job = stage.jobs.iter_mut().find(|job| job.deal == deal).context("the job goes on")?;
    job.seats.retain(|seat| seat.slot != SLOT && seat.slot != successor.slot);
    let value_at_stake = Usd { units: slot.valueAtStake, decimals };
    let seat = Seat { slot: SLOT, provider: successor.provider, lock: Flt(amount), value_at_stake };
    job.seats.insert(usize::from(SLOT), seat);
    Ok(())
}
