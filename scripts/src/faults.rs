//! Flags, notices and appeals: what customers, providers and resolvers say to `Faults`.

use alloy::primitives::Address;
use anyhow::Result;
use contracts::{Deals, IFaults};
use serde::Serialize;

use crate::amount::Flt;
use crate::chain::Context;
use crate::ids::{DealId, FaultId};
use crate::time::timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flagged {
    pub deal: DealId,
    pub slot: u8,
    pub provider: Address,
    /// Confirmed by probers until then it is a failure, otherwise the slot ends after its notice.
    pub grace_end: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Noticed {
    pub deal: DealId,
    pub slot: u8,
    pub provider: Address,
    pub serving: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Appealed {
    pub fault: FaultId,
    pub bond: Flt,
    pub decide_until: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decided {
    pub fault: FaultId,
    pub is_guilty: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replaced {
    pub deal: DealId,
    pub slot: u8,
    /// Of the standby that serves now; none: the slot seeks.
    pub provider: Option<Address>,
}

/// As the customer: the slot is down.
pub async fn flag(context: &Context, deal: DealId, slot: u8) -> Result<Flagged> {
    let sent = context.send(context.at().faults, IFaults::flagCall { deal: deal.0, slot }).await?;
    let flagged: IFaults::SlotFlagged = sent.event()?;
    Ok(Flagged { deal, slot, provider: flagged.provider, grace_end: timestamp(flagged.graceEnd.to()) })
}

/// As the provider that failed: it is gone, and that is no abandonment.
pub async fn give_notice(context: &Context, deal: DealId, slot: u8, serving: u32) -> Result<Noticed> {
    let call = IFaults::giveNoticeCall { deal: deal.0, slot, serving };
    let noticed: IFaults::NoticeGiven = context.send(context.at().faults, call).await?.event()?;
    Ok(Noticed { deal, slot, provider: noticed.provider, serving })
}

/// Puts a bond behind the word that a slash would be wrong.
pub async fn appeal(context: &Context, fault: FaultId) -> Result<Appealed> {
    let faults = context.at().faults;
    let bond = context.view(faults, IFaults::appealBondCall {}).await?;
    context.allow(context.at().flt, faults, bond).await?;
    let sent = context.send(faults, IFaults::appealCall { fault: fault.0 }).await?;
    let appealed: IFaults::FaultAppealed = sent.event()?;
    Ok(Appealed { fault, bond: Flt(appealed.bond), decide_until: timestamp(appealed.decideUntil.to()) })
}

/// As the resolver that the deal names.
pub async fn resolve(context: &Context, fault: FaultId, is_guilty: bool) -> Result<Decided> {
    let call = IFaults::resolveCall { fault: fault.0, isGuilty: is_guilty };
    let decided: IFaults::FaultDecided = context.send(context.at().faults, call).await?.event()?;
    Ok(Decided { fault, is_guilty: decided.isGuilty })
}

/// As `leave`, but the slot goes to a standby, or seeks.
pub async fn replace(context: &Context, deal: DealId, slot: u8) -> Result<Replaced> {
    let sent = context.send(context.at().deals, Deals::replaceCall { deal: deal.0, slot }).await?;
    let provider = sent.events::<Deals::StandbyPromoted>().first().map(|promoted| promoted.provider);
    Ok(Replaced { deal, slot, provider })
}
