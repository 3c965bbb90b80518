-- Probers, statements, flags, faults and availability at the indexed block: what the views of Probers and Faults answer then.

create view prober as
select
    r.prober,
    r.region,
    case when l.block is not null then 0 else div(coalesce(s.stake, r.stake), q.seat_stake)::integer end as seats,
    case when w.block is not null then 0 else coalesce(s.stake, r.stake) end as stake,
    r.endpoint,
    rb.timestamp as registered_at,
    r.from_day,
    l.until_day,
    l.withdrawable_at,
    wb.timestamp as withdrawn_at,
    w.block is null
        and r.from_day <= div(seconds(indexed_at()), 86400)
        and (l.until_day is null or div(seconds(indexed_at()), 86400) < l.until_day) as is_drawn,
    coalesce(c.credit, 0) as credit,
    n.statements,
    n.paid,
    x.slashed,
    greatest(r.block, s.block, l.block, w.block, c.block, n.block, x.block) as changed
from (
    select distinct on (prober) *
    from prober_registered
    order by prober, block desc, log_index desc
) as r
join block as rb on rb.number = r.block
left join lateral (select seat_stake from rules_set order by block desc, log_index desc limit 1) as q on true
left join lateral (
    select block, stake from prober_slashed
    where prober = r.prober and (block, log_index) > (r.block, r.log_index) order by block desc, log_index desc limit 1
) as s on true
left join lateral (
    select block, until_day, withdrawable_at from prober_leaving
    where prober = r.prober and (block, log_index) > (r.block, r.log_index) order by block desc, log_index desc limit 1
) as l on true
left join lateral (
    select block from prober_withdrawn
    where prober = r.prober and (block, log_index) > (r.block, r.log_index) order by block desc, log_index desc limit 1
) as w on true
left join block as wb on wb.number = w.block
left join lateral (
    select * from (
        (select block, log_index, credit::numeric from prober_paid
         where prober = r.prober order by block desc, log_index desc limit 1)
        union all
        (select block, log_index, 0 from prober_claimed
         where prober = r.prober order by block desc, log_index desc limit 1)
    ) as change
    order by block desc, log_index desc limit 1
) as c on true
cross join lateral (
    select
        (select count(*) from statement_signed where prober = r.prober) as statements,
        (select coalesce(sum(amount), 0) from prober_paid where prober = r.prober) as paid,
        (select max(block) from statement_signed where prober = r.prober) as block
) as n
cross join lateral (
    select coalesce(sum(amount), 0) as slashed, max(block) as block from prober_slashed where prober = r.prober
) as x;
comment on view prober is 'Who tests that workloads answer. `is_drawn`: its seats count today.';

create view prober_day as
select d.day, d.seed, d.seats, d.eligible, b.timestamp as opened_at, d.block as changed
from day_opened as d
join block as b on b.number = d.block;
comment on view prober_day is 'Days whose seats and seed are fixed.';

create view statement as
select
    r.block,
    r.log_index,
    r.deal,
    r.slot,
    r.serving,
    r.provider,
    r.is_up,
    r.signers,
    r.regions,
    r.at,
    b.timestamp as reported_at,
    array(
        select s.prober::bytea from statement_signed as s
        where s.block = r.block and s.deal = r.deal and s.slot = r.slot and s.is_up = r.is_up order by s.log_index
    ) as probers
from statements_reported as r
join block as b on b.number = r.block;
comment on view statement is 'What quorums of probers said: that a slot is down, or up again.';

-- A flag ends with what comes first. One whose serving ended otherwise is over, and so is one of probers after six hours, or
-- ten minutes after the slot's end: it is good for no longer.
create view flag as
select
    f.block,
    f.log_index,
    f.deal,
    f.slot,
    f.provider,
    f.serving,
    f.is_customer,
    maybe(f.since) as since,
    b.timestamp as flagged_at,
    f.grace_end,
    case
        when e.status is not null then e.status
        when s.status = 'serving' and s.serving = f.serving
            and (f.is_customer or indexed_at() <= least(
                b.timestamp + interval '6 hours',
                least(s.ends_at, s.term_end) + interval '10 minutes'
            )) then 'open'
        else 'over'
    end as status,
    eb.timestamp as ended_at,
    e.down_seconds,
    e.is_served,
    greatest(f.block, e.block, s.changed) as changed
