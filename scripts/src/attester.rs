//! Words about providers and customers: declared by themselves, attested or audited by attesters.

use alloy::primitives::aliases::{U40, U48};
use alloy::primitives::{Address, U256};
use anyhow::{Context as _, Result};
use contracts::{Attributes, Staking};
use serde::Serialize;

use crate::amount::{Flt, whole};
use crate::chain::Context;
use crate::ids::LockId;
use crate::keeper::capacity::CREDIT_DECIMALS;
use crate::time::timestamp;
use crate::{delegator, provider};

/// Attributes that have a name, as in `AttributeIds`. Region `r` is `region:r`.
const NAMES: &[(&str, u16)] = &[
    ("carbon-neutral", 1),
    ("iso-27001", 2),
    ("soc-2", 3),
    ("iso-50001", 4),
    ("pci-dss", 5),
    ("gdpr-processor", 6),
    ("hardware", 7),
    ("operator", 8),
    ("real-customer", 9),
    ("bare-metal", 10),
    ("confidential-computing", 11),
];

const REGION_BASE: u16 = 256;

const LEVELS: &[(&str, u8)] = &[("declared", 1), ("attested", 2), ("audited", 3)];

/// Reads an attribute by name, as `region:3`, or by number.
pub fn parse_attribute(text: &str) -> Result<u16, String> {
    if let Some(region) = text.strip_prefix("region:") {
        let region: u8 = region.parse().map_err(|_| format!("`{text}`: regions are region:0 to region:255"))?;
        return Ok(REGION_BASE + u16::from(region));
    }
    let named = NAMES.iter().find(|(name, _)| *name == text).map(|(_, attribute)| *attribute);
    named.or_else(|| text.parse().ok()).ok_or_else(|| {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        format!("`{text}` is no attribute: write region:0 to region:255, a number, or {}", names.join(", "))
    })
}

pub fn attribute_name(attribute: u16) -> String {
    let named = NAMES.iter().find(|(_, known)| *known == attribute).map(|(name, _)| (*name).to_owned());
    named.unwrap_or_else(|| match attribute.checked_sub(REGION_BASE) {
        Some(region) => format!("region:{region}"),
        None => attribute.to_string(),
    })
}

/// Reads a level by name or by number.
pub fn parse_level(text: &str) -> Result<u8, String> {
    let named = LEVELS.iter().find(|(name, level)| *name == text || level.to_string() == text);
    named.map(|(_, level)| *level).ok_or_else(|| format!("`{text}` is no level: declared, attested or audited"))
}

fn level_name(level: u8) -> String {
    let named = LEVELS.iter().find(|(_, known)| *known == level).map(|(name, _)| (*name).to_owned());
    named.unwrap_or_else(|| level.to_string())
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub subject: Address,
    pub attribute: u16,
    pub level: u8,
    /// Operator id or hardware code; zero where the attribute has no value.
    pub value: u64,
    pub expiry: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attested {
    pub subject: Address,
    pub attribute: String,
    pub level: String,
    pub attester: Address,
    pub value: u64,
    pub expiry: String,
}

/// Says something about the sender itself, level 1.
pub async fn declare(context: &Context, attribute: u16, value: u64, expiry: u64) -> Result<Attested> {
    let (value, expiry) = narrow(value, expiry)?;
    let sent = context.send(context.at().attributes, Attributes::declareCall { attribute, value, expiry }).await?;
    Ok(attested(&sent.event()?))
}

pub async fn attest(context: &Context, statement: &Statement) -> Result<Attested> {
    let &Statement { subject, attribute, level, value, expiry } = statement;
    let (value, expiry) = narrow(value, expiry)?;
    let call = Attributes::attestCall { subject, attribute, level, value, expiry };
    Ok(attested(&context.send(context.at().attributes, call).await?.event()?))
}

pub async fn revoke(context: &Context, subject: Address, attribute: u16, level: u8) -> Result<()> {
    context.send(context.at().attributes, Attributes::revokeCall { subject, attribute, level }).await?;
    Ok(())
}

/// What answers for an attester's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secured {
    pub attester: Address,
    pub lock: LockId,
    pub amount: Flt,
    pub ends_at: String,
    /// Units of attested customers that can be excused in a day.
    pub budget_units: String,
}

/// Locks `amount` of the attester's own stake for its word, 19 days from now, or renews the lock.
pub async fn secure(context: &Context, amount: u128) -> Result<Secured> {
    let sent = context.send(context.at().attributes, Attributes::secureCall { amount }).await?;
    let secured: Attributes::AttesterSecured = sent.event()?;
    let per_unit = context.view(context.at().attributes, Attributes::securityPerUnitCall {}).await?;
    let budget = U256::from(secured.amount) * U256::from(1_000_000) / U256::from(per_unit.max(1));
    Ok(Secured {
        attester: secured.attester,
        lock: LockId(secured.lock),
        amount: Flt(secured.amount),
        ends_at: timestamp(secured.end.to()),
        budget_units: whole(u128::try_from(budget)?, CREDIT_DECIMALS),
    })
}

/// Everything that a listed attester needs before it can vouch: it stakes what it lacks, for itself alone, and secures it.
pub async fn register(context: &Context, amount: u128) -> Result<Secured> {
    let (staking, provider) = (context.at().staking, context.account()?);
    if !context.view(staking, Staking::isRegisteredCall { provider }).await? {
        let alone = provider::Terms { delegation_cap: 0, ..provider::Terms::default() };
        provider::set_terms(context, alone.into()).await?;
    }
    let held = context.view(context.at().attributes, Attributes::securityOfCall { attester: provider }).await?.amount;
    let free = context.view(staking, Staking::freeCall { provider }).await?;
    let missing = amount.saturating_sub(held).saturating_sub(free);
    if missing > 0 {
        delegator::stake(context, provider, missing).await?;
    }
    secure(context, amount).await
}

fn narrow(value: u64, expiry: u64) -> Result<(U48, U40)> {
    let value = U48::try_from(value).context("a value has at most 48 bits")?;
    Ok((value, U40::try_from(expiry).context("an expiry has at most 40 bits")?))
}

fn attested(event: &Attributes::AttributeAttested) -> Attested {
    Attested {
        subject: event.subject,
        attribute: attribute_name(event.attribute),
        level: level_name(event.level),
        attester: event.attester,
        value: event.value.to(),
        expiry: timestamp(event.expiry.to()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_as_they_are_written() {
        for attribute in 1..512 {
            assert_eq!(parse_attribute(&attribute_name(attribute)), Ok(attribute));
        }
        assert!(parse_attribute("region:256").is_err() && parse_attribute("green").is_err());
        assert_eq!((parse_level("audited"), parse_level("2")), (Ok(3), Ok(2)));
        assert!(parse_level("4").is_err());
    }
}
