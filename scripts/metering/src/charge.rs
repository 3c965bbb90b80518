//! What one invocation costs.

use alloy_primitives::aliases::U96;

/// Memory that comes with each core of a unit.
pub const UNIT_MIB: u32 = 4_096;

pub const MILLISECONDS_PER_DAY: u64 = 86_400_000;

/// Thousandths of a unit, times milliseconds, in a unit-day.
const PARTS_PER_UNIT_DAY: u128 = MILLISECONDS_PER_DAY as u128 * 1_000;

/// Thousandths of a unit that an invocation keeps from others, rounded up: whichever of cores and memory is more.
pub fn milliunits(millicores: u32, memory_mib: u32) -> u32 {
    let memory = (u64::from(memory_mib) * 1_000).div_ceil(UNIT_MIB.into());
    // A thousand is less than the MiB of a unit, so what fitted before fits after.
    millicores.max(u32::try_from(memory).unwrap_or(u32::MAX))
}

/// `ceil(price * milliunits * duration_ms / (86,400,000 * 1,000))`: `price` is the slot's, royalties included, in
/// smallest units per unit-day.
///
/// It fits for every price that a contract can hold: the quotient of the division below is less than 2^60, its
/// remainder less than 2^37, and `milliunits * duration_ms` less than 2^64.
pub fn charge(price: U96, milliunits: u32, duration_ms: u32) -> u128 {
    let used = u128::from(milliunits) * u128::from(duration_ms);
    let price: u128 = price.to();
    let (whole, rest) = (price / PARTS_PER_UNIT_DAY, price % PARTS_PER_UNIT_DAY);
    whole * used + (rest * used).div_ceil(PARTS_PER_UNIT_DAY)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_unit_for_a_day_costs_its_price() {
        let price = U96::from(1_200_000);
        assert_eq!(charge(price, 1_000, 86_400_000), 1_200_000);
        assert_eq!(charge(price, 1_000, 43_200_000), 600_000);
        assert_eq!(charge(price, 250, 86_400_000), 300_000);
    }

    #[test]
    fn what_was_used_is_never_free_and_what_was_not_is() {
        assert_eq!(charge(U96::from(1), 1, 1), 1);
        assert_eq!(charge(U96::ZERO, u32::MAX, u32::MAX), 0);
        assert_eq!(charge(U96::MAX, 0, u32::MAX), 0);
        assert_eq!(charge(U96::MAX, u32::MAX, 0), 0);
    }

    #[test]
    fn cores_and_memory_count_by_what_runs_out_first() {
        for (millicores, memory_mib, wanted) in [
            (1_000, 0, 1_000),
            (1_000, 4_096, 1_000),
            (1_000, 4_097, 1_001),
            (250, 2_048, 500),
            (0, 1, 1),
            (2_000, 4_096, 2_000),
            (0, u32::MAX, 1_048_576_000),
            (u32::MAX, u32::MAX, u32::MAX),
        ] {
            assert_eq!(milliunits(millicores, memory_mib), wanted, "{millicores} and {memory_mib} MiB");
        }
    }

    proptest! {
        #[test]
        fn it_is_the_formula_of_any_width(
            price in prop_oneof![0..=u128::from(u64::MAX), (u128::MAX >> 33)..=(u128::MAX >> 32)],
            milliunits: u32,
            duration: u32,
        ) {
            let price = U96::from(price);
            let parts = U256::from(price) * U256::from(milliunits) * U256::from(duration);
            let wanted = parts.div_ceil(U256::from(86_400_000_000_u64));
            prop_assert_eq!(U256::from(charge(price, milliunits, duration)), wanted);
        }

        #[test]
        fn splitting_an_invocation_never_makes_it_cheaper(price: u64, milliunits: u32, one: u16, other: u16) {
            let price = U96::from(price);
            let parts = charge(price, milliunits, one.into()) + charge(price, milliunits, other.into());
            let whole = charge(price, milliunits, u32::from(one) + u32::from(other));
            prop_assert!(whole <= parts && parts <= whole + 1);
        }
    }
}
