-- Recomputes the state of Offers, Deals and Matching for keys, from facts alone.

-- An update that was replaced before it took effect never was in force.
create function derive_offer(keys bigint[]) returns void
language sql
as $$
    delete from offer where offer = any (keys);

    insert into offer
    with version as (
        select *, lead(told_at) over (partition by offer order by block, log_index) as replaced_at
        from (
            -- A removal replaces what waits, too.
            select r.offer, r.block, r.log_index, null::bigint as units, null::numeric as price,
                null::timestamptz as effective_at, b.timestamp as told_at
            from offer_removed as r
            join block as b on b.number = r.block
            where r.offer = any (keys)
            union all
            select c.offer, c.block, c.log_index, c.units, c.price, 'epoch'::timestamptz as effective_at,
                b.timestamp as told_at
            from offer_created as c
            join block as b on b.number = c.block
            where c.offer = any (keys)
            union all
            select u.offer, u.block, u.log_index, u.units, u.price, u.effective_at, b.timestamp
            from offer_updated as u
            join block as b on b.number = u.block
            where u.offer = any (keys)
        ) as told
    ), terms as (
        select v.*, l.coverage_max_bps, l.availability_bps, l.term_max_days, l.duration_max_days, l.payment_modes,
            l.proof_kinds, l.notice, r.customers_root, r.applications_root, r.verification_keys_root
        from version as v
        cross join lateral (
            select * from offer_limits_set
            where offer = v.offer and (block, log_index) > (v.block, v.log_index) order by block, log_index limit 1
        ) as l
        left join lateral (
            select * from offer_roots_set
            where offer = v.offer and (block, log_index) > (v.block, v.log_index) and block = v.block
            order by block, log_index limit 1
        ) as r on true
    )
    select
        c.offer,
        c.provider,
        c.class,
        c.region,
        t.units,
        t.price,
        t.coverage_max_bps,
        t.availability_bps,
        t.term_max_days,
        t.duration_max_days,
        t.payment_modes,
        t.proof_kinds,
        t.notice,
        t.customers_root,
        t.applications_root,
        t.verification_keys_root,
        n.units,
        n.price,
        n.coverage_max_bps,
        n.availability_bps,
        n.term_max_days,
        n.duration_max_days,
        n.payment_modes,
        n.proof_kinds,
        n.notice,
        n.customers_root,
        n.applications_root,
        n.verification_keys_root,
        n.effective_at,
        d.effective_at,
        coalesce(u.units_in_use, 0),
        b.timestamp,
        greatest(c.block, n.block, d.block, u.block)
    from offer_created as c
    join block as b on b.number = c.block
    cross join lateral (
        select * from terms
        where offer = c.offer and (effective_at <= replaced_at or effective_at = 'epoch')
        order by block desc, log_index desc limit 1
    ) as t
    left join lateral (
        select * from terms
        where offer = c.offer and replaced_at is null and effective_at <> 'epoch'
    ) as n on true
    left join lateral (
        select * from offer_removed where offer = c.offer order by block desc, log_index desc limit 1
    ) as d on true
    left join lateral (
        select * from (
            (select block, log_index, units_in_use from units_taken
             where offer = c.offer order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, units_in_use from units_returned
             where offer = c.offer order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ) as u on true
    where c.offer = any (keys)
$$;

create function derive_deal(keys bigint[]) returns void
language sql
as $$
    delete from deal where deal = any (keys);

    insert into deal
    select
        o.deal,
        o.customer,
        o.class,
        o.slots,
        o.units,
        o.term_days,
        o.duration_days,
        o.coverage_bps,
        o.exposure,
        t.payment_mode,
        t.fee_bps,
        t.notice,
        t.royalty,
        ob.timestamp,
        rb.timestamp,
        sb.timestamp,
        s.ends_at,
        coalesce(h.total_shares, 0),
        coalesce(p.spare, 0),
        f.amount,
        e.amount,
        greatest(o.block, t.block, r.block, s.block, h.block, p.block)
    from deal_opened as o
    join block as ob on ob.number = o.block
    join deal_terms_set as t on t.deal = o.deal
    left join lateral (
        select block from slot_ready where deal = o.deal order by block, log_index limit 1
    ) as r on true
    left join block as rb on rb.number = r.block
    left join lateral (
        select * from deal_stop_requested where deal = o.deal order by block desc, log_index desc limit 1
    ) as s on true
    left join block as sb on sb.number = s.block
    left join lateral (
        select * from (
            (select block, log_index, total_shares from deal_funded
             where deal = o.deal order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, total_shares from refunded
             where deal = o.deal order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ) as h on true
    left join lateral (
        select * from spare_changed where deal = o.deal order by block desc, log_index desc limit 1
    ) as p on true
    cross join lateral (select coalesce(sum(amount), 0) as amount from deal_funded where deal = o.deal) as f
    cross join lateral (select coalesce(sum(amount), 0) as amount from refunded where deal = o.deal) as e
    where o.deal = any (keys)
$$;

-- A payment that finds the escrow used up voids all shares before it: then the total is what it bought.
create function derive_payer(deals bigint[], payers bytea[]) returns void
language sql
as $$
    delete from payer as p
    using unnest(deals, payers) as k (deal, payer)
    where p.deal = k.deal and p.payer = k.payer;

    insert into payer
    select
        k.deal,
        k.payer,
        coalesce(sum(c.shares) filter (where (c.block, c.log_index) >= (g.block, g.log_index)), 0),
        sum(c.paid),
        sum(c.back),
        greatest(max(c.block), max(g.block))
    from unnest(deals, payers) as k (deal, payer)
    cross join lateral (
        select block, log_index from deal_funded
        where deal = k.deal and shares = total_shares order by block desc, log_index desc limit 1
    ) as g
    cross join lateral (
        select block, log_index, shares::numeric, amount::numeric as paid, 0::numeric as back from deal_funded
        where deal = k.deal and payer = k.payer
        union all
        select block, log_index, -shares::numeric, 0, amount from refunded
        where deal = k.deal and payer = k.payer
    ) as c
    group by k.deal, k.payer
$$;

-- The last fact says it all: a sum would cost more with every settlement of a busy account.
create function derive_credit(keys bytea[]) returns void
language sql
as $$
    delete from credit where account = any (keys);

    insert into credit
    select k.account, c.credit, c.block
    from unnest(keys) as k (account)
    cross join lateral (
        select * from (
            (select block, log_index, credit::numeric from credit_added
             where account = k.account order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, 0 from credit_claimed
             where account = k.account order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ) as c
$$;

-- A push pays everything, so only what was credited after the last one counts.
create function derive_stakers_credit(keys bytea[]) returns void
language sql
as $$
    delete from stakers_credit where provider = any (keys);

    insert into stakers_credit
    select k.provider, coalesce(c.amount, 0), greatest(c.block, p.block)
    from unnest(keys) as k (provider)
    left join lateral (
        select block, log_index from stakers_paid
        where provider = k.provider order by block desc, log_index desc limit 1
    ) as p on true
    cross join lateral (
        select sum(to_stakers) as amount, max(block) as block from slot_credited
        where provider = k.provider and (p.block is null or (block, log_index) > (p.block, p.log_index))
    ) as c
    where greatest(c.block, p.block) is not null
$$;

create function derive_request(keys bigint[]) returns void
language sql
as $$
    delete from request where deal = any (keys);

    insert into request
    select
        o.deal,
        o.customer,
        o.application,
        o.price_max,
        o.regions,
        o.first_loss_min_bps,
        o.proof_kind,
        printable(o.expiry),
        maybe(o.resolver),
        o.is_allowlist,
        c.block is not null,
        p.round,
        p.proposer,
        p.price,
        pb.timestamp,
        a.round,
        ab.timestamp,
        greatest(o.block, c.block, p.block, a.block)
    from request_opened as o
    left join lateral (
        select block from request_cancelled where deal = o.deal order by block desc, log_index desc limit 1
    ) as c on true
    left join lateral (
        select * from proposed where deal = o.deal order by block desc, log_index desc limit 1
    ) as p on true
    left join block as pb on pb.number = p.block
    left join lateral (
        select * from proposal_activated where deal = o.deal order by block desc, log_index desc limit 1
    ) as a on true
    left join block as ab on ab.number = a.block
    where o.deal = any (keys)
$$;

create function derive_slot(deals bigint[], slot_numbers integer[]) returns void
language sql
as $$
    delete from slot as s
    using unnest(deals, slot_numbers) as k (deal, slot)
    where s.deal = k.deal and s.slot = k.slot;

    insert into slot
    select
        k.deal,
        k.slot,
        v.status,
        coalesce(a.serving, 0),
        case when v.has_provider then a.provider end,
        case when v.has_provider then a.offer end,
        case when v.has_provider then a.price else 0 end,
        case when v.has_provider then a.lock end,
        case when v.has_provider then l.value_at_stake else 0 end,
        case when v.has_provider then ab.timestamp end,
        case when v.is_ready then coalesce(s.started_at, rb.timestamp) end,
        case when v.is_ready then coalesce(n.term_end, r.term_end) end,
        coalesce(e.ends_at, q.ends_at),
        v.has_provider and f.block is not null,
        coalesce(m.escrow, 0),
        case when v.is_ready then coalesce(s.owed, 0) else 0 end,
        case when v.is_ready then coalesce(s.credited, 0) else 0 end,
        case when u.block is null then cb.timestamp end,
        case when u.block is null then c.stale_seconds end,
        e.reason,
        t.fee,
        t.royalty,
        t.stakers,
        t.provider,
        greatest(a.block, d.block, e.block, r.block, n.block, s.block, f.block, c.block, w.block, l.block, m.block,
            q.block, t.block)
    from unnest(deals, slot_numbers) as k (deal, slot)
    left join lateral (
        select * from slot_assigned
        where deal = k.deal and slot = k.slot order by block desc, log_index desc limit 1
    ) as a on true
    left join block as ab on ab.number = a.block
    left join lateral (
        select * from slot_declined
        where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
        order by block desc, log_index desc limit 1
    ) as d on true
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
        where deal = k.deal and slot = k.slot and (block, log_index) > (a.block, a.log_index)
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
                when r.block is not null then 'serving'
                else 'assigned'
            end as status,
            a.block is not null and d.block is null as has_provider,
            r.block is not null and d.block is null as is_ready
    ) as v
    where coalesce(m.block, a.block) is not null
$$;
