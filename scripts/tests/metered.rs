//! A metered deal on a chain: a module runs for its customer's gateway, and what it used is redeemed from the escrow.

use std::time::Duration;

use alloy::node_bindings::{Anvil, AnvilInstance};
use alloy::primitives::aliases::{U40, U96};
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::providers::ext::AnvilApi as _;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result};
use contracts::matching::IMatching;
use contracts::{Deals, Matching, Modules};
use runtime::Limits;
use scripts::chain::Context;
use scripts::deploy::Config;
use scripts::deployment::Deployment;
use scripts::gateway::{self, run};
use scripts::ids::{DealId, OfferId};
use scripts::provider::{Profile, Terms};
use scripts::usage::{Invoked, METERED};
use scripts::workload::host::{self, Host, MeteringOptions};
use scripts::{customer, delegator, deploy, offer, operator, provider, wallet};
use tempfile::TempDir;
use tokio::net::TcpListener;

const DEPLOYER: usize = 0;
const PAULA: usize = 1;
const CAROL: usize = 3;
/// Carol's gateway has a key of its own.
const GATEWAY: usize = 4;
const ANNA: usize = 5;

const TOKEN: u128 = 10_u128.pow(18);
const DOLLAR: u128 = 1_000_000;
/// Dear enough for a millisecond to cost something; as much again is the royalty.
const PRICE: u128 = 20_000 * DOLLAR;
const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    anvil: AnvilInstance,
    deployment: Deployment,
    folder: TempDir,
}

impl World {
    async fn start() -> Result<Self> {
        let path = xtask::tools::foundry("anvil").map_err(anyhow::Error::from_boxed)?;
        let anvil = Anvil::at(path).try_spawn()?;
        let signer = PrivateKeySigner::from(anvil.keys()[DEPLOYER].clone());
        let (node, deployer) = wallet::connect(&anvil.endpoint(), Some(signer)).await?;
        let deployer = deployer.context("a signer has an address")?;
        let config = Config::development(anvil.addresses()[8], anvil.addresses()[9], anvil.addresses()[7]);
        let deployment = deploy::deploy(&node, deployer, &config).await?;
        let world = Self { anvil, deployment, folder: tempfile::tempdir()? };
        let bank = world.party(DEPLOYER).await?;
        for who in [PAULA, CAROL] {
            operator::mint(&bank, world.anvil.addresses()[who], 10_000_000 * TOKEN, 1_000_000 * DOLLAR).await?;
        }
        scripts::keeper::observe(&bank).await?;
        Ok(world)
    }

    async fn party(&self, who: usize) -> Result<Context> {
        let signer = PrivateKeySigner::from(self.anvil.keys()[who].clone());
        let (node, sender) = wallet::connect(&self.anvil.endpoint(), Some(signer.clone())).await?;
        Ok(Context::new(node, sender, self.deployment.clone()).await?.signing_with(signer))
    }

    async fn pass(&self, seconds: u64) -> Result<u64> {
        let context = self.party(DEPLOYER).await?;
        context.provider.anvil_increase_time(seconds).await?;
        context.provider.anvil_mine(Some(1), None).await?;
        Ok(context.head().await?.number)
    }
}

/// One unit, metered, that runs `module`; carol takes `offer` for it.
async fn open(carol: &Context, module: B256, offer: OfferId) -> Result<DealId> {
    let prepaid = 4 * PRICE;
    let request = IMatching::Request {
        application: "ipfs://functions".to_owned(),
        class: 0,
        units: 1,
        slots: 1,
        priceMax: U96::from(2 * PRICE),
        termDays: 2,
        durationDays: 2,
        among: IMatching::Among { regions: U256::ZERO, isAllowlist: false, providers: Vec::new() },
        firstLossMinBps: 1_000,
        coverageBps: 30_000,
        exposure: 0,
        proofKind: 0,
        paymentMode: METERED,
        notice: 0,
        expiry: U40::from(carol.now().await? + 86_400),
        resolver: Address::ZERO,
        criteria: Vec::new(),
        prepaid,
        standbys: 0,
        reserveBps: 2_000,
        availabilityPpm: 0,
        tip: 0,
        modules: vec![module],
        verificationKey: B256::ZERO,
    };
    carol.allow(carol.at().stablecoin, carol.at().deals, prepaid + DOLLAR).await?;
    let sent = carol.send(carol.at().matching, Matching::requestCall { newRequest: request }).await?;
    let deal = DealId(sent.event::<Matching::RequestOpened>()?.deal);
    customer::choose(carol, deal, &[offer]).await?;
    customer::activate(carol, deal).await?;
    Ok(deal)
}

