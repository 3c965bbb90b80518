//! `surety customer gateway`: the program that signs for a customer, and who may.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::Address;
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;

use super::limits::LimitArgs;
use super::watcher::stopped;
use super::{Shown, args};
use crate::amount::Amount;
use crate::chain::Context;
use crate::gateway;
use crate::gateway::run::{Gateway, ONE_IN, Options};

/// Without a verb it runs: forwards invocations to the providers of metered deals, measures them, and signs vouchers for no more;
/// Ctrl-C ends it, and nothing is lost. The key is the gateway's, --account the customer.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct GatewayArgs {
    #[command(flatten)]
    run: Run,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Let an address sign, up to a cap a day; also changes the cap
    Set {
        #[arg(value_parser = args::address)]
        gateway: Address,
        /// Stablecoin that its vouchers may redeem on one day (UTC)
        #[arg(long, allow_negative_numbers = true)]
        cap: Amount,
    },
    /// Let an address sign no more; what it signed before is redeemable for 24 hours
    Revoke {
        #[arg(value_parser = args::address)]
        gateway: Address,
    },
    /// What an address may sign
    Show {
        #[arg(value_parser = args::address)]
        gateway: Address,
    },
}

#[derive(Debug, Clone, Args)]
struct Run {
    /// Where invocations are taken; whoever reaches it spends the customer's money
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where providers ask for vouchers, and nothing else is answered
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    claims: SocketAddr,
    /// How many seconds an invocation is waited for
    #[arg(long, default_value_t = 90)]
    within: u64,
    #[command(flatten)]
    limits: LimitArgs,
    /// Folder of WebAssembly modules; a deal's that is not in it is fetched from its provider, and checked by its hash
    #[arg(long, value_name = "FOLDER")]
    modules: Option<PathBuf>,
    /// One invocation in so many, by chance, is run again and compared; 0 is none, and its fuel the provider's word
    #[arg(long, value_name = "N", default_value_t = ONE_IN)]
    check_one_in: u32,
    /// Folder of what was measured and signed [target/surety/gateway/CHAIN/VOUCHERS/GATEWAY]
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
}

impl GatewayArgs {
    pub(crate) fn moves_value(&self) -> bool {
        matches!(self.verb, Some(Verb::Set { .. }))
    }

    pub(crate) async fn run(self, context: &Context) -> Result<Shown> {
        match self.verb {
            None => self.run.run(context).await,
            Some(Verb::Set { gateway, cap }) => {
                Shown::of(&gateway::set(context, gateway, cap.units(context.decimals())?).await?)
            }
            Some(Verb::Revoke { gateway }) => Shown::of(&gateway::revoke(context, gateway).await?),
            Some(Verb::Show { gateway }) => Shown::of(&gateway::show(context, gateway).await?),
        }
    }
}

impl Run {
    async fn run(self, context: &Context) -> Result<Shown> {
        let (chain, vouchers) = (context.deployment.chain_id, context.at().vouchers);
        let address = context.signer()?.address();
        let usual = || format!("target/surety/gateway/{chain}/{vouchers}/{address}").into();
        let state = self.state.unwrap_or_else(usual);
        let (within, limits) = (Duration::from_secs(self.within), self.limits.limits());
        let (modules, one_in) = (self.modules, self.check_one_in);
        let options = Options { within, limits, modules, one_in, ..Options::new(state) };
        let gateway = Gateway::open(context.clone(), options)?;
        let [listener, claims] = [bind(self.listen).await?, bind(self.claims).await?];
        let desk = gateway.run(listener, claims, stopped()?).await?;
        Shown::of(&json!({
            "forwarded": desk.counts.forwarded.get(),
            "checked": desk.counts.checked.get(),
            "unanswered": desk.counts.unanswered.get(),
            "differences": desk.counts.differences.get(),
            "vouchers": desk.counts.signed.get(),
            "refused": desk.counts.refused.get(),
        }))
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))
}
