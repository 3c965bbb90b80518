//! The question, its answer, and why it is the answer.

use std::collections::HashMap;

use crate::bound::Relaxation;
use crate::candidates::Candidates;
use crate::complete::{Chosen, Completion};
use crate::market::Market;
use crate::reason::Reason;
use crate::request::Request;
use crate::search::{Scale, Search, Searched};

/// Nodes that each try to explain a failure may look at.
const EXPLAIN_BUDGET: u64 = 10_000;

/// An offer in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub offer: u64,
    /// In [`Market::offers`].
    pub index: usize,
    /// A day: of a standby the retainer.
    pub cost: u128,
}

/// A set that meets every criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The least unavailable first, in which order the contract multiplies, too.
    pub slots: Vec<Place>,
    /// The cheapest first, for the first is promoted first.
    pub standbys: Vec<Place>,
    /// Stablecoin a day, retainers included.
    pub price: u128,
    /// Of all slots, with 18 decimals.
    pub unavailability: u64,
}

/// What a request asks for that can be asked for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Of single offers.
    Offer(Reason),
    /// The availability target, with its two regions.
    Availability,
    Standbys,
}

/// Without this one there is a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    pub criterion: Criterion,
    /// Of the set that there is then, a day.
    pub price: u128,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub set: Option<Set>,
    /// Nothing that meets the request costs less. Where it equals the set's price the set is proven to be the cheapest.
    pub lower_bound: u128,
    /// Nothing was left unlooked at: the set is the cheapest, or there is none.
    pub is_proven: bool,
    /// Of all sets at this price it has the cheapest slots, and then the oldest offers.
    pub is_settled: bool,
    pub nodes: u64,
    /// By place in the market: why an offer is not in the set.
    pub reasons: Vec<Option<Reason>>,
    /// Where there is no set: each criterion that alone prevents one.
    pub binding: Vec<Binding>,
}

/// Looks at `budget` nodes at most; the best set found by then comes with the bound that was proven.
pub fn solve(market: &Market, request: &Request, budget: u64) -> Answer {
    let mut answer = attempt(market, request, None, budget, 0..market.offers.len());
    if answer.set.is_none() && answer.is_proven {
        answer.binding = binding(market, request, &answer.reasons);
    }
    answer
}

fn attempt(
    market: &Market,
    request: &Request,
    waived: Option<Reason>,
    budget: u64,
    places: impl Iterator<Item = usize>,
) -> Answer {
    let candidates = Candidates::new(market, request, waived, places);
    let mut completion = Completion::new(market, request, &candidates);
    let mut searched = Searched { proven: 0, is_complete: true, is_settled: true, nodes: 0 };
    let mut lower_bound = 0;
    // Where the cheapest of all meet the target there is nothing to look for.
    completion.offer(&[]);
    let is_simple = candidates.need <= 0 || completion.best.is_some() && !request.needs_two_regions();
    if !is_simple && candidates.fillers.len() >= request.slots {
        let relaxation = Relaxation::new(request, &candidates);
        if relaxation.gain_most() >= candidates.need {
            let bound = relaxation.bound(|primaries| completion.offer(primaries));
            let search = Search::new(&bound, &mut completion, request.slots, candidates.need, budget);
            searched = search.run(scale(&candidates, request, bound.shift));
            lower_bound = u128::try_from(searched.proven.max(0)).unwrap_or(0).div_ceil(1 << bound.shift);
        }
    }
    let best = completion.best.take();
    if let Some(best) = &best {
        lower_bound = if searched.is_complete { best.price } else { lower_bound.min(best.price) };
    }
    let reasons = reasons(market, request, candidates, best.as_ref());
    let Searched { is_complete: is_proven, is_settled, nodes, .. } = searched;
    Answer {
        set: best.map(|best| set(market, best)),
        lower_bound,
        is_proven,
        is_settled,
        nodes,
        reasons,
        binding: Vec::new(),
    }
}

