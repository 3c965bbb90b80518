//! Whether a chain holds what a deployment file says: code, constructor arguments, roles and modules.

use std::collections::BTreeSet;

use alloy::network::TransactionBuilder as _;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::providers::Provider as _;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolEvent;
use anyhow::{Context as _, Result};
use contracts::{
    Attributes, Capacity, Deals, DevelopmentUsd, Faults, FeeBurn, Governance, Matching, Offers, PriceGuard, Probers,
    Proofs, Rewards, Sampled, Staking, Timelock,
};
use serde::Serialize;

use crate::chain::{Context, explain};
use crate::deploy::{self, ADMIN_ROLE, PARAMETERS_ROLE};
use crate::deployment::{Class, Deployment};
use crate::signing::Domain;

/// Nobody's account: its nonce is zero, so what it would create has a known address.
const NOBODY: Address = Address::repeat_byte(0x5c);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    pub checked: u32,
    pub differences: Vec<Difference>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub subject: String,
    pub expected: String,
    pub found: String,
}

impl Verified {
    fn compare(&mut self, subject: impl Into<String>, expected: impl ToString, found: impl ToString) {
        self.checked += 1;
        let (expected, found) = (expected.to_string(), found.to_string());
        if expected != found {
            self.differences.push(Difference { subject: subject.into(), expected, found });
        }
    }
}

pub async fn verify(context: &Context) -> Result<Verified> {
    let mut verified = Verified { checked: 0, differences: Vec::new() };
    for (name, initcode) in deploy::initcodes(&context.deployment, NOBODY)? {
        let at = context.at().address_of(name)?;
        code(context, &mut verified, name, at, initcode).await?;
    }
    for (name, initcode) in deploy::halves(&context.deployment)? {
        let at = half_of(context.at().address_of(name)?);
        code(context, &mut verified, &format!("{name}'s other half"), at, initcode).await?;
    }
    let is_foreign = !verified.differences.is_empty();
    match views(context, &mut verified).await {
        // Foreign code need not have these views, and that it is foreign was said.
        Err(_) if is_foreign => {}
        read => read?,
    }
    Ok(verified)
}

async fn views(context: &Context, verified: &mut Verified) -> Result<()> {
    tokens(context, verified).await?;
    parameters(context, verified).await?;
    rewards(context, verified).await?;
    failures(context, verified).await?;
    computations(context, verified).await?;
    staking(context, verified).await?;
    governance(context, verified).await
}

/// Runs the constructor again without sending it: what it returns is the code that must be there, immutables included.
async fn code(context: &Context, verified: &mut Verified, name: &str, at: Address, initcode: Bytes) -> Result<()> {
    let found = context.provider.get_code_at(at).await.map_err(|error| explain(&error, context.decimals()))?;
    let replay = TransactionRequest::default().with_from(NOBODY).with_deploy_code(initcode).with_nonce(0);
    let expected = context.provider.call(replay).await.map_err(|error| explain(&error, context.decimals()));
    let expected = expected.with_context(|| format!("running the constructor of {name} again"))?;
    let replayed = NOBODY.create(0);
    let expected = replace(&expected, half_of(replayed).as_slice(), half_of(at).as_slice());
    // Who checks signatures keeps its own address, and the hash of the domain that follows from it.
    let expected = replace(&expected, replayed.as_slice(), at.as_slice());
    let domain = |contract| Domain { chain_id: context.deployment.chain_id, contract }.separator();
    let expected = replace(&expected, domain(replayed).as_slice(), domain(at).as_slice());
    verified.compare(format!("{name} code"), show(&expected), show(&found));
    Ok(())
}

/// What a contract creates first lies where its own first nonce says.
fn half_of(contract: Address) -> Address {
    contract.create(1)
}

/// `to` is as long as `from`.
fn replace(code: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut code = code.to_vec();
    let windows = code.windows(from.len()).enumerate();
    let places: Vec<usize> = windows.filter(|(_, window)| *window == from).map(|(place, _)| place).collect();
    for place in places {
        code[place..place + from.len()].copy_from_slice(to);
    }
    code
}

fn show(code: &[u8]) -> String {
    if code.is_empty() { "nothing".to_owned() } else { format!("{} bytes, hash {}", code.len(), keccak256(code)) }
}

