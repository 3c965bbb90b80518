//! What a gateway measured of a serving, and what it signed, on disk: after a crash it signs nothing twice and loses nothing.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use alloy::primitives::aliases::U96;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result};
use metering::signing::Domain;
use metering::{Serving, Tree, Voucher};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::judge::{Again, Bounds, Check, Difference, Forwarded, Measure};
use crate::meter::Pulse;
use crate::prober::statement::Target;
use crate::usage::clock::Clock;
use crate::usage::journal::{self, Journal};
use crate::usage::{Claim, Entry, Signed, milliseconds_up, target_of};
use crate::workload::books::{Header, path_of};

/// How long a claim waits for records that are being checked.
const CHECKED_WITHIN: Duration = Duration::from_secs(5);

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
    #[error("nothing was forwarded before the serving ended")]
    Late,
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
    /// Forwarded at this chain time, which was so old; written before it is sent.
    Forwarded {
        invocation: B256,
        at: u64,
        #[serde(default)]
        age: u64,
    },
    /// How long it took.
    Measured {
        invocation: B256,
        measure: Measure,
    },
    /// The provider refused it, or was not reached: it has no record.
    Refused {
        invocation: B256,
    },
    /// What its input took here.
    Again {
        invocation: B256,
        again: Again,
    },
    /// A record that was checked.
    Checked {
        entry: Entry,
        at: u64,
    },
    /// From here on nothing more is counted.
    Differs(Difference),
    Signed(Signed),
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
    /// All: where the end of the serving moves back, an earlier one is the last that is worth something.
    signed: Vec<Signed>,
}

