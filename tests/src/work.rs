//! Capacity in a journey: a commitment whose windows are solved, claimed, drawn and answered one step at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy::primitives::Bytes;
use anyhow::{Context as _, Result};
use contracts::i_capacity::ICapacity;
use contracts::{Capacity, Staking};
use scripts::capacity::clock::{self, EPOCH, WINDOW};
use scripts::capacity::puzzle::{Assignment, Bitmap, Leaf, Leaves, Tree, positions};
use scripts::capacity::solver::Solver;
use scripts::chain::Context;
use scripts::commitment::{self, Pledged};
use scripts::ids::CommitmentId;
use scripts::keeper::capacity::{self, Drawn};
use scripts::operator;
use scripts::provider::{self, TermsChange};

use crate::actors::{Provider, flt};
use crate::world::World;

/// The class whose puzzles are Equi-X.
pub const CPU: u8 = 0;

/// Solutions of a puzzle are easily found in a journey, so that this is enough.
const NONCES: u64 = 1_000;

/// What a conviction takes of a lock, and so the least first loss of who pledges.
const FIRST_LOSS_BPS: u16 = 2_000;

/// Pledges units of the CPU class, after a promise of the first loss that this takes.
pub async fn pledge(context: &Context, units: u16, term_days: u8) -> Result<Pledged> {
    let terms = context.view(context.at().staking, Staking::termsCall { provider: context.account()? }).await?;
    if terms.firstLossBps < FIRST_LOSS_BPS {
        let change = TermsChange { first_loss_bps: Some(FIRST_LOSS_BPS), ..TermsChange::default() };
        provider::set_terms(context, change).await?;
    }
    commitment::pledge(context, CPU, units, term_days).await
}

/// A commitment of the CPU class, and all that was claimed for it.
#[derive(Debug)]
pub struct Work {
    pub pledged: Pledged,
    context: Context,
    claims: BTreeMap<u32, (ICapacity::Claim, Leaves)>,
}

impl Work {
    /// Pledges units; they prove from the next day on.
    pub async fn pledge(provider: &Provider, units: u16, term_days: u8) -> Result<Self> {
        Self::of(&provider.context, units, term_days).await
    }

    pub async fn of(context: &Context, units: u16, term_days: u8) -> Result<Self> {
        let pledged = pledge(context, units, term_days).await?;
        Ok(Self { pledged, context: context.clone(), claims: BTreeMap::new() })
    }

    pub fn id(&self) -> CommitmentId {
        self.pledged.commitment
    }

    /// Solves all puzzles of the running window, which is open, and claims them.
    pub async fn prove(&mut self) -> Result<u32> {
        self.prove_some(positions(self.pledged.units)).await
    }

    /// As `prove`, of the first `count` puzzles only.
    pub async fn prove_some(&mut self, count: u32) -> Result<u32> {
        let (window, assignment, target) = self.assignment().await?;
        let solve = tokio::task::spawn_blocking(move || {
            let mut solver = Solver::default();
            (0..count)
                .map(|position| {
                    let challenge = assignment.challenge(position);
                    let mut attempts = (0..NONCES).map(|nonce| (nonce, solver.attempt(target, challenge, nonce).found));
                    let (nonce, solution) = attempts.find(|(_, found)| found.is_some())?;
                    Some((position, Leaf { position, nonce, solution: solution?.to_vec().into() }))
                })
                .collect::<Option<Leaves>>()
        });
        let leaves = solve.await.context("the solver panicked")?.context("a puzzle has no solution in reach")?;
        self.commit(window, leaves).await
    }

    /// Claims every puzzle of the running window without having solved any.
    pub async fn pretend(&mut self) -> Result<u32> {
        let window = self.assignment().await?.0;
        let solution = Bytes::from_static(&[7; 16]);
        let made_up = |position| (position, Leaf { position, nonce: 7, solution: solution.clone() });
        self.commit(window, (0..positions(self.pledged.units)).map(made_up).collect()).await
    }

    async fn assignment(&self) -> Result<(u32, Assignment, alloy::primitives::U256)> {
        let at = self.context.at().capacity;
        let window = clock::window_at(self.context.now().await?);
        let seed = self.context.view(at, Capacity::seedOfCall { window }).await?;
        let target = Capacity::targetOfCall { class: CPU, epoch: clock::epoch_of(window) };
        let target = self.context.view(at, target).await?;
        Ok((window, Assignment { seed, provider: self.pledged.provider, commitment: self.id() }, target))
    }

