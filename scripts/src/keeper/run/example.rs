//! A deal of one slot, for tests.

use alloy::primitives::aliases::{U40, U96};
use alloy::primitives::{Address, B256};
use contracts::deals::IDeals;

use super::book::Book;
use super::views::Views;
use super::{Rules, Sight};
use crate::census::{SERVING, Seen};
use crate::deployment::Contracts;
use crate::ids::DealId;
use crate::time::DAY;

/// When the slot began to be served.
pub(super) const NOW: u64 = 20_000 * DAY;
/// Smallest units a day.
pub(super) const DAY_PRICE: u128 = 86_400_000;

pub(super) fn deal() -> IDeals::Deal {
    IDeals::Deal {
        customer: Address::repeat_byte(1),
        class: 0,
        slots: 1,
        termDays: 7,
        exposure: 0,
        paymentMode: 0,
        coverageBps: 30_000,
        feeBps: 200,
        units: 10,
        notice: 3_600,
        durationDays: 28,
        openedAt: U40::from(NOW),
        startedAt: U40::from(NOW),
        stoppedAt: U40::ZERO,
        expiry: U40::from(NOW + DAY),
        royalty: U96::ZERO,
        proofKind: 0,
        verificationKey: B256::ZERO,
        generation: 1,
        shares: 1,
        spare: 0,
        standbys: 0,
        reserveBps: 2_000,
        resolver: Address::ZERO,
    }
}

/// Ten units at a tenth of the day's price, served since `NOW`, paid for 14 days.
pub(super) fn serving() -> IDeals::Slot {
    IDeals::Slot {
        provider: Address::repeat_byte(2),
        offer: 1,
        serving: 1,
        price: U96::from(DAY_PRICE / 10),
        lock: 7,
        startedAt: U40::from(NOW),
        termEnd: U40::from(NOW + 7 * DAY),
        status: SERVING,
        isFinal: false,
        escrow: 14 * DAY_PRICE,
        owed: 0,
        credited: 0,
        valueAtStake: 1,
        endsAt: U40::from(NOW + 7 * DAY),
        assignedAt: U40::ZERO,
        calledAt: U40::ZERO,
        staleAtCall: 0,
    }
}

pub(super) fn seen(deal: IDeals::Deal, places: Vec<(u8, IDeals::Slot)>) -> Seen {
    Seen { id: DealId(7), deal, places }
}

/// Each contract lies at its place in the list.
pub(super) fn contracts() -> Contracts {
    let mut places = (1_u8..).map(Address::repeat_byte);
    let mut next = || places.next().expect("there are enough numbers");
    Contracts {
        flt: next(),
        stablecoin: next(),
        governance: next(),
        parameter_timelock: next(),
        slashing_timelock: next(),
        price_guard: next(),
        attributes: next(),
        staking: next(),
        offers: next(),
        ledger: next(),
        deals: next(),
        matching: next(),
        fee_burn: next(),
        rewards: next(),
        equi_x: next(),
        equihash: next(),
        capacity: next(),
        probers: next(),
        faults: next(),
        vouchers: next(),
        modules: next(),
        receipts: next(),
        groth16: next(),
        proofs: next(),
        sampled: next(),
    }
}

pub(super) const RULES: Rules = Rules { observe_every: 1_800, settle_above: 10_000_000, is_single_pass: false };

pub(super) fn sight<'a>(at: &'a Contracts, book: &'a Book, seen: &'a Seen, now: u64) -> Sight<'a> {
    let views = Views { observed_at: now, is_window_open: true, is_day_open: true, ..Views::default() };
    Sight {
        at,
        decimals: 6,
        block: 1_000,
        now,
        rules: RULES,
        deals: vec![seen],
        touched: Vec::new(),
        book,
        draw_limit: 256,
        views,
    }
}
