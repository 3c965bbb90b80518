-- Jobs, their attestations, and the stages of samples at the indexed block.

create view job as
select
    a.job,
    a.deal,
    a.slot,
    a.serving,
    a.provider,
    a.kind,
    a.key,
    a.seed,
    a.input_root,
    a.not_before,
    c.output_root,
    coalesce(c.verdict, 0) as verdict,
    c.not_after,
    case
        when c.block is not null then (array['proven', 'agreed', 'disputed'])[c.verdict]
        when s.block is not null and s.verdict = 0 then 'unproven'
        when indexed_at() > a.not_before + interval '7 days' and m.block is null then 'lapsed'
        else 'asked'
    end as status,
    a.block as asked_block,
    a.log_index as asked_log,
    a.transaction_hash as asked_transaction,
    c.block as attested_block,
    c.log_index as attested_log,
    c.transaction_hash as attested_transaction,
    greatest(a.block, c.block, s.block, m.block) as changed
from job_asked as a
left join lateral (
    select * from compute_attested where job = a.job order by block desc, log_index desc limit 1
) as c on true
left join lateral (
    select block, verdict from sample_finished where job = a.job order by block desc, log_index desc limit 1
) as s on true
left join lateral (
    select block from sample_committed where job = a.job order by block desc, log_index desc limit 1
) as m on true;
comment on view job is
    'Computations that were asked for, with what was shown of them: all that `Proofs.hashOf` is the hash of.';

create view sample as
select
    c.job,
    c.provider,
    c.output_root,
    c.chunks,
    c.plants,
    c.paid,
    c.block as committed_block,
    cb.timestamp as committed_at,
    d.seed,
    d.day,
    db.timestamp as drawn_at,
    case
        when x.block is not null then 5
        when f.block is not null then 4
        when o.block is not null then 3
        when d.block is not null then 2
        else 1
    end as stage,
    o.outputs_hash,
    n.executors,
    n.sealed,
    n.revealed,
    n.agreed,
    p.found,
    p.copied,
    f.verdict,
    nullif(f.fault, 0) as fault,
    fb.timestamp as finished_at,
    x.decision,
    greatest(c.block, d.block, o.block, n.block, p.block, f.block, x.block) as changed
from sample_committed as c
join block as cb on cb.number = c.block
left join lateral (
    select * from sample_drawn where job = c.job order by block desc, log_index desc limit 1
) as d on true
left join block as db on db.number = d.block
left join lateral (
    select * from chunks_opened where job = c.job order by block desc, log_index desc limit 1
) as o on true
left join lateral (
    select * from plants_shown where job = c.job order by block desc, log_index desc limit 1
) as p on true
left join lateral (
    select * from sample_finished where job = c.job order by block desc, log_index desc limit 1
) as f on true
left join block as fb on fb.number = f.block
left join lateral (
    select * from sample_closed where job = c.job order by block desc, log_index desc limit 1
) as x on true
cross join lateral (
    select
        (select count(*) from sample_executor where job = c.job) as executors,
        (select count(*) from outputs_sealed where job = c.job) as sealed,
        (select count(*) from outputs_revealed where job = c.job) as revealed,
        (select count(*) from outputs_revealed where job = c.job and outputs_hash = o.outputs_hash) as agreed,
        greatest(
            (select max(block) from sample_executor where job = c.job),
            (select max(block) from outputs_sealed where job = c.job),
            (select max(block) from outputs_revealed where job = c.job)
        ) as block
) as n;
comment on view sample is
    'Batches whose chunks are computed again. `stage`: 1 committed, 2 drawn, 3 opened, 4 finished, 5 closed; `agreed` executors revealed what the provider opened.';

create view executor_credit as
select e.executor, w.credit, w.block as changed
from (
    select distinct executor from executor_credited
) as e
cross join lateral (
    select block, credit from (
        (select block, log_index, credit from executor_credited
         where executor = e.executor order by block desc, log_index desc limit 1)
        union all
        (select block, log_index, 0 from executor_claimed
         where executor = e.executor order by block desc, log_index desc limit 1)
    ) as change
    order by block desc, log_index desc limit 1
) as w;
comment on view executor_credit is 'What executors can claim, and providers and customers of what nobody earned.';

create view proof_verifier as
select distinct on (kind) kind, verifier, block as changed
from verifier_set
order by kind, block desc, log_index desc;
comment on view proof_verifier is 'Contracts that check proofs, by kind: 1 receipts, 2 sampled, 3 groth16.';