from slot_flagged as f
join block as b on b.number = f.block
left join slot as s on s.deal = f.deal and s.slot = f.slot
left join lateral (
    select * from (
        (select block, log_index, 'answered' as status, down_seconds, null::boolean as is_served from flag_answered
         where deal = f.deal and slot = f.slot and serving = f.serving and (block, log_index) > (f.block, f.log_index)
         order by block, log_index limit 1)
        union all
        (select block, log_index, case when f.is_customer then 'confirmed' else 'over' end, null, null from slot_flagged
         where deal = f.deal and slot = f.slot and serving = f.serving and (block, log_index) > (f.block, f.log_index)
         order by block, log_index limit 1)
        union all
        (select block, log_index, 'lapsed', null, null from flag_lapsed
         where deal = f.deal and slot = f.slot and serving = f.serving and (block, log_index) > (f.block, f.log_index)
         order by block, log_index limit 1)
        union all
        (select block, log_index, 'failed', down_seconds, is_served from failed_over
         where deal = f.deal and slot = f.slot and serving = f.serving and (block, log_index) > (f.block, f.log_index)
         order by block, log_index limit 1)
    ) as ending
    order by block, log_index limit 1
) as e on true
left join block as eb on eb.number = e.block;
comment on view flag is
    'Slots that were said to be down: `open` within or after the grace, `answered` (up again), `confirmed` (the customer''s, by probers, whose flag follows), `lapsed` (the customer''s was not confirmed), `failed` (taken from its provider), `over` (the serving ended otherwise, or too much time passed).';

-- `(down + 5 % of 7 days) / (served + down + 7 days)`, rounded up, with 18 decimals. `Faults.unavailability`.
create function unavailability(served numeric, down numeric) returns numeric
language sql immutable strict parallel safe
return div((down + 30240) * 1000000000000000000 + served + down + 604799, served + down + 604800);

create view provider_availability_now as
select
    p.provider,
    t.served,
    t.down,
    r.down_since,
    r.down_since is not null as is_down,
    unavailability(t.served, t.down) as unavailability,
    s.slots_serving,
    s.standbys_serving,
    r.block as changed
from provider as p
cross join lateral (
    select
        count(*) filter (where slot < 16) as slots_serving,
        count(*) filter (where slot >= 16) as standbys_serving
    from slot
    where provider = p.provider and status = 'serving'
) as s
left join lateral (
    select block, served, down, served_before, down_before, period, maybe(down_since) as down_since from record_changed
    where provider = p.provider order by block desc, log_index desc limit 1
) as r on true
-- Of the period before as much counts as is not 30 days ago, time down rounded up; what is older does not count.
cross join lateral (
    select
        case r.period
            when n.period then r.served + div(r.served_before * n.rest, 2592000)
            when n.period - 1 then div(r.served * n.rest, 2592000)
            else 0
        end as served,
        case r.period
            when n.period then r.down + div(r.down_before * n.rest + 2591999, 2592000)
            when n.period - 1 then div(r.down * n.rest + 2591999, 2592000)
            else 0
        end + case
            when r.down_since is null then 0
            else least(seconds(indexed_at()) - seconds(r.down_since), 2592000)
        end as down
    from (
        select
            div(seconds(indexed_at()), 2592000) as period,
            2592000 - mod(seconds(indexed_at()), 2592000) as rest
    ) as n
) as t;
comment on view provider_availability_now is
    'What Faults measured of providers at the indexed block: seconds served and down of the last 30 days, the unavailability that follows, with 18 decimals, and what they serve now.';

