//! `/livez`, `/readyz`, `/metrics`, and the check that the tables have the shape that the queries were compiled for.

use anyhow::{Context, Result, ensure};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use sqlx::migrate::Migrator;
use sqlx::{PgPool, query, query_scalar};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::Api;
use crate::replica::Standing;
use crate::snapshot::REPLICA_PATIENCE;

/// Only read for its version: applying it is the indexer's work.
static SCHEMA: Migrator = sqlx::migrate!("../indexer/migrations");

/// What a load balancer and a person at night need to know.
#[derive(Debug, Serialize)]
struct Readiness {
    is_ready: bool,
    /// Why it is not.
    reason: Option<String>,
    block: Option<i64>,
    #[serde(with = "time::serde::rfc3339::option")]
    block_at: Option<OffsetDateTime>,
    /// Blocks that are indexed and may still be reorganised away.
    unfinalized_blocks: Option<i64>,
    seq: Option<i64>,
    schema_version: Option<i64>,
    schema_version_needed: i64,
    /// How the replica stands, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    replica: Option<Replica>,
}

impl Readiness {
    fn unknown() -> Self {
        Self {
            is_ready: false,
            reason: None,
            block: None,
            block_at: None,
            unfinalized_blocks: None,
            seq: None,
            schema_version: None,
            schema_version_needed: schema_needed(),
            replica: None,
        }
    }
}

#[derive(Debug, Serialize)]
struct Replica {
    /// Whether it is read; else the primary is.
    answers: bool,
    /// Whether it can be reached.
    is_there: bool,
    /// Journal entries that the primary has and it has not.
    behind_entries: i64,
    behind_seconds: u64,
}

impl Replica {
    fn of(api: &Api) -> Self {
        let Standing { answers, is_there, since, .. } = *api.standing.borrow();
        let behind_seconds = since.map_or(0, |since| since.elapsed().as_secs());
        Self { answers, is_there, behind_entries: api.behind(), behind_seconds }
    }
}

pub(crate) fn router() -> Router<Api> {
    Router::new().route("/livez", get(live)).route("/readyz", get(ready)).route("/metrics", get(show_metrics))
}

/// Fails with one sentence when the database is not of this program's schema.
pub(crate) async fn check_schema(db: &PgPool) -> Result<()> {
    let needed = schema_needed();
    let version = schema_version(db).await.context("reading the version of the database's schema")?;
    ensure!(version > 0, "the database has no tables of Surety; start surety-indexer on it first");
    ensure!(
        version >= needed,
        "the database has schema {version}, this surety-api needs {needed}; start the surety-indexer of this version"
    );
    ensure!(
        version == needed,
        "the database has schema {version}, this surety-api only knows {needed}; use the surety-api of that version"
    );
    Ok(())
}

async fn live() -> &'static str {
    "ok\n"
}

async fn ready(State(api): State<Api>) -> Response {
    let readiness = Readiness { replica: api.replica.as_ref().map(|_| Replica::of(&api)), ..look(&api).await };
    let status = if readiness.is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn show_metrics(State(api): State<Api>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], api.metrics.render(&api)).into_response()
}

/// Of the server that answers, or of the primary where that is a replica that went away just now.
async fn look(api: &Api) -> Readiness {
    let (side, primary) = (&api.read().side, &api.primary.side);
    if !std::ptr::eq(side, primary)
        && let Ok(Ok(readiness)) = timeout(REPLICA_PATIENCE, readiness(side)).await
    {
        return readiness;
    }
    readiness(primary).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "not ready: {error}");
        Readiness { reason: Some("the database cannot be reached".to_owned()), ..Readiness::unknown() }
    })
}

async fn readiness(db: &PgPool) -> sqlx::Result<Readiness> {
    let mut readiness = Readiness::unknown();
    let needed = readiness.schema_version_needed;
    let version = schema_version(db).await?;
    readiness.schema_version = Some(version);
    if version != needed {
        readiness.reason = Some(format!("the database has schema {version}, this program needs {needed}"));
        return Ok(readiness);
    }
    let cursor = query!("select block, timestamp, finalized, seq, is_derived, halted from cursor");
    readiness.reason = match cursor.fetch_optional(db).await? {
        None => Some("nothing is indexed yet".to_owned()),
        Some(cursor) => {
            readiness.block = Some(cursor.block);
            readiness.block_at = Some(cursor.timestamp);
            readiness.unfinalized_blocks = Some(cursor.block - cursor.finalized);
            readiness.seq = Some(cursor.seq);
            let backfill = || (!cursor.is_derived).then(|| "the first backfill is under way".to_owned());
            cursor.halted.map(|halted| format!("the indexer halted: {halted}")).or_else(backfill)
        }
    };
    readiness.is_ready = readiness.reason.is_none();
    Ok(readiness)
}

fn schema_needed() -> i64 {
    SCHEMA.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The last migration that was applied; zero: none ever was.
async fn schema_version(db: &PgPool) -> Result<i64, sqlx::Error> {
    let is_there = query_scalar!(r#"select to_regclass('_sqlx_migrations') is not null as "is_there!""#);
    if !is_there.fetch_one(db).await? {
        return Ok(0);
    }
    // Not checked at compile time: the table is sqlx's own, and the database that queries are checked against has none.
    query_scalar("select coalesce(max(version), 0) from _sqlx_migrations where success").fetch_one(db).await
}
