//! The network as a whole: totals, parameters, prices.

use insta::assert_snapshot;
use sqlx::PgPool;

use crate::server::Server;

/// Counted in a test of their own.
const FAILURES: &[&str] = &[
    "downtime_seconds",
    "failovers",
    "failovers_served",
    "faults_executed",
    "faults_open",
    "probers",
    "providers_down",
    "slots_seeking",
    "standbys_serving",
];
/// Counted in a test of their own.
const METERING: &[&str] =
    &["attestations", "invocations", "jobs", "modules", "redeemed_usd", "royalties_usd", "vouchers"];
/// Told in a test of their own, as attesters are.
const RULES: &[&str] = &[
    "appeal_bond_flt",
    "attesters",
    "grace_seconds",
    "panel_drawn",
    "panel_quorum",
    "probers_drawn",
    "probers_eligible_min",
    "probers_quorum",
    "proposal_bond_flt",
    "reporter_bps",
    "seat_stake_flt",
    "statement_age_seconds",
    "statement_pay_usd",
    "statement_pot_usd",
];

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn the_network_is_summed_up(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown_but("/v1/network", &[FAILURES, METERING].concat()).await, @r#"
    200 OK
    {
      "block": 10,
      "block_at": "2026-01-05T09:00:00Z",
      "capacity_units": 0,
      "capacity_units_cpu": 0,
      "capacity_units_gpu": 0,
      "chain_id": 31337,
      "commitments_live": 0,
      "convictions": 0,
      "credited_units": "0",
      "customers": 1,
      "deals": 2,
      "deals_serving": 1,
      "delegated_flt": "7000010",
      "delegators": 2,
      "epoch": 20458,
      "escrow_usd": "950680",
      "fee_burn": {
        "burned_flt": "0",
        "cost_flt": "0",
        "lot_usd": "0",
        "sold_usd": "0",
        "started_at": null,
        "treasury_credit_usd": "0"
      },
      "fee_usd": "237.6",
      "finalized_block": 4,
      "is_window_open": false,
      "largest_lock_flt": "5999000",
      "locked_flt": "5999000",
      "offers": 3,
      "own_flt": "3999000",
      "price": {
        "ema24h_usd": "0.5",
        "ema30m_usd": "0.5",
        "fresh_until": "2026-01-05T11:00:00Z",
        "high_usd": "0.5",
        "is_stale": false,
        "low_usd": "0.5",
        "median_usd": "0.5",
        "observed_at": "2026-01-05T08:00:00Z"
      },
      "provider_usd": "10478.16",
      "providers": 3,
      "refunded_usd": "0",
      "revenue_usd": "11880",
      "reward_funds_flt": "0",
      "rewards_flt": "0",
      "rewards_pending_flt": "0",
      "royalty_usd": "0",
      "seq": 10,
      "slashed_flt": "1000",
      "slots_serving": 1,
      "staked_flt": "10999010",
      "stakers_usd": "1164.24",
      "thawing_flt": "1000000",
      "units_in_use": 12000,
      "units_offered": 20000,
      "value_at_stake_usd": "1000000",
      "window": 491001
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn parameters_are_what_governance_set(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown_but("/v1/parameters", RULES).await, @r#"
    200 OK
    {
      "attester_security_flt": null,
      "attester_security_per_unit_flt": null,
      "bonus_bps": null,
      "burn_bps": null,
      "chain_id": 31337,
      "classes": [],
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
      "fee_treasury": null,
      "first_block": 1,
      "flt_decimals": 18,
      "guardian": "0x9191919191919191919191919191919191919191",
      "kappa_bps": null,
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
      "pledges_paused_until": null,
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
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn prices_are_told_as_observed(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/prices").await, @r#"
    200 OK
    {
      "items": [
        {
          "block": 9,
          "ema24h_usd": "0.5",
          "ema30m_usd": "0.5",
          "fresh_until": "2026-01-05T11:00:00Z",
          "high_usd": "0.5",
          "is_spread": false,
          "log_index": 0,
          "low_usd": "0.5",
          "median_usd": "0.5",
          "observed_at": "2026-01-05T08:00:00Z"
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_server_with_fresh_tables_is_ready(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown_but("/readyz", &["schema_version", "schema_version_needed"]).await, @r#"
    200 OK
    {
      "block": 10,
      "block_at": "2026-01-05T09:00:00Z",
      "is_ready": true,
      "reason": null,
      "seq": 10,
      "unfinalized_blocks": 6
    }
    "#);
    server.stop().await;
}
