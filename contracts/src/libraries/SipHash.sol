// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Lanes} from "./Lanes.sol";

/// @dev SipHash as HashX uses it: four inputs at once, keyed by a whole 256-bit state instead of by 128 bits.
/// Each of the four variables of a state is a word of lanes, one lane per input.
library SipHash {
    /// @dev Factors that make masks of `Lanes.ONES`. As constants of 32 bytes the optimizer would compute them wherever they are used.
    uint256 private constant REST = 0x7fffffffffffffff;
    uint256 private constant HIGH_51 = 0xffffffffffffe000;
    uint256 private constant HIGH_48 = 0xffffffffffff0000;
    uint256 private constant HIGH_47 = 0xfffffffffffe0000;
    uint256 private constant HIGH_43 = 0xffffffffffe00000;
    uint256 private constant HIGH_32 = 0xffffffff00000000;

    /// @dev The address of a key: the four big-endian numbers of `state`, each in every lane of a word.
    function spread(uint256 state) internal pure returns (uint256 key) {
        uint256 ones = Lanes.ONES;
        assembly ("memory-safe") {
            key := mload(0x40)
            mstore(0x40, add(key, 128))
            for { let i := 0 } lt(i, 128) { i := add(i, 32) } {
                mstore(add(key, i), mul(ones, shr(192, shl(shl(1, i), state))))
            }
        }
    }

    /// @dev SipHash-1-3 of counters to 64 bits each: the stream of draws from which a program is made.
    /// Writes from `to` to before `end`, a word for each four counters, and returns the next four.
    /// A verification spends a third of its gas here: masks lie on the stack, and the two used most in scratch memory.
    function draw(uint256 key, uint256 counters, uint256 to, uint256 end) internal pure returns (uint256) {
        uint256 ones = Lanes.ONES;
        assembly ("memory-safe") {
            mstore(0, mul(ones, REST))
            mstore(32, not(mul(ones, REST)))
            let m51 := mul(ones, HIGH_51)
            let m48 := mul(ones, HIGH_48)
            let m47 := mul(ones, HIGH_47)
            let m43 := mul(ones, HIGH_43)
            let m32 := mul(ones, HIGH_32)
            for {} lt(to, end) { to := add(to, 32) } {
                let a := mload(key)
                let b := mload(add(key, 32))
                let c := mload(add(key, 64))
                let d := xor(mload(add(key, 96)), counters)
                for { let left := 4 } left { left := sub(left, 1) } {
                    a := xor(add(and(a, mload(0)), and(b, mload(0))), and(xor(a, b), mload(32)))
                    c := xor(add(and(c, mload(0)), and(d, mload(0))), and(xor(c, d), mload(32)))
                    let e := shr(51, b)
                    b := xor(xor(and(xor(shl(13, b), e), m51), e), a)
                    e := shr(48, d)
                    d := xor(xor(and(xor(shl(16, d), e), m48), e), c)
                    e := shr(32, a)
                    a := xor(and(xor(shl(32, a), e), m32), e)
                    c := xor(add(and(c, mload(0)), and(b, mload(0))), and(xor(c, b), mload(32)))
                    a := xor(add(and(a, mload(0)), and(d, mload(0))), and(xor(a, d), mload(32)))
                    e := shr(47, b)
                    b := xor(xor(and(xor(shl(17, b), e), m47), e), c)
                    e := shr(43, d)
                    d := xor(xor(and(xor(shl(21, d), e), m43), e), a)
                    e := shr(32, c)
                    c := xor(and(xor(shl(32, c), e), m32), e)
                    if eq(left, 4) {
                        a := xor(a, counters)
                        c := xor(c, mul(0xff, div(m32, HIGH_32)))
                    }
                }
                mstore(to, xor(xor(a, b), xor(c, d)))
                counters := add(counters, mul(4, div(m32, HIGH_32)))
            }
        }
        return counters;
    }

    /// @dev SipHash-2-4 of four inputs to 512 bits each, eight words at `to`: the registers that a program starts with.
    function fill(uint256 key, uint256 inputs, uint256 to) internal pure {
        uint256 ones = Lanes.ONES;
        (uint256 a, uint256 b, uint256 c, uint256 d) = _load(key);
        (a, b, c, d) = round(a, b ^ (0xee * ones), c, d ^ inputs, ones);
        (a, b, c, d) = round(a, b, c, d, ones);
        (a, b, c, d) = _rounds4(a ^ inputs, b, c ^ (0xee * ones), d, ones);
        _store(to, a, b, c, d);
        (a, b, c, d) = _rounds4(a, b ^ (0xdd * ones), c, d, ones);
        _store(to + 128, a, b, c, d);
    }

    function round(uint256 a, uint256 b, uint256 c, uint256 d, uint256 ones)
        internal
        pure
        returns (uint256, uint256, uint256, uint256)
    {
        a = Lanes.add(a, b, ones);
        c = Lanes.add(c, d, ones);
        b = Lanes.rotateRight(b, 51, ones) ^ a;
        d = Lanes.rotateRight(d, 48, ones) ^ c;
        a = Lanes.rotateRight(a, 32, ones);
        c = Lanes.add(c, b, ones);
        a = Lanes.add(a, d, ones);
        b = Lanes.rotateRight(b, 47, ones) ^ c;
        d = Lanes.rotateRight(d, 43, ones) ^ a;
        return (a, b, Lanes.rotateRight(c, 32, ones), d);
    }

    function _rounds4(uint256 a, uint256 b, uint256 c, uint256 d, uint256 ones)
        private
        pure
        returns (uint256, uint256, uint256, uint256)
    {
        for (uint256 i = 0; i < 4; ++i) {
            (a, b, c, d) = round(a, b, c, d, ones);
        }
        return (a, b, c, d);
    }

    function _load(uint256 at) private pure returns (uint256 a, uint256 b, uint256 c, uint256 d) {
        assembly ("memory-safe") {
            a := mload(at)
            b := mload(add(at, 32))
            c := mload(add(at, 64))
            d := mload(add(at, 96))
        }
    }

    function _store(uint256 to, uint256 a, uint256 b, uint256 c, uint256 d) private pure {
        assembly ("memory-safe") {
            mstore(to, a)
            mstore(add(to, 32), b)
            mstore(add(to, 64), c)
            mstore(add(to, 96), d)
        }
    }
}
