// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strata} from "../../src/libraries/Strata.sol";
import {Test} from "forge-std/Test.sol";

contract StrataTest is Test {
    function test_ChunksOf_GivenNoMoreThanDraws(bytes32 seed, uint256 chunks) external pure {
        chunks = bound(chunks, 0, 16);
        uint32[] memory list = Strata.chunksOf(seed, chunks);
        assertEq(list.length, chunks, "all of them");
        for (uint256 i = 0; i < chunks; ++i) {
            assertEq(list[i], i, "in order");
        }
    }

    function test_ChunksOf_GivenMoreThanDraws(bytes32 seed, uint256 chunks) external pure {
        chunks = bound(chunks, 17, 2 ** 20);
        uint32[] memory list = Strata.chunksOf(seed, chunks);
        assertLe(list.length, 16, "one of each sixteenth");
        assertGe(list.length, 8, "of which neighbours may share one");
        for (uint256 i = 0; i < list.length; ++i) {
            assertLt(list[i], chunks, "of the batch");
            if (i != 0) assertGt(list[i], list[i - 1], "rising, each once");
        }
    }

    function test_ChunksOf_GivenThousands(bytes32 seed) external pure {
        uint32[] memory list = Strata.chunksOf(seed, 16_000);
        for (uint256 i = 0; i < 16; ++i) {
            assertEq(list[i] / 1000, i, "one of each sixteenth");
        }
    }

    /// @dev Exactly, from the rule: in sixteenths of a chunk the i-th draw is uniform over `[i n, (i + 1) n)`.
    function _missed(bool[] memory isWrong) private pure returns (uint256 chance) {
        uint256 n = isWrong.length;
        chance = 1e18;
        for (uint256 i = 0; i < 16; ++i) {
            uint256 right = 0;
            for (uint256 at = i * n; at < (i + 1) * n; ++at) {
                if (!isWrong[at / 16]) ++right;
            }
            chance = chance * right / n;
        }
    }

    function _power(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        result = 1e18;
        for (uint256 i = 0; i < exponent; ++i) {
            result = result * base / 1e18;
        }
    }

    /// @dev Example 6 of the specification: 16 draws find a tenth of wrong chunks with 81.5 %, and 95 % would take 29.
    function test_Detection_WhenATenthIsWrongEverywhere() external pure {
        bool[] memory isWrong = new bool[](160);
        for (uint256 i = 0; i < 160; ++i) {
            isWrong[i] = i % 10 == 3;
        }
        assertApproxEqAbs(1e18 - _missed(isWrong), 0.8147e18, 0.0001e18, "81.5 %");
        assertGe(1e18 - _power(0.9e18, 29), 0.95e18, "29 draws would find it with 95 %");
        assertLt(1e18 - _power(0.9e18, 28), 0.95e18, "28 would not");
    }

    function test_Detection_WhenATenthIsWrongInOnePlace(uint256 start) external pure {
        start = bound(start, 0, 144);
        bool[] memory isWrong = new bool[](160);
        for (uint256 i = 0; i < 16; ++i) {
            isWrong[start + i] = true;
        }
        assertGe(1e18 - _missed(isWrong), 0.8147e18, "more surely");
    }

    /// @dev Wherever they are, and whatever the number of chunks.
    function test_Detection_WhenAnyAreWrong(bytes32 seed, uint256 chunks, uint256 oneIn) external pure {
        chunks = bound(chunks, 17, 300);
        oneIn = bound(oneIn, 2, 40);
        bool[] memory isWrong = new bool[](chunks);
        uint256 wrong = 0;
        for (uint256 i = 0; i < chunks; ++i) {
            isWrong[i] = uint256(keccak256(abi.encode(seed, i))) % oneIn == 0;
            if (isWrong[i]) ++wrong;
        }
        uint256 right = 1e18 * (chunks - wrong) / chunks;
        assertLe(_missed(isWrong), _power(right, 16) + 1e3, "missed no more than by draws with replacement");
    }

    /// @dev The draws are the rule: 4,000 seeds, a tenth wrong.
    function test_Detection_WhenItIsTried() external pure {
        uint256 found = 0;
        for (uint256 k = 0; k < 4000; ++k) {
            uint32[] memory list = Strata.chunksOf(keccak256(abi.encode(k)), 1000);
            for (uint256 i = 0; i < list.length; ++i) {
                if (list[i] % 10 != 7) continue;
                ++found;
                break;
            }
        }
        assertApproxEqAbs(found, 3259, 75, "81.5 % of them, within three deviations");
    }
}
