//! A provider that hosts a module and a gateway that signs for it, over HTTP; killed as processes, and lied to.

mod claims;
mod collected;
mod hosts;
mod kills;
mod lies;
mod modules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result};
use axum::Router;
use metering::Serving;
use metering::signing::Domain;
use runtime::Limits;
use scripts::gateway::book::Served;
use scripts::gateway::desk::Desk;
use scripts::gateway::run::Options;
use scripts::ids::DealId;
use scripts::prober::statement::Target;
use scripts::usage::ends::Ends;
use scripts::usage::{self, Claim, Entries, Invoked, Proof, Refused, Signed, target_of};
use scripts::workload::books::Books;
use scripts::workload::invoke::{Hosted, Hosting, Registry};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

const DOMAIN: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };
const SERVING: Serving = Serving { deal: 7, slot: 1, number: 3, provider: Address::repeat_byte(9) };
const CUSTOMER: Address = Address::repeat_byte(5);
/// A unit costs a thousand a millisecond.
const PRICE: u64 = 86_400_000_000;
const NOW: u64 = 1_800_000_000;
const GATEWAY: B256 = B256::repeat_byte(1);
const WITHIN: Duration = Duration::from_secs(30);
/// Tells the test program to be a process of a test.
const ROLE: &str = "SURETY_TEST_ROLE";

/// A module that uses up whatever it may.
const FOREVER: &str = r#"(module (memory (export "memory") 1)
    (func (export "alloc") (param i32) (result i32) (i32.const 0))
    (func (export "run") (param i32 i32) (result i64) (loop (br 0)) (unreachable)))"#;

fn key() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&GATEWAY).expect("a number in range")
}

/// Of both, small enough to be reached.
fn limits() -> Limits {
    Limits { fuel: 100_000_000, memory_bytes: 4 << 20, ..Limits::default() }
}

thread_local! {
    /// Making one takes longer than an invocation; a test has a thread of its own.
    static CLIENT: reqwest::Client = reqwest::Client::new();
}

fn client() -> reqwest::Client {
    CLIENT.with(reqwest::Client::clone)
}

/// One gateway is registered, of one customer.
#[derive(Debug, Clone)]
struct Registered;

impl Registry for Registered {
    async fn signs(&self, customer: Address, gateway: Address, _: u64, _: u64) -> Result<bool> {
        Ok((customer, gateway) == (CUSTOMER, key().address()))
    }
}

/// When the serving ends, as a test says.
#[derive(Debug, Clone, Default)]
struct Ending(Arc<Mutex<Option<u64>>>);

impl Ending {
    fn set(&self, end: u64) {
        *self.0.lock().expect("nobody panics under it") = Some(end);
    }
}

impl Ends for Ending {
    async fn end_of(&self, _: Target) -> Result<Option<u64>> {
        Ok(*self.0.lock().expect("nobody panics under it"))
    }
}

/// A folder with the example modules, and their hashes.
struct World {
    folder: TempDir,
    modules: Vec<B256>,
}

impl World {
    fn new(extra: &[(&str, &str)]) -> Result<Self> {
        xtask::setup::modules().map_err(anyhow::Error::from_boxed)?;
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("modules"))?;
        let mut modules = Vec::new();
        let hash = xtask::modules::read("hash").map_err(anyhow::Error::from_boxed)?;
        let mut binaries = vec![("hash", hash)];
        for (name, text) in extra {
            binaries.push((name, wat::parse_str(text)?));
        }
        for (name, bytes) in binaries {
            std::fs::write(folder.path().join(format!("modules/{name}.wasm")), &bytes)?;
            modules.push(keccak256(&bytes));
        }
        Ok(Self { folder, modules })
    }

    fn setting(&self, endpoint: &str) -> Setting {
        let folder = self.folder.path().to_owned();
        Setting { folder, endpoint: endpoint.to_owned(), modules: self.modules.clone() }
    }
}

/// What a process of a test is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Setting {
    folder: PathBuf,
    endpoint: String,
    modules: Vec<B256>,
}

