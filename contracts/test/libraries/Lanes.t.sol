// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Lanes} from "../../src/libraries/Lanes.sol";
import {Test} from "forge-std/Test.sol";

contract LanesTest is Test {
    /// @dev Edges that fuzzing finds late: full and empty lanes side by side.
    uint256[4] private edges = [0, type(uint256).max, Lanes.ONES, Lanes.ONES << 63];

    function test_Sums(uint256 x, uint256 y) external view {
        sums(x, y);
        for (uint256 i = 0; i < 16; ++i) {
            sums(edges[i / 4], edges[i % 4]);
        }
    }

    function test_Shifts(uint256 x, uint256 bits) external pure {
        bits = bound(bits, 1, 63);
        for (uint256 i = 0; i < 4; ++i) {
            uint64 a = lane(x, i);
            assertEq(
                lane(Lanes.rotateRight(x, bits, Lanes.ONES), i), uint64((a >> bits) | (a << (64 - bits))), "rotated"
            );
            assertEq(lane(Lanes.shiftLeft(x, bits - 1, Lanes.ONES), i), uint64(a << (bits - 1)), "shifted");
        }
    }

    function test_Products(uint256 x, uint256 y) external view {
        products(x, y);
        for (uint256 i = 0; i < 16; ++i) {
            products(edges[i / 4], edges[i % 4]);
        }
    }

    function test_Reversed(uint256 x) external pure {
        assertEq(Lanes.reversed(Lanes.reversed(x)), x, "undone");
        bytes memory bytes_ = abi.encode(x);
        bytes memory reversed = abi.encode(Lanes.reversed(x));
        for (uint256 i = 0; i < 32; ++i) {
            assertEq(reversed[i], bytes_[i / 8 * 8 + 7 - i % 8], "reversed");
        }
    }

    function sums(uint256 x, uint256 y) private pure {
        unchecked {
            for (uint256 i = 0; i < 4; ++i) {
                assertEq(lane(Lanes.add(x, y, Lanes.ONES), i), lane(x, i) + lane(y, i), "added");
                assertEq(lane(Lanes.sub(x, y, Lanes.ONES), i), lane(x, i) - lane(y, i), "subtracted");
            }
        }
    }

    function products(uint256 x, uint256 y) private pure {
        for (uint256 i = 0; i < 4; ++i) {
            (uint256 a, uint256 b) = (lane(x, i), lane(y, i));
            assertEq(lane(Lanes.mulHigh(x, y), i), uint64((a * b) >> 64), "high");
            int256 product = int256(int64(uint64(a))) * int256(int64(uint64(b)));
            assertEq(lane(Lanes.mulHighSigned(x, y), i), uint64(uint256(product >> 64)), "signed");
        }
    }

    function lane(uint256 x, uint256 i) private pure returns (uint64) {
        return uint64(x >> (192 - 64 * i));
    }
}
