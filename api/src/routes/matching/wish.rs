//! What is asked for, checked as `Matching.request` checks it.

use std::fmt::Display;

use alloy_primitives::{U256, keccak256};
use matching::{Request, Sizing, retainer};
use serde::Deserialize;
use sqlx::query_scalar;
use utoipa::ToSchema;

use super::super::quotes::coverage_bps;
use super::super::{CLASSES, prices, usd_decimals};
use super::admission::{Admission, Admitted, Named, hashed};
use crate::address::Address;
use crate::amount::{self, FLT_DECIMALS, PRICE_DECIMALS};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::snapshot::Snapshot;

/// A provider may take so long to be ready, and a term starts then.
const READY_SECONDS: u64 = 1_800;
const DAY: u64 = 86_400;
/// In a payment a slot counts as so many standbys.
const SLOT_WEIGHT: u128 = 50;
const PPM_DECIMALS: u8 = 6;
const EXPOSURES: [&str; 3] = ["remaining", "term", "whole"];
const PAYMENT_MODES: [&str; 2] = ["reserved", "metered"];
const METERED: u8 = 1;
const GROTH16: u8 = 3;
const MODULES_MAX: usize = 8;
const PROOF_KINDS: [&str; 5] = ["none", "receipts", "sampled", "groth16", "optimistic"];
const PRICE_MAX: u128 = 1_000_000_000_000_000_000_000_000;

/// Criteria of a request, as `surety customer open` takes them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    /// `cpu` or `gpu`; `cpu` if absent.
    class: Option<String>,
    /// Of each slot.
    units: u32,
    /// 1 to 16; 1 if absent.
    slots: Option<usize>,
    /// 0 to 4.
    #[serde(default)]
    standbys: usize,
    /// Of a unit for a day.
    price_max_usd: String,
    /// 1 to 14; 14 if absent.
    term_days: Option<u8>,
    /// At least a term; a term if absent.
    duration_days: Option<u16>,
    /// Numbers of regions; any if empty.
    #[serde(default)]
    regions: Vec<u8>,
    /// 1000 if absent.
    first_loss_bps: Option<u16>,
    /// 2 to 5; 3 if absent.
    coverage: Option<String>,
    /// `remaining` (default), `term` or `whole`.
    exposure: Option<String>,
    /// `none` (default), `receipts`, `sampled`, `groth16` or `optimistic`.
    proof_kind: Option<String>,
    /// `reserved` (default) or `metered`.
    payment_mode: Option<String>,
    /// Modules that are run, at most 8: their royalties are a part of the highest price.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    modules: Vec<Hash>,
    /// Of the circuit, where `proof_kind` is `groth16`.
    #[schema(value_type = Option<String>)]
    verification_key: Option<Hash>,
    /// Who asks, for offers that are for some customers only.
    #[schema(value_type = Option<String>)]
    customer: Option<Address>,
    /// What is run, for offers that are for some applications only.
    application: Option<String>,
    /// Paths to the roots of such offers; without one they are left out.
    #[serde(default)]
    admissions: Vec<Admission>,
    #[serde(default)]
    notice_seconds: u32,
    /// Share of time that at least one slot has to be up, as 0.999; none if absent.
    availability: Option<String>,
    /// Part of a slot's lock that a standby locks: 2000 (default) or 10000.
    reserve_bps: Option<u16>,
    #[serde(default)]
    criteria: Vec<WishCriterion>,
    /// At most 32.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    providers: Vec<Address>,
    /// Only `providers`; otherwise all but those.
    #[serde(default)]
    is_allowlist: bool,
    /// What is paid in before: locks cover no more than six times of it. One term at the highest price if absent.
    prepaid_usd: Option<String>,
}

/// An attribute that a provider has to have at a level (1 declared, 2 attested, 3 audited) until its term ends.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WishCriterion {
    attribute: u16,
    level: u8,
}

fn check(is_right: bool, field: &str, detail: impl Display) -> Result<()> {
    if is_right { Ok(()) } else { Err(Error::field(field, detail.to_string())) }
}

/// As `check`, for what depends on other fields.
fn agree(is_right: bool, field: &'static str, detail: impl FnOnce() -> String) -> Result<()> {
    if is_right { Ok(()) } else { Err(Error::Contradiction { field, detail: detail() }) }
}

