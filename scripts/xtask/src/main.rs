//! `cargo xtask demo|test|mutants|check|fix|bench|setup`.

use std::process::ExitCode;

use xtask::process::{Failed, cargo, replace};
use xtask::{Result, check, mutants, setup, test, tools};

const USAGE: &str = "\
usage: cargo xtask VERB [ARGUMENT...]

  demo    play the story against a chain and a database of its own; Ctrl-C ends it
  test    run every test; arguments go to `cargo test`
  mutants run every law against contracts that break it, as `test` does
  check   formats, lints, documentation, tidiness and freshness of what is generated
  fix     write what `check` would complain about, as far as a machine can
  bench   measure; the argument names the bench
  setup   install what the others need";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<Failed>() {
            // The program has said why; repeating that it failed would only bury it.
            Some(failed) => failed.code(),
            None => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let (verb, rest) = arguments.split_first().ok_or(USAGE)?;
    match verb.as_str() {
        "demo" => program("story", &[], rest),
        "bench" => program("bench", &["--release"], rest),
        "test" => test::run(rest),
        "mutants" => mutants::run(),
        "check" => check::check(),
        "fix" => check::fix(),
        "setup" => setup::run().and_then(|()| setup::conformance()),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("`{verb}` is none of the verbs.\n\n{USAGE}").into()),
    }
}

/// Builds the programs and becomes one of those in `tests`, so that signals and the exit code are its own.
fn program(name: &str, profile: &[&str], arguments: &[String]) -> Result<()> {
    if !tools::root().join(format!("tests/src/bin/{name}.rs")).is_file()
        && !tools::root().join(format!("tests/src/bin/{name}/main.rs")).is_file()
    {
        return Err(format!("There is no `{name}` yet: tests/src/bin holds the programs that play it.").into());
    }
    setup::run()?;
    // Its own programs are started from beside it, so they have to be as fresh as it is.
    let mut build = cargo(&["build", "--quiet", "--workspace", "--bins"]);
    xtask::process::succeed(build.args(profile).stdout(std::io::stderr()))?;
    let mut run = cargo(&["run", "--quiet", "--package", "tests", "--bin", name]);
    Err(replace(run.args(profile).arg("--").args(arguments)))
}
