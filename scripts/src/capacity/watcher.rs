//! The watcher: looks at every leaf that anybody claims, and convicts whoever claims what is not there.

mod act;
pub mod book;
pub mod duties;
pub mod journal;
mod judge;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{Address, B256, U256};
use anyhow::{Result, ensure};
use contracts::i_capacity::ICapacity;

use self::book::{Book, Entry, Key};
use self::duties::{Duty, Memory, Now, duties};
use self::journal::Journal;
use super::clock::{ANSWERS, CHALLENGES, EPOCH};
use super::contract::Capacity;
use super::leaves::Client;
use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::ids::CommitmentId;
use crate::meter::{Meter, Pulse};
use crate::time::DAY;
use crate::waits::{Follow, Waits};

/// Claims that can still be convicted for were committed after this much before the head.
const RETENTION: u64 = EPOCH + CHALLENGES + ANSWERS + 3_600;

/// Servers that are asked at one head; the others are asked at the next.
const FETCHES_MAX: usize = 32;

/// Demands for one claim: two leaves that are not there say as much as ten.
const DEMANDS_MAX: usize = 2;

/// Chain time after which a profile is read again: reading one goes through all blocks of the deployment.
const READ_AGAIN: u64 = 3_600;

/// How a watcher is run.
#[derive(Debug, Clone)]
pub struct Options {
    pub folder: PathBuf,
    /// Where leaves are served, for providers whose profile says otherwise or nothing.
    pub endpoints: BTreeMap<Address, String>,
    /// Most of the chain's coin that goes into demands of leaves; zero: silence is only told.
    pub demand_budget: U256,
    /// Cores that check.
    pub threads: usize,
    pub poll: Duration,
    /// How long a server may take for a whole answer.
    pub within: Duration,
    /// Chain time of silence after which leaves are demanded.
    pub patience: u64,
}

impl Options {
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            endpoints: BTreeMap::new(),
            demand_budget: U256::ZERO,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            poll: Duration::from_millis(500),
            within: Duration::from_secs(20),
            patience: 3_600,
        }
    }
}

/// Counts since the program was started.
#[derive(Debug, Default)]
pub struct Counts {
    pulse: Pulse,
    /// The last head after which all was done.
    pub head: Meter,
    pub claims: Meter,
    pub leaves: Meter,
    pub faults: Meter,
    pub demands: Meter,
    pub draws: Meter,
    pub convictions: Meter,
}

impl Counts {
    /// Waits until the counts are as wanted.
    pub async fn until(&self, is_wanted: impl Fn(&Self) -> bool) {
        self.pulse.until(|| is_wanted(self)).await;
    }

    fn finish(&self, head: Head) {
        self.head.set(head.number);
        self.pulse.beat();
    }
}

/// Invariants:
/// 1. A claim is checked once, whatever restarts there are, unless a reorganisation changed it.
/// 2. What a proof needs is on disk before anybody is told of it.
#[derive(Debug)]
pub struct Watcher {
    capacity: Capacity,
    options: Options,
    client: Client,
    book: Book,
    journal: Journal,
    /// With the root and the block of the claim that it is about.
    memory: BTreeMap<Key, (B256, u64, Memory)>,
    read_to: Option<u64>,
    draw_limit: u64,
    commitments: BTreeMap<CommitmentId, ICapacity::Commitment>,
    /// Where profiles say that leaves are served, and when they were read.
    endpoints: BTreeMap<Address, (u64, Option<String>)>,
    /// Blocks from which announcements count.
    announced: BTreeMap<Key, u64>,
    waits: Waits,
    counts: Arc<Counts>,
}

impl Watcher {
    pub async fn open(capacity: Capacity, options: Options) -> Result<Self> {
        ensure!(!capacity.context.is_planning(), "Watching goes on for days: there is nothing to plan.");
        capacity.context.sender()?;
        let head = capacity.head().await?;
        Ok(Self {
            client: Client::new(options.within)?,
            journal: Journal::open(&options.folder, head.time)?,
            draw_limit: capacity.draw_limit().await?,
            capacity,
            options,
            book: Book::default(),
            memory: BTreeMap::new(),
            read_to: None,
            commitments: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            announced: BTreeMap::new(),
            waits: Waits::default(),
            counts: Arc::default(),
        })
    }

    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Watches until `shutdown`.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> Result<Arc<Counts>> {
        tracing::info!("watching with {} threads; what was checked is in {}", self.options.threads, self.folder());
        tokio::select! {
            () = shutdown => tracing::info!("stopped; what was checked is on disk"),
            () = self.follow() => {}
        }
        Ok(self.counts())
    }

    fn folder(&self) -> String {
        self.options.folder.display().to_string()
    }

