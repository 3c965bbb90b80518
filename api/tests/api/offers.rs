//! Offers.

use insta::assert_snapshot;
use sqlx::PgPool;

use crate::server::Server;

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn offers_are_filtered_by_what_a_customer_needs(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown("/v1/offers?limit=1").await, @r#"
    200 OK
    {
      "items": [
        {
          "availability_bps": 9900,
          "class": "cpu",
          "coverage_max": "5",
          "created_at": "2026-01-01T05:00:00Z",
          "duration_max_days": 365,
          "is_for_listed_applications": false,
          "is_for_listed_customers": false,
          "is_live": true,
          "largest_job_usd": "500000",
          "next_at": null,
          "next_price_usd": null,
          "next_units": null,
          "notice_seconds": 86400,
          "offer": 1,
          "payment_modes": [
            "reserved"
          ],
          "price_usd": "0.99",
          "proof_kinds": [
            "none"
          ],
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "region": 1,
          "removed_at": null,
          "term_max_days": 14,
          "units": 12000,
          "units_free": 0,
          "units_in_use": 12000
        }
      ],
      "next": "YjcwODdjYTFkOGRmYjY4MzMzYjhhNDM2YjkyZjBkNjM5OTAwMDB8MQ",
      "total": 3
    }
    "#);
    for (filter, total) in [
        ("class=cpu", 3),
        ("class=gpu", 0),
        ("region=2", 2),
        ("price_max_usd=0.99", 1),
        ("units_free_min=1", 2),
        ("attribute=7", 1),
        ("attribute=7:2", 1),
        ("attribute=7:3", 0),
        ("region=2&price_max_usd=0.5", 0),
    ] {
        assert_eq!(server.json(&format!("/v1/offers?{filter}")).await["total"], total, "{filter}");
    }
    server.stop().await;
}
