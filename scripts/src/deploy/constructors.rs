//! What creates each contract: its code and what its constructor is given.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolConstructor;
use anyhow::{Context as _, Result};
use contracts::price_guard::IPriceGuard;
use contracts::probers::IProbers;
use contracts::{
    Attributes, Capacity, Deals, Duties, EquiX, Equihash, Extension, Faults, FeeBurn, Governance, Groth16, Ledger,
    Liability, Matching, MatchingExtension, Modules, Offers, PriceGuard, Probers, Proofs, Receipts, Rewards, Sampled,
    Staking, Timelock, Verdicts, Vouchers,
};

use crate::deployment::{Contracts, Deployment};

/// Module roles, as in `ModuleRoles`.
const LOCK: u8 = 1;
const SLASH: u8 = 2;
const REWARD: u8 = 4;

/// Places in the module list of every deployment.
const CAPACITY_ID: u16 = 2;
const ATTRIBUTES_ID: u16 = 3;
const FAULTS_ID: u16 = 5;

/// Of the puzzles of graphics cards: they are no other network's.
const EQUIHASH_N: u32 = 144;
const EQUIHASH_K: u32 = 5;
const PERSONALISATION: [u8; 8] = *b"SuretyPW";

/// Addresses that the constructors will have, in the order of `initcodes`.
pub(super) fn precomputed(deployer: Address, nonce: u64, flt: Address, stablecoin: Address) -> Contracts {
    let at = |place: u64| deployer.create(nonce + place);
    Contracts {
        flt,
        stablecoin,
        governance: at(0),
        parameter_timelock: at(1),
        slashing_timelock: at(2),
        price_guard: at(3),
        attributes: at(4),
        staking: at(5),
        offers: at(6),
        ledger: at(7),
        deals: at(8),
        matching: at(9),
        fee_burn: at(10),
        rewards: at(11),
        equi_x: at(12),
        equihash: at(13),
        capacity: at(14),
        probers: at(15),
        faults: at(16),
        vouchers: at(17),
        modules: at(18),
        receipts: at(19),
        groth16: at(20),
        proofs: at(21),
        sampled: at(22),
    }
}

/// What creates each contract, in this order. `admin` holds every role of `Governance` until it hands them over.
pub(crate) fn initcodes(deployment: &Deployment, admin: Address) -> Result<Vec<(&'static str, Bytes)>> {
    let mut initcodes = foundation(deployment, admin)?;
    initcodes.extend(market(deployment)?);
    initcodes.extend(capacity(deployment));
    initcodes.extend(failures(deployment)?);
    initcodes.extend(usage(deployment));
    initcodes.extend(computations(deployment)?);
    Ok(initcodes)
}

/// Who may set parameters, prices, words, stake.
fn foundation(deployment: &Deployment, admin: Address) -> Result<Vec<(&'static str, Bytes)>> {
    let (at, set) = (&deployment.contracts, &deployment.parameters);
    let timelock = |delay: u64| Timelock::constructorCall {
        minDelay: U256::from(delay),
        proposers: vec![set.council],
        // Anyone may execute what has waited.
        executors: vec![Address::ZERO],
    };
    let (modules, roles) = modules(deployment);
    let sources = set
        .sources
        .iter()
        .map(|source| IPriceGuard::Source { aggregator: source.aggregator, heartbeat: source.heartbeat });
    let staking = Staking::constructorCall {
        newFlt: at.flt,
        newStablecoin: at.stablecoin,
        newTreasury: set.treasury,
        newGuardian: set.guardian,
        newCouncil: at.parameter_timelock,
        newModules: modules,
        newRoles: roles,
    };
    let guard = PriceGuard::constructorCall { manager: at.governance, newSources: sources.collect() };
    let attributes = Attributes::constructorCall {
        manager: at.governance,
        newStaking: at.staking,
        newRewards: at.rewards,
        newSelf: ATTRIBUTES_ID,
        newSecurityMin: units(&set.security_min)?,
        newSecurityPerUnit: units(&set.security_per_unit)?,
    };
    Ok(vec![
        ("Governance", initcode(&Governance::BYTECODE, &Governance::constructorCall { initialAdmin: admin })),
        ("ParameterTimelock", initcode(&Timelock::BYTECODE, &timelock(set.parameter_delay))),
        ("SlashingTimelock", initcode(&Timelock::BYTECODE, &timelock(set.slashing_delay))),
        ("PriceGuard", initcode(&PriceGuard::BYTECODE, &guard)),
        ("Attributes", initcode(&Attributes::BYTECODE, &attributes)),
        ("Staking", initcode(&Staking::BYTECODE, &staking)),
    ])
}

