//! Deals end, customers get back what was not used, and everybody takes out what is theirs.

use anyhow::Result;
use contracts::{Deals, Staking};
use scripts::amount::Usd;
use scripts::ids::LockId;
use scripts::{customer, delegator, keeper};

use super::cast::{DELEGATORS, KEEPER, PROVIDERS};
use super::earning::{claim_by_delegators, claim_by_providers, claim_fees, words};
use super::stage::{Job, Stage, number, text, units};
use super::words::{flt, usd};
use super::{capacity, functions, leaving, terms};

/// What rounding may leave behind in all contracts together, in smallest units: less than a cent.
const DUST: u128 = 10_000;

/// The trace's deals end after two terms, and the leaver's stake has thawed.
pub(super) async fn of_functions(stage: &mut Stage) -> Result<()> {
    terms::go_on(stage, 2).await?;
    stage.at_hour(24 * 38).await?;
    let title = "The functions' 28 days are over";
    let why = "Whatever a customer did not use is refunded by his shares of the escrow.";
    stage.voice.act(stage.day().await?, title, why);
    stage.settle().await?;
    for ended in &stage.servings {
        let call = Deals::releaseServingCall { deal: ended.deal.0, slot: ended.slot, serving: ended.serving };
        let keeper = stage.party(KEEPER)?;
        keeper.send(keeper.at().deals, call).await?;
    }
    let jobs = stage.jobs.clone();
    let over: Vec<&Job> = jobs.iter().filter(|job| job.duration_days == functions::DAYS).collect();
    let refunded = refund(stage, &over).await?;
    stage.voice.say(format!("{} deals refund {}", over.len(), usd(refunded)));
    leaving::paid(stage).await?;
    let serving = number(&stage.get("/v1/network").await?, "deals_serving")?;
    let others = u64::try_from(stage.jobs.len() - over.len())?;
    stage.voice.expect(format!("{serving} deals go on"), serving == others);
    Ok(())
}

/// The other two end after 84 days.
pub(super) async fn of_jobs(stage: &mut Stage) -> Result<()> {
    for term in 3..6 {
        terms::go_on(stage, term).await?;
    }
    stage.at_hour(24 * 88).await?;
    let title = "The million-dollar job is done";
    let why = "Six terms were served. Three days later the last of them is credited, and the customers get the rest.";
    stage.voice.act(stage.day().await?, title, why);
    stage.settle().await?;
    let jobs = stage.jobs.clone();
    for job in jobs.iter().filter(|job| job.duration_days != functions::DAYS) {
        let refunded = refund(stage, &[job]).await?;
        stage.voice.say(format!("{}: {} back to {}", job.name, usd(refunded), job.customer));
    }
    everything_was_served(stage).await?;
    for part in &PROVIDERS {
        let context = stage.party(part.name)?;
        let provider = context.account()?;
        if context.view(context.at().deals, Deals::stakersCreditOfCall { provider }).await? > 0 {
            keeper::pay_stakers(stage.party(KEEPER)?, provider).await?;
        }
    }
    Ok(())
}

async fn refund(stage: &mut Stage, jobs: &[&Job]) -> Result<Usd> {
    let mut sum = stage.party(KEEPER)?.usd(0);
    for job in jobs {
        let refunded = customer::refund(stage.party(job.customer)?, job.deal, None).await?;
        sum.units += refunded.amount.units;
    }
    stage.refunded.add(sum);
    Ok(sum)
}

/// Every second between `ready` and the end was paid for, at each host's price, and nothing else.
async fn everything_was_served(stage: &mut Stage) -> Result<()> {
    let mut owed = 0;
    let mut is_whole = true;
    for job in stage.jobs.clone() {
        for seat in &job.seats {
            let slot = stage.slot(job.deal, seat.slot).await?;
            let seconds = u128::from(slot.endsAt.to::<u64>() - slot.startedAt.to::<u64>());
            let full = stage.dollars(seat.provider.price)?;
            let rate = if seat.is_standby() { retainer(full) } else { full } * u128::from(job.units);
            is_whole &= slot.owed == rate * seconds / 86_400 && slot.credited == slot.owed;
            owed += slot.owed;
        }
    }
    for ended in stage.servings.clone() {
        let keeper = stage.party(KEEPER)?;
        let call = Deals::servingOfCall { deal: ended.deal.0, slot: ended.slot, serving: ended.serving };
        let serving = keeper.view(keeper.at().deals, call).await?;
        let left = stage.slot(ended.deal, ended.standby).await?;
        is_whole &= serving.owed == serving.credited && left.owed == left.credited;
        owed += serving.owed + left.owed;
    }
    let network = stage.get("/v1/network").await?;
    let revenue = units(text(&network, "revenue_usd")?, stage.party(KEEPER)?.decimals())?;
    stage.report.settled_usd.add(stage.party(KEEPER)?.usd(owed));
    let settled = words(stage, stage.report.settled_usd)?;
    stage.voice.expect(format!("{settled} are settled and credited, by price, units and seconds"), is_whole);
    stage.voice.expect("the API has the same sum", revenue == owed);
    Ok(())
}

