// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CapacityMath} from "../../src/libraries/CapacityMath.sol";
import {Test} from "forge-std/Test.sol";

contract CapacityMathTest is Test {
    function test_FilledCreditDown_WhenFilledByTheReferenceCore(uint16 units) external pure {
        uint256 credit = CapacityMath.filledCreditDown(uint256(units) * 96);
        assertGe(credit, uint256(units) * 1e6, "a unit's epoch");
        assertLe(credit * 95, uint256(units) * 1e8, "and at most 1/0.95 of it");
    }

    function test_AllowedDown_WhenAllWindowsAreOpen(uint16 units, uint8 opened) external pure {
        opened = uint8(bound(opened, 0, 24));
        assertEq(CapacityMath.allowedDown(units, 24), CapacityMath.mostExcused(units), "all of it");
        uint256 parts = CapacityMath.allowedDown(units, opened) + CapacityMath.allowedDown(units, 24 - opened);
        assertLe(parts, CapacityMath.mostExcused(units), "and never more by parts");
    }

    function test_AllottedDown_WhenSummedUp(uint32[8] memory filled, uint32[8] memory excused, uint16 bonusBps)
        external
        pure
    {
        uint256 parts = 0;
        uint256 allFilled = 0;
        uint256 allExcused = 0;
        for (uint256 i = 0; i < 8; ++i) {
            parts += CapacityMath.allottedDown(filled[i], excused[i], bonusBps);
            allFilled += filled[i];
            allExcused += excused[i];
        }
        assertLe(parts, CapacityMath.allottedDown(allFilled, allExcused, bonusBps), "parts never exceed the whole");
    }

    function test_BinOf_WhenFilled(uint16 units, uint8 opened, uint256 filled) external pure {
        units = uint16(bound(units, 1, type(uint16).max));
        opened = uint8(bound(opened, 1, 24));
        uint256 all = uint256(units) * opened;
        filled = bound(filled, 0, all * 8);
        uint256 bin = CapacityMath.binOf(filled, units, opened);
        assertLt(bin, 20, "one of twenty");
        assertGe(filled * 10, bin * 4 * all, "not above its fill");
        if (bin < 19) assertLt(filled * 10, (bin + 1) * 4 * all, "not below it");
    }

    function _weights(uint256 seed) private pure returns (uint32[20] memory histogram) {
        for (uint256 i = 0; i < 20; ++i) {
            histogram[i] = uint32(uint256(keccak256(abi.encode(seed, i))) % 100);
        }
    }

    function test_Retarget_GivenNobodyVoted(uint256 old, uint256 reference_) external pure {
        uint32[20] memory histogram;
        assertEq(CapacityMath.retarget(old, reference_, histogram), old, "stays");
    }

    function test_Retarget_GivenVotes(uint256 old, uint256 reference_, uint256 seed, uint256 slow) external pure {
        reference_ = bound(reference_, 1000, type(uint256).max / 2);
        old = bound(old, reference_ - reference_ / 4, reference_ + reference_ / 4);
        uint32[20] memory histogram = _weights(seed);
        // Somewhere about a fifth.
        slow = bound(slow, 0, 400);
        for (uint256 i = 0; i < 10; ++i) {
            histogram[i] = uint32(slow / 10);
        }
        uint256 below = 0;
        uint256 sum = 0;
        for (uint256 i = 0; i < 20; ++i) {
            if (i < 10) below += histogram[i];
            sum += histogram[i];
        }
        vm.assume(sum != 0);
        uint256 target = CapacityMath.retarget(old, reference_, histogram);
        if (below * 5 >= sum) assertGe(target, old, "a slow fifth makes it easier");
        else assertLe(target, old, "a fast four fifths makes it harder");
        assertLe(target, old + old / 50, "by two percent");
        assertGe(target, old - old / 50, "at most");
        assertLe(target, reference_ + reference_ / 4, "within a quarter above");
        assertGe(target, reference_ - reference_ / 4, "and below the reference");
    }

    function test_Retarget_WhenTheSlowestFifthDecides() external pure {
        uint32[20] memory histogram;
        (histogram[9], histogram[19]) = (20, 80);
        assertEq(CapacityMath.retarget(1000, 1000, histogram), 1020, "a fifth under four puzzles");
        (histogram[9], histogram[19]) = (19, 80);
        assertEq(CapacityMath.retarget(1000, 1000, histogram), 980, "less than a fifth");
    }
}
