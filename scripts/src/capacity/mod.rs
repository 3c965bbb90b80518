//! Capacity: units that prove by calculations that they are there, and those who look at what they claim.
//! What the contract states about puzzles and times is in `puzzle` and `clock`, which ask nobody.

pub mod clock;
pub mod contract;
pub mod leaves;
pub mod plan;
pub mod prover;
pub mod puzzle;
pub mod solver;
pub mod state;
pub mod watcher;
