//! `/v1/network`: the whole network in one answer.

use axum::Json;
use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::query_as;
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capacity::{self, CapacityTotals};
use super::failures::{self, FailureTotals};
use super::metering::{self, MeteringTotals};
use super::prices::{self, PriceNow};
use super::usd_scale;
use crate::Api;
use crate::error::Result;
use crate::page::{self, Nothing, Waiting};
use crate::snapshot::{Head, Snapshot};

/// Totals at the indexed block.
#[derive(Debug, Serialize, ToSchema)]
struct Network {
    chain_id: i64,
    block: i64,
    #[serde(with = "rfc3339")]
    block_at: OffsetDateTime,
    /// Blocks up to this one cannot be reorganised away.
    finalized_block: i64,
    /// Last journal entry: what `min_seq` waits for.
    seq: i64,
    /// FLT/USD; null before the first observation.
    price: Option<PriceNow>,
    #[serde(flatten)]
    stake: StakeTotals,
    #[serde(flatten)]
    market: MarketTotals,
    #[serde(flatten)]
    failures: FailureTotals,
    #[serde(flatten)]
    metering: MeteringTotals,
    #[serde(flatten)]
    capacity: CapacityTotals,
}

#[derive(Debug, Serialize, ToSchema)]
struct StakeTotals {
    providers: i64,
    /// Accounts with stake at another provider.
    delegators: i64,
    /// Active stake, own and delegated.
    staked_flt: String,
    own_flt: String,
    delegated_flt: String,
    thawing_flt: String,
    locked_flt: String,
    /// The largest single lock under way.
    largest_lock_flt: String,
    slashed_flt: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct MarketTotals {
    offers: i64,
    units_offered: i64,
    units_in_use: i64,
    customers: i64,
    deals: i64,
    /// Deals with a slot that serves.
    deals_serving: i64,
    slots_serving: i64,
    value_at_stake_usd: String,
    /// As of each slot's last settle.
    escrow_usd: String,
    /// Revenue credited so far: fee, royalties, stakers' and providers' parts.
    revenue_usd: String,
    fee_usd: String,
    royalty_usd: String,
    stakers_usd: String,
    provider_usd: String,
    refunded_usd: String,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_network))
}

/// Totals, price and progress.
#[utoipa::path(get, path = "/v1/network", tag = "network", params(Waiting), responses((status = OK, body = Network)))]
async fn show_network(_: page::Asked<Nothing>, mut at: Snapshot) -> Result<Json<Network>> {
    let chain =
        sqlx::query!("select chain.chain_id, cursor.finalized from chain, cursor").fetch_one(&mut *at.db).await?;
    Ok(Json(Network {
        chain_id: chain.chain_id,
        block: at.head.block,
        block_at: at.head.timestamp,
        finalized_block: chain.finalized,
        seq: at.head.seq,
        price: prices::now(&mut at.db).await?,
        stake: stake_totals(&mut at.db).await?,
        market: market_totals(&mut at.db, &at.head).await?,
        failures: failures::totals(&mut at.db).await?,
        metering: metering::totals(&mut at.db, &at.head).await?,
        capacity: capacity::totals(&mut at.db, &at.head).await?,
    }))
}

async fn stake_totals(db: &mut PgConnection) -> Result<StakeTotals> {
    let totals = query_as!(
        StakeTotals,
        r#"
        select
            (select count(*) from provider) as "providers!",
            (select count(distinct account) from position_now where not is_own and shares > 0) as "delegators!",
            trim_scale(coalesce(sum(active), 0) * 1e-18)::text as "staked_flt!",
            trim_scale(coalesce(sum(active) filter (where is_own), 0) * 1e-18)::text as "own_flt!",
            trim_scale(coalesce(sum(active) filter (where not is_own), 0) * 1e-18)::text as "delegated_flt!",
            trim_scale(coalesce(sum(thawing), 0) * 1e-18)::text as "thawing_flt!",
            trim_scale((select coalesce(sum(locked), 0) from provider) * 1e-18)::text as "locked_flt!",
            trim_scale((select coalesce(max(amount), 0) from stake_lock where released_at is null) * 1e-18)::text
                as "largest_lock_flt!",
            trim_scale((select coalesce(sum(amount), 0) from slashed) * 1e-18)::text as "slashed_flt!"
        from tranche
        "#
    );
    Ok(totals.fetch_one(db).await?)
}

async fn market_totals(db: &mut PgConnection, head: &Head) -> Result<MarketTotals> {
    let totals = query_as!(
        MarketTotals,
        r#"
        select
            o.offers as "offers!",
            o.units as "units_offered!",
            o.units_in_use as "units_in_use!",
            d.customers as "customers!",
            d.deals as "deals!",
            s.deals_serving as "deals_serving!",
            s.slots_serving as "slots_serving!",
            trim_scale(s.value_at_stake * $1::text::numeric)::text as "value_at_stake_usd!",
            trim_scale((s.escrow + d.spare) * $1::text::numeric)::text as "escrow_usd!",
            trim_scale((s.fee + s.royalty + s.stakers + s.provider) * $1::text::numeric)::text as "revenue_usd!",
            trim_scale(s.fee * $1::text::numeric)::text as "fee_usd!",
            trim_scale(s.royalty * $1::text::numeric)::text as "royalty_usd!",
            trim_scale(s.stakers * $1::text::numeric)::text as "stakers_usd!",
            trim_scale(s.provider * $1::text::numeric)::text as "provider_usd!",
            trim_scale(d.refunded * $1::text::numeric)::text as "refunded_usd!"
        from (
            select
                count(*) as offers,
                coalesce(sum(units), 0)::bigint as units,
                coalesce(sum(units_in_use), 0)::bigint as units_in_use
            from offer_now
            where is_live
        ) as o
        cross join (
            select
                count(*) as deals,
                count(distinct customer) as customers,
                coalesce(sum(spare), 0) as spare,
                coalesce(sum(refunded), 0) as refunded
            from deal
        ) as d
        cross join (
            select
                count(distinct deal) filter (where status = 'serving' and slot < 16) as deals_serving,
                count(*) filter (where status = 'serving' and slot < 16) as slots_serving,
                coalesce(sum(value_at_stake) filter (where status in ('assigned', 'serving') and slot < 16), 0)
                    as value_at_stake,
                coalesce(sum(escrow), 0) as escrow,
                coalesce(sum(fee_total), 0) as fee,
                coalesce(sum(royalty_total), 0) as royalty,
                coalesce(sum(stakers_total), 0) as stakers,
                coalesce(sum(provider_total), 0) as provider
            from slot
        ) as s
        "#,
        usd_scale(head),
    );
    Ok(totals.fetch_one(db).await?)
}
