//! The World: a chain, a deployment, a database, an indexer and an API, all of this journey alone.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use alloy::primitives::I256;
use anyhow::{Context as _, Result, ensure};
use contracts::DevelopmentFeed;
use indexer::Status;
use scripts::amount::Amount;
use scripts::chain::Context;
use scripts::deploy::{self, Config, Tokens};
use scripts::deployment::Deployment;
use scripts::{audit, keeper, operator, provider, wallet};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::actors::{Actor, Customer, Delegator, Provider, address, flt, key};
use crate::answer::Answer;
use crate::chain::{Chain, Fate};
use crate::dump::Dump;
use crate::indexing::Indexing;

/// What everybody begins with.
const PURSE_FLT: &str = "100000000";
const PURSE_USD: &str = "10000000";

/// Answers of feeds have 8 decimals.
const PRICE_DECIMALS: u8 = 8;

/// Shorter than the feeds' heartbeat of a day, so that a price which is posted this often never goes stale.
const REPOST: Duration = Duration::from_hours(20);

const DATABASE_NAME_MAX: usize = 63;

/// What a World is made of.
#[derive(Debug)]
pub struct Options {
    pub database: PgConnectOptions,
    /// An anvil that runs already; none: one of our own.
    pub rpc_url: Option<String>,
    pub stablecoin_decimals: u8,
    /// Blocks become final after two epochs.
    pub slots_in_an_epoch: u32,
    /// Blocks that are there before the deployment.
    pub blocks_before: u64,
    /// Where the API listens; none: the kernel picks a loopback port.
    pub listener: Option<TcpListener>,
}

impl Options {
    pub fn new(database: PgConnectOptions) -> Self {
        Self {
            database,
            rpc_url: None,
            stablecoin_decimals: 6,
            slots_in_an_epoch: 32,
            blocks_before: 0,
            listener: None,
        }
    }
}

/// Invariants:
/// 1. The same calls give the same blocks, times, addresses and ids, on every machine.
/// 2. Nothing is shared with another World but the Postgres server.
#[derive(Debug)]
pub struct World {
    pub chain: Chain,
    pub database: PgConnectOptions,
    pub deployment: Deployment,
    pub deployment_file: PathBuf,
    pub api_url: String,
    /// The deployer, who owns tokens and feeds.
    pub operator: Actor,
    /// Who settles, renews and calls: anybody.
    pub keeper: Actor,
    /// `Faults`, who alone may slash locks of deals: the node sends in its name.
    pub slasher: Actor,
    pub attester: Actor,
    indexing: Option<Indexing>,
    api: Serving,
    /// The answer that feeds repeat when time jumps; none: they fall silent.
    price: Mutex<Option<u64>>,
    http: reqwest::Client,
    // Holds the deployment file.
    _folder: tempfile::TempDir,
}

#[derive(Debug)]
struct Serving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<()>>,
}

impl World {
    pub async fn start(db: PgPool) -> Result<Self> {
        Self::with(Options::new((*db.connect_options()).clone())).await
    }

    pub async fn with(options: Options) -> Result<Self> {
        let chain = match &options.rpc_url {
            Some(url) => Chain::at(url).await?,
            None => Chain::start(options.slots_in_an_epoch).await?,
        };
        if options.blocks_before > 0 {
            chain.mine(options.blocks_before).await?;
        }
        let (deployment, price) = deploy(&chain, options.stablecoin_decimals).await?;
        let folder = tempfile::Builder::new().prefix("surety-world-").tempdir()?;
        let deployment_file = folder.path().join("deployment.json");
        deployment.write(&deployment_file)?;

        let deployed = indexer::Deployment::read(&deployment_file)?;
        let config = indexer::Config::new(options.database.clone(), &chain.url, deployed)?;
        let mut indexing = Indexing::start(config);
        // The API refuses a database that no indexer has prepared.
        indexing.reach(chain.head().await?).await.context("starting the indexer")?;
        let listener = match options.listener {
            Some(listener) => listener,
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
        };
        let api_url = format!("http://{}", listener.local_addr()?);
        let api = Serving::start(listener, options.database.clone());
        let world = Self {
            operator: actor(&chain, &deployment, "operator").await?,
            keeper: actor(&chain, &deployment, "keeper").await?,
            slasher: slasher(&chain, &deployment).await?,
            attester: actor(&chain, &deployment, "attester").await?,
            chain,
            database: options.database,
            deployment,
            deployment_file,
            api_url,
            indexing: Some(indexing),
            api,
            price: Mutex::new(Some(price)),
            http: reqwest::Client::builder().no_proxy().build()?,
            _folder: folder,
        };
        // From here on it has looked at the database.
        let health = world.get("/livez").await.context("starting the API")?;
        ensure!(health.status == 200, "the API answers {health}");
        Ok(world)
    }

    /* ACTORS */

