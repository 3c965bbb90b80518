//! What a delegator's stake answers for.

use insta::assert_snapshot;
use sqlx::PgPool;

use crate::server::Server;

const PAULA: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const PETRA: &str = "0xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2";
const DORA: &str = "0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1";
const DAN: &str = "0xd2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2";

/// Lock, share and greatest loss.
async fn parts(server: &Server, account: &str) -> Vec<String> {
    let page = server.json(&format!("/v1/delegators/{account}/exposure?sort=ends")).await;
    let items = page["items"].as_array().expect("items");
    assert_eq!(page["total"].as_u64(), u64::try_from(items.len()).ok());
    let word = |value: &serde_json::Value| value.to_string().replace('"', "");
    let part = |item: &serde_json::Value| {
        format!(
            "{} {}: {} of {}, at most {}",
            word(&item["purpose"]),
            word(&item["lock"]),
            word(&item["share_flt"]),
            word(&item["amount_flt"]),
            word(&item["loss_max_flt"])
        )
    };
    items.iter().map(part).collect()
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn stake_on_its_way_out_answers_until_it_matures(db: PgPool) {
    let server = Server::start(&db).await;
    // Paula has 1,999,000 of her own; Dora 5,000,000 and Dan 3,000,000, a third of it thawing, stand behind her.
    assert_eq!(parts(&server, PAULA).await, ["slot 1: 1199320.032003200320032003 of 5999000, at most 1999000"]);
    assert_eq!(parts(&server, DORA).await, ["slot 1: 2999799.979997999799979997 of 5999000, at most 2500000"]);
    assert_eq!(parts(&server, DAN).await, ["slot 1: 1799879.987998799879987998 of 5999000, at most 1500000"]);
    assert_snapshot!(server.shown(&format!("/v1/delegators/{DAN}/exposure")).await, @r#"
    200 OK
    {
      "items": [
        {
          "amount_flt": "5999000",
          "answering_flt": "3000000",
          "commitment": null,
          "deal": 1,
          "ends_at": "2026-01-20T08:00:00Z",
          "granted_at": "2026-01-01T07:00:00Z",
          "is_own": false,
          "lock": 1,
          "loss_max_flt": "1500000",
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "purpose": "slot",
          "share_flt": "1799879.987998799879987998",
          "slot": 0
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    // A month later the exit has matured, although nobody crystallised it.
    let later = "
        update block set timestamp = '2026-01-20' where number = 10;
        update cursor set timestamp = '2026-01-20', seq = 11;
        update ticket set day = 20460;
        update bucket set day = 20460;
    ";
    sqlx::raw_sql(later).execute(&db).await.expect("time passes");
    assert_eq!(
        parts(&server, DAN).await,
        ["slot 1: 1333259.251027891987998666 of 5999000, at most 1142857.142857142857142857"]
    );
    assert_eq!(
        parts(&server, DORA).await,
        ["slot 1: 3333148.127569729969996666 of 5999000, at most 2857142.857142857142857142"]
    );
    // A lock that is past its end can not be slashed.
    sqlx::raw_sql("update cursor set timestamp = '2026-01-21', seq = 12").execute(&db).await.expect("time passes");
    assert_eq!(parts(&server, DORA).await, Vec::<String>::new());
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession", "capacity"))]
async fn each_lock_says_what_it_secures(db: PgPool) {
    let server = Server::start(&db).await;
    assert_eq!(
        parts(&server, PAULA).await,
        [
            "commitment 11: 799.679967996799679967 of 4000, at most 4000",
            "commitment 13: 159.935993599359935993 of 800, at most 800",
            "attester 14: 99.959995999599959995 of 500, at most 500",
            "slot 1: 1199320.032003200320032003 of 5999000, at most 1999000",
            "standby 23: 17.992799279927992799 of 90, at most 90",
        ]
    );
    assert_eq!(
        parts(&server, PETRA).await,
        [
            "commitment 12: 1279.987200127998720012 of 1280, at most 1280",
            "slot 21: 349.996500034999650003 of 350, at most 350"
        ]
    );
    assert_eq!(server.get("/v1/delegators/0x0000000000000000000000000000000000000001/exposure").await.status(), 404);
    server.stop().await;
}
