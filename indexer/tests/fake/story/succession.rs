//! What the story tells of standbys, of servings that end before their slots, and of who proposes sets of offers.

use std::collections::BTreeMap;

use alloy::primitives::U256;
use alloy::primitives::aliases::{U40, U96};
use contracts::IDeals;
use contracts::IDeals::{
    DealStandbysSet, DowntimeDeducted, ServingEnded, ServingReleased, SlotSeeking, SlotStopped, StandbyDropped,
    StandbyPromoted, TipPaid,
};
use contracts::IMatching::{
    BondChanged, BondSet, OfferBarred, ProposalActivated, ProposalDropped, ProposalInvalid, ProposalOffered, Proposed,
    RequestStandbysSet,
};

use super::{Story, UNIT, party};

const STANDBY: u8 = 16;
const BOND: u128 = 10 * UNIT;

/// Every other deal.
pub(super) fn has_standbys(deal: u64) -> bool {
    deal.is_multiple_of(2)
}

#[derive(Clone, Default)]
pub(super) struct Succession {
    /// Serving numbers of places.
    numbers: BTreeMap<(u64, u8), u32>,
    /// Providers of standbys that are ready.
    standbys: BTreeMap<(u64, u8), u64>,
    /// What servings that are over are held back.
    held: BTreeMap<(u64, u8, u32), (u64, u128)>,
    /// Rounds that stand, the best first, with the last round told.
    rounds: BTreeMap<u64, (Vec<u32>, u32)>,
    bonds: u128,
    tips: BTreeMap<u64, u128>,
}

impl Story {
    pub(super) fn bond_prologue(&mut self) {
        self.emit("Matching", &BondSet { bond: BOND });
    }

    pub(super) fn number(&self, deal: u64, place: u8) -> u32 {
        self.succession.numbers.get(&(deal, place)).copied().unwrap_or_default()
    }

    pub(super) fn next_number(&mut self, deal: u64, place: u8) -> u32 {
        let number = self.succession.numbers.entry((deal, place)).or_default();
        *number += 1;
        *number
    }

    /// What an opening says of standbys.
    pub(super) fn ask_for_standbys(&mut self, deal: u64) {
        let (tip, resolver) = (2_000_000, party(58));
        self.succession.tips.insert(deal, tip);
        let set = DealStandbysSet { deal, standbys: 2, reserveBps: 2_000, tip, resolver };
        self.emit("Deals", &set);
        for slot in STANDBY..STANDBY + 2 {
            self.emit("Deals", &IDeals::SlotFunded { deal, slot, escrow: 5_000_000 });
        }
        let asked = RequestStandbysSet { deal, standbys: 2, reserveBps: 2_000, availabilityPpm: 999_000, tip };
        self.emit("Matching", &asked);
    }

    /// Anything about standbys, or a slot that loses its provider.
    pub(super) fn succeed(&mut self) {
        match self.below(6) {
            0..=2 => self.stand_by(),
            3 => self.give_up(),
            4 => self.release_held(),
            _ => self.deduct(),
        }
    }

    fn stand_by(&mut self) {
        if self.deals == 0 {
            return;
        }
        let deal = self.deals - self.below(self.deals.min(4));
        let slot = STANDBY + u8::try_from(self.below(2)).expect("small");
        if !has_standbys(deal) || self.succession.standbys.contains_key(&(deal, slot)) {
            return;
        }
        let (of, serving) = (self.below(3), self.next_number(deal, slot));
        self.succession.standbys.insert((deal, slot), of);
        let provider = party(of);
        let assigned = IDeals::SlotAssigned {
            deal,
            slot,
            provider,
            serving,
            offer: 2,
            price: U96::from(24_000),
            lock: 2,
            lockAmount: UNIT,
            valueAtStake: 900_000,
        };
        self.emit("Deals", &assigned);
        let term_end = self.now(7 * 86_400);
        self.emit("Deals", &IDeals::SlotReady { deal, slot, provider, termEnd: term_end });
    }

    /// The oldest slot that is served, for another reason than a failure.
    fn give_up(&mut self) {
        let Some((&deal, &(of, _))) = self.servings.iter().find(|(_, (_, since))| *since > 0) else { return };
        let reason = if self.below(2) == 0 { 0 } else { 3 };
        self.pass_on(deal, of, self.time, reason);
    }

