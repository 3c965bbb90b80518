-- Capacity, Rewards, FeeBurn and attesters at the indexed block: what their views answer at that time.

create view epoch_now as
select
    t.epoch,
    t."window",
    moment((t.epoch + 1) * 86400) as epoch_ends_at,
    moment((t."window" + 1) * 3600) as window_ends_at,
    (select count(*) from window_opened where "window" between t.epoch * 24 and t.epoch * 24 + 23) as opened,
    (select seed from window_opened as w where w."window" = t."window" order by block desc, log_index desc limit 1) as seed
from (
    select div(seconds(indexed_at()), 86400)::bigint as epoch, div(seconds(indexed_at()), 3600)::bigint as "window"
) as t;
comment on view epoch_now is 'The epoch and the window under way; without a seed: nobody opened the window.';

create view capacity_verifier as
select
    v.*,
    coalesce(v.active_at <= indexed_at(), false) and v.version = last_value(v.version) over (
        partition by v.class, v.active_at <= indexed_at() order by v.version
        rows between unbounded preceding and unbounded following
    ) as is_current
from (
    select c.class, 1 as version, c.verifier, b.timestamp as active_at, c.block as changed
    from class_added as c
    join block as b on b.number = c.block
    union all
    select
        s.class,
        s.version,
        s.verifier,
        case when k.block is null then s.active_at end,
        greatest(s.block, k.block)
    from verifier_scheduled as s
    left join verifier_cancelled as k on k.class = s.class and k.version = s.version
) as v;
comment on view capacity_verifier is
    'Verifiers of classes; commitments that are pledged or renewed get the current one. Without `active_at`: cancelled, it never acts.';

create view commitment_now as
select
    c.commitment,
    c.provider,
    c.class,
    c.units,
    c.first_epoch,
    c.end_epoch,
    moment(c.first_epoch * 86400) as starts_at,
    moment(c.end_epoch * 86400) as ends_at,
    c.verifier_version,
    v.verifier,
    c.lock,
    coalesce(k.amount, 0) as lock_amount,
    k.ends_at as lock_ends_at,
    s.status,
    s.status = 'live' as is_live,
    c.pledged_at,
    c.renewed_at,
    c.end_reason,
    c.convicted_at,
    c.next_epoch,
    c.poor_epochs,
    c.open_audits,
    c.open_demands,
    c.open_audits + c.open_demands as open_challenges,
    c.answer_by,
    coalesce(c.answer_by < n.moment, false) as is_overdue,
    c.credit,
    c.bonus,
    c.earned,
    c.unearned,
    c.last_earned,
    c.to_stakers + c.to_provider as released,
    c.to_stakers,
    c.to_provider,
    c.forfeited,
    c.earned - c.to_stakers - c.to_provider - c.forfeited as pending,
    case when c.earned > c.to_stakers + c.to_provider + c.forfeited then c.due_at end as due_at,
    c.earned > c.to_stakers + c.to_provider + c.forfeited and c.due_at <= n.moment
        and c.open_audits + c.open_demands = 0 as is_due,
    c.changed
from commitment as c
left join stake_lock as k on k.lock = c.lock
left join capacity_verifier as v on v.class = c.class and v.version = c.verifier_version
-- Now is the same for every row: as scalars it is read once.
cross join lateral (
    select
        (select timestamp from cursor) as moment,
        (select div(seconds(timestamp), 86400)::bigint from cursor) as epoch
) as n
cross join lateral (
    select
        case
            when c.convicted_at is not null then 'convicted'
            when n.epoch >= c.end_epoch then 'ended'
            when n.epoch < c.first_epoch then 'pledged'
            else 'live'
        end as status
) as s;
comment on view commitment_now is
    'Commitments at the indexed block. `status`: pledged (its first epoch is to come), live, ended, convicted.';

create view challenge_now as
select
    'audit' as kind,
    d.commitment,
    d."window",
    d.rank,
    null::bigint as position,
    null::bytea as demander,
    null::numeric as deposit,
    d.deadline,
    d.deadline < indexed_at() as is_overdue,
    d.block as changed
from window_drawn as d
where d.deadline <> 'epoch' and not exists (
    select from audit_answered as a where a.commitment = d.commitment and a."window" = d."window"
)
union all
select 'demand', l.commitment, l."window", null, l.position, l.demander, l.deposit, l.deadline, l.deadline < indexed_at(), l.block
from leaf_demanded as l
where not exists (
    select from leaf_delivered as a
    where a.commitment = l.commitment and a."window" = l."window" and a.position = l.position
        and (a.block, a.log_index) > (l.block, l.log_index)
) and not exists (
    select from demand_returned as a
    where a.commitment = l.commitment and a."window" = l."window" and a.position = l.position
        and (a.block, a.log_index) > (l.block, l.log_index)
);
comment on view challenge_now is 'Leaves that are asked for and were not shown: audits by draws, demands by anyone until their deposit is returned.';

