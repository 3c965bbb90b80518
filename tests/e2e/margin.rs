//! A price that falls.

use anyhow::Result;
use scripts::{customer, keeper};
use sqlx::PgPool;
use tests::actors::refused;
use tests::chain::hours;

use crate::stage::{Stage, WHOLE};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_price_fall_is_called_and_cured(db: PgPool) -> Result<()> {
    let Stage { mut world, paula, deal, .. } = Stage::start(db, WHOLE).await?;
    let called = keeper::margin_call(&world.keeper.context, deal, 0).await;
    assert_eq!(refused(called)?, "HealthSufficient");

    // The highest of the price and its averages counts, so that a fall of a moment calls nobody.
    world.set_price("0.3").await?;
    let called = keeper::margin_call(&world.keeper.context, deal, 0).await;
    assert_eq!(refused(called)?, "HealthSufficient");
    world.advance_fresh(hours(240)).await?;
    keeper::margin_call(&world.keeper.context, deal, 0).await?;
    world.synced().await?;
    let deal_called = world.get("/v1/deals/1").await?;
    assert_eq!(deal_called.text("/is_called")?, "true");
    world.audit().await?;

    let low = keeper::cure(&world.keeper.context, deal, 0).await;
    assert_eq!(refused(low)?, "HealthTooLow");
    paula.top_up(deal, 0, "700000").await?;
    world.synced().await?;
    let cured = world.get("/v1/deals/1").await?;
    assert_eq!((cured.text("/is_called")?, cured.text("/locked_flt")?), ("false".to_owned(), "6748000".to_owned()));
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_call_that_is_not_cured_lets_the_customer_leave(db: PgPool) -> Result<()> {
    let Stage { mut world, carol, deal, .. } = Stage::start(db, WHOLE).await?;
    world.set_price("0.3").await?;
    world.advance_fresh(hours(240)).await?;
    let leaving = customer::leave(&carol.context, deal, 0).await;
    assert_eq!(refused(leaving)?, "MarginNotCalled");
    keeper::margin_call(&world.keeper.context, deal, 0).await?;

    // The 48 hours stand still while the price is stale.
    world.advance_fresh(hours(40)).await?;
    world.stale_price().await?;
    world.advance(hours(20)).await?;
    world.set_price("0.3").await?;
    let leaving = customer::leave(&carol.context, deal, 0).await;
    assert_eq!(refused(leaving)?, "CureRunning");
    world.advance_fresh(hours(9)).await?;
    let left = customer::leave(&carol.context, deal, 0).await?;
    assert_eq!(left.reason, "left on margin");
    carol.refund(deal).await?;
    world.synced().await?;
    assert_eq!(world.get("/v1/deals/1").await?.text("/status")?, "ended");
    world.finish().await
}
