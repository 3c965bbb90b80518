-- Recomputes the state of Staking for keys, from facts alone. Whoever was not touched stays as it was.
--
-- In plpgsql, which keeps its plans for the session; a function in SQL would be planned anew for each block.

create function derive_provider(keys bytea[]) returns void
language plpgsql
as $$
begin
    delete from provider where provider = any (keys);
    delete from tranche where provider = any (keys);

    insert into provider
    select
        k.provider,
        t.first_loss_bps,
        t.reward_share_bps,
        t.revenue_share_bps,
        t.drip_days,
        t.delegation_cap,
        case when n.effective_at <> 'epoch' then n.first_loss_bps end,
        case when n.effective_at <> 'epoch' then n.reward_share_bps end,
        case when n.effective_at <> 'epoch' then n.revenue_share_bps end,
        case when n.effective_at <> 'epoch' then n.drip_days end,
        maybe(n.effective_at),
        coalesce(o.orphan, 0),
        coalesce(l.locked, 0),
        coalesce(s.shortfall, 0),
        maybe(s.cure_until),
        coalesce(p.name, ''),
        coalesce(p.endpoint, ''),
        coalesce(p.operator, 0),
        b.timestamp,
        greatest(t.block, n.block, o.block, l.block, s.block, p.block)
    from unnest(keys) as k (provider)
    cross join lateral (
        select * from terms_set where provider = k.provider order by block desc, log_index desc limit 1
    ) as t
    cross join lateral (
        select block from terms_set where provider = k.provider order by block, log_index limit 1
    ) as first
    join block as b on b.number = first.block
    left join lateral (
        select * from terms_scheduled
        where provider = k.provider and (block, log_index) > (t.block, t.log_index)
        order by block desc, log_index desc limit 1
    ) as n on true
    left join lateral (
        select * from orphan_changed where provider = k.provider order by block desc, log_index desc limit 1
    ) as o on true
    left join lateral (
        select * from shortfall_set where provider = k.provider order by block desc, log_index desc limit 1
    ) as s on true
    left join lateral (
        select * from profile_set where provider = k.provider order by block desc, log_index desc limit 1
    ) as p on true
    left join lateral (
        select * from (
            (select block, log_index, locked from lock_granted
             where provider = k.provider order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, locked from lock_regranted
             where provider = k.provider order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, locked from lock_released
             where provider = k.provider order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, locked from slashed
             where provider = k.provider order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ) as l on true;

    insert into tranche
    select
        k.provider,
        w.is_own,
        coalesce(a.generation, 0),
        coalesce(a.active, 0),
        coalesce(a.shares, 0),
        coalesce(h.generation, 0),
        coalesce(h.thawing, 0),
        coalesce(h.units, 0),
        coalesce(i.flt_index, 0),
        coalesce(i.usd_index, 0),
        maybe(i.updated_at),
        coalesce(f.rate, 0),
        maybe(f."end"),
        coalesce(u.rate, 0),
        maybe(u."end"),
        greatest(r.block, a.block, h.block, i.block, f.block, u.block)
    from unnest(keys) as k (provider)
    cross join (values (true), (false)) as w (is_own)
    cross join lateral (
        select block from terms_set where provider = k.provider order by block, log_index limit 1
    ) as r
    left join lateral (
        select * from tranche_changed
        where provider = k.provider and is_own = w.is_own order by block desc, log_index desc limit 1
    ) as a on true
    left join lateral (
        select * from thaw_changed
        where provider = k.provider and is_own = w.is_own order by block desc, log_index desc limit 1
    ) as h on true
    left join lateral (
        select * from index_changed
        where provider = k.provider and is_own = w.is_own order by block desc, log_index desc limit 1
    ) as i on true
    left join lateral (
        select * from drip_changed
        where provider = k.provider and is_own = w.is_own and is_flt(token) order by block desc, log_index desc limit 1
    ) as f on true
    left join lateral (
        select * from drip_changed
        where provider = k.provider and is_own = w.is_own and not is_flt(token)
        order by block desc, log_index desc limit 1
    ) as u on true;
end
$$;

-- Shares of the last generation that the account holds shares of: what it got since, less what it took out.
create function derive_position(providers bytea[], accounts bytea[]) returns void
language plpgsql
as $$
begin
    delete from position as p
    using unnest(providers, accounts) as k (provider, account)
    where p.provider = k.provider and p.account = k.account;

    insert into position
    select
        k.provider,
        k.account,
        k.provider = k.account,
        g.generation,
        m.shares,
        coalesce(r.flt_index, 0),
        coalesce(r.usd_index, 0),
        coalesce(r.flt_owed, 0),
        coalesce(r.usd_owed, 0),
        c.flt,
        c.usd,
        b.timestamp,
        greatest(m.block, r.block, c.block)
    from unnest(providers, accounts) as k (provider, account)
    cross join lateral (
        select * from (
            (select block, log_index, generation from staked
             where provider = k.provider and account = k.account and generation = (
                 select max(generation) from staked where provider = k.provider and account = k.account
             )
             order by block, log_index limit 1)
            union all
            (select block, log_index, generation from exit_cancelled
             where provider = k.provider and account = k.account and generation = (
                 select max(generation) from exit_cancelled where provider = k.provider and account = k.account
             )
             order by block, log_index limit 1)
        ) as mint
        order by generation desc, block, log_index limit 1
    ) as g
    cross join lateral (
        select sum(shares) as shares, max(block) as block from (
            select block, shares::numeric from staked
            where provider = k.provider and account = k.account and generation = g.generation
            union all
            select block, shares::numeric from exit_cancelled
            where provider = k.provider and account = k.account and generation = g.generation
            union all
            select block, -shares::numeric from exit_started
            where provider = k.provider and account = k.account
                and (block, log_index) > (g.block, g.log_index)
        ) as change
    ) as m
    cross join lateral (
        select block from staked
        where provider = k.provider and account = k.account order by block, log_index limit 1
    ) as first
    join block as b on b.number = first.block
    left join lateral (
        select * from reward_settled
        where provider = k.provider and account = k.account order by block desc, log_index desc limit 1
    ) as r on true
    cross join lateral (
        select
            coalesce(sum(amount) filter (where is_flt(token)), 0) as flt,
            coalesce(sum(amount) filter (where not is_flt(token)), 0) as usd,
            max(block) as block
        from reward_claimed
        where provider = k.provider and account = k.account
    ) as c;
end
$$;

create function derive_ticket(providers bytea[], accounts bytea[], days bigint[]) returns void
language plpgsql
as $$
begin
    delete from ticket as t
    using unnest(providers, accounts, days) as k (provider, account, day)
    where t.provider = k.provider and t.account = k.account and t.day = k.day;

    insert into ticket
    select
        k.provider,
        k.account,
        k.day,
        k.provider = k.account,
        g.thaw_generation,
        zero_floor(m.units),
        maybe(n.target),
        m.paid,
        greatest(m.block, n.block)
    from unnest(providers, accounts, days) as k (provider, account, day)
    cross join lateral (
        select block, log_index, thaw_generation from exit_started
        where provider = k.provider and account = k.account and day = k.day
        order by thaw_generation desc, block, log_index limit 1
    ) as g
    cross join lateral (
        select sum(units) as units, sum(paid) as paid, max(block) as block from (
            select block, units::numeric, 0::numeric as paid from exit_started
            where provider = k.provider and account = k.account and day = k.day
                and thaw_generation = g.thaw_generation
            union all
            select block, -units::numeric, 0 from exit_cancelled
            where provider = k.provider and account = k.account and day = k.day
                and (block, log_index) > (g.block, g.log_index)
            union all
            select block, -units::numeric, amount from withdrawn
            where provider = k.provider and account = k.account and day = k.day
                and (block, log_index) > (g.block, g.log_index)
            union all
            select block, -units::numeric, 0 from redelegated
            where provider = k.provider and account = k.account and day = k.day
                and (block, log_index) > (g.block, g.log_index)
        ) as change
    ) as m
    left join lateral (
        select block, target from redelegation_named
        where provider = k.provider and account = k.account and day = k.day
        order by block desc, log_index desc limit 1
    ) as n on true;
end
$$;

create function derive_bucket(providers bytea[], owns boolean[], days bigint[]) returns void
language plpgsql
as $$
begin
    delete from bucket as b
    using unnest(providers, owns, days) as k (provider, is_own, day)
    where b.provider = k.provider and b.is_own = k.is_own and b.day = k.day;

    insert into bucket
    select
        k.provider,
        k.is_own,
        k.day,
        g.thaw_generation,
        zero_floor(m.units),
        c.thaw_generation,
        coalesce(c.units, 0) - r.units,
        coalesce(c.amount, 0) - r.amount,
        greatest(m.block, c.block, r.block)
    from unnest(providers, owns, days) as k (provider, is_own, day)
    cross join lateral (
        select block, log_index, thaw_generation from exit_started
        where provider = k.provider and day = k.day and (account = provider) = k.is_own
        order by thaw_generation desc, block, log_index limit 1
    ) as g
    cross join lateral (
        select sum(units) as units, max(block) as block from (
            select block, units::numeric from exit_started
            where provider = k.provider and day = k.day and (account = provider) = k.is_own
                and thaw_generation = g.thaw_generation
            union all
            select block, -units::numeric from exit_cancelled
            where provider = k.provider and day = k.day and (account = provider) = k.is_own
                and (block, log_index) > (g.block, g.log_index)
        ) as change
    ) as m
    left join lateral (
        select * from crystallised
        where provider = k.provider and is_own = k.is_own and day = k.day
        order by block desc, log_index desc limit 1
    ) as c on true
    cross join lateral (
        select coalesce(sum(units), 0) as units, coalesce(sum(amount), 0) as amount, max(block) as block from (
            select block, units, amount from withdrawn
            where provider = k.provider and day = k.day and (account = provider) = k.is_own
            union all
            select block, units, amount from redelegated
            where provider = k.provider and day = k.day and (account = provider) = k.is_own
        ) as redeemed
    ) as r;
end
$$;

create function derive_stake_lock(keys bigint[]) returns void
language plpgsql
as $$
begin
    delete from stake_lock where lock = any (keys);

    insert into stake_lock
    select
        k.lock,
        g.provider,
        g.module,
        maybe(g.slasher),
        a.amount,
        s.amount,
        coalesce(rb.timestamp, b.timestamp),
        coalesce(r."end", g."end"),
        e.timestamp,
        greatest(g.block, r.block, s.block, f.block)
    from unnest(keys) as k (lock)
    join lock_granted as g on g.lock = k.lock
    join block as b on b.number = g.block
    left join lateral (
        select * from lock_regranted where lock = k.lock order by block desc, log_index desc limit 1
    ) as r on true
    left join block as rb on rb.number = r.block
    left join lateral (
        select block from lock_released where lock = k.lock order by block desc, log_index desc limit 1
    ) as f on true
    left join block as e on e.number = f.block
    cross join lateral (
        select coalesce(sum(amount), 0) as amount, max(block) as block from slashed where lock = k.lock
    ) as s
    cross join lateral (
        select amount from (
            select block, log_index, amount from lock_granted where lock = k.lock
            union all
            select block, log_index, amount from lock_regranted where lock = k.lock
            union all
            select block, log_index, lock_amount from slashed where lock = k.lock
            union all
            select block, log_index, 0 from lock_released where lock = k.lock
        ) as change
        order by block desc, log_index desc limit 1
    ) as a;
end
$$;
