//! What is asked wrongly is answered with a problem document that says what is wrong.

use std::num::NonZeroU32;

use api::Config;
use insta::assert_snapshot;
use serde_json::Value;
use sqlx::PgPool;

use crate::server::Server;

const PATHS: [&str; 9] = [
    "/v1/providers/paula",
    "/v1/providers/0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1A1",
    "/v1/providers/0xffffffffffffffffffffffffffffffffffffffff",
    "/v1/deals/99",
    "/v1/deals/first",
    "/v1/deals/99999999999999999999",
    "/v1/deals/99/slots",
    "/v1/delegators/0xffffffffffffffffffffffffffffffffffffffff",
    "/v2/network",
];

const PARAMETERS: [&str; 15] = [
    "/v1/providers?limit=0",
    "/v1/providers?limit=201",
    "/v1/providers?sort=name",
    "/v1/providers?colour=red",
    "/v1/network?colour=red",
    "/v1/offers?class=quantum",
    "/v1/offers?price_max_usd=1e3",
    "/v1/offers?price_max_usd=0.0000001",
    "/v1/offers?attribute=7:9",
    "/v1/deals?status=happy",
    "/v1/deals?is_called=perhaps",
    "/v1/events?kind=DealVanished",
    "/v1/prices?from=yesterday",
    "/v1/network?min_seq=soon",
    "/v1/customers/0xc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1/deals?customer=0xc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1",
];

const QUOTES: [&str; 5] = [
    "/v1/quote/stake",
    "/v1/quote/stake?job_value_usd=-1",
    "/v1/quote/stake?job_value_usd=1&coverage=9",
    "/v1/quote/sla?availability=99&target=0.9",
    "/v1/projection/stake?volume_usd=1000&term_days=7:0",
];

