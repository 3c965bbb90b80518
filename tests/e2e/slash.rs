//! Slashes, by the module that may.

use anyhow::Result;
use contracts::Staking;
use scripts::keeper;
use sqlx::PgPool;
use tests::actors::{address, flt};
use tests::chain::days;

use crate::stage::{Stage, WHOLE};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_slash_reaches_the_delegators(db: PgPool) -> Result<()> {
    let Stage { mut world, paula, dora, carol, .. } = Stage::start(db, WHOLE).await?;
    // What leaves after the grant answers for the lock until it has matured.
    dora.exit(&paula, "2500000").await?;
    let call = Staking::slashCall {
        lock: 1,
        amount: flt("3000000")?,
        customer: carol.address,
        customerMax: flt("1000000")?,
        reporter: address("reporter")?,
        reporterMax: flt("2000000")?,
    };
    let sent = world.slasher.context.send(world.deployment.contracts.staking, call).await?;
    let slashed: Staking::Slashed = sent.event()?;
    assert_eq!((slashed.fromOwn, slashed.fromDelegated), (flt("2000000")?, flt("1000000")?));
    // The parties share 80 % of the own stake; the customer comes first.
    let quarantine: Staking::QuarantineOpened = sent.event()?;
    assert_eq!((quarantine.customerAmount, quarantine.reporterAmount), (flt("1000000")?, flt("600000")?));
    world.synced().await?;
    // Half of what she had was on its way out; both halves pay the same share.
    assert_eq!(dora.position(&paula).await?.amount.to_string(), "2000000");
    let slashes = world.get("/v1/slashes").await?;
    insta::assert_snapshot!(slashes, @r#"
    200
    {
      "items": [
        {
          "amount_flt": "3000000",
          "at": "2027-01-01T00:01:19Z",
          "block": 79,
          "commitment": null,
          "customer": "0x019A7d0b3D38DdbB7573EBf9614d8749FC8b3398",
          "customer_flt": "1000000",
          "deal": 1,
          "fault": null,
          "from_delegated_flt": "1000000",
          "from_orphan_flt": "0",
          "from_own_flt": "2000000",
          "lock": 1,
          "lock_left_flt": "3048000",
          "log_index": 4,
          "provider": "0xB87d5A548085Db4079E3f34F3d09203CA368d174",
          "quarantine": 1,
          "quarantine_status": "open",
          "release_at": "2027-01-08T00:01:19Z",
          "reporter": "0x8B0E4cc2142E72015f83f6D336b61F93c0E07009",
          "reporter_flt": "600000",
          "slasher": "0xc0F54BD5bf488EF2e2Cf3fF45A7112252D80A1e8",
          "slot": 0
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    world.audit().await?;

    let (day, before) = (world.chain.head().await?.timestamp / 86_400, carol.flt().await?.0);
    world.advance(days(9)).await?;
    keeper::pay_quarantine(&world.keeper.context, 1).await?;
    keeper::burn_slashed(&world.keeper.context, u32::try_from(day)?).await?;
    assert_eq!(carol.flt().await?.0 - before, flt("1000000")?);
    world.advance(days(13)).await?;
    let withdrawn = dora.withdraw(&paula).await?;
    assert_eq!(withdrawn[0].amount.to_string(), "2000000");
    world.finish().await
}
