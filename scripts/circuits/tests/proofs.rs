//! Circuits at their boundary: what is honest is proved and verifies, and nothing else does.

use std::error::Error as StdError;
use std::sync::OnceLock;

use circuits::{
    Chain, Claim, Computation, Error, FEATURES, Features, Key, Keys, Linear, Model, Number, input_root, output_root,
};

type Test = Result<(), Box<dyn StdError>>;

const STATEMENT: [u8; 32] = [0xab; 32];
const RANDOM: [u8; 32] = [3; 32];

/// Keys take longest to make.
fn keys() -> &'static Keys<Linear> {
    static KEYS: OnceLock<Keys<Linear>> = OnceLock::new();
    KEYS.get_or_init(|| Keys::from_seed([5; 32]).expect("the circuit can be built"))
}

fn linear(weight: i16, value: i16, bias: i32) -> Linear {
    Linear {
        model: Model { weights: [weight; FEATURES], bias, salt: Number::from(11) },
        features: Features { values: [value; FEATURES], salt: Number::from(12) },
    }
}

fn claim(computation: &impl Computation) -> Claim {
    Claim { statement: STATEMENT, roots: computation.roots() }
}

fn proved() -> Result<(Claim, Vec<u8>), Error> {
    let computation = linear(3, -5, 70);
    let claim = claim(&computation);
    Ok((claim, keys().prove(&computation, &claim, RANDOM)?))
}

#[test]
fn an_honest_chain_is_proved() -> Test {
    let keys = Keys::<Chain>::from_seed([5; 32])?;
    let chain = Chain { start: Number::reduced(&[0xcd; 32]) };
    let claim = claim(&chain);
    assert_eq!(claim.roots.input, Chain::input_root(chain.start));
    let proof = keys.prove(&chain, &claim, RANDOM)?;
    assert!(keys.verifying().verify(&claim, &proof));
    let other = Chain { start: Number::from(1) };
    assert!(!keys.verifying().verify(&Claim { roots: other.roots(), ..claim }, &proof));
    Ok(())
}

/// At the edges of what 16 and 32 bits hold, and of both signs.
#[test]
fn honest_models_are_proved() -> Test {
    let edges = [
        linear(0, 0, 0),
        linear(i16::MIN, i16::MIN, i32::MAX),
        linear(i16::MIN, i16::MAX, i32::MIN),
        linear(i16::MAX, i16::MAX, -1),
        linear(1, -1, 0),
    ];
    for computation in edges {
        let claim = claim(&computation);
        let proof = keys().prove(&computation, &claim, RANDOM)?;
        assert!(keys().verifying().verify(&claim, &proof));
    }
    Ok(())
}

/// One and a half times two, sixteen times, and a quarter: 48.25. Minus that is rounded down, not to zero.
#[test]
fn predictions_are_fixed_point_numbers_rounded_down() {
    assert_eq!(linear(384, 512, 1 << 14).prediction(), 48 * 256 + 64);
    assert_eq!(linear(-384, 512, -(1 << 14)).prediction(), -(48 * 256 + 64));
    assert_eq!(linear(0, 0, 255).prediction(), 0);
    assert_eq!(linear(0, 0, -1).prediction(), -1);
    assert_eq!(linear(0, 0, -257).prediction(), -2);
}

#[test]
fn roots_are_of_what_was_committed_to() {
    let computation = linear(3, -5, 70);
    let roots = computation.roots();
    assert_eq!(roots.input, input_root(computation.model.commitment(), computation.features.commitment()));
    assert_eq!(roots.output, output_root(computation.prediction()));
    let mut other = computation;
    other.model.salt = Number::from(13);
    assert_ne!(other.model.commitment(), computation.model.commitment());
    other = computation;
    other.features.values[15] += 1;
    assert_ne!(other.features.commitment(), computation.features.commitment());
    other = computation;
    other.model.weights.swap(0, 7);
    assert_eq!(other.model.commitment(), computation.model.commitment());
    other.model.weights[7] += 1;
    assert_ne!(other.model.commitment(), computation.model.commitment());
}

