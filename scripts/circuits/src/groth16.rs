//! Keys and proofs of any circuit. Public inputs are the statement, the input's root and the output's, in this order.

use std::fmt;
use std::marker::PhantomData;

use ark_bn254::{Bn254, Fr};
use ark_ec::AffineRepr;
use ark_groth16::{Groth16, Proof, ProvingKey, VerifyingKey, prepare_verifying_key};
use ark_r1cs_std::alloc::AllocVar as _;
use ark_r1cs_std::eq::EqGadget as _;
use ark_r1cs_std::fields::FieldVar as _;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::r1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, OptimizationGoal, SynthesisError,
};
use ark_serialize::{CanonicalDeserialize as _, CanonicalSerialize as _};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::points::{self, G1_BYTES, G2_BYTES};
use crate::{Error, Number};

const INPUTS: usize = 3;

/// What a computation was done on, and what came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roots {
    pub input: Number,
    pub output: Number,
}

/// What a proof is about: `IProofs.statementOf`, which may be above the order of the groups and is then reduced, and the roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub statement: [u8; 32],
    pub roots: Roots,
}

impl Claim {
    fn inputs(&self) -> [Fr; INPUTS] {
        [Number::reduced(&self.statement).0, self.roots.input.0, self.roots.output.0]
    }
}

/// A computation with its secrets. What the circuit looks like must not depend on them: a key is of one circuit.
pub trait Computation: Sized {
    const NAME: &'static str;

    /// Any, to build keys with.
    fn example() -> Self;
    /// Computed without the circuit.
    fn roots(&self) -> Roots;
    /// Input's root, output's root.
    fn constrain(&self, system: ConstraintSystemRef<Fr>) -> Result<(FpVar<Fr>, FpVar<Fr>), SynthesisError>;
}

struct Circuit<'computation, C> {
    computation: &'computation C,
    inputs: [Fr; INPUTS],
}

impl<C: Computation> ConstraintSynthesizer<Fr> for Circuit<'_, C> {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let [statement, input, output] = self.inputs.map(|number| FpVar::new_input(system.clone(), || Ok(number)));
        // An input that occurs nowhere binds the proof as well, but only because of how keys are made here.
        let _ = statement?.square()?;
        let roots = self.computation.constrain(system)?;
        roots.0.enforce_equal(&input?)?;
        roots.1.enforce_equal(&output?)
    }
}

/* KEYS */

/// Both keys of a circuit.
pub struct Keys<C> {
    proving: ProvingKey<Bn254>,
    circuit: PhantomData<fn(C)>,
}

impl<C> fmt::Debug for Keys<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").field("verifying", &self.proving.vk).finish_non_exhaustive()
    }
}

impl<C: Computation> Keys<C> {
    /// The same keys from the same seed, for demonstrations and tests. **Whoever knows the seed can prove anything.** A key that
    /// others rely on comes from a ceremony, in which it suffices that one of many forgets what he put in; nobody makes it alone.
    pub fn from_seed(seed: [u8; 32]) -> Result<Self, Error> {
        let example = C::example();
        let circuit = Circuit { computation: &example, inputs: [Fr::default(); INPUTS] };
        let mut random = ChaCha20Rng::from_seed(seed);
        let proving = Groth16::<Bn254>::generate_random_parameters_with_reduction(circuit, &mut random)?;
        Ok(Self { proving, circuit: PhantomData })
    }

