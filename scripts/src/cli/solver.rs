//! `surety solver`: who serves a deal best, and a program that proposes it.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::Shown;
use super::watcher::stopped;
use crate::amount::Amount;
use crate::chain::Context;
use crate::ids::DealId;
use crate::solver::{self, NODES};

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Find the cheapest offers for the places of a deal that wait, prove that there are none cheaper, and say why each other is out
    Solve(Solve),
    /// Propose for every request, better what others propose, and activate when the window is over; Ctrl-C ends it
    Run(Run),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Solve {
    deal: DealId,
    /// Sets that the search looks at before it answers with a bound instead of a proof
    #[arg(long, default_value_t = NODES)]
    nodes: u64,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Run {
    /// Sets that each search looks at before it takes the best found
    #[arg(long, default_value_t = NODES)]
    nodes: u64,
    /// Most FLT that is put up for bonds
    #[arg(long, value_name = "FLT", default_value = "1000")]
    deposit_max: Amount,
}

impl Verb {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Solve(solve) => Shown::of(&solver::find(context, solve.deal, solve.nodes).await?),
            Self::Run(run) => run.run(context).await,
        }
    }
}

impl Run {
    async fn run(self, context: &Context) -> Result<Shown> {
        let usual = solver::Options::new(self.deposit_max.flt()?);
        let options = solver::Options { nodes: self.nodes, ..usual };
        let counts = solver::Runner::open(context.clone(), options)?.run(stopped()?).await?;
        Shown::of(&json!({
            "proposals": counts.proposals.get(),
            "activations": counts.activations.get(),
            "refusals": counts.refusals.get(),
        }))
    }
}
