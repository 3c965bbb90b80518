// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {ModuleId} from "../../src/types/Ids.sol";
import {ModuleRoles} from "../../src/types/Roles.sol";
import {Base} from "../Base.t.sol";

contract StakingIncomeTest is Base {
    function setUp() public override {
        super.setUp();
        _register(provider, 0);
    }

    function test_AddReward_RevertWhen_TheCallerIsNoRewardModule(address stranger) external {
        vm.assume(stranger != deals);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotModule.selector, stranger, ModuleRoles.REWARD));
        vm.prank(stranger);
        staking.addReward(provider, address(flt), 1);
    }

    function test_AddReward_RevertGiven_TheModuleWasRemovedBeforeItActed(uint256 early, uint256 later) external {
        vm.startPrank(council);
        ModuleId id = staking.scheduleModule(customer, ModuleRoles.REWARD);
        vm.warp(block.timestamp + bound(early, 0, THAW + 7 days - 1));
        staking.removeModule(id);
        vm.stopPrank();
        vm.warp(block.timestamp + bound(later, 0, 365 days));

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotModule.selector, customer, ModuleRoles.REWARD));
        vm.prank(customer);
        staking.addReward(provider, address(usd), 1);
    }

    /// @dev Income of deals that outlive their module would be stuck in it otherwise.
    function test_AddReward_GivenTheModuleIsRemoved(uint256 later) external {
        _stake(provider, provider, FLT);
        vm.prank(council);
        staking.removeModule(DEALS);
        vm.warp(block.timestamp + bound(later, 0, 365 days));

        _rewardUsd(provider, 70 * USD);
        vm.warp(block.timestamp + 7 days);

        assertApproxEqAbs(staking.position(provider, provider).usdOwed, 70 * USD, 2, "all of it");
    }

    function test_AddReward_RevertWhen_TheTokenIsUnknown(address token) external {
        vm.assume(token != address(flt) && token != address(usd));

        vm.expectRevert(abi.encodeWithSelector(IStaking.TokenUnknown.selector, token));
        vm.prank(deals);
        staking.addReward(provider, token, 1);
    }

    function test_AddReward_RevertGiven_TheProviderIsNotRegistered() external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotRegistered.selector, otherProvider));
        vm.prank(deals);
        staking.addReward(otherProvider, address(flt), 1);
    }

    function test_AddReward_GivenOwnAndDelegatedStake(uint256 own, uint256 delegated, uint256 amount, uint256 time)
        external
    {
        (own, delegated) = (bound(own, FLT, 1e27), bound(delegated, FLT, 1e27));
        (amount, time) = (bound(amount, 1, 1e13), bound(time, 0, 8 days));
        _stake(provider, provider, own);
        _stake(delegator, provider, delegated);

        _rewardUsd(provider, amount);
        vm.warp(block.timestamp + time);

        uint256 dripped = amount * (time < 7 days ? time : 7 days) / 7 days;
        uint256 toDelegated = dripped * delegated / (own + delegated);
        // An index has 24 decimals: it rounds a millionth of a dollar away for each million FLT of a tranche.
        uint256 dust = 3 + (own + delegated) / 1e24;
        assertApproxEqAbs(staking.position(provider, delegator).usdOwed, toDelegated, dust, "delegated");
        assertApproxEqAbs(staking.position(provider, provider).usdOwed, dripped - toDelegated, dust, "own");
    }

    function test_AddReward_GivenNobodyStakes(uint256 later) external {
        _rewardFlt(provider, 70 * FLT);
        vm.warp(block.timestamp + bound(later, 0, 365 days));
        _stake(provider, provider, 10 * FLT);
        assertEq(staking.position(provider, provider).fltOwed, 0, "stood still");

        vm.warp(block.timestamp + 1 days);
        assertApproxEqAbs(staking.position(provider, provider).fltOwed, 10 * FLT, 2, "a seventh");
        vm.warp(block.timestamp + 6 days);
        assertApproxEqAbs(staking.position(provider, provider).fltOwed, 70 * FLT, 2, "all of it");
    }

    function test_AddReward_WhenADustPushFollows(uint256 count) external {
        _stake(provider, provider, 10 * FLT);
        _rewardFlt(provider, 70 * FLT);
        vm.warp(block.timestamp + 3.5 days);
        for (uint256 i; i < count % 16; ++i) {
            _rewardFlt(provider, 1);
        }
        vm.warp(block.timestamp + 3.5 days);

        assertApproxEqRel(staking.position(provider, provider).fltOwed, 70 * FLT, 1e14, "in time");
    }

    function test_ClaimReward_RevertWhen_NothingIsOwed() external {
        _stake(provider, provider, 10 * FLT);

        vm.expectRevert(IStaking.AmountZero.selector);
        _claim(provider, provider, address(flt));
    }

    function test_ClaimReward_GivenTheStablecoinBlocksTheContract() external {
        uint128 shares = _stake(delegator, provider, 10 * FLT);
        _rewardFlt(provider, 70 * FLT);
        _rewardUsd(provider, 70 * USD);
        vm.warp(block.timestamp + 7 days);
        vm.prank(issuer);
        usd.setBlocked(address(staking), true);

        vm.expectRevert();
        _claim(delegator, provider, address(usd));
        assertApproxEqAbs(_claim(delegator, provider, address(flt)), 70 * FLT, 2, "FLT");
        (uint32 day,) = _exit(delegator, provider, shares);
        vm.warp(uint256(day) * 1 days);
        assertEq(_withdraw(delegator, provider, day), 10 * FLT, "stake");

        vm.prank(issuer);
        usd.setBlocked(address(staking), false);
        assertApproxEqAbs(_claim(delegator, provider, address(usd)), 70 * USD, 2, "later");
    }

    function test_ClaimReward_GivenTheGenerationWasWiped() external {
        _stake(delegator, provider, 100 * FLT);
        _rewardFlt(provider, 70 * FLT);
        vm.warp(block.timestamp + 1 days);
        _slash(_grant(provider, 100 * FLT, 1 days), 100 * FLT);
        _stake(otherDelegator, provider, 10 * FLT);
        vm.warp(block.timestamp + 6 days);

        assertApproxEqAbs(_claim(delegator, provider, address(flt)), 10 * FLT, 2, "before the wipe");
        assertApproxEqAbs(_claim(otherDelegator, provider, address(flt)), 60 * FLT, 2, "after it");
    }

    function test_ClaimReward_GivenIncomeWasClaimed(uint256 first, uint256 second) external {
        _stake(delegator, provider, 100 * FLT);
        _rewardFlt(provider, 70 * FLT);
        vm.warp(block.timestamp + bound(first, 1 hours, 3 days));
        uint256 claimed = _claim(delegator, provider, address(flt));
        assertEq(staking.position(provider, delegator).fltOwed, 0, "nothing left");

        vm.warp(block.timestamp + bound(second, 1 hours, 9 days));
        claimed += _claim(delegator, provider, address(flt));

        assertLe(claimed, 70 * FLT, "no more than came");
    }
}
