//! What parties sign and do not send, as EIP-712 in the domain of a contract: `Surety`, version `1`.

use alloy::primitives::{Address, B256, Signature, U256, keccak256};
use alloy::sol_types::SolValue;

const DOMAIN: &str = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

/// A contract that signed words are meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    pub chain_id: u64,
    pub contract: Address,
}

impl Domain {
    pub(crate) fn separator(self) -> B256 {
        let (name, version) = (keccak256("Surety"), keccak256("1"));
        keccak256((keccak256(DOMAIN), name, version, U256::from(self.chain_id), self.contract).abi_encode())
    }

    /// What is signed of a struct of words: `kind` is its type as EIP-712 writes it, `words` are its fields, encoded.
    pub fn digest(self, kind: &str, words: &[u8]) -> B256 {
        let hash = keccak256([keccak256(kind).as_slice(), words].concat());
        keccak256([&[0x19, 0x01], self.separator().as_slice(), hash.as_slice()].concat())
    }
}

/// Who signed; none: it is no signature.
pub fn signer_of(digest: B256, signature: &[u8]) -> Option<Address> {
    let signature = Signature::from_raw(signature).ok()?;
    // The contracts refuse the other half of the curve, in which every signature has a twin.
    if signature.normalize_s().is_some() {
        return None;
    }
    signature.recover_address_from_prehash(&digest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::signers::SignerSync as _;
    use alloy::signers::local::PrivateKeySigner;

    const DOMAIN_OF: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };

    #[test]
    fn a_signature_names_who_signed_and_what() {
        let key = PrivateKeySigner::random();
        let digest = DOMAIN_OF.digest("Word(uint64 number)", &U256::from(7).abi_encode());
        let signature = key.sign_hash_sync(&digest).expect("a key signs").as_bytes();
        assert_eq!(signer_of(digest, &signature), Some(key.address()));
        let other = DOMAIN_OF.digest("Word(uint64 number)", &U256::from(8).abi_encode());
        assert_ne!(signer_of(other, &signature), Some(key.address()));
        assert_ne!(
            signer_of(Domain { chain_id: 1, ..DOMAIN_OF }.digest("Word(uint64 number)", &[0; 32]), &signature),
            None
        );
        for wrong in [&signature[..64], &[], &[0; 65]] {
            assert_eq!(signer_of(digest, wrong), None);
        }
    }

    #[test]
    fn the_twin_of_a_signature_is_none() {
        let key = PrivateKeySigner::random();
        let digest = B256::repeat_byte(3);
        let signature = key.sign_hash_sync(&digest).expect("a key signs");
        // n - s, with the other parity.
        let order =
            U256::from_be_slice(&alloy::hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
        let twin = Signature::new(signature.r(), order - signature.s(), !signature.v());
        assert_eq!(signer_of(digest, &twin.as_bytes()), None);
    }
}
