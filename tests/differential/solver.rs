//! Wagner's algorithm for Equihash: short rather than fast, for parameters of a second or two.

use blake2b_simd::Params;

/// Parameters and personalisation of one kind of Equihash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Equihash {
    pub(crate) n: u32,
    pub(crate) k: u32,
    pub(crate) personalisation: [u8; 8],
}

/// A hash of up to 192 bits without the bits that its level has cancelled, and the row's number in its level.
#[derive(Clone, Copy)]
struct Row {
    hash: [u64; 3],
    number: u32,
}

impl Equihash {
    const fn collision_bits(&self) -> u32 {
        self.n / (self.k + 1)
    }

    /// All solutions of a seed that this finds, minimally encoded.
    pub(crate) fn solve(&self, seed: &[u8]) -> Vec<Vec<u8>> {
        let mut rows = self.leaves(seed);
        let mut parents: Vec<Vec<[u32; 2]>> = Vec::new();
        for level in 1..=self.k {
            // At the root what is left are two collisions at once.
            let bits = if level == self.k { 2 * self.collision_bits() } else { self.collision_bits() };
            let prefix = |row: &Row| row.hash[0] >> (64 - bits);
            rows.sort_unstable_by_key(prefix);
            let (mut next, mut pairs) = (Vec::new(), Vec::new());
            for equal in rows.chunk_by(|left, right| prefix(left) == prefix(right)) {
                for (place, left) in equal.iter().enumerate() {
                    for right in &equal[place + 1..] {
                        let number = u32::try_from(pairs.len()).expect("levels are no longer than twice the leaves");
                        next.push(Row { hash: cancelled(left.hash, right.hash, self.collision_bits()), number });
                        pairs.push([left.number, right.number]);
                    }
                }
            }
            parents.push(pairs);
            rows = next;
        }
        let trees = rows.iter().map(|row| indices(&parents, row.number));
        trees.filter(|indices| are_distinct(indices)).map(|indices| self.encoded(&indices)).collect()
    }

    fn leaves(&self, seed: &[u8]) -> Vec<Row> {
        let (bytes, in_digest) = ((self.n / 8) as usize, 512 / self.n);
        let personal = [&self.personalisation[..], &self.n.to_le_bytes(), &self.k.to_le_bytes()].concat();
        let mut params = Params::new();
        params.hash_length(bytes * in_digest as usize).personal(&personal);
        let mut rows = Vec::new();
        for counter in 0..(2_u32 << self.collision_bits()).div_ceil(in_digest) {
            let digest = params.to_state().update(seed).update(&counter.to_le_bytes()).finalize();
            for (place, leaf) in (0..).zip(digest.as_bytes().chunks(bytes)) {
                let mut padded = [0; 24];
                padded[..bytes].copy_from_slice(leaf);
                let word = |at: usize| u64::from_be_bytes(padded[at..at + 8].try_into().expect("eight bytes"));
                rows.push(Row { hash: [word(0), word(8), word(16)], number: counter * in_digest + place });
            }
        }
        rows.truncate(2 << self.collision_bits());
        rows
    }

    /// Indices of a bit more than a collision, the highest bit first.
    fn encoded(&self, indices: &[u32]) -> Vec<u8> {
        let width = self.collision_bits() + 1;
        let bits = indices.iter().flat_map(|index| (0..width).rev().map(move |bit| (index >> bit) & 1 == 1));
        let bits: Vec<bool> = bits.collect();
        bits.chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| 2 * sum + u8::from(*bit))).collect()
    }
}

/// The sum without its first bits, which are zero.
fn cancelled(left: [u64; 3], right: [u64; 3], bits: u32) -> [u64; 3] {
    let [first, second, third] = [left[0] ^ right[0], left[1] ^ right[1], left[2] ^ right[2]];
    [first << bits | second >> (64 - bits), second << bits | third >> (64 - bits), third << bits]
}

/// The leaves under a row of the last level, of each two branches the one with the lower first leaf to the left.
fn indices(parents: &[Vec<[u32; 2]>], number: u32) -> Vec<u32> {
    let Some((pairs, lower)) = parents.split_last() else { return vec![number] };
    let mut branches = pairs[number as usize].map(|parent| indices(lower, parent));
    branches.sort_unstable();
    branches.concat()
}

fn are_distinct(indices: &[u32]) -> bool {
    let mut sorted = indices.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}
