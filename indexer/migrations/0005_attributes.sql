-- Facts of Attributes: who vouches for what.

create table attester_set (
    block bigint not null,
    log_index integer not null,
    attester address not null,
    is_attester boolean not null,
    primary key (block, log_index)
);
comment on table attester_set is 'Who may attest.';

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