async fn tokens(context: &Context, verified: &mut Verified) -> Result<()> {
    let at = context.at();
    let decimals = context.view(at.flt, DevelopmentUsd::decimalsCall {}).await?;
    verified.compare("Flt decimals", crate::amount::FLT_DECIMALS, decimals);
    let decimals = context.view(at.stablecoin, DevelopmentUsd::decimalsCall {}).await?;
    verified.compare("Stablecoin decimals", context.decimals(), decimals);
    Ok(())
}

async fn parameters(context: &Context, verified: &mut Verified) -> Result<()> {
    let (at, set) = (context.at(), &context.deployment.parameters);
    let sources = context.view(at.price_guard, PriceGuard::sourcesCall {}).await?;
    let text = |sources: &[(Address, u32)]| {
        sources.iter().map(|(at, heartbeat)| format!("{at} every {heartbeat} s")).collect::<Vec<_>>().join(", ")
    };
    let expected: Vec<_> = set.sources.iter().map(|source| (source.aggregator, source.heartbeat)).collect();
    let found: Vec<_> = sources.iter().map(|source| (source.aggregator, source.heartbeat)).collect();
    verified.compare("PriceGuard sources", text(&expected), text(&found));
    verified.compare("Deals fee bps", set.fee_bps, context.view(at.deals, Deals::feeBpsCall {}).await?);
    verified.compare("Deals treasury", at.fee_burn, context.view(at.deals, Deals::treasuryCall {}).await?);
    let fee = context.view(at.matching, Matching::requestFeeCall {}).await?;
    verified.compare("Matching request fee", &set.request_fee, fee);
    verified.compare("Matching bond", &set.solver_bond, context.view(at.matching, Matching::bondCall {}).await?);
    verified.compare("Matching guardian", set.guardian, context.view(at.matching, Matching::guardianCall {}).await?);
    verified.compare("Offers staking", at.staking, context.view(at.offers, Offers::stakingCall {}).await?);
    verified.compare("Offers deals", at.deals, context.view(at.offers, Offers::dealsCall {}).await?);
    for &account in &set.attesters {
        let is_attester = context.view(at.attributes, Attributes::isAttesterCall { account }).await?;
        verified.compare(format!("Attributes attester {account}"), true, is_attester);
    }
    for (name, managed) in [
        ("PriceGuard", at.price_guard),
        ("Attributes", at.attributes),
        ("Deals", at.deals),
        ("Matching", at.matching),
        ("FeeBurn", at.fee_burn),
        ("Rewards", at.rewards),
        ("Capacity", at.capacity),
    ] {
        let authority = context.view(managed, Deals::authorityCall {}).await?;
        verified.compare(format!("{name} authority"), at.governance, authority);
    }
    Ok(())
}

async fn rewards(context: &Context, verified: &mut Verified) -> Result<()> {
    let (at, set) = (context.at(), &context.deployment.parameters);
    let burn_bps = context.view(at.fee_burn, FeeBurn::burnBpsCall {}).await?;
    verified.compare("FeeBurn burn bps", set.burn_bps, burn_bps);
    verified.compare("FeeBurn treasury", set.treasury, context.view(at.fee_burn, FeeBurn::treasuryCall {}).await?);
    verified.compare("Rewards bonus bps", set.bonus_bps, context.view(at.rewards, Rewards::bonusBpsCall {}).await?);
    verified.compare("Rewards kappa bps", set.kappa_bps, context.view(at.rewards, Rewards::kappaBpsCall {}).await?);
    let security = context.view(at.attributes, Attributes::securityMinCall {}).await?;
    verified.compare("Attributes least security", &set.security_min, security);
    let security = context.view(at.attributes, Attributes::securityPerUnitCall {}).await?;
    verified.compare("Attributes security a unit", &set.security_per_unit, security);
    let expected: Vec<u8> = set.classes.iter().map(|class| class.class).collect();
    let found = context.view(at.capacity, Capacity::classesCall {}).await?.to_vec();
    verified.compare("Capacity classes", format!("{expected:?}"), format!("{found:?}"));
    for class in &set.classes {
        class_of(context, verified, class).await?;
    }
    Ok(())
}

