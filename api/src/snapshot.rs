//! One request reads one moment: a read-only transaction at the block that its reply names.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use sqlx::postgres::PgConnection;
use sqlx::{PgPool, Postgres, Transaction, query_as};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::Api;
use crate::error::{Error, Result, is_unavailable};
use crate::held::{Moment, Plans};
use crate::page;

/// The block at which a reply was true.
pub(crate) const INDEXED_BLOCK: HeaderName = HeaderName::from_static("x-indexed-block");
/// Who asks for an entry further ahead is told at once that it is not there.
const AHEAD_MAX: i64 = 1_000;
/// How long a request waits for its `min_seq`.
pub(crate) const VISIBLE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it waits for a replica, before it goes to the primary.
const REPLICA_TIMEOUT: Duration = Duration::from_millis(50);
/// How long it waits for a connection to one that answered just now.
pub(crate) const REPLICA_PATIENCE: Duration = Duration::from_secs(1);

/// How far the chain was indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) block: i64,
    /// Time of that block: the only clock here.
    pub(crate) timestamp: OffsetDateTime,
    /// Last journal entry. Rises with every change of the tables, rollbacks included, so it names their state.
    pub(crate) seq: i64,
    /// Whether there is state beside the facts; not during the first backfill.
    pub(crate) is_derived: bool,
    pub(crate) chain_id: i64,
    pub(crate) usd_decimals: i32,
}

impl Head {
    pub(crate) async fn read(db: &mut PgConnection) -> Result<Option<Self>> {
        let head = query_as!(
            Self,
            r#"
            select
                cursor.block,
                cursor.timestamp,
                cursor.seq,
                cursor.is_derived,
                chain.chain_id,
                chain.stablecoin_decimals as usd_decimals
            from cursor, chain
            "#
        )
        .fetch_optional(db)
        .await?;
        Ok(head)
    }

    /// The head, or why nothing can be answered yet.
    pub(crate) async fn read_answerable(db: &mut PgConnection) -> Result<Self> {
        let head = Self::read(db).await?.ok_or(Error::NothingIndexed)?;
        if head.is_derived { Ok(head) } else { Err(Error::Backfilling { block: head.block }) }
    }
}

/// The tables as they are at `head`, for one request at a time.
///
/// Invariants:
/// 1. `db` is a repeatable-read transaction, so that items, totals and `head` agree.
/// 2. `head.seq` is at least the request's `min_seq`.
/// 3. The request's `if-none-match` does not name this state: then there would be nothing to answer.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) db: Reading,
    pub(crate) head: Head,
}

/// The connection of a snapshot. When it is dropped its moment is left for whoever sees how the request ended.
#[derive(Debug)]
pub(crate) struct Reading {
    moment: Option<Moment>,
    slot: Option<Slot>,
}

impl Deref for Reading {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.moment.as_ref().expect("a moment is only taken by `drop`").db
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.moment.as_mut().expect("a moment is only taken by `drop`").db
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let (Some(moment), Some(slot)) = (self.moment.take(), &self.slot) {
            *slot.0.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(moment);
        }
    }
}

impl FromRequestParts<Api> for Snapshot {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self> {
        let source = match page::min_seq_of(&parts.uri)? {
            Some(min_seq) => source(api, min_seq).await?,
            None => &api.read().requests,
        };
        let newest = *api.heads.borrow();
        let plans = parts.extensions.get().copied().unwrap_or_default();
        // What the follower knows of is not what the primary was chosen for.
        let held = if std::ptr::eq(source, &api.read().requests) { api.held.take(newest, plans) } else { None };
        let mut moment = match held {
            Some(moment) => moment,
            None => {
                let begun = Instant::now();
                let (db, head) = open(source, &api.primary.requests).await?;
                Moment { db, head, begun, plans: Plans::default() }
            }
        };
        moment.plan(plans).await?;
        let head = moment.head;
        let slot = parts.extensions.get::<Slot>().cloned();
        if let Some(slot) = &slot {
            // The first snapshot of a request is its only one.
            let _ = slot.0.head.set(head);
        }
        let db = Reading { moment: Some(moment), slot };
        let etag = etag_of(&head);
        if is_held(&parts.headers, &etag) {
            return Err(Error::NotModified { etag, block: head.block });
        }
        Ok(Self { db, head })
    }
}

