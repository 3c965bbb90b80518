-- Facts of Capacity: who pledged compute, what it proved, and who was found to pretend.

create table class_added (
    block bigint not null,
    log_index integer not null,
    class integer not null,
    verifier address not null,
    target amount not null,
    collateral amount not null,
    primary key (block, log_index)
);
comment on table class_added is 'A class of capacity.';
comment on column class_added.block is 'Number of the block.';
comment on column class_added.log_index is 'Place of the log within the block.';
comment on column class_added.class is '0 cpu, 1 gpu.';
comment on column class_added.verifier is 'The contract that checks work.';
comment on column class_added.target is 'Target of the reference core: a solution counts when its hash is below it.';
comment on column class_added.collateral is 'Stake to lock for a unit, in stablecoin.';

create table verifier_scheduled (
    block bigint not null,
    log_index integer not null,
    class integer not null,
    version integer not null,
    verifier address not null,
    active_at timestamptz not null,
    primary key (block, log_index)
);
comment on table verifier_scheduled is 'A verifier for commitments pledged or renewed from a time on.';
comment on column verifier_scheduled.block is 'Number of the block.';
comment on column verifier_scheduled.log_index is 'Place of the log within the block.';
comment on column verifier_scheduled.class is '0 cpu, 1 gpu.';
comment on column verifier_scheduled.version is 'Number of the verifier within its class, from one.';
comment on column verifier_scheduled.verifier is 'The contract that checks work.';
comment on column verifier_scheduled.active_at is 'From when on commitments get it.';

create table verifier_cancelled (
    block bigint not null,
    log_index integer not null,
    class integer not null,
    version integer not null,
    primary key (block, log_index)
);
comment on table verifier_cancelled is 'A verifier that was scheduled never acts.';
comment on column verifier_cancelled.block is 'Number of the block.';
comment on column verifier_cancelled.log_index is 'Place of the log within the block.';
comment on column verifier_cancelled.class is '0 cpu, 1 gpu.';
comment on column verifier_cancelled.version is 'Number of the verifier within its class, from one.';

create table collateral_set (
    block bigint not null,
    log_index integer not null,
    class integer not null,
    collateral amount not null,
    primary key (block, log_index)
);
comment on table collateral_set is 'Collateral of commitments pledged or renewed from now on.';
comment on column collateral_set.block is 'Number of the block.';
comment on column collateral_set.log_index is 'Place of the log within the block.';
comment on column collateral_set.class is '0 cpu, 1 gpu.';
comment on column collateral_set.collateral is 'Stake to lock for a unit, in stablecoin.';

create table pledges_paused_until (
    block bigint not null,
    log_index integer not null,
    until timestamptz not null,
    primary key (block, log_index)
);
comment on table pledges_paused_until is 'The guardian refuses new commitments.';
comment on column pledges_paused_until.block is 'Number of the block.';
comment on column pledges_paused_until.log_index is 'Place of the log within the block.';
comment on column pledges_paused_until.until is 'Until when no commitment is taken.';

create table window_opened (
    block bigint not null,
    log_index integer not null,
    "window" bigint not null,
    seed hash32 not null,
    primary key (block, log_index)
);
comment on table window_opened is 'A window got its seed.';
comment on column window_opened.block is 'Number of the block.';
comment on column window_opened.log_index is 'Place of the log within the block.';
comment on column window_opened."window" is 'Number of the window: hours since the epoch of Unix.';
comment on column window_opened.seed is 'What the work of the window is done for.';

create table target_set (
    block bigint not null,
    log_index integer not null,
    class integer not null,
    epoch bigint not null,
    target amount not null,
    primary key (block, log_index)
);
comment on table target_set is 'The target of a class in an epoch.';
comment on column target_set.block is 'Number of the block.';
comment on column target_set.log_index is 'Place of the log within the block.';
comment on column target_set.class is '0 cpu, 1 gpu.';
comment on column target_set.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column target_set.target is 'A solution counts when its hash is below it.';

