//! Keepers: what is due is done once, whoever else does it, and what is not done has a reason.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use alloy::providers::Provider as _;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result, ensure};
use contracts::{Deals, IFaults};
use scripts::customer::STANDBY;
use scripts::ids::DealId;
use scripts::keeper::fees;
use scripts::keeper::run::budget::Limits;
use scripts::keeper::run::duty::Duty;
use scripts::keeper::run::meters::Meters;
use scripts::keeper::run::{Keeper, Options, Report};
use sqlx::PgPool;
use tests::actors::{Actor, Customer, Provider};
use tests::chain::{days, hours};
use tests::probers::Probers;
use tests::world::World;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::stage::{REMAINING, Stage, TERM_COST};

/// Passes after which nothing is left that one pass brings about for the next.
const PASSES_MAX: usize = 4;

/// Seconds that a provider has to answer a flag.
const GRACE: u64 = 600;

fn options(actor: &Actor, only: &[Duty]) -> Options {
    let only: BTreeSet<Duty> = only.iter().copied().collect();
    Options { only, poll: Duration::from_millis(20), ..Options::new(actor.context.decimals()) }
}

/// A pass of a keeper that was started a moment ago.
async fn pass(world: &World, only: &[Duty]) -> Result<Report> {
    Keeper::open(world.keeper.context.clone(), options(&world.keeper, only)).await?.once().await
}

fn acts(report: &Report, duty: Duty) -> usize {
    report.acts.iter().filter(|act| act.duty == duty).count()
}

/// Why a duty was not done.
fn whys(report: &Report, duty: Duty) -> Vec<&str> {
    report.not_done.iter().filter(|left| left.duty == duty).map(|left| left.why.as_str()).collect()
}

async fn term_end(actor: &Actor, deal: DealId) -> Result<u64> {
    let call = Deals::slotOfCall { deal: deal.0, slot: 0 };
    Ok(actor.context.view(actor.context.at().deals, call).await?.termEnd.to())
}

/// Transactions of an account that are mined, or also those that wait.
async fn transactions(world: &World, actor: &Actor, is_waiting: bool) -> Result<u64> {
    let count = world.chain.provider.get_transaction_count(actor.address);
    Ok(if is_waiting { count.pending() } else { count.latest() }.await?)
}

