//! What was metered and proved as a whole, and of one deal: parts of `/v1/network` and `/v1/deals/{id}`.

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::query_as;
use utoipa::ToSchema;

use super::usd_scale;
use crate::error::Result;
use crate::snapshot::Head;

/// What ran in metered deals, who wrote it, and what of it was shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MeteringTotals {
    /// Invocations that vouchers were paid for, as their gateways say.
    invocations: i64,
    /// How often vouchers were paid, or parts of them.
    vouchers: i64,
    /// What they were paid.
    redeemed_usd: String,
    modules: i64,
    /// What authors were credited; `royalty_usd` is what slots paid.
    royalties_usd: String,
    /// Computations that were asked for.
    jobs: i64,
    /// Of them those that were shown: proven or agreed.
    attestations: i64,
}

/// What a metered deal was used for, over all servings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DealUsage {
    /// Invocations that vouchers were paid for, as their gateways say.
    invocations: i64,
    /// How often vouchers were paid, or parts of them.
    vouchers: i64,
    redeemed_usd: String,
}

pub(super) async fn totals(db: &mut PgConnection, head: &Head) -> Result<MeteringTotals> {
    let totals = query_as!(
        MeteringTotals,
        r#"
        select
            countable(coalesce(sum(invocations), 0)) as "invocations!",
            coalesce(sum(vouchers), 0)::bigint as "vouchers!",
            trim_scale(coalesce(sum(redeemed), 0) * $1::text::numeric)::text as "redeemed_usd!",
            (select count(*) from module_published) as "modules!",
            trim_scale((select coalesce(sum(amount), 0) from royalty_credited) * $1::text::numeric)::text as "royalties_usd!",
            (select count(*) from job_asked) as "jobs!",
            (select count(*) from compute_attested where verdict in (1, 2)) as "attestations!"
        from serving_usage
        "#,
        usd_scale(head),
    );
    Ok(totals.fetch_one(db).await?)
}

/// None where a deal is not metered.
pub(super) async fn of_deal(db: &mut PgConnection, head: &Head, deal: i64) -> Result<Option<DealUsage>> {
    let usage = query_as!(
        DealUsage,
        r#"
        select
            countable(coalesce(u.invocations, 0)) as "invocations!",
            coalesce(u.vouchers, 0) as "vouchers!",
            trim_scale(coalesce(u.redeemed, 0) * $1::text::numeric)::text as "redeemed_usd!"
        from deal as d
        cross join lateral (
            select sum(invocations) as invocations, sum(vouchers)::bigint as vouchers, sum(redeemed) as redeemed
            from serving_usage
            where deal = d.deal
        ) as u
        where d.deal = $2 and d.payment_mode = 1
        "#,
        usd_scale(head),
        deal,
    );
    Ok(usage.fetch_optional(db).await?)
}
