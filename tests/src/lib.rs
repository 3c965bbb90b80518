//! The World of the end-to-end tests: a chain and a database of their own. Start reading in `world`.

pub mod work;
pub mod world;

pub mod actors;
pub mod answer;
pub mod anvil;
pub mod browser;
pub mod chain;
pub mod dump;
pub mod indexing;
pub mod probers;
pub mod proving;
pub mod sampled;

/// What `cargo xtask demo` and `cargo xtask bench` run.
pub mod bench;
pub mod server;
pub mod story;

mod trace;
