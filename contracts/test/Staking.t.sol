// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../src/interfaces/IStaking.sol";
import {LockId, QuarantineId} from "../src/types/Ids.sol";
import {Base} from "./Base.t.sol";

contract StakingTest is Base {
    /// @dev Worked example 1, as far as stake goes: coverage 3.0 of $1,000,000 at $0.50 and a first loss of 33 %.
    function test_MillionDollarJob() external {
        _register(provider, 3300);
        _stake(provider, provider, 1_980_000 * FLT);
        _stake(delegator, provider, 4_020_000 * FLT);

        assertEq(staking.free(provider), 6_000_000 * FLT, "free");
        LockId lock = _grant(provider, 6_000_000 * FLT, 19 days);

        assertEq(staking.lockOf(lock).amount, 6_000_000 * FLT, "lock");
        assertEq(staking.free(provider), 0, "nothing free");
    }

    function test_MillionDollarJob_RevertGiven_OwnStakeTooLow() external {
        _register(provider, 3300);
        _stake(provider, provider, 1_980_000 * FLT - 1);
        _stake(delegator, provider, 4_020_001 * FLT);

        vm.expectRevert(abi.encodeWithSelector(IStaking.FirstLossTooLow.selector, 1_980_000 * FLT - 1, 1_980_000 * FLT));
        _grant(provider, 6_000_000 * FLT, 19 days);
    }

    /// @dev Worked example 5.
    function test_SlashWaterfall() external {
        _register(provider, 0);
        _stake(provider, provider, 100 * FLT);
        _stake(delegator, provider, 900 * FLT);
        LockId lock = _grant(provider, 500 * FLT, 19 days);

        (uint128 slashed, uint128 fromOwn) = _slashFor(lock, 300 * FLT, 60 * FLT, 60 * FLT);

        assertEq(slashed, 300 * FLT, "slashed");
        assertEq(fromOwn, 100 * FLT, "own");
        assertEq(_active(provider, false), 700 * FLT, "delegated");
        assertEq(staking.lockOf(lock).amount, 200 * FLT, "lock");
        IStaking.Quarantine memory held = staking.quarantineOf(QuarantineId.wrap(1));
        assertEq(held.customerAmount, 60 * FLT, "customer");
        assertEq(held.reporterAmount, 20 * FLT, "reporter");
        assertEq(staking.burnQueued(uint32(block.timestamp / 1 days)), 220 * FLT, "burned");

        vm.warp(block.timestamp + 7 days);
        staking.payQuarantine(QuarantineId.wrap(1));
        assertEq(flt.balanceOf(customer), 60 * FLT, "customer paid");
        assertEq(flt.balanceOf(reporter), 20 * FLT, "reporter paid");
        uint32 day = uint32(block.timestamp / 1 days) - 7;
        vm.warp(block.timestamp + 1 days);
        staking.burnSlashed(day);
        assertEq(flt.balanceOf(DEAD), 220 * FLT, "burned");
    }

    function test_JourneyOfADelegator() external {
        _register(provider, 0);
        _stake(provider, provider, 100 * FLT);
        uint128 shares = _stake(delegator, provider, 300 * FLT);
        _rewardFlt(provider, 40 * FLT);
        _rewardUsd(provider, 40 * USD);
        vm.warp(block.timestamp + 7 days);

        assertApproxEqAbs(staking.position(provider, delegator).fltOwed, 30 * FLT, 2, "flt owed");
        assertApproxEqAbs(staking.position(provider, delegator).usdOwed, 30 * USD, 2, "usd owed");
        uint256 claimed = _claim(delegator, provider, address(usd));
        assertApproxEqAbs(claimed, 30 * USD, 2, "usd claimed");

        (uint32 day, uint128 amount) = _exit(delegator, provider, shares);
        assertEq(amount, 300 * FLT, "thawing");
        vm.warp(uint256(day) * 1 days);
        assertEq(_withdraw(delegator, provider, day), 300 * FLT, "withdrawn");
        claimed = _claim(delegator, provider, address(flt));
        assertApproxEqAbs(claimed, 30 * FLT, 2, "flt claimed");
        assertEq(staking.surplus(address(flt)), 0, "surplus");
        assertEq(staking.surplus(address(usd)), 0, "usd surplus");
    }
}
