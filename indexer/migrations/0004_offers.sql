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
comment on table offer_limits_set is 'The limits of an offer; follows every `offer_created` and `offer_updated`.';

create table offer_roots_set (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    customers_root hash32 not null,
    applications_root hash32 not null,
    verification_keys_root hash32 not null,
    primary key (block, log_index)
);
comment on table offer_roots_set is 'Merkle roots of an offer; follows every `offer_limits_set`.';

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

create table offer_removed (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    effective_at timestamptz not null,
    primary key (block, log_index)
);
comment on table offer_removed is 'An offer ends at `effective_at`.';

create table units_taken (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    units bigint not null,
    units_in_use bigint not null,
    primary key (block, log_index)
);
comment on table units_taken is 'Units of an offer were taken by a slot.';

create table units_returned (
    block bigint not null,
    log_index integer not null,
    offer bigint not null,
    units bigint not null,
    units_in_use bigint not null,
    primary key (block, log_index)
);
comment on table units_returned is 'Units of an offer were given back by a slot.';
