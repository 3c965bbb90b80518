//! The database of a program: in a Postgres of our own, or a new one in a Postgres that runs already.

use anyhow::{Context as _, Result};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use xtask::guard::random_hex;
use xtask::postgres::{Durability, Postgres};

/// A database that nobody else uses.
#[derive(Debug)]
pub struct Server {
    pub database: PgConnectOptions,
    /// The same, for other processes.
    pub url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Goes with everything in it when it is dropped, however our process ends.
    Own { _postgres: Postgres },
    /// Where our database has to be dropped.
    Foreign { server: Box<PgConnectOptions>, name: String },
}

impl Server {
    pub async fn start(url: Option<&str>) -> Result<Self> {
        let Some(url) = url else {
            let postgres = tokio::task::spawn_blocking(|| Postgres::start(Durability::Durable)).await?;
            let postgres = postgres.map_err(anyhow::Error::from_boxed)?;
            let url = postgres.url();
            return Ok(Self { database: url.parse()?, url, kind: Kind::Own { _postgres: postgres } });
        };
        let server: PgConnectOptions = url.parse().context("DATABASE_URL is not the URL of a Postgres")?;
        let name = format!("surety_{}", random_hex()?);
        execute(&server, &format!(r#"create database "{name}""#)).await?;
        let database = server.clone().database(&name);
        let url = database.to_url_lossy().to_string();
        Ok(Self { database, url, kind: Kind::Foreign { server: server.into(), name } })
    }

    pub async fn end(self) -> Result<()> {
        match self.kind {
            Kind::Own { .. } => Ok(()),
            Kind::Foreign { server, name } => {
                execute(&server, &format!(r#"drop database "{name}" with (force)"#)).await
            }
        }
    }
}

async fn execute(server: &PgConnectOptions, statement: &str) -> Result<()> {
    let mut connection = PgConnection::connect_with(server).await.context("connecting to DATABASE_URL")?;
    sqlx::query(statement).execute(&mut connection).await.with_context(|| format!("running `{statement}`"))?;
    Ok(connection.close().await?)
}
