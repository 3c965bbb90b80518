//! Batches of inputs for proofs by samples: a batch is a list of inputs, and its chunk `i` is what the module makes of input `i`.
//!
//! Inputs and outputs each have a root, of the same tree: leaf `i` is `keccak256(keccak256(abi.encode(uint32 i, keccak256(bytes))))`,
//! leaves are padded with zeros to a power of two, a node is `keccak256(left || right)`. A leaf's preimage is one word and a
//! node's two, so neither passes for the other.
//!
//! What a job names as its input is the module, the number of chunks and the inputs' root together ([`input_root`]): a batch with fewer
//! chunks, or of another module, is another input.

use sha3::{Digest as _, Keccak256};
use thiserror::Error;

use crate::{Host, Module, Run, Trap};

/// As `Sampled` has it: paths are at most 20 long.
pub const CHUNKS_MAX: usize = 1 << 20;

pub type Hash = [u8; 32];

pub fn keccak256(bytes: &[u8]) -> Hash {
    Keccak256::digest(bytes).into()
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BatchError {
    #[error("A batch has 1 to {CHUNKS_MAX} inputs, and this one has {0}.")]
    Count(usize),
    #[error("Chunk {chunk} has no output: {trap}.")]
    Trapped { chunk: usize, trap: Trap },
}

/// Inputs, one a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    inputs: Vec<Vec<u8>>,
}

impl Batch {
    pub fn new(inputs: Vec<Vec<u8>>) -> Result<Self, BatchError> {
        if inputs.is_empty() || inputs.len() > CHUNKS_MAX {
            return Err(BatchError::Count(inputs.len()));
        }
        Ok(Self { inputs })
    }

    pub fn input(&self, chunk: usize) -> Option<&[u8]> {
        self.inputs.get(chunk).map(Vec::as_slice)
    }

    pub fn chunks(&self) -> u32 {
        u32::try_from(self.inputs.len()).expect("`new` allows 2^20 at most")
    }

    /// Whose root is a part of the `inputRoot` of a job.
    pub fn tree(&self) -> Tree {
        Tree::new(&self.inputs.iter().map(|input| keccak256(input)).collect::<Vec<_>>())
    }

    /// One chunk; none: the batch does not have it.
    pub fn run(&self, host: &Host, module: &Module, chunk: usize) -> Option<Run> {
        self.input(chunk).map(|input| host.run(module, input))
    }

    /// Hashes of the outputs of all chunks, whose tree's root is the `outputRoot` of a job.
    pub fn outputs(&self, host: &Host, module: &Module) -> Result<Vec<Hash>, BatchError> {
        let run = |(chunk, input): (usize, &Vec<u8>)| {
            let output = host.run(module, input).output;
            output.map(|output| keccak256(&output)).map_err(|trap| BatchError::Trapped { chunk, trap })
        };
        self.inputs.iter().enumerate().map(run).collect()
    }
}

/// The `inputRoot` of a job: `keccak256(abi.encode(module, chunks, inputs))` of the hash of a module and the root of its inputs.
pub fn input_root(module: Hash, chunks: u32, inputs: Hash) -> Hash {
    keccak256(&[module, word(chunks), inputs].concat())
}

/// The Merkle tree of what chunks hash to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// From the leaves to the root.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// `hashes` are of the bytes of the chunks, in order, at most [`CHUNKS_MAX`].
    pub fn new(hashes: &[Hash]) -> Self {
        let mut level: Vec<Hash> = (0_u32..).zip(hashes).map(|(chunk, hash)| leaf(chunk, *hash)).collect();
        level.resize(hashes.len().next_power_of_two(), [0; 32]);
        let mut levels = vec![level];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            levels.push(below.chunks_exact(2).map(|pair| node(pair[0], pair[1])).collect());
        }
        Self { levels }
    }

    pub fn root(&self) -> Hash {
        self.levels.last().map_or([0; 32], |top| top[0])
    }

    /// Siblings of a chunk, from its leaf up.
    pub fn path(&self, chunk: usize) -> Option<Vec<Hash>> {
        let below = &self.levels[..self.levels.len() - 1];
        below.iter().enumerate().map(|(height, level)| level.get((chunk >> height) ^ 1).copied()).collect()
    }

    /// Siblings of many chunks, which rise, as `Sampled.open` takes them: of each chunk in turn, from its leaf up, the nodes beside its path,
    /// until a chunk on its right is under the node beside it, and without those that a chunk on its left is under.
    pub fn siblings(&self, chunks: &[usize]) -> Vec<Hash> {
        let mut siblings = Vec::new();
        for (place, chunk) in chunks.iter().enumerate() {
            for (height, level) in self.levels[..self.levels.len() - 1].iter().enumerate() {
                let beside = (chunk >> height) ^ 1;
                let is_above = |other: &usize| other >> height == beside;
                if chunks[place + 1..].iter().any(is_above) {
                    break;
                }
                if !chunks[..place].iter().any(is_above) {
                    siblings.extend(level.get(beside));
                }
            }
        }
        siblings
    }

    /// Whether a chunk hashes to this in the tree of that root, which has as many levels as the path is long.
    pub fn holds(root: Hash, chunk: u32, hash: Hash, path: &[Hash]) -> bool {
        let mut found = leaf(chunk, hash);
        for (height, sibling) in path.iter().enumerate() {
            let is_right = chunk.checked_shr(u32::try_from(height).unwrap_or(u32::MAX)).unwrap_or(0) & 1 == 1;
            found = if is_right { node(*sibling, found) } else { node(found, *sibling) };
        }
        found == root && path.len() < 32 && u64::from(chunk) < 1 << path.len()
    }
}

