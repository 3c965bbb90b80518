//! The indexer's numbers against the contracts' own, at one block: the only reader that knows both.

mod capacity;
mod faults;
mod market;
mod metering;
mod money;
mod proofs;
mod rewards;
mod stake;
mod terms;

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider as _;
use alloy::sol_types::SolCall;
use anyhow::{Context as _, Result, anyhow, ensure};
use serde::Serialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::chain::Context;
use crate::time::timestamp;

const CONNECTIONS: u32 = 4;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audited {
    pub block: u64,
    pub time: String,
    pub checked: u64,
    pub differences: Vec<Difference>,
}

/// A number that the chain and the database do not agree on, in smallest units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub subject: String,
    pub field: &'static str,
    pub chain: String,
    pub database: String,
}

/// Both sides at the indexed block, and what was found so far.
struct Audit<'a> {
    context: &'a Context,
    pool: PgPool,
    block: BlockId,
    checked: u64,
    differences: Vec<Difference>,
}

/// Compares every derived number of the indexer's database with the contracts' views at the block that it has reached.
///
/// The database must stand still meanwhile, or numbers of two blocks are compared; then it says so and fails.
pub async fn audit(context: &Context, database_url: &str) -> Result<Audited> {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(database_url).await;
    let pool = pool.context("The database does not answer: is DATABASE_URL the one of the indexer?")?;
    let before = cursor(&pool).await?;
    belongs(context, &pool, &before).await?;
    let block = BlockId::number(before.block);
    let mut audit = Audit { context, pool, block, checked: 0, differences: Vec::new() };
    audit.stake().await?;
    audit.market().await?;
    audit.money().await?;
    audit.agreed().await?;
    audit.capacity().await?;
    audit.rewards().await?;
    audit.failures().await?;
    audit.metering().await?;
    audit.computation().await?;
    let after = cursor(&audit.pool).await?;
    ensure!(
        (before.block, before.hash) == (after.block, after.hash),
        "The indexer moved from block {} to {} meanwhile: audit again, or while nothing is mined.",
        before.block,
        after.block
    );
    let Audit { checked, differences, .. } = audit;
    Ok(Audited { block: before.block, time: timestamp(before.seconds), checked, differences })
}

struct Cursor {
    block: u64,
    hash: B256,
    seconds: u64,
}

async fn cursor(pool: &PgPool) -> Result<Cursor> {
    let found = sqlx::query!(
        r#"select block, hash as "hash: Vec<u8>", extract(epoch from timestamp)::bigint as "seconds!" from cursor"#
    );
    let found =
        found.fetch_optional(pool).await.context("This is not the indexer's database, or of another version")?;
    let found = found.context("The indexer has not started yet.")?;
    Ok(Cursor {
        block: u64::try_from(found.block)?,
        hash: B256::try_from(found.hash.as_slice())?,
        seconds: u64::try_from(found.seconds)?,
    })
}

async fn belongs(context: &Context, pool: &PgPool, cursor: &Cursor) -> Result<()> {
    let chain = sqlx::query!("select chain_id, first_block from chain").fetch_one(pool).await?;
    let deployment = &context.deployment;
    ensure!(
        (u64::try_from(chain.chain_id)?, u64::try_from(chain.first_block)?)
            == (deployment.chain_id, deployment.first_block),
        "The database is of another deployment."
    );
    let found = context.provider.get_block(BlockId::number(cursor.block)).await;
    let found = found.map_err(|error| anyhow!("The node does not answer: {error}"))?;
    let found = found.with_context(|| format!("The node has no block {}: it is behind the indexer.", cursor.block))?;
    ensure!(
        found.header.hash == cursor.hash,
        "The chain was reorganised and the indexer has not seen it yet: audit again."
    );
    Ok(())
}

impl Audit<'_> {
    async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        self.context.view_at(self.block, to, call).await
    }

    /// Of the chain's own coin.
    async fn balance(&self, account: Address) -> Result<U256> {
        let balance = self.context.provider.get_balance(account).block_id(self.block).await;
        balance.map_err(|error| anyhow!("The node does not answer: {error}"))
    }

    async fn flt_of(&self, account: Address) -> Result<U256> {
        self.view(self.context.at().flt, contracts::DevelopmentFlt::balanceOfCall { account }).await
    }

    fn compare(&mut self, subject: &str, field: &'static str, chain: impl ToString, database: impl ToString) {
        self.checked += 1;
        let (chain, database) = (chain.to_string(), database.to_string());
        if chain != database {
            self.differences.push(Difference { subject: subject.to_owned(), field, chain, database });
        }
    }
}

fn address(bytes: &[u8]) -> Result<Address> {
    Address::try_from(bytes).context("an address has 20 bytes")
}

fn hash(bytes: &[u8]) -> Result<B256> {
    B256::try_from(bytes).context("a hash has 32 bytes")
}

fn maybe_address(bytes: Option<&[u8]>) -> Result<Address> {
    bytes.map_or(Ok(Address::ZERO), address)
}
