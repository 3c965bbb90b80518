//! What the story tells of capacity: pledges, windows, audits, convictions, and what they earn.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{B256, U256};
use contracts::IRewards::{
    BonusSet, PoolAdjusted, PoolOpened, PoolSet, PoolSwept, RewardCredited, RewardEarned, RewardForfeited, RewardPaid,
    RewardReleased, RewardsFunded, StakersRewarded,
};
use contracts::{IAttributes, ICapacity};

use super::{Story, UNIT, party};

const EPOCH: u64 = 86_400;
const WINDOW: u64 = 3_600;
const DEPOSIT: u128 = 3_000_000_000_000_000;

#[derive(Clone, Default)]
pub(super) struct Capacity {
    count: u64,
    live: BTreeMap<u64, Pledge>,
    opened: BTreeSet<u32>,
    epochs: BTreeSet<u32>,
    undrawn: BTreeSet<(u64, u32)>,
    audits: BTreeSet<(u64, u32)>,
    demands: BTreeSet<(u64, u32, u32)>,
    credits: BTreeMap<u64, u128>,
    deposits: u128,
}

#[derive(Clone, Copy)]
struct Pledge {
    provider: u64,
    next: u32,
    pending: u128,
}

impl Story {
    pub(super) fn epoch(&self) -> u32 {
        u32::try_from(self.time / EPOCH).expect("days are few")
    }

    fn window(&self) -> u32 {
        u32::try_from(self.time / WINDOW).expect("hours are few")
    }

    pub(super) fn capacity_prologue(&mut self) {
        let verifier = party(40);
        self.emit(
            "Capacity",
            &ICapacity::ClassAdded { class: 0, verifier, target: U256::MAX >> 4, collateral: 200_000_000 },
        );
        let (target, minimum, maximum) = (500_000, UNIT, 3_000 * UNIT);
        self.emit("Rewards", &PoolSet { class: 0, target, minimum, maximum });
        self.emit("Rewards", &BonusSet { bonusBps: 2_500, kappaBps: 5_000 });
        let funds = 1_000_000 * UNIT;
        self.emit("Rewards", &RewardsFunded { payer: party(62), amount: funds, funds });
        self.emit("Attributes", &IAttributes::SecuritySet { minimum: 10 * UNIT, perUnit: UNIT });
    }

    /// Anything that a provider, a watcher or anybody else does about capacity.
    pub(super) fn prove(&mut self) {
        self.open_window();
        match self.below(10) {
            0 => self.pledge(),
            1..=3 => self.commit(),
            4 | 5 => self.draw(),
            6 => self.answer(),
            7 => self.demand(),
            8 => self.credit(),
            _ => self.convict(),
        }
    }

    fn open_window(&mut self) {
        let (window, epoch) = (self.window(), self.epoch());
        if !self.capacity.opened.insert(window) {
            return;
        }
        self.emit("Capacity", &ICapacity::WindowOpened { window, seed: B256::with_last_byte(9) });
        if self.capacity.epochs.insert(epoch) {
            self.emit("Capacity", &ICapacity::TargetSet { class: 0, epoch, target: U256::MAX >> 5 });
            let (amount, funds) = (1_500 * UNIT, 900_000 * UNIT);
            self.emit("Rewards", &PoolOpened { class: 0, epoch, amount, wanted: amount, funds });
            self.emit("Rewards", &PoolAdjusted { class: 0, epoch, next: amount, units: 10_000_000, price: 50_000_000 });
        }
    }

    fn pledge(&mut self) {
        self.lock();
        let (lock, first) = (self.lock_count, self.epoch() + 1);
        self.capacity.count += 1;
        let (commitment, of) = (self.capacity.count, self.below(3));
        self.capacity.live.insert(commitment, Pledge { provider: of, next: first, pending: 0 });
        let pledged = ICapacity::CapacityPledged {
            commitment,
            provider: party(of),
            class: 0,
            units: 10,
            firstEpoch: first,
            endEpoch: first + 7,
            verifierVersion: 1,
            lock,
            lockAmount: 4_000 * UNIT,
        };
        self.emit("Capacity", &pledged);
    }

