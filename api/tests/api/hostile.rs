//! Callers who mean no good, and a database that goes away: every answer is 4xx or 503, a problem document, and never 500.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use sqlx::{ConnectOptions, PgPool};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::server::Server;

const LISTS: [&str; 8] = [
    "/v1/providers",
    "/v1/offers",
    "/v1/deals",
    "/v1/events",
    "/v1/prices",
    "/v1/slashes",
    "/v1/commitments",
    "/v1/network/history",
];
const PARAMETERS: [&str; 12] = [
    "limit",
    "cursor",
    "sort",
    "min_seq",
    "kind",
    "provider",
    "class",
    "status",
    "region",
    "from",
    "attribute",
    "price_max_usd",
];
/// SQL, headers, paths, encodings and sizes, percent-encoded where a URL asks for it.
const VALUES: [&str; 17] = [
    "%27%20or%201%3D1--",
    "1%3Bdrop%20table%20cursor",
    "%27%29%3B%20select%20pg_sleep%2860%29%3B--",
    "%24%24select%20rewind%280%29%24%24",
    "%0d%0aset-cookie:%20a=b",
    "%0d%0a%0d%0a%3Chtml%3E",
    "%00",
    "%ff%fe",
    "..%2f..%2fetc%2fpasswd",
    "%F0%9F%92%A9",
    "-1",
    "99999999999999999999999999",
    "1e309",
    "NaN",
    "%25s%25n",
    "%7B%22a%22%3A1%7D",
    // A time of the year 9999 here, and of the next one in UTC.
    "9999-12-31T23:59:59-12:00",
];
/// What some filter may take for a number.
const NUMBERS: [&str; 2] = ["-1", "99999999999999999999999999"];

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn injected_words_are_refused_and_reach_nothing(db: PgPool) {
    let server = Server::start(&db).await;
    let before = server.get("/v1/network").await.text().await.expect("a body");
    for (list, parameter) in LISTS.iter().flat_map(|list| PARAMETERS.map(|parameter| (list, parameter))) {
        for value in VALUES {
            let asked = format!("{list}?{parameter}={value}");
            let reply = server.get(&asked).await;
            let status = reply.status().as_u16();
            assert!(
                (400..500).contains(&status) || (status == 200 && NUMBERS.contains(&value)),
                "{asked} answered {status}"
            );
            assert!(!reply.headers().contains_key("set-cookie"), "{asked}");
            if status != 200 {
                assert_eq!(reply.headers()["content-type"], "application/problem+json", "{asked}");
            }
        }
    }
    for path in ["/v1/deals/1'--", "/v1/providers/%27", "/v1/deals/%00", "/v1/../../etc/passwd", "/v1/deals/1%0d%0a"] {
        let status = server.get(path).await.status().as_u16();
        assert!((400..500).contains(&status), "{path} answered {status}");
    }
    assert_eq!(server.get("/v1/network").await.text().await.expect("a body"), before);
    server.stop().await;
}

