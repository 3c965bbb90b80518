//! The journal as it is written, from where the caller left.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;
use sqlx::PgPool;

use crate::server::Server;

/// Reads messages as a browser does.
struct Messages {
    reply: Response,
    read: String,
}

#[derive(Debug)]
struct Message {
    id: i64,
    event: String,
    data: Value,
}

impl Messages {
    async fn open(server: &Server, path: &str, last: Option<i64>) -> Self {
        let mut request = server.client.get(format!("{}{path}", server.url));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let reply = request.send().await.expect("a reply");
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["content-type"], "text/event-stream");
        Self { reply, read: String::new() }
    }

    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((message, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
                };
                let parsed = field("data").map(|data| Message {
                    id: field("id").expect("an id").parse().expect("a number"),
                    event: field("event").expect("a name"),
                    data: serde_json::from_str(&data).expect("JSON"),
                });
                self.read = rest.to_owned();
                if parsed.is_some() {
                    return parsed;
                }
                continue;
            }
            let chunk = self.reply.chunk().await.expect("an open stream")?;
            self.read += std::str::from_utf8(&chunk).expect("UTF-8");
        }
    }
}

/// A block with a slash, as the indexer commits it.
async fn apply(db: &PgPool, seq: i64, block: i64) {
    let statements = format!(
        "begin;
         insert into block (number, hash, parent_hash, timestamp, has_facts)
         select {block}, sha256('{seq}'), sha256('{block}'), timestamp + interval '1 hour', true from cursor;
         insert into slashed
         select {block}, 0, 1, provider, provider, 5e17, 0, 5e17, 0, 0, 0 from provider order by provider limit 1;
         insert into journal select {seq}, 'applied', {block}, {block}, sha256('{seq}');
         update cursor set block = {block}, timestamp = timestamp + interval '1 hour', seq = {seq};
         select pg_notify('journal', '{seq}');
         commit;"
    );
    sqlx::raw_sql(&statements).execute(db).await.expect("a block goes in");
}

