//! Parameters change in public, and a guardian stops only what he may.

use anyhow::{Context as _, Result};
use scripts::governance::{self, Change};
use scripts::operator::{self, Pausable};
use scripts::{customer, keeper};
use sqlx::PgPool;
use tests::actors::refused;
use tests::chain::days;
use tests::world::World;

use crate::stage::{Stage, WHOLE};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn parameters_change_when_their_delay_is_over(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let council = world.party("council").await?.context;
    let anyone = world.keeper.context.clone();
    let mut feeds = world.deployment.parameters.sources.clone();
    feeds.reverse();
    for feed in &mut feeds {
        feed.heartbeat /= 2;
    }
    let newcomer = world.party("newcomer").await?;
    let changes = [
        Change::Fee { bps: 300, treasury: None },
        Change::RequestFee(250_000),
        Change::Sources(feeds.clone()),
        Change::Attester { account: newcomer.address, is_attester: true },
    ];
    for change in &changes {
        assert_eq!(refused(governance::schedule(&anyone, change).await)?, "AccessControlUnauthorizedAccount");
        governance::schedule(&council, change).await?;
    }
    // What the contract would refuse in the end is not even scheduled.
    let greedy = Change::Fee { bps: 1_001, treasury: None };
    assert_eq!(refused(governance::schedule(&council, &greedy).await)?, "FeeTooHigh");

    let waiting = governance::pending(&anyone).await?;
    let contracts: Vec<&str> = waiting.iter().map(|operation| operation.contract.as_str()).collect();
    assert_eq!(contracts, ["Deals", "Matching", "PriceGuard", "Attributes"]);
    assert!(waiting.iter().all(|operation| operation.status == "waiting"));
    assert_eq!(refused(governance::execute(&anyone, waiting[0].id).await)?, "TimelockUnexpectedOperationState");
    // The same change a second time is another operation, and can be taken back.
    let again = governance::schedule(&council, &changes[1]).await?;
    assert_ne!(again.id, waiting[1].id);
    governance::cancel(&council, again.id).await?;

    world.advance(days(2)).await?;
    let ready = governance::pending(&anyone).await?;
    assert!(ready.len() == 4 && ready.iter().all(|operation| operation.status == "ready"), "{ready:?}");
    for operation in &ready {
        governance::execute(&anyone, operation.id).await?;
    }
    assert_eq!(governance::pending(&anyone).await?, []);
    let shown = operator::params(&anyone).await?;
    assert_eq!((shown.fee_percent.as_str(), shown.request_fee.to_string().as_str()), ("3", "0.25"));
    let aggregators: Vec<_> = shown.sources.iter().map(|source| source.aggregator).collect();
    assert_eq!(aggregators, feeds.iter().map(|feed| feed.aggregator).collect::<Vec<_>>());
    world.synced().await?;
    let answer = world.get("/v1/parameters").await?;
    assert_eq!((answer.text("/fee_bps")?, answer.text("/request_fee_usd")?), ("300".to_owned(), "0.25".to_owned()));
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_guardian_pauses_only_what_is_new(db: PgPool) -> Result<()> {
    let Stage { world, paula, dora, carol, offer, deal } = Stage::start(db, WHOLE).await?;
    assert_eq!(refused(operator::pause(&world.keeper.context, Pausable::Staking).await)?, "NotGuardian");
    let guardian = world.party("guardian").await?.context;
    operator::pause(&guardian, Pausable::Staking).await?;
    operator::pause(&guardian, Pausable::Requests).await?;
    assert_eq!(refused(dora.stake(&paula, "1").await)?, "DepositsPaused");
    assert_eq!(refused(carol.open(carol.job(1, "1", 7, 7)?, &[offer]).await)?, "RequestsPaused");
    assert_eq!(refused(operator::pause(&guardian, Pausable::Staking).await)?, "PauseTooSoon");
    let status = operator::status(&guardian).await?;
    assert!(status.deposits_paused_until.is_some() && status.requests_paused_until.is_some());

    // What runs goes on, and everybody can leave.
    dora.exit(&paula, "10").await?;
    carol.fund(deal, "1000").await?;
    keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    world.advance(days(8)).await?;
    dora.stake(&paula, "1").await?;
    assert_eq!(operator::status(&guardian).await?.deposits_paused_until, None);
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn the_lock_of_a_slot_that_ended_early_is_released_before_its_end(db: PgPool) -> Result<()> {
    let Stage { world, paula, carol, deal, .. } = Stage::start(db, WHOLE).await?;
    world.advance(days(2)).await?;
    let slot = customer::slot_status(&carol.context, deal, 0).await?;
    carol.stop(deal).await?;
    world.advance(days(1)).await?;
    keeper::close(&world.keeper.context, deal, 0).await?;
    let early = keeper::release_slot(&world.keeper.context, deal, 0).await;
    assert_eq!(refused(early)?, "LockNotEnded");
    world.advance(days(5)).await?;
    // `Staking` alone would hold it until five days after the term.
    let lock = slot.lock.context("a slot that serves has a lock")?;
    assert_eq!(refused(keeper::release(&world.keeper.context, lock).await)?, "LockNotEnded");
    let released = keeper::release_slot(&world.keeper.context, deal, 0).await?;
    assert_eq!((released.lock, released.provider), (lock, paula.address));
    assert_eq!(released.amount.to_string(), "6048000");
    world.finish().await
}