/// The last day of a term whose successor is paid for.
async fn last_day(db: PgPool) -> Result<Stage> {
    let stage = Stage::start(db, REMAINING).await?;
    stage.carol.fund(stage.deal, TERM_COST).await?;
    stage.world.advance(days(14) - hours(12)).await?;
    Ok(stage)
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_term_is_renewed_once_and_what_is_done_stays_done(db: PgPool) -> Result<()> {
    let Stage { world, carol, deal, .. } = Stage::start(db, REMAINING).await?;
    carol.fund(deal, TERM_COST).await?;
    let first_end = term_end(&carol, deal).await?;
    world.advance(days(12)).await?;
    assert_eq!(acts(&pass(&world, &[]).await?, Duty::Renew), 0, "it is not the last day");
    world.advance(hours(36)).await?;

    let first = pass(&world, &[]).await?;
    assert_eq!((acts(&first, Duty::Renew), acts(&first, Duty::Settle)), (1, 1), "{first:#?}");
    assert_eq!(term_end(&carol, deal).await?, first_end + days(14).as_secs());
    let mut last = pass(&world, &[]).await?;
    assert_eq!(acts(&last, Duty::Renew), 0, "it is renewed");
    // What was credited goes to stakers and to the burn, one pass after the other.
    for _ in 1..PASSES_MAX {
        if last.acts.is_empty() {
            break;
        }
        last = pass(&world, &[]).await?;
    }
    assert_eq!((last.acts, last.not_done, last.gas), (Vec::new(), Vec::new(), 0));
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn what_is_not_paid_for_is_not_renewed_and_the_reason_says_what_is_missing(db: PgPool) -> Result<()> {
    let Stage { world, carol, deal, .. } = Stage::start(db, REMAINING).await?;
    world.advance(days(14) - hours(12)).await?;
    let before = transactions(&world, &world.keeper, false).await?;
    let report = pass(&world, &[Duty::Renew]).await?;
    let missing = |usd: &str| format!("the escrow does not pay to the end of the next term: {usd} are missing");
    assert_eq!(whys(&report, Duty::Renew), [missing("168000")]);
    carol.fund(deal, "100000.5").await?;
    let report = pass(&world, &[Duty::Renew]).await?;
    assert_eq!(whys(&report, Duty::Renew), [missing("67999.5")]);
    assert_eq!(transactions(&world, &world.keeper, false).await?, before, "nothing is sent");
    carol.fund(deal, "67999.5").await?;
    assert_eq!(acts(&pass(&world, &[Duty::Renew]).await?, Duty::Renew), 1);
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_renewal_that_a_reorganisation_took_is_done_again(db: PgPool) -> Result<()> {
    let Stage { world, carol, deal, .. } = last_day(db).await?;
    let first_end = term_end(&carol, deal).await?;
    let only = options(&world.keeper, &[Duty::Renew]);
    let mut keeper = Keeper::open(world.keeper.context.clone(), only).await?;
    assert_eq!(acts(&keeper.once().await?, Duty::Renew), 1);
    assert_eq!(acts(&keeper.once().await?, Duty::Renew), 0);
    world.reorg(1).await?;
    assert_eq!(term_end(&carol, deal).await?, first_end, "it never happened");

    let again = keeper.once().await?;
    assert_eq!((acts(&again, Duty::Renew), whys(&again, Duty::Renew)), (1, Vec::new()));
    assert_eq!(term_end(&carol, deal).await?, first_end + days(14).as_secs());
    assert_eq!(acts(&keeper.once().await?, Duty::Renew), 0);
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn beyond_the_budget_nothing_is_sent_and_the_reason_says_so(db: PgPool) -> Result<()> {
    let Stage { world, carol, deal, .. } = last_day(db).await?;
    let first_end = term_end(&carol, deal).await?;
    let before = transactions(&world, &world.keeper, false).await?;
    let limits = Limits { gas_budget: Some(10_000), fee_max: None };
    let poor = Options { limits, ..options(&world.keeper, &[]) };
    let report = Keeper::open(world.keeper.context.clone(), poor).await?.once().await?;
    assert_eq!((report.acts.len(), report.gas), (0, 0));
    let [why] = whys(&report, Duty::Renew)[..] else { panic!("{report:#?}") };
    assert!(why.starts_with("it takes ") && why.ends_with(" 7500 are left of this hour's --gas-budget"), "{why}");
    assert_eq!(transactions(&world, &world.keeper, false).await?, before, "nothing is sent");
    assert_eq!(term_end(&carol, deal).await?, first_end);
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_fee_is_noted_and_rewarded_when_it_is_sold(db: PgPool) -> Result<()> {
    let Stage { world, .. } = Stage::start(db, REMAINING).await?;
    world.fund_rewards("1000000").await?;
    world.advance(days(5)).await?;
    let duties = [Duty::Settle, Duty::RecordFee, Duty::RewardFee, Duty::CollectFees];
    // The request's fee is to be collected already, and what is settled before goes with it.
    let first = pass(&world, &duties).await?;
    assert_eq!((acts(&first, Duty::Settle), acts(&first, Duty::CollectFees)), (1, 1), "{first:#?}");
    assert_eq!(acts(&pass(&world, &duties).await?, Duty::RecordFee), 1);
    let third = pass(&world, &duties).await?;
    // Noting it settled the seconds since, whose fee goes with the rest.
    let found = [Duty::RecordFee, Duty::RewardFee, Duty::CollectFees].map(|duty| acts(&third, duty));
    assert_eq!(found, [0, 0, 1], "nobody has bought it");
    let ben = world.actor("ben").await?;
    fees::buy(&ben.context, None, None).await?;
    assert_eq!(acts(&pass(&world, &duties).await?, Duty::RewardFee), 1);
    let last = pass(&world, &duties).await?;
    assert_eq!((last.acts, last.not_done), (Vec::new(), Vec::new()));
    world.finish().await
}

/// A keeper that runs beside the test until it is stopped.
struct Running {
    meters: Arc<Meters>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Arc<Meters>>>,
}

impl Running {
    async fn start(actor: &Actor, only: &[Duty]) -> Result<Self> {
        let keeper = Keeper::open(actor.context.clone(), options(actor, only)).await?;
        let (stop, stopped) = oneshot::channel();
        let meters = keeper.meters();
        let task = tokio::spawn(keeper.run(None, async {
            let _ = stopped.await;
        }));
        Ok(Self { meters, stop, task })
    }

    /// Until it has done all that it can at the head.
    async fn caught_up(&self, world: &World) -> Result<()> {
        let head = world.chain.head().await?.number;
        self.meters.until(|meters| meters.head.get() >= head).await;
        Ok(())
    }

    async fn stop(self) -> Result<()> {
        self.stop.send(()).ok().context("the keeper stopped by itself")?;
        self.task.await??;
        Ok(())
    }
}

/// A slot of Paula's, for which Sam stands by.
async fn stood_by(world: &World) -> Result<(DealId, Customer, Provider)> {
    let (paula, sam) = (world.provider("paula").await?, world.provider("sam").await?);
    paula.stake("400000").await?;
    sam.stake("400000").await?;
    let offers = [paula.offer(1_000, "1").await?, sam.offer(1_000, "1").await?];
    let carol = world.customer("carol").await?;
    let mut job = carol.job(1_000, "1", 14, 28)?;
    job.standbys = 1;
    let deal = carol.open(job, &offers).await?;
    paula.ready(deal, 0).await?;
    sam.ready(deal, STANDBY).await?;
    Ok((deal, carol, sam))
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn of_two_keepers_one_fails_a_slot_over_and_the_other_goes_on(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    let probers = Probers::start(&world).await?;
    let (deal, carol, sam) = stood_by(&world).await?;
    world.advance(hours(1)).await?;
    let rivals = [world.party("kim").await?, world.party("kurt").await?];
    let [kim, kurt] = &rivals;
    let duties = [Duty::Failover];
    let keepers = [Running::start(kim, &duties).await?, Running::start(kurt, &duties).await?];
    let since = world.chain.head().await?.timestamp;
    probers.report(deal, 0, false, since).await?;
    let flagged_at = world.chain.head().await?.timestamp;
    world.chain.advance_to(flagged_at + GRACE).await?;
    for keeper in &keepers {
        keeper.caught_up(&world).await?;
        assert_eq!(keeper.meters.acts(Duty::Failover), 0, "the grace runs");
    }

    // Both try before any of it is mined: whoever simulates when the other's call waits already is refused then.
    world.chain.hold_transactions().await?;
    let sent = [transactions(&world, kim, true).await? + 1, transactions(&world, kurt, true).await? + 1];
    world.chain.advance_to(flagged_at + GRACE + 1).await?;
    for ((rival, keeper), wanted) in rivals.iter().zip(&keepers).zip(sent) {
        while transactions(&world, rival, true).await? < wanted && keeper.meters.refusals.get() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    world.chain.mine(1).await?;
    world.chain.mine_with_transactions().await?;
    world.advance(hours(1)).await?;
    for keeper in &keepers {
        keeper.caught_up(&world).await?;
    }
    assert_eq!(keepers.iter().map(|keeper| keeper.meters.acts(Duty::Failover)).sum::<u64>(), 1);
    assert_eq!(keepers.iter().map(|keeper| keeper.meters.refusals.get()).sum::<u64>(), 1, "another was first");
    assert_eq!(keepers.iter().map(|keeper| keeper.meters.failures.get()).sum::<u64>(), 0);
    for keeper in keepers {
        keeper.stop().await?;
    }
    ensure!(carol.slot(deal, 0).await?.provider == Some(sam.address), "the standby serves");
    let filter = Filter::new().from_block(0).event_signature(IFaults::FailedOver::SIGNATURE_HASH);
    assert_eq!(world.chain.provider.get_logs(&filter).await?.len(), 1);
    world.finish().await
}
