//! A metered deal on a chain: a module runs for its customer's gateway, and what it used is redeemed from the escrow.

use std::sync::Arc;
use std::time::Duration;

use alloy::network::TransactionBuilder as _;
use alloy::primitives::aliases::{U40, U96};
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::providers::Provider as _;
use alloy::providers::ext::AnvilApi as _;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall as _;
use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use contracts::matching::IMatching;
use contracts::{Deals, ISuccession, Matching, Modules};
use futures::FutureExt as _;
use metering::{Invocation, Serving};
use runtime::Limits;
use scripts::chain::Context;
use scripts::gateway::desk::Desk;
use scripts::gateway::{self, run};
use scripts::ids::{DealId, OfferId};
use scripts::provider::{Profile, Terms};
use scripts::usage::{Claim, Invoked, METERED};
use scripts::workload::books::Books;
use scripts::workload::host::{self, Host, MeteringOptions};
use scripts::workload::rounds::Gateway;
use scripts::{customer, delegator, offer, operator, provider};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::world::{CAROL, DAY, DEPLOYER, DOLLAR, PAULA, TOKEN, World};

/// Carol's gateway has a key of its own.
const GATEWAY: usize = 4;
const ANNA: usize = 5;

/// Dear enough for a millisecond to cost something; as much again is the royalty.
const PRICE: u128 = 20_000 * DOLLAR;
const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

async fn start() -> Result<World> {
    let world = World::start().await?;
    let bank = world.party(DEPLOYER).await?;
    for who in [PAULA, CAROL] {
        operator::mint(&bank, world.address(who), 10_000_000 * TOKEN, 1_000_000 * DOLLAR).await?;
    }
    scripts::keeper::observe(&bank).await?;
    Ok(world)
}

/// One unit, metered, that runs `modules`; carol takes `offer` for it.
async fn open(carol: &Context, modules: Vec<B256>, offer: OfferId) -> Result<DealId> {
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
        modules,
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
async fn hosting(world: &World, gateways: Vec<Gateway>) -> Result<(Host, TcpListener, OfferId)> {
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
        gateways,
        every: 3_600,
        credit: u128::MAX,
    };
    let options = host::Options { poll: POLL, metering: Some(metering), ..host::Options::default() };
    Ok((Host::open(paula, options).await?, listener, offer))
}

/// Something to ask a voucher for, of this serving of the deal that will be the first.
async fn used(world: &World, number: u32) -> Result<()> {
    let paula = world.party(PAULA).await?;
    let books = Books::new(world.folder.path().join("usage"), run::domain(&paula));
    let serving = Serving { deal: 1, slot: 0, number, provider: paula.sender()? };
    let book = books.of(serving, U96::from(PRICE)).await?;
    let invocation = Invocation { started_at_ms: 0, duration_ms: 5, millicores: 1_000, memory_mib: 1, fuel: 5 };
    book.note(B256::repeat_byte(1), &invocation).await?;
    Ok(())
}

/// A customer's gateway that takes claims here.
fn of(world: &World, customer: usize, claims: &TcpListener) -> Result<Gateway> {
    Ok(Gateway { customer: world.address(customer), url: format!("http://{}", claims.local_addr()?) })
}

/// A metered deal that Paula's host serves to Carol's gateway.
struct Stage {
    world: World,
    carol: Context,
    gateway: Address,
    deal: DealId,
    url: String,
    host: Arc<host::Meters>,
    front: Arc<run::Meters>,
    desk: Arc<Desk<Context>>,
}

