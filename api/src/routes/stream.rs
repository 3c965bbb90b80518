//! `/v1/stream`: the journal as server-sent events. One message per journal entry, named by what happened:
//! `applied` brings the events of its blocks, `rollback` says from which block on everything is forgotten, `derived`
//! that a first backfill has ended.

use std::convert::Infallible;
use std::sync::Arc;
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
use crate::kept::Answer;
use crate::page;
use crate::snapshot::{self, Head};

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
    let (mut db, head) = snapshot::open(&api.read().streams, &api.primary.streams).await?;
    events::check_kind(events::schema(&api, &mut db).await?, &filters)?;
    drop(db);
    let last = last_seen(&headers)?;
    let seq = last.unwrap_or(head.seq);
    // Another server may have told of what is not to be seen here yet, and a browser that is refused never comes back.
    if seq > head.seq && !snapshot::comes(&api, seq).await {
        return Err(not_told(&api));
    }
    let (heads, closing) = (api.heads.clone(), api.closing.clone());
    let follower = Follower { api, filters, seq, heads, closing, ready: Told::default(), sent: 0 };
    let messages = futures::stream::unfold(follower, |mut follower| async move {
        let message = follower.next().await?;
        Some((Ok(message), follower))
    });
    Ok(Sse::new(messages).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn last_seen(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let seq = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|seq: &i64| !seq.is_negative());
    seq.map(Some).ok_or_else(|| Error::parameter("Last-Event-ID", "this is not the id of a message"))
}

fn not_told(api: &Api) -> Error {
    let detail = format!("this is not the id of a message so far; the last one is {}", api.seq());
    Error::parameter("Last-Event-ID", detail)
}

/// One caller's place in the journal.
struct Follower {
    api: Api,
    filters: Filters,
    /// The last entry that was read.
    seq: i64,
    heads: watch::Receiver<Option<Head>>,
    closing: watch::Receiver<bool>,
    /// What was read, and how many messages of it are sent.
    ready: Told,
    sent: usize,
}

/// Messages of some entries. Whoever waits for the same is told the same, so they are made once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The last entry that they tell of; none: there is nothing to tell.
    seq: Option<i64>,
    messages: Arc<Vec<sse::Event>>,
    bytes: usize,
}

impl Answer for Told {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.bytes
    }
}

impl Follower {
    /// The next entry; none when the server closes. A database that is away is waited for.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if *self.closing.borrow() {
                return None;
            }
            if let Some(message) = self.ready.messages.get(self.sent) {
                self.sent += 1;
                return Some(message.clone());
            }
            self.heads.borrow_and_update();
            let mut retry = None;
            match self.read().await {
                Ok(()) if self.sent < self.ready.messages.len() => continue,
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

    /// Fills `ready`, of which all is sent, or changes nothing.
    async fn read(&mut self) -> Result<()> {
        let newest = self.api.seq();
        // Many wait for the next entries; those further back were left by one caller, and are read for it alone.
        let told = if self.seq.saturating_add(BATCH) >= newest {
            let question = page::hash_of(&(self.seq, &self.filters));
            self.api.told.get(newest, question, self.tell()).await?
        } else {
            let _replay = self.api.replays.acquire().await.expect("nobody closes it");
            self.tell().await?
        };
        self.seq = told.seq.unwrap_or(self.seq);
        (self.ready, self.sent) = (told, 0);
        Ok(())
    }

    /// What follows the last entry that was read.
    async fn tell(&self) -> Result<Told> {
        let (mut db, head) = snapshot::open(&self.api.read().streams, &self.api.primary.streams).await?;
        let entries = query_as!(
            Journaled,
            "select seq, kind, first_block, last_block from journal where seq > $1 order by seq limit $2",
            self.seq,
            BATCH,
        );
        let (mut told, mut messages) = (Told::default(), Vec::new());
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
            told.seq = Some(seq);
            let entry = Entry { seq, kind, first_block, last_block, events, has_more };
            let data = serde_json::to_string(&entry).expect("an entry has string keys only");
            told.bytes += size_of::<sse::Event>() + data.len();
            messages.push(sse::Event::default().id(seq.to_string()).event(entry.kind).data(data));
        }
        told.messages = Arc::new(messages);
        Ok(told)
    }
}

struct Journaled {
    seq: i64,
    kind: String,
    first_block: i64,
    last_block: i64,
}
