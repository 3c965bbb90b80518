//! `surety prober`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::Address;
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use runtime::Limits;
use serde_json::json;
use tokio::net::TcpListener;

use super::watcher::stopped;
use super::{Shown, args};
use crate::chain::Context;
use crate::prober::{self, run};
use crate::proof::sampled;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Take seats in the draw, from tomorrow on
    Register {
        #[arg(long)]
        region: u8,
        #[arg(long, default_value_t = 1)]
        seats: u16,
        /// Where others find its statements
        #[arg(long)]
        endpoint: String,
    },
    /// A prober's seats, stake and credit
    Show {
        #[arg(value_parser = args::address)]
        prober: Option<Address>,
    },
    /// Be drawn no more from tomorrow on
    Leave,
    /// Take the stake, and what statements earned, seven days after leaving
    Withdraw {
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
    /// Take what statements and re-executions earned
    Claim {
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
    /// Probe what it is drawn for, show and report what was seen, compute jobs again; Ctrl-C ends it
    Run(Run),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Run {
    /// Where statements and metrics are served; the registered endpoint leads there
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// How many seconds a workload may take to answer
    #[arg(long, default_value_t = 5)]
    within: u64,
    /// Chain time between two probes of a slot
    #[arg(long, value_parser = crate::time::parse_span, default_value = "1m")]
    interval: u64,
    /// Do not report once a day that a slot is up, which is paid
    #[arg(long)]
    no_daily: bool,
    /// Leave it to others to open the day
    #[arg(long)]
    no_open: bool,
    /// Compute no jobs again: none of those that it is drawn for are sealed
    #[arg(long)]
    no_execute: bool,
    /// Seconds that a provider may take to serve the input of a chunk
    #[arg(long, default_value_t = 30)]
    chunk_within: u64,
    /// Folder of what was sealed [target/surety/prober/CHAIN/SAMPLED/PROBER]
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
}

impl Verb {
    pub(super) fn moves_value(&self) -> bool {
        matches!(self, Self::Register { .. })
    }

    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Register { region, seats, endpoint } => {
                Shown::of(&prober::register(context, region, seats, &endpoint).await?)
            }
            Self::Show { prober } => {
                let prober = prober.map_or_else(|| context.account(), Ok)?;
                Shown::of(&prober::show(context, prober).await?)
            }
            Self::Leave => Shown::of(&prober::leave(context).await?),
            Self::Withdraw { recipient } => Shown::of(&prober::withdraw(context, recipient).await?),
            Self::Claim { recipient } => {
                let recipient = recipient.map_or_else(|| context.sender(), Ok)?;
                let claimed = prober::claim(context, recipient).await?;
                let executed = sampled::claim(context, recipient).await?.claimed;
                Shown::of(&json!({ "recipient": recipient, "claimed": claimed, "executed": executed }))
            }
            Self::Run(run) => run.run(context).await,
        }
    }
}

impl Run {
    async fn run(self, context: &Context) -> Result<Shown> {
        let (chain, sampled) = (context.deployment.chain_id, context.at().sampled);
        let usual = format!("target/surety/prober/{chain}/{sampled}/{}", context.sender()?);
        let executing = run::Executing {
            state: self.state.unwrap_or_else(|| usual.into()),
            within: Duration::from_secs(self.chunk_within),
            limits: Limits::default(),
        };
        let options = run::Options {
            within: Duration::from_secs(self.within),
            interval: self.interval,
            is_opening: !self.no_open,
            is_reporting_daily: !self.no_daily,
            executing: (!self.no_execute).then_some(executing),
            ..run::Options::default()
        };
        let prober = run::Prober::open(context.clone(), options).await?;
        let listener = TcpListener::bind(self.listen).await.with_context(|| format!("listening on {}", self.listen))?;
        let counts = prober.run(listener, stopped()?).await?;
        Shown::of(&json!({
            "probes": counts.probes.get(),
            "misses": counts.misses.get(),
            "reports": counts.reports.get(),
            "failovers": counts.failovers.get(),
            "seals": counts.seals.get(),
            "reveals": counts.reveals.get(),
        }))
    }
}
