//! `/v1/quote/stake` and `/v1/quote/sla`: what a job needs before anybody is asked to serve it.

use alloy_primitives::U256;
use axum::Json;
use serde::{Deserialize, Serialize};
use sqlx::query_scalar;
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{prices, usd_decimals};
use crate::Api;
use crate::amount::{self, FLT_DECIMALS, PRICE_DECIMALS};
use crate::error::{Error, Problem, Result};
use crate::page::{self, Waiting};
use crate::snapshot::Snapshot;

/// Decimals of ratios: coverage and availability, as bps in the contracts.
const RATIO_DECIMALS: u8 = 4;
const BPS: u64 = 10_000;
/// Coverage classes that a request may ask for, in bps.
const COVERAGE_BPS: std::ops::RangeInclusive<u64> = 20_000..=50_000;
const TERM_DAYS: std::ops::RangeInclusive<u64> = 1..=14;
/// Days after its term for which a lock still answers.
const DISPUTE_DAYS: u64 = 5;
/// Most slots of a deal.
const SLOTS_MAX: u32 = 16;
/// Decimals of a target: more nines than anyone can measure.
const TARGET_DECIMALS: u8 = 8;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StakeQuestion {
    /// Value at stake of one slot.
    job_value_usd: String,
    /// 1 to 14, 14 if absent.
    term_days: Option<u64>,
    /// 2 to 5, 3 if absent.
    coverage: Option<String>,
    /// First loss to ask for, in bps; 1000 if absent.
    first_loss_bps: Option<u64>,
}

/// The stake that secures a job now.
#[derive(Debug, Serialize, ToSchema)]
struct StakeQuote {
    job_value_usd: String,
    coverage: String,
    term_days: u64,
    /// What the lock is sized by.
    price_low_usd: String,
    #[serde(with = "rfc3339")]
    price_observed_at: OffsetDateTime,
    /// A stale price refuses new locks until it is fresh again.
    is_price_stale: bool,
    /// FLT to lock, rounded up: `ceil(coverage * job value / low)`.
    lock_flt: String,
    /// From the grant on: the term, and the time in which faults of the term can still be judged.
    lock_days: u64,
    first_loss_bps: u64,
    /// Of the lock, what the provider's own stake has to be.
    own_min_flt: String,
    /// Why ask for a first loss at all.
    first_loss_reason: &'static str,
    /// Below this price anyone may call for more stake.
    margin_call_below_usd: String,
    /// Below this price the customer may leave at once.
    leave_below_usd: String,
    /// Providers whose free stake covers the lock now.
    providers: i64,
    formula: &'static str,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SlaQuestion {
    /// Availability of one site, as 0.99; or of several, as 0.99,0.95,0.9.
    availability: String,
    /// Availability that the set has to reach, as 0.999.
    target: String,
}

/// How many independent sites reach a target.
#[derive(Debug, Serialize, ToSchema)]
struct SlaQuote {
    target: String,
    /// Sites of this availability, in slots of one deal, that reach the target; null: more than 16 are needed.
    /// Where several availabilities were given: how many of them, taken in their order.
    slots_needed: Option<u32>,
    /// Regions that these have to be spread over.
    regions_needed: u32,
    is_met: bool,
    /// What one more site brings each time.
    sets: Vec<SlaSet>,
    formula: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct SlaSet {
    slots: u32,
    /// Exact.
    availability: String,
    is_met: bool,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(quote_stake)).routes(routes!(quote_sla))
}

