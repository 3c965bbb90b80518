//! What parties sign and do not send, as EIP-712 in the domain of a contract: `Surety`, version `1`.

use alloy_primitives::{Address, B256, U256, keccak256};
use k256::ecdsa::Signature;
use k256::elliptic_curve::ops::{Invert as _, LinearCombination as _, Reduce};
use k256::elliptic_curve::point::DecompressPoint as _;
use k256::elliptic_curve::sec1::ToEncodedPoint as _;
use k256::{AffinePoint, ProjectivePoint, Scalar};

const DOMAIN: &str = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

/// A contract that signed words are meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    pub chain_id: u64,
    pub contract: Address,
}

impl Domain {
    pub fn separator(self) -> B256 {
        let (name, version) = (keccak256("Surety"), keccak256("1"));
        let words = [keccak256(DOMAIN), name, version, number(self.chain_id), self.contract.into_word()];
        keccak256(words.concat())
    }

    /// What is signed of a struct of words: `kind` is its type as EIP-712 writes it, `words` are its fields, encoded.
    pub fn digest(self, kind: &str, words: &[u8]) -> B256 {
        let hash = keccak256([keccak256(kind).as_slice(), words].concat());
        keccak256([&[0x19, 0x01], self.separator().as_slice(), hash.as_slice()].concat())
    }
}

/// A number as a word.
pub fn number(value: impl Into<u128>) -> B256 {
    U256::from(value.into()).into()
}

/// Who signed; none: it is no signature that the contracts take.
///
/// As `ecrecover` does it. Libraries check the signature once more against the key that they found, which takes as long
/// again and cannot fail: the key is the solution of what would be checked.
pub fn signer_of(digest: B256, signature: &[u8]) -> Option<Address> {
    let (parity, scalars) = signature.split_last()?;
    // Other marks of parity are other people's forms, of which each signature would have several.
    if !matches!(parity, 27 | 28) {
        return None;
    }
    let signature = Signature::from_slice(scalars).ok()?;
    // The contracts refuse the other half of the curve, in which every signature has a twin.
    if signature.normalize_s().is_some() {
        return None;
    }
    let (r, s) = signature.split_scalars();
    let point = AffinePoint::decompress(&r.to_bytes(), (parity - 27).into()).into_option()?;
    let inverse = *r.invert();
    let word = <Scalar as Reduce<k256::U256>>::reduce_bytes(&digest.0.into());
    let (base, point) = (ProjectivePoint::GENERATOR, ProjectivePoint::from(point));
    let key = ProjectivePoint::lincomb(&base, &-(inverse * word), &point, &(inverse * *s));
    // A key's x and y; the point at infinity has neither.
    let key = key.to_affine().to_encoded_point(false);
    key.as_bytes().get(1..65).map(Address::from_raw_public_key)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Signature, hex};
    use alloy_signer::SignerSync as _;
    use alloy_signer_local::PrivateKeySigner;
    use proptest::prelude::*;

    use super::*;

    const DOMAIN_OF: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };

    #[test]
    fn a_signature_names_who_signed_and_what() {
        let key = PrivateKeySigner::random();
        let digest = DOMAIN_OF.digest("Word(uint64 number)", number(7_u8).as_slice());
        let signature = key.sign_hash_sync(&digest).expect("a key signs").as_bytes();
        assert_eq!(signer_of(digest, &signature), Some(key.address()));
        let other = DOMAIN_OF.digest("Word(uint64 number)", number(8_u8).as_slice());
        assert_ne!(signer_of(other, &signature), Some(key.address()));
        let elsewhere = Domain { chain_id: 1, ..DOMAIN_OF }.digest("Word(uint64 number)", number(7_u8).as_slice());
        assert_ne!(signer_of(elsewhere, &signature), Some(key.address()));
        for wrong in [&signature[..64], &[], &[0; 65]] {
            assert_eq!(signer_of(digest, wrong), None);
        }
        for parity in (0..27).chain(29..=255) {
            let mut signature = signature;
            signature[64] = parity;
            assert_eq!(signer_of(digest, &signature), None, "its last byte is {parity}");
        }
    }

    #[test]
    fn the_twin_of_a_signature_is_none() {
        let key = PrivateKeySigner::random();
        let digest = B256::repeat_byte(3);
        let signature = key.sign_hash_sync(&digest).expect("a key signs");
        // n - s, with the other parity.
        let order = U256::from_be_slice(&hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
        let twin = Signature::new(signature.r(), order - signature.s(), !signature.v());
        assert_eq!(signer_of(digest, &twin.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn the_answer_is_the_librarys(digest: [u8; 32], r: [u8; 32], s: [u8; 32], is_odd: bool, key in 1_u8.., is_ours: bool) {
            let digest = B256::from(digest);
            let signature = if is_ours {
                let key = PrivateKeySigner::from_bytes(&B256::repeat_byte(key)).ok();
                key.and_then(|key| key.sign_hash_sync(&digest).ok())
            } else {
                // The low half.
                Some(Signature::new(U256::from_be_bytes(r), U256::from_be_bytes(s) >> 1, is_odd))
            };
            let signature = signature.unwrap_or_else(Signature::test_signature);
            let wanted = signature.recover_address_from_prehash(&digest).ok();
            prop_assert_eq!(signer_of(digest, &signature.as_bytes()), wanted);
        }
    }
}
