//! Chain times for people: RFC 3339 in UTC, and spans in days and hours.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub const DAY: u64 = 86_400;

/// Seconds since 1970 as RFC 3339; a time past the year 9999 stays a number.
pub fn timestamp(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    moment.and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_else(|| seconds.to_string())
}

/// A time that may be unset, which contracts write as zero.
pub fn maybe_timestamp(seconds: u64) -> Option<String> {
    (seconds > 0).then(|| timestamp(seconds))
}

/// Reads RFC 3339, a date, or seconds since 1970.
pub fn parse_timestamp(text: &str) -> Result<u64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let moment = OffsetDateTime::parse(&full, &Rfc3339).ok();
    let seconds = moment.and_then(|moment| u64::try_from(moment.unix_timestamp()).ok());
    seconds
        .ok_or_else(|| format!("`{text}` is not a time: write 2026-05-01, 2026-05-01T12:00:00Z or seconds since 1970"))
}

/// Reads a span such as 30m, 12h or 2d.
pub fn parse_span(text: &str) -> Result<u64, String> {
    let slip = || format!("`{text}` is not a span: write 90s, 30m, 12h or 2d");
    let unit = text.chars().last().ok_or_else(slip)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => DAY,
        _ => return Err(slip()),
    };
    let count: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| slip())?;
    count.checked_mul(factor).ok_or_else(slip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        assert_eq!(timestamp(1_777_593_600), "2026-05-01T00:00:00Z");
        assert_eq!(parse_timestamp("2026-05-01"), Ok(1_777_593_600));
        assert_eq!(parse_timestamp(&timestamp(1_777_593_601)), Ok(1_777_593_601));
        assert_eq!(timestamp(u64::MAX), u64::MAX.to_string());
        assert!(parse_timestamp("tomorrow").is_err());
        assert_eq!(maybe_timestamp(0), None);
    }

    #[test]
    fn spans_have_a_unit() {
        assert_eq!(parse_span("2d"), Ok(2 * DAY));
        assert_eq!(parse_span("30m"), Ok(1_800));
        for wrong in ["", "2", "d", "-1d", "1y", "2é", "99999999999999999999d"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
    }
}
