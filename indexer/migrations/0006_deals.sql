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

create table slot_funded (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    escrow amount not null,
    primary key (block, log_index)
);
comment on table slot_funded is 'Escrow of a slot after it was moved.';

create table spare_changed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    spare amount not null,
    primary key (block, log_index)
);
comment on table spare_changed is 'Escrow of a deal that belongs to no slot.';

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

create table slot_final (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    primary key (block, log_index)
);
comment on table slot_final is 'The provider of a slot announced that it will not renew.';

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

create table deal_stop_requested (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    ends_at timestamptz not null,
    primary key (block, log_index)
);
comment on table deal_stop_requested is 'The customer stopped a deal; slots serve through the notice.';

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

create table credit_added (
    block bigint not null,
    log_index integer not null,
    account address not null,
    amount amount not null,
    credit amount not null,
    primary key (block, log_index)
);
comment on table credit_added is 'A credit to be claimed by an account.';

create table stakers_paid (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table stakers_paid is 'The stakers'' part of a provider''s revenue was pushed to Staking.';

create table credit_claimed (
    block bigint not null,
    log_index integer not null,
    account address not null,
    amount amount not null,
    recipient address not null,
    primary key (block, log_index)
);
comment on table credit_claimed is 'An account claimed its whole credit.';

create table fee_set (
    block bigint not null,
    log_index integer not null,
    fee_bps integer not null,
    treasury address not null,
    primary key (block, log_index)
);
comment on table fee_set is 'The fee of deals opened from this log on, and the treasury.';
