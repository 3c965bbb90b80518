//! A chain to ask verifiers on, many questions at once.

use alloy::network::Ethereum;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::{DynProvider, Provider as _, ProviderBuilder};
use anyhow::{Context as _, Result, ensure};
use contracts::IWorkVerifier;
use futures::{StreamExt as _, TryStreamExt as _};
use tests::anvil::Anvil;

/// Enough to keep a node's cores busy while answers travel.
const IN_FLIGHT: usize = 8;

/// A question to a verifier, with the answer of the crate.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) challenge: B256,
    pub(crate) nonce: u64,
    pub(crate) solution: Vec<u8>,
    pub(crate) answer: bool,
}

impl Question {
    /// The bytes that both algorithms are seeded with.
    pub(crate) fn seed(challenge: B256, nonce: u64) -> Vec<u8> {
        [challenge.as_slice(), &nonce.to_be_bytes()].concat()
    }
}

pub(crate) struct Chain {
    pub(crate) provider: DynProvider<Ethereum>,
    pub(crate) owner: Address,
    _anvil: Anvil,
}

impl Chain {
    pub(crate) async fn start() -> Result<Self> {
        let anvil = Anvil::start(&[])?;
        let provider = ProviderBuilder::new().connect(&anvil.http_url()).await?.erased();
        let owner = *provider.get_accounts().await?.first().context("anvil has no account")?;
        Ok(Self { provider, owner, _anvil: anvil })
    }

    /// Asks everything, and fails at the first answer that differs.
    pub(crate) async fn agrees(&self, verifier: Address, questions: Vec<Question>) -> Result<()> {
        let verifier = IWorkVerifier::new(verifier, &self.provider);
        futures::stream::iter(questions)
            .map(|question| {
                let solution = Bytes::from(question.solution.clone());
                let call = verifier.verify(question.challenge, question.nonce, solution);
                async move {
                    let answer = call.call().await.with_context(|| format!("{question:?}"))?;
                    ensure!(answer == question.answer, "the verifier says {answer} to {question:?}");
                    Ok(())
                }
            })
            .buffer_unordered(IN_FLIGHT)
            .try_collect()
            .await
    }
}