create table capacity_pledged (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    provider address not null,
    class integer not null,
    units integer not null,
    first_epoch bigint not null,
    end_epoch bigint not null,
    verifier_version integer not null,
    lock bigint not null,
    lock_amount amount not null,
    primary key (block, log_index)
);
comment on table capacity_pledged is 'A commitment began.';
comment on column capacity_pledged.block is 'Number of the block.';
comment on column capacity_pledged.log_index is 'Place of the log within the block.';
comment on column capacity_pledged.commitment is 'Number of the commitment.';
comment on column capacity_pledged.provider is 'Who offers compute.';
comment on column capacity_pledged.class is '0 cpu, 1 gpu.';
comment on column capacity_pledged.units is 'Units pledged.';
comment on column capacity_pledged.first_epoch is 'First epoch that is proved.';
comment on column capacity_pledged.end_epoch is 'Epoch before which it ends.';
comment on column capacity_pledged.verifier_version is 'Version of the verifier that checks it.';
comment on column capacity_pledged.lock is 'Number of the lock.';
comment on column capacity_pledged.lock_amount is 'FLT locked for it, in FLT wei.';

create table capacity_renewed (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    provider address not null,
    end_epoch bigint not null,
    verifier_version integer not null,
    lock_amount amount not null,
    is_priced boolean not null,
    primary key (block, log_index)
);
comment on table capacity_renewed is 'A commitment got another term.';
comment on column capacity_renewed.block is 'Number of the block.';
comment on column capacity_renewed.log_index is 'Place of the log within the block.';
comment on column capacity_renewed.commitment is 'Number of the commitment.';
comment on column capacity_renewed.provider is 'Who offers compute.';
comment on column capacity_renewed.end_epoch is 'Epoch before which it ends.';
comment on column capacity_renewed.verifier_version is 'Version of the verifier that checks it.';
comment on column capacity_renewed.lock_amount is 'FLT locked for it, in FLT wei.';
comment on column capacity_renewed.is_priced is 'Whether the lock was sized anew; else the price was stale.';

create table capacity_ended (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    provider address not null,
    end_epoch bigint not null,
    reason integer not null,
    primary key (block, log_index)
);
comment on table capacity_ended is 'A commitment ends before its term does.';
comment on column capacity_ended.block is 'Number of the block.';
comment on column capacity_ended.log_index is 'Place of the log within the block.';
comment on column capacity_ended.commitment is 'Number of the commitment.';
comment on column capacity_ended.provider is 'Who offers compute.';
comment on column capacity_ended.end_epoch is 'Epoch before which it ends.';
comment on column capacity_ended.reason is '0 the provider''s wish, 1 five poor epochs in a row, 2 convicted.';

create table window_committed (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    "window" bigint not null,
    root hash32 not null,
    filled bigint not null,
    bitmap bytea not null,
    primary key (block, log_index)
);
comment on table window_committed is 'What a provider claims to have filled in a window.';
comment on column window_committed.block is 'Number of the block.';
comment on column window_committed.log_index is 'Place of the log within the block.';
comment on column window_committed.commitment is 'Number of the commitment.';
comment on column window_committed."window" is 'Number of the window: hours since the epoch of Unix.';
comment on column window_committed.root is 'Root of the tree of leaves.';
comment on column window_committed.filled is 'Puzzles filled.';
comment on column window_committed.bitmap is 'A byte a unit, lowest bit its first puzzle: which are filled.';

create table window_drawn (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    "window" bigint not null,
    rank bigint not null,
    deadline timestamptz not null,
    primary key (block, log_index)
);
comment on table window_drawn is 'A claim counts, and may have been asked for a leaf.';
comment on column window_drawn.block is 'Number of the block.';
comment on column window_drawn.log_index is 'Place of the log within the block.';
comment on column window_drawn.commitment is 'Number of the commitment.';
comment on column window_drawn."window" is 'Number of the window: hours since the epoch of Unix.';
comment on column window_drawn.rank is 'Which set bit of the bitmap is asked for, from zero.';
comment on column window_drawn.deadline is 'Until when the leaf is due; the epoch of Unix: none is.';

