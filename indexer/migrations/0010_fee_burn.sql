-- Facts of FeeBurn, and those of Attributes about stake that answers for an attester's word.

create table fees_collected (
    block bigint not null,
    log_index integer not null,
    amount amount not null,
    to_burn amount not null,
    to_treasury amount not null,
    lot amount not null,
    primary key (block, log_index)
);
comment on table fees_collected is 'Fees came in.';
comment on column fees_collected.block is 'Number of the block.';
comment on column fees_collected.log_index is 'Place of the log within the block.';
comment on column fees_collected.amount is 'Fees taken from Deals, in stablecoin.';
comment on column fees_collected.to_burn is 'Of it for sale, in stablecoin.';
comment on column fees_collected.to_treasury is 'Of it the treasury''s, in stablecoin.';
comment on column fees_collected.lot is 'For sale after it, in stablecoin.';

create table lot_started (
    block bigint not null,
    log_index integer not null,
    lot amount not null,
    primary key (block, log_index)
);
comment on table lot_started is 'The clock of a lot began.';
comment on column lot_started.block is 'Number of the block.';
comment on column lot_started.log_index is 'Place of the log within the block.';
comment on column lot_started.lot is 'For sale after it, in stablecoin.';

create table fees_sold (
    block bigint not null,
    log_index integer not null,
    buyer address not null,
    amount amount not null,
    flt amount not null,
    recipient address not null,
    lot amount not null,
    sold amount not null,
    primary key (block, log_index)
);
comment on table fees_sold is 'Part of the lot was sold, and what it cost burned.';
comment on column fees_sold.block is 'Number of the block.';
comment on column fees_sold.log_index is 'Place of the log within the block.';
comment on column fees_sold.buyer is 'Who bought.';
comment on column fees_sold.amount is 'Sold, in stablecoin.';
comment on column fees_sold.flt is 'Burned for it, in FLT wei.';
comment on column fees_sold.recipient is 'Who received it.';
comment on column fees_sold.lot is 'For sale after it, in stablecoin.';
comment on column fees_sold.sold is 'Ever sold, in stablecoin.';

create table treasury_paid (
    block bigint not null,
    log_index integer not null,
    treasury address not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table treasury_paid is 'The treasury took its part.';
comment on column treasury_paid.block is 'Number of the block.';
comment on column treasury_paid.log_index is 'Place of the log within the block.';
comment on column treasury_paid.treasury is 'Who gets what is not burned.';
comment on column treasury_paid.amount is 'Paid, in stablecoin.';

create table burn_share_set (
    block bigint not null,
    log_index integer not null,
    burn_bps integer not null,
    treasury address not null,
    primary key (block, log_index)
);
comment on table burn_share_set is 'How fees are divided from now on.';
comment on column burn_share_set.block is 'Number of the block.';
comment on column burn_share_set.log_index is 'Place of the log within the block.';
comment on column burn_share_set.burn_bps is 'Part of fees that is burned, in bps.';
comment on column burn_share_set.treasury is 'Who gets what is not burned.';

create table security_set (
    block bigint not null,
    log_index integer not null,
    minimum amount not null,
    per_unit amount not null,
    primary key (block, log_index)
);
comment on table security_set is 'How much stake answers for an attester''s word.';
comment on column security_set.block is 'Number of the block.';
comment on column security_set.log_index is 'Place of the log within the block.';
comment on column security_set.minimum is 'Least to vouch for others, in FLT wei.';
comment on column security_set.per_unit is 'For a unit of budget an epoch, in FLT wei.';

create table attester_secured (
    block bigint not null,
    log_index integer not null,
    attester address not null,
    lock bigint not null,
    amount amount not null,
    "end" timestamptz not null,
    primary key (block, log_index)
);
comment on table attester_secured is 'Stake of an attester that answers for its word.';
comment on column attester_secured.block is 'Number of the block.';
comment on column attester_secured.log_index is 'Place of the log within the block.';
comment on column attester_secured.attester is 'Who attests.';
comment on column attester_secured.lock is 'Number of the lock.';
comment on column attester_secured.amount is 'FLT wei that answer for its word.';
comment on column attester_secured."end" is 'Until when.';

create table attester_slashed (
    block bigint not null,
    log_index integer not null,
    attester address not null,
    lock bigint not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table attester_slashed is 'An attester''s stake was burned.';
comment on column attester_slashed.block is 'Number of the block.';
comment on column attester_slashed.log_index is 'Place of the log within the block.';
comment on column attester_slashed.attester is 'Who attests.';
comment on column attester_slashed.lock is 'Number of the lock.';
comment on column attester_slashed.amount is 'Burned, in FLT wei.';

create table budget_used (
    block bigint not null,
    log_index integer not null,
    attester address not null,
    epoch bigint not null,
    amount bigint not null,
    spent bigint not null,
    primary key (block, log_index)
);
comment on table budget_used is 'Work of an attester''s customers.';
comment on column budget_used.block is 'Number of the block.';
comment on column budget_used.log_index is 'Place of the log within the block.';
comment on column budget_used.attester is 'Who attests.';
comment on column budget_used.epoch is 'Number of the epoch: days since the epoch of Unix.';
comment on column budget_used.amount is 'Work of attested customers, in millionths of a unit and epoch.';
comment on column budget_used.spent is 'All of the epoch''s, in millionths of a unit.';
