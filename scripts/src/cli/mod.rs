//! The command line: what is asked, who asks, and how the answer is shown. What is done lives in the modules of the roles.

mod args;
mod attester;
mod author;
mod capacity;
mod customer;
mod delegator;
mod faults;
mod gateway;
mod keeper;
mod limits;
mod operator;
mod params;
mod prober;
mod proof;
mod provider;
mod resolver;
mod serve;
mod solver;
mod voucher;
mod watcher;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::Address;
use alloy::providers::Provider as _;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result, bail};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use self::proof::CustomerVerb;
use crate::chain::{Context, Planned};
use crate::deployment::Deployment;
use crate::output::Value;
use crate::proof::bundle::Wrong;
use crate::revert::Refusal;
use crate::url::without_keys;
use crate::wallet;

const DONE: u8 = 0;
const REFUSED: u8 = 1;
const FAILED: u8 = 2;

/// Staking and deal settlement for a compute network.
///
/// The result goes to stdout, the story to stderr.
/// Exit code 0: done; 1: refused by the protocol, or differences found; 2: failed.
#[derive(Debug, Parser)]
#[command(name = "surety", version, max_term_width = 120)]
struct Surety {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Node to speak to; several by comma, the first that answers is taken
    #[arg(long, global = true, env = "RPC_URL", hide_env_values = true, default_value = "http://127.0.0.1:8545")]
    rpc_url: String,
    /// API of this deployment, for what the chain alone cannot tell
    #[arg(long, global = true)]
    pub(crate) api_url: Option<String>,
    /// Deployment file; without it contracts/deployments/CHAIN_ID.json
    #[arg(long, global = true, env = "SURETY_DEPLOYMENT", value_name = "FILE")]
    deployment: Option<PathBuf>,
    /// Encrypted key; its password is asked for or read from SURETY_KEYSTORE_PASSWORD
    #[arg(long, global = true, env = "SURETY_KEYSTORE", value_name = "FILE")]
    keystore: Option<PathBuf>,
    /// Environment variable that holds a private key
    #[arg(long, global = true, value_name = "NAME")]
    private_key_env: Option<String>,
    /// Act for this account, which gave the signer a key
    #[arg(long, global = true, value_parser = args::address)]
    account: Option<Address>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    /// Simulate and print what would be sent; send nothing
    #[arg(long, global = true)]
    dry_run: bool,
    /// Do not ask before moving value
    #[arg(long, global = true)]
    yes: bool,
}

#[derive(Debug, Clone, Subcommand)]
enum Role {
    /// Offer compute, stake, serve deals
    #[command(subcommand)]
    Provider(provider::Verb),
    /// Back a provider with FLT
    #[command(subcommand)]
    Delegator(delegator::Verb),
    /// Open deals and pay for them
    #[command(subcommand)]
    Customer(customer::Verb),
    /// Do what anyone may do to keep deals going
    #[command(subcommand)]
    Keeper(keeper::Verb),
    /// Find who serves deals best, and propose it
    #[command(subcommand)]
    Solver(solver::Verb),
    /// Check what providers claim to have proved
    #[command(subcommand)]
    Watcher(watcher::Verb),
    /// Test that workloads answer
    #[command(subcommand)]
    Prober(prober::Verb),
    /// Decide appeals, where a deal names this account
    #[command(subcommand)]
    Resolver(resolver::Verb),
    /// Vouch for attributes
    #[command(subcommand)]
    Attester(attester::Verb),
    /// Publish modules, and be paid by the deals that run them
    #[command(subcommand)]
    Author(author::Verb),
    /// Run a deployment
    #[command(subcommand)]
    Operator(operator::Verb),
}

/// What a command answers.
#[derive(Debug)]
pub(crate) struct Shown {
    value: Value,
    /// For people, where a table is not the best form.
    text: Option<String>,
    code: u8,
}

impl Shown {
    pub(crate) fn of(result: &impl Serialize) -> Result<Self> {
        Ok(Self { value: Value::of(result)?, text: None, code: DONE })
    }

