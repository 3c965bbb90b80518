//! `/`: a page that says where the documentation is.

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use crate::Api;

pub(crate) fn router() -> Router<Api> {
    Router::new().route("/", get(|| async { Html(include_str!("index.html")) }))
}
