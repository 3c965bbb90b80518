//! Gateways and providers that are killed with many invocations on their way.

use std::path::Path;

use anyhow::{Result, ensure};
use scripts::usage::{Entries, Entry, Signed};

use super::*;

/// So many that journals write many lines by one sync.
const LANES: usize = 32;

/// Invokes until the gateway is gone; what was answered.
async fn invoke_until_gone(url: String) -> Vec<Entry> {
    let mut answered = Vec::new();
    while let Ok(invoked) = invoke(&url, vec![7; 1_000]).await {
        answered.push(invoked.usage);
    }
    answered
}

fn lanes(url: &str) -> Vec<tokio::task::JoinHandle<Vec<Entry>>> {
    (0..LANES).map(|_| tokio::spawn(invoke_until_gone(url.to_owned()))).collect()
}

/// All records that a provider shows.
async fn entries(provider: &str) -> Result<Vec<Entry>> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let url = format!("{}/usage?from={}", slot(provider), all.len());
        let page: Entries = answer(client().get(url)).await?.1.map_err(anyhow::Error::msg)?;
        if page.entries.is_empty() {
            return Ok(all);
        }
        all.extend(page.entries);
    }
}

#[tokio::test]
async fn a_gateway_killed_in_mid_period_signs_nothing_twice_and_loses_nothing() -> Result<()> {
    let world = World::new(&[])?;
    let hosting = world.setting("").provider()?;
    let provider = serve(hosting.router()).await?;
    let setting = world.setting(&provider);
    let mut before: Option<Signed> = None;
    for _ in 0..3 {
        let gateway = Process::start("gateway", &setting).await?;
        let calls = lanes(&gateway.url);
        let goal = hosting.counts.invocations.get() + 3 * LANES as u64;
        while hosting.counts.invocations.get() < goal {
            tokio::task::yield_now().await;
        }
        // With invocations on their way in both directions.
        gateway.kill().await?;
        let mut answered = 0;
        for call in calls {
            answered += call.await?.len();
        }
        ensure!(answered > 0, "some were answered before it was killed");

        let gateway = Process::start("gateway", &setting).await?;
        let claim = claim(&provider).await?;
        let signed = sign(&gateway.url, &claim).await?.map_err(anyhow::Error::msg)?;
        assert_eq!((signed.invocations, signed.amount), (claim.invocations, claim.amount), "nothing is lost");
        if let Some(before) = &before {
            assert_eq!(signed.voucher().follows(&before.voucher()), Ok(()));
        }
        // Killed after it signed, it answers the same voucher, and not another for the same usage.
        gateway.kill().await?;
        let gateway = Process::start("gateway", &setting).await?;
        assert_eq!(sign(&gateway.url, &claim).await?, Ok(signed.clone()));
        gateway.kill().await?;
        before = Some(signed);
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_killed_while_modules_run_keeps_what_it_answered() -> Result<()> {
    let world = World::new(&[])?;
    let provider = Process::start("provider", &world.setting("")).await?;
    let gateway = world.setting(&provider.url).gateway()?;
    let url = serve(both(&gateway)).await?;
    let calls = lanes(&url);
    while gateway.counts.forwarded.get() < 5 * LANES as u64 {
        tokio::task::yield_now().await;
    }
    provider.kill().await?;
    let mut answered = Vec::new();
    for call in calls {
        answered.extend(call.await?);
    }
    ensure!(!answered.is_empty(), "some were answered before it was killed");
    let provider = Process::start("provider", &world.setting("")).await?;
    gateway.update(world.setting("").served(&provider.url), NOW + 1);
    invoke(&url, b"again".to_vec()).await?;
    let claim = claim(&provider.url).await?;
    let kept = entries(&provider.url).await?;
    for entry in answered {
        assert_eq!(kept.get(usize::try_from(entry.index)?), Some(&entry), "what was answered is kept as it was");
    }
    let signed = sign(&url, &claim).await?.map_err(anyhow::Error::msg)?;
    assert_eq!((signed.invocations, signed.amount, signed.until), (claim.invocations, claim.amount, NOW + 1));
    Ok(())
}

#[tokio::test]
async fn what_ran_and_could_not_be_written_is_no_refusal_and_nothing_of_it_is_found_later() -> Result<()> {
    let world = World::new(&[])?;
    let provider = Process::start_within(1, "provider", &world.setting("")).await?;
    let gateway = world.setting(&provider.url).gateway()?;
    let url = serve(both(&gateway)).await?;
    let mut answered = 0;
    let failed = loop {
        match invoke(&url, b"input".to_vec()).await {
            Ok(_) => answered += 1,
            Err(error) => break error.to_string(),
        }
    };
    assert!(answered > 0 && failed.ends_with("the provider: status 500"), "{answered}: {failed}");
    provider.kill().await?;
    let provider = Process::start("provider", &world.setting("")).await?;
    assert_eq!(entries(&provider.url).await?.len(), answered);
    gateway.update(world.setting("").served(&provider.url), NOW + 1);
    invoke(&url, b"again".to_vec()).await?;
    let claim = claim(&provider.url).await?;
    assert!(sign(&url, &claim).await?.is_ok_and(|signed| signed.amount == claim.amount));
    Ok(())
}

/// All that a gateway signed, as its journal has it.
fn journal(world: &World) -> Result<Vec<Signed>> {
    let text = std::fs::read_to_string(world.folder.path().join("gateway/7-1-3.usage"))?;
    let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<serde_json::Value>, _>>()?;
    let signed = lines.into_iter().filter_map(|line| line.get("signed").cloned());
    Ok(signed.map(serde_json::from_value).collect::<Result<_, _>>()?)
}

#[tokio::test]
async fn a_voucher_is_signed_to_the_end_although_who_asked_hangs_up() -> Result<()> {
    let world = World::new(&[])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let desk = world.setting(&provider).gateway()?;
    let url = serve(both(&desk)).await?;
    invoke(&url, b"input".to_vec()).await?;
    {
        let asked = desk.sign(claim(&provider).await?);
        assert!(futures::poll!(std::pin::pin!(asked)).is_pending(), "a disk takes longer than this");
    }
    desk.update(world.setting(&provider).served(&provider), NOW + 1);
    invoke(&url, b"input".to_vec()).await?;
    let signed = desk.sign(claim(&provider).await?).await.map_err(|refusal| anyhow::anyhow!(refusal.1))?;
    let all = journal(&world)?;
    ensure!(all.len() == 2 && all[1] == signed, "{all:?}");
    assert_eq!(signed.voucher().follows(&all[0].voucher()), Ok(()));
    Ok(())
}

#[tokio::test]
async fn two_gateways_do_not_share_a_folder() -> Result<()> {
    let world = World::new(&[])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let first = Process::start("gateway", &world.setting(&provider)).await?;
    invoke(&first.url, b"input".to_vec()).await?;
    let second = Process::start("gateway", &world.setting(&provider)).await?;
    assert!(invoke(&second.url, b"input".to_vec()).await.is_err_and(|error| error.to_string().contains("failed")));
    assert!(Path::new(&world.folder.path().join("gateway/7-1-3.usage")).exists());
    Ok(())
}
