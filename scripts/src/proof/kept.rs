//! What a provider keeps of a sampled job, one file each, from before its commit until it is decided: without it nothing could be opened.

use std::fs;
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolValue as _;
use anyhow::{Context as _, Result, ensure};
use rand::seq::index;
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Input, tree_of};
use crate::capacity::state::{read_json, write_json};
use crate::chain::Context;
use crate::ids::JobId;

/// Wrong outputs among those that are served, never in the tree: whoever reveals one copied it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plants {
    pub chunks: Vec<u32>,
    pub outputs: Vec<B256>,
    pub salt: B256,
}

impl Plants {
    /// So many, at random places of a batch.
    pub fn sow(chunks: u32, count: u32) -> Result<Self> {
        ensure!(count <= chunks, "A batch of {chunks} chunks has no room for {count} plants.");
        let places = index::sample(&mut rand::rng(), usize::try_from(chunks)?, usize::try_from(count)?);
        let mut chunks = places.into_iter().map(u32::try_from).collect::<Result<Vec<u32>, _>>()?;
        chunks.sort_unstable();
        let outputs = chunks.iter().map(|_| rand::random::<[u8; 32]>().into()).collect();
        Ok(Self { chunks, outputs, salt: rand::random::<[u8; 32]>().into() })
    }

    /// As `Sampled.commit` takes it.
    pub fn hash(&self) -> B256 {
        let chunks: Vec<U256> = self.chunks.iter().map(|chunk| U256::from(*chunk)).collect();
        keccak256((chunks, self.outputs.clone(), self.salt).abi_encode_params())
    }

    fn at(&self, chunk: u32) -> Option<B256> {
        let place = self.chunks.iter().position(|planted| *planted == chunk)?;
        self.outputs.get(place).copied()
    }
}

/// A batch with its outputs, for one job of one deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    pub job: JobId,
    pub chain_id: u64,
    pub sampled: Address,
    pub batch: Batch,
    /// keccak256 of the output of each chunk.
    pub outputs: Vec<B256>,
    pub plants: Option<Plants>,
}

impl Kept {
    /// Computes the batch for a job.
    pub fn compute(context: &Context, job: JobId, batch: Batch, plants: u32) -> Result<Self> {
        let outputs = batch.compute()?;
        let plants = match plants {
            0 => None,
            count => Some(Plants::sow(batch.input()?.chunks, count)?),
        };
        let (chain_id, sampled) = (context.deployment.chain_id, context.at().sampled);
        Ok(Self { job, chain_id, sampled, batch, outputs, plants })
    }

    pub fn input(&self) -> Result<Input> {
        self.batch.input()
    }

    pub fn output_root(&self) -> B256 {
        tree_of(&self.outputs).root().into()
    }

    /// Zero: nothing was planted.
    pub fn plants_hash(&self) -> B256 {
        self.plants.as_ref().map_or(B256::ZERO, Plants::hash)
    }

    /// What is served as the output of a chunk, to whoever asks, before the sample is decided.
    pub fn served(&self, chunk: u32) -> Option<B256> {
        let planted = self.plants.as_ref().and_then(|plants| plants.at(chunk));
        planted.or_else(|| self.outputs.get(usize::try_from(chunk).ok()?).copied())
    }

    /// Outputs of chunks with their siblings, as `Sampled.open` takes them.
    pub fn opening(&self, chunks: &[u32]) -> Result<(Vec<B256>, Vec<B256>)> {
        let places = chunks.iter().map(|chunk| usize::try_from(*chunk)).collect::<Result<Vec<_>, _>>()?;
        let output = |place: &usize| self.outputs.get(*place).copied().context("a chunk that the batch does not have");
        let outputs = places.iter().map(output).collect::<Result<Vec<_>>>()?;
        Ok((outputs, tree_of(&self.outputs).siblings(&places).into_iter().map(B256::from).collect()))
    }
}

/// Files of jobs.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it lies unless somebody says otherwise.
    pub fn usual(context: &Context) -> Result<Self> {
        let (chain, sampled) = (context.deployment.chain_id, context.at().sampled);
        Ok(Self(format!("target/surety/jobs/{chain}/{sampled}/{}", context.account()?).into()))
    }

    fn file(&self, job: JobId) -> PathBuf {
        self.0.join(format!("{job}.json"))
    }

    /// On disk when this returns.
    pub fn keep(&self, kept: &Kept) -> Result<()> {
        fs::create_dir_all(&self.0).with_context(|| format!("making {}", self.0.display()))?;
        write_json(&self.file(kept.job), kept)
    }

    /// None: nothing is kept of this job.
    pub fn get(&self, context: &Context, job: JobId) -> Result<Option<Kept>> {
        let path = self.file(job);
        if !path.exists() {
            return Ok(None);
        }
        let kept: Kept = read_json(&path)?;
        let (chain_id, sampled) = (context.deployment.chain_id, context.at().sampled);
        let is_ours = (kept.job, kept.chain_id, kept.sampled) == (job, chain_id, sampled);
        ensure!(is_ours, "{} is of another job or deployment", path.display());
        Ok(Some(kept))
    }

    /// A decided job is none any more to be looked after; what was kept of it lies in `decided` from now on.
    pub fn retire(&self, job: JobId) -> Result<()> {
        let (from, decided) = (self.file(job), self.0.join("decided"));
        fs::create_dir_all(&decided).with_context(|| format!("making {}", decided.display()))?;
        let to = decided.join(format!("{job}.json"));
        fs::rename(&from, &to).with_context(|| format!("moving {} to {}", from.display(), to.display()))
    }

    /// Every job of which something is kept, and that was not retired.
    pub fn jobs(&self) -> Vec<JobId> {
        let names = fs::read_dir(&self.0).into_iter().flatten().flatten().map(|file| file.path());
        let jobs = names.filter_map(|path: PathBuf| number_of(&path));
        jobs.collect()
    }
}

fn number_of(path: &Path) -> Option<JobId> {
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    path.file_stem().filter(|_| is_json)?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plants_are_hashed_as_the_contract_hashes_them() {
        let word = B256::repeat_byte;
        let plants = Plants { chunks: vec![2, 5], outputs: vec![word(1), word(2)], salt: word(3) };
        // cast keccak $(cast abi-encode "f(uint32[],bytes32[],bytes32)" "[2,5]" "[0x01…01,0x02…02]" 0x03…03)
        let expected = "0x7feb77e5bd3252fc1419e404f3988f9b9e5beffa021169b93b66c81b5b06e91d";
        assert_eq!(plants.hash().to_string(), expected);
        assert_eq!((plants.at(5), plants.at(3)), (Some(word(2)), None));
    }

    #[test]
    fn plants_are_served_and_never_in_the_tree() -> Result<()> {
        let outputs: Vec<B256> = (0..20).map(B256::repeat_byte).collect();
        let batch = Batch { module: Default::default(), inputs: vec![Default::default(); 20] };
        let plants = Some(Plants::sow(20, 3)?);
        let kept = Kept { job: JobId(7), chain_id: 1, sampled: Address::ZERO, batch, outputs, plants };
        let honest = Kept { plants: None, ..kept.clone() };
        assert_eq!(kept.output_root(), honest.output_root());
        let differ = (0..20).filter(|chunk| kept.served(*chunk) != honest.served(*chunk)).count();
        assert_eq!((differ, kept.served(20)), (3, None));
        assert_eq!(kept.opening(&[3, 9])?, honest.opening(&[3, 9])?);
        assert!(kept.opening(&[20]).is_err());
        assert!(Plants::sow(2, 3).is_err());
        Ok(())
    }
}
