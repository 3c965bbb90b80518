//! Leaves of a commitment that somebody asked for, and how it was shown to pretend; parts of `/v1/commitments/{id}`.

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::query_as;
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;

use crate::address::Address;
use crate::error::Result;

/// A leaf that has to be shown on chain.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Challenge {
    /// `audit` (a draw asked) or `demand` (somebody paid).
    kind: String,
    /// Hours since 1970.
    window: i64,
    /// Of an audit: which of the filled puzzles, from 0.
    rank: Option<i64>,
    /// Of a demand: the place of the leaf, eight a unit.
    position: Option<i64>,
    demander: Option<Address>,
    /// Ether that showing it earns.
    deposit_eth: Option<String>,
    #[serde(with = "rfc3339")]
    deadline: OffsetDateTime,
    is_overdue: bool,
}

/// How a commitment was shown to pretend, and what it cost.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Conviction {
    block: i64,
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
    /// `no_solution`, `over_target`, `empty`, `audit_unanswered` or `demand_unanswered`.
    reason: String,
    window: i64,
    /// The place of the leaf; of an unanswered audit its rank.
    position: i64,
    reporter: Address,
    slashed_flt: String,
    forfeited_flt: String,
    /// The reporter's: out of unpaid rewards, and out of the stake that was slashed.
    bounty_unpaid_flt: String,
    bounty_stake_flt: String,
}

pub(super) async fn open(db: &mut PgConnection, commitment: i64) -> Result<Vec<Challenge>> {
    let challenges = query_as!(
        Challenge,
        r#"
        select
            kind as "kind!",
            "window" as "window!",
            rank,
            position as "position",
            demander as "demander: Address",
            trim_scale(deposit * 1e-18)::text as deposit_eth,
            deadline as "deadline!",
            is_overdue as "is_overdue!"
        from challenge_now
        where commitment = $1
        order by deadline, "window", position
        limit 200
        "#,
        commitment,
    );
    Ok(challenges.fetch_all(db).await?)
}

pub(super) async fn conviction(db: &mut PgConnection, commitment: i64) -> Result<Option<Conviction>> {
    let conviction = query_as!(
        Conviction,
        r#"
        select
            c.block,
            b.timestamp as at,
            coalesce(
                (array['no_solution', 'over_target', 'empty', 'audit_unanswered', 'demand_unanswered'])[c.reason],
                c.reason::text
            ) as "reason!",
            c."window",
            c.position,
            c.reporter as "reporter: Address",
            trim_scale(c.slashed * 1e-18)::text as "slashed_flt!",
            trim_scale(c.forfeited * 1e-18)::text as "forfeited_flt!",
            trim_scale(c.bounty_unpaid * 1e-18)::text as "bounty_unpaid_flt!",
            trim_scale(c.bounty_stake * 1e-18)::text as "bounty_stake_flt!"
        from commitment_convicted as c
        join block as b on b.number = c.block
        where c.commitment = $1
        order by c.block desc, c.log_index desc
        limit 1
        "#,
        commitment,
    );
    Ok(conviction.fetch_optional(db).await?)
}
