//! `surety attester`.

use alloy::primitives::Address;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Shown, args};
use crate::attester::{self, Statement, parse_attribute, parse_level};
use crate::chain::Context;
use crate::time::parse_timestamp;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
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
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
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
