//! From the offers that a set owes its availability to, to the cheapest whole set that has them.

use crate::availability::{combined, most};
use crate::candidates::{Candidate, Candidates, Spare};
use crate::market::Market;
use crate::request::Request;

/// A set that meets every criterion. Of two the better one costs less; then its slots cost less; then its slots' offers,
/// and last its standbys', are older, compared in ascending order of their ids.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) price: u128,
    rank: Rank,
    pub(crate) slots: Vec<Candidate>,
    pub(crate) standbys: Vec<Spare>,
    pub(crate) unavailability: u64,
}

/// Price, price of the slots, and ids.
type Rank = (u128, u128, Vec<u64>, Vec<u64>);

fn rank(price: u128, slots: &[Candidate], standbys: &[Spare]) -> Rank {
    let mut slot_ids: Vec<u64> = slots.iter().map(|slot| slot.id).collect();
    let mut standby_ids: Vec<u64> = standbys.iter().map(|standby| standby.id).collect();
    slot_ids.sort_unstable();
    standby_ids.sort_unstable();
    (price, cost_of(slots), slot_ids, standby_ids)
}

fn cost_of(slots: &[Candidate]) -> u128 {
    slots.iter().map(|slot| slot.cost).sum()
}

/// Completes sets and keeps the best.
#[derive(Debug)]
pub(crate) struct Completion<'a> {
    market: &'a Market,
    request: &'a Request,
    candidates: &'a Candidates,
    /// Two of the cheapest candidates of each provider order, in different regions: see `outside`.
    region_first: Option<u8>,
    elsewhere: Vec<usize>,
    pub(crate) best: Option<Chosen>,
}

impl<'a> Completion<'a> {
    pub(crate) fn new(market: &'a Market, request: &'a Request, candidates: &'a Candidates) -> Self {
        let region_first = candidates.slots.first().map(|slot| slot.region);
        let slots = candidates.slots.iter().enumerate();
        let elsewhere = if request.needs_two_regions() {
            slots.filter(|(_, slot)| Some(slot.region) != region_first).map(|(place, _)| place).collect()
        } else {
            Vec::new()
        };
        Self { market, request, candidates, region_first, elsewhere, best: None }
    }

    /// Offers the cheapest set that has `primaries`, if there is one that meets the target.
    ///
    /// The other slots go to the cheapest providers that are left, for they may be anybody; the standbys to the cheapest
    /// after that: a retainer is a fiftieth, so that what is cheaper saves more in a slot.
    pub(crate) fn offer(&mut self, primaries: &[Candidate]) {
        let Some(slots) = self.fill(primaries) else { return };
        let Some(standbys) = self.stand_by(&slots) else { return };
        let price = cost_of(&slots) + standbys.iter().map(|standby| standby.cost).sum::<u128>();
        let of_best = self.best.as_ref().map(|best| &best.rank);
        if of_best.is_some_and(|best| (best.0, best.1) < (price, cost_of(&slots))) {
            return;
        }
        let rank = rank(price, &slots, &standbys);
        if of_best.is_some_and(|best| *best <= rank) {
            return;
        }
        let unavailability = self.unavailability(&slots);
        if self.request.slots == 0 || unavailability <= most(self.request.availability_ppm) {
            self.best = Some(Chosen { price, rank, slots, standbys, unavailability });
        }
    }

    fn unavailability(&self, slots: &[Candidate]) -> u64 {
        let until = self.request.until;
        let serving = self.request.serving.iter().map(|one| ((one.operator, one.region), one.unavailability));
        let new = slots.iter().map(|slot| {
            let provider = &self.market.providers[slot.provider];
            ((provider.operator(until), slot.region), provider.unavailability)
        });
        combined(serving.chain(new))
    }

    fn fill(&self, primaries: &[Candidate]) -> Option<Vec<Candidate>> {
        let wanted = self.request.slots;
        let mut slots = Vec::with_capacity(wanted);
        for primary in primaries {
            if slots.len() == wanted || is_taken(&slots, primary.provider) {
                return None;
            }
            slots.push(*primary);
        }
        let kept = slots.len();
        self.fill_up(&mut slots)?;
        if !self.request.needs_two_regions() || self.is_spread(&slots) {
            return Some(slots);
        }
        // All in one region: one that is not chosen for its availability has to be elsewhere.
        if kept == wanted {
            return None;
        }
        slots.truncate(kept);
        let region = slots.first().map_or(self.region_first?, |slot| slot.region);
        let another = self.outside(region, &slots)?;
        slots.push(another);
        self.fill_up(&mut slots)?;
        Some(slots)
    }

    fn fill_up(&self, slots: &mut Vec<Candidate>) -> Option<()> {
        for place in &self.candidates.fillers {
            if slots.len() == self.request.slots {
                break;
            }
            let filler = self.candidates.slots[*place];
            if !is_taken(slots, filler.provider) {
                slots.push(filler);
            }
        }
        (slots.len() == self.request.slots).then_some(())
    }

    fn is_spread(&self, slots: &[Candidate]) -> bool {
        let serving = self.request.serving.iter().map(|serving| serving.region);
        let mut regions = serving.chain(slots.iter().map(|slot| slot.region));
        let first = regions.next();
        slots.is_empty() || regions.any(|region| Some(region) != first)
    }

    /// The cheapest that is not in `region`.
    fn outside(&self, region: u8, slots: &[Candidate]) -> Option<Candidate> {
        let is_free = |slot: &&Candidate| slot.region != region && !is_taken(slots, slot.provider);
        let all = &self.candidates.slots;
        if Some(region) == self.region_first {
            self.elsewhere.iter().map(|place| &all[*place]).find(is_free).copied()
        } else {
            all.iter().find(is_free).copied()
        }
    }

    fn stand_by(&self, slots: &[Candidate]) -> Option<Vec<Spare>> {
        let free = self.candidates.standbys.iter().filter(|spare| !is_taken(slots, spare.provider));
        let standbys: Vec<Spare> = free.take(self.request.standbys).copied().collect();
        (standbys.len() == self.request.standbys).then_some(standbys)
    }
}

fn is_taken(slots: &[Candidate], provider: usize) -> bool {
    slots.iter().any(|slot| slot.provider == provider)
}
