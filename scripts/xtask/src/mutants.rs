//! Runs every law against a contract that was changed to break it. A law that passes anyway proves nothing.
//!
//! `contracts/test/invariant/mutants/<Contract>.mutants` lists them. Each becomes a copy of the contract under a name of its own
//! in `target/mutants`; they compile in rounds, and the tests are told which to deploy by `<CONTRACT>_ARTIFACT`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::process::{forge, succeed};
use crate::{Result, setup, tools};

const LISTS: &str = "contracts/test/invariant/mutants";
const SOURCES: &str = "contracts/src";
const COPIES: &str = "target/mutants/src";

/// Where Foundry would keep the histories that broke a law: one mutant's must not be replayed on another.
const HISTORIES: &str = "target/mutants/failures";

/// As many as the compiler, which has 4 GB, takes at once.
const ROUND: usize = 24;

/// Histories of a copy that nobody changed: the tests try the contract itself with more.
const HISTORIES_UNTOUCHED: &str = "4";

/// The same histories in every run, so that a mutant that is caught once is caught always.
const SEED: &str = "0x5";

#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    contract: String,
    name: String,
    law: String,
    because: String,
    source: PathBuf,
    find: String,
    replace: String,
}

/// A mutant's copy: `number` zero is the contract as it is.
fn artifact(contract: &str, number: usize) -> String {
    format!("{contract}Mutant{number}")
}

pub fn run() -> Result<()> {
    setup::run()?;
    let mutants = read()?;
    let copies = tools::root().join(COPIES);
    if copies.exists() {
        fs::remove_dir_all(&copies)?;
    }
    let contracts: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.contract.as_str()).collect();
    for contract in &contracts {
        copy(contract, 0, None)?;
    }
    for (round, some) in mutants.chunks(ROUND).enumerate() {
        for (index, mutant) in some.iter().enumerate() {
            copy(&mutant.contract, round * ROUND + index + 1, Some(mutant))?;
        }
        // What was compiled in a round before is not compiled again.
        succeed(profile(&mut forge(&["build", "--quiet"])?))?;
    }

    // One after the other: the first run completes Foundry's cache, which others must not read meanwhile.
    let mut complaints = Vec::new();
    for contract in &contracts {
        complaints.extend(untouched(contract, &mutants)?);
    }
    let verdicts = in_parallel(mutants.len(), |index| {
        let mutant = &mutants[index];
        Ok(verdict(mutant, &law(&mutant.contract, index + 1, &mutant.law)?.output()?))
    })?;
    let caught = verdicts.iter().filter(|verdict| verdict.is_none()).count();
    complaints.extend(verdicts.into_iter().flatten());
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    println!("mutants: {caught} caught, {} survived", mutants.len() - caught);
    if complaints.is_empty() { Ok(()) } else { Err("The laws do not hold what they promise.".into()) }
}

/// The laws must hold for a copy that nobody changed, or failing on a changed one means nothing.
fn untouched(contract: &str, mutants: &[Mutant]) -> Result<Option<String>> {
    let laws: BTreeSet<&str> =
        mutants.iter().filter(|mutant| mutant.contract == contract).map(|mutant| mutant.law.as_str()).collect();
    let mut command = law(contract, 0, &laws.into_iter().collect::<Vec<_>>().join("|"))?;
    let output = command.env("FOUNDRY_INVARIANT_RUNS", HISTORIES_UNTOUCHED).output()?;
    let text = printed(&output);
    Ok((!output.status.success()).then(|| format!("{contract}: the laws fail without any mutant.\n{text}")))
}