/// What one gateway knows of one serving.
///
/// 1. An invocation is on disk before it is forwarded.
/// 2. A record is counted once, as the next, for one invocation that was forwarded; it costs at most what was measured, and says
///    no more than the limits allow.
/// 3. What is signed is on disk before it is shown, covers counted records alone, and follows what was signed before, unless that
///    went beyond the end of the serving.
/// 4. What was measured and found out is journaled as it comes: a restart lets nobody say more.
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
    /// One asks the provider for records at a time; when the last of them began that came to an end.
    catching_up: tokio::sync::Mutex<Option<Instant>>,
    /// One asks it for modules at a time; when it last served none.
    fetching: tokio::sync::Mutex<Option<Instant>>,
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
            signed: Vec::new(),
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
                Line::Forwarded { invocation, at, age } => {
                    state.open.insert(invocation, Forwarded { at, age, measure: Measure::Lost, check: Check::None });
                }
                Line::Measured { invocation, measure } => state.measured(invocation, measure),
                Line::Refused { invocation } => drop(state.open.remove(&invocation)),
                Line::Again { invocation, again } => state.ran(invocation, Some(again)),
                Line::Checked { entry, at } => state.count(&entry, at),
                Line::Differs(difference) => state.difference = Some(difference),
                Line::Signed(signed) => state.signed.push(signed),
            }
        }
        let (state, counted) = (Mutex::new(state), Pulse::default());
        let (signing, catching_up) = (tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        let fetching = tokio::sync::Mutex::default();
        Ok(Self { served, bounds, state, counted, journal, signing, catching_up, fetching })
    }

    /// Whether a serving has a book.
    pub(super) fn is_kept(folder: &Path, target: Target) -> bool {
        path_of(folder, target).exists()
    }

    /// The book of a serving that has one, as of one that ended while nobody looked.
    pub async fn reopen(folder: &Path, domain: Domain, target: Target, bounds: Bounds) -> Result<Option<Self>> {
        let first = journal::first(&path_of(folder, target))?;
        let Some(Line::Serving { header, started_at, endpoint }) = first else { return Ok(None) };
        let (serving, price) = header.named(target);
        let served = Served { serving, price, started_at, endpoint, modules: Vec::new() };
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

    /// The voucher that was signed last.
    pub fn signed(&self) -> Option<Signed> {
        self.lock().signed.last().cloned()
    }

    /// Held by who asks the provider for records.
    pub(super) async fn catching_up(&self) -> tokio::sync::MutexGuard<'_, Option<Instant>> {
        self.catching_up.lock().await
    }

    /// Held by who asks the provider for a module.
    pub(super) async fn fetching(&self) -> tokio::sync::MutexGuard<'_, Option<Instant>> {
        self.fetching.lock().await
    }

    pub fn difference(&self) -> Option<Difference> {
        self.lock().difference.clone()
    }

    /// Writes down that an invocation is forwarded by this clock; its time runs from when this returns. With `is_checked` its
    /// record counts once `checked` was told what the input takes here.
    pub async fn forward(&self, invocation: B256, clock: Clock, is_checked: bool) -> Result<()> {
        let (at, age) = (clock.time, clock.age());
        let pending = self.journal.append(serde_json::to_string(&Line::Forwarded { invocation, at, age })?);
        pending.synced().await?;
        let check = if is_checked { Check::Awaited } else { Check::None };
        let forwarded = Forwarded { at, age, measure: Measure::Running(Instant::now()), check };
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

    /// It did not run: a record of it would be one that was not forwarded.
    pub fn refused(&self, invocation: B256) {
        let mut state = self.lock();
        self.write(&Line::Refused { invocation });
        state.open.remove(&invocation);
    }

    fn ended(&self, invocation: B256, measure: Measure) {
        let mut state = self.lock();
        self.write(&Line::Measured { invocation, measure });
        state.measured(invocation, measure);
    }

    /// Writes a line without waiting for it; it is on disk before whatever is signed because of it.
    fn write(&self, line: &Line) {
        drop(self.journal.append(serde_json::to_string(line).expect("a line has no maps")));
    }

    /// What the input took here; none: it could not be run, and the record counts without.
    pub fn checked(&self, invocation: B256, again: Option<Again>) -> Result<(), Difference> {
        let mut state = self.lock();
        if let Some(again) = again {
            self.write(&Line::Again { invocation, again });
        }
        state.ran(invocation, again);
        self.advance(&mut state)
    }

    /// Checks a record of the provider, and counts it when it is the next; later ones wait for those before.
    pub fn offer(&self, entry: Entry) -> Result<(), Difference> {
        let mut state = self.lock();
        // Each record is of one invocation that was forwarded.
        let (index, most) = (entry.index, (state.tree.size() + state.open.len()) as u64);
        if index >= most && state.difference.is_none() {
            return Err(self.differs(&mut state, Difference::Beyond { index, most }));
        }
        // What was counted is not counted again; another record in its place shows in the root.
        if index >= state.tree.size() as u64 {
            state.ahead.insert(index, entry);
        }
        self.advance(&mut state)
    }

    fn differs(&self, state: &mut State, difference: Difference) -> Difference {
        self.write(&Line::Differs(difference.clone()));
        state.difference = Some(difference.clone());
        self.counted.beat();
        difference
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
                    // If it is lost, the provider is asked for it again.
                    self.write(&Line::Checked { entry, at });
                    state.count(&entry, at);
                }
                Err(difference) => return Err(self.differs(state, difference)),
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
        let Entry { index, invocation, .. } = *entry;
        let forwarded = state.open.get(&invocation).ok_or(Difference::Unknown { index, invocation })?;
        self.bounds.judge(self.served.price, forwarded, entry)?;
        Ok(forwarded.at)
    }

    /// Signs for what is claimed, as far as it was measured, and was forwarded before the `end` of the serving. A claim that was
    /// signed for is answered by what was signed.
    pub async fn sign(
        &self,
        domain: Domain,
        key: &PrivateKeySigner,
        claim: &Claim,
        end: Option<u64>,
    ) -> Result<Result<Signed, Unsigned>> {
        let _one = self.signing.lock().await;
        let voucher = match self.voucher(claim, end) {
            Ok(Answer::Signed(signed)) => return Ok(Ok(signed)),
            Ok(Answer::New(voucher)) => voucher,
            Err(unsigned) => return Ok(Err(unsigned)),
        };
        let signed = Signed::new(domain, key, &voucher)?;
        // Lines before it, of what it covers, are on disk with it.
        self.journal.append(serde_json::to_string(&Line::Signed(signed.clone()))?).synced().await?;
        self.lock().signed.push(signed.clone());
        Ok(Ok(signed))
    }

    fn voucher(&self, claim: &Claim, end: Option<u64>) -> Result<Answer, Unsigned> {
        let state = self.lock();
        let (asked, measured) = (claim.invocations, state.tree.size() as u64);
        let size = usize::try_from(asked).ok().filter(|size| *size <= state.tree.size());
        let Some(size) = size else {
            return Err(match &state.difference {
                Some(difference) => Unsigned::Differs(difference.clone()),
                None => Unsigned::Unmeasured { asked, measured },
            });
        };
        let (amount, _) = size.checked_sub(1).map(|last| state.sums[last]).ok_or(Unsigned::Nothing)?;
        if state.tree.root_at(size) != Some(claim.usage_root) {
            return Err(Unsigned::Root { invocations: asked });
        }
        if claim.amount > amount {
            return Err(Unsigned::Amount { invocations: asked, asked: claim.amount, measured: amount });
        }
        // One voucher over what came later would be worth nothing, also for what came before.
        let is_paid = |until: u64| end.is_none_or(|end| until <= end);
        let size = state.sums[..size].partition_point(|(_, until)| is_paid(*until));
        let (amount, until) = size.checked_sub(1).map(|last| state.sums[last]).ok_or(Unsigned::Late)?;
        let (invocations, usage_root) = (size as u64, state.tree.root_at(size).unwrap_or(claim.usage_root));
        let paid = state.signed.iter().filter(|signed| is_paid(signed.until));
        let before = paid.max_by_key(|signed| signed.invocations);
        if let Some(signed) = before.filter(|signed| signed.invocations >= invocations) {
            return Ok(Answer::Signed(signed.clone()));
        }
        let from = before.map_or(self.served.started_at, |signed| signed.until).min(until);
        Ok(Answer::New(Voucher { serving: self.served.serving, amount, invocations, from, until, usage_root }))
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

    fn measured(&mut self, invocation: B256, measure: Measure) {
        if let Some(forwarded) = self.open.get_mut(&invocation) {
            forwarded.measure = measure;
        }
    }

    fn ran(&mut self, invocation: B256, again: Option<Again>) {
        if let Some(forwarded) = self.open.get_mut(&invocation) {
            forwarded.check = again.map_or(Check::None, Check::Ran);
        }
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
