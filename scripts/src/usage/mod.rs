//! Metered usage between a customer's gateway and a provider: what they say to each other over HTTP, and how both keep it.
//!
//! * `POST {provider}/v1/deals/{deal}/slots/{slot}/invoke` runs the deal's module on the body. The gateway signs each invocation,
//!   so nobody else's can stand in the usage; its id is used once. Id, hash of the input and signature are headers: a stranger's
//!   body is not read. The answer is an [`Invoked`].
//! * `GET {provider}/v1/deals/{deal}/slots/{slot}/modules/{module}` answers the deal's module with this hash, as a
//!   [`ServedModule`](crate::workload::jobs::ServedModule), to a gateway that signs for it: a module is its customer's, and no stranger's.
//! * `GET {provider}/v1/deals/{deal}/slots/{slot}/usage?serving=&from=` answers [`Entries`], at most [`ENTRIES_MAX`].
//! * `GET {provider}/v1/deals/{deal}/slots/{slot}/usage/{index}/proof?serving=&size=` answers a [`Proof`] against the root of the first
//!   `size` records, which a voucher names.
//! * `POST {claims}/v1/vouchers`, at the gateway's address for claims, takes a [`Claim`] and answers a [`Signed`], or says why it does not sign.

pub mod clock;
pub mod ends;
pub mod journal;

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::signers::SignerSync as _;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolValue as _;
use anyhow::{Context as _, Result};
use metering::signing::{Domain, signer_of};
use metering::{Record, Serving, Voucher};
use serde::{Deserialize, Serialize};

use crate::prober::statement::Target;

/// The id of an invocation, and the signature of who asks for it.
pub const ID_HEADER: &str = "x-surety-invocation";
pub const SIGNATURE_HEADER: &str = "x-surety-signature";
/// keccak256 of the input, so that nobody's input is read before it is known who asks.
pub const INPUT_HEADER: &str = "x-surety-input";

/// How a deal is paid: by what ran, as `IDeals.Deal.paymentMode` says.
pub const METERED: u8 = 1;

/// Entries of one answer.
pub const ENTRIES_MAX: usize = 1_000;

/// Longest input that is taken.
pub const INPUT_BYTES: usize = 4 << 20;

/// Longest answer to an invocation that is read: an output of four MiB in hexadecimal, and what stands around it.
pub const INVOKED_BYTES: usize = (8 << 20) + 4_096;

/// What an invocation keeps from others: a run of a module is one thread.
pub const MILLICORES: u32 = 1_000;

/// Fuel that a core which is worth its money burns in a millisecond, and milliseconds that an instance and its start may take.
const FUEL_MIN_PER_MS: u64 = 100_000;
const START_MS: u64 = 10;

const MODULE: &str = "Module(uint64 deal,uint8 slot,uint32 serving,bytes32 module)";
const INVOCATION: &str = "Invocation(uint64 deal,uint8 slot,uint32 serving,bytes32 id,bytes32 input)";

/// Numbers of 128 bits as decimal text: JSON's lose digits.
pub(crate) mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A usage record, with the invocation that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub invocation: B256,
    pub index: u64,
    pub started_at_ms: u64,
    pub duration_ms: u32,
    pub memory_mib: u32,
    pub fuel: u64,
    #[serde(with = "decimal")]
    pub charge: u128,
}

impl Entry {
    pub fn new(invocation: B256, record: &Record) -> Self {
        let Record { index, started_at_ms, duration_ms, memory_mib, fuel, charge } = *record;
        Self { invocation, index, started_at_ms, duration_ms, memory_mib, fuel, charge }
    }

    pub fn record(&self) -> Record {
        let Self { invocation: _, index, started_at_ms, duration_ms, memory_mib, fuel, charge } = *self;
        Record { index, started_at_ms, duration_ms, memory_mib, fuel, charge }
    }
}

/// What came of an invocation. One that trapped used what it used, and is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoked {
    /// None: it trapped.
    pub output: Option<Bytes>,
    pub trap: Option<String>,
    pub usage: Entry,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries {
    /// How many there are in all.
    pub size: u64,
    pub entries: Vec<Entry>,
}

/// That a record is in the tree of a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub size: u64,
    pub root: B256,
    pub entry: Entry,
    pub path: Vec<B256>,
}

impl Proof {
    /// Anybody may check, with the root and the number of invocations of a voucher.
    pub fn holds(&self, root: B256, invocations: u64) -> bool {
        let record = self.entry.record();
        metering::verify(root, invocations, record.index, record.leaf(), &self.path)
    }
}

/// What a provider wants a voucher for: everything up to here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    #[serde(flatten)]
    pub target: Target,
    pub invocations: u64,
    #[serde(with = "decimal")]
    pub amount: u128,
    pub usage_root: B256,
}

/// A voucher with its signature, as it travels and is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    #[serde(flatten)]
    pub target: Target,
    pub provider: Address,
    #[serde(with = "decimal")]
    pub amount: u128,
    pub invocations: u64,
    pub from: u64,
    pub until: u64,
    pub usage_root: B256,
    pub gateway: Address,
    pub signature: Bytes,
}

impl Signed {
    pub fn new(domain: Domain, gateway: &PrivateKeySigner, voucher: &Voucher) -> Result<Self> {
        let signature = voucher.sign(domain, gateway).context("signing a voucher")?.as_bytes().to_vec().into();
        let Voucher { serving, amount, invocations, from, until, usage_root } = *voucher;
        let (target, provider, gateway) = (target_of(serving), serving.provider, gateway.address());
        Ok(Self { target, provider, amount, invocations, from, until, usage_root, gateway, signature })
    }

