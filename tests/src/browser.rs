//! The dashboard in a real browser: the tests beside its sources, against a World. Which browser, npm's lock file says.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::world::World;

/// Looks at every page and does what a visitor can do; reorganises the chain's last blocks and lets 22 days pass.
///
/// # Errors
///
/// When a page is not as it should be; what is wrong is printed.
pub async fn look(world: &World) -> Result<()> {
    let mut node = Command::new("npm");
    node.args(["run", "--silent", "test:browser"]).current_dir(xtask::tools::root().join("api/dashboard"));
    node.env("SURETY_API_URL", &world.api_url).env("SURETY_RPC_URL", &world.chain.url);
    // Nobody waits for a browser that is left behind.
    let output = node.kill_on_drop(true).output().await.context("starting npm")?;
    io::stdout().write_all(&output.stdout)?;
    io::stderr().write_all(&output.stderr)?;
    ensure!(output.status.success(), "the dashboard is not as it should be: see above");
    Ok(())
}
