//! The node: JSON-RPC over HTTP or a web socket. Every call has a time limit, and no answer can fill the memory.

use std::fmt;
use std::time::Duration;

use alloy::providers::{Provider, ProviderBuilder, RootProvider, WsConnect};
use alloy::pubsub::{ConnectionHandle, PubSubConnect};
use alloy::transports::{TransportError, TransportErrorKind, TransportResult};
use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, anyhow, bail, ensure};
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::BoxStream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tracing::debug;

use crate::wire::{Header, Log, Quantity};

const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that is read. A larger one is an error, and an error makes a range shrink.
const RESPONSE_MAX: usize = 24 * 1024 * 1024;
/// Requests in one batch; nodes commonly allow 100.
pub(crate) const BATCH_MAX: usize = 50;

#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Among the nodes that were named.
    pub(crate) place: usize,
    transport: Transport,
    addresses: [Address; 16],
}

#[derive(Clone, Debug)]
enum Transport {
    Http { client: reqwest::Client, url: String },
    Socket(RootProvider),
}

/// A socket that breaks stays broken, and whoever needs it makes a new one. One that mends itself would keep a subscription
/// that the node refused the second time, and that never tells again.
struct Once(WsConnect);

impl PubSubConnect for Once {
    fn is_local(&self) -> bool {
        self.0.is_local()
    }

    async fn connect(&self) -> TransportResult<ConnectionHandle> {
        self.0.connect().await
    }

    async fn try_reconnect(&self) -> TransportResult<ConnectionHandle> {
        Err(TransportErrorKind::non_retryable_str("the socket is broken"))
    }
}

#[derive(Deserialize)]
struct Reply<T> {
    id: Option<usize>,
    result: Option<T>,
    error: Option<ReplyError>,
}

#[derive(Deserialize)]
struct ReplyError {
    code: i64,
    message: String,
}

/// The node understood the call, and refuses it.
#[derive(Debug)]
struct Refused {
    code: i64,
    message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the node answers: {} ({})", self.message, self.code)
    }
}

impl std::error::Error for Refused {}

/// An answer that is not read.
#[derive(Debug)]
struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the answer is larger than {RESPONSE_MAX} bytes")
    }
}

impl std::error::Error for TooLarge {}

/// Whether the node would rather not answer that, or answers more than is read.
pub(crate) fn is_refused(error: &anyhow::Error) -> bool {
    error.is::<Refused>() || error.is::<TooLarge>()
}

impl<T> Reply<T> {
    /// A `null` result is no error: there is no such block.
    fn into_result(self) -> Result<Option<T>> {
        match self.error {
            Some(ReplyError { code, message }) => Err(Refused { code, message }.into()),
            None => Ok(self.result),
        }
    }
}

impl Node {
    pub(crate) async fn connect(place: usize, url: &str, addresses: [Address; 16]) -> Result<Self> {
        let transport = if url.starts_with("ws") {
            let connect =
                ProviderBuilder::new().disable_recommended_fillers().connect_pubsub_with(Once(WsConnect::new(url)));
            let provider = tokio::time::timeout(CALL_TIMEOUT, connect).await;
            Transport::Socket(provider.context("the node does not answer")?.context("connecting to the node")?)
        } else {
            let client = reqwest::Client::builder().timeout(CALL_TIMEOUT).no_proxy().build()?;
            Transport::Http { client, url: url.to_owned() }
        };
        Ok(Self { place, transport, addresses })
    }

    pub(crate) async fn chain_id(&self) -> Result<u64> {
        let id: Option<Quantity> = self.call("eth_chainId", json!([])).await?;
        Ok(id.context("the node has no chain id")?.0)
    }

    /// The head, the block of a number, and the last final block, in one request, so that one machine answers them. No final
    /// block where the node does not know the word, whether it answers so or refuses the call.
    pub(crate) async fn look(&self, number: u64) -> Result<(Option<Header>, Option<Header>, Option<Header>)> {
        let named = ["latest".to_owned(), format!("{number:#x}"), "finalized".to_owned()];
        let calls = named.into_iter().map(|block| ("eth_getBlockByNumber", json!([block, false])));
        let mut answers = self.calls_each::<Header>(calls.collect()).await?.into_iter();
        let mut next = || answers.next().context("an answer of a batch is missing")?;
        let (head, at_number) = (next()?, next()?);
        let finalized = match next() {
            Err(error) if error.is::<Refused>() => {
                debug!("the node knows no final block: {error:#}");
                None
            }
            answer => answer?,
        };
        Ok((head, at_number, finalized))
    }

    /// Headers by number; `None` where the node has no such block.
    pub(crate) async fn headers(&self, blocks: &[u64]) -> Result<Vec<Option<Header>>> {
        let calls = blocks.iter().map(|number| ("eth_getBlockByNumber", json!([format!("{number:#x}"), false])));
        self.calls(calls.collect()).await
    }