/// The lock that a job needs at the low price.
#[utoipa::path(
    get, path = "/v1/quote/stake", tag = "quotes", params(StakeQuestion, Waiting),
    responses((status = OK, body = StakeQuote), (status = BAD_REQUEST, body = Problem), (status = UNPROCESSABLE_ENTITY, body = Problem))
)]
async fn quote_stake(page::Asked(asked): page::Asked<StakeQuestion>, mut at: Snapshot) -> Result<Json<StakeQuote>> {
    let job = Job::read(&asked, usd_decimals(&at.head))?;
    let price = prices::now(&mut at.db).await?.ok_or_else(|| Error::Unanswerable("FLT has no price yet".to_owned()))?;
    let low = amount::parse(&price.low_usd, PRICE_DECIMALS).unwrap_or_default();
    let lock = job.lock(low).ok_or_else(|| Error::Unanswerable("the low price of FLT is zero".to_owned()))?;
    let providers = query_scalar!(
        r#"select count(*) as "count!" from provider_now where free >= $1::text::numeric and first_loss_bps >= $2"#,
        lock.to_string(),
        i32::try_from(job.first_loss_bps).expect("bps are at most 10,000"),
    );
    Ok(Json(StakeQuote {
        job_value_usd: amount::show(job.value, job.usd_decimals),
        coverage: amount::show(U256::from(job.coverage_bps), RATIO_DECIMALS),
        term_days: job.term_days,
        price_low_usd: price.low_usd,
        price_observed_at: price.observed_at,
        is_price_stale: price.is_stale,
        lock_flt: amount::show(lock, FLT_DECIMALS),
        lock_days: job.term_days + DISPUTE_DAYS,
        first_loss_bps: job.first_loss_bps,
        own_min_flt: amount::show((lock * U256::from(job.first_loss_bps)).div_ceil(U256::from(BPS)), FLT_DECIMALS),
        first_loss_reason: "a customer is compensated out of slashed own stake alone, at most 80 % of it: without a \
            first loss a slash burns and compensates nobody",
        margin_call_below_usd: amount::show((low * U256::from(2)).div_ceil(U256::from(3)), PRICE_DECIMALS),
        leave_below_usd: amount::show((low * U256::from(5)).div_ceil(U256::from(12)), PRICE_DECIMALS),
        providers: providers.fetch_one(&mut *at.db).await?,
        formula: "lock = ceil(coverage * job_value_usd / price_low_usd); health = lock * high / job_value_usd; margin \
            call below 2/3 of coverage, leaving below 5/12 of it",
    }))
}

/// How many independent sites reach an availability.
#[utoipa::path(
    get, path = "/v1/quote/sla", tag = "quotes", params(SlaQuestion, Waiting),
    responses((status = OK, body = SlaQuote), (status = BAD_REQUEST, body = Problem))
)]
async fn quote_sla(page::Asked(asked): page::Asked<SlaQuestion>, _: Snapshot) -> Result<Json<SlaQuote>> {
    let sites = asked.availability.split(',').map(|text| ratio("availability", text, RATIO_DECIMALS));
    let sites = sites.collect::<Result<Vec<_>>>()?;
    if sites.len() > usize::try_from(SLOTS_MAX).expect("a small constant") {
        return Err(Error::parameter("availability", format!("a deal has at most {SLOTS_MAX} slots")));
    }
    let target = ratio("target", &asked.target, TARGET_DECIMALS)?;
    let sets = sets(&sites, target);
    let met = sets.iter().find(|set| set.is_met).map(|set| set.slots);
    Ok(Json(SlaQuote {
        target: amount::show(target, TARGET_DECIMALS),
        slots_needed: met,
        regions_needed: if target > U256::from(99) * amount::unit(TARGET_DECIMALS - 2) { 2 } else { 1 },
        is_met: met.is_some(),
        sets,
        formula: "a set of independent sites is down when all are: availability = 1 - product of (1 - availability of \
            each); it meets the target when that product is at most 1 - target. Sites of one operator or region do not \
            count twice, standbys do not count. Measured: u = (down + 5 % of 7 days) / (served + down + 7 days)",
    }))
}

/// A job's numbers, checked.
struct Job {
    value: U256,
    usd_decimals: u8,
    coverage_bps: u64,
    term_days: u64,
    first_loss_bps: u64,
}

impl Job {
    fn read(asked: &StakeQuestion, usd_decimals: u8) -> Result<Self> {
        let value = amount::parse(&asked.job_value_usd, usd_decimals)
            .map_err(|error| Error::parameter("job_value_usd", error.to_string()))?;
        // The contracts count in 128 bits; so far every product here fits 256.
        if value.is_zero() || value.bit_len() > 112 {
            return Err(Error::parameter("job_value_usd", "the value of a job is above zero and below 5e33 units"));
        }
        let term_days = asked.term_days.unwrap_or(*TERM_DAYS.end());
        if !TERM_DAYS.contains(&term_days) {
            return Err(Error::parameter("term_days", "a term has 1 to 14 days"));
        }
        let first_loss_bps = asked.first_loss_bps.unwrap_or(1_000);
        if first_loss_bps > BPS {
            return Err(Error::parameter("first_loss_bps", "a first loss is at most 10000 bps"));
        }
        let coverage_bps = coverage_bps(asked.coverage.as_deref())?;
        Ok(Self { value, usd_decimals, coverage_bps, term_days, first_loss_bps })
    }

