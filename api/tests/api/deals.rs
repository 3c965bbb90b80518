//! Deals, slots, payments and their events.

use insta::assert_snapshot;
use sqlx::PgPool;

use crate::server::Server;

const CAROL: &str = "0xc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1";
const DAN: &str = "0xd2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2";

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_deal_shows_its_terms_and_what_secures_it(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown_but("/v1/deals/1", &["barred", "measured", "modules", "proposals", "tip_to", "usage"]).await, @r#"
    200 OK
    {
      "accrued_usd": "48015",
      "application": "bafyjob",
      "class": "cpu",
      "coverage": "3",
      "credited_usd": "11880",
      "customer": "0xC1C1c1c1C1C1C1c1c1C1C1C1c1C1C1C1c1C1c1c1",
      "deal": 1,
      "due_at": "2026-03-26T08:00:00Z",
      "duration_days": 84,
      "escrow_usd": "949905",
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
        "expires_at": "2026-01-21T00:00:00Z",
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
        "resolver": null,
        "verification_key": null,
        "window_end": null
      },
      "reserve_bps": 0,
      "reserved_flt": "0",
      "resolver": null,
      "royalty_usd": "0",
      "slots": 1,
      "slots_ended": 0,
      "slots_seeking": 0,
      "slots_serving": 1,
      "standbys": 0,
      "standbys_serving": 0,
      "started_at": "2026-01-01T08:00:00Z",
      "status": "serving",
      "stop_ends_at": null,
      "stopped_at": null,
      "target_availability": null,
      "term_days": 14,
      "tip_usd": "0",
      "units": 12000,
      "value_at_stake_usd": "1000000"
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn slots_show_health_and_accrual(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/deals/1/slots").await, @r#"
    200 OK
    {
      "items": [
        {
          "accrued_usd": "48015",
          "assigned_at": "2026-01-01T07:00:00Z",
          "called_at": null,
          "creditable_usd": "495",
          "credited_usd": "11880",
          "cure_until": null,
          "deal": 1,
          "down_since": null,
          "end_reason": null,
          "ends_at": "2026-01-15T08:00:00Z",
          "escrow_usd": "949905",
          "fee_usd": "237.6",
          "flagged_at": null,
          "grace_end": null,
          "health": "2.9995",
          "health_maintained": "2",
          "health_minimum": "1.25",
          "invocations": 0,
          "is_final": false,
          "is_flagged_by_customer": null,
          "is_metered": false,
          "is_price_stale": false,
          "is_standby": false,
          "lock": 1,
          "lock_ends_at": "2026-01-20T08:00:00Z",
          "locked_flt": "5999000",
          "offer": 1,
          "price_usd": "0.99",
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_usd": "10478.16",
          "royalty_usd": "0",
          "seeking_until": null,
          "serving": 1,
          "signed_usd": "0",
          "slot": 0,
          "stakers_usd": "1164.24",
          "started_at": "2026-01-01T08:00:00Z",
          "status": "serving",
          "term_end": "2026-01-15T08:00:00Z",
          "usage_root": null,
          "used_until": null,
          "value_at_stake_usd": "1000000",
          "vouchers": 0
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn payments_are_split_to_the_last_unit(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/deals/1/payments").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "amount_usd": "11880",
          "at": "2026-01-05T08:00:00Z",
          "block": 9,
          "fee_usd": "237.6",
          "kind": "credited",
          "log_index": 5,
          "provider_usd": "10478.16",
          "royalty_usd": "0",
          "slot": 0,
          "stakers_usd": "1164.24",
          "voucher": null
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
          "stakers_usd": null,
          "voucher": null
        }
      ],
      "next": null,
      "total": 2
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_deal_has_a_feed_of_its_own(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/deals/1/events?limit=2").await, @r#"
    200 OK
    {
      "items": [
        {
          "account": null,
          "at": "2026-01-05T08:00:00Z",
          "block": 9,
          "commitment": null,
          "contract": "Deals",
          "deal": 1,
          "fields": {
            "deal": 1,
            "fee_usd": "237.6",
            "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
            "royalty_usd": "0",
            "slot": 0,
            "to_provider_usd": "10478.16",
            "to_stakers_usd": "1164.24"
          },
          "kind": "SlotCredited",
          "lock": null,
          "log_index": 5,
          "offer": null,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1"
        },
        {
          "account": null,
          "at": "2026-01-05T08:00:00Z",
          "block": 9,
          "commitment": null,
          "contract": "Deals",
          "deal": 1,
          "fields": {
            "credited_usd": "11880",
            "deal": 1,
            "escrow_usd": "950400",
            "owed_usd": "47520",
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
      "next": "N2NmODMxMDE5ZTMyZmY2YzhkMzUwNzMyZjZmZmM4OWU5fDQ",
      "total": 14
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn deals_are_filtered(db: PgPool) {
    let server = Server::start(&db).await;
    for (filter, total) in [("status=serving", 1), ("status=open", 1), ("status=ended", 0), ("is_called=true", 0)] {
        assert_eq!(server.json(&format!("/v1/deals?{filter}")).await["total"], total, "{filter}");
    }
    assert_eq!(server.json(&format!("/v1/customers/{CAROL}/deals")).await["total"], 2);
    assert_eq!(server.json(&format!("/v1/customers/{DAN}/deals")).await["total"], 0);
    server.stop().await;
}
