-- Blocks whose row of `network_total` is not what all facts up to it add up to, each measure by the facts of the whole chain.
with tranche_at as (
    select
        block,
        active - lag(active, 1, 0::numeric) over (
            partition by provider, is_own order by block, log_index
        ) as delta
    from (select block, log_index, provider, is_own, active::numeric from tranche_changed) as c
), lock_at as (
    select
        block,
        locked - lag(locked, 1, 0::numeric) over (partition by provider order by block, log_index) as delta
    from (
        select block, log_index, provider, locked::numeric from lock_granted
        union all
        select block, log_index, provider, locked::numeric from lock_regranted
        union all
        select block, log_index, provider, locked::numeric from lock_released
        union all
        select block, log_index, provider, locked::numeric from slashed
    ) as c
), slot_step as (
    -- Replicas only: standbys lie at 16 and above. Absent: unchanged.
    select block, log_index, deal, slot, value_at_stake::numeric as value, 0 as serves from slot_assigned where slot < 16
    union all
    select block, log_index, deal, slot, value_at_stake, 1 from standby_promoted
    union all
    select block, log_index, deal, slot, null, 1 from slot_ready where slot < 16
    union all
    select block, log_index, deal, slot, value_at_stake, null from slot_renewed where slot < 16
    union all
    select block, log_index, deal, slot, 0, 0 from slot_declined where slot < 16
    union all
    select block, log_index, deal, slot, 0, 0 from serving_ended where slot < 16
    union all
    select block, log_index, deal, slot, 0, 0 from slot_seeking where slot < 16
    union all
    select block, log_index, deal, slot, 0, 0 from slot_ended where slot < 16
), value_at as (
    select block, value - lag(value, 1, 0::numeric) over (partition by deal, slot order by block, log_index) as delta
    from slot_step
    where value is not null
), serving_at as (
    select
        block,
        log_index,
        deal,
        serves - lag(serves, 1, 0) over (partition by deal, slot order by block, log_index) as delta
    from slot_step
    where serves is not null
), live_at as (
    select block, is_live - lag(is_live, 1, 0) over (partition by deal order by block, log_index) as delta
    from (
        select
            block,
            log_index,
            deal,
            least(sum(delta) over (partition by deal order by block, log_index), 1)::integer as is_live
        from serving_at
    ) as c
), change as (
    select block, 'staked' as measure, delta from tranche_at
    union all
    select block, 'locked', delta from lock_at
    union all
    select block, 'value_at_stake', delta from value_at
    union all
    select block, 'deals_serving', delta from live_at
    union all
    select min(block), 'providers', 1 from terms_set group by provider
    union all
    select block, 'settled', fee::numeric + royalty + to_stakers + to_provider from slot_credited
    union all
    select block, 'rewards', to_stakers::numeric + to_provider from reward_released
    union all
    select block, 'rewards', amount from fee_rewarded
    union all
    select block, 'slashed', amount from slashed
    union all
    select block, 'failovers', 1 from failed_over
), so_far as (
    select
        block,
        coalesce(sum(sum(delta) filter (where measure = 'staked')) over w, 0) as staked,
        coalesce(sum(sum(delta) filter (where measure = 'locked')) over w, 0) as locked,
        coalesce(sum(sum(delta) filter (where measure = 'value_at_stake')) over w, 0) as value_at_stake,
        coalesce(sum(sum(delta) filter (where measure = 'deals_serving')) over w, 0) as deals_serving,
        coalesce(sum(sum(delta) filter (where measure = 'providers')) over w, 0) as providers,
        coalesce(sum(sum(delta) filter (where measure = 'settled')) over w, 0) as settled,
        coalesce(sum(sum(delta) filter (where measure = 'rewards')) over w, 0) as rewards,
        coalesce(sum(sum(delta) filter (where measure = 'slashed')) over w, 0) as slashed,
        coalesce(sum(sum(delta) filter (where measure = 'failovers')) over w, 0) as failovers
    from change
    group by block
    window w as (order by block)
)
select block
from network_total as t
full join so_far as f using (block)
where (t.staked, t.locked, t.value_at_stake, t.deals_serving, t.providers, t.settled, t.rewards, t.slashed, t.failovers)
    is distinct from
    (f.staked, f.locked, f.value_at_stake, f.deals_serving, f.providers, f.settled, f.rewards, f.slashed, f.failovers)
order by block
