//! What a customer asks for.

use ruint::aliases::U256;

use crate::market::Address;

/// Places of a standby in a unit's price, in bps.
const RETAINER_BPS: u128 = 200;
/// Below it a retainer, rounded up to one, would be more than that: nobody stands by for less.
pub(crate) const STANDBY_PRICE_MIN: u128 = 50;
const BPS: u128 = 10_000;
const DAY: u64 = 86_400;
/// Value at stake is at most so many times the escrow.
const ESCROW_TIMES: u64 = 6;
/// Paid by what ran: the escrow is all that there is to lose.
const METERED: u8 = 1;
/// Proofs by circuits, of which each offer may name those that it accepts.
pub(crate) const GROTH16: u8 = 3;
/// Above it a set needs two regions.
const TWO_REGIONS_ABOVE_PPM: u32 = 990_000;

/// Who serves a slot already.
#[derive(Debug, Clone, Copy)]
pub struct Serving {
    pub operator: u64,
    pub region: u8,
    pub unavailability: u64,
}

/// What locks are sized by, as `Deals` does.
#[derive(Debug, Clone, Copy)]
pub struct Sizing {
    /// Seconds whose price is exposed.
    pub exposed_seconds: u64,
    /// Of a slot, at its largest.
    pub escrow: u128,
    /// `10^8 * 10^(18 - decimals of the stablecoin)`.
    pub scale: u128,
    /// The low price of FLT, 8 decimals; zero: none, and nothing can be locked.
    pub low: u128,
}

/// Criteria, and the places that wait.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub class: u8,
    pub units: u32,
    /// Slots and standbys that wait for somebody.
    pub slots: usize,
    pub standbys: usize,
    /// Royalties included.
    pub price_max: u128,
    /// Of the modules that are run: paid beside the offer's price, and never above the highest.
    pub royalty: u128,
    pub term_days: u8,
    pub duration_days: u16,
    /// One bit a region, the lowest first; none set: any.
    pub regions: [u64; 4],
    pub first_loss_min_bps: u16,
    pub coverage_bps: u16,
    pub reserve_bps: u16,
    pub availability_ppm: u32,
    pub proof_kind: u8,
    pub payment_mode: u8,
    pub notice: u32,
    pub is_allowlist: bool,
    pub listed: Vec<Address>,
    /// Attribute and least level.
    pub criteria: Vec<(u16, u8)>,
    /// End of the first term at the latest: what attestations have to outlive.
    pub until: u64,
    /// Offers that made a proposal invalid.
    pub barred: Vec<u64>,
    /// Providers who have a place already.
    pub taken: Vec<Address>,
    /// Slots that are served already.
    pub serving: Vec<Serving>,
    /// None: stake is not asked for.
    pub sizing: Option<Sizing>,
}

impl Request {
    pub(crate) fn accepts_region(&self, region: u8) -> bool {
        let (word, bit) = (usize::from(region >> 6), region & 63);
        self.regions == [0; 4] || self.regions[word] >> bit & 1 == 1
    }

    pub(crate) fn needs_two_regions(&self) -> bool {
        self.availability_ppm > TWO_REGIONS_ABOVE_PPM
    }

    /// What is left for the offer.
    pub(crate) fn offer_price_max(&self) -> u128 {
        self.price_max.saturating_sub(self.royalty)
    }

    /// Price of a slot, a day, without royalties.
    pub(crate) fn slot_price(&self, price: u128) -> u128 {
        price * u128::from(self.units)
    }

    /// FLT that a slot at `price` locks; none without a price of FLT, or beyond what can be counted.
    pub fn slot_lock(&self, price: u128) -> Option<u128> {
        self.lock(price, BPS)
    }

    /// None, too, at a price at which nobody can stand by.
    pub fn standby_lock(&self, price: u128) -> Option<u128> {
        if price < STANDBY_PRICE_MIN {
            return None;
        }
        self.lock(price, u128::from(self.reserve_bps))
    }

    /// For `part`, in bps, of the value at stake.
    fn lock(&self, price: u128, part: u128) -> Option<u128> {
        let Some(sizing) = self.sizing else { return Some(0) };
        if sizing.low == 0 {
            return None;
        }
        let rate = U256::from(self.slot_price(price + self.royalty));
        let exposed = (rate * U256::from(sizing.exposed_seconds)).div_ceil(U256::from(DAY));
        let times = if self.payment_mode == METERED { 1 } else { ESCROW_TIMES };
        let value = exposed.min(U256::from(sizing.escrow) * U256::from(times));
        let value = (value * U256::from(part)).div_ceil(U256::from(BPS));
        let scaled = value * U256::from(self.coverage_bps) * U256::from(sizing.scale);
        scaled.div_ceil(U256::from(sizing.low) * U256::from(BPS)).try_into().ok()
    }
}

/// What a standby is paid a day whose slot price is `slot_price`.
pub fn retainer(slot_price: u128) -> u128 {
    (slot_price * RETAINER_BPS).div_ceil(BPS)
}
