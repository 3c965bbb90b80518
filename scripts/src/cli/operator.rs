//! `surety operator`.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use alloy::primitives::Address;
use alloy::providers::Provider as _;
use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{Global, Shown, args, ask, params};
use crate::amount::Amount;
use crate::chain::Context;
use crate::deploy::{self, Config, Prices, Tokens};
use crate::deployment::Deployment;
use crate::operator::{self, Pausable};
use crate::output::Value;
use crate::{audit, prober, verify, wallet};

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Deploy all contracts and write the deployment file
    Deploy(Deploy),
    /// Compare the chain with the deployment file: code, constructor arguments, roles, modules
    Verify,
    /// Compare every number of the indexer's database with the contracts at the block that it has reached
    Audit {
        /// The indexer's database
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database_url: String,
    },
    /// Fees, timelocks, modules and price sources, and changes of them
    Params {
        #[command(subcommand)]
        verb: Option<params::Verb>,
    },
    /// The FLT price, or post one to development feeds
    Price {
        #[command(subcommand)]
        verb: Option<Price>,
    },
    /// Mint development tokens
    Mint {
        #[arg(value_parser = args::address)]
        to: Address,
        #[arg(long, default_value = "0", allow_negative_numbers = true)]
        flt: Amount,
        #[arg(long, default_value = "0", allow_negative_numbers = true)]
        usd: Amount,
    },
    /// Pause as the guardian, for seven days, once in thirty
    Pause { what: What },
    /// Pay FLT into the rewards of epochs to come
    FundRewards {
        #[arg(allow_negative_numbers = true)]
        flt: Amount,
    },
    /// Pay stablecoin into the pot that probers' statements are paid from
    FundProbers {
        #[arg(allow_negative_numbers = true)]
        usd: Amount,
    },
    /// Take the treasury's part of the fees, as the treasury
    ClaimFees,
    /// How the deployment is doing
    Status,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Price {
    /// Low, high and averages
    Show,
    /// Post a price in dollars to every development feed
    Post {
        #[arg(allow_negative_numbers = true)]
        usd: Amount,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum What {
    /// Deposits and locks of new deals
    Staking,
    /// New requests
    Requests,
    /// New commitments of capacity
    Pledges,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Deploy {
    /// Tokens and price feeds of our own, short delays
    #[arg(long, conflicts_with = "config")]
    development: bool,
    /// What to deploy, as JSON
    #[arg(long, value_name = "FILE", required_unless_present = "development")]
    config: Option<PathBuf>,
    /// Who may pause [development: the deployer]
    #[arg(long, value_parser = args::address, conflicts_with = "config")]
    guardian: Option<Address>,
    /// Who proposes to the timelocks [development: the deployer]
    #[arg(long, value_parser = args::address, conflicts_with = "config")]
    council: Option<Address>,
    /// Who receives fees [development: the deployer]
    #[arg(long, value_parser = args::address, conflicts_with = "config")]
    treasury: Option<Address>,
    /// First attesters, by comma
    #[arg(long, value_parser = args::address, value_delimiter = ',', conflicts_with = "config")]
    attesters: Vec<Address>,
    /// Decimals of the development stablecoin, 6 or 18
    #[arg(long, default_value_t = 6, conflicts_with = "config")]
    stablecoin_decimals: u8,
    /// First price of FLT in dollars on the development feeds
    #[arg(long, default_value = "0.5", conflicts_with = "config", allow_negative_numbers = true)]
    price: Amount,
}

impl Verb {
    pub(super) fn moves_value(&self) -> bool {
        matches!(self, Self::FundRewards { .. } | Self::FundProbers { .. })
    }

    pub(super) async fn run(self, context: &Context) -> Result<Shown> {
        match self {
            Self::Deploy(_) => bail!("a deployment has no deployment yet"),
            Self::Verify => {
                let verified = verify::verify(context).await?;
                Ok(Shown::of(&verified)?.refused_if(!verified.differences.is_empty()))
            }
            Self::Audit { database_url } => {
                let audited = audit::audit(context, &database_url).await?;
                Ok(Shown::of(&audited)?.refused_if(!audited.differences.is_empty()))
            }
            Self::Params { verb } => verb.unwrap_or(params::Verb::Show).run(context).await,
            Self::Price { verb: None | Some(Price::Show) } => Shown::of(&operator::show_price(context).await?),
            Self::Price { verb: Some(Price::Post { usd }) } => {
                let price = u64::try_from(usd.units(8)?).context("a price of more than 64 bits")?;
                Shown::of(&operator::post_price(context, price).await?)
            }
            Self::Mint { to, flt, usd } => {
                operator::mint(context, to, flt.flt()?, usd.units(context.decimals())?).await?;
                let held = (context.flt_of(to).await?, context.usd_of(to).await?);
                Shown::of(&json!({ "account": to, "flt": held.0, "usd": held.1 }))
            }
            Self::Pause { what } => {
                let what = match what {
                    What::Staking => Pausable::Staking,
                    What::Requests => Pausable::Requests,
                    What::Pledges => Pausable::Pledges,
                };
                Shown::of(&json!({ "paused_until": operator::pause(context, what).await? }))
            }
            Self::FundRewards { flt } => Shown::of(&operator::fund_rewards(context, flt.flt()?).await?),
            Self::FundProbers { usd } => Shown::of(&prober::fund(context, usd.units(context.decimals())?).await?),
            Self::ClaimFees => Shown::of(&json!({ "claimed": operator::claim_fees(context).await? })),
            Self::Status => Shown::of(&operator::status(context).await?),
        }
    }
}

impl Deploy {
    /// Needs no deployment file, but writes one.
    pub(super) async fn run(self, global: &Global) -> Result<Shown> {
        ensure!(!global.dry_run, "A deployment cannot be simulated: each contract needs the ones before it.");
        let signer = global.signer()?.context("Deploying signs: give --keystore FILE or --private-key-env NAME.")?;
        let (provider, sender) = wallet::connect(&global.rpc_url, Some(signer)).await?;
        let deployer = sender.context("a signer has an address")?;
        let chain_id = provider.get_chain_id().await.context("asking the node for its chain")?;
        let path = global.deployment.clone().unwrap_or_else(|| Deployment::path_of(chain_id));
        let config = self.config(deployer)?;
        Deployment::check_writable(&path)?;
        if !global.yes {
            self.confirm(chain_id, &path)?;
        }
        let deployment = deploy::deploy(&provider, deployer, &config).await?;
        if let Err(error) = deployment.write(&path) {
            // Everything is on the chain: its addresses must not be lost with the file.
            writeln!(io::stdout(), "{}", Value::of(&deployment)?.json()?)?;
            return Err(error.context("Everything is deployed and on stdout stands what the file would say: keep it"));
        }
        tracing::info!("{}, written to {}", deployment.summary(), path.display());
        Shown::of(&deployment)
    }

    fn confirm(&self, chain_id: u64, path: &std::path::Path) -> Result<()> {
        use std::io::IsTerminal as _;
        ensure!(io::stdin().is_terminal(), "Deploying spends gas and there is no terminal to ask on: pass --yes.");
        let replaced = if path.exists() { ", replacing what it says now" } else { "" };
        ask(&format!("Deploy to chain {chain_id} and write {}{replaced}?", path.display()))
    }

    fn config(&self, deployer: Address) -> Result<Config> {
        if let Some(path) = &self.config {
            let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            let config: Config = serde_json::from_str(&text)
                .with_context(|| format!("{} does not say what to deploy", path.display()))?;
            for (role, account) in [("guardian", config.guardian), ("council", config.council)] {
                ensure!(account != deployer, "The {role} must not be the deployer, who keeps no role.");
            }
            ensure!(
                config.parameter_delay >= deploy::PARAMETER_DELAY && config.slashing_delay >= deploy::SLASHING_DELAY,
                "Timelocks wait at least {} and {} seconds; shorter ones are for development.",
                deploy::PARAMETER_DELAY,
                deploy::SLASHING_DELAY
            );
            return Ok(config);
        }
        let party = |named: Option<Address>| named.unwrap_or(deployer);
        let mut config = Config::development(party(self.guardian), party(self.council), party(self.treasury));
        let price = u64::try_from(self.price.units(8)?).context("a price of more than 64 bits")?;
        config.tokens = Tokens::Development { stablecoin_decimals: self.stablecoin_decimals };
        config.prices = Prices::Development { price, heartbeat: 86_400 };
        config.attesters.clone_from(&self.attesters);
        Ok(config)
    }
}
