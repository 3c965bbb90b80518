-- Facts of Probers and Faults: who tests that workloads answer, what failed, what it costs, and who objected.

create table rules_set (
    block bigint not null,
    log_index integer not null,
    drawn integer not null,
    quorum integer not null,
    panel_drawn integer not null,
    panel_quorum integer not null,
    eligible_min integer not null,
    seat_stake amount not null,
    pay amount not null,
    primary key (block, log_index)
);
comment on table rules_set is 'How probers are drawn, and what a seat costs.';
comment on column rules_set.block is 'Number of the block.';
comment on column rules_set.log_index is 'Place of the log within the block.';
comment on column rules_set.drawn is 'Probers drawn for a deal and day.';
comment on column rules_set.quorum is 'Of them decide.';
comment on column rules_set.panel_drawn is 'Probers drawn for an appeal.';
comment on column rules_set.panel_quorum is 'Of them decide.';
comment on column rules_set.eligible_min is 'With fewer probers a fault cannot be proposed.';
comment on column rules_set.seat_stake is 'FLT wei of one seat.';
comment on column rules_set.pay is 'Stablecoin of a statement.';

create table prober_registered (
    block bigint not null,
    log_index integer not null,
    prober address not null,
    region integer not null,
    seats integer not null,
    stake amount not null,
    from_day bigint not null,
    endpoint text not null,
    primary key (block, log_index)
);
comment on table prober_registered is 'A prober took seats.';
comment on column prober_registered.block is 'Number of the block.';
comment on column prober_registered.log_index is 'Place of the log within the block.';
comment on column prober_registered.prober is 'Who probes.';
comment on column prober_registered.region is 'Number of the region.';
comment on column prober_registered.seats is 'Number of seats.';
comment on column prober_registered.stake is 'Stake of its seats, in FLT wei.';
comment on column prober_registered.from_day is 'Drawn from this day on.';
comment on column prober_registered.endpoint is 'Where others find its statements.';

create table prober_leaving (
    block bigint not null,
    log_index integer not null,
    prober address not null,
    until_day bigint not null,
    withdrawable_at timestamptz not null,
    primary key (block, log_index)
);
comment on table prober_leaving is 'A prober is drawn no more from a day on.';
comment on column prober_leaving.block is 'Number of the block.';
comment on column prober_leaving.log_index is 'Place of the log within the block.';
comment on column prober_leaving.prober is 'Who probes.';
comment on column prober_leaving.until_day is 'Drawn before this day.';
comment on column prober_leaving.withdrawable_at is 'From when on its stake is free.';

