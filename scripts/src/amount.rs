//! Amounts: typed and printed in whole tokens, computed in smallest units, never rounded on the way.

use std::fmt;
use std::str::FromStr;

use alloy::primitives::U256;
use serde::{Serialize, Serializer};
use thiserror::Error;

pub const FLT_DECIMALS: u8 = 18;

/// More decimals than any token has: a longer fraction is a slip of the keyboard.
const SCALE_MAX: usize = 36;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AmountError {
    #[error("an amount is missing")]
    Empty,
    #[error("`{0}` is negative: amounts are zero or more")]
    Negative(String),
    #[error("`{0}` has a thousands separator: write plain digits and a decimal point, like 1000000.5")]
    Separator(String),
    #[error("`{0}` is not an amount: write plain digits and a decimal point, like 1000000.5")]
    NotDecimal(String),
    #[error("`{text}` has {have} decimals, but this token has {most}")]
    TooManyDecimals { text: String, have: usize, most: usize },
    #[error("`{0}` is more than the contracts can hold")]
    TooLarge(String),
}

/// A decimal number as it was typed, for a token whose decimals are known only later.
///
/// 1. `digits / 10^scale` is exactly what was typed.
/// 2. `scale <= 36`, so that scaling it cannot overflow silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    digits: U256,
    scale: usize,
}

impl Amount {
    /// Smallest units of a token with `decimals`.
    pub fn units(self, decimals: u8) -> Result<u128, AmountError> {
        let most = usize::from(decimals);
        if self.scale > most {
            return Err(AmountError::TooManyDecimals { text: self.to_string(), have: self.scale, most });
        }
        let factor = U256::from(10).pow(U256::from(most - self.scale));
        let units = self.digits.checked_mul(factor).and_then(|units| u128::try_from(units).ok());
        units.ok_or_else(|| AmountError::TooLarge(self.to_string()))
    }

    pub fn flt(self) -> Result<u128, AmountError> {
        self.units(FLT_DECIMALS)
    }

    /// Hundredths of a percent of a percentage: 12.5 is 1,250.
    pub fn percent(self) -> Result<u16, AmountError> {
        self.small(2)
    }

    /// Hundredths of a percent of a ratio: 3.0 is 30,000.
    pub fn ratio(self) -> Result<u16, AmountError> {
        self.small(4)
    }

    fn small(self, decimals: u8) -> Result<u16, AmountError> {
        u16::try_from(self.units(decimals)?).map_err(|_| AmountError::TooLarge(self.to_string()))
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let owned = || text.to_owned();
        if text.is_empty() {
            return Err(AmountError::Empty);
        }
        if text.starts_with('-') {
            return Err(AmountError::Negative(owned()));
        }
        if text.contains([',', '_', '\'', ' ', '\u{a0}', '\u{202f}']) {
            return Err(AmountError::Separator(owned()));
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) {
            return Err(AmountError::NotDecimal(owned()));
        }
        let fraction = if text.contains('.') { fraction } else { "" };
        let scale = fraction.len();
        if scale > SCALE_MAX {
            return Err(AmountError::TooManyDecimals { text: owned(), have: scale, most: SCALE_MAX });
        }
        let digits = U256::from_str_radix(&format!("{whole}{fraction}"), 10);
        Ok(Self { digits: digits.map_err(|_| AmountError::TooLarge(owned()))?, scale })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(self.digits, self.scale))
    }
}

/// Smallest units as a decimal number of whole tokens, exactly, without trailing zeros.
pub fn whole(units: u128, decimals: u8) -> String {
    decimal(U256::from(units), usize::from(decimals))
}

/// Hundredths of a percent as a percentage.
pub fn percent(bps: u64) -> String {
    whole(u128::from(bps), 2)
}

/// Hundredths of a percent as a ratio.
pub fn ratio(bps: u128) -> String {
    whole(bps, 4)
}

/// FLT/USD of the price guard, which has 8 decimals.
pub fn price(price: u64) -> String {
    whole(u128::from(price), 8)
}

fn decimal(digits: U256, scale: usize) -> String {
    let digits = format!("{digits:0>width$}", digits = digits.to_string(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// FLT in smallest units; shown in whole tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flt(pub u128);

/// Stablecoin in smallest units; shown in whole tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usd {
    pub units: u128,
    pub decimals: u8,
}

impl fmt::Display for Flt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&whole(self.0, FLT_DECIMALS))
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&whole(self.units, self.decimals))
    }
}

impl Serialize for Flt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How much of a position: an amount, or all of it, which has no round number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    All,
    Amount(u128),
}

impl FromStr for Part {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        if text == "all" { Ok(Self::All) } else { Ok(Self::Amount(text.parse::<Amount>()?.flt()?)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<u128, AmountError> {
        text.parse::<Amount>()?.units(6)
    }

    #[test]
    fn plain_numbers_are_exact() {
        assert_eq!(parse("1"), Ok(1_000_000));
        assert_eq!(parse("0.000001"), Ok(1));
        assert_eq!(parse("0012.5"), Ok(12_500_000));
        assert_eq!("1000000.5".parse::<Amount>().map(|amount| amount.to_string()), Ok("1000000.5".to_owned()));
    }

    #[test]
    fn every_slip_has_an_error_of_its_own() {
        let text = |error: &str| error.to_owned();
        assert_eq!(parse(""), Err(AmountError::Empty));
        assert_eq!(parse("-1"), Err(AmountError::Negative(text("-1"))));
        for separated in ["1,000", "1_000", "1 000", "1'000"] {
            assert_eq!(parse(separated), Err(AmountError::Separator(text(separated))));
        }
        for wrong in ["1e3", "0x10", ".5", "5.", "1.2.3", "+1", "ten", "٣"] {
            assert_eq!(parse(wrong), Err(AmountError::NotDecimal(text(wrong))));
        }
        let many = AmountError::TooManyDecimals { text: text("0.0000001"), have: 7, most: 6 };
        assert_eq!(parse("0.0000001"), Err(many));
        let large = "340282366920938463463374607431769";
        assert_eq!(parse("340282366920938463463374607431769"), Err(AmountError::TooLarge(text(large))));
        assert!(matches!(parse(&"9".repeat(100)), Err(AmountError::TooLarge(_))));
    }

    #[test]
    fn percentages_and_ratios_are_hundredths_of_a_percent() {
        let amount = |text: &str| text.parse::<Amount>().expect("it is a number");
        assert_eq!(amount("12.5").percent(), Ok(1_250));
        assert_eq!(amount("3.0").ratio(), Ok(30_000));
        assert!(matches!(amount("1000").percent(), Err(AmountError::TooLarge(_))));
        assert!(matches!(amount("12.505").percent(), Err(AmountError::TooManyDecimals { .. })));
    }

    #[test]
    fn a_part_is_an_amount_or_all() {
        assert_eq!("all".parse(), Ok(Part::All));
        assert_eq!("1.5".parse(), Ok(Part::Amount(1_500_000_000_000_000_000)));
        assert!("most".parse::<Part>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same_units(units: u128, decimals in 0_u8..=30) {
            let printed = whole(units, decimals);
            prop_assert_eq!(printed.parse::<Amount>().and_then(|amount| amount.units(decimals)), Ok(units));
        }

        #[test]
        fn no_text_panics(text in "\\PC*", decimals: u8) {
            let _ = text.parse::<Amount>().and_then(|amount| amount.units(decimals.min(36)));
        }
    }
}
