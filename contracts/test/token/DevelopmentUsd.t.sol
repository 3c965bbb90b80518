// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DevelopmentUsd} from "../../src/token/DevelopmentUsd.sol";
import {IDevelopmentUsd} from "../../src/token/IDevelopmentUsd.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Test} from "forge-std/Test.sol";

contract DevelopmentUsdTest is Test {
    address private immutable owner = makeAddr("owner");
    address private immutable alice = makeAddr("alice");
    address private immutable bob = makeAddr("bob");
    DevelopmentUsd private usd;

    function setUp() external {
        usd = new DevelopmentUsd(owner, 6);
    }

    function test_Constructor_RevertWhen_DecimalsUnsupported(uint8 decimals) external {
        vm.assume(decimals != 6 && decimals != 18);

        vm.expectRevert(abi.encodeWithSelector(IDevelopmentUsd.DecimalsUnsupported.selector, decimals));
        new DevelopmentUsd(owner, decimals);
    }

    function test_Constructor_WhenDecimalsSupported(bool isLong) external {
        uint8 decimals = isLong ? 18 : 6;

        assertEq(new DevelopmentUsd(owner, decimals).decimals(), decimals, "decimals");
    }

    function test_Mint_RevertWhen_CallerNotOwner(address caller) external {
        vm.assume(caller != owner);

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
        vm.prank(caller);
        usd.mint(caller, 1);
    }

    function test_Mint_WhenCallerOwner(uint256 amount) external {
        mintToAlice(amount);

        assertEq(usd.balanceOf(alice), amount, "balance");
    }

    function test_SetBlocked_RevertWhen_CallerNotOwner(address caller) external {
        vm.assume(caller != owner);

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
        vm.prank(caller);
        usd.setBlocked(alice, true);
    }

    function test_SetBlocked_WhenCallerOwner(bool isBlocked) external {
        vm.expectEmit(address(usd));
        emit IDevelopmentUsd.BlockedSet(alice, isBlocked);
        vm.prank(owner);
        usd.setBlocked(alice, isBlocked);

        assertEq(usd.isBlocked(alice), isBlocked, "blocked");
    }

    function test_Transfer_RevertGiven_SenderBlocked(uint256 amount) external {
        mintToAlice(amount);
        vm.prank(owner);
        usd.setBlocked(alice, true);

        vm.expectRevert(abi.encodeWithSelector(IDevelopmentUsd.AccountBlocked.selector, alice));
        vm.prank(alice);
        usd.transfer(bob, amount);
    }

    function test_Transfer_RevertGiven_ReceiverBlocked(uint256 amount) external {
        mintToAlice(amount);
        vm.prank(owner);
        usd.setBlocked(bob, true);

        vm.expectRevert(abi.encodeWithSelector(IDevelopmentUsd.AccountBlocked.selector, bob));
        vm.prank(alice);
        usd.transfer(bob, amount);
    }

    function test_Transfer_GivenNobodyBlocked(uint256 balance, uint256 amount) external {
        amount = bound(amount, 0, balance);
        mintToAlice(balance);

        vm.prank(alice);
        assertTrue(usd.transfer(bob, amount), "transferred");

        assertEq(usd.balanceOf(alice), balance - amount, "sender");
        assertEq(usd.balanceOf(bob), amount, "receiver");
    }

    function mintToAlice(uint256 amount) private {
        vm.prank(owner);
        usd.mint(alice, amount);
    }
}
