//! A bundle: an attestation with all that a third party needs to check it against the chain alone, as `GET /v1/attestations/{id}`
//! answers it. Reading one proves nothing; `check` does.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use alloy::primitives::aliases::U40;
use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result, bail, ensure};
use contracts::proofs::IProofs;
use serde::{Deserialize, Serialize};

use super::{hash_of, kind_name, statement_of, verdict_name};
use crate::ids::JobId;
use crate::time::parse_timestamp;
use crate::url::without_keys;

pub(crate) const VERSION: u32 = 1;
pub(crate) const CALL: &str = "hashOf(uint64)";
/// A bundle has about two thousand.
const BYTES: u64 = 64 << 10;
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    pub version: u32,
    pub id: JobId,
    pub chain_id: u64,
    pub contracts: Named,
    pub kind: String,
    pub verdict: String,
    pub not_before: String,
    pub not_after: Option<String>,
    pub job: Fields,
    pub statement: Option<B256>,
    pub hash: B256,
    pub asked: Place,
    pub attested: Option<Place>,
    pub check: Question,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub proofs: Address,
    pub deals: Address,
    pub verifier: Address,
}

/// The fields of `IProofs.Job`, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    pub deal: u64,
    pub slot: u8,
    pub kind: u8,
    pub verdict: u8,
    pub serving: u32,
    pub provider: Address,
    pub key: B256,
    pub seed: B256,
    pub input_root: B256,
    pub output_root: B256,
    pub not_before: u64,
    pub not_after: u64,
}

/// Where the chain says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub block: u64,
    pub block_hash: B256,
    pub log_index: u64,
    pub transaction_hash: B256,
}

/// What to ask any node, and what it must answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub contract: Address,
    pub call: String,
    pub argument: u64,
    pub answer: B256,
}

impl Fields {
    pub(crate) fn job(&self) -> Result<IProofs::Job> {
        let time = |time: u64| U40::try_from(time).context("a time of a job has at most 40 bits");
        Ok(IProofs::Job {
            deal: self.deal,
            slot: self.slot,
            kind: self.kind,
            verdict: self.verdict,
            serving: self.serving,
            provider: self.provider,
            key: self.key,
            seed: self.seed,
            inputRoot: self.input_root,
            outputRoot: self.output_root,
            notBefore: time(self.not_before)?,
            notAfter: time(self.not_after)?,
        })
    }
}

impl Bundle {
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let length = fs::metadata(path).with_context(|| format!("reading the bundle {name}"))?.len();
        ensure!(length <= BYTES, "{name} has {length} bytes: a bundle has at most {BYTES}");
        let text = fs::read_to_string(path).with_context(|| format!("reading the bundle {name}"))?;
        serde_json::from_str(&text).with_context(|| format!("{name} is not a bundle of this version"))
    }

    /// Whether it agrees with itself: everything that is said twice is said alike.
    pub(crate) fn agree(&self) -> Result<(), Wrong> {
        require(self.version == VERSION, || {
            format!("it is of version {}, and this program knows {VERSION}", self.version)
        })?;
        let job = self.job.job().map_err(|error| Wrong(error.to_string()))?;
        same("kind", &*self.kind, kind_name(job.kind))?;
        same("verdict", &*self.verdict, verdict_name(job.verdict))?;
        same("not_before", time(&self.not_before)?, self.job.not_before)?;
        same("not_after", self.not_after.as_deref().map_or(Ok(0), time)?, self.job.not_after)?;
        same("hash", self.hash, hash_of(&job))?;
        let is_proved = job.verdict != 0;
        match self.statement {
            Some(said) => {
                let statement = statement_of(self.chain_id, self.contracts.proofs, &job, job.outputRoot);
                same("statement", said, statement)?;
            }
            None => require(!is_proved, || "it has no statement, although it says what was proved".to_owned())?,
        }
        require(self.attested.is_some() == is_proved, || {
            format!("its verdict is `{}`, and `attested` says otherwise", self.verdict)
        })?;
        same("check.contract", self.check.contract, self.contracts.proofs)?;
        same("check.call", &*self.check.call, CALL)?;
        same("check.argument", self.check.argument, self.id.0)?;
        same("check.answer", self.check.answer, self.hash)
    }
}

/// Why a bundle is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The bundle is not true: {0}.")]
pub struct Wrong(pub String);

fn time(text: &str) -> Result<u64, Wrong> {
    parse_timestamp(text).map_err(Wrong)
}

pub(crate) fn require(holds: bool, why: impl FnOnce() -> String) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong(why())) }
}

