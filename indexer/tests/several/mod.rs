//! Several nodes of which one is wrong, behind or away: the index is that of the others, and is not late.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indexer::{Config, State};
use sqlx::{PgPool, query, query_scalar};
use tokio::time::timeout;

use crate::fake::running::Indexer;
use crate::fake::{Node, deployment};
use crate::{equals_fresh, rollbacks};

/// Less than a call that is not answered takes.
const SOON: Duration = Duration::from_secs(20);
/// Less than a node that hangs is waited for.
const SLOW: Duration = Duration::from_secs(3);

/// A hundred of them take longer than a node is waited for that says nothing.
const SLOW_ANSWER: Duration = Duration::from_millis(350);

/// Three with the same chain.
async fn three(blocks: usize) -> [Node; 3] {
    let nodes = [Node::start().await, Node::start().await, Node::start().await];
    nodes[0].chain().mine(blocks);
    let chain = nodes[0].chain().clone();
    for node in &nodes[1..] {
        *node.chain() = chain.clone();
    }
    nodes
}

fn config(db: &PgPool, nodes: &[Node]) -> Result<Config> {
    let urls: Vec<&str> = nodes.iter().map(|node| node.url.as_str()).collect();
    let mut config = Config::new((*db.connect_options()).clone(), &urls.join(","), deployment())?;
    config.pause = Duration::from_millis(20);
    Ok(config)
}

fn start(db: &PgPool, nodes: &[Node]) -> Result<Indexer> {
    Ok(Indexer::start_as(config(db, nodes)?))
}

#[sqlx::test(migrations = false)]
async fn a_node_that_is_stuck_vetoes_no_rewind(db: PgPool) -> Result<()> {
    let nodes = three(100).await;
    let mut indexer = start(&db, &nodes)?;
    indexer.synced(&nodes[0]).await?;
    for node in &nodes[..2] {
        node.chain().reorganise(5, 2);
    }
    indexer.synced(&nodes[0]).await?;
    indexer.stop().await?;
    assert_eq!(rollbacks(&db).await?, 1);
    equals_fresh(&db, &nodes[1]).await
}

#[sqlx::test(migrations = false)]
async fn where_one_node_is_enough_the_first_decides_of_rewinds(db: PgPool) -> Result<()> {
    let nodes = three(100).await;
    let mut config = config(&db, &nodes[..2])?;
    config.quorum = 1;
    let mut indexer = Indexer::start_as(config);
    indexer.synced(&nodes[0]).await?;
    nodes[0].chain().reorganise(5, 0);
    indexer.synced(&nodes[0]).await?;
    indexer.stop().await
}

/// It is ahead, and often has the turn.
#[sqlx::test(migrations = false)]
async fn a_block_that_only_one_node_has_is_never_indexed(db: PgPool) -> Result<()> {
    let nodes = three(300).await;
    nodes[2].chain().reorganise(200, 10);
    let mut indexer = start(&db, &nodes)?;
    indexer.synced(&nodes[0]).await?;
    for round in 0..20 {
        nodes[2].chain().mine(1);
        for node in &nodes[..2] {
            node.chain().mine(1 + round % 3);
        }
        indexer.synced(&nodes[0]).await?;
    }
    indexer.stop().await?;
    assert_eq!(rollbacks(&db).await?, 0);
    equals_fresh(&db, &nodes[0]).await
}

#[sqlx::test(migrations = false)]
async fn a_quick_node_that_is_behind_holds_nobody_up(db: PgPool) -> Result<()> {
    let nodes = three(100).await;
    nodes[2].chain().hidden = 5;
    for node in &nodes[..2] {
        node.chain().delay = Duration::from_millis(30);
    }
    let mut indexer = start(&db, &nodes)?;
    indexer.synced(&nodes[0]).await?;
    for node in &nodes[..2] {
        node.chain().mine(1);
    }
    // The slower of the two has yet to say so when the quick one has.
    nodes[1].chain().delay = Duration::from_millis(200);
    indexer.synced(&nodes[0]).await?;
    for node in &nodes[..2] {
        node.chain().mine(1);
    }
    indexer.synced(&nodes[0]).await?;
    assert!(indexer.until(|status| status.state == State::Following).await.is_ok());
    indexer.stop().await
}

#[sqlx::test(migrations = false)]
async fn what_two_nodes_share_below_their_heads_is_indexed(db: PgPool) -> Result<()> {
    let nodes = three(100).await;
    // 100 and 100 on two branches, and the first 99 of the one.
    nodes[0].chain().reorganise(3, 0);
    nodes[2].chain().hidden = 1;
    let mut indexer = start(&db, &nodes)?;
    indexer.synced(&nodes[2]).await?;
    indexer.stop().await
}

