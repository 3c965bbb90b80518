//! `surety customer voucher`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use super::Shown;
use crate::chain::Context;
use crate::voucher;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// What a voucher pays, and what of it was paid
    Show { file: PathBuf },
    /// Pay the provider what it was not paid before; anyone may
    Redeem { file: PathBuf },
}

impl Verb {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Show { file } => Shown::of(&voucher::show(context, &voucher::read(&file)?).await?),
            Self::Redeem { file } => Shown::of(&voucher::redeem(context, &voucher::read(&file)?).await?),
        }
    }
}
