-- State of metered slots: what was redeemed of each serving, and what a slot owes by it.

create table serving_usage (
    deal bigint not null,
    slot integer not null,
    serving bigint not null,
    redeemed amount not null,
    vouchers bigint not null,
    gateway address not null,
    signed amount not null,
    invocations amount not null,
    used_until timestamptz not null,
    usage_root hash32 not null,
    changed bigint not null,
    primary key (deal, slot, serving)
);
comment on table serving_usage is 'What vouchers paid of a serving of a metered slot, and what the last of them says.';
comment on column serving_usage.deal is 'Number of the deal.';
comment on column serving_usage.slot is 'Number of the slot.';
comment on column serving_usage.serving is 'Serving number: counts the providers of the slot.';
comment on column serving_usage.redeemed is 'Paid, in stablecoin.';
comment on column serving_usage.vouchers is 'How often a voucher was paid, or a part of one.';
comment on column serving_usage.gateway is 'Who signed the last one.';
comment on column serving_usage.signed is 'What the last one says, cumulative, in stablecoin; more than was paid where escrow or cap did not suffice.';
comment on column serving_usage.invocations is 'What the last one says, cumulative; any number below 2^64.';
comment on column serving_usage.used_until is 'End of the usage that the last one is for.';
comment on column serving_usage.usage_root is 'Root of the tree of all usage records, says the last one.';
comment on column serving_usage.changed is 'Block of the last fact of it.';
comment on column slot.owed is 'Cumulative for this serving, at the last settle; of a metered slot what was redeemed of it.';

create function touched_serving_usage(first bigint, last bigint)
returns table (deal bigint, slot integer, serving bigint)
language sql stable
as $$
    select distinct touched.* from (
        select t.deal, t.slot, t.serving from voucher_redeemed as t where block between first and last
        union all
        select t.deal, t.slot, t.serving from slot_redeemed as t where block between first and last
    ) as touched (deal, slot, serving)
$$;

-- What was paid is what `Deals` says; a voucher says the rest.
create function derive_serving_usage(deals bigint[], slot_numbers integer[], servings bigint[]) returns void
language sql
as $$
    delete from serving_usage as s
    using unnest(deals, slot_numbers, servings) as k (deal, slot, serving)
    where s.deal = k.deal and s.slot = k.slot and s.serving = k.serving;

    insert into serving_usage (
        deal, slot, serving, redeemed, vouchers, gateway, signed, invocations, used_until, usage_root, changed
    )
    select
        k.deal,
        k.slot,
        k.serving,
        r.redeemed,
        n.vouchers,
        v.gateway,
        v.signed,
        v.invocations,
        v.until,
        v.usage_root,
        greatest(r.block, v.block)
    from unnest(deals, slot_numbers, servings) as k (deal, slot, serving)
    cross join lateral (
        select block, redeemed from slot_redeemed
        where deal = k.deal and slot = k.slot and serving = k.serving order by block desc, log_index desc limit 1
    ) as r
    cross join lateral (
        select * from voucher_redeemed
        where deal = k.deal and slot = k.slot and serving = k.serving order by block desc, log_index desc limit 1
    ) as v
    cross join lateral (
        select count(*) as vouchers from voucher_redeemed
        where deal = k.deal and slot = k.slot and serving = k.serving
    ) as n
$$;

create or replace function touched_slot(first bigint, last bigint)
returns table (deal bigint, slot integer)
language sql stable
as $$
    select distinct touched.* from (
        select t.deal, t.slot from slot_funded as t where block between first and last
        union all
        select t.deal, t.slot from slot_assigned as t where block between first and last
        union all
        select t.deal, t.slot from slot_declined as t where block between first and last
        union all
        select t.deal, t.slot from slot_ready as t where block between first and last
        union all
        select t.deal, t.slot from slot_settled as t where block between first and last
        union all
        select t.deal, t.slot from slot_credited as t where block between first and last
        union all
        select t.deal, t.slot from slot_redeemed as t where block between first and last
        union all
        select t.deal, t.slot from slot_renewed as t where block between first and last
        union all
        select t.deal, t.slot from slot_final as t where block between first and last
        union all
        select t.deal, t.slot from margin_call_opened as t where block between first and last
        union all
        select t.deal, t.slot from margin_call_cured as t where block between first and last
        union all
        select t.deal, t.slot from slot_topped_up as t where block between first and last
        union all
        select t.deal, t.slot from slot_ended as t where block between first and last
        union all
        select t.deal, t.slot from slot_stopped as t where block between first and last
        union all
        select t.deal, t.slot from serving_ended as t where block between first and last
        union all
        select t.deal, t.slot from slot_seeking as t where block between first and last
        union all
        select t.deal, t.slot from standby_promoted as t where block between first and last
        union all
        select t.deal, t.standby from standby_promoted as t where block between first and last
        union all
        select t.deal, t.standby from standby_dropped as t where block between first and last
        union all
        select o.deal, generate_series(0, o.slots - 1)
        from deal_stop_requested as t
        join deal_opened as o on o.deal = t.deal
        where t.block between first and last
        union all
        select o.deal, 15 + generate_series(1, o.standbys)
        from deal_stop_requested as t
        join deal_standbys_set as o on o.deal = t.deal
        where t.block between first and last
    ) as touched (deal, slot)
