//! Deep pages: a page reads as many rows as the first one does, however far down it lies.

use std::time::Duration;

use sqlx::PgPool;

use crate::crowd::crowd;
use crate::server::Server;

/// Lists that grow as long as the network lives, and what they are sorted by.
type Lists = &'static [(&'static str, &'static str)];

const EVENTS: Lists = &[
    ("/v1/prices?", "block"),
    ("/v1/network/history?interval=hour&", "at"),
    ("/v1/events?", "block"),
    ("/v1/events?kind=DealFunded&", "block"),
    ("/v1/events?provider={d}&", "block"),
    ("/v1/events?account={d}&", "block"),
    ("/v1/events?block_min=31&", "block"),
    ("/v1/deals/5/events?", "block"),
];
const DEALS: Lists = &[
    ("/v1/deals?", "deal"),
    ("/v1/deals?class=cpu&", "deal"),
    ("/v1/customers/{d}/deals?", "deal"),
    ("/v1/providers/{d}/deals?", "deal"),
    ("/v1/deals/5/payments?", "block"),
    ("/v1/deals/5/payments?kind=redeemed&", "block"),
    ("/v1/deals/5/proofs?", "job"),
    ("/v1/faults?", "fault"),
    ("/v1/faults?provider={d}&", "fault"),
];
const STAKE: Lists = &[
    ("/v1/slashes?", "block"),
    ("/v1/providers/{d}/slashes?", "block"),
    ("/v1/delegators/{d}/rewards?", "block"),
    ("/v1/delegators/{d}/exits?", "day"),
    ("/v1/commitments?", "commitment"),
    ("/v1/providers/{d}/commitments?", "commitment"),
    ("/v1/providers/{d}/delegators?", "staked"),
    ("/v1/providers/{d}/rewards?", "epoch"),
];
/// One table, all of them, and all by a key.
const IN_RANGES: Lists = &[("/v1/prices?", "block"), ("/v1/events?", "block"), ("/v1/events?provider={d}&", "block")];
/// Of lists whose rows are nearly all somebody else's: they must be found, not come across.
const FEW: [&str; 12] = [
    "/v1/events?provider={r}",
    "/v1/events?account={r}",
    "/v1/events?deal=6",
    "/v1/events?lock=1",
    "/v1/events?commitment=2",
    "/v1/customers/{r}/deals",
    "/v1/providers/{r}/deals",
    "/v1/deals/6/payments",
    "/v1/providers/{r}/slashes",
    "/v1/providers/{r}/commitments",
    "/v1/providers/{r}/rewards",
    "/v1/faults?provider={r}",
];
/// Rows of each list beside the crowd's, one a block and an hour.
const ROWS: i64 = 6_000;
/// Pages that are read to tell how many rows one takes.
const ASKED: i64 = 5;
/// A page has 20 rows, each with its block; small tables beside them may be read whole for each, and the page of events
/// looks into the table of every event. One that goes through its list or through all blocks reads `ROWS` at least.
const READ_MAX: i64 = ROWS / 4;

async fn fill(db: &PgPool) {
    crowd(db).await;
    add(db).await;
}

/// The same, half of it in a range of its own in every table of facts.
async fn fill_ranges(db: &PgPool) {
    crowd(db).await;
    let half = format!("update cursor set block = {ROWS} / 2; select cut_ranges(0)");
    sqlx::raw_sql(&half).execute(db).await.expect("tables are cut");
    add(db).await;
}

async fn add(db: &PgPool) {
    let statements = format!(
        "
        insert into block
        select n, sha256(n::text::bytea), sha256((n - 1)::text::bytea), timestamptz '2026-02-01' + n * interval '1 hour', true
        from generate_series(31, {ROWS} + 30) as n;
        create temporary table fact as
        select n, 1000 + n as id, substring(sha256('1'::bytea) for 20) as provider, substring(sha256(n::text::bytea) for 20) as other,
            sha256(n::text::bytea) as hash
        from generate_series(31, {ROWS} + 30) as n;
        insert into lock_granted select n, 19, id, provider, provider, provider, 1e17, '2026-02-01', 1e17 from fact;
        insert into price_observed select n, 0, 1e8, 1e8, 1e8, '2026-02-01', false, 1e8, 1e8, 0 from fact;
        insert into slashed select n, 1, 1, provider, provider, 1, 0, 1, 0, 0, 0 from fact;
        insert into deal_funded select n, 2, 5, provider, 1e18, 1, n from fact;
        insert into reward_claimed
        select n, 3, provider, provider, decode(repeat('f1', 20), 'hex'), 1e18, provider from fact;
        insert into slot_credited select n, 4, 5, n % 2, provider, 1, 1, 1, 1 from fact;
        insert into slot_redeemed select n, 5, 5, n % 2, provider, 1, 1, n, 1 from fact;
        insert into voucher_redeemed
        select n, 6, 5, n % 2, provider, 1, 1, n, n, '2026-01-01', '2026-01-02', hash from fact;
        insert into job_asked select n, 7, id, 5, provider, 0, 1, 1, hash, hash, hash, '2026-01-01', hash from fact;
        insert into fault_proposed select n, 8, id, 5, provider, 0, 1, 1, id, 1e18, provider, '2026-01-02' from fact;
        insert into deal_opened select n, 9, id, provider, 0, 1, 10, 7, 14, 30000, 0 from fact;
        insert into deal_terms_set select n, 10, id, 0, 200, 0, 0 from fact;
        insert into slot_funded select n, 11, id, 0, 1e18 from fact;
        insert into slot_assigned select n, 12, id, 0, provider, 1, 1, 1e18, id, 1e17, 1e18 from fact;
        insert into capacity_pledged select n, 13, id, provider, 0, 1, 20454, 20460, 1, 100000 + n, 1e18 from fact;
        insert into epoch_credited select n, 14, id, 20000 + n, 1, 24, 1, 0, 0, 0 from fact;
        insert into reward_earned select n, 15, id, provider, 0, 20000 + n, 1e18, 0, 0, '2026-01-01' from fact;
        insert into staked select n, 16, provider, other, 0, 1e18, 1e18 * (n % 1000) from fact;
        insert into exit_started select n, 17, provider, provider, 20000 + n, 1, 1, 0, 1 from fact;
        insert into module_published select n, 18, hash, provider, 1, 'ipfs://module' from fact;
        select create_indexes();
        analyze;
        select derive_all();
        update cursor set block = {ROWS} + 30, timestamp = '2027-02-01', facts = (select count(*) from event);
        "
    );
    sqlx::raw_sql(&statements).execute(&mut *db.acquire().await.expect("a connection")).await.expect("facts go in");
    sqlx::raw_sql("vacuum analyze").execute(db).await.expect("tables are looked at");
}

