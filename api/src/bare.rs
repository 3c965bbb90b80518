//! What answers to some requests are read by, without HTTP, for the bench that compares the two.

use anyhow::{Context, Result};
use axum::extract::FromRequestParts;
use sqlx::{Executor as _, Postgres, Transaction};

use crate::config::{Config, DATABASE};
use crate::error::Error;
use crate::held::PLAN_ONCE;
use crate::page::{List, Origin};
use crate::routes::{prices, providers};
use crate::snapshot::Head;

/// A connection as the server has them, in one long transaction, and the state that answers follow from.
#[derive(Debug)]
pub struct Bare {
    db: Transaction<'static, Postgres>,
    head: Head,
}

impl Origin for Head {
    fn chain(&self) -> i64 {
        self.chain_id
    }
}

impl Bare {
    pub async fn connect(config: &Config) -> Result<Self> {
        let mut db = Config::pool(&config.database, DATABASE, 1).await?.begin().await?;
        let head = Head::read(&mut db).await?.context("nothing is indexed")?;
        db.execute(PLAN_ONCE).await?;
        Ok(Self { db, head })
    }

    /// Reads the items of a page of `/v1/prices`, and answers how many there are.
    pub async fn prices(&mut self, uri: &str) -> Result<usize> {
        let (mut parts, ()) = axum::http::Request::get(uri).body(())?.into_parts();
        let list = List::from_request_parts(&mut parts, &self.head).await?;
        Ok(prices::fetch(&mut self.db, &list).await?.len())
    }

    /// Reads one provider, and answers whether it is there.
    pub async fn provider(&mut self, address: &str) -> Result<bool> {
        let address = address.parse().map_err(|_| Error::BadPath(address.to_owned()))?;
        Ok(providers::fetch_one(&mut self.db, &self.head, address).await?.is_some())
    }
}
