//! `/v1/deals/{id}/servings`: the time line of a deal's slots and standbys.

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
use super::{Asked, path, usd_scale};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::hash::Hash;
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 2] = ["slot", "-slot"];

/// One provider's time in a slot, or as a standby.
#[derive(Debug, Serialize, ToSchema)]
struct Serving {
    deal: i64,
    /// Standbys from 16 on.
    slot: i32,
    is_standby: bool,
    /// Whether it is paid what gateways sign, and nothing by time.
    is_metered: bool,
    /// Counts the providers of the place.
    serving: i64,
    provider: Address,
    offer: Option<i64>,
    /// Price of a unit for a day, royalty included; a standby's retainer.
    price_usd: String,
    lock: i64,
    /// The standby that was promoted to this slot.
    promoted_from: Option<i32>,
    #[serde(with = "rfc3339")]
    assigned_at: OffsetDateTime,
    /// When it began to serve, or to stand by; null: it never did, or not yet.
    #[serde(with = "rfc3339::option")]
    ready_at: Option<OffsetDateTime>,
    /// Up to when it is paid; null: it never served, or is not over.
    #[serde(with = "rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
    /// Whether it is the one that is assigned or serves now.
    is_current: bool,
    /// `declined`, `silent`, `failure`, `margin`, `term`, `stop`, `funds`, `promoted` (to a slot), `dropped` (it could not lock
    /// what the slot needed); null: it is not over.
    end_reason: Option<String>,
    /// Earned up to the indexed block, settled or not; of a metered one what was redeemed.
    owed_usd: String,
    credited_usd: String,
    /// Earned, and not credited until three days after its end.
    held_back_usd: String,
    #[serde(with = "rfc3339::option")]
    releasable_at: Option<OffsetDateTime>,
    /// How often vouchers of it were paid, or parts of them.
    vouchers: i64,
    /// What the last voucher says, cumulative.
    invocations: i64,
    /// End of the usage that the last voucher is for; null: none was paid.
    #[serde(with = "rfc3339::option")]
    used_until: Option<OffsetDateTime>,
    /// Root of the tree of all usage records, says the last voucher.
    usage_root: Option<Hash>,
    /// Until when vouchers of it can be redeemed; null: it is not over, or not metered.
    #[serde(with = "rfc3339::option")]
    redeemable_until: Option<OffsetDateTime>,
    /// Proven downtime within it, not paid.
    down_seconds: i64,
    /// Whether the provider said that it is gone.
    is_notice_given: bool,
}

impl Keyed for Serving {
    fn key(&self) -> Key {
        Key::new(self.slot, self.serving)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    /// Of this slot; standbys from 16 on.
    slot: Option<i32>,
    provider: Option<Address>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_deal_servings))
}

/// Who served each slot of a deal, from when to when.
#[utoipa::path(
    get, path = "/v1/deals/{id}/servings", tag = "deals",
    params(("id" = i64, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "slot (default), -slot: by slot, then by serving")),
    responses((status = OK, body = Page<Serving>), (status = NOT_FOUND, body = Problem))
)]
async fn list_deal_servings(
    State(api): State<Api>,
    id: Asked<i64>,
    list: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Serving>>> {
    let id = path(id)?;
    check_deal(&mut at.db, id).await?;
    let items = fetch(&mut at.db, &at.head, id, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, id, &list)).await?;
    Ok(Json(list.page(items, total)))
}

async fn fetch(db: &mut PgConnection, head: &Head, deal: i64, list: &List<Filters>) -> Result<Vec<Serving>> {
    let after = list.after_count::<i64>()?;
    let servings = query_as!(
        Serving,
        r#"
        select
            s.deal as "deal!",
            s.slot as "slot!",
            s.slot >= 16 as "is_standby!",
            s.is_metered as "is_metered!",
            s.serving as "serving!",
            s.provider as "provider!: Address",
            s.offer,
            trim_scale(s.price * $1::text::numeric)::text as "price_usd!",
            s.lock as "lock!",
            s.promoted_from,
            s.assigned_at as "assigned_at!",
            s.ready_at,
            s.ended_at,
            n.deal is not null as "is_current!",
            s.reason as end_reason,
            trim_scale(greatest(s.owed, n.accrued) * $1::text::numeric)::text as "owed_usd!",
            trim_scale(s.credited * $1::text::numeric)::text as "credited_usd!",
            trim_scale(s.held_back * $1::text::numeric)::text as "held_back_usd!",
            s.releasable_at,
            s.vouchers as "vouchers!",
            countable(s.invocations) as "invocations!",
            s.used_until,
            s.usage_root as "usage_root: Hash",
            s.redeemable_until,
            s.down_seconds as "down_seconds!",
            s.is_notice_given as "is_notice_given!"
        from serving as s
        left join slot_now as n on n.deal = s.deal and n.slot = s.slot and n.serving = s.serving
            and n.status in ('assigned', 'serving')
        where s.deal = $2
            and ($3::integer is null or s.slot = $3)
            and ($4::bytea is null or s.provider = $4)
            and ($6::text is null or case
                when $5 = 'slot' then (s.slot, s.serving) > ($6::text::bigint, $7::bigint)
                else (s.slot, s.serving) < ($6::text::bigint, $7::bigint)
            end)
        order by
            case when $5 = 'slot' then s.slot else -s.slot end,
            case when $5 = 'slot' then s.serving else -s.serving end
        limit $8
        "#,
        usd_scale(head),
        deal,
        list.filters.slot,
        list.filters.provider as Option<Address>,
        list.sort(&SORTS)?,
        after.value,
        after.id,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(servings)
}

async fn count(db: &mut PgConnection, deal: i64, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from serving
        where deal = $1
            and ($2::integer is null or slot = $2)
            and ($3::bytea is null or provider = $3)
        "#,
        deal,
        list.filters.slot,
        list.filters.provider as Option<Address>,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
