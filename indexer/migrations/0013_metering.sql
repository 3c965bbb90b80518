-- Facts of metered slots, of vouchers and gateways, of modules and their royalties.

create table slot_redeemed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    amount amount not null,
    redeemed amount not null,
    escrow amount not null,
    primary key (block, log_index)
);
comment on table slot_redeemed is 'A metered slot paid what its gateways signed.';
comment on column slot_redeemed.block is 'Number of the block.';
comment on column slot_redeemed.log_index is 'Place of the log within the block.';
comment on column slot_redeemed.deal is 'Number of the deal.';
comment on column slot_redeemed.slot is 'Number of the slot.';
comment on column slot_redeemed.provider is 'Who offers compute.';
comment on column slot_redeemed.serving is 'Serving number: counts the providers of the slot.';
comment on column slot_redeemed.amount is 'Paid out of the escrow, in stablecoin.';
comment on column slot_redeemed.redeemed is 'Paid to the serving so far, in stablecoin.';
comment on column slot_redeemed.escrow is 'Left of the slot''s escrow, in stablecoin.';

create table royalty_credited (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    author address not null,
    amount amount not null,
    due amount not null,
    primary key (block, log_index)
);
comment on table royalty_credited is 'An author''s part of a deal''s royalties became his credit.';
comment on column royalty_credited.block is 'Number of the block.';
comment on column royalty_credited.log_index is 'Place of the log within the block.';
comment on column royalty_credited.deal is 'Number of the deal.';
comment on column royalty_credited.author is 'Who publishes modules.';
comment on column royalty_credited.amount is 'Credited, in stablecoin.';
comment on column royalty_credited.due is 'Royalties of the deal that nobody was credited, in stablecoin.';

create table gateway_set (
    block bigint not null,
    log_index integer not null,
    customer address not null,
    gateway address not null,
    daily_cap amount not null,
    primary key (block, log_index)
);
comment on table gateway_set is 'A gateway may sign for a customer.';
comment on column gateway_set.block is 'Number of the block.';
comment on column gateway_set.log_index is 'Place of the log within the block.';
comment on column gateway_set.customer is 'Who opens deals.';
comment on column gateway_set.gateway is 'Who signs vouchers.';
comment on column gateway_set.daily_cap is 'What it may sign for in a day (UTC), in stablecoin.';

create table gateway_revocation (
    block bigint not null,
    log_index integer not null,
    customer address not null,
    gateway address not null,
    revoked_at timestamptz not null,
    primary key (block, log_index)
);
comment on table gateway_revocation is 'A gateway may sign no more.';
comment on column gateway_revocation.block is 'Number of the block.';
comment on column gateway_revocation.log_index is 'Place of the log within the block.';
comment on column gateway_revocation.customer is 'Who opens deals.';
comment on column gateway_revocation.gateway is 'Who signed vouchers.';
comment on column gateway_revocation.revoked_at is 'When it was revoked.';

create table voucher_redeemed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    gateway address not null,
    serving bigint not null,
    amount amount not null,
    signed amount not null,
    invocations amount not null,
    "from" timestamptz not null,
    until timestamptz not null,
    usage_root hash32 not null,
    primary key (block, log_index)
);
comment on table voucher_redeemed is 'A voucher was paid, or a part of it.';
comment on column voucher_redeemed.block is 'Number of the block.';
comment on column voucher_redeemed.log_index is 'Place of the log within the block.';
comment on column voucher_redeemed.deal is 'Number of the deal.';
comment on column voucher_redeemed.slot is 'Number of the slot.';
comment on column voucher_redeemed.gateway is 'Who signed it.';
comment on column voucher_redeemed.serving is 'Serving number: counts the providers of the slot.';
comment on column voucher_redeemed.amount is 'Paid, in stablecoin.';
comment on column voucher_redeemed.signed is 'What the voucher says, cumulative for the serving, in stablecoin.';
comment on column voucher_redeemed.invocations is 'What the voucher says, cumulative for the serving; any number below 2^64.';
comment on column voucher_redeemed."from" is 'Begin of the usage since the voucher before.';
comment on column voucher_redeemed.until is 'End of the usage.';
comment on column voucher_redeemed.usage_root is 'Root of the tree of all usage records of the serving.';

create table module_published (
    block bigint not null,
    log_index integer not null,
    module hash32 not null,
    author address not null,
    royalty amount not null,
    uri text not null,
    primary key (block, log_index)
);
comment on table module_published is 'A module has an author.';
comment on column module_published.block is 'Number of the block.';
comment on column module_published.log_index is 'Place of the log within the block.';
comment on column module_published.module is 'keccak256 of its content.';
comment on column module_published.author is 'Who publishes modules.';
comment on column module_published.royalty is 'Per unit-day, in stablecoin.';
comment on column module_published.uri is 'Where its content is.';

create table module_royalty_set (
    block bigint not null,
    log_index integer not null,
    module hash32 not null,
    royalty amount not null,
    effective_at timestamptz not null,
    primary key (block, log_index)
);
comment on table module_royalty_set is 'A module costs something else for new deals.';
comment on column module_royalty_set.block is 'Number of the block.';
comment on column module_royalty_set.log_index is 'Place of the log within the block.';
comment on column module_royalty_set.module is 'keccak256 of its content.';
comment on column module_royalty_set.royalty is 'Per unit-day, in stablecoin.';
comment on column module_royalty_set.effective_at is 'From when on.';

create table module_named (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    module hash32 not null,
    author address not null,
    royalty amount not null,
    primary key (block, log_index)
);
comment on table module_named is 'A deal runs a module.';
comment on column module_named.block is 'Number of the block.';
comment on column module_named.log_index is 'Place of the log within the block.';
comment on column module_named.deal is 'Number of the deal.';
comment on column module_named.module is 'keccak256 of its content.';
comment on column module_named.author is 'Who publishes modules.';
comment on column module_named.royalty is 'What the deal pays per unit-day, in stablecoin.';

create table request_key_set (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    verification_key hash32 not null,
    primary key (block, log_index)
);
comment on table request_key_set is 'The verification key of groth16 proofs that a request names.';
comment on column request_key_set.block is 'Number of the block.';
comment on column request_key_set.log_index is 'Place of the log within the block.';
comment on column request_key_set.deal is 'Number of the deal.';
comment on column request_key_set.verification_key is 'keccak256 of the verification key.';
