//! Poseidon over bn254 with the round constants and matrices of circomlib, which `light-poseidon` carries: x^5, eight full rounds.
//!
//! What a hash is for stands in its first word, the capacity, so that hashes of different things never meet. With zero there it
//! is the `Poseidon` of circomlib.

use ark_bn254::Fr;
use ark_ff::PrimeField as _;
use ark_r1cs_std::fields::FieldVar as _;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::r1cs::SynthesisError;
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;
use light_poseidon::{Poseidon, PoseidonHasher as _, PoseidonParameters};

/// What a hash is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose(&'static str);

impl Purpose {
    /// At most 31 bytes, so that different names are different numbers.
    pub(crate) const fn new(name: &'static str) -> Self {
        assert!(name.len() <= 31, "a name of a purpose is a number of the circuit");
        Self(name)
    }

    fn word(self) -> Fr {
        Fr::from_be_bytes_mod_order(self.0.as_bytes())
    }
}

pub(crate) fn hash(purpose: Purpose, inputs: &[Fr]) -> Fr {
    let hasher = Poseidon::<Fr>::with_domain_tag_circom(inputs.len(), purpose.word());
    hasher.and_then(|mut hasher| hasher.hash(inputs)).expect("one to twelve inputs, as many as it was made for")
}

/// The same, of numbers in a circuit.
pub(crate) fn constrain(purpose: Purpose, inputs: &[FpVar<Fr>]) -> Result<FpVar<Fr>, SynthesisError> {
    let width = u8::try_from(inputs.len() + 1).map_err(|_| SynthesisError::Unsatisfiable)?;
    let parameters = get_poseidon_parameters::<Fr>(width).expect("one to twelve inputs");
    let mut state = vec![FpVar::constant(purpose.word())];
    state.extend_from_slice(inputs);
    let half = parameters.full_rounds / 2;
    for round in 0..parameters.full_rounds + parameters.partial_rounds {
        let is_full = round < half || round >= half + parameters.partial_rounds;
        state = permute(&parameters, &state, round, is_full)?;
    }
    Ok(state.swap_remove(0))
}

fn permute(
    parameters: &PoseidonParameters<Fr>,
    state: &[FpVar<Fr>],
    round: usize,
    is_full: bool,
) -> Result<Vec<FpVar<Fr>>, SynthesisError> {
    let constants = &parameters.ark[round * parameters.width..];
    let mut boxed = Vec::with_capacity(state.len());
    for (place, (word, constant)) in state.iter().zip(constants).enumerate() {
        let word = word + *constant;
        boxed.push(if is_full || place == 0 { fifth_power(&word)? } else { word });
    }
    let mix = |row: &Vec<Fr>| boxed.iter().zip(row).map(|(word, factor)| word * *factor).sum();
    Ok(parameters.mds.iter().map(mix).collect())
}

fn fifth_power(word: &FpVar<Fr>) -> Result<FpVar<Fr>, SynthesisError> {
    Ok(word.square()?.square()? * word)
}

#[cfg(test)]
mod tests {
    use ark_r1cs_std::R1CSVar as _;
    use ark_r1cs_std::alloc::AllocVar as _;
    use ark_relations::r1cs::ConstraintSystem;

    use super::*;

    /// Published with circomlib and with every implementation of it.
    #[test]
    fn without_a_purpose_it_is_circomlibs() {
        let one_and_two = hash(Purpose::new(""), &[Fr::from(1_u64), Fr::from(2_u64)]);
        let published = "7853200120776062878684798364095072458815029376092732009249414926327459813530";
        assert_eq!(one_and_two.into_bigint().to_string(), published);
    }

    #[test]
    fn a_circuit_hashes_as_the_crate_does() -> Result<(), SynthesisError> {
        const PURPOSE: Purpose = Purpose::new("test");
        for count in 1..=5_u64 {
            let inputs: Vec<Fr> = (0..count).map(|number| Fr::from(7 * number + 3)).collect();
            let system = ConstraintSystem::new_ref();
            let variables = inputs
                .iter()
                .map(|input| FpVar::new_witness(system.clone(), || Ok(input)))
                .collect::<Result<Vec<_>, _>>()?;
            assert_eq!(constrain(PURPOSE, &variables)?.value()?, hash(PURPOSE, &inputs));
            assert!(system.is_satisfied()?);
        }
        Ok(())
    }

    #[test]
    fn purposes_tell_hashes_apart() {
        let input = [Fr::from(1_u64)];
        assert_ne!(hash(Purpose::new("a"), &input), hash(Purpose::new("b"), &input));
    }
}