$$;

create or replace function derive_slot(deals bigint[], slot_numbers integer[]) returns void
language sql
as $$
    delete from slot as s
    using unnest(deals, slot_numbers) as k (deal, slot)
    where s.deal = k.deal and s.slot = k.slot;

    insert into slot (
        deal, slot, status, serving, provider, offer, price, lock, value_at_stake, assigned_at, started_at, term_end, ends_at,
        is_final, escrow, owed, credited, called_at, stale_at_call, end_reason, fee_total, royalty_total, stakers_total,
        provider_total, seeking_until, changed
    )
    select
        k.deal,
        k.slot,
        v.status,
        coalesce(a.serving, 0),
        case when v.has_provider then a.provider end,
        case when v.has_provider then a.offer end,
        case when v.has_provider or d.is_promoted then a.price else 0 end,
        case when v.has_provider then a.lock end,
        case when v.has_provider then l.value_at_stake else 0 end,
        case when v.has_provider then ab.timestamp end,
        case when v.is_ready or d.is_promoted then coalesce(s.started_at, rb.timestamp, ab.timestamp) end,
        case when v.is_ready then coalesce(n.term_end, r.term_end, a.term_end) end,
        coalesce(e.ends_at, least(q.ends_at, x.ends_at)),
        v.has_provider and (a.is_final or f.block is not null),
        coalesce(m.escrow, 0),
        case
            when z.is_metered and v.has_provider then coalesce(g.redeemed, 0)
            when v.is_ready or d.is_promoted then coalesce(s.owed, 0)
            else 0
        end,
        case when v.is_ready or d.is_promoted then coalesce(s.credited, 0) else 0 end,
        case when v.has_provider and u.block is null then cb.timestamp end,
        case when v.has_provider and u.block is null then c.stale_seconds end,
        e.reason,
        t.fee,
        t.royalty,
        t.stakers,
        t.provider,
        case when v.status = 'empty' then y.until end,
        greatest(a.block, d.block, e.block, r.block, n.block, s.block, f.block, c.block, w.block, l.block, m.block,
            q.block, t.block, x.block, y.block, g.block)
    from unnest(deals, slot_numbers) as k (deal, slot)
    -- Who was locked for it last. A promoted standby serves the offer that it was a standby with, and what it announced stays.
    left join lateral (
        select * from (
            (select block, log_index, provider::bytea, serving, offer, price::numeric, lock, value_at_stake::numeric,
                false as is_promoted, null::timestamptz as term_end, false as is_final
             from slot_assigned
             where deal = k.deal and slot = k.slot order by block desc, log_index desc limit 1)
            union all
            (select p.block, p.log_index, p.provider, p.serving, o.offer, p.price, p.lock, p.value_at_stake, true, p.term_end, exists (
                select from slot_final
                where deal = p.deal and slot = p.standby and (block, log_index) > (o.block, o.log_index)
                    and (block, log_index) < (p.block, p.log_index)
             )
             from standby_promoted as p
             left join lateral (
                 select block, log_index, offer from slot_assigned
                 where deal = p.deal and slot = p.standby and (block, log_index) < (p.block, p.log_index)
                 order by block desc, log_index desc limit 1
             ) as o on true
             where p.deal = k.deal and p.slot = k.slot order by p.block desc, p.log_index desc limit 1)
        ) as assignment
        order by block desc, log_index desc limit 1
    ) as a on true
    left join block as ab on ab.number = a.block
    -- What left the place empty since. A standby that was promoted is still credited by its old place.
    cross join lateral (
        select max(block) as block, coalesce(bool_or(is_promoted), false) as is_promoted from (
            select block, false as is_promoted from slot_declined
            where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
            union all
            select block, false as is_promoted from serving_ended
            where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
            union all
            select block, false as is_promoted from slot_seeking
            where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
            union all
            select block, true from standby_promoted
            where deal = k.deal and standby = k.slot and (block, log_index) > (a.block, a.log_index)
            union all
            select block, false from standby_dropped
            where deal = k.deal and standby = k.slot and (block, log_index) > (a.block, a.log_index)
        ) as loss
    ) as d
    -- A metered slot owes what was redeemed of its serving; its standbys are paid by time.
    left join lateral (
        select payment_mode = 1 and k.slot < 16 as is_metered from deal_terms_set where deal = k.deal limit 1
    ) as z on true
    left join lateral (
        select block, redeemed from slot_redeemed
        where deal = k.deal and slot = k.slot and serving = a.serving order by block desc, log_index desc limit 1
    ) as g on true
    left join lateral (
        select * from slot_stopped
        where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
        order by block desc, log_index desc limit 1
    ) as x on true
    left join lateral (
        select * from slot_seeking where deal = k.deal and slot = k.slot order by block desc, log_index desc limit 1
    ) as y on true
    left join lateral (
        select * from slot_ended
        where deal = k.deal and slot = k.slot order by block desc, log_index desc limit 1
    ) as e on true
    left join lateral (
        select * from slot_ready
        where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
        order by block desc, log_index desc limit 1
    ) as r on true
    left join block as rb on rb.number = r.block
    left join lateral (
        select * from slot_renewed
        where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
        order by block desc, log_index desc limit 1
    ) as n on true
    left join lateral (
        select * from slot_settled
        where deal = k.deal and slot = k.slot and serving = a.serving and (block, log_index) > (a.block, a.log_index)
        order by block desc, log_index desc limit 1
    ) as s on true
    left join lateral (
        select * from slot_final
        where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
        order by block desc, log_index desc limit 1
    ) as f on true
    left join lateral (
        select * from margin_call_opened
        where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
        order by block desc, log_index desc limit 1
    ) as c on true
    left join block as cb on cb.number = c.block
    -- A renewal at a price sizes the lock anew, and so cures as well.
    left join lateral (
        select block from (
            select block from margin_call_cured
            where deal = k.deal and slot = k.slot and (block, log_index) > (c.block, c.log_index)
            union all
            select block from slot_renewed
            where deal = k.deal and slot = k.slot and is_priced and (block, log_index) > (c.block, c.log_index)
        ) as cure
        limit 1
    ) as u on true
    left join lateral (
        select max(block) as block from margin_call_cured where deal = k.deal and slot = k.slot
    ) as w on true
    left join lateral (
        select * from deal_stop_requested where deal = k.deal order by block desc, log_index desc limit 1
    ) as q on true
    left join lateral (
        select max(block) as block, (array_agg(value_at_stake order by block desc, log_index desc)
            filter (where value_at_stake is not null))[1] as value_at_stake
        from (
            select a.block, a.log_index, a.value_at_stake::numeric
            union all
            select n.block, n.log_index, n.value_at_stake
            where n.block is not null
            union all
            select block, log_index, null from slot_topped_up
            where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
        ) as change
    ) as l on true
    left join lateral (
        select * from (
            (select block, log_index, escrow from slot_funded
             where deal = k.deal and slot = k.slot order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, escrow from slot_settled
             where deal = k.deal and slot = k.slot order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, escrow from slot_redeemed
             where deal = k.deal and slot = k.slot order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ) as m on true
    cross join lateral (
        select
            coalesce(sum(fee), 0) as fee,
            coalesce(sum(royalty), 0) as royalty,
            coalesce(sum(to_stakers), 0) as stakers,
            coalesce(sum(to_provider), 0) as provider,
            max(block) as block
        from slot_credited
        where deal = k.deal and slot = k.slot
    ) as t
    cross join lateral (
        select
            case
                when e.block is not null then 'ended'
                when a.block is null or d.block is not null then 'empty'
                when r.block is not null or a.is_promoted then 'serving'
                else 'assigned'
            end as status,
            a.block is not null and d.block is null as has_provider,
            (r.block is not null or a.is_promoted) and d.block is null as is_ready
    ) as v
    where coalesce(m.block, a.block) is not null
$$;
