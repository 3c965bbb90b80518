//! What the solver says beside the set.

use matching::{Attribute, Criterion, Market, Offer, Provider, Reason, Request, Serving, Sizing, solve};

const BUDGET: u64 = 100_000;
const FIVE_PERCENT: u64 = 50_000_000_000_000_000;

fn provider(number: u8) -> Provider {
    Provider {
        address: [number; 20],
        free_stake: 1_000,
        first_loss_bps: 1_000,
        operators: vec![(u64::from(number), 1_000)],
        unavailability: FIVE_PERCENT,
        attributes: vec![Attribute { attribute: 1, level: 2, expiry: 500 }],
    }
}

fn offer(id: u64, provider: usize, region: u8, price: u128) -> Offer {
    Offer {
        id,
        provider,
        is_live: true,
        class: 0,
        region,
        units_free: 10,
        price,
        coverage_max_bps: 50_000,
        term_max_days: 14,
        duration_max_days: 100,
        payment_modes: 1,
        proof_kinds: 1,
        notice: 0,
        is_customer_accepted: true,
        is_application_accepted: true,
        is_key_accepted: true,
    }
}

/// Four providers, region 0 for the first two, then 1 and 2; each dearer than the one before.
fn market() -> Market {
    let offers = [(1, 0, 100), (2, 0, 110), (3, 1, 120), (4, 2, 130)];
    let offer = |(place, (id, region, price)): (usize, (u64, u8, u128))| offer(id, place, region, price);
    Market { providers: (1..=4).map(provider).collect(), offers: offers.into_iter().enumerate().map(offer).collect() }
}

fn request(slots: usize) -> Request {
    Request {
        units: 10,
        slots,
        price_max: 1_000,
        term_days: 7,
        duration_days: 28,
        coverage_bps: 30_000,
        reserve_bps: 2_000,
        until: 400,
        ..Request::default()
    }
}

fn ids(places: &[matching::Place]) -> Vec<u64> {
    places.iter().map(|place| place.offer).collect()
}

#[test]
fn the_cheapest_serve_and_the_next_stands_by() {
    let answer = solve(&market(), &Request { standbys: 1, ..request(2) }, BUDGET);
    let set = answer.set.expect("there are offers enough");
    assert_eq!((ids(&set.slots), ids(&set.standbys)), (vec![1, 2], vec![3]));
    assert_eq!(set.price, 1_000 + 1_100 + 24, "a retainer is 2 %");
    assert_eq!(answer.lower_bound, set.price);
    assert_eq!(answer.reasons, [None, None, None, Some(Reason::Dearer)]);
}

/// As `Matching` compares: what a deal pays to authors is not the provider's to ask for.
#[test]
fn an_offers_price_is_compared_with_what_royalties_leave() {
    let of = |price_max, royalty| solve(&market(), &Request { price_max, royalty, ..request(1) }, BUDGET);
    assert_eq!(ids(&of(110, 10).set.expect("a hundred is left").slots), [1]);
    let none = of(109, 10);
    assert!(none.set.is_none(), "99 are left, and the cheapest asks 100");
    assert_eq!(none.reasons, [Some(Reason::Price); 4]);
    assert_eq!(of(10, 20).reasons, [Some(Reason::Price); 4], "nothing is left");
}

#[test]
fn locks_are_sized_by_the_price_with_royalties_and_metered_ones_by_the_escrow_once() {
    let sizing = Sizing { exposed_seconds: 86_400, escrow: 500, scale: 1, low: 1 };
    let lock = |royalty, payment_mode| {
        let request = Request { royalty, payment_mode, sizing: Some(sizing), ..request(1) };
        request.slot_lock(100)
    };
    assert_eq!(lock(0, 0), Some(3 * 1_000));
    assert_eq!(lock(20, 0), Some(3 * 1_200), "the customer has the whole price at stake");
    assert_eq!(lock(20, 1), Some(3 * 500));
}

#[test]
fn a_circuits_key_is_accepted_by_each_offer_by_itself() {
    let mut market = market();
    market.offers[0].is_key_accepted = false;
    for offer in &mut market.offers {
        offer.proof_kinds = 0b1111;
    }
    let answer = solve(&market, &Request { proof_kind: 3, ..request(1) }, BUDGET);
    assert_eq!(answer.reasons[0], Some(Reason::VerificationKey));
    assert_eq!((Reason::VerificationKey.code(), Reason::of_code(19)), (Some(19), Some(Reason::VerificationKey)));
    assert_eq!(Reason::Provider.code(), None, "what only a set can say has no number");
    assert_eq!(ids(&answer.set.expect("the others accept it").slots), [2]);
    let other = solve(&market, &Request { proof_kind: 1, ..request(1) }, BUDGET);
    assert_eq!(ids(&other.set.expect("there are no keys to accept").slots), [1]);
}

#[test]
fn above_99_percent_two_regions_are_needed() {
    let answer = solve(&market(), &Request { availability_ppm: 990_000, ..request(2) }, BUDGET);
    assert_eq!(ids(&answer.set.expect("two sites of 95 % are 99.75 %").slots), [1, 2]);
    let answer = solve(&market(), &Request { availability_ppm: 995_000, ..request(2) }, BUDGET);
    assert_eq!(ids(&answer.set.expect("they are in two regions").slots), [1, 3]);
    assert_eq!(answer.reasons[1], Some(Reason::Availability), "cheaper than what was chosen");
}

#[test]
fn providers_that_no_attester_names_count_once_a_region() {
    let mut market = market();
    market.providers.iter_mut().for_each(|provider| provider.operators.clear());
    let answer = solve(&market, &Request { availability_ppm: 990_000, ..request(2) }, BUDGET);
    assert_eq!(ids(&answer.set.expect("there are three regions").slots), [1, 3]);
}

