//! What the story tells of fees that are burned, of attested demand, and of what governance sets about them.

use std::collections::BTreeMap;

use alloy::primitives::U256;
use contracts::IRewards::{DemandSpent, FeeRecorded, FeeRewarded};
use contracts::{IAttributes, ICapacity, IFeeBurn};

use super::{Story, UNIT, party};

#[derive(Clone, Default)]
pub(super) struct Fees {
    lot: u128,
    sold: u64,
    recorded: u64,
    /// By deal: what is rewarded next, and what waits after it.
    waiting: BTreeMap<u64, (u128, u128)>,
    spent: u64,
    version: u8,
}

impl Story {
    pub(super) fn burn(&mut self) {
        match self.below(6) {
            0 | 1 => self.collect(),
            2 => self.sell(),
            3 => self.record_fee(),
            4 => self.secure(),
            _ => self.govern(),
        }
    }

    fn collect(&mut self) {
        let is_first = self.fees.lot == 0;
        self.fees.lot += 700_000;
        let lot = self.fees.lot;
        let collected = IFeeBurn::FeesCollected { amount: 1_000_000, toBurn: 700_000, toTreasury: 300_000, lot };
        self.emit("FeeBurn", &collected);
        if is_first {
            self.emit("FeeBurn", &IFeeBurn::LotStarted { lot });
        }
    }

    fn sell(&mut self) {
        if self.fees.lot == 0 {
            return self.collect();
        }
        let amount = if self.below(2) == 0 { self.fees.lot } else { self.fees.lot / 2 };
        self.fees.lot -= amount;
        self.fees.sold += u64::try_from(amount).expect("small");
        let (buyer, lot, sold) = (party(59), self.fees.lot, U256::from(self.fees.sold));
        self.emit("FeeBurn", &IFeeBurn::FeesSold { buyer, amount, flt: 2 * UNIT, recipient: buyer, lot, sold });
        if self.below(3) == 0 {
            self.emit("FeeBurn", &IFeeBurn::TreasuryPaid { treasury: party(63), amount: 300_000 });
        }
    }

    fn record_fee(&mut self) {
        let (deal, provider) = (1 + self.below(3), party(self.below(3)));
        let (slot, (next, later)) = (0, self.fees.waiting.get(&deal).copied().unwrap_or_default());
        if next > 0 && self.below(2) == 0 {
            self.fees.waiting.insert(deal, (later, 0));
            let (amount, price) = (UNIT / 2, 50_000_000);
            return self.emit("Rewards", &FeeRewarded { deal, slot, provider, fee: next, amount, price });
        }
        self.fees.waiting.insert(deal, if next == 0 { (1_000, 0) } else { (next, later + 1_000) });
        self.fees.recorded += 1_000;
        let up_to = U256::from(self.fees.recorded);
        self.emit("Rewards", &FeeRecorded { deal, slot, provider, amount: 1_000, upTo: up_to });
    }

    fn secure(&mut self) {
        self.lock();
        let (attester, lock, end) = (party(50), self.lock_count, self.now(19 * 86_400));
        self.emit("Attributes", &IAttributes::AttesterSecured { attester, lock, amount: 100 * UNIT, end });
        if self.below(3) == 0 {
            self.emit("Attributes", &IAttributes::AttesterSlashed { attester, lock, amount: 7 * UNIT });
        }
    }

    /// A unit that served an attested customer.
    pub(super) fn excuse(&mut self, commitment: u64) {
        let (deal, slot, epoch, credit) = (1 + self.below(3), 0, self.epoch(), 1 + self.below(1_000_000));
        let attester = party(50);
        self.fees.spent += credit;
        let spent = self.fees.spent;
        self.emit("Capacity", &ICapacity::WorkExcused { commitment, epoch, deal, slot, credit });
        self.emit("Rewards", &DemandSpent { deal, slot, epoch, attester, credit });
        self.emit("Attributes", &IAttributes::BudgetUsed { attester, epoch, amount: credit, spent });
    }

    fn govern(&mut self) {
        match self.below(4) {
            0 => {
                self.fees.version = self.fees.version.max(1) + 1;
                let (version, verifier, active_at) = (self.fees.version, party(41), self.now(28 * 86_400));
                let scheduled = ICapacity::VerifierScheduled { class: 0, version, verifier, activeAt: active_at };
                self.emit("Capacity", &scheduled);
                if version.is_multiple_of(2) {
                    self.emit("Capacity", &ICapacity::VerifierCancelled { class: 0, version });
                }
            }
            1 => self.emit("Capacity", &ICapacity::CollateralSet { class: 0, collateral: 210_000_000 }),
            2 => self.emit("Capacity", &ICapacity::PledgesPausedUntil { until: self.now(7 * 86_400) }),
            _ => self.emit("FeeBurn", &IFeeBurn::BurnShareSet { burnBps: 7_000, treasury: party(63) }),
        }
    }
}
