-- Deals at the indexed block: what its views answer at that time.

-- Owed by a slot from `started` to `ended`, in seconds: `floor(price * units * seconds / 86400)`.
create function owed_over(price numeric, units numeric, started numeric, ended numeric) returns numeric
language sql immutable parallel safe
return div(price * units * greatest(ended - started, 0), 86400);

-- Worth of a lock against the value at stake, in bps: FLT has 18 decimals, the price 8.
create function health_bps(lock_amount numeric, price numeric, value_at_stake numeric, decimals integer)
returns numeric
language sql immutable parallel safe
return case
    when value_at_stake > 0
        then div(lock_amount * price * 10000, value_at_stake * power(10::numeric, 26 - decimals)::numeric(30, 0))
end;

create view slot_now as
select
    s.deal,
    s.slot,
    d.customer,
    s.status,
    s.serving,
    s.provider,
    s.offer,
    case when s.status = 'empty' then 0 else s.price end::amount as price,
    d.units,
    s.lock,
    coalesce(k.amount, 0) as lock_amount,
    k.ends_at as lock_ends_at,
    s.value_at_stake,
    -- Standbys have no margin.
    case when s.slot < 16 then health_bps(k.amount, p.high, s.value_at_stake, c.stablecoin_decimals) end as health_bps,
    div(d.coverage_bps * 2, 3) as maintained_bps,
    div(d.coverage_bps * 5, 12) as minimum_bps,
    p.is_stale as is_price_stale,
    s.assigned_at,
    case when s.status <> 'empty' then s.started_at end as started_at,
    s.term_end,
    a.ends_at,
    s.is_final,
    s.escrow,
    a.escrow_left,
    a.is_dry,
    a.accrued,
    s.owed,
    a.creditable,
    s.credited,
    s.called_at,
    case
        when s.called_at is not null then moment(
            seconds(s.called_at) + 172800 + p.stale_seconds - s.stale_at_call
        )
    end as cure_until,
    s.end_reason,
    s.fee_total,
    s.royalty_total,
    s.stakers_total,
    s.provider_total,
    s.changed,
    s.slot >= 16 as is_standby,
    s.seeking_until,
    t.is_metered,
    coalesce(u.vouchers, 0) as vouchers,
    coalesce(u.invocations, 0) as invocations,
    coalesce(u.signed, 0) as signed,
    u.used_until,
    u.usage_root
from slot as s
join deal as d on d.deal = s.deal
cross join chain as c
left join stake_lock as k on k.lock = s.lock
left join serving_usage as u on u.deal = s.deal and u.slot = s.slot and u.serving = s.serving
-- The price is the same for every row: as scalars it is computed once, however many deals a reader joins.
cross join lateral (
    select
        (select high from price_now) as high,
        (select is_stale from price_now) as is_stale,
        (select stale_seconds from price_now) as stale_seconds
) as p
cross join lateral (
    select
        least(s.ends_at, s.term_end) as ends_at,
        seconds(s.started_at) as started,
        seconds(indexed_at()) as now,
        s.price * d.units as rate,
        s.owed + s.escrow as funds,
        d.payment_mode = 1 and s.slot < 16 as is_metered
) as t
-- `Books._advance`: what the escrow does not pay for is not served. A metered slot accrues nothing by time.
cross join lateral (
    select s.status = 'serving' and case when t.is_metered then s.escrow = 0 else owed > t.funds end as is_dry, case
        when s.status <> 'serving' or t.is_metered then s.owed
        when owed > t.funds then div(t.rate * div((t.funds + 1) * 86400 - 1, t.rate), 86400)
        else owed
    end as accrued
    from (select owed_over(s.price, d.units, t.started, least(t.now, seconds(t.ends_at))) as owed) as owed
) as b
-- `Books._creditable`: what was owed three days ago.
cross join lateral (
    select
        t.ends_at,
        b.is_dry,
        b.accrued,
        t.funds - b.accrued as escrow_left,
        case
            when t.is_metered then s.owed - s.credited
            -- What its last standby earned, which was promoted, is not held back.
            when s.status = 'empty' then s.owed - s.credited
            when s.started_at is null or t.now <= t.started + 259200 then 0
            else greatest(
                least(b.accrued, owed_over(s.price, d.units, t.started, t.now - 259200)) - s.credited, 0
            )
        end as creditable
) as a;
comment on view slot_now is 'Slots and standbys at the indexed block, as `Deals.accrued`, `creditable` and `healthBps` answer.';

