//! `/`: the dashboard, from memory. It is built with this crate and asks nobody but this server.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{Embed, EmbeddedFile};

use crate::Api;
use crate::error::Error;

/// What `build.rs` built.
#[derive(Embed)]
#[folder = "$OUT_DIR/dashboard"]
struct Files;

/// Its own files and nothing else, whatever gets into a page.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Their names change with their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

pub(crate) fn router() -> Router<Api> {
    Router::new()
        .route("/", get(|headers: HeaderMap| async move { answer("index.html", &headers, ASK_AGAIN) }))
        .route("/icon.svg", get(|headers: HeaderMap| async move { answer("icon.svg", &headers, ASK_AGAIN) }))
        .route(
            "/assets/{name}",
            get(|Path(name): Path<String>, headers: HeaderMap| async move {
                answer(&format!("assets/{name}"), &headers, FOR_EVER)
            }),
        )
}

fn answer(path: &str, headers: &HeaderMap, caching: &'static str) -> Response {
    let Some(file) = Files::get(path) else { return Error::UnknownRoute(format!("/{path}")).into_response() };
    let tag = tag(&file);
    let is_known = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let common = [(ETAG, tag), (CACHE_CONTROL, caching.to_owned()), (CONTENT_SECURITY_POLICY, POLICY.to_owned())];
    if is_known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let kind = file.metadata.mimetype().to_owned();
    (common, [(CONTENT_TYPE, kind)], file.data).into_response()
}

/// Sixteen digits of its hash, weak: what is sent may be compressed.
fn tag(file: &EmbeddedFile) -> String {
    let digits: String = file.metadata.sha256_hash()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{digits}\"")
}
