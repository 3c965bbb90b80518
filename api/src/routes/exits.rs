//! `/v1/delegators/{address}/exits`: stake on its way out.

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

use super::delegators::check_delegator;
use super::{Asked, path};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::Snapshot;

const SORTS: [&str; 2] = ["-day", "day"];

/// All exits of one account from one provider that mature on the same day.
#[derive(Debug, Serialize, ToSchema)]
struct Exit {
    provider: Address,
    provider_name: String,
    /// Day of maturity, counted from 1970-01-01.
    day: i64,
    #[serde(with = "rfc3339")]
    matures_at: OffsetDateTime,
    is_matured: bool,
    is_own: bool,
    /// Worth now: until it matures it answers for older locks.
    amount_flt: String,
    /// The provider that it moves to after maturity.
    target: Option<Address>,
    /// What was paid or moved.
    paid_flt: String,
    /// Whether it was paid, moved or cancelled.
    is_over: bool,
}

impl Keyed for Exit {
    fn key(&self) -> Key {
        Key::new(self.day, self.provider)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    provider: Option<Address>,
    is_matured: Option<bool>,
    is_over: Option<bool>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_delegator_exits))
}

/// An account's exits, the last to mature first.
#[utoipa::path(
    get, path = "/v1/delegators/{address}/exits", tag = "delegators",
    params(("address" = Address, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "-day (default), day")),
    responses((status = OK, body = Page<Exit>), (status = NOT_FOUND, body = Problem))
)]
async fn list_delegator_exits(
    State(api): State<Api>,
    address: Asked<Address>,
    list: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Exit>>> {
    let address = path(address)?;
    check_delegator(&mut at.db, address).await?;
    let items = fetch(&mut at.db, address, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, address, &list)).await?;
    Ok(Json(list.page(items, total)))
}

async fn fetch(db: &mut PgConnection, account: Address, list: &List<Filters>) -> Result<Vec<Exit>> {
    let after = list.after_count::<Address>()?;
    let exits = query_as!(
        Exit,
        r#"
        select
            t.provider as "provider!: Address",
            v.name as provider_name,
            t.day as "day!",
            t.matures_at as "matures_at!",
            t.is_matured as "is_matured!",
            t.is_own as "is_own!",
            trim_scale(t.amount * 1e-18)::text as "amount_flt!",
            t.target as "target: Address",
            trim_scale(t.paid * 1e-18)::text as "paid_flt!",
            t.units = 0 as "is_over!"
        from ticket_now as t
        join provider as v on v.provider = t.provider
        where t.account = $1
            and ($2::bytea is null or t.provider = $2)
            and ($3::boolean is null or t.is_matured = $3)
            and ($4::boolean is null or (t.units = 0) = $4)
            and ($6::text is null or case
                when $5 = 'day' then (t.day, t.provider::bytea) > ($6::text::bigint, $7::bytea)
                else (t.day, t.provider::bytea) < ($6::text::bigint, $7::bytea)
            end)
        order by
            case when $5 = 'day' then t.day end,
            case when $5 = 'day' then t.provider end,
            t.day desc,
            t.provider desc
        limit $8
        "#,
        account as Address,
        list.filters.provider as Option<Address>,
        list.filters.is_matured,
        list.filters.is_over,
        list.sort(&SORTS)?,
        after.value,
        after.id as Option<Address>,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(exits)
}

async fn count(db: &mut PgConnection, account: Address, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from ticket_now as t
        where t.account = $1
            and ($2::bytea is null or t.provider = $2)
            and ($3::boolean is null or t.is_matured = $3)
            and ($4::boolean is null or (t.units = 0) = $4)
        "#,
        account as Address,
        list.filters.provider as Option<Address>,
        list.filters.is_matured,
        list.filters.is_over,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