create view proposal as
select
    p.deal,
    p.round,
    p.proposer,
    p.price,
    p.window_end,
    p.proposed_at,
    p.status,
    -- Of those told as best the last is best, then of those told as second the first, which moved up.
    case when p.status = 'standing' then row_number() over (
        partition by p.deal, p.status order by p.rank, case p.rank when 0 then -p.round else p.round end
    ) - 1 end as rank,
    p.bond,
    p.activator,
    p.activated_at,
    array(
        select offer from proposal_offered where deal = p.deal and round = p.round order by slot
    ) as offers,
    p.changed
from (
    select
        r.*,
        b.timestamp as proposed_at,
        i.bond,
        a.activator,
        ab.timestamp as activated_at,
        case
            when a.block is not null then 'activated'
            when i.block is not null then 'invalid'
            when d.block is not null then 'dropped'
            when l.block is not null then 'void'
            else 'standing'
        end as status,
        greatest(r.block, a.block, i.block, d.block, l.block) as changed
    from proposed as r
    join block as b on b.number = r.block
    left join proposal_activated as a on a.deal = r.deal and a.round = r.round
    left join block as ab on ab.number = a.block
    left join proposal_invalid as i on i.deal = r.deal and i.round = r.round
    left join proposal_dropped as d on d.deal = r.deal and d.round = r.round
    -- What was proposed before another one was activated is for places that no longer wait.
    left join lateral (
        select block from proposal_activated
        where deal = r.deal and (block, log_index) > (r.block, r.log_index) order by block, log_index limit 1
    ) as l on true
) as p;
comment on view proposal is
    'Sets of offers that were proposed for requests. `rank` is 0 for the best that stands, 1 for the second; `price` is of a day.';

create view deal_now as
select
    d.deal,
    d.customer,
    q.application,
    d.class,
    d.slots,
    d.units,
    d.term_days,
    d.duration_days,
    d.coverage_bps,
    d.exposure,
    d.payment_mode,
    d.fee_bps,
    d.notice,
    d.royalty,
    case
        when coalesce(q.is_cancelled, false) then 'cancelled'
        when s.ended = d.slots then 'ended'
        when d.stopped_at is not null then 'stopping'
        when s.serving = d.slots then 'serving'
        when d.started_at is not null then 'degraded'
        when s.assigned > 0 then 'assigned'
        when q.expires_at < indexed_at() then 'lapsed'
        else 'open'
    end as status,
    d.opened_at,
    d.started_at,
    d.started_at + d.duration_days * interval '1 day' as due_at,
    d.stopped_at,
    d.stop_ends_at,
    s.serving as slots_serving,
    s.ended as slots_ended,
    s.lock_amount,
    s.value_at_stake,
    s.health_bps,
    s.is_called,
    s.escrow_left + d.spare as escrow,
    d.spare,
    s.accrued,
    s.credited,
    d.shares,
    d.funded,
    d.refunded,
    greatest(d.changed, s.changed, q.changed) as changed,
    d.standbys,
    s.standbys_serving,
    s.seeking as slots_seeking,
    d.reserve_bps,
    s.reserve_amount,
    d.resolver,
    d.tip,
    d.tip_to,
    coalesce(q.availability_ppm, 0) as availability_ppm
