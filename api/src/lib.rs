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
mod listen;
mod observe;
mod page;
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
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, watch};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{Any, CorsLayer};
use tracing::info;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

pub use crate::config::Config;
use crate::error::Error;
use crate::fact::Schema;
use crate::held::Held;
use crate::kept::Kept;
use crate::observe::Metrics;
use crate::page::Origin;
use crate::routes::{History, stream};
use crate::snapshot::Head;

/// How long a browser may remember that it may ask.
const PREFLIGHT_AGE: Duration = Duration::from_secs(86_400);

/// Connections beside those for requests.
const SIDE_CONNECTIONS: u32 = 4;
/// How often transactions are ended that nobody asked for in time.
const SWEEP: Duration = Duration::from_millis(200);

/// What every handler can reach.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    /// For requests: `held` has what of it is open between them.
    db: PgPool,
    held: Arc<Held>,
    /// For streams, the journal's follower and health, which must not wait for requests.
    side: PgPool,
    heads: watch::Receiver<Option<Head>>,
    /// Turns true when the server stops, for streams that would never end.
    closing: watch::Receiver<bool>,
    totals: Arc<Kept<i64>>,
    histories: Arc<Kept<History>>,
    schema: Arc<OnceCell<Schema>>,
    metrics: Arc<Metrics>,
}

impl Api {
    /// The last journal entry that is known of.
    pub(crate) fn seq(&self) -> i64 {
        self.heads.borrow().map_or(0, |head| head.seq)
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
    let (db, side) = (config.connect(config.connections).await?, config.connect(SIDE_CONNECTIONS).await?);
    health::check_schema(&db).await?;
    let address = listener.local_addr().context("reading the address that is listened on")?;
    info!(url = %format!("http://{address}"), "serving http://{address}");
    let (close, closing) = watch::channel(false);
    let held = Arc::new(Held::new(config.hold));
    let sweeper = tokio::spawn(sweep(held.clone()));
    let (heads, follower) = follow::start(side.clone()).await.context("reading how far the chain was indexed")?;
    let api = Api {
        heads,
        db: db.clone(),
        held: held.clone(),
        side: side.clone(),
        closing,
        totals: Arc::default(),
        histories: Arc::default(),
        schema: Arc::default(),
        metrics: Arc::new(Metrics::new()),
    };
    let serving = listen::serve(listener, router(api, &config), close.subscribe());
    let stopping = async {
        shutdown.await;
        close.send_replace(true);
    };
    tokio::join!(serving, stopping);
    // A follower of a closed database would complain, and try again.
    follower.abort();
    // It was told to end: how it did is no news.
    let _ = follower.await;
    sweeper.abort();
    let _ = sweeper.await;
    held.end();
    db.close().await;
    side.close().await;
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
