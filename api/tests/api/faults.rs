//! What was measured of providers, what failures cost, and who says so.

use insta::assert_snapshot;
use serde_json::Value;
use sqlx::PgPool;

use crate::server::Server;
use crate::succession::{each, only};

const PAULA: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const PETRA: &str = "0xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2";

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn availability_is_what_was_measured(db: PgPool) {
    let server = Server::start(&db).await;
    let petra = server.json(&format!("/v1/providers/{PETRA}/availability")).await;
    let fields = ["unavailability", "availability", "served_seconds", "down_seconds", "is_down", "down_since"];
    assert_snapshot!(only(&petra, &fields), @r#"
    unavailability: "0.045988588565352943"
    availability: "0.954011411434647057"
    served_seconds: "140566"
    down_seconds: "4233"
    is_down: true
    down_since: "2026-01-05T07:50:00Z"
    "#);
    let fields = ["target", "slots_needed", "regions_needed", "availability"];
    assert_snapshot!(each(&petra["targets"], &fields), @r#"
    target: "0.95"
    slots_needed: 1
    regions_needed: 1
    availability: "0.954011411434647057"

    target: "0.99"
    slots_needed: 2
    regions_needed: 1
    availability: "0.997885049721766688"

    target: "0.999"
    slots_needed: 3
    regions_needed: 2
    availability: "0.999902736421818149"

    target: "0.9999"
    slots_needed: 3
    regions_needed: 2
    availability: "0.999902736421818149"
    "#);
    let fields = ["deal", "slot", "serving", "is_customer", "since", "status", "ended_at", "down_seconds", "is_served"];
    assert_snapshot!(each(&petra["incidents"], &fields), @r#"
    deal: 3
    slot: 0
    serving: 1
    is_customer: false
    since: "2026-01-05T07:50:00Z"
    status: "failed"
    ended_at: "2026-01-05T09:00:00Z"
    down_seconds: 4200
    is_served: true
    "#);
    let paula = server.json(&format!("/v1/providers/{PAULA}/availability")).await;
    assert_eq!((&paula["unavailability"], &paula["is_down"]), (&Value::from("0.05"), &Value::from(false)));
    assert_eq!(server.get("/v1/providers/0x00000000000000000000000000000000000000aa/availability").await.status(), 404);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn providers_are_listed_with_their_availability(db: PgPool) {
    let server = Server::start(&db).await;
    let providers = server.json("/v1/providers?sort=registered").await;
    let fields = ["name", "availability_percent", "is_down", "slots_serving", "standbys_serving"];
    assert_snapshot!(each(&providers, &fields), @r#"
    name: "paula"
    availability_percent: "95"
    is_down: false
    slots_serving: 1
    standbys_serving: 1

    name: "petra"
    availability_percent: "95.4011"
    is_down: true
    slots_serving: 0
    standbys_serving: 0

    name: "pavel"
    availability_percent: "95"
    is_down: false
    slots_serving: 1
    standbys_serving: 0
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn faults_lead_to_slashes(db: PgPool) {
    let server = Server::start(&db).await;
    let faults = server.json("/v1/faults").await;
    let fields = ["fault", "kind", "status", "deal", "slot", "serving", "provider", "lock", "amount_flt", "is_due"];
    assert_snapshot!(each(&faults, &fields), @r#"
    fault: 2
    kind: "abandonment"
    status: "executed"
    deal: 3
    slot: 0
    serving: 1
    provider: "0xa2A2a2A2A2A2A2a2a2a2a2A2A2A2A2a2A2A2a2a2"
    lock: 21
    amount_flt: "150"
    is_due: false

    fault: 1
    kind: "downtime"
    status: "proposed"
    deal: 3
    slot: 0
    serving: 1
    provider: "0xa2A2a2A2A2A2A2a2a2a2a2A2A2A2A2a2A2A2a2a2"
    lock: 21
    amount_flt: "3"
    is_due: false
    "#);
    let fields = ["appeal_until", "appellant", "bond_flt", "decide_until", "is_guilty", "decided_by", "slashed_flt"];
    assert_snapshot!(each(&faults, &fields), @r#"
    appeal_until: "2026-01-06T21:00:00Z"
    appellant: "0xa2A2a2A2A2A2A2a2a2a2a2A2A2A2A2a2A2A2a2a2"
    bond_flt: "1000"
    decide_until: "2026-01-06T21:00:00Z"
    is_guilty: true
    decided_by: "panel"
    slashed_flt: "150"

    appeal_until: "2026-01-06T21:00:00Z"
    appellant: null
    bond_flt: null
    decide_until: null
    is_guilty: null
    decided_by: null
    slashed_flt: null
    "#);
    for (filter, total) in [("status=proposed", 1), ("status=executed", 1), ("is_due=true", 0), ("deal=1", 0)] {
        assert_eq!(server.json(&format!("/v1/faults?{filter}")).await["total"], total, "{filter}");
    }
    assert_eq!(server.get("/v1/faults?status=lost").await.status(), 400);
    let events = server.json("/v1/deals/3/events?kind=FaultExecuted").await;
    assert_eq!((&events["total"], &events["items"][0]["fields"]["fault"]), (&Value::from(1), &Value::from(2)));
    let slashes = server.json(&format!("/v1/slashes?provider={PETRA}")).await;
    assert_snapshot!(only(&slashes["items"][0], &["lock", "deal", "slot", "fault", "amount_flt"]), @r#"
    lock: 21
    deal: 3
    slot: 0
    fault: 2
    amount_flt: "150"
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn probers_are_shown_with_their_seats_and_words(db: PgPool) {
    let server = Server::start(&db).await;
    let probers = server.json("/v1/probers?sort=stake").await;
    let fields = ["address", "region", "seats", "stake_flt", "slashed_flt", "until_day", "is_drawn", "credit_usd"];
    assert_snapshot!(each(&probers, &fields), @r#"
    address: "0x6363636363636363636363636363636363636363"
    region: 2
    seats: 1
    stake_flt: "1000"
    slashed_flt: "1000"
    until_day: null
    is_drawn: true
    credit_usd: "0.05"

    address: "0x6262626262626262626262626262626262626262"
    region: 2
    seats: 0
    stake_flt: "2000"
    slashed_flt: "0"
    until_day: 20459
    is_drawn: true
    credit_usd: "0.05"

    address: "0x6161616161616161616161616161616161616161"
    region: 1
    seats: 3
    stake_flt: "3000"
    slashed_flt: "0"
    until_day: null
    is_drawn: true
    credit_usd: "0"
    "#);
    let prober = server.json("/v1/probers/0x6161616161616161616161616161616161616161").await;
    let fields = ["endpoint", "from_day", "statements", "paid_usd", "credit_usd", "latest"];
    assert_snapshot!(only(&prober, &fields), @r#"
    endpoint: "https://one.example"
    from_day: 20455
    statements: 1
    paid_usd: "0.05"
    credit_usd: "0"
    latest: [{"at":"2026-01-05T07:50:00Z","block":9,"deal":3,"is_up":false,"slot":0}]
    "#);
    assert_eq!(server.json("/v1/probers?is_drawn=true&region=2").await["total"], 2);
    assert_eq!(server.get(&format!("/v1/probers/{PAULA}")).await.status(), 404);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession"))]
async fn the_network_counts_failures_and_tells_their_rules(db: PgPool) {
    let server = Server::start(&db).await;
    let network = server.json("/v1/network").await;
    let fields = [
        "slots_serving",
        "standbys_serving",
        "slots_seeking",
        "failovers",
        "failovers_served",
        "downtime_seconds",
        "providers_down",
        "probers",
        "faults_open",
        "faults_executed",
    ];
    assert_snapshot!(only(&network, &fields), @r#"
    slots_serving: 2
    standbys_serving: 1
    slots_seeking: 0
    failovers: 1
    failovers_served: 1
    downtime_seconds: 4200
    providers_down: 1
    probers: 3
    faults_open: 1
    faults_executed: 1
    "#);
    let parameters = server.json("/v1/parameters").await;
    let fields = [
        "proposal_bond_flt",
        "grace_seconds",
        "statement_age_seconds",
        "appeal_bond_flt",
        "reporter_bps",
        "probers_drawn",
        "probers_quorum",
        "panel_drawn",
        "panel_quorum",
        "probers_eligible_min",
        "seat_stake_flt",
        "statement_pay_usd",
        "statement_pot_usd",
    ];
    assert_snapshot!(only(&parameters, &fields), @r#"
    proposal_bond_flt: "10"
    grace_seconds: 600
    statement_age_seconds: 900
    appeal_bond_flt: "1000"
    reporter_bps: 500
    probers_drawn: 5
    probers_quorum: 4
    panel_drawn: 9
    panel_quorum: 6
    probers_eligible_min: 9
    seat_stake_flt: "1000"
    statement_pay_usd: "0.05"
    statement_pot_usd: "9.85"
    "#);
    server.stop().await;
}
