//! Proofs of computation: jobs are asked for, proved, and shown to others as bundles.

pub mod batch;
pub mod bundle;
pub mod check;
pub mod circuit;
pub mod gather;
pub mod kept;
pub mod sampled;

use alloy::primitives::aliases::U40;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::signers::SignerSync as _;
use alloy::sol_types::SolValue as _;
use anyhow::{Context as _, Result, ensure};
use contracts::proofs::IProofs;
use contracts::{IReceipts, Proofs};
use serde::{Deserialize, Serialize};

use crate::chain::Context;
use crate::ids::{DealId, JobId};
use crate::time::timestamp;

/// Kinds of proofs, as `IProofs` numbers them.
pub const RECEIPTS: u8 = 1;
pub const SAMPLED: u8 = 2;
pub const GROTH16: u8 = 3;

const KINDS: [&str; 4] = ["none", "receipts", "sampled", "groth16"];
const VERDICTS: [&str; 4] = ["none", "proven", "agreed", "disputed"];

/// Longest signature that a receipt can carry.
const SIGNATURE_BYTES: usize = 65_535;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    pub job: JobId,
    pub deal: DealId,
    pub slot: u8,
    pub serving: u32,
    pub provider: Address,
    pub kind: &'static str,
    /// Of the circuit; zero where the kind has none.
    pub key: B256,
    /// Enters the work: nobody knew it before.
    pub seed: B256,
    pub input_root: B256,
    pub not_before: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attested {
    pub job: JobId,
    pub deal: DealId,
    pub slot: u8,
    pub provider: Address,
    pub kind: &'static str,
    pub verdict: &'static str,
    pub input_root: B256,
    pub output_root: B256,
    pub not_before: String,
    pub not_after: String,
    pub gas: u64,
}

/// What a party says of a job, as it travels: customer and provider sign the same statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub job: JobId,
    pub output_root: B256,
    pub statement: B256,
    pub signer: Address,
    pub signature: Bytes,
}

pub(crate) fn kind_name(kind: u8) -> &'static str {
    KINDS.get(usize::from(kind)).copied().unwrap_or("unknown")
}

pub(crate) fn verdict_name(verdict: u8) -> &'static str {
    VERDICTS.get(usize::from(verdict)).copied().unwrap_or("unknown")
}

/// Asks for a proof that something is computed from now on, on the input with this root.
pub async fn ask(context: &Context, deal: DealId, slot: u8, input_root: B256) -> Result<Asked> {
    let call = Proofs::askCall { deal: deal.0, slot, inputRoot: input_root };
    let asked: Proofs::JobAsked = context.send(context.at().proofs, call).await?.event()?;
    Ok(Asked {
        job: JobId(asked.job),
        deal,
        slot,
        serving: asked.serving,
        provider: asked.provider,
        kind: kind_name(asked.kind),
        key: asked.key,
        seed: asked.seed,
        input_root,
        not_before: timestamp(asked.notBefore.to()),
    })
}

/// A job's fields as its events say them.
pub async fn job(context: &Context, id: JobId) -> Result<IProofs::Job> {
    Ok(gather::told(context, id).await?.job)
}

/// As `Proofs` kept it when it was asked for.
pub fn job_of(asked: &Proofs::JobAsked) -> IProofs::Job {
    IProofs::Job {
        deal: asked.deal,
        slot: asked.slot,
        kind: asked.kind,
        verdict: 0,
        serving: asked.serving,
        provider: asked.provider,
        key: asked.key,
        seed: asked.seed,
        inputRoot: asked.inputRoot,
        outputRoot: B256::ZERO,
        notBefore: asked.notBefore,
        notAfter: U40::ZERO,
    }
}

/// As `Proofs.hashOf`.
pub(crate) fn hash_of(job: &IProofs::Job) -> B256 {
    keccak256(job.abi_encode())
}

/// What a proof of this output is about, as `Proofs.statementOf`.
pub(crate) fn statement_of(chain_id: u64, proofs: Address, job: &IProofs::Job, output_root: B256) -> B256 {
    let number = |number: u64| B256::left_padding_from(&number.to_be_bytes());
    let words = [
        number(chain_id),
        proofs.into_word(),
        number(job.deal),
        number(job.slot.into()),
        number(job.serving.into()),
        job.provider.into_word(),
        job.seed,
        job.inputRoot,
        output_root,
    ];
    keccak256(words.concat())
}

