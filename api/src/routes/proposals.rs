//! Sets of offers that were proposed for a request, and why one of them was chosen; part of `/v1/deals/{id}`.

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::query_as;
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;

use super::usd_scale;
use crate::address::Address;
use crate::error::Result;
use crate::snapshot::Head;

/// Most proposals that are shown, the latest.
const PROPOSALS_MAX: i64 = 50;

/// A set of offers for the places that waited.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Proposal {
    round: i64,
    proposer: Address,
    /// Of a day, retainers included: the cheapest valid one is chosen.
    price_usd: String,
    /// `standing`, `activated`, `dropped` (pushed out by a cheaper one, or its places no longer wait), `invalid` (it could not
    /// be activated, and its bond was burned), `void` (another one was activated).
    status: String,
    /// Of those that stand: 0 best, 1 second best.
    rank: Option<i64>,
    #[serde(with = "rfc3339")]
    proposed_at: OffsetDateTime,
    /// From when on anybody could activate it.
    #[serde(with = "rfc3339")]
    window_end: OffsetDateTime,
    /// FLT that was burned.
    bond_flt: Option<String>,
    activator: Option<Address>,
    #[serde(with = "rfc3339::option")]
    activated_at: Option<OffsetDateTime>,
    /// In the order of the places.
    places: Vec<Place>,
}

/// An offer for one place.
#[derive(Debug, Serialize, ToSchema)]
struct Place {
    /// Standbys from 16 on.
    slot: i32,
    offer: i64,
    provider: Option<Address>,
}

/// An offer that made a proposal invalid, and cannot be proposed for this request again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BarredOffer {
    offer: i64,
    /// What it failed, as `Matching.reasonOf` numbers it.
    reason: i32,
}

/// What `Proposal` is made of.
struct Row {
    round: i64,
    proposer: Address,
    price_usd: String,
    status: String,
    rank: Option<i64>,
    proposed_at: OffsetDateTime,
    window_end: OffsetDateTime,
    bond_flt: Option<String>,
    activator: Option<Address>,
    activated_at: Option<OffsetDateTime>,
}

pub(super) async fn of_deal(db: &mut PgConnection, head: &Head, deal: i64) -> Result<Vec<Proposal>> {
    let rows = query_as!(
        Row,
        r#"
        select
            round as "round!",
            proposer as "proposer!: Address",
            trim_scale(price * $1::text::numeric)::text as "price_usd!",
            status as "status!",
            rank,
            proposed_at as "proposed_at!",
            window_end as "window_end!",
            trim_scale(bond * 1e-18)::text as bond_flt,
            activator as "activator: Address",
            activated_at
        from proposal
        where deal = $2
        order by round desc
        limit $3
        "#,
        usd_scale(head),
        deal,
        PROPOSALS_MAX,
    );
    let rows = rows.fetch_all(&mut *db).await?;
    let mut places = places(db, deal, &rows).await?;
    let shown = rows.into_iter().map(|row| {
        let of_round = places.extract_if(.., |(round, _)| *round == row.round);
        Proposal {
            places: of_round.map(|(_, place)| place).collect(),
            round: row.round,
            proposer: row.proposer,
            price_usd: row.price_usd,
            status: row.status,
            rank: row.rank,
            proposed_at: row.proposed_at,
            window_end: row.window_end,
            bond_flt: row.bond_flt,
            activator: row.activator,
            activated_at: row.activated_at,
        }
    });
    Ok(shown.collect())
}

async fn places(db: &mut PgConnection, deal: i64, rows: &[Row]) -> Result<Vec<(i64, Place)>> {
    let rounds: Vec<i64> = rows.iter().map(|row| row.round).collect();
    let places = sqlx::query!(
        r#"
        select p.round, p.slot, p.offer, o.provider as "provider?: Address"
        from proposal_offered as p
        left join offer as o on o.offer = p.offer
        where p.deal = $1 and p.round = any ($2)
        order by p.slot
        "#,
        deal,
        &rounds,
    );
    let places = places.fetch_all(db).await?.into_iter();
    Ok(places.map(|row| (row.round, Place { slot: row.slot, offer: row.offer, provider: row.provider })).collect())
}

pub(super) async fn barred(db: &mut PgConnection, deal: i64) -> Result<Vec<BarredOffer>> {
    let barred = query_as!(
        BarredOffer,
        "select offer, reason from offer_barred where deal = $1 order by block, log_index",
        deal
    );
    Ok(barred.fetch_all(db).await?)
}
