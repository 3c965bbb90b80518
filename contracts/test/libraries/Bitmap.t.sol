// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bitmap} from "../../src/libraries/Bitmap.sol";
import {Test} from "forge-std/Test.sol";

contract BitmapTest is Test {
    function count(bytes calldata bitmap, bytes calldata) external pure returns (uint256) {
        return Bitmap.count(bitmap);
    }

    function has(bytes calldata bitmap, uint256 position) external pure returns (bool) {
        return Bitmap.has(bitmap, position);
    }

    function select(bytes calldata bitmap, uint256 rank) external pure returns (uint256) {
        return Bitmap.select(bitmap, rank);
    }

    /// @dev Up to three words, the last of them not whole.
    function _cut(bytes memory bitmap) private pure {
        uint256 length = bound(bitmap.length, 0, 70);
        if (length > bitmap.length) return;
        assembly ("memory-safe") {
            mstore(bitmap, length)
        }
    }

    function test_Count_WhateverFollowsIt(bytes memory bitmap, bytes memory tail) external view {
        _cut(bitmap);
        uint256 bits = 0;
        for (uint256 i = 0; i < bitmap.length * 8; ++i) {
            if (this.has(bitmap, i)) ++bits;
        }
        assertEq(this.count(bitmap, tail), bits, "its bits and no others");
    }

    function test_Has_WhenPastItsEnd(bytes memory bitmap, uint256 position) external view {
        position = bound(position, bitmap.length * 8, type(uint256).max);
        assertFalse(this.has(bitmap, position), "nothing");
    }

    function test_Has_WhenABitIsSet(uint8 position) external view {
        bytes memory bitmap = new bytes(32);
        bitmap[position / 8] = bytes1(uint8(1 << (position % 8)));
        for (uint256 i = 0; i < 256; ++i) {
            assertEq(this.has(bitmap, i), i == position, "that bit alone");
        }
    }

    function test_Select_WhenRankedFromZero(bytes memory bitmap) external view {
        _cut(bitmap);
        uint256 rank = 0;
        for (uint256 i = 0; i < bitmap.length * 8; ++i) {
            if (!this.has(bitmap, i)) continue;
            assertEq(this.select(bitmap, rank), i, "in order");
            ++rank;
        }
    }
}
