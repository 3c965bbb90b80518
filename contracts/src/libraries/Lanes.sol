// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Four 64-bit numbers in one word, the first in the highest bits, so that a word in memory is four big-endian numbers.
/// One opcode then works on four hashes at once; without it a verification would cost three times as much.
library Lanes {
    /// @dev One in each lane: multiplying by it spreads a number over the lanes.
    uint256 internal constant ONES = 0x0000000000000001000000000000000100000000000000010000000000000001;
    uint256 internal constant FIRST = 0xffffffffffffffff;
    uint256 private constant REST = 0x7fffffffffffffff;

    /// @dev What has to stay inside its lane takes `ones`, which is `ONES`: from a caller's stack it is cheap, while the optimizer
    /// copies a constant of 32 bytes from the code at every use. The sign bits are added without carry.
    function add(uint256 x, uint256 y, uint256 ones) internal pure returns (uint256 sum) {
        assembly ("memory-safe") {
            let rest := mul(ones, REST)
            sum := xor(add(and(x, rest), and(y, rest)), and(xor(x, y), not(rest)))
        }
    }

    /// @dev Every lane borrows from a sign bit that was set for it.
    function sub(uint256 x, uint256 y, uint256 ones) internal pure returns (uint256 difference) {
        assembly ("memory-safe") {
            let rest := mul(ones, REST)
            difference := xor(sub(or(x, not(rest)), and(y, rest)), and(xor(x, not(y)), not(rest)))
        }
    }

    /// @dev `bits` from 0 to 63.
    function shiftLeft(uint256 x, uint256 bits, uint256 ones) internal pure returns (uint256 shifted) {
        assembly ("memory-safe") {
            shifted := and(shl(bits, x), not(mul(sub(shl(bits, 1), 1), ones)))
        }
    }

    /// @dev `bits` from 1 to 63.
    function rotateRight(uint256 x, uint256 bits, uint256 ones) internal pure returns (uint256 rotated) {
        assembly ("memory-safe") {
            let over := shl(sub(64, bits), x)
            rotated := xor(and(xor(shr(bits, x), over), mul(shr(bits, FIRST), ones)), over)
        }
    }

    /// @dev The high halves of the products of unsigned lanes.
    function mulHigh(uint256 x, uint256 y) internal pure returns (uint256) {
        unchecked {
            return (((x & FIRST) * (y & FIRST)) >> 64) | ((((x >> 64) & FIRST) * ((y >> 64) & FIRST)) & (FIRST << 64))
                | (((((x >> 128) & FIRST) * ((y >> 128) & FIRST)) & (FIRST << 64)) << 64)
                | ((((x >> 192) * (y >> 192)) & (FIRST << 64)) << 128);
        }
    }

    /// @dev The high halves of the products of signed lanes.
    function mulHighSigned(uint256 x, uint256 y) internal pure returns (uint256 product) {
        assembly ("memory-safe") {
            let second := shl(64, FIRST)
            product := and(shr(64, mul(signextend(7, x), signextend(7, y))), FIRST)
            product := or(product, and(mul(signextend(7, shr(64, x)), signextend(7, shr(64, y))), second))
            let high := mul(signextend(7, shr(128, x)), signextend(7, shr(128, y)))
            product := or(product, shl(64, and(high, second)))
            high := mul(signextend(7, shr(192, x)), signextend(7, shr(192, y)))
            product := or(product, shl(128, and(high, second)))
        }
    }

    /// @dev Every lane with its bytes in the opposite order: what counts from the least byte becomes a number and back.
    function reversed(uint256 x) internal pure returns (uint256) {
        unchecked {
            x = ((x & (0xff00ff00ff00ff * ONES)) << 8) | ((x >> 8) & (0xff00ff00ff00ff * ONES));
            x = ((x & (0xffff0000ffff * ONES)) << 16) | ((x >> 16) & (0xffff0000ffff * ONES));
            return ((x & (0xffffffff * ONES)) << 32) | ((x >> 32) & (0xffffffff * ONES));
        }
    }
}
