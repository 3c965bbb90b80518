//! A deal's places that wait, and all offers, as `matching` takes them: read by views at one block.

use std::collections::BTreeMap;

use alloy::eips::BlockId;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use anyhow::{Context as _, Result, ensure};
use contracts::i_deals::IDeals;
use contracts::i_faults::IFaults;
use contracts::i_matching::IMatching;
use contracts::i_offers::IOffers;
use contracts::{Attributes, PriceGuard, Staking};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use matching::{Attribute, Market, Offer, Provider, Request, Serving, Sizing};

use crate::chain::Context;
use crate::customer::STANDBY;
use crate::ids::{DealId, OfferId};
use crate::time::DAY;

/// Views that are asked for at a time.
const AT_ONCE: usize = 16;
/// A provider may take so long to be ready, and a term starts then.
const READY_SECONDS: u64 = 1_800;
/// `AttributeIds.OPERATOR`: its value is the company behind a provider.
const OPERATOR: u16 = 8;
const AUDITED: u8 = 3;
const ATTESTED: u8 = 2;
const CUSTOMER_REFUSED: u8 = 15;
const APPLICATION_REFUSED: u8 = 16;
const KEY_REFUSED: u8 = 19;
/// Exposure to the next term alone.
const TERM: u8 = 1;

/// What is asked, and what there is to choose from.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) deal: DealId,
    pub(crate) block: u64,
    /// Numbers of the places that wait, slots first.
    pub(crate) places: Vec<u8>,
    pub(crate) request: Request,
    pub(crate) market: Market,
}

/// Views of one block.
#[derive(Debug, Clone, Copy)]
struct At<'a> {
    context: &'a Context,
    block: BlockId,
}

impl At<'_> {
    async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        self.context.view_at(self.block, to, call).await
    }
}

pub(crate) async fn read(context: &Context, deal: DealId) -> Result<Question> {
    let head = context.head().await?;
    let at = At { context, block: BlockId::number(head.number) };
    let contracts = context.at();
    let asked = at.view(contracts.matching, IMatching::requestOfCall { deal: deal.0 }).await?;
    let opened = at.view(contracts.deals, IDeals::dealOfCall { deal: deal.0 }).await?;
    let wanted = at.view(contracts.matching, IMatching::wantedOfCall { deal: deal.0 }).await?;
    let places: Vec<u8> = (0..32).filter(|place| wanted >> place & 1 == 1).collect();
    ensure!(!places.is_empty(), "Deal {deal} has no place that waits for a provider.");
    let mut request = criteria(&asked, &opened, &places, head.time);
    let holders = serve_already(&at, deal, &asked, &mut request).await?;
    request.sizing = Some(sizing(&at, deal, &opened, head.time).await?);
    let mut market = offers(&at, deal, &mut request).await?;
    providers(&at, &request, &mut market).await?;
    count_serving(&mut request, &market, &holders);
    Ok(Question { deal, block: head.number, places, request, market })
}

fn criteria(asked: &IMatching::Request, deal: &IDeals::Deal, places: &[u8], now: u64) -> Request {
    let slots = places.iter().filter(|place| **place < STANDBY).count();
    Request {
        class: asked.class,
        units: asked.units,
        slots,
        standbys: places.len() - slots,
        price_max: asked.priceMax.to(),
        royalty: deal.royalty.to(),
        term_days: asked.termDays,
        duration_days: asked.durationDays,
        regions: asked.among.regions.into_limbs(),
        first_loss_min_bps: asked.firstLossMinBps,
        coverage_bps: asked.coverageBps,
        reserve_bps: deal.reserveBps,
        // Standbys do not count: who only fills their places changes nothing.
        availability_ppm: if slots == 0 { 0 } else { asked.availabilityPpm },
        proof_kind: asked.proofKind,
        payment_mode: asked.paymentMode,
        notice: asked.notice,
        is_allowlist: asked.among.isAllowlist,
        listed: asked.among.providers.iter().map(|provider| provider.into_array()).collect(),
        criteria: asked.criteria.iter().map(|criterion| (criterion.attribute, criterion.level)).collect(),
        until: now + READY_SECONDS + u64::from(asked.termDays) * DAY,
        ..Request::default()
    }
}

/// Who has a place has no second one. Returns offers by which slots are served.
async fn serve_already(
    at: &At<'_>,
    deal: DealId,
    asked: &IMatching::Request,
    request: &mut Request,
) -> Result<Vec<OfferId>> {
    let holders = at.view(at.context.at().deals, IDeals::providersOfCall { deal: deal.0 }).await?;
    let mut serving = Vec::new();
    for (slot, holder) in (0..).zip(&holders).filter(|(_, holder)| **holder != Address::ZERO) {
        request.taken.push(holder.into_array());
        if slot < asked.slots {
            let place = at.view(at.context.at().deals, IDeals::slotOfCall { deal: deal.0, slot }).await?;
            serving.push(OfferId(place.offer));
        }
    }
    Ok(serving)
}

async fn sizing(at: &At<'_>, deal: DealId, opened: &IDeals::Deal, now: u64) -> Result<Sizing> {
    let contracts = at.context.at();
    let mut escrow = 0;
    for slot in 0..opened.slots {
        let place = at.view(contracts.deals, IDeals::slotOfCall { deal: deal.0, slot }).await?;
        escrow = escrow.max(place.escrow);
    }
    let duration = u64::from(opened.durationDays) * DAY;
    let begin = opened.startedAt.to::<u64>();
    let left = if begin == 0 { duration } else { (begin + duration).saturating_sub(now) };
    let exposed_seconds = match opened.exposure {
        0 => left,
        TERM => left.min(u64::from(opened.termDays) * DAY),
        _ => duration,
    };
    let low = at.view(contracts.price_guard, PriceGuard::lowCall {}).await?;
    let scale = 10_u128.pow(8) * 10_u128.pow(u32::from(18 - at.context.decimals()));
    Ok(Sizing { exposed_seconds, escrow, scale, low: low.into() })
}

