//! A small workload host: readies what is assigned to its provider, and answers for every slot that it serves.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result, ensure};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use contracts::deals::IDeals;
use contracts::{IFaults, Staking};
use metering::Serving;
use runtime::Limits;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::books::Books;
use super::gateways::Gateways;
use super::invoke::{Hosted, Hosting};
use super::jobs::Jobs;
use super::rounds::{Gateway, Rounds};
use super::{Alive, SERVE, domain, library};
use crate::blocks::Head;
use crate::census::{ASSIGNED, Census, SERVING};
use crate::chain::Context;
use crate::customer::STANDBY;
use crate::failures::Failures;
use crate::gateway::run::domain as vouchers_domain;
use crate::ids::DealId;
use crate::meter::{self, Meter, Pulse};
use crate::prober::statement::Target;
use crate::proof::kept::Folder;
use crate::provider;
use crate::signing::Domain;
use crate::usage::METERED;
use crate::waits::{Follow, Waits};

/// How a host is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Readies assigned places by itself.
    pub is_readying: bool,
    /// How often the node is asked for its head.
    pub poll: Duration,
    /// Of metered deals; none: they are only answered for.
    pub metering: Option<MeteringOptions>,
    /// Of sampled jobs; none: they are brought on by somebody else.
    pub jobs: Option<Folder>,
}

impl Default for Options {
    fn default() -> Self {
        Self { is_readying: true, poll: Duration::from_millis(500), metering: None, jobs: None }
    }
}

/// How metered deals are hosted.
#[derive(Debug, Clone)]
pub struct MeteringOptions {
    /// Folder of usage and vouchers.
    pub state: PathBuf,
    /// Folder of modules in their binary form.
    pub modules: PathBuf,
    pub limits: Limits,
    /// Invocations that run side by side.
    pub at_once: usize,
    /// Gateways that are asked for vouchers, each for its customer's deals alone.
    pub gateways: Vec<Gateway>,
    /// Seconds of chain time from one voucher of a serving to the next.
    pub every: u64,
    /// What may be used of a serving and not be redeemed, in smallest units of the stablecoin.
    pub credit: u128,
}

/// Counts since the program was started, but for the head: the last one after which all was done.
#[derive(Debug, Default)]
pub struct Meters {
    pulse: Pulse,
    pub head: Meter,
    pub servings: Meter,
    pub standbys: Meter,
    pub readied: Meter,
    pub answers: Meter,
    pub unknown: Meter,
    pub vouchers: Meter,
    pub samples: Meter,
    pub failures: Meter,
}

impl Meters {
    /// Waits until the meters are as wanted.
    pub async fn until(&self, is_wanted: impl Fn(&Self) -> bool) {
        self.pulse.until(|| is_wanted(self)).await;
    }

    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        meter::render(
            "surety_host",
            [
                ("head_block", "Number of the last block seen", "gauge", self.head.get()),
                ("servings", "Slots that are served", "gauge", self.servings.get()),
                ("standbys", "Places of standbys that are held", "gauge", self.standbys.get()),
                ("readied_total", "Places that were readied", "counter", self.readied.get()),
                ("answers_total", "Challenges that were answered", "counter", self.answers.get()),
                ("unknown_total", "Challenges about slots of others", "counter", self.unknown.get()),
                (
                    "vouchers_total",
                    "Rounds of servings in which a voucher was kept or paid",
                    "counter",
                    self.vouchers.get(),
                ),
                ("samples_total", "Steps of sampled jobs that were taken", "counter", self.samples.get()),
                ("failures_total", "Steps that failed and are tried again", "counter", self.failures.get()),
            ],
        )
    }
}

/// The number of the serving that is answered for, of each slot.
type Servings = BTreeMap<(DealId, u8), u32>;

/// What the server needs: it answers while the chain is not there.
#[derive(Debug, Clone)]
struct Desk {
    domain: Domain,
    key: PrivateKeySigner,
    servings: Arc<RwLock<Servings>>,
    meters: Arc<Meters>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    challenge: B256,
}

