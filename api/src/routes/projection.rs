//! `/v1/projection/stake`: the stake that a volume of compute needs, month by month.
//!
//! Money is whole micro-dollars. The only floats are the ratios of `paths`.

mod paths;

use std::str::FromStr;

use alloy_primitives::U256;
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::paths::{Assumed, Ranked};
use super::prices;
use super::quotes::coverage_bps;
use crate::Api;
use crate::amount::{self, FLT_DECIMALS, PRICE_DECIMALS};
use crate::error::{Error, Problem, Result};
use crate::page::{self, Waiting};
use crate::snapshot::Snapshot;

/// Decimals of dollars here.
const USD_DECIMALS: u8 = 6;
/// Decimals of growth, weights and price ratios.
const RATIO_DECIMALS: u8 = 6;
const MONTHS_MAX: u32 = 120;
const MONTH_DAYS: u64 = 30;
const DISPUTE_DAYS: u64 = 5;
const BPS: u64 = 10_000;
const TERM_DAYS_MAX: u64 = 14;
/// Parts of a mix: more would only repeat days.
const TERMS_MAX: usize = 14;
const VOLATILITY_MAX: u64 = 5;
/// Of prices: beyond it a price has no digits left.
const RATIO_MAX: f64 = 1e12;
/// A lock is margin-called when it covers less than two thirds of what it was granted for.
const MAINTAINED: &str = "2/3";
const SEED_DEFAULT: u64 = 1;
/// Larger whole numbers are not exact everywhere in JSON.
const SEED_MAX: u64 = (1 << 53) - 1;
const FORMULA: &str = "volume(m) = volume_usd * (1 + growth)^m; stake_usd = coverage * volume(m) / 30 * mean term in \
    days, since each dollar of a term's value is secured through that term; a lock that is not renewed answers for 5 \
    days more, which stake_max_usd counts for all of them; stake_flt = stake_usd / price. Bands: of all simulated paths \
    the price is below price_usd with percentile per cent, and the stake is below stake_flt with 100 - percentile per cent";
const MODEL: &str = "The price's logarithm is a random walk without drift, price(t + dt) = price(t) * exp(volatility * \
    sqrt(dt) * z), z standard normal, so that price(m) is lognormal with today's median: its quantiles are price * \
    exp(z * volatility * sqrt(m / 12)). A term's part of the volume is locked evenly over its days, each lock at the \
    price of its day: max(1 / price(day of grant), maintained_ratio / price(u) for each later day u of the term). The \
    first month's locks were granted at today's price. Numbers come from ChaCha8 with the seed, by Box and Muller, in \
    pairs of opposite sign";

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Question {
    /// Compute sold in the first month.
    volume_usd: String,
    /// Growth a month, as 0.1 or -0.05; 0 if absent.
    growth: Option<String>,
    /// 1 to 120, 12 if absent.
    months: Option<u32>,
    /// Days of a term, as 14, or a mix, as 7:1,14:3; 14 if absent.
    term_days: Option<String>,
    /// 2 to 5, 3 if absent.
    coverage: Option<String>,
    /// Standard deviation of the price's logarithm over a year, 0 to 5; 1 if absent.
    volatility: Option<String>,
    /// Of the simulated paths, 0 to 2^53 - 1; 1 if absent. The same seed gives the same answer.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    seed: Option<u64>,
}

/// Required stake by month.
#[derive(Debug, Serialize, ToSchema)]
struct Projection {
    price_usd: String,
    coverage: String,
    /// Mean of the mix.
    term_days: String,
    months: Vec<Month>,
    formula: &'static str,
    assumptions: Assumptions,
}

