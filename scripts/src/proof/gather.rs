//! A bundle from the chain itself, for who has a node and no API.

use alloy::primitives::B256;
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result, ensure};
use contracts::Proofs;
use contracts::proofs::IProofs;

use super::bundle::{Bundle, CALL, Fields, Named, Place, Question, VERSION};
use super::{hash_of, job_of, kind_name, statement_of, verdict_name};
use crate::chain::Context;
use crate::ids::JobId;
use crate::time::{maybe_timestamp, timestamp};

/// What the chain says of a job, and where.
pub(crate) struct Told {
    pub(crate) job: IProofs::Job,
    asked: Place,
    attested: Option<Place>,
}

/// A job's fields as its events say them; the chain's hash of them is compared.
pub(crate) async fn told(context: &Context, id: JobId) -> Result<Told> {
    let proofs = context.at().proofs;
    let word = B256::left_padding_from(&id.0.to_be_bytes());
    let asked = context.logs_of(proofs, Proofs::JobAsked::SIGNATURE_HASH, [word]).await?;
    let asked = asked.last().with_context(|| format!("There is no job {id}."))?;
    let mut job = job_of(&Proofs::JobAsked::decode_log(&asked.inner)?.data);
    let attested = context.logs_of(proofs, Proofs::ComputeAttested::SIGNATURE_HASH, [word]).await?;
    if let Some(log) = attested.last() {
        let attested = Proofs::ComputeAttested::decode_log(&log.inner)?.data;
        job.verdict = attested.verdict;
        job.outputRoot = attested.outputRoot;
        job.notAfter = attested.notAfter;
    }
    let kept = context.view(proofs, Proofs::hashOfCall { job: id.0 }).await?;
    ensure!(kept == hash_of(&job), "Job {id} changed while it was read: ask again.");
    Ok(Told { job, asked: place(asked)?, attested: attested.last().map(place).transpose()? })
}

fn place(log: &Log) -> Result<Place> {
    let unmined = "a log that is not mined yet";
    Ok(Place {
        block: log.block_number.context(unmined)?,
        block_hash: log.block_hash.context(unmined)?,
        log_index: log.log_index.context(unmined)?,
        transaction_hash: log.transaction_hash.context(unmined)?,
    })
}

/// As the API answers it, to the last field.
pub async fn gather(context: &Context, id: JobId) -> Result<Bundle> {
    let Told { job, asked, attested } = told(context, id).await?;
    let (chain_id, at) = (context.deployment.chain_id, context.at());
    let verifier = context.view(at.proofs, Proofs::verifierOfCall { kind: job.kind }).await?;
    let hash = hash_of(&job);
    let is_proved = job.verdict != 0;
    let statement = is_proved.then(|| statement_of(chain_id, at.proofs, &job, job.outputRoot));
    Ok(Bundle {
        version: VERSION,
        id,
        chain_id,
        contracts: Named { proofs: at.proofs, deals: at.deals, verifier },
        kind: kind_name(job.kind).to_owned(),
        verdict: verdict_name(job.verdict).to_owned(),
        not_before: timestamp(job.notBefore.to()),
        not_after: maybe_timestamp(job.notAfter.to()),
        job: fields(&job),
        statement,
        hash,
        asked,
        attested,
        check: Question { contract: at.proofs, call: CALL.to_owned(), argument: id.0, answer: hash },
    })
}

fn fields(job: &IProofs::Job) -> Fields {
    Fields {
        deal: job.deal,
        slot: job.slot,
        kind: job.kind,
        verdict: job.verdict,
        serving: job.serving,
        provider: job.provider,
        key: job.key,
        seed: job.seed,
        input_root: job.inputRoot,
        output_root: job.outputRoot,
        not_before: job.notBefore.to(),
        not_after: job.notAfter.to(),
    }
}
