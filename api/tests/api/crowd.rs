//! Many rows with few different values, for lists.

use sqlx::PgPool;

/// 57 providers with four different stakes, an offer each at three prices, 41 deals in five shapes.
pub(crate) async fn crowd(db: &PgPool) {
    let statements = r#"
        insert into chain (chain_id, first_block, stablecoin_decimals) values (31337, 1, 18);
        insert into contract (name, address) values ('Flt', decode(repeat('f1', 20), 'hex'));
        insert into block (number, hash, parent_hash, timestamp, has_facts)
        select n, sha256(n::text::bytea), sha256((n - 1)::text::bytea), timestamptz '2026-01-01' + n * interval '1 hour', true
        from generate_series(1, 30) as n;
        insert into cursor (block, hash, timestamp, finalized, fence, seq, is_derived)
        select number, hash, timestamp, 1, 1, 30, true from block where number = 30;
        insert into journal (seq, kind, first_block, last_block, hash)
        select number, 'applied', number, number, hash from block;

        create temporary table crowd on commit preserve rows as
        select n, substring(sha256(n::text::bytea) for 20) as provider from generate_series(1, 57) as n;

        insert into terms_set select 2, n, provider, 100 * (n % 3), 3000, 0, 7, 1e24 from crowd;
        insert into tranche_changed select 3, 2 * n, provider, true, 0, 1e18 * (n % 4), 1e18 * (n % 4) from crowd;
        insert into staked select 3, 2 * n + 1, provider, provider, 0, 1e18 * (n % 4), 1e18 * (n % 4) from crowd;
        insert into staked
        select 4, n, (select provider from crowd where n = 1), provider, 0, 1e18 * (n % 4 + 1), 1e18 * (n % 4 + 1)
        from crowd where n > 1;
        insert into tranche_changed select 4, 100, provider, false, 0, 1e20, 1e20 from crowd where n = 1;
        insert into exit_started
        select 5, n, (select provider from crowd where n = 1), (select provider from crowd where n = 2),
            20500 + n % 20, 1, 1, 0, 1
        from crowd where n > 2;
        insert into slashed select 6 + n % 5, 3000 + n, n, provider, provider, 1e15, 0, 1e15, 0, 0, 0 from crowd;
        insert into reward_claimed
        select 12 + n % 5, 1000 + n, (select provider from crowd where n = 1), (select provider from crowd where n = 2),
            decode(repeat(case when n % 2 = 0 then 'f1' else 'f2' end, 20), 'hex'), 1e18 * n, provider
        from crowd;
        insert into price_observed
        select 20 + n % 5, n, 1e7 * n, 1e7 * n * 4294967296, 1e7 * n * 4294967296, '2026-01-02', false, 1e7, 1e7, 0
        from crowd;
        insert into offer_created select 7, n, n, provider, 0, n % 3, 100, 1e18 * (n % 3 + 1) from crowd;
        insert into offer_limits_set select 8, n, n, 50000, 9900, 14, 365, 1, 1, 0 from crowd;
        insert into offer_roots_set
        select 9, n, n, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')
        from crowd;

        insert into deal_opened select 10, n, n, provider, 0, n % 3 + 1, 10, 7, 14, 30000, 0 from crowd where n < 42;
        insert into deal_terms_set select 11, n, n, 0, 200, 0, 0 from crowd where n < 42;
        insert into slot_funded
        select 12, 10 * n + s, n, s, 1e18 from crowd, generate_series(0, n % 3) as s where n < 42;
        insert into deal_funded select 13 + n % 3, 2000 + n, 5, provider, 1e18, 1, 1 from crowd;
        insert into lock_granted
        select 14, n, n, provider, provider, provider, 1e17 * (n % 5), '2026-02-01', 1e17 * (n % 5) from crowd where n < 42;
        insert into slot_assigned
        select 15, n, n, 0, provider, 1, n, 1e18, n, 1e17 * (n % 5), 1e18 * (n % 5) from crowd where n < 42;

        insert into class_added select 16, n, n - 1, provider, 1, 1 from crowd where n < 3;
        insert into lock_granted
        select 16, 100 + n, 100 + n, provider, provider, provider, 1e18, '2026-02-01', 1e18 from crowd;
        insert into capacity_pledged
        select 16, 200 + n, n, provider, n % 2, n % 5 + 1, 20454 - n % 3, 20460, 1, 100 + n, 1e18 from crowd;
        insert into target_set select 17, n, n % 2, 20300 + n / 2, 7 from crowd;
        insert into epoch_credited
        select 18, 100 * n + e, n, 20450 + e, 1, 24, 1000000, 0, 0, 0 from crowd, generate_series(1, n % 4) as e;
        insert into reward_earned
        select 19, 100 * n + e, n, provider, n % 2, 20450 + e, 1e18 * (n % 4), 0, 0, '2026-01-01'
        from crowd, generate_series(1, n % 4) as e;
        insert into epoch_credited select 20, 200 + e, 1, 20000 + e, 1, 24, 1, 0, 0, 0 from generate_series(1, 40) as e;
        insert into standby_promoted
        select 25, n, 7, n - 2, provider, 16, n + 1, 1e18, n, 1e18, 1e18, '2026-02-01' from crowd where n between 2 and 17;
        insert into rules_set values (26, 0, 5, 4, 9, 6, 9, 1e18, 1);
        insert into prober_registered
        select 26, n, provider, n % 4, n % 3 + 1, 1e18 * (n % 3 + 1), 20400 + n, 'https://prober' from crowd;
        insert into fault_proposed
        select 27, n, n, n % 5 + 1, provider, 0, 1, n % 2 + 1, n, 1e18, provider, '2026-01-02' from crowd;
        select derive_all();
        update cursor set facts = (select count(*) from event);
    "#;
    let mut connection = db.acquire().await.expect("a connection");
    sqlx::raw_sql(statements).execute(&mut *connection).await.expect("facts go in");
}
