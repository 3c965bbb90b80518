//! A watcher convicts whoever claims what is not there, and nobody else.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use alloy::primitives::{B256, U256};
use anyhow::{Context as _, Result};
use contracts::Capacity;
use contracts::i_capacity::ICapacity;
use scripts::blocks::Head;
use scripts::capacity::clock::{self, WINDOW};
use scripts::capacity::puzzle::{self, Bitmap};
use scripts::capacity::{contract, watcher};
use scripts::provider::{self, Profile};
use sqlx::PgPool;
use tempfile::tempdir;
use tests::actors::Actor;
use tests::chain::hours;
use tests::proving::{Proving, Server, Watching, is_convicted};
use tests::work::Work;
use tests::world::World;

const DEAD: &str = "http://127.0.0.1:1";

/// A world with a watcher's account and a commitment of `units` of a provider of this name.
async fn pledged(world: &World, name: &str, units: u16) -> Result<(tests::actors::Provider, Work)> {
    let provider = world.provider(name).await?;
    provider.stake("10000").await?;
    let work = Work::pledge(&provider, units, 14).await?;
    Ok((provider, work))
}

async fn start(db: PgPool) -> Result<(World, Actor)> {
    let world = World::start(db).await?;
    world.fund_rewards("10000").await?;
    let wanda = world.actor("wanda").await?;
    Ok((world, wanda))
}

fn options(folder: &Path, endpoints: &[(&tests::actors::Provider, &str)]) -> watcher::Options {
    let endpoints: BTreeMap<_, _> = endpoints.iter().map(|(who, url)| (who.address, (*url).to_owned())).collect();
    watcher::Options { endpoints, ..watcher::Options::new(folder.to_owned()) }
}

/// Blocks come, and the watcher sees them.
async fn mine(world: &World, watching: &Watching, blocks: u64) -> Result<()> {
    world.chain.mine(blocks).await?;
    watching.seen(world.chain.head().await?.number).await
}

/// What a claim shows when its work is real.
fn show(server: &Server, work: &Work, window: u32, leaves: &puzzle::Leaves) -> Result<()> {
    server.show(work.id(), &work.claim(window)?, &work.bitmap(window)?, leaves);
    Ok(())
}

