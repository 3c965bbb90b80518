//! One step after the other: what a plan says, done on the chain and on disk.

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy::primitives::Bytes;
use alloy::sol_types::SolCall as _;
use anyhow::{Context as _, Result, ensure};
use contracts::i_capacity::ICapacity;

use super::Prover;
use crate::blocks::Head;
use crate::capacity::clock::{WINDOW, window_end};
use crate::capacity::plan::Step;
use crate::capacity::puzzle::{Leaf, Leaves, MILLION, Tree};
use crate::capacity::solver::check_all;
use crate::capacity::state::{Holding, Sealed};
use crate::chain::Sent;
use crate::revert::{is_refused, refusal};
use crate::url::without_keys;

impl Prover {
    pub(super) async fn act(&mut self, head: Head, step: Step) -> Result<()> {
        match step {
            Step::Drop { window } => self.drop_window(window),
            Step::Forget { window, is_lost } => self.forget(window, is_lost),
            Step::Locate { window } => self.locate(head, window).await,
            Step::Open { window } => self.open_window(window).await,
            Step::Solve { window, seed, target, wanted } => self.solve((window, seed, wanted), target),
            Step::Rest => {
                self.rest();
                Ok(())
            }
            Step::Commit { window, draws } => self.commit(head, window, &draws).await,
            Step::Draw { windows } => self.draw(&windows).await,
            Step::Answer { window, rank } => self.answer(window, rank).await,
            Step::Deliver { window, position } => self.deliver(window, position).await,
            Step::Renew { days } => self.renew(days).await,
            Step::Credit { epoch } => self.credit(epoch).await,
            Step::Release => self.release().await,
            Step::Finish => Ok(()),
        }
    }

    fn id(&self) -> u64 {
        self.identity.commitment.0
    }

    fn drop_window(&mut self, window: u32) -> Result<()> {
        let found = self.holding(window).map_or(0, |holding| holding.found);
        tracing::warn!("window {window}: a reorganisation changed its seed; {found} leaves are dropped");
        self.meters.dropped.add(1);
        self.remove(window)
    }

    fn forget(&mut self, window: u32, is_lost: bool) -> Result<()> {
        let found = self.holding(window).map_or(0, |holding| holding.found);
        if is_lost && found > 0 {
            self.meters.lost.add(1);
            tracing::error!("window {window}: {found} leaves were not committed in time and are lost");
        } else if is_lost {
            tracing::info!("window {window}: nothing was found");
        }
        self.remove(window)
    }

    fn remove(&mut self, window: u32) -> Result<()> {
        if self.solving.is_some_and(|(solved, ..)| solved == window) {
            self.rest();
        }
        self.shelf.withdraw(self.identity.commitment, window);
        self.store.discard(window)
    }

    fn holding(&self, window: u32) -> Option<Holding> {
        self.store.holding(window)
    }

    /// Looks up what was committed of a window, and in which block.
    async fn locate(&self, head: Head, window: u32) -> Result<()> {
        let holding = self.holding(window).with_context(|| format!("nothing is held of window {window}"))?;
        let from = self.capacity.context.block_at_time(window_end(window) - WINDOW, head).await?;
        let committed = self.capacity.committed(from, head.number, self.identity.commitment).await?;
        let committed = committed.into_iter().rfind(|committed| committed.window == window);
        let committed = committed.with_context(|| format!("the node has no commit of window {window} in its logs"))?;
        let (root, block) = (committed.root, committed.block);
        if holding.sealed.as_ref().is_some_and(|sealed| sealed.root == root) {
            self.store.mined(window, block)?;
        } else {
            let bitmap = committed.bitmap;
            let sealed = Sealed { window, seed: holding.seed, root, bitmap, block: Some(block) };
            if !self.store.adopt(&sealed, self.identity.units)? {
                tracing::error!(
                    "window {window} was committed in block {block} with leaves that are not here: does another prover \
                     use this key? It has to answer for them"
                );
                return self.store.discard(window);
            }
        }
        tracing::info!("window {window}: its commit is in block {block}");
        self.publish(&self.sealed(window)?);
        Ok(())
    }

