//! One file per noun; each exports `router()`. A handler is a query and a shape.
//!
//! Amounts leave Postgres as decimal text in whole tokens: `trim_scale(x * 1e-18)::text` is exact, because a numeric
//! product keeps every digit. Lists order by (`key`, identity), `key` being what the sort names, negated to descend.

mod attestations;
mod availability;
mod capacity;
mod challenges;
mod commitments;
mod customers;
pub(crate) mod deals;
mod delegators;
mod earnings;
mod epochs;
mod events;
mod exits;
mod exposure;
mod failures;
pub(crate) mod faults;
mod gateways;
mod history;
mod matching;
mod metering;
mod modules;
mod network;
mod offers;
mod parameters;
pub(crate) mod payments;
pub(crate) mod prices;
mod probers;
mod projection;
pub(crate) mod proofs;
mod proposals;
pub(crate) mod providers;
mod quotes;
pub(crate) mod rewards;
mod servings;
mod slashes;
pub(crate) mod slots;
pub(crate) mod stream;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use serde::de::DeserializeOwned;
use utoipa::OpenApi;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{self, Ref, RefOr, Schema};
use utoipa_axum::router::OpenApiRouter;

pub(crate) use self::earnings::Sums;
use crate::Api;
use crate::address::Address;
use crate::error::{Error, Problem, Result};
use crate::snapshot::Head;
use crate::{amount, description};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Surety",
        description = "Staking and deal settlement for a decentralized compute network. Amounts are decimal strings \
            in whole tokens, addresses are checksummed, times are RFC 3339 and those of the chain, and every reply \
            names the block that it was true at in `x-indexed-block`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        version = "1"
    ),
    components(schemas(Problem))
)]
struct Document;

pub(crate) fn router() -> OpenApiRouter<Api> {
    let mut router = OpenApiRouter::with_openapi(Document::openapi())
        .merge(network::router())
        .merge(history::router())
        .merge(parameters::router())
        .merge(providers::router())
        .merge(availability::router())
        .merge(offers::router())
        .merge(deals::router())
        .merge(slots::router())
        .merge(servings::router())
        .merge(payments::router())
        .merge(proofs::router())
        .merge(delegators::router())
        .merge(exits::router())
        .merge(exposure::router())
        .merge(rewards::router())
        .merge(customers::router())
        .merge(gateways::router())
        .merge(modules::router())
        .merge(attestations::router())
        .merge(slashes::router())
        .merge(faults::router())
        .merge(probers::router())
        .merge(commitments::router())
        .merge(earnings::router())
        .merge(epochs::router())
        .merge(events::router())
        .merge(prices::router())
        .merge(stream::router())
        .merge(quotes::router())
        .merge(projection::router())
        .merge(matching::router());
    refer_to_items(router.get_openapi_mut());
    description::complete(router.get_openapi_mut());
    router
}

/// A page names its items' schema, which would otherwise stand in the description twice.
fn refer_to_items(document: &mut openapi::OpenApi) {
    let components = document.components.get_or_insert_default();
    for (name, schema) in &mut components.schemas {
        let (Some(item), RefOr::T(Schema::Object(page))) = (name.strip_prefix("Page_"), schema) else { continue };
        if let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items") {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
        }
    }
}

/// A path parameter, or 400.
type Asked<T> = std::result::Result<Path<T>, PathRejection>;

fn path<T: DeserializeOwned>(asked: Asked<T>) -> Result<T> {
    asked.map(|Path(value)| value).map_err(|rejection| {
        let reason = rejection.body_text();
        Error::BadPath(reason.trim_start_matches("Invalid URL: ").to_owned())
    })
}

/// For the lists below a provider, a customer or a deal: the path says whose they are, so the query must not.
fn only_path<T>(parameter: &str, asked: Option<&T>) -> Result<()> {
    match asked {
        None => Ok(()),
        Some(_) => Err(Error::parameter(parameter, format!("the path already names the {parameter}"))),
    }
}

/// A filter that is an amount in whole tokens, as the text of its smallest units.
fn smallest(parameter: &str, text: Option<&String>, decimals: u8) -> Result<Option<String>> {
    let parsed = text.map(|text| amount::parse(text, decimals)).transpose();
    let digits = parsed.map_err(|error| Error::parameter(parameter, error.to_string()))?;
    Ok(digits.map(|amount| amount.to_string()))
}

/// What one smallest unit of the stablecoin is worth in dollars, as decimal text.
fn usd_scale(head: &Head) -> String {
    format!("1e-{}", head.usd_decimals)
}

fn usd_decimals(head: &Head) -> u8 {
    u8::try_from(head.usd_decimals).expect("a token's decimals are a uint8")
}

/// A word for a number of the contracts, or the parameter's error.
fn number_of(parameter: &str, word: Option<&String>, words: &[&str]) -> Result<Option<i32>> {
    let Some(word) = word else { return Ok(None) };
    let number = words.iter().position(|known| known == word).and_then(|number| i32::try_from(number).ok());
    let known = || Error::parameter(parameter, format!("`{word}` is none of {}", words.join(", ")));
    number.map(Some).ok_or_else(known)
}

pub(crate) const CLASSES: [&str; 2] = ["cpu", "gpu"];

fn missing(noun: &'static str, id: impl ToString) -> Error {
    Error::NotFound(noun, id.to_string())
}

/// Answers 404 where `address` is no provider.
async fn check_provider(db: &mut sqlx::PgConnection, address: Address) -> Result<()> {
    let is_there = sqlx::query_scalar!(
        r#"select exists (select from provider where provider = $1) as "is_there!""#,
        address as Address
    );
    if is_there.fetch_one(db).await? { Ok(()) } else { Err(missing("provider", address)) }
}
