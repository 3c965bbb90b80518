//! `/v1/deals`: what customers bought, what secures it, what it has cost so far.

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

use super::availability::{self, SetAvailability};
use super::metering::{self, DealUsage};
use super::modules::{self, NamedModule};
use super::proposals::{self, BarredOffer, Proposal};
use super::{Asked, CLASSES, missing, number_of, path, usd_scale};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::hash::Hash;
use crate::page::{self, Key, Keyed, List, Nothing, Page, Paging, Waiting};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 8] =
    ["-deal", "deal", "-locked", "locked", "health", "-health", "-value_at_stake", "value_at_stake"];
pub(crate) const STATUSES: [&str; 8] =
    ["open", "assigned", "serving", "degraded", "stopping", "ended", "lapsed", "cancelled"];

/// A deal at the indexed block. Locks, health and value at stake are of its slots, money is of its standbys, too.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deal {
    deal: i64,
    customer: Address,
    /// Content id of what runs.
    application: Option<String>,
    /// `open` (waits for a provider), `assigned`, `serving`, `degraded` (a slot has nobody), `stopping`, `ended`,
    /// `lapsed` (its request expired), `cancelled`.
    status: String,
    /// `cpu` or `gpu`.
    class: String,
    slots: i32,
    /// Units of each slot.
    units: i64,
    term_days: i32,
    duration_days: i32,
    /// FLT locked at a grant over value at stake.
    coverage: String,
    /// What counts as value at stake: `remaining`, `term` or `whole`.
    exposure: String,
    /// `reserved` or `metered`.
    payment_mode: String,
    fee_bps: i32,
    /// Time between the customer's stop and the end.
    notice_seconds: i64,
    /// Part of each slot's price of a unit for a day that goes to authors.
    royalty_usd: String,
    #[serde(with = "rfc3339")]
    opened_at: OffsetDateTime,
    #[serde(with = "rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    /// When its duration is over.
    #[serde(with = "rfc3339::option")]
    due_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    stopped_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    stop_ends_at: Option<OffsetDateTime>,
    slots_serving: i64,
    slots_ended: i64,
    /// Slots that lost their provider and can be filled.
    slots_seeking: i64,
    standbys: i32,
    /// Standbys that are ready to take a slot over.
    standbys_serving: i64,
    /// Part of a slot's lock that a standby locks.
    reserve_bps: i32,
    /// Locked by standbys; `locked_flt` is of slots alone.
    reserved_flt: String,
    /// What the product of the slots' unavailabilities had to leave when it was allocated; null: nothing was asked.
    target_availability: Option<String>,
    /// For whose proposal was activated.
    tip_usd: String,
    /// Who got the tip; null: it waits, or there is none.
    tip_to: Option<Address>,
    /// Who decides appeals; null: a panel of probers.
    resolver: Option<Address>,
    locked_flt: String,
    value_at_stake_usd: String,
    /// Worth of the lock over value at stake, of the worst slot; null: nothing at stake, or no price.
    health: Option<String>,
    /// Whether a margin call runs.
    is_called: bool,
    /// What a settle at the indexed block would leave.
    escrow_usd: String,
    /// Of the servings under way, up to the indexed block, settled or not.
    accrued_usd: String,
    /// Over all servings.
    credited_usd: String,
    funded_usd: String,
    refunded_usd: String,
    #[serde(skip)]
    key: String,
}

impl Keyed for Deal {
    fn key(&self) -> Key {
        Key::new(&self.key, self.deal)
    }
}

/// A deal with what its customer asked for.
#[derive(Debug, Serialize, ToSchema)]
struct DealShown {
    #[serde(flatten)]
    deal: Deal,
    request: Option<Request>,
    /// What it runs; none: its customer named nothing that was published.
    modules: Vec<NamedModule>,
    /// What it was used for; null: it is not metered.
    usage: Option<DealUsage>,
    /// What its slots reach together now; null: nobody serves.
    measured: Option<SetAvailability>,
    /// Why its offers were chosen: the cheapest valid proposal was. The latest 50, the latest first.
    proposals: Vec<Proposal>,
    /// Offers that cannot be proposed for it any more.
    barred: Vec<BarredOffer>,
}

