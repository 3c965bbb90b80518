//! Capacity, rewards and the fee burn as a whole: parts of `/v1/network` and `/v1/parameters`.

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

/// What proves, and what it earned.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CapacityTotals {
    /// Days since 1970, and hours since then.
    epoch: i64,
    window: i64,
    /// Whether somebody opened the window, so that work for it counts.
    is_window_open: bool,
    /// Commitments that prove in this epoch, and their units.
    commitments_live: i64,
    capacity_units: i64,
    /// Of them, by class.
    capacity_units_cpu: i64,
    capacity_units_gpu: i64,
    /// Units times epochs that were credited so far.
    credited_units: String,
    convictions: i64,
    /// FLT that was paid so far, for capacity and for burned fees.
    rewards_flt: String,
    /// FLT that was earned and waits.
    rewards_pending_flt: String,
    /// FLT that no epoch was promised.
    reward_funds_flt: String,
    fee_burn: FeeBurn,
}

/// Fees on their way into FLT that is burned.
#[derive(Debug, Serialize, ToSchema)]
struct FeeBurn {
    /// For sale now.
    lot_usd: String,
    /// FLT for all of it now; null: the price is stale.
    cost_flt: Option<String>,
    /// When its price began to fall from 150 % of its worth; after six hours it stays at 95 %.
    #[serde(with = "rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    sold_usd: String,
    burned_flt: String,
    /// What the treasury can take.
    treasury_credit_usd: String,
}

pub(super) async fn totals(db: &mut PgConnection, head: &Head) -> Result<CapacityTotals> {
    let totals = sqlx::query!(
        r#"
        select
            n.epoch as "epoch!",
            n."window" as "window!",
            n.seed is not null as "is_window_open!",
            count(*) filter (where c.is_live) as "commitments_live!",
            coalesce(sum(c.units) filter (where c.is_live), 0) as "units!",
            coalesce(sum(c.units) filter (where c.is_live and c.class = 0), 0) as "units_cpu!",
            coalesce(sum(c.units) filter (where c.is_live and c.class = 1), 0) as "units_gpu!",
            trim_scale(coalesce(sum(c.credit), 0) * 1e-6)::text as "credited!",
            count(c.convicted_at) as "convictions!",
            trim_scale(
                (coalesce(sum(c.released), 0) + (select coalesce(sum(amount), 0) from fee_rewarded)) * 1e-18
            )::text as "released!",
            trim_scale(coalesce(sum(c.pending), 0) * 1e-18)::text as "pending!",
            trim_scale((select funds from funds_now) * 1e-18)::text as "funds!"
        from epoch_now as n
        left join commitment_now as c on true
        group by n.epoch, n."window", n.seed
        "#
    );
    let totals = totals.fetch_one(&mut *db).await?;
    Ok(CapacityTotals {
        epoch: totals.epoch,
        window: totals.window,
        is_window_open: totals.is_window_open,
        commitments_live: totals.commitments_live,
        capacity_units: totals.units,
        capacity_units_cpu: totals.units_cpu,
        capacity_units_gpu: totals.units_gpu,
        credited_units: totals.credited,
        convictions: totals.convictions,
        rewards_flt: totals.released,
        rewards_pending_flt: totals.pending,
        reward_funds_flt: totals.funds,
        fee_burn: fee_burn(db, head).await?,
    })
}

async fn fee_burn(db: &mut PgConnection, head: &Head) -> Result<FeeBurn> {
    let lot = query_as!(
        FeeBurn,
        r#"
        select
            trim_scale(lot * $1::text::numeric)::text as "lot_usd!",
            trim_scale(cost * 1e-18)::text as cost_flt,
            started_at,
            trim_scale(sold * $1::text::numeric)::text as "sold_usd!",
            trim_scale(burned * 1e-18)::text as "burned_flt!",
            trim_scale(treasury_credit * $1::text::numeric)::text as "treasury_credit_usd!"
        from lot_now
        "#,
        usd_scale(head),
    );
    Ok(lot.fetch_one(db).await?)
}

