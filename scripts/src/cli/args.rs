//! How people write the things that contracts count.

use alloy::primitives::{Address, B256};

use crate::amount::Amount;
use crate::attester::{parse_attribute, parse_level};
use crate::deployment::Source;
use crate::ids::DealId;

pub(super) fn address(text: &str) -> Result<Address, String> {
    let slip = || format!("`{text}` is not an address: 0x and 40 hexadecimal digits");
    let address: Address = text.parse().map_err(|_| slip())?;
    // Mixed case is a checksum, and a wrong one is a slip of the keyboard.
    let digits = text.trim_start_matches("0x");
    let is_mixed =
        digits.contains(|c: char| c.is_ascii_lowercase()) && digits.contains(|c: char| c.is_ascii_uppercase());
    if is_mixed && address.to_string() != text {
        return Err(format!("`{text}` has a wrong checksum: a digit is mistyped"));
    }
    Ok(address)
}

/// A module by its content or its hash.
pub(super) fn module(text: &str) -> Result<B256, String> {
    crate::author::module_of(text).map_err(|error| format!("{error:#}"))
}

/// A deal and a slot, as `7` or `7/1`.
pub(super) fn deal_slot(text: &str) -> Result<(DealId, u8), String> {
    let (deal, slot) = text.split_once('/').unwrap_or((text, "0"));
    let slot = slot.parse().map_err(|_| format!("`{slot}` is not a slot: write DEAL/SLOT, such as 7/0"))?;
    Ok((deal.parse()?, slot))
}

/// An attribute and the level that it needs, as `carbon-neutral:attested`.
pub(super) fn criterion(text: &str) -> Result<(u16, u8), String> {
    let (attribute, level) = text.rsplit_once(':').unwrap_or((text, "attested"));
    Ok((parse_attribute(attribute)?, parse_level(level)?))
}

/// A percentage of time in millionths: 99.9 is 999,000.
pub(super) fn availability(text: &str) -> Result<u32, String> {
    let ppm = text.parse::<Amount>().and_then(|percent| percent.units(4)).map_err(|error| error.to_string())?;
    let ppm = u32::try_from(ppm).ok().filter(|ppm| *ppm < 1_000_000);
    ppm.ok_or_else(|| format!("`{text}` is not an availability: write a percentage below 100, such as 99.9"))
}

/// Bits of a list by comma.
pub(super) fn bits(text: &str, names: &[(&str, u8)]) -> Result<u8, String> {
    text.split(',').try_fold(0, |bits, word| {
        let known = names.iter().find(|(name, _)| *name == word.trim()).map(|(_, bit)| bits | (1 << bit));
        known.ok_or_else(|| format!("`{word}` is none of {}", list(names)))
    })
}

pub(super) fn one(text: &str, names: &[(&str, u8)]) -> Result<u8, String> {
    let known = names.iter().find(|(name, _)| *name == text).map(|(_, number)| *number);
    known.ok_or_else(|| format!("`{text}` is none of {}", list(names)))
}

fn list(names: &[(&str, u8)]) -> String {
    names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

const CLASSES: &[(&str, u8)] = &[("cpu", 0), ("gpu", 1)];
const EXPOSURES: &[(&str, u8)] = &[("remaining", 0), ("term", 1), ("whole", 2)];
const PAYMENT_MODES: &[(&str, u8)] = &[("reserved", 0), ("metered", 1)];
const PROOF_KINDS: &[(&str, u8)] = &[("none", 0), ("receipts", 1), ("sampled", 2), ("groth16", 3), ("optimistic", 4)];
const KEY_ROLES: &[(&str, u8)] =
    &[("stake", 0), ("offer", 1), ("serve", 2), ("prove", 3), ("claim", 4), ("customer", 5)];

pub(super) fn class(text: &str) -> Result<u8, String> {
    one(text, CLASSES)
}

pub(super) fn exposure(text: &str) -> Result<u8, String> {
    one(text, EXPOSURES)
}

pub(super) fn payment_mode(text: &str) -> Result<u8, String> {
    one(text, PAYMENT_MODES)
}

pub(super) fn payment_modes(text: &str) -> Result<u8, String> {
    bits(text, PAYMENT_MODES)
}

pub(super) fn proof_kind(text: &str) -> Result<u8, String> {
    one(text, PROOF_KINDS)
}

pub(super) fn proof_kinds(text: &str) -> Result<u8, String> {
    bits(text, PROOF_KINDS)
}

/// Roles of a hot key by comma; `none` takes all away.
pub(super) fn key_roles(text: &str) -> Result<u32, String> {
    if text == "none" { Ok(0) } else { bits(text, KEY_ROLES).map(u32::from) }
}

/// A span that a contract keeps in 32 bits.
pub(super) fn span(text: &str) -> Result<u32, String> {
    u32::try_from(crate::time::parse_span(text)?).map_err(|_| format!("`{text}` is too long"))
}

/// A price feed and how often it answers, as `0x...:1h`.
pub(super) fn source(text: &str) -> Result<Source, String> {
    let slip = || format!("`{text}` is not a price source: write ADDRESS:HEARTBEAT, such as 0x...:1h");
    let (aggregator, heartbeat) = text.split_once(':').ok_or_else(slip)?;
    Ok(Source { aggregator: address(aggregator)?, heartbeat: span(heartbeat)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_address_is_noticed() {
        let good = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
        assert_eq!(address(good).map(|address| address.to_string()), Ok(good.to_owned()));
        assert!(address(&good.to_lowercase()).is_ok());
        assert!(address(&good.replace('C', "c")).is_err_and(|error| error.contains("checksum")));
        assert!(address("0x1234").is_err() && address("alice").is_err());
    }

    #[test]
    fn an_availability_is_below_all_of_the_time() {
        assert_eq!(availability("99.9"), Ok(999_000));
        assert_eq!(availability("99.9999"), Ok(999_999));
        assert!(availability("100").is_err() && availability("99.99999").is_err() && availability("high").is_err());
    }

    #[test]
    fn lists_become_bits() {
        assert_eq!(payment_modes("reserved,metered"), Ok(3));
        assert_eq!(key_roles("stake, claim"), Ok(17));
        assert_eq!(key_roles("none"), Ok(0));
        assert!(proof_kinds("none,magic").is_err_and(|error| error.contains("magic")));
    }

    #[test]
    fn a_price_source_has_a_heartbeat() {
        let feed = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
        assert_eq!(source(&format!("{feed}:1h")).map(|source| source.heartbeat), Ok(3_600));
        assert!(source(feed).is_err() && source(&format!("{feed}:soon")).is_err() && source("feed:1h").is_err());
    }

    #[test]
    fn criteria_and_slots_have_defaults() {
        assert_eq!(criterion("carbon-neutral"), Ok((1, 2)));
        assert_eq!(criterion("region:3:audited"), Ok((259, 3)));
        assert_eq!(deal_slot("7"), Ok((DealId(7), 0)));
        assert_eq!(deal_slot("7/2"), Ok((DealId(7), 2)));
        assert!(deal_slot("0").is_err() && deal_slot("7/x").is_err());
    }
}
