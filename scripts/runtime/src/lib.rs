//! Runs WebAssembly modules of strangers: metered by fuel, within limits, with the same output and fuel wherever it runs.
//!
//! A module imports nothing. It exports
//!
//! * `memory`: its only memory, of 32 bits;
//! * `alloc(length: i32) -> i32`: a place for so many bytes of input;
//! * `run(place: i32, length: i32) -> i64`: computes, and answers where its output is: `place << 32 | length`.
//!
//! An instance lives for one input, so nothing of one customer's is left for the next, and a module need not free anything.
//! What is *not* here: where modules come from, what is paid for them, and the chain.

mod batch;
mod host;
mod limits;
mod trap;

pub use batch::{Batch, BatchError, CHUNKS_MAX, Hash, Tree, input_root, keccak256};
pub use host::{Host, Module, Refused, Run, Unfit};
pub use limits::Limits;
pub use trap::Trap;
