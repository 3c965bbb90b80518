//! Which offers can be in a set at all, and which of them no cheapest set needs.

use std::collections::HashMap;

use crate::availability::{Group, combined, gain_up, most, need_down};
use crate::market::Market;
use crate::reason::{Fit, Reason, fit};
use crate::request::{Request, STANDBY_PRICE_MIN, retainer};

/// An offer that may take a slot: the cheapest of its provider in its region.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    /// Its place in the market.
    pub(crate) offer: usize,
    pub(crate) id: u64,
    pub(crate) provider: usize,
    pub(crate) region: u8,
    /// A number for its operator and region.
    pub(crate) group: usize,
    /// Of a slot, a day.
    pub(crate) cost: u128,
    /// What it adds to the logarithm of the set's availability, by itself in its group.
    pub(crate) gain: i64,
}

/// The cheapest offer of a provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spare {
    pub(crate) offer: usize,
    pub(crate) id: u64,
    pub(crate) provider: usize,
    pub(crate) cost: u128,
}

#[derive(Debug)]
pub(crate) struct Candidates {
    /// Why each offer of the market is out, if it is out by itself.
    pub(crate) reasons: Vec<Option<Reason>>,
    /// By cost and id.
    pub(crate) slots: Vec<Candidate>,
    /// One a provider that has the stake of a slot, by cost and id: places in `slots`.
    pub(crate) fillers: Vec<usize>,
    /// One a provider, by retainer and id.
    pub(crate) standbys: Vec<Spare>,
    /// Slot candidates that may be what a set owes its availability to, by cost and id.
    pub(crate) core: Vec<Candidate>,
    /// Sum of gains that the slots to be filled have to bring at least.
    pub(crate) need: i64,
}

impl Candidates {
    /// Of the offers in `places` of the market; `waived` is a criterion that is not asked for.
    pub(crate) fn new(
        market: &Market,
        request: &Request,
        waived: Option<Reason>,
        places: impl Iterator<Item = usize>,
    ) -> Self {
        let mut reasons = vec![None; market.offers.len()];
        let mut fits: Vec<(u128, u64, usize, bool)> = Vec::new();
        for place in places {
            let offer = &market.offers[place];
            match fit(request, offer, &market.providers[offer.provider], waived) {
                Fit::Slot => fits.push((request.slot_price(offer.price), offer.id, place, true)),
                Fit::Standby => fits.push((request.slot_price(offer.price), offer.id, place, false)),
                Fit::Not(reason) => reasons[place] = Some(reason),
            }
        }
        fits.sort_unstable();
        let mut all = Self {
            reasons,
            slots: Vec::new(),
            fillers: Vec::new(),
            standbys: standbys(market, request, &fits),
            core: Vec::new(),
            need: 0,
        };
        all.take_slots(market, &fits);
        if request.availability_ppm > 0 && request.slots > 0 {
            all.rate(market, request);
        }
        all
    }

    fn take_slots(&mut self, market: &Market, fits: &[(u128, u64, usize, bool)]) {
        let mut regions = vec![[0_u64; 4]; market.providers.len()];
        for (cost, id, place, _) in fits.iter().filter(|(.., is_slot)| *is_slot) {
            let offer = &market.offers[*place];
            let seen = &mut regions[offer.provider];
            if *seen == [0; 4] {
                self.fillers.push(self.slots.len());
            }
            let (word, bit) = (usize::from(offer.region >> 6), 1 << (offer.region & 63));
            if seen[word] & bit == 0 {
                seen[word] |= bit;
                let (provider, region) = (offer.provider, offer.region);
                let cost = *cost;
                self.slots.push(Candidate { offer: *place, id: *id, provider, region, group: 0, cost, gain: 0 });
            }
        }
    }

