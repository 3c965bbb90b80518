//! Compiles the contracts with the settings of `foundry.toml`, the only place for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use foundry_compilers::artifacts::remappings::Remapping;
use foundry_compilers::artifacts::{EvmVersion, Settings, SettingsMetadata, Severity};
use foundry_compilers::solc::{Solc, SolcCompiler, SolcSettings};
use foundry_compilers::{ConfigurableArtifacts, ProjectBuilder, ProjectPathsConfig};
use serde_json::{Value as Json, json};
use toml::{Table, Value};

/// Keys of `foundry.toml` that change what the compiler writes; all are read here.
const READ: &[&str] = &[
    "bytecode_hash",
    "cbor_metadata",
    "evm_version",
    "ignored_error_codes",
    "ignored_warnings_from",
    "optimizer",
    "optimizer_runs",
    "remappings",
    "solc",
    "src",
    "via_ir",
];

/// Keys that do not, because they are about tests or about where Foundry keeps its own files.
const IGNORED: &[&str] = &[
    "ast",
    "auto_detect_remappings",
    "auto_detect_solc",
    "build_info",
    "cache_path",
    "deny",
    "ffi",
    "fs_permissions",
    "fuzz",
    "gas_limit",
    "gas_snapshot_check",
    "gas_snapshot_emit",
    "invariant",
    "isolate",
    "libs",
    "memory_limit",
    "offline",
    "out",
    "snapshots",
    "test",
    "test_failures_file",
];

struct Foundry {
    root: PathBuf,
    profile: Table,
}

impl Foundry {
    fn read(root: PathBuf) -> Result<Self> {
        let text = std::fs::read_to_string(root.join("foundry.toml")).context("reading foundry.toml")?;
        let table: Table = text.parse().context("parsing foundry.toml")?;
        let profile = table.get("profile").and_then(|profiles| profiles.get("default"));
        let profile = profile.and_then(Value::as_table).context("foundry.toml has no [profile.default]")?.clone();
        for key in profile.keys() {
            let is_known = READ.contains(&key.as_str()) || IGNORED.contains(&key.as_str());
            ensure!(is_known, "foundry.toml sets `{key}`: contracts/build.rs must read it or list it as ignored");
        }
        Ok(Self { root, profile })
    }

    fn value(&self, key: &str) -> Result<&Value> {
        self.profile.get(key).with_context(|| format!("foundry.toml sets no `{key}`"))
    }

    fn text(&self, key: &str) -> Result<&str> {
        self.value(key)?.as_str().with_context(|| format!("`{key}` in foundry.toml is not a string"))
    }

    fn flag(&self, key: &str) -> Result<bool> {
        self.value(key)?.as_bool().with_context(|| format!("`{key}` in foundry.toml is not a boolean"))
    }

    fn list(&self, key: &str) -> Result<&[Value]> {
        Ok(self.value(key)?.as_array().with_context(|| format!("`{key}` in foundry.toml is not a list"))?)
    }

    fn path(&self, key: &str) -> Result<PathBuf> {
        Ok(self.root.join(self.text(key)?))
    }

    fn settings(&self) -> Result<Settings> {
        let mut settings = Settings::default();
        let runs = self.value("optimizer_runs")?.as_integer().context("`optimizer_runs` is not a number")?;
        settings.optimizer.enabled = Some(self.flag("optimizer")?);
        settings.optimizer.runs = Some(usize::try_from(runs).context("`optimizer_runs` is negative")?);
        settings.via_ir = Some(self.flag("via_ir")?);
        let evm_version: EvmVersion = self.text("evm_version")?.parse().map_err(anyhow::Error::msg)?;
        settings.evm_version = Some(evm_version);
        let hash = self.text("bytecode_hash")?.parse().map_err(anyhow::Error::msg)?;
        settings.metadata = Some(SettingsMetadata::new(hash, self.flag("cbor_metadata")?));
        Ok(settings)
    }

    fn remappings(&self) -> Result<Vec<Remapping>> {
        let texts = self.list("remappings")?.iter().map(|value| value.as_str().context("a remapping is not a string"));
        texts
            .map(|text| {
                let mut remapping: Remapping = text?.parse()?;
                // A remapping that Foundry reads relative to the root must not depend on where cargo runs us.
                remapping.path = self.root.join(&remapping.path).display().to_string();
                Ok(remapping)
            })
            .collect()
    }

    /// The folders whose warnings are not ours to answer, as the compiler names them.
    fn ignored_warnings_from(&self) -> Result<Vec<PathBuf>> {
        let folders = self.list("ignored_warnings_from")?.iter();
        folders.map(|folder| Ok(folder.as_str().context("a folder is not a string")?.into())).collect()
    }

    fn ignored_error_codes(&self) -> Result<Vec<u64>> {
        let codes = self.list("ignored_error_codes")?.iter();
        codes.map(|code| Ok(u64::try_from(code.as_integer().context("an error code is not a number")?)?)).collect()
    }
}

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..").canonicalize()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let foundry = Foundry::read(root.clone())?;

    // Relative to this crate, so that a copied `target/` watches the copy of the sources.
    let sources = format!("../{}", foundry.text("src")?);
    for path in ["../foundry.toml", "build.rs", "package-lock.json", "../scripts/solc", &sources] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-changed=node_modules/solc/package.json");

    if !root.join("contracts/node_modules/solc").is_dir() {
        bail!("The Solidity compiler is not installed: run `cargo xtask setup`.");
    }
    compile(&foundry, &out)?;
    strip(&out)
}