/// What the bands follow from, and all that it takes to compute them again.
#[derive(Debug, Serialize, ToSchema)]
struct Assumptions {
    model: &'static str,
    seed: u64,
    paths: u32,
    /// Days of a month; a year has twelve.
    month_days: u64,
    /// Standard deviation of the price's logarithm over a year.
    volatility: String,
    /// Part of the coverage below which a lock is topped up to it.
    maintained_ratio: String,
    terms: Vec<TermShare>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TermShare {
    term_days: u64,
    /// Part of the volume, of all.
    share: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct Month {
    /// 0 is the first.
    month: u32,
    volume_usd: String,
    /// Worth of the locks when every term is renewed.
    stake_usd: String,
    /// And when none is.
    stake_max_usd: String,
    /// `stake_usd` at today's price.
    stake_flt: String,
    bands: Vec<Band>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Band {
    /// The price is below `price_usd` with so many percent.
    percentile: u8,
    price_usd: String,
    /// Needs no more with 100 - percentile percent: a low price takes much stake.
    stake_flt: String,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(project_stake))
}

/// The stake that secures a growing volume of compute, with bands for the price of FLT.
#[utoipa::path(
    get, path = "/v1/projection/stake", tag = "quotes", params(Question, Waiting),
    responses((status = OK, body = Projection), (status = BAD_REQUEST, body = Problem), (status = UNPROCESSABLE_ENTITY, body = Problem))
)]
async fn project_stake(page::Asked(asked): page::Asked<Question>, mut at: Snapshot) -> Result<Json<Projection>> {
    let model = Model::read(&asked)?;
    let price = prices::now(&mut at.db).await?.ok_or_else(|| Error::Unanswerable("FLT has no price yet".to_owned()))?;
    // Simulating takes longer than reading: others may have the connection.
    drop(at);
    let median = amount::parse(&price.median_usd, PRICE_DECIMALS).unwrap_or_default();
    let projecting = tokio::task::spawn_blocking(move || {
        let months = model.project(median)?;
        Ok(Projection {
            price_usd: price.median_usd,
            coverage: amount::show(U256::from(model.coverage_bps), 4),
            term_days: amount::show(model.term_days(), RATIO_DECIMALS),
            months,
            formula: FORMULA,
            assumptions: model.assumptions(),
        })
    });
    projecting.await.map_err(|_| Error::Panicked)?.map(Json)
}

/// A question's numbers, checked.
#[derive(Debug)]
struct Model {
    volume: U256,
    /// One plus growth.
    factor: U256,
    months: u32,
    /// Days and their weights, with `RATIO_DECIMALS`.
    mix: Vec<(u64, U256)>,
    coverage_bps: u64,
    volatility: String,
    seed: u64,
}

impl Model {
    fn read(asked: &Question) -> Result<Self> {
        let volume = number("volume_usd", &asked.volume_usd, USD_DECIMALS)?;
        if volume.bit_len() > 100 {
            return Err(Error::parameter("volume_usd", "the volume is above what a world can spend"));
        }
        let months = asked.months.unwrap_or(12);
        if !(1..=MONTHS_MAX).contains(&months) {
            return Err(Error::parameter("months", format!("months are 1 to {MONTHS_MAX}")));
        }
        let seed = asked.seed.unwrap_or(SEED_DEFAULT);
        if seed > SEED_MAX {
            return Err(Error::parameter("seed", format!("a seed is 0 to {SEED_MAX}")));
        }
        Ok(Self {
            volume,
            factor: factor(asked.growth.as_deref().unwrap_or("0"))?,
            months,
            mix: mix(asked.term_days.as_deref().unwrap_or("14"))?,
            coverage_bps: coverage_bps(asked.coverage.as_deref())?,
            volatility: volatility(asked.volatility.as_deref().unwrap_or("1"))?,
            seed,
        })
    }

    fn project(&self, price: U256) -> Result<Vec<Month>> {
        if price.is_zero() {
            return Err(Error::Unanswerable("the price of FLT is zero".to_owned()));
        }
        let (ratio_unit, term_days) = (amount::unit(RATIO_DECIMALS), self.term_days());
        let mut volume = self.volume;
        let mut months = Vec::new();
        for (month, ranked) in (0..).zip(paths::simulate(&self.assumed(), self.months)) {
            let stake = self.stake(volume, term_days);
            let stake_max = self.stake(volume, term_days + U256::from(DISPUTE_DAYS) * ratio_unit);
            months.push(Month {
                month,
                volume_usd: amount::show(volume, USD_DECIMALS),
                stake_usd: amount::show(stake, USD_DECIMALS),
                stake_max_usd: amount::show(stake_max, USD_DECIMALS),
                stake_flt: amount::show(flt(stake, price), FLT_DECIMALS),
                bands: bands(&ranked, stake, price),
            });
            volume = volume * self.factor / ratio_unit;
            if volume.bit_len() > 128 {
                return Err(Error::parameter("growth", format!("after month {month} the volume has no meaning left")));
            }
        }
        Ok(months)
    }

