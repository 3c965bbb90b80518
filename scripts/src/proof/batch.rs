//! Batches for proofs by samples: a module and inputs from a file, one chunk each, computed by the runtime.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alloy::primitives::{B256, Bytes, keccak256};
use anyhow::{Context as _, Result};
use runtime::{Limits, Tree, input_root};
use serde::{Deserialize, Serialize};

/// Who proves takes half the time that executors have: what he can compute they can.
const PROVING_TIME: Duration = Duration::from_secs(30);

/// A module and inputs, as a file says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    /// In its binary form; relative to the file.
    module: PathBuf,
    inputs: Vec<Bytes>,
}

/// A module and inputs, of which each is a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    pub module: Bytes,
    pub inputs: Vec<Bytes>,
}

/// What a job's input is made of, as its provider says it; the job's `inputRoot` is of all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// keccak256 of the module.
    pub module: B256,
    pub chunks: u32,
    /// Of the tree of the inputs' hashes.
    pub inputs: B256,
}

impl Input {
    pub fn root(&self) -> B256 {
        input_root(self.module.0, self.chunks, self.inputs.0).into()
    }
}

impl Batch {
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("reading the batch {name}"))?;
        let Named { module, inputs } = serde_json::from_str(&text).with_context(|| format!("{name} is no batch"))?;
        let module = path.parent().map_or_else(|| module.clone(), |folder| folder.join(&module));
        let module = fs::read(&module).with_context(|| format!("reading the module {}", module.display()))?;
        let batch = Self { module: module.into(), inputs };
        batch.chunks()?;
        Ok(batch)
    }

    fn chunks(&self) -> Result<runtime::Batch> {
        let inputs = self.inputs.iter().map(|input| input.to_vec()).collect();
        Ok(runtime::Batch::new(inputs)?)
    }

    pub fn input(&self) -> Result<Input> {
        let chunks = self.chunks()?;
        Ok(Input { module: keccak256(&self.module), chunks: chunks.chunks(), inputs: chunks.tree().root().into() })
    }

    /// Hashes of the outputs of all chunks. Takes as long as the module does, on one core.
    pub fn compute(&self) -> Result<Vec<B256>> {
        let host = runtime::Host::new(Limits { time: PROVING_TIME, ..Limits::default() })?;
        let module = host.load(&self.module)?;
        let outputs = self.chunks()?.outputs(&host, &module)?;
        Ok(outputs.into_iter().map(B256::from).collect())
    }
}

/// The tree of what chunks hash to.
pub(crate) fn tree_of(hashes: &[B256]) -> Tree {
    Tree::new(&hashes.iter().map(|hash| hash.0).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_read_with_its_module() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("batch.json");
        fs::write(folder.path().join("module.wasm"), b"\0asm")?;
        fs::write(&path, r#"{"module":"module.wasm","inputs":["0x01","0x","0x0203"]}"#)?;
        let batch = Batch::read(&path)?;
        assert_eq!((batch.module.as_ref(), batch.inputs.len()), (&b"\0asm"[..], 3));
        let input = batch.input()?;
        assert_eq!((input.module, input.chunks), (keccak256(b"\0asm"), 3));
        assert_ne!(input.root(), Input { chunks: 4, ..input }.root(), "more chunks are another input");
        assert!(batch.compute().is_err(), "this is no module that can be run");
        for wrong in [r#"{"module":"module.wasm","inputs":[]}"#, r#"{"module":"nothing.wasm","inputs":["0x"]}"#, "{}"] {
            fs::write(&path, wrong)?;
            assert!(Batch::read(&path).is_err(), "{wrong}");
        }
        Ok(())
    }
}
