//! What a customer does: open a deal, choose who serves it, pay, stop, take back what is left.

use alloy::primitives::aliases::{U40, U96};
use alloy::primitives::{Address, B256, U256};
use anyhow::{Context as _, Result, ensure};
use contracts::matching::IMatching;
use contracts::{Deals, Matching, Staking};
use serde::Serialize;

use crate::amount::{Flt, Usd, percent};
use crate::chain::{Context, Sent};
use crate::ids::{DealId, LockId, OfferId};
use crate::keeper::{self, Closed};
use crate::time::{maybe_timestamp, timestamp};

/// What a standby locks of a slot's lock, unless the customer asks for all of it.
pub const RESERVE_BPS: u16 = 2_000;
pub const FULL_RESERVE_BPS: u16 = 10_000;
/// Of its price, what a standby is paid.
pub(crate) const RETAINER_BPS: u128 = 200;
/// Standbys are numbered from here on.
pub const STANDBY: u8 = 16;

/// What a standby of this price is paid per unit-day.
pub fn retainer(price: u128) -> Option<u128> {
    Some(price.checked_mul(RETAINER_BPS)?.div_ceil(10_000))
}

/// What a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenArgs {
    /// Content id, such as an IPFS CID.
    pub application: String,
    pub class: u8,
    /// Per slot.
    pub units: u32,
    pub slots: u8,
    /// Per unit-day, smallest units of the stablecoin.
    pub price_max: u128,
    pub term_days: u8,
    pub duration_days: u16,
    /// Empty: any.
    pub regions: Vec<u8>,
    pub first_loss_min_bps: u16,
    pub coverage_bps: u16,
    pub exposure: u8,
    pub proof_kind: u8,
    pub payment_mode: u8,
    /// Hashes of published modules, whose royalties the highest price includes.
    pub modules: Vec<B256>,
    /// Of the circuit that proofs are of; zero: their kind has none.
    pub verification_key: B256,
    pub notice: u32,
    /// Seconds since 1970; none: a day from now.
    pub expiry: Option<u64>,
    pub resolver: Address,
    pub providers: Providers,
    /// Attribute and level.
    pub criteria: Vec<(u16, u8)>,
    /// Smallest units of the stablecoin; none: one term of all slots, and its retainers, at the highest price.
    pub prepaid: Option<u128>,
    pub standbys: u8,
    /// Part of a slot's lock that each standby locks.
    pub reserve_bps: u16,
    /// Of a million, the part of the time that the set should be up; zero: no target.
    pub availability_ppm: u32,
    /// Smallest units of the stablecoin for whose proposal is activated.
    pub tip: u128,
    /// One for each slot, then one for each standby; empty: somebody else proposes.
    pub offers: Vec<OfferId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Providers {
    AllBut(Vec<Address>),
    Only(Vec<Address>),
}

impl OpenArgs {
    /// CPU units for one slot with the defaults of the protocol: coverage 3.0, first loss 10 %, exposure `remaining`.
    pub fn new(application: &str, units: u32, price_max: u128, term_days: u8, duration_days: u16) -> Self {
        Self {
            application: application.to_owned(),
            class: 0,
            units,
            slots: 1,
            price_max,
            term_days,
            duration_days,
            regions: Vec::new(),
            first_loss_min_bps: 1_000,
            coverage_bps: 30_000,
            exposure: 0,
            proof_kind: 0,
            payment_mode: 0,
            modules: Vec::new(),
            verification_key: B256::ZERO,
            notice: 0,
            expiry: None,
            resolver: Address::ZERO,
            providers: Providers::AllBut(Vec::new()),
            criteria: Vec::new(),
            prepaid: None,
            standbys: 0,
            reserve_bps: RESERVE_BPS,
            availability_ppm: 0,
            tip: 0,
            offers: Vec::new(),
        }
    }

    /// What one term of all slots and standbys costs at the highest price: the least that is prepaid.
    pub fn term_cost(&self) -> Result<u128> {
        let cost = self.term_of(self.price_max, self.slots);
        let retainers = retainer(self.price_max).and_then(|retainer| self.term_of(retainer, self.standbys));
        let cost = cost.zip(retainers).and_then(|(cost, retainers)| cost.checked_add(retainers));
        cost.context("one term costs more than the contracts can hold")
    }

    fn term_of(&self, price: u128, places: u8) -> Option<u128> {
        let parts = [u128::from(self.units), u128::from(places), u128::from(self.term_days)];
        parts.iter().try_fold(price, |cost, part| cost.checked_mul(*part))
    }

