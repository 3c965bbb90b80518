//! What a watcher sends: demands, draws, announcements and convictions.

use alloy::primitives::U256;
use anyhow::Result;
use contracts::i_capacity::ICapacity;
use rand::seq::IteratorRandom as _;

use super::Watcher;
use super::book::{Entry, Key};
use super::duties::Duty;
use super::journal::{Deed, Proof};
use crate::amount::Flt;
use crate::blocks::Head;
use crate::capacity::clock::{challenge_end, epoch_of};
use crate::capacity::puzzle::{self, DRAW_AFTER};
use crate::chain::Sent;
use crate::revert::{is_refused, refusal};

/// An announcement counts from so many blocks later on.
const ANNOUNCED_BLOCKS: u64 = 2;

impl Watcher {
    pub(super) async fn act(&mut self, head: Head, entry: &Entry, duty: Duty) -> Result<()> {
        let (commitment, window) = (entry.committed.commitment.0, entry.committed.window);
        match duty {
            Duty::Fetch => Ok(()),
            Duty::Demand => self.demand(head, entry).await,
            Duty::Draw => self.draw(entry).await,
            Duty::ConvictUnanswered => {
                let call = ICapacity::convictUnansweredCall { commitment, window };
                self.convicted(&self.capacity.send(call).await?);
                Ok(())
            }
            Duty::ConvictUndelivered { position } => {
                let call = ICapacity::convictUndeliveredCall { commitment, window, position };
                match self.capacity.send(call).await {
                    // Somebody was faster, and its deposit waits.
                    Err(error) if is_refused(&error, "DemandUnknown") => {}
                    sent => self.convicted(&sent?),
                }
                self.collect().await
            }
        }
    }

    /// Takes the deposits of demands that nobody answered.
    async fn collect(&self) -> Result<()> {
        let account = self.capacity.context.sender()?;
        match self.capacity.send(ICapacity::claimDepositCall { recipient: account }).await {
            Err(error) if is_refused(&error, "NothingToClaim") => Ok(()),
            sent => sent.map(drop),
        }
    }

    /// Pays for a random claimed leaf to be shown on the chain, as far as the budget goes.
    async fn demand(&mut self, head: Head, entry: &Entry) -> Result<()> {
        let committed = &entry.committed;
        let key = entry.key();
        let claimed = committed.bitmap.positions().filter(|position| !entry.was_demanded(*position));
        let Some(position) = claimed.choose(&mut rand::rng()) else { return Ok(()) };
        // The base fee may rise until it is mined; what is too much comes back.
        let deposit = self.capacity.view(head, ICapacity::demandDepositCall {}).await?;
        let deposit = deposit + deposit / U256::from(4);
        if self.journal.spent().saturating_add(deposit) > self.options.demand_budget {
            return Ok(());
        }
        let root = committed.root;
        self.journal.note(key, Deed::Demanded { root, position, deposit })?;
        let call = ICapacity::demandLeafCall {
            commitment: committed.commitment.0,
            claim: committed.claim(),
            bitmap: committed.bitmap.0.clone(),
            position,
        };
        match self.capacity.context.send_paying(self.capacity.at, call, deposit).await {
            Err(error) if refusal(&error).is_some() => {
                self.journal.note(key, Deed::Refused { root, position, deposit })?;
                return Err(error);
            }
            sent => drop(sent?),
        }
        self.counts.demands.add(1);
        tracing::info!("window {} of commitment {}: leaf {position} is demanded", key.1, key.0);
        Ok(())
    }

    /// Draws a claim that its provider did not draw, if one of its leaves will be asked for.
    async fn draw(&mut self, entry: &Entry) -> Result<()> {
        let committed = &entry.committed;
        let hash = self.capacity.hash_of(committed.block + DRAW_AFTER - 1).await?;
        let drawn = puzzle::draw(hash, committed.commitment, committed.window, committed.bitmap.filled());
        if drawn.is_none() {
            self.remember(entry, |memory| memory.is_harmless = true);
            return Ok(());
        }
        let call = ICapacity::drawCall { commitment: committed.commitment.0, claim: committed.claim() };
        match self.capacity.send(call).await {
            Err(error) if is_refused(&error, "DrawnAlready") => {}
            sent => {
                sent?;
                self.counts.draws.add(1);
                let (id, window) = (committed.commitment, committed.window);
                tracing::info!("window {window} of commitment {id}: drawn, and its provider has to answer");
            }
        }
        Ok(())
    }

