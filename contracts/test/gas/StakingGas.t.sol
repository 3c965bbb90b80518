// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LockId} from "../../src/types/Ids.sol";
import {Base} from "../Base.t.sol";

/// @dev Gas of whole transactions, intrinsic gas and cold storage included, in the steady state: the provider has own and
/// delegated stake and a lock, both tokens drip, indices are not zero, tickets of earlier days wait.
/// forge-config: default.isolate = true
contract StakingGasTest is Base {
    LockId private lock;
    address private immutable early = makeAddr("early delegator");

    function setUp() public override {
        super.setUp();
        _register(provider, 1000);
        _stake(provider, provider, 1000 * FLT);
        _stake(early, provider, 9000 * FLT);
        _stake(otherDelegator, provider, 9000 * FLT);
        _rewardFlt(provider, 700 * FLT);
        _rewardUsd(provider, 700 * USD);
        // Deposits and slashes so far have moved the share price off 1.
        lock = _grant(provider, 5000 * FLT, 19 days);
        _slash(lock, 1100 * FLT);
        vm.warp(block.timestamp + 1 days);
        _stake(provider, provider, 1000 * FLT);
        _exit(early, provider, 10 * FLT);
        _exit(provider, provider, 10 * FLT);
        vm.warp(block.timestamp + 1 days);
        _rewardUsd(provider, 70 * USD);
        _exit(otherDelegator, provider, 10 * FLT);
        vm.warp(block.timestamp + 12 hours);
        vm.startPrank(issuer);
        flt.mint(delegator, 10_000 * FLT);
        usd.mint(early, 10 * USD);
        flt.mint(early, 10 * FLT);
        vm.stopPrank();
        vm.prank(delegator);
        flt.approve(address(staking), type(uint256).max);
    }

    function _measure(string memory name, uint256 budget) private {
        uint256 used = vm.snapshotGasLastCall("Staking", name);
        assertLe(used, budget, name);
    }

    function test_Gas_DelegateNew() external {
        vm.prank(delegator);
        staking.stake(provider, uint128(100 * FLT));
        // The design's budget is 115,000; `docs/decisions.md` says where the gas goes.
        _measure("delegate_new", 119_000);
    }

    function test_Gas_DelegateMore() external {
        vm.prank(delegator);
        staking.stake(provider, uint128(100 * FLT));
        vm.warp(block.timestamp + 1 hours);
        vm.prank(delegator);
        staking.stake(provider, uint128(100 * FLT));
        _measure("delegate_more", 85_000);
    }

    function test_Gas_ExitFirst() external {
        vm.warp(block.timestamp + 1 days);
        vm.prank(early);
        staking.exit(early, provider, uint128(10 * FLT));
        _measure("exit_first", 135_000);
    }

    function test_Gas_ExitLater() external {
        vm.warp(block.timestamp + 1 days);
        vm.prank(early);
        staking.exit(early, provider, uint128(10 * FLT));
        vm.warp(block.timestamp + 1 hours);
        vm.prank(early);
        staking.exit(early, provider, uint128(10 * FLT));
        _measure("exit_later", 85_000);
    }

    function test_Gas_Withdraw() external {
        vm.warp(block.timestamp + 1 days);
        uint32 day = _thawDay();
        _exit(early, provider, 10 * FLT);
        _exit(otherDelegator, provider, 10 * FLT);
        _exit(early, provider, 10 * FLT);
        vm.warp(uint256(day) * 1 days);
        staking.crystallise(provider);
        vm.prank(issuer);
        flt.mint(early, FLT);
        vm.prank(early);
        staking.withdraw(early, provider, day, early);
        _measure("withdraw", 62_000);
    }

    function test_Gas_ClaimReward() external {
        vm.prank(early);
        staking.claimReward(early, provider, address(flt), early);
        _measure("claim_reward", 70_000);
    }

    /// @dev The development stablecoin looks both parties up in its blocklist.
    function test_Gas_ClaimStablecoin() external {
        vm.prank(early);
        staking.claimReward(early, provider, address(usd), early);
        _measure("claim_stablecoin", 75_000);
    }

    /// @dev Own and delegated stake, active and thawing, on a day that has seen a slash.
    function test_Gas_SlashBurn() external {
        _slash(lock, 10 * FLT);
        vm.warp(block.timestamp + 1 hours);
        vm.prank(faults);
        staking.slash(lock, uint128(50 * FLT), address(0), 0, address(0), 0);
        _measure("slash_burn", 100_000);
    }

    function test_Gas_SlashTwoCredits() external {
        _slash(lock, 10 * FLT);
        vm.warp(block.timestamp + 1 hours);
        vm.prank(faults);
        staking.slash(lock, uint128(50 * FLT), customer, uint128(30 * FLT), reporter, uint128(10 * FLT));
        _measure("slash_two_credits", 150_000);
    }
}
