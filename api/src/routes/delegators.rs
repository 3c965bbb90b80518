//! `/v1/delegators`: accounts with stake, what it is worth, what is on its way out and what it earned.
//! A provider's own stake is here too, marked `is_own`.

use std::str::FromStr;

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

use super::{Asked, missing, path, usd_scale};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{self, Key, Keyed, List, Nothing, Page, Paging, Waiting};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 2] = ["-staked", "staked"];

/// Everything that an account has at stake.
#[derive(Debug, Serialize, ToSchema)]
struct Delegator {
    address: Address,
    /// Providers that it has active stake with.
    providers: i64,
    staked_flt: String,
    /// On its way out, matured or not.
    exiting_flt: String,
    /// Of that, what can be withdrawn now.
    withdrawable_flt: String,
    /// Income that can be claimed now.
    flt_owed: String,
    usd_owed: String,
    flt_claimed: String,
    usd_claimed: String,
}

/// An account's stake with one provider.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Position {
    provider: Address,
    provider_name: String,
    account: Address,
    /// Whether it is the provider's own stake, which is slashed first.
    is_own: bool,
    #[serde(with = "rfc3339")]
    staked_at: OffsetDateTime,
    /// Worth now.
    staked_flt: String,
    /// Shares of the tranche, in the smallest unit; they keep their number when stake is slashed.
    shares: String,
    /// Income that can be claimed now.
    flt_owed: String,
    usd_owed: String,
    flt_claimed: String,
    usd_claimed: String,
    /// FLT that drips to it now, a year of it over its value, in bps.
    apr_bps: i64,
    #[serde(skip)]
    key: String,
    /// The two addresses that name a position.
    #[serde(skip)]
    id: String,
}

impl Keyed for Position {
    fn key(&self) -> Key {
        Key::new(&self.key, &self.id)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filters {
    pub(super) provider: Option<Address>,
    /// Also positions without stake, which may still have income.
    #[serde(default)]
    empty: bool,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_delegator)).routes(routes!(list_delegator_positions))
}

/// What an account has at stake, in all.
#[utoipa::path(
    get, path = "/v1/delegators/{address}", tag = "delegators", params(("address" = Address, Path), Waiting),
    responses((status = OK, body = Delegator), (status = NOT_FOUND, body = Problem))
)]
async fn show_delegator(address: Asked<Address>, _: page::Asked<Nothing>, mut at: Snapshot) -> Result<Json<Delegator>> {
    let address = path(address)?;
    check_delegator(&mut at.db, address).await?;
    let delegator = query_as!(
        Delegator,
        r#"
        select
            $2::bytea as "address!: Address",
            count(*) filter (where p.shares > 0) as "providers!",
            trim_scale(coalesce(sum(p.amount), 0) * 1e-18)::text as "staked_flt!",
            trim_scale((select coalesce(sum(amount), 0) from ticket_now where account = $2) * 1e-18)::text
                as "exiting_flt!",
            trim_scale((select coalesce(sum(amount), 0) from ticket_now where account = $2 and is_matured) * 1e-18)::text
                as "withdrawable_flt!",
            trim_scale(coalesce(sum(p.flt_owed), 0) * 1e-18)::text as "flt_owed!",
            trim_scale(coalesce(sum(p.usd_owed), 0) * $1::text::numeric)::text as "usd_owed!",
            trim_scale(coalesce(sum(p.flt_claimed), 0) * 1e-18)::text as "flt_claimed!",
            trim_scale(coalesce(sum(p.usd_claimed), 0) * $1::text::numeric)::text as "usd_claimed!"
        from position_now as p
        where p.account = $2
        "#,
        usd_scale(&at.head),
        address as Address,
    );
    Ok(Json(delegator.fetch_one(&mut *at.db).await?))
}

