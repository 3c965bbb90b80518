-- The network over time: what held at the end of each block, so that an interval is the difference of two rows.

create table network_total (
    block bigint primary key,
    staked numeric not null,
    locked numeric not null,
    value_at_stake numeric not null,
    deals_serving bigint not null,
    providers bigint not null,
    settled numeric not null,
    rewards numeric not null,
    slashed numeric not null,
    failovers bigint not null
);
comment on table network_total is
    'What the network amounts to at the end of each block that has a fact about it: a running sum of `network_change`.';
comment on column network_total.block is 'Number of the block.';
comment on column network_total.staked is 'Active stake, own and delegated.';
comment on column network_total.locked is 'Stake that is locked.';
comment on column network_total.value_at_stake is 'Value at stake of all slots, without standbys.';
comment on column network_total.deals_serving is 'Deals with a slot that serves, without standbys.';
comment on column network_total.providers is 'Providers that ever set terms.';
comment on column network_total.settled is 'Revenue credited since the beginning.';
comment on column network_total.rewards is 'FLT paid since the beginning, for capacity and for burned fees.';
comment on column network_total.slashed is 'Stake slashed since the beginning.';
comment on column network_total.failovers is 'Failovers since the beginning.';

-- What is locked of a provider's stake, after each fact that says so.
create view locked_step as
select block, log_index, provider, locked from lock_granted
union all
select block, log_index, provider, locked from lock_regranted
union all
select block, log_index, provider, locked from lock_released
union all
select block, log_index, provider, locked from slashed;
comment on view locked_step is 'The sum of a provider''s locks after each fact that changes it.';

-- Whoever reads these takes replicas only: standbys lie at 16 and above. Without a filter here a key's last step is found by
-- one descent in each table.
create view slot_value_step as
select block, log_index, deal, slot, value_at_stake::numeric as value from slot_assigned
union all
select block, log_index, deal, slot, value_at_stake::numeric from standby_promoted
union all
select block, log_index, deal, slot, value_at_stake::numeric from slot_renewed
union all
select block, log_index, deal, slot, 0::numeric from slot_declined
union all
select block, log_index, deal, slot, 0::numeric from serving_ended
union all
select block, log_index, deal, slot, 0::numeric from slot_seeking
union all
select block, log_index, deal, slot, 0::numeric from slot_ended;
comment on view slot_value_step is 'Value at stake of a slot after each fact that changes it.';

create view slot_serves_step as
select block, log_index, deal, slot, 0 as serves from slot_assigned
union all
select block, log_index, deal, slot, 1 from standby_promoted
union all
select block, log_index, deal, slot, 1 from slot_ready
union all
select block, log_index, deal, slot, 0 from slot_declined
union all
select block, log_index, deal, slot, 0 from serving_ended
union all
select block, log_index, deal, slot, 0 from slot_seeking
union all
select block, log_index, deal, slot, 0 from slot_ended;
comment on view slot_serves_step is 'Whether a slot serves after each fact that changes it: 1 or 0.';

