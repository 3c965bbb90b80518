//! What a gateway signs for metered usage.

use alloy_primitives::{Address, B256, Signature};
use alloy_signer::SignerSync;

use crate::signing::{Domain, number, signer_of};

const KIND: &str = "Voucher(uint64 deal,uint8 slot,uint32 serving,address provider,uint128 amount,uint64 invocations,\
                    uint40 from,uint40 until,bytes32 usageRoot)";

/// Times are seconds in 40 bits.
const TIME_BITS: u32 = 40;

/// Whose usage it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serving {
    pub deal: u64,
    pub slot: u8,
    /// Its number: a slot's providers are counted.
    pub number: u32,
    pub provider: Address,
}

/// A serving's usage so far, as `IVouchers.Voucher`. Only the latest matters: it is cumulative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Voucher {
    pub serving: Serving,
    /// Smallest units of the stablecoin, of the serving from its start.
    pub amount: u128,
    /// Of the serving from its start: the size of the tree.
    pub invocations: u64,
    /// Seconds since 1970; of the usage since the voucher before.
    pub from: u64,
    pub until: u64,
    /// Of all records of the serving.
    pub usage_root: B256,
}

/// Why a voucher is not worth what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it is for another serving")]
    Serving,
    #[error("it is not signed by {0}")]
    Signature(Address),
    #[error("its period ends before it begins, or in a time that no contract can hold")]
    Period,
    #[error("it takes back what was signed before")]
    Backwards,
}

impl Voucher {
    /// As `Vouchers.digestOf`.
    pub fn digest(&self, domain: Domain) -> B256 {
        let Self { serving, amount, invocations, from, until, usage_root } = *self;
        let words = [
            number(serving.deal),
            number(serving.slot),
            number(serving.number),
            serving.provider.into_word(),
            number(amount),
            number(invocations),
            number(from),
            number(until),
            usage_root,
        ];
        domain.digest(KIND, &words.concat())
    }

    pub fn sign(&self, domain: Domain, gateway: &impl SignerSync) -> alloy_signer::Result<Signature> {
        gateway.sign_hash_sync(&self.digest(domain))
    }

    /// Whose key signed it; none: it is no signature, or a contract wallet's, which only the chain can check.
    pub fn signer(&self, domain: Domain, signature: &[u8]) -> Option<Address> {
        signer_of(self.digest(domain), signature)
    }

    /// Whether `gateway` signed it, and it is what the contract could pay.
    pub fn check(&self, domain: Domain, gateway: Address, signature: &[u8]) -> Result<(), Refusal> {
        if self.from > self.until || self.until >> TIME_BITS != 0 {
            return Err(Refusal::Period);
        }
        if self.signer(domain, signature) != Some(gateway) {
            return Err(Refusal::Signature(gateway));
        }
        Ok(())
    }

