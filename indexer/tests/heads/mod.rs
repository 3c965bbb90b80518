//! Nodes that tell of new heads, refuse to, and stop.

use std::time::Duration;

use anyhow::{Context, Result};
use indexer::Config;
use sqlx::PgPool;

use crate::equals_fresh;
use crate::fake::running::{Indexer, PATIENCE};
use crate::fake::{Node, deployment};

/// Over web sockets, by an indexer that hardly ever asks for heads by itself.
fn start(db: &PgPool, nodes: &[Node]) -> Result<Indexer> {
    let urls: Vec<String> = nodes.iter().map(|node| node.over_socket().url).collect();
    let mut config = Config::new((*db.connect_options()).clone(), &urls.join(","), deployment())?;
    (config.pause, config.quorum) = (Duration::from_millis(1), 1);
    Ok(Indexer::start_polling(config, Duration::from_hours(1)))
}

/// Until so many are told by the node.
async fn told(node: &Node, count: usize) -> Result<()> {
    let wait = async {
        while node.told() != count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.with_context(|| format!("{} are told, not {count}", node.told()))
}

async fn mine_and_tell(indexer: &mut Indexer, nodes: &[Node]) -> Result<()> {
    for node in nodes {
        node.chain().mine(1);
    }
    for node in nodes {
        node.tell();
    }
    indexer.synced(&nodes[0]).await
}

#[sqlx::test(migrations = false)]
async fn a_node_that_refuses_to_tell_is_asked(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(100);
    node.chain().refuses_to_tell = true;
    let mut indexer = Indexer::start(&db, &node.over_socket())?;
    for _ in 0..3 {
        indexer.synced(&node).await?;
        node.chain().mine(2);
    }
    indexer.synced(&node).await?;
    assert_eq!(node.told(), 0);
    indexer.stop().await?;
    equals_fresh(&db, &node).await
}

#[sqlx::test(migrations = false)]
async fn a_node_that_tells_after_all_is_listened_to(db: PgPool) -> Result<()> {
    let nodes = [Node::start().await];
    nodes[0].chain().mine(100);
    nodes[0].chain().refuses_to_tell = true;
    let mut indexer = start(&db, &nodes)?;
    indexer.synced(&nodes[0]).await?;
    // Nobody has told of this one.
    nodes[0].chain().mine(1);
    nodes[0].chain().refuses_to_tell = false;
    indexer.synced(&nodes[0]).await?;
    told(&nodes[0], 1).await?;
    mine_and_tell(&mut indexer, &nodes).await?;
    indexer.stop().await
}

#[sqlx::test(migrations = false)]
async fn a_lost_subscription_comes_back_while_another_one_tells(db: PgPool) -> Result<()> {
    let nodes = [Node::start().await, Node::start().await];
    nodes[0].chain().mine(100);
    let chain = nodes[0].chain().clone();
    *nodes[1].chain() = chain;
    let mut indexer = start(&db, &nodes)?;
    for node in &nodes {
        told(node, 1).await?;
    }
    mine_and_tell(&mut indexer, &nodes).await?;
    // Sockets break, and at first nodes do not take new ones, or tell nobody who has one.
    for (lost, other) in [(0, 1), (1, 0)] {
        nodes[lost].chain().failures = 2;
        nodes[lost].chain().refuses_to_tell = lost == 1;
        nodes[lost].cut();
        told(&nodes[lost], 0).await?;
        nodes[0].chain().mine(1);
        nodes[1].chain().mine(1);
        nodes[other].tell();
        indexer.synced(&nodes[0]).await?;
        nodes[lost].chain().refuses_to_tell = false;
        told(&nodes[lost], 1).await?;
        assert_eq!(nodes[other].told(), 1, "the other one was disturbed");
        mine_and_tell(&mut indexer, &nodes).await?;
    }
    indexer.stop().await?;
    equals_fresh(&db, &nodes[0]).await
}
