//! Providers that fall silent: what a quorum of probers says, who serves instead, what it costs, and who may object.

use std::time::Duration;

use anyhow::Result;
use contracts::{IFaults, IProbers, Staking};
use scripts::chain::Sent;
use scripts::customer;
use scripts::ids::{DealId, FaultId};
use scripts::{faults, keeper, offer};
use sqlx::PgPool;
use tests::actors::{Actor, Provider, flt, refused};
use tests::chain::{days, hours};
use tests::probers::Probers;
use tests::world::World;

const DOWNTIME: u8 = 1;
const ABANDONMENT: u8 = 2;

/// A minute more than a provider has to answer a flag.
const GRACE: Duration = Duration::from_secs(660);

const DAY: u64 = 86_400;

async fn failover(actor: &Actor, deal: DealId, slot: u8) -> Result<Sent> {
    actor.context.send(actor.context.at().faults, IFaults::failoverCall { deal: deal.0, slot }).await
}

async fn propose(actor: &Actor, deal: DealId, kind: u8) -> Result<u64> {
    let call = IFaults::proposeFaultCall { deal: deal.0, slot: 0, serving: 1, kind };
    let proposed: IFaults::FaultProposed = actor.context.send(actor.context.at().faults, call).await?.event()?;
    Ok(proposed.fault)
}

async fn now(world: &World) -> Result<u64> {
    Ok(world.chain.head().await?.timestamp)
}

/// What 1,000 units at a dollar earn in this time.
fn earned(seconds: u64) -> String {
    let units = u128::from(seconds) * 1_000_000_000 / 86_400;
    scripts::amount::Usd { units, decimals: 6 }.to_string()
}

