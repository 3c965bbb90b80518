//! Several nodes: so many have to agree on the head, and what one refuses is asked of the next.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, anyhow};
use futures::StreamExt;
use futures::stream::{BoxStream, FuturesUnordered};
use tokio::sync::Mutex;
use tokio::time::{sleep_until, timeout};
use tracing::{debug, warn};

use crate::config::Config;
use crate::node::{Node, is_refused};
use crate::plan::{Seen, View, agree, meeting_heights};
use crate::slot::{AWAY, RECONNECT, Slot};
use crate::wire::Header;

/// Others are waited for so long once a quorum has answered, where they may know better.
const GRACE: Duration = Duration::from_secs(1);
/// The next node is asked beside one that takes longer.
const SLOW: Duration = Duration::from_secs(3);

/// The node has a block that no quorum has.
#[derive(Debug)]
pub(crate) struct Alone(pub(crate) u64);

impl fmt::Display for Alone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the node's block {} is not the one that is agreed on", self.0)
    }
}

impl std::error::Error for Alone {}

#[derive(Clone)]
pub(crate) struct Nodes(Arc<Inner>);

impl fmt::Debug for Nodes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Nodes").field("count", &self.0.slots.len()).field("quorum", &self.0.quorum).finish()
    }
}

struct Inner {
    slots: Vec<Slot>,
    quorum: usize,
    /// One in so many readings is done again.
    sample: u64,
    readings: AtomicU64,
    turn: AtomicUsize,
    pause: Duration,
}

impl Nodes {
    /// Fails where fewer than a quorum answer.
    pub(crate) async fn connect(config: &Config, addresses: [Address; 16]) -> Result<Self> {
        let chain_id = config.deployment.chain_id;
        let reconnect = config.pause * RECONNECT;
        let slot = |(place, url): (usize, &str)| {
            let (url, connection) = (url.to_owned(), Mutex::default());
            Slot { place, url, addresses, chain_id, reconnect, connection }
        };
        let slots: Vec<Slot> = config.rpc_url.split(',').enumerate().map(slot).collect();
        let quorum = config.quorum.min(slots.len()).max(1);
        let connected = futures::future::join_all(slots.iter().map(Slot::node)).await;
        let reached = connected.iter().filter(|node| node.is_ok()).count();
        for error in connected.into_iter().filter_map(Result::err) {
            if error.is::<crate::Fatal>() || reached < quorum {
                return Err(error);
            }
            warn!("going on without a node: {error:#}");
        }
        let (readings, turn) = (AtomicU64::default(), AtomicUsize::default());
        Ok(Self(Arc::new(Inner { slots, quorum, sample: config.sample.max(1), readings, turn, pause: config.pause })))
    }

