//! Shares of time with 18 decimals, as `Availability.sol` multiplies them, and their logarithms, which only bounds use.

/// All of the time.
pub const ONE: u64 = 1_000_000_000_000_000_000;

const PPM: u64 = 1_000_000_000_000;

/// Fraction bits of a logarithm.
pub(crate) const BITS: u32 = 20;

/// Who serves where: replicas of one group count as one.
pub type Group = (u64, u8);

/// The most that a set may be down for a target in millionths.
pub fn most(availability_ppm: u32) -> u64 {
    ONE - u64::from(availability_ppm) * PPM
}

/// Share of time that all of a set is down: of each group the smallest counts once, and the product is taken in
/// ascending order and rounded up at each step.
pub fn combined(places: impl IntoIterator<Item = (Group, u64)>) -> u64 {
    let mut groups: Vec<(Group, u64)> = Vec::new();
    for (group, unavailability) in places {
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, least)) => *least = unavailability.min(*least),
            None => groups.push((group, unavailability)),
        }
    }
    let mut factors: Vec<u64> = groups.into_iter().map(|(_, unavailability)| unavailability.min(ONE)).collect();
    factors.sort_unstable();
    factors.into_iter().fold(ONE, product_up)
}

fn product_up(product: u64, factor: u64) -> u64 {
    let product = (u128::from(product) * u128::from(factor)).div_ceil(u128::from(ONE));
    u64::try_from(product).expect("a share of a share is at most one")
}

/// `log2(value)` with [`BITS`] of fraction, rounded down. The error of a lost bit doubles with each square, and stays
/// far below the last bit that is kept.
fn log_down(value: u64) -> u64 {
    let whole = value.max(1).ilog2();
    let mut mantissa = u128::from(value.max(1)) << (63 - whole);
    let mut log = u64::from(whole);
    for _ in 0..BITS {
        mantissa = (mantissa * mantissa) >> 63;
        let is_two = mantissa >> 64 != 0;
        log = log << 1 | u64::from(is_two);
        mantissa >>= u32::from(is_two);
    }
    log
}

/// How much a factor brings, never too little.
pub(crate) fn gain_up(unavailability: u64) -> i64 {
    if unavailability == 0 {
        return 64 << BITS;
    }
    signed(log_down(ONE) + 2 - log_down(unavailability.min(ONE)))
}

/// What has to be brought for `most`, never too much.
pub(crate) fn need_down(most: u64) -> i64 {
    signed(log_down(ONE)) - signed(log_down(most) + 2)
}

fn signed(log: u64) -> i64 {
    i64::try_from(log).expect("a logarithm is small")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(unavailability: u64, count: u8) -> u64 {
        combined((0..count).map(|region| ((0, region), unavailability)))
    }

    #[test]
    fn the_worked_examples_hold() {
        assert_eq!(ONE - alike(ONE / 5, 3), 992_000_000_000_000_000);
        assert_eq!(ONE - alike(ONE / 5, 4), 998_400_000_000_000_000);
        assert_eq!(ONE - alike(ONE / 5, 5), 999_680_000_000_000_000);
        assert_eq!(ONE - alike(ONE / 100, 2), 999_900_000_000_000_000);
    }

    #[test]
    fn a_group_counts_once_by_its_best() {
        let places = [((7, 1), ONE / 10), ((7, 1), ONE / 20), ((7, 2), ONE / 10), ((0, 1), ONE / 2)];
        assert_eq!(combined(places), ONE / 400);
        assert_eq!(combined([]), ONE);
    }

    #[test]
    fn every_step_is_rounded_up() {
        assert_eq!(combined([((0, 0), 1), ((0, 1), 1)]), 1);
        assert_eq!(combined([((0, 0), 0), ((0, 1), 1)]), 0);
    }

    #[test]
    fn logarithms_are_on_the_safe_side() {
        assert_eq!(log_down(1 << 40), 40 << BITS);
        assert_eq!(log_down(u64::MAX) >> BITS, 63);
        for exact in [ONE / 2, ONE / 4, ONE / 1_024, ONE / (1 << 18)] {
            let bits = i64::from((ONE / exact).ilog2()) << BITS;
            assert!((0..=3).contains(&(gain_up(exact) - bits)), "{exact}");
            assert!((0..=4).contains(&(bits - need_down(exact))), "{exact}");
        }
    }
}
