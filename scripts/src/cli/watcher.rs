//! `surety watcher`, and `surety provider prove`: programs that run until they are told to stop.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::{Address, U256, utils::parse_ether};
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Shown, args};
use crate::capacity::contract::Capacity;
use crate::capacity::{prover, watcher};
use crate::chain::Context;
use crate::ids::CommitmentId;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Check every leaf that providers claim, and convict those that claim what is not there; Ctrl-C ends it
    Run(Run),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Run {
    /// Where a provider's leaves are, if not where its profile says; ADDRESS=URL, as often as needed
    #[arg(long, value_parser = endpoint, value_name = "ADDRESS=URL")]
    endpoint: Vec<(Address, String)>,
    /// Most of the chain's coin that goes into demanding leaves from servers that are silent or lie
    #[arg(long, value_parser = ether, default_value = "0", value_name = "ETHER")]
    demand_budget: U256,
    /// Chain time of silence after which leaves are demanded
    #[arg(long, value_parser = crate::time::parse_span, default_value = "1h")]
    patience: u64,
    /// How many seconds a server may take for a whole answer
    #[arg(long, default_value_t = 20)]
    within: u64,
    /// Cores that check; without it all
    #[arg(long)]
    threads: Option<usize>,
    /// Folder of what was checked [target/surety/watcher/CHAIN/CAPACITY]
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Prove {
    commitment: CommitmentId,
    /// Solving threads [one a unit]
    #[arg(long)]
    threads: Option<usize>,
    /// Let the system move threads from core to core
    #[arg(long)]
    no_pin: bool,
    /// How long before its deadline a window is committed; the deadline is ten minutes after its end
    #[arg(long, value_parser = crate::time::parse_span, default_value = "8m")]
    commit_before: u64,
    /// Renew by so many days in the last epoch of the term, each time
    #[arg(long, value_name = "DAYS")]
    renew: Option<u8>,
    /// Where leaves and metrics are served
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Folder of the commitment's state [target/surety/prover/CHAIN/CAPACITY/COMMITMENT]
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
}

impl Verb {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Run(run) => run.run(context).await,
        }
    }
}

impl Run {
    async fn run(self, context: &Context) -> Result<Shown> {
        let capacity = Capacity::new(context.clone());
        let folder = self.state.unwrap_or_else(|| watcher::folder_of(&capacity));
        let usual = watcher::Options::new(folder);
        let options = watcher::Options {
            endpoints: BTreeMap::from_iter(self.endpoint),
            demand_budget: self.demand_budget,
            patience: self.patience,
            within: Duration::from_secs(self.within),
            threads: self.threads.unwrap_or(usual.threads),
            ..usual
        };
        let counts = watcher::Watcher::open(capacity, options).await?.run(stopped()?).await?;
        Shown::of(&json!({
            "claims": counts.claims.get(),
            "leaves": counts.leaves.get(),
            "faults": counts.faults.get(),
            "demands": counts.demands.get(),
            "draws": counts.draws.get(),
            "convictions": counts.convictions.get(),
        }))
    }
}

impl Prove {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        let capacity = Capacity::new(context.clone());
        let folder = self.state.unwrap_or_else(|| prover::folder_of(&capacity, self.commitment));
        let usual = prover::Options::new(self.commitment, folder);
        let options = prover::Options {
            threads: self.threads,
            is_pinned: !self.no_pin,
            commit_before: self.commit_before,
            renew_days: self.renew,
            ..usual
        };
        let prover = prover::Prover::open(capacity, options).await?;
        let listener = TcpListener::bind(self.listen).await.with_context(|| format!("listening on {}", self.listen))?;
        let meters = prover.run(listener, stopped()?).await?;
        Shown::of(&json!({
            "commitment": self.commitment,
            "windows": meters.commits.get(),
            "leaves": meters.claimed.get(),
            "draws": meters.draws.get(),
            "audits_answered": meters.answers.get(),
            "demands_answered": meters.deliveries.get(),
            "epochs_credited": meters.credits.get(),
        }))
    }
}

/// Whoever runs it wants it to stop.
pub(super) fn stopped() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn endpoint(text: &str) -> Result<(Address, String), String> {
    let (provider, url) = text.split_once('=').ok_or_else(|| format!("`{text}` is not ADDRESS=URL"))?;
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(format!("`{url}` begins neither with http:// nor with https://"));
    }
    Ok((args::address(provider)?, url.to_owned()))
}

fn ether(text: &str) -> Result<U256, String> {
    let is_plain = !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    let amount = is_plain.then(|| parse_ether(text).ok()).flatten();
    amount.ok_or_else(|| format!("`{text}` is not an amount of coins such as 0.05"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_and_coins_are_read() {
        let address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
        let read = endpoint(&format!("{address}=http://127.0.0.1:9/a=b"));
        assert_eq!(read.map(|(address, url)| (address.to_string(), url)).unwrap().1, "http://127.0.0.1:9/a=b");
        for wrong in [address, "alice=http://a", &format!("{address}=ftp://a")] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
        assert_eq!(ether("0.05"), Ok(U256::from(50_000_000_000_000_000_u64)));
        for wrong in ["", "-1", "1e3", "a", "0.1.2"] {
            assert!(ether(wrong).is_err(), "{wrong}");
        }
    }
}
