//! What anyone may call to keep deals going: settle, renew, call for margin, close, release.

pub mod capacity;
pub mod faults;
pub mod fees;
pub mod run;

use alloy::primitives::Address;
use anyhow::Result;
use contracts::{Deals, PriceGuard, Staking};
use serde::Serialize;

use crate::amount::{Flt, Usd, percent, price};
use crate::chain::{Context, Sent};
use crate::ids::{DealId, LockId};
use crate::time::timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settled {
    pub deal: DealId,
    pub slot: u8,
    pub owed: Usd,
    pub credited: Usd,
    pub escrow: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renewed {
    pub deal: DealId,
    pub slot: u8,
    pub term_end: String,
    pub lock: Flt,
    pub value_at_stake: Usd,
    /// False: the price was stale and the lock kept its FLT.
    pub is_priced: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Called {
    pub deal: DealId,
    pub slot: u8,
    pub provider: Address,
    pub health_percent: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    pub deal: DealId,
    pub slot: u8,
    pub ended_at: String,
    pub reason: &'static str,
    /// False: the slot passed on to a standby, or seeks a provider.
    pub is_over: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Released {
    pub lock: LockId,
    pub provider: Address,
    pub amount: Flt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observed {
    pub median_usd: String,
    pub is_spread: bool,
    pub fresh_until: String,
}

/// Settles slots in one transaction, and shows where each stands after it.
pub async fn settle(context: &Context, slots: &[(DealId, u8)]) -> Result<Vec<Settled>> {
    let deals = slots.iter().map(|(deal, _)| deal.0).collect();
    let call = Deals::settleManyCall { deals, slots: slots.iter().map(|(_, slot)| *slot).collect() };
    match slots {
        // One slot on its own says why it cannot be settled.
        [(deal, slot)] => {
            context.send(context.at().deals, Deals::settleCall { deal: deal.0, slot: *slot }).await?;
        }
        _ => {
            context.send(context.at().deals, call).await?;
        }
    }
    let mut settled = Vec::new();
    for &(deal, slot) in slots {
        let found = context.view(context.at().deals, Deals::slotOfCall { deal: deal.0, slot }).await?;
        settled.push(Settled {
            deal,
            slot,
            owed: context.usd(found.owed),
            credited: context.usd(found.credited),
            escrow: context.usd(found.escrow),
        });
    }
    Ok(settled)
}

pub async fn renew(context: &Context, deal: DealId, slot: u8) -> Result<Renewed> {
    let sent = context.send(context.at().deals, Deals::renewCall { deal: deal.0, slot }).await?;
    let renewed: Deals::SlotRenewed = sent.event()?;
    Ok(Renewed {
        deal,
        slot,
        term_end: timestamp(renewed.termEnd.to()),
        lock: Flt(renewed.lockAmount),
        value_at_stake: context.usd(renewed.valueAtStake),
        is_priced: renewed.isPriced,
    })
}

pub async fn margin_call(context: &Context, deal: DealId, slot: u8) -> Result<Called> {
    let sent = context.send(context.at().deals, Deals::marginCallCall { deal: deal.0, slot }).await?;
    let opened: Deals::MarginCallOpened = sent.event()?;
    let health_percent = percent(u64::try_from(opened.healthBps)?);
    Ok(Called { deal, slot, provider: opened.provider, health_percent })
}

pub async fn cure(context: &Context, deal: DealId, slot: u8) -> Result<Called> {
    let sent = context.send(context.at().deals, Deals::cureCall { deal: deal.0, slot }).await?;
    let cured: Deals::MarginCallCured = sent.event()?;
    let health_percent = percent(u64::try_from(cured.healthBps)?);
    Ok(Called { deal, slot, provider: cured.provider, health_percent })
}

pub async fn close(context: &Context, deal: DealId, slot: u8) -> Result<Closed> {
    let sent = context.send(context.at().deals, Deals::closeCall { deal: deal.0, slot }).await?;
    closed(deal, slot, &sent)
}

/// What became of a slot that was closed or left: it ended, or its provider's serving did.
pub(crate) fn closed(deal: DealId, slot: u8, sent: &Sent) -> Result<Closed> {
    let passed = sent.events::<Deals::ServingEnded>();
    let (ends_at, reason, is_over) = match passed.first() {
        Some(serving) => (serving.endedAt, serving.reason, false),
        None => {
            let ended: Deals::SlotEnded = sent.event()?;
            (ended.endsAt, ended.reason, true)
        }
    };
    let reason = match reason {
        0 => "term over",
        1 => "stopped by the customer",
        2 => "out of funds",
        3 => "left on margin",
        4 => "failed",
        5 => "not filled",
        _ => "unknown",
    };
    Ok(Closed { deal, slot, ended_at: timestamp(ends_at.to()), reason, is_over })
}

pub async fn release(context: &Context, lock: LockId) -> Result<Released> {
    let sent = context.send(context.at().staking, Staking::releaseCall { lock: lock.0 }).await?;
    let released: Staking::LockReleased = sent.event()?;
    Ok(Released { lock, provider: released.provider, amount: Flt(released.amount) })
}

/// Releases the lock of a slot that ended before its term did, once its disputes are over.
pub async fn release_slot(context: &Context, deal: DealId, slot: u8) -> Result<Released> {
    let sent = context.send(context.at().deals, Deals::releaseLockCall { deal: deal.0, slot }).await?;
    let released: Staking::LockReleased = sent.event()?;
    Ok(Released { lock: LockId(released.lock), provider: released.provider, amount: Flt(released.amount) })
}

/// Pushes the stakers' part of a provider's revenue to `Staking`.
pub async fn pay_stakers(context: &Context, provider: Address) -> Result<Usd> {
    let sent = context.send(context.at().deals, Deals::payStakersCall { provider }).await?;
    Ok(context.usd(sent.event::<Deals::StakersPaid>()?.amount))
}

/// Turns a provider's matured thaw buckets into claim pools.
pub async fn crystallise(context: &Context, provider: Address) -> Result<()> {
    context.send(context.at().staking, Staking::crystalliseCall { provider }).await?;
    Ok(())
}

/// Sends an unlocked provider's orphan reserve to the treasury.
pub async fn sweep_orphan(context: &Context, provider: Address) -> Result<()> {
    context.send(context.at().staking, Staking::sweepOrphanCall { provider }).await?;
    Ok(())
}

pub async fn burn_slashed(context: &Context, day: u32) -> Result<()> {
    context.send(context.at().staking, Staking::burnSlashedCall { day }).await?;
    Ok(())
}

pub async fn pay_quarantine(context: &Context, quarantine: u64) -> Result<()> {
    context.send(context.at().staking, Staking::payQuarantineCall { quarantine }).await?;
    Ok(())
}

pub async fn observe(context: &Context) -> Result<Observed> {
    let sent = context.send(context.at().price_guard, PriceGuard::observeCall {}).await?;
    let observed: PriceGuard::PriceObserved = sent.event()?;
    let fresh_until = timestamp(observed.freshUntil.to());
    Ok(Observed { median_usd: price(observed.median), is_spread: observed.isSpread, fresh_until })
}