/// What governance can change about capacity; null where it was never set.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CapacitySet {
    /// Until when no commitment is taken.
    #[serde(with = "rfc3339::option")]
    pledges_paused_until: Option<OffsetDateTime>,
    /// Credit on top for work for attested customers, in bps.
    bonus_bps: Option<i32>,
    /// Part of a burned fee that is paid back in FLT, in bps.
    kappa_bps: Option<i32>,
    /// Part of fees that is burned, in bps.
    burn_bps: Option<i32>,
    /// Who gets the rest of them.
    fee_treasury: Option<Address>,
    /// Stake that answers for an attester's word, at least.
    attester_security_flt: Option<String>,
    /// Of it for a unit of budget.
    attester_security_per_unit_flt: Option<String>,
}

pub(super) async fn set(db: &mut PgConnection) -> Result<CapacitySet> {
    let set = query_as!(
        CapacitySet,
        r#"
        select
            pledges_paused_until,
            bonus_bps,
            kappa_bps,
            burn_bps,
            fee_treasury as "fee_treasury: Address",
            trim_scale(security_minimum * 1e-18)::text as attester_security_flt,
            trim_scale(security_per_unit * 1e-18)::text as attester_security_per_unit_flt
        from capacity_parameter
        "#
    );
    Ok(set.fetch_one(db).await?)
}

/// A class of capacity.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Class {
    /// `cpu` or `gpu`.
    class: String,
    /// The contract that checks the work of commitments that are taken or renewed now.
    verifier: Option<Address>,
    verifier_version: Option<i32>,
    /// Stake to lock for a unit.
    collateral_usd: String,
    /// A solution of the reference core counts when its hash is below it, of 256 bits.
    reference_target: String,
    /// As of the latest epoch that was opened.
    target: String,
    /// What a credited unit should earn an epoch.
    pool_target_usd: String,
    pool_minimum_flt: String,
    pool_maximum_flt: String,
    /// The pool of the next epoch as of now.
    pool_next_flt: String,
}

pub(super) async fn classes(db: &mut PgConnection, head: &Head) -> Result<Vec<Class>> {
    let classes = query_as!(
        Class,
        r#"
        select
            coalesce((array['cpu', 'gpu'])[c.class + 1], c.class::text) as "class!",
            v.verifier as "verifier: Address",
            v.version as verifier_version,
            trim_scale(c.collateral * $1::text::numeric)::text as "collateral_usd!",
            c.reference_target::text as "reference_target!",
            c.target::text as "target!",
            trim_scale(c.pool_target * $1::text::numeric)::text as "pool_target_usd!",
            trim_scale(c.pool_minimum * 1e-18)::text as "pool_minimum_flt!",
            trim_scale(c.pool_maximum * 1e-18)::text as "pool_maximum_flt!",
            trim_scale(c.pool_next * 1e-18)::text as "pool_next_flt!"
        from capacity_class as c
        left join capacity_verifier as v on v.class = c.class and v.is_current
        order by c.class
        "#,
        usd_scale(head),
    );
    Ok(classes.fetch_all(db).await?)
}

/// Who vouches for attributes, and the stake that answers for it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Attester {
    attester: Address,
    /// Whether what it attests counts.
    is_attester: bool,
    lock: Option<i64>,
    /// What is left of the lock while it runs.
    secured_flt: String,
    #[serde(with = "rfc3339::option")]
    secured_until: Option<OffsetDateTime>,
    /// Work of its customers in an epoch that the lock answers for now, in units times epochs.
    budget: String,
    /// Of it what this epoch has used.
    spent: String,
}

pub(super) async fn attesters(db: &mut PgConnection) -> Result<Vec<Attester>> {
    let attesters = query_as!(
        Attester,
        r#"
        select
            a.attester as "attester!: Address",
            a.is_attester as "is_attester!",
            s.lock as "lock?",
            trim_scale(coalesce(s.amount, 0) * 1e-18)::text as "secured_flt!",
            s.ends_at as "secured_until?",
            trim_scale(coalesce(b.budget, 0) * 1e-6)::text as "budget!",
            trim_scale(coalesce(b.spent, 0) * 1e-6)::text as "spent!"
        from attester as a
        left join attester_security as s on s.attester = a.attester and s.is_live
        left join attester_budget as b on b.attester = a.attester and b.epoch = (select epoch from epoch_now)
        order by a.attester
        "#
    );
    Ok(attesters.fetch_all(db).await?)
}
