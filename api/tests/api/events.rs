//! The feed of events.

use insta::assert_snapshot;
use sqlx::PgPool;

use crate::server::Server;

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn events_are_told_in_whole_tokens(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/events?limit=2").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": null,
          "at": "2026-01-05T09:00:00Z",
          "block": 10,
          "commitment": null,
          "contract": "Staking",
          "deal": null,
          "fields": {
            "amount_flt": "200",
            "day": 20458
          },
          "kind": "BurnQueued",
          "lock": null,
          "log_index": 3,
          "offer": null,
          "provider": null
        },
        {
          "account": "0xC1C1c1c1C1C1C1c1c1C1C1C1c1C1C1C1c1C1c1c1",
          "at": "2026-01-05T09:00:00Z",
          "block": 10,
          "commitment": null,
          "contract": "Staking",
          "deal": null,
          "fields": {
            "customer": "0xC1C1c1c1C1C1C1c1c1C1C1C1c1C1C1C1c1C1c1c1",
            "customer_amount_flt": "800",
            "lock": 1,
            "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
            "quarantine": 1,
            "release_at": "2026-01-12T09:00:00Z",
            "reporter": "0x0000000000000000000000000000000000000000",
            "reporter_amount_flt": "0"
          },
          "kind": "QuarantineOpened",
          "lock": 1,
          "log_index": 2,
          "offer": null,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1"
        }
      ],
      "next": "YTNmNzkwYjEwZjViMjM1ZGU3ZWIzYTVjNWQ1YTUzOWMxMHwy",
      "total": 68
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_reward_is_told_in_its_token(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/events?kind=RewardClaimed&sort=block").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
          "at": "2026-01-05T08:00:00Z",
          "block": 9,
          "commitment": null,
          "contract": "Staking",
          "deal": null,
          "fields": {
            "account": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
            "amount_usd": "12.5",
            "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
            "recipient": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
            "token": "0xf2f2f2F2f2F2f2F2F2F2f2f2F2f2f2F2F2f2F2F2"
          },
          "kind": "RewardClaimed",
          "lock": null,
          "log_index": 6,
          "offer": null,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1"
        },
        {
          "account": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
          "at": "2026-01-05T08:00:00Z",
          "block": 9,
          "commitment": null,
          "contract": "Staking",
          "deal": null,
          "fields": {
            "account": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
            "amount_flt": "3.25",
            "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
            "recipient": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
            "token": "0xf1f1f1F1f1f1F1F1f1F1f1F1F1F1F1f1F1f1f1F1"
          },
          "kind": "RewardClaimed",
          "lock": null,
          "log_index": 7,
          "offer": null,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1"
        }
      ],
      "next": null,
      "total": 2
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn an_average_is_told_as_a_price(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/events?kind=PriceObserved").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": null,
          "at": "2026-01-05T08:00:00Z",
          "block": 9,
          "commitment": null,
          "contract": "PriceGuard",
          "deal": null,
          "fields": {
            "day_before_ema_usd": "0.5",
            "day_ema_usd": "0.5",
            "ema24h_usd": "0.5",
            "ema30m_usd": "0.5",
            "fresh_until": "2026-01-05T11:00:00Z",
            "is_spread": false,
            "median_usd": "0.5",
            "stale_seconds": 0
          },
          "kind": "PriceObserved",
          "lock": null,
          "log_index": 0,
          "offer": null,
          "provider": null
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn events_are_filtered(db: PgPool) {
    let server = Server::start(&db).await;
    for (filter, total) in [("deal=1", 14), ("lock=1", 4), ("block_min=9&block_max=9", 8), ("kind=Staked", 6)] {
        assert_eq!(server.json(&format!("/v1/events?{filter}")).await["total"], total, "{filter}");
    }
    server.stop().await;
}
