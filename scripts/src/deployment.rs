//! The deployment file: where a chain's contracts are, and with which parameters they were made.

use std::fs;
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, U256};
use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::output::Value;

/// One deployment of Surety on one chain.
///
/// 1. `first_block` is at or before the block of the first contract, so logs from there on are complete.
/// 2. Every address of `contracts` has code on the chain with `chain_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    pub chain_id: u64,
    pub first_block: u64,
    pub contracts: Contracts,
    pub stablecoin_decimals: u8,
    pub parameters: Parameters,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Contracts {
    pub flt: Address,
    pub stablecoin: Address,
    pub governance: Address,
    pub parameter_timelock: Address,
    pub slashing_timelock: Address,
    pub price_guard: Address,
    pub attributes: Address,
    pub staking: Address,
    pub offers: Address,
    pub ledger: Address,
    pub deals: Address,
    pub matching: Address,
    pub fee_burn: Address,
    pub rewards: Address,
    #[serde(rename = "EquiX")]
    pub equi_x: Address,
    pub equihash: Address,
    pub capacity: Address,
    pub probers: Address,
    pub faults: Address,
    pub vouchers: Address,
    pub modules: Address,
    pub receipts: Address,
    pub groth16: Address,
    pub proofs: Address,
    pub sampled: Address,
}

/// What the constructors were given; `operator verify` compares the chain with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Whether tokens and price feeds are ours to mint and post.
    pub is_development: bool,
    pub guardian: Address,
    pub council: Address,
    pub treasury: Address,
    /// Delay of the council's word on parameters.
    pub parameter_delay: u64,
    /// Delay of its word on who may set them.
    pub slashing_delay: u64,
    pub fee_bps: u16,
    /// Smallest units of the stablecoin, as decimal text: JSON numbers lose digits.
    pub request_fee: String,
    pub sources: Vec<Source>,
    pub attesters: Vec<Address>,
    /// Share of fees that buys FLT and burns it.
    pub burn_bps: u16,
    /// What work for attested customers earns on top.
    pub bonus_bps: u16,
    /// What of a burned fee is rewarded in FLT.
    pub kappa_bps: u16,
    /// FLT wei that an attester locks at least.
    pub security_min: String,
    /// FLT wei that answer for one unit of an attester's daily budget.
    pub security_per_unit: String,
    pub classes: Vec<Class>,
    /// FLT wei behind each proposal of a solver.
    pub solver_bond: String,
    /// FLT wei behind an appeal.
    pub appeal_bond: String,
    pub probers: ProberRules,
    /// Smallest units of the stablecoin that a provider pays for re-executions of a sample.
    pub sample_pay: String,
    /// Smallest units of the stablecoin that an executor seals with.
    pub sample_bond: String,
}

/// Who decides that a workload is down; amounts are smallest units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProberRules {
    pub drawn: u8,
    pub quorum: u8,
    pub panel_drawn: u8,
    pub panel_quorum: u8,
    pub eligible_min: u16,
    pub seat_stake: String,
    pub pay: String,
}

/// A class of capacity, and the pool that pays it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    pub class: u8,
    pub algorithm: Algorithm,
    /// Solutions that the reference core needs for a puzzle: one in so many has a hash that counts.
    pub solutions_per_puzzle: u64,
    /// Smallest units of the stablecoin that are locked for a unit.
    pub collateral: String,
    /// Smallest units of the stablecoin that a credited unit should earn in an epoch.
    pub pool_target: String,
    /// FLT wei that an epoch's pool has at least, and at most.
    pub pool_minimum: String,
    pub pool_maximum: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    EquiX,
    Equihash,
}

impl Class {
    pub fn target(&self) -> Result<U256> {
        target_of(self.solutions_per_puzzle)
    }
}

/// Below which one solution's hash in so many lies.
pub fn target_of(solutions: u64) -> Result<U256> {
    ensure!(solutions > 1, "A puzzle takes at least two solutions: a hash must be able to miss its target.");
    Ok(U256::MAX / U256::from(solutions))
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub aggregator: Address,
    pub heartbeat: u32,
}

