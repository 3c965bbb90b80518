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
comment on column provider.provider is 'Who offers compute.';
comment on column provider.first_loss_bps is 'Own stake needed, in bps of all locks.';
comment on column provider.reward_share_bps is 'Stakers'' share of FLT for capacity, in bps.';
comment on column provider.revenue_share_bps is 'Stakers'' share of stablecoin revenue, in bps.';
comment on column provider.drip_days is 'Days over which income drips.';
comment on column provider.delegation_cap is 'Most delegated active stake, in FLT wei.';
comment on column provider.next_first_loss_bps is 'To come: own stake needed, in bps of all locks.';
comment on column provider.next_reward_share_bps is 'To come: stakers'' share of FLT for capacity, in bps.';
comment on column provider.next_revenue_share_bps is 'To come: stakers'' share of stablecoin revenue, in bps.';
comment on column provider.next_drip_days is 'To come: days over which income drips.';
comment on column provider.next_terms_at is 'When the terms to come are in force; null: none are.';
comment on column provider.orphan is 'Orphan reserve, in FLT wei.';
comment on column provider.locked is 'Sum of its locks, in FLT wei.';
comment on column provider.shortfall is 'First loss that a slash took and that is excused, in FLT wei.';
comment on column provider.cure_until is 'Until when the shortfall is excused; null: there was none.';
comment on column provider.name is 'Name.';
comment on column provider.endpoint is 'Where the provider answers.';
comment on column provider.operator is 'Attested operator id; zero: none.';
comment on column provider.registered_at is 'When it first set terms.';
comment on column provider.changed is 'Block of the last fact of the key.';

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
comment on column tranche.provider is 'Who offers compute.';
comment on column tranche.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column tranche.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column tranche.active is 'Active stake, in FLT wei.';
comment on column tranche.shares is 'Shares of all positions.';
comment on column tranche.thaw_generation is 'Generation of the tranche''s thaw units; a wipe begins a new one.';
comment on column tranche.thawing is 'Stake on its way out, in FLT wei.';
comment on column tranche.thaw_units is 'Units of all that thaws.';
comment on column tranche.flt_index is 'FLT wei per share, times 10^24.';
comment on column tranche.usd_index is 'Stablecoin, smallest unit, per share, times 10^24.';
comment on column tranche.index_at is 'The time that the indices are brought up to.';
comment on column tranche.flt_rate is 'FLT wei per second that drip, times 2^32.';
comment on column tranche.flt_end is 'When the drip of FLT ends.';
comment on column tranche.usd_rate is 'Stablecoin per second that drips, times 2^32.';
comment on column tranche.usd_end is 'When the drip of stablecoin ends.';
comment on column tranche.changed is 'Block of the last fact of the key.';

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
comment on column position.provider is 'Who offers compute.';
comment on column position.account is 'Whose it is.';
comment on column position.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column position.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column position.shares is 'Shares in its generation.';
comment on column position.flt_index is 'FLT wei per share, times 10^24.';
comment on column position.usd_index is 'Stablecoin, smallest unit, per share, times 10^24.';
comment on column position.flt_owed is 'FLT earned and not claimed, in wei.';
comment on column position.usd_owed is 'Stablecoin earned and not claimed, in the smallest unit.';
comment on column position.flt_claimed is 'FLT claimed so far, in wei.';
comment on column position.usd_claimed is 'Stablecoin claimed so far.';
comment on column position.staked_at is 'When the account first staked.';
comment on column position.changed is 'Block of the last fact of the key.';

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
comment on column ticket.provider is 'Who offers compute.';
comment on column ticket.account is 'Whose it is.';
comment on column ticket.day is 'Day since the epoch at whose begin it matures.';
comment on column ticket.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column ticket.thaw_generation is 'Generation of the tranche''s thaw units; a wipe begins a new one.';
comment on column ticket.units is 'Thaw units; zero once it is over.';
comment on column ticket.target is 'The provider that it moves to; null: none.';
comment on column ticket.paid is 'Paid so far, in the smallest unit.';
comment on column ticket.changed is 'Block of the last fact of the key.';

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
comment on column bucket.provider is 'Who offers compute.';
comment on column bucket.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column bucket.day is 'Day since the epoch at whose begin it matures.';
comment on column bucket.thaw_generation is 'Generation that its units are of.';
comment on column bucket.units is 'Thaw units of its tickets.';
comment on column bucket.pool_generation is 'Generation that matured into a claim pool; null: none did.';
comment on column bucket.pool_units is 'Units that still share the claim pool.';
comment on column bucket.pool_amount is 'What is left in the claim pool, in FLT wei.';
comment on column bucket.changed is 'Block of the last fact of the key.';

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
comment on column stake_lock.lock is 'Number of the lock.';
comment on column stake_lock.provider is 'Who offers compute.';
comment on column stake_lock.module is 'The module that granted it.';
comment on column stake_lock.slasher is 'Who may slash it; null: nobody.';
comment on column stake_lock.amount is 'What is locked, in FLT wei.';
comment on column stake_lock.slashed is 'Taken from it by slashes, in FLT wei.';
comment on column stake_lock.granted_at is 'When it was granted last.';
comment on column stake_lock.ends_at is 'When anybody may release it.';
comment on column stake_lock.released_at is 'When it was released; null: it was not.';
comment on column stake_lock.changed is 'Block of the last fact of the key.';