    fn some(&mut self) -> Option<(u64, Pledge)> {
        let place = self.below(self.capacity.live.len().max(1) as u64);
        self.capacity.live.iter().nth(usize::try_from(place).expect("small")).map(|(id, pledge)| (*id, *pledge))
    }

    fn commit(&mut self) {
        let Some((commitment, _)) = self.some() else { return self.pledge() };
        let window = self.window();
        if self.capacity.undrawn.insert((commitment, window)) {
            let filled = 20 + u32::try_from(self.below(20)).expect("small");
            let (root, bitmap) = (B256::with_last_byte(7), vec![0, 255, 15].into());
            self.emit("Capacity", &ICapacity::WindowCommitted { commitment, window, root, filled, bitmap });
        }
    }

    fn draw(&mut self) {
        let Some((commitment, window)) = self.capacity.undrawn.pop_first() else { return };
        let is_audited = self.below(2) == 0;
        let deadline = if is_audited { self.now(12 * WINDOW) } else { self.never() };
        if is_audited {
            self.capacity.audits.insert((commitment, window));
        }
        self.emit("Capacity", &ICapacity::WindowDrawn { commitment, window, rank: 3, deadline });
    }

    /// The oldest audit or the oldest demand.
    fn answer(&mut self) {
        let is_audit = self.below(2) == 0;
        if let Some((commitment, window)) = is_audit.then(|| self.capacity.audits.pop_first()).flatten() {
            return self.emit("Capacity", &ICapacity::AuditAnswered { commitment, window, position: 11 });
        }
        let Some((commitment, window, position)) = self.capacity.demands.pop_first() else { return };
        if self.below(3) == 0 {
            return self.give_back(commitment, window, position);
        }
        self.emit("Capacity", &ICapacity::LeafDelivered { commitment, window, position, deposit: DEPOSIT });
        self.capacity.deposits += DEPOSIT;
        let (account, owed) = (party(0), self.capacity.deposits);
        self.emit("Capacity", &ICapacity::DepositCredited { account, amount: DEPOSIT, owed });
        if self.below(2) == 0 {
            self.capacity.deposits = 0;
            self.emit("Capacity", &ICapacity::DepositClaimed { account, amount: owed, recipient: account });
        }
    }

    /// A demand that nobody answered.
    fn give_back(&mut self, commitment: u64, window: u32, position: u32) {
        let demander = party(61);
        let returned = ICapacity::DemandReturned { commitment, window, position, demander, deposit: DEPOSIT };
        self.emit("Capacity", &returned);
        self.emit("Capacity", &ICapacity::DepositCredited { account: demander, amount: DEPOSIT, owed: DEPOSIT });
        self.emit("Capacity", &ICapacity::DepositClaimed { account: demander, amount: DEPOSIT, recipient: demander });
    }

    fn demand(&mut self) {
        let (Some((commitment, _)), window) = (self.some(), self.window()) else { return };
        let position = u32::try_from(self.below(4)).expect("small");
        if self.capacity.demands.insert((commitment, window, position)) {
            let (demander, deposit, deadline) = (party(61), DEPOSIT, self.now(12 * WINDOW));
            let demanded = ICapacity::LeafDemanded { commitment, window, position, demander, deposit, deadline };
            self.emit("Capacity", &demanded);
        }
    }

    /// The next epoch that is over: the one before it is paid first.
    fn credit(&mut self) {
        let Some((commitment, pledge)) = self.some() else { return };
        if self.below(3) == 0 {
            return self.extend(commitment, pledge);
        }
        if pledge.next >= self.epoch() {
            return self.excuse(commitment);
        }
        self.release(commitment, pledge);
        let (epoch, earned) = (pledge.next, u128::from(self.below(100)) * UNIT);
        let (unearned, reason) = (earned / 7, u8::try_from(self.below(3)).expect("small"));
        let credited = ICapacity::EpochCredited {
            commitment,
            epoch,
            filled: 800,
            opened: 24,
            credit: 8_771_929,
            bonus: 17,
            poorEpochs: reason / 2,
            reason,
        };
        self.emit("Capacity", &credited);
        let (provider, due_at) = (party(pledge.provider), self.now(EPOCH));
        self.emit(
            "Rewards",
            &RewardEarned { commitment, provider, class: 0, epoch, earned, unearned, reason, dueAt: due_at },
        );
        self.capacity.live.insert(commitment, Pledge { next: epoch + 1, pending: earned, ..pledge });
    }

