//! A deal from stake to payout.

use std::time::Duration;

use anyhow::Result;
use scripts::keeper;
use sqlx::PgPool;
use tests::world::World;

const DAY: Duration = Duration::from_hours(24);

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_deal_settles_from_stake_to_payout(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let paula = world.provider("paula").await?;
    paula.stake("2000000").await?;
    let dora = world.delegator("dora").await?;
    dora.stake(&paula, "5000000").await?;
    let offer = paula.offer(12_000, "1").await?;

    let carol = world.customer("carol").await?;
    let mut job = carol.job(12_000, "1", 14, 84)?;
    job.exposure = 2;
    job.prepaid = Some(carol.units("168000")?);
    let deal = carol.open(job, &[offer]).await?;
    paula.ready(deal, 0).await?;
    world.synced().await?;
    println!("{}", world.get("/v1/deals/1").await?);

    world.advance(4 * DAY).await?;
    keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    world.finish().await
}
