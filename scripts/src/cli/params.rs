//! `surety operator params`.

use alloy::primitives::{Address, B256};
use anyhow::Result;
use clap::Subcommand;

use super::{Shown, args};
use crate::amount::Amount;
use crate::chain::Context;
use crate::deployment::{Source, target_of};
use crate::governance::{self, Change};
use crate::operator;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Fees, timelocks, modules and price sources
    Show,
    /// Put a change into the parameter timelock, as its council
    #[command(subcommand)]
    Schedule(Parameter),
    /// What waits in the timelocks
    Pending,
    /// Make a change whose delay is over; anyone may
    Execute { operation: B256 },
    /// Take a change back, as the council
    Cancel { operation: B256 },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Parameter {
    /// Share of revenue that is a fee
    Fee {
        #[arg(value_name = "PERCENT", allow_negative_numbers = true)]
        percent: Amount,
        /// Who receives it [default: who does now]
        #[arg(long, value_parser = args::address)]
        treasury: Option<Address>,
    },
    /// What a request costs, in stablecoin
    RequestFee {
        #[arg(allow_negative_numbers = true)]
        usd: Amount,
    },
    /// Price sources, each as ADDRESS:HEARTBEAT, such as 0x...:1h
    Sources {
        #[arg(value_parser = args::source, required = true)]
        sources: Vec<Source>,
    },
    /// Share of fees that buys FLT and burns it
    BurnShare {
        #[arg(value_name = "PERCENT", allow_negative_numbers = true)]
        percent: Amount,
        /// Who has the rest [default: who does now]
        #[arg(long, value_parser = args::address)]
        treasury: Option<Address>,
    },
    /// What an epoch's pool of a class should pay
    Pool {
        #[arg(value_parser = args::class)]
        class: u8,
        /// Stablecoin a credited unit and day
        #[arg(long, allow_negative_numbers = true)]
        target: Amount,
        /// FLT a day, at least
        #[arg(long, allow_negative_numbers = true)]
        minimum: Amount,
        /// FLT a day, at most
        #[arg(long, allow_negative_numbers = true)]
        maximum: Amount,
    },
    /// What work earns on top
    Bonus {
        /// For attested customers
        #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
        attested: Amount,
        /// Of burned fees, for everybody else
        #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
        kappa: Amount,
    },
    /// Stablecoin that a pledged unit locks
    Collateral {
        #[arg(value_parser = args::class)]
        class: u8,
        #[arg(allow_negative_numbers = true)]
        usd: Amount,
    },
    /// Another class of capacity
    Class {
        number: u8,
        #[arg(long, value_parser = args::address)]
        verifier: Address,
        /// Solutions that the reference core needs for a puzzle
        #[arg(long)]
        solutions_per_puzzle: u64,
        /// Stablecoin that a unit locks
        #[arg(long, allow_negative_numbers = true)]
        collateral: Amount,
    },
    /// Another verifier of a class, for pledges and renewals in 28 days
    Verifier {
        #[arg(value_parser = args::class)]
        class: u8,
        #[arg(value_parser = args::address)]
        verifier: Address,
    },
    /// Burn what an attester secured
    SlashAttester {
        #[arg(value_parser = args::address)]
        attester: Address,
        #[arg(allow_negative_numbers = true)]
        flt: Amount,
    },
    /// List an attester, or strike one
    Attester {
        #[arg(value_parser = args::address)]
        account: Address,
        #[arg(long)]
        strike: bool,
    },
}

impl Verb {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Show => Shown::of(&operator::params(context).await?),
            Self::Schedule(parameter) => Shown::of(&governance::schedule(context, &parameter.change(context)?).await?),
            Self::Pending => Shown::of(&governance::pending(context).await?),
            Self::Execute { operation } => Shown::of(&governance::execute(context, operation).await?),
            Self::Cancel { operation } => Shown::of(&governance::cancel(context, operation).await?),
        }
    }
}

impl Parameter {
    fn change(self, context: &Context) -> Result<Change> {
        Ok(match self {
            Self::Fee { percent, treasury } => Change::Fee { bps: percent.percent()?, treasury },
            Self::RequestFee { usd } => Change::RequestFee(usd.units(context.decimals())?),
            Self::BurnShare { percent, treasury } => Change::BurnShare { bps: percent.percent()?, treasury },
            Self::Pool { class, target, minimum, maximum } => Change::Pool {
                class,
                target: target.units(context.decimals())?,
                minimum: minimum.flt()?,
                maximum: maximum.flt()?,
            },
            Self::Bonus { attested, kappa } => {
                Change::Bonus { bonus_bps: attested.percent()?, kappa_bps: kappa.percent()? }
            }
            Self::Collateral { class, usd } => Change::Collateral { class, collateral: usd.units(context.decimals())? },
            Self::Class { number, verifier, solutions_per_puzzle, collateral } => Change::Class {
                class: number,
                verifier,
                target: target_of(solutions_per_puzzle)?,
                collateral: collateral.units(context.decimals())?,
            },
            Self::Verifier { class, verifier } => Change::Verifier { class, verifier },
            Self::SlashAttester { attester, flt } => Change::SlashAttester { attester, amount: flt.flt()? },
            Self::Sources { sources } => Change::Sources(sources),
            Self::Attester { account, strike } => Change::Attester { account, is_attester: !strike },
        })
    }
}
