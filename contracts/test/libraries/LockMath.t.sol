// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LockMath} from "../../src/libraries/LockMath.sol";
import {Test} from "forge-std/Test.sol";

contract LockMathTest is Test {
    uint256 private constant SCALE_6 = 1e20;
    uint256 private constant SCALE_18 = 1e8;

    /// @dev Worked example 1.
    function test_Example1_LockHealthAndCure() external pure {
        uint256 value = 1_000_000e6;
        uint256 lock = LockMath.lockUp(value, 30_000, SCALE_6, 0.5e8);
        assertEq(lock, 6_000_000e18, "lock");
        assertEq(lock * 3300 / 10_000, 1_980_000e18, "first loss of 33 %");
        uint256 health = LockMath.healthDown(lock, 0.3e8, SCALE_6, value);
        assertEq(health, 18_000, "health 1.8");
        assertLt(health, LockMath.maintainedBps(30_000), "below 2.0");
        uint256 need = LockMath.lockUp(value, LockMath.maintainedBps(30_000), SCALE_6, 0.3e8) - lock;
        assertEq(need, 666_666_666_666_666_666_666_667, "666,666.67 FLT more");
        assertEq(LockMath.healthDown(lock + need, 0.3e8, SCALE_6, value), 20_000, "which cures");
    }

    /// @dev Worked example 2: collateral of $100.
    function test_Example2_CollateralInFlt() external pure {
        uint256[4] memory prices = [uint256(3e8), 4e8, 20e8, 0.05e8];
        uint256[4] memory locks = [uint256(33_333_333_333_333_333_334), 25e18, 5e18, 2000e18];
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(LockMath.lockUp(100e6, 10_000, SCALE_6, prices[i]), locks[i], "6 decimals");
            assertEq(LockMath.lockUp(100e18, 10_000, SCALE_18, prices[i]), locks[i], "18 decimals");
        }
    }

    function test_ScaleOf(uint8 decimals) external {
        decimals = uint8(bound(decimals, 0, 18));
        address stablecoin = makeAddr("stablecoin");
        vm.mockCall(stablecoin, abi.encodeWithSignature("decimals()"), abi.encode(decimals));
        uint256 scale = LockMath.scaleOf(stablecoin);
        assertEq(10 ** decimals * scale / 0.5e8, 2e18, "a dollar is two FLT of half a dollar, whatever its decimals");
    }

    function test_Classes() external pure {
        assertEq(LockMath.maintainedBps(30_000), 20_000, "two thirds");
        assertEq(LockMath.minimumBps(30_000), 12_500, "five twelfths");
    }

    function test_ValueUp_IsCappedAtTheMost(uint96 rate, uint32 exposed, uint96 most) external pure {
        uint256 value = LockMath.valueUp(rate, exposed, most);
        assertLe(value, most, "capped");
        if (value < most) {
            assertGe(value * 1 days, uint256(rate) * exposed, "rounded up");
            assertLt(value * 1 days, uint256(rate) * exposed + 1 days, "by less than one");
        }
    }

    /// @dev What is locked at a price is healthy at it, to a basis point that rounding down takes.
    function test_LockUp_IsHealthyAtItsPrice(uint96 value, uint256 coverage, uint256 price, bool isLong) external pure {
        value = uint96(bound(value, 1, 1e27));
        coverage = bound(coverage, 20_000, 50_000);
        price = bound(price, 1e4, 1e12);
        uint256 scale = isLong ? SCALE_18 : SCALE_6;
        uint256 lock = LockMath.lockUp(value, coverage, scale, price);
        assertGe(LockMath.healthDown(lock, price, scale, value), coverage, "at least the coverage");
        assertLt(LockMath.healthDown(lock - 1, price, scale, value), coverage, "and no wei more");
    }
}
