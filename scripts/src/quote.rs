//! What a job would cost and how much stake would answer for it, before anything is signed.

use std::fmt::Write as _;

use alloy::primitives::U256;
use anyhow::{Context as _, Result, ensure};
use contracts::{Deals, Matching, PriceGuard};
use serde::Serialize;

use crate::amount::{Flt, Usd, percent, price, ratio};
use crate::chain::Context;
use crate::customer::{RETAINER_BPS, exposure_name};
use crate::output::Value;

const BPS: u128 = 10_000;
/// The value at stake of a slot is at most this many times its escrow.
const ESCROW_MULTIPLE: u128 = 6;
const TERM_DAYS_MAX: u64 = 14;
const STANDBYS_MAX: u8 = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteArgs {
    /// What all slots together cost over the whole duration, in smallest units of the stablecoin.
    pub job_value: u128,
    pub slots: u8,
    pub term_days: u8,
    pub duration_days: u16,
    pub coverage_bps: u16,
    pub exposure: u8,
    pub first_loss_bps: u16,
    pub standbys: u8,
    /// Part of a slot's lock that each standby locks.
    pub reserve_bps: u16,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quote {
    pub job_value_usd: Usd,
    pub slots: u8,
    pub term_days: u8,
    pub duration_days: u16,
    pub terms: u64,
    pub coverage: String,
    pub exposure: &'static str,
    pub flt_usd_low: String,
    pub is_price_stale: bool,
    /// Per slot, when the job starts.
    pub value_at_stake_usd: Usd,
    pub lock_flt: Flt,
    pub lock_usd: Usd,
    /// All slots.
    pub lock_total_flt: Flt,
    pub first_loss_percent: String,
    /// Per slot: what the provider itself must have staked.
    pub first_loss_flt: Flt,
    /// The most that a slash could pay to the customer, per slot.
    pub compensation_max_flt: Flt,
    pub prepay_min_usd: Usd,
    /// What keeps the lock from being capped by the escrow.
    pub prepay_full_lock_usd: Usd,
    pub standbys: u8,
    /// Each standby's, when the job starts.
    pub standby_lock_flt: Flt,
    /// Of all standbys over the whole duration, on top of the job.
    pub retainers_usd: Usd,
    pub price_usd: Usd,
    pub fee_usd: Usd,
    pub to_providers_usd: Usd,
    pub request_fee_usd: Usd,
    pub locks_by_term: Vec<TermLock>,
    /// What the API answers, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermLock {
    pub term: u64,
    pub value_at_stake_usd: Usd,
    pub lock_flt: Flt,
}

pub async fn quote(context: &Context, args: &QuoteArgs) -> Result<Quote> {
    let guard = context.at().price_guard;
    let low = context.view(guard, PriceGuard::lowCall {}).await?;
    ensure!(low > 0, "The price of FLT was never observed: run `surety keeper observe` once its sources have answers.");
    let is_price_stale = context.view(guard, PriceGuard::isStaleCall {}).await?;
    let fee_bps = context.view(context.at().deals, Deals::feeBpsCall {}).await?;
    let request_fee = context.view(context.at().matching, Matching::requestFeeCall {}).await?;
    let decimals = context.decimals();
    let per_slot = args.job_value.div_ceil(u128::from(args.slots.max(1)));
    let locks_by_term = locks(args, per_slot, low, decimals)?;
    let first = locks_by_term.first().context("a job has a first term")?;
    let (value, lock) = (first.value_at_stake_usd, first.lock_flt);
    let first_loss = mul_div_up(lock.0, args.first_loss_bps.into(), BPS)?;
    let retainers = retainers(args, per_slot)?;
    let total = args.job_value.checked_add(retainers).context("more than the contracts can hold")?;
    let fee = mul_div_up(total, fee_bps.into(), BPS)?;
    let terms = terms_of(args);
    let usd = |units| context.usd(units);
    Ok(Quote {
        job_value_usd: usd(args.job_value),
        slots: args.slots,
        term_days: args.term_days,
        duration_days: args.duration_days,
        terms,
        coverage: ratio(args.coverage_bps.into()),
        exposure: exposure_name(args.exposure),
        flt_usd_low: price(low),
        is_price_stale,
        value_at_stake_usd: value,
        lock_flt: lock,
        lock_usd: usd(mul_div_up(value.units, args.coverage_bps.into(), BPS)?),
        lock_total_flt: Flt(lock.0.checked_mul(args.slots.into()).context("more FLT than there can be")?),
        first_loss_percent: percent(args.first_loss_bps.into()),
        first_loss_flt: Flt(first_loss),
        compensation_max_flt: Flt(first_loss / 5 * 4),
        standbys: args.standbys,
        standby_lock_flt: Flt(mul_div_up(lock.0, args.reserve_bps.into(), BPS)?),
        retainers_usd: usd(retainers),
        prepay_min_usd: usd(mul_div_up(total, term_days(args), args.duration_days.into())?),
        prepay_full_lock_usd: usd(value.units.div_ceil(ESCROW_MULTIPLE) * u128::from(args.slots)),
        price_usd: usd(total),
        fee_usd: usd(fee),
        to_providers_usd: usd(total - fee),
        request_fee_usd: usd(request_fee),
        locks_by_term,
        api: None,
    })
}

/// What the standbys are paid for the whole job, each at a slot's price.
fn retainers(args: &QuoteArgs, per_slot: u128) -> Result<u128> {
    ensure!(args.standbys <= STANDBYS_MAX, "A deal has at most {STANDBYS_MAX} standbys.");
    mul_div_up(per_slot * u128::from(args.standbys), RETAINER_BPS, BPS)
}

fn term_days(args: &QuoteArgs) -> u128 {
    u128::from(args.term_days).min(args.duration_days.into())
}

fn terms_of(args: &QuoteArgs) -> u64 {
    u64::from(args.duration_days).div_ceil(u64::from(args.term_days.max(1)))
}

/// The lock of one slot at each of its grants, at today's price.
fn locks(args: &QuoteArgs, per_slot: u128, low: u64, decimals: u8) -> Result<Vec<TermLock>> {
    ensure!(args.term_days > 0 && u64::from(args.term_days) <= TERM_DAYS_MAX, "A term has 1 to {TERM_DAYS_MAX} days.");
    ensure!(args.duration_days > 0 && args.slots > 0, "A job has at least one day and one slot.");
    ensure!(args.first_loss_bps <= 10_000, "A first loss is at most 100 %.");
    let mut locks = Vec::new();
    for term in 0..terms_of(args) {
        let served = u128::from(term) * u128::from(args.term_days);
        let rest = u128::from(args.duration_days) - served;
        let days = match args.exposure {
            0 => rest,
            1 => rest.min(args.term_days.into()),
            _ => args.duration_days.into(),
        };
        let value = mul_div_up(per_slot, days, args.duration_days.into())?;
        let lock = lock_of(value, args.coverage_bps, low, decimals)?;
        locks.push(TermLock {
            term: term + 1,
            value_at_stake_usd: Usd { units: value, decimals },
            lock_flt: Flt(lock),
        });
    }
    Ok(locks)
}

/// `ceil(coverage * value / low)` in smallest units of FLT, as `Deals` rounds it.
fn lock_of(value: u128, coverage_bps: u16, low: u64, decimals: u8) -> Result<u128> {
    let scale = U256::from(10).pow(U256::from(18 - decimals.min(18))) * U256::from(100_000_000_u64);
    let numerator = U256::from(value) * U256::from(coverage_bps) * scale;
    let lock = numerator.div_ceil(U256::from(BPS) * U256::from(low));
    u128::try_from(lock).context("the lock would be more FLT than there can be")
}

pub(crate) fn mul_div_up(a: u128, b: u128, c: u128) -> Result<u128> {
    let up = (U256::from(a) * U256::from(b)).div_ceil(U256::from(c));
    u128::try_from(up).context("a number of more than 128 bits")
}

impl Quote {
    /// The quote as a customer reads it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |label: &str, value: String| {
            let _ = writeln!(text, "{label:<26} {value}");
        };
        line(
            "Job",
            format!("${} over {} days, {} slot(s)", group(&self.job_value_usd), self.duration_days, self.slots),
        );
        line("Terms", format!("{} of {} days, exposure {}", self.terms, self.term_days, self.exposure));
        line("FLT price, low", format!("${}{}", self.flt_usd_low, if self.is_price_stale { " (stale)" } else { "" }));
        line("Value at stake", format!("${} a slot", group(&self.value_at_stake_usd)));
        let lock =
            format!("{} FLT a slot = ${} ({} times)", group(&self.lock_flt), group(&self.lock_usd), self.coverage);
        line("Stake locked for you", lock);
        if self.slots > 1 {
            line("All slots together", format!("{} FLT", group(&self.lock_total_flt)));
        }
        let first_loss = format!("{} FLT ({} %)", group(&self.first_loss_flt), self.first_loss_percent);
        line("Provider's own of that", first_loss);
        line(
            "Your compensation, most",
            format!("{} FLT a slot, from the provider's own stake alone", group(&self.compensation_max_flt)),
        );
        if self.standbys > 0 {
            let lock = group(&self.standby_lock_flt);
            line("Each standby locks", format!("{lock} FLT, and more when it takes over"));
        }
        line("You pay", format!("${}, streamed by the second", group(&self.price_usd)));
        if self.standbys > 0 {
            line("  retainers, included", format!("${} for {}", group(&self.retainers_usd), self.standbys));
        }
        line("  to the providers", format!("${}", group(&self.to_providers_usd)));
        line("  fee, included", format!("${}", group(&self.fee_usd)));
        line("  for the request", format!("${} on top, once", group(&self.request_fee_usd)));
        line("Prepay at least", format!("${} (one term)", group(&self.prepay_min_usd)));
        line(
            "  for the full lock",
            format!("${} before each term, a sixth of the value at stake", group(&self.prepay_full_lock_usd)),
        );
        if self.locks_by_term.len() > 1 {
            text.push_str("\nLock of a slot by term, at today's price\n");
            for term in &self.locks_by_term {
                let (lock, value) = (group(&term.lock_flt), group(&term.value_at_stake_usd));
                let _ = writeln!(text, "  {:>3}  {lock:>24} FLT  for ${value}", term.term);
            }
        }
        text.push_str(
            "\nWhy a first loss: you are compensated from the provider's own stake alone, because whoever could arrange\n\
             a slash of others' stake must not profit from it. With first loss 0 your compensation is 0 too.",
        );
        if let Some(api) = &self.api {
            let _ = write!(text, "\n\nThe API says\n{}", api.table());
        }
        text
    }
}