impl Deployment {
    pub fn read(path: &Path) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
                "There is no deployment file {}. Name one with --deployment or SURETY_DEPLOYMENT, \
                 or make one with `surety operator deploy`.",
                path.display()
            ),
            other => other.with_context(|| format!("The deployment file {} cannot be read", path.display()))?,
        };
        let deployment: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a deployment file of this version", path.display()))?;
        deployment.check().with_context(|| format!("{} is not a deployment that can work", path.display()))?;
        Ok(deployment)
    }

    fn check(&self) -> Result<()> {
        let decimals = self.stablecoin_decimals;
        ensure!(decimals == 6 || decimals == 18, "the stablecoin has {decimals} decimals; 6 or 18 are known");
        let mut named: Vec<Address> = self.contracts.named().iter().map(|(_, address)| *address).collect();
        ensure!(!named.contains(&Address::ZERO), "a contract has the address zero");
        named.sort_unstable();
        let count = named.len();
        named.dedup();
        ensure!(named.len() == count, "two contracts have the same address");
        Ok(())
    }

    /// Written to a neighbour first: a reader never sees half a file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = Value::of(self)?.json()? + "\n";
        let neighbour = Self::neighbour(path, &text)?;
        fs::rename(&neighbour, path).with_context(|| unwritable(path))
    }

    /// Whether [`write`](Self::write) can be expected to work, for those who cannot take back what they do before it.
    pub fn check_writable(path: &Path) -> Result<()> {
        ensure!(!path.is_dir(), "{}: it is a folder", unwritable(path));
        let neighbour = Self::neighbour(path, "")?;
        fs::remove_file(neighbour).with_context(|| unwritable(path))
    }

    fn neighbour(path: &Path, text: &str) -> Result<PathBuf> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| unwritable(path))?;
        }
        let neighbour = path.with_extension("json.part");
        fs::write(&neighbour, text).with_context(|| unwritable(path))?;
        Ok(neighbour)
    }

    /// Where a chain's deployment is kept when nobody names a file.
    pub fn path_of(chain_id: u64) -> PathBuf {
        PathBuf::from(format!("contracts/deployments/{chain_id}.json"))
    }
}

fn unwritable(path: &Path) -> String {
    format!("The deployment file {} cannot be written", path.display())
}

impl Contracts {
    /// Name and address of each, in the order of deployment.
    pub fn named(&self) -> [(&'static str, Address); 25] {
        [
            ("Flt", self.flt),
            ("Stablecoin", self.stablecoin),
            ("Governance", self.governance),
            ("ParameterTimelock", self.parameter_timelock),
            ("SlashingTimelock", self.slashing_timelock),
            ("PriceGuard", self.price_guard),
            ("Attributes", self.attributes),
            ("Staking", self.staking),
            ("Offers", self.offers),
            ("Ledger", self.ledger),
            ("Deals", self.deals),
            ("Matching", self.matching),
            ("FeeBurn", self.fee_burn),
            ("Rewards", self.rewards),
            ("EquiX", self.equi_x),
            ("Equihash", self.equihash),
            ("Capacity", self.capacity),
            ("Probers", self.probers),
            ("Faults", self.faults),
            ("Vouchers", self.vouchers),
            ("Modules", self.modules),
            ("Receipts", self.receipts),
            ("Groth16", self.groth16),
            ("Proofs", self.proofs),
            ("Sampled", self.sampled),
        ]
    }

    pub fn verifier(&self, algorithm: Algorithm) -> Address {
        match algorithm {
            Algorithm::EquiX => self.equi_x,
            Algorithm::Equihash => self.equihash,
        }
    }

    pub fn address_of(&self, name: &str) -> Result<Address> {
        let known = self.named().into_iter().find(|(known, _)| *known == name);
        known.map(|(_, address)| address).with_context(|| format!("no contract is called {name}"))
    }

    pub fn name_of(&self, address: Address) -> String {
        let known = self.named().into_iter().find(|(_, known)| *known == address);
        known.map_or_else(|| address.to_string(), |(name, _)| name.to_owned())
    }
}
