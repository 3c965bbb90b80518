//! Work that somebody paid for: excused and rewarded where an attester answers for the customer, bounded by its burned fee
//! everywhere else.

use anyhow::Result;
use scripts::attester::{self, Statement};
use scripts::ids::DealId;
use scripts::keeper::{self, capacity, fees};
use scripts::{operator, provider};
use sqlx::PgPool;
use tests::actors::{Actor, Customer, Provider, flt, refused};
use tests::chain::{days, hours};
use tests::work::Work;
use tests::world::World;

const REAL_CUSTOMER: u16 = 9;
const ATTESTED: u8 = 2;

/// Locks FLT for the attester's word, and vouches that somebody is a real customer.
async fn vouch(world: &World, customer: &Actor, security: &str) -> Result<()> {
    operator::mint(&world.operator.context, world.attester.address, flt(security)?, 0).await?;
    attester::register(&world.attester.context, flt(security)?).await?;
    let expiry = world.chain.head().await?.timestamp + 30 * 86_400;
    let subject = customer.address;
    let statement = Statement { subject, attribute: REAL_CUSTOMER, level: ATTESTED, value: 0, expiry };
    attester::attest(&world.attester.context, &statement).await?;
    Ok(())
}

/// Units of Paula's, which Carol pays for.
async fn serve(world: &World, units: u32) -> Result<(Provider, Customer, DealId)> {
    let paula = world.provider("paula").await?;
    paula.stake("20000").await?;
    let offer = paula.offer(units, "1").await?;
    let carol = world.customer("carol").await?;
    let deal = carol.open(carol.job(units, "1", 14, 14)?, &[offer]).await?;
    paula.ready(deal, 0).await?;
    Ok((paula, carol, deal))
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn work_for_an_attested_customer_is_excused_and_earns_more(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    world.fund_rewards("10000").await?;
    let (paula, carol, deal) = serve(&world, 2).await?;
    let busy = Work::pledge(&paula, 2, 7).await?;
    let quinn = world.provider("quinn").await?;
    quinn.stake("800").await?;
    let mut idle = Work::pledge(&quinn, 2, 7).await?;
    let (keeper, id) = (&world.keeper.context, busy.id());
    world.next_epoch().await?;
    world.open_window().await?;
    let epoch = u32::try_from(world.chain.head().await?.timestamp / 86_400)?;
    // Paula's units serve Carol all day; Quinn's fill 183 puzzles, one more than two units need.
    for hour in 1..24 {
        world.next_window().await?;
        if hour < 13 {
            let window = idle.prove_some(if hour < 12 { 16 } else { 7 }).await?;
            world.chain.mine(5).await?;
            idle.draw(window).await?;
        }
    }
    let (owner, other) = (&paula.context, &quinn.context);
    // Which of its commitments is excused is the provider's to say.
    assert_eq!(refused(capacity::excuse(keeper, id, epoch, deal, 0).await)?, "NotAllowed");
    assert_eq!(refused(capacity::excuse(owner, id, epoch, deal, 0).await)?, "ExcusalTooEarly");
    world.next_epoch().await?;
    assert_eq!(refused(capacity::excuse(owner, id, epoch, deal, 0).await)?, "DemandNotAttested");
    let unsecured = vouch(&world, &carol, "999").await;
    assert_eq!(refused(unsecured)?, "SecurityTooLow");
    vouch(&world, &carol, "1000").await?;
    let excused = capacity::excuse(owner, id, epoch, deal, 0).await?;
    assert_eq!(excused.credit, "2");
    // Both of its units are excused, so there is nothing left to count the same work for again.
    assert_eq!(refused(capacity::excuse(owner, id, epoch, deal, 0).await)?, "ExcusalTooLarge");
    assert_eq!(refused(capacity::excuse(other, idle.id(), epoch, deal, 0).await)?, "NotServed");

    world.advance(hours(4)).await?;
    let more = capacity::credit(keeper, id).await?;
    let less = capacity::credit(keeper, idle.id()).await?;
    assert_eq!((more.credit.as_str(), more.bonus.as_str()), ("2", "0.5"));
    assert_eq!((less.credit.as_str(), less.bonus.as_str()), ("2", "0"));
    // A quarter more for the same units, out of one pool.
    assert_eq!(more.earned.0 * 4 / 5 / 10_u128.pow(12), less.earned.0 / 10_u128.pow(12));
    let sum = more.earned.0 + less.earned.0;
    assert!(sum <= flt("10")? && sum > flt("9.98")?, "{sum}");
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn an_attester_answers_for_no_more_than_its_budget(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    let (paula, carol, deal) = serve(&world, 10).await?;
    let work = Work::pledge(&paula, 10, 7).await?;
    // 1,000 FLT answer for 100 units a day; another 90 FLT of loss leave less than 10 units.
    vouch(&world, &carol, "1000").await?;
    world.next_epoch().await?;
    world.open_window().await?;
    let epoch = u32::try_from(world.chain.head().await?.timestamp / 86_400)?;
    world.next_epoch().await?;
    let council = world.party("council").await?.context;
    let slash = scripts::governance::Change::SlashAttester { attester: world.attester.address, amount: flt("910")? };
    let scheduled = scripts::governance::schedule(&council, &slash).await?;
    world.advance(hours(1)).await?;
    scripts::governance::execute(&world.keeper.context, scheduled.id).await?;
    let excused = capacity::excuse(&paula.context, work.id(), epoch, deal, 0).await;
    assert!(["BudgetSpent", "DemandNotAttested"].contains(&refused(excused)?.as_str()));
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_burned_fee_is_rewarded_and_paying_oneself_loses(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    world.fund_rewards("1000").await?;
    // Carol is Paula's cousin: all that either gains or loses is theirs.
    let (paula, carol, deal) = serve(&world, 10).await?;
    let keeper = &world.keeper.context;
    world.advance(days(14)).await?;
    keeper::close(keeper, deal, 0).await?;
    world.advance(days(4)).await?;
    let recorded = fees::record(keeper, deal, 0).await?;
    // Half of 2 % of $140.
    assert_eq!(recorded.fee.to_string(), "1.4");
    assert_eq!(refused(fees::reward(keeper, deal, 0).await)?, "FeeNotBurned");
    let collected = fees::collect(keeper).await?;
    let trader = world.actor("trader").await?;
    let before = trader.flt().await?.0;
    assert_eq!(refused(fees::buy(&trader.context, None, Some(1)).await)?, "CostTooHigh");
    world.advance(hours(3)).await?;
    let half = fees::buy(&trader.context, Some(collected.to_burn.units / 2), None).await?;
    assert_eq!(refused(fees::reward(keeper, deal, 0).await)?, "FeeNotBurned");
    world.advance(hours(4)).await?;
    let rest = fees::buy(&trader.context, None, None).await?;
    // The price of a lot falls from 150 % to 95 % within six hours.
    assert!(half.burned.0 > rest.burned.0, "{half:?} {rest:?}");
    assert_eq!(before - trader.flt().await?.0, half.burned.0 + rest.burned.0);

    let rewarded = fees::reward(keeper, deal, 0).await?;
    assert_eq!((rewarded.flt_usd.as_str(), &rewarded.amount.to_string()[..3]), ("0.5", "1.4"));
    assert_eq!(refused(fees::reward(keeper, deal, 0).await)?, "NothingRecorded");
    let revenue = paula.claim().await?;
    let refund = carol.refund(deal).await?;
    let paid = carol.units("10000000")? - carol.usd().await?.units;
    let back = revenue.revenue.units;
    // What the fee cost in dollars, and what came of it in FLT at $0.50.
    let cost = paid - back;
    let gain = rewarded.amount.0 / 2 / 10_u128.pow(12);
    assert!(cost > 3 * gain, "{cost} {gain} {refund}");
    // 30 % of it are the stakers'.
    assert_eq!(revenue.rewards.0, rewarded.amount.0 - rewarded.amount.0 * 3 / 10);
    let credit = provider::show(&paula.context, paula.address).await?.rewards;
    assert_eq!(credit.0, 0);
    world.finish().await
}