-- What the facts of a range of blocks add to each measure, by block. A measure that is a sum over keys changes by what a key
-- had before: within the range that is the fact before, and at its beginning the last one below it. The whole chain has
-- nothing below, so that `first > 0` saves looking.
create function network_change(first bigint, last bigint)
returns table (
    block bigint,
    staked numeric,
    locked numeric,
    value_at_stake numeric,
    deals_serving bigint,
    providers bigint,
    settled numeric,
    rewards numeric,
    slashed numeric,
    failovers bigint
)
language sql stable
as $$
    with tranche_at as (
        select
            c.block,
            c.active - lag(c.active, 1, 0::numeric) over (
                partition by c.provider, c.is_own order by c.block, c.log_index
            ) as delta
        from (
            select t.block, t.log_index, t.provider, t.is_own, t.active::numeric
            from tranche_changed as t
            where t.block between first and last
            union all
            select p.block, p.log_index, k.provider, k.is_own, p.active
            from (
                select distinct t.provider, t.is_own from tranche_changed as t
                where first > 0 and t.block between first and last
            ) as k
            cross join lateral (
                select t.block, t.log_index, t.active::numeric from tranche_changed as t
                where t.provider = k.provider and t.is_own = k.is_own and t.block < first
                order by t.block desc, t.log_index desc limit 1
            ) as p
        ) as c
    ), lock_at as (
        select
            c.block,
            c.locked - lag(c.locked, 1, 0::numeric) over (partition by c.provider order by c.block, c.log_index) as delta
        from (
            select t.block, t.log_index, t.provider, t.locked::numeric from locked_step as t
            where t.block between first and last
            union all
            select p.block, p.log_index, k.provider, p.locked
            from (
                select distinct t.provider from locked_step as t where first > 0 and t.block between first and last
            ) as k
            cross join lateral (
                select t.block, t.log_index, t.locked::numeric from locked_step as t
                where t.provider = k.provider and t.block < first
                order by t.block desc, t.log_index desc limit 1
            ) as p
        ) as c
    ), value_at as (
        select
            c.block,
            c.value - lag(c.value, 1, 0::numeric) over (partition by c.deal, c.slot order by c.block, c.log_index) as delta
        from (
            select t.block, t.log_index, t.deal, t.slot, t.value from slot_value_step as t
            where t.slot < 16 and t.block between first and last
            union all
            select p.block, p.log_index, k.deal, k.slot, p.value
            from (
                select distinct t.deal, t.slot from slot_value_step as t
                where first > 0 and t.slot < 16 and t.block between first and last
            ) as k
            cross join lateral (
                select t.block, t.log_index, t.value from slot_value_step as t
                where t.deal = k.deal and t.slot = k.slot and t.block < first
                order by t.block desc, t.log_index desc limit 1
            ) as p
        ) as c
    ), serving_at as (
        select
            c.block,
            c.log_index,
            c.deal,
            c.serves - lag(c.serves, 1, 0) over (partition by c.deal, c.slot order by c.block, c.log_index) as delta
        from (
            select t.block, t.log_index, t.deal, t.slot, t.serves from slot_serves_step as t
            where t.slot < 16 and t.block between first and last
            union all
            -- A deal serves by any of its slots.
            select p.block, p.log_index, o.deal, s.slot, p.serves
            from (
                select distinct t.deal from slot_serves_step as t
                where first > 0 and t.slot < 16 and t.block between first and last
            ) as k
            join deal_opened as o on o.deal = k.deal
            cross join generate_series(0, o.slots - 1) as s (slot)
            cross join lateral (
                select t.block, t.log_index, t.serves from slot_serves_step as t
                where t.deal = o.deal and t.slot = s.slot and t.block < first
                order by t.block desc, t.log_index desc limit 1
            ) as p
        ) as c
    ), live_at as (
        select
            c.block,
            c.is_live - lag(c.is_live, 1, 0) over (partition by c.deal order by c.block, c.log_index) as delta
        from (
            select
                s.block,
                s.log_index,
                s.deal,
                least(sum(s.delta) over (partition by s.deal order by s.block, s.log_index), 1)::integer as is_live
            from serving_at as s
        ) as c
    )
    select
        c.block,
        coalesce(sum(c.delta) filter (where c.measure = 'staked'), 0),
        coalesce(sum(c.delta) filter (where c.measure = 'locked'), 0),
        coalesce(sum(c.delta) filter (where c.measure = 'value_at_stake'), 0),
        coalesce(sum(c.delta) filter (where c.measure = 'deals_serving'), 0)::bigint,
        coalesce(sum(c.delta) filter (where c.measure = 'providers'), 0)::bigint,
        coalesce(sum(c.delta) filter (where c.measure = 'settled'), 0),
        coalesce(sum(c.delta) filter (where c.measure = 'rewards'), 0),
        coalesce(sum(c.delta) filter (where c.measure = 'slashed'), 0),
        coalesce(sum(c.delta) filter (where c.measure = 'failovers'), 0)::bigint
    from (
        select t.block, 'staked' as measure, sum(t.delta) as delta from tranche_at as t group by t.block
        union all
        select t.block, 'locked', sum(t.delta) from lock_at as t group by t.block
        union all
        select t.block, 'value_at_stake', sum(t.delta) from value_at as t group by t.block
        union all
        select t.block, 'deals_serving', sum(t.delta) from live_at as t group by t.block
        union all
        select b.block, 'providers', count(*)
        from (select distinct t.provider from terms_set as t where t.block between first and last) as k
        cross join lateral (
            select t.block from terms_set as t where t.provider = k.provider order by t.block, t.log_index limit 1
        ) as b
        group by b.block
        union all
        select t.block, 'settled', sum(t.fee::numeric + t.royalty + t.to_stakers + t.to_provider)
        from slot_credited as t
        where t.block between first and last
        group by t.block
        union all
        select t.block, 'rewards', sum(t.to_stakers::numeric + t.to_provider)
        from reward_released as t
        where t.block between first and last
        group by t.block
        union all
        select t.block, 'rewards', sum(t.amount) from fee_rewarded as t where t.block between first and last group by t.block
        union all
        select t.block, 'slashed', sum(t.amount) from slashed as t where t.block between first and last group by t.block
        union all
        select t.block, 'failovers', count(*) from failed_over as t where t.block between first and last group by t.block
    ) as c
    where c.block >= first
    group by c.block
