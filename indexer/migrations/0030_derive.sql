-- Which keys the facts of a range of blocks touch, and what follows from it: state after new facts, and after a rewind.

create function touched_provider(first bigint, last bigint) returns setof bytea
language sql stable
as $$
    select distinct provider from (
        select t.provider from terms_set as t where block between first and last
        union all
        select t.provider from terms_scheduled as t where block between first and last
        union all
        select t.provider from profile_set as t where block between first and last
        union all
        select t.provider from orphan_changed as t where block between first and last
        union all
        select t.provider from shortfall_set as t where block between first and last
        union all
        select t.provider from lock_granted as t where block between first and last
        union all
        select t.provider from lock_regranted as t where block between first and last
        union all
        select t.provider from lock_released as t where block between first and last
        union all
        select t.provider from slashed as t where block between first and last
        union all
        select t.provider from tranche_changed as t where block between first and last
        union all
        select t.provider from thaw_changed as t where block between first and last
        union all
        select t.provider from index_changed as t where block between first and last
        union all
        select t.provider from drip_changed as t where block between first and last
    ) as touched
$$;

create function touched_stake_lock(first bigint, last bigint) returns setof bigint
language sql stable
as $$
    select distinct lock from (
        select t.lock from lock_granted as t where block between first and last
        union all
        select t.lock from lock_regranted as t where block between first and last
        union all
        select t.lock from lock_released as t where block between first and last
        union all
        select t.lock from slashed as t where block between first and last
    ) as touched
$$;

create function touched_offer(first bigint, last bigint) returns setof bigint
language sql stable
as $$
    select distinct offer from (
        select t.offer from offer_created as t where block between first and last
        union all
        select t.offer from offer_updated as t where block between first and last
        union all
        select t.offer from offer_removed as t where block between first and last
        union all
        select t.offer from units_taken as t where block between first and last
        union all
        select t.offer from units_returned as t where block between first and last
    ) as touched
$$;

create function touched_credit(first bigint, last bigint) returns setof bytea
language sql stable
as $$
    select distinct account from (
        select t.account from credit_added as t where block between first and last
        union all
        select t.account from credit_claimed as t where block between first and last
    ) as touched
$$;

create function touched_stakers_credit(first bigint, last bigint) returns setof bytea
language sql stable
as $$
    select distinct provider from (
        select t.provider from slot_credited as t where block between first and last
        union all
        select t.provider from stakers_paid as t where block between first and last
    ) as touched
$$;

create function touched_position(first bigint, last bigint)
returns table (provider bytea, account bytea)
language sql stable
as $$
    select distinct touched.* from (
        select t.provider, t.account from staked as t where block between first and last
        union all
        select t.provider, t.account from exit_started as t where block between first and last
        union all
        select t.provider, t.account from exit_cancelled as t where block between first and last
        union all
        select t.provider, t.account from reward_settled as t where block between first and last
        union all
        select t.provider, t.account from reward_claimed as t where block between first and last
    ) as touched (provider, account)
$$;

create function touched_ticket(first bigint, last bigint)
returns table (provider bytea, account bytea, day bigint)
language sql stable
as $$
    select distinct touched.* from (
        select t.provider, t.account, t.day from exit_started as t where block between first and last
        union all
        select t.provider, t.account, t.day from exit_cancelled as t where block between first and last
        union all
        select t.provider, t.account, t.day from withdrawn as t where block between first and last
        union all
        select t.provider, t.account, t.day from redelegated as t where block between first and last
        union all
        select t.provider, t.account, t.day from redelegation_named as t where block between first and last
    ) as touched (provider, account, day)
$$;

create function touched_bucket(first bigint, last bigint)
returns table (provider bytea, is_own boolean, day bigint)
language sql stable
as $$
    select distinct touched.* from (
        select t.provider, t.account = t.provider, t.day from exit_started as t where block between first and last
        union all
        select t.provider, t.account = t.provider, t.day from exit_cancelled as t where block between first and last
        union all
        select t.provider, t.account = t.provider, t.day from withdrawn as t where block between first and last
        union all
        select t.provider, t.account = t.provider, t.day from redelegated as t where block between first and last
        union all
        select t.provider, t.is_own, t.day from crystallised as t where block between first and last
    ) as touched (provider, is_own, day)
