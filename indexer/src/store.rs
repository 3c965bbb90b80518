//! Postgres, for the one indexer that leads. Headers, facts, state, cursor and journal move in one transaction.

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, ensure};
use futures::future::Shared;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, Postgres, Transaction, query, query_scalar};
use tracing::instrument;

use crate::config::Deployment;
use crate::copy::{Batch, Copy};
use crate::finish::{Hands, Piece};
use crate::plan::{Stored, Tip};
use crate::wire::Header;
use crate::{MIGRATOR, fatal};

/// Held by the indexer that leads, for as long as its connection lives. The letters of "surety".
const LEADER_LOCK: i64 = 0x7375_7265_7479;
/// Postgres ends the session of a leader that vanished without a word after so long, and its lock with it. Of one that was
/// killed it hears at once, from the kernel.
const SESSION: [(&str, &str); 7] = [
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    // Keepalives say nothing while something that was sent waits for its receipt.
    ("tcp_user_timeout", "11000"),
    ("client_connection_check_interval", "1s"),
    // The statements that derive state are long, and run on few rows: they would be compiled for longer than they run.
    ("jit", "off"),
    // A block's few keys need no plan of their own: planning took four times as long as deriving.
    ("plan_cache_mode", "force_generic_plan"),
];

/// Parts of `derive` that read nothing of each other, the longest first.
const PARTS: [&str; 5] = ["derive_history", "derive_slots", "derive_stakes", "derive_market", "derive_work"];

/// Invariants:
/// 1. Whoever writes holds the leader's lock and the highest fence; the cursor refuses everybody else.
/// 2. Rows of blocks above the cursor do not exist.
/// 3. The header of every block from `finalized` to the tip is stored, and each is the parent of the next.
/// 4. State follows from facts alone, by the rules of `derived_by`, unless `is_derived` is false: then it waits for the end of a
///    backfill.
/// 5. After an error this value is dropped, and its connection with it: a COPY may be unfinished.
#[derive(Debug)]
pub(crate) struct Store {
    options: PgConnectOptions,
    connection: PgConnection,
    first_block: u64,
    fence: i64,
    tip: Tip,
    finalized: u64,
    is_derived: bool,
}

/// What one transaction adds: blocks up to `tip`, of which the batch holds headers and facts.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) first_block: u64,
    pub(crate) tip: Header,
    pub(crate) finalized: u64,
    pub(crate) batch: Batch,
}

impl Store {
    /// Waits until no other indexer leads, then takes the lead. `None`: shut down before.
    pub(crate) async fn lead<F: Future<Output = ()>>(
        options: &PgConnectOptions,
        deployment: &Deployment,
        on_standby: impl Fn(),
        shutdown: &Shared<F>,
    ) -> Result<Option<Self>> {
        let mut connection = connect(options).await?;
        if !try_lock(&mut connection).await? {
            on_standby();
            tokio::select! {
                () = shutdown.clone() => return Ok(None),
                led = wait_for_lock(&mut connection) => led?,
            }
        }
        MIGRATOR.run_direct(&mut connection).await.map_err(explain)?;
        Self::claim(options.clone(), connection, deployment).await.map(Some)
    }

    /// Checks that the database is about the deployment, and raises the fence.
    async fn claim(options: PgConnectOptions, mut connection: PgConnection, deployment: &Deployment) -> Result<Self> {
        let mut transaction = connection.begin().await?;
        identify(&mut transaction, deployment).await?;
        let cursor = query!(
            r#"
            update cursor
            set fence = fence + 1, is_derived = is_derived and derived_by = $1
            returning block, hash as "hash: B256", finalized, fence, is_derived
            "#,
            schema_version()
        )
        .fetch_one(&mut *transaction)
        .await
        .context("reading the cursor")?;
        transaction.commit().await?;
        Ok(Self {
            options,
            connection,
            first_block: deployment.first_block,
            fence: cursor.fence,
            tip: Tip { number: from_bigint(cursor.block), hash: cursor.hash },
            finalized: from_bigint(cursor.finalized),
            is_derived: cursor.is_derived,
        })
    }

    pub(crate) fn tip(&self) -> Tip {
        self.tip
    }

    pub(crate) fn is_derived(&self) -> bool {
        self.is_derived
    }

    /// What is stored, beside the node's head.
    pub(crate) async fn stored(&mut self, node_head: u64) -> Result<Stored> {
        let at_node_head = if node_head < self.tip.number { self.hash_at(node_head).await? } else { None };
        Ok(Stored { first_block: self.first_block, tip: self.tip, finalized: self.finalized, at_node_head })
    }

