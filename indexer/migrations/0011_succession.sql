-- Facts of standbys and of servings that end before their slots, of windows, bonds and rounds of proposals.

create table request_standbys_set (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    standbys integer not null,
    reserve_bps integer not null,
    availability_ppm bigint not null,
    tip amount not null,
    primary key (block, log_index)
);
comment on table request_standbys_set is 'What a request asks for beside its slots.';
comment on column request_standbys_set.block is 'Number of the block.';
comment on column request_standbys_set.log_index is 'Place of the log within the block.';
comment on column request_standbys_set.deal is 'Number of the deal.';
comment on column request_standbys_set.standbys is 'Number of standbys.';
comment on column request_standbys_set.reserve_bps is 'Part of a slot''s lock that a standby locks, in bps.';
comment on column request_standbys_set.availability_ppm is 'Target availability in millionths; zero: none.';
comment on column request_standbys_set.tip is 'For whose proposal is activated, in stablecoin.';

create table proposal_dropped (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    round bigint not null,
    proposer address not null,
    primary key (block, log_index)
);
comment on table proposal_dropped is 'A proposal was pushed out by a cheaper one, or is no longer of the places that wait.';
comment on column proposal_dropped.block is 'Number of the block.';
comment on column proposal_dropped.log_index is 'Place of the log within the block.';
comment on column proposal_dropped.deal is 'Number of the deal.';
comment on column proposal_dropped.round is 'Number of the proposal within its request.';
comment on column proposal_dropped.proposer is 'Who proposed.';

create table proposal_invalid (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    round bigint not null,
    proposer address not null,
    bond amount not null,
    primary key (block, log_index)
);
comment on table proposal_invalid is 'A proposal could not be activated, and its proposer''s bond was burned.';
comment on column proposal_invalid.block is 'Number of the block.';
comment on column proposal_invalid.log_index is 'Place of the log within the block.';
comment on column proposal_invalid.deal is 'Number of the deal.';
comment on column proposal_invalid.round is 'Number of the proposal within its request.';
comment on column proposal_invalid.proposer is 'Who proposed.';
comment on column proposal_invalid.bond is 'Burned, in FLT wei.';

create table offer_barred (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    offer bigint not null,
    reason integer not null,
    primary key (block, log_index)
);
comment on table offer_barred is 'An offer that made a proposal invalid cannot be proposed for its request again.';
comment on column offer_barred.block is 'Number of the block.';
comment on column offer_barred.log_index is 'Place of the log within the block.';
comment on column offer_barred.deal is 'Number of the deal.';
comment on column offer_barred.offer is 'Number of the offer.';
comment on column offer_barred.reason is 'Why: as `Matching.reasonOf`.';

create table bond_changed (
    block bigint not null,
    log_index integer not null,
    solver address not null,
    balance amount not null,
    reserved amount not null,
    primary key (block, log_index)
);
comment on table bond_changed is 'FLT of a solver after it changed.';
comment on column bond_changed.block is 'Number of the block.';
comment on column bond_changed.log_index is 'Place of the log within the block.';
comment on column bond_changed.solver is 'Who proposes sets of offers.';
comment on column bond_changed.balance is 'All of it, in FLT wei.';
comment on column bond_changed.reserved is 'Of it behind standing proposals, in FLT wei.';

create table bond_set (
    block bigint not null,
    log_index integer not null,
    bond amount not null,
    primary key (block, log_index)
);
comment on table bond_set is 'The bond that stands behind each proposal.';
comment on column bond_set.block is 'Number of the block.';
comment on column bond_set.log_index is 'Place of the log within the block.';
comment on column bond_set.bond is 'Bond, in FLT wei.';

create table deal_standbys_set (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    standbys integer not null,
    reserve_bps integer not null,
    tip amount not null,
    resolver address not null,
    primary key (block, log_index)
);
comment on table deal_standbys_set is 'What of a deal is about standbys.';
comment on column deal_standbys_set.block is 'Number of the block.';
comment on column deal_standbys_set.log_index is 'Place of the log within the block.';
comment on column deal_standbys_set.deal is 'Number of the deal.';
comment on column deal_standbys_set.standbys is 'Number of standbys.';
comment on column deal_standbys_set.reserve_bps is 'Part of a slot''s lock that a standby locks, in bps.';
comment on column deal_standbys_set.tip is 'For whose proposal is activated, in stablecoin.';
comment on column deal_standbys_set.resolver is 'Who decides appeals; zero: the panel.';

create table serving_ended (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    lock bigint not null,
    ended_at timestamptz not null,
    held_back amount not null,
    reason integer not null,
    primary key (block, log_index)
);
comment on table serving_ended is 'A provider''s serving is over, its slot is not.';
comment on column serving_ended.block is 'Number of the block.';
comment on column serving_ended.log_index is 'Place of the log within the block.';
comment on column serving_ended.deal is 'Number of the deal.';
comment on column serving_ended.slot is 'Number of the slot; 16 and more are standbys.';
comment on column serving_ended.provider is 'Who offers compute.';
comment on column serving_ended.serving is 'Serving number: counts the providers of the slot.';
comment on column serving_ended.lock is 'Number of the lock.';
comment on column serving_ended.ended_at is 'When accrual ended.';
comment on column serving_ended.held_back is 'Earned and not credited until three days after its end, in stablecoin.';
comment on column serving_ended.reason is '0 term over and not renewed, 3 left on margin, 4 failed.';

