//! Every route, on the story: status and body.

use insta::assert_snapshot;
use sqlx::PgPool;

use crate::server::Server;

const PAULA: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const CAROL: &str = "0xc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1";
const DORA: &str = "0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1";
const DAN: &str = "0xd2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2";

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn the_network(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/network").await, @r#"
    200 OK
    {
      "block": 10,
      "block_at": "2026-01-01T10:00:00Z",
      "chain_id": 31337,
      "customers": 1,
      "deals": 2,
      "deals_serving": 1,
      "delegated_flt": "7000010",
      "delegators": 2,
      "escrow_usd": "997200",
      "fee_usd": "20",
      "finalized_block": 4,
      "largest_lock_flt": "5999000",
      "locked_flt": "5999000",
      "offers": 3,
      "own_flt": "3999000",
      "price": {
        "ema24h_usd": "0.5",
        "ema30m_usd": "0.5",
        "fresh_until": "2026-01-01T12:00:00Z",
        "high_usd": "0.5",
        "is_stale": false,
        "low_usd": "0.5",
        "median_usd": "0.5",
        "observed_at": "2026-01-01T09:00:00Z"
      },
      "provider_usd": "882",
      "providers": 3,
      "refunded_usd": "0",
      "revenue_usd": "1000",
      "royalty_usd": "0",
      "seq": 10,
      "slashed_flt": "1000",
      "slots_serving": 1,
      "staked_flt": "10999010",
      "stakers_usd": "98",
      "thawing_flt": "1000000",
      "units_in_use": 12000,
      "units_offered": 20000,
      "value_at_stake_usd": "1000000"
    }
    "#);
    assert_snapshot!(server.shown("/v1/parameters").await, @r#"
    200 OK
    {
      "chain_id": 31337,
      "contracts": {
        "Attributes": "0xf5F5F5f5f5F5f5f5f5F5f5F5F5F5F5F5f5f5F5f5",
        "Deals": "0xF7F7f7f7F7f7f7F7F7f7f7f7f7f7f7F7f7F7F7F7",
        "Flt": "0xf1f1f1F1f1f1F1F1f1F1f1F1F1F1F1f1F1f1f1F1",
        "Matching": "0xf8F8F8f8f8F8f8F8f8F8f8F8F8f8F8F8F8f8F8F8",
        "Offers": "0xF6f6F6f6f6f6F6F6F6F6F6f6f6F6f6f6F6f6f6f6",
        "PriceGuard": "0xf4f4F4f4F4f4F4F4f4f4f4F4F4f4f4F4F4F4f4f4",
        "Stablecoin": "0xf2f2f2F2f2F2f2F2F2F2f2f2F2f2f2F2F2f2F2F2",
        "Staking": "0xF3F3f3F3F3F3F3f3f3F3F3F3f3f3f3F3f3F3f3F3"
      },
      "council": "0x9292929292929292929292929292929292929292",
      "fee_bps": 200,
      "first_block": 1,
      "flt_decimals": 18,
      "guardian": "0x9191919191919191919191919191919191919191",
      "modules": [
        {
          "active_at": "2026-01-01T01:00:00Z",
          "address": "0xF7F7f7f7F7f7f7F7F7f7f7f7f7f7f7F7f7F7F7F7",
          "module": 1,
          "removed_at": null,
          "roles": [
            "lock",
            "reward"
          ]
        },
        {
          "active_at": "2026-01-01T01:00:00Z",
          "address": "0xE1E1E1e1E1E1e1e1E1E1E1e1e1e1E1E1E1E1e1e1",
          "module": 2,
          "removed_at": null,
          "roles": [
            "slash"
          ]
        }
      ],
      "request_fee_usd": "0.1",
      "requests_paused_until": null,
      "sources": [
        {
          "aggregator": "0x5151515151515151515151515151515151515151",
          "heartbeat_seconds": 3600
        },
        {
          "aggregator": "0x5252525252525252525252525252525252525252",
          "heartbeat_seconds": 3600
        }
      ],
      "stablecoin_decimals": 6,
      "staking_paused_until": null,
      "treasury": "0x7e7e7e7E7e7E7e7e7e7E7e7e7e7E7e7e7e7e7e7E"
    }
    "#);
    assert_snapshot!(server.shown("/v1/prices").await, @r#"
    200 OK
    {
      "items": [
        {
          "block": 9,
          "ema24h_usd": "0.5",
          "ema30m_usd": "0.5",
          "fresh_until": "2026-01-01T12:00:00Z",
          "high_usd": "0.5",
          "is_spread": false,
          "log_index": 0,
          "low_usd": "0.5",
          "median_usd": "0.5",
          "observed_at": "2026-01-01T09:00:00Z"
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    assert_snapshot!(server.shown("/readyz").await, @r#"
    200 OK
    {
      "block": 10,
      "block_at": "2026-01-01T10:00:00Z",
      "is_ready": true,
      "reason": null,
      "schema_version": 18,
      "schema_version_needed": 18,
      "seq": 10,
      "unfinalized_blocks": 6
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn providers(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown(&format!("/v1/providers/{PAULA}")).await, @r#"
    200 OK
    {
      "address": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
      "delegated_flt": "7000000",
      "delegation_cap_flt": "20000000",
      "delegators": 2,
      "drip_days": 7,
      "endpoint": "https://paula.example",
      "first_loss_bps": 1000,
      "free_flt": "3000000",
      "largest_job_usd": "500000",
      "locked_flt": "5999000",
      "name": "paula",
      "next_drip_days": null,
      "next_first_loss_bps": null,
      "next_revenue_share_bps": null,
      "next_reward_share_bps": null,
      "next_terms_at": null,
      "operator": 1,
      "orphan_flt": "0",
      "own_flt": "1999000",
      "registered_at": "2026-01-01T02:00:00Z",
      "revenue_share_bps": 1000,
      "reward_share_bps": 3000,
      "slots_serving": 1,
      "staked_flt": "8999000",
      "thawing_flt": "1000000"
    }
    "#);
    let able = server.json("/v1/providers?largest_job_min_usd=160000").await;
    assert_eq!(able["total"], 3);
    let able = server.json("/v1/providers?largest_job_min_usd=200000").await;
    assert_eq!((able["total"].as_i64(), able["items"][0]["name"].as_str()), (Some(1), Some("paula")));
    assert_snapshot!(server.shown(&format!("/v1/providers/{PAULA}/delegators")).await, @r#"
    200 OK
    {
      "items": [
        {
          "account": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
          "flt_claimed": "3.25",
          "flt_owed": "0",
          "is_own": false,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "shares": "5000000000000000000000000",
          "staked_at": "2026-01-01T03:00:00Z",
          "staked_flt": "5000000",
          "usd_claimed": "12.5",
          "usd_owed": "0"
        },
        {
          "account": "0xd2D2D2D2d2d2d2d2D2d2d2d2D2d2D2d2D2d2D2d2",
          "flt_claimed": "0",
          "flt_owed": "0",
          "is_own": false,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "shares": "2000000000000000000000000",
          "staked_at": "2026-01-01T03:00:00Z",
          "staked_flt": "2000000",
          "usd_claimed": "0",
          "usd_owed": "0"
        },
        {
          "account": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "flt_claimed": "0",
          "flt_owed": "0",
          "is_own": true,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "shares": "2000000000000000000000000",
          "staked_at": "2026-01-01T03:00:00Z",
          "staked_flt": "1999000",
          "usd_claimed": "0",
          "usd_owed": "0"
        }
      ],
      "next": null,
      "total": 3
    }
    "#);
    assert_snapshot!(server.shown(&format!("/v1/providers/{PAULA}/slashes")).await, @r#"
    200 OK
    {
      "items": [
        {
          "amount_flt": "1000",
          "at": "2026-01-01T10:00:00Z",
          "block": 10,
          "customer": "0xC1C1c1c1C1C1C1c1c1C1C1C1c1C1C1C1c1C1c1c1",
          "customer_flt": "800",
          "deal": 1,
          "from_delegated_flt": "0",
          "from_orphan_flt": "0",
          "from_own_flt": "1000",
          "lock": 1,
          "lock_left_flt": "5999000",
          "log_index": 0,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "quarantine": 1,
          "quarantine_status": "open",
          "release_at": "2026-01-08T10:00:00Z",
          "reporter": null,
          "reporter_flt": "0",
          "slasher": "0xE1E1E1e1E1E1e1e1E1E1E1e1e1e1E1E1E1E1e1e1",
          "slot": 0
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    assert_eq!(server.json(&format!("/v1/providers/{PAULA}/deals")).await["items"][0]["deal"], 1);
    assert_eq!(server.json(&format!("/v1/providers/{PAULA}/offers")).await["items"][0]["offer"], 1);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn offers(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/offers?limit=1").await, @r#"
    200 OK
    {
      "items": [
        {
          "availability_bps": 9900,
          "class": "cpu",
          "coverage_max": "5",
          "created_at": "2026-01-01T05:00:00Z",
          "duration_max_days": 365,
          "is_for_listed_applications": true,
          "is_for_listed_customers": true,
          "is_live": true,
          "largest_job_usd": "500000",
          "next_at": null,
          "next_price_usd": null,
          "next_units": null,
          "notice_seconds": 86400,
          "offer": 1,
          "payment_modes": [
            "reserved"
          ],
          "price_usd": "0.99",
          "proof_kinds": [
            "none"
          ],
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "region": 1,
          "removed_at": null,
          "term_max_days": 14,
          "units": 12000,
          "units_free": 0,
          "units_in_use": 12000
        }
      ],
      "next": "NGVhMDgxZTBmZTQ5YmYwNjcxNmViYWIzMjU1YTk1ZDg5OTAwMDB8MQ",
      "total": 3
    }
    "#);
    for (filter, total) in [
        ("class=cpu", 3),
        ("class=gpu", 0),
        ("region=2", 2),
        ("price_max_usd=0.99", 1),
        ("units_free_min=1", 2),
        ("attribute=7", 1),
        ("attribute=7:2", 1),
        ("attribute=7:3", 0),
        ("region=2&price_max_usd=0.5", 0),
    ] {
        assert_eq!(server.json(&format!("/v1/offers?{filter}")).await["total"], total, "{filter}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn deals(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/deals/1").await, @r#"
    200 OK
    {
      "accrued_usd": "1000",
      "application": "bafyjob",
      "class": "cpu",
      "coverage": "3",
      "credited_usd": "1000",
      "customer": "0xC1C1c1c1C1C1C1c1c1C1C1C1c1C1C1C1c1C1c1c1",
      "deal": 1,
      "due_at": "2026-03-26T08:00:00Z",
      "duration_days": 84,
      "escrow_usd": "996920",
      "exposure": "whole",
      "fee_bps": 200,
      "funded_usd": "997920",
      "health": "2.9995",
      "is_called": false,
      "locked_flt": "5999000",
      "notice_seconds": 86400,
      "opened_at": "2026-01-01T06:00:00Z",
      "payment_mode": "reserved",
      "refunded_usd": "0",
      "request": {
        "activated_at": "2026-01-01T07:00:00Z",
        "criteria": [
          "7:2"
        ],
        "expires_at": "2026-01-03T00:00:00Z",
        "first_loss_min_bps": 500,
        "is_allowlist": false,
        "price_max_usd": "1",
        "proof_kind": "none",
        "proposed_price_usd": "11880",
        "providers": [
          "0xA3A3A3a3a3A3a3A3a3A3A3A3A3a3a3A3A3A3A3A3"
        ],
        "regions": [
          1,
          2
        ],
        "resolver": null
      },
      "royalty_usd": "0",
      "slots": 1,
      "slots_ended": 0,
      "slots_serving": 1,
      "started_at": "2026-01-01T08:00:00Z",
      "status": "serving",
      "stop_ends_at": null,
      "stopped_at": null,
      "term_days": 14,
      "units": 12000,
      "value_at_stake_usd": "1000000"
    }
    "#);
    assert_snapshot!(server.shown("/v1/deals/1/slots").await, @r#"
    200 OK
    {
      "items": [
        {
          "accrued_usd": "1000",
          "assigned_at": "2026-01-01T07:00:00Z",
          "called_at": null,
          "creditable_usd": "1000",
          "credited_usd": "1000",
          "cure_until": null,
          "deal": 1,
          "end_reason": null,
          "ends_at": "2026-01-15T08:00:00Z",
          "escrow_usd": "996920",
          "fee_usd": "20",
          "health": "2.9995",
          "health_maintained": "2",
          "health_minimum": "1.25",
          "is_final": false,
          "is_price_stale": false,
          "lock": 1,
          "lock_ends_at": "2026-01-20T08:00:00Z",
          "locked_flt": "5999000",
          "offer": 1,
          "price_usd": "0.99",
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_usd": "882",
          "royalty_usd": "0",
          "serving": 1,
          "slot": 0,
          "stakers_usd": "98",
          "started_at": "2026-01-01T08:00:00Z",
          "status": "serving",
          "term_end": "2026-01-15T08:00:00Z",
          "value_at_stake_usd": "1000000"
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    assert_snapshot!(server.shown("/v1/deals/1/payments").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "amount_usd": "1000",
          "at": "2026-01-01T09:00:00Z",
          "block": 9,
          "fee_usd": "20",
          "kind": "credited",
          "log_index": 5,
          "provider_usd": "882",
          "royalty_usd": "0",
          "slot": 0,
          "stakers_usd": "98"
        },
        {
          "account": "0xC1C1c1c1C1C1C1c1c1C1C1C1c1C1C1C1c1C1c1c1",
          "amount_usd": "997920",
          "at": "2026-01-01T06:00:00Z",
          "block": 6,
          "fee_usd": null,
          "kind": "funded",
          "log_index": 5,
          "provider_usd": null,
          "royalty_usd": null,
          "slot": null,
          "stakers_usd": null
        }
      ],
      "next": null,
      "total": 2
    }
    "#);
    assert_snapshot!(server.shown("/v1/deals/1/events?limit=2").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": null,
          "at": "2026-01-01T09:00:00Z",
          "block": 9,
          "contract": "Deals",
          "deal": 1,
          "fields": {
            "deal": 1,
            "fee_usd": "20",
            "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
            "royalty_usd": "0",
            "slot": 0,
            "to_provider_usd": "882",
            "to_stakers_usd": "98"
          },
          "kind": "SlotCredited",
          "lock": null,
          "log_index": 5,
          "offer": null,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1"
        },
        {
          "account": null,
          "at": "2026-01-01T09:00:00Z",
          "block": 9,
          "contract": "Deals",
          "deal": 1,
          "fields": {
            "credited_usd": "1000",
            "deal": 1,
            "escrow_usd": "996920",
            "owed_usd": "1000",
            "serving": 1,
            "slot": 0,
            "started_at": "2026-01-01T08:00:00Z"
          },
          "kind": "SlotSettled",
          "lock": null,
          "log_index": 4,
          "offer": null,
          "provider": null
        }
      ],
      "next": "MmVkNWRiOTk3ODdiZThjYjY5ZTdlOTc0YzM3M2I3NGU5fDQ",
      "total": 14
    }
    "#);
    for (filter, total) in [("status=serving", 1), ("status=open", 1), ("status=ended", 0), ("is_called=true", 0)] {
        assert_eq!(server.json(&format!("/v1/deals?{filter}")).await["total"], total, "{filter}");
    }
    assert_eq!(server.json(&format!("/v1/customers/{CAROL}/deals")).await["total"], 2);
    assert_eq!(server.json(&format!("/v1/customers/{DAN}/deals")).await["total"], 0);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn delegators(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown(&format!("/v1/delegators/{DORA}")).await, @r#"
    200 OK
    {
      "address": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
      "exiting_flt": "0",
      "flt_claimed": "3.25",
      "flt_owed": "0",
      "providers": 2,
      "staked_flt": "5000010",
      "usd_claimed": "12.5",
      "usd_owed": "0",
      "withdrawable_flt": "0"
    }
    "#);
    assert_snapshot!(server.shown(&format!("/v1/delegators/{DORA}/rewards")).await, @r#"
    200 OK
    {
      "items": [
        {
          "amount": "3.25",
          "at": "2026-01-01T09:00:00Z",
          "block": 9,
          "log_index": 7,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "recipient": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
          "token": "FLT"
        },
        {
          "amount": "12.5",
          "at": "2026-01-01T09:00:00Z",
          "block": 9,
          "log_index": 6,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "recipient": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
          "token": "USD"
        }
      ],
      "next": null,
      "total": 2
    }
    "#);
    assert_snapshot!(server.shown(&format!("/v1/delegators/{DAN}/positions")).await, @r#"
    200 OK
    {
      "items": [
        {
          "account": "0xd2D2D2D2d2d2d2d2D2d2d2d2D2d2D2d2D2d2D2d2",
          "flt_claimed": "0",
          "flt_owed": "0",
          "is_own": false,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "shares": "2000000000000000000000000",
          "staked_at": "2026-01-01T03:00:00Z",
          "staked_flt": "2000000",
          "usd_claimed": "0",
          "usd_owed": "0"
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    assert_snapshot!(server.shown(&format!("/v1/delegators/{DAN}/exits")).await, @r#"
    200 OK
    {
      "items": [
        {
          "amount_flt": "1000000",
          "day": 20478,
          "is_matured": false,
          "is_over": false,
          "is_own": false,
          "matures_at": "2026-01-25T00:00:00Z",
          "paid_flt": "0",
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "target": null
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn events(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/events?limit=2").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": null,
          "at": "2026-01-01T10:00:00Z",
          "block": 10,
          "contract": "Staking",
          "deal": null,
          "fields": {
            "amount_flt": "200",
            "day": 20454
          },
          "kind": "BurnQueued",
          "lock": null,
          "log_index": 3,
          "offer": null,
          "provider": null
        },
        {
          "account": "0xC1C1c1c1C1C1C1c1c1C1C1C1c1C1C1C1c1C1c1c1",
          "at": "2026-01-01T10:00:00Z",
          "block": 10,
          "contract": "Staking",
          "deal": null,
          "fields": {
            "customer": "0xC1C1c1c1C1C1C1c1c1C1C1C1c1C1C1C1c1C1c1c1",
            "customer_amount_flt": "800",
            "lock": 1,
            "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
            "quarantine": 1,
            "release_at": "2026-01-08T10:00:00Z",
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
      "next": "MzRmNzlkZTZlYjg2NGJhODhhY2M1NmM4YmQ4YzA0NDUxMHwy",
      "total": 67
    }
    "#);
    assert_snapshot!(server.shown("/v1/events?kind=RewardClaimed&sort=block").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
          "at": "2026-01-01T09:00:00Z",
          "block": 9,
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
          "at": "2026-01-01T09:00:00Z",
          "block": 9,
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
    assert_snapshot!(server.shown("/v1/events?kind=PriceObserved").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": null,
          "at": "2026-01-01T09:00:00Z",
          "block": 9,
          "contract": "PriceGuard",
          "deal": null,
          "fields": {
            "day_before_ema_usd": "0.5",
            "day_ema_usd": "0.5",
            "ema24h_usd": "0.5",
            "ema30m_usd": "0.5",
            "fresh_until": "2026-01-01T12:00:00Z",
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
    for (filter, total) in [("deal=1", 14), ("lock=1", 4), ("block_min=9&block_max=9", 8), ("kind=Staked", 6)] {
        assert_eq!(server.json(&format!("/v1/events?{filter}")).await["total"], total, "{filter}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn quotes(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/quote/stake?job_value_usd=1000000").await, @r#"
    200 OK
    {
      "coverage": "3",
      "first_loss_bps": 1000,
      "first_loss_reason": "a customer is compensated out of slashed own stake alone, at most 80 % of it: without a first loss a slash burns and compensates nobody",
      "formula": "lock = ceil(coverage * job_value_usd / price_low_usd); health = lock * high / job_value_usd; margin call below 2/3 of coverage, leaving below 5/12 of it",
      "is_price_stale": false,
      "job_value_usd": "1000000",
      "leave_below_usd": "0.20833334",
      "lock_days": 19,
      "lock_flt": "6000000",
      "margin_call_below_usd": "0.33333334",
      "own_min_flt": "600000",
      "price_low_usd": "0.5",
      "price_observed_at": "2026-01-01T09:00:00Z",
      "providers": 0,
      "term_days": 14
    }
    "#);
    assert_snapshot!(server.shown("/v1/quote/sla?availability=0.8&target=0.999").await, @r#"
    200 OK
    {
      "formula": "a set of independent sites is down when all are: availability = 1 - product of (1 - availability of each); it meets the target when that product is at most 1 - target. Sites of one operator or region do not count twice, standbys do not count. Measured: u = (down + 5 % of 7 days) / (served + down + 7 days)",
      "is_met": true,
      "regions_needed": 2,
      "sets": [
        {
          "availability": "0.8",
          "is_met": false,
          "slots": 1
        },
        {
          "availability": "0.96",
          "is_met": false,
          "slots": 2
        },
        {
          "availability": "0.992",
          "is_met": false,
          "slots": 3
        },
        {
          "availability": "0.9984",
          "is_met": false,
          "slots": 4
        },
        {
          "availability": "0.99968",
          "is_met": true,
          "slots": 5
        }
      ],
      "slots_needed": 5,
      "target": "0.999"
    }
    "#);
    assert_snapshot!(server.shown("/v1/projection/stake?volume_usd=1000000&months=1&term_days=7:1,14:3").await, @r#"
    200 OK
    {
      "coverage": "3",
      "formula": "volume(m) = volume_usd * (1 + growth)^m; stake_usd = coverage * volume(m) / 30 * mean term in days, since each dollar of a term's value is secured through that term; a lock that is not renewed answers for 5 days more, which stake_max_usd counts for all of them; stake_flt = stake_usd / price. Bands: price(m) = price * exp(z * volatility * sqrt(m / 12)), lognormal with today's price as its median, z the quantile of the percentile",
      "months": [
        {
          "bands": [
            {
              "percentile": 5,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            },
            {
              "percentile": 25,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            },
            {
              "percentile": 50,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            },
            {
              "percentile": 75,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            },
            {
              "percentile": 95,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            }
          ],
          "month": 0,
          "stake_flt": "2450000",
          "stake_max_usd": "1725000",
          "stake_usd": "1225000",
          "volume_usd": "1000000"
        }
      ],
      "price_usd": "0.5",
      "term_days": "12.25"
    }
    "#);
    server.stop().await;
}

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
