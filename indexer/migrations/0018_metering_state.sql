-- State of metered slots: what was redeemed of each serving.

create table serving_usage (
    deal bigint not null,
    slot integer not null,
    serving bigint not null,
    redeemed amount not null,
    vouchers bigint not null,
    gateway address not null,
    signed amount not null,
    invocations amount not null,
    used_until timestamptz not null,
    usage_root hash32 not null,
    changed bigint not null,
    primary key (deal, slot, serving)
);
comment on table serving_usage is 'What vouchers paid of a serving of a metered slot, and what the last of them says.';
comment on column serving_usage.deal is 'Number of the deal.';
comment on column serving_usage.slot is 'Number of the slot.';
comment on column serving_usage.serving is 'Serving number: counts the providers of the slot.';
comment on column serving_usage.redeemed is 'Paid, in stablecoin.';
comment on column serving_usage.vouchers is 'How often a voucher was paid, or a part of one.';
comment on column serving_usage.gateway is 'Who signed the last one.';
comment on column serving_usage.signed is 'What the last one says, cumulative, in stablecoin; more than was paid where escrow or cap did not suffice.';
comment on column serving_usage.invocations is 'What the last one says, cumulative; any number below 2^64.';
comment on column serving_usage.used_until is 'End of the usage that the last one is for.';
comment on column serving_usage.usage_root is 'Root of the tree of all usage records, says the last one.';
comment on column serving_usage.changed is 'Block of the last fact of it.';
