-- Ranges of blocks, for tables of facts that outgrow memory: each range has indexes, statistics and a vacuum of its own, and old
-- ones can be moved to another disk. Nothing else is another: names, keys, views, rights and comments are those of before.

-- Where ranges are, so that `public` shows a table once.
create schema if not exists ranges;

-- Bytes of a table with all its ranges.
create function size_of(fact regclass) returns numeric
language sql stable
as $$
    select pg_relation_size(fact) + coalesce((select sum(pg_relation_size(relid)) from pg_partition_tree(fact)), 0)
$$;

-- The open range of a table of facts: the last one, or the table itself where it was never cut.
create function open_range(fact regclass) returns table (range regclass, first_block bigint)
language sql stable
as $$
    select coalesce(i.inhrelid, c.oid)::regclass, (regexp_match(pg_get_expr(p.relpartbound, p.oid), 'FROM \(''?(\d+)'))[1]::bigint
    from pg_class as c
    left join pg_inherits as i on i.inhparent = c.oid
    left join pg_class as p on p.oid = i.inhrelid
    where c.oid = fact
        and (c.relkind = 'r' or pg_get_expr(p.relpartbound, p.oid) like '%TO (MAXVALUE)')
$$;

-- Views that show one of these tables, or a view that does, the shown ones first.
create function views_of(facts regclass[]) returns table (seen regclass)
language sql stable
as $$
    with recursive shown (view, depth) as (
        select r.ev_class, 1
        from pg_depend as d
        join pg_rewrite as r on r.oid = d.objid
        where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
            and d.refobjid = any(facts) and r.ev_class <> d.refobjid
        union
        select r.ev_class, shown.depth + 1
        from shown
        join pg_depend as d on d.refobjid = shown.view
        join pg_rewrite as r on r.oid = d.objid
        where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and r.ev_class <> d.refobjid
    )
    select view::regclass from shown group by view order by max(depth), view
$$;

-- What makes comments and rights of a table or view again.
create function adornments(thing regclass) returns text
language sql stable
as $$
    select coalesce(string_agg(statement, E';\n') || ';', '')
    from (
        select format('comment on %s %s is %L', case c.relkind when 'v' then 'view' else 'table' end, thing, d.description)
        from pg_description as d
        join pg_class as c on c.oid = d.objoid
        where d.classoid = 'pg_class'::regclass and d.objoid = thing and d.objsubid = 0
        union all
        select format('comment on column %s.%I is %L', thing, a.attname, d.description)
        from pg_description as d
        join pg_attribute as a on a.attrelid = d.objoid and a.attnum = d.objsubid
        where d.classoid = 'pg_class'::regclass and d.objoid = thing and d.objsubid > 0
        union all
        select format(
            'grant %s on %s to %s%s', g.privilege_type, thing,
            case g.grantee when 0 then 'public' else g.grantee::regrole::text end,
            case when g.is_grantable then ' with grant option' else '' end
        )
        from pg_class as c
        cross join aclexplode(c.relacl) as g
        where c.oid = thing and g.grantee <> c.relowner
    ) as made (statement)
$$;

-- A table that was never cut gets ranges, of which what it has is the first one.
create function begin_ranges(fact regclass, cut bigint) returns void
language plpgsql
as $$
declare
    name text := fact::text;
    adorned text := adornments(fact);
    wanted text[] := array(
        select statement from wanted_index() where indexed::text = name and to_regclass(index::text) is not null
    );
    statement text;
begin
    execute format('alter table %s set schema ranges', fact);
    execute format('alter table ranges.%s rename to %I', name, name || '_0');
    execute format(
        'create table %s (like ranges.%I including defaults including constraints including storage) partition by range (block)',
        name, name || '_0'
    );
    execute format('alter table %s attach partition ranges.%I for values from (minvalue) to (%s)', name, name || '_0', cut);
    -- Those of the range are taken up, and not made again.
    execute format('alter table %s add primary key (block, log_index)', name);
    foreach statement in array wanted loop
        execute statement;
    end loop;
    execute adorned;
end
$$;

-- Cuts tables of facts at the block that is indexed next, if their open range has so many bytes: whatever comes goes into a new
-- range. Answers which. Nobody reads or writes these tables meanwhile, as long as it takes to read their open ranges.
create function cut_ranges(bytes_min bigint) returns setof text
language plpgsql
as $$
declare
    facts regclass[];
    whole regclass[];
    fact text;
    cut bigint;
    remade text;
    dropped regclass[];
    seen regclass;
begin
    -- Who indexes waits for the cursor before all else.
    select block + 1 into cut from cursor for update;
    if cut is null then
        return;
    end if;
    select
        coalesce(array_agg(c.oid order by c.relname), '{}'),
        coalesce(array_agg(c.oid order by c.relname) filter (where c.relkind = 'r'), '{}')
    into facts, whole
    from pg_constraint as k
    join pg_class as c on c.oid = k.conrelid
    cross join open_range(c.oid) as o
    where k.contype = 'p' and c.relnamespace = 'public'::regnamespace and not c.relispartition
        and pg_get_constraintdef(k.oid) = 'PRIMARY KEY (block, log_index)'
        and pg_relation_size(o.range) >= bytes_min
        and coalesce(o.first_block, 0) < cut;

    -- Views know a table by more than its name.
    dropped := array(select v.seen from views_of(whole) as v);
    select string_agg(format(
        E'create view %s%s as\n%s\n%s', d.seen, ' with (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(d.seen),
        adornments(d.seen)
    ), E'\n' order by d.place)
    into remade
    from unnest(dropped) with ordinality as d (seen, place)
    join pg_class as c on c.oid = d.seen;
    for seen in select d.seen from unnest(dropped) with ordinality as d (seen, place) order by d.place desc loop
        execute format('drop view %s', seen);
    end loop;

    for fact in select f.fact::text from unnest(facts) as f (fact) loop
        if fact::regclass = any(whole) then
            perform begin_ranges(fact::regclass, cut);
        else
            perform end_range(fact::regclass, cut);
        end if;
        execute format(
            'create table ranges.%I partition of %s for values from (%s) to (maxvalue)', fact || '_' || cut, fact, cut
        );
        execute format('analyze %s', fact);
        return next fact;
    end loop;
    if remade is not null then
        execute remade;
    end if;
end
$$;

-- The open range of a table ends below this block.
create function end_range(fact regclass, cut bigint) returns void
language plpgsql
as $$
declare
    last record;
begin
    select * into last from open_range(fact);
    execute format('alter table %s detach partition %s', fact, last.range);
    execute format('alter table %s attach partition %s for values from (%s) to (%s)', fact, last.range, last.first_block, cut);
end
$$;