/// Offers, and deals with what they pay.
fn market(deployment: &Deployment) -> Result<Vec<(&'static str, Bytes)>> {
    let (at, set) = (&deployment.contracts, &deployment.parameters);
    let ledger = Ledger::constructorCall {
        newStaking: at.staking,
        newPriceGuard: at.price_guard,
        newOffers: at.offers,
        newMatching: at.matching,
        newFaults: at.faults,
        newVouchers: at.vouchers,
        newModules: at.modules,
        newSlasher: FAULTS_ID,
    };
    let deals = Deals::constructorCall {
        manager: at.governance,
        newStaking: at.staking,
        newPriceGuard: at.price_guard,
        newOffers: at.offers,
        newMatching: at.matching,
        newFaults: at.faults,
        newVouchers: at.vouchers,
        newModules: at.modules,
        // The treasury proper has its part of what is collected there.
        newTreasury: at.fee_burn,
        newFeeBps: set.fee_bps,
        newSlasher: FAULTS_ID,
        newLedger: at.ledger,
    };
    let matching = Matching::constructorCall {
        manager: at.governance,
        newStaking: at.staking,
        newOffers: at.offers,
        newAttributes: at.attributes,
        newPriceGuard: at.price_guard,
        newDeals: at.deals,
        newModules: at.modules,
        newFaults: at.faults,
        newGuardian: set.guardian,
        newRequestFee: units(&set.request_fee)?,
        newBond: units(&set.solver_bond)?,
    };
    let offers = Offers::constructorCall { newStaking: at.staking, newDeals: at.deals };
    Ok(vec![
        ("Offers", initcode(&Offers::BYTECODE, &offers)),
        ("Ledger", initcode(&Ledger::BYTECODE, &ledger)),
        ("Deals", initcode(&Deals::BYTECODE, &deals)),
        ("Matching", initcode(&Matching::BYTECODE, &matching)),
    ])
}

/// Capacity, with what checks it and what it earns.
fn capacity(deployment: &Deployment) -> Vec<(&'static str, Bytes)> {
    let (at, set) = (&deployment.contracts, &deployment.parameters);
    let fee_burn = FeeBurn::constructorCall {
        manager: at.governance,
        staking: at.staking,
        newPriceGuard: at.price_guard,
        newDeals: at.deals,
        newTreasury: set.treasury,
        newBurnBps: set.burn_bps,
    };
    let rewards = Rewards::constructorCall {
        manager: at.governance,
        newStaking: at.staking,
        newPriceGuard: at.price_guard,
        newDeals: at.deals,
        newAttributes: at.attributes,
        newFeeBurn: at.fee_burn,
        newCapacity: at.capacity,
        newBonusBps: set.bonus_bps,
        newKappaBps: set.kappa_bps,
    };
    let capacity = Capacity::constructorCall {
        manager: at.governance,
        newStaking: at.staking,
        newPriceGuard: at.price_guard,
        newRewards: at.rewards,
        newSelf: CAPACITY_ID,
        newGuardian: set.guardian,
    };
    let personalisation = PERSONALISATION.into();
    let equihash = Equihash::constructorCall { n: EQUIHASH_N, k: EQUIHASH_K, personalisation };
    vec![
        ("FeeBurn", initcode(&FeeBurn::BYTECODE, &fee_burn)),
        ("Rewards", initcode(&Rewards::BYTECODE, &rewards)),
        ("EquiX", EquiX::BYTECODE.clone()),
        ("Equihash", initcode(&Equihash::BYTECODE, &equihash)),
        ("Capacity", initcode(&Capacity::BYTECODE, &capacity)),
    ]
}

/// Who says what is down, and what it costs.
fn failures(deployment: &Deployment) -> Result<Vec<(&'static str, Bytes)>> {
    let (at, set) = (&deployment.contracts, &deployment.parameters);
    let probers = Probers::constructorCall {
        staking: at.staking,
        newCapacity: at.capacity,
        newFaults: at.faults,
        newRules: IProbers::Rules {
            drawn: set.probers.drawn,
            quorum: set.probers.quorum,
            panelDrawn: set.probers.panel_drawn,
            panelQuorum: set.probers.panel_quorum,
            eligibleMin: set.probers.eligible_min,
            seatStake: units(&set.probers.seat_stake)?,
        },
        newPay: units(&set.probers.pay)?,
    };
    let faults = Faults::constructorCall {
        newStaking: at.staking,
        newDeals: at.deals,
        newOffers: at.offers,
        newFeeBurn: at.fee_burn,
        newCapacity: at.capacity,
        newProbers: at.probers,
        newDisputes: at.sampled,
        newAppealBond: units(&set.appeal_bond)?,
    };
    Ok(vec![("Probers", initcode(&Probers::BYTECODE, &probers)), ("Faults", initcode(&Faults::BYTECODE, &faults))])
}

