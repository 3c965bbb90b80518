-- Facts of Deals: escrow, streams, credits, terms and margin.

create table deal_opened (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    customer address not null,
    class integer not null,
    slots integer not null,
    units bigint not null,
    term_days integer not null,
    duration_days integer not null,
    coverage_bps integer not null,
    exposure integer not null,
    primary key (block, log_index)
);
comment on table deal_opened is 'A request became the deal of its number.';
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

create table deal_terms_set (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    payment_mode integer not null,
    fee_bps integer not null,
    notice bigint not null,
    royalty amount not null,
    primary key (block, log_index)
);
comment on table deal_terms_set is 'Terms of a deal that stay as they were when it opened.';
comment on column deal_terms_set.block is 'Number of the block.';
comment on column deal_terms_set.log_index is 'Place of the log within the block.';
comment on column deal_terms_set.deal is 'Number of the deal.';
comment on column deal_terms_set.payment_mode is '0 reserved, 1 metered.';
comment on column deal_terms_set.fee_bps is 'Fee, in bps of each credit.';
comment on column deal_terms_set.notice is 'Notice of a customer''s stop, in seconds.';
comment on column deal_terms_set.royalty is 'Stablecoin per unit-day, on top of the offer''s price.';

create table deal_funded (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    payer address not null,
    amount amount not null,
    shares amount not null,
    total_shares amount not null,
    primary key (block, log_index)
);
comment on table deal_funded is 'A payment into the escrow of a deal.';
comment on column deal_funded.block is 'Number of the block.';
comment on column deal_funded.log_index is 'Place of the log within the block.';
comment on column deal_funded.deal is 'Number of the deal.';
comment on column deal_funded.payer is 'Who paid.';
comment on column deal_funded.amount is 'Amount, in the smallest unit.';
comment on column deal_funded.shares is 'Escrow shares bought.';
comment on column deal_funded.total_shares is 'Escrow shares of all payers after it.';

create table slot_funded (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    escrow amount not null,
    primary key (block, log_index)
);
comment on table slot_funded is 'Escrow of a slot after it was moved.';
comment on column slot_funded.block is 'Number of the block.';
comment on column slot_funded.log_index is 'Place of the log within the block.';
comment on column slot_funded.deal is 'Number of the deal.';
comment on column slot_funded.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_funded.escrow is 'What is left in the slot''s escrow, in stablecoin.';

create table spare_changed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    spare amount not null,
    primary key (block, log_index)
);
comment on table spare_changed is 'Escrow of a deal that belongs to no slot.';
comment on column spare_changed.block is 'Number of the block.';
comment on column spare_changed.log_index is 'Place of the log within the block.';
comment on column spare_changed.deal is 'Number of the deal.';
comment on column spare_changed.spare is 'Escrow of no slot, in stablecoin.';

create table slot_assigned (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    offer bigint not null,
    price amount not null,
    lock bigint not null,
    lock_amount amount not null,
    value_at_stake amount not null,
    primary key (block, log_index)
);
comment on table slot_assigned is 'A provider was locked for a slot.';
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

create table slot_declined (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    is_silent boolean not null,
    primary key (block, log_index)
);
comment on table slot_declined is 'A provider declined a slot, or kept silent.';
comment on column slot_declined.block is 'Number of the block.';
comment on column slot_declined.log_index is 'Place of the log within the block.';
comment on column slot_declined.deal is 'Number of the deal.';
comment on column slot_declined.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_declined.provider is 'Who offers compute.';
comment on column slot_declined.is_silent is 'Whether nobody answered in time.';

create table slot_ready (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    term_end timestamptz not null,
    primary key (block, log_index)
);
comment on table slot_ready is 'A provider began to serve a slot.';
comment on column slot_ready.block is 'Number of the block.';
comment on column slot_ready.log_index is 'Place of the log within the block.';
comment on column slot_ready.deal is 'Number of the deal.';
comment on column slot_ready.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_ready.provider is 'Who offers compute.';
comment on column slot_ready.term_end is 'When the term ends.';

