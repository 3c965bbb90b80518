//! What answers to some requests are read by, without HTTP, for the bench that compares the two.

use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::FromRequestParts;
use sqlx::PgPool;

use crate::Config;
use crate::error::Error;
use crate::page::{List, Origin};
use crate::routes::{prices, providers};
use crate::snapshot::Head;

/// Connections as the server has them, and the state that its answers follow from.
#[derive(Clone, Debug)]
pub struct Bare {
    db: PgPool,
    head: Head,
}

impl Origin for Head {
    fn chain(&self) -> i64 {
        self.chain_id
    }
}

impl Bare {
    pub async fn connect(config: &Config) -> Result<Self> {
        let db = config.connect(config.connections).await?;
        let head = Head::read(&mut *db.acquire().await?).await?.context("nothing is indexed")?;
        Ok(Self { db, head })
    }

    /// Reads the items of a page of `/v1/prices`, and answers how many there are.
    pub async fn prices(&self, uri: &str) -> Result<usize> {
        let (mut parts, ()) = axum::http::Request::get(uri).body(())?.into_parts();
        let list = List::from_request_parts(&mut parts, &self.head).await?;
        Ok(prices::fetch(&mut *self.db.acquire().await?, &list).await?.len())
    }

    /// Reads one provider, and answers whether it is there.
    pub async fn provider(&self, address: &str) -> Result<bool> {
        let address = address.parse().map_err(|_| Error::BadPath(address.to_owned()))?;
        Ok(providers::fetch_one(&mut *self.db.acquire().await?, &self.head, address).await?.is_some())
    }

    /// How long a server of the bench holds a moment: as long as `surety-api` does by default.
    pub const HOLD: Duration = Duration::from_millis(50);
}
