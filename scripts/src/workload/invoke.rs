//! Hosting: runs the module of a metered deal for its customer's gateways, within limits, and meters it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use anyhow::Result;
use axum::body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use metering::signing::Domain;
use metering::{Invocation, Serving};
use runtime::{Limits, Module};
use serde::Deserialize;

use super::books::{Book, Books};
use super::cores::{Cores, Held, Unroomed};
use super::jobs::answer_module;
use super::library::{self, Library};
use crate::ids::DealId;
use crate::meter::{self, Meter};
use crate::prober::statement::Target;
use crate::usage::clock::Clock;
use crate::usage::{
    self, ID_HEADER, INPUT_BYTES, INPUT_HEADER, Invoked, MILLICORES, Refused, SIGNATURE_HEADER, mebibytes_up,
    milliseconds_most, milliseconds_up, target_of,
};

/// A slot that is served, of a metered deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosted {
    pub serving: Serving,
    /// Smallest units of the stablecoin per unit-day, royalties included.
    pub price: U96,
    pub customer: Address,
    /// Who signs for the customer: keys, as no contract signs an invocation.
    pub gateways: Arc<BTreeSet<Address>>,
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
    /// Whether what `gateway` signs for `customer`, for usage until then, is paid `now`.
    fn signs(
        &self,
        customer: Address,
        gateway: Address,
        until: u64,
        now: u64,
    ) -> impl Future<Output = Result<bool>> + Send;
}