fn word<T: TryFrom<usize> + Default>(field: &str, word: Option<&String>, known: &[&str]) -> Result<T> {
    let Some(word) = word else { return Ok(T::default()) };
    let number = known.iter().position(|one| one == word).and_then(|place| T::try_from(place).ok());
    number.ok_or_else(|| Error::field(field, format!("`{word}` is none of {}", known.join(", "))))
}

fn read(field: &str, text: &str, decimals: u8) -> Result<u128> {
    let parsed = amount::parse(text, decimals).map_err(|error| Error::field(field, error.to_string()))?;
    u128::try_from(parsed).map_err(|_| Error::field(field, format!("`{text}` is too large")))
}

impl Wish {
    /// Which offers for some only are for this one, too.
    pub(super) fn admitted(&self) -> Result<Admitted> {
        let named = Named {
            customer: self.customer.map(|customer| hashed(customer.0.into_word())),
            application: self.application.as_ref().map(keccak256),
            key: self.verification_key.map(|key| hashed(key.0)),
        };
        Admitted::of(&self.admissions, named)
    }

    pub(super) async fn request(self, at: &mut Snapshot) -> Result<Request> {
        let decimals = usd_decimals(&at.head);
        let term_days = self.term_days.unwrap_or(14);
        let duration_days = self.duration_days.unwrap_or(term_days.into());
        self.check(term_days, duration_days)?;
        let slots = self.slots.unwrap_or(1);
        let price_max = read("price_max_usd", &self.price_max_usd, decimals)?;
        check((1..=PRICE_MAX).contains(&price_max), "price_max_usd", "a price is above zero and below 10^24 units")?;
        let now = u64::try_from(at.head.timestamp.unix_timestamp()).unwrap_or_default();
        let mut request = Request {
            class: word("class", self.class.as_ref(), &CLASSES)?,
            units: self.units,
            slots,
            standbys: self.standbys,
            price_max,
            royalty: self.royalty(price_max, at).await?,
            term_days,
            duration_days,
            first_loss_min_bps: self.first_loss_bps.unwrap_or(1_000),
            coverage_bps: u16::try_from(coverage_bps(self.coverage.as_deref())?).expect("coverage is at most 50,000"),
            reserve_bps: self.reserve_bps.unwrap_or(2_000),
            availability_ppm: self.target()?,
            proof_kind: word("proof_kind", self.proof_kind.as_ref(), &PROOF_KINDS)?,
            payment_mode: word("payment_mode", self.payment_mode.as_ref(), &PAYMENT_MODES)?,
            notice: self.notice_seconds,
            is_allowlist: self.is_allowlist,
            listed: self.providers.iter().map(|provider| provider.0.into_array()).collect(),
            criteria: self.criteria.iter().map(|criterion| (criterion.attribute, criterion.level)).collect(),
            until: now + READY_SECONDS + u64::from(term_days) * DAY,
            ..Request::default()
        };
        let is_keyed = self.verification_key.is_some_and(|key| !key.0.is_zero());
        let detail = || "proofs of kind groth16 need a verification key, and no others take one".to_owned();
        agree(is_keyed == (request.proof_kind == GROTH16), "verification_key", detail)?;
        for region in &self.regions {
            request.regions[usize::from(region >> 6)] |= 1 << (region & 63);
        }
        request.sizing = Some(self.sizing(&request, at).await?);
        Ok(request)
    }