pub(crate) fn same<T: PartialEq + fmt::Display>(name: &str, said: T, is: T) -> Result<(), Wrong> {
    require(said == is, || format!("{name} is {said} in it, and should be {is}"))
}

/// Asks the API for a bundle.
pub async fn download(api_url: &str, id: JobId) -> Result<Bundle> {
    let (named, base) = (without_keys(api_url), api_url.trim_end_matches('/'));
    let client = reqwest::Client::builder().timeout(ANSWER_WITHIN).build()?;
    let answer = client.get(format!("{base}/v1/attestations/{id}")).send().await;
    let answer =
        answer.map_err(|error| anyhow::anyhow!("The API at {named} does not answer: {}", error.without_url()))?;
    match answer.status().as_u16() {
        200 => {}
        404 => bail!("The API at {named} knows no job {id}: perhaps it has not seen its block yet."),
        status => bail!("The API at {named} answers with status {status}."),
    }
    let body = answer.bytes().await.context("reading the API's answer")?;
    serde_json::from_slice(&body).with_context(|| format!("The API at {named} answers in another form"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn bundle() -> Bundle {
        let word = B256::repeat_byte;
        let job = Fields {
            deal: 7,
            slot: 1,
            kind: 3,
            verdict: 1,
            serving: 2,
            provider: Address::repeat_byte(1),
            key: word(2),
            seed: word(3),
            input_root: word(4),
            output_root: word(5),
            not_before: 1_700_000_000,
            not_after: 1_700_000_600,
        };
        let proofs = Address::repeat_byte(9);
        let fields = job.job().expect("its times are small");
        let hash = hash_of(&fields);
        let place = |block| Place { block, block_hash: word(6), log_index: 0, transaction_hash: word(7) };
        Bundle {
            version: 1,
            id: JobId(4),
            chain_id: 31_337,
            contracts: Named { proofs, deals: Address::repeat_byte(8), verifier: Address::repeat_byte(7) },
            kind: "groth16".to_owned(),
            verdict: "proven".to_owned(),
            not_before: "2023-11-14T22:13:20Z".to_owned(),
            not_after: Some("2023-11-14T22:23:20Z".to_owned()),
            statement: Some(statement_of(31_337, proofs, &fields, word(5))),
            job,
            hash,
            asked: place(10),
            attested: Some(place(11)),
            check: Question { contract: proofs, call: CALL.to_owned(), argument: 4, answer: hash },
        }
    }

    /// Whatever is changed alone is noticed, before a node is asked; only places of logs are the chain's to tell.
    #[test]
    fn a_bundle_agrees_with_itself_or_is_refused() -> Result<()> {
        let honest = serde_json::to_value(bundle())?;
        serde_json::from_value::<Bundle>(honest.clone())?.agree()?;
        let (mut changed, mut elsewhere) = (0, 0);
        for path in leaves("", &honest) {
            let mut forged = honest.clone();
            change(forged.pointer_mut(&path).context("a leaf of the bundle")?);
            let refused = match serde_json::from_value::<Bundle>(forged) {
                Ok(forged) => forged.agree().is_err(),
                Err(_) => true,
            };
            let is_places = ["/asked/", "/attested/", "/contracts/deals", "/contracts/verifier"];
            if is_places.iter().any(|start| path.starts_with(start)) {
                elsewhere += 1;
            } else {
                assert!(refused, "{path} can be anything");
                changed += 1;
            }
        }
        assert_eq!((changed, elsewhere), (26, 10));
        Ok(())
    }

    #[test]
    fn a_bundle_has_no_other_fields_and_no_fewer() -> Result<()> {
        let mut more = serde_json::to_value(bundle())?;
        more["job"]["gas"] = 1.into();
        assert!(serde_json::from_value::<Bundle>(more).is_err());
        let mut less = serde_json::to_value(bundle())?;
        less["job"].as_object_mut().context("an object")?.remove("seed");
        assert!(serde_json::from_value::<Bundle>(less).is_err());
        Ok(())
    }

    fn leaves(path: &str, value: &serde_json::Value) -> Vec<String> {
        match value.as_object() {
            None => vec![path.to_owned()],
            Some(fields) => fields.iter().flat_map(|(name, value)| leaves(&format!("{path}/{name}"), value)).collect(),
        }
    }

    fn change(value: &mut serde_json::Value) {
        if let Some(number) = value.as_u64() {
            *value = (number + 1).into();
        } else if let Some(text) = value.as_str() {
            // A digit stays a digit, a letter of a word does not stay the same.
            let (start, last) = text.split_at(text.len() - 1);
            *value = format!("{start}{}", if last == "1" { "2" } else { "1" }).into();
        }
    }
}