/// What a caller reads until the server has had enough of him.
async fn until_closed(server: &Server, sent: &str, more: &str) -> (String, Duration) {
    let host = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let started = Instant::now();
    stream.write_all(sent.as_bytes()).await.expect("the first bytes");
    let (mut reader, mut writer) = stream.split();
    let mut answer = Vec::new();
    let reading = reader.read_to_end(&mut answer);
    let dripping = async {
        let mut drip = tokio::time::interval(Duration::from_millis(500));
        loop {
            drip.tick().await;
            if writer.write_all(more.as_bytes()).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        read = reading => drop(read),
        () = dripping => {}
        () = tokio::time::sleep(Duration::from_secs(40)) => {}
    }
    (String::from_utf8_lossy(&answer).into_owned(), started.elapsed())
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn callers_who_only_drip_are_cut_off(db: PgPool) {
    let server = Server::start(&db).await;
    let head = "GET /v1/network HTTP/1.1\r\nhost: a\r\n";
    let body = "POST /v1/match HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{";
    let ((_, head), (answer, body)) =
        tokio::join!(until_closed(&server, head, "x: y\r\n"), until_closed(&server, body, " "));
    assert!(head < Duration::from_secs(15), "a head may drip for {head:?}");
    assert!(body < Duration::from_secs(25), "a body may drip for {body:?}");
    assert!(answer.starts_with("HTTP/1.1 503") || answer.starts_with("HTTP/1.1 4"), "{answer}");
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn ten_thousand_open_connections_keep_nobody_from_asking(db: PgPool) {
    // For us and for the program, which inherits it.
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("the soft limit may rise to the hard one");
    assert!(maximum.is_none_or(|maximum| maximum > 10_500), "the hard limit of open files is {maximum:?}");
    let mut program = Command::new(env!("CARGO_BIN_EXE_surety-api"))
        .args(["--port", "0", "--connections", "2"])
        .env("DATABASE_URL", db.connect_options().to_url_lossy().as_str())
        .env("RUST_LOG", "info")
        .env("NO_COLOR", "1")
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut told = BufReader::new(program.stderr.take().expect("a pipe")).lines();
    let host = loop {
        let line = told.next_line().await.expect("UTF-8").expect("it serves");
        if let Some((_, host)) = line.split_once("serving http://") {
            break host.split_whitespace().next().expect("a host").to_owned();
        }
    };
    let mut open = Vec::with_capacity(10_000);
    while open.len() < 10_000 {
        open.push(TcpStream::connect(&host).await.expect("a connection"));
    }
    for _ in 0..20 {
        let reply = reqwest::get(format!("http://{host}/v1/network")).await.expect("a reply");
        assert_eq!(reply.status(), 200);
    }
    // Those who wait may still ask.
    for stream in open.iter_mut().step_by(997) {
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("an open connection");
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }
    drop(open);
    program.kill().await.expect("it ends");
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn connections_that_die_under_a_request_are_503_and_come_back(db: PgPool) {
    let config = api::Config {
        connections: 4,
        hold: Duration::from_secs(5),
        ..api::Config::new((*db.connect_options()).clone())
    };
    let server = Server::start_with(config).await;
    assert_eq!(server.get("/v1/deals").await.status(), 200);
    let asking = async {
        let mut statuses = Vec::new();
        for _ in 0..200 {
            let reply = server.get("/v1/deals").await;
            let status = reply.status().as_u16();
            if status != 200 {
                let problem: Value = reply.json().await.expect("a problem document");
                assert_eq!(problem["type"], "urn:surety:problem:database-unavailable", "{problem}");
            }
            statuses.push(status);
        }
        statuses
    };
    let killing = async {
        for _ in 0..15 {
            tokio::time::sleep(Duration::from_millis(30)).await;
            let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and application_name = 'surety-api'";
            sqlx::raw_sql(kill).execute(&db).await.expect("backends are killed");
        }
    };
    let (statuses, ()) = tokio::join!(asking, killing);
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert_eq!(statuses.last(), Some(&200), "{statuses:?}");
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_moment_is_shared_while_nothing_changes_and_never_after_a_failure(db: PgPool) {
    let config = api::Config {
        connections: 1,
        hold: Duration::from_secs(60),
        ..api::Config::new((*db.connect_options()).clone())
    };
    let server = Server::start_with(config).await;
    let begun = "select xact_start::text from pg_stat_activity
        where datname = current_database() and application_name = 'surety-api' and state = 'idle in transaction'";
    let moment = async || sqlx::query_scalar::<_, String>(begun).fetch_optional(&db).await.expect("an answer");
    assert_eq!(server.get("/v1/deals").await.status(), 200);
    let first = moment().await.expect("a moment is held");
    assert_eq!(server.get("/v1/offers").await.status(), 200);
    assert_eq!(server.get("/v1/deals/999").await.status(), 404);
    assert_eq!(moment().await, Some(first.clone()));
    // A question that is refused may have left a failed statement behind: its moment ends.
    assert_eq!(server.get("/v1/deals?status=happy").await.status(), 400);
    assert_eq!(server.get("/v1/deals").await.status(), 200);
    let second = moment().await.expect("a moment is held");
    assert_ne!(second, first);
    // Another block: another moment.
    let change = "begin; update cursor set seq = 11; select pg_notify('journal', '11'); commit";
    sqlx::raw_sql(change).execute(&db).await.expect("the tables change");
    assert_eq!(server.json("/v1/network?min_seq=11").await["seq"], 11);
    assert_ne!(moment().await, Some(second));
    server.stop().await;
}
