-- The network over time, from facts alone: what a block changed, so that any interval can be summed.

create view network_change as
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
)
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
select block, 'failovers', 1 from failed_over;
comment on view network_change is
    'What each fact adds to a measure of the network: the sum up to a block is what held at its end.';

-- Intervals of `width` seconds since the epoch, from the first block to the indexed one.
create function network_history(width bigint)
returns table (
    interval_number bigint,
    starts_at timestamptz,
    ends_at timestamptz,
    staked numeric,
    locked numeric,
    value_at_stake numeric,
    deals_serving bigint,
    providers bigint,
    settled numeric,
    settled_total numeric,
    rewards numeric,
    rewards_total numeric,
    slashed numeric,
    failovers bigint,
    price numeric
)
language sql stable
as $$
    with change as (
        select
            div(seconds(b.timestamp), width)::bigint as number,
            sum(delta) filter (where measure = 'staked') as staked,
            sum(delta) filter (where measure = 'locked') as locked,
            sum(delta) filter (where measure = 'value_at_stake') as value_at_stake,
            sum(delta) filter (where measure = 'deals_serving') as deals_serving,
            sum(delta) filter (where measure = 'providers') as providers,
            sum(delta) filter (where measure = 'settled') as settled,
            sum(delta) filter (where measure = 'rewards') as rewards,
            sum(delta) filter (where measure = 'slashed') as slashed,
            sum(delta) filter (where measure = 'failovers') as failovers
        from (select block, measure, sum(delta) as delta from network_change group by block, measure) as c
        join block as b on b.number = c.block
        group by 1
    )
    select
        n.number,
        moment(n.number * width),
        least(moment((n.number + 1) * width), indexed_at()),
        coalesce(sum(c.staked) over so_far, 0),
        coalesce(sum(c.locked) over so_far, 0),
        coalesce(sum(c.value_at_stake) over so_far, 0),
        coalesce(sum(c.deals_serving) over so_far, 0)::bigint,
        coalesce(sum(c.providers) over so_far, 0)::bigint,
        coalesce(c.settled, 0),
        coalesce(sum(c.settled) over so_far, 0),
        coalesce(c.rewards, 0),
        coalesce(sum(c.rewards) over so_far, 0),
        coalesce(c.slashed, 0),
        coalesce(c.failovers, 0)::bigint,
        p.median
    from generate_series(
        (select div(seconds(min(timestamp)), width)::bigint from block),
        (select div(seconds(timestamp), width)::bigint from cursor)
    ) as n (number)
    left join change as c on c.number = n.number
    left join lateral (
        select p.median
        from price_observed as p
        where p.block <= (
            select number from block where timestamp < moment((n.number + 1) * width) order by timestamp desc limit 1
        )
        order by p.block desc, p.log_index desc
        limit 1
    ) as p on true
    window so_far as (order by n.number)
$$;

-- What each account's stake answers for: every lock of a provider that it is staked with, up to the lock's end.
-- `loss` is what a slash of the whole lock would take from it now, by the waterfall of `Staking.slash`: orphan reserve,
-- own stake, delegated stake, each pro rata over what is active and what thaws and has not matured.
create view exposure as
select
    e.account,
    e.provider,
    e.is_own,
    e.answers,
    l.lock,
    l.amount,
    l.granted_at,
    l.ends_at,
    mul_div(l.amount, e.answers, t.own + t.delegated) as share,
    case
        when e.is_own then mul_div(least(zero_floor(l.amount - t.orphan), t.own), e.answers, t.own)
        else mul_div(
            least(zero_floor(l.amount - t.orphan - t.own), t.delegated), e.answers, t.delegated
        )
    end as loss
from (
    select account, provider, is_own, sum(amount) as answers
    from (
        select account, provider, is_own, amount from position_now where shares > 0
        union all
        select account, provider, is_own, amount from ticket_now where not is_matured
    ) as stake
    group by account, provider, is_own
) as e
join (
    select
        t.provider,
        p.orphan,
        sum(t.active + t.thawing - m.matured) filter (where t.is_own) as own,
        sum(t.active + t.thawing - m.matured) filter (where not t.is_own) as delegated
    from tranche as t
    join provider as p on p.provider = t.provider
    -- What has matured is out of reach, although nobody has crystallised it yet.
    cross join lateral (
        select coalesce(sum(mul_div(b.units, t.thawing, t.thaw_units)), 0) as matured
        from bucket as b
        where b.provider = t.provider and b.is_own = t.is_own
            and b.thaw_generation = t.thaw_generation
            and b.pool_generation is distinct from b.thaw_generation
            and b.day * 86400 <= seconds(indexed_at())
    ) as m
    group by t.provider, p.orphan
) as t on t.provider = e.provider
join stake_lock as l
    on l.provider = e.provider and l.released_at is null and l.ends_at >= indexed_at() and l.amount > 0
where e.answers > 0;
comment on view exposure is 'Locks that an account''s stake answers for at the indexed block, and what each could cost it.';
