-- What every column means.

comment on column chain.is_only is 'Keeps the table at one row.';
comment on column chain.chain_id is 'Chain id.';
comment on column chain.first_block is 'Block of the deployment.';
comment on column chain.stablecoin_decimals is 'Decimals of the stablecoin.';

comment on column contract.name is 'Name in the deployment file.';
comment on column contract.address is 'Where it is.';

comment on column block.number is 'Number of the block.';
comment on column block.hash is 'Hash of the block.';
comment on column block.parent_hash is 'Hash of the block before.';
comment on column block.timestamp is 'Time of the block.';
comment on column block.has_facts is 'Whether facts are of this block.';

comment on column cursor.is_only is 'Keeps the table at one row.';
comment on column cursor.block is 'Number of the last block that was indexed.';
comment on column cursor.hash is 'Its hash.';
comment on column cursor.timestamp is 'Its time.';
comment on column cursor.finalized is 'Last block that no reorganisation can reach.';
comment on column cursor.fence is 'Rising number of the indexer that leads.';
comment on column cursor.seq is 'Number of the last journal entry.';
comment on column cursor.is_derived is 'Whether there is state; false during the first backfill.';
comment on column cursor.halted is 'Why nothing moves any more; null: it does.';

comment on column journal.seq is 'Counts the changes of the tables.';
comment on column journal.kind is 'applied, rollback or derived.';
comment on column journal.first_block is 'First block of the range.';
comment on column journal.last_block is 'Last block of the range.';
comment on column journal.hash is 'Hash of the last block indexed after it.';

comment on column authority_updated.block is 'Number of the block.';
comment on column authority_updated.log_index is 'Place of the log within the block.';
comment on column authority_updated.contract is 'The contract that emitted it.';
comment on column authority_updated.authority is 'The access manager.';

comment on column terms_set.block is 'Number of the block.';
comment on column terms_set.log_index is 'Place of the log within the block.';
comment on column terms_set.provider is 'Who offers compute.';
comment on column terms_set.first_loss_bps is 'Own stake needed, in bps of all locks.';
comment on column terms_set.reward_share_bps is 'Stakers'' share of FLT for capacity, in bps.';
comment on column terms_set.revenue_share_bps is 'Stakers'' share of stablecoin revenue, in bps.';
comment on column terms_set.drip_days is 'Days over which income drips.';
comment on column terms_set.delegation_cap is 'Most delegated active stake, in FLT wei.';

comment on column terms_scheduled.block is 'Number of the block.';
comment on column terms_scheduled.log_index is 'Place of the log within the block.';
comment on column terms_scheduled.provider is 'Who offers compute.';
comment on column terms_scheduled.first_loss_bps is 'Own stake needed, in bps of all locks.';
comment on column terms_scheduled.reward_share_bps is 'Stakers'' share of FLT for capacity, in bps.';
comment on column terms_scheduled.revenue_share_bps is 'Stakers'' share of stablecoin revenue, in bps.';
comment on column terms_scheduled.drip_days is 'Days over which income drips.';
comment on column terms_scheduled.effective_at is 'When it comes into force.';

comment on column key_set.block is 'Number of the block.';
comment on column key_set.log_index is 'Place of the log within the block.';
comment on column key_set.account is 'Whose it is.';
comment on column key_set.key is 'The hot key.';
comment on column key_set.roles is 'Bits of what it may do.';
comment on column key_set.expiry is 'Last second at which it counts.';

comment on column payee_set.block is 'Number of the block.';
comment on column payee_set.log_index is 'Place of the log within the block.';
comment on column payee_set.account is 'Whose it is.';
comment on column payee_set.payee is 'The address that may receive.';
comment on column payee_set.active_at is 'From when it counts.';

comment on column staked.block is 'Number of the block.';
comment on column staked.log_index is 'Place of the log within the block.';
comment on column staked.provider is 'Who offers compute.';
comment on column staked.account is 'Whose it is.';
comment on column staked.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column staked.amount is 'Amount, in the smallest unit.';
comment on column staked.shares is 'Shares bought.';

comment on column exit_started.block is 'Number of the block.';
comment on column exit_started.log_index is 'Place of the log within the block.';
comment on column exit_started.provider is 'Who offers compute.';
comment on column exit_started.account is 'Whose it is.';
comment on column exit_started.day is 'Day since the epoch at whose begin it matures.';
comment on column exit_started.amount is 'Amount, in the smallest unit.';
comment on column exit_started.shares is 'Shares given up.';
comment on column exit_started.thaw_generation is 'Generation of the tranche''s thaw units; a wipe begins a new one.';
comment on column exit_started.units is 'Thaw units got.';

comment on column exit_cancelled.block is 'Number of the block.';
comment on column exit_cancelled.log_index is 'Place of the log within the block.';
comment on column exit_cancelled.provider is 'Who offers compute.';
comment on column exit_cancelled.account is 'Whose it is.';
comment on column exit_cancelled.day is 'Day since the epoch at whose begin it matures.';
comment on column exit_cancelled.units is 'Thaw units given up.';
comment on column exit_cancelled.amount is 'Amount, in the smallest unit.';
comment on column exit_cancelled.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column exit_cancelled.shares is 'Shares bought.';

comment on column crystallised.block is 'Number of the block.';
comment on column crystallised.log_index is 'Place of the log within the block.';
comment on column crystallised.provider is 'Who offers compute.';
comment on column crystallised.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column crystallised.day is 'Day since the epoch at whose begin it matures.';
comment on column crystallised.thaw_generation is 'Generation of the tranche''s thaw units; a wipe begins a new one.';
comment on column crystallised.units is 'Thaw units of the bucket.';
comment on column crystallised.amount is 'Amount, in the smallest unit.';

comment on column withdrawn.block is 'Number of the block.';
comment on column withdrawn.log_index is 'Place of the log within the block.';
comment on column withdrawn.provider is 'Who offers compute.';
comment on column withdrawn.account is 'Whose it is.';
comment on column withdrawn.day is 'Day since the epoch at whose begin it matures.';
comment on column withdrawn.units is 'Thaw units given up.';
comment on column withdrawn.amount is 'Amount, in the smallest unit.';
comment on column withdrawn.recipient is 'Who received it.';

