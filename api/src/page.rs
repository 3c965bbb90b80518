//! Query strings and pages: what every list takes (`limit`, `cursor`, `sort`, `min_seq`) and answers.
//!
//! A cursor is the key of the last row that the caller has, so a page costs the same wherever it is, and rows that
//! come or go do not shift the rest. It is bound to the path, the sort and the filters that made it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use time::serde::rfc3339;
use time::{OffsetDateTime, UtcOffset};
use utoipa::{IntoParams, ToSchema};

use crate::error::{Error, Result};

pub(crate) const LIMIT_MAX: i64 = 200;
pub(crate) const LIMIT_DEFAULT: i64 = 50;
/// Characters of a sort value: enough for a 256-bit amount with its fraction.
const DECIMAL_MAX: usize = 200;
/// Parameters that choose no other list.
const FREE: [&str; 3] = ["limit", "cursor", "min_seq"];
/// Characters of a cursor.
const CURSOR_MAX: usize = 600;

/// A time of a filter. Of some in the year 9999 it is another one in UTC, which nothing can write.
pub(crate) fn instant<'de, D: Deserializer<'de>>(input: D) -> std::result::Result<Option<OffsetDateTime>, D::Error> {
    let in_utc = |time: OffsetDateTime| {
        time.checked_to_offset(UtcOffset::UTC)
            .ok_or_else(|| D::Error::custom("this time is beyond the year 9999 in UTC"))
    };
    rfc3339::option::deserialize(input)?.map(in_utc).transpose()
}

/// Parameters of every list.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only describes to OpenAPI what `List` reads by name")]
pub(crate) struct Paging {
    /// Most items to answer, 1 to 200, 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before: answers what follows it. Valid for the same path, sort and filters only.
    cursor: Option<String>,
    /// Waits until this journal entry is visible.
    #[param(minimum = 0)]
    min_seq: Option<i64>,
}

/// The parameter of every route.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only describes to OpenAPI what `Snapshot` reads by name")]
pub(crate) struct Waiting {
    /// Waits until this journal entry is visible.
    #[param(minimum = 0)]
    min_seq: Option<i64>,
}

/// No parameters of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// The cursor of the next page; null on the last one.
    next: Option<String>,
    /// How many items the filters leave, on all pages.
    total: i64,
}

/// An item that a page may end with.
pub(crate) trait Keyed {
    /// Sort value, as decimal text, and identity: together they order the list strictly.
    fn key(&self) -> Key;
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) value: String,
    pub(crate) id: String,
}

impl Key {
    pub(crate) fn new(value: impl ToString, id: impl ToString) -> Self {
        Self { value: value.to_string(), id: id.to_string() }
    }
}

/// A cursor's key with its identity parsed; both absent on the first page.
#[derive(Debug)]
pub(crate) struct After<I> {
    pub(crate) value: Option<String>,
    pub(crate) id: Option<I>,
}

/// What a list was asked for.
#[derive(Debug)]
pub(crate) struct List<F> {
    pub(crate) filters: F,
    /// How many items to fetch: one more than the page holds, to know whether another follows.
    pub(crate) fetch: i64,
    /// Hash of path, sort and filters: cursors and totals belong to it.
    pub(crate) binding: u64,
    sort: Option<String>,
    after: Option<Key>,
}

