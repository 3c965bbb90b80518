//! Acting on a chain: reading views, sending transactions one by one, or planning what would be sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use alloy::eips::BlockId;
use alloy::network::TransactionBuilder as _;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::simulate::{SimBlock, SimulatePayload};
use alloy::rpc::types::{Log, TransactionReceipt, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{SolCall, SolEvent};
use alloy::transports::TransportError;
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use contracts::DevelopmentUsd;
use serde::Serialize;

use crate::amount::{Flt, Usd};
use crate::deployment::{Contracts, Deployment};
use crate::revert::{self, Refusal};

/// How long a transaction may take to be mined before we stop waiting for it.
const MINED_WITHIN: Duration = Duration::from_secs(180);

/// Gas for what the estimate cannot know: time passes between it and the block.
const GAS_HEADROOM_PERCENT: u64 = 25;

/// A party at a chain with a deployment.
///
/// 1. The chain is the deployment's: `Context::new` asks.
/// 2. With a plan nothing is ever sent.
#[derive(Debug, Clone)]
pub struct Context {
    pub provider: DynProvider,
    pub deployment: Arc<Deployment>,
    sender: Option<Address>,
    account: Option<Address>,
    plan: Option<Arc<Mutex<Vec<Planned>>>>,
    /// For what is signed and not sent: statements, and answers of workloads.
    signer: Option<PrivateKeySigner>,
    /// Held while a transaction is handed over: the node counts what it has, so two at once would have one nonce.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A transaction that was simulated and not sent.
#[derive(Debug, Clone, Serialize)]
pub struct Planned {
    pub contract: String,
    pub to: Address,
    pub call: String,
    pub gas: u64,
    pub data: Bytes,
    #[serde(skip)]
    request: TransactionRequest,
}

/// What came of a transaction. A planned one has neither hash nor block.
#[derive(Debug, Clone)]
pub struct Sent {
    pub hash: Option<B256>,
    pub block: Option<u64>,
    pub gas_used: u64,
    pub logs: Vec<Log>,
}

/// A transaction that was sent and may not be mined yet.
#[derive(Debug)]
pub(crate) struct Posted {
    hash: B256,
    request: TransactionRequest,
}

impl Sent {
    /// The first event of its kind.
    pub fn event<E: SolEvent>(&self) -> Result<E> {
        self.events().into_iter().next().with_context(|| format!("the transaction has no event {}", E::SIGNATURE))
    }

    pub fn events<E: SolEvent>(&self) -> Vec<E> {
        self.logs.iter().filter_map(|log| E::decode_log(&log.inner).ok()).map(|log| log.data).collect()
    }
}

impl Context {
    /// `sender` is whose key `provider` signs with; without one only views can be read.
    pub async fn new(provider: DynProvider, sender: Option<Address>, deployment: Deployment) -> Result<Self> {
        let chain_id = provider.get_chain_id().await.map_err(|error| explain(&error, 6))?;
        ensure!(
            chain_id == deployment.chain_id,
            "The deployment is of chain {}, but the node serves chain {chain_id}: \
             give another --rpc-url or --deployment.",
            deployment.chain_id
        );
        let (deployment, turn) = (Arc::new(deployment), Arc::default());
        Ok(Self { provider, deployment, sender, account: None, plan: None, signer: None, turn })
    }

    /// The same party acting for `account`, which gave the sender a key.
    #[must_use]
    pub fn acting_for(self, account: Address) -> Self {
        Self { account: Some(account), ..self }
    }

    /// The same party with the key that it signs statements with.
    #[must_use]
    pub fn signing_with(self, signer: PrivateKeySigner) -> Self {
        Self { signer: Some(signer), ..self }
    }

    pub(crate) fn signer(&self) -> Result<&PrivateKeySigner> {
        self.signer.as_ref().context("This command signs: give --keystore FILE or --private-key-env NAME.")
    }

    /// The same party planning instead of sending.
    #[must_use]
    pub fn planning(self) -> Self {
        Self { plan: Some(Arc::default()), ..self }
    }

    pub fn is_planning(&self) -> bool {
        self.plan.is_some()
    }

    pub fn planned(&self) -> Vec<Planned> {
        let plan = self.plan.as_ref().map(|plan| plan.lock().expect("nobody panics while it holds the plan").clone());
        plan.unwrap_or_default()
    }

    pub fn at(&self) -> &Contracts {
        &self.deployment.contracts
    }

    pub fn decimals(&self) -> u8 {
        self.deployment.stablecoin_decimals
    }

    pub fn usd(&self, units: u128) -> Usd {
        Usd { units, decimals: self.decimals() }
    }

    /// Who signs.
    pub fn sender(&self) -> Result<Address> {
        self.sender.context("This command signs: give --keystore FILE or --private-key-env NAME.")
    }

    /// For whom: the signer, unless it acts with another's key.
    pub fn account(&self) -> Result<Address> {
        let account = self.account.or(self.sender);
        account.context("Name an account: give an address, --account, --keystore FILE or --private-key-env NAME.")
    }

    /// The head block's time; programs never ask the machine for it.
    pub async fn now(&self) -> Result<u64> {
        Ok(self.head().await?.time)
    }

    pub async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        self.view_at(BlockId::latest(), to, call).await
    }

    pub async fn view_at<C: SolCall>(&self, block: BlockId, to: Address, call: C) -> Result<C::Return> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        let answer = self.provider.call(request).block(block).await.map_err(|error| self.explain(&error))?;
        let name = self.at().name_of(to);
        ensure!(!answer.is_empty(), "There is no contract {name} at {to}: is this the right deployment and chain?");
        C::abi_decode_returns(&answer).with_context(|| format!("{name} answered {} in another form", C::SIGNATURE))
    }

    /// Sends one call and waits until it is mined; when planning, simulates it after all that was planned before.
    pub async fn send<C: SolCall>(&self, to: Address, call: C) -> Result<Sent> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        self.transact(request).await
    }

    /// Sends a call that is encoded already, as one of several that may go together.
    pub async fn send_encoded(&self, to: Address, call: Bytes) -> Result<Sent> {
        self.transact(TransactionRequest::default().with_to(to).with_input(call)).await
    }

    /// Sends one call with the chain's own coin.
    pub async fn send_paying<C: SolCall>(&self, to: Address, call: C, value: U256) -> Result<Sent> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode()).with_value(value);
        self.transact(request).await
    }

    /// Simulates a call: the gas that it would take, or why it is refused.
    pub async fn estimate(&self, to: Address, call: &Bytes) -> Result<u64> {
        let request = TransactionRequest::default().with_to(to).with_input(call.clone()).with_from(self.sender()?);
        self.provider.estimate_gas(request).await.map_err(|error| self.explain(&error))
    }

    async fn transact(&self, request: TransactionRequest) -> Result<Sent> {
        let request = request.with_from(self.sender()?);
        if let Some(plan) = &self.plan {
            return self.simulate(plan, request).await;
        }
        let posted = self.posted(request).await?;
        self.arrived(posted).await
    }

    /// Sends one call that the next block would take, and does not wait for it.
    pub(crate) async fn post<C: SolCall>(&self, to: Address, call: C) -> Result<Posted> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        self.posted(request.with_from(self.sender()?)).await
    }

    async fn posted(&self, request: TransactionRequest) -> Result<Posted> {
        let gas = self.provider.estimate_gas(request.clone()).await.map_err(|error| self.explain(&error))?;
        let request = request.with_gas_limit(gas + gas * GAS_HEADROOM_PERCENT / 100);
        let _turn = self.turn.lock().await;
        let pending = self.provider.send_transaction(request.clone()).await.map_err(|error| self.explain(&error))?;
        Ok(Posted { hash: *pending.tx_hash(), request })
    }

    /// Waits until what was posted is mined.
    pub(crate) async fn arrived(&self, posted: Posted) -> Result<Sent> {
        let receipt = receipt(&self.provider, posted.hash, MINED_WITHIN).await?;
        self.mined(&posted.request, receipt).await
    }

    async fn mined(&self, request: &TransactionRequest, receipt: TransactionReceipt) -> Result<Sent> {
        let call = revert::describe(&request.input.input().cloned().unwrap_or_default());
        if !receipt.status() {
            let block = receipt.block_number.context("a mined transaction has a block")?;
            let replayed = self.provider.call(request.clone()).block(BlockId::number(block)).await;
            match replayed {
                Err(error) => {
                    return Err(self.explain(&error))
                        .with_context(|| format!("Transaction {} failed", receipt.transaction_hash));
                }
                Ok(_) => bail!("Transaction {} of `{call}` failed, and does not fail again", receipt.transaction_hash),
            }
        }
        let name = receipt.to.map(|to| self.at().name_of(to)).unwrap_or_default();
        tracing::info!(
            "{name}.{call}: {} in block {}, {} gas",
            receipt.transaction_hash,
            receipt.block_number.unwrap_or_default(),
            receipt.gas_used
        );
        Ok(Sent {
            hash: Some(receipt.transaction_hash),
            block: receipt.block_number,
            gas_used: receipt.gas_used,
            logs: receipt.logs().to_vec(),
        })
    }

    async fn simulate(&self, plan: &Mutex<Vec<Planned>>, request: TransactionRequest) -> Result<Sent> {
        let before: Vec<_> = self.planned().into_iter().map(|planned| planned.request).collect();
        let block = SimBlock::default().extend_calls(before).call(request.clone());
        let payload = SimulatePayload::default().extend(block);
        let blocks = self.provider.simulate(&payload).await.map_err(|error| self.explain(&error))?;
        let result = blocks.into_iter().next().and_then(|block| block.calls.into_iter().last());
        let result = result.context("the node simulated nothing")?;
        if !result.status {
            let data = result.error.and_then(|error| error.data).unwrap_or(result.return_data);
            return Err(revert::decode(&data, self.decimals()).into());
        }
        let to = request.to.and_then(|kind| kind.to().copied()).unwrap_or_default();
        let data = request.input.input().cloned().unwrap_or_default();
        let planned = Planned {
            contract: self.at().name_of(to),
            to,
            call: revert::describe(&data),
            gas: result.gas_used,
            data,
            request,
        };
        tracing::info!("would send {}.{}, {} gas", planned.contract, planned.call, planned.gas);
        plan.lock().expect("nobody panics while it holds the plan").push(planned);
        Ok(Sent { hash: None, block: None, gas_used: result.gas_used, logs: result.logs })
    }

    /// Approves `spender` for exactly `amount` of the sender's `token`, unless it may take that much already.
    pub async fn allow(&self, token: Address, spender: Address, amount: u128) -> Result<()> {
        let owner = self.sender()?;
        let amount = U256::from(amount);
        if self.view(token, DevelopmentUsd::allowanceCall { owner, spender }).await? < amount {
            self.send(token, DevelopmentUsd::approveCall { spender, value: amount }).await?;
        }
        Ok(())
    }

    pub async fn flt_of(&self, account: Address) -> Result<Flt> {
        Ok(Flt(self.balance(self.at().flt, account).await?))
    }

    pub async fn usd_of(&self, account: Address) -> Result<Usd> {
        Ok(self.usd(self.balance(self.at().stablecoin, account).await?))
    }

    async fn balance(&self, token: Address, account: Address) -> Result<u128> {
        let balance = self.view(token, DevelopmentUsd::balanceOfCall { account }).await?;
        u128::try_from(balance).context("a balance of more than 128 bits")
    }

    pub(crate) fn explain(&self, error: &TransportError) -> anyhow::Error {
        explain(error, self.decimals())
    }
}