$$;

-- Brings the totals up to the facts of a range of blocks, above which there are none. A rewind only has to forget. One plan does
-- for every range: planning takes longer than a block.
create function derive_history(first bigint, last bigint) returns void
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
begin
    insert into network_total
    select
        c.block,
        coalesce(l.staked, 0) + sum(c.staked) over so_far,
        coalesce(l.locked, 0) + sum(c.locked) over so_far,
        coalesce(l.value_at_stake, 0) + sum(c.value_at_stake) over so_far,
        coalesce(l.deals_serving, 0) + sum(c.deals_serving) over so_far,
        coalesce(l.providers, 0) + sum(c.providers) over so_far,
        coalesce(l.settled, 0) + sum(c.settled) over so_far,
        coalesce(l.rewards, 0) + sum(c.rewards) over so_far,
        coalesce(l.slashed, 0) + sum(c.slashed) over so_far,
        coalesce(l.failovers, 0) + sum(c.failovers) over so_far
    from network_change(first, last) as c
    left join (select * from network_total order by block desc limit 1) as l on true
    window so_far as (order by c.block);
end
$$;

-- Intervals of `width` seconds, from number `first` since the epoch to number `last`: two rows for each, however long it is.
create function network_history(width bigint, first bigint, last bigint)
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
    with at_end as (
        select
            n.number,
            coalesce(t.staked, 0) as staked,
            coalesce(t.locked, 0) as locked,
            coalesce(t.value_at_stake, 0) as value_at_stake,
            coalesce(t.deals_serving, 0) as deals_serving,
            coalesce(t.providers, 0) as providers,
            coalesce(t.settled, 0) as settled,
            coalesce(t.rewards, 0) as rewards,
            coalesce(t.slashed, 0) as slashed,
            coalesce(t.failovers, 0) as failovers,
            p.median as price
        from generate_series(first - 1, last) as n (number)
        left join lateral (
            select number from block
            where timestamp < moment((n.number + 1) * width)
            order by timestamp desc, number desc limit 1
        ) as b on true
        left join lateral (select * from network_total where block <= b.number order by block desc limit 1) as t on true
        left join lateral (
            select median from price_observed where block <= b.number order by block desc, log_index desc limit 1
        ) as p on true
    )
    select
        e.number,
        moment(e.number * width),
        least(moment((e.number + 1) * width), indexed_at()),
        e.staked,
        e.locked,
        e.value_at_stake,
        e.deals_serving,
        e.providers,
        e.settled - s.settled,
        e.settled,
        e.rewards - s.rewards,
        e.rewards,
        e.slashed - s.slashed,
        e.failovers - s.failovers,
        e.price
    from at_end as e
    join at_end as s on s.number = e.number - 1
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
