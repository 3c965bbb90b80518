-- Forgets every block above `to_block`: facts, headers, and what state owes to them. The indexer's only way to remove a fact.
create function rewind(to_block bigint) returns void
language plpgsql
as $$
declare
    touched_provider bytea[] := array(select provider from provider where changed > to_block union select provider from tranche where changed > to_block);
    touched_stake_lock bigint[] := array(select lock from stake_lock where changed > to_block);
    touched_offer bigint[] := array(select offer from offer where changed > to_block);
    touched_deal bigint[] := array(select deal from deal where changed > to_block);
    touched_credit bytea[] := array(select account from credit where changed > to_block);
    touched_stakers_credit bytea[] := array(select provider from stakers_credit where changed > to_block);
    touched_request bigint[] := array(select deal from request where changed > to_block);
    touched_position_provider bytea[];
    touched_position_account bytea[];
    touched_ticket_provider bytea[];
    touched_ticket_account bytea[];
    touched_ticket_day bigint[];
    touched_bucket_provider bytea[];
    touched_bucket_is_own boolean[];
    touched_bucket_day bigint[];
    touched_slot_deal bigint[];
    touched_slot_slot integer[];
    touched_payer_deal bigint[];
    touched_payer_payer bytea[];
begin
    select array_agg(provider), array_agg(account)
    into touched_position_provider, touched_position_account
    from position where changed > to_block;

    select array_agg(provider), array_agg(account), array_agg(day)
    into touched_ticket_provider, touched_ticket_account, touched_ticket_day
    from ticket where changed > to_block;

    select array_agg(provider), array_agg(is_own), array_agg(day)
    into touched_bucket_provider, touched_bucket_is_own, touched_bucket_day
    from bucket where changed > to_block;

    select array_agg(deal), array_agg(slot)
    into touched_slot_deal, touched_slot_slot
    from slot where changed > to_block;

    select array_agg(deal), array_agg(payer)
    into touched_payer_deal, touched_payer_payer
    from payer where changed > to_block;

    delete from authority_updated where block > to_block;
    delete from terms_set where block > to_block;
    delete from terms_scheduled where block > to_block;
    delete from key_set where block > to_block;
    delete from payee_set where block > to_block;
    delete from staked where block > to_block;
    delete from exit_started where block > to_block;
    delete from exit_cancelled where block > to_block;
    delete from crystallised where block > to_block;
    delete from withdrawn where block > to_block;
    delete from redelegation_named where block > to_block;
    delete from redelegated where block > to_block;
    delete from tranche_changed where block > to_block;
    delete from thaw_changed where block > to_block;
    delete from orphan_changed where block > to_block;
    delete from orphan_swept where block > to_block;
    delete from lock_granted where block > to_block;
    delete from lock_regranted where block > to_block;
    delete from lock_released where block > to_block;
    delete from slashed where block > to_block;
    delete from shortfall_set where block > to_block;
    delete from burn_queued where block > to_block;
    delete from slash_burned where block > to_block;
    delete from quarantine_opened where block > to_block;
    delete from quarantine_paid where block > to_block;
    delete from quarantine_cancelled where block > to_block;
    delete from reward_added where block > to_block;
    delete from drip_changed where block > to_block;
    delete from index_changed where block > to_block;
    delete from reward_settled where block > to_block;
    delete from reward_claimed where block > to_block;
    delete from module_scheduled where block > to_block;
    delete from module_removed where block > to_block;
    delete from staking_paused where block > to_block;
    delete from guardian_set where block > to_block;
    delete from council_set where block > to_block;
    delete from price_observed where block > to_block;
    delete from source_set where block > to_block;
    delete from profile_set where block > to_block;
    delete from offer_created where block > to_block;
    delete from offer_limits_set where block > to_block;
    delete from offer_roots_set where block > to_block;
    delete from offer_updated where block > to_block;
    delete from offer_removed where block > to_block;
    delete from units_taken where block > to_block;
    delete from units_returned where block > to_block;
    delete from attester_set where block > to_block;
    delete from attribute_attested where block > to_block;
    delete from attribute_revoked where block > to_block;
    delete from deal_opened where block > to_block;
    delete from deal_terms_set where block > to_block;
    delete from deal_funded where block > to_block;
    delete from slot_funded where block > to_block;
    delete from spare_changed where block > to_block;
    delete from slot_assigned where block > to_block;
    delete from slot_declined where block > to_block;
    delete from slot_ready where block > to_block;
    delete from slot_settled where block > to_block;
    delete from slot_credited where block > to_block;
    delete from slot_renewed where block > to_block;
    delete from slot_final where block > to_block;
    delete from margin_call_opened where block > to_block;
    delete from slot_topped_up where block > to_block;
    delete from margin_call_cured where block > to_block;
    delete from deal_stop_requested where block > to_block;
    delete from slot_ended where block > to_block;
    delete from refunded where block > to_block;
    delete from credit_added where block > to_block;
    delete from stakers_paid where block > to_block;
    delete from credit_claimed where block > to_block;
    delete from fee_set where block > to_block;
    delete from request_opened where block > to_block;
    delete from request_provider_listed where block > to_block;
    delete from request_criterion_added where block > to_block;
    delete from request_cancelled where block > to_block;
    delete from proposed where block > to_block;
    delete from proposal_offered where block > to_block;
    delete from proposal_activated where block > to_block;
    delete from request_fee_set where block > to_block;
    delete from requests_paused_until where block > to_block;
    delete from block where number > to_block;

    perform derive_provider(touched_provider);
    perform derive_stake_lock(touched_stake_lock);
    perform derive_offer(touched_offer);
    perform derive_deal(touched_deal);
    perform derive_credit(touched_credit);
    perform derive_stakers_credit(touched_stakers_credit);
    perform derive_request(touched_request);
    perform derive_position(touched_position_provider, touched_position_account);
    perform derive_ticket(touched_ticket_provider, touched_ticket_account, touched_ticket_day);
    perform derive_bucket(touched_bucket_provider, touched_bucket_is_own, touched_bucket_day);
    perform derive_slot(touched_slot_deal, touched_slot_slot);
    perform derive_payer(touched_payer_deal, touched_payer_payer);
end
$$;
