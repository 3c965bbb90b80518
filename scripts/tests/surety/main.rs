//! The program `surety`, and what it is made of, on chains of their own. Without indexer and API, which `tests` has.

mod cli;
mod failover;
mod metered;
mod programs;
mod proofs;
mod world;
