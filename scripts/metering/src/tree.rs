//! The usage tree: append-only, of the shape of RFC 9162, with keccak256.
//!
//! A leaf is `keccak256(0x00 || record)`, a node `keccak256(0x01 || left || right)`, and a tree of `n` leaves has the
//! greatest power of two that is less than `n` on its left. The prefixes keep a node from being shown as a record.

use alloy_primitives::B256;
use sha3::{Digest as _, Keccak256};

/// Not alloy's `keccak256`: that one is compiled where it is, without optimisation in tests, and millions are needed.
fn keccak256(parts: [&[u8]; 3]) -> B256 {
    let hasher = parts.into_iter().fold(Keccak256::new(), Keccak256::chain_update);
    B256::new(hasher.finalize().into())
}

pub fn leaf(record: &[u8]) -> B256 {
    keccak256([&[0], record, &[]])
}

fn node(left: &B256, right: &B256) -> B256 {
    keccak256([&[1], left.as_slice(), right.as_slice()])
}

/// Of a tree without leaves.
pub fn empty_root() -> B256 {
    keccak256([&[]; 3])
}

/// The tree as far as its root and its growth need it: a hash for each bit of its size.
///
/// 1. `peaks` are the roots of the full subtrees, largest first: as many as `size` has ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<B256>,
}

impl Frontier {
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn push(&mut self, leaf: B256) {
        let mut hash = leaf;
        // Each one at the end of the size is a subtree as large as what is carried.
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("the size has a one for each peak");
            hash = node(&left, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> B256 {
        let mut peaks = self.peaks.iter().rev();
        let Some(&last) = peaks.next() else { return empty_root() };
        peaks.fold(last, |right, left| node(left, &right))
    }
}

/// The tree with all its hashes, two for each leaf: what proofs are made from.
///
/// 1. `levels[h]` are the roots of the full subtrees of `2^h` leaves, from left to right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    levels: Vec<Vec<B256>>,
}

impl Tree {
    pub fn size(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    pub fn push(&mut self, leaf: B256) {
        let mut hash = leaf;
        for height in 0.. {
            if height == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let level = &mut self.levels[height];
            level.push(hash);
            let [.., left, right] = level.as_slice() else { return };
            if level.len() % 2 == 1 {
                return;
            }
            hash = node(left, right);
        }
    }

    pub fn root(&self) -> B256 {
        self.root_at(self.size()).unwrap_or_else(empty_root)
    }

    /// What the root was when there were `size` leaves; none: there are fewer, or none at all are asked for.
    pub fn root_at(&self, size: usize) -> Option<B256> {
        (0 < size && size <= self.size()).then(|| self.hash(0, size))
    }

    /// The hashes beside the way from leaf `index` up to the root, when there were `size` leaves; none: there was no
    /// such leaf.
    pub fn proof_at(&self, index: usize, size: usize) -> Option<Vec<B256>> {
        if index >= size || size > self.size() {
            return None;
        }
        let mut path = Vec::new();
        let (mut first, mut count) = (0, size);
        while count > 1 {
            let left = split(count);
            if index < first + left {
                path.push(self.hash(first + left, count - left));
                count = left;
            } else {
                path.push(self.hash(first, left));
                (first, count) = (first + left, count - left);
            }
        }
        path.reverse();
        Some(path)
    }

    pub fn proof(&self, index: usize) -> Option<Vec<B256>> {
        self.proof_at(index, self.size())
    }

    /// The root over `count` leaves from `first` on, a subtree that some tree of at most our size has.
    fn hash(&self, first: usize, count: usize) -> B256 {
        if count.is_power_of_two() {
            let height = count.trailing_zeros();
            return self.levels[height as usize][first >> height];
        }
        let left = split(count);
        node(&self.hash(first, left), &self.hash(first + left, count - left))
    }
}

impl Extend<B256> for Tree {
    fn extend<Leaves: IntoIterator<Item = B256>>(&mut self, leaves: Leaves) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

impl FromIterator<B256> for Tree {
    fn from_iter<Leaves: IntoIterator<Item = B256>>(leaves: Leaves) -> Self {
        let mut tree = Self::default();
        tree.extend(leaves);
        tree
    }
}

/// The greatest power of two that is less than `count`, which is at least two.
fn split(count: usize) -> usize {
    1 << (usize::BITS - 1 - (count - 1).leading_zeros())
}

/// Whether `leaf` is number `index` of the `size` leaves under `root`, after RFC 9162, section 2.1.3.2.
///
/// `size` is not in the root: it must come from where the root comes from, as in a voucher.
pub fn verify(root: B256, size: u64, index: u64, leaf: B256, path: &[B256]) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            hash = node(beside, &hash);
            // At the right edge levels without a neighbour are skipped.
            while place % 2 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, beside);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && hash == root
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;
    use proptest::prelude::*;

