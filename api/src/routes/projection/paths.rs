//! Simulated paths of FLT's price, and what locks that are granted and topped up along them need.
//!
//! Everything here is a ratio to today's price, never money, and follows from the seed alone.
#![expect(clippy::float_arithmetic, reason = "ratios of prices are estimates; money stays integer")]

use std::f64::consts::TAU;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Paths come in pairs, of which one falls where the other rises, so that the median needs fewer of them.
pub(super) const PATHS: u32 = 2_000;
/// Percentiles that are told of price and stake.
pub(super) const PERCENTILES: [u8; 5] = [5, 25, 50, 75, 95];

const MONTH_DAYS: usize = 30;
const YEAR_DAYS: f64 = 360.0;
/// Longest term: locks that count at a month's end were granted in its last days.
const TERM_MAX: usize = 14;

/// What is assumed of price and locks.
#[derive(Clone, Debug)]
pub(super) struct Assumed {
    pub(super) seed: u64,
    /// Standard deviation of the price's logarithm over a year.
    pub(super) volatility: f64,
    /// Days of a term and its weight by volume.
    pub(super) mix: Vec<(usize, f64)>,
    /// Part of the coverage below which a lock is topped up; zero: never.
    pub(super) maintained: f64,
}

/// Ratios at the `PERCENTILES` of all paths, each ranked by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    /// Price over today's.
    pub(super) price: [f64; 5],
    /// FLT in all locks over what they would need at today's price.
    pub(super) stake: [f64; 5],
}

/// The end of each month from today on.
pub(super) fn simulate(assumed: &Assumed, months: u32) -> Vec<Ranked> {
    let mut random = Normal { random: ChaCha8Rng::seed_from_u64(assumed.seed), spare: None };
    let mut logs = vec![0.0; usize::try_from(PATHS).expect("a small constant")];
    let today = Ranked { price: [1.0; 5], stake: [1.0; 5] };
    let rest = (1..months).map(|_| {
        let (mut prices, mut stakes) = (Vec::with_capacity(logs.len()), Vec::with_capacity(logs.len()));
        for pair in logs.chunks_exact_mut(2) {
            let shocks = random.month();
            for (log, sign) in pair.iter_mut().zip([1.0, -1.0]) {
                let logs = walk(log, &shocks, sign * assumed.volatility);
                prices.push(log.exp());
                stakes.push(stake_ratio(&logs.map(|log| (-log).exp()), assumed));
            }
        }
        Ranked { price: rank(prices), stake: rank(stakes) }
    });
    std::iter::once(today).chain(rest).collect()
}

/// Standard normal numbers of one month: the days before the window as one step, then a step a day.
type Shocks = [f64; TERM_MAX];

/// Moves the logarithm of a price through a month, and answers it for the last days, the latest last.
fn walk(log: &mut f64, shocks: &Shocks, volatility: f64) -> [f64; TERM_MAX] {
    let skipped = u32::try_from(MONTH_DAYS - TERM_MAX + 1).expect("a small constant");
    let mut days = f64::from(skipped);
    shocks.map(|shock| {
        *log += shock * volatility * (days / YEAR_DAYS).sqrt();
        days = 1.0;
        *log
    })
}

/// FLT that locks of the mix hold over what they would at today's price, `inverses` being today's price over the last
/// days'. A part of each term's volume is locked anew every day, and whoever falls below the maintained coverage tops up.
fn stake_ratio(inverses: &[f64; TERM_MAX], assumed: &Assumed) -> f64 {
    let mut sums = [0.0; TERM_MAX + 1];
    // The highest need of the days after the grant.
    let mut needed = 0.0_f64;
    for (age, inverse) in inverses.iter().rev().enumerate() {
        sums[age + 1] = sums[age] + inverse.max(needed);
        needed = needed.max(inverse * assumed.maintained);
    }
    let (mut held, mut whole) = (0.0, 0.0);
    for (days, weight) in &assumed.mix {
        held += weight * sums[*days];
        whole += weight * u32::try_from(*days).map_or(0.0, f64::from);
    }
    held / whole
}

fn rank(mut values: Vec<f64>) -> [f64; 5] {
    values.sort_unstable_by(f64::total_cmp);
    PERCENTILES.map(|percentile| {
        let place = (values.len() * usize::from(percentile)).div_ceil(100).max(1);
        values[place - 1]
    })
}

/// Standard normal numbers by Box and Muller.
struct Normal {
    random: ChaCha8Rng,
    spare: Option<f64>,
}

impl Normal {
    fn month(&mut self) -> Shocks {
        std::array::from_fn(|_| self.draw())
    }

    fn draw(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let (sine, cosine) = (TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sine);
        radius * cosine
    }

