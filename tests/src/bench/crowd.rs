//! A chain with as many of our own events as wanted: ten parties, a hundred deals that last, two more in each block, and what the
//! story's blocks do besides. Of the events of the demo, three in ten are of money that streams, as many of locks, stakes and
//! rewards, and the rest of deals that begin; a block here has them in about these parts.

use std::time::Duration;

use alloy::primitives::aliases::{U40, U96};
use alloy::primitives::{Address, B256, Bytes, I256, U256, hex, keccak256};
use alloy::providers::ext::AnvilApi as _;
use alloy::providers::{DynProvider, Provider as _, ProviderBuilder};
use alloy::rpc::types::{Filter, TransactionReceipt};
use alloy::sol_types::{SolCall, SolValue as _};
use anyhow::{Context as _, Result, ensure};
use contracts::matching::IMatching;
use contracts::offers::IOffers;
use contracts::staking::IStaking;
use contracts::{Attributes, Deals, DevelopmentFeed, DevelopmentUsd, Matching, Offers, PriceGuard, Staking};
use scripts::chain::Context;
use scripts::deploy::{self, Config};
use scripts::deployment::Deployment;
use scripts::{offer, operator, wallet};
use serde_json::json;
use xtask::process::{forge, succeed};
use xtask::tools;

use crate::actors::key;
use crate::chain::Chain;

const MEMBERS: usize = 10;
const DEALS: usize = 100;
const TERM_DAYS: u8 = 14;
const UNITS: u32 = 100;
/// Of a deal that a block begins: there are thousands.
const UNITS_SMALL: u32 = 1;
const EXPIRY: u64 = 86_400;

const FLT: u128 = 1_000_000_000_000_000_000;
const USD: u128 = 1_000_000;
const PURSE_FLT: u128 = 10_000_000 * FLT;
const PURSE_USD: u128 = 10_000_000 * USD;
const STAKE: u128 = 500_000 * FLT;
const MORE: u128 = 10 * FLT;

/// With 8 decimals, as the development deployment begins.
const PRICE: u64 = 50_000_000;

/// How much each of a block's calls does: together some 250 events.
const SETTLED: usize = 30;
const BACKED: usize = 3;
const OFFERS_CHANGED: usize = 2;
const OPENED: usize = 2;
const DECLARED: u16 = 3;
const FUNDED: usize = 2;
const SETTLED_LIVE: usize = 3;

/// So many days pass before credits begin, and the rest of the term is spread over the blocks.
const WARM_UP: u64 = 4 * 86_400;
const BLOCK_SECONDS: u64 = 150;
const BLOCKS_AT_ONCE: usize = 100;

/// How often the node is asked for a receipt, and how many times at most.
const ASKED_EVERY: Duration = Duration::from_millis(2);
const ASKED_MAX: usize = 5_000;

/// Above every base fee that full blocks can come to.
const GAS_PRICE: u64 = 20_000_000_000;

/// Far more than a block's calls need, and within what a block of anvil holds.
const GAS: u64 = 29_000_000;

/// Blocks that have to follow for all others to be final.
pub(super) const FINALITY: u64 = 64;

/// A chain that is full of events.
#[derive(Debug)]
pub(super) struct Crowded {
    pub(super) chain: Chain,
    pub(super) deployment: Deployment,
    pub(super) events: usize,
    pub(super) blocks: u64,
    crowd: Crowd,
}

impl Crowded {
    /// What a busy block of a live network brings, some 30 events; it waits to be mined.
    pub(super) async fn act(&self, block: usize) -> Result<()> {
        let (at, member) = (self.crowd.context.at(), block % MEMBERS);
        let (account, provider) = (self.crowd.members[member], self.crowd.after(member, 1));
        let mut batch = Batch::default();
        batch.call(at.price_guard, PriceGuard::observeCall {});
        batch.call(at.deals, settle(block * SETTLED_LIVE, SETTLED_LIVE)?);
        batch.call(at.deals, Deals::claimCall { account, recipient: account });
        batch.call(at.staking, Staking::stakeCall { provider, amount: MORE });
        batch.call(at.staking, Staking::exitCall { account, provider, shares: MORE / 2 });
        batch.call(at.deals, Deals::fundCall { deal: u64::try_from(block % DEALS + 1)?, amount: USD });
        self.crowd.run(member, batch).await.map(|_| ())
    }
}

/// Calls of one party in one transaction.
#[derive(Debug, Default)]
struct Batch(Vec<(Address, Bytes)>);

impl Batch {
    fn call<C: SolCall>(&mut self, to: Address, call: C) {
        self.0.push((to, call.abi_encode().into()));
    }

