//! Prices, settlements and pushes of money that belongs to somebody else already.

use alloy::primitives::Address;
use contracts::{Deals, FeeBurn, PriceGuard, Rewards};

use super::Sight;
use super::book::Place;
use super::duty::{Due, Duty};
use super::stream::Stream;
use crate::census::{ENDED, SERVING};
use crate::time::DAY;

/// Slots that are settled in one transaction, at some 30,000 gas each.
pub(super) const BATCH: usize = 40;

pub(super) fn observation(sight: &Sight<'_>) -> Vec<Due> {
    let is_old = sight.now >= sight.views.observed_at + sight.rules.observe_every;
    is_old.then(|| observe(sight)).into_iter().collect()
}

pub(super) fn observe(sight: &Sight<'_>) -> Due {
    Due::call(Duty::Observe, "price", sight.at.price_guard, PriceGuard::observeCall {})
}

/// Places with enough to be credited: above the threshold, a day's worth, or the last of it.
pub(super) fn creditable<'a>(sight: &'a Sight<'_>) -> impl Iterator<Item = Place> + 'a {
    let paid = sight.places().filter(|(_, _, slot)| matches!(slot.status, SERVING | ENDED));
    paid.filter_map(|(seen, place, slot)| {
        let stream = Stream::of(&seen.deal, slot)?;
        let amount = stream.creditable(sight.now);
        let until = stream.creditable_to(sight.now);
        let is_last = until == stream.ends_at() || (until == stream.dries_at() && slot.status == ENDED);
        let is_day = until >= stream.credited_to() + DAY;
        (amount > 0 && (amount >= sight.rules.settle_above || is_last || is_day)).then_some(place)
    })
}

pub(super) fn settlements(sight: &Sight<'_>) -> Vec<Due> {
    let places: Vec<Place> =
        sight.views.creditable.iter().filter(|(_, amount)| **amount > 0).map(|(p, _)| *p).collect();
    let due = places.chunks(BATCH).map(|places| {
        let call = Deals::settleManyCall {
            deals: places.iter().map(|place| place.deal.0).collect(),
            slots: places.iter().map(|place| place.slot).collect(),
        };
        let names: Vec<String> = places.iter().map(Place::to_string).collect();
        Due::call(Duty::Settle, names.join(" "), sight.at.deals, call)
    });
    due.collect()
}

pub(super) fn stakers(sight: &Sight<'_>) -> Vec<Due> {
    let pays = |provider: &Address| Deals::payStakersCall { provider: *provider };
    let due =
        sight.views.stakers.iter().map(|provider| {
            Due::call(Duty::PayStakers, format!("stakers of {provider}"), sight.at.deals, pays(provider))
        });
    due.collect()
}

pub(super) fn stakers_rewards(sight: &Sight<'_>) -> Vec<Due> {
    let pays = |provider: &Address| Rewards::payStakersCall { provider: *provider };
    let due = sight.views.stakers_rewards.iter().map(|provider| {
        Due::call(Duty::PayRewards, format!("stakers of {provider}"), sight.at.rewards, pays(provider))
    });
    due.collect()
}

pub(super) fn fees(sight: &Sight<'_>) -> Vec<Due> {
    let collect = || Due::call(Duty::CollectFees, "fees", sight.at.fee_burn, FeeBurn::collectCall {});
    sight.views.has_fees.then(collect).into_iter().collect()
}

pub(super) fn fee_records(sight: &Sight<'_>) -> Vec<Due> {
    let due = sight.views.unrecorded.iter().map(|place| {
        let call = Rewards::recordFeeCall { deal: place.deal.0, slot: place.slot };
        Due::call(Duty::RecordFee, place, sight.at.rewards, call)
    });
    due.collect()
}

pub(super) fn fee_rewards(sight: &Sight<'_>) -> Vec<Due> {
    let due = sight.views.sold_fees.iter().map(|place| {
        if sight.views.is_stale {
            return Due::wait(Duty::RewardFee, place, "the price is stale");
        }
        let call = Rewards::rewardFeeCall { deal: place.deal.0, slot: place.slot };
        Due::call(Duty::RewardFee, place, sight.at.rewards, call)
    });
    due.collect()
}
