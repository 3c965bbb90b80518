-- Everything that happened, in the order of the chain. What becomes of a fault or a sample is told of its deal, too.

-- Pages by (block, log_index) merge the primary keys of the facts, so no page reads more than it shows.
-- Fields of a fact by name, all as text: a JSON number would lose the digits of an amount.
create function fields(fact json) returns json
language sql immutable strict parallel safe
return (select json_object_agg(key, value) from json_each_text(fact) where key not in ('block', 'log_index'));

create view event as
select block, log_index, 'Staking' as contract, 'TermsSet' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(terms_set)) as fields,
    null::bigint as commitment
from terms_set
union all
select block, log_index, 'Staking' as contract, 'TermsScheduled' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(terms_scheduled)) as fields,
    null::bigint as commitment
from terms_scheduled
union all
select block, log_index, 'Staking' as contract, 'KeySet' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(key_set)) as fields,
    null::bigint as commitment
from key_set
union all
select block, log_index, 'Staking' as contract, 'PayeeSet' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(payee_set)) as fields,
    null::bigint as commitment
from payee_set
union all
select block, log_index, 'Staking' as contract, 'Staked' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(staked)) as fields,
    null::bigint as commitment
from staked
union all
select block, log_index, 'Staking' as contract, 'ExitStarted' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(exit_started)) as fields,
    null::bigint as commitment
from exit_started
union all
select block, log_index, 'Staking' as contract, 'ExitCancelled' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(exit_cancelled)) as fields,
    null::bigint as commitment
from exit_cancelled
union all
select block, log_index, 'Staking' as contract, 'Crystallised' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(crystallised)) as fields,
    null::bigint as commitment
from crystallised
union all
select block, log_index, 'Staking' as contract, 'Withdrawn' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(withdrawn)) as fields,
    null::bigint as commitment
from withdrawn
union all
select block, log_index, 'Staking' as contract, 'RedelegationNamed' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(redelegation_named)) as fields,
    null::bigint as commitment
from redelegation_named
union all
select block, log_index, 'Staking' as contract, 'Redelegated' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(redelegated)) as fields,
    null::bigint as commitment
from redelegated
union all
select block, log_index, 'Staking' as contract, 'TrancheChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(tranche_changed)) as fields,
    null::bigint as commitment
from tranche_changed
union all
select block, log_index, 'Staking' as contract, 'ThawChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(thaw_changed)) as fields,
    null::bigint as commitment
from thaw_changed
union all
select block, log_index, 'Staking' as contract, 'OrphanChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(orphan_changed)) as fields,
    null::bigint as commitment
from orphan_changed
union all
select block, log_index, 'Staking' as contract, 'OrphanSwept' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(orphan_swept)) as fields,
    null::bigint as commitment
from orphan_swept
union all
select block, log_index, 'Staking' as contract, 'LockGranted' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(lock_granted)) as fields,
    null::bigint as commitment
from lock_granted
union all
select block, log_index, 'Staking' as contract, 'LockRegranted' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(lock_regranted)) as fields,
    null::bigint as commitment
from lock_regranted
union all
select block, log_index, 'Staking' as contract, 'LockReleased' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(lock_released)) as fields,
    null::bigint as commitment
from lock_released
union all
select block, log_index, 'Staking' as contract, 'Slashed' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(slashed)) as fields,
    null::bigint as commitment
from slashed
union all
select block, log_index, 'Staking' as contract, 'ShortfallSet' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(shortfall_set)) as fields,
    null::bigint as commitment
from shortfall_set
union all
select block, log_index, 'Staking' as contract, 'BurnQueued' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(burn_queued)) as fields,
    null::bigint as commitment
from burn_queued
union all
select block, log_index, 'Staking' as contract, 'SlashBurned' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slash_burned)) as fields,
    null::bigint as commitment
from slash_burned
union all
select block, log_index, 'Staking' as contract, 'QuarantineOpened' as name, provider as provider,
    customer as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(quarantine_opened)) as fields,
    null::bigint as commitment
from quarantine_opened
union all
select block, log_index, 'Staking' as contract, 'QuarantinePaid' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(quarantine_paid)) as fields,
    null::bigint as commitment
from quarantine_paid
union all
select block, log_index, 'Staking' as contract, 'QuarantineCancelled' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(quarantine_cancelled)) as fields,
    null::bigint as commitment
