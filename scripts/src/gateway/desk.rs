//! What a gateway answers: invocations, by forwarding them, and claims, by signing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use alloy::primitives::{Address, B256, Bytes};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result, anyhow, ensure};
use axum::body;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use metering::Serving;
use metering::signing::Domain;
use serde::{Deserialize, Serialize};

use super::book::{Again, Book, Bounds, Difference, Served};
use super::run::Options;
use crate::ids::DealId;
use crate::meter::Meter;
use crate::prober::statement::Target;
use crate::usage::{
    self, Claim, Entries, ID_HEADER, INPUT_BYTES, INVOKED_BYTES, Invoked, Refused, SIGNATURE_HEADER, Signed, decimal,
    mebibytes_up, target_of,
};
use crate::workload::library::Library;
use crate::workload::{NO_ANSWER, read};

/// Longest page of records that is read.
const ENTRIES_BYTES: usize = 1 << 20;

/// Which invocations a gateway runs itself, to compare.
#[derive(Debug)]
struct Checks {
    library: Arc<Library>,
    /// One in so many, by chance: a provider does not know which.
    one_in: u32,
}

/// Counts since the program was started.
#[derive(Debug, Default)]
pub struct Counts {
    pub forwarded: Meter,
    pub unanswered: Meter,
    pub checked: Meter,
    pub differences: Meter,
    pub signed: Meter,
    pub refused: Meter,
}

/// Invariants:
/// 1. What is forwarded is in a book before.
/// 2. Nothing is forwarded to a serving whose records differ from what was measured.
#[derive(Debug)]
pub struct Desk {
    domain: Domain,
    key: PrivateKeySigner,
    folder: PathBuf,
    http: reqwest::Client,
    bounds: Bounds,
    /// None: nothing is run again.
    checks: Option<Checks>,
    slots: RwLock<BTreeMap<(DealId, u8), Served>>,
    /// Of servings that were seen since the start.
    books: tokio::sync::Mutex<BTreeMap<Target, Arc<Book>>>,
    /// Time of the head block, in seconds.
    now: AtomicU64,
    pub counts: Counts,
}

impl Desk {
    pub fn new(domain: Domain, key: PrivateKeySigner, options: &Options) -> Result<Arc<Self>> {
        let Options { within, limits, modules, one_in, .. } = options.clone();
        let library = modules.map(|folder| Library::new(Some(folder), limits)).transpose()?;
        let checks = library.filter(|_| one_in > 0).map(|library| Checks { library, one_in });
        let http = reqwest::Client::builder().timeout(within).redirect(reqwest::redirect::Policy::none()).no_proxy();
        Ok(Arc::new(Self {
            domain,
            key,
            folder: options.state.clone(),
            http: http.build().context("making an HTTP client")?,
            bounds: Bounds { within, limits },
            checks,
            slots: RwLock::default(),
            books: tokio::sync::Mutex::default(),
            now: AtomicU64::new(0),
            counts: Counts::default(),
        }))
    }

    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// What is served from now on, and the time.
    pub fn update(&self, slots: BTreeMap<(DealId, u8), Served>, now: u64) {
        *self.slots.write().unwrap_or_else(PoisonError::into_inner) = slots;
        self.now.store(now, Ordering::Relaxed);
    }

