//! A chain whose time and history a test decides: every block follows from what the test did, never from a clock.

use std::time::Duration;

use alloy::eips::BlockId;
use alloy::eips::eip2718::Encodable2718;
use alloy::network::TransactionBuilder as _;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, Provider as _, ProviderBuilder};
use alloy::rpc::types::anvil::{ReorgOptions, TransactionData};
use alloy::rpc::types::{BlockTransactionsKind, TransactionRequest};
use anyhow::{Context as _, Result, ensure};

use crate::anvil::Anvil;

/// 1 January 2027, 00:00 UTC: days of the protocol start at midnight, so journeys do as well.
pub const GENESIS: u64 = 1_798_761_600;

/// Coins of the chain that pay for gas; nobody counts them.
const GAS_MONEY: u128 = 10_000_000_000_000_000_000;

pub const fn days(days: u64) -> Duration {
    Duration::from_hours(24 * days)
}

pub const fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

/// What becomes of the transactions of blocks that are reorganised away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They never happened.
    Vanish,
    /// They are mined again, each one block earlier than before where there is one.
    Resent,
}

/// The latest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub number: u64,
    pub hash: B256,
    pub timestamp: u64,
}

/// A node, ours or one that runs already.
#[derive(Debug)]
pub struct Chain {
    pub provider: DynProvider,
    pub url: String,
    // Ends the chain; none where it was there before us.
    _anvil: Option<Anvil>,
}

impl Chain {
    /// Starts an anvil at `GENESIS` whose blocks are a second apart unless told otherwise.
    pub async fn start(slots_in_an_epoch: u32) -> Result<Self> {
        Self::start_with(slots_in_an_epoch, &[]).await
    }

    /// One that knows no state but its last, so that no block can be taken back: those of thousands of blocks fill a disk.
    pub async fn start_long(slots_in_an_epoch: u32) -> Result<Self> {
        Self::start_with(slots_in_an_epoch, &["--prune-history"]).await
    }

    async fn start_with(slots_in_an_epoch: u32, more: &[&str]) -> Result<Self> {
        let (genesis, slots) = (GENESIS.to_string(), slots_in_an_epoch.to_string());
        let anvil = Anvil::start(&[&["--timestamp", &genesis, "--slots-in-an-epoch", &slots], more].concat())?;
        let url = anvil.http_url();
        let chain = Self { _anvil: Some(anvil), ..Self::at(&url).await? };
        chain.space_blocks(Duration::from_secs(1)).await?;
        Ok(chain)
    }

    /// Uses an anvil that runs already.
    pub async fn at(url: &str) -> Result<Self> {
        // The node fills in what is missing: a nonce that we remembered would be wrong after a reorganisation.
        let provider = ProviderBuilder::default().connect(url).await.context("connecting to anvil")?.erased();
        Ok(Self { provider, url: url.to_owned(), _anvil: None })
    }

    pub async fn head(&self) -> Result<Head> {
        let block = self.provider.get_block(BlockId::latest()).await?.context("a chain has a latest block")?;
        Ok(Head { number: block.header.number, hash: block.header.hash, timestamp: block.header.timestamp })
    }

    /// From here on neighbouring blocks are `spacing` apart, however fast they are mined.
    pub async fn space_blocks(&self, spacing: Duration) -> Result<()> {
        Ok(self.provider.anvil_set_block_timestamp_interval(spacing.as_secs()).await?)
    }

    /// Mines a block each `period` of the machine's time, and with each transaction as before.
    pub async fn mine_each(&self, period: Duration) -> Result<()> {
        Ok(self.provider.anvil_set_interval_mining(period.as_secs()).await?)
    }

    /// Transactions wait for the next block that is asked for.
    pub async fn hold_transactions(&self) -> Result<()> {
        Ok(self.provider.anvil_set_auto_mine(false).await?)
    }

    /// Undoes `mine_each` and `hold_transactions`: blocks come with transactions.
    pub async fn mine_with_transactions(&self) -> Result<()> {
        self.provider.anvil_set_interval_mining(0).await?;
        Ok(self.provider.anvil_set_auto_mine(true).await?)
    }

    /// Undoes `space_blocks` and `mine_each`: blocks come with transactions, at the machine's time.
    pub async fn mine_as_before(&self) -> Result<()> {
        self.mine_with_transactions().await?;
        self.provider.anvil_remove_block_timestamp_interval().await?;
        Ok(())
    }

    pub async fn mine(&self, blocks: u64) -> Result<()> {
        Ok(self.provider.anvil_mine(Some(blocks), None).await?)
    }

    /// Time passes in one block.
    pub async fn advance(&self, time: Duration) -> Result<()> {
        let now = self.head().await?.timestamp;
        self.advance_to(now + time.as_secs()).await
    }

    /// The next block is mined at `timestamp`.
    pub async fn advance_to(&self, timestamp: u64) -> Result<()> {
        let now = self.head().await?.timestamp;
        ensure!(timestamp > now, "the chain is at {now} already, which is not before {timestamp}");
        self.provider.anvil_set_next_block_timestamp(timestamp).await?;
        self.mine(1).await
    }

