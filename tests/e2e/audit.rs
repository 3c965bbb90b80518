//! The audit itself: it has to find what is wrong.

use anyhow::Result;
use scripts::audit::audit;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

use crate::stage::{REMAINING, Stage};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_wrong_number_in_any_column_of_state_is_found(db: PgPool) -> Result<()> {
    let Stage { mut world, paula, dora, deal, .. } = Stage::start(db, REMAINING).await?;
    dora.exit(&paula, "10").await?;
    world.advance(tests::chain::days(4)).await?;
    scripts::keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    world.audit().await?;
    world.stop_indexer().await?;
    let mut connection = PgConnection::connect_with(&world.database).await?;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.table_name::text, c.column_name::text from information_schema.columns as c \
         join information_schema.columns as k on k.table_name = c.table_name and k.column_name = 'changed' \
         join information_schema.tables as t on t.table_name = c.table_name and t.table_type = 'BASE TABLE' \
         where c.table_schema = 'public' and c.domain_name = 'amount' order by 1, 2",
    )
    .fetch_all(&mut connection)
    .await?;
    let mut missed = Vec::new();
    for (table, column) in columns {
        let change =
            |sign| format!(r#"update "{table}" set "{column}" = "{column}" {sign} 1 where "{column}" is not null"#);
        let changed = sqlx::query(&change('+')).execute(&mut connection).await?.rows_affected();
        if changed > 0 {
            let found = audit(&world.operator.context, world.database.to_url_lossy().as_str()).await?.differences;
            if found.is_empty() {
                missed.push(format!("{table}.{column}"));
            }
            sqlx::query(&change('-')).execute(&mut connection).await?;
        }
    }
    connection.close().await?;
    assert_eq!(missed, Vec::<String>::new());
    world.start_indexer()?;
    world.finish().await
}