    fn slot(&self, deal: DealId, slot: u8) -> Option<Served> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&(deal, slot)).cloned()
    }

    async fn book(&self, served: &Served) -> Result<Arc<Book>> {
        let mut books = self.books.lock().await;
        let target = target_of(served.serving);
        if let Some(book) = books.get(&target) {
            return Ok(Arc::clone(book));
        }
        let book = Arc::new(Book::open(&self.folder, self.domain, served, self.bounds).await?);
        books.insert(target, Arc::clone(&book));
        Ok(book)
    }

    /// The book of a serving, and where its provider is.
    async fn known(&self, target: Target) -> Result<Option<(String, Arc<Book>)>> {
        if let Some(served) = self.slot(target.deal, target.slot)
            && served.serving.number == target.serving
        {
            let book = self.book(&served).await?;
            return Ok(Some((served.endpoint, book)));
        }
        let mut books = self.books.lock().await;
        let book = match books.get(&target) {
            Some(book) => Some(Arc::clone(book)),
            None => Book::reopen(&self.folder, self.domain, target, self.bounds).await?.map(Arc::new),
        };
        books.extend(book.iter().map(|book| (target, Arc::clone(book))));
        Ok(book.map(|book| (book.served().endpoint.clone(), book)))
    }

    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/v1/deals/{deal}/slots/{slot}/invoke", post(invoke))
            .route("/v1/deals/{deal}/slots/{slot}", get(show))
            .route("/v1/vouchers", post(sign))
            .layer(DefaultBodyLimit::max(INPUT_BYTES))
            .with_state(Arc::clone(self))
    }

    /// Forwards an invocation, and checks what the provider says that it used.
    pub async fn invoke(
        self: &Arc<Self>,
        deal: DealId,
        slot: u8,
        module: Option<B256>,
        input: body::Bytes,
    ) -> Result<Invoked, Refusal> {
        let served = self.slot(deal, slot).ok_or_else(unknown)?;
        let book = self.book(&served).await?;
        if let Some(difference) = book.difference() {
            return Err(Refusal(StatusCode::CONFLICT, format!("the provider is not paid further: {difference}")));
        }
        let id = B256::from(rand::random::<[u8; 32]>());
        let signature = usage::sign(self.domain, &self.key, target_of(served.serving), id, &input)?;
        let which = module.or_else(|| served.modules.first().copied());
        let check =
            which.filter(|_| self.checks.as_ref().is_some_and(|checks| rand::random_range(0..checks.one_in) == 0));
        book.forward(id, self.now.load(Ordering::Relaxed), check.is_some()).await?;
        self.counts.forwarded.add(1);
        let started = Instant::now();
        let base = served.endpoint.trim_end_matches('/');
        let query = module.map(|module| format!("?module={module}")).unwrap_or_default();
        let url = format!("{base}/v1/deals/{deal}/slots/{slot}/invoke{query}");
        let request = self.http.post(url).header(ID_HEADER, id.to_string());
        let request = request.header(SIGNATURE_HEADER, signature.to_string()).body(input.clone());
        let answer = read::<Invoked>(request, INVOKED_BYTES).await;
        let elapsed = started.elapsed();
        // Who answers, even by an error, has ended; where the line broke nothing more is measured.
        match &answer {
            Err(error) if error.starts_with(NO_ANSWER) => book.broken(id, elapsed),
            _ => book.answered(id, elapsed),
        }
        if let Some(module) = check {
            let (desk, book) = (Arc::clone(self), Arc::clone(&book));
            let output = answer.as_ref().ok().and_then(|invoked| invoked.output.clone());
            // Whoever asked does not wait for it, and neither does anybody else's invocation.
            tokio::spawn(async move {
                let again = desk.again(module, input, output).await;
                desk.note(&book, book.checked(id, again));
            });
        }
        let invoked = answer.map_err(|error| {
            self.counts.unanswered.add(1);
            Refusal(StatusCode::BAD_GATEWAY, format!("the provider: {error}"))
        })?;
        self.note(&book, book.offer(invoked.usage));
        Ok(invoked)
    }

    fn note(&self, book: &Book, counted: Result<(), Difference>) {
        if let Err(difference) = counted {
            self.counts.differences.add(1);
            let Serving { deal, slot, .. } = book.served().serving;
            tracing::warn!("deal {deal}, slot {slot}: {difference}; nothing more is forwarded");
        }
    }

    /// Runs an input itself. None: it could not be, or its fuel says nothing about that of another machine.
    async fn again(&self, module: B256, input: body::Bytes, output: Option<Bytes>) -> Option<Again> {
        let library = &self.checks.as_ref()?.library;
        let run = async { library.run(library.module(module).await?, input).await };
        let run = run.await.inspect_err(|error| tracing::warn!("module {module} is not run again: {error:#}")).ok()?;
        if run.output.as_ref().is_err_and(|trap| !trap.is_deterministic()) {
            return None;
        }
        self.counts.checked.add(1);
        // A provider's limits may be lower, so that what ends here trapped there.
        let is_same = output.is_none_or(|theirs| run.output.is_ok_and(|ours| ours[..] == theirs[..]));
        Some(Again { fuel: run.fuel, memory_mib: mebibytes_up(run.memory_bytes), is_same })
    }

    /// Fetches records that were not answered, as those of invocations during which it was killed.
    async fn catch_up(&self, endpoint: &str, book: &Book) -> Result<()> {
        let Serving { deal, slot, number, .. } = book.served().serving;
        let base = endpoint.trim_end_matches('/');
        loop {
            let (from, mut shown) = (book.size(), 0);
            let url = format!("{base}/v1/deals/{deal}/slots/{slot}/usage?serving={number}&from={from}");
            let page: Entries = read(self.http.get(url), ENTRIES_BYTES).await.map_err(|error| anyhow!(error))?;
            if page.entries.is_empty() {
                return Ok(());
            }
            for entry in page.entries {
                book.offer(entry)?;
                shown = shown.max(entry.index + 1);
            }
            book.until_counted(shown).await;
            ensure!(book.size() > from, "the provider answers other records than it is asked for");
        }
    }

    /// A voucher for what is claimed, or why not.
    pub async fn sign(&self, claim: &Claim) -> Result<Signed, Refusal> {
        let (endpoint, book) = self.known(claim.target).await?.ok_or_else(unknown)?;
        if claim.invocations > book.size()
            && let Err(error) = self.catch_up(&endpoint, &book).await
        {
            tracing::warn!("deal {}, slot {}: records are not taken: {error:#}", claim.target.deal, claim.target.slot);
        }
        book.until_counted(claim.invocations).await;
        let signed = book.sign(self.domain, &self.key, claim).await?;
        match &signed {
            Ok(_) => self.counts.signed.add(1),
            Err(_) => self.counts.refused.add(1),
        }
        signed.map_err(|unsigned| Refusal(StatusCode::CONFLICT, unsigned.to_string()))
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub struct Refusal(pub StatusCode, pub String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(Refused { reason: self.1 })).into_response()
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!("the gateway failed: {error:#}");
        Self(StatusCode::INTERNAL_SERVER_ERROR, "the gateway failed".to_owned())
    }
}

