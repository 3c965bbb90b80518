//! The network over time.

use insta::assert_snapshot;
use serde_json::Value;
use sqlx::PgPool;

use crate::crowd::crowd;
use crate::server::Server;

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_day_is_summed_up_although_nothing_happened(db: PgPool) {
    let server = Server::start(&db).await;
    let history = server.json("/v1/network/history").await;
    assert_eq!((&history["total"], &history["next"]), (&Value::from(5), &Value::Null));
    let days = |field: &str| {
        let points = history["items"].as_array().expect("items");
        points.iter().map(|point| point[field].as_str().unwrap_or("none").to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(days("staked_flt"), "10999010 12000010 12000010 12000010 12000010");
    assert_eq!(days("locked_flt"), "5999000 6000000 6000000 6000000 6000000");
    assert_eq!(days("price_usd"), "0.5 none none none none");
    assert_eq!(days("settled_usd"), "11880 0 0 0 0");
    assert_eq!(days("slashed_flt"), "1000 0 0 0 0");
    assert_snapshot!(server.shown("/v1/network/history?from=2026-01-05T00:00:00Z&sort=at&limit=1").await, @r#"
    200 OK
    {
      "items": [
        {
          "deals_serving": 1,
          "ends_at": "2026-01-05T09:00:00Z",
          "failovers": 0,
          "locked_flt": "5999000",
          "price_usd": "0.5",
          "providers": 3,
          "rewards_flt": "0",
          "rewards_total_flt": "0",
          "settled_total_usd": "11880",
          "settled_usd": "11880",
          "slashed_flt": "1000",
          "staked_flt": "10999010",
          "starts_at": "2026-01-05T00:00:00Z",
          "value_at_stake_usd": "1000000"
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    server.stop().await;
}

/// What is known at the end of the last interval has to be what `/v1/network` says now.
async fn ends_with_now(server: &Server) {
    let now = server.json("/v1/network").await;
    for interval in ["hour", "day", "week"] {
        let history = server.json(&format!("/v1/network/history?interval={interval}&limit=1")).await;
        let last = &history["items"][0];
        for (point, network) in [
            ("staked_flt", "staked_flt"),
            ("locked_flt", "locked_flt"),
            ("value_at_stake_usd", "value_at_stake_usd"),
            ("deals_serving", "deals_serving"),
            ("providers", "providers"),
            ("settled_total_usd", "revenue_usd"),
            ("rewards_total_flt", "rewards_flt"),
            ("ends_at", "block_at"),
        ] {
            assert_eq!(last[point], now[network], "{point} by {interval}");
        }
        let median = now["price"].as_object().map_or(&Value::Null, |price| &price["median_usd"]);
        assert_eq!(&last["price_usd"], median);
    }
}

/// What happens in intervals adds up to what `/v1/network` counts.
async fn adds_up(server: &Server) {
    let now = server.json("/v1/network").await;
    let points = server.json("/v1/network/history?interval=hour&limit=200").await;
    let points = points["items"].as_array().expect("items");
    let failovers: i64 = points.iter().filter_map(|point| point["failovers"].as_i64()).sum();
    assert_eq!(Some(failovers), now["failovers"].as_i64());
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn history_ends_with_the_network_of_a_story(db: PgPool) {
    let server = Server::start(&db).await;
    ends_with_now(&server).await;
    adds_up(&server).await;
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn history_ends_with_the_network_after_a_failover(db: PgPool) {
    let server = Server::start(&db).await;
    ends_with_now(&server).await;
    adds_up(&server).await;
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn history_ends_with_the_network_after_rewards(db: PgPool) {
    let server = Server::start(&db).await;
    ends_with_now(&server).await;
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn history_ends_with_the_network_of_a_crowd(db: PgPool) {
    crowd(&db).await;
    let server = Server::start(&db).await;
    ends_with_now(&server).await;
    server.stop().await;
}

/// Whatever is asked for is a part of the whole, and counted alone.
#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn a_part_of_history_is_that_of_the_whole(db: PgPool) {
    let server = Server::start(&db).await;
    let whole = server.json("/v1/network/history?interval=hour&sort=at&limit=200").await;
    let points = whole["items"].as_array().expect("items");
    assert_eq!((&whole["total"], &whole["next"]), (&Value::from(points.len()), &Value::Null));
    for (begin, end) in [(0, 1), (1, 4), (3, points.len())] {
        let from = points[begin]["starts_at"].as_str().expect("a time").replace(":00Z", ":00.000001Z");
        let to = points[end - 1]["starts_at"].as_str().expect("a time").replace(":00Z", ":00.5Z");
        let path = format!("/v1/network/history?interval=hour&sort=at&limit=2&from={from}&to={to}");
        let mut page = server.json(&path).await;
        assert_eq!(page["total"], Value::from(end - begin - 1), "the one that began just before is left out");
        let mut found = Vec::new();
        loop {
            found.extend_from_slice(page["items"].as_array().expect("items"));
            let Some(next) = page["next"].as_str() else { break };
            page = server.json(&format!("{path}&cursor={next}")).await;
        }
        assert_eq!(found, points[begin + 1..end]);
    }
    server.stop().await;
}
