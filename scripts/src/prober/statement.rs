//! A prober's word on a serving: what is signed, how it travels, and whether it counts.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::signers::SignerSync as _;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolValue as _;
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::chain::Context;
use crate::ids::DealId;
use crate::signing::{Domain, signer_of};
use crate::time::DAY;

const STATEMENT: &str = "Statement(uint64 deal,uint8 slot,uint32 serving,bool isUp,uint40 at)";
const VERDICT: &str = "Verdict(uint64 fault,bool isGuilty)";

/// Older ones are refused by `Faults`.
pub const STATEMENT_AGE: u64 = 900;

/// Who is probed: one serving of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    pub deal: DealId,
    pub slot: u8,
    pub serving: u32,
}

/// As it is served to other probers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(flatten)]
    pub target: Target,
    pub is_up: bool,
    /// Time of the head block when it was probed.
    pub at: u64,
    pub prober: Address,
    pub signature: Bytes,
}

/// Where statements are checked: `Probers`.
pub fn domain(context: &Context) -> Domain {
    Domain { chain_id: context.deployment.chain_id, contract: context.at().probers }
}

fn digest(domain: Domain, target: Target, is_up: bool, at: u64) -> B256 {
    let numbers = (U256::from(target.deal.0), U256::from(target.slot), U256::from(target.serving));
    let words = (numbers, is_up, U256::from(at));
    domain.digest(STATEMENT, &words.abi_encode())
}

pub fn verdict_digest(domain: Domain, fault: u64, is_guilty: bool) -> B256 {
    domain.digest(VERDICT, &(U256::from(fault), is_guilty).abi_encode())
}

impl Statement {
    pub fn sign(domain: Domain, key: &PrivateKeySigner, target: Target, is_up: bool, at: u64) -> Result<Self> {
        let signature = key.sign_hash_sync(&digest(domain, target, is_up, at)).context("signing a statement")?;
        let signature = signature.as_bytes().to_vec().into();
        Ok(Self { target, is_up, at, prober: key.address(), signature })
    }

    pub fn day(&self) -> u64 {
        self.at / DAY
    }

    /// Whether its prober signed it.
    pub fn is_signed(&self, domain: Domain) -> bool {
        let digest = digest(domain, self.target, self.is_up, self.at);
        signer_of(digest, &self.signature) == Some(self.prober)
    }

    /// Whether a block at `time` would take it, with a reserve for the way there.
    pub fn is_fresh(&self, time: u64, reserve: u64) -> bool {
        self.at <= time && time + reserve <= self.at + STATEMENT_AGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };
    const TARGET: Target = Target { deal: DealId(7), slot: 1, serving: 3 };

    #[test]
    fn a_statement_that_was_changed_on_its_way_does_not_count() {
        let key = PrivateKeySigner::random();
        let signed = Statement::sign(DOMAIN, &key, TARGET, false, 1_000).expect("a key signs");
        assert!(signed.is_signed(DOMAIN));
        let elsewhere = Domain { contract: Address::repeat_byte(8), ..DOMAIN };
        assert!(!signed.is_signed(elsewhere), "it is of another deployment");
        let target = |target| Statement { target, ..signed.clone() };
        for forged in [
            Statement { is_up: true, ..signed.clone() },
            Statement { at: 1_001, ..signed.clone() },
            Statement { prober: Address::repeat_byte(1), ..signed.clone() },
            target(Target { deal: DealId(8), ..TARGET }),
            target(Target { slot: 2, ..TARGET }),
            target(Target { serving: 4, ..TARGET }),
        ] {
            assert!(!forged.is_signed(DOMAIN), "{forged:?}");
        }
    }

    #[test]
    fn age_is_limited_on_both_sides() {
        let key = PrivateKeySigner::random();
        let signed = Statement::sign(DOMAIN, &key, TARGET, true, 1_000).expect("a key signs");
        assert!(signed.is_fresh(1_000, 0) && signed.is_fresh(1_900, 0));
        assert!(!signed.is_fresh(999, 0) && !signed.is_fresh(1_901, 0) && !signed.is_fresh(1_900, 1));
    }

    #[test]
    fn it_travels_as_json() {
        let key = PrivateKeySigner::random();
        let signed = Statement::sign(DOMAIN, &key, TARGET, true, 1_000).expect("a key signs");
        let json = serde_json::to_value(&signed).expect("it has a form");
        assert_eq!((&json["deal"], &json["slot"], &json["serving"]), (&7.into(), &1.into(), &3.into()));
        assert_eq!(serde_json::from_value::<Statement>(json).ok(), Some(signed));
    }
}
