//! Whether a bundle is true, by the word of a node alone: neither our API nor our files are needed.
//!
//! Whoever checks must know from elsewhere which `Proofs` he believes: anybody can deploy all of this again, and be provider,
//! customer and everybody else there. Where he does not say it, the answer does.

use alloy::eips::BlockId;
use alloy::network::TransactionBuilder as _;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::providers::{DynProvider, Provider as _};
use alloy::rpc::types::{Log, TransactionRequest};
use alloy::sol_types::{SolCall, SolEvent};
use anyhow::{Context as _, Result, bail};
use contracts::proofs::IProofs;
use contracts::{ARTIFACTS, Groth16, Proofs};
use serde::Serialize;
use serde_json::Value as Json;

use super::bundle::{Bundle, Place, Wrong, require, same};
use super::{GROTH16, RECEIPTS, SAMPLED, hash_of, job_of};
use crate::chain::explain;
use crate::ids::{DealId, JobId};

/// What was checked, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    pub job: JobId,
    pub verdict: String,
    pub means: &'static str,
    pub kind: String,
    pub deal: DealId,
    pub slot: u8,
    pub serving: u32,
    pub provider: Address,
    /// Which circuit; zero where the kind has none.
    pub key: B256,
    pub input_root: B256,
    pub output_root: B256,
    pub not_before: String,
    pub not_after: Option<String>,
    pub chain_id: u64,
    pub proofs: Address,
    /// Whether `proofs` is the contract that the caller named; otherwise he has to compare it himself.
    pub is_known: bool,
    /// The head at which the chain was asked.
    pub block: u64,
    /// Blocks since the attestation, its own included.
    pub confirmations: u64,
}

impl Verified {
    /// Nobody proved it yet, or outputs differ.
    pub fn is_shown(&self) -> bool {
        matches!(self.verdict.as_str(), "proven" | "agreed")
    }
}

/// A node at one head.
struct Node<'a> {
    provider: &'a DynProvider,
    head: u64,
}

/// `known` is the `Proofs` that the caller believes.
pub async fn check(provider: &DynProvider, bundle: &Bundle, known: Option<Address>) -> Result<Verified> {
    bundle.agree()?;
    let chain_id = provider.get_chain_id().await.map_err(|error| explain(&error, 0))?;
    require(chain_id == bundle.chain_id, || {
        format!("it is of chain {}, and the node serves chain {chain_id}", bundle.chain_id)
    })?;
    let proofs = bundle.contracts.proofs;
    if let Some(known) = known {
        require(proofs == known, || {
            format!("it is of another deployment: its `Proofs` is {proofs}, and the one that is believed is {known}")
        })?;
    }
    let head = provider.get_block_number().await.map_err(|error| explain(&error, 0))?;
    let node = Node { provider, head };
    let job = bundle.job.job()?;
    node.contracts(bundle).await?;
    node.kept(bundle, &job).await?;
    node.asked(bundle, &job).await?;
    node.attested(bundle, &job).await?;
    Ok(verified(bundle, head, known.is_some()))
}

fn verified(bundle: &Bundle, head: u64, is_known: bool) -> Verified {
    let job = &bundle.job;
    let means = match (job.verdict, job.kind) {
        (0, _) => "Nobody proved it yet.",
        (3, _) => "Outputs differ from what others computed: it is disputed.",
        (_, RECEIPTS) => {
            "Customer and provider say that this input gave this output between the two times; nothing shows the computation."
        }
        (_, SAMPLED) => {
            "Chunks that were drawn after the outputs were committed to were computed again by others, with the same outputs."
        }
        _ => {
            "The circuit with this key was satisfied by this input and this output; the proof was made between the two times."
        }
    };
    Verified {
        job: bundle.id,
        verdict: bundle.verdict.clone(),
        means,
        kind: bundle.kind.clone(),
        deal: DealId(job.deal),
        slot: job.slot,
        serving: job.serving,
        provider: job.provider,
        key: job.key,
        input_root: job.input_root,
        output_root: job.output_root,
        not_before: bundle.not_before.clone(),
        not_after: bundle.not_after.clone(),
        chain_id: bundle.chain_id,
        proofs: bundle.contracts.proofs,
        is_known,
        block: head,
        confirmations: bundle.attested.as_ref().map_or(0, |place| (head + 1).saturating_sub(place.block)),
    }
}

