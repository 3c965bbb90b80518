//! A batch of the deal that the host serves is proved by samples: three probers compute drawn chunks again.

use alloy::primitives::Address;
use anyhow::{Context as _, Result};
use scripts::chain::Context;
use scripts::ids::DealId;
use scripts::proof::kept::Folder;
use scripts::proof::sampled::{self, FINISHED};
use scripts::proof::{self, bundle, check};
use scripts::provider;
use tokio::net::TcpListener;

use super::cast::{KEEPER, METERED_CUSTOMER, METERED_HOST, PROBERS};
use super::stage::Stage;
use super::words::counted;
use crate::actors::key;
use crate::sampled::{DRAW, batch, patiently, probe, serve, until};

const CHUNKS: u8 = 16;

pub(super) async fn play(stage: &mut Stage, deal: DealId) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("surety-sampled-").tempdir()?;
    let (jobs, batch) = (Folder::new(folder.path().join("jobs")), batch(CHUNKS)?);
    let asked = proof::ask(stage.party(METERED_CUSTOMER)?, deal, 0, batch.input()?.root()).await?;
    let door = TcpListener::bind("127.0.0.1:0").await?;
    let profile = provider::Profile {
        name: METERED_HOST.to_owned(),
        endpoint: format!("http://{}", door.local_addr()?),
        operator: 0,
    };
    let provider = signing(stage, METERED_HOST)?;
    provider::set_profile(&provider, profile).await?;
    let host = serve(provider.clone(), jobs.clone(), door).await?;
    let committed = sampled::prove(&provider, &jobs, asked.job, batch, 0).await?;
    stage.world.chain.mine(DRAW).await?;
    patiently("the draw", host.seen.until(|meters| meters.samples.get() > 0)).await?;

    let (mut executors, mut probing) = (Vec::new(), Vec::new());
    for executor in sampled::show(&provider, asked.job).await?.executors {
        let name = prober(stage, executor)?;
        probing.push(probe(signing(stage, name)?, &folder.path().join(name)).await?);
        executors.push(name);
    }
    until((&stage.world.chain, &provider), (asked.job, FINISHED), &host, &probing).await?;
    let who = executors.join(", ");
    stage
        .voice
        .say(format!("{METERED_HOST} commits to {}; {who} compute what is drawn again", counted(CHUNKS, "chunk")));
    for prober in probing {
        prober.stop().await?;
    }
    host.stop().await?;

    stage.world.synced().await?;
    let bundle = bundle::download(&stage.world.api_url, asked.job).await?;
    let keeper = stage.party(KEEPER)?;
    let verified = check::check(&keeper.provider, &bundle, Some(keeper.at().proofs)).await?;
    let is_proven = verified.is_shown() && verified.output_root == committed.output_root;
    stage.voice.expect("they agree with it, and the attestation is verified against the chain alone", is_proven);
    Ok(())
}

fn prober(stage: &Stage, address: Address) -> Result<&'static str> {
    let is_its = |name: &&str| stage.address(name).is_ok_and(|its| its == address);
    PROBERS.into_iter().find(is_its).with_context(|| format!("{address} is no prober of the story"))
}

fn signing(stage: &Stage, name: &str) -> Result<Context> {
    Ok(stage.party(name)?.clone().signing_with(key(name)?))
}
