//! Probers: seats in the draw, statements about servings, and the program that makes them.

pub mod answer;
pub mod board;
pub mod draws;
mod execute;
pub mod quorum;
pub mod roll;
pub mod run;
pub mod statement;

use alloy::primitives::Address;
use anyhow::{Context as _, Result};
use contracts::IProbers;
use serde::Serialize;

use crate::amount::{Flt, Usd};
use crate::chain::Context;
use crate::time::{DAY, timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub prober: Address,
    pub region: u8,
    pub seats: u16,
    pub stake: Flt,
    pub drawn_from: String,
    /// None: it stays.
    pub drawn_until: Option<String>,
    pub credit: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    pub prober: Address,
    pub drawn_until: String,
    pub withdrawable_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paid {
    pub prober: Address,
    pub recipient: Address,
    pub stake: Flt,
    pub credit: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Funded {
    pub amount: Usd,
    pub pot: Usd,
    pub pay: Usd,
}

/// The first moment of a day.
fn day_start(day: u32) -> String {
    timestamp(u64::from(day) * DAY)
}

/// Takes seats; drawn from tomorrow on.
pub async fn register(context: &Context, region: u8, seats: u16, endpoint: &str) -> Result<Shown> {
    let probers = context.at().probers;
    let rules = context.view(probers, IProbers::rulesCall {}).await?;
    let stake = rules.seatStake.checked_mul(seats.into()).context("more FLT than there can be")?;
    context.allow(context.at().flt, probers, stake).await?;
    let call = IProbers::registerCall { region, seats, endpoint: endpoint.to_owned() };
    let registered: IProbers::ProberRegistered = context.send(probers, call).await?.event()?;
    Ok(Shown {
        prober: registered.prober,
        region: registered.region,
        seats: registered.seats,
        stake: Flt(registered.stake),
        drawn_from: day_start(registered.fromDay),
        drawn_until: None,
        credit: context.usd(0),
    })
}

pub async fn show(context: &Context, prober: Address) -> Result<Shown> {
    let found = context.view(context.at().probers, IProbers::proberOfCall { prober }).await?;
    Ok(Shown {
        prober,
        region: found.region,
        seats: found.seats,
        stake: Flt(found.stake),
        drawn_from: day_start(found.fromDay),
        drawn_until: (found.untilDay > 0).then(|| day_start(found.untilDay)),
        credit: context.usd(found.credit),
    })
}

pub async fn leave(context: &Context) -> Result<Left> {
    let left: IProbers::ProberLeaving = context.send(context.at().probers, IProbers::leaveCall {}).await?.event()?;
    let withdrawable_at = timestamp(left.withdrawableAt.to());
    Ok(Left { prober: left.prober, drawn_until: day_start(left.untilDay), withdrawable_at })
}

/// The stake of a prober that left, and what its statements earned.
pub async fn withdraw(context: &Context, recipient: Option<Address>) -> Result<Paid> {
    let prober = context.sender()?;
    let recipient = recipient.unwrap_or(prober);
    let credit = claim(context, recipient).await?;
    let withdrawn: IProbers::ProberWithdrawn =
        context.send(context.at().probers, IProbers::withdrawCall { recipient }).await?.event()?;
    Ok(Paid { prober, recipient, stake: Flt(withdrawn.amount), credit })
}

/// What its statements earned.
pub async fn claim(context: &Context, recipient: Address) -> Result<Usd> {
    let probers = context.at().probers;
    let call = IProbers::proberOfCall { prober: context.sender()? };
    if context.view(probers, call).await?.credit == 0 {
        return Ok(context.usd(0));
    }
    let claimed: IProbers::ProberClaimed = context.send(probers, IProbers::claimCall { recipient }).await?.event()?;
    Ok(context.usd(claimed.amount))
}

/// Adds to the pot that statements are paid from.
pub async fn fund(context: &Context, amount: u128) -> Result<Funded> {
    let probers = context.at().probers;
    context.allow(context.at().stablecoin, probers, amount).await?;
    let funded: IProbers::PotFunded = context.send(probers, IProbers::fundCall { amount }).await?.event()?;
    let pay = context.view(probers, IProbers::payCall {}).await?;
    Ok(Funded { amount: context.usd(funded.amount), pot: context.usd(funded.pot), pay: context.usd(pay) })
}