    /// As `Deals` sizes it; none at price zero.
    fn lock(&self, low: U256) -> Option<U256> {
        if low.is_zero() {
            return None;
        }
        let scale = amount::unit(FLT_DECIMALS - self.usd_decimals) * amount::unit(PRICE_DECIMALS);
        Some((self.value * U256::from(self.coverage_bps) * scale).div_ceil(low * U256::from(BPS)))
    }
}

/// A coverage class, 3.0 where none is asked for.
pub(super) fn coverage_bps(text: Option<&str>) -> Result<u64> {
    let bad = |reason: String| Error::parameter("coverage", reason);
    let parsed = amount::parse(text.unwrap_or("3"), RATIO_DECIMALS).map_err(|error| bad(error.to_string()))?;
    let bps = u64::try_from(parsed).unwrap_or(u64::MAX);
    if COVERAGE_BPS.contains(&bps) { Ok(bps) } else { Err(bad("coverage is 2 to 5".to_owned())) }
}

/// A ratio strictly between 0 and 1: nothing is always up.
fn ratio(parameter: &str, text: &str, decimals: u8) -> Result<U256> {
    let parsed = amount::parse(text, decimals).map_err(|error| Error::parameter(parameter, error.to_string()))?;
    if parsed.is_zero() || parsed >= amount::unit(decimals) {
        return Err(Error::parameter(parameter, format!("`{text}` is not between 0 and 1, as 0.99")));
    }
    Ok(parsed)
}

/// Sets of one site, two, and so on: of the sites given, or of as many of the only one as reach the target.
fn sets(sites: &[U256], target: U256) -> Vec<SlaSet> {
    let unit = amount::unit(RATIO_DECIMALS);
    let mut sets: Vec<SlaSet> = Vec::new();
    // The product of unavailabilities, with `decimals` decimals: 4 more with every site, so 64 at the most.
    let (mut down, mut decimals) = (U256::from(1), 0);
    for slots in 1..=SLOTS_MAX {
        let next = if sites.len() == 1 { sites.first() } else { sites.get(sets.len()) };
        let is_enough = sites.len() == 1 && sets.last().is_some_and(|set| set.is_met);
        let (Some(site), false) = (next, is_enough) else { break };
        down *= unit - site;
        decimals += RATIO_DECIMALS;
        let may_be_down = amount::unit(TARGET_DECIMALS) - target;
        let is_met = down * amount::unit(TARGET_DECIMALS) <= may_be_down * amount::unit(decimals);
        sets.push(SlaSet { slots, availability: amount::show(amount::unit(decimals) - down, decimals), is_met });
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(value: &str, usd_decimals: u8) -> Job {
        let value = amount::parse(value, usd_decimals).expect("an amount");
        Job { value, usd_decimals, coverage_bps: 30_000, term_days: 14, first_loss_bps: 1_000 }
    }

    #[test]
    fn a_million_dollar_job_locks_six_million_at_half_a_dollar() {
        let low = amount::parse("0.5", PRICE_DECIMALS).expect("a price");
        for usd_decimals in [6, 18] {
            let lock = job("1000000", usd_decimals).lock(low).expect("a price above zero");
            assert_eq!(amount::show(lock, FLT_DECIMALS), "6000000");
        }
    }

    #[test]
    fn a_lock_is_rounded_up() {
        let low = amount::parse("0.7", PRICE_DECIMALS).expect("a price");
        let lock = job("1", 6).lock(low).expect("a price above zero");
        assert_eq!(amount::show(lock, FLT_DECIMALS), "4.285714285714285715");
    }

    fn availabilities(site: &str, target: &str) -> Vec<String> {
        let site = ratio("availability", site, RATIO_DECIMALS).expect("a ratio");
        let target = ratio("target", target, TARGET_DECIMALS).expect("a ratio");
        sets(&[site], target).into_iter().map(|set| set.availability).collect()
    }

    #[test]
    fn availability_is_that_of_the_worked_example() {
        assert_eq!(availabilities("0.8", "0.999"), ["0.8", "0.96", "0.992", "0.9984", "0.99968"]);
        assert_eq!(availabilities("0.99", "0.9999"), ["0.99", "0.9999"]);
    }

    #[test]
    fn sixteen_sites_may_not_be_enough() {
        let sets = sets(&[U256::from(1_000)], U256::from(99_999_999));
        assert_eq!((sets.len(), sets.iter().any(|set| set.is_met)), (16, false));
    }
}
