//! Money streams: what was earned three days ago is paid, and stakers get their share.

use anyhow::Result;
use scripts::keeper::fees::{self, Bought};
use scripts::{delegator, operator, provider};

use super::cast::{DELEGATORS, KEEPER, PROVIDERS, TRADER, TREASURY};
use super::report::Dollars;
use super::stage::{PRICE, Stage, text, units};
use super::words::usd;

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    stage.at_hour(24 * 5).await?;
    let title = "Pay day";
    let why = "Payment streams by the second, out of the escrow. What was earned three days ago is credited: 2 % fee, the\n\
               stakers' share, the rest to the host, who claims it when it likes.";
    stage.voice.act(stage.day().await?, title, why);
    stage.settle().await?;
    let network = stage.get("/v1/network").await?;
    let (fee, stakers) = (text(&network, "fee_usd")?, text(&network, "stakers_usd")?);
    let (revenue, hosts) = (text(&network, "revenue_usd")?, text(&network, "provider_usd")?);
    stage.voice.say(format!("credited ${revenue}: ${hosts} to hosts, ${stakers} to stakers, ${fee} fee"));
    let decimals = stage.party(TREASURY)?.decimals();
    let parts = units(fee, decimals)? + units(stakers, decimals)? + units(hosts, decimals)?;
    stage.voice.expect(
        "the parts are the whole, to the millionth of a dollar",
        parts == units(revenue, decimals)? && parts > 0,
    );

    let claimed = claim_by_providers(stage).await?;
    stage.voice.say(format!("hosts claimed {}, and pushed their stakers' part", words(stage, claimed)?));
    stage.voice.expect("hosts got what the API had credited to them", claimed.units() == units(hosts, decimals)?);
    Ok(())
}

/// Revenue of every provider, and the income of their own stake; answers the revenue.
pub(super) async fn claim_by_providers(stage: &mut Stage) -> Result<Dollars> {
    let mut revenue = Dollars::default();
    for part in &PROVIDERS {
        let claimed = provider::claim(stage.party(part.name)?, None).await?;
        revenue.add(claimed.revenue);
        stage.report.claimed_usd.add(claimed.revenue);
        stage.report.claimed_usd.add(claimed.income.usd);
        stage.report.rewards_flt.0 += claimed.rewards.0 + claimed.income.flt.0;
    }
    Ok(revenue)
}

/// Income of every delegator.
pub(super) async fn claim_by_delegators(stage: &mut Stage) -> Result<Dollars> {
    let mut income = Dollars::default();
    for part in &DELEGATORS {
        let claimed = delegator::claim(stage.party(part.name)?, stage.address(part.provider)?, None).await?;
        income.add(claimed.usd);
        stage.report.claimed_usd.add(claimed.usd);
        stage.report.rewards_flt.0 += claimed.flt.0;
    }
    Ok(income)
}

/// Fees: one half is the treasury's, the other is sold for FLT that is burned.
pub(super) async fn claim_fees(stage: &mut Stage) -> Result<(Dollars, Bought)> {
    let collected = fees::collect(stage.party(KEEPER)?).await?;
    let mut treasury = Dollars::default();
    treasury.add(operator::claim_fees(stage.party(TREASURY)?).await?);
    // The price of the lot falls for six hours.
    stage.at_hour(stage.hour().await? + 7).await?;
    stage.post_price(PRICE).await?;
    let bought = fees::buy(stage.party(TRADER)?, None, None).await?;
    let is_all = collected.for_sale == bought.bought && bought.left.units == 0;
    stage.voice.expect("all fees that are not the treasury's are sold, and what they cost is burned", is_all);
    stage.report.claimed_usd.add(stage.party(TREASURY)?.usd(treasury.units()));
    stage.report.claimed_usd.add(bought.bought);
    Ok((treasury, bought))
}

pub(super) fn words(stage: &Stage, sum: Dollars) -> Result<String> {
    Ok(usd(stage.party(TREASURY)?.usd(sum.units())))
}
