//! What a provider keeps of the usage of each serving, on disk: nothing is lost in a crash, and nothing is counted twice.

mod shelf;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result, ensure};
use metering::signing::Domain;
use metering::{Invocation, Series, Serving, Tree};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use crate::prober::statement::Target;
use crate::usage::journal::{self, Journal, Pending};
use crate::usage::{Claim, ENTRIES_MAX, Entries, Entry, Proof, Signed, target_of};

pub use shelf::Books;

/// Seconds of chain time that a gateway may be ahead of its provider: what began so shortly before an end it may have asked for later.
const APART: u64 = 60;

/// Whose book it is: its first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) chain_id: u64,
    pub(crate) vouchers: Address,
    #[serde(flatten)]
    pub(crate) target: Target,
    pub(crate) provider: Address,
    /// Smallest units of the stablecoin per unit-day, royalties included.
    #[serde(with = "crate::usage::decimal")]
    pub(crate) price: u128,
}

impl Header {
    pub(crate) fn new(domain: Domain, serving: Serving, price: U96) -> Self {
        let (target, provider) = (target_of(serving), serving.provider);
        Self { chain_id: domain.chain_id, vouchers: domain.contract, target, provider, price: price.to() }
    }

    /// Which serving the book with this name is of, and at what price. Where the name is another's, or the price none, opening it by
    /// them fails.
    pub(crate) fn named(&self, target: Target) -> (Serving, U96) {
        let serving =
            Serving { deal: target.deal.0, slot: target.slot, number: target.serving, provider: self.provider };
        (serving, U96::saturating_from(self.price))
    }

    /// The same serving of the same deployment, and what it costs.
    pub(crate) fn check(&self, wanted: &Self, path: &Path) -> Result<()> {
        ensure!(self == wanted, "{} is of {self:?}, not of {wanted:?}: give another --state", path.display());
        Ok(())
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Serving(Header),
    Usage(Entry),
    Voucher(Signed),
}

/// Path of the book of a serving.
pub(crate) fn path_of(folder: &Path, target: Target) -> PathBuf {
    folder.join(format!("{}-{}-{}.usage", target.deal, target.slot, target.serving))
}

/// Whose book this is; none: there is no book.
fn header_of(path: &Path) -> Result<Option<Header>> {
    Ok(match journal::first(path)? {
        Some(Line::Serving(header)) => Some(header),
        Some(_) | None => None,
    })
}

#[derive(Debug)]
struct State {
    series: Series,
    tree: Tree,
    entries: Vec<Entry>,
    /// Invocations that were taken on: each runs once.
    ids: HashSet<B256>,
    /// After each entry, the sum of all charges.
    sums: Vec<u128>,
    /// How many entries are on disk.
    synced: usize,
    /// All that were kept: where the end of the serving moves back, an earlier one is the last that is worth something.
    vouchers: Vec<Signed>,
    /// The one that was redeemed as far as it ever can be, since the start; before it the chain is asked.
    redeemed: Option<Signed>,
    /// What the chain paid of the serving, as far as is known; since the start, all that was signed for until the chain says otherwise.
    paid: u128,
    /// For how many entries the last claim was that was answered, and when the serving ended as of then.
    answered: Option<(u64, Option<u64>)>,
}

/// The usage of one serving.
///
/// 1. An invocation that is answered has its record on disk.
/// 2. Only records that are on disk are shown: what somebody saw is there after a crash.
/// 3. Each id is taken once.
#[derive(Debug)]
pub struct Book {
    serving: Serving,
    state: Mutex<State>,
    /// None: it is closed, and only read.
    journal: Option<Journal>,
}

impl Book {
    /// Opens or makes the book of a serving.
    pub async fn open(folder: &Path, domain: Domain, serving: Serving, price: U96) -> Result<Self> {
        let (path, header) = (path_of(folder, target_of(serving)), Header::new(domain, serving, price));
        let open = move || {
            let (journal, lines) = Journal::open(&path)?;
            let state = State::read(&header, &lines, &path)?;
            let first = serde_json::to_string(&Line::Serving(header))?;
            let pending = lines.is_empty().then(|| journal.append(first));
            anyhow::Ok((Self { serving, state: Mutex::new(state), journal: Some(journal) }, pending))
        };
        // A long one takes a while, and nobody else waits for it.
        let (book, pending) = spawn_blocking(open).await??;
        if let Some(pending) = pending {
            pending.synced().await?;
        }
        Ok(book)
    }

