//! `/v1/deals/{id}/slots`: the replicas of a deal, and its standbys.

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

const SORTS: [&str; 2] = ["slot", "-slot"];
pub(crate) const STATUSES: [&str; 4] = ["empty", "assigned", "serving", "ended"];

/// A replica of a deal, served by one provider at a time; or a standby, which is a stream like it.
#[derive(Debug, Serialize, ToSchema)]
struct Slot {
    deal: i64,
    /// Standbys from 16 on.
    slot: i32,
    is_standby: bool,
    /// Whether it is paid what gateways sign, and nothing by time: then its price is a cap.
    is_metered: bool,
    /// `empty` (waits for a provider), `assigned` (waits until it is ready), `serving` (of a standby: it is ready), `ended`.
    status: String,
    /// Counts the providers that served.
    serving: i64,
    provider: Option<Address>,
    offer: Option<i64>,
    /// Price of a unit for a day, royalty included; a standby's retainer.
    price_usd: String,
    lock: Option<i64>,
    locked_flt: String,
    #[serde(with = "rfc3339::option")]
    lock_ends_at: Option<OffsetDateTime>,
    /// Taken at the last grant.
    value_at_stake_usd: String,
    /// Worth of the lock at the high price over value at stake; null: nothing at stake, no price, or a standby.
    health: Option<String>,
    /// Below this health anyone may call.
    health_maintained: String,
    /// Below this health the customer may leave at once.
    health_minimum: String,
    /// Whether the price is too old or too uncertain for a margin call.
    is_price_stale: Option<bool>,
    #[serde(with = "rfc3339::option")]
    assigned_at: Option<OffsetDateTime>,
    /// When accrual started, moved on by what was not served.
    #[serde(with = "rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    term_end: Option<OffsetDateTime>,
    /// When accrual ends: at the term's end, or after a stop's notice.
    #[serde(with = "rfc3339::option")]
    ends_at: Option<OffsetDateTime>,
    /// Whether the provider announced that it will not renew.
    is_final: bool,
    /// What a settle at the indexed block would leave.
    escrow_usd: String,
    /// Of this serving up to the indexed block, settled or not; of a metered slot what was redeemed, all of which a settle credits.
    accrued_usd: String,
    /// Of that, what a settle would credit.
    creditable_usd: String,
    /// Of that, what was credited.
    credited_usd: String,
    #[serde(with = "rfc3339::option")]
    called_at: Option<OffsetDateTime>,
    /// Until when the margin call can be cured; it moves on while the price is stale.
    #[serde(with = "rfc3339::option")]
    cure_until: Option<OffsetDateTime>,
    /// `term`, `stop`, `funds`, `margin`, `failure` or `unfilled`.
    end_reason: Option<String>,
    /// Until when a slot that lost its provider can be filled.
    #[serde(with = "rfc3339::option")]
    seeking_until: Option<OffsetDateTime>,
    /// When it was last said to be down, while that stands; null: it is not.
    #[serde(with = "rfc3339::option")]
    flagged_at: Option<OffsetDateTime>,
    /// Whether the customer said so, and not a quorum of probers.
    is_flagged_by_customer: Option<bool>,
    /// When probers first missed it.
    #[serde(with = "rfc3339::option")]
    down_since: Option<OffsetDateTime>,
    /// Until when the provider can show that it is up; then anybody can fail the slot over.
    #[serde(with = "rfc3339::option")]
    grace_end: Option<OffsetDateTime>,
    /// How often vouchers of this serving were paid, or parts of them.
    vouchers: i64,
    /// What the last voucher says, cumulative for this serving.
    invocations: i64,
    /// More than was redeemed where escrow or cap did not suffice; the rest can be redeemed later.
    signed_usd: String,
    /// End of the usage that the last voucher is for; null: none was paid.
    #[serde(with = "rfc3339::option")]
    used_until: Option<OffsetDateTime>,
    /// Root of the tree of all usage records, says the last voucher.
    usage_root: Option<Hash>,
    /// Over all servings.
    fee_usd: String,
    royalty_usd: String,
    stakers_usd: String,
    provider_usd: String,
}

