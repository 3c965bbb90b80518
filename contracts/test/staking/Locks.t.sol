// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {LockId, ModuleId} from "../../src/types/Ids.sol";
import {ModuleRoles} from "../../src/types/Roles.sol";
import {Base} from "../Base.t.sol";

contract StakingLocksTest is Base {
    function setUp() public override {
        super.setUp();
        _register(provider, 1000);
        _stake(provider, provider, 100 * FLT);
        _stake(delegator, provider, 900 * FLT);
    }

    function _end() private view returns (uint40) {
        return uint40(block.timestamp + 10 days);
    }

    function test_Grant_RevertWhen_TheCallerIsNoLockModule(address stranger) external {
        vm.assume(stranger != deals);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotModule.selector, stranger, ModuleRoles.LOCK));
        vm.prank(stranger);
        staking.grant(provider, 1, _end(), FAULTS);
    }

    function test_Grant_RevertWhen_TheSlasherMayNotSlash(uint16 slasher) external {
        ModuleId id = ModuleId.wrap(uint16(slasher == 2 ? 1 : bound(slasher, 1, type(uint16).max)));
        vm.assume(ModuleId.unwrap(id) != 2);

        vm.expectRevert(abi.encodeWithSelector(IStaking.ModuleUnknown.selector, id));
        vm.prank(deals);
        staking.grant(provider, 1, _end(), id);
    }

    function test_Grant_RevertGiven_NewLocksArePaused(uint256 later) external {
        vm.prank(guardian);
        staking.pause();
        uint40 until = staking.pausedUntil();
        vm.warp(bound(later, block.timestamp, until - 1));

        vm.expectRevert(abi.encodeWithSelector(IStaking.LocksPaused.selector, until));
        _grant(provider, FLT, 1 days);
    }

    function test_Grant_RevertWhen_TheAmountIsZero() external {
        vm.expectRevert(IStaking.AmountZero.selector);
        _grant(provider, 0, 1 days);
    }

    function test_Grant_RevertWhen_TheEndHasPassed(uint256 end) external {
        end = bound(end, 0, block.timestamp);

        vm.expectRevert(abi.encodeWithSelector(IStaking.LockEndPassed.selector, end));
        vm.prank(deals);
        staking.grant(provider, 1, uint40(end), FAULTS);
    }

    function test_Grant_RevertWhen_TheEndIsTooLate(uint40 end) external {
        uint256 latest = block.timestamp + LOCK_MAX;
        end = uint40(bound(end, latest + 1, type(uint40).max));

        vm.expectRevert(abi.encodeWithSelector(IStaking.LockEndTooLate.selector, end, latest));
        vm.prank(deals);
        staking.grant(provider, 1, end, FAULTS);
    }

    function test_Grant_RevertGiven_ActiveStakeIsTooLow(uint256 leaving, uint128 amount) external {
        leaving = bound(leaving, 1, 899 * FLT);
        _exit(delegator, provider, leaving);
        amount = uint128(bound(amount, 1000 * FLT - leaving + 1, 1e30));

        vm.expectRevert(abi.encodeWithSelector(IStaking.StakeTooLow.selector, 1000 * FLT - leaving, amount));
        _grant(provider, amount, 1 days);
    }

    function test_Grant_RevertGiven_OwnStakeIsTooLow(uint128 leaving) external {
        leaving = uint128(bound(leaving, 1, 99 * FLT));
        _exit(provider, provider, leaving);
        uint256 amount = 1000 * FLT - leaving;

        vm.expectRevert(
            abi.encodeWithSelector(IStaking.FirstLossTooLow.selector, 100 * FLT - leaving, (amount + 9) / 10)
        );
        _grant(provider, amount, 1 days);
    }

    function test_Grant_GivenStakeSuffices(uint256 amount, uint256 period) external {
        (amount, period) = (bound(amount, 1, 1000 * FLT), bound(period, 1, LOCK_MAX));
        uint40 end = uint40(block.timestamp + period);

        vm.expectEmit(address(staking));
        emit IStaking.LockGranted(LockId.wrap(1), provider, deals, faults, uint128(amount), end, uint128(amount));
        LockId lock = _grant(provider, amount, period);

        IStaking.Lock memory held = staking.lockOf(lock);
        assertEq(held.provider, provider, "provider");
        assertEq(held.amount, amount, "amount");
        assertEq(held.end, end, "end");
        assertEq(held.grantedAt, block.timestamp, "granted");
        assertEq(ModuleId.unwrap(held.module), 1, "module");
        assertEq(ModuleId.unwrap(held.slasher), 2, "slasher");
        assertEq(staking.locked(provider), amount, "locked");
        assertEq(staking.free(provider), 1000 * FLT - amount, "free");
    }

    function test_Promote_GivenNewLocksArePaused(uint256 amount) external {
        vm.prank(guardian);
        staking.pause();
        amount = bound(amount, 1, 1000 * FLT);

        vm.prank(deals);
        LockId lock = staking.promote(provider, uint128(amount), _end(), FAULTS);

        assertEq(staking.lockOf(lock).amount, amount, "locked");
    }

    function test_Regrant_RevertWhen_TheCallerIsNotItsModule(address stranger) external {
        vm.assume(stranger != deals);
        LockId lock = _grant(provider, FLT, 1 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotLockModule.selector, lock, stranger));
        vm.prank(stranger);
        staking.regrant(lock, 1, _end());
    }

    function test_Regrant_RevertGiven_TheLockIsUnknown(uint64 lock) external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.LockUnknown.selector, lock));
        vm.prank(deals);
        staking.regrant(LockId.wrap(lock), 1, _end());
    }

    function test_Regrant_RevertGiven_StakeIsLeaving(uint128 leaving) external {
        LockId lock = _grant(provider, 1000 * FLT, 1 days);
        leaving = uint128(bound(leaving, 1, 899 * FLT));
        _exit(delegator, provider, leaving);

        vm.expectRevert(abi.encodeWithSelector(IStaking.StakeTooLow.selector, 1000 * FLT - leaving, 1000 * FLT));
        vm.prank(deals);
        staking.regrant(lock, uint128(1000 * FLT), _end());
    }

    function test_Regrant_GivenStakeSuffices(uint128 amount, uint128 next) external {
        (amount, next) = (uint128(bound(amount, 1, 1000 * FLT)), uint128(bound(next, 1, 1000 * FLT)));
        LockId lock = _grant(provider, amount, 1 days);

        vm.expectEmit(address(staking));
        emit IStaking.LockRegranted(lock, provider, next, _end(), next);
        vm.prank(deals);
        staking.regrant(lock, next, _end());

        assertEq(staking.lockOf(lock).amount, next, "amount");
        assertEq(staking.lockOf(lock).end, _end(), "end");
        assertEq(staking.locked(provider), next, "locked");
    }

    function _lockOfRemoved(ModuleId module) private returns (LockId lock) {
        vm.prank(council);
        staking.removeModule(module);
        vm.warp(block.timestamp + THAW + 7 days - 1);
        lock = _grant(provider, 10 * FLT, 10 days);
        vm.warp(block.timestamp + 1);
    }

    function test_Regrant_RevertGiven_AModuleIsRemoved(bool isSlasher, bool isMore, uint256 by) external {
        ModuleId module = isSlasher ? FAULTS : DEALS;
        LockId lock = _lockOfRemoved(module);
        uint40 end = staking.lockOf(lock).end;
        uint256 amount = 10 * FLT;
        if (isMore) amount += bound(by, 1, 990 * FLT);
        else end += uint40(bound(by, 1, 9 days));

        vm.expectRevert(abi.encodeWithSelector(IStaking.ModuleUnknown.selector, module));
        vm.prank(deals);
        staking.regrant(lock, uint128(amount), end);
    }

    function test_Regrant_GivenAModuleIsRemoved_Shrinks(bool isSlasher, uint256 amount, uint256 end) external {
        LockId lock = _lockOfRemoved(isSlasher ? FAULTS : DEALS);
        amount = bound(amount, 1, 10 * FLT);
        end = bound(end, block.timestamp + 1, staking.lockOf(lock).end);

        vm.prank(deals);
        staking.regrant(lock, uint128(amount), uint40(end));

        assertEq(staking.locked(provider), amount, "less");
    }

    function test_Regrant_GivenNobodyMaySlash(uint256 amount) external {
        vm.prank(deals);
        LockId lock = staking.grant(provider, uint128(FLT), _end(), ModuleId.wrap(0));
        amount = bound(amount, FLT, 1000 * FLT);

        vm.prank(deals);
        staking.regrant(lock, uint128(amount), _end());

        assertEq(staking.locked(provider), amount, "more");
    }

    function test_Release_RevertGiven_TheLockRuns(uint256 later) external {
        LockId lock = _grant(provider, FLT, 1 days);
        uint40 end = staking.lockOf(lock).end;
        vm.warp(bound(later, block.timestamp, end));

        vm.expectRevert(abi.encodeWithSelector(IStaking.LockNotEnded.selector, lock, end));
        staking.release(lock);
    }

    function test_Release_WhenItsModuleReleases(uint256 later) external {
        LockId lock = _grant(provider, 7 * FLT, 1 days);
        vm.warp(bound(later, block.timestamp, block.timestamp + 2 days));

        vm.expectEmit(address(staking));
        emit IStaking.LockReleased(lock, provider, uint128(7 * FLT), 0);
        vm.prank(deals);
        staking.release(lock);

        assertEq(staking.locked(provider), 0, "locked");
        vm.expectRevert(abi.encodeWithSelector(IStaking.LockUnknown.selector, lock));
        staking.lockOf(lock);
    }

    function test_Release_GivenTheLockHasEnded(address anyone) external {
        LockId lock = _grant(provider, 7 * FLT, 1 days);
        vm.warp(block.timestamp + 1 days + 1);

        vm.prank(anyone);
        staking.release(lock);

        assertEq(staking.locked(provider), 0, "locked");
    }

    function test_Free_GivenAnyStakeAndFirstLoss(uint16 bps, uint96 own, uint96 delegated) external {
        _register(otherProvider, uint16(bound(bps, 0, 10_000)));
        _stake(otherProvider, otherProvider, bound(own, FLT, 1e27));
        _stake(delegator, otherProvider, bound(delegated, FLT, 1e27));
        uint256 free = staking.free(otherProvider);

        uint256 snapshot = vm.snapshotState();
        _grant(otherProvider, free, 1 days);
        assertEq(staking.free(otherProvider), 0, "all of it");
        vm.revertToState(snapshot);
        vm.expectRevert();
        _grant(otherProvider, free + 1, 1 days);
    }
}