    fn sealed(&self, window: u32) -> Result<Sealed> {
        let sealed = self.holding(window).and_then(|holding| holding.sealed);
        sealed.with_context(|| format!("window {window} is not sealed"))
    }

    fn claim(&self, window: u32) -> Result<(Sealed, ICapacity::Claim)> {
        let sealed = self.sealed(window)?;
        let claim = sealed.claim().with_context(|| format!("the commit of window {window} is not mined"))?;
        Ok((sealed, claim))
    }

    async fn open_window(&self, window: u32) -> Result<()> {
        match self.capacity.send(ICapacity::openWindowCall {}).await {
            Ok(_) => tracing::info!("window {window}: opened"),
            // Somebody was faster.
            Err(error) if is_refused(&error, "WindowOpen") => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn commit(&mut self, head: Head, window: u32, draws: &[u32]) -> Result<()> {
        let sealed = self.seal(head, window).await?;
        if sealed.filled() == 0 {
            return self.remove(window);
        }
        let commit = ICapacity::commitCall {
            commitment: self.id(),
            window,
            seed: sealed.seed,
            root: sealed.root,
            bitmap: sealed.bitmap.0.clone(),
        };
        let mut calls = vec![Bytes::from(commit.abi_encode())];
        for window in draws {
            calls.push(self.draw_call(*window)?);
        }
        let sent = match self.capacity.send_together(calls).await {
            // A draw that cannot be must not keep the commit back; it is tried on its own later.
            Err(error) if refusal(&error).is_some() && !draws.is_empty() => self.capacity.send(commit).await?,
            Err(error) => return Err(error),
            Ok(sent) => {
                self.meters.draws.add(draws.len() as u64);
                sent
            }
        };
        let block = sent.block.context("a commit that was sent has a block")?;
        self.store.mined(window, block)?;
        self.publish(&self.sealed(window)?);
        self.tell(&sealed, block, draws.len());
        Ok(())
    }

    /// Fixes the claim of a window; whatever a watcher would find invalid is left out of it.
    async fn seal(&self, head: Head, window: u32) -> Result<Sealed> {
        let holding = self.holding(window).with_context(|| format!("nothing is held of window {window}"))?;
        if let Some(sealed) = holding.sealed {
            return Ok(sealed);
        }
        let target = self.capacity.target(head, super::CLASS_CPU, window).await?;
        // No leaf meets a target of zero: sealing then would throw all of them away.
        ensure!(!target.is_zero(), "the node shows no target of window {window}");
        let (store, units, threads) = (Arc::clone(&self.store), self.identity.units, self.crew.threads());
        let assignment = self.assignment(holding.seed);
        let sealing = move || {
            let leaves = store.leaves(window);
            let all: Vec<&Leaf> = leaves.values().collect();
            let wrong = check_all(&assignment, target, &all, threads);
            let wrong: BTreeSet<u32> = wrong.into_iter().map(|(position, _)| position).collect();
            // What was found since then is checked here.
            store.seal(window, units, |leaf| match leaves.contains_key(&leaf.position) {
                true => !wrong.contains(&leaf.position),
                false => check_all(&assignment, target, &[leaf], 1).is_empty(),
            })
        };
        tokio::task::spawn_blocking(sealing).await?
    }

    /// One line a window.
    fn tell(&mut self, sealed: &Sealed, block: u64, draws: usize) {
        let (window, filled) = (sealed.window, sealed.filled());
        self.meters.commits.add(1);
        self.meters.claimed.add(filled.into());
        let rate = self.crew.tally().rate_since(&self.tally);
        tracing::info!(
            "window {window}: {filled} puzzles of {} units committed in block {block}, {draws} earlier claims drawn; \
             {}.{:03} solutions/s a core",
            self.identity.units,
            rate / 1_000,
            rate % 1_000
        );
    }

    fn draw_call(&self, window: u32) -> Result<Bytes> {
        let (_, claim) = self.claim(window)?;
        Ok(ICapacity::drawCall { commitment: self.id(), claim }.abi_encode().into())
    }

    /// Together if they can be, else one by one.
    async fn draw(&self, windows: &[u32]) -> Result<()> {
        let calls = windows.iter().map(|window| self.draw_call(*window)).collect::<Result<Vec<_>>>()?;
        let together = self.capacity.send_together(calls.clone()).await;
        match together {
            Ok(sent) => self.drawn(&sent),
            Err(error) if refusal(&error).is_some() && calls.len() > 1 => {
                for (call, window) in calls.into_iter().zip(windows) {
                    match self.capacity.send_together(vec![call]).await {
                        Ok(sent) => self.drawn(&sent),
                        Err(error) => {
                            tracing::warn!("window {window} is not drawn: {}", without_keys(&format!("{error:#}")));
                        }
                    }
                }
            }
            // Somebody else drew it.
            Err(error) if is_refused(&error, "DrawnAlready") => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn drawn(&self, sent: &Sent) {
        for drawn in sent.events::<ICapacity::WindowDrawn>() {
            self.meters.draws.add(1);
            let is_audited = drawn.deadline.to::<u64>() > 0;
            tracing::info!("window {}: drawn{}", drawn.window, if is_audited { ", and audited" } else { "" });
        }
    }

    /// The claim of a window and one of its leaves, opened.
    fn opened(&self, window: u32, position: Option<u32>) -> Result<(Sealed, ICapacity::Claim, ICapacity::Leaf)> {
        let (sealed, claim) = self.claim(window)?;
        let leaves: Leaves = self.store.leaves(window);
        let leaf = position.and_then(|position| leaves.get(&position));
        let leaf = leaf.with_context(|| format!("the leaf of window {window} that is asked for is not here"))?;
        let opened = Tree::new(self.identity.units, &leaves).open(leaf);
        Ok((sealed, claim, opened))
    }

    async fn answer(&self, window: u32, rank: u32) -> Result<()> {
        let position = self.sealed(window)?.bitmap.nth(rank);
        let (sealed, claim, leaf) = self.opened(window, position)?;
        let bitmap = sealed.bitmap.0;
        let call = ICapacity::answerCall { commitment: self.id(), claim, bitmap, leaf };
        let sent = self.capacity.send(call).await?;
        self.meters.answers.add(1);
        tracing::info!("window {window}: audit answered, {} gas", sent.gas_used);
        Ok(())
    }

    async fn deliver(&self, window: u32, position: u32) -> Result<()> {
        let (_, claim, leaf) = self.opened(window, Some(position))?;
        let sent = self.capacity.send(ICapacity::deliverCall { commitment: self.id(), claim, leaf }).await?;
        self.meters.deliveries.add(1);
        tracing::info!("window {window}: demanded leaf {position} delivered, {} gas", sent.gas_used);
        Ok(())
    }

    async fn renew(&self, days: u8) -> Result<()> {
        let call = ICapacity::renewCall { commitment: self.id(), termDays: days };
        let renewed: ICapacity::CapacityRenewed = self.capacity.send(call).await?.event()?;
        tracing::info!("renewed until epoch {}", renewed.endEpoch);
        Ok(())
    }

    async fn credit(&self, epoch: u32) -> Result<()> {
        let sent = self.capacity.send(ICapacity::creditCall { commitment: self.id(), epoch }).await?;
        let credited: ICapacity::EpochCredited = sent.event()?;
        self.meters.credits.add(1);
        let (credit, most) = (credited.credit, u64::from(self.identity.units) * MILLION);
        tracing::info!("epoch {epoch}: {} puzzles, credit {credit} of {most} millionths", credited.filled);
        Ok(())
    }

    async fn release(&self) -> Result<()> {
        self.capacity.send(ICapacity::releaseCall { commitment: self.id() }).await?;
        tracing::info!("what was earned is paid");
        Ok(())
    }
}
