//! `/v1/slashes`: stake that was taken, and where it went.

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
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::Snapshot;

const SORTS: [&str; 2] = ["-block", "block"];

/// A slash of one lock, in the order of its waterfall.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Slash {
    block: i64,
    log_index: i32,
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
    lock: i64,
    provider: Address,
    /// The module that ordered it.
    slasher: Address,
    /// The deal that the lock secured.
    deal: Option<i64>,
    slot: Option<i32>,
    /// The commitment that it secured.
    commitment: Option<i64>,
    amount_flt: String,
    from_orphan_flt: String,
    from_own_flt: String,
    from_delegated_flt: String,
    /// What is left of the lock.
    lock_left_flt: String,
    /// The record of payouts to parties; null: none, all of it is burned.
    quarantine: Option<i64>,
    /// `open`, `paid` or `cancelled`.
    quarantine_status: Option<String>,
    customer: Option<Address>,
    customer_flt: Option<String>,
    reporter: Option<Address>,
    reporter_flt: Option<String>,
    /// When the payouts are released.
    #[serde(with = "rfc3339::option")]
    release_at: Option<OffsetDateTime>,
}

impl Keyed for Slash {
    fn key(&self) -> Key {
        Key::new(self.block, self.log_index)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filters {
    pub(super) provider: Option<Address>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_slashes))
}

/// Slashes, the latest first.
#[utoipa::path(
    get, path = "/v1/slashes", tag = "slashes",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-block (default), block")),
    responses((status = OK, body = Page<Slash>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_slashes(State(api): State<Api>, query: List<Filters>, mut at: Snapshot) -> Result<Json<Page<Slash>>> {
    list(&api, &query, &mut at).await
}

pub(super) async fn list(api: &Api, query: &List<Filters>, at: &mut Snapshot) -> Result<Json<Page<Slash>>> {
    let items = fetch(&mut at.db, query).await?;
    let total = api.totals.get(at.head.seq, query.binding, count(&mut at.db, query)).await?;
    Ok(Json(query.page(items, total)))
}

/// The quarantine of a slash is the one of its lock that was opened after it, before the next slash of that lock.
async fn fetch(db: &mut PgConnection, query: &List<Filters>) -> Result<Vec<Slash>> {
    let after = query.after_count::<i32>()?;
    let slashes = query_as!(
        Slash,
        r#"
        select
            s.block,
            s.log_index,
            b.timestamp as at,
            s.lock,
            s.provider as "provider: Address",
            s.slasher as "slasher: Address",
            a.deal as "deal?",
            a.slot as "slot?",
            c.commitment as "commitment?",
            trim_scale(s.amount * 1e-18)::text as "amount_flt!",
            trim_scale(s.from_orphan * 1e-18)::text as "from_orphan_flt!",
            trim_scale(s.from_own * 1e-18)::text as "from_own_flt!",
            trim_scale(s.from_delegated * 1e-18)::text as "from_delegated_flt!",
            trim_scale(s.lock_amount * 1e-18)::text as "lock_left_flt!",
            q.quarantine as "quarantine?",
            q.status as quarantine_status,
            q.customer as "customer?: Address",
            trim_scale(q.customer_amount * 1e-18)::text as customer_flt,
            q.reporter as "reporter?: Address",
            trim_scale(q.reporter_amount * 1e-18)::text as reporter_flt,
            q.release_at as "release_at?"
        from slashed as s
        join block as b on b.number = s.block
        left join lateral (select deal, slot from slot_assigned where lock = s.lock limit 1) as a on true
        left join commitment as c on c.lock = s.lock
        left join lateral (
            select o.quarantine
            from quarantine_opened as o
            where o.block = s.block and o.lock = s.lock and o.log_index > s.log_index
                and not exists (
                    select from slashed as t
                    where t.block = s.block and t.lock = s.lock
                        and t.log_index > s.log_index and t.log_index < o.log_index
                )
            order by o.log_index
            limit 1
        ) as o on true
        left join quarantine as q on q.quarantine = o.quarantine
        where ($1::bytea is null or s.provider = $1)
            and ($3::text is null or case
                when $2 = 'block' then (s.block, s.log_index) > ($3::text::bigint, $4::integer)
                else (s.block, s.log_index) < ($3::text::bigint, $4::integer)
            end)
        order by
            case when $2 = 'block' then s.block else -s.block end,
            case when $2 = 'block' then s.log_index else -s.log_index end
        limit $5
        "#,
        query.filters.provider as Option<Address>,
        query.sort(&SORTS)?,
        after.value,
        after.id,
        query.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(slashes)
}

async fn count(db: &mut PgConnection, query: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from slashed
        where ($1::bytea is null or provider = $1)
        "#,
        query.filters.provider as Option<Address>,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
