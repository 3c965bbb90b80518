//! `surety keeper`.

use alloy::primitives::Address;
use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::{Shown, args, capacity};
use crate::chain::Context;
use crate::ids::{DealId, LockId};
use crate::keeper;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
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
}

impl Verb {
    pub(super) fn moves_value(&self) -> bool {
        matches!(self, Self::Capacity(capacity::Verb::BuyFees { .. }))
    }

    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
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
            Self::Observe => Shown::of(&keeper::observe(context).await?),
        }
    }
}
