//! `/v1/offers`: units at a price, within limits.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize, Serializer};
use sqlx::postgres::PgConnection;
use sqlx::{query_as, query_scalar};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{CLASSES, number_of, smallest, usd_decimals, usd_scale};
use crate::Api;
use crate::address::Address;
use crate::error::{Error, Problem, Result};
use crate::page::{Key, Keyed, List, Page, Paging};
use crate::snapshot::{Head, Snapshot};

const SORTS: [&str; 6] = ["price", "-price", "-units_free", "units_free", "-offer", "offer"];

/// An offer as it is in force at the indexed block.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Offer {
    offer: i64,
    provider: Address,
    provider_name: String,
    /// `cpu` (a core with 4 GiB) or `gpu` (a device).
    class: String,
    region: i32,
    units: i64,
    units_in_use: i64,
    units_free: i64,
    /// Price of a unit for a day, without royalty.
    price_usd: String,
    /// Highest coverage class that the provider accepts.
    coverage_max: String,
    /// Declared availability, in bps.
    availability_bps: i32,
    term_max_days: i32,
    duration_max_days: i32,
    /// Of `reserved`, `metered`.
    #[schema(value_type = Vec<String>)]
    payment_modes: Modes,
    /// Of `none`, `receipts`, `sampled`, `groth16`, `optimistic`.
    #[schema(value_type = Vec<String>)]
    proof_kinds: Proofs,
    /// Least notice of a customer's stop.
    notice_seconds: i64,
    /// Whether only customers of a Merkle root, which the provider publishes, are accepted.
    is_for_listed_customers: bool,
    is_for_listed_applications: bool,
    /// When the announced price and units replace those above; null: no change is announced.
    #[serde(with = "rfc3339::option")]
    next_at: Option<OffsetDateTime>,
    next_price_usd: Option<String>,
    next_units: Option<i64>,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
    /// When it was, or will be, gone.
    #[serde(with = "rfc3339::option")]
    removed_at: Option<OffsetDateTime>,
    is_live: bool,
    /// The largest value at stake that the provider's free stake covers now.
    largest_job_usd: String,
    #[serde(skip)]
    key: String,
}

/// Payment modes as bits.
#[derive(Clone, Copy, Debug, sqlx::Type)]
#[sqlx(transparent)]
struct Modes(i32);

/// Proof kinds as bits.
#[derive(Clone, Copy, Debug, sqlx::Type)]
#[sqlx(transparent)]
struct Proofs(i32);

impl Serialize for Modes {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(words_of(self.0, &["reserved", "metered"]))
    }
}

impl Serialize for Proofs {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(words_of(self.0, &["none", "receipts", "sampled", "groth16", "optimistic"]))
    }
}

/// Words of the bits that are set, the lowest bit's first.
fn words_of<'a>(bits: i32, words: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    words.iter().enumerate().filter(move |(bit, _)| bits >> bit & 1 == 1).map(|(_, word)| *word)
}

impl Keyed for Offer {
    fn key(&self) -> Key {
        Key::new(&self.key, self.offer)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filters {
    pub(super) provider: Option<Address>,
    /// `cpu` or `gpu`.
    class: Option<String>,
    /// One region's number.
    region: Option<i32>,
    /// At most this price of a unit for a day.
    price_max_usd: Option<String>,
    /// At least so many units that no deal uses.
    units_free_min: Option<i64>,
    /// The provider has this attribute: `attribute`, or `attribute:level` for that level (1 to 3) or a higher one.
    attribute: Option<String>,
    /// Also offers that are gone.
    #[serde(default)]
    removed: bool,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_offers))
}