    pub fn voucher(&self) -> Voucher {
        let Self { target, provider, amount, invocations, from, until, usage_root, .. } = *self;
        let serving = Serving { deal: target.deal.0, slot: target.slot, number: target.serving, provider };
        Voucher { serving, amount, invocations, from, until, usage_root }
    }
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub reason: String,
}

/// A duration as records have it.
pub(crate) fn milliseconds_up(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros().div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// The longest that is paid for a run of so much fuel, however long it took: whoever sleeps meanwhile does so for nothing.
pub(crate) fn milliseconds_most(fuel: u64) -> u32 {
    u32::try_from(START_MS.saturating_add(fuel / FUEL_MIN_PER_MS)).unwrap_or(u32::MAX)
}

/// Memory as records have it.
pub(crate) fn mebibytes_up(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX)
}

pub fn target_of(serving: Serving) -> Target {
    Target { deal: crate::ids::DealId(serving.deal), slot: serving.slot, serving: serving.number }
}

fn digest(domain: Domain, target: Target, id: B256, input: B256) -> B256 {
    let numbers = (U256::from(target.deal.0), U256::from(target.slot), U256::from(target.serving));
    let words = (numbers.0, numbers.1, numbers.2, id, input);
    domain.digest(INVOCATION, &words.abi_encode())
}

fn module_digest(domain: Domain, target: Target, module: B256) -> B256 {
    let words = (U256::from(target.deal.0), U256::from(target.slot), U256::from(target.serving), module);
    domain.digest(MODULE, &words.abi_encode())
}

/// A gateway's word that it asks for this module.
pub fn sign_module(domain: Domain, gateway: &PrivateKeySigner, target: Target, module: B256) -> Result<Bytes> {
    let signature = gateway.sign_hash_sync(&module_digest(domain, target, module)).context("signing for a module")?;
    Ok(signature.as_bytes().to_vec().into())
}

/// Who asks for this module; none: it is no signature.
pub fn module_asker(domain: Domain, target: Target, module: B256, signature: &[u8]) -> Option<Address> {
    signer_of(module_digest(domain, target, module), signature)
}

/// A gateway's word that it asks for this invocation.
pub fn sign(domain: Domain, gateway: &PrivateKeySigner, target: Target, id: B256, input: &[u8]) -> Result<Bytes> {
    let signature =
        gateway.sign_hash_sync(&digest(domain, target, id, keccak256(input))).context("signing an invocation")?;
    Ok(signature.as_bytes().to_vec().into())
}

/// Who asks for this invocation, of an input with this hash; none: it is no signature.
pub fn asker(domain: Domain, target: Target, id: B256, input: B256, signature: &[u8]) -> Option<Address> {
    signer_of(digest(domain, target, id, input), signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DealId;

    const DOMAIN: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };
    const TARGET: Target = Target { deal: DealId(7), slot: 1, serving: 3 };

    #[test]
    fn an_invocation_is_asked_for_by_one_gateway_of_one_serving_with_one_input() {
        let gateway = PrivateKeySigner::random();
        let id = B256::repeat_byte(1);
        let signature = sign(DOMAIN, &gateway, TARGET, id, b"input").expect("a key signs");
        let asked = |domain, target, id, input: &[u8]| asker(domain, target, id, keccak256(input), &signature);
        assert_eq!(asked(DOMAIN, TARGET, id, b"input"), Some(gateway.address()));
        for other in [
            asked(DOMAIN, TARGET, id, b"other"),
            asked(DOMAIN, TARGET, B256::ZERO, b"input"),
            asked(DOMAIN, Target { serving: 4, ..TARGET }, id, b"input"),
            asked(DOMAIN, Target { slot: 0, ..TARGET }, id, b"input"),
            asked(Domain { chain_id: 1, ..DOMAIN }, TARGET, id, b"input"),
        ] {
            assert_ne!(other, Some(gateway.address()));
        }
        assert_eq!(asker(DOMAIN, TARGET, id, keccak256(b"input"), &[]), None);
    }

    #[test]
    fn what_travels_is_what_was_meant() -> Result<()> {
        let record = Record { index: 1, started_at_ms: 2, duration_ms: 3, memory_mib: 4, fuel: 5, charge: u128::MAX };
        let entry = Entry::new(B256::repeat_byte(1), &record);
        let text = serde_json::to_string(&entry)?;
        assert!(text.contains("\"charge\":\"340282366920938463463374607431768211455\""), "{text}");
        assert_eq!(serde_json::from_str::<Entry>(&text)?, entry);
        assert_eq!(entry.record(), record);

        let serving = Serving { deal: 7, slot: 1, number: 3, provider: Address::repeat_byte(9) };
        let usage_root = B256::repeat_byte(2);
        let voucher = Voucher { serving, amount: 5, invocations: 6, from: 7, until: 8, usage_root };
        let gateway = PrivateKeySigner::random();
        let signed = Signed::new(DOMAIN, &gateway, &voucher)?;
        let signed: Signed = serde_json::from_str(&serde_json::to_string(&signed)?)?;
        assert_eq!(signed.voucher(), voucher);
        assert_eq!(signed.voucher().check(DOMAIN, gateway.address(), &signed.signature), Ok(()));
        Ok(())
    }
}