    /// Announces and convicts for the leaves that were found invalid.
    pub(super) async fn prosecute(&mut self, head: Head) {
        let proved = self.book.entries.iter().filter_map(|(key, entry)| {
            let root = entry.committed.root;
            let is_open = !self.book.is_convicted(key.0) && !self.journal.is_checked(*key, root);
            let proof = self.journal.proof(*key, root).filter(|_| is_open)?;
            (head.time <= challenge_end(epoch_of(key.1))).then(|| (*key, entry.clone(), proof.clone()))
        });
        for (key, entry, proof) in proved.collect::<Vec<_>>() {
            let name = format!("the conviction of commitment {} for window {}", key.0, key.1);
            if !self.waits.may(&name, head.time) {
                continue;
            }
            let done = match self.announced.get(&key) {
                None => self.announce(head, key, &proof).await,
                Some(block) if head.number >= block + ANNOUNCED_BLOCKS => self.convict(key, &entry, &proof).await,
                Some(_) => Ok(()),
            };
            match done {
                Ok(()) => self.waits.done(&name),
                Err(error) => self.waits.failed(name, head.time, &error),
            }
        }
    }

    async fn announce(&mut self, head: Head, key: Key, proof: &Proof) -> Result<()> {
        let reporter = self.capacity.context.sender()?;
        let (commitment, window, position, salt) = (key.0.0, key.1, proof.leaf.position, proof.salt);
        let call = ICapacity::announcementCall { commitment, window, position, reporter, salt };
        let hash = self.capacity.view(head, call).await?;
        let block = match self.capacity.send(ICapacity::announceCall { hash }).await {
            // Before a restart.
            Err(error) if is_refused(&error, "AnnouncementKnown") => head.number,
            sent => sent?.block.unwrap_or(head.number),
        };
        self.announced.insert(key, block);
        tracing::info!("commitment {}: a conviction is announced in block {block}", key.0);
        Ok(())
    }

    async fn convict(&mut self, key: Key, entry: &Entry, proof: &Proof) -> Result<()> {
        let call = ICapacity::convictCall {
            commitment: key.0.0,
            claim: entry.committed.claim(),
            bitmap: entry.committed.bitmap.0.clone(),
            leaf: proof.opened(),
            salt: proof.salt,
        };
        match self.capacity.send(call).await {
            Ok(sent) => {
                self.convicted(&sent);
                Ok(())
            }
            // Its block comes.
            Err(error) if is_refused(&error, "AnnouncementTooYoung") => Ok(()),
            // A reorganisation took it back.
            Err(error) if is_refused(&error, "AnnouncementUnknown") => {
                self.announced.remove(&key);
                Ok(())
            }
            Err(error) if is_refused(&error, "CommitmentConvictedAlready") => Ok(()),
            Err(error) if is_refused(&error, "LeafValid") => {
                tracing::error!("commitment {}: the chain's verifier finds a leaf valid that we do not", key.0);
                self.journal.note(key, Deed::Checked { root: entry.committed.root })
            }
            Err(error) => Err(error),
        }
    }

    fn convicted(&self, sent: &Sent) {
        let Some(convicted) = sent.events::<ICapacity::CommitmentConvicted>().pop() else {
            // Another leaf was faster, and only a deposit came back.
            return;
        };
        self.counts.convictions.add(1);
        tracing::info!(
            "commitment {} of {} is convicted for window {}: {} FLT slashed, bounty {} FLT from unpaid rewards and {} \
             FLT from the slash",
            convicted.commitment,
            convicted.provider,
            convicted.window,
            Flt(convicted.slashed),
            Flt(convicted.bountyUnpaid),
            Flt(convicted.bountyStake)
        );
    }
}
