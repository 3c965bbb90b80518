//! Finding the cheapest set among many offers, on one core; beside it plain enumeration of markets of the same kind that
//! are small enough for it.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use matching::sample::{Chance, Shape, market, request};
use matching::{Market, Request, oracle, solve};

use super::{Figure, at, thousandths};

/// Regions of the world, and prices in whole cents: providers think so, and it makes many cost the same.
const REGIONS: u64 = 200;
const CENT: u64 = 10_000;
/// Of a hundred providers, so many have no record yet.
const FRESH: u64 = 30;
/// Of a hundred offers, so many fail the one or other criterion.
const UNFIT: u64 = 20;
/// Sets that a search may look at before it answers with a bound instead of a proof.
const NODES: u64 = 200_000;
/// Markets that are compared with the oracle, in each case.
const COMPARED: u64 = 2_000;

pub fn run(requests: u64) -> Result<()> {
    case("offers_10000", 10_000, requests)?;
    case("offers_100000", 100_000, requests.div_ceil(5))
}

fn shape(offers: usize) -> Shape {
    Shape { offers, regions: REGIONS, price_step: CENT, fresh: FRESH, unfit: UNFIT }
}

fn case(case: &str, offers: usize, requests: u64) -> Result<()> {
    ensure!(requests > 0, "no requests, no figures");
    let mut chance = Chance::new(u64::try_from(offers)?);
    let market = market(&mut chance, &shape(offers));
    let (mut times, mut unproven) = (Vec::new(), 0_u64);
    for number in 0..requests {
        let request = wish(&mut chance, number)?;
        let begin = Instant::now();
        let answer = black_box(solve(black_box(&market), &request, NODES));
        times.push(begin.elapsed());
        unproven += u64::from(!answer.is_proven);
    }
    times.sort_unstable();
    let print = |metric, value, unit| Figure { bench: "matching", case, metric, value, unit }.print();
    print("p50_ms", thousandths(at(&times, 50).as_micros())?, "ms")?;
    print("p99_ms", thousandths(at(&times, 99).as_micros())?, "ms")?;
    print("unproven", unproven.into(), "1")?;
    let (mismatches, sets) = compare(offers)?;
    print("mismatches", mismatches.into(), "1")?;
    print("compared", COMPARED.into(), "1")?;
    print("sets", sets.into(), "1")
}

/// From 1 to 16 slots, from none to 4 standbys.
fn wish(chance: &mut Chance, number: u64) -> Result<Request> {
    let (slots, standbys) = (1 + number % 16, number % 5);
    Ok(request(chance, usize::try_from(slots)?, usize::try_from(standbys)?, REGIONS))
}

/// How many answers differ from the oracle's in price or availability of a set, and how many have a set at all.
fn compare(seed: usize) -> Result<(u64, u64)> {
    let mut chance = Chance::new(u64::try_from(seed)? + 1);
    let (mut mismatches, mut sets) = (0, 0);
    for number in 0..COMPARED {
        let (market, request) = small(&mut chance, number)?;
        let answer = solve(&market, &request, NODES);
        let best = oracle::enumerate(&market, &request).map(|(price, ..)| price);
        let found = answer.set.map(|set| set.price);
        mismatches +=
            u64::from(found != best || !answer.is_proven || best.is_some_and(|best| best != answer.lower_bound));
        sets += u64::from(best.is_some());
    }
    Ok((mismatches, sets))
}

/// A market of the same kind, cut to what can be enumerated.
fn small(chance: &mut Chance, number: u64) -> Result<(Market, Request)> {
    let shape = Shape { regions: 2 + number % 8, ..shape(8 + usize::try_from(number % 7)?) };
    let market = market(chance, &shape);
    let request = request(chance, usize::try_from(1 + number % 5)?, usize::try_from(number % 3)?, shape.regions);
    Ok((market, request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_agrees() -> Result<()> {
        let (mismatches, sets) = compare(0)?;
        assert_eq!(mismatches, 0);
        assert!(sets > COMPARED / 4, "only {sets} of {COMPARED} requests can be met");
        Ok(())
    }
}
