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

/// How a gateway is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of what it measured and signed.
    pub state: PathBuf,
    /// How long an invocation is waited for.
    pub within: Duration,
    /// How often the node is asked for its head.
    pub poll: Duration,
}

impl Options {
    pub fn new(state: PathBuf) -> Self {
        // Longer than providers let a module run by themselves.
        Self { state, within: Duration::from_secs(90), poll: Duration::from_millis(500) }
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
    desk: Arc<Desk>,
    meters: Arc<Meters>,
}

impl Gateway {
    /// Signs with the context's key for its account.
    pub fn open(context: Context, options: Options) -> Result<Self> {
        ensure!(!context.is_planning(), "A gateway runs for days: there is nothing to plan.");
        let (customer, key) = (context.account()?, context.signer()?.clone());
        let domain = domain(&context);
        let desk = Desk::new(domain, key, options.state.clone(), options.within)?;
        let (census, roll, meters) = (Census::default(), Roll::default(), Arc::default());
        Ok(Self { context, customer, options, census, roll, desk, meters })
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
    fn served(&self) -> BTreeMap<(DealId, u8), Served> {
        let ours =
            self.census.deals().filter(|seen| seen.deal.customer == self.customer && seen.deal.paymentMode == METERED);
        let places = ours.flat_map(|seen| seen.places.iter().map(move |(slot, place)| (seen.id, *slot, place)));
        let served = places.filter(|(_, slot, place)| *slot < STANDBY && place.status == SERVING);
        let reached = served.filter_map(|(deal, slot, place)| {
            let endpoint = self.roll.provider(place.provider)?.to_owned();
            let serving = Serving { deal: deal.0, slot, number: place.serving, provider: place.provider };
            let (price, started_at) = (place.price, place.startedAt.to());
            Some(((deal, slot), Served { serving, price, started_at, endpoint }))
        });
        reached.collect()
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
        let slots = self.served();
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
            ("unanswered_total", "Invocations that were not answered", "counter", desk.counts.unanswered.get()),
            ("differences_total", "Records that are not what was measured", "counter", desk.counts.differences.get()),
            ("vouchers_total", "Claims that were answered by a voucher", "counter", desk.counts.signed.get()),
            ("refused_total", "Claims that were not signed", "counter", desk.counts.refused.get()),
            ("failures_total", "Looks at the chain that failed", "counter", meters.failures.get()),
        ],
    )
}
