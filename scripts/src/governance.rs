//! Changes of parameters: scheduled by the council in a timelock, public for its delay, then executed by anyone.

use alloy::network::TransactionBuilder as _;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::providers::Provider as _;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolEvent};
use anyhow::{Context as _, Result, bail};
use contracts::price_guard::IPriceGuard;
use contracts::{Attributes, Capacity, Deals, FeeBurn, Matching, PriceGuard, Rewards, Timelock};
use serde::Serialize;

use crate::chain::{Context, explain};
use crate::deployment::Source;
use crate::revert;
use crate::time::timestamp;

/// What the parameter timelock may do; amounts are smallest units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// No treasury: who receives fees stays.
    Fee {
        bps: u16,
        treasury: Option<Address>,
    },
    /// No treasury: who has what is not burned stays.
    BurnShare {
        bps: u16,
        treasury: Option<Address>,
    },
    RequestFee(u128),
    Sources(Vec<Source>),
    Attester {
        account: Address,
        is_attester: bool,
    },
    /// Burns what an attester secured.
    SlashAttester {
        attester: Address,
        amount: u128,
    },
    /// `target` is stablecoin a credited unit and epoch, the bounds are FLT.
    Pool {
        class: u8,
        target: u128,
        minimum: u128,
        maximum: u128,
    },
    Bonus {
        bonus_bps: u16,
        kappa_bps: u16,
    },
    /// Stablecoin that is locked for a unit.
    Collateral {
        class: u8,
        collateral: u128,
    },
    Class {
        class: u8,
        verifier: Address,
        target: U256,
        collateral: u128,
    },
    /// Checks what is pledged or renewed 28 days after it.
    Verifier {
        class: u8,
        verifier: Address,
    },
}

/// A call that waits in a timelock, or was made or cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operation {
    pub id: B256,
    pub timelock: String,
    pub contract: String,
    pub call: String,
    pub status: &'static str,
    /// None once it was made or cancelled.
    pub ready_at: Option<String>,
}

/// What executing or cancelling needs to say again.
struct Scheduled {
    timelock: Address,
    fact: Timelock::CallScheduled,
    salt: B256,
}

impl Change {
    async fn call(&self, context: &Context) -> Result<(Address, Bytes)> {
        let at = context.at();
        let (target, call) = match *self {
            Self::Fee { bps, treasury } => {
                let now = context.view(at.deals, Deals::treasuryCall {}).await?;
                (at.deals, Deals::setFeeCall { newFeeBps: bps, newTreasury: treasury.unwrap_or(now) }.abi_encode())
            }
            Self::BurnShare { bps, treasury } => {
                let now = context.view(at.fee_burn, FeeBurn::treasuryCall {}).await?;
                let call = FeeBurn::setBurnShareCall { newBurnBps: bps, newTreasury: treasury.unwrap_or(now) };
                (at.fee_burn, call.abi_encode())
            }
            Self::RequestFee(fee) => (at.matching, Matching::setRequestFeeCall { newFee: fee }.abi_encode()),
            Self::Sources(ref sources) => {
                let new_sources = sources
                    .iter()
                    .map(|source| IPriceGuard::Source { aggregator: source.aggregator, heartbeat: source.heartbeat });
                (at.price_guard, PriceGuard::setSourcesCall { newSources: new_sources.collect() }.abi_encode())
            }
            Self::Attester { account, is_attester } => {
                let call = Attributes::setAttesterCall { attester: account, isAttester: is_attester };
                (at.attributes, call.abi_encode())
            }
            Self::SlashAttester { attester, amount } => {
                (at.attributes, Attributes::slashCall { attester, amount }.abi_encode())
            }
            Self::Pool { class, target, minimum, maximum } => {
                (at.rewards, Rewards::setPoolCall { class, target, minimum, maximum }.abi_encode())
            }
            Self::Bonus { bonus_bps, kappa_bps } => {
                let call = Rewards::setBonusCall { newBonusBps: bonus_bps, newKappaBps: kappa_bps };
                (at.rewards, call.abi_encode())
            }
            Self::Collateral { class, collateral } => {
                (at.capacity, Capacity::setCollateralCall { class, newCollateral: collateral }.abi_encode())
            }
            Self::Class { class, verifier, target, collateral } => {
                (at.capacity, Capacity::addClassCall { class, verifier, target, collateral }.abi_encode())
            }
            Self::Verifier { class, verifier } => {
                (at.capacity, Capacity::scheduleVerifierCall { class, verifier }.abi_encode())
            }
        };
        Ok((target, call.into()))
    }
}