    /// Logs of our contracts in a range of blocks, in the order of the chain.
    pub(crate) async fn logs(&self, from: u64, to: u64) -> Result<Vec<Log>> {
        let filter = json!([{
            "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}"), "address": self.addresses
        }]);
        let logs: Option<Vec<Log>> = self.call("eth_getLogs", filter).await?;
        let logs = logs.context("the node has no logs")?;
        ensure!(
            logs.iter().all(|log| (from..=to).contains(&log.block_number)),
            "the node answers with logs outside of the blocks {from} to {to}"
        );
        Ok(logs)
    }

    /// Logs of our contracts in blocks, which are named by hash so that a reorganisation in between cannot mix two chains.
    pub(crate) async fn logs_of(&self, hashes: &[B256]) -> Result<Vec<Vec<Log>>> {
        let filter = |hash: &B256| json!([{ "blockHash": hash, "address": self.addresses }]);
        let calls = hashes.iter().map(|hash| ("eth_getLogs", filter(hash))).collect();
        let answers: Vec<Option<Vec<Log>>> = self.calls(calls).await?;
        answers.into_iter().map(|logs| logs.context("the node does not have the block any more")).collect()
    }

    /// All logs of a block, whoever's they are.
    pub(crate) async fn all_logs_of(&self, hash: B256) -> Result<Vec<Log>> {
        let logs: Option<Vec<Log>> = self.call("eth_getLogs", json!([{ "blockHash": hash }])).await?;
        logs.context("the node does not have the block any more")
    }

    /// New heads as the node tells of them, until the socket breaks.
    pub(crate) async fn heads(&self) -> Result<BoxStream<'static, Header>> {
        let Transport::Socket(provider) = &self.transport else { bail!("a node is told of no heads over HTTP") };
        let subscribe = async { provider.subscribe::<_, Header>(("newHeads",)).await };
        let subscription = tokio::time::timeout(CALL_TIMEOUT, subscribe).await.context("the node does not answer")?;
        let subscription = subscription.map_err(|error| refusal("eth_subscribe", &error))?;
        Ok(subscription.into_stream().boxed())
    }

    async fn call<T: DeserializeOwned>(&self, method: &'static str, parameters: Value) -> Result<Option<T>> {
        match &self.transport {
            Transport::Http { client, url } => {
                let request = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": parameters });
                let body = post(client, url, &request).await.with_context(|| format!("calling {method}"))?;
                let reply: Reply<T> =
                    serde_json::from_slice(&body).with_context(|| format!("reading the answer to {method}"))?;
                reply.into_result().with_context(|| format!("calling {method}"))
            }
            Transport::Socket(provider) => {
                let call = provider.client().request::<_, Box<RawValue>>(method, parameters);
                let answer = tokio::time::timeout(CALL_TIMEOUT, call).await;
                let answer = answer.with_context(|| format!("{method} takes too long"))?;
                let answer = answer.map_err(|error| refusal(method, &error))?;
                serde_json::from_str(answer.get()).with_context(|| format!("reading the answer to {method}"))
            }
        }
    }

    async fn calls<T: DeserializeOwned>(&self, calls: Vec<(&'static str, Value)>) -> Result<Vec<Option<T>>> {
        self.calls_each(calls).await?.into_iter().collect()
    }

    /// A refused call leaves the others their answers.
    async fn calls_each<T: DeserializeOwned>(
        &self,
        calls: Vec<(&'static str, Value)>,
    ) -> Result<Vec<Result<Option<T>>>> {
        let mut answers = Vec::with_capacity(calls.len());
        match &self.transport {
            Transport::Http { client, url } => {
                for batch in calls.chunks(BATCH_MAX) {
                    answers.extend(post_batch(client, url, batch).await?);
                }
            }
            // A web socket does not wait for one answer before it takes the next request.
            Transport::Socket(_) => {
                let mut calls = calls.into_iter();
                loop {
                    let batch: Vec<_> = calls
                        .by_ref()
                        .take(BATCH_MAX)
                        .map(|(method, parameters)| self.call(method, parameters))
                        .collect();
                    if batch.is_empty() {
                        break;
                    }
                    answers.extend(join_all(batch).await);
                }
            }
        }
        Ok(answers)
    }
}

fn refusal(method: &str, error: &TransportError) -> anyhow::Error {
    match error.as_error_resp() {
        Some(refusal) => anyhow::Error::from(Refused { code: refusal.code, message: refusal.message.to_string() })
            .context(format!("calling {method}")),
        None => anyhow!("calling {method}: {error}"),
    }
}

/// Errors come without the URL, which may carry a key.
async fn post(client: &reqwest::Client, url: &str, request: &impl Serialize) -> Result<Vec<u8>> {
    let mut response = client.post(url).json(request).send().await.map_err(reqwest::Error::without_url)?;
    let status = response.status();
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut body = Vec::with_capacity(expected.min(RESPONSE_MAX));
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > RESPONSE_MAX {
            return Err(TooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    // Some nodes put their JSON error under a status of failure; whatever is no JSON is told by its status.
    ensure!(status.is_success() || body.starts_with(b"{") || body.starts_with(b"["), "the node answers {status}");
    Ok(body)
}

async fn post_batch<T: DeserializeOwned>(
    client: &reqwest::Client,
    url: &str,
    batch: &[(&'static str, Value)],
) -> Result<Vec<Result<Option<T>>>> {
    let requests: Vec<Value> = batch
        .iter()
        .enumerate()
        .map(|(id, (method, parameters))| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters }))
        .collect();
    let body = post(client, url, &requests).await.context("calling in a batch")?;
    if body.starts_with(b"{") {
        let reply: Reply<Value> = serde_json::from_slice(&body).context("reading the answer to a batch")?;
        reply.into_result()?;
        bail!("the node answers a batch with a single answer");
    }
    let replies: Vec<Reply<T>> = serde_json::from_slice(&body).context("reading the answers of a batch")?;
    ensure!(replies.len() == batch.len(), "the node answers {} of {} calls", replies.len(), batch.len());
    let mut answers: Vec<Result<Option<T>>> = batch.iter().map(|_| Ok(None)).collect();
    for reply in replies {
        let id = reply.id.context("an answer of a batch has no id")?;
        let answer = answers.get_mut(id).context("an answer of a batch has the id of no call")?;
        *answer = reply.into_result();
    }
    Ok(answers)
}
