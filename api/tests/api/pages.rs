//! Lists: walking pages gives the whole list, in every sort, and totals are true.

use std::collections::HashSet;

use serde_json::Value;
use sqlx::PgPool;

use crate::crowd::crowd;
use crate::server::Server;

/// Every list of the crowd, with its sorts. `{p}` is the first provider, `{d}` the second.
const LISTS: [(&str, &[&str], i64); 26] = [
    ("/v1/providers", &["-staked", "staked", "-free", "free", "-locked", "locked", "-registered", "registered"], 57),
    ("/v1/providers?first_loss_min_bps=100", &["-staked", "staked"], 38),
    ("/v1/offers", &["price", "-price", "-units_free", "units_free", "-offer", "offer"], 57),
    ("/v1/offers?region=1", &["price", "-price"], 19),
    (
        "/v1/deals",
        &["-deal", "deal", "-locked", "locked", "health", "-health", "-value_at_stake", "value_at_stake"],
        41,
    ),
    ("/v1/providers/{p}/delegators", &["-staked", "staked"], 57),
    ("/v1/delegators/{d}/positions", &["-staked", "staked"], 2),
    ("/v1/delegators/{d}/exits", &["-day", "day"], 20),
    ("/v1/delegators/{d}/rewards", &["-block", "block"], 57),
    ("/v1/deals/5/payments", &["-block", "block"], 57),
    ("/v1/slashes", &["-block", "block"], 57),
    ("/v1/prices", &["-block", "block"], 57),
    ("/v1/events", &["-block", "block"], 1443),
    ("/v1/events?block_min=0", &["-block", "block"], 1443),
    ("/v1/commitments", &["-commitment", "commitment", "-units", "units", "-earned", "earned"], 57),
    ("/v1/commitments?class=gpu&is_live=true", &["-commitment", "units"], 29),
    ("/v1/providers/{p}/commitments", &["-commitment", "earned"], 1),
    ("/v1/providers/{p}/rewards", &["-epoch", "epoch"], 41),
    ("/v1/deals/7/servings", &["slot", "-slot"], 17),
    ("/v1/probers", &["-stake", "stake", "-registered", "registered"], 57),
    ("/v1/probers?region=1", &["-stake", "registered"], 15),
    ("/v1/faults", &["-fault", "fault"], 57),
    ("/v1/faults?deal=2", &["-fault", "fault"], 12),
    ("/v1/epochs", &["-epoch", "epoch"], 102),
    ("/v1/network/history?interval=hour", &["-at", "at"], 30),
    ("/v1/delegators/{d}/exposure", &["-loss", "loss", "ends", "-ends"], 4),
];

async fn provider(db: &PgPool, n: i32) -> String {
    let address = "select '0x' || encode(substring(sha256($1::integer::text::bytea) for 20), 'hex')";
    sqlx::query_scalar(address).bind(n).fetch_one(db).await.expect("a hash")
}