comment on column redelegation_named.block is 'Number of the block.';
comment on column redelegation_named.log_index is 'Place of the log within the block.';
comment on column redelegation_named.provider is 'Who offers compute.';
comment on column redelegation_named.account is 'Whose it is.';
comment on column redelegation_named.day is 'Day since the epoch at whose begin it matures.';
comment on column redelegation_named.target is 'The provider that it moves to.';

comment on column redelegated.block is 'Number of the block.';
comment on column redelegated.log_index is 'Place of the log within the block.';
comment on column redelegated.provider is 'Who offers compute.';
comment on column redelegated.account is 'Whose it is.';
comment on column redelegated.day is 'Day since the epoch at whose begin it matures.';
comment on column redelegated.target is 'The provider that it moves to.';
comment on column redelegated.units is 'Thaw units given up.';
comment on column redelegated.amount is 'Amount, in the smallest unit.';

comment on column tranche_changed.block is 'Number of the block.';
comment on column tranche_changed.log_index is 'Place of the log within the block.';
comment on column tranche_changed.provider is 'Who offers compute.';
comment on column tranche_changed.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column tranche_changed.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column tranche_changed.active is 'Active stake, in FLT wei.';
comment on column tranche_changed.shares is 'Shares.';

comment on column thaw_changed.block is 'Number of the block.';
comment on column thaw_changed.log_index is 'Place of the log within the block.';
comment on column thaw_changed.provider is 'Who offers compute.';
comment on column thaw_changed.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column thaw_changed.generation is 'Generation of the tranche''s thaw units.';
comment on column thaw_changed.thawing is 'Stake on its way out, in FLT wei.';
comment on column thaw_changed.units is 'Thaw units of all that thaws.';

comment on column orphan_changed.block is 'Number of the block.';
comment on column orphan_changed.log_index is 'Place of the log within the block.';
comment on column orphan_changed.provider is 'Who offers compute.';
comment on column orphan_changed.orphan is 'Orphan reserve, in FLT wei.';

comment on column orphan_swept.block is 'Number of the block.';
comment on column orphan_swept.log_index is 'Place of the log within the block.';
comment on column orphan_swept.provider is 'Who offers compute.';
comment on column orphan_swept.amount is 'Amount, in the smallest unit.';

comment on column lock_granted.block is 'Number of the block.';
comment on column lock_granted.log_index is 'Place of the log within the block.';
comment on column lock_granted.lock is 'Number of the lock.';
comment on column lock_granted.provider is 'Who offers compute.';
comment on column lock_granted.module is 'The module that granted it.';
comment on column lock_granted.slasher is 'Who may slash it.';
comment on column lock_granted.amount is 'Amount, in the smallest unit.';
comment on column lock_granted."end" is 'When it ends.';
comment on column lock_granted.locked is 'Sum of the provider''s locks after it, in FLT wei.';

comment on column lock_regranted.block is 'Number of the block.';
comment on column lock_regranted.log_index is 'Place of the log within the block.';
comment on column lock_regranted.lock is 'Number of the lock.';
comment on column lock_regranted.provider is 'Who offers compute.';
comment on column lock_regranted.amount is 'Amount, in the smallest unit.';
comment on column lock_regranted."end" is 'When it ends.';
comment on column lock_regranted.locked is 'Sum of the provider''s locks after it, in FLT wei.';

comment on column lock_released.block is 'Number of the block.';
comment on column lock_released.log_index is 'Place of the log within the block.';
comment on column lock_released.lock is 'Number of the lock.';
comment on column lock_released.provider is 'Who offers compute.';
comment on column lock_released.amount is 'What was freed, in FLT wei.';
comment on column lock_released.locked is 'Sum of the provider''s locks after it, in FLT wei.';

comment on column slashed.block is 'Number of the block.';
comment on column slashed.log_index is 'Place of the log within the block.';
comment on column slashed.lock is 'Number of the lock.';
comment on column slashed.provider is 'Who offers compute.';
comment on column slashed.slasher is 'Who may slash it.';
comment on column slashed.amount is 'Amount, in the smallest unit.';
comment on column slashed.from_orphan is 'Part taken from the orphan reserve, in FLT wei.';
comment on column slashed.from_own is 'Part taken from own stake, thawing included, in FLT wei.';
comment on column slashed.from_delegated is 'Part taken from delegated stake, thawing included, in FLT wei.';
comment on column slashed.lock_amount is 'What is locked after it, in FLT wei.';
comment on column slashed.locked is 'Sum of the provider''s locks after it, in FLT wei.';

comment on column shortfall_set.block is 'Number of the block.';
comment on column shortfall_set.log_index is 'Place of the log within the block.';
comment on column shortfall_set.provider is 'Who offers compute.';
comment on column shortfall_set.shortfall is 'First loss that a slash took and that is excused, in FLT wei.';
comment on column shortfall_set.cure_until is 'Until when it can be cured.';

comment on column burn_queued.block is 'Number of the block.';
comment on column burn_queued.log_index is 'Place of the log within the block.';
comment on column burn_queued.day is 'Day since the epoch on which it was slashed.';
comment on column burn_queued.amount is 'Amount, in the smallest unit.';

comment on column slash_burned.block is 'Number of the block.';
comment on column slash_burned.log_index is 'Place of the log within the block.';
comment on column slash_burned.day is 'Day since the epoch on which it was slashed.';
comment on column slash_burned.amount is 'Amount, in the smallest unit.';

