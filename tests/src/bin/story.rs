//! `cargo xtask demo`: plays the story on a chain and a database of its own, and stays up.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use tests::chain::Chain;
use tests::server::Server;
use tests::story::report::Report;
use tests::story::{self, stage};
use tests::world::{Options, World};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How many ports after the one that was asked for are tried.
const PORTS: u16 = 100;

/// After the story a block a second is a minute of the chain's time.
const BLOCK_EVERY: Duration = Duration::from_secs(1);
const BLOCK_IS: Duration = Duration::from_mins(1);

/// Ten hours of the chain's time: feeds are fresh for a day.
const PRICE_EVERY: Duration = Duration::from_mins(10);

/// How a shell names a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// How long tasks may take to end; they hold nothing that has to be kept.
const END_WITHIN: Duration = Duration::from_secs(2);

/// Plays the story of Surety on a chain, a database, an indexer and an API of its own; Ctrl-C ends it and leaves nothing behind.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask demo")]
struct Arguments {
    /// End after the story, with its result on stdout.
    #[arg(long)]
    exit: bool,
    /// Print nothing on stdout but the result, one JSON object.
    #[arg(long)]
    json: bool,
    /// Where the API listens, or the next free port; 0 takes any.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// A Postgres that runs already; a database is created in it, and dropped again.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// An anvil that runs already; of several by comma the first.
    #[arg(long, env = "RPC_URL", hide_env_values = true)]
    rpc_url: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let told = Told::default();
    let ended = run(&arguments, &told);
    // Programs that read the result get exactly one, whatever happened.
    if !told.is_printed.load(Ordering::Relaxed) {
        print(&arguments, &Report::default());
    }
    match ended {
        Ok(code) => code,
        Err(error) if told.is_printed.into_inner() => {
            eprintln!("The demo does not end well: {error:#}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("The demo does not start: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// How far the story came; it outlives the play, which a signal cuts short.
#[derive(Debug, Default)]
struct Told {
    is_printed: AtomicBool,
    is_ok: AtomicBool,
}

fn run(arguments: &Arguments, told: &Told) -> Result<ExitCode> {
    let runtime = Runtime::new()?;
    let server = runtime.block_on(Server::start(arguments.database_url.as_deref()))?;
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = play(arguments, &server, told) => ended,
            interrupted = interruption() => interrupted,
        }
    });
    let left = runtime.block_on(leave(arguments));
    runtime.block_on(server.end())?;
    runtime.shutdown_timeout(END_WITHIN);
    ended.and(left)?;
    Ok(match (told.is_printed.load(Ordering::Relaxed), told.is_ok.load(Ordering::Relaxed)) {
        (false, _) => ExitCode::from(INTERRUPTED),
        (true, false) => ExitCode::FAILURE,
        (true, true) => ExitCode::SUCCESS,
    })
}

/// A node that was there before us mines again when it is asked to, at its own times.
async fn leave(arguments: &Arguments) -> Result<()> {
    match arguments.node() {
        Some(url) => Chain::at(url).await?.mine_as_before().await.context("leaving the node as it was"),
        None => Ok(()),
    }
}

impl Arguments {
    /// The first of several.
    fn node(&self) -> Option<&str> {
        self.rpc_url.as_deref()?.split(',').map(str::trim).find(|url| !url.is_empty())
    }
}

async fn play(arguments: &Arguments, server: &Server, told: &Told) -> Result<()> {
    eprintln!("Surety: a market for computing power in which every provider's promise is covered by stake.");
    eprintln!("Starting a chain, a database, an indexer and an API.");
    let listener = Some(listen(arguments.port).await?);
    let rpc_url = arguments.node().map(ToOwned::to_owned);
    let options = Options { listener, rpc_url, ..Options::new(server.database.clone()) };
    let (world, report) = story::tell(World::with(options).await?).await;
    told.is_ok.store(report.ok, Ordering::Relaxed);
    told.is_printed.store(true, Ordering::Relaxed);
    print(arguments, &report);
    if arguments.exit { world.end().await } else { stay(arguments, &world).await }
}

/// The port that was asked for, or the next that is free.
async fn listen(port: u16) -> Result<TcpListener> {
    let last = if port == 0 { 0 } else { port.saturating_add(PORTS) };
    for port in port..=last {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            return Ok(listener);
        }
    }
    anyhow::bail!("no port from {port} to {last} is free: choose another with --port")
}

/// The chain lives on until somebody ends the demo.
async fn stay(arguments: &Arguments, world: &World) -> Result<()> {
    let (url, deployment) = (&world.api_url, world.deployment_file.display());
    eprintln!("\nThe network lives on, a minute of its time each second. Ask it:");
    eprintln!("   {url}/docs   {url}/v1/network   {url}/v1/deals?sort=-locked   {url}/v1/stream");
    eprintln!(
        "   cargo run -q --bin surety -- --rpc-url {} --deployment {deployment} operator status",
        world.chain.url
    );
    eprintln!("Ctrl-C ends it and leaves nothing behind.");
    if !arguments.json {
        println!("{url}");
    }
    world.chain.space_blocks(BLOCK_IS).await?;
    world.chain.mine_each(BLOCK_EVERY).await?;
    loop {
        scripts::operator::post_price(&world.operator.context, stage::PRICE).await.context("posting the price")?;
        tokio::time::sleep(PRICE_EVERY).await;
    }
}

/// The result is for programs: with `--exit` or `--json`.
fn print(arguments: &Arguments, report: &Report) {
    if arguments.exit || arguments.json {
        println!("{}", serde_json::to_string(report).expect("a report has no key that is not text"));
    }
}

async fn interruption() -> Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // A terminal that is closed.
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    // Where the terminal is gone there is nobody to write to, and `eprintln` would panic.
    let _ = writeln!(std::io::stderr());
    Ok(())
}