/// Asks until there is a receipt. Watching blocks instead would answer from memory for a transaction that a
/// reorganisation took back: sent again it has the same hash, and is not mined yet.
async fn receipt(provider: &DynProvider, hash: B256, within: Duration) -> Result<TransactionReceipt> {
    let pause = provider.client().poll_interval();
    let unanswered = Mutex::new(None);
    let asked = async {
        loop {
            match provider.get_transaction_receipt(hash).await {
                Ok(Some(receipt)) => return receipt,
                Ok(None) => {}
                // What was sent can be mined although the node does not say so: it is asked again.
                Err(error) => *unanswered.lock().expect("nobody panics while it holds an error") = Some(error),
            }
            tokio::time::sleep(pause).await;
        }
    };
    if let Ok(receipt) = tokio::time::timeout(within, asked).await {
        return Ok(receipt);
    }
    let error = unanswered.into_inner().expect("nobody panics while it holds an error");
    let cause = error.map_or_else(String::new, |error| format!(": {:#}", explain(&error, 6)));
    bail!(
        "Transaction {hash} was sent, but is not seen to be mined within {} seconds{cause}. \
         It may still be: look for it before you send it again.",
        within.as_secs()
    )
}

/// A refusal by a contract, or what is wrong with the node in one sentence.
pub(crate) fn explain(error: &TransportError, stablecoin_decimals: u8) -> anyhow::Error {
    let Some(answer) = error.as_error_resp() else {
        return anyhow!("The node does not answer: {error}");
    };
    if let Some(data) = answer.as_revert_data() {
        return Refusal::into(revert::decode(&data, stablecoin_decimals));
    }
    if answer.message.contains("revert") {
        return Refusal::into(revert::decode(&Bytes::new(), stablecoin_decimals));
    }
    if answer.message.to_lowercase().contains("insufficient funds") {
        return anyhow!("The account has too little of the chain's own coin to pay for gas: {}", answer.message);
    }
    anyhow!("The node refuses the request: {}", answer.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::providers::ProviderBuilder;
    use alloy::providers::mock::Asserter;
    use serde_json::json;

    fn node(answers: &Asserter) -> DynProvider {
        let provider = ProviderBuilder::default().connect_mocked_client(answers.clone()).erased();
        provider.client().set_poll_interval(Duration::from_millis(1));
        provider
    }

    #[tokio::test]
    async fn a_node_that_stumbles_is_asked_again() -> Result<()> {
        let hash = B256::repeat_byte(7);
        let answers = Asserter::new();
        answers.push_failure_msg("too many requests");
        answers.push_success(&json!(null));
        answers.push_success(&json!({
            "type": "0x2", "status": "0x1", "transactionHash": hash, "transactionIndex": "0x0",
            "blockHash": B256::ZERO, "blockNumber": "0x9", "from": Address::ZERO, "to": Address::ZERO,
            "contractAddress": null, "gasUsed": "0x5208", "cumulativeGasUsed": "0x5208", "effectiveGasPrice": "0x1",
            "logs": [], "logsBloom": alloy::primitives::Bloom::ZERO,
        }));
        assert_eq!(receipt(&node(&answers), hash, MINED_WITHIN).await?.block_number, Some(9));
        Ok(())
    }

    #[tokio::test]
    async fn giving_up_names_the_transaction_and_the_cause() {
        let hash = B256::repeat_byte(7);
        let given_up = receipt(&node(&Asserter::new()), hash, Duration::from_millis(50)).await;
        let text = given_up.expect_err("nobody answers").to_string();
        assert!(text.contains(&hash.to_string()) && text.contains("The node does not answer"), "{text}");
    }
}
