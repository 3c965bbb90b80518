-- Limits of an offer that are told again while an update waits.

comment on table offer_limits_set is
    'The limits of an offer; follows every `offer_created` and `offer_updated`, and `units_taken` where the update that waits '
    'keeps the availability.';
comment on table offer_roots_set is 'Merkle roots of an offer; follows `offer_limits_set` of every `offer_created` and `offer_updated`.';

-- An update that was replaced before it took effect never was in force. Of a version's limits the last ones count: units that are
-- taken while it waits raise its availability.
create or replace function derive_offer(keys bigint[]) returns void
language sql
as $$
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
                and (v.next_block is null or (block, log_index) < (v.next_block, v.next_log_index))
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
    where c.offer = any (keys)
$$;
