-- State of Staking: providers, tranches, positions, exits and locks, from facts alone.

create table provider (
    provider address primary key,
    first_loss_bps integer not null,
    reward_share_bps integer not null,
    revenue_share_bps integer not null,
    drip_days integer not null,
    delegation_cap amount not null,
    next_first_loss_bps integer,
    next_reward_share_bps integer,
    next_revenue_share_bps integer,
    next_drip_days integer,
    next_terms_at timestamptz,
    orphan amount not null,
    locked amount not null,
    shortfall amount not null,
    cure_until timestamptz,
    name text not null,
    endpoint text not null,
    operator bigint not null,
    registered_at timestamptz not null,
    changed bigint not null
);
comment on table provider is 'A registered provider: terms, profile and locks.';

create table tranche (
    provider address not null,
    is_own boolean not null,
    generation bigint not null,
    active amount not null,
    shares amount not null,
    thaw_generation bigint not null,
    thawing amount not null,
    thaw_units amount not null,
    flt_index amount not null,
    usd_index amount not null,
    index_at timestamptz,
    flt_rate amount not null,
    flt_end timestamptz,
    usd_rate amount not null,
    usd_end timestamptz,
    changed bigint not null,
    primary key (provider, is_own)
);
comment on table tranche is 'Own or delegated stake of a provider, and the income that drips to it.';

create table position (
    provider address not null,
    account address not null,
    is_own boolean not null,
    generation bigint not null,
    shares amount not null,
    flt_index amount not null,
    usd_index amount not null,
    flt_owed amount not null,
    usd_owed amount not null,
    flt_claimed amount not null,
    usd_claimed amount not null,
    staked_at timestamptz not null,
    changed bigint not null,
    primary key (provider, account)
);
comment on table position is 'Shares of an account in a tranche. Own where the account is the provider.';

create table ticket (
    provider address not null,
    account address not null,
    day bigint not null,
    is_own boolean not null,
    thaw_generation bigint not null,
    units amount not null,
    target address,
    paid amount not null,
    changed bigint not null,
    primary key (provider, account, day)
);
comment on table ticket is 'An exit of one account, provider and day. Without units once it was paid, moved or cancelled.';

create table bucket (
    provider address not null,
    is_own boolean not null,
    day bigint not null,
    thaw_generation bigint not null,
    units amount not null,
    pool_generation bigint,
    pool_units amount not null,
    pool_amount amount not null,
    changed bigint not null,
    primary key (provider, is_own, day)
);
comment on table bucket is 'All tickets of a tranche and day: thawing units, then the claim pool that they became.';

create table stake_lock (
    lock bigint primary key,
    provider address not null,
    module address not null,
    slasher address,
    amount amount not null,
    slashed amount not null,
    granted_at timestamptz not null,
    ends_at timestamptz not null,
    released_at timestamptz,
    changed bigint not null
);
comment on table stake_lock is 'Stake of a provider tied to a purpose until a time.';