    use super::*;

    /// As RFC 9162 writes it.
    fn naive(leaves: &[B256]) -> B256 {
        match leaves {
            [] => keccak256([]),
            [only] => *only,
            leaves => {
                let mut left = 1;
                while left * 2 < leaves.len() {
                    left *= 2;
                }
                let (left, right) = leaves.split_at(left);
                keccak256([&[1], naive(left).as_slice(), naive(right).as_slice()].concat())
            }
        }
    }

    fn leaves(count: usize) -> Vec<B256> {
        (0..count).map(|index| leaf(&index.to_be_bytes())).collect()
    }

    fn flipped(hash: B256, bit: usize) -> B256 {
        let mut hash = hash;
        hash[bit / 8 % 32] ^= 1 << (bit % 8);
        hash
    }

    #[test]
    fn growing_gives_the_root_of_the_definition() {
        let leaves = leaves(300);
        let (mut frontier, mut tree) = (Frontier::default(), Tree::default());
        assert_eq!((frontier.root(), tree.root()), (empty_root(), empty_root()));
        for (place, leaf) in leaves.iter().enumerate() {
            frontier.push(*leaf);
            tree.push(*leaf);
            let wanted = naive(&leaves[..=place]);
            assert_eq!((frontier.root(), tree.root()), (wanted, wanted), "of {} leaves", place + 1);
            assert_eq!(frontier.peaks.len(), frontier.size().count_ones() as usize);
        }
    }

    #[test]
    fn every_proof_of_every_size_holds_and_no_other_does() {
        let leaves = leaves(300);
        let tree: Tree = leaves.iter().copied().collect();
        for size in 1..=leaves.len() {
            let root = tree.root_at(size).expect("the tree was as small");
            assert_eq!(root, naive(&leaves[..size]));
            for (index, leaf) in leaves[..size].iter().enumerate() {
                let path = tree.proof_at(index, size).expect("the leaf was there");
                assert!(path.len() <= size.next_power_of_two().trailing_zeros() as usize);
                let holds = |root, leaf, path: &[B256]| verify(root, size as u64, index as u64, leaf, path);
                assert!(holds(root, *leaf, &path), "{index} of {size}");
                let bit = index * 31 + size;
                assert!(!holds(flipped(root, bit), *leaf, &path) && !holds(root, flipped(*leaf, bit), &path));
                for place in 0..path.len() {
                    let mut path = path.clone();
                    path[place] = flipped(path[place], bit);
                    assert!(!holds(root, *leaf, &path), "{index} of {size}, hash {place}");
                }
                let shorter = path.split_last().map(|(_, shorter)| shorter);
                assert!(shorter.is_none_or(|shorter| !holds(root, *leaf, shorter)));
                assert!(!holds(root, *leaf, &[path.as_slice(), &[root]].concat()));
            }
        }
    }

    #[test]
    fn there_is_no_proof_of_what_is_not_there() {
        let tree: Tree = leaves(5).into_iter().collect();
        assert_eq!(
            (tree.proof(5), tree.proof_at(0, 6), tree.proof_at(3, 3), tree.root_at(0)),
            (None, None, None, None)
        );
        assert!(!verify(tree.root(), 0, 0, tree.root(), &[]));
        assert!(!verify(tree.root(), 1, 1, tree.root(), &[]));
    }

    #[test]
    fn a_node_is_no_record() {
        let leaves = leaves(2);
        let forged = leaf(&[leaves[0].as_slice(), leaves[1].as_slice()].concat());
        assert_ne!(forged, naive(&leaves));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_fails(size in 1_usize..2_000, index: prop::sample::Index, place: prop::sample::Index, bit in 0_usize..256) {
            let leaves = leaves(size);
            let tree: Tree = leaves.iter().copied().collect();
            let index = index.index(size);
            let path = tree.proof(index).expect("the leaf is there");
            let (count, at) = (size as u64, index as u64);
            prop_assert!(verify(tree.root(), count, at, leaves[index], &path));
            // Any of what is shown: root, leaf, path.
            let mut shown = [&[tree.root(), leaves[index]], path.as_slice()].concat();
            let place = place.index(shown.len());
            shown[place] = flipped(shown[place], bit);
            prop_assert!(!verify(shown[0], count, at, shown[1], &shown[2..]));
        }

        #[test]
        fn a_path_proves_one_place_only(size in 2_usize..500, index: prop::sample::Index, other: prop::sample::Index) {
            let leaves = leaves(size);
            let tree: Tree = leaves.iter().copied().collect();
            let (index, other) = (index.index(size), other.index(size));
            let path = tree.proof(index).expect("the leaf is there");
            prop_assert_eq!(verify(tree.root(), size as u64, other as u64, leaves[index], &path), index == other);
        }
    }
}
