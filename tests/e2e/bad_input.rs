//! What must not work, and says why.

use anyhow::Result;
use indexer::State;
use scripts::chain::Context;
use scripts::deployment::Deployment;
use scripts::wallet;
use sqlx::{Connection as _, PgConnection, PgPool};
use tests::indexing::Indexing;
use tests::world::World;

use crate::stage::{Stage, WHOLE};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_deployment_of_another_chain_is_refused(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    world.stop_indexer().await?;
    let other = Deployment { chain_id: 1, ..world.deployment.clone() };
    let (provider, _) = wallet::connect(&world.chain.url, None).await?;
    let refused = Context::new(provider, None, other).await.err().map(|error| error.to_string());
    insta::assert_snapshot!(refused.unwrap_or_default(), @"The deployment is of chain 1, but the node serves chain 31337: give another --rpc-url or --deployment.");

    let mut config = world.indexer_config()?;
    config.deployment.chain_id = 1;
    let ended = Indexing::start(config).ended().await.err().map(|error| format!("{error:#}"));
    insta::assert_snapshot!(ended.unwrap_or_default(), @"the database is about another deployment: its chain id is 31337, not 1");
    world.start_indexer()?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_database_is_about_one_deployment(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    world.stop_indexer().await?;
    let mut config = world.indexer_config()?;
    config.deployment.first_block += 1;
    let ended = Indexing::start(config).ended().await.err().map(|error| format!("{error:#}"));
    insta::assert_snapshot!(ended.unwrap_or_default(), @"the database is about another deployment: its first block is 2, not 3");
    world.start_indexer()?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_node_that_is_not_there_is_tried_again(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    world.stop_indexer().await?;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let mut config = world.indexer_config()?;
    config.rpc_url = format!("http://{nobody}");
    let mut indexing = Indexing::start(config);
    indexing.wait(|status| matches!(status.state, State::Retrying(_))).await?;
    indexing.stop().await?;
    let refused = wallet::connect(&format!("http://{nobody}"), None).await.err().map(|error| error.to_string());
    assert!(refused.is_some_and(|text| text.starts_with("No Ethereum node answers at")));
    world.start_indexer()?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_database_of_another_schema_is_refused(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    world.stop_indexer().await?;
    let mut connection = PgConnection::connect_with(&world.database).await?;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                 values (9999, 'of a later version', true, '', 0)";
    sqlx::query(newer).execute(&mut connection).await?;
    let ended = Indexing::start(world.indexer_config()?).ended().await.err().map(|error| format!("{error:#}"));
    insta::assert_snapshot!(ended.unwrap_or_default(), @"the database has migration 9999, which this program does not know: it belongs to a newer one");
    let readiness = world.get("/readyz").await?;
    assert_eq!(readiness.status, 503);
    insta::assert_snapshot!(readiness.body["reason"].as_str().unwrap_or_default(), @"the database has schema 9999, this program needs 34");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let served = api::serve(listener, api::Config::new(world.database.clone()), std::future::pending()).await;
    insta::assert_snapshot!(served.err().map(|error| format!("{error:#}")).unwrap_or_default(), @"the database has schema 9999, this surety-api only knows 34; use the surety-api of that version");

    sqlx::query("delete from _sqlx_migrations where version = 9999").execute(&mut connection).await?;
    connection.close().await?;
    world.start_indexer()?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn questions_that_make_no_sense_are_answered_with_a_reason(db: PgPool) -> Result<()> {
    let Stage { mut world, .. } = Stage::start(db, WHOLE).await?;
    world.synced().await?;
    let nobody = "0x00000000000000000000000000000000DeaDBeef";
    let mut answers = String::new();
    for path in [
        "/v1/deals/2",
        "/v1/deals/0",
        "/v1/deals/-1",
        "/v1/deals/one",
        "/v1/deals/99999999999999999999",
        &format!("/v1/providers/{nobody}"),
        "/v1/providers/0x12",
        "/v1/deals?cursor=nonsense",
        "/v1/deals?limit=0",
        "/v1/deals?limit=201",
        "/v1/deals?sort=colour",
        "/v1/deals?colour=red",
        "/v1/deals?status=happy",
        "/v1/offers?price_max_usd=1.0000001",
        "/v1/nothing",
    ] {
        let answer = world.get(path).await?;
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        answers.push_str(&format!("{} {path}: {detail}\n", answer.status));
    }
    insta::assert_snapshot!(answers, @r#"
    404 /v1/deals/2: there is no deal 2
    404 /v1/deals/0: there is no deal 0
    404 /v1/deals/-1: there is no deal -1
    400 /v1/deals/one: Cannot parse `one` to a `i64`
    400 /v1/deals/99999999999999999999: Cannot parse `99999999999999999999` to a `i64`
    404 /v1/providers/0x00000000000000000000000000000000DeaDBeef: there is no provider 0x00000000000000000000000000000000DeaDBeef
    400 /v1/providers/0x12: `0x12` is not an address: 0x and 40 hexadecimal digits
    409 /v1/deals?cursor=nonsense: this is not a cursor of this API
    400 /v1/deals?limit=0: `0` is not a number from 1 to 200
    400 /v1/deals?limit=201: `201` is not a number from 1 to 200
    400 /v1/deals?sort=colour: there is no sort `colour` here; sorts are -deal, deal, -locked, locked, health, -health, -value_at_stake, value_at_stake
    400 /v1/deals?colour=red: there is no query parameter `colour` here
    400 /v1/deals?status=happy: `happy` is none of open, assigned, serving, degraded, stopping, ended, lapsed, cancelled
    400 /v1/offers?price_max_usd=1.0000001: `1.0000001` has more than 6 decimals
    404 /v1/nothing: nothing lives at /v1/nothing; /docs lists the routes
    "#);
    world.finish().await
}
