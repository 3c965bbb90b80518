-- Indexes beyond the keys. A backfill copies into tables without them and creates these at its end, several tables at a time.
--
-- Of facts: by key of the state that is recomputed from them, then by place, so that the last fact of a key is one descent.

create function wanted_index() returns table (indexed name, index name, statement text)
language sql stable
as $$
    select indexed, index, format('create index if not exists %I on %I (%s)', index, indexed, columns)
    from (
        select
            fact::name,
            (fact || '_by_' || replace(replace(columns, '"', ''), ', ', '_'))::name,
            columns || ', block, log_index'
        from (values
            ('provider', array[
                'terms_set', 'terms_scheduled', 'profile_set', 'orphan_changed', 'shortfall_set', 'lock_granted',
                'lock_regranted', 'lock_released', 'slashed', 'slot_credited', 'slot_assigned', 'stakers_paid',
                'reward_added', 'quarantine_opened', 'offer_created'
            ]),
            ('provider, is_own', array['tranche_changed', 'thaw_changed', 'index_changed', 'drip_changed']),
            ('provider, account', array['staked', 'exit_started', 'exit_cancelled', 'reward_settled', 'reward_claimed']),
            ('provider, day', array[
                'exit_started', 'exit_cancelled', 'withdrawn', 'redelegated', 'redelegation_named', 'crystallised'
            ]),
            ('account', array[
                'key_set', 'payee_set', 'staked', 'exit_started', 'withdrawn', 'redelegated', 'reward_claimed',
                'credit_added', 'credit_claimed'
            ]),
            ('lock', array['lock_granted', 'lock_regranted', 'lock_released', 'slashed', 'quarantine_opened']),
            ('quarantine', array['quarantine_opened', 'quarantine_paid', 'quarantine_cancelled']),
            ('day', array['burn_queued', 'slash_burned']),
            ('id', array['module_scheduled', 'module_removed']),
            ('offer', array[
                'offer_created', 'offer_updated', 'offer_removed', 'offer_limits_set', 'offer_roots_set',
                'units_taken', 'units_returned', 'slot_assigned'
            ]),
            ('subject', array['attribute_attested', 'attribute_revoked']),
            ('attester', array['attester_set']),
            ('deal', array[
                'deal_opened', 'deal_terms_set', 'deal_funded', 'refunded', 'spare_changed', 'deal_stop_requested',
                'request_opened', 'request_cancelled', 'request_provider_listed', 'request_criterion_added',
                'proposed', 'proposal_offered', 'proposal_activated', 'slot_ready'
            ]),
            ('deal, slot', array[
                'slot_funded', 'slot_assigned', 'slot_declined', 'slot_ready', 'slot_settled', 'slot_credited',
                'slot_renewed', 'slot_final', 'margin_call_opened', 'margin_call_cured', 'slot_topped_up',
                'slot_ended'
            ]),
            ('customer', array['deal_opened']),
            ('provider', array['capacity_pledged', 'fee_rewarded', 'stakers_rewarded']),
            ('account', array['reward_credited', 'reward_paid', 'deposit_credited', 'deposit_claimed']),
            ('commitment', array[
                'capacity_pledged', 'capacity_renewed', 'capacity_ended', 'commitment_convicted', 'reward_released',
                'reward_forfeited', 'reward_earned'
            ]),
            ('commitment, "window"', array[
                'window_committed', 'window_drawn', 'audit_answered', 'leaf_demanded', 'leaf_delivered',
                'demand_returned'
            ]),
            ('commitment, epoch', array['work_excused', 'epoch_credited', 'reward_earned']),
            ('class', array[
                'class_added', 'verifier_scheduled', 'verifier_cancelled', 'collateral_set', 'target_set', 'pool_set',
                'pool_opened', 'pool_adjusted'
            ]),
            ('class, epoch', array['target_set', 'pool_opened', 'pool_swept']),
            ('"window"', array['window_opened']),
            ('deal, slot', array['fee_recorded', 'fee_rewarded', 'demand_spent']),
            ('attester', array['attester_secured', 'attester_slashed']),
            ('attester, epoch', array['budget_used']),
            ('provider', array[
                'record_changed', 'slot_flagged', 'failed_over', 'fault_proposed', 'statements_reported'
            ]),
            ('solver', array['bond_changed']),
            ('lock', array['slot_assigned', 'standby_promoted', 'fault_proposed']),
            ('deal', array['request_standbys_set', 'deal_standbys_set', 'tip_paid', 'standby_promoted']),
            ('deal, round', array[
                'proposed', 'proposal_offered', 'proposal_activated', 'proposal_dropped', 'proposal_invalid'
            ]),
            ('deal, offer', array['offer_barred']),
            ('deal, slot', array[
                'serving_ended', 'slot_seeking', 'slot_stopped', 'standby_promoted', 'serving_released', 'slot_flagged',
                'flag_answered', 'flag_lapsed', 'failed_over', 'statements_reported', 'notice_given', 'fault_proposed'
            ]),
            ('deal, standby', array['standby_promoted', 'standby_dropped']),
            ('prober', array[
                'prober_registered', 'prober_leaving', 'prober_withdrawn', 'prober_slashed', 'prober_paid',
                'prober_claimed', 'statement_signed'
            ]),
            ('day', array['day_opened']),
            ('fault', array['fault_proposed', 'fault_appealed', 'fault_decided', 'fault_executed']),
            ('deal, slot', array['slot_redeemed', 'voucher_redeemed']),
            ('deal, slot, serving', array['slot_redeemed', 'voucher_redeemed']),
            ('gateway', array['voucher_redeemed']),
            ('customer, gateway', array['gateway_set', 'gateway_revocation']),
            ('deal', array['royalty_credited', 'module_named', 'request_key_set', 'job_asked']),
            ('author', array['module_published', 'royalty_credited']),
            ('module', array['module_published', 'module_royalty_set', 'module_named']),
            ('job', array[
                'job_asked', 'compute_attested', 'sample_committed', 'sample_drawn', 'sample_executor',
                'outputs_sealed', 'chunks_opened', 'outputs_revealed', 'plants_shown', 'sample_finished',
                'sample_closed'
            ]),
            ('provider', array['job_asked']),
            ('executor', array['sample_executor', 'executor_credited', 'executor_claimed']),
            -- What events are asked for by, where nothing is derived by it: in order, or the planner goes through the whole table
            -- for a key that it has little of. Not what every settlement or stake changes (`fee_recorded`, `tranche_changed`,
            -- `thaw_changed`, `index_changed`, `drip_changed`) by provider: a backfill would pay more for it than a page saves.
            ('provider', array[
                'orphan_swept', 'slot_declined', 'slot_ready', 'slot_renewed', 'slot_final', 'margin_call_opened',
                'margin_call_cured', 'slot_topped_up', 'slot_ended', 'slot_stopped', 'slot_redeemed', 'serving_ended',
                'serving_released', 'standby_promoted', 'standby_dropped', 'notice_given', 'served_noted',
                'served_counted', 'flag_answered', 'flag_lapsed', 'fault_executed', 'request_provider_listed',
                'capacity_renewed', 'capacity_ended', 'commitment_convicted', 'reward_earned', 'reward_released',
                'compute_attested', 'sample_committed', 'staked', 'exit_started', 'exit_cancelled', 'withdrawn', 'redelegated',
                'redelegation_named', 'crystallised', 'reward_settled', 'reward_claimed'
            ]),
            ('account', array['exit_cancelled', 'redelegation_named', 'reward_settled']),
            ('payer', array['deal_funded', 'refunded', 'rewards_funded', 'pot_funded']),
            ('customer', array['request_opened', 'quarantine_opened']),
            ('proposer', array['proposed', 'proposal_dropped', 'proposal_invalid']),
            ('activator', array['proposal_activated']),
            ('recipient', array['tip_paid']),
            ('demander', array['leaf_demanded', 'demand_returned']),
            ('reporter', array['conviction_announced', 'commitment_convicted', 'reward_forfeited', 'fault_proposed']),
            ('attester', array['demand_spent']),
            ('buyer', array['fees_sold']),
            ('appellant', array['fault_appealed']),
            ('author', array['module_named']),
            ('registrant', array['key_registered']),
            ('executor', array['outputs_sealed', 'outputs_revealed']),
            ('deal', array[
                'slot_funded', 'slot_assigned', 'slot_declined', 'slot_settled', 'slot_credited', 'slot_redeemed',
                'slot_renewed', 'slot_final', 'slot_topped_up', 'slot_ended', 'slot_seeking', 'slot_stopped', 'slot_flagged',
                'margin_call_opened', 'margin_call_cured', 'voucher_redeemed', 'fee_recorded', 'fee_rewarded', 'demand_spent',
                'downtime_deducted', 'statements_reported', 'statement_signed', 'served_noted', 'served_counted',
                'serving_ended', 'serving_released', 'standby_dropped', 'flag_answered', 'flag_lapsed', 'failed_over',
                'notice_given', 'fault_proposed', 'compute_attested', 'work_excused', 'proposal_dropped', 'proposal_invalid',
                'offer_barred'
            ]),
            ('commitment', array[
                'window_committed', 'window_drawn', 'audit_answered', 'leaf_demanded', 'leaf_delivered', 'demand_returned',
                'work_excused', 'epoch_credited'
            ]),
            ('lock', array['capacity_pledged', 'serving_ended', 'attester_secured', 'attester_slashed'])
        ) as list (columns, facts)
        cross join unnest(facts) as fact
        union all
        -- What state is listed by beside its key.
        select state::name, (state || '_by_' || replace(columns, ', ', '_'))::name, columns
        from (values
            ('block', 'timestamp, number'),
            ('position', 'account'),
            -- Who holds more shares of the same tranche has more stake.
            ('position', 'provider, is_own, generation, shares, account'),
            ('ticket', 'account, day, provider'),
            ('stake_lock', 'provider'),
            ('offer', 'provider'),
            ('deal', 'customer, deal'),
            ('slot', 'provider, deal'),
            ('slot', 'lock'),
            ('payer', 'payer'),
            ('commitment', 'provider, commitment'),
            ('commitment', 'lock'),
            ('commitment_epoch', 'class, epoch'),
            ('commitment_epoch', 'provider, epoch, commitment')
        ) as list (state, columns)
    ) as wanted (indexed, index, columns)
$$;

-- One after another, for whoever has little to index.
create function create_indexes() returns void
language plpgsql
as $$
declare
    wanted record;
begin
    for wanted in select statement from wanted_index() loop
        execute wanted.statement;
    end loop;
end
$$;
