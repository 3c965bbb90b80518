-- State of standbys and of servings that end before their slots: places from 16 on of `slot`, what a deal and its request say
-- of them, and the two best proposals.

alter table deal add column standbys integer not null default 0;
alter table deal alter column standbys drop default;
alter table deal add column reserve_bps integer not null default 0;
alter table deal alter column reserve_bps drop default;
alter table deal add column resolver address;
alter table deal add column tip amount not null default 0;
alter table deal alter column tip drop default;
alter table deal add column tip_to address;
comment on column deal.standbys is 'Number of standbys.';
comment on column deal.reserve_bps is 'Part of a slot''s lock that a standby locks, in bps.';
comment on column deal.resolver is 'Who decides appeals; null: the panel.';
comment on column deal.tip is 'For whose proposal is activated first, in stablecoin.';
comment on column deal.tip_to is 'Who got the tip; null: it waits.';

alter table slot add column seeking_until timestamptz;
comment on column slot.price is 'Offer''s price plus royalty, per unit-day; of a standby its retainer. An empty place keeps it where its standby was promoted, which is still to be credited.';
comment on column slot.slot is 'Number of the slot within the deal, from zero; standbys from 16 on.';
comment on column slot.seeking_until is 'Until when a slot that lost its provider can be filled; null: it has not.';

alter table request add column standbys integer not null default 0;
alter table request alter column standbys drop default;
alter table request add column reserve_bps integer not null default 0;
alter table request alter column reserve_bps drop default;
alter table request add column availability_ppm bigint not null default 0;
alter table request alter column availability_ppm drop default;
alter table request add column tip amount not null default 0;
alter table request alter column tip drop default;
alter table request add column window_end timestamptz;
alter table request add column second_round bigint;
alter table request add column second_proposer address;
alter table request add column second_price amount;
comment on column request.standbys is 'Number of standbys.';
comment on column request.reserve_bps is 'Part of a slot''s lock that a standby locks, in bps.';
comment on column request.availability_ppm is 'Target availability in millionths; zero: none.';
comment on column request.tip is 'For whose proposal is activated first, in stablecoin.';
comment on column request.window_end is 'From when on anybody may activate the best proposal; null: none stands.';
comment on column request.second_round is 'Round of the second best proposal that stands.';
comment on column request.second_proposer is 'Who made the second best proposal.';
comment on column request.second_price is 'Price of the second best proposal for a day, in stablecoin.';

create or replace function touched_deal(first bigint, last bigint) returns setof bigint
language sql stable
as $$
    select distinct deal from (
        select t.deal from deal_opened as t where block between first and last
        union all
        select t.deal from deal_funded as t where block between first and last
        union all
        select t.deal from refunded as t where block between first and last
        union all
        select t.deal from spare_changed as t where block between first and last
        union all
        select t.deal from slot_ready as t where block between first and last
        union all
        select t.deal from standby_promoted as t where block between first and last
        union all
        select t.deal from tip_paid as t where block between first and last
        union all
        select t.deal from deal_stop_requested as t where block between first and last
    ) as touched
$$;

-- A standby that is ready does not start the duration; one that is promoted serves, and does.
create or replace function derive_deal(keys bigint[]) returns void
language sql
as $$
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
    where o.deal = any (keys)
$$;

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

create or replace function touched_request(first bigint, last bigint) returns setof bigint
language sql stable
as $$
    select distinct deal from (
        select t.deal from request_opened as t where block between first and last
        union all
        select t.deal from request_standbys_set as t where block between first and last
        union all
        select t.deal from request_cancelled as t where block between first and last
        union all
        select t.deal from proposed as t where block between first and last
        union all
        select t.deal from proposal_dropped as t where block between first and last
        union all
        select t.deal from proposal_invalid as t where block between first and last
        union all
        select t.deal from proposal_activated as t where block between first and last
    ) as touched
$$;

-- The best proposal that stands, or else the one that was activated last.
create or replace function derive_request(keys bigint[]) returns void
language sql
as $$
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
    where o.deal = any (keys)
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
        case when v.is_ready or d.is_promoted then coalesce(s.owed, 0) else 0 end,
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
            q.block, t.block, x.block, y.block)
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