/// Invariants:
/// 1. Nothing runs but what a gateway of the deal's customer asked for, once for each id.
/// 2. What ran is in the book of its serving before it is answered, also where nobody waits for the answer any more.
/// 3. Nothing runs for longer than somebody waits for it.
/// 4. Nothing of an input is read before it is known who asks.
/// 5. Of a serving nothing begins while more than the credit was used and is not redeemed.
#[derive(Debug)]
pub struct Hosting<R> {
    books: Books,
    registry: R,
    library: Arc<Library>,
    slots: RwLock<BTreeMap<(DealId, u8), Hosted>>,
    /// Of the head block.
    clock: RwLock<Clock>,
    cores: Cores,
    /// In smallest units of the stablecoin, for each serving.
    credit: u128,
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
            clock: RwLock::default(),
            cores: Cores::new(at_once),
            credit: u128::MAX,
            counts: Counts::default(),
        })
    }

    /// Runs nothing more of a serving of which so much is not redeemed.
    pub fn with_credit(self, credit: u128) -> Self {
        Self { credit, ..self }
    }

    /// Whether a serving may use more before something is redeemed.
    fn lends(&self, book: &Book) -> Result<(), Refusal> {
        if book.owed() < self.credit {
            return Ok(());
        }
        let reason = "what was used of this serving is not paid: nothing more runs until a voucher is redeemed";
        Err(Refusal(StatusCode::PAYMENT_REQUIRED, reason.to_owned()))
    }

    /// What is served from now on, and the time.
    pub fn update(&self, slots: BTreeMap<(DealId, u8), Hosted>, now: u64) {
        self.cores.share(&slots.values().map(|hosted| hosted.customer).collect());
        *self.slots.write().unwrap_or_else(PoisonError::into_inner) = slots;
        *self.clock.write().unwrap_or_else(PoisonError::into_inner) = Clock::at(now);
    }

    pub fn books(&self) -> &Books {
        &self.books
    }

    fn slot(&self, deal: u64, slot: u8) -> Option<Hosted> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&(DealId(deal), slot)).cloned()
    }

    /// Chain time, which goes on while the node is away: a gateway that sees newer heads compares.
    fn by_now(&self) -> u64 {
        self.clock.read().unwrap_or_else(PoisonError::into_inner).by_now()
    }

    /// Whether this serving takes invocations.
    pub fn serves(&self, target: Target) -> bool {
        self.slot(target.deal.0, target.slot).is_some_and(|hosted| target_of(hosted.serving) == target)
    }

    pub async fn signs(&self, customer: Address, gateway: Address, until: u64, now: u64) -> Result<bool> {
        self.registry.signs(customer, gateway, until, now).await
    }

    /// Waits until nothing runs any more.
    pub async fn idle(&self) {
        self.cores.idle().await;
    }

    pub fn router(self: &Arc<Self>) -> Router {
        let slot = "/v1/deals/{deal}/slots/{slot}";
        Router::new()
            .route(&format!("{slot}/invoke"), post(invoke::<R>))
            .route(&format!("{slot}/modules/{{module}}"), get(module::<R>))
            .route(&format!("{slot}/usage"), get(entries::<R>))
            .route(&format!("{slot}/usage/{{index}}/proof"), get(proof::<R>))
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

/// Why nothing ran: a gateway takes the reason for the host's word that there is no record.
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

fn unrunnable(module: B256, error: &anyhow::Error) -> Refusal {
    tracing::error!("module {module} cannot be run: {error:#}");
    Refusal(StatusCode::SERVICE_UNAVAILABLE, format!("module {module} cannot be run here: {error}"))
}

impl Hosted {
    /// The module of the deal that is meant.
    fn named(&self, module: Option<B256>) -> Result<B256, Refusal> {
        library::meant(&self.modules, module).map_err(|unnamed| Refusal(StatusCode::NOT_FOUND, unnamed.to_string()))
    }

    /// Only who signs for the deal's customer may ask.
    fn admits(&self, gateway: Option<Address>, what: &str) -> Result<(), Refusal> {
        let Some(gateway) = gateway else {
            return Err(Refusal(StatusCode::UNAUTHORIZED, "the signature is none".to_owned()));
        };
        if self.gateways.contains(&gateway) {
            return Ok(());
        }
        let reason = format!("{gateway} is no gateway of {}, or signed for another serving or {what}", self.customer);
        Err(Refusal(StatusCode::FORBIDDEN, reason))
    }
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
    request: Request,
) -> Response {
    let admitted = match admit(&hosting, (deal, slot), which.module, request).await {
        Ok(admitted) => admitted,
        Err(refusal) => {
            hosting.counts.refused.add(1);
            return refusal.into_response();
        }
    };
    match run_for(&hosting, admitted).await {
        Ok(invoked) => Json(invoked).into_response(),
        Err(error) => {
            tracing::error!("an invocation failed: {error:#}");
            // Without a reason: it ran, and who asked must not take it for refused.
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// An invocation that is to run, with what it holds of the host.
struct Admitted {
    id: B256,
    module: Module,
    input: body::Bytes,
    book: Arc<Book>,
    _room: Held,
    _core: Held,
}

/// Whatever is cheap comes first, then who asks, and only then the input: a stranger costs neither memory nor calls of the node. Who hangs
/// up on the way has cost nothing.
async fn admit<R: Registry + 'static>(
    hosting: &Hosting<R>,
    (deal, slot): (u64, u8),
    module: Option<B256>,
    request: Request,
) -> Result<Admitted, Refusal> {
    let hosted = hosting.slot(deal, slot).ok_or_else(unknown)?;
    let hash = hosted.named(module)?;
    let length = length(request.headers())?;
    let (id, said) = asked_by_gateway(hosting.books.domain(), &hosted, request.headers())?;
    let ended = || Refusal(StatusCode::NOT_FOUND, "this slot is not served any more".to_owned());
    let book = hosting.books.of(hosted.serving, hosted.price).await?;
    hosting.lends(&book)?;
    let room = hosting.cores.room(hosted.customer, length).await.map_err(|unroomed| match unroomed {
        Unroomed::Gone => ended(),
        Unroomed::Full => Refusal(StatusCode::SERVICE_UNAVAILABLE, "there is no room for the input now".to_owned()),
    })?;
    let input = body::to_bytes(request.into_body(), length).await.map_err(|error| {
        Refusal(StatusCode::BAD_REQUEST, format!("the input did not come, or not in time: {error}"))
    })?;
    if keccak256(&input) != said {
        return Err(Refusal(StatusCode::FORBIDDEN, format!("this input is not the one that {INPUT_HEADER} says")));
    }
    let module = hosting.library.module(hash).await.map_err(|error| unrunnable(hash, &error))?;
    if !book.begin(id) {
        return Err(Refusal(StatusCode::CONFLICT, format!("invocation {id} was taken on before")));
    }
    let core = hosting.cores.core(hosted.customer).await.ok_or_else(ended)?;
    // Its gateway signs for nothing that begins later.
    if !hosting.serves(target_of(hosted.serving)) {
        return Err(ended());
    }
    // Others ran while it waited.
    hosting.lends(&book)?;
    Ok(Admitted { id, module, input, book, _room: room, _core: core })
}

/// Runs for as long as somebody waits for the answer. What ran until he hung up is charged all the same: he must not have cycles for
/// nothing.
async fn run_for<R: Registry + 'static>(hosting: &Arc<Hosting<R>>, admitted: Admitted) -> Result<Invoked> {
    let cut = Arc::new(OnceLock::new());
    let (_line, hosting) = (Line(Arc::clone(&cut)), Arc::clone(hosting));
    // The line ends with this future, and the run goes on to its record.
    let ran = tokio::spawn(async move { run(&hosting, admitted, cut).await });
    ran.await?
}

/// `cut` is when who asked hung up.
async fn run<R: Registry + 'static>(
    hosting: &Hosting<R>,
    admitted: Admitted,
    cut: Arc<OnceLock<Instant>>,
) -> Result<Invoked> {
    let Admitted { id, module, input, book, .. } = &admitted;
    let (started_at_ms, begin) = (hosting.by_now().saturating_mul(1_000), Instant::now());
    let line = Arc::clone(&cut);
    let run = hosting.library.run_while(module.clone(), input.clone(), move || line.get().is_none()).await?;
    // A gateway pays for what it measured, which ends where the line does.
    let duration = cut.get().map_or(run.duration, |cut| run.duration.min(cut.saturating_duration_since(begin)));
    let invocation = Invocation {
        started_at_ms,
        duration_ms: milliseconds_up(duration).min(milliseconds_most(run.fuel)),
        millicores: MILLICORES,
        memory_mib: mebibytes_up(run.memory_bytes),
        fuel: run.fuel,
    };
    let usage = book.note(*id, &invocation).await?;
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

/// How long the input is, as its sender says before he sends it.
fn length(headers: &HeaderMap) -> Result<usize, Refusal> {
    let length = match headers.get(header::CONTENT_LENGTH) {
        Some(length) => length.to_str().ok().and_then(|length| length.parse().ok()),
        None => (!headers.contains_key(header::TRANSFER_ENCODING)).then_some(0),
    };
    let unsaid = || Refusal(StatusCode::LENGTH_REQUIRED, "an input says how long it is".to_owned());
    let length: usize = length.ok_or_else(unsaid)?;
    if length > INPUT_BYTES {
        let reason = format!("an input has at most {INPUT_BYTES} bytes, and this one has {length}");
        return Err(Refusal(StatusCode::PAYLOAD_TOO_LARGE, reason));
    }
    Ok(length)
}

/// The id of the invocation and its input's hash, where a gateway of the deal's customer signed them.
fn asked_by_gateway(domain: Domain, hosted: &Hosted, headers: &HeaderMap) -> Result<(B256, B256), Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let word = |name: &str| header(name).and_then(|text| text.parse::<B256>().ok());
    let signature = header(SIGNATURE_HEADER).and_then(|text| text.parse::<Bytes>().ok());
    let (Some(id), Some(input), Some(signature)) = (word(ID_HEADER), word(INPUT_HEADER), signature) else {
        let headers = format!("{ID_HEADER}, {INPUT_HEADER} and {SIGNATURE_HEADER}");
        let reason = format!("an invocation needs {headers}: send it through a gateway");
        return Err(Refusal(StatusCode::UNAUTHORIZED, reason));
    };
    hosted.admits(usage::asker(domain, target_of(hosted.serving), id, input, &signature), "input")?;
    Ok((id, input))
}

async fn module<R: Registry + 'static>(
    State(hosting): State<Arc<Hosting<R>>>,
    Path((deal, slot, module)): Path<(u64, u8, B256)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let hosted = hosting.slot(deal, slot).ok_or_else(unknown)?;
    let hash = hosted.named(Some(module))?;
    let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok()?.parse::<Bytes>().ok());
    let unsigned = || Refusal(StatusCode::UNAUTHORIZED, format!("a module is asked for with {SIGNATURE_HEADER}"));
    let (domain, target) = (hosting.books.domain(), target_of(hosted.serving));
    hosted.admits(usage::module_asker(domain, target, hash, &signature.ok_or_else(unsigned)?), "module")?;
    let written = hosting.library.written(hash).await.map_err(|error| unrunnable(hash, &error))?;
    Ok(answer_module(written))
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
