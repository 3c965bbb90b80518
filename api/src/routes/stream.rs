//! `/v1/stream`: the journal as server-sent events. One message per journal entry, named by what happened:
//! `applied` brings the events of its blocks, `rollback` says from which block on everything is forgotten, `derived`
//! that a first backfill has ended.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::Sse;
use axum::response::sse::{self, KeepAlive};
use futures::Stream;
use serde::Serialize;
use sqlx::query_as;
use tokio::sync::watch;
use tracing::warn;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::events::{self, Event, Filters};
use crate::Api;
use crate::error::{Error, Problem, Result};
use crate::page;
use crate::snapshot::Head;

/// A message carries so many events; of longer entries, as in a backfill, the rest is in `/v1/events`.
const EVENTS_MAX: i64 = 200;
/// Pause before the journal is read again after that failed: on a quiet chain nothing else would wake the stream.
const RETRY: Duration = Duration::from_millis(500);
/// Where a browser that connects again says what it has.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Journal entries that are read at a time.
const BATCH: i64 = 16;
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What happened to the tables.
#[derive(Debug, Serialize, ToSchema)]
struct Entry {
    seq: i64,
    /// `applied`, `rollback`, or `derived` at the end of the first backfill.
    kind: String,
    /// The first block that was applied, or forgotten.
    first_block: i64,
    last_block: i64,
    /// Of these blocks, as they are now: blocks that were rolled back since then bring what replaced them.
    events: Vec<Event>,
    /// Whether there are more than these events.
    has_more: bool,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(stream_journal))
}

/// The journal as it is written. A message's id is its `seq`; with it in `Last-Event-ID` the stream goes on after it,
/// without, it begins now. `kind`, `provider`, `account`, `deal` and `lock` choose events, never entries.
#[utoipa::path(
    get, path = "/v1/stream", tag = "events",
    params(Filters, ("Last-Event-ID" = Option<i64>, Header, description = "The last message that the caller has")),
    responses((status = OK, body = Entry, content_type = "text/event-stream"), (status = BAD_REQUEST, body = Problem))
)]
async fn stream_journal(
    State(api): State<Api>,
    headers: HeaderMap,
    page::Asked(filters): page::Asked<Filters>,
) -> Result<Sse<impl Stream<Item = std::result::Result<sse::Event, Infallible>>>> {
    let mut db = api.side.acquire().await?;
    let head = Head::read_answerable(&mut db).await?;
    events::check_kind(events::schema(&api, &mut db).await?, &filters)?;
    drop(db);
    let seq = last_seen(&headers, &head)?.unwrap_or(head.seq);
    let (heads, closing) = (api.heads.clone(), api.closing.clone());
    let follower = Follower { api, filters, seq, heads, closing, ready: Vec::new() };
    let messages = futures::stream::unfold(follower, |mut follower| async move {
        let entry = follower.next().await?;
        let event = sse::Event::default().id(entry.seq.to_string()).event(&entry.kind);
        let event = event.json_data(&entry).expect("an entry has string keys only");
        Some((Ok(event), follower))
    });
    Ok(Sse::new(messages).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn last_seen(headers: &HeaderMap, head: &Head) -> Result<Option<i64>> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let seq = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|seq| (0..=head.seq).contains(seq));
    seq.map(Some).ok_or_else(|| {
        Error::parameter(
            "Last-Event-ID",
            format!("this is not the id of a message so far; the last one is {}", head.seq),
        )
    })
}

/// One caller's place in the journal.
struct Follower {
    api: Api,
    filters: Filters,
    /// The last entry that was read.
    seq: i64,
    heads: watch::Receiver<Option<Head>>,
    closing: watch::Receiver<bool>,
    /// Entries that were read and not sent, the last first.
    ready: Vec<Entry>,
}

impl Follower {
    /// The next entry; none when the server closes. A database that is away is waited for.
    async fn next(&mut self) -> Option<Entry> {
        loop {
            if *self.closing.borrow() {
                return None;
            }
            if let Some(entry) = self.ready.pop() {
                return Some(entry);
            }
            self.heads.borrow_and_update();
            let mut retry = None;
            match self.read().await {
                Ok(()) if !self.ready.is_empty() => continue,
                Ok(()) => {}
                Err(error) => {
                    warn!(%error, "reading the journal for a stream failed, trying again: {error}");
                    retry = Some(RETRY);
                }
            }
            tokio::select! {
                changed = self.heads.changed(), if retry.is_none() => changed.ok()?,
                () = tokio::time::sleep(retry.unwrap_or_default()), if retry.is_some() => {}
                _ = self.closing.changed() => return None,
            }
        }
    }

    /// Fills `ready`, which is empty, or changes nothing.
    async fn read(&mut self) -> Result<()> {
        let mut db = self.api.side.begin().await?;
        let head = Head::read_answerable(&mut db).await?;
        let entries = query_as!(
            Journaled,
            "select seq, kind, first_block, last_block from journal where seq > $1 order by seq limit $2",
            self.seq,
            BATCH,
        );
        let mut ready = Vec::new();
        for entry in entries.fetch_all(&mut *db).await? {
            let mut events = Vec::new();
            if entry.kind == "applied" {
                let (first, last) = (Some(entry.first_block), Some(entry.last_block));
                let filters = Filters { block_min: first, block_max: last, ..self.filters.clone() };
                events = events::span(&self.api, &mut db, &head, &filters, EVENTS_MAX + 1).await?;
            }
            let has_more = events.len() > usize::try_from(EVENTS_MAX).expect("a small constant");
            events.truncate(usize::try_from(EVENTS_MAX).expect("a small constant"));
            let Journaled { seq, kind, first_block, last_block } = entry;
            ready.push(Entry { seq, kind, first_block, last_block, events, has_more });
        }
        self.seq = ready.last().map_or(self.seq, |entry| entry.seq);
        ready.reverse();
        self.ready = ready;
        Ok(())
    }
}

struct Journaled {
    seq: i64,
    kind: String,
    first_block: i64,
    last_block: i64,
}
