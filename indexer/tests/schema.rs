//! The schema in itself: what must be true of every fact table.

use anyhow::Result;
use sqlx::{PgPool, query, query_scalar};

/// Tables of facts are those whose key is a place in the chain.
const FACTS: &str = "
    select table_name::text from information_schema.key_column_usage
    where table_schema = 'public'
    group by table_name
    having array_agg(column_name::text order by ordinal_position) = array['block', 'log_index']
    order by table_name";

async fn source(db: &PgPool, function: &str) -> Result<String> {
    Ok(query_scalar("select prosrc from pg_proc where proname = $1").bind(function).fetch_one(db).await?)
}

#[sqlx::test]
async fn a_rewind_reaches_every_fact_table(db: PgPool) -> Result<()> {
    let rewind = source(&db, "rewind").await?;
    let facts: Vec<String> = query_scalar(FACTS).fetch_all(&db).await?;
    assert!(facts.len() > 150);
    for fact in facts {
        assert!(rewind.contains(&format!("delete from {fact} where block > to_block;")), "rewind forgets {fact}");
    }
    Ok(())
}

#[sqlx::test]
async fn every_event_shows_every_fact_table(db: PgPool) -> Result<()> {
    let event: String = query_scalar("select pg_get_viewdef('event')").fetch_one(&db).await?;
    let facts: Vec<String> = query_scalar(FACTS).fetch_all(&db).await?;
    for fact in facts {
        assert!(event.contains(&format!("FROM {fact}")), "the view `event` forgets {fact}");
    }
    Ok(())
}

/// State that a fact changes must be touched by it: whoever reads a fact table while deriving is told of its new rows.
#[sqlx::test]
async fn every_fact_that_state_is_derived_from_touches_it(db: PgPool) -> Result<()> {
    let facts: Vec<String> = query_scalar(FACTS).fetch_all(&db).await?;
    let nouns: Vec<String> =
        query_scalar("select substr(proname, 9)::text from pg_proc where proname like 'touched\\_%'")
            .fetch_all(&db)
            .await?;
    assert_eq!(nouns.len(), 19);
    for noun in nouns {
        let derive = source(&db, &format!("derive_{noun}")).await?;
        let touched = source(&db, &format!("touched_{noun}")).await?;
        let is_read = |fact: &&String| [' ', '\n'].iter().any(|end| derive.contains(&format!("from {fact}{end}")));
        for fact in facts.iter().filter(is_read) {
            // Limits and roots come with the log of the offer that they are of; terms with the deal's.
            let comes_along =
                ["offer_limits_set", "offer_roots_set", "deal_terms_set", "deal_standbys_set"].contains(&fact.as_str());
            assert!(comes_along || touched.contains(&format!("from {fact} as t")), "{fact} does not touch {noun}");
        }
    }
    Ok(())
}

/// A table that is cut into ranges is made again, and whatever knows it by more than its name would see the first range alone.
#[sqlx::test]
async fn functions_know_tables_by_their_names_alone(db: PgPool) -> Result<()> {
    let bound: Vec<String> = query_scalar(
        "select distinct format('%s reads %s', d.objid::regproc, d.refobjid::regclass) from pg_depend as d
         join pg_class as c on c.oid = d.refobjid
         where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_class'::regclass
             and c.relkind in ('r', 'v') and c.relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&db)
    .await?;
    let facts: Vec<String> = query_scalar(FACTS).fetch_all(&db).await?;
    let is_fact = |bound: &&String| facts.iter().any(|fact| bound.ends_with(&format!(" reads {fact}")));
    assert_eq!(bound.iter().filter(is_fact).collect::<Vec<_>>(), [""; 0]);
    Ok(())
}

#[sqlx::test]
async fn indexes_can_be_created_twice(db: PgPool) -> Result<()> {
    query("select create_indexes()").execute(&db).await?;
    let count = "select count(*) from pg_indexes where schemaname = 'public'";
    let before: i64 = query_scalar(count).fetch_one(&db).await?;
    query("select create_indexes()").execute(&db).await?;
    assert_eq!(query_scalar::<_, i64>(count).fetch_one(&db).await?, before);
    Ok(())
}

