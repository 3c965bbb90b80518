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
    /// The fault that it was slashed for.
    fault: Option<i64>,
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

async fn fetch(db: &mut PgConnection, query: &List<Filters>) -> Result<Vec<Slash>> {
    let after = query.after_count::<i32>()?;
    let slashes = query_as!(
        Slash,
        r#"
        select
            block as "block!",
            log_index as "log_index!",
            at as "at!",
            lock as "lock!",
            provider as "provider!: Address",
            slasher as "slasher!: Address",
            deal,
            slot,
            commitment,
            fault,
            trim_scale(amount * 1e-18)::text as "amount_flt!",
            trim_scale(from_orphan * 1e-18)::text as "from_orphan_flt!",
            trim_scale(from_own * 1e-18)::text as "from_own_flt!",
            trim_scale(from_delegated * 1e-18)::text as "from_delegated_flt!",
            trim_scale(lock_amount * 1e-18)::text as "lock_left_flt!",
            quarantine,
            quarantine_status,
            customer as "customer: Address",
            trim_scale(customer_amount * 1e-18)::text as customer_flt,
            reporter as "reporter: Address",
            trim_scale(reporter_amount * 1e-18)::text as reporter_flt,
            release_at
        from slash
        where ($1::bytea is null or provider = $1)
            and ($3::text is null or case
                when $2 = 'block' then (block, log_index) > ($3::text::bigint, $4::integer)
                else (block, log_index) < ($3::text::bigint, $4::integer)
            end)
        order by
            case when $2 = 'block' then block end,
            case when $2 = 'block' then log_index end,
            block desc,
            log_index desc
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
