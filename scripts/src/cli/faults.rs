//! What a keeper does when a provider failed: verbs of `surety keeper`.

use anyhow::Result;
use clap::{Subcommand, ValueEnum};

use super::Shown;
use crate::chain::Context;
use crate::ids::{DealId, FaultId};
use crate::keeper::faults;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Take a flagged slot from its provider after the grace, or let the customer's flag lapse
    Failover { deal: DealId, slot: u8 },
    /// Propose a slash for a serving that was failed over
    ProposeFault { deal: DealId, slot: u8, serving: u32, kind: Kind },
    /// Slash what nobody appealed against within 36 hours, or dismiss what nobody decided
    ExecuteFault { fault: FaultId },
    /// Count the served time of a serving whose fee is burned
    RecordServed { deal: DealId, slot: u8, serving: u32 },
    /// Credit what a serving that ended early was held back for three days
    ReleaseServing { deal: DealId, slot: u8, serving: u32 },
    /// Fix today's seats and the seed that probers are drawn by
    OpenDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Down for longer than its offer declared
    Downtime,
    /// Not seen up, and without notice, 24 hours after the failover
    Abandonment,
}

impl Kind {
    /// As `IFaults` numbers it.
    fn number(self) -> u8 {
        match self {
            Self::Downtime => 1,
            Self::Abandonment => 2,
        }
    }
}

impl Verb {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Failover { deal, slot } => Shown::of(&faults::failover(context, deal, slot).await?),
            Self::ProposeFault { deal, slot, serving, kind } => {
                Shown::of(&faults::propose(context, deal, slot, serving, kind.number()).await?)
            }
            Self::ExecuteFault { fault } => Shown::of(&faults::execute(context, fault).await?),
            Self::RecordServed { deal, slot, serving } => {
                Shown::of(&faults::record_served(context, deal, slot, serving).await?)
            }
            Self::ReleaseServing { deal, slot, serving } => {
                Shown::of(&faults::release_serving(context, deal, slot, serving).await?)
            }
            Self::OpenDay => Shown::of(&faults::open_day(context).await?),
        }
    }
}
