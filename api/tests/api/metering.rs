//! What is paid by usage: slots, servings, payments, gateways, and authors of what ran.

use insta::assert_snapshot;
use serde_json::Value;
use sqlx::PgPool;

use crate::server::Server;
use crate::succession::{each, only};

const ANN: &str = "0x8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a8a";
const CAROL: &str = "0xc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1";

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn a_metered_deal_says_what_it_was_used_for(db: PgPool) {
    let server = Server::start(&db).await;
    let deal = server.json("/v1/deals/3").await;
    let fields = ["payment_mode", "royalty_usd", "escrow_usd", "accrued_usd", "credited_usd", "usage"];
    assert_snapshot!(only(&deal, &fields), @r#"
    payment_mode: "metered"
    royalty_usd: "0.06"
    escrow_usd: "83"
    accrued_usd: "0"
    credited_usd: "15"
    usage: {"invocations":1300000,"redeemed_usd":"17","vouchers":3}
    "#);
    assert_snapshot!(each(&deal["modules"], &["module", "author", "royalty_usd", "earned_usd"]), @r#"
    module: "0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"
    author: "0x8A8A8a8A8a8A8a8a8a8a8A8A8a8a8A8A8a8a8A8A"
    royalty_usd: "0.04"
    earned_usd: "0.4"

    module: "0xd2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2"
    author: "0x8A8A8a8A8a8A8a8a8a8a8A8A8a8a8A8A8a8a8A8A"
    royalty_usd: "0.02"
    earned_usd: "0.2"
    "#);
    assert_snapshot!(only(&deal["request"], &["proof_kind", "verification_key"]), @r#"
    proof_kind: "groth16"
    verification_key: "0x0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c"
    "#);
    let reserved = server.json("/v1/deals/1").await;
    assert_eq!((&reserved["usage"], &reserved["modules"]), (&Value::Null, &Value::Array(Vec::new())));
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn a_metered_slot_owes_what_was_redeemed(db: PgPool) {
    let server = Server::start(&db).await;
    let fields =
        ["slot", "is_metered", "serving", "price_usd", "accrued_usd", "creditable_usd", "credited_usd", "escrow_usd"];
    let slots = server.json("/v1/deals/3/slots").await;
    assert_snapshot!(each(&slots, &fields), @r#"
    slot: 0
    is_metered: true
    serving: 2
    price_usd: "1.06"
    accrued_usd: "0"
    creditable_usd: "0"
    credited_usd: "0"
    escrow_usd: "83"
    "#);
    let usage = ["vouchers", "invocations", "signed_usd", "used_until", "usage_root", "provider_usd", "royalty_usd"];
    assert_snapshot!(each(&slots, &usage), @r#"
    vouchers: 0
    invocations: 0
    signed_usd: "0"
    used_until: null
    usage_root: null
    provider_usd: "12.42"
    royalty_usd: "0.9"
    "#);
    let servings = server.json("/v1/deals/3/servings").await;
    let fields = [
        "serving",
        "is_metered",
        "end_reason",
        "owed_usd",
        "credited_usd",
        "held_back_usd",
        "vouchers",
        "invocations",
        "used_until",
        "usage_root",
        "redeemable_until",
    ];
    assert_snapshot!(each(&servings, &fields), @r#"
    serving: 1
    is_metered: true
    end_reason: "failure"
    owed_usd: "17"
    credited_usd: "15"
    held_back_usd: "2"
    vouchers: 3
    invocations: 1300000
    used_until: "2026-01-05T08:30:00Z"
    usage_root: "0x1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c"
    redeemable_until: "2026-01-06T08:30:00Z"

    serving: 2
    is_metered: true
    end_reason: null
    owed_usd: "0"
    credited_usd: "0"
    held_back_usd: "0"
    vouchers: 0
    invocations: 0
    used_until: null
    usage_root: null
    redeemable_until: null
    "#);
    assert_eq!(server.json("/v1/deals/1/slots").await["items"][0]["is_metered"], false);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn a_redemption_is_a_payment_with_its_voucher(db: PgPool) {
    let server = Server::start(&db).await;
    let payments = server.json("/v1/deals/3/payments?sort=block").await;
    let fields = ["kind", "slot", "amount_usd", "fee_usd", "royalty_usd", "stakers_usd", "provider_usd", "voucher"];
    assert_snapshot!(each(&payments, &fields), @r#"
    kind: "funded"
    slot: null
    amount_usd: "100"
    fee_usd: null
    royalty_usd: null
    stakers_usd: null
    provider_usd: null
    voucher: null

    kind: "redeemed"
    slot: 0
    amount_usd: "10"
    fee_usd: null
    royalty_usd: null
    stakers_usd: null
    provider_usd: null
    voucher: {"from":"2026-01-01T08:00:00Z","gateway":"0x9b9B9b9B9b9B9b9B9B9B9b9b9b9B9B9B9b9b9B9B","invocations":900000,"serving":1,"signed_usd":"12","until":"2026-01-04T00:00:00Z","usage_root":"0x1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a"}

    kind: "credited"
    slot: 0
    amount_usd: "10"
    fee_usd: "0.2"
    royalty_usd: "0.6"
    stakers_usd: "0.92"
    provider_usd: "8.28"
    voucher: null

    kind: "redeemed"
    slot: 0
    amount_usd: "5"
    fee_usd: null
    royalty_usd: null
    stakers_usd: null
    provider_usd: null
    voucher: {"from":"2026-01-04T00:00:00Z","gateway":"0x9A9A9A9a9A9A9A9a9A9a9a9A9A9a9A9a9A9A9a9a","invocations":1200000,"serving":1,"signed_usd":"15","until":"2026-01-05T07:00:00Z","usage_root":"0x1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b"}

    kind: "credited"
    slot: 0
    amount_usd: "5"
    fee_usd: "0.1"
    royalty_usd: "0.3"
    stakers_usd: "0.46"
    provider_usd: "4.14"
    voucher: null

    kind: "redeemed"
    slot: 0
    amount_usd: "2"
    fee_usd: null
    royalty_usd: null
    stakers_usd: null
    provider_usd: null
    voucher: {"from":"2026-01-05T07:00:00Z","gateway":"0x9A9A9A9a9A9A9A9a9A9a9a9A9A9a9A9a9A9A9a9a","invocations":1300000,"serving":1,"signed_usd":"17","until":"2026-01-05T08:30:00Z","usage_root":"0x1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c"}
    "#);
    assert_eq!(server.json("/v1/deals/3/payments?kind=redeemed").await["total"], 3);
    assert_eq!(server.json("/v1/deals/3/payments?kind=credited").await["total"], 2);
    let credited = server.json("/v1/deals/1/payments?kind=credited").await;
    assert_eq!((&credited["total"], &credited["items"][0]["voucher"]), (&Value::from(1), &Value::Null));
    server.stop().await;
}

/// The old gateway was revoked, so its last day stands still.
#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn gateways_are_shown_with_what_they_may_still_sign(db: PgPool) {
    let server = Server::start(&db).await;
    let gateways = server.json(&format!("/v1/customers/{CAROL}/gateways")).await;
    let fields =
        ["gateway", "daily_cap_usd", "spent_usd", "allowance_usd", "set_at", "revoked_at", "vouchers", "redeemed_usd"];
    assert_snapshot!(each(&gateways, &fields), @r#"
    gateway: "0x9A9A9A9a9A9A9A9a9A9a9a9A9A9a9A9a9A9A9a9a"
    daily_cap_usd: "50"
    spent_usd: "7"
    allowance_usd: "43"
    set_at: "2026-01-01T05:00:00Z"
    revoked_at: null
    vouchers: 2
    redeemed_usd: "7"

    gateway: "0x9b9B9b9B9b9B9b9B9B9B9b9b9b9B9B9B9b9b9B9B"
    daily_cap_usd: "10"
    spent_usd: "10"
    allowance_usd: "0"
    set_at: "2026-01-01T05:00:00Z"
    revoked_at: "2026-01-05T08:00:00Z"
    vouchers: 1
    redeemed_usd: "10"
    "#);
    let path = format!("/v1/customers/{CAROL}/gateways");
    for (filter, total) in [("is_revoked=true", 1), ("is_revoked=false", 1), ("limit=1", 2)] {
        assert_eq!(server.json(&format!("{path}?{filter}")).await["total"], total, "{filter}");
    }
    assert_eq!(server.json(&format!("/v1/customers/{ANN}/gateways")).await["total"], 0);
    assert_eq!(server.get("/v1/customers/carol/gateways").await.status(), 400);
    server.stop().await;
}

/// A royalty that was to rise again is still the one before.
#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn authors_see_what_their_modules_earned(db: PgPool) {
    let server = Server::start(&db).await;
    let modules = server.json("/v1/modules?sort=-earned").await;
    let fields = [
        "module",
        "author",
        "uri",
        "published_at",
        "royalty_usd",
        "next_royalty_usd",
        "effective_at",
        "deals",
        "earned_usd",
        "due_usd",
    ];
    assert_snapshot!(each(&modules, &fields), @r#"
    module: "0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"
    author: "0x8A8A8a8A8a8A8a8a8a8a8A8A8a8a8A8A8a8a8A8A"
    uri: "ipfs://hash"
    published_at: "2026-01-01T02:00:00Z"
    royalty_usd: "0.045"
    next_royalty_usd: "0.099"
    effective_at: "2026-01-05T09:02:00Z"
    deals: 1
    earned_usd: "0.4"
    due_usd: "0.2"

    module: "0xd2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2"
    author: "0x8A8A8a8A8a8A8a8a8a8a8A8A8a8a8A8A8a8a8A8A"
    uri: "ipfs://resize"
    published_at: "2026-01-01T03:00:00Z"
    royalty_usd: "0.02"
    next_royalty_usd: null
    effective_at: null
    deals: 1
    earned_usd: "0.2"
    due_usd: "0.1"

    module: "0xd3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3"
    author: "0x8b8b8b8b8B8B8b8B8B8b8b8b8b8B8B8B8B8b8B8b"
    uri: "ipfs://sieve"
    published_at: "2026-01-01T04:00:00Z"
    royalty_usd: "0"
    next_royalty_usd: null
    effective_at: null
    deals: 0
    earned_usd: "0"
    due_usd: "0"
    "#);
    for (filter, total) in [(format!("author={ANN}"), 2), ("deal=3".to_owned(), 2), ("deal=1".to_owned(), 0)] {
        assert_eq!(server.json(&format!("/v1/modules?{filter}")).await["total"], total, "{filter}");
    }
    let first = server.json("/v1/modules?sort=published&limit=1").await;
    let next = first["next"].as_str().expect("three modules").to_owned();
    let second = server.json(&format!("/v1/modules?sort=published&limit=1&cursor={next}")).await;
    assert_eq!(
        (&first["items"][0]["uri"], &second["items"][0]["uri"]),
        (&"ipfs://hash".into(), &"ipfs://resize".into())
    );
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn the_network_counts_what_was_metered_and_proved(db: PgPool) {
    let server = Server::start(&db).await;
    let network = server.json("/v1/network").await;
    let fields =
        ["invocations", "vouchers", "redeemed_usd", "modules", "royalty_usd", "royalties_usd", "jobs", "attestations"];
    assert_snapshot!(only(&network, &fields), @r#"
    invocations: 1300000
    vouchers: 3
    redeemed_usd: "17"
    modules: 3
    royalty_usd: "0.9"
    royalties_usd: "0.6"
    jobs: 4
    attestations: 2
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn events_of_vouchers_and_samples_have_their_units(db: PgPool) {
    let server = Server::start(&db).await;
    let vouchers = server.json("/v1/deals/3/events?kind=VoucherRedeemed&limit=1").await;
    assert_snapshot!(vouchers["items"][0]["fields"], @r#"{"amount_usd":"2","deal":3,"from":"2026-01-05T07:00:00Z","gateway":"0x9A9A9A9a9A9A9A9a9A9a9a9A9A9a9A9a9A9A9a9a","invocations":"1300000","serving":1,"signed_usd":"17","slot":0,"until":"2026-01-05T08:30:00Z","usage_root":"0x1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c"}"#);
    let sealed = server.json("/v1/deals/3/events?kind=OutputsSealed&limit=1").await;
    assert_snapshot!(sealed["items"][0]["fields"], @r#"{"bond_usd":"1","executor":"0x6363636363636363636363636363636363636363","job":3,"seal":"0x7272727272727272727272727272727272727272727272727272727272727272"}"#);
    let asked = server.json("/v1/deals/3/events?kind=JobAsked&limit=1").await;
    assert_snapshot!(asked["items"][0]["fields"], @r#"{"deal":3,"input_root":"0x2424242424242424242424242424242424242424242424242424242424242424","job":4,"key":"0x0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c","kind":3,"not_before":"2026-01-05T08:00:00Z","provider":"0xa2A2a2A2A2A2A2a2a2a2a2A2A2A2A2a2A2A2a2a2","seed":"0x3434343434343434343434343434343434343434343434343434343434343434","serving":1,"slot":0,"transaction_hash":"0x4444444444444444444444444444444444444444444444444444444444444444"}"#);
    server.stop().await;
}
