-- What follows from new facts, with metered slots.

-- Brings the state up to the facts of a range of blocks.
create or replace function derive(first bigint, last bigint) returns void
language plpgsql
as $$
begin
    perform derive_provider(array(select touched_provider(first, last)));
    perform derive_stake_lock(array(select touched_stake_lock(first, last)));
    perform derive_offer(array(select touched_offer(first, last)));
    perform derive_deal(array(select touched_deal(first, last)));
    perform derive_credit(array(select touched_credit(first, last)));
    perform derive_stakers_credit(array(select touched_stakers_credit(first, last)));
    perform derive_request(array(select touched_request(first, last)));
    perform derive_position(array_agg(t.provider), array_agg(t.account)) from touched_position(first, last) as t having count(*) > 0;
    perform derive_ticket(array_agg(t.provider), array_agg(t.account), array_agg(t.day)) from touched_ticket(first, last) as t having count(*) > 0;
    perform derive_bucket(array_agg(t.provider), array_agg(t.is_own), array_agg(t.day)) from touched_bucket(first, last) as t having count(*) > 0;
    perform derive_slot(array_agg(t.deal), array_agg(t.slot)) from touched_slot(first, last) as t having count(*) > 0;
    perform derive_payer(array_agg(t.deal), array_agg(t.payer)) from touched_payer(first, last) as t having count(*) > 0;
    perform derive_capacity_class(array(select touched_capacity_class(first, last)));
    perform derive_commitment_epoch(array_agg(t.commitment), array_agg(t.epoch)) from touched_commitment_epoch(first, last) as t having count(*) > 0;
    perform derive_commitment(array(select touched_commitment(first, last)));
    perform derive_pool_epoch(array_agg(t.class), array_agg(t.epoch)) from touched_pool_epoch(first, last) as t having count(*) > 0;
    perform derive_reward_credit(array(select touched_reward_credit(first, last)));
    perform derive_deposit(array(select touched_deposit(first, last)));
    perform derive_serving_usage(array_agg(t.deal), array_agg(t.slot), array_agg(t.serving)) from touched_serving_usage(first, last) as t having count(*) > 0;
end
$$;

-- State from nothing but facts, for the end of a backfill, which writes facts alone.
create or replace function derive_all() returns void
language plpgsql
as $$
begin
    truncate provider, tranche, position, ticket, bucket, stake_lock, offer, deal, slot, payer, credit, stakers_credit, request,
        capacity_class, commitment_epoch, commitment, pool_epoch, reward_credit, deposit, serving_usage;
    perform derive(0, 9223372036854775807);
end
$$;
