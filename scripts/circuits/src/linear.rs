//! A linear model that was run on the right data: both were committed to before, and stay secret.
//!
//! Everything is a fixed-point integer. Weights and features are signed numbers of 16 bits in units of `2^-8`, the bias one of 32
//! bits in units of `2^-16`, and the prediction, `bias + weights * features`, is rounded down to units of `2^-8`. The circuit checks
//! every range, so that no number can wrap around the field and pass for another.

use std::array;

use ark_bn254::Fr;
use ark_ff::Field as _;
use ark_r1cs_std::alloc::AllocVar as _;
use ark_r1cs_std::boolean::Boolean;
use ark_r1cs_std::eq::EqGadget as _;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::r1cs::{ConstraintSystemRef, SynthesisError};

use crate::poseidon::{self, Purpose};
use crate::{Computation, Number, Roots};

/// Features of a model.
pub const FEATURES: usize = 16;
/// Weights, features and predictions are counted in units of `2^-8`.
pub const SCALE_BITS: usize = 8;

const NUMBER_BITS: usize = 16;
const BIAS_BITS: usize = 32;
/// Sixteen products of 30 bits and a bias of 31: the sum is below `2^35`, without its sign.
const SUM_BITS: usize = 36;
/// Numbers of 16 bits that are hashed as one.
const PACKED: usize = 8;

const MODEL: Purpose = Purpose::new("surety.linear.model");
const DATA: Purpose = Purpose::new("surety.linear.features");
const INPUT: Purpose = Purpose::new("surety.linear.input");
const OUTPUT: Purpose = Purpose::new("surety.linear.output");

/// The salt keeps the commitment from telling what is in it: few models are possible, and one could try them all.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    pub weights: [i16; FEATURES],
    pub bias: i32,
    pub salt: Number,
}

/// What the model is run on. Salted as the model is.
#[derive(Clone, Copy, Debug)]
pub struct Features {
    pub values: [i16; FEATURES],
    pub salt: Number,
}

/// A model that was run on features.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    pub model: Model,
    pub features: Features,
}

impl Model {
    pub fn commitment(&self) -> Number {
        let packed = pack(&self.weights);
        let bias = Fr::from(i64::from(self.bias) + (1 << (BIAS_BITS - 1)));
        Number(poseidon::hash(MODEL, &[self.salt.0, packed[0], packed[1], bias]))
    }
}

impl Features {
    pub fn commitment(&self) -> Number {
        let packed = pack(&self.values);
        Number(poseidon::hash(DATA, &[self.salt.0, packed[0], packed[1]]))
    }
}

/// What is asked for: that this model is run on these features.
pub fn input_root(model: Number, features: Number) -> Number {
    Number(poseidon::hash(INPUT, &[model.0, features.0]))
}

/// What a prediction, in units of `2^-8`, is attested as.
pub fn output_root(prediction: i64) -> Number {
    Number(poseidon::hash(OUTPUT, &[Fr::from(prediction)]))
}

impl Linear {
    fn sum(&self) -> i64 {
        let products = self.model.weights.iter().zip(&self.features.values);
        products.fold(i64::from(self.model.bias), |sum, (weight, value)| sum + i64::from(*weight) * i64::from(*value))
    }

    /// In units of `2^-8`, rounded down.
    pub fn prediction(&self) -> i64 {
        self.sum() >> SCALE_BITS
    }
}

/// Each number made positive, eight to a word, the first the lowest.
fn pack(numbers: &[i16; FEATURES]) -> [Fr; FEATURES / PACKED] {
    array::from_fn(|word| {
        let some = &numbers[word * PACKED..(word + 1) * PACKED];
        let shifted = some.iter().map(|number| u128::from(number.cast_unsigned() ^ (1 << (NUMBER_BITS - 1))));
        Fr::from(shifted.enumerate().fold(0_u128, |sum, (place, number)| sum | number << (NUMBER_BITS * place)))
    })
}

/* CIRCUIT */

impl Computation for Linear {
    const NAME: &'static str = "linear";

    fn example() -> Self {
        let salt = Number::from(0);
        Self {
            model: Model { weights: [0; FEATURES], bias: 0, salt },
            features: Features { values: [0; FEATURES], salt },
        }
    }

    fn roots(&self) -> Roots {
        Roots {
            input: input_root(self.model.commitment(), self.features.commitment()),
            output: output_root(self.prediction()),
        }
    }

    fn constrain(&self, system: ConstraintSystemRef<Fr>) -> Result<(FpVar<Fr>, FpVar<Fr>), SynthesisError> {
        let weights = Signed::all(&system, &self.model.weights)?;
        let values = Signed::all(&system, &self.features.values)?;
        let bias = Signed::new(&system, i64::from(self.model.bias), BIAS_BITS)?;

        let salt = FpVar::new_witness(system.clone(), || Ok(self.model.salt.0))?;
        let mut parts = vec![salt];
        parts.extend(weights.chunks(PACKED).map(pack_variables));
        parts.push(bias.shifted.clone());
        let model = poseidon::constrain(MODEL, &parts)?;

        let salt = FpVar::new_witness(system.clone(), || Ok(self.features.salt.0))?;
        let mut parts = vec![salt];
        parts.extend(values.chunks(PACKED).map(pack_variables));
        let features = poseidon::constrain(DATA, &parts)?;

        let products: FpVar<Fr> =
            weights.iter().zip(&values).map(|(weight, value)| &weight.number * &value.number).sum();
        let sum = Signed::new(&system, self.sum(), SUM_BITS)?;
        sum.number.enforce_equal(&(products + &bias.number))?;
        let prediction = sum.rounded_down()?;
        Ok((poseidon::constrain(INPUT, &[model, features])?, poseidon::constrain(OUTPUT, &[prediction])?))
    }
}

/// A signed number within its bits.
struct Signed {
    number: FpVar<Fr>,
    /// Made positive.
    shifted: FpVar<Fr>,
    /// Of what was made positive, the lowest first.
    digits: Vec<Boolean<Fr>>,
}

impl Signed {
    fn new(system: &ConstraintSystemRef<Fr>, number: i64, bits: usize) -> Result<Self, SynthesisError> {
        let shift = Fr::from(2_u64).pow([bits as u64 - 1]);
        let positive = number + (1 << (bits - 1));
        let mut digits = Vec::with_capacity(bits);
        for place in 0..bits {
            digits.push(Boolean::new_witness(system.clone(), || Ok(positive >> place & 1 == 1))?);
        }
        let shifted = Boolean::le_bits_to_fp(&digits)?;
        Ok(Self { number: &shifted - shift, shifted, digits })
    }

    /// In units of `2^-8`: without the lowest digits, which rounds negative numbers down, too.
    fn rounded_down(&self) -> Result<FpVar<Fr>, SynthesisError> {
        let shift = Fr::from(2_u64).pow([(self.digits.len() - 1 - SCALE_BITS) as u64]);
        Ok(Boolean::le_bits_to_fp(&self.digits[SCALE_BITS..])? - shift)
    }

    fn all(system: &ConstraintSystemRef<Fr>, numbers: &[i16; FEATURES]) -> Result<Vec<Self>, SynthesisError> {
        numbers.iter().map(|number| Self::new(system, i64::from(*number), NUMBER_BITS)).collect()
    }
}

fn pack_variables(numbers: &[Signed]) -> FpVar<Fr> {
    let base = Fr::from(2_u64).pow([NUMBER_BITS as u64]);
    numbers.iter().enumerate().map(|(place, number)| &number.shifted * base.pow([place as u64])).sum()
}
