-- What was indexed, how far, and what happened to it.
--
-- THE SHAPE OF THE SCHEMA
--
-- Facts: one table per event, its name in snake case (`DealOpened` -> `deal_opened`), columns = the event's fields,
-- key (block, log_index), everything not null, inserted by the indexer and removed by `rewind(block)` alone.
-- Solidity's types become: address -> `address`, bytes32 -> `hash32`, uint64 prices and everything wider -> `amount`,
-- ids, uint32 and uint48 -> bigint, uint8 and uint16 -> integer, times -> timestamptz (zero is the epoch), string -> text.
--
-- State: tables recomputed from facts for the touched keys in the transaction of the facts (`derive_*`, migrations
-- `*_state`). They hold nothing that depends on time or price. Their column `changed` is the block of the last fact
-- of the key. Where Solidity has a zero that means "none", state has null.
--   provider(provider)                        terms, profile, orphan reserve, sum of locks
--   tranche(provider, is_own)                 active and thawing stake, reward indices, drips
--   position(provider, account)               shares of an account, income settled
--   ticket(provider, account, day)            an exit under way
--   bucket(provider, is_own, day)             all tickets of a day, and the claim pool that they become
--   stake_lock(lock)                          a lock (`lock` itself is a word of SQL)
--   offer(offer)                              terms in force and terms to come
--   deal(deal)  slot(deal, slot)              deals and who serves them
--   payer(deal, payer)  credit(account)       escrow shares; what can be claimed
--   stakers_credit(provider)                  revenue on its way to stakers
--   request(deal)                             what the customer asks for, and the best proposal
-- One of them is by block: network_total(block) is a running sum that only grows at its end, so `rewind` cuts it off.
--
-- State at the indexed block: views `*_now` add what depends on time or price, computed at `cursor.timestamp` with the
-- integer arithmetic of the contracts: provider_now, position_now, ticket_now, offer_now, deal_now, slot_now, price_now.
-- Plain views over facts: account_key, payee, module, quarantine, slash_burn, attester, attestation, price, parameter, event.
-- The API reads `*_now` where there is one. Columns of views are nullable to sqlx: select `as "name!"`.

create domain address as bytea check (octet_length(value) = 20);

create domain hash32 as bytea check (octet_length(value) = 32);

create domain amount as numeric(78, 0) check (value >= 0);

create table chain (
    is_only boolean primary key default true check (is_only),
    chain_id bigint not null,
    first_block bigint not null,
    stablecoin_decimals integer not null
);
comment on table chain is 'The one deployment that this database is about. An indexer of another one refuses to start.';
comment on column chain.is_only is 'Keeps the table at one row.';
comment on column chain.chain_id is 'Chain id.';
comment on column chain.first_block is 'Block of the deployment.';
comment on column chain.stablecoin_decimals is 'Decimals of the stablecoin.';

create table contract (
    name text primary key,
    address address not null unique
);
comment on table contract is 'Contracts of the deployment by their names in the deployment file.';
comment on column contract.name is 'Name in the deployment file.';
comment on column contract.address is 'Where it is.';

create table block (
    number bigint primary key,
    hash hash32 not null,
    parent_hash hash32 not null,
    timestamp timestamptz not null,
    has_facts boolean not null
);
comment on table block is
    'Headers of the blocks that hold facts, of the last final block, and of every block after it.';
comment on column block.number is 'Number of the block.';
comment on column block.hash is 'Hash of the block.';
comment on column block.parent_hash is 'Hash of the block before.';
comment on column block.timestamp is 'Time of the block.';
comment on column block.has_facts is 'Whether facts are of this block.';

