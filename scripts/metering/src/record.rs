//! One invocation, as it stands in the usage tree.

use alloy_primitives::B256;

use crate::tree::leaf;

pub const RECORD_BYTES: usize = 48;

/// What was used by one invocation, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Record {
    /// Its place in the tree: the serving's invocations are counted from zero.
    pub index: u64,
    /// Milliseconds since 1970.
    pub started_at_ms: u64,
    pub duration_ms: u32,
    pub memory_mib: u32,
    /// Instructions as the machine counts them; zero where nothing counted them.
    pub fuel: u64,
    pub charge: u128,
}

impl Record {
    /// Big-endian, in the order of the fields.
    pub fn encode(&self) -> [u8; RECORD_BYTES] {
        let Self { index, started_at_ms, duration_ms, memory_mib, fuel, charge } = self;
        let mut bytes = [0; RECORD_BYTES];
        bytes[..8].copy_from_slice(&index.to_be_bytes());
        bytes[8..16].copy_from_slice(&started_at_ms.to_be_bytes());
        bytes[16..20].copy_from_slice(&duration_ms.to_be_bytes());
        bytes[20..24].copy_from_slice(&memory_mib.to_be_bytes());
        bytes[24..32].copy_from_slice(&fuel.to_be_bytes());
        bytes[32..].copy_from_slice(&charge.to_be_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8; RECORD_BYTES]) -> Self {
        Self {
            index: u64::from_be_bytes(part(bytes, 0)),
            started_at_ms: u64::from_be_bytes(part(bytes, 8)),
            duration_ms: u32::from_be_bytes(part(bytes, 16)),
            memory_mib: u32::from_be_bytes(part(bytes, 20)),
            fuel: u64::from_be_bytes(part(bytes, 24)),
            charge: u128::from_be_bytes(part(bytes, 32)),
        }
    }

    /// Its hash in the tree.
    pub fn leaf(&self) -> B256 {
        leaf(&self.encode())
    }
}

fn part<const BYTES: usize>(bytes: &[u8; RECORD_BYTES], start: usize) -> [u8; BYTES] {
    std::array::from_fn(|place| bytes[start + place])
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{hex, keccak256};
    use proptest::prelude::*;

    use super::*;

    const RECORD: Record = Record {
        index: 1,
        started_at_ms: 0x0203,
        duration_ms: 0x0405,
        memory_mib: 0x0607,
        fuel: 0x0809,
        charge: 0x0a0b,
    };

    #[test]
    fn its_bytes_are_these() {
        let bytes = hex!(
            "0000000000000001 0000000000000203 00000405 00000607 0000000000000809 00000000000000000000000000000a0b"
        );
        assert_eq!(RECORD.encode(), bytes);
        assert_eq!(RECORD.leaf(), keccak256([&[0], bytes.as_slice()].concat()));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes: [u8; 32], rest: [u8; 16]) {
            let bytes: [u8; RECORD_BYTES] =
                std::array::from_fn(|place| if place < 32 { bytes[place] } else { rest[place - 32] });
            prop_assert_eq!(Record::decode(&bytes).encode(), bytes);
        }
    }
}
