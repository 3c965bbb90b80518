// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {LockId, ModuleId, QuarantineId} from "../../src/types/Ids.sol";
import {Base} from "../Base.t.sol";

contract StakingSlashTest is Base {
    QuarantineId private constant FIRST = QuarantineId.wrap(1);

    LockId private lock;

    function setUp() public override {
        super.setUp();
        _register(provider, 1000);
        _stake(provider, provider, 100 * FLT);
        _stake(delegator, provider, 900 * FLT);
        lock = _grant(provider, 500 * FLT, 20 days);
    }

    function test_Slash_RevertWhen_TheCallerIsNotItsSlasher(address stranger) external {
        vm.assume(stranger != faults);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSlasher.selector, lock, stranger));
        vm.prank(stranger);
        staking.slash(lock, 1, address(0), 0, address(0), 0);
    }

    function test_Slash_RevertGiven_NobodyMaySlash() external {
        vm.prank(deals);
        lock = staking.grant(provider, 1, uint40(block.timestamp + 1), ModuleId.wrap(0));

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSlasher.selector, lock, address(0)));
        vm.prank(address(0));
        staking.slash(lock, 1, address(0), 0, address(0), 0);
    }

    function test_Slash_RevertGiven_TheLockHasEnded(uint256 late) external {
        uint40 end = staking.lockOf(lock).end;
        vm.warp(bound(late, end + 1, end + 365 days));

        vm.expectRevert(abi.encodeWithSelector(IStaking.LockEndPassed.selector, end));
        _slash(lock, 1);
    }

    function test_Slash_WhenMoreThanTheLockIsAsked(uint128 amount) external {
        amount = uint128(bound(amount, 500 * FLT, type(uint128).max));

        vm.expectEmit(address(staking));
        emit IStaking.Slashed(
            lock, provider, faults, uint128(500 * FLT), 0, uint128(100 * FLT), uint128(400 * FLT), 0, 0
        );
        (uint128 slashed, uint128 fromOwn) = _slash(lock, amount);

        assertEq(slashed, 500 * FLT, "slashed");
        assertEq(fromOwn, 100 * FLT, "own");
        assertEq(_active(provider, false), 500 * FLT, "delegated");
        assertEq(staking.locked(provider), 0, "locked");
    }

    function test_Slash_GivenAnOrphanReserve(uint256 amount) external {
        _slash(lock, 100 * FLT - 1e12);
        assertEq(staking.orphan(provider), 1e12, "own remainder");
        amount = bound(amount, 1e12, 400 * FLT);

        (, uint128 fromOwn) = _slash(lock, amount);

        assertEq(fromOwn, 0, "own is gone");
        assertEq(staking.orphan(provider), 0, "orphan first");
        assertEq(_active(provider, false), 900 * FLT - amount + 1e12, "delegated after");
    }

    function test_Slash_GivenThawingStake(uint256 leaving, uint256 amount) external {
        leaving = bound(leaving, FLT, 99 * FLT);
        _exit(provider, provider, leaving);
        amount = bound(amount, 1, 99 * FLT);

        (, uint128 fromOwn) = _slash(lock, amount);

        assertEq(fromOwn, amount, "own");
        uint256 fromThaw = amount * leaving / (100 * FLT);
        assertEq(staking.tranche(provider, true).thawing, leaving - fromThaw, "thawing");
        assertEq(_active(provider, true), 100 * FLT - leaving - (amount - fromThaw), "active");
    }

    function test_Slash_WhenPayoutsExceedFourFifthsOfOwnStake(uint256 amount, uint256 forCustomer, uint256 forReporter)
        external
    {
        amount = bound(amount, 1, 500 * FLT);
        (forCustomer, forReporter) = (bound(forCustomer, 1, 500 * FLT), bound(forReporter, 1, 500 * FLT));

        (uint128 slashed, uint128 fromOwn) = _slashFor(lock, amount, forCustomer, forReporter);

        uint256 most = uint256(fromOwn) * 8 / 10;
        uint256 burned = staking.burnQueued(uint32(block.timestamp / 1 days));
        if (most == 0) {
            assertEq(burned, slashed, "all burned");
            return;
        }
        IStaking.Quarantine memory held = staking.quarantineOf(FIRST);
        assertEq(held.customerAmount, forCustomer < most ? forCustomer : most, "customer first");
        uint256 left = most - held.customerAmount;
        assertEq(held.reporterAmount, forReporter < left ? forReporter : left, "reporter");
        assertEq(uint256(held.customerAmount) + held.reporterAmount + burned, slashed, "all of it");
        assertEq(held.releaseAt, block.timestamp + 7 days, "release");
    }

    function test_Slash_GivenOwnStakeFallsBelowTheFirstLoss(uint256 later) external {
        _slash(lock, 60 * FLT);
        uint40 until = uint40(block.timestamp + 48 hours);
        (uint128 amount, uint40 cureUntil) = staking.shortfall(provider);
        // 440 FLT of locks need 44 of own stake, and 40 are left.
        assertEq(amount, 4 * FLT, "excused");
        assertEq(cureUntil, until, "until");

        vm.warp(bound(later, block.timestamp, until - 1));
        uint40 end = staking.lockOf(lock).end;
        vm.prank(deals);
        staking.regrant(lock, uint128(440 * FLT), end);
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IStaking.FirstLossTooLow.selector, 40 * FLT, 44 * FLT));
        vm.prank(deals);
        staking.regrant(lock, uint128(440 * FLT), end);
    }

    function test_Slash_GivenTheSlasherWasRemoved() external {
        vm.prank(council);
        staking.removeModule(FAULTS);
        vm.warp(block.timestamp + 10 days);
        lock = _grant(provider, FLT, 20 days);
        vm.warp(block.timestamp + 19 days);
        vm.expectRevert(abi.encodeWithSelector(IStaking.ModuleUnknown.selector, FAULTS));
        _grant(provider, FLT, 1 days);

        (uint128 slashed,) = _slash(lock, FLT);

        assertEq(slashed, FLT, "pinned");
    }

    function test_CancelPayout_RevertWhen_TheCallerIsNotTheCouncil(address stranger) external {
        vm.assume(stranger != council);
        _slashFor(lock, 100 * FLT, 50 * FLT, 10 * FLT);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotCouncil.selector, stranger));
        vm.prank(stranger);
        staking.cancelPayout(FIRST);
    }

    function test_CancelPayout_RevertGiven_TheQuarantineIsOver(uint256 late) external {
        _slashFor(lock, 100 * FLT, 50 * FLT, 10 * FLT);
        uint40 releaseAt = staking.quarantineOf(FIRST).releaseAt;
        vm.warp(bound(late, releaseAt, releaseAt + 365 days));

        vm.expectRevert(abi.encodeWithSelector(IStaking.QuarantineOver.selector, releaseAt));
        vm.prank(council);
        staking.cancelPayout(FIRST);
    }

    function test_CancelPayout_GivenTheQuarantineRuns() external {
        _slashFor(lock, 50 * FLT, 30 * FLT, 10 * FLT);

        vm.prank(council);
        staking.cancelPayout(FIRST);
        vm.warp(block.timestamp + 7 days);

        assertApproxEqAbs(staking.position(provider, provider).fltOwed, 40 * FLT, 2, "own stake gets it");
        assertEq(staking.position(provider, delegator).fltOwed, 0, "delegators nothing");
        vm.expectRevert(abi.encodeWithSelector(IStaking.QuarantineUnknown.selector, FIRST));
        staking.payQuarantine(FIRST);
    }

    function test_PayQuarantine_RevertGiven_TheQuarantineRuns(uint256 early) external {
        _slashFor(lock, 50 * FLT, 30 * FLT, 10 * FLT);
        uint40 releaseAt = staking.quarantineOf(FIRST).releaseAt;
        vm.warp(bound(early, block.timestamp, releaseAt - 1));

        vm.expectRevert(abi.encodeWithSelector(IStaking.QuarantineRunning.selector, releaseAt));
        staking.payQuarantine(FIRST);
    }

    function test_PayQuarantine_RevertGiven_ItIsUnknown(uint64 id) external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.QuarantineUnknown.selector, id));
        staking.payQuarantine(QuarantineId.wrap(id));
    }

    function test_BurnSlashed_RevertGiven_TheDayIsTooYoung(uint256 early) external {
        _slash(lock, FLT);
        uint32 day = uint32(block.timestamp / 1 days);
        uint256 releaseAt = (uint256(day) + 8) * 1 days;
        vm.warp(bound(early, block.timestamp, releaseAt - 1));

        vm.expectRevert(abi.encodeWithSelector(IStaking.QuarantineRunning.selector, releaseAt));
        staking.burnSlashed(day);
    }

    function test_BurnSlashed_GivenTheDayIsOldEnough(uint256 one, uint256 two) external {
        (one, two) = (bound(one, 1, 200 * FLT), bound(two, 1, 200 * FLT));
        _slash(lock, one);
        _slash(lock, two);
        uint32 day = uint32(block.timestamp / 1 days);
        vm.warp((uint256(day) + 8) * 1 days);

        staking.burnSlashed(day);

        assertEq(flt.balanceOf(DEAD), one + two, "burned");
        vm.expectRevert(IStaking.AmountZero.selector);
        staking.burnSlashed(day);
    }
}
