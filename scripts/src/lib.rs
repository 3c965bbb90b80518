//! What the parties of the network do, as a library that the command line and the tests share.

pub mod amount;
pub mod attester;
pub mod audit;
pub mod capacity;
pub mod chain;
pub mod cli;
pub mod commitment;
pub mod customer;
pub mod delegator;
pub mod deploy;
pub mod deployment;
pub mod governance;
pub mod ids;
pub mod keeper;
pub mod offer;
pub mod operator;
pub mod output;
pub mod provider;
pub mod quote;
pub mod revert;
pub mod time;
pub mod url;
pub mod verify;
pub mod wallet;
