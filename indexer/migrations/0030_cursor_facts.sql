-- How many facts there are, kept with the cursor: counting them takes as long as reading them.

alter table cursor add column facts bigint not null default 0;
comment on column cursor.facts is 'How many facts are stored.';
update cursor set facts = (select count(*) from event);
