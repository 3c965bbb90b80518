//! A deal from stake to payout.

use anyhow::Result;
use scripts::ids::LockId;
use scripts::keeper::fees;
use scripts::provider::Terms;
use scripts::{delegator, keeper, operator};
use sqlx::PgPool;
use tests::chain::{days, hours};
use tests::world::{Options, World};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_deal_settles_from_stake_to_payout(db: PgPool) -> Result<()> {
    from_stake_to_payout(World::start(db).await?).await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_deal_settles_in_a_stablecoin_of_18_decimals(db: PgPool) -> Result<()> {
    let options = Options { stablecoin_decimals: 18, ..Options::new((*db.connect_options()).clone()) };
    from_stake_to_payout(World::with(options).await?).await
}

/// 100 units at $2.50 for two terms of a week: $3,500, of which 2 % are the fee and a fifth of the rest is the stakers'.
async fn from_stake_to_payout(mut world: World) -> Result<()> {
    let paula = world.provider_with("paula", Terms { revenue_share_bps: 2_000, ..Terms::default() }).await?;
    paula.stake("20000").await?;
    let dora = world.delegator("dora").await?;
    dora.stake(&paula, "50000").await?;
    let offer = paula.offer(200, "2.5").await?;
    let carol = world.customer("carol").await?;
    let deal = carol.open(carol.job(100, "3", 7, 14)?, &[offer]).await?;
    world.synced().await?;
    assert_eq!(world.get("/v1/deals/1/slots").await?.text("/items/0/status")?, "assigned");

    paula.ready(deal, 0).await?;
    let ready_at = world.chain.head().await?.timestamp;
    world.chain.advance_to(ready_at + 4 * 86_400).await?;
    keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    world.synced().await?;
    let slot = carol.slot(deal, 0).await?;
    // The settlement is in the block after four days.
    assert_eq!(slot.accrued.to_string()[..6], *"1000.0");
    assert_eq!(slot.credited.to_string()[..5], *"250.0");
    world.audit().await?;

    world.set_price("0.5").await?;
    carol.fund(deal, "2000").await?;
    world.chain.advance_to(ready_at + 13 * 43_200).await?;
    keeper::renew(&world.keeper.context, deal, 0).await?;
    world.chain.advance_to(ready_at + 14 * 86_400).await?;
    let closed = keeper::close(&world.keeper.context, deal, 0).await?;
    assert_eq!(closed.reason, "term over");
    // 2,100 prepaid at the highest price and 2,000 later, less 3,500 that were earned.
    assert_eq!(carol.refund(deal).await?.to_string(), "600");

    world.chain.advance_to(ready_at + 17 * 86_400).await?;
    keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    keeper::pay_stakers(&world.keeper.context, paula.address).await?;
    everybody_leaves(&mut world, &paula, &dora, LockId(1)).await?;
    world.finish().await
}

/// All that was earned and staked comes out by the parties' own calls.
async fn everybody_leaves(
    world: &mut World,
    paula: &tests::actors::Provider,
    dora: &tests::actors::Delegator,
    lock: LockId,
) -> Result<()> {
    world.advance(days(8)).await?;
    keeper::release(&world.keeper.context, lock).await?;
    // The stakers' 686 belong to 20,000 and 50,000 FLT; what an index rounds off stays.
    let to_dora = dora.claim(paula).await?.usd.to_string();
    assert!(to_dora.starts_with("489.999") || to_dora == "490", "{to_dora}");
    let to_paula = paula.claim().await?;
    assert_eq!(to_paula.revenue.to_string(), "2744");
    // The fee, each credit's rounded up, and that of the request: one half is the treasury's, the other is sold for FLT.
    let collected = fees::collect(&world.keeper.context).await?;
    assert!(collected.collected.to_string().starts_with("70.10000"), "{collected:?}");
    let treasury = world.party("treasury").await?;
    assert!(operator::claim_fees(&treasury.context).await?.to_string().starts_with("35.05"));
    let trader = world.actor("trader").await?;
    let dear = fees::lot(&trader.context).await?.cost;
    world.advance(hours(7)).await?;
    // FLT is at $0.50: from 105 down to 66.6.
    let bought = fees::buy(&trader.context, None, None).await?;
    assert!(dear.is_some_and(|dear| dear.to_string().starts_with("105.1")), "{dear:?}");
    assert!(bought.burned.to_string().starts_with("66.59"), "{bought:?}");
    assert_eq!((bought.bought, bought.left.units), (collected.to_burn, 0));

    dora.exit(paula, "all").await?;
    paula.exit("all").await?;
    world.advance(days(22)).await?;
    dora.withdraw(paula).await?;
    paula.withdraw().await?;
    assert_eq!(dora.flt().await?.to_string(), "100000000");
    assert_eq!(paula.flt().await?.to_string(), "100000000");
    let portfolio = delegator::positions(&dora.context, dora.address).await?;
    assert!(portfolio.positions.is_empty() && portfolio.exits.is_empty(), "{portfolio:?}");

    world.synced().await?;
    let network = world.get("/v1/network").await?;
    for (figure, expected) in [
        ("revenue_usd", "3500"),
        ("provider_usd", "2744"),
        ("refunded_usd", "600"),
        ("escrow_usd", "0"),
        ("staked_flt", "0"),
        ("thawing_flt", "0"),
        ("locked_flt", "0"),
        ("units_in_use", "0"),
    ] {
        assert_eq!(network.text(&format!("/{figure}"))?, expected, "{figure}");
    }
    Ok(())
}
