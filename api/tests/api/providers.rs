//! Providers and the lists below them.

use insta::assert_snapshot;
use sqlx::PgPool;

use crate::server::Server;

const PAULA: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_provider_shows_its_stake_and_what_it_can_take(db: PgPool) {
    let credit = r"insert into credit select provider, 12500000, 9 from provider where name = 'paula'";
    sqlx::query(credit).execute(&db).await.expect("a credit goes in");
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown(&format!("/v1/providers/{PAULA}")).await, @r#"
    200 OK
    {
      "address": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
      "apr_bps": 0,
      "availability_percent": "95",
      "credit_usd": "12.5",
      "delegated_flt": "7000000",
      "delegation_cap_flt": "20000000",
      "delegators": 2,
      "drip_days": 7,
      "endpoint": "https://paula.example",
      "first_loss_bps": 1000,
      "free_flt": "3000000",
      "is_down": false,
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
      "stakers_credit_usd": "1164.24",
      "standbys_serving": 0,
      "thawing_flt": "1000000"
    }
    "#);
    let able = server.json("/v1/providers?largest_job_min_usd=160000").await;
    assert_eq!(able["total"], 3);
    let able = server.json("/v1/providers?largest_job_min_usd=200000").await;
    assert_eq!((able["total"].as_i64(), able["items"][0]["name"].as_str()), (Some(1), Some("paula")));
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn delegators_are_listed_by_what_they_hold(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown(&format!("/v1/providers/{PAULA}/delegators")).await, @r#"
    200 OK
    {
      "items": [
        {
          "account": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
          "apr_bps": 0,
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
          "apr_bps": 0,
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
          "apr_bps": 0,
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
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_slash_shows_its_waterfall_and_payouts(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown(&format!("/v1/providers/{PAULA}/slashes")).await, @r#"
    200 OK
    {
      "items": [
        {
          "amount_flt": "1000",
          "at": "2026-01-05T09:00:00Z",
          "block": 10,
          "commitment": null,
          "customer": "0xC1C1c1c1C1C1C1c1c1C1C1C1c1C1C1C1c1C1c1c1",
          "customer_flt": "800",
          "deal": 1,
          "fault": null,
          "from_delegated_flt": "0",
          "from_orphan_flt": "0",
          "from_own_flt": "1000",
          "lock": 1,
          "lock_left_flt": "5999000",
          "log_index": 0,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "quarantine": 1,
          "quarantine_status": "open",
          "release_at": "2026-01-12T09:00:00Z",
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
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn the_lists_of_a_provider_are_its_own(db: PgPool) {
    let server = Server::start(&db).await;
    assert_eq!(server.json(&format!("/v1/providers/{PAULA}/deals")).await["items"][0]["deal"], 1);
    assert_eq!(server.json(&format!("/v1/providers/{PAULA}/offers")).await["items"][0]["offer"], 1);
    server.stop().await;
}
