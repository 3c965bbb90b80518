//! `/v1/prices`: FLT/USD as the protocol saw it.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use sqlx::{query_as, query_scalar};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::Snapshot;

const SORTS: [&str; 2] = ["-block", "block"];

/// FLT/USD at the indexed block: the last observation, with averages advanced to then.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PriceNow {
    pub(super) median_usd: String,
    pub(super) ema30m_usd: String,
    pub(super) ema24h_usd: String,
    /// What stake counts for when it is granted or released.
    pub(super) low_usd: String,
    /// What stake counts for in a margin call.
    pub(super) high_usd: String,
    #[serde(with = "rfc3339")]
    pub(super) observed_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    pub(super) fresh_until: OffsetDateTime,
    /// Stale refuses new locks and margin calls.
    pub(super) is_stale: bool,
}

/// One observation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Price {
    block: i64,
    log_index: i32,
    #[serde(with = "rfc3339")]
    observed_at: OffsetDateTime,
    median_usd: String,
    ema30m_usd: String,
    ema24h_usd: String,
    low_usd: String,
    high_usd: String,
    #[serde(with = "rfc3339")]
    fresh_until: OffsetDateTime,
    /// Whether fresh sources were too far apart, or too few.
    is_spread: bool,
}

impl Keyed for Price {
    fn key(&self) -> Key {
        Key::new(self.block, self.log_index)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filters {
    /// Observed then or later.
    #[serde(default, with = "rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Observed before then.
    #[serde(default, with = "rfc3339::option")]
    to: Option<OffsetDateTime>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_prices))
}

/// Observations, the latest first.
#[utoipa::path(
    get, path = "/v1/prices", tag = "prices",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-block (default), block")),
    responses((status = OK, body = Page<Price>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_prices(State(api): State<Api>, list: List<Filters>, mut at: Snapshot) -> Result<Json<Page<Price>>> {
    let items = fetch(&mut at.db, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, &list)).await?;
    Ok(Json(list.page(items, total)))
}

/// The price at the indexed block; none before the first observation.
pub(super) async fn now(db: &mut PgConnection) -> Result<Option<PriceNow>> {
    let price = query_as!(
        PriceNow,
        r#"
        select
            trim_scale(median * 1e-8)::text as "median_usd!",
            trim_scale(ema30m * 1e-8)::text as "ema30m_usd!",
            trim_scale(ema24h * 1e-8)::text as "ema24h_usd!",
            trim_scale(low * 1e-8)::text as "low_usd!",
            trim_scale(high * 1e-8)::text as "high_usd!",
            observed_at as "observed_at!",
            fresh_until as "fresh_until!",
            is_stale as "is_stale!"
        from price_now
        "#
    );
    Ok(price.fetch_optional(db).await?)
}

pub(crate) async fn fetch(db: &mut PgConnection, list: &List<Filters>) -> Result<Vec<Price>> {
    let after = list.after_count::<i32>()?;
    let prices = query_as!(
        Price,
        r#"
        select
            p.block as "block!",
            p.log_index as "log_index!",
            p.observed_at as "observed_at!",
            trim_scale(p.median * 1e-8)::text as "median_usd!",
            trim_scale(p.ema30m * 1e-8)::text as "ema30m_usd!",
            trim_scale(p.ema24h * 1e-8)::text as "ema24h_usd!",
            trim_scale(p.low * 1e-8)::text as "low_usd!",
            trim_scale(p.high * 1e-8)::text as "high_usd!",
            printable(p.fresh_until) as "fresh_until!",
            p.is_spread as "is_spread!"
        from (
            select
                *,
                least(median, ema30m, ema24h, div(day_before_ema * 11000, 10000)) as low,
                greatest(median, ema30m, ema24h) as high
            from price
        ) as p
        where ($1::timestamptz is null or p.observed_at >= $1)
            and ($2::timestamptz is null or p.observed_at < $2)
            and ($4::text is null or case
                when $3 = 'block' then (p.block, p.log_index) > ($4::text::bigint, $5::integer)
                else (p.block, p.log_index) < ($4::text::bigint, $5::integer)
            end)
        order by
            case when $3 = 'block' then p.block end,
            case when $3 = 'block' then p.log_index end,
            p.block desc,
            p.log_index desc
        limit $6
        "#,
        list.filters.from,
        list.filters.to,
        list.sort(&SORTS)?,
        after.value,
        after.id,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(prices)
}

async fn count(db: &mut PgConnection, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from price
        where ($1::timestamptz is null or observed_at >= $1)
            and ($2::timestamptz is null or observed_at < $2)
        "#,
        list.filters.from,
        list.filters.to,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