    /// As `Crowd.run` reads it.
    fn encode(self) -> Bytes {
        let selector = &keccak256("run((address,bytes)[])")[..4];
        [selector, &(self.0,).abi_encode_params()].concat().into()
    }
}

#[derive(Debug)]
struct Crowd {
    context: Context,
    /// Without anything between us and the node: it signs, and counts the nonces.
    node: DynProvider,
    sender: Address,
    members: Vec<Address>,
}

pub(super) async fn make(events: usize) -> Result<Crowded> {
    let chain = Chain::start_long(u32::try_from(FINALITY / 2)?).await?;
    let mut crowd = Crowd::gather(&chain).await?;
    crowd.enter().await?;
    crowd.open().await?;
    chain.advance(Duration::from_secs(WARM_UP)).await?;
    crowd.warm_up().await?;
    chain.space_blocks(Duration::from_secs(BLOCK_SECONDS)).await?;
    let made = crowd.fill(&chain, events).await?;
    chain.mine(FINALITY + 1).await?;
    let blocks = chain.head().await?.number;
    let deployment = (*crowd.context.deployment).clone();
    Ok(Crowded { chain, deployment, events: made, blocks, crowd })
}

/// The contracts whose events are facts.
pub(super) fn indexed(deployment: &Deployment) -> Vec<Address> {
    let at = &deployment.contracts;
    let market = [at.price_guard, at.staking, at.offers, at.attributes, at.deals, at.matching, at.faults, at.probers];
    let work = [at.fee_burn, at.rewards, at.capacity, at.vouchers, at.modules, at.proofs, at.groth16, at.sampled];
    [market, work].concat()
}

impl Crowd {
    async fn gather(chain: &Chain) -> Result<Self> {
        let key = key("operator")?;
        let account = key.address();
        chain.give_gas(account).await?;
        let (provider, sender) = wallet::connect(&chain.url, Some(key)).await?;
        let config = Config { request_fee: "0".to_owned(), ..Config::development(account, account, account) };
        let deployment = deploy::deploy(&provider, account, &config).await?;
        let context = Context::new(provider, sender, deployment).await?;

        let node = ProviderBuilder::new().disable_recommended_fillers().connect(&chain.url).await?.erased();
        let sender = *node.get_accounts().await?.first().context("anvil has no account")?;
        let mut crowd = Self { context, node, sender, members: Vec::new() };
        let code = code()?;
        for _ in 0..MEMBERS {
            let hash = crowd.send(None, code.clone()).await?;
            let receipt = crowd.receipt(hash).await?;
            let member = receipt.contract_address.context("a contract was created")?;
            operator::mint(&crowd.context, member, PURSE_FLT, PURSE_USD).await?;
            for source in &crowd.context.deployment.parameters.sources {
                let call = DevelopmentFeed::setPosterCall { poster: member, newIsPoster: true };
                crowd.context.send(source.aggregator, call).await?;
            }
            crowd.members.push(member);
        }
        Ok(crowd)
    }

    async fn send(&self, to: Option<Address>, input: Bytes) -> Result<B256> {
        let request = json!([{
            "from": self.sender, "to": to, "input": input, "gas": format!("{GAS:#x}"), "gasPrice": format!("{GAS_PRICE:#x}")
        }]);
        Ok(self.node.raw_request("eth_sendTransaction".into(), request).await?)
    }

    async fn receipt(&self, hash: B256) -> Result<TransactionReceipt> {
        for _ in 0..ASKED_MAX {
            if let Some(receipt) = self.node.get_transaction_receipt(hash).await? {
                ensure!(receipt.status(), "a transaction of the crowd failed: {hash}");
                return Ok(receipt);
            }
            tokio::time::sleep(ASKED_EVERY).await;
        }
        anyhow::bail!("a transaction of the crowd is not mined: {hash}")
    }

    async fn run(&self, member: usize, batch: Batch) -> Result<B256> {
        self.send(Some(self.members[member]), batch.encode()).await
    }

    async fn run_now(&self, member: usize, batch: Batch) -> Result<()> {
        let hash = self.run(member, batch).await?;
        self.receipt(hash).await.map(|_| ())
    }

    /// The member that comes so many places after another.
    fn after(&self, member: usize, places: usize) -> Address {
        self.members[(member + places) % MEMBERS]
    }

