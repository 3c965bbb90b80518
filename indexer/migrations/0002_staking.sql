-- Facts of Staking: stake, exits, locks, slashes and income. One row per event, columns in its order.

create table terms_set (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    first_loss_bps integer not null,
    reward_share_bps integer not null,
    revenue_share_bps integer not null,
    drip_days integer not null,
    delegation_cap amount not null,
    primary key (block, log_index)
);
comment on table terms_set is 'Terms of a provider in force from this log on.';

create table terms_scheduled (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    first_loss_bps integer not null,
    reward_share_bps integer not null,
    revenue_share_bps integer not null,
    drip_days integer not null,
    effective_at timestamptz not null,
    primary key (block, log_index)
);
comment on table terms_scheduled is 'The four terms that replace those in force at `effective_at`; the epoch: none do.';

create table key_set (
    block bigint not null,
    log_index integer not null,
    account address not null,
    key address not null,
    roles bigint not null,
    expiry timestamptz not null,
    primary key (block, log_index)
);
comment on table key_set is 'A hot key of an account, with its roles and expiry; no roles: removed.';

create table payee_set (
    block bigint not null,
    log_index integer not null,
    account address not null,
    payee address not null,
    active_at timestamptz not null,
    primary key (block, log_index)
);
comment on table payee_set is 'An address registered to receive for an account; `active_at` at the epoch: removed.';

create table staked (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    account address not null,
    generation bigint not null,
    amount amount not null,
    shares amount not null,
    primary key (block, log_index)
);
comment on table staked is 'FLT became active stake of an account with a provider.';

create table exit_started (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    account address not null,
    day bigint not null,
    amount amount not null,
    shares amount not null,
    thaw_generation bigint not null,
    units amount not null,
    primary key (block, log_index)
);
comment on table exit_started is 'Active stake became thawing stake of a day.';

create table exit_cancelled (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    account address not null,
    day bigint not null,
    units amount not null,
    amount amount not null,
    generation bigint not null,
    shares amount not null,
    primary key (block, log_index)
);
comment on table exit_cancelled is 'A ticket that had not matured went back to active stake.';