    pub(crate) fn with_text(self, text: String) -> Self {
        Self { text: Some(text), ..self }
    }

    /// For commands that look for differences: finding any is no success.
    pub(crate) fn refused_if(self, is_refused: bool) -> Self {
        Self { code: if is_refused { REFUSED } else { self.code }, ..self }
    }
}

/// What `--dry-run` answers.
#[derive(Debug, Serialize)]
struct DryRun {
    dry_run: bool,
    would_send: Vec<Planned>,
    result: Value,
}

impl DryRun {
    fn text(&self) -> String {
        let calls = self.would_send.iter().map(|call| format!("  {}.{}, {} gas", call.contract, call.call, call.gas));
        let calls: Vec<String> = calls.collect();
        format!("Nothing was sent. This would be:\n{}\nwith the result\n{}", calls.join("\n"), self.result.table())
    }
}

/// Runs the program: parses its arguments, prints, and says how it ended.
pub async fn main() -> ExitCode {
    let surety = Surety::parse();
    let json = surety.global.json;
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(tracing::Level::INFO)
        .with_env_filter(tracing_subscriber::EnvFilter::new("error,scripts=info"))
        .without_time()
        .with_level(false)
        .with_target(false)
        .with_ansi(false)
        .init();
    let ended = match run(surety).await {
        Ok(shown) => show(&shown, json).map(|()| shown.code),
        Err(error) => Err(error),
    };
    ExitCode::from(ended.unwrap_or_else(|error| complain(&error, json)))
}

fn show(shown: &Shown, json: bool) -> Result<()> {
    let text = match (&shown.text, json) {
        (_, true) => shown.value.json()?,
        (Some(text), false) => text.clone(),
        (None, false) => shown.value.table(),
    };
    match writeln!(io::stdout(), "{text}") {
        // Whoever reads only the first lines, like `head`, has what it wants.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing the result"),
    }
}

fn complain(error: &anyhow::Error, json: bool) -> u8 {
    let refusal = error.chain().find_map(|cause| cause.downcast_ref::<Refusal>());
    let is_wrong = error.chain().any(|cause| cause.is::<Wrong>());
    // Errors of the transport quote the node's whole address, and many carry a key.
    let text = without_keys(&format!("{error:#}"));
    let line = if json {
        let hint = refusal.and_then(|refusal| refusal.hint.as_deref());
        let name = refusal.map(|refusal| refusal.name.as_str());
        let args = refusal.map(|refusal| &refusal.args);
        serde_json::json!({ "error": text, "name": name, "args": args, "hint": hint }).to_string()
    } else {
        match refusal {
            Some(refusal) => match &refusal.hint {
                Some(hint) => format!("refused: {text}\nhint: {hint}"),
                None => format!("refused: {text}"),
            },
            None if is_wrong => format!("refused: {text}"),
            None => format!("error: {text}"),
        }
    };
    // With nowhere left to complain, the exit code still tells.
    let _ = writeln!(io::stderr(), "{line}");
    if refusal.is_some() || is_wrong { REFUSED } else { FAILED }
}

async fn run(surety: Surety) -> Result<Shown> {
    let Surety { global, role } = surety;
    if let Role::Operator(operator::Verb::Deploy(deploy)) = role {
        return deploy.run(&global).await;
    }
    // Whoever checks a bundle has a node, and nothing of ours.
    if let Role::Customer(customer::Verb::Proof(verb @ (CustomerVerb::Get { .. } | CustomerVerb::Verify(_)))) = role {
        return verb.run_alone(&global).await;
    }
    let context = global.context().await?;
    let moves_value = match &role {
        Role::Provider(verb) => verb.moves_value(),
        Role::Delegator(verb) => verb.moves_value(),
        Role::Customer(verb) => verb.moves_value(),
        Role::Attester(verb) => verb.moves_value(),
        Role::Operator(verb) => verb.moves_value(),
        Role::Keeper(verb) => verb.moves_value(),
        Role::Prober(verb) => verb.moves_value(),
        Role::Author(_) | Role::Solver(_) | Role::Watcher(_) | Role::Resolver(_) => false,
    };
    if global.dry_run {
        let context = context.planning();
        let shown = act(&context, &global, role).await?;
        let would_send = context.planned();
        if would_send.is_empty() {
            // It only reads, so there is nothing to simulate.
            return Ok(shown);
        }
        let run = DryRun { dry_run: true, would_send, result: shown.value };
        return Ok(Shown::of(&run)?.with_text(run.text()));
    }
    if moves_value && !global.yes {
        confirm(&context, &global, role.clone()).await?;
    }
    act(&context, &global, role).await
}

