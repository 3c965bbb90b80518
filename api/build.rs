//! Builds the dashboard, so that the program has it with it. `cargo xtask setup` installs what that takes.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, io};

/// What it is made of.
const SOURCES: &[&str] = &[
    "dashboard/index.html",
    "dashboard/package-lock.json",
    "dashboard/package.json",
    "dashboard/public",
    "dashboard/src",
    "dashboard/tsconfig.json",
    "dashboard/vite.config.ts",
    "openapi.json",
];

fn main() -> ExitCode {
    let (crate_folder, out) = (variable("CARGO_MANIFEST_DIR"), variable("OUT_DIR"));
    for source in SOURCES {
        println!("cargo:rerun-if-changed={}", crate_folder.join(source).display());
    }
    match build(&crate_folder.join("dashboard"), &out.join("dashboard")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => fail("The dashboard does not build: see above."),
        Err(error) => fail(&format!("npm cannot be run: {error}")),
    }
}

fn build(dashboard: &Path, out: &Path) -> io::Result<bool> {
    if !dashboard.join("node_modules").is_dir() {
        println!("cargo:warning=The dashboard's tools are not installed: run `cargo xtask setup`.");
        return Ok(false);
    }
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", "build", "--", "--outDir"]).arg(out).current_dir(dashboard);
    let output = npm.output()?;
    if !output.status.success() {
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        for line in said.lines().chain(complained.lines()) {
            println!("cargo:warning={line}");
        }
    }
    Ok(output.status.success())
}

fn variable(name: &str) -> PathBuf {
    env::var_os(name).expect("cargo sets it").into()
}

fn fail(why: &str) -> ExitCode {
    println!("cargo:warning={why}");
    ExitCode::FAILURE
}
