//! Databases for seeds: copies of one that is migrated, emptied between seeds.

use anyhow::{Context, Result};
use indexer::MIGRATOR;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, PgPool};

use super::faults::EMPTIED;

#[derive(Clone)]
pub(crate) struct Template {
    server: PgConnectOptions,
    name: String,
}

impl Template {
    pub(crate) async fn make() -> Result<Self> {
        let server: PgConnectOptions = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?.parse()?;
        let template = Self { server, name: format!("simulator_{}", std::process::id()) };
        template.execute(&format!("create database {}", template.name)).await?;
        let mut connection = PgConnection::connect_with(&template.server.clone().database(&template.name)).await?;
        MIGRATOR.run_direct(&mut connection).await?;
        connection.close().await?;
        Ok(template)
    }

    /// Without any index beyond keys, as a program finds it that begins.
    pub(crate) async fn copy(&self, worker: usize) -> Result<Pair> {
        let name = |kind: &str| format!("{}_{worker}_{kind}", self.name);
        let names = [name("tried"), name("fresh")];
        for name in &names {
            self.execute(&format!("create database {name} template {} strategy file_copy", self.name)).await?;
        }
        let [tried, fresh] = names.map(|name| self.server.clone().database(&name));
        Ok(Pair { tried, fresh })
    }

    pub(crate) async fn drop(&self, pair: &Pair) -> Result<()> {
        for database in [&pair.tried, &pair.fresh] {
            let name = database.get_database().context("it has a name")?;
            self.execute(&format!("drop database {name} with (force)")).await?;
        }
        Ok(())
    }

    pub(crate) async fn end(&self) -> Result<()> {
        self.execute(&format!("drop database {} with (force)", self.name)).await
    }

    async fn execute(&self, statement: &str) -> Result<()> {
        let mut connection = PgConnection::connect_with(&self.server).await?;
        connection.execute(statement).await.with_context(|| statement.to_owned())?;
        Ok(connection.close().await?)
    }
}

/// One that is tried, and one that nothing ever happens to.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) tried: PgConnectOptions,
    pub(crate) fresh: PgConnectOptions,
}

impl Pair {
    pub(crate) async fn empty(&self) -> Result<()> {
        for database in [&self.tried, &self.fresh] {
            let mut connection = PgConnection::connect_with(database).await?;
            connection.execute(EMPTIED).await?;
            connection.close().await?;
        }
        Ok(())
    }
}

pub(crate) async fn connect(database: &PgConnectOptions) -> Result<PgPool> {
    Ok(PgPoolOptions::new().max_connections(1).connect_with(database.clone()).await?)
}