async fn answer(State(desk): State<Desk>, Path((deal, slot)): Path<(u64, u8)>, Query(asked): Query<Asked>) -> Response {
    let deal = DealId(deal);
    let serving = desk.servings.read().unwrap_or_else(PoisonError::into_inner).get(&(deal, slot)).copied();
    let Some(serving) = serving else {
        desk.meters.unknown.add(1);
        return StatusCode::NOT_FOUND.into_response();
    };
    match Alive::sign(desk.domain, &desk.key, Target { deal, slot, serving }, asked.challenge) {
        Ok(alive) => {
            desk.meters.answers.add(1);
            Json(alive).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Invariants:
/// 1. It answers for a slot only while its provider serves it, or counts as down after it was taken from it.
#[derive(Debug)]
pub struct Host {
    context: Context,
    provider: Address,
    options: Options,
    census: Census,
    failures: Failures,
    waits: Waits,
    desk: Desk,
    hosting: Option<Arc<Hosting<Context>>>,
    gateways: Gateways,
    rounds: Option<Rounds>,
    jobs: Option<Jobs>,
    /// What deals named when they were opened, which does not change.
    modules: BTreeMap<DealId, Vec<B256>>,
}

impl Host {
    pub async fn open(context: Context, options: Options) -> Result<Self> {
        ensure!(!context.is_planning(), "Serving goes on for days: there is nothing to plan.");
        let (provider, key) = (context.account()?, context.signer()?.clone());
        let call = Staking::mayActCall { account: provider, caller: key.address(), role: SERVE };
        let may_answer = context.view(context.at().staking, call).await?;
        ensure!(may_answer, "{} is no key of {provider} that may serve: its answers would not count.", key.address());
        let domain = domain(&context);
        let desk = Desk { domain, key, servings: Arc::default(), meters: Arc::default() };
        let hosting = options.metering.as_ref().map(|metering| {
            let books = Books::new(metering.state.clone(), vouchers_domain(&context));
            let MeteringOptions { modules, limits, at_once, credit, .. } = metering.clone();
            let hosting = Hosting::new(books, context.clone(), Some(modules), limits, at_once)?;
            anyhow::Ok(Arc::new(hosting.with_credit(credit)))
        });
        let hosting = hosting.transpose()?;
        if let Some(hosting) = &hosting {
            hosting.books().load().await?;
        }
        let (census, failures, waits) = (Census::default(), Failures::default(), Waits::default());
        let (modules, jobs) = (BTreeMap::new(), options.jobs.clone().map(Jobs::new));
        let rounds = options.metering.as_ref().map(|metering| Rounds::new(metering.gateways.clone(), metering.every));
        let rounds = rounds.transpose()?;
        let gateways = Gateways::default();
        Ok(Self { context, provider, options, census, failures, waits, desk, hosting, gateways, rounds, jobs, modules })
    }

    pub fn meters(&self) -> Arc<Meters> {
        Arc::clone(&self.desk.meters)
    }

    /// Answers to challenges, invocations and questions about usage, and metrics.
    pub fn router(&self) -> Router {
        let (meters, hosting) = (self.meters(), self.hosting.clone());
        let render = move || async move {
            meters.render() + &hosting.map(|hosting| hosting.counts.render()).unwrap_or_default()
        };
        let router = Router::new().route("/v1/deals/{deal}/slots/{slot}", get(answer)).with_state(self.desk.clone());
        let router = router.route("/metrics", get(render)).route("/livez", get(|| async { "alive\n" }));
        let router = match &self.hosting {
            Some(hosting) => router.merge(hosting.router()),
            None => router,
        };
        match &self.jobs {
            Some(jobs) => router.merge(jobs.router()),
            None => router,
        }
    }

    /// Serves until `shutdown`.
    pub async fn run(mut self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<Arc<Meters>> {
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        tracing::info!("answers and metrics on http://{}", listener.local_addr()?);
        let server = tokio::spawn(listen::serve(listener, self.router(), stopped));
        tokio::select! {
            () = shutdown => tracing::info!("stopped; its slots are not answered for any more"),
            () = self.follow() => {}
        }
        // Nobody is answered any more but who asked before; what that takes too long is cut, and noted like whatever ran.
        drop(stop);
        server.await.context("serving answers")?;
        if let Some(hosting) = &self.hosting {
            hosting.idle().await;
        }
        Ok(self.meters())
    }

    async fn ready(&mut self, head: Head) {
        let assigned: Vec<(DealId, u8)> = self.places(ASSIGNED).map(|target| (target.deal, target.slot)).collect();
        for (deal, slot) in assigned {
            let name = format!("readying slot {slot} of deal {deal}");
            if !self.waits.may(&name, head.time) {
                continue;
            }
            match provider::ready(&self.context, deal, slot).await {
                Ok(_) => {
                    self.waits.done(&name);
                    self.desk.meters.readied.add(1);
                    tracing::info!("deal {deal}: slot {slot} is ready");
                }
                Err(error) => {
                    self.desk.meters.failures.add(1);
                    self.waits.failed(name, head.time, &error);
                }
            }
        }
    }

    /// Hosts what is served of metered deals.
    async fn host(&mut self, head: Head) -> Result<()> {
        let Some(hosting) = &self.hosting else { return Ok(()) };
        let provider = self.provider;
        let is_ours = |place: &IDeals::Slot| place.provider == provider && place.status == SERVING;
        let metered = || self.census.deals().filter(|seen| seen.deal.paymentMode == METERED);
        let ours = metered().filter(|seen| seen.places.iter().any(|(_, place)| is_ours(place)));
        self.gateways.read(&self.context, head, &ours.map(|seen| seen.deal.customer).collect()).await?;
        let (signing, mut slots) = (self.gateways.signing(), BTreeMap::new());
        for seen in metered() {
            for (slot, place) in seen.places.iter().filter(|(slot, place)| *slot < STANDBY && is_ours(place)) {
                // What begins after the end is not paid, whoever has not yet said that it is over.
                if place.endsAt.to::<u64>() <= head.time {
                    continue;
                }
                let serving = Serving { deal: seen.id.0, slot: *slot, number: place.serving, provider: self.provider };
                let (price, customer) = (place.price, seen.deal.customer);
                let modules = library::named(&self.context, &mut self.modules, seen.id).await?;
                let gateways = signing.get(&customer).cloned().unwrap_or_default();
                slots.insert((seen.id, *slot), Hosted { serving, price, customer, gateways, modules });
            }
        }
        hosting.update(slots, head.time);
        Ok(())
    }

    /// Begins to ask for vouchers over what was used, from time to time; redeeming them belongs to it.
    async fn collect(&mut self, head: Head) {
        if let (Some(hosting), Some(rounds)) = (&self.hosting, &mut self.rounds) {
            rounds.begin(&self.context, hosting, &self.census, head).await;
        }
    }

    fn collected(&mut self, head: Head) {
        let Some((collected, failed)) = self.rounds.as_mut().map(|rounds| rounds.ended(head)) else { return };
        let meters = &self.desk.meters;
        meters.vouchers.add(collected);
        meters.failures.add(failed);
        if collected + failed > 0 {
            meters.pulse.beat();
        }
    }

    /// Places of the provider with this status.
    fn places(&self, status: u8) -> impl Iterator<Item = Target> {
        self.census.deals().flat_map(move |seen| {
            let ours =
                seen.places.iter().filter(move |(_, place)| place.provider == self.provider && place.status == status);
            ours.map(|(slot, place)| Target { deal: seen.id, slot: *slot, serving: place.serving })
        })
    }

    /// What it serves; and what failed while it counts as down, so that probers can see it up again.
    async fn servings(&mut self, head: Head) -> Result<Servings> {
        let mut servings = Servings::new();
        self.failures.read(&self.context, head).await?;
        let failed: Vec<Target> = self.failures.of(self.provider).collect();
        if !failed.is_empty() {
            let call = IFaults::recordOfCall { provider: self.provider };
            let record = self.context.view(self.context.at().faults, call).await?;
            if !record.downSince.is_zero() {
                servings.extend(failed.iter().map(|target| ((target.deal, target.slot), target.serving)));
            }
        }
        servings.extend(self.places(SERVING).map(|target| ((target.deal, target.slot), target.serving)));
        Ok(servings)
    }
}

impl Follow for Host {
    const MEANWHILE: &'static str = "; answering goes on";

    fn poll(&self) -> Duration {
        self.options.poll
    }

    async fn look(&mut self, last: B256) -> Result<B256> {
        let head = self.context.head().await?;
        self.collected(head);
        if head.hash == last {
            return Ok(last);
        }
        self.census.look(&self.context, head).await?;
        if self.options.is_readying {
            self.ready(head).await;
        }
        let servings = self.servings(head).await?;
        let standbys = servings.keys().filter(|(_, slot)| *slot >= STANDBY).count() as u64;
        let meters = &self.desk.meters;
        meters.standbys.set(standbys);
        meters.servings.set(servings.len() as u64 - standbys);
        *self.desk.servings.write().unwrap_or_else(PoisonError::into_inner) = servings;
        self.host(head).await?;
        self.collect(head).await;
        if let Some(jobs) = &mut self.jobs {
            let (taken, failed) = jobs.look(&self.context, head).await;
            self.desk.meters.samples.add(taken);
            self.desk.meters.failures.add(failed);
        }
        let meters = &self.desk.meters;
        meters.head.set(head.number);
        meters.pulse.beat();
        Ok(head.hash)
    }

    fn failed(&self) {
        self.desk.meters.failures.add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Client;

    fn desk(key: &PrivateKeySigner) -> Desk {
        let servings = Servings::from([((DealId(7), 1), 3)]);
        let domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };
        Desk { domain, key: key.clone(), servings: Arc::new(RwLock::new(servings)), meters: Arc::default() }
    }

    #[tokio::test]
    async fn challenges_are_answered_for_served_slots_alone() -> Result<()> {
        let key = PrivateKeySigner::random();
        let desk = desk(&key);
        let (domain, meters) = (desk.domain, Arc::clone(&desk.meters));
        let router = Router::new().route("/v1/deals/{deal}/slots/{slot}", get(answer)).with_state(desk);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let client = Client::new(Duration::from_secs(5))?;
        let (target, challenge) = (Target { deal: DealId(7), slot: 1, serving: 3 }, B256::repeat_byte(9));
        let alive = client.ask(&url, target, challenge).await.expect("it serves this slot");
        assert_eq!(alive.answerer(domain, target, challenge), Some(key.address()));
        let unknown = client.ask(&url, Target { slot: 2, ..target }, challenge).await;
        assert_eq!(unknown, Err("status 404".to_owned()));
        assert_eq!((meters.answers.get(), meters.unknown.get()), (1, 1));
        assert!(meters.render().contains("\nsurety_host_answers_total 1\n"));
        server.abort();
        let gone = client.ask(&url, target, challenge).await;
        assert!(gone.is_err_and(|error| error.starts_with("no answer")), "nobody is there");
        Ok(())
    }
}