comment on column quarantine_opened.block is 'Number of the block.';
comment on column quarantine_opened.log_index is 'Place of the log within the block.';
comment on column quarantine_opened.quarantine is 'Number of the quarantine.';
comment on column quarantine_opened.lock is 'Number of the lock.';
comment on column quarantine_opened.provider is 'Who offers compute.';
comment on column quarantine_opened.customer is 'Who asked for it and decides about it.';
comment on column quarantine_opened.customer_amount is 'What the customer is to get, in FLT wei.';
comment on column quarantine_opened.reporter is 'Who showed the fault.';
comment on column quarantine_opened.reporter_amount is 'What the reporter is to get, in FLT wei.';
comment on column quarantine_opened.release_at is 'When it can be paid.';

comment on column quarantine_paid.block is 'Number of the block.';
comment on column quarantine_paid.log_index is 'Place of the log within the block.';
comment on column quarantine_paid.quarantine is 'Number of the quarantine.';

comment on column quarantine_cancelled.block is 'Number of the block.';
comment on column quarantine_cancelled.log_index is 'Place of the log within the block.';
comment on column quarantine_cancelled.quarantine is 'Number of the quarantine.';
comment on column quarantine_cancelled.amount is 'Amount, in the smallest unit.';

comment on column reward_added.block is 'Number of the block.';
comment on column reward_added.log_index is 'Place of the log within the block.';
comment on column reward_added.provider is 'Who offers compute.';
comment on column reward_added.token is 'FLT or the stablecoin.';
comment on column reward_added.module is 'The module that pushed it.';
comment on column reward_added.to_own is 'Part of own stake, in the smallest unit.';
comment on column reward_added.to_delegated is 'Part of delegated stake, in the smallest unit.';

comment on column drip_changed.block is 'Number of the block.';
comment on column drip_changed.log_index is 'Place of the log within the block.';
comment on column drip_changed.provider is 'Who offers compute.';
comment on column drip_changed.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column drip_changed.token is 'FLT or the stablecoin.';
comment on column drip_changed.rate is 'Smallest units per second, times 2^32.';
comment on column drip_changed."end" is 'When it ends.';

comment on column index_changed.block is 'Number of the block.';
comment on column index_changed.log_index is 'Place of the log within the block.';
comment on column index_changed.provider is 'Who offers compute.';
comment on column index_changed.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column index_changed.flt_index is 'FLT wei per share, times 10^24.';
comment on column index_changed.usd_index is 'Stablecoin, smallest unit, per share, times 10^24.';
comment on column index_changed.updated_at is 'The time that the indices are brought up to.';

comment on column reward_settled.block is 'Number of the block.';
comment on column reward_settled.log_index is 'Place of the log within the block.';
comment on column reward_settled.provider is 'Who offers compute.';
comment on column reward_settled.account is 'Whose it is.';
comment on column reward_settled.flt_index is 'FLT wei per share, times 10^24.';
comment on column reward_settled.usd_index is 'Stablecoin, smallest unit, per share, times 10^24.';
comment on column reward_settled.flt_owed is 'FLT earned and not claimed, in wei.';
comment on column reward_settled.usd_owed is 'Stablecoin earned and not claimed, in the smallest unit.';

comment on column reward_claimed.block is 'Number of the block.';
comment on column reward_claimed.log_index is 'Place of the log within the block.';
comment on column reward_claimed.provider is 'Who offers compute.';
comment on column reward_claimed.account is 'Whose it is.';
comment on column reward_claimed.token is 'FLT or the stablecoin.';
comment on column reward_claimed.amount is 'Amount, in the smallest unit.';
comment on column reward_claimed.recipient is 'Who received it.';

comment on column module_scheduled.block is 'Number of the block.';
comment on column module_scheduled.log_index is 'Place of the log within the block.';
comment on column module_scheduled.id is 'Number in the module list.';
comment on column module_scheduled.module is 'The module.';
comment on column module_scheduled.roles is 'Bits of what it may do.';
comment on column module_scheduled.active_at is 'From when it counts.';

comment on column module_removed.block is 'Number of the block.';
comment on column module_removed.log_index is 'Place of the log within the block.';
comment on column module_removed.id is 'Number in the module list.';
comment on column module_removed.removed_at is 'When it stops to count.';

comment on column staking_paused.block is 'Number of the block.';
comment on column staking_paused.log_index is 'Place of the log within the block.';
comment on column staking_paused.until is 'When the pause ends.';

comment on column guardian_set.block is 'Number of the block.';
comment on column guardian_set.log_index is 'Place of the log within the block.';
comment on column guardian_set.guardian is 'Who may pause.';

comment on column council_set.block is 'Number of the block.';
comment on column council_set.log_index is 'Place of the log within the block.';
comment on column council_set.council is 'Who may cancel payouts and change modules.';

comment on column price_observed.block is 'Number of the block.';
comment on column price_observed.log_index is 'Place of the log within the block.';
comment on column price_observed.median is 'Median of the fresh sources, in USD with 8 decimals.';
comment on column price_observed.ema30m is 'Average over 30 minutes, in USD with 8 decimals, times 2^32.';
comment on column price_observed.ema24h is 'Average over 24 hours, in USD with 8 decimals, times 2^32.';
comment on column price_observed.fresh_until is 'When fewer than two of its sources are fresh.';
comment on column price_observed.is_spread is 'Whether the sources were too few or too far apart.';
comment on column price_observed.day_ema is '24-hour average at the start of the day, in USD with 8 decimals.';
comment on column price_observed.day_before_ema is '24-hour average at the start of the day before, in USD with 8 decimals.';
comment on column price_observed.stale_seconds is 'Seconds since deployment in which the price was stale.';

comment on column source_set.block is 'Number of the block.';
comment on column source_set.log_index is 'Place of the log within the block.';
comment on column source_set.index is 'Place in the list.';
comment on column source_set.aggregator is 'The source; zero: the list ends before it.';
comment on column source_set.heartbeat is 'Seconds for which an answer of the source is fresh.';

comment on column profile_set.block is 'Number of the block.';
comment on column profile_set.log_index is 'Place of the log within the block.';
comment on column profile_set.provider is 'Who offers compute.';
comment on column profile_set.name is 'Name.';
comment on column profile_set.endpoint is 'Where the provider answers.';
comment on column profile_set.operator is 'Attested operator id; zero: none.';

