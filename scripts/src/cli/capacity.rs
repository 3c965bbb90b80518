//! `surety provider commit`, and what a keeper does for capacity and fees.

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use super::{Shown, args};
use crate::amount::Amount;
use crate::chain::Context;
use crate::commitment;
use crate::ids::{CommitmentId, DealId};
use crate::keeper::{capacity, fees};
use crate::time::DAY;

/// Pledges units, or with a verb looks at and changes what was pledged.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Commit {
    #[command(subcommand)]
    verb: Option<CommitVerb>,
    #[command(flatten)]
    units: Option<Units>,
    /// Days of the term, 1 to 14
    #[arg(long, default_value_t = 14)]
    term: u8,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Units {
    /// Units that will prove themselves, from the next day on
    #[arg(long)]
    units: u16,
    #[arg(long, value_parser = args::class, default_value = "cpu")]
    class: u8,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum CommitVerb {
    /// What units would lock, and what their day's pool is
    Quote(Units),
    /// A commitment, what it earned last and what waits
    Show { commitment: CommitmentId },
    /// Another term, in the last day of the running one
    Renew {
        commitment: CommitmentId,
        #[arg(long, default_value_t = 14)]
        term: u8,
    },
    /// Make the running day the last; the lock stays to its end
    End { commitment: CommitmentId },
}

impl Commit {
    pub(super) fn moves_value(&self) -> bool {
        matches!(self.verb, None | Some(CommitVerb::Renew { .. }))
    }

    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self.verb {
            Some(CommitVerb::Quote(Units { units, class })) => {
                Shown::of(&commitment::quote(context, context.account()?, class, units).await?)
            }
            Some(CommitVerb::Show { commitment }) => Shown::of(&commitment::show(context, commitment).await?),
            Some(CommitVerb::Renew { commitment, term }) => {
                Shown::of(&commitment::renew(context, commitment, term).await?)
            }
            Some(CommitVerb::End { commitment }) => Shown::of(&commitment::end(context, commitment).await?),
            None => {
                let Units { units, class } = self.units.context("Say how many units: give --units.")?;
                Shown::of(&commitment::pledge(context, class, units, self.term).await?)
            }
        }
    }
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Fix the seed of the running window, and in a day's first one its targets and pools
    OpenWindow,
    /// Count a claim of a window, which may ask for one of its leaves
    Draw { commitment: CommitmentId, window: u32 },
    /// Credit the next day of a commitment, and pay the one before
    Credit { commitment: CommitmentId },
    /// Pay what a commitment earned, a day after its credit
    ReleaseReward { commitment: CommitmentId },
    /// Excuse units that served an attested customer from proving
    Excuse {
        commitment: CommitmentId,
        /// Day of the work, as days since 1970 or a date
        #[arg(value_parser = epoch)]
        epoch: u32,
        /// As DEAL or DEAL/SLOT
        #[arg(value_parser = args::deal_slot)]
        slot: (DealId, u8),
    },
    /// Convict a commitment whose leaf is overdue: of an audit, or of a demand at a position
    ConvictOverdue {
        commitment: CommitmentId,
        window: u32,
        #[arg(long)]
        position: Option<u32>,
    },
    /// Resize the next pool of a class by the price of now
    Adjust {
        #[arg(value_parser = args::class, default_value = "cpu")]
        class: u8,
    },
    /// Return what nobody earned of a day's pool to the funds, ten days after it
    SweepPool {
        #[arg(value_parser = epoch)]
        epoch: u32,
        #[arg(long, value_parser = args::class, default_value = "cpu")]
        class: u8,
    },
    /// Take the fees that deals owe, for the burn and the treasury
    CollectFees,
    /// The fees that are for sale, and what they cost now
    Lot,
    /// Buy collected fees for FLT, which is burned
    BuyFees {
        /// Stablecoin to buy [default: all]
        #[arg(long, allow_negative_numbers = true)]
        amount: Option<Amount>,
        /// Most FLT to give [default: what it costs now]
        #[arg(long, allow_negative_numbers = true)]
        cost_max: Option<Amount>,
    },
    /// Note which part of a slot's fee is to be burned
    RecordFee { deal: DealId, slot: u8 },
    /// Reward a slot's provider and stakers for a fee that was burned
    RewardFee { deal: DealId, slot: u8 },
}

impl Verb {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::OpenWindow => Shown::of(&capacity::open_window(context).await?),
            Self::Draw { commitment, window } => Shown::of(&capacity::draw(context, commitment, window).await?),
            Self::Credit { commitment } => Shown::of(&capacity::credit(context, commitment).await?),
            Self::ReleaseReward { commitment } => Shown::of(&capacity::release_reward(context, commitment).await?),
            Self::Excuse { commitment, epoch, slot: (deal, slot) } => {
                Shown::of(&capacity::excuse(context, commitment, epoch, deal, slot).await?)
            }
            Self::ConvictOverdue { commitment, window, position } => {
                Shown::of(&capacity::convict_overdue(context, commitment, window, position).await?)
            }
            Self::Adjust { class } => Shown::of(&capacity::adjust(context, class).await?),
            Self::SweepPool { epoch, class } => Shown::of(&capacity::sweep(context, class, epoch).await?),
            Self::CollectFees => Shown::of(&fees::collect(context).await?),
            Self::Lot => Shown::of(&fees::lot(context).await?),
            Self::BuyFees { amount, cost_max } => {
                let amount = amount.map(|amount| amount.units(context.decimals())).transpose()?;
                let cost_max = cost_max.map(Amount::flt).transpose()?;
                Shown::of(&fees::buy(context, amount, cost_max).await?)
            }
            Self::RecordFee { deal, slot } => Shown::of(&fees::record(context, deal, slot).await?),
            Self::RewardFee { deal, slot } => Shown::of(&fees::reward(context, deal, slot).await?),
        }
    }
}

/// A day as a number or a date.
fn epoch(text: &str) -> Result<u32, String> {
    if let Ok(epoch) = text.parse() {
        return Ok(epoch);
    }
    let seconds = crate::time::parse_timestamp(text)?;
    u32::try_from(seconds / DAY).map_err(|_| format!("`{text}` is no day: write 2026-05-01 or days since 1970"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_number_or_a_date() {
        assert_eq!((epoch("20574"), epoch("2026-05-01")), (Ok(20_574), Ok(20_574)));
        assert!(epoch("yesterday").is_err());
    }
}
