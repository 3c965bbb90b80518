//! What an operator of a deployment looks at and does: parameters, prices, pauses, status.

use alloy::primitives::{Address, I256, U256};
use anyhow::{Context as _, Result, ensure};
use contracts::{
    Attributes, Capacity, Deals, DevelopmentFeed, DevelopmentUsd, FeeBurn, Matching, Offers, PriceGuard, Rewards,
    Staking, Timelock,
};
use serde::Serialize;

use crate::amount::{Flt, Usd, percent, price, whole};
use crate::capacity::clock;
use crate::chain::Context;
use crate::commitment;
use crate::keeper::capacity::CREDIT_DECIMALS;
use crate::keeper::fees::{self, Lot};
use crate::keeper::{self, Observed};
use crate::time::{maybe_timestamp, timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub fee_percent: String,
    pub request_fee: Usd,
    /// Who takes the fees of deals: the burn, which gives the treasury its part.
    pub fee_recipient: Address,
    pub burn_percent: String,
    pub treasury: Address,
    pub bonus_percent: String,
    pub kappa_percent: String,
    pub attester_lock_min: Flt,
    pub attester_lock_per_unit: Flt,
    pub classes: Vec<ClassShown>,
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
pub struct ClassShown {
    pub class: u8,
    pub verifier: String,
    pub collateral_per_unit: Usd,
    /// One solution in so many counts.
    pub solutions_per_puzzle: String,
    pub pool_target_per_unit: Usd,
    pub pool_minimum: Flt,
    pub pool_maximum: Flt,
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
    pub pledges_paused_until: Option<String>,
    pub commitments: u64,
    pub is_window_open: bool,
    /// FLT of rewards that no epoch was promised.
    pub reward_funds: Flt,
    pub pools: Vec<PoolShown>,
    pub fees: Lot,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolShown {
    pub class: u8,
    /// Day of the latest epoch that was opened; none: no window ever was.
    pub epoch: Option<String>,
    pub amount: Flt,
    pub left: Flt,
    pub next: Flt,
    pub credited_units: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Funded {
    pub amount: Flt,
    pub funds: Flt,
}

/// What a guardian may pause, for seven days, once in thirty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pausable {
    /// Deposits and locks of new deals.
    Staking,
    Requests,
    /// New commitments of capacity.
    Pledges,
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
        fee_recipient: context.view(at.deals, Deals::treasuryCall {}).await?,
        burn_percent: percent(context.view(at.fee_burn, FeeBurn::burnBpsCall {}).await?.into()),
        treasury: context.view(at.fee_burn, FeeBurn::treasuryCall {}).await?,
        bonus_percent: percent(context.view(at.rewards, Rewards::bonusBpsCall {}).await?.into()),
        kappa_percent: percent(context.view(at.rewards, Rewards::kappaBpsCall {}).await?.into()),
        attester_lock_min: Flt(context.view(at.attributes, Attributes::securityMinCall {}).await?),
        attester_lock_per_unit: Flt(context.view(at.attributes, Attributes::securityPerUnitCall {}).await?),
        classes: classes(context).await?,
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

async fn classes(context: &Context) -> Result<Vec<ClassShown>> {
    let at = context.at();
    let mut classes = Vec::new();
    for class in context.view(at.capacity, Capacity::classesCall {}).await? {
        let found = context.view(at.capacity, Capacity::classOfCall { class }).await?;
        let newest = Capacity::verifierOfCall { class, version: found.versions };
        let verifier = context.view(at.capacity, newest).await?.verifier;
        let pool = context.view(at.rewards, Rewards::poolOfCall { class }).await?;
        classes.push(ClassShown {
            class,
            verifier: at.name_of(verifier),
            collateral_per_unit: context.usd(found.collateral),
            solutions_per_puzzle: (U256::MAX / found.target).to_string(),
            pool_target_per_unit: context.usd(pool.target),
            pool_minimum: Flt(pool.minimum),
            pool_maximum: Flt(pool.maximum),
        });
    }
    Ok(classes)
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
            let amount = U256::from(amount);
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
        Pausable::Pledges => {
            let sent = context.send(context.at().capacity, Capacity::pauseCall {}).await?;
            sent.event::<Capacity::PledgesPausedUntil>()?.until.to()
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
        pledges_paused_until: running(context.view(at.capacity, Capacity::pausedUntilCall {}).await?.to()),
        commitments: context.view(at.capacity, Capacity::countCall {}).await?,
        is_window_open: !context
            .view(at.capacity, Capacity::seedOfCall { window: clock::window_at(now) })
            .await?
            .is_zero(),
        reward_funds: Flt(context.view(at.rewards, Rewards::fundsCall {}).await?),
        pools: pools(context).await?,
        fees: fees::lot(context).await?,
    })
}

async fn pools(context: &Context) -> Result<Vec<PoolShown>> {
    let at = context.at();
    let mut pools = Vec::new();
    for class in context.view(at.capacity, Capacity::classesCall {}).await? {
        let pool = context.view(at.rewards, Rewards::poolOfCall { class }).await?;
        let epoch = context.view(at.rewards, Rewards::epochOfCall { class, epoch: pool.epoch }).await?;
        pools.push(PoolShown {
            class,
            epoch: (pool.epoch > 0).then(|| commitment::day(pool.epoch)),
            amount: Flt(epoch.amount),
            left: Flt(epoch.left),
            next: Flt(pool.next),
            credited_units: whole(pool.units.into(), CREDIT_DECIMALS),
        });
    }
    Ok(pools)
}

/// Pays FLT into `Rewards`, for the pools of epochs to come.
pub async fn fund_rewards(context: &Context, amount: u128) -> Result<Funded> {
    let rewards = context.at().rewards;
    context.allow(context.at().flt, rewards, amount).await?;
    let funded: Rewards::RewardsFunded = context.send(rewards, Rewards::fundCall { amount }).await?.event()?;
    Ok(Funded { amount: Flt(funded.amount), funds: Flt(funded.funds) })
}

/// The treasury's part of the fees.
pub async fn claim_fees(context: &Context) -> Result<Usd> {
    let at = context.at().fee_burn;
    if context.view(at, FeeBurn::treasuryCreditCall {}).await? == 0 {
        return Ok(context.usd(0));
    }
    let paid: FeeBurn::TreasuryPaid = context.send(at, FeeBurn::claimCall {}).await?.event()?;
    Ok(context.usd(paid.amount))
}
