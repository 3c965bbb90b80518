-- Facts of Offers: profiles and offers.

create table profile_set (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    name text not null,
    endpoint text not null,
    operator bigint not null,
    primary key (block, log_index)
);
comment on table profile_set is 'Name, endpoint and attested operator of a provider.';
comment on column profile_set.block is 'Number of the block.';
comment on column profile_set.log_index is 'Place of the log within the block.';
comment on column profile_set.provider is 'Who offers compute.';
comment on column profile_set.name is 'Name.';
comment on column profile_set.endpoint is 'Where the provider answers.';
comment on column profile_set.operator is 'Attested operator id; zero: none.';

create table offer_created (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    provider address not null,
    class integer not null,
    region integer not null,
    units bigint not null,
    price amount not null,
    primary key (block, log_index)
);
comment on table offer_created is 'An offer of units.';
comment on column offer_created.block is 'Number of the block.';
comment on column offer_created.log_index is 'Place of the log within the block.';
comment on column offer_created.offer is 'Number of the offer.';
comment on column offer_created.provider is 'Who offers compute.';
comment on column offer_created.class is 'Resource class: 0 CPU, 1 GPU.';
comment on column offer_created.region is 'Number of the region.';
comment on column offer_created.units is 'Units.';
comment on column offer_created.price is 'Stablecoin, smallest unit, per unit-day.';

create table offer_limits_set (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    coverage_max_bps integer not null,
    availability_bps integer not null,
    term_max_days integer not null,
    duration_max_days integer not null,
    payment_modes integer not null,
    proof_kinds integer not null,
    notice bigint not null,
    primary key (block, log_index)
);
comment on table offer_limits_set is
    'The limits of an offer; follows every `offer_created` and `offer_updated`, and `units_taken` where the update that waits '
    'keeps the availability.';
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

create table offer_roots_set (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    customers_root hash32 not null,
    applications_root hash32 not null,
    verification_keys_root hash32 not null,
    primary key (block, log_index)
);
comment on table offer_roots_set is 'Merkle roots of an offer; follows `offer_limits_set` of every `offer_created` and `offer_updated`.';
comment on column offer_roots_set.block is 'Number of the block.';
comment on column offer_roots_set.log_index is 'Place of the log within the block.';
comment on column offer_roots_set.offer is 'Number of the offer.';
comment on column offer_roots_set.customers_root is 'Merkle root of accepted customers; zero: all.';
comment on column offer_roots_set.applications_root is 'Merkle root of accepted applications; zero: all.';
comment on column offer_roots_set.verification_keys_root is 'Merkle root of accepted verification keys; zero: all.';

create table offer_updated (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    units bigint not null,
    price amount not null,
    effective_at timestamptz not null,
    primary key (block, log_index)
);
comment on table offer_updated is 'New units and price of an offer, in force from `effective_at`.';
comment on column offer_updated.block is 'Number of the block.';
comment on column offer_updated.log_index is 'Place of the log within the block.';
comment on column offer_updated.offer is 'Number of the offer.';
comment on column offer_updated.units is 'Units.';
comment on column offer_updated.price is 'Stablecoin, smallest unit, per unit-day.';
comment on column offer_updated.effective_at is 'When it comes into force.';

create table offer_removed (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    effective_at timestamptz not null,
    primary key (block, log_index)
);
comment on table offer_removed is 'An offer ends at `effective_at`.';
comment on column offer_removed.block is 'Number of the block.';
comment on column offer_removed.log_index is 'Place of the log within the block.';
comment on column offer_removed.offer is 'Number of the offer.';
comment on column offer_removed.effective_at is 'When it comes into force.';

create table units_taken (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    units bigint not null,
    units_in_use bigint not null,
    primary key (block, log_index)
);
comment on table units_taken is 'Units of an offer were taken by a slot.';
comment on column units_taken.block is 'Number of the block.';
comment on column units_taken.log_index is 'Place of the log within the block.';
comment on column units_taken.offer is 'Number of the offer.';
comment on column units_taken.units is 'Units taken.';
comment on column units_taken.units_in_use is 'Units that slots use after it.';

create table units_returned (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    units bigint not null,
    units_in_use bigint not null,
    primary key (block, log_index)
);
comment on table units_returned is 'Units of an offer were given back by a slot.';
comment on column units_returned.block is 'Number of the block.';
comment on column units_returned.log_index is 'Place of the log within the block.';
comment on column units_returned.offer is 'Number of the offer.';
comment on column units_returned.units is 'Units given back.';
comment on column units_returned.units_in_use is 'Units that slots use after it.';
