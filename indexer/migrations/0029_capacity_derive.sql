-- Recomputes the state of Capacity, Rewards and their epochs for keys. Order matters: epochs of commitments, then commitments
-- and pools, which add them up.

create function epoch_of(window_number bigint) returns bigint
language sql immutable strict parallel safe
return window_number / 24;

create function touched_capacity_class(first bigint, last bigint) returns setof integer
language sql stable
as $$
    select distinct class from (
        select t.class from class_added as t where block between first and last
        union all
        select t.class from verifier_scheduled as t where block between first and last
        union all
        select t.class from verifier_cancelled as t where block between first and last
        union all
        select t.class from collateral_set as t where block between first and last
        union all
        select t.class from target_set as t where block between first and last
        union all
        select t.class from pool_set as t where block between first and last
        union all
        select t.class from pool_opened as t where block between first and last
        union all
        select t.class from pool_adjusted as t where block between first and last
    ) as touched
$$;

create function derive_capacity_class(keys integer[]) returns void
language plpgsql
as $$
begin
    delete from capacity_class where class = any (keys);

    insert into capacity_class
    select
        a.class,
        a.target,
        coalesce(c.collateral, a.collateral),
        coalesce(u.verifier, a.verifier),
        coalesce(v.version, 1),
        coalesce(t.target, a.target),
        t.epoch,
        coalesce(p.target, 0),
        coalesce(p.minimum, 0),
        coalesce(p.maximum, 0),
        coalesce(o.wanted, 0),
        o.epoch,
        coalesce(j.next, p.first_minimum, 0),
        coalesce(j.units, 0),
        greatest(a.block, c.block, v.block, x.block, t.block, p.block, o.block, j.block)
    from class_added as a
    left join lateral (
        select * from collateral_set where class = a.class order by block desc, log_index desc limit 1
    ) as c on true
    left join lateral (
        select * from verifier_scheduled where class = a.class order by block desc, log_index desc limit 1
    ) as v on true
    left join lateral (
        select s.verifier from verifier_scheduled as s
        where s.class = a.class and not exists (
            select from verifier_cancelled as k where k.class = s.class and k.version = s.version
        )
        order by s.block desc, s.log_index desc limit 1
    ) as u on true
    left join lateral (
        select block from verifier_cancelled where class = a.class order by block desc, log_index desc limit 1
    ) as x on true
    left join lateral (
        select * from target_set where class = a.class order by block desc, log_index desc limit 1
    ) as t on true
    -- The first bounds of a class are where its pool starts.
    left join lateral (
        select p.*, (
            select minimum from pool_set where class = a.class order by block, log_index limit 1
        ) as first_minimum
        from pool_set as p where p.class = a.class order by p.block desc, p.log_index desc limit 1
    ) as p on true
    left join lateral (
        select * from pool_opened where class = a.class order by block desc, log_index desc limit 1
    ) as o on true
    left join lateral (
        select * from pool_adjusted where class = a.class order by block desc, log_index desc limit 1
    ) as j on true
    where a.class = any (keys);
end
$$;

-- A payment is of all that was earned since the payment before.
create function touched_commitment_epoch(first bigint, last bigint)
returns table (commitment bigint, epoch bigint)
language sql stable
as $$
    select distinct touched.* from (
        select t.commitment, epoch_of(t."window") from window_committed as t where block between first and last
        union all
        select t.commitment, epoch_of(t."window") from window_drawn as t where block between first and last
        union all
        select t.commitment, epoch_of(t."window") from audit_answered as t where block between first and last
        union all
        select t.commitment, epoch_of(t."window") from leaf_demanded as t where block between first and last
        union all
        select t.commitment, epoch_of(t."window") from leaf_delivered as t where block between first and last
        union all
        select t.commitment, epoch_of(t."window") from demand_returned as t where block between first and last
        union all
        select t.commitment, t.epoch from work_excused as t where block between first and last
        union all
        select t.commitment, t.epoch from epoch_credited as t where block between first and last
        union all
        select t.commitment, t.epoch from reward_earned as t where block between first and last
        union all
        select e.commitment, e.epoch
        from (
            select commitment, block, log_index from reward_released as t where block between first and last
            union all
            select commitment, block, log_index from reward_forfeited as t where block between first and last
        ) as t
        left join lateral (
            select block, log_index from reward_released
            where commitment = t.commitment and (block, log_index) < (t.block, t.log_index)
            order by block desc, log_index desc limit 1
        ) as p on true
        join reward_earned as e on e.commitment = t.commitment
            and (e.block, e.log_index) < (t.block, t.log_index)
            and (p.block is null or (e.block, e.log_index) > (p.block, p.log_index))
    ) as touched (commitment, epoch)
