//! Puzzles as the contract states them: challenges, leaves, the tree and the bitmap that commit to them, and the draw of one.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes, FixedBytes, U256, keccak256};
use alloy::sol_types::SolValue as _;
use contracts::i_capacity::ICapacity;
use serde::{Deserialize, Serialize};

use crate::ids::CommitmentId;

/// Puzzles of a unit and window.
pub const PUZZLES: u32 = 8;
/// One claim in so many is audited.
pub const AUDITED_ONE_IN: u64 = 16;
/// A claim is drawn from this many blocks after its commit, from the hash of the block before.
pub const DRAW_AFTER: u64 = 5;
/// Credit counts millionths of a unit and epoch, which `FULL_TENTHS` tenths of a puzzle earn.
pub const MILLION: u64 = 1_000_000;
pub const FULL_TENTHS: u64 = 912;

/// Whose work for which seed: everything of a challenge but the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub seed: B256,
    pub provider: Address,
    pub commitment: CommitmentId,
}

impl Assignment {
    pub fn challenge(&self, position: u32) -> B256 {
        keccak256((self.seed, self.provider, self.commitment.0, position).abi_encode_params())
    }
}

/// What is solved: the challenge with a nonce.
pub fn input(challenge: B256, nonce: u64) -> [u8; 40] {
    let mut input = [0; 40];
    input[..32].copy_from_slice(challenge.as_slice());
    input[32..].copy_from_slice(&nonce.to_be_bytes());
    input
}

/// Whether a solution's hash is below the target.
pub fn meets(target: U256, challenge: B256, nonce: u64, solution: &[u8]) -> bool {
    let mut packed = input(challenge, nonce).to_vec();
    packed.extend_from_slice(solution);
    U256::from_be_bytes(keccak256(packed).0) < target
}

/// A leaf of the tree; without a solution it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    pub position: u32,
    pub nonce: u64,
    pub solution: Bytes,
}

impl Leaf {
    pub fn hash(&self) -> B256 {
        if self.solution.is_empty() {
            return B256::ZERO;
        }
        keccak256((self.position, self.nonce, self.solution.clone()).abi_encode_params())
    }
}

/// Leaves by position.
pub type Leaves = BTreeMap<u32, Leaf>;

/// Positions of a commitment.
pub fn positions(units: u16) -> u32 {
    u32::from(units) * PUZZLES
}

/// The Merkle tree of a window.
///
/// 1. It has `2^depth >= 8 * units` leaves, with the smallest such depth.
/// 2. Where nothing was found its leaf is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// From the leaves to the root.
    levels: Vec<Vec<B256>>,
}

impl Tree {
    /// Leaves at positions that the units do not have are left out.
    pub fn new(units: u16, leaves: &Leaves) -> Self {
        let width = positions(units).next_power_of_two();
        let mut level = vec![B256::ZERO; usize::try_from(width).expect("positions are fewer than memory has bytes")];
        for (position, leaf) in leaves.range(..positions(units)) {
            level[*position as usize] = leaf.hash();
        }
        let mut levels = vec![level];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            levels.push(below.chunks_exact(2).map(|pair| node(pair[0], pair[1])).collect());
        }
        Self { levels }
    }

    pub fn root(&self) -> B256 {
        self.levels.last().map_or(B256::ZERO, |top| top[0])
    }

    /// Siblings of a position, from the leaf up.
    pub fn path(&self, position: u32) -> Vec<B256> {
        let below = &self.levels[..self.levels.len() - 1];
        below.iter().enumerate().map(|(height, level)| level[(position as usize >> height) ^ 1]).collect()
    }

    /// A leaf with its path, as the contract reads it.
    pub fn open(&self, leaf: &Leaf) -> ICapacity::Leaf {
        let Leaf { position, nonce, solution } = leaf.clone();
        ICapacity::Leaf { position, nonce, solution, path: self.path(position) }
    }
}

fn node(left: B256, right: B256) -> B256 {
    keccak256((left, right).abi_encode_params())
}

/// Which puzzles are claimed: one byte a unit, lowest bit its first puzzle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bitmap(pub Bytes);

impl Bitmap {
    pub fn new(units: u16, filled: impl IntoIterator<Item = u32>) -> Self {
        let mut bytes = vec![0_u8; usize::from(units)];
        for position in filled {
            if let Some(byte) = bytes.get_mut((position / PUZZLES) as usize) {
                *byte |= 1 << (position % PUZZLES);
            }
        }
        Self(bytes.into())
    }

    pub fn filled(&self) -> u32 {
        self.0.iter().map(|byte| byte.count_ones()).sum()
    }