/// Rows that Postgres read of tables and indexes so far. A connection tells what it read when it ends.
async fn rows_read(db: &PgPool) -> i64 {
    let others = "select count(*) from pg_stat_activity
        where datname = current_database() and application_name = 'surety-api'";
    while sqlx::query_scalar::<_, i64>(others).fetch_one(db).await.expect("a count") > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let read = "select ((select sum(seq_tup_read) from pg_stat_user_tables)
        + (select sum(idx_tup_read) from pg_stat_user_indexes))::bigint";
    sqlx::query_scalar(read).fetch_one(db).await.expect("a count")
}

/// Rows that are read when a page is asked for so often, with what a server reads besides.
async fn read_by(db: &PgPool, path: &str, times: i64) -> i64 {
    let before = rows_read(db).await;
    let server = Server::start(db).await;
    for _ in 0..times {
        server.json(path).await;
    }
    server.stop().await;
    rows_read(db).await - before
}

/// Rows that one page takes, without those of its total, which is counted once.
async fn read_by_one(db: &PgPool, path: &str) -> i64 {
    let once = read_by(db, path, 1).await;
    (read_by(db, path, 1 + ASKED).await - once) / ASKED
}

/// As `read_by_one`, and once more where it was much: the connection that filled the tables tells late what it read.
async fn read_at_last(db: &PgPool, path: &str) -> i64 {
    let read = read_by_one(db, path).await;
    if (0..=READ_MAX).contains(&read) { read } else { read_by_one(db, path).await }
}

/// The last page but one, found by walking there.
async fn deep(db: &PgPool, sorted: &str) -> String {
    let server = Server::start(db).await;
    let mut path = format!("{sorted}&limit=200");
    let mut place = 0;
    while place + 400 < ROWS {
        let page = server.json(&path).await;
        let next = page["next"].as_str().expect("more pages");
        path = format!("{sorted}&limit=200&cursor={next}");
        place += 200;
    }
    server.stop().await;
    path.replace("&limit=200", "&limit=20")
}

/// Of whom most rows are, and of whom few.
async fn named(db: &PgPool, list: &str) -> String {
    let party = "select '0x' || encode(substring(sha256($1::text::bytea) for 20), 'hex')";
    let party = |number: i64| sqlx::query_scalar::<_, String>(party).bind(number).fetch_one(db);
    let (many, few) = (party(1).await.expect("an address"), party(3).await.expect("an address"));
    list.replace("{d}", &many).replace("{r}", &few)
}

async fn check(db: &PgPool, lists: Lists) {
    let mut read = Vec::new();
    for (list, by) in lists {
        for sort in [format!("-{by}"), (*by).to_owned()] {
            let sorted = format!("{}sort={sort}", named(db, list).await);
            let first = read_at_last(db, &format!("{sorted}&limit=20")).await;
            let deep = read_at_last(db, &deep(db, &sorted).await).await;
            read.push((list, sort, first, deep));
        }
    }
    let is_small = |(_, _, first, deep): &(_, _, i64, i64)| *first <= READ_MAX && *deep <= READ_MAX;
    assert!(read.iter().all(is_small), "rows read by a first page and by a deep one: {read:#?}");
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_deep_page_of_events_reads_as_few_rows_as_the_first(db: PgPool) {
    fill(&db).await;
    check(&db, EVENTS).await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_deep_page_of_deals_reads_as_few_rows_as_the_first(db: PgPool) {
    fill(&db).await;
    check(&db, DEALS).await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_deep_page_of_stake_reads_as_few_rows_as_the_first(db: PgPool) {
    fill(&db).await;
    check(&db, STAKE).await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_deep_page_of_events_in_ranges_reads_as_few_rows_as_the_first(db: PgPool) {
    fill_ranges(&db).await;
    check(&db, IN_RANGES).await;
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn what_few_rows_are_about_is_found_by_them(db: PgPool) {
    fill(&db).await;
    let mut read = Vec::new();
    for list in FEW {
        read.push((list, read_at_last(&db, &named(&db, list).await).await));
    }
    assert!(read.iter().all(|(_, read)| *read <= READ_MAX), "rows read by a page: {read:#?}");
}
