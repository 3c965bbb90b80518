//! The program `surety`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    scripts::cli::main().await
}
