//! `surety keeper`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use alloy::primitives::Address;
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum as _};
use serde_json::json;
use tokio::net::TcpListener;

use super::watcher::stopped;
use super::{Shown, args, capacity, faults};
use crate::amount::Amount;
use crate::chain::Context;
use crate::ids::{DealId, LockId};
use crate::keeper;
use crate::keeper::run::budget::Limits;
use crate::keeper::run::duty::Duty;
use crate::keeper::run::{Keeper, Options, Report, Rules};

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Do all of this whenever it is due, until Ctrl-C
    Run(Run),
    /// Settle slots, each written as DEAL or DEAL/SLOT
    Settle {
        #[arg(value_parser = args::deal_slot, required = true)]
        slots: Vec<(DealId, u8)>,
    },
    /// Open the next term of a slot in the last day of the running one
    Renew { deal: DealId, slot: u8 },
    /// Call for margin where health is too low
    MarginCall { deal: DealId, slot: u8 },
    /// End a margin call where health suffices again
    Cure { deal: DealId, slot: u8 },
    /// End a slot whose term or notice is over, or that ran dry
    Close { deal: DealId, slot: u8 },
    /// Release a lock that has ended
    Release { lock: LockId },
    /// Release the lock of a slot that ended before its term, five days after its end
    ReleaseSlot { deal: DealId, slot: u8 },
    /// Push the stakers' part of a provider's revenue to its stakers
    PayStakers {
        #[arg(value_parser = args::address)]
        provider: Address,
    },
    /// Fix the claims of a provider's matured exits
    Crystallise {
        #[arg(value_parser = args::address)]
        provider: Address,
    },
    /// Send an unlocked provider's orphan reserve to the treasury
    SweepOrphan {
        #[arg(value_parser = args::address)]
        provider: Address,
    },
    /// Burn what was slashed on a day, after its quarantine
    BurnSlashed {
        /// Days since 1970
        day: u32,
    },
    /// Pay the parties of a slash after its quarantine
    PayQuarantine { quarantine: u64 },
    /// Read the price sources
    Observe,
    #[command(flatten)]
    Capacity(capacity::Verb),
    #[command(flatten)]
    Faults(faults::Verb),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Run {
    /// One pass over everything, then the answer says what was done, and what was not and why
    #[arg(long)]
    once: bool,
    /// Duties to do, by comma; without it all
    #[arg(long, value_enum, value_delimiter = ',', value_name = "DUTY,...")]
    only: Vec<Duty>,
    /// Gas that an hour of chain time may cost; a quarter of it is kept for what is urgent
    #[arg(long, value_name = "GAS")]
    gas_budget: Option<u64>,
    /// Base fee above which only what is urgent is done: failover, open-window, open-day
    #[arg(long, value_name = "WEI")]
    max_fee: Option<u128>,
    /// Chain time after which the price sources are read again
    #[arg(long, value_parser = crate::time::parse_span, default_value = "30m")]
    observe_every: u64,
    /// Stablecoin from which on a slot is settled, stakers are paid and fees collected at once; less waits for a day
    #[arg(long, default_value = "10", value_name = "AMOUNT")]
    settle_above: Amount,
    /// Where metrics are served; without it nowhere
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Run {
    async fn run(self, context: &Context) -> Result<Shown> {
        let decimals = context.decimals();
        let rules = Rules {
            observe_every: self.observe_every,
            settle_above: self.settle_above.units(decimals)?,
            is_single_pass: self.once,
        };
        let limits = Limits { gas_budget: self.gas_budget, fee_max: self.max_fee };
        let only = self.only.into_iter().collect();
        let mut keeper =
            Keeper::open(context.clone(), Options { rules, limits, only, ..Options::new(decimals) }).await?;
        if self.once {
            let report = keeper.once().await?;
            return Ok(Shown::of(&report)?.with_text(text(&report)));
        }
        let listener = match self.listen {
            Some(at) => Some(TcpListener::bind(at).await.with_context(|| format!("listening on {at}"))?),
            None => None,
        };
        let meters = keeper.run(listener, stopped()?).await?;
        let acts = Duty::value_variants().iter().map(|duty| (duty.to_string(), meters.acts(*duty)));
        let acts: BTreeMap<String, u64> = acts.filter(|(_, count)| *count > 0).collect();
        Shown::of(&json!({ "acts": acts, "gas": meters.gas.get(), "refusals": meters.refusals.get() }))
    }
}

fn text(report: &Report) -> String {
    let done = report.acts.iter().map(|act| format!("done      {} {}, {} gas", act.duty, act.what, act.gas));
    let left = report.not_done.iter().map(|left| format!("not done  {} {}: {}", left.duty, left.what, left.why));
    let lines: Vec<String> = done.chain(left).collect();
    match lines.as_slice() {
        [] => format!("Nothing was due at block {}.", report.block),
        lines => lines.join("\n"),
    }
}

impl Verb {
    pub(super) fn moves_value(&self) -> bool {
        matches!(self, Self::Capacity(capacity::Verb::BuyFees { .. }))
    }

    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Run(run) => run.run(context).await,
            Self::Settle { slots } => Shown::of(&keeper::settle(context, &slots).await?),
            Self::Renew { deal, slot } => Shown::of(&keeper::renew(context, deal, slot).await?),
            Self::MarginCall { deal, slot } => Shown::of(&keeper::margin_call(context, deal, slot).await?),
            Self::Cure { deal, slot } => Shown::of(&keeper::cure(context, deal, slot).await?),
            Self::Close { deal, slot } => Shown::of(&keeper::close(context, deal, slot).await?),
            Self::Release { lock } => Shown::of(&keeper::release(context, lock).await?),
            Self::ReleaseSlot { deal, slot } => Shown::of(&keeper::release_slot(context, deal, slot).await?),
            Self::PayStakers { provider } => {
                let paid = keeper::pay_stakers(context, provider).await?;
                Shown::of(&json!({ "provider": provider, "paid": paid }))
            }
            Self::Crystallise { provider } => {
                keeper::crystallise(context, provider).await?;
                Shown::of(&json!({ "provider": provider }))
            }
            Self::SweepOrphan { provider } => {
                keeper::sweep_orphan(context, provider).await?;
                Shown::of(&json!({ "provider": provider }))
            }
            Self::BurnSlashed { day } => {
                keeper::burn_slashed(context, day).await?;
                Shown::of(&json!({ "day": day }))
            }
            Self::PayQuarantine { quarantine } => {
                keeper::pay_quarantine(context, quarantine).await?;
                Shown::of(&json!({ "quarantine": quarantine }))
            }
            Self::Capacity(verb) => verb.run(context).await,
            Self::Faults(verb) => verb.run(context).await,
            Self::Observe => Shown::of(&keeper::observe(context).await?),
        }
    }
}
