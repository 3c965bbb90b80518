//! Hosting: runs the module of a metered deal for its customer's gateways, within limits, and meters it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256, Bytes};
use anyhow::{Context as _, Result, anyhow};
use axum::body;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use metering::{Invocation, Serving};
use runtime::Limits;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::books::{Book, Books};
use super::library::Library;
use crate::ids::DealId;
use crate::meter::{self, Meter};
use crate::prober::statement::Target;
use crate::usage::{
    self, ID_HEADER, INPUT_BYTES, Invoked, MILLICORES, Refused, SIGNATURE_HEADER, mebibytes_up, milliseconds_up,
    target_of,
};

/// Gateways that were looked up are forgotten together: a flood of strangers must not fill the memory.
const GATEWAYS_MAX: usize = 10_000;

/// A slot that is served, of a metered deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosted {
    pub serving: Serving,
    /// Smallest units of the stablecoin per unit-day, royalties included.
    pub price: U96,
    pub customer: Address,
    /// What it may run, by the keccak256 of the module; the first unless the invocation says otherwise.
    pub modules: Vec<B256>,
}

/// Counts since the program was started.
#[derive(Debug, Default)]
pub struct Counts {
    pub invocations: Meter,
    pub trapped: Meter,
    pub refused: Meter,
    pub fuel: Meter,
}

impl Counts {
    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        meter::render(
            "surety_host",
            [
                ("invocations_total", "Invocations that ran", "counter", self.invocations.get()),
                ("trapped_total", "Invocations that trapped", "counter", self.trapped.get()),
                ("refused_total", "Invocations that were not run", "counter", self.refused.get()),
                ("fuel_total", "Fuel of all invocations", "counter", self.fuel.get()),
            ],
        )
    }
}

/// Who signs for whom, as the chain says.
pub trait Registry: Send + Sync {
    /// Whether `gateway` is registered with `customer` and not revoked.
    fn signs(&self, customer: Address, gateway: Address) -> impl Future<Output = Result<bool>> + Send;
}

/// Invariants:
/// 1. Nothing runs but what a gateway of the deal's customer asked for, once for each id.
/// 2. What ran is in the book of its serving before it is answered, also where nobody waits for the answer any more.
#[derive(Debug)]
pub struct Hosting<R> {
    books: Books,
    registry: R,
    library: Arc<Library>,
    slots: RwLock<BTreeMap<(DealId, u8), Hosted>>,
    gateways: RwLock<HashMap<(Address, Address), bool>>,
    /// Time of the head block, in seconds.
    now: AtomicU64,
    at_once: Semaphore,
    pub counts: Counts,
}