from quarantine_cancelled
union all
select block, log_index, 'Staking' as contract, 'RewardAdded' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_added)) as fields,
    null::bigint as commitment
from reward_added
union all
select block, log_index, 'Staking' as contract, 'DripChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(drip_changed)) as fields,
    null::bigint as commitment
from drip_changed
union all
select block, log_index, 'Staking' as contract, 'IndexChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(index_changed)) as fields,
    null::bigint as commitment
from index_changed
union all
select block, log_index, 'Staking' as contract, 'RewardSettled' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_settled)) as fields,
    null::bigint as commitment
from reward_settled
union all
select block, log_index, 'Staking' as contract, 'RewardClaimed' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_claimed)) as fields,
    null::bigint as commitment
from reward_claimed
union all
select block, log_index, 'Staking' as contract, 'ModuleScheduled' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(module_scheduled)) as fields,
    null::bigint as commitment
from module_scheduled
union all
select block, log_index, 'Staking' as contract, 'ModuleRemoved' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(module_removed)) as fields,
    null::bigint as commitment
from module_removed
union all
select block, log_index, 'Staking' as contract, 'StakingPaused' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(staking_paused)) as fields,
    null::bigint as commitment
from staking_paused
union all
select block, log_index, 'Staking' as contract, 'GuardianSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(guardian_set)) as fields,
    null::bigint as commitment
from guardian_set
union all
select block, log_index, 'Staking' as contract, 'CouncilSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(council_set)) as fields,
    null::bigint as commitment
from council_set
union all
select block, log_index, 'PriceGuard' as contract, 'PriceObserved' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(price_observed)) as fields,
    null::bigint as commitment
from price_observed
union all
select block, log_index, 'PriceGuard' as contract, 'SourceSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(source_set)) as fields,
    null::bigint as commitment
from source_set
union all
select block, log_index, 'Offers' as contract, 'ProfileSet' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(profile_set)) as fields,
    null::bigint as commitment
from profile_set
union all
select block, log_index, 'Offers' as contract, 'OfferCreated' as name, provider as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_created)) as fields,
    null::bigint as commitment
from offer_created
union all
select block, log_index, 'Offers' as contract, 'OfferLimitsSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_limits_set)) as fields,
    null::bigint as commitment
from offer_limits_set
union all
select block, log_index, 'Offers' as contract, 'OfferRootsSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_roots_set)) as fields,
    null::bigint as commitment
from offer_roots_set
union all
select block, log_index, 'Offers' as contract, 'OfferUpdated' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_updated)) as fields,
    null::bigint as commitment
from offer_updated
union all
select block, log_index, 'Offers' as contract, 'OfferRemoved' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_removed)) as fields,
    null::bigint as commitment
from offer_removed
union all
select block, log_index, 'Offers' as contract, 'UnitsTaken' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(units_taken)) as fields,
    null::bigint as commitment
from units_taken
union all
select block, log_index, 'Offers' as contract, 'UnitsReturned' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(units_returned)) as fields,
    null::bigint as commitment
from units_returned
union all
select block, log_index, 'Attributes' as contract, 'AttesterSet' as name, null::address as provider,
    attester as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(attester_set)) as fields,
    null::bigint as commitment
from attester_set
union all
select block, log_index, 'Attributes' as contract, 'AttributeAttested' as name, null::address as provider,
    subject as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(attribute_attested)) as fields,
    null::bigint as commitment
from attribute_attested
union all
select block, log_index, 'Attributes' as contract, 'AttributeRevoked' as name, null::address as provider,
    subject as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(attribute_revoked)) as fields,
    null::bigint as commitment
from attribute_revoked
union all
select block, log_index, 'Attributes' as contract, 'SecuritySet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(security_set)) as fields,
    null::bigint as commitment
from security_set
union all
select block, log_index, 'Deals' as contract, 'DealOpened' as name, null::address as provider,
    customer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deal_opened)) as fields,
    null::bigint as commitment
from deal_opened
union all
select block, log_index, 'Deals' as contract, 'DealTermsSet' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deal_terms_set)) as fields,
    null::bigint as commitment
from deal_terms_set
union all
select block, log_index, 'Deals' as contract, 'DealFunded' as name, null::address as provider,
    payer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deal_funded)) as fields,
    null::bigint as commitment
