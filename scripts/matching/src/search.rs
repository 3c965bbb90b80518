//! Looks at every set that could cost less than the best one known: whatever differs from the bound's choices by penalties
//! below what is between the two.

use crate::bound::{Bound, Deviation};
use crate::candidates::Candidate;
use crate::complete::Completion;

/// The first look goes to this part of a typical cost, each next one four times as far.
const FIRST_LOOK: i128 = 512;
/// Nodes for finding the oldest of those that cost the same.
const SETTLE_NODES: u64 = 1_000;

/// How far the search came.
#[derive(Debug)]
pub(crate) struct Searched {
    /// Costs, scaled: nothing is cheaper, except what was found.
    pub(crate) proven: i128,
    /// Everything that could be cheaper was looked at.
    pub(crate) is_complete: bool,
    /// And everything that could cost the same.
    pub(crate) is_settled: bool,
    pub(crate) nodes: u64,
}

/// What the costs of sets are like, scaled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// Of a slot.
    pub(crate) typical: i128,
    /// No set costs more.
    pub(crate) most: i128,
    /// Sets of different costs differ by so much.
    pub(crate) unit: i128,
}

pub(crate) struct Search<'a, 'b> {
    bound: &'a Bound,
    completion: &'a mut Completion<'b>,
    slots: isize,
    need: i64,
    budget: u64,
    nodes: u64,
    /// By deviation and count: the most that so many of it and those after it bring.
    gain_after: Vec<Vec<i64>>,
    /// Groups that deviate, with what they deviate to.
    path: Vec<(usize, Option<Candidate>)>,
    limit: i128,
}

impl<'a, 'b> Search<'a, 'b> {
    pub(crate) fn new(
        bound: &'a Bound,
        completion: &'a mut Completion<'b>,
        slots: usize,
        need: i64,
        budget: u64,
    ) -> Self {
        let gain_after = gain_after(&bound.deviations, slots);
        let slots = isize::try_from(slots).expect("slots are few");
        Self { bound, completion, slots, need, budget, nodes: 0, gain_after, path: Vec::new(), limit: 0 }
    }

    /// First whatever could be cheaper, in looks that go farther and farther; then what could cost the same.
    pub(crate) fn run(mut self, scale: Scale) -> Searched {
        let mut proven = self.bound.value;
        let mut look = (scale.typical / FIRST_LOOK).max(1);
        loop {
            let cheaper = self.gap(scale.most) - scale.unit;
            self.limit = look.min(cheaper);
            if self.limit >= 0 {
                self.look();
            }
            if self.nodes >= self.budget {
                return Searched { proven, is_complete: false, is_settled: false, nodes: self.nodes };
            }
            proven = proven.max(self.bound.value + self.limit);
            // What was found on the way may have closed the gap.
            if self.limit >= self.gap(scale.most) - scale.unit {
                break;
            }
            look *= 4;
        }
        let has_best = self.completion.best.is_some();
        if has_best {
            self.budget = self.budget.min(self.nodes + SETTLE_NODES);
            self.limit = self.gap(scale.most);
            self.look();
        }
        let is_settled = !has_best || self.nodes < self.budget;
        Searched { proven, is_complete: true, is_settled, nodes: self.nodes }
    }

    fn look(&mut self) {
        let defaults = self.bound.defaults.iter().flatten();
        let gain = defaults.clone().map(|candidate| candidate.gain).sum();
        let count = isize::try_from(defaults.count()).expect("candidates fit in memory");
        self.descend(0, 0, gain, count);
    }

    fn gap(&self, most: i128) -> i128 {
        let best = self.completion.best.as_ref();
        let price = best.map(|best| i128::try_from(best.price << self.bound.shift).unwrap_or(i128::MAX));
        price.unwrap_or(most) - self.bound.value
    }

    fn descend(&mut self, from: usize, penalty: i128, gain: i64, count: isize) {
        self.nodes += 1;
        if gain >= self.need && count <= self.slots {
            let surplus = self.bound.lambda * i128::from(gain - self.need);
            if penalty + surplus <= self.limit.min(self.gap(i128::MAX / 2)) {
                self.complete();
            }
        }
        for place in from..self.bound.deviations.len() {
            let way = self.bound.deviations[place];
            if penalty + way.penalty > self.limit || self.nodes >= self.budget {
                return;
            }
            let excess = i128::try_from(count - self.slots).expect("candidates fit in memory").max(0);
            if penalty + excess.saturating_mul(way.penalty) > self.limit || self.is_short(place, penalty, gain) {
                return;
            }
            if self.is_open(&way) {
                self.path.push((way.group, way.item));
                self.descend(place + 1, penalty + way.penalty, gain + way.gain, count + way.count);
                self.path.pop();
            }
        }
    }

    /// Whatever may follow brings too little.
    fn is_short(&self, place: usize, penalty: i128, gain: i64) -> bool {
        let short = self.need - gain;
        if short <= 0 {
            return false;
        }
        // Whoever is chosen stays, and there are only so many slots.
        let chosen = self.path.iter().filter(|(_, item)| item.is_some()).count();
        let mut left = usize::try_from(self.slots).expect("not negative").saturating_sub(chosen);
        let each = self.bound.deviations[place].penalty;
        if each > 0 {
            left = left.min(usize::try_from((self.limit - penalty) / each).unwrap_or(left));
        }
        self.gain_after[place][left] < short
    }

    fn is_open(&self, way: &Deviation) -> bool {
        let is_other = |group: usize| group != way.group;
        let Some(item) = way.item else { return self.path.iter().all(|(group, _)| is_other(*group)) };
        let chosen = self.path.iter().filter_map(|(_, item)| item.as_ref());
        isize::try_from(chosen.clone().count()).is_ok_and(|chosen| chosen < self.slots)
            && chosen.clone().all(|other| other.provider != item.provider)
            && self.path.iter().all(|(group, _)| is_other(*group))
    }

    fn complete(&mut self) {
        let defaults = self.bound.defaults.iter().enumerate();
        let kept = defaults.filter(|(group, _)| self.path.iter().all(|(other, _)| other != group));
        let mut primaries: Vec<Candidate> = kept.filter_map(|(_, default)| *default).collect();
        primaries.extend(self.path.iter().filter_map(|(_, item)| *item));
        self.completion.offer(&primaries);
    }
}

fn gain_after(ways: &[Deviation], slots: usize) -> Vec<Vec<i64>> {
    let mut largest: Vec<i64> = Vec::with_capacity(slots + 1);
    let mut after = vec![Vec::new(); ways.len()];
    for (place, way) in ways.iter().enumerate().rev() {
        let at = largest.partition_point(|gain| *gain >= way.gain);
        largest.insert(at, way.gain.max(0));
        largest.truncate(slots);
        let mut sums = vec![0; slots + 1];
        for count in 1..=slots {
            sums[count] = sums[count - 1] + largest.get(count - 1).copied().unwrap_or(0);
        }
        after[place] = sums;
    }
    after
}