/// 2 % of a price, rounded up.
fn retainer(price: u128) -> u128 {
    (price * 2).div_ceil(100)
}

/// Income has dripped for a week, and every lock has ended.
pub(super) async fn of_claims(stage: &mut Stage) -> Result<()> {
    stage.at_hour(24 * 96).await?;
    let title = "Everybody takes out what is theirs";
    let why = "Hosts their revenue, stakers their share, the treasury half of the fees, the other half buys FLT that is burned;\n               locks are released, stake is free.";
    stage.voice.act(stage.day().await?, title, why);
    let revenue = claim_by_providers(stage).await?;
    let income = claim_by_delegators(stage).await?;
    capacity::aftermath(stage).await?;
    let (fees, bought) = claim_fees(stage).await?;
    let (revenue, income, fees) = (words(stage, revenue)?, words(stage, income)?, words(stage, fees)?);
    stage.voice.say(format!("hosts {revenue}, delegators {income}, the treasury {fees}"));
    stage.voice.say(format!("{} of fees were sold for {}, burned", usd(bought.bought), flt(bought.burned)));
    let rewards = flt(stage.report.rewards_flt);
    stage.voice.say(format!("{rewards} for proved capacity went to hosts, their stakers and the watcher"));
    release(stage).await?;
    nothing_is_owed(stage).await?;
    books_balance(stage).await
}

async fn release(stage: &mut Stage) -> Result<()> {
    for job in stage.jobs.clone() {
        for seat in &job.seats {
            let lock = stage.slot(job.deal, seat.slot).await?.lock;
            keeper::release(stage.party(KEEPER)?, LockId(lock)).await?;
        }
    }
    for (lock, _) in &stage.other_locks {
        keeper::release(stage.party(KEEPER)?, *lock).await?;
    }
    let locked = units(text(&stage.get("/v1/network").await?, "locked_flt")?, 18)?;
    stage.voice.expect("no FLT is locked any more", locked == 0);
    Ok(())
}

async fn nothing_is_owed(stage: &mut Stage) -> Result<()> {
    let mut owed = 0;
    for part in &PROVIDERS {
        let context = stage.party(part.name)?;
        let account = context.account()?;
        owed += context.view(context.at().deals, Deals::creditOfCall { account }).await?;
        owed += context.view(context.at().deals, Deals::stakersCreditOfCall { provider: account }).await?;
        owed += delegator::position(context, account, account).await?.usd_owed.units;
    }
    for part in &DELEGATORS {
        let context = stage.party(part.name)?;
        let position = delegator::position(context, stage.address(part.provider)?, context.account()?).await?;
        owed += position.usd_owed.units;
    }
    stage.voice.expect("nobody has anything left to claim", owed == 0);
    Ok(())
}

/// What was paid in is what was taken out, but for the escrow of deals that go on, and what rounding left in the contracts.
pub(super) async fn books_balance(stage: &mut Stage) -> Result<()> {
    let keeper = stage.party(KEEPER)?.clone();
    let held = keeper.usd_of(keeper.at().deals).await?.units + keeper.usd_of(keeper.at().staking).await?.units;
    let escrow = units(text(&stage.get("/v1/network").await?, "escrow_usd")?, keeper.decimals())?;
    let left = held.saturating_sub(escrow);
    let (paid, refunded) = (stage.paid.units(), stage.refunded.units());
    let claimed = stage.report.claimed_usd.units();
    let line = format!(
        "{} paid in = {} claimed + {} refunded + {} in escrow + {left} millionths of a dollar of rounding",
        words(stage, stage.paid)?,
        words(stage, stage.report.claimed_usd)?,
        words(stage, stage.refunded)?,
        usd(keeper.usd(escrow)),
    );
    stage.voice.expect(line, paid == claimed + refunded + escrow + left && left < DUST);
    let surplus = keeper.view(keeper.at().staking, Staking::surplusCall { token: keeper.at().flt }).await?;
    stage.voice.expect("staking holds no FLT that is nobody's", surplus.is_zero());
    Ok(())
}
