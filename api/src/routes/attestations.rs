//! `/v1/attestations/{id}`: all that a third party needs to check an attestation against the chain alone.

use alloy_primitives::{B256, U256, keccak256};
use axum::Json;
use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::query_as;
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Asked, missing, path};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::hash::Hash;
use crate::page::{self, Nothing, Waiting};
use crate::snapshot::Snapshot;

/// Of this form of the bundle.
const VERSION: i32 = 1;

/// An attestation, and what to ask a node to believe it. Nothing in it has to be trusted: `check` names one view of one contract,
/// whose answer must be the hash of `job`. The caller has to know the address of `Proofs` from elsewhere.
#[derive(Debug, Serialize, ToSchema)]
struct Bundle {
    version: i32,
    /// The job's number.
    id: i64,
    chain_id: i64,
    contracts: Contracts,
    /// `receipts`, `sampled` or `groth16`.
    kind: String,
    /// `none` (nobody proved it yet), `proven`, `agreed` (both say so, nothing shows the computation), `disputed`.
    verdict: String,
    /// The work was not done before: its seed was unknown.
    #[serde(with = "rfc3339")]
    not_before: OffsetDateTime,
    /// The work was done by then; null: nobody proved it yet.
    #[serde(with = "rfc3339::option")]
    not_after: Option<OffsetDateTime>,
    job: JobFields,
    /// What the proof is about: `Proofs.statementOf(job, output_root)`; null: nobody proved it yet.
    statement: Option<Hash>,
    /// keccak256 of the ABI encoding of `job`.
    hash: Hash,
    asked: Log,
    attested: Option<Log>,
    check: Check,
}

#[derive(Debug, Serialize, ToSchema)]
struct Contracts {
    proofs: Address,
    deals: Address,
    /// Who checks proofs of this kind.
    verifier: Address,
}

/// The fields of `IProofs.Job`, in their order, as they are encoded.
#[derive(Debug, Serialize, ToSchema)]
struct JobFields {
    deal: i64,
    slot: i32,
    kind: i32,
    verdict: i32,
    serving: i64,
    provider: Address,
    key: Hash,
    seed: Hash,
    input_root: Hash,
    /// Zero until it is proved.
    output_root: Hash,
    /// Seconds since 1970.
    not_before: i64,
    /// Zero until it is proved.
    not_after: i64,
}

/// Where the chain says so.
#[derive(Debug, Serialize, ToSchema)]
struct Log {
    block: i64,
    block_hash: Hash,
    log_index: i32,
    transaction_hash: Hash,
}

/// What to ask any node, and what it must answer.
#[derive(Debug, Serialize, ToSchema)]
struct Check {
    contract: Address,
    call: String,
    argument: i64,
    answer: Hash,
}

fn number(value: impl TryInto<u64>) -> B256 {
    // Postgres holds them in 63 bits, and none is negative.
    U256::from(value.try_into().unwrap_or_default()).into()
}

fn hash_of(words: &[B256]) -> Hash {
    Hash(keccak256(words.concat()))
}

impl JobFields {
    /// As `Proofs.hashOf`: twelve words.
    fn hash(&self) -> Hash {
        let Self { deal, slot, kind, verdict, serving, provider, key, seed, .. } = self;
        let Self { input_root, output_root, not_before, not_after, .. } = self;
        hash_of(&[
            number(*deal),
            number(*slot),
            number(*kind),
            number(*verdict),
            number(*serving),
            provider.0.into_word(),
            key.0,
            seed.0,
            input_root.0,
            output_root.0,
            number(*not_before),
            number(*not_after),
        ])
    }

    /// As `Proofs.statementOf`.
    fn statement(&self, chain_id: i64, proofs: Address) -> Hash {
        let Self { deal, slot, serving, provider, seed, input_root, output_root, .. } = self;
        hash_of(&[
            number(chain_id),
            proofs.0.into_word(),
            number(*deal),
            number(*slot),
            number(*serving),
            provider.0.into_word(),
            seed.0,
            input_root.0,
            output_root.0,
        ])
    }
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_attestation))
}

