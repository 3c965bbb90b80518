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
comment on column offer.offer is 'Number of the offer.';
comment on column offer.provider is 'Who offers compute.';
comment on column offer.class is 'Resource class: 0 CPU, 1 GPU.';
comment on column offer.region is 'Number of the region.';
comment on column offer.units is 'Units.';
comment on column offer.price is 'Stablecoin, smallest unit, per unit-day.';
comment on column offer.coverage_max_bps is 'Highest coverage that the provider accepts, in bps.';
comment on column offer.availability_bps is 'Declared availability, in bps.';
comment on column offer.term_max_days is 'Longest term, in days.';
comment on column offer.duration_max_days is 'Longest duration, in days.';
comment on column offer.payment_modes is 'Bits of payment modes: 0 reserved, 1 metered.';
comment on column offer.proof_kinds is 'Bits of proof kinds: 0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic.';
comment on column offer.notice is 'Notice of a customer''s stop, in seconds.';
comment on column offer.customers_root is 'Merkle root of accepted customers; zero: all.';
comment on column offer.applications_root is 'Merkle root of accepted applications; zero: all.';
comment on column offer.verification_keys_root is 'Merkle root of accepted verification keys; zero: all.';
comment on column offer.next_units is 'To come: units.';
comment on column offer.next_price is 'To come: stablecoin, smallest unit, per unit-day.';
comment on column offer.next_coverage_max_bps is 'To come: highest coverage that the provider accepts, in bps.';
comment on column offer.next_availability_bps is 'To come: declared availability, in bps.';
comment on column offer.next_term_max_days is 'To come: longest term, in days.';
comment on column offer.next_duration_max_days is 'To come: longest duration, in days.';
comment on column offer.next_payment_modes is 'To come: bits of payment modes: 0 reserved, 1 metered.';
comment on column offer.next_proof_kinds is 'To come: bits of proof kinds: 0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic.';
comment on column offer.next_notice is 'To come: notice of a customer''s stop, in seconds.';
comment on column offer.next_customers_root is 'To come: merkle root of accepted customers; zero: all.';
comment on column offer.next_applications_root is 'To come: merkle root of accepted applications; zero: all.';
comment on column offer.next_verification_keys_root is 'To come: merkle root of accepted verification keys; zero: all.';
comment on column offer.next_at is 'When the terms to come are in force; null: none are to come.';
comment on column offer.removed_at is 'When it stops to count.';
comment on column offer.units_in_use is 'Units that slots use.';
comment on column offer.created_at is 'When it was created.';
comment on column offer.changed is 'Block of the last fact of the key.';

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