    /// The proving key as arkworks writes it, uncompressed; whoever has it can prove what is true, and nothing else.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(self.proving.uncompressed_size());
        self.proving.serialize_uncompressed(&mut bytes).map_err(|_| Error::KeyInvalid)?;
        Ok(bytes)
    }

    /// Reads a proving key of arkworks, as ceremonies make them. It is refused unless it is one of this circuit: it has its measures,
    /// and an example that it proves is verified by its own verification key.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut rest = bytes;
        let proving = ProvingKey::deserialize_uncompressed(&mut rest).map_err(|_| Error::KeyInvalid)?;
        if !rest.is_empty() {
            return Err(Error::KeyInvalid);
        }
        let keys = Self { proving, circuit: PhantomData };
        let example = C::example();
        let claim = Claim { statement: [7; 32], roots: example.roots() };
        if !keys.fits(&build(&example, &claim)?) || !keys.is_sound() {
            return Err(Error::KeyOfAnother { circuit: C::NAME });
        }
        let proof = keys.prove(&example, &claim, [0; 32])?;
        if keys.verifying().verify(&claim, &proof) { Ok(keys) } else { Err(Error::KeyOfAnother { circuit: C::NAME }) }
    }

    /// Whether it has as many points as the circuit takes: the prover would stumble over fewer.
    fn fits(&self, system: &ConstraintSystemRef<Fr>) -> bool {
        let (key, public, secret) = (&self.proving, system.num_instance_variables(), system.num_witness_variables());
        let all = public + secret;
        let rows = (system.num_constraints() + public).next_power_of_two();
        let queries = [key.a_query.len(), key.b_g1_query.len(), key.b_g2_query.len()];
        key.vk.gamma_abc_g1.len() == public
            && queries == [all; 3]
            && key.l_query.len() == secret
            && key.h_query.len() == rows - 1
    }

    /// As `IGroth16.register` asks of a key: no point is zero, and gamma is not delta, nor its negative.
    fn is_sound(&self) -> bool {
        let key = &self.proving.vk;
        let are_points = !key.alpha_g1.is_zero() && !key.gamma_abc_g1.iter().any(AffineRepr::is_zero);
        let are_others = [key.beta_g2, key.gamma_g2, key.delta_g2].iter().all(|point| !point.is_zero());
        are_points && are_others && key.gamma_g2 != key.delta_g2 && key.gamma_g2 != -key.delta_g2
    }

    pub fn verifying(&self) -> Key {
        Key(self.proving.vk.clone())
    }

    /// Eight words, as the contract takes them. Refused where the claim is not what the computation gives.
    /// `randomness` hides the secrets: it must be new and known to nobody.
    pub fn prove(&self, computation: &C, claim: &Claim, randomness: [u8; 32]) -> Result<Vec<u8>, Error> {
        if computation.roots() != claim.roots {
            return Err(Error::RootsWrong);
        }
        if !is_satisfied(computation, claim)? {
            return Err(Error::Unsatisfied);
        }
        let circuit = Circuit { computation, inputs: claim.inputs() };
        let mut random = ChaCha20Rng::from_seed(randomness);
        let proof = Groth16::<Bn254>::create_random_proof_with_reduction(circuit, &self.proving, &mut random)?;
        let mut bytes = Vec::new();
        points::push_g1(&mut bytes, &proof.a);
        points::push_g2(&mut bytes, &proof.b);
        points::push_g1(&mut bytes, &proof.c);
        Ok(bytes)
    }

    /// How large the circuit is.
    pub fn constraints() -> Result<usize, Error> {
        let example = C::example();
        let claim = Claim { statement: [0; 32], roots: example.roots() };
        Ok(build(&example, &claim)?.num_constraints())
    }
}

fn build<C: Computation>(computation: &C, claim: &Claim) -> Result<ConstraintSystemRef<Fr>, Error> {
    let system = ConstraintSystem::new_ref();
    system.set_optimization_goal(OptimizationGoal::Constraints);
    Circuit { computation, inputs: claim.inputs() }.generate_constraints(system.clone())?;
    system.finalize();
    Ok(system)
}

/// Whether the circuit agrees that the computation gives what is claimed.
pub(crate) fn is_satisfied<C: Computation>(computation: &C, claim: &Claim) -> Result<bool, Error> {
    Ok(build(computation, claim)?.is_satisfied()?)
}

/// A verification key: which circuit a proof is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Key(VerifyingKey<Bn254>);

impl Key {
    pub const BYTES: usize = G1_BYTES + 3 * G2_BYTES + (INPUTS + 1) * G1_BYTES;
    pub const PROOF_BYTES: usize = 2 * G1_BYTES + G2_BYTES;

