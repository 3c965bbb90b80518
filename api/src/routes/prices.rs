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
use crate::page::{self, Key, Keyed, List, Page, Paging};
use crate::snapshot::Direct;

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
    #[serde(default, deserialize_with = "page::instant")]
    from: Option<OffsetDateTime>,
    /// Observed before then.
    #[serde(default, deserialize_with = "page::instant")]
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
async fn list_prices(State(api): State<Api>, list: List<Filters>, Direct(mut at): Direct) -> Result<Json<Page<Price>>> {
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

/// A page in one direction: `$compare` and `$order` are part of its text, so that it needs no plan of its own.
/// Times become blocks, because the key knows those.
macro_rules! page {
    ($compare:literal, $order:literal, $list:ident, $after:ident) => {
        query_as!(
            Price,
            r#"
            select
                p.block as "block!",
                p.log_index as "log_index!",
                (select timestamp from block where number = p.block) as "observed_at!",
                trim_scale(p.median * 1e-8)::text as "median_usd!",
                trim_scale(p.ema30m * 1e-8)::text as "ema30m_usd!",
                trim_scale(p.ema24h * 1e-8)::text as "ema24h_usd!",
                trim_scale(least(p.median, p.ema30m, p.ema24h, div(p.day_before_ema * 11000, 10000)) * 1e-8)::text
                    as "low_usd!",
                trim_scale(greatest(p.median, p.ema30m, p.ema24h) * 1e-8)::text as "high_usd!",
                printable(p.fresh_until) as "fresh_until!",
                p.is_spread as "is_spread!"
            from (
                select
                    block, log_index, median, day_before_ema, fresh_until, is_spread,
                    average_price(ema30m) as ema30m, average_price(ema24h) as ema24h
                from price_observed
                where ($1::timestamptz is null or block >= coalesce(
                        (select number from block where timestamp >= $1 order by timestamp, number limit 1),
                        9223372036854775807
                    ))
                    and ($2::timestamptz is null or block < coalesce(
                        (select number from block where timestamp >= $2 order by timestamp, number limit 1),
                        9223372036854775807
                    ))
                    and (block, log_index) "#
                + $compare
                + r#" ($3, $4)
                order by block "#
                + $order
                + ", log_index "
                + $order
                + r#"
                limit $5
            ) as p
            order by p.block "#
                + $order
                + ", p.log_index "
                + $order,
            $list.filters.from,
            $list.filters.to,
            $after.0,
            $after.1,
            $list.fetch,
        )
    };
}

pub(crate) async fn fetch(db: &mut PgConnection, list: &List<Filters>) -> Result<Vec<Price>> {
    let sort = list.sort(&SORTS)?;
    let after = list.after_fact(sort)?;
    let prices = if sort == "block" {
        page!(">", "asc", list, after).fetch_all(db).await?
    } else {
        page!("<", "desc", list, after).fetch_all(db).await?
    };
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