$$;

create function touched_payer(first bigint, last bigint)
returns table (deal bigint, payer bytea)
language sql stable
as $$
    select distinct touched.* from (
        select t.deal, t.payer from deal_funded as t where block between first and last
        union all
        select t.deal, t.payer from refunded as t where block between first and last
        union all
        select o.deal, o.payer
        from deal_funded as t
        join deal_funded as o on o.deal = t.deal
        where t.block between first and last and t.shares = t.total_shares
    ) as touched (deal, payer)
$$;

create function touched_deal(first bigint, last bigint) returns setof bigint
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

create function touched_request(first bigint, last bigint) returns setof bigint
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

create function touched_slot(first bigint, last bigint)
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

-- Brings the state up to the facts of a range of blocks, in parts that read nothing of each other, so that a backfill can run
-- them side by side.

create function derive_stakes(first bigint, last bigint) returns void
language plpgsql
as $$
begin
    perform derive_provider(array(select touched_provider(first, last)));
    perform derive_stake_lock(array(select touched_stake_lock(first, last)));
    perform derive_position(array_agg(t.provider), array_agg(t.account)) from touched_position(first, last) as t having count(*) > 0;
    perform derive_ticket(array_agg(t.provider), array_agg(t.account), array_agg(t.day)) from touched_ticket(first, last) as t having count(*) > 0;
    perform derive_bucket(array_agg(t.provider), array_agg(t.is_own), array_agg(t.day)) from touched_bucket(first, last) as t having count(*) > 0;
end
$$;

create function derive_market(first bigint, last bigint) returns void
language plpgsql
as $$
begin
    perform derive_offer(array(select touched_offer(first, last)));
    perform derive_deal(array(select touched_deal(first, last)));
    perform derive_credit(array(select touched_credit(first, last)));
    perform derive_stakers_credit(array(select touched_stakers_credit(first, last)));
    perform derive_request(array(select touched_request(first, last)));
    perform derive_payer(array_agg(t.deal), array_agg(t.payer)) from touched_payer(first, last) as t having count(*) > 0;
end
$$;

create function derive_slots(first bigint, last bigint) returns void
language plpgsql
as $$
begin
    perform derive_slot(array_agg(t.deal), array_agg(t.slot)) from touched_slot(first, last) as t having count(*) > 0;
    perform derive_serving_usage(array_agg(t.deal), array_agg(t.slot), array_agg(t.serving)) from touched_serving_usage(first, last) as t having count(*) > 0;
end
$$;

-- Commitments and pools read what was derived of their epochs.
create function derive_work(first bigint, last bigint) returns void
language plpgsql
as $$
begin
    perform derive_capacity_class(array(select touched_capacity_class(first, last)));
    perform derive_commitment_epoch(array_agg(t.commitment), array_agg(t.epoch)) from touched_commitment_epoch(first, last) as t having count(*) > 0;
    perform derive_commitment(array(select touched_commitment(first, last)));
    perform derive_pool_epoch(array_agg(t.class), array_agg(t.epoch)) from touched_pool_epoch(first, last) as t having count(*) > 0;
    perform derive_reward_credit(array(select touched_reward_credit(first, last)));
    perform derive_deposit(array(select touched_deposit(first, last)));
end
$$;

create function derive(first bigint, last bigint) returns void
language plpgsql
as $$
begin
    perform derive_stakes(first, last);
    perform derive_market(first, last);
    perform derive_slots(first, last);
    perform derive_work(first, last);
    perform derive_history(first, last);
end
$$;

create function forget_state() returns void
language sql
as $$
    truncate provider, tranche, position, ticket, bucket, stake_lock, offer, deal, slot, payer, credit, stakers_credit, request,
        capacity_class, commitment_epoch, commitment, pool_epoch, reward_credit, deposit, serving_usage, network_total
$$;

-- State from nothing but facts, in one piece.
create function derive_all() returns void
language plpgsql
as $$
begin
    perform forget_state();
    perform derive(0, 9223372036854775807);
end
$$;