async fn failures(context: &Context, verified: &mut Verified) -> Result<()> {
    let (at, set) = (context.at(), &context.deployment.parameters);
    let bond = context.view(at.faults, Faults::appealBondCall {}).await?;
    verified.compare("Faults appeal bond", &set.appeal_bond, bond);
    let rules = context.view(at.probers, Probers::rulesCall {}).await?;
    let (drawn, quorum) = (set.probers.drawn, set.probers.quorum);
    verified.compare("Probers draw", format!("{quorum} of {drawn}"), format!("{} of {}", rules.quorum, rules.drawn));
    let panel = format!("{} of {}", set.probers.panel_quorum, set.probers.panel_drawn);
    verified.compare("Probers panel", panel, format!("{} of {}", rules.panelQuorum, rules.panelDrawn));
    verified.compare("Probers eligible at least", set.probers.eligible_min, rules.eligibleMin);
    verified.compare("Probers seat", &set.probers.seat_stake, rules.seatStake);
    verified.compare("Probers pay", &set.probers.pay, context.view(at.probers, Probers::payCall {}).await?);
    Ok(())
}

/// Kinds of proofs that are verified, as `IProofs` numbers them.
async fn computations(context: &Context, verified: &mut Verified) -> Result<()> {
    let (at, set) = (context.at(), &context.deployment.parameters);
    for (kind, expected) in [(1, at.receipts), (2, at.sampled), (3, at.groth16)] {
        let verifier = context.view(at.proofs, Proofs::verifierOfCall { kind }).await?;
        verified.compare(format!("Proofs verifier of kind {kind}"), expected, verifier);
    }
    verified.compare("Sampled pay", &set.sample_pay, context.view(at.sampled, Sampled::payOfCall {}).await?);
    verified.compare("Sampled bond", &set.sample_bond, context.view(at.sampled, Sampled::bondOfCall {}).await?);
    Ok(())
}

/// A class as it was added; its target moves by itself, its reference does not.
async fn class_of(context: &Context, verified: &mut Verified, set: &Class) -> Result<()> {
    let (at, class) = (context.at(), set.class);
    let found = context.view(at.capacity, Capacity::classOfCall { class }).await?;
    verified.compare(format!("Capacity collateral of class {class}"), &set.collateral, found.collateral);
    verified.compare(format!("Capacity reference of class {class}"), set.target()?, found.referenceTarget);
    let newest = Capacity::verifierOfCall { class, version: found.versions };
    let verifier = context.view(at.capacity, newest).await?.verifier;
    verified.compare(format!("Capacity verifier of class {class}"), at.verifier(set.algorithm), verifier);
    let pool = context.view(at.rewards, Rewards::poolOfCall { class }).await?;
    verified.compare(format!("Rewards target of class {class}"), &set.pool_target, pool.target);
    verified.compare(format!("Rewards minimum of class {class}"), &set.pool_minimum, pool.minimum);
    verified.compare(format!("Rewards maximum of class {class}"), &set.pool_maximum, pool.maximum);
    Ok(())
}

async fn staking(context: &Context, verified: &mut Verified) -> Result<()> {
    let (at, set) = (context.at(), &context.deployment.parameters);
    verified.compare("Staking flt", at.flt, context.view(at.staking, Staking::fltCall {}).await?);
    let stablecoin = context.view(at.staking, Staking::stablecoinCall {}).await?;
    verified.compare("Staking stablecoin", at.stablecoin, stablecoin);
    verified.compare("Staking treasury", set.treasury, context.view(at.staking, Staking::treasuryCall {}).await?);
    verified.compare("Staking guardian", set.guardian, context.view(at.staking, Staking::guardianCall {}).await?);
    let council = context.view(at.staking, Staking::councilCall {}).await?;
    verified.compare("Staking council", at.parameter_timelock, council);
    let modules = context.view(at.staking, Staking::modulesCall {}).await?;
    let found = modules.iter().filter(|module| !module.module.is_zero() && module.removedAt.is_zero());
    let found: Vec<_> = found.map(|module| (module.module, module.roles)).collect();
    let (addresses, roles) = deploy::modules(&context.deployment);
    let expected: Vec<_> = addresses.into_iter().zip(roles).collect();
    let text = |modules: &[(Address, u8)]| {
        modules.iter().map(|(module, roles)| format!("{module} roles {roles}")).collect::<Vec<_>>().join(", ")
    };
    verified.compare("Staking modules", text(&expected), text(&found));
    Ok(())
}

