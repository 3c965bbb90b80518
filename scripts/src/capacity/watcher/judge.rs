//! Fetching leaves and judging them.

use std::time::Instant;

use alloy::primitives::{Address, B256};
use anyhow::Result;
use contracts::i_capacity::ICapacity;
use futures::future::join_all;

use super::book::Entry;
use super::journal::{Deed, Proof};
use super::{READ_AGAIN, Watcher};
use crate::blocks::Head;
use crate::capacity::contract::Committed;
use crate::capacity::leaves::Fault;
use crate::capacity::puzzle::{Assignment, Leaf, Leaves, Tree, meets};
use crate::capacity::solver::{CLASS_CPU, Verdict, check_all};
use crate::ids::CommitmentId;
use crate::url::without_keys;

impl Watcher {
    /// Asks the servers at the same time, and judges what they answer one after the other, on all cores.
    /// A claim that cannot be judged now is told of and asked for again later; the others go on.
    pub(super) async fn judge_all(&mut self, head: Head, entries: &[&Entry]) {
        let mut addresses = Vec::new();
        for entry in entries {
            addresses.push(self.address_of(head, entry).await);
        }
        let asked = entries.iter().zip(addresses).map(|(entry, address)| async {
            match address {
                Ok(Some(address)) => Ok(self.client.fetch(&address, &entry.committed).await),
                Ok(None) => Ok(Err(Fault::Silent("its provider names no endpoint".to_owned()))),
                Err(error) => Err(error),
            }
        });
        let answers = join_all(asked).await;
        for (entry, answer) in entries.iter().zip(answers) {
            let judged = match answer {
                Ok(Ok(leaves)) => self.judge(head, entry, leaves).await,
                Ok(Err(fault)) => self.suspect(head, entry, &fault).await,
                Err(error) => Err(error),
            };
            if let Err(error) = judged {
                let Committed { commitment, window, .. } = &entry.committed;
                let why = without_keys(&format!("{error:#}"));
                tracing::warn!("window {window} of commitment {commitment} is not judged: {why}");
                self.remember(entry, |memory| memory.asked_at = head.time);
            }
        }
    }

    pub(super) async fn commitment(&mut self, head: Head, id: CommitmentId) -> Result<ICapacity::Commitment> {
        if let Some(known) = self.commitments.get(&id) {
            return Ok(known.clone());
        }
        let commitment = self.capacity.commitment(head, id).await?;
        self.commitments.insert(id, commitment.clone());
        Ok(commitment)
    }

    async fn address_of(&mut self, head: Head, entry: &Entry) -> Result<Option<String>> {
        let provider = self.commitment(head, entry.committed.commitment).await?.provider;
        if let Some(address) = self.options.endpoints.get(&provider) {
            return Ok(Some(address.clone()));
        }
        match self.endpoints.get(&provider) {
            Some((read_at, address)) if head.time < read_at + READ_AGAIN => Ok(address.clone()),
            _ => {
                let address = self.capacity.context.endpoint_of(provider, head.number).await?;
                self.endpoints.insert(provider, (head.time, address.clone()));
                Ok(address)
            }
        }
    }

    /// A server that is silent or lies proves nothing, but its leaves can be demanded.
    async fn suspect(&mut self, head: Head, entry: &Entry, fault: &Fault) -> Result<()> {
        let (id, window) = (entry.committed.commitment, entry.committed.window);
        let provider: Address = self.commitment(head, id).await?.provider;
        let mut is_new = false;
        self.remember(entry, |memory| {
            is_new = memory.silent_since == 0;
            memory.silent_since = if is_new { head.time } else { memory.silent_since };
            memory.asked_at = head.time;
        });
        if is_new {
            self.counts.faults.add(1);
            tracing::warn!("window {window} of commitment {id} by {provider}: {fault}");
        }
        Ok(())
    }

    async fn judge(&mut self, head: Head, entry: &Entry, leaves: Leaves) -> Result<()> {
        let committed = &entry.committed;
        let (id, window, root) = (committed.commitment, committed.window, committed.root);
        let commitment = self.commitment(head, id).await?;
        let seed = self.capacity.seed(head, window).await?;
        let assignment = Assignment { seed, provider: commitment.provider, commitment: id };
        let begin = Instant::now();
        let wrong = match commitment.class {
            CLASS_CPU => self.check_here(head, assignment, window, &leaves).await?,
            _ => self.check_on_chain(head, assignment, &commitment, window, &leaves).await?,
        };
        let microseconds = begin.elapsed().as_micros().max(1);
        let rate = leaves.len() as u128 * 1_000_000 / microseconds;
        self.counts.claims.add(1);
        self.counts.leaves.add(leaves.len() as u64);
        let Some((position, verdict)) = wrong.first() else {
            tracing::info!("window {window} of commitment {id}: {} leaves are valid, {rate} leaves/s", leaves.len());
            return self.journal.note((id, window), Deed::Checked { root });
        };
        tracing::warn!(
            "window {window} of commitment {id}: {} of {} leaves are not valid; leaf {position} is {verdict}",
            wrong.len(),
            leaves.len()
        );
        let leaf = leaves.get(position).cloned();
        let leaf = leaf.unwrap_or(Leaf { position: *position, nonce: 0, solution: Default::default() });
        let path = Tree::new(commitment.units, &leaves).path(*position);
        let proof = Proof { leaf, path, salt: B256::from(rand::random::<[u8; 32]>()) };
        self.journal.note((id, window), Deed::Proved { root, proof })
    }

    async fn check_here(
        &self,
        head: Head,
        assignment: Assignment,
        window: u32,
        leaves: &Leaves,
    ) -> Result<Vec<(u32, Verdict)>> {
        let target = self.capacity.target(head, CLASS_CPU, window).await?;
        let (leaves, threads) = (leaves.clone(), self.options.threads);
        let checking = move || check_all(&assignment, target, &leaves.values().collect::<Vec<_>>(), threads);
        Ok(tokio::task::spawn_blocking(checking).await?)
    }

    /// For classes whose verifier only the chain has.
    async fn check_on_chain(
        &self,
        head: Head,
        assignment: Assignment,
        commitment: &ICapacity::Commitment,
        window: u32,
        leaves: &Leaves,
    ) -> Result<Vec<(u32, Verdict)>> {
        let target = self.capacity.target(head, commitment.class, window).await?;
        for (&position, leaf) in leaves {
            let challenge = assignment.challenge(position);
            let verdict = if leaf.solution.is_empty() {
                Verdict::Empty
            } else if !self.capacity.verifies(head, commitment, challenge, leaf).await? {
                Verdict::NoSolution
            } else if !meets(target, challenge, leaf.nonce, &leaf.solution) {
                Verdict::MissesTarget
            } else {
                continue;
            };
            // One is enough for a conviction.
            return Ok(vec![(position, verdict)]);
        }
        Ok(Vec::new())
    }
}
