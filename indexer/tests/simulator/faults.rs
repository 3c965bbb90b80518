//! Statements that fail: when the cursor moves, at the end of a transaction, and at its commit.

use anyhow::Result;
use sqlx::PgPool;

use super::tally::Tally;

/// Each reason is one that passes: a conflict, a deadlock, a full disk, an operator. Sequences count on although their
/// transaction is taken back, so that what failed is not tried in vain for ever, and we see how often each did.
pub(crate) const FAULTS: &str = r#"
create sequence fault_turn;
create sequence fault_conflict;
create sequence fault_deadlock;
create sequence fault_disk;
create sequence fault_operator;
create function fail_sometimes() returns trigger language plpgsql as $$
declare
    turn bigint := nextval('fault_turn');
begin
    if turn % 7 = 3 then
        perform nextval('fault_conflict');
        raise exception 'a conflict' using errcode = '40001';
    elsif turn % 11 = 5 then
        perform nextval('fault_deadlock');
        raise exception 'a deadlock' using errcode = '40P01';
    elsif turn % 13 = 8 then
        perform nextval('fault_disk');
        raise exception 'a full disk' using errcode = '53100';
    elsif turn % 17 = 11 then
        perform nextval('fault_operator');
        raise exception 'an operator' using errcode = '57P01';
    end if;
    return new;
end
$$;
create trigger fault before update on cursor for each row execute function fail_sometimes();
create constraint trigger fault after insert on journal deferrable initially deferred
    for each row execute function fail_sometimes();
"#;

pub(crate) const HEALED: &str = "
drop trigger fault on cursor;
drop trigger fault on journal;
drop function fail_sometimes;
drop sequence fault_turn, fault_conflict, fault_deadlock, fault_disk, fault_operator;
";

/// What the next seed begins with. Indexes stay: making them takes longer than all else.
pub(crate) const EMPTIED: &str = "
do $$
declare
    victim text;
    has_rows boolean;
begin
    for victim in
        select table_name from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> '_sqlx_migrations'
    loop
        execute format('select exists (select from %I)', victim) into has_rows;
        if has_rows then
            execute format('delete from %I', victim);
        end if;
    end loop;
end
$$;
";

pub(crate) async fn count(db: &PgPool, tally: &Tally) -> Result<()> {
    let raised = "select (select last_value - (not is_called)::integer from fault_conflict),
                         (select last_value - (not is_called)::integer from fault_deadlock),
                         (select last_value - (not is_called)::integer from fault_disk),
                         (select last_value - (not is_called)::integer from fault_operator)";
    let (conflicts, deadlocks, disks, operators): (i64, i64, i64, i64) = sqlx::query_as(raised).fetch_one(db).await?;
    tally.add("statements refused: conflict", u64::try_from(conflicts)?);
    tally.add("statements refused: deadlock", u64::try_from(deadlocks)?);
    tally.add("statements refused: full disk", u64::try_from(disks)?);
    tally.add("statements refused: operator", u64::try_from(operators)?);
    Ok(())
}
