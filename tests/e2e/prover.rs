//! A prover keeps its windows through days, kills and reorganisations.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use contracts::Capacity;
use scripts::capacity::clock::WINDOW;
use scripts::capacity::prover::Options;
use scripts::commitment::{self, Pledged};
use sqlx::PgPool;
use tempfile::tempdir;
use tests::actors::Provider;
use tests::chain::hours;
use tests::proving::Proving;
use tests::work::pledge;
use tests::world::World;

/// Puzzles of a unit and window.
const PUZZLES: u64 = 8;

/// A world with rewards, and a provider that pledged units for a day.
async fn pledged(db: PgPool, units: u16) -> Result<(World, Provider, Pledged)> {
    let world = World::start(db).await?;
    world.fund_rewards("10000").await?;
    let paula = world.provider("paula").await?;
    paula.stake("10000").await?;
    let pledged = pledge(&paula.context, units, 1).await?;
    Ok((world, paula, pledged))
}

/// The next window begins, and nobody but the prover opens it.
async fn next_window(world: &World) -> Result<()> {
    let now = world.chain.head().await?.timestamp;
    world.advance(Duration::from_secs(WINDOW - now % WINDOW)).await
}

/// Blocks come, and the prover sees them.
async fn mine(world: &World, proving: &Proving, blocks: u64) -> Result<()> {
    world.chain.mine(blocks).await?;
    proving.seen(world.chain.head().await?.number).await
}

