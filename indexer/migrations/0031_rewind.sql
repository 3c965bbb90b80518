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
    touched_capacity_class integer[] := array(select class from capacity_class where changed > to_block);
    touched_commitment bigint[] := array(select commitment from commitment where changed > to_block);
    touched_reward_credit bytea[] := array(select account from reward_credit where changed > to_block);
    touched_deposit bytea[] := array(select account from deposit where changed > to_block);
    touched_commitment_epoch_commitment bigint[];
    touched_commitment_epoch_epoch bigint[];
    touched_pool_epoch_class integer[];
    touched_pool_epoch_epoch bigint[];
    touched_serving_usage_deal bigint[];
    touched_serving_usage_slot integer[];
    touched_serving_usage_serving bigint[];
begin
    select array_agg(commitment), array_agg(epoch)
    into touched_commitment_epoch_commitment, touched_commitment_epoch_epoch
    from commitment_epoch where changed > to_block;

    select array_agg(class), array_agg(epoch)
    into touched_pool_epoch_class, touched_pool_epoch_epoch
    from pool_epoch where changed > to_block;

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

    select array_agg(deal), array_agg(slot), array_agg(serving)
    into touched_serving_usage_deal, touched_serving_usage_slot, touched_serving_usage_serving
    from serving_usage where changed > to_block;

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
    delete from security_set where block > to_block;
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
    delete from attester_secured where block > to_block;
    delete from attester_slashed where block > to_block;
    delete from budget_used where block > to_block;
    delete from class_added where block > to_block;
    delete from verifier_scheduled where block > to_block;
    delete from verifier_cancelled where block > to_block;
    delete from collateral_set where block > to_block;
    delete from pledges_paused_until where block > to_block;
    delete from window_opened where block > to_block;
    delete from target_set where block > to_block;
    delete from capacity_pledged where block > to_block;
    delete from capacity_renewed where block > to_block;
    delete from capacity_ended where block > to_block;
    delete from window_committed where block > to_block;
    delete from window_drawn where block > to_block;
    delete from audit_answered where block > to_block;
    delete from leaf_demanded where block > to_block;
    delete from leaf_delivered where block > to_block;
    delete from demand_returned where block > to_block;
    delete from conviction_announced where block > to_block;
    delete from commitment_convicted where block > to_block;
    delete from work_excused where block > to_block;
    delete from epoch_credited where block > to_block;
    delete from deposit_credited where block > to_block;
    delete from deposit_claimed where block > to_block;
    delete from rewards_funded where block > to_block;
    delete from pool_set where block > to_block;
    delete from bonus_set where block > to_block;
    delete from pool_opened where block > to_block;
    delete from pool_adjusted where block > to_block;
    delete from reward_earned where block > to_block;
    delete from reward_released where block > to_block;
    delete from reward_forfeited where block > to_block;
    delete from pool_swept where block > to_block;
    delete from fee_recorded where block > to_block;
    delete from fee_rewarded where block > to_block;
    delete from demand_spent where block > to_block;
    delete from reward_credited where block > to_block;
    delete from stakers_rewarded where block > to_block;
    delete from reward_paid where block > to_block;
    delete from fees_collected where block > to_block;
    delete from lot_started where block > to_block;
    delete from fees_sold where block > to_block;
    delete from treasury_paid where block > to_block;
    delete from burn_share_set where block > to_block;
    delete from request_standbys_set where block > to_block;
    delete from proposal_dropped where block > to_block;
    delete from proposal_invalid where block > to_block;
    delete from offer_barred where block > to_block;
    delete from bond_changed where block > to_block;
    delete from bond_set where block > to_block;
    delete from deal_standbys_set where block > to_block;
    delete from serving_ended where block > to_block;
    delete from serving_released where block > to_block;
    delete from standby_promoted where block > to_block;
    delete from standby_dropped where block > to_block;
    delete from slot_seeking where block > to_block;
    delete from downtime_deducted where block > to_block;
    delete from slot_stopped where block > to_block;
    delete from tip_paid where block > to_block;
    delete from rules_set where block > to_block;
    delete from prober_registered where block > to_block;
    delete from prober_leaving where block > to_block;
    delete from prober_withdrawn where block > to_block;
    delete from prober_slashed where block > to_block;
    delete from day_opened where block > to_block;
    delete from pot_funded where block > to_block;
    delete from prober_paid where block > to_block;
    delete from prober_claimed where block > to_block;
    delete from fault_rules_set where block > to_block;
    delete from statements_reported where block > to_block;
    delete from statement_signed where block > to_block;
    delete from slot_flagged where block > to_block;
    delete from flag_answered where block > to_block;
    delete from flag_lapsed where block > to_block;
    delete from failed_over where block > to_block;
    delete from record_changed where block > to_block;
    delete from served_noted where block > to_block;
    delete from served_counted where block > to_block;
    delete from notice_given where block > to_block;
    delete from fault_proposed where block > to_block;
    delete from fault_appealed where block > to_block;
    delete from fault_decided where block > to_block;
    delete from fault_executed where block > to_block;
    delete from slot_redeemed where block > to_block;
    delete from royalty_credited where block > to_block;
    delete from gateway_set where block > to_block;
    delete from gateway_revocation where block > to_block;
    delete from voucher_redeemed where block > to_block;
    delete from module_published where block > to_block;
    delete from module_royalty_set where block > to_block;
    delete from module_named where block > to_block;
    delete from request_key_set where block > to_block;
    delete from job_asked where block > to_block;
    delete from compute_attested where block > to_block;
    delete from verifier_set where block > to_block;
    delete from key_registered where block > to_block;
    delete from sample_committed where block > to_block;
    delete from sample_drawn where block > to_block;
    delete from sample_executor where block > to_block;
    delete from outputs_sealed where block > to_block;
    delete from chunks_opened where block > to_block;
    delete from outputs_revealed where block > to_block;
    delete from plants_shown where block > to_block;
    delete from sample_finished where block > to_block;
    delete from sample_closed where block > to_block;
    delete from executor_credited where block > to_block;
    delete from executor_claimed where block > to_block;
    delete from network_total where block > to_block;
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
    perform derive_capacity_class(touched_capacity_class);
    perform derive_commitment_epoch(touched_commitment_epoch_commitment, touched_commitment_epoch_epoch);
    perform derive_commitment(touched_commitment);
    perform derive_pool_epoch(touched_pool_epoch_class, touched_pool_epoch_epoch);
    perform derive_reward_credit(touched_reward_credit);
    perform derive_deposit(touched_deposit);
    perform derive_serving_usage(touched_serving_usage_deal, touched_serving_usage_slot, touched_serving_usage_serving);
end
$$;