    /// Claims these leaves of a window, whatever they are.
    pub async fn commit(&mut self, window: u32, leaves: Leaves) -> Result<u32> {
        let (units, at) = (self.pledged.units, self.context.at().capacity);
        let seed = self.context.view(at, Capacity::seedOfCall { window }).await?;
        let (root, bitmap) = (Tree::new(units, &leaves).root(), Bitmap::new(units, leaves.keys().copied()));
        let call = Capacity::commitCall { commitment: self.id().0, window, seed, root, bitmap: bitmap.0.clone() };
        let sent = self.context.send(at, call).await?;
        let claim = ICapacity::Claim {
            window,
            filled: bitmap.filled(),
            blockNumber: sent.block.context("a mined transaction has a block")?,
            root,
            bitmapHash: bitmap.hash(),
        };
        self.claims.insert(window, (claim, leaves));
        Ok(window)
    }

    /// The running window.
    pub async fn window(&self) -> Result<u32> {
        Ok(clock::window_at(self.context.now().await?))
    }

    pub fn leaves(&self, window: u32) -> Option<&Leaves> {
        self.claims.get(&window).map(|(_, leaves)| leaves)
    }

    /// That were claimed, in order.
    pub fn windows(&self) -> impl DoubleEndedIterator<Item = &u32> {
        self.claims.keys()
    }

    pub fn claim(&self, window: u32) -> Result<ICapacity::Claim> {
        Ok(self.claims.get(&window).context("this window was not claimed")?.0.clone())
    }

    pub fn bitmap(&self, window: u32) -> Result<Bitmap> {
        let leaves = &self.claims.get(&window).context("this window was not claimed")?.1;
        Ok(Bitmap::new(self.pledged.units, leaves.keys().copied()))
    }

    /// A claimed leaf with its path.
    pub fn leaf(&self, window: u32, position: u32) -> Result<ICapacity::Leaf> {
        let leaves = &self.claims.get(&window).context("this window was not claimed")?.1;
        let leaf = leaves.get(&position).context("this puzzle was not claimed")?;
        Ok(Tree::new(self.pledged.units, leaves).open(leaf))
    }

    /// Draws a claim, and shows the leaf if one is asked for.
    pub async fn draw(&self, window: u32) -> Result<Drawn> {
        let drawn = capacity::draw(&self.context, self.id(), window).await?;
        if drawn.answer_by.is_some() {
            self.answer(window).await?;
        }
        Ok(drawn)
    }

    /// Shows the leaf that an audit asks for.
    pub async fn answer(&self, window: u32) -> Result<()> {
        let at = self.context.at().capacity;
        let call = Capacity::auditOfCall { commitment: self.id().0, window };
        let rank = self.context.view(at, call).await?.rank;
        let bitmap = self.bitmap(window)?;
        let position = bitmap.nth(rank).context("a draw asks for a claimed leaf")?;
        let call = ICapacity::answerCall {
            commitment: self.id().0,
            claim: self.claim(window)?,
            bitmap: bitmap.0,
            leaf: self.leaf(window, position)?,
        };
        self.context.send(at, call).await?;
        Ok(())
    }
}

impl World {
    /// Whole FLT for the pools of epochs to come, out of nothing.
    pub async fn fund_rewards(&self, amount: &str) -> Result<()> {
        let (context, amount) = (&self.operator.context, flt(amount)?);
        operator::mint(context, self.operator.address, amount, 0).await?;
        operator::fund_rewards(context, amount).await?;
        Ok(())
    }

    /// Midnight passes, and the price is posted again.
    pub async fn next_epoch(&self) -> Result<()> {
        let now = self.chain.head().await?.timestamp;
        self.advance(Duration::from_secs(EPOCH - now % EPOCH)).await
    }

    /// The next window begins, and somebody opens it.
    pub async fn next_window(&self) -> Result<()> {
        let now = self.chain.head().await?.timestamp;
        self.advance(Duration::from_secs(WINDOW - now % WINDOW)).await?;
        self.open_window().await
    }

    pub async fn open_window(&self) -> Result<()> {
        capacity::open_window(&self.keeper.context).await?;
        Ok(())
    }

    /// Works are proved in so many windows from the next one on, and each claim is drawn within its window.
    pub async fn prove(&self, works: &mut [&mut Work], windows: u32) -> Result<()> {
        for _ in 0..windows {
            self.next_window().await?;
            let mut claimed = Vec::new();
            for work in &mut *works {
                claimed.push(work.prove().await?);
            }
            self.chain.mine(5).await?;
            for (work, window) in works.iter().zip(claimed) {
                work.draw(window).await?;
            }
        }
        Ok(())
    }

    /// It is three hours after midnight: the day before can be credited.
    pub async fn close_day(&self) -> Result<()> {
        self.next_epoch().await?;
        self.advance(Duration::from_secs(3 * WINDOW)).await
    }
}
