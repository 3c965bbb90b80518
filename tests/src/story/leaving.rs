//! An investor leaves while the job that it backs goes on.

use anyhow::{Context as _, Result};
use scripts::amount::{Flt, Part};
use scripts::delegator;

use super::cast::{DELEGATORS, HOST, LEAVER};
use super::stage::{Stage, text, units, whole_flt};
use super::words::flt;

/// Shares round by so much at each of two calls.
const ROUNDING: u128 = 4;

pub(super) async fn start(stage: &mut Stage) -> Result<()> {
    stage.at_hour(24 * 15).await?;
    let title = format!("{LEAVER} leaves");
    let why = "Exit asks nobody. The stake thaws for 21 days, in which it still answers for locks that are older and for\n\
               none that is younger: no lock can outlast it, because locks end after 20 days at most.";
    stage.voice.act(stage.day().await?, &title, why);
    let exit = delegator::exit(stage.party(LEAVER)?, stage.address(HOST)?, Part::All).await?;
    stage.voice.say(format!("{LEAVER} takes out {}, hers on {}", flt(exit.amount), exit.matures_at));
    let delegator = stage.get(&format!("/v1/delegators/{}", stage.address(LEAVER)?)).await?;
    let exiting = units(text(&delegator, "exiting_flt")?, 18)?;
    stage.voice.expect("the API shows it thawing", near(exiting, exit.amount.0));
    Ok(())
}

pub(super) async fn paid(stage: &mut Stage) -> Result<()> {
    let context = stage.party(LEAVER)?;
    let before = context.flt_of(context.account()?).await?;
    delegator::withdraw(context, stage.address(HOST)?, None, None).await?;
    let after = context.flt_of(context.account()?).await?;
    let got = after.0 - before.0;
    let part = DELEGATORS.iter().find(|part| part.name == LEAVER).context("the leaver is a delegator")?;
    stage.report.exits_paid += 1;
    stage.voice.say(format!("{LEAVER}'s stake has thawed: {} are in her wallet", flt(Flt(got))));
    stage.voice.expect(format!("{LEAVER} is out with all that she staked"), near(got, whole_flt(part.stake)));
    Ok(())
}

fn near(one: u128, other: u128) -> bool {
    one.abs_diff(other) <= ROUNDING
}
