//! A provider's server falls silent: probers notice, fail its slot over, and the standby is paid from then on.

use std::sync::Arc;
use std::time::Duration;

use alloy::providers::Provider as _;
use alloy::providers::ext::AnvilApi as _;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use anyhow::{Context as _, Result, ensure};
use contracts::{Deals, IFaults};
use scripts::blocks::Head;
use scripts::chain::Context;
use scripts::customer::{OpenArgs, STANDBY};
use scripts::ids::{DealId, OfferId};
use scripts::prober::run::{self, Counts, Prober};
use scripts::provider::{Profile, Terms};
use scripts::workload::host::{self, Host, Meters};
use scripts::{customer, delegator, offer, operator, prober, provider};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::world::{CAROL, DAY, DEPLOYER, DOLLAR, PAULA, TOKEN, World};

const SARA: usize = 2;
const PROBERS: std::ops::Range<usize> = 10..15;

const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

/// Something that serves until it is dropped.
struct Running<T> {
    seen: Arc<T>,
    _stop: oneshot::Sender<()>,
}

fn until_dropped() -> (oneshot::Sender<()>, impl Future<Output = ()> + Send + 'static) {
    let (stop, stopped) = oneshot::channel::<()>();
    (stop, async move {
        let _ = stopped.await;
    })
}

async fn start() -> Result<World> {
    let world = World::start_with(&["--accounts", "16"]).await?;
    let bank = world.party(DEPLOYER).await?;
    for who in [PAULA, SARA, CAROL].into_iter().chain(PROBERS) {
        operator::mint(&bank, world.address(who), 1_000_000 * TOKEN, 100_000 * DOLLAR).await?;
    }
    operator::mint(&bank, bank.sender()?, 0, 1_000 * DOLLAR).await?;
    Ok(world)
}

impl World {
    /// A provider with one offer, and the host that will answer for it.
    async fn provider(&self, who: usize, price: u128) -> Result<(OfferId, Context, TcpListener)> {
        let context = self.party(who).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let profile = Profile { name: format!("provider {who}"), endpoint, operator: 0 };
        provider::register(&context, profile, Terms::default()).await?;
        delegator::stake(&context, self.address(who), 500_000 * TOKEN).await?;
        let offered = offer::create(&context, &offer::Terms::new(0, 1_000, price)).await?.offer;
        Ok((offered, context, listener))
    }

    async fn slot(&self, deal: DealId, slot: u8) -> Result<contracts::deals::IDeals::Slot> {
        let context = self.party(DEPLOYER).await?;
        context.view(context.at().deals, Deals::slotOfCall { deal: deal.0, slot }).await
    }
}

async fn serve(context: Context, listener: TcpListener) -> Result<Running<Meters>> {
    let host = Host::open(context, host::Options { poll: POLL, ..host::Options::default() }).await?;
    let (seen, (stop, stopped)) = (host.meters(), until_dropped());
    tokio::spawn(host.run(listener, stopped));
    Ok(Running { seen, _stop: stop })
}

async fn probing(context: Context, listener: TcpListener) -> Result<Running<Counts>> {
    let options = run::Options { poll: POLL, within: Duration::from_secs(2), ..run::Options::default() };
    let prober = Prober::open(context, options).await?;
    let (seen, (stop, stopped)) = (prober.counts(), until_dropped());
    tokio::spawn(prober.run(listener, stopped));
    Ok(Running { seen, _stop: stop })
}

/// Until every prober has done what there was to do at a block.
async fn all_saw(probers: &[Running<Counts>], block: u64) -> Result<()> {
    for prober in probers {
        let seen = prober.seen.until(|counts| counts.head.get() >= block);
        tokio::time::timeout(PATIENCE, seen).await.context("a prober stands still")?;
    }
    Ok(())
}

/// A deal with a slot and a standby, both served, and those who probe it.
struct Stage {
    world: World,
    bank: Context,
    deal: DealId,
    paula: Running<Meters>,
    sara: Running<Meters>,
    probers: Vec<Running<Counts>>,
}

/// Probers with seats that count today, and the pot that pays them.
async fn seats(world: &World, bank: &Context) -> Result<Vec<(Context, TcpListener)>> {
    let mut waiting = Vec::new();
    for (number, who) in PROBERS.enumerate() {
        let context = world.party(who).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        prober::register(&context, u8::try_from(number % 2)?, 1, &endpoint).await?;
        waiting.push((context, listener));
    }
    prober::fund(bank, 100 * DOLLAR).await?;
    // They are drawn from tomorrow on; early in that day, so that it does not end before the story.
    let now = bank.head().await?.time;
    world.pass(DAY - now % DAY + 60).await?;
    operator::post_price(bank, 50_000_000).await?;
    Ok(waiting)
}

