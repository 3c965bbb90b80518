//! States that are rare: wiped and empty tranches, dry escrows, several payers, stops. Each is audited where it is odd.

use alloy::primitives::Address;
use anyhow::Result;
use contracts::Staking;
use scripts::customer::OpenArgs;
use scripts::{customer, keeper, provider};
use sqlx::PgPool;
use tests::actors::{flt, refused};
use tests::chain::{days, hours};
use tests::world::World;

use crate::stage::{Stage, WHOLE};

async fn slash(world: &World, lock: u64, amount: &str) -> Result<Staking::Slashed> {
    let call = Staking::slashCall {
        lock,
        amount: flt(amount)?,
        customer: Address::ZERO,
        customerMax: 0,
        reporter: Address::ZERO,
        reporterMax: 0,
    };
    world.slasher.context.send(world.deployment.contracts.staking, call).await?.event()
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_tranche_that_is_wiped_begins_anew(db: PgPool) -> Result<()> {
    let Stage { mut world, paula, dora, deal, .. } = Stage::start(db, WHOLE).await?;
    world.advance(days(4)).await?;
    keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    dora.exit(&paula, "1000000").await?;
    paula.exit("333").await?;
    world.audit().await?;
    // All of her own stake, thawing stake included, and a third of what Dora has.
    let slashed = slash(&world, 1, "4500000").await?;
    assert_eq!(slashed.fromOwn, flt("2000000")?);
    world.audit().await?;
    assert_eq!(provider::show(&paula.context, paula.address).await?.own.to_string(), "0");

    paula.stake("1000").await?;
    dora.stake(&paula, "1").await?;
    world.audit().await?;
    // What is left of the lock.
    slash(&world, 1, "1548000").await?;
    world.audit().await?;
    world.advance(days(26)).await?;
    dora.exit(&paula, "all").await?;
    // Her new stake was first in line again.
    assert_eq!(refused(paula.exit("all").await)?, "AmountZero");
    world.audit().await?;
    world.advance(days(23)).await?;
    dora.withdraw(&paula).await?;
    paula.withdraw().await?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn income_waits_for_stake_that_earns_it(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let terms = provider::Terms { revenue_share_bps: 3_333, drip_days: 3, ..provider::Terms::default() };
    let paula = world.provider_with("paula", terms).await?;
    paula.stake("70001").await?;
    let (dora, doris) = (world.delegator("dora").await?, world.delegator("doris").await?);
    dora.stake(&paula, "1234.5").await?;
    let offer = paula.offer(1_000, "1.234567").await?;
    let carol = world.customer("carol").await?;
    let deal = carol.open(carol.job(777, "1.3", 3, 9)?, &[offer]).await?;
    paula.ready(deal, 0).await?;
    for _ in 0..3 {
        world.advance(days(1)).await?;
        keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    }
    // The term is over: nobody serves any more, and there is nothing to pay for.
    assert_eq!(refused(keeper::renew(&world.keeper.context, deal, 0).await)?, "RenewalOver");
    assert_eq!(refused(carol.fund(deal, "5000").await)?, "DealOver");
    for round in 0..4 {
        world.advance(days(1)).await?;
        keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
        if round < 3 {
            keeper::pay_stakers(&world.keeper.context, paula.address).await?;
        }
        world.audit().await?;
        match round {
            0 => doris.stake(&paula, "4321.987654321").await?,
            // The delegated tranche is empty for a while, and its drip stands still.
            1 => {
                dora.exit(&paula, "all").await?;
                doris.exit(&paula, "all").await?;
            }
            _ => dora.stake(&paula, "10").await?,
        }
        world.audit().await?;
        paula.claim().await?;
        dora.claim(&paula).await?;
        world.audit().await?;
    }
    world.advance(days(30)).await?;
    doris.claim(&paula).await?;
    dora.claim(&paula).await?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_deal_of_several_slots_and_payers_runs_dry(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let mut offers = Vec::new();
    let mut providers = Vec::new();
    for (name, price) in [("paula", "1"), ("peter", "1.5"), ("petra", "1.999999")] {
        let provider = world.provider(name).await?;
        provider.stake("50000").await?;
        offers.push(provider.offer(100, price).await?);
        providers.push(provider);
    }
    let (carol, carl) = (world.customer("carol").await?, world.customer("carl").await?);
    let job = OpenArgs { slots: 3, notice: 7_200, ..carol.job(100, "2", 2, 20)? };
    let deal = carol.open(job, &offers).await?;
    for (slot, provider) in (0..).zip(&providers) {
        provider.ready(deal, slot).await?;
    }
    world.audit().await?;
    carl.fund(deal, "333.333333").await?;
    for day in 0..6 {
        world.advance(hours(23)).await?;
        let slots = [(deal, 0), (deal, 1), (deal, 2)];
        keeper::settle(&world.keeper.context, &slots).await?;
        for slot in 0..3 {
            let renewed = keeper::renew(&world.keeper.context, deal, slot).await;
            assert!(renewed.is_ok() || refused(renewed).is_ok());
        }
        if day == 3 {
            carol.fund(deal, "50").await?;
        }
        world.audit().await?;
    }
    customer::stop(&carol.context, deal).await.ok();
    world.audit().await?;
    world.advance(hours(3)).await?;
    for slot in 0..3 {
        let closed = keeper::close(&world.keeper.context, deal, slot).await;
        assert!(closed.is_ok() || refused(closed).is_ok());
    }
    world.advance(days(3)).await?;
    keeper::settle(&world.keeper.context, &[(deal, 0), (deal, 1), (deal, 2)]).await?;
    carl.refund(deal).await?;
    world.audit().await?;
    carol.refund(deal).await?;
    for provider in &providers {
        provider.claim().await?;
    }
    world.synced().await?;
    assert_eq!(world.get("/v1/deals/1").await?.text("/status")?, "ended");
    world.finish().await
}