    /// Everybody is a provider with an offer, and backs the next few.
    async fn enter(&mut self) -> Result<()> {
        let at = self.context.at();
        for member in 0..MEMBERS {
            let mut batch = Batch::default();
            for (token, spender) in [(at.flt, at.staking), (at.stablecoin, at.deals)] {
                batch.call(token, DevelopmentUsd::approveCall { spender, value: U256::MAX });
            }
            let terms = IStaking::Terms {
                firstLossBps: 1_000,
                rewardShareBps: 3_000,
                revenueShareBps: 2_000,
                dripDays: 7,
                delegationCap: u128::MAX,
            };
            batch.call(at.staking, Staking::setTermsCall { newTerms: terms });
            batch.call(at.staking, Staking::stakeCall { provider: self.members[member], amount: STAKE });
            batch.call(at.offers, Offers::createCall { newOffer: self.offer(member)? });
            self.run_now(member, batch).await?;
        }
        for member in 0..MEMBERS {
            let mut batch = Batch::default();
            for place in 1..=BACKED {
                let provider = self.after(member, place);
                batch.call(at.staking, Staking::stakeCall { provider, amount: STAKE });
            }
            self.run_now(member, batch).await?;
        }
        Ok(())
    }

    fn offer(&self, member: usize) -> Result<IOffers::Offer> {
        let terms = offer::Terms::new(u8::try_from(member)?, 1_000_000, USD);
        Ok(IOffers::Offer {
            provider: self.members[member],
            class: terms.class,
            region: terms.region,
            units: terms.units,
            unitsInUse: 0,
            price: U96::from(terms.price),
            coverageMaxBps: terms.coverage_max_bps,
            availabilityBps: terms.availability_bps,
            termMaxDays: terms.term_max_days,
            durationMaxDays: terms.duration_max_days,
            paymentModes: terms.payment_modes,
            proofKinds: terms.proof_kinds,
            notice: terms.notice,
            customersRoot: terms.customers_root,
            applicationsRoot: terms.applications_root,
            verificationKeysRoot: terms.verification_keys_root,
        })
    }

    /// Deal `d` is served by member `d % MEMBERS`, whose offer has the number after that, and asked for by the next.
    async fn open(&mut self) -> Result<()> {
        let at = self.context.at();
        let expiry = self.context.now().await? + EXPIRY;
        for deal in 0..DEALS {
            let id = u64::try_from(deal + 1)?;
            let offer = u64::try_from(deal % MEMBERS + 1)?;
            let mut batch = Batch::default();
            batch.call(at.matching, Matching::requestCall { newRequest: request(UNITS, expiry)? });
            batch.call(at.matching, Matching::proposeCall { deal: id, offers: vec![offer] });
            batch.call(at.matching, Matching::activateCall { deal: id });
            self.run_now((deal + 1) % MEMBERS, batch).await?;
            let mut batch = Batch::default();
            batch.call(at.deals, Deals::readyCall { deal: id, slot: 0 });
            self.run_now(deal % MEMBERS, batch).await?;
        }
        Ok(())
    }

    /// First credits, so that income drips and every later claim finds some.
    async fn warm_up(&mut self) -> Result<()> {
        let at = self.context.at();
        let mut batch = Batch::default();
        batch.call(at.deals, settle(0, DEALS)?);
        for provider in &self.members {
            batch.call(at.deals, Deals::payStakersCall { provider: *provider });
        }
        self.run_now(0, batch).await
    }

    /// Blocks until there are so many events; answers how many there are.
    async fn fill(&mut self, chain: &Chain, events: usize) -> Result<usize> {
        // Each transaction has a block to itself: mined as they come, some would share one.
        self.node.anvil_set_auto_mine(false).await?;
        let (mut block, mut made) = (0, self.count(0, chain.head().await?.number).await?);
        let begun = self.context.now().await?;
        while made < events {
            let from = chain.head().await?.number + 1;
            let mut last = B256::ZERO;
            for _ in 0..BLOCKS_AT_ONCE {
                let mut batch = self.happen(block)?;
                self.begin(&mut batch, block, begun + u64::try_from(block)? * BLOCK_SECONDS + EXPIRY)?;
                last = self.run(block % MEMBERS, batch).await?;
                chain.mine(1).await?;
                block += 1;
            }
            self.receipt(last).await?;
            made += self.count(from, chain.head().await?.number).await?;
            if block.is_multiple_of(BLOCKS_AT_ONCE * 5) {
                eprintln!("{made} events in {block} blocks");
            }
        }
        Ok(made)
    }

    async fn count(&self, from: u64, to: u64) -> Result<usize> {
        let ours = indexed(&self.context.deployment);
        let logs = self.node.get_logs(&Filter::new().address(ours).from_block(from).to_block(to)).await?;
        Ok(logs.len())
    }

