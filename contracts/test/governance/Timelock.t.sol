// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Timelock} from "../../src/governance/Timelock.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Test} from "forge-std/Test.sol";

contract TimelockTest is Test {
    address private immutable proposer = makeAddr("proposer");
    address private immutable executor = makeAddr("executor");

    function test_Constructor_WhenDeployed(uint256 delay, address stranger) external {
        vm.assume(stranger != proposer && stranger != executor);
        Timelock timelock = deploy(delay);

        assertEq(timelock.getMinDelay(), delay, "delay");
        assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), proposer), "proposer");
        assertTrue(timelock.hasRole(timelock.EXECUTOR_ROLE(), executor), "executor");
        assertTrue(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(timelock)), "admin");
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)), "deployer");
        assertFalse(timelock.hasRole(timelock.PROPOSER_ROLE(), stranger), "stranger");
    }

    function test_Schedule_RevertWhen_CallerNotProposer(address caller) external {
        vm.assume(caller != proposer);
        Timelock timelock = deploy(1 days);
        bytes32 role = timelock.PROPOSER_ROLE();

        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role));
        vm.prank(caller);
        timelock.schedule(address(timelock), 0, "", 0, 0, 1 days);
    }

    function test_Schedule_RevertWhen_DelayTooShort(uint256 delay, uint256 least) external {
        least = bound(least, 1, 1000 days);
        delay = bound(delay, 0, least - 1);
        Timelock timelock = deploy(least);

        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockInsufficientDelay.selector, delay, least));
        vm.prank(proposer);
        timelock.schedule(address(timelock), 0, "", 0, 0, delay);
    }

    function deploy(uint256 delay) private returns (Timelock) {
        address[] memory proposers = new address[](1);
        address[] memory executors = new address[](1);
        (proposers[0], executors[0]) = (proposer, executor);
        return new Timelock(delay, proposers, executors);
    }
}