/// Does `count` jobs, as many at a time as the machine has cores: a law runs on one.
fn in_parallel<T: Send>(count: usize, job: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, T)>> {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return Ok(done);
            }
            done.push((index, job(index)?));
        }
    };
    let mut done = thread::scope(|scope| -> Result<Vec<(usize, T)>> {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| "a thread that ran mutants panicked")??);
        }
        Ok(all)
    })?;
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// What is wrong with how the law took its mutant, if anything.
fn verdict(mutant: &Mutant, output: &Output) -> Option<String> {
    let Mutant { contract, name, law, because, .. } = mutant;
    let text = printed(output);
    if output.status.success() {
        return Some(format!("{contract}: \"{name}\" survives {law}."));
    }
    let is_judged = text.contains("1 failed") && text.contains(&format!("{law}(")) && !text.contains("setUp()");
    let reason = text.lines().find_map(|line| line.trim().strip_prefix("[FAIL: ")).unwrap_or_default();
    if is_judged && reason.contains(because.as_str()) {
        return None;
    }
    Some(format!("{contract}: \"{name}\" fails {law} for another reason than \"{because}\": {reason}\n{text}"))
}

fn law(contract: &str, number: usize, law: &str) -> Result<Command> {
    let name = artifact(contract, number);
    let histories = tools::root().join(HISTORIES).join(&name);
    if histories.exists() {
        fs::remove_dir_all(&histories)?;
    }
    let pattern = format!("^({law})\\(");
    let mut command = forge(&["test", "--fuzz-seed", SEED, "--match-test", &pattern])?;
    profile(&mut command)
        .env(variable(contract), format!("{name}.sol:{name}"))
        .env("FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR", histories);
    Ok(command)
}

fn profile(command: &mut Command) -> &mut Command {
    command.env("FOUNDRY_PROFILE", "mutants")
}

fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// `PriceGuard` is deployed from `PRICE_GUARD_ARTIFACT`.
fn variable(contract: &str) -> String {
    let mut name = String::new();
    for letter in contract.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    name + "_ARTIFACT"
}

/* LISTS */

fn read() -> Result<Vec<Mutant>> {
    let mut lists: Vec<PathBuf> =
        fs::read_dir(tools::root().join(LISTS))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    lists.retain(|path| path.extension().is_some_and(|extension| extension == "mutants"));
    lists.sort();
    let mut mutants = Vec::new();
    for list in lists {
        let contract = list.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        mutants.extend(parse(&contract, &fs::read_to_string(&list)?)?);
    }
    Ok(mutants)
}

/// Paragraphs of `key: value` lines; a line that starts with `#` is a remark.
fn parse(contract: &str, text: &str) -> Result<Vec<Mutant>> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let paragraphs = lines.split(|line| line.trim().is_empty()).filter(|paragraph| !paragraph.is_empty());
    paragraphs
        .map(|paragraph| {
            let value = |key: &str| -> Result<String> {
                let found = paragraph.iter().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
                let text = found.ok_or_else(|| format!("{contract}.mutants: no `{key}` in {paragraph:?}"))?;
                Ok(text.trim().to_owned())
            };
            Ok(Mutant {
                contract: contract.to_owned(),
                name: value("mutant")?,
                law: value("law")?,
                because: value("because")?,
                source: value("source")?.into(),
                find: value("find")?,
                replace: value("replace")?,
            })
        })
        .collect()
}

/* COPIES */

/// Copies the contract, the source that the mutant changes, and what lies between them: what imports neither is shared.
fn copy(contract: &str, number: usize, mutant: Option<&Mutant>) -> Result<()> {
    let name = artifact(contract, number);
    let folder = Path::new(COPIES).join(&name);
    let top = PathBuf::from(format!("{contract}.sol"));
    let mut sources = closure(&top)?;
    let mut copied = BTreeSet::from([top.clone()]);
    if let Some(mutant) = mutant {
        let Some(text) = sources.get_mut(&mutant.source) else {
            return Err(format!("{name}: {contract} does not import the mutant's source.").into());
        };
        *text = change(mutant, text)?;
        copied.extend(importers(&sources, &mutant.source));
    }
    for path in &copied {
        let mut text = sources[path].clone();
        let mut target = folder.join(path);
        if *path == top {
            text = text.replace(&format!("contract {contract} "), &format!("contract {name} "));
            target.set_file_name(format!("{name}.sol"));
        }
        let parent = target.parent().unwrap_or(&folder);
        let root = "../".repeat(parent.components().count());
        for (file, shared) in imports(path, &text) {
            if !copied.contains(&shared) {
                text = text.replace(&format!("\"{file}\""), &format!("\"{root}{SOURCES}/{}\"", shared.display()));
            }
        }
        fs::create_dir_all(tools::root().join(parent))?;
        fs::write(tools::root().join(target), text)?;
    }
    Ok(())
}

