//! What a gateway answers: invocations, by forwarding them, and claims, by signing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use alloy::primitives::{Address, B256, Bytes, keccak256};
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

use super::book::{Book, Served};
use super::check::Checks;
use super::judge::{Bounds, Difference};
use super::run::Options;
use crate::ids::DealId;
use crate::meter::Meter;
use crate::prober::statement::Target;
use crate::usage::clock::Clock;
use crate::usage::ends::{Ends, REDEMPTION};
use crate::usage::{
    self, Claim, Entries, ID_HEADER, INPUT_BYTES, INPUT_HEADER, INVOKED_BYTES, Invoked, Refused, SIGNATURE_HEADER,
    Signed, decimal, target_of,
};
use crate::workload::jobs::ServedModule;
use crate::workload::library;
use crate::workload::{Unanswered, read};

/// Longest page of records that is read.
const ENTRIES_BYTES: usize = 1 << 20;

/// What stands around a module in hexadecimal.
const MODULE_AROUND: usize = 256;

/// Longest claim that is read.
const CLAIM_BYTES: usize = 4_096;

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
/// 2. Nothing is forwarded to a serving whose records differ from what was measured, or that has ended.
#[derive(Debug)]
pub struct Desk<E> {
    domain: Domain,
    key: PrivateKeySigner,
    ends: E,
    folder: PathBuf,
    http: reqwest::Client,
    bounds: Bounds,
    /// None: nothing is run again.
    checks: Option<Checks>,
    seen: RwLock<Seen>,
    books: tokio::sync::Mutex<BTreeMap<Target, Kept>>,
    pub counts: Counts,
}

/// A book that is open.
#[derive(Debug)]
struct Kept {
    book: Arc<Book>,
    /// At which time its serving was first seen to be served no more.
    left: Option<u64>,
}

/// The chain at a head.
#[derive(Debug, Default)]
struct Seen {
    /// Its time, and how old it is.
    clock: Clock,
    slots: BTreeMap<(DealId, u8), Served>,
    /// Of servings of which vouchers were claimed.
    ends: BTreeMap<Target, Option<u64>>,
}

