// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {ISuccession} from "../../src/interfaces/ISuccession.sol";
import {DealId} from "../../src/types/Ids.sol";
import {StandbyBase} from "./StandbyBase.sol";

/// @dev How a slot passes on: by a failure, a term that nobody renewed, a customer who left, a provider who declined.
contract DealsSuccessionTest is StandbyBase {
    /* FAIL */

    function test_Fail_RevertWhen_CallerNotFaults(address caller) external {
        vm.assume(caller != faults);
        DealId id = _backed(1);
        vm.expectRevert(abi.encodeWithSelector(ISuccession.NotFaults.selector, caller));
        vm.prank(caller);
        deals.fail(id, 0, 1, uint40(block.timestamp));
    }

    function test_Fail_RevertGiven_Standby() external {
        DealId id = _backed(1);
        vm.expectRevert(abi.encodeWithSelector(ISuccession.NotSlot.selector, id, STANDBY));
        vm.prank(faults);
        deals.fail(id, STANDBY, 1, uint40(block.timestamp));
    }

    function test_Fail_RevertGiven_NotServed() external {
        DealId id = _request(_askingFor(1, 1));
        _assign(id, 0, _host(0));
        vm.expectRevert(abi.encodeWithSelector(ISuccession.ServingOver.selector, id, 0, 1));
        vm.prank(faults);
        deals.fail(id, 0, 1, uint40(block.timestamp));
    }

    /// @dev Two who fail it over at once: the second finds another serving.
    function test_Fail_RevertGiven_AnotherServing() external {
        DealId id = _backed(2);
        _skip(1 days);
        assertTrue(_fail(id, block.timestamp - 600), "the first");
        vm.expectRevert(abi.encodeWithSelector(ISuccession.ServingOver.selector, id, 0, 1));
        vm.prank(faults);
        deals.fail(id, 0, 1, uint40(block.timestamp - 600));
    }

    function test_Fail_GivenAStandby_PromotesIt(uint256 served, uint256 down, bool isStale) external {
        DealId id = _backed(1);
        served = bound(served, 1 hours, 13 days);
        down = bound(down, 0, 1 hours);
        _skip(served);
        if (isStale) _stale();
        uint256 low = _lockOf(id, 0) * _left(served) / (8400 days);

        assertTrue(_fail(id, block.timestamp - down), "served");

        IDeals.Slot memory slot = _slot(id);
        assertEq(slot.provider, providers[1], "the standby serves");
        assertEq(slot.status, 2, "at once");
        assertEq(slot.serving, 2, "the next serving");
        assertEq(slot.startedAt, block.timestamp, "from now on");
        assertEq(slot.termEnd, block.timestamp + TERM, "a term of its own");
        assertEq(slot.price, dollar, "at its own price");
        assertEq(slot.owed, 0, "nothing for the gap");
        assertEq(slot.escrow, 2800 * dollar - 100 * dollar * (served - down) / 1 days, "nobody paid for it");
        assertApproxEqAbs(_lockOf(id, 0), low, 3e15, "the lock scaled by what remains, without a price");
        assertEq(_lockOf(id, 0), staking.locked(providers[1]), "its own lock, made larger");
        assertEq(staking.lockOf(slot.lock).end, slot.termEnd + DISPUTE, "through the dispute");
        assertEq(_standby(id).status, 0, "its place is empty");
        assertEq(deals.emptySlots(id), 1 << STANDBY, "and can be filled");
        assertEq(deals.dealOf(id).startedAt + served, block.timestamp, "the deal goes on");
    }

    /// @dev Dollar-days that remain.
    function _left(uint256 served) private pure returns (uint256) {
        return 8400 days - 100 * served;
    }

    function test_Fail_KeepsTheServing(uint256 served, uint256 down) external {
        DealId id = _backed(1);
        served = bound(served, 1 hours, 13 days);
        down = bound(down, 0, 1 hours);
        _skip(served);
        IDeals.Slot memory before = _slot(id);
        uint256 locked = _lockOf(id, 0);
        _fail(id, block.timestamp - down);

        ISuccession.Serving memory past = deals.servingOf(id, 0, 1);
        assertEq(past.provider, providers[0], "who");
        assertTrue(past.lock == before.lock, "its lock");
        assertEq(past.price, dollar, "its price");
        assertEq(past.valueAtStake, before.valueAtStake, "for which value");
        assertEq(past.endedAt, block.timestamp - down, "until when");
        assertEq(past.owed, 100 * dollar * (served - down) / 1 days, "what it earned");
        assertEq(past.credited, 0, "held back");
        assertEq(staking.lockOf(past.lock).amount, locked, "the lock stays");
        assertEq(staking.lockOf(past.lock).end, before.termEnd + DISPUTE + 30 minutes, "to its end");
        assertEq(offers.unitsInUse(before.offer), 0, "its units are free");
        assertEq(_inBooks(id) + past.owed, 2856 * dollar, "not a unit lost");
    }

    function test_Fail_Emits() external {
        DealId id = _backed(1);
        _skip(2 days);
        uint40 since = uint40(block.timestamp - 1 days);
        uint128 kept = uint128(2700 * dollar);
        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotSettled(id, 0, 1, kept, uint128(100 * dollar), 0, since - 1 days);
        vm.expectEmit(address(deals));
        emit ISuccession.ServingEnded(id, 0, providers[0], 1, _slot(id).lock, since, uint128(100 * dollar), 4);
        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotSettled(id, STANDBY, 1, uint128(52 * dollar), uint128(4 * dollar), 0, since - 1 days);
        vm.expectEmit(address(deals));
        emit ISuccession.StandbyPromoted(
            id,
            0,
            providers[1],
            STANDBY,
            2,
            uint96(dollar),
            _standby(id).lock,
            uint128(49_200 * FLT),
            uint128(8200 * dollar),
            uint40(block.timestamp + TERM)
        );
        _fail(id, since);
    }

    /// @dev What it was kept for it did: its retainers are no longer held back.
    function test_Fail_FreesTheRetainersOfThePromoted(bool isAssigned) external {
        DealId id = _backed(1);
        _skip(5 days);
        _fail(id, block.timestamp);
        assertEq(_standby(id).owed, 10 * dollar, "to be credited");
        assertEq(deals.creditable(id, STANDBY), 10 * dollar, "now");
        if (isAssigned) _assign(id, STANDBY, _host(2));
        else deals.settle(id, STANDBY);
        assertEq(
            deals.creditOf(providers[1]) + deals.stakersCreditOf(providers[1]), 98 * 10 * dollar / 100, "less the fee"
        );
        assertEq(_standby(id).escrow, 46 * dollar, "the rest waits for the next standby");
        vm.expectRevert(abi.encodeWithSelector(ISuccession.ServingUnknown.selector, id, STANDBY, 1));
        deals.servingOf(id, STANDBY, 1);
    }

    function test_Fail_GivenSettledSince_TakesItBack(uint256 down, uint256 late) external {
        DealId id = _backed(1);
        _skip(2 days);
        uint256 since = block.timestamp;
        _skip(bound(down, 0, 1 days));
        deals.settle(id, 0);
        _skip(bound(late, 0, 1 hours));
        _fail(id, since);
        assertEq(deals.servingOf(id, 0, 1).owed, 200 * dollar, "nothing after it was down");
        assertEq(_slot(id).escrow, 2600 * dollar, "back in the escrow");
    }

    function test_Fail_GivenCredited_TakesNothingBack(uint256 since) external {
        DealId id = _backed(1);
        _skip(10 days);
        deals.settle(id, 0);
        _fail(id, bound(since, 0, block.timestamp - 3 days));
        ISuccession.Serving memory past = deals.servingOf(id, 0, 1);
        assertEq(past.owed, 700 * dollar, "at most three days back");
        assertEq(past.credited, 700 * dollar, "what was credited stays");
        assertEq(past.endedAt, block.timestamp - 3 days, "until then");
    }

    function test_Fail_GivenNoneAble_DropsAndSeeks() external {
        DealId id = _backed(2);
        _skip(6 days);
        deals.settle(id, STANDBY);
        _leaveStaking(providers[1]);
        _leaveStaking(providers[2]);
        vm.expectEmit(address(deals));
        emit ISuccession.StandbyDropped(id, STANDBY, providers[1], uint128(6 * dollar));
        vm.expectEmit(address(deals));
        emit ISuccession.StandbyDropped(id, STANDBY + 1, providers[2], uint128(12 * dollar));
        vm.expectEmit(address(deals));
        emit ISuccession.SlotSeeking(id, 0, uint40(block.timestamp + 1 days));

        assertFalse(_fail(id, block.timestamp), "nobody");

        assertEq(_slot(id).provider, address(0), "nobody serves");
        assertEq(deals.dealOf(id).expiry, block.timestamp + 1 days, "for a day");
        assertEq(deals.emptySlots(id), 1 | 3 << STANDBY, "all can be filled");
        assertEq(_standby(id).escrow, 50 * dollar, "forfeited, but for what was credited");
        assertEq(deals.slotOf(id, STANDBY + 1).escrow, 56 * dollar, "forfeited");
        assertEq(staking.locked(providers[1]) + staking.locked(providers[2]), 0, "their locks are free");
    }

    function test_Fail_GivenTheFirstUnable_PromotesTheSecond() external {
        DealId id = _backed(2);
        _skip(1 days);
        _leaveStaking(providers[1]);
        assertTrue(_fail(id, block.timestamp), "served");
        assertEq(_slot(id).provider, providers[2], "the second");
        assertEq(_standby(id).provider, address(0), "the first is dropped");
    }

    /// @dev Who tops up his own lock sizes nobody else's.
    function test_Fail_GivenAToppedUpLock_AsksWhatTheStandbyAgreedTo(uint256 times) external {
        DealId id = _backed(1);
        _stake(providers[0], providers[0], 3_000_000 * FLT);
        uint256 more = bound(times, 1, 90) * _lockOf(id, 0);
        vm.prank(providers[0]);
        deals.topUp(id, 0, uint128(more));
        _skip(1 days);
        assertTrue(_fail(id, block.timestamp), "served");
        assertEq(_slot(id).valueAtStake, 8300 * dollar, "its value");
        assertEq(_lockOf(id, 0), 49_800 * FLT, "at the ratio of its own reserve");
    }

    /// @dev The price fell to a fifth and the slot was renewed at it, its standby was not; the standby has just what it needs at its
    /// own price.
    function test_Fail_GivenOnlyStakeForItsOwnRatio_Promotes(bool isShort) external {
        DealId id = _request(_askingFor(1, 1));
        _standBy(id, 0, _host(0));
        _register(providers[1], 50_400 * FLT - (isShort ? 10_000 * FLT : 0), 0, 0, 0);
        _standBy(id, STANDBY, _offer(providers[1], 100, dollar));
        _skip(13 days + 12 hours);
        _fund(customer, id, 2800 * dollar);
        for (uint256 i = 0; i < 10; ++i) {
            skip(1 hours);
            _post(0.1e8);
        }
        deals.renew(id, 0);
        uint256 ratio = _lockOf(id, 0) / _slot(id).valueAtStake;
        assertGt(ratio, 50_400 * FLT / (8400 * dollar), "more for each dollar");
        assertEq(_fail(id, block.timestamp), !isShort, "by what it agreed to");
        if (isShort) assertEq(_standby(id).provider, address(0), "dropped");
        else assertApproxEqAbs(_lockOf(id, 0), _slot(id).valueAtStake * 6e12, 1, "at its own ratio");
    }

    /// @dev It is not its fault, and so costs it nothing.
    function test_Fail_GivenStakingRefusesOtherwise_KeepsTheStandby() external {
        DealId id = _backed(1);
        _skip(1 days);
        bytes memory refused = abi.encodeWithSelector(IStaking.ModuleUnknown.selector, 1);
        vm.mockCallRevert(address(staking), abi.encodeWithSelector(IStaking.regrant.selector), refused);
        assertFalse(_fail(id, block.timestamp), "nobody");
        vm.clearMockedCalls();
        assertEq(deals.emptySlots(id), 1, "seeks");
        assertEq(_standby(id).provider, providers[1], "stands by");
        assertEq(deals.accrued(id, STANDBY), 2 * dollar, "and is paid for it");
        assertEq(_lockOf(id, STANDBY), 10_080 * FLT, "with its lock");
    }

    function test_Fail_GivenNoStandby_Seeks() external {
        DealId id = _serving();
        _skip(8 days);
        assertFalse(_fail(id, block.timestamp), "nobody");
        assertEq(deals.emptySlots(id), 1, "seeks");
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealRunning.selector, id));
        vm.prank(customer);
        deals.refund(id, customer, customer);
        _skip(1 days + 1);
        assertEq(_refund(id, customer), 2000 * dollar, "all that was not served, after a day");
    }

    /// @dev Six servings of one slot, and each is paid for its own seconds, once.
    function test_Fail_FiveTimes_PaysEachItsOwn() external {
        DealId id = _backed(3);
        for (uint32 i = 1; i <= 5; ++i) {
            _skip(12 hours);
            _fail(id, block.timestamp - 1 hours);
            if (_slot(id).status == 0) _standBy(id, 0, _offer(providers[i % 2], 100, dollar));
        }
        assertEq(_slot(id).serving, 6, "the sixth serves");
        _skip(3 days);
        uint256 paid = 0;
        for (uint32 i = 1; i <= 5; ++i) {
            paid += deals.releaseServing(id, 0, i);
        }
        // Four times eleven hours, and the one who was there when the fourth went.
        assertApproxEqAbs(paid, 5 * 100 * dollar * 11 / 24, 5, "eleven hours each");
        assertEq(offers.unitsInUse(_slot(id).offer), 100, "units of who serves");
    }

    function test_Fail_GivenStopped_EndsTheSlot() external {
        DealId id = _backed(1);
        _skip(1 days);
        vm.prank(customer);
        deals.stop(id);
        _skip(12 hours);
        assertFalse(_fail(id, block.timestamp - 6 hours), "the customer stopped it");
        assertEq(_slot(id).status, 3, "ended");
        assertEq(_slot(id).owed, 125 * dollar, "up to the failure");
        _skip(3 days);
        deals.settle(id, 0);
        assertEq(_slot(id).credited, 125 * dollar, "and paid");
    }

    function test_Fail_GivenDry_KeepsTheStandby() external {
        DealId id = _runDry();
        assertFalse(_fail(id, block.timestamp), "nobody serves for nothing");
        assertEq(deals.servingOf(id, 0, 1).owed, 3000 * dollar, "all of the escrow");
        assertEq(_standby(id).provider, providers[1], "it is the customer who is short");
        _fund(customer, id, 102 * dollar);
        assertEq(_slot(id).escrow, 100 * dollar, "paid again");
        assertEq(deals.emptySlots(id), 1, "and seeking");
    }

    /// @dev What it answered for it still answers for.
    function test_Fail_LeavesTheLockSlashable() external {
        DealId id = _backed(1);
        _skip(13 days);
        _fail(id, block.timestamp);
        ISuccession.Serving memory past = deals.servingOf(id, 0, 1);
        uint256 held = staking.lockOf(past.lock).amount;
        vm.expectRevert();
        staking.release(past.lock);
        _skip(6 days);
        vm.prank(faults);
        (uint128 slashed,) = staking.slash(past.lock, uint128(held), customer, type(uint128).max, address(0), 0);
        assertEq(slashed, held, "in full, nearly to its end");
        assertEq(_lockOf(id, 0), 42_600 * FLT, "and not who serves now");
    }

    function test_Fail_GivenAMarginCall_ForgetsIt() external {
        DealId id = _backed(1);
        _post(0.3e8);
        _skip(2 days);
        _postDown(id);
        deals.marginCall(id, 0);
        _fail(id, block.timestamp);
        assertEq(_slot(id).calledAt, 0, "it was another's");
    }

    function _postDown(DealId id) private {
        for (uint256 i = 0; i < 14 && deals.healthBps(id, 0) >= 20_000; ++i) {
            _skip(12 hours);
        }
    }

    /// @dev Who said that he will not renew keeps his word, and is kept to it.
    function test_Fail_GivenTheStandbyLeaves_ServesToItsTermsEnd() external {
        DealId id = _backed(1);
        vm.prank(providers[1]);
        deals.announceNonRenewal(id, STANDBY);
        uint40 termEnd = _standby(id).termEnd;
        _skip(5 days);
        _fail(id, block.timestamp);
        assertEq(_slot(id).termEnd, termEnd, "no longer than it said");
        assertTrue(_slot(id).isFinal, "and no renewal");
    }
}
