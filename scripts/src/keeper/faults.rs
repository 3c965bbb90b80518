//! What anyone may call when a provider failed: fail over, propose, execute, and what goes with it.

use alloy::primitives::Address;
use anyhow::{Context as _, Result};
use contracts::{Deals, IFaults, IProbers};
use serde::Serialize;

use crate::amount::{Flt, Usd};
use crate::chain::Context;
use crate::ids::{DealId, FaultId};
use crate::time::{DAY, timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedOver {
    pub deal: DealId,
    pub slot: u8,
    pub failed: Address,
    /// None: the customer's flag was not confirmed, and the slot ends after its notice.
    pub since: Option<String>,
    /// The standby that serves now; none: nobody does.
    pub provider: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposed {
    pub fault: FaultId,
    pub deal: DealId,
    pub slot: u8,
    pub provider: Address,
    pub amount: Flt,
    pub appeal_until: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Executed {
    pub fault: FaultId,
    /// None: it was dismissed.
    pub slashed: Option<Flt>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Served {
    pub deal: DealId,
    pub slot: u8,
    pub serving: u32,
    /// Seconds whose fee is burned, which count now.
    pub counted_seconds: u64,
    /// Seconds that count when their fee is burned.
    pub waiting_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Released {
    pub deal: DealId,
    pub slot: u8,
    pub serving: u32,
    pub provider: Address,
    pub credited: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayOpened {
    pub day: String,
    pub seats: u32,
    pub eligible: u32,
}

/// Takes a flagged slot from its provider after the grace, or lets the customer's flag lapse.
pub async fn failover(context: &Context, deal: DealId, slot: u8) -> Result<FailedOver> {
    let call = IFaults::failoverCall { deal: deal.0, slot };
    let sent = context.send(context.at().faults, call).await?;
    if let Some(lapsed) = sent.events::<IFaults::FlagLapsed>().first() {
        return Ok(FailedOver { deal, slot, failed: lapsed.provider, since: None, provider: None });
    }
    let failed: IFaults::FailedOver = sent.event()?;
    let provider = sent.events::<Deals::StandbyPromoted>().first().map(|promoted| promoted.provider);
    Ok(FailedOver { deal, slot, failed: failed.provider, since: Some(timestamp(failed.since.to())), provider })
}

/// As the reporter, who is paid of what is slashed.
pub async fn propose(context: &Context, deal: DealId, slot: u8, serving: u32, kind: u8) -> Result<Proposed> {
    let call = IFaults::proposeFaultCall { deal: deal.0, slot, serving, kind };
    let proposed: IFaults::FaultProposed = context.send(context.at().faults, call).await?.event()?;
    Ok(Proposed {
        fault: FaultId(proposed.fault),
        deal,
        slot,
        provider: proposed.provider,
        amount: Flt(proposed.amount),
        appeal_until: timestamp(proposed.appealUntil.to()),
    })
}

/// Slashes what nobody appealed against, or dismisses what nobody decided.
pub async fn execute(context: &Context, fault: FaultId) -> Result<Executed> {
    let sent = context.send(context.at().faults, IFaults::executeCall { fault: fault.0 }).await?;
    let slashed = sent.events::<IFaults::FaultExecuted>().first().map(|executed| Flt(executed.slashed));
    Ok(Executed { fault, slashed })
}

/// Counts served time whose fee is burned, and notes what was credited since.
pub async fn record_served(context: &Context, deal: DealId, slot: u8, serving: u32) -> Result<Served> {
    let call = IFaults::recordServedCall { deal: deal.0, slot, serving };
    let sent = context.send(context.at().faults, call).await?;
    let counted = sent.events::<IFaults::ServedCounted>();
    let noted = sent.events::<IFaults::ServedNoted>();
    Ok(Served {
        deal,
        slot,
        serving,
        counted_seconds: counted.iter().map(|counted| counted.servedSeconds.to::<u64>()).sum(),
        waiting_seconds: noted.last().map_or(0, |noted| noted.servedSeconds.to()),
    })
}

/// Credits what a serving that ended before its slot was held back.
pub async fn release_serving(context: &Context, deal: DealId, slot: u8, serving: u32) -> Result<Released> {
    let call = Deals::releaseServingCall { deal: deal.0, slot, serving };
    let released: Deals::ServingReleased = context.send(context.at().deals, call).await?.event()?;
    Ok(Released { deal, slot, serving, provider: released.provider, credited: context.usd(released.amount) })
}

/// Fixes today's seats and seed; an open day stays as it is.
pub async fn open_day(context: &Context) -> Result<DayOpened> {
    let probers = context.at().probers;
    let sent = context.send(probers, IProbers::openDayCall {}).await?;
    if let Some(opened) = sent.events::<IProbers::DayOpened>().first() {
        let day = timestamp(u64::from(opened.day) * DAY);
        return Ok(DayOpened { day, seats: opened.seats, eligible: opened.eligible });
    }
    let today = context.now().await? / DAY;
    let day = u32::try_from(today).context("a day of more than 32 bits")?;
    let found = context.view(probers, IProbers::dayOfCall { day }).await?;
    Ok(DayOpened { day: timestamp(today * DAY), seats: found.seats, eligible: found.eligible })
}