/// The worked example of a price that held for a day: the average moves to it by the share of time.
#[sqlx::test]
async fn averages_advance_as_in_the_contract(db: PgPool) -> Result<()> {
    let price: String = query_scalar(
        "select average_price(average_advanced(50000000::numeric * 4294967296, 30000000, 86400, 86400))::text",
    )
    .fetch_one(&db)
    .await?;
    assert_eq!(price, "40000000");
    Ok(())
}

/// 6,000,000 FLT for 1,000,000 dollars: 3.0 at half a dollar, 1.8 at thirty cents.
#[sqlx::test]
async fn health_is_that_of_the_worked_example(db: PgPool) -> Result<()> {
    for (price, health) in [(50_000_000, "30000"), (30_000_000, "18000")] {
        for (decimals, value) in [(6, "1000000000000"), (18, "1000000000000000000000000")] {
            let found: String = query_scalar("select health_bps(6000000000000000000000000, $1, $2::numeric, $3)::text")
                .bind(price)
                .bind(value)
                .bind(decimals)
                .fetch_one(&db)
                .await?;
            assert_eq!(found, health);
        }
    }
    Ok(())
}

/// 1,000 dollars are 2,000 FLT at half a dollar: 3,000 at first, 1,900 after six hours, and the middle of both after three.
/// Where it was a quarter of one lately, twice as much at first.
#[sqlx::test]
async fn a_lot_gets_cheaper_as_in_the_contract(db: PgPool) -> Result<()> {
    let unit = "000000000000000000";
    let cases = [
        (50_000_000, 0, 3_000),
        (50_000_000, 10_800, 2_450),
        (50_000_000, 99_999, 1_900),
        (25_000_000, 0, 6_000),
        (25_000_000, 10_800, 3_950),
        (25_000_000, 21_600, 1_900),
    ];
    for (low, elapsed, cost) in cases {
        for (decimals, amount) in [(6, "1000000000"), (18, "1000000000000000000000")] {
            let found: String = query_scalar("select lot_cost($1::text::numeric, $2, 50000000, $3, $4)::text")
                .bind(amount)
                .bind(low)
                .bind(elapsed)
                .bind(decimals)
                .fetch_one(&db)
                .await?;
            assert_eq!(found, format!("{cost}{unit}"), "{elapsed} s from {low}");
        }
    }
    let least: String =
        query_scalar("select lot_cost(1, 300000000000, 300000000000, 1, 6)::text").fetch_one(&db).await?;
    assert_eq!(least, "499991513", "1 / 3000 FLT a dollar, half as dear again, a second later, rounded up");
    Ok(())
}

/// One FLT a day to a tranche of 1,000 is 36.5 % a year, until the drip ends.
#[sqlx::test]
async fn an_apr_is_income_over_value(db: PgPool) -> Result<()> {
    for (later, apr) in [("1 hour", "3649"), ("-1 hour", "0"), ("0 hours", "0")] {
        let found: String = query_scalar(
            "select apr_bps(div(1e18 * 4294967296, 86400), now() + $1::text::interval, 1000 * 1e18::numeric(30, 0), now())::text",
        )
        .bind(later)
        .fetch_one(&db)
        .await?;
        assert_eq!(found, apr, "{later}");
    }
    Ok(())
}

/// Who has no record counts as down for 5 % of the time; 30 days without a failure make it 0.95 %, rounded up.
#[sqlx::test]
async fn unavailability_is_that_of_the_contract(db: PgPool) -> Result<()> {
    let cases = [(0, 0, "50000000000000000"), (2_592_000, 0, "9459459459459460"), (0, 2_592_000, "820270270270270271")];
    for (served, down, unavailability) in cases {
        let found: String = query_scalar("select unavailability($1::numeric, $2::numeric)::text")
            .bind(served)
            .bind(down)
            .fetch_one(&db)
            .await?;
        assert_eq!(found, unavailability, "{served} s served, {down} s down");
    }
    Ok(())
}
