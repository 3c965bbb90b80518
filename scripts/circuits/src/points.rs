//! Points as the precompiles of EIP-196 and EIP-197 take them: words with the highest byte first, and of each coordinate in G2 the
//! imaginary part before the real one, which is the other way round than arkworks has them.

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr as _;
use ark_ff::{BigInteger as _, PrimeField as _};

use crate::Error;

pub(crate) const G1_BYTES: usize = 64;
pub(crate) const G2_BYTES: usize = 128;

fn push(bytes: &mut Vec<u8>, coordinate: Fq) {
    bytes.extend(coordinate.into_bigint().to_bytes_be());
}

/// Zero is written as zeros.
pub(crate) fn push_g1(bytes: &mut Vec<u8>, point: &G1Affine) {
    let (x, y) = point.xy().unwrap_or_default();
    push(bytes, x);
    push(bytes, y);
}

pub(crate) fn push_g2(bytes: &mut Vec<u8>, point: &G2Affine) {
    let (x, y) = point.xy().unwrap_or_default();
    for coordinate in [x, y] {
        push(bytes, coordinate.c1);
        push(bytes, coordinate.c0);
    }
}

fn coordinate(word: &[u8]) -> Result<Fq, Error> {
    let coordinate = Fq::from_be_bytes_mod_order(word);
    // Only what was below the field's order comes back as it was.
    if coordinate.into_bigint().to_bytes_be() == word { Ok(coordinate) } else { Err(Error::PointInvalid) }
}

pub(crate) fn g1(bytes: &[u8]) -> Result<G1Affine, Error> {
    let point = G1Affine::new_unchecked(coordinate(&bytes[..32])?, coordinate(&bytes[32..64])?);
    if point.is_on_curve() { Ok(point) } else { Err(Error::PointInvalid) }
}

pub(crate) fn g2(bytes: &[u8]) -> Result<G2Affine, Error> {
    let words = bytes.chunks(32).map(coordinate).collect::<Result<Vec<_>, _>>()?;
    let point = G2Affine::new_unchecked(Fq2::new(words[1], words[0]), Fq2::new(words[3], words[2]));
    let is_in_group = point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve();
    if is_in_group { Ok(point) } else { Err(Error::PointInvalid) }
}
