//! Chains that change their mind.

use anyhow::Result;
use indexer::State;
use scripts::keeper;
use sqlx::PgPool;
use tests::chain::{Chain, days, hours};
use tests::world::{Options, World};

use crate::stage::{REMAINING, Stage, TERM_COST, WHOLE};

/// Blocks in which everything happens that the next blocks take back.
async fn live_on(stage: &Stage) -> Result<()> {
    let Stage { world, paula, dora, carol, offer, deal } = stage;
    world.advance(days(4)).await?;
    keeper::settle(&world.keeper.context, &[(*deal, 0)]).await?;
    dora.exit(paula, "1000").await?;
    carol.fund(*deal, TERM_COST).await?;
    paula.claim().await?;
    let other = carol.open(carol.job(10, "2", 1, 1)?, &[]).await?;
    scripts::customer::cancel(&carol.context, other).await?;
    carol.refund(other).await?;
    scripts::offer::update(
        &paula.context,
        *offer,
        &scripts::offer::Change { units: Some(13_000), ..Default::default() },
    )
    .await?;
    Ok(())
}

/// Whatever is taken back, the index is the one of the chain that is there.
async fn survives(db: PgPool, depth: u64) -> Result<()> {
    let mut stage = Stage::start(db, REMAINING).await?;
    live_on(&stage).await?;
    // However deep it is, the last of what happened is in it, and the deal is not.
    stage.world.chain.mine(depth.saturating_sub(12)).await?;
    stage.world.synced().await?;
    let block = stage.world.status().and_then(|status| status.indexed).map(|tip| tip.number);

    stage.world.reorg(depth).await?;
    stage.world.compare().await?;
    assert_eq!(stage.world.status().and_then(|status| status.indexed).map(|tip| tip.number), block);
    stage.world.audit().await?;

    live_on(&stage).await?;
    stage.world.synced().await?;
    stage.world.reorg_resent(depth).await?;
    stage.world.compare().await?;
    stage.world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_reorganisation_of_1_block(db: PgPool) -> Result<()> {
    survives(db, 1).await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_reorganisation_of_3_blocks(db: PgPool) -> Result<()> {
    survives(db, 3).await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_reorganisation_of_20_blocks(db: PgPool) -> Result<()> {
    survives(db, 20).await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_reorganisation_of_45_blocks(db: PgPool) -> Result<()> {
    survives(db, 45).await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_fork_that_is_older_than_the_indexers_start(db: PgPool) -> Result<()> {
    // The deployment alone is longer than two epochs of 32 blocks.
    let options = Options { blocks_before: 5, slots_in_an_epoch: 64, ..Options::new((*db.connect_options()).clone()) };
    let mut world = World::with(options).await?;
    let paula = world.provider("paula").await?;
    paula.stake("1000").await?;
    world.synced().await?;
    // The deployment itself is mined again, one block earlier: nothing that is stored is on this chain.
    let head = world.chain.head().await?.number;
    assert!(head < 128, "block {head} would be below what is final");
    world.reorg_resent(head - 2).await?;
    world.compare().await?;
    paula.stake("500").await?;
    world.synced().await?;
    let provider = world.get(&format!("/v1/providers/{}", paula.address)).await?;
    assert_eq!(provider.text("/own_flt")?, "1500");
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_fork_below_finality_halts_and_touches_nothing(db: PgPool) -> Result<()> {
    let Stage { mut world, dora, paula, .. } = Stage::start_final(db, WHOLE).await?;
    world.synced().await?;
    assert_eq!(world.get("/readyz").await?.status, 200);
    let before = tests::world::dump(&world.database).await?;

    world.reorg(8).await?;
    let halted = world.indexing()?.wait(|status| matches!(status.state, State::Halted(_))).await?;
    let State::Halted(reason) = halted.state else { unreachable!("it was waited for") };
    assert!(reason.contains("which was final"), "{reason}");
    assert_eq!(world.get("/readyz").await?.status, 503);
    // Later blocks change nothing: it never guesses.
    dora.exit(&paula, "1").await.err();
    world.chain.mine(3).await?;
    let after = tests::world::dump(&world.database).await?;
    assert_eq!(before.differences(&after), "");

    // Nor does a new start.
    world.stop_indexer().await?;
    world.start_indexer()?;
    world.indexing()?.wait(|status| matches!(status.state, State::Halted(_))).await?;
    world.end().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_reorganisation_while_the_indexer_is_away(db: PgPool) -> Result<()> {
    let mut stage = Stage::start(db, REMAINING).await?;
    live_on(&stage).await?;
    stage.world.synced().await?;
    stage.world.stop_indexer().await?;
    stage.world.reorg(7).await?;
    stage.world.advance(hours(1)).await?;
    stage.dora.exit(&stage.paula, "77").await?;
    stage.world.start_indexer()?;
    stage.world.compare().await?;
    stage.world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_node_that_is_behind_takes_nothing_back(db: PgPool) -> Result<()> {
    let Stage { mut world, dora, paula, .. } = Stage::start(db, WHOLE).await?;
    world.synced().await?;
    let before = tests::world::dump(&world.database).await?;
    shorten(&world.chain, 3).await?;
    world.indexing()?.wait(|status| status.state == State::Lagging).await?;
    assert_eq!(before.differences(&tests::world::dump(&world.database).await?), "");

    // It goes on from where it was with another chain: now it is a reorganisation.
    dora.stake(&paula, "5").await?;
    world.chain.mine(3).await?;
    world.compare().await?;
    world.finish().await
}

/// The node forgets its last blocks, as one that was restored from an older copy.
async fn shorten(chain: &Chain, blocks: u64) -> Result<()> {
    use alloy::providers::ext::AnvilApi as _;
    Ok(chain.provider.anvil_rollback(Some(blocks)).await?)
}
