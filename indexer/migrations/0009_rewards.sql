-- Facts of Rewards: FLT on its way to those who proved capacity or did work that somebody paid for.

create table rewards_funded (
    block bigint not null,
    log_index integer not null,
    payer address not null,
    amount amount not null,
    funds amount not null,
    primary key (block, log_index)
);
comment on table rewards_funded is 'FLT to be emitted.';
comment on column rewards_funded.block is 'Number of the block.';
comment on column rewards_funded.log_index is 'Place of the log within the block.';
comment on column rewards_funded.payer is 'Who paid.';
comment on column rewards_funded.amount is 'Added, in FLT wei.';
comment on column rewards_funded.funds is 'FLT wei that no epoch is promised, after it.';

create table pool_set (
    block bigint not null,
    log_index integer not null,
    class integer not null,
    target amount not null,
    minimum amount not null,
    maximum amount not null,
    primary key (block, log_index)
);
comment on table pool_set is 'Target and bounds of a class''s pools.';
comment on column pool_set.block is 'Number of the block.';
comment on column pool_set.log_index is 'Place of the log within the block.';
comment on column pool_set.class is '0 cpu, 1 gpu.';
comment on column pool_set.target is 'What a credited unit should earn an epoch, in stablecoin.';
comment on column pool_set.minimum is 'Least pool of an epoch, in FLT wei.';
comment on column pool_set.maximum is 'Largest pool of an epoch, in FLT wei.';

create table bonus_set (
    block bigint not null,
    log_index integer not null,
    bonus_bps integer not null,
    kappa_bps integer not null,
    primary key (block, log_index)
);
comment on table bonus_set is 'Terms of useful work.';
comment on column bonus_set.block is 'Number of the block.';
comment on column bonus_set.log_index is 'Place of the log within the block.';
comment on column bonus_set.bonus_bps is 'Credit on top for attested demand, in bps.';
comment on column bonus_set.kappa_bps is 'Part of a burned fee that is paid back in FLT, in bps.';

create table pool_opened (
    block bigint not null,
    log_index integer not null,
    class integer not null,
    epoch bigint not null,
    amount amount not null,
    wanted amount not null,
    funds amount not null,
    primary key (block, log_index)
);
comment on table pool_opened is 'The pool of an epoch was set aside.';
comment on column pool_opened.block is 'Number of the block.';
comment on column pool_opened.log_index is 'Place of the log within the block.';
comment on column pool_opened.class is '0 cpu, 1 gpu.';
comment on column pool_opened.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column pool_opened.amount is 'What the epoch can pay, in FLT wei.';
comment on column pool_opened.wanted is 'What it would pay with enough funds, in FLT wei.';
comment on column pool_opened.funds is 'FLT wei that no epoch is promised, after it.';

create table pool_adjusted (
    block bigint not null,
    log_index integer not null,
    class integer not null,
    epoch bigint not null,
    next amount not null,
    units bigint not null,
    price amount not null,
    primary key (block, log_index)
);
comment on table pool_adjusted is 'The pool of the next epoch follows the price.';
comment on column pool_adjusted.block is 'Number of the block.';
comment on column pool_adjusted.log_index is 'Place of the log within the block.';
comment on column pool_adjusted.class is '0 cpu, 1 gpu.';
comment on column pool_adjusted.epoch is 'The epoch before the one whose pool it is.';
comment on column pool_adjusted.next is 'Pool of the next epoch as of then, in FLT wei.';
comment on column pool_adjusted.units is 'Units credited lately, in millionths.';
comment on column pool_adjusted.price is 'FLT/USD, high, with 8 decimals; zero: it was stale.';

create table reward_earned (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    provider address not null,
    class integer not null,
    epoch bigint not null,
    earned amount not null,
    unearned amount not null,
    reason integer not null,
    due_at timestamptz not null,
    primary key (block, log_index)
);
comment on table reward_earned is 'What a commitment earned of an epoch''s pool.';
comment on column reward_earned.block is 'Number of the block.';
comment on column reward_earned.log_index is 'Place of the log within the block.';
comment on column reward_earned.commitment is 'Number of the commitment.';
comment on column reward_earned.provider is 'Who offers compute.';
comment on column reward_earned.class is '0 cpu, 1 gpu.';
comment on column reward_earned.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column reward_earned.earned is 'FLT wei earned.';
comment on column reward_earned.unearned is 'FLT wei that returned to the funds.';
comment on column reward_earned.reason is 'What is not earned: 0 nothing, 1 more filled than counts, 2 under half of what was possible.';
comment on column reward_earned.due_at is 'From when on it can be paid.';

create table reward_released (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    provider address not null,
    to_stakers amount not null,
    to_provider amount not null,
    primary key (block, log_index)
);
comment on table reward_released is 'What a commitment earned was paid.';
comment on column reward_released.block is 'Number of the block.';
comment on column reward_released.log_index is 'Place of the log within the block.';
comment on column reward_released.commitment is 'Number of the commitment.';
comment on column reward_released.provider is 'Who offers compute.';
comment on column reward_released.to_stakers is 'Pushed to stakers, in FLT wei.';
comment on column reward_released.to_provider is 'Credited to the provider, in FLT wei.';

