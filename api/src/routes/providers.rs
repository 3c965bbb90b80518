//! `/v1/providers`: who offers compute, with what stake behind it.

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

use super::{
    Asked, check_provider, deals, delegators, missing, offers, only_path, path, slashes, smallest, usd_decimals,
    usd_scale,
};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{self, Key, Keyed, List, Nothing, Page, Paging, Waiting};
use crate::snapshot::{Direct, Head, Snapshot};

const SORTS: [&str; 8] = ["-staked", "staked", "-free", "free", "-locked", "locked", "-registered", "registered"];

/// A provider, its stake and its terms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Provider {
    address: Address,
    name: String,
    endpoint: String,
    /// Attested operator id; 0: none. Replicas of one operator do not count as independent.
    operator: i64,
    #[serde(with = "rfc3339")]
    registered_at: OffsetDateTime,
    /// Active stake, own and delegated.
    staked_flt: String,
    /// The provider's own active stake, which is slashed first.
    own_flt: String,
    delegated_flt: String,
    /// Stake on its way out; it still answers for older locks.
    thawing_flt: String,
    /// Sum of locks.
    locked_flt: String,
    /// The largest lock that would be granted now.
    free_flt: String,
    /// Stake that belongs to nobody any more, slashed before all other.
    orphan_flt: String,
    /// The largest value at stake that free stake covers now, at coverage 3.0 and the low price.
    largest_job_usd: String,
    /// Own stake that the provider promises, of all locks, in bps.
    first_loss_bps: i32,
    /// Stakers' share of capacity FLT, in bps.
    reward_share_bps: i32,
    /// Stakers' share of stablecoin revenue, in bps.
    revenue_share_bps: i32,
    /// Days over which income drips to stakers.
    drip_days: i32,
    /// Most delegated stake that the provider takes.
    delegation_cap_flt: String,
    /// When the terms below replace those above; null: no change is announced.
    #[serde(with = "rfc3339::option")]
    next_terms_at: Option<OffsetDateTime>,
    next_first_loss_bps: Option<i32>,
    next_reward_share_bps: Option<i32>,
    next_revenue_share_bps: Option<i32>,
    next_drip_days: Option<i32>,
    /// Accounts other than the provider with stake here.
    delegators: i64,
    /// Slots that it serves now.
    slots_serving: i64,
    /// Slots that it is a standby for, and ready.
    standbys_serving: i64,
    /// Measured over the last 30 days, in per cent; 95 without any record. `availability` below it has the record.
    availability_percent: String,
    /// Whether it counts as down: it failed, and nothing showed it up since.
    is_down: bool,
    /// FLT that drips to delegated stake now, a year of it over that stake, in bps.
    apr_bps: i64,
    /// Stablecoin that the provider can claim.
    credit_usd: String,
    /// The stakers' part of its revenue that anybody can push to Staking.
    stakers_credit_usd: String,
    #[serde(skip)]
    key: String,
}

