//! What the indexer is told: a database, a node, a deployment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use alloy_primitives::Address;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;

/// Contracts whose events are facts, by their names in the deployment file.
pub(crate) const INDEXED: [&str; 11] = [
    "Staking",
    "PriceGuard",
    "Offers",
    "Attributes",
    "Deals",
    "Matching",
    "FeeBurn",
    "Rewards",
    "Capacity",
    "Probers",
    "Faults",
];

/// `contracts/deployments/<chain-id>.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Deployment {
    pub chain_id: u64,
    pub first_block: u64,
    pub contracts: BTreeMap<String, Address>,
    pub stablecoin_decimals: u8,
}

impl Deployment {
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading the deployment {}", path.display()))?;
        let deployment: Self =
            serde_json::from_str(&text).with_context(|| format!("{} is no deployment", path.display()))?;
        deployment.check().with_context(|| format!("{} is no whole deployment", path.display()))?;
        Ok(deployment)
    }

    pub(crate) fn check(&self) -> Result<()> {
        for name in INDEXED.iter().chain(["Flt", "Stablecoin"].iter()) {
            ensure!(self.contracts.contains_key(*name), "it has no contract {name}");
        }
        ensure!(self.first_block > 0, "its first block is the genesis");
        ensure!(self.stablecoin_decimals <= 18, "its stablecoin has {} decimals", self.stablecoin_decimals);
        Ok(())
    }

    pub(crate) fn address(&self, name: &str) -> Result<Address> {
        self.contracts.get(name).copied().with_context(|| format!("the deployment has no contract {name}"))
    }
}

/// How to run an indexer.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: PgConnectOptions,
    /// `http`, `https`, `ws` or `wss`.
    pub rpc_url: String,
    pub deployment: Deployment,
    /// Where health and metrics are served; nowhere if none.
    pub listen: Option<SocketAddr>,
    /// How often the node is asked for its head, where no subscription tells first.
    pub poll_interval: Duration,
    /// Bytes of facts after which a fetch of final blocks hands over what it has, and leaves the rest for later.
    pub fetch_max: usize,
}

/// Four fetches are under way at a time.
const FETCH_MAX: usize = 16 * 1024 * 1024;

impl Config {
    pub fn new(database: PgConnectOptions, rpc_urls: &str, deployment: Deployment) -> Result<Self> {
        deployment.check()?;
        let rpc_url = preferred(rpc_urls)?;
        let poll_interval = Duration::from_millis(if rpc_url.starts_with("ws") { 1000 } else { 100 });
        Ok(Self { database, rpc_url, deployment, listen: None, poll_interval, fetch_max: FETCH_MAX })
    }
}

/// The first address that can tell of new heads, else the first.
fn preferred(rpc_urls: &str) -> Result<String> {
    let urls: Vec<&str> = rpc_urls.split(',').map(str::trim).filter(|url| !url.is_empty()).collect();
    for (place, url) in urls.iter().enumerate() {
        let is_known = ["http://", "https://", "ws://", "wss://"].iter().any(|scheme| url.starts_with(scheme));
        if !is_known {
            // Not the address itself, which may carry a key.
            bail!("address {} of RPC_URL does not begin with http://, https://, ws:// or wss://", place + 1);
        }
    }
    let found = urls.iter().find(|url| url.starts_with("ws")).or(urls.first());
    Ok((*found.context("RPC_URL is empty")?).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_tells_of_heads_is_preferred() -> Result<()> {
        assert_eq!(preferred("http://a, ws://b,http://c")?, "ws://b");
        assert_eq!(preferred("http://a,http://c")?, "http://a");
        assert!(preferred(" , ").is_err());
        let refused = preferred("http://a,localhost:8545/secret").err().context("that has no scheme")?.to_string();
        assert!(refused.contains("address 2") && !refused.contains("secret"), "{refused}");
        Ok(())
    }
}
