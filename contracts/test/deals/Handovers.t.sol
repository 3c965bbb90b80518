// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {ISuccession} from "../../src/interfaces/ISuccession.sol";
import {DealId} from "../../src/types/Ids.sol";
import {StandbyBase} from "./StandbyBase.sol";

/// @dev What `Faults` says short of a failure, and how a slot passes on without one: a customer who left, a provider who declined,
/// a term that nobody renewed. What the old serving earned is released later.
contract DealsHandoversTest is StandbyBase {
    /* DEDUCT */

    function test_Deduct_RevertWhen_CallerNotFaults(address caller) external {
        vm.assume(caller != faults);
        DealId id = _backed(1);
        vm.expectRevert(abi.encodeWithSelector(ISuccession.NotFaults.selector, caller));
        vm.prank(caller);
        deals.deduct(id, 0, 1, 1);
    }

    function test_Deduct_RevertGiven_AnotherServing() external {
        DealId id = _backed(1);
        vm.expectRevert(abi.encodeWithSelector(ISuccession.ServingOver.selector, id, 0, 2));
        vm.prank(faults);
        deals.deduct(id, 0, 2, 1);
    }

    function test_Deduct_WhenCallerFaults(uint256 served, uint40 down) external {
        DealId id = _backed(1);
        served = bound(served, 1, 3 days);
        down = uint40(bound(down, 0, served));
        _skip(served);
        uint40 startedAt = _slot(id).startedAt;
        vm.expectEmit(address(deals));
        emit ISuccession.DowntimeDeducted(id, 0, 1, down);
        vm.prank(faults);
        deals.deduct(id, 0, 1, down);
        assertEq(_slot(id).owed, 100 * dollar * (served - down) / 1 days, "not paid");
        assertEq(_slot(id).escrow + _slot(id).owed, 2800 * dollar, "back in the escrow");
        assertEq(_slot(id).startedAt, startedAt + down, "accrual starts later");
        assertEq(deals.accrued(id, 0), _slot(id).owed, "and goes on from here");
    }

    function test_Deduct_GivenCredited_TakesNothingBack() external {
        DealId id = _backed(1);
        _skip(10 days);
        deals.settle(id, 0);
        vm.prank(faults);
        deals.deduct(id, 0, 1, 10 days);
        assertEq(_slot(id).owed, 700 * dollar, "three days");
        assertEq(_slot(id).credited, 700 * dollar, "the rest was credited");
    }

    /// @dev The money that comes back pays from now on, not for the gap.
    function test_Deduct_GivenDry_PaysNoGap() external {
        DealId id = _runDry();
        vm.prank(faults);
        deals.deduct(id, 0, 1, 2 hours);
        _skip(1 hours);
        deals.settle(id, 0);
        uint256 most = _slot(id).price * 100 * (block.timestamp - _slot(id).startedAt) / 1 days;
        assertEq(_slot(id).owed, most, "as if it had started later");
        assertApproxEqAbs(
            _slot(id).owed, 3000 * dollar - 200 * dollar / 24, 1, "an hour of the two came back and was served"
        );
    }

    /* STOP SLOT */

    function test_StopSlot_RevertWhen_CallerNotFaults(address caller) external {
        vm.assume(caller != faults);
        DealId id = _backed(1);
        vm.expectRevert(abi.encodeWithSelector(ISuccession.NotFaults.selector, caller));
        vm.prank(caller);
        deals.stopSlot(id, 0, 1);
    }

    function test_StopSlot_WhenCallerFaults(uint256 served) external {
        DealId id = _backed(1);
        served = bound(served, 0, 14 days - 1);
        _skip(served);
        uint40 endsAt = uint40(block.timestamp + 1 days);
        if (endsAt > _slot(id).termEnd) endsAt = _slot(id).termEnd;
        vm.expectEmit(address(deals));
        emit ISuccession.SlotStopped(id, 0, providers[0], endsAt);
        vm.prank(faults);
        deals.stopSlot(id, 0, 1);
        if (served > 13 days) vm.expectRevert(abi.encodeWithSelector(IDealsBooks.RenewalRefused.selector, id, 0));
        else vm.expectRevert();
        deals.renew(id, 0);
        _skip(1 days);
        deals.close(id, 0);
        assertEq(_slot(id).status, 3, "the slot is over, and nobody is promoted");
        assertEq(_slot(id).endsAt, endsAt, "after its notice");
        assertEq(_standby(id).provider, providers[1], "the standby is there until it is closed");
        deals.close(id, STANDBY);
        assertEq(_standby(id).status, 3, "there is no slot to stand by for");
    }

    /* REPLACE */

    function test_Replace_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != customer);
        DealId id = _backed(1);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotAllowed.selector, caller, customer));
        vm.prank(caller);
        deals.replace(id, 0);
    }

    function test_Replace_RevertGiven_NotCalled() external {
        DealId id = _backed(1);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.MarginNotCalled.selector, id, 0));
        vm.prank(customer);
        deals.replace(id, 0);
    }

    function test_Replace_RevertGiven_Standby() external {
        DealId id = _backed(1);
        vm.expectRevert(abi.encodeWithSelector(ISuccession.NotSlot.selector, id, STANDBY));
        vm.prank(customer);
        deals.replace(id, STANDBY);
    }

    function test_Replace_GivenUnderTheMinimum_Promotes() external {
        DealId id = _backed(1);
        _skip(1 days);
        for (uint256 i = 0; i < 10; ++i) {
            _post(0.15e8);
            _skip(12 hours);
        }
        uint256 locked = staking.locked(providers[0]);
        vm.prank(customer);
        assertTrue(deals.replace(id, 0), "served");
        assertEq(_slot(id).provider, providers[1], "by the standby");
        assertEq(deals.servingOf(id, 0, 1).owed, 600 * dollar, "up to now");
        assertEq(staking.locked(providers[0]), locked, "nothing is slashed, nothing freed");
    }

    /* DECLINE AND CLOSE */

    function test_Decline_GivenAStandby_PromotesIt(bool isSilent) external {
        DealId id = _request(_askingFor(1, 1));
        _assign(id, 0, _host(0));
        _standBy(id, STANDBY, _host(1));
        uint256 lock = _lockOf(id, 0);
        assertEq(deals.dealOf(id).startedAt, 0, "nobody serves yet");
        skip(isSilent ? 30 minutes + 1 : 5 minutes);
        vm.prank(isSilent ? stranger : providers[0]);
        deals.decline(id, 0);
        assertEq(_slot(id).provider, providers[1], "promoted");
        assertEq(_slot(id).status, 2, "serves at once");
        assertEq(_lockOf(id, 0), lock, "all of the lock that was declined");
        assertEq(deals.dealOf(id).startedAt, block.timestamp, "the deal starts");
        assertEq(staking.locked(providers[0]), 0, "the other is free");
        vm.expectRevert(abi.encodeWithSelector(ISuccession.ServingUnknown.selector, id, 0, 1));
        deals.servingOf(id, 0, 1);
    }

    function test_Close_GivenTermOver_PassesOn(uint256 late) external {
        DealId id = _backed(1);
        _skip(13 days + 12 hours);
        deals.renew(id, STANDBY);
        late = bound(late, 12 hours, 5 days);
        _skip(late);
        uint40 termEnd = _slot(id).termEnd;
        vm.expectEmit(address(deals));
        emit ISuccession.ServingEnded(id, 0, providers[0], 1, _slot(id).lock, termEnd, uint128(1400 * dollar), 0);
        deals.close(id, 0);
        assertEq(_slot(id).provider, providers[1], "the job goes on");
        assertEq(_slot(id).escrow, 1400 * dollar, "and nobody paid for the gap");
        assertEq(_slot(id).startedAt, block.timestamp, "it starts now");
    }

    function test_Close_GivenTermOverForLong_SeeksThoughTheLockIsGone() external {
        DealId id = _backed(1);
        _skip(14 days + 6 days);
        staking.release(_slot(id).lock);
        deals.close(id, 0);
        assertEq(_slot(id).status, 0, "nothing keeps it");
    }

    function test_Close_GivenLessThanADayIsPaid_EndsTheSlot() external {
        DealId id = _request(_askingFor(1, 0));
        _register(providers[0], 2_000_000 * FLT, 0, 1000, 0);
        _standBy(id, 0, _offer(providers[0], 100, 2 * dollar - 1));
        _skip(14 days);
        deals.close(id, 0);
        assertEq(_slot(id).status, 3, "nobody would come for so little");
    }

    function test_Stop_GivenSeeking_FreesTheMoneyAtOnce() external {
        DealId id = _backed(0);
        _skip(7 days);
        _fail(id, block.timestamp);
        vm.prank(customer);
        deals.stop(id);
        assertEq(_refund(id, customer), 2100 * dollar, "no day to wait for");
    }

    /* RELEASE */

    function test_ReleaseServing_RevertGiven_Unknown(uint32 serving) external {
        DealId id = _backed(1);
        vm.expectRevert(abi.encodeWithSelector(ISuccession.ServingUnknown.selector, id, 0, serving));
        deals.releaseServing(id, 0, serving);
    }

    function test_ReleaseServing_RevertGiven_HeldBack(uint256 wait) external {
        DealId id = _backed(1);
        _skip(2 days);
        _fail(id, block.timestamp - 1 hours);
        uint40 until = uint40(block.timestamp - 1 hours + 3 days);
        _skip(bound(wait, 0, 3 days - 1 hours - 1));
        vm.expectRevert(abi.encodeWithSelector(ISuccession.HeldBack.selector, id, 0, 1, until));
        deals.releaseServing(id, 0, 1);
    }

    function test_ReleaseServing_WhenThreeDaysAfter(address caller) external {
        DealId id = _backed(1);
        _skip(10 days);
        deals.settle(id, 0);
        _fail(id, block.timestamp);
        _skip(3 days);
        uint256 before = deals.creditOf(providers[0]) + deals.stakersCreditOf(providers[0]);
        vm.expectEmit(address(deals));
        emit ISuccession.ServingReleased(id, 0, providers[0], 1, uint128(300 * dollar));
        vm.prank(caller);
        assertEq(deals.releaseServing(id, 0, 1), 300 * dollar, "three days");
        uint256 credit = deals.creditOf(providers[0]) + deals.stakersCreditOf(providers[0]);
        assertEq(credit - before, 294 * dollar, "less the fee");
        assertEq(deals.servingOf(id, 0, 1).credited, 1000 * dollar, "all of it");
        assertEq(deals.releaseServing(id, 0, 1), 0, "once");
    }
}
