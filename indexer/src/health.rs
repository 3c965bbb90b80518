//! `/livez`, `/readyz` and `/metrics` of the indexer.

use std::net::SocketAddr;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::info;

use crate::{State, Status};

/// One recorder a process, however many indexers run in it. The first program that installs one wins.
fn metrics_handle() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Where somebody else was first our own numbers are in theirs.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}

/// Serves until the handle is aborted; does nothing without an address.
pub(crate) async fn serve(listen: Option<SocketAddr>, status: watch::Receiver<Status>) -> Result<JoinHandle<()>> {
    let handle = metrics_handle();
    let Some(listen) = listen else { return Ok(tokio::spawn(async {})) };
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    info!(address = %listener.local_addr()?, "health and metrics on {}", listener.local_addr()?);
    let routes = Router::new()
        .route("/livez", get(async || "live\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(move || async { handle.render() }))
        .with_state(status);
    Ok(tokio::spawn(async move {
        // It ends with the process or by its handle, and has nobody to tell of an error but the log.
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!("serving health: {error}");
        }
    }))
}

async fn readyz(Shared(status): Shared<watch::Receiver<Status>>) -> (StatusCode, String) {
    let status = status.borrow().clone();
    let block =
        status.indexed.map_or_else(|| "nothing indexed".to_owned(), |tip| format!("indexed to block {}", tip.number));
    let unready = |why: &str| (StatusCode::SERVICE_UNAVAILABLE, format!("{why}; {block}\n"));
    match status.state {
        State::Following => (StatusCode::OK, format!("ready; {block}\n")),
        State::Starting => unready("starting"),
        State::Standby => unready("standing by: another indexer leads"),
        State::Backfilling => unready("backfilling"),
        State::Lagging => unready("the node is behind"),
        State::Retrying(why) => unready(&format!("trying again: {why}")),
        State::Halted(why) => unready(&format!("halted: {why}")),
        State::Stopped => unready("stopped"),
    }
}
