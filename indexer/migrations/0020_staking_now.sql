-- Staking at the indexed block: what its views answer at that time.

create view account_key as
select distinct on (account, key)
    account,
    key,
    roles,
    printable(expiry) as expires_at,
    roles <> 0 and expiry > indexed_at() as is_live,
    block as changed
from key_set
order by account, key, block desc, log_index desc;
comment on view account_key is 'Hot keys of accounts.';

create view payee as
select distinct on (account, payee)
    account,
    payee,
    maybe(active_at) as active_at,
    active_at <> 'epoch' and active_at <= indexed_at() as is_active,
    block as changed
from payee_set
order by account, payee, block desc, log_index desc;
comment on view payee is 'Addresses registered to receive for an account; without a time: removed.';

create view module as
select s.id as module, s.module as address, s.roles, s.active_at, r.removed_at, s.block as changed
from module_scheduled as s
left join module_removed as r on r.id = s.id;
comment on view module is 'The module list of Staking.';

create view quarantine as
select
    o.quarantine,
    o.lock,
    o.provider,
    maybe(o.customer) as customer,
    o.customer_amount,
    maybe(o.reporter) as reporter,
    o.reporter_amount,
    o.release_at,
    case
        when p.block is not null then 'paid'
        when c.block is not null then 'cancelled'
        else 'open'
    end as status,
    o.block as opened_block,
    greatest(o.block, p.block, c.block) as changed
from quarantine_opened as o
left join quarantine_paid as p on p.quarantine = o.quarantine
left join quarantine_cancelled as c on c.quarantine = o.quarantine;
comment on view quarantine is 'Slashes whose payouts to parties wait for the council.';

create view slash_burn as
select
    day,
    sum(amount) filter (where is_queued) as queued,
    coalesce(sum(amount) filter (where not is_queued), 0) as burned
from (
    select day, amount, true as is_queued from burn_queued
    union all
    select day, amount, false from slash_burned
) as burn
group by day;
comment on view slash_burn is 'Slashed FLT owed to no party, by day.';

-- An index at a time, `rate` wei a second times 2^32 dripping until `drip_end`, times 1e24 per share.
create function index_at(
    index numeric, index_at timestamptz, rate numeric, drip_end timestamptz, shares numeric, moment timestamptz
) returns numeric
language sql immutable parallel safe
return index + case
    when shares = 0 or rate = 0 or drip_end is null or index_at is null then 0
    else div(
        rate * greatest(seconds(least(moment, drip_end)) - seconds(index_at), 0) * 1e24::numeric(25, 0),
        shares * 4294967296
    )
end;

create view tranche_now as
select
    t.*,
    index_at(flt_index, index_at, flt_rate, flt_end, shares, indexed_at()) as flt_index_now,
    index_at(usd_index, index_at, usd_rate, usd_end, shares, indexed_at()) as usd_index_now
from tranche as t;
comment on view tranche_now is 'Tranches with their reward indices brought up to the indexed block.';

-- What a position was owed and has earned since: `Tranches._owed`, whose debts are rounded up.
create function income_owed(shares numeric, index numeric, settled_index numeric, settled_owed numeric) returns numeric
language sql immutable strict parallel safe
return zero_floor(
    div(shares * index, 1e24::numeric(25, 0))
    - div(shares * settled_index + 1e24::numeric(25, 0) - 1, 1e24::numeric(25, 0))
    + settled_owed
);

create view position_now as
select
    p.provider,
    p.account,
    p.is_own,
    p.staked_at,
    case when w.is_live then p.shares else 0 end as shares,
    case when w.is_live then mul_div(p.shares, t.active, t.shares) else 0 end as amount,
    income_owed(
        p.shares, case when w.is_live then t.flt_index_now else coalesce(i.flt_index, 0) end, p.flt_index, p.flt_owed
    ) as flt_owed,
    income_owed(
        p.shares, case when w.is_live then t.usd_index_now else coalesce(i.usd_index, 0) end, p.usd_index, p.usd_owed
    ) as usd_owed,
    p.flt_claimed,
    p.usd_claimed,
    p.changed
