//! A chain of hashes: work that nobody can shorten, over an input that nobody is told.

use ark_bn254::Fr;
use ark_r1cs_std::alloc::AllocVar as _;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::r1cs::{ConstraintSystemRef, SynthesisError};

use crate::poseidon::{self, Purpose};
use crate::{Computation, Number, Roots};

const INPUT: Purpose = Purpose::new("surety.chain.input");
const LINK: Purpose = Purpose::new("surety.chain.link");

/// `LENGTH` hashes, each of the one before, the first of `start`. The input's root commits to `start`, the output's is the last hash.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    pub start: Number,
}

impl Chain {
    pub const LENGTH: usize = 64;

    /// What is asked for: who knows `start` can say it before anything is computed.
    pub fn input_root(start: Number) -> Number {
        Number(poseidon::hash(INPUT, &[start.0]))
    }
}

impl Computation for Chain {
    const NAME: &'static str = "chain";

    fn example() -> Self {
        Self { start: Number::from(1) }
    }

    fn roots(&self) -> Roots {
        let output = (0..Self::LENGTH).fold(self.start.0, |link, _| poseidon::hash(LINK, &[link]));
        Roots { input: Self::input_root(self.start), output: Number(output) }
    }

    fn constrain(&self, system: ConstraintSystemRef<Fr>) -> Result<(FpVar<Fr>, FpVar<Fr>), SynthesisError> {
        let start = FpVar::new_witness(system, || Ok(self.start.0))?;
        let input = poseidon::constrain(INPUT, std::slice::from_ref(&start))?;
        let mut link = start;
        for _ in 0..Self::LENGTH {
            link = poseidon::constrain(LINK, &[link])?;
        }
        Ok((input, link))
    }
}