async fn offers(at: &At<'_>, deal: DealId, request: &mut Request) -> Result<Market> {
    let contracts = at.context.at();
    let count = at.view(contracts.offers, IOffers::countCall {}).await?;
    let read = |offer: u64| async move {
        if !at.view(contracts.offers, IOffers::isLiveCall { offer }).await? {
            return Ok::<_, anyhow::Error>(None);
        }
        let found = at.view(contracts.offers, IOffers::offerOfCall { offer }).await?;
        // Only the contract knows which trees were shown to hold the customer, or the application.
        let roots = [found.customersRoot, found.applicationsRoot, found.verificationKeysRoot];
        let is_for_all = roots.iter().all(|root| root.is_zero());
        let call = IMatching::reasonOfCall { deal: deal.0, offer };
        let reason = if is_for_all { 0 } else { at.view(contracts.matching, call).await? };
        let call = IMatching::isBarredCall { deal: deal.0, offer };
        let is_barred = at.view(contracts.matching, call).await?;
        Ok(Some((offer, found, reason, is_barred)))
    };
    let found: Vec<_> = stream::iter(1..=count).map(read).buffered(AT_ONCE).try_collect().await?;
    let mut market = Market::default();
    let mut places = BTreeMap::new();
    for (id, found, reason, is_barred) in found.into_iter().flatten() {
        let next = market.providers.len();
        let provider = *places.entry(found.provider).or_insert(next);
        if provider == next {
            market.providers.push(Provider {
                address: found.provider.into_array(),
                free_stake: 0,
                first_loss_bps: 0,
                operators: Vec::new(),
                unavailability: matching::availability::ONE,
                attributes: Vec::new(),
            });
        }
        if is_barred {
            request.barred.push(id);
        }
        market.offers.push(Offer {
            id,
            provider,
            is_live: true,
            class: found.class,
            region: found.region,
            units_free: found.units.saturating_sub(found.unitsInUse),
            price: found.price.to(),
            coverage_max_bps: found.coverageMaxBps,
            term_max_days: found.termMaxDays,
            duration_max_days: found.durationMaxDays,
            payment_modes: found.paymentModes,
            proof_kinds: found.proofKinds,
            notice: found.notice,
            is_customer_accepted: reason != CUSTOMER_REFUSED,
            is_application_accepted: reason != APPLICATION_REFUSED,
            is_key_accepted: reason != KEY_REFUSED,
        });
    }
    Ok(market)
}

/// Fills in what is the provider's own: stake, record, and what attesters say.
async fn providers(at: &At<'_>, request: &Request, market: &mut Market) -> Result<()> {
    let addresses: Vec<Address> = market.providers.iter().map(|provider| provider.address.into()).collect();
    let read = |provider: Address| async move {
        let contracts = at.context.at();
        let free_stake = at.view(contracts.staking, Staking::freeCall { provider }).await?;
        let first_loss_bps = at.view(contracts.staking, Staking::termsCall { provider }).await?.firstLossBps;
        let down = at.view(contracts.faults, IFaults::unavailabilityCall { provider }).await?;
        let mut attributes = Vec::new();
        for (attribute, level) in &request.criteria {
            let (attribute, level) = (*attribute, *level);
            let until = request.until.try_into().context("a time has at most 40 bits")?;
            let call = Attributes::hasCall { subject: provider, attribute, level, until };
            if at.view(contracts.attributes, call).await? {
                attributes.push(Attribute { attribute, level, expiry: request.until });
            }
        }
        Ok::<_, anyhow::Error>(Provider {
            address: provider.into_array(),
            free_stake,
            first_loss_bps,
            operators: operators(at, provider).await?,
            unavailability: share(down)?,
            attributes,
        })
    };
    market.providers = stream::iter(addresses).map(read).buffered(AT_ONCE).try_collect().await?;
    Ok(())
}

fn share(of_time: U256) -> Result<u64> {
    u64::try_from(of_time).context("nobody is down for more than all of the time")
}

/// The company behind a provider, the higher level first.
async fn operators(at: &At<'_>, subject: Address) -> Result<Vec<(u64, u64)>> {
    let mut operators = Vec::new();
    for level in [AUDITED, ATTESTED] {
        let call = Attributes::attestationCall { subject, attribute: OPERATOR, level };
        let found = at.view(at.context.at().attributes, call).await?;
        let call = Attributes::isAttesterCall { account: found.attester };
        if found.attester != Address::ZERO && at.view(at.context.at().attributes, call).await? {
            operators.push((found.value.to(), found.expiry.to()));
        }
    }
    Ok(operators)
}

/// Slots that are served count for the set's availability; of an offer that is gone nobody says where it was.
fn count_serving(request: &mut Request, market: &Market, holders: &[OfferId]) {
    for offer in market.offers.iter().filter(|offer| holders.contains(&OfferId(offer.id))) {
        let provider = &market.providers[offer.provider];
        request.serving.push(Serving {
            operator: provider.operator(request.until),
            region: offer.region,
            unavailability: provider.unavailability,
        });
    }
}
