// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LibBit} from "solady/utils/LibBit.sol";

/// @dev A byte a unit, the lowest bit its first puzzle: bit number `position` is bit `position % 8` of byte `position / 8`.
library Bitmap {
    function count(bytes calldata bitmap) internal pure returns (uint256 sum) {
        for (uint256 at = 0; at < bitmap.length; at += 32) {
            sum += LibBit.popCount(_word(bitmap, at));
        }
    }

    function has(bytes calldata bitmap, uint256 position) internal pure returns (bool) {
        return position / 8 < bitmap.length && uint8(bitmap[position / 8]) >> (position % 8) & 1 == 1;
    }

    /// @dev The position of the set bit number `rank`, from zero; there are more than `rank`.
    function select(bytes calldata bitmap, uint256 rank) internal pure returns (uint256 position) {
        uint256 at = 0;
        for (
            uint256 bits = LibBit.popCount(_word(bitmap, at)); bits <= rank; bits = LibBit.popCount(_word(bitmap, at))) {
            rank -= bits;
            at += 32;
        }
        for (uint256 bits = _ones(bitmap, at); bits <= rank; bits = _ones(bitmap, at)) {
            rank -= bits;
            ++at;
        }
        position = at * 8;
        for (uint256 byte_ = uint8(bitmap[at]); rank != 0 || byte_ & 1 == 0; byte_ >>= 1) {
            rank -= byte_ & 1;
            ++position;
        }
    }

    function _ones(bytes calldata bitmap, uint256 at) private pure returns (uint256) {
        return LibBit.popCount(uint8(bitmap[at]));
    }

    /// @dev The 32 bytes from `at` on; zeros where the bitmap has ended, whatever follows it in the call.
    function _word(bytes calldata bitmap, uint256 at) private pure returns (uint256 word) {
        uint256 length = bitmap.length;
        if (at >= length) return 0;
        assembly ("memory-safe") {
            word := calldataload(add(bitmap.offset, at))
        }
        if (length - at < 32) word &= type(uint256).max << 8 * (32 - (length - at));
    }
}