async fn roll_back(db: &PgPool, seq: i64, block: i64) {
    let statements = format!(
        "begin;
         select rewind({block} - 1);
         insert into journal select {seq}, 'rollback', {block}, {block}, sha256('{seq}');
         update cursor set block = {block} - 1, timestamp = timestamp - interval '1 hour', seq = {seq};
         select pg_notify('journal', '{seq}');
         commit;"
    );
    sqlx::raw_sql(&statements).execute(db).await.expect("a block goes away");
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_stream_begins_now_and_says_what_is_undone(db: PgPool) {
    let server = Server::start(&db).await;
    let mut messages = Messages::open(&server, "/v1/stream", None).await;
    apply(&db, 11, 11).await;
    let message = messages.next().await.expect("a block");
    assert_eq!((message.id, message.event.as_str()), (11, "applied"));
    assert_eq!(message.data["events"][0]["kind"], "Slashed");
    assert_eq!(message.data["events"][0]["fields"]["amount_flt"], "0.5");
    roll_back(&db, 12, 11).await;
    let message = messages.next().await.expect("a rollback");
    assert_eq!((message.id, message.event.as_str()), (12, "rollback"));
    assert_eq!(message.data["first_block"], 11);
    server.stop().await;
    assert!(messages.next().await.is_none(), "a stream ends with the server");
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_stream_goes_on_where_the_caller_left(db: PgPool) {
    let server = Server::start(&db).await;
    let mut messages = Messages::open(&server, "/v1/stream?kind=Slashed", Some(7)).await;
    let mut seen = Vec::new();
    for _ in 8..=10 {
        let message = messages.next().await.expect("an entry");
        seen.push((message.id, message.data["events"].as_array().expect("events").len()));
    }
    assert_eq!(seen, [(8, 0), (9, 0), (10, 1)]);
    apply(&db, 11, 11).await;
    assert_eq!(messages.next().await.expect("a new entry").id, 11);
    drop(messages);
    let ahead = server.client.get(format!("{}/v1/stream", server.url)).header("last-event-id", 99).send().await;
    assert_eq!(ahead.expect("a reply").status(), 400);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_caller_that_comes_back_is_told_of_the_rollback_it_missed(db: PgPool) {
    let server = Server::start(&db).await;
    let mut messages = Messages::open(&server, "/v1/stream", None).await;
    apply(&db, 11, 11).await;
    let last = messages.next().await.expect("a block").id;
    drop(messages);
    roll_back(&db, 12, 11).await;
    apply(&db, 13, 11).await;
    let mut messages = Messages::open(&server, "/v1/stream", Some(last)).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let message = messages.next().await.expect("an entry");
        seen.push((message.id, message.event, message.data["events"].as_array().expect("events").len()));
    }
    assert_eq!(seen, [(12, "rollback".to_owned(), 0), (13, "applied".to_owned(), 1)]);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_stream_outlives_a_failure_on_a_quiet_chain(db: PgPool) {
    let server = Server::start(&db).await;
    sqlx::raw_sql("alter table journal rename to away").execute(&db).await.expect("the journal goes away");
    let mut messages = Messages::open(&server, "/v1/stream", Some(7)).await;
    let early = tokio::time::timeout(Duration::from_millis(300), messages.next()).await;
    assert!(early.is_err(), "nothing can be read: {early:?}");
    sqlx::raw_sql("alter table away rename to journal").execute(&db).await.expect("the journal comes back");
    for seq in 8..=10 {
        assert_eq!(messages.next().await.expect("an entry").id, seq);
    }
    server.stop().await;
}

/// How many answers for streams the server keeps.
async fn kept(server: &Server) -> u64 {
    let metrics = server.get("/metrics").await.text().await.expect("a body");
    let of_streams = |line: &str| line.strip_prefix(r#"surety_api_kept_answers{of="stream"} "#)?.parse().ok();
    metrics.lines().find_map(of_streams).expect("a gauge")
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn places_in_a_quiet_journal_leave_nothing_behind(db: PgPool) {
    const CALLERS: i64 = 64;
    for entry in 11..=CALLERS + 40 {
        apply(&db, entry, entry).await;
    }
    let server = Server::start(&db).await;
    for last in 1..=CALLERS {
        let mut messages = Messages::open(&server, "/v1/stream", Some(last)).await;
        assert_eq!(messages.next().await.expect("an entry").id, last + 1);
    }
    // A stream that had the time came near the newest entries, where there are few places.
    let kept = kept(&server).await;
    assert!(kept <= 17, "{kept} answers are kept for {CALLERS} callers");
    server.stop().await;
}

/// However slow the journal is, and however many want it from the beginning.
#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn streams_that_catch_up_keep_nobody_else_waiting(db: PgPool) {
    for entry in 11..60 {
        apply(&db, entry, entry).await;
    }
    let server = Server::start(&db).await;
    let mut slow = db.begin().await.expect("a transaction");
    sqlx::query("lock table journal in access exclusive mode").execute(&mut *slow).await.expect("a lock");
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(Messages::open(&server, "/v1/stream", Some(1)).await);
    }
    let waiting = "select count(*) from pg_locks where not granted and relation = 'journal'::regclass";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *slow).await.expect("a count") < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..5 {
        assert_eq!(server.get("/readyz").await.status(), 200);
    }
    slow.rollback().await.expect("the end of the lock");
    for stream in &mut streams {
        assert_eq!(stream.next().await.expect("the next entry").id, 2);
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn an_entry_that_another_server_has_told_of_is_waited_for(db: PgPool) {
    let server = Server::start(&db).await;
    let (mut messages, ()) = tokio::join!(Messages::open(&server, "/v1/stream", Some(11)), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        apply(&db, 11, 11).await;
        apply(&db, 12, 12).await;
    });
    assert_eq!(messages.next().await.expect("the next entry").id, 12);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_question_can_wait_for_an_entry(db: PgPool) {
    let server = Server::start(&db).await;
    let (reply, ()) = tokio::join!(server.get("/v1/network?min_seq=11"), apply(&db, 11, 11));
    assert_eq!(reply.headers()["x-indexed-block"], "11");
    assert_eq!(reply.json::<Value>().await.expect("JSON")["seq"], 11);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn what_many_wait_for_is_read_once(db: PgPool) {
    const STREAMS: i64 = 100;
    let done = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()";
    let before: i64 = sqlx::query_scalar(done).fetch_one(&db).await.expect("a count");
    let server = Server::start(&db).await;
    let seq: i64 = sqlx::query_scalar("select seq from cursor").fetch_one(&db).await.expect("a cursor");
    let block: i64 = sqlx::query_scalar("select block from cursor").fetch_one(&db).await.expect("a cursor");
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(Messages::open(&server, "/v1/stream", None).await);
    }
    for entry in 1..=10 {
        apply(&db, seq + entry, block + entry).await;
    }
    for stream in &mut streams {
        for entry in 1..=10 {
            assert_eq!(stream.next().await.expect("a message").id, seq + entry);
        }
    }
    drop(streams);
    server.stop().await;
    // A connection tells what it did when it ends.
    let others = "select count(*) from pg_stat_activity
        where datname = current_database() and application_name = 'surety-api'";
    while sqlx::query_scalar::<_, i64>(others).fetch_one(&db).await.expect("a count") > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let after: i64 = sqlx::query_scalar(done).fetch_one(&db).await.expect("a count");
    // Each looks where the journal is when it begins; what follows is read for all, where it would be ten reads for each. How long
    // it takes counts, too: the server looks at the head once in a while.
    let transactions = after - before;
    assert!(transactions < 4 * STREAMS, "{transactions} transactions for {STREAMS} streams");
}
