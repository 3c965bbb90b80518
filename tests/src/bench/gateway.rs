//! Invocations through a customer's gateway to a provider's host: each is on the disk of both, synced, before it is answered, and
//! what they measured is redeemed on a chain of our own.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy::primitives::{B256, keccak256};
use anyhow::{Context as _, Result, ensure};
use contracts::Deals;
use runtime::Limits;
use scripts::deployment::Deployment;
use scripts::gateway::run::Gateway;
use scripts::ids::{DealId, OfferId};
use scripts::usage::METERED;
use scripts::workload::host::{self, Host, MeteringOptions, Meters};
use scripts::workload::rounds;
use scripts::{author, delegator, gateway, offer, operator, provider};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Figure;
use super::replay::{CAP, PURSE_FLT, PURSE_USD, STAKE, per_second};
use crate::actors::{self, Actor, Customer, Provider};
use crate::chain::Chain;
use crate::world::{actor, deploy};

/// Invocations on their way at once, and how many are measured; then one after the other.
const LANES: usize = 64;
const INVOCATIONS: usize = 20_000;
const ALONE: usize = 500;

const INPUT_BYTES: usize = 1_000;
/// So dear that a millisecond of a core costs something.
const PRICE: &str = "1000";
const ROYALTY: &str = "100";
const TERM_DAYS: u8 = 14;
const VOUCHER_EVERY: u64 = 3_600;
const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn run() -> Result<()> {
    let print = |metric, value: u64, unit| {
        Figure { bench: "replay", case: "gateway", metric, value: value.into(), unit }.print()
    };
    let stand = Stand::open().await?;
    // Connections are made and the module is compiled.
    stand.invoke(LANES, LANES).await?;
    let together = stand.invoke(LANES, INVOCATIONS).await?;
    let alone = stand.invoke(1, ALONE).await?;
    print("invocations", INVOCATIONS as u64, "1")?;
    print("invocations_per_s", per_second(INVOCATIONS as u64, together)?, "1/s")?;
    print("one_by_one_per_s", per_second(ALONE as u64, alone)?, "1/s")?;
    print("instance_us", instance()?, "us")?;
    ensure!(stand.paid().await? == (LANES + INVOCATIONS + ALONE) as u64, "every invocation is paid for");
    Ok(())
}

/// Time of a run on no input: what an instance takes, in microseconds.
fn instance() -> Result<u64> {
    let host = runtime::Host::new(Limits::default())?;
    let module = host.load(&xtask::modules::read("hash").map_err(anyhow::Error::from_boxed)?)?;
    let runs = 2_000;
    let begin = Instant::now();
    for _ in 0..runs {
        ensure!(host.run(&module, &[]).output.is_ok(), "an empty input has a hash");
    }
    Ok(u64::try_from(begin.elapsed().as_micros())? / runs)
}

/// A provider and a gateway that serve a metered deal.
struct Stand {
    chain: Chain,
    customer: Customer,
    meters: Arc<Meters>,
    deal: DealId,
    url: String,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Stand {
    async fn open() -> Result<Self> {
        xtask::setup::modules().map_err(anyhow::Error::from_boxed)?;
        let chain = Chain::start(32).await?;
        let (deployment, _) = deploy(&chain, 6).await?;
        // On a disk: what a file system in memory syncs is no figure.
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(xtask::tools::root().join("target"))?;
        let module = shelve(folder.path())?;
        let gate = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", gate.local_addr()?);
        let claims = TcpListener::bind("127.0.0.1:0").await?;
        let customer = Customer(purse(&chain, &deployment, "customer").await?);
        let asked = rounds::Gateway { customer: customer.address, url: format!("http://{}", claims.local_addr()?) };
        let (meters, offer, provider) = host(&chain, &deployment, folder.path(), asked).await?;
        let author = actor(&chain, &deployment, "author").await?;
        author::publish(&author.context, module, author.units(ROYALTY)?, "ipfs://hash").await?;
        let key = actors::key("gateway")?;
        gateway::set(&customer.context, key.address(), customer.units(CAP)?).await?;
        let mut job = customer.job(1, "1200", TERM_DAYS, TERM_DAYS.into())?;
        job.payment_mode = METERED;
        job.modules = vec![module];
        let deal = customer.open(job, &[offer]).await?;
        provider.ready(deal, 0).await?;

        let signing = actor(&chain, &deployment, "gateway").await?.context.signing_with(key);
        let options = gateway::run::Options { poll: POLL, ..gateway::run::Options::new(folder.path().join("gateway")) };
        let front = Gateway::open(signing.acting_for(customer.address), options)?;
        let seen = front.meters();
        tokio::spawn(front.run(gate, claims, std::future::pending()));
        let served = seen.until(|meters| meters.servings.get() == 1);
        tokio::time::timeout(PATIENCE, served).await.context("nobody serves the deal")?;
        let head = chain.head().await?.number;
        let hosted = meters.until(|meters| meters.head.get() >= head);
        tokio::time::timeout(PATIENCE, hosted).await.context("the host stands still")?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { chain, customer, meters, deal, url, http, _folder: folder })
    }

