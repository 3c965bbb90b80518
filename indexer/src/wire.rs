//! What the indexer reads of a node's JSON: the few fields that it needs, parsed once and straight into bytes.

use std::fmt;
use std::marker::PhantomData;

use alloy_primitives::{Address, B256, Bloom, Bytes};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// What ties a block to the chain.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    #[serde(deserialize_with = "quantity")]
    pub(crate) number: u64,
    #[serde(deserialize_with = "bytes")]
    pub(crate) hash: B256,
    #[serde(deserialize_with = "bytes")]
    pub(crate) parent_hash: B256,
    #[serde(deserialize_with = "quantity")]
    pub(crate) timestamp: u64,
    /// What the block's logs are about; empty where the chain keeps none.
    #[serde(default, deserialize_with = "bytes")]
    pub(crate) logs_bloom: Bloom,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Log {
    #[serde(deserialize_with = "bytes")]
    pub(crate) address: Address,
    pub(crate) topics: Topics,
    #[serde(deserialize_with = "bytes")]
    pub(crate) data: Bytes,
    #[serde(deserialize_with = "quantity")]
    pub(crate) block_number: u64,
    #[serde(deserialize_with = "bytes")]
    pub(crate) block_hash: B256,
    #[serde(deserialize_with = "quantity")]
    pub(crate) log_index: u64,
    #[serde(deserialize_with = "bytes")]
    pub(crate) transaction_hash: B256,
}

/// At most four topics, without an allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Topics {
    words: [B256; 4],
    count: usize,
}

impl Topics {
    pub(crate) fn as_slice(&self) -> &[B256] {
        &self.words[..self.count]
    }
}

impl<'de> Deserialize<'de> for Topics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;

        impl<'de> Visitor<'de> for Words {
            type Value = Topics;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("at most four topics")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut sequence: A) -> Result<Topics, A::Error> {
                let mut topics = Topics::default();
                while let Some(Hex(word)) = sequence.next_element::<Hex<B256>>()? {
                    let place =
                        topics.words.get_mut(topics.count).ok_or_else(|| A::Error::custom("over four topics"))?;
                    *place = word;
                    topics.count += 1;
                }
                Ok(topics)
            }
        }

        deserializer.deserialize_seq(Words)
    }
}

/// Bytes that can be read from hexadecimal digits.
pub(crate) trait FromHex: Sized {
    fn from_hex(digits: &[u8]) -> Result<Self, alloy_primitives::hex::FromHexError>;
}

impl FromHex for B256 {
    fn from_hex(digits: &[u8]) -> Result<Self, alloy_primitives::hex::FromHexError> {
        let mut word = Self::ZERO;
        alloy_primitives::hex::decode_to_slice(digits, word.as_mut_slice())?;
        Ok(word)
    }
}

impl FromHex for Address {
    fn from_hex(digits: &[u8]) -> Result<Self, alloy_primitives::hex::FromHexError> {
        let mut address = Self::ZERO;
        alloy_primitives::hex::decode_to_slice(digits, address.as_mut_slice())?;
        Ok(address)
    }
}

impl FromHex for Bloom {
    fn from_hex(digits: &[u8]) -> Result<Self, alloy_primitives::hex::FromHexError> {
        let mut bloom = Self::ZERO;
        alloy_primitives::hex::decode_to_slice(digits, bloom.as_mut_slice())?;
        Ok(bloom)
    }
}

impl FromHex for Bytes {
    fn from_hex(digits: &[u8]) -> Result<Self, alloy_primitives::hex::FromHexError> {
        alloy_primitives::hex::decode(digits).map(Self::from)
    }
}

struct Hex<T>(T);

impl<'de, T: FromHex> Deserialize<'de> for Hex<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bytes(deserializer).map(Self)
    }
}

fn bytes<'de, D: Deserializer<'de>, T: FromHex>(deserializer: D) -> Result<T, D::Error> {
    struct Digits<T>(PhantomData<T>);

    impl<T: FromHex> Visitor<'_> for Digits<T> {
        type Value = T;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("hexadecimal bytes")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            self.visit_bytes(text.as_bytes())
        }

        fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<T, E> {
            T::from_hex(text).map_err(E::custom)
        }
    }

    // Digits are checked one by one, so nobody has to check before that they are UTF-8.
    deserializer.deserialize_bytes(Digits(PhantomData))
}

/// A JSON-RPC quantity: hexadecimal, without leading zeros.
pub(crate) fn quantity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Digits;

    impl Visitor<'_> for Digits {
        type Value = u64;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a hexadecimal quantity below 2^64")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
            let digits = text.strip_prefix("0x").ok_or_else(|| E::custom("a quantity begins with 0x"))?;
            u64::from_str_radix(digits, 16).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Digits)
}

/// A quantity on its own.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Quantity(#[serde(deserialize_with = "quantity")] pub(crate) u64);
