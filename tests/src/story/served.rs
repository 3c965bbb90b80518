//! Part of what is paid by usage is served for real: `surety provider serve` runs modules, and `surety customer gateway` measures
//! them and signs.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use alloy::primitives::{B256, keccak256};
use anyhow::{Context as _, Result, ensure};
use contracts::IRedemption;
use scripts::ids::DealId;
use scripts::usage::Invoked;
use scripts::{gateway, provider};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::cast::{AUTHORS, METERED_CUSTOMER, METERED_HOST};
use super::program::Program;
use super::stage::{Stage, number};
use super::words::{counted, grouped};
use crate::actors;

/// Of each module, on the way at once.
const INVOCATIONS: u8 = 60;
const LANES: usize = 8;

/// What this gateway may sign a day, in ten-thousandths of a dollar.
const CAP: u128 = 1_000_000;
const GATEWAY: &str = "the gateway that is run";

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// A module in its binary form.
pub(super) fn binary(module: &str) -> Result<Vec<u8>> {
    xtask::modules::read(module).map_err(anyhow::Error::from_boxed)
}

/// Runs modules through the deal's gateway until everything that they used is paid; how much that was.
pub(super) async fn play(stage: &mut Stage, deal: DealId) -> Result<u128> {
    let folder = tempfile::Builder::new().prefix("surety-served-").tempdir()?;
    let (programs, url) = start(stage, folder.path()).await?;
    let slot = format!("{url}/v1/deals/{deal}/slots/0");
    until("the gateway serves the deal", async || {
        Ok(reqwest::get(&slot).await.is_ok_and(|shown| shown.status() == 200))
    })
    .await?;
    let mut charged = 0;
    for (author, module, _) in AUTHORS {
        charged += invoke(stage, &slot, author, module).await?;
    }
    let shown: Value = reqwest::get(&slot).await?.json().await?;
    let served = number(&shown, "invocations")?;
    let is_measured = shown["amount"] == charged.to_string() && shown["difference"].is_null();
    let line = format!("the gateway measured {}, and no record differs from it", counted(served, "invocation"));
    stage.voice.expect(line, is_measured && served == AUTHORS.len() as u64 * u64::from(INVOCATIONS));
    stage.report.invocations_served = served;

    // The host asks for a voucher each hour; two, so that it was not asked for before the last invocation.
    stage.at_hour(stage.hour().await? + 2).await?;
    let call = IRedemption::redeemedOfCall { deal: deal.0, slot: 0, serving: 1 };
    let customer = stage.party(METERED_CUSTOMER)?.clone();
    let redeemed = async || customer.view(customer.at().deals, call.clone()).await;
    until("the host redeems its voucher", async || Ok(redeemed().await? > 0)).await?;
    drop(programs);
    let paid = redeemed().await?;
    let decimals = customer.decimals();
    let line = format!(
        "a voucher of the gateway is redeemed by the host: {} dollars, to the last unit what was measured",
        scripts::amount::whole(paid, decimals)
    );
    stage.voice.expect(line, paid == charged);
    stage.report.vouchers += 1;
    Ok(paid)
}

/// The host of the provider, and the gateway of the customer with a key of its own, as their programs.
async fn start(stage: &mut Stage, folder: &Path) -> Result<([Program; 2], String)> {
    let modules = folder.join("modules");
    std::fs::create_dir(&modules)?;
    for (_, module, _) in AUTHORS {
        std::fs::write(modules.join(module).with_extension("wasm"), binary(module)?)?;
    }
    let key = actors::key(GATEWAY)?;
    gateway::set(stage.party(METERED_CUSTOMER)?, key.address(), stage.dollars(CAP)?).await?;
    let (door, gate, claims) = (free().await?, free().await?, free().await?);
    let (endpoint, url) = (format!("http://{door}"), format!("http://{gate}"));
    let host = stage.party(METERED_HOST)?;
    let profile = provider::Profile { name: METERED_HOST.to_owned(), endpoint, operator: 0 };
    provider::set_profile(host, profile).await?;
    let customer = stage.address(METERED_CUSTOMER)?.to_string();
    let (usage, signed) = (folder.join("usage"), folder.join("gateway"));
    let [modules, usage, signed] = [&modules, &usage, &signed].map(|path| path.display().to_string());
    let asked = format!("{customer}=http://{claims}");
    let serve = ["provider", "serve", "--listen", &door, "--modules", &modules, "--state", &usage, "--gateway", &asked];
    let serve = Program::start(stage, METERED_HOST, &serve)?;
    let sign = ["customer", "gateway", "--listen", &gate, "--claims", &claims, "--account", &customer];
    let sign = [&sign[..], &["--state", &signed, "--modules", &modules, "--check-one-in", "8"]].concat();
    let sign = Program::start(stage, GATEWAY, &sign)?;
    stage
        .voice
        .say(format!("{METERED_HOST} runs `surety provider serve`, {METERED_CUSTOMER} `surety customer gateway`"));
    Ok(([serve, sign], url))
}

