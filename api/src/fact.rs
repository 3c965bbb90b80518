//! Fields of an event as this API writes them. The schema says what a column is; here stands which token an amount is of.

use std::collections::HashMap;

use alloy_primitives::U256;
use serde_json::{Map, Value};

use crate::address::Address;
use crate::amount::{ETHER_DECIMALS, FLT_DECIMALS, PRICE_DECIMALS, show_digits};

/// What it takes to read a fact.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// Kinds of columns by table and column: a domain's name, or else the type's.
    pub(crate) columns: HashMap<String, HashMap<String, String>>,
    /// FLT's address, as Postgres writes bytes: only rewards name their token.
    pub(crate) flt: String,
}

/// What an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Flt,
    Usd,
    Ether,
    /// USD with 8 decimals.
    Price,
    /// A price times 2^32.
    Average,
    /// Shares, indices, rates: no token's.
    Plain,
}

/// Whether `kind` is an event.
pub(crate) fn is_fact(schema: &Schema, kind: &str) -> bool {
    let has_case = kind.starts_with(|first: char| first.is_ascii_uppercase());
    has_case && schema.columns.get(&table_of(kind)).is_some_and(|columns| columns.contains_key("log_index"))
}

/// Writes fields, which are all text, by what their columns are.
pub(crate) fn show(
    schema: &Schema,
    usd_decimals: u8,
    contract: &str,
    kind: &str,
    fields: Map<String, Value>,
) -> Map<String, Value> {
    let table = schema.columns.get(&table_of(kind));
    let is_usd_reward = fields.get("token").and_then(Value::as_str).is_some_and(|token| token != schema.flt);
    let mut shown = Map::new();
    for (column, value) in fields {
        let Value::String(text) = value else {
            shown.insert(column, value);
            continue;
        };
        let column_kind = table.and_then(|columns| columns.get(&column)).map_or("text", String::as_str);
        if column_kind == "amount" {
            let unit = unit_of(contract, kind, &column, is_usd_reward);
            let (name, value) = show_amount(&column, &text, unit, usd_decimals);
            shown.insert(name, Value::String(value));
        } else {
            shown.insert(column, show_text(column_kind, text));
        }
    }
    shown
}

fn unit_of(contract: &str, kind: &str, column: &str, is_usd_reward: bool) -> Unit {
    match (contract, kind, column) {
        (
            _,
            _,
            "shares" | "total_shares" | "units" | "flt_index" | "usd_index" | "rate" | "regions" | "health_bps"
            | "invocations",
        ) => Unit::Plain,
        (_, "PriceObserved", "ema30m" | "ema24h") => Unit::Average,
        (_, "PriceObserved", _) | ("Rewards", _, "price") => Unit::Price,
        ("Capacity", "DepositCredited" | "DepositClaimed", _) | (_, _, "deposit") => Unit::Ether,
        ("Capacity", _, "target") => Unit::Plain,
        ("Capacity", _, "collateral") | ("Rewards", "PoolSet", "target") => Unit::Usd,
        ("Rewards", "FeeRecorded", _) | ("Rewards", "FeeRewarded", "fee") => Unit::Usd,
        ("Capacity" | "Rewards" | "Attributes", _, _) | ("FeeBurn", _, "flt") => Unit::Flt,
        ("Sampled", _, _) => Unit::Usd,
        (_, _, "bond" | "appeal_bond" | "stake" | "seat_stake") => Unit::Flt,
        ("Matching", "BondChanged", _) | ("Probers", "ProberWithdrawn" | "ProberSlashed", _) => Unit::Flt,
        ("Faults", "FaultProposed" | "FaultExecuted", _) => Unit::Flt,
        (_, "RewardAdded" | "RewardClaimed", _) if is_usd_reward => Unit::Usd,
        (_, "RewardSettled", "usd_owed") => Unit::Usd,
        ("Staking", _, _) | (_, _, "lock_amount") | (_, "SlotToppedUp", "amount") => Unit::Flt,
        (_, _, _) => Unit::Usd,
    }
}

fn show_amount(column: &str, digits: &str, unit: Unit, usd_decimals: u8) -> (String, String) {
    let named = |suffix: &str| {
        let is_named = column == "flt" || column.starts_with("flt_") || column.starts_with("usd_");
        if is_named { column.to_owned() } else { format!("{column}{suffix}") }
    };
    match unit {
        Unit::Flt => (named("_flt"), show_digits(digits, FLT_DECIMALS)),
        Unit::Usd => (named("_usd"), show_digits(digits, usd_decimals)),
        Unit::Ether => (named("_eth"), show_digits(digits, ETHER_DECIMALS)),
        Unit::Price => (named("_usd"), show_digits(digits, PRICE_DECIMALS)),
        Unit::Average => {
            let average: U256 = digits.parse().unwrap_or_default();
            (named("_usd"), show_digits(&(average >> 32_usize).to_string(), PRICE_DECIMALS))
        }
        Unit::Plain => (column.to_owned(), digits.to_owned()),
    }
}