from deal_funded
union all
select block, log_index, 'Deals' as contract, 'SlotFunded' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_funded)) as fields,
    null::bigint as commitment
from slot_funded
union all
select block, log_index, 'Deals' as contract, 'SpareChanged' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(spare_changed)) as fields,
    null::bigint as commitment
from spare_changed
union all
select block, log_index, 'Deals' as contract, 'SlotAssigned' as name, provider as provider,
    null::address as account, deal as deal, offer as offer, lock as lock, fields(row_to_json(slot_assigned)) as fields,
    null::bigint as commitment
from slot_assigned
union all
select block, log_index, 'Deals' as contract, 'SlotDeclined' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_declined)) as fields,
    null::bigint as commitment
from slot_declined
union all
select block, log_index, 'Deals' as contract, 'SlotReady' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_ready)) as fields,
    null::bigint as commitment
from slot_ready
union all
select block, log_index, 'Deals' as contract, 'SlotSettled' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_settled)) as fields,
    null::bigint as commitment
from slot_settled
union all
select block, log_index, 'Deals' as contract, 'SlotCredited' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_credited)) as fields,
    null::bigint as commitment
from slot_credited
union all
select block, log_index, 'Deals' as contract, 'SlotRenewed' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_renewed)) as fields,
    null::bigint as commitment
from slot_renewed
union all
select block, log_index, 'Deals' as contract, 'SlotFinal' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_final)) as fields,
    null::bigint as commitment
from slot_final
union all
select block, log_index, 'Deals' as contract, 'MarginCallOpened' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(margin_call_opened)) as fields,
    null::bigint as commitment
from margin_call_opened
union all
select block, log_index, 'Deals' as contract, 'SlotToppedUp' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_topped_up)) as fields,
    null::bigint as commitment
from slot_topped_up
union all
select block, log_index, 'Deals' as contract, 'MarginCallCured' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(margin_call_cured)) as fields,
    null::bigint as commitment
from margin_call_cured
union all
select block, log_index, 'Deals' as contract, 'DealStopRequested' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deal_stop_requested)) as fields,
    null::bigint as commitment
from deal_stop_requested
union all
select block, log_index, 'Deals' as contract, 'SlotEnded' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_ended)) as fields,
    null::bigint as commitment
from slot_ended
union all
select block, log_index, 'Deals' as contract, 'Refunded' as name, null::address as provider,
    payer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(refunded)) as fields,
    null::bigint as commitment
from refunded
union all
select block, log_index, 'Deals' as contract, 'CreditAdded' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(credit_added)) as fields,
    null::bigint as commitment
from credit_added
union all
select block, log_index, 'Deals' as contract, 'StakersPaid' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(stakers_paid)) as fields,
    null::bigint as commitment
from stakers_paid
union all
select block, log_index, 'Deals' as contract, 'CreditClaimed' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(credit_claimed)) as fields,
    null::bigint as commitment
from credit_claimed
union all
select block, log_index, 'Deals' as contract, 'FeeSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fee_set)) as fields,
    null::bigint as commitment
from fee_set
union all
select block, log_index, 'Matching' as contract, 'RequestOpened' as name, null::address as provider,
    customer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_opened)) as fields,
    null::bigint as commitment
from request_opened
union all
select block, log_index, 'Matching' as contract, 'RequestProviderListed' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_provider_listed)) as fields,
    null::bigint as commitment
from request_provider_listed
union all
select block, log_index, 'Matching' as contract, 'RequestCriterionAdded' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_criterion_added)) as fields,
    null::bigint as commitment
from request_criterion_added
union all
select block, log_index, 'Matching' as contract, 'RequestCancelled' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_cancelled)) as fields,
    null::bigint as commitment
from request_cancelled
union all
select block, log_index, 'Matching' as contract, 'Proposed' as name, null::address as provider,
    proposer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(proposed)) as fields,
    null::bigint as commitment
from proposed
union all
select block, log_index, 'Matching' as contract, 'ProposalOffered' as name, null::address as provider,
    null::address as account, deal as deal, offer as offer, null::bigint as lock, fields(row_to_json(proposal_offered)) as fields,
    null::bigint as commitment