/// Asks each question, and tells status, parameter and detail of the problem.
async fn problems(db: &PgPool, questions: &[&str]) -> String {
    let server = Server::start(db).await;
    let mut problems = String::new();
    for question in questions {
        let reply = server.get(question).await;
        let status = reply.status().as_u16();
        assert_eq!(reply.headers()["content-type"], "application/problem+json", "{question}");
        assert_eq!(reply.headers()["x-indexed-block"], "10", "{question}");
        let problem: Value = reply.json().await.expect("a problem document");
        let parameter = problem["parameter"].as_str().map(|name| format!(" [{name}]")).unwrap_or_default();
        problems += &format!("{question}\n  {status}{parameter} {}\n", problem["detail"].as_str().unwrap_or("?"));
    }
    server.stop().await;
    problems
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_wrong_path_is_named(db: PgPool) {
    assert_snapshot!(problems(&db, &PATHS).await, @r#"
    /v1/providers/paula
      400 `paula` is not an address: 0x and 40 hexadecimal digits
    /v1/providers/0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1A1
      400 `0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1A1` has a wrong checksum: a letter was mistyped
    /v1/providers/0xffffffffffffffffffffffffffffffffffffffff
      404 there is no provider 0xFFfFfFffFFfffFFfFFfFFFFFffFFFffffFfFFFfF
    /v1/deals/99
      404 there is no deal 99
    /v1/deals/first
      400 Cannot parse `first` to a `i64`
    /v1/deals/99999999999999999999
      400 Cannot parse `99999999999999999999` to a `i64`
    /v1/deals/99/slots
      404 there is no deal 99
    /v1/delegators/0xffffffffffffffffffffffffffffffffffffffff
      404 there is no delegator 0xFFfFfFffFFfffFFfFFfFFFFFffFFFffffFfFFFfF
    /v2/network
      404 nothing lives at /v2/network; /docs lists the routes
    "#);
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_wrong_parameter_is_named(db: PgPool) {
    assert_snapshot!(problems(&db, &PARAMETERS).await, @r#"
    /v1/providers?limit=0
      400 [limit] `0` is not a number from 1 to 200
    /v1/providers?limit=201
      400 [limit] `201` is not a number from 1 to 200
    /v1/providers?sort=name
      400 [sort] there is no sort `name` here; sorts are -staked, staked, -free, free, -locked, locked, -registered, registered
    /v1/providers?colour=red
      400 [colour] there is no query parameter `colour` here
    /v1/network?colour=red
      400 [colour] there is no query parameter `colour` here
    /v1/offers?class=quantum
      400 [class] `quantum` is none of cpu, gpu
    /v1/offers?price_max_usd=1e3
      400 [price_max_usd] `1e3` is not a decimal number such as 1000 or 0.25
    /v1/offers?price_max_usd=0.0000001
      400 [price_max_usd] `0.0000001` has more than 6 decimals
    /v1/offers?attribute=7:9
      400 [attribute] `7:9` is not an attribute's number, or number:level with level 1 to 3
    /v1/deals?status=happy
      400 [status] `happy` is none of open, assigned, serving, degraded, stopping, ended, lapsed, cancelled
    /v1/deals?is_called=perhaps
      400 [is_called] provided string was not `true` or `false`
    /v1/events?kind=DealVanished
      404 there is no event DealVanished
    /v1/prices?from=yesterday
      400 [from] the 'year' component could not be parsed
    /v1/network?min_seq=soon
      400 [min_seq] `soon` is not the number of a journal entry
    /v1/customers/0xc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1/deals?customer=0xc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1
      400 [customer] the path already names the customer
    "#);
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_wrong_question_is_named(db: PgPool) {
    assert_snapshot!(problems(&db, &QUOTES).await, @r#"
    /v1/quote/stake
      400 [job_value_usd] `job_value_usd` is missing
    /v1/quote/stake?job_value_usd=-1
      400 [job_value_usd] `-1` is not a decimal number such as 1000 or 0.25
    /v1/quote/stake?job_value_usd=1&coverage=9
      400 [coverage] coverage is 2 to 5
    /v1/quote/sla?availability=99&target=0.9
      400 [availability] `99` is not between 0 and 1, as 0.99
    /v1/projection/stake?volume_usd=1000&term_days=7:0
      400 [term_days] `7:0` is neither 1 to 14 days nor a mix such as 7:1,14:3
    "#);
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_problem_is_a_document(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/providers?limit=ten").await, @r#"
    400 Bad Request
    {
      "detail": "`ten` is not a number from 1 to 200",
      "parameter": "limit",
      "status": 400,
      "title": "Bad query parameter",
      "type": "urn:surety:problem:bad-parameter"
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn nothing_here_writes(db: PgPool) {
    let server = Server::start(&db).await;
    let reply = server.client.post(format!("{}/v1/deals", server.url)).send().await.expect("a reply");
    assert_eq!((reply.status().as_u16(), &reply.headers()["allow"]), (405, &"GET, HEAD".parse().expect("ASCII")));
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn before_the_first_block_there_is_nothing_to_say(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/network").await, @r#"
    503 Service Unavailable
    {
      "detail": "nothing is indexed yet",
      "status": 503,
      "title": "Nothing indexed",
      "type": "urn:surety:problem:nothing-indexed"
    }
    "#);
    assert_snapshot!(server.shown_but("/readyz", &["schema_version", "schema_version_needed"]).await, @r#"
    503 Service Unavailable
    {
      "block": null,
      "block_at": null,
      "is_ready": false,
      "reason": "nothing is indexed yet",
      "seq": null,
      "unfinalized_blocks": null
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn an_entry_that_does_not_come_is_waited_for_in_vain(db: PgPool) {
    let server = Server::start(&db).await;
    let reply = server.get("/v1/network?min_seq=11").await;
    assert_eq!(reply.headers()["retry-after"], "1");
    assert_eq!(reply.status(), 409);
    assert_eq!(reply.json::<Value>().await.expect("JSON")["type"], "urn:surety:problem:not-visible");
    // Far ahead nobody waits.
    let started = std::time::Instant::now();
    assert_eq!(server.get("/v1/network?min_seq=9000000000").await.status(), 409);
    assert!(started.elapsed() < std::time::Duration::from_secs(4), "{:?}", started.elapsed());
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn who_asks_too_often_is_told_to_wait(db: PgPool) {
    let config = Config { rate_per_second: NonZeroU32::new(1), ..Config::new((*db.connect_options()).clone()) };
    let server = Server::start_with(config).await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(server.get("/v1/parameters").await.status().as_u16());
    }
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
    server.stop().await;
}

#[sqlx::test]
async fn a_database_of_another_schema_is_refused_in_one_sentence(db: PgPool) {
    let refusal = || async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let config = Config::new((*db.connect_options()).clone());
        let refused = api::serve(listener, config, std::future::pending()).await.expect_err("a wrong schema");
        format!("{refused:#}")
    };
    assert_eq!(refusal().await, "the database has no tables of Surety; start surety-indexer on it first");
    let set = |version: i64| {
        let statements = format!(
            "create table if not exists _sqlx_migrations (version bigint, success boolean);
             insert into _sqlx_migrations values ({version}, true);"
        );
        let db = db.clone();
        async move { sqlx::raw_sql(&statements).execute(&db).await.expect("a version goes in") }
    };
    set(1).await;
    assert!(refusal().await.starts_with("the database has schema 1, this surety-api needs "));
    set(99_999).await;
    assert!(refusal().await.starts_with("the database has schema 99999, this surety-api only knows "));
}
