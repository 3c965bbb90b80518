//! The program `surety-api` as whoever starts it meets it: what is wrong is told in one sentence, and the exit code is 2.

use std::io::Result;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn api(arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_surety-api"));
    command.env_clear().stdin(Stdio::null()).args(arguments);
    command.env("DATABASE_URL", "postgres://surety:SECRET@127.0.0.1:1/surety").output()
}

#[track_caller]
fn failed_with(output: &Output, words: &[&str]) {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), stdout.as_ref()), (Some(2), ""), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "`{word}` is not in: {stderr}");
    }
    assert!(!stderr.contains("SECRET"), "{stderr}");
}

#[test]
fn a_bad_flag_is_named() -> Result<()> {
    failed_with(&api(&["--port", "70000"])?, &["70000", "--port"]);
    failed_with(&api(&["--rate-per-second", "0"])?, &["--rate-per-second"]);
    failed_with(&api(&["--ports", "1"])?, &["--ports"]);
    Ok(())
}

#[test]
fn a_port_that_is_taken_is_one_sentence() -> Result<()> {
    let taken = TcpListener::bind(("127.0.0.1", 0))?;
    let port = taken.local_addr()?.port().to_string();
    let refused = api(&["--port", &port])?;
    failed_with(&refused, &["cannot listen on 127.0.0.1", &port]);
    assert_eq!(String::from_utf8_lossy(&refused.stderr).lines().count(), 1);
    Ok(())
}
