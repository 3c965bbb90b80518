//! A chain of our own that lives as long as the value that holds it.

use std::io::{BufRead, BufReader};
use std::process::ChildStdout;

use anyhow::{Context, Result, bail};
use xtask::guard::{Ending, Guard, private_folder};
use xtask::tools;

/// What anvil prints before the address that it listens on.
const LISTENING: &str = "Listening on 127.0.0.1:";

/// An anvil on a loopback port of its own, which the kernel picks.
#[derive(Debug)]
pub struct Anvil {
    pub port: u16,
    // Ends the chain, also when our process is killed.
    _guard: Guard,
}

impl Anvil {
    /// Starts a chain; `arguments` are anvil's own, such as `--block-time`.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let anvil = tools::foundry("anvil").map_err(anyhow::Error::from_boxed)?;
        // Left to itself it keeps old states in the home folder, and leaves them there.
        let folder = private_folder("surety-anvil")?;
        let states = folder.to_string_lossy();
        let arguments = [&["--port", "0", "--host", "127.0.0.1", "--cache-path", &states], arguments].concat();
        let ending = Ending { signal: "TERM", folder: Some(folder.clone()) };
        let (guard, stdout, stderr) = Guard::start(&anvil, &arguments, &ending).context("starting anvil")?;
        // Nobody reads its complaints, and a full pipe would stop it.
        std::thread::spawn(move || std::io::copy(&mut { stderr }, &mut std::io::sink()));
        let port = listening_port(stdout)?;
        Ok(Self { port, _guard: guard })
    }

    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }
}

/// Reads until anvil says where it listens, and goes on emptying its output for as long as it runs.
fn listening_port(stdout: ChildStdout) -> Result<u16> {
    let mut output = BufReader::new(stdout);
    let port = loop {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            bail!("anvil ended before it listened");
        }
        if let Some(port) = line.trim().strip_prefix(LISTENING) {
            break port.parse().context("reading anvil's port")?;
        }
    };
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Ok(port)
}

#[cfg(test)]
mod tests {
    use alloy::providers::{Provider, ProviderBuilder};
    use contracts::DevelopmentUsd;

    use super::*;

    #[tokio::test]
    async fn a_chain_takes_a_contract() -> Result<()> {
        let anvil = Anvil::start(&[])?;
        let provider = ProviderBuilder::new().connect(&anvil.ws_url()).await?;
        let owner = *provider.get_accounts().await?.first().context("anvil has no account")?;
        let usd = DevelopmentUsd::deploy_builder(&provider, owner, 6).from(owner).deploy().await?;
        let usd = DevelopmentUsd::new(usd, &provider);
        assert_eq!(usd.decimals().call().await?, 6);
        Ok(())
    }
}