    pub fn is_set(&self, position: u32) -> bool {
        self.0.get((position / PUZZLES) as usize).is_some_and(|byte| byte >> (position % PUZZLES) & 1 == 1)
    }

    /// Claimed positions in order.
    pub fn positions(&self) -> impl Iterator<Item = u32> + '_ {
        let all = 0..u32::try_from(self.0.len()).unwrap_or(u32::MAX / PUZZLES) * PUZZLES;
        all.filter(|position| self.is_set(*position))
    }

    /// Position of the set bit number `rank`, from zero.
    pub fn nth(&self, rank: u32) -> Option<u32> {
        self.positions().nth(rank as usize)
    }

    pub fn hash(&self) -> B256 {
        keccak256(&self.0)
    }

    /// What a commit of these positions claims.
    pub fn claim(&self, window: u32, root: B256, block: u64) -> ICapacity::Claim {
        ICapacity::Claim { window, filled: self.filled(), blockNumber: block, root, bitmapHash: self.hash() }
    }
}

/// The rank of the leaf that a claim's draw asks for; none where it is not audited.
pub fn draw(block_hash: B256, commitment: CommitmentId, window: u32, filled: u32) -> Option<u32> {
    let x = U256::from_be_bytes(keccak256((block_hash, commitment.0, window).abi_encode_params()).0);
    let one_in = U256::from(AUDITED_ONE_IN);
    if filled == 0 || !(x % one_in).is_zero() {
        return None;
    }
    Some(((x / one_in) % U256::from(filled)).to())
}

/// What the contract stores of a claim.
pub fn digest(claim: &ICapacity::Claim) -> FixedBytes<31> {
    FixedBytes::from_slice(&keccak256(claim.abi_encode())[..31])
}

