//! The description of every query, which `sqlx` checks queries against when there is no database.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::guard::private_folder;
use crate::postgres::{Durability, Postgres};
use crate::process::{cargo, succeed};
use crate::{Result, tools};

type Descriptions = BTreeMap<OsString, Vec<u8>>;

pub fn check() -> Result<()> {
    if describe()? == read(&committed())? {
        return Ok(());
    }
    Err(".sqlx is not what the queries say, run `cargo xtask fix`".into())
}

pub fn write() -> Result<()> {
    let fresh = describe()?;
    if fresh == read(&committed())? {
        return Ok(());
    }
    fs::create_dir_all(committed())?;
    for name in read(&committed())?.into_keys() {
        fs::remove_file(committed().join(name))?;
    }
    for (name, text) in fresh {
        fs::write(committed().join(name), text)?;
    }
    Ok(())
}

fn committed() -> PathBuf {
    tools::root().join(".sqlx")
}

/// Compiles every query against a migrated database, and returns what `sqlx` wrote about it.
fn describe() -> Result<Descriptions> {
    let migrations = files(&tools::root().join("indexer/migrations"), "sql")?;
    if migrations.is_empty() {
        return Ok(Descriptions::new());
    }
    let postgres = Postgres::start(Durability::Fast)?;
    for migration in migrations {
        let sql = fs::read_to_string(&migration)?;
        postgres.execute(&sql).map_err(|error| format!("{}: {error}", migration.display()))?;
    }
    touch_queries()?;
    let folder = private_folder("surety-sqlx")?;
    let mut command = cargo(&["check", "--quiet", "--workspace", "--all-targets"]);
    command.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", &folder).env("DATABASE_URL", postgres.url());
    let described = succeed(&mut command).and_then(|()| read(&folder));
    fs::remove_dir_all(folder)?;
    described
}

/// Cargo does not know that queries depend on the database, so it has to believe that their files have changed.
fn touch_queries() -> Result<()> {
    for path in files(&tools::root(), "rs")? {
        if fs::read_to_string(&path)?.contains("query") {
            File::options().append(true).open(&path)?.set_modified(SystemTime::now())?;
        }
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Descriptions> {
    let mut descriptions = Descriptions::new();
    for path in files(folder, "json")? {
        if let Some(name) = path.file_name() {
            descriptions.insert(name.to_owned(), fs::read(&path)?);
        }
    }
    Ok(descriptions)
}

/// The files with this extension in a folder that may be absent, in order, without what is generated or foreign.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            if name != "target" && name != "node_modules" && name != ".git" {
                found.extend(files(&path, extension)?);
            }
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
