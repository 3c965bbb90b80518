//! What a watcher has done, on disk: nothing is checked, announced or paid for twice after a restart.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use alloy::primitives::{B256, Bytes, U256};
use anyhow::{Context as _, Result, bail};
use contracts::i_capacity::ICapacity;
use serde::{Deserialize, Serialize};

use super::book::{Key, kept_until};
use crate::capacity::puzzle::Leaf;
use crate::capacity::state::sync_folder;
use crate::ids::CommitmentId;

/// A leaf with its path, that cannot be had again if its server falls silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub leaf: Leaf,
    pub path: Vec<B256>,
    pub salt: B256,
}

impl Proof {
    pub fn opened(&self) -> ICapacity::Leaf {
        let Leaf { position, nonce, solution } = self.leaf.clone();
        ICapacity::Leaf { position, nonce, solution: Bytes::clone(&solution), path: self.path.clone() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Every leaf of this root is valid.
    Checked { root: B256 },
    /// One is not; written before it is announced.
    Proved { root: B256, proof: Proof },
    /// Written before it is sent: what may have been paid counts as paid.
    Demanded { root: B256, position: u32, deposit: U256 },
    /// The demand was refused, and nothing was paid.
    Refused { root: B256, position: u32, deposit: U256 },
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    commitment: CommitmentId,
    window: u32,
    deed: Deed,
}

/// Invariants:
/// 1. What `note` was told of is on disk when it returns.
#[derive(Debug)]
pub struct Journal {
    file: File,
    deeds: BTreeMap<Key, Vec<Deed>>,
    // Locked as long as it is open.
    _lock: File,
}

impl Journal {
    /// Opens or makes the journal; a torn last line is cut off, and what nobody can challenge at `time` is left out.
    pub fn open(folder: &Path, time: u64) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!("{} is in use: another watcher runs", folder.display());
        }
        let path = folder.join("journal");
        let bytes = if path.exists() { fs::read(&path)? } else { Vec::new() };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut deeds: BTreeMap<Key, Vec<Deed>> = BTreeMap::new();
        let mut kept = Vec::new();
        for line in bytes[..whole].split_inclusive(|byte| *byte == b'\n') {
            match serde_json::from_slice::<Record>(line) {
                Ok(record) if kept_until(record.window) >= time => {
                    kept.extend_from_slice(line);
                    deeds.entry((record.commitment, record.window)).or_default().push(record.deed);
                }
                Ok(_) => {}
                Err(error) => tracing::warn!("{}: a damaged line is left out: {error}", path.display()),
            }
        }
        let neighbour = folder.join("journal.part");
        let mut file = File::create(&neighbour)?;
        file.write_all(&kept)?;
        file.sync_all()?;
        fs::rename(&neighbour, &path)?;
        sync_folder(folder)?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok(Self { file, deeds, _lock: lock })
    }

    pub fn note(&mut self, (commitment, window): Key, deed: Deed) -> Result<()> {
        let line = serde_json::to_string(&Record { commitment, window, deed: deed.clone() })? + "\n";
        self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data()).context("writing the journal")?;
        self.deeds.entry((commitment, window)).or_default().push(deed);
        Ok(())
    }

    fn of(&self, key: Key) -> impl Iterator<Item = &Deed> {
        self.deeds.get(&key).into_iter().flatten()
    }

    pub fn is_checked(&self, key: Key, committed: B256) -> bool {
        self.of(key).any(|deed| matches!(deed, Deed::Checked { root } if *root == committed))
    }

    pub fn proof(&self, key: Key, committed: B256) -> Option<&Proof> {
        self.of(key).find_map(|deed| match deed {
            Deed::Proved { root, proof } if *root == committed => Some(proof),
            Deed::Checked { .. } | Deed::Proved { .. } | Deed::Demanded { .. } | Deed::Refused { .. } => None,
        })
    }

    /// Leaves of a claim that were demanded.
    pub fn demanded(&self, key: Key, committed: B256) -> usize {
        let sent = self.of(key).filter(|deed| matches!(deed, Deed::Demanded { root, .. } if *root == committed));
        let refused = self.of(key).filter(|deed| matches!(deed, Deed::Refused { root, .. } if *root == committed));
        sent.count().saturating_sub(refused.count())
    }

    /// Coins that went into demands, of all claims that are remembered.
    pub fn spent(&self) -> U256 {
        self.deeds.values().flatten().fold(U256::ZERO, |spent, deed| match deed {
            Deed::Demanded { deposit, .. } => spent.saturating_add(*deposit),
            Deed::Refused { deposit, .. } => spent.saturating_sub(*deposit),
            Deed::Checked { .. } | Deed::Proved { .. } => spent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    const KEY: Key = (CommitmentId(3), 480_000);
    const ROOT: B256 = B256::repeat_byte(1);

    #[test]
    fn deeds_survive_a_restart_and_a_torn_line() -> Result<()> {
        let folder = tempdir()?;
        let leaf = Leaf { position: 4, nonce: 5, solution: vec![6; 16].into() };
        let proof = Proof { leaf, path: vec![ROOT; 4], salt: B256::repeat_byte(2) };
        let mut journal = Journal::open(folder.path(), 0)?;
        journal.note(KEY, Deed::Checked { root: ROOT })?;
        journal.note(KEY, Deed::Demanded { root: ROOT, position: 1, deposit: U256::from(7) })?;
        journal.note(KEY, Deed::Proved { root: ROOT, proof: proof.clone() })?;
        assert!(Journal::open(folder.path(), 0).is_err_and(|error| error.to_string().contains("in use")));
        drop(journal);
        let path = folder.path().join("journal");
        let bytes = fs::read(&path)?;
        fs::write(&path, [&bytes[..], b"{\"commitment\":3,\"win"].concat())?;

        let mut journal = Journal::open(folder.path(), kept_until(KEY.1))?;
        assert!(journal.is_checked(KEY, ROOT) && !journal.is_checked(KEY, B256::ZERO));
        assert_eq!(journal.proof(KEY, ROOT), Some(&proof));
        assert_eq!((journal.spent(), journal.demanded(KEY, ROOT)), (U256::from(7), 1));
        journal.note(KEY, Deed::Demanded { root: ROOT, position: 2, deposit: U256::from(5) })?;
        journal.note(KEY, Deed::Refused { root: ROOT, position: 2, deposit: U256::from(5) })?;
        assert_eq!((journal.spent(), journal.demanded(KEY, ROOT)), (U256::from(7), 1));
        journal.note(KEY, Deed::Checked { root: B256::ZERO })?;
        drop(journal);
        assert!(Journal::open(folder.path(), 0)?.is_checked(KEY, B256::ZERO));
        let later = Journal::open(folder.path(), kept_until(KEY.1) + 1)?;
        assert!(!later.is_checked(KEY, ROOT) && later.spent().is_zero());
        Ok(())
    }

    #[test]
    fn a_proof_opens_as_the_contract_reads_it() {
        let leaf = Leaf { position: 4, nonce: 5, solution: vec![6; 16].into() };
        let opened = Proof { leaf, path: vec![ROOT; 4], salt: ROOT }.opened();
        assert_eq!((opened.position, opened.nonce, opened.solution.len(), opened.path.len()), (4, 5, 16, 4));
    }
}