create table crystallised (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    is_own boolean not null,
    day bigint not null,
    thaw_generation bigint not null,
    units amount not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table crystallised is 'A matured bucket of a tranche became a fixed claim pool that no slash touches.';

create table withdrawn (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    account address not null,
    day bigint not null,
    units amount not null,
    amount amount not null,
    recipient address not null,
    primary key (block, log_index)
);
comment on table withdrawn is 'A matured ticket was paid.';

create table redelegation_named (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    account address not null,
    day bigint not null,
    target address not null,
    primary key (block, log_index)
);
comment on table redelegation_named is 'A ticket was given a new provider to move to after maturity; the zero address: taken back.';

create table redelegated (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    account address not null,
    day bigint not null,
    target address not null,
    units amount not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table redelegated is 'A matured ticket moved to its target; the `staked` of the target follows.';

create table tranche_changed (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    is_own boolean not null,
    generation bigint not null,
    active amount not null,
    shares amount not null,
    primary key (block, log_index)
);
comment on table tranche_changed is 'Active stake of a tranche after a change.';

create table thaw_changed (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    is_own boolean not null,
    generation bigint not null,
    thawing amount not null,
    units amount not null,
    primary key (block, log_index)
);
comment on table thaw_changed is 'Thawing, not crystallised stake of a tranche after a change.';

create table orphan_changed (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    orphan amount not null,
    primary key (block, log_index)
);
comment on table orphan_changed is 'Orphan reserve of a provider after a change.';

create table orphan_swept (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table orphan_swept is 'The orphan reserve went to the treasury.';

create table lock_granted (
    block bigint not null,
    log_index integer not null,
    lock bigint not null,
    provider address not null,
    module address not null,
    slasher address not null,
    amount amount not null,
    "end" timestamptz not null,
    locked amount not null,
    primary key (block, log_index)
);
comment on table lock_granted is 'A lock was granted.';

create table lock_regranted (
    block bigint not null,
    log_index integer not null,
    lock bigint not null,
    provider address not null,
    amount amount not null,
    "end" timestamptz not null,
    locked amount not null,
    primary key (block, log_index)
);
comment on table lock_regranted is 'A lock was renewed or topped up: it has a new amount and end.';

create table lock_released (
    block bigint not null,
    log_index integer not null,
    lock bigint not null,
    provider address not null,
    amount amount not null,
    locked amount not null,
    primary key (block, log_index)
);
comment on table lock_released is 'A lock ended.';

create table slashed (
    block bigint not null,
    log_index integer not null,
    lock bigint not null,
    provider address not null,
    slasher address not null,
    amount amount not null,
    from_orphan amount not null,
    from_own amount not null,
    from_delegated amount not null,
    lock_amount amount not null,
    locked amount not null,
    primary key (block, log_index)
);
comment on table slashed is 'Stake behind a lock was slashed; `amount` is the sum of the three `from` columns.';

create table shortfall_set (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    shortfall amount not null,
    cure_until timestamptz not null,
    primary key (block, log_index)
);
comment on table shortfall_set is 'First-loss shortfall caused by a slash, excused until `cure_until`.';

create table burn_queued (
    block bigint not null,
    log_index integer not null,
    day bigint not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table burn_queued is 'Slashed FLT owed to no party, burnable after the quarantine of its day.';

create table slash_burned (
    block bigint not null,
    log_index integer not null,
    day bigint not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table slash_burned is 'The slashed FLT of a day was burned.';

create table quarantine_opened (
    block bigint not null,
    log_index integer not null,
    quarantine bigint not null,
    lock bigint not null,
    provider address not null,
    customer address not null,
    customer_amount amount not null,
    reporter address not null,
    reporter_amount amount not null,
    release_at timestamptz not null,
    primary key (block, log_index)
);
comment on table quarantine_opened is 'A slash with payouts to parties waits in quarantine.';

create table quarantine_paid (
    block bigint not null,
    log_index integer not null,
    quarantine bigint not null,
    primary key (block, log_index)
);
comment on table quarantine_paid is 'A quarantine was paid to its parties.';

create table quarantine_cancelled (
    block bigint not null,
    log_index integer not null,
    quarantine bigint not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table quarantine_cancelled is 'The council cancelled the payouts of a quarantine.';

create table reward_added (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    token address not null,
    module address not null,
    to_own amount not null,
    to_delegated amount not null,
    primary key (block, log_index)
);
comment on table reward_added is 'Income was pushed to the two tranches of a provider.';

create table drip_changed (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    is_own boolean not null,
    token address not null,
    rate amount not null,
    "end" timestamptz not null,
    primary key (block, log_index)
);
comment on table drip_changed is 'The drip of one token to one tranche after a change.';

create table index_changed (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    is_own boolean not null,
    flt_index amount not null,
    usd_index amount not null,
    updated_at timestamptz not null,
    primary key (block, log_index)
);
comment on table index_changed is 'Reward per share of a tranche after a change.';

create table reward_settled (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    account address not null,
    flt_index amount not null,
    usd_index amount not null,
    flt_owed amount not null,
    usd_owed amount not null,
    primary key (block, log_index)
);
comment on table reward_settled is 'Income of a position after it was settled.';

create table reward_claimed (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    account address not null,
    token address not null,
    amount amount not null,
    recipient address not null,
    primary key (block, log_index)
);
comment on table reward_claimed is 'Income of a position was paid.';

create table module_scheduled (
    block bigint not null,
    log_index integer not null,
    id integer not null,
    module address not null,
    roles integer not null,
    active_at timestamptz not null,
    primary key (block, log_index)
);
comment on table module_scheduled is 'A module was listed, to act from `active_at`.';

create table module_removed (
    block bigint not null,
    log_index integer not null,
    id integer not null,
    removed_at timestamptz not null,
    primary key (block, log_index)
);
comment on table module_removed is 'A module was removed from the list.';

create table staking_paused (
    block bigint not null,
    log_index integer not null,
    until timestamptz not null,
    primary key (block, log_index)
);
comment on table staking_paused is 'The guardian paused deposits and locks of new deals.';

create table guardian_set (
    block bigint not null,
    log_index integer not null,
    guardian address not null,
    primary key (block, log_index)
);
comment on table guardian_set is 'The guardian of Staking.';

create table council_set (
    block bigint not null,
    log_index integer not null,
    council address not null,
    primary key (block, log_index)
);
comment on table council_set is 'The council of Staking.';