    /// So many invocations, of which so many are on their way at once; how long they took.
    async fn invoke(&self, lanes: usize, invocations: usize) -> Result<Duration> {
        let begin = Instant::now();
        let mut all = JoinSet::new();
        for lane in 0..lanes {
            let (http, url) = (self.http.clone(), format!("{}/v1/deals/{}/slots/0/invoke", self.url, self.deal));
            let count = invocations / lanes + usize::from(lane < invocations % lanes);
            all.spawn(async move {
                for _ in 0..count {
                    let answer = http.post(&url).body(vec![7; INPUT_BYTES]).send().await?.error_for_status()?;
                    answer.bytes().await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(lane) = all.join_next().await {
            lane??;
        }
        Ok(begin.elapsed())
    }

    /// Lets the host collect a voucher and redeem it; for how many invocations, where all that was measured was paid.
    async fn paid(&self) -> Result<u64> {
        let collected = self.meters.vouchers.get();
        self.chain.advance(Duration::from_secs(VOUCHER_EVERY)).await?;
        let redeemed = self.meters.until(|meters| meters.vouchers.get() > collected);
        tokio::time::timeout(PATIENCE, redeemed).await.context("the host redeems nothing")?;
        let url = format!("{}/v1/deals/{}/slots/0", self.url, self.deal);
        let measured: Value = self.http.get(url).send().await?.json().await?;
        let context = &self.customer.context;
        let call = Deals::redeemedOfCall { deal: self.deal.0, slot: 0, serving: 1 };
        let redeemed = context.view(context.at().deals, call).await?.to_string();
        ensure!(measured["amount"] == redeemed.as_str(), "{redeemed} was redeemed of {measured}");
        measured["invocations"].as_u64().context("the gateway counts")
    }
}

/// The module's file, and its hash.
fn shelve(folder: &Path) -> Result<B256> {
    let module = xtask::modules::read("hash").map_err(anyhow::Error::from_boxed)?;
    std::fs::create_dir(folder.join("modules"))?;
    std::fs::write(folder.join("modules/hash.wasm"), &module)?;
    Ok(keccak256(&module))
}

async fn purse(chain: &Chain, deployment: &Deployment, name: &str) -> Result<Actor> {
    let operator = actor(chain, deployment, "operator").await?;
    let party = actor(chain, deployment, name).await?;
    operator::mint(&operator.context, party.address, actors::flt(PURSE_FLT)?, party.units(PURSE_USD)?).await?;
    Ok(party)
}

/// A provider that hosts what it serves.
async fn host(
    chain: &Chain,
    deployment: &Deployment,
    folder: &Path,
    gateway: rounds::Gateway,
) -> Result<(Arc<Meters>, OfferId, Provider)> {
    let provider = Provider(purse(chain, deployment, "provider").await?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let profile = provider::Profile { name: provider.name.clone(), endpoint, operator: 0 };
    provider::register(&provider.context, profile, provider::Terms::default()).await?;
    delegator::stake(&provider.context, provider.address, actors::flt(STAKE)?).await?;
    let terms = offer::Terms::new(0, 10, provider.units(PRICE)?);
    let offer = provider.offer_with(&offer::Terms { payment_modes: 1 << METERED, ..terms }).await?;
    let metering = MeteringOptions {
        state: folder.join("provider"),
        modules: folder.join("modules"),
        limits: Limits::default(),
        at_once: std::thread::available_parallelism().map_or(1, usize::from),
        gateways: vec![gateway],
        every: VOUCHER_EVERY,
        credit: u128::MAX,
    };
    let options = host::Options { is_readying: false, poll: POLL, metering: Some(metering), jobs: None };
    let signing = provider.context.clone().signing_with(actors::key("provider")?);
    let host = Host::open(signing, options).await?;
    let meters = host.meters();
    tokio::spawn(host.run(listener, std::future::pending()));
    Ok((meters, offer, provider))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_goes_through_a_gateway_is_paid_for() -> Result<()> {
        let stand = Stand::open().await?;
        stand.invoke(8, 50).await?;
        assert_eq!(stand.paid().await?, 50);
        Ok(())
    }
}
