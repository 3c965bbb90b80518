//! Serves HTTP to strangers: so many connections at once, each ended where its caller only pretends to ask or to listen.
//!
//! What is *not* here: routes, and what a request may cost.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, getrlimit};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;
use tower_http::timeout::RequestBodyDeadline;
use tracing::{debug, warn};

/// How long a connection on which nothing is asked stays open. Who asks over one for longer than half of it had better make another.
pub const IDLE: Duration = Duration::from_secs(10);

/// In it the body of a request has to be there, counted from its head's end, also where nobody has begun to read it.
pub const BODY: Duration = Duration::from_secs(20);

/// Most connections of one listener, where files are allowed for so many.
const CONNECTIONS_MAX: u64 = 20_000;
/// Files that are left for everything else.
const FILES_KEPT: u64 = 256;
/// Longest head of a request, and the most that is read of a body before somebody wants it.
const BUFFER_BYTES: usize = 64 << 10;
/// Pause where no connection can be accepted, as when no file is left.
const REFUSED: Duration = Duration::from_millis(50);

/// What a caller may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once. Whoever comes when they are taken waits in the kernel's queue, and is not refused.
    pub connections: usize,
    /// In it something has to be said on a connection. Where fewer than a quarter of the places are free, in the time of a head.
    pub silence: Duration,
    /// In it the head of a request has to be there, counted from its first byte, or from the answer before.
    pub head: Duration,
    /// In it its body has to be there, counted from the head's end.
    pub body: Duration,
    /// For so long a caller may leave an answer unread.
    pub unread: Duration,
    /// What is under way after it, when the server was told to stop, is ended.
    pub drain: Duration,
}

impl Limits {
    /// Of one of so many listeners of a process: together they take no more connections than one alone, and who takes all of one leaves
    /// those of the others.
    pub fn one_of(listeners: usize) -> Self {
        let limits = Self::default();
        Self { connections: limits.connections / listeners.max(1), ..limits }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: most_connections(getrlimit(Resource::Nofile).current),
            silence: Duration::from_secs(60),
            head: IDLE,
            body: BODY,
            unread: Duration::from_secs(30),
            drain: Duration::from_secs(20),
        }
    }
}

/// Each connection is a file: a listener that takes them all keeps the process from its disk and its database.
fn most_connections(files: Option<u64>) -> usize {
    let most = files.map_or(CONNECTIONS_MAX, |files| files.saturating_sub(FILES_KEPT).max(files / 2));
    usize::try_from(most.min(CONNECTIONS_MAX)).unwrap_or(usize::MAX)
}

/// Serves until `shutdown`, then nobody who comes, and ends what is under way, at the latest after the drain of the limits.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    serve_within(listener, router, Limits::default(), shutdown).await;
}

/// As [`serve`], within other limits than the usual ones.
pub async fn serve_within(listener: TcpListener, router: Router, limits: Limits, shutdown: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.connections.max(1)));
    let (close, closing) = watch::channel(false);
    let (mut connections, mut shutdown) = (JoinSet::new(), pin!(shutdown));
    loop {
        tokio::select! {
            (place, stream, peer) = accept(&listener, &places) => {
                let is_free = places.available_permits() >= limits.connections / 4;
                let limits = if is_free { limits } else { Limits { silence: limits.silence.min(limits.head), ..limits } };
                let connection = connection(stream, peer, router.clone(), limits, closing.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Some(_) = connections.join_next() => {}
            () = &mut shutdown => break,
        }
    }
    // Who comes from here on is refused, and knows.
    drop(listener);
    close.send_replace(true);
    let drained = async { while connections.join_next().await.is_some() {} };
    if timeout(limits.drain, drained).await.is_err() {
        warn!(connections = connections.len(), "{} connections are cut: their time is over", connections.len());
        connections.shutdown().await;
    }
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (OwnedSemaphorePermit, TcpStream, SocketAddr) {
    loop {
        let place = Arc::clone(places).acquire_owned().await.expect("nobody closes it");
        match listener.accept().await {
            Ok((stream, peer)) => return (place, stream, peer),
            Err(error) => {
                warn!(%error, "accepting a connection failed: {error}");
                sleep(REFUSED).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
) {
    if let Err(error) = prepare(&stream, limits) {
        debug!(%error, "a connection is gone already: {error}");
        return;
    }
    // hyper would count silence to the head. A stream may be called readable before it is, so that a byte is looked at.
    let mut first = [0];
    tokio::select! {
        said = timeout(limits.silence, stream.peek(&mut first)) => match said {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => return,
        },
        // An error means that nobody is left to close: the server goes with its caller.
        _ = closing.wait_for(|is_closing| *is_closing) => return,
    }
    let service = service_fn(move |request| answer(router.clone(), peer, limits, request));
    // HTTP/1 alone: telling the versions apart reads the first bytes without any limit of time.
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(BUFFER_BYTES);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let early = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = closing.wait_for(|is_closing| *is_closing) => None,
    };
    let ended = match early {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection failed: {error}");
    }
}

fn prepare(stream: &TcpStream, limits: Limits) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    // The kernel knows what the peer has taken; hyper only knows what the kernel took.
    #[cfg(target_os = "linux")]
    SockRef::from(stream).set_tcp_user_timeout(Some(limits.unread))?;
    Ok(())
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    limits: Limits,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    RequestBodyDeadline::new(router, limits.body).oneshot(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_everything_else() {
        assert_eq!([Some(100), Some(1_024), Some(10_500)].map(most_connections), [50, 768, 10_244]);
        assert_eq!([Some(u64::MAX), None].map(most_connections), [20_000; 2]);
        let [one, two] = [1, 2].map(|listeners| Limits::one_of(listeners).connections);
        assert!(one == Limits::default().connections && 2 * two <= one && 3 * two > one);
    }
}
