//! Numbers as people read them.

use scripts::amount::{Flt, Usd, whole};

const FLT_DECIMALS: u8 = 18;

/// `1234567.5` as `1,234,567.5`.
pub(super) fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// FLT to a hundredth: a story is no ledger.
pub(super) fn flt(amount: Flt) -> String {
    format!("{} FLT", grouped(&whole(amount.0 / 10_u128.pow(u32::from(FLT_DECIMALS) - 2), 2)))
}

/// Dollars to the cent.
pub(super) fn usd(amount: Usd) -> String {
    let cents = amount.units / 10_u128.pow(u32::from(amount.decimals) - 2);
    format!("${}.{:02}", grouped(&(cents / 100).to_string()), cents % 100)
}

/// Ten-thousandths of a dollar, all of them.
pub(super) fn exact_usd(ten_thousandths: u128) -> String {
    format!("${}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000)
}

/// A count with its noun.
pub(super) fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    match count.try_into() {
        Ok(1) => format!("1 {noun}"),
        Ok(count) => format!("{} {noun}s", grouped(&count.to_string())),
        Err(_) => format!("many {noun}s"),
    }
}

/// Hundredths of a percent.
pub(super) fn percent(bps: u16) -> String {
    format!("{} %", whole(u128::from(bps), 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_cut() {
        assert_eq!(grouped("1234567.5"), "1,234,567.5");
        assert_eq!((grouped("123"), grouped("1234")), ("123".to_owned(), "1,234".to_owned()));
        assert_eq!(flt(Flt(6_000_220_800_000_000_000_000_000)), "6,000,220.8 FLT");
        assert_eq!(usd(Usd { units: 1_000_036_809_999, decimals: 6 }), "$1,000,036.80");
        assert_eq!(percent(3_300), "33 %");
    }
}