fn show_text(kind: &str, text: String) -> Value {
    match kind {
        "address" => {
            let address = text.replacen("\\x", "0x", 1).parse::<Address>();
            Value::String(address.map_or(text, |address| address.to_string()))
        }
        "hash32" | "bytea" => Value::String(text.replacen("\\x", "0x", 1)),
        "bigint" | "integer" => text.parse::<i64>().map_or(Value::String(text), Value::from),
        "boolean" => Value::Bool(text == "true"),
        "timestamp with time zone" => show_time(&text),
        _ => Value::String(text),
    }
}

/// Postgres writes ISO 8601; a year of five digits, which a caller can choose, is no RFC 3339.
fn show_time(text: &str) -> Value {
    let time = text.replace("+00:00", "Z").replace(' ', "T");
    if time == "1970-01-01T00:00:00Z" {
        Value::Null
    } else if time.find('-').is_some_and(|year| year > 4) {
        Value::String("9999-12-31T23:59:59Z".to_owned())
    } else {
        Value::String(time)
    }
}

/// `DealOpened` -> `deal_opened`.
fn table_of(kind: &str) -> String {
    let mut table = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() && !table.is_empty() {
            table.push('_');
        }
        table.push(letter.to_ascii_lowercase());
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sqlx::{PgPool, query_scalar};

    use super::*;

    #[test]
    fn fields_are_written_by_what_they_are() {
        let kinds = [
            ("deal", "bigint"),
            ("provider", "address"),
            ("amount", "amount"),
            ("lock_amount", "amount"),
            ("shares", "amount"),
            ("ends_at", "timestamp with time zone"),
            ("is_final", "boolean"),
        ];
        let kinds = kinds.map(|(column, kind)| (column.to_owned(), kind.to_owned()));
        let columns = HashMap::from([("deal_funded".to_owned(), HashMap::from(kinds))]);
        let schema = Schema { columns, flt: String::new() };
        let fields = serde_json::json!({
            "deal": "7",
            "provider": "\\x70997970c51812dc3a010c7d01b50e0d17dc79c8",
            "amount": "1500000",
            "lock_amount": "6000000000000000000000000",
            "shares": "340282366920938463463374607431768211455",
            "ends_at": "1970-01-01T00:00:00+00:00",
            "is_final": "true",
        });
        let Value::Object(fields) = fields else { panic!("an object") };
        let shown = show(&schema, 6, "Deals", "DealFunded", fields);
        let expected = serde_json::json!({
            "deal": 7,
            "provider": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
            "amount_usd": "1.5",
            "lock_amount_flt": "6000000",
            "shares": "340282366920938463463374607431768211455",
            "ends_at": null,
            "is_final": true,
        });
        assert_eq!(Value::Object(shown), expected);
    }

    /// Every amount of every event, so that a new one is given a unit on purpose.
    #[sqlx::test(migrations = "../indexer/migrations")]
    async fn every_amount_has_its_unit(db: PgPool) {
        let view = query_scalar!(r#"select pg_get_viewdef('event'::regclass) as "view!""#);
        let view = view.fetch_one(&db).await.expect("the view of events");
        let word = |text: &str| text.split('\'').nth(1).unwrap_or_default().to_owned();
        let mut units = BTreeMap::<String, String>::new();
        for branch in view.split("UNION ALL") {
            let text_before = |name: &str| branch.split(name).next().and_then(|text| text.rsplit_once(",\n"));
            let (Some((_, contract)), Some((_, kind))) = (text_before(" AS contract"), text_before(" AS name")) else {
                continue;
            };
            let (contract, kind) = (word(contract), word(kind));
            let columns = query_scalar!(
                r#"
                select column_name as "column!" from information_schema.columns
                where table_name = $1 and domain_name = 'amount' order by ordinal_position
                "#,
                table_of(&kind),
            );
            for column in columns.fetch_all(&db).await.expect("columns of an event") {
                let unit = format!("{:?}", unit_of(&contract, &kind, &column, false));
                *units.entry(unit).or_default() += &format!(" {kind}.{column}");
            }
        }
        let units: Vec<String> = units.into_iter().map(|(unit, columns)| format!("{unit}:{columns}")).collect();
        insta::assert_snapshot!(units.join("\n"), @r#"
        Average: PriceObserved.ema30m PriceObserved.ema24h
        Ether: LeafDemanded.deposit LeafDelivered.deposit DemandReturned.deposit DepositCredited.amount DepositCredited.owed DepositClaimed.amount
        Flt: TermsSet.delegation_cap Staked.amount ExitStarted.amount ExitCancelled.amount Crystallised.amount Withdrawn.amount Redelegated.amount TrancheChanged.active ThawChanged.thawing OrphanChanged.orphan OrphanSwept.amount LockGranted.amount LockGranted.locked LockRegranted.amount LockRegranted.locked LockReleased.amount LockReleased.locked Slashed.amount Slashed.from_orphan Slashed.from_own Slashed.from_delegated Slashed.lock_amount Slashed.locked ShortfallSet.shortfall BurnQueued.amount SlashBurned.amount QuarantineOpened.customer_amount QuarantineOpened.reporter_amount QuarantineCancelled.amount RewardAdded.to_own RewardAdded.to_delegated RewardSettled.flt_owed RewardClaimed.amount SecuritySet.minimum SecuritySet.per_unit SlotAssigned.lock_amount SlotRenewed.lock_amount SlotToppedUp.amount SlotToppedUp.lock_amount AttesterSecured.amount AttesterSlashed.amount CapacityPledged.lock_amount CapacityRenewed.lock_amount CommitmentConvicted.slashed CommitmentConvicted.forfeited CommitmentConvicted.bounty_unpaid CommitmentConvicted.bounty_stake RewardsFunded.amount RewardsFunded.funds PoolSet.minimum PoolSet.maximum PoolOpened.amount PoolOpened.wanted PoolOpened.funds PoolAdjusted.next RewardEarned.earned RewardEarned.unearned RewardReleased.to_stakers RewardReleased.to_provider RewardForfeited.amount RewardForfeited.bounty PoolSwept.amount PoolSwept.funds FeeRewarded.amount RewardCredited.amount RewardCredited.credit StakersRewarded.amount StakersRewarded.waiting RewardPaid.amount FeesSold.flt ProposalInvalid.bond BondChanged.balance BondChanged.reserved BondSet.bond StandbyPromoted.lock_amount RulesSet.seat_stake ProberRegistered.stake ProberWithdrawn.amount ProberSlashed.amount ProberSlashed.stake FaultRulesSet.appeal_bond FaultProposed.amount FaultAppealed.bond FaultExecuted.slashed FaultExecuted.from_own FaultExecuted.customer_max
        Plain: Staked.shares ExitStarted.shares ExitStarted.units ExitCancelled.units ExitCancelled.shares Crystallised.units Withdrawn.units Redelegated.units TrancheChanged.shares ThawChanged.units DripChanged.rate IndexChanged.flt_index IndexChanged.usd_index RewardSettled.flt_index RewardSettled.usd_index DealFunded.shares DealFunded.total_shares MarginCallOpened.health_bps MarginCallCured.health_bps Refunded.shares Refunded.total_shares RequestOpened.regions ClassAdded.target TargetSet.target VoucherRedeemed.invocations
        Price: PriceObserved.median PriceObserved.day_ema PriceObserved.day_before_ema PoolAdjusted.price FeeRewarded.price
        Usd: RewardSettled.usd_owed OfferCreated.price OfferUpdated.price DealTermsSet.royalty DealFunded.amount SlotFunded.escrow SpareChanged.spare SlotAssigned.price SlotAssigned.value_at_stake SlotSettled.escrow SlotSettled.owed SlotSettled.credited SlotCredited.fee SlotCredited.royalty SlotCredited.to_stakers SlotCredited.to_provider SlotRenewed.value_at_stake Refunded.amount CreditAdded.amount CreditAdded.credit StakersPaid.amount CreditClaimed.amount RequestOpened.price_max Proposed.price RequestFeeSet.fee ClassAdded.collateral CollateralSet.collateral PoolSet.target FeeRecorded.amount FeeRecorded.up_to FeeRewarded.fee FeesCollected.amount FeesCollected.to_burn FeesCollected.to_treasury FeesCollected.lot LotStarted.lot FeesSold.amount FeesSold.lot FeesSold.sold TreasuryPaid.amount RequestStandbysSet.tip DealStandbysSet.tip ServingEnded.held_back ServingReleased.amount StandbyPromoted.price StandbyPromoted.value_at_stake StandbyDropped.forfeited TipPaid.amount RulesSet.pay PotFunded.amount PotFunded.pot ProberPaid.amount ProberPaid.credit ProberPaid.pot ProberClaimed.amount ServedNoted.up_to SlotRedeemed.amount SlotRedeemed.redeemed SlotRedeemed.escrow RoyaltyCredited.amount RoyaltyCredited.due GatewaySet.daily_cap VoucherRedeemed.amount VoucherRedeemed.signed ModulePublished.royalty ModuleRoyaltySet.royalty ModuleNamed.royalty SampleCommitted.paid OutputsSealed.bond ExecutorCredited.amount ExecutorCredited.credit ExecutorClaimed.amount
        "#);
    }

    #[test]
    fn a_time_beyond_the_calendar_is_its_end() {
        assert_eq!(show_time("36812-02-20T00:36:15+00:00"), Value::from("9999-12-31T23:59:59Z"));
        assert_eq!(show_time("2026-01-02T03:04:05+00:00"), Value::from("2026-01-02T03:04:05Z"));
    }
}
