-- Metered slots, gateways and royalties at the indexed block, with the contracts' own arithmetic.

create or replace view slot_now as
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

-- Assigned to a slot, or promoted to it: one serving each. The first that happened to its place afterwards ended it.
create or replace view serving as
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

-- What a deal's slots paid for its modules, and what of it is nobody's credit yet.
create view deal_royalty as
select
    d.deal,
    d.royalty,
    s.collected,
    c.credited,
    s.collected - c.credited as due,
    greatest(s.changed, c.block) as changed
from deal as d
cross join lateral (
    select coalesce(sum(royalty_total), 0) as collected, max(changed) as changed from slot where deal = d.deal
) as s
cross join lateral (
    select coalesce(sum(amount), 0) as credited, max(block) as block from royalty_credited where deal = d.deal
) as c
where d.royalty > 0;
comment on view deal_royalty is 'Royalties of deals: collected, credited to authors, and `due`, as `Deals.royaltyDue` answers.';

-- An author is credited the sum of his modules.
create view module_deal as
select
    n.deal,
    n.module,
    n.author,
    n.royalty,
    coalesce(mul_div(a.credited, n.royalty, a.royalty), 0) as earned,
    coalesce(mul_div(r.due, n.royalty, r.royalty), 0) as due,
    greatest(n.block, a.block, r.changed) as changed
from module_named as n
left join deal_royalty as r on r.deal = n.deal
cross join lateral (
    select
        (select sum(royalty) from module_named where deal = n.deal and author = n.author) as royalty,
        (select coalesce(sum(amount), 0) from royalty_credited where deal = n.deal and author = n.author) as credited,
        (select max(block) from royalty_credited where deal = n.deal and author = n.author) as block
) as a;
comment on view module_deal is 'Modules that deals run, what they cost, and what they earned there, rounded down.';

-- The day that `Vouchers` counted a redemption for.
create function redemption_day(of_customer bytea, of_gateway bytea, at_block bigint, at_log integer) returns numeric
language sql stable parallel safe
return (
    select div(seconds(coalesce((
        select w.revoked_at from (
            (select block, log_index, revoked_at from gateway_revocation
             where customer = of_customer and gateway = of_gateway and (block, log_index) < (at_block, at_log)
             order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, null from gateway_set
             where customer = of_customer and gateway = of_gateway and (block, log_index) < (at_block, at_log)
             order by block desc, log_index desc limit 1)
        ) as w
        order by w.block desc, w.log_index desc limit 1
    ), b.timestamp)), 86400)
    from block as b
    where b.number = at_block
);

-- A count that somebody signed, as programs can print it: 2^53 - 1 at most.
create function countable(value numeric) returns bigint
language sql immutable strict parallel safe
return least(value, 9007199254740991)::bigint;

-- `Vouchers._today`: days stand still at a revocation, so what is redeemed after it is of that day. The day never falls: what
-- was spent on the last one is the end of the list.
create view gateway_now as
select
    s.customer,
    s.gateway,
    s.daily_cap,
    r.revoked_at,
    l.day,
    coalesce(p.spent, 0) as spent,
    case
        when r.revoked_at is not null and indexed_at() > r.revoked_at + interval '1 day' then 0
        when l.day = t.today then greatest(s.daily_cap - p.spent, 0)
        else s.daily_cap
    end as allowance,
    sb.timestamp as set_at,
    greatest(s.block, r.block, l.block) as changed
