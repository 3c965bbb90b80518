//! What was computed and shown: jobs to the last field, keys, verifiers and samples.

use alloy::primitives::aliases::U40;
use alloy::primitives::{B256, U256, keccak256};
use alloy::sol_types::SolValue as _;
use anyhow::{Context as _, Result};
use contracts::{DevelopmentUsd, Groth16, IProofs, Proofs, Sampled};

use super::{Audit, address, hash};

impl Audit<'_> {
    pub(super) async fn computation(&mut self) -> Result<()> {
        self.jobs().await?;
        self.proof_verifiers().await?;
        self.circuits().await?;
        self.samples().await?;
        self.executors().await
    }

    /// The chain keeps one hash of each.
    async fn jobs(&mut self) -> Result<()> {
        let proofs = self.context.at().proofs;
        let rows = sqlx::query!(
            r#"
            select
                job as "job!",
                deal as "deal!",
                slot as "slot!",
                kind as "kind!",
                verdict as "verdict!",
                serving as "serving!",
                provider as "provider!: Vec<u8>",
                key as "key!: Vec<u8>",
                seed as "seed!: Vec<u8>",
                input_root as "input_root!: Vec<u8>",
                output_root as "output_root: Vec<u8>",
                extract(epoch from not_before)::bigint as "not_before!",
                coalesce(extract(epoch from not_after)::bigint, 0) as "not_after!"
            from job
            "#
        );
        let rows = rows.fetch_all(&self.pool).await?;
        let count = self.view(proofs, Proofs::countCall {}).await?;
        self.compare("jobs", "count", count, rows.len());
        for row in rows {
            let job = IProofs::Job {
                deal: u64::try_from(row.deal)?,
                slot: u8::try_from(row.slot)?,
                kind: u8::try_from(row.kind)?,
                verdict: u8::try_from(row.verdict)?,
                serving: u32::try_from(row.serving)?,
                provider: address(&row.provider)?,
                key: hash(&row.key)?,
                seed: hash(&row.seed)?,
                inputRoot: hash(&row.input_root)?,
                outputRoot: row.output_root.as_deref().map_or(Ok(B256::ZERO), hash)?,
                notBefore: U40::try_from(row.not_before)?,
                notAfter: U40::try_from(row.not_after)?,
            };
            let kept = self.view(proofs, Proofs::hashOfCall { job: u64::try_from(row.job)? }).await?;
            self.compare(&format!("job {}", row.job), "hash", kept, keccak256(job.abi_encode()));
        }
        Ok(())
    }

    async fn proof_verifiers(&mut self) -> Result<()> {
        let rows = sqlx::query!(r#"select kind as "kind!", verifier as "verifier!: Vec<u8>" from proof_verifier"#);
        for row in rows.fetch_all(&self.pool).await? {
            let call = Proofs::verifierOfCall { kind: u8::try_from(row.kind)? };
            let verifier = self.view(self.context.at().proofs, call).await?;
            self.compare(&format!("proofs of kind {}", row.kind), "verifier", verifier, address(&row.verifier)?);
        }
        Ok(())
    }

    async fn circuits(&mut self) -> Result<()> {
        let rows = sqlx::query!(r#"select key as "key!: Vec<u8>" from key_registered"#);
        for row in rows.fetch_all(&self.pool).await? {
            let key = hash(&row.key)?;
            let encoded = self.view(self.context.at().groth16, Groth16::keyOfCall { key }).await?;
            self.compare(&format!("verification key {key}"), "hash", keccak256(encoded), key);
        }
        Ok(())
    }

    async fn samples(&mut self) -> Result<()> {
        let sampled = self.context.at().sampled;
        let rows = sqlx::query!(
            r#"
            select
                job as "job!",
                stage as "stage!",
                chunks as "chunks!",
                extract(epoch from committed_at)::bigint as "committed_at!",
                committed_block as "committed_block!",
                coalesce(extract(epoch from drawn_at)::bigint, 0) as "drawn_at!",
                coalesce(fault, 0) as "fault!",
                found is not null as "is_shown!",
                output_root as "output_root!: Vec<u8>",
                plants as "plants!: Vec<u8>",
                seed as "seed: Vec<u8>",
                executors as "executors!"
            from sample
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let (name, job) = (format!("sample of job {}", row.job), u64::try_from(row.job)?);
            let found = self.view(sampled, Sampled::sampleOfCall { job }).await?;
            self.compare(&name, "stage", found.stage, row.stage);
            self.compare(&name, "chunks", found.chunks, row.chunks);
            self.compare(&name, "committed_at", found.committedAt, row.committed_at);
            self.compare(&name, "committed_block", found.committedBlock, row.committed_block);
            self.compare(&name, "drawn_at", found.drawnAt, row.drawn_at);
            self.compare(&name, "fault", found.fault, row.fault);
            self.compare(&name, "is_shown", found.isShown, row.is_shown);
            self.compare(&name, "output_root", found.outputRoot, hash(&row.output_root)?);
            self.compare(&name, "plants", found.plants, hash(&row.plants)?);
            self.compare(&name, "seed", found.seed, row.seed.as_deref().map_or(Ok(B256::ZERO), hash)?);
            let executors = self.view(sampled, Sampled::executorsOfCall { job }).await?;
            self.compare(&name, "executors", executors.len(), row.executors);
        }
        Ok(())
    }

    /// What they can claim. All stablecoin of `Sampled` but donations is that, or pay and bonds of samples that are not paid out.
    async fn executors(&mut self) -> Result<()> {
        let at = self.context.at();
        let rows =
            sqlx::query!(r#"select executor as "executor!: Vec<u8>", credit::text as "credit!" from executor_credit"#);
        for row in rows.fetch_all(&self.pool).await? {
            let account = address(&row.executor)?;
            let credit = self.view(at.sampled, Sampled::creditOfCall { account }).await?;
            self.compare(&format!("executor {account}"), "credit", credit, row.credit);
        }
        let held = self.view(at.stablecoin, DevelopmentUsd::balanceOfCall { account: at.sampled }).await?;
        let surplus = self.view(at.sampled, Sampled::surplusCall {}).await?;
        let owned = sqlx::query_scalar!(
            r#"
            select (
                (select coalesce(sum(credit), 0) from executor_credit)
                + coalesce(sum(s.paid + (select coalesce(sum(o.bond), 0) from outputs_sealed as o where o.job = s.job)), 0)
            )::text as "owned!"
            from sample as s
            where s.stage < 4 or (s.stage = 4 and s.fault is not null)
            "#
        );
        let owned: U256 = owned.fetch_one(&self.pool).await?.parse().context("a sum of amounts")?;
        self.compare("Sampled", "owed to somebody", held - surplus, owned);
        Ok(())
    }
}