    /// Somebody new, with FLT, stablecoin and gas.
    pub async fn actor(&self, name: &str) -> Result<Actor> {
        let actor = actor(&self.chain, &self.deployment, name).await?;
        let (flt, usd) = (flt(PURSE_FLT)?, actor.units(PURSE_USD)?);
        operator::mint(&self.operator.context, actor.address, flt, usd).await?;
        Ok(actor)
    }

    /// Who acts without owning anything but gas: the council, the guardian, anybody.
    pub async fn party(&self, name: &str) -> Result<Actor> {
        actor(&self.chain, &self.deployment, name).await
    }

    /// A registered provider with the default terms.
    pub async fn provider(&self, name: &str) -> Result<Provider> {
        self.provider_with(name, provider::Terms::default()).await
    }

    pub async fn provider_with(&self, name: &str, terms: provider::Terms) -> Result<Provider> {
        let provider = Provider(self.actor(name).await?);
        provider.register(terms).await?;
        Ok(provider)
    }

    pub async fn delegator(&self, name: &str) -> Result<Delegator> {
        Ok(Delegator(self.actor(name).await?))
    }

    pub async fn customer(&self, name: &str) -> Result<Customer> {
        Ok(Customer(self.actor(name).await?))
    }

    /* TIME AND PRICE */

    /// Time passes in one block; then the feeds repeat their price, unless they are silent.
    pub async fn advance(&self, time: Duration) -> Result<()> {
        self.chain.advance(time).await?;
        self.repeat_price().await
    }

    /// Time passes in steps that are short enough for the price to be fresh all along.
    pub async fn advance_fresh(&self, time: Duration) -> Result<()> {
        let mut left = time;
        while left > Duration::ZERO {
            let step = left.min(REPOST);
            self.advance(step).await?;
            left -= step;
        }
        Ok(())
    }

    /// All feeds answer this price of FLT in dollars, and it is observed.
    pub async fn set_price(&self, price: &str) -> Result<()> {
        let price = price.parse::<Amount>()?.units(PRICE_DECIMALS)?;
        let price = u64::try_from(price).context("a price of at most 64 bits")?;
        *self.price.lock().expect("nobody panics while he holds the price") = Some(price);
        self.repeat_price().await
    }

    /// The feeds contradict each other from here on, until a price is set.
    pub async fn stale_price(&self) -> Result<()> {
        let price = self.price.lock().expect("nobody panics while he holds the price").take();
        let price = price.context("the price is stale already")?;
        for (feed, source) in (1..).zip(&self.deployment.parameters.sources) {
            let answer = I256::try_from(price * feed)?;
            self.operator.context.send(source.aggregator, DevelopmentFeed::postCall { answer }).await?;
        }
        let observed = keeper::observe(&self.keeper.context).await?;
        ensure!(observed.is_spread, "the price is not stale");
        Ok(())
    }

    async fn repeat_price(&self) -> Result<()> {
        let price = *self.price.lock().expect("nobody panics while he holds the price");
        if let Some(price) = price {
            operator::post_price(&self.operator.context, price).await?;
        }
        Ok(())
    }

    /// Replaces the last `depth` blocks; their transactions never happened.
    pub async fn reorg(&self, depth: u64) -> Result<()> {
        self.chain.reorganise(depth, Fate::Vanish).await
    }

    /// Replaces the last `depth` blocks; their transactions are mined again in other blocks, at other times.
    pub async fn reorg_resent(&self, depth: u64) -> Result<()> {
        self.chain.reorganise(depth, Fate::Resent).await
    }

    /* INDEXER */

    /// Waits until the indexer has passed the chain's head.
    pub async fn synced(&mut self) -> Result<()> {
        loop {
            let head = self.chain.head().await?;
            self.indexing()?.reach(head).await?;
            if self.chain.head().await? == head {
                return Ok(());
            }
        }
    }

    pub fn indexing(&mut self) -> Result<&mut Indexing> {
        self.indexing.as_mut().context("no indexer runs")
    }

    pub fn status(&self) -> Option<Status> {
        self.indexing.as_ref().map(Indexing::status)
    }

    pub async fn stop_indexer(&mut self) -> Result<()> {
        self.indexing.take().context("no indexer runs")?.stop().await
    }

    pub async fn kill_indexer(&mut self) -> Result<()> {
        self.indexing.take().context("no indexer runs")?.kill().await;
        Ok(())
    }

    pub fn start_indexer(&mut self) -> Result<()> {
        ensure!(self.indexing.is_none(), "an indexer runs already");
        self.indexing = Some(Indexing::start(self.indexer_config()?));
        Ok(())
    }

    pub fn indexer_config(&self) -> Result<indexer::Config> {
        let deployment = indexer::Deployment::read(&self.deployment_file)?;
        indexer::Config::new(self.database.clone(), &self.chain.url, deployment)
    }

