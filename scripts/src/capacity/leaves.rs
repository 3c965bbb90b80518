//! Leaves over HTTP: how a prover serves them, and how a watcher fetches them from a stranger.
//!
//! `GET /commitments/{commitment}/windows/{window}` answers a claim as JSON, and `…/leaves` below it all claimed leaves as bytes:
//! for each set bit of the bitmap, in order, the nonce (8 bytes), the length of the solution (2 bytes), the solution; numbers are
//! big endian, an empty leaf has length zero. Paths are not sent: whoever has all leaves computes them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use alloy::primitives::{B256, Bytes};
use anyhow::{Context as _, Result};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::contract::Committed;
use super::puzzle::{Bitmap, Leaf, Leaves, Tree};
use crate::ids::CommitmentId;

/// Longest solution that is read: those of all classes fit, and a flood does not.
pub const SOLUTION_MAX: usize = 128;

const HEAD_BYTES: usize = 10;

/// A committed window as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub commitment: CommitmentId,
    pub window: u32,
    pub seed: B256,
    pub root: B256,
    pub filled: u32,
    pub block: u64,
    pub bitmap: Bitmap,
}

#[derive(Debug)]
struct Published {
    claim: Claim,
    body: Bytes,
}

/// By commitment and window.
type Windows = BTreeMap<(u64, u32), Arc<Published>>;

/// What is served, shared by the server and who fills it.
#[derive(Debug, Clone, Default)]
pub struct Shelf(Arc<RwLock<Windows>>);

impl Shelf {
    /// Shows a window, or replaces what was shown of it.
    pub fn publish(&self, claim: Claim, leaves: &Leaves) {
        let body = encode(&claim.bitmap, leaves);
        let key = (claim.commitment.0, claim.window);
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        shown.insert(key, Arc::new(Published { claim, body }));
    }

    pub fn withdraw(&self, commitment: CommitmentId, window: u32) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&(commitment.0, window));
    }

    fn get(&self, commitment: u64, window: u32) -> Option<Arc<Published>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&(commitment, window)).cloned()
    }

    /// The routes of this shelf.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/commitments/{commitment}/windows/{window}", get(show_claim))
            .route("/commitments/{commitment}/windows/{window}/leaves", get(show_leaves))
            .with_state(self.clone())
    }
}

