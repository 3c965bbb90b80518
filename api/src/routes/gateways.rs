//! `/v1/customers/{address}/gateways`: who may sign vouchers for a customer.

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

use super::{Asked, path, usd_scale};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 2] = ["-set", "set"];

/// A gateway at the indexed block.
#[derive(Debug, Serialize, ToSchema)]
struct Gateway {
    gateway: Address,
    /// What its vouchers may be paid a day (UTC).
    daily_cap_usd: String,
    /// What its vouchers were paid on the running day; of one that is revoked, on the day of that.
    spent_usd: String,
    /// What they may still be paid today.
    allowance_usd: String,
    /// When it was registered, or its cap set, last.
    #[serde(with = "rfc3339")]
    set_at: OffsetDateTime,
    /// What it signed before can be redeemed for 24 hours more.
    #[serde(with = "rfc3339::option")]
    revoked_at: Option<OffsetDateTime>,
    /// How often vouchers of its were paid, or parts of them, and how much, in all.
    vouchers: i64,
    redeemed_usd: String,
    #[serde(skip)]
    key: String,
}

impl Keyed for Gateway {
    fn key(&self) -> Key {
        Key::new(&self.key, self.gateway)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    is_revoked: Option<bool>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_customer_gateways))
}

/// Gateways of a customer; none for an account that never registered one.
#[utoipa::path(
    get, path = "/v1/customers/{address}/gateways", tag = "customers",
    params(("address" = Address, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "-set (default), set")),
    responses((status = OK, body = Page<Gateway>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_customer_gateways(
    State(api): State<Api>,
    address: Asked<Address>,
    list: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Gateway>>> {
    let customer = path(address)?;
    let items = fetch(&mut at.db, &at.head, customer, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, customer, &list)).await?;
    Ok(Json(list.page(items, total)))
}

async fn fetch(db: &mut PgConnection, head: &Head, customer: Address, list: &List<Filters>) -> Result<Vec<Gateway>> {
    let after = list.after::<Address>()?;
    let gateways = query_as!(
        Gateway,
        r#"
        select
            g.gateway as "gateway!: Address",
            trim_scale(g.daily_cap * $1::text::numeric)::text as "daily_cap_usd!",
            trim_scale(case
                when g.day = div(seconds(coalesce(g.revoked_at, indexed_at())), 86400) then g.spent else 0
            end * $1::text::numeric)::text as "spent_usd!",
            trim_scale(g.allowance * $1::text::numeric)::text as "allowance_usd!",
            g.set_at as "set_at!",
            g.revoked_at,
            v.vouchers as "vouchers!",
            trim_scale(v.redeemed * $1::text::numeric)::text as "redeemed_usd!",
            g.key::text as "key!"
        from (
            select *, case $4 when 'set' then extract(epoch from set_at) else -extract(epoch from set_at) end as key
            from gateway_now
            where customer = $2
        ) as g
        cross join lateral (
            select count(*) as vouchers, coalesce(sum(r.amount), 0) as redeemed
            from voucher_redeemed as r
            join deal as d on d.deal = r.deal and d.customer = g.customer
            where r.gateway = g.gateway
        ) as v
        where ($3::boolean is null or $3 = (g.revoked_at is not null))
            and ($5::text is null or (g.key, g.gateway::bytea) > ($5::text::numeric, $6::bytea))
        order by g.key, g.gateway
        limit $7
        "#,
        usd_scale(head),
        customer as Address,
        list.filters.is_revoked,
        list.sort(&SORTS)?,
        after.value,
        after.id as Option<Address>,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(gateways)
}

async fn count(db: &mut PgConnection, customer: Address, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from gateway_now
        where customer = $1
            and ($2::boolean is null or $2 = (revoked_at is not null))
        "#,
        customer as Address,
        list.filters.is_revoked,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