/// Paula's host, with the modules of a folder.
async fn hosting(world: &World, gateway: &str) -> Result<(Host, TcpListener, OfferId)> {
    let paula = world.party(PAULA).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let profile = Profile { name: "paula".to_owned(), endpoint, operator: 0 };
    provider::register(&paula, profile, Terms::default()).await?;
    delegator::stake(&paula, paula.sender()?, 5_000_000 * TOKEN).await?;
    let terms = offer::Terms { payment_modes: 1 << METERED, ..offer::Terms::new(0, 10, PRICE) };
    let offer = offer::create(&paula, &terms).await?.offer;
    let metering = MeteringOptions {
        state: world.folder.path().join("usage"),
        modules: world.folder.path().join("modules"),
        limits: Limits::default(),
        at_once: 2,
        gateways: vec![gateway.to_owned()],
        every: 3_600,
    };
    let options = host::Options { poll: POLL, metering: Some(metering), ..host::Options::default() };
    Ok((Host::open(paula, options).await?, listener, offer))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_module_used_is_redeemed_from_the_escrow() -> Result<()> {
    xtask::setup::modules().map_err(anyhow::Error::from_boxed)?;
    let world = World::start().await?;
    let sieve = xtask::modules::read("sieve").map_err(anyhow::Error::from_boxed)?;
    std::fs::create_dir(world.folder.path().join("modules"))?;
    std::fs::write(world.folder.path().join("modules/sieve.wasm"), &sieve)?;
    let module = keccak256(&sieve);
    let (anna, royalty, uri) = (world.party(ANNA).await?, U96::from(PRICE), "ipfs://sieve".to_owned());
    anna.send(anna.at().modules, Modules::publishCall { module, royalty, uri }).await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (host, hosts, offer) = hosting(&world, &url).await?;
    let meters = host.meters();
    tokio::spawn(host.run(hosts, std::future::pending()));
    let (carol, key) = (world.party(CAROL).await?, world.party(GATEWAY).await?);
    let signs = gateway::set(&carol, key.sender()?, 1_000 * DOLLAR).await?;
    assert_eq!(signs.allowance.units, 1_000 * DOLLAR);
    let options = run::Options { poll: POLL, ..run::Options::new(world.folder.path().join("gateway")) };
    let front = run::Gateway::open(key.acting_for(carol.sender()?), options)?;
    let (desk, seen) = (front.desk(), front.meters());
    tokio::spawn(front.run(listener, std::future::pending()));

    let deal = open(&carol, module, offer).await?;
    let served = seen.until(|meters| meters.servings.get() == 1);
    tokio::time::timeout(PATIENCE, served).await.context("nobody serves the deal")?;
    let ready = world.pass(60).await?;
    let hosted = meters.until(|meters| meters.head.get() >= ready);
    tokio::time::timeout(PATIENCE, hosted).await.context("the host stands still")?;

    let mut charged = 0;
    for _ in 0..5 {
        let below = 1_000_000_u32.to_le_bytes().to_vec();
        let asked = reqwest::Client::new().post(format!("{url}/v1/deals/{deal}/slots/0/invoke")).body(below);
        let answer = asked.send().await?;
        assert_eq!(answer.status(), 200);
        let invoked: Invoked = answer.json().await?;
        assert_eq!(invoked.output.context("it does not trap")?[..4], 78_498_u32.to_le_bytes());
        charged += invoked.usage.charge;
    }
    assert!(charged > 0 && desk.counts.differences.get() == 0);

    // An hour later it asks again, for what was used since.
    world.pass(3_601).await?;
    let view = Deals::redeemedOfCall { deal: deal.0, slot: 0, serving: 1 };
    let mut redeemed = 0;
    for _ in 0..10 {
        let collected = meters.vouchers.get();
        redeemed = carol.view(carol.at().deals, view.clone()).await?;
        if redeemed == charged {
            break;
        }
        let block = world.pass(3_601).await?;
        let seen = meters.until(|meters| meters.head.get() >= block || meters.vouchers.get() > collected);
        tokio::time::timeout(PATIENCE, seen).await.context("the host stands still")?;
    }
    assert_eq!(redeemed, charged, "to the last unit");
    // What was redeemed is split when the slot is settled, by anyone.
    anna.send(anna.at().deals, Deals::settleCall { deal: deal.0, slot: 0 }).await?;
    anna.send(anna.at().modules, Modules::payCall { deal: deal.0 }).await?;
    let credit = anna.view(anna.at().deals, Deals::creditOfCall { account: anna.sender()? }).await?;
    assert_eq!(credit, charged / 2, "the royalty is half of the price");
    Ok(())
}
