//! A chain of a test's own with everything deployed, and a folder for files.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use alloy::node_bindings::{Anvil, AnvilInstance};
use alloy::primitives::Address;
use alloy::providers::ext::AnvilApi as _;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result};
use scripts::chain::Context;
use scripts::deploy::{self, Config};
use scripts::deployment::Deployment;
use scripts::wallet;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const DEPLOYER: usize = 0;
pub(crate) const PAULA: usize = 1;
pub(crate) const CAROL: usize = 3;
pub(crate) const DAY: u64 = 86_400;
pub(crate) const TOKEN: u128 = 10_u128.pow(18);
pub(crate) const DOLLAR: u128 = 1_000_000;

pub(crate) struct World {
    pub(crate) anvil: AnvilInstance,
    pub(crate) folder: TempDir,
    pub(crate) deployment: Deployment,
}

/// How a run of the program ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// With more arguments for anvil.
    pub(crate) async fn start_with(arguments: &[&str]) -> Result<Self> {
        let path = xtask::tools::foundry("anvil").map_err(anyhow::Error::from_boxed)?;
        let anvil = Anvil::at(path).args(arguments).try_spawn()?;
        let signer = PrivateKeySigner::from(anvil.keys()[DEPLOYER].clone());
        let (node, deployer) = wallet::connect(&anvil.endpoint(), Some(signer)).await?;
        let deployer = deployer.context("a signer has an address")?;
        let config = Config::development(anvil.addresses()[8], anvil.addresses()[9], anvil.addresses()[7]);
        let deployment = deploy::deploy(&node, deployer, &config).await?;
        let world = Self { anvil, folder: tempfile::tempdir()?, deployment };
        world.deployment.write(&world.file())?;
        Ok(world)
    }

    /// Of the deployment.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("deployment.json")
    }

    pub(crate) fn address(&self, who: usize) -> Address {
        self.anvil.addresses()[who]
    }

    pub(crate) async fn party(&self, who: usize) -> Result<Context> {
        let signer = PrivateKeySigner::from(self.anvil.keys()[who].clone());
        let (node, sender) = wallet::connect(&self.anvil.endpoint(), Some(signer.clone())).await?;
        Ok(Context::new(node, sender, self.deployment.clone()).await?.signing_with(signer))
    }

    /// Answers the number of the block after that.
    pub(crate) async fn pass(&self, seconds: u64) -> Result<u64> {
        let context = self.party(DEPLOYER).await?;
        context.provider.anvil_increase_time(seconds).await?;
        context.provider.anvil_mine(Some(1), None).await?;
        Ok(context.head().await?.number)
    }

    /// Runs the program in the folder as `who`, with nobody at a terminal.
    pub(crate) fn surety(&self, who: usize, arguments: &[&str]) -> Result<Ended> {
        ended(self.program(who, arguments))
    }

    pub(crate) fn program(&self, who: usize, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.current_dir(self.folder.path()).env("RPC_URL", self.anvil.endpoint());
        command.env("SURETY_DEPLOYMENT", self.file());
        command.env("KEY", const_hex::encode(self.anvil.keys()[who].to_bytes())).args(["--private-key-env", "KEY"]);
        command
    }
}

/// Runs the program with nothing but what `configure` gives it.
pub(crate) fn surety(arguments: &[&str], configure: impl FnOnce(&mut Command)) -> Result<Ended> {
    let mut command = program(arguments);
    configure(&mut command);
    ended(command)
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_surety"));
    command.env_clear().stdin(Stdio::null()).args(arguments);
    command
}

fn ended(mut command: Command) -> Result<Ended> {
    let output = command.output()?;
    Ok(Ended {
        code: output.status.code().context("the program was killed")?,
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}

impl Ended {
    #[track_caller]
    pub(crate) fn json(&self) -> Result<Value> {
        assert_eq!(self.code, 0, "{}", self.stderr);
        Ok(serde_json::from_str(&self.stdout)?)
    }

    /// The protocol says no.
    #[track_caller]
    pub(crate) fn refused_with(&self, words: &[&str]) {
        self.ended_with(1, words);
    }

    /// Not the protocol says no, but the program.
    #[track_caller]
    pub(crate) fn failed_with(&self, words: &[&str]) {
        self.ended_with(2, words);
    }

    #[track_caller]
    fn ended_with(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in: {}", self.stderr);
        }
    }
}
