// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Availability} from "../../src/libraries/Availability.sol";
import {Test} from "forge-std/Test.sol";

contract AvailabilityTest is Test {
    function _same(uint256 count, uint256 down) private pure returns (uint256[] memory list) {
        list = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = down;
        }
    }

    /// @dev Worked example 4.
    function test_Example4_CheapDataCentersTogether() external pure {
        assertEq(1e18 - Availability.combinedUp(_same(3, 0.2e18)), 0.992e18, "80 % three times");
        assertEq(1e18 - Availability.combinedUp(_same(4, 0.2e18)), 0.9984e18, "four times");
        assertEq(1e18 - Availability.combinedUp(_same(5, 0.2e18)), 0.99968e18, "five times");
        assertEq(1e18 - Availability.combinedUp(_same(2, 0.01e18)), 0.9999e18, "99 % twice");
        assertFalse(Availability.meets(_same(3, 0.2e18), 0.999e18), "three do not give 99.9 %");
        assertTrue(Availability.meets(_same(5, 0.2e18), 0.999e18), "five do");
    }

    function test_UnavailabilityUp_StartsAtFivePercentAndFallsWithService(uint32 served, uint32 more) external pure {
        assertEq(Availability.unavailabilityUp(0, 0), 0.05e18, "no record");
        assertLe(
            Availability.unavailabilityUp(uint256(served) + more, 0), Availability.unavailabilityUp(served, 0), "falls"
        );
    }

    function test_UnavailabilityUp_RisesWithDowntime(uint32 served, uint32 down, uint32 more) external pure {
        assertGe(
            Availability.unavailabilityUp(served, uint256(down) + more),
            Availability.unavailabilityUp(served, down),
            "rises"
        );
    }

    function test_CombinedUp_AnotherSlotNeverHurts(uint256 first, uint256 second) external pure {
        uint256[] memory pair = new uint256[](2);
        pair[0] = bound(first, 0, 1e18);
        pair[1] = bound(second, 0, 1e18);
        assertLe(Availability.combinedUp(pair), pair[0], "at least as good as the first alone");
    }
}
