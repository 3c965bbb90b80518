//! The API is asked everything that its description allows, and much that it forbids, by a program that is not ours.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use sqlx::PgPool;
use tokio::process::Command;

use crate::server::Server;

/// Questions for each route and phase; `SURETY_EXAMPLES` asks for more.
const EXAMPLES: u32 = 5;

fn state() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/surety")
}

async fn ask(server: &Server, examples: u32) -> Output {
    let mut command = Command::new(state().join("schemathesis/bin/schemathesis"));
    command.args(["--config-file", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemathesis.toml"), "run"]);
    command.arg(format!("{}/openapi.json", server.url));
    command.args(["--checks", "all", "--seed", "1", "--no-color", "--workers", "1"]);
    command.args(["--max-examples", &examples.to_string(), "--generation-database", "none"]);
    // A stream has no end to wait for; `stream.rs` reads it.
    command.args(["--exclude-path", "/v1/stream"]);
    // It leaves a folder of its own where it is started.
    let run = command.current_dir(state()).stdin(Stdio::null()).kill_on_drop(true).output().await;
    run.expect("`cargo xtask setup` installs schemathesis")
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story", "succession", "capacity"))]
async fn schemathesis_finds_nothing(db: PgPool) {
    let examples = std::env::var("SURETY_EXAMPLES").ok().and_then(|text| text.parse().ok()).unwrap_or(EXAMPLES);
    let server = Server::start(&db).await;
    let output = ask(&server, examples).await;
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let summary = report.split_once(" SUMMARY ").map_or("", |(_, summary)| summary);
    // Past what the test program holds back of tests that pass.
    let mut stderr = std::io::stderr();
    stderr.write_all(format!("schemathesis, {examples} examples:{summary}\n").as_bytes()).expect("stderr is open");
    assert!(output.status.success(), "{report}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(summary.contains("Tested: 42"), "{summary}");
    server.stop().await;
}
