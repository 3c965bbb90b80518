//! The match of criteria with offers.

use insta::assert_snapshot;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::server::Server;

async fn ask(server: &Server, wish: &Value) -> (u16, Value) {
    let reply = server.client.post(format!("{}/v1/match", server.url)).json(wish).send().await.expect("a reply");
    (reply.status().as_u16(), reply.json().await.expect("JSON"))
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn the_cheapest_set_is_found_and_the_others_are_told_why_not(db: PgPool) {
    let server = Server::start(&db).await;
    let wish = json!({
        "units": 1_000, "slots": 1, "standbys": 1, "price_max_usd": "1.2", "first_loss_bps": 0,
        "notice_seconds": 86_400, "availability": "0.95",
    });
    let (status, found) = ask(&server, &wish).await;
    assert_eq!(status, 200, "{found}");
    assert_snapshot!(serde_json::to_string_pretty(&found).expect("a value"));
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn without_a_set_the_criterion_that_binds_is_told(db: PgPool) {
    let server = Server::start(&db).await;
    let wish = json!({ "units": 10, "price_max_usd": "0.5", "first_loss_bps": 500, "notice_seconds": 86_400 });
    let (status, found) = ask(&server, &wish).await;
    assert_eq!((status, &found["is_met"], &found["is_proven"]), (200, &json!(false), &json!(true)), "{found}");
    assert_eq!(found["binding"], json!([{ "criterion": "price", "price_usd": "10" }]));
    assert_eq!(found["refused_by_reason"], json!([{ "reason": "price", "offers": 3 }]));
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn what_is_asked_wrongly_is_named(db: PgPool) {
    let server = Server::start(&db).await;
    let mut told = String::new();
    let wrong = [
        json!({ "units": 0, "price_max_usd": "1" }),
        json!({ "units": 1, "price_max_usd": "0" }),
        json!({ "units": 1, "price_max_usd": "1", "slots": 17 }),
        json!({ "units": 1, "price_max_usd": "1", "standbys": 5 }),
        json!({ "units": 1, "price_max_usd": "1", "availability": "1" }),
        json!({ "units": 1, "price_max_usd": "1", "class": "quantum" }),
        json!({ "units": 1, "price_max_usd": "1", "coverage": "9" }),
        json!({ "units": 1, "price_max_usd": "1", "prepaid_usd": "1" }),
        json!({ "units": 1, "price_max_usd": "1", "criteria": [{ "attribute": 1, "level": 4 }] }),
        json!({ "units": 1, "price_max_usd": "1", "colour": "red" }),
        json!({ "units": 1, "price_max_usd": "1", "providers": ["x".repeat(20_000)] }),
        json!([]),
    ];
    for wish in wrong {
        let (status, problem) = ask(&server, &wish).await;
        let parameter = problem["parameter"].as_str().map(|name| format!(" [{name}]")).unwrap_or_default();
        told += &format!("{status}{parameter} {}\n", problem["detail"].as_str().unwrap_or("?"));
    }
    assert_snapshot!(told);
    let reply = server.get("/v1/match").await;
    assert_eq!(reply.status().as_u16(), 405);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn modules_circuits_and_trees_are_asked_for_as_the_contract_takes_them(db: PgPool) {
    let server = Server::start(&db).await;
    let key = format!("0x{}", "12".repeat(32));
    let wish = |more: Value| {
        let mut wish = json!({ "units": 1, "price_max_usd": "1" });
        wish.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        wish
    };
    let path = json!([{ "of": "customer", "proof": [] }]);
    let long = json!([{ "of": "customer", "proof": vec![&key; 33] }]);
    let customer = format!("0x{}", "34".repeat(20));
    for (more, status, parameter, detail) in [
        (json!({ "proof_kind": "groth16" }), 409, "verification_key", "need a verification key"),
        (json!({ "proof_kind": "receipts", "verification_key": key }), 409, "verification_key", "no others take one"),
        (json!({ "modules": [key] }), 409, "modules", "nobody published"),
        (json!({ "modules": vec![&key; 9] }), 400, "modules", "at most 8"),
        (json!({ "admissions": path }), 409, "admissions", "name what is admitted"),
        (json!({ "admissions": long, "customer": customer }), 400, "admissions", "at most 32 hashes"),
        (
            json!({ "admissions": vec![json!({ "of": "customer", "proof": [] }); 33] }),
            400,
            "admissions",
            "at most 32 admissions",
        ),
    ] {
        let (answered, problem) = ask(&server, &wish(more)).await;
        let told = problem["detail"].as_str().unwrap_or("?");
        assert_eq!((answered, problem["parameter"].as_str()), (status, Some(parameter)), "{problem}");
        assert!(told.contains(detail), "{told}");
    }
    // A day's worth is enough where nobody knows what will be used.
    let metered = json!({ "payment_mode": "metered", "term_days": 7, "prepaid_usd": "1" });
    let (status, found) = ask(&server, &wish(metered)).await;
    assert_eq!(status, 200, "{found}");
    let (status, problem) = ask(&server, &wish(json!({ "payment_mode": "metered", "prepaid_usd": "0.9" }))).await;
    assert_eq!((status, &problem["parameter"]), (409, &json!("prepaid_usd")));
    server.stop().await;
}