/// An account's stake, provider by provider.
#[utoipa::path(
    get, path = "/v1/delegators/{address}/positions", tag = "delegators",
    params(("address" = Address, Path), Paging, Filters, ("sort" = Option<String>, Query, description = "-staked (default), staked")),
    responses((status = OK, body = Page<Position>), (status = NOT_FOUND, body = Problem))
)]
async fn list_delegator_positions(
    State(api): State<Api>,
    address: Asked<Address>,
    query: List<Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<Position>>> {
    let address = path(address)?;
    check_delegator(&mut at.db, address).await?;
    list(&api, &query, Some(address), &mut at).await
}

/// Positions of `account`, or of the provider that the filters name.
pub(super) async fn list(
    api: &Api,
    query: &List<Filters>,
    account: Option<Address>,
    at: &mut Snapshot,
) -> Result<Json<Page<Position>>> {
    let items = match query.filters.provider {
        Some(provider) if account.is_none() && !query.filters.empty => {
            fetch_stakers(&mut at.db, &at.head, provider, query).await?
        }
        Some(_) | None => fetch(&mut at.db, &at.head, account, query).await?,
    };
    let total = api.totals.get(at.head.seq, query.binding, count(&mut at.db, account, query)).await?;
    Ok(Json(query.page(items, total)))
}

/// Answers 404 where `account` never had stake.
pub(super) async fn check_delegator(db: &mut PgConnection, account: Address) -> Result<()> {
    let is_there =
        query_scalar!(r#"select exists (select from position where account = $1) as "is_there!""#, account as Address);
    if is_there.fetch_one(db).await? { Ok(()) } else { Err(missing("delegator", account)) }
}

/// Positions out of `$from`: `p` has the columns of `position_now`, a `key` to sort by and an `id`.
macro_rules! rows {
    ([$($from:tt)*], $($value:expr),* $(,)?) => {
        query_as!(
            Position,
            r#"
            select
                p.provider as "provider!: Address",
                v.name as provider_name,
                p.account as "account!: Address",
                p.is_own as "is_own!",
                p.staked_at as "staked_at!",
                trim_scale(p.amount * 1e-18)::text as "staked_flt!",
                p.shares::text as "shares!",
                trim_scale(p.flt_owed * 1e-18)::text as "flt_owed!",
                trim_scale(p.usd_owed * $1::text::numeric)::text as "usd_owed!",
                trim_scale(p.flt_claimed * 1e-18)::text as "flt_claimed!",
                trim_scale(p.usd_claimed * $1::text::numeric)::text as "usd_claimed!",
                case when p.shares > 0 then least(a.apr_bps, 1000000000) else 0 end::bigint as "apr_bps!",
                p.key::text as "key!",
                p.id as "id!"
            "# + $($from)*,
            $($value),*
        )
    };
}

async fn fetch(
    db: &mut PgConnection,
    head: &Head,
    account: Option<Address>,
    query: &List<Filters>,
) -> Result<Vec<Position>> {
    let after = query.after::<String>()?;
    let positions = rows!(
        [r#"
        from (
            select
                *,
                case when $4 = 'staked' then amount else -amount end as key,
                encode(provider || account, 'hex') as id
            from position_now
        ) as p
        join provider as v on v.provider = p.provider
        join tranche_apr as a on a.provider = p.provider and a.is_own = p.is_own
        where ($2::bytea is null or p.account = $2)
            and ($3::bytea is null or p.provider = $3)
            and (p.shares > 0 or $5::boolean)
            and ($6::text is null or (p.key, p.id) > ($6::text::numeric, $7::text))
        order by p.key, p.id
        limit $8
        "#],
        usd_scale(head),
        account as Option<Address>,
        query.filters.provider as Option<Address>,
        query.sort(&SORTS)?,
        query.filters.empty,
        after.value,
        after.id,
        query.fetch,
    );
    Ok(positions.fetch_all(db).await?)
}

/// Where a page of a provider's stakers ended: the shares and the account.
struct Last {
    shares: String,
    account: Address,
}

impl FromStr for Last {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (shares, account) = text.split_once('-').ok_or(())?;
        let is_count = shares.len() <= 78 && !shares.is_empty() && shares.bytes().all(|byte| byte.is_ascii_digit());
        let account = account.parse().map_err(|_| ())?;
        if is_count { Ok(Self { shares: shares.to_owned(), account }) } else { Err(()) }
    }
}

/// Stakers of a provider in one direction. All who delegated hold shares of the same tranche, so that who has more shares has
/// more stake: they are read in the order of an index, and only the provider's own stake is put in its place among them, the
/// larger where both are worth the same. `$bound` are the shares that are worth no more, or more, than the last amount.
macro_rules! stakers {
    ($compare:literal, $order:literal, $bound:literal, $db:ident, $head:ident, $provider:ident, $query:ident) => {{
        let after = $query.after::<Last>()?;
        let (shares, account) = after.id.map(|last| (last.shares, last.account)).unzip();
        let found = rows!(
            [r#"
            from (
                select p.*, p.amount as key, p.shares || '-0x' || encode(p.account, 'hex') as id
                from (
                    (
                        select o.account
                        from position_now as o
                        where o.provider = $2 and o.account = $2::bytea and o.shares > 0
                            and ($3::text is null or ($5::bytea <> $2::bytea and (o.amount, true) "#
                + $compare
                + r#" ($3::text::numeric, false)))
                    )
                    union all
                    (
                        select d.account
                        from position as d
                        where d.provider = $2 and not d.is_own and d.shares > 0
                            and d.generation = (select generation from tranche where provider = $2 and not is_own)
                            and case
                                when $3::text is null then true
                                when $5::bytea = $2::bytea then "#
                + $bound
                + r#"
                                else (d.shares::numeric, d.account::bytea) "#
                + $compare
                + r#" ($4::text::numeric, $5::bytea)
                            end
                        order by d.shares "#
                + $order
                + ", d.account "
                + $order
                + r#"
                        limit $6
                    )
                ) as c
                join position_now as p on p.provider = $2 and p.account = c.account
            ) as p
            join provider as v on v.provider = p.provider
            join tranche_apr as a on a.provider = p.provider and a.is_own = p.is_own
            order by p.amount "#
                + $order
                + ", p.is_own "
                + $order
                + ", p.shares "
                + $order
                + ", p.account "
                + $order
                + r#"
            limit $6
            "#],
            usd_scale($head),
            $provider as Address,
            after.value,
            shares,
            account as Option<Address>,
            $query.fetch,
        );
        found.fetch_all($db).await?
    }};
}

async fn fetch_stakers(
    db: &mut PgConnection,
    head: &Head,
    provider: Address,
    query: &List<Filters>,
) -> Result<Vec<Position>> {
    let stakers = if query.sort(&SORTS)? == "staked" {
        stakers!(
            ">",
            "asc",
            r#"d.shares >= (
                select div(($3::text::numeric + 1) * shares + active - 1, nullif(active, 0))
                from tranche where provider = $2 and not is_own
            )"#,
            db,
            head,
            provider,
            query
        )
    } else {
        stakers!(
            "<",
            "desc",
            r#"d.shares <= (
                select coalesce(div(($3::text::numeric + 1) * shares - 1, nullif(active, 0)), shares)
                from tranche where provider = $2 and not is_own
            )"#,
            db,
            head,
            provider,
            query
        )
    };
    Ok(stakers)
}

async fn count(db: &mut PgConnection, account: Option<Address>, query: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from position_now as p
        where ($1::bytea is null or p.account = $1)
            and ($2::bytea is null or p.provider = $2)
            and (p.shares > 0 or $3::boolean)
        "#,
        account as Option<Address>,
        query.filters.provider as Option<Address>,
        query.filters.empty,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
