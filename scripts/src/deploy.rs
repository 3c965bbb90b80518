//! The one way to deploy: constructors with precomputed addresses, roles handed to timelocks, nothing left to the deployer.

use alloy::network::TransactionBuilder as _;
use alloy::primitives::{Address, Bytes, I256, U256};
use alloy::providers::{DynProvider, Provider as _};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolConstructor};
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use contracts::price_guard::IPriceGuard;
use contracts::{
    Attributes, Deals, DevelopmentFeed, DevelopmentFlt, DevelopmentUsd, Duties, Extension, Governance, Matching,
    Offers, PriceGuard, Staking, Timelock,
};
use serde::{Deserialize, Serialize};

use crate::amount::FLT_DECIMALS;
use crate::chain::{Context, explain};
use crate::deployment::{Contracts, Deployment, Parameters, Source};
use crate::time::DAY;
use crate::verify;

/// Module roles, as in `ModuleRoles`.
pub(crate) const LOCK: u8 = 1;
pub(crate) const SLASH: u8 = 2;
pub(crate) const REWARD: u8 = 4;

/// `Deals` is module 1 of every deployment, the slasher, if there is one, module 2.
const SLASHER_ID: u16 = 2;

const DEVELOPMENT_FEEDS: usize = 3;
const FEED_DECIMALS: u8 = 8;

/// `THAW` and seven days: everybody can leave before who may set parameters changes.
pub const SLASHING_DELAY: u64 = 28 * DAY;
pub const PARAMETER_DELAY: u64 = 2 * DAY;