impl Node<'_> {
    /// The code is ours, and the contracts know each other.
    async fn contracts(&self, bundle: &Bundle) -> Result<()> {
        let named = &bundle.contracts;
        let verifier = match bundle.job.kind {
            RECEIPTS => "Receipts",
            SAMPLED => "Sampled",
            GROTH16 => "Groth16",
            kind => return Err(Wrong(format!("there is no proof of kind {kind}")).into()),
        };
        let immutables = self.immutables("Proofs", named.proofs).await?;
        for (name, at) in [("Deals", named.deals), (verifier, named.verifier)] {
            self.immutables(name, at).await?;
            require(immutables.contains(&at.into_word()), || {
                format!("`Proofs` at {} works with another {name} than {at}", named.proofs)
            })?;
        }
        let call = Proofs::verifierOfCall { kind: bundle.job.kind };
        same("contracts.verifier", named.verifier, self.view(named.proofs, call).await?)?;
        if bundle.job.kind == GROTH16 {
            let key = bundle.job.key;
            let encoded = self.view(named.verifier, Groth16::keyOfCall { key }).await?;
            require(keccak256(&encoded) == key, || format!("no key {key} is registered"))?;
        }
        Ok(())
    }

    /// What the contract keeps is the hash of these fields.
    async fn kept(&self, bundle: &Bundle, job: &IProofs::Job) -> Result<()> {
        let proofs = bundle.contracts.proofs;
        let kept = self.view(proofs, Proofs::hashOfCall { job: bundle.id.0 }).await?;
        require(kept == hash_of(job), || {
            let id = bundle.id;
            if kept.is_zero() {
                format!("the chain has no job {id}")
            } else {
                format!("the hash of job {id} is {}, and the chain keeps {kept}", hash_of(job))
            }
        })?;
        let Some(statement) = bundle.statement else { return Ok(()) };
        let call = Proofs::statementOfCall { job: job.clone(), outputRoot: job.outputRoot };
        Ok(same("statement", statement, self.view(proofs, call).await?)?)
    }

    async fn asked(&self, bundle: &Bundle, job: &IProofs::Job) -> Result<()> {
        let log = self.log("asked", bundle, &bundle.asked, bundle.job.not_before).await?;
        let asked = event::<Proofs::JobAsked>("asked", &log)?;
        let told =
            IProofs::Job { verdict: job.verdict, outputRoot: job.outputRoot, notAfter: job.notAfter, ..job_of(&asked) };
        require(asked.job == bundle.id.0 && told == *job, || "the event at `asked` says otherwise".to_owned())?;
        Ok(())
    }

    async fn attested(&self, bundle: &Bundle, job: &IProofs::Job) -> Result<()> {
        let Some(place) = &bundle.attested else { return Ok(()) };
        let log = self.log("attested", bundle, place, bundle.job.not_after).await?;
        let told = event::<Proofs::ComputeAttested>("attested", &log)?;
        let expected = Proofs::ComputeAttested {
            job: bundle.id.0,
            deal: job.deal,
            provider: job.provider,
            slot: job.slot,
            serving: job.serving,
            kind: job.kind,
            verdict: job.verdict,
            inputRoot: job.inputRoot,
            outputRoot: job.outputRoot,
            notBefore: job.notBefore,
            notAfter: job.notAfter,
        };
        require(told == expected, || "the event at `attested` says otherwise".to_owned())?;
        Ok(())
    }

    /// The log at a place of the chain, which `Proofs` wrote at this time.
    async fn log(&self, name: &str, bundle: &Bundle, place: &Place, time: u64) -> Result<Log> {
        let block = self.provider.get_block(BlockId::number(place.block)).await.map_err(|error| explain(&error, 0))?;
        let header = block.ok_or_else(|| Wrong(format!("the chain has no block {} yet", place.block)))?.header;
        same(&format!("{name}.block_hash"), place.block_hash, header.hash)?;
        same(&format!("the time of {name}.block"), time, header.timestamp)?;
        let hash = place.transaction_hash;
        let receipt = self.provider.get_transaction_receipt(hash).await.map_err(|error| explain(&error, 0))?;
        let receipt = receipt.ok_or_else(|| Wrong(format!("the chain has no transaction {hash}")))?;
        let is_there = receipt.status() && receipt.block_hash == Some(place.block_hash);
        require(is_there, || format!("transaction {hash} is not in block {}, or failed", place.block))?;
        let log = receipt.logs().iter().find(|log| log.log_index == Some(place.log_index));
        let log = log.filter(|log| log.address() == bundle.contracts.proofs);
        let log = log.ok_or_else(|| Wrong(format!("transaction {hash} has no log {} of `Proofs`", place.log_index)))?;
        Ok(log.clone())
    }

    async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        let answer = self.provider.call(request).block(BlockId::number(self.head)).await;
        let answer = answer.map_err(|error| explain(&error, 0))?;
        C::abi_decode_returns(&answer).with_context(|| format!("{to} answers {} in another form", C::SIGNATURE))
    }

    /// What a contract was made with; it must have our code.
    async fn immutables(&self, name: &str, at: Address) -> Result<Vec<B256>> {
        let code = self.provider.get_code_at(at).block_id(BlockId::number(self.head)).await;
        let code = code.map_err(|error| explain(&error, 0))?;
        require(!code.is_empty(), || format!("there is no contract {name} at {at}"))?;
        let found = immutables(name, &code)?;
        Ok(found.ok_or_else(|| Wrong(format!("the code at {at} is not that of {name}")))?)
    }
}