    async fn hash_at(&mut self, number: u64) -> Result<Option<B256>> {
        query_scalar!(r#"select hash as "hash: B256" from block where number = $1"#, bigint(number))
            .fetch_optional(&mut self.connection)
            .await
            .context("reading a header")
    }

    /// Headers that a reorganisation can take back, and the last one that it cannot.
    pub(crate) async fn unfinal(&mut self) -> Result<Vec<Tip>> {
        let rows = query!(
            r#"select number, hash as "hash: B256" from block where number >= $1 order by number desc"#,
            bigint(self.finalized)
        )
        .fetch_all(&mut self.connection)
        .await
        .context("reading headers")?;
        Ok(rows.into_iter().map(|row| Tip { number: from_bigint(row.number), hash: row.hash }).collect())
    }

    /// Adds blocks, all or nothing.
    #[instrument(level = "debug", skip_all, fields(block = applied.tip.number, facts = applied.batch.facts()))]
    pub(crate) async fn apply(&mut self, applied: Applied) -> Result<()> {
        let Applied { first_block, tip, finalized, batch } = applied;
        ensure!(first_block == self.tip.number + 1, "block {first_block} does not follow block {}", self.tip.number);
        let finalized = self.finalized.max(finalized.min(tip.number));
        let facts = batch.facts();
        let mut transaction = self.connection.begin().await?;
        if !self.is_derived {
            // The cursor moves with the facts, so a crash of Postgres that loses the last commits loses nothing but time.
            query!("set local synchronous_commit = off").execute(&mut *transaction).await?;
        }
        let seq = advance(&mut transaction, self.fence, self.tip, tip, finalized, facts).await?;
        for copy in batch.into_copies() {
            send(&mut transaction, copy).await?;
        }
        if facts > 0 && self.is_derived {
            query!("select derive($1, $2)", bigint(first_block), bigint(tip.number))
                .execute(&mut *transaction)
                .await
                .context("deriving state")?;
        }
        // Final blocks without facts need no header any more.
        query!(
            "delete from block where number >= $1 and number < $2 and not has_facts",
            bigint(self.finalized.min(first_block)),
            bigint(finalized)
        )
        .execute(&mut *transaction)
        .await
        .context("pruning headers")?;
        note(&mut transaction, seq, "applied", first_block, tip.number, tip.hash).await?;
        transaction.commit().await.context("committing blocks")?;
        self.tip = Tip { number: tip.number, hash: tip.hash };
        self.finalized = finalized;
        Ok(())
    }

    /// Forgets every block above `to`, which both chains share.
    #[instrument(level = "debug", skip_all, fields(block = to.number))]
    pub(crate) async fn rewind(&mut self, to: Tip) -> Result<()> {
        let mut transaction = self.connection.begin().await?;
        // Before any table: who cuts one holds the cursor first, too.
        query!("select from cursor where fence = $1 for update", self.fence).execute(&mut *transaction).await?;
        let seq = query_scalar!(
            r#"
            update cursor
            set block = $2,
                hash = $3::bytea,
                timestamp = coalesce((select timestamp from block where number = $2), 'epoch'),
                seq = seq + 1,
                facts = facts - (select count(*) from event where event.block > $2),
                halted = null
            where fence = $1
            returning seq
            "#,
            self.fence,
            bigint(to.number),
            to.hash as B256
        )
        .fetch_optional(&mut *transaction)
        .await
        .context("moving the cursor back")?
        .context(LOST_LEAD)?;
        query!("select rewind($1)", bigint(to.number)).execute(&mut *transaction).await.context("rewinding")?;
        note(&mut transaction, seq, "rollback", to.number + 1, self.tip.number, to.hash).await?;
        transaction.commit().await.context("committing a rewind")?;
        self.tip = to;
        Ok(())
    }

    /// Ends a backfill: indexes, and state from nothing.
    #[instrument(level = "debug", skip_all)]
    pub(crate) async fn derive_all(&mut self) -> Result<()> {
        let mut hands = Hands::join(&self.options, self.fence).await?;
        // Without statistics the planner would read whole tables for every key.
        hands.share(&self.unindexed(true).await?).await.context("creating indexes")?;
        hands.share(&[vec!["select forget_state()".to_owned()]]).await.context("forgetting state")?;
        let parts = PARTS.map(|part| vec![format!("select {part}(0, {})", i64::MAX)]);
        hands.share(&parts).await.context("deriving all state")?;
        hands.share(&self.unindexed(false).await?).await.context("analysing state")?;
        hands.part().await?;
        let mut transaction = self.connection.begin().await?;
        let seq = query_scalar!(
            "update cursor set is_derived = true, derived_by = $2, seq = seq + 1 where fence = $1 returning seq",
            self.fence,
            schema_version()
        )
        .fetch_optional(&mut *transaction)
        .await?
        .context(LOST_LEAD)?;
        note(&mut transaction, seq, "derived", self.first_block, self.tip.number, self.tip.hash).await?;
        transaction.commit().await.context("committing state")?;
        self.is_derived = true;
        Ok(())
    }

    /// What is missing of indexes and statistics, by table, the largest first. Statistics that are there may be of when a table was
    /// small.
    async fn unindexed(&mut self, is_anew: bool) -> Result<Vec<Piece>> {
        query_scalar!(
            r#"
            select array_agg(statement order by is_last) as "statements!"
            from (
                select indexed, statement, false as is_last from wanted_index() where to_regclass(index::text) is null
                union all
                select relname, format('analyze %I', relname), true
                from pg_class
                where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and ($1 or reltuples < 0)
                    and size_of(oid) > 0
            ) as missing (indexed, statement, is_last)
            group by indexed
            order by max(size_of(indexed::text::regclass)) desc
            "#,
            is_anew
        )
        .fetch_all(&mut self.connection)
        .await
        .context("asking for missing indexes")
    }

    /// Tells readers why nothing moves any more.
    pub(crate) async fn halt(&mut self, reason: &str) -> Result<()> {
        query!("update cursor set halted = $2 where fence = $1", self.fence, reason)
            .execute(&mut self.connection)
            .await
            .context("noting the halt")?;
        Ok(())
    }
}

pub(crate) const LOST_LEAD: &str = "another indexer has taken the lead";

pub(crate) async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    let options = options.clone().application_name("surety-indexer").options(SESSION);
    PgConnection::connect_with(&options).await.context("connecting to Postgres")
}

