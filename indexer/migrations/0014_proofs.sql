-- Facts of job proofs. A bundle tells the transactions of its two logs, so these two tables keep them.

create table job_asked (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    deal bigint not null,
    provider address not null,
    slot integer not null,
    serving bigint not null,
    kind integer not null,
    key hash32 not null,
    input_root hash32 not null,
    seed hash32 not null,
    not_before timestamptz not null,
    transaction_hash hash32 not null,
    primary key (block, log_index)
);
comment on table job_asked is 'A computation was asked for; its seed was unknown before.';
comment on column job_asked.block is 'Number of the block.';
comment on column job_asked.log_index is 'Place of the log within the block.';
comment on column job_asked.job is 'Number of the job.';
comment on column job_asked.deal is 'Number of the deal.';
comment on column job_asked.provider is 'Who offers compute.';
comment on column job_asked.slot is 'Number of the slot.';
comment on column job_asked.serving is 'Serving number: counts the providers of the slot.';
comment on column job_asked.kind is '1 receipts, 2 sampled, 3 groth16.';
comment on column job_asked.key is 'groth16: verification key; sampled: module; receipts: zero.';
comment on column job_asked.input_root is 'Root of the input.';
comment on column job_asked.seed is 'Enters the work.';
comment on column job_asked.not_before is 'Time of the block: it was not done before.';
comment on column job_asked.transaction_hash is 'Transaction of the log.';

create table compute_attested (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    deal bigint not null,
    provider address not null,
    slot integer not null,
    serving bigint not null,
    kind integer not null,
    verdict integer not null,
    input_root hash32 not null,
    output_root hash32 not null,
    not_before timestamptz not null,
    not_after timestamptz not null,
    transaction_hash hash32 not null,
    primary key (block, log_index)
);
comment on table compute_attested is 'What is shown of a computation.';
comment on column compute_attested.block is 'Number of the block.';
comment on column compute_attested.log_index is 'Place of the log within the block.';
comment on column compute_attested.job is 'Number of the job.';
comment on column compute_attested.deal is 'Number of the deal.';
comment on column compute_attested.provider is 'Who offers compute.';
comment on column compute_attested.slot is 'Number of the slot.';
comment on column compute_attested.serving is 'Serving number: counts the providers of the slot.';
comment on column compute_attested.kind is '1 receipts, 2 sampled, 3 groth16.';
comment on column compute_attested.verdict is '1 proven, 2 agreed, 3 disputed.';
comment on column compute_attested.input_root is 'Root of the input.';
comment on column compute_attested.output_root is 'Root of the output.';
comment on column compute_attested.not_before is 'It was not done before.';
comment on column compute_attested.not_after is 'Time of the block: it was done by then.';
comment on column compute_attested.transaction_hash is 'Transaction of the log.';

create table verifier_set (
    block bigint not null,
    log_index integer not null,
    kind integer not null,
    verifier address not null,
    primary key (block, log_index)
);
comment on table verifier_set is 'Who checks a kind of proofs.';
comment on column verifier_set.block is 'Number of the block.';
comment on column verifier_set.log_index is 'Place of the log within the block.';
comment on column verifier_set.kind is '1 receipts, 2 sampled, 3 groth16.';
comment on column verifier_set.verifier is 'Contract that checks them.';

create table key_registered (
    block bigint not null,
    log_index integer not null,
    key hash32 not null,
    registrant address not null,
    primary key (block, log_index)
);
comment on table key_registered is 'A circuit can be named.';
comment on column key_registered.block is 'Number of the block.';
comment on column key_registered.log_index is 'Place of the log within the block.';
comment on column key_registered.key is 'keccak256 of its verification key.';
comment on column key_registered.registrant is 'Who registered it.';

create table sample_committed (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    provider address not null,
    output_root hash32 not null,
    chunks bigint not null,
    plants hash32 not null,
    paid amount not null,
    primary key (block, log_index)
);
comment on table sample_committed is 'A provider committed the outputs of all chunks of a batch.';
comment on column sample_committed.block is 'Number of the block.';
comment on column sample_committed.log_index is 'Place of the log within the block.';
comment on column sample_committed.job is 'Number of the job.';
comment on column sample_committed.provider is 'Who offers compute.';
comment on column sample_committed.output_root is 'Root of the chunks'' outputs.';
comment on column sample_committed.chunks is 'Number of chunks.';
comment on column sample_committed.plants is 'keccak256 of what was planted; zero: nothing.';
comment on column sample_committed.paid is 'For the re-executions, in stablecoin.';

create table sample_drawn (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    seed hash32 not null,
    day bigint not null,
    primary key (block, log_index)
);
comment on table sample_drawn is 'Chunks and executors of a batch were drawn.';
comment on column sample_drawn.block is 'Number of the block.';
comment on column sample_drawn.log_index is 'Place of the log within the block.';
comment on column sample_drawn.job is 'Number of the job.';
comment on column sample_drawn.seed is 'Of the draw.';
comment on column sample_drawn.day is 'Day whose probers were drawn from, since the epoch of Unix.';

