-- Everything that happened, in the order of the chain.

-- Pages by (block, log_index) merge the primary keys of the facts, so no page reads more than it shows.
-- Fields of a fact by name, all as text: a JSON number would lose the digits of an amount.
create function fields(fact json) returns json
language sql immutable strict parallel safe
return (select json_object_agg(key, value) from json_each_text(fact) where key not in ('block', 'log_index'));

create view event as
select block, log_index, 'Staking' as contract, 'TermsSet' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(terms_set)) as fields
from terms_set
union all
select block, log_index, 'Staking' as contract, 'TermsScheduled' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(terms_scheduled)) as fields
from terms_scheduled
union all
select block, log_index, 'Staking' as contract, 'KeySet' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(key_set)) as fields
from key_set
union all
select block, log_index, 'Staking' as contract, 'PayeeSet' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(payee_set)) as fields
from payee_set
union all
select block, log_index, 'Staking' as contract, 'Staked' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(staked)) as fields
from staked
union all
select block, log_index, 'Staking' as contract, 'ExitStarted' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(exit_started)) as fields
from exit_started
union all
select block, log_index, 'Staking' as contract, 'ExitCancelled' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(exit_cancelled)) as fields
from exit_cancelled
union all
select block, log_index, 'Staking' as contract, 'Crystallised' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(crystallised)) as fields
from crystallised
union all
select block, log_index, 'Staking' as contract, 'Withdrawn' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(withdrawn)) as fields
from withdrawn
union all
select block, log_index, 'Staking' as contract, 'RedelegationNamed' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(redelegation_named)) as fields
from redelegation_named
union all
select block, log_index, 'Staking' as contract, 'Redelegated' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(redelegated)) as fields
from redelegated
union all
select block, log_index, 'Staking' as contract, 'TrancheChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(tranche_changed)) as fields
from tranche_changed
union all
select block, log_index, 'Staking' as contract, 'ThawChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(thaw_changed)) as fields
from thaw_changed
union all
select block, log_index, 'Staking' as contract, 'OrphanChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(orphan_changed)) as fields
from orphan_changed
union all
select block, log_index, 'Staking' as contract, 'OrphanSwept' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(orphan_swept)) as fields
from orphan_swept
union all
select block, log_index, 'Staking' as contract, 'LockGranted' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(lock_granted)) as fields
from lock_granted
union all
select block, log_index, 'Staking' as contract, 'LockRegranted' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(lock_regranted)) as fields
from lock_regranted
union all
select block, log_index, 'Staking' as contract, 'LockReleased' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(lock_released)) as fields
from lock_released
union all
select block, log_index, 'Staking' as contract, 'Slashed' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(slashed)) as fields
from slashed
union all
select block, log_index, 'Staking' as contract, 'ShortfallSet' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(shortfall_set)) as fields
from shortfall_set
union all
select block, log_index, 'Staking' as contract, 'BurnQueued' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(burn_queued)) as fields
from burn_queued
union all
select block, log_index, 'Staking' as contract, 'SlashBurned' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slash_burned)) as fields
from slash_burned
union all
select block, log_index, 'Staking' as contract, 'QuarantineOpened' as name, provider as provider,
    customer as account, null::bigint as deal, null::bigint as offer, lock as lock, fields(row_to_json(quarantine_opened)) as fields
from quarantine_opened
union all
select block, log_index, 'Staking' as contract, 'QuarantinePaid' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(quarantine_paid)) as fields
from quarantine_paid
union all
select block, log_index, 'Staking' as contract, 'QuarantineCancelled' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(quarantine_cancelled)) as fields
from quarantine_cancelled
union all
select block, log_index, 'Staking' as contract, 'RewardAdded' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_added)) as fields
from reward_added
union all
select block, log_index, 'Staking' as contract, 'DripChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(drip_changed)) as fields
from drip_changed
union all
select block, log_index, 'Staking' as contract, 'IndexChanged' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(index_changed)) as fields
from index_changed
union all
select block, log_index, 'Staking' as contract, 'RewardSettled' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_settled)) as fields
from reward_settled
union all
select block, log_index, 'Staking' as contract, 'RewardClaimed' as name, provider as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(reward_claimed)) as fields
from reward_claimed
union all
select block, log_index, 'Staking' as contract, 'ModuleScheduled' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(module_scheduled)) as fields
from module_scheduled
union all
select block, log_index, 'Staking' as contract, 'ModuleRemoved' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(module_removed)) as fields
from module_removed
union all
select block, log_index, 'Staking' as contract, 'StakingPaused' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(staking_paused)) as fields
from staking_paused
union all
select block, log_index, 'Staking' as contract, 'GuardianSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(guardian_set)) as fields
from guardian_set
union all
select block, log_index, 'Staking' as contract, 'CouncilSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(council_set)) as fields
from council_set
union all
select block, log_index, 'PriceGuard' as contract, 'PriceObserved' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(price_observed)) as fields
from price_observed
union all
select block, log_index, 'PriceGuard' as contract, 'SourceSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(source_set)) as fields
from source_set
union all
select block, log_index, 'Offers' as contract, 'ProfileSet' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(profile_set)) as fields
from profile_set
union all
select block, log_index, 'Offers' as contract, 'OfferCreated' as name, provider as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_created)) as fields
from offer_created
union all
select block, log_index, 'Offers' as contract, 'OfferLimitsSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_limits_set)) as fields
from offer_limits_set
union all
select block, log_index, 'Offers' as contract, 'OfferRootsSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_roots_set)) as fields
from offer_roots_set
union all
select block, log_index, 'Offers' as contract, 'OfferUpdated' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_updated)) as fields
from offer_updated
union all
select block, log_index, 'Offers' as contract, 'OfferRemoved' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(offer_removed)) as fields
from offer_removed
union all
select block, log_index, 'Offers' as contract, 'UnitsTaken' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(units_taken)) as fields
from units_taken
union all
select block, log_index, 'Offers' as contract, 'UnitsReturned' as name, null::address as provider,
    null::address as account, null::bigint as deal, offer as offer, null::bigint as lock, fields(row_to_json(units_returned)) as fields
