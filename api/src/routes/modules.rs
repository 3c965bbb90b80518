//! `/v1/modules`: what deals run, who wrote it, and what that earned him.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use sqlx::{query_as, query_scalar};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::usd_scale;
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::hash::Hash;
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 6] = ["-published", "published", "-earned", "earned", "-deals", "deals"];

/// A module at the indexed block.
#[derive(Debug, Serialize, ToSchema)]
struct PublishedModule {
    /// keccak256 of its content.
    module: Hash,
    author: Address,
    /// Where its content is.
    uri: String,
    #[serde(with = "rfc3339")]
    published_at: OffsetDateTime,
    /// What a new deal pays per unit-day.
    royalty_usd: String,
    /// What it pays from `effective_at` on; null: nothing is to change.
    next_royalty_usd: Option<String>,
    #[serde(with = "rfc3339::option")]
    effective_at: Option<OffsetDateTime>,
    /// Deals that named it, whatever became of them.
    deals: i64,
    /// Its part, rounded down, of what its author was credited.
    earned_usd: String,
    /// Its part, rounded down, of what slots paid and nobody was credited yet: anybody can have it shared out.
    due_usd: String,
    #[serde(skip)]
    key: String,
}

impl Keyed for PublishedModule {
    fn key(&self) -> Key {
        Key::new(&self.key, self.module)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    author: Option<Address>,
    /// Modules that this deal runs.
    deal: Option<i64>,
}

/// A module that a deal runs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NamedModule {
    /// keccak256 of its content.
    module: Hash,
    author: Address,
    /// What this deal pays per unit-day; it never changes.
    royalty_usd: String,
    /// Its part, rounded down, of what its author was credited for this deal.
    earned_usd: String,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_modules))
}

/// Modules with their authors, the latest first.
#[utoipa::path(
    get, path = "/v1/modules", tag = "modules",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-published (default), published, -earned, earned, -deals, deals")),
    responses((status = OK, body = Page<PublishedModule>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_modules(
    State(api): State<Api>,
    list: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<PublishedModule>>> {
    let items = fetch(&mut at.db, &at.head, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, &list)).await?;
    Ok(Json(list.page(items, total)))
}

async fn fetch(db: &mut PgConnection, head: &Head, list: &List<Filters>) -> Result<Vec<PublishedModule>> {
    let after = list.after::<Hash>()?;
    let modules = query_as!(
        PublishedModule,
        r#"
        select
            m.module as "module!: Hash",
            m.author as "author!: Address",
            m.uri as "uri!",
            m.published_at as "published_at!",
            trim_scale(m.royalty * $1::text::numeric)::text as "royalty_usd!",
            trim_scale(m.next_royalty * $1::text::numeric)::text as next_royalty_usd,
            m.effective_at,
            m.deals as "deals!",
            trim_scale(m.earned * $1::text::numeric)::text as "earned_usd!",
            trim_scale(m.due * $1::text::numeric)::text as "due_usd!",
            m.key::text as "key!"
        from (
            select
                *,
                case $4
                    when 'published' then extract(epoch from published_at)
                    when '-published' then -extract(epoch from published_at)
                    when 'earned' then earned
                    when '-earned' then -earned
                    when 'deals' then deals
                    else -deals
                end as key
            from published_module
        ) as m
        where ($2::bytea is null or m.author = $2)
            and ($3::bigint is null or exists (select from module_named as n where n.module = m.module and n.deal = $3))
            and ($5::text is null or (m.key, m.module::bytea) > ($5::text::numeric, $6::bytea))
        order by m.key, m.module
        limit $7
        "#,
        usd_scale(head),
        list.filters.author as Option<Address>,
        list.filters.deal,
        list.sort(&SORTS)?,
        after.value,
        after.id as Option<Hash>,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(modules)
}

async fn count(db: &mut PgConnection, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from module_published as m
        where ($1::bytea is null or m.author = $1)
            and ($2::bigint is null or exists (select from module_named as n where n.module = m.module and n.deal = $2))
        "#,
        list.filters.author as Option<Address>,
        list.filters.deal,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}

/// In the order in which the request named them.
pub(super) async fn of_deal(db: &mut PgConnection, head: &Head, deal: i64) -> Result<Vec<NamedModule>> {
    let modules = query_as!(
        NamedModule,
        r#"
        select
            m.module as "module!: Hash",
            m.author as "author!: Address",
            trim_scale(m.royalty * $1::text::numeric)::text as "royalty_usd!",
            trim_scale(m.earned * $1::text::numeric)::text as "earned_usd!"
        from module_deal as m
        join module_named as n on n.deal = m.deal and n.module = m.module
        where m.deal = $2
        order by n.block, n.log_index
        "#,
        usd_scale(head),
        deal,
    );
    Ok(modules.fetch_all(db).await?)
}
