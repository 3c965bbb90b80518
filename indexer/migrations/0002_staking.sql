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
comment on column terms_set.block is 'Number of the block.';
comment on column terms_set.log_index is 'Place of the log within the block.';
comment on column terms_set.provider is 'Who offers compute.';
comment on column terms_set.first_loss_bps is 'Own stake needed, in bps of all locks.';
comment on column terms_set.reward_share_bps is 'Stakers'' share of FLT for capacity, in bps.';
comment on column terms_set.revenue_share_bps is 'Stakers'' share of stablecoin revenue, in bps.';
comment on column terms_set.drip_days is 'Days over which income drips.';
comment on column terms_set.delegation_cap is 'Most delegated active stake, in FLT wei.';

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
comment on column terms_scheduled.block is 'Number of the block.';
comment on column terms_scheduled.log_index is 'Place of the log within the block.';
comment on column terms_scheduled.provider is 'Who offers compute.';
comment on column terms_scheduled.first_loss_bps is 'Own stake needed, in bps of all locks.';
comment on column terms_scheduled.reward_share_bps is 'Stakers'' share of FLT for capacity, in bps.';
comment on column terms_scheduled.revenue_share_bps is 'Stakers'' share of stablecoin revenue, in bps.';
comment on column terms_scheduled.drip_days is 'Days over which income drips.';
comment on column terms_scheduled.effective_at is 'When it comes into force.';

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
comment on column key_set.block is 'Number of the block.';
comment on column key_set.log_index is 'Place of the log within the block.';
comment on column key_set.account is 'Whose it is.';
comment on column key_set.key is 'The hot key.';
comment on column key_set.roles is 'Bits of what it may do.';
comment on column key_set.expiry is 'Last second at which it counts.';

create table payee_set (
    block bigint not null,
    log_index integer not null,
    account address not null,
    payee address not null,
    active_at timestamptz not null,
    primary key (block, log_index)
);
comment on table payee_set is 'An address registered to receive for an account; `active_at` at the epoch: removed.';
comment on column payee_set.block is 'Number of the block.';
comment on column payee_set.log_index is 'Place of the log within the block.';
comment on column payee_set.account is 'Whose it is.';
comment on column payee_set.payee is 'The address that may receive.';
comment on column payee_set.active_at is 'From when it counts.';

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
comment on column staked.block is 'Number of the block.';
comment on column staked.log_index is 'Place of the log within the block.';
comment on column staked.provider is 'Who offers compute.';
comment on column staked.account is 'Whose it is.';
comment on column staked.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column staked.amount is 'Amount, in the smallest unit.';
comment on column staked.shares is 'Shares bought.';

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
comment on column exit_started.block is 'Number of the block.';
comment on column exit_started.log_index is 'Place of the log within the block.';
comment on column exit_started.provider is 'Who offers compute.';
comment on column exit_started.account is 'Whose it is.';
comment on column exit_started.day is 'Day since the epoch at whose begin it matures.';
comment on column exit_started.amount is 'Amount, in the smallest unit.';
comment on column exit_started.shares is 'Shares given up.';
comment on column exit_started.thaw_generation is 'Generation of the tranche''s thaw units; a wipe begins a new one.';
comment on column exit_started.units is 'Thaw units got.';

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
comment on column exit_cancelled.block is 'Number of the block.';
comment on column exit_cancelled.log_index is 'Place of the log within the block.';
comment on column exit_cancelled.provider is 'Who offers compute.';
comment on column exit_cancelled.account is 'Whose it is.';
comment on column exit_cancelled.day is 'Day since the epoch at whose begin it matures.';
comment on column exit_cancelled.units is 'Thaw units given up.';
comment on column exit_cancelled.amount is 'Amount, in the smallest unit.';
comment on column exit_cancelled.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column exit_cancelled.shares is 'Shares bought.';

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
comment on column crystallised.block is 'Number of the block.';
comment on column crystallised.log_index is 'Place of the log within the block.';
comment on column crystallised.provider is 'Who offers compute.';
comment on column crystallised.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column crystallised.day is 'Day since the epoch at whose begin it matures.';
comment on column crystallised.thaw_generation is 'Generation of the tranche''s thaw units; a wipe begins a new one.';
comment on column crystallised.units is 'Thaw units of the bucket.';
comment on column crystallised.amount is 'Amount, in the smallest unit.';

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
comment on column withdrawn.block is 'Number of the block.';
comment on column withdrawn.log_index is 'Place of the log within the block.';
comment on column withdrawn.provider is 'Who offers compute.';
comment on column withdrawn.account is 'Whose it is.';
comment on column withdrawn.day is 'Day since the epoch at whose begin it matures.';
comment on column withdrawn.units is 'Thaw units given up.';
comment on column withdrawn.amount is 'Amount, in the smallest unit.';
comment on column withdrawn.recipient is 'Who received it.';

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
comment on column redelegation_named.block is 'Number of the block.';
comment on column redelegation_named.log_index is 'Place of the log within the block.';
comment on column redelegation_named.provider is 'Who offers compute.';
comment on column redelegation_named.account is 'Whose it is.';
comment on column redelegation_named.day is 'Day since the epoch at whose begin it matures.';
comment on column redelegation_named.target is 'The provider that it moves to.';

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
comment on column redelegated.block is 'Number of the block.';
comment on column redelegated.log_index is 'Place of the log within the block.';
comment on column redelegated.provider is 'Who offers compute.';
comment on column redelegated.account is 'Whose it is.';
comment on column redelegated.day is 'Day since the epoch at whose begin it matures.';
comment on column redelegated.target is 'The provider that it moves to.';
comment on column redelegated.units is 'Thaw units given up.';
comment on column redelegated.amount is 'Amount, in the smallest unit.';

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
comment on column tranche_changed.block is 'Number of the block.';
comment on column tranche_changed.log_index is 'Place of the log within the block.';
comment on column tranche_changed.provider is 'Who offers compute.';
comment on column tranche_changed.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column tranche_changed.generation is 'Generation of the tranche''s shares; a wipe begins a new one.';
comment on column tranche_changed.active is 'Active stake, in FLT wei.';
comment on column tranche_changed.shares is 'Shares.';

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
comment on column thaw_changed.block is 'Number of the block.';
comment on column thaw_changed.log_index is 'Place of the log within the block.';
comment on column thaw_changed.provider is 'Who offers compute.';
comment on column thaw_changed.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column thaw_changed.generation is 'Generation of the tranche''s thaw units.';
comment on column thaw_changed.thawing is 'Stake on its way out, in FLT wei.';
comment on column thaw_changed.units is 'Thaw units of all that thaws.';

