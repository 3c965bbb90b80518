//! Hashes as this API writes and reads them: 0x and 64 hexadecimal digits.

use std::str::FromStr;

use alloy_primitives::B256;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 32 bytes: a root, a seed, a key, the name of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent, no_pg_array)]
pub(crate) struct Hash(pub(crate) B256);

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || format!("`{text}` is not a hash: 0x and 64 hexadecimal digits");
        let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 64).ok_or_else(malformed)?;
        digits.parse().map(Self).map_err(|_| malformed())
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Hash {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("32 bytes: 0x and 64 hexadecimal digits."))
            .pattern(Some("^0x[0-9a-fA-F]{64}$"))
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Hash {
    fn name() -> std::borrow::Cow<'static, str> {
        "Hash".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_64_digits() {
        let text = format!("0x{}", "0a".repeat(32));
        assert_eq!(text.parse::<Hash>().map(|hash| hash.to_string()), Ok(text.clone()));
        for bad in ["", "0x", &text[2..], &text[..64], &format!("0x{}", "zz".repeat(32))] {
            assert!(bad.parse::<Hash>().is_err(), "{bad}");
        }
    }
}