/// Puzzles of an epoch that earn all it can pay, when `opened` of its windows were open and `excused` credit is there already.
pub fn full(units: u16, opened: u32, excused: u64) -> u32 {
    let allowed = u64::from(units) * u64::from(opened) * MILLION / u64::from(super::clock::WINDOWS);
    let tenths = u128::from(allowed.saturating_sub(excused)) * u128::from(FULL_TENTHS);
    u32::try_from(tenths.div_ceil(u128::from(MILLION) * 10)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{address, b256};
    use proptest::prelude::*;

    fn leaf(position: u32) -> Leaf {
        Leaf { position, nonce: u64::from(position) + 1_000, solution: vec![position.to_le_bytes()[0]; 16].into() }
    }

    fn leaves(positions: impl IntoIterator<Item = u32>) -> Leaves {
        positions.into_iter().map(|position| (position, leaf(position))).collect()
    }

    /// The contract's side of a path: whether it leads from a leaf to a root.
    fn leads(opened: &ICapacity::Leaf, root: B256) -> bool {
        let ICapacity::Leaf { position, nonce, solution, path } = opened.clone();
        let mut hash = Leaf { position, nonce, solution }.hash();
        for (height, sibling) in path.iter().enumerate() {
            let is_right = position >> height & 1 == 1;
            hash = if is_right { node(*sibling, hash) } else { node(hash, *sibling) };
        }
        hash == root
    }

    /// Words of 32 bytes written out by hand, as `abi.encode` lays them out.
    fn words(words: &[&str]) -> Vec<u8> {
        let text: String = words.iter().map(|word| format!("{word:0>64}")).collect();
        alloy::hex::decode(text).expect("it is hex")
    }

    #[test]
    fn hashes_are_those_of_abi_encode() {
        let assignment = Assignment {
            seed: b256!("0x1111111111111111111111111111111111111111111111111111111111111111"),
            provider: address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
            commitment: CommitmentId(7),
        };
        let seed = "1111111111111111111111111111111111111111111111111111111111111111";
        let encoded = words(&[seed, "70997970c51812dc3a010c7d01b50e0d17dc79c8", "7", "2b"]);
        assert_eq!(assignment.challenge(43), keccak256(encoded));

        let solution = "000102030405060708090a0b0c0d0e0f00000000000000000000000000000000";
        let bytes: Vec<u8> = (0..16).collect();
        let found = Leaf { position: 43, nonce: 258, solution: bytes.clone().into() };
        assert_eq!(found.hash(), keccak256(words(&["2b", "102", "60", "10", solution])));
        assert_eq!(Leaf { solution: Bytes::new(), ..found }.hash(), B256::ZERO);

        let challenge = assignment.challenge(43);
        let packed = [challenge.as_slice(), &258_u64.to_be_bytes(), &bytes].concat();
        let exact = U256::from_be_bytes(keccak256(packed).0);
        assert!(!meets(exact, challenge, 258, &bytes) && meets(exact + U256::ONE, challenge, 258, &bytes));
    }

    #[test]
    fn a_claim_is_five_words() {
        let claim = ICapacity::Claim {
            window: 1,
            filled: 2,
            blockNumber: 3,
            root: B256::repeat_byte(4),
            bitmapHash: B256::repeat_byte(5),
        };
        let encoded = words(&["1", "2", "3", &"04".repeat(32), &"05".repeat(32)]);
        assert_eq!(digest(&claim).as_slice(), &keccak256(encoded)[..31]);
    }

    #[test]
    fn a_tree_of_one_unit_is_written_out() {
        let found = leaves([0, 5]);
        let tree = Tree::new(1, &found);
        let zero = B256::ZERO;
        let (empty, left) = (node(zero, zero), node(node(found[&0].hash(), zero), node(zero, zero)));
        let right = node(node(zero, found[&5].hash()), empty);
        assert_eq!(tree.root(), node(left, right));
        assert_eq!(tree.path(5), vec![zero, empty, left]);
        assert_eq!(Tree::new(1, &Leaves::new()).root(), node(node(empty, empty), node(empty, empty)));
    }

    #[test]
    fn a_draw_is_fixed_by_the_block_the_commitment_and_the_window() {
        let mut audited = 0;
        for round in 0..1_600_u32 {
            let hash = keccak256(round.to_be_bytes());
            let Some(rank) = draw(hash, CommitmentId(3), 9, 31) else { continue };
            let encoded = words(&[&alloy::hex::encode(hash), "3", "9"]);
            let x = U256::from_be_bytes(keccak256(encoded).0);
            assert!(x.to_be_bytes::<32>()[31].trailing_zeros() >= 4, "sixteenth");
            assert_eq!(U256::from(rank), (x >> 4) % U256::from(31));
            audited += 1;
        }
        assert!((60..140).contains(&audited), "{audited} of 1,600");
        assert_eq!(draw(B256::ZERO, CommitmentId(3), 9, 0), None);
    }

    #[test]
    fn full_credit_needs_what_the_contract_divides_by() {
        assert_eq!(full(1, 24, 0), 92);
        assert_eq!(full(10, 24, 0), 912);
        assert_eq!(full(10, 12, 0), 456);
        assert_eq!(full(10, 24, 5 * MILLION), 456);
        assert_eq!(full(10, 24, 11 * MILLION), 0);
        for (units, opened) in [(1_u16, 24_u32), (3, 23), (147, 7), (u16::MAX, 24)] {
            let allowed = u64::from(units) * u64::from(opened) * MILLION / 24;
            let filled = u64::from(full(units, opened, 0));
            assert!(filled * 10_000_000 / FULL_TENTHS >= allowed, "{units} {opened}");
            assert!((filled - 1) * 10_000_000 / FULL_TENTHS < allowed, "{units} {opened}");
        }
    }

    proptest! {
        #[test]
        fn every_leaf_has_a_path_to_the_root(units in 1_u16..9, seed in any::<u64>()) {
            let count = positions(units);
            let filled: Vec<u32> = (0..count).filter(|position| (seed >> (position % 61)) & 1 == 1).collect();
            let found = leaves(filled.iter().copied());
            let tree = Tree::new(units, &found);
            for position in 0..count {
                let empty = Leaf { position, nonce: 0, solution: Bytes::new() };
                let leaf = found.get(&position).unwrap_or(&empty);
                prop_assert!(leads(&tree.open(leaf), tree.root()));
                let other = Leaf { nonce: leaf.nonce ^ 1, solution: vec![1; 16].into(), ..leaf.clone() };
                prop_assert!(!leads(&tree.open(&other), tree.root()));
            }
        }

        #[test]
        fn a_bitmap_counts_and_ranks_what_is_set(units in 1_u16..40, seed in any::<u64>()) {
            let filled: Vec<u32> = (0..positions(units)).filter(|position| (seed >> (position % 59)) & 1 == 1).collect();
            let bitmap = Bitmap::new(units, filled.iter().copied());
            prop_assert_eq!(bitmap.0.len(), usize::from(units));
            prop_assert_eq!(bitmap.filled() as usize, filled.len());
            for (rank, position) in filled.iter().enumerate() {
                prop_assert_eq!(bitmap.nth(u32::try_from(rank).expect("few")), Some(*position));
            }
            prop_assert_eq!(bitmap.nth(bitmap.filled()), None);
            prop_assert!(!bitmap.is_set(positions(units)));
        }
    }
}