    /// Groups, gains, and the core.
    fn rate(&mut self, market: &Market, request: &Request) {
        let mut groups: HashMap<Group, usize> = HashMap::new();
        // What serves already counts, and a new one in its group only by how much it is better.
        let mut held: Vec<i64> = Vec::new();
        for serving in &request.serving {
            let next = groups.len();
            let group = *groups.entry((serving.operator, serving.region)).or_insert(next);
            held.resize(groups.len(), 0);
            held[group] = held[group].max(gain_up(serving.unavailability));
        }
        let most = most(request.availability_ppm);
        let serving =
            request.serving.iter().map(|serving| ((serving.operator, serving.region), serving.unavailability));
        if combined(serving) > most {
            self.need = (need_down(most) - held.iter().sum::<i64>()).max(1);
        }
        let mut rated: Vec<Option<(u64, i64)>> = vec![None; market.providers.len()];
        for candidate in &mut self.slots {
            let provider = &market.providers[candidate.provider];
            let rate = || (provider.operator(request.until), gain_up(provider.unavailability));
            let (operator, gain) = *rated[candidate.provider].get_or_insert_with(rate);
            let next = groups.len();
            candidate.group = *groups.entry((operator, candidate.region)).or_insert(next);
            held.resize(groups.len(), 0);
            candidate.gain = (gain - held[candidate.group]).max(0);
        }
        if self.need > 0 {
            self.core = core(&self.slots, request, groups.len(), market.providers.len());
        }
    }
}

fn standbys(market: &Market, request: &Request, fits: &[(u128, u64, usize, bool)]) -> Vec<Spare> {
    if request.standbys == 0 {
        return Vec::new();
    }
    let spare = |(cost, id, place, _): &(u128, u64, usize, bool)| {
        let provider = market.offers[*place].provider;
        Spare { offer: *place, id: *id, provider, cost: retainer(*cost) }
    };
    let can_stand_by = |(_, _, place, _): &&(u128, u64, usize, bool)| market.offers[*place].price >= STANDBY_PRICE_MIN;
    let mut spares: Vec<Spare> = fits.iter().filter(can_stand_by).map(spare).collect();
    // Retainers are rounded up, so that offers of different prices may cost the same.
    spares.sort_by_key(|spare| (spare.cost, spare.id));
    let mut is_seen = vec![false; market.providers.len()];
    spares.retain(|spare| !std::mem::replace(&mut is_seen[spare.provider], true));
    spares
}

/// Leaves out each candidate for which any set that has it has room for a better one.
///
/// A better one is cheaper (or as dear and older) and brings no less. It has no room where its provider has a place, or
/// where its group is served; each other slot is in the way of two at most, each standby of one. With more than that to
/// choose from, of different providers and groups, one is free: the swap makes the set better, so that the best set
/// never has the candidate. Where two regions are needed, those outside any one region have to be as many.
fn core(slots: &[Candidate], request: &Request, groups: usize, providers: usize) -> Vec<Candidate> {
    let enough = 2 * (request.slots - 1) + request.standbys + 1;
    let mut kept: Vec<Candidate> = Vec::new();
    let mut count = Counter::new(groups, providers);
    for candidate in slots.iter().filter(|candidate| candidate.gain > 0) {
        if !count.reaches(enough, candidate, &kept, request.needs_two_regions()) {
            let place = kept.partition_point(|other| other.gain >= candidate.gain);
            kept.insert(place, *candidate);
        }
    }
    kept.sort_unstable_by_key(|candidate| (candidate.cost, candidate.id));
    kept
}

/// Counts better candidates of different providers and groups; stamps save clearing the tables.
struct Counter {
    stamp: u32,
    groups: Vec<u32>,
    providers: Vec<u32>,
    regions: [(u32, usize); 256],
}

impl Counter {
    fn new(groups: usize, providers: usize) -> Self {
        Self { stamp: 0, groups: vec![0; groups], providers: vec![0; providers], regions: [(0, 0); 256] }
    }

    /// `kept` is by gain, the largest first, and holds only what is cheaper.
    fn reaches(&mut self, enough: usize, of: &Candidate, kept: &[Candidate], is_spread: bool) -> bool {
        self.stamp += 1;
        let (mut count, mut one_region) = (0, 0);
        for better in kept.iter().take_while(|other| other.gain >= of.gain) {
            let is_new_group = better.group == of.group || self.groups[better.group] != self.stamp;
            if !is_new_group || self.providers[better.provider] == self.stamp {
                continue;
            }
            self.groups[better.group] = self.stamp;
            self.providers[better.provider] = self.stamp;
            count += 1;
            if is_spread {
                let (stamp, regional) = &mut self.regions[usize::from(better.region)];
                if *stamp != self.stamp {
                    (*stamp, *regional) = (self.stamp, 0);
                }
                *regional += 1;
                one_region = one_region.max(*regional);
            }
            if count - one_region >= enough {
                return true;
            }
        }
        false
    }
}