async fn act(context: &Context, global: &Global, role: Role) -> Result<Shown> {
    match role {
        Role::Provider(verb) => verb.run(context).await,
        Role::Delegator(verb) => verb.run(context).await,
        Role::Customer(verb) => verb.run(context, global).await,
        Role::Keeper(verb) => verb.run(context).await,
        Role::Solver(verb) => verb.run(context).await,
        Role::Watcher(verb) => verb.run(context).await,
        Role::Prober(verb) => verb.run(context).await,
        Role::Resolver(verb) => verb.run(context).await,
        Role::Attester(verb) => verb.run(context).await,
        Role::Author(verb) => verb.run(context).await,
        Role::Operator(verb) => verb.run(context).await,
    }
}

/// Simulates the command, tells what it would send, and asks. Where nobody can answer it refuses rather than guesses.
async fn confirm(context: &Context, global: &Global, role: Role) -> Result<()> {
    if !io::stdin().is_terminal() {
        bail!("This command moves value and there is no terminal to ask on: pass --yes, or --dry-run to look first.");
    }
    act(&context.clone().planning(), global, role).await?;
    ask("Send this?")
}

fn ask(question: &str) -> Result<()> {
    write!(io::stderr(), "{question} [y/N] ")?;
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        bail!("Nothing was sent.");
    }
    Ok(())
}

impl Global {
    fn signer(&self) -> Result<Option<PrivateKeySigner>> {
        match (&self.private_key_env, &self.keystore) {
            (Some(name), _) => wallet::private_key(name).map(Some),
            (None, Some(path)) => wallet::keystore(path).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The deployment of a chain that is named, or that lies where deployments do.
    fn known(&self, chain_id: u64) -> Result<Option<Deployment>> {
        let usual = Deployment::path_of(chain_id);
        let path = self.deployment.as_deref().or_else(|| usual.exists().then_some(usual.as_path()));
        path.map(Deployment::read).transpose()
    }

    async fn context(&self) -> Result<Context> {
        // What is wrong with a file is told before a node is asked.
        let named = self.deployment.as_deref().map(Deployment::read).transpose()?;
        let signer = self.signer()?;
        let (provider, sender) = wallet::connect(&self.rpc_url, signer.clone()).await?;
        let deployment = match named {
            Some(deployment) => deployment,
            None => {
                let chain_id = provider.get_chain_id().await.context("asking the node for its chain")?;
                Deployment::read(&Deployment::path_of(chain_id))?
            }
        };
        let context = Context::new(provider, sender, deployment).await?;
        let context = match signer {
            Some(signer) => context.signing_with(signer),
            None => context,
        };
        Ok(match self.account {
            Some(account) => context.acting_for(account),
            None => context,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Surety::command().debug_assert();
    }

    #[test]
    fn a_refusal_is_found_below_its_context() {
        let refusal = Refusal { name: "No".to_owned(), args: Vec::new(), hint: None, data: Default::default() };
        let error = anyhow::Error::from(refusal).context("opening").context("deal");
        assert_eq!(complain(&error, false), REFUSED);
        assert_eq!(complain(&anyhow::anyhow!("no node"), true), FAILED);
    }
}
