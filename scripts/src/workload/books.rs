//! What a provider keeps of the usage of each serving, on disk: nothing is lost in a crash, and nothing is counted twice.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result, ensure};
use metering::signing::Domain;
use metering::{Invocation, Series, Serving, Tree};
use serde::{Deserialize, Serialize};

use crate::ids::DealId;
use crate::prober::statement::Target;
use crate::usage::journal::Journal;
use crate::usage::{Claim, ENTRIES_MAX, Entries, Entry, Proof, Signed, target_of};

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

#[derive(Debug)]
struct State {
    series: Series,
    tree: Tree,
    entries: Vec<Entry>,
    /// Invocations that were taken on: each runs once.
    ids: HashSet<B256>,
    /// How many entries are on disk.
    synced: usize,
    voucher: Option<Signed>,
    /// Whether it was, since the start; before it the chain is asked.
    is_redeemed: bool,
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
    journal: Journal,
}

impl Book {
    /// Opens or makes the book of a serving.
    pub async fn open(folder: &Path, domain: Domain, serving: Serving, price: U96) -> Result<Self> {
        let path = path_of(folder, target_of(serving));
        let (journal, lines) = Journal::open(&path)?;
        let header = Header::new(domain, serving, price);
        let mut state = State {
            series: Series::new(serving, price, 0),
            tree: Tree::default(),
            entries: Vec::new(),
            ids: HashSet::new(),
            synced: 0,
            voucher: None,
            is_redeemed: false,
        };
        if lines.is_empty() {
            journal.append(serde_json::to_string(&Line::Serving(header.clone()))?).synced().await?;
        }
        for line in &lines {
            let line = serde_json::from_str(line).with_context(|| format!("{}: a damaged line", path.display()))?;
            match line {
                Line::Serving(found) => found.check(&header, &path)?,
                Line::Usage(entry) => state.take(entry).with_context(|| format!("{} is damaged", path.display()))?,
                Line::Voucher(signed) => state.voucher = Some(signed),
            }
        }
        state.synced = state.entries.len();
        Ok(Self { serving, state: Mutex::new(state), journal })
    }

    /// The book of a serving that has one, whatever it costs.
    async fn reopen(folder: &Path, domain: Domain, target: Target) -> Result<Option<Self>> {
        let path = path_of(folder, target);
        let Ok(file) = File::open(&path) else { return Ok(None) };
        let mut first = String::new();
        BufReader::new(file).read_line(&mut first)?;
        let Ok(Line::Serving(header)) = serde_json::from_str(&first) else { return Ok(None) };
        let (number, provider) = (target.serving, header.provider);
        let serving = Serving { deal: target.deal.0, slot: target.slot, number, provider };
        Self::open(folder, domain, serving, U96::from(header.price)).await.map(Some)
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
            state.tree.push(record.leaf());
            state.entries.push(entry);
            // Under the lock, so that lines are in the order of their indices.
            (entry, self.journal.append(serde_json::to_string(&Line::Usage(entry))?))
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

    /// What it wants a voucher for; none: everything is signed for.
    pub fn claim(&self) -> Option<Claim> {
        let state = self.lock();
        let signed = state.voucher.as_ref().map_or(0, |signed| signed.invocations);
        let target = target_of(self.serving);
        let amount = state.entries[..state.synced].iter().map(|entry| entry.charge).sum();
        let usage_root = state.tree.root_at(state.synced)?;
        let invocations = state.synced as u64;
        (invocations > signed).then_some(Claim { target, invocations, amount, usage_root })
    }

    /// The latest voucher.
    pub fn voucher(&self) -> Option<Signed> {
        self.lock().voucher.clone()
    }

    /// The latest voucher, unless it was redeemed.
    pub fn redeemable(&self) -> Option<Signed> {
        let state = self.lock();
        state.voucher.clone().filter(|_| !state.is_redeemed)
    }

    /// This voucher was redeemed, as far as it can be.
    pub fn redeemed(&self, signed: &Signed) {
        let mut state = self.lock();
        state.is_redeemed |= state.voucher.as_ref() == Some(signed);
    }

    /// Keeps a voucher that pays for usage of this book by its own root; whether the gateway may sign is the caller's to know.
    pub async fn keep(&self, domain: Domain, signed: Signed) -> Result<()> {
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
            let amount: u128 = state.entries[..size].iter().map(|entry| entry.charge).sum();
            ensure!(amount == signed.amount, "the voucher pays {} for what costs {amount}", signed.amount);
            if let Some(before) = state.voucher.as_ref().filter(|before| before.gateway == signed.gateway) {
                if *before == signed {
                    return Ok(());
                }
                voucher.follows(&before.voucher()).map_err(|refusal| anyhow::anyhow!("the voucher: {refusal}"))?;
            }
            state.voucher = Some(signed.clone());
            state.is_redeemed = false;
            self.journal.append(serde_json::to_string(&Line::Voucher(signed))?)
        };
        pending.synced().await
    }
}