fn scale(candidates: &Candidates, request: &Request, shift: u32) -> Scale {
    let shifted = |cost: u128| i128::try_from(cost << shift).unwrap_or(i128::MAX / 4);
    let core = candidates.core.iter().map(|candidate| candidate.cost);
    let fillers = candidates.fillers.iter().take(request.slots).map(|place| candidates.slots[*place].cost);
    let standbys = candidates.standbys.iter().take(request.slots + request.standbys).map(|spare| spare.cost);
    let unit = core.chain(fillers).chain(standbys).fold(0, greatest_common_divisor);
    let slots = candidates.slots.iter().rev().take(request.slots).map(|slot| slot.cost);
    let most = slots.chain(candidates.standbys.iter().rev().take(request.standbys).map(|spare| spare.cost));
    Scale {
        typical: shifted(candidates.slots[candidates.fillers[0]].cost),
        most: shifted(most.sum::<u128>() + unit),
        unit: shifted(unit),
    }
}

fn greatest_common_divisor(mut left: u128, mut right: u128) -> u128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

fn set(market: &Market, best: Chosen) -> Set {
    let mut slots = best.slots;
    slots.sort_by_key(|slot| (market.providers[slot.provider].unavailability, slot.id));
    Set {
        slots: slots.iter().map(|slot| Place { offer: slot.id, index: slot.offer, cost: slot.cost }).collect(),
        standbys: best
            .standbys
            .iter()
            .map(|spare| Place { offer: spare.id, index: spare.offer, cost: spare.cost })
            .collect(),
        price: best.price,
        unavailability: best.unavailability,
    }
}

fn reasons(market: &Market, request: &Request, candidates: Candidates, best: Option<&Chosen>) -> Vec<Option<Reason>> {
    let mut reasons = candidates.reasons;
    let Some(best) = best else { return reasons };
    let slots = best.slots.iter().map(|slot| (slot.offer, slot.provider));
    let chosen: Vec<(usize, usize)> = slots.chain(best.standbys.iter().map(|by| (by.offer, by.provider))).collect();
    let dearest = best.slots.iter().map(|slot| slot.cost).max().unwrap_or(0);
    for (place, offer) in market.offers.iter().enumerate() {
        if reasons[place].is_some() || chosen.iter().any(|(index, _)| *index == place) {
            continue;
        }
        let is_cheaper = request.slot_price(offer.price) < dearest;
        reasons[place] = Some(if chosen.iter().any(|(_, provider)| *provider == offer.provider) {
            Reason::Provider
        } else if is_cheaper && request.availability_ppm > 0 {
            Reason::Availability
        } else {
            Reason::Dearer
        });
    }
    reasons
}

/// Asks again without each criterion that refused somebody. An offer comes in only where the criterion that refused it first is
/// the one that is not asked for, so that each is looked at once more, and not once a criterion.
fn binding(market: &Market, request: &Request, reasons: &[Option<Reason>]) -> Vec<Binding> {
    let mut refused: HashMap<Option<Reason>, Vec<usize>> = HashMap::new();
    for (place, reason) in reasons.iter().enumerate() {
        refused.entry(*reason).or_default().push(place);
    }
    let fitting = refused.remove(&None).unwrap_or_default();
    let mut binding = Vec::new();
    let mut judge = |criterion, request: &Request, waived: Option<Reason>| {
        let others = waived.and_then(|_| refused.get(&waived)).into_iter().flatten();
        let places = fitting.iter().chain(others).copied();
        let answer = attempt(market, request, waived, EXPLAIN_BUDGET, places);
        binding.extend(answer.set.map(|set| Binding { criterion, price: set.price }));
    };
    let is_criterion = |reason: &Reason| *reason != Reason::Gone && reason.code().is_some();
    for reason in Reason::ALL.into_iter().filter(is_criterion).filter(|reason| refused.contains_key(&Some(*reason))) {
        judge(Criterion::Offer(reason), request, Some(reason));
    }
    if request.availability_ppm > 0 {
        judge(Criterion::Availability, &Request { availability_ppm: 0, ..request.clone() }, None);
    }
    if request.standbys > 0 && request.slots > 0 {
        judge(Criterion::Standbys, &Request { standbys: 0, ..request.clone() }, None);
    }
    binding
}