    /// In micro-dollars, rounded up as locks are.
    fn stake(&self, volume: U256, term_days: U256) -> U256 {
        let per = U256::from(BPS * MONTH_DAYS) * amount::unit(RATIO_DECIMALS);
        (volume * term_days * U256::from(self.coverage_bps)).div_ceil(per)
    }

    fn weights(&self) -> U256 {
        self.mix.iter().map(|(_, weight)| *weight).sum()
    }

    /// Mean, with `RATIO_DECIMALS`.
    fn term_days(&self) -> U256 {
        let sum: U256 = self.mix.iter().map(|(days, weight)| U256::from(*days) * weight).sum();
        sum * amount::unit(RATIO_DECIMALS) / self.weights()
    }

    /// Of the volume, with `RATIO_DECIMALS`.
    fn share(&self, weight: U256) -> String {
        amount::show(weight * amount::unit(RATIO_DECIMALS) / self.weights(), RATIO_DECIMALS)
    }

    #[expect(clippy::float_arithmetic, reason = "a ratio of coverages, for an estimate")]
    fn assumed(&self) -> Assumed {
        let part = |text: &str| text.parse().expect("decimal digits are a float");
        let days = |days: u64| usize::try_from(days).expect("a term has 14 days at most");
        Assumed {
            seed: self.seed,
            volatility: part(&self.volatility),
            mix: self.mix.iter().map(|(term, weight)| (days(*term), part(&weight.to_string()))).collect(),
            maintained: 2.0 / 3.0,
        }
    }

    fn assumptions(&self) -> Assumptions {
        let share = |(term_days, weight): &(u64, U256)| TermShare { term_days: *term_days, share: self.share(*weight) };
        Assumptions {
            model: MODEL,
            seed: self.seed,
            paths: paths::PATHS,
            month_days: MONTH_DAYS,
            volatility: self.volatility.clone(),
            maintained_ratio: MAINTAINED.to_owned(),
            terms: self.mix.iter().map(share).collect(),
        }
    }
}

fn bands(ranked: &Ranked, stake: U256, price: U256) -> Vec<Band> {
    let prices = paths::PERCENTILES.iter().zip(ranked.price).zip(ranked.stake.iter().rev());
    let bands = prices.map(|((percentile, price_ratio), stake_ratio)| {
        // A price below the last decimal is the last decimal.
        let price_then = (price * decimal(price_ratio) / amount::unit(RATIO_DECIMALS)).max(U256::from(1));
        let stake_then = (flt(stake, price) * decimal(*stake_ratio)).div_ceil(amount::unit(RATIO_DECIMALS));
        Band {
            percentile: *percentile,
            price_usd: amount::show(price_then, PRICE_DECIMALS),
            stake_flt: amount::show(stake_then, FLT_DECIMALS),
        }
    });
    bands.collect()
}

/// A ratio with `RATIO_DECIMALS`.
fn decimal(ratio: f64) -> U256 {
    let ratio = ratio.min(RATIO_MAX);
    amount::parse(&format!("{ratio:.*}", usize::from(RATIO_DECIMALS)), RATIO_DECIMALS)
        .expect("a finite float prints as a decimal number")
}

/// FLT worth `stake` micro-dollars in its smallest units, rounded up.
fn flt(stake: U256, price: U256) -> U256 {
    let scale = amount::unit(FLT_DECIMALS - USD_DECIMALS) * amount::unit(PRICE_DECIMALS);
    (stake * scale).div_ceil(price)
}

fn number(parameter: &str, text: &str, decimals: u8) -> Result<U256> {
    amount::parse(text, decimals).map_err(|error| Error::parameter(parameter, error.to_string()))
}

fn factor(text: &str) -> Result<U256> {
    let unit = amount::unit(RATIO_DECIMALS);
    let bad = || Error::parameter("growth", "growth a month is between -1 and 10, as 0.1");
    match text.strip_prefix('-') {
        Some(fall) => unit.checked_sub(number("growth", fall, RATIO_DECIMALS)?).ok_or_else(bad),
        None => {
            let growth = number("growth", text, RATIO_DECIMALS)?;
            if growth <= U256::from(10) * unit { Ok(unit + growth) } else { Err(bad()) }
        }
    }
}