create view pool_epoch_now as
select
    e.*,
    e.unearned_overfilled + e.unearned_poor + e.unearned_other as unearned,
    e.amount - e.earned - e.unearned_overfilled - e.unearned_poor - e.unearned_other - e.swept as rest,
    moment(e.epoch * 86400) as starts_at,
    moment((e.epoch + 1) * 86400) as ends_at,
    moment((e.epoch + 1) * 86400 + 10800) as final_at,
    seconds(indexed_at()) >= (e.epoch + 1) * 86400 + 10800 as is_final,
    moment((e.epoch + 11) * 86400) as swept_from,
    b.bonus_bps,
    div(e.filled * 10000000, 912) + e.excused + div(e.excused * b.bonus_bps, 10000) as divisor
from pool_epoch as e
-- The bonus of its first window counts for the whole epoch.
cross join lateral (
    select coalesce((
        select s.bonus_bps from bonus_set as s
        where (s.block, s.log_index) < (
            select w.block, w.log_index from window_opened as w
            where w."window" between e.epoch * 24 and e.epoch * 24 + 23 order by w.block, w.log_index limit 1
        )
        order by s.block desc, s.log_index desc limit 1
    ), 0) as bonus_bps
) as b;
comment on view pool_epoch_now is
    'Epochs of classes at the indexed block. `divisor` is what the pool is divided by, `rest` what was neither earned nor returned.';

-- Twenty bins of 0.4 puzzles a unit and window, the last without an end. Whoever was excused or earned nothing does not count.
create view fill as
select class, epoch, bin, sum(units) as units
from (
    select class, epoch, units, least(div(filled * 5, 2 * units::numeric * opened), 19)::integer as bin
    from commitment_epoch
    where credit > 0 and excused = 0
) as counted
group by class, epoch, bin;
comment on view fill is 'How many units filled how much of an epoch: what the target of the third epoch after it follows.';

-- A reward is of all that was noted before the reward before it, or else of the first that was noted: what is noted while another
-- part waits, waits after it. So a reward is of whole parts, and what was rewarded tells which of them wait.
create view slot_fee as
select
    w.deal,
    w.slot,
    (array_agg(w.provider order by w.block desc, w.log_index desc))[1] as provider,
    sum(w.amount) filter (where w.is_next) as amount,
    (array_agg(w.up_to order by w.block desc, w.log_index desc) filter (where w.is_next))[1] as up_to,
    coalesce(sum(w.amount) filter (where not w.is_next), 0) as later,
    max(w.block) as changed
from (
    select
        r.*,
        coalesce((r.block, r.log_index) < (l.block, l.log_index), false)
            or row_number() over (partition by r.deal, r.slot order by r.block, r.log_index) = 1 as is_next
    from (
        select *, sum(amount) over (partition by deal, slot order by block, log_index) as noted
        from fee_recorded
    ) as r
    cross join lateral (
        select coalesce(sum(fee), 0) as rewarded from fee_rewarded where deal = r.deal and slot = r.slot
    ) as d
    left join lateral (
        select block, log_index from fee_rewarded
        where deal = r.deal and slot = r.slot order by block desc, log_index desc limit 1
    ) as l on true
    where r.noted > d.rewarded
) as w
group by w.deal, w.slot;
comment on view slot_fee is
    'Fees that were noted and not rewarded: `amount` is next, for which FeeBurn must have sold `up_to`; `later` waits after it.';

create view stakers_reward as
select distinct on (provider) provider, waiting, block as changed
from stakers_rewarded
order by provider, block desc, log_index desc;
comment on view stakers_reward is 'Stakers'' parts of rewards that Staking would not take yet.';

-- FLT for a part of a lot, rounded up: its price falls in a straight line over six hours from 150 % of its worth at `low` to 95 %
-- of that at `high`. `FeeBurn.costOf`.
create function lot_cost(amount numeric, low numeric, high numeric, elapsed numeric, decimals integer) returns numeric
language sql immutable strict parallel safe
return div(
    amount * (15000 * (21600 - least(elapsed, 21600)) * high + 9500 * least(elapsed, 21600) * low)
    * power(10::numeric, 26 - decimals)::numeric(30, 0)
    + low * high * 216000000 - 1,
    low * high * 216000000
);

create view lot_now as
select
    l.lot,
    s.started_at,
    case
        when not p.is_stale then lot_cost(
            l.lot, p.low, p.high, seconds(indexed_at()) - seconds(coalesce(s.started_at, 'epoch')), c.stablecoin_decimals
        )
    end as cost,
    coalesce((select sold from fees_sold order by block desc, log_index desc limit 1), 0) as sold,
    l.lot + coalesce((select sold from fees_sold order by block desc, log_index desc limit 1), 0)
        + div(coalesce(d.amount, 0) * b.burn_bps + 9999, 10000) as intake,
    (select coalesce(sum(flt), 0) from fees_sold) as burned,
    (
        select coalesce(sum(f.to_treasury), 0) from fees_collected as f
        where not exists (
            select from treasury_paid as t where (t.block, t.log_index) > (f.block, f.log_index)
        )
    ) as treasury_credit,
    b.burn_bps,
    b.treasury