create view fault as
select
    p.fault,
    p.deal,
    p.slot,
    p.serving,
    p.provider,
    p.kind,
    case
        when x.block is not null then 'executed'
        when d.block is not null and not d.is_guilty then 'dismissed'
        when a.block is not null then 'appealed'
        else 'proposed'
    end as status,
    p.lock,
    p.amount,
    p.reporter,
    b.timestamp as proposed_at,
    p.appeal_until,
    a.appellant,
    a.bond,
    ab.timestamp as appealed_at,
    a.day as panel_day,
    a.decide_until,
    d.is_guilty,
    d.decided_by,
    db.timestamp as decided_at,
    x.slashed,
    x.from_own,
    x.customer_max,
    xb.timestamp as executed_at,
    d.block is null and x.block is null and indexed_at() > coalesce(a.decide_until, p.appeal_until) as is_due,
    greatest(p.block, a.block, d.block, x.block) as changed
from fault_proposed as p
join block as b on b.number = p.block
left join lateral (
    select * from fault_appealed where fault = p.fault order by block desc, log_index desc limit 1
) as a on true
left join block as ab on ab.number = a.block
left join lateral (
    select * from fault_decided where fault = p.fault order by block desc, log_index desc limit 1
) as d on true
left join block as db on db.number = d.block
left join lateral (
    select * from fault_executed where fault = p.fault order by block desc, log_index desc limit 1
) as x on true
left join block as xb on xb.number = x.block;
comment on view fault is
    'Failures that cost more than income. `is_due`: anybody can execute it, which slashes what was not appealed and dismisses what was not decided.';

create view fault_parameter as
select
    f.grace,
    f.statement_age,
    f.appeal_bond,
    f.reporter_bps,
    r.drawn,
    r.quorum,
    r.panel_drawn,
    r.panel_quorum,
    r.eligible_min,
    r.seat_stake,
    r.pay,
    coalesce((
        select pot from (
            (select block, log_index, pot from pot_funded order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, pot from prober_paid order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ), 0) as pot
from chain
left join lateral (select * from fault_rules_set order by block desc, log_index desc limit 1) as f on true
left join lateral (select * from rules_set order by block desc, log_index desc limit 1) as r on true;
comment on view fault_parameter is 'Rules of probers, flags and faults in force, and what statements can be paid from; one row.';

-- The quarantine of a slash is the one of its lock that was opened after it, before the next slash of that lock.
create view slash as
select
    s.block,
    s.log_index,
    b.timestamp as at,
    s.lock,
    s.provider,
    s.slasher,
    a.deal,
    a.slot,
    c.commitment,
    f.fault,
    s.amount,
    s.from_orphan,
    s.from_own,
    s.from_delegated,
    s.lock_amount,
    q.quarantine,
    q.status as quarantine_status,
    q.customer,
    q.customer_amount,
    q.reporter,
    q.reporter_amount,
    q.release_at
from slashed as s
join block as b on b.number = s.block
-- The lock of a standby that was promoted secures the slot.
left join lateral (
    select deal, slot from (
        select deal, slot, block, log_index from slot_assigned where lock = s.lock
        union all
        select deal, slot, block, log_index from standby_promoted
        where lock = s.lock and (block, log_index) < (s.block, s.log_index)
    ) as secured
    order by block desc, log_index desc
    limit 1
) as a on true
left join commitment as c on c.lock = s.lock
left join lateral (
    select x.fault
    from fault_executed as x
    join fault_proposed as p on p.fault = x.fault
    where x.block = s.block and p.lock = s.lock and x.log_index > s.log_index
    order by x.log_index
    limit 1
) as f on true
left join lateral (
    select o.quarantine
    from quarantine_opened as o
    where o.block = s.block and o.lock = s.lock and o.log_index > s.log_index
        and not exists (
            select from slashed as t
            where t.block = s.block and t.lock = s.lock and t.log_index > s.log_index and t.log_index < o.log_index
        )
    order by o.log_index
    limit 1
) as o on true
left join quarantine as q on q.quarantine = o.quarantine;
comment on view slash is 'Stake that was taken: what it secured, why, and where it went.';