fn unknown() -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "this is no served slot of a metered deal of this gateway's customer".to_owned())
}

#[derive(Debug, Deserialize)]
struct Which {
    module: Option<B256>,
}

async fn invoke(
    State(desk): State<Arc<Desk>>,
    Path((deal, slot)): Path<(u64, u8)>,
    Query(which): Query<Which>,
    input: body::Bytes,
) -> Result<Json<Invoked>, Refusal> {
    // A client that hangs up must not keep the end of its invocation from being noted.
    let forwarded = tokio::spawn(async move { desk.invoke(DealId(deal), slot, which.module, input).await });
    forwarded.await.map_err(|error| anyhow!(error))?.map(Json)
}

/// What was measured of the serving that runs.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    target: Target,
    invocations: u64,
    #[serde(with = "decimal")]
    amount: u128,
    difference: Option<String>,
    signed: Option<Signed>,
}

async fn show(State(desk): State<Arc<Desk>>, Path((deal, slot)): Path<(u64, u8)>) -> Result<Response, Refusal> {
    let served = desk.slot(DealId(deal), slot).ok_or_else(unknown)?;
    let book = desk.book(&served).await?;
    let (target, difference) = (target_of(served.serving), book.difference().map(|difference| difference.to_string()));
    let (invocations, amount, signed) = (book.size(), book.amount(), book.signed());
    Ok(Json(Shown { target, invocations, amount, difference, signed }).into_response())
}

async fn sign(State(desk): State<Arc<Desk>>, Json(claim): Json<Claim>) -> Result<Json<Signed>, Refusal> {
    desk.sign(&claim).await.map(Json)
}