/// Offers, cheapest first.
#[utoipa::path(
    get, path = "/v1/offers", tag = "offers",
    params(Paging, Filters, ("sort" = Option<String>, Query, description = "price (default), -price, -units_free, units_free, -offer, offer")),
    responses((status = OK, body = Page<Offer>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_offers(State(api): State<Api>, query: List<Filters>, mut at: Snapshot) -> Result<Json<Page<Offer>>> {
    list(&api, &query, &mut at).await
}

pub(super) async fn list(api: &Api, query: &List<Filters>, at: &mut Snapshot) -> Result<Json<Page<Offer>>> {
    let rows = Rows::of(&at.head, &query.filters)?;
    let items = fetch(&mut at.db, &at.head, &rows, query).await?;
    let total = api.totals.get(at.head.seq, query.binding, count(&mut at.db, &rows)).await?;
    Ok(Json(query.page(items, total)))
}

/// Filters as SQL takes them.
#[derive(Debug)]
struct Rows {
    provider: Option<Address>,
    class: Option<i32>,
    region: Option<i32>,
    price_max: Option<String>,
    units_free_min: Option<i64>,
    attribute: Option<i32>,
    level: i32,
    with_removed: bool,
}

impl Rows {
    fn of(head: &Head, filters: &Filters) -> Result<Self> {
        let attribute = filters.attribute.as_deref().map(attribute_of).transpose()?;
        Ok(Self {
            provider: filters.provider,
            class: number_of("class", filters.class.as_ref(), &CLASSES)?,
            region: filters.region,
            price_max: smallest("price_max_usd", filters.price_max_usd.as_ref(), usd_decimals(head))?,
            units_free_min: filters.units_free_min,
            attribute: attribute.map(|(attribute, _)| attribute),
            level: attribute.map_or(1, |(_, level)| level),
            with_removed: filters.removed,
        })
    }
}

fn attribute_of(text: &str) -> Result<(i32, i32)> {
    let (attribute, level) = text.split_once(':').unwrap_or((text, "1"));
    let parsed = attribute.parse::<u16>().ok().zip(level.parse::<u8>().ok().filter(|level| (1..=3).contains(level)));
    parsed.map(|(attribute, level)| (attribute.into(), level.into())).ok_or_else(|| {
        Error::parameter(
            "attribute",
            format!("`{text}` is not an attribute's number, or number:level with level 1 to 3"),
        )
    })
}

async fn fetch(db: &mut PgConnection, head: &Head, rows: &Rows, query: &List<Filters>) -> Result<Vec<Offer>> {
    let after = query.after::<i64>()?;
    let offers = query_as!(
        Offer,
        r#"
        select
            o.offer as "offer!",
            o.provider as "provider!: Address",
            p.name as "provider_name!",
            (array['cpu', 'gpu'])[o.class + 1] as "class!",
            o.region as "region!",
            o.units as "units!",
            o.units_in_use as "units_in_use!",
            o.units_free as "units_free!",
            trim_scale(o.price * $1::text::numeric)::text as "price_usd!",
            trim_scale(o.coverage_max_bps * 1e-4)::text as "coverage_max!",
            o.availability_bps as "availability_bps!",
            o.term_max_days as "term_max_days!",
            o.duration_max_days as "duration_max_days!",
            o.payment_modes as "payment_modes!: Modes",
            o.proof_kinds as "proof_kinds!: Proofs",
            o.notice as "notice_seconds!",
            coalesce(o.customers_root <> z.root, false) as "is_for_listed_customers!",
            coalesce(o.applications_root <> z.root, false) as "is_for_listed_applications!",
            o.next_at,
            trim_scale(o.next_price * $1::text::numeric)::text as next_price_usd,
            o.next_units,
            o.created_at as "created_at!",
            o.removed_at,
            o.is_live as "is_live!",
            trim_scale(p.largest_job_usd * $1::text::numeric)::text as "largest_job_usd!",
            o.key::text as "key!"
        from (
            select
                *,
                case $9 when 'price' then price when '-price' then -price when 'units_free' then units_free
                    when '-units_free' then -units_free when 'offer' then offer else -offer end as key
            from offer_now
        ) as o
        join provider_now as p on p.provider = o.provider
        cross join (select decode(repeat('00', 32), 'hex') as root) as z
        where ($2::bytea is null or o.provider = $2)
            and ($3::integer is null or o.class = $3)
            and ($4::integer is null or o.region = $4)
            and ($5::text is null or o.price <= $5::text::numeric)
            and ($6::bigint is null or o.units_free >= $6)
            and ($7::integer is null or exists (select from attestation as a
                where a.subject = o.provider and a.attribute = $7 and a.level >= $8 and a.is_live))
            and (o.is_live or $13::boolean)
            and ($10::text is null or (o.key, o.offer) > ($10::text::numeric, $11::bigint))
        order by o.key, o.offer
        limit $12
        "#,
        usd_scale(head),
        rows.provider as Option<Address>,
        rows.class,
        rows.region,
        rows.price_max,
        rows.units_free_min,
        rows.attribute,
        rows.level,
        query.sort(&SORTS)?,
        after.value,
        after.id,
        query.fetch,
        rows.with_removed,
    );
    Ok(offers.fetch_all(db).await?)
}

async fn count(db: &mut PgConnection, rows: &Rows) -> Result<i64> {
    let total = query_scalar!(
        r#"
        select count(*) as "total!"
        from offer_now as o
        where ($1::bytea is null or o.provider = $1)
            and ($2::integer is null or o.class = $2)
            and ($3::integer is null or o.region = $3)
            and ($4::text is null or o.price <= $4::text::numeric)
            and ($5::bigint is null or o.units_free >= $5)
            and ($6::integer is null or exists (
                select from attestation as a
                where a.subject = o.provider and a.attribute = $6 and a.level >= $7 and a.is_live
            ))
            and (o.is_live or $8::boolean)
        "#,
        rows.provider as Option<Address>,
        rows.class,
        rows.region,
        rows.price_max,
        rows.units_free_min,
        rows.attribute,
        rows.level,
        rows.with_removed,
    )
    .fetch_one(db)
    .await?;
    Ok(total)
}
