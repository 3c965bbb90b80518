//! `/v1/commitments`: units that prove by calculations that they are there.

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

use super::challenges::{self, Challenge, Conviction};
use super::earnings::{self, Earning};
use super::{Asked, CLASSES, check_provider, missing, number_of, only_path, path};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{self, Key, Keyed, List, Nothing, Page, Paging, Waiting};
use crate::snapshot::Snapshot;

const SORTS: [&str; 6] = ["-commitment", "commitment", "-units", "units", "-earned", "earned"];

/// A commitment at the indexed block.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Commitment {
    commitment: i64,
    provider: Address,
    /// `cpu` or `gpu`.
    class: String,
    units: i32,
    /// `pledged` (its first epoch is to come), `live`, `ended` or `convicted`.
    status: String,
    /// Epochs are days since 1970; it proves from the first until `end_epoch`, exclusive.
    first_epoch: i64,
    end_epoch: i64,
    #[serde(with = "rfc3339")]
    starts_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    ends_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    pledged_at: OffsetDateTime,
    #[serde(with = "rfc3339::option")]
    renewed_at: Option<OffsetDateTime>,
    /// Why it ends before its term: `provider`, `poor` (five poor epochs in a row) or `convicted`.
    end_reason: Option<String>,
    verifier_version: i32,
    /// The contract that checks its work.
    verifier: Option<Address>,
    lock: i64,
    locked_flt: String,
    #[serde(with = "rfc3339::option")]
    lock_ends_at: Option<OffsetDateTime>,
    /// The next epoch to be credited.
    next_epoch: i64,
    /// Poor epochs in a row.
    poor_epochs: i32,
    /// Leaves that are asked for and were not shown; while there are any, nothing is credited or paid.
    open_audits: i64,
    open_demands: i64,
    /// Until when the most urgent one is due.
    #[serde(with = "rfc3339::option")]
    answer_by: Option<OffsetDateTime>,
    /// Whether that is over: anyone can convict.
    is_overdue: bool,
    /// Units times epochs that were credited so far.
    credit: String,
    /// On top of it, for work for attested customers.
    bonus: String,
    earned_flt: String,
    /// Allotted and returned to the funds.
    unearned_flt: String,
    released_flt: String,
    pending_flt: String,
    /// Earned, and lost at its conviction.
    forfeited_flt: String,
    #[serde(with = "rfc3339::option")]
    due_at: Option<OffsetDateTime>,
    /// Whether anyone can have what is pending paid now.
    is_due: bool,
    #[serde(skip)]
    key: String,
}

impl Keyed for Commitment {
    fn key(&self) -> Key {
        Key::new(&self.key, self.commitment)
    }
}

/// A commitment with what it did lately.
#[derive(Debug, Serialize, ToSchema)]
struct CommitmentShown {
    #[serde(flatten)]
    commitment: Commitment,
    /// Its last 14 epochs, the latest first.
    epochs: Vec<Earning>,
    /// Leaves that are asked for, the most urgent first.
    challenges: Vec<Challenge>,
    conviction: Option<Conviction>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    provider: Option<Address>,
    /// `cpu` or `gpu`.
    class: Option<String>,
    /// Whether it proves in the epoch of the indexed block.
    is_live: Option<bool>,
    is_convicted: Option<bool>,
    /// Whether a leaf is overdue.
    is_overdue: Option<bool>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_commitments))
        .routes(routes!(show_commitment))
        .routes(routes!(list_provider_commitments))
}