impl<E: Ends + 'static> Desk<E> {
    pub fn new(domain: Domain, key: PrivateKeySigner, ends: E, options: &Options) -> Result<Arc<Self>> {
        let Options { within, limits, modules, one_in, .. } = options.clone();
        let checks = Checks::new(modules, limits, one_in)?;
        let http = reqwest::Client::builder().timeout(within).redirect(reqwest::redirect::Policy::none()).no_proxy();
        // Providers close what is idle: an invocation must not be on its way then.
        let http = http.pool_idle_timeout(listen::IDLE / 2);
        Ok(Arc::new(Self {
            domain,
            key,
            ends,
            folder: options.state.clone(),
            http: http.build().context("making an HTTP client")?,
            bounds: Bounds { within, limits },
            checks,
            seen: RwLock::default(),
            books: tokio::sync::Mutex::default(),
            counts: Counts::default(),
        }))
    }

    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// What is served from now on, and the time; what was known of ends is asked again. Books of servings of which nothing is paid any
    /// more are closed.
    pub fn update(&self, slots: BTreeMap<(DealId, u8), Served>, now: u64) {
        // Where somebody opens one at this moment, the next head will do.
        if let Ok(mut books) = self.books.try_lock() {
            books.retain(|target, kept| {
                let served = slots.get(&(target.deal, target.slot));
                let is_served = served.is_some_and(|served| target_of(served.serving) == *target);
                kept.left = if is_served { None } else { kept.left.or(Some(now)) };
                let is_over = kept.left.is_some_and(|left| now > left + REDEMPTION);
                !is_over || Arc::strong_count(&kept.book) > 1
            });
        }
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) =
            Seen { clock: Clock::at(now), slots, ends: BTreeMap::new() };
    }

    /// Who serves a slot, and when that was seen.
    fn slot(&self, deal: DealId, slot: u8) -> Option<(Served, Clock)> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.slots.get(&(deal, slot)).map(|served| (served.clone(), seen.clock))
    }

    fn now(&self) -> u64 {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clock.time
    }

    /// When a serving ends or ended. Asked for once a head: strangers may claim as often as they like.
    async fn end_of(&self, target: Target) -> Result<Option<u64>> {
        let (known, clock) = {
            let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
            (seen.ends.get(&target).copied(), seen.clock)
        };
        if let Some(end) = known {
            return Ok(end);
        }
        let end = self.ends.end_of(target).await?;
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.clock == clock {
            seen.ends.insert(target, end);
        }
        Ok(end)
    }

    async fn book(&self, served: &Served) -> Result<Arc<Book>> {
        let mut books = self.books.lock().await;
        let target = target_of(served.serving);
        if let Some(kept) = books.get(&target) {
            return Ok(Arc::clone(&kept.book));
        }
        let book = Arc::new(Book::open(&self.folder, self.domain, served, self.bounds).await?);
        books.insert(target, Kept { book: Arc::clone(&book), left: None });
        Ok(book)
    }

    /// The book of a serving of which something may be paid yet, and where its provider is.
    async fn known(&self, target: Target) -> Result<(String, Arc<Book>), Refusal> {
        if let Some((served, _)) = self.slot(target.deal, target.slot)
            && served.serving.number == target.serving
        {
            let book = self.book(&served).await?;
            return Ok((served.endpoint, book));
        }
        // What strangers make up asks no node.
        if !Book::is_kept(&self.folder, target) {
            return Err(unknown());
        }
        let end = self.end_of(target).await?;
        let mut books = self.books.lock().await;
        if end.is_some_and(|end| self.now() > end + REDEMPTION) {
            // Who has it still may use it to the end; the next head closes it then.
            if books.get(&target).is_some_and(|kept| Arc::strong_count(&kept.book) == 1) {
                books.remove(&target);
            }
            return Err(Refusal(StatusCode::CONFLICT, "nothing of this serving is paid any more".to_owned()));
        }
        if let Some(kept) = books.get(&target) {
            return Ok((kept.book.served().endpoint.clone(), Arc::clone(&kept.book)));
        }
        let book = Book::reopen(&self.folder, self.domain, target, self.bounds).await?.ok_or_else(unknown)?;
        let book = Arc::new(book);
        books.insert(target, Kept { book: Arc::clone(&book), left: Some(self.now()) });
        Ok((book.served().endpoint.clone(), book))
    }

    /// For the customer alone: whoever reaches it spends his money.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/v1/deals/{deal}/slots/{slot}/invoke", post(invoke::<E>))
            .route("/v1/deals/{deal}/slots/{slot}", get(show::<E>))
            .layer(DefaultBodyLimit::max(INPUT_BYTES))
            .with_state(Arc::clone(self))
    }

    /// For providers, who are strangers: they may ask for what was measured, and for nothing else.
    pub fn claims(self: &Arc<Self>) -> Router {
        let claims = Router::new().route("/v1/vouchers", post(sign::<E>));
        claims.layer(DefaultBodyLimit::max(CLAIM_BYTES)).with_state(Arc::clone(self))
    }

    /// Forwards an invocation, and checks what the provider says that it used.
    pub async fn invoke(
        self: &Arc<Self>,
        deal: DealId,
        slot: u8,
        module: Option<B256>,
        input: body::Bytes,
    ) -> Result<Invoked, Refusal> {
        let (served, _) = self.slot(deal, slot).ok_or_else(unknown)?;
        let book = self.book(&served).await?;
        self.may_forward(&served, &book)?;
        let check = self.check_of(&served, &book, module).await?;
        // A module takes a while to come.
        let clock = self.may_forward(&served, &book)?;
        let id = B256::from(rand::random::<[u8; 32]>());
        let signature = usage::sign(self.domain, &self.key, target_of(served.serving), id, &input)?;
        book.forward(id, clock, check.is_some()).await?;
        self.counts.forwarded.add(1);
        let started = Instant::now();
        let base = served.endpoint.trim_end_matches('/');
        let query = module.map(|module| format!("?module={module}")).unwrap_or_default();
        let url = format!("{base}/v1/deals/{deal}/slots/{slot}/invoke{query}");
        let request = self.http.post(url).header(ID_HEADER, id.to_string());
        let request = request.header(SIGNATURE_HEADER, signature.to_string());
        let request = request.header(INPUT_HEADER, keccak256(&input).to_string()).body(input.clone());
        let answer = read::<Invoked>(request, INVOKED_BYTES).await;
        let elapsed = started.elapsed();
        // Who answers, even by an error, has ended; where the line broke nothing more is measured.
        match &answer {
            Err(Unanswered::Unreached(_) | Unanswered::Refused { .. }) => book.refused(id),
            Err(Unanswered::Silent(_)) => book.broken(id, elapsed),
            Ok(_) | Err(Unanswered::Other(_)) => book.answered(id, elapsed),
        }
        let has_run = !matches!(&answer, Err(Unanswered::Unreached(_) | Unanswered::Refused { .. }));
        if let Some(module) = check.filter(|_| has_run) {
            let (desk, book) = (Arc::clone(self), Arc::clone(&book));
            let output = answer.as_ref().map(|invoked| invoked.output.clone());
            let output = output.map_err(|error| matches!(error, Unanswered::Silent(_)));
            // Whoever asked does not wait for it, and neither does anybody else's invocation.
            tokio::spawn(async move {
                desk.check(&book, id, module, input, output).await;
            });
        }
        let invoked = answer.map_err(|error| {
            self.counts.unanswered.add(1);
            Refusal(StatusCode::BAD_GATEWAY, format!("the provider: {error}"))
        })?;
        self.note(&book, book.offer(invoked.usage));
        Ok(invoked)
    }

    /// Whether this serving goes on, and nothing is known against its records; and when that was seen.
    fn may_forward(&self, served: &Served, book: &Book) -> Result<Clock, Refusal> {
        if let Some(difference) = book.difference() {
            return Err(Refusal(StatusCode::CONFLICT, format!("the provider is not paid further: {difference}")));
        }
        let Serving { deal, slot, .. } = served.serving;
        let seen = self.slot(DealId(deal), slot).filter(|(seen, _)| seen.serving == served.serving);
        seen.map(|(_, clock)| clock).ok_or_else(unknown)
    }

    /// The module, where the input of an invocation is run again. What could not be is not forwarded either: a provider that keeps a
    /// module to itself would say of it what it likes.
    async fn check_of(&self, served: &Served, book: &Book, module: Option<B256>) -> Result<Option<B256>, Refusal> {
        let Some(checks) = &self.checks else { return Ok(None) };
        let unnamed = |unnamed: library::Unnamed| Refusal(StatusCode::NOT_FOUND, unnamed.to_string());
        let module = library::meant(&served.modules, module).map_err(unnamed)?;
        if !checks.has(module) {
            self.fetch(checks, served, book, module).await.map_err(|error| {
                self.counts.unanswered.add(1);
                let reason = format!("module {module} is not here, so what it uses cannot be checked: {error:#}");
                Refusal(StatusCode::BAD_GATEWAY, reason)
            })?;
        }
        Ok(checks.is_due().then_some(module))
    }

    /// Asks the provider for a module, once for all who need it at this moment.
    async fn fetch(&self, checks: &Checks, served: &Served, book: &Book, module: B256) -> Result<()> {
        let came = Instant::now();
        let mut failed = book.fetching().await;
        ensure!(
            failed.is_none_or(|failed| failed < came),
            "the provider was asked for it just now, and did not serve it"
        );
        let (target, base) = (target_of(served.serving), served.endpoint.trim_end_matches('/'));
        let fetch = async {
            let signature = usage::sign_module(self.domain, &self.key, target, module)?;
            let Target { deal, slot, .. } = target;
            let request = self.http.get(format!("{base}/v1/deals/{deal}/slots/{slot}/modules/{module}"));
            let request = request.header(SIGNATURE_HEADER, signature.to_string());
            let most = 2 * self.bounds.limits.module_bytes + MODULE_AROUND;
            let served = read::<ServedModule>(request, most).await.map_err(|error| anyhow!("the provider: {error}"))?;
            Ok(served.module)
        };
        let had = checks.have(module, fetch).await;
        if had.is_err() {
            *failed = Some(Instant::now());
        }
        had
    }

    /// Runs an input again, and has its record counted or not.
    async fn check(
        &self,
        book: &Book,
        id: B256,
        module: B256,
        input: body::Bytes,
        output: Result<Option<Bytes>, bool>,
    ) {
        let again = match &self.checks {
            Some(checks) => checks.again(module, input, output).await,
            None => None,
        };
        self.counts.checked.add(u64::from(again.is_some()));
        self.note(book, book.checked(id, again));
    }

    fn note(&self, book: &Book, counted: Result<(), Difference>) {
        if let Err(difference) = counted {
            self.counts.differences.add(1);
            let Serving { deal, slot, .. } = book.served().serving;
            tracing::warn!("deal {deal}, slot {slot}: {difference}; nothing more is forwarded");
        }
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
                shown = shown.max(entry.index.saturating_add(1));
            }
            book.until_counted(shown).await;
            ensure!(book.size() > from, "the provider answers other records than it is asked for");
        }
    }

    /// Catches up with what is claimed, unless somebody did who began after this claim came: of a book one does at a time.
    async fn catch_up_to(&self, claim: &Claim, endpoint: &str, book: &Book) {
        let came = Instant::now();
        let mut last = book.catching_up().await;
        if claim.invocations <= book.size() || last.is_some_and(|last| last >= came) {
            return;
        }
        let began = Instant::now();
        if let Err(error) = self.catch_up(endpoint, book).await {
            tracing::warn!("deal {}, slot {}: records are not taken: {error:#}", claim.target.deal, claim.target.slot);
        }
        *last = Some(began);
    }

    /// A voucher for what is claimed, or why not. Who hangs up leaves nothing behind but a voucher that is being signed.
    pub async fn sign(self: &Arc<Self>, claim: Claim) -> Result<Signed, Refusal> {
        let (endpoint, book) = self.known(claim.target).await?;
        if claim.invocations > book.size() {
            self.catch_up_to(&claim, &endpoint, &book).await;
        }
        book.until_counted(claim.invocations).await;
        let end = self.end_of(claim.target).await?;
        let desk = Arc::clone(self);
        // What is on its way to the disk must be known here as well, also where nobody waits for it any more.
        let signed = tokio::spawn(async move { book.sign(desk.domain, &desk.key, &claim, end).await });
        let signed = signed.await.map_err(|error| anyhow!(error))??;
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

async fn invoke<E: Ends + 'static>(
    State(desk): State<Arc<Desk<E>>>,
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

async fn show<E: Ends + 'static>(
    State(desk): State<Arc<Desk<E>>>,
    Path((deal, slot)): Path<(u64, u8)>,
) -> Result<Response, Refusal> {
    let (served, _) = desk.slot(DealId(deal), slot).ok_or_else(unknown)?;
    let book = desk.book(&served).await?;
    let (target, difference) = (target_of(served.serving), book.difference().map(|difference| difference.to_string()));
    let (invocations, amount, signed) = (book.size(), book.amount(), book.signed());
    Ok(Json(Shown { target, invocations, amount, difference, signed }).into_response())
}

async fn sign<E: Ends + 'static>(
    State(desk): State<Arc<Desk<E>>>,
    Json(claim): Json<Claim>,
) -> Result<Json<Signed>, Refusal> {
    desk.sign(claim).await.map(Json)
}