fn word(number: u32) -> Hash {
    let mut word = [0; 32];
    word[28..].copy_from_slice(&number.to_be_bytes());
    word
}

fn leaf(chunk: u32, hash: Hash) -> Hash {
    keccak256(&keccak256(&[word(chunk), hash].concat()))
}

fn node(left: Hash, right: Hash) -> Hash {
    keccak256(&[left, right].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("the test writes digits");
        (0..text.len()).step_by(2).map(digit).collect()
    }

    #[test]
    fn leaves_are_hashed_as_the_contract_hashes_them() {
        // cast keccak $(cast keccak $(cast abi-encode "f(uint32,bytes32)" 5 $(cast keccak 0x0102)))
        let expected = hex("a2a6bc5fc774da2a4b4d8d93e14616114694102f3a275d5e7fa7e28bf872598a");
        assert_eq!(leaf(5, keccak256(&[1, 2])).to_vec(), expected);
    }

    #[test]
    fn every_chunk_has_a_path_and_no_other_passes() {
        for count in [1, 2, 3, 5, 8, 13] {
            let hashes: Vec<Hash> = (0..count).map(|chunk: u8| keccak256(&[chunk])).collect();
            let tree = Tree::new(&hashes);
            for (chunk, hash) in (0_u32..).zip(&hashes) {
                let path = tree.path(chunk as usize).expect("it is in the tree");
                assert!(Tree::holds(tree.root(), chunk, *hash, &path));
                assert!(!Tree::holds(tree.root(), chunk, keccak256(b"other"), &path));
                assert!(!Tree::holds(tree.root(), chunk ^ 1, *hash, &path));
                // A position beyond the tree has the same turns.
                assert!(!Tree::holds(tree.root(), chunk + (1 << path.len()), *hash, &path));
            }
            assert_eq!(
                tree.path(1 << 20),
                (count == 1).then(Vec::new),
                "only the tree of one leaf asks for no siblings"
            );
        }
    }

    #[test]
    fn an_input_is_of_one_module_one_number_of_chunks_and_one_root() {
        let (module, inputs) = (keccak256(b"module"), keccak256(b"inputs"));
        let root = input_root(module, 5, inputs);
        assert_ne!(root, input_root(inputs, 5, inputs));
        assert_ne!(root, input_root(module, 4, inputs));
        assert_ne!(root, input_root(module, 5, module));
    }

    #[test]
    fn siblings_are_those_that_nothing_else_gives() {
        let hashes: Vec<Hash> = (0..13).map(|chunk: u8| keccak256(&[chunk])).collect();
        let tree = Tree::new(&hashes);
        for chunk in 0..13 {
            assert_eq!(Some(tree.siblings(&[chunk])), tree.path(chunk), "one alone needs its whole path");
        }
        let node = |height: usize, place: usize| tree.levels[height][place];
        assert_eq!(tree.siblings(&[0, 1]), [node(1, 1), node(2, 1), node(3, 1)]);
        assert_eq!(
            tree.siblings(&[0, 2, 12]),
            [node(0, 1), node(0, 3), node(2, 1), node(0, 13), node(1, 7), node(2, 2)]
        );
        let all: Vec<usize> = (0..13).collect();
        assert_eq!(tree.siblings(&all), [node(0, 13), node(1, 7)], "but for what is beside the last");
    }

    #[test]
    fn a_batch_is_neither_empty_nor_endless() {
        assert_eq!(Batch::new(Vec::new()), Err(BatchError::Count(0)));
        assert_eq!(Batch::new(vec![Vec::new(); CHUNKS_MAX + 1]), Err(BatchError::Count(CHUNKS_MAX + 1)));
    }
}