    /// Whether it goes on where `before` ended: nothing is taken back, and no time is signed for twice.
    pub fn follows(&self, before: &Self) -> Result<(), Refusal> {
        if self.serving != before.serving {
            return Err(Refusal::Serving);
        }
        if self.from < before.until || self.until < self.from {
            return Err(Refusal::Period);
        }
        let is_same_usage = self.invocations > before.invocations || self.usage_root == before.usage_root;
        if self.amount < before.amount || self.invocations < before.invocations || !is_same_usage {
            return Err(Refusal::Backwards);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{U256, keccak256};
    use alloy_signer_local::PrivateKeySigner;
    use proptest::prelude::*;

    use super::*;

    const DOMAIN: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(9) };

    fn voucher() -> Voucher {
        Voucher {
            serving: Serving { deal: 7, slot: 1, number: 3, provider: Address::repeat_byte(4) },
            amount: 1_000_000,
            invocations: 2_000,
            from: 1_700_000_000,
            until: 1_700_003_600,
            usage_root: B256::repeat_byte(5),
        }
    }

    /// Every field changed, one at a time.
    fn forgeries(voucher: Voucher) -> Vec<Voucher> {
        let serving = |serving| Voucher { serving, ..voucher };
        let of = voucher.serving;
        vec![
            serving(Serving { deal: of.deal + 1, ..of }),
            serving(Serving { slot: of.slot ^ 1, ..of }),
            serving(Serving { number: of.number ^ 1, ..of }),
            serving(Serving { provider: Address::repeat_byte(0xee), ..of }),
            Voucher { amount: voucher.amount + 1, ..voucher },
            Voucher { invocations: voucher.invocations + 1, ..voucher },
            Voucher { from: voucher.from - 1, ..voucher },
            Voucher { until: voucher.until + 1, ..voucher },
            Voucher { usage_root: !voucher.usage_root, ..voucher },
        ]
    }

    #[test]
    fn its_type_is_the_contracts() {
        let written = "Voucher(uint64 deal,uint8 slot,uint32 serving,address provider,uint128 amount,uint64 invocations,uint40 from,uint40 until,bytes32 usageRoot)";
        assert_eq!(KIND, written);
        let voucher = voucher();
        let fields: Vec<u8> = [
            U256::from(7),
            U256::from(1),
            U256::from(3),
            voucher.serving.provider.into_word().into(),
            U256::from(1_000_000),
            U256::from(2_000),
            U256::from(1_700_000_000_u64),
            U256::from(1_700_003_600_u64),
            voucher.usage_root.into(),
        ]
        .iter()
        .flat_map(|word: &U256| word.to_be_bytes::<32>())
        .collect();
        let hash = keccak256([keccak256(written).as_slice(), &fields].concat());
        let wanted = keccak256([b"\x19\x01", DOMAIN.separator().as_slice(), hash.as_slice()].concat());
        assert_eq!(voucher.digest(DOMAIN), wanted);
    }

    #[test]
    fn what_was_changed_on_its_way_is_refused() {
        let gateway = PrivateKeySigner::random();
        let signature = voucher().sign(DOMAIN, &gateway).expect("a key signs").as_bytes();
        assert_eq!(voucher().check(DOMAIN, gateway.address(), &signature), Ok(()));
        let refusal = Err(Refusal::Signature(gateway.address()));
        for forged in forgeries(voucher()) {
            assert_eq!(forged.check(DOMAIN, gateway.address(), &signature), refusal, "{forged:?}");
        }
        for elsewhere in [Domain { chain_id: 1, ..DOMAIN }, Domain { contract: Address::ZERO, ..DOMAIN }] {
            assert_eq!(voucher().check(elsewhere, gateway.address(), &signature), refusal, "{elsewhere:?}");
        }
        assert!(voucher().check(DOMAIN, Address::ZERO, &[]).is_err(), "nobody signs with nothing");
    }

    #[test]
    fn a_period_that_no_contract_holds_is_refused() {
        let gateway = PrivateKeySigner::random();
        for (from, until) in [(2, 1), (0, 1 << 40)] {
            let voucher = Voucher { from, until, ..voucher() };
            let signature = voucher.sign(DOMAIN, &gateway).expect("a key signs").as_bytes();
            assert_eq!(voucher.check(DOMAIN, gateway.address(), &signature), Err(Refusal::Period));
        }
    }

    #[test]
    fn one_follows_another_where_it_takes_nothing_back() {
        let before = voucher();
        let after = Voucher {
            amount: before.amount + 5,
            invocations: before.invocations + 1,
            from: before.until,
            until: before.until + 3_600,
            usage_root: B256::repeat_byte(6),
            ..before
        };
        assert_eq!(after.follows(&before), Ok(()));
        let idle =
            Voucher { amount: before.amount, invocations: before.invocations, usage_root: before.usage_root, ..after };
        assert_eq!(idle.follows(&before), Ok(()));
        for (wrong, refusal) in [
            (Voucher { serving: Serving { number: 4, ..after.serving }, ..after }, Refusal::Serving),
            (Voucher { from: before.until - 1, ..after }, Refusal::Period),
            (Voucher { until: after.from - 1, ..after }, Refusal::Period),
            (Voucher { amount: before.amount - 1, ..after }, Refusal::Backwards),
            (Voucher { invocations: before.invocations - 1, ..after }, Refusal::Backwards),
            (Voucher { invocations: before.invocations, ..after }, Refusal::Backwards),
        ] {
            assert_eq!(wrong.follows(&before), Err(refusal), "{wrong:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_flipped_bit_of_a_signature_fails(byte in 0_usize..65, bit in 0_u8..8) {
            let gateway = PrivateKeySigner::from_bytes(&B256::repeat_byte(1)).expect("a number in range");
            let mut signature = voucher().sign(DOMAIN, &gateway).expect("a key signs").as_bytes();
            signature[byte] ^= 1 << bit;
            prop_assert!(voucher().check(DOMAIN, gateway.address(), &signature).is_err());
        }
    }
}