from position as p
join tranche_now as t on t.provider = p.provider and t.is_own = p.is_own
cross join lateral (select p.generation = t.generation as is_live) as w
-- A wiped generation earned up to its wipe: the last indices before the tranche had a newer one.
left join lateral (
    select i.flt_index, i.usd_index
    from index_changed as i
    where not w.is_live and i.provider = p.provider and i.is_own = p.is_own and (i.block, i.log_index) < (
        select c.block, c.log_index
        from tranche_changed as c
        where c.provider = p.provider and c.is_own = p.is_own and c.generation > p.generation
        order by c.block, c.log_index
        limit 1
    )
    order by i.block desc, i.log_index desc
    limit 1
) as i on true;
comment on view position_now is 'Positions as `Staking.position` answers at the indexed block.';

create view ticket_now as
select
    k.provider,
    k.account,
    k.day,
    k.is_own,
    k.target,
    k.paid,
    moment(k.day * 86400) as matures_at,
    seconds(indexed_at()) >= k.day * 86400 as is_matured,
    case when v.is_live then k.units else 0 end as units,
    case
        when not v.is_live then 0
        when v.is_pool then mul_div(k.units, b.pool_amount, b.pool_units)
        else mul_div(k.units, t.thawing, t.thaw_units)
    end as amount,
    k.changed
from ticket as k
join bucket as b on b.provider = k.provider and b.is_own = k.is_own and b.day = k.day
join tranche as t on t.provider = k.provider and t.is_own = k.is_own
cross join lateral (
    select
        is_pool,
        k.units > 0 and k.thaw_generation = b.thaw_generation
            and (is_pool or k.thaw_generation = t.thaw_generation) as is_live
    from (select coalesce(b.pool_generation = b.thaw_generation, false) as is_pool) as pool
) as v;
comment on view ticket_now is 'Exits as `Staking.ticket` answers at the indexed block; no units: over.';

create view provider_now as
select
    p.provider,
    p.name,
    p.endpoint,
    p.operator,
    p.registered_at,
    r.first_loss_bps,
    r.reward_share_bps,
    r.revenue_share_bps,
    r.drip_days,
    p.delegation_cap,
    case when p.next_terms_at > indexed_at() then p.next_first_loss_bps end as next_first_loss_bps,
    case when p.next_terms_at > indexed_at() then p.next_reward_share_bps end as next_reward_share_bps,
    case when p.next_terms_at > indexed_at() then p.next_revenue_share_bps end as next_revenue_share_bps,
    case when p.next_terms_at > indexed_at() then p.next_drip_days end as next_drip_days,
    case when p.next_terms_at > indexed_at() then p.next_terms_at end as next_terms_at,
    o.active as own_active,
    o.thawing as own_thawing,
    d.active as delegated_active,
    d.thawing as delegated_thawing,
    o.active + d.active as active,
    p.locked,
    p.orphan,
    f.free,
    case when c.low > 0 then mul_div(f.free * c.low, 1, 3 * c.scale) else 0 end as largest_job_usd,
    e.shortfall,
    case when e.shortfall > 0 then p.cure_until end as cure_until,
    p.changed
from provider as p
join tranche as o on o.provider = p.provider and o.is_own
join tranche as d on d.provider = p.provider and not d.is_own
cross join lateral (
    select
        case when is_due then p.next_first_loss_bps else p.first_loss_bps end as first_loss_bps,
        case when is_due then p.next_reward_share_bps else p.reward_share_bps end as reward_share_bps,
        case when is_due then p.next_revenue_share_bps else p.revenue_share_bps end as revenue_share_bps,
        case when is_due then p.next_drip_days else p.drip_days end as drip_days
    from (select coalesce(p.next_terms_at <= indexed_at(), false) as is_due) as due
) as r
cross join lateral (
    select case when p.cure_until > indexed_at() then p.shortfall else 0 end as shortfall
) as e
cross join lateral (
    select
        case
            when r.first_loss_bps = 0 then zero_floor(o.active + d.active - p.locked)
            else least(
                zero_floor(o.active + d.active - p.locked),
                zero_floor(
                    div(
                        (o.active + e.shortfall) * 10000,
                        r.first_loss_bps
                    ) - p.locked
                )
            )
        end as free
) as f
cross join lateral (
    select
        (select low from price_now) as low,
        (select 100000000 * power(10::numeric, 18 - stablecoin_decimals) from chain) as scale
) as c;
comment on view provider_now is
    'Providers at the indexed block. `largest_job_usd` is the value at stake that free stake covers three times, in units of the stablecoin.';