/// `14`, or `7:1,14:3`: days and their weights.
fn mix(text: &str) -> Result<Vec<(u64, U256)>> {
    let bad = || Error::parameter("term_days", format!("`{text}` is neither 1 to 14 days nor a mix such as 7:1,14:3"));
    let terms = text.split(',').map(|part| {
        let (days, weight) = part.split_once(':').unwrap_or((part, "1"));
        let days = u64::from_str(days).ok().filter(|days| (1..=TERM_DAYS_MAX).contains(days)).ok_or_else(bad)?;
        let weight =
            amount::parse(weight, RATIO_DECIMALS).ok().filter(|weight| weight.bit_len() < 64).ok_or_else(bad)?;
        Ok((days, weight))
    });
    let terms = terms.collect::<Result<Vec<_>>>()?;
    let is_weighted = terms.iter().any(|(_, weight)| !weight.is_zero());
    if is_weighted && terms.len() <= TERMS_MAX { Ok(terms) } else { Err(bad()) }
}

fn volatility(text: &str) -> Result<String> {
    // Digits and a point only: no sign, no exponent, no `inf`.
    let volatility = number("volatility", text, RATIO_DECIMALS)?;
    let is_known = volatility <= U256::from(VOLATILITY_MAX) * amount::unit(RATIO_DECIMALS);
    let shown = || amount::show(volatility, RATIO_DECIMALS);
    is_known.then(shown).ok_or_else(|| Error::parameter("volatility", format!("volatility is 0 to {VOLATILITY_MAX}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(volatility: Option<&str>) -> Model {
        let question = Question {
            volume_usd: "1000000".to_owned(),
            growth: Some("0.1".to_owned()),
            months: Some(3),
            term_days: Some("7:1,14:3".to_owned()),
            coverage: None,
            volatility: volatility.map(str::to_owned),
            seed: None,
        };
        Model::read(&question).expect("a good question")
    }

    #[test]
    fn stake_follows_volume_and_term() {
        let months = model(None).project(U256::from(50_000_000)).expect("a price above zero");
        let stakes: Vec<_> = months.iter().map(|month| (month.volume_usd.as_str(), month.stake_usd.as_str())).collect();
        // 3 * 1,000,000 / 30 * 12.25
        assert_eq!(stakes, [("1000000", "1225000"), ("1100000", "1347500"), ("1210000", "1482250")]);
        assert_eq!(months.first().map(|month| month.stake_flt.as_str()), Some("2450000"));
    }

    #[test]
    fn bands_open_with_time_around_todays_price() {
        let months = model(None).project(U256::from(50_000_000)).expect("a price above zero");
        let prices = |month: &Month| {
            let prices = month.bands.iter().map(|band| amount::parse(&band.price_usd, PRICE_DECIMALS));
            prices.collect::<std::result::Result<Vec<_>, _>>().expect("prices")
        };
        assert!(prices(&months[0]).iter().all(|price| *price == U256::from(50_000_000)));
        let (first, second) = (prices(&months[1]), prices(&months[2]));
        assert!(first.is_sorted() && second.is_sorted());
        // exp(-1.645 / sqrt(12)) = 0.62199, and within a twentieth of it.
        assert!(first[0].abs_diff(U256::from(31_099_500)) < U256::from(1_500_000), "{first:?}");
        assert!(second[0] < first[0] && second[4] > first[4]);
    }

    #[test]
    fn without_volatility_all_bands_are_the_stake_at_todays_price() {
        let months = model(Some("0")).project(U256::from(50_000_000)).expect("a price above zero");
        for month in &months {
            for band in &month.bands {
                assert_eq!((band.price_usd.as_str(), &band.stake_flt), ("0.5", &month.stake_flt));
            }
        }
    }

    #[test]
    fn a_mix_is_read_or_refused() {
        assert_eq!(mix("7").expect("a term"), [(7, U256::from(1_000_000))]);
        assert_eq!(model(None).term_days(), U256::from(12_250_000));
        for text in ["", "0", "15", "7:", "7:x", "7:0", "7;14", "7:1,", &"1:1,".repeat(20)] {
            assert!(mix(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_volatility_is_read_or_refused() {
        assert_eq!(volatility("0.80").expect("a volatility"), "0.8");
        for text in ["", "5.1", "-1", "1e1", "inf", "NaN", "0.0000001"] {
            assert!(volatility(text).is_err(), "{text}");
        }
    }
}
