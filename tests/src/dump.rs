//! All rows of facts and of state as text, to compare two databases.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};
use sqlx::PgPool;

/// What an indexer says of its own work: how often it started, what it had to take back.
const ITS_OWN: [&str; 3] = ["cursor", "fence", "journal"];

/// How many differing rows of a table are worth reading.
const SHOWN: usize = 5;

/// The rows of each table, in the order of their text.
#[derive(Debug, PartialEq, Eq)]
pub struct Dump(BTreeMap<String, Vec<String>>);

impl Dump {
    pub async fn read(db: &PgPool) -> Result<Self> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select table_name::text from information_schema.tables \
             where table_schema = 'public' and table_type = 'BASE TABLE' and left(table_name, 1) <> '_'",
        )
        .fetch_all(db)
        .await
        .context("listing the tables")?;
        let mut dump = BTreeMap::new();
        for table in tables.into_iter().filter(|table| !ITS_OWN.contains(&table.as_str())) {
            let select = format!(r#"select "{table}"::text from "{table}" order by "{table}"::text collate "C""#);
            let rows = sqlx::query_scalar(&select).fetch_all(db).await.with_context(|| format!("reading {table}"))?;
            dump.insert(table, rows);
        }
        Ok(Self(dump))
    }

    pub fn rows(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Rows that only one of the two has, a few of each table; empty when they are equal.
    pub fn differences(&self, other: &Self) -> String {
        let mut text = String::new();
        let nothing = Vec::new();
        for table in self.0.keys().chain(other.0.keys().filter(|table| !self.0.contains_key(*table))) {
            let (ours, theirs) = (self.0.get(table).unwrap_or(&nothing), other.0.get(table).unwrap_or(&nothing));
            for (sign, rows, others) in [('-', ours, theirs), ('+', theirs, ours)] {
                for row in rows.iter().filter(|row| !others.contains(row)).take(SHOWN) {
                    let _ = writeln!(text, "{sign} {table} {row}");
                }
            }
            if text.is_empty() && ours.len() != theirs.len() {
                let _ = writeln!(text, "{table} has {} rows here and {} there", ours.len(), theirs.len());
            }
        }
        text
    }
}