from proposal_offered
union all
select block, log_index, 'Matching' as contract, 'ProposalActivated' as name, null::address as provider,
    activator as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(proposal_activated)) as fields,
    null::bigint as commitment
from proposal_activated
union all
select block, log_index, 'Matching' as contract, 'RequestFeeSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_fee_set)) as fields,
    null::bigint as commitment
from request_fee_set
union all
select block, log_index, 'Matching' as contract, 'RequestsPausedUntil' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(requests_paused_until)) as fields,
    null::bigint as commitment
from requests_paused_until
union all
select block, log_index, (select name from contract where address = authority_updated.contract) as contract,
    'AuthorityUpdated' as name, null::address as provider, null::address as account, null::bigint as deal,
    null::bigint as offer, null::bigint as lock, fields(row_to_json(authority_updated)) as fields,
    null::bigint as commitment
from authority_updated
union all
select block, log_index, 'Attributes' as contract, 'AttesterSecured' as name, null::address as provider,
    attester as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(attester_secured)) as fields,
    null::bigint as commitment
from attester_secured
union all
select block, log_index, 'Attributes' as contract, 'AttesterSlashed' as name, null::address as provider,
    attester as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(attester_slashed)) as fields,
    null::bigint as commitment
from attester_slashed
union all
select block, log_index, 'Attributes' as contract, 'BudgetUsed' as name, null::address as provider,
    attester as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(budget_used)) as fields,
    null::bigint as commitment
from budget_used
union all
select block, log_index, 'Capacity' as contract, 'ClassAdded' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(class_added)) as fields,
    null::bigint as commitment
from class_added
union all
select block, log_index, 'Capacity' as contract, 'VerifierScheduled' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(verifier_scheduled)) as fields,
    null::bigint as commitment
from verifier_scheduled
union all
select block, log_index, 'Capacity' as contract, 'VerifierCancelled' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(verifier_cancelled)) as fields,
    null::bigint as commitment
from verifier_cancelled
union all
select block, log_index, 'Capacity' as contract, 'CollateralSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(collateral_set)) as fields,
    null::bigint as commitment
from collateral_set
union all
select block, log_index, 'Capacity' as contract, 'PledgesPausedUntil' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(pledges_paused_until)) as fields,
    null::bigint as commitment
from pledges_paused_until
union all
select block, log_index, 'Capacity' as contract, 'WindowOpened' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(window_opened)) as fields,
    null::bigint as commitment
from window_opened
union all
select block, log_index, 'Capacity' as contract, 'TargetSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(target_set)) as fields,
    null::bigint as commitment
from target_set
union all
select block, log_index, 'Capacity' as contract, 'CapacityPledged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(capacity_pledged)) as fields,
    commitment as commitment
from capacity_pledged
union all
select block, log_index, 'Capacity' as contract, 'CapacityRenewed' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(capacity_renewed)) as fields,
    commitment as commitment
from capacity_renewed
union all
select block, log_index, 'Capacity' as contract, 'CapacityEnded' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(capacity_ended)) as fields,
    commitment as commitment
from capacity_ended
union all
select block, log_index, 'Capacity' as contract, 'WindowCommitted' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(window_committed)) as fields,
    commitment as commitment
from window_committed
union all
select block, log_index, 'Capacity' as contract, 'WindowDrawn' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(window_drawn)) as fields,
    commitment as commitment
from window_drawn
union all
select block, log_index, 'Capacity' as contract, 'AuditAnswered' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(audit_answered)) as fields,
    commitment as commitment
from audit_answered
union all
select block, log_index, 'Capacity' as contract, 'LeafDemanded' as name, null::address as provider,
    demander as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(leaf_demanded)) as fields,
    commitment as commitment
from leaf_demanded
union all
select block, log_index, 'Capacity' as contract, 'LeafDelivered' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(leaf_delivered)) as fields,
    commitment as commitment
from leaf_delivered
union all
select block, log_index, 'Capacity' as contract, 'DemandReturned' as name, null::address as provider,
    demander as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(demand_returned)) as fields,
    commitment as commitment
from demand_returned
union all
select block, log_index, 'Capacity' as contract, 'ConvictionAnnounced' as name, null::address as provider,
    reporter as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(conviction_announced)) as fields,
    null::bigint as commitment
from conviction_announced
union all
select block, log_index, 'Capacity' as contract, 'CommitmentConvicted' as name, provider as provider,
    reporter as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(commitment_convicted)) as fields,
    commitment as commitment
