//! Batches whose chunks probers compute again: what is right is attested, who copies is found, and a wrong chunk costs its provider the lock.

use std::path::Path;
use std::time::Duration;

use alloy::primitives::{Address, B256, keccak256};
use anyhow::{Context as _, Result, ensure};
use contracts::{IFaults, Sampled, Staking};
use scripts::ids::{DealId, JobId};
use scripts::prober::run::Counts;
use scripts::proof::batch::Batch;
use scripts::proof::kept::{Folder, Kept};
use scripts::proof::sampled::{self, CLOSED, FINISHED};
use scripts::proof::{self, SAMPLED, bundle, check};
use scripts::workload::Client;
use scripts::workload::host::Meters;
use scripts::workload::jobs::ServedOutput;
use scripts::{offer, provider};
use sqlx::PgPool;
use tempfile::TempDir;
use tests::actors::{Actor, Customer, Provider, address, key};
use tests::chain::hours;
use tests::probers::{COUNT, Probers};
use tests::sampled::{DRAW, Running, batch, patiently, probe, serve, until};
use tests::world::World;
use tokio::net::TcpListener;

type Probing = Running<Counts>;

/// Petra serves a deal of Cora's whose jobs are proved by samples, and a job was asked for.
struct Stage {
    world: World,
    petra: Provider,
    cora: Customer,
    deal: DealId,
    job: JobId,
    batch: Batch,
    url: String,
    jobs: Folder,
    host: Running<Meters>,
    folder: TempDir,
}

impl Stage {
    async fn set(db: PgPool, chunks: u8) -> Result<Self> {
        let world = World::start(db).await?;
        Probers::start(&world).await?;
        let petra = world.provider("petra").await?;
        petra.stake("100000").await?;
        let door = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", door.local_addr()?);
        let profile = provider::Profile { name: "petra".to_owned(), endpoint: url.clone(), operator: 0 };
        provider::set_profile(&petra.context, profile).await?;
        let terms = offer::Terms::new(0, 100, petra.units("1")?);
        let offer = petra.offer_with(&offer::Terms { proof_kinds: 1 << SAMPLED, ..terms }).await?;
        let cora = world.customer("cora").await?;
        let mut job = cora.job(10, "1", 14, 28)?;
        job.proof_kind = SAMPLED;
        let deal = cora.open(job, &[offer]).await?;
        petra.ready(deal, 0).await?;
        let batch = batch(chunks)?;
        let job = proof::ask(&cora.context, deal, 0, batch.input()?.root()).await?.job;
        let folder = tempfile::tempdir()?;
        let jobs = Folder::new(folder.path().join("jobs"));
        let host = serve(petra.context.clone().signing_with(key("petra")?), jobs.clone(), door).await?;
        Ok(Self { world, petra, cora, deal, job, batch, url, jobs, host, folder })
    }

    /// Commits, and waits until its provider has drawn.
    async fn commit(&self, plants: u32) -> Result<Vec<Actor>> {
        let petra = &self.petra.context;
        sampled::prove(petra, &self.jobs, self.job, self.batch.clone(), plants).await?;
        self.world.chain.mine(DRAW).await?;
        patiently("the draw", self.host.seen.until(|meters| meters.samples.get() == 1)).await?;
        let mut executors = Vec::new();
        for executor in sampled::show(petra, self.job).await?.executors {
            executors.push(self.actor(executor).await?);
        }
        ensure!(executors.len() == 3, "{} executors are drawn", executors.len());
        Ok(executors)
    }

    async fn actor(&self, who: Address) -> Result<Actor> {
        for number in 0..COUNT {
            let name = format!("prober {number}");
            if address(&name)? == who {
                return self.world.party(&name).await;
            }
        }
        anyhow::bail!("{who} is none of the probers")
    }

    async fn probe(&self, who: &Actor) -> Result<Probing> {
        probe(who.context.clone().signing_with(key(&who.name)?), &self.folder.path().join(&who.name)).await
    }

    /// What somebody who computes nothing can say: what is served as outputs of the drawn chunks.
    async fn served(&self) -> Result<Vec<B256>> {
        let client = Client::new(Duration::from_secs(5))?;
        let mut outputs = Vec::new();
        for chunk in sampled::show(&self.petra.context, self.job).await?.drawn {
            let url = format!("{}/v1/jobs/{}/outputs/{chunk}", self.url, self.job);
            let served: ServedOutput = client.json(&url, 1_000).await.map_err(anyhow::Error::msg)?;
            outputs.push(served.output);
        }
        Ok(outputs)
    }

    async fn seal(&self, who: &Actor, outputs: &[B256]) -> Result<()> {
        let at = who.context.at();
        let bond = who.context.view(at.sampled, Sampled::bondOfCall {}).await?;
        who.context.allow(at.stablecoin, at.sampled, bond).await?;
        let sealed = sampled::seal_of(self.job, who.address, outputs, B256::ZERO);
        who.context.send(at.sampled, Sampled::sealCall { job: self.job.0, sealed_: sealed }).await?;
        Ok(())
    }

    async fn reveal(&self, who: &Actor, outputs: Vec<B256>) -> Result<()> {
        let call = Sampled::revealCall { job: self.job.0, outputs, salt: B256::ZERO };
        who.context.send(who.context.at().sampled, call).await?;
        Ok(())
    }

