//! `/v1/providers/{address}/rewards`: what commitments earned epoch by epoch, and what of it was paid.

use std::sync::Arc;

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

use super::{Asked, check_provider, path};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::kept::Answer;
use crate::page::{Key, Keyed, List, Page, Paging, hash_of};
use crate::snapshot::Snapshot;

const SORTS: [&str; 2] = ["-epoch", "epoch"];
/// Epochs that a commitment is shown with: its longest term.
const LATEST: i64 = 14;

/// An epoch of a commitment: what it proved, what that counts, and what it earned.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Earning {
    commitment: i64,
    /// Days since 1970.
    epoch: i64,
    #[serde(with = "rfc3339")]
    starts_at: OffsetDateTime,
    /// `cpu` or `gpu`.
    class: String,
    units: i32,
    /// Windows with a claim, and of them those that were drawn and so count.
    windows_committed: i64,
    windows_drawn: i64,
    /// Windows that somebody opened; null until it is credited.
    windows_opened: Option<i32>,
    /// Puzzles of drawn claims.
    filled: i64,
    audits: i64,
    /// Units times epochs that need no proof, because they served attested customers.
    excused: String,
    /// Units times epochs that count; null until it is credited.
    credit: Option<String>,
    bonus: Option<String>,
    /// What is not credited: `overfilled` (more than counts), `poor` (under half of what was possible); null: nothing.
    reason: Option<String>,
    #[serde(with = "rfc3339::option")]
    credited_at: Option<OffsetDateTime>,
    earned_flt: Option<String>,
    /// Allotted and returned to the funds.
    unearned_flt: Option<String>,
    #[serde(with = "rfc3339::option")]
    due_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    released_at: Option<OffsetDateTime>,
    /// `open` (not credited), `pending`, `released` or `forfeited`.
    status: String,
}

impl Keyed for Earning {
    fn key(&self) -> Key {
        Key::new(self.epoch, self.commitment)
    }
}

/// All rewards of a provider, with the epochs that they are of.
#[derive(Debug, Serialize, ToSchema)]
struct Earnings {
    /// Earned by capacity so far.
    earned_flt: String,
    /// Allotted and returned to the funds: more filled than counts, too little filled.
    unearned_flt: String,
    /// Of what was earned: paid, waiting, and lost at convictions.
    released_flt: String,
    pending_flt: String,
    forfeited_flt: String,
    /// Of what was paid: to the provider's stakers, and to itself.
    stakers_flt: String,
    provider_flt: String,
    /// For fees that were burned.
    fees_flt: String,
    /// What the provider can claim now.
    credit_flt: String,
    /// Stakers' parts that Staking would not take yet.
    stakers_credit_flt: String,
    #[serde(flatten)]
    page: Page<Earning>,
}

/// What a provider earned in all. It takes reading every commitment of it, so it is summed up once for all pages.
#[derive(Debug)]
pub(crate) struct Sums {
    earned: String,
    unearned: String,
    released: String,
    pending: String,
    forfeited: String,
    stakers: String,
    provider: String,
    fees: String,
    credit: String,
    stakers_credit: String,
}

impl Answer for Arc<Sums> {
    fn bytes(&self) -> usize {
        let texts = [&self.earned, &self.unearned, &self.released, &self.pending, &self.forfeited];
        let others = [&self.stakers, &self.provider, &self.fees, &self.credit, &self.stakers_credit];
        size_of::<Sums>() + texts.iter().chain(&others).map(|text| text.len()).sum::<usize>()
    }
}

impl Sums {
    fn beside(&self, page: Page<Earning>) -> Earnings {
        Earnings {
            earned_flt: self.earned.clone(),
            unearned_flt: self.unearned.clone(),
            released_flt: self.released.clone(),
            pending_flt: self.pending.clone(),
            forfeited_flt: self.forfeited.clone(),
            stakers_flt: self.stakers.clone(),
            provider_flt: self.provider.clone(),
            fees_flt: self.fees.clone(),
            credit_flt: self.credit.clone(),
            stakers_credit_flt: self.stakers_credit.clone(),
            page,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    commitment: Option<i64>,
    /// Whether it is credited.
    is_credited: Option<bool>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_provider_rewards))
}

