// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../src/interfaces/IStaking.sol";
import {Duties} from "../src/staking/Duties.sol";
import {LockId, ModuleId, QuarantineId} from "../src/types/Ids.sol";
import {ModuleRoles} from "../src/types/Roles.sol";
import {Base} from "./Base.t.sol";

contract StakingTest is Base {
    /// @dev Worked example 1, as far as stake goes: coverage 3.0 of $1,000,000 at $0.50 and a first loss of 33 %.
    function test_Example_GivenTheMillionDollarJob() external {
        _register(provider, 3300);
        _stake(provider, provider, 1_980_000 * FLT);
        _stake(delegator, provider, 4_020_000 * FLT);

        assertEq(staking.free(provider), 6_000_000 * FLT, "free");
        LockId lock = _grant(provider, 6_000_000 * FLT, 19 days);

        assertEq(staking.lockOf(lock).amount, 6_000_000 * FLT, "lock");
        assertEq(staking.free(provider), 0, "nothing free");
    }

    function test_Example_RevertGiven_OwnStakeIsAWeiShort() external {
        _register(provider, 3300);
        _stake(provider, provider, 1_980_000 * FLT - 1);
        _stake(delegator, provider, 4_020_001 * FLT);

        vm.expectRevert(abi.encodeWithSelector(IStaking.FirstLossTooLow.selector, 1_980_000 * FLT - 1, 1_980_000 * FLT));
        _grant(provider, 6_000_000 * FLT, 19 days);
    }

    /// @dev Worked example 5.
    function test_Example_GivenASlashOfThreeHundred() external {
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

    function test_Example_GivenADelegator() external {
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

    /* DEPLOYMENT */

    function test_Constructor_GivenItsParameters() external view {
        assertEq(staking.flt(), address(flt), "flt");
        assertEq(staking.stablecoin(), address(usd), "stablecoin");
        assertEq(staking.treasury(), treasury, "treasury");
        assertEq(staking.guardian(), guardian, "guardian");
        assertEq(staking.council(), council, "council");
        IStaking.Module[] memory modules = staking.modules();
        assertEq(modules.length, 2, "modules");
        assertEq(modules[0].module, deals, "first");
        assertEq(modules[1].roles, ModuleRoles.SLASH, "second");
        assertEq(staking.moduleOf(DEALS).activeAt, block.timestamp, "acts at once");
    }

    function test_Constructor_GivenItsOtherHalf() external {
        Duties half = new Duties(address(flt), address(usd), treasury);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotCouncil.selector, address(this)));
        half.setCouncil(address(this));
        vm.expectRevert();
        half.addReward(provider, address(flt), 1);
    }

    /* GOVERNANCE */

    address private immutable module = makeAddr("module");

    function _schedule() private returns (ModuleId id) {
        vm.prank(council);
        id = staking.scheduleModule(module, ModuleRoles.LOCK | ModuleRoles.SLASH);
        _register(provider, 0);
        _stake(provider, provider, 100 * FLT);
    }

    function _grantByModule(ModuleId id) private returns (LockId) {
        vm.prank(module);
        return staking.grant(provider, uint128(FLT), uint40(block.timestamp + 20 days), id);
    }

    function test_ScheduleModule_RevertWhen_TheCallerIsNotTheCouncil(address stranger) external {
        vm.assume(stranger != council);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotCouncil.selector, stranger));
        vm.prank(stranger);
        staking.scheduleModule(module, ModuleRoles.LOCK);
    }

    function test_ScheduleModule_RevertGiven_TheModuleIsListed() external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.ModuleListed.selector, DEALS));
        vm.prank(council);
        staking.scheduleModule(deals, ModuleRoles.SLASH);
    }

    function test_ScheduleModule_RevertGiven_28DaysHaveNotPassed(uint256 early) external {
        ModuleId id = _schedule();
        vm.warp(block.timestamp + bound(early, 0, 28 days - 1));

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotModule.selector, module, ModuleRoles.LOCK));
        _grantByModule(id);
    }

    function test_ScheduleModule_Given28DaysHavePassed(uint256 late) external {
        ModuleId id = _schedule();
        vm.warp(block.timestamp + bound(late, 28 days, 365 days));

        LockId lock = _grantByModule(id);
        vm.prank(module);
        (uint128 slashed,) = staking.slash(lock, uint128(FLT), address(0), 0, address(0), 0);

        assertEq(slashed, FLT, "slashed");
    }

    function test_RemoveModule_GivenTheModuleDoesNotActYet() external {
        ModuleId id = _schedule();
        vm.warp(block.timestamp + 20 days);
        vm.prank(council);
        staking.removeModule(id);
        vm.warp(block.timestamp + 10 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotModule.selector, module, ModuleRoles.LOCK));
        _grantByModule(id);
    }

    function test_RemoveModule_GivenTheModuleActs() external {
        ModuleId id = _schedule();
        vm.warp(block.timestamp + 28 days);
        vm.prank(council);
        staking.removeModule(id);
        vm.warp(block.timestamp + 27 days);
        LockId lock = _grantByModule(id);
        vm.warp(block.timestamp + 2 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotModule.selector, module, ModuleRoles.LOCK));
        _grantByModule(id);
        uint40 end = staking.lockOf(lock).end;
        vm.startPrank(module);
        vm.expectRevert(abi.encodeWithSelector(IStaking.ModuleUnknown.selector, id));
        staking.regrant(lock, uint128(FLT), end + 1);
        staking.slash(lock, uint128(FLT), address(0), 0, address(0), 0);
        staking.release(lock);
        vm.stopPrank();
        assertEq(staking.locked(provider), 0, "released");
    }

    function _regrant(LockId lock, uint256 amount) private {
        vm.prank(deals);
        staking.regrant(lock, uint128(amount), uint40(block.timestamp + 20 days));
    }

    function _remove(ModuleId id) private {
        vm.prank(council);
        staking.removeModule(id);
    }

    function test_RemoveModule_GivenASlasherOfLocksThatGoOn() external {
        _schedule();
        LockId before = _grant(provider, FLT, 20 days);
        _remove(FAULTS);
        LockId lock = _grant(provider, FLT, 20 days);
        vm.warp(block.timestamp + 19 days);
        _regrant(before, FLT);
        _regrant(lock, FLT);
        vm.warp(block.timestamp + 9 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.ModuleUnknown.selector, FAULTS));
        _regrant(before, FLT);
        vm.expectRevert(abi.encodeWithSelector(IStaking.ModuleUnknown.selector, FAULTS));
        _regrant(lock, FLT);
    }

    function test_RemoveModule_GivenASlasherThatStaysWhenOthersGo() external {
        ModuleId other = _schedule();
        LockId lock = _grant(provider, FLT, 20 days);
        _remove(other);
        vm.warp(block.timestamp + 19 days);

        // The first looks at the slasher again, the second need not.
        _regrant(lock, 2 * FLT);
        _regrant(lock, 3 * FLT);
        _remove(FAULTS);
        vm.warp(block.timestamp + 19 days);
        _regrant(lock, 3 * FLT);
        vm.warp(block.timestamp + 10 days);

        vm.expectRevert(abi.encodeWithSelector(IStaking.ModuleUnknown.selector, FAULTS));
        _regrant(lock, 4 * FLT);
        assertEq(staking.lockOf(lock).amount, 3 * FLT, "amount");
    }

    function test_Pause_RevertWhen_TheCallerIsNotTheGuardian(address stranger) external {
        vm.assume(stranger != guardian);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotGuardian.selector, stranger));
        vm.prank(stranger);
        staking.pause();
    }

    function test_Pause_RevertGiven_TheLastOneWasLessThanAMonthAgo(uint256 early) external {
        vm.startPrank(guardian);
        staking.pause();
        uint256 next = block.timestamp + 30 days;
        vm.warp(bound(early, block.timestamp, next - 1));

        vm.expectRevert(abi.encodeWithSelector(IStaking.PauseTooSoon.selector, next));
        staking.pause();

        vm.warp(next);
        staking.pause();
        vm.stopPrank();
    }

    function test_Pause_GivenAPause(uint256 late) external {
        vm.prank(guardian);
        staking.pause();
        assertEq(staking.pausedUntil(), block.timestamp + 7 days, "until");
        vm.warp(block.timestamp + bound(late, 7 days, 365 days));
        _register(provider, 0);

        _stake(provider, provider, 10 * FLT);
        _grant(provider, FLT, 1 days);

        assertEq(staking.locked(provider), FLT, "locked");
    }

    function test_SetCouncil_WhenTheCouncilChangesGuardianAndCouncil(address newGuardian, address newCouncil) external {
        vm.startPrank(council);
        staking.setGuardian(newGuardian);
        staking.setCouncil(newCouncil);
        vm.stopPrank();

        assertEq(staking.guardian(), newGuardian, "guardian");
        assertEq(staking.council(), newCouncil, "council");
    }
}