impl<F> List<F> {
    /// The sort asked for, the first of `known` if none.
    pub(crate) fn sort(&self, known: &'static [&'static str]) -> Result<&'static str> {
        let Some(asked) = &self.sort else {
            return Ok(known.first().copied().unwrap_or_default());
        };
        known.iter().find(|sort| *sort == asked).copied().ok_or_else(|| {
            Error::parameter("sort", format!("there is no sort `{asked}` here; sorts are {}", known.join(", ")))
        })
    }

    pub(crate) fn after<I: FromStr>(&self) -> Result<After<I>> {
        let Some(key) = &self.after else {
            return Ok(After { value: None, id: None });
        };
        let id = key.id.parse().map_err(|_| Error::BadCursor("this cursor was not made by this list"))?;
        Ok(After { value: Some(key.value.clone()), id: Some(id) })
    }

    /// As `after`, for lists whose sort value is a block or a day, which Postgres holds in 63 bits.
    pub(crate) fn after_count<I: FromStr>(&self) -> Result<After<I>> {
        let after = self.after()?;
        let is_count = |value: &String| value.parse::<u64>().is_ok_and(|count| i64::try_from(count).is_ok());
        match &after.value {
            Some(value) if !is_count(value) => Err(Error::BadCursor("this cursor was not made by this list")),
            Some(_) | None => Ok(after),
        }
    }

    /// Block and log index that a page of facts begins after. Without a cursor they are an end of the list, so that
    /// statements say the same for every page.
    pub(crate) fn after_fact(&self, sort: &str) -> Result<(i64, i32)> {
        let after = self.after_count::<i32>()?;
        let block = after.value.map(|block| block.parse()).transpose();
        let block = block.map_err(|_| Error::BadCursor("this cursor was not made by this list"))?;
        let end = if sort == "block" { (-1, -1) } else { (i64::MAX, i32::MAX) };
        Ok(block.zip(after.id).unwrap_or(end))
    }

    /// Cuts what was fetched to one page.
    pub(crate) fn page<T: Keyed>(&self, mut items: Vec<T>, total: i64) -> Page<T> {
        let limit = usize::try_from(self.fetch - 1).expect("a limit is 1 to 200");
        let has_next = items.len() > limit;
        items.truncate(limit);
        let next = if has_next { items.last().map(|item| encode(self.binding, &item.key())) } else { None };
        Page { items, next, total }
    }
}

/// Where a list is from: cursors are of one chain.
pub(crate) trait Origin {
    fn chain(&self) -> i64;
}

impl<S: Origin + Sync, F: DeserializeOwned> FromRequestParts<S> for List<F> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, origin: &S) -> Result<Self> {
        let mut query = Split::of(&parts.uri)?;
        let binding = query.binding(origin.chain(), parts.uri.path());
        let limit = query.take("limit").map_or(Ok(LIMIT_DEFAULT), |text| limit_of(&text))?;
        let after = query.take("cursor").map(|text| decode(binding, &text)).transpose()?;
        let sort = query.take("sort");
        query.take("min_seq");
        Ok(Self { filters: query.rest()?, fetch: limit + 1, binding, sort, after })
    }
}

/// What a route that is no list was asked for.
#[derive(Debug)]
pub(crate) struct Asked<F>(pub(crate) F);

impl<S: Sync, F: DeserializeOwned> FromRequestParts<S> for Asked<F> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let mut query = Split::of(&parts.uri)?;
        query.take("min_seq");
        query.rest().map(Self)
    }
}

/// Reads `min_seq`, which every route takes.
pub(crate) fn min_seq_of(uri: &Uri) -> Result<Option<i64>> {
    let Some(text) = Split::of(uri)?.take("min_seq") else { return Ok(None) };
    let seq = text.parse().ok().filter(|seq| *seq >= 0);
    seq.map(Some).ok_or_else(|| Error::parameter("min_seq", format!("`{text}` is not the number of a journal entry")))
}

/// Whether more is asked for than a page of all there is.
pub(crate) fn has_filters(uri: &Uri) -> Result<bool> {
    Ok(Split::of(uri)?.pairs.iter().any(|(name, _)| name != "sort" && !FREE.contains(&name.as_str())))
}

fn limit_of(text: &str) -> Result<i64> {
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| Error::parameter("limit", format!("`{text}` is not a number from 1 to {LIMIT_MAX}")))
}

/// The pairs of a query string.
struct Split {
    pairs: Vec<(String, String)>,
}

