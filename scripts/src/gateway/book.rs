//! What a gateway measured of a serving, and what it signed, on disk: after a crash it signs nothing twice and loses nothing.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
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
use runtime::Limits;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::meter::Pulse;
use crate::prober::statement::Target;
use crate::usage::journal::Journal;
use crate::usage::{Claim, Entry, MILLICORES, Signed, mebibytes_up, milliseconds_up, target_of};
use crate::workload::books::{Header, path_of};

/// How far apart the heads of provider and gateway may be, in seconds of chain time: where it runs fast, a poll is minutes.
const HEADS_APART: u64 = 900;

/// What a run may take beyond its time until it is stopped.
const OVERTIME: Duration = Duration::from_secs(1);

/// Fuel that no core burns in a millisecond, even by instructions that move many bytes.
const FUEL_MAX_PER_MS: u64 = 1_000_000_000;

/// Fuel that a core which is worth its money burns in a millisecond; and milliseconds that an instance and its start may take.
const FUEL_MIN_PER_MS: u64 = 100_000;
const START_MS: u64 = 1_000;

/// How long a claim waits for records that are being checked.
const CHECKED_WITHIN: Duration = Duration::from_secs(5);

/// A provider's record is not what was measured: nothing from it on is signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Difference {
    #[error("record {index} is of invocation {invocation}, which was not forwarded, or has a record already")]
    Unknown { index: u64, invocation: B256 },
    #[error("record {index} says {says} ms, and {measured} ms were measured")]
    Longer { index: u64, says: u32, measured: u32 },
    #[error("record {index} charges {says}, and what it says costs {costs}")]
    Dearer { index: u64, says: u128, costs: u128 },
    #[error("record {index} says {says} MiB, and a module may have {limit}")]
    Larger { index: u64, says: u32, limit: u32 },
    #[error("record {index} says {says} of fuel, and a module may have {limit}")]
    Thirstier { index: u64, says: u64, limit: u64 },
    #[error("record {index} says {says} of fuel in {duration_ms} ms, which no machine burns")]
    Faster { index: u64, says: u64, duration_ms: u32 },
    #[error("record {index} says {fuel} of fuel and {memory_mib} MiB, and the same input took {again}")]
    Unlike { index: u64, fuel: u64, memory_mib: u32, again: Again },
    #[error("record {index} is of an output that the module does not make of this input")]
    Wrong { index: u64 },
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
    /// What the deal names: the first runs unless an invocation says otherwise.
    pub modules: Vec<B256>,
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

/// What the gateway's own run of an input took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    pub fuel: u64,
    pub memory_mib: u32,
    /// Whether the output is the provider's.
    pub is_same: bool,
}

impl fmt::Display for Again {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} and {} MiB", self.fuel, self.memory_mib)
    }
}

/// How long an invocation took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Running(Instant),
    /// Answered after so many milliseconds.
    Answered(u32),
    /// The line broke after so many: what was measured ends there.
    Broken(u32),
    /// It was forwarded by who was killed, and nobody measured it: as long as its fuel may take.
    Lost,
}

/// Whether the gateway runs an input itself before it counts the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    None,
    Awaited,
    Ran(Again),
}

#[derive(Debug, Clone, Copy)]
struct Forwarded {
    at: u64,
    measure: Measure,
    check: Check,
}

/// What a gateway takes a provider's word for, at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Longest that an invocation is waited for.
    pub within: Duration,
    /// Of one invocation.
    pub limits: Limits,
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
/// 2. A record is counted once, as the next, for one invocation that was forwarded; it costs at most what was measured, and says
///    no more than the limits allow.
/// 3. What is signed is on disk before it is shown, covers counted records alone, and follows what was signed before.
#[derive(Debug)]
pub struct Book {
    /// As it was when the book was made: the endpoint may have changed.
    served: Served,
    bounds: Bounds,
    state: Mutex<State>,
    /// Beats when records were counted, or will never be.
    counted: Pulse,
    journal: Journal,
    /// One signs at a time.
    signing: tokio::sync::Mutex<()>,
}

