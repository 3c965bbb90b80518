//! All offers and who makes them, as `matching` takes them.

use std::collections::HashMap;

use alloy_primitives::B256;
use matching::{Attribute, Market, Offer, Provider};
use sqlx::postgres::PgConnection;
use sqlx::query;

use super::admission::Admitted;
use crate::address::Address;
use crate::error::Result;
use crate::hash::Hash;

/// `AttributeIds.OPERATOR`: its value is the company behind a provider.
const OPERATOR: i32 = 8;
/// An operator that a provider claims for itself counts for nothing.
const ATTESTED: i32 = 2;

/// What the schema keeps within the contracts' types.
fn fit<From, To: TryFrom<From>>(number: From) -> To {
    To::try_from(number).unwrap_or_else(|_| panic!("a column holds what its field in the contracts cannot"))
}

fn amount(digits: &str) -> u128 {
    digits.parse().unwrap_or(u128::MAX)
}

pub(super) async fn read(db: &mut PgConnection, admitted: &Admitted) -> Result<Market> {
    let (providers, places) = providers(db).await?;
    let mut market = Market { providers, offers: offers(db, &places, admitted).await? };
    attest(db, &mut market, &places).await?;
    Ok(market)
}

type Places = HashMap<Address, usize>;

async fn providers(db: &mut PgConnection) -> Result<(Vec<Provider>, Places)> {
    let rows = query!(
        r#"
        select
            p.provider as "provider!: Address",
            trunc(p.free)::text as "free!",
            p.first_loss_bps as "first_loss_bps!",
            a.unavailability::text as "unavailability!"
        from provider_now as p
        join provider_availability_now as a using (provider)
        "#
    );
    let (mut providers, mut places) = (Vec::new(), HashMap::new());
    for row in rows.fetch_all(db).await? {
        places.insert(row.provider, providers.len());
        providers.push(Provider {
            address: row.provider.0.into_array(),
            free_stake: amount(&row.free),
            first_loss_bps: fit(row.first_loss_bps),
            operators: Vec::new(),
            unavailability: row.unavailability.parse().unwrap_or(u64::MAX),
            attributes: Vec::new(),
        });
    }
    Ok((providers, places))
}

async fn offers(db: &mut PgConnection, places: &Places, admitted: &Admitted) -> Result<Vec<Offer>> {
    let rows = query!(
        r#"
        select
            o.offer as "offer!",
            o.provider as "provider!: Address",
            o.is_live as "is_live!",
            o.class as "class!",
            o.region as "region!",
            o.units_free as "units_free!",
            o.price::text as "price!",
            o.coverage_max_bps as "coverage_max_bps!",
            o.term_max_days as "term_max_days!",
            o.duration_max_days as "duration_max_days!",
            o.payment_modes as "payment_modes!",
            o.proof_kinds as "proof_kinds!",
            o.notice as "notice!",
            o.customers_root as "customers_root: Hash",
            o.applications_root as "applications_root: Hash",
            o.verification_keys_root as "verification_keys_root: Hash"
        from offer_now as o
        order by o.offer
        "#
    );
    // No root: it is for all.
    let root = |root: Option<Hash>| root.map_or(B256::ZERO, |root| root.0);
    let offers = rows.fetch_all(db).await?.into_iter().filter_map(|row| {
        Some(Offer {
            id: fit(row.offer),
            provider: *places.get(&row.provider)?,
            is_live: row.is_live,
            class: fit(row.class),
            region: fit(row.region),
            units_free: fit(row.units_free),
            price: amount(&row.price),
            coverage_max_bps: fit(row.coverage_max_bps),
            term_max_days: fit(row.term_max_days),
            duration_max_days: fit(row.duration_max_days),
            payment_modes: fit(row.payment_modes),
            proof_kinds: fit(row.proof_kinds),
            notice: fit(row.notice),
            is_customer_accepted: admitted.has_customer(root(row.customers_root)),
            is_application_accepted: admitted.has_application(root(row.applications_root)),
            is_key_accepted: admitted.has_key(root(row.verification_keys_root)),
        })
    });
    Ok(offers.collect())
}

/// Gives providers their attestations, the highest level of each first.
async fn attest(db: &mut PgConnection, market: &mut Market, places: &Places) -> Result<()> {
    let rows = query!(
        r#"
        select
            subject as "subject!: Address",
            attribute as "attribute!",
            level as "level!",
            value as "value!",
            extract(epoch from expires_at)::bigint as expiry
        from attestation
        where is_live
        order by subject, level desc
        "#
    );
    for row in rows.fetch_all(db).await? {
        let Some(place) = places.get(&row.subject) else { continue };
        let provider = &mut market.providers[*place];
        // Without one that can be printed it never ends.
        let expiry = row.expiry.map_or(u64::MAX, fit);
        if row.attribute == OPERATOR && row.level >= ATTESTED {
            provider.operators.push((fit(row.value), expiry));
        }
        provider.attributes.push(Attribute { attribute: fit(row.attribute), level: fit(row.level), expiry });
    }
    Ok(())
}
