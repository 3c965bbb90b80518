//! A process that never outlives us, however we end.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

/// Waits for its standard input to end, which the kernel sees to when we exit, panic or are killed;
/// then it ends the program, waits for it and removes its folder.
///
/// The program does not see our standard input: its own is empty.
const WATCH: &str = r#"
signal=$1 folder=$2
shift 2
"$@" </dev/null &
program=$!
exec >/dev/null 2>&1
while read -r _; do :; done
kill -s "$signal" "$program"
wait "$program"
[ -z "$folder" ] || rm -rf -- "$folder"
"#;

/// A running program with the shell that watches over it.
///
/// Invariants:
/// 1. The program ends, and its folder is gone, when this is dropped or when our process ends in any way.
/// 2. A Ctrl-C in the terminal reaches us and not the program, so we decide in which order things end.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
    leash: Option<ChildStdin>,
}

/// How to end the program, and what to remove afterwards.
#[derive(Debug)]
pub struct Ending {
    /// A name that `kill -s` knows.
    pub signal: &'static str,
    pub folder: Option<PathBuf>,
}

impl Guard {
    /// Starts `program`; both of its outputs are piped to us.
    pub fn start<S: AsRef<OsStr>>(
        program: &Path,
        arguments: &[S],
        ending: &Ending,
    ) -> io::Result<(Self, ChildStdout, ChildStderr)> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", WATCH, "guard", ending.signal])
            .arg(ending.folder.as_deref().unwrap_or(Path::new("")))
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let piped = || io::Error::other("a piped stream is missing");
        let stdout = shell.stdout.take().ok_or_else(piped)?;
        let stderr = shell.stderr.take().ok_or_else(piped)?;
        let leash = shell.stdin.take();
        Ok((Self { shell, leash }, stdout, stderr))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.leash.take());
        // The shell ends once the program has; nothing can be done about an error here.
        let _ = self.shell.wait();
    }
}

/// A folder of our own that nobody else can read, in a short path.
pub fn private_folder(name: &str) -> io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = std::env::temp_dir().join(format!("{name}-{}", random_hex()?));
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

pub fn random_hex() -> io::Result<String> {
    let mut bytes = [0; 12];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;

    type Test = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn dropping_ends_the_program_and_removes_its_folder() -> Test {
        let folder = private_folder("surety guard")?;
        let ending = Ending { signal: "TERM", folder: Some(folder.clone()) };
        let script = ["-c", "echo $$; exec cat /dev/zero >/dev/null"];
        let (guard, stdout, _stderr) = Guard::start(Path::new("/bin/sh"), &script, &ending)?;
        let mut id = String::new();
        BufReader::new(stdout).read_line(&mut id)?;
        drop(guard);

        let is_alive = Command::new("kill").args(["-0", id.trim()]).stderr(Stdio::null()).status()?.success();
        assert!(!id.is_empty() && !is_alive, "the program {id} lives on");
        assert!(!folder.exists(), "the folder is still there");
        Ok(())
    }

    #[test]
    fn the_end_of_the_program_ends_its_output() -> Test {
        let ending = Ending { signal: "TERM", folder: None };
        let (_guard, mut stdout, _stderr) = Guard::start(Path::new("/bin/sh"), &["-c", "echo done"], &ending)?;

        let mut text = String::new();
        stdout.read_to_string(&mut text)?;
        assert_eq!(text, "done\n");
        Ok(())
    }
}
