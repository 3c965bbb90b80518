//! `/v1/delegators/{address}/rewards`: income of stake that was claimed. What can be claimed stands in the positions.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use sqlx::{query_as, query_scalar};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::{IntoParams, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::delegators::check_delegator;
use super::{Asked, number_of, path, usd_scale};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 2] = ["-block", "block"];
pub(crate) const TOKENS: [&str; 2] = ["FLT", "USD"];

/// A claim of income.
#[derive(Debug, Serialize, ToSchema)]
struct Reward {
    block: i64,
    log_index: i32,
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
    provider: Address,
    /// `FLT` or `USD`, the deployment's stablecoin.
    token: String,
    /// In whole tokens of `token`.
    amount: String,
    recipient: Address,
}

impl Keyed for Reward {
    fn key(&self) -> Key {
        Key::new(self.block, self.log_index)
    }
}

/// What an account's stake with one provider earns.
#[derive(Debug, Serialize, ToSchema)]
struct Income {
    provider: Address,
    provider_name: String,
    is_own: bool,
    staked_flt: String,
    /// Income that can be claimed now.
    flt_owed: String,
    usd_owed: String,
    flt_claimed: String,
    usd_claimed: String,
    /// FLT that drips to it now, a year of it over its value, in bps. Neither stablecoin income nor price is in it.
    apr_bps: i64,
}

/// An account's income: what its positions earn, and what it claimed.
#[derive(Debug, Serialize, ToSchema)]
struct Rewards {
    /// Positions with stake or with income, the largest first, at most 200.
    positions: Vec<Income>,
    #[serde(flatten)]
    page: Page<Reward>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    provider: Option<Address>,
    /// `FLT` or `USD`.
    token: Option<String>,
}

/// What is flattened into an answer is not found by itself.
#[derive(OpenApi)]
#[openapi(components(schemas(Reward)))]
struct Flattened;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Flattened::openapi()).routes(routes!(list_delegator_rewards))
}

/// What an account's positions earn, and its claims of income, the latest first.
#[utoipa::path(
    get, path = "/v1/delegators/{address}/rewards", tag = "delegators",
    params(("address" = Address, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "-block (default), block")),
    responses((status = OK, body = Rewards), (status = NOT_FOUND, body = Problem))
)]
async fn list_delegator_rewards(
    State(api): State<Api>,
    address: Asked<Address>,
    list: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Rewards>> {
    let address = path(address)?;
    check_delegator(&mut at.db, address).await?;
    let items = fetch(&mut at.db, &at.head, address, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, address, &list)).await?;
    let positions = fetch_positions(&mut at.db, &at.head, address, list.filters.provider).await?;
    Ok(Json(Rewards { positions, page: list.page(items, total) }))
}

async fn fetch_positions(
    db: &mut PgConnection,
    head: &Head,
    account: Address,
    provider: Option<Address>,
) -> Result<Vec<Income>> {
    let positions = query_as!(
        Income,
        r#"
        select
            p.provider as "provider!: Address",
            v.name as provider_name,
            p.is_own as "is_own!",
            trim_scale(p.amount * 1e-18)::text as "staked_flt!",
            trim_scale(p.flt_owed * 1e-18)::text as "flt_owed!",
            trim_scale(p.usd_owed * $1::text::numeric)::text as "usd_owed!",
            trim_scale(p.flt_claimed * 1e-18)::text as "flt_claimed!",
            trim_scale(p.usd_claimed * $1::text::numeric)::text as "usd_claimed!",
            -- A dust of stake can have an income beyond all numbers.
            case when p.shares > 0 then least(a.apr_bps, 1000000000) else 0 end::bigint as "apr_bps!"
        from position_now as p
        join provider as v on v.provider = p.provider
        join tranche_apr as a on a.provider = p.provider and a.is_own = p.is_own
        where p.account = $2
            and ($3::bytea is null or p.provider = $3)
            and (p.shares > 0 or p.flt_owed > 0 or p.usd_owed > 0)
        order by p.amount desc, p.provider
        limit 200
        "#,
        usd_scale(head),
        account as Address,
        provider as Option<Address>,
    );
    Ok(positions.fetch_all(db).await?)
}

async fn fetch(db: &mut PgConnection, head: &Head, account: Address, list: &List<Filters>) -> Result<Vec<Reward>> {
    let after = list.after_count::<i32>()?;
    let rewards = query_as!(
        Reward,
        r#"
        select
            r.block,
            r.log_index,
            b.timestamp as at,
            r.provider as "provider: Address",
            case when is_flt(r.token) then 'FLT' else 'USD' end as "token!",
            trim_scale(r.amount * case when is_flt(r.token) then 1e-18 else $1::text::numeric end)::text as "amount!",
            r.recipient as "recipient: Address"
        from reward_claimed as r
        join block as b on b.number = r.block
        where r.account = $2
            and ($3::bytea is null or r.provider = $3)
            and ($4::boolean is null or is_flt(r.token) = $4)
            and ($6::text is null or case
                when $5 = 'block' then (r.block, r.log_index) > ($6::text::bigint, $7::integer)
                else (r.block, r.log_index) < ($6::text::bigint, $7::integer)
            end)
        order by
            case when $5 = 'block' then r.block end,
            case when $5 = 'block' then r.log_index end,
            r.block desc,
            r.log_index desc
        limit $8
        "#,
        usd_scale(head),
        account as Address,
        list.filters.provider as Option<Address>,
        is_flt(list)?,
        list.sort(&SORTS)?,
        after.value,
        after.id,
        list.fetch,
    )
    .fetch_all(db)
    .await?;
    Ok(rewards)
}

async fn count(db: &mut PgConnection, account: Address, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from reward_claimed
        where account = $1
            and ($2::bytea is null or provider = $2)
            and ($3::boolean is null or is_flt(token) = $3)
        "#,
        account as Address,
        list.filters.provider as Option<Address>,
        is_flt(list)?,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}

fn is_flt(list: &List<Filters>) -> Result<Option<bool>> {
    Ok(number_of("token", list.filters.token.as_ref(), &TOKENS)?.map(|token| token == 0))
}
