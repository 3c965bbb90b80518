//! Commitments: who pledged, what was proved, and who was found to pretend.

use insta::assert_snapshot;
use serde_json::Value;
use sqlx::PgPool;

use crate::server::Server;

const PAULA: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a value")
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn a_commitment_is_shown_with_what_it_earned(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown_but("/v1/commitments/1", &["epochs"]).await, @r#"
    200 OK
    {
      "answer_by": null,
      "bonus": "0.25",
      "challenges": [],
      "class": "cpu",
      "commitment": 1,
      "conviction": null,
      "credit": "14.947368",
      "due_at": "2026-01-05T12:00:00Z",
      "earned_flt": "2916.5",
      "end_epoch": 20469,
      "end_reason": null,
      "ends_at": "2026-01-16T00:00:00Z",
      "first_epoch": 20455,
      "forfeited_flt": "0",
      "is_due": false,
      "is_overdue": false,
      "lock": 11,
      "lock_ends_at": "2026-01-14T00:00:00Z",
      "locked_flt": "4000",
      "next_epoch": 20457,
      "open_audits": 0,
      "open_demands": 0,
      "pending_flt": "1650",
      "pledged_at": "2026-01-01T02:00:00Z",
      "poor_epochs": 0,
      "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
      "released_flt": "1266.5",
      "renewed_at": "2026-01-05T09:00:00Z",
      "starts_at": "2026-01-02T00:00:00Z",
      "status": "live",
      "unearned_flt": "66.5",
      "units": 10,
      "verifier": "0x6060606060606060606060606060606060606060",
      "verifier_version": 1
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn a_commitment_is_shown_with_its_epochs(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(pretty(&server.json("/v1/commitments/1").await["epochs"]), @r#"
    [
      {
        "audits": 0,
        "bonus": "0.25",
        "class": "cpu",
        "commitment": 1,
        "credit": "4.947368",
        "credited_at": "2026-01-05T09:00:00Z",
        "due_at": "2026-01-05T12:00:00Z",
        "earned_flt": "1650",
        "epoch": 20456,
        "excused": "1",
        "filled": 360,
        "reason": null,
        "released_at": null,
        "starts_at": "2026-01-03T00:00:00Z",
        "status": "pending",
        "unearned_flt": "0",
        "units": 10,
        "windows_committed": 12,
        "windows_drawn": 12,
        "windows_opened": 12
      },
      {
        "audits": 1,
        "bonus": "0",
        "class": "cpu",
        "commitment": 1,
        "credit": "10",
        "credited_at": "2026-01-05T08:00:00Z",
        "due_at": "2026-01-04T03:00:00Z",
        "earned_flt": "1266.5",
        "epoch": 20455,
        "excused": "0",
        "filled": 960,
        "reason": "overfilled",
        "released_at": "2026-01-05T09:00:00Z",
        "starts_at": "2026-01-02T00:00:00Z",
        "status": "released",
        "unearned_flt": "66.5",
        "units": 10,
        "windows_committed": 24,
        "windows_drawn": 24,
        "windows_opened": 24
      }
    ]
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn a_cheater_is_shown_with_what_it_cost(db: PgPool) {
    let server = Server::start(&db).await;
    let cheater = server.json("/v1/commitments/2").await;
    assert_eq!((&cheater["status"], &cheater["end_reason"]), (&"convicted".into(), &"convicted".into()));
    assert_eq!((&cheater["locked_flt"], &cheater["is_overdue"]), (&"1280".into(), &true.into()));
    let slashes = server.json("/v1/slashes?provider=0xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2").await;
    assert_eq!((&slashes["items"][0]["commitment"], &slashes["total"]), (&2.into(), &1.into()));
    assert_snapshot!(pretty(&cheater["conviction"]), @r#"
    {
      "at": "2026-01-05T09:00:00Z",
      "block": 10,
      "bounty_stake_flt": "64",
      "bounty_unpaid_flt": "0",
      "forfeited_flt": "0",
      "position": 7,
      "reason": "audit_unanswered",
      "reporter": "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB",
      "slashed_flt": "320",
      "window": 490923
    }
    "#);
    assert_snapshot!(pretty(&cheater["challenges"]), @r#"
    [
      {
        "deadline": "2026-01-03T00:00:00Z",
        "demander": null,
        "deposit_eth": null,
        "is_overdue": true,
        "kind": "audit",
        "position": null,
        "rank": 7,
        "window": 490923
      },
      {
        "deadline": "2026-01-03T06:00:00Z",
        "demander": "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB",
        "deposit_eth": "0.003",
        "is_overdue": true,
        "kind": "demand",
        "position": 9,
        "rank": null,
        "window": 490921
      }
    ]
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "capacity"))]
async fn commitments_are_filtered(db: PgPool) {
    let server = Server::start(&db).await;
    for (filter, found) in [
        ("", vec![3, 2, 1]),
        ("is_live=true", vec![1]),
        ("is_live=false", vec![3, 2]),
        ("is_convicted=true", vec![2]),
        ("is_convicted=false&sort=commitment", vec![1, 3]),
        ("is_overdue=true", vec![2]),
        ("class=gpu", vec![3]),
        ("sort=-units", vec![1, 2, 3]),
        ("sort=-earned&limit=1", vec![1]),
        ("provider=0xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2", vec![2]),
    ] {
        let page = server.json(&format!("/v1/commitments?{filter}")).await;
        let ids: Vec<i64> =
            page["items"].as_array().expect("items").iter().filter_map(|item| item["commitment"].as_i64()).collect();
        assert_eq!(ids, found, "{filter}");
    }
    let own = server.json(&format!("/v1/providers/{PAULA}/commitments")).await;
    assert_eq!(own["total"], 2);
    server.stop().await;
}