    fn release(&mut self, commitment: u64, pledge: Pledge) {
        if pledge.pending == 0 {
            return;
        }
        let provider = party(pledge.provider);
        let (to_stakers, to_provider) = (pledge.pending / 3, pledge.pending - pledge.pending / 3);
        let released = RewardReleased { commitment, provider, toStakers: to_stakers, toProvider: to_provider };
        self.emit("Rewards", &StakersRewarded { provider, amount: to_stakers, waiting: to_stakers / 5 });
        self.emit("Rewards", &released);
        let credit = self.capacity.credits.entry(pledge.provider).or_default();
        *credit += to_provider;
        let credit = *credit;
        self.emit("Rewards", &RewardCredited { account: provider, amount: to_provider, credit });
        if self.below(3) == 0 {
            self.capacity.credits.insert(pledge.provider, 0);
            self.emit("Rewards", &RewardPaid { account: provider, amount: credit, recipient: provider });
        }
    }

    /// Another term, or the end.
    fn extend(&mut self, commitment: u64, pledge: Pledge) {
        let (provider, end_epoch) = (party(pledge.provider), self.epoch() + 9);
        if self.below(4) == 0 {
            let ended = ICapacity::CapacityEnded { commitment, provider, endEpoch: self.epoch() + 1, reason: 0 };
            return self.emit("Capacity", &ended);
        }
        let renewed = ICapacity::CapacityRenewed {
            commitment,
            provider,
            endEpoch: end_epoch,
            verifierVersion: 2,
            lockAmount: 5_000 * UNIT,
            isPriced: commitment.is_multiple_of(2),
        };
        self.emit("Capacity", &renewed);
        if let Some(epoch) = self.capacity.epochs.first().copied().filter(|epoch| epoch + 11 < self.epoch()) {
            self.capacity.epochs.remove(&epoch);
            self.capacity.epochs.insert(self.epoch());
            self.emit("Rewards", &PoolSwept { class: 0, epoch, amount: 3 * UNIT, funds: 800_000 * UNIT });
        }
    }

    /// A conviction now and then, and what comes of it.
    fn convict(&mut self) {
        let (Some((commitment, pledge)), reporter) = (self.some(), party(60)) else { return };
        self.emit("Capacity", &ICapacity::ConvictionAnnounced { hash: B256::with_last_byte(3), reporter });
        if self.below(3) > 0 {
            return;
        }
        self.capacity.live.remove(&commitment);
        let (provider, window, position) = (party(pledge.provider), self.window(), 3);
        let is_silent = self.capacity.demands.remove(&(commitment, window, position));
        if is_silent {
            self.give_back(commitment, window, position);
        }
        let reason = if is_silent { 5 } else { 1 };
        let (forfeited, bounty) = (pledge.pending, pledge.pending / 5);
        if forfeited > 0 {
            self.emit("Rewards", &RewardForfeited { commitment, reporter, amount: forfeited, bounty });
        }
        let end_epoch = self.epoch();
        self.emit("Capacity", &ICapacity::CapacityEnded { commitment, provider, endEpoch: end_epoch, reason: 2 });
        let convicted = ICapacity::CommitmentConvicted {
            commitment,
            provider,
            window,
            position,
            reporter,
            reason,
            slashed: 800 * UNIT,
            forfeited,
            bountyUnpaid: bounty,
            bountyStake: 160 * UNIT,
        };
        self.emit("Capacity", &convicted);
    }
}
