//! `surety customer proof` and `surety provider proof`.

use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use super::{Global, Shown, args};
use crate::chain::Context;
use crate::ids::{DealId, JobId};
use crate::proof::batch::Batch;
use crate::proof::bundle::{self, Bundle};
use crate::proof::circuit::{self, Circuit, Source, Work};
use crate::proof::kept::Folder;
use crate::proof::sampled;
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
    #[command(flatten)]
    Sampled(SampledVerb),
}

/// What both sides can do with a job that is proved by samples.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum SampledVerb {
    /// How far a sampled job has come, and what can be done next
    Sample { job: JobId },
    /// Do the next step of a sampled job: draw, open, show plants, finish or close; `provider serve` does it by itself
    Advance {
        job: JobId,
        /// Folder of sampled jobs, of who proves them
        #[arg(long, value_name = "FOLDER")]
        jobs: Option<PathBuf>,
    },
    /// Take what re-executions earned, and what of a sample nobody earned
    Claim {
        #[arg(long, value_parser = args::address)]
        recipient: Option<Address>,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ProviderVerb {
    /// Ask for a job, whose seed enters the work
    Ask(Ask),
    /// Prove a job: by its circuit, by the customer's receipt, or by a batch whose outputs are committed to and sampled
    Prove(Prove),
    /// A circuit's key: of a file, or without one that for demonstrations
    Key(Key),
    /// Make keys of a circuit from randomness that is forgotten; whoever does not believe that needs a ceremony
    MakeKeys {
        circuit: Circuit,
        #[arg(long, value_name = "FILE")]
        proving_key: PathBuf,
        #[arg(long, value_name = "FILE")]
        verifying_key: PathBuf,
    },
    /// Roots of a computation's input and output
    Roots { work: PathBuf },
    #[command(flatten)]
    Sampled(SampledVerb),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Key {
    #[arg(required_unless_present = "verifying_key")]
    circuit: Option<Circuit>,
    /// Proving key of the circuit, as arkworks writes it
    #[arg(long, value_name = "FILE")]
    proving_key: Option<PathBuf>,
    /// Verification key, 704 bytes as the contract takes them; of which circuit it is one has to know
    #[arg(long, value_name = "FILE", conflicts_with_all = ["circuit", "proving_key"])]
    verifying_key: Option<PathBuf>,
    /// Put it on chain, if it is not
    #[arg(long)]
    register: bool,
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
    #[arg(long, required_unless_present_any = ["work", "batch"])]
    input_root: Option<B256>,
    /// Computation of a circuit, whose input it is
    #[arg(long, value_name = "FILE", conflicts_with = "input_root")]
    work: Option<PathBuf>,
    /// Module and inputs that it is of
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input_root", "work"])]
    batch: Option<PathBuf>,
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
    #[arg(long, value_name = "FILE", required_unless_present_any = ["receipt", "batch"])]
    work: Option<PathBuf>,
    /// Proving key of its circuit, as arkworks writes it; without it that for demonstrations
    #[arg(long, value_name = "FILE", requires = "work")]
    proving_key: Option<PathBuf>,
    /// What `customer proof receipt` printed
    #[arg(long, value_name = "FILE", conflicts_with = "work")]
    receipt: Option<PathBuf>,
    /// Module and inputs: every chunk is computed, kept, and committed to
    #[arg(long, value_name = "FILE", conflicts_with_all = ["work", "receipt"])]
    batch: Option<PathBuf>,
    /// Wrong outputs to plant among those that are served: who copies them is found
    #[arg(long, value_name = "COUNT", default_value_t = 0, requires = "batch")]
    plants: u32,
    /// Folder of sampled jobs [target/surety/jobs/CHAIN/SAMPLED/PROVIDER]
    #[arg(long, value_name = "FOLDER", requires = "batch")]
    jobs: Option<PathBuf>,
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
            Self::Sampled(verb) => verb.run(context).await,
        }
    }

    /// What needs no deployment.
    pub(super) async fn run_alone(self, global: &Global) -> Result<Shown> {
        match self {
            Self::Get { id } => get(global, id).await,
            Self::Verify(verify) => verify.run(global).await,
            verb @ (Self::Ask(_) | Self::Receipt(_) | Self::Sampled(_)) => {
                verb.run(&global.context().await?, global).await
            }
        }
    }
}

impl ProviderVerb {
    /// Samples are paid for by whoever commits.
    pub(super) fn moves_value(&self) -> bool {
        matches!(self, Self::Prove(prove) if prove.batch.is_some())
    }

    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Ask(ask) => ask.run(context).await,
            Self::Prove(prove) => prove.run(context).await,
            Self::Key(key) => key.run(context).await,
            Self::MakeKeys { circuit, proving_key, verifying_key } => {
                Shown::of(&circuit::make(circuit, &proving_key, &verifying_key)?)
            }
            Self::Roots { work } => Shown::of(&Work::read(&work)?.roots()?),
            Self::Sampled(verb) => verb.run(context).await,
        }
    }
}

impl SampledVerb {
    async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Sample { job } => Shown::of(&sampled::show(context, job).await?),
            Self::Advance { job, jobs } => {
                let kept = folder(context, jobs)?.get(context, job)?;
                Shown::of(&sampled::advance(context, job, kept.as_ref()).await?)
            }
            Self::Claim { recipient } => {
                let recipient = recipient.map_or_else(|| context.sender(), Ok)?;
                Shown::of(&sampled::claim(context, recipient).await?)
            }
        }
    }
}

/// Of sampled jobs.
fn folder(context: &Context, named: Option<PathBuf>) -> Result<Folder> {
    named.map_or_else(|| Folder::usual(context), |path| Ok(Folder::new(path)))
}

fn source(proving_key: Option<PathBuf>) -> Source {
    proving_key.map_or(Source::Demonstration, Source::File)
}

impl Key {
    async fn run(self, context: &Context) -> Result<Shown> {
        let shown = match (self.verifying_key, self.circuit) {
            (Some(file), _) if self.register => circuit::register_file(context, &file).await?,
            (Some(file), _) => circuit::show_file(context, &file).await?,
            (None, circuit) => {
                let circuit = circuit.context("Name a circuit, or give --verifying-key.")?;
                let source = source(self.proving_key);
                match self.register {
                    true => circuit::register(context, circuit, source).await?,
                    false => circuit::show(context, circuit, source).await?,
                }
            }
        };
        Shown::of(&shown)
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
        let input_root = match (self.work, self.batch, self.input_root) {
            (Some(work), ..) => Work::read(&work)?.roots()?.input_root,
            (None, Some(batch), _) => Batch::read(&batch)?.input()?.root(),
            (None, None, root) => root.context("Name the input: give --input-root, --work or --batch.")?,
        };
        Shown::of(&proof::ask(context, deal, slot, input_root).await?)
    }
}

impl Prove {
    async fn run(self, context: &Context) -> Result<Shown> {
        if let Some(work) = self.work {
            let source = source(self.proving_key);
            return Shown::of(&circuit::prove(context, self.job, Work::read(&work)?, source).await?);
        }
        if let Some(batch) = self.batch {
            let (folder, batch) = (folder(context, self.jobs)?, Batch::read(&batch)?);
            return Shown::of(&sampled::prove(context, &folder, self.job, batch, self.plants).await?);
        }
        let path = self.receipt.context("Name the proof: give --work, --batch or --receipt.")?;
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