impl Keyed for Provider {
    fn key(&self) -> Key {
        Key::new(&self.key, self.address)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filters {
    /// Free stake covers a job of this value at least.
    largest_job_min_usd: Option<String>,
    /// First loss of this many bps at least.
    first_loss_min_bps: Option<i32>,
}

/// Providers as they are answered; what follows the columns says which.
macro_rules! rows {
    ($from:literal, $($argument:expr),* $(,)?) => {
        query_as!(
            Provider,
            r#"
            select
                p.provider as "address!: Address",
                p.name as "name!", p.endpoint as "endpoint!", p.operator as "operator!",
                p.registered_at as "registered_at!",
                trim_scale(p.active * 1e-18)::text as "staked_flt!",
                trim_scale(p.own_active * 1e-18)::text as "own_flt!",
                trim_scale(p.delegated_active * 1e-18)::text as "delegated_flt!",
                trim_scale((p.own_thawing + p.delegated_thawing) * 1e-18)::text as "thawing_flt!",
                trim_scale(p.locked * 1e-18)::text as "locked_flt!",
                trim_scale(p.free * 1e-18)::text as "free_flt!",
                trim_scale(p.orphan * 1e-18)::text as "orphan_flt!",
                trim_scale(p.largest_job_usd * $1::text::numeric)::text as "largest_job_usd!",
                p.first_loss_bps as "first_loss_bps!", p.drip_days as "drip_days!",
                p.reward_share_bps as "reward_share_bps!", p.revenue_share_bps as "revenue_share_bps!",
                trim_scale(p.delegation_cap * 1e-18)::text as "delegation_cap_flt!",
                p.next_terms_at, p.next_first_loss_bps,
                p.next_reward_share_bps, p.next_revenue_share_bps, p.next_drip_days,
                (select count(*) from position_now as s
                    where s.provider = p.provider and not s.is_own and s.shares > 0) as "delegators!",
                a.slots_serving as "slots_serving!", a.standbys_serving as "standbys_serving!",
                trim_scale(div(1e18 - a.unavailability, 1e12) * 1e-4)::text as "availability_percent!",
                a.is_down as "is_down!",
                coalesce((select least(t.apr_bps, 1000000000) from tranche_apr as t
                    where t.provider = p.provider and not t.is_own), 0)::bigint as "apr_bps!",
                trim_scale(coalesce((select c.amount from credit as c where c.account = p.provider), 0)
                    * $1::text::numeric)::text as "credit_usd!",
                trim_scale(coalesce((select c.amount from stakers_credit as c where c.provider = p.provider), 0)
                    * $1::text::numeric)::text as "stakers_credit_usd!",
                p.key::text as "key!"
            "# + $from,
            $($argument),*
        )
    };
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_providers))
        .routes(routes!(show_provider))
        .routes(routes!(list_provider_offers))
        .routes(routes!(list_provider_deals))
        .routes(routes!(list_provider_delegators))
        .routes(routes!(list_provider_slashes))
}

/// All providers.
#[utoipa::path(
    get, path = "/v1/providers", tag = "providers",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-staked (default), staked, -free, free, -locked, locked, -registered, registered")),
    responses((status = OK, body = Page<Provider>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_providers(State(api): State<Api>, list: List<Filters>, mut at: Snapshot) -> Result<Json<Page<Provider>>> {
    let items = fetch(&mut at.db, &at.head, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, &at.head, &list)).await?;
    Ok(Json(list.page(items, total)))
}

/// One provider.
#[utoipa::path(
    get, path = "/v1/providers/{address}", tag = "providers", params(("address" = Address, Path), Waiting),
    responses((status = OK, body = Provider), (status = NOT_FOUND, body = Problem))
)]
async fn show_provider(
    address: Asked<Address>,
    _: page::Asked<Nothing>,
    Direct(mut at): Direct,
) -> Result<Json<Provider>> {
    let address = path(address)?;
    let provider = fetch_one(&mut at.db, &at.head, address).await?;
    provider.map(Json).ok_or_else(|| missing("provider", address))
}

pub(crate) async fn fetch_one(db: &mut PgConnection, head: &Head, address: Address) -> Result<Option<Provider>> {
    let provider = rows!(
        "from (select *, 0::numeric as key from provider_now where provider = $2) as p
        join provider_availability_now as a on a.provider = p.provider",
        usd_scale(head),
        address as Address,
    );
    Ok(provider.fetch_optional(db).await?)
}