comment on column offer_created.block is 'Number of the block.';
comment on column offer_created.log_index is 'Place of the log within the block.';
comment on column offer_created.offer is 'Number of the offer.';
comment on column offer_created.provider is 'Who offers compute.';
comment on column offer_created.class is 'Resource class: 0 CPU, 1 GPU.';
comment on column offer_created.region is 'Number of the region.';
comment on column offer_created.units is 'Units.';
comment on column offer_created.price is 'Stablecoin, smallest unit, per unit-day.';

comment on column offer_limits_set.block is 'Number of the block.';
comment on column offer_limits_set.log_index is 'Place of the log within the block.';
comment on column offer_limits_set.offer is 'Number of the offer.';
comment on column offer_limits_set.coverage_max_bps is 'Highest coverage that the provider accepts, in bps.';
comment on column offer_limits_set.availability_bps is 'Declared availability, in bps.';
comment on column offer_limits_set.term_max_days is 'Longest term, in days.';
comment on column offer_limits_set.duration_max_days is 'Longest duration, in days.';
comment on column offer_limits_set.payment_modes is 'Bits of payment modes: 0 reserved, 1 metered.';
comment on column offer_limits_set.proof_kinds is 'Bits of proof kinds: 0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic.';
comment on column offer_limits_set.notice is 'Notice of a customer''s stop, in seconds.';

comment on column offer_roots_set.block is 'Number of the block.';
comment on column offer_roots_set.log_index is 'Place of the log within the block.';
comment on column offer_roots_set.offer is 'Number of the offer.';
comment on column offer_roots_set.customers_root is 'Merkle root of accepted customers; zero: all.';
comment on column offer_roots_set.applications_root is 'Merkle root of accepted applications; zero: all.';
comment on column offer_roots_set.verification_keys_root is 'Merkle root of accepted verification keys; zero: all.';

comment on column offer_updated.block is 'Number of the block.';
comment on column offer_updated.log_index is 'Place of the log within the block.';
comment on column offer_updated.offer is 'Number of the offer.';
comment on column offer_updated.units is 'Units.';
comment on column offer_updated.price is 'Stablecoin, smallest unit, per unit-day.';
comment on column offer_updated.effective_at is 'When it comes into force.';

comment on column offer_removed.block is 'Number of the block.';
comment on column offer_removed.log_index is 'Place of the log within the block.';
comment on column offer_removed.offer is 'Number of the offer.';
comment on column offer_removed.effective_at is 'When it comes into force.';

comment on column units_taken.block is 'Number of the block.';
comment on column units_taken.log_index is 'Place of the log within the block.';
comment on column units_taken.offer is 'Number of the offer.';
comment on column units_taken.units is 'Units taken.';
comment on column units_taken.units_in_use is 'Units that slots use after it.';

comment on column units_returned.block is 'Number of the block.';
comment on column units_returned.log_index is 'Place of the log within the block.';
comment on column units_returned.offer is 'Number of the offer.';
comment on column units_returned.units is 'Units given back.';
comment on column units_returned.units_in_use is 'Units that slots use after it.';

comment on column attester_set.block is 'Number of the block.';
comment on column attester_set.log_index is 'Place of the log within the block.';
comment on column attester_set.attester is 'Who vouches.';
comment on column attester_set.is_attester is 'Whether it may attest.';

comment on column attribute_attested.block is 'Number of the block.';
comment on column attribute_attested.log_index is 'Place of the log within the block.';
comment on column attribute_attested.subject is 'Whom it is about.';
comment on column attribute_attested.attribute is 'Number of the attribute.';
comment on column attribute_attested.level is '1 declared, 2 attested, 3 audited.';
comment on column attribute_attested.attester is 'Who vouches.';
comment on column attribute_attested.value is 'Value of the attribute; zero where it has none.';
comment on column attribute_attested.expiry is 'Last second at which it counts.';

comment on column attribute_revoked.block is 'Number of the block.';
comment on column attribute_revoked.log_index is 'Place of the log within the block.';
comment on column attribute_revoked.subject is 'Whom it is about.';
comment on column attribute_revoked.attribute is 'Number of the attribute.';
comment on column attribute_revoked.level is '1 declared, 2 attested, 3 audited.';
comment on column attribute_revoked.attester is 'Who vouches.';

comment on column deal_opened.block is 'Number of the block.';
comment on column deal_opened.log_index is 'Place of the log within the block.';
comment on column deal_opened.deal is 'Number of the deal.';
comment on column deal_opened.customer is 'Who asked for it and decides about it.';
comment on column deal_opened.class is 'Resource class: 0 CPU, 1 GPU.';
comment on column deal_opened.slots is 'Number of slots.';
comment on column deal_opened.units is 'Units per slot.';
comment on column deal_opened.term_days is 'Length of a term, in days.';
comment on column deal_opened.duration_days is 'Length of the deal, in days.';
comment on column deal_opened.coverage_bps is 'Locked worth over value at stake, in bps.';
comment on column deal_opened.exposure is 'What is at stake: 0 the remaining time, 1 the next term, 2 the whole job.';

comment on column deal_terms_set.block is 'Number of the block.';
comment on column deal_terms_set.log_index is 'Place of the log within the block.';
comment on column deal_terms_set.deal is 'Number of the deal.';
comment on column deal_terms_set.payment_mode is '0 reserved, 1 metered.';
comment on column deal_terms_set.fee_bps is 'Fee, in bps of each credit.';
comment on column deal_terms_set.notice is 'Notice of a customer''s stop, in seconds.';
comment on column deal_terms_set.royalty is 'Stablecoin per unit-day, on top of the offer''s price.';

comment on column deal_funded.block is 'Number of the block.';
comment on column deal_funded.log_index is 'Place of the log within the block.';
comment on column deal_funded.deal is 'Number of the deal.';
comment on column deal_funded.payer is 'Who paid.';
comment on column deal_funded.amount is 'Amount, in the smallest unit.';
comment on column deal_funded.shares is 'Escrow shares bought.';
comment on column deal_funded.total_shares is 'Escrow shares of all payers after it.';

