//! `/v1/deals/{id}/payments`: money into a deal, to those who earned it, and back.

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

use super::deals::check_deal;
use super::{Asked, number_of, path, usd_scale};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 2] = ["-block", "block"];
const KINDS: [&str; 3] = ["funded", "credited", "refunded"];

/// A movement of a deal's escrow.
#[derive(Debug, Serialize, ToSchema)]
struct Payment {
    block: i64,
    log_index: i32,
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
    /// `funded` (by a payer), `credited` (for a provider's service), `refunded` (to a payer).
    kind: String,
    /// The slot that a credit is for.
    slot: Option<i32>,
    /// The payer, or the provider of a credit.
    account: Address,
    amount_usd: String,
    /// Split of a credit; null for the others.
    fee_usd: Option<String>,
    royalty_usd: Option<String>,
    stakers_usd: Option<String>,
    provider_usd: Option<String>,
}

impl Keyed for Payment {
    fn key(&self) -> Key {
        Key::new(self.block, self.log_index)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    /// One of the words of `kind`.
    kind: Option<String>,
    /// Payments of this payer, or credits of this provider.
    account: Option<Address>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_deal_payments))
}

/// Payments of a deal, the latest first.
#[utoipa::path(
    get, path = "/v1/deals/{id}/payments", tag = "deals",
    params(("id" = i64, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "-block (default), block")),
    responses((status = OK, body = Page<Payment>), (status = NOT_FOUND, body = Problem))
)]
async fn list_deal_payments(
    State(api): State<Api>,
    id: Asked<i64>,
    list: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Payment>>> {
    let id = path(id)?;
    check_deal(&mut at.db, id).await?;
    let items = fetch(&mut at.db, &at.head, id, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, id, &list)).await?;
    Ok(Json(list.page(items, total)))
}

async fn fetch(db: &mut PgConnection, head: &Head, deal: i64, list: &List<Filters>) -> Result<Vec<Payment>> {
    number_of("kind", list.filters.kind.as_ref(), &KINDS)?;
    let after = list.after_count::<i32>()?;
    let payments = query_as!(
        Payment,
        r#"
        with payment as (
            select block, log_index, 'funded' as kind, null::integer as slot, payer::bytea as account, amount::numeric,
                null::numeric as fee, null::numeric as royalty, null::numeric as stakers, null::numeric as provider
            from deal_funded where deal = $2
            union all
            select block, log_index, 'refunded', null, payer, amount, null, null, null, null
            from refunded where deal = $2
            union all
            select block, log_index, 'credited', slot, provider, fee + royalty + to_stakers + to_provider,
                fee, royalty, to_stakers, to_provider
            from slot_credited where deal = $2
        )
        select
            p.block as "block!",
            p.log_index as "log_index!",
            b.timestamp as "at!",
            p.kind as "kind!",
            p.slot,
            p.account as "account!: Address",
            trim_scale(p.amount * $1::text::numeric)::text as "amount_usd!",
            trim_scale(p.fee * $1::text::numeric)::text as fee_usd,
            trim_scale(p.royalty * $1::text::numeric)::text as royalty_usd,
            trim_scale(p.stakers * $1::text::numeric)::text as stakers_usd,
            trim_scale(p.provider * $1::text::numeric)::text as provider_usd
        from payment as p
        join block as b on b.number = p.block
        where ($3::text is null or p.kind = $3)
            and ($4::bytea is null or p.account = $4)
            and ($6::text is null or case
                when $5 = 'block' then (p.block, p.log_index) > ($6::text::bigint, $7::integer)
                else (p.block, p.log_index) < ($6::text::bigint, $7::integer)
            end)
        order by
            case when $5 = 'block' then p.block else -p.block end,
            case when $5 = 'block' then p.log_index else -p.log_index end
        limit $8
        "#,
        usd_scale(head),
        deal,
        list.filters.kind,
        list.filters.account as Option<Address>,
        list.sort(&SORTS)?,
        after.value,
        after.id,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(payments)
}

async fn count(db: &mut PgConnection, deal: i64, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from (
            select 'funded' as kind, payer::bytea as account from deal_funded where deal = $1
            union all
            select 'refunded', payer from refunded where deal = $1
            union all
            select 'credited', provider from slot_credited where deal = $1
        ) as p
        where ($2::text is null or p.kind = $2)
            and ($3::bytea is null or p.account = $3)
        "#,
        deal,
        list.filters.kind,
        list.filters.account as Option<Address>,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
