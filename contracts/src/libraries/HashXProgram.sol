// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SipHash} from "./SipHash.sol";

/// @dev Makes the program of a HashX function from the state of its draws.
///
/// HashX schedules its instructions on a model of a processor of three ports, one cycle after the other. An accepted program has
/// 512 instructions in 192 cycles, which leaves no port of any cycle idle; so in an accepted program each instruction issues in
/// the cycle of its place, and the schedule is a fixed table of 16 blocks of 12 cycles:
///
///     0: MUL TARGET   1, 2, 3, 5, 7, 9, 10, 11: MUL any any   4, 8: wide MUL any   6: MUL BRANCH
///
/// 1. A place where no register can be written, twice in a row, delays all that follows and the program is rejected: no such
///    program can fill 512 places, so we stop there.
/// 2. Sources never run out: a multiplication keeps its register busy for 3 cycles, a wide one for 4, anything else for 1, so at
///    most 5 registers are busy at any place. What HashX says of fewer than three sources cannot happen.
/// 3. Ports never run out within a cycle, since those two operations that may not use each port (a rotation, an addition with a
///    shift) find one left: an addition with a shift is never followed by another in its cycle.
///
/// A program is 8 bytes per instruction: operation, 32 * destination, 32 * source, nothing, immediate in 4 bytes.
/// A block is the 16 instructions up to its branch, the mask of the branch in the place of one, and the 14 after it.
/// TARGET is left out, since it always is the second of its block.
library HashXProgram {
    uint256 internal constant MUL = 0;
    uint256 internal constant SUB = 8;
    uint256 internal constant ADD_SHIFT = 9;
    uint256 internal constant XOR = 16;
    uint256 internal constant ROTATE = 24;
    uint256 internal constant XOR_CONST = 25;
    uint256 internal constant ADD_CONST = 26;
    uint256 internal constant MUL_HIGH_SIGNED = 28;
    uint256 internal constant MUL_HIGH = 29;

    uint256 internal constant BLOCKS = 16;
    uint256 internal constant BLOCK_BYTES = 8 * 31;
    uint256 internal constant BRANCH_AT = 8 * 16;
    uint256 private constant PROGRAM_BYTES = 4000;

    /// @dev The operations of an `any` place by the low three bits of a draw; at the second try by the low two.
    uint256 private constant ANY = 0x18191a1a08101909;

    /// @dev Cycles for which an instruction keeps its register busy: a byte per cycle, a bit per register.
    uint256 private constant FOR_1 = 0x01;
    uint256 private constant FOR_3 = 0x010101;
    uint256 private constant FOR_4 = 0x01010101;

    /// @dev The lane of all that MUL wrote; 0 to 7 are MUL by its source, 8 to 15 SUB and ADD_SHIFT, 16 to 23 XOR, then the rest.
    uint256 private constant BY_MUL = 31;

    uint256 private constant NO_BYTES = 1 << 255;

    /// @dev Bytes of draws that a cycle finds: 14 draws of 32 bits, one of 64 for bytes, and some to spare.
    uint256 private constant AHEAD = 96;

    /// @dev The maker is a frame in memory, at `maker` the address of the next 32-bit draw, and at these distances from there:
    /// the address after the last draw made,
    uint256 private constant END = 0x20;
    /// the 8-bit draws that are left, up to eight, then a one and zeros,
    uint256 private constant BYTES = 0x40;
    /// the counters of the next four draws,
    uint256 private constant COUNTERS = 0x60;
    /// which registers are busy in this cycle and the next ones,
    uint256 private constant BUSY = 0x80;
    /// who wrote a register last: a byte per operation and source, a bit per register,
    uint256 private constant WRITERS = 0xa0;
    /// a one in each byte,
    uint256 private constant EVERY_LANE = 0xc0;
    /// the address of the next instruction,
    uint256 private constant OUT = 0xe0;
    /// the 32-bit draw of the last wide multiplication on a register, 32 bits per register,
    uint256 private constant PAIRS = 0x100;
    /// the key of the draws,
    uint256 private constant KEY = 0x120;
    /// the members of each set of registers in order, a byte each, and in byte 8 how many they are; 16 bytes per set.
    uint256 private constant SETS = 0x140;
    uint256 private constant DRAWS = SETS + 256 * 16 + 32;

    /// @dev Whether there is a program, and its address.
    function make(uint256 state) internal pure returns (bool isMade, uint256 program) {
        unchecked {
            uint256 key = SipHash.spread(state);
            uint256 maker;
            assembly ("memory-safe") {
                // Draws are told apart by their address, four bytes or eight; what others allocated may have any length.
                program := and(add(mload(0x40), 31), not(31))
                maker := add(program, PROGRAM_BYTES)
                mstore(0x40, maker)
                calldatacopy(maker, calldatasize(), add(SETS, 32))
                mstore(add(maker, OUT), program)
                mstore(add(maker, KEY), key)
                mstore(add(maker, BYTES), NO_BYTES)
                mstore(add(maker, EVERY_LANE), div(not(0), 0xff))
            }
            _sets(maker + SETS);
            _set(maker, 0, maker + DRAWS);
            _set(maker, END, maker + DRAWS);
            _set(maker, COUNTERS, 0x0000000000000000000000000000000100000000000000020000000000000003);
            for (uint256 block_ = 0; block_ < BLOCKS; ++block_) {
                for (uint256 cycle = 0; cycle < 12; ++cycle) {
                    if (_get(maker, END) < _get(maker, 0) + AHEAD) _ensure(maker);
                    if (!_cycle(maker, cycle)) return (false, 0);
                    assembly ("memory-safe") {
                        mstore(add(maker, BUSY), shr(8, mload(add(maker, BUSY))))
                    }
                }
            }
            return (true, program);
        }
    }

    function _cycle(uint256 maker, uint256 cycle) private pure returns (bool) {
        if (cycle & 3 != 0) {
            if (!_multiply(maker)) return false;
            if (cycle != 6) {
                uint256 group = _any(maker, 0);
                return group != 0 && _any(maker, group) != 0;
            }
            _branch(maker);
            return true;
        }
        if (cycle == 0) return _multiply(maker);
        return _wide(maker) && _any(maker, 0) != 0;
    }

    /* INSTRUCTIONS */

    /// @dev A register that MUL wrote is not multiplied again, at the second try only not by the same.
    function _multiply(uint256 maker) private pure returns (bool) {
        (uint256 ready, uint256 source) = _source(maker);
        uint256 free;
        assembly ("memory-safe") {
            free := and(ready, not(or(byte(BY_MUL, mload(add(maker, WRITERS))), shl(source, 1))))
        }
        if (free == 0) {
            (ready, source) = _source(maker);
            free = ready & ~(_lane(maker, source) | _bit(source));
            if (free == 0) return false;
        }
        uint256 mark;
        assembly ("memory-safe") {
            mark := or(shl(sub(248, shl(3, source)), 1), 1)
        }
        _write(maker, free, mark, FOR_3, source << 237);
        return true;
    }

    /// @dev HashX draws a number for a wide multiplication that serves nothing but to tell it from the next on the same register.
    function _wide(uint256 maker) private pure returns (bool) {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 operation = MUL_HIGH_SIGNED + (_draw8(maker) & 1);
            uint256 drawn = _draw32(maker);
            (uint256 free, uint256 source) = _source(maker);
            uint256 pairs = _get(maker, PAIRS);
            free &= ~_repeated(pairs, drawn, _lane(maker, operation));
            if (free == 0) continue;
            uint256 target = _write(maker, free, _mark(operation), FOR_4, (operation << 248) | (source << 237));
            uint256 at = 32 * target;
            _set(maker, PAIRS, pairs ^ ((((pairs >> at) ^ drawn) & 0xffffffff) << at));
            return true;
        }
        return false;
    }

    /// @dev Returns the operation's group, which may not follow itself in a cycle; 0 if no register can be written.
    function _any(uint256 maker, uint256 group) private pure returns (uint256) {
        for (uint256 mask = 7; mask != 1; mask >>= 1) {
            uint256 operation;
            uint256 last = group;
            while (group == last) {
                uint256 left;
                assembly ("memory-safe") {
                    left := mload(add(maker, BYTES))
                }
                if (left == NO_BYTES) left = _take64(maker);
                assembly ("memory-safe") {
                    mstore(add(maker, BYTES), shl(8, left))
                    operation := byte(add(24, and(byte(0, left), mask)), ANY)
                    // SUB and ADD_SHIFT are one group, named by its first lane.
                    group := sub(operation, eq(operation, ADD_SHIFT))
                }
            }
            if (operation >= ROTATE ? _constant(maker, operation) : _combine(maker, operation, group)) return group;
        }
        return 0;
    }

    /// @dev An operation of a register and an immediate; never the same one on a register twice in a row.
    function _constant(uint256 maker, uint256 operation) private pure returns (bool) {
        uint256 immediate;
        while (immediate == 0) {
            assembly ("memory-safe") {
                let next := mload(maker)
                immediate := shr(224, mload(next))
                mstore(maker, add(next, 4))
                if eq(operation, ROTATE) { immediate := and(immediate, 63) }
            }
            // Zero is drawn again, which a cycle cannot have foreseen.
            if (immediate == 0) _ensure(maker);
        }
        uint256 free;
        uint256 mark;
        assembly ("memory-safe") {
            free := and(0xff, not(or(mload(add(maker, BUSY)), byte(operation, mload(add(maker, WRITERS))))))
            mark := shl(sub(248, shl(3, operation)), 1)
        }
        if (free == 0) return false;
        _write(maker, free, mark, FOR_1, (operation << 248) | (immediate << 192));
        return true;
    }

    /// @dev An operation of two registers; never the same group of the same two twice in a row.
    function _combine(uint256 maker, uint256 operation, uint256 group) private pure returns (bool) {
        uint256 word = operation << 248;
        if (operation == ADD_SHIFT) word |= (_draw32(maker) & 3) << 192;
        (uint256 free, uint256 source) = _source(maker);
        uint256 mark;
        assembly ("memory-safe") {
            word := or(word, shl(237, source))
            let lane := add(group, source)
            free := and(free, not(or(byte(lane, mload(add(maker, WRITERS))), shl(source, 1))))
            mark := shl(sub(248, shl(3, lane)), 1)
            // No addition with a shift to register 5, for the sake of a processor that encodes it badly.
            if eq(operation, ADD_SHIFT) { free := and(free, 0xdf) }
        }
        if (free == 0) return false;
        _write(maker, free, mark, FOR_1, word);
        return true;
    }

    /// @dev The mask has four different bits.
    function _branch(uint256 maker) private pure {
        unchecked {
            uint256 mask = 0;
            for (uint256 i = 0; i < 4;) {
                uint256 bit = _bit(_draw8(maker) & 31);
                if (mask & bit == 0) ++i;
                mask |= bit;
            }
            uint256 out = _get(maker, OUT);
            _set(out, 0, mask << 192);
            _set(maker, OUT, out + 8);
        }
    }

    /* REGISTERS */

    /// @dev Sets whose highest member is `register` are those of lower members only, with it added.
    function _sets(uint256 to) private pure {
        assembly ("memory-safe") {
            for { let register := 0 } lt(register, 8) { register := add(register, 1) } {
                let size := shl(add(4, register), 1)
                let from := to
                for { let end := add(to, size) } lt(from, end) { from := add(from, 16) } {
                    let set := mload(from)
                    let member := shl(sub(248, shl(3, byte(8, set))), register)
                    mstore(add(from, size), add(set, add(shl(184, 1), member)))
                }
            }
        }
    }

    /// @dev The registers that are not busy, and the one of them that is drawn.
    function _source(uint256 maker) private pure returns (uint256 ready, uint256 source) {
        assembly ("memory-safe") {
            ready := and(not(mload(add(maker, BUSY))), 0xff)
            let set := mload(add(add(maker, SETS), shl(4, ready)))
            let next := mload(maker)
            source := byte(mod(shr(224, mload(next)), byte(8, set)), set)
            mstore(maker, add(next, 4))
        }
    }

    /// @dev Draws one of the registers in `free` unless it is the only one, notes who writes it and for how long it is busy, and
    /// appends the instruction.
    function _write(uint256 maker, uint256 free, uint256 mark, uint256 cycles, uint256 word)
        private
        pure
        returns (uint256 target)
    {
        assembly ("memory-safe") {
            let set := mload(add(add(maker, SETS), shl(4, free)))
            target := byte(0, set)
            if gt(byte(8, set), 1) {
                let next := mload(maker)
                target := byte(mod(shr(224, mload(next)), byte(8, set)), set)
                mstore(maker, add(next, 4))
            }
            mstore(add(maker, BUSY), or(mload(add(maker, BUSY)), shl(target, cycles)))
            let others := and(mload(add(maker, WRITERS)), not(shl(target, mload(add(maker, EVERY_LANE)))))
            mstore(add(maker, WRITERS), or(others, shl(target, mark)))
            let out := mload(add(maker, OUT))
            mstore(out, or(word, shl(245, target)))
            mstore(add(maker, OUT), add(out, 8))
        }
    }

    /// @dev The registers that were written last by what has this lane.
    function _lane(uint256 maker, uint256 lane) private pure returns (uint256 members) {
        assembly ("memory-safe") {
            members := byte(lane, mload(add(maker, WRITERS)))
        }
    }

    function _mark(uint256 lane) private pure returns (uint256 mark) {
        assembly ("memory-safe") {
            mark := shl(sub(248, shl(3, lane)), 1)
        }
    }

    function _bit(uint256 index) private pure returns (uint256 bit) {
        assembly ("memory-safe") {
            bit := shl(index, 1)
        }
    }

    /// @dev Those of `members` whose part of `pairs` is `drawn`.
    function _repeated(uint256 pairs, uint256 drawn, uint256 members) private pure returns (uint256 repeated) {
        unchecked {
            for (uint256 register = 0; members >> register != 0; ++register) {
                bool isSame = (pairs >> (32 * register)) & 0xffffffff == drawn;
                if (isSame) repeated |= members & _bit(register);
            }
        }
    }

    /* DRAWS */

    /// @dev A draw is a SipHash of 64 bits. Requests for 32 bits and for 8 bits each take a whole one when they have nothing left
    /// of their last, from the same sequence. Draws lie in memory in order; those for 32 bits are read where they lie.
    function _draw32(uint256 maker) private pure returns (uint256 drawn) {
        assembly ("memory-safe") {
            let next := mload(maker)
            drawn := shr(224, mload(next))
            mstore(maker, add(next, 4))
        }
    }

    function _draw8(uint256 maker) private pure returns (uint256) {
        uint256 left = _get(maker, BYTES);
        if (left == NO_BYTES) left = _take64(maker);
        _set(maker, BYTES, left << 8);
        return left >> 248;
    }

    /// @dev Takes the next whole draw for bytes. Is half of one still owed to a request for 32 bits, it moves up behind the gap.
    function _take64(uint256 maker) private pure returns (uint256 left) {
        _ensure(maker);
        assembly ("memory-safe") {
            let next := mload(maker)
            left := mload(add(next, and(next, 4)))
            left := or(and(left, not(shr(64, not(0)))), shl(191, 1))
            if and(next, 4) {
                let rest := shr(32, shl(32, mload(add(next, 8))))
                mstore(add(next, 8), or(and(mload(next), shl(224, 0xffffffff)), rest))
            }
            mstore(maker, add(next, 8))
        }
    }

    /// @dev Makes enough draws ahead that a cycle needs to ask but once, unless it takes what it cannot foresee.
    function _ensure(uint256 maker) private pure {
        unchecked {
            uint256 end = _get(maker, END);
            if (end >= _get(maker, 0) + AHEAD) return;
            _set(maker, COUNTERS, SipHash.draw(_get(maker, KEY), _get(maker, COUNTERS), end, end + 128));
            _set(maker, END, end + 128);
        }
    }

    function _get(uint256 maker, uint256 at) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(maker, at))
        }
    }

    function _set(uint256 maker, uint256 at, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(add(maker, at), word)
        }
    }
}