comment on column slot_funded.block is 'Number of the block.';
comment on column slot_funded.log_index is 'Place of the log within the block.';
comment on column slot_funded.deal is 'Number of the deal.';
comment on column slot_funded.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_funded.escrow is 'What is left in the slot''s escrow, in stablecoin.';

comment on column spare_changed.block is 'Number of the block.';
comment on column spare_changed.log_index is 'Place of the log within the block.';
comment on column spare_changed.deal is 'Number of the deal.';
comment on column spare_changed.spare is 'Escrow of no slot, in stablecoin.';

comment on column slot_assigned.block is 'Number of the block.';
comment on column slot_assigned.log_index is 'Place of the log within the block.';
comment on column slot_assigned.deal is 'Number of the deal.';
comment on column slot_assigned.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_assigned.provider is 'Who offers compute.';
comment on column slot_assigned.serving is 'Serving number: counts the providers of the slot.';
comment on column slot_assigned.offer is 'Number of the offer.';
comment on column slot_assigned.price is 'Offer''s price plus royalty, per unit-day.';
comment on column slot_assigned.lock is 'Number of the lock.';
comment on column slot_assigned.lock_amount is 'What is locked after it, in FLT wei.';
comment on column slot_assigned.value_at_stake is 'Value at stake, in stablecoin.';

comment on column slot_declined.block is 'Number of the block.';
comment on column slot_declined.log_index is 'Place of the log within the block.';
comment on column slot_declined.deal is 'Number of the deal.';
comment on column slot_declined.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_declined.provider is 'Who offers compute.';
comment on column slot_declined.is_silent is 'Whether nobody answered in time.';

comment on column slot_ready.block is 'Number of the block.';
comment on column slot_ready.log_index is 'Place of the log within the block.';
comment on column slot_ready.deal is 'Number of the deal.';
comment on column slot_ready.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_ready.provider is 'Who offers compute.';
comment on column slot_ready.term_end is 'When the term ends.';

comment on column slot_settled.block is 'Number of the block.';
comment on column slot_settled.log_index is 'Place of the log within the block.';
comment on column slot_settled.deal is 'Number of the deal.';
comment on column slot_settled.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_settled.serving is 'Serving number: counts the providers of the slot.';
comment on column slot_settled.escrow is 'What is left in the slot''s escrow, in stablecoin.';
comment on column slot_settled.owed is 'Accrued in this serving, in stablecoin.';
comment on column slot_settled.credited is 'Of that credited, in stablecoin.';
comment on column slot_settled.started_at is 'When accrual started, moved on by what was not paid for.';

comment on column slot_credited.block is 'Number of the block.';
comment on column slot_credited.log_index is 'Place of the log within the block.';
comment on column slot_credited.deal is 'Number of the deal.';
comment on column slot_credited.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_credited.provider is 'Who offers compute.';
comment on column slot_credited.fee is 'Fee, in stablecoin.';
comment on column slot_credited.royalty is 'The author''s part, in stablecoin.';
comment on column slot_credited.to_stakers is 'Stakers'' part, in stablecoin.';
comment on column slot_credited.to_provider is 'The provider''s part, in stablecoin.';

comment on column slot_renewed.block is 'Number of the block.';
comment on column slot_renewed.log_index is 'Place of the log within the block.';
comment on column slot_renewed.deal is 'Number of the deal.';
comment on column slot_renewed.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_renewed.provider is 'Who offers compute.';
comment on column slot_renewed.term_end is 'When the term ends.';
comment on column slot_renewed.lock_amount is 'What is locked after it, in FLT wei.';
comment on column slot_renewed.value_at_stake is 'Value at stake, in stablecoin.';
comment on column slot_renewed.is_priced is 'Whether there was a price; without one the lock keeps its FLT.';

comment on column slot_final.block is 'Number of the block.';
comment on column slot_final.log_index is 'Place of the log within the block.';
comment on column slot_final.deal is 'Number of the deal.';
comment on column slot_final.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_final.provider is 'Who offers compute.';

comment on column margin_call_opened.block is 'Number of the block.';
comment on column margin_call_opened.log_index is 'Place of the log within the block.';
comment on column margin_call_opened.deal is 'Number of the deal.';
comment on column margin_call_opened.slot is 'Number of the slot within the deal, from zero.';
comment on column margin_call_opened.provider is 'Who offers compute.';
comment on column margin_call_opened.health_bps is 'Worth of the lock over value at stake, in bps.';
comment on column margin_call_opened.stale_seconds is 'Seconds of stale price before the call.';

comment on column slot_topped_up.block is 'Number of the block.';
comment on column slot_topped_up.log_index is 'Place of the log within the block.';
comment on column slot_topped_up.deal is 'Number of the deal.';
comment on column slot_topped_up.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_topped_up.provider is 'Who offers compute.';
comment on column slot_topped_up.amount is 'FLT added to the lock, in wei.';
comment on column slot_topped_up.lock_amount is 'What is locked after it, in FLT wei.';

comment on column margin_call_cured.block is 'Number of the block.';
comment on column margin_call_cured.log_index is 'Place of the log within the block.';
comment on column margin_call_cured.deal is 'Number of the deal.';
comment on column margin_call_cured.slot is 'Number of the slot within the deal, from zero.';
comment on column margin_call_cured.provider is 'Who offers compute.';
comment on column margin_call_cured.health_bps is 'Worth of the lock over value at stake, in bps.';

comment on column deal_stop_requested.block is 'Number of the block.';
comment on column deal_stop_requested.log_index is 'Place of the log within the block.';
comment on column deal_stop_requested.deal is 'Number of the deal.';
comment on column deal_stop_requested.ends_at is 'When the notice is over.';

comment on column slot_ended.block is 'Number of the block.';
comment on column slot_ended.log_index is 'Place of the log within the block.';
comment on column slot_ended.deal is 'Number of the deal.';
comment on column slot_ended.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_ended.provider is 'Who offers compute.';
comment on column slot_ended.ends_at is 'When accrual ended.';
comment on column slot_ended.reason is '0 term over, 1 stopped by the customer, 2 out of funds, 3 left on margin, 4 failed, 5 not filled.';