impl<R: Registry + 'static> Hosting<R> {
    /// `folder` has modules in their binary form, under any name; `at_once` run side by side.
    pub fn new(books: Books, registry: R, folder: Option<PathBuf>, limits: Limits, at_once: usize) -> Result<Self> {
        Ok(Self {
            books,
            registry,
            library: Library::new(folder, limits)?,
            slots: RwLock::default(),
            gateways: RwLock::default(),
            now: AtomicU64::new(0),
            at_once: Semaphore::new(at_once.max(1)),
            counts: Counts::default(),
        })
    }

    /// What is served from now on, and the time; what was known of gateways is asked again.
    pub fn update(&self, slots: BTreeMap<(DealId, u8), Hosted>, now: u64) {
        *self.slots.write().unwrap_or_else(PoisonError::into_inner) = slots;
        self.gateways.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.now.store(now, Ordering::Relaxed);
    }

    pub fn books(&self) -> &Books {
        &self.books
    }

    fn slot(&self, deal: u64, slot: u8) -> Option<Hosted> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&(DealId(deal), slot)).cloned()
    }

    pub async fn signs(&self, customer: Address, gateway: Address) -> Result<bool> {
        let key = (customer, gateway);
        if let Some(known) = self.gateways.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(*known);
        }
        let signs = self.registry.signs(customer, gateway).await?;
        let mut known = self.gateways.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= GATEWAYS_MAX {
            known.clear();
        }
        known.insert(key, signs);
        Ok(signs)
    }

    pub fn router(self: &Arc<Self>) -> Router {
        let slot = "/v1/deals/{deal}/slots/{slot}";
        Router::new()
            .route(&format!("{slot}/invoke"), post(invoke::<R>))
            .route(&format!("{slot}/usage"), get(entries::<R>))
            .route(&format!("{slot}/usage/{{index}}/proof"), get(proof::<R>))
            .layer(DefaultBodyLimit::max(INPUT_BYTES))
            .with_state(Arc::clone(self))
    }

    /// The book of a serving: the one that is named, or the slot's.
    async fn book(&self, deal: u64, slot: u8, serving: Option<u32>) -> Result<Option<Arc<Book>>> {
        match (serving, self.slot(deal, slot)) {
            (named, Some(hosted)) if named.is_none_or(|serving| serving == hosted.serving.number) => {
                self.books.of(hosted.serving, hosted.price).await.map(Some)
            }
            (Some(serving), _) => self.books.get(Target { deal: DealId(deal), slot, serving }).await,
            (None, _) => Ok(None),
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(Refused { reason: self.1 })).into_response()
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!("an invocation failed: {error:#}");
        Self(StatusCode::INTERNAL_SERVER_ERROR, "the provider failed".to_owned())
    }
}

fn unknown() -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "this slot is not of a metered deal that is served here".to_owned())
}

#[derive(Debug, Deserialize)]
struct Which {
    module: Option<B256>,
}

/// The line to who asked: notes when he hung up.
struct Line(Arc<OnceLock<Instant>>);

impl Drop for Line {
    fn drop(&mut self) {
        // It is dropped once.
        let _ = self.0.set(Instant::now());
    }
}

async fn invoke<R: Registry + 'static>(
    State(hosting): State<Arc<Hosting<R>>>,
    Path((deal, slot)): Path<(u64, u8)>,
    Query(which): Query<Which>,
    headers: HeaderMap,
    input: body::Bytes,
) -> Result<Json<Invoked>, Refusal> {
    let cut = Arc::new(OnceLock::new());
    let line = Line(Arc::clone(&cut));
    // Who hangs up must not have cycles for nothing, nor more of them side by side than there may be.
    let ran = tokio::spawn(async move {
        let invoked = run(&hosting, (deal, slot), which.module, &headers, input, &cut).await;
        if invoked.is_err() {
            hosting.counts.refused.add(1);
        }
        invoked
    });
    let invoked = ran.await.map_err(|error| anyhow!(error))?;
    drop(line);
    invoked.map(Json)
}

