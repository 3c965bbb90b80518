//! The same question answered by looking at every set: slow, and too simple to be wrong. Tests and benches compare.

use crate::availability::{combined, most};
use crate::market::Market;
use crate::request::{Request, retainer};

/// Price, price of the slots, ids of the slots and of the standbys in ascending order.
pub type Ranked = (u128, u128, Vec<u64>, Vec<u64>);

/// The best of all sets.
pub fn enumerate(market: &Market, request: &Request) -> Option<Ranked> {
    let fits = |place: &usize, lock: Option<u128>| {
        let offer = &market.offers[*place];
        lock.is_some_and(|lock| lock <= market.providers[offer.provider].free_stake)
    };
    let meets: Vec<usize> = (0..market.offers.len()).filter(|place| meets(market, request, *place)).collect();
    let price = |place: &usize| market.offers[*place].price;
    let slots = meets.iter().copied().filter(|place| fits(place, request.slot_lock(price(place)))).collect();
    let standbys = meets.iter().copied().filter(|place| fits(place, request.standby_lock(price(place)))).collect();
    let mut all = All { market, request, slots, standbys, chosen: Vec::new(), best: None };
    all.choose(0);
    all.best
}

/// Whether the offer meets every criterion but stake.
fn meets(market: &Market, request: &Request, place: usize) -> bool {
    let offer = &market.offers[place];
    let provider = &market.providers[offer.provider];
    let has = |(attribute, level): &(u16, u8)| {
        let mut all = provider.attributes.iter();
        all.any(|one| one.attribute == *attribute && one.level >= *level && one.expiry >= request.until)
    };
    let region = request.regions[usize::from(offer.region / 64)] >> (offer.region % 64) & 1 == 1;
    let listed = request.listed.contains(&provider.address);
    offer.is_live
        && offer.class == request.class
        && offer.price + request.royalty <= request.price_max
        && offer.units_free >= request.units
        && offer.coverage_max_bps >= request.coverage_bps
        && offer.term_max_days >= request.term_days
        && offer.duration_max_days >= request.duration_days
        && offer.payment_modes & 1 << request.payment_mode != 0
        && offer.proof_kinds & 1 << request.proof_kind != 0
        && offer.notice <= request.notice
        && (region || request.regions == [0; 4])
        && (if request.is_allowlist { listed } else { !listed })
        && provider.first_loss_bps >= request.first_loss_min_bps
        && request.criteria.iter().all(has)
        && offer.is_customer_accepted
        && offer.is_application_accepted
        && (request.proof_kind != 3 || offer.is_key_accepted)
        && !request.barred.contains(&offer.id)
        && !request.taken.contains(&provider.address)
}

struct All<'a> {
    market: &'a Market,
    request: &'a Request,
    slots: Vec<usize>,
    standbys: Vec<usize>,
    chosen: Vec<usize>,
    best: Option<Ranked>,
}

impl All<'_> {
    fn choose(&mut self, from: usize) {
        let request = self.request;
        if self.chosen.len() == request.slots + request.standbys {
            self.judge();
            return;
        }
        let is_slot = self.chosen.len() < request.slots;
        let places = if is_slot { self.slots.clone() } else { self.standbys.clone() };
        let from = if self.chosen.len() == request.slots { 0 } else { from };
        for (next, place) in places.iter().enumerate().skip(from) {
            let provider = self.market.offers[*place].provider;
            if self.chosen.iter().all(|other| self.market.offers[*other].provider != provider) {
                self.chosen.push(*place);
                if self.chosen.len() != request.slots || self.is_available() {
                    self.choose(next + 1);
                }
                self.chosen.pop();
            }
        }
    }

    fn judge(&mut self) {
        let (slots, standbys) = self.chosen.split_at(self.request.slots);
        let cost = |place: &usize| self.market.offers[*place].price * u128::from(self.request.units);
        let of_slots: u128 = slots.iter().map(cost).sum();
        let of_standbys: u128 = standbys.iter().map(|place| retainer(cost(place))).sum();
        let ids = |places: &[usize]| {
            let mut ids: Vec<u64> = places.iter().map(|place| self.market.offers[*place].id).collect();
            ids.sort_unstable();
            ids
        };
        let ranked = (of_slots + of_standbys, of_slots, ids(slots), ids(standbys));
        if self.best.as_ref().is_none_or(|best| ranked < *best) {
            self.best = Some(ranked);
        }
    }

    fn is_available(&self) -> bool {
        let request = self.request;
        let new = self.chosen.iter().map(|place| {
            let offer = &self.market.offers[*place];
            let provider = &self.market.providers[offer.provider];
            ((provider.operator(request.until), offer.region), provider.unavailability)
        });
        let old = request.serving.iter().map(|one| ((one.operator, one.region), one.unavailability));
        let places: Vec<_> = old.chain(new).collect();
        let is_spread = places.iter().any(|((_, region), _)| *region != places[0].0.1);
        request.slots == 0
            || combined(places.iter().copied()) <= most(request.availability_ppm)
                && (is_spread || request.availability_ppm <= 990_000)
    }
}
