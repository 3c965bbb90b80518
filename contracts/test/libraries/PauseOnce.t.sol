// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PauseOnce} from "../../src/libraries/PauseOnce.sol";
import {Test} from "forge-std/Test.sol";

contract PauseOnceTest is Test {
    using PauseOnce for PauseOnce.Pause;

    PauseOnce.Pause private pause;

    function setUp() external {
        vm.warp(20_000 days);
    }

    /// @dev External, so that a revert can be expected.
    function start() external returns (uint40) {
        return pause.start();
    }

    function test_Start_RevertGiven_StartedLessThanThirtyDaysAgo(uint256 elapsed) external {
        uint40 next = uint40(block.timestamp + 30 days);
        this.start();
        skip(bound(elapsed, 0, 30 days - 1));

        vm.expectRevert(abi.encodeWithSelector(PauseOnce.PauseTooSoon.selector, next));
        this.start();
    }

    function test_Start_GivenNeverStartedOrLongAgo(uint256 between, uint256 elapsed) external {
        this.start();
        skip(bound(between, 30 days, 10_000 days));

        assertEq(this.start(), block.timestamp + 7 days, "until");

        skip(bound(elapsed, 0, 7 days - 1));
        assertTrue(pause.isRunning(), "running");
    }

    function test_IsRunning_GivenNeverStarted() external view {
        assertFalse(pause.isRunning(), "running");
    }

    function test_IsRunning_GivenSevenDaysOver(uint256 elapsed) external {
        this.start();
        skip(bound(elapsed, 7 days, 10_000 days));

        assertFalse(pause.isRunning(), "running");
    }
}