async fn try_lock(connection: &mut PgConnection) -> Result<bool> {
    query_scalar!(r#"select pg_try_advisory_lock($1) as "is_leader!""#, LEADER_LOCK)
        .fetch_one(connection)
        .await
        .context("asking for the lead")
}

/// Of the newest migration: state that another version derived is derived anew.
fn schema_version() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Postgres wakes us in the moment in which the leader is gone.
async fn wait_for_lock(connection: &mut PgConnection) -> Result<()> {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    // While a statement waits Postgres keeps what is dead, so it does not wait for long.
    query!("set lock_timeout = '5s'").execute(&mut *connection).await?;
    loop {
        let led = query!("select pg_advisory_lock($1)", LEADER_LOCK).execute(&mut *connection).await;
        match led {
            Ok(_) => break,
            Err(sqlx::Error::Database(refused)) if refused.code().as_deref() == Some(LOCK_NOT_AVAILABLE) => {}
            Err(error) => return Err(error).context("waiting for the lead"),
        }
    }
    query!("set lock_timeout = 0").execute(connection).await?;
    Ok(())
}

fn explain(error: MigrateError) -> anyhow::Error {
    if let MigrateError::VersionMissing(version) = error {
        return fatal(format!(
            "the database has migration {version}, which this program does not know: it belongs to a newer one"
        ));
    }
    if let MigrateError::VersionMismatch(version) = error {
        return fatal(format!(
            "migration {version} of the database is not the one of this program: it belongs to another version"
        ));
    }
    anyhow::Error::from(error).context("migrating the database")
}

/// A new database becomes one of this deployment; one of another is refused.
async fn identify(transaction: &mut Transaction<'_, Postgres>, deployment: &Deployment) -> Result<()> {
    let known = query!("select chain_id, first_block, stablecoin_decimals from chain")
        .fetch_optional(&mut **transaction)
        .await
        .context("reading the chain")?;
    let Some(known) = known else { return found(transaction, deployment).await };
    let differs = |what: &str, have: &dyn std::fmt::Display, want: &dyn std::fmt::Display| {
        fatal(format!("the database is about another deployment: its {what} is {have}, not {want}"))
    };
    if from_bigint(known.chain_id) != deployment.chain_id {
        return Err(differs("chain id", &known.chain_id, &deployment.chain_id));
    }
    if from_bigint(known.first_block) != deployment.first_block {
        return Err(differs("first block", &known.first_block, &deployment.first_block));
    }
    if known.stablecoin_decimals != i32::from(deployment.stablecoin_decimals) {
        return Err(differs("stablecoin's decimals", &known.stablecoin_decimals, &deployment.stablecoin_decimals));
    }
    for (name, address) in &deployment.contracts {
        let known = query_scalar!(r#"select address as "address: Address" from contract where name = $1"#, name)
            .fetch_optional(&mut **transaction)
            .await
            .context("reading a contract")?;
        if known != Some(*address) {
            let known = known.map_or_else(|| "none".to_owned(), |known| known.to_string());
            return Err(differs(name, &known, address));
        }
    }
    Ok(())
}

async fn found(transaction: &mut Transaction<'_, Postgres>, deployment: &Deployment) -> Result<()> {
    query!(
        "insert into chain (chain_id, first_block, stablecoin_decimals) values ($1, $2, $3)",
        bigint(deployment.chain_id),
        bigint(deployment.first_block),
        i32::from(deployment.stablecoin_decimals)
    )
    .execute(&mut **transaction)
    .await
    .context("storing the chain")?;
    for (name, address) in &deployment.contracts {
        query!("insert into contract (name, address) values ($1, $2::bytea)", name, *address as Address)
            .execute(&mut **transaction)
            .await
            .with_context(|| format!("storing the contract {name}"))?;
    }
    query!(
        r#"
        insert into cursor (block, hash, timestamp, finalized, fence, seq, is_derived)
        values ($1, $2::bytea, 'epoch', $1, 0, 0, false)
        "#,
        bigint(deployment.first_block) - 1,
        B256::ZERO as B256
    )
    .execute(&mut **transaction)
    .await
    .context("storing the cursor")?;
    Ok(())
}

/// Moves the cursor from one tip to the next, if we still lead.
async fn advance(
    transaction: &mut Transaction<'_, Postgres>,
    fence: i64,
    from: Tip,
    to: Header,
    finalized: u64,
    facts: u64,
) -> Result<i64> {
    query_scalar!(
        r#"
        update cursor
        set block = $4, hash = $5::bytea, timestamp = moment($6::bigint), finalized = $7, seq = seq + 1,
            facts = facts + $8, halted = null
        where fence = $1 and block = $2 and hash = $3::bytea
        returning seq
        "#,
        fence,
        bigint(from.number),
        from.hash as B256,
        bigint(to.number),
        to.hash as B256,
        bigint(to.timestamp),
        bigint(finalized),
        bigint(facts)
    )
    .fetch_optional(&mut **transaction)
    .await
    .context("moving the cursor")?
    .context(LOST_LEAD)
}

/// Finishes or aborts a COPY, never drops it half done.
async fn send(connection: &mut PgConnection, copy: Copy) -> Result<()> {
    let Copy { statement, rows, bytes } = copy;
    let mut stream = connection.copy_in_raw(&statement).await.with_context(|| format!("beginning: {statement}"))?;
    if let Err(error) = stream.send(bytes).await {
        // The connection is discarded either way, so a second failure says nothing new.
        let _ = stream.abort("sending failed").await;
        return Err(error).with_context(|| format!("sending: {statement}"));
    }
    let written = stream.finish().await.with_context(|| format!("finishing: {statement}"))?;
    ensure!(written == rows, "{statement} wrote {written} of {rows} rows");
    Ok(())
}

async fn note(
    transaction: &mut Transaction<'_, Postgres>,
    seq: i64,
    kind: &str,
    first_block: u64,
    last_block: u64,
    hash: B256,
) -> Result<()> {
    query!(
        "insert into journal (seq, kind, first_block, last_block, hash) values ($1, $2, $3, $4, $5::bytea)",
        seq,
        kind,
        bigint(first_block),
        bigint(last_block),
        hash as B256
    )
    .execute(&mut **transaction)
    .await
    .context("writing the journal")?;
    query!("select pg_notify('journal', $1)", seq.to_string())
        .execute(&mut **transaction)
        .await
        .context("notifying")?;
    Ok(())
}

fn bigint(value: u64) -> i64 {
    i64::try_from(value).expect("block numbers and times are below 2^63")
}

fn from_bigint(value: i64) -> u64 {
    u64::try_from(value).expect("block numbers and times are stored from unsigned ones")
}
