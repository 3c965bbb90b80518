//! `surety attester`.

use alloy::primitives::Address;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Shown, args};
use crate::amount::Amount;
use crate::attester::{self, Statement, parse_attribute, parse_level};
use crate::chain::Context;
use crate::time::parse_timestamp;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Stake what is missing and lock it for the attester's word: what a listed attester begins with
    Register {
        #[arg(allow_negative_numbers = true)]
        flt: Amount,
    },
    /// Lock own stake for the attester's word, or renew the lock
    Secure {
        #[arg(allow_negative_numbers = true)]
        flt: Amount,
    },
    /// Vouch for an attribute of a provider or customer
    Attest(Attest),
    /// Take an own attestation back
    Revoke {
        #[arg(value_parser = args::address)]
        subject: Address,
        #[arg(value_parser = parse_attribute)]
        attribute: u16,
        #[arg(long, value_parser = parse_level, default_value = "attested")]
        level: u8,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Attest {
    #[arg(value_parser = args::address)]
    subject: Address,
    /// Such as carbon-neutral or region:3
    #[arg(value_parser = parse_attribute)]
    attribute: u16,
    /// attested or audited
    #[arg(long, value_parser = parse_level, default_value = "attested")]
    level: u8,
    /// Operator id or hardware code, where the attribute has one
    #[arg(long, default_value_t = 0)]
    value: u64,
    /// Last moment at which it counts
    #[arg(long, value_parser = parse_timestamp)]
    expiry: u64,
}

impl Verb {
    pub(super) fn moves_value(&self) -> bool {
        matches!(self, Self::Register { .. } | Self::Secure { .. })
    }

    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Register { flt } => Shown::of(&attester::register(context, flt.flt()?).await?),
            Self::Secure { flt } => Shown::of(&attester::secure(context, flt.flt()?).await?),
            Self::Attest(Attest { subject, attribute, level, value, expiry }) => {
                let statement = Statement { subject, attribute, level, value, expiry };
                Shown::of(&attester::attest(context, &statement).await?)
            }
            Self::Revoke { subject, attribute, level } => {
                attester::revoke(context, subject, attribute, level).await?;
                let attribute = attester::attribute_name(attribute);
                Shown::of(&json!({ "subject": subject, "attribute": attribute, "is_revoked": true }))
            }
        }
    }
}
