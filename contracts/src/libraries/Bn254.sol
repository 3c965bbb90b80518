// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev The curve of the precompiles of EIP-196 and EIP-197. A point of G1 is two words; one of G2 four, of each
/// coordinate the imaginary part first.
library Bn254 {
    /// Coordinates are below it.
    uint256 internal constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    /// The order of both groups: numbers of circuits are below it.
    uint256 internal constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    uint256 private constant ADD = 6;
    uint256 private constant MULTIPLY = 7;
    uint256 private constant PAIRING = 8;
    /// @dev Four pairs cost 181,000. A precompile that is given what is no point burns all that it may: this much.
    uint256 private constant PAIRING_GAS = 200_000;
    uint256 private constant PAIR = 192;

    /// @dev Of G1, but for zero. The curve has no other points than those of the group.
    function isPoint(uint256 x, uint256 y) internal pure returns (bool) {
        if (x >= P || y >= P) return false;
        return mulmod(y, y, P) == addmod(mulmod(mulmod(x, x, P), x, P), 3, P);
    }

    /// @dev Whether the pairs in memory from `input` on are pairs of points of the groups, and their pairings cancel out.
    function cancels(uint256 input, uint256 pairs) internal view returns (bool isTrue) {
        assembly ("memory-safe") {
            let isDone := staticcall(PAIRING_GAS, PAIRING, input, mul(pairs, PAIR), 0, 32)
            isTrue := and(isDone, eq(mload(0), 1))
        }
    }

    /// @dev Whether the pairs in memory from `input` on are pairs of points of the groups.
    function arePairs(uint256 input, uint256 pairs) internal view returns (bool isTrue) {
        assembly ("memory-safe") {
            isTrue := staticcall(PAIRING_GAS, PAIRING, input, mul(pairs, PAIR), 0, 32)
        }
    }

    /// @dev Adds `factor` times the point at `point` to the one at `sum`, which 96 bytes that are free follow. Both are points.
    function addMultiple(uint256 sum, uint256 point, uint256 factor) internal view returns (bool isDone) {
        assembly ("memory-safe") {
            let product := add(sum, 64)
            mcopy(product, point, 64)
            mstore(add(product, 64), factor)
            isDone := staticcall(gas(), MULTIPLY, product, 96, product, 64)
            isDone := and(staticcall(gas(), ADD, sum, 128, sum, 64), isDone)
        }
    }
}
