//! Terms that follow one another.

use anyhow::Result;
use scripts::keeper;
use sqlx::PgPool;
use tests::actors::refused;
use tests::chain::{days, hours};

use crate::stage::{REMAINING, Stage, TERM_COST};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_renewal_shrinks_the_lock(db: PgPool) -> Result<()> {
    let Stage { mut world, carol, deal, .. } = Stage::start(db, REMAINING).await?;
    let early = keeper::renew(&world.keeper.context, deal, 0).await;
    assert_eq!(refused(early)?, "RenewalNotOpen");

    let mut locks = vec![carol.slot(deal, 0).await?.lock_flt.map(|lock| lock.to_string())];
    for term in 1..6 {
        world.advance(days(14) - if term == 1 { hours(12) } else { hours(0) }).await?;
        if term == 1 {
            let unpaid = keeper::renew(&world.keeper.context, deal, 0).await;
            assert_eq!(refused(unpaid)?, "EscrowTooLow");
        }
        carol.fund(deal, TERM_COST).await?;
        let renewed = keeper::renew(&world.keeper.context, deal, 0).await?;
        assert!(renewed.is_priced);
        locks.push(Some(renewed.lock.to_string()));
    }
    let expected = ["6048000", "5040000", "4032000", "3024000", "2016000", "1008000"];
    assert_eq!(locks, expected.map(|lock| Some(lock.to_owned())));

    world.advance(days(12)).await?;
    let last = keeper::renew(&world.keeper.context, deal, 0).await;
    assert_eq!(refused(last)?, "RenewalNotOpen");
    world.synced().await?;
    assert_eq!(world.get("/v1/deals/1").await?.text("/locked_flt")?, "1008000");
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_stale_price_at_a_renewal_keeps_the_lock(db: PgPool) -> Result<()> {
    let Stage { mut world, carol, deal, offer, .. } = Stage::start(db, REMAINING).await?;
    carol.fund(deal, TERM_COST).await?;
    world.advance(days(14) - hours(12)).await?;
    world.stale_price().await?;

    // A new lock needs a price.
    let job = carol.job(1, "1", 7, 7)?;
    assert!(["OfferRefused", "PriceStale"].contains(&refused(carol.open(job, &[offer]).await)?.as_str()));
    let called = keeper::margin_call(&world.keeper.context, deal, 0).await;
    assert_eq!(refused(called)?, "PriceStale");

    let renewed = keeper::renew(&world.keeper.context, deal, 0).await?;
    assert!(!renewed.is_priced);
    assert_eq!(renewed.lock.to_string(), "6048000");
    world.synced().await?;
    assert_eq!(world.get("/v1/deals/1").await?.text("/locked_flt")?, "6048000");
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_provider_that_announces_it_is_not_renewed(db: PgPool) -> Result<()> {
    let Stage { mut world, paula, carol, deal, .. } = Stage::start(db, REMAINING).await?;
    scripts::provider::announce_non_renewal(&paula.context, deal, 0).await?;
    carol.fund(deal, TERM_COST).await?;
    world.advance(days(14) - hours(12)).await?;
    let renewed = keeper::renew(&world.keeper.context, deal, 0).await;
    assert_eq!(refused(renewed)?, "RenewalRefused");
    world.advance(hours(13)).await?;
    keeper::close(&world.keeper.context, deal, 0).await?;
    world.synced().await?;
    // The money for another term waits for another provider, until its owner wants it back.
    assert_eq!(world.get("/v1/deals/1/slots").await?.text("/items/0/status")?, "empty");
    carol.stop(deal).await?;
    assert_eq!(carol.refund(deal).await?.to_string(), TERM_COST);
    world.synced().await?;
    assert_eq!(world.get("/v1/deals/1").await?.text("/status")?, "ended");
    world.finish().await
}
