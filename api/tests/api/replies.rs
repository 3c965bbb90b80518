//! What all replies have in common, and the routes that are not about the network.

use sqlx::PgPool;

use crate::server::Server;

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn replies_name_their_block_and_can_be_kept(db: PgPool) {
    let server = Server::start(&db).await;
    let reply = server.get("/v1/network").await;
    assert_eq!(reply.headers()["x-indexed-block"], "10");
    assert_eq!(reply.headers()["access-control-allow-origin"], "*");
    let etag = reply.headers()["etag"].clone();
    let ask = || server.client.get(format!("{}/v1/network", server.url)).header("if-none-match", &etag).send();
    assert_eq!(ask().await.expect("a reply").status(), 304);
    sqlx::query("update cursor set seq = 11").execute(&db).await.expect("the tables change");
    assert_eq!(ask().await.expect("a reply").status(), 200);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_person_and_a_machine_find_their_way(db: PgPool) {
    let server = Server::start(&db).await;
    for (path, part) in [
        ("/", "/docs"),
        ("/docs/", "swagger"),
        ("/openapi.json", "\"openapi\""),
        ("/livez", "ok"),
        ("/metrics", "surety_api_requests_total"),
    ] {
        let reply = server.get(path).await;
        assert_eq!(reply.status(), 200, "{path}");
        assert!(reply.text().await.expect("a body").contains(part), "{path} lacks {part}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_halted_indexer_is_not_ready(db: PgPool) {
    let server = Server::start(&db).await;
    sqlx::query("update cursor set halted = 'a reorganisation below block 4'").execute(&db).await.expect("it halts");
    let reply = server.get("/readyz").await;
    assert_eq!(reply.status(), 503);
    assert!(reply.text().await.expect("a body").contains("the indexer halted: a reorganisation below block 4"));
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn during_the_first_backfill_there_is_no_state_to_tell(db: PgPool) {
    let server = Server::start(&db).await;
    sqlx::query("update cursor set is_derived = false").execute(&db).await.expect("a backfill");
    for path in ["/v1/network", "/v1/stream", "/readyz"] {
        let reply = server.get(path).await;
        assert_eq!(reply.status(), 503, "{path}");
        assert!(reply.text().await.expect("a body").contains("the first backfill is under way"), "{path}");
    }
    server.stop().await;
}