from deal as d
left join request as q on q.deal = d.deal
cross join lateral (
    select
        count(*) filter (where status = 'serving' and not is_standby) as serving,
        count(*) filter (where status = 'assigned' and not is_standby) as assigned,
        count(*) filter (where status = 'ended' and not is_standby) as ended,
        count(*) filter (where status = 'serving' and is_standby) as standbys_serving,
        count(*) filter (where status = 'empty' and not is_standby and seeking_until is not null) as seeking,
        coalesce(sum(lock_amount) filter (where status in ('assigned', 'serving') and not is_standby), 0) as lock_amount,
        coalesce(sum(lock_amount) filter (where status in ('assigned', 'serving') and is_standby), 0) as reserve_amount,
        coalesce(sum(value_at_stake) filter (where status in ('assigned', 'serving') and not is_standby), 0)
            as value_at_stake,
        min(health_bps) filter (where status in ('assigned', 'serving')) as health_bps,
        coalesce(bool_or(called_at is not null and status = 'serving'), false) as is_called,
        coalesce(sum(escrow_left), 0) as escrow_left,
        coalesce(sum(fee_total + royalty_total + stakers_total + provider_total), 0) as credited,
        coalesce(sum(accrued) filter (where status <> 'empty'), 0) as accrued,
        max(changed) as changed
    from slot_now
    where deal = d.deal
) as s;
comment on view deal_now is
    'Deals at the indexed block; `health_bps` is that of the worst slot, `credited` is over all servings, `escrow` is what a settle would leave. Locks of standbys are `reserve_amount`; money is of slots and standbys.';

create view solver_bond as
select distinct on (solver) solver, balance, reserved, block as changed
from bond_changed
order by solver, block desc, log_index desc;
comment on view solver_bond is 'FLT of solvers; `reserved` stands behind proposals.';

create view parameter as
select
    (select fee_bps from fee_set order by block desc, log_index desc limit 1) as fee_bps,
    (select treasury from fee_set order by block desc, log_index desc limit 1) as treasury,
    (select fee from request_fee_set order by block desc, log_index desc limit 1) as request_fee,
    (select until from requests_paused_until order by block desc, log_index desc limit 1) as requests_paused_until,
    (select until from staking_paused order by block desc, log_index desc limit 1) as staking_paused_until,
    (select guardian from guardian_set order by block desc, log_index desc limit 1) as guardian,
    (select council from council_set order by block desc, log_index desc limit 1) as council,
    (select bond from bond_set order by block desc, log_index desc limit 1) as bond;
comment on view parameter is 'Parameters in force, one row.';

-- Assigned to a slot, or promoted to it: one serving each. The first that happened to its place afterwards ended it.
create view serving as
select
    s.deal,
    s.slot,
    s.serving,
    s.provider,
    s.offer,
    s.price,
    s.lock,
    s.promoted_from,
    sb.timestamp as assigned_at,
    case when s.promoted_from is not null then sb.timestamp else rb.timestamp end as ready_at,
    case
        when s.promoted_from is null and r.block is null then null
        else coalesce(e.ended_at, eb.timestamp)
    end as ended_at,
    e.reason,
    case when m.is_metered then coalesce(u.redeemed, 0) else coalesce(t.owed, 0) end as owed,
    coalesce(t.credited, 0) + l.released as credited,
    case when m.is_metered then h.uncredited else coalesce(e.held_back, 0) - l.released end as held_back,
    l.released,
    case when m.is_metered and h.uncredited > 0 then e.ended_at when e.held_back > 0 then e.ended_at + interval '3 days' end
        as releasable_at,
    p.block is not null as is_notice_given,
    coalesce(f.down_seconds, 0) as down_seconds,
    greatest(s.block, r.block, e.block, t.block, l.block, p.block, f.block, u.changed) as changed,
    m.is_metered,
    coalesce(u.vouchers, 0) as vouchers,
    coalesce(u.invocations, 0) as invocations,
    u.used_until,
    u.usage_root,
    -- What its gateways signed can be redeemed for a day.
    case when m.is_metered and e.block is not null then coalesce(e.ended_at, eb.timestamp) + interval '1 day' end
        as redeemable_until
