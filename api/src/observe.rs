//! What surrounds every request: its count and duration, its time limit, its rate limit, and what is left of a panic.

use std::any::Any;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio::time::timeout;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::{GovernorError, GovernorLayer};
use tracing::error;

use crate::Api;
use crate::error::Error;

/// Longer than a statement's limit and the wait for `min_seq` together.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
const BURST_SECONDS: u32 = 10;
const DURATION_BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Metrics of one server: its own recorder, because tests run several servers in one process.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let builder = PrometheusBuilder::new();
        let recorder =
            builder.set_buckets(&DURATION_BUCKETS).expect("the list of buckets is not empty").build_recorder();
        let handle = recorder.handle();
        Self { recorder, handle }
    }

    /// Prometheus' text, with gauges of this moment.
    pub(crate) fn render(&self, api: &Api) -> String {
        let head = *api.heads.borrow();
        metrics::with_local_recorder(&self.recorder, || {
            gauge!("surety_api_connections").set(f64::from(api.read().requests.size()));
            if api.replica.is_some() {
                let standing = *api.standing.borrow();
                gauge!("surety_api_replica_answers").set(u32::from(standing.answers));
                gauge!("surety_api_replica_behind_entries").set(float(api.behind().unsigned_abs()));
                gauge!("surety_api_replica_behind_seconds")
                    .set(standing.since.map_or(Duration::ZERO, |since| since.elapsed()));
            }
            let kept = [("totals", api.totals.size()), ("earned", api.earned.size()), ("stream", api.told.size())];
            for (what, (answers, bytes)) in kept {
                gauge!("surety_api_kept_answers", "of" => what).set(float(answers));
                gauge!("surety_api_kept_bytes", "of" => what).set(float(bytes));
            }
            if let Some(head) = head {
                counter!("surety_api_indexed_block").absolute(head.block.unsigned_abs());
                counter!("surety_api_indexed_timestamp_seconds")
                    .absolute(head.timestamp.unix_timestamp().unsigned_abs());
                counter!("surety_api_journal_seq").absolute(head.seq.unsigned_abs());
            }
        });
        self.handle.run_upkeep();
        self.handle.render()
    }
}

/// As a gauge has it.
fn float(number: impl TryInto<u32>) -> f64 {
    f64::from(number.try_into().unwrap_or(u32::MAX))
}

/// Counts a request and its duration under its route, not its path: paths are without bound.
pub(crate) async fn count(State(api): State<Api>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::with_local_recorder(&api.metrics.recorder, || {
        histogram!("surety_api_request_duration_seconds", "route" => route.clone()).record(started.elapsed());
        counter!("surety_api_requests_total", "route" => route, "status" => status).increment(1);
    });
    response
}

pub(crate) async fn limit_time(request: Request, next: Next) -> Response {
    timeout(REQUEST_TIMEOUT, next.run(request)).await.unwrap_or_else(|_| Error::TimedOut.into_response())
}

pub(crate) fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let reason = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    error!(reason, "a handler panicked: {}", reason.unwrap_or("no reason given"));
    Error::Panicked.into_response()
}

/// Limits requests by the peer's address.
pub(crate) fn limit_rate(routes: Router<Api>, per_second: Option<NonZeroU32>) -> Router<Api> {
    let Some(per_second) = per_second else { return routes };
    let config = GovernorConfigBuilder::default()
        .period(Duration::from_secs(1) / per_second.get())
        .burst_size(per_second.get().saturating_mul(BURST_SECONDS))
        .finish()
        .expect("period and burst are not zero");
    routes.layer(GovernorLayer::new(config).error_handler(|error| match error {
        GovernorError::TooManyRequests { wait_time, .. } => {
            Error::TooManyRequests { seconds: wait_time.max(1) }.into_response()
        }
        GovernorError::UnableToExtractKey | GovernorError::Other { .. } => Error::Panicked.into_response(),
    }))
}