/// The criteria that offers had to meet.
#[derive(Debug, Serialize, ToSchema)]
struct Request {
    price_max_usd: String,
    /// Numbers of the regions that are allowed; empty: any.
    regions: Vec<i32>,
    first_loss_min_bps: i32,
    /// `none`, `receipts`, `sampled`, `groth16` or `optimistic`.
    proof_kind: String,
    /// Of groth16 proofs, the only ones to have one.
    verification_key: Option<Hash>,
    #[serde(with = "rfc3339")]
    expires_at: OffsetDateTime,
    /// Who decides appeals.
    resolver: Option<Address>,
    /// Attributes with their lowest level, as `attribute:level`.
    criteria: Vec<String>,
    /// Whether `providers` are the only ones; else they are barred.
    is_allowlist: bool,
    providers: Vec<Address>,
    /// Price for a day of the best proposal that stands, or else of the one that was activated last.
    proposed_price_usd: Option<String>,
    /// From when on anybody may activate the best proposal; null: none stands.
    #[serde(with = "rfc3339::option")]
    window_end: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    activated_at: Option<OffsetDateTime>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filters {
    pub(super) customer: Option<Address>,
    /// A slot is served by this provider, or was served last; or it is a standby.
    pub(super) provider: Option<Address>,
    /// One of the words of `status`.
    status: Option<String>,
    /// `cpu` or `gpu`.
    class: Option<String>,
    /// Whether a margin call runs.
    is_called: Option<bool>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_deals)).routes(routes!(show_deal))
}

/// Deals, the newest first.
#[utoipa::path(
    get, path = "/v1/deals", tag = "deals",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "-deal (default), deal, -locked, locked, health, -health, -value_at_stake, value_at_stake")),
    responses((status = OK, body = Page<Deal>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_deals(State(api): State<Api>, query: List<Filters>, mut at: Snapshot) -> Result<Json<Page<Deal>>> {
    list(&api, &query, &mut at).await
}

/// One deal, with its request.
#[utoipa::path(
    get, path = "/v1/deals/{id}", tag = "deals", params(("id" = i64, Path), Waiting),
    responses((status = OK, body = DealShown), (status = NOT_FOUND, body = Problem))
)]
async fn show_deal(id: Asked<i64>, _: page::Asked<Nothing>, mut at: Snapshot) -> Result<Json<DealShown>> {
    let id = path(id)?;
    let picked = vec![Picked { deal: id, key: String::new() }];
    let deal = fetch(&mut at.db, &at.head, picked).await?.pop().ok_or_else(|| missing("deal", id))?;
    let request = fetch_request(&mut at.db, &at.head, id).await?;
    let proposals = proposals::of_deal(&mut at.db, &at.head, id).await?;
    let barred = proposals::barred(&mut at.db, id).await?;
    let measured = availability::of_deal(&mut at.db, id).await?;
    let modules = modules::of_deal(&mut at.db, &at.head, id).await?;
    let usage = metering::of_deal(&mut at.db, &at.head, id).await?;
    Ok(Json(DealShown { deal, request, modules, usage, measured, proposals, barred }))
}

pub(super) async fn list(api: &Api, query: &List<Filters>, at: &mut Snapshot) -> Result<Json<Page<Deal>>> {
    let picked = pick(&mut at.db, &at.head, Rows::of(query)?).await?;
    let items = fetch(&mut at.db, &at.head, picked).await?;
    let total = api.totals.get(at.head.seq, query.binding, count(&mut at.db, Rows::of(query)?)).await?;
    Ok(Json(query.page(items, total)))
}

