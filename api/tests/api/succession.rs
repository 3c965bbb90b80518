//! Standbys, servings and proposals.

use insta::assert_snapshot;
use serde_json::Value;
use sqlx::PgPool;

use crate::server::Server;

/// The items of a list or a page, each with these fields.
pub(crate) fn each(items: &Value, fields: &[&str]) -> String {
    let items = items.get("items").unwrap_or(items).as_array().expect("a list");
    items.iter().map(|item| only(item, fields)).collect::<Vec<_>>().join("\n\n")
}

/// The fields of a value, so that a test shows what it is about.
pub(crate) fn only(value: &Value, fields: &[&str]) -> String {
    let picked = fields.iter().map(|field| format!("{field}: {}", value[field]));
    picked.collect::<Vec<_>>().join("\n")
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn a_deal_counts_its_slots_and_its_standbys_apart(db: PgPool) {
    let server = Server::start(&db).await;
    let deal = server.json("/v1/deals/3").await;
    let fields = [
        "status",
        "slots",
        "slots_serving",
        "slots_seeking",
        "standbys",
        "standbys_serving",
        "locked_flt",
        "reserved_flt",
        "reserve_bps",
        "value_at_stake_usd",
        "target_availability",
        "tip_usd",
        "tip_to",
        "resolver",
        "escrow_usd",
        "accrued_usd",
        "credited_usd",
        "started_at",
        "measured",
    ];
    assert_snapshot!(only(&deal, &fields), @r#"
    status: "serving"
    slots: 1
    slots_serving: 1
    slots_seeking: 0
    standbys: 2
    standbys_serving: 1
    locked_flt: "500"
    reserved_flt: "90"
    reserve_bps: 2000
    value_at_stake_usd: "1400"
    target_availability: "0.94"
    tip_usd: "5"
    tip_to: "0x5a5A5a5a5A5a5a5a5a5A5a5A5A5a5a5A5A5A5A5A"
    resolver: null
    escrow_usd: "9584.608612"
    accrued_usd: "8.0025"
    credited_usd: "106.249999"
    started_at: "2026-01-01T08:00:00Z"
    measured: {"availability":"0.95","regions":1,"sites":1,"unavailability":"0.05"}
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn a_deal_tells_why_its_offers_were_chosen(db: PgPool) {
    let server = Server::start(&db).await;
    let deal = server.json("/v1/deals/3").await;
    let fields = ["round", "status", "rank", "price_usd", "proposer", "bond_flt", "activator", "window_end"];
    assert_snapshot!(each(&deal["proposals"], &fields), @r#"
    round: 3
    status: "invalid"
    rank: null
    price_usd: "90"
    proposer: "0x5B5B5b5B5b5B5B5b5B5B5b5b5B5B5B5b5B5B5b5b"
    bond_flt: "10"
    activator: null
    window_end: "2026-01-01T07:01:00Z"

    round: 2
    status: "activated"
    rank: null
    price_usd: "104"
    proposer: "0x5a5A5a5a5A5a5a5a5a5A5a5A5A5a5a5A5A5A5A5A"
    bond_flt: null
    activator: "0x5c5c5C5c5C5C5C5c5c5C5c5c5C5C5c5C5C5C5c5C"
    window_end: "2026-01-01T07:01:00Z"

    round: 1
    status: "dropped"
    rank: null
    price_usd: "110"
    proposer: "0x5a5A5a5a5A5a5a5a5a5A5a5A5A5a5a5A5A5A5A5A"
    bond_flt: null
    activator: null
    window_end: "2026-01-01T07:01:00Z"
    "#);
    assert_snapshot!(each(&deal["proposals"][1]["places"], &["slot", "offer", "provider"]), @r#"
    slot: 0
    offer: 2
    provider: "0xa2A2a2A2A2A2A2a2a2a2a2A2A2A2A2a2A2A2a2a2"

    slot: 16
    offer: 3
    provider: "0xA3A3A3a3a3A3a3A3a3A3A3A3A3a3a3A3A3A3A3A3"

    slot: 17
    offer: 1
    provider: "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1"
    "#);
    assert_snapshot!(deal["barred"].to_string(), @r#"[{"offer":3,"reason":5}]"#);
    assert_snapshot!(only(&deal["request"], &["proposed_price_usd", "activated_at", "window_end"]), @r#"
    proposed_price_usd: "104"
    activated_at: "2026-01-01T07:00:00Z"
    window_end: null
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn a_promoted_standby_serves_the_slot_and_leaves_its_place_empty(db: PgPool) {
    let server = Server::start(&db).await;
    let slots = server.json("/v1/deals/3/slots").await;
    let fields = ["slot", "is_standby", "status", "serving", "provider", "offer", "price_usd", "locked_flt", "health"];
    assert_snapshot!(each(&slots, &fields), @r#"
    slot: 0
    is_standby: false
    status: "serving"
    serving: 2
    provider: "0xA3A3A3a3a3A3a3A3a3A3A3A3A3a3a3A3A3A3A3A3"
    offer: 3
    price_usd: "1"
    locked_flt: "500"
    health: "0.1785"

    slot: 16
    is_standby: true
    status: "empty"
    serving: 1
    provider: null
    offer: null
    price_usd: "0"
    locked_flt: "0"
    health: null

    slot: 17
    is_standby: true
    status: "serving"
    serving: 1
    provider: "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1"
    offer: 1
    price_usd: "0.0198"
    locked_flt: "90"
    health: null
    "#);
    let fields = ["slot", "started_at", "term_end", "accrued_usd", "creditable_usd", "credited_usd", "escrow_usd"];
    assert_snapshot!(each(&slots, &fields), @r#"
    slot: 0
    started_at: "2026-01-05T09:00:00Z"
    term_end: "2026-01-19T09:00:00Z"
    accrued_usd: "0"
    creditable_usd: "0"
    credited_usd: "0"
    escrow_usd: "9200.694445"

    slot: 16
    started_at: null
    term_end: null
    accrued_usd: "8.083333"
    creditable_usd: "6"
    credited_usd: "2.083333"
    escrow_usd: "191.916667"

    slot: 17
    started_at: "2026-01-01T08:00:00Z"
    term_end: "2026-01-15T08:00:00Z"
    accrued_usd: "8.0025"
    creditable_usd: "2.0625"
    credited_usd: "0"
    escrow_usd: "191.9975"
    "#);
    let fields = ["flagged_at", "is_flagged_by_customer", "down_since", "grace_end"];
    assert_snapshot!(only(&slots["items"][0], &fields), @r#"
    flagged_at: "2026-01-05T09:00:00Z"
    is_flagged_by_customer: true
    down_since: null
    grace_end: "2026-01-05T09:10:00Z"
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn a_time_line_shows_who_served(db: PgPool) {
    let server = Server::start(&db).await;
    let servings = server.json("/v1/deals/3/servings").await;
    let fields = ["slot", "serving", "provider", "ready_at", "ended_at", "end_reason", "is_current", "promoted_from"];
    assert_snapshot!(each(&servings, &fields), @r#"
    slot: 0
    serving: 1
    provider: "0xa2A2a2A2A2A2A2a2a2a2a2A2A2A2A2a2A2A2a2a2"
    ready_at: "2026-01-01T08:00:00Z"
    ended_at: "2026-01-05T07:50:00Z"
    end_reason: "failure"
    is_current: false
    promoted_from: null

    slot: 0
    serving: 2
    provider: "0xA3A3A3a3a3A3a3A3a3A3A3A3A3a3a3A3A3A3A3A3"
    ready_at: "2026-01-05T09:00:00Z"
    ended_at: null
    end_reason: null
    is_current: true
    promoted_from: 16

    slot: 16
    serving: 1
    provider: "0xA3A3A3a3a3A3a3A3a3A3A3A3A3a3a3A3A3A3A3A3"
    ready_at: "2026-01-01T08:00:00Z"
    ended_at: "2026-01-05T09:00:00Z"
    end_reason: "promoted"
    is_current: false
    promoted_from: null

    slot: 17
    serving: 1
    provider: "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1"
    ready_at: "2026-01-01T08:00:00Z"
    ended_at: null
    end_reason: null
    is_current: true
    promoted_from: null
    "#);
    assert_eq!(server.json("/v1/deals/3/servings?slot=0").await["total"], 2);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn a_time_line_shows_what_is_held_back(db: PgPool) {
    let server = Server::start(&db).await;
    let servings = server.json("/v1/deals/3/servings").await;
    let fields = ["slot", "price_usd", "owed_usd", "credited_usd", "held_back_usd", "releasable_at", "down_seconds"];
    assert_snapshot!(each(&servings, &fields), @r#"
    slot: 0
    price_usd: "1"
    owed_usd: "399.305555"
    credited_usd: "104.166666"
    held_back_usd: "295.138889"
    releasable_at: "2026-01-08T07:50:00Z"
    down_seconds: 4200

    slot: 0
    price_usd: "1"
    owed_usd: "0"
    credited_usd: "0"
    held_back_usd: "0"
    releasable_at: null
    down_seconds: 0

    slot: 16
    price_usd: "0.02"
    owed_usd: "8.083333"
    credited_usd: "2.083333"
    held_back_usd: "0"
    releasable_at: null
    down_seconds: 0

    slot: 17
    price_usd: "0.0198"
    owed_usd: "8.0025"
    credited_usd: "0"
    held_back_usd: "0"
    releasable_at: null
    down_seconds: 0
    "#);
    let walked = server.json("/v1/deals/3/servings?sort=-slot&limit=1").await;
    assert_eq!(walked["items"][0]["slot"], 17);
    let next = walked["next"].as_str().expect("there are more");
    let walked = server.json(&format!("/v1/deals/3/servings?sort=-slot&limit=9&cursor={next}")).await;
    assert_eq!(walked["items"].as_array().map(Vec::len), Some(3));
    server.stop().await;
}
