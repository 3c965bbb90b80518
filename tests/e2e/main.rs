//! End-to-end journeys: each has a World of its own, and waits for blocks, never for clocks.

mod stage;

mod audit;
mod demo;
mod story;

mod corners;
mod decline;
mod deploy;
mod exit;
mod margin;
mod payout;
mod renewal;
mod slash;

mod backfill;
mod bad_input;
mod outage;
mod reorg;
mod restart;