/// What a provider's commitments earned, the latest epoch first.
#[utoipa::path(
    get, path = "/v1/providers/{address}/rewards", tag = "providers",
    params(("address" = Address, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "-epoch (default), epoch")),
    responses((status = OK, body = Earnings), (status = NOT_FOUND, body = Problem))
)]
async fn list_provider_rewards(
    State(api): State<Api>,
    address: Asked<Address>,
    query: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Earnings>> {
    let address = path(address)?;
    check_provider(&mut at.db, address).await?;
    let after = query.after_count::<i64>()?;
    let rows = Rows {
        provider: Some(address),
        commitment: query.filters.commitment,
        is_credited: query.filters.is_credited,
        sort: query.sort(&SORTS)?,
        after_epoch: after.value,
        after: after.id,
        limit: query.fetch,
    };
    let items = fetch(&mut at.db, rows).await?;
    let total = api.totals.get(at.head.seq, query.binding, count(&mut at.db, address, &query.filters)).await?;
    let sums = api.earned.get(at.head.seq, hash_of(&address), sum_up(&mut at.db, address)).await?;
    Ok(Json(sums.beside(query.page(items, total))))
}

/// The last epochs of a commitment.
pub(super) async fn latest(db: &mut PgConnection, commitment: i64) -> Result<Vec<Earning>> {
    fetch(db, Rows { commitment: Some(commitment), sort: SORTS[0], limit: LATEST, ..Rows::default() }).await
}

#[derive(Debug, Default)]
struct Rows {
    provider: Option<Address>,
    commitment: Option<i64>,
    is_credited: Option<bool>,
    sort: &'static str,
    after_epoch: Option<String>,
    after: Option<i64>,
    limit: i64,
}

async fn fetch(db: &mut PgConnection, rows: Rows) -> Result<Vec<Earning>> {
    let earnings = query_as!(
        Earning,
        r#"
        select
            e.commitment,
            e.epoch,
            moment(e.epoch * 86400) as "starts_at!",
            coalesce((array['cpu', 'gpu'])[e.class + 1], e.class::text) as "class!",
            e.units,
            e.committed as windows_committed,
            e.drawn as windows_drawn,
            e.opened as windows_opened,
            e.filled,
            e.audits,
            trim_scale(e.excused * 1e-6)::text as "excused!",
            trim_scale(e.credit * 1e-6)::text as credit,
            trim_scale(e.bonus * 1e-6)::text as bonus,
            (array['overfilled', 'poor'])[e.reason] as reason,
            e.credited_at,
            trim_scale(e.earned * 1e-18)::text as earned_flt,
            trim_scale(e.unearned * 1e-18)::text as unearned_flt,
            e.due_at,
            e.released_at,
            case
                when e.released_at is not null then 'released'
                when e.is_forfeited then 'forfeited'
                when e.credit is not null then 'pending'
                else 'open'
            end as "status!"
        from commitment_epoch as e
        where ($1::bytea is null or e.provider = $1)
            and ($2::bigint is null or e.commitment = $2)
            and ($3::boolean is null or (e.credit is not null) = $3)
            and ($5::text is null or case
                when $4 = 'epoch' then (e.epoch, e.commitment) > ($5::text::bigint, $6::bigint)
                else (e.epoch, e.commitment) < ($5::text::bigint, $6::bigint)
            end)
        order by
            case when $4 = 'epoch' then e.epoch end,
            case when $4 = 'epoch' then e.commitment end,
            e.epoch desc,
            e.commitment desc
        limit $7
        "#,
        rows.provider as Option<Address>,
        rows.commitment,
        rows.is_credited,
        rows.sort,
        rows.after_epoch,
        rows.after,
        rows.limit,
    );
    Ok(earnings.fetch_all(db).await?)
}

async fn count(db: &mut PgConnection, provider: Address, filters: &Filters) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from commitment_epoch
        where provider = $1
            and ($2::bigint is null or commitment = $2)
            and ($3::boolean is null or (credit is not null) = $3)
        "#,
        provider as Address,
        filters.commitment,
        filters.is_credited,
    );
    Ok(total.fetch_one(db).await?)
}

async fn sum_up(db: &mut PgConnection, provider: Address) -> Result<Arc<Sums>> {
    let sums = query_as!(
        Sums,
        r#"
        select
            trim_scale(coalesce(sum(earned), 0) * 1e-18)::text as "earned!",
            trim_scale(coalesce(sum(unearned), 0) * 1e-18)::text as "unearned!",
            trim_scale(coalesce(sum(released), 0) * 1e-18)::text as "released!",
            trim_scale(coalesce(sum(pending), 0) * 1e-18)::text as "pending!",
            trim_scale(coalesce(sum(forfeited), 0) * 1e-18)::text as "forfeited!",
            trim_scale(coalesce(sum(to_stakers), 0) * 1e-18)::text as "stakers!",
            trim_scale(coalesce(sum(to_provider), 0) * 1e-18)::text as "provider!",
            trim_scale((select coalesce(sum(amount), 0) from fee_rewarded where provider = $1) * 1e-18)::text as "fees!",
            trim_scale(coalesce((select amount from reward_credit where account = $1), 0) * 1e-18)::text as "credit!",
            trim_scale(coalesce((select waiting from stakers_reward where provider = $1), 0) * 1e-18)::text
                as "stakers_credit!"
        from commitment_now
        where provider = $1
        "#,
        provider as Address,
    );
    Ok(sums.fetch_one(db).await?.into())
}
