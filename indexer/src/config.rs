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
    /// `http`, `https`, `ws` or `wss`; several by comma, those that can tell of new heads first.
    pub rpc_url: String,
    /// So many nodes have to agree on the head.
    pub quorum: usize,
    /// One in so many readings of logs is compared with another node's, block by block.
    pub sample: u64,
    /// Blocks that may be missing while we are called ready.
    pub ready_lag: u64,
    pub deployment: Deployment,
    /// Where health and metrics are served; nowhere if none.
    pub listen: Option<SocketAddr>,
    /// After the first failure; it doubles with each one that follows, up to fifty times as long.
    pub pause: Duration,
    /// How often the node is asked for its head, where no subscription tells first.
    pub poll_interval: Duration,
    /// Bytes of facts after which a fetch of final blocks hands over what it has, and leaves the rest for later.
    pub fetch_max: usize,
}

/// Twelve fetches are under way or wait at a time.
const FETCH_MAX: usize = 6 * 1024 * 1024;

impl Config {
    pub fn new(database: PgConnectOptions, rpc_urls: &str, deployment: Deployment) -> Result<Self> {
        deployment.check()?;
        let rpc_url = ordered(rpc_urls)?;
        let poll_interval = Duration::from_millis(if rpc_url.starts_with("ws") { 1000 } else { 100 });
        let quorum = rpc_url.split(',').count() / 2 + 1;
        Ok(Self {
            database,
            rpc_url,
            quorum,
            sample: SAMPLE,
            ready_lag: READY_LAG,
            deployment,
            listen: None,
            pause: PAUSE,
            poll_interval,
            fetch_max: FETCH_MAX,
        })
    }
}

const PAUSE: Duration = Duration::from_millis(100);
const SAMPLE: u64 = 16;
const READY_LAG: u64 = 8;

/// Addresses that can tell of new heads, then the others.
fn ordered(rpc_urls: &str) -> Result<String> {
    let urls: Vec<&str> = rpc_urls.split(',').map(str::trim).filter(|url| !url.is_empty()).collect();
    for (place, url) in urls.iter().enumerate() {
        let is_known = ["http://", "https://", "ws://", "wss://"].iter().any(|scheme| url.starts_with(scheme));
        if !is_known {
            // Not the address itself, which may carry a key.
            bail!("address {} of RPC_URL does not begin with http://, https://, ws:// or wss://", place + 1);
        }
    }
    ensure!(!urls.is_empty(), "RPC_URL is empty");
    let (mut tell, others): (Vec<&str>, Vec<&str>) = urls.into_iter().partition(|url| url.starts_with("ws"));
    tell.extend(others);
    Ok(tell.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_tell_of_heads_come_first() -> Result<()> {
        assert_eq!(ordered("http://a, ws://b,http://c")?, "ws://b,http://a,http://c");
        assert_eq!(ordered("http://a,http://c")?, "http://a,http://c");
        assert!(ordered(" , ").is_err());
        let refused = ordered("http://a,localhost:8545/secret").err().context("that has no scheme")?.to_string();
        assert!(refused.contains("address 2") && !refused.contains("secret"), "{refused}");
        Ok(())
    }
}
