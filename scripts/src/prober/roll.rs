//! Who can be reached where: providers as their profiles say, probers as they registered.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result};
use contracts::{IOffers, IProbers};

use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::chain::Context;

/// What an account said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Provider { endpoint: String },
    Prober { region: u8, endpoint: String },
}

/// Invariants:
/// 1. What is here was told by a block that was on the chain at the last look.
#[derive(Debug, Default)]
pub struct Roll {
    /// In the order of the chain, with the block of each.
    told: Vec<(u64, Address, Said)>,
    providers: BTreeMap<Address, String>,
    probers: BTreeMap<Address, (u8, String)>,
    read_to: Option<u64>,
}

impl Roll {
    pub async fn read(&mut self, context: &Context, head: Head) -> Result<()> {
        let first = context.deployment.first_block;
        let from = self.read_to.map_or(first, |read| (read + 1).saturating_sub(UNSETTLED_BLOCKS).max(first));
        let from = from.min(head.number);
        let events = vec![IOffers::ProfileSet::SIGNATURE_HASH, IProbers::ProberRegistered::SIGNATURE_HASH];
        let addresses = vec![context.at().offers, context.at().probers];
        let logs =
            context.logs_between(&Filter::new().address(addresses).event_signature(events), from, head.number).await?;
        self.told.retain(|(block, ..)| *block < from);
        for log in &logs {
            self.told.push(read(log)?);
        }
        self.enter();
        self.read_to = Some(head.number);
        Ok(())
    }

    fn enter(&mut self) {
        self.providers.clear();
        self.probers.clear();
        for (_, account, said) in &self.told {
            match said.clone() {
                Said::Provider { endpoint } => drop(self.providers.insert(*account, endpoint)),
                Said::Prober { region, endpoint } => drop(self.probers.insert(*account, (region, endpoint))),
            }
        }
    }

    /// Where its workloads answer; none: it did not say.
    pub fn provider(&self, provider: Address) -> Option<&str> {
        self.providers.get(&provider).map(String::as_str).filter(|endpoint| !endpoint.is_empty())
    }

    /// Where each provider answers that said so.
    pub fn all(&self) -> BTreeMap<Address, String> {
        let said = self.providers.iter().filter(|(_, endpoint)| !endpoint.is_empty());
        said.map(|(provider, endpoint)| (*provider, endpoint.clone())).collect()
    }

    pub fn region(&self, prober: Address) -> Option<u8> {
        self.probers.get(&prober).map(|(region, _)| *region)
    }

    /// Where these probers show their statements, as far as they said.
    pub fn endpoints(&self, probers: &[Address]) -> BTreeMap<Address, String> {
        let known = probers.iter().filter_map(|prober| Some((*prober, self.probers.get(prober)?.1.clone())));
        known.filter(|(_, endpoint)| !endpoint.is_empty()).collect()
    }

    #[cfg(test)]
    pub(super) fn of_probers(probers: &[(Address, u8)]) -> Self {
        let told = probers
            .iter()
            .map(|(prober, region)| (1, *prober, Said::Prober { region: *region, endpoint: String::new() }));
        let mut roll = Self { told: told.collect(), ..Self::default() };
        roll.enter();
        roll
    }
}

fn read(log: &Log) -> Result<(u64, Address, Said)> {
    let block = log.block_number.context("a log that is mined has a block")?;
    if log.topic0() == Some(&IOffers::ProfileSet::SIGNATURE_HASH) {
        let event = IOffers::ProfileSet::decode_log(&log.inner)?.data;
        return Ok((block, event.provider, Said::Provider { endpoint: event.endpoint }));
    }
    let event = IProbers::ProberRegistered::decode_log(&log.inner)?.data;
    Ok((block, event.prober, Said::Prober { region: event.region, endpoint: event.endpoint }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts_and_none_is_no_address() {
        let account = Address::repeat_byte(1);
        let said = |endpoint: &str| Said::Provider { endpoint: endpoint.to_owned() };
        let mut roll =
            Roll { told: vec![(1, account, said("http://a")), (2, account, said("http://b"))], ..Roll::default() };
        roll.enter();
        assert_eq!(roll.provider(account), Some("http://b"));
        roll.told.push((3, account, said("")));
        roll.enter();
        assert_eq!(roll.provider(account), None);
        assert_eq!(roll.region(account), None, "a provider is no prober");
    }
}
