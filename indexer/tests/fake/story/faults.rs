//! What the story tells of probers, of what they say, and of what failures cost.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::aliases::U40;
use alloy::primitives::{B256, U256};
use contracts::IFaults::{
    FailedOver, FaultAppealed, FaultDecided, FaultExecuted, FaultProposed, FaultRulesSet, FlagAnswered, FlagLapsed,
    NoticeGiven, RecordChanged, ServedCounted, ServedNoted, SlotFlagged, StatementSigned, StatementsReported,
};
use contracts::IProbers::{
    DayOpened, PotFunded, ProberClaimed, ProberLeaving, ProberPaid, ProberRegistered, ProberSlashed, ProberWithdrawn,
    RulesSet,
};

use super::{Story, UNIT, party};

const SEAT: u128 = 1_000 * UNIT;
const PAY: u128 = 50_000;

#[derive(Clone, Default)]
pub(super) struct Faults {
    probers: BTreeSet<u64>,
    leaving: BTreeSet<u64>,
    days: BTreeSet<u32>,
    credits: BTreeMap<u64, u128>,
    pot: u128,
    /// Flags by deal: by whom.
    flags: BTreeMap<u64, bool>,
    /// Servings that failed, and whether anybody showed the provider up again.
    failed: Vec<(u64, u32, u64)>,
    count: u64,
    /// Faults that wait: provider, and whether they were appealed.
    open: BTreeMap<u64, (u64, bool)>,
    down: u32,
}

impl Story {
    pub(super) fn fault_prologue(&mut self) {
        let rules =
            RulesSet { drawn: 5, quorum: 4, panelDrawn: 9, panelQuorum: 6, eligibleMin: 9, seatStake: SEAT, pay: PAY };
        self.emit("Probers", &rules);
        let rules =
            FaultRulesSet { grace: U40::from(600), statementAge: U40::from(900), appealBond: SEAT, reporterBps: 500 };
        self.emit("Faults", &rules);
    }

    /// Anything about probers and what they say.
    pub(super) fn probe(&mut self) {
        match self.below(9) {
            0 => self.register(),
            1 => self.retire(),
            2 => self.fund(),
            3 | 4 => self.flag(),
            5 => self.answer_flag(),
            6 => self.count_served(),
            _ => self.judge(),
        }
    }

    fn register(&mut self) {
        let of = self.below(9);
        if !self.faults.probers.insert(of) {
            return self.open_day();
        }
        let (prober, from_day) = (party(30 + of), self.epoch() + 1);
        let registered = ProberRegistered {
            prober,
            region: u8::try_from(of % 3).expect("small"),
            seats: 2,
            stake: 2 * SEAT,
            fromDay: from_day,
            endpoint: "https://prober".to_owned(),
        };
        self.emit("Probers", &registered);
    }

    fn open_day(&mut self) {
        let day = self.epoch();
        if self.faults.days.insert(day) {
            let seed = B256::with_last_byte(5);
            self.emit("Probers", &DayOpened { day, seed, seats: 18, eligible: 9 });
        }
    }

    fn retire(&mut self) {
        if let Some(of) = self.faults.leaving.pop_first() {
            self.faults.probers.remove(&of);
            return self.emit("Probers", &ProberWithdrawn { prober: party(30 + of), amount: 2 * SEAT });
        }
        let Some(&of) = self.faults.probers.first() else { return };
        self.faults.leaving.insert(of);
        let leaving =
            ProberLeaving { prober: party(30 + of), untilDay: self.epoch() + 1, withdrawableAt: self.now(8 * 86_400) };
        self.emit("Probers", &leaving);
    }

    fn fund(&mut self) {
        self.faults.pot += 1_000_000;
        let pot = self.faults.pot;
        self.emit("Probers", &PotFunded { payer: party(62), amount: 1_000_000, pot });
        let Some((of, credit)) = self.faults.credits.pop_first() else { return };
        let prober = party(30 + of);
        self.emit("Probers", &ProberClaimed { prober, recipient: prober, amount: credit });
    }

    /// A quorum's word, with who signed it and what that earned them.
    fn report(&mut self, deal: u64, of: u64, is_up: bool) {
        let at = self.now(0);
        let (slot, serving) = (0, self.number(deal, 0));
        for of in self.faults.probers.iter().copied().take(4).collect::<Vec<_>>() {
            let prober = party(30 + of);
            if self.faults.pot >= PAY {
                self.faults.pot -= PAY;
                let pot = self.faults.pot;
                let credit = self.faults.credits.entry(of).or_default();
                *credit += PAY;
                let credit = *credit;
                self.emit("Probers", &ProberPaid { prober, amount: PAY, credit, pot });
            }
            self.emit("Faults", &StatementSigned { deal, slot, prober, isUp: is_up, at });
        }
        let provider = party(of);
        let reported = StatementsReported { deal, slot, provider, serving, isUp: is_up, signers: 4, regions: 2, at };
        self.emit("Faults", &reported);
    }

