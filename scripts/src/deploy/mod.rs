//! The one way to deploy: constructors with precomputed addresses, roles handed to timelocks, nothing left to the deployer.

mod config;
mod constructors;

use alloy::network::TransactionBuilder as _;
use alloy::primitives::{Address, Bytes, I256};
use alloy::providers::{DynProvider, Provider as _};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use contracts::{
    Attributes, Capacity, Deals, DevelopmentFeed, DevelopmentFlt, DevelopmentUsd, FeeBurn, Governance, Matching,
    PriceGuard, Rewards,
};

pub use self::config::{ClassConfig, Config, Prices, ProbersConfig, Tokens};
pub(crate) use self::constructors::{halves, initcodes, modules};
use self::constructors::{initcode, precomputed, units};
use crate::amount::FLT_DECIMALS;
use crate::chain::{Context, explain};
use crate::deployment::{Class, Contracts, Deployment, Source};
use crate::time::DAY;
use crate::verify;

const DEVELOPMENT_FEEDS: usize = 3;
const FEED_DECIMALS: u8 = 8;

/// `THAW` and seven days: everybody can leave before who may set parameters changes.
pub const SLASHING_DELAY: u64 = 28 * DAY;
pub const PARAMETER_DELAY: u64 = 2 * DAY;

/// Sends the transactions of one deployer, in order, and remembers what is there.
///
/// 1. Every contract lies where its nonce says, or we stop.
struct Deployer<'a> {
    provider: &'a DynProvider,
    account: Address,
    done: Vec<(String, Address)>,
}

/// Deploys everything and checks it. `account` is whose key `provider` signs with.
pub async fn deploy(provider: &DynProvider, account: Address, config: &Config) -> Result<Deployment> {
    let mut deployer = Deployer { provider, account, done: Vec::new() };
    match run(&mut deployer, config).await {
        Ok(deployment) => Ok(deployment),
        Err(error) if deployer.done.is_empty() => Err(error.context("Nothing was deployed")),
        Err(error) => {
            let done: Vec<String> = deployer.done.iter().map(|(name, at)| format!("{name} {at}")).collect();
            let context = format!(
                "The deployment is incomplete and no file was written. Deployed so far: {}. \
                 They are of no use: correct the cause and run it again, it starts anew",
                done.join(", ")
            );
            Err(error.context(context))
        }
    }
}

async fn run(deployer: &mut Deployer<'_>, config: &Config) -> Result<Deployment> {
    let provider = deployer.provider;
    let chain_id = provider.get_chain_id().await.map_err(|error| explain(&error, 6))?;
    let first_block = provider.get_block_number().await.map_err(|error| explain(&error, 6))? + 1;
    let (flt, stablecoin, stablecoin_decimals) = tokens(deployer, &config.tokens).await?;
    let sources = sources(deployer, &config.prices).await?;
    let is_development = matches!(config.prices, Prices::Development { .. });
    let parameters = config::parameters(config, stablecoin_decimals, is_development, sources)?;
    let nonce = deployer.nonce().await?;
    let contracts = precomputed(deployer.account, nonce, flt, stablecoin);
    let deployment = Deployment { chain_id, first_block, contracts, stablecoin_decimals, parameters };
    for (name, initcode) in initcodes(&deployment, deployer.account)? {
        let at = deployer.create(name, initcode).await?;
        let planned = deployment.contracts.address_of(name)?;
        ensure!(at == planned, "{name} lies at {at} instead of {planned}: somebody else uses this key");
    }
    let context = Context::new(provider.clone(), Some(deployer.account), deployment).await?;
    hand_over(&context, deployer.account).await?;
    let verified = verify::verify(&context).await?;
    if let Some(difference) = verified.differences.first() {
        bail!("{} is {} instead of {}", difference.subject, difference.found, difference.expected);
    }
    Ok((*context.deployment).clone())
}