impl Stage {
    async fn start(daily_cap: u128) -> Result<Self> {
        xtask::setup::modules().map_err(anyhow::Error::from_boxed)?;
        let world = start().await?;
        let sieve = xtask::modules::read("sieve").map_err(anyhow::Error::from_boxed)?;
        std::fs::create_dir(world.folder.path().join("modules"))?;
        std::fs::write(world.folder.path().join("modules/sieve.wasm"), &sieve)?;
        let module = keccak256(&sieve);
        let (anna, royalty, uri) = (world.party(ANNA).await?, U96::from(PRICE), "ipfs://sieve".to_owned());
        anna.send(anna.at().modules, Modules::publishCall { module, royalty, uri }).await?;

        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let claims = TcpListener::bind("127.0.0.1:0").await?;
        let asked = of(&world, CAROL, &claims)?;
        let (serving, hosts, offer) = hosting(&world, vec![asked]).await?;
        let host = serving.meters();
        tokio::spawn(serving.run(hosts, std::future::pending()));
        let (carol, key) = (world.party(CAROL).await?, world.party(GATEWAY).await?);
        let gateway = key.sender()?;
        let signs = gateway::set(&carol, gateway, daily_cap).await?;
        assert_eq!(signs.allowance.units, daily_cap);
        let options = run::Options { poll: POLL, ..run::Options::new(world.folder.path().join("gateway")) };
        let running = run::Gateway::open(key.acting_for(carol.sender()?), options)?;
        let (desk, front) = (running.desk(), running.meters());
        tokio::spawn(running.run(listener, claims, std::future::pending()));

        let deal = open(&carol, vec![module], offer).await?;
        let served = front.until(|meters| meters.servings.get() == 1);
        tokio::time::timeout(PATIENCE, served).await.context("nobody serves the deal")?;
        let stage = Self { world, carol, gateway, deal, url, host, front, desk };
        stage.pass(60).await?;
        Ok(stage)
    }

    /// Time passes, and host and gateway have seen it.
    async fn pass(&self, seconds: u64) -> Result<()> {
        let block = self.world.pass(seconds).await?;
        let hosted = self.host.until(|meters| meters.head.get() >= block);
        tokio::time::timeout(PATIENCE, hosted).await.context("the host stands still")?;
        let seen = self.front.until(|meters| meters.head.get() >= block);
        tokio::time::timeout(PATIENCE, seen).await.context("the gateway stands still")
    }

    async fn ask(&self) -> Result<reqwest::Response> {
        let below = 1_000_000_u32.to_le_bytes().to_vec();
        let url = format!("{}/v1/deals/{}/slots/0/invoke", self.url, self.deal);
        Ok(reqwest::Client::new().post(url).body(below).send().await?)
    }

    /// Runs the module, and answers what that is charged.
    async fn invoke(&self) -> Result<u128> {
        let answer = self.ask().await?;
        assert_eq!(answer.status(), 200);
        let invoked: Invoked = answer.json().await?;
        assert_eq!(invoked.output.context("it does not trap")?[..4], 78_498_u32.to_le_bytes());
        Ok(invoked.usage.charge)
    }

    async fn redeemed(&self) -> Result<u128> {
        let call = Deals::redeemedOfCall { deal: self.deal.0, slot: 0, serving: 1 };
        self.carol.view(self.carol.at().deals, call).await
    }

    /// What was redeemed when it was so much, or after so many hours.
    async fn redeemed_within(&self, hours: u32, amount: u128) -> Result<u128> {
        for _ in 0..hours {
            if self.redeemed().await? == amount {
                break;
            }
            let (collected, failed) = (self.host.vouchers.get(), self.host.failures.get());
            self.pass(3_601).await?;
            let ended = self.host.until(|meters| meters.vouchers.get() > collected || meters.failures.get() > failed);
            tokio::time::timeout(PATIENCE, ended).await.context("the host collects nothing")?;
        }
        self.redeemed().await
    }

