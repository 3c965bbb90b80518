//! Quotes and the projection.

use insta::assert_snapshot;
use sqlx::PgPool;

use crate::server::Server;

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_stake_quote_is_the_lock_of_the_worked_example(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/quote/stake?job_value_usd=1000000").await, @r#"
    200 OK
    {
      "coverage": "3",
      "first_loss_bps": 1000,
      "first_loss_reason": "a customer is compensated out of slashed own stake alone, at most 80 % of it: without a first loss a slash burns and compensates nobody",
      "formula": "lock = ceil(coverage * job_value_usd / price_low_usd); health = lock * high / job_value_usd; margin call below 2/3 of coverage, leaving below 5/12 of it",
      "is_price_stale": false,
      "job_value_usd": "1000000",
      "leave_below_usd": "0.20833334",
      "lock_days": 19,
      "lock_flt": "6000000",
      "margin_call_below_usd": "0.33333334",
      "own_min_flt": "600000",
      "price_low_usd": "0.5",
      "price_observed_at": "2026-01-05T08:00:00Z",
      "providers": 0,
      "term_days": 14
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn five_sites_of_eighty_percent_reach_three_nines(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/quote/sla?availability=0.8&target=0.999").await, @r#"
    200 OK
    {
      "formula": "a set of independent sites is down when all are: availability = 1 - product of (1 - availability of each); it meets the target when that product is at most 1 - target. Sites of one operator or region do not count twice, standbys do not count. Measured: u = (down + 5 % of 7 days) / (served + down + 7 days)",
      "is_met": true,
      "regions_needed": 2,
      "sets": [
        {
          "availability": "0.8",
          "is_met": false,
          "slots": 1
        },
        {
          "availability": "0.96",
          "is_met": false,
          "slots": 2
        },
        {
          "availability": "0.992",
          "is_met": false,
          "slots": 3
        },
        {
          "availability": "0.9984",
          "is_met": false,
          "slots": 4
        },
        {
          "availability": "0.99968",
          "is_met": true,
          "slots": 5
        }
      ],
      "slots_needed": 5,
      "target": "0.999"
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_projection_follows_the_mix_of_terms(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/projection/stake?volume_usd=1000000&months=1&term_days=7:1,14:3").await, @r#"
    200 OK
    {
      "assumptions": {
        "maintained_ratio": "2/3",
        "model": "The price's logarithm is a random walk without drift, price(t + dt) = price(t) * exp(volatility * sqrt(dt) * z), z standard normal, so that price(m) is lognormal with today's median: its quantiles are price * exp(z * volatility * sqrt(m / 12)). A term's part of the volume is locked evenly over its days, each lock at the price of its day: max(1 / price(day of grant), maintained_ratio / price(u) for each later day u of the term). The first month's locks were granted at today's price. Numbers come from ChaCha8 with the seed, by Box and Muller, in pairs of opposite sign",
        "month_days": 30,
        "paths": 2000,
        "seed": 1,
        "terms": [
          {
            "share": "0.25",
            "term_days": 7
          },
          {
            "share": "0.75",
            "term_days": 14
          }
        ],
        "volatility": "1"
      },
      "coverage": "3",
      "formula": "volume(m) = volume_usd * (1 + growth)^m; stake_usd = coverage * volume(m) / 30 * mean term in days, since each dollar of a term's value is secured through that term; a lock that is not renewed answers for 5 days more, which stake_max_usd counts for all of them; stake_flt = stake_usd / price. Bands: of all simulated paths the price is below price_usd with percentile per cent, and the stake is below stake_flt with 100 - percentile per cent",
      "months": [
        {
          "bands": [
            {
              "percentile": 5,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            },
            {
              "percentile": 25,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            },
            {
              "percentile": 50,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            },
            {
              "percentile": 75,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            },
            {
              "percentile": 95,
              "price_usd": "0.5",
              "stake_flt": "2450000"
            }
          ],
          "month": 0,
          "stake_flt": "2450000",
          "stake_max_usd": "1725000",
          "stake_usd": "1225000",
          "volume_usd": "1000000"
        }
      ],
      "price_usd": "0.5",
      "term_days": "12.25"
    }
    "#);
    server.stop().await;
}

/// The rows of the table in `docs/api.md`.
#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_million_dollars_a_month_need_what_the_documentation_says(db: PgPool) {
    let server = Server::start(&db).await;
    let asked = "/v1/projection/stake?volume_usd=1000000&growth=0.1&months=13&term_days=7:1,14:3&volatility=0.8";
    let projection = server.json(asked).await;
    let whole = |value: &serde_json::Value| value.as_str().and_then(|text| text.split('.').next()).map(str::to_owned);
    let rows = [0, 1, 3, 6, 12].map(|month| {
        let month = &projection["months"][month];
        let band = |at: usize| whole(&month["bands"][at]["stake_flt"]).expect("a number");
        let of = |field: &str| whole(&month[field]).expect("a number");
        format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            month["month"],
            of("volume_usd"),
            of("stake_usd"),
            of("stake_flt"),
            band(4),
            band(2),
            band(0)
        )
    });
    let documentation = include_str!("../../../docs/api.md");
    for row in &rows {
        assert!(documentation.contains(row), "docs/api.md does not say\n{}", rows.join("\n"));
    }
    server.stop().await;
}