/// Writes `OUT_DIR/abi/X.json`: what the bindings need of each artifact, with ids as the integers that they are.
///
/// `sol!` declares a value type inside the contract that it binds, where the structs of an interface cannot see it.
/// Functions take their form from the interface, because a contract that only passes a call on does not name its parameters,
/// and one that passes on whatever it does not know has not all of them.
fn strip(out: &Path) -> Result<()> {
    let abi = out.join("abi");
    fs::create_dir_all(&abi)?;
    let mut artifacts = BTreeMap::new();
    collect(&out.join("artifacts"), &mut artifacts)?;
    for (name, artifact) in &artifacts {
        let interface = artifacts.get(&format!("I{name}")).and_then(|interface| interface["abi"].as_array());
        let entries = artifact["abi"].as_array().with_context(|| format!("{name} has no ABI"))?;
        let passes_on = |entry: &&Json| entry["type"] == "fallback";
        let mut named: Vec<&Json> = entries
            .iter()
            .filter(|entry| !passes_on(entry))
            .map(|entry| declared(entry, interface).unwrap_or(entry))
            .collect();
        if let (true, Some(interface)) = (entries.iter().any(|entry| passes_on(&entry)), interface) {
            let rest: Vec<&Json> = interface.iter().filter(|entry| !named.contains(entry)).collect();
            named.extend(rest);
        }
        let slim = json!({
            "abi": named,
            "bytecode": { "object": artifact["bytecode"]["object"] },
            "deployedBytecode": {
                "object": artifact["deployedBytecode"]["object"],
                "immutableReferences": artifact["deployedBytecode"]["immutableReferences"],
            },
        });
        fs::write(abi.join(name), slim.to_string())?;
    }
    Ok(())
}

/// Artifacts by the name of their file; folders are as deep as where two sources share a name. Of those that do, at most one
/// can be deployed, and that is the one that is meant.
fn collect(folder: &Path, artifacts: &mut BTreeMap<String, Json>) -> Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        if file.file_type()?.is_dir() {
            collect(&file.path(), artifacts)?;
        } else {
            let mut artifact: Json = serde_json::from_slice(&fs::read(file.path())?)?;
            retype(&mut artifact["abi"]);
            let name = file.file_name().to_string_lossy().into_owned();
            let is_code = artifact["bytecode"]["object"].as_str().is_some_and(|code| code != "0x");
            if is_code || !artifacts.contains_key(&name) {
                artifacts.insert(name, artifact);
            }
        }
    }
    Ok(())
}

/// The interface's entry of the same function.
fn declared<'a>(entry: &Json, interface: Option<&'a Vec<Json>>) -> Option<&'a Json> {
    let types = |entry: &Json| -> Option<Vec<Json>> {
        Some(entry["inputs"].as_array()?.iter().map(|input| input["internalType"].clone()).collect())
    };
    interface?.iter().find(|other| {
        entry["type"] == "function"
            && other["type"] == "function"
            && other["name"] == entry["name"]
            && types(other) == types(entry)
    })
}

fn retype(node: &mut Json) {
    if let Some(list) = node.as_array_mut() {
        list.iter_mut().for_each(retype);
    }
    let Some(map) = node.as_object_mut() else { return };
    map.values_mut().for_each(retype);
    let declared = map.get("internalType").and_then(Json::as_str).unwrap_or_default();
    let is_kept = ["struct ", "enum ", "contract "].iter().any(|kind| declared.starts_with(kind));
    if let (false, Some(plain)) = (is_kept, map.get("type").cloned())
        && map.contains_key("internalType")
    {
        map.insert("internalType".to_owned(), plain);
    }
}

fn compile(foundry: &Foundry, out: &Path) -> Result<()> {
    let compiler = foundry.path("solc")?;
    let solc = Solc::new(&compiler).with_context(|| format!("{} does not run", compiler.display()))?;
    let nothing = out.join("nothing");
    let paths = ProjectPathsConfig::builder()
        .root(&foundry.root)
        .sources(foundry.path("src")?)
        .tests(&nothing)
        .scripts(&nothing)
        .no_libs()
        .remappings(foundry.remappings()?)
        .artifacts(out.join("artifacts"))
        .build_infos(out.join("build-info"))
        .cache(out.join("cache.json"))
        .build()?;
    let project = ProjectBuilder::<SolcCompiler, ConfigurableArtifacts>::new(ConfigurableArtifacts::default())
        .paths(paths)
        .settings(SolcSettings { settings: foundry.settings()?, ..SolcSettings::default() })
        .ignore_error_codes(foundry.ignored_error_codes()?)
        .ignore_paths(foundry.ignored_warnings_from()?)
        // Tests are compiled elsewhere, so here a warning is always about our own sources.
        .set_compiler_severity_filter(Severity::Warning)
        .set_offline(true)
        .build(SolcCompiler::Specific(solc))?;
    let output = project.compile()?;
    ensure!(!output.has_compiler_errors() && !output.has_compiler_warnings(), "{output}");
    Ok(())
}
