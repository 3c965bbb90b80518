//! `with-postgres COMMAND...`: runs a command with `DATABASE_URL` of a Postgres that goes when the command ends.

use std::process::{Command, ExitCode};

use xtask::Result;
use xtask::postgres::{Durability, Postgres};
use xtask::process::{Failed, succeed};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<Failed>() {
            Some(failed) => failed.code(),
            None => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().ok_or("usage: with-postgres COMMAND [ARGUMENT...]")?;
    let postgres = Postgres::start(Durability::Fast)?;
    succeed(Command::new(program).args(arguments).env("DATABASE_URL", postgres.url()))
}
