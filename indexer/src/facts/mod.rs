//! One file per contract: how its events become rows. `succession` and `redemption` are the other parts of `deals`.

pub(crate) mod attributes;
pub(crate) mod capacity;
pub(crate) mod chain;
pub(crate) mod deals;
pub(crate) mod faults;
pub(crate) mod fee_burn;
pub(crate) mod groth16;
pub(crate) mod matching;
pub(crate) mod modules;
pub(crate) mod offers;
pub(crate) mod price_guard;
pub(crate) mod probers;
pub(crate) mod proofs;
mod redemption;
pub(crate) mod rewards;
pub(crate) mod sampled;
pub(crate) mod staking;
mod succession;
pub(crate) mod vouchers;