comment on column refunded.block is 'Number of the block.';
comment on column refunded.log_index is 'Place of the log within the block.';
comment on column refunded.deal is 'Number of the deal.';
comment on column refunded.payer is 'Who paid.';
comment on column refunded.shares is 'Escrow shares given up.';
comment on column refunded.amount is 'Amount, in the smallest unit.';
comment on column refunded.total_shares is 'Escrow shares of all payers after it.';

comment on column credit_added.block is 'Number of the block.';
comment on column credit_added.log_index is 'Place of the log within the block.';
comment on column credit_added.account is 'Whose it is.';
comment on column credit_added.amount is 'Amount, in the smallest unit.';
comment on column credit_added.credit is 'Credit of the account after it, in stablecoin.';

comment on column stakers_paid.block is 'Number of the block.';
comment on column stakers_paid.log_index is 'Place of the log within the block.';
comment on column stakers_paid.provider is 'Who offers compute.';
comment on column stakers_paid.amount is 'Amount, in the smallest unit.';

comment on column credit_claimed.block is 'Number of the block.';
comment on column credit_claimed.log_index is 'Place of the log within the block.';
comment on column credit_claimed.account is 'Whose it is.';
comment on column credit_claimed.amount is 'Amount, in the smallest unit.';
comment on column credit_claimed.recipient is 'Who received it.';

comment on column fee_set.block is 'Number of the block.';
comment on column fee_set.log_index is 'Place of the log within the block.';
comment on column fee_set.fee_bps is 'Fee, in bps of each credit.';
comment on column fee_set.treasury is 'Who is credited the fees.';

comment on column request_opened.block is 'Number of the block.';
comment on column request_opened.log_index is 'Place of the log within the block.';
comment on column request_opened.deal is 'Number of the deal.';
comment on column request_opened.customer is 'Who asked for it and decides about it.';
comment on column request_opened.application is 'Content id of the application.';
comment on column request_opened.price_max is 'Highest price per unit-day, royalties included.';
comment on column request_opened.regions is 'Bitmap of regions; zero: any.';
comment on column request_opened.first_loss_min_bps is 'Least own stake, in bps of locks.';
comment on column request_opened.proof_kind is '0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic.';
comment on column request_opened.expiry is 'Until when empty slots can be filled.';
comment on column request_opened.resolver is 'Who decides appeals; zero: nobody.';
comment on column request_opened.is_allowlist is 'Whether the listed providers are the only ones, else they are barred.';

comment on column request_provider_listed.block is 'Number of the block.';
comment on column request_provider_listed.log_index is 'Place of the log within the block.';
comment on column request_provider_listed.deal is 'Number of the deal.';
comment on column request_provider_listed.provider is 'Who offers compute.';

comment on column request_criterion_added.block is 'Number of the block.';
comment on column request_criterion_added.log_index is 'Place of the log within the block.';
comment on column request_criterion_added.deal is 'Number of the deal.';
comment on column request_criterion_added.attribute is 'Number of the attribute.';
comment on column request_criterion_added.level is '1 declared, 2 attested, 3 audited.';

comment on column request_cancelled.block is 'Number of the block.';
comment on column request_cancelled.log_index is 'Place of the log within the block.';
comment on column request_cancelled.deal is 'Number of the deal.';

comment on column proposed.block is 'Number of the block.';
comment on column proposed.log_index is 'Place of the log within the block.';
comment on column proposed.deal is 'Number of the deal.';
comment on column proposed.proposer is 'Who proposed it.';
comment on column proposed.round is 'Counts the proposals of a request.';
comment on column proposed.price is 'Price of a day of all slots, in stablecoin.';

comment on column proposal_offered.block is 'Number of the block.';
comment on column proposal_offered.log_index is 'Place of the log within the block.';
comment on column proposal_offered.deal is 'Number of the deal.';
comment on column proposal_offered.round is 'Counts the proposals of a request.';
comment on column proposal_offered.slot is 'Number of the slot within the deal, from zero.';
comment on column proposal_offered.offer is 'Number of the offer.';

comment on column proposal_activated.block is 'Number of the block.';
comment on column proposal_activated.log_index is 'Place of the log within the block.';
comment on column proposal_activated.deal is 'Number of the deal.';
comment on column proposal_activated.round is 'Counts the proposals of a request.';
comment on column proposal_activated.activator is 'Who activated it.';

comment on column request_fee_set.block is 'Number of the block.';
comment on column request_fee_set.log_index is 'Place of the log within the block.';
comment on column request_fee_set.fee is 'Fee of a request, in stablecoin.';

comment on column requests_paused_until.block is 'Number of the block.';
comment on column requests_paused_until.log_index is 'Place of the log within the block.';
comment on column requests_paused_until.until is 'When the pause ends.';

comment on column provider.provider is 'Who offers compute.';
comment on column provider.first_loss_bps is 'Own stake needed, in bps of all locks.';
comment on column provider.reward_share_bps is 'Stakers'' share of FLT for capacity, in bps.';
comment on column provider.revenue_share_bps is 'Stakers'' share of stablecoin revenue, in bps.';
comment on column provider.drip_days is 'Days over which income drips.';
comment on column provider.delegation_cap is 'Most delegated active stake, in FLT wei.';
comment on column provider.next_first_loss_bps is 'To come: own stake needed, in bps of all locks.';
comment on column provider.next_reward_share_bps is 'To come: stakers'' share of FLT for capacity, in bps.';
comment on column provider.next_revenue_share_bps is 'To come: stakers'' share of stablecoin revenue, in bps.';
comment on column provider.next_drip_days is 'To come: days over which income drips.';
comment on column provider.next_terms_at is 'When the terms to come are in force; null: none are.';
comment on column provider.orphan is 'Orphan reserve, in FLT wei.';
comment on column provider.locked is 'Sum of its locks, in FLT wei.';
comment on column provider.shortfall is 'First loss that a slash took and that is excused, in FLT wei.';
comment on column provider.cure_until is 'Until when the shortfall is excused; null: there was none.';
comment on column provider.name is 'Name.';
comment on column provider.endpoint is 'Where the provider answers.';
comment on column provider.operator is 'Attested operator id; zero: none.';
comment on column provider.registered_at is 'When it first set terms.';
comment on column provider.changed is 'Block of the last fact of the key.';

