//! `/v1/network/history`: the network over time, for charts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use sqlx::query_as;
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::usd_scale;
use crate::Api;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 2] = ["-at", "at"];

/// All points of one interval, the earliest first.
pub(crate) type History = Arc<[Point]>;

/// What held at the end of an interval, and what happened in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Point {
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
    #[serde(default, with = "rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Intervals that start before then.
    #[serde(default, with = "rfc3339::option")]
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
async fn list_network_history(
    State(api): State<Api>,
    list: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Point>>> {
    let (sort, after) = (list.sort(&SORTS)?, list.after_count::<i64>()?);
    let seconds = list.filters.interval.seconds();
    let (seq, binding) = (at.head.seq, seconds.unsigned_abs());
    let history = api.histories.get(seq, binding, fetch(&mut at.db, &at.head, seconds)).await?;
    let is_asked = |point: &&Point| {
        list.filters.from.is_none_or(|from| point.starts_at >= from)
            && list.filters.to.is_none_or(|to| point.starts_at < to)
    };
    let asked: Vec<&Point> = history.iter().filter(is_asked).collect();
    let total = i64::try_from(asked.len()).expect("less than all seconds");
    let last = after.value.and_then(|number| number.parse::<i64>().ok());
    let fetched = usize::try_from(list.fetch).expect("a limit is 1 to 200");
    let points: Vec<Point> = if sort == "at" {
        let rest = asked.into_iter().filter(|point| last.is_none_or(|last| point.number > last));
        rest.take(fetched).cloned().collect()
    } else {
        let rest = asked.into_iter().rev().filter(|point| last.is_none_or(|last| point.number < last));
        rest.take(fetched).cloned().collect()
    };
    Ok(Json(list.page(points, total)))
}

async fn fetch(db: &mut PgConnection, head: &Head, seconds: i64) -> Result<History> {
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
        from network_history($2)
        order by interval_number
        "#,
        usd_scale(head),
        seconds,
    );
    Ok(points.fetch_all(db).await?.into())
}
