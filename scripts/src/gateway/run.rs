//! A gateway that follows the chain: which slots of its customer are served, by whom, at what price.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::routing::get;
use metering::Serving;
use metering::signing::Domain;
use runtime::Limits;
use tokio::net::TcpListener;

use super::book::Served;
use super::desk::Desk;
use crate::census::{Census, SERVING};
use crate::chain::Context;
use crate::customer::STANDBY;
use crate::ids::DealId;
use crate::meter::{self, Meter, Pulse};
use crate::prober::roll::Roll;
use crate::usage::METERED;
use crate::waits::Follow;
use crate::workload::library;

/// Of so many invocations one is run again, where modules are there: a provider that says too much of each gets away with few.
pub const ONE_IN: u32 = 64;

/// How a gateway is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of what it measured and signed.
    pub state: PathBuf,
    /// How long an invocation is waited for.
    pub within: Duration,
    /// How often the node is asked for its head.
    pub poll: Duration,
    /// Of one invocation; no record may say more.
    pub limits: Limits,
    /// Folder of modules, to run some inputs again and compare; none: nothing is.
    pub modules: Option<PathBuf>,
    /// One in so many invocations is; zero: none.
    pub one_in: u32,
}

impl Options {
    pub fn new(state: PathBuf) -> Self {
        // Longer than providers let a module run by themselves.
        let (within, poll) = (Duration::from_secs(90), Duration::from_millis(500));
        Self { state, within, poll, limits: Limits::default(), modules: None, one_in: ONE_IN }
    }
}

#[derive(Debug, Default)]
pub struct Meters {
    pulse: Pulse,
    pub head: Meter,
    pub servings: Meter,
    pub failures: Meter,
}

impl Meters {
    /// Waits until the meters are as wanted.
    pub async fn until(&self, is_wanted: impl Fn(&Self) -> bool) {
        self.pulse.until(|| is_wanted(self)).await;
    }
}

#[derive(Debug)]
pub struct Gateway {
    context: Context,
    customer: Address,
    options: Options,
    census: Census,
    roll: Roll,
    modules: BTreeMap<DealId, Vec<B256>>,
    desk: Arc<Desk>,
    meters: Arc<Meters>,
}

impl Gateway {
    /// Signs with the context's key for its account.
    pub fn open(context: Context, options: Options) -> Result<Self> {
        ensure!(!context.is_planning(), "A gateway runs for days: there is nothing to plan.");
        let (customer, key) = (context.account()?, context.signer()?.clone());
        let domain = domain(&context);
        let desk = Desk::new(domain, key, &options)?;
        let (census, roll, modules, meters) = (Census::default(), Roll::default(), BTreeMap::new(), Arc::default());
        Ok(Self { context, customer, options, census, roll, modules, desk, meters })
    }

    pub fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.desk)
    }

    pub fn meters(&self) -> Arc<Meters> {
        Arc::clone(&self.meters)
    }

    pub fn router(&self) -> Router {
        let (desk, meters) = (self.desk(), self.meters());
        let render = move || async move { render(&desk, &meters) };
        self.desk.router().route("/metrics", get(render)).route("/livez", get(|| async { "alive\n" }))
    }

    /// Serves until `shutdown`.
    pub async fn run(mut self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<Arc<Desk>> {
        tracing::info!("{} signs for {} on http://{}", self.desk.address(), self.customer, listener.local_addr()?);
        let router = self.router();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.context("serving a gateway") });
        tokio::select! {
            () = shutdown => tracing::info!("stopped; what was measured is kept"),
            () = self.follow() => {}
        }
        server.abort();
        Ok(self.desk)
    }

    /// Slots of the customer's metered deals that are served by somebody who can be reached.
    async fn served(&mut self) -> Result<BTreeMap<(DealId, u8), Served>> {
        let mut slots = BTreeMap::new();
        let ours =
            self.census.deals().filter(|seen| seen.deal.customer == self.customer && seen.deal.paymentMode == METERED);
        for seen in ours {
            for (slot, place) in seen.places.iter().filter(|(slot, _)| *slot < STANDBY) {
                let endpoint = self.roll.provider(place.provider).filter(|_| place.status == SERVING);
                let Some(endpoint) = endpoint.map(str::to_owned) else { continue };
                let serving = Serving { deal: seen.id.0, slot: *slot, number: place.serving, provider: place.provider };
                let (price, started_at) = (place.price, place.startedAt.to());
                let modules = library::named(&self.context, &mut self.modules, seen.id).await?;
                slots.insert((seen.id, *slot), Served { serving, price, started_at, endpoint, modules });
            }
        }
        Ok(slots)
    }
}

impl Follow for Gateway {
    const MEANWHILE: &'static str = "; forwarding goes on";

    fn poll(&self) -> Duration {
        self.options.poll
    }

    async fn look(&mut self, last: B256) -> Result<B256> {
        let head = self.context.head().await?;
        if head.hash == last {
            return Ok(last);
        }
        self.census.look(&self.context, head).await?;
        self.roll.read(&self.context, head).await?;
        let slots = self.served().await?;
        self.meters.servings.set(slots.len() as u64);
        self.desk.update(slots, head.time);
        self.meters.head.set(head.number);
        self.meters.pulse.beat();
        Ok(head.hash)
    }

    fn failed(&self) {
        self.meters.failures.add(1);
    }
}

/// Where vouchers are checked: `Vouchers`.
pub fn domain(context: &Context) -> Domain {
    Domain { chain_id: context.deployment.chain_id, contract: context.at().vouchers }
}

/// In the text format of Prometheus.
fn render(desk: &Desk, meters: &Meters) -> String {
    meter::render(
        "surety_gateway",
        [
            ("head_block", "Number of the last block seen", "gauge", meters.head.get()),
            ("servings", "Slots that invocations are forwarded to", "gauge", meters.servings.get()),
            ("forwarded_total", "Invocations that were forwarded", "counter", desk.counts.forwarded.get()),
            ("checked_total", "Invocations that were run again, to compare", "counter", desk.counts.checked.get()),
            ("unanswered_total", "Invocations that were not answered", "counter", desk.counts.unanswered.get()),
            ("differences_total", "Records that are not what was measured", "counter", desk.counts.differences.get()),
            ("vouchers_total", "Claims that were answered by a voucher", "counter", desk.counts.signed.get()),
            ("refused_total", "Claims that were not signed", "counter", desk.counts.refused.get()),
            ("failures_total", "Looks at the chain that failed", "counter", meters.failures.get()),
        ],
    )
}
