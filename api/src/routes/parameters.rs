//! `/v1/parameters`: what governance set, and the contracts of the deployment.

use axum::Json;
use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{query, query_as};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::capacity::{self, Attester, CapacitySet, Class};
use super::failures::{self, FailureSet};
use super::usd_scale;
use crate::Api;
use crate::address::Address;
use crate::amount;
use crate::error::Result;
use crate::page::{self, Nothing, Waiting};
use crate::snapshot::{Head, Snapshot};

/// Parameters in force at the indexed block.
#[derive(Debug, Serialize, ToSchema)]
struct Parameters {
    chain_id: i64,
    first_block: i64,
    flt_decimals: u8,
    stablecoin_decimals: i32,
    /// Addresses by the contracts' names.
    contracts: BTreeMap<String, Address>,
    #[serde(flatten)]
    set: Set,
    #[serde(flatten)]
    failures: FailureSet,
    #[serde(flatten)]
    capacity: CapacitySet,
    /// Classes of capacity.
    classes: Vec<Class>,
    /// Who may attest, or might once.
    attesters: Vec<Attester>,
    /// What the price is read from.
    sources: Vec<Source>,
    /// Who may lock, slash and push rewards.
    modules: Vec<Module>,
}

/// What governance can change; null where it was never set.
#[derive(Debug, Serialize, ToSchema)]
struct Set {
    /// Fee of deals that are opened now, in bps.
    fee_bps: Option<i32>,
    treasury: Option<Address>,
    /// Fee of a request.
    request_fee_usd: Option<String>,
    #[serde(with = "rfc3339::option")]
    requests_paused_until: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    staking_paused_until: Option<OffsetDateTime>,
    guardian: Option<Address>,
    council: Option<Address>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Source {
    aggregator: Address,
    /// A reading older than this is not fresh.
    heartbeat_seconds: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct Module {
    module: i32,
    address: Address,
    /// Of `lock`, `slash`, `reward`.
    roles: Vec<String>,
    #[serde(with = "rfc3339")]
    active_at: OffsetDateTime,
    #[serde(with = "rfc3339::option")]
    removed_at: Option<OffsetDateTime>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_parameters))
}

/// Parameters, contracts, price sources and modules.
#[utoipa::path(get, path = "/v1/parameters", tag = "network", params(Waiting), responses((status = OK, body = Parameters)))]
async fn show_parameters(_: page::Asked<Nothing>, mut at: Snapshot) -> Result<Json<Parameters>> {
    let chain = query!("select chain_id, first_block, stablecoin_decimals from chain").fetch_one(&mut *at.db).await?;
    let contracts =
        query!(r#"select name, address as "address: Address" from contract"#).fetch_all(&mut *at.db).await?;
    Ok(Json(Parameters {
        chain_id: chain.chain_id,
        first_block: chain.first_block,
        flt_decimals: amount::FLT_DECIMALS,
        stablecoin_decimals: chain.stablecoin_decimals,
        contracts: contracts.into_iter().map(|contract| (contract.name, contract.address)).collect(),
        set: fetch_set(&mut at.db, &at.head).await?,
        failures: failures::set(&mut at.db, &at.head).await?,
        capacity: capacity::set(&mut at.db).await?,
        classes: capacity::classes(&mut at.db, &at.head).await?,
        attesters: capacity::attesters(&mut at.db).await?,
        sources: fetch_sources(&mut at.db).await?,
        modules: fetch_modules(&mut at.db).await?,
    }))
}

async fn fetch_set(db: &mut PgConnection, head: &Head) -> Result<Set> {
    let set = query_as!(
        Set,
        r#"
        select
            fee_bps,
            treasury as "treasury: Address",
            trim_scale(request_fee * $1::text::numeric)::text as request_fee_usd,
            requests_paused_until,
            staking_paused_until,
            guardian as "guardian: Address",
            council as "council: Address"
        from parameter
        "#,
        usd_scale(head),
    );
    Ok(set.fetch_one(db).await?)
}

/// Sources are set all at once, numbered from 0: those of the last block that set any.
async fn fetch_sources(db: &mut PgConnection) -> Result<Vec<Source>> {
    let sources = query_as!(
        Source,
        r#"
        select s.aggregator as "aggregator: Address", s.heartbeat as heartbeat_seconds
        from source_set as s
        where (s.block, s.log_index) >= (
            select block, log_index from source_set where index = 0 order by block desc, log_index desc limit 1
        )
        order by s.index
        "#
    );
    Ok(sources.fetch_all(db).await?)
}

async fn fetch_modules(db: &mut PgConnection) -> Result<Vec<Module>> {
    let modules = query_as!(
        Module,
        r#"
        select
            module as "module!",
            address as "address!: Address",
            array(select r.role from (values (1, 'lock'), (2, 'slash'), (4, 'reward')) as r(bit, role)
                where roles & r.bit > 0 order by r.bit) as "roles!",
            active_at as "active_at!",
            removed_at
        from module
        order by module
        "#
    );
    Ok(modules.fetch_all(db).await?)
}
