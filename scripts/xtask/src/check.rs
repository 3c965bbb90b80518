//! What a machine can judge, and what it can put right.

use std::process::Command;

use crate::process::{cargo, forge, succeed};
use crate::{Result, setup, sqlx, tools};

/// Runs every check although some fail, so that one run tells everything.
pub fn check() -> Result<()> {
    setup::run()?;
    let mut documentation = cargo(&["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    let checks: Vec<(&str, Command)> = vec![
        ("Rust format", cargo(&["fmt", "--all", "--check"])),
        ("Solidity format", forge(&["fmt", "--check"])?),
        ("Solidity lints", lint(&[])?),
        ("Solidity imports in tests", lint(&["contracts/test", "--only-lint", "unused-import"])?),
        ("Rust lints", cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])),
        ("documentation", documentation),
        ("tidiness", cargo(&["test", "--quiet", "--workspace", "--test", "tidy"])),
        ("the API's description", openapi()),
        ("what the dashboard signs", abi()),
        ("the dashboard's types", dashboard()),
    ];
    let mut failures = Vec::new();
    for (name, mut command) in checks {
        eprintln!("checking {name}");
        if succeed(&mut command).is_err() {
            failures.push(name.to_owned());
        }
    }
    eprintln!("checking queries");
    if let Err(error) = sqlx::check() {
        failures.push(error.to_string());
    }
    if failures.is_empty() { Ok(()) } else { Err(format!("These checks fail: {}.", failures.join("; ")).into()) }
}

/// The test that compares `api/openapi.json` with the routes; it needs no database.
fn openapi() -> Command {
    const TEST: &str = "openapi_json_is_what_the_routes_say";
    let mut command = cargo(&["test", "--quiet", "--package", "api", "--test", "api"]);
    command.args(["--", TEST]).stdout(std::io::stderr());
    command
}

/// The test that compares the dashboard's calls and errors with the contracts.
fn abi() -> Command {
    const TEST: &str = "the_dashboard_signs_what_the_contracts_take";
    let mut command = cargo(&["test", "--quiet", "--package", "scripts", "--lib"]);
    command.args(["--", TEST]).stdout(std::io::stderr());
    command
}

/// The TypeScript of the dashboard and of its tests, against the API's description.
fn dashboard() -> Command {
    let mut command = Command::new("npm");
    command.args(["run", "--silent", "check"]).current_dir(tools::root().join("api/dashboard"));
    command.stdout(std::io::stderr());
    command
}

/// Linting compiles without bytecode and would leave that in the cache, where tests that deploy by name look for it.
fn lint(arguments: &[&str]) -> Result<Command> {
    let mut command = forge(&["lint"])?;
    command.args(arguments).env("FOUNDRY_OUT", "target/forge/lint/out");
    command.env("FOUNDRY_CACHE_PATH", "target/forge/lint/cache");
    Ok(command)
}

pub fn fix() -> Result<()> {
    setup::run()?;
    sqlx::write()?;
    succeed(openapi().env("SURETY_WRITE_OPENAPI", "1"))?;
    succeed(abi().env("SURETY_WRITE_ABI", "1"))?;
    let clippy = ["clippy", "--quiet", "--fix", "--allow-dirty", "--allow-staged", "--workspace", "--all-targets"];
    succeed(&mut cargo(&clippy))?;
    succeed(&mut cargo(&["fmt", "--all"]))?;
    succeed(&mut forge(&["fmt"])?)
}
