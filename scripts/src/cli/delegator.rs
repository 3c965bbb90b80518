//! `surety delegator`.

use alloy::primitives::Address;
use anyhow::Result;
use clap::Subcommand;

use super::{Shown, args};
use crate::amount::{Amount, Part};
use crate::chain::Context;
use crate::delegator;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Back a provider with FLT
    Stake {
        #[arg(value_parser = args::address)]
        provider: Address,
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
    },
    /// Take stake out; it can be withdrawn after 21 days
    Exit {
        #[arg(value_parser = args::address)]
        provider: Address,
        /// Whole FLT, or `all`
        #[arg(allow_negative_numbers = true)]
        amount: Part,
    },
    /// Return exits that have not matured to active stake
    CancelExit {
        #[arg(value_parser = args::address)]
        provider: Address,
        /// Day of the exit; without it all
        day: Option<u32>,
    },
    /// Withdraw matured exits
    Withdraw {
        #[arg(value_parser = args::address)]
        provider: Address,
        /// Day of the exit; without it all
        day: Option<u32>,
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
    /// Name the provider to which an exit goes; once it has matured, move it there
    Redelegate {
        #[arg(value_parser = args::address)]
        provider: Address,
        /// Day of the exit
        day: u32,
        #[arg(value_parser = args::address)]
        target: Address,
    },
    /// Take the income of a position
    Claim {
        #[arg(value_parser = args::address)]
        provider: Address,
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
    /// Positions and exits of an account
    Positions {
        #[arg(value_parser = args::address)]
        account: Option<Address>,
    },
}

impl Verb {
    pub(super) fn moves_value(&self) -> bool {
        matches!(self, Self::Stake { .. })
    }

    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Stake { provider, amount } => Shown::of(&delegator::stake(context, provider, amount.flt()?).await?),
            Self::Exit { provider, amount } => Shown::of(&delegator::exit(context, provider, amount).await?),
            Self::CancelExit { provider, day } => Shown::of(&delegator::cancel_exit(context, provider, day).await?),
            Self::Withdraw { provider, day, recipient } => {
                Shown::of(&delegator::withdraw(context, provider, day, recipient).await?)
            }
            Self::Redelegate { provider, day, target } => {
                Shown::of(&delegator::redelegate(context, provider, day, target).await?)
            }
            Self::Claim { provider, recipient } => Shown::of(&delegator::claim(context, provider, recipient).await?),
            Self::Positions { account: Some(account) } => Shown::of(&delegator::positions(context, account).await?),
            Self::Positions { account: None } => Shown::of(&delegator::positions(context, context.account()?).await?),
        }
    }
}
