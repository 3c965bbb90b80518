//! The stream of a place between its events: what it is owed and can be credited, in time and money.

use alloy::primitives::U256;
use contracts::deals::IDeals;

use super::book::HOLD_BACK;
use crate::census::ENDED;
use crate::time::DAY;

/// Amounts of a stream that was settled last as `slot` says.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a> {
    deal: &'a IDeals::Deal,
    slot: &'a IDeals::Slot,
    /// Stablecoin a day.
    rate: u128,
}

impl<'a> Stream<'a> {
    /// None: nobody was ever paid there, or for nothing.
    pub fn of(deal: &'a IDeals::Deal, slot: &'a IDeals::Slot) -> Option<Self> {
        let rate = slot.price.to::<u128>().saturating_mul(deal.units.into());
        (rate > 0 && !slot.startedAt.is_zero()).then_some(Self { deal, slot, rate })
    }

    pub fn started_at(&self) -> u64 {
        self.slot.startedAt.to()
    }

    pub fn ends_at(&self) -> u64 {
        self.slot.endsAt.to()
    }

    fn owed_at(&self, time: u64) -> u128 {
        mul_div(self.rate, time.saturating_sub(self.started_at()).into(), DAY.into())
    }

    /// The last second that `amount` pays for, rounded down.
    fn paid_to(&self, amount: u128) -> u64 {
        self.started_at().saturating_add(u64::try_from(mul_div(amount, DAY.into(), self.rate)).unwrap_or(u64::MAX))
    }

    /// When the escrow is used up.
    pub fn dries_at(&self) -> u64 {
        self.paid_to(self.slot.owed.saturating_add(self.slot.escrow))
    }

    /// Up to when it was credited.
    pub fn credited_to(&self) -> u64 {
        self.paid_to(self.slot.credited)
    }

    /// Up to when everything can be credited now.
    pub fn creditable_to(&self, now: u64) -> u64 {
        self.ends_at().min(now.saturating_sub(HOLD_BACK)).min(self.dries_at())
    }

    /// What a settle would credit now; `Deals.creditable` has the last word.
    pub fn creditable(&self, now: u64) -> u128 {
        if self.slot.status == ENDED && now >= self.ends_at() + HOLD_BACK {
            return self.slot.owed.saturating_sub(self.slot.credited);
        }
        let funds = self.slot.owed.saturating_add(self.slot.escrow);
        self.owed_at(self.creditable_to(now)).min(funds).saturating_sub(self.slot.credited)
    }

    /// End of the deal's duration.
    pub fn duration_end(&self) -> u64 {
        self.deal.startedAt.to::<u64>() + u64::from(self.deal.durationDays) * DAY
    }

    /// What is missing in the escrow to pay to the end of the next term.
    pub fn missing_for_renewal(&self) -> u128 {
        let next = (self.ends_at() + u64::from(self.deal.termDays) * DAY).min(self.duration_end());
        let need = self.owed_at(next).saturating_sub(self.slot.owed);
        need.saturating_sub(self.slot.escrow)
    }

    /// What `seconds` cost.
    pub fn price_of(&self, seconds: u64) -> u128 {
        mul_div(self.rate, seconds.into(), DAY.into())
    }
}

fn mul_div(left: u128, right: u128, by: u128) -> u128 {
    let product = U256::from(left) * U256::from(right) / U256::from(by);
    u128::try_from(product).unwrap_or(u128::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::example::{DAY_PRICE, NOW, deal, serving};
    use super::*;

    #[test]
    fn a_stream_is_counted_in_seconds() {
        let (deal, mut slot) = (deal(), serving());
        slot.escrow = DAY_PRICE * 3;
        let stream = Stream::of(&deal, &slot).expect("it is paid");
        assert_eq!(stream.dries_at(), NOW + 3 * DAY);
        assert_eq!(stream.creditable(NOW + 3 * DAY), 0);
        assert_eq!(stream.creditable(NOW + 4 * DAY), DAY_PRICE);
        assert_eq!(stream.creditable(NOW + 4 * DAY + 1), DAY_PRICE + DAY_PRICE / u128::from(DAY));
        assert_eq!(stream.creditable(NOW + 60 * DAY), DAY_PRICE * 3, "never more than the escrow");
        slot.credited = DAY_PRICE / 2;
        let stream = Stream::of(&deal, &slot).expect("it is paid");
        assert_eq!(stream.credited_to(), NOW + DAY / 2);
        assert_eq!(stream.creditable(NOW + 4 * DAY), DAY_PRICE / 2);
    }

    #[test]
    fn after_its_end_everything_settled_is_creditable() {
        let (deal, mut slot) = (deal(), serving());
        (slot.status, slot.owed, slot.escrow) = (ENDED, DAY_PRICE * 7, 0);
        let stream = Stream::of(&deal, &slot).expect("it is paid");
        assert_eq!(stream.creditable(NOW + 10 * DAY - 1), DAY_PRICE * 7 - DAY_PRICE / u128::from(DAY));
        assert_eq!(stream.creditable(NOW + 10 * DAY), DAY_PRICE * 7);
    }

    #[test]
    fn the_last_term_is_as_long_as_the_duration() {
        let (mut deal, mut slot) = (deal(), serving());
        slot.escrow = DAY_PRICE * 14;
        assert_eq!(Stream::of(&deal, &slot).expect("it is paid").missing_for_renewal(), 0);
        slot.escrow -= 1;
        assert_eq!(Stream::of(&deal, &slot).expect("it is paid").missing_for_renewal(), 1);
        deal.durationDays = 8;
        slot.escrow = DAY_PRICE * 8;
        assert_eq!(Stream::of(&deal, &slot).expect("it is paid").missing_for_renewal(), 0);
    }
}
