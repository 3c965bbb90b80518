//! What a gateway measured of a serving, and what it signed, on disk: after a crash it signs nothing twice and loses nothing.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use alloy::primitives::aliases::U96;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result};
use metering::signing::Domain;
use metering::{Serving, Tree, Voucher, charge, milliunits};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::prober::statement::Target;
use crate::usage::journal::Journal;
use crate::usage::{Claim, Entry, MILLICORES, Signed, target_of};
use crate::workload::books::{Header, path_of};

/// How far apart the heads of provider and gateway may be, in seconds of chain time: where it runs fast, a poll is minutes.
const HEADS_APART: u64 = 900;

/// Most memory of one module: its addresses have 32 bits.
const MEMORY_MIB_MAX: u32 = 4_096;

/// A provider's record is not what was measured: nothing from it on is signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Difference {
    #[error("record {index} is of invocation {invocation}, which was not forwarded, or has a record already")]
    Unknown { index: u64, invocation: B256 },
    #[error("record {index} says {says} ms, and {measured} ms were measured")]
    Longer { index: u64, says: u32, measured: u32 },
    #[error("record {index} charges {says}, and what it says costs {costs}")]
    Dearer { index: u64, says: u128, costs: u128 },
    #[error("record {index} says {says} MiB, which no module has")]
    Larger { index: u64, says: u32 },
    #[error("record {index} begins at {says} seconds, and was forwarded at {forwarded}")]
    Elsewhen { index: u64, says: u64, forwarded: u64 },
}

/// Why no voucher is signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unsigned {
    #[error("asked for {asked} invocations, and {measured} were measured")]
    Unmeasured { asked: u64, measured: u64 },
    #[error("the root of the first {invocations} records is not the one that was asked for")]
    Root { invocations: u64 },
    #[error("asked for {asked}, and {invocations} invocations cost {measured}")]
    Amount { invocations: u64, asked: u128, measured: u128 },
    #[error("there is nothing to sign for")]
    Nothing,
    #[error("the records differ from what was measured: {0}")]
    Differs(Difference),
}

/// A slot of the customer's that is served, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    pub serving: Serving,
    /// Smallest units of the stablecoin per unit-day, royalties included.
    pub price: U96,
    pub started_at: u64,
    pub endpoint: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Serving {
        header: Header,
        started_at: u64,
        endpoint: String,
    },
    /// Forwarded at this chain time; written before it is sent.
    Forwarded {
        invocation: B256,
        at: u64,
    },
    /// A record that was checked.
    Checked {
        entry: Entry,
        at: u64,
    },
    Signed(Signed),
}

/// How long an invocation took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Running(Instant),
    Ended(u32),
    /// It was forwarded by who was killed: at most as long as a gateway waits.
    Lost,
}

#[derive(Debug, Clone, Copy)]
struct Forwarded {
    at: u64,
    measure: Measure,
}

#[derive(Debug)]
struct State {
    /// Forwarded, without a record.
    open: HashMap<B256, Forwarded>,
    tree: Tree,
    /// After each record, the sum of all charges, and until when usage was forwarded.
    sums: Vec<(u128, u64)>,
    /// Records that came before those before them.
    ahead: BTreeMap<u64, Entry>,
    difference: Option<Difference>,
    signed: Option<Signed>,
}

/// What one gateway knows of one serving.
///
/// 1. An invocation is on disk before it is forwarded.
/// 2. A record is counted once, as the next, for one invocation that was forwarded, and costs at most what was measured.
/// 3. What is signed is on disk before it is shown, covers counted records alone, and follows what was signed before.
#[derive(Debug)]
pub struct Book {
    /// As it was when the book was made: the endpoint may have changed.
    served: Served,
    /// Longest that an invocation is waited for.
    within: Duration,
    state: Mutex<State>,
    journal: Journal,
    /// One signs at a time.
    signing: tokio::sync::Mutex<()>,
}

