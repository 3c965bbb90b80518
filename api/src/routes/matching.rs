//! `POST /v1/match`: from criteria to the cheapest set of offers that meets them, and why every other was left out.

mod admission;
mod market;
mod wish;

use alloy_primitives::U256;
use axum::Json;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::JsonRejection;
use matching::availability::ONE;
use matching::{Answer, Criterion, Market, Reason, Request, solve};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::wish::Wish;
use super::usd_decimals;
use crate::Api;
use crate::address::Address;
use crate::amount;
use crate::error::{Error, Problem, Result};
use crate::page::Waiting;
use crate::snapshot::Snapshot;

/// Sets that a search looks at before it answers with a bound instead of a proof: a fraction of a second.
const NODES: u64 = 20_000;
/// Criteria are short; a list of providers has 32 at most.
const BODY_BYTES_MAX: usize = 16 * 1_024;
/// Refused offers that are told one by one.
const REFUSED_MAX: usize = 1_000;
/// Searches at a time: each keeps a core busy.
static SEARCHES: Semaphore = Semaphore::const_new(2);

/// Decimals of shares of time.
const SHARE_DECIMALS: u8 = 18;

/// The best set, if there is one.
#[derive(Debug, Serialize, ToSchema)]
struct Match {
    /// Whether any set meets all criteria.
    is_met: bool,
    /// Nothing cheaper meets them: `lower_bound_usd` is the price. False: the search was cut short.
    is_proven: bool,
    /// A day, retainers included; null: no set was found.
    price_usd: Option<String>,
    /// A day: no set costs less.
    lower_bound_usd: String,
    /// Share of time that at least one slot is up; standbys not counted.
    availability: Option<String>,
    /// Sets that were looked at.
    nodes: u64,
    /// The least unavailable first.
    slots: Vec<MatchPlace>,
    /// In the order in which they are promoted.
    standbys: Vec<MatchPlace>,
    /// Where there is no set: each criterion without which there is one.
    binding: Vec<MatchBinding>,
    /// How many offers each reason kept out.
    refused_by_reason: Vec<RefusedCount>,
    /// Why each offer is not in the set: its first reason. The first 1,000.
    refused: Vec<Refused>,
}

/// An offer in a place.
#[derive(Debug, Serialize, ToSchema)]
struct MatchPlace {
    offer: i64,
    provider: Address,
    region: u8,
    /// Of a unit for a day.
    price_usd: String,
    /// Of the place for a day; of a standby its retainer.
    cost_usd: String,
    /// What the place locks.
    lock_flt: Option<String>,
    /// Measured share of time that the provider is down.
    unavailability: String,
}

/// A criterion that alone keeps every set out.
#[derive(Debug, Serialize, ToSchema)]
struct MatchBinding {
    criterion: &'static str,
    /// A day, of the set that there is without it.
    price_usd: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct RefusedCount {
    reason: &'static str,
    offers: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct Refused {
    offer: i64,
    /// As `Matching.reasonOf` numbers it; null for what only a whole set can say.
    code: Option<u8>,
    reason: &'static str,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(find_match)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// The cheapest set of offers that meets criteria, at the indexed block.
#[utoipa::path(
    post, path = "/v1/match", tag = "matching", params(Waiting), request_body = Wish,
    responses(
        (status = OK, body = Match),
        (status = BAD_REQUEST, body = Problem),
        (status = PAYLOAD_TOO_LARGE, body = Problem)
    )
)]
async fn find_match(mut at: Snapshot, body: std::result::Result<Json<Wish>, JsonRejection>) -> Result<Json<Match>> {
    let Json(wish) = body.map_err(|rejection| Error::body(&rejection))?;
    let decimals = usd_decimals(&at.head);
    let admitted = wish.admitted()?;
    let request = wish.request(&mut at).await?;
    let market = market::read(&mut at.db, &admitted).await?;
    let permit = SEARCHES.acquire().await.expect("it is never closed");
    let search = move || (solve(&market, &request, NODES), market, request);
    let (answer, market, request) = spawn_blocking(search).await.map_err(|_| Error::Panicked)?;
    drop(permit);
    Ok(Json(Match::of(&answer, &market, &request, decimals)))
}

impl Match {
    fn of(answer: &Answer, market: &Market, request: &Request, decimals: u8) -> Self {
        let usd = |cost: u128| amount::show(U256::from(cost), decimals);
        let share = |share: u64| amount::show(U256::from(share), SHARE_DECIMALS);
        let place = |place: &matching::Place, lock: Option<u128>| {
            let offer = &market.offers[place.index];
            let provider = &market.providers[offer.provider];
            MatchPlace {
                offer: id(offer.id),
                provider: Address(provider.address.into()),
                region: offer.region,
                price_usd: usd(offer.price),
                cost_usd: usd(place.cost),
                lock_flt: lock.map(|lock| amount::show(U256::from(lock), amount::FLT_DECIMALS)),
                unavailability: share(provider.unavailability),
            }
        };
        let set = answer.set.as_ref();
        let price = |index: usize| market.offers[index].price;
        let slots = set.iter().flat_map(|set| &set.slots).map(|slot| place(slot, request.slot_lock(price(slot.index))));
        let standbys = set.iter().flat_map(|set| &set.standbys);
        let binding = answer.binding.iter();
        Self {
            is_met: set.is_some(),
            is_proven: answer.is_proven,
            price_usd: set.map(|set| usd(set.price)),
            lower_bound_usd: usd(answer.lower_bound),
            availability: set.map(|set| share(ONE - set.unavailability)),
            nodes: answer.nodes,
            slots: slots.collect(),
            standbys: standbys.map(|by| place(by, request.standby_lock(price(by.index)))).collect(),
            binding: binding
                .map(|one| MatchBinding { criterion: words(one.criterion), price_usd: usd(one.price) })
                .collect(),
            refused_by_reason: counts(answer),
            refused: refused(answer, market),
        }
    }
}

fn words(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Offer(reason) => reason.words(),
        Criterion::Availability => "availability",
        Criterion::Standbys => "standbys",
    }
}

fn id(offer: u64) -> i64 {
    i64::try_from(offer).expect("it came from a bigint")
}

fn counts(answer: &Answer) -> Vec<RefusedCount> {
    let count = |reason: Reason| answer.reasons.iter().filter(|found| **found == Some(reason)).count();
    let counts = Reason::ALL.into_iter().map(|reason| RefusedCount { reason: reason.words(), offers: count(reason) });
    counts.filter(|count| count.offers > 0).collect()
}

fn refused(answer: &Answer, market: &Market) -> Vec<Refused> {
    let all = answer.reasons.iter().zip(&market.offers);
    let refused = all.filter_map(|(reason, offer)| {
        reason.map(|reason| Refused { offer: id(offer.id), code: reason.code(), reason: reason.words() })
    });
    refused.take(REFUSED_MAX).collect()
}
