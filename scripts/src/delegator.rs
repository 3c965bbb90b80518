//! Stake: of delegators with a provider, and of providers with themselves.

use std::collections::BTreeSet;

use alloy::primitives::Address;
use alloy::providers::Provider as _;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result, ensure};
use contracts::Staking;
use serde::Serialize;

use crate::amount::{Flt, Part, Usd};
use crate::chain::Context;
use crate::time::{DAY, timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stake {
    pub provider: Address,
    pub account: Address,
    pub staked: Flt,
    /// What the position is worth after it.
    pub amount: Flt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exit {
    pub provider: Address,
    pub account: Address,
    pub day: u32,
    pub amount: Flt,
    pub matures_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ticket {
    pub provider: Address,
    pub day: u32,
    pub amount: Flt,
    pub is_matured: bool,
    pub matures_at: String,
    pub target: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    pub provider: Address,
    pub day: u32,
    pub amount: Flt,
    pub to: Address,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Position {
    pub provider: Address,
    pub amount: Flt,
    pub flt_owed: Flt,
    pub usd_owed: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Portfolio {
    pub account: Address,
    pub positions: Vec<Position>,
    pub exits: Vec<Ticket>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Income {
    pub provider: Address,
    pub account: Address,
    pub recipient: Address,
    pub flt: Flt,
    pub usd: Usd,
}

/// Stakes the sender's FLT with `provider`, approving `Staking` first.
pub async fn stake(context: &Context, provider: Address, amount: u128) -> Result<Stake> {
    context.allow(context.at().flt, context.at().staking, amount).await?;
    let sent = context.send(context.at().staking, Staking::stakeCall { provider, amount }).await?;
    let staked: Staking::Staked = sent.event()?;
    let after = position(context, provider, staked.account).await?.amount;
    // A plan changes nothing, so the position does not show it yet.
    let amount = if context.is_planning() { Flt(after.0 + staked.amount) } else { after };
    Ok(Stake { provider, account: staked.account, staked: Flt(staked.amount), amount })
}

/// Starts to take stake out; it can be withdrawn after it thawed.
pub async fn exit(context: &Context, provider: Address, part: Part) -> Result<Exit> {
    let (account, staking) = (context.account()?, context.at().staking);
    let position = context.view(staking, Staking::positionCall { provider, account }).await?;
    let shares = match part {
        Part::All => position.shares,
        Part::Amount(amount) => {
            let is_own = account == provider;
            let tranche = context.view(staking, Staking::trancheCall { provider, isOwn: is_own }).await?;
            shares_up(amount, tranche.shares, tranche.active)?
        }
    };
    let sent = context.send(staking, Staking::exitCall { account, provider, shares }).await?;
    let started: Staking::ExitStarted = sent.event()?;
    let (day, amount) = (started.day, Flt(started.amount));
    Ok(Exit { provider, account, day, amount, matures_at: day_start(day) })
}

/// Shares worth at least `amount`, so that nobody leaves with less than he asked for.
fn shares_up(amount: u128, shares: u128, active: u128) -> Result<u128> {
    use alloy::primitives::U256;
    ensure!(active > 0, "There is no stake to exit from.");
    let up = (U256::from(amount) * U256::from(shares)).div_ceil(U256::from(active));
    u128::try_from(up).context("the amount is larger than all stake")
}

/// Returns exits that have not matured to active stake: one of a day, or all.
pub async fn cancel_exit(context: &Context, provider: Address, day: Option<u32>) -> Result<Vec<Moved>> {
    let account = context.account()?;
    let mut moved = Vec::new();
    for day in days(context, provider, day, |ticket| !ticket.is_matured).await? {
        let sent = context.send(context.at().staking, Staking::cancelExitCall { account, provider, day }).await?;
        let cancelled: Staking::ExitCancelled = sent.event()?;
        moved.push(Moved { provider, day, amount: Flt(cancelled.amount), to: provider });
    }
    Ok(moved)
}

/// Pays matured exits to the account or its payee: one of a day, or all.
pub async fn withdraw(
    context: &Context,
    provider: Address,
    day: Option<u32>,
    recipient: Option<Address>,
) -> Result<Vec<Moved>> {
    let account = context.account()?;
    let recipient = recipient.unwrap_or(account);
    let mut moved = Vec::new();
    for day in days(context, provider, day, |ticket| ticket.is_matured).await? {
        let call = Staking::withdrawCall { account, provider, day, recipient };
        let sent = context.send(context.at().staking, call).await?;
        let withdrawn: Staking::Withdrawn = sent.event()?;
        moved.push(Moved { provider, day, amount: Flt(withdrawn.amount), to: recipient });
    }
    Ok(moved)
}

/// Names the provider to which an exit's stake goes, and moves it there once it has matured.
pub async fn redelegate(context: &Context, provider: Address, day: u32, target: Address) -> Result<Moved> {
    let (account, staking) = (context.account()?, context.at().staking);
    let ticket = context.view(staking, Staking::ticketCall { provider, account, day }).await?;
    if ticket.target != target {
        context.send(staking, Staking::redelegateCall { account, provider, day, target }).await?;
    }
    let mut amount = Flt(ticket.amount);
    if ticket.isMatured {
        let sent = context.send(staking, Staking::moveCall { account, provider, day }).await?;
        amount = Flt(sent.event::<Staking::Redelegated>()?.amount);
    }
    Ok(Moved { provider, day, amount, to: target })
}

/// Pays the income of a position in both tokens to the account or its payee.
pub async fn claim(context: &Context, provider: Address, recipient: Option<Address>) -> Result<Income> {
    let (account, staking) = (context.account()?, context.at().staking);
    let recipient = recipient.unwrap_or(account);
    let before = position(context, provider, account).await?;
    let (mut flt, mut usd) = (0, 0);
    // Each token on its own: a stablecoin that refuses must not hold back FLT.
    if before.flt_owed.0 > 0 {
        let token = context.at().flt;
        let sent = context.send(staking, Staking::claimRewardCall { account, provider, token, recipient }).await?;
        flt = sent.event::<Staking::RewardClaimed>()?.amount;
    }
    if before.usd_owed.units > 0 {
        let token = context.at().stablecoin;
        let sent = context.send(staking, Staking::claimRewardCall { account, provider, token, recipient }).await?;
        usd = sent.event::<Staking::RewardClaimed>()?.amount;
    }
    Ok(Income { provider, account, recipient, flt: Flt(flt), usd: context.usd(usd) })
}

pub async fn position(context: &Context, provider: Address, account: Address) -> Result<Position> {
    let found = context.view(context.at().staking, Staking::positionCall { provider, account }).await?;
    let (amount, flt_owed) = (Flt(found.amount), Flt(found.fltOwed));
    Ok(Position { provider, amount, flt_owed, usd_owed: context.usd(found.usdOwed) })
}

/// Everything that an account has with any provider.
pub async fn positions(context: &Context, account: Address) -> Result<Portfolio> {
    let filter = from_start(context).event_signature(Staking::Staked::SIGNATURE_HASH).topic2(account.into_word());
    let logs = context.provider.get_logs(&filter).await.context("reading the stakes of the account")?;
    let staked = logs.iter().filter_map(|log| Staking::Staked::decode_log(&log.inner).ok());
    let providers: BTreeSet<Address> = staked.map(|log| log.data.provider).collect();
    let (mut held, mut exits) = (Vec::new(), Vec::new());
    for provider in providers {
        let position = position(context, provider, account).await?;
        if position.amount.0 > 0 || position.flt_owed.0 > 0 || position.usd_owed.units > 0 {
            held.push(position);
        }
        exits.extend(tickets(context, provider, account).await?);
    }
    Ok(Portfolio { account, positions: held, exits })
}

/// Exits under way, oldest first. The chain has no list of them, so the days come from its logs.
pub async fn tickets(context: &Context, provider: Address, account: Address) -> Result<Vec<Ticket>> {
    let filter = from_start(context)
        .event_signature(Staking::ExitStarted::SIGNATURE_HASH)
        .topic1(provider.into_word())
        .topic2(account.into_word());
    let logs = context.provider.get_logs(&filter).await.context("reading the exits of the account")?;
    let started = logs.iter().filter_map(|log| Staking::ExitStarted::decode_log(&log.inner).ok());
    let days: BTreeSet<u32> = started.map(|log| log.data.day).collect();
    let mut tickets = Vec::new();
    for day in days {
        let ticket = context.view(context.at().staking, Staking::ticketCall { provider, account, day }).await?;
        if ticket.units > 0 {
            tickets.push(Ticket {
                provider,
                day,
                amount: Flt(ticket.amount),
                is_matured: ticket.isMatured,
                matures_at: day_start(day),
                target: (!ticket.target.is_zero()).then_some(ticket.target),
            });
        }
    }
    Ok(tickets)
}

fn from_start(context: &Context) -> Filter {
    Filter::new().address(context.at().staking).from_block(context.deployment.first_block)
}

async fn days(
    context: &Context,
    provider: Address,
    day: Option<u32>,
    is_wanted: impl Fn(&Ticket) -> bool,
) -> Result<Vec<u32>> {
    if let Some(day) = day {
        return Ok(vec![day]);
    }
    let tickets = tickets(context, provider, context.account()?).await?;
    Ok(tickets.iter().filter(|ticket| is_wanted(ticket)).map(|ticket| ticket.day).collect())
}

fn day_start(day: u32) -> String {
    timestamp(u64::from(day) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_exit_is_worth_what_was_asked(active in 1_u128..1 << 100, shares in 1_u128..1 << 100, amount in 0_u128..1 << 100) {
            let amount = amount % active;
            let needed = shares_up(amount, shares, active).expect("it is less than all stake");
            use alloy::primitives::U256;
            prop_assert!(U256::from(needed) * U256::from(active) / U256::from(shares) >= U256::from(amount));
            prop_assert!(needed <= shares);
        }
    }
}