impl Book {
    /// Opens or makes the book.
    pub async fn open(folder: &Path, domain: Domain, served: &Served, within: Duration) -> Result<Self> {
        let Served { serving, price, .. } = *served;
        let path = path_of(folder, target_of(serving));
        let (journal, lines) = Journal::open(&path)?;
        let header = Header::new(domain, serving, price);
        let mut state = State {
            open: HashMap::new(),
            tree: Tree::default(),
            sums: Vec::new(),
            ahead: BTreeMap::new(),
            difference: None,
            signed: None,
        };
        if lines.is_empty() {
            let Served { started_at, endpoint, .. } = served.clone();
            let first = Line::Serving { header: header.clone(), started_at, endpoint };
            journal.append(serde_json::to_string(&first)?).synced().await?;
        }
        let mut served = served.clone();
        for line in &lines {
            let line = serde_json::from_str(line).with_context(|| format!("{}: a damaged line", path.display()))?;
            match line {
                Line::Serving { header: found, started_at, endpoint } => {
                    found.check(&header, &path)?;
                    served = Served { started_at, endpoint, ..served };
                }
                Line::Forwarded { invocation, at } => {
                    state.open.insert(invocation, Forwarded { at, measure: Measure::Lost });
                }
                Line::Checked { entry, at } => state.count(&entry, at),
                Line::Signed(signed) => state.signed = Some(signed),
            }
        }
        Ok(Self { served, within, state: Mutex::new(state), journal, signing: tokio::sync::Mutex::default() })
    }

