//! `surety resolver`.

use anyhow::Result;
use clap::{Subcommand, ValueEnum};

use super::Shown;
use crate::chain::Context;
use crate::faults;
use crate::ids::FaultId;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Decide an appeal within 36 hours
    Decide { fault: FaultId, verdict: Verdict },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verdict {
    Guilty,
    Innocent,
}

impl Verb {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Decide { fault, verdict } => {
                Shown::of(&faults::resolve(context, fault, verdict == Verdict::Guilty).await?)
            }
        }
    }
}