$$;

create function derive_commitment_epoch(commitments bigint[], epochs bigint[]) returns void
language plpgsql
as $$
begin
    delete from commitment_epoch as e
    using unnest(commitments, epochs) as k (commitment, epoch)
    where e.commitment = k.commitment and e.epoch = k.epoch;

    insert into commitment_epoch
    select
        k.commitment,
        k.epoch,
        p.provider,
        p.class,
        p.units,
        w.committed,
        w.claimed,
        w.drawn,
        w.filled,
        w.audits,
        w.open_audits,
        d.open_demands,
        least(w.answer_by, d.answer_by),
        x.excused,
        c.opened,
        c.credit,
        c.bonus,
        c.poor_epochs,
        c.reason,
        cb.timestamp,
        e.earned,
        e.unearned,
        e.due_at,
        rb.timestamp,
        f.block is not null and r.block is null,
        greatest(w.block, d.block, x.block, c.block, e.block, r.block, f.block)
    from unnest(commitments, epochs) as k (commitment, epoch)
    join capacity_pledged as p on p.commitment = k.commitment
    cross join lateral (
        select
            count(*) as committed,
            coalesce(sum(c.filled), 0)::bigint as claimed,
            count(g.block) as drawn,
            coalesce(sum(c.filled) filter (where g.block is not null), 0)::bigint as filled,
            count(*) filter (where g.deadline <> 'epoch') as audits,
            count(*) filter (where g.deadline <> 'epoch' and a.block is null) as open_audits,
            min(g.deadline) filter (where g.deadline <> 'epoch' and a.block is null) as answer_by,
            greatest(max(c.block), max(g.block), max(a.block)) as block
        from window_committed as c
        left join window_drawn as g on g.commitment = c.commitment and g."window" = c."window"
        left join audit_answered as a on a.commitment = c.commitment and a."window" = c."window"
        where c.commitment = k.commitment and c."window" between k.epoch * 24 and k.epoch * 24 + 23
    ) as w
    -- The last word on a leaf counts: a demand is closed by what it asked for, or by its deposit's return. An audit stays open
    -- without an answer.
    cross join lateral (
        select
            count(*) filter (where is_open) as open_demands,
            min(deadline) filter (where is_open) as answer_by,
            max(block) as block
        from (
            select distinct on ("window", position) block, is_open, deadline
            from (
                select block, log_index, "window", position, true as is_open, deadline
                from leaf_demanded
                where commitment = k.commitment and "window" between k.epoch * 24 and k.epoch * 24 + 23
                union all
                select block, log_index, "window", position, false, null
                from leaf_delivered
                where commitment = k.commitment and "window" between k.epoch * 24 and k.epoch * 24 + 23
                union all
                select block, log_index, "window", position, false, null
                from demand_returned
                where commitment = k.commitment and "window" between k.epoch * 24 and k.epoch * 24 + 23
            ) as word
            order by "window", position, block desc, log_index desc
        ) as leaf
    ) as d
    cross join lateral (
        select coalesce(sum(credit), 0)::bigint as excused, max(block) as block
        from work_excused
        where commitment = k.commitment and epoch = k.epoch
    ) as x
    left join lateral (
        select * from epoch_credited
        where commitment = k.commitment and epoch = k.epoch order by block desc, log_index desc limit 1
    ) as c on true
    left join block as cb on cb.number = c.block
    left join lateral (
        select * from reward_earned
        where commitment = k.commitment and epoch = k.epoch order by block desc, log_index desc limit 1
    ) as e on true
    left join lateral (
        select block, log_index from reward_released
        where commitment = k.commitment and (block, log_index) > (e.block, e.log_index)
        order by block, log_index limit 1
    ) as r on true
    left join block as rb on rb.number = r.block
    left join lateral (
        select block from reward_forfeited
        where commitment = k.commitment and (block, log_index) > (e.block, e.log_index)
            and (r.block is null or (block, log_index) < (r.block, r.log_index))
        order by block, log_index limit 1
    ) as f on true
    where greatest(w.block, d.block, x.block, c.block, e.block) is not null;
