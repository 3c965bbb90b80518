//! `surety customer proof` and `surety provider proof`.

use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use super::{Global, Shown, args};
use crate::chain::Context;
use crate::ids::{DealId, JobId};
use crate::proof::bundle::{self, Bundle};
use crate::proof::circuit::{self, Circuit, Work};
use crate::proof::{self, Receipt, check, gather};
use crate::wallet;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum CustomerVerb {
    /// An attestation as a bundle that anybody can check against the chain alone: from --api-url, or from the chain without it
    Get { id: JobId },
    /// Check a bundle against the chain alone; needs no deployment file, but compares it where there is one
    Verify(Verify),
    /// Ask for a proof that something is computed from now on
    Ask(Ask),
    /// Sign that a job has this output, for its provider to prove by receipts; the key is the customer's or a gateway's
    Receipt(SignReceipt),
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ProviderVerb {
    /// Ask for a job, whose seed enters the work
    Ask(Ask),
    /// Prove a job: by its circuit, or by the customer's receipt
    Prove(Prove),
    /// The key of a circuit, for demonstrations
    Key {
        circuit: Circuit,
        /// Put it on chain, if it is not
        #[arg(long)]
        register: bool,
    },
    /// Roots of a computation's input and output
    Roots { work: PathBuf },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Verify {
    /// As `get` prints it
    file: PathBuf,
    /// The contract `Proofs` that is believed; without it that of --deployment
    #[arg(long, value_parser = args::address, value_name = "ADDRESS")]
    proofs: Option<Address>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Ask {
    /// DEAL/SLOT
    #[arg(value_parser = args::deal_slot)]
    slot: (DealId, u8),
    /// Of the input, never zero
    #[arg(long, required_unless_present = "work")]
    input_root: Option<B256>,
    /// Computation of a circuit, whose input it is
    #[arg(long, value_name = "FILE", conflicts_with = "input_root")]
    work: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct SignReceipt {
    job: JobId,
    #[arg(long)]
    output_root: B256,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Prove {
    job: JobId,
    /// Computation of a circuit, with its secrets
    #[arg(long, value_name = "FILE", required_unless_present = "receipt")]
    work: Option<PathBuf>,
    /// What `customer proof receipt` printed
    #[arg(long, value_name = "FILE", conflicts_with = "work")]
    receipt: Option<PathBuf>,
}

impl CustomerVerb {
    pub(super) async fn run(self, context: &Context, global: &Global) -> Result<Shown> {
        match self {
            Self::Get { id } => get(global, id).await,
            Self::Verify(verify) => verify.run(global).await,
            Self::Ask(ask) => ask.run(context).await,
            Self::Receipt(SignReceipt { job, output_root }) => {
                let receipt = proof::receipt(context, job, output_root).await?;
                // A file for the provider, whoever looks at it before.
                Ok(Shown::of(&receipt)?.with_text(serde_json::to_string_pretty(&receipt)?))
            }
        }
    }

    /// What needs no deployment.
    pub(super) async fn run_alone(self, global: &Global) -> Result<Shown> {
        match self {
            Self::Get { id } => get(global, id).await,
            Self::Verify(verify) => verify.run(global).await,
            verb @ (Self::Ask(_) | Self::Receipt(_)) => verb.run(&global.context().await?, global).await,
        }
    }
}

impl ProviderVerb {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Ask(ask) => ask.run(context).await,
            Self::Prove(prove) => prove.run(context).await,
            Self::Key { circuit, register: true } => Shown::of(&circuit::register(context, circuit).await?),
            Self::Key { circuit, register: false } => Shown::of(&circuit::show(context, circuit).await?),
            Self::Roots { work } => Shown::of(&Work::read(&work)?.roots()?),
        }
    }
}

/// From the API if one is named, otherwise from the chain of a deployment.
async fn get(global: &Global, id: JobId) -> Result<Shown> {
    let bundle = match &global.api_url {
        Some(url) => bundle::download(url, id).await?,
        None => gather::gather(&global.context().await?, id).await?,
    };
    Ok(Shown::of(&bundle)?.with_text(serde_json::to_string_pretty(&bundle)?))
}

impl Ask {
    async fn run(self, context: &Context) -> Result<Shown> {
        let (deal, slot) = self.slot;
        let input_root = match (self.work, self.input_root) {
            (Some(work), _) => Work::read(&work)?.roots()?.input_root,
            (None, root) => root.context("Name the input: give --input-root or --work.")?,
        };
        Shown::of(&proof::ask(context, deal, slot, input_root).await?)
    }
}

impl Prove {
    async fn run(self, context: &Context) -> Result<Shown> {
        if let Some(work) = self.work {
            return Shown::of(&circuit::prove(context, self.job, Work::read(&work)?).await?);
        }
        let path = self.receipt.context("Name the proof: give --work or --receipt.")?;
        let name = path.display();
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading the receipt {name}"))?;
        let theirs: Receipt = serde_json::from_str(&text).with_context(|| format!("{name} is no receipt"))?;
        anyhow::ensure!(theirs.job == self.job, "{name} is of job {}, not of job {}", theirs.job, self.job);
        Shown::of(&proof::prove_receipts(context, &theirs).await?)
    }
}

impl Verify {
    async fn run(self, global: &Global) -> Result<Shown> {
        let bundle = Bundle::read(&self.file)?;
        let (provider, _) = wallet::connect(&global.rpc_url, None).await?;
        let known = match self.proofs {
            Some(proofs) => Some(proofs),
            None => global.known(bundle.chain_id)?.map(|deployment| deployment.contracts.proofs),
        };
        let verified = check::check(&provider, &bundle, known).await?;
        if known.is_none() {
            tracing::warn!(
                "No deployment was named: compare {} with the address of `Proofs` that you believe, or give it by --proofs.",
                verified.proofs
            );
        }
        let is_shown = verified.is_shown();
        Ok(Shown::of(&verified)?.refused_if(!is_shown))
    }
}
