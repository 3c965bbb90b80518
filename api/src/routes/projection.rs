//! `/v1/projection/stake`: the stake that a volume of compute needs, month by month.
//!
//! Money is whole micro-dollars. The one float here is the ratio of a future price to today's.

use std::str::FromStr;

use alloy_primitives::U256;
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
/// Percentiles of the price and their standard normal quantiles.
const BANDS: [(u8, f64); 5] =
    [(5, -1.644_853_627), (25, -0.674_489_750), (50, 0.0), (75, 0.674_489_750), (95, 1.644_853_627)];
const FORMULA: &str = "volume(m) = volume_usd * (1 + growth)^m; stake_usd = coverage * volume(m) / 30 * mean term in \
    days, since each dollar of a term's value is secured through that term; a lock that is not renewed answers for 5 \
    days more, which stake_max_usd counts for all of them; stake_flt = stake_usd / price. Bands: price(m) = price * \
    exp(z * volatility * sqrt(m / 12)), lognormal with today's price as its median, z the quantile of the percentile";

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
    /// The price is below this one with so many percent.
    percentile: u8,
    price_usd: String,
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
    let median = amount::parse(&price.median_usd, PRICE_DECIMALS).unwrap_or_default();
    Ok(Json(Projection {
        price_usd: price.median_usd,
        coverage: amount::show(U256::from(model.coverage_bps), 4),
        term_days: amount::show(model.term_days, RATIO_DECIMALS),
        months: model.project(median)?,
        formula: FORMULA,
    }))
}

/// A question's numbers, checked.
#[derive(Debug)]
struct Model {
    volume: U256,
    /// One plus growth.
    factor: U256,
    months: u32,
    /// Mean, with `RATIO_DECIMALS`.
    term_days: U256,
    coverage_bps: u64,
    volatility: f64,
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
        Ok(Self {
            volume,
            factor: factor(asked.growth.as_deref().unwrap_or("0"))?,
            months,
            term_days: mean_term(asked.term_days.as_deref().unwrap_or("14"))?,
            coverage_bps: coverage_bps(asked.coverage.as_deref())?,
            volatility: volatility(asked.volatility.as_deref().unwrap_or("1"))?,
        })
    }

    fn project(&self, price: U256) -> Result<Vec<Month>> {
        if price.is_zero() {
            return Err(Error::Unanswerable("the price of FLT is zero".to_owned()));
        }
        let ratio_unit = amount::unit(RATIO_DECIMALS);
        let mut volume = self.volume;
        let mut months = Vec::new();
        for month in 0..self.months {
            let stake = self.stake(volume, self.term_days);
            let stake_max = self.stake(volume, self.term_days + U256::from(DISPUTE_DAYS) * ratio_unit);
            months.push(Month {
                month,
                volume_usd: amount::show(volume, USD_DECIMALS),
                stake_usd: amount::show(stake, USD_DECIMALS),
                stake_max_usd: amount::show(stake_max, USD_DECIMALS),
                stake_flt: flt(stake, price),
                bands: self.bands(month, stake, price),
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

    fn bands(&self, month: u32, stake: U256, price: U256) -> Vec<Band> {
        let bands = BANDS.iter().map(|(percentile, quantile)| {
            let ratio = self.price_ratio(month, *quantile);
            // A price below the last decimal is the last decimal: it is divided by.
            let price = (price * ratio / amount::unit(RATIO_DECIMALS)).max(U256::from(1));
            Band {
                percentile: *percentile,
                price_usd: amount::show(price, PRICE_DECIMALS),
                stake_flt: flt(stake, price),
            }
        });
        bands.collect()
    }

    /// Price in a month over today's, with `RATIO_DECIMALS`.
    #[expect(clippy::float_arithmetic, reason = "a ratio of prices, which is an estimate; money stays integer")]
    fn price_ratio(&self, month: u32, quantile: f64) -> U256 {
        let years = f64::from(month) / 12.0;
        let ratio = (quantile * self.volatility * years.sqrt()).exp().min(1e12);
        amount::parse(&format!("{ratio:.*}", usize::from(RATIO_DECIMALS)), RATIO_DECIMALS)
            .expect("a finite float prints as a decimal number")
    }
}

/// FLT worth `stake` micro-dollars, rounded up.
fn flt(stake: U256, price: U256) -> String {
    let scale = amount::unit(FLT_DECIMALS - USD_DECIMALS) * amount::unit(PRICE_DECIMALS);
    amount::show((stake * scale).div_ceil(price), FLT_DECIMALS)
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
fn mean_term(text: &str) -> Result<U256> {
    let bad = || Error::parameter("term_days", format!("`{text}` is neither 1 to 14 days nor a mix such as 7:1,14:3"));
    let (mut days_sum, mut weights) = (U256::ZERO, U256::ZERO);
    for part in text.split(',') {
        let (days, weight) = part.split_once(':').unwrap_or((part, "1"));
        let days = u64::from_str(days).ok().filter(|days| (1..=14).contains(days)).ok_or_else(bad)?;
        let weight =
            amount::parse(weight, RATIO_DECIMALS).ok().filter(|weight| weight.bit_len() < 64).ok_or_else(bad)?;
        days_sum += U256::from(days) * weight;
        weights += weight;
    }
    let mean = (days_sum * amount::unit(RATIO_DECIMALS)).checked_div(weights);
    mean.ok_or_else(bad)
}

fn volatility(text: &str) -> Result<f64> {
    // Digits and a point only: no sign, no exponent, no `inf`.
    number("volatility", text, RATIO_DECIMALS)?;
    let volatility = text.parse::<f64>().ok().filter(|volatility| (0.0..=5.0).contains(volatility));
    volatility.ok_or_else(|| Error::parameter("volatility", "volatility is 0 to 5"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        let question = Question {
            volume_usd: "1000000".to_owned(),
            growth: Some("0.1".to_owned()),
            months: Some(3),
            term_days: Some("7:1,14:3".to_owned()),
            coverage: None,
            volatility: None,
        };
        Model::read(&question).expect("a good question")
    }

    #[test]
    fn stake_follows_volume_and_term() {
        let months = model().project(U256::from(50_000_000)).expect("a price above zero");
        let stakes: Vec<_> = months.iter().map(|month| (month.volume_usd.as_str(), month.stake_usd.as_str())).collect();
        // 3 * 1,000,000 / 30 * 12.25
        assert_eq!(stakes, [("1000000", "1225000"), ("1100000", "1347500"), ("1210000", "1482250")]);
        assert_eq!(months.first().map(|month| month.stake_flt.as_str()), Some("2450000"));
    }

    #[test]
    fn bands_open_with_time_around_todays_price() {
        let months = model().project(U256::from(50_000_000)).expect("a price above zero");
        let prices = |month: &Month| month.bands.iter().map(|band| band.price_usd.clone()).collect::<Vec<_>>();
        assert_eq!(prices(&months[0]), ["0.5", "0.5", "0.5", "0.5", "0.5"]);
        assert_eq!(prices(&months[1]), ["0.310996", "0.4115375", "0.5", "0.6074785", "0.803869"]);
    }

    #[test]
    fn a_mix_is_read_or_refused() {
        assert_eq!(mean_term("7").expect("a term"), U256::from(7_000_000));
        for mix in ["", "0", "15", "7:", "7:x", "7:0", "7;14", "7:1,"] {
            assert!(mean_term(mix).is_err(), "{mix}");
        }
    }
}
