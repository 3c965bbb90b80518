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

use crate::Api;

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
    let readiness = readiness(&api.side).await;
    let status = if readiness.is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn show_metrics(State(api): State<Api>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], api.metrics.render(&api)).into_response()
}

async fn readiness(db: &PgPool) -> Readiness {
    let needed = schema_needed();
    let mut readiness = Readiness {
        is_ready: false,
        reason: None,
        block: None,
        block_at: None,
        unfinalized_blocks: None,
        seq: None,
        schema_version: None,
        schema_version_needed: needed,
    };
    let version = match schema_version(db).await {
        Ok(version) => version,
        Err(error) => {
            tracing::warn!(%error, "not ready: {error}");
            readiness.reason = Some("the database cannot be reached".to_owned());
            return readiness;
        }
    };
    readiness.schema_version = Some(version);
    if version != needed {
        readiness.reason = Some(format!("the database has schema {version}, this program needs {needed}"));
        return readiness;
    }
    readiness.reason = match query!("select block, timestamp, finalized, seq, is_derived, halted from cursor")
        .fetch_optional(db)
        .await
    {
        Err(_) => Some("the database cannot be reached".to_owned()),
        Ok(None) => Some("nothing is indexed yet".to_owned()),
        Ok(Some(cursor)) => {
            readiness.block = Some(cursor.block);
            readiness.block_at = Some(cursor.timestamp);
            readiness.unfinalized_blocks = Some(cursor.block - cursor.finalized);
            readiness.seq = Some(cursor.seq);
            let backfill = || (!cursor.is_derived).then(|| "the first backfill is under way".to_owned());
            cursor.halted.map(|halted| format!("the indexer halted: {halted}")).or_else(backfill)
        }
    };
    readiness.is_ready = readiness.reason.is_none();
    readiness
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