    /// A provider's serving is over: a standby serves, or the slot seeks. Says whether one does.
    pub(super) fn pass_on(&mut self, deal: u64, of: u64, ended_at: u64, reason: u8) -> bool {
        self.servings.remove(&deal);
        let (slot, serving) = (0, self.number(deal, 0));
        let held_back = u128::from(self.below(3)) * 1_000_000;
        let ended = ServingEnded {
            deal,
            slot,
            provider: party(of),
            serving,
            lock: 1,
            endedAt: U40::from(ended_at),
            heldBack: held_back,
            reason,
        };
        self.emit("Deals", &ended);
        if held_back > 0 {
            self.succession.held.insert((deal, slot, serving), (of, held_back));
        }
        for standby in STANDBY..STANDBY + 2 {
            let Some(of) = self.succession.standbys.remove(&(deal, standby)) else { continue };
            if self.below(4) == 0 {
                let dropped = StandbyDropped { deal, standby, provider: party(of), forfeited: 7 };
                self.emit("Deals", &dropped);
                continue;
            }
            self.promote(deal, standby, of);
            return true;
        }
        self.emit("Deals", &SlotSeeking { deal, slot, until: self.now(86_400) });
        false
    }

    fn promote(&mut self, deal: u64, standby: u8, of: u64) {
        let serving = self.next_number(deal, 0);
        self.servings.insert(deal, (of, self.time));
        let promoted = StandbyPromoted {
            deal,
            slot: 0,
            provider: party(of),
            standby,
            serving,
            price: U96::from(1_200_000),
            lock: 2,
            lockAmount: 3 * UNIT,
            valueAtStake: 1_000_000,
            termEnd: self.now(7 * 86_400),
        };
        self.emit("Deals", &promoted);
        self.emit("Deals", &SlotSeeking { deal, slot: standby, until: self.now(86_400) });
    }

    fn release_held(&mut self) {
        let Some(((deal, slot, serving), (of, amount))) = self.succession.held.pop_first() else { return };
        let released = ServingReleased { deal, slot, provider: party(of), serving, amount };
        self.emit("Deals", &released);
    }

    /// Downtime of a slot that serves, or its end.
    fn deduct(&mut self) {
        let Some((&deal, &(of, _))) = self.servings.iter().rev().find(|(_, (_, since))| *since > 0) else { return };
        let (slot, serving, provider) = (0, self.number(deal, 0), party(of));
        if self.below(3) == 0 {
            let stopped = SlotStopped { deal, slot, provider, endsAt: self.now(3_600) };
            return self.emit("Deals", &stopped);
        }
        let down_seconds = U40::from(300);
        self.emit("Deals", &DowntimeDeducted { deal, slot, serving, downSeconds: down_seconds });
    }

    /// A solver's set of offers, and what becomes of the ones before.
    pub(super) fn propose(&mut self) {
        if self.deals == 0 {
            return;
        }
        let deal = self.deals - self.below(self.deals.min(3));
        let (mut standing, last) = self.succession.rounds.remove(&deal).unwrap_or_default();
        let solver = party(56);
        if standing.len() == 2 && self.below(2) == 0 {
            self.activate(deal, &mut standing);
        } else {
            let round = last + 1;
            let is_best = standing.is_empty() || self.below(2) == 0;
            if let Some(dropped) = (standing.len() == 2).then(|| standing.pop()).flatten() {
                self.emit("Matching", &ProposalDropped { deal, round: dropped, proposer: solver });
            }
            standing.insert(if is_best { 0 } else { standing.len() }, round);
            let (price, window_end) = (U256::from(12_000_000 - round), self.now(60));
            let rank = u8::from(!is_best);
            self.emit("Matching", &Proposed { deal, proposer: solver, round, price, rank, windowEnd: window_end });
            for slot in [0, STANDBY, STANDBY + 1] {
                self.emit("Matching", &ProposalOffered { deal, round, slot, offer: 1 + u64::from(slot % 3) });
            }
            self.succession.bonds += BOND;
            let balance = self.succession.bonds;
            self.emit("Matching", &BondChanged { solver, balance, reserved: BOND });
            return drop(self.succession.rounds.insert(deal, (standing, round)));
        }
        self.succession.rounds.insert(deal, (standing, last));
    }

    fn activate(&mut self, deal: u64, standing: &mut Vec<u32>) {
        let solver = party(56);
        if self.below(2) == 0 {
            let round = standing.remove(0);
            self.emit("Matching", &OfferBarred { deal, offer: 1, reason: 5 });
            self.emit("Matching", &ProposalInvalid { deal, round, proposer: solver, bond: BOND });
        }
        if self.below(4) == 0 {
            // The second one is left to stand alone.
            return;
        }
        self.emit("Matching", &ProposalActivated { deal, round: standing.remove(0), activator: party(57) });
        standing.clear();
        if let Some(amount) = self.succession.tips.remove(&deal) {
            self.emit("Deals", &TipPaid { deal, recipient: solver, amount });
        }
    }
}
