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
use crate::hash::Hash;
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 2] = ["-block", "block"];
pub(crate) const KINDS: [&str; 4] = ["funded", "credited", "refunded", "redeemed"];

/// A movement of a deal's escrow.
#[derive(Debug, Serialize, ToSchema)]
struct Payment {
    block: i64,
    log_index: i32,
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
    /// `funded` (by a payer), `redeemed` (owed for usage that a gateway signed, and out of the escrow), `credited` (for a provider's
    /// time, or of what was redeemed before), `refunded` (to a payer).
    kind: String,
    /// The slot that a credit or a redemption is for.
    slot: Option<i32>,
    /// The payer, or the provider.
    account: Address,
    amount_usd: String,
    /// Split of a credit; null for the others.
    fee_usd: Option<String>,
    royalty_usd: Option<String>,
    stakers_usd: Option<String>,
    provider_usd: Option<String>,
    /// What was redeemed; null for the others.
    voucher: Option<Voucher>,
}

/// What a gateway signed, cumulative for the serving.
#[derive(Debug, Serialize, ToSchema)]
struct Voucher {
    gateway: Address,
    serving: i64,
    signed_usd: String,
    invocations: i64,
    /// Of the usage since the voucher before.
    #[serde(with = "rfc3339")]
    from: OffsetDateTime,
    #[serde(with = "rfc3339")]
    until: OffsetDateTime,
    /// Of the tree of all usage records of the serving.
    usage_root: Hash,
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

/// A row of the view `payment`, in whole tokens.
#[derive(Debug)]
struct Row {
    block: i64,
    log_index: i32,
    at: OffsetDateTime,
    kind: String,
    slot: Option<i32>,
    account: Address,
    amount_usd: String,
    fee_usd: Option<String>,
    royalty_usd: Option<String>,
    stakers_usd: Option<String>,
    provider_usd: Option<String>,
    gateway: Option<Address>,
    serving: i64,
    signed_usd: String,
    invocations: i64,
    used_from: Option<OffsetDateTime>,
    used_until: Option<OffsetDateTime>,
    usage_root: Option<Hash>,
}

impl From<Row> for Payment {
    fn from(row: Row) -> Self {
        let Row { block, log_index, at, kind, slot, account, amount_usd, .. } = row;
        let Row { fee_usd, royalty_usd, stakers_usd, provider_usd, serving, signed_usd, invocations, .. } = row;
        let voucher = row.gateway.zip(row.used_from).zip(row.used_until).zip(row.usage_root);
        let voucher = voucher.map(|(((gateway, from), until), usage_root)| Voucher {
            gateway,
            serving,
            signed_usd,
            invocations,
            from,
            until,
            usage_root,
        });
        Self {
            block,
            log_index,
            at,
            kind,
            slot,
            account,
            amount_usd,
            fee_usd,
            royalty_usd,
            stakers_usd,
            provider_usd,
            voucher,
        }
    }
}

async fn fetch(db: &mut PgConnection, head: &Head, deal: i64, list: &List<Filters>) -> Result<Vec<Payment>> {
    number_of("kind", list.filters.kind.as_ref(), &KINDS)?;
    let after = list.after_count::<i32>()?;
    let rows = query_as!(
        Row,
        r#"
        select
            p.block as "block!",
            p.log_index as "log_index!",
            (select timestamp from block where number = p.block) as "at!",
            p.kind as "kind!",
            p.slot,
            p.account as "account!: Address",
            trim_scale(p.amount * $1::text::numeric)::text as "amount_usd!",
            trim_scale(p.fee * $1::text::numeric)::text as fee_usd,
            trim_scale(p.royalty * $1::text::numeric)::text as royalty_usd,
            trim_scale(p.stakers * $1::text::numeric)::text as stakers_usd,
            trim_scale(p.provider * $1::text::numeric)::text as provider_usd,
            p.gateway as "gateway: Address",
            coalesce(p.serving, 0) as "serving!",
            trim_scale(coalesce(p.signed, 0) * $1::text::numeric)::text as "signed_usd!",
            countable(coalesce(p.invocations, 0)) as "invocations!",
            p.used_from,
            p.used_until,
            p.usage_root as "usage_root: Hash"
        from payment as p
        where p.deal = $2
            and ($3::text is null or p.kind = $3)
            and ($4::bytea is null or p.account = $4)
            and ($6::text is null or case
                when $5 = 'block' then (p.block, p.log_index) > ($6::text::bigint, $7::integer)
                else (p.block, p.log_index) < ($6::text::bigint, $7::integer)
            end)
        order by
            case when $5 = 'block' then p.block end,
            case when $5 = 'block' then p.log_index end,
            p.block desc,
            p.log_index desc
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
    Ok(rows.into_iter().map(Payment::from).collect())
}

async fn count(db: &mut PgConnection, deal: i64, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from payment
        where deal = $1
            and ($2::text is null or kind = $2)
            and ($3::bytea is null or account = $3)
        "#,
        deal,
        list.filters.kind,
        list.filters.account as Option<Address>,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
