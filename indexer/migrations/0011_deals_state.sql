-- State of Deals and Matching: deals, slots, payers, credits and requests.

create table deal (
    deal bigint primary key,
    customer address not null,
    class integer not null,
    slots integer not null,
    units bigint not null,
    term_days integer not null,
    duration_days integer not null,
    coverage_bps integer not null,
    exposure integer not null,
    payment_mode integer not null,
    fee_bps integer not null,
    notice bigint not null,
    royalty amount not null,
    opened_at timestamptz not null,
    started_at timestamptz,
    stopped_at timestamptz,
    stop_ends_at timestamptz,
    shares amount not null,
    spare amount not null,
    funded amount not null,
    refunded amount not null,
    changed bigint not null
);
comment on table deal is 'A deal from its request on: terms, and the money that came in and went back.';

create table slot (
    deal bigint not null,
    slot integer not null,
    status text not null check (status in ('empty', 'assigned', 'serving', 'ended')),
    serving bigint not null,
    provider address,
    offer bigint,
    price amount not null,
    lock bigint,
    value_at_stake amount not null,
    assigned_at timestamptz,
    started_at timestamptz,
    term_end timestamptz,
    ends_at timestamptz,
    is_final boolean not null,
    escrow amount not null,
    owed amount not null,
    credited amount not null,
    called_at timestamptz,
    stale_at_call bigint,
    end_reason integer,
    fee_total amount not null,
    royalty_total amount not null,
    stakers_total amount not null,
    provider_total amount not null,
    changed bigint not null,
    primary key (deal, slot)
);
comment on table slot is 'A replica of a deal, served by one provider at a time.';

create table payer (
    deal bigint not null,
    payer address not null,
    shares amount not null,
    paid amount not null,
    refunded amount not null,
    changed bigint not null,
    primary key (deal, payer)
);
comment on table payer is 'Escrow shares of one payer of a deal.';

create table credit (
    account address primary key,
    amount amount not null,
    changed bigint not null
);
comment on table credit is 'Stablecoin that an account can claim.';

create table stakers_credit (
    provider address primary key,
    amount amount not null,
    changed bigint not null
);
comment on table stakers_credit is 'The stakers'' part of a provider''s revenue that was not pushed to Staking.';

create table request (
    deal bigint primary key,
    customer address not null,
    application text not null,
    price_max amount not null,
    regions amount not null,
    first_loss_min_bps integer not null,
    proof_kind integer not null,
    expires_at timestamptz not null,
    resolver address,
    is_allowlist boolean not null,
    is_cancelled boolean not null,
    round bigint,
    proposer address,
    proposed_price amount,
    proposed_at timestamptz,
    activated_round bigint,
    activated_at timestamptz,
    changed bigint not null
);
comment on table request is 'What a customer asks for, under the number of its deal, and the best proposal for it.';
