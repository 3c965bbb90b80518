//! Our verifiers against the crates that everybody else uses: the same word on every input, or a test fails.

mod chain;
mod equihash;
mod equix;
mod solver;
mod vectors;