/// Digits in threes and no more than cents, for people alone.
fn group(amount: &impl ToString) -> String {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let fraction: String = fraction.chars().take(2).collect();
    if fraction.trim_end_matches('0').is_empty() { grouped } else { format!("{grouped}.{fraction:0<2}") }
}

/// What the API says about the same job.
pub async fn from_api(api_url: &str, quote: &Quote) -> Result<Value> {
    let url = format!("{}/v1/quote/stake", api_url.trim_end_matches('/'));
    let query = [
        ("job_value_usd", quote.job_value_usd.to_string()),
        ("term_days", quote.term_days.to_string()),
        ("coverage", quote.coverage.clone()),
    ];
    let answer = reqwest::Client::new().get(&url).query(&query).send().await;
    let answer = answer.with_context(|| format!("The API does not answer at {api_url}: give another --api-url"))?;
    let status = answer.status();
    let body = answer.text().await.context("reading the API's answer")?;
    ensure!(status.is_success(), "The API refuses at {api_url}: {status} {body}");
    serde_json::from_str(&body)
        .with_context(|| format!("{api_url} does not answer with JSON: is it the API of Surety?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: u128 = 10_u128.pow(18);

    fn job(exposure: u8) -> QuoteArgs {
        QuoteArgs {
            job_value: 1_000_000 * 10_u128.pow(6),
            slots: 1,
            term_days: 14,
            duration_days: 84,
            coverage_bps: 30_000,
            exposure,
            first_loss_bps: 1_000,
            standbys: 0,
            reserve_bps: 2_000,
        }
    }

    #[test]
    fn a_standby_is_paid_two_percent_of_a_slot() {
        let args = QuoteArgs { slots: 2, standbys: 2, ..job(0) };
        assert_eq!(retainers(&args, 500_000_000_000).ok(), Some(20_000_000_000));
        assert_eq!(retainers(&QuoteArgs { standbys: 1, ..job(0) }, 1).ok(), Some(1));
        assert!(retainers(&QuoteArgs { standbys: 5, ..job(0) }, 1).is_err());
    }

    #[test]
    fn a_million_dollars_at_fifty_cents_lock_six_million_flt() {
        assert_eq!(lock_of(1_000_000 * 10_u128.pow(6), 30_000, 50_000_000, 6).ok(), Some(6_000_000 * TOKEN));
        assert_eq!(lock_of(1_000_000 * TOKEN, 30_000, 50_000_000, 18).ok(), Some(6_000_000 * TOKEN));
        // A wei of FLT is never given away.
        assert_eq!(lock_of(1, 30_000, 70_000_000, 18).ok(), Some(5));
    }

    #[test]
    fn the_lock_shrinks_with_what_remains_unless_only_the_whole_counts() {
        let millions = |exposure| -> Vec<u128> {
            let locks = locks(&job(exposure), job(exposure).job_value, 100_000_000, 6).expect("it is a valid job");
            locks.iter().map(|lock| lock.lock_flt.0 / (TOKEN * 10_000)).collect()
        };
        assert_eq!(millions(0), [300, 250, 200, 150, 100, 50]);
        assert_eq!(millions(1), [50; 6]);
        assert_eq!(millions(2), [300; 6]);
    }

    #[test]
    fn a_last_short_term_counts_its_own_days() {
        let args = QuoteArgs { duration_days: 20, ..job(1) };
        let locks = locks(&args, 20 * 10_u128.pow(6), 100_000_000, 6).expect("it is a valid job");
        assert_eq!(locks.iter().map(|lock| lock.value_at_stake_usd.units).collect::<Vec<_>>(), [14_000_000, 6_000_000]);
    }

    #[test]
    fn people_read_groups_of_three() {
        assert_eq!(group(&"6000000"), "6,000,000");
        assert_eq!(group(&"999"), "999");
        assert_eq!(group(&"1234.5"), "1,234.50");
        assert_eq!(group(&"5000000.000002"), "5,000,000");
    }
}