/// Answers 404 where there is no deal `id`.
pub(super) async fn check_deal(db: &mut PgConnection, id: i64) -> Result<()> {
    let is_there = query_scalar!(r#"select exists (select from deal where deal = $1) as "is_there!""#, id);
    if is_there.fetch_one(db).await? { Ok(()) } else { Err(missing("deal", id)) }
}

/// Which deals are asked for.
#[derive(Debug)]
struct Rows {
    customer: Option<Address>,
    provider: Option<Address>,
    status: Option<String>,
    class: Option<i32>,
    is_called: Option<bool>,
    sort: &'static str,
    after_key: Option<String>,
    after: Option<i64>,
    limit: i64,
}

impl Rows {
    fn of(query: &List<Filters>) -> Result<Self> {
        let after = query.after::<i64>()?;
        number_of("status", query.filters.status.as_ref(), &STATUSES)?;
        Ok(Self {
            customer: query.filters.customer,
            provider: query.filters.provider,
            status: query.filters.status.clone(),
            class: number_of("class", query.filters.class.as_ref(), &CLASSES)?,
            is_called: query.filters.is_called,
            sort: query.sort(&SORTS)?,
            after_key: after.value,
            after: after.id,
            limit: query.fetch,
        })
    }
}

/// A deal of the page, with its sort value.
#[derive(Debug)]
struct Picked {
    deal: i64,
    key: String,
}

/// Chooses a page out of `$from`, where deals are named by `$deal`. By identity the order is that of a key, the primary one or
/// the provider's, so that a page of millions of deals reads only itself. Other sorts are of sums that change with every
/// lock: they aggregate all slots, without looking closely.
macro_rules! pick {
    ($from:literal, $deal:literal, $rows:ident, $head:ident) => {
        query_as!(
            Picked,
            r#"
            select p.deal as "deal!", coalesce(p.key, 0)::text as "key!"
            from (
                select
                    "#
                + $deal
                + r#" as deal,
                    case $6
                        when 'locked' then coalesce(k.locked, 0)
                        when '-locked' then -coalesce(k.locked, 0)
                        -- Deals without health have nothing at stake: the healthiest of all.
                        when 'health' then coalesce(k.health, 1e40)
                        when '-health' then -coalesce(k.health, 1e40)
                        when 'value_at_stake' then coalesce(k.value_at_stake, 0)
                        when '-value_at_stake' then -coalesce(k.value_at_stake, 0)
                    end as key
                from "#
                + $from
                + r#"
                left join (
                    select
                        s.deal,
                        sum(l.amount) as locked,
                        sum(s.value_at_stake) as value_at_stake,
                        min(health_bps(l.amount, (select high from price_now), s.value_at_stake, $10)) as health
                    from slot as s
                    left join stake_lock as l on l.lock = s.lock
                    where s.status in ('assigned', 'serving') and s.slot < 16
                    group by s.deal
                ) as k on k.deal = d.deal and $6 not in ('deal', '-deal')
                where ($1::bytea is null or d.customer = $1)
                    and ($3::text is null or $3 = (select n.status from deal_now as n where n.deal = d.deal))
                    and ($4::integer is null or d.class = $4)
                    and ($5::boolean is null or $5 = exists (
                        select from slot as s where s.deal = d.deal and s.called_at is not null and s.status = 'serving'
                    ))
                    and ($8::bigint is null or case $6
                        when 'deal' then "#
                + $deal
                + r#" > $8
                        when '-deal' then "#
                + $deal
                + r#" < $8
                        else true
                    end)
            ) as p
            where ($8::bigint is null or $6 in ('deal', '-deal') or (p.key, p.deal) > ($7::text::numeric, $8))
            order by case when $6 = '-deal' then p.deal end desc, p.key, p.deal
            limit $9
            "#,
            $rows.customer as Option<Address>,
            $rows.provider as Option<Address>,
            $rows.status,
            $rows.class,
            $rows.is_called,
            $rows.sort,
            $rows.after_key,
            $rows.after,
            $rows.limit,
            $head.usd_decimals,
        )
    };
}

async fn pick(db: &mut PgConnection, head: &Head, rows: Rows) -> Result<Vec<Picked>> {
    let picked = if rows.provider.is_some() {
        pick!(
            r#"slot as o
                join deal as d on d.deal = o.deal and o.provider = $2::bytea and o.slot = (
                    select min(slot) from slot where deal = o.deal and provider = $2::bytea
                )"#,
            "o.deal",
            rows,
            head
        )
        .fetch_all(db)
        .await?
    } else {
        pick!("(select * from deal where $2::bytea is null) as d", "d.deal", rows, head).fetch_all(db).await?
    };
    Ok(picked)
}

/// Looks closely at deals, in the order given.
async fn fetch(db: &mut PgConnection, head: &Head, picked: Vec<Picked>) -> Result<Vec<Deal>> {
    let (ids, keys): (Vec<i64>, Vec<String>) = picked.into_iter().map(|picked| (picked.deal, picked.key)).unzip();
    let deals = query_as!(
        Deal,
        r#"
        select
            d.deal as "deal!",
            d.customer as "customer!: Address",
            d.application,
            d.status as "status!",
            (array['cpu', 'gpu'])[d.class + 1] as "class!",
            d.slots as "slots!",
            d.units as "units!",
            d.term_days as "term_days!",
            d.duration_days as "duration_days!",
            trim_scale(d.coverage_bps * 1e-4)::text as "coverage!",
            (array['remaining', 'term', 'whole'])[d.exposure + 1] as "exposure!",
            (array['reserved', 'metered'])[d.payment_mode + 1] as "payment_mode!",
            d.fee_bps as "fee_bps!",
            d.notice as "notice_seconds!",
            trim_scale(d.royalty * $1::text::numeric)::text as "royalty_usd!",
            d.opened_at as "opened_at!",
            d.started_at,
            d.due_at,
            d.stopped_at,
            d.stop_ends_at,
            d.slots_serving as "slots_serving!",
            d.slots_ended as "slots_ended!",
            d.slots_seeking as "slots_seeking!",
            d.standbys as "standbys!",
            d.standbys_serving as "standbys_serving!",
            d.reserve_bps as "reserve_bps!",
            trim_scale(d.reserve_amount * 1e-18)::text as "reserved_flt!",
            trim_scale(nullif(d.availability_ppm, 0) * 1e-6)::text as target_availability,
            trim_scale(d.tip * $1::text::numeric)::text as "tip_usd!",
            d.tip_to as "tip_to: Address",
            d.resolver as "resolver: Address",
            trim_scale(d.lock_amount * 1e-18)::text as "locked_flt!",
            trim_scale(d.value_at_stake * $1::text::numeric)::text as "value_at_stake_usd!",
            trim_scale(d.health_bps * 1e-4)::text as health,
            d.is_called as "is_called!",
            trim_scale(d.escrow * $1::text::numeric)::text as "escrow_usd!",
            trim_scale(d.accrued * $1::text::numeric)::text as "accrued_usd!",
            trim_scale(d.credited * $1::text::numeric)::text as "credited_usd!",
            trim_scale(d.funded * $1::text::numeric)::text as "funded_usd!",
            trim_scale(d.refunded * $1::text::numeric)::text as "refunded_usd!",
            p.key as "key!"
        from unnest($2::bigint[], $3::text[]) with ordinality as p (deal, key, place)
        join deal_now as d on d.deal = p.deal
        order by p.place
        "#,
        usd_scale(head),
        &ids,
        &keys,
    );
    Ok(deals.fetch_all(db).await?)
}

async fn count(db: &mut PgConnection, rows: Rows) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from deal as d
        where ($1::bytea is null or d.customer = $1)
            and ($2::bytea is null or exists (select from slot as s where s.deal = d.deal and s.provider = $2))
            and ($3::text is null or $3 = (select n.status from deal_now as n where n.deal = d.deal))
            and ($4::integer is null or d.class = $4)
            and ($5::boolean is null or $5 = exists (
                select from slot as s where s.deal = d.deal and s.called_at is not null and s.status = 'serving'
            ))
        "#,
        rows.customer as Option<Address>,
        rows.provider as Option<Address>,
        rows.status,
        rows.class,
        rows.is_called,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}

