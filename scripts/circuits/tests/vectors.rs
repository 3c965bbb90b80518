//! Keys and proofs that the tests of the contracts take, in `contracts/test/verifiers`.
//!
//! `WRITE_VECTORS=1 cargo test -p circuits --test vectors` writes them; otherwise they must be what is there.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use ark_bn254::{Fq, Fq2, G2Affine};
use ark_ff::{BigInteger as _, Field as _, PrimeField as _};
use circuits::{Chain, Claim, Computation, Features, Key, Keys, Linear, Model, Number};
use serde_json::{Value, json};

type Test = Result<(), Box<dyn Error>>;

/// Of the first and the second job of `ProofsBase`, which say so where these are not theirs.
const CHAIN_STATEMENT: &str = "0xcecd8d9e2955beeb5c8e451bcfc6d297e39dc511bef1c3517e849ac20f24f382";
const LINEAR_STATEMENT: &str = "0x156625da7bedde3c2c6be9551cd24eb02829da9078c2b48a1970937a7caff883";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn unhex(text: &str) -> Result<[u8; 32], Box<dyn Error>> {
    let digits = text.strip_prefix("0x").ok_or("without 0x")?;
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16)?;
    }
    Ok(bytes)
}

fn vector<C: Computation>(computation: &C, statement: &str) -> Result<Value, Box<dyn Error>> {
    let keys = Keys::<C>::from_seed([7; 32])?;
    let claim = Claim { statement: unhex(statement)?, roots: computation.roots() };
    let proof = keys.prove(computation, &claim, [9; 32])?;
    assert!(Key::decode(&keys.verifying().encode())?.verify(&claim, &proof));
    Ok(json!({
        "key": hex(&keys.verifying().encode()),
        "statement": statement,
        "inputRoot": hex(&claim.roots.input.bytes()),
        "outputRoot": hex(&claim.roots.output.bytes()),
        "proof": hex(&proof),
    }))
}

fn linear() -> Linear {
    let weights = [300, -12, 7, 32_767, -32_768, 0, 1, -1, 256, 512, -256, 90, -90, 5, 4, 3];
    let values = [1, 2, 3, 4, 5, 6, 7, 8, -9, -10, 11, 12, 13, 14, 15, 16];
    Linear {
        model: Model { weights, bias: -70_000, salt: Number::reduced(&[1; 32]) },
        features: Features { values, salt: Number::reduced(&[2; 32]) },
    }
}

/// On the twist, and in none of its subgroups that matter: most points of the curve are such.
fn outside() -> Result<Value, Box<dyn Error>> {
    let point = (1_u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::ONE), false))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .ok_or("no point")?;
    let words = [point.x.c1, point.x.c0, point.y.c1, point.y.c0];
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.into_bigint().to_bytes_be()).collect();
    Ok(json!({ "outside": hex(&bytes) }))
}

fn check(name: &str, vector: &Value) -> Test {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/test/verifiers").join(name);
    let text = format!("{vector:#}\n");
    if env::var_os("WRITE_VECTORS").is_some() {
        fs::write(&path, &text)?;
    }
    assert_eq!(fs::read_to_string(&path)?, text, "{name} is not what the circuits give");
    Ok(())
}

#[test]
fn committed_vectors_are_what_the_circuits_give() -> Test {
    check("chain.json", &vector(&Chain { start: Number::from(42) }, CHAIN_STATEMENT)?)?;
    check("linear.json", &vector(&linear(), LINEAR_STATEMENT)?)?;
    check("points.json", &outside()?)
}