from chain as c
cross join lateral (
    select coalesce((
        select lot from (
            (select block, log_index, lot::numeric from fees_collected order by block desc, log_index desc limit 1)
            union all
            (select block, log_index, lot from fees_sold order by block desc, log_index desc limit 1)
        ) as change
        order by block desc, log_index desc limit 1
    ), 0) as lot
) as l
cross join lateral (
    select (
        select m.timestamp from lot_started as t join block as m on m.number = t.block
        order by t.block desc, t.log_index desc limit 1
    ) as started_at
) as s
left join lateral (
    select burn_bps, treasury::bytea as treasury from burn_share_set order by block desc, log_index desc limit 1
) as b on true
left join credit as d on d.account = contract_address('FeeBurn')
cross join lateral (
    select
        (select low from price_now) as low,
        (select high from price_now) as high,
        (select is_stale from price_now) as is_stale
) as p;
comment on view lot_now is
    'What FeeBurn has for sale at the indexed block, and the FLT that all of it costs; null: the price is stale. `intake` is all that it ever has to sell.';

create view funds_now as
select
    coalesce(f.funds, 0)
    + coalesce((
        select sum(unearned) from reward_earned as e where (e.block, e.log_index) > (f.block, f.log_index)
    ), 0)
    + coalesce((
        select sum(amount - bounty) from reward_forfeited as e where (e.block, e.log_index) > (f.block, f.log_index)
    ), 0)
    - coalesce((
        select sum(amount) from fee_rewarded as e where (e.block, e.log_index) > (f.block, f.log_index)
    ), 0) as funds,
    (select coalesce(sum(amount), 0) from fee_recorded) as recorded
from chain
left join lateral (
    select * from (
        (select block, log_index, funds from rewards_funded order by block desc, log_index desc limit 1)
        union all
        (select block, log_index, funds from pool_opened order by block desc, log_index desc limit 1)
        union all
        (select block, log_index, funds from pool_swept order by block desc, log_index desc limit 1)
    ) as change
    order by block desc, log_index desc limit 1
) as f on true;
comment on view funds_now is 'FLT wei that no epoch was promised, and all fees ever recorded.';

create view attester_security as
select
    s.attester,
    s.lock,
    coalesce(k.amount, 0) as amount,
    s."end" as ends_at,
    s."end" >= indexed_at() as is_live,
    greatest(s.block, k.changed) as changed,
    -- What could be slashed too late answers for no more work.
    case
        when seconds(s."end") < seconds(indexed_at()) + 432000 then 0
        else least(div(coalesce(k.amount, 0) * 1000000, u.per_unit), 18446744073709551615)
    end as budget
from (
    select distinct on (attester) attester, lock, "end", block
    from attester_secured
    order by attester, block desc, log_index desc
) as s
left join stake_lock as k on k.lock = s.lock
left join lateral (select per_unit from security_set order by block desc, log_index desc limit 1) as u on true;
comment on view attester_security is
    'Stake that answers for an attester''s word, and the work of an epoch, in millionths of a unit, that it answers for.';

create view attester_budget as
select
    k.attester,
    k.epoch,
    coalesce(s.budget, 0) as budget,
    coalesce(u.spent, 0) as spent,
    greatest(u.block, s.changed) as changed
from (
    select attester, epoch from budget_used
    union
    select attester, (select epoch from epoch_now) from attester_secured
) as k
left join attester_security as s on s.attester = k.attester
left join lateral (
    select spent, block from budget_used
    where attester = k.attester and epoch = k.epoch order by block desc, log_index desc limit 1
) as u on true;
comment on view attester_budget is
    'Work of an attester''s customers by epoch, in millionths of a unit, and how much his stake answers for now; the running epoch is there without any.';

create view capacity_parameter as
select
    (select until from pledges_paused_until order by block desc, log_index desc limit 1) as pledges_paused_until,
    (select bonus_bps from bonus_set order by block desc, log_index desc limit 1) as bonus_bps,
    (select kappa_bps from bonus_set order by block desc, log_index desc limit 1) as kappa_bps,
    (select burn_bps from burn_share_set order by block desc, log_index desc limit 1) as burn_bps,
    (select treasury from burn_share_set order by block desc, log_index desc limit 1) as fee_treasury,
    (select minimum from security_set order by block desc, log_index desc limit 1) as security_minimum,
    (select per_unit from security_set order by block desc, log_index desc limit 1) as security_per_unit;
comment on view capacity_parameter is 'Parameters of Capacity, Rewards, FeeBurn and attesters in force, one row.';

-- FLT that drips to a tranche, a year's worth of it over its active stake, in bps: the same for each of its positions.
create function apr_bps(rate numeric, drip_end timestamptz, active numeric, moment timestamptz) returns numeric
language sql immutable parallel safe
return case
    when rate = 0 or active = 0 or drip_end is null or drip_end <= moment then 0
    else div(rate * 31536000 * 10000, active * 4294967296)
end;

create view tranche_apr as
select provider, is_own, apr_bps(flt_rate, flt_end, active, indexed_at()) as apr_bps
from tranche;
comment on view tranche_apr is 'Income in FLT at the indexed block, a year of it over the stake that it drips to.';