from commitment_convicted
union all
select block, log_index, 'Capacity' as contract, 'WorkExcused' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(work_excused)) as fields,
    commitment as commitment
from work_excused
union all
select block, log_index, 'Capacity' as contract, 'EpochCredited' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(epoch_credited)) as fields,
    commitment as commitment
from epoch_credited
union all
select block, log_index, 'Capacity' as contract, 'DepositCredited' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deposit_credited)) as fields,
    null::bigint as commitment
from deposit_credited
union all
select block, log_index, 'Capacity' as contract, 'DepositClaimed' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deposit_claimed)) as fields,
    null::bigint as commitment
from deposit_claimed
union all
select block, log_index, 'Rewards' as contract, 'RewardsFunded' as name, null::address as provider,
    payer as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(rewards_funded)) as fields,
    null::bigint as commitment
from rewards_funded
union all
select block, log_index, 'Rewards' as contract, 'PoolSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(pool_set)) as fields,
    null::bigint as commitment
from pool_set
union all
select block, log_index, 'Rewards' as contract, 'BonusSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(bonus_set)) as fields,
    null::bigint as commitment
from bonus_set
union all
select block, log_index, 'Rewards' as contract, 'PoolOpened' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(pool_opened)) as fields,
    null::bigint as commitment
from pool_opened
union all
select block, log_index, 'Rewards' as contract, 'PoolAdjusted' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(pool_adjusted)) as fields,
    null::bigint as commitment
from pool_adjusted
union all
select block, log_index, 'Rewards' as contract, 'RewardEarned' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_earned)) as fields,
    commitment as commitment
from reward_earned
union all
select block, log_index, 'Rewards' as contract, 'RewardReleased' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_released)) as fields,
    commitment as commitment
from reward_released
union all
select block, log_index, 'Rewards' as contract, 'RewardForfeited' as name, null::address as provider,
    reporter as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_forfeited)) as fields,
    commitment as commitment
from reward_forfeited
union all
select block, log_index, 'Rewards' as contract, 'PoolSwept' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(pool_swept)) as fields,
    null::bigint as commitment
from pool_swept
union all
select block, log_index, 'Rewards' as contract, 'FeeRecorded' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fee_recorded)) as fields,
    null::bigint as commitment
from fee_recorded
union all
select block, log_index, 'Rewards' as contract, 'FeeRewarded' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fee_rewarded)) as fields,
    null::bigint as commitment
from fee_rewarded
union all
select block, log_index, 'Rewards' as contract, 'DemandSpent' as name, null::address as provider,
    attester as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(demand_spent)) as fields,
    null::bigint as commitment
from demand_spent
union all
select block, log_index, 'Rewards' as contract, 'RewardCredited' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_credited)) as fields,
    null::bigint as commitment
from reward_credited
union all
select block, log_index, 'Rewards' as contract, 'StakersRewarded' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(stakers_rewarded)) as fields,
    null::bigint as commitment
from stakers_rewarded
union all
select block, log_index, 'Rewards' as contract, 'RewardPaid' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_paid)) as fields,
    null::bigint as commitment
from reward_paid
union all
select block, log_index, 'FeeBurn' as contract, 'FeesCollected' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fees_collected)) as fields,
    null::bigint as commitment
from fees_collected
union all
select block, log_index, 'FeeBurn' as contract, 'LotStarted' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(lot_started)) as fields,
    null::bigint as commitment
from lot_started
union all
select block, log_index, 'FeeBurn' as contract, 'FeesSold' as name, null::address as provider,
    buyer as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fees_sold)) as fields,
    null::bigint as commitment
from fees_sold
union all
select block, log_index, 'FeeBurn' as contract, 'TreasuryPaid' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(treasury_paid)) as fields,
    null::bigint as commitment
from treasury_paid
union all
select block, log_index, 'FeeBurn' as contract, 'BurnShareSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(burn_share_set)) as fields,
    null::bigint as commitment
from burn_share_set
union all
select block, log_index, 'Matching' as contract, 'RequestStandbysSet' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_standbys_set)) as fields,
    null::bigint as commitment
from request_standbys_set
union all
select block, log_index, 'Matching' as contract, 'ProposalDropped' as name, null::address as provider,
    proposer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(proposal_dropped)) as fields,
    null::bigint as commitment
