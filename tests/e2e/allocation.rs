//! How offers are chosen: windows, bonds, the second best; and standbys, who wait for slots.

use std::time::Duration;

use anyhow::Result;
use contracts::{Deals, Matching, Offers};
use scripts::customer::{self, STANDBY};
use scripts::{keeper, offer};
use sqlx::PgPool;
use tests::actors::{Actor, flt, refused};
use tests::chain::days;
use tests::world::World;

/// Changes of offers act after two minutes.
const REMOVED: Duration = Duration::from_secs(121);

async fn deposit(solver: &Actor, amount: &str) -> Result<()> {
    let (matching, amount) = (solver.context.at().matching, flt(amount)?);
    solver.context.allow(solver.context.at().flt, matching, amount).await?;
    solver.context.send(matching, Matching::depositBondCall { amount }).await?;
    Ok(())
}

async fn bond_of(solver: &Actor) -> Result<(u128, u128)> {
    let call = Matching::bondOfCall { solver: solver.address };
    let found = solver.context.view(solver.context.at().matching, call).await?;
    Ok((found.balance, found.reserved))
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_standby_is_paid_a_retainer_and_takes_a_slot_that_is_declined(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let (paula, sam) = (world.provider("paula").await?, world.provider("sam").await?);
    paula.stake("400000").await?;
    sam.stake("400000").await?;
    let offers = [paula.offer(2_000, "1").await?, sam.offer(2_000, "1").await?];
    let carol = world.customer("carol").await?;
    let mut job = carol.job(1_000, "1", 14, 28)?;
    job.standbys = 1;
    let kept = carol.open(job.clone(), &offers).await?;
    let declined = carol.open(job, &offers).await?;
    for deal in [kept, declined] {
        sam.ready(deal, STANDBY).await?;
    }
    paula.ready(kept, 0).await?;
    // A fifth of her lock.
    let locks = [carol.slot(kept, 0).await?.lock_flt, carol.slot(kept, STANDBY).await?.lock_flt];
    assert_eq!(
        locks.map(|lock| lock.map(|lock| lock.to_string())),
        ["168000", "33600"].map(|text| Some(text.to_owned()))
    );

    paula.decline(declined, 0).await?;
    let slot = carol.slot(declined, 0).await?;
    assert_eq!((slot.provider, slot.status), (Some(sam.address), "serving"));
    world.audit().await?;

    world.advance(days(7)).await?;
    keeper::settle(&world.keeper.context, &[(kept, 0), (kept, STANDBY)]).await?;
    world.audit().await?;
    let slots = world.get(&format!("/v1/deals/{kept}/slots")).await?;
    assert_eq!(slots.text("/items/1/slot")?, "16");
    // Two percent of the price.
    assert_eq!(slots.text("/items/1/price_usd")?, "0.02");
    // Of 1,000 units at the retainer for four of the seven days: the last three are held back.
    assert_eq!(carol.slot(kept, STANDBY).await?.credited.to_string().split('.').next(), Some("80"));

    // Its customer lets another standby in.
    let tom = world.provider("tom").await?;
    tom.stake("400000").await?;
    let third = tom.offer(1_000, "1").await?;
    customer::choose(&carol.context, declined, &[third]).await?;
    customer::activate(&carol.context, declined).await?;
    tom.ready(declined, STANDBY).await?;
    world.synced().await?;
    let shown = world.get(&format!("/v1/deals/{declined}")).await?;
    assert_eq!((shown.text("/standbys_serving")?, shown.text("/status")?), ("1".to_owned(), "serving".to_owned()));
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_proposal_that_is_not_what_it_says_burns_its_bond_and_the_second_best_serves(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let (paula, peter) = (world.provider("paula").await?, world.provider("peter").await?);
    paula.stake("400000").await?;
    peter.stake("400000").await?;
    let (dear, cheap) = (paula.offer(1_000, "0.9").await?, peter.offer(1_000, "0.8").await?);
    let carol = world.customer("carol").await?;
    let mut job = carol.job(1_000, "1", 14, 28)?;
    job.tip = carol.units("5")?;
    let deal = carol.open(job, &[]).await?;
    let (sonja, stefan) = (world.actor("sonja").await?, world.actor("stefan").await?);
    assert_eq!(refused(customer::choose(&sonja.context, deal, &[dear]).await)?, "BondTooLow");
    deposit(&sonja, "10").await?;
    deposit(&stefan, "25").await?;
    customer::choose(&sonja.context, deal, &[dear]).await?;
    customer::choose(&stefan.context, deal, &[cheap]).await?;
    assert_eq!(refused(customer::choose(&stefan.context, deal, &[dear]).await)?, "ProposalNotCheaper");
    assert_eq!(refused(customer::activate(&world.keeper.context, deal).await)?, "WindowRunning");
    assert_eq!(bond_of(&stefan).await?, (flt("25")?, flt("10")?));
    world.audit().await?;
    let proposals = world.get(&format!("/v1/deals/{deal}")).await?;
    let ranked = ["/proposals/0/rank", "/proposals/1/rank"].map(|rank| proposals.text(rank).ok());
    assert_eq!(ranked, ["0", "1"].map(|rank| Some(rank.to_owned())));

    // The best one is no longer there to be had.
    offer::remove(&peter.context, cheap).await?;
    world.advance(REMOVED).await?;
    let call = Matching::activateCall { deal: deal.0 };
    let sent = world.keeper.context.send(world.deployment.contracts.matching, call).await?;
    let invalid: Matching::ProposalInvalid = sent.event()?;
    assert_eq!((invalid.proposer, invalid.bond), (stefan.address, flt("10")?));
    let assigned: Deals::SlotAssigned = sent.event()?;
    assert_eq!(assigned.provider, paula.address);
    assert_eq!(bond_of(&stefan).await?, (flt("15")?, 0));
    assert_eq!(bond_of(&sonja).await?, (flt("10")?, 0));
    paula.ready(deal, 0).await?;
    world.audit().await?;
    let shown = world.get(&format!("/v1/deals/{deal}")).await?;
    assert_eq!(shown.text("/tip_to")?, sonja.address.to_string());
    assert_eq!(shown.text("/barred/0/offer")?, cheap.to_string());
    let mut statuses = vec![shown.text("/proposals/0/status")?, shown.text("/proposals/1/status")?];
    statuses.sort();
    assert_eq!(statuses, ["activated", "invalid"]);
    let call = Matching::withdrawBondCall { amount: flt("15")?, recipient: stefan.address };
    stefan.context.send(world.deployment.contracts.matching, call).await?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn who_activates_what_no_longer_stands_is_told_so(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    let peter = world.provider("peter").await?;
    peter.stake("400000").await?;
    let cheap = peter.offer(1_000, "0.8").await?;
    let carol = world.customer("carol").await?;
    let deal = carol.open(carol.job(1_000, "1", 14, 28)?, &[]).await?;
    customer::choose(&carol.context, deal, &[cheap]).await?;
    offer::remove(&peter.context, cheap).await?;
    world.advance(REMOVED).await?;
    let error = customer::activate(&carol.context, deal).await.expect_err("nothing can be assigned").to_string();
    assert!(error.contains("proposal 1 is no longer valid") && error.contains("offer 1 is barred"), "{error}");
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn an_update_that_waits_keeps_the_availability_of_units_taken_meanwhile(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let paula = world.provider("paula").await?;
    paula.stake("400000").await?;
    let offer = paula.offer(1_000, "1").await?;
    let declared = paula.context.view(world.deployment.contracts.offers, Offers::availabilityOfCall { offer: offer.0 });
    assert_eq!(declared.await?, 9_900);
    let change = offer::Change {
        price: Some(paula.units("2")?),
        availability_bps: Some(9_000),
        notice: Some(3_600),
        ..offer::Change::default()
    };
    offer::update(&paula.context, offer, &change).await?;
    world.audit().await?;
    let carol = world.customer("carol").await?;
    let deal = carol.open(carol.job(500, "1", 14, 28)?, &[offer]).await?;
    paula.ready(deal, 0).await?;
    world.audit().await?;
    // All of the update but that comes into force.
    world.advance(REMOVED).await?;
    let shown = offer::show(&paula.context, offer).await?;
    assert_eq!((shown.price_per_unit_day.to_string(), shown.notice_seconds), ("2".to_owned(), 3_600));
    assert_eq!(shown.availability_percent, "99");
    world.audit().await?;
    let lowered = offer::update(&paula.context, offer, &change).await;
    assert_eq!(refused(lowered)?, "AvailabilityLowered");
    world.finish().await
}
