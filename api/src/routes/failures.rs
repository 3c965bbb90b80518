//! Failures, probers and solvers as a whole: parts of `/v1/network` and `/v1/parameters`.

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::query_as;
use utoipa::ToSchema;

use super::usd_scale;
use crate::error::Result;
use crate::snapshot::Head;

/// What failed so far, and who watches.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FailureTotals {
    /// Standbys that are ready.
    standbys_serving: i64,
    /// Slots that lost their provider and can be filled.
    slots_seeking: i64,
    /// Slots that were taken from providers that were down; of them those that a standby served at once.
    failovers: i64,
    failovers_served: i64,
    /// Seconds of slots that were proven down, and not paid.
    downtime_seconds: i64,
    /// Providers that count as down.
    providers_down: i64,
    /// Probers that can be drawn today.
    probers: i64,
    /// Faults that wait for an appeal, a decision or their execution.
    faults_open: i64,
    faults_executed: i64,
}

/// Rules of proposals, probers, flags and faults; null where they were never set.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FailureSet {
    /// FLT behind each proposal of a solver.
    proposal_bond_flt: Option<String>,
    /// Seconds within which a flag can be answered.
    grace_seconds: Option<i64>,
    /// Age in seconds from which on a statement does not count.
    statement_age_seconds: Option<i64>,
    appeal_bond_flt: Option<String>,
    /// A reporter's part of what is slashed, in bps.
    reporter_bps: Option<i32>,
    /// Probers that are drawn for a deal and day, and how many of them decide.
    probers_drawn: Option<i32>,
    probers_quorum: Option<i32>,
    /// Probers that are drawn for an appeal, and how many of them decide.
    panel_drawn: Option<i32>,
    panel_quorum: Option<i32>,
    /// With fewer probers a slot can be failed over, and nobody slashed.
    probers_eligible_min: Option<i32>,
    seat_stake_flt: Option<String>,
    /// Paid for a statement.
    statement_pay_usd: Option<String>,
    /// What statements can be paid from.
    statement_pot_usd: String,
}

pub(super) async fn totals(db: &mut PgConnection) -> Result<FailureTotals> {
    let totals = query_as!(
        FailureTotals,
        r#"
        select
            (select count(*) from slot where slot >= 16 and status = 'serving') as "standbys_serving!",
            (select count(*) from slot where slot < 16 and status = 'empty' and seeking_until is not null)
                as "slots_seeking!",
            (select count(*) from failed_over) as "failovers!",
            (select count(*) from failed_over where is_served) as "failovers_served!",
            ((select coalesce(sum(down_seconds), 0) from failed_over)
                + (select coalesce(sum(down_seconds), 0) from flag_answered))::bigint as "downtime_seconds!",
            (select count(*) from provider_availability_now where is_down) as "providers_down!",
            (select count(*) from prober where is_drawn) as "probers!",
            (select count(*) from fault where status in ('proposed', 'appealed')) as "faults_open!",
            (select count(*) from fault_executed) as "faults_executed!"
        "#
    );
    Ok(totals.fetch_one(db).await?)
}

pub(super) async fn set(db: &mut PgConnection, head: &Head) -> Result<FailureSet> {
    let set = query_as!(
        FailureSet,
        r#"
        select
            trim_scale((select bond from parameter) * 1e-18)::text as proposal_bond_flt,
            grace as grace_seconds,
            statement_age as statement_age_seconds,
            trim_scale(appeal_bond * 1e-18)::text as appeal_bond_flt,
            reporter_bps,
            drawn as probers_drawn,
            quorum as probers_quorum,
            panel_drawn,
            panel_quorum,
            eligible_min as probers_eligible_min,
            trim_scale(seat_stake * 1e-18)::text as seat_stake_flt,
            trim_scale(pay * $1::text::numeric)::text as statement_pay_usd,
            trim_scale(pot * $1::text::numeric)::text as "statement_pot_usd!"
        from fault_parameter
        "#,
        usd_scale(head),
    );
    Ok(set.fetch_one(db).await?)
}
