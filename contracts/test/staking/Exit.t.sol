// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {LockId} from "../../src/types/Ids.sol";
import {Base} from "../Base.t.sol";

contract StakingExitTest is Base {
    function setUp() public override {
        super.setUp();
        _register(provider, 0);
        _register(otherProvider, 0);
        _stake(delegator, provider, 100 * FLT);
    }

    function test_Exit_RevertWhen_NobodyAllowedIt(address stranger) external {
        vm.assume(stranger != delegator);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotAllowed.selector, stranger, delegator));
        vm.prank(stranger);
        staking.exit(delegator, provider, 1);
    }

    function test_Exit_RevertWhen_ThereAreNotThatManyShares(uint128 shares) external {
        shares = uint128(bound(shares, 100 * FLT + 1, type(uint128).max));

        vm.expectRevert(abi.encodeWithSelector(IStaking.SharesTooLow.selector, 100 * FLT, shares));
        _exit(delegator, provider, shares);
    }

    function test_Exit_RevertWhen_WhatStaysWouldBeTooSmall(uint256 left) external {
        left = bound(left, 1, FLT - 1);

        vm.expectRevert(abi.encodeWithSelector(IStaking.PositionTooSmall.selector, left, FLT));
        _exit(delegator, provider, 100 * FLT - left);
    }

    function test_Exit_GivenDepositsArePaused(uint256 amount, uint256 later) external {
        amount = bound(amount, FLT, 99 * FLT);
        vm.prank(guardian);
        staking.pause();
        vm.warp(block.timestamp + bound(later, 0, 7 days));

        vm.expectEmit(address(staking));
        emit IStaking.ExitStarted(provider, delegator, _thawDay(), uint128(amount), uint128(amount), 0, uint128(amount));
        (uint32 day, uint128 thawing) = _exit(delegator, provider, amount);

        assertEq(thawing, amount, "amount");
        assertGe(uint256(day) * 1 days, block.timestamp + THAW, "not before");
        assertLt(uint256(day) * 1 days, block.timestamp + THAW + 1 days, "within a day");
        assertEq(staking.tranche(provider, false).thawing, amount, "thawing");
        assertEq(_worth(provider, delegator), 100 * FLT - amount, "stays");
    }

    function test_Exit_WhenTwoExitsFallOnOneDay(uint256 one, uint256 two) external {
        (one, two) = (bound(one, FLT, 40 * FLT), bound(two, FLT, 40 * FLT));
        (uint32 day,) = _exit(delegator, provider, one);

        (uint32 second,) = _exit(delegator, provider, two);

        assertEq(day, second, "one day");
        assertEq(staking.ticket(provider, delegator, day).amount, one + two, "one ticket");
    }

    function test_CancelExit_RevertGiven_TheTicketHasMatured() external {
        (uint32 day,) = _exit(delegator, provider, 10 * FLT);
        vm.warp(uint256(day) * 1 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.TicketMatured.selector, day));
        vm.prank(delegator);
        staking.cancelExit(delegator, provider, day);
    }

    function test_CancelExit_RevertGiven_ThereIsNoTicket() external {
        uint32 day = _thawDay();

        vm.expectRevert(abi.encodeWithSelector(IStaking.TicketUnknown.selector, provider, delegator, day));
        vm.prank(delegator);
        staking.cancelExit(delegator, provider, day);
    }

    function test_CancelExit_GivenTheTicketHasNotMatured(uint256 amount, uint256 later) external {
        (uint32 day, uint128 thawing) = _exit(delegator, provider, bound(amount, FLT, 99 * FLT));
        vm.warp(bound(later, block.timestamp, uint256(day) * 1 days - 1));

        vm.prank(delegator);
        uint128 shares = staking.cancelExit(delegator, provider, day);

        assertEq(shares, thawing, "shares");
        assertEq(_worth(provider, delegator), 100 * FLT, "active again");
        assertEq(staking.ticket(provider, delegator, day).units, 0, "no ticket");
    }

    /// @dev Lowering the cap evicts nobody, and whoever thaws is still inside.
    function test_CancelExit_GivenTheCapWasLowered(uint256 amount, uint128 cap) external {
        (uint32 day,) = _exit(delegator, provider, bound(amount, FLT, 99 * FLT));
        IStaking.Terms memory terms = _terms(0);
        terms.delegationCap = uint128(bound(cap, 0, 100 * FLT));
        vm.prank(provider);
        staking.setTerms(terms);

        vm.prank(delegator);
        staking.cancelExit(delegator, provider, day);

        assertEq(_worth(provider, delegator), 100 * FLT, "active again");
    }

    function test_Withdraw_RevertGiven_TheTicketHasNotMatured(uint256 early) external {
        (uint32 day,) = _exit(delegator, provider, 10 * FLT);
        vm.warp(bound(early, block.timestamp, uint256(day) * 1 days - 1));

        vm.expectRevert(abi.encodeWithSelector(IStaking.TicketNotMatured.selector, day));
        _withdraw(delegator, provider, day);
    }

    function test_Withdraw_RevertGiven_TheRecipientIsNoPayee(address stranger) external {
        vm.assume(stranger != delegator);
        (uint32 day,) = _exit(delegator, provider, 10 * FLT);
        vm.warp(uint256(day) * 1 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotPayee.selector, delegator, stranger));
        vm.prank(delegator);
        staking.withdraw(delegator, provider, day, stranger);
    }

    function test_Withdraw_GivenTheThawWasSlashed(uint256 amount, uint256 slashed) external {
        LockId lock = _grant(provider, 100 * FLT, 20 days);
        amount = bound(amount, FLT, 99 * FLT);
        slashed = bound(slashed, 1, 99 * FLT);
        (uint32 day,) = _exit(delegator, provider, amount);
        _slash(lock, slashed);
        vm.warp(uint256(day) * 1 days);

        uint128 paid = _withdraw(delegator, provider, day);

        assertApproxEqAbs(paid, amount - amount * slashed / (100 * FLT), 1, "pro rata");
        assertEq(flt.balanceOf(delegator), paid, "paid");
    }

    function test_Withdraw_GivenASlashCameAfterMaturity(uint256 slashed) external {
        (uint32 day,) = _exit(delegator, provider, 40 * FLT);
        vm.warp(uint256(day) * 1 days);
        LockId lock = _grant(provider, 60 * FLT, 20 days);
        _slash(lock, bound(slashed, 1, 60 * FLT));

        assertEq(_withdraw(delegator, provider, day), 40 * FLT, "everything");
    }

    function test_Withdraw_RevertGiven_TheThawWasWiped() external {
        LockId lock = _grant(provider, 100 * FLT, 20 days);
        (uint32 day,) = _exit(delegator, provider, 40 * FLT);
        _slash(lock, 100 * FLT);
        assertEq(staking.tranche(provider, false).thawGeneration, 1, "wiped");
        assertEq(staking.ticket(provider, delegator, day).amount, 0, "worth nothing");
        vm.warp(uint256(day) * 1 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.TicketUnknown.selector, provider, delegator, day));
        _withdraw(delegator, provider, day);
    }

    function _named() private returns (uint32 day) {
        (day,) = _exit(delegator, provider, 40 * FLT);
        vm.prank(delegator);
        staking.redelegate(delegator, provider, day, otherProvider);
    }

    function test_Move_RevertGiven_NoProviderIsNamed() external {
        uint32 day = _named();
        vm.startPrank(delegator);
        staking.redelegate(delegator, provider, day, address(0));
        vm.warp(uint256(day) * 1 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.TargetUnset.selector, day));
        staking.move(delegator, provider, day);
        vm.stopPrank();
    }

    function test_Move_RevertGiven_TheTicketHasNotMatured() external {
        uint32 day = _named();

        vm.expectRevert(abi.encodeWithSelector(IStaking.TicketNotMatured.selector, day));
        vm.prank(delegator);
        staking.move(delegator, provider, day);
    }

    function test_Move_GivenTheTicketHasMatured() external {
        uint32 day = _named();
        vm.warp(uint256(day) * 1 days);

        vm.expectEmit(address(staking));
        emit IStaking.Redelegated(provider, delegator, day, otherProvider, uint128(40 * FLT), uint128(40 * FLT));
        vm.prank(delegator);
        staking.move(delegator, provider, day);

        assertEq(_worth(otherProvider, delegator), 40 * FLT, "moved");
        assertEq(staking.booked(address(flt)), 100 * FLT, "nothing left the contract");
    }

    /// @dev The exit named its target before the wipe; the next exit of the same day names its own.
    function test_Move_RevertGiven_TheNamedTicketWasWiped() external {
        LockId lock = _grant(provider, 100 * FLT, 20 days);
        uint32 day = _named();
        _slash(lock, 100 * FLT);
        _stake(delegator, provider, 50 * FLT);

        vm.expectEmit(address(staking));
        emit IStaking.RedelegationNamed(provider, delegator, day, address(0));
        (uint32 again,) = _exit(delegator, provider, 50 * FLT);
        assertEq(again, day, "the same day");
        vm.warp(uint256(day) * 1 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.TargetUnset.selector, day));
        vm.prank(delegator);
        staking.move(delegator, provider, day);
        assertEq(_withdraw(delegator, provider, day), 50 * FLT, "all of the second");
    }

    function test_Redelegate_RevertWhen_TheProviderIsTheSame() external {
        (uint32 day,) = _exit(delegator, provider, 40 * FLT);

        vm.expectRevert(abi.encodeWithSelector(IStaking.TargetSame.selector, provider));
        vm.prank(delegator);
        staking.redelegate(delegator, provider, day, provider);
    }

    function test_Redelegate_RevertGiven_ThereIsNoTicket(uint32 day) external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.TicketUnknown.selector, provider, delegator, day));
        vm.prank(delegator);
        staking.redelegate(delegator, provider, day, otherProvider);
    }

    /// @dev A slash that leaves a millionth of a tranche, and less, makes an orphan of it.
    function _orphan() private returns (LockId lock) {
        lock = _grant(provider, 100 * FLT, 20 days);
        _slash(lock, 100 * FLT - 1e12);
        assertEq(staking.orphan(provider), 1e12, "orphan");
        assertEq(_worth(provider, delegator), 0, "wiped");
    }

    function test_SweepOrphan_RevertGiven_TheProviderHasLocks() external {
        _orphan();

        vm.expectRevert(abi.encodeWithSelector(IStaking.ProviderLocked.selector, provider, 1e12));
        staking.sweepOrphan(provider);
    }

    function test_SweepOrphan_GivenItHasNone() external {
        LockId lock = _orphan();
        vm.prank(deals);
        staking.release(lock);

        staking.sweepOrphan(provider);

        assertEq(flt.balanceOf(treasury), 1e12, "treasury");
        assertEq(staking.orphan(provider), 0, "swept");
    }
}