comment on column tranche.provider is 'Who offers compute.';
comment on column tranche.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column tranche.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column tranche.active is 'Active stake, in FLT wei.';
comment on column tranche.shares is 'Shares of all positions.';
comment on column tranche.thaw_generation is 'Generation of the tranche''s thaw units; a wipe begins a new one.';
comment on column tranche.thawing is 'Stake on its way out, in FLT wei.';
comment on column tranche.thaw_units is 'Units of all that thaws.';
comment on column tranche.flt_index is 'FLT wei per share, times 10^24.';
comment on column tranche.usd_index is 'Stablecoin, smallest unit, per share, times 10^24.';
comment on column tranche.index_at is 'The time that the indices are brought up to.';
comment on column tranche.flt_rate is 'FLT wei per second that drip, times 2^32.';
comment on column tranche.flt_end is 'When the drip of FLT ends.';
comment on column tranche.usd_rate is 'Stablecoin per second that drips, times 2^32.';
comment on column tranche.usd_end is 'When the drip of stablecoin ends.';
comment on column tranche.changed is 'Block of the last fact of the key.';

comment on column position.provider is 'Who offers compute.';
comment on column position.account is 'Whose it is.';
comment on column position.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column position.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column position.shares is 'Shares in its generation.';
comment on column position.flt_index is 'FLT wei per share, times 10^24.';
comment on column position.usd_index is 'Stablecoin, smallest unit, per share, times 10^24.';
comment on column position.flt_owed is 'FLT earned and not claimed, in wei.';
comment on column position.usd_owed is 'Stablecoin earned and not claimed, in the smallest unit.';
comment on column position.flt_claimed is 'FLT claimed so far, in wei.';
comment on column position.usd_claimed is 'Stablecoin claimed so far.';
comment on column position.staked_at is 'When the account first staked.';
comment on column position.changed is 'Block of the last fact of the key.';

comment on column ticket.provider is 'Who offers compute.';
comment on column ticket.account is 'Whose it is.';
comment on column ticket.day is 'Day since the epoch at whose begin it matures.';
comment on column ticket.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column ticket.thaw_generation is 'Generation of the tranche''s thaw units; a wipe begins a new one.';
comment on column ticket.units is 'Thaw units; zero once it is over.';
comment on column ticket.target is 'The provider that it moves to; null: none.';
comment on column ticket.paid is 'Paid so far, in the smallest unit.';
comment on column ticket.changed is 'Block of the last fact of the key.';

comment on column bucket.provider is 'Who offers compute.';
comment on column bucket.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column bucket.day is 'Day since the epoch at whose begin it matures.';
comment on column bucket.thaw_generation is 'Generation that its units are of.';
comment on column bucket.units is 'Thaw units of its tickets.';
comment on column bucket.pool_generation is 'Generation that matured into a claim pool; null: none did.';
comment on column bucket.pool_units is 'Units that still share the claim pool.';
comment on column bucket.pool_amount is 'What is left in the claim pool, in FLT wei.';
comment on column bucket.changed is 'Block of the last fact of the key.';

comment on column stake_lock.lock is 'Number of the lock.';
comment on column stake_lock.provider is 'Who offers compute.';
comment on column stake_lock.module is 'The module that granted it.';
comment on column stake_lock.slasher is 'Who may slash it; null: nobody.';
comment on column stake_lock.amount is 'What is locked, in FLT wei.';
comment on column stake_lock.slashed is 'Taken from it by slashes, in FLT wei.';
comment on column stake_lock.granted_at is 'When it was granted last.';
comment on column stake_lock.ends_at is 'When anybody may release it.';
comment on column stake_lock.released_at is 'When it was released; null: it was not.';
comment on column stake_lock.changed is 'Block of the last fact of the key.';

comment on column offer.offer is 'Number of the offer.';
comment on column offer.provider is 'Who offers compute.';
comment on column offer.class is 'Resource class: 0 CPU, 1 GPU.';
comment on column offer.region is 'Number of the region.';
comment on column offer.units is 'Units.';
comment on column offer.price is 'Stablecoin, smallest unit, per unit-day.';
comment on column offer.coverage_max_bps is 'Highest coverage that the provider accepts, in bps.';
comment on column offer.availability_bps is 'Declared availability, in bps.';
comment on column offer.term_max_days is 'Longest term, in days.';
comment on column offer.duration_max_days is 'Longest duration, in days.';
comment on column offer.payment_modes is 'Bits of payment modes: 0 reserved, 1 metered.';
comment on column offer.proof_kinds is 'Bits of proof kinds: 0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic.';
comment on column offer.notice is 'Notice of a customer''s stop, in seconds.';
comment on column offer.customers_root is 'Merkle root of accepted customers; zero: all.';
comment on column offer.applications_root is 'Merkle root of accepted applications; zero: all.';
comment on column offer.verification_keys_root is 'Merkle root of accepted verification keys; zero: all.';
comment on column offer.next_units is 'To come: units.';
comment on column offer.next_price is 'To come: stablecoin, smallest unit, per unit-day.';
comment on column offer.next_coverage_max_bps is 'To come: highest coverage that the provider accepts, in bps.';
comment on column offer.next_availability_bps is 'To come: declared availability, in bps.';
comment on column offer.next_term_max_days is 'To come: longest term, in days.';
comment on column offer.next_duration_max_days is 'To come: longest duration, in days.';
comment on column offer.next_payment_modes is 'To come: bits of payment modes: 0 reserved, 1 metered.';
comment on column offer.next_proof_kinds is 'To come: bits of proof kinds: 0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic.';
comment on column offer.next_notice is 'To come: notice of a customer''s stop, in seconds.';
comment on column offer.next_customers_root is 'To come: merkle root of accepted customers; zero: all.';
comment on column offer.next_applications_root is 'To come: merkle root of accepted applications; zero: all.';
comment on column offer.next_verification_keys_root is 'To come: merkle root of accepted verification keys; zero: all.';
comment on column offer.next_at is 'When the terms to come are in force; null: none are to come.';
comment on column offer.removed_at is 'When it stops to count.';
comment on column offer.units_in_use is 'Units that slots use.';
comment on column offer.created_at is 'When it was created.';
comment on column offer.changed is 'Block of the last fact of the key.';

