//! Programs of `surety`, as their parties run them: processes of their own.

use std::process::{Child, Command, Stdio};

use alloy::primitives::hex;
use anyhow::{Context as _, Result};

use super::stage::Stage;
use crate::actors::key;

const KEY: &str = "SURETY_STORY_KEY";

/// A program that is killed when it is dropped, at the latest.
#[derive(Debug)]
pub(super) struct Program(Child);

impl Program {
    /// Starts `surety` with these arguments and the key of whoever has this name.
    pub(super) fn start(stage: &Stage, name: &str, arguments: &[&str]) -> Result<Self> {
        let beside = std::env::current_exe()?;
        let surety = beside.ancestors().map(|folder| folder.join("surety")).find(|path| path.is_file());
        let surety = surety.context("`surety` is not built: cargo build --bin surety")?;
        let mut command = Command::new(surety);
        command.args(arguments).args(["--private-key-env", KEY, "--rpc-url", &stage.world.chain.url, "--deployment"]);
        command.arg(&stage.world.deployment_file).env(KEY, hex::encode_prefixed(key(name)?.to_bytes()));
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(quiet.spawn().context("starting `surety`")?))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended before; either way nothing of it is left.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
