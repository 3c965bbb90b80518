//! The indexer against a node that misbehaves: whatever happens, the tables end as those of a fresh index.

mod fake;
mod heads;
mod ranges;
mod several;
mod simulator;

use alloy::primitives::{Address, LogData};
use anyhow::{Context, Result};
use indexer::{Config, Deployment, State};
use serde_json::json;
use sqlx::postgres::PgListener;
use sqlx::{ConnectOptions as _, PgPool, query, query_scalar};

use fake::dump::dump;
use fake::running::{Indexer, PATIENCE};
use fake::{FIRST_BLOCK, Node, deployment};

/// Events that no story tells.
const UNTOLD: &[&str] = &[
    "attester_set",
    "authority_updated",
    "burn_queued",
    "council_set",
    "drip_changed",
    "guardian_set",
    "key_set",
    "module_removed",
    "module_scheduled",
    "offer_removed",
    "orphan_changed",
    "orphan_swept",
    "payee_set",
    "quarantine_cancelled",
    "quarantine_opened",
    "quarantine_paid",
    "redelegated",
    "redelegation_named",
    "refunded",
    "request_cancelled",
    "request_criterion_added",
    "request_provider_listed",
    "requests_paused_until",
    "reward_added",
    "reward_claimed",
    "slash_burned",
    "slot_topped_up",
    "source_set",
    "spare_changed",
    "staking_paused",
    "units_returned",
];

/// Indexes the same chain into the emptied database, and compares.
async fn equals_fresh(db: &PgPool, node: &Node) -> Result<()> {
    let before = dump(db).await?;
    query("drop schema public cascade").execute(db).await?;
    query("create schema public").execute(db).await?;
    let mut indexer = Indexer::start(db, node)?;
    indexer.synced(node).await?;
    indexer.stop().await?;
    for ((table, rows), (fresh_table, fresh)) in before.iter().zip(&dump(db).await?) {
        assert_eq!(table, fresh_table);
        assert_eq!(rows, fresh, "{table} differs from that of a fresh index");
    }
    Ok(())
}

/// As the cursor counts them, which must be as many as there are.
async fn facts(db: &PgPool) -> Result<i64> {
    let facts: i64 = query_scalar("select count(*) from event").fetch_one(db).await?;
    assert_eq!(query_scalar::<_, i64>("select facts from cursor").fetch_one(db).await?, facts);
    Ok(facts)
}

async fn rollbacks(db: &PgPool) -> Result<i64> {
    Ok(query_scalar("select count(*) from journal where kind = 'rollback'").fetch_one(db).await?)
}

#[sqlx::test(migrations = false)]
async fn every_log_becomes_a_fact(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(300);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    assert_eq!(facts(&db).await?, i64::try_from(node.chain().logs())?);
    for _ in 0..20 {
        node.chain().mine(1);
        indexer.synced(&node).await?;
    }
    assert_eq!(facts(&db).await?, i64::try_from(node.chain().logs())?);
    assert_eq!(rollbacks(&db).await?, 0);
    indexer.stop().await?;
    equals_fresh(&db, &node).await
}

/// The program itself, killed without warning as soon as it has committed something, again and again.
#[sqlx::test(migrations = false)]
async fn a_program_that_is_killed_loses_nothing(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().range_max = 7;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("deployment.json");
    let Deployment { chain_id, first_block, contracts, stablecoin_decimals } = deployment();
    let deployed = json!({
        "chain_id": chain_id, "first_block": first_block, "contracts": contracts,
        "stablecoin_decimals": stablecoin_decimals,
    });
    std::fs::write(&file, deployed.to_string())?;
    let mut journal = PgListener::connect_with(&db).await?;
    journal.listen("journal").await?;
    for lives in 0..8 {
        // Some lives begin with a long way to go, some at the head.
        node.chain().mine(if lives % 2 == 0 { 120 } else { 3 });
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_surety-indexer"))
            .args(["--listen", "127.0.0.1:0", "--rpc-url", &node.url, "--deployment"])
            .arg(&file)
            .env("DATABASE_URL", db.connect_options().to_url_lossy().as_str())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let committed = tokio::time::timeout(PATIENCE, journal.recv()).await;
        program.kill().await?;
        committed.context("it committed nothing")??;
    }
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    indexer.stop().await?;
    assert_eq!(facts(&db).await?, i64::try_from(node.chain().logs())?);
    // A listener holds the schema that the comparison drops.
    drop(journal);
    equals_fresh(&db, &node).await
}

