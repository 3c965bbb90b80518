//! `/v1/epochs`: per class and day, how hard proving was, what could be earned, and where that went.

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

use super::{CLASSES, number_of};
use crate::Api;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::Snapshot;

const SORTS: [&str; 2] = ["-epoch", "epoch"];

/// An epoch of a class at the indexed block.
#[derive(Debug, Serialize, ToSchema)]
struct Epoch {
    /// Days since 1970.
    epoch: i64,
    /// `cpu` or `gpu`.
    class: String,
    #[serde(with = "rfc3339")]
    starts_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    ends_at: OffsetDateTime,
    /// From when on nothing is drawn or excused any more, so that credits can be given.
    #[serde(with = "rfc3339")]
    final_at: OffsetDateTime,
    is_final: bool,
    /// A solution counts when its hash is below it, of 256 bits; null: no window was opened since the class exists.
    target: Option<String>,
    /// Of 24 windows, those that somebody opened.
    windows_opened: i64,
    /// Commitments that claimed or were excused, and those that were credited so far.
    commitments: i64,
    commitments_credited: i64,
    /// Puzzles of drawn claims.
    filled: String,
    /// Units times epochs that need no proof, because they served attested customers.
    excused: String,
    /// Units that were credited so far, and their bonus on top.
    credited_units: String,
    bonus_units: String,
    /// What the epoch can pay, and what it would with enough funds.
    pool_flt: String,
    wanted_flt: String,
    earned_flt: String,
    /// Of what was earned: paid, and lost at convictions.
    paid_flt: String,
    forfeited_flt: String,
    /// Returned to the funds because more was filled than counts.
    unearned_overfilled_flt: String,
    /// Returned because under half of what was possible was filled.
    unearned_poor_flt: String,
    /// Returned by rounding.
    unearned_other_flt: String,
    /// Returned after ten days because nobody earned it: undrawn, convicted or never credited.
    swept_flt: String,
    #[serde(with = "rfc3339::option")]
    swept_at: Option<OffsetDateTime>,
    /// What is neither earned nor returned yet.
    rest_flt: String,
    #[serde(skip)]
    class_number: i32,
}

impl Keyed for Epoch {
    fn key(&self) -> Key {
        Key::new(self.epoch, self.class_number)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    /// `cpu` or `gpu`.
    class: Option<String>,
    epoch: Option<i64>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_epochs))
}

/// Epochs of all classes, the latest first.
#[utoipa::path(
    get, path = "/v1/epochs", tag = "capacity",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-epoch (default), epoch")),
    responses((status = OK, body = Page<Epoch>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_epochs(State(api): State<Api>, query: List<Filters>, mut at: Snapshot) -> Result<Json<Page<Epoch>>> {
    let items = fetch(&mut at.db, &query).await?;
    let total = api.totals.get(at.head.seq, query.binding, count(&mut at.db, &query)).await?;
    Ok(Json(query.page(items, total)))
}

async fn fetch(db: &mut PgConnection, query: &List<Filters>) -> Result<Vec<Epoch>> {
    let after = query.after_count::<i32>()?;
    let epochs = query_as!(
        Epoch,
        r#"
        select
            e.epoch as "epoch!",
            coalesce((array['cpu', 'gpu'])[e.class + 1], e.class::text) as "class!",
            e.starts_at as "starts_at!",
            e.ends_at as "ends_at!",
            e.final_at as "final_at!",
            e.is_final as "is_final!",
            e.target::text as target,
            e.opened as "windows_opened!",
            e.commitments as "commitments!",
            e.credited as "commitments_credited!",
            e.filled::text as "filled!",
            trim_scale(e.excused * 1e-6)::text as "excused!",
            trim_scale(e.credit * 1e-6)::text as "credited_units!",
            trim_scale(e.bonus * 1e-6)::text as "bonus_units!",
            trim_scale(e.amount * 1e-18)::text as "pool_flt!",
            trim_scale(e.wanted * 1e-18)::text as "wanted_flt!",
            trim_scale(e.earned * 1e-18)::text as "earned_flt!",
            trim_scale(e.paid * 1e-18)::text as "paid_flt!",
            trim_scale(e.forfeited * 1e-18)::text as "forfeited_flt!",
            trim_scale(e.unearned_overfilled * 1e-18)::text as "unearned_overfilled_flt!",
            trim_scale(e.unearned_poor * 1e-18)::text as "unearned_poor_flt!",
            trim_scale(e.unearned_other * 1e-18)::text as "unearned_other_flt!",
            trim_scale(e.swept * 1e-18)::text as "swept_flt!",
            e.swept_at,
            trim_scale(e.rest * 1e-18)::text as "rest_flt!",
            e.class as "class_number!"
        from pool_epoch_now as e
        where ($1::integer is null or e.class = $1)
            and ($2::bigint is null or e.epoch = $2)
            and ($4::text is null or case
                when $3 = 'epoch' then (e.epoch, e.class) > ($4::text::bigint, $5::integer)
                else (e.epoch, e.class) < ($4::text::bigint, $5::integer)
            end)
        order by
            case when $3 = 'epoch' then e.epoch else -e.epoch end,
            case when $3 = 'epoch' then e.class else -e.class end
        limit $6
        "#,
        number_of("class", query.filters.class.as_ref(), &CLASSES)?,
        query.filters.epoch,
        query.sort(&SORTS)?,
        after.value,
        after.id,
        query.fetch,
    );
    Ok(epochs.fetch_all(db).await?)
}

async fn count(db: &mut PgConnection, query: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from pool_epoch
        where ($1::integer is null or class = $1)
            and ($2::bigint is null or epoch = $2)
        "#,
        number_of("class", query.filters.class.as_ref(), &CLASSES)?,
        query.filters.epoch,
    );
    Ok(total.fetch_one(db).await?)
}
