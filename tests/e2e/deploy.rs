//! Deployments on what is there already.

use alloy::primitives::Address;
use anyhow::Result;
use contracts::PriceGuard;
use scripts::chain::Context;
use scripts::deploy::{self, Config, Prices, Tokens};
use scripts::operator;
use sqlx::PgPool;
use tests::world::World;

/// Another deployment on the World's tokens and feeds, as on a network where both exist.
fn existing(world: &World) -> Config {
    let (at, set) = (&world.deployment.contracts, &world.deployment.parameters);
    Config {
        tokens: Tokens::Existing { flt: at.flt, stablecoin: at.stablecoin },
        prices: Prices::Sources(set.sources.clone()),
        ..Config::development(set.guardian, set.council, set.treasury)
    }
}

async fn refusal(world: &World, config: &Config) -> String {
    let deployed = deploy::deploy(&world.operator.context.provider, world.operator.address, config).await;
    deployed.err().map(|error| format!("{error:#}")).unwrap_or_default()
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn tokens_and_feeds_that_exist_are_used(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    let provider = &world.operator.context.provider;
    let deployment = deploy::deploy(provider, world.operator.address, &existing(&world)).await?;
    let (at, before) = (&deployment.contracts, &world.deployment.contracts);
    assert_eq!((at.flt, at.stablecoin), (before.flt, before.stablecoin));
    assert_ne!(at.staking, before.staking);
    assert!(!deployment.parameters.is_development);
    let at_guard = at.price_guard;
    let context = Context::new(provider.clone(), None, deployment).await?;
    assert!(scripts::verify::verify(&context).await?.differences.is_empty());
    assert!(!operator::status(&context).await?.is_price_stale);
    assert_eq!(context.view(at_guard, PriceGuard::lowCall {}).await?, 50_000_000);
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn what_is_no_token_or_no_feed_is_refused_before_it_costs_much(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    let (at, set) = (&world.deployment.contracts, &world.deployment.parameters);
    let feed = set.sources[0].aggregator;
    let tokens = |flt, stablecoin| Config { tokens: Tokens::Existing { flt, stablecoin }, ..existing(&world) };

    let refused = refusal(&world, &tokens(feed, at.stablecoin)).await;
    assert!(refused.contains("has 8 decimals, so it is not FLT"), "{refused}");
    let refused = refusal(&world, &tokens(at.flt, feed)).await;
    assert!(refused.contains("The stablecoin has 8 decimals; 6 or 18 are known"), "{refused}");
    let refused = refusal(&world, &tokens(at.flt, Address::repeat_byte(9))).await;
    assert!(refused.contains("is not a token"), "{refused}");

    let mut sources = set.sources.clone();
    sources[1].aggregator = at.flt;
    let refused = refusal(&world, &Config { prices: Prices::Sources(sources.clone()), ..existing(&world) }).await;
    assert!(refused.contains("gives no price"), "{refused}");
    sources[1] = sources[0].clone();
    let refused = refusal(&world, &Config { prices: Prices::Sources(sources), ..existing(&world) }).await;
    assert!(refused.contains("Deploying PriceGuard") && refused.contains("SourceInvalid"), "{refused}");
    world.finish().await
}