/// What metered usage costs, and whose modules it ran.
fn usage(deployment: &Deployment) -> Vec<(&'static str, Bytes)> {
    let at = &deployment.contracts;
    let vouchers = Vouchers::constructorCall { newDeals: at.deals, newStaking: at.staking };
    let modules = Modules::constructorCall { newDeals: at.deals, newMatching: at.matching };
    vec![("Vouchers", initcode(&Vouchers::BYTECODE, &vouchers)), ("Modules", initcode(&Modules::BYTECODE, &modules))]
}

/// Who says that a computation happened: each kind of proof has its verifier.
fn computations(deployment: &Deployment) -> Result<Vec<(&'static str, Bytes)>> {
    let (at, set) = (&deployment.contracts, &deployment.parameters);
    let receipts = Receipts::constructorCall { newDeals: at.deals, newVouchers: at.vouchers, newStaking: at.staking };
    let proofs = Proofs::constructorCall {
        newDeals: at.deals,
        newStaking: at.staking,
        newVouchers: at.vouchers,
        newReceipts: at.receipts,
        newGroth16: at.groth16,
        newSampled: at.sampled,
    };
    let sampled = Sampled::constructorCall {
        newProofs: at.proofs,
        newProbers: at.probers,
        newFaults: at.faults,
        newStaking: at.staking,
        newDeals: at.deals,
        newPay: units(&set.sample_pay)?,
        newBond: units(&set.sample_bond)?,
    };
    Ok(vec![
        ("Receipts", initcode(&Receipts::BYTECODE, &receipts)),
        ("Groth16", Groth16::BYTECODE.clone()),
        ("Proofs", initcode(&Proofs::BYTECODE, &proofs)),
        ("Sampled", initcode(&Sampled::BYTECODE, &sampled)),
    ])
}

/// Smallest units of a parameter.
pub(super) fn units(text: &str) -> Result<u128> {
    text.parse().with_context(|| format!("`{text}` is no number of smallest units"))
}

/// The other halves that contracts make of themselves, because their code does not fit one contract.
pub(crate) fn halves(deployment: &Deployment) -> Result<[(&'static str, Bytes); 5]> {
    let (at, set) = (&deployment.contracts, &deployment.parameters);
    let duties = Duties::constructorCall { newFlt: at.flt, newStablecoin: at.stablecoin, newTreasury: set.treasury };
    let extension = Extension::constructorCall {
        newStaking: at.staking,
        newPriceGuard: at.price_guard,
        newOffers: at.offers,
        newMatching: at.matching,
        newFaults: at.faults,
        newVouchers: at.vouchers,
        newModules: at.modules,
        newSlasher: FAULTS_ID,
    };
    let liability = Liability::constructorCall {
        newStaking: at.staking,
        newPriceGuard: at.price_guard,
        newRewards: at.rewards,
        newSelf: CAPACITY_ID,
        newGuardian: set.guardian,
    };
    let matching = MatchingExtension::constructorCall { newDeals: at.deals, newModules: at.modules };
    let verdicts = Verdicts::constructorCall {
        newStaking: at.staking,
        newDeals: at.deals,
        newOffers: at.offers,
        newFeeBurn: at.fee_burn,
        newCapacity: at.capacity,
        newProbers: at.probers,
        newDisputes: at.sampled,
        newAppealBond: units(&set.appeal_bond)?,
    };
    Ok([
        ("Staking", initcode(&Duties::BYTECODE, &duties)),
        ("Deals", initcode(&Extension::BYTECODE, &extension)),
        ("Capacity", initcode(&Liability::BYTECODE, &liability)),
        ("Matching", initcode(&MatchingExtension::BYTECODE, &matching)),
        ("Faults", initcode(&Verdicts::BYTECODE, &verdicts)),
    ])
}

/// The module list that `Staking` starts with.
pub(crate) fn modules(deployment: &Deployment) -> (Vec<Address>, Vec<u8>) {
    let at = &deployment.contracts;
    let modules = [
        (at.deals, LOCK | REWARD),
        (at.capacity, LOCK | SLASH),
        (at.attributes, LOCK | SLASH),
        (at.rewards, REWARD),
        (at.faults, SLASH),
    ];
    modules.into_iter().unzip()
}

pub(super) fn initcode(bytecode: &Bytes, constructor: &impl SolConstructor) -> Bytes {
    [bytecode.as_ref(), &constructor.abi_encode()].concat().into()
}
