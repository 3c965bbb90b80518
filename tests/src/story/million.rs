//! The million-dollar job.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use scripts::customer::{OpenArgs, Reason};

use super::cast::{HOST, MILLION};
use super::jobs;
use super::stage::{Stage, text, units, whole_flt};
use super::words::{flt, usd};

const UNITS: u32 = 12_000;
const DAYS: u16 = 84;
const TERM_DAYS: u8 = 14;

/// Ten-thousandths of a dollar per unit-day.
const PRICE_MAX: u128 = 10_000;

const CARBON_NEUTRAL: u16 = 1;
const ATTESTED: u8 = 2;
const FIRST_LOSS_BPS: u16 = 3_300;
const WHOLE: u8 = 2;

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "A job worth a million dollars";
    let why = "12,000 units for 84 days, worth something only when finished: the whole job is at stake until its end, and\n\
               coverage 3.0 locks three times its value in FLT at $0.50. The customer asks for attested carbon-neutral\n\
               energy and a host that loses a third first; the platform finds who qualifies.";
    stage.voice.act(stage.day().await?, title, why);
    let args = asked(stage)?;
    let (job, reasons) = jobs::open(stage, "the million-dollar job".to_owned(), MILLION, &args).await?;
    refusals(stage, &reasons)?;

    let seat = job.seats.first().context("the job has a slot")?.clone();
    stage.report.largest_lock_flt = seat.lock;
    let paid = usd(stage.party(MILLION)?.usd(stage.paid.units()));
    stage.voice.say(format!("prepaid in full at her highest price, with a small request fee: {paid}"));
    let at_stake = usd(seat.value_at_stake);
    stage.voice.say(format!("value at stake {at_stake} * 3.0 / $0.50 = {} locked", flt(seat.lock)));
    stage.voice.expect(format!("{} hosts it", seat.provider.name), seat.provider.name == HOST);
    stage.voice.expect("its host has over 6,000,000 FLT locked for it", seat.lock.0 > whole_flt(6_000_000));
    let deal = stage.get(&format!("/v1/deals/{}", job.deal)).await?;
    let indexed = units(text(&deal, "locked_flt")?, 18)?;
    stage.voice.expect("the API shows the same lock", indexed == seat.lock.0);
    Ok(())
}

pub(super) fn asked(stage: &Stage) -> Result<OpenArgs> {
    let price_max = stage.dollars(PRICE_MAX)?;
    let mut args = OpenArgs::new("bafy-protein-folding", UNITS, price_max, TERM_DAYS, DAYS);
    args.criteria = vec![(CARBON_NEUTRAL, ATTESTED)];
    args.first_loss_min_bps = FIRST_LOSS_BPS;
    args.exposure = WHOLE;
    args.prepaid = Some(price_max * u128::from(UNITS) * u128::from(DAYS));
    Ok(args)
}

/// Why the others do not serve it, one line a reason.
fn refusals(stage: &Stage, reasons: &[Reason]) -> Result<()> {
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for reason in reasons {
        if let Some(why) = reason.refused_for {
            lines.entry(why).or_default().push(jobs::provider_of(stage, reason.offer)?.name);
        }
    }
    for (why, names) in lines {
        stage.voice.say(format!("not for {why}: {}", names.join(", ")));
    }
    Ok(())
}