    /// The book of a serving that has one, as of one that ended while nobody looked.
    pub async fn reopen(folder: &Path, domain: Domain, target: Target, within: Duration) -> Result<Option<Self>> {
        let Ok(file) = File::open(path_of(folder, target)) else { return Ok(None) };
        let mut first = String::new();
        BufReader::new(file).read_line(&mut first)?;
        let Ok(Line::Serving { header, started_at, endpoint }) = serde_json::from_str(&first) else { return Ok(None) };
        let (number, provider) = (target.serving, header.provider);
        let serving = Serving { deal: target.deal.0, slot: target.slot, number, provider };
        let served = Served { serving, price: U96::from(header.price), started_at, endpoint };
        Self::open(folder, domain, &served, within).await.map(Some)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock panics half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn served(&self) -> &Served {
        &self.served
    }

    /// Records that were checked and counted.
    pub fn size(&self) -> u64 {
        self.lock().tree.size() as u64
    }

    /// What they cost together.
    pub fn amount(&self) -> u128 {
        self.lock().amount()
    }

    pub fn signed(&self) -> Option<Signed> {
        self.lock().signed.clone()
    }

    pub fn difference(&self) -> Option<Difference> {
        self.lock().difference.clone()
    }

    /// Writes down that an invocation is forwarded at chain time `at`; its time runs from when this returns.
    pub async fn forward(&self, invocation: B256, at: u64) -> Result<()> {
        let pending = self.journal.append(serde_json::to_string(&Line::Forwarded { invocation, at })?);
        pending.synced().await?;
        self.lock().open.insert(invocation, Forwarded { at, measure: Measure::Running(Instant::now()) });
        Ok(())
    }

    /// It was answered, or is waited for no longer.
    pub fn ended(&self, invocation: B256, duration: Duration) {
        if let Some(forwarded) = self.lock().open.get_mut(&invocation) {
            forwarded.measure = Measure::Ended(milliseconds_up(duration));
        }
    }

    /// Checks a record of the provider, and counts it when it is the next; later ones wait for those before.
    pub fn offer(&self, entry: Entry) -> Result<(), Difference> {
        let mut state = self.lock();
        if let Some(difference) = &state.difference {
            return Err(difference.clone());
        }
        // What was counted is not counted again; another record in its place shows in the root.
        if entry.index >= state.tree.size() as u64 {
            state.ahead.insert(entry.index, entry);
        }
        loop {
            let next = state.tree.size() as u64;
            let Some(entry) = state.ahead.remove(&next) else { return Ok(()) };
            match self.check(&state, &entry) {
                Ok(at) => {
                    let line = serde_json::to_string(&Line::Checked { entry, at }).expect("a line has no maps");
                    // Not waited for: if it is lost, the provider is asked for it again.
                    drop(self.journal.append(line));
                    state.count(&entry, at);
                }
                Err(difference) => {
                    state.difference = Some(difference.clone());
                    return Err(difference);
                }
            }
        }
    }

    /// When the invocation of a record was forwarded, if the record is at most what was measured.
    fn check(&self, state: &State, entry: &Entry) -> Result<u64, Difference> {
        let index = entry.index;
        let Some(forwarded) = state.open.get(&entry.invocation) else {
            return Err(Difference::Unknown { index, invocation: entry.invocation });
        };
        let measured = match forwarded.measure {
            Measure::Running(since) => milliseconds_up(since.elapsed()),
            Measure::Ended(duration) => duration,
            Measure::Lost => milliseconds_up(self.within),
        };
        if entry.duration_ms > measured {
            return Err(Difference::Longer { index, says: entry.duration_ms, measured });
        }
        if entry.memory_mib > MEMORY_MIB_MAX {
            return Err(Difference::Larger { index, says: entry.memory_mib });
        }
        let costs = charge(self.served.price, milliunits(MILLICORES, entry.memory_mib), entry.duration_ms);
        if entry.charge > costs {
            return Err(Difference::Dearer { index, says: entry.charge, costs });
        }
        let says = entry.started_at_ms / 1_000;
        if says.abs_diff(forwarded.at) > HEADS_APART {
            return Err(Difference::Elsewhen { index, says, forwarded: forwarded.at });
        }
        Ok(forwarded.at)
    }

    /// Signs for what is claimed, as far as it was measured. A claim that was signed for is answered by what was signed.
    pub async fn sign(
        &self,
        domain: Domain,
        key: &PrivateKeySigner,
        claim: &Claim,
    ) -> Result<Result<Signed, Unsigned>> {
        let _one = self.signing.lock().await;
        let voucher = match self.voucher(claim) {
            Ok(Answer::Signed(signed)) => return Ok(Ok(signed)),
            Ok(Answer::New(voucher)) => voucher,
            Err(unsigned) => return Ok(Err(unsigned)),
        };
        let signed = Signed::new(domain, key, &voucher)?;
        // Lines before it, of what it covers, are on disk with it.
        self.journal.append(serde_json::to_string(&Line::Signed(signed.clone()))?).synced().await?;
        self.lock().signed = Some(signed.clone());
        Ok(Ok(signed))
    }

    fn voucher(&self, claim: &Claim) -> Result<Answer, Unsigned> {
        let state = self.lock();
        let (asked, measured) = (claim.invocations, state.tree.size() as u64);
        let size = usize::try_from(asked).ok().filter(|size| *size <= state.tree.size());
        let Some(size) = size else {
            return Err(match &state.difference {
                Some(difference) => Unsigned::Differs(difference.clone()),
                None => Unsigned::Unmeasured { asked, measured },
            });
        };
        let (amount, until) = size.checked_sub(1).map(|last| state.sums[last]).ok_or(Unsigned::Nothing)?;
        if state.tree.root_at(size) != Some(claim.usage_root) {
            return Err(Unsigned::Root { invocations: asked });
        }
        if claim.amount > amount {
            return Err(Unsigned::Amount { invocations: asked, asked: claim.amount, measured: amount });
        }
        if let Some(signed) = state.signed.as_ref().filter(|signed| signed.invocations >= asked) {
            return Ok(Answer::Signed(signed.clone()));
        }
        let from = state.signed.as_ref().map_or(self.served.started_at, |signed| signed.until);
        let (serving, usage_root) = (self.served.serving, claim.usage_root);
        Ok(Answer::New(Voucher { serving, amount, invocations: asked, from, until: until.max(from), usage_root }))
    }
}

/// What a claim is answered with.
enum Answer {
    Signed(Signed),
    New(Voucher),
}

impl State {
    fn amount(&self) -> u128 {
        self.sums.last().map_or(0, |(amount, _)| *amount)
    }

    fn count(&mut self, entry: &Entry, at: u64) {
        let until = self.sums.last().map_or(at, |(_, until)| at.max(*until));
        // A sum of charges, each of which is less than 2^96 times 2^64 over 2^36.
        let amount = self.amount().saturating_add(entry.charge);
        self.open.remove(&entry.invocation);
        self.tree.push(entry.record().leaf());
        self.sums.push((amount, until));
    }
}

fn milliseconds_up(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros().div_ceil(1_000)).unwrap_or(u32::MAX)
}
