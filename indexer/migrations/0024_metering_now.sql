-- Gateways, redemptions and royalties at the indexed block, with the contracts' own arithmetic.

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
as $$
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
$$;

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
        and v.block >= (select number from block where timestamp >= moment(l.day * 86400) order by timestamp, number limit 1)
        and redemption_day(s.customer, s.gateway, v.block, v.log_index) = l.day
) as p on true;
comment on view gateway_now is
    'Who may sign vouchers for whom, as `Vouchers.gatewayOf` and `allowanceOf` answer. `spent` is of `day`, the one that it was last paid for.';

-- Money into a deal, out of its escrow, to who earned it, and back. Only parts that are one table each, and whose columns have
-- the very same types, are read in the order of a page, each by its index: hence the casts, and what was signed joined last.
create view payment as
select p.*, v.gateway::bytea as gateway, v.serving, v.signed::numeric as signed, v.invocations::numeric as invocations,
    v."from" as used_from, v.until as used_until, v.usage_root::bytea as usage_root
from (
    select deal, block, log_index, 'funded' as kind, null::integer as slot, payer::bytea as account, amount::numeric as amount,
        null::numeric as fee, null::numeric as royalty, null::numeric as stakers, null::numeric as provider
    from deal_funded
    union all
    select deal, block, log_index, 'refunded', null, payer::bytea, amount::numeric, null, null, null, null
    from refunded
    union all
    select deal, block, log_index, 'credited', slot, provider::bytea, fee + royalty + to_stakers + to_provider, fee::numeric,
        royalty::numeric, to_stakers::numeric, to_provider::numeric
    from slot_credited
    union all
    select deal, block, log_index, 'redeemed', slot, provider::bytea, amount::numeric, null, null, null, null
    from slot_redeemed
) as p
-- What a gateway signed is told next.
left join lateral (
    select * from voucher_redeemed
    where p.kind = 'redeemed' and deal = p.deal and slot = p.slot and block = p.block and log_index > p.log_index
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
