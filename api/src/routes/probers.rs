//! `/v1/probers`: who tests that workloads answer.

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

use super::{Asked, missing, path, usd_scale};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{self, Key, Keyed, List, Nothing, Page, Paging, Waiting};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 4] = ["-stake", "stake", "-registered", "registered"];
/// Statements that are shown of a prober.
const LATEST: i64 = 50;

/// A prober at the indexed block.
#[derive(Debug, Serialize, ToSchema)]
struct Prober {
    address: Address,
    /// Number of its region.
    region: i32,
    /// Seats that count today or from tomorrow on: a draw takes seats, each as likely as the other.
    seats: i32,
    stake_flt: String,
    /// Where others find its statements.
    endpoint: String,
    #[serde(with = "rfc3339")]
    registered_at: OffsetDateTime,
    /// Days since 1970 from which on, and before which, it is drawn.
    from_day: i64,
    until_day: Option<i64>,
    /// Whether it can be drawn today.
    is_drawn: bool,
    #[serde(with = "rfc3339::option")]
    withdrawable_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    withdrawn_at: Option<OffsetDateTime>,
    /// Statements of its in reports.
    statements: i64,
    paid_usd: String,
    /// What it can claim.
    credit_usd: String,
    slashed_flt: String,
    #[serde(skip)]
    key: String,
}

impl Keyed for Prober {
    fn key(&self) -> Key {
        Key::new(&self.key, self.address)
    }
}

/// A prober with what it said lately.
#[derive(Debug, Serialize, ToSchema)]
struct ProberShown {
    #[serde(flatten)]
    prober: Prober,
    /// Its last 50 statements that were reported, the latest first.
    latest: Vec<Statement>,
}

/// What a prober said of a slot, as part of a quorum.
#[derive(Debug, Serialize, ToSchema)]
struct Statement {
    block: i64,
    deal: i64,
    slot: i32,
    is_up: bool,
    /// When it probed.
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    /// Number of the region.
    region: Option<i32>,
    /// Whether it can be drawn today.
    is_drawn: Option<bool>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_probers)).routes(routes!(show_prober))
}

/// Probers.
#[utoipa::path(
    get, path = "/v1/probers", tag = "probers",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-stake (default), stake, -registered, registered")),
    responses((status = OK, body = Page<Prober>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_probers(State(api): State<Api>, list: List<Filters>, mut at: Snapshot) -> Result<Json<Page<Prober>>> {
    let after = list.after::<Address>()?;
    let rows = Rows {
        only: None,
        region: list.filters.region,
        is_drawn: list.filters.is_drawn,
        sort: list.sort(&SORTS)?,
        after_key: after.value,
        after: after.id,
        limit: Some(list.fetch),
    };
    let items = fetch(&mut at.db, &at.head, rows).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, &list)).await?;
    Ok(Json(list.page(items, total)))
}

/// One prober, with its latest statements.
#[utoipa::path(
    get, path = "/v1/probers/{address}", tag = "probers", params(("address" = Address, Path), Waiting),
    responses((status = OK, body = ProberShown), (status = NOT_FOUND, body = Problem))
)]
async fn show_prober(address: Asked<Address>, _: page::Asked<Nothing>, mut at: Snapshot) -> Result<Json<ProberShown>> {
    let address = path(address)?;
    let prober = fetch(&mut at.db, &at.head, Rows { only: Some(address), ..Rows::default() }).await?.pop();
    let prober = prober.ok_or_else(|| missing("prober", address))?;
    Ok(Json(ProberShown { prober, latest: statements(&mut at.db, address).await? }))
}

/// Which rows to fetch.
#[derive(Debug, Default)]
struct Rows {
    only: Option<Address>,
    region: Option<i32>,
    is_drawn: Option<bool>,
    sort: &'static str,
    after_key: Option<String>,
    after: Option<Address>,
    limit: Option<i64>,
}

async fn fetch(db: &mut PgConnection, head: &Head, rows: Rows) -> Result<Vec<Prober>> {
    let probers = query_as!(
        Prober,
        r#"
        select
            p.prober as "address!: Address",
            p.region as "region!",
            p.seats as "seats!",
            trim_scale(p.stake * 1e-18)::text as "stake_flt!",
            p.endpoint as "endpoint!",
            p.registered_at as "registered_at!",
            p.from_day as "from_day!",
            p.until_day,
            p.is_drawn as "is_drawn!",
            p.withdrawable_at,
            p.withdrawn_at,
            p.statements as "statements!",
            trim_scale(p.paid * $1::text::numeric)::text as "paid_usd!",
            trim_scale(p.credit * $1::text::numeric)::text as "credit_usd!",
            trim_scale(p.slashed * 1e-18)::text as "slashed_flt!",
            p.key::text as "key!"
        from (
            select
                *,
                case $5
                    when 'stake' then stake
                    when '-stake' then -stake
                    when 'registered' then extract(epoch from registered_at)
                    when '-registered' then -extract(epoch from registered_at)
                    else 0
                end as key
            from prober
        ) as p
        where ($2::bytea is null or p.prober = $2)
            and ($3::integer is null or p.region = $3)
            and ($4::boolean is null or p.is_drawn = $4)
            and ($6::text is null or (p.key, p.prober::bytea) > ($6::text::numeric, $7::bytea))
        order by p.key, p.prober
        limit $8
        "#,
        usd_scale(head),
        rows.only as Option<Address>,
        rows.region,
        rows.is_drawn,
        rows.sort,
        rows.after_key,
        rows.after as Option<Address>,
        rows.limit,
    )
    .fetch_all(db)
    .await?;
    Ok(probers)
}

async fn count(db: &mut PgConnection, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from prober
        where ($1::integer is null or region = $1)
            and ($2::boolean is null or is_drawn = $2)
        "#,
        list.filters.region,
        list.filters.is_drawn,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}

async fn statements(db: &mut PgConnection, prober: Address) -> Result<Vec<Statement>> {
    let statements = query_as!(
        Statement,
        r#"
        select block, deal, slot, is_up, at
        from statement_signed
        where prober = $1
        order by block desc, log_index desc
        limit $2
        "#,
        prober as Address,
        LATEST,
    );
    Ok(statements.fetch_all(db).await?)
}