from proposal_dropped
union all
select block, log_index, 'Matching' as contract, 'ProposalInvalid' as name, null::address as provider,
    proposer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(proposal_invalid)) as fields,
    null::bigint as commitment
from proposal_invalid
union all
select block, log_index, 'Matching' as contract, 'OfferBarred' as name, null::address as provider,
    null::address as account, deal as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_barred)) as fields,
    null::bigint as commitment
from offer_barred
union all
select block, log_index, 'Matching' as contract, 'BondChanged' as name, null::address as provider,
    solver as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(bond_changed)) as fields,
    null::bigint as commitment
from bond_changed
union all
select block, log_index, 'Matching' as contract, 'BondSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(bond_set)) as fields,
    null::bigint as commitment
from bond_set
union all
select block, log_index, 'Deals' as contract, 'DealStandbysSet' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deal_standbys_set)) as fields,
    null::bigint as commitment
from deal_standbys_set
union all
select block, log_index, 'Deals' as contract, 'ServingEnded' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, lock as lock, fields(row_to_json(serving_ended)) as fields,
    null::bigint as commitment
from serving_ended
union all
select block, log_index, 'Deals' as contract, 'ServingReleased' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(serving_released)) as fields,
    null::bigint as commitment
from serving_released
union all
select block, log_index, 'Deals' as contract, 'StandbyPromoted' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, lock as lock, fields(row_to_json(standby_promoted)) as fields,
    null::bigint as commitment
from standby_promoted
union all
select block, log_index, 'Deals' as contract, 'StandbyDropped' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(standby_dropped)) as fields,
    null::bigint as commitment
from standby_dropped
union all
select block, log_index, 'Deals' as contract, 'SlotSeeking' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_seeking)) as fields,
    null::bigint as commitment
from slot_seeking
union all
select block, log_index, 'Deals' as contract, 'DowntimeDeducted' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(downtime_deducted)) as fields,
    null::bigint as commitment
from downtime_deducted
union all
select block, log_index, 'Deals' as contract, 'SlotStopped' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_stopped)) as fields,
    null::bigint as commitment
from slot_stopped
union all
select block, log_index, 'Deals' as contract, 'TipPaid' as name, null::address as provider,
    recipient as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(tip_paid)) as fields,
    null::bigint as commitment
from tip_paid
union all
select block, log_index, 'Probers' as contract, 'RulesSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(rules_set)) as fields,
    null::bigint as commitment
from rules_set
union all
select block, log_index, 'Probers' as contract, 'ProberRegistered' as name, null::address as provider,
    prober as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(prober_registered)) as fields,
    null::bigint as commitment
from prober_registered
union all
select block, log_index, 'Probers' as contract, 'ProberLeaving' as name, null::address as provider,
    prober as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(prober_leaving)) as fields,
    null::bigint as commitment
from prober_leaving
union all
select block, log_index, 'Probers' as contract, 'ProberWithdrawn' as name, null::address as provider,
    prober as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(prober_withdrawn)) as fields,
    null::bigint as commitment
from prober_withdrawn
union all
select block, log_index, 'Probers' as contract, 'ProberSlashed' as name, null::address as provider,
    prober as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(prober_slashed)) as fields,
    null::bigint as commitment
from prober_slashed
union all
select block, log_index, 'Probers' as contract, 'DayOpened' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(day_opened)) as fields,
    null::bigint as commitment
from day_opened
union all
select block, log_index, 'Probers' as contract, 'PotFunded' as name, null::address as provider,
    payer as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(pot_funded)) as fields,
    null::bigint as commitment
from pot_funded
union all
select block, log_index, 'Probers' as contract, 'ProberPaid' as name, null::address as provider,
    prober as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(prober_paid)) as fields,
    null::bigint as commitment
from prober_paid
union all
select block, log_index, 'Probers' as contract, 'ProberClaimed' as name, null::address as provider,
    prober as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(prober_claimed)) as fields,
    null::bigint as commitment
from prober_claimed
union all
select block, log_index, 'Faults' as contract, 'FaultRulesSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fault_rules_set)) as fields,
    null::bigint as commitment
from fault_rules_set
union all
select block, log_index, 'Faults' as contract, 'StatementsReported' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(statements_reported)) as fields,
    null::bigint as commitment