create table audit_answered (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    "window" bigint not null,
    position bigint not null,
    primary key (block, log_index)
);
comment on table audit_answered is 'The leaf that a draw asked for was verified.';
comment on column audit_answered.block is 'Number of the block.';
comment on column audit_answered.log_index is 'Place of the log within the block.';
comment on column audit_answered.commitment is 'Number of the commitment.';
comment on column audit_answered."window" is 'Number of the window: hours since the epoch of Unix.';
comment on column audit_answered.position is 'Place of the leaf: eight a unit.';

create table leaf_demanded (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    "window" bigint not null,
    position bigint not null,
    demander address not null,
    deposit amount not null,
    deadline timestamptz not null,
    primary key (block, log_index)
);
comment on table leaf_demanded is 'Somebody paid for a leaf on chain.';
comment on column leaf_demanded.block is 'Number of the block.';
comment on column leaf_demanded.log_index is 'Place of the log within the block.';
comment on column leaf_demanded.commitment is 'Number of the commitment.';
comment on column leaf_demanded."window" is 'Number of the window: hours since the epoch of Unix.';
comment on column leaf_demanded.position is 'Place of the leaf: eight a unit.';
comment on column leaf_demanded.demander is 'Who demanded it.';
comment on column leaf_demanded.deposit is 'What delivering it earns, in wei of ether.';
comment on column leaf_demanded.deadline is 'Until when the leaf is due.';

create table leaf_delivered (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    "window" bigint not null,
    position bigint not null,
    deposit amount not null,
    primary key (block, log_index)
);
comment on table leaf_delivered is 'The demanded leaf was verified.';
comment on column leaf_delivered.block is 'Number of the block.';
comment on column leaf_delivered.log_index is 'Place of the log within the block.';
comment on column leaf_delivered.commitment is 'Number of the commitment.';
comment on column leaf_delivered."window" is 'Number of the window: hours since the epoch of Unix.';
comment on column leaf_delivered.position is 'Place of the leaf: eight a unit.';
comment on column leaf_delivered.deposit is 'What delivering it earns, in wei of ether.';

create table demand_returned (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    "window" bigint not null,
    position bigint not null,
    demander address not null,
    deposit amount not null,
    primary key (block, log_index)
);
comment on table demand_returned is 'The demanded leaf was not delivered: its deposit is the demander''s again.';
comment on column demand_returned.block is 'Number of the block.';
comment on column demand_returned.log_index is 'Place of the log within the block.';
comment on column demand_returned.commitment is 'Number of the commitment.';
comment on column demand_returned."window" is 'Number of the window: hours since the epoch of Unix.';
comment on column demand_returned.position is 'Place of the leaf: eight a unit.';
comment on column demand_returned.demander is 'Who demanded it.';
comment on column demand_returned.deposit is 'What is returned, in wei of ether.';

create table conviction_announced (
    block bigint not null,
    log_index integer not null,
    hash hash32 not null,
    reporter address not null,
    primary key (block, log_index)
);
comment on table conviction_announced is 'Somebody is about to show a fault.';
comment on column conviction_announced.block is 'Number of the block.';
comment on column conviction_announced.log_index is 'Place of the log within the block.';
comment on column conviction_announced.hash is 'What hides the place, the reporter and a salt.';
comment on column conviction_announced.reporter is 'Who shows the fault.';

