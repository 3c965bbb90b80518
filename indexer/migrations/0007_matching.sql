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

create table request_provider_listed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    provider address not null,
    primary key (block, log_index)
);
comment on table request_provider_listed is 'A provider on the allow or deny list of a request.';
comment on column request_provider_listed.block is 'Number of the block.';
comment on column request_provider_listed.log_index is 'Place of the log within the block.';
comment on column request_provider_listed.deal is 'Number of the deal.';
comment on column request_provider_listed.provider is 'Who offers compute.';

create table request_criterion_added (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    attribute integer not null,
    level integer not null,
    primary key (block, log_index)
);
comment on table request_criterion_added is 'An attribute that a request needs, at a level.';
comment on column request_criterion_added.block is 'Number of the block.';
comment on column request_criterion_added.log_index is 'Place of the log within the block.';
comment on column request_criterion_added.deal is 'Number of the deal.';
comment on column request_criterion_added.attribute is 'Number of the attribute.';
comment on column request_criterion_added.level is '1 declared, 2 attested, 3 audited.';

create table request_cancelled (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    primary key (block, log_index)
);
comment on table request_cancelled is 'A customer took a request back before any slot was assigned.';
comment on column request_cancelled.block is 'Number of the block.';
comment on column request_cancelled.log_index is 'Place of the log within the block.';
comment on column request_cancelled.deal is 'Number of the deal.';

create table proposed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    proposer address not null,
    round bigint not null,
    price amount not null,
    rank integer not null,
    window_end timestamptz not null,
    primary key (block, log_index)
);
comment on table proposed is 'The best proposal so far for a request.';
comment on column proposed.block is 'Number of the block.';
comment on column proposed.log_index is 'Place of the log within the block.';
comment on column proposed.deal is 'Number of the deal.';
comment on column proposed.proposer is 'Who proposed it.';
comment on column proposed.round is 'Counts the proposals of a request.';
comment on column proposed.price is 'Price of a day of all slots, in stablecoin.';
comment on column proposed.rank is '0 best, 1 second best.';
comment on column proposed.window_end is 'From when on anybody may activate it; the customer may before.';

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
comment on column proposal_offered.block is 'Number of the block.';
comment on column proposal_offered.log_index is 'Place of the log within the block.';
comment on column proposal_offered.deal is 'Number of the deal.';
comment on column proposal_offered.round is 'Counts the proposals of a request.';
comment on column proposal_offered.slot is 'Number of the slot within the deal, from zero.';
comment on column proposal_offered.offer is 'Number of the offer.';

create table proposal_activated (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    round bigint not null,
    activator address not null,
    primary key (block, log_index)
);
comment on table proposal_activated is 'A proposal was activated: its offers were locked.';
comment on column proposal_activated.block is 'Number of the block.';
comment on column proposal_activated.log_index is 'Place of the log within the block.';
comment on column proposal_activated.deal is 'Number of the deal.';
comment on column proposal_activated.round is 'Counts the proposals of a request.';
comment on column proposal_activated.activator is 'Who activated it.';

create table request_fee_set (
    block bigint not null,
    log_index integer not null,
    fee amount not null,
    primary key (block, log_index)
);
comment on table request_fee_set is 'The fee of a request.';
comment on column request_fee_set.block is 'Number of the block.';
comment on column request_fee_set.log_index is 'Place of the log within the block.';
comment on column request_fee_set.fee is 'Fee of a request, in stablecoin.';

create table requests_paused_until (
    block bigint not null,
    log_index integer not null,
    until timestamptz not null,
    primary key (block, log_index)
);
comment on table requests_paused_until is 'The guardian paused new requests.';
comment on column requests_paused_until.block is 'Number of the block.';
comment on column requests_paused_until.log_index is 'Place of the log within the block.';
comment on column requests_paused_until.until is 'When the pause ends.';
