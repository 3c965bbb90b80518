//! The story that the demo plays, with everything that it checks on the way, and what it looks like in a browser.

use anyhow::Result;
use scripts::amount::Flt;
use sqlx::PgPool;
use tests::browser;
use tests::story;
use tests::world::World;

#[sqlx::test(migrations = "../indexer/migrations")]
async fn everything_that_the_demo_says_is_so(db: PgPool) -> Result<()> {
    let (world, report) = story::tell(World::start(db).await?).await;
    assert!(report.ok, "{report:#?}");
    assert_eq!((report.providers, report.delegators, report.deals), (12, 20, 29 + 26));
    assert!(report.largest_lock_flt > Flt(6_000_000 * 10_u128.pow(18)), "{report:#?}");
    assert!(report.locked_flt > report.largest_lock_flt, "{report:#?}");
    assert!(report.claimed_usd.units() > report.settled_usd.units(), "fees of requests are claimed, too: {report:#?}");
    assert_eq!((report.exits_paid, report.reorg_depth, report.audit_differences), (1, 10, 0));
    assert!(report.margin_calls_cured > 0 && report.renewals > 0, "{report:#?}");
    assert_eq!((report.convictions, report.credits), (1, 7));
    assert!(report.slashed_flt > Flt(0) && report.rewards_flt > Flt(0), "{report:#?}");
    assert_eq!((report.invocations, report.invocations_served, report.attestations), (1_619_721, 300, 3));
    assert!(report.vouchers > 0 && report.royalties_usd.units() > 0, "{report:#?}");
    // Here, because no other World has as much to be looked at.
    browser::look(&world).await?;
    world.end().await
}
