//! Logs of the contracts, decoded. Whatever the contracts emit has a fact, or the indexer stops.

use alloy::sol_types::SolEventInterface;
use alloy_primitives::{Address, B256, keccak256};
use anyhow::{Context, Result};
use contracts::IAttributes::IAttributesEvents;
use contracts::ICapacity::ICapacityEvents;
use contracts::IDeals::IDealsEvents;
use contracts::IFaults::IFaultsEvents;
use contracts::IFeeBurn::IFeeBurnEvents;
use contracts::IGroth16::IGroth16Events;
use contracts::IMatching::IMatchingEvents;
use contracts::IModules::IModulesEvents;
use contracts::IOffers::IOffersEvents;
use contracts::IPriceGuard::IPriceGuardEvents;
use contracts::IProbers::IProbersEvents;
use contracts::IProofs::IProofsEvents;
use contracts::IRewards::IRewardsEvents;
use contracts::ISampled::ISampledEvents;
use contracts::IStaking::IStakingEvents;
use contracts::IVouchers::IVouchersEvents;

use crate::config::Deployment;
use crate::copy::{Batch, Place};
use crate::facts::chain::AuthorityUpdated;
use crate::facts::{
    attributes, capacity, deals, faults, fee_burn, groth16, matching, modules, offers, price_guard, probers, proofs,
    rewards, sampled, staking, vouchers,
};
use crate::wire::Log;
use crate::{Fatal, fatal};

/// Where each contract is.
#[derive(Clone, Debug)]
pub(crate) struct Contracts {
    staking: Address,
    price_guard: Address,
    offers: Address,
    attributes: Address,
    deals: Address,
    matching: Address,
    fee_burn: Address,
    rewards: Address,
    capacity: Address,
    probers: Address,
    faults: Address,
    vouchers: Address,
    modules: Address,
    proofs: Address,
    groth16: Address,
    sampled: Address,
    authority_updated: B256,
}

impl Contracts {
    pub(crate) fn new(deployment: &Deployment) -> Result<Self> {
        Ok(Self {
            staking: deployment.address("Staking")?,
            price_guard: deployment.address("PriceGuard")?,
            offers: deployment.address("Offers")?,
            attributes: deployment.address("Attributes")?,
            deals: deployment.address("Deals")?,
            matching: deployment.address("Matching")?,
            fee_burn: deployment.address("FeeBurn")?,
            rewards: deployment.address("Rewards")?,
            capacity: deployment.address("Capacity")?,
            probers: deployment.address("Probers")?,
            faults: deployment.address("Faults")?,
            vouchers: deployment.address("Vouchers")?,
            modules: deployment.address("Modules")?,
            proofs: deployment.address("Proofs")?,
            groth16: deployment.address("Groth16")?,
            sampled: deployment.address("Sampled")?,
            authority_updated: keccak256("AuthorityUpdated(address)"),
        })
    }

    pub(crate) fn addresses(&self) -> [Address; 16] {
        let Self { staking, price_guard, offers, attributes, deals, matching, fee_burn, rewards, .. } = *self;
        let Self { capacity, probers, faults, vouchers, modules, proofs, groth16, sampled, .. } = *self;
        [
            staking,
            price_guard,
            offers,
            attributes,
            deals,
            matching,
            fee_burn,
            rewards,
            capacity,
            probers,
            faults,
            vouchers,
            modules,
            proofs,
            groth16,
            sampled,
        ]
    }

    /// The events that are facts, by their first topics; the inherited one is left out, for others emit it as well.
    pub(crate) fn events() -> impl Iterator<Item = B256> {
        [
            IStakingEvents::SELECTORS,
            IPriceGuardEvents::SELECTORS,
            IOffersEvents::SELECTORS,
            IAttributesEvents::SELECTORS,
            IDealsEvents::SELECTORS,
            IMatchingEvents::SELECTORS,
            IFeeBurnEvents::SELECTORS,
            IRewardsEvents::SELECTORS,
            ICapacityEvents::SELECTORS,
            IProbersEvents::SELECTORS,
            IFaultsEvents::SELECTORS,
            IVouchersEvents::SELECTORS,
            IModulesEvents::SELECTORS,
            IProofsEvents::SELECTORS,
            IGroth16Events::SELECTORS,
            ISampledEvents::SELECTORS,
        ]
        .into_iter()
        .flatten()
        .map(B256::from)
    }

    /// Adds the row of a log to the batch.
    pub(crate) fn write(&self, log: &Log, batch: &mut Batch) -> Result<()> {
        self.decode(log, batch).map_err(|error| {
            fatal(format!(
                "the log {} of block {} from {} is not one that this indexer knows ({error:#}): use the indexer of its contracts",
                log.log_index, log.block_number, log.address
            ))
        })
    }

    fn decode(&self, log: &Log, batch: &mut Batch) -> Result<()> {
        let place = Place { block: log.block_number, log_index: log.log_index, transaction_hash: log.transaction_hash };
        let (topics, data) = (log.topics.as_slice(), log.data.as_ref());
        if topics.first() == Some(&self.authority_updated) {
            let word: [u8; 32] = data.try_into().context("reading the authority")?;
            let authority = Address::from_word(word.into());
            batch.push(place, &AuthorityUpdated { contract: log.address, authority });
            return Ok(());
        }
        let address = log.address;
        if address == self.staking {
            staking::write(&IStakingEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.deals {
            deals::write(&IDealsEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.price_guard {
            price_guard::write(&IPriceGuardEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.offers {
            offers::write(&IOffersEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.matching {
            matching::write(&IMatchingEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.attributes {
            attributes::write(&IAttributesEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.capacity {
            capacity::write(&ICapacityEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.rewards {
            rewards::write(&IRewardsEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.fee_burn {
            fee_burn::write(&IFeeBurnEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.probers {
            probers::write(&IProbersEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.faults {
            faults::write(&IFaultsEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.vouchers {
            vouchers::write(&IVouchersEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.modules {
            modules::write(&IModulesEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.proofs {
            proofs::write(&IProofsEvents::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.groth16 {
            groth16::write(&IGroth16Events::decode_raw_log(topics, data)?, place, batch);
        } else if address == self.sampled {
            sampled::write(&ISampledEvents::decode_raw_log(topics, data)?, place, batch);
        } else {
            return Err(Fatal("it is of no contract of the deployment".to_owned()).into());
        }
        Ok(())
    }
}
