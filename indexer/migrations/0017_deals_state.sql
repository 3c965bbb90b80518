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
    changed bigint not null,
    standbys integer not null,
    reserve_bps integer not null,
    resolver address,
    tip amount not null,
    tip_to address
);
comment on table deal is 'A deal from its request on: terms, and the money that came in and went back.';
comment on column deal.deal is 'Number of the deal.';
comment on column deal.customer is 'Who asked for it and decides about it.';
comment on column deal.class is 'Resource class: 0 CPU, 1 GPU.';
comment on column deal.slots is 'Number of slots.';
comment on column deal.units is 'Units per slot.';
comment on column deal.term_days is 'Length of a term, in days.';
comment on column deal.duration_days is 'Length of the deal, in days.';
comment on column deal.coverage_bps is 'Locked worth over value at stake, in bps.';
comment on column deal.exposure is 'What is at stake: 0 the remaining time, 1 the next term, 2 the whole job.';
comment on column deal.payment_mode is '0 reserved, 1 metered.';
comment on column deal.fee_bps is 'Fee, in bps of each credit.';
comment on column deal.notice is 'Notice of a customer''s stop, in seconds.';
comment on column deal.royalty is 'Stablecoin per unit-day, on top of the offer''s price.';
comment on column deal.opened_at is 'When it was opened.';
comment on column deal.started_at is 'When the first slot was ready.';
comment on column deal.stopped_at is 'When the customer stopped it.';
comment on column deal.stop_ends_at is 'When the notice of the stop is over.';
comment on column deal.shares is 'Escrow shares of all payers.';
comment on column deal.spare is 'Escrow of no slot, in stablecoin.';
comment on column deal.funded is 'Paid into escrow so far, in stablecoin.';
comment on column deal.refunded is 'Taken back so far, in stablecoin.';
comment on column deal.changed is 'Block of the last fact of the key.';
comment on column deal.standbys is 'Number of standbys.';
comment on column deal.reserve_bps is 'Part of a slot''s lock that a standby locks, in bps.';
comment on column deal.resolver is 'Who decides appeals; null: the panel.';
comment on column deal.tip is 'For whose proposal is activated first, in stablecoin.';
comment on column deal.tip_to is 'Who got the tip; null: it waits.';

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
    seeking_until timestamptz,
    primary key (deal, slot)
);
comment on table slot is 'A replica of a deal, served by one provider at a time.';
comment on column slot.deal is 'Number of the deal.';
comment on column slot.status is 'empty, assigned, serving or ended.';
comment on column slot.serving is 'Serving number: counts the providers of the slot.';
comment on column slot.provider is 'Who offers compute.';
comment on column slot.offer is 'Number of the offer.';
comment on column slot.lock is 'Number of the lock.';
comment on column slot.value_at_stake is 'Value at stake, in stablecoin.';
comment on column slot.assigned_at is 'When the provider was locked.';
comment on column slot.started_at is 'When accrual started, moved on by what was not paid for.';
comment on column slot.term_end is 'When the term ends.';
comment on column slot.ends_at is 'When accrual ends before the term does; null: with the term.';
comment on column slot.is_final is 'Whether the provider announced that it will not renew.';
comment on column slot.escrow is 'What is left in the slot''s escrow, in stablecoin.';
comment on column slot.credited is 'Of that credited, in stablecoin.';
comment on column slot.called_at is 'When the running margin call began.';
comment on column slot.stale_at_call is 'Seconds of stale price before the call.';
comment on column slot.end_reason is 'Why it ended, as in `slot_ended`.';
comment on column slot.fee_total is 'Fees credited so far, in stablecoin.';
comment on column slot.royalty_total is 'Royalties credited so far, in stablecoin.';
comment on column slot.stakers_total is 'Credited to stakers so far, in stablecoin.';
comment on column slot.provider_total is 'Credited to the provider so far, in stablecoin.';
comment on column slot.changed is 'Block of the last fact of the key.';
comment on column slot.price is 'Offer''s price plus royalty, per unit-day; of a standby its retainer. An empty place keeps it where its standby was promoted, which is still to be credited.';
comment on column slot.slot is 'Number of the slot within the deal, from zero; standbys from 16 on.';
comment on column slot.seeking_until is 'Until when a slot that lost its provider can be filled; null: it has not.';
comment on column slot.owed is 'Cumulative for this serving, at the last settle; of a metered slot what was redeemed of it.';

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
comment on column payer.deal is 'Number of the deal.';
comment on column payer.payer is 'Who paid.';
comment on column payer.shares is 'Escrow shares.';
comment on column payer.paid is 'Paid into escrow so far, in stablecoin.';
comment on column payer.refunded is 'Taken back so far, in stablecoin.';
comment on column payer.changed is 'Block of the last fact of the key.';

create table credit (
    account address primary key,
    amount amount not null,
    changed bigint not null
);
comment on table credit is 'Stablecoin that an account can claim.';
comment on column credit.account is 'Whose it is.';
comment on column credit.amount is 'Claimable, in stablecoin.';
comment on column credit.changed is 'Block of the last fact of the key.';

create table stakers_credit (
    provider address primary key,
    amount amount not null,
    changed bigint not null
);
comment on table stakers_credit is 'The stakers'' part of a provider''s revenue that was not pushed to Staking.';
comment on column stakers_credit.provider is 'Who offers compute.';
comment on column stakers_credit.amount is 'Waiting to be pushed, in stablecoin.';
comment on column stakers_credit.changed is 'Block of the last fact of the key.';

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
    changed bigint not null,
    standbys integer not null,
    reserve_bps integer not null,
    availability_ppm bigint not null,
    tip amount not null,
    window_end timestamptz,
    second_round bigint,
    second_proposer address,
    second_price amount
);
comment on table request is 'What a customer asks for, under the number of its deal, and the best proposal for it.';
comment on column request.deal is 'Number of the deal.';
comment on column request.customer is 'Who asked for it and decides about it.';
comment on column request.application is 'Content id of the application.';
comment on column request.price_max is 'Highest price per unit-day, royalties included.';
comment on column request.regions is 'Bitmap of regions; zero: any.';
comment on column request.first_loss_min_bps is 'Least own stake, in bps of locks.';
comment on column request.proof_kind is '0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic.';
comment on column request.expires_at is 'Until when empty slots can be filled.';
comment on column request.resolver is 'Who decides appeals; zero: nobody.';
comment on column request.is_allowlist is 'Whether the listed providers are the only ones, else they are barred.';
comment on column request.is_cancelled is 'Whether the customer took it back.';
comment on column request.round is 'Round of the best proposal.';
comment on column request.proposer is 'Who made the best proposal.';
comment on column request.proposed_price is 'Price of the best proposal for a day, in stablecoin.';
comment on column request.proposed_at is 'When it was proposed.';
comment on column request.activated_round is 'The proposal that was activated last.';
comment on column request.activated_at is 'When it was activated.';
comment on column request.changed is 'Block of the last fact of the key.';
comment on column request.standbys is 'Number of standbys.';
comment on column request.reserve_bps is 'Part of a slot''s lock that a standby locks, in bps.';
comment on column request.availability_ppm is 'Target availability in millionths; zero: none.';
comment on column request.tip is 'For whose proposal is activated first, in stablecoin.';
comment on column request.window_end is 'From when on anybody may activate the best proposal; null: none stands.';
comment on column request.second_round is 'Round of the second best proposal that stands.';
comment on column request.second_proposer is 'Who made the second best proposal.';
comment on column request.second_price is 'Price of the second best proposal for a day, in stablecoin.';