    /// Whether this reading is one of those that are done again.
    pub(crate) fn is_sampled(&self) -> bool {
        self.0.readings.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.0.sample)
    }

    /// The next node that answers; twice in a row it is another one where there are several. Nobody waits for one that has to
    /// be connected while another one is.
    async fn next(&self) -> Result<(&Slot, Node)> {
        let mut failed = anyhow!("there is no node");
        let places = self.0.slots.len();
        let first = self.0.turn.fetch_add(1, Ordering::Relaxed) % places;
        let turns = (first..first + places).map(|turn| turn % places);
        let (ready, others): (Vec<usize>, Vec<usize>) = turns.partition(|place| self.0.slots[*place].is_ready());
        for place in ready.into_iter().chain(others) {
            match timeout(AWAY, self.0.slots[place].node()).await {
                Ok(Ok(node)) => {
                    if place != first {
                        self.0.turn.store(place + 1, Ordering::Relaxed);
                    }
                    return Ok((&self.0.slots[place], node));
                }
                Ok(Err(error)) => failed = error,
                Err(elapsed) => failed = elapsed.into(),
            }
        }
        Err(failed)
    }

    /// Another node than this one, if another one is connected.
    pub(crate) async fn other(&self, node: &Node) -> Node {
        for _ in &self.0.slots {
            match self.next().await {
                Ok((_, other)) if other.place != node.place => return other,
                Ok(_) | Err(_) => {}
            }
        }
        node.clone()
    }

    /// Before the same is asked again.
    pub(crate) async fn pause(&self) {
        tokio::time::sleep(self.0.pause).await;
    }

    /// Asks the node whose turn it is. One that says nothing is left alone for a while.
    pub(crate) async fn ask_next<T, F: Future<Output = Result<T>>>(&self, question: impl Fn(Node) -> F) -> Result<T> {
        let (slot, node) = self.next().await?;
        let answer = question(node).await;
        match &answer {
            Ok(_) => slot.trust().await,
            Err(error) if is_silent(error) => slot.forget().await,
            Err(_) => {}
        }
        answer
    }

    /// Asks one node after the other, until one gives a good answer; beside one that takes long the next. Who is overtaken is
    /// left alone for a while.
    pub(crate) async fn ask<T, F: Future<Output = Result<T>>>(&self, question: impl Fn(Node) -> F) -> Result<T> {
        let (mut left, mut failed) = (self.0.slots.len(), None);
        let (mut asked, mut slow) = (FuturesUnordered::new(), Vec::new());
        let put = |slot, node| {
            let answer = question(node);
            async move { (slot, answer.await) }
        };
        loop {
            if asked.is_empty() {
                if left == 0 {
                    return Err(failed.context("there is no node")?);
                }
                let (slot, node) = self.next().await?;
                (left, slow) = (left - 1, vec![slot]);
                asked.push(put(slot, node));
            }
            match timeout(SLOW, asked.next()).await {
                Ok(Some((slot, Ok(answer)))) => {
                    for overtaken in slow.iter().take_while(|other| other.place != slot.place) {
                        overtaken.forget().await;
                    }
                    return Ok(answer);
                }
                Ok(Some((_, Err(error)))) if error.is::<crate::Fatal>() => return Err(error),
                Ok(Some((slot, Err(error)))) => {
                    if is_silent(&error) {
                        slot.forget().await;
                    }
                    debug!("asking the next node: {error:#}");
                    failed = Some(error);
                }
                Ok(None) => {}
                Err(_) if left > 0 => {
                    let (slot, node) = self.next().await?;
                    left -= 1;
                    slow.push(slot);
                    asked.push(put(slot, node));
                }
                Err(_) => {}
            }
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.0.slots.len()
    }

    pub(crate) fn quorum(&self) -> usize {
        self.0.quorum
    }

    /// Where one is enough: nobody waits for a node that has to be connected while another one is. It is connected meanwhile.
    fn first(&self) -> impl Iterator<Item = &Slot> {
        let (ready, others): (Vec<&Slot>, Vec<&Slot>) = self.0.slots.iter().partition(|slot| slot.is_ready());
        for slot in others.iter().filter(|slot| !ready.is_empty() && slot.is_due()) {
            let (nodes, place) = (self.clone(), slot.place);
            // How it ends is noted where it is asked next.
            tokio::spawn(async move { nodes.0.slots[place].node().await.map(drop) });
        }
        ready.into_iter().chain(others)
    }

    /// Answers of a quorum at least, and of those that need little longer, until they are enough; where one is enough, that
    /// of the first that gives one, as with heads. Who takes longer than `away` is left alone for a while.
    pub(crate) async fn ask_all<T, F: Future<Output = Result<T>>>(
        &self,
        question: impl Fn(Node) -> F,
        is_enough: impl Fn(&[T]) -> bool,
        away: Duration,
    ) -> Result<Vec<T>> {
        let ask = async |slot| {
            let asked = async { question(Slot::node(slot).await?).await };
            let answer = timeout(away, asked).await.context("the node does not answer").and_then(|answer| answer);
            if answer.as_ref().is_err_and(is_silent) {
                slot.forget().await;
            }
            answer
        };
        let (mut answers, mut failed) = (Vec::new(), None);
        if self.0.quorum == 1 {
            for slot in self.first() {
                match ask(slot).await {
                    Ok(answer) => return Ok(vec![answer]),
                    Err(error) => failed = Some(error),
                }
            }
            return Err(failed.context("there is no node")?);
        }
        let mut asked: FuturesUnordered<_> = self.0.slots.iter().map(ask).collect();
        let mut patience = Patience::default();
        while let Some(answer) = patience.next(&mut asked).await {
            match answer {
                Ok(answer) => answers.push(answer),
                Err(error) => failed = Some(error),
            }
            if is_enough(&answers) {
                return Ok(answers);
            }
            if answers.len() >= self.0.quorum {
                patience.ends();
            }
        }
        match failed {
            Some(error) if answers.len() < self.0.quorum => Err(error),
            _ => Ok(answers),
        }
    }

    /// The highest head that a quorum shares. Who does not answer is not waited for once it is found, but for a moment where
    /// others may know of a higher one.
    pub(crate) async fn look(&self, tip: u64) -> Result<Seen> {
        let ask = async |slot| {
            let view = timeout(AWAY, Slot::view(slot, tip)).await.context("the node does not answer");
            (slot, view.and_then(|view| view))
        };
        if self.0.quorum == 1 {
            let mut failed = None;
            for slot in self.first() {
                match ask(slot).await.1 {
                    Ok(View { head, finalized, at_tip }) => {
                        slot.trust().await;
                        return Ok(Seen { head, finalized, at_tip });
                    }
                    Err(error) => failed = Some(self.give_up(slot, error).await?),
                }
            }
            return Err(failed.context("there is no node")?);
        }
        let mut asked: FuturesUnordered<_> = self.0.slots.iter().map(ask).collect();
        let (mut views, mut failed, mut best) = (Vec::new(), None, None);
        let mut patience = Patience::default();
        while let Some((slot, view)) = patience.next(&mut asked).await {
            match view {
                Ok(view) => {
                    slot.trust().await;
                    views.push((slot, view));
                }
                Err(error) => failed = Some(self.give_up(slot, error).await?),
            }
            best = self.agreed(&views, tip).await;
            let highest = views.iter().map(|(_, view)| view.head.number).max().unwrap_or(0).max(tip);
            match best {
                Some(seen) if seen.head.number >= highest => return Ok(seen),
                Some(_) => patience.ends(),
                None => {}
            }
        }
        // Who is still asked may be holding the connection.
        drop(asked);
        if patience.has_ended() {
            for slot in &self.0.slots {
                if !views.iter().any(|(answered, _)| answered.place == slot.place) {
                    slot.forget().await;
                }
            }
        }
        if let Some(seen) = best {
            return Ok(seen);
        }
        let disagree = disagreement(format!("{} nodes answer, and no {} agree on a head", views.len(), self.0.quorum));
        Err(failed.map_or(disagree, |error| error.context("too few nodes agree on a head")))
    }

    /// A wrong chain is no passing trouble.
    async fn give_up(&self, slot: &Slot, error: anyhow::Error) -> Result<anyhow::Error> {
        if error.is::<crate::Fatal>() {
            return Err(error);
        }
        slot.forget().await;
        Ok(error)
    }

    /// The best of the heights at which some head or our tip is.
    async fn agreed(&self, views: &[(&Slot, View)], tip: u64) -> Option<Seen> {
        let heads: Vec<View> = views.iter().map(|(_, view)| *view).collect();
        for height in meeting_heights(&heads, tip, self.0.quorum) {
            let at_height = views.iter().map(async |(slot, view)| {
                if view.head.number == height {
                    return Some(view.head.hash);
                }
                if height == tip || view.head.number < height {
                    return view.at_tip.filter(|_| height == tip);
                }
                let headers = timeout(AWAY, slot.node().await.ok()?.headers(&[height])).await.ok()?.ok()?;
                headers.first().copied().flatten().map(|header| header.hash)
            });
            let hashes: Vec<Option<B256>> = futures::future::join_all(at_height).await;
            if let Some(seen) = agree(&heads, &hashes, height, self.0.quorum) {
                return Some(seen);
            }
        }
        None
    }

    /// Whether a quorum has this block in its chain.
    pub(crate) async fn confirm(&self, told: &Header) -> Result<bool> {
        if self.0.quorum == 1 {
            return Ok(true);
        }
        let block = [told.number];
        let is_same = |header: &&Header| header.hash == told.hash;
        let is_enough = |answers: &[Vec<Option<Header>>]| {
            answers.iter().flatten().flatten().filter(is_same).count() >= self.0.quorum
        };
        let answers = self.ask_all(|node| async move { node.headers(&block).await }, is_enough, AWAY).await?;
        Ok(is_enough(&answers))
    }

    /// The nodes that can tell of new heads.
    pub(crate) fn telling(&self) -> impl Iterator<Item = usize> {
        self.0.slots.iter().filter(|slot| slot.url.starts_with("ws")).map(|slot| slot.place)
    }

    /// New heads of a node, for as long as it stays connected.
    pub(crate) async fn subscribe(&self, place: usize) -> Result<BoxStream<'static, Header>> {
        let slot = &self.0.slots[place];
        let heads = slot.node().await?.heads().await;
        // A socket over which a node says nothing to this wish may serve others.
        if heads.as_ref().is_err_and(|error| !is_refused(error) && !is_silent(error)) {
            slot.forget().await;
        }
        heads
    }

    /// How long a node that was away is left alone at first.
    pub(crate) fn rest(&self, place: usize) -> Duration {
        self.0.slots[place].reconnect
    }
}

/// Waits for answers: as long as they take, and after `ends` only for a moment.
#[derive(Default)]
struct Patience(Option<Instant>);

impl Patience {
    fn ends(&mut self) {
        self.0.get_or_insert_with(|| Instant::now() + GRACE);
    }

    fn has_ended(&self) -> bool {
        self.0.is_some_and(|end| end <= Instant::now())
    }

    async fn next<F: Future>(&self, asked: &mut FuturesUnordered<F>) -> Option<F::Output> {
        let Some(end) = self.0 else { return asked.next().await };
        tokio::select! {
            biased;
            answer = asked.next() => answer,
            () = sleep_until(end.into()) => None,
        }
    }
}

/// Nodes do not say the same.
pub(crate) fn disagreement(what: String) -> anyhow::Error {
    metrics::counter!("surety_indexer_disagreements_total").increment(1);
    anyhow!(what)
}

/// Whether the node did not answer in time, or could not be reached.
pub(crate) fn is_silent(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<tokio::time::error::Elapsed>()
            || cause.downcast_ref::<reqwest::Error>().is_some_and(|error| error.is_timeout() || error.is_connect())
    })
}
