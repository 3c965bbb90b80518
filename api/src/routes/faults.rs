//! `/v1/faults`: failures that cost more than income, from the proposal to the slash.

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

use super::number_of;
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::Snapshot;

const SORTS: [&str; 2] = ["-fault", "fault"];
pub(crate) const STATUSES: [&str; 4] = ["proposed", "appealed", "executed", "dismissed"];

/// A fault at the indexed block.
#[derive(Debug, Serialize, ToSchema)]
struct Fault {
    fault: i64,
    deal: i64,
    slot: i32,
    serving: i64,
    provider: Address,
    /// `downtime` (beyond what was declared), `abandonment` or `wrong` (result of a sample).
    kind: String,
    /// `proposed`, `appealed`, `executed` or `dismissed`.
    status: String,
    lock: i64,
    /// To be slashed.
    amount_flt: String,
    reporter: Address,
    #[serde(with = "rfc3339")]
    proposed_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    appeal_until: OffsetDateTime,
    appellant: Option<Address>,
    bond_flt: Option<String>,
    #[serde(with = "rfc3339::option")]
    appealed_at: Option<OffsetDateTime>,
    /// Day since 1970 that the panel is drawn on.
    panel_day: Option<i64>,
    #[serde(with = "rfc3339::option")]
    decide_until: Option<OffsetDateTime>,
    /// How the appeal was decided.
    is_guilty: Option<bool>,
    /// `panel`, `resolver`, or `nobody` in time.
    decided_by: Option<String>,
    #[serde(with = "rfc3339::option")]
    decided_at: Option<OffsetDateTime>,
    slashed_flt: Option<String>,
    from_own_flt: Option<String>,
    #[serde(with = "rfc3339::option")]
    executed_at: Option<OffsetDateTime>,
    /// Whether anybody can execute it now: what was not appealed is slashed, what was not decided is dismissed.
    is_due: bool,
}

impl Keyed for Fault {
    fn key(&self) -> Key {
        Key::new(self.fault, self.fault)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    provider: Option<Address>,
    deal: Option<i64>,
    /// One of the words of `status`.
    status: Option<String>,
    /// Whether anybody can execute it now.
    is_due: Option<bool>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_faults))
}

/// Faults, the latest first.
#[utoipa::path(
    get, path = "/v1/faults", tag = "faults",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-fault (default), fault")),
    responses((status = OK, body = Page<Fault>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_faults(State(api): State<Api>, list: List<Filters>, mut at: Snapshot) -> Result<Json<Page<Fault>>> {
    number_of("status", list.filters.status.as_ref(), &STATUSES)?;
    let items = fetch(&mut at.db, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, &list)).await?;
    Ok(Json(list.page(items, total)))
}

async fn fetch(db: &mut PgConnection, list: &List<Filters>) -> Result<Vec<Fault>> {
    let faults = query_as!(
        Fault,
        r#"
        select
            fault as "fault!",
            deal as "deal!",
            slot as "slot!",
            serving as "serving!",
            provider as "provider!: Address",
            (array['downtime', 'abandonment', null, 'wrong'])[kind] as "kind!",
            status as "status!",
            lock as "lock!",
            trim_scale(amount * 1e-18)::text as "amount_flt!",
            reporter as "reporter!: Address",
            proposed_at as "proposed_at!",
            appeal_until as "appeal_until!",
            appellant as "appellant: Address",
            trim_scale(bond * 1e-18)::text as bond_flt,
            appealed_at,
            panel_day,
            decide_until,
            is_guilty,
            (array['panel', 'resolver', 'nobody'])[decided_by] as decided_by,
            decided_at,
            trim_scale(slashed * 1e-18)::text as slashed_flt,
            trim_scale(from_own * 1e-18)::text as from_own_flt,
            executed_at,
            is_due as "is_due!"
        from fault
        where ($1::bytea is null or provider = $1)
            and ($2::bigint is null or deal = $2)
            and ($3::text is null or status = $3)
            and ($4::boolean is null or is_due = $4)
            and ($6::bigint is null or case when $5 = 'fault' then fault > $6 else fault < $6 end)
        order by case when $5 = 'fault' then fault end, fault desc
        limit $7
        "#,
        list.filters.provider as Option<Address>,
        list.filters.deal,
        list.filters.status,
        list.filters.is_due,
        list.sort(&SORTS)?,
        list.after::<i64>()?.id,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(faults)
}

async fn count(db: &mut PgConnection, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from fault
        where ($1::bytea is null or provider = $1)
            and ($2::bigint is null or deal = $2)
            and ($3::text is null or status = $3)
            and ($4::boolean is null or is_due = $4)
        "#,
        list.filters.provider as Option<Address>,
        list.filters.deal,
        list.filters.status,
        list.filters.is_due,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