/// What a deployment is made of; on other networks than our own it comes from a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub tokens: Tokens,
    pub prices: Prices,
    pub guardian: Address,
    pub council: Address,
    pub treasury: Address,
    pub parameter_delay: u64,
    pub slashing_delay: u64,
    pub fee_bps: u16,
    /// Whole tokens of the stablecoin, as decimal text.
    pub request_fee: String,
    pub slasher: Option<Address>,
    pub attesters: Vec<Address>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Tokens {
    /// Tokens of our own that the deployer mints.
    Development {
        stablecoin_decimals: u8,
    },
    Existing {
        flt: Address,
        stablecoin: Address,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Prices {
    /// Feeds of our own to which the deployer posts; `price` has 8 decimals.
    Development {
        price: u64,
        heartbeat: u32,
    },
    Sources(Vec<Source>),
}

impl Config {
    /// A chain of our own: its tokens and feeds, FLT at $0.50, delays of minutes.
    pub fn development(guardian: Address, council: Address, treasury: Address) -> Self {
        Self {
            tokens: Tokens::Development { stablecoin_decimals: 6 },
            prices: Prices::Development { price: 50_000_000, heartbeat: 86_400 },
            guardian,
            council,
            treasury,
            parameter_delay: 120,
            slashing_delay: 600,
            fee_bps: 200,
            request_fee: "0.1".to_owned(),
            slasher: None,
            attesters: Vec::new(),
        }
    }
}

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
    let request_fee: crate::amount::Amount = config.request_fee.parse()?;
    let parameters = Parameters {
        is_development,
        guardian: config.guardian,
        council: config.council,
        treasury: config.treasury,
        parameter_delay: config.parameter_delay,
        slashing_delay: config.slashing_delay,
        fee_bps: config.fee_bps,
        request_fee: request_fee.units(stablecoin_decimals)?.to_string(),
        sources,
        slasher: config.slasher,
        attesters: config.attesters.clone(),
    };
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

/// Addresses that the nine constructors will have, in the order of `initcodes`.
fn precomputed(deployer: Address, nonce: u64, flt: Address, stablecoin: Address) -> Contracts {
    let at = |place: u64| deployer.create(nonce + place);
    Contracts {
        flt,
        stablecoin,
        governance: at(0),
        parameter_timelock: at(1),
        slashing_timelock: at(2),
        price_guard: at(3),
        attributes: at(4),
        staking: at(5),
        offers: at(6),
        deals: at(7),
        matching: at(8),
    }
}

/// What creates each contract. `admin` holds every role of `Governance` until it hands them over.
pub(crate) fn initcodes(deployment: &Deployment, admin: Address) -> Result<[(&'static str, Bytes); 9]> {
    let (at, set) = (&deployment.contracts, &deployment.parameters);
    let timelock = |delay: u64| Timelock::constructorCall {
        minDelay: U256::from(delay),
        proposers: vec![set.council],
        // Anyone may execute what has waited.
        executors: vec![Address::ZERO],
    };
    let (modules, roles) = modules(deployment);
    let sources = set
        .sources
        .iter()
        .map(|source| IPriceGuard::Source { aggregator: source.aggregator, heartbeat: source.heartbeat });
    let staking = Staking::constructorCall {
        newFlt: at.flt,
        newStablecoin: at.stablecoin,
        newTreasury: set.treasury,
        newGuardian: set.guardian,
        newCouncil: at.parameter_timelock,
        newModules: modules,
        newRoles: roles,
    };
    let deals = Deals::constructorCall {
        manager: at.governance,
        newStaking: at.staking,
        newPriceGuard: at.price_guard,
        newOffers: at.offers,
        newMatching: at.matching,
        newTreasury: set.treasury,
        newFeeBps: set.fee_bps,
        newSlasher: slasher_id(deployment),
    };
    let matching = Matching::constructorCall {
        manager: at.governance,
        newStaking: at.staking,
        newOffers: at.offers,
        newAttributes: at.attributes,
        newPriceGuard: at.price_guard,
        newDeals: at.deals,
        newGuardian: set.guardian,
        newRequestFee: set.request_fee.parse().context("the request fee is a number of smallest units")?,
    };
    let guard = PriceGuard::constructorCall { manager: at.governance, newSources: sources.collect() };
    let offers = Offers::constructorCall { newStaking: at.staking, newDeals: at.deals };
    let attributes = Attributes::constructorCall { manager: at.governance };
    Ok([
        ("Governance", initcode(&Governance::BYTECODE, &Governance::constructorCall { initialAdmin: admin })),
        ("ParameterTimelock", initcode(&Timelock::BYTECODE, &timelock(set.parameter_delay))),
        ("SlashingTimelock", initcode(&Timelock::BYTECODE, &timelock(set.slashing_delay))),
        ("PriceGuard", initcode(&PriceGuard::BYTECODE, &guard)),
        ("Attributes", initcode(&Attributes::BYTECODE, &attributes)),
        ("Staking", initcode(&Staking::BYTECODE, &staking)),
        ("Offers", initcode(&Offers::BYTECODE, &offers)),
        ("Deals", initcode(&Deals::BYTECODE, &deals)),
        ("Matching", initcode(&Matching::BYTECODE, &matching)),
    ])
}

/// The other halves that `Staking` and `Deals` make of themselves, because their code does not fit one contract.
pub(crate) fn halves(deployment: &Deployment) -> [(&'static str, Bytes); 2] {
    let (at, set) = (&deployment.contracts, &deployment.parameters);
    let duties = Duties::constructorCall { newFlt: at.flt, newStablecoin: at.stablecoin, newTreasury: set.treasury };
    let extension = Extension::constructorCall {
        newStaking: at.staking,
        newPriceGuard: at.price_guard,
        newOffers: at.offers,
        newMatching: at.matching,
        newSlasher: slasher_id(deployment),
    };
    [("Staking", initcode(&Duties::BYTECODE, &duties)), ("Deals", initcode(&Extension::BYTECODE, &extension))]
}

fn slasher_id(deployment: &Deployment) -> u16 {
    deployment.parameters.slasher.map_or(0, |_| SLASHER_ID)
}

/// The module list that `Staking` starts with.
pub(crate) fn modules(deployment: &Deployment) -> (Vec<Address>, Vec<u8>) {
    let mut modules = vec![(deployment.contracts.deals, LOCK | REWARD)];
    modules.extend(deployment.parameters.slasher.map(|slasher| (slasher, SLASH)));
    modules.into_iter().unzip()
}

fn initcode(bytecode: &Bytes, constructor: &impl SolConstructor) -> Bytes {
    [bytecode.as_ref(), &constructor.abi_encode()].concat().into()
}

/// The functions that parameters are set by, and where.
pub(crate) fn parameter_functions(at: &Contracts) -> [(Address, alloy::primitives::FixedBytes<4>); 4] {
    [
        (at.price_guard, PriceGuard::setSourcesCall::SELECTOR.into()),
        (at.attributes, Attributes::setAttesterCall::SELECTOR.into()),
        (at.deals, Deals::setFeeCall::SELECTOR.into()),
        (at.matching, Matching::setRequestFeeCall::SELECTOR.into()),
    ]
}

pub(crate) const ADMIN_ROLE: u64 = 0;
pub(crate) const PARAMETERS_ROLE: u64 = 1;

/// Lists the first attesters, gives the roles to the timelocks, and gives up the deployer's own.
async fn hand_over(context: &Context, deployer: Address) -> Result<()> {
    let (at, governance) = (context.at(), context.at().governance);
    for &attester in &context.deployment.parameters.attesters {
        context.send(at.attributes, Attributes::setAttesterCall { attester, isAttester: true }).await?;
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
