//! `/livez`, `/readyz` and `/metrics` of the indexer.

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

use crate::{Config, State, Status};

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
pub(crate) async fn serve(config: &Config, status: watch::Receiver<Status>) -> Result<JoinHandle<()>> {
    // What is counted is counted from the start, also where nobody asks.
    metrics_handle();
    let Some(listen) = config.listen else { return Ok(tokio::spawn(async {})) };
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    info!(address = %listener.local_addr()?, "health and metrics on {}", listener.local_addr()?);
    Ok(answer(listener, status, config.ready_lag))
}

fn answer(listener: TcpListener, status: watch::Receiver<Status>, ready_lag: u64) -> JoinHandle<()> {
    let handle = metrics_handle();
    let routes = Router::new()
        .route("/livez", get(async || "live\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(move || async { handle.render() }))
        .with_state((status, ready_lag));
    tokio::spawn(listen::serve(listener, routes, std::future::pending()))
}

async fn readyz(Shared((status, ready_lag)): Shared<(watch::Receiver<Status>, u64)>) -> (StatusCode, String) {
    let status = status.borrow().clone();
    let block =
        status.indexed.map_or_else(|| "nothing indexed".to_owned(), |tip| format!("indexed to block {}", tip.number));
    let unready = |why: &str| (StatusCode::SERVICE_UNAVAILABLE, format!("{why}; {block}\n"));
    match status.state {
        State::Following if lag(&status) > ready_lag => unready(&format!("{} blocks behind", lag(&status))),
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

/// Blocks that the nodes have and we do not.
fn lag(status: &Status) -> u64 {
    let (head, indexed) = (status.head.unwrap_or(0), status.indexed.map_or(0, |tip| tip.number));
    head.saturating_sub(indexed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::{interval, timeout};

    /// Sends a word and a drip after it twice a second, until the server has had enough; what it said.
    async fn until_closed(stream: &mut TcpStream, words: &str, drip: &str) -> Result<String> {
        stream.write_all(words.as_bytes()).await?;
        let ((mut reader, mut writer), mut answer) = (stream.split(), Vec::new());
        let dripping = async {
            let mut drips = interval(Duration::from_millis(500));
            loop {
                drips.tick().await;
                if writer.write_all(drip.as_bytes()).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            read = reader.read_to_end(&mut answer) => drop(read),
            () = dripping => {}
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    #[tokio::test]
    async fn who_only_drips_is_cut_off_and_the_others_are_served() -> Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (_status, seen) = Status::channel();
        let server = answer(listener, seen, 5);
        let ask = "GET /readyz HTTP/1.1\r\nhost: a\r\n";
        let mut slow = TcpStream::connect(address).await?;
        let dripping = timeout(2 * listen::IDLE, until_closed(&mut slow, ask, "x: y\r\n"));
        let asking = async {
            let mut stream = TcpStream::connect(address).await?;
            until_closed(&mut stream, &format!("{ask}connection: close\r\n\r\n"), "").await
        };
        let (cut, answered) = tokio::join!(dripping, asking);
        assert!(!cut.context("a head may drip for ever")??.contains("200"));
        let answered = answered?;
        assert!(answered.starts_with("HTTP/1.1 503") && answered.contains("starting"), "{answered}");
        server.abort();
        Ok(())
    }
}
