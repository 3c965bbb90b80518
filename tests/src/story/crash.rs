//! FLT falls by 40 % for three days: margin calls, cured by top-ups.

use anyhow::{Context as _, Result};
use scripts::amount::{Flt, whole};
use scripts::{keeper, provider};
use serde_json::Value;

use super::cast::KEEPER;
use super::stage::{Job, PRICE, Seat, Stage, number, text, units};
use super::words::{flt, percent};

/// 40 % less.
const CRASHED: u64 = 30_000_000;

/// The hours of the story between which it stays there.
const FALLS_AT: u64 = 24 * 5 + 6;
const RECOVERS_AT: u64 = FALLS_AT + 72;

/// Hours between two posts; every reading moves the averages, so the more the quicker they follow.
const POSTED_EVERY: u64 = 6;
const POSTED_LATER_EVERY: u64 = 12;

/// When the averages have followed so far that locks are thin, and a night later.
const CALLED_AT: u64 = FALLS_AT + 60;
const CURED_AT: u64 = FALLS_AT + 66;

/// Two thirds of coverage 3.0.
const MAINTAINED_BPS: u128 = 20_000;

/// Health is a ratio with four decimals.
const HEALTH_DECIMALS: u8 = 4;

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    stage.at_hour(FALLS_AT).await?;
    let title = "FLT falls by 40 % and stays there for three days";
    let why = "No price ever slashes or sells stake. A lock that its averages say is worth less than two thirds of what\n\
               was agreed is called, and its host has 48 hours to lock more, or the customer may leave.";
    stage.voice.act(stage.day().await?, title, why);
    let mut hour = FALLS_AT;
    while hour < RECOVERS_AT {
        if hour > FALLS_AT {
            stage.at_hour(hour).await?;
        }
        stage.post_price(CRASHED).await?;
        if hour == CALLED_AT {
            call(stage).await?;
        }
        if hour == CURED_AT {
            cure(stage).await?;
        }
        hour += POSTED_EVERY;
    }
    recover(stage, super::terms::first_at()).await
}

/// Anyone may call a lock that is too thin; here a keeper reads them off the API.
async fn call(stage: &mut Stage) -> Result<()> {
    let price = stage.get("/v1/network").await?["price"].clone();
    stage.voice.say(format!(
        "at ${} the averages have come to ${}",
        text(&price, "median_usd")?,
        text(&price, "high_usd")?
    ));
    let mut called = 0;
    for job in stage.jobs.clone() {
        for slot in slots(stage, &job).await?.into_iter().filter(|slot| slot["is_standby"] == false) {
            let health = units(text(&slot, "health")?, HEALTH_DECIMALS)?;
            if health < units(text(&slot, "health_maintained")?, HEALTH_DECIMALS)? {
                let place = u8::try_from(number(&slot, "slot")?)?;
                keeper::margin_call(stage.party(KEEPER)?, job.deal, place).await?;
                called += 1;
                say_called(stage, &job, health, called);
            }
        }
    }
    let shown = number(&stage.get("/v1/deals?is_called=true").await?, "total")?;
    let million = stage.jobs.first().context("the first job is the million-dollar job")?.deal;
    let is_called = stage.get(&format!("/v1/deals/{million}")).await?["is_called"] == true;
    stage.voice.expect(format!("{called} locks are called, of {shown} deals"), called > 0 && shown > 0);
    stage.voice.expect("the million-dollar job, prepaid in full, is one of them", is_called);
    stage.report.margin_calls_cured = called;
    Ok(())
}

fn say_called(stage: &Stage, job: &Job, health: u128, called: u64) {
    if called <= 3 {
        stage.voice.say(format!("{}: health {} of 3.0, called", job.name, whole(health, HEALTH_DECIMALS)));
    }
}

async fn slots(stage: &mut Stage, job: &Job) -> Result<Vec<Value>> {
    let found = stage.get(&format!("/v1/deals/{}/slots", job.deal)).await?;
    Ok(found["items"].as_array().context("the API lists slots")?.clone())
}

/// Hosts lock what suffices even where the averages have followed the price to the end.
async fn cure(stage: &mut Stage) -> Result<()> {
    let mut most = 0;
    for job in stage.jobs.clone() {
        for seat in job.seats.iter().filter(|seat| !seat.is_standby()) {
            let amount = missing(stage, seat)?;
            let context = stage.party(seat.provider.name)?;
            let before = seat.lock;
            let after = provider::top_up(context, job.deal, seat.slot, amount).await?.lock;
            stage.seat(job.deal, seat.slot)?.lock = after.unwrap_or(before);
            if amount > most {
                most = amount;
                let (name, amount) = (seat.provider.name, flt(Flt(amount)));
                stage.voice.say(format!("{name} tops {} up by {amount}", job.name));
            }
        }
    }
    let still = number(&stage.get("/v1/deals?is_called=true").await?, "total")?;
    stage.voice.expect("every call is cured, in time", still == 0);
    stage.report.margin_calls_cured -= still;
    stage.note_locks().await
}

/// What a lock lacks of two thirds of its coverage at the crashed price.
fn missing(stage: &Stage, seat: &Seat) -> Result<u128> {
    let scale = 10_u128.pow(18 - u32::from(stage.party(KEEPER)?.decimals())) * 100_000_000;
    let need = (seat.value_at_stake.units * MAINTAINED_BPS / 10_000 * scale).div_ceil(CRASHED.into());
    Ok(need.saturating_sub(seat.lock.0).max(1))
}

/// The price is back; the averages follow until the first renewal.
async fn recover(stage: &mut Stage, until: u64) -> Result<()> {
    let mut hour = RECOVERS_AT;
    while hour < until {
        stage.at_hour(hour).await?;
        stage.post_price(PRICE).await?;
        hour += POSTED_LATER_EVERY;
    }
    let price = stage.get("/v1/network").await?["price"].clone();
    let (median, low) = (text(&price, "median_usd")?, text(&price, "low_usd")?);
    let parts = units(low, 8)? * 10_000 / u128::from(PRICE);
    let share = percent(u16::try_from(parts)?);
    stage.voice.say(format!("FLT is back at ${median}; the low price for grants is ${low}, {share} of it"));
    stage.voice.expect("`low` recovers before the next renewal", parts > 9_800);
    Ok(())
}
