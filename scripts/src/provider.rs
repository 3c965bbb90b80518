//! What a provider does: register, offer, serve, claim. Its stake moves by the functions of `delegator`.

use alloy::primitives::Address;
use alloy::primitives::aliases::{U40, U48};
use anyhow::{Context as _, Result};
use contracts::staking::IStaking;
use contracts::{Capacity, Deals, Offers, Rewards, Staking};
use serde::Serialize;

use crate::amount::{Flt, Usd, percent, whole};
use crate::chain::Context;
use crate::commitment;
use crate::delegator::{self, Income, Position, Ticket};
use crate::ids::DealId;
use crate::time::timestamp;

const ETHER_DECIMALS: u8 = 18;

/// What a provider promises its stakers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub first_loss_bps: u16,
    pub reward_share_bps: u16,
    pub revenue_share_bps: u16,
    pub drip_days: u16,
    /// Most delegated stake, in smallest units.
    pub delegation_cap: u128,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            first_loss_bps: 1_000,
            reward_share_bps: 3_000,
            revenue_share_bps: 0,
            drip_days: 7,
            delegation_cap: u128::MAX,
        }
    }
}

impl From<Terms> for TermsChange {
    fn from(terms: Terms) -> Self {
        Self {
            first_loss_bps: Some(terms.first_loss_bps),
            reward_share_bps: Some(terms.reward_share_bps),
            revenue_share_bps: Some(terms.revenue_share_bps),
            drip_days: Some(terms.drip_days),
            delegation_cap: Some(terms.delegation_cap),
        }
    }
}

