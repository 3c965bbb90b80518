//! What a keeper may spend: gas an hour of chain time, and the base fee that it pays.

use std::collections::VecDeque;

const HOUR: u64 = 3_600;

/// What is kept for urgent duties: one part in so many.
const RESERVE: u64 = 4;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Gas of any hour.
    pub gas_budget: Option<u64>,
    /// Base fee in wei, above which only urgent duties are done.
    pub fee_max: Option<u128>,
}

/// Invariants:
/// 1. What was spent in any hour is at most the budget and the headroom of one act.
/// 2. A quarter of it is spent by urgent duties alone.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    spent: VecDeque<(u64, u64)>,
}

impl Budget {
    pub fn new(limits: Limits) -> Self {
        Self { limits, spent: VecDeque::new() }
    }

    pub fn pays_fee(&self, fee: u128, is_urgent: bool) -> bool {
        is_urgent || self.limits.fee_max.is_none_or(|most| fee <= most)
    }

    /// Gas that is left at `time`; none: as much as it takes.
    pub fn left(&mut self, time: u64, is_urgent: bool) -> Option<u64> {
        let budget = self.limits.gas_budget?;
        while self.spent.front().is_some_and(|(at, _)| at + HOUR <= time) {
            self.spent.pop_front();
        }
        let spent: u64 = self.spent.iter().map(|(_, gas)| gas).sum();
        let most = if is_urgent { budget } else { budget - budget / RESERVE };
        Some(most.saturating_sub(spent))
    }

    pub fn spend(&mut self, time: u64, gas: u64) {
        self.spent.push_back((time, gas));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gas_comes_back_after_an_hour_and_a_quarter_is_for_what_is_urgent() {
        let mut budget = Budget::new(Limits { gas_budget: Some(1_000), fee_max: None });
        assert_eq!((budget.left(0, false), budget.left(0, true)), (Some(750), Some(1_000)));
        budget.spend(0, 600);
        budget.spend(1_800, 200);
        assert_eq!((budget.left(1_800, false), budget.left(1_800, true)), (Some(0), Some(200)));
        assert_eq!(budget.left(HOUR - 1, true), Some(200));
        assert_eq!((budget.left(HOUR, false), budget.left(HOUR + 1_800, false)), (Some(550), Some(750)));
    }

    #[test]
    fn without_limits_everything_is_paid() {
        let mut budget = Budget::new(Limits::default());
        budget.spend(0, u64::MAX);
        assert_eq!(budget.left(0, false), None);
        assert!(budget.pays_fee(u128::MAX, false));
    }

    #[test]
    fn a_high_fee_is_paid_for_what_is_urgent() {
        let budget = Budget::new(Limits { gas_budget: None, fee_max: Some(10) });
        assert!(budget.pays_fee(10, false) && !budget.pays_fee(11, false) && budget.pays_fee(11, true));
    }
}
