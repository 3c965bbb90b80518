//! `Capacity` on a chain: what prover and watcher read of it, and how they call it.

use std::collections::BTreeMap;

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, FixedBytes, U256, address};
use alloy::providers::Provider as _;
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::{SolCall, SolEvent};
use anyhow::{Context as _, Result};
use contracts::i_capacity::ICapacity;
use contracts::{IRewards, IWorkVerifier};

use super::clock::epoch_of;
use super::puzzle::{Bitmap, Leaf};
use crate::blocks::Head;
use crate::chain::{Context, Sent};
use crate::ids::CommitmentId;

/// Keeps the hashes of the last 8,191 blocks on chains that know EIP-2935.
const HISTORY: Address = address!("0x0000F90827F1C53a10cb7A02335B175320002935");
const HISTORY_BLOCKS: u64 = 8_191;
const RECENT_BLOCKS: u64 = 256;

/// A commit of a window, as its event tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    pub commitment: CommitmentId,
    pub window: u32,
    pub root: B256,
    pub bitmap: Bitmap,
    pub block: u64,
}

impl Committed {
    pub fn claim(&self) -> ICapacity::Claim {
        self.bitmap.claim(self.window, self.root, self.block)
    }

    pub fn of(log: &Log) -> Result<Self> {
        let block = log.block_number.context("a log that is mined has a block")?;
        let event = ICapacity::WindowCommitted::decode_log(&log.inner)?.data;
        let commitment = CommitmentId(event.commitment);
        Ok(Self { commitment, window: event.window, root: event.root, bitmap: Bitmap(event.bitmap), block })
    }
}

/// A party's view of `Capacity`.
#[derive(Debug, Clone)]
pub struct Capacity {
    pub context: Context,
    pub at: Address,
}

impl Capacity {
    pub fn new(context: Context) -> Self {
        let at = context.at().capacity;
        Self { context, at }
    }

    pub async fn head(&self) -> Result<Head> {
        self.context.head().await
    }

    pub async fn hash_of(&self, block: u64) -> Result<B256> {
        Ok(self.context.block(BlockId::number(block)).await?.hash)
    }

    /// For how many blocks after a commit it can be drawn.
    pub async fn draw_limit(&self) -> Result<u64> {
        let code = self.context.provider.get_code_at(HISTORY).await.context("asking for the history of hashes")?;
        Ok(if code.is_empty() { RECENT_BLOCKS } else { HISTORY_BLOCKS })
    }

    pub async fn view<C: SolCall>(&self, head: Head, call: C) -> Result<C::Return> {
        self.context.view_at(BlockId::number(head.number), self.at, call).await
    }

    pub async fn commitment(&self, head: Head, commitment: CommitmentId) -> Result<ICapacity::Commitment> {
        self.view(head, ICapacity::commitmentOfCall { commitment: commitment.0 }).await
    }

    pub async fn seed(&self, head: Head, window: u32) -> Result<B256> {
        self.view(head, ICapacity::seedOfCall { window }).await
    }

    pub async fn target(&self, head: Head, class: u8, window: u32) -> Result<U256> {
        self.view(head, ICapacity::targetOfCall { class, epoch: epoch_of(window) }).await
    }

    /// Status and digest of a claim.
    pub async fn claim(&self, head: Head, commitment: CommitmentId, window: u32) -> Result<(u8, FixedBytes<31>)> {
        let claim = self.view(head, ICapacity::claimOfCall { commitment: commitment.0, window }).await?;
        Ok((claim.status, claim.digest))
    }

    /// Rank and deadline of an audit.
    pub async fn audit(&self, head: Head, commitment: CommitmentId, window: u32) -> Result<(u32, u64)> {
        let audit = self.view(head, ICapacity::auditOfCall { commitment: commitment.0, window }).await?;
        Ok((audit.rank, audit.deadline.to()))
    }

    /// When a demand's answer is due; zero: there is none.
    pub async fn demand(&self, head: Head, commitment: CommitmentId, window: u32, position: u32) -> Result<u64> {
        let call = ICapacity::demandOfCall { commitment: commitment.0, window, position };
        Ok(self.view(head, call).await?.deadline.to())
    }

    /// Rewards that wait, and until when.
    pub async fn pending(&self, head: Head, commitment: CommitmentId) -> Result<(u128, u64)> {
        let call = IRewards::pendingOfCall { commitment: commitment.0 };
        let pending = self.context.view_at(BlockId::number(head.number), self.context.at().rewards, call).await?;
        Ok((pending.amount, pending.dueAt.to()))
    }

    /// All events in a range of blocks, in order.
    pub async fn events(&self, from: u64, to: u64) -> Result<Vec<Log>> {
        self.context.logs_between(&Filter::new().address(self.at), from, to).await
    }

    async fn of<E: SolEvent>(&self, from: u64, to: u64, commitment: CommitmentId) -> Result<Vec<Log>> {
        let filter = Filter::new().address(self.at).event_signature(E::SIGNATURE_HASH);
        self.context.logs_between(&filter.topic1(U256::from(commitment.0)), from, to).await
    }

    pub async fn committed(&self, from: u64, to: u64, commitment: CommitmentId) -> Result<Vec<Committed>> {
        let logs = self.of::<ICapacity::WindowCommitted>(from, to, commitment).await?;
        logs.iter().map(Committed::of).collect()
    }

    /// Windows and positions of leaves of a commitment that were demanded in these blocks.
    pub async fn demanded(&self, from: u64, to: u64, commitment: CommitmentId) -> Result<BTreeMap<(u32, u32), u64>> {
        let logs = self.of::<ICapacity::LeafDemanded>(from, to, commitment).await?;
        let mut demanded = BTreeMap::new();
        for log in logs {
            let event = ICapacity::LeafDemanded::decode_log(&log.inner)?.data;
            demanded.insert((event.window, event.position), log.block_number.unwrap_or(to));
        }
        Ok(demanded)
    }

    /// Whether the verifier of a commitment accepts a solution.
    pub async fn verifies(
        &self,
        head: Head,
        commitment: &ICapacity::Commitment,
        challenge: B256,
        leaf: &Leaf,
    ) -> Result<bool> {
        let call = ICapacity::verifierOfCall { class: commitment.class, version: commitment.verifierVersion };
        let verifier = self.view(head, call).await?.verifier;
        let call = IWorkVerifier::verifyCall { challenge, nonce: leaf.nonce, solution: leaf.solution.clone() };
        self.context.view_at(BlockId::number(head.number), verifier, call).await
    }

    pub async fn send<C: SolCall>(&self, call: C) -> Result<Sent> {
        self.context.send(self.at, call).await
    }

    /// Several calls in one transaction, all or none; a single one is sent as it is.
    pub async fn send_together(&self, mut calls: Vec<Bytes>) -> Result<Sent> {
        match calls.len() {
            1 => self.context.send_encoded(self.at, calls.remove(0)).await,
            _ => self.send(ICapacity::multicallCall { calls }).await,
        }
    }
}