create table sample_executor (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    executor address not null,
    primary key (block, log_index)
);
comment on table sample_executor is 'A prober was drawn to compute chunks again.';
comment on column sample_executor.block is 'Number of the block.';
comment on column sample_executor.log_index is 'Place of the log within the block.';
comment on column sample_executor.job is 'Number of the job.';
comment on column sample_executor.executor is 'Who computes chunks again.';

create table outputs_sealed (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    executor address not null,
    seal hash32 not null,
    bond amount not null,
    primary key (block, log_index)
);
comment on table outputs_sealed is 'An executor committed to its outputs.';
comment on column outputs_sealed.block is 'Number of the block.';
comment on column outputs_sealed.log_index is 'Place of the log within the block.';
comment on column outputs_sealed.job is 'Number of the job.';
comment on column outputs_sealed.executor is 'Who computes chunks again.';
comment on column outputs_sealed.seal is 'Hash of its outputs.';
comment on column outputs_sealed.bond is 'Behind it, in stablecoin.';

create table chunks_opened (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    outputs_hash hash32 not null,
    primary key (block, log_index)
);
comment on table chunks_opened is 'A provider opened the drawn chunks.';
comment on column chunks_opened.block is 'Number of the block.';
comment on column chunks_opened.log_index is 'Place of the log within the block.';
comment on column chunks_opened.job is 'Number of the job.';
comment on column chunks_opened.outputs_hash is 'Hash of the outputs.';

create table outputs_revealed (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    executor address not null,
    outputs_hash hash32 not null,
    primary key (block, log_index)
);
comment on table outputs_revealed is 'An executor told its outputs.';
comment on column outputs_revealed.block is 'Number of the block.';
comment on column outputs_revealed.log_index is 'Place of the log within the block.';
comment on column outputs_revealed.job is 'Number of the job.';
comment on column outputs_revealed.executor is 'Who computes chunks again.';
comment on column outputs_revealed.outputs_hash is 'Hash of the outputs.';

create table plants_shown (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    found integer not null,
    copied integer not null,
    primary key (block, log_index)
);
comment on table plants_shown is 'A provider showed which chunks it had planted.';
comment on column plants_shown.block is 'Number of the block.';
comment on column plants_shown.log_index is 'Place of the log within the block.';
comment on column plants_shown.job is 'Number of the job.';
comment on column plants_shown.found is 'Planted chunks that were drawn.';
comment on column plants_shown.copied is 'Executors that revealed what was planted.';

create table sample_finished (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    verdict integer not null,
    fault bigint not null,
    primary key (block, log_index)
);
comment on table sample_finished is 'What came of a sample.';
comment on column sample_finished.block is 'Number of the block.';
comment on column sample_finished.log_index is 'Place of the log within the block.';
comment on column sample_finished.job is 'Number of the job.';
comment on column sample_finished.verdict is '0 unproven, 1 proven, 3 disputed.';
comment on column sample_finished.fault is 'Number of the fault that was proposed; zero: none.';

create table sample_closed (
    block bigint not null,
    log_index integer not null,
    job bigint not null,
    decision integer not null,
    primary key (block, log_index)
);
comment on table sample_closed is 'The dispute about a sample was decided, and everybody credited.';
comment on column sample_closed.block is 'Number of the block.';
comment on column sample_closed.log_index is 'Place of the log within the block.';
comment on column sample_closed.job is 'Number of the job.';
comment on column sample_closed.decision is '1 the provider was wrong, 2 a panel acquitted it, 3 dismissed otherwise.';

create table executor_credited (
    block bigint not null,
    log_index integer not null,
    executor address not null,
    amount amount not null,
    credit amount not null,
    primary key (block, log_index)
);
comment on table executor_credited is 'An executor earned something or has its bond back, or its provider or customer has what nobody earned.';
comment on column executor_credited.block is 'Number of the block.';
comment on column executor_credited.log_index is 'Place of the log within the block.';
comment on column executor_credited.executor is 'Who was credited.';
comment on column executor_credited.amount is 'How much, in stablecoin.';
comment on column executor_credited.credit is 'Its credit after it, in stablecoin.';

create table executor_claimed (
    block bigint not null,
    log_index integer not null,
    executor address not null,
    recipient address not null,
    amount amount not null,
    primary key (block, log_index)
);
comment on table executor_claimed is 'A credit of samples was paid.';
comment on column executor_claimed.block is 'Number of the block.';
comment on column executor_claimed.log_index is 'Place of the log within the block.';
comment on column executor_claimed.executor is 'Whose it was.';
comment on column executor_claimed.recipient is 'Who received it.';
comment on column executor_claimed.amount is 'How much, in stablecoin.';
