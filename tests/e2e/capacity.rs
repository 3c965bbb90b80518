//! Compute is proved, and paid in FLT.

use alloy::primitives::U256;
use anyhow::{Context as _, Result};
use contracts::Capacity;
use contracts::i_capacity::ICapacity;
use scripts::keeper::capacity;
use scripts::{commitment, operator, provider};
use sqlx::PgPool;
use tests::actors::{Actor, flt, refused};
use tests::chain::{days, hours};
use tests::work::{CPU, Work};
use tests::world::World;

#[sqlx::test(migrations = "../indexer/migrations")]
async fn rewards_reach_a_delegator(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    world.fund_rewards("10000").await?;
    let paula = world.provider("paula").await?;
    paula.stake("400").await?;
    let dora = world.delegator("dora").await?;
    dora.stake(&paula, "1200").await?;
    // $200 a unit at $0.50.
    let quote = commitment::quote(&paula.context, paula.address, CPU, 2).await?;
    assert_eq!((quote.lock.to_string().as_str(), quote.is_covered), ("800", true));
    let mut work = Work::pledge(&paula, 2, 7).await?;
    assert_eq!(work.pledged.lock_flt.to_string(), "800");

    world.next_epoch().await?;
    world.prove(&mut [&mut work], 3).await?;
    world.close_day().await?;
    let credited = capacity::credit(&world.keeper.context, work.id()).await?;
    // Three of 24 windows: a quarter of a unit-day for two units, though all eight puzzles are filled where four are expected.
    assert_eq!((credited.filled, credited.windows_opened, credited.credit.as_str()), (48, 3, "0.25"));
    assert_eq!(credited.not_credited_for, Some("more was filled than counts"));
    // The pool begins at its minimum; of 48 filled puzzles 22.8 count.
    assert_eq!(credited.earned.to_string()[..5], *"4.750");
    assert_eq!(refused(capacity::release_reward(&world.keeper.context, work.id()).await)?, "RewardNotDue");
    world.advance(days(1)).await?;
    let paid = capacity::release_reward(&world.keeper.context, work.id()).await?;
    // 30 % belong to the stakers.
    assert_eq!(paid.to_stakers.0, credited.earned.0 * 3 / 10);
    assert_eq!(paid.to_provider.0 + paid.to_stakers.0, credited.earned.0);

    world.advance(days(8)).await?;
    let before = dora.flt().await?;
    let income = dora.claim(&paula).await?.flt;
    assert_eq!(dora.flt().await?.0 - before.0, income.0);
    let share = paid.to_stakers.0 * 3 / 4;
    assert!(share - income.0 < 1_000_000_000, "three quarters of the stake are hers: {income:?} of {paid:?}");
    let claimed = paula.claim().await?;
    assert_eq!(claimed.rewards, paid.to_provider);
    assert!(claimed.income.flt.0 > 0, "{claimed:?}");
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_pool_that_runs_dry_pays_what_there_is(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    world.fund_rewards("15").await?;
    let paula = world.provider("paula").await?;
    paula.stake("400").await?;
    let mut work = Work::pledge(&paula, 1, 7).await?;
    world.next_epoch().await?;
    let mut earned = Vec::new();
    for _ in 0..3 {
        world.prove(&mut [&mut work], 1).await?;
        world.close_day().await?;
        let credited = capacity::credit(&world.keeper.context, work.id()).await?;
        assert_eq!(credited.credit, "0.041666", "an hour of a unit");
        earned.push(credited.earned.to_string()[..4].to_owned());
        let status = operator::status(&world.keeper.context).await?;
        assert_eq!(status.pools[0].next.to_string(), "10", "an empty fund is no low price");
    }
    // Of eight puzzles 3.8 count. The first pool has ten FLT, the other class takes the rest, and what is not earned returns.
    assert_eq!(earned, ["4.74", "2.49", "1.30"]);
    world.fund_rewards("1000").await?;
    world.prove(&mut [&mut work], 1).await?;
    world.close_day().await?;
    let credited = capacity::credit(&world.keeper.context, work.id()).await?;
    assert_eq!(credited.earned.to_string()[..4], *"4.74");
    world.finish().await
}

/// Somebody who has ether and asks for leaves.
async fn demand(world: &World, who: &Actor, work: &Work, window: u32, position: u32) -> Result<()> {
    let at = world.deployment.contracts.capacity;
    let value = who.context.view(at, Capacity::demandDepositCall {}).await? * U256::from(2);
    let call = ICapacity::demandLeafCall {
        commitment: work.id().0,
        claim: work.claim(window)?,
        bitmap: work.bitmap(window)?.0,
        position,
    };
    who.context.send_paying(at, call, value).await?;
    Ok(())
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn withheld_leaves_of_a_garbage_root_cost_stake_and_unpaid_rewards(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    world.fund_rewards("1000").await?;
    let mallory = world.provider("mallory").await?;
    mallory.stake("400").await?;
    let dora = world.delegator("dora").await?;
    dora.stake(&mallory, "400").await?;
    let mut work = Work::pledge(&mallory, 1, 7).await?;
    world.next_epoch().await?;
    world.prove(&mut [&mut work], 1).await?;
    world.close_day().await?;
    let earned = capacity::credit(&world.keeper.context, work.id()).await?.earned;

    world.next_window().await?;
    let window = work.pretend().await?;
    let wanda = world.actor("wanda").await?;
    demand(&world, &wanda, &work, window, 3).await?;
    let again = demand(&world, &wanda, &work, window, 3).await;
    assert_eq!(refused(again)?, "DemandOpen");
    for position in [0, 1, 2] {
        demand(&world, &wanda, &work, window, position).await?;
    }
    assert_eq!(refused(demand(&world, &wanda, &work, window, 4).await)?, "DemandsTooMany");
    // What is asked for stands before every payment, and a made-up leaf is no answer.
    world.advance(days(1)).await?;
    assert_eq!(refused(capacity::release_reward(&world.keeper.context, work.id()).await)?, "ChallengesOpen");
    let deliver =
        ICapacity::deliverCall { commitment: work.id().0, claim: work.claim(window)?, leaf: work.leaf(window, 3)? };
    // Nobody has convicted it yet, but only work is an answer.
    let invented = mallory.context.send(world.deployment.contracts.capacity, deliver).await;
    assert_eq!(refused(invented.map(|_| ()))?, "LeafInvalid");

    let convicted = capacity::convict_overdue(&world.keeper.context, work.id(), window, Some(3)).await?;
    let convicted = convicted.context("nothing had convicted it before")?;
    assert_eq!((convicted.reason, convicted.reporter), ("demand unanswered", wanda.address));
    // Seven times what the last day earned is more than a fifth of the lock.
    assert_eq!((convicted.slashed.0, convicted.forfeited), ((earned.0 * 7).max(flt("80")?), earned));
    assert_eq!(convicted.bounty.0, convicted.slashed.0 / 5);
    // The other demands only get their deposits back.
    let other = capacity::convict_overdue(&world.keeper.context, work.id(), window, Some(1)).await?;
    assert_eq!(other, None);
    assert!(commitment::show(&world.keeper.context, work.id()).await?.is_convicted);
    let deposit = provider::claim_deposits(&wanda.context, wanda.address).await?;
    assert!(deposit.parse::<f64>()? > 0.0, "{deposit}");
    let bounty = provider::claim_rewards(&wanda.context, wanda.address).await?;
    let position = dora.position(&mallory).await?.amount;
    assert!(bounty.0 > 0 && position.0 <= flt("400")?, "{bounty:?} {position:?}");
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn an_audit_that_nobody_answers_is_an_invalid_leaf(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    let mallory = world.provider("mallory").await?;
    mallory.stake("10000").await?;
    let mut works = Vec::new();
    for _ in 0..8 {
        works.push(Work::pledge(&mallory, 1, 7).await?);
    }
    world.next_epoch().await?;
    let (audited, window) = 'audit: loop {
        world.next_window().await?;
        for work in &mut works {
            work.pretend().await?;
        }
        world.chain.mine(5).await?;
        for (place, work) in works.iter().enumerate() {
            let window = *work.windows().last().context("it was just claimed")?;
            let drawn = capacity::draw(&world.keeper.context, work.id(), window).await?;
            if drawn.answer_by.is_some() {
                break 'audit (place, window);
            }
        }
    };
    let work = &works[audited];
    assert_eq!(refused(work.draw(window).await)?, "DrawnAlready");
    let invalid = work.answer(window).await;
    assert_eq!(refused(invalid)?, "LeafInvalid");
    let early = capacity::convict_overdue(&world.keeper.context, work.id(), window, None).await;
    assert_eq!(refused(early)?, "AnswerNotLate");
    world.advance(hours(13)).await?;
    assert_eq!(refused(work.answer(window).await)?, "LeafInvalid");
    let convicted = capacity::convict_overdue(&world.keeper.context, work.id(), window, None).await?;
    let convicted = convicted.context("nothing had convicted it before")?;
    assert_eq!((convicted.reason, convicted.slashed.to_string().as_str()), ("audit unanswered", "80"));
    assert_eq!(refused(capacity::credit(&world.keeper.context, work.id()).await)?, "CommitmentConvictedAlready");
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn stake_that_comes_for_payday_earns_by_the_hour(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    world.fund_rewards("1000").await?;
    let paula =
        world.provider_with("paula", provider::Terms { reward_share_bps: 10_000, ..Default::default() }).await?;
    paula.stake("400").await?;
    let dora = world.delegator("dora").await?;
    dora.stake(&paula, "400").await?;
    let mut work = Work::pledge(&paula, 1, 7).await?;
    world.next_epoch().await?;
    world.prove(&mut [&mut work], 1).await?;
    world.close_day().await?;
    capacity::credit(&world.keeper.context, work.id()).await?;
    world.advance(days(1)).await?;
    let jim = world.delegator("jim").await?;
    jim.stake(&paula, "400000").await?;
    let paid = capacity::release_reward(&world.keeper.context, work.id()).await?.to_stakers.0;
    world.advance(hours(1)).await?;
    jim.exit(&paula, "all").await?;
    world.advance(days(7)).await?;
    let earned = jim.claim(&paula).await?.flt.0;
    // 168 hours are a drip, and a minute passes between his steps.
    assert!(earned > 0 && earned < paid / 160, "{earned} of {paid}");
    // What was meant for his stake drips on to those who stay.
    let rest = paula.claim().await?.income.flt.0 + dora.claim(&paula).await?.flt.0;
    assert!(rest + earned <= paid && rest > paid / 160 * 159, "{rest} of {paid}");
    world.finish().await
}
