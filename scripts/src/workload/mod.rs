//! Workloads: how one answers that it lives, and a small host that does.
//!
//! `GET {endpoint}/v1/deals/{deal}/slots/{slot}?challenge=0x…` answers deal, slot, the number of its serving, the challenge and a
//! signature of them by the provider, or by a key of it that may serve.

pub mod books;
pub mod collect;
mod cores;
pub mod gateways;
pub mod host;
pub mod invoke;
pub mod jobs;
pub mod library;
pub mod rounds;

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::signers::SignerSync as _;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolValue as _;
use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::chain::Context;
use crate::prober::statement::Target;
use crate::signing::{Domain, signer_of};
use crate::usage::Refused;

const ALIVE: &str = "Alive(uint64 deal,uint8 slot,uint32 serving,bytes32 challenge)";

/// Role of a key that may answer for its account, as in `KeyRoles`.
pub const SERVE: u32 = 4;

/// Longest answer that is read: a flood is none.
const ANSWER_BYTES: usize = 4_096;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alive {
    #[serde(flatten)]
    pub target: Target,
    pub challenge: B256,
    pub signature: Bytes,
}

/// Answers are for deals of this deployment.
pub fn domain(context: &Context) -> Domain {
    Domain { chain_id: context.deployment.chain_id, contract: context.at().deals }
}

fn digest(domain: Domain, target: Target, challenge: B256) -> B256 {
    let words = (U256::from(target.deal.0), U256::from(target.slot), U256::from(target.serving), challenge);
    domain.digest(ALIVE, &words.abi_encode())
}

impl Alive {
    pub fn sign(domain: Domain, key: &PrivateKeySigner, target: Target, challenge: B256) -> Result<Self> {
        let signature = key.sign_hash_sync(&digest(domain, target, challenge)).context("signing an answer")?;
        Ok(Self { target, challenge, signature: signature.as_bytes().to_vec().into() })
    }

    /// Who answered; none: this is no answer to `challenge` about `target`.
    pub fn answerer(&self, domain: Domain, target: Target, challenge: B256) -> Option<Address> {
        let is_meant = self.target == target && self.challenge == challenge;
        is_meant.then(|| signer_of(digest(domain, target, challenge), &self.signature))?
    }
}

/// Asks strangers: bounded in time and size, following no redirection.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
}

impl Client {
    /// `within` is for the whole of an answer.
    pub fn new(within: Duration) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(within).redirect(reqwest::redirect::Policy::none()).no_proxy();
        // Those who serve close what is idle: a question must not be on its way then.
        let http = http.pool_idle_timeout(listen::IDLE / 2);
        Ok(Self { http: http.build().context("making an HTTP client")? })
    }

    /// The answer of the workload at `endpoint`; an error says why there is none.
    pub async fn ask(&self, endpoint: &str, target: Target, challenge: B256) -> Result<Alive, String> {
        let base = endpoint.trim_end_matches('/');
        let url = format!("{base}/v1/deals/{}/slots/{}?challenge={challenge}", target.deal, target.slot);
        self.json(&url, ANSWER_BYTES).await
    }

    /// JSON of at most so many bytes.
    pub async fn json<T: DeserializeOwned>(&self, url: &str, most: usize) -> Result<T, String> {
        read(self.http.get(url), most).await.map_err(|unanswered| unanswered.to_string())
    }

    /// Sends JSON, and reads JSON of at most so many bytes.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        body: &impl Serialize,
        most: usize,
    ) -> Result<T, Unanswered> {
        read(self.http.post(url).json(body), most).await
    }
}

/// Why there is no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Unanswered {
    /// Nobody was reached: nothing was sent.
    #[error("no answer: {0}")]
    Unreached(String),
    /// The line broke, or it took too long.
    #[error("no answer: {0}")]
    Silent(String),
    /// It was understood, and is not done.
    #[error("status {status}: {reason}")]
    Refused { status: u16, reason: String },
    #[error("{0}")]
    Other(String),
}

impl Unanswered {
    /// Whether nothing was heard of who was asked.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::Unreached(_) | Self::Silent(_))
    }
}

impl From<reqwest::Error> for Unanswered {
    fn from(error: reqwest::Error) -> Self {
        let is_reached = !error.is_connect();
        let said = error.without_url().to_string();
        if is_reached { Self::Silent(said) } else { Self::Unreached(said) }
    }
}

/// JSON of at most so many bytes.
pub(crate) async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder, most: usize) -> Result<T, Unanswered> {
    let mut response = request.send().await?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Err(Unanswered::Other(format!("more than {most} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        let status = status.as_u16();
        return Err(match serde_json::from_slice(&body) {
            Ok(Refused { reason }) => Unanswered::Refused { status, reason },
            // Who stands in between knows nothing of what was done.
            Err(_) => Unanswered::Other(format!("status {status}")),
        });
    }
    serde_json::from_slice(&body).map_err(|error| Unanswered::Other(format!("another answer: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DealId;

    const DOMAIN: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };
    const TARGET: Target = Target { deal: DealId(7), slot: 1, serving: 3 };

    #[test]
    fn an_answer_is_to_one_challenge_about_one_serving() {
        let key = PrivateKeySigner::random();
        let (challenge, other) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let alive = Alive::sign(DOMAIN, &key, TARGET, challenge).expect("a key signs");
        assert_eq!(alive.answerer(DOMAIN, TARGET, challenge), Some(key.address()));
        assert_eq!(alive.answerer(DOMAIN, TARGET, other), None);
        assert_eq!(alive.answerer(DOMAIN, Target { serving: 4, ..TARGET }, challenge), None);
        // One that was kept from an earlier serving is signed by the same key, and says so.
        let replayed = Alive { target: Target { serving: 4, ..TARGET }, ..alive };
        assert_ne!(replayed.answerer(DOMAIN, replayed.target, challenge), Some(key.address()));
    }
}
