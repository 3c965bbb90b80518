//! What the dashboard computes: its unit tests, which Node runs.

use std::io::Result;
use std::path::Path;
use std::process::Command;

#[test]
fn the_dashboard_computes_what_it_should() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboard");
    let output = Command::new("npm").args(["run", "--silent", "test"]).current_dir(folder).output()?;
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(!said.contains("# tests 0"), "{said}");
    Ok(())
}
