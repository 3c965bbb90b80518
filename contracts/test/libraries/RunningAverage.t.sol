// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RunningAverage} from "../../src/libraries/RunningAverage.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Test} from "forge-std/Test.sol";

contract RunningAverageTest is Test {
    uint256 private constant ELAPSED_MAX = 100_000 days;

    function test_AdvanceDown_WhenNoTimePassed(uint96 average, uint64 median, uint256 constant_) external pure {
        constant_ = bound(constant_, 1, 365 days);

        assertEq(RunningAverage.advanceDown(average, median, 0, constant_), average, "average");
    }

    function test_AdvanceDown_WhenAverageEqualsMedian(uint64 median, uint256 elapsed, uint256 constant_) external pure {
        constant_ = bound(constant_, 1, 365 days);
        elapsed = bound(elapsed, 0, ELAPSED_MAX);
        uint96 average = RunningAverage.fromPrice(median);

        assertEq(RunningAverage.advanceDown(average, median, elapsed, constant_), average, "average");
    }

    function test_AdvanceDown_WhenAnyTimePassed(uint96 average, uint64 median, uint256 elapsed, uint256 constant_)
        external
        pure
    {
        constant_ = bound(constant_, 1, 365 days);
        elapsed = bound(elapsed, 0, ELAPSED_MAX);
        uint96 target = RunningAverage.fromPrice(median);

        uint96 once = RunningAverage.advanceDown(average, median, elapsed, constant_);
        uint96 later = RunningAverage.advanceDown(average, median, elapsed + 1, constant_);
        uint96 twice = RunningAverage.advanceDown(once, median, elapsed, constant_);
        uint96 atOnce = RunningAverage.advanceDown(average, median, 2 * elapsed, constant_);

        assertGe(once, Math.min(average, target), "least");
        assertLe(once, Math.max(average, target), "most");
        // Each division rounds down by less than one of 2^32 parts of a price unit.
        if (average <= target) {
            assertGe(later, once, "rises with time");
            assertGe(uint256(twice) + 2, atOnce, "two steps forget faster");
        } else {
            assertLe(later, once, "falls with time");
            assertLe(twice, uint256(atOnce) + 2, "two steps forget faster");
        }
    }

    function test_AdvanceDown_WhenTheTimeConstantPassed(uint96 average, uint64 median, uint256 constant_)
        external
        pure
    {
        constant_ = bound(constant_, 1, 365 days);
        uint256 middle = (uint256(average) + RunningAverage.fromPrice(median)) / 2;

        assertEq(RunningAverage.advanceDown(average, median, constant_, constant_), middle, "half way");
    }

    function test_PriceDown_WhenPriceWasPutIn(uint64 price) external pure {
        assertEq(RunningAverage.priceDown(RunningAverage.fromPrice(price)), price, "price");
    }
}
