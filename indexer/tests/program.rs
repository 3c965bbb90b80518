//! The program `surety-indexer` as whoever starts it meets it: what is wrong is told in one sentence, and the exit code is 2.

use std::process::{Command, Output, Stdio};

use anyhow::Result;

fn indexer(arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_surety-indexer"));
    command.env_clear().stdin(Stdio::null()).env("SURETY_INDEXER_LISTEN", "127.0.0.1:0").args(arguments);
    command.args(["--database-url", "postgres://surety:SECRET@127.0.0.1:1/surety"]);
    Ok(command.output()?)
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
fn a_missing_or_unknown_flag_is_named() -> Result<()> {
    failed_with(&indexer(&[])?, &["--rpc-url", "--deployment"]);
    failed_with(&indexer(&["--deployments", "a.json"])?, &["--deployments"]);
    failed_with(&indexer(&["--listen", "nowhere"])?, &["--listen"]);
    Ok(())
}

#[test]
fn a_deployment_that_is_absent_or_broken_is_one_sentence() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("deployment.json");
    let start = || indexer(&["--rpc-url", "http://127.0.0.1:1", "--deployment", &file.to_string_lossy()]);
    let absent = start()?;
    failed_with(&absent, &["reading the deployment", "deployment.json"]);
    assert_eq!(String::from_utf8_lossy(&absent.stderr).lines().count(), 1);
    std::fs::write(&file, "{}")?;
    let broken = start()?;
    failed_with(&broken, &["deployment.json is no deployment"]);
    assert_eq!(String::from_utf8_lossy(&broken.stderr).lines().count(), 1);
    Ok(())
}
