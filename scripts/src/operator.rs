//! What an operator of a deployment looks at and does: parameters, prices, pauses, status.

use alloy::primitives::{Address, I256};
use anyhow::{Context as _, Result, ensure};
use contracts::{Deals, DevelopmentFeed, DevelopmentUsd, Matching, Offers, PriceGuard, Staking, Timelock};
use serde::Serialize;

use crate::amount::{Flt, Usd, percent, price};
use crate::chain::Context;
use crate::keeper::{self, Observed};
use crate::time::{maybe_timestamp, timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub fee_percent: String,
    pub request_fee: Usd,
    pub treasury: Address,
    pub guardian: Address,
    pub council: Address,
    pub parameter_timelock: Address,
    pub parameter_delay_seconds: u64,
    pub slashing_timelock: Address,
    pub slashing_delay_seconds: u64,
    pub modules: Vec<ModuleShown>,
    pub sources: Vec<SourceShown>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModuleShown {
    pub id: u16,
    pub module: String,
    pub roles: String,
    pub active_at: String,
    pub removed_at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceShown {
    pub aggregator: Address,
    pub heartbeat_seconds: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriceShown {
    pub low: String,
    pub high: String,
    pub median: String,
    pub ema_30m: String,
    pub ema_24h: String,
    pub is_stale: bool,
    pub observed_at: String,
    pub fresh_until: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    pub deployment: String,
    pub block: u64,
    pub time: String,
    pub deals: u64,
    pub offers: u64,
    pub staked_flt: Flt,
    pub deals_usd: Usd,
    pub is_price_stale: bool,
    pub deposits_paused_until: Option<String>,
    pub requests_paused_until: Option<String>,
}

/// What a guardian may pause, for seven days, once in thirty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pausable {
    /// Deposits and locks of new deals.
    Staking,
    Requests,
}

pub async fn params(context: &Context) -> Result<Shown> {
    let at = context.at();
    let sources = context.view(at.price_guard, PriceGuard::sourcesCall {}).await?;
    let modules = context.view(at.staking, Staking::modulesCall {}).await?;
    let delay = async |timelock| -> Result<u64> {
        let delay = context.view(timelock, Timelock::getMinDelayCall {}).await?;
        u64::try_from(delay).context("a delay of more than 64 bits")
    };
    Ok(Shown {
        fee_percent: percent(context.view(at.deals, Deals::feeBpsCall {}).await?.into()),
        request_fee: context.usd(context.view(at.matching, Matching::requestFeeCall {}).await?),
        treasury: context.view(at.deals, Deals::treasuryCall {}).await?,
        guardian: context.view(at.staking, Staking::guardianCall {}).await?,
        council: context.view(at.staking, Staking::councilCall {}).await?,
        parameter_timelock: at.parameter_timelock,
        parameter_delay_seconds: delay(at.parameter_timelock).await?,
        slashing_timelock: at.slashing_timelock,
        slashing_delay_seconds: delay(at.slashing_timelock).await?,
        // Ids are places in the list, from 1 on.
        modules: (1..)
            .zip(modules.iter().filter(|module| !module.module.is_zero()))
            .map(|(id, module)| ModuleShown {
                id,
                module: at.name_of(module.module),
                roles: roles(module.roles),
                active_at: timestamp(module.activeAt.to()),
                removed_at: maybe_timestamp(module.removedAt.to()),
            })
            .collect(),
        sources: sources
            .iter()
            .map(|source| SourceShown { aggregator: source.aggregator, heartbeat_seconds: source.heartbeat })
            .collect(),
    })
}

fn roles(bits: u8) -> String {
    let named = [(1, "lock"), (2, "slash"), (4, "reward")];
    named.iter().filter(|(bit, _)| bits & bit > 0).map(|(_, name)| *name).collect::<Vec<_>>().join("+")
}

pub async fn show_price(context: &Context) -> Result<PriceShown> {
    let guard = context.at().price_guard;
    let averages = context.view(guard, PriceGuard::averagesCall {}).await?;
    let observation = context.view(guard, PriceGuard::observationCall {}).await?;
    Ok(PriceShown {
        low: price(context.view(guard, PriceGuard::lowCall {}).await?),
        high: price(context.view(guard, PriceGuard::highCall {}).await?),
        median: price(averages.median),
        ema_30m: price(averages.ema30m),
        ema_24h: price(averages.ema24h),
        is_stale: context.view(guard, PriceGuard::isStaleCall {}).await?,
        observed_at: timestamp(observation.at.to()),
        fresh_until: timestamp(observation.freshUntil.to()),
    })
}

/// Posts a price of 8 decimals to every development feed, and observes it.
pub async fn post_price(context: &Context, price: u64) -> Result<Observed> {
    let set = &context.deployment.parameters;
    ensure!(set.is_development, "This deployment reads real price sources: nobody can post to them.");
    let answer = I256::try_from(price).context("a price that fits 64 bits fits 256")?;
    for source in &set.sources {
        context.send(source.aggregator, DevelopmentFeed::postCall { answer }).await?;
    }
    keeper::observe(context).await
}

/// Mints development tokens: for people who try things out, and for tests.
pub async fn mint(context: &Context, to: Address, flt: u128, usd: u128) -> Result<()> {
    let is_development = context.deployment.parameters.is_development;
    ensure!(is_development, "This deployment uses real tokens: nobody can mint them.");
    for (token, amount) in [(context.at().flt, flt), (context.at().stablecoin, usd)] {
        if amount > 0 {
            let amount = alloy::primitives::U256::from(amount);
            context.send(token, DevelopmentUsd::mintCall { to, amount }).await?;
        }
    }
    Ok(())
}

pub async fn pause(context: &Context, what: Pausable) -> Result<String> {
    let until: u64 = match what {
        Pausable::Staking => {
            let sent = context.send(context.at().staking, Staking::pauseCall {}).await?;
            sent.event::<Staking::StakingPaused>()?.until.to()
        }
        Pausable::Requests => {
            let sent = context.send(context.at().matching, Matching::pauseCall {}).await?;
            sent.event::<Matching::RequestsPausedUntil>()?.until.to()
        }
    };
    Ok(timestamp(until))
}

pub async fn status(context: &Context) -> Result<Status> {
    use alloy::providers::Provider as _;
    let at = context.at();
    let now = context.now().await?;
    let running = |until: u64| (until > now).then(|| timestamp(until));
    let deposits = context.view(at.staking, Staking::pausedUntilCall {}).await?;
    let requests = context.view(at.matching, Matching::pausedUntilCall {}).await?;
    Ok(Status {
        deployment: context.deployment.summary(),
        block: context.provider.get_block_number().await.context("asking for the head block")?,
        time: timestamp(now),
        deals: context.view(at.deals, Deals::countCall {}).await?,
        offers: context.view(at.offers, Offers::countCall {}).await?,
        staked_flt: context.flt_of(at.staking).await?,
        deals_usd: context.usd_of(at.deals).await?,
        is_price_stale: context.view(at.price_guard, PriceGuard::isStaleCall {}).await?,
        deposits_paused_until: running(deposits.to()),
        requests_paused_until: running(requests.to()),
    })
}