#[test]
fn an_attestation_has_to_outlive_the_term() {
    let late = Request { criteria: vec![(1, 2)], until: 501, ..request(1) };
    let answer = solve(&market(), &late, BUDGET);
    assert!(answer.set.is_none() && answer.is_proven);
    assert_eq!(answer.reasons, [Some(Reason::Attribute); 4]);
    let binding = answer.binding.first().expect("one criterion prevents it");
    assert_eq!((binding.criterion, binding.price), (Criterion::Offer(Reason::Attribute), 1_000));
    assert!(solve(&market(), &Request { until: 500, ..late }, BUDGET).set.is_some());
}

#[test]
fn a_target_that_nobody_meets_is_what_binds() {
    let answer = solve(&market(), &Request { availability_ppm: 999_999, ..request(4) }, BUDGET);
    assert!(answer.set.is_none() && answer.is_proven);
    assert_eq!(answer.binding.iter().map(|one| one.criterion).collect::<Vec<_>>(), [Criterion::Availability]);
}

#[test]
fn too_many_places_are_nobodys_criterion() {
    let answer = solve(&market(), &request(5), BUDGET);
    assert!(answer.set.is_none() && answer.is_proven && answer.binding.is_empty());
}

#[test]
fn a_standby_needs_a_fifth_of_the_stake() {
    let mut market = market();
    market.providers[0].free_stake = 100;
    // At $1 and coverage 3 a slot at 100 locks 3 * 100 * 10 = 3,000 for a day.
    let sizing = Sizing { exposed_seconds: 8_640, escrow: 1_000_000, scale: 100_000_000, low: 100_000_000 };
    let asked = Request { standbys: 1, sizing: Some(sizing), ..request(1) };
    assert_eq!((asked.slot_lock(100), asked.standby_lock(100)), (Some(300), Some(60)));
    let set = solve(&market, &asked, BUDGET).set.expect("the first stands by");
    assert_eq!((ids(&set.slots), ids(&set.standbys)), (vec![2], vec![1]));
    let alone = solve(&market, &Request { standbys: 0, ..asked.clone() }, BUDGET);
    assert_eq!(alone.reasons[0], Some(Reason::Stake));
    let unpriced = Request { sizing: Some(Sizing { low: 0, ..sizing }), ..asked };
    assert_eq!(solve(&market, &unpriced, BUDGET).reasons, [Some(Reason::Stake); 4]);
}

#[test]
fn who_serves_already_counts_and_has_no_second_place() {
    let serving = Serving { operator: 1, region: 0, unavailability: FIVE_PERCENT };
    let asked = Request { availability_ppm: 995_000, taken: vec![[1; 20]], serving: vec![serving], ..request(1) };
    let answer = solve(&market(), &asked, BUDGET);
    assert_eq!(ids(&answer.set.expect("another region").slots), [3]);
    assert_eq!(answer.reasons[0], Some(Reason::Provider));
}

#[test]
fn a_budget_that_ends_leaves_a_bound() {
    use matching::sample::{Chance, Shape, market, request};
    let mut cut = 0;
    for seed in 0..200 {
        let mut chance = Chance::new(seed);
        let shape = Shape { offers: 300, regions: 20, price_step: 10_000, fresh: 30, unfit: 10 };
        let market = market(&mut chance, &shape);
        let request = request(&mut chance, 5, 2, 20);
        let (short, long) = (solve(&market, &request, 2), solve(&market, &request, 1_000_000));
        let (Some(short_set), Some(long_set)) = (&short.set, &long.set) else { continue };
        assert!(long.is_proven && short.lower_bound <= long_set.price && long_set.price <= short_set.price);
        cut += u32::from(!short.is_proven);
    }
    assert!(cut > 10, "{cut} searches ran out of nodes");
}

/// Its grant would be refused, and the bond of whoever proposed it burned.
#[test]
fn nobody_stands_by_for_a_price_of_which_2_percent_would_be_rounded_far_up() {
    let mut market = market();
    let asked = Request { standbys: 1, ..request(1) };
    market.offers[2].price = 49;
    let set = solve(&market, &asked, BUDGET).set.expect("there are other standbys");
    assert_eq!((ids(&set.slots), ids(&set.standbys)), (vec![3], vec![1]), "it takes the slot");
    market.offers[3].price = 49;
    let set = solve(&market, &asked, BUDGET).set.expect("there are other standbys");
    assert_eq!((ids(&set.slots), ids(&set.standbys)), (vec![3], vec![1]));
    market.offers[3].price = 50;
    let set = solve(&market, &asked, BUDGET).set.expect("there are other standbys");
    assert_eq!((ids(&set.slots), ids(&set.standbys)), (vec![3], vec![4]));
}

#[test]
fn each_criterion_that_alone_prevents_a_set_binds() {
    let mut market = market();
    // The first two fail one criterion each, the others two.
    market.offers[0].class = 1;
    market.offers[1].units_free = 9;
    for offer in &mut market.offers[2..] {
        (offer.class, offer.units_free) = (1, 9);
    }
    let answer = solve(&market, &request(1), BUDGET);
    assert!(answer.set.is_none() && answer.is_proven);
    let binding: Vec<_> = answer.binding.iter().map(|binding| (binding.criterion, binding.price)).collect();
    assert_eq!(binding, [(Criterion::Offer(Reason::Class), 1_000), (Criterion::Offer(Reason::Units), 1_100)]);
    let answer = solve(&market, &request(2), BUDGET);
    assert_eq!(answer.binding, [], "no criterion alone keeps two slots empty");
}
