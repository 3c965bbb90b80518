//! Compiles the example modules of the runtime, from AssemblyScript to `target/surety/modules`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::succeed;
use crate::{Result, tools};

/// Small and without imports: no garbage collection, since an instance lives for one input, and `abort` is a trap.
const OPTIONS: &[&str] = &["--runtime", "stub", "--use", "abort=", "-O3", "--noColors"];

/// What the modules share; it is none itself.
const SHARED: &str = "abi";

/// The folder of the sources, with the lock file of their compiler.
pub fn sources() -> PathBuf {
    tools::root().join("scripts/runtime/modules")
}

fn built() -> PathBuf {
    tools::state().join("modules")
}

/// A module in its binary form, by the name of its source.
pub fn read(name: &str) -> Result<Vec<u8>> {
    let path = built().join(format!("{name}.wasm"));
    fs::read(&path).map_err(|_| format!("{} is not built: run `cargo xtask setup`.", path.display()).into())
}

/// Compiles all of them where a source, the compiler or an option is another than at the last time.
pub(crate) fn build() -> Result<()> {
    let folder = sources();
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".ts").map(str::to_owned));
    }
    names.sort();
    let wanted = ingredients(&folder, &names)?;
    let stamp = built().join("ingredients");
    if fs::read(&stamp).is_ok_and(|last| last == wanted) {
        return Ok(());
    }
    eprintln!("Compiling the example modules.");
    fs::create_dir_all(built())?;
    // Whatever happens below, what is there is not what the sources say.
    let _ = fs::remove_file(&stamp);
    for name in names.iter().filter(|name| *name != SHARED) {
        let mut compiler = Command::new("node");
        compiler.arg("node_modules/assemblyscript/bin/asc.js").arg(format!("{name}.ts")).args(OPTIONS);
        // Written beside and moved: whoever reads meanwhile gets a whole module.
        let part = built().join(format!("{name}.part.wasm"));
        compiler.arg("--outFile").arg(&part).current_dir(&folder);
        succeed(compiler.stdout(std::io::stderr()))?;
        fs::rename(&part, built().join(format!("{name}.wasm")))?;
    }
    fs::write(&stamp, wanted)?;
    Ok(())
}

/// All that the outputs depend on.
fn ingredients(folder: &Path, names: &[String]) -> Result<Vec<u8>> {
    let mut all = OPTIONS.join(" ").into_bytes();
    all.extend(fs::read(folder.join("package-lock.json"))?);
    for name in names {
        all.extend_from_slice(format!("\n// {name}\n").as_bytes());
        all.extend(fs::read(folder.join(format!("{name}.ts")))?);
    }
    Ok(all)
}