/// Walks a list with pages of changing size. The total has to be the same on every page.
async fn walk(server: &Server, list: &str, limits: &[usize]) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    for limit in limits.iter().cycle() {
        let cursor_parameter = cursor.take().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = server.json(&format!("{list}&limit={limit}{cursor_parameter}")).await;
        let found = page["items"].as_array().expect("items").clone();
        assert!(found.len() <= *limit, "{list} answered more than asked");
        items.extend(found);
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => {
                assert_eq!(page["total"].as_u64(), u64::try_from(items.len()).ok(), "total of {list}");
                return items;
            }
        }
    }
    unreachable!("the limits cycle")
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn walking_pages_gives_the_whole_list_in_every_sort(db: PgPool) {
    crowd(&db).await;
    let server = Server::start(&db).await;
    let (first, second) = (provider(&db, 1).await, provider(&db, 2).await);
    for (list, sorts, total) in LISTS {
        let list = list.replace("{p}", &first).replace("{d}", &second);
        let separator = if list.contains('?') { '&' } else { '?' };
        for sort in sorts {
            let sorted = format!("{list}{separator}sort={sort}");
            let whole = walk(&server, &sorted, &[200]).await;
            assert_eq!(i64::try_from(whole.len()).expect("small"), total, "{sorted}");
            let different: HashSet<String> = whole.iter().map(Value::to_string).collect();
            assert_eq!(different.len(), whole.len(), "{sorted} repeats an item");
            assert_eq!(walk(&server, &sorted, &[1, 7, 2, 50, 3]).await, whole, "{sorted}");
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_sort_sorts_and_a_minus_turns_it_round(db: PgPool) {
    crowd(&db).await;
    let server = Server::start(&db).await;
    for (list, sort, field) in [
        ("/v1/providers", "staked", "staked_flt"),
        ("/v1/offers", "price", "price_usd"),
        ("/v1/deals", "locked", "locked_flt"),
        ("/v1/deals", "value_at_stake", "value_at_stake_usd"),
        ("/v1/deals", "deal", "deal"),
        ("/v1/slashes", "block", "block"),
    ] {
        // Only compared with each other, and small.
        let value = |item: &Value| item[field].to_string().trim_matches('"').parse::<f64>().expect("a number");
        let up: Vec<f64> = walk(&server, &format!("{list}?sort={sort}"), &[200]).await.iter().map(value).collect();
        let down: Vec<f64> = walk(&server, &format!("{list}?sort=-{sort}"), &[200]).await.iter().map(value).collect();
        assert!(up.is_sorted(), "{list} by {sort}: {up:?}");
        assert!(down.iter().rev().is_sorted(), "{list} by -{sort}: {down:?}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_cursor_of_another_list_sort_or_filter_is_refused(db: PgPool) {
    crowd(&db).await;
    let server = Server::start(&db).await;
    let page = server.json("/v1/offers?sort=price&limit=1").await;
    let cursor = page["next"].as_str().expect("more than one offer");
    assert_eq!(server.get(&format!("/v1/offers?sort=price&limit=2&cursor={cursor}")).await.status(), 200);
    let mut tampered = cursor.to_owned();
    tampered.replace_range(40..41, if cursor[40..].starts_with('A') { "B" } else { "A" });
    for refused in [
        format!("/v1/offers?sort=-price&cursor={cursor}"),
        format!("/v1/offers?sort=price&region=1&cursor={cursor}"),
        format!("/v1/deals?cursor={cursor}"),
        format!("/v1/offers?sort=price&cursor={tampered}"),
        "/v1/offers?cursor=nonsense".to_owned(),
    ] {
        let reply = server.get(&refused).await;
        assert_eq!(reply.status(), 409, "{refused}");
        let problem: Value = reply.json().await.expect("a problem document");
        assert_eq!(problem["type"], "urn:surety:problem:bad-cursor", "{refused}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_total_is_counted_again_when_the_tables_change(db: PgPool) {
    crowd(&db).await;
    let server = Server::start(&db).await;
    assert_eq!(server.json("/v1/slashes?limit=1").await["total"], 57);
    let statements = "
        insert into slashed select 30, 1, 1, provider, provider, 1, 0, 1, 0, 0, 0 from provider limit 1;
        update cursor set seq = 31;
    ";
    sqlx::raw_sql(statements).execute(&db).await.expect("a fact goes in");
    assert_eq!(server.json("/v1/slashes?limit=1").await["total"], 58);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn prices_are_those_of_a_span_of_time(db: PgPool) {
    crowd(&db).await;
    let server = Server::start(&db).await;
    let all = walk(&server, "/v1/prices?sort=block", &[200]).await;
    // Blocks are an hour apart, and 20 to 24 have prices.
    for (from, to, blocks) in [(22, 24, 22..24), (0, 21, 20..21), (24, 99, 24..25), (90, 99, 0..0), (23, 22, 0..0)] {
        let day = |hours: i32| format!("2026-01-{:02}T{:02}:00:00Z", 1 + hours / 24, hours % 24);
        let list = format!("/v1/prices?sort=block&from={}&to={}", day(from), day(to));
        let wanted = |price: &&Value| price["block"].as_i64().is_some_and(|block| blocks.contains(&block));
        let wanted: Vec<Value> = all.iter().filter(wanted).cloned().collect();
        assert_eq!(walk(&server, &list, &[7, 3]).await, wanted, "{list}");
    }
    server.stop().await;
}
