//! A node's place among others: connected when it is needed, and left alone for a while where it was away.

use std::time::{Duration, Instant};

use alloy_primitives::Address;
use anyhow::{Context, Result, ensure};
use futures::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::fatal;
use crate::node::Node;
use crate::plan::{Tip, View};

/// A node that was away is left alone for so long, in first pauses, twice as long each time, and at most so many times that.
pub(crate) const RECONNECT: u32 = 10;
pub(crate) const RESTS_MAX: u32 = 64;
/// What all nodes are asked is little: one that takes longer is away.
pub(crate) const AWAY: Duration = Duration::from_secs(5);
/// Blocks that count as final under the head of a node that does not know the word.
const FINALITY: u64 = 64;

/// A node, connected when it is needed.
pub(crate) struct Slot {
    pub(crate) place: usize,
    pub(crate) url: String,
    pub(crate) addresses: [Address; 16],
    pub(crate) chain_id: u64,
    pub(crate) reconnect: Duration,
    pub(crate) connection: Mutex<Connection>,
}

#[derive(Default)]
pub(crate) struct Connection {
    node: Option<Node>,
    /// Under way: whoever asks next goes on with it, if who began has lost patience.
    attempt: Option<BoxFuture<'static, Result<Node>>>,
    failed: Option<Instant>,
    /// In a row.
    failures: u32,
}

impl Slot {
    pub(crate) async fn node(&self) -> Result<Node> {
        let mut connection = self.connection.lock().await;
        if let Some(node) = &connection.node {
            return Ok(node.clone());
        }
        ensure!(connection.is_rested(self.reconnect), "the node was away a moment ago");
        let (place, url, addresses, chain_id) = (self.place, self.url.clone(), self.addresses, self.chain_id);
        let attempt = connection.attempt.get_or_insert_with(|| Box::pin(connect(place, url, addresses, chain_id)));
        let connected = attempt.await;
        connection.attempt = None;
        match connected {
            Ok(node) => {
                connection.node = Some(node.clone());
                Ok(node)
            }
            Err(error) => {
                connection.fail();
                Err(error)
            }
        }
    }

    /// Whether it need not be connected before it is asked.
    pub(crate) fn is_ready(&self) -> bool {
        self.connection.try_lock().is_ok_and(|connection| connection.node.is_some())
    }

    /// Nobody connects it, and it was left alone for long enough.
    pub(crate) fn is_due(&self) -> bool {
        self.connection
            .try_lock()
            .is_ok_and(|connection| connection.node.is_none() && connection.is_rested(self.reconnect))
    }

    /// A socket that broke stays broken: the next call makes a new one. One that is left alone already is so no longer for it.
    pub(crate) async fn forget(&self) {
        let mut connection = self.connection.lock().await;
        if connection.node.is_some() || connection.attempt.is_some() {
            connection.fail();
        }
    }

    /// It answered.
    pub(crate) async fn trust(&self) {
        self.connection.lock().await.failures = 0;
    }

    pub(crate) async fn view(&self, tip: u64) -> Result<View> {
        let node = self.node().await?;
        let (head, at_tip, finalized) = node.look(tip).await?;
        let head = head.context("the node has no head")?;
        Ok(View {
            head: Tip { number: head.number, hash: head.hash },
            finalized: finalized.map_or(head.number.saturating_sub(FINALITY), |block| block.number),
            at_tip: at_tip.map(|header| header.hash),
        })
    }
}

impl Connection {
    fn is_rested(&self, first: Duration) -> bool {
        let rest = first * 2_u32.saturating_pow(self.failures.saturating_sub(1)).min(RESTS_MAX);
        self.failed.is_none_or(|at| at.elapsed() >= rest)
    }

    fn fail(&mut self) {
        (self.node, self.attempt, self.failed) = (None, None, Some(Instant::now()));
        self.failures = self.failures.saturating_add(1);
    }
}

async fn connect(place: usize, url: String, addresses: [Address; 16], chain_id: u64) -> Result<Node> {
    let connect = async {
        let node = Node::connect(place, &url, addresses).await?;
        let its = node.chain_id().await?;
        if its != chain_id {
            return Err(fatal(format!("the node is of chain {its}, the deployment of chain {chain_id}")));
        }
        Ok(node)
    };
    timeout(AWAY, connect).await.context("the node does not answer")?
}