    /// Between zero and one, neither of which it is.
    fn uniform(&mut self) -> f64 {
        let high = u32::try_from(self.random.next_u64() >> 38).expect("26 bits are left");
        let low = self.random.next_u32() >> 5;
        (f64::from(high) * 134_217_728.0 + f64::from(low) + 0.5) / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standard normal quantiles of the percentiles, and how far a simulated one may lie from them in standard errors.
    const QUANTILES: [f64; 5] = [-1.644_853_627, -0.674_489_750, 0.0, 0.674_489_750, 1.644_853_627];
    const ERRORS: f64 = 4.0;

    fn assumed(volatility: f64, mix: &[(usize, f64)], maintained: f64) -> Assumed {
        Assumed { seed: 7, volatility, mix: mix.to_vec(), maintained }
    }

    /// `sqrt(p (1 - p) / n) / density(z)`, the standard error of a quantile of standard normal numbers.
    fn error_of(quantile: f64, percentile: u8) -> f64 {
        let part = f64::from(percentile) / 100.0;
        let density = (-quantile * quantile / 2.0).exp() / TAU.sqrt();
        (part * (1.0 - part) / f64::from(PATHS)).sqrt() / density
    }

    #[test]
    fn without_volatility_every_path_stays_where_it_is() {
        let months = simulate(&assumed(0.0, &[(7, 1.0), (14, 3.0)], 2.0 / 3.0), 120);
        assert_eq!(months.len(), 120);
        assert!(months.iter().all(|month| *month == Ranked { price: [1.0; 5], stake: [1.0; 5] }));
    }

    #[test]
    fn prices_are_lognormal() {
        for volatility in [0.2, 1.0, 3.0] {
            for (month, ranked) in (0_u32..).zip(simulate(&assumed(volatility, &[(14, 1.0)], 2.0 / 3.0), 37)).skip(1) {
                let spread = volatility * (f64::from(month) / 12.0).sqrt();
                for ((price, quantile), percentile) in ranked.price.iter().zip(QUANTILES).zip(PERCENTILES) {
                    let off = (price.ln() / spread - quantile).abs();
                    assert!(off < ERRORS * error_of(quantile, percentile), "{volatility} {month} {percentile}: {off}");
                }
            }
        }
    }

    #[test]
    fn a_term_of_a_day_needs_what_the_last_price_says() {
        // Of a lognormal price the reciprocal is lognormal with the same quantiles, from the other end, or one rank off it.
        for ranked in simulate(&assumed(1.0, &[(1, 1.0)], 2.0 / 3.0), 25) {
            for (stake, price) in ranked.stake.iter().zip(ranked.price.iter().rev()) {
                assert!((stake * price - 1.0).abs() < 0.05, "{stake} at {price}");
            }
        }
    }

    #[test]
    fn the_mean_of_locks_without_margin_is_that_of_lognormal_reciprocals() {
        // E[1 / p(t)] = exp(volatility^2 t / 2), averaged over the days on which what is locked now was granted.
        let assumed = assumed(0.8, &[(14, 1.0)], 0.0);
        let mut random = Normal { random: ChaCha8Rng::seed_from_u64(assumed.seed), spare: None };
        let (mut sum, mut squares, count) = (0.0, 0.0, 20_000);
        for _ in 0..count {
            let mut log = 0.0;
            let logs = walk(&mut log, &random.month(), assumed.volatility);
            let ratio = stake_ratio(&logs.map(|log: f64| (-log).exp()), &assumed);
            sum += ratio;
            squares += ratio * ratio;
        }
        let mean = sum / f64::from(count);
        let error = ((squares / f64::from(count) - mean * mean) / f64::from(count)).sqrt();
        let days = (17..=30).map(|day| (0.64 * f64::from(day) / YEAR_DAYS / 2.0).exp());
        let expected = days.sum::<f64>() / 14.0;
        assert!((mean - expected).abs() < ERRORS * error, "{mean} instead of {expected}, +- {error}");
    }

    #[test]
    fn margin_calls_only_ever_add_stake() {
        let mix = [(3, 1.0), (14, 2.0)];
        let (with, without) = (simulate(&assumed(2.0, &mix, 2.0 / 3.0), 13), simulate(&assumed(2.0, &mix, 0.0), 13));
        for (month, (with, without)) in with.iter().zip(&without).enumerate() {
            assert!(with.price.iter().zip(without.price).all(|(with, without)| with.total_cmp(&without).is_eq()));
            assert!(with.stake.iter().zip(without.stake).all(|(with, without)| *with >= without), "month {month}");
        }
        assert!(with[12].stake[4] > without[12].stake[4]);
    }

    #[test]
    fn a_fall_in_the_term_is_topped_up_to_the_maintained_coverage() {
        // Granted at today's price, which halved on the last day: two thirds of twice as much are 4/3.
        let mut inverses = [1.0; TERM_MAX];
        inverses[TERM_MAX - 1] = 2.0;
        let two_days = assumed(1.0, &[(2, 1.0)], 2.0 / 3.0);
        assert!((stake_ratio(&inverses, &two_days) - (2.0 + 4.0 / 3.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_seed_names_its_paths() {
        let first = assumed(1.0, &[(14, 1.0)], 2.0 / 3.0);
        let other = Assumed { seed: 8, ..first.clone() };
        assert_eq!(simulate(&first, 6), simulate(&first, 6));
        assert_ne!(simulate(&first, 6), simulate(&other, 6));
        // Fewer months are the beginning of more.
        assert_eq!(simulate(&first, 3), simulate(&first, 6)[..3]);
    }
}
