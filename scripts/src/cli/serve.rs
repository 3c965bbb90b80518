//! `surety provider serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;

use super::Shown;
use super::limits::LimitArgs;
use super::watcher::stopped;
use crate::amount::Amount;
use crate::chain::Context;
use crate::proof::kept::Folder;
use crate::workload::host::{self, Host, MeteringOptions};
use crate::workload::rounds::{EVERY_MAX, Gateway};

#[derive(Debug, Clone, Args)]
pub(crate) struct Serve {
    /// Where answers, usage and metrics are served
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Leave assigned slots to `ready` and `decline`
    #[arg(long)]
    no_ready: bool,
    /// Folder of WebAssembly modules; with it metered deals are hosted
    #[arg(long, value_name = "FOLDER")]
    modules: Option<PathBuf>,
    /// Folder of sampled jobs, which are served and brought on [target/surety/jobs/CHAIN/SAMPLED/PROVIDER]
    #[arg(long, value_name = "FOLDER")]
    jobs: Option<PathBuf>,
    #[command(flatten)]
    metering: Metering,
}

#[derive(Debug, Clone, Args)]
struct Metering {
    /// Gateway that is asked for vouchers over deals of this customer, as often as needed
    #[arg(long, value_name = "CUSTOMER=URL", requires = "modules")]
    gateway: Vec<Gateway>,
    /// Chain time from one voucher of a serving to the next, 12h at most
    #[arg(long, value_parser = parse_every, default_value = "1h", requires = "modules")]
    voucher_every: u64,
    /// Stablecoin that may be used of a serving and not be redeemed: nothing more of it runs then
    #[arg(long, default_value = "10", allow_negative_numbers = true, requires = "modules")]
    credit: Amount,
    /// Invocations that run side by side [one a core]
    #[arg(long, requires = "modules")]
    at_once: Option<usize>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Folder of usage and vouchers [target/surety/provider/CHAIN/VOUCHERS/PROVIDER]
    #[arg(long, value_name = "FOLDER", requires = "modules")]
    state: Option<PathBuf>,
}

fn parse_every(text: &str) -> Result<u64, String> {
    let every = crate::time::parse_span(text)?;
    if every > EVERY_MAX {
        return Err(format!(
            "`{text}` is longer than 12h: a day after the end of a serving nothing of it is paid any more"
        ));
    }
    Ok(every)
}

impl Metering {
    fn options(self, context: &Context, modules: PathBuf) -> Result<MeteringOptions> {
        let (chain, vouchers, provider) = (context.deployment.chain_id, context.at().vouchers, context.account()?);
        let usual = || format!("target/surety/provider/{chain}/{vouchers}/{provider}").into();
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        Ok(MeteringOptions {
            state: self.state.unwrap_or_else(usual),
            modules,
            limits: self.limits.limits(),
            at_once: self.at_once.unwrap_or_else(cores),
            gateways: self.gateway,
            every: self.voucher_every,
            credit: self.credit.units(context.decimals())?,
        })
    }
}

impl Serve {
    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        let metering = self.modules.map(|modules| self.metering.options(context, modules)).transpose()?;
        let jobs = Some(self.jobs.map_or_else(|| Folder::usual(context), |path| Ok(Folder::new(path)))?);
        let options = host::Options { is_readying: !self.no_ready, metering, jobs, ..host::Options::default() };
        let host = Host::open(context.clone(), options).await?;
        let listener = TcpListener::bind(self.listen).await.with_context(|| format!("listening on {}", self.listen))?;
        let meters = host.run(listener, stopped()?).await?;
        Shown::of(&json!({
            "readied": meters.readied.get(),
            "answers": meters.answers.get(),
            "unknown": meters.unknown.get(),
            "vouchers": meters.vouchers.get(),
            "samples": meters.samples.get(),
            "failures": meters.failures.get(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vouchers_are_asked_for_while_they_are_paid() {
        assert_eq!((parse_every("12h"), parse_every("90s")), (Ok(43_200), Ok(90)));
        assert!(parse_every("13h").is_err_and(|error| error.contains("longer than 12h")));
        assert!(parse_every("2d").is_err() && parse_every("1x").is_err());
    }
}