    /// What a new indexer makes of the whole chain, in a database of its own.
    pub async fn fresh_dump(&self) -> Result<Dump> {
        let name = self.database.get_database().context("the database has a name")?;
        // Postgres cuts longer names off, which would leave the one that we have.
        let fresh: String = format!("fresh{name}").chars().take(DATABASE_NAME_MAX).collect();
        let mut server = PgConnection::connect_with(&self.database).await?;
        sqlx::query(&format!(r#"drop database if exists "{fresh}""#)).execute(&mut server).await?;
        sqlx::query(&format!(r#"create database "{fresh}""#)).execute(&mut server).await?;
        let database = self.database.clone().database(&fresh);
        let mut indexing = Indexing::start(indexer::Config { database: database.clone(), ..self.indexer_config()? });
        indexing.reach(self.chain.head().await?).await.context("indexing anew")?;
        indexing.stop().await?;
        let dump = dump(&database).await?;
        sqlx::query(&format!(r#"drop database "{fresh}" with (force)"#)).execute(&mut server).await?;
        server.close().await?;
        Ok(dump)
    }

    /// All tables of facts and state equal those of a fresh index.
    pub async fn compare(&mut self) -> Result<()> {
        self.synced().await?;
        let differences = dump(&self.database).await?.differences(&self.fresh_dump().await?);
        ensure!(differences.is_empty(), "ours (-) differs from a fresh index (+):\n{differences}");
        Ok(())
    }

    /* API */

    pub async fn get(&self, path: &str) -> Result<Answer> {
        Answer::of(self.http.get(format!("{}{path}", self.api_url)).send().await?).await
    }

    pub async fn post(&self, path: &str, body: &serde_json::Value) -> Result<Answer> {
        Answer::of(self.http.post(format!("{}{path}", self.api_url)).json(body).send().await?).await
    }

    /* END */

    /// Every derived number equals the contracts'. Answers how many were compared.
    pub async fn audit(&mut self) -> Result<u64> {
        self.synced().await?;
        let audited = audit::audit(&self.operator.context, self.database.to_url_lossy().as_str()).await?;
        ensure!(audited.differences.is_empty(), "the audit finds {:#?}", audited.differences);
        ensure!(audited.checked > 0, "the audit compares nothing");
        Ok(audited.checked)
    }

    /// How every journey ends: audited, and with nothing left behind.
    pub async fn finish(mut self) -> Result<()> {
        self.audit().await?;
        self.end().await
    }

    /// Ends indexer and API; for journeys whose index cannot be right.
    pub async fn end(mut self) -> Result<()> {
        if let Some(indexing) = self.indexing.take() {
            indexing.stop().await?;
        }
        self.api.stop().await
    }
}

impl Serving {
    fn start(listener: TcpListener, database: PgConnectOptions) -> Self {
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            // A dropped sender means the same.
            let _ = stopped.await;
        };
        Self { stop, task: tokio::spawn(api::serve(listener, api::Config::new(database), shutdown)) }
    }

    async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.task.await.context("the API panicked")?
    }
}

pub(crate) async fn actor(chain: &Chain, deployment: &Deployment, name: &str) -> Result<Actor> {
    let key = key(name)?;
    let address = key.address();
    chain.give_gas(address).await?;
    let (provider, sender) = wallet::connect(&chain.url, Some(key)).await?;
    let context = Context::new(provider, sender, deployment.clone()).await?;
    Ok(Actor { name: name.to_owned(), address, context })
}

async fn slasher(chain: &Chain, deployment: &Deployment) -> Result<Actor> {
    let address = deployment.contracts.faults;
    chain.impersonate(address).await?;
    let (provider, _) = wallet::connect(&chain.url, None).await?;
    let context = Context::new(provider, Some(address), deployment.clone()).await?;
    Ok(Actor { name: "slasher".to_owned(), address, context })
}

/// The development preset, with an attester; and the price that it begins with.
pub(crate) async fn deploy(chain: &Chain, stablecoin_decimals: u8) -> Result<(Deployment, u64)> {
    let config = Config {
        tokens: Tokens::Development { stablecoin_decimals },
        attesters: vec![address("attester")?],
        ..Config::development(address("guardian")?, address("council")?, address("treasury")?)
    };
    let deploy::Prices::Development { price, .. } = config.prices else {
        anyhow::bail!("the development preset has feeds of its own")
    };
    let key = key("operator")?;
    chain.give_gas(key.address()).await?;
    let account = key.address();
    let (provider, _) = wallet::connect(&chain.url, Some(key)).await?;
    Ok((deploy::deploy(&provider, account, &config).await?, price))
}

/// All rows of facts and state of a database.
pub async fn dump(database: &PgConnectOptions) -> Result<Dump> {
    let db = PgPoolOptions::new().max_connections(1).connect_with(database.clone()).await?;
    let dump = Dump::read(&db).await;
    db.close().await;
    dump
}
