//! Providers that do not serve what was matched.

use anyhow::Result;
use scripts::{customer, provider};
use sqlx::PgPool;
use tests::actors::refused;
use tests::chain::hours;
use tests::world::World;

#[sqlx::test(migrations = "../indexer/migrations")]
async fn what_one_provider_declines_another_serves(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let (paula, peter) = (world.provider("paula").await?, world.provider("peter").await?);
    paula.stake("100000").await?;
    peter.stake("100000").await?;
    let (cheap, dear) = (paula.offer(100, "1").await?, peter.offer(100, "2").await?);
    let carol = world.customer("carol").await?;
    let deal = carol.open(carol.job(100, "3", 7, 7)?, &[cheap]).await?;

    // Nobody but she herself frees her within the 30 minutes.
    assert_eq!(refused(provider::decline(&peter.context, deal, 0).await)?, "ReadyNotLate");
    paula.decline(deal, 0).await?;
    world.synced().await?;
    assert_eq!(world.get("/v1/deals/1/slots").await?.text("/items/0/status")?, "empty");
    let paulas = world.get(&format!("/v1/providers/{}", paula.address)).await?;
    assert_eq!(paulas.text("/locked_flt")?, "0");

    customer::choose(&carol.context, deal, &[dear]).await?;
    customer::activate(&carol.context, deal).await?;
    // Silence is an answer, too.
    world.advance(hours(1)).await?;
    assert_eq!(refused(provider::ready(&peter.context, deal, 0).await)?, "ReadyTooLate");
    provider::decline(&world.keeper.context, deal, 0).await?;

    customer::choose(&carol.context, deal, &[cheap]).await?;
    customer::activate(&carol.context, deal).await?;
    paula.ready(deal, 0).await?;
    world.synced().await?;
    let slots = world.get("/v1/deals/1/slots").await?;
    assert_eq!(
        (slots.text("/items/0/status")?, slots.text("/items/0/serving")?),
        ("serving".to_owned(), "3".to_owned())
    );
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_request_that_nobody_can_serve_is_taken_back(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let paula = world.provider("paula").await?;
    paula.stake("10").await?;
    let offer = paula.offer(10, "2").await?;
    let carol = world.customer("carol").await?;
    let before = carol.usd().await?.units;
    for (units, price, reason) in
        [(10, "1", "price"), (11, "2", "too few free units"), (10, "2", "too little free stake")]
    {
        let deal = carol.open(carol.job(units, price, 7, 7)?, &[]).await?;
        let reasons = customer::reasons(&carol.context, deal, &[offer]).await?;
        assert_eq!(reasons[0].refused_for, Some(reason));
        assert_eq!(refused(customer::choose(&carol.context, deal, &[offer]).await)?, "OfferRefused");
        customer::cancel(&carol.context, deal).await?;
        carol.refund(deal).await?;
    }
    // The request fee of 0.1 is what asking costs.
    assert_eq!(before - carol.usd().await?.units, 3 * carol.units("0.1")?);
    world.synced().await?;
    assert_eq!(world.get("/v1/deals/3").await?.text("/status")?, "cancelled");
    world.finish().await
}
