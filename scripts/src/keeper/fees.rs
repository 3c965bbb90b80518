//! Fees on their way: collected from deals, sold for FLT that is burned, and rewarded.

use anyhow::Result;
use contracts::{FeeBurn, Rewards};
use serde::Serialize;

use crate::amount::{Flt, Usd, price};
use crate::chain::Context;
use crate::ids::DealId;
use crate::time::maybe_timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lot {
    pub for_sale: Usd,
    pub since: Option<String>,
    /// None: the price of FLT is stale, and nobody can buy.
    pub cost: Option<Flt>,
    pub sold: Usd,
    pub treasury_credit: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collected {
    pub collected: Usd,
    pub to_burn: Usd,
    pub to_treasury: Usd,
    pub for_sale: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bought {
    pub bought: Usd,
    pub burned: Flt,
    pub left: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    pub deal: DealId,
    pub slot: u8,
    pub fee: Usd,
    /// What must have been sold before it is rewarded.
    pub waits_for: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rewarded {
    pub deal: DealId,
    pub slot: u8,
    pub fee: Usd,
    pub amount: Flt,
    pub flt_usd: String,
}

/// The lot that is for sale, and what it costs now.
pub async fn lot(context: &Context) -> Result<Lot> {
    let at = context.at().fee_burn;
    let lot = context.view(at, FeeBurn::lotCall {}).await?;
    let is_stale = context.view(context.at().price_guard, contracts::PriceGuard::isStaleCall {}).await?;
    let cost = match (is_stale, lot.amount) {
        (true, _) => None,
        (false, 0) => Some(Flt(0)),
        (false, amount) => Some(Flt(context.view(at, FeeBurn::costOfCall { amount }).await?)),
    };
    let sold = context.view(at, FeeBurn::soldCall {}).await?;
    Ok(Lot {
        for_sale: context.usd(lot.amount),
        since: maybe_timestamp(lot.startedAt.to()),
        cost,
        sold: context.usd(u128::try_from(sold)?),
        treasury_credit: context.usd(context.view(at, FeeBurn::treasuryCreditCall {}).await?),
    })
}

/// Takes the fees that deals owe.
pub async fn collect(context: &Context) -> Result<Collected> {
    let sent = context.send(context.at().fee_burn, FeeBurn::collectCall {}).await?;
    // Without fees nothing is said.
    let facts = sent.events::<FeeBurn::FeesCollected>();
    let fact = facts.first();
    let usd = |amount: Option<u128>| context.usd(amount.unwrap_or_default());
    Ok(Collected {
        collected: usd(fact.map(|fact| fact.amount)),
        to_burn: usd(fact.map(|fact| fact.toBurn)),
        to_treasury: usd(fact.map(|fact| fact.toTreasury)),
        for_sale: usd(fact.map(|fact| fact.lot)),
    })
}

/// Buys `amount` of the lot, or all of it, for at most `cost_max` FLT, which is burned.
pub async fn buy(context: &Context, amount: Option<u128>, cost_max: Option<u128>) -> Result<Bought> {
    let at = context.at().fee_burn;
    let amount = match amount {
        Some(amount) => amount,
        None => context.view(at, FeeBurn::lotCall {}).await?.amount,
    };
    // The price only falls, so what it is now is enough.
    let cost_max = match cost_max {
        Some(cost) => cost,
        None => context.view(at, FeeBurn::costOfCall { amount }).await?,
    };
    context.allow(context.at().flt, at, cost_max).await?;
    let call = FeeBurn::buyCall { amount, costMax: cost_max, recipient: context.account()? };
    let sold: FeeBurn::FeesSold = context.send(at, call).await?.event()?;
    Ok(Bought { bought: context.usd(sold.amount), burned: Flt(sold.flt), left: context.usd(sold.lot) })
}

/// Notes which part of a slot's fee is to be burned.
pub async fn record(context: &Context, deal: DealId, slot: u8) -> Result<Recorded> {
    let sent = context.send(context.at().rewards, Rewards::recordFeeCall { deal: deal.0, slot }).await?;
    let fact: Rewards::FeeRecorded = sent.event()?;
    let waits_for = context.usd(u128::try_from(fact.upTo)?);
    Ok(Recorded { deal, slot, fee: context.usd(fact.amount), waits_for })
}

/// FLT for the provider and its stakers, once the recorded fee was burned.
pub async fn reward(context: &Context, deal: DealId, slot: u8) -> Result<Rewarded> {
    let sent = context.send(context.at().rewards, Rewards::rewardFeeCall { deal: deal.0, slot }).await?;
    let fact: Rewards::FeeRewarded = sent.event()?;
    Ok(Rewarded { deal, slot, fee: context.usd(fact.fee), amount: Flt(fact.amount), flt_usd: price(fact.price) })
}