    /// Reads the events of new blocks, and of those that may have been replaced.
    async fn read(&mut self, head: Head) -> Result<()> {
        let from = match self.read_to {
            Some(read) => (read + 1).saturating_sub(UNSETTLED_BLOCKS),
            None => self.capacity.context.block_at_time(head.time.saturating_sub(RETENTION), head).await?,
        };
        let from = from.min(head.number);
        let events = self.capacity.events(from, head.number).await?;
        self.book.rewind(from);
        for event in &events {
            if let Err(error) = self.book.read(event) {
                tracing::warn!("an event is left out: {error:#}");
            }
        }
        self.book.forget(head.time);
        self.read_to = Some(head.number);
        let entries = &self.book.entries;
        self.memory.retain(|key, (root, block, _)| {
            entries.get(key).is_some_and(|entry| (entry.committed.root, entry.committed.block) == (*root, *block))
        });
        Ok(())
    }

    /// What is owed to each claim whose commitment was not convicted.
    fn due(&self, head: Head) -> Vec<(Entry, Duty)> {
        let now = Now {
            number: head.number,
            time: head.time,
            draw_limit: self.draw_limit,
            patience: self.options.patience,
            demands_max: DEMANDS_MAX,
        };
        let mut due = Vec::new();
        for (key, entry) in &self.book.entries {
            let root = entry.committed.root;
            if self.book.is_convicted(key.0) {
                due.extend(self.refunds(head, *key, entry).map(|duty| (entry.clone(), duty)));
                continue;
            }
            let mut memory = self.memory.get(key).map(|(_, _, memory)| *memory).unwrap_or_default();
            memory.is_judged = self.journal.is_checked(*key, root) || self.journal.proof(*key, root).is_some();
            memory.demanded = self.journal.demanded(*key, root);
            due.extend(duties(entry, &memory, &now).into_iter().map(|duty| (entry.clone(), duty)));
        }
        due
    }

    /// Another leaf convicted the commitment; what was paid for this one comes back all the same.
    fn refunds(&self, head: Head, key: Key, entry: &Entry) -> impl Iterator<Item = Duty> {
        let is_ours = self.journal.demanded(key, entry.committed.root) > 0;
        let overdue = entry.open_demands().filter(move |(_, deadline)| is_ours && *deadline < head.time);
        overdue.map(|(position, _)| Duty::ConvictUndelivered { position })
    }

    fn asked_at(&self, entry: &Entry) -> u64 {
        self.memory.get(&entry.key()).map_or(0, |(_, _, memory)| memory.asked_at)
    }

    fn remember(&mut self, entry: &Entry, change: impl FnOnce(&mut Memory)) {
        let committed = &entry.committed;
        let memory = self.memory.entry(entry.key()).or_insert((committed.root, committed.block, Memory::default()));
        change(&mut memory.2);
    }

    async fn attempt(&mut self, head: Head, entry: &Entry, duty: Duty) {
        let committed = &entry.committed;
        let name = format!("{duty:?} of window {} of commitment {}", committed.window, committed.commitment);
        if !self.waits.may(&name, head.time) {
            return;
        }
        match self.act(head, entry, duty).await {
            Ok(()) => self.waits.done(&name),
            Err(error) => self.waits.failed(name, head.time, &error),
        }
    }
}

impl Follow for Watcher {
    fn poll(&self) -> Duration {
        self.options.poll
    }

    async fn look(&mut self, last: B256) -> Result<B256> {
        let head = self.capacity.head().await?;
        if head.hash == last {
            return Ok(last);
        }
        self.read(head).await?;
        let due = self.due(head);
        // What is proved or overdue comes before what has yet to be fetched: servers may be slow, deadlines are not.
        for (entry, duty) in due.iter().filter(|(_, duty)| *duty != Duty::Fetch) {
            self.attempt(head, entry, *duty).await;
        }
        self.prosecute(head).await;
        let mut fetches: Vec<&Entry> =
            due.iter().filter(|(_, duty)| *duty == Duty::Fetch).map(|(entry, _)| entry).collect();
        // Never asked first: claims of silent servers, asked again and again, must not keep others from being looked at.
        fetches.sort_by_key(|entry| self.asked_at(entry));
        let is_more = fetches.len() > FETCHES_MAX;
        fetches.truncate(FETCHES_MAX);
        self.judge_all(head, &fetches).await;
        self.prosecute(head).await;
        self.counts.finish(head);
        // With more to fetch it is looked again at once, although the head is the same.
        Ok(if is_more { B256::ZERO } else { head.hash })
    }
}

/// Where a watcher's journal lies when nobody names a folder.
pub fn folder_of(capacity: &Capacity) -> PathBuf {
    PathBuf::from(format!("target/surety/watcher/{}/{}", capacity.context.deployment.chain_id, capacity.at))
}

const _: () = assert!(RETENTION < 4 * DAY, "a first look reads no more than four days of events");
