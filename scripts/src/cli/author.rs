//! `surety author`.

use alloy::primitives::{Address, B256};
use anyhow::Result;
use clap::Subcommand;

use super::{Shown, args};
use crate::amount::Amount;
use crate::author;
use crate::chain::Context;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Publish a module, whose author is the signer: do it before you show the module to anybody
    Publish {
        /// The module, or the keccak256 of its content
        #[arg(value_name = "FILE_OR_HASH", value_parser = args::module)]
        module: B256,
        /// Stablecoin per unit and day, on top of the offer's price; 0 gives it away
        #[arg(long, allow_negative_numbers = true)]
        royalty: Amount,
        /// Where the content is
        #[arg(long)]
        uri: String,
    },
    /// Change the royalty for deals that are opened from two minutes on
    Royalty {
        #[arg(value_name = "FILE_OR_HASH", value_parser = args::module)]
        module: B256,
        #[arg(allow_negative_numbers = true)]
        royalty: Amount,
    },
    /// Share out the royalties of deals that name own modules, and take the account's credit
    Claim {
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
}

impl Verb {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        let decimals = context.decimals();
        match self {
            Self::Publish { module, royalty, uri } => {
                Shown::of(&author::publish(context, module, royalty.units(decimals)?, &uri).await?)
            }
            Self::Royalty { module, royalty } => {
                Shown::of(&author::set_royalty(context, module, royalty.units(decimals)?).await?)
            }
            Self::Claim { recipient } => {
                let recipient = recipient.map_or_else(|| context.account(), Ok)?;
                Shown::of(&author::claim(context, recipient).await?)
            }
        }
    }
}
