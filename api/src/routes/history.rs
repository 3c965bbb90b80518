//! `/v1/network/history`: the network over time, for charts.

use axum::Json;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use sqlx::{query_as, query_scalar};
use time::serde::rfc3339;
use time::{Duration, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::usd_scale;
use crate::Api;
use crate::error::{Problem, Result};
use crate::page::{self, Key, Keyed, List, Page, Paging};
use crate::snapshot::{Direct, Head};

const SORTS: [&str; 2] = ["-at", "at"];

/// What held at the end of an interval, and what happened in it.
#[derive(Debug, Serialize, ToSchema)]
struct Point {
    #[serde(with = "rfc3339")]
    starts_at: OffsetDateTime,
    /// Of the interval; of the last one the indexed block.
    #[serde(with = "rfc3339")]
    ends_at: OffsetDateTime,
    /// Active stake, own and delegated.
    staked_flt: String,
    locked_flt: String,
    value_at_stake_usd: String,
    /// Deals with a slot that serves.
    deals_serving: i64,
    providers: i64,
    /// Median at the end; null before the first observation.
    price_usd: Option<String>,
    /// Revenue credited in the interval, and up to its end.
    settled_usd: String,
    settled_total_usd: String,
    /// FLT that was paid in the interval, for capacity and for burned fees, and up to its end.
    rewards_flt: String,
    rewards_total_flt: String,
    /// Stake slashed in the interval.
    slashed_flt: String,
    /// Failovers in the interval.
    failovers: i64,
    #[serde(skip)]
    number: i64,
}

impl Keyed for Point {
    fn key(&self) -> Key {
        Key::new(self.number, 0)
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Interval {
    Hour,
    #[default]
    Day,
    Week,
}

impl Interval {
    const fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 604_800,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    /// Length of an interval; they are counted from 1970-01-01T00:00:00Z on. `day` if absent.
    #[serde(default)]
    #[param(inline)]
    interval: Interval,
    /// Intervals that start then or later.
    #[serde(default, deserialize_with = "page::instant")]
    from: Option<OffsetDateTime>,
    /// Intervals that start before then.
    #[serde(default, deserialize_with = "page::instant")]
    to: Option<OffsetDateTime>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_network_history))
}

/// Stake, locks, deals, price and payments by interval, without gaps, the latest first.
#[utoipa::path(
    get, path = "/v1/network/history", tag = "network",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-at (default), at")),
    responses((status = OK, body = Page<Point>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_network_history(list: List<Filters>, Direct(mut at): Direct) -> Result<Json<Page<Point>>> {
    let (sort, after) = (list.sort(&SORTS)?, list.after_count::<i64>()?);
    let seconds = list.filters.interval.seconds();
    let (first, last) = asked(&mut at.db, &at.head, &list.filters).await?;
    let total = last.saturating_sub(first).saturating_add(1).max(0);
    let after = after.value.and_then(|number| number.parse::<i64>().ok());
    let (first, last) = if sort == "at" {
        let first = after.map_or(first, |after| first.max(after.saturating_add(1)));
        (first, last.min(first.saturating_add(list.fetch - 1)))
    } else {
        let last = after.map_or(last, |after| last.min(after - 1));
        (first.max(last.saturating_add(1 - list.fetch)), last)
    };
    let mut points = if first <= last { fetch(&mut at.db, &at.head, seconds, first, last).await? } else { Vec::new() };
    if sort != "at" {
        points.reverse();
    }
    Ok(Json(list.page(points, total)))
}

/// Numbers of the first and of the last interval that the filters leave; none if they cross.
async fn asked(db: &mut PgConnection, head: &Head, filters: &Filters) -> Result<(i64, i64)> {
    let begun = query_scalar!("select timestamp from block order by number limit 1").fetch_optional(db).await?;
    let width = filters.interval.seconds();
    let within = |time: OffsetDateTime| time.unix_timestamp().div_euclid(width);
    // The first interval that starts then or later.
    let from = |time: OffsetDateTime| {
        let is_after = time > OffsetDateTime::UNIX_EPOCH + Duration::seconds(within(time) * width);
        within(time) + i64::from(is_after)
    };
    let (first, last) = (begun.map_or(i64::MAX, within), within(head.timestamp));
    let first = filters.from.map_or(first, |time| first.max(from(time)));
    let last = filters.to.map_or(last, |time| last.min(from(time) - 1));
    Ok((first, last))
}

/// The earliest first.
async fn fetch(db: &mut PgConnection, head: &Head, seconds: i64, first: i64, last: i64) -> Result<Vec<Point>> {
    let points = query_as!(
        Point,
        r#"
        select
            starts_at as "starts_at!",
            ends_at as "ends_at!",
            trim_scale(staked * 1e-18)::text as "staked_flt!",
            trim_scale(locked * 1e-18)::text as "locked_flt!",
            trim_scale(value_at_stake * $1::text::numeric)::text as "value_at_stake_usd!",
            deals_serving as "deals_serving!",
            providers as "providers!",
            trim_scale(price * 1e-8)::text as "price_usd?",
            trim_scale(settled * $1::text::numeric)::text as "settled_usd!",
            trim_scale(settled_total * $1::text::numeric)::text as "settled_total_usd!",
            trim_scale(rewards * 1e-18)::text as "rewards_flt!",
            trim_scale(rewards_total * 1e-18)::text as "rewards_total_flt!",
            trim_scale(slashed * 1e-18)::text as "slashed_flt!",
            failovers as "failovers!",
            interval_number as "number!"
        from network_history($2, $3, $4)
        order by interval_number
        "#,
        usd_scale(head),
        seconds,
        first,
        last,
    );
    Ok(points.fetch_all(db).await?)
}