create table prober_withdrawn (
    block bigint not null,
    log_index integer not null,
    prober address not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table prober_withdrawn is 'A prober took its stake back.';
comment on column prober_withdrawn.block is 'Number of the block.';
comment on column prober_withdrawn.log_index is 'Place of the log within the block.';
comment on column prober_withdrawn.prober is 'Who probes.';
comment on column prober_withdrawn.amount is 'Paid out, in FLT wei.';

create table prober_slashed (
    block bigint not null,
    log_index integer not null,
    prober address not null,
    amount amount not null,
    stake amount not null,
    primary key (block, log_index)
);
comment on table prober_slashed is 'Stake of a prober was burned.';
comment on column prober_slashed.block is 'Number of the block.';
comment on column prober_slashed.log_index is 'Place of the log within the block.';
comment on column prober_slashed.prober is 'Who probes.';
comment on column prober_slashed.amount is 'Burned, in FLT wei.';
comment on column prober_slashed.stake is 'Its stake after it, in FLT wei.';

create table day_opened (
    block bigint not null,
    log_index integer not null,
    day bigint not null,
    seed hash32 not null,
    seats bigint not null,
    eligible bigint not null,
    primary key (block, log_index)
);
comment on table day_opened is 'Seats and seed of a day were fixed.';
comment on column day_opened.block is 'Number of the block.';
comment on column day_opened.log_index is 'Place of the log within the block.';
comment on column day_opened.day is 'Number of the day since the epoch of Unix.';
comment on column day_opened.seed is 'What the draws of the day are made from.';
comment on column day_opened.seats is 'Number of seats of the day.';
comment on column day_opened.eligible is 'Probers with a seat.';

create table pot_funded (
    block bigint not null,
    log_index integer not null,
    payer address not null,
    amount amount not null,
    pot amount not null,
    primary key (block, log_index)
);
comment on table pot_funded is 'Stablecoin that statements are paid from.';
comment on column pot_funded.block is 'Number of the block.';
comment on column pot_funded.log_index is 'Place of the log within the block.';
comment on column pot_funded.payer is 'Who paid.';
comment on column pot_funded.amount is 'How much, in stablecoin.';
comment on column pot_funded.pot is 'What statements can be paid from after it, in stablecoin.';

create table prober_paid (
    block bigint not null,
    log_index integer not null,
    prober address not null,
    amount amount not null,
    credit amount not null,
    pot amount not null,
    primary key (block, log_index)
);
comment on table prober_paid is 'A prober was paid for a statement.';
comment on column prober_paid.block is 'Number of the block.';
comment on column prober_paid.log_index is 'Place of the log within the block.';
comment on column prober_paid.prober is 'Who probes.';
comment on column prober_paid.amount is 'How much, in stablecoin.';
comment on column prober_paid.credit is 'Its credit after it, in stablecoin.';
comment on column prober_paid.pot is 'What statements can be paid from after it, in stablecoin.';

create table prober_claimed (
    block bigint not null,
    log_index integer not null,
    prober address not null,
    recipient address not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table prober_claimed is 'A prober claimed its credit.';
comment on column prober_claimed.block is 'Number of the block.';
comment on column prober_claimed.log_index is 'Place of the log within the block.';
comment on column prober_claimed.prober is 'Who probes.';
comment on column prober_claimed.recipient is 'Who received it.';
comment on column prober_claimed.amount is 'How much, in stablecoin.';

create table fault_rules_set (
    block bigint not null,
    log_index integer not null,
    grace bigint not null,
    statement_age bigint not null,
    appeal_bond amount not null,
    reporter_bps integer not null,
    primary key (block, log_index)
);
comment on table fault_rules_set is 'Rules of flags, faults and appeals.';
comment on column fault_rules_set.block is 'Number of the block.';
comment on column fault_rules_set.log_index is 'Place of the log within the block.';
comment on column fault_rules_set.grace is 'Seconds within which a flag can be answered.';
comment on column fault_rules_set.statement_age is 'Seconds after which a statement is too old.';
comment on column fault_rules_set.appeal_bond is 'Bond of an appeal, in FLT wei.';
comment on column fault_rules_set.reporter_bps is 'Reporter''s part of what is slashed, in bps.';

create table statements_reported (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    is_up boolean not null,
    signers integer not null,
    regions integer not null,
    at timestamptz not null,
    primary key (block, log_index)
);
comment on table statements_reported is 'A quorum of probers said that a slot is down, or up.';
comment on column statements_reported.block is 'Number of the block.';
comment on column statements_reported.log_index is 'Place of the log within the block.';
comment on column statements_reported.deal is 'Number of the deal.';
comment on column statements_reported.slot is 'Number of the slot; 16 and more are standbys.';
comment on column statements_reported.provider is 'Who offers compute.';
comment on column statements_reported.serving is 'Serving number: counts the providers of the slot.';
comment on column statements_reported.is_up is 'Whether it answers.';
comment on column statements_reported.signers is 'Number of probers that signed.';
comment on column statements_reported.regions is 'Number of regions that they are of.';
comment on column statements_reported.at is 'Median of the probes'' times.';

create table statement_signed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    prober address not null,
    is_up boolean not null,
    at timestamptz not null,
    primary key (block, log_index)
);
comment on table statement_signed is 'One prober''s statement of a report.';
comment on column statement_signed.block is 'Number of the block.';
comment on column statement_signed.log_index is 'Place of the log within the block.';
comment on column statement_signed.deal is 'Number of the deal.';
comment on column statement_signed.slot is 'Number of the slot; 16 and more are standbys.';
comment on column statement_signed.prober is 'Who signed.';
comment on column statement_signed.is_up is 'Whether it answers.';
comment on column statement_signed.at is 'When it probed.';

create table slot_flagged (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    is_customer boolean not null,
    since timestamptz not null,
    grace_end timestamptz not null,
    primary key (block, log_index)
);
comment on table slot_flagged is 'A slot is down, says a quorum of probers or its customer.';
comment on column slot_flagged.block is 'Number of the block.';
comment on column slot_flagged.log_index is 'Place of the log within the block.';
comment on column slot_flagged.deal is 'Number of the deal.';
comment on column slot_flagged.slot is 'Number of the slot; 16 and more are standbys.';
comment on column slot_flagged.provider is 'Who offers compute.';
comment on column slot_flagged.serving is 'Serving number: counts the providers of the slot.';
comment on column slot_flagged.is_customer is 'Whether the customer says so, and not probers.';
comment on column slot_flagged.since is 'First missed probe; the epoch of Unix: the customer says so.';
comment on column slot_flagged.grace_end is 'Until when the flag can be answered.';

create table flag_answered (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    down_seconds bigint not null,
    primary key (block, log_index)
);
comment on table flag_answered is 'A flagged slot was up again within the grace.';
comment on column flag_answered.block is 'Number of the block.';
comment on column flag_answered.log_index is 'Place of the log within the block.';
comment on column flag_answered.deal is 'Number of the deal.';
comment on column flag_answered.slot is 'Number of the slot; 16 and more are standbys.';
comment on column flag_answered.provider is 'Who offers compute.';
comment on column flag_answered.serving is 'Serving number: counts the providers of the slot.';
comment on column flag_answered.down_seconds is 'Seconds down.';

create table flag_lapsed (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    primary key (block, log_index)
);
comment on table flag_lapsed is 'A customer''s flag was not confirmed within the grace.';
comment on column flag_lapsed.block is 'Number of the block.';
comment on column flag_lapsed.log_index is 'Place of the log within the block.';
comment on column flag_lapsed.deal is 'Number of the deal.';
comment on column flag_lapsed.slot is 'Number of the slot; 16 and more are standbys.';
comment on column flag_lapsed.provider is 'Who offers compute.';
comment on column flag_lapsed.serving is 'Serving number: counts the providers of the slot.';

create table failed_over (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    since timestamptz not null,
    down_seconds bigint not null,
    is_served boolean not null,
    primary key (block, log_index)
);
comment on table failed_over is 'A slot was taken from a provider that was down.';
comment on column failed_over.block is 'Number of the block.';
comment on column failed_over.log_index is 'Place of the log within the block.';
comment on column failed_over.deal is 'Number of the deal.';
comment on column failed_over.slot is 'Number of the slot; 16 and more are standbys.';
comment on column failed_over.provider is 'Who offers compute.';
comment on column failed_over.serving is 'Serving number: counts the providers of the slot.';
comment on column failed_over.since is 'Since when it is down.';
comment on column failed_over.down_seconds is 'Seconds down until the slot was taken.';
comment on column failed_over.is_served is 'Whether a standby serves now.';

create table record_changed (
    block bigint not null,
    log_index integer not null,
    provider address not null,
    served bigint not null,
    down bigint not null,
    served_before bigint not null,
    down_before bigint not null,
    period integer not null,
    down_since timestamptz not null,
    primary key (block, log_index)
);
comment on table record_changed is 'A provider''s record of time served and down after a change of it.';
comment on column record_changed.block is 'Number of the block.';
comment on column record_changed.log_index is 'Place of the log within the block.';
comment on column record_changed.provider is 'Who offers compute.';
comment on column record_changed.served is 'Seconds served in the period.';
comment on column record_changed.down is 'Seconds down in the period.';
comment on column record_changed.served_before is 'Seconds served in the period before.';
comment on column record_changed.down_before is 'Seconds down in the period before.';
comment on column record_changed.period is 'Number of the period of 30 days.';
comment on column record_changed.down_since is 'Down since then, and not shown up; the epoch of Unix: up.';

create table served_noted (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    served_seconds bigint not null,
    up_to amount not null,
    primary key (block, log_index)
);
comment on table served_noted is 'Seconds served whose fee is not burned yet.';
comment on column served_noted.block is 'Number of the block.';
comment on column served_noted.log_index is 'Place of the log within the block.';
comment on column served_noted.deal is 'Number of the deal.';
comment on column served_noted.slot is 'Number of the slot; 16 and more are standbys.';
comment on column served_noted.provider is 'Who offers compute.';
comment on column served_noted.serving is 'Serving number: counts the providers of the slot.';
comment on column served_noted.served_seconds is 'Seconds served.';
comment on column served_noted.up_to is 'They count once FeeBurn has sold so much, in stablecoin.';

create table served_counted (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    served_seconds bigint not null,
    primary key (block, log_index)
);
comment on table served_counted is 'Seconds served whose fee was burned: they count.';
comment on column served_counted.block is 'Number of the block.';
comment on column served_counted.log_index is 'Place of the log within the block.';
comment on column served_counted.deal is 'Number of the deal.';
comment on column served_counted.slot is 'Number of the slot; 16 and more are standbys.';
comment on column served_counted.provider is 'Who offers compute.';
comment on column served_counted.served_seconds is 'Seconds served.';

create table notice_given (
    block bigint not null,
    log_index integer not null,
    deal bigint not null,
    slot integer not null,
    provider address not null,
    serving bigint not null,
    primary key (block, log_index)
);
comment on table notice_given is 'A provider said that it is gone.';
comment on column notice_given.block is 'Number of the block.';
comment on column notice_given.log_index is 'Place of the log within the block.';
comment on column notice_given.deal is 'Number of the deal.';
comment on column notice_given.slot is 'Number of the slot; 16 and more are standbys.';
comment on column notice_given.provider is 'Who offers compute.';
comment on column notice_given.serving is 'Serving number: counts the providers of the slot.';

create table fault_proposed (
    block bigint not null,
    log_index integer not null,
    fault bigint not null,
    deal bigint not null,
    provider address not null,
    slot integer not null,
    serving bigint not null,
    kind integer not null,
    lock bigint not null,
    amount amount not null,
    reporter address not null,
    appeal_until timestamptz not null,
    primary key (block, log_index)
);
comment on table fault_proposed is 'What a failure costs beyond income was proposed.';
comment on column fault_proposed.block is 'Number of the block.';
comment on column fault_proposed.log_index is 'Place of the log within the block.';
comment on column fault_proposed.fault is 'Number of the fault.';
comment on column fault_proposed.deal is 'Number of the deal.';
comment on column fault_proposed.provider is 'Who offers compute.';
comment on column fault_proposed.slot is 'Number of the slot; 16 and more are standbys.';
comment on column fault_proposed.serving is 'Serving number: counts the providers of the slot.';
comment on column fault_proposed.lock is 'Number of the lock.';
comment on column fault_proposed.amount is 'To be slashed, in FLT wei.';
comment on column fault_proposed.reporter is 'Who shows the fault.';
comment on column fault_proposed.appeal_until is 'Until when it can be appealed.';
comment on column fault_proposed.kind is '1 downtime beyond what was declared, 2 abandonment, 4 a wrong result.';

create table fault_appealed (
    block bigint not null,
    log_index integer not null,
    fault bigint not null,
    appellant address not null,
    bond amount not null,
    day bigint not null,
    decide_until timestamptz not null,
    primary key (block, log_index)
);
comment on table fault_appealed is 'A proposed fault was appealed.';
comment on column fault_appealed.block is 'Number of the block.';
comment on column fault_appealed.log_index is 'Place of the log within the block.';
comment on column fault_appealed.fault is 'Number of the fault.';
comment on column fault_appealed.appellant is 'Who appealed.';
comment on column fault_appealed.bond is 'Bond of the appeal, in FLT wei.';
comment on column fault_appealed.day is 'Day that the panel is drawn on, since the epoch of Unix.';
comment on column fault_appealed.decide_until is 'Until when it can be decided.';

create table fault_decided (
    block bigint not null,
    log_index integer not null,
    fault bigint not null,
    is_guilty boolean not null,
    decided_by integer not null,
    primary key (block, log_index)
);
comment on table fault_decided is 'An appealed fault was decided.';
comment on column fault_decided.block is 'Number of the block.';
comment on column fault_decided.log_index is 'Place of the log within the block.';
comment on column fault_decided.fault is 'Number of the fault.';
comment on column fault_decided.is_guilty is 'Whether it is slashed.';
comment on column fault_decided.decided_by is '1 panel, 2 resolver, 3 nobody in time.';

create table fault_executed (
    block bigint not null,
    log_index integer not null,
    fault bigint not null,
    provider address not null,
    slashed amount not null,
    from_own amount not null,
    customer_max amount not null,
    primary key (block, log_index)
);
comment on table fault_executed is 'A fault was slashed.';
comment on column fault_executed.block is 'Number of the block.';
comment on column fault_executed.log_index is 'Place of the log within the block.';
comment on column fault_executed.fault is 'Number of the fault.';
comment on column fault_executed.provider is 'Who offers compute.';
comment on column fault_executed.slashed is 'Taken, in FLT wei.';
comment on column fault_executed.from_own is 'Of it the provider''s own, in FLT wei.';
comment on column fault_executed.customer_max is 'Most that the customer is paid of it, in FLT wei.';
