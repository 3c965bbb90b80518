//! What a prover keeps on disk, one folder a commitment: leaves as they are found, and what was committed.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result, bail, ensure};
use contracts::i_capacity::ICapacity;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::puzzle::{Bitmap, Leaf, Leaves, Tree};
use crate::ids::CommitmentId;

/// Whose folder it is: work for another commitment is worth nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub chain_id: u64,
    pub capacity: Address,
    pub commitment: CommitmentId,
    pub provider: Address,
    pub units: u16,
}

/// What is claimed of a window, written before it is sent: whatever happens then, nothing else is ever claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    pub window: u32,
    pub seed: B256,
    pub root: B256,
    pub bitmap: Bitmap,
    /// Of the commit; none while it is not known to be mined.
    pub block: Option<u64>,
}

impl Sealed {
    pub fn filled(&self) -> u32 {
        self.bitmap.filled()
    }

    /// The claim as the contract hashes it, once it is mined.
    pub fn claim(&self) -> Option<ICapacity::Claim> {
        self.block.map(|block| self.bitmap.claim(self.window, self.root, block))
    }
}

/// What is held of a window, without its leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    pub seed: B256,
    pub found: u32,
    pub sealed: Option<Sealed>,
}

/// The folder of a commitment.
///
/// 1. A leaf that `append` was told of is on disk when it returns.
/// 2. Of a position one leaf is kept, and of a window the leaves for one seed.
/// 3. Once a window is sealed its leaves do not change.
/// 4. One process has it open.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    windows: Mutex<BTreeMap<u32, Held>>,
    // Locked as long as it is open.
    _lock: File,
}

#[derive(Debug)]
struct Held {
    seed: B256,
    leaves: Leaves,
    file: File,
    sealed: Option<Sealed>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    window: u32,
    seed: B256,
}

const LEAVES: &str = "leaves";
const SEALED: &str = "sealed";