impl Book {
    /// Opens or makes the book.
    pub async fn open(folder: &Path, domain: Domain, served: &Served, bounds: Bounds) -> Result<Self> {
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
                    state.open.insert(invocation, Forwarded { at, measure: Measure::Lost, check: Check::None });
                }
                Line::Checked { entry, at } => state.count(&entry, at),
                Line::Signed(signed) => state.signed = Some(signed),
            }
        }
        let (state, counted, signing) = (Mutex::new(state), Pulse::default(), tokio::sync::Mutex::default());
        Ok(Self { served, bounds, state, counted, journal, signing })
    }

    /// The book of a serving that has one, as of one that ended while nobody looked.
    pub async fn reopen(folder: &Path, domain: Domain, target: Target, bounds: Bounds) -> Result<Option<Self>> {
        let Ok(file) = File::open(path_of(folder, target)) else { return Ok(None) };
        let mut first = String::new();
        BufReader::new(file).read_line(&mut first)?;
        let Ok(Line::Serving { header, started_at, endpoint }) = serde_json::from_str(&first) else { return Ok(None) };
        let (number, provider) = (target.serving, header.provider);
        let serving = Serving { deal: target.deal.0, slot: target.slot, number, provider };
        let served = Served { serving, price: U96::from(header.price), started_at, endpoint, modules: Vec::new() };
        Self::open(folder, domain, &served, bounds).await.map(Some)
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

    /// Writes down that an invocation is forwarded at chain time `at`; its time runs from when this returns. With `is_checked` its
    /// record counts once `checked` was told what the input takes here.
    pub async fn forward(&self, invocation: B256, at: u64, is_checked: bool) -> Result<()> {
        let pending = self.journal.append(serde_json::to_string(&Line::Forwarded { invocation, at })?);
        pending.synced().await?;
        let check = if is_checked { Check::Awaited } else { Check::None };
        let forwarded = Forwarded { at, measure: Measure::Running(Instant::now()), check };
        self.lock().open.insert(invocation, forwarded);
        Ok(())
    }

    /// It was answered after this time.
    pub fn answered(&self, invocation: B256, duration: Duration) {
        self.ended(invocation, Measure::Answered(milliseconds_up(duration)));
    }

    /// The line broke after this time, or it is waited for no longer.
    pub fn broken(&self, invocation: B256, duration: Duration) {
        self.ended(invocation, Measure::Broken(milliseconds_up(duration)));
    }

    fn ended(&self, invocation: B256, measure: Measure) {
        if let Some(forwarded) = self.lock().open.get_mut(&invocation) {
            forwarded.measure = measure;
        }
    }

    /// What the input took here; none: it could not be run, and the record counts without.
    pub fn checked(&self, invocation: B256, again: Option<Again>) -> Result<(), Difference> {
        let mut state = self.lock();
        if let Some(forwarded) = state.open.get_mut(&invocation) {
            forwarded.check = again.map_or(Check::None, Check::Ran);
        }
        self.advance(&mut state)
    }

    /// Checks a record of the provider, and counts it when it is the next; later ones wait for those before.
    pub fn offer(&self, entry: Entry) -> Result<(), Difference> {
        let mut state = self.lock();
        // What was counted is not counted again; another record in its place shows in the root.
        if entry.index >= state.tree.size() as u64 {
            state.ahead.insert(entry.index, entry);
        }
        self.advance(&mut state)
    }

    /// Counts what can be counted.
    fn advance(&self, state: &mut State) -> Result<(), Difference> {
        if let Some(difference) = &state.difference {
            return Err(difference.clone());
        }
        loop {
            let next = state.tree.size() as u64;
            let Some(entry) = state.ahead.get(&next).copied().filter(|entry| !state.awaits(entry)) else { break };
            state.ahead.remove(&next);
            match self.check(state, &entry) {
                Ok(at) => {
                    let line = serde_json::to_string(&Line::Checked { entry, at }).expect("a line has no maps");
                    // Not waited for: if it is lost, the provider is asked for it again.
                    drop(self.journal.append(line));
                    state.count(&entry, at);
                }
                Err(difference) => {
                    state.difference = Some(difference.clone());
                    self.counted.beat();
                    return Err(difference);
                }
            }
        }
        self.counted.beat();
        Ok(())
    }

    /// Waits, not for ever, until so many records were counted, or one of them differs.
    pub async fn until_counted(&self, size: u64) {
        let is_done = || {
            let state = self.lock();
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let next = state.ahead.get(&(state.tree.size() as u64));
            state.tree.size() >= size || !next.is_some_and(|entry| state.awaits(entry))
        };
        // Whoever claims asks again later.
        let _ = tokio::time::timeout(CHECKED_WITHIN, self.counted.until(is_done)).await;
    }

    /// When the invocation of a record was forwarded, if the record is at most what was measured.
    fn check(&self, state: &State, entry: &Entry) -> Result<u64, Difference> {
        let index = entry.index;
        let Some(forwarded) = state.open.get(&entry.invocation) else {
            return Err(Difference::Unknown { index, invocation: entry.invocation });
        };
        let (says, measured) = (entry.duration_ms, self.longest(forwarded, entry));
        if says > measured {
            return Err(Difference::Longer { index, says, measured });
        }
        self.within_limits(forwarded, entry)?;
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

    /// The most milliseconds that a record may say.
    fn longest(&self, forwarded: &Forwarded, entry: &Entry) -> u32 {
        let Bounds { within, limits } = self.bounds;
        let measured = match forwarded.measure {
            Measure::Running(since) => milliseconds_up(since.elapsed()),
            Measure::Answered(duration) | Measure::Broken(duration) => duration,
            Measure::Lost => {
                let by_fuel = START_MS + entry.fuel.min(limits.fuel) / FUEL_MIN_PER_MS;
                milliseconds_up(within.min(Duration::from_millis(by_fuel)))
            }
        };
        measured.min(milliseconds_up(limits.time.saturating_add(OVERTIME)))
    }

    /// Fuel and memory are the provider's word: checked against limits, time, and the gateway's own run where there is one.
    fn within_limits(&self, forwarded: &Forwarded, entry: &Entry) -> Result<(), Difference> {
        let Entry { index, duration_ms, memory_mib, fuel, .. } = *entry;
        let limits = self.bounds.limits;
        let (most, limit) = (mebibytes_up(limits.memory_bytes), limits.fuel);
        if memory_mib > most {
            return Err(Difference::Larger { index, says: memory_mib, limit: most });
        }
        if fuel > limit {
            return Err(Difference::Thirstier { index, says: fuel, limit });
        }
        // Where the line broke the time that is paid ended before the run did.
        let is_whole = matches!(forwarded.measure, Measure::Answered(_) | Measure::Running(_));
        if is_whole && fuel > FUEL_MAX_PER_MS.saturating_mul(duration_ms.into()) {
            return Err(Difference::Faster { index, says: fuel, duration_ms });
        }
        match forwarded.check {
            Check::Ran(again) if fuel > again.fuel || memory_mib > again.memory_mib => {
                Err(Difference::Unlike { index, fuel, memory_mib, again })
            }
            Check::Ran(again) if !again.is_same => Err(Difference::Wrong { index }),
            Check::None | Check::Awaited | Check::Ran(_) => Ok(()),
        }
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
    /// Whether the gateway has yet to run the input of this record itself.
    fn awaits(&self, entry: &Entry) -> bool {
        self.open.get(&entry.invocation).is_some_and(|forwarded| forwarded.check == Check::Awaited)
    }

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
