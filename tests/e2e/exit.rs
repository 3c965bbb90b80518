//! Leaving.

use anyhow::Result;
use scripts::delegator;
use sqlx::PgPool;
use tests::actors::refused;
use tests::chain::days;

use crate::stage::{Stage, WHOLE};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn an_exit_waits_for_nobody(db: PgPool) -> Result<()> {
    let Stage { mut world, paula, dora, carol, offer, .. } = Stage::start(db, WHOLE).await?;
    let before = dora.flt().await?;
    // Her stake is in the lock of a running deal, and she is free to go all the same.
    let exit = dora.exit(&paula, "all").await?;
    assert_eq!(exit.amount.to_string(), "5000000");
    assert_eq!(exit.matures_at, "2027-01-23T00:00:00Z");
    let job = carol.job(1, "1", 7, 7)?;
    assert_eq!(refused(carol.open(job, &[offer]).await)?, "OfferRefused");
    assert!(dora.withdraw(&paula).await?.is_empty(), "nothing has matured");
    world.synced().await?;
    let exits = world.get(&format!("/v1/delegators/{}/exits", dora.address)).await?;
    insta::assert_snapshot!(exits, @r#"
    200
    {
      "items": [
        {
          "amount_flt": "5000000",
          "day": 20841,
          "is_matured": false,
          "is_over": false,
          "is_own": false,
          "matures_at": "2027-01-23T00:00:00Z",
          "paid_flt": "0",
          "provider": "0xB87d5A548085Db4079E3f34F3d09203CA368d174",
          "provider_name": "paula",
          "target": null
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    world.audit().await?;

    world.advance(days(22)).await?;
    assert_eq!(dora.withdraw(&paula).await?.len(), 1);
    assert_eq!(dora.flt().await?.0 - before.0, 5_000_000 * 10_u128.pow(18));
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn an_exit_is_cancelled_or_goes_to_another_provider(db: PgPool) -> Result<()> {
    let Stage { mut world, paula, dora, .. } = Stage::start(db, WHOLE).await?;
    let peter = world.provider("peter").await?;
    dora.exit(&paula, "1000").await?;
    world.advance(days(2)).await?;
    let later = dora.exit(&paula, "500").await?;
    delegator::redelegate(&dora.context, paula.address, later.day, peter.address).await?;
    let returned = delegator::cancel_exit(&dora.context, paula.address, Some(later.day - 2)).await?;
    assert_eq!(returned[0].amount.to_string(), "1000");

    world.advance(days(22)).await?;
    delegator::redelegate(&dora.context, paula.address, later.day, peter.address).await?;
    assert_eq!(dora.position(&peter).await?.amount.to_string(), "500");
    assert_eq!(dora.position(&paula).await?.amount.to_string(), "4999500");
    world.synced().await?;
    let positions = world.get(&format!("/v1/delegators/{}/positions", dora.address)).await?;
    assert_eq!(positions.text("/total")?, "2");
    world.finish().await
}