/// The prover is honest against his owner's interest: with his library nobody makes a proof of what is not so.
#[test]
fn what_is_not_so_is_not_proved() -> Test {
    let (computation, other) = (linear(3, -5, 70), linear(3, -5, 71_000));
    let honest = claim(&computation);
    assert_eq!(keys().prove(&other, &honest, RANDOM), Err(Error::RootsWrong));
    let mut wrong = honest;
    wrong.roots.output = output_root(computation.prediction() + 1);
    assert_eq!(keys().prove(&computation, &wrong, RANDOM), Err(Error::RootsWrong));
    wrong = honest;
    wrong.roots.input = input_root(other.model.commitment(), computation.features.commitment());
    assert_eq!(keys().prove(&computation, &wrong, RANDOM), Err(Error::RootsWrong));
    Ok(())
}

#[test]
fn a_proof_is_of_its_statement_and_its_roots() -> Test {
    let (claim, proof) = proved()?;
    let key = keys().verifying();
    assert!(key.verify(&claim, &proof));
    let mut other = claim;
    other.statement[31] ^= 1;
    assert!(!key.verify(&other, &proof));
    other = claim;
    (other.roots.input, other.roots.output) = (claim.roots.output, claim.roots.input);
    assert!(!key.verify(&other, &proof));
    other = claim;
    other.roots.output = Number::from(0);
    assert!(!key.verify(&other, &proof));
    Ok(())
}

#[test]
fn every_byte_of_a_proof_counts() -> Test {
    let (claim, proof) = proved()?;
    let key = keys().verifying();
    for place in 0..proof.len() {
        let mut other = proof.clone();
        other[place] ^= 1;
        assert!(!key.verify(&claim, &other), "byte {place}");
    }
    assert!(!key.verify(&claim, &proof[1..]));
    assert!(!key.verify(&claim, &[]));
    assert!(!key.verify(&claim, &[0; Key::PROOF_BYTES]));
    assert!(!key.verify(&claim, &[0xff; Key::PROOF_BYTES]));
    Ok(())
}

#[test]
fn keys_are_their_seeds_and_proofs_their_keys() -> Test {
    let (claim, proof) = proved()?;
    let same = Keys::<Linear>::from_seed([5; 32])?.verifying();
    assert_eq!(same.encode(), keys().verifying().encode());
    let other = Keys::<Linear>::from_seed([6; 32])?.verifying();
    assert_ne!(other.encode(), same.encode());
    assert!(!other.verify(&claim, &proof));
    // Randomness makes another proof of the same.
    let again = keys().prove(&linear(3, -5, 70), &claim, [4; 32])?;
    assert_ne!(again, proof);
    assert!(same.verify(&claim, &again));
    Ok(())
}

#[test]
fn keys_are_read_back_or_refused() -> Test {
    let bytes = keys().verifying().encode();
    assert_eq!(bytes.len(), Key::BYTES);
    assert_eq!(Key::decode(&bytes)?, keys().verifying());
    assert_eq!(Key::decode(&bytes[1..]), Err(Error::LengthWrong { have: Key::BYTES - 1, need: Key::BYTES }));
    for place in [31, 95, 223, 351, 479, 703] {
        let mut other = bytes.clone();
        other[place] ^= 1;
        assert_eq!(Key::decode(&other), Err(Error::PointInvalid), "byte {place}");
    }
    Ok(())
}

#[test]
fn numbers_are_below_the_order() -> Test {
    let mut order = [0; 32];
    let digits = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    for (place, byte) in order.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16)?;
    }
    assert_eq!(Number::try_from(order), Err(Error::NumberTooLarge));
    assert_eq!(Number::reduced(&order), Number::from(0));
    order[31] = 0;
    assert_eq!(Number::try_from(order)?.bytes(), order);
    Ok(())
}

/// What they cost to prove follows from this, so a change is seen.
#[test]
fn circuits_are_as_large_as_they_were() -> Test {
    assert_eq!((Keys::<Chain>::constraints()?, Keys::<Linear>::constraints()?), (13_848, 1_611));
    Ok(())
}
