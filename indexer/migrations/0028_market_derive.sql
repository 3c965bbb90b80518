-- Recomputes the state of Offers, Deals and Matching for keys, from facts alone.

-- An update that was replaced before it took effect never was in force. Of a version's limits the last ones count: units that are
-- taken while it waits raise its availability.
create function derive_offer(keys bigint[]) returns void
language plpgsql
as $$
begin
    delete from offer where offer = any (keys);

    insert into offer
    with version as (
        select *, lead(told_at) over told as replaced_at, lead(block) over told as next_block,
            lead(log_index) over told as next_log_index
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
        ) as each
        window told as (partition by offer order by block, log_index)
    ), terms as (
        select v.*, l.coverage_max_bps, l.availability_bps, l.term_max_days, l.duration_max_days, l.payment_modes,
            l.proof_kinds, l.notice, r.customers_root, r.applications_root, r.verification_keys_root
        from version as v
        cross join lateral (
            select * from offer_limits_set
            where offer = v.offer and (block, log_index) > (v.block, v.log_index)
                and (block, log_index) < (coalesce(v.next_block, 9223372036854775807), coalesce(v.next_log_index, 0))
            order by block desc, log_index desc limit 1
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
    where c.offer = any (keys);
end
$$;

-- A payment that finds the escrow used up voids all shares before it: then the total is what it bought.
create function derive_payer(deals bigint[], payers bytea[]) returns void
language plpgsql
as $$
begin
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
    group by k.deal, k.payer;
end
$$;

-- The last fact says it all: a sum would cost more with every settlement of a busy account.
create function derive_credit(keys bytea[]) returns void
language plpgsql
as $$
begin
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
    ) as c;
end
$$;

-- A push pays everything, so only what was credited after the last one counts.
create function derive_stakers_credit(keys bytea[]) returns void
language plpgsql
as $$
begin
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
    where greatest(c.block, p.block) is not null;
end
$$;

-- A standby that is ready does not start the duration; one that is promoted serves, and does.
create function derive_deal(keys bigint[]) returns void
language plpgsql
as $$
begin
    delete from deal where deal = any (keys);

    insert into deal (
        deal, customer, class, slots, units, term_days, duration_days, coverage_bps, exposure, payment_mode, fee_bps, notice,
        royalty, opened_at, started_at, stopped_at, stop_ends_at, shares, spare, funded, refunded, standbys, reserve_bps,
        resolver, tip, tip_to, changed
    )
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
        coalesce(y.standbys, 0),
        coalesce(y.reserve_bps, 0),
        maybe(y.resolver),
        coalesce(y.tip, 0),
        x.recipient,
        greatest(o.block, t.block, r.block, s.block, h.block, p.block, y.block, x.block)
    from deal_opened as o
    join block as ob on ob.number = o.block
    join deal_terms_set as t on t.deal = o.deal
    left join deal_standbys_set as y on y.deal = o.deal
    left join lateral (
        select * from tip_paid where deal = o.deal order by block desc, log_index desc limit 1
    ) as x on true
    left join lateral (
        select block from (
            (select block from slot_ready where deal = o.deal and slot < 16 order by block, log_index limit 1)
            union all
            (select block from standby_promoted where deal = o.deal order by block, log_index limit 1)
        ) as start
        order by block limit 1
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
    where o.deal = any (keys);
end
$$;

-- What was paid is what `Deals` says; a voucher says the rest.
create function derive_serving_usage(deals bigint[], slot_numbers integer[], servings bigint[]) returns void
language plpgsql
as $$
begin
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
    ) as n;
end
$$;

create function derive_slot(deals bigint[], slot_numbers integer[]) returns void
language plpgsql
as $$
begin
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
    where coalesce(m.block, a.block) is not null;
end
$$;

-- The best proposal that stands, or else the one that was activated last.
create function derive_request(keys bigint[]) returns void
language plpgsql
as $$
begin
    delete from request where deal = any (keys);

    insert into request (
        deal, customer, application, price_max, regions, first_loss_min_bps, proof_kind, expires_at, resolver, is_allowlist,
        is_cancelled, round, proposer, proposed_price, proposed_at, activated_round, activated_at, standbys, reserve_bps,
        availability_ppm, tip, window_end, second_round, second_proposer, second_price, changed
    )
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
        coalesce(y.standbys, 0),
        coalesce(y.reserve_bps, 0),
        coalesce(y.availability_ppm, 0),
        coalesce(y.tip, 0),
        case when w.is_standing then p.window_end end,
        q.round,
        q.proposer,
        q.price,
        greatest(o.block, y.block, c.block, w.block, a.block)
    from request_opened as o
    left join request_standbys_set as y on y.deal = o.deal
    left join lateral (
        select block from request_cancelled where deal = o.deal order by block desc, log_index desc limit 1
    ) as c on true
    left join lateral (
        select * from proposal_activated where deal = o.deal order by block desc, log_index desc limit 1
    ) as a on true
    left join block as ab on ab.number = a.block
    cross join lateral (
        select
            (array_agg(round order by coalesce(rank, 2), activated_at desc, round desc)
                filter (where status in ('standing', 'activated')))[1] as best,
            (array_agg(round) filter (where rank = 1))[1] as second,
            coalesce(bool_or(status = 'standing'), false) as is_standing,
            max(changed) as block
        from proposal
        where deal = o.deal
    ) as w
    left join proposed as p on p.deal = o.deal and p.round = w.best
    left join block as pb on pb.number = p.block
    left join proposed as q on q.deal = o.deal and q.round = w.second
    where o.deal = any (keys);
end
$$;
