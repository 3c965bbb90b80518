//! Delegators.

use insta::assert_snapshot;
use sqlx::PgPool;

use crate::server::Server;

const DORA: &str = "0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1";
const DAN: &str = "0xd2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2";

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_delegator_sees_stake_and_income(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown(&format!("/v1/delegators/{DORA}")).await, @r#"
    200 OK
    {
      "address": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
      "exiting_flt": "0",
      "flt_claimed": "3.25",
      "flt_owed": "0",
      "providers": 2,
      "staked_flt": "5000010",
      "usd_claimed": "12.5",
      "usd_owed": "0",
      "withdrawable_flt": "0"
    }
    "#);
    assert_snapshot!(server.shown(&format!("/v1/delegators/{DORA}/rewards")).await, @r#"
    200 OK
    {
      "items": [
        {
          "amount": "3.25",
          "at": "2026-01-05T08:00:00Z",
          "block": 9,
          "log_index": 7,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "recipient": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
          "token": "FLT"
        },
        {
          "amount": "12.5",
          "at": "2026-01-05T08:00:00Z",
          "block": 9,
          "log_index": 6,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "recipient": "0xD1d1d1D1d1d1D1d1D1D1D1d1d1D1D1D1d1D1d1d1",
          "token": "USD"
        }
      ],
      "next": null,
      "positions": [
        {
          "apr_bps": 0,
          "flt_claimed": "3.25",
          "flt_owed": "0",
          "is_own": false,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "staked_flt": "5000000",
          "usd_claimed": "12.5",
          "usd_owed": "0"
        },
        {
          "apr_bps": 0,
          "flt_claimed": "0",
          "flt_owed": "0",
          "is_own": false,
          "provider": "0xa2A2a2A2A2A2A2a2a2a2a2A2A2A2A2a2A2A2a2a2",
          "provider_name": "petra",
          "staked_flt": "10",
          "usd_claimed": "0",
          "usd_owed": "0"
        }
      ],
      "total": 2
    }
    "#);
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn a_delegator_sees_positions_and_exits(db: PgPool) {
    let server = Server::start(&db).await;
    assert_snapshot!(server.shown(&format!("/v1/delegators/{DAN}/positions")).await, @r#"
    200 OK
    {
      "items": [
        {
          "account": "0xd2D2D2D2d2d2d2d2D2d2d2d2D2d2D2d2D2d2D2d2",
          "apr_bps": 0,
          "flt_claimed": "0",
          "flt_owed": "0",
          "is_own": false,
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "shares": "2000000000000000000000000",
          "staked_at": "2026-01-01T03:00:00Z",
          "staked_flt": "2000000",
          "usd_claimed": "0",
          "usd_owed": "0"
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    assert_snapshot!(server.shown(&format!("/v1/delegators/{DAN}/exits")).await, @r#"
    200 OK
    {
      "items": [
        {
          "amount_flt": "1000000",
          "day": 20480,
          "is_matured": false,
          "is_over": false,
          "is_own": false,
          "matures_at": "2026-01-27T00:00:00Z",
          "paid_flt": "0",
          "provider": "0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1",
          "provider_name": "paula",
          "target": null
        }
      ],
      "next": null,
      "total": 1
    }
    "#);
    server.stop().await;
}