/// A source and everything of ours that it imports, under `contracts/src`.
fn closure(top: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut sources = BTreeMap::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(path) = waiting.pop() {
        if sources.contains_key(&path) {
            continue;
        }
        let text = fs::read_to_string(tools::root().join(SOURCES).join(&path))?;
        waiting.extend(imports(&path, &text).into_iter().map(|(_, imported)| imported));
        sources.insert(path, text);
    }
    Ok(sources)
}

/// A source and those that import it, be it through others.
fn importers(sources: &BTreeMap<PathBuf, String>, source: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::from([source.to_owned()]);
    loop {
        let more: Vec<&PathBuf> = sources
            .iter()
            .filter(|(path, text)| {
                !found.contains(*path) && imports(path, text).iter().any(|(_, imported)| found.contains(imported))
            })
            .map(|(path, _)| path)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more.into_iter().cloned());
    }
}

fn change(mutant: &Mutant, text: &str) -> Result<String> {
    let Mutant { contract, name, source, find, replace, .. } = mutant;
    match text.matches(find.as_str()).count() {
        1 => Ok(text.replacen(find.as_str(), replace, 1)),
        count => Err(format!("{contract}: \"{name}\": `{find}` occurs {count} times in {}.", source.display()).into()),
    }
}

/// Relative imports of a file, as they are written and as paths under `contracts/src`.
fn imports(path: &Path, text: &str) -> Vec<(String, PathBuf)> {
    let quoted = text.lines().filter_map(|line| line.split_once(" from \"")?.1.split_once('"').map(|(file, _)| file));
    let relative = quoted.filter(|file| file.starts_with('.'));
    relative.map(|file| (file.to_owned(), normal(&path.parent().unwrap_or(Path::new("")).join(file)))).collect()
}

fn normal(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                result.pop();
            }
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => result.push(component),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    type Test = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

    const LIST: &str =
        "# A remark.\n\nmutant: One\nlaw: invariant_L1\nbecause: x\nsource: a/B.sol\nfind: y = 1;\nreplace:\n";

    #[test]
    fn a_list_is_read_by_paragraphs() -> Test {
        let mutants = parse("Staking", LIST)?;
        assert_eq!(mutants.len(), 1);
        assert_eq!((mutants[0].name.as_str(), mutants[0].replace.as_str()), ("One", ""));
        assert!(parse("Staking", "mutant: One\n").is_err());
        Ok(())
    }

    #[test]
    fn a_change_must_match_exactly_once() -> Test {
        let mutant = &parse("Staking", LIST)?[0];
        assert_eq!(change(mutant, "x; y = 1; z;")?, "x;  z;");
        assert!(change(mutant, "x;").is_err());
        assert!(change(mutant, "y = 1; y = 1;").is_err());
        Ok(())
    }

    #[test]
    fn relative_imports_are_followed_and_others_left() {
        let text =
            "import {A} from \"../types/A.sol\";\nimport {B} from \"solady/B.sol\";\nimport {C} from \"./C.sol\";\n";
        let found: Vec<PathBuf> = imports(Path::new("staking/X.sol"), text).into_iter().map(|(_, path)| path).collect();
        assert_eq!(found, ["types/A.sol", "staking/C.sol"].map(PathBuf::from));
        assert_eq!(variable("PriceGuard"), "PRICE_GUARD_ARTIFACT");
    }

    #[test]
    fn what_lies_between_a_contract_and_its_change_is_copied() {
        let text = |imported: &str| format!("import {{X}} from \"./{imported}.sol\";\n");
        let sources = [("A", text("B")), ("B", text("C") + &text("D")), ("C", String::new()), ("D", String::new())];
        let sources = sources.map(|(name, text)| (PathBuf::from(format!("{name}.sol")), text)).into();
        let expected = ["A.sol", "B.sol", "C.sol"].map(PathBuf::from);
        assert_eq!(importers(&sources, Path::new("C.sol")), expected.into());
    }
}