impl Setting {
    fn provider(&self) -> Result<Arc<Hosting<Registered>>> {
        self.provider_with(limits())
    }

    fn provider_with(&self, limits: Limits) -> Result<Arc<Hosting<Registered>>> {
        let books = Books::new(self.folder.join("provider"), DOMAIN);
        let hosting = Hosting::new(books, Registered, Some(self.folder.join("modules")), limits, 2)?;
        let hosting = Arc::new(hosting);
        hosting.update(self.hosted(), NOW);
        Ok(hosting)
    }

    fn hosted(&self) -> BTreeMap<(DealId, u8), Hosted> {
        let (modules, price) = (self.modules.clone(), U96::from(PRICE));
        let gateways = Arc::new(BTreeSet::from([key().address()]));
        let hosted = Hosted { serving: SERVING, price, customer: CUSTOMER, gateways, modules };
        BTreeMap::from([((DealId(SERVING.deal), SERVING.slot), hosted)])
    }

    /// Takes the provider's word, within what it measures itself.
    fn gateway(&self) -> Result<Arc<Desk<Ending>>> {
        self.gateway_with(Options { one_in: 0, ..Options::new(self.folder.join("gateway")) })
    }

    /// Runs every input again.
    fn wary(&self) -> Result<Arc<Desk<Ending>>> {
        let modules = Some(self.folder.join("modules"));
        self.gateway_with(Options { modules, one_in: 1, ..Options::new(self.folder.join("gateway")) })
    }

    fn gateway_with(&self, options: Options) -> Result<Arc<Desk<Ending>>> {
        self.gateway_until(Ending::default(), options)
    }

    fn gateway_until(&self, ending: Ending, options: Options) -> Result<Arc<Desk<Ending>>> {
        let desk = Desk::new(DOMAIN, key(), ending, &Options { within: WITHIN, limits: limits(), ..options })?;
        desk.update(self.served(&self.endpoint), NOW);
        Ok(desk)
    }

    fn served(&self, endpoint: &str) -> BTreeMap<(DealId, u8), Served> {
        let (price, endpoint, modules) = (U96::from(PRICE), endpoint.to_owned(), self.modules.clone());
        let served = Served { serving: SERVING, price, started_at: NOW - 60, endpoint, modules };
        BTreeMap::from([((DealId(SERVING.deal), SERVING.slot), served)])
    }
}

async fn serve(router: Router) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

/// Both of a gateway's addresses as one, where a test is not about them.
fn both(desk: &Arc<Desk<Ending>>) -> Router {
    desk.router().merge(desk.claims())
}

/// A provider or a gateway as a process of its own, that can be killed.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    async fn start(role: &str, setting: &Setting) -> Result<Self> {
        Self::start_by(Command::new(std::env::current_exe()?), role, setting).await
    }

    /// One whose files have no more than so many blocks of 512 bytes: what is written beyond them fails half way.
    async fn start_within(blocks: u32, role: &str, setting: &Setting) -> Result<Self> {
        let mut command = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        command.args(["-c", &script]).arg(std::env::current_exe()?);
        Self::start_by(command, role, setting).await
    }

    async fn start_by(mut command: Command, role: &str, setting: &Setting) -> Result<Self> {
        command.args(["--exact", "a_process_of_a_test", "--nocapture"]).kill_on_drop(true);
        command.env(ROLE, role).env("SURETY_TEST_SETTING", serde_json::to_string(setting)?);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("it is piped")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://")) {
                return Ok(Self { child, url: url.to_owned() });
            }
        }
        anyhow::bail!("the {role} did not start")
    }

    async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// No test by itself: what [`Process::start`] starts.
