//! What can go wrong, as RFC 9457 problem documents. One enum: each variant knows its status, its code and whether the
//! caller or we are at fault. Sources of our faults are logged here, once, and never returned.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use thiserror::Error;
use tracing::error;
use utoipa::ToSchema;

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Seconds after which a caller may try again what failed for a reason that passes.
const RETRY_SECONDS: u64 = 1;
/// Postgres: a statement ran into its time limit.
const QUERY_CANCELED: &str = "57014";

#[derive(Debug, Error)]
pub(crate) enum Error {
    /// 400: the query string says something that this route does not understand.
    #[error("{detail}")]
    BadParameter { parameter: String, detail: String },
    /// 400: the body is not JSON of the form that this route takes.
    #[error("{0}")]
    BadBody(String),
    /// 400: a field of the body says something that this route does not understand.
    #[error("{detail}")]
    BadField { field: String, detail: String },
    /// 409: each field of the body is right, and together they are not.
    #[error("{detail}")]
    Contradiction { field: &'static str, detail: String },
    /// 413: nothing that this route takes is as long.
    #[error("the body is too long")]
    BodyTooLong,
    /// 400: an address or id in the path has the wrong form.
    #[error("{0}")]
    BadPath(String),
    /// 409: the cursor was not made by this list with this sort and these filters, or on another chain.
    #[error("{0}")]
    BadCursor(&'static str),
    /// 404: the path is right, but there is no such thing.
    #[error("there is no {0} {1}")]
    NotFound(&'static str, String),
    /// 404: no route has this path.
    #[error("nothing lives at {0}; /docs lists the routes")]
    UnknownRoute(String),
    /// 405: everything here is read only.
    #[error("this API is read only: use GET, and POST for /v1/match alone")]
    MethodNotAllowed,
    /// 304: the caller has what we would answer.
    #[error("not modified")]
    NotModified { etag: HeaderValue, block: i64 },
    /// 422: the question is well formed and has no answer.
    #[error("{0}")]
    Unanswerable(String),
    /// 429: more requests than the operator allows one address.
    #[error("too many requests from this address")]
    TooManyRequests { seconds: u64 },
    /// 500: a handler panicked, which is a bug of ours.
    #[error("the server failed to answer")]
    Panicked,
    /// 503: the indexer has not written the first block yet.
    #[error("nothing is indexed yet")]
    NothingIndexed,
    /// 503: there are facts, and no state yet.
    #[error("the first backfill is under way, at block {block}")]
    Backfilling { block: i64 },
    /// 409: `min_seq` did not become visible in the time that we wait.
    #[error("journal entry {min_seq} is not visible yet, the last one is {seq}")]
    NotVisible { min_seq: i64, seq: i64 },
    /// 503: the answer took too long.
    #[error("the answer took longer than the time limit")]
    TimedOut,
    /// 503 or 500, by what Postgres said.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// An error, by RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Names the kind of problem: `urn:surety:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words, the same for each problem of the kind.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What went wrong this time.
    detail: String,
    /// The query parameter, or the field of the body, at fault, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
}

impl Error {
    pub(crate) fn parameter(parameter: &str, detail: impl Into<String>) -> Self {
        Self::BadParameter { parameter: parameter.to_owned(), detail: detail.into() }
    }

    pub(crate) fn field(field: &str, detail: impl Into<String>) -> Self {
        Self::BadField { field: field.to_owned(), detail: detail.into() }
    }

    /// Why a body could not be read.
    pub(crate) fn body(rejection: &JsonRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::BodyTooLong
        } else {
            Self::BadBody(rejection.body_text())
        }
    }

    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadParameter { .. } => (StatusCode::BAD_REQUEST, "bad-parameter", "Bad query parameter"),
            Self::BadBody(_) => (StatusCode::BAD_REQUEST, "bad-body", "Bad body"),
            Self::BadField { .. } => (StatusCode::BAD_REQUEST, "bad-field", "Bad field of the body"),
            Self::Contradiction { .. } => (StatusCode::CONFLICT, "contradiction", "Fields contradict each other"),
            Self::BodyTooLong => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-long", "Body too long"),
            Self::BadPath(_) => (StatusCode::BAD_REQUEST, "bad-path", "Bad path"),
            Self::BadCursor(_) => (StatusCode::CONFLICT, "bad-cursor", "Bad cursor"),
            Self::NotFound(..) => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::UnknownRoute(_) => (StatusCode::NOT_FOUND, "unknown-route", "Unknown route"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed"),
            Self::NotModified { .. } => (StatusCode::NOT_MODIFIED, "not-modified", "Not modified"),
            Self::Unanswerable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unanswerable", "No answer to this question"),
            Self::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
            Self::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
            Self::NothingIndexed => (StatusCode::SERVICE_UNAVAILABLE, "nothing-indexed", "Nothing indexed"),
            Self::Backfilling { .. } => (StatusCode::SERVICE_UNAVAILABLE, "backfilling", "Backfill under way"),
            Self::NotVisible { .. } => (StatusCode::CONFLICT, "not-visible", "Not visible yet"),
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "timed-out", "Timed out"),
            Self::Database(source) if is_time_limit(source) => {
                (StatusCode::SERVICE_UNAVAILABLE, "timed-out", "Timed out")
            }
            Self::Database(source) if is_unavailable(source) => {
                (StatusCode::SERVICE_UNAVAILABLE, "database-unavailable", "Database unavailable")
            }
            Self::Database(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
        }
    }

    /// The query parameter, or field of the body, to look at.
    fn at_fault(&self) -> Option<String> {
        if let Self::BadParameter { parameter, .. } | Self::BadField { field: parameter, .. } = self {
            Some(parameter.clone())
        } else if let Self::Contradiction { field, .. } = self {
            Some((*field).to_owned())
        } else if matches!(self, Self::BadCursor(_)) {
            Some("cursor".to_owned())
        } else if matches!(self, Self::NotVisible { .. }) {
            Some("min_seq".to_owned())
        } else {
            None
        }
    }

    /// What the caller reads: never what Postgres said.
    fn detail(&self) -> String {
        let Self::Database(source) = self else { return self.to_string() };
        if is_time_limit(source) {
            Self::TimedOut.to_string()
        } else if is_unavailable(source) {
            "the database cannot be reached".to_owned()
        } else {
            Self::Panicked.to_string()
        }
    }
}

fn is_time_limit(source: &sqlx::Error) -> bool {
    source.as_database_error().and_then(|error| error.code()).as_deref() == Some(QUERY_CANCELED)
}

pub(crate) fn is_unavailable(source: &sqlx::Error) -> bool {
    let code = source.as_database_error().and_then(|error| error.code());
    // 57P..: the server shuts down or starts; 53..: it has no connection or memory left; 08..: connection lost;
    // 55..: the database accepts nobody at the moment; 40..: what a replica reads was removed by what it replays.
    let is_away = code.is_some_and(|code| ["57P", "53", "08", "55", "40"].iter().any(|class| code.starts_with(class)));
    is_away
        || matches!(
            source,
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed
        )
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code, title) = self.kind();
        if let Self::Database(source) = &self {
            error!(error = %source, "answering {status}: {source}");
        }
        if let Self::NotModified { etag, block } = self {
            return (status, [(header::ETAG, etag), (crate::snapshot::INDEXED_BLOCK, block.into())]).into_response();
        }
        let problem = Problem {
            kind: format!("urn:surety:problem:{code}"),
            title,
            status: status.as_u16(),
            detail: self.detail(),
            parameter: self.at_fault(),
        };
        let is_early = matches!(self, Self::NotVisible { .. });
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Self::TooManyRequests { seconds } = self {
            headers.insert(header::RETRY_AFTER, seconds.into());
        } else if status == StatusCode::SERVICE_UNAVAILABLE || is_early {
            headers.insert(header::RETRY_AFTER, RETRY_SECONDS.into());
        } else if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}