impl State {
    /// A record of the journal.
    fn take(&mut self, entry: Entry) -> Result<()> {
        let record = entry.record();
        ensure!(record.index == self.tree.size() as u64, "record {} is not the next", record.index);
        self.series.take(&record)?;
        self.tree.push(record.leaf());
        self.entries.push(entry);
        self.ids.insert(entry.invocation);
        Ok(())
    }
}

/// Books that are open, by serving.
#[derive(Debug)]
pub struct Books {
    folder: PathBuf,
    domain: Domain,
    open: tokio::sync::Mutex<BTreeMap<Target, Arc<Book>>>,
}

impl Books {
    pub fn new(folder: PathBuf, domain: Domain) -> Self {
        Self { folder, domain, open: tokio::sync::Mutex::default() }
    }

    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// Opens every book of the folder: of servings that ended vouchers may still be asked for.
    pub async fn load(&self) -> Result<()> {
        let Ok(folder) = std::fs::read_dir(&self.folder) else { return Ok(()) };
        for file in folder {
            let name = file?.file_name();
            let numbers = name.to_str().and_then(|name| name.strip_suffix(".usage")).map(|name| name.split('-'));
            let numbers: Option<Vec<u64>> = numbers.and_then(|numbers| numbers.map(|text| text.parse().ok()).collect());
            if let Some([deal, slot, serving]) = numbers.as_deref()
                && let (Ok(slot), Ok(serving)) = (u8::try_from(*slot), u32::try_from(*serving))
            {
                self.get(Target { deal: DealId(*deal), slot, serving }).await?;
            }
        }
        Ok(())
    }

    /// The book of a serving; made if there is none.
    pub async fn of(&self, serving: Serving, price: U96) -> Result<Arc<Book>> {
        let mut open = self.open.lock().await;
        let target = target_of(serving);
        if let Some(book) = open.get(&target) {
            return Ok(Arc::clone(book));
        }
        let book = Arc::new(Book::open(&self.folder, self.domain, serving, price).await?);
        open.insert(target, Arc::clone(&book));
        Ok(book)
    }

    /// The book of a serving that has one, as of one that ended.
    pub async fn get(&self, target: Target) -> Result<Option<Arc<Book>>> {
        let mut open = self.open.lock().await;
        if let Some(book) = open.get(&target) {
            return Ok(Some(Arc::clone(book)));
        }
        let found = Book::reopen(&self.folder, self.domain, target).await?.map(Arc::new);
        open.extend(found.iter().map(|book| (target, Arc::clone(book))));
        Ok(found)
    }

    pub async fn all(&self) -> Vec<Arc<Book>> {
        self.open.lock().await.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::signers::local::PrivateKeySigner;
    use tempfile::tempdir;

    const DOMAIN: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };
    const SERVING: Serving = Serving { deal: 7, slot: 1, number: 3, provider: Address::repeat_byte(9) };
    const PRICE: U96 = U96::from_limbs([86_400_000_000, 0]);

    fn invocation(duration_ms: u32) -> Invocation {
        Invocation { started_at_ms: 1_000, duration_ms, millicores: 1_000, memory_mib: 1, fuel: 5 }
    }

