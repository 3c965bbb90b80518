//! `/v1/providers/{address}/availability`: what was measured of a provider, and what replicas would make of it; and of the
//! slots of a deal, a part of `/v1/deals/{id}`.

use std::collections::HashSet;

use alloy_primitives::U256;
use axum::Json;
use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{query, query_as};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Asked, check_provider, path};
use crate::Api;
use crate::address::Address;
use crate::amount;
use crate::error::{Problem, Result};
use crate::page::{self, Nothing, Waiting};
use crate::snapshot::Snapshot;

/// Decimals of `Faults.unavailability`.
const DECIMALS: u8 = 18;
/// Targets that are worked out, in millionths.
const TARGETS_PPM: [u64; 4] = [950_000, 990_000, 999_000, 999_900];
/// Above it a set needs two regions.
const ONE_REGION_PPM: u64 = 990_000;
const SLOTS_MAX: u32 = 16;
const INCIDENTS_MAX: i64 = 50;
/// The attribute that names who operates a provider.
const OPERATOR: i32 = 8;

/// Measured over the last 30 days.
#[derive(Debug, Serialize, ToSchema)]
struct Availability {
    provider: Address,
    /// `(down + 5 % of 7 days) / (served + down + 7 days)`, rounded up, as `Faults.unavailability` answers.
    unavailability: String,
    /// What is left of one.
    availability: String,
    /// Seconds served whose fee was burned, summed over slots.
    served_seconds: String,
    /// Seconds proven down, those that run included.
    down_seconds: String,
    /// Whether it counts as down: it failed, and nothing showed it up since.
    is_down: bool,
    #[serde(with = "rfc3339::option")]
    down_since: Option<OffsetDateTime>,
    /// How many independent sites like this one reach a target.
    targets: Vec<Target>,
    formula: &'static str,
    /// The last 50 times that a slot of its was said to be down, the latest first.
    incidents: Vec<Incident>,
}

/// Replicas that a target needs.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Target {
    target: String,
    /// Null: more than 16, the most that a deal has.
    slots_needed: Option<u32>,
    regions_needed: u32,
    /// What so many reach.
    availability: Option<String>,
}

/// What the slots of a deal reach together now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetAvailability {
    /// The product of the sites' unavailabilities, rounded up.
    unavailability: String,
    availability: String,
    /// Slots that somebody is assigned to or serves, grouped by attested operator and region: of each the best counts, and
    /// providers without an attested operator are one.
    sites: usize,
    regions: usize,
}

/// A slot was said to be down.
#[derive(Debug, Serialize, ToSchema)]
struct Incident {
    block: i64,
    deal: i64,
    slot: i32,
    serving: i64,
    /// Whether the customer said so, and not a quorum of probers.
    is_customer: bool,
    /// When probers first missed it.
    #[serde(with = "rfc3339::option")]
    since: Option<OffsetDateTime>,
    #[serde(with = "rfc3339")]
    flagged_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    grace_end: OffsetDateTime,
    /// `open`, `answered` (up again), `lapsed` (the customer's was not confirmed), `failed` (taken from it), `over`.
    status: String,
    #[serde(with = "rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
    down_seconds: Option<i64>,
    /// Of a failure: whether a standby served at once.
    is_served: Option<bool>,
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_availability))
}

/// What was measured of a provider.
#[utoipa::path(
    get, path = "/v1/providers/{address}/availability", tag = "providers", params(("address" = Address, Path), Waiting),
    responses((status = OK, body = Availability), (status = NOT_FOUND, body = Problem))
)]
async fn show_availability(
    address: Asked<Address>,
    _: page::Asked<Nothing>,
    mut at: Snapshot,
) -> Result<Json<Availability>> {
    let provider = path(address)?;
    check_provider(&mut at.db, provider).await?;
    let measured = query!(
        r#"
        select
            unavailability::text as "unavailability!",
            served::text as "served!",
            down::text as "down!",
            is_down as "is_down!",
            down_since
        from provider_availability_now
        where provider = $1
        "#,
        provider as Address,
    );
    let measured = measured.fetch_one(&mut *at.db).await?;
    let unavailability: U256 = measured.unavailability.parse().unwrap_or_else(|_| amount::unit(DECIMALS));
    Ok(Json(Availability {
        provider,
        unavailability: amount::show(unavailability, DECIMALS),
        availability: amount::show(amount::unit(DECIMALS).saturating_sub(unavailability), DECIMALS),
        served_seconds: measured.served,
        down_seconds: measured.down,
        is_down: measured.is_down,
        down_since: measured.down_since,
        targets: TARGETS_PPM.map(|target| target_of(unavailability, target)).into(),
        formula: "u = (down + 5 % of 7 days) / (served + down + 7 days); a set is down when all of its slots are: the product \
            of u over slots of different operators or regions is at most 1 - target; standbys do not count",
        incidents: incidents(&mut at.db, provider).await?,
    }))
}

