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
use tokio::sync::watch;

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

/// Of so many invocations one is run again: a provider that says too much of each gets away with few.
pub const ONE_IN: u32 = 64;

/// What a customer is not promised without checks, and what he is all the same.
const UNCHECKED: &str = "no input is run again (--check-one-in 0): fuel, memory and output of each invocation are the provider's word. \
    Nothing shows that it runs the module; whatever it says, it is paid for one core in the time that is measured here at the most";

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
    /// Folder of modules; what is not in it its provider is asked for.
    pub modules: Option<PathBuf>,
    /// One in so many invocations is run again, to compare; zero: none, and fuel, memory and output are the provider's word.
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
    desk: Arc<Desk<Context>>,
    meters: Arc<Meters>,
}

impl Gateway {
    /// Signs with the context's key for its account.
    pub fn open(context: Context, options: Options) -> Result<Self> {
        ensure!(!context.is_planning(), "A gateway runs for days: there is nothing to plan.");
        let (customer, key) = (context.account()?, context.signer()?.clone());
        let domain = domain(&context);
        let desk = Desk::new(domain, key, context.clone(), &options)?;
        let (census, roll, modules, meters) = (Census::default(), Roll::default(), BTreeMap::new(), Arc::default());
        Ok(Self { context, customer, options, census, roll, modules, desk, meters })
    }

    pub fn desk(&self) -> Arc<Desk<Context>> {
        Arc::clone(&self.desk)
    }

    pub fn meters(&self) -> Arc<Meters> {
        Arc::clone(&self.meters)
    }

    pub fn router(&self) -> Router {
        let (desk, meters, one_in) = (self.desk(), self.meters(), self.options.one_in);
        let render = move || async move { render(&desk, &meters, one_in) };
        self.desk.router().route("/metrics", get(render)).route("/livez", get(|| async { "alive\n" }))
    }

    /// Serves until `shutdown`: invocations at one address, claims at another.
    pub async fn run(
        mut self,
        listener: TcpListener,
        claims: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<Arc<Desk<Context>>> {
        let (here, there) = (listener.local_addr()?, claims.local_addr()?);
        tracing::info!("{} signs for {}: invocations on http://{here}", self.desk.address(), self.customer);
        tracing::info!("claims of providers on http://{there}");
        if self.options.one_in == 0 {
            tracing::warn!("{UNCHECKED}");
        }
        let (router, signs) = (self.router(), self.desk.claims());
        let (stop, stopping) = watch::channel(false);
        // Strangers at the one take no places of the other.
        let serve = |listener, router| {
            let mut stopping = stopping.clone();
            let stopped = async move {
                // An error means that nobody is left to stop it: it goes with its caller.
                let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
            };
            tokio::spawn(listen::serve_within(listener, router, listen::Limits::one_of(2), stopped))
        };
        let (server, signer) = (serve(listener, router), serve(claims, signs));
        tokio::select! {
            () = shutdown => tracing::info!("stopped; what was measured is kept"),
            () = self.follow() => {}
        }
        // What is under way is answered, and measured, to its end.
        stop.send_replace(true);
        server.await.context("serving invocations")?;
        signer.await.context("serving claims")?;
        Ok(self.desk)
    }

    /// Slots of the customer's metered deals that are served by somebody who can be reached, and whose serving has not ended.
    async fn served(&mut self, now: u64) -> Result<BTreeMap<(DealId, u8), Served>> {
        let mut slots = BTreeMap::new();
        let ours =
            self.census.deals().filter(|seen| seen.deal.customer == self.customer && seen.deal.paymentMode == METERED);
        for seen in ours {
            for (slot, place) in seen.places.iter().filter(|(slot, _)| *slot < STANDBY) {
                // One that nobody has said to be over may be over all the same.
                let is_served = place.status == SERVING && now < place.endsAt.to();
                let endpoint = self.roll.provider(place.provider).filter(|_| is_served);
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
        let slots = self.served(head.time).await?;
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
fn render(desk: &Desk<Context>, meters: &Meters, one_in: u32) -> String {
    meter::render(
        "surety_gateway",
        [
            ("head_block", "Number of the last block seen", "gauge", meters.head.get()),
            ("servings", "Slots that invocations are forwarded to", "gauge", meters.servings.get()),
            ("forwarded_total", "Invocations that were forwarded", "counter", desk.counts.forwarded.get()),
            ("check_one_in", "Of so many invocations one is run again; 0: none", "gauge", one_in.into()),
            ("checked_total", "Invocations that were run again, to compare", "counter", desk.counts.checked.get()),
            ("unanswered_total", "Invocations that were not answered", "counter", desk.counts.unanswered.get()),
            ("differences_total", "Records that are not what was measured", "counter", desk.counts.differences.get()),
            ("vouchers_total", "Claims that were answered by a voucher", "counter", desk.counts.signed.get()),
            ("refused_total", "Claims that were not signed", "counter", desk.counts.refused.get()),
            ("failures_total", "Looks at the chain that failed", "counter", meters.failures.get()),
        ],
    )
}