/// A snapshot for statements that read by key what is asked for without a filter: they are planned once. A filter is a
/// nullable parameter, which only a plan of its own can make use of.
#[derive(Debug)]
pub(crate) struct Direct(pub(crate) Snapshot);

impl FromRequestParts<Api> for Direct {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self> {
        if !page::has_filters(&parts.uri)? {
            parts.extensions.insert(Plans::Once);
        }
        Snapshot::from_request_parts(parts, api).await.map(Self)
    }
}

/// Where journal entry `min_seq` is visible: the replica if it comes to it in a moment, else the primary. Waits until it is.
async fn source(api: &Api, min_seq: i64) -> Result<&PgPool> {
    if api.standing.borrow().answers && is_visible(&api.heads, min_seq, REPLICA_TIMEOUT).await {
        return Ok(&api.read().requests);
    }
    if comes(api, min_seq).await {
        return Ok(&api.primary.requests);
    }
    let seq = api.newest.borrow().map_or(0, |head| head.seq);
    Err(Error::NotVisible { min_seq, seq })
}

/// Whether the primary has journal entry `seq`, or comes to it in the time that we wait.
pub(crate) async fn comes(api: &Api, seq: i64) -> bool {
    let newest = api.newest.borrow().map_or(0, |head| head.seq);
    seq.saturating_sub(newest) <= AHEAD_MAX && is_visible(&api.newest, seq, VISIBLE_TIMEOUT).await
}

/// A transaction and its head, of the primary where the replica that `source` may be went away meanwhile.
pub(crate) async fn open(source: &PgPool, primary: &PgPool) -> Result<(Transaction<'static, Postgres>, Head)> {
    if std::ptr::eq(source, primary) {
        return begin(primary).await;
    }
    match timeout(REPLICA_PATIENCE, begin(source)).await {
        Ok(Err(Error::Database(error))) if is_unavailable(&error) => begin(primary).await,
        Ok(begun) => begun,
        Err(_) => begin(primary).await,
    }
}

async fn begin(pool: &PgPool) -> Result<(Transaction<'static, Postgres>, Head)> {
    let mut db = pool.begin().await?;
    let head = Head::read_answerable(&mut db).await?;
    Ok((db, head))
}

/// False when the time is over, or the follower is: it only ends with the server.
async fn is_visible(heads: &watch::Receiver<Option<Head>>, min_seq: i64, patience: Duration) -> bool {
    let mut heads = heads.clone();
    let waited = timeout(patience, heads.wait_for(|head| head.is_some_and(|head| head.seq >= min_seq))).await;
    matches!(waited, Ok(Ok(_)))
}

/// Where the extractor leaves the head that a reply was made at, and its reading the moment.
#[derive(Clone, Debug, Default)]
struct Slot(Arc<Left>);

#[derive(Debug, Default)]
struct Left {
    head: OnceLock<Head>,
    left: Mutex<Option<Moment>>,
}

/// Puts `x-indexed-block` on every reply, and an `etag` on those that were made from a snapshot.
pub(crate) async fn stamp(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let mut response = next.run(request).await;
    let made_at = slot.0.head.get().copied();
    let is_whole = response.status().is_success() || response.status() == StatusCode::NOT_FOUND;
    let left = slot.0.left.lock().unwrap_or_else(PoisonError::into_inner).take();
    // After any other end a statement may have failed, and the transaction with it.
    if let Some(moment) = left.filter(|_| is_whole) {
        api.held.put(moment);
    }
    let block = made_at.or_else(|| *api.heads.borrow()).map_or(0, |head| head.block);
    let is_ok = response.status().is_success();
    let headers = response.headers_mut();
    headers.entry(INDEXED_BLOCK).or_insert_with(|| block.into());
    if let Some(head) = made_at.filter(|_| is_ok) {
        headers.insert(header::ETAG, etag_of(&head));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    response
}

/// An answer follows from its address, the state of the tables and this program; the address is the cache's key.
fn etag_of(head: &Head) -> HeaderValue {
    let tag = format!(r#"W/"{}-{}""#, env!("CARGO_PKG_VERSION"), head.seq);
    HeaderValue::from_str(&tag).expect("versions and numbers are visible ASCII")
}

fn is_held(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(',')).any(|tag| tag.trim() == "*" || tag.trim().as_bytes() == etag.as_bytes())
}