async fn show_claim(State(shelf): State<Shelf>, Path((commitment, window)): Path<(u64, u32)>) -> Response {
    match shelf.get(commitment, window) {
        Some(published) => Json(published.claim.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn show_leaves(State(shelf): State<Shelf>, Path((commitment, window)): Path<(u64, u32)>) -> Response {
    match shelf.get(commitment, window) {
        Some(published) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], published.body.0.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Positions without a leaf are written as empty.
pub fn encode(bitmap: &Bitmap, leaves: &Leaves) -> Bytes {
    let mut body = Vec::new();
    for position in bitmap.positions() {
        let leaf = leaves.get(&position);
        let (nonce, solution) = leaf.map_or((0, Bytes::new()), |leaf| (leaf.nonce, leaf.solution.clone()));
        let length = u16::try_from(solution.len()).unwrap_or(u16::MAX);
        body.extend_from_slice(&nonce.to_be_bytes());
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(&solution[..usize::from(length)]);
    }
    body.into()
}

/// None: it is not what a bitmap of these claims, to the byte.
pub fn decode(bitmap: &Bitmap, mut body: &[u8]) -> Option<Leaves> {
    let mut leaves = Leaves::new();
    for position in bitmap.positions() {
        let (nonce, rest) = body.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (solution, rest) = rest.split_at_checked(length)?;
        let (nonce, solution) = (u64::from_be_bytes(*nonce), solution.to_vec().into());
        leaves.insert(position, Leaf { position, nonce, solution });
        body = rest;
    }
    body.is_empty().then_some(leaves)
}

/// Why a stranger's leaves could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("no answer: {0}")]
    Silent(String),
    #[error("a wrong answer: {0}")]
    Lying(String),
}

/// Asks strangers: bounded in time and size, following no redirection.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
}

impl Client {
    /// `within` is for the whole of an answer.
    pub fn new(within: Duration) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(within).redirect(reqwest::redirect::Policy::none()).no_proxy();
        Ok(Self { http: http.build().context("making an HTTP client")? })
    }

    /// All claimed leaves of a commit, which make its root.
    pub async fn fetch(&self, endpoint: &str, committed: &Committed) -> Result<Leaves, Fault> {
        let Committed { commitment, window, .. } = committed;
        let base = endpoint.trim_end_matches('/');
        let url = format!("{base}/commitments/{commitment}/windows/{window}/leaves");
        let most = committed.bitmap.filled() as usize * (HEAD_BYTES + SOLUTION_MAX);
        let body = self.bytes(&url, most).await?;
        let leaves = decode(&committed.bitmap, &body)
            .ok_or_else(|| Fault::Lying(format!("{} bytes that are not the claimed leaves", body.len())))?;
        let units = u16::try_from(committed.bitmap.0.len()).unwrap_or(u16::MAX);
        if Tree::new(units, &leaves).root() != committed.root {
            return Err(Fault::Lying("leaves of another root".to_owned()));
        }
        Ok(leaves)
    }

    async fn bytes(&self, url: &str, most: usize) -> Result<Vec<u8>, Fault> {
        let silent = |error: reqwest::Error| Fault::Silent(error.without_url().to_string());
        let mut response = self.http.get(url).send().await.map_err(silent)?;
        if !response.status().is_success() {
            return Err(Fault::Silent(format!("status {}", response.status().as_u16())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(silent)? {
            if body.len() + chunk.len() > most {
                return Err(Fault::Lying(format!("more than {most} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use futures::StreamExt as _;
    use proptest::prelude::*;
    use tokio::net::TcpListener;
    use tokio::sync::oneshot;

    const COMMITMENT: CommitmentId = CommitmentId(7);

    fn leaves() -> Leaves {
        let leaf = |position: u32| Leaf { position, nonce: u64::from(position), solution: vec![3; 16].into() };
        [0, 3, 9].map(|position| (position, leaf(position))).into()
    }

    fn committed(leaves: &Leaves) -> Committed {
        let bitmap = Bitmap::new(2, leaves.keys().copied());
        let root = Tree::new(2, leaves).root();
        Committed { commitment: COMMITMENT, window: 5, root, bitmap, block: 8 }
    }

    fn claim(committed: &Committed) -> Claim {
        let Committed { commitment, window, root, bitmap, block } = committed.clone();
        Claim { commitment, window, seed: B256::ZERO, root, filled: bitmap.filled(), block, bitmap }
    }

    struct Server {
        url: String,
        _stop: oneshot::Sender<()>,
    }

    async fn start(router: Router) -> Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(listen::serve(listener, router, async move {
            let _ = stopped.await;
        }));
        Ok(Server { url, _stop: stop })
    }

    async fn fetch(router: Router) -> Result<Result<Leaves, Fault>> {
        let server = start(router).await?;
        let client = Client::new(Duration::from_millis(300))?;
        Ok(client.fetch(&server.url, &committed(&leaves())).await)
    }

    fn answering(body: Vec<u8>) -> Router {
        Router::new().fallback(get(move || async move { body }))
    }

    #[tokio::test]
    async fn what_is_published_is_fetched() -> Result<()> {
        let (shelf, leaves) = (Shelf::default(), leaves());
        let committed = committed(&leaves);
        shelf.publish(claim(&committed), &leaves);
        let server = start(shelf.router()).await?;
        let client = Client::new(Duration::from_secs(5))?;
        assert_eq!(client.fetch(&format!("{}/", server.url), &committed).await, Ok(leaves));
        let shown = reqwest::get(format!("{}/commitments/7/windows/5", server.url)).await?;
        let shown: serde_json::Value = shown.json().await?;
        assert_eq!((&shown["bitmap"], &shown["filled"]), (&"0x0902".into(), &3.into()));
        shelf.withdraw(COMMITMENT, 5);
        let gone = client.fetch(&server.url, &committed).await;
        assert_eq!(gone, Err(Fault::Silent("status 404".to_owned())));
        Ok(())
    }

    #[tokio::test]
    async fn lies_and_silence_are_told_apart_and_bounded() -> Result<()> {
        let honest = encode(&committed(&leaves()).bitmap, &leaves()).to_vec();
        let other = [&[1][..], &honest[1..]].concat();
        let long = [&honest[..], &[0]].concat();
        for lie in [other, long, honest[1..].to_vec(), Vec::new(), vec![0xff; 100_000], b"<html>".to_vec()] {
            let length = lie.len();
            let fetched = fetch(answering(lie)).await?;
            assert!(matches!(fetched, Err(Fault::Lying(_))), "{length} bytes: {fetched:?}");
        }
        // Neither a stream without an end nor one that never begins holds a watcher up.
        let endless = get(|| async {
            let chunks = futures::stream::repeat(Ok::<_, std::convert::Infallible>(vec![7_u8; 4_096]));
            Body::from_stream(chunks)
        });
        assert!(matches!(fetch(Router::new().fallback(endless)).await?, Err(Fault::Lying(_))));
        let dripping = get(|| async {
            let drops = futures::stream::repeat(()).then(|()| async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok::<_, std::convert::Infallible>(vec![7_u8])
            });
            Body::from_stream(drops)
        });
        assert!(matches!(fetch(Router::new().fallback(dripping)).await?, Err(Fault::Silent(_))));
        let silent = get(|| async { std::future::pending::<()>().await });
        assert!(matches!(fetch(Router::new().fallback(silent)).await?, Err(Fault::Silent(_))));
        let elsewhere = get(|| async { axum::response::Redirect::to("http://127.0.0.1:1/") });
        assert_eq!(fetch(Router::new().fallback(elsewhere)).await?, Err(Fault::Silent("status 303".to_owned())));
        let client = Client::new(Duration::from_millis(300))?;
        for endpoint in ["http://127.0.0.1:1", "ftp://a", "not an address", "file:///etc/passwd", ""] {
            let fetched = client.fetch(endpoint, &committed(&leaves())).await;
            assert!(matches!(fetched, Err(Fault::Silent(_))), "{endpoint}: {fetched:?}");
        }
        Ok(())
    }

    #[test]
    fn an_empty_leaf_and_a_long_one_are_carried() {
        let mut leaves = leaves();
        leaves.insert(3, Leaf { position: 3, nonce: 0, solution: Bytes::new() });
        leaves.insert(9, Leaf { position: 9, nonce: 4, solution: vec![1; 100].into() });
        let bitmap = Bitmap::new(2, leaves.keys().copied());
        assert_eq!(decode(&bitmap, &encode(&bitmap, &leaves)), Some(leaves));
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(body in proptest::collection::vec(any::<u8>(), 0..200), bits in any::<[u8; 2]>()) {
            let bitmap = Bitmap(bits.to_vec().into());
            if let Some(leaves) = decode(&bitmap, &body) {
                prop_assert_eq!(encode(&bitmap, &leaves).to_vec(), body);
            }
        }
    }
}