/// Shows a proof; anyone may, it names its provider.
pub async fn prove(context: &Context, id: JobId, output_root: B256, proof: Bytes) -> Result<Attested> {
    let asked = job(context, id).await?;
    let call = Proofs::proveCall { job: id.0, asked, outputRoot: output_root, proof };
    let sent = context.send(context.at().proofs, call).await?;
    let attested: Proofs::ComputeAttested = sent.event()?;
    Ok(Attested {
        job: id,
        deal: DealId(attested.deal),
        slot: attested.slot,
        provider: attested.provider,
        kind: kind_name(attested.kind),
        verdict: verdict_name(attested.verdict),
        input_root: attested.inputRoot,
        output_root,
        not_before: timestamp(attested.notBefore.to()),
        not_after: timestamp(attested.notAfter.to()),
        gas: sent.gas_used,
    })
}

/// Says by signature that the job's output has this root; nothing is sent.
pub async fn receipt(context: &Context, id: JobId, output_root: B256) -> Result<Receipt> {
    let job = job(context, id).await?;
    ensure!(job.kind == RECEIPTS, "Job {id} asks for proofs of kind {}, not for receipts.", kind_name(job.kind));
    let statement = statement_of(context.deployment.chain_id, context.at().proofs, &job, output_root);
    let digest = context.view(context.at().receipts, IReceipts::digestOfCall { statement }).await?;
    let signer = context.signer()?;
    let signature = signer.sign_hash_sync(&digest).context("signing a receipt")?.as_bytes().to_vec();
    Ok(Receipt { job: id, output_root, statement, signer: signer.address(), signature: signature.into() })
}

/// Proves that both agree: `theirs` is the customer's or his gateway's receipt, the context signs for the provider.
pub async fn prove_receipts(context: &Context, theirs: &Receipt) -> Result<Attested> {
    let ours = receipt(context, theirs.job, theirs.output_root).await?;
    ensure!(
        ours.statement == theirs.statement,
        "The receipt is about statement {}, and job {} with its output is {}: it is of another job or deployment.",
        theirs.statement,
        theirs.job,
        ours.statement
    );
    prove(context, theirs.job, theirs.output_root, packed(theirs, &ours)?).await
}

/// As `IReceipts` reads it.
fn packed(customer: &Receipt, provider: &Receipt) -> Result<Bytes> {
    let length = customer.signature.len();
    ensure!(length <= SIGNATURE_BYTES, "a signature of {length} bytes is too long");
    let length = u16::try_from(length)?.to_be_bytes();
    let signers = [customer.signer.as_slice(), provider.signer.as_slice()].concat();
    Ok([&signers, &length[..], &customer.signature, &provider.signature].concat().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_packed_as_the_contract_reads_them() -> Result<()> {
        let of = |byte, length: usize| Receipt {
            job: JobId(1),
            output_root: B256::ZERO,
            statement: B256::ZERO,
            signer: Address::repeat_byte(byte),
            signature: vec![byte; length].into(),
        };
        let bytes = packed(&of(1, 300), &of(2, 65))?;
        assert_eq!(bytes.len(), 42 + 300 + 65);
        assert_eq!(&bytes[..20], [1; 20]);
        assert_eq!(&bytes[20..40], [2; 20]);
        assert_eq!(&bytes[40..42], [1, 44]);
        assert_eq!((bytes[42], bytes[341], bytes[342]), (1, 1, 2));
        assert!(packed(&of(1, SIGNATURE_BYTES + 1), &of(2, 65)).is_err());
        Ok(())
    }

    #[test]
    fn a_statement_is_of_one_deployment_and_one_output() {
        let word = B256::repeat_byte;
        let job = IProofs::Job { deal: 7, slot: 1, seed: word(3), ..job_of(&asked()) };
        let statement = statement_of(1, Address::repeat_byte(9), &job, word(4));
        assert_ne!(statement, statement_of(2, Address::repeat_byte(9), &job, word(4)));
        assert_ne!(statement, statement_of(1, Address::repeat_byte(8), &job, word(4)));
        assert_ne!(statement, statement_of(1, Address::repeat_byte(9), &job, word(5)));
    }

    fn asked() -> Proofs::JobAsked {
        Proofs::JobAsked {
            job: 1,
            deal: 7,
            provider: Address::repeat_byte(1),
            slot: 1,
            serving: 2,
            kind: GROTH16,
            key: B256::repeat_byte(2),
            inputRoot: B256::repeat_byte(4),
            seed: B256::repeat_byte(3),
            notBefore: U40::from(5),
        }
    }
}
