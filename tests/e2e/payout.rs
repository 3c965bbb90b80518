//! A stablecoin that blocks an account.

use alloy::primitives::Address;
use anyhow::Result;
use contracts::DevelopmentUsd;
use scripts::{keeper, provider};
use sqlx::PgPool;
use tests::actors::refused;
use tests::chain::days;
use tests::world::World;

use crate::stage::{Stage, WHOLE};

async fn set_blocked(world: &World, account: Address, is_blocked: bool) -> Result<()> {
    let call = DevelopmentUsd::setBlockedCall { account, newBlocked: is_blocked };
    world.operator.context.send(world.deployment.contracts.stablecoin, call).await?;
    Ok(())
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_blocked_recipient_blocks_nobody_else(db: PgPool) -> Result<()> {
    let Stage { mut world, paula, carol, deal, .. } = Stage::start(db, WHOLE).await?;
    set_blocked(&world, paula.address, true).await?;
    world.advance(days(15)).await?;
    keeper::close(&world.keeper.context, deal, 0).await?;
    world.advance(days(4)).await?;
    keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    carol.refund(deal).await?;
    assert_eq!(provider::show(&paula.context, paula.address).await?.credit.to_string(), "164640");
    world.synced().await?;
    assert_eq!(world.get("/v1/deals/1").await?.text("/refunded_usd")?, "0");

    assert_eq!(refused(paula.claim().await)?, "AccountBlocked");
    // Her income is hers: it goes to an address that she registered three days ago.
    let payee = world.actor("paulas-other-account").await?;
    provider::set_payee(&paula.context, payee.address, true).await?;
    let early = provider::claim_credit(&paula.context, payee.address).await;
    assert_eq!(refused(early)?, "NotPayee");
    world.advance(days(3)).await?;
    let before = payee.usd().await?.units;
    provider::claim_credit(&paula.context, payee.address).await?;
    assert_eq!(payee.usd().await?.units - before, payee.units("164640")?);
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_blocked_staking_contract_delays_only_the_stakers_share(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let terms = provider::Terms { revenue_share_bps: 5_000, ..provider::Terms::default() };
    let paula = world.provider_with("paula", terms).await?;
    paula.stake("100000").await?;
    let offer = paula.offer(100, "1").await?;
    let carol = world.customer("carol").await?;
    let deal = carol.open(carol.job(100, "1", 7, 7)?, &[offer]).await?;
    paula.ready(deal, 0).await?;
    world.advance(days(11)).await?;

    set_blocked(&world, world.deployment.contracts.staking, true).await?;
    keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    assert_eq!(provider::claim_credit(&paula.context, paula.address).await?.to_string(), "343");
    let pushed = keeper::pay_stakers(&world.keeper.context, paula.address).await;
    assert!(refused(pushed).is_ok());
    world.audit().await?;

    set_blocked(&world, world.deployment.contracts.staking, false).await?;
    assert_eq!(keeper::pay_stakers(&world.keeper.context, paula.address).await?.to_string(), "343");
    world.advance(days(8)).await?;
    let income = paula.claim().await?.income.usd.to_string();
    assert!(income.starts_with("342.999") || income == "343", "{income}");
    world.finish().await
}
