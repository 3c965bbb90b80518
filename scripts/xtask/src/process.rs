//! Runs other programs and passes their exit codes on.

use std::error::Error;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use crate::{Result, tools};

/// A program ran and failed, and said why itself.
#[derive(Debug)]
pub struct Failed {
    program: String,
    status: ExitStatus,
}

impl Failed {
    pub fn code(&self) -> ExitCode {
        let code = self.status.code().and_then(|code| u8::try_from(code).ok());
        code.map_or(ExitCode::FAILURE, ExitCode::from)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` ended with {}.", self.program, self.status)
    }
}

impl Error for Failed {}

/// Cargo in the root of the workspace, compiling queries against the committed `.sqlx` whatever `DATABASE_URL` says.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(tools::root()).env("SQLX_OFFLINE", "true");
    command
}

/// Foundry's binary itself in the root of the workspace: npm's wrapper around it costs a start of Node.
pub fn forge(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(tools::foundry("forge")?);
    command.args(arguments).current_dir(tools::root());
    Ok(command)
}

pub fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| absent(command, &error))?;
    passed(command, status)
}

/// Like [`succeed`], and hands over every line of its standard output after printing it.
pub fn succeed_reading(command: &mut Command, mut line: impl FnMut(&str)) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| absent(command, &error))?;
    if let Some(output) = child.stdout.take() {
        for text in BufReader::new(output).split(b'\n') {
            let text = text?;
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(&text)?;
            stdout.write_all(b"\n")?;
            line(&String::from_utf8_lossy(&text));
        }
    }
    let status = child.wait()?;
    passed(command, status)
}

/// Becomes `command`; returns only if that is impossible.
pub fn replace(command: &mut Command) -> Box<dyn Error + Send + Sync> {
    let error = command.exec();
    absent(command, &error).into()
}

fn passed(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(Failed { program: command.get_program().to_string_lossy().into_owned(), status }.into())
}

fn absent(command: &Command, error: &std::io::Error) -> String {
    format!("`{}` could not be started: {error}.", command.get_program().display())
}
