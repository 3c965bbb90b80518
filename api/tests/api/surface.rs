//! What is promised of every route: that it is there, and how it is served.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::crowd::crowd;
use crate::server::Server;

/// Every route that others rely on, of the story's network.
const ROUTES: [&str; 46] = [
    "/v1/network",
    "/v1/network/history",
    "/v1/parameters",
    "/v1/epochs",
    "/v1/providers",
    "/v1/providers/{provider}",
    "/v1/providers/{provider}/offers",
    "/v1/providers/{provider}/deals",
    "/v1/providers/{provider}/delegators",
    "/v1/providers/{provider}/commitments",
    "/v1/providers/{provider}/rewards",
    "/v1/providers/{provider}/slashes",
    "/v1/providers/{provider}/availability",
    "/v1/offers",
    "/v1/deals",
    "/v1/deals/1",
    "/v1/deals/1/slots",
    "/v1/deals/1/servings",
    "/v1/deals/1/payments",
    "/v1/deals/1/events",
    "/v1/deals/1/proofs",
    "/v1/delegators/{delegator}",
    "/v1/delegators/{delegator}/positions",
    "/v1/delegators/{delegator}/exits",
    "/v1/delegators/{delegator}/rewards",
    "/v1/delegators/{delegator}/exposure",
    "/v1/customers/{customer}/deals",
    "/v1/customers/{customer}/gateways",
    "/v1/commitments",
    "/v1/commitments/1",
    "/v1/slashes",
    "/v1/faults",
    "/v1/probers",
    "/v1/events",
    "/v1/prices",
    "/v1/quote/stake?job_value_usd=1000&term_days=7&coverage=3",
    "/v1/quote/sla?availability=0.8&target=0.99",
    "/v1/projection/stake?volume_usd=1000&growth=0.1&months=2&term_days=7:1,14:3&coverage=3&volatility=1",
    "/v1/modules",
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs/",
    "/",
    "/v1/probers/0x6161616161616161616161616161616161616161",
];

fn address(route: &str) -> String {
    let of = |digits: &str| format!("0x{}", digits.repeat(20));
    route.replace("{provider}", &of("a1")).replace("{delegator}", &of("d1")).replace("{customer}", &of("c1"))
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession", "capacity"))]
async fn every_route_answers_with_its_block(db: PgPool) {
    let server = Server::start(&db).await;
    for route in ROUTES.map(address) {
        let reply = server.get(&route).await;
        assert_eq!(reply.status(), 200, "{route}");
        assert_eq!(reply.headers()["x-indexed-block"], "10", "{route}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_page_of_another_origin_may_ask_for_a_match(db: PgPool) {
    let server = Server::start(&db).await;
    let asked = server.client.request(reqwest::Method::OPTIONS, format!("{}/v1/match", server.url));
    let asked = asked.header("origin", "https://elsewhere.example").header("access-control-request-method", "POST");
    let reply = asked.header("access-control-request-headers", "content-type").send().await.expect("a reply");
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["access-control-allow-origin"], "*");
    let allowed = |name: &str| reply.headers()[name].to_str().expect("ASCII").to_lowercase();
    assert!(allowed("access-control-allow-methods").contains("post"));
    assert!(allowed("access-control-allow-headers").contains("content-type"));
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_long_reply_is_compressed_on_demand(db: PgPool) {
    crowd(&db).await;
    let server = Server::start(&db).await;
    let url = format!("{}/v1/events?limit=200", server.url);
    let plain = server.get("/v1/events?limit=200").await;
    assert!(!plain.headers().contains_key("content-encoding"));
    let plain = plain.bytes().await.expect("a body").len();
    let small = server.client.get(url).header("accept-encoding", "gzip").send().await.expect("a reply");
    assert_eq!(small.headers()["content-encoding"], "gzip");
    let small = small.bytes().await.expect("a body").len();
    assert!(small * 5 < plain, "{small} of {plain} bytes");
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_statement_that_takes_too_long_is_ended_and_said_so(db: PgPool) {
    // A view that sleeps stands in for a query that is too much.
    let slow = "
        alter table price_observed rename to observed;
        create view price_observed as select o.* from observed as o, lateral (select pg_sleep(60)) as wait;
    ";
    let server = Server::start(&db).await;
    let asked = "/v1/network/history?interval=hour";
    assert_eq!(server.get(asked).await.status(), 200);
    sqlx::raw_sql(slow).execute(&db).await.expect("a view");
    sqlx::raw_sql("update cursor set seq = seq + 1").execute(&db).await.expect("another state");
    let started = Instant::now();
    let reply = server.get(asked).await;
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(reply.status(), 503);
    assert_eq!(reply.json::<Value>().await.expect("JSON")["type"], "urn:surety:problem:timed-out");
    server.stop().await;
}

/// The statements of `docs/operating.md`, for this database and a role of its own.
fn reader(database: &str, role: &str) -> String {
    let documentation = include_str!("../../../docs/operating.md");
    let statements = documentation.split("```sql\ncreate role surety_reader").nth(1);
    let statements = statements.and_then(|rest| rest.split("```").next()).expect("the statements");
    let statements = format!("create role surety_reader{statements}");
    statements.replace("surety_reader", role).replace("database surety", &format!("database \"{database}\""))
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession", "capacity"))]
async fn the_documented_role_answers_everything_and_writes_nothing(db: PgPool) {
    let database = db.connect_options().get_database().expect("a name").to_owned();
    let role = format!("reader_{}", database.trim_start_matches('_').to_lowercase());
    // What a run before this one left, if it failed.
    sqlx::raw_sql(&format!("drop role if exists {role}")).execute(&db).await.expect("no role");
    sqlx::raw_sql(&reader(&database, &role)).execute(&db).await.expect("the documented statements run");
    let options = (*db.connect_options()).clone().username(&role).password("choose one");

    let config = api::Config { connections: 4, ..api::Config::new(options.clone()) };
    let server = Server::start_with(config).await;
    for route in ROUTES.map(address) {
        assert_eq!(server.get(&route).await.status(), 200, "{route}");
    }
    // It hears of changes too.
    let (reply, _) = tokio::join!(
        server.get("/v1/network?min_seq=11"),
        sqlx::raw_sql("begin; update cursor set seq = 11; select pg_notify('journal', '11'); commit").execute(&db),
    );
    assert_eq!(reply.status(), 200);
    server.stop().await;

    let alone = PgPoolOptions::new().max_connections(1).connect_with(options).await.expect("the role may log in");
    sqlx::raw_sql("set default_transaction_read_only = off").execute(&alone).await.expect("anybody may say so");
    for forbidden in [
        "insert into block select * from block",
        "update cursor set seq = 0",
        "delete from slashed",
        "truncate journal",
        "select rewind(0)",
        "select derive_all()",
        "create table mine (a integer)",
        "create temporary table mine (a integer)",
        "create function mine() returns integer language sql return 1",
        "drop view event",
        "begin; lock table cursor in exclusive mode",
        "select pg_read_file('/etc/passwd')",
        "copy block to program 'true'",
        "create role mine",
    ] {
        let refused = sqlx::raw_sql(forbidden).execute(&alone).await.expect_err(forbidden);
        let code = refused.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {refused}");
        sqlx::raw_sql("rollback").execute(&alone).await.expect("nothing is left open");
    }
    alone.close().await;
    let gone = format!("drop owned by {role}; drop role {role};");
    sqlx::raw_sql(&gone).execute(&db).await.expect("roles outlive databases");
}
