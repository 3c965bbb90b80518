-- State of Capacity, Rewards and Attributes: classes, commitments, their epochs, pools, and what can be claimed.

create table capacity_class (
    class integer primary key,
    reference_target amount not null,
    collateral amount not null,
    verifier address not null,
    versions integer not null,
    target amount not null,
    epoch bigint,
    pool_target amount not null,
    pool_minimum amount not null,
    pool_maximum amount not null,
    pool_wanted amount not null,
    pool_epoch bigint,
    pool_next amount not null,
    pool_units bigint not null,
    changed bigint not null
);
comment on table capacity_class is 'A class of capacity with its verifier, its target and its pool.';
comment on column capacity_class.class is '0 cpu, 1 gpu.';
comment on column capacity_class.reference_target is 'Target of the reference core.';
comment on column capacity_class.collateral is 'Stake to lock for a unit, in stablecoin.';
comment on column capacity_class.verifier is 'The verifier that was added last and not cancelled.';
comment on column capacity_class.versions is 'How many verifiers it was given, with cancelled ones.';
comment on column capacity_class.target is 'Target of the latest epoch that was opened; before the first that of the reference core.';
comment on column capacity_class.epoch is 'That epoch.';
comment on column capacity_class.pool_target is 'What a credited unit should earn an epoch, in stablecoin.';
comment on column capacity_class.pool_minimum is 'Least pool of an epoch, in FLT wei.';
comment on column capacity_class.pool_maximum is 'Largest pool of an epoch, in FLT wei.';
comment on column capacity_class.pool_wanted is 'Pool of the epoch that was opened last, before it is cut to the funds, in FLT wei.';
comment on column capacity_class.pool_epoch is 'That epoch; null: none was.';
comment on column capacity_class.pool_next is 'Pool of the next epoch as adjusted last, in FLT wei.';
comment on column capacity_class.pool_units is 'Units that it was adjusted by, in millionths.';
comment on column capacity_class.changed is 'Block of the last fact of the key.';

create table commitment (
    commitment bigint primary key,
    provider address not null,
    class integer not null,
    units integer not null,
    first_epoch bigint not null,
    end_epoch bigint not null,
    verifier_version integer not null,
    lock bigint not null,
    lock_granted amount not null,
    pledged_at timestamptz not null,
    renewed_at timestamptz,
    end_reason integer,
    convicted_at timestamptz,
    next_epoch bigint not null,
    poor_epochs integer not null,
    open_audits bigint not null,
    open_demands bigint not null,
    answer_by timestamptz,
    credit numeric not null,
    bonus numeric not null,
    earned amount not null,
    unearned amount not null,
    last_earned amount not null,
    due_at timestamptz,
    to_stakers amount not null,
    to_provider amount not null,
    forfeited amount not null,
    changed bigint not null
);
comment on table commitment is 'Units of a provider that prove by calculations that they are there.';
comment on column commitment.commitment is 'Number of the commitment.';
comment on column commitment.provider is 'Who offers compute.';
comment on column commitment.class is '0 cpu, 1 gpu.';
comment on column commitment.units is 'Units pledged.';
comment on column commitment.first_epoch is 'First epoch that is proved.';
comment on column commitment.end_epoch is 'Epoch before which it ends.';
comment on column commitment.verifier_version is 'Version of the verifier that checks it.';
comment on column commitment.lock is 'Number of the lock.';
comment on column commitment.lock_granted is 'FLT locked at the pledge or the last renewal, in FLT wei.';
comment on column commitment.pledged_at is 'When it began to be locked.';
comment on column commitment.renewed_at is 'When it was renewed last.';
comment on column commitment.end_reason is 'Why it ends before its term: 0 the provider''s wish, 1 five poor epochs in a row, 2 convicted; null: it does not.';
comment on column commitment.convicted_at is 'When it was shown to pretend; null: it was not.';
comment on column commitment.next_epoch is 'The next epoch to be credited.';
comment on column commitment.poor_epochs is 'Poor epochs in a row.';
comment on column commitment.open_audits is 'Leaves that draws asked for and that were not shown.';
comment on column commitment.open_demands is 'Leaves that somebody demanded and that were not shown.';
comment on column commitment.answer_by is 'Until when the most urgent of them is due; null: none is open.';
comment on column commitment.credit is 'All credit so far, in millionths of a unit and epoch.';
comment on column commitment.bonus is 'All bonus so far, in millionths of a unit and epoch.';
comment on column commitment.earned is 'All FLT wei earned so far.';
comment on column commitment.unearned is 'All FLT wei that it was allotted and did not earn so far.';
comment on column commitment.last_earned is 'FLT wei that the last credited epoch earned.';
comment on column commitment.due_at is 'From when on what was earned last can be paid.';
comment on column commitment.to_stakers is 'Pushed to stakers so far, in FLT wei.';
comment on column commitment.to_provider is 'Credited to the provider so far, in FLT wei.';
comment on column commitment.forfeited is 'Earned, and lost at its conviction, in FLT wei.';
comment on column commitment.changed is 'Block of the last fact of the key.';

