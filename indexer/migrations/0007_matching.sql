-- Facts of Matching: requests and proposals.

create table request_opened (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    customer address not null,
    application text not null,
    price_max amount not null,
    regions amount not null,
    first_loss_min_bps integer not null,
    proof_kind integer not null,
    expiry timestamptz not null,
    resolver address not null,
    is_allowlist boolean not null,
    primary key (block, log_index)
);
comment on table request_opened is 'What a customer asks for; the deal carries the rest.';

create table request_provider_listed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    provider address not null,
    primary key (block, log_index)
);
comment on table request_provider_listed is 'A provider on the allow or deny list of a request.';

create table request_criterion_added (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    attribute integer not null,
    level integer not null,
    primary key (block, log_index)
);
comment on table request_criterion_added is 'An attribute that a request needs, at a level.';

create table request_cancelled (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    primary key (block, log_index)
);
comment on table request_cancelled is 'A customer took a request back before any slot was assigned.';

create table proposed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    proposer address not null,
    round bigint not null,
    price amount not null,
    primary key (block, log_index)
);
comment on table proposed is 'The best proposal so far for a request.';

create table proposal_offered (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    round bigint not null,
    slot integer not null,
    offer bigint not null,
    primary key (block, log_index)
);
comment on table proposal_offered is 'The offer that a proposal names for a slot.';

create table proposal_activated (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    round bigint not null,
    activator address not null,
    primary key (block, log_index)
);
comment on table proposal_activated is 'A proposal was activated: its offers were locked.';

create table request_fee_set (
    block bigint not null,
    log_index integer not null,
    fee amount not null,
    primary key (block, log_index)
);
comment on table request_fee_set is 'The fee of a request.';

create table requests_paused_until (
    block bigint not null,
    log_index integer not null,
    until timestamptz not null,
    primary key (block, log_index)
);
comment on table requests_paused_until is 'The guardian paused new requests.';
