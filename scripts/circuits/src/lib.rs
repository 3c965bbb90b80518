//! Circuits over bn254 whose Groth16 proofs the contract `Groth16` takes: their witnesses, keys, proofs, and the roots that they are about.
//!
//! Pure: no clock, no files, no randomness but what it is given. Start at [`Computation`]; [`Chain`] and [`Linear`] are two.

mod chain;
mod groth16;
mod linear;
mod number;
mod points;
mod poseidon;

use ark_relations::r1cs::SynthesisError;

pub use chain::Chain;
pub use groth16::{Claim, Computation, Key, Keys, Roots};
pub use linear::{FEATURES, Features, Linear, Model, SCALE_BITS, input_root, output_root};
pub use number::Number;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a number of a circuit must be below the order of bn254's groups")]
    NumberTooLarge,
    #[error("the roots are not those of this computation")]
    RootsWrong,
    #[error("the circuit is not satisfied")]
    Unsatisfied,
    #[error("what should be a point of a group is none")]
    PointInvalid,
    #[error("{have} bytes, where {need} are needed")]
    LengthWrong { have: usize, need: usize },
    #[error("this is no proving key as arkworks writes it")]
    KeyInvalid,
    #[error("this proving key is not of circuit {circuit}")]
    KeyOfAnother { circuit: &'static str },
    #[error("the circuit cannot be built: {0}")]
    Circuit(String),
}

impl From<SynthesisError> for Error {
    fn from(error: SynthesisError) -> Self {
        if matches!(error, SynthesisError::Unsatisfiable) {
            Self::Unsatisfied
        } else {
            Self::Circuit(error.to_string())
        }
    }
}