create table commitment_epoch (
    commitment bigint not null,
    epoch bigint not null,
    provider address not null,
    class integer not null,
    units integer not null,
    committed bigint not null,
    claimed bigint not null,
    drawn bigint not null,
    filled bigint not null,
    audits bigint not null,
    open_audits bigint not null,
    open_demands bigint not null,
    answer_by timestamptz,
    excused bigint not null,
    opened integer,
    credit bigint,
    bonus bigint,
    poor_epochs integer,
    reason integer,
    credited_at timestamptz,
    earned amount,
    unearned amount,
    due_at timestamptz,
    released_at timestamptz,
    is_forfeited boolean not null,
    changed bigint not null,
    primary key (commitment, epoch)
);
comment on table commitment_epoch is 'What a commitment did in an epoch, what that counts and what it earned.';
comment on column commitment_epoch.commitment is 'Number of the commitment.';
comment on column commitment_epoch.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column commitment_epoch.provider is 'Who offers compute.';
comment on column commitment_epoch.class is '0 cpu, 1 gpu.';
comment on column commitment_epoch.units is 'Units pledged.';
comment on column commitment_epoch.committed is 'Windows with a claim.';
comment on column commitment_epoch.claimed is 'Puzzles that claims name.';
comment on column commitment_epoch.drawn is 'Windows whose claim was drawn.';
comment on column commitment_epoch.filled is 'Puzzles of drawn claims.';
comment on column commitment_epoch.audits is 'Draws that asked for a leaf.';
comment on column commitment_epoch.open_audits is 'Of them without an answer.';
comment on column commitment_epoch.open_demands is 'Demanded leaves that were not shown.';
comment on column commitment_epoch.answer_by is 'Until when the most urgent leaf is due; null: none is.';
comment on column commitment_epoch.excused is 'Credit that needs no proof, in millionths of a unit and epoch.';
comment on column commitment_epoch.opened is 'Windows that somebody opened, as of the credit; null: not credited.';
comment on column commitment_epoch.credit is 'Credit, in millionths of a unit and epoch; null: not credited.';
comment on column commitment_epoch.bonus is 'Credit on top for attested demand, in millionths of a unit and epoch.';
comment on column commitment_epoch.poor_epochs is 'Poor epochs in a row after it.';
comment on column commitment_epoch.reason is 'What is not credited: 0 nothing, 1 more filled than counts, 2 under half of what was possible.';
comment on column commitment_epoch.credited_at is 'When it was credited.';
comment on column commitment_epoch.earned is 'FLT wei earned; null: nothing was booked.';
comment on column commitment_epoch.unearned is 'FLT wei that returned to the funds.';
comment on column commitment_epoch.due_at is 'From when on it can be paid.';
comment on column commitment_epoch.released_at is 'When it was paid.';
comment on column commitment_epoch.is_forfeited is 'Whether a conviction took it before it was paid.';
comment on column commitment_epoch.changed is 'Block of the last fact of the key.';

create table pool_epoch (
    class integer not null,
    epoch bigint not null,
    target amount,
    opened bigint not null,
    amount amount not null,
    wanted amount not null,
    commitments bigint not null,
    filled numeric not null,
    excused numeric not null,
    credited bigint not null,
    credit numeric not null,
    bonus numeric not null,
    earned amount not null,
    paid amount not null,
    forfeited amount not null,
    unearned_overfilled amount not null,
    unearned_poor amount not null,
    unearned_other amount not null,
    swept amount not null,
    swept_at timestamptz,
    changed bigint not null,
    primary key (class, epoch)
);
comment on table pool_epoch is 'An epoch of a class: its target, its pool, and where that went.';
comment on column pool_epoch.class is '0 cpu, 1 gpu.';
comment on column pool_epoch.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column pool_epoch.target is 'A solution counts when its hash is below it.';
comment on column pool_epoch.opened is 'Windows that somebody opened.';
comment on column pool_epoch.amount is 'What it can pay, in FLT wei.';
comment on column pool_epoch.wanted is 'What it would pay with enough funds, in FLT wei.';
comment on column pool_epoch.commitments is 'Commitments that claimed or were excused.';
comment on column pool_epoch.filled is 'Puzzles of drawn claims.';
comment on column pool_epoch.excused is 'Credit that needs no proof, in millionths of a unit and epoch.';
comment on column pool_epoch.credited is 'Commitments that were credited.';
comment on column pool_epoch.credit is 'Their credit, in millionths of a unit and epoch.';
comment on column pool_epoch.bonus is 'Their bonus, in millionths of a unit and epoch.';
comment on column pool_epoch.earned is 'FLT wei earned.';
comment on column pool_epoch.paid is 'Of it paid, in FLT wei.';
comment on column pool_epoch.forfeited is 'Of it lost by convictions, in FLT wei.';
comment on column pool_epoch.unearned_overfilled is 'Returned because more was filled than counts, in FLT wei.';
comment on column pool_epoch.unearned_poor is 'Returned because less than half of what was possible was filled, in FLT wei.';
comment on column pool_epoch.unearned_other is 'Returned without a reason of the commitment, in FLT wei.';
comment on column pool_epoch.swept is 'Returned because nobody earned it, in FLT wei.';
comment on column pool_epoch.swept_at is 'When.';
comment on column pool_epoch.changed is 'Block of the last fact of the key.';

create table reward_credit (
    account address primary key,
    amount amount not null,
    changed bigint not null
);
comment on table reward_credit is 'FLT that an account can claim from Rewards.';
comment on column reward_credit.account is 'Whose it is.';
comment on column reward_credit.amount is 'Claimable, in FLT wei.';
comment on column reward_credit.changed is 'Block of the last fact of the key.';

create table deposit (
    account address primary key,
    amount amount not null,
    changed bigint not null
);
comment on table deposit is 'Ether of demands that an account can claim from Capacity.';
comment on column deposit.account is 'Whose it is.';
comment on column deposit.amount is 'Claimable, in wei of ether.';
comment on column deposit.changed is 'Block of the last fact of the key.';