/// The time line of the slot.
async fn shows_the_failover(
    world: &World,
    deal: DealId,
    failed: &Provider,
    next: &Provider,
    owed: &str,
    down: u64,
) -> Result<()> {
    let servings = world.get(&format!("/v1/deals/{deal}/servings")).await?;
    for (place, expected) in [
        ("/items/0/provider", failed.address.to_string()),
        ("/items/0/end_reason", "failure".to_owned()),
        ("/items/0/owed_usd", owed.to_owned()),
        ("/items/0/down_seconds", down.to_string()),
        ("/items/1/provider", next.address.to_string()),
        ("/items/1/promoted_from", "16".to_owned()),
        ("/items/1/is_current", "true".to_owned()),
        ("/items/2/end_reason", "promoted".to_owned()),
    ] {
        assert_eq!(servings.text(place)?, expected, "{place} of {servings}");
    }
    Ok(())
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_provider_that_falls_silent_is_replaced_and_slashed(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let probers = Probers::start(&world).await?;
    let (paula, sam) = (world.provider("paula").await?, world.provider("sam").await?);
    let dora = world.delegator("dora").await?;
    paula.stake("40000").await?;
    dora.stake(&paula, "200000").await?;
    sam.stake("400000").await?;
    let offers = [paula.offer(1_000, "1").await?, sam.offer(1_000, "1").await?];
    let carol = world.customer("carol").await?;
    let mut job = carol.job(1_000, "1", 14, 28)?;
    job.standbys = 1;
    let deal = carol.open(job, &offers).await?;
    paula.ready(deal, 0).await?;
    let started = now(&world).await?;
    sam.ready(deal, customer::STANDBY).await?;
    world.advance(hours(6)).await?;
    world.audit().await?;

    let since = now(&world).await?;
    probers.report(deal, 0, false, since).await?;
    assert_eq!(refused(failover(&world.keeper, deal, 0).await)?, "GraceRunning");
    world.advance(GRACE).await?;
    let failed: IFaults::FailedOver = failover(&world.keeper, deal, 0).await?.event()?;
    assert!(failed.isServed, "the standby did not take over");
    let failed_at = now(&world).await?;
    world.audit().await?;
    let earned_before = earned(since - started);
    shows_the_failover(&world, deal, &paula, &sam, &earned_before, failed_at - since).await?;

    // Nobody was charged for the time between.
    world.advance(hours(24)).await?;
    world.synced().await?;
    let served = now(&world).await? - failed_at;
    let deal_shown = world.get(&format!("/v1/deals/{deal}")).await?;
    assert_eq!(deal_shown.text("/accrued_usd")?, earned(served));

    let rita = world.party("rita").await?;
    assert_eq!(refused(propose(&rita, deal, DOWNTIME).await)?, "ProposalTooLate");
    let fault = propose(&rita, deal, ABANDONMENT).await?;
    world.audit().await?;
    assert_eq!(world.get("/v1/faults").await?.text("/items/0/status")?, "proposed");
    world.advance(hours(37)).await?;
    let executed = world.keeper.context.send(world.deployment.contracts.faults, IFaults::executeCall { fault }).await?;
    let slashed: Staking::Slashed = executed.event()?;
    // 30 % of the 168,000 FLT that were locked: all that she had, and the rest from who backed her.
    assert_eq!((slashed.fromOwn, slashed.fromDelegated), (flt("40000")?, flt("10400")?));
    assert_eq!(dora.position(&paula).await?.amount.to_string(), "189600");
    world.audit().await?;
    let found = world.get("/v1/faults").await?;
    assert_eq!(
        (found.text("/items/0/status")?, found.text("/items/0/slashed_flt")?),
        ("executed".to_owned(), "50400".to_owned())
    );
    let slashes = world.get("/v1/slashes").await?;
    assert_eq!((slashes.text("/items/0/deal")?, slashes.text("/items/0/slot")?), (deal.to_string(), "0".to_owned()));
    // A twentieth for who said so; to the customer what she paid in that term, at the price of the grant.
    assert_eq!(slashes.text("/items/0/reporter_flt")?, "2520");
    assert_eq!(slashes.text("/items/0/reporter")?, rita.address.to_string());
    world.advance(days(2)).await?;
    keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn who_is_found_innocent_keeps_the_stake_that_the_accusers_lose(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let probers = Probers::start(&world).await?;
    let peter = world.provider("peter").await?;
    peter.stake("400000").await?;
    let terms = offer::Terms { availability_bps: 9_990, ..offer::Terms::new(0, 1_000, peter.units("1")?) };
    let offer = peter.offer_with(&terms).await?;
    let carol = world.customer("carol").await?;
    let deal = carol.open(carol.job(1_000, "1", 14, 28)?, &[offer]).await?;
    peter.ready(deal, 0).await?;
    world.advance(hours(1)).await?;
    let since = now(&world).await?;
    probers.report(deal, 0, false, since).await?;
    // More than the 43 minutes of 30 days that he declared.
    world.advance(hours(2)).await?;
    let failed: IFaults::FailedOver = failover(&world.keeper, deal, 0).await?.event()?;
    assert!(!failed.isServed, "there is no standby");
    let rita = world.party("rita").await?;
    let fault = propose(&rita, deal, DOWNTIME).await?;
    world.audit().await?;

    let before = peter.flt().await?.0;
    faults::appeal(&peter.context, FaultId(fault)).await?;
    let panel_day = u32::try_from(now(&world).await? / DAY + 1)?;
    world.synced().await?;
    assert_eq!(world.get("/v1/faults").await?.text("/items/0/status")?, "appealed");
    world.advance(days(1)).await?;
    probers.open_day().await?;
    let signatures = probers.verdicts(fault, panel_day, false).await?;
    let call = IFaults::decideCall { fault, isGuilty: false, signatures };
    let decided = world.keeper.context.send(world.deployment.contracts.faults, call).await?;
    // Who signed the flag, all of them with one seat.
    let slashed = decided.events::<IProbers::ProberSlashed>();
    assert_eq!(slashed.len(), 4);
    assert!(slashed.iter().all(|slashed| slashed.stake == 0), "each had one seat");
    assert_eq!(peter.flt().await?.0, before, "his bond is his again");
    world.audit().await?;
    let found = world.get("/v1/faults").await?;
    assert_eq!(
        (found.text("/items/0/status")?, found.text("/items/0/decided_by")?),
        ("dismissed".to_owned(), "panel".to_owned())
    );
    let probers = world.get("/v1/probers?sort=-stake&limit=9").await?;
    assert_eq!(
        (probers.text("/items/4/stake_flt")?, probers.text("/items/5/stake_flt")?),
        ("1000".to_owned(), "0".to_owned())
    );
    // What he earned until then is his, three days after.
    world.advance(days(4)).await?;
    let call = contracts::ISuccession::releaseServingCall { deal: deal.0, slot: 0, serving: 1 };
    world.keeper.context.send(world.deployment.contracts.deals, call).await?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_customer_who_flags_for_fun_pays_through_the_notice(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let probers = Probers::start(&world).await?;
    let paula = world.provider("paula").await?;
    paula.stake("400000").await?;
    let offer = paula.offer(1_000, "1").await?;
    let carol = world.customer("carol").await?;
    let mut job = carol.job(1_000, "1", 14, 28)?;
    job.notice = 86_400;
    let deal = carol.open(job, &[offer]).await?;
    paula.ready(deal, 0).await?;
    let started = now(&world).await?;
    world.advance(hours(3)).await?;
    assert_eq!(refused(faults::flag(&paula.context, deal, 0).await)?, "NotAllowed");
    faults::flag(&carol.context, deal, 0).await?;
    world.audit().await?;
    // It answers: that is no answer to its customer's wish.
    let at = now(&world).await?;
    probers.report(deal, 0, true, at).await?;
    world.advance(GRACE).await?;
    let sent = failover(&world.keeper, deal, 0).await?;
    assert_eq!(sent.events::<IFaults::FlagLapsed>().len(), 1);
    let ends = now(&world).await? + 86_400;
    world.audit().await?;
    world.advance(hours(25)).await?;
    keeper::close(&world.keeper.context, deal, 0).await?;
    world.synced().await?;
    let servings = world.get(&format!("/v1/deals/{deal}/servings")).await?;
    assert_eq!(servings.text("/items/0/owed_usd")?, earned(ends - started));
    assert_eq!(servings.text("/items/0/down_seconds")?, "0");
    assert_eq!(world.get("/v1/faults").await?.text("/total")?, "0");
    world.advance(days(4)).await?;
    carol.refund(deal).await?;
    world.finish().await
}
