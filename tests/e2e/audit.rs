//! The audit itself: it has to find what is wrong.

use anyhow::{Context as _, Result};
use scripts::audit::audit;
use scripts::{customer, delegator, keeper, provider};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tests::chain::days;
use tests::world::World;

use crate::usage::Usage;

/// Sums of facts that no contract keeps, and what only history knows. A fresh index is what they are compared with.
const UNKNOWN_TO_CONTRACTS: &[&str] = &[
    "bucket.units",
    "deal.funded",
    "deal.refunded",
    "payer.paid",
    "payer.refunded",
    "position.flt_claimed",
    "position.usd_claimed",
    "serving_usage.invocations",
    "serving_usage.signed",
    "slot.fee_total",
    "slot.provider_total",
    "slot.stakers_total",
    "stake_lock.slashed",
    "ticket.paid",
];

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_wrong_number_in_any_column_of_state_is_found(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    prepare(&world).await?;
    world.audit().await?;
    world.stop_indexer().await?;
    let mut connection = PgConnection::connect_with(&world.database).await?;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.table_name::text, c.column_name::text from information_schema.columns as c \
         join information_schema.columns as k on k.table_name = c.table_name and k.column_name = 'changed' \
         join information_schema.tables as t on t.table_name = c.table_name and t.table_type = 'BASE TABLE' \
         where c.table_schema = 'public' and c.domain_name = 'amount' order by 1, 2",
    )
    .fetch_all(&mut connection)
    .await?;
    let mut missed = Vec::new();
    for (table, column) in columns {
        let update = |value: String| format!(r#"update "{table}" set "{column}" = {value} where "{column}" > 0"#);
        let changed = sqlx::query(&update(format!(r#""{column}" * 2 + 1"#))).execute(&mut connection).await?;
        if changed.rows_affected() > 0 {
            let found = audit(&world.operator.context, world.database.to_url_lossy().as_str()).await?.differences;
            if found.is_empty() {
                missed.push(format!("{table}.{column}"));
            }
            sqlx::query(&update(format!(r#"("{column}" - 1) / 2"#))).execute(&mut connection).await?;
        }
    }
    connection.close().await?;
    missed.retain(|column| !UNKNOWN_TO_CONTRACTS.contains(&column.as_str()));
    assert_eq!(missed, Vec::<String>::new(), "the audit looks at none of these");
    world.start_indexer()?;
    world.finish().await
}

/// Something in every table: income that drips and was claimed, claim pools, exits, two payers, a proposal that waits.
async fn prepare(world: &World) -> Result<()> {
    let terms = provider::Terms { revenue_share_bps: 5_000, drip_days: 30, ..provider::Terms::default() };
    let paula = world.provider_with("paula", terms).await?;
    paula.stake("200000").await?;
    let dora = world.delegator("dora").await?;
    dora.stake(&paula, "100000").await?;
    let offer = paula.offer(1_000, "1").await?;
    let carol = world.customer("carol").await?;
    let deal = carol.open(carol.job(100, "2", 14, 28)?, &[offer]).await?;
    paula.ready(deal, 0).await?;
    dora.exit(&paula, "10").await?;
    world.advance(days(23)).await?;
    keeper::crystallise(&world.keeper.context, paula.address).await?;
    keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    keeper::pay_stakers(&world.keeper.context, paula.address).await?;
    world.advance(days(1)).await?;
    delegator::claim(&dora.context, paula.address, None).await?;
    dora.exit(&paula, "20").await?;

    let served = carol.open(carol.job(200, "2", 14, 14)?, &[offer]).await?;
    paula.ready(served, 0).await?;
    let mut waiting = carol.job(10, "2", 7, 7)?;
    waiting.regions = vec![0, 3];
    let waiting = carol.open(waiting, &[]).await?;
    customer::choose(&carol.context, waiting, &[offer]).await?;
    world.advance(days(4)).await?;
    keeper::settle(&world.keeper.context, &[(served, 0)]).await?;
    let usage = Usage::start(world).await?;
    world.advance(days(1)).await?;
    usage.redeem("20", 1_000).await?;
    keeper::settle(&world.keeper.context, &[(usage.deal, 0)]).await?;
    usage.pay_royalties().await?;
    usage.redeem("30", 2_000).await?;
    let credit = provider::show(&paula.context, paula.address).await?.stakers_credit;
    (credit.units > 0).then_some(()).context("stakers wait for their share")
}