    /// `Faults` takes the slot from its provider, from a time on that has passed.
    async fn fail(&self, since: u64) -> Result<()> {
        let (provider, faults) = (&self.carol.provider, self.carol.at().faults);
        provider.anvil_impersonate_account(faults).await?;
        provider.anvil_set_balance(faults, U256::from(TOKEN)).await?;
        let call = ISuccession::failCall { deal: self.deal.0, slot: 0, serving: 1, since: U40::from(since) };
        let request = TransactionRequest::default().with_from(faults).with_to(self.carol.at().deals);
        let request = request.with_input(call.abi_encode());
        let _: B256 = provider.raw_request("eth_sendTransaction".into(), (request,)).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_module_used_is_redeemed_from_the_escrow() -> Result<()> {
    let stage = Stage::start(1_000 * DOLLAR).await?;
    let mut charged = 0;
    for _ in 0..5 {
        charged += stage.invoke().await?;
    }
    assert!(charged > 0 && stage.desk.counts.differences.get() == 0);
    // An hour later it asks again, for what was used since.
    assert_eq!(stage.redeemed_within(10, charged).await?, charged, "to the last unit");
    // What was redeemed is split when the slot is settled, by anyone.
    let (anna, deal) = (stage.world.party(ANNA).await?, stage.deal.0);
    anna.send(anna.at().deals, Deals::settleCall { deal, slot: 0 }).await?;
    anna.send(anna.at().modules, Modules::payCall { deal }).await?;
    let credit = anna.view(anna.at().deals, Deals::creditOfCall { account: anna.sender()? }).await?;
    assert_eq!(credit, charged / 2, "the royalty is half of the price");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_days_cap_leaves_of_a_voucher_is_redeemed_the_next_day() -> Result<()> {
    // Less than any invocation costs.
    let stage = Stage::start(100).await?;
    let charged = stage.invoke().await?;
    assert!(charged > 100, "{charged}");
    assert_eq!(stage.redeemed_within(3, 100).await?, 100, "the cap of the day");
    stage.pass(DAY).await?;
    gateway::set(&stage.carol, stage.gateway, 1_000 * DOLLAR).await?;
    assert_eq!(stage.redeemed_within(3, charged).await?, charged, "the rest");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_begins_after_the_end_and_what_came_before_is_paid() -> Result<()> {
    let stage = Stage::start(1_000 * DOLLAR).await?;
    let mut charged = stage.invoke().await?;
    assert_eq!(stage.redeemed_within(3, charged).await?, charged);
    charged += stage.invoke().await?;
    let call = Deals::slotOfCall { deal: stage.deal.0, slot: 0 };
    let ends_at: u64 = stage.carol.view(stage.carol.at().deals, call).await?.endsAt.to();
    stage.pass(ends_at - stage.carol.now().await?).await?;
    assert_eq!(stage.ask().await?.status(), 404, "it is over, although nobody has said so");
    assert_eq!(stage.redeemed_within(5, charged).await?, charged, "the last");

    // A day after the end nothing of it is paid any more, and the host puts its book away.
    let usage = stage.world.folder.path().join("usage");
    let name = format!("{}-0-1.usage", stage.deal);
    assert!(usage.join(&name).exists() && !usage.join("closed").exists());
    stage.pass(DAY + 60).await?;
    let put_away = async {
        while !usage.join("closed").join(&name).exists() {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE / 6, put_away).await.context("its book lies open")?;
    assert!(!usage.join(&name).exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_serving_that_failed_what_came_before_is_redeemed() -> Result<()> {
    let stage = Stage::start(1_000 * DOLLAR).await?;
    let mut charged = stage.invoke().await?;
    assert_eq!(stage.redeemed_within(3, charged).await?, charged);
    charged += stage.invoke().await?;
    let end = stage.carol.now().await? + 60;
    stage.pass(600).await?;
    // When probers had missed it for a while.
    stage.invoke().await?;
    stage.fail(end).await?;
    stage.pass(60).await?;
    assert_eq!(stage.ask().await?.status(), 404, "nobody serves the slot");
    assert_eq!(stage.redeemed_within(5, charged).await?, charged, "up to the end and no further");
    stage.pass(3_601).await?;
    assert_eq!(stage.redeemed().await?, charged);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_does_not_answer_keeps_the_host_from_nothing_and_another_customers_is_not_asked() -> Result<()> {
    let world = start().await?;
    let [silent, others] = [TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?];
    // Carol's comes last: were the others' asked too, they were asked before.
    let gateways = vec![of(&world, ANNA, &others)?, of(&world, CAROL, &silent)?];
    used(&world, 1).await?;
    let carol = world.party(CAROL).await?;
    let (host, hosts, offer) = hosting(&world, gateways).await?;
    assert_eq!(open(&carol, Vec::new(), offer).await?, DealId(1));

    let meters = host.meters();
    tokio::spawn(host.run(hosts, std::future::pending()));
    let (asked, _) = tokio::time::timeout(PATIENCE, silent.accept()).await.context("the gateway is not asked")??;
    for _ in 0..3 {
        let block = world.pass(60).await?;
        let seen = meters.until(|meters| meters.head.get() >= block);
        tokio::time::timeout(PATIENCE / 6, seen).await.context("the host waits for the gateway")?;
    }
    assert_eq!((meters.vouchers.get(), meters.failures.get()), (0, 0));
    drop(asked);
    let failed = meters.until(|meters| meters.failures.get() > 0);
    tokio::time::timeout(PATIENCE, failed).await.context("the round does not end")?;
    assert!(others.accept().now_or_never().is_none(), "it is another customer's");
    Ok(())
}

/// A gateway that refuses whatever is claimed here, and the servings that it was asked for.
fn refusing(claims: TcpListener) -> mpsc::UnboundedReceiver<u32> {
    let (asked, servings) = mpsc::unbounded_channel();
    let refuse = async move |Json(claim): Json<Claim>| {
        asked.send(claim.target.serving).map_or(StatusCode::GONE, |()| StatusCode::CONFLICT)
    };
    tokio::spawn(async move { axum::serve(claims, Router::new().route("/v1/vouchers", post(refuse))).await });
    servings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_serving_that_fails_keeps_none_of_the_same_customers_waiting() -> Result<()> {
    let world = start().await?;
    for number in 1..=3 {
        used(&world, number).await?;
    }
    let [silent, claims] = [TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?];
    let gateways = vec![of(&world, CAROL, &silent)?, of(&world, CAROL, &claims)?];
    let (host, hosts, offer) = hosting(&world, gateways).await?;
    let mut servings = refusing(claims);
    open(&world.party(CAROL).await?, Vec::new(), offer).await?;
    tokio::spawn(host.run(hosts, std::future::pending()));
    let (asked, _) = tokio::time::timeout(PATIENCE, silent.accept()).await.context("the gateway is not asked")??;
    drop(asked);
    for number in 1..=3 {
        let next = tokio::time::timeout(PATIENCE / 6, servings.recv()).await.context("the others starve")?;
        assert_eq!(next, Some(number), "one after the other");
    }
    assert!(silent.accept().now_or_never().is_none(), "who did not answer is not asked again in the round");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_of_a_customer_of_whom_no_gateway_is_named_is_a_failure() -> Result<()> {
    let world = start().await?;
    used(&world, 1).await?;
    let others = TcpListener::bind("127.0.0.1:0").await?;
    let (host, hosts, offer) = hosting(&world, vec![of(&world, ANNA, &others)?]).await?;
    open(&world.party(CAROL).await?, Vec::new(), offer).await?;
    let meters = host.meters();
    tokio::spawn(host.run(hosts, std::future::pending()));
    let failed = meters.until(|meters| meters.failures.get() > 0);
    tokio::time::timeout(PATIENCE / 6, failed).await.context("it serves for nothing, and says nothing")?;
    assert_eq!(meters.vouchers.get(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_gateway_was_asked_before_it_stopped_is_answered() -> Result<()> {
    let world = start().await?;
    let (carol, key) = (world.address(CAROL), world.party(GATEWAY).await?);
    let gateway = run::Gateway::open(key.acting_for(carol), run::Options::new(world.folder.path().join("gateway")))?;
    let [listener, claims] = [TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?];
    let (address, (stop, stopped)) = (listener.local_addr()?, oneshot::channel::<()>());
    let running = tokio::spawn(gateway.run(listener, claims, async {
        let _ = stopped.await;
    }));
    let mut line = TcpStream::connect(address).await?;
    let head =
        "POST /v1/deals/1/slots/0/invoke HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n";
    line.write_all(head.as_bytes()).await?;
    let mut reads_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    line.read_exact(&mut reads_on).await?;
    stop.send(()).expect("it runs");
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    line.write_all(b"input").await?;
    let mut answer = String::new();
    line.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("no served slot"), "{answer}");
    running.await??;
    Ok(())
}