#[tokio::test]
async fn a_process_of_a_test() -> Result<()> {
    let Ok(role) = std::env::var(ROLE) else { return Ok(()) };
    let setting: Setting = serde_json::from_str(&std::env::var("SURETY_TEST_SETTING")?)?;
    let router = if role == "provider" { setting.provider()?.router() } else { both(&setting.gateway()?) };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("\nhttp://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

fn slot(url: &str) -> String {
    format!("{url}/v1/deals/{}/slots/{}", SERVING.deal, SERVING.slot)
}

async fn answer<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<(u16, Result<T, String>)> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    if status == 200 {
        Ok((200, Ok(response.json().await?)))
    } else {
        Ok((status, Err(response.json::<Refused>().await?.reason)))
    }
}

async fn invoke(url: &str, input: Vec<u8>) -> Result<Invoked> {
    let (_, invoked) = answer(client().post(slot(url) + "/invoke").body(input)).await?;
    invoked.map_err(anyhow::Error::msg)
}

async fn sign(url: &str, claim: &Claim) -> Result<Result<Signed, String>> {
    Ok(answer(client().post(format!("{url}/v1/vouchers")).json(claim)).await?.1)
}

/// What the provider could claim, as anybody computes it from what it shows.
async fn claim(provider: &str) -> Result<Claim> {
    let (mut tree, mut amount) = (metering::Tree::default(), 0);
    loop {
        let url = format!("{}/usage?from={}", slot(provider), tree.size());
        let page: Entries = answer(client().get(url)).await?.1.map_err(anyhow::Error::msg)?;
        if page.entries.is_empty() {
            let invocations = tree.size() as u64;
            return Ok(Claim { target: target_of(SERVING), invocations, amount, usage_root: tree.root() });
        }
        for entry in page.entries {
            tree.push(entry.record().leaf());
            amount += entry.charge;
        }
    }
}

/// Straight to the provider, as gateways ask it.
fn asking(provider: &str, signature: &Bytes, id: B256, input: &'static [u8]) -> reqwest::RequestBuilder {
    asking_of(SERVING, provider, signature, id, input)
}

fn asking_of(
    serving: Serving,
    provider: &str,
    signature: &Bytes,
    id: B256,
    input: &'static [u8],
) -> reqwest::RequestBuilder {
    let url = format!("{provider}/v1/deals/{}/slots/{}/invoke", serving.deal, serving.slot);
    let request = client().post(url).header(usage::ID_HEADER, id.to_string());
    let request = request.header(usage::INPUT_HEADER, keccak256(input).to_string());
    request.header(usage::SIGNATURE_HEADER, signature.to_string()).body(input)
}

fn sha256(input: &[u8]) -> Bytes {
    use sha2::Digest as _;
    sha2::Sha256::digest(input).to_vec().into()
}

#[tokio::test]
async fn what_ran_is_paid_for_by_a_voucher_against_which_each_record_is_checked() -> Result<()> {
    let world = World::new(&[])?;
    let hosting = world.setting("").provider()?;
    let provider = serve(hosting.router()).await?;
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
    for number in 0..10_u8 {
        let input = vec![number; 100];
        let invoked = invoke(&gateway, input.clone()).await?;
        assert_eq!((invoked.output, invoked.trap), (Some(sha256(&input)), None));
        assert!(invoked.usage.fuel > 0 && invoked.usage.charge >= 1_000);
    }
    let claim = claim(&provider).await?;
    let signed = sign(&gateway, &claim).await?.map_err(anyhow::Error::msg)?;
    assert_eq!((signed.invocations, signed.amount, signed.usage_root), (10, claim.amount, claim.usage_root));
    assert_eq!((signed.from, signed.until), (NOW - 60, NOW));
    assert_eq!(signed.voucher().check(DOMAIN, key().address(), &signed.signature), Ok(()));

    let book = hosting.books().all().await.pop().context("there is a book")?;
    book.keep(DOMAIN, signed.clone(), None).await?;
    assert_eq!(book.claim(None), None);
    invoke(&gateway, vec![]).await?;
    for index in 0..10 {
        let url = format!("{}/usage/{index}/proof?size=10", slot(&provider));
        let proof: Proof = answer(client().get(url)).await?.1.map_err(anyhow::Error::msg)?;
        assert!(proof.holds(signed.usage_root, signed.invocations));
    }
    // Asked again for less, it answers what it signed.
    assert_eq!(sign(&gateway, &claim).await?, Ok(signed));
    Ok(())
}

#[tokio::test]
async fn a_gateway_signs_no_more_than_it_measured() -> Result<()> {
    let world = World::new(&[])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
    for _ in 0..3 {
        invoke(&gateway, b"input".to_vec()).await?;
    }
    let claim = claim(&provider).await?;
    for (wrong, why) in [
        (Claim { invocations: 4, ..claim.clone() }, "asked for 4 invocations, and 3 were measured"),
        (Claim { usage_root: B256::ZERO, ..claim.clone() }, "root"),
        (Claim { amount: claim.amount + 1, ..claim.clone() }, "cost"),
        (Claim { invocations: 0, usage_root: metering::empty_root(), ..claim.clone() }, "nothing to sign for"),
        (Claim { target: Target { serving: 4, ..claim.target }, ..claim.clone() }, "no served slot"),
    ] {
        let reason = sign(&gateway, &wrong).await?.expect_err("it is more than was measured");
        assert!(reason.contains(why), "{reason}");
    }
    assert!(sign(&gateway, &claim).await?.is_ok());
    Ok(())
}

#[tokio::test]
async fn who_may_claim_may_not_invoke_and_the_other_way_round() -> Result<()> {
    let world = World::new(&[])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let desk = world.setting(&provider).gateway()?;
    let (gateway, claims) = (serve(desk.router()).await?, serve(desk.claims()).await?);
    let status = async |request: reqwest::RequestBuilder| anyhow::Ok(request.send().await?.status().as_u16());
    invoke(&gateway, b"input".to_vec()).await?;
    let claim = claim(&provider).await?;
    for stranger in [
        client().post(slot(&claims) + "/invoke").body("input"),
        client().get(slot(&claims)),
        client().get(format!("{claims}/metrics")),
        client().post(format!("{gateway}/v1/vouchers")).json(&claim),
    ] {
        assert_eq!(status(stranger).await?, 404);
    }
    let flood = client().post(format!("{claims}/v1/vouchers")).header("content-type", "application/json");
    assert_eq!(status(flood.body(vec![b' '; 1 << 20])).await?, 413);
    assert_eq!(desk.counts.forwarded.get(), 1);
    assert!(sign(&claims, &claim).await?.is_ok());
    Ok(())
}

#[tokio::test]
async fn of_a_serving_that_ended_back_in_time_what_came_before_is_signed_for() -> Result<()> {
    let world = World::new(&[])?;
    let hosting = world.setting("").provider()?;
    let provider = serve(hosting.router()).await?;
    let (setting, ending) = (world.setting(&provider), Ending::default());
    let desk = setting.gateway_until(ending.clone(), Options::new(world.folder.path().join("gateway")))?;
    let gateway = serve(both(&desk)).await?;
    let mut amounts = Vec::new();
    for number in 0..5 {
        desk.update(setting.served(&provider), NOW + 100 * number);
        amounts.push(invoke(&gateway, b"input".to_vec()).await?.usage.charge);
    }
    let book = hosting.books().all().await.pop().context("there is a book")?;
    let all = sign(&gateway, &book.claim(None).context("it was used")?).await?.map_err(anyhow::Error::msg)?;
    assert_eq!((all.invocations, all.until), (5, NOW + 400));
    book.keep(DOMAIN, all, None).await?;

    // A failover says that it ended before what was signed for.
    let end = Some(NOW + 250);
    ending.set(NOW + 250);
    desk.update(BTreeMap::new(), NOW + 900);
    let claim = book.claim(end).context("what was signed cannot be redeemed")?;
    let cut = sign(&gateway, &claim).await?.map_err(anyhow::Error::msg)?;
    assert_eq!((cut.invocations, cut.from, cut.until), (3, NOW - 60, NOW + 200));
    assert_eq!(cut.amount, amounts[..3].iter().sum::<u128>());
    book.keep(DOMAIN, cut.clone(), end).await?;
    assert_eq!(book.redeemable(end), Some(cut.clone()));
    assert_eq!(sign(&gateway, &claim).await?, Ok(cut), "the same again");
    let gone = invoke(&gateway, b"input".to_vec()).await.expect_err("it ended");
    assert!(gone.to_string().contains("no served slot"), "{gone}");

    ending.set(NOW - 1);
    desk.update(BTreeMap::new(), NOW + 901);
    let late = sign(&gateway, &claim).await?.expect_err("nothing came before it");
    assert!(late.contains("before the serving ended"), "{late}");
    Ok(())
}

#[tokio::test]
async fn strangers_and_repetitions_do_not_run() -> Result<()> {
    let world = World::new(&[])?;
    let hosting = world.setting("").provider()?;
    let provider = serve(hosting.router()).await?;
    let (id, target, client) = (B256::repeat_byte(3), target_of(SERVING), client());
    let post =
        |signature: Bytes, id: B256, input: &'static [u8]| answer::<Invoked>(asking(&provider, &signature, id, input));
    let signature = usage::sign(DOMAIN, &key(), target, id, b"input")?;
    let stranger = usage::sign(DOMAIN, &PrivateKeySigner::random(), target, id, b"input")?;
    let earlier = Target { serving: 2, ..target };
    let replayed = usage::sign(DOMAIN, &key(), earlier, id, b"input")?;
    assert_eq!(post(stranger, id, b"input").await?.0, 403);
    assert_eq!(post(replayed, id, b"input").await?.0, 403);
    assert_eq!(post(signature.clone(), id, b"other").await?.0, 403);
    assert_eq!(post(signature.clone(), B256::ZERO, b"input").await?.0, 403);
    assert_eq!(post(Bytes::new(), id, b"input").await?.0, 401);
    assert_eq!(answer::<Invoked>(client.post(slot(&provider) + "/invoke")).await?.0, 401);
    let elsewhere = format!("{provider}/v1/deals/8/slots/1/invoke");
    assert_eq!(answer::<Invoked>(client.post(elsewhere)).await?.0, 404);
    assert_eq!(hosting.counts.invocations.get(), 0);

    assert_eq!(post(signature.clone(), id, b"input").await?.0, 200);
    let (status, again) = post(signature, id, b"input").await?;
    assert_eq!((status, again.map_err(|reason| reason.contains("before"))), (409, Err(true)));
    assert_eq!(hosting.counts.invocations.get(), 1);
    Ok(())
}

#[tokio::test]
async fn a_host_survives_what_modules_do_and_charges_what_ran() -> Result<()> {
    let grow = FOREVER.replace("(br 0)", "(drop (memory.grow (i32.const 1))) (br 0)");
    let import = r#"(module (import "env" "shell" (func)))"#;
    let world = World::new(&[("forever", FOREVER), ("grow", &grow), ("import", import)])?;
    let hosting = world.setting("").provider()?;
    let provider = serve(hosting.router()).await?;
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
    let call =
        |module: B256| answer::<Invoked>(client().post(format!("{}/invoke?module={module}", slot(&gateway))).body("x"));
    let trapped = call(world.modules[1]).await?.1.map_err(anyhow::Error::msg)?;
    assert_eq!((trapped.output, trapped.trap.as_deref()), (None, Some("it used up its fuel")));
    assert_eq!(trapped.usage.fuel, 100_000_000);
    let grown = call(world.modules[2]).await?.1.map_err(anyhow::Error::msg)?;
    assert!(grown.trap.is_some_and(|trap| trap.contains("bytes of memory")));
    assert_eq!(grown.usage.memory_mib, 4);
    let (status, refused) = call(world.modules[3]).await?;
    assert!(status == 502 && refused.is_err_and(|reason| reason.contains("imports `shell` of `env`")));
    let (_, unnamed) = call(B256::ZERO).await?;
    assert!(unnamed.is_err_and(|reason| reason.contains("names no such module")));
    assert_eq!(invoke(&gateway, b"x".to_vec()).await?.output, Some(sha256(b"x")));
    assert_eq!((hosting.counts.invocations.get(), hosting.counts.trapped.get()), (3, 2));
    let claim = claim(&provider).await?;
    let signed = sign(&gateway, &claim).await?.map_err(anyhow::Error::msg)?;
    assert_eq!((signed.invocations, signed.amount), (3, claim.amount));
    Ok(())
}