async fn governance(context: &Context, verified: &mut Verified) -> Result<()> {
    let (at, set) = (context.at(), &context.deployment.parameters);
    for (target, selector) in deploy::parameter_functions(at) {
        let role = context.view(at.governance, Governance::getTargetFunctionRoleCall { target, selector }).await?;
        verified.compare(format!("Governance role of {selector} of {target}"), PARAMETERS_ROLE, role);
    }
    let expected = [(ADMIN_ROLE, at.slashing_timelock), (PARAMETERS_ROLE, at.parameter_timelock)];
    let members = members(context).await?;
    let text = |members: &BTreeSet<(u64, Address)>| {
        members.iter().map(|(role, account)| format!("{role} {account}")).collect::<Vec<_>>().join(", ")
    };
    verified.compare("Governance members", text(&expected.into_iter().collect()), text(&members));
    for (name, timelock, delay) in [
        ("ParameterTimelock", at.parameter_timelock, set.parameter_delay),
        ("SlashingTimelock", at.slashing_timelock, set.slashing_delay),
    ] {
        let found = context.view(timelock, Timelock::getMinDelayCall {}).await?;
        verified.compare(format!("{name} delay"), delay, found);
        let expected = [
            (B256::ZERO, timelock),
            (keccak256("PROPOSER_ROLE"), set.council),
            (keccak256("CANCELLER_ROLE"), set.council),
            (keccak256("EXECUTOR_ROLE"), Address::ZERO),
        ];
        let members = timelock_members(context, timelock).await?;
        let text = |members: &BTreeSet<(B256, Address)>| {
            members.iter().map(|(role, account)| format!("{role} {account}")).collect::<Vec<_>>().join(", ")
        };
        verified.compare(format!("{name} members"), text(&expected.into_iter().collect()), text(&members));
    }
    Ok(())
}

/// Who holds which role of `Governance`. It keeps no list, so its logs tell.
async fn members(context: &Context) -> Result<BTreeSet<(u64, Address)>> {
    let mut members = BTreeSet::new();
    for log in context.logs(context.at().governance, &[]).await? {
        if let Ok(granted) = Governance::RoleGranted::decode_log(&log.inner) {
            members.insert((granted.roleId, granted.account));
        } else if let Ok(revoked) = Governance::RoleRevoked::decode_log(&log.inner) {
            members.remove(&(revoked.roleId, revoked.account));
        }
    }
    Ok(members)
}

async fn timelock_members(context: &Context, timelock: Address) -> Result<BTreeSet<(B256, Address)>> {
    let mut members = BTreeSet::new();
    for log in context.logs(timelock, &[]).await? {
        if let Ok(granted) = Timelock::RoleGranted::decode_log(&log.inner) {
            members.insert((granted.role, granted.account));
        } else if let Ok(revoked) = Timelock::RoleRevoked::decode_log(&log.inner) {
            members.remove(&(revoked.role, revoked.account));
        }
    }
    Ok(members)
}

impl Deployment {
    /// One sentence on what this deployment is.
    pub fn summary(&self) -> String {
        let kind = if self.parameters.is_development { "development deployment" } else { "deployment" };
        format!("{kind} on chain {} from block {}", self.chain_id, self.first_block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_an_address_is_replaced() {
        let (from, to) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let (from, to) = (from.as_slice(), to.as_slice());
        let code = [&[9][..], from, &[8], from].concat();
        let expected = [&[9][..], to, &[8], to].concat();
        assert_eq!(replace(&code, from, to), expected);
        assert_eq!(replace(&[1; 19], from, to), [1; 19]);
    }

    #[test]
    fn only_differences_are_kept_and_all_is_counted() {
        let mut verified = Verified { checked: 0, differences: Vec::new() };
        verified.compare("a", 1, 1);
        verified.compare("b", 1, 2);
        assert_eq!((verified.checked, verified.differences.len()), (2, 1));
        assert_eq!(verified.differences[0].subject, "b");
    }
}