    async fn until(&self, stage: u8, probing: &[Probing]) -> Result<()> {
        until((&self.world.chain, &self.petra.context), (self.job, stage), &self.host, probing).await
    }

    async fn claimed(&self, who: &Actor) -> Result<String> {
        Ok(sampled::claim(&who.context, who.address).await?.claimed.to_string())
    }
}

fn exists(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_batch_is_attested_by_who_computes_it_again_and_who_copies_pays_for_it(db: PgPool) -> Result<()> {
    let mut stage = Stage::set(db, 50).await?;
    // Of so many plants some are drawn, whatever the draw.
    let executors = stage.commit(40).await?;
    let [anna, bert, lazy] = &executors[..] else { anyhow::bail!("three are drawn") };
    let probing = stage.probe(anna).await?;
    patiently("a seal", probing.seen.until(|counts| counts.seals.get() == 1)).await?;
    // A crash between seal and reveal: what was sealed is on disk, and nothing is computed or sealed anew.
    probing.stop().await?;
    assert!(exists(&stage.folder.path().join(&anna.name).join("answers.jsonl")));
    let probing = [stage.probe(anna).await?, stage.probe(bert).await?];
    let copied = stage.served().await?;
    stage.seal(lazy, &copied).await?;
    patiently("a seal", probing[1].seen.until(|counts| counts.seals.get() == 1)).await?;
    assert_eq!(probing[0].seen.seals.get(), 0, "it is sealed already");
    stage.world.chain.mine(1).await?;
    patiently("the opening", stage.host.seen.until(|meters| meters.samples.get() >= 2)).await?;
    stage.reveal(lazy, copied).await?;
    stage.until(FINISHED, &probing).await?;
    for prober in &probing {
        assert_eq!(prober.seen.reveals.get(), 1);
    }

    stage.world.synced().await?;
    let bundle = bundle::download(&stage.world.api_url, stage.job).await?;
    let known = Some(stage.world.deployment.contracts.proofs);
    let verified = check::check(&stage.petra.context.provider, &bundle, known).await?;
    assert_eq!((verified.verdict.as_str(), verified.kind.as_str()), ("proven", "sampled"));
    assert_eq!(verified.input_root, stage.batch.input()?.root());
    assert_eq!(verified.output_root, {
        let kept = stage.jobs.get(&stage.petra.context, stage.job)?.context("it is kept")?;
        kept.output_root()
    });
    // A third of 0.30 each; the bond of who copied, and his third, is theirs.
    for (who, credit) in [(anna, "1.65"), (bert, "1.65"), (lazy, "0")] {
        assert_eq!(stage.claimed(who).await?, credit, "{}", who.name);
    }
    stage.world.audit().await?;
    for prober in probing {
        prober.stop().await?;
    }
    stage.host.stop().await?;
    stage.world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_wrong_chunk_is_found_although_one_colludes_and_costs_the_lock(db: PgPool) -> Result<()> {
    let mut stage = Stage::set(db, 16).await?;
    let mut kept = Kept::compute(&stage.petra.context, stage.job, stage.batch.clone(), 0)?;
    kept.outputs[11] = keccak256("what is cheaper to say than to compute");
    stage.jobs.keep(&kept)?;
    let executors = stage.commit(0).await?;
    let [anna, bert, friend] = &executors[..] else { anyhow::bail!("three are drawn") };
    let probing = [stage.probe(anna).await?, stage.probe(bert).await?];
    // Batches of 16 chunks are opened whole.
    stage.seal(friend, &kept.outputs).await?;
    for prober in &probing {
        patiently("a seal", prober.seen.until(|counts| counts.seals.get() == 1)).await?;
    }
    stage.world.chain.mine(1).await?;
    patiently("the opening", stage.host.seen.until(|meters| meters.samples.get() >= 2)).await?;
    stage.reveal(friend, kept.outputs.clone()).await?;
    stage.until(FINISHED, &probing).await?;
    let fault = sampled::show(&stage.petra.context, stage.job).await?.fault.context("it is disputed")?.0;
    stage.world.synced().await?;
    stage.world.audit().await?;
    let shown = stage.world.get("/v1/faults").await?;
    assert_eq!(shown.text("/items/0/provider")?, stage.petra.address.to_string());

    // Nobody appeals.
    stage.world.advance(hours(37)).await?;
    let keeper = &stage.world.keeper.context;
    let executed = keeper.send(keeper.at().faults, IFaults::executeCall { fault }).await?;
    let slashed: Staking::Slashed = executed.event()?;
    assert!(slashed.fromOwn > 0, "{slashed:?}");
    stage.until(CLOSED, &probing).await?;
    // Who agreed is paid; who agreed with the provider has his bond back, and no more; the customer has what nobody earned.
    for (who, credit) in [(anna, "1.1"), (bert, "1.1"), (friend, "1"), (&*stage.cora, "0.1"), (&*stage.petra, "0")] {
        assert_eq!(stage.claimed(who).await?, credit, "{}", who.name);
    }
    stage.world.synced().await?;
    let proofs = stage.world.get(&format!("/v1/deals/{}/proofs", stage.deal)).await?;
    assert_eq!(proofs.text("/items/0/status")?, "disputed");
    assert_eq!(proofs.text("/items/0/sample/stage")?, "closed");
    stage.world.audit().await?;
    for prober in probing {
        prober.stop().await?;
    }
    stage.host.stop().await?;
    stage.world.finish().await
}