async fn fetch_request(db: &mut PgConnection, head: &Head, id: i64) -> Result<Option<Request>> {
    let request = query_as!(
        Request,
        r#"
        select
            trim_scale(r.price_max * $1::text::numeric)::text as "price_max_usd!",
            array(select region from generate_series(0, 255) as region
                where mod(div(r.regions, power(2::numeric, region)), 2) = 1 order by region) as "regions!",
            r.first_loss_min_bps,
            (array['none', 'receipts', 'sampled', 'groth16', 'optimistic'])[r.proof_kind + 1] as "proof_kind!",
            (select k.verification_key from request_key_set as k where k.deal = r.deal) as "verification_key: Hash",
            r.expires_at,
            r.resolver as "resolver: Address",
            array(select c.attribute || ':' || c.level from request_criterion_added as c
                where c.deal = r.deal order by c.block, c.log_index) as "criteria!",
            r.is_allowlist,
            array(select l.provider::bytea from request_provider_listed as l
                where l.deal = r.deal order by l.block, l.log_index) as "providers!: Vec<Address>",
            trim_scale(r.proposed_price * $1::text::numeric)::text as proposed_price_usd,
            r.window_end,
            r.activated_at
        from request as r
        where r.deal = $2
        "#,
        usd_scale(head),
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(request)
}
