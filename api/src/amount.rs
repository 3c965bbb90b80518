//! Amounts between whole tokens, as people type and read them, and smallest units, as the chain counts them.
//! Text and integers only: no float touches money.

use alloy_primitives::U256;
use thiserror::Error;

/// Decimals of FLT, fixed by the token.
pub(crate) const FLT_DECIMALS: u8 = 18;
/// Decimals of ether, in which leaves are demanded.
pub(crate) const ETHER_DECIMALS: u8 = 18;
/// Decimals of FLT/USD in `PriceGuard`.
pub(crate) const PRICE_DECIMALS: u8 = 8;

/// Longer amounts do not fit 256 bits anyway, and short texts parse in bounded time.
const LENGTH_MAX: usize = 80;

#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum AmountError {
    #[error("`{0}` is not a decimal number such as 1000 or 0.25")]
    Malformed(String),
    #[error("`{0}` has more than {1} decimals")]
    TooPrecise(String, u8),
    #[error("`{0}` is too large")]
    TooLarge(String),
}

/// Reads whole tokens into smallest units.
pub(crate) fn parse(text: &str, decimals: u8) -> Result<U256, AmountError> {
    let malformed = || AmountError::Malformed(text.chars().take(LENGTH_MAX).collect());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || text.ends_with('.') || text.len() > LENGTH_MAX {
        return Err(malformed());
    }
    let places = usize::from(decimals);
    if fraction.len() > places {
        return Err(AmountError::TooPrecise(text.to_owned(), decimals));
    }
    let digits = format!("{whole}{fraction:0<places$}");
    U256::from_str_radix(&digits, 10).map_err(|_| AmountError::TooLarge(text.to_owned()))
}

/// Writes smallest units as whole tokens: exact, without trailing zeros.
pub(crate) fn show(amount: U256, decimals: u8) -> String {
    show_digits(&amount.to_string(), decimals)
}

/// As `show`, for an amount that is decimal text, as Postgres returns it.
pub(crate) fn show_digits(digits: &str, decimals: u8) -> String {
    let places = usize::from(decimals);
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// Ten to the `decimals`.
pub(crate) fn unit(decimals: u8) -> U256 {
    U256::from(10).pow(U256::from(decimals))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_tokens_are_read_exactly() {
        assert_eq!(parse("1.5", 6), Ok(U256::from(1_500_000)));
        assert_eq!(parse("0", 18), Ok(U256::ZERO));
        assert_eq!(parse("6000000", 18), Ok(U256::from(6_000_000) * unit(18)));
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "0x10", "١"] {
            assert!(matches!(parse(text, 6), Err(AmountError::Malformed(_))), "{text}");
        }
        assert!(matches!(parse("0.0000001", 6), Err(AmountError::TooPrecise(_, 6))));
        assert!(matches!(parse(&"9".repeat(79), 0), Err(AmountError::TooLarge(_))));
        assert!(matches!(parse(&"9".repeat(81), 0), Err(AmountError::Malformed(_))));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(limbs: [u64; 3], decimals in 0u8..=18) {
            let amount = U256::from_limbs([limbs[0], limbs[1], limbs[2], 0]);
            prop_assert_eq!(parse(&show(amount, decimals), decimals), Ok(amount));
        }
    }
}