async fn tokens(deployer: &mut Deployer<'_>, tokens: &Tokens) -> Result<(Address, Address, u8)> {
    let owner = deployer.account;
    match *tokens {
        Tokens::Development { stablecoin_decimals: decimals } => {
            let flt = initcode(&DevelopmentFlt::BYTECODE, &DevelopmentFlt::constructorCall { owner });
            let usd = DevelopmentUsd::constructorCall { owner, newDecimals: decimals };
            let flt = deployer.create("Flt", flt).await?;
            let usd = deployer.create("Stablecoin", initcode(&DevelopmentUsd::BYTECODE, &usd)).await?;
            Ok((flt, usd, decimals))
        }
        Tokens::Existing { flt, stablecoin } => {
            let decimals = deployer.decimals(flt).await?;
            ensure!(decimals == FLT_DECIMALS, "The token {flt} has {decimals} decimals, so it is not FLT.");
            let decimals = deployer.decimals(stablecoin).await?;
            ensure!(decimals == 6 || decimals == 18, "The stablecoin has {decimals} decimals; 6 or 18 are known.");
            Ok((flt, stablecoin, decimals))
        }
    }
}

async fn sources(deployer: &mut Deployer<'_>, prices: &Prices) -> Result<Vec<Source>> {
    let &Prices::Development { price, heartbeat } = prices else {
        let Prices::Sources(sources) = prices else { bail!("prices come from sources") };
        for source in sources {
            deployer.reads(source.aggregator).await?;
        }
        return Ok(sources.clone());
    };
    let mut sources = Vec::new();
    for number in 1..=DEVELOPMENT_FEEDS {
        let feed = DevelopmentFeed::constructorCall {
            newDecimals: FEED_DECIMALS,
            newDescription: format!("FLT / USD {number}"),
        };
        let name = format!("DevelopmentFeed {number}");
        let aggregator = deployer.create(&name, initcode(&DevelopmentFeed::BYTECODE, &feed)).await?;
        let answer = I256::try_from(price).context("a price that fits 64 bits fits 256")?;
        deployer.call(aggregator, &DevelopmentFeed::postCall { answer }).await?;
        sources.push(Source { aggregator, heartbeat });
    }
    Ok(sources)
}

/// The functions that parameters are set by, and where.
pub(crate) fn parameter_functions(at: &Contracts) -> [(Address, alloy::primitives::FixedBytes<4>); 12] {
    [
        (at.price_guard, PriceGuard::setSourcesCall::SELECTOR.into()),
        (at.attributes, Attributes::setAttesterCall::SELECTOR.into()),
        (at.deals, Deals::setFeeCall::SELECTOR.into()),
        (at.matching, Matching::setRequestFeeCall::SELECTOR.into()),
        (at.matching, Matching::setBondCall::SELECTOR.into()),
        (at.fee_burn, FeeBurn::setBurnShareCall::SELECTOR.into()),
        (at.rewards, Rewards::setPoolCall::SELECTOR.into()),
        (at.rewards, Rewards::setBonusCall::SELECTOR.into()),
        // A verifier can slash, but only who pledges after it acts, and a new version waits for 28 days by itself.
        (at.capacity, Capacity::addClassCall::SELECTOR.into()),
        (at.capacity, Capacity::scheduleVerifierCall::SELECTOR.into()),
        (at.capacity, Capacity::cancelVerifierCall::SELECTOR.into()),
        (at.capacity, Capacity::setCollateralCall::SELECTOR.into()),
    ]
}

pub(crate) const ADMIN_ROLE: u64 = 0;
pub(crate) const PARAMETERS_ROLE: u64 = 1;

