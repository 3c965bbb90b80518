//! `/v1/events` and `/v1/deals/{id}/events`: everything that happened, in the order of the chain.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::postgres::PgConnection;
use sqlx::{query, query_as, query_scalar};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::deals::check_deal;
use super::{Asked, missing, only_path, path, usd_decimals};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::fact::{self, Schema};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::{Direct, Head, Snapshot};

const SORTS: [&str; 2] = ["-block", "block"];

/// One event of one contract.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Event {
    block: i64,
    log_index: i32,
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
    contract: String,
    kind: String,
    /// Whom and what it is about.
    provider: Option<Address>,
    account: Option<Address>,
    deal: Option<i64>,
    offer: Option<i64>,
    lock: Option<i64>,
    commitment: Option<i64>,
    /// The event's fields. Amounts are in whole tokens and end in `_flt`, `_usd` or `_eth`; a time that means none is null.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

impl Keyed for Event {
    fn key(&self) -> Key {
        Key::new(self.block, self.log_index)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filters {
    /// The event's name, as `DealOpened`.
    pub(super) kind: Option<String>,
    pub(super) provider: Option<Address>,
    /// Delegator, customer, payer or whoever else it is about.
    pub(super) account: Option<Address>,
    pub(super) deal: Option<i64>,
    pub(super) lock: Option<i64>,
    pub(super) commitment: Option<i64>,
    pub(super) block_min: Option<i64>,
    pub(super) block_max: Option<i64>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_events)).routes(routes!(list_deal_events))
}

/// Events, the latest first.
#[utoipa::path(
    get, path = "/v1/events", tag = "events",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-block (default), block")),
    responses((status = OK, body = Page<Event>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_events(
    State(api): State<Api>,
    query: List<Filters>,
    Direct(mut at): Direct,
) -> Result<Json<Page<Event>>> {
    list(&api, &query, &mut at).await
}

/// Events of a deal, the latest first.
#[utoipa::path(
    get, path = "/v1/deals/{id}/events", tag = "deals",
    params(("id" = i64, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "-block (default), block")),
    responses((status = OK, body = Page<Event>), (status = NOT_FOUND, body = Problem))
)]
async fn list_deal_events(
    State(api): State<Api>,
    id: Asked<i64>,
    mut query: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Event>>> {
    let id = path(id)?;
    only_path("deal", query.filters.deal.replace(id).as_ref())?;
    check_deal(&mut at.db, id).await?;
    list(&api, &query, &mut at).await
}

async fn list(api: &Api, query: &List<Filters>, at: &mut Snapshot) -> Result<Json<Page<Event>>> {
    let schema = schema(api, &mut at.db).await?;
    check_kind(schema, &query.filters)?;
    let sort = query.sort(&SORTS)?;
    let rows = Rows { filters: &query.filters, sort, after: query.after_fact(sort)?, limit: query.fetch };
    let items = fetch(&mut at.db, &at.head, schema, rows).await?;
    let total = api.totals.get(at.head.seq, query.binding, count(&mut at.db, &query.filters)).await?;
    Ok(Json(query.page(items, total)))
}

/// Events of a span of blocks in their order, at most `limit`, for the stream.
pub(super) async fn span(
    api: &Api,
    db: &mut PgConnection,
    head: &Head,
    filters: &Filters,
    limit: i64,
) -> Result<Vec<Event>> {
    let rows = Rows { filters, sort: "block", after: (-1, -1), limit };
    let schema = schema(api, db).await?;
    fetch(db, head, schema, rows).await
}

/// Read once: the schema does not change under a server that checked its version.
pub(super) async fn schema<'a>(api: &'a Api, db: &mut PgConnection) -> Result<&'a Schema> {
    api.schema
        .get_or_try_init(|| async {
            let mut schema = Schema::default();
            let columns = query!(
                r#"
                select table_name as "table!", column_name as "column!", coalesce(domain_name, data_type) as "kind!"
                from information_schema.columns
                where table_schema = 'public'
                "#
            );
            for column in columns.fetch_all(&mut *db).await? {
                schema.columns.entry(column.table).or_default().insert(column.column, column.kind);
            }
            let flt = query_scalar!(r#"select contract_address('Flt')::text as "flt""#);
            schema.flt = flt.fetch_one(&mut *db).await?.unwrap_or_default();
            Ok(schema)
        })
        .await
}

