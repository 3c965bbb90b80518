//! What is deployed: the development preset, or what a file says in whole tokens.

use alloy::primitives::Address;
use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::deployment::{Algorithm, Class, Parameters, ProberRules, Source};

/// What a deployment is made of; on other networks than our own it comes from a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub tokens: Tokens,
    pub prices: Prices,
    pub guardian: Address,
    pub council: Address,
    pub treasury: Address,
    pub parameter_delay: u64,
    pub slashing_delay: u64,
    pub fee_bps: u16,
    /// Whole tokens of the stablecoin, as decimal text.
    pub request_fee: String,
    pub attesters: Vec<Address>,
    /// Share of fees that buys FLT and burns it.
    pub burn_bps: u16,
    /// What work for attested customers earns on top.
    pub bonus_bps: u16,
    /// What of a burned fee is rewarded in FLT.
    pub kappa_bps: u16,
    /// Whole FLT that an attester locks at least, and for each unit of its daily budget.
    pub security_min: String,
    pub security_per_unit: String,
    pub classes: Vec<ClassConfig>,
    /// Whole FLT behind each proposal of a solver, and behind an appeal.
    pub solver_bond: String,
    pub appeal_bond: String,
    pub probers: ProbersConfig,
    /// Whole tokens of the stablecoin that a provider pays for re-executions of a sample, and that an executor seals with.
    pub sample_pay: String,
    pub sample_bond: String,
}

/// Who decides that a workload is down; amounts are whole tokens, as decimal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbersConfig {
    /// Drawn for a deal and day, and how many of them decide.
    pub drawn: u8,
    pub quorum: u8,
    /// Drawn for an appeal, and how many of them decide.
    pub panel_drawn: u8,
    pub panel_quorum: u8,
    /// With fewer, slots pass on but nobody is slashed.
    pub eligible_min: u16,
    /// FLT of a seat.
    pub seat_stake: String,
    /// Stablecoin of a statement.
    pub pay: String,
}

/// A class of capacity; amounts are whole tokens, as decimal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassConfig {
    pub class: u8,
    pub algorithm: Algorithm,
    /// Solutions that the reference core needs for a puzzle; an Equi-X core of 2025 finds 172,000 in a quarter of a window.
    pub solutions_per_puzzle: u64,
    /// Stablecoin that is locked for a unit.
    pub collateral: String,
    /// Stablecoin that a credited unit should earn in an epoch.
    pub pool_target: String,
    /// FLT of an epoch's pool, at least and at most.
    pub pool_minimum: String,
    pub pool_maximum: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Tokens {
    /// Tokens of our own that the deployer mints.
    Development {
        stablecoin_decimals: u8,
    },
    Existing {
        flt: Address,
        stablecoin: Address,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Prices {
    /// Feeds of our own to which the deployer posts; `price` has 8 decimals.
    Development {
        price: u64,
        heartbeat: u32,
    },
    Sources(Vec<Source>),
}

impl Config {
    /// A chain of our own: its tokens and feeds, FLT at $0.50, delays of minutes.
    pub fn development(guardian: Address, council: Address, treasury: Address) -> Self {
        Self {
            tokens: Tokens::Development { stablecoin_decimals: 6 },
            prices: Prices::Development { price: 50_000_000, heartbeat: 86_400 },
            guardian,
            council,
            treasury,
            parameter_delay: 120,
            slashing_delay: 600,
            fee_bps: 200,
            request_fee: "0.1".to_owned(),
            attesters: Vec::new(),
            burn_bps: 5_000,
            bonus_bps: 2_500,
            kappa_bps: 5_000,
            security_min: "1000".to_owned(),
            security_per_unit: "10".to_owned(),
            // Classes are named on the command line as here.
            classes: vec![ClassConfig::easy(0, Algorithm::EquiX), ClassConfig::easy(1, Algorithm::Equihash)],
            solver_bond: "10".to_owned(),
            appeal_bond: "1000".to_owned(),
            probers: ProbersConfig::few(),
            sample_pay: "0.3".to_owned(),
            sample_bond: "1".to_owned(),
        }
    }
}

impl ProbersConfig {
    /// Nine can slash: as many as one machine runs.
    pub fn few() -> Self {
        Self {
            drawn: 5,
            quorum: 4,
            panel_drawn: 9,
            panel_quorum: 6,
            eligible_min: 9,
            seat_stake: "1000".to_owned(),
            pay: "0.05".to_owned(),
        }
    }

    fn rules(&self, decimals: u8) -> Result<ProberRules> {
        Ok(ProberRules {
            drawn: self.drawn,
            quorum: self.quorum,
            panel_drawn: self.panel_drawn,
            panel_quorum: self.panel_quorum,
            eligible_min: self.eligible_min,
            seat_stake: self.seat_stake.parse::<Amount>()?.flt()?.to_string(),
            pay: self.pay.parse::<Amount>()?.units(decimals)?.to_string(),
        })
    }
}

impl ClassConfig {
    /// One that a machine proves beside its tests.
    pub fn easy(class: u8, algorithm: Algorithm) -> Self {
        Self {
            class,
            algorithm,
            solutions_per_puzzle: 4,
            collateral: "200".to_owned(),
            pool_target: "0.5".to_owned(),
            pool_minimum: "10".to_owned(),
            pool_maximum: "100000".to_owned(),
        }
    }

    fn class(&self, stablecoin_decimals: u8) -> Result<Class> {
        let usd =
            |text: &str| -> Result<String> { Ok(text.parse::<Amount>()?.units(stablecoin_decimals)?.to_string()) };
        let flt = |text: &str| -> Result<String> { Ok(text.parse::<Amount>()?.flt()?.to_string()) };
        Ok(Class {
            class: self.class,
            algorithm: self.algorithm,
            solutions_per_puzzle: self.solutions_per_puzzle,
            collateral: usd(&self.collateral)?,
            pool_target: usd(&self.pool_target)?,
            pool_minimum: flt(&self.pool_minimum)?,
            pool_maximum: flt(&self.pool_maximum)?,
        })
    }
}

/// What the constructors are given, in smallest units.
pub(super) fn parameters(
    config: &Config,
    decimals: u8,
    is_development: bool,
    sources: Vec<Source>,
) -> Result<Parameters> {
    let flt = |text: &str| -> Result<String> { Ok(text.parse::<Amount>()?.flt()?.to_string()) };
    let usd = |text: &str| -> Result<String> { Ok(text.parse::<Amount>()?.units(decimals)?.to_string()) };
    let classes: Result<Vec<Class>> = config.classes.iter().map(|class| class.class(decimals)).collect();
    Ok(Parameters {
        is_development,
        guardian: config.guardian,
        council: config.council,
        treasury: config.treasury,
        parameter_delay: config.parameter_delay,
        slashing_delay: config.slashing_delay,
        fee_bps: config.fee_bps,
        request_fee: usd(&config.request_fee)?,
        sources,
        attesters: config.attesters.clone(),
        burn_bps: config.burn_bps,
        bonus_bps: config.bonus_bps,
        kappa_bps: config.kappa_bps,
        security_min: flt(&config.security_min)?,
        security_per_unit: flt(&config.security_per_unit)?,
        classes: classes?,
        solver_bond: flt(&config.solver_bond)?,
        appeal_bond: flt(&config.appeal_bond)?,
        probers: config.probers.rules(decimals)?,
        sample_pay: usd(&config.sample_pay)?,
        sample_bond: usd(&config.sample_bond)?,
    })
}
