//! Tables of facts that are cut into ranges of blocks, while the indexer runs: nothing else is another for it.

use anyhow::Result;
use sqlx::{PgPool, query, query_as, query_scalar};

use crate::equals_fresh;
use crate::fake::Node;
use crate::fake::running::Indexer;

/// What readers and the indexer know of the schema.
const SCHEMA: &str = r"
    select concat_ws(' ', relname, relkind = 'v', relacl, reloptions, obj_description(oid))
    from pg_class where relkind in ('r', 'p', 'v') and relnamespace = 'public'::regnamespace
    union all
    select replace(indexdef, ' ON ONLY ', ' ON ') from pg_indexes where schemaname = 'public'
    union all
    select concat_ws(' ', attrelid::regclass, attnum, attname, atttypid::regtype, attnotnull, col_description(attrelid, attnum))
    from pg_attribute as a
    join pg_class as c on c.oid = a.attrelid
    where c.relkind in ('r', 'p', 'v') and c.relnamespace = 'public'::regnamespace and attnum > 0
    union all
    select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0
    order by 1
";

async fn schema(db: &PgPool) -> Result<Vec<String>> {
    Ok(query_scalar(SCHEMA).fetch_all(db).await?)
}

async fn cut(db: &PgPool, bytes_min: i64) -> Result<Vec<String>> {
    Ok(query_scalar("select cut_ranges($1)").bind(bytes_min).fetch_all(db).await?)
}

/// The rows of each view, in any order.
async fn shown(db: &PgPool) -> Result<Vec<(String, String)>> {
    let views = "select relname::text from pg_class where relkind = 'v' and relnamespace = 'public'::regnamespace";
    let views: Vec<String> = query_scalar(views).fetch_all(db).await?;
    assert!(views.len() > 50);
    let rows = |view: &String| {
        format!("select '{view}', coalesce(md5(string_agg(v::text, '' order by v::text)), '') from {view} as v")
    };
    let shown = format!("{} order by 1", views.iter().map(rows).collect::<Vec<_>>().join(" union all "));
    Ok(query_as(&shown).fetch_all(db).await?)
}

/// Those that hold rows, in the order of blocks.
async fn ranges(db: &PgPool, fact: &str) -> Result<Vec<String>> {
    let held = format!("select tableoid::regclass::text from {fact} group by tableoid order by min(block)");
    Ok(query_scalar(&held).fetch_all(db).await?)
}

#[sqlx::test(migrations = false)]
async fn tables_in_ranges_are_filled_rewound_and_shown_like_whole_ones(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(200);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    query("grant select on event, price_observed to public").execute(&db).await?;
    let before = (schema(&db).await?, shown(&db).await?);

    let whole = cut(&db, 0).await?;
    assert!(whole.len() > 150, "only {} tables of facts are cut", whole.len());
    assert_eq!((schema(&db).await?, shown(&db).await?), before);
    assert!(cut(&db, 0).await?.is_empty(), "nothing has come since");

    node.chain().mine(30);
    indexer.synced(&node).await?;
    assert_eq!(cut(&db, 0).await?, whole);
    assert_eq!(schema(&db).await?, before.0);

    node.chain().mine(30);
    indexer.synced(&node).await?;
    let held = ["ranges.price_observed_0", "ranges.price_observed_201", "ranges.price_observed_231"];
    assert_eq!(ranges(&db, "price_observed").await?, held);
    // Back over both cuts.
    node.chain().reorganise(62, 0);
    indexer.synced(&node).await?;
    indexer.stop().await?;
    let held = shown(&db).await?;
    equals_fresh(&db, &node).await?;
    assert_eq!(shown(&db).await?, held);
    Ok(())
}

/// What is cut while somebody goes back behind the last cut stays as it is.
#[sqlx::test(migrations = false)]
async fn only_what_is_large_is_cut_and_nothing_below_the_last_cut(db: PgPool) -> Result<()> {
    let node = Node::start().await;
    node.chain().mine(200);
    let mut indexer = Indexer::start(&db, &node)?;
    indexer.synced(&node).await?;
    let large = cut(&db, 1).await?;
    let is_cut = |large: &[String], fact: &str| large.iter().any(|name| name == fact);
    assert!(is_cut(&large, "price_observed"));
    assert!(!is_cut(&large, "drip_changed"), "the story tells of none");
    let branch = {
        let mut chain = node.chain();
        chain.branch(20, 10, 1);
        chain.tip()
    };
    indexer.until(|status| status.indexed == Some(branch)).await?;
    let rest = cut(&db, 0).await?;
    assert!(is_cut(&rest, "drip_changed"));
    assert!(!is_cut(&rest, "price_observed"), "its open range begins later");
    node.chain().mine(40);
    indexer.synced(&node).await?;
    indexer.stop().await?;
    equals_fresh(&db, &node).await
}