pub(super) fn check_kind(schema: &Schema, filters: &Filters) -> Result<()> {
    match &filters.kind {
        Some(kind) if !fact::is_fact(schema, kind) => Err(missing("event", kind)),
        Some(_) | None => Ok(()),
    }
}

struct Rows<'a> {
    filters: &'a Filters,
    sort: &'static str,
    after: (i64, i32),
    limit: i64,
}

/// An event with its fields as they are stored.
struct Row {
    block: i64,
    log_index: i32,
    at: OffsetDateTime,
    contract: String,
    kind: String,
    provider: Option<Address>,
    account: Option<Address>,
    deal: Option<i64>,
    offer: Option<i64>,
    lock: Option<i64>,
    commitment: Option<i64>,
    fields: sqlx::types::Json<Map<String, Value>>,
}

/// Events in one direction: `$compare` and `$order` are part of the text, so that each branch of `event` reads its
/// primary key in order whoever plans it, and a page costs the same at any depth.
macro_rules! page {
    ($compare:literal, $order:literal, $rows:ident) => {
        query_as!(
            Row,
            r#"
            select
                e.block as "block!",
                e.log_index as "log_index!",
                (select timestamp from block where number = e.block) as "at!",
                e.contract as "contract!",
                e.name as "kind!",
                e.provider as "provider: Address",
                e.account as "account: Address",
                e.deal,
                e.offer,
                e.lock,
                e.commitment,
                e.fields as "fields!: sqlx::types::Json<Map<String, Value>>"
            from (
                select *
                from event
                where ($1::text is null or name = $1)
                    and ($2::bytea is null or provider = $2)
                    and ($3::bytea is null or account = $3)
                    and ($4::bigint is null or deal = $4)
                    and ($5::bigint is null or lock = $5)
                    and ($6::bigint is null or block >= $6)
                    and ($7::bigint is null or block <= $7)
                    and ($8::bigint is null or commitment = $8)
                    and (block, log_index) "#
                + $compare
                + r#" ($9, $10)
                order by block "#
                + $order
                + ", log_index "
                + $order
                + r#"
                limit $11
            ) as e
            order by e.block "#
                + $order
                + ", e.log_index "
                + $order,
            $rows.filters.kind,
            $rows.filters.provider as Option<Address>,
            $rows.filters.account as Option<Address>,
            $rows.filters.deal,
            $rows.filters.lock,
            $rows.filters.block_min,
            $rows.filters.block_max,
            $rows.filters.commitment,
            $rows.after.0,
            $rows.after.1,
            $rows.limit,
        )
    };
}

async fn fetch(db: &mut PgConnection, head: &Head, schema: &Schema, rows: Rows<'_>) -> Result<Vec<Event>> {
    let found = if rows.sort == "block" {
        page!(">", "asc", rows).fetch_all(db).await?
    } else {
        page!("<", "desc", rows).fetch_all(db).await?
    };
    let events = found.into_iter().map(|row| Event {
        fields: fact::show(schema, usd_decimals(head), &row.contract, &row.kind, row.fields.0),
        block: row.block,
        log_index: row.log_index,
        at: row.at,
        contract: row.contract,
        kind: row.kind,
        provider: row.provider,
        account: row.account,
        deal: row.deal,
        offer: row.offer,
        lock: row.lock,
        commitment: row.commitment,
    });
    Ok(events.collect())
}

async fn count(db: &mut PgConnection, filters: &Filters) -> Result<i64> {
    // Whoever asks for everything is told what the indexer counted: counting again would read every fact there is.
    if *filters == Filters::default() {
        return Ok(query_scalar!("select facts from cursor").fetch_one(db).await?);
    }
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from event as e
        where ($1::text is null or e.name = $1)
            and ($2::bytea is null or e.provider = $2)
            and ($3::bytea is null or e.account = $3)
            and ($4::bigint is null or e.deal = $4)
            and ($5::bigint is null or e.lock = $5)
            and ($6::bigint is null or e.block >= $6)
            and ($7::bigint is null or e.block <= $7)
            and ($8::bigint is null or e.commitment = $8)
        "#,
        filters.kind,
        filters.provider as Option<Address>,
        filters.account as Option<Address>,
        filters.deal,
        filters.lock,
        filters.block_min,
        filters.block_max,
        filters.commitment,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
