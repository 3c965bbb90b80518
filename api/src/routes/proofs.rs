//! `/v1/deals/{id}/proofs`: computations of a deal that were asked for, and what was shown of them.

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

const SORTS: [&str; 2] = ["-job", "job"];
pub(crate) const STATUSES: [&str; 6] = ["asked", "proven", "agreed", "disputed", "unproven", "lapsed"];
pub(crate) const KINDS: [&str; 3] = ["receipts", "sampled", "groth16"];

/// A job at the indexed block. `/v1/attestations/{job}` has what a third party needs.
#[derive(Debug, Serialize, ToSchema)]
struct Job {
    job: i64,
    slot: i32,
    serving: i64,
    provider: Address,
    /// `receipts` (both agree, nothing shows the computation), `sampled`, `groth16`.
    kind: String,
    /// `asked`, `proven`, `agreed`, `disputed` (executors say something else), `unproven` (its sample showed nothing), `lapsed`
    /// (nobody proved it in seven days).
    status: String,
    /// groth16: verification key; sampled: module; zero for receipts.
    key: Hash,
    /// Enters the work.
    seed: Hash,
    input_root: Hash,
    output_root: Option<Hash>,
    /// It was not done before.
    #[serde(with = "rfc3339")]
    not_before: OffsetDateTime,
    /// It was done by then.
    #[serde(with = "rfc3339::option")]
    not_after: Option<OffsetDateTime>,
    asked_block: i64,
    attested_block: Option<i64>,
    /// How chunks of it were computed again; null: they were not.
    sample: Option<Sample>,
}

/// A sample of a batch.
#[derive(Debug, Serialize, ToSchema)]
struct Sample {
    /// `committed`, `drawn`, `opened`, `finished` or `closed` (its dispute was decided).
    stage: String,
    /// Root of all chunks' outputs, as the provider committed it.
    output_root: Hash,
    chunks: i64,
    /// For the re-executions.
    paid_usd: String,
    #[serde(with = "rfc3339")]
    committed_at: OffsetDateTime,
    #[serde(with = "rfc3339::option")]
    drawn_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    finished_at: Option<OffsetDateTime>,
    /// Executors that were drawn; of them those that sealed, that revealed, and that revealed what the provider opened.
    executors: i64,
    sealed: i64,
    revealed: i64,
    agreed: i64,
    /// Planted chunks that were drawn, and executors that copied one; null: nothing was shown.
    plants_found: Option<i32>,
    plants_copied: Option<i32>,
    /// The fault that was proposed.
    fault: Option<i64>,
}

impl Keyed for Job {
    fn key(&self) -> Key {
        Key::new(self.job, self.job)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    slot: Option<i32>,
    provider: Option<Address>,
    /// One of the words of `kind`.
    kind: Option<String>,
    /// One of the words of `status`.
    status: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_deal_proofs))
}

/// Jobs of a deal, the latest first.
#[utoipa::path(
    get, path = "/v1/deals/{id}/proofs", tag = "deals",
    params(("id" = i64, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "-job (default), job")),
    responses((status = OK, body = Page<Job>), (status = NOT_FOUND, body = Problem))
)]
async fn list_deal_proofs(
    State(api): State<Api>,
    id: Asked<i64>,
    list: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Job>>> {
    let id = path(id)?;
    check_deal(&mut at.db, id).await?;
    number_of("status", list.filters.status.as_ref(), &STATUSES)?;
    number_of("kind", list.filters.kind.as_ref(), &KINDS)?;
    let items = fetch(&mut at.db, &at.head, id, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, id, &list)).await?;
    Ok(Json(list.page(items, total)))
}

/// A job with its sample, whose columns are empty where there is none.
#[derive(Debug)]
struct Row {
    job: i64,
    slot: i32,
    serving: i64,
    provider: Address,
    kind: String,
    status: String,
    key: Hash,
    seed: Hash,
    input_root: Hash,
    output_root: Option<Hash>,
    not_before: OffsetDateTime,
    not_after: Option<OffsetDateTime>,
    asked_block: i64,
    attested_block: Option<i64>,
    stage: Option<String>,
    committed_root: Option<Hash>,
    chunks: i64,
    paid_usd: String,
    committed_at: Option<OffsetDateTime>,
    drawn_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
    executors: i64,
    sealed: i64,
    revealed: i64,
    agreed: i64,
    found: Option<i32>,
    copied: Option<i32>,
    fault: Option<i64>,
}

