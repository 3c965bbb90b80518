//! Modules in a folder, found by the keccak256 of their binary form and compiled once, and the host that runs them.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use alloy::primitives::{B256, Bytes, keccak256};
use anyhow::{Context as _, Result, bail, ensure};
use axum::body;
use contracts::Modules;
use runtime::{Host, Limits, Module, Run};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::jobs::Written;
use crate::chain::Context;
use crate::ids::DealId;

#[derive(Debug)]
pub struct Library {
    host: Host,
    folder: Option<PathBuf>,
    loaded: RwLock<HashMap<B256, Loaded>>,
    /// The folder is read by one at a time: whoever asks for what is not there keeps no thread from the others' work.
    reading: Arc<Semaphore>,
}

#[derive(Debug, Clone)]
struct Loaded {
    module: Module,
    /// Its binary form, of which its hash is.
    binary: Bytes,
    written: Arc<Written>,
}

impl Library {
    /// `folder` has modules in their binary form, in files `*.wasm` under any name.
    pub fn new(folder: Option<PathBuf>, limits: Limits) -> Result<Arc<Self>> {
        let (host, reading) = (Host::new(limits)?, Arc::new(Semaphore::new(1)));
        Ok(Arc::new(Self { host, folder, loaded: RwLock::default(), reading }))
    }

    fn loaded(&self, hash: B256) -> Option<Loaded> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned()
    }

    /// Whether the module with this hash is ready to run.
    pub fn has(&self, hash: B256) -> bool {
        self.loaded(hash).is_some()
    }

    /// The module with this hash.
    pub async fn module(self: &Arc<Self>, hash: B256) -> Result<Module> {
        self.module_or(hash, async { bail!("it is in no folder here: name one with --modules") }).await
    }

    /// Its binary form, as it is served.
    pub async fn written(self: &Arc<Self>, hash: B256) -> Result<body::Bytes> {
        self.module(hash).await?;
        let loaded = self.loaded(hash).context("what is loaded stays")?;
        loaded.written.of(&loaded.binary).context("bytes are JSON")
    }

    /// The module with this hash; fetched where it is not in the folder, and refused where it has another.
    pub async fn module_or(self: &Arc<Self>, hash: B256, fetch: impl Future<Output = Result<Bytes>>) -> Result<Module> {
        if let Some(loaded) = self.loaded(hash) {
            return Ok(loaded.module);
        }
        let alone = Arc::clone(&self.reading).acquire_owned().await?;
        // Somebody before may have looked for the same.
        if let Some(loaded) = self.loaded(hash) {
            return Ok(loaded.module);
        }
        let library = Arc::clone(self);
        // Who hangs up ends no reading: it stays alone, and what it finds is kept.
        let found = spawn_blocking(move || {
            let _alone = alone;
            library.find(hash)?.map(|binary| library.load(hash, binary)).transpose()
        });
        if let Some(module) = found.await?? {
            return Ok(module);
        }
        let (binary, library) = (fetch.await?, Arc::clone(self));
        spawn_blocking(move || library.load(hash, binary)).await?
    }

    fn load(&self, hash: B256, binary: Bytes) -> Result<Module> {
        let found = keccak256(&binary);
        ensure!(found == hash, "it is another module: its hash is {found}");
        let module = self.host.load(&binary)?;
        let loaded = Loaded { module: module.clone(), binary, written: Arc::default() };
        self.loaded.write().unwrap_or_else(PoisonError::into_inner).insert(hash, loaded);
        Ok(module)
    }

    /// What of the folder has this hash.
    fn find(&self, hash: B256) -> Result<Option<Bytes>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wasm")
                && let Ok(bytes) = fs::read(&path)
                && keccak256(&bytes) == hash
            {
                return Ok(Some(bytes.into()));
            }
        }
        Ok(None)
    }

    pub async fn run(self: &Arc<Self>, module: Module, input: body::Bytes) -> Result<Run> {
        self.run_while(module, input, || true).await
    }

    /// For as long as somebody wants the output.
    pub async fn run_while(
        self: &Arc<Self>,
        module: Module,
        input: body::Bytes,
        is_wanted: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Run> {
        let library = Arc::clone(self);
        spawn_blocking(move || library.host.run_while(&module, &input, is_wanted)).await.context("running a module")
    }
}

/// The deal does not name it, or names none.
#[derive(Debug, Error)]
#[error("the deal names no such module")]
pub(crate) struct Unnamed;

/// Which of a deal's modules is meant: the first, unless the invocation says otherwise.
pub(crate) fn meant(named: &[B256], module: Option<B256>) -> Result<B256, Unnamed> {
    named.iter().copied().find(|named| module.is_none_or(|module| module == *named)).ok_or(Unnamed)
}

/// The modules that a deal names, which it did when it was opened; asked for once.
pub(crate) async fn named(
    context: &Context,
    known: &mut BTreeMap<DealId, Vec<B256>>,
    deal: DealId,
) -> Result<Vec<B256>> {
    if let Some(modules) = known.get(&deal) {
        return Ok(modules.clone());
    }
    let named = context.view(context.at().modules, Modules::modulesOfCall { deal: deal.0 }).await?;
    known.insert(deal, named.modules.clone());
    Ok(named.modules)
}
