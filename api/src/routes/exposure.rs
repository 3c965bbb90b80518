//! `/v1/delegators/{address}/exposure`: the locks that an account's stake answers for, and what each could cost it.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{query_as, query_scalar};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::delegators::check_delegator;
use super::{Asked, path};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{Key, Keyed, List, Nothing, Page, Paging};
use crate::snapshot::Snapshot;

const SORTS: [&str; 4] = ["-loss", "loss", "ends", "-ends"];

/// A lock of a provider that the account is staked with.
#[derive(Debug, Serialize, ToSchema)]
struct Exposure {
    provider: Address,
    provider_name: String,
    /// Whether the account's stake is the provider's own, which is slashed first.
    is_own: bool,
    lock: i64,
    /// What it secures: `slot`, `standby`, `commitment`, `attester` or `other`.
    purpose: String,
    /// The deal and slot of a slot or standby; a slot that failed over keeps its old lock to its end.
    deal: Option<i64>,
    slot: Option<i32>,
    commitment: Option<i64>,
    amount_flt: String,
    #[serde(with = "rfc3339")]
    granted_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    ends_at: OffsetDateTime,
    /// Stake of the account that answers with: active, and on its way out as long as it has not matured.
    answering_flt: String,
    /// The account's part of the lock, pro rata over all stake that answers for it.
    share_flt: String,
    /// What the account would lose if the whole lock were slashed now: own stake goes first.
    loss_max_flt: String,
    #[serde(skip)]
    key: String,
}

impl Keyed for Exposure {
    fn key(&self) -> Key {
        Key::new(&self.key, self.lock)
    }
}

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_delegator_exposure))
}

/// Locks that an account's stake answers for, the one that could cost it most first.
#[utoipa::path(
    get, path = "/v1/delegators/{address}/exposure", tag = "delegators",
    params(
        ("address" = Address, Path), Paging,
        ("sort" = Option<String>, Query, description = "-loss (default), loss, ends, -ends")
    ),
    responses((status = OK, body = Page<Exposure>), (status = NOT_FOUND, body = Problem))
)]
async fn list_delegator_exposure(
    State(api): State<Api>,
    address: Asked<Address>,
    list: List<Nothing>,
    mut at: Snapshot,
) -> Result<Json<Page<Exposure>>> {
    let address = path(address)?;
    check_delegator(&mut at.db, address).await?;
    let items = fetch(&mut at.db, address, &list).await?;
    let total = api.totals.get(at.head.seq, list.binding, count(&mut at.db, address)).await?;
    Ok(Json(list.page(items, total)))
}

async fn fetch(db: &mut PgConnection, account: Address, list: &List<Nothing>) -> Result<Vec<Exposure>> {
    let after = list.after::<i64>()?;
    let exposures = query_as!(
        Exposure,
        r#"
        select
            e.provider as "provider!: Address",
            v.name as provider_name,
            e.is_own as "is_own!",
            e.lock as "lock!",
            case
                when s.slot >= 16 then 'standby'
                when s.slot is not null then 'slot'
                when c.commitment is not null then 'commitment'
                when exists (select from attester_secured where lock = e.lock) then 'attester'
                else 'other'
            end as "purpose!",
            s.deal as "deal?",
            s.slot as "slot?",
            c.commitment as "commitment?",
            trim_scale(e.amount * 1e-18)::text as "amount_flt!",
            e.granted_at as "granted_at!",
            e.ends_at as "ends_at!",
            trim_scale(e.answers * 1e-18)::text as "answering_flt!",
            trim_scale(e.share * 1e-18)::text as "share_flt!",
            trim_scale(e.loss * 1e-18)::text as "loss_max_flt!",
            e.key::text as "key!"
        from (
            select *, case $2 when '-loss' then -loss when 'loss' then loss when 'ends' then seconds(ends_at)
                else -seconds(ends_at) end as key
            from exposure
            where account = $1
        ) as e
        join provider as v on v.provider = e.provider
        left join lateral (
            select deal, slot
            from (
                select block, log_index, deal, slot from slot_assigned where lock = e.lock
                union all
                select block, log_index, deal, slot from standby_promoted where lock = e.lock
            ) as place
            order by block desc, log_index desc
            limit 1
        ) as s on true
        left join commitment as c on c.lock = e.lock
        where $3::text is null or (e.key, e.lock) > ($3::text::numeric, $4::bigint)
        order by e.key, e.lock
        limit $5
        "#,
        account as Address,
        list.sort(&SORTS)?,
        after.value,
        after.id,
        list.fetch,
    );
    Ok(exposures.fetch_all(db).await?)
}

async fn count(db: &mut PgConnection, account: Address) -> Result<i64> {
    let total = query_scalar!(r#"select count(*) as "total!" from exposure where account = $1"#, account as Address);
    Ok(total.fetch_one(db).await?)
}