from (
    select block, log_index, deal, slot, provider::bytea as provider, serving, offer, price::numeric as price, lock,
        null::integer as promoted_from
    from slot_assigned
    union all
    select p.block, p.log_index, p.deal, p.slot, p.provider, p.serving, (
        select offer from slot_assigned
        where deal = p.deal and slot = p.standby and (block, log_index) < (p.block, p.log_index)
        order by block desc, log_index desc limit 1
    ), p.price, p.lock, p.standby
    from standby_promoted as p
) as s
join block as sb on sb.number = s.block
cross join lateral (
    select payment_mode = 1 and s.slot < 16 as is_metered from deal where deal = s.deal
) as m
left join serving_usage as u on u.deal = s.deal and u.slot = s.slot and u.serving = s.serving
left join lateral (
    select * from (
        (select block, log_index, case when is_silent then 'silent' else 'declined' end as reason,
            null::timestamptz as ended_at, 0::numeric as held_back
         from slot_declined
         where deal = s.deal and slot = s.slot and (block, log_index) > (s.block, s.log_index)
         order by block, log_index limit 1)
        union all
        (select block, log_index, (array['term', 'stop', 'funds', 'margin', 'failure'])[reason + 1], ended_at, held_back
         from serving_ended
         where deal = s.deal and slot = s.slot and (block, log_index) > (s.block, s.log_index)
         order by block, log_index limit 1)
        union all
        (select block, log_index, 'promoted', null, 0 from standby_promoted
         where deal = s.deal and standby = s.slot and (block, log_index) > (s.block, s.log_index)
         order by block, log_index limit 1)
        union all
        (select block, log_index, 'dropped', null, 0 from standby_dropped
         where deal = s.deal and standby = s.slot and (block, log_index) > (s.block, s.log_index)
         order by block, log_index limit 1)
        union all
        (select block, log_index,
            (array['term', 'stop', 'funds', 'margin', 'failure', 'unfilled'])[reason + 1], ends_at, 0
         from slot_ended
         where deal = s.deal and slot = s.slot and (block, log_index) > (s.block, s.log_index)
         order by block, log_index limit 1)
    ) as ending
    order by block, log_index limit 1
) as e on true
left join block as eb on eb.number = e.block
left join lateral (
    select block from slot_ready
    where deal = s.deal and slot = s.slot and (block, log_index) > (s.block, s.log_index)
        and (e.block is null or (block, log_index) < (e.block, e.log_index))
    order by block, log_index limit 1
) as r on true
left join block as rb on rb.number = r.block
left join lateral (
    select block, owed, credited from slot_settled
    where deal = s.deal and slot = s.slot and serving = s.serving and (block, log_index) > (s.block, s.log_index)
    order by block desc, log_index desc limit 1
) as t on true
cross join lateral (
    select coalesce(sum(amount), 0) as released, max(block) as block
    from serving_released
    where deal = s.deal and slot = s.slot and serving = s.serving
) as l
-- What was redeemed of a serving that ended before its slot is credited by `releaseServing`, at any time.
cross join lateral (
    select case
        when exists (select from serving_ended where deal = s.deal and slot = s.slot and serving = s.serving)
            then coalesce(u.redeemed, 0) - coalesce(t.credited, 0) - l.released
        else 0
    end as uncredited
) as h
left join lateral (
    select block from notice_given
    where deal = s.deal and slot = s.slot and serving = s.serving order by block, log_index limit 1
) as p on true
cross join lateral (
    select sum(down_seconds)::bigint as down_seconds, max(block) as block from (
        select block, down_seconds from flag_answered
        where deal = s.deal and slot = s.slot and serving = s.serving
        union all
        select block, down_seconds from failed_over
        where deal = s.deal and slot = s.slot and serving = s.serving
    ) as down
) as f;
comment on view serving is
    'Every serving of every slot and standby, the running ones too: who, from when to when, why it ended, and what of its income is held back.';
