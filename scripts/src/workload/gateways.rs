//! Who signs for whom, read from the events of `Vouchers`: a stranger's signature costs no call of the node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result};
use contracts::Vouchers;

use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::chain::Context;

/// What was said of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    block: u64,
    customer: Address,
    gateway: Address,
    signs: bool,
}

/// Invariants:
/// 1. What is here was told by a block that was on the chain at the last look.
#[derive(Debug, Default)]
pub struct Gateways {
    /// In the order of the chain.
    told: Vec<Told>,
    /// Customers whose gateways are known.
    known: BTreeSet<Address>,
    read_to: Option<u64>,
}

impl Gateways {
    /// Reads what was said of gateways of these customers, and forgets others'.
    pub async fn read(&mut self, context: &Context, head: Head, customers: &BTreeSet<Address>) -> Result<()> {
        let first = context.deployment.first_block.min(head.number);
        let from = self.read_to.map_or(first, |read| (read + 1).saturating_sub(UNSETTLED_BLOCKS).max(first));
        let from = from.min(head.number);
        self.known.retain(|customer| customers.contains(customer));
        let newcomers: BTreeSet<Address> = customers.difference(&self.known).copied().collect();
        let of_known = logs(context, &self.known, from, head).await?;
        let of_newcomers = logs(context, &newcomers, first, head).await?;
        let known = &self.known;
        self.told.retain(|told| known.contains(&told.customer) && told.block < from);
        for log in of_known.iter().chain(&of_newcomers) {
            self.told.push(told(log)?);
        }
        self.known.extend(newcomers);
        self.read_to = Some(head.number);
        Ok(())
    }

    /// Who signs for each customer.
    pub fn signing(&self) -> BTreeMap<Address, Arc<BTreeSet<Address>>> {
        let mut signing: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        for told in &self.told {
            let of = signing.entry(told.customer).or_default();
            match told.signs {
                true => of.insert(told.gateway),
                false => of.remove(&told.gateway),
            };
        }
        signing.into_iter().map(|(customer, gateways)| (customer, Arc::new(gateways))).collect()
    }
}

async fn logs(context: &Context, customers: &BTreeSet<Address>, from: u64, head: Head) -> Result<Vec<Log>> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let events = vec![Vouchers::GatewaySet::SIGNATURE_HASH, Vouchers::GatewayRevocation::SIGNATURE_HASH];
    let customers: Vec<B256> = customers.iter().map(|customer| customer.into_word()).collect();
    let filter = Filter::new().address(context.at().vouchers).event_signature(events).topic1(customers);
    context.logs_between(&filter, from, head.number).await
}

fn told(log: &Log) -> Result<Told> {
    let block = log.block_number.context("a log that is mined has a block")?;
    if log.topic0() == Some(&Vouchers::GatewayRevocation::SIGNATURE_HASH) {
        let Vouchers::GatewayRevocation { customer, gateway, .. } =
            Vouchers::GatewayRevocation::decode_log(&log.inner)?.data;
        return Ok(Told { block, customer, gateway, signs: false });
    }
    let Vouchers::GatewaySet { customer, gateway, dailyCap } = Vouchers::GatewaySet::decode_log(&log.inner)?.data;
    Ok(Told { block, customer, gateway, signs: !dailyCap.is_zero() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_signs_for_its_customer_until_it_is_revoked_and_again_when_it_is_set_again() {
        let [carol, dave, gateway, other] = [1, 2, 3, 4].map(Address::repeat_byte);
        let told = |block, customer, gateway, signs| Told { block, customer, gateway, signs };
        let mut gateways = Gateways::default();
        let signs = |gateways: &Gateways, customer: Address| {
            gateways.signing().get(&customer).map_or_else(Vec::new, |of| of.iter().copied().collect())
        };
        gateways.told =
            vec![told(1, carol, gateway, true), told(2, carol, other, true), told(3, carol, gateway, false)];
        assert_eq!((signs(&gateways, carol), signs(&gateways, dave)), (vec![other], vec![]));
        gateways.told.push(told(4, carol, gateway, true));
        assert_eq!(signs(&gateways, carol), [gateway, other]);
    }
}