impl From<Row> for Job {
    fn from(row: Row) -> Self {
        let Row { job, slot, serving, provider, kind, status, key, seed, input_root, output_root, .. } = row;
        let Row { not_before, not_after, asked_block, attested_block, chunks, paid_usd, drawn_at, .. } = row;
        let Row { finished_at, executors, sealed, revealed, agreed, found, copied, fault, .. } = row;
        let sample = row.stage.zip(row.committed_root).zip(row.committed_at);
        let sample = sample.map(|((stage, output_root), committed_at)| Sample {
            stage,
            output_root,
            chunks,
            paid_usd,
            committed_at,
            drawn_at,
            finished_at,
            executors,
            sealed,
            revealed,
            agreed,
            plants_found: found,
            plants_copied: copied,
            fault,
        });
        Self {
            job,
            slot,
            serving,
            provider,
            kind,
            status,
            key,
            seed,
            input_root,
            output_root,
            not_before,
            not_after,
            asked_block,
            attested_block,
            sample,
        }
    }
}

async fn fetch(db: &mut PgConnection, head: &Head, deal: i64, list: &List<Filters>) -> Result<Vec<Job>> {
    let rows = query_as!(
        Row,
        r#"
        select
            j.job as "job!",
            j.slot as "slot!",
            j.serving as "serving!",
            j.provider as "provider!: Address",
            (array['receipts', 'sampled', 'groth16'])[j.kind] as "kind!",
            j.status as "status!",
            j.key as "key!: Hash",
            j.seed as "seed!: Hash",
            j.input_root as "input_root!: Hash",
            j.output_root as "output_root: Hash",
            j.not_before as "not_before!",
            j.not_after,
            j.asked_block as "asked_block!",
            j.attested_block,
            (array['committed', 'drawn', 'opened', 'finished', 'closed'])[s.stage] as "stage?",
            s.output_root as "committed_root?: Hash",
            coalesce(s.chunks, 0) as "chunks!",
            trim_scale(coalesce(s.paid, 0) * $1::text::numeric)::text as "paid_usd!",
            s.committed_at as "committed_at?",
            s.drawn_at as "drawn_at?",
            s.finished_at as "finished_at?",
            coalesce(s.executors, 0) as "executors!",
            coalesce(s.sealed, 0) as "sealed!",
            coalesce(s.revealed, 0) as "revealed!",
            coalesce(s.agreed, 0) as "agreed!",
            s.found as "found?",
            s.copied as "copied?",
            s.fault as "fault?"
        from job as j
        left join sample as s on s.job = j.job
        where j.deal = $2
            and ($3::integer is null or j.slot = $3)
            and ($4::bytea is null or j.provider = $4)
            and ($5::text is null or (array['receipts', 'sampled', 'groth16'])[j.kind] = $5)
            and ($6::text is null or j.status = $6)
            and ($8::bigint is null or case when $7 = 'job' then j.job > $8 else j.job < $8 end)
        order by case when $7 = 'job' then j.job end, j.job desc
        limit $9
        "#,
        usd_scale(head),
        deal,
        list.filters.slot,
        list.filters.provider as Option<Address>,
        list.filters.kind,
        list.filters.status,
        list.sort(&SORTS)?,
        list.after::<i64>()?.id,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Job::from).collect())
}

async fn count(db: &mut PgConnection, deal: i64, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from job
        where deal = $1
            and ($2::integer is null or slot = $2)
            and ($3::bytea is null or provider = $3)
            and ($4::text is null or (array['receipts', 'sampled', 'groth16'])[kind] = $4)
            and ($5::text is null or status = $5)
        "#,
        deal,
        list.filters.slot,
        list.filters.provider as Option<Address>,
        list.filters.kind,
        list.filters.status,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
