//! What many journeys begin with.

use anyhow::Result;
use scripts::ids::{DealId, OfferId};
use sqlx::PgPool;
use tests::actors::{Customer, Delegator, Provider};
use tests::world::{Options, World};

/// How the value at stake develops.
pub(crate) const REMAINING: u8 = 0;
pub(crate) const WHOLE: u8 = 2;

/// What one term of the million-dollar job costs.
pub(crate) const TERM_COST: &str = "168000";

/// A million-dollar job that Paula serves with her stake and Dora's, in its first term.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) paula: Provider,
    pub(crate) dora: Delegator,
    pub(crate) carol: Customer,
    pub(crate) offer: OfferId,
    pub(crate) deal: DealId,
}

impl Stage {
    pub(crate) async fn start(db: PgPool, exposure: u8) -> Result<Self> {
        Self::on(World::start(db).await?, exposure).await
    }

    /// Where blocks become final as soon as two others follow, so that a new index begins with a backfill.
    pub(crate) async fn start_final(db: PgPool, exposure: u8) -> Result<Self> {
        let options = Options { slots_in_an_epoch: 1, ..Options::new((*db.connect_options()).clone()) };
        Self::on(World::with(options).await?, exposure).await
    }

    /// 12,000 units at $1 for 12 weeks of six terms: $1,008,000, for which 6,048,000 FLT are locked at $0.50.
    pub(crate) async fn on(world: World, exposure: u8) -> Result<Self> {
        let paula = world.provider("paula").await?;
        paula.stake("2000000").await?;
        let dora = world.delegator("dora").await?;
        dora.stake(&paula, "5000000").await?;
        let offer = paula.offer(12_000, "1").await?;
        let carol = world.customer("carol").await?;
        let mut job = carol.job(12_000, "1", 14, 84)?;
        job.exposure = exposure;
        let deal = carol.open(job, &[offer]).await?;
        paula.ready(deal, 0).await?;
        Ok(Self { world, paula, dora, carol, offer, deal })
    }
}
