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
use sqlx::query_as;
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::Api;
use crate::error::{Error, Result};
use crate::held::Moment;
use crate::page;

/// The block at which a reply was true.
pub(crate) const INDEXED_BLOCK: HeaderName = HeaderName::from_static("x-indexed-block");
/// Who asks for an entry further ahead is told at once that it is not there.
const AHEAD_MAX: i64 = 1_000;
/// How long a request waits for its `min_seq`.
pub(crate) const VISIBLE_TIMEOUT: Duration = Duration::from_secs(5);

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
        if let Some(min_seq) = page::min_seq_of(&parts.uri)? {
            wait(api, min_seq).await?;
        }
        let newest = *api.heads.borrow();
        let moment = match api.held.take(newest) {
            Some(moment) => moment,
            None => {
                let begun = Instant::now();
                let mut db = api.db.begin().await?;
                let head = Head::read_answerable(&mut db).await?;
                Moment { db, head, begun }
            }
        };
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

/// Waits until journal entry `min_seq` is visible.
async fn wait(api: &Api, min_seq: i64) -> Result<()> {
    let seq = api.seq();
    if min_seq.saturating_sub(seq) > AHEAD_MAX {
        return Err(Error::NotVisible { min_seq, seq });
    }
    let mut heads = api.heads.clone();
    let is_visible =
        timeout(VISIBLE_TIMEOUT, heads.wait_for(|head| head.is_some_and(|head| head.seq >= min_seq))).await;
    match is_visible {
        Ok(Ok(_)) => Ok(()),
        // The time is over, or the follower is: it only ends with the server.
        Ok(Err(_)) | Err(_) => Err(Error::NotVisible { min_seq, seq: api.seq() }),
    }
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