/// Commitments, the newest first.
#[utoipa::path(
    get, path = "/v1/commitments", tag = "capacity",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-commitment (default), commitment, -units, units, -earned, earned")),
    responses((status = OK, body = Page<Commitment>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_commitments(
    State(api): State<Api>,
    query: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Commitment>>> {
    list(&api, &query, &mut at).await
}

/// One commitment, with its last epochs.
#[utoipa::path(
    get, path = "/v1/commitments/{id}", tag = "capacity", params(("id" = i64, Path), Waiting),
    responses((status = OK, body = CommitmentShown), (status = NOT_FOUND, body = Problem))
)]
async fn show_commitment(id: Asked<i64>, _: page::Asked<Nothing>, mut at: Snapshot) -> Result<Json<CommitmentShown>> {
    let id = path(id)?;
    let rows = Rows { only: Some(id), limit: 1, ..Rows::default() };
    let commitment = fetch(&mut at.db, rows).await?.pop().ok_or_else(|| missing("commitment", id))?;
    Ok(Json(CommitmentShown {
        commitment,
        epochs: earnings::latest(&mut at.db, id).await?,
        challenges: challenges::open(&mut at.db, id).await?,
        conviction: challenges::conviction(&mut at.db, id).await?,
    }))
}

/// Commitments of a provider.
#[utoipa::path(
    get, path = "/v1/providers/{address}/commitments", tag = "providers",
    params(("address" = Address, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "as `/v1/commitments`")),
    responses((status = OK, body = Page<Commitment>), (status = NOT_FOUND, body = Problem))
)]
async fn list_provider_commitments(
    State(api): State<Api>,
    address: Asked<Address>,
    mut query: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Commitment>>> {
    let address = path(address)?;
    only_path("provider", query.filters.provider.replace(address).as_ref())?;
    check_provider(&mut at.db, address).await?;
    list(&api, &query, &mut at).await
}

async fn list(api: &Api, query: &List<Filters>, at: &mut Snapshot) -> Result<Json<Page<Commitment>>> {
    let items = fetch(&mut at.db, Rows::of(query)?).await?;
    let total = api.totals.get(at.head.seq, query.binding, count(&mut at.db, query)).await?;
    Ok(Json(query.page(items, total)))
}

/// Which commitments are asked for.
#[derive(Debug, Default)]
struct Rows {
    only: Option<i64>,
    provider: Option<Address>,
    class: Option<i32>,
    is_live: Option<bool>,
    is_convicted: Option<bool>,
    is_overdue: Option<bool>,
    sort: &'static str,
    after_key: Option<String>,
    after: Option<i64>,
    limit: i64,
}

impl Rows {
    fn of(query: &List<Filters>) -> Result<Self> {
        let after = query.after::<i64>()?;
        Ok(Self {
            only: None,
            provider: query.filters.provider,
            class: number_of("class", query.filters.class.as_ref(), &CLASSES)?,
            is_live: query.filters.is_live,
            is_convicted: query.filters.is_convicted,
            is_overdue: query.filters.is_overdue,
            sort: query.sort(&SORTS)?,
            after_key: after.value,
            after: after.id,
            limit: query.fetch,
        })
    }
}

/// By identity the order is that of the key, or of the provider's index: such a page reads only itself.
async fn fetch(db: &mut PgConnection, rows: Rows) -> Result<Vec<Commitment>> {
    let commitments = query_as!(
        Commitment,
        r#"
        select
            c.commitment as "commitment!",
            c.provider as "provider!: Address",
            coalesce((array['cpu', 'gpu'])[c.class + 1], c.class::text) as "class!",
            c.units as "units!",
            c.status as "status!",
            c.first_epoch as "first_epoch!",
            c.end_epoch as "end_epoch!",
            c.starts_at as "starts_at!",
            c.ends_at as "ends_at!",
            c.pledged_at as "pledged_at!",
            c.renewed_at,
            (array['provider', 'poor', 'convicted'])[c.end_reason + 1] as end_reason,
            c.verifier_version as "verifier_version!",
            c.verifier as "verifier: Address",
            c.lock as "lock!",
            trim_scale(c.lock_amount * 1e-18)::text as "locked_flt!",
            c.lock_ends_at,
            c.next_epoch as "next_epoch!",
            c.poor_epochs as "poor_epochs!",
            c.open_audits as "open_audits!",
            c.open_demands as "open_demands!",
            c.answer_by,
            c.is_overdue as "is_overdue!",
            trim_scale(c.credit * 1e-6)::text as "credit!",
            trim_scale(c.bonus * 1e-6)::text as "bonus!",
            trim_scale(c.earned * 1e-18)::text as "earned_flt!",
            trim_scale(c.unearned * 1e-18)::text as "unearned_flt!",
            trim_scale(c.released * 1e-18)::text as "released_flt!",
            trim_scale(c.pending * 1e-18)::text as "pending_flt!",
            trim_scale(c.forfeited * 1e-18)::text as "forfeited_flt!",
            c.due_at,
            c.is_due as "is_due!",
            c.key::text as "key!"
        from (
            select
                *,
                case $6 when 'units' then units when '-units' then -units when 'earned' then earned
                    when '-earned' then -earned else 0 end as key
            from commitment_now
        ) as c
        where ($1::bytea is null or c.provider = $1)
            and ($2::integer is null or c.class = $2)
            and ($3::boolean is null or c.is_live = $3)
            and ($4::boolean is null or (c.convicted_at is not null) = $4)
            and ($5::boolean is null or c.is_overdue = $5)
            and ($10::bigint is null or c.commitment = $10)
            and ($8::bigint is null or case $6 when 'commitment' then c.commitment > $8
                when '-commitment' then c.commitment < $8 else (c.key, c.commitment) > ($7::text::numeric, $8) end)
        order by case when $6 = '-commitment' then c.commitment end desc, c.key, c.commitment
        limit $9
        "#,
        rows.provider as Option<Address>,
        rows.class,
        rows.is_live,
        rows.is_convicted,
        rows.is_overdue,
        rows.sort,
        rows.after_key,
        rows.after,
        rows.limit,
        rows.only,
    );
    Ok(commitments.fetch_all(db).await?)
}

async fn count(db: &mut PgConnection, query: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from commitment_now
        where ($1::bytea is null or provider = $1)
            and ($2::integer is null or class = $2)
            and ($3::boolean is null or is_live = $3)
            and ($4::boolean is null or (convicted_at is not null) = $4)
            and ($5::boolean is null or is_overdue = $5)
        "#,
        query.filters.provider as Option<Address>,
        number_of("class", query.filters.class.as_ref(), &CLASSES)?,
        query.filters.is_live,
        query.filters.is_convicted,
        query.filters.is_overdue,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
