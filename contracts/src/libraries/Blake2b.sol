// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Lanes} from "./Lanes.sol";

/// @dev BLAKE2b (RFC 7693) of messages that fit one block, without a key.
/// The compression is the precompile of EIP-152, or our own, at 30 times its price, where a chain has none.
library Blake2b {
    uint256 private constant PRECOMPILE = 9;

    /// @dev The initial state as bytes, the parameter block's fixed bytes (fanout 1, depth 1) already in it.
    bytes32 private constant STATE_FIRST = 0x08c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5;
    bytes32 private constant STATE_SECOND = 0xd182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b;

    uint256 private constant IV_FIRST = 0x6a09e667f3bcc908bb67ae8584caa73b3c6ef372fe94f82ba54ff53a5f1d36f1;
    uint256 private constant IV_SECOND = 0x510e527fade682d19b05688c2b3e6c1f1f83d9abfb41bd6b5be0cd19137e2179;

    /// @dev Which message word each step takes: 16 hexadecimal digits a round, the rounds 10 and 11 are 0 and 1 again.
    uint256 private constant SIGMA_0 = 0x0123456789abcdefea489fd61c02b753b8c052fdae3671947931dcbe265a40f8;
    uint256 private constant SIGMA_4 = 0x905724afe1bc683d2c6a0b834d75fe19c51fed4a0763928bdb7ec13950f4862a;
    uint256 private constant SIGMA_8 = 0x6fe9b308c2d714a5a2847615fb9e3cd00123456789abcdefea489fd61c02b753;

    uint256 internal constant MESSAGE_AT = 68;

    /// @dev A hash of `size` bytes, left-aligned in two words, of at most 128 bytes; `tail` is the salt and then the personalisation.
    function digest(bytes memory message, uint256 size, bytes32 tail) internal view returns (bytes32, bytes32) {
        return run(prepare(message, size, tail));
    }

    /// @dev The address of the 213 bytes that the precompile takes: rounds, state, block, count, last.
    /// Whoever hashes many messages of one length changes those from `MESSAGE_AT` on.
    function prepare(bytes memory message, uint256 size, bytes32 tail) internal pure returns (uint256 input) {
        assert(message.length <= 128);
        bytes32 first = STATE_FIRST ^ bytes32(size << 248);
        bytes32 second = STATE_SECOND ^ tail;
        assembly ("memory-safe") {
            input := mload(0x40)
            mstore(0x40, add(input, 224))
            calldatacopy(input, calldatasize(), 224)
            mstore(input, shl(224, 12))
            mstore(add(input, 4), first)
            mstore(add(input, 36), second)
            mcopy(add(input, 68), add(message, 32), mload(message))
            mstore8(add(input, 196), mload(message))
            mstore8(add(input, 212), 1)
        }
    }

    /// @dev The whole 64 bytes, of which a shorter hash is the beginning.
    function run(uint256 input) internal view returns (bytes32 first, bytes32 second) {
        bool isDone;
        assembly ("memory-safe") {
            isDone := staticcall(gas(), PRECOMPILE, input, 213, 0, 64)
            isDone := and(isDone, eq(returndatasize(), 64))
            first := mload(0)
            second := mload(32)
        }
        if (!isDone) return compress(input);
    }

    /// @dev What the precompile answers for an input of it with 12 rounds, fewer than 2^64 bytes so far and a last block.
    /// A row of the state is one word: its four columns, and after a turn of the rows its diagonals, are mixed at once.
    function compress(uint256 input) internal pure returns (bytes32 first, bytes32 second) {
        unchecked {
            uint256[4] memory words;
            for (uint256 i = 0; i < 4; ++i) {
                words[i] = Lanes.reversed(_load(input + MESSAGE_AT + 32 * i));
            }
            uint256[4] memory rows;
            rows[0] = Lanes.reversed(_load(input + 4));
            rows[1] = Lanes.reversed(_load(input + 36));
            rows[2] = IV_FIRST;
            rows[3] = IV_SECOND ^ (Lanes.reversed(_load(input + 196)) & (Lanes.FIRST << 192)) ^ (Lanes.FIRST << 64);
            for (uint256 i = 0; i < 12; ++i) {
                uint256 sigma = (i < 4 ? SIGMA_0 : i < 8 ? SIGMA_4 : SIGMA_8) << (64 * (i & 3));
                _mix(rows, words, sigma);
                _turn(rows, 64, 192);
                _mix(rows, words, sigma << 32);
                _turn(rows, 192, 64);
            }
            first = bytes32(Lanes.reversed(Lanes.reversed(_load(input + 4)) ^ rows[0] ^ rows[2]));
            second = bytes32(Lanes.reversed(Lanes.reversed(_load(input + 36)) ^ rows[1] ^ rows[3]));
        }
    }

    /// @dev Four times the mixing function of the standard, with the message words that the first 8 digits of `sigma` name.
    function _mix(uint256[4] memory rows, uint256[4] memory words, uint256 sigma) private pure {
        (uint256 a, uint256 b, uint256 c, uint256 d) = (rows[0], rows[1], rows[2], rows[3]);
        uint256 ones = Lanes.ONES;
        a = Lanes.add(Lanes.add(a, b, ones), _gathered(words, sigma), ones);
        d = Lanes.rotateRight(d ^ a, 32, ones);
        c = Lanes.add(c, d, ones);
        b = Lanes.rotateRight(b ^ c, 24, ones);
        a = Lanes.add(Lanes.add(a, b, ones), _gathered(words, sigma << 4), ones);
        d = Lanes.rotateRight(d ^ a, 16, ones);
        c = Lanes.add(c, d, ones);
        b = Lanes.rotateRight(b ^ c, 63, ones);
        (rows[0], rows[1], rows[2], rows[3]) = (a, b, c, d);
    }

    /// @dev The words that every second of the first 8 digits of `sigma` names.
    function _gathered(uint256[4] memory words, uint256 sigma) private pure returns (uint256 gathered) {
        unchecked {
            for (uint256 i = 0; i < 4; ++i) {
                assembly ("memory-safe") {
                    let word := mload(add(words, shr(249, and(shl(mul(8, i), sigma), shl(252, 15)))))
                    gathered := or(shl(64, gathered), shr(192, word))
                }
            }
        }
    }

    /// @dev Turns row 1 by `first` bits, row 2 by half a word, row 3 by `last` bits.
    function _turn(uint256[4] memory rows, uint256 first, uint256 last) private pure {
        unchecked {
            rows[1] = (rows[1] << first) | (rows[1] >> (256 - first));
            rows[2] = (rows[2] << 128) | (rows[2] >> 128);
            rows[3] = (rows[3] << last) | (rows[3] >> (256 - last));
        }
    }

    function _load(uint256 at) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(at)
        }
    }
}
