-- Facts of Attributes: who vouches for what.

create table attester_set (
    block bigint not null,
    log_index integer not null,
    attester address not null,
    is_attester boolean not null,
    primary key (block, log_index)
);
comment on table attester_set is 'Who may attest.';
comment on column attester_set.block is 'Number of the block.';
comment on column attester_set.log_index is 'Place of the log within the block.';
comment on column attester_set.attester is 'Who vouches.';
comment on column attester_set.is_attester is 'Whether it may attest.';

create table attribute_attested (
    block bigint not null,
    log_index integer not null,
    subject address not null,
    attribute integer not null,
    level integer not null,
    attester address not null,
    value bigint not null,
    expiry timestamptz not null,
    primary key (block, log_index)
);
comment on table attribute_attested is 'An attribute of a subject at a level; replaces what stood there.';
comment on column attribute_attested.block is 'Number of the block.';
comment on column attribute_attested.log_index is 'Place of the log within the block.';
comment on column attribute_attested.subject is 'Whom it is about.';
comment on column attribute_attested.attribute is 'Number of the attribute.';
comment on column attribute_attested.level is '1 declared, 2 attested, 3 audited.';
comment on column attribute_attested.attester is 'Who vouches.';
comment on column attribute_attested.value is 'Value of the attribute; zero where it has none.';
comment on column attribute_attested.expiry is 'Last second at which it counts.';

create table attribute_revoked (
    block bigint not null,
    log_index integer not null,
    subject address not null,
    attribute integer not null,
    level integer not null,
    attester address not null,
    primary key (block, log_index)
);
comment on table attribute_revoked is 'An attribute of a subject at a level was taken back.';
comment on column attribute_revoked.block is 'Number of the block.';
comment on column attribute_revoked.log_index is 'Place of the log within the block.';
comment on column attribute_revoked.subject is 'Whom it is about.';
comment on column attribute_revoked.attribute is 'Number of the attribute.';
comment on column attribute_revoked.level is '1 declared, 2 attested, 3 audited.';
comment on column attribute_revoked.attester is 'Who vouches.';

create view attester as
select distinct on (attester) attester, is_attester, block as changed
from attester_set
order by attester, block desc, log_index desc;
comment on view attester is 'Accounts that may attest, or might once.';

create view attestation as
select distinct on (subject, attribute, level)
    subject,
    attribute,
    level,
    attester,
    value,
    printable(expiry) as expires_at,
    is_revoked,
    not is_revoked and expiry >= indexed_at() and (
        level = 1 or exists (select from attester as a where a.attester = attestation.attester and a.is_attester)
    ) as is_live,
    block as changed
from (
    select block, log_index, subject, attribute, level, attester, value, expiry, false as is_revoked
    from attribute_attested
    union all
    select block, log_index, subject, attribute, level, attester, 0, 'epoch', true
    from attribute_revoked
) as attestation
order by subject, attribute, level, block desc, log_index desc;
comment on view attestation is 'The last word on each subject, attribute and level; live: it counts at the indexed block.';
