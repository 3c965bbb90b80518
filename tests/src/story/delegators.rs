//! Twenty investors back them.

use anyhow::Result;
use scripts::amount::Flt;
use scripts::delegator;

use super::cast::{DELEGATORS, PROVIDERS};
use super::stage::{Stage, number, text, units, whole_flt};
use super::words::{flt, percent};

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "Twenty investors delegate";
    let why = "Hosts need not bring the stake themselves. Delegated FLT loses only after the host's own, and earns the\n\
               share of revenue that the host promises its stakers.";
    stage.voice.act(stage.day().await?, title, why);
    for part in &DELEGATORS {
        let context = stage.party(part.name)?;
        let provider = stage.address(part.provider)?;
        delegator::stake(context, provider, whole_flt(part.stake)).await?;
    }
    for provider in &PROVIDERS {
        let backers: Vec<_> = DELEGATORS.iter().filter(|part| part.provider == provider.name).collect();
        if !backers.is_empty() {
            let stake = backers.iter().map(|part| whole_flt(part.stake)).sum();
            let names: Vec<&str> = backers.iter().map(|part| part.name).collect();
            let share = percent(provider.revenue_share_bps);
            let (amount, names) = (flt(Flt(stake)), names.join(", "));
            stage.voice.say(format!("{:<9} {amount:>14} for {share:>4} of revenue: {names}", provider.name));
        }
    }
    let network = stage.get("/v1/network").await?;
    stage.report.delegators = number(&network, "delegators")?;
    let delegated: u128 = DELEGATORS.iter().map(|part| whole_flt(part.stake)).sum();
    let indexed = units(text(&network, "delegated_flt")?, 18)?;
    let line = format!("the API lists {} delegators with {}", stage.report.delegators, flt(Flt(indexed)));
    stage.voice.expect(line, stage.report.delegators == 20 && indexed == delegated);
    Ok(())
}