    /// The book in this file, to be read as it is now.
    fn read(path: &Path, domain: Domain, target: Target) -> Result<Option<Self>> {
        let Some(header) = header_of(path)? else { return Ok(None) };
        let (serving, price) = header.named(target);
        Header::new(domain, serving, price).check(&header, path)?;
        let state = State::read(&header, &journal::lines(path)?, path)?;
        Ok(Some(Self { serving, state: Mutex::new(state), journal: None }))
    }

    fn append(&self, line: &Line) -> Result<Pending> {
        let journal = self.journal.as_ref().context("the book of this serving is closed")?;
        Ok(journal.append(serde_json::to_string(line)?))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock panics half way: pushes come last.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn serving(&self) -> Serving {
        self.serving
    }

    /// Takes an invocation on. False: it was before.
    pub fn begin(&self, id: B256) -> bool {
        self.lock().ids.insert(id)
    }

    /// Writes down what an invocation used; it counts, and is on disk, when this returns.
    pub async fn note(&self, id: B256, invocation: &Invocation) -> Result<Entry> {
        let (entry, pending) = {
            let mut state = self.lock();
            let record = state.series.meter(invocation)?;
            let entry = Entry::new(id, &record);
            // Under the lock, so that lines are in the order of their indices.
            let pending = self.append(&Line::Usage(entry))?;
            state.push(entry);
            (entry, pending)
        };
        pending.synced().await?;
        let mut state = self.lock();
        let index = usize::try_from(entry.index).context("more records than memory")?;
        state.synced = state.synced.max(index + 1);
        Ok(entry)
    }

    pub fn entries(&self, from: u64) -> Entries {
        let state = self.lock();
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(state.synced);
        let end = state.synced.min(start.saturating_add(ENTRIES_MAX));
        Entries { size: state.synced as u64, entries: state.entries[start..end].to_vec() }
    }

    /// That a record is in the tree of the first `size`, or of all of them.
    pub fn proof(&self, index: u64, size: Option<u64>) -> Option<Proof> {
        let state = self.lock();
        let (index, size) =
            (usize::try_from(index).ok()?, size.map_or(Some(state.synced), |size| usize::try_from(size).ok())?);
        if index >= size || size > state.synced {
            return None;
        }
        let (root, path) = (state.tree.root_at(size)?, state.tree.proof_at(index, size)?);
        Some(Proof { size: size as u64, root, entry: state.entries[index], path })
    }

    /// What it wants a voucher for; none: everything is signed for. A gateway signs for nothing that came after the `end` of the
    /// serving, and is asked once.
    pub fn claim(&self, end: Option<u64>) -> Option<Claim> {
        let state = self.lock();
        let (signed, invocations) = (state.good(end).map_or(0, |signed| signed.invocations), state.synced as u64);
        if invocations <= signed || state.answered == Some((invocations, end)) {
            return None;
        }
        let (amount, usage_root) = (state.amount_of(state.synced), state.tree.root_at(state.synced)?);
        Some(Claim { target: target_of(self.serving), invocations, amount, usage_root })
    }

    /// This claim was answered by this voucher: over all that was claimed, or that came before an `end` that has passed by `now`. Any
    /// other is an error, and the claim stands: who signs for less later on must not be the last that was asked.
    pub fn answered(&self, claim: &Claim, signed: &Signed, end: Option<u64>, now: u64) -> Result<()> {
        let mut state = self.lock();
        if let Some(end) = end {
            let until = signed.until;
            ensure!(until <= end, "the voucher is for usage until {until}, and the serving ends at {end}");
        }
        let (of, claimed) = (signed.invocations, claim.invocations);
        if of < claimed {
            let first = usize::try_from(of).ok().and_then(|of| state.entries.get(of));
            let began = first.map_or(u64::MAX, |first| first.started_at_ms / 1_000);
            let is_rest_late = end.is_some_and(|end| end <= now && began.saturating_add(APART) >= end);
            ensure!(is_rest_late, "the voucher is for {of} invocations of the {claimed} that were claimed");
        }
        state.answered = Some((claimed, end));
        Ok(())
    }

    /// The voucher over most.
    pub fn voucher(&self) -> Option<Signed> {
        self.lock().good(None).cloned()
    }

    /// The voucher over most that can be redeemed of a serving with this end, unless it was.
    pub fn redeemable(&self, end: Option<u64>) -> Option<Signed> {
        let state = self.lock();
        state.good(end).filter(|signed| state.redeemed.as_ref() != Some(signed)).cloned()
    }

    /// This voucher was redeemed, as far as it ever can be.
    pub fn redeemed(&self, signed: &Signed) {
        self.lock().redeemed = Some(signed.clone());
    }

    /// So much was redeemed of the serving, as the chain says.
    pub fn paid(&self, redeemed: u128) {
        self.lock().paid = redeemed;
    }

    /// What was used and is not redeemed.
    pub fn owed(&self) -> u128 {
        let state = self.lock();
        state.amount_of(state.entries.len()).saturating_sub(state.paid)
    }

    /// What nobody signed for, and what was signed for and not redeemed, where so much was redeemed of a serving with this end.
    pub fn unpaid(&self, end: Option<u64>, redeemed: u128) -> (u128, u128) {
        let state = self.lock();
        let signed = state.good(end).map_or(0, |signed| signed.amount);
        (state.amount_of(state.synced).saturating_sub(signed), signed.saturating_sub(redeemed))
    }

    /// Keeps a voucher that pays for usage of this book by its own root; whether the gateway may sign is the caller's to know. One
    /// for usage before the `end` of the serving takes the place of those that say more than is paid. Whether it is a new one.
    pub async fn keep(&self, domain: Domain, signed: Signed, end: Option<u64>) -> Result<bool> {
        let voucher = signed.voucher();
        ensure!(voucher.serving == self.serving, "the voucher is for another serving");
        voucher
            .check(domain, signed.gateway, &signed.signature)
            .map_err(|refusal| anyhow::anyhow!("the voucher: {refusal}"))?;
        let pending = {
            let mut state = self.lock();
            let size = usize::try_from(signed.invocations).unwrap_or(usize::MAX);
            let root = state.tree.root_at(size).filter(|_| size <= state.synced);
            ensure!(root == Some(signed.usage_root), "the voucher's root is not of the first {size} records");
            let amount = state.amount_of(size);
            ensure!(amount == signed.amount, "the voucher pays {} for what costs {amount}", signed.amount);
            if state.vouchers.contains(&signed) {
                return Ok(false);
            }
            if let Some(before) = state.good(end).filter(|before| before.gateway == signed.gateway) {
                voucher.follows(&before.voucher()).map_err(|refusal| anyhow::anyhow!("the voucher: {refusal}"))?;
            }
            let pending = self.append(&Line::Voucher(signed.clone()))?;
            state.vouchers.push(signed);
            pending
        };
        pending.synced().await?;
        Ok(true)
    }
}

impl State {
    /// What these lines of a book say.
    fn read(header: &Header, lines: &[String], path: &Path) -> Result<Self> {
        let (serving, price) = header.named(header.target);
        let mut state = Self {
            series: Series::new(serving, price, 0),
            tree: Tree::default(),
            entries: Vec::new(),
            ids: HashSet::new(),
            sums: Vec::new(),
            synced: 0,
            vouchers: Vec::new(),
            redeemed: None,
            paid: 0,
            answered: None,
        };
        for line in lines {
            let line = serde_json::from_str(line).with_context(|| format!("{}: a damaged line", path.display()))?;
            match line {
                Line::Serving(found) => found.check(header, path)?,
                Line::Usage(entry) => state.take(entry).with_context(|| format!("{} is damaged", path.display()))?,
                Line::Voucher(signed) => state.vouchers.push(signed),
            }
        }
        state.synced = state.entries.len();
        state.paid = state.good(None).map_or(0, |signed| signed.amount);
        Ok(state)
    }

    /// A record of the journal.
    fn take(&mut self, entry: Entry) -> Result<()> {
        let record = entry.record();
        ensure!(record.index == self.tree.size() as u64, "record {} is not the next", record.index);
        self.series.take(&record)?;
        self.push(entry);
        self.ids.insert(entry.invocation);
        Ok(())
    }

    /// An entry that the series has.
    fn push(&mut self, entry: Entry) {
        self.tree.push(entry.record().leaf());
        self.entries.push(entry);
        self.sums.push(self.series.amount());
    }

    /// What the first so many entries cost.
    fn amount_of(&self, size: usize) -> u128 {
        size.checked_sub(1).map_or(0, |last| self.sums[last])
    }

    /// The voucher over most, of those for usage before `end`.
    fn good(&self, end: Option<u64>) -> Option<&Signed> {
        let paid = self.vouchers.iter().filter(|signed| end.is_none_or(|end| signed.until <= end));
        paid.max_by_key(|signed| signed.invocations)
    }
}

#[cfg(test)]
mod tests;