async fn status(world: &World, pledged: &Pledged, window: u64) -> Result<u8> {
    let call = Capacity::claimOfCall { commitment: pledged.commitment.0, window: u32::try_from(window)? };
    let context = &world.keeper.context;
    Ok(context.view(context.at().capacity, call).await?.status)
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_prover_fills_windows_and_is_paid(db: PgPool) -> Result<()> {
    let (world, paula, pledged) = pledged(db, 2).await?;
    let folder = tempdir()?;
    let proving = Proving::start(&paula.context, pledged.commitment, folder.path()).await?;
    let all = 2 * PUZZLES;
    world.next_epoch().await?;
    for number in 1..4 {
        proving.until("the window is full", |meters| meters.leaves.get() == number * all).await?;
        mine(&world, &proving, 1).await?;
        proving.until("it is committed", |meters| meters.commits.get() == number).await?;
        mine(&world, &proving, 5).await?;
        if number < 3 {
            next_window(&world).await?;
        }
    }
    // Earlier claims were drawn with later commits; nothing comes after the last, so it is drawn on its own.
    world.next_epoch().await?;
    proving.until("all are drawn", |meters| meters.draws.get() == 3).await?;
    mine(&world, &proving, 1).await?;
    let shown = commitment::show(&paula.context, pledged.commitment).await?;
    assert_eq!(shown.open_challenges, 0, "audits are answered at once: {:?}", proving.meters);

    world.advance(hours(3)).await?;
    proving.until("the day is credited", |meters| meters.credits.get() == 1).await?;
    let shown = commitment::show(&paula.context, pledged.commitment).await?;
    assert!(shown.pending.0 > 0 && shown.poor_epochs == 0, "{shown:?}");
    world.advance(hours(25)).await?;
    mine(&world, &proving, 1).await?;
    let shown = commitment::show(&paula.context, pledged.commitment).await?;
    assert_eq!(shown.pending.0, 0, "{shown:?}");
    assert!(paula.claim().await?.rewards.0 > 0);

    // Nobody can ask for leaves any more, so nothing is left to do.
    world.advance(hours(14)).await?;
    world.chain.mine(1).await?;
    let meters = proving.ended().await?;
    assert_eq!((meters.commits.get(), meters.claimed.get(), meters.lost.get()), (3, 3 * all, 0));
    assert_eq!(meters.failures.get(), 0, "{meters:?}");
    Ok(())
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_prover_killed_in_mid_window_loses_nothing_and_solves_nothing_twice(db: PgPool) -> Result<()> {
    let (world, paula, pledged) = pledged(db, 16).await?;
    let folder = tempdir()?;
    world.next_epoch().await?;
    let proving = Proving::start(&paula.context, pledged.commitment, folder.path()).await?;
    proving.until("some leaves are found", |meters| meters.leaves.get() >= 5).await?;
    proving.kill().await;
    let window = world.chain.head().await?.timestamp / WINDOW;
    let path = folder.path().join(format!("{window}.leaves"));
    let whole = std::fs::read_to_string(&path)?;
    let found = whole.lines().count() as u64 - 1;
    // As if it was killed while it wrote.
    OpenOptions::new().append(true).open(&path)?.write_all(b"{\"position\":7,\"non")?;

    let proving = Proving::start(&paula.context, pledged.commitment, folder.path()).await?;
    let rest = 16 * PUZZLES - found;
    proving.until("the rest is found", |meters| meters.leaves.get() == rest).await?;
    mine(&world, &proving, 1).await?;
    proving.until("it is committed", |meters| meters.commits.get() == 1).await?;
    assert_eq!(proving.meters.claimed.get(), 16 * PUZZLES);
    assert!(std::fs::read_to_string(&path)?.starts_with(&whole), "what was found is kept");

    // Killed again, and what was committed is served by the next one.
    proving.kill().await;
    let proving = Proving::start(&paula.context, pledged.commitment, folder.path()).await?;
    let url = format!("{}/commitments/{}/windows/{window}", proving.url, pledged.commitment);
    let claim: serde_json::Value = reqwest::get(&url).await?.json().await?;
    assert_eq!(claim["filled"], 16 * PUZZLES);
    let leaves = reqwest::get(format!("{url}/leaves")).await?.bytes().await?;
    assert_eq!(leaves.len() as u64, 16 * PUZZLES * 26);
    let metrics = reqwest::get(format!("{}/metrics", proving.url)).await?.text().await?;
    assert!(metrics.contains("surety_prover_leaves_total 0\n"), "{metrics}");
    mine(&world, &proving, 1).await?;
    assert_eq!(proving.meters.commits.get(), 0, "it is committed already");
    assert_eq!(status(&world, &pledged, window).await?, 1);
    proving.stop().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_commit_in_need_of_time_is_sent_when_it_is_due(db: PgPool) -> Result<()> {
    let (world, paula, pledged) = pledged(db, 16).await?;
    let folder = tempdir()?;
    let options = Options { commit_before: 480, ..Options::new(pledged.commitment, folder.path().to_owned()) };
    world.next_epoch().await?;
    let proving = Proving::with(&paula.context, options).await?;
    proving.until("some leaves are found", |meters| meters.leaves.get() >= 5).await?;
    let window = world.chain.head().await?.timestamp / WINDOW;
    next_window(&world).await?;
    let found = proving.meters.leaves.get();
    // Two minutes into the next window, which is being solved meanwhile.
    world.advance(Duration::from_secs(121)).await?;
    proving.until("it is committed", |meters| meters.commits.get() >= 1).await?;
    assert_eq!(status(&world, &pledged, window).await?, 1);
    let claimed = proving.meters.claimed.get();
    assert!((found.min(claimed)..=16 * PUZZLES).contains(&claimed), "{:?}", proving.meters);
    proving.stop().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_reorganisation_takes_a_commit_or_changes_a_seed(db: PgPool) -> Result<()> {
    let (world, paula, pledged) = pledged(db, 2).await?;
    let folder = tempdir()?;
    world.next_epoch().await?;
    let proving = Proving::start(&paula.context, pledged.commitment, folder.path()).await?;
    proving.until("the window is full", |meters| meters.leaves.get() == 2 * PUZZLES).await?;
    mine(&world, &proving, 1).await?;
    proving.until("it is committed", |meters| meters.commits.get() == 1).await?;
    let window = world.chain.head().await?.timestamp / WINDOW;
    proving.seen(world.chain.head().await?.number).await?;

    // The commit vanishes, its window's seed stays: it is sent again, and nothing is solved anew.
    world.reorg(1).await?;
    mine(&world, &proving, 1).await?;
    proving.until("it is committed again", |meters| meters.commits.get() == 2).await?;
    assert_eq!((proving.meters.leaves.get(), proving.meters.dropped.get()), (2 * PUZZLES, 0));
    assert_eq!(status(&world, &pledged, window).await?, 1);

    // The opening vanishes as well: another seed, and all work is done again.
    let head = world.chain.head().await?;
    let opened = opening(&world, window).await?;
    world.reorg(head.number - opened + 1).await?;
    let now = world.chain.head().await?.timestamp;
    if now / WINDOW < window {
        world.chain.advance_to(window * WINDOW + 60).await?;
    }
    proving.until("the window is dropped", |meters| meters.dropped.get() == 1).await?;
    mine(&world, &proving, 1).await?;
    proving.until("it is full again", |meters| meters.leaves.get() == 4 * PUZZLES).await?;
    mine(&world, &proving, 1).await?;
    proving.until("it is committed", |meters| meters.commits.get() == 3).await?;
    assert_eq!(status(&world, &pledged, window).await?, 1);
    proving.stop().await
}

/// The block in which a window was opened.
async fn opening(world: &World, window: u64) -> Result<u64> {
    let context = &world.keeper.context;
    let mut block = world.chain.head().await?.number;
    loop {
        let call = Capacity::seedOfCall { window: u32::try_from(window)? };
        let at = alloy::eips::BlockId::number(block.checked_sub(1).context("the window was opened")?);
        if context.view_at(at, context.at().capacity, call).await?.is_zero() {
            return Ok(block);
        }
        block -= 1;
    }
}