from (
    select distinct on (customer, gateway) *
    from gateway_set
    order by customer, gateway, block desc, log_index desc
) as s
join block as sb on sb.number = s.block
left join lateral (
    select block, revoked_at from gateway_revocation
    where customer = s.customer and gateway = s.gateway and (block, log_index) > (s.block, s.log_index)
    order by block desc, log_index desc limit 1
) as r on true
cross join lateral (select div(seconds(coalesce(r.revoked_at, indexed_at())), 86400) as today) as t
left join lateral (
    select v.block, redemption_day(s.customer, s.gateway, v.block, v.log_index) as day
    from voucher_redeemed as v
    join deal as d on d.deal = v.deal and d.customer = s.customer
    where v.gateway = s.gateway
    order by v.block desc, v.log_index desc limit 1
) as l on true
left join lateral (
    select sum(v.amount) as spent
    from voucher_redeemed as v
    join deal as d on d.deal = v.deal and d.customer = s.customer
    where v.gateway = s.gateway
        and v.block >= (select number from block where timestamp >= moment(l.day * 86400) order by timestamp limit 1)
        and redemption_day(s.customer, s.gateway, v.block, v.log_index) = l.day
) as p on true;
comment on view gateway_now is
    'Who may sign vouchers for whom, as `Vouchers.gatewayOf` and `allowanceOf` answer. `spent` is of `day`, the one that it was last paid for.';

-- Money into a deal, out of its escrow, to who earned it, and back.
create view payment as
select deal, block, log_index, 'funded' as kind, null::integer as slot, payer::bytea as account, amount::numeric as amount,
    null::numeric as fee, null::numeric as royalty, null::numeric as stakers, null::numeric as provider,
    null::bytea as gateway, null::bigint as serving, null::numeric as signed, null::numeric as invocations,
    null::timestamptz as used_from, null::timestamptz as used_until, null::bytea as usage_root
from deal_funded
union all
select deal, block, log_index, 'refunded', null, payer, amount, null, null, null, null, null, null, null, null, null, null, null
from refunded
union all
select deal, block, log_index, 'credited', slot, provider, fee + royalty + to_stakers + to_provider, fee, royalty, to_stakers,
    to_provider, null, null, null, null, null, null, null
from slot_credited
union all
select r.deal, r.block, r.log_index, 'redeemed', r.slot, r.provider, r.amount, null, null, null, null, v.gateway, v.serving,
    v.signed, v.invocations, v."from", v.until, v.usage_root
from slot_redeemed as r
-- What a gateway signed is told next.
left join lateral (
    select * from voucher_redeemed
    where deal = r.deal and slot = r.slot and block = r.block and log_index > r.log_index
    order by log_index limit 1
) as v on true;
comment on view payment is 'Movements of the escrow of deals. What was `redeemed` is owed to the provider, and `credited` later.';

-- As long as `setRoyalty` was not called again before its time came, a royalty came in force.
create view published_module as
select
    p.module,
    p.author,
    p.uri,
    b.timestamp as published_at,
    coalesce(f.royalty, p.royalty) as royalty,
    case when s.effective_at > indexed_at() then s.royalty end as next_royalty,
    case when s.effective_at > indexed_at() then s.effective_at end as effective_at,
    n.deals,
    n.earned,
    n.due,
    greatest(p.block, s.block, n.block) as changed
from module_published as p
join block as b on b.number = p.block
left join lateral (
    select block, royalty, effective_at from module_royalty_set
    where module = p.module order by block desc, log_index desc limit 1
) as s on true
left join lateral (
    select royalty
    from (
        select t.block, t.log_index, t.royalty, t.effective_at,
            lead(tb.timestamp) over (order by t.block, t.log_index) as replaced_at
        from module_royalty_set as t
        join block as tb on tb.number = t.block
        where t.module = p.module
    ) as setting
    where effective_at <= coalesce(replaced_at, indexed_at())
    order by block desc, log_index desc limit 1
) as f on true
cross join lateral (
    select
        count(*) as deals,
        coalesce(sum(m.earned), 0) as earned,
        coalesce(sum(m.due), 0) as due,
        max(m.changed) as block
    from module_deal as m
    where m.module = p.module
) as n;
comment on view published_module is
    'Modules with their authors; `earned` and `due` are their parts, rounded down, of what their author was credited and of what waits.';
