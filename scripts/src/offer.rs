//! Offers of a provider: units at a price, within limits.

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result};
use contracts::Offers;
use contracts::offers::IOffers;
use serde::Serialize;

use crate::amount::{Usd, percent, ratio};
use crate::chain::Context;
use crate::ids::OfferId;
use crate::time::timestamp;

/// Units of a class in a region, their price, and the limits that are the provider's consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub class: u8,
    pub region: u8,
    pub units: u32,
    /// Smallest units of the stablecoin, per unit-day.
    pub price: u128,
    pub coverage_max_bps: u16,
    pub availability_bps: u16,
    pub term_max_days: u8,
    pub duration_max_days: u16,
    pub payment_modes: u8,
    pub proof_kinds: u8,
    pub notice: u32,
    pub customers_root: B256,
    pub applications_root: B256,
    pub verification_keys_root: B256,
}

impl Terms {
    /// CPU units with the widest limits and without proofs.
    pub fn new(region: u8, units: u32, price: u128) -> Self {
        Self {
            class: 0,
            region,
            units,
            price,
            coverage_max_bps: 50_000,
            availability_bps: 9_900,
            term_max_days: 14,
            duration_max_days: 3_650,
            payment_modes: 1,
            proof_kinds: 1,
            notice: 0,
            customers_root: B256::ZERO,
            applications_root: B256::ZERO,
            verification_keys_root: B256::ZERO,
        }
    }

    fn offer(&self, provider: Address) -> Result<IOffers::Offer> {
        Ok(IOffers::Offer {
            provider,
            class: self.class,
            region: self.region,
            units: self.units,
            unitsInUse: 0,
            price: U96::try_from(self.price).context("a price has at most 96 bits")?,
            coverageMaxBps: self.coverage_max_bps,
            availabilityBps: self.availability_bps,
            termMaxDays: self.term_max_days,
            durationMaxDays: self.duration_max_days,
            paymentModes: self.payment_modes,
            proofKinds: self.proof_kinds,
            notice: self.notice,
            customersRoot: self.customers_root,
            applicationsRoot: self.applications_root,
            verificationKeysRoot: self.verification_keys_root,
        })
    }
}

/// A change of an offer: what is `None` stays. Class and region never change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub units: Option<u32>,
    pub price: Option<u128>,
    pub coverage_max_bps: Option<u16>,
    pub availability_bps: Option<u16>,
    pub term_max_days: Option<u8>,
    pub duration_max_days: Option<u16>,
    pub payment_modes: Option<u8>,
    pub proof_kinds: Option<u8>,
    pub notice: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    pub offer: OfferId,
    pub effective_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Created {
    pub offer: OfferId,
    pub provider: Address,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub offer: OfferId,
    pub provider: Address,
    pub class: &'static str,
    pub region: u8,
    pub units: u32,
    pub units_in_use: u32,
    pub price_per_unit_day: Usd,
    pub coverage_max: String,
    pub availability_percent: String,
    pub term_max_days: u8,
    pub duration_max_days: u16,
    pub notice_seconds: u32,
}

pub async fn create(context: &Context, terms: &Terms) -> Result<Created> {
    let provider = context.account()?;
    let new_offer = terms.offer(provider)?;
    let sent = context.send(context.at().offers, Offers::createCall { newOffer: new_offer }).await?;
    Ok(Created { offer: OfferId(sent.event::<Offers::OfferCreated>()?.offer), provider })
}

/// Takes effect after two minutes, so that nobody pulls an offer away from under an activation.
pub async fn update(context: &Context, offer: OfferId, change: &Change) -> Result<Changed> {
    let mut terms = context.view(context.at().offers, Offers::offerOfCall { offer: offer.0 }).await?;
    if let Some(price) = change.price {
        terms.price = U96::try_from(price).context("a price has at most 96 bits")?;
    }
    terms.units = change.units.unwrap_or(terms.units);
    terms.coverageMaxBps = change.coverage_max_bps.unwrap_or(terms.coverageMaxBps);
    terms.availabilityBps = change.availability_bps.unwrap_or(terms.availabilityBps);
    terms.termMaxDays = change.term_max_days.unwrap_or(terms.termMaxDays);
    terms.durationMaxDays = change.duration_max_days.unwrap_or(terms.durationMaxDays);
    terms.paymentModes = change.payment_modes.unwrap_or(terms.paymentModes);
    terms.proofKinds = change.proof_kinds.unwrap_or(terms.proofKinds);
    terms.notice = change.notice.unwrap_or(terms.notice);
    let call = Offers::updateCall { offer: offer.0, newOffer: terms };
    let sent = context.send(context.at().offers, call).await?;
    let updated: Offers::OfferUpdated = sent.event()?;
    Ok(Changed { offer, effective_at: timestamp(updated.effectiveAt.to()) })
}

pub async fn remove(context: &Context, offer: OfferId) -> Result<Changed> {
    let sent = context.send(context.at().offers, Offers::removeCall { offer: offer.0 }).await?;
    let removed: Offers::OfferRemoved = sent.event()?;
    Ok(Changed { offer, effective_at: timestamp(removed.effectiveAt.to()) })
}

pub async fn show(context: &Context, offer: OfferId) -> Result<Shown> {
    let found = context.view(context.at().offers, Offers::offerOfCall { offer: offer.0 }).await?;
    Ok(Shown {
        offer,
        provider: found.provider,
        class: if found.class == 0 { "cpu" } else { "gpu" },
        region: found.region,
        units: found.units,
        units_in_use: found.unitsInUse,
        price_per_unit_day: context.usd(found.price.to()),
        coverage_max: ratio(found.coverageMaxBps.into()),
        availability_percent: percent(found.availabilityBps.into()),
        term_max_days: found.termMaxDays,
        duration_max_days: found.durationMaxDays,
        notice_seconds: found.notice,
    })
}
