//! Addresses as this API writes and reads them: checksummed (EIP-55).

use std::str::FromStr;

use alloy_primitives::Address as Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sqlx::postgres::{PgHasArrayType, PgTypeInfo};

/// An account. Written checksummed; read in any case, but a checksum that is there must be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent, no_pg_array)]
pub(crate) struct Address(pub(crate) Bytes);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || format!("`{text}` is not an address: 0x and 40 hexadecimal digits");
        let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 40).ok_or_else(malformed)?;
        let bytes: Bytes = digits.parse().map_err(|_| malformed())?;
        let has_case = digits.bytes().any(|byte| byte.is_ascii_lowercase())
            && digits.bytes().any(|byte| byte.is_ascii_uppercase());
        // One wrong letter in a checksummed address is a typing error, not another account.
        if has_case && bytes.to_checksum(None) != text {
            return Err(format!("`{text}` has a wrong checksum: a letter was mistyped"));
        }
        Ok(Self(bytes))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0.to_checksum(None))
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Arrays of accounts are arrays of bytes.
impl PgHasArrayType for Address {
    fn array_type_info() -> PgTypeInfo {
        <Vec<u8> as PgHasArrayType>::array_type_info()
    }
}

impl utoipa::PartialSchema for Address {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("An account, checksummed (EIP-55)."))
            .pattern(Some("^0x[0-9a-fA-F]{40}$"))
            .examples(["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Address {
    fn name() -> std::borrow::Cow<'static, str> {
        "Address".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKSUMMED: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

    #[test]
    fn an_address_is_read_in_any_case_and_written_checksummed() {
        for text in [CHECKSUMMED.to_owned(), CHECKSUMMED.to_lowercase()] {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()), Ok(CHECKSUMMED.to_owned()));
        }
    }

    #[test]
    fn a_mistyped_address_is_refused() {
        for text in ["", "0x", "7099", &CHECKSUMMED[2..], "0x70997970c51812dc3A010C7d01b50e0d17dc79C8", "0xzz"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