from statements_reported
union all
select block, log_index, 'Faults' as contract, 'StatementSigned' as name, null::address as provider,
    prober as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(statement_signed)) as fields,
    null::bigint as commitment
from statement_signed
union all
select block, log_index, 'Faults' as contract, 'SlotFlagged' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_flagged)) as fields,
    null::bigint as commitment
from slot_flagged
union all
select block, log_index, 'Faults' as contract, 'FlagAnswered' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(flag_answered)) as fields,
    null::bigint as commitment
from flag_answered
union all
select block, log_index, 'Faults' as contract, 'FlagLapsed' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(flag_lapsed)) as fields,
    null::bigint as commitment
from flag_lapsed
union all
select block, log_index, 'Faults' as contract, 'FailedOver' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(failed_over)) as fields,
    null::bigint as commitment
from failed_over
union all
select block, log_index, 'Faults' as contract, 'RecordChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(record_changed)) as fields,
    null::bigint as commitment
from record_changed
union all
select block, log_index, 'Faults' as contract, 'ServedNoted' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(served_noted)) as fields,
    null::bigint as commitment
from served_noted
union all
select block, log_index, 'Faults' as contract, 'ServedCounted' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(served_counted)) as fields,
    null::bigint as commitment
from served_counted
union all
select block, log_index, 'Faults' as contract, 'NoticeGiven' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(notice_given)) as fields,
    null::bigint as commitment
from notice_given
union all
select block, log_index, 'Faults' as contract, 'FaultProposed' as name, provider as provider,
    reporter as account, deal as deal, null::bigint as offer, lock as lock, fields(row_to_json(fault_proposed)) as fields,
    null::bigint as commitment
from fault_proposed
union all
select block, log_index, 'Faults' as contract, 'FaultAppealed' as name, (select p.provider from fault_proposed as p where p.fault = fault_appealed.fault limit 1) as provider,
    appellant as account, (select p.deal from fault_proposed as p where p.fault = fault_appealed.fault limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fault_appealed)) as fields,
    null::bigint as commitment
from fault_appealed
union all
select block, log_index, 'Faults' as contract, 'FaultDecided' as name, (select p.provider from fault_proposed as p where p.fault = fault_decided.fault limit 1) as provider,
    null::address as account, (select p.deal from fault_proposed as p where p.fault = fault_decided.fault limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fault_decided)) as fields,
    null::bigint as commitment
from fault_decided
union all
select block, log_index, 'Faults' as contract, 'FaultExecuted' as name, provider as provider,
    null::address as account, (select p.deal from fault_proposed as p where p.fault = fault_executed.fault limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fault_executed)) as fields,
    null::bigint as commitment
from fault_executed
union all
select block, log_index, 'Deals' as contract, 'SlotRedeemed' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_redeemed)) as fields,
    null::bigint as commitment
from slot_redeemed
union all
select block, log_index, 'Deals' as contract, 'RoyaltyCredited' as name, null::address as provider,
    author as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(royalty_credited)) as fields,
    null::bigint as commitment
from royalty_credited
union all
select block, log_index, 'Vouchers' as contract, 'GatewaySet' as name, null::address as provider,
    customer as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(gateway_set)) as fields,
    null::bigint as commitment
from gateway_set
union all
select block, log_index, 'Vouchers' as contract, 'GatewayRevocation' as name, null::address as provider,
    customer as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(gateway_revocation)) as fields,
    null::bigint as commitment
from gateway_revocation
union all
select block, log_index, 'Vouchers' as contract, 'VoucherRedeemed' as name, null::address as provider,
    gateway as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(voucher_redeemed)) as fields,
    null::bigint as commitment
from voucher_redeemed
union all
select block, log_index, 'Modules' as contract, 'ModulePublished' as name, null::address as provider,
    author as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(module_published)) as fields,
    null::bigint as commitment
from module_published
union all
select block, log_index, 'Modules' as contract, 'ModuleRoyaltySet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(module_royalty_set)) as fields,
    null::bigint as commitment
from module_royalty_set
union all
select block, log_index, 'Modules' as contract, 'ModuleNamed' as name, null::address as provider,
    author as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(module_named)) as fields,
    null::bigint as commitment