    /// Replaces the last `depth` blocks by as many others. Time jumps of the old ones are undone.
    pub async fn reorganise(&self, depth: u64, fate: Fate) -> Result<()> {
        let tx_block_pairs = match fate {
            Fate::Vanish => Vec::new(),
            Fate::Resent => self.transactions(depth).await?,
        };
        let before = self.head().await?;
        self.provider.anvil_reorg(ReorgOptions { depth, tx_block_pairs }).await.context("reorganising the chain")?;
        let after = self.head().await?;
        ensure!(before.number == after.number && before.hash != after.hash, "anvil did not reorganise");
        Ok(())
    }

    /// The transactions of the last `depth` blocks, with the places among as many new blocks where they go.
    async fn transactions(&self, depth: u64) -> Result<Vec<(TransactionData, u64)>> {
        let head = self.head().await?.number;
        let mut transactions = Vec::new();
        for place in 0..depth {
            let number = head + 1 + place - depth;
            let block = self.provider.get_block_by_number(number.into()).kind(BlockTransactionsKind::Full).await?;
            for transaction in
                block.context("the chain has all blocks up to its head")?.transactions.into_transactions()
            {
                let raw = transaction.as_recovered().encoded_2718();
                transactions.push((TransactionData::Raw(Bytes::from(raw)), place.saturating_sub(1)));
            }
        }
        Ok(transactions)
    }

    /// Pays from an account of anvil's own. It is a transaction, so that it comes again after a reorganisation, where a balance
    /// that was set by decree is lost.
    pub async fn give_gas(&self, account: Address) -> Result<()> {
        let from = *self.provider.get_accounts().await?.first().context("anvil has no account")?;
        let request = TransactionRequest::default().with_from(from).with_to(account).with_value(U256::from(GAS_MONEY));
        let paid = self.provider.send_transaction(request).await?.get_receipt().await?;
        ensure!(paid.status(), "the gas of {account} was not paid");
        Ok(())
    }

    /// From here on whoever asks the node sends as `contract`, which has gas for it.
    pub async fn impersonate(&self, contract: Address) -> Result<()> {
        let from = *self.provider.get_accounts().await?.first().context("anvil has no account")?;
        // Contracts refuse payments, but not what another leaves them as it destroys itself.
        let leave = Bytes::from([&[0x73][..], contract.as_slice(), &[0xff]].concat());
        let request =
            TransactionRequest::default().with_from(from).with_deploy_code(leave).with_value(U256::from(GAS_MONEY));
        let paid = self.provider.send_transaction(request).await?.get_receipt().await?;
        ensure!(paid.status(), "the gas of {contract} was not paid");
        Ok(self.provider.anvil_impersonate_account(contract).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINALITY: u32 = 32;

    async fn pay(chain: &Chain, to: Address) -> Result<B256> {
        let from = *chain.provider.get_accounts().await?.first().context("anvil has no account")?;
        let request = TransactionRequest::default().with_from(from).with_to(to).with_value(U256::ONE);
        Ok(chain.provider.send_transaction(request).await?.get_receipt().await?.transaction_hash)
    }

    #[tokio::test]
    async fn time_is_what_the_test_says() -> Result<()> {
        let chain = Chain::start(FINALITY).await?;
        chain.mine(3).await?;
        chain.advance(Duration::from_hours(24)).await?;
        pay(&chain, Address::ZERO).await?;
        let head = chain.head().await?;
        assert_eq!((head.number, head.timestamp), (5, GENESIS + 3 + 86_400 + 1));
        assert!(chain.advance_to(GENESIS).await.is_err(), "time went back");
        Ok(())
    }

    #[tokio::test]
    async fn a_node_is_left_as_it_was() -> Result<()> {
        let node = Anvil::start(&[])?;
        let chain = Chain::at(&node.http_url()).await?;
        chain.space_blocks(days(1)).await?;
        chain.mine_each(hours(1)).await?;
        chain.mine(1).await?;
        chain.mine_as_before().await?;
        let before = chain.head().await?;
        pay(&chain, Address::ZERO).await?;
        let after = chain.head().await?;
        assert_eq!(after.number, before.number + 1);
        assert!(after.timestamp - before.timestamp < 3_600, "{before:?} {after:?}");
        Ok(())
    }

    #[tokio::test]
    async fn reorganised_transactions_vanish_or_come_again() -> Result<()> {
        let chain = Chain::start(FINALITY).await?;
        let (first, second) = (pay(&chain, Address::ZERO).await?, pay(&chain, Address::ZERO).await?);
        chain.reorganise(2, Fate::Resent).await?;
        for hash in [first, second] {
            let receipt = chain.provider.get_transaction_receipt(hash).await?.context("it was mined again")?;
            assert_eq!(receipt.block_number, Some(1));
        }
        chain.reorganise(1, Fate::Vanish).await?;
        assert!(chain.provider.get_transaction_receipt(second).await?.is_some(), "its block is below the fork");
        chain.reorganise(2, Fate::Vanish).await?;
        assert!(chain.provider.get_transaction_receipt(second).await?.is_none());
        assert_eq!(chain.head().await?.number, 2);
        pay(&chain, Address::ZERO).await?;
        Ok(())
    }
}