/// What a provider offers.
#[utoipa::path(
    get, path = "/v1/providers/{address}/offers", tag = "providers",
    params(("address" = Address, Path), Paging, offers::Filters, ("sort" = Option<String>, Query, description = "as `/v1/offers`")),
    responses((status = OK, body = Page<offers::Offer>), (status = NOT_FOUND, body = Problem))
)]
async fn list_provider_offers(
    State(api): State<Api>,
    address: Asked<Address>,
    mut list: List<offers::Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<offers::Offer>>> {
    let address = path(address)?;
    only_path("provider", list.filters.provider.replace(address).as_ref())?;
    check_provider(&mut at.db, address).await?;
    offers::list(&api, &list, &mut at).await
}

/// Deals with a slot that a provider serves, or served last.
#[utoipa::path(
    get, path = "/v1/providers/{address}/deals", tag = "providers",
    params(("address" = Address, Path), Paging, deals::Filters, ("sort" = Option<String>, Query, description = "as `/v1/deals`")),
    responses((status = OK, body = Page<deals::Deal>), (status = NOT_FOUND, body = Problem))
)]
async fn list_provider_deals(
    State(api): State<Api>,
    address: Asked<Address>,
    mut list: List<deals::Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<deals::Deal>>> {
    let address = path(address)?;
    only_path("provider", list.filters.provider.replace(address).as_ref())?;
    check_provider(&mut at.db, address).await?;
    deals::list(&api, &list, &mut at).await
}

/// Who has stake with a provider, the provider itself included.
#[utoipa::path(
    get, path = "/v1/providers/{address}/delegators", tag = "providers",
    params(("address" = Address, Path), Paging, delegators::Filters, ("sort" = Option<String>, Query, description = "-staked (default), staked")),
    responses((status = OK, body = Page<delegators::Position>), (status = NOT_FOUND, body = Problem))
)]
async fn list_provider_delegators(
    State(api): State<Api>,
    address: Asked<Address>,
    mut list: List<delegators::Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<delegators::Position>>> {
    let address = path(address)?;
    only_path("provider", list.filters.provider.replace(address).as_ref())?;
    check_provider(&mut at.db, address).await?;
    delegators::list(&api, &list, None, &mut at).await
}

/// Slashes of a provider.
#[utoipa::path(
    get, path = "/v1/providers/{address}/slashes", tag = "providers",
    params(("address" = Address, Path), Paging, slashes::Filters, ("sort" = Option<String>, Query, description = "-block (default), block")),
    responses((status = OK, body = Page<slashes::Slash>), (status = NOT_FOUND, body = Problem))
)]
async fn list_provider_slashes(
    State(api): State<Api>,
    address: Asked<Address>,
    mut list: List<slashes::Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<slashes::Slash>>> {
    let address = path(address)?;
    only_path("provider", list.filters.provider.replace(address).as_ref())?;
    check_provider(&mut at.db, address).await?;
    slashes::list(&api, &list, &mut at).await
}

fn largest_job_min(head: &Head, list: &List<Filters>) -> Result<Option<String>> {
    smallest("largest_job_min_usd", list.filters.largest_job_min_usd.as_ref(), usd_decimals(head))
}

async fn fetch(db: &mut PgConnection, head: &Head, list: &List<Filters>) -> Result<Vec<Provider>> {
    let after = list.after::<Address>()?;
    let providers = rows!(
        r#"
        from (
            select
                *,
                case $4
                    when 'staked' then active
                    when '-staked' then -active
                    when 'free' then free
                    when '-free' then -free
                    when 'locked' then locked
                    when '-locked' then -locked
                    when 'registered' then extract(epoch from registered_at)
                    when '-registered' then -extract(epoch from registered_at)
                    else 0
                end as key
            from provider_now
        ) as p
        join provider_availability_now as a on a.provider = p.provider
        where ($2::text is null or p.largest_job_usd >= $2::text::numeric)
            and ($3::integer is null or p.first_loss_bps >= $3)
            and ($5::text is null or (p.key, p.provider::bytea) > ($5::text::numeric, $6::bytea))
        order by p.key, p.provider
        limit $7
        "#,
        usd_scale(head),
        largest_job_min(head, list)?,
        list.filters.first_loss_min_bps,
        list.sort(&SORTS)?,
        after.value,
        after.id as Option<Address>,
        list.fetch,
    );
    Ok(providers.fetch_all(db).await?)
}

async fn count(db: &mut PgConnection, head: &Head, list: &List<Filters>) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from provider_now
        where ($1::text is null or largest_job_usd >= $1::text::numeric)
            and ($2::integer is null or first_loss_bps >= $2)
        "#,
        largest_job_min(head, list)?,
        list.filters.first_loss_min_bps,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