create table serving_released (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table serving_released is 'What a serving that is over was held back was credited.';
comment on column serving_released.block is 'Number of the block.';
comment on column serving_released.log_index is 'Place of the log within the block.';
comment on column serving_released.deal is 'Number of the deal.';
comment on column serving_released.slot is 'Number of the slot; 16 and more are standbys.';
comment on column serving_released.provider is 'Who offers compute.';
comment on column serving_released.serving is 'Serving number: counts the providers of the slot.';
comment on column serving_released.amount is 'Credited, in stablecoin.';

create table standby_promoted (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    standby integer not null,
    serving bigint not null,
    price amount not null,
    lock bigint not null,
    lock_amount amount not null,
    value_at_stake amount not null,
    term_end timestamptz not null,
    primary key (block, log_index)
);
comment on table standby_promoted is 'A standby serves a slot, with its own lock made larger.';
comment on column standby_promoted.block is 'Number of the block.';
comment on column standby_promoted.log_index is 'Place of the log within the block.';
comment on column standby_promoted.deal is 'Number of the deal.';
comment on column standby_promoted.slot is 'Number of the slot that it serves.';
comment on column standby_promoted.provider is 'Who offers compute.';
comment on column standby_promoted.standby is 'Number of the standby, 16 or more.';
comment on column standby_promoted.serving is 'Serving number of it in its slot.';
comment on column standby_promoted.price is 'Price per unit-day, royalty included, in stablecoin.';
comment on column standby_promoted.lock is 'Number of the lock.';
comment on column standby_promoted.lock_amount is 'What is locked, in FLT wei.';
comment on column standby_promoted.value_at_stake is 'Value at stake, in stablecoin.';
comment on column standby_promoted.term_end is 'When the term ends.';

create table standby_dropped (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    standby integer not null,
    provider address not null,
    forfeited amount not null,
    primary key (block, log_index)
);
comment on table standby_dropped is 'A standby could not lock what a slot needs, and is let go.';
comment on column standby_dropped.block is 'Number of the block.';
comment on column standby_dropped.log_index is 'Place of the log within the block.';
comment on column standby_dropped.deal is 'Number of the deal.';
comment on column standby_dropped.standby is 'Number of the standby, 16 or more.';
comment on column standby_dropped.provider is 'Who offers compute.';
comment on column standby_dropped.forfeited is 'Retainers not credited that are spare again, in stablecoin.';

create table slot_seeking (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    until timestamptz not null,
    primary key (block, log_index)
);
comment on table slot_seeking is 'Nobody serves a slot, and it can be filled.';
comment on column slot_seeking.block is 'Number of the block.';
comment on column slot_seeking.log_index is 'Place of the log within the block.';
comment on column slot_seeking.deal is 'Number of the deal.';
comment on column slot_seeking.slot is 'Number of the slot; 16 and more are standbys.';
comment on column slot_seeking.until is 'Until when it can be filled.';

create table downtime_deducted (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    serving bigint not null,
    down_seconds bigint not null,
    primary key (block, log_index)
);
comment on table downtime_deducted is 'Proven downtime of a running serving is not owed.';
comment on column downtime_deducted.block is 'Number of the block.';
comment on column downtime_deducted.log_index is 'Place of the log within the block.';
comment on column downtime_deducted.deal is 'Number of the deal.';
comment on column downtime_deducted.slot is 'Number of the slot; 16 and more are standbys.';
comment on column downtime_deducted.serving is 'Serving number: counts the providers of the slot.';
comment on column downtime_deducted.down_seconds is 'Seconds down.';

create table slot_stopped (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    ends_at timestamptz not null,
    primary key (block, log_index)
);
comment on table slot_stopped is 'One slot ends after its notice: its customer''s flag was not confirmed.';
comment on column slot_stopped.block is 'Number of the block.';
comment on column slot_stopped.log_index is 'Place of the log within the block.';
comment on column slot_stopped.deal is 'Number of the deal.';
comment on column slot_stopped.slot is 'Number of the slot; 16 and more are standbys.';
comment on column slot_stopped.provider is 'Who offers compute.';
comment on column slot_stopped.ends_at is 'When accrual ends.';

create table tip_paid (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    recipient address not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table tip_paid is 'A tip became the credit of who proposed, or of the customer again.';
comment on column tip_paid.block is 'Number of the block.';
comment on column tip_paid.log_index is 'Place of the log within the block.';
comment on column tip_paid.deal is 'Number of the deal.';
comment on column tip_paid.recipient is 'Who received it.';
comment on column tip_paid.amount is 'How much, in stablecoin.';
