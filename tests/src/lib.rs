//! The World of the end-to-end tests: a chain and a database of their own.

pub mod anvil;
pub mod chain;
pub mod dump;
