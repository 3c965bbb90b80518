//! A job that survives the loss of a region.

use anyhow::Result;
use scripts::customer::OpenArgs;

use super::cast::{REGIONS, RESILIENT};
use super::jobs;
use super::stage::Stage;
use super::words::{flt, usd};

pub(super) const UNITS: u32 = 4_000;
pub(super) const SLOTS: u8 = 3;
pub(super) const STANDBYS: u8 = 2;
const DAYS: u16 = 84;
pub(super) const TERM_DAYS: u8 = 14;

/// Ten-thousandths of a dollar per unit-day.
pub(super) const PRICE_MAX: u128 = 10_000;

pub(super) const NAME: &str = "the resilient job";

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "A resilient job: three replicas in three regions, two standbys";
    let why = "One live replica serves, so three cheap sites beat an expensive one. Only what remains to be served is at\n\
               stake, so each renewal locks less; the customer pays one term at a time. A standby keeps its units free and a\n\
               fifth of the stake locked, for 2 % of its price.";
    stage.voice.act(stage.day().await?, title, why);
    let args = asked(stage)?;
    let (job, _) = jobs::open(stage, NAME.to_owned(), RESILIENT, &args).await?;
    for seat in &job.seats {
        let region = REGIONS[usize::from(seat.provider.region)];
        let (name, at_stake, lock) = (seat.provider.name, usd(seat.value_at_stake), flt(seat.lock));
        let place = if seat.is_standby() { "standby".to_owned() } else { format!("slot {}", seat.slot) };
        stage.voice.say(format!("{place} by {name} in {region}: {at_stake} at stake, {lock} locked"));
    }
    let slots = job.seats.iter().filter(|seat| !seat.is_standby());
    let mut regions: Vec<u8> = slots.map(|seat| seat.provider.region).collect();
    regions.sort_unstable();
    regions.dedup();
    stage.voice.expect("three providers in three regions serve it", regions.len() == usize::from(SLOTS));
    Ok(())
}

pub(super) fn asked(stage: &Stage) -> Result<OpenArgs> {
    let price_max = stage.dollars(PRICE_MAX)?;
    Ok(OpenArgs {
        slots: SLOTS,
        standbys: STANDBYS,
        ..OpenArgs::new("bafy-video-transcoder", UNITS, price_max, TERM_DAYS, DAYS)
    })
}