/// `cut` is when who asked hung up.
async fn run<R: Registry + 'static>(
    hosting: &Arc<Hosting<R>>,
    (deal, slot): (u64, u8),
    module: Option<B256>,
    headers: &HeaderMap,
    input: body::Bytes,
    cut: &OnceLock<Instant>,
) -> Result<Invoked, Refusal> {
    let hosted = hosting.slot(deal, slot).ok_or_else(unknown)?;
    let id = asked_by_gateway(hosting, &hosted, headers, &input).await?;
    let hash = match module {
        Some(module) => hosted.modules.iter().find(|known| **known == module).copied(),
        None => hosted.modules.first().copied(),
    };
    let hash = hash.ok_or_else(|| Refusal(StatusCode::NOT_FOUND, "the deal names no such module".to_owned()))?;
    let module = hosting.library.module(hash).await.map_err(|error| {
        tracing::error!("deal {deal}: module {hash} cannot be run: {error:#}");
        Refusal(StatusCode::SERVICE_UNAVAILABLE, format!("module {hash} cannot be run here: {error}"))
    })?;
    let book = hosting.books.of(hosted.serving, hosted.price).await?;
    if !book.begin(id) {
        return Err(Refusal(StatusCode::CONFLICT, format!("invocation {id} was taken on before")));
    }
    let _permit = hosting.at_once.acquire().await.context("nobody closes it")?;
    if cut.get().is_some() {
        return Err(Refusal(StatusCode::REQUEST_TIMEOUT, "nobody waits for it any more".to_owned()));
    }
    let (started_at_ms, begin) = (hosting.now.load(Ordering::Relaxed) * 1_000, Instant::now());
    let run = hosting.library.run(module, input).await?;
    // A gateway pays for what it measured, which ends where the line does.
    let duration = cut.get().map_or(run.duration, |cut| run.duration.min(cut.saturating_duration_since(begin)));
    let invocation = Invocation {
        started_at_ms,
        duration_ms: milliseconds_up(duration),
        millicores: MILLICORES,
        memory_mib: mebibytes_up(run.memory_bytes),
        fuel: run.fuel,
    };
    let usage = book.note(id, &invocation).await?;
    hosting.counts.invocations.add(1);
    hosting.counts.fuel.add(run.fuel);
    let (output, trap) = match run.output {
        Ok(output) => (Some(Bytes::from(output)), None),
        Err(trap) => {
            hosting.counts.trapped.add(1);
            (None, Some(trap.to_string()))
        }
    };
    Ok(Invoked { output, trap, usage })
}

/// The id of the invocation, where a gateway of the deal's customer signed it.
async fn asked_by_gateway<R: Registry + 'static>(
    hosting: &Hosting<R>,
    hosted: &Hosted,
    headers: &HeaderMap,
    input: &[u8],
) -> Result<B256, Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let id = header(ID_HEADER).and_then(|text| text.parse::<B256>().ok());
    let signature = header(SIGNATURE_HEADER).and_then(|text| text.parse::<Bytes>().ok());
    let (Some(id), Some(signature)) = (id, signature) else {
        let reason = format!("an invocation needs {ID_HEADER} and {SIGNATURE_HEADER}: send it through a gateway");
        return Err(Refusal(StatusCode::UNAUTHORIZED, reason));
    };
    let domain = hosting.books.domain();
    let Some(gateway) = usage::asker(domain, target_of(hosted.serving), id, input, &signature) else {
        return Err(Refusal(StatusCode::UNAUTHORIZED, "the signature is none".to_owned()));
    };
    if !hosting.signs(hosted.customer, gateway).await? {
        let customer = hosted.customer;
        let reason = format!("{gateway} is no gateway of {customer}, or signed for another serving or input");
        return Err(Refusal(StatusCode::FORBIDDEN, reason));
    }
    Ok(id)
}

#[derive(Debug, Deserialize)]
struct Since {
    serving: Option<u32>,
    #[serde(default)]
    from: u64,
}

async fn entries<R: Registry + 'static>(
    State(hosting): State<Arc<Hosting<R>>>,
    Path((deal, slot)): Path<(u64, u8)>,
    Query(asked): Query<Since>,
) -> Result<Response, Refusal> {
    let book = hosting.book(deal, slot, asked.serving).await?.ok_or_else(unknown)?;
    Ok(Json(book.entries(asked.from)).into_response())
}

#[derive(Debug, Deserialize)]
struct Of {
    serving: Option<u32>,
    size: Option<u64>,
}

async fn proof<R: Registry + 'static>(
    State(hosting): State<Arc<Hosting<R>>>,
    Path((deal, slot, index)): Path<(u64, u8, u64)>,
    Query(asked): Query<Of>,
) -> Result<Response, Refusal> {
    let book = hosting.book(deal, slot, asked.serving).await?.ok_or_else(unknown)?;
    let proof = book.proof(index, asked.size);
    let none = || Refusal(StatusCode::NOT_FOUND, format!("there is no record {index} in a tree of that size"));
    Ok(Json(proof.ok_or_else(none)?).into_response())
}
