//! Modules in a folder, found by the keccak256 of their binary form and compiled once, and the host that runs them.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use alloy::primitives::{B256, keccak256};
use anyhow::{Context as _, Result, bail};
use axum::body::Bytes;
use contracts::Modules;
use runtime::{Host, Limits, Module, Run};
use tokio::task::spawn_blocking;

use crate::chain::Context;
use crate::ids::DealId;

#[derive(Debug)]
pub struct Library {
    host: Host,
    folder: Option<PathBuf>,
    compiled: RwLock<HashMap<B256, Module>>,
}

impl Library {
    /// `folder` has modules in their binary form, in files `*.wasm` under any name.
    pub fn new(folder: Option<PathBuf>, limits: Limits) -> Result<Arc<Self>> {
        Ok(Arc::new(Self { host: Host::new(limits)?, folder, compiled: RwLock::default() }))
    }

    /// The module with this hash.
    pub async fn module(self: &Arc<Self>, hash: B256) -> Result<Module> {
        if let Some(module) = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(&hash) {
            return Ok(module.clone());
        }
        let library = Arc::clone(self);
        spawn_blocking(move || {
            let module = library.host.load(&library.find(hash)?)?;
            library.compiled.write().unwrap_or_else(PoisonError::into_inner).insert(hash, module.clone());
            Ok(module)
        })
        .await?
    }

    fn find(&self, hash: B256) -> Result<Vec<u8>> {
        let folder = self.folder.as_ref().context("there is no folder of modules here: start it with --modules")?;
        for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wasm")
                && let Ok(bytes) = fs::read(&path)
                && keccak256(&bytes) == hash
            {
                return Ok(bytes);
            }
        }
        bail!("{} has no module {hash}", folder.display())
    }

    pub async fn run(self: &Arc<Self>, module: Module, input: Bytes) -> Result<Run> {
        let library = Arc::clone(self);
        spawn_blocking(move || library.host.run(&module, &input)).await.context("running a module")
    }
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
