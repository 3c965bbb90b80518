//! Idle cores prove that they are there, and are paid in FLT; one claims what it did not do.

use std::time::Duration;

use alloy::primitives::Bytes;
use anyhow::{Context as _, Result};
use scripts::amount::Flt;
use scripts::capacity::clock::WINDOW;
use scripts::capacity::puzzle::{Leaf, Leaves, positions};
use scripts::capacity::watcher;
use scripts::ids::CommitmentId;
use scripts::time::parse_timestamp;
use scripts::{commitment, keeper, operator, provider};
use tempfile::TempDir;

use super::cast::{CHEATER, KEEPER, PROVERS, WATCHER};
use super::stage::{DAY, Stage, number, text, units, whole_flt};
use super::words::{counted, flt};
use crate::proving::{Proving, Server, Watching};
use crate::work::{Work, pledge};

/// Days of the term, whole epochs.
const TERM_DAYS: u8 = 2;

/// Windows of a day in which the story looks in; nobody opens the others, so they count for nobody.
const WINDOWS: u64 = 3;

/// The watcher asks a server that did not answer again after five minutes.
const PATIENCE: Duration = Duration::from_mins(6);

const FUNDS: u128 = 50_000;

/// A machine that proves, with the state that it keeps on disk.
struct Machine {
    units: u64,
    proving: Proving,
    commitment: CommitmentId,
    _folder: TempDir,
}

/// Everybody of the act.
struct Act {
    machines: Vec<Machine>,
    cheat: Work,
    server: Server,
    watching: Watching,
    _folder: TempDir,
}

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "Idle cores prove that they are there";
    let why = "Whoever has no customer yet pledges units, locks $200 of FLT for each, and proves every hour that they\n\
               compute: puzzles of Equi-X, solved here and now on this machine. The chain draws who has to show a leaf, a\n\
               watcher looks at all of them, and a pool of FLT is divided by what was filled.";
    stage.voice.act(stage.day().await?, title, why);
    let operator = &stage.world.operator;
    operator::mint(&operator.context, operator.address, whole_flt(FUNDS), 0).await?;
    let funded = operator::fund_rewards(&operator.context, whole_flt(FUNDS)).await?;
    stage.voice.say(format!("{} are there for the pools of the days to come", flt(funded.funds)));
    let mut act = begin(stage).await?;
    first_day(stage, &mut act).await?;
    second_day(stage, &mut act).await?;
    payday(stage, act).await
}

async fn begin(stage: &mut Stage) -> Result<Act> {
    let mut machines = Vec::new();
    let mut options = watcher::Options::new(std::path::PathBuf::new());
    for (name, units) in PROVERS {
        let pledged = pledge(stage.party(name)?, units, TERM_DAYS).await?;
        stage.other_locks.push((pledged.lock, pledged.lock_flt));
        let folder = tempfile::tempdir()?;
        let proving = Proving::start(stage.party(name)?, pledged.commitment, folder.path()).await?;
        options.endpoints.insert(pledged.provider, proving.url.clone());
        stage.voice.say(format!("{name} pledges {}, {} locked", counted(units, "unit"), flt(pledged.lock_flt)));
        let commitment = pledged.commitment;
        machines.push(Machine { units: units.into(), proving, commitment, _folder: folder });
    }
    let (name, units) = CHEATER;
    let cheat = Work::of(stage.party(name)?, units, TERM_DAYS).await?;
    stage.other_locks.push((cheat.pledged.lock, cheat.pledged.lock_flt));
    stage.voice.say(format!("{name} pledges {}, {} locked", counted(units, "unit"), flt(cheat.pledged.lock_flt)));
    let server = Server::start().await?;
    options.endpoints.insert(cheat.pledged.provider, server.url.clone());
    let folder = tempfile::tempdir()?;
    folder.path().clone_into(&mut options.folder);
    let watching = Watching::start(stage.party(WATCHER)?, options).await?;
    Ok(Act { machines, cheat, server, watching, _folder: folder })
}

/// Everybody works.
async fn first_day(stage: &mut Stage, act: &mut Act) -> Result<()> {
    stage.world.next_epoch().await?;
    for number in 1..=WINDOWS {
        if number > 1 {
            next_window(stage).await?;
        }
        solve(stage, act, number).await?;
        let window = act.cheat.prove().await?;
        act.show(window)?;
        stage.world.chain.mine(5).await?;
        act.cheat.draw(window).await?;
    }
    let claims = u64::try_from(PROVERS.len() + 1)? * WINDOWS;
    // A server that was asked before it knew is asked again.
    stage.world.advance(PATIENCE).await?;
    act.watching.until("all claims are checked", |counts| counts.claims.get() == claims).await?;
    let leaves = act.watching.counts.leaves.get();
    let all = WINDOWS * 8 * (act.machines.iter().map(|machine| machine.units).sum::<u64>() + u64::from(CHEATER.1));
    stage.voice.expect(
        format!("the watcher has checked {claims} claims with {leaves} leaves, all of them real"),
        act.watching.counts.convictions.get() == 0 && leaves == all,
    );
    Ok(())
}

