//! The solver beside a general one on markets that are too large to look at every set.
#![expect(
    clippy::float_arithmetic,
    reason = "the general solver counts in floats; what it finds is checked in integers"
)]

use std::collections::BTreeMap;

use matching::availability::{combined, most};
use matching::sample::{Chance, Shape, market, request};
use matching::{Market, Request, retainer, solve};
use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem, Variable};

const INSTANCES: u64 = 60;

/// What of an offer may be chosen: a slot, the slot that its operator and region owe their availability to, a standby.
struct Chosen {
    offer: usize,
    slot: Variable,
    primary: Variable,
    standby: Variable,
}

fn float(amount: u128) -> f64 {
    amount.to_string().parse().expect("digits are a number")
}

fn sum(terms: impl IntoIterator<Item = (Variable, f64)>) -> LinearExpr {
    let mut expression = LinearExpr::empty();
    terms.into_iter().for_each(|(variable, factor)| expression.add(variable, factor));
    expression
}

/// The price of the cheapest set by the general solver; none where its set misses the target by a rounding, or it gives up.
fn general(market: &Market, request: &Request) -> Option<u128> {
    let fits = |offer: &&usize| request.price_max >= market.offers[**offer].price + request.royalty;
    let all: Vec<usize> = (0..market.offers.len()).collect();
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let cost = |offer: usize| market.offers[offer].price * u128::from(request.units);
    let mut chosen = Vec::new();
    for offer in all.iter().filter(fits) {
        chosen.push(Chosen {
            offer: *offer,
            slot: problem.add_binary_var(float(cost(*offer))),
            primary: problem.add_binary_var(0.0),
            standby: problem.add_binary_var(float(retainer(cost(*offer)))),
        });
    }
    constrain(&mut problem, market, request, &chosen);
    let solution = problem.solve().ok()?.into_solution().ok()?;
    let is_in = |variable: Variable| solution.var_value(variable) > 0.5;
    let slots = chosen.iter().filter(|one| is_in(one.slot)).map(|one| &market.offers[one.offer]);
    let places = slots.clone().map(|offer| {
        let provider = &market.providers[offer.provider];
        ((provider.operator(request.until), offer.region), provider.unavailability)
    });
    if combined(places) > most(request.availability_ppm) {
        return None;
    }
    let of_slots = slots.map(|offer| offer.price * u128::from(request.units)).sum::<u128>();
    let standbys = chosen.iter().filter(|one| is_in(one.standby));
    Some(of_slots + standbys.map(|one| retainer(cost(one.offer))).sum::<u128>())
}

fn constrain(problem: &mut Problem, market: &Market, request: &Request, chosen: &[Chosen]) {
    let places = |count: usize| float(u128::try_from(count).expect("few"));
    problem.add_constraint(sum(chosen.iter().map(|one| (one.slot, 1.0))), ComparisonOp::Eq, places(request.slots));
    problem.add_constraint(
        sum(chosen.iter().map(|one| (one.standby, 1.0))),
        ComparisonOp::Eq,
        places(request.standbys),
    );
    let (mut providers, mut groups) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
    let mut regions = BTreeMap::<_, Vec<_>>::new();
    let mut gains = Vec::new();
    for one in chosen {
        let offer = &market.offers[one.offer];
        let provider = &market.providers[offer.provider];
        providers.entry(offer.provider).or_default().extend([(one.slot, 1.0), (one.standby, 1.0)]);
        groups.entry((provider.operator(request.until), offer.region)).or_default().push((one.primary, 1.0));
        regions.entry(offer.region).or_default().push((one.slot, 1.0));
        problem.add_constraint(sum([(one.primary, 1.0), (one.slot, -1.0)]), ComparisonOp::Le, 0.0);
        gains.push((one.primary, 18.0 - float(u128::from(provider.unavailability)).log10()));
    }
    for alone in providers.into_values().chain(groups.into_values()) {
        problem.add_constraint(sum(alone), ComparisonOp::Le, 1.0);
    }
    if request.availability_ppm > 0 {
        let need = 18.0 - float(u128::from(most(request.availability_ppm))).log10();
        problem.add_constraint(sum(gains), ComparisonOp::Ge, need);
    }
    if request.availability_ppm > 990_000 {
        for region in regions.into_values() {
            problem.add_constraint(sum(region), ComparisonOp::Le, places(request.slots - 1));
        }
    }
}

#[test]
fn a_general_solver_finds_nothing_cheaper() {
    let mut compared = 0;
    for seed in 0..INSTANCES {
        let mut chance = Chance::new(seed);
        let shape = Shape { offers: 30, regions: 6, price_step: 10_000, fresh: 30, unfit: 0 };
        let market = market(&mut chance, &shape);
        let slots = 2 + usize::try_from(chance.below(5)).expect("small");
        let mut request = request(&mut chance, slots, usize::try_from(seed % 3).expect("small"), shape.regions);
        // Criteria of single offers are not what this compares.
        request = Request {
            regions: [0; 4],
            criteria: Vec::new(),
            first_loss_min_bps: 0,
            serving: Vec::new(),
            sizing: None,
            ..request
        };
        let answer = solve(&market, &request, 1_000_000);
        assert!(answer.is_proven, "seed {seed}");
        let ours = answer.set.map(|set| set.price);
        if let Some(theirs) = general(&market, &request) {
            assert_eq!(ours, Some(theirs), "seed {seed}");
            compared += 1;
        }
    }
    assert!(compared > INSTANCES / 2, "only {compared} could be compared");
}