impl Split {
    fn of(uri: &Uri) -> Result<Self> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Error::parameter("", "the query string is not `name=value` pairs"))?;
        let mut names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::parameter(twice[0], format!("`{}` is given twice", twice[0])));
        }
        Ok(Self { pairs })
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(key, _)| key == name)?;
        Some(self.pairs.swap_remove(at).1)
    }

    /// What a cursor and a total depend on.
    fn binding(&self, chain: i64, path: &str) -> u64 {
        let mut bound: Vec<_> = self.pairs.iter().filter(|(name, _)| !FREE.contains(&name.as_str())).collect();
        bound.sort();
        hash_of(&(chain, path, bound))
    }

    /// What is left are the route's own parameters.
    fn rest<F: DeserializeOwned>(self) -> Result<F> {
        let names: Vec<String> = self.pairs.iter().map(|(name, _)| name.clone()).collect();
        let encoded: String =
            self.pairs.iter().map(|(name, value)| format!("&{}={}", escape(name), escape(value))).collect();
        let uri: Uri = format!("/?{}", encoded.trim_start_matches('&'))
            .parse()
            .map_err(|_| Error::parameter("", "the query string is too long"))?;
        Query::try_from_uri(&uri)
            .map(|Query(filters)| filters)
            .map_err(|rejection| explain(&names, &rejection.body_text()))
    }
}

/// Says which parameter a deserializer's complaint is about.
fn explain(names: &[String], complaint: &str) -> Error {
    let complaint = complaint.trim_start_matches("Failed to deserialize query string: ");
    if let Some(unknown) = names.iter().find(|name| complaint.contains(&format!("unknown field `{name}`"))) {
        return Error::parameter(unknown, format!("there is no query parameter `{unknown}` here"));
    }
    let quoted = complaint.split('`').nth(1).filter(|_| complaint.contains("missing field"));
    match (quoted, complaint.split_once(": ")) {
        (Some(missing), _) => Error::parameter(missing, format!("`{missing}` is missing")),
        (None, Some((name, reason))) if names.iter().any(|known| known == name) => Error::parameter(name, reason),
        (None, _) => Error::parameter("", complaint),
    }
}

/// Percent-encodes all but letters and digits.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

fn encode(binding: u64, key: &Key) -> String {
    let text = format!("{binding:016x}{:016x}{}|{}", hash_of(&(binding, &key.value, &key.id)), key.value, key.id);
    URL_SAFE_NO_PAD.encode(text)
}

fn decode(binding: u64, cursor: &str) -> Result<Key> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if cursor.is_empty() || cursor.len() > CURSOR_MAX || !cursor.bytes().all(is_plain) {
        return Err(Error::parameter("cursor", "a cursor is letters, digits, `-` and `_`"));
    }
    let malformed = || Error::BadCursor("this is not a cursor of this API");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| malformed())?;
    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
    let (head, key) = text.split_at_checked(32).ok_or_else(malformed)?;
    let (bound, check) = head.split_at_checked(16).ok_or_else(malformed)?;
    let (value, id) = key.split_once('|').ok_or_else(malformed)?;
    let key = Key::new(value, id);
    if check
        != format!("{:016x}", hash_of(&(u64::from_str_radix(bound, 16).map_err(|_| malformed())?, &key.value, &key.id)))
    {
        return Err(malformed());
    }
    if bound != format!("{binding:016x}") {
        return Err(Error::BadCursor("this cursor belongs to another list, sort or filter"));
    }
    if is_decimal(value) { Ok(key) } else { Err(malformed()) }
}

/// Whether Postgres can read it as a number, as it wrote it: anybody can make a cursor whose check fits.
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    text.len() <= DECIMAL_MAX && digits(whole) && digits(fraction)
}

