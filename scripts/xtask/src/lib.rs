//! What has to be there before anything else can run: installed tools, guarded processes, an embedded Postgres.
//! The standard library only, and no crate of the workspace, so that it works when those do not compile.

pub mod check;
pub mod guard;
pub mod modules;
pub mod mutants;
pub mod postgres;
pub mod process;
pub mod setup;
pub mod sql;
pub mod sqlx;
pub mod test;
pub mod tools;

/// Errors here are sentences for whoever runs the command; nobody matches on them.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
