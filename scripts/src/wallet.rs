//! Keys and nodes: who signs, and through whom.

use std::env;
use std::path::Path;
use std::time::Duration;

use alloy::network::EthereumWallet;
use alloy::primitives::Address;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result, anyhow, bail};

use crate::url::without_keys;

const PASSWORD: &str = "SURETY_KEYSTORE_PASSWORD";

/// How long a node may take for its first answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Opens an encrypted key file; the password comes from the environment or, on a terminal, from a prompt.
pub fn keystore(path: &Path) -> Result<PrivateKeySigner> {
    if !path.is_file() {
        bail!("There is no keystore {}.", path.display());
    }
    let password = match env::var(PASSWORD) {
        Ok(password) => password,
        Err(_) => rpassword::prompt_password(format!("Password of {}: ", path.display())).map_err(|_| {
            anyhow!("The keystore {} needs its password: set {PASSWORD}, or run on a terminal.", path.display())
        })?,
    };
    PrivateKeySigner::decrypt_keystore(path, password).map_err(|error| {
        anyhow!("The keystore {} cannot be opened, perhaps the password is wrong: {error}", path.display())
    })
}

/// Reads a key from the environment variable `name`. Its value is never printed.
pub fn private_key(name: &str) -> Result<PrivateKeySigner> {
    let key = env::var(name).map_err(|_| anyhow!("The environment variable {name} is not set."))?;
    key.trim().parse().map_err(|_| anyhow!("The environment variable {name} holds no private key in hex."))
}

/// Connects to the first node of a list by comma that answers.
pub async fn connect(urls: &str, signer: Option<PrivateKeySigner>) -> Result<(DynProvider, Option<Address>)> {
    let sender = signer.as_ref().map(PrivateKeySigner::address);
    let wallet = signer.map(EthereumWallet::from);
    let mut failed = Vec::new();
    for url in urls.split(',').map(str::trim).filter(|url| !url.is_empty()) {
        let named = without_keys(url);
        match tokio::time::timeout(ANSWER_WITHIN, open(url, wallet.clone())).await {
            Ok(Ok(provider)) => return Ok((provider, sender)),
            Ok(Err(error)) => {
                // Errors of the transport quote the whole address.
                failed.push(format!("{named} ({})", without_keys(&format!("{error:#}"))));
            }
            Err(_) => failed.push(format!("{named} (no answer within {} seconds)", ANSWER_WITHIN.as_secs())),
        }
    }
    match failed.as_slice() {
        [] => bail!("No node was named: give --rpc-url or RPC_URL."),
        _ => bail!("No Ethereum node answers at {}: give another --rpc-url or RPC_URL.", failed.join(", ")),
    }
}

async fn open(url: &str, wallet: Option<EthereumWallet>) -> Result<DynProvider> {
    // Nonces are asked for each time: a cached one is wrong after a reorganisation.
    let builder = ProviderBuilder::default().with_gas_estimation().with_simple_nonce_management().fetch_chain_id();
    let provider = match wallet {
        Some(wallet) => builder.wallet(wallet).connect(url).await?.erased(),
        None => builder.connect(url).await?.erased(),
    };
    provider.get_chain_id().await.context("it does not speak JSON-RPC")?;
    let is_local = ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| url.contains(host));
    provider.client().set_poll_interval(Duration::from_millis(if is_local { 20 } else { 1_500 }));
    Ok(provider)
}
