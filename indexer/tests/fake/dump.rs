//! All rows as text, to compare two databases.

use anyhow::{Result, ensure};
use sqlx::{PgPool, query_as, query_scalar};

/// Every row of every table that is not about the indexing itself, in order. What is a running sum must be that of the facts.
pub(crate) async fn dump(db: &PgPool) -> Result<Vec<(String, String)>> {
    let wrong = query_scalar::<_, i64>(include_str!("totals.sql")).fetch_all(db).await?;
    ensure!(wrong.is_empty(), "totals of the network at blocks {wrong:?} are not those of the facts");
    let tables = query_scalar::<_, String>(
        "select table_name from information_schema.tables
         where table_schema = 'public' and table_type = 'BASE TABLE'
             and table_name not in ('_sqlx_migrations', 'cursor', 'journal')
         order by table_name",
    )
    .fetch_all(db)
    .await?;
    let rows = tables.iter().map(|table| {
        let filter = if table == "block" { "where has_facts" } else { "" };
        format!(
            r#"select '{table}', coalesce(string_agg(t::text, E'\n' order by t::text collate "C"), '') from {table} as t {filter}"#
        )
    });
    // Postgres may read several tables side by side, and then answers in no order of its own.
    let dump = format!("{} order by 1", rows.collect::<Vec<_>>().join(" union all "));
    Ok(query_as(&dump).fetch_all(db).await?)
}
