//! Jobs of deals, and the bundles that third parties check against the chain alone.

use insta::assert_snapshot;
use serde_json::Value;
use sqlx::PgPool;

use crate::server::Server;
use crate::succession::{each, only};

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn jobs_of_a_deal_are_listed_with_what_was_shown(db: PgPool) {
    let server = Server::start(&db).await;
    let proofs = server.json("/v1/deals/3/proofs").await;
    let fields =
        ["job", "slot", "serving", "kind", "status", "not_before", "not_after", "asked_block", "attested_block"];
    assert_snapshot!(each(&proofs, &fields), @r#"
    job: 4
    slot: 0
    serving: 1
    kind: "groth16"
    status: "asked"
    not_before: "2026-01-05T08:00:00Z"
    not_after: null
    asked_block: 9
    attested_block: null

    job: 3
    slot: 0
    serving: 1
    kind: "sampled"
    status: "disputed"
    not_before: "2026-01-01T08:00:00Z"
    not_after: "2026-01-05T09:00:00Z"
    asked_block: 8
    attested_block: 10

    job: 2
    slot: 0
    serving: 1
    kind: "receipts"
    status: "agreed"
    not_before: "2026-01-01T08:00:00Z"
    not_after: "2026-01-05T08:00:00Z"
    asked_block: 8
    attested_block: 9

    job: 1
    slot: 0
    serving: 1
    kind: "groth16"
    status: "proven"
    not_before: "2026-01-01T08:00:00Z"
    not_after: "2026-01-05T08:00:00Z"
    asked_block: 8
    attested_block: 9
    "#);
    let sampled = server.json("/v1/deals/3/proofs?kind=sampled").await;
    assert_snapshot!(sampled["items"][0]["sample"], @r#"{"agreed":0,"chunks":1000,"committed_at":"2026-01-01T08:00:00Z","drawn_at":"2026-01-05T08:00:00Z","executors":3,"fault":77,"finished_at":"2026-01-05T09:00:00Z","output_root":"0x5353535353535353535353535353535353535353535353535353535353535353","paid_usd":"3","plants_copied":0,"plants_found":2,"revealed":2,"sealed":3,"stage":"finished"}"#);
    for (filter, total) in [("status=proven", 1), ("status=asked", 1), ("slot=1", 0), ("kind=receipts", 1)] {
        assert_eq!(server.json(&format!("/v1/deals/3/proofs?{filter}")).await["total"], total, "{filter}");
    }
    assert_eq!(server.get("/v1/deals/3/proofs?kind=zk").await.status(), 400);
    assert_eq!(server.get("/v1/deals/9/proofs").await.status(), 404);
    assert_eq!(server.json("/v1/deals/1/proofs").await["total"], 0);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn an_attestation_is_a_bundle_that_names_its_check(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/attestations/1").await, @r#"
    200 OK
    {
      "asked": {
        "block": 8,
        "block_hash": "0x7c0021d44fca8786cb4dbfa05adfa546e18545fc04480995f920cc758728825e",
        "log_index": 2002,
        "transaction_hash": "0x4141414141414141414141414141414141414141414141414141414141414141"
      },
      "attested": {
        "block": 9,
        "block_hash": "0x23636f2018d304a7312c73665ff177dadf60d704741dfafa4def0e044c4ec9ee",
        "log_index": 2010,
        "transaction_hash": "0x6161616161616161616161616161616161616161616161616161616161616161"
      },
      "chain_id": 31337,
      "check": {
        "answer": "0xa496c99623630cb905f15c3964ca08893f98d0e563b33f616cbfb3fd06ba8215",
        "argument": 1,
        "call": "hashOf(uint64)",
        "contract": "0xb3B3b3B3b3b3B3b3B3b3B3b3B3B3B3B3b3b3B3B3"
      },
      "contracts": {
        "deals": "0xF7F7f7f7F7f7f7F7F7f7f7f7f7f7f7F7f7F7F7F7",
        "proofs": "0xb3B3b3B3b3b3B3b3B3b3B3b3B3B3B3B3b3b3B3B3",
        "verifier": "0xb4b4B4B4b4b4B4B4b4b4B4B4b4b4b4b4B4B4B4B4"
      },
      "hash": "0xa496c99623630cb905f15c3964ca08893f98d0e563b33f616cbfb3fd06ba8215",
      "id": 1,
      "job": {
        "deal": 3,
        "input_root": "0x2121212121212121212121212121212121212121212121212121212121212121",
        "key": "0x0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        "kind": 3,
        "not_after": 1767600000,
        "not_before": 1767254400,
        "output_root": "0x5151515151515151515151515151515151515151515151515151515151515151",
        "provider": "0xa2A2a2A2A2A2A2a2a2a2a2A2A2A2A2a2A2A2a2a2",
        "seed": "0x3131313131313131313131313131313131313131313131313131313131313131",
        "serving": 1,
        "slot": 0,
        "verdict": 1
      },
      "kind": "groth16",
      "not_after": "2026-01-05T08:00:00Z",
      "not_before": "2026-01-01T08:00:00Z",
      "statement": "0x38dc9059a231ac32c40e62590b30bea05f2bec7af6fba0aad5ede3098538f5b7",
      "verdict": "proven",
      "version": 1
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn a_job_that_nobody_proved_has_a_bundle_without_a_statement(db: PgPool) {
    let server = Server::start(&db).await;
    let bundle = server.json("/v1/attestations/4").await;
    let fields = ["verdict", "not_after", "statement", "attested", "hash"];
    assert_snapshot!(only(&bundle, &fields), @r#"
    verdict: "none"
    not_after: null
    statement: null
    attested: null
    hash: "0xea0360406be7675edaa2f37bc57d956e2f1b96b2531b85029d4bc63fb6127597"
    "#);
    assert_eq!(bundle["check"]["answer"], bundle["hash"]);
    assert_eq!(bundle["job"]["output_root"], Value::from(format!("0x{}", "00".repeat(32))));
    for (path, status) in [("/v1/attestations/99", 404), ("/v1/attestations/x", 400)] {
        assert_eq!(server.get(path).await.status(), status, "{path}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "metering"))]
async fn a_wrong_result_is_a_fault_of_its_own_kind(db: PgPool) {
    let server = Server::start(&db).await;
    let faults = server.json("/v1/faults?deal=3").await;
    assert_snapshot!(each(&faults, &["fault", "kind", "status", "amount_flt"]), @r#"
    fault: 77
    kind: "wrong"
    status: "proposed"
    amount_flt: "600"
    "#);
    server.stop().await;
}