/// A change of terms: what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TermsChange {
    pub first_loss_bps: Option<u16>,
    pub reward_share_bps: Option<u16>,
    pub revenue_share_bps: Option<u16>,
    pub drip_days: Option<u16>,
    pub delegation_cap: Option<u128>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub endpoint: String,
    /// Id that an attester confirms, zero where there is none.
    pub operator: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermsShown {
    pub first_loss_percent: String,
    pub reward_share_percent: String,
    pub revenue_share_percent: String,
    pub drip_days: u16,
    /// None: any amount.
    pub delegation_cap: Option<Flt>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub provider: Address,
    pub is_registered: bool,
    pub terms: TermsShown,
    pub own: Flt,
    pub delegated: Flt,
    pub thawing: Flt,
    pub locked: Flt,
    pub orphan: Flt,
    /// The largest lock that would be granted now.
    pub free: Flt,
    pub credit: Usd,
    pub stakers_credit: Usd,
    /// FLT to claim.
    pub rewards: Flt,
    pub position: Position,
    pub exits: Vec<Ticket>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    pub account: Address,
    pub key: Address,
    pub roles: u32,
    pub expiry: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payee {
    pub account: Address,
    pub payee: Address,
    /// None: removed.
    pub active_at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Serving {
    pub deal: DealId,
    pub slot: u8,
    pub provider: Address,
    pub term_end: Option<String>,
    pub lock: Option<Flt>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claimed {
    pub account: Address,
    pub recipient: Address,
    /// Credits of deals.
    pub revenue: Usd,
    /// Stakers' part of this provider's revenue that was pushed to its stakers.
    pub to_stakers: Usd,
    /// FLT for capacity and for work whose fee was burned.
    pub rewards: Flt,
    /// Ether of demands that were answered.
    pub deposits: String,
    pub income: Income,
}

/// Sets terms, which makes the sender a provider, and publishes its profile.
pub async fn register(context: &Context, profile: Profile, terms: Terms) -> Result<Shown> {
    send_terms(context, terms).await?;
    set_profile(context, profile).await?;
    show(context, context.account()?).await
}

/// Changes terms; those that are worse for stakers come into force after the thaw.
pub async fn set_terms(context: &Context, change: TermsChange) -> Result<TermsShown> {
    let provider = context.account()?;
    let now = context.view(context.at().staking, Staking::termsCall { provider }).await?;
    let terms = Terms {
        first_loss_bps: change.first_loss_bps.unwrap_or(now.firstLossBps),
        reward_share_bps: change.reward_share_bps.unwrap_or(now.rewardShareBps),
        revenue_share_bps: change.revenue_share_bps.unwrap_or(now.revenueShareBps),
        drip_days: change.drip_days.unwrap_or(now.dripDays),
        delegation_cap: change.delegation_cap.unwrap_or(now.delegationCap),
    };
    send_terms(context, terms).await?;
    let terms = context.view(context.at().staking, Staking::termsCall { provider }).await?;
    Ok(shown(&terms))
}

async fn send_terms(context: &Context, terms: Terms) -> Result<()> {
    let new_terms = IStaking::Terms {
        firstLossBps: terms.first_loss_bps,
        rewardShareBps: terms.reward_share_bps,
        revenueShareBps: terms.revenue_share_bps,
        dripDays: terms.drip_days,
        delegationCap: terms.delegation_cap,
    };
    context.send(context.at().staking, Staking::setTermsCall { newTerms: new_terms }).await?;
    Ok(())
}

fn shown(terms: &IStaking::Terms) -> TermsShown {
    TermsShown {
        first_loss_percent: percent(terms.firstLossBps.into()),
        reward_share_percent: percent(terms.rewardShareBps.into()),
        revenue_share_percent: percent(terms.revenueShareBps.into()),
        drip_days: terms.dripDays,
        delegation_cap: (terms.delegationCap < u128::MAX).then_some(Flt(terms.delegationCap)),
    }
}

pub async fn set_profile(context: &Context, profile: Profile) -> Result<()> {
    let provider = context.account()?;
    let operator = U48::try_from(profile.operator).context("an operator id has at most 48 bits")?;
    let Profile { name, endpoint, .. } = profile;
    context.send(context.at().offers, Offers::setProfileCall { provider, name, endpoint, operator }).await?;
    Ok(())
}

pub async fn show(context: &Context, provider: Address) -> Result<Shown> {
    let (staking, deals) = (context.at().staking, context.at().deals);
    let own = context.view(staking, Staking::trancheCall { provider, isOwn: true }).await?;
    let delegated = context.view(staking, Staking::trancheCall { provider, isOwn: false }).await?;
    let terms = context.view(staking, Staking::termsCall { provider }).await?;
    Ok(Shown {
        provider,
        is_registered: context.view(staking, Staking::isRegisteredCall { provider }).await?,
        terms: shown(&terms),
        own: Flt(own.active),
        delegated: Flt(delegated.active),
        thawing: Flt(own.thawing + delegated.thawing),
        locked: Flt(context.view(staking, Staking::lockedCall { provider }).await?),
        orphan: Flt(context.view(staking, Staking::orphanCall { provider }).await?),
        free: Flt(context.view(staking, Staking::freeCall { provider }).await?),
        credit: context.usd(context.view(deals, Deals::creditOfCall { account: provider }).await?),
        stakers_credit: context.usd(context.view(deals, Deals::stakersCreditOfCall { provider }).await?),
        rewards: Flt(context.view(context.at().rewards, Rewards::creditOfCall { account: provider }).await?),
        position: delegator::position(context, provider, provider).await?,
        exits: delegator::tickets(context, provider, provider).await?,
    })
}

/// Gives a hot key roles until `expiry`; no roles take them away.
pub async fn set_key(context: &Context, key: Address, roles: u32, expiry: u64) -> Result<Key> {
    let new_expiry = U40::try_from(expiry).context("an expiry has at most 40 bits")?;
    let call = Staking::setKeyCall { key, newRoles: roles, newExpiry: new_expiry };
    let sent = context.send(context.at().staking, call).await?;
    let set: Staking::KeySet = sent.event()?;
    Ok(Key { account: set.account, key, roles: set.roles, expiry: timestamp(set.expiry.to()) })
}

/// Registers an address to receive, from three days on, or removes it.
pub async fn set_payee(context: &Context, payee: Address, is_payee: bool) -> Result<Payee> {
    let call = Staking::setPayeeCall { payee, isPayee: is_payee };
    let sent = context.send(context.at().staking, call).await?;
    let set: Staking::PayeeSet = sent.event()?;
    Ok(Payee { account: set.account, payee, active_at: crate::time::maybe_timestamp(set.activeAt.to()) })
}

/// Accrual, liability and the first term of the slot start.
pub async fn ready(context: &Context, deal: DealId, slot: u8) -> Result<Serving> {
    let sent = context.send(context.at().deals, Deals::readyCall { deal: deal.0, slot }).await?;
    let ready: Deals::SlotReady = sent.event()?;
    let term_end = Some(timestamp(ready.termEnd.to()));
    Ok(Serving { deal, slot, provider: ready.provider, term_end, lock: None })
}

pub async fn decline(context: &Context, deal: DealId, slot: u8) -> Result<Serving> {
    let sent = context.send(context.at().deals, Deals::declineCall { deal: deal.0, slot }).await?;
    let declined: Deals::SlotDeclined = sent.event()?;
    Ok(Serving { deal, slot, provider: declined.provider, term_end: None, lock: None })
}

/// Locks `amount` more of the provider's free stake for the slot.
pub async fn top_up(context: &Context, deal: DealId, slot: u8, amount: u128) -> Result<Serving> {
    let sent = context.send(context.at().deals, Deals::topUpCall { deal: deal.0, slot, amount }).await?;
    let topped: Deals::SlotToppedUp = sent.event()?;
    Ok(Serving { deal, slot, provider: topped.provider, term_end: None, lock: Some(Flt(topped.lockAmount)) })
}

pub async fn announce_non_renewal(context: &Context, deal: DealId, slot: u8) -> Result<Serving> {
    let sent = context.send(context.at().deals, Deals::announceNonRenewalCall { deal: deal.0, slot }).await?;
    let last: Deals::SlotFinal = sent.event()?;
    Ok(Serving { deal, slot, provider: last.provider, term_end: None, lock: None })
}

/// Pays everything that the provider is owed: credits of deals, rewards, deposits, and the income of its own stake.
pub async fn claim(context: &Context, recipient: Option<Address>) -> Result<Claimed> {
    let account = context.account()?;
    let recipient = recipient.unwrap_or(account);
    let deals = context.at().deals;
    let to_stakers = context.view(deals, Deals::stakersCreditOfCall { provider: account }).await?;
    if to_stakers > 0 {
        context.send(deals, Deals::payStakersCall { provider: account }).await?;
    }
    let revenue = claim_credit(context, recipient).await?;
    release_rewards(context, account).await?;
    let rewards = claim_rewards(context, recipient).await?;
    let deposits = claim_deposits(context, recipient).await?;
    let income = delegator::claim(context, account, Some(recipient)).await?;
    Ok(Claimed { account, recipient, revenue, to_stakers: context.usd(to_stakers), rewards, deposits, income })
}

/// What its commitments earned and is due is divided between the provider and its stakers.
async fn release_rewards(context: &Context, provider: Address) -> Result<()> {
    let now = context.now().await?;
    for commitment in commitment::of(context, provider).await? {
        let found =
            context.view(context.at().capacity, Capacity::commitmentOfCall { commitment: commitment.0 }).await?;
        // Asked-for leaves come before payments; what is owed otherwise is no less due.
        if found.openChallenges > 0 {
            continue;
        }
        let call = Rewards::pendingOfCall { commitment: commitment.0 };
        let pending = context.view(context.at().rewards, call).await?;
        if pending.amount > 0 && pending.dueAt.to::<u64>() <= now {
            context.send(context.at().capacity, Capacity::releaseCall { commitment: commitment.0 }).await?;
        }
    }
    Ok(())
}

/// Pays the account's credit in `Rewards`, zero when there is none.
pub async fn claim_rewards(context: &Context, recipient: Address) -> Result<Flt> {
    let (account, rewards) = (context.account()?, context.at().rewards);
    if context.view(rewards, Rewards::creditOfCall { account }).await? == 0 {
        return Ok(Flt(0));
    }
    let sent = context.send(rewards, Rewards::claimCall { account, recipient }).await?;
    Ok(Flt(sent.event::<Rewards::RewardPaid>()?.amount))
}

/// Pays the signer's ether in `Capacity`: only the account itself can ask for it.
pub async fn claim_deposits(context: &Context, recipient: Address) -> Result<String> {
    let (account, capacity) = (context.sender()?, context.at().capacity);
    if context.view(capacity, Capacity::depositOfCall { account }).await? == 0 {
        return Ok(whole(0, ETHER_DECIMALS));
    }
    let sent = context.send(capacity, Capacity::claimDepositCall { recipient }).await?;
    Ok(whole(sent.event::<Capacity::DepositClaimed>()?.amount, ETHER_DECIMALS))
}

/// Pays the account's credit in `Deals`: revenue, royalties or fees; zero when there is none.
pub async fn claim_credit(context: &Context, recipient: Address) -> Result<Usd> {
    let (account, deals) = (context.account()?, context.at().deals);
    if context.view(deals, Deals::creditOfCall { account }).await? == 0 {
        return Ok(context.usd(0));
    }
    let sent = context.send(deals, Deals::claimCall { account, recipient }).await?;
    Ok(context.usd(sent.event::<Deals::CreditClaimed>()?.amount))
}