comment on column deal.deal is 'Number of the deal.';
comment on column deal.customer is 'Who asked for it and decides about it.';
comment on column deal.class is 'Resource class: 0 CPU, 1 GPU.';
comment on column deal.slots is 'Number of slots.';
comment on column deal.units is 'Units per slot.';
comment on column deal.term_days is 'Length of a term, in days.';
comment on column deal.duration_days is 'Length of the deal, in days.';
comment on column deal.coverage_bps is 'Locked worth over value at stake, in bps.';
comment on column deal.exposure is 'What is at stake: 0 the remaining time, 1 the next term, 2 the whole job.';
comment on column deal.payment_mode is '0 reserved, 1 metered.';
comment on column deal.fee_bps is 'Fee, in bps of each credit.';
comment on column deal.notice is 'Notice of a customer''s stop, in seconds.';
comment on column deal.royalty is 'Stablecoin per unit-day, on top of the offer''s price.';
comment on column deal.opened_at is 'When it was opened.';
comment on column deal.started_at is 'When the first slot was ready.';
comment on column deal.stopped_at is 'When the customer stopped it.';
comment on column deal.stop_ends_at is 'When the notice of the stop is over.';
comment on column deal.shares is 'Escrow shares of all payers.';
comment on column deal.spare is 'Escrow of no slot, in stablecoin.';
comment on column deal.funded is 'Paid into escrow so far, in stablecoin.';
comment on column deal.refunded is 'Taken back so far, in stablecoin.';
comment on column deal.changed is 'Block of the last fact of the key.';

comment on column slot.deal is 'Number of the deal.';
comment on column slot.slot is 'Number of the slot within the deal, from zero.';
comment on column slot.status is 'empty, assigned, serving or ended.';
comment on column slot.serving is 'Serving number: counts the providers of the slot.';
comment on column slot.provider is 'Who offers compute.';
comment on column slot.offer is 'Number of the offer.';
comment on column slot.price is 'Offer''s price plus royalty, per unit-day.';
comment on column slot.lock is 'Number of the lock.';
comment on column slot.value_at_stake is 'Value at stake, in stablecoin.';
comment on column slot.assigned_at is 'When the provider was locked.';
comment on column slot.started_at is 'When accrual started, moved on by what was not paid for.';
comment on column slot.term_end is 'When the term ends.';
comment on column slot.ends_at is 'When accrual ends before the term does; null: with the term.';
comment on column slot.is_final is 'Whether the provider announced that it will not renew.';
comment on column slot.escrow is 'What is left in the slot''s escrow, in stablecoin.';
comment on column slot.owed is 'Accrued in this serving, in stablecoin.';
comment on column slot.credited is 'Of that credited, in stablecoin.';
comment on column slot.called_at is 'When the running margin call began.';
comment on column slot.stale_at_call is 'Seconds of stale price before the call.';
comment on column slot.end_reason is 'Why it ended, as in `slot_ended`.';
comment on column slot.fee_total is 'Fees credited so far, in stablecoin.';
comment on column slot.royalty_total is 'Royalties credited so far, in stablecoin.';
comment on column slot.stakers_total is 'Credited to stakers so far, in stablecoin.';
comment on column slot.provider_total is 'Credited to the provider so far, in stablecoin.';
comment on column slot.changed is 'Block of the last fact of the key.';

comment on column payer.deal is 'Number of the deal.';
comment on column payer.payer is 'Who paid.';
comment on column payer.shares is 'Escrow shares.';
comment on column payer.paid is 'Paid into escrow so far, in stablecoin.';
comment on column payer.refunded is 'Taken back so far, in stablecoin.';
comment on column payer.changed is 'Block of the last fact of the key.';

comment on column credit.account is 'Whose it is.';
comment on column credit.amount is 'Claimable, in stablecoin.';
comment on column credit.changed is 'Block of the last fact of the key.';

comment on column stakers_credit.provider is 'Who offers compute.';
comment on column stakers_credit.amount is 'Waiting to be pushed, in stablecoin.';
comment on column stakers_credit.changed is 'Block of the last fact of the key.';

comment on column request.deal is 'Number of the deal.';
comment on column request.customer is 'Who asked for it and decides about it.';
comment on column request.application is 'Content id of the application.';
comment on column request.price_max is 'Highest price per unit-day, royalties included.';
comment on column request.regions is 'Bitmap of regions; zero: any.';
comment on column request.first_loss_min_bps is 'Least own stake, in bps of locks.';
comment on column request.proof_kind is '0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic.';
comment on column request.expires_at is 'Until when empty slots can be filled.';
comment on column request.resolver is 'Who decides appeals; zero: nobody.';
comment on column request.is_allowlist is 'Whether the listed providers are the only ones, else they are barred.';
comment on column request.is_cancelled is 'Whether the customer took it back.';
comment on column request.round is 'Round of the best proposal.';
comment on column request.proposer is 'Who made the best proposal.';
comment on column request.proposed_price is 'Price of the best proposal for a day, in stablecoin.';
comment on column request.proposed_at is 'When it was proposed.';
comment on column request.activated_round is 'The proposal that was activated last.';
comment on column request.activated_at is 'When it was activated.';
comment on column request.changed is 'Block of the last fact of the key.';
