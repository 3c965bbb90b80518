-- State of Offers: an offer's terms in force, and the terms to come.

create table offer (
    offer bigint primary key,
    provider address not null,
    class integer not null,
    region integer not null,
    units bigint not null,
    price amount not null,
    coverage_max_bps integer not null,
    availability_bps integer not null,
    term_max_days integer not null,
    duration_max_days integer not null,
    payment_modes integer not null,
    proof_kinds integer not null,
    notice bigint not null,
    customers_root hash32,
    applications_root hash32,
    verification_keys_root hash32,
    next_units bigint,
    next_price amount,
    next_coverage_max_bps integer,
    next_availability_bps integer,
    next_term_max_days integer,
    next_duration_max_days integer,
    next_payment_modes integer,
    next_proof_kinds integer,
    next_notice bigint,
    next_customers_root hash32,
    next_applications_root hash32,
    next_verification_keys_root hash32,
    next_at timestamptz,
    removed_at timestamptz,
    units_in_use bigint not null,
    created_at timestamptz not null,
    changed bigint not null
);
comment on table offer is 'Units of a provider at a price. Columns `next_` replace the others at `next_at`.';

create view offer_now as
select
    o.offer,
    o.provider,
    o.class,
    o.region,
    case when n.is_due then o.next_units else o.units end as units,
    o.units_in_use,
    zero_floor(case when n.is_due then o.next_units else o.units end - o.units_in_use)::bigint as units_free,
    case when n.is_due then o.next_price else o.price end as price,
    case when n.is_due then o.next_coverage_max_bps else o.coverage_max_bps end as coverage_max_bps,
    case when n.is_due then o.next_availability_bps else o.availability_bps end as availability_bps,
    case when n.is_due then o.next_term_max_days else o.term_max_days end as term_max_days,
    case when n.is_due then o.next_duration_max_days else o.duration_max_days end as duration_max_days,
    case when n.is_due then o.next_payment_modes else o.payment_modes end as payment_modes,
    case when n.is_due then o.next_proof_kinds else o.proof_kinds end as proof_kinds,
    case when n.is_due then o.next_notice else o.notice end as notice,
    case when n.is_due then o.next_customers_root else o.customers_root end as customers_root,
    case when n.is_due then o.next_applications_root else o.applications_root end as applications_root,
    case when n.is_due then o.next_verification_keys_root else o.verification_keys_root end
        as verification_keys_root,
    case when not n.is_due then o.next_at end as next_at,
    case when not n.is_due then o.next_units end as next_units,
    case when not n.is_due then o.next_price end as next_price,
    o.removed_at,
    o.removed_at is null or o.removed_at > indexed_at() as is_live,
    o.created_at,
    o.changed
from offer as o
cross join lateral (select coalesce(o.next_at <= indexed_at(), false) as is_due) as n;
comment on view offer_now is 'Offers in force at the indexed block.';