from module_named
union all
select block, log_index, 'Matching' as contract, 'RequestKeySet' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_key_set)) as fields,
    null::bigint as commitment
from request_key_set
union all
select block, log_index, 'Proofs' as contract, 'JobAsked' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(job_asked)) as fields,
    null::bigint as commitment
from job_asked
union all
select block, log_index, 'Proofs' as contract, 'ComputeAttested' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(compute_attested)) as fields,
    null::bigint as commitment
from compute_attested
union all
select block, log_index, 'Proofs' as contract, 'VerifierSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(verifier_set)) as fields,
    null::bigint as commitment
from verifier_set
union all
select block, log_index, 'Groth16' as contract, 'KeyRegistered' as name, null::address as provider,
    registrant as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(key_registered)) as fields,
    null::bigint as commitment
from key_registered
union all
select block, log_index, 'Sampled' as contract, 'SampleCommitted' as name, provider as provider,
    null::address as account, (select a.deal from job_asked as a where a.job = sample_committed.job limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(sample_committed)) as fields,
    null::bigint as commitment
from sample_committed
union all
select block, log_index, 'Sampled' as contract, 'SampleDrawn' as name, (select a.provider from job_asked as a where a.job = sample_drawn.job limit 1) as provider,
    null::address as account, (select a.deal from job_asked as a where a.job = sample_drawn.job limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(sample_drawn)) as fields,
    null::bigint as commitment
from sample_drawn
union all
select block, log_index, 'Sampled' as contract, 'SampleExecutor' as name, (select a.provider from job_asked as a where a.job = sample_executor.job limit 1) as provider,
    executor as account, (select a.deal from job_asked as a where a.job = sample_executor.job limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(sample_executor)) as fields,
    null::bigint as commitment
from sample_executor
union all
select block, log_index, 'Sampled' as contract, 'OutputsSealed' as name, (select a.provider from job_asked as a where a.job = outputs_sealed.job limit 1) as provider,
    executor as account, (select a.deal from job_asked as a where a.job = outputs_sealed.job limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(outputs_sealed)) as fields,
    null::bigint as commitment
from outputs_sealed
union all
select block, log_index, 'Sampled' as contract, 'ChunksOpened' as name, (select a.provider from job_asked as a where a.job = chunks_opened.job limit 1) as provider,
    null::address as account, (select a.deal from job_asked as a where a.job = chunks_opened.job limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(chunks_opened)) as fields,
    null::bigint as commitment
from chunks_opened
union all
select block, log_index, 'Sampled' as contract, 'OutputsRevealed' as name, (select a.provider from job_asked as a where a.job = outputs_revealed.job limit 1) as provider,
    executor as account, (select a.deal from job_asked as a where a.job = outputs_revealed.job limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(outputs_revealed)) as fields,
    null::bigint as commitment
from outputs_revealed
union all
select block, log_index, 'Sampled' as contract, 'PlantsShown' as name, (select a.provider from job_asked as a where a.job = plants_shown.job limit 1) as provider,
    null::address as account, (select a.deal from job_asked as a where a.job = plants_shown.job limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(plants_shown)) as fields,
    null::bigint as commitment
from plants_shown
union all
select block, log_index, 'Sampled' as contract, 'SampleFinished' as name, (select a.provider from job_asked as a where a.job = sample_finished.job limit 1) as provider,
    null::address as account, (select a.deal from job_asked as a where a.job = sample_finished.job limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(sample_finished)) as fields,
    null::bigint as commitment
from sample_finished
union all
select block, log_index, 'Sampled' as contract, 'SampleClosed' as name, (select a.provider from job_asked as a where a.job = sample_closed.job limit 1) as provider,
    null::address as account, (select a.deal from job_asked as a where a.job = sample_closed.job limit 1) as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(sample_closed)) as fields,
    null::bigint as commitment
from sample_closed
union all
select block, log_index, 'Sampled' as contract, 'ExecutorCredited' as name, null::address as provider,
    executor as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(executor_credited)) as fields,
    null::bigint as commitment
from executor_credited
union all
select block, log_index, 'Sampled' as contract, 'ExecutorClaimed' as name, null::address as provider,
    executor as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(executor_claimed)) as fields,
    null::bigint as commitment
from executor_claimed;
comment on view event is 'Every fact with its contract, its name and whom it is about.';
