//! Markets and requests by chance, for tests and benches: the same seed gives the same.

use crate::availability::ONE;
use crate::market::{Attribute, Market, Offer, Provider};
use crate::request::{Request, Serving, Sizing};

/// `SplitMix64`: small, and good enough to make up a market.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn among(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// In `times` of a hundred.
    pub fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    fn small<T: TryFrom<u64>>(&mut self, end: u64) -> T
    where
        T::Error: std::fmt::Debug,
    {
        T::try_from(self.below(end)).expect("the end fits")
    }
}

/// What kind of market.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub offers: usize,
    pub regions: u64,
    /// Prices are multiples of this: a coarse one makes offers that cost the same.
    pub price_step: u64,
    /// Of a hundred providers, so many have never served and count as down for 5 % of the time.
    pub fresh: u64,
    /// Of a hundred offers, so many fail some criterion.
    pub unfit: u64,
}

pub fn market(chance: &mut Chance, shape: &Shape) -> Market {
    let mut market = Market::default();
    while market.offers.len() < shape.offers {
        let maker = market.providers.len();
        market.providers.push(provider(chance, shape, maker));
        let count = [1, 1, 2, 3][usize::try_from(chance.below(4)).expect("below four")];
        for _ in 0..count.min(shape.offers - market.offers.len()) {
            let id = u64::try_from(market.offers.len() + 1).expect("offers fit in memory");
            market.offers.push(offer(chance, shape, id, maker));
        }
    }
    market
}

fn provider(chance: &mut Chance, shape: &Shape, number: usize) -> Provider {
    let number = u64::try_from(number).expect("providers fit in memory");
    let mut address = [0; 20];
    address[12..].copy_from_slice(&(number + 1).to_be_bytes());
    let unavailability = if chance.percent(shape.fresh) {
        ONE / 20
    } else if chance.percent(90) {
        chance.among(ONE / 100, ONE / 12)
    } else {
        chance.among(ONE / 12, ONE / 2)
    };
    let attributes = (1..=6).filter(|_| chance.percent(60)).map(|attribute| Attribute {
        attribute,
        level: u8::try_from(1 + number % 3).expect("a level"),
        expiry: 10_000_000,
    });
    Provider {
        address,
        attributes: attributes.collect(),
        free_stake: if chance.percent(shape.unfit) { u128::from(chance.below(3)) << 60 } else { 1 << 120 },
        first_loss_bps: chance.small(5_000),
        operators: if chance.percent(70) { vec![(number / 2 + 1, 10_000_000)] } else { Vec::new() },
        unavailability,
    }
}

fn offer(chance: &mut Chance, shape: &Shape, id: u64, provider: usize) -> Offer {
    let step = shape.price_step;
    let price = chance.among(600_000, 1_400_000).div_ceil(step) * step;
    Offer {
        id,
        provider,
        is_live: !chance.percent(shape.unfit / 4),
        class: u8::from(chance.percent(shape.unfit / 4)),
        region: chance.small(shape.regions),
        units_free: if chance.percent(shape.unfit / 4) { 1 } else { 1_000 },
        price: u128::from(price),
        coverage_max_bps: if chance.percent(shape.unfit / 4) { 20_000 } else { 50_000 },
        term_max_days: 14,
        duration_max_days: if chance.percent(shape.unfit / 4) { 14 } else { 3_650 },
        payment_modes: 1,
        proof_kinds: 9,
        notice: if chance.percent(shape.unfit / 4) { 86_400 } else { 3_600 },
        is_customer_accepted: !chance.percent(shape.unfit / 8),
        is_application_accepted: true,
        is_key_accepted: !chance.percent(shape.unfit / 8),
    }
}

/// For `slots` and `standbys` places; most have a target, some criteria.
pub fn request(chance: &mut Chance, slots: usize, standbys: usize, regions: u64) -> Request {
    let targets = [0, 900_000, 990_000, 995_000, 999_000, 999_900, 999_990, 999_999];
    let last = if slots >= 5 { 7 } else { (slots * 2).min(7) };
    let target = chance.below(u64::try_from(last + 1).expect("small"));
    let mut request = Request {
        units: u32::try_from(chance.among(1, 40)).expect("small"),
        slots,
        standbys,
        royalty: if chance.percent(30) { u128::from(chance.among(1, 400_000)) } else { 0 },
        proof_kind: if chance.percent(30) { 3 } else { 0 },
        price_max: if chance.percent(20) { 1_200_000 } else { 2_000_000 },
        term_days: 7,
        duration_days: 28,
        first_loss_min_bps: if chance.percent(30) { 500 } else { 0 },
        coverage_bps: 30_000,
        reserve_bps: if chance.percent(50) { 2_000 } else { 10_000 },
        availability_ppm: targets[usize::try_from(target).expect("small")],
        notice: 7_200,
        until: 1_000_000,
        sizing: Some(Sizing {
            exposed_seconds: 7 * 86_400,
            escrow: 100_000_000,
            scale: 10_u128.pow(20),
            low: 50_000_000,
        }),
        ..Request::default()
    };
    if chance.percent(30) {
        request.regions = [chance.next() | 1, chance.next(), chance.next(), chance.next()];
    }
    if chance.percent(30) {
        request.criteria = vec![(chance.small(6), 1)];
        request.criteria[0].0 += 1;
    }
    if slots > 0 && chance.percent(15) {
        let region = chance.small(regions);
        request.serving = vec![Serving { operator: chance.below(4), region, unavailability: ONE / 20 }];
    }
    request
}
