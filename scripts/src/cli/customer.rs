//! `surety customer`.

use alloy::primitives::{Address, B256};
use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use serde_json::json;

use super::gateway::GatewayArgs;
use super::proof::CustomerVerb;
use super::{Global, Shown, args};
use crate::amount::Amount;
use crate::chain::Context;
use crate::customer::{FULL_RESERVE_BPS, OpenArgs, Providers, RESERVE_BPS};
use crate::ids::{DealId, FaultId, OfferId};
use crate::quote::QuoteArgs;
use crate::time::parse_timestamp;
use crate::usage::METERED;
use crate::{customer, faults, provider, quote};

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// What a job would cost, and how much stake would answer for it
    Quote(Quote),
    /// Open a deal: request, prepay, and with --offers fill its slots at once
    Open(Box<Open>),
    /// Propose one offer for each slot that waits
    Choose {
        deal: DealId,
        #[arg(long, value_delimiter = ',', required = true)]
        offers: Vec<OfferId>,
    },
    /// Lock the stake of the best proposal's providers
    Activate { deal: DealId },
    /// Why offers do or do not meet a request
    Reasons {
        deal: DealId,
        #[arg(long, value_delimiter = ',', required = true)]
        offers: Vec<OfferId>,
    },
    /// Show that an offer which accepts only some accepts this request
    Admit {
        deal: DealId,
        /// Root of the offer's list
        #[arg(long)]
        root: B256,
        /// Merkle proof, by comma
        #[arg(long, value_delimiter = ',')]
        proof: Vec<B256>,
        /// The list is of applications, not of customers
        #[arg(long)]
        application: bool,
        /// The list is of verification keys
        #[arg(long, conflicts_with = "application")]
        verification_key: bool,
    },
    /// Take a request back that no provider was assigned to
    Cancel { deal: DealId },
    /// Add stablecoin to the escrow of a deal
    Fund {
        deal: DealId,
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
    },
    /// A deal and its slots
    Status { deal: DealId },
    /// End a deal after its notice
    Stop { deal: DealId },
    /// Leave a slot whose margin call was not cured
    Leave { deal: DealId, slot: u8 },
    /// Leave as `leave` does, and let a standby take the slot
    Replace { deal: DealId, slot: u8 },
    /// Say that a slot is down; unless probers confirm it within ten minutes, the slot ends after its notice
    Flag { deal: DealId, slot: u8 },
    /// Pay for what runs: forward invocations, measure them, sign vouchers; and say who may sign
    Gateway(GatewayArgs),
    /// Vouchers that gateways signed
    #[command(subcommand)]
    Voucher(super::voucher::Verb),
    /// Proofs of computation: ask for them, download them, check them
    #[command(subcommand)]
    Proof(CustomerVerb),
    /// Appeal against a proposed slash, with a bond
    Appeal { fault: FaultId },
    /// Take back what is left of a deal that has ended
    Refund {
        deal: DealId,
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
    /// Take the account's credit, such as royalties
    Claim {
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Quote {
    /// What the job costs in all, in stablecoin
    #[arg(long, allow_negative_numbers = true)]
    job_value: Amount,
    /// Days of the whole job [default: one term]
    #[arg(long)]
    days: Option<u16>,
    /// Days of a term, 1 to 14
    #[arg(long, default_value_t = 14)]
    term: u8,
    #[arg(long, default_value_t = 1)]
    slots: u8,
    /// How many times the value at stake is locked, 2.0 to 5.0
    #[arg(long, default_value = "3.0", allow_negative_numbers = true)]
    coverage: Amount,
    /// What counts as at stake: remaining, term or whole
    #[arg(long, value_parser = args::exposure, default_value = "remaining")]
    exposure: u8,
    /// Provider's own stake, of the lock, in percent; you are compensated from it alone
    #[arg(long, default_value = "10", value_name = "PERCENT", allow_negative_numbers = true)]
    first_loss: Amount,
    /// Providers that wait to take over, at 2 % of their price, at most 4
    #[arg(long, default_value_t = 0)]
    standbys: u8,
    /// Standbys lock as much as slots, not a fifth of it
    #[arg(long)]
    full_reserve: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Open {
    /// Content id, such as an IPFS CID
    #[arg(long)]
    application: String,
    /// Units of each slot
    #[arg(long)]
    units: u32,
    /// Highest price, in stablecoin per unit and day
    #[arg(long, allow_negative_numbers = true)]
    price_max: Amount,
    /// Days of the whole job [default: one term]
    #[arg(long)]
    days: Option<u16>,
    /// Days of a term, 1 to 14
    #[arg(long, default_value_t = 14)]
    term: u8,
    #[arg(long, default_value_t = 1)]
    slots: u8,
    #[arg(long, value_parser = args::class, default_value = "cpu")]
    class: u8,
    /// Regions by comma [default: any]
    #[arg(long, value_delimiter = ',')]
    regions: Vec<u8>,
    #[arg(long, default_value = "10", value_name = "PERCENT", allow_negative_numbers = true)]
    first_loss: Amount,
    #[arg(long, default_value = "3.0", allow_negative_numbers = true)]
    coverage: Amount,
    #[arg(long, value_parser = args::exposure, default_value = "remaining")]
    exposure: u8,
    #[arg(long, value_parser = args::proof_kind, default_value = "none")]
    proof: u8,
    /// Key of the circuit that proofs are of, where they are of kind groth16
    #[arg(long, value_name = "HASH")]
    verification_key: Option<B256>,
    /// reserved: by time; metered: by what ran, as gateways sign it
    #[arg(long, value_parser = args::payment_mode, default_value = "reserved")]
    payment: u8,
    /// As --payment metered
    #[arg(long, conflicts_with = "payment")]
    metered: bool,
    /// Published modules that the application runs, whose authors get royalties, by comma
    #[arg(long, value_name = "FILE_OR_HASH", value_parser = args::module, value_delimiter = ',')]
    module: Vec<B256>,
    /// Notice of a stop, such as 12h
    #[arg(long, value_parser = args::span, default_value = "0s")]
    notice: u32,
    /// When the request lapses [default: in a day]
    #[arg(long, value_parser = parse_timestamp)]
    expiry: Option<u64>,
    #[arg(long, value_parser = args::address)]
    resolver: Option<Address>,
    /// Only these providers, by comma
    #[arg(long, value_parser = args::address, value_delimiter = ',', conflicts_with = "deny")]
    allow: Vec<Address>,
    /// All but these providers, by comma
    #[arg(long, value_parser = args::address, value_delimiter = ',')]
    deny: Vec<Address>,
    /// Attributes with their levels, such as carbon-neutral:attested, by comma
    #[arg(long, value_parser = args::criterion, value_delimiter = ',')]
    require: Vec<(u16, u8)>,
    /// Providers that wait to take over, at 2 % of their price, at most 4
    #[arg(long, default_value_t = 0)]
    standbys: u8,
    /// Standbys lock as much as slots, not a fifth of it
    #[arg(long)]
    full_reserve: bool,
    /// Part of the time that the slots together should be up, such as 99.9 [default: no target]
    #[arg(long, value_name = "PERCENT", value_parser = args::availability)]
    availability: Option<u32>,
    /// Stablecoin for whoever proposes the offers that are activated
    #[arg(long, default_value = "0", allow_negative_numbers = true)]
    tip: Amount,
    /// Stablecoin to prepay [default: one term at the highest price, retainers included]
    #[arg(long, allow_negative_numbers = true)]
    prepaid: Option<Amount>,
    /// Offers that take the slots at once, then the standbys, by comma
    #[arg(long, value_delimiter = ',')]
    offers: Vec<OfferId>,
}

impl Verb {
    pub(super) fn moves_value(&self) -> bool {
        let is_gateway = matches!(self, Self::Gateway(gateway) if gateway.moves_value());
        is_gateway || matches!(self, Self::Open(_) | Self::Fund { .. } | Self::Appeal { .. })
    }

    pub(super) async fn run(self, context: &Context, global: &Global) -> Result<Shown> {
        match self {
            Self::Quote(quote) => quote.run(context, global).await,
            Self::Open(open) => Shown::of(&customer::open(context, &open.args(context)?).await?),
            Self::Choose { deal, offers } => Shown::of(&customer::choose(context, deal, &offers).await?),
            Self::Activate { deal } => Shown::of(&customer::activate(context, deal).await?),
            Self::Reasons { deal, offers } => Shown::of(&customer::reasons(context, deal, &offers).await?),
            Self::Admit { deal, root, proof, application, verification_key } => {
                if verification_key {
                    customer::admit_key(context, deal, root, proof).await?;
                } else {
                    customer::admit(context, deal, root, proof, application).await?;
                }
                Shown::of(&json!({ "deal": deal, "root": root }))
            }
            Self::Cancel { deal } => {
                customer::cancel(context, deal).await?;
                Shown::of(&json!({ "deal": deal, "is_cancelled": true }))
            }
            Self::Fund { deal, amount } => {
                Shown::of(&customer::fund(context, deal, amount.units(context.decimals())?).await?)
            }
            Self::Status { deal } => Shown::of(&customer::status(context, deal).await?),
            Self::Stop { deal } => Shown::of(&customer::stop(context, deal).await?),
            Self::Leave { deal, slot } => Shown::of(&customer::leave(context, deal, slot).await?),
            Self::Replace { deal, slot } => Shown::of(&faults::replace(context, deal, slot).await?),
            Self::Flag { deal, slot } => Shown::of(&faults::flag(context, deal, slot).await?),
            Self::Gateway(gateway) => gateway.run(context).await,
            Self::Voucher(verb) => verb.run(context).await,
            Self::Proof(verb) => verb.run(context, global).await,
            Self::Appeal { fault } => Shown::of(&faults::appeal(context, fault).await?),
            Self::Refund { deal, recipient } => Shown::of(&customer::refund(context, deal, recipient).await?),
            Self::Claim { recipient } => {
                let recipient = recipient.map_or_else(|| context.account(), Ok)?;
                let claimed = provider::claim_credit(context, recipient).await?;
                Shown::of(&json!({ "recipient": recipient, "claimed": claimed }))
            }
        }
    }
}

fn reserve(is_full: bool) -> u16 {
    if is_full { FULL_RESERVE_BPS } else { RESERVE_BPS }
}

impl Quote {
    async fn run(self, context: &Context, global: &Global) -> Result<Shown> {
        let args = QuoteArgs {
            job_value: self.job_value.units(context.decimals())?,
            slots: self.slots,
            term_days: self.term,
            duration_days: self.days.unwrap_or(self.term.into()),
            coverage_bps: self.coverage.ratio()?,
            exposure: self.exposure,
            first_loss_bps: self.first_loss.percent()?,
            standbys: self.standbys,
            reserve_bps: reserve(self.full_reserve),
        };
        let mut found = quote::quote(context, &args).await?;
        if let Some(url) = &global.api_url {
            found.api = Some(quote::from_api(url, &found).await?);
        }
        Ok(Shown::of(&found)?.with_text(found.text()))
    }
}

impl Open {
    fn args(&self, context: &Context) -> Result<OpenArgs> {
        let decimals = context.decimals();
        ensure!(self.allow.is_empty() || self.deny.is_empty(), "Give --allow or --deny, not both.");
        let providers = match self.allow.as_slice() {
            [] => Providers::AllBut(self.deny.clone()),
            allow => Providers::Only(allow.to_vec()),
        };
        Ok(OpenArgs {
            application: self.application.clone(),
            class: self.class,
            units: self.units,
            slots: self.slots,
            price_max: self.price_max.units(decimals)?,
            term_days: self.term,
            duration_days: self.days.unwrap_or(self.term.into()),
            regions: self.regions.clone(),
            first_loss_min_bps: self.first_loss.percent()?,
            coverage_bps: self.coverage.ratio()?,
            exposure: self.exposure,
            proof_kind: self.proof,
            payment_mode: if self.metered { METERED } else { self.payment },
            modules: self.module.clone(),
            verification_key: self.verification_key.unwrap_or_default(),
            notice: self.notice,
            expiry: self.expiry,
            resolver: self.resolver.unwrap_or_default(),
            providers,
            criteria: self.require.clone(),
            prepaid: self.prepaid.map(|prepaid| prepaid.units(decimals)).transpose()?,
            standbys: self.standbys,
            reserve_bps: reserve(self.full_reserve),
            availability_ppm: self.availability.unwrap_or_default(),
            tip: self.tip.units(decimals)?,
            offers: self.offers.clone(),
        })
    }
}
