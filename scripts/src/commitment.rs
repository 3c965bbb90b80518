//! Pledges of capacity: what they lock, when they end, and where they stand. Proving them is the prover's.

use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolEvent;
use anyhow::{Context as _, Result, ensure};
use contracts::i_capacity::ICapacity;
use contracts::{Capacity, PriceGuard, Rewards, Staking};
use serde::Serialize;

use crate::amount::{Flt, Usd, price};
use crate::capacity::contract::Committed;
use crate::chain::Context;
use crate::ids::{CommitmentId, LockId};
use crate::quote::mul_div_up;
use crate::time::{DAY, maybe_timestamp, timestamp};

/// What a pledge would lock now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quote {
    pub class: u8,
    pub units: u16,
    pub collateral_usd: Usd,
    pub flt_usd_low: String,
    pub is_price_stale: bool,
    pub lock: Flt,
    /// The largest lock that would be granted now.
    pub free: Flt,
    pub is_covered: bool,
    /// FLT that the next epoch shares among all units of the class.
    pub pool: Flt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pledged {
    pub commitment: CommitmentId,
    pub provider: Address,
    pub class: u8,
    pub units: u16,
    pub starts_at: String,
    pub ends_at: String,
    pub lock: LockId,
    pub lock_flt: Flt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renewed {
    pub commitment: CommitmentId,
    pub ends_at: String,
    pub lock_flt: Flt,
    /// False: the price was stale and the lock kept its FLT.
    pub is_priced: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ended {
    pub commitment: CommitmentId,
    pub ends_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub commitment: CommitmentId,
    pub provider: Address,
    pub class: u8,
    pub units: u16,
    pub starts_at: String,
    pub ends_at: String,
    pub is_convicted: bool,
    pub lock: LockId,
    pub lock_flt: Flt,
    /// Day of the next epoch to be credited.
    pub next_credit: String,
    pub poor_epochs: u8,
    /// Audits and demands that wait for a leaf.
    pub open_challenges: u16,
    pub last_reward: Flt,
    /// Earned and not paid yet.
    pub pending: Flt,
    pub pending_until: Option<String>,
}

/// What `units` would lock, before anything is signed.
pub async fn quote(context: &Context, provider: Address, class: u8, units: u16) -> Result<Quote> {
    let at = context.at();
    let collateral = context.view(at.capacity, Capacity::classOfCall { class }).await?.collateral;
    let low = context.view(at.price_guard, PriceGuard::lowCall {}).await?;
    ensure!(low > 0, "The price of FLT was never observed: run `surety keeper observe` once its sources have answers.");
    let value = collateral * u128::from(units);
    let scale = 10_u128.pow(u32::from(18 - context.decimals())) * 100_000_000;
    let lock = mul_div_up(value, scale, low.into())?;
    let free = context.view(at.staking, Staking::freeCall { provider }).await?;
    Ok(Quote {
        class,
        units,
        collateral_usd: context.usd(value),
        flt_usd_low: price(low),
        is_price_stale: context.view(at.price_guard, PriceGuard::isStaleCall {}).await?,
        lock: Flt(lock),
        free: Flt(free),
        is_covered: lock <= free,
        pool: Flt(context.view(at.rewards, Rewards::poolOfCall { class }).await?.next),
    })
}

/// Pledges units for a term that begins with the next epoch.
pub async fn pledge(context: &Context, class: u8, units: u16, term_days: u8) -> Result<Pledged> {
    let call = Capacity::pledgeCall { provider: context.account()?, class, units, termDays: term_days };
    let sent = context.send(context.at().capacity, call).await?;
    let pledged: Capacity::CapacityPledged = sent.event()?;
    Ok(Pledged {
        commitment: CommitmentId(pledged.commitment),
        provider: pledged.provider,
        class: pledged.class,
        units: pledged.units,
        starts_at: day(pledged.firstEpoch),
        ends_at: day(pledged.endEpoch),
        lock: LockId(pledged.lock),
        lock_flt: Flt(pledged.lockAmount),
    })
}

/// Another term, in the last epoch of the running one.
pub async fn renew(context: &Context, commitment: CommitmentId, term_days: u8) -> Result<Renewed> {
    let call = Capacity::renewCall { commitment: commitment.0, termDays: term_days };
    let renewed: Capacity::CapacityRenewed = context.send(context.at().capacity, call).await?.event()?;
    Ok(Renewed {
        commitment,
        ends_at: day(renewed.endEpoch),
        lock_flt: Flt(renewed.lockAmount),
        is_priced: renewed.isPriced,
    })
}

/// The running epoch is the last.
pub async fn end(context: &Context, commitment: CommitmentId) -> Result<Ended> {
    let sent = context.send(context.at().capacity, Capacity::endCall { commitment: commitment.0 }).await?;
    let ended: Capacity::CapacityEnded = sent.event()?;
    Ok(Ended { commitment, ends_at: day(ended.endEpoch) })
}

pub async fn show(context: &Context, commitment: CommitmentId) -> Result<Shown> {
    let (at, id) = (context.at(), commitment.0);
    let found = context.view(at.capacity, Capacity::commitmentOfCall { commitment: id }).await?;
    let lock = context.view(at.staking, Staking::lockOfCall { lock: found.lock }).await?;
    let pending = context.view(at.rewards, Rewards::pendingOfCall { commitment: id }).await?;
    let last = context.view(at.rewards, Rewards::lastRewardOfCall { commitment: id }).await?;
    Ok(Shown {
        commitment,
        provider: found.provider,
        class: found.class,
        units: found.units,
        starts_at: day(found.firstEpoch),
        ends_at: day(found.endEpoch),
        is_convicted: found.isConvicted,
        lock: LockId(found.lock),
        lock_flt: Flt(lock.amount),
        next_credit: day(found.nextEpoch),
        poor_epochs: found.poorEpochs,
        open_challenges: found.openChallenges,
        last_reward: Flt(last),
        pending: Flt(pending.amount),
        pending_until: maybe_timestamp(pending.dueAt.to()),
    })
}

/// Commitments that a provider ever pledged.
pub async fn of(context: &Context, provider: Address) -> Result<Vec<CommitmentId>> {
    let logs = context.logs(context.at().capacity, &[Capacity::CapacityPledged::SIGNATURE_HASH]).await?;
    let pledged = logs.iter().filter_map(|log| Capacity::CapacityPledged::decode_log(&log.inner).ok());
    Ok(pledged.filter(|fact| fact.provider == provider).map(|fact| CommitmentId(fact.commitment)).collect())
}

/// What a commit claimed; the contract keeps only its hash.
pub(crate) async fn claim(context: &Context, commitment: CommitmentId, window: u32) -> Result<ICapacity::Claim> {
    let topics = [B256::from(U256::from(commitment.0)), B256::from(U256::from(window))];
    let logs = context.logs_of(context.at().capacity, Capacity::WindowCommitted::SIGNATURE_HASH, topics).await?;
    let log = logs.last().with_context(|| format!("Commitment {commitment} has no claim of window {window}."))?;
    Ok(Committed::of(log)?.claim())
}

/// The first moment of an epoch.
pub(crate) fn day(epoch: u32) -> String {
    timestamp(u64::from(epoch) * DAY)
}