create table commitment_convicted (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    provider address not null,
    "window" bigint not null,
    position bigint not null,
    reporter address not null,
    reason integer not null,
    slashed amount not null,
    forfeited amount not null,
    bounty_unpaid amount not null,
    bounty_stake amount not null,
    primary key (block, log_index)
);
comment on table commitment_convicted is 'A commitment was shown to pretend, and slashed.';
comment on column commitment_convicted.block is 'Number of the block.';
comment on column commitment_convicted.log_index is 'Place of the log within the block.';
comment on column commitment_convicted.commitment is 'Number of the commitment.';
comment on column commitment_convicted.provider is 'Who offers compute.';
comment on column commitment_convicted."window" is 'Number of the window: hours since the epoch of Unix.';
comment on column commitment_convicted.position is 'Place of the leaf: eight a unit; of an unanswered audit the rank that it asked for.';
comment on column commitment_convicted.reporter is 'Who shows the fault.';
comment on column commitment_convicted.reason is '1 no such solution, 2 the hash misses the target, 3 an empty leaf, 4 audit unanswered, 5 demand unanswered.';
comment on column commitment_convicted.slashed is 'Taken from the lock, in FLT wei.';
comment on column commitment_convicted.forfeited is 'Rewards not paid before, in FLT wei.';
comment on column commitment_convicted.bounty_unpaid is 'The reporter''s part of those rewards, in FLT wei.';
comment on column commitment_convicted.bounty_stake is 'The reporter''s part of the stake, in FLT wei.';

create table work_excused (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    epoch bigint not null,
    deal bigint not null,
    slot integer not null,
    credit bigint not null,
    primary key (block, log_index)
);
comment on table work_excused is 'Units served attested demand and need no proof for it.';
comment on column work_excused.block is 'Number of the block.';
comment on column work_excused.log_index is 'Place of the log within the block.';
comment on column work_excused.commitment is 'Number of the commitment.';
comment on column work_excused.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column work_excused.deal is 'Number of the deal.';
comment on column work_excused.slot is 'Number of the slot within the deal, from zero.';
comment on column work_excused.credit is 'Credit that needs no proof, in millionths of a unit and epoch: what counted, up to the units.';

create table epoch_credited (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    epoch bigint not null,
    filled bigint not null,
    opened integer not null,
    credit bigint not null,
    bonus bigint not null,
    poor_epochs integer not null,
    reason integer not null,
    primary key (block, log_index)
);
comment on table epoch_credited is 'What a commitment''s epoch counts.';
comment on column epoch_credited.block is 'Number of the block.';
comment on column epoch_credited.log_index is 'Place of the log within the block.';
comment on column epoch_credited.commitment is 'Number of the commitment.';
comment on column epoch_credited.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column epoch_credited.filled is 'Drawn puzzles.';
comment on column epoch_credited.opened is 'Windows that somebody opened.';
comment on column epoch_credited.credit is 'Credit, in millionths of a unit and epoch.';
comment on column epoch_credited.bonus is 'Credit on top for attested demand, in millionths of a unit and epoch.';
comment on column epoch_credited.poor_epochs is 'Poor epochs in a row after it.';
comment on column epoch_credited.reason is 'What is not credited: 0 nothing, 1 more filled than counts, 2 under half of what was possible.';

create table deposit_credited (
    block bigint not null,
    log_index integer not null,
    account address not null,
    amount amount not null,
    owed amount not null,
    primary key (block, log_index)
);
comment on table deposit_credited is 'Ether of demands to claim.';
comment on column deposit_credited.block is 'Number of the block.';
comment on column deposit_credited.log_index is 'Place of the log within the block.';
comment on column deposit_credited.account is 'Whose it is.';
comment on column deposit_credited.amount is 'Added, in wei of ether.';
comment on column deposit_credited.owed is 'Claimable after it, in wei of ether.';

create table deposit_claimed (
    block bigint not null,
    log_index integer not null,
    account address not null,
    amount amount not null,
    recipient address not null,
    primary key (block, log_index)
);
comment on table deposit_claimed is 'Ether of demands was paid.';
comment on column deposit_claimed.block is 'Number of the block.';
comment on column deposit_claimed.log_index is 'Place of the log within the block.';
comment on column deposit_claimed.account is 'Whose it is.';
comment on column deposit_claimed.amount is 'Paid, in wei of ether.';
comment on column deposit_claimed.recipient is 'Who received it.';