/// Lists the first attesters and classes, gives the roles to the timelocks, and gives up the deployer's own.
async fn hand_over(context: &Context, deployer: Address) -> Result<()> {
    let (at, governance) = (context.at(), context.at().governance);
    for &attester in &context.deployment.parameters.attesters {
        context.send(at.attributes, Attributes::setAttesterCall { attester, isAttester: true }).await?;
    }
    for class in &context.deployment.parameters.classes {
        add_class(context, class).await?;
    }
    for (target, selector) in parameter_functions(at) {
        let call = Governance::setTargetFunctionRoleCall { target, selectors: vec![selector], roleId: PARAMETERS_ROLE };
        context.send(governance, call).await?;
    }
    for (role, account) in [(PARAMETERS_ROLE, at.parameter_timelock), (ADMIN_ROLE, at.slashing_timelock)] {
        // No delay of the role's own: the timelock is the delay.
        let call = Governance::grantRoleCall { roleId: role, account, executionDelay: 0 };
        context.send(governance, call).await?;
    }
    let call = Governance::renounceRoleCall { roleId: ADMIN_ROLE, callerConfirmation: deployer };
    context.send(governance, call).await?;
    Ok(())
}

async fn add_class(context: &Context, class: &Class) -> Result<()> {
    let at = context.at();
    let pool = Rewards::setPoolCall {
        class: class.class,
        target: units(&class.pool_target)?,
        minimum: units(&class.pool_minimum)?,
        maximum: units(&class.pool_maximum)?,
    };
    context.send(at.rewards, pool).await?;
    let call = Capacity::addClassCall {
        class: class.class,
        verifier: at.verifier(class.algorithm),
        target: class.target()?,
        collateral: units(&class.collateral)?,
    };
    context.send(at.capacity, call).await?;
    Ok(())
}

impl Deployer<'_> {
    async fn nonce(&self) -> Result<u64> {
        let nonce = self.provider.get_transaction_count(self.account).await;
        nonce.map_err(|error| explain(&error, 6))
    }

    async fn decimals(&self, token: Address) -> Result<u8> {
        let call = DevelopmentUsd::decimalsCall {}.abi_encode();
        let request = TransactionRequest::default().with_to(token).with_input(call);
        let answer = self.provider.call(request).await.map_err(|error| explain(&error, 6))?;
        DevelopmentUsd::decimalsCall::abi_decode_returns(&answer).map_err(|_| anyhow!("{token} is not a token"))
    }

    /// A source that gives no answer never counts, and nobody would miss it until another one fails.
    async fn reads(&self, aggregator: Address) -> Result<()> {
        let call = DevelopmentFeed::latestRoundDataCall {}.abi_encode();
        let request = TransactionRequest::default().with_to(aggregator).with_input(call);
        let answer = self.provider.call(request).await.ok();
        let answer = answer.and_then(|answer| DevelopmentFeed::latestRoundDataCall::abi_decode_returns(&answer).ok());
        ensure!(answer.is_some_and(|answer| answer.answer.is_positive()), "{aggregator} gives no price.");
        Ok(())
    }

    async fn create(&mut self, name: &str, initcode: Bytes) -> Result<Address> {
        let request = TransactionRequest::default().with_deploy_code(initcode);
        let receipt = self.transact(request).await.with_context(|| format!("Deploying {name}"))?;
        let at = receipt.contract_address.with_context(|| format!("Deploying {name} made no contract"))?;
        tracing::info!("{name} is at {at}, {} gas", receipt.gas_used);
        self.done.push((name.to_owned(), at));
        Ok(at)
    }

    async fn call(&self, to: Address, call: &impl SolCall) -> Result<()> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        self.transact(request).await.map(|_| ())
    }

    async fn transact(&self, request: TransactionRequest) -> Result<alloy::rpc::types::TransactionReceipt> {
        let request = request.with_from(self.account);
        let pending = self.provider.send_transaction(request).await.map_err(|error| explain(&error, 6))?;
        let receipt = pending.get_receipt().await.context("The transaction was sent, but is not seen to be mined")?;
        ensure!(receipt.status(), "Transaction {} failed", receipt.transaction_hash);
        Ok(receipt)
    }
}
