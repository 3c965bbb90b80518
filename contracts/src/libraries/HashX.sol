// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Blake2b} from "./Blake2b.sol";
import {HashXProgram} from "./HashXProgram.sol";
import {Lanes} from "./Lanes.sol";
import {SipHash} from "./SipHash.sol";

/// @dev HashX: every seed has a hash function of its own, a program of 512 integer instructions on eight 64-bit registers.
/// Here one program hashes eight inputs in step, two words of four lanes per register. An input that takes a branch, which each
/// does at most once, runs a part of the program again: all run it, and those that did not branch get their registers back.
library HashX {
    /// @dev The salt of the seed's hash: what this version of HashX is called.
    bytes32 private constant SALT = bytes32("HashX v1");

    /// @dev Registers of inputs 0 to 3, of inputs 4 to 7, then the two words of the last wide product and `Lanes.ONES`.
    uint256 private constant SECOND_HALF = 256;
    uint256 private constant PRODUCTS = 512;
    uint256 private constant ONES = 576;
    uint256 private constant FRAME = 608;

    uint256 private constant FIRST = 0xffffffffffffffff;

    /// @dev The states of the program's draws and of its registers, as big-endian numbers.
    function keys(bytes memory seed) internal view returns (uint256 drawing, uint256 filling) {
        (bytes32 first, bytes32 second) = Blake2b.digest(seed, 64, SALT);
        return (Lanes.reversed(uint256(first)), Lanes.reversed(uint256(second)));
    }

    /// @dev The first 64 bits of the hashes of eight inputs.
    function run(uint256 program, uint256 filling, uint256 firstInputs, uint256 secondInputs)
        internal
        pure
        returns (uint256 first, uint256 second)
    {
        unchecked {
            uint256 key = SipHash.spread(filling);
            uint256 free = Lanes.ONES;
            uint256 secondFree = free;
            uint256 registers;
            assembly ("memory-safe") {
                registers := mload(0x40)
                mstore(0x40, add(registers, mul(2, FRAME)))
                mstore(add(registers, ONES), free)
            }
            SipHash.fill(key, firstInputs, registers);
            SipHash.fill(key, secondInputs, registers + SECOND_HALF);
            for (uint256 i = 0; i < HashXProgram.BLOCKS; ++i) {
                uint256 branch = program + HashXProgram.BRANCH_AT;
                _execute(registers, program, branch);
                (free, secondFree) = _branch(registers, branch, free, secondFree);
                program += HashXProgram.BLOCK_BYTES;
                _execute(registers, branch + 8, program);
            }
            first = _finish(key, registers);
            second = _finish(key, registers + SECOND_HALF);
        }
    }

    /// @dev Inputs whose last wide product has none of the mask's bits go back to the second instruction of the block, if they
    /// have not gone back before. `free` has a one in the lane of each input that has not.
    function _branch(uint256 registers, uint256 branch, uint256 free, uint256 secondFree)
        private
        pure
        returns (uint256, uint256)
    {
        unchecked {
            uint256 mask = ((_load(branch) >> 192) & type(uint32).max) * Lanes.ONES;
            uint256 taken = _zeros(_load(registers + PRODUCTS) & mask) & free;
            uint256 secondTaken = _zeros(_load(registers + PRODUCTS + 32) & mask) & secondFree;
            if (taken | secondTaken != 0) {
                uint256 saved = registers + FRAME;
                assembly ("memory-safe") {
                    mcopy(saved, registers, PRODUCTS)
                }
                _execute(registers, branch + 8 - HashXProgram.BRANCH_AT, branch);
                _restore(registers, saved, ~(taken * Lanes.FIRST));
                _restore(registers + SECOND_HALF, saved + SECOND_HALF, ~(secondTaken * Lanes.FIRST));
            }
            return (free ^ taken, secondFree ^ secondTaken);
        }
    }

    /// @dev One in each lane that is zero, of lanes under 2^32.
    function _zeros(uint256 x) private pure returns (uint256) {
        unchecked {
            return (((x + type(uint32).max * Lanes.ONES) >> 32) & Lanes.ONES) ^ Lanes.ONES;
        }
    }

    /// @dev Sets the eight words at `to` to those at `from` where `mask` is one.
    function _restore(uint256 to, uint256 from, uint256 mask) private pure {
        assembly ("memory-safe") {
            for { let end := add(to, 256) } lt(to, end) { to := add(to, 32) } {
                let word := mload(to)
                mstore(to, xor(word, and(xor(word, mload(from)), mask)))
                from := add(from, 32)
            }
        }
    }

    /// @dev Executes the instructions from `from` to before `to`. Every third is a multiplication, so that is asked first.
    function _execute(uint256 registers, uint256 from, uint256 to) private pure {
        unchecked {
            for (; from < to; from += 8) {
                uint256 word;
                uint256 operation;
                assembly ("memory-safe") {
                    word := mload(from)
                    operation := byte(0, word)
                }
                if (operation == HashXProgram.MUL) _multiply(registers, word);
                else if (operation >= HashXProgram.MUL_HIGH_SIGNED) _multiplyWide(registers, word);
                else if (operation >= HashXProgram.ROTATE) _change(registers, word, operation);
                else _combine(registers, word, operation);
            }
        }
    }

    /// @dev What is above a lane in a factor stays above it in the product, so factors are shifted but not cut.
    function _multiply(uint256 registers, uint256 word) private pure {
        assembly ("memory-safe") {
            function low(x, y) -> product {
                product := or(and(mul(x, y), FIRST), shl(64, and(mul(shr(64, x), shr(64, y)), FIRST)))
                product := or(product, shl(128, and(mul(shr(128, x), shr(128, y)), FIRST)))
                product := or(product, shl(192, mul(shr(192, x), shr(192, y))))
            }
            let target := add(registers, byte(1, word))
            let source := add(registers, byte(2, word))
            mstore(target, low(mload(target), mload(source)))
            target := add(target, SECOND_HALF)
            mstore(target, low(mload(target), mload(add(source, SECOND_HALF))))
        }
    }

    /// @dev Wide multiplications leave their products for the next branch.
    function _multiplyWide(uint256 registers, uint256 word) private pure {
        (uint256 x, uint256 x2) = _both(registers, word << 8);
        (uint256 y, uint256 y2) = _both(registers, word << 16);
        (x, x2) = word >> 248 == HashXProgram.MUL_HIGH
            ? (Lanes.mulHigh(x, y), Lanes.mulHigh(x2, y2))
            : (Lanes.mulHighSigned(x, y), Lanes.mulHighSigned(x2, y2));
        _setBoth(registers, word, x, x2);
        assembly ("memory-safe") {
            mstore(add(registers, PRODUCTS), x)
            mstore(add(add(registers, PRODUCTS), 32), x2)
        }
    }

    /// @dev Operations of two registers.
    function _combine(uint256 registers, uint256 word, uint256 operation) private pure {
        (uint256 x, uint256 x2) = _both(registers, word << 8);
        (uint256 y, uint256 y2) = _both(registers, word << 16);
        if (operation == HashXProgram.XOR) return _setBoth(registers, word, x ^ y, x2 ^ y2);
        uint256 ones = _load(registers + ONES);
        if (operation == HashXProgram.SUB) {
            return _setBoth(registers, word, Lanes.sub(x, y, ones), Lanes.sub(x2, y2, ones));
        }
        uint256 shift = (word >> 192) & 3;
        (y, y2) = (Lanes.shiftLeft(y, shift, ones), Lanes.shiftLeft(y2, shift, ones));
        _setBoth(registers, word, Lanes.add(x, y, ones), Lanes.add(x2, y2, ones));
    }

    /// @dev Operations of a register and an immediate, which is a signed number of 32 bits unless it counts bits.
    function _change(uint256 registers, uint256 word, uint256 operation) private pure {
        (uint256 x, uint256 x2) = _both(registers, word << 8);
        uint256 ones = _load(registers + ONES);
        uint256 value;
        assembly ("memory-safe") {
            value := and(signextend(3, shr(192, word)), FIRST)
        }
        if (operation == HashXProgram.ROTATE) {
            return _setBoth(registers, word, Lanes.rotateRight(x, value, ones), Lanes.rotateRight(x2, value, ones));
        }
        unchecked {
            value *= ones;
        }
        if (operation == HashXProgram.XOR_CONST) return _setBoth(registers, word, x ^ value, x2 ^ value);
        _setBoth(registers, word, Lanes.add(x, value, ones), Lanes.add(x2, value, ones));
    }

    /// @dev The register in the first byte of `word`.
    function _both(uint256 registers, uint256 word) private pure returns (uint256 x, uint256 x2) {
        assembly ("memory-safe") {
            let at := add(registers, byte(0, word))
            x := mload(at)
            x2 := mload(add(at, SECOND_HALF))
        }
    }

    /// @dev The register in the second byte of `word`.
    function _setBoth(uint256 registers, uint256 word, uint256 x, uint256 x2) private pure {
        assembly ("memory-safe") {
            let at := add(registers, byte(1, word))
            mstore(at, x)
            mstore(add(at, SECOND_HALF), x2)
        }
    }

    /// @dev Registers are added to the key and mixed once more, because products are even more often than odd.
    function _finish(uint256 key, uint256 registers) private pure returns (uint256) {
        unchecked {
            uint256 ones = Lanes.ONES;
            (uint256 a,,,) = SipHash.round(
                Lanes.add(_load(registers), _load(key), ones),
                Lanes.add(_load(registers + 32), _load(key + 32), ones),
                _load(registers + 64),
                _load(registers + 96),
                ones
            );
            (uint256 b,,,) = SipHash.round(
                _load(registers + 128),
                _load(registers + 160),
                Lanes.add(_load(registers + 192), _load(key + 64), ones),
                Lanes.add(_load(registers + 224), _load(key + 96), ones),
                ones
            );
            return a ^ b;
        }
    }

    function _load(uint256 at) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(at)
        }
    }
}