    /// As `IGroth16.register` takes it; its hash by keccak256 is the key's name on chain.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        points::push_g1(&mut bytes, &self.0.alpha_g1);
        for point in [&self.0.beta_g2, &self.0.gamma_g2, &self.0.delta_g2] {
            points::push_g2(&mut bytes, point);
        }
        for point in &self.0.gamma_abc_g1 {
            points::push_g1(&mut bytes, point);
        }
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        expect_length(bytes, Self::BYTES)?;
        let (alpha, rest) = bytes.split_at(G1_BYTES);
        let (others, sums) = rest.split_at(3 * G2_BYTES);
        let others = others.chunks(G2_BYTES).map(points::g2).collect::<Result<Vec<_>, _>>()?;
        Ok(Self(VerifyingKey {
            alpha_g1: points::g1(alpha)?,
            beta_g2: others[0],
            gamma_g2: others[1],
            delta_g2: others[2],
            gamma_abc_g1: sums.chunks(G1_BYTES).map(points::g1).collect::<Result<_, _>>()?,
        }))
    }

    /// The answer that the contract gives: what is no point proves nothing.
    pub fn verify(&self, claim: &Claim, proof: &[u8]) -> bool {
        let Ok(proof) = decode_proof(proof) else { return false };
        let key = prepare_verifying_key(&self.0);
        Groth16::<Bn254>::verify_proof(&key, &proof, &claim.inputs()).unwrap_or(false)
    }
}

fn expect_length(bytes: &[u8], need: usize) -> Result<(), Error> {
    if bytes.len() == need { Ok(()) } else { Err(Error::LengthWrong { have: bytes.len(), need }) }
}

fn decode_proof(bytes: &[u8]) -> Result<Proof<Bn254>, Error> {
    expect_length(bytes, Key::PROOF_BYTES)?;
    Ok(Proof {
        a: points::g1(&bytes[..G1_BYTES])?,
        b: points::g2(&bytes[G1_BYTES..G1_BYTES + G2_BYTES])?,
        c: points::g1(&bytes[G1_BYTES + G2_BYTES..])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chain, Linear};

    /// Changes one witness at a time, the way a prover might who writes his own: no other witness fits, and none goes unchecked.
    fn every_witness_counts<C: Computation>(stride: usize) -> Result<(), Error> {
        let example = C::example();
        let claim = Claim { statement: [1; 32], roots: example.roots() };
        let system = build(&example, &claim)?;
        assert!(system.is_satisfied()?);
        for place in (0..system.num_witness_variables()).step_by(stride) {
            let change = |by: Fr| {
                let mut inner = system.borrow_mut().expect("a system that is being built");
                inner.witness_assignment[place] += by;
            };
            change(Fr::from(1_u64));
            assert!(!system.is_satisfied()?, "{}: witness {place} can be anything", C::NAME);
            change(-Fr::from(1_u64));
        }
        assert!(system.is_satisfied()?);
        Ok(())
    }

    #[test]
    fn no_witness_is_free() -> Result<(), Error> {
        every_witness_counts::<Linear>(1)?;
        every_witness_counts::<Chain>(97)
    }

    #[test]
    fn a_proving_key_is_read_for_its_own_circuit_alone() -> Result<(), Error> {
        let keys = Keys::<Linear>::from_seed([9; 32])?;
        let bytes = keys.encode()?;
        let read = Keys::<Linear>::decode(&bytes)?;
        assert_eq!(read.verifying(), keys.verifying());
        let refused = |bytes: &[u8]| Keys::<Linear>::decode(bytes).err();
        assert_eq!(Keys::<Chain>::decode(&bytes).err(), Some(Error::KeyOfAnother { circuit: "chain" }));
        assert_eq!(refused(&bytes[1..]), Some(Error::KeyInvalid));
        assert_eq!(refused(&bytes[..bytes.len() - 1]), Some(Error::KeyInvalid));
        assert_eq!(refused(&[&bytes[..], &[0]].concat()), Some(Error::KeyInvalid), "something follows");
        // The verification key of other keys of the same circuit, before this one's points.
        let mut others = Keys::<Linear>::from_seed([8; 32])?;
        others.proving.a_query.clone_from(&keys.proving.a_query);
        assert_eq!(refused(&others.encode()?), Some(Error::KeyOfAnother { circuit: "linear" }));
        Ok(())
    }

    #[test]
    fn a_circuit_refuses_roots_that_are_not_its_own() -> Result<(), Error> {
        let example = Linear::example();
        let claim = Claim { statement: [1; 32], roots: example.roots() };
        assert!(is_satisfied(&example, &claim)?);
        let (mut wrong_input, mut wrong_output) = (claim, claim);
        wrong_input.roots.input = Number::from(1);
        wrong_output.roots.output = Number::from(1);
        assert!(!is_satisfied(&example, &wrong_input)?);
        assert!(!is_satisfied(&example, &wrong_output)?);
        Ok(())
    }
}