create table cursor (
    is_only boolean primary key default true check (is_only),
    block bigint not null,
    hash hash32 not null,
    timestamp timestamptz not null,
    finalized bigint not null,
    fence bigint not null,
    seq bigint not null,
    is_derived boolean not null,
    halted text,
    facts bigint not null default 0,
    derived_by bigint not null default 0
);
comment on table cursor is 'How far the chain was indexed: the tip, always of the same transaction as the facts below it.';
comment on column cursor.is_only is 'Keeps the table at one row.';
comment on column cursor.block is 'Number of the last block that was indexed.';
comment on column cursor.hash is 'Its hash.';
comment on column cursor.timestamp is 'Its time.';
comment on column cursor.finalized is 'Last block that no reorganisation can reach.';
comment on column cursor.fence is 'Rising number of the indexer that leads.';
comment on column cursor.seq is 'Number of the last journal entry.';
comment on column cursor.is_derived is 'Whether there is state by this schema; false during the first backfill and after an upgrade.';
comment on column cursor.halted is 'Why nothing moves any more; null: it does.';
comment on column cursor.facts is 'How many facts are stored.';
comment on column cursor.derived_by is 'Version of the schema that derived the state; another derives it anew.';

create table journal (
    seq bigint primary key,
    kind text not null check (kind in ('applied', 'rollback', 'derived')),
    first_block bigint not null,
    last_block bigint not null,
    hash hash32 not null
);
comment on table journal is
    'What happened to the tables, in order. After a `rollback` the blocks from `first_block` on are gone; from a `derived` on state is of the schema''s version.';
comment on column journal.seq is 'Counts the changes of the tables.';
comment on column journal.kind is 'applied, rollback or derived.';
comment on column journal.first_block is 'First block of the range.';
comment on column journal.last_block is 'Last block of the range.';
comment on column journal.hash is 'Hash of the last block indexed after it.';

-- Seconds since the epoch, as the contracts count time.
create function seconds(moment timestamptz) returns numeric
language sql immutable strict parallel safe
return floor(extract(epoch from moment));

create function moment(seconds numeric) returns timestamptz
language sql immutable strict parallel safe
return 'epoch'::timestamptz + seconds::bigint * interval '1 second';

-- A time of a fact, where the epoch stands for none.
create function maybe(moment timestamptz) returns timestamptz
language sql immutable strict parallel safe
return nullif(moment, 'epoch'::timestamptz);

-- A time that a caller may have chosen: kept within the years that programs can print.
create function printable(moment timestamptz) returns timestamptz
language sql immutable strict parallel safe
return least(moment, '9999-12-31 23:59:59+00'::timestamptz);

-- An account of a fact, where the zero address stands for none.
create function maybe(account bytea) returns bytea
language sql immutable strict parallel safe
return nullif(account, '\x0000000000000000000000000000000000000000'::bytea);

create function zero_floor(value numeric) returns numeric
language sql immutable strict parallel safe
return greatest(value, 0);

-- floor(a * b / c) on non-negative integers of any size; zero where c is.
create function mul_div(a numeric, b numeric, c numeric) returns numeric
language sql immutable strict parallel safe
return case when c = 0 then 0 else div(a * b, c) end;

create function indexed_at() returns timestamptz
language sql stable parallel safe
return (select timestamp from cursor);

create function contract_address(contract_name text) returns bytea
language sql stable strict parallel safe
return (select address from contract where name = contract_name);

-- Whether a token that appears in a fact is FLT; the only other one is the stablecoin.
create function is_flt(token bytea) returns boolean
language sql stable strict parallel safe
return token = contract_address('Flt');

create table authority_updated (
    block bigint not null,
    log_index integer not null,
    contract address not null,
    authority address not null,
    primary key (block, log_index)
);
comment on table authority_updated is
    'The access manager of a contract. Several contracts inherit the event, so `contract`, the emitter, comes first.';
comment on column authority_updated.block is 'Number of the block.';
comment on column authority_updated.log_index is 'Place of the log within the block.';
comment on column authority_updated.contract is 'The contract that emitted it.';
comment on column authority_updated.authority is 'The access manager.';