    fn check(&self, term_days: u8, duration_days: u16) -> Result<()> {
        check((1..=14).contains(&term_days), "term_days", "a term has 1 to 14 days")?;
        let is_long = (u16::from(term_days)..=3_650).contains(&duration_days);
        agree(is_long, "duration_days", || "a deal lasts from a term to 3650 days".to_owned())?;
        check(self.units > 0, "units", "a slot has at least one unit")?;
        check((1..=16).contains(&self.slots.unwrap_or(1)), "slots", "a deal has 1 to 16 slots")?;
        check(self.standbys <= 4, "standbys", "a deal has at most 4 standbys")?;
        check(self.first_loss_bps.unwrap_or(0) <= 10_000, "first_loss_bps", "a first loss is at most 10000 bps")?;
        let reserve = self.reserve_bps.unwrap_or(2_000);
        check([2_000, 10_000].contains(&reserve), "reserve_bps", "a standby locks 2000 or 10000 bps")?;
        check(self.notice_seconds <= 1_209_600, "notice_seconds", "a notice is at most 14 days")?;
        check(self.providers.len() <= 32, "providers", "at most 32 providers are listed")?;
        check(self.criteria.len() <= 10, "criteria", "a request has at most 10 criteria")?;
        let are_levels = self.criteria.iter().all(|criterion| (1..=3).contains(&criterion.level));
        check(are_levels, "criteria", "a level is 1 to 3")
    }

    /// What authors are paid of a unit for a day, as `Modules.royaltyOf` adds it up.
    async fn royalty(&self, price_max: u128, at: &mut Snapshot) -> Result<u128> {
        check(self.modules.len() <= MODULES_MAX, "modules", "a deal runs at most 8 modules")?;
        let mut royalty = 0_u128;
        for (place, module) in self.modules.iter().enumerate() {
            check(!self.modules[..place].contains(module), "modules", format!("{module} is named twice"))?;
            let found = query_scalar!(
                r#"select royalty::text as "royalty!" from published_module where module = $1"#,
                module as &Hash
            );
            let found = found.fetch_optional(&mut *at.db).await?;
            agree(found.is_some(), "modules", || format!("nobody published {module}"))?;
            royalty = royalty.saturating_add(found.unwrap_or_default().parse().unwrap_or(u128::MAX));
        }
        let detail = || "the royalties of the modules leave nothing of it for an offer".to_owned();
        agree(royalty < price_max, "price_max_usd", detail)?;
        Ok(royalty)
    }

    fn target(&self) -> Result<u32> {
        let Some(text) = &self.availability else { return Ok(0) };
        let ppm = read("availability", text, PPM_DECIMALS)?;
        check(ppm < 1_000_000, "availability", "nothing is always up: a target is below 1, with 6 decimals")?;
        Ok(u32::try_from(ppm).expect("below a million"))
    }

    async fn sizing(&self, request: &Request, at: &mut Snapshot) -> Result<Sizing> {
        let decimals = usd_decimals(&at.head);
        let low = prices::now(&mut at.db).await?.map(|price| amount::parse(&price.low_usd, PRICE_DECIMALS));
        let low = low.and_then(std::result::Result::ok).and_then(|low| u128::try_from(low).ok()).unwrap_or(0);
        let (slots, standbys) = (count(request.slots), count(request.standbys));
        let slot = request.price_max * u128::from(request.units);
        let term = u128::from(request.term_days);
        // What metered slots will use nobody knows: a day's worth shows that somebody means it.
        let (days, span) = if request.payment_mode == METERED { (1, "day") } else { (term, "term") };
        let need = slot * days * slots + retainer(slot) * term * standbys;
        let prepaid = self.prepaid_usd.as_ref().map(|text| read("prepaid_usd", text, decimals)).transpose()?;
        let prepaid = prepaid.unwrap_or(need);
        let least = amount::show(U256::from(need), decimals);
        agree(prepaid >= need, "prepaid_usd", || format!("one {span} at the highest price is {least}"))?;
        check(prepaid >> 112 == 0, "prepaid_usd", "an amount is below 5e33 units")?;
        // The rest of the division goes to the first slot.
        let each = prepaid / (slots * SLOT_WEIGHT + standbys);
        let escrow = prepaid - each * (SLOT_WEIGHT * (slots - 1) + standbys);
        let days = match word("exposure", self.exposure.as_ref(), &EXPOSURES)? {
            1_u8 => u64::from(request.term_days),
            _ => u64::from(request.duration_days),
        };
        let scale = amount::unit(FLT_DECIMALS - decimals) * amount::unit(PRICE_DECIMALS);
        let scale = u128::try_from(scale).expect("at most 26 digits");
        Ok(Sizing { exposed_seconds: days * DAY, escrow, scale, low })
    }
}

fn count(places: usize) -> u128 {
    u128::try_from(places).expect("places are few")
}