    fn request(&self, expiry: u64) -> Result<IMatching::Request> {
        let (is_allowlist, providers) = match &self.providers {
            Providers::AllBut(providers) => (false, providers.clone()),
            Providers::Only(providers) => (true, providers.clone()),
        };
        let regions = self.regions.iter().fold(U256::ZERO, |regions, region| regions | (U256::ONE << *region));
        let criteria = self.criteria.iter().map(|&(attribute, level)| IMatching::Criterion { attribute, level });
        Ok(IMatching::Request {
            application: self.application.clone(),
            class: self.class,
            units: self.units,
            slots: self.slots,
            priceMax: U96::try_from(self.price_max).context("a price has at most 96 bits")?,
            termDays: self.term_days,
            durationDays: self.duration_days,
            among: IMatching::Among { regions, isAllowlist: is_allowlist, providers },
            firstLossMinBps: self.first_loss_min_bps,
            coverageBps: self.coverage_bps,
            exposure: self.exposure,
            proofKind: self.proof_kind,
            paymentMode: self.payment_mode,
            notice: self.notice,
            expiry: U40::try_from(expiry).context("an expiry has at most 40 bits")?,
            resolver: self.resolver,
            criteria: criteria.collect(),
            prepaid: self.prepaid.map_or_else(|| self.term_cost(), Ok)?,
            standbys: self.standbys,
            reserveBps: self.reserve_bps,
            availabilityPpm: self.availability_ppm,
            tip: self.tip,
            modules: self.modules.clone(),
            verificationKey: self.verification_key,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opened {
    pub deal: DealId,
    pub customer: Address,
    pub prepaid: Usd,
    pub request_fee: Usd,
    pub tip: Usd,
    pub assigned: Vec<Assigned>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assigned {
    pub slot: u8,
    pub offer: OfferId,
    pub provider: Address,
    pub price_per_unit_day: Usd,
    pub lock: Flt,
    pub value_at_stake: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposed {
    pub deal: DealId,
    pub round: u32,
    pub price: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Funded {
    pub deal: DealId,
    pub payer: Address,
    pub amount: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    pub deal: DealId,
    pub ends_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refunded {
    pub deal: DealId,
    pub payer: Address,
    pub recipient: Address,
    pub amount: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DealShown {
    pub deal: DealId,
    pub customer: Address,
    pub application: String,
    pub class: &'static str,
    pub units: u32,
    pub term_days: u8,
    pub duration_days: u16,
    pub coverage: String,
    pub exposure: &'static str,
    pub opened_at: String,
    pub started_at: Option<String>,
    pub stopped_at: Option<String>,
    pub spare: Usd,
    /// None: the panel decides appeals.
    pub resolver: Option<Address>,
    pub slots: Vec<SlotShown>,
    /// Numbered from 16 on.
    pub standbys: Vec<SlotShown>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotShown {
    pub slot: u8,
    pub status: &'static str,
    pub provider: Option<Address>,
    pub offer: Option<OfferId>,
    pub lock: Option<LockId>,
    pub lock_flt: Option<Flt>,
    pub value_at_stake: Usd,
    pub health_percent: Option<String>,
    pub price_per_unit_day: Usd,
    pub escrow: Usd,
    pub accrued: Usd,
    pub creditable: Usd,
    pub credited: Usd,
    pub term_end: Option<String>,
    pub ends_at: Option<String>,
    pub margin_called_at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub offer: OfferId,
    /// None: the offer meets the request.
    pub refused_for: Option<&'static str>,
}

/// Requests, prepays, and, where offers are named, gives them the slots at once.
pub async fn open(context: &Context, args: &OpenArgs) -> Result<Opened> {
    let expiry = match args.expiry {
        Some(expiry) => expiry,
        None => context.now().await? + crate::time::DAY,
    };
    let request = args.request(expiry)?;
    let (prepaid, tip) = (request.prepaid, request.tip);
    let fee = context.view(context.at().matching, Matching::requestFeeCall {}).await?;
    let total = prepaid
        .checked_add(fee)
        .and_then(|total| total.checked_add(tip))
        .context("more than the contracts can hold")?;
    context.allow(context.at().stablecoin, context.at().deals, total).await?;
    let call = Matching::requestCall { newRequest: request };
    let opened: Matching::RequestOpened = context.send(context.at().matching, call).await?.event()?;
    let deal = DealId(opened.deal);
    let mut assigned = Vec::new();
    if !args.offers.is_empty() {
        choose(context, deal, &args.offers).await?;
        assigned = activate(context, deal).await?;
    }
    let (prepaid, request_fee, tip) = (context.usd(prepaid), context.usd(fee), context.usd(tip));
    Ok(Opened { deal, customer: opened.customer, prepaid, request_fee, tip, assigned })
}

/// Proposes one offer for each slot that waits for a provider.
pub async fn choose(context: &Context, deal: DealId, offers: &[OfferId]) -> Result<Proposed> {
    let offers = offers.iter().map(|offer| offer.0).collect();
    let sent = context.send(context.at().matching, Matching::proposeCall { deal: deal.0, offers }).await?;
    let proposed: Matching::Proposed = sent.event()?;
    let price = context.usd(u128::try_from(proposed.price).context("a price of more than 128 bits")?);
    Ok(Proposed { deal, round: proposed.round, price })
}

/// Locks the stake of the best valid proposal's providers: the customer at any time, anyone after the window. Where no proposal
/// is valid any more this succeeds on the chain, and is an error here.
pub async fn activate(context: &Context, deal: DealId) -> Result<Vec<Assigned>> {
    let sent = context.send(context.at().matching, Matching::activateCall { deal: deal.0 }).await?;
    let assigned = sent.events::<Deals::SlotAssigned>().into_iter().map(|slot| Assigned {
        slot: slot.slot,
        offer: OfferId(slot.offer),
        provider: slot.provider,
        price_per_unit_day: context.usd(slot.price.to()),
        lock: Flt(slot.lockAmount),
        value_at_stake: context.usd(slot.valueAtStake),
    });
    let assigned: Vec<Assigned> = assigned.collect();
    ensure!(!assigned.is_empty(), nothing_assigned(deal, &sent));
    Ok(assigned)
}

fn nothing_assigned(deal: DealId, sent: &Sent) -> String {
    let mut text = format!("Nothing was assigned for deal {deal}");
    for invalid in sent.events::<Matching::ProposalInvalid>() {
        let bond = Flt(invalid.bond);
        text += &format!("; proposal {} is no longer valid, and its bond of {bond} FLT was burned", invalid.round);
    }
    for dropped in sent.events::<Matching::ProposalDropped>() {
        text += &format!("; proposal {} is for places that no longer wait", dropped.round);
    }
    for barred in sent.events::<Matching::OfferBarred>() {
        let reason = reason_text(barred.reason).unwrap_or("a reason that is none");
        text += &format!("; offer {} is barred for {reason}", barred.offer);
    }
    text + ". New proposals can be made: `surety customer reasons` says which offers meet the request."
}

/// Why each offer does or does not meet the request.
pub async fn reasons(context: &Context, deal: DealId, offers: &[OfferId]) -> Result<Vec<Reason>> {
    let mut reasons = Vec::new();
    for &offer in offers {
        let call = Matching::reasonOfCall { deal: deal.0, offer: offer.0 };
        let reason = context.view(context.at().matching, call).await?;
        reasons.push(Reason { offer, refused_for: reason_text(reason) });
    }
    Ok(reasons)
}

fn reason_text(reason: u8) -> Option<&'static str> {
    let text = match reason {
        0 => return None,
        1 => "it is gone",
        2 => "class",
        3 => "region",
        4 => "price",
        5 => "too few free units",
        6 => "coverage",
        7 => "term",
        8 => "duration",
        9 => "payment mode",
        10 => "proof kind",
        11 => "notice",
        12 => "the request's list of providers",
        13 => "first loss",
        14 => "an attribute",
        15 => "it does not accept this customer",
        16 => "it does not accept this application",
        17 => "too little free stake",
        18 => "it made a proposal for this request invalid",
        19 => "the verification key",
        _ => "a reason that this version does not know",
    };
    Some(text)
}

/// Shows by a Merkle proof that an offer with this root accepts the request's customer, or its application.
pub async fn admit(context: &Context, deal: DealId, root: B256, proof: Vec<B256>, is_application: bool) -> Result<()> {
    let call = Matching::admitCall { deal: deal.0, root, proof, isApplication: is_application };
    context.send(context.at().matching, call).await?;
    Ok(())
}

/// Shows by a Merkle proof that an offer with this root accepts proofs of the request's circuit.
pub async fn admit_key(context: &Context, deal: DealId, root: B256, proof: Vec<B256>) -> Result<()> {
    context.send(context.at().matching, Matching::admitKeyCall { deal: deal.0, root, proof }).await?;
    Ok(())
}

/// Takes a request back while no slot was ever given to a provider.
pub async fn cancel(context: &Context, deal: DealId) -> Result<()> {
    context.send(context.at().matching, Matching::cancelCall { deal: deal.0 }).await?;
    Ok(())
}

/// Adds to the escrow. Anyone may.
pub async fn fund(context: &Context, deal: DealId, amount: u128) -> Result<Funded> {
    context.allow(context.at().stablecoin, context.at().deals, amount).await?;
    let sent = context.send(context.at().deals, Deals::fundCall { deal: deal.0, amount }).await?;
    let funded: Deals::DealFunded = sent.event()?;
    Ok(Funded { deal, payer: funded.payer, amount: context.usd(funded.amount) })
}

/// Ends the deal after its notice.
pub async fn stop(context: &Context, deal: DealId) -> Result<Stopped> {
    let sent = context.send(context.at().deals, Deals::stopCall { deal: deal.0 }).await?;
    let stopped: Deals::DealStopRequested = sent.event()?;
    Ok(Stopped { deal, ends_at: timestamp(stopped.endsAt.to()) })
}

/// Leaves a slot whose margin call was not cured, or whose health is under the minimum.
pub async fn leave(context: &Context, deal: DealId, slot: u8) -> Result<Closed> {
    let sent = context.send(context.at().deals, Deals::leaveCall { deal: deal.0, slot }).await?;
    keeper::closed(deal, slot, &sent)
}

/// Pays the account's shares of what is left once every slot has ended.
pub async fn refund(context: &Context, deal: DealId, recipient: Option<Address>) -> Result<Refunded> {
    let payer = context.account()?;
    let recipient = recipient.unwrap_or(payer);
    let call = Deals::refundCall { deal: deal.0, payer, recipient };
    let refunded: Deals::Refunded = context.send(context.at().deals, call).await?.event()?;
    Ok(Refunded { deal, payer, recipient, amount: context.usd(refunded.amount) })
}

pub async fn status(context: &Context, deal: DealId) -> Result<DealShown> {
    let found = context.view(context.at().deals, Deals::dealOfCall { deal: deal.0 }).await?;
    let request = context.view(context.at().matching, Matching::requestOfCall { deal: deal.0 }).await?;
    let mut slots = Vec::new();
    for slot in 0..found.slots {
        slots.push(slot_status(context, deal, slot).await?);
    }
    let mut standbys = Vec::new();
    for standby in 0..found.standbys {
        standbys.push(slot_status(context, deal, STANDBY + standby).await?);
    }
    Ok(DealShown {
        deal,
        customer: found.customer,
        application: request.application,
        class: if found.class == 0 { "cpu" } else { "gpu" },
        units: found.units,
        term_days: found.termDays,
        duration_days: found.durationDays,
        coverage: crate::amount::ratio(found.coverageBps.into()),
        exposure: exposure_name(found.exposure),
        opened_at: timestamp(found.openedAt.to()),
        started_at: maybe_timestamp(found.startedAt.to()),
        stopped_at: maybe_timestamp(found.stoppedAt.to()),
        spare: context.usd(found.spare),
        resolver: (!found.resolver.is_zero()).then_some(found.resolver),
        slots,
        standbys,
    })
}

pub async fn slot_status(context: &Context, deal: DealId, slot: u8) -> Result<SlotShown> {
    let deals = context.at().deals;
    let found = context.view(deals, Deals::slotOfCall { deal: deal.0, slot }).await?;
    let is_live = found.status == 1 || found.status == 2;
    let (mut lock_flt, mut health_percent) = (None, None);
    if is_live && found.lock > 0 {
        lock_flt =
            Some(Flt(context.view(context.at().staking, Staking::lockOfCall { lock: found.lock }).await?.amount));
    }
    // Standbys have no margin.
    if lock_flt.is_some() && slot < STANDBY {
        let health = context.view(deals, Deals::healthBpsCall { deal: deal.0, slot }).await?;
        health_percent = u64::try_from(health).ok().map(percent);
    }
    Ok(SlotShown {
        slot,
        status: ["empty", "assigned", "serving", "ended"].get(usize::from(found.status)).copied().unwrap_or("unknown"),
        provider: (!found.provider.is_zero()).then_some(found.provider),
        offer: (found.offer > 0).then_some(OfferId(found.offer)),
        lock: (found.lock > 0).then_some(LockId(found.lock)),
        lock_flt,
        value_at_stake: context.usd(found.valueAtStake),
        health_percent,
        price_per_unit_day: context.usd(found.price.to()),
        escrow: context.usd(found.escrow),
        accrued: context.usd(context.view(deals, Deals::accruedCall { deal: deal.0, slot }).await?),
        creditable: context.usd(context.view(deals, Deals::creditableCall { deal: deal.0, slot }).await?),
        credited: context.usd(found.credited),
        term_end: maybe_timestamp(found.termEnd.to()),
        ends_at: maybe_timestamp(found.endsAt.to()),
        margin_called_at: maybe_timestamp(found.calledAt.to()),
    })
}

pub(crate) fn exposure_name(exposure: u8) -> &'static str {
    ["remaining", "term", "whole"].get(usize::from(exposure)).copied().unwrap_or("unknown")
}
