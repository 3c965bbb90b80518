//! `surety provider`.

use alloy::primitives::Address;
use anyhow::{Result, ensure};
use clap::{Args, Subcommand};

use super::capacity::Commit;
use super::{Shown, args};
use crate::amount::{Amount, Part};
use crate::attester::{self, parse_attribute};
use crate::chain::Context;
use crate::ids::{DealId, FaultId, OfferId};
use crate::provider::{Profile, Terms, TermsChange};
use crate::time::parse_timestamp;
use crate::{delegator, faults, offer, prober, provider};

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Become a provider: set terms, publish a profile
    Register(Register),
    /// Stake, locks, terms and credits of a provider
    Show {
        #[arg(value_parser = args::address)]
        provider: Option<Address>,
    },
    /// Stake own FLT, which answers first
    Stake {
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
    },
    /// Take own stake out; it can be withdrawn after 21 days
    Exit {
        /// Whole FLT, or `all`
        #[arg(allow_negative_numbers = true)]
        amount: Part,
    },
    /// Return exits that have not matured to active stake
    CancelExit {
        /// Day of the exit; without it all
        day: Option<u32>,
    },
    /// Withdraw matured exits
    Withdraw {
        /// Day of the exit; without it all
        day: Option<u32>,
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
    /// Change terms; what is worse for stakers waits for the thaw
    Terms(TermsArgs),
    /// Give a hot key roles
    Key {
        #[arg(value_parser = args::address)]
        key: Address,
        /// Of stake, offer, serve, prove, claim, customer; by comma; `none` takes all away
        #[arg(long, value_parser = args::key_roles)]
        roles: u32,
        /// When the key ends
        #[arg(long, value_parser = parse_timestamp, default_value = "2100-01-01")]
        expiry: u64,
    },
    /// Register who may receive, from three days on
    #[command(subcommand)]
    Payee(Payee),
    /// Say something about oneself, such as an attribute without an attester
    Declare {
        #[arg(value_parser = parse_attribute)]
        attribute: u16,
        #[arg(long, default_value_t = 0)]
        value: u64,
        #[arg(long, value_parser = parse_timestamp)]
        expiry: u64,
    },
    /// Create, change and remove offers
    #[command(subcommand)]
    Offer(Offer),
    /// Start to serve a slot that was assigned
    Ready { deal: DealId, slot: u8 },
    /// Refuse a slot that was assigned, without penalty
    Decline { deal: DealId, slot: u8 },
    /// Lock more FLT for a slot
    TopUp {
        deal: DealId,
        slot: u8,
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
    },
    /// Announce that the next term will not be served
    NoRenewal { deal: DealId, slot: u8 },
    /// Pledge capacity that proves itself by calculations, renew it, end it
    Commit(Commit),
    /// Prove the units of a commitment: solve, commit, answer, and be credited; Ctrl-C ends it, and nothing is lost
    Prove(super::watcher::Prove),
    /// Jobs that are proved: asked for, shown by a circuit or by receipts
    #[command(subcommand)]
    Proof(super::proof::ProviderVerb),
    /// Serve: answer challenges for every slot that it serves, ready what is assigned; Ctrl-C ends it
    Serve(super::serve::Serve),
    /// Report what probers see up, for everything that is flagged or counts as down
    Answer,
    /// Say that a failed serving will not come back: no abandonment
    Notice { deal: DealId, slot: u8, serving: u32 },
    /// Appeal against a proposed slash, with a bond
    Appeal { fault: FaultId },
    /// Take revenue, rewards and income of own stake
    Claim {
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Register {
    #[arg(long)]
    name: String,
    #[arg(long)]
    endpoint: String,
    /// Id of the company behind it, which an attester confirms
    #[arg(long, default_value_t = 0)]
    operator: u64,
    #[command(flatten)]
    terms: TermsArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct TermsArgs {
    /// Own stake needed, of all locks, in percent [registering: 10]
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    first_loss: Option<Amount>,
    /// Stakers' share of capacity FLT, in percent [registering: 30]
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    reward_share: Option<Amount>,
    /// Stakers' share of revenue, in percent [registering: 0]
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    revenue_share: Option<Amount>,
    /// Over how many days income drips [registering: 7]
    #[arg(long)]
    drip_days: Option<u16>,
    /// Most FLT that others may delegate [registering: any]
    #[arg(long, value_name = "FLT", allow_negative_numbers = true)]
    delegation_cap: Option<Amount>,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Payee {
    Add {
        #[arg(value_parser = args::address)]
        payee: Address,
    },
    Remove {
        #[arg(value_parser = args::address)]
        payee: Address,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Offer {
    /// Offer units at a price
    Create(OfferCreate),
    /// Change an offer; takes effect after two minutes
    Update {
        offer: OfferId,
        #[command(flatten)]
        change: OfferArgs,
    },
    /// Remove an offer; deals that run go on
    Remove { offer: OfferId },
    /// An offer as it is in force
    Show { offer: OfferId },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct OfferCreate {
    #[arg(long, value_parser = args::class, default_value = "cpu")]
    class: u8,
    /// Number of the region, 0 to 255
    #[arg(long)]
    region: u8,
    #[command(flatten)]
    terms: OfferArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct OfferArgs {
    #[arg(long)]
    units: Option<u32>,
    /// Stablecoin per unit and day
    #[arg(long, allow_negative_numbers = true)]
    price: Option<Amount>,
    /// Highest coverage class accepted, 2.0 to 5.0
    #[arg(long, allow_negative_numbers = true)]
    coverage_max: Option<Amount>,
    /// Declared availability in percent
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    availability: Option<Amount>,
    #[arg(long)]
    term_max: Option<u8>,
    /// Longest total duration accepted, in days
    #[arg(long)]
    duration_max: Option<u16>,
    /// Of reserved, metered; by comma
    #[arg(long, value_parser = args::payment_modes)]
    payment_modes: Option<u8>,
    /// Of none, receipts, sampled, groth16, optimistic; by comma
    #[arg(long, value_parser = args::proof_kinds)]
    proof_kinds: Option<u8>,
    /// Least notice of a customer's stop, such as 12h
    #[arg(long, value_parser = args::span)]
    notice: Option<u32>,
}

impl Verb {
    pub(super) fn moves_value(&self) -> bool {
        let is_pledge = matches!(self, Self::Commit(commit) if commit.moves_value());
        let is_commit = matches!(self, Self::Proof(verb) if verb.moves_value());
        is_pledge || is_commit || matches!(self, Self::Stake { .. } | Self::TopUp { .. } | Self::Appeal { .. })
    }

    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Register(register) => register.run(context).await,
            Self::Show { provider: Some(provider) } => Shown::of(&provider::show(context, provider).await?),
            Self::Show { provider: None } => Shown::of(&provider::show(context, context.account()?).await?),
            Self::Stake { amount } => Shown::of(&delegator::stake(context, context.account()?, amount.flt()?).await?),
            Self::Exit { amount } => Shown::of(&delegator::exit(context, context.account()?, amount).await?),
            Self::CancelExit { day } => Shown::of(&delegator::cancel_exit(context, context.account()?, day).await?),
            Self::Withdraw { day, recipient } => {
                Shown::of(&delegator::withdraw(context, context.account()?, day, recipient).await?)
            }
            Self::Terms(terms) => Shown::of(&provider::set_terms(context, terms.change()?).await?),
            Self::Key { key, roles, expiry } => Shown::of(&provider::set_key(context, key, roles, expiry).await?),
            Self::Payee(Payee::Add { payee }) => Shown::of(&provider::set_payee(context, payee, true).await?),
            Self::Payee(Payee::Remove { payee }) => Shown::of(&provider::set_payee(context, payee, false).await?),
            Self::Declare { attribute, value, expiry } => {
                Shown::of(&attester::declare(context, attribute, value, expiry).await?)
            }
            Self::Offer(offer) => offer.run(context).await,
            Self::Commit(commit) => commit.run(context).await,
            Self::Ready { deal, slot } => Shown::of(&provider::ready(context, deal, slot).await?),
            Self::Decline { deal, slot } => Shown::of(&provider::decline(context, deal, slot).await?),
            Self::TopUp { deal, slot, amount } => {
                Shown::of(&provider::top_up(context, deal, slot, amount.flt()?).await?)
            }
            Self::NoRenewal { deal, slot } => Shown::of(&provider::announce_non_renewal(context, deal, slot).await?),
            Self::Prove(prove) => prove.run(context).await,
            Self::Proof(proof) => proof.run(context).await,
            Self::Serve(serve) => serve.run(context).await,
            Self::Answer => Shown::of(&prober::answer::answer(context).await?),
            Self::Notice { deal, slot, serving } => {
                Shown::of(&faults::give_notice(context, deal, slot, serving).await?)
            }
            Self::Appeal { fault } => Shown::of(&faults::appeal(context, fault).await?),
            Self::Claim { recipient } => Shown::of(&provider::claim(context, recipient).await?),
        }
    }
}

impl Register {
    async fn run(self, context: &Context) -> Result<Shown> {
        let change = self.terms.change()?;
        let usual = Terms::default();
        let terms = Terms {
            first_loss_bps: change.first_loss_bps.unwrap_or(usual.first_loss_bps),
            reward_share_bps: change.reward_share_bps.unwrap_or(usual.reward_share_bps),
            revenue_share_bps: change.revenue_share_bps.unwrap_or(usual.revenue_share_bps),
            drip_days: change.drip_days.unwrap_or(usual.drip_days),
            delegation_cap: change.delegation_cap.unwrap_or(usual.delegation_cap),
        };
        let profile = Profile { name: self.name, endpoint: self.endpoint, operator: self.operator };
        Shown::of(&provider::register(context, profile, terms).await?)
    }
}

impl TermsArgs {
    fn change(&self) -> Result<TermsChange> {
        Ok(TermsChange {
            first_loss_bps: self.first_loss.map(Amount::percent).transpose()?,
            reward_share_bps: self.reward_share.map(Amount::percent).transpose()?,
            revenue_share_bps: self.revenue_share.map(Amount::percent).transpose()?,
            drip_days: self.drip_days,
            delegation_cap: self.delegation_cap.map(Amount::flt).transpose()?,
        })
    }
}

impl Offer {
    async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Create(create) => Shown::of(&offer::create(context, &create.terms(context)?).await?),
            Self::Update { offer, change } => {
                Shown::of(&offer::update(context, offer, &change.change(context)?).await?)
            }
            Self::Remove { offer } => Shown::of(&offer::remove(context, offer).await?),
            Self::Show { offer } => Shown::of(&offer::show(context, offer).await?),
        }
    }
}

impl OfferArgs {
    fn change(&self, context: &Context) -> Result<offer::Change> {
        Ok(offer::Change {
            units: self.units,
            price: self.price.map(|price| price.units(context.decimals())).transpose()?,
            coverage_max_bps: self.coverage_max.map(Amount::ratio).transpose()?,
            availability_bps: self.availability.map(Amount::percent).transpose()?,
            term_max_days: self.term_max,
            duration_max_days: self.duration_max,
            payment_modes: self.payment_modes,
            proof_kinds: self.proof_kinds,
            notice: self.notice,
        })
    }
}

impl OfferCreate {
    fn terms(&self, context: &Context) -> Result<offer::Terms> {
        let change = self.terms.change(context)?;
        let (Some(units), Some(price)) = (change.units, change.price) else {
            ensure!(change.units.is_some(), "An offer has units: give --units.");
            anyhow::bail!("An offer has a price: give --price.");
        };
        let usual = offer::Terms::new(self.region, units, price);
        Ok(offer::Terms {
            class: self.class,
            coverage_max_bps: change.coverage_max_bps.unwrap_or(usual.coverage_max_bps),
            availability_bps: change.availability_bps.unwrap_or(usual.availability_bps),
            term_max_days: change.term_max_days.unwrap_or(usual.term_max_days),
            duration_max_days: change.duration_max_days.unwrap_or(usual.duration_max_days),
            payment_modes: change.payment_modes.unwrap_or(usual.payment_modes),
            proof_kinds: change.proof_kinds.unwrap_or(usual.proof_kinds),
            notice: change.notice.unwrap_or(usual.notice),
            ..usual
        })
    }
}