/// The first day is credited; then one claims a window that it has not solved.
async fn second_day(stage: &mut Stage, act: &mut Act) -> Result<()> {
    stage.world.next_epoch().await?;
    solve(stage, act, WINDOWS + 1).await?;
    stage.world.chain.mine(5).await?;
    stage.world.advance(Duration::from_secs(3 * WINDOW)).await?;
    for machine in &act.machines {
        machine.proving.until("the first day is credited", |meters| meters.credits.get() == 1).await?;
    }
    keeper::capacity::credit(stage.party(KEEPER)?, act.cheat.id()).await?;
    solve(stage, act, WINDOWS + 2).await?;
    let window = pretend(act).await?;
    act.show(window)?;
    stage.world.advance(PATIENCE).await?;
    let mut blocks = 0;
    // It is announced first, so that nobody copies the proof and takes the bounty.
    while act.watching.counts.convictions.get() == 0 && blocks < 20 {
        stage.world.chain.mine(2).await?;
        act.watching.seen(stage.world.chain.head().await?.number).await?;
        blocks += 2;
    }
    tell_conviction(stage, act).await
}

async fn tell_conviction(stage: &mut Stage, act: &Act) -> Result<()> {
    let convicted = stage.get("/v1/commitments?is_convicted=true").await?;
    stage.report.convictions = number(&convicted, "total")?;
    let is_cheater = number(&convicted["items"][0], "commitment")? == act.cheat.id().0;
    stage.voice.expect(
        format!("{} claimed a window that it had not solved, and is convicted by the watcher", CHEATER.0),
        stage.report.convictions == 1 && is_cheater,
    );
    let slashed = Flt(units(text(&stage.get("/v1/network").await?, "slashed_flt")?, 18)?);
    stage.report.slashed_flt = slashed;
    stage.voice.say(format!("{} of its stake is slashed, and what it had earned returns to the pool", flt(slashed)));
    stage.voice.expect("a fifth of its lock at least", slashed.0 >= act.cheat.pledged.lock_flt.0 / 5);
    Ok(())
}

/// What was earned is paid a day after it was credited.
async fn payday(stage: &mut Stage, act: Act) -> Result<()> {
    for _ in 0..2 {
        stage.world.next_epoch().await?;
        stage.world.advance(Duration::from_secs(4 * WINDOW)).await?;
        stage.world.chain.mine(1).await?;
        for machine in &act.machines {
            machine.proving.seen(stage.world.chain.head().await?.number).await?;
        }
    }
    let Act { machines, watching, .. } = act;
    for machine in &machines {
        let credits = machine.proving.meters.credits.get();
        stage.report.credits += credits;
        let shown = commitment::show(stage.party(KEEPER)?, machine.commitment).await?;
        let line = format!("{} of commitment {} are credited and paid", counted(credits, "day"), machine.commitment);
        stage.voice.expect(line, credits == u64::from(TERM_DAYS) && shown.pending.0 == 0 && shown.poor_epochs == 0);
    }
    // The cheater's first day.
    stage.report.credits += 1;
    for (name, _) in PROVERS {
        let rewards = provider::show(stage.party(name)?, stage.address(name)?).await?.rewards;
        stage.voice.say(format!("{name} has earned {} after its stakers' part, which drips to them", flt(rewards)));
    }
    for machine in machines {
        machine.proving.stop().await?;
    }
    watching.stop().await
}

/// Weeks later: what was slashed is burned, and the watcher has its bounty.
pub(super) async fn aftermath(stage: &mut Stage) -> Result<()> {
    let slash = stage.get("/v1/slashes").await?["items"][0].clone();
    let at = parse_timestamp(text(&slash, "at")?).map_err(anyhow::Error::msg)?;
    let (context, keeper) = (stage.party(WATCHER)?.clone(), stage.party(KEEPER)?.clone());
    let before = context.flt_of(context.account()?).await?;
    if let Some(quarantine) = slash["quarantine"].as_u64() {
        keeper::pay_quarantine(&keeper, quarantine).await?;
    }
    keeper::burn_slashed(&keeper, u32::try_from(at / DAY)?).await?;
    provider::claim_rewards(&context, context.account()?).await?;
    let bounty = Flt(context.flt_of(context.account()?).await?.0 - before.0);
    stage.report.rewards_flt.0 += bounty.0;
    stage.voice.say(format!("the watcher's bounty is {}; the rest of what was slashed is burned", flt(bounty)));
    stage.voice.expect("watching pays", bounty.0 > 0);
    Ok(())
}

/// Every machine fills its puzzles and claims them.
async fn solve(stage: &Stage, act: &Act, number: u64) -> Result<()> {
    for Machine { units, proving, .. } in &act.machines {
        let all = number * units * 8;
        proving.until("its puzzles are solved", |meters| meters.leaves.get() == all).await?;
    }
    stage.world.chain.mine(1).await?;
    for Machine { proving, .. } in &act.machines {
        proving.until("its window is claimed", |meters| meters.commits.get() == number).await?;
    }
    Ok(())
}

/// The provers open it themselves.
async fn next_window(stage: &Stage) -> Result<()> {
    let now = stage.world.chain.head().await?.timestamp;
    stage.world.advance(Duration::from_secs(WINDOW - now % WINDOW)).await
}

/// Claims every puzzle of the window, with solutions that are none.
async fn pretend(act: &mut Act) -> Result<u32> {
    let solution = Bytes::from_static(&[7; 16]);
    let made_up = |position| (position, Leaf { position, nonce: 7, solution: solution.clone() });
    let leaves: Leaves = (0..positions(CHEATER.1)).map(made_up).collect();
    let window = act.cheat.window().await?;
    act.cheat.commit(window, leaves).await
}

impl Act {
    /// The cheater's leaves are there for everybody to see.
    fn show(&self, window: u32) -> Result<()> {
        let leaves = self.cheat.leaves(window).context("it was claimed just now")?;
        self.server.show(self.cheat.id(), &self.cheat.claim(window)?, &self.cheat.bitmap(window)?, leaves);
        Ok(())
    }
}