create table reward_forfeited (
    block bigint not null,
    log_index integer not null,
    commitment bigint not null,
    reporter address not null,
    amount amount not null,
    bounty amount not null,
    primary key (block, log_index)
);
comment on table reward_forfeited is 'A convicted commitment lost what was not paid.';
comment on column reward_forfeited.block is 'Number of the block.';
comment on column reward_forfeited.log_index is 'Place of the log within the block.';
comment on column reward_forfeited.commitment is 'Number of the commitment.';
comment on column reward_forfeited.reporter is 'Who shows the fault.';
comment on column reward_forfeited.amount is 'Rewards that were not paid, in FLT wei.';
comment on column reward_forfeited.bounty is 'The reporter''s part of them, in FLT wei.';

create table pool_swept (
    block bigint not null,
    log_index integer not null,
    class integer not null,
    epoch bigint not null,
    amount amount not null,
    funds amount not null,
    primary key (block, log_index)
);
comment on table pool_swept is 'What nobody earned of a pool returned.';
comment on column pool_swept.block is 'Number of the block.';
comment on column pool_swept.log_index is 'Place of the log within the block.';
comment on column pool_swept.class is '0 cpu, 1 gpu.';
comment on column pool_swept.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column pool_swept.amount is 'Returned to the funds, in FLT wei.';
comment on column pool_swept.funds is 'FLT wei that no epoch is promised, after it.';

create table fee_recorded (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    amount amount not null,
    up_to amount not null,
    primary key (block, log_index)
);
comment on table fee_recorded is 'Part of a slot''s fee that is to be burned.';
comment on column fee_recorded.block is 'Number of the block.';
comment on column fee_recorded.log_index is 'Place of the log within the block.';
comment on column fee_recorded.deal is 'Number of the deal.';
comment on column fee_recorded.slot is 'Number of the slot within the deal, from zero.';
comment on column fee_recorded.provider is 'Who offers compute.';
comment on column fee_recorded.amount is 'Fee that is burned, in stablecoin.';
comment on column fee_recorded.up_to is 'What FeeBurn must have sold for it to count as burned, in stablecoin.';

create table fee_rewarded (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    fee amount not null,
    amount amount not null,
    price amount not null,
    primary key (block, log_index)
);
comment on table fee_rewarded is 'FLT for a burned fee.';
comment on column fee_rewarded.block is 'Number of the block.';
comment on column fee_rewarded.log_index is 'Place of the log within the block.';
comment on column fee_rewarded.deal is 'Number of the deal.';
comment on column fee_rewarded.slot is 'Number of the slot within the deal, from zero.';
comment on column fee_rewarded.provider is 'Who offers compute.';
comment on column fee_rewarded.fee is 'Fee that was burned, in stablecoin.';
comment on column fee_rewarded.amount is 'Paid for it, in FLT wei.';
comment on column fee_rewarded.price is 'FLT/USD, high, with 8 decimals.';

create table demand_spent (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    epoch bigint not null,
    attester address not null,
    credit bigint not null,
    primary key (block, log_index)
);
comment on table demand_spent is 'Work for an attested customer, taken from its attester''s budget.';
comment on column demand_spent.block is 'Number of the block.';
comment on column demand_spent.log_index is 'Place of the log within the block.';
comment on column demand_spent.deal is 'Number of the deal.';
comment on column demand_spent.slot is 'Number of the slot within the deal, from zero.';
comment on column demand_spent.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column demand_spent.attester is 'Who attests.';
comment on column demand_spent.credit is 'Work taken from the budget, in millionths of a unit and epoch.';

create table reward_credited (
    block bigint not null,
    log_index integer not null,
    account address not null,
    amount amount not null,
    credit amount not null,
    primary key (block, log_index)
);
comment on table reward_credited is 'FLT to claim from Rewards.';
comment on column reward_credited.block is 'Number of the block.';
comment on column reward_credited.log_index is 'Place of the log within the block.';
comment on column reward_credited.account is 'Whose it is.';
comment on column reward_credited.amount is 'Added, in FLT wei.';
comment on column reward_credited.credit is 'Claimable after it, in FLT wei.';

create table stakers_rewarded (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    amount amount not null,
    waiting amount not null,
    primary key (block, log_index)
);
comment on table stakers_rewarded is 'Stakers'' parts of rewards were pushed to Staking.';
comment on column stakers_rewarded.block is 'Number of the block.';
comment on column stakers_rewarded.log_index is 'Place of the log within the block.';
comment on column stakers_rewarded.provider is 'Who offers compute.';
comment on column stakers_rewarded.amount is 'Pushed, in FLT wei.';
comment on column stakers_rewarded.waiting is 'What Staking would not take yet, in FLT wei.';

create table reward_paid (
    block bigint not null,
    log_index integer not null,
    account address not null,
    amount amount not null,
    recipient address not null,
    primary key (block, log_index)
);
comment on table reward_paid is 'FLT was claimed from Rewards.';
comment on column reward_paid.block is 'Number of the block.';
comment on column reward_paid.log_index is 'Place of the log within the block.';
comment on column reward_paid.account is 'Whose it is.';
comment on column reward_paid.amount is 'Paid, in FLT wei.';
comment on column reward_paid.recipient is 'Who received it.';
