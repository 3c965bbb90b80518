//! Why an offer is not in the set: the codes and words of `IMatching.reasonOf`, and what only a whole set can say.

use crate::market::{Offer, Provider};
use crate::request::{GROTH16, Request};

/// The first that applies, in the order of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    Gone,
    Class,
    Region,
    Price,
    Units,
    Coverage,
    Term,
    Duration,
    PaymentMode,
    ProofKind,
    Notice,
    Listed,
    FirstLoss,
    Attribute,
    Customer,
    Application,
    Stake,
    Barred,
    VerificationKey,
    /// Its provider has a place by another offer, or serves the deal already.
    Provider,
    /// Cheaper than what was chosen, but a set with it misses the target, or costs more elsewhere.
    Availability,
    /// It meets everything and costs more.
    Dearer,
}

impl Reason {
    pub const ALL: [Self; 22] = [
        Self::Gone,
        Self::Class,
        Self::Region,
        Self::Price,
        Self::Units,
        Self::Coverage,
        Self::Term,
        Self::Duration,
        Self::PaymentMode,
        Self::ProofKind,
        Self::Notice,
        Self::Listed,
        Self::FirstLoss,
        Self::Attribute,
        Self::Customer,
        Self::Application,
        Self::Stake,
        Self::Barred,
        Self::VerificationKey,
        Self::Provider,
        Self::Availability,
        Self::Dearer,
    ];

    /// As `IMatching.reasonOf` numbers it; none for what only a whole set can say.
    pub fn code(self) -> Option<u8> {
        let place = Self::ALL.iter().position(|reason| *reason == self)?;
        u8::try_from(place + 1).ok().filter(|code| *code <= 19)
    }

    pub fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == Some(code))
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Class => "class",
            Self::Region => "region",
            Self::Price => "price",
            Self::Units => "units",
            Self::Coverage => "coverage",
            Self::Term => "term",
            Self::Duration => "duration",
            Self::PaymentMode => "payment mode",
            Self::ProofKind => "proof kind",
            Self::Notice => "notice",
            Self::Listed => "listed",
            Self::FirstLoss => "first loss",
            Self::Attribute => "attribute",
            Self::Customer => "customer not accepted",
            Self::Application => "application not accepted",
            Self::Stake => "free stake",
            Self::Barred => "barred",
            Self::VerificationKey => "verification key not accepted",
            Self::Provider => "provider has a place",
            Self::Availability => "availability",
            Self::Dearer => "dearer",
        }
    }
}

/// What an offer may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// A slot, or a standby.
    Slot,
    /// It has the stake of a standby and not that of a slot.
    Standby,
    Not(Reason),
}

/// Judges one offer by itself; `waived` is a criterion that is not asked for.
pub(crate) fn fit(request: &Request, offer: &Offer, provider: &Provider, waived: Option<Reason>) -> Fit {
    let is = |reason: Reason| waived != Some(reason);
    if let Some(reason) = limit_failed(request, offer, &is).or_else(|| criterion_failed(request, offer, provider, &is))
    {
        return Fit::Not(reason);
    }
    if request.taken.contains(&provider.address) {
        return Fit::Not(Reason::Provider);
    }
    if !is(Reason::Stake) || request.slot_lock(offer.price).is_some_and(|lock| lock <= provider.free_stake) {
        return Fit::Slot;
    }
    let is_standby = request.standby_lock(offer.price).is_some_and(|lock| lock <= provider.free_stake);
    if is_standby && request.standbys > 0 { Fit::Standby } else { Fit::Not(Reason::Stake) }
}

/// What an offer says of itself.
fn limit_failed(request: &Request, offer: &Offer, is: &impl Fn(Reason) -> bool) -> Option<Reason> {
    let failed = [
        (!offer.is_live, Reason::Gone),
        (offer.class != request.class, Reason::Class),
        (offer.price > request.offer_price_max(), Reason::Price),
        (offer.units_free < request.units, Reason::Units),
        (offer.coverage_max_bps < request.coverage_bps, Reason::Coverage),
        (offer.term_max_days < request.term_days, Reason::Term),
        (offer.duration_max_days < request.duration_days, Reason::Duration),
        (offer.payment_modes >> request.payment_mode & 1 == 0, Reason::PaymentMode),
        (offer.proof_kinds >> request.proof_kind & 1 == 0, Reason::ProofKind),
        (offer.notice > request.notice, Reason::Notice),
    ];
    failed.into_iter().find(|(has_failed, reason)| *has_failed && is(*reason)).map(|(_, reason)| reason)
}

/// What the request says of the provider, and the provider of the request.
fn criterion_failed(
    request: &Request,
    offer: &Offer,
    provider: &Provider,
    is: &impl Fn(Reason) -> bool,
) -> Option<Reason> {
    if !request.accepts_region(offer.region) && is(Reason::Region) {
        return Some(Reason::Region);
    }
    let is_listing = request.is_allowlist || !request.listed.is_empty();
    if is_listing && request.listed.contains(&provider.address) != request.is_allowlist && is(Reason::Listed) {
        return Some(Reason::Listed);
    }
    if provider.first_loss_bps < request.first_loss_min_bps && is(Reason::FirstLoss) {
        return Some(Reason::FirstLoss);
    }
    let has_all = request.criteria.iter().all(|(attribute, level)| provider.has(*attribute, *level, request.until));
    if !has_all && is(Reason::Attribute) {
        return Some(Reason::Attribute);
    }
    if !offer.is_customer_accepted && is(Reason::Customer) {
        return Some(Reason::Customer);
    }
    if !offer.is_application_accepted && is(Reason::Application) {
        return Some(Reason::Application);
    }
    let is_key_asked = request.proof_kind == GROTH16 && is(Reason::VerificationKey);
    if is_key_asked && !offer.is_key_accepted {
        return Some(Reason::VerificationKey);
    }
    (request.barred.contains(&offer.id) && is(Reason::Barred)).then_some(Reason::Barred)
}