/// What the story leaves out is not tested by forks: the list may only shrink.
#[sqlx::test(migrations = false)]
async fn the_story_tells_of_nearly_every_event(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(1_500);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    indexer.stop().await?;
    let tables: Vec<String> = query_scalar(
        "select table_name::text from information_schema.key_column_usage
         where table_schema = 'public'
         group by table_name
         having array_agg(column_name::text order by ordinal_position) = array['block', 'log_index']
         order by table_name",
    )
    .fetch_all(&db)
    .await?;
    let mut untold = Vec::new();
    for table in tables {
        let is_told: bool = query_scalar(&format!("select exists (select from {table})")).fetch_one(&db).await?;
        if !is_told {
            untold.push(table);
        }
    }
    assert_eq!(untold, UNTOLD);
    Ok(())
}

/// Limits are told again while an update waits: of a version's the last ones count.
#[sqlx::test(migrations = false)]
async fn an_update_that_waits_keeps_the_availability_of_units_taken(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(600);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    node.chain().mine(20);
    indexer.synced(&node).await?;
    indexer.stop().await?;
    let told: Vec<i32> =
        query_scalar("select distinct availability_bps from offer_limits_set order by 1").fetch_all(&db).await?;
    assert_eq!(told, [9_800, 9_900]);
    let kept: Vec<i32> = query_scalar(
        "select distinct unnest(array[availability_bps, next_availability_bps]) from offer where next_at is not null",
    )
    .fetch_all(&db)
    .await?;
    assert_eq!(kept, [9_900]);
    Ok(())
}

#[sqlx::test(migrations = false)]
async fn ranges_shrink_to_what_the_node_allows(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(400);
    node.chain().range_max = 7;
    node.chain().logs_max = 40;
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    assert!(node.chain().ranges_refused > 0);
    assert_eq!(facts(&db).await?, i64::try_from(node.chain().logs())?);
    indexer.stop().await
}

#[sqlx::test(migrations = false)]
async fn a_fetch_that_grows_large_is_handed_over_in_parts(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(400);
    node.chain().logs_max = 40;
    let mut config = Config::new((*db.connect_options()).clone(), &node.url, deployment())?;
    config.fetch_max = 1;
    let mut indexer = Indexer::start_as(config);
    indexer.synced(&node).await?;
    assert!(node.chain().ranges_refused > 0);
    assert_eq!(facts(&db).await?, i64::try_from(node.chain().logs())?);
    indexer.stop().await?;
    equals_fresh(&db, &node).await
}

#[sqlx::test(migrations = false)]
async fn reorganisations_leave_what_a_fresh_index_finds(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(150);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    for (count, depth) in [1, 3, 20, 45].into_iter().enumerate() {
        node.chain().reorganise(depth, count % 2);
        indexer.synced(&node).await?;
        assert_eq!(facts(&db).await?, i64::try_from(node.chain().logs())?, "after {depth} blocks");
        assert_eq!(rollbacks(&db).await?, i64::try_from(count)? + 1);
    }
    indexer.stop().await?;
    equals_fresh(&db, &node).await
}

#[sqlx::test(migrations = false)]
async fn a_reorganisation_while_nobody_indexed_is_found_at_start_up(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(120);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    indexer.stop().await?;
    node.chain().reorganise(30, 60);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    indexer.stop().await?;
    assert_eq!(rollbacks(&db).await?, 1);
    equals_fresh(&db, &node).await
}

#[sqlx::test(migrations = false)]
async fn a_reorganisation_older_than_the_deployment_starts_anew(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(30);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    node.chain().reorganise(29, 3);
    indexer.synced(&node).await?;
    indexer.stop().await?;
    equals_fresh(&db, &node).await
}

#[sqlx::test(migrations = false)]
async fn a_fork_below_finality_halts(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(200);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    let before = dump(&db).await?;
    node.chain().reorganise(100, 0);
    let status = indexer.until(|status| matches!(status.state, State::Halted(_))).await?;
    assert_eq!(status.indexed.map(|tip| tip.number), Some(200));
    assert_eq!(dump(&db).await?, before);
    let halted: Option<String> = query_scalar("select halted from cursor").fetch_one(&db).await?;
    assert!(halted.context("the cursor does not say so")?.contains("final"));
    indexer.stop().await?;
    // Until there is progress the cursor says so, whoever leads.
    node.chain().failures = usize::MAX;
    let mut restarted = Indexer::start(&db, &node)?;
    restarted.until(|status| matches!(status.state, State::Retrying(_))).await?;
    let halted: Option<String> = query_scalar("select halted from cursor").fetch_one(&db).await?;
    assert!(halted.is_some());
    restarted.stop().await
}

#[sqlx::test(migrations = false)]
async fn a_node_that_is_behind_is_no_reorganisation(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(120);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    node.chain().hidden = 7;
    indexer.until(|status| status.state == State::Lagging).await?;
    node.chain().hidden = 0;
    node.chain().mine(1);
    indexer.synced(&node).await?;
    assert_eq!(rollbacks(&db).await?, 0);
    indexer.stop().await
}