    /// One member asks another for new deals, and readies those that were asked of it when it was the other's turn.
    fn begin(&self, batch: &mut Batch, block: usize, expiry: u64) -> Result<()> {
        let (at, member) = (self.context.at(), block % MEMBERS);
        let opened = |block: usize, number: usize| u64::try_from(DEALS + block * OPENED + number + 1);
        for number in 0..OPENED {
            let deal = opened(block, number)?;
            let offer = u64::try_from((member + MEMBERS - 1) % MEMBERS + 1)?;
            batch.call(at.matching, Matching::requestCall { newRequest: request(UNITS_SMALL, expiry)? });
            batch.call(at.matching, Matching::proposeCall { deal, offers: vec![offer] });
            batch.call(at.matching, Matching::activateCall { deal });
            if let Some(before) = block.checked_sub(MEMBERS - 1) {
                batch.call(at.deals, Deals::readyCall { deal: opened(before, number)?, slot: 0 });
            }
        }
        Ok(())
    }

    /// What one member does in one block.
    fn happen(&self, block: usize) -> Result<Batch> {
        let (at, member) = (self.context.at(), block % MEMBERS);
        let account = self.members[member];
        let mut batch = Batch::default();
        // No deal begins at an old price.
        for source in &self.context.deployment.parameters.sources {
            batch.call(source.aggregator, DevelopmentFeed::postCall { answer: I256::try_from(PRICE)? });
        }
        batch.call(at.price_guard, PriceGuard::observeCall {});
        batch.call(at.deals, settle(block * SETTLED, SETTLED)?);
        batch.call(at.deals, Deals::claimCall { account, recipient: account });
        batch.call(at.deals, Deals::payStakersCall { provider: account });
        for place in 1..=BACKED {
            let provider = self.after(member, place);
            batch.call(at.staking, Staking::stakeCall { provider, amount: MORE });
            batch.call(at.staking, Staking::exitCall { account, provider, shares: MORE / 2 });
            let token = at.stablecoin;
            batch.call(at.staking, Staking::claimRewardCall { account, provider, token, recipient: account });
        }
        for _ in 0..OFFERS_CHANGED {
            let call = Offers::updateCall { offer: u64::try_from(member + 1)?, newOffer: self.offer(member)? };
            batch.call(at.offers, call);
        }
        for attribute in 1..=DECLARED {
            batch.call(
                at.attributes,
                Attributes::declareCall { attribute, value: Default::default(), expiry: U40::MAX },
            );
        }
        for deal in 0..FUNDED {
            let deal = u64::try_from((block + deal) % DEALS + 1)?;
            batch.call(at.deals, Deals::fundCall { deal, amount: USD });
        }
        Ok(batch)
    }
}

/// So many deals from one on, round and round.
fn settle(from: usize, count: usize) -> Result<Deals::settleManyCall> {
    let deals = (from..from + count).map(|deal| u64::try_from(deal % DEALS + 1));
    Ok(Deals::settleManyCall { deals: deals.collect::<Result<_, _>>()?, slots: vec![0; count] })
}

fn request(units: u32, expiry: u64) -> Result<IMatching::Request> {
    Ok(IMatching::Request {
        application: "bafy-crowd".to_owned(),
        class: 0,
        units,
        slots: 1,
        priceMax: U96::from(USD),
        termDays: TERM_DAYS,
        durationDays: TERM_DAYS.into(),
        among: IMatching::Among { regions: U256::ZERO, isAllowlist: false, providers: Vec::new() },
        firstLossMinBps: 1_000,
        coverageBps: 30_000,
        exposure: 0,
        proofKind: 0,
        paymentMode: 0,
        notice: 0,
        expiry: U40::try_from(expiry).context("an expiry has at most 40 bits")?,
        resolver: Address::ZERO,
        criteria: Vec::new(),
        prepaid: USD * u128::from(units) * u128::from(TERM_DAYS),
        standbys: 0,
        reserveBps: 2_000,
        availabilityPpm: 0,
        tip: 0,
        modules: Vec::new(),
        verificationKey: B256::ZERO,
    })
}

/// The code of `contracts/test/bench/Crowd.sol`, compiled now: nothing but this bench needs it.
fn code() -> Result<Bytes> {
    let mut command =
        forge(&["build", "--quiet", "contracts/test/bench/Crowd.sol"]).map_err(anyhow::Error::from_boxed)?;
    succeed(command.stdout(std::io::stderr())).map_err(anyhow::Error::from_boxed).context("compiling the crowd")?;
    let artifact = tools::root().join("target/forge/out/Crowd.sol/Crowd.json");
    let artifact: serde_json::Value = serde_json::from_slice(&std::fs::read(&artifact)?)?;
    let code = artifact["bytecode"]["object"].as_str().context("the crowd's artifact has no code")?;
    Ok(hex::decode(code)?.into())
}