create table orphan_changed (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    orphan amount not null,
    primary key (block, log_index)
);
comment on table orphan_changed is 'Orphan reserve of a provider after a change.';
comment on column orphan_changed.block is 'Number of the block.';
comment on column orphan_changed.log_index is 'Place of the log within the block.';
comment on column orphan_changed.provider is 'Who offers compute.';
comment on column orphan_changed.orphan is 'Orphan reserve, in FLT wei.';

create table orphan_swept (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table orphan_swept is 'The orphan reserve went to the treasury.';
comment on column orphan_swept.block is 'Number of the block.';
comment on column orphan_swept.log_index is 'Place of the log within the block.';
comment on column orphan_swept.provider is 'Who offers compute.';
comment on column orphan_swept.amount is 'Amount, in the smallest unit.';

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
comment on column lock_granted.block is 'Number of the block.';
comment on column lock_granted.log_index is 'Place of the log within the block.';
comment on column lock_granted.lock is 'Number of the lock.';
comment on column lock_granted.provider is 'Who offers compute.';
comment on column lock_granted.module is 'The module that granted it.';
comment on column lock_granted.slasher is 'Who may slash it.';
comment on column lock_granted.amount is 'Amount, in the smallest unit.';
comment on column lock_granted."end" is 'When it ends.';
comment on column lock_granted.locked is 'Sum of the provider''s locks after it, in FLT wei.';

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
comment on column lock_regranted.block is 'Number of the block.';
comment on column lock_regranted.log_index is 'Place of the log within the block.';
comment on column lock_regranted.lock is 'Number of the lock.';
comment on column lock_regranted.provider is 'Who offers compute.';
comment on column lock_regranted.amount is 'Amount, in the smallest unit.';
comment on column lock_regranted."end" is 'When it ends.';
comment on column lock_regranted.locked is 'Sum of the provider''s locks after it, in FLT wei.';

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
comment on column lock_released.block is 'Number of the block.';
comment on column lock_released.log_index is 'Place of the log within the block.';
comment on column lock_released.lock is 'Number of the lock.';
comment on column lock_released.provider is 'Who offers compute.';
comment on column lock_released.amount is 'What was freed, in FLT wei.';
comment on column lock_released.locked is 'Sum of the provider''s locks after it, in FLT wei.';

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
comment on column slashed.block is 'Number of the block.';
comment on column slashed.log_index is 'Place of the log within the block.';
comment on column slashed.lock is 'Number of the lock.';
comment on column slashed.provider is 'Who offers compute.';
comment on column slashed.slasher is 'Who may slash it.';
comment on column slashed.amount is 'Amount, in the smallest unit.';
comment on column slashed.from_orphan is 'Part taken from the orphan reserve, in FLT wei.';
comment on column slashed.from_own is 'Part taken from own stake, thawing included, in FLT wei.';
comment on column slashed.from_delegated is 'Part taken from delegated stake, thawing included, in FLT wei.';
comment on column slashed.lock_amount is 'What is locked after it, in FLT wei.';
comment on column slashed.locked is 'Sum of the provider''s locks after it, in FLT wei.';

create table shortfall_set (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    shortfall amount not null,
    cure_until timestamptz not null,
    primary key (block, log_index)
);
comment on table shortfall_set is 'First-loss shortfall caused by a slash, excused until `cure_until`.';
comment on column shortfall_set.block is 'Number of the block.';
comment on column shortfall_set.log_index is 'Place of the log within the block.';
comment on column shortfall_set.provider is 'Who offers compute.';
comment on column shortfall_set.shortfall is 'First loss that a slash took and that is excused, in FLT wei.';
comment on column shortfall_set.cure_until is 'Until when it can be cured.';

create table burn_queued (
    block bigint not null,
    log_index integer not null,
    day bigint not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table burn_queued is 'Slashed FLT owed to no party, burnable after the quarantine of its day.';
comment on column burn_queued.block is 'Number of the block.';
comment on column burn_queued.log_index is 'Place of the log within the block.';
comment on column burn_queued.day is 'Day since the epoch on which it was slashed.';
comment on column burn_queued.amount is 'Amount, in the smallest unit.';

create table slash_burned (
    block bigint not null,
    log_index integer not null,
    day bigint not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table slash_burned is 'The slashed FLT of a day was burned.';
comment on column slash_burned.block is 'Number of the block.';
comment on column slash_burned.log_index is 'Place of the log within the block.';
comment on column slash_burned.day is 'Day since the epoch on which it was slashed.';
comment on column slash_burned.amount is 'Amount, in the smallest unit.';

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
comment on column quarantine_opened.block is 'Number of the block.';
comment on column quarantine_opened.log_index is 'Place of the log within the block.';
comment on column quarantine_opened.quarantine is 'Number of the quarantine.';
comment on column quarantine_opened.lock is 'Number of the lock.';
comment on column quarantine_opened.provider is 'Who offers compute.';
comment on column quarantine_opened.customer is 'Who asked for it and decides about it.';
comment on column quarantine_opened.customer_amount is 'What the customer is to get, in FLT wei.';
comment on column quarantine_opened.reporter is 'Who showed the fault.';
comment on column quarantine_opened.reporter_amount is 'What the reporter is to get, in FLT wei.';
comment on column quarantine_opened.release_at is 'When it can be paid.';

create table quarantine_paid (
    block bigint not null,
    log_index integer not null,
    quarantine bigint not null,
    primary key (block, log_index)
);
comment on table quarantine_paid is 'A quarantine was paid to its parties.';
comment on column quarantine_paid.block is 'Number of the block.';
comment on column quarantine_paid.log_index is 'Place of the log within the block.';
comment on column quarantine_paid.quarantine is 'Number of the quarantine.';

create table quarantine_cancelled (
    block bigint not null,
    log_index integer not null,
    quarantine bigint not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table quarantine_cancelled is 'The council cancelled the payouts of a quarantine.';
comment on column quarantine_cancelled.block is 'Number of the block.';
comment on column quarantine_cancelled.log_index is 'Place of the log within the block.';
comment on column quarantine_cancelled.quarantine is 'Number of the quarantine.';
comment on column quarantine_cancelled.amount is 'Amount, in the smallest unit.';

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
comment on column reward_added.block is 'Number of the block.';
comment on column reward_added.log_index is 'Place of the log within the block.';
comment on column reward_added.provider is 'Who offers compute.';
comment on column reward_added.token is 'FLT or the stablecoin.';
comment on column reward_added.module is 'The module that pushed it.';
comment on column reward_added.to_own is 'Part of own stake, in the smallest unit.';
comment on column reward_added.to_delegated is 'Part of delegated stake, in the smallest unit.';

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
comment on column drip_changed.block is 'Number of the block.';
comment on column drip_changed.log_index is 'Place of the log within the block.';
comment on column drip_changed.provider is 'Who offers compute.';
comment on column drip_changed.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column drip_changed.token is 'FLT or the stablecoin.';
comment on column drip_changed.rate is 'Smallest units per second, times 2^32.';
comment on column drip_changed."end" is 'When it ends.';

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
comment on column index_changed.block is 'Number of the block.';
comment on column index_changed.log_index is 'Place of the log within the block.';
comment on column index_changed.provider is 'Who offers compute.';
comment on column index_changed.is_own is 'Whether it is the provider''s own stake rather than delegated.';
comment on column index_changed.flt_index is 'FLT wei per share, times 10^24.';
comment on column index_changed.usd_index is 'Stablecoin, smallest unit, per share, times 10^24.';
comment on column index_changed.updated_at is 'The time that the indices are brought up to.';

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
comment on column reward_settled.block is 'Number of the block.';
comment on column reward_settled.log_index is 'Place of the log within the block.';
comment on column reward_settled.provider is 'Who offers compute.';
comment on column reward_settled.account is 'Whose it is.';
comment on column reward_settled.flt_index is 'FLT wei per share, times 10^24.';
comment on column reward_settled.usd_index is 'Stablecoin, smallest unit, per share, times 10^24.';
comment on column reward_settled.flt_owed is 'FLT earned and not claimed, in wei.';
comment on column reward_settled.usd_owed is 'Stablecoin earned and not claimed, in the smallest unit.';

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
comment on column reward_claimed.block is 'Number of the block.';
comment on column reward_claimed.log_index is 'Place of the log within the block.';
comment on column reward_claimed.provider is 'Who offers compute.';
comment on column reward_claimed.account is 'Whose it is.';
comment on column reward_claimed.token is 'FLT or the stablecoin.';
comment on column reward_claimed.amount is 'Amount, in the smallest unit.';
comment on column reward_claimed.recipient is 'Who received it.';

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
comment on column module_scheduled.block is 'Number of the block.';
comment on column module_scheduled.log_index is 'Place of the log within the block.';
comment on column module_scheduled.id is 'Number in the module list.';
comment on column module_scheduled.module is 'The module.';
comment on column module_scheduled.roles is 'Bits of what it may do.';
comment on column module_scheduled.active_at is 'From when it counts.';

create table module_removed (
    block bigint not null,
    log_index integer not null,
    id integer not null,
    removed_at timestamptz not null,
    primary key (block, log_index)
);
comment on table module_removed is 'A module was removed from the list.';
comment on column module_removed.block is 'Number of the block.';
comment on column module_removed.log_index is 'Place of the log within the block.';
comment on column module_removed.id is 'Number in the module list.';
comment on column module_removed.removed_at is 'When it stops to count.';

create table staking_paused (
    block bigint not null,
    log_index integer not null,
    until timestamptz not null,
    primary key (block, log_index)
);
comment on table staking_paused is 'The guardian paused deposits and locks of new deals.';
comment on column staking_paused.block is 'Number of the block.';
comment on column staking_paused.log_index is 'Place of the log within the block.';
comment on column staking_paused.until is 'When the pause ends.';

create table guardian_set (
    block bigint not null,
    log_index integer not null,
    guardian address not null,
    primary key (block, log_index)
);
comment on table guardian_set is 'The guardian of Staking.';
comment on column guardian_set.block is 'Number of the block.';
comment on column guardian_set.log_index is 'Place of the log within the block.';
comment on column guardian_set.guardian is 'Who may pause.';

create table council_set (
    block bigint not null,
    log_index integer not null,
    council address not null,
    primary key (block, log_index)
);
comment on table council_set is 'The council of Staking.';
comment on column council_set.block is 'Number of the block.';
comment on column council_set.log_index is 'Place of the log within the block.';
comment on column council_set.council is 'Who may cancel payouts and change modules.';