    async fn filled(folder: &Path) -> Result<Book> {
        let book = Book::open(folder, DOMAIN, SERVING, PRICE).await?;
        for number in 1..=5_u8 {
            assert!(book.begin(B256::repeat_byte(number)));
            let entry = book.note(B256::repeat_byte(number), &invocation(number.into())).await?;
            assert_eq!((entry.index, entry.charge), (u64::from(number) - 1, 1_000 * u128::from(number)));
        }
        Ok(book)
    }

    #[tokio::test]
    async fn a_book_is_the_same_after_a_restart() -> Result<()> {
        let folder = tempdir()?;
        let book = filled(folder.path()).await?;
        let (entries, claim) = (book.entries(0), book.claim().context("nothing is signed for")?);
        assert_eq!((claim.invocations, claim.amount, entries.entries.len()), (5, 15_000, 5));
        assert_eq!(book.entries(3).entries, entries.entries[3..]);
        assert_eq!((book.entries(9).entries, book.entries(9).size), (Vec::new(), 5));
        drop(book);

        let book = Book::open(folder.path(), DOMAIN, SERVING, PRICE).await?;
        assert_eq!((book.entries(0), book.claim()), (entries, Some(claim)));
        assert!(!book.begin(B256::repeat_byte(5)), "it was taken on before the restart");
        drop(book);
        let other = Book::open(folder.path(), DOMAIN, SERVING, U96::from(1)).await;
        assert!(other.expect_err("another price").to_string().contains("--state"));
        Ok(())
    }

    #[tokio::test]
    async fn anybody_checks_a_record_against_the_root_of_a_voucher() -> Result<()> {
        let folder = tempdir()?;
        let book = filled(folder.path()).await?;
        let claim = book.claim().context("nothing is signed for")?;
        for index in 0..5 {
            let proof = book.proof(index, None).context("the record is there")?;
            assert!(proof.holds(claim.usage_root, claim.invocations));
            let forged = Proof { entry: Entry { charge: proof.entry.charge + 1, ..proof.entry }, ..proof.clone() };
            assert!(!forged.holds(claim.usage_root, claim.invocations));
            assert!(!proof.holds(B256::ZERO, claim.invocations), "usage that does not match the root");
        }
        let early = book.proof(1, Some(2)).context("the record is there")?;
        assert!(early.holds(early.root, 2) && early.root != claim.usage_root);
        assert!(book.proof(2, Some(2)).is_none() && book.proof(0, Some(6)).is_none());
        Ok(())
    }

    #[tokio::test]
    async fn only_vouchers_for_its_own_usage_are_kept() -> Result<()> {
        let folder = tempdir()?;
        let book = filled(folder.path()).await?;
        let gateway = PrivateKeySigner::random();
        let claim = book.claim().context("nothing is signed for")?;
        let (amount, usage_root) = (claim.amount, claim.usage_root);
        let voucher = metering::Voucher { serving: SERVING, amount, invocations: 5, from: 0, until: 9, usage_root };
        let sign = |voucher: &metering::Voucher| Signed::new(DOMAIN, &gateway, voucher);
        let good = sign(&voucher)?;
        let other = Serving { number: 4, ..SERVING };
        for (wrong, why) in [
            (sign(&metering::Voucher { serving: other, ..voucher })?, "another serving"),
            (sign(&metering::Voucher { amount: amount - 1, ..voucher })?, "pays 14999 for what costs 15000"),
            (sign(&metering::Voucher { usage_root: B256::ZERO, ..voucher })?, "root"),
            (sign(&metering::Voucher { invocations: 6, ..voucher })?, "root"),
            (Signed { gateway: Address::ZERO, ..good.clone() }, "not signed by"),
        ] {
            let error = book.keep(DOMAIN, wrong).await.expect_err("it is wrong").to_string();
            assert!(error.contains(why), "{error}");
        }
        book.keep(DOMAIN, good.clone()).await?;
        assert_eq!((book.voucher(), book.claim()), (Some(good.clone()), None));
        drop(book);
        let book = Book::open(folder.path(), DOMAIN, SERVING, PRICE).await?;
        assert_eq!((book.voucher(), book.claim()), (Some(good), None));
        Ok(())
    }
}