fn leaves(work: &Work, window: u32) -> Result<puzzle::Leaves> {
    let positions: Vec<u32> = work.bitmap(window)?.positions().collect();
    let leaf = |position: u32| -> Result<_> {
        let ICapacity::Leaf { position, nonce, solution, .. } = work.leaf(window, position)?;
        Ok((position, puzzle::Leaf { position, nonce, solution }))
    };
    positions.into_iter().map(leaf).collect()
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_cheater_is_convicted_and_an_honest_neighbour_is_not(db: PgPool) -> Result<()> {
    let (world, wanda) = start(db).await?;
    let (paula, mut honest) = pledged(&world, "paula", 1).await?;
    let (mallory, mut cheating) = pledged(&world, "mallory", 1).await?;
    world.next_epoch().await?;
    world.open_window().await?;
    let window = honest.prove().await?;
    let real = honest_then_false(&world, &mut cheating).await?;
    let server = Server::start().await?;
    show(&server, &honest, window, &leaves(&honest, window)?)?;
    show(&server, &cheating, window, &real)?;
    // Mallory's profile says where her leaves are; paula's is overridden.
    let profile = Profile { name: "mallory".to_owned(), endpoint: server.url.clone(), operator: 0 };
    provider::set_profile(&mallory.context, profile).await?;

    let folder = tempdir()?;
    let watching = Watching::start(&wanda.context, options(folder.path(), &[(&paula, &server.url)])).await?;
    watching.until("both are checked", |counts| counts.claims.get() == 2).await?;
    // A kill between announcement and conviction: the proof is on disk, and is announced once.
    watching.seen(world.chain.head().await?.number).await?;
    watching.stop().await?;
    let watching = Watching::start(&wanda.context, options(folder.path(), &[(&paula, DEAD)])).await?;
    mine(&world, &watching, 2).await?;
    mine(&world, &watching, 2).await?;
    watching.until("one is convicted", |counts| counts.convictions.get() == 1).await?;
    assert_eq!(watching.counts.claims.get(), 0, "nothing is checked twice");
    assert!(is_convicted(&wanda.context, cheating.id()).await?);
    assert!(!is_convicted(&wanda.context, honest.id()).await?);
    watching.stop().await
}

/// Proves a window, but for one leaf that is made up; answers what was claimed.
async fn honest_then_false(world: &World, work: &mut Work) -> Result<puzzle::Leaves> {
    let before = world.chain.head().await?.number;
    let window = work.prove().await?;
    let mut claimed = leaves(work, window)?;
    claimed.get_mut(&3).context("all are claimed")?.nonce ^= 1;
    // Its commit never happened.
    world.reorg(world.chain.head().await?.number - before).await?;
    work.commit(window, claimed.clone()).await?;
    Ok(claimed)
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_silent_server_costs_an_honest_prover_nothing(db: PgPool) -> Result<()> {
    let (world, wanda) = start(db).await?;
    let (paula, work) = pledged(&world, "paula", 1).await?;
    let (states, folder) = (tempdir()?, tempdir()?);
    world.next_epoch().await?;
    let proving = Proving::start(&paula.context, work.id(), states.path()).await?;
    proving.until("the window is full", |meters| meters.leaves.get() == 8).await?;
    world.chain.mine(1).await?;
    proving.until("it is committed", |meters| meters.commits.get() == 1).await?;

    let silent = watcher::Options { patience: 600, ..options(folder.path(), &[(&paula, DEAD)]) };
    let frugal = Watching::start(&wanda.context, silent.clone()).await?;
    frugal.until("the silence is told", |counts| counts.faults.get() == 1).await?;
    world.advance(Duration::from_secs(900)).await?;
    frugal.seen(world.chain.head().await?.number).await?;
    assert_eq!(frugal.counts.demands.get(), 0, "it has no budget");
    frugal.stop().await?;

    let budget = watcher::Options { demand_budget: U256::from(10_u64.pow(18)), ..silent };
    let watching = Watching::start(&wanda.context, budget).await?;
    watching.until("the silence is told", |counts| counts.faults.get() == 1).await?;
    world.advance(Duration::from_secs(900)).await?;
    watching.until("two leaves are demanded", |counts| counts.demands.get() == 2).await?;
    proving.until("they are delivered", |meters| meters.deliveries.get() == 2).await?;
    world.advance(hours(13)).await?;
    mine(&world, &watching, 1).await?;
    assert_eq!(watching.counts.convictions.get(), 0);
    assert!(!is_convicted(&wanda.context, work.id()).await?);
    watching.stop().await?;
    proving.stop().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn leaves_that_are_never_shown_are_convicted_for(db: PgPool) -> Result<()> {
    let (world, wanda) = start(db).await?;
    let (mallory, mut work) = pledged(&world, "mallory", 1).await?;
    world.next_epoch().await?;
    world.open_window().await?;
    let window = work.pretend().await?;
    // She serves other leaves than she committed to.
    let server = Server::start().await?;
    let mut other = leaves(&work, window)?;
    other.get_mut(&0).context("all are claimed")?.nonce ^= 1;
    show(&server, &work, window, &other)?;

    let folder = tempdir()?;
    let budget = U256::from(10_u64.pow(18));
    let lying = options(folder.path(), &[(&mallory, &server.url)]);
    let lying = watcher::Options { patience: 600, demand_budget: budget, ..lying };
    let watching = Watching::start(&wanda.context, lying).await?;
    watching.until("the lie is told", |counts| counts.faults.get() == 1).await?;
    world.advance(Duration::from_secs(900)).await?;
    watching.until("a leaf is demanded", |counts| counts.demands.get() >= 1).await?;
    world.advance(hours(12)).await?;
    world.chain.mine(1).await?;
    watching.until("it is convicted", |counts| counts.convictions.get() == 1).await?;
    watching.seen(world.chain.head().await?.number).await?;
    let call = Capacity::depositOfCall { account: wanda.address };
    let context = &wanda.context;
    assert_eq!(context.view(context.at().capacity, call).await?, 0, "deposits are taken back");
    assert!(is_convicted(context, work.id()).await?);
    // Nothing can be proved for it any more.
    let states = tempdir()?;
    let ended = Proving::start(&mallory.context, work.id(), states.path()).await?.ended().await;
    assert!(ended.is_err_and(|error| error.to_string().contains("was convicted")));
    watching.stop().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn an_audit_that_is_waited_out_is_drawn_by_the_watcher(db: PgPool) -> Result<()> {
    let (world, wanda) = start(db).await?;
    let (mallory, mut work) = pledged(&world, "mallory", 1).await?;
    world.next_epoch().await?;
    world.open_window().await?;
    let window = audited(&world, &mut work).await?;
    let server = Server::start().await?;
    show(&server, &work, window, &leaves(&work, window)?)?;
    let folder = tempdir()?;
    let watching = Watching::start(&wanda.context, options(folder.path(), &[(&mallory, &server.url)])).await?;
    watching.seen(world.chain.head().await?.number).await?;
    assert_eq!(watching.counts.draws.get(), 0, "providers are left some time to draw for themselves");
    world.advance(hours(3)).await?;
    watching.until("it is drawn", |counts| counts.draws.get() == 1).await?;
    // Nobody answers.
    world.advance(hours(12)).await?;
    world.chain.mine(1).await?;
    watching.until("it is convicted", |counts| counts.convictions.get() == 1).await?;
    assert!(is_convicted(&wanda.context, work.id()).await?);
    watching.stop().await
}

/// Claims one window after the other until a draw would ask for a leaf; answers its window.
async fn audited(world: &World, work: &mut Work) -> Result<u32> {
    let capacity = contract::Capacity::new(world.keeper.context.clone());
    loop {
        let window = work.prove_some(1).await?;
        world.chain.mine(5).await?;
        let claim = work.claim(window)?;
        let hash: B256 = capacity.hash_of(claim.blockNumber + puzzle::DRAW_AFTER - 1).await?;
        if puzzle::draw(hash, work.id(), window, claim.filled).is_some() {
            return Ok(window);
        }
        world.next_window().await?;
    }
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn hashes_here_are_those_of_the_contract(db: PgPool) -> Result<()> {
    let (world, wanda) = start(db).await?;
    let (paula, mut work) = pledged(&world, "paula", 3).await?;
    world.next_epoch().await?;
    world.open_window().await?;
    let window = work.prove_some(9).await?;
    let capacity = contract::Capacity::new(wanda.context.clone());
    let head: Head = capacity.head().await?;
    assert_eq!(clock::window_at(head.time), window);
    let seed = capacity.seed(head, window).await?;
    let assignment = puzzle::Assignment { seed, provider: paula.address, commitment: work.id() };
    for position in [0, 8, 23] {
        let call = ICapacity::challengeOfCall { commitment: work.id().0, window, position };
        assert_eq!(capacity.view(head, call).await?, assignment.challenge(position));
    }
    let (status, digest) = capacity.claim(head, work.id(), window).await?;
    assert_eq!((status, digest), (1, puzzle::digest(&work.claim(window)?)));
    let block = wanda.context.block_at_time(u64::from(window) * WINDOW, head).await?;
    let committed = capacity.committed(block, head.number, work.id()).await?;
    assert_eq!(committed.len(), 1);
    assert_eq!((committed[0].claim(), &committed[0].bitmap), (work.claim(window)?, &Bitmap::new(3, 0..9)));

    // A draw of the contract asks for the leaf that ours asks for, or for none as well.
    world.chain.mine(5).await?;
    let claim = work.claim(window)?;
    let hash = capacity.hash_of(claim.blockNumber + puzzle::DRAW_AFTER - 1).await?;
    let ours = puzzle::draw(hash, work.id(), window, claim.filled);
    let drawn = work.draw(window).await?;
    assert_eq!(drawn.answer_by.is_some(), ours.is_some());
    Ok(())
}
