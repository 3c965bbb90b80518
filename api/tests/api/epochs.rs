//! What capacity earns, for whom, and where a pool went.

use insta::assert_snapshot;
use serde_json::Value;
use sqlx::PgPool;

use crate::server::Server;

const PAULA: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const DORA: &str = "0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1";

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a value")
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn epochs_say_where_their_pool_went(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/epochs?class=cpu").await, @r#"
    200 OK
    {
      "items": [
        {
          "bonus_units": "0.25",
          "class": "cpu",
          "commitments": 1,
          "commitments_credited": 1,
          "credited_units": "4.947368",
          "earned_flt": "1650",
          "ends_at": "2026-01-04T00:00:00Z",
          "epoch": 20456,
          "excused": "1",
          "filled": "360",
          "final_at": "2026-01-04T03:00:00Z",
          "forfeited_flt": "0",
          "is_final": true,
          "paid_flt": "0",
          "pool_flt": "1650",
          "rest_flt": "0",
          "starts_at": "2026-01-03T00:00:00Z",
          "swept_at": null,
          "swept_flt": "0",
          "target": "10000000000000000000000000000000000000000000000000000000000000000000000000000",
          "unearned_other_flt": "0",
          "unearned_overfilled_flt": "0",
          "unearned_poor_flt": "0",
          "wanted_flt": "1650",
          "windows_opened": 12
        },
        {
          "bonus_units": "0",
          "class": "cpu",
          "commitments": 2,
          "commitments_credited": 1,
          "credited_units": "10",
          "earned_flt": "1266.5",
          "ends_at": "2026-01-03T00:00:00Z",
          "epoch": 20455,
          "excused": "0",
          "filled": "1080",
          "final_at": "2026-01-03T03:00:00Z",
          "forfeited_flt": "0",
          "is_final": true,
          "paid_flt": "1266.5",
          "pool_flt": "1500",
          "rest_flt": "167",
          "starts_at": "2026-01-02T00:00:00Z",
          "swept_at": null,
          "swept_flt": "0",
          "target": "10000000000000000000000000000000000000000000000000000000000000000000000000000",
          "unearned_other_flt": "0",
          "unearned_overfilled_flt": "66.5",
          "unearned_poor_flt": "0",
          "wanted_flt": "1500",
          "windows_opened": 24
        }
      ],
      "next": null,
      "total": 2
    }
    "#);
    assert_eq!(server.json("/v1/epochs").await["total"], 3);
    assert_eq!(server.json("/v1/epochs?epoch=20455&class=gpu").await["items"][0]["windows_opened"], 24);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn a_provider_sees_what_it_earned(db: PgPool) {
    let server = Server::start(&db).await;
    let mut rewards = server.json(&format!("/v1/providers/{PAULA}/rewards")).await;
    assert_eq!(rewards["items"].as_array().map(Vec::len), Some(2));
    rewards["items"] = Value::Null;
    assert_snapshot!(pretty(&rewards), @r#"
    {
      "credit_flt": "886.55",
      "earned_flt": "2916.5",
      "fees_flt": "100",
      "forfeited_flt": "0",
      "items": null,
      "next": null,
      "pending_flt": "1650",
      "provider_flt": "886.55",
      "released_flt": "1266.5",
      "stakers_credit_flt": "0",
      "stakers_flt": "379.95",
      "total": 2,
      "unearned_flt": "66.5"
    }
    "#);
    let pending = server.json(&format!("/v1/providers/{PAULA}/rewards?sort=epoch&limit=1")).await;
    assert_eq!(pending["items"][0]["status"], "released");
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn a_delegator_sees_what_stake_earns_in_a_year(db: PgPool) {
    let server = Server::start(&db).await;
    let rewards = server.json(&format!("/v1/delegators/{DORA}/rewards")).await;
    assert_snapshot!(pretty(&rewards["positions"]), @r#"
    [
      {
        "apr_bps": 750,
        "flt_claimed": "3.25",
        "flt_owed": "42.85714285714285714",
        "is_own": false,
        "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
        "provider_name": "paula",
        "staked_flt": "5000000",
        "usd_claimed": "12.5",
        "usd_owed": "0"
      },
      {
        "apr_bps": 0,
        "flt_claimed": "0",
        "flt_owed": "0",
        "is_own": false,
        "provider": "0xa2A2a2A2A2A2A2a2a2a2a2A2A2A2A2a2A2A2a2a2",
        "provider_name": "petra",
        "staked_flt": "10",
        "usd_claimed": "0",
        "usd_owed": "0"
      }
    ]
    "#);
    let positions = server.json(&format!("/v1/delegators/{DORA}/positions")).await;
    assert_eq!(positions["items"][0]["apr_bps"], rewards["positions"][0]["apr_bps"]);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn the_network_sums_capacity_up(db: PgPool) {
    let server = Server::start(&db).await;
    let network = server.json("/v1/network").await;
    let fields = [
        "epoch",
        "window",
        "is_window_open",
        "commitments_live",
        "capacity_units",
        "capacity_units_cpu",
        "capacity_units_gpu",
        "credited_units",
        "convictions",
        "rewards_flt",
        "rewards_pending_flt",
        "reward_funds_flt",
        "fee_burn",
    ];
    let shown: Value = fields.iter().map(|field| ((*field).to_owned(), network[*field].clone())).collect();
    assert_snapshot!(pretty(&shown), @r#"
    {
      "capacity_units": 10,
      "capacity_units_cpu": 10,
      "capacity_units_gpu": 0,
      "commitments_live": 1,
      "convictions": 1,
      "credited_units": "14.947368",
      "epoch": 20458,
      "fee_burn": {
        "burned_flt": "209",
        "cost_flt": "190",
        "lot_usd": "100",
        "sold_usd": "110",
        "started_at": "2026-01-01T08:00:00Z",
        "treasury_credit_usd": "90"
      },
      "is_window_open": true,
      "reward_funds_flt": "996816.5",
      "rewards_flt": "1366.5",
      "rewards_pending_flt": "1650",
      "window": 491001
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn parameters_of_capacity_are_what_governance_set(db: PgPool) {
    let server = Server::start(&db).await;
    let parameters = server.json("/v1/parameters").await;
    let fields = [
        "classes",
        "attesters",
        "attester_security_flt",
        "attester_security_per_unit_flt",
        "bonus_bps",
        "kappa_bps",
        "burn_bps",
        "fee_treasury",
        "pledges_paused_until",
    ];
    let shown: Value = fields.iter().map(|field| ((*field).to_owned(), parameters[*field].clone())).collect();
    assert_snapshot!(pretty(&shown), @r#"
    {
      "attester_security_flt": "100",
      "attester_security_per_unit_flt": "10",
      "attesters": [
        {
          "attester": "0x9797979797979797979797979797979797979797",
          "budget": "50",
          "is_attester": true,
          "lock": 14,
          "secured_flt": "500",
          "secured_until": "2026-01-20T00:00:00Z",
          "spent": "0"
        }
      ],
      "bonus_bps": 2500,
      "burn_bps": 7000,
      "classes": [
        {
          "class": "cpu",
          "collateral_usd": "200",
          "pool_maximum_flt": "3000",
          "pool_minimum_flt": "10",
          "pool_next_flt": "1815",
          "pool_target_usd": "0.5",
          "reference_target": "10000000000000000000000000000000000000000000000000000000000000000000000000000",
          "target": "10000000000000000000000000000000000000000000000000000000000000000000000000000",
          "verifier": "0x6060606060606060606060606060606060606060",
          "verifier_version": 1
        },
        {
          "class": "gpu",
          "collateral_usd": "200",
          "pool_maximum_flt": "0",
          "pool_minimum_flt": "0",
          "pool_next_flt": "0",
          "pool_target_usd": "0",
          "reference_target": "1000000000000000000000000000000000000000000000000000000000000000000000000000",
          "target": "1000000000000000000000000000000000000000000000000000000000000000000000000000",
          "verifier": "0x6161616161616161616161616161616161616161",
          "verifier_version": 1
        }
      ],
      "fee_treasury": "0x7e7e7e7E7e7E7e7e7e7E7e7e7e7E7e7e7e7e7e7E",
      "kappa_bps": 5000,
      "pledges_paused_until": null
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn events_of_capacity_are_told_in_their_units(db: PgPool) {
    let server = Server::start(&db).await;
    for (filter, total) in [("commitment=1", 83), ("commitment=2", 26), ("kind=WindowOpened", 37)] {
        assert_eq!(server.json(&format!("/v1/events?{filter}")).await["total"], total, "{filter}");
    }
    let all = server.json("/v1/events?limit=1").await["total"].clone();
    assert_eq!(server.json("/v1/events?limit=1&block_min=0").await["total"], all);
    let mut shown = Vec::new();
    for kind in ["LeafDelivered", "FeesSold", "PoolAdjusted", "ClassAdded", "FeeRewarded"] {
        shown.push(server.json(&format!("/v1/events?kind={kind}&limit=1")).await["items"][0]["fields"].clone());
    }
    let claim = server.json("/v1/events?kind=WindowCommitted&commitment=2&limit=1").await;
    shown.push(claim["items"][0]["fields"].clone());
    assert_snapshot!(pretty(&Value::Array(shown)), @r#"
    [
      {
        "commitment": 1,
        "deposit_eth": "0.003",
        "position": 9,
        "window": 490921
      },
      {
        "amount_usd": "110",
        "buyer": "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB",
        "flt": "209",
        "lot_usd": "100",
        "recipient": "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB",
        "sold_usd": "110"
      },
      {
        "class": 0,
        "epoch": 20456,
        "next_flt": "1815",
        "price_usd": "0.5",
        "units": 10000000
      },
      {
        "class": 1,
        "collateral_usd": "200",
        "target": "1000000000000000000000000000000000000000000000000000000000000000000000000000",
        "verifier": "0x6161616161616161616161616161616161616161"
      },
      {
        "amount_flt": "100",
        "deal": 1,
        "fee_usd": "100",
        "price_usd": "0.5",
        "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
        "slot": 0
      },
      {
        "bitmap": "0x07070707",
        "commitment": 2,
        "filled": 12,
        "root": "0x0707070707070707070707070707070707070707070707070707070707070707",
        "window": 490929
      }
    ]
    "#);
    server.stop().await;
}

/// What the contracts' views answer, from the same facts.
#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn views_follow_the_contracts_arithmetic(db: PgPool) {
    let text = |query: &'static str| {
        let db = db.clone();
        async move { sqlx::query_scalar::<_, String>(query).fetch_one(&db).await.expect(query) }
    };
    // (960 + 120) * 10^7 / 912, and (360 * 10^7 / 912) + 1.25 * 10^6.
    let divisors = "select string_agg(divisor::text, ' ' order by epoch) from pool_epoch_now where class = 0";
    assert_eq!(text(divisors).await, "11842105 5197368");
    // Four puzzles of ten units in each of 24 windows; who was excused or not credited does not count.
    let fill = "select string_agg(concat_ws(' ', class, epoch, bin, units), ',') from fill";
    assert_eq!(text(fill).await, "0 20455 10 10");
    // 1,000,000 - 1,500 - 1,650 since the last pool was opened, + 66.5 unearned, - 100 for a fee.
    assert_eq!(text("select trim_scale(funds * 1e-18)::text from funds_now").await, "996816.5");
    // A hundred dollars, long after six hours, at 95 % of half a dollar.
    assert_eq!(text("select trim_scale(cost * 1e-18)::text from lot_now").await, "190");
    let fee = "select concat_ws(' ', deal, slot, amount, up_to, later) from slot_fee";
    assert_eq!(text(fee).await, "1 0 50000000 210000000 7000000");
    let verifiers = "select string_agg(concat_ws(' ', version, active_at is null, is_current), ',' order by version) from capacity_verifier where class = 0";
    assert_eq!(text(verifiers).await, "1 f t,2 t f");
    let audit = "select string_agg(concat_ws(' ', kind, commitment, is_overdue), ',' order by kind) from challenge_now";
    assert_eq!(text(audit).await, "audit 2 t,demand 2 t");
    // 500 FLT at ten a unit, and nothing once the lock ends within five days.
    let budgets = "select string_agg(concat_ws(' ', epoch, budget, spent), ',' order by epoch) from attester_budget";
    assert_eq!(text(budgets).await, "20456 50000000 1000000,20458 50000000 0");
    for (now, budget) in [("2026-01-15 00:00:00+00", "50000000"), ("2026-01-15 00:00:01+00", "0")] {
        sqlx::query("update cursor set timestamp = $1::text::timestamptz")
            .bind(now)
            .execute(&db)
            .await
            .expect("a time");
        assert_eq!(text("select budget::text from attester_security").await, budget, "{now}");
    }
}
