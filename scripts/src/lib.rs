//! What the parties of the network do, as a library that the command line and the tests share.

pub mod amount;
pub mod attester;
pub mod audit;
pub mod blocks;
pub mod capacity;
pub mod census;
pub mod chain;
pub mod cli;
pub mod commitment;
pub mod customer;
pub mod delegator;
pub mod deploy;
pub mod deployment;
pub mod failures;
pub mod faults;
pub mod governance;
pub mod ids;
pub mod keeper;
pub mod meter;
pub mod offer;
pub mod operator;
pub mod output;
pub mod prober;
pub mod provider;
pub mod quote;
pub mod revert;
pub mod signing;
pub mod solver;
pub mod time;
pub mod url;
pub mod verify;
pub mod wallet;
pub mod workload;

mod waits;