from units_returned
union all
select block, log_index, 'Attributes' as contract, 'AttesterSet' as name, null::address as provider,
    attester as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(attester_set)) as fields
from attester_set
union all
select block, log_index, 'Attributes' as contract, 'AttributeAttested' as name, null::address as provider,
    subject as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(attribute_attested)) as fields
from attribute_attested
union all
select block, log_index, 'Attributes' as contract, 'AttributeRevoked' as name, null::address as provider,
    subject as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(attribute_revoked)) as fields
from attribute_revoked
union all
select block, log_index, 'Deals' as contract, 'DealOpened' as name, null::address as provider,
    customer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deal_opened)) as fields
from deal_opened
union all
select block, log_index, 'Deals' as contract, 'DealTermsSet' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deal_terms_set)) as fields
from deal_terms_set
union all
select block, log_index, 'Deals' as contract, 'DealFunded' as name, null::address as provider,
    payer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deal_funded)) as fields
from deal_funded
union all
select block, log_index, 'Deals' as contract, 'SlotFunded' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_funded)) as fields
from slot_funded
union all
select block, log_index, 'Deals' as contract, 'SpareChanged' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(spare_changed)) as fields
from spare_changed
union all
select block, log_index, 'Deals' as contract, 'SlotAssigned' as name, provider as provider,
    null::address as account, deal as deal, offer as offer, lock as lock, fields(row_to_json(slot_assigned)) as fields
from slot_assigned
union all
select block, log_index, 'Deals' as contract, 'SlotDeclined' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_declined)) as fields
from slot_declined
union all
select block, log_index, 'Deals' as contract, 'SlotReady' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_ready)) as fields
from slot_ready
union all
select block, log_index, 'Deals' as contract, 'SlotSettled' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_settled)) as fields
from slot_settled
union all
select block, log_index, 'Deals' as contract, 'SlotCredited' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_credited)) as fields
from slot_credited
union all
select block, log_index, 'Deals' as contract, 'SlotRenewed' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_renewed)) as fields
from slot_renewed
union all
select block, log_index, 'Deals' as contract, 'SlotFinal' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_final)) as fields
from slot_final
union all
select block, log_index, 'Deals' as contract, 'MarginCallOpened' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(margin_call_opened)) as fields
from margin_call_opened
union all
select block, log_index, 'Deals' as contract, 'SlotToppedUp' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_topped_up)) as fields
from slot_topped_up
union all
select block, log_index, 'Deals' as contract, 'MarginCallCured' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(margin_call_cured)) as fields
from margin_call_cured
union all
select block, log_index, 'Deals' as contract, 'DealStopRequested' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(deal_stop_requested)) as fields
from deal_stop_requested
union all
select block, log_index, 'Deals' as contract, 'SlotEnded' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(slot_ended)) as fields
from slot_ended
union all
select block, log_index, 'Deals' as contract, 'Refunded' as name, null::address as provider,
    payer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(refunded)) as fields
from refunded
union all
select block, log_index, 'Deals' as contract, 'CreditAdded' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(credit_added)) as fields
from credit_added
union all
select block, log_index, 'Deals' as contract, 'StakersPaid' as name, provider as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(stakers_paid)) as fields
from stakers_paid
union all
select block, log_index, 'Deals' as contract, 'CreditClaimed' as name, null::address as provider,
    account as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(credit_claimed)) as fields
from credit_claimed
union all
select block, log_index, 'Deals' as contract, 'FeeSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(fee_set)) as fields
from fee_set
union all
select block, log_index, 'Matching' as contract, 'RequestOpened' as name, null::address as provider,
    customer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_opened)) as fields
from request_opened
union all
select block, log_index, 'Matching' as contract, 'RequestProviderListed' as name, provider as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_provider_listed)) as fields
from request_provider_listed
union all
select block, log_index, 'Matching' as contract, 'RequestCriterionAdded' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_criterion_added)) as fields
from request_criterion_added
union all
select block, log_index, 'Matching' as contract, 'RequestCancelled' as name, null::address as provider,
    null::address as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_cancelled)) as fields
from request_cancelled
union all
select block, log_index, 'Matching' as contract, 'Proposed' as name, null::address as provider,
    proposer as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(proposed)) as fields
from proposed
union all
select block, log_index, 'Matching' as contract, 'ProposalOffered' as name, null::address as provider,
    null::address as account, deal as deal, offer as offer, null::bigint as lock, fields(row_to_json(proposal_offered)) as fields
from proposal_offered
union all
select block, log_index, 'Matching' as contract, 'ProposalActivated' as name, null::address as provider,
    activator as account, deal as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(proposal_activated)) as fields
from proposal_activated
union all
select block, log_index, 'Matching' as contract, 'RequestFeeSet' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(request_fee_set)) as fields
from request_fee_set
union all
select block, log_index, 'Matching' as contract, 'RequestsPausedUntil' as name, null::address as provider,
    null::address as account, null::bigint as deal, null::bigint as offer, null::bigint as lock, fields(row_to_json(requests_paused_until)) as fields
from requests_paused_until
union all
select block, log_index, (select name from contract where address = authority_updated.contract) as contract,
    'AuthorityUpdated' as name, null::address as provider, null::address as account, null::bigint as deal,
    null::bigint as offer, null::bigint as lock, fields(row_to_json(authority_updated)) as fields
from authority_updated;
comment on view event is 'Every fact with its contract, its name and whom it is about.';