impl Stage {
    async fn set() -> Result<Self> {
        let world = start().await?;
        let bank = world.party(DEPLOYER).await?;
        let waiting = seats(&world, &bank).await?;
        let (first, paula, paulas) = world.provider(PAULA, DOLLAR).await?;
        let (second, sara, saras) = world.provider(SARA, DOLLAR + DOLLAR / 10).await?;
        let (paula, sara) = (serve(paula, paulas).await?, serve(sara, saras).await?);
        let carol = world.party(CAROL).await?;
        let job =
            OpenArgs { standbys: 1, offers: vec![first, second], ..OpenArgs::new("ipfs://job", 100, 2 * DOLLAR, 2, 2) };
        let deal = customer::open(&carol, &job).await?.deal;
        for host in [&paula, &sara] {
            let ready = host.seen.until(|meters| meters.readied.get() == 1);
            tokio::time::timeout(PATIENCE, ready).await.context("a host does not ready what it was assigned")?;
        }
        assert_eq!(world.slot(deal, 0).await?.provider, world.address(PAULA));
        assert_eq!(world.slot(deal, STANDBY).await?.provider, world.address(SARA));
        let mut probers = Vec::new();
        for (context, listener) in waiting {
            probers.push(probing(context, listener).await?);
        }
        Ok(Self { world, bank, deal, paula, sara, probers })
    }
}

/// The first block from `from` on in which `Faults` says so.
async fn block_with<E: SolEvent>(bank: &Context, from: u64) -> Result<Head> {
    let filter = Filter::new().address(bank.at().faults).event_signature(E::SIGNATURE_HASH).from_block(from);
    let found = async {
        loop {
            if let Some(log) = bank.provider.get_logs(&filter).await?.first() {
                return anyhow::Ok(log.block_number);
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let number = tokio::time::timeout(PATIENCE, found).await.context("it does not happen")??;
    let number = number.context("a log that is mined has a block")?;
    let header = bank.provider.get_block_by_number(number.into()).await?.context("it is there")?.header;
    Ok(Head { number, hash: header.hash, time: header.timestamp })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_serves_when_a_provider_falls_silent() -> Result<()> {
    let Stage { world, bank, deal, paula, sara, probers } = Stage::set().await?;
    for _ in 0..3 {
        all_saw(&probers, world.pass(61).await?).await?;
    }
    let misses: u64 = probers.iter().map(|prober| prober.seen.misses.get()).sum();
    assert_eq!(misses, 0, "the workload answers");

    drop(paula);
    let killed = bank.head().await?.time;
    let (flag, mut rounds) = (IFaults::flagOfCall { deal: deal.0, slot: 0 }, 0);
    while bank.view(bank.at().faults, flag.clone()).await?.state == 0 {
        rounds += 1;
        ensure!(rounds < 10, "nobody notices");
        all_saw(&probers, world.pass(61).await?).await?;
    }
    let flagged = bank.view(bank.at().faults, flag).await?;
    let since: u64 = flagged.since.to();
    assert_eq!(rounds, 1, "it is reported right after the first probe");
    assert!((killed..killed + 75).contains(&since), "{since} is the first missed probe after {killed}");
    assert!(flagged.flaggedAt.to::<u64>() < since + 30, "the next block has it");
    let mut rounds = 0;
    while world.slot(deal, 0).await?.provider != world.address(SARA) {
        rounds += 1;
        ensure!(rounds < 14, "nobody fails it over");
        all_saw(&probers, world.pass(61).await?).await?;
    }

    let slot = world.slot(deal, 0).await?;
    let call = Deals::servingOfCall { deal: deal.0, slot: 0, serving: flagged.serving };
    let ended = bank.view(bank.at().deals, call).await?;
    assert_eq!((ended.provider, ended.endedAt.to::<u64>()), (world.address(PAULA), since));
    let started: u64 = slot.startedAt.to();
    assert!(started >= since + 600, "nobody is paid from {since} to {started}");
    assert!(started <= since + 600 + 61 + 60, "it took from {since} to {started}");
    let failovers: u64 = probers.iter().map(|prober| prober.seen.failovers.get()).sum();
    assert_eq!(failovers, 1);

    // The new one answers, and the old one is still known to be down.
    let answered = sara.seen.answers.get();
    for _ in 0..2 {
        all_saw(&probers, world.pass(61).await?).await?;
    }
    assert!(sara.seen.answers.get() > answered);
    let record = bank.view(bank.at().faults, IFaults::recordOfCall { provider: world.address(PAULA) }).await?;
    assert_eq!(record.downSince.to::<u64>(), since);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_block_is_lost_where_a_block_a_second_is_a_minute() -> Result<()> {
    let Stage { world, bank, deal, paula, sara: _sara, probers } = Stage::set().await?;
    bank.provider.anvil_set_block_timestamp_interval(60).await?;
    bank.provider.anvil_set_interval_mining(1).await?;
    let begin = bank.head().await?.number;
    all_saw(&probers, begin + 2).await?;

    drop(paula);
    let killed = bank.head().await?;
    let flagged = block_with::<IFaults::SlotFlagged>(&bank, killed.number).await?;
    // The block that was being made may have been probed before; the next one is missed, and the one after it has the flag.
    assert!(flagged.number <= killed.number + 3, "{} after {}", flagged.number, killed.number);
    let failed = block_with::<IFaults::FailedOver>(&bank, flagged.number).await?;
    let first = flagged.number + 11;
    assert!((first..=first + 1).contains(&failed.number), "{} instead of {first}", failed.number);
    assert_eq!(world.slot(deal, 0).await?.provider, world.address(SARA));
    Ok(())
}
