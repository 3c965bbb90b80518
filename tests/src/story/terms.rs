//! Terms are renewed in their last day, each with a lock sized anew.

use anyhow::{Context as _, Result};
use scripts::amount::Flt;
use scripts::keeper;

use super::cast::KEEPER;
use super::resilient;
use super::stage::{Job, PRICE, Stage};
use super::words::{flt, usd};
use super::{functions, jobs};

const TERM_DAYS: u64 = 14;

/// How long before the end of a term it is renewed.
const EARLIER_HOURS: u64 = 12;

/// The hour of the story at which the first term is renewed.
pub(super) const fn first_at() -> u64 {
    at(1)
}

const fn at(term: u64) -> u64 {
    term * TERM_DAYS * 24 - EARLIER_HOURS
}

/// The first renewal, told at length.
pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    stage.at_hour(first_at()).await?;
    let title = "Terms are renewed";
    let why = "A lock secures one term of 14 days. In the last day anyone may renew it at the price of the day: what is\n\
               still to be served is locked again, the rest of the stake is free.";
    stage.voice.act(stage.day().await?, title, why);
    let before = stage.jobs.clone();
    renew(stage, 1).await?;
    let (mut freed, mut shrunk, mut all) = (0, 0, 0);
    for (job, old) in stage.jobs.iter().zip(&before) {
        for (seat, old) in job.seats.iter().zip(&old.seats) {
            freed += old.lock.0.saturating_sub(seat.lock.0);
            shrunk += u64::from(seat.lock < old.lock);
            all += 1;
        }
        if is_told(job) {
            say(stage, job, old);
        }
    }
    stage
        .voice
        .say(format!("{all} locks renewed, {shrunk} of them smaller than before; {} are free again", flt(Flt(freed))));
    let million = (first_value(&before)?, first_value(&stage.jobs)?);
    stage.voice.expect("the million-dollar job is still wholly at stake", million.0 == million.1);
    stage.voice.expect("locks of what remains have shrunk", shrunk >= all - 1);
    Ok(())
}

/// A later renewal, told in a line.
pub(super) async fn go_on(stage: &mut Stage, term: u64) -> Result<()> {
    stage.at_hour(at(term)).await?;
    let count = renew(stage, term).await?;
    let resilient = stage.jobs.iter().filter(|job| job.name == resilient::NAME).flat_map(|job| &job.seats);
    let locked = flt(Flt(resilient.map(|seat| seat.lock.0).sum()));
    let day = stage.day().await?;
    stage.voice.say(format!("day {day}: {count} renewals; {} locks no more than {locked}", resilient::NAME));
    Ok(())
}

/// Renews the `term`th term of every job that goes on after it.
async fn renew(stage: &mut Stage, term: u64) -> Result<u64> {
    stage.post_price(PRICE).await?;
    let mut count = 0;
    for job in stage.jobs.clone() {
        if u64::from(job.duration_days) <= term * TERM_DAYS {
            continue;
        }
        if job.name == resilient::NAME {
            pay_term(stage, &job).await?;
        }
        for seat in &job.seats {
            let renewed = keeper::renew(stage.party(KEEPER)?, job.deal, seat.slot).await?;
            anyhow::ensure!(renewed.is_priced, "the price is stale although it was posted just now");
            let seat = stage.seat(job.deal, seat.slot)?;
            (seat.lock, seat.value_at_stake) = (renewed.lock, renewed.value_at_stake);
            count += 1;
        }
    }
    stage.report.renewals += count;
    stage.note_locks().await?;
    Ok(count)
}

/// The customer of the resilient job pays one term at a time.
async fn pay_term(stage: &mut Stage, job: &Job) -> Result<()> {
    let slots = u128::from(resilient::SLOTS) * u128::from(resilient::TERM_DAYS) * u128::from(resilient::UNITS);
    // Of each payment a standby gets a fiftieth of what a slot gets.
    let amount = stage.dollars(resilient::PRICE_MAX)? * slots * 110 / 100;
    jobs::fund(stage, job, amount).await?;
    Ok(())
}

/// Two jobs of a kind are like each other.
fn is_told(job: &Job) -> bool {
    job.duration_days != functions::DAYS
}

fn say(stage: &Stage, job: &Job, old: &Job) {
    for (seat, old) in job.seats.iter().zip(&old.seats) {
        let (before, after, at_stake) = (flt(old.lock), flt(seat.lock), usd(seat.value_at_stake));
        stage.voice.say(format!("{}, {}: {before} -> {after} for {at_stake}", job.name, seat.provider.name));
    }
}

fn first_value(jobs: &[Job]) -> Result<u128> {
    let seat = jobs.first().and_then(|job| job.seats.first());
    Ok(seat.context("the first job is the million-dollar job")?.value_at_stake.units)
}