#[sqlx::test(migrations = false)]
async fn a_node_that_fails_is_asked_again(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(150);
    node.chain().failures = 5;
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    node.chain().failures = 3;
    node.chain().mine(2);
    indexer.synced(&node).await?;
    assert_eq!(facts(&db).await?, i64::try_from(node.chain().logs())?);
    indexer.stop().await
}

#[sqlx::test(migrations = false)]
async fn a_node_that_knows_no_final_block_is_followed_all_the_same(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().has_no_finality = true;
    node.chain().mine(150);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    let finalized: i64 = query_scalar("select finalized from cursor").fetch_one(&db).await?;
    assert_eq!(finalized, 150 - 64);
    indexer.stop().await?;
    equals_fresh(&db, &node).await
}

#[sqlx::test(migrations = false)]
async fn losing_postgres_loses_nothing(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(200);
    let mut indexer = Indexer::start(&db, &node)?;
    for _ in 0..15 {
        node.chain().mine(2);
        query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where application_name = 'surety-indexer' and datname = current_database()",
        )
        .execute(&db)
        .await?;
        let head = node.chain().tip().number;
        indexer.until(|status| status.indexed.is_some_and(|tip| tip.number == head)).await?;
    }
    indexer.synced(&node).await?;
    assert_eq!(facts(&db).await?, i64::try_from(node.chain().logs())?);
    indexer.stop().await?;
    equals_fresh(&db, &node).await
}

#[sqlx::test(migrations = false)]
async fn a_second_indexer_stands_by_and_takes_over(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(100);
    let mut first = Indexer::start(&db, &node)?;
    first.synced(&node).await?;
    let mut second = Indexer::start(&db, &node)?;
    second.until(|status| status.state == State::Standby).await?;
    first.stop().await?;
    node.chain().mine(3);
    second.synced(&node).await?;
    let fence: i64 = query_scalar("select fence from cursor").fetch_one(&db).await?;
    assert_eq!(fence, 2);
    second.stop().await
}

#[sqlx::test(migrations = false)]
async fn a_log_that_nobody_knows_stops_the_indexer(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(20);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    let strange = LogData::new_unchecked(vec![[7; 32].into()], Vec::new().into());
    node.chain().mine_log(fake::story::addresses()["Deals"], strange);
    let refusal = indexer.refusal().await?;
    assert!(refusal.contains("is not one that this indexer knows"), "{refusal}");
    let block: i64 = query_scalar("select block from cursor").fetch_one(&db).await?;
    assert_eq!(block, 20);
    Ok(())
}

#[sqlx::test(migrations = false)]
async fn another_deployment_is_refused(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(20);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    indexer.stop().await?;

    let mut other = deployment();
    other.first_block = FIRST_BLOCK + 1;
    let refusal = Indexer::start_with(&db, &node, other)?.refusal().await?;
    assert!(refusal.contains("its first block is 5, not 6"), "{refusal}");

    let mut other = deployment();
    other.contracts.insert("Deals".to_owned(), Address::repeat_byte(9));
    let refusal = Indexer::start_with(&db, &node, other)?.refusal().await?;
    assert!(refusal.contains("another deployment: its Deals is"), "{refusal}");

    let mut other = deployment();
    other.chain_id = 1;
    let refusal = Indexer::start_with(&db, &node, other)?.refusal().await?;
    assert!(refusal.contains("its chain id is 31337, not 1"), "{refusal}");

    node.chain().chain_id = 5;
    let refusal = Indexer::start(&db, &node)?.refusal().await?;
    assert!(refusal.contains("the node is of chain 5, the deployment of chain 31337"), "{refusal}");
    Ok(())
}

#[sqlx::test(migrations = false)]
async fn a_database_of_a_newer_program_is_refused(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(20);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    indexer.stop().await?;
    query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of the future', true, '\\x00', 0)",
    )
    .execute(&db)
    .await?;
    let refusal = Indexer::start(&db, &node)?.refusal().await?;
    assert!(refusal.contains("migration 9999, which this program does not know"), "{refusal}");
    Ok(())
}

/// What the facts mean may change from version to version; what happened does not.
#[sqlx::test(migrations = false)]
async fn a_newer_schema_derives_state_anew_from_the_facts_that_are_there(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(200);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    indexer.stop().await?;
    // As a version before this one might have left it: other state, and by its own number.
    query("update provider set locked = locked + 1").execute(&db).await?;
    query("delete from deal").execute(&db).await?;
    query("update cursor set derived_by = derived_by - 1").execute(&db).await?;
    let entries: i64 = query_scalar("select max(seq) from journal").fetch_one(&db).await?;

    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    indexer.stop().await?;
    let since: Vec<String> =
        query_scalar("select kind::text from journal where seq > $1 order by seq").bind(entries).fetch_all(&db).await?;
    assert_eq!(since, ["derived"], "no block is read again");
    equals_fresh(&db, &node).await
}