create table slot_settled (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    serving bigint not null,
    escrow amount not null,
    owed amount not null,
    credited amount not null,
    started_at timestamptz not null,
    primary key (block, log_index)
);
comment on table slot_settled is 'Cumulative amounts of a serving after it was settled.';
comment on column slot_settled.block is 'Number of the block.';
comment on column slot_settled.log_index is 'Place of the log within the block.';
comment on column slot_settled.deal is 'Number of the deal.';
comment on column slot_settled.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_settled.serving is 'Serving number: counts the providers of the slot.';
comment on column slot_settled.escrow is 'What is left in the slot''s escrow, in stablecoin.';
comment on column slot_settled.owed is 'Accrued in this serving, in stablecoin.';
comment on column slot_settled.credited is 'Of that credited, in stablecoin.';
comment on column slot_settled.started_at is 'When accrual started, moved on by what was not paid for.';

create table slot_credited (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    fee amount not null,
    royalty amount not null,
    to_stakers amount not null,
    to_provider amount not null,
    primary key (block, log_index)
);
comment on table slot_credited is 'One credit of a slot and its split.';
comment on column slot_credited.block is 'Number of the block.';
comment on column slot_credited.log_index is 'Place of the log within the block.';
comment on column slot_credited.deal is 'Number of the deal.';
comment on column slot_credited.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_credited.provider is 'Who offers compute.';
comment on column slot_credited.fee is 'Fee, in stablecoin.';
comment on column slot_credited.royalty is 'The author''s part, in stablecoin.';
comment on column slot_credited.to_stakers is 'Stakers'' part, in stablecoin.';
comment on column slot_credited.to_provider is 'The provider''s part, in stablecoin.';

create table slot_renewed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    term_end timestamptz not null,
    lock_amount amount not null,
    value_at_stake amount not null,
    is_priced boolean not null,
    primary key (block, log_index)
);
comment on table slot_renewed is 'A slot was renewed for a term.';
comment on column slot_renewed.block is 'Number of the block.';
comment on column slot_renewed.log_index is 'Place of the log within the block.';
comment on column slot_renewed.deal is 'Number of the deal.';
comment on column slot_renewed.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_renewed.provider is 'Who offers compute.';
comment on column slot_renewed.term_end is 'When the term ends.';
comment on column slot_renewed.lock_amount is 'What is locked after it, in FLT wei.';
comment on column slot_renewed.value_at_stake is 'Value at stake, in stablecoin.';
comment on column slot_renewed.is_priced is 'Whether there was a price; without one the lock keeps its FLT.';

create table slot_final (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    primary key (block, log_index)
);
comment on table slot_final is 'The provider of a slot announced that it will not renew.';
comment on column slot_final.block is 'Number of the block.';
comment on column slot_final.log_index is 'Place of the log within the block.';
comment on column slot_final.deal is 'Number of the deal.';
comment on column slot_final.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_final.provider is 'Who offers compute.';

create table margin_call_opened (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    health_bps amount not null,
    stale_seconds bigint not null,
    primary key (block, log_index)
);
comment on table margin_call_opened is 'A margin call of a slot.';
comment on column margin_call_opened.block is 'Number of the block.';
comment on column margin_call_opened.log_index is 'Place of the log within the block.';
comment on column margin_call_opened.deal is 'Number of the deal.';
comment on column margin_call_opened.slot is 'Number of the slot within the deal, from zero.';
comment on column margin_call_opened.provider is 'Who offers compute.';
comment on column margin_call_opened.health_bps is 'Worth of the lock over value at stake, in bps.';
comment on column margin_call_opened.stale_seconds is 'Seconds of stale price before the call.';

create table slot_topped_up (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    amount amount not null,
    lock_amount amount not null,
    primary key (block, log_index)
);
comment on table slot_topped_up is 'A provider added stake to the lock of a slot.';
comment on column slot_topped_up.block is 'Number of the block.';
comment on column slot_topped_up.log_index is 'Place of the log within the block.';
comment on column slot_topped_up.deal is 'Number of the deal.';
comment on column slot_topped_up.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_topped_up.provider is 'Who offers compute.';
comment on column slot_topped_up.amount is 'FLT added to the lock, in wei.';
comment on column slot_topped_up.lock_amount is 'What is locked after it, in FLT wei.';