/// The council puts a change into the parameter timelock, from where anyone may execute it after the delay.
pub async fn schedule(context: &Context, change: &Change) -> Result<Operation> {
    let timelock = context.at().parameter_timelock;
    let (target, data) = change.call(context).await?;
    refuse_early(context, timelock, target, &data).await?;
    let delay = context.view(timelock, Timelock::getMinDelayCall {}).await?;
    // The same change may be made twice, and two operations need two ids.
    let earlier = context.logs(timelock, &[Timelock::CallScheduled::SIGNATURE_HASH]).await?.len();
    let salt = keccak256(U256::from(earlier).to_be_bytes::<32>());
    let predecessor = B256::ZERO;
    let call = Timelock::scheduleCall { target, value: U256::ZERO, data, predecessor, salt, delay };
    let sent = context.send(timelock, call).await?;
    let fact: Timelock::CallScheduled = sent.event()?;
    let ready_at = if context.is_planning() {
        U256::from(context.now().await?) + delay
    } else {
        context.view(timelock, Timelock::getTimestampCall { id: fact.id }).await?
    };
    let ready_at = u64::try_from(ready_at).context("a time of more than 64 bits")?;
    let scheduled = Scheduled { timelock, fact, salt };
    Ok(scheduled.shown(context, "waiting", Some(timestamp(ready_at))))
}

/// A change that its contract would refuse is refused now, not when its delay is over.
async fn refuse_early(context: &Context, timelock: Address, target: Address, data: &Bytes) -> Result<()> {
    let request = TransactionRequest::default().with_from(timelock).with_to(target).with_input(data.clone());
    context.provider.call(request).await.map_err(|error| explain(&error, context.decimals()))?;
    Ok(())
}

/// Anyone makes a call that has waited long enough.
pub async fn execute(context: &Context, id: B256) -> Result<Operation> {
    let scheduled = find(context, id).await?;
    let Timelock::CallScheduled { target, value, data, predecessor, .. } = scheduled.fact.clone();
    let call = Timelock::executeCall { target, value, payload: data, predecessor, salt: scheduled.salt };
    context.send(scheduled.timelock, call).await?;
    Ok(scheduled.shown(context, "done", None))
}

/// The council takes a change back before it is executed.
pub async fn cancel(context: &Context, id: B256) -> Result<Operation> {
    let scheduled = find(context, id).await?;
    context.send(scheduled.timelock, Timelock::cancelCall { id }).await?;
    Ok(scheduled.shown(context, "cancelled", None))
}

/// Everything that waits in the two timelocks, in the order in which it was scheduled.
pub async fn pending(context: &Context) -> Result<Vec<Operation>> {
    let now = context.now().await?;
    let mut operations = Vec::new();
    for scheduled in all(context).await? {
        let id = scheduled.fact.id;
        let at = context.view(scheduled.timelock, Timelock::getTimestampCall { id }).await?;
        let at = u64::try_from(at).context("a time of more than 64 bits")?;
        // Zero: cancelled; one: done.
        if at > 1 {
            let status = if at <= now { "ready" } else { "waiting" };
            operations.push(scheduled.shown(context, status, Some(timestamp(at))));
        }
    }
    Ok(operations)
}

async fn find(context: &Context, id: B256) -> Result<Scheduled> {
    let found = all(context).await?.into_iter().find(|scheduled| scheduled.fact.id == id);
    let Some(found) = found else {
        bail!("No timelock of this deployment knows the operation {id}: see `surety operator params pending`.")
    };
    Ok(found)
}

/// Timelocks keep hashes alone; what was scheduled stands in their logs.
async fn all(context: &Context) -> Result<Vec<Scheduled>> {
    let mut scheduled = Vec::new();
    for timelock in [context.at().parameter_timelock, context.at().slashing_timelock] {
        let topics = [Timelock::CallScheduled::SIGNATURE_HASH, Timelock::CallSalt::SIGNATURE_HASH];
        for log in context.logs(timelock, &topics).await? {
            if let Ok(fact) = Timelock::CallScheduled::decode_log(&log.inner) {
                scheduled.push(Scheduled { timelock, fact: fact.data, salt: B256::ZERO });
            } else if let Ok(salted) = Timelock::CallSalt::decode_log(&log.inner) {
                let owner = scheduled.iter_mut().rev().find(|scheduled| scheduled.fact.id == salted.id);
                owner.context("a salt follows what was scheduled with it")?.salt = salted.salt;
            }
        }
    }
    Ok(scheduled)
}

impl Scheduled {
    fn shown(&self, context: &Context, status: &'static str, ready_at: Option<String>) -> Operation {
        Operation {
            id: self.fact.id,
            timelock: context.at().name_of(self.timelock),
            contract: context.at().name_of(self.fact.target),
            call: revert::describe(&self.fact.data),
            status,
            ready_at,
        }
    }
}
