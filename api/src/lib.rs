//! Answers questions about the network over HTTP, from Postgres alone: it never writes and has no RPC.
//!
//! Read `routes` first: a route is a query and a shape. `page` and `snapshot` are what all routes share.

mod address;
mod amount;
#[doc(hidden)]
pub mod bare;
mod config;
mod dashboard;
mod description;
mod error;
mod fact;
mod follow;
mod hash;
mod health;
mod held;
mod kept;
mod observe;
mod page;
mod replica;
#[expect(unused_qualifications, reason = "utoipa writes out the paths of parameters under our spans")]
mod routes;
mod snapshot;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::OriginalUri;
use axum::http::{Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{Any, CorsLayer};
use tracing::info;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

pub use crate::config::Config;
use crate::config::Pools;
use crate::error::Error;
use crate::fact::Schema;
use crate::held::Held;
use crate::kept::Kept;
use crate::observe::Metrics;
use crate::page::Origin;
use crate::replica::{Standing, Watched};
use crate::routes::Sums;
use crate::routes::stream::{self, Told};
use crate::snapshot::Head;

/// How long a browser may remember that it may ask.
const PREFLIGHT_AGE: Duration = Duration::from_secs(86_400);

/// How often transactions are ended that nobody asked for in time.
const SWEEP: Duration = Duration::from_millis(200);

/// Streams that catch up at a time, of three connections for streams.
const REPLAYS: usize = 2;

/// What every handler can reach.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    /// What the indexer writes to; for what the replica does not have, if there is one.
    primary: Pools,
    replica: Option<Pools>,
    /// Open between requests, of the server that answers.
    held: Arc<Held>,
    /// How far the server is that answers.
    heads: watch::Receiver<Option<Head>>,
    /// How far the primary is.
    newest: watch::Receiver<Option<Head>>,
    standing: watch::Receiver<Standing>,
    /// Turns true when the server stops, for streams that would never end.
    closing: watch::Receiver<bool>,
    totals: Arc<Kept<i64>>,
    earned: Arc<Kept<Arc<Sums>>>,
    told: Arc<Kept<Told>>,
    /// Of streams that are read for one caller alone: fewer than connections, so that the others go on.
    replays: Arc<Semaphore>,
    schema: Arc<OnceCell<Schema>>,
    metrics: Arc<Metrics>,
}

impl Api {
    /// The last journal entry that is known of.
    pub(crate) fn seq(&self) -> i64 {
        self.heads.borrow().map_or(0, |head| head.seq)
    }

    /// Journal entries that the primary has and the replica has not.
    pub(crate) fn behind(&self) -> i64 {
        let newest = self.newest.borrow().map_or(0, |head| head.seq);
        newest.saturating_sub(self.standing.borrow().seq).max(0)
    }

    /// The server that answers now.
    pub(crate) fn read(&self) -> &Pools {
        self.replica.as_ref().filter(|_| self.standing.borrow().answers).unwrap_or(&self.primary)
    }
}

impl Origin for Api {
    fn chain(&self) -> i64 {
        self.heads.borrow().map_or(0, |head| head.chain_id)
    }
}

/// Serves until `shutdown` resolves, then finishes the requests that are under way.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let (primary, replica) = config.connect().await?;
    health::check_schema(&primary.side).await?;
    let address = listener.local_addr().context("reading the address that is listened on")?;
    info!(url = %format!("http://{address}"), "serving http://{address}");
    let (close, closing) = watch::channel(false);
    let held = Arc::new(Held::new(config.hold));
    let sweeper = tokio::spawn(sweep(held.clone()));
    let (newest, follower) =
        follow::start(primary.side.clone()).await.context("reading how far the chain was indexed")?;
    let watched = match &replica {
        Some(replica) => Some(replica::start(replica.side.clone(), newest.clone(), config.replica_lag_max).await),
        None => None,
    };
    let (heads, standing, watcher) = match watched {
        Some(Watched { heads, standing, task }) => (heads, standing, Some(task)),
        None => (newest.heads.clone(), watch::channel(Standing::default()).1, None),
    };
    let limit = || replica.is_some().then(|| heads.clone());
    let api = Api {
        totals: Arc::new(Kept::new(limit())),
        earned: Arc::new(Kept::new(limit())),
        heads,
        newest: newest.heads,
        standing,
        held: held.clone(),
        primary: primary.clone(),
        replica: replica.clone(),
        closing,
        told: Arc::default(),
        replays: Arc::new(Semaphore::new(REPLAYS)),
        schema: Arc::default(),
        metrics: Arc::new(Metrics::new()),
    };
    let stopping = async {
        shutdown.await;
        close.send_replace(true);
    };
    listen::serve(listener, router(api, &config), stopping).await;
    // A follower of a closed database would complain, and try again.
    for task in [Some(follower), watcher, Some(sweeper)].into_iter().flatten() {
        task.abort();
        // It was told to end: how it did is no news.
        let _ = task.await;
    }
    held.end();
    for pools in [Some(primary), replica].into_iter().flatten() {
        pools.close().await;
    }
    Ok(())
}

async fn sweep(held: Arc<Held>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        held.sweep();
    }
}

/// The description of all routes, as committed in `api/openapi.json`.
pub fn openapi() -> OpenApi {
    routes::router().into_openapi()
}

fn router(api: Api, config: &Config) -> Router {
    let (routes, openapi) = routes::router().split_for_parts();
    observe::limit_rate(routes, config.rate_per_second)
        .merge(SwaggerUi::new("/docs").url("/openapi.json", openapi))
        .merge(health::router())
        .merge(dashboard::router())
        .fallback(|OriginalUri(uri): OriginalUri| async move { Error::UnknownRoute(uri.path().to_owned()) })
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed })
        .layer(from_fn(observe::limit_time))
        .layer(CatchPanicLayer::custom(observe::answer_panic))
        .layer(from_fn_with_state(api.clone(), snapshot::stamp))
        .layer(from_fn_with_state(api.clone(), observe::count))
        .layer(CompressionLayer::new())
        // Everything here is public and read only, so any page may ask.
        .layer(
            CorsLayer::new()
                .allow_origin(Any)
                .allow_methods([Method::GET, Method::HEAD, Method::POST])
                .allow_headers([header::CONTENT_TYPE, header::IF_NONE_MATCH, stream::LAST_EVENT_ID])
                .expose_headers([snapshot::INDEXED_BLOCK, header::ETAG, header::RETRY_AFTER])
                .max_age(PREFLIGHT_AGE),
        )
        .with_state(api)
}