create table margin_call_cured (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    health_bps amount not null,
    primary key (block, log_index)
);
comment on table margin_call_cured is 'A margin call was cured.';
comment on column margin_call_cured.block is 'Number of the block.';
comment on column margin_call_cured.log_index is 'Place of the log within the block.';
comment on column margin_call_cured.deal is 'Number of the deal.';
comment on column margin_call_cured.slot is 'Number of the slot within the deal, from zero.';
comment on column margin_call_cured.provider is 'Who offers compute.';
comment on column margin_call_cured.health_bps is 'Worth of the lock over value at stake, in bps.';

create table deal_stop_requested (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    ends_at timestamptz not null,
    primary key (block, log_index)
);
comment on table deal_stop_requested is 'The customer stopped a deal; slots serve through the notice.';
comment on column deal_stop_requested.block is 'Number of the block.';
comment on column deal_stop_requested.log_index is 'Place of the log within the block.';
comment on column deal_stop_requested.deal is 'Number of the deal.';
comment on column deal_stop_requested.ends_at is 'When the notice is over.';

create table slot_ended (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    ends_at timestamptz not null,
    reason integer not null,
    primary key (block, log_index)
);
comment on table slot_ended is 'A slot ended for good.';
comment on column slot_ended.block is 'Number of the block.';
comment on column slot_ended.log_index is 'Place of the log within the block.';
comment on column slot_ended.deal is 'Number of the deal.';
comment on column slot_ended.slot is 'Number of the slot within the deal, from zero.';
comment on column slot_ended.provider is 'Who offers compute.';
comment on column slot_ended.ends_at is 'When accrual ended.';
comment on column slot_ended.reason is '0 term over, 1 stopped by the customer, 2 out of funds, 3 left on margin, 4 failed, 5 not filled.';

create table refunded (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    payer address not null,
    shares amount not null,
    amount amount not null,
    total_shares amount not null,
    primary key (block, log_index)
);
comment on table refunded is 'A payer took back shares of what was left of the escrow.';
comment on column refunded.block is 'Number of the block.';
comment on column refunded.log_index is 'Place of the log within the block.';
comment on column refunded.deal is 'Number of the deal.';
comment on column refunded.payer is 'Who paid.';
comment on column refunded.shares is 'Escrow shares given up.';
comment on column refunded.amount is 'Amount, in the smallest unit.';
comment on column refunded.total_shares is 'Escrow shares of all payers after it.';

create table credit_added (
    block bigint not null,
    log_index integer not null,
    account address not null,
    amount amount not null,
    credit amount not null,
    primary key (block, log_index)
);
comment on table credit_added is 'A credit to be claimed by an account.';
comment on column credit_added.block is 'Number of the block.';
comment on column credit_added.log_index is 'Place of the log within the block.';
comment on column credit_added.account is 'Whose it is.';
comment on column credit_added.amount is 'Amount, in the smallest unit.';
comment on column credit_added.credit is 'Credit of the account after it, in stablecoin.';

create table stakers_paid (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table stakers_paid is 'The stakers'' part of a provider''s revenue was pushed to Staking.';
comment on column stakers_paid.block is 'Number of the block.';
comment on column stakers_paid.log_index is 'Place of the log within the block.';
comment on column stakers_paid.provider is 'Who offers compute.';
comment on column stakers_paid.amount is 'Amount, in the smallest unit.';

create table credit_claimed (
    block bigint not null,
    log_index integer not null,
    account address not null,
    amount amount not null,
    recipient address not null,
    primary key (block, log_index)
);
comment on table credit_claimed is 'An account claimed its whole credit.';
comment on column credit_claimed.block is 'Number of the block.';
comment on column credit_claimed.log_index is 'Place of the log within the block.';
comment on column credit_claimed.account is 'Whose it is.';
comment on column credit_claimed.amount is 'Amount, in the smallest unit.';
comment on column credit_claimed.recipient is 'Who received it.';

create table fee_set (
    block bigint not null,
    log_index integer not null,
    fee_bps integer not null,
    treasury address not null,
    primary key (block, log_index)
);
comment on table fee_set is 'The fee of deals opened from this log on, and the treasury.';
comment on column fee_set.block is 'Number of the block.';
comment on column fee_set.log_index is 'Place of the log within the block.';
comment on column fee_set.fee_bps is 'Fee, in bps of each credit.';
comment on column fee_set.treasury is 'Who is credited the fees.';