/// An address that nobody listens at.
async fn free() -> Result<String> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.to_string())
}

/// Runs a module many times; what the records charge.
async fn invoke(stage: &Stage, slot: &str, author: &str, module: &str) -> Result<u128> {
    let url = format!("{slot}/invoke?module={}", keccak256(binary(module)?));
    let (http, begin) = (reqwest::Client::new(), Instant::now());
    let (mut charged, mut fuel, mut on_the_way) = (0, 0, JoinSet::new());
    for place in 0..INVOCATIONS {
        if on_the_way.len() == LANES {
            take(&mut on_the_way, &mut charged, &mut fuel).await?;
        }
        on_the_way.spawn(http.post(&url).body(input(module, place)?).send());
    }
    while !on_the_way.is_empty() {
        take(&mut on_the_way, &mut charged, &mut fuel).await?;
    }
    let (count, fuel) = (counted(INVOCATIONS, "invocation"), grouped(&fuel.to_string()));
    let milliseconds = begin.elapsed().as_millis();
    stage.voice.say(format!("{module:<6} by {author:<7} {count}, {fuel} instructions, in {milliseconds} ms"));
    Ok(charged)
}

async fn take(
    on_the_way: &mut JoinSet<reqwest::Result<reqwest::Response>>,
    charged: &mut u128,
    fuel: &mut u64,
) -> Result<()> {
    let answer = on_the_way.join_next().await.context("an invocation is on its way")???;
    let (status, body) = (answer.status(), answer.bytes().await?);
    ensure!(status == 200, "{status}: {}", String::from_utf8_lossy(&body));
    let invoked: Invoked = serde_json::from_slice(&body)?;
    ensure!(invoked.output.is_some(), "it trapped: {:?}", invoked.trap);
    *charged += invoked.usage.charge;
    *fuel += invoked.usage.fuel;
    Ok(())
}

/// Something to do for a module, each time another.
fn input(module: &str, place: u8) -> Result<Vec<u8>> {
    Ok(match module {
        "hash" => vec![place; 20_000],
        "json" => {
            let items: Vec<Value> = (0..200).map(|item| serde_json::json!({ "place": place, "item": item })).collect();
            serde_json::to_vec_pretty(&items)?
        }
        "matrix" => {
            let side = 40_u32;
            let numbers = (0..2 * side * side).map(|number| f64::from(number + u32::from(place)));
            side.to_le_bytes().into_iter().chain(numbers.flat_map(f64::to_le_bytes)).collect()
        }
        "resize" => {
            let pixels: Vec<u8> = (0..64 * 64 * 3_u32).map(|pixel| pixel.to_le_bytes()[0] ^ place).collect();
            [&48_u16.to_be_bytes()[..], &48_u16.to_be_bytes(), b"P6\n64 64\n255\n", &pixels].concat()
        }
        "sieve" => (100_000 + u32::from(place)).to_le_bytes().to_vec(),
        _ => anyhow::bail!("nobody knows what {module} takes"),
    })
}

/// Looks until it is so, but not for ever.
async fn until(what: &str, is_so: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let looks = async {
        while !is_so().await? {
            tokio::time::sleep(POLL).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, looks).await.with_context(|| format!("waiting until {what}"))?
}

/// The hash by which deals name a module.
pub(super) fn named(module: &str) -> Result<B256> {
    Ok(keccak256(binary(module)?))
}