/// As `Matching.unavailabilityOf`, of the slots as they are; none where nobody serves.
pub(super) async fn of_deal(db: &mut PgConnection, deal: i64) -> Result<Option<SetAvailability>> {
    let sites = query!(
        r#"
        select min(a.unavailability)::text as "unavailability!", o.region
        from slot as s
        join offer as o on o.offer = s.offer
        join provider_availability_now as a on a.provider = s.provider
        left join lateral (
            select value from attestation
            where subject = s.provider and attribute = $2 and level >= 2 and is_live
            order by level desc
            limit 1
        ) as t on true
        where s.deal = $1 and s.slot < 16 and s.status in ('assigned', 'serving')
        group by coalesce(t.value, 0), o.region
        order by min(s.slot)
        "#,
        deal,
        OPERATOR,
    );
    let sites = sites.fetch_all(db).await?;
    if sites.is_empty() {
        return Ok(None);
    }
    let one = amount::unit(DECIMALS);
    let product = sites.iter().fold(one, |product, site| times(product, site.unavailability.parse().unwrap_or(one)));
    Ok(Some(SetAvailability {
        unavailability: amount::show(product, DECIMALS),
        availability: amount::show(one.saturating_sub(product), DECIMALS),
        sites: sites.len(),
        regions: sites.iter().map(|site| site.region).collect::<HashSet<_>>().len(),
    }))
}

/// As `Matching` multiplies: rounded up at each step.
fn times(product: U256, unavailability: U256) -> U256 {
    (product * unavailability).div_ceil(amount::unit(DECIMALS))
}

fn target_of(unavailability: U256, target_ppm: u64) -> Target {
    let one = amount::unit(DECIMALS);
    let most = one - U256::from(target_ppm) * amount::unit(DECIMALS - 6);
    let mut product = one;
    let needed = (1..=SLOTS_MAX).find(|_| {
        product = times(product, unavailability);
        product <= most
    });
    Target {
        target: amount::show(U256::from(target_ppm), 6),
        slots_needed: needed,
        regions_needed: if target_ppm > ONE_REGION_PPM { 2 } else { 1 },
        availability: needed.map(|_| amount::show(one - product, DECIMALS)),
    }
}

async fn incidents(db: &mut PgConnection, provider: Address) -> Result<Vec<Incident>> {
    let incidents = query_as!(
        Incident,
        r#"
        select
            block as "block!",
            deal as "deal!",
            slot as "slot!",
            serving as "serving!",
            is_customer as "is_customer!",
            since,
            flagged_at as "flagged_at!",
            grace_end as "grace_end!",
            status as "status!",
            ended_at,
            down_seconds,
            is_served
        from flag
        where provider = $1
        order by block desc, log_index desc
        limit $2
        "#,
        provider as Address,
        INCIDENTS_MAX,
    );
    Ok(incidents.fetch_all(db).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example: three sites of 80 % give 99.2 %, five 99.968 %.
    #[test]
    fn targets_are_those_of_the_worked_example() {
        let fifth = amount::unit(DECIMALS) / U256::from(5);
        let reached = |ppm| target_of(fifth, ppm).availability;
        assert_eq!(reached(990_000).as_deref(), Some("0.992"));
        assert_eq!(reached(999_000).as_deref(), Some("0.99968"));
        assert_eq!(target_of(fifth, 999_000).slots_needed, Some(5));
    }

    #[test]
    fn who_is_never_up_reaches_nothing() {
        let target = target_of(amount::unit(DECIMALS), 950_000);
        assert_eq!((target.slots_needed, target.availability), (None, None));
    }
}