impl Store {
    /// Opens or makes the folder; what a killed prover left half written is cut off.
    pub fn open(folder: &Path, identity: &Identity) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!("{} is in use: another prover of this commitment runs", folder.display());
        }
        let known = folder.join("commitment.json");
        if known.exists() {
            let theirs: Identity = read_json(&known)?;
            let whose = folder.display();
            ensure!(theirs == *identity, "{whose} belongs to another commitment, {theirs:?}: give another --state");
        } else {
            write_json(&known, identity)?;
        }
        let mut windows = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == LEAVES)
                && let Some((window, held)) = Held::read(&path)?
            {
                windows.insert(window, held);
            }
        }
        Ok(Self { folder: folder.to_owned(), windows: Mutex::new(windows), _lock: lock })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Held>> {
        // Each change is one insertion, so whoever panicked left none half done.
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, window: u32, kind: &str) -> PathBuf {
        self.folder.join(format!("{window}.{kind}"))
    }

    pub fn holdings(&self) -> BTreeMap<u32, Holding> {
        let windows = self.lock();
        windows.iter().map(|(window, held)| (*window, held.holding())).collect()
    }

    pub fn holding(&self, window: u32) -> Option<Holding> {
        self.lock().get(&window).map(Held::holding)
    }

    pub fn leaves(&self, window: u32) -> Leaves {
        self.lock().get(&window).map(|held| held.leaves.clone()).unwrap_or_default()
    }

    /// Makes room for the leaves of a window; those for another seed must have been discarded.
    pub fn begin(&self, window: u32, seed: B256) -> Result<()> {
        let mut windows = self.lock();
        if let Some(held) = windows.get(&window) {
            ensure!(held.seed == seed, "window {window} is held for the seed {}", held.seed);
            return Ok(());
        }
        let path = self.path(window, LEAVES);
        let mut file = OpenOptions::new().create_new(true).append(true).open(&path)?;
        file.write_all(line(&Header { window, seed })?.as_bytes())?;
        file.sync_all()?;
        sync_folder(&self.folder)?;
        windows.insert(window, Held { seed, leaves: Leaves::new(), file, sealed: None });
        Ok(())
    }

    /// Keeps a leaf. False: it came too late, or its position has one.
    pub fn append(&self, window: u32, seed: B256, leaf: Leaf) -> Result<bool> {
        let mut windows = self.lock();
        let Some(held) = windows.get_mut(&window) else { return Ok(false) };
        if held.seed != seed || held.sealed.is_some() || held.leaves.contains_key(&leaf.position) {
            return Ok(false);
        }
        let length = held.file.metadata()?.len();
        if let Err(error) = held.file.write_all(line(&leaf)?.as_bytes()).and_then(|()| held.file.sync_data()) {
            // Half a line would spoil the next one.
            held.file.set_len(length)?;
            return Err(error.into());
        }
        held.leaves.insert(leaf.position, leaf);
        Ok(true)
    }

    /// Fixes what is claimed of a window: the leaves that `is_valid` finds good. The same answer when it is asked again.
    pub fn seal(&self, window: u32, units: u16, is_valid: impl Fn(&Leaf) -> bool) -> Result<Sealed> {
        let mut windows = self.lock();
        let held = windows.get_mut(&window).with_context(|| format!("nothing is held of window {window}"))?;
        if let Some(sealed) = &held.sealed {
            return Ok(sealed.clone());
        }
        let count = held.leaves.len();
        held.leaves.retain(|_, leaf| is_valid(leaf));
        if held.leaves.len() < count {
            tracing::error!("window {window}: {} kept leaves are damaged and left out", count - held.leaves.len());
        }
        let bitmap = Bitmap::new(units, held.leaves.keys().copied());
        let root = Tree::new(units, &held.leaves).root();
        let sealed = Sealed { window, seed: held.seed, root, bitmap, block: None };
        write_json(&self.path(window, SEALED), &sealed)?;
        held.sealed = Some(sealed.clone());
        Ok(sealed)
    }

    /// Notes in which block the commit of a window was mined.
    pub fn mined(&self, window: u32, block: u64) -> Result<()> {
        let mut windows = self.lock();
        let held = windows.get_mut(&window).with_context(|| format!("nothing is held of window {window}"))?;
        let sealed = held.sealed.as_mut().with_context(|| format!("window {window} is not sealed"))?;
        sealed.block = Some(block);
        write_json(&self.path(window, SEALED), sealed)
    }

    /// Takes what the chain says was committed, where the leaves that are held make the same root. Answers whether they do.
    pub fn adopt(&self, committed: &Sealed, units: u16) -> Result<bool> {
        let mut windows = self.lock();
        let Some(held) = windows.get_mut(&committed.window) else { return Ok(false) };
        let claimed = held.leaves.iter().filter(|(position, _)| committed.bitmap.is_set(**position));
        let claimed: Leaves = claimed.map(|(position, leaf)| (*position, leaf.clone())).collect();
        let is_complete = claimed.len() == committed.filled() as usize;
        if held.seed != committed.seed || !is_complete || Tree::new(units, &claimed).root() != committed.root {
            return Ok(false);
        }
        write_json(&self.path(committed.window, SEALED), committed)?;
        held.leaves = claimed;
        held.sealed = Some(committed.clone());
        Ok(true)
    }

    /// Forgets a window and its files.
    pub fn discard(&self, window: u32) -> Result<()> {
        self.lock().remove(&window);
        // Sealed first: leaves without a seal are only work, a seal without leaves would be a promise.
        for kind in [SEALED, LEAVES] {
            match fs::remove_file(self.path(window, kind)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("removing window {window}"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Held {
    fn holding(&self) -> Holding {
        let found = u32::try_from(self.leaves.len()).unwrap_or(u32::MAX);
        Holding { seed: self.seed, found, sealed: self.sealed.clone() }
    }

    /// None: not even the first line is whole, so there is nothing in it.
    fn read(path: &Path) -> Result<Option<(u32, Self)>> {
        let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        // What follows the last end of a line was being written when the prover was killed.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut lines = bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let header = lines.next().and_then(|line| serde_json::from_slice::<Header>(line).ok());
        let Some(Header { window, seed }) = header else {
            tracing::warn!("{} holds nothing whole and is removed", path.display());
            fs::remove_file(path)?;
            return Ok(None);
        };
        let mut leaves = Leaves::new();
        for line in lines {
            match serde_json::from_slice::<Leaf>(line) {
                Ok(leaf) => drop(leaves.entry(leaf.position).or_insert(leaf)),
                Err(error) => tracing::warn!("{}: a damaged line is left out: {error}", path.display()),
            }
        }
        let file = OpenOptions::new().append(true).open(path)?;
        file.set_len(whole as u64)?;
        let seal = path.with_extension(SEALED);
        let sealed = if seal.exists() { Some(read_json::<Sealed>(&seal)?) } else { None };
        let sealed = sealed.filter(|sealed| sealed.seed == seed);
        if let Some(sealed) = &sealed {
            leaves.retain(|position, _| sealed.bitmap.is_set(*position));
        }
        Ok(Some((window, Self { seed, leaves, file, sealed })))
    }
}

fn line(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
}

/// Written to a neighbour first and synced: after a crash there is the old file or the new one, never half of one.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let neighbour = path.with_extension("part");
    let write = || -> Result<()> {
        let mut file = File::create(&neighbour)?;
        file.write_all(line(value)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(&neighbour, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

/// A new name is only on disk when its folder is.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)?.sync_all().with_context(|| format!("syncing {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tempfile::TempDir;

    const SEED: B256 = B256::repeat_byte(1);
    const UNITS: u16 = 2;

    fn identity() -> Identity {
        let (capacity, provider) = (Address::repeat_byte(5), Address::repeat_byte(6));
        Identity { chain_id: 1, capacity, commitment: CommitmentId(7), provider, units: UNITS }
    }

    fn leaf(position: u32) -> Leaf {
        Leaf { position, nonce: 9, solution: vec![7; 16].into() }
    }

    fn filled() -> Result<(TempDir, Store)> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(folder.path(), &identity())?;
        store.begin(3, SEED)?;
        for position in [0, 5, 15] {
            assert!(store.append(3, SEED, leaf(position))?);
        }
        Ok((folder, store))
    }

    fn found(store: &Store) -> Vec<u32> {
        store.leaves(3).into_keys().collect()
    }

    #[test]
    fn nothing_found_is_lost_and_nothing_kept_twice() -> Result<()> {
        let (folder, store) = filled()?;
        assert!(!store.append(3, SEED, leaf(5))?, "a position has one leaf");
        assert!(!store.append(3, B256::ZERO, leaf(6))?, "work for another seed");
        assert!(!store.append(4, SEED, leaf(6))?, "a window that was not begun");
        assert!(Store::open(folder.path(), &identity()).is_err_and(|error| error.to_string().contains("in use")));
        drop(store);
        let store = Store::open(folder.path(), &identity())?;
        assert_eq!(found(&store), [0, 5, 15]);
        assert!(store.begin(3, B256::ZERO).is_err() && store.begin(3, SEED).is_ok());
        Ok(())
    }

    #[test]
    fn another_commitments_folder_is_refused() -> Result<()> {
        let (folder, store) = filled()?;
        drop(store);
        let other = Identity { commitment: CommitmentId(8), ..identity() };
        let refused = Store::open(folder.path(), &other).expect_err("it is not ours");
        assert!(refused.to_string().contains("another commitment"), "{refused}");
        Ok(())
    }

    #[test]
    fn a_seal_is_kept_and_closes_the_window() -> Result<()> {
        let (folder, store) = filled()?;
        let sealed = store.seal(3, UNITS, |leaf| leaf.position != 5)?;
        assert_eq!((sealed.filled(), sealed.claim()), (2, None));
        assert!(!store.append(3, SEED, leaf(6))?);
        store.mined(3, 42)?;
        drop(store);
        let store = Store::open(folder.path(), &identity())?;
        let again = store.seal(3, UNITS, |_| true)?;
        assert_eq!(again, Sealed { block: Some(42), ..sealed.clone() });
        let claimed: Leaves = [0, 15].map(|position| (position, leaf(position))).into();
        assert_eq!((found(&store), again.root), (vec![0, 15], Tree::new(UNITS, &claimed).root()));
        store.discard(3)?;
        assert!(store.holdings().is_empty());
        drop(store);
        assert!(Store::open(folder.path(), &identity())?.holdings().is_empty());
        Ok(())
    }

    #[test]
    fn a_commit_that_the_chain_knows_is_adopted_if_the_leaves_are_there() -> Result<()> {
        let (_folder, store) = filled()?;
        let claimed: Leaves = [0, 5].map(|position| (position, leaf(position))).into();
        let bitmap = Bitmap::new(UNITS, [0, 5]);
        let root = Tree::new(UNITS, &claimed).root();
        let committed = Sealed { window: 3, seed: SEED, root, bitmap, block: Some(8) };
        let foreign = Sealed { root: B256::ZERO, ..committed.clone() };
        assert!(!store.adopt(&foreign, UNITS)? && store.holdings()[&3].sealed.is_none());
        assert!(store.adopt(&committed, UNITS)?);
        assert_eq!((found(&store), store.holdings()[&3].sealed.clone()), (vec![0, 5], Some(committed)));
        Ok(())
    }

    proptest! {
        // Each case syncs the disk a dozen times.
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_torn_end_is_cut_off_and_written_over(cut in 0_usize..400) {
            let (folder, store) = filled().expect("the disk works");
            drop(store);
            let path = folder.path().join("3.leaves");
            let bytes = fs::read(&path).expect("it was written");
            let kept = bytes.len().saturating_sub(cut);
            fs::write(&path, &bytes[..kept]).expect("the disk works");
            let store = Store::open(folder.path(), &identity()).expect("a torn file is no damage");
            let lines = bytes[..kept].iter().filter(|byte| **byte == b'\n').count();
            prop_assert_eq!(found(&store).len(), lines.saturating_sub(1));
            store.begin(3, SEED).expect("the seed is the same");
            for position in [0, 5, 15] {
                store.append(3, SEED, leaf(position)).expect("the disk works");
            }
            drop(store);
            let store = Store::open(folder.path(), &identity()).expect("it is whole");
            prop_assert_eq!(found(&store), [0, 5, 15]);
        }
    }
}
