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
    s.price,
    d.units,
    s.lock,
    coalesce(k.amount, 0) as lock_amount,
    k.ends_at as lock_ends_at,
    s.value_at_stake,
    health_bps(k.amount, p.high, s.value_at_stake, c.stablecoin_decimals) as health_bps,
    div(d.coverage_bps * 2, 3) as maintained_bps,
    div(d.coverage_bps * 5, 12) as minimum_bps,
    p.is_stale as is_price_stale,
    s.assigned_at,
    s.started_at,
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
    s.changed
from slot as s
join deal as d on d.deal = s.deal
cross join chain as c
left join stake_lock as k on k.lock = s.lock
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
        s.owed + s.escrow as funds
) as t
-- `Books._advance`: what the escrow does not pay for is not served.
cross join lateral (
    select s.status = 'serving' and owed > t.funds as is_dry, case
        when s.status <> 'serving' then s.owed
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
            when s.started_at is null or t.now <= t.started + 259200 then 0
            else greatest(
                least(b.accrued, owed_over(s.price, d.units, t.started, t.now - 259200)) - s.credited, 0
            )
        end as creditable
) as a;
comment on view slot_now is 'Slots at the indexed block, as `Deals.accrued`, `creditable` and `healthBps` answer.';

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
    greatest(d.changed, s.changed, q.changed) as changed
from deal as d
left join request as q on q.deal = d.deal
cross join lateral (
    select
        count(*) filter (where status = 'serving') as serving,
        count(*) filter (where status = 'assigned') as assigned,
        count(*) filter (where status = 'ended') as ended,
        coalesce(sum(lock_amount) filter (where status in ('assigned', 'serving')), 0) as lock_amount,
        coalesce(sum(value_at_stake) filter (where status in ('assigned', 'serving')), 0) as value_at_stake,
        min(health_bps) filter (where status in ('assigned', 'serving')) as health_bps,
        coalesce(bool_or(called_at is not null and status = 'serving'), false) as is_called,
        coalesce(sum(escrow_left), 0) as escrow_left,
        coalesce(sum(fee_total + royalty_total + stakers_total + provider_total), 0) as credited,
        coalesce(sum(accrued), 0) as accrued,
        max(changed) as changed
    from slot_now
    where deal = d.deal
) as s;
comment on view deal_now is 'Deals at the indexed block; `health_bps` is that of the worst slot, `credited` is over all servings, `escrow` is what a settle would leave.';

create view parameter as
select
    (select fee_bps from fee_set order by block desc, log_index desc limit 1) as fee_bps,
    (select treasury from fee_set order by block desc, log_index desc limit 1) as treasury,
    (select fee from request_fee_set order by block desc, log_index desc limit 1) as request_fee,
    (select until from requests_paused_until order by block desc, log_index desc limit 1) as requests_paused_until,
    (select until from staking_paused order by block desc, log_index desc limit 1) as staking_paused_until,
    (select guardian from guardian_set order by block desc, log_index desc limit 1) as guardian,
    (select council from council_set order by block desc, log_index desc limit 1) as council;
comment on view parameter is 'Parameters in force, one row.';