    fn flag(&mut self) {
        let Some((&deal, &(of, _))) = self.servings.iter().find(|(_, (_, since))| *since > 0) else { return };
        if self.faults.flags.contains_key(&deal) {
            return self.end_grace(deal, of);
        }
        let is_customer = self.below(3) == 0;
        if !is_customer {
            self.report(deal, of, false);
        }
        self.faults.flags.insert(deal, is_customer);
        let flagged = SlotFlagged {
            deal,
            slot: 0,
            provider: party(of),
            serving: self.number(deal, 0),
            isCustomer: is_customer,
            since: if is_customer { self.never() } else { self.now(0) },
            graceEnd: self.now(600),
        };
        self.emit("Faults", &flagged);
    }

    /// Nobody showed it up in time.
    fn end_grace(&mut self, deal: u64, of: u64) {
        let (slot, serving, provider) = (0, self.number(deal, 0), party(of));
        if self.faults.flags.remove(&deal) == Some(true) {
            return self.emit("Faults", &FlagLapsed { deal, slot, provider, serving });
        }
        let since = self.time - 600;
        let is_served = self.pass_on(deal, of, since, 4);
        self.faults.failed.push((deal, serving, of));
        self.record(of, self.now(0) - U40::from(600));
        let failed = FailedOver {
            deal,
            slot,
            provider,
            serving,
            since: U40::from(since),
            downSeconds: U40::from(600),
            isServed: is_served,
        };
        self.emit("Faults", &failed);
    }

    fn record(&mut self, of: u64, down_since: U40) {
        self.faults.down += 600;
        let changed = RecordChanged {
            provider: party(of),
            served: 86_400 + self.faults.down,
            down: self.faults.down,
            servedBefore: 1_000_000,
            downBefore: 60,
            period: u16::try_from(self.time / 2_592_000).expect("periods are few"),
            downSince: down_since,
        };
        self.emit("Faults", &changed);
    }

    /// Up again: within the grace, or after a failure.
    fn answer_flag(&mut self) {
        if let Some((deal, _)) = self.faults.flags.pop_first() {
            let Some(&(of, _)) = self.servings.get(&deal) else { return };
            self.report(deal, of, true);
            let (serving, down_seconds) = (self.number(deal, 0), U40::from(240));
            let answered = FlagAnswered { deal, slot: 0, provider: party(of), serving, downSeconds: down_seconds };
            self.record(of, self.never());
            return self.emit("Faults", &answered);
        }
        let Some(&(deal, serving, of)) = self.faults.failed.last() else { return };
        if self.below(2) == 0 {
            return self.emit("Faults", &NoticeGiven { deal, slot: 0, provider: party(of), serving });
        }
        self.report(deal, of, true);
        self.record(of, self.never());
    }

    fn count_served(&mut self) {
        let Some((&deal, &(of, _))) = self.servings.iter().next() else { return };
        let (slot, provider, serving) = (0, party(of), self.number(deal, 0));
        let served_seconds = U40::from(3_600);
        if self.below(2) == 0 {
            let noted =
                ServedNoted { deal, slot, provider, serving, servedSeconds: served_seconds, upTo: U256::from(7_000) };
            return self.emit("Faults", &noted);
        }
        self.emit("Faults", &ServedCounted { deal, slot, provider, servedSeconds: served_seconds });
        self.record(of, self.never());
    }

    /// A fault is proposed, appealed, decided, executed.
    fn judge(&mut self) {
        let Some((&fault, &(of, is_appealed))) = self.faults.open.iter().next() else { return self.accuse() };
        if !is_appealed && self.below(2) == 0 {
            self.faults.open.insert(fault, (of, true));
            let (appellant, day, decide_until) = (party(of), self.epoch(), self.now(36 * 3_600));
            let appealed = FaultAppealed { fault, appellant, bond: SEAT, day, decideUntil: decide_until };
            return self.emit("Faults", &appealed);
        }
        self.faults.open.remove(&fault);
        let is_guilty = !is_appealed || self.below(2) == 0;
        if is_appealed {
            self.emit("Faults", &FaultDecided { fault, isGuilty: is_guilty, decidedBy: 1 });
        }
        if is_guilty {
            let (slashed, provider) = (3 * UNIT, party(of));
            let executed = FaultExecuted { fault, provider, slashed, fromOwn: UNIT, customerMax: UNIT / 2 };
            self.emit("Faults", &executed);
        } else if let Some(&of) = self.faults.probers.first() {
            self.emit("Probers", &ProberSlashed { prober: party(30 + of), amount: SEAT, stake: SEAT });
        }
    }

    fn accuse(&mut self) {
        let Some((deal, serving, of)) = self.faults.failed.pop() else { return };
        self.faults.count += 1;
        let (fault, appeal_until) = (self.faults.count, self.now(36 * 3_600));
        self.faults.open.insert(fault, (of, false));
        let proposed = FaultProposed {
            fault,
            deal,
            provider: party(of),
            slot: 0,
            serving,
            kind: 1,
            lock: 1,
            amount: 3 * UNIT,
            reporter: party(60),
            appealUntil: appeal_until,
        };
        self.emit("Faults", &proposed);
    }
}