/// One attestation, or the job that nobody proved yet, as a bundle that is checked against the chain alone.
#[utoipa::path(
    get, path = "/v1/attestations/{id}", tag = "proofs", params(("id" = i64, Path), Waiting),
    responses((status = OK, body = Bundle), (status = NOT_FOUND, body = Problem))
)]
async fn show_attestation(id: Asked<i64>, _: page::Asked<Nothing>, mut at: Snapshot) -> Result<Json<Bundle>> {
    let id = path(id)?;
    let bundle = fetch(&mut at.db, id).await?.ok_or_else(|| missing("attestation", id))?;
    Ok(Json(bundle))
}

/// A job with where it was told.
#[derive(Debug)]
struct Row {
    chain_id: i64,
    proofs: Address,
    deals: Address,
    verifier: Address,
    kind: String,
    verdict: String,
    deal: i64,
    slot: i32,
    kind_number: i32,
    verdict_number: i32,
    serving: i64,
    provider: Address,
    key: Hash,
    seed: Hash,
    input_root: Hash,
    output_root: Option<Hash>,
    not_before: OffsetDateTime,
    not_after: Option<OffsetDateTime>,
    asked_block: i64,
    asked_hash: Hash,
    asked_log: i32,
    asked_transaction: Hash,
    attested_block: Option<i64>,
    attested_hash: Option<Hash>,
    attested_log: Option<i32>,
    attested_transaction: Option<Hash>,
}

async fn fetch(db: &mut PgConnection, id: i64) -> Result<Option<Bundle>> {
    let row = query_as!(
        Row,
        r#"
        select
            c.chain_id,
            contract_address('Proofs') as "proofs!: Address",
            contract_address('Deals') as "deals!: Address",
            v.verifier as "verifier!: Address",
            (array['receipts', 'sampled', 'groth16'])[j.kind] as "kind!",
            (array['none', 'proven', 'agreed', 'disputed'])[j.verdict + 1] as "verdict!",
            j.deal as "deal!",
            j.slot as "slot!",
            j.kind as "kind_number!",
            j.verdict as "verdict_number!",
            j.serving as "serving!",
            j.provider as "provider!: Address",
            j.key as "key!: Hash",
            j.seed as "seed!: Hash",
            j.input_root as "input_root!: Hash",
            j.output_root as "output_root: Hash",
            j.not_before as "not_before!",
            j.not_after,
            j.asked_block as "asked_block!",
            ab.hash as "asked_hash: Hash",
            j.asked_log as "asked_log!",
            j.asked_transaction as "asked_transaction!: Hash",
            j.attested_block,
            tb.hash as "attested_hash?: Hash",
            j.attested_log,
            j.attested_transaction as "attested_transaction: Hash"
        from job as j
        join proof_verifier as v on v.kind = j.kind
        join block as ab on ab.number = j.asked_block
        left join block as tb on tb.number = j.attested_block
        cross join chain as c
        where j.job = $1
        "#,
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| bundle(id, row)))
}

fn bundle(id: i64, row: Row) -> Bundle {
    let job = JobFields {
        deal: row.deal,
        slot: row.slot,
        kind: row.kind_number,
        verdict: row.verdict_number,
        serving: row.serving,
        provider: row.provider,
        key: row.key,
        seed: row.seed,
        input_root: row.input_root,
        output_root: row.output_root.unwrap_or(Hash(B256::ZERO)),
        not_before: row.not_before.unix_timestamp(),
        not_after: row.not_after.map_or(0, OffsetDateTime::unix_timestamp),
    };
    let log = |block, block_hash, log_index, transaction_hash| Log { block, block_hash, log_index, transaction_hash };
    let attested = row.attested_block.zip(row.attested_hash).zip(row.attested_log).zip(row.attested_transaction);
    let hash = job.hash();
    Bundle {
        version: VERSION,
        id,
        chain_id: row.chain_id,
        contracts: Contracts { proofs: row.proofs, deals: row.deals, verifier: row.verifier },
        kind: row.kind,
        verdict: row.verdict,
        not_before: row.not_before,
        not_after: row.not_after,
        statement: row.output_root.map(|_| job.statement(row.chain_id, row.proofs)),
        job,
        hash,
        asked: log(row.asked_block, row.asked_hash, row.asked_log, row.asked_transaction),
        attested: attested.map(|(((block, hash), index), transaction)| log(block, hash, index, transaction)),
        check: Check { contract: row.proofs, call: "hashOf(uint64)".to_owned(), argument: id, answer: hash },
    }
}