/// SipHash with fixed keys: the same in every process of one build, which is as long as a cursor lives.
pub(crate) fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Origin for i64 {
        fn chain(&self) -> i64 {
            *self
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filters {
        class: Option<i16>,
    }

    async fn list(uri: &str) -> Result<List<Filters>> {
        let (mut parts, ()) = axum::http::Request::get(uri).body(()).expect("a uri").into_parts();
        List::from_request_parts(&mut parts, &31_337).await
    }

    #[tokio::test]
    async fn a_query_string_is_read_whole() {
        let list = list("/v1/offers?class=1&limit=7&sort=-price&min_seq=3").await.expect("well formed");
        assert_eq!((list.filters.class, list.fetch, list.sort.as_deref()), (Some(1), 8, Some("-price")));
    }

    #[tokio::test]
    async fn what_is_wrong_is_named() {
        for (uri, parameter) in [
            ("/?colour=red", "colour"),
            ("/?class=red", "class"),
            ("/?limit=0", "limit"),
            ("/?limit=201", "limit"),
            ("/?limit=ten", "limit"),
            ("/?class=1&class=2", "class"),
        ] {
            match list(uri).await {
                Err(Error::BadParameter { parameter: named, .. }) => assert_eq!(named, parameter, "{uri}"),
                other => panic!("{uri} gave {other:?}"),
            }
        }
        assert!(matches!(list("/?cursor=nonsense").await, Err(Error::BadCursor(_))));
        assert!(matches!(list("/?cursor=").await, Err(Error::BadParameter { .. })));
        assert!(matches!(list("/?cursor=a%27b").await, Err(Error::BadParameter { .. })));
        let unsorted = list("/?sort=colour").await.expect("a sort is checked by its list");
        assert!(matches!(unsorted.sort(&["price"]), Err(Error::BadParameter { .. })));
    }

    #[tokio::test]
    async fn a_cursor_belongs_to_its_sort_and_filters() {
        let first = list("/?class=1&sort=price&limit=1").await.expect("well formed");
        let cursor = encode(first.binding, &Key::new("12.5", 9));
        let next = list(&format!("/?limit=20&sort=price&class=1&cursor={cursor}")).await.expect("same list");
        assert_eq!(next.after, Some(Key::new("12.5", 9)));
        let uri: Uri = format!("/?limit=20&sort=price&class=1&cursor={cursor}").parse().expect("a URI");
        let (mut elsewhere, ()) = axum::http::Request::get(uri).body(()).expect("a request").into_parts();
        let refused = List::<Filters>::from_request_parts(&mut elsewhere, &1).await;
        assert!(matches!(refused, Err(Error::BadCursor(_))), "a cursor of another chain");
        for other in ["/?class=2&sort=price", "/?class=1&sort=-price", "/?class=1", "/other?class=1&sort=price"] {
            let uri = format!("{other}&cursor={cursor}");
            assert!(matches!(list(&uri).await, Err(Error::BadCursor(_))), "{uri}");
        }
    }

    #[test]
    fn a_cursor_with_an_odd_number_is_refused() {
        for value in ["0", "12.5", "-3", "-0.25", "115792089237316195423570985008687907853269984665640564039457"] {
            assert!(decode(7, &encode(7, &Key::new(value, 42))).is_ok(), "{value}");
        }
        let long = "9".repeat(DECIMAL_MAX + 1);
        for value in ["", "1-2", "--1", "1.2.3", ".", "-", "1.", ".5", "1e9", "NaN", " 1", "+1", &long] {
            let decoded = decode(7, &encode(7, &Key::new(value, 42)));
            assert!(matches!(decoded, Err(Error::BadCursor(_))), "{value}");
        }
    }

    #[tokio::test]
    async fn a_number_that_is_no_count_is_refused_where_counts_are_sorted_by() {
        let binding = list("/?sort=block").await.expect("well formed").binding;
        for (value, is_count) in [
            ("0", true),
            ("9223372036854775807", true),
            ("9223372036854775808", false),
            ("99999999999999999999", false),
            ("-1", false),
            ("12.5", false),
        ] {
            let cursor = encode(binding, &Key::new(value, 7));
            let asked = list(&format!("/?sort=block&cursor={cursor}")).await.expect("well formed");
            assert!(asked.after::<i32>().is_ok(), "{value}");
            assert_eq!(asked.after_count::<i32>().is_ok(), is_count, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_tampered_cursor_is_refused(at in 0usize..60, to in "[A-Za-z0-9_-]") {
            let cursor = encode(7, &Key::new("123456789", 42));
            let at = at % cursor.len();
            let mut tampered = cursor.clone();
            tampered.replace_range(at..=at, &to);
            if tampered == cursor {
                prop_assert!(decode(7, &tampered).is_ok());
            } else {
                prop_assert!(matches!(decode(7, &tampered), Err(Error::BadCursor(_))));
            }
        }
    }
}