fn event<E: SolEvent>(name: &str, log: &Log) -> Result<E, Wrong> {
    let decoded = E::decode_log(&log.inner).map(|log| log.data);
    decoded.map_err(|_| Wrong(format!("the log at `{name}` is no {}", E::SIGNATURE)))
}

/// The words that a constructor wrote into the code of a contract; none: it is other code.
fn immutables(name: &str, code: &[u8]) -> Result<Option<Vec<B256>>> {
    let artifact = ARTIFACTS.iter().find(|(known, _)| *known == name).map(|(_, artifact)| artifact);
    let artifact: Json = serde_json::from_str(artifact.with_context(|| format!("no contract is called {name}"))?)?;
    let deployed = &artifact["deployedBytecode"];
    let object = deployed["object"].as_str().with_context(|| format!("{name} has no code"))?;
    let (ours, mut found) = (object.parse::<Bytes>()?, Vec::new());
    if ours.len() != code.len() {
        return Ok(None);
    }
    let mut theirs = code.to_vec();
    let references = deployed["immutableReferences"].as_object().into_iter().flat_map(|all| all.values());
    for place in references.flat_map(|places| places.as_array().into_iter().flatten()) {
        let (Some(start), Some(32)) = (place["start"].as_u64(), place["length"].as_u64()) else {
            bail!("{name} has an immutable of another length");
        };
        let start = usize::try_from(start)?;
        let word = theirs.get_mut(start..start + 32).with_context(|| format!("{name} ends before its immutables"))?;
        found.push(B256::from_slice(word));
        // As the compiler leaves them.
        word.fill(0);
    }
    Ok((theirs == ours).then_some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_ours_but_for_what_its_constructor_wrote() -> Result<()> {
        let artifact = ARTIFACTS.iter().find(|(name, _)| *name == "Proofs").context("Proofs is bound")?.1;
        let artifact: Json = serde_json::from_str(artifact)?;
        let deployed = &artifact["deployedBytecode"];
        let mut code = deployed["object"].as_str().context("its code")?.parse::<Bytes>()?.to_vec();
        let first = deployed["immutableReferences"].as_object().context("immutables")?.values().next();
        let start = first.and_then(|places| places[0]["start"].as_u64()).context("an immutable")?;
        code[usize::try_from(start)?..][..32].copy_from_slice(&[7; 32]);
        let found = immutables("Proofs", &code)?.context("it is Proofs")?;
        assert!(found.contains(&B256::repeat_byte(7)));
        *code.last_mut().context("a last byte")? ^= 1;
        assert_eq!(immutables("Proofs", &code)?, None);
        assert_eq!(immutables("Proofs", &code[1..])?, None);
        assert!(immutables("Nothing", &code).is_err());
        Ok(())
    }
}