impl Keyed for Slot {
    fn key(&self) -> Key {
        Key::new(self.slot, self.slot)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    /// One of the words of `status`.
    status: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_deal_slots))
}

/// Slots and standbys of a deal.
#[utoipa::path(
    get, path = "/v1/deals/{id}/slots", tag = "deals",
    params(("id" = i64, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "slot (default), -slot")),
    responses((status = OK, body = Page<Slot>), (status = NOT_FOUND, body = Problem))
)]
async fn list_deal_slots(
    State(api): State<Api>,
    id: Asked<i64>,
    list: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Slot>>> {
    let id = path(id)?;
    check_deal(&mut at.db, id).await?;
    let items = fetch(&mut at.db, &at.head, id, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, id, &list)).await?;
    Ok(Json(list.page(items, total)))
}

async fn fetch(db: &mut PgConnection, head: &Head, deal: i64, list: &List<Filters>) -> Result<Vec<Slot>> {
    number_of("status", list.filters.status.as_ref(), &STATUSES)?;
    let slots = query_as!(
        Slot,
        r#"
        select
            s.deal as "deal!",
            s.slot as "slot!",
            s.is_standby as "is_standby!",
            s.is_metered as "is_metered!",
            s.status as "status!",
            s.serving as "serving!",
            s.provider as "provider: Address",
            s.offer,
            trim_scale(s.price * $1::text::numeric)::text as "price_usd!",
            s.lock,
            trim_scale(s.lock_amount * 1e-18)::text as "locked_flt!",
            s.lock_ends_at,
            trim_scale(s.value_at_stake * $1::text::numeric)::text as "value_at_stake_usd!",
            trim_scale(s.health_bps * 1e-4)::text as health,
            trim_scale(s.maintained_bps * 1e-4)::text as "health_maintained!",
            trim_scale(s.minimum_bps * 1e-4)::text as "health_minimum!",
            s.is_price_stale,
            s.assigned_at, s.started_at, s.term_end, s.ends_at,
            s.is_final as "is_final!",
            trim_scale(s.escrow_left * $1::text::numeric)::text as "escrow_usd!",
            trim_scale(s.accrued * $1::text::numeric)::text as "accrued_usd!",
            trim_scale(s.creditable * $1::text::numeric)::text as "creditable_usd!",
            trim_scale(s.credited * $1::text::numeric)::text as "credited_usd!",
            s.called_at,
            s.cure_until,
            (array['term', 'stop', 'funds', 'margin', 'failure', 'unfilled'])[s.end_reason + 1] as end_reason,
            s.seeking_until,
            f.flagged_at as "flagged_at?",
            f.is_customer as "is_flagged_by_customer?",
            f.since as "down_since?",
            f.grace_end as "grace_end?",
            s.vouchers as "vouchers!", countable(s.invocations) as "invocations!",
            trim_scale(s.signed * $1::text::numeric)::text as "signed_usd!",
            s.used_until, s.usage_root as "usage_root: Hash",
            trim_scale(s.fee_total * $1::text::numeric)::text as "fee_usd!",
            trim_scale(s.royalty_total * $1::text::numeric)::text as "royalty_usd!",
            trim_scale(s.stakers_total * $1::text::numeric)::text as "stakers_usd!",
            trim_scale(s.provider_total * $1::text::numeric)::text as "provider_usd!"
        from slot_now as s
        left join lateral (
            select flagged_at, is_customer, since, grace_end
            from flag
            where deal = s.deal and slot = s.slot and status = 'open'
            order by block desc, log_index desc
            limit 1
        ) as f on true
        where s.deal = $2
            and ($3::text is null or s.status = $3)
            and ($5::integer is null or case when $4 = 'slot' then s.slot > $5 else s.slot < $5 end)
        order by case when $4 = 'slot' then s.slot else -s.slot end
        limit $6
        "#,
        usd_scale(head),
        deal,
        list.filters.status,
        list.sort(&SORTS)?,
        list.after::<i32>()?.id,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(slots)
}

async fn count(db: &mut PgConnection, deal: i64, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from slot
        where deal = $1
            and ($2::text is null or status = $2)
        "#,
        deal,
        list.filters.status,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