end
$$;

create function touched_commitment(first bigint, last bigint) returns setof bigint
language sql stable
as $$
    select distinct commitment from (
        select t.commitment from capacity_pledged as t where block between first and last
        union all
        select t.commitment from capacity_renewed as t where block between first and last
        union all
        select t.commitment from capacity_ended as t where block between first and last
        union all
        select t.commitment from commitment_convicted as t where block between first and last
        union all
        select t.commitment from reward_released as t where block between first and last
        union all
        select t.commitment from reward_forfeited as t where block between first and last
        union all
        select e.commitment from touched_commitment_epoch(first, last) as e
    ) as touched
$$;

create function derive_commitment(keys bigint[]) returns void
language plpgsql
as $$
begin
    delete from commitment where commitment = any (keys);

    insert into commitment
    select
        p.commitment,
        p.provider,
        p.class,
        p.units,
        p.first_epoch,
        e.end_epoch,
        coalesce(r.verifier_version, p.verifier_version),
        p.lock,
        coalesce(r.lock_amount, p.lock_amount),
        b.timestamp,
        rb.timestamp,
        e.reason,
        cb.timestamp,
        coalesce(l.epoch + 1, p.first_epoch),
        coalesce(l.poor_epochs, 0),
        s.open_audits,
        s.open_demands,
        s.answer_by,
        s.credit,
        s.bonus,
        s.earned,
        s.unearned,
        coalesce(n.earned, 0),
        n.due_at,
        o.to_stakers,
        o.to_provider,
        f.amount,
        greatest(p.block, r.block, e.block, c.block, s.block, o.block, f.block)
    from capacity_pledged as p
    join block as b on b.number = p.block
    left join lateral (
        select * from capacity_renewed where commitment = p.commitment order by block desc, log_index desc limit 1
    ) as r on true
    left join block as rb on rb.number = r.block
    cross join lateral (
        select * from (
            select p.block, p.log_index, p.end_epoch, null::integer as reason
            union all
            select r.block, r.log_index, r.end_epoch, null
            where r.block is not null
            union all
            (select block, log_index, end_epoch, reason from capacity_ended
             where commitment = p.commitment order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ) as e
    left join lateral (
        select * from commitment_convicted where commitment = p.commitment order by block desc, log_index desc limit 1
    ) as c on true
    left join block as cb on cb.number = c.block
    cross join lateral (
        select
            coalesce(sum(open_audits), 0)::bigint as open_audits,
            coalesce(sum(open_demands), 0)::bigint as open_demands,
            min(answer_by) as answer_by,
            coalesce(sum(credit), 0) as credit,
            coalesce(sum(bonus), 0) as bonus,
            coalesce(sum(earned), 0) as earned,
            coalesce(sum(unearned), 0) as unearned,
            max(changed) as block
        from commitment_epoch
        where commitment = p.commitment
    ) as s
    left join lateral (
        select * from commitment_epoch
        where commitment = p.commitment and credit is not null order by epoch desc limit 1
    ) as l on true
    left join lateral (
        select * from commitment_epoch
        where commitment = p.commitment and earned is not null order by epoch desc limit 1
    ) as n on true
    cross join lateral (
        select
            coalesce(sum(to_stakers), 0) as to_stakers,
            coalesce(sum(to_provider), 0) as to_provider,
            max(block) as block
        from reward_released
        where commitment = p.commitment
    ) as o
    cross join lateral (
        select coalesce(sum(amount), 0) as amount, max(block) as block
        from reward_forfeited
        where commitment = p.commitment
    ) as f
    where p.commitment = any (keys);
end
$$;

create function touched_pool_epoch(first bigint, last bigint)
returns table (class integer, epoch bigint)
language sql stable
as $$
    select distinct touched.* from (
        select t.class, t.epoch from target_set as t where block between first and last
        union all
        select t.class, t.epoch from pool_opened as t where block between first and last
        union all
        select t.class, t.epoch from pool_swept as t where block between first and last
        union all
        select c.class, epoch_of(t."window")
        from window_opened as t
        cross join class_added as c
        where t.block between first and last
        union all
        select p.class, e.epoch
        from touched_commitment_epoch(first, last) as e
        join capacity_pledged as p on p.commitment = e.commitment
    ) as touched (class, epoch)
$$;

create function derive_pool_epoch(classes integer[], epochs bigint[]) returns void
language plpgsql
as $$
begin
    delete from pool_epoch as e
    using unnest(classes, epochs) as k (class, epoch)
    where e.class = k.class and e.epoch = k.epoch;

    insert into pool_epoch
    select
        k.class,
        k.epoch,
        t.target,
        w.opened,
        coalesce(p.amount, 0),
        coalesce(p.wanted, 0),
        e.commitments,
        e.filled,
        e.excused,
        e.credited,
        e.credit,
        e.bonus,
        e.earned,
        e.paid,
        e.forfeited,
        e.unearned_overfilled,
        e.unearned_poor,
        e.unearned_other,
        coalesce(s.amount, 0),
        sb.timestamp,
        greatest(t.block, p.block, w.block, e.block, s.block)
    from unnest(classes, epochs) as k (class, epoch)
    left join lateral (
        select * from target_set
        where class = k.class and epoch = k.epoch order by block desc, log_index desc limit 1
    ) as t on true
    left join lateral (
        select * from pool_opened
        where class = k.class and epoch = k.epoch order by block desc, log_index desc limit 1
    ) as p on true
    left join lateral (
        select * from pool_swept
        where class = k.class and epoch = k.epoch order by block desc, log_index desc limit 1
    ) as s on true
    left join block as sb on sb.number = s.block
    cross join lateral (
        select count(*) as opened, max(block) as block
        from window_opened
        where "window" between k.epoch * 24 and k.epoch * 24 + 23
    ) as w
    cross join lateral (
        select
            count(*) as commitments,
            coalesce(sum(filled), 0) as filled,
            coalesce(sum(excused), 0) as excused,
            count(credit) as credited,
            coalesce(sum(credit), 0) as credit,
            coalesce(sum(bonus), 0) as bonus,
            coalesce(sum(earned), 0) as earned,
            coalesce(sum(earned) filter (where released_at is not null), 0) as paid,
            coalesce(sum(earned) filter (where is_forfeited), 0) as forfeited,
            coalesce(sum(unearned) filter (where reason = 1), 0) as unearned_overfilled,
            coalesce(sum(unearned) filter (where reason = 2), 0) as unearned_poor,
            coalesce(sum(unearned) filter (where reason = 0), 0) as unearned_other,
            max(changed) as block
        from commitment_epoch
        where class = k.class and epoch = k.epoch
    ) as e
    -- A class that was added later has nothing of an earlier epoch.
    where greatest(t.block, p.block, e.block, s.block) is not null;
end
$$;

create function touched_reward_credit(first bigint, last bigint) returns setof bytea
language sql stable
as $$
    select distinct account from (
        select t.account from reward_credited as t where block between first and last
        union all
        select t.account from reward_paid as t where block between first and last
    ) as touched
$$;

create function derive_reward_credit(keys bytea[]) returns void
language plpgsql
as $$
begin
    delete from reward_credit where account = any (keys);

    insert into reward_credit
    select k.account, c.credit, c.block
    from unnest(keys) as k (account)
    cross join lateral (
        select * from (
            (select block, log_index, credit::numeric from reward_credited
             where account = k.account order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, 0 from reward_paid
             where account = k.account order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ) as c;
end
$$;

create function touched_deposit(first bigint, last bigint) returns setof bytea
language sql stable
as $$
    select distinct account from (
        select t.account from deposit_credited as t where block between first and last
        union all
        select t.account from deposit_claimed as t where block between first and last
    ) as touched
$$;

create function derive_deposit(keys bytea[]) returns void
language plpgsql
as $$
begin
    delete from deposit where account = any (keys);

    insert into deposit
    select k.account, c.owed, c.block
    from unnest(keys) as k (account)
    cross join lateral (
        select * from (
            (select block, log_index, owed::numeric from deposit_credited
             where account = k.account order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, 0 from deposit_claimed
             where account = k.account order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ) as c;
end
$$;
