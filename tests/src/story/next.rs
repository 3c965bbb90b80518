//! The network goes on, so that whoever looks at it finds something alive.

use anyhow::Result;
use scripts::amount::Flt;

use super::cast::{MILLION, RESILIENT};
use super::stage::{PRICE, Stage, number, text, units};
use super::words::{flt, grouped};
use super::{jobs, million, resilient};

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "The customers come back";
    let why = "Stake that is free again secures the next jobs.";
    stage.voice.act(stage.day().await?, title, why);
    stage.post_price(PRICE).await?;
    let asked = million::asked(stage)?;
    jobs::open(stage, "the next million-dollar job".to_owned(), MILLION, &asked).await?;
    let asked = resilient::asked(stage)?;
    jobs::open(stage, "the next resilient job".to_owned(), RESILIENT, &asked).await?;
    stage.at_hour(24 * 101).await?;
    stage.post_price(PRICE).await?;

    let network = stage.get("/v1/network").await?;
    stage.report.deals = number(&network, "deals")?;
    let serving = number(&network, "deals_serving")?;
    let locked = flt(Flt(units(text(&network, "locked_flt")?, 18)?));
    let at_stake = grouped(text(&network, "value_at_stake_usd")?);
    stage.voice.say(format!("{locked} are locked for ${at_stake}"));
    let opened = u64::try_from(stage.jobs.len())?;
    stage.voice.expect(format!("{serving} of {opened} deals are served"), serving == 2 && stage.report.deals == opened);
    Ok(())
}