#[sqlx::test(migrations = false)]
async fn a_node_that_hangs_delays_nobody(db: PgPool) -> Result<()> {
    let nodes = three(100).await;
    let mut indexer = start(&db, &nodes)?;
    indexer.synced(&nodes[0]).await?;
    let begin = Instant::now();
    nodes[0].chain().is_silent = true;
    for _ in 0..20 {
        for node in &nodes {
            node.chain().mine(1);
        }
        indexer.synced(&nodes[1]).await?;
    }
    assert!(begin.elapsed() < SOON, "20 blocks took {:?}", begin.elapsed());
    // It is asked again when it is back.
    nodes[0].chain().is_silent = false;
    nodes[1].chain().is_silent = true;
    nodes[0].chain().mine(1);
    nodes[2].chain().mine(1);
    indexer.synced(&nodes[0]).await?;
    assert!(begin.elapsed() < 2 * SOON, "it took {:?}", begin.elapsed());
    indexer.stop().await
}

/// Others are looked at meanwhile, again and again: that does not keep it away.
#[sqlx::test(migrations = false)]
async fn a_node_that_was_away_counts_again(db: PgPool) -> Result<()> {
    let nodes = three(100).await;
    let mut indexer = start(&db, &nodes)?;
    indexer.synced(&nodes[0]).await?;
    let fence = || query_scalar::<_, i64>("select fence from cursor").fetch_one(&db);
    let before = fence().await?;
    // It is heard of before the others have agreed.
    for node in &nodes[..2] {
        node.chain().delay = Duration::from_millis(20);
    }
    nodes[2].chain().failures = 2;
    let asked_again = async {
        while nodes[2].chain().failures > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, asked_again).await.context("nobody asks it again")?;
    for node in &nodes {
        node.chain().mine(1);
    }
    indexer.synced(&nodes[0]).await?;
    assert_eq!(fence().await?, before, "it began anew");
    indexer.stop().await
}

/// Where finality stalls there are more headers to compare than one answer brings.
#[sqlx::test(migrations = false)]
async fn a_fork_is_left_although_many_blocks_are_not_final(db: PgPool) -> Result<()> {
    let nodes = three(900).await;
    for node in &nodes {
        node.chain().finality = 2_000;
    }
    let mut indexer = start(&db, &nodes)?;
    indexer.synced(&nodes[0]).await?;
    for node in &nodes {
        let mut chain = node.chain();
        chain.reorganise(5, 1);
        chain.delay = SLOW_ANSWER;
    }
    indexer.synced(&nodes[0]).await?;
    indexer.stop().await?;
    assert_eq!(rollbacks(&db).await?, 1);
    Ok(())
}

/// Where one is enough, a first node that hangs is waited for once.
#[sqlx::test(migrations = false)]
async fn a_first_node_that_hangs_is_waited_for_once(db: PgPool) -> Result<()> {
    let nodes = three(100).await;
    let mut config = config(&db, &nodes[..2])?;
    config.quorum = 1;
    let mut indexer = Indexer::start_as(config);
    indexer.synced(&nodes[0]).await?;
    nodes[0].chain().is_silent = true;
    for round in 0..20 {
        let begin = Instant::now();
        nodes[1].chain().mine(1);
        indexer.synced(&nodes[1]).await?;
        assert!(round == 0 || begin.elapsed() < SLOW, "block {round} took {:?}", begin.elapsed());
        // Long enough for it to be tried again now and then.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    nodes[0].chain().is_silent = false;
    nodes[0].chain().mine(30);
    indexer.synced(&nodes[0]).await?;
    indexer.stop().await
}

/// Any log of a stranger's block may be ours, says its filter, and no node tells all of them.
#[sqlx::test(migrations = false)]
async fn a_block_of_strangers_that_no_node_tells_whole_stops_nobody(db: PgPool) -> Result<()> {
    let nodes = three(20).await;
    for node in &nodes {
        node.chain().mine_strangers();
        node.chain().mine(2);
        node.chain().refuses_all = true;
    }
    for count in [3, 1] {
        let mut indexer = start(&db, &nodes[..count])?;
        indexer.synced(&nodes[0]).await?;
        indexer.stop().await?;
        equals_fresh(&db, &nodes[0]).await?;
        query("drop schema public cascade").execute(&db).await?;
        query("create schema public").execute(&db).await?;
    }
    Ok(())
}
