//! A solution as people and programs read it.

use alloy::primitives::{Address, U256, utils::format_units};
use matching::availability::{ONE, combined, most};
use matching::{Answer, Criterion, Place};
use serde::Serialize;

use super::market::Question;
use crate::amount::{Flt, Usd};
use crate::chain::Context;
use crate::ids::{DealId, OfferId};

/// A share of time with 18 decimals in per cent has 16.
const PERCENT_DECIMALS: u8 = 16;

/// The best set for the places of a deal that wait, and why it is the best.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Solution {
    pub deal: DealId,
    pub block: u64,
    pub is_met: bool,
    /// Nothing cheaper meets the request: price and bound are equal.
    pub is_proven: bool,
    /// A day, retainers included.
    pub price: Option<Usd>,
    pub lower_bound: Usd,
    pub nodes: u64,
    pub slots: Vec<Placed>,
    pub standbys: Vec<Placed>,
    /// Per cent of the time that at least one slot is up, how that follows, and what is asked for.
    pub availability_percent: Option<String>,
    pub availability_formula: Option<String>,
    pub target_percent: String,
    /// Where there is no set: what could be asked for less, and the price a day then.
    pub binding: Vec<Bound>,
    pub left_out: Vec<Left>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    pub place: u8,
    pub offer: OfferId,
    pub provider: Address,
    pub region: u8,
    pub operator: u64,
    pub price_per_unit_day: Usd,
    pub cost_per_day: Usd,
    pub lock: Option<Flt>,
    pub down_percent: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bound {
    pub criterion: &'static str,
    pub price: Usd,
}

/// An offer that is not in the set, and the first reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    pub offer: OfferId,
    pub provider: Address,
    pub reason: &'static str,
}

fn percent(share: u64) -> String {
    let text = format_units(U256::from(share), PERCENT_DECIMALS).expect("sixteen decimals are few enough");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

impl Solution {
    pub(crate) fn of(context: &Context, question: &Question, answer: &Answer) -> Self {
        let set = answer.set.as_ref();
        let request = &question.request;
        let (slots, standbys) = question.places.split_at(request.slots);
        let chosen = |places: &[u8], of_set: Option<&Vec<Place>>, is_slot: bool| -> Vec<Placed> {
            let of_set = of_set.map_or(&[][..], Vec::as_slice);
            places
                .iter()
                .zip(of_set)
                .map(|(number, place)| placed(context, question, *number, place, is_slot))
                .collect()
        };
        let binding = answer.binding.iter();
        Self {
            deal: question.deal,
            block: question.block,
            is_met: set.is_some(),
            is_proven: answer.is_proven,
            price: set.map(|set| context.usd(set.price)),
            lower_bound: context.usd(answer.lower_bound),
            nodes: answer.nodes,
            slots: chosen(slots, set.map(|set| &set.slots), true),
            standbys: chosen(standbys, set.map(|set| &set.standbys), false),
            availability_percent: set.map(|set| percent(ONE - set.unavailability)),
            availability_formula: set.map(|set| formula(question, &set.slots)),
            target_percent: percent(ONE - most(request.availability_ppm)),
            binding: binding
                .map(|one| Bound { criterion: words(one.criterion), price: context.usd(one.price) })
                .collect(),
            left_out: left_out(question, answer),
        }
    }

    /// Slots first, as `Matching.propose` takes them.
    pub fn offers(&self) -> Vec<OfferId> {
        self.slots.iter().chain(&self.standbys).map(|placed| placed.offer).collect()
    }
}

fn placed(context: &Context, question: &Question, number: u8, place: &Place, is_slot: bool) -> Placed {
    let offer = &question.market.offers[place.index];
    let provider = &question.market.providers[offer.provider];
    let request = &question.request;
    let lock = if is_slot { request.slot_lock(offer.price) } else { request.standby_lock(offer.price) };
    Placed {
        place: number,
        offer: OfferId(offer.id),
        provider: provider.address.into(),
        region: offer.region,
        operator: provider.operator(request.until),
        price_per_unit_day: context.usd(offer.price),
        cost_per_day: context.usd(place.cost),
        lock: lock.map(Flt),
        down_percent: percent(provider.unavailability),
    }
}

/// `100 % - 5 % * 4.2 % = 99.79 %`, one factor an operator and region.
fn formula(question: &Question, slots: &[Place]) -> String {
    let request = &question.request;
    let serving = request.serving.iter().map(|one| ((one.operator, one.region), one.unavailability));
    let new = slots.iter().map(|slot| {
        let offer = &question.market.offers[slot.index];
        let provider = &question.market.providers[offer.provider];
        ((provider.operator(request.until), offer.region), provider.unavailability)
    });
    let places: Vec<_> = serving.chain(new).collect();
    let mut groups: Vec<_> = places.iter().map(|(group, _)| *group).collect();
    groups.sort_unstable();
    groups.dedup();
    let least = |group| places.iter().filter(|(other, _)| *other == group).map(|(_, down)| *down).min();
    let mut factors: Vec<u64> = groups.into_iter().filter_map(least).collect();
    factors.sort_unstable();
    let factors: Vec<String> = factors.into_iter().map(|factor| format!("{} %", percent(factor))).collect();
    format!("100 % - {} = {} %", factors.join(" * "), percent(ONE - combined(places)))
}

fn words(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Offer(reason) => reason.words(),
        Criterion::Availability => "availability",
        Criterion::Standbys => "standbys",
    }
}

fn left_out(question: &Question, answer: &Answer) -> Vec<Left> {
    let market = &question.market;
    let all = answer.reasons.iter().zip(&market.offers);
    let left = all.filter_map(|(reason, offer)| {
        let provider = market.providers[offer.provider].address.into();
        reason.map(|reason| Left { offer: OfferId(offer.id), provider, reason: reason.words() })
    });
    left.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shown_exactly_in_percent() {
        assert_eq!(percent(ONE), "100");
        assert_eq!(percent(ONE / 20), "5");
        assert_eq!(percent(999_680_000_000_000_000), "99.968");
        assert_eq!(percent(1), "0.0000000000000001");
    }
}
