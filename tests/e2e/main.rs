//! End-to-end journeys: each has a World of its own, and waits for blocks, never for clocks.

mod solver;
mod stage;

mod audit;
mod capacity;
mod demo;
mod prover;
mod story;
mod watcher;

mod allocation;
mod corners;
mod decline;
mod demand;
mod deploy;
mod exit;
mod faults;
mod governance;
mod keeper;
mod margin;
mod payout;
mod proofs;
mod renewal;
mod sampled;
mod slash;
mod usage;

mod backfill;
mod bad_input;
mod failover;
mod heads;
mod outage;
mod reorg;
mod replica;
mod restart;
