// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {DealId, LockId, OfferId} from "../../src/types/Ids.sol";
import {KeyRoles} from "../../src/types/Roles.sol";
import {SystemBase} from "../SystemBase.t.sol";

/// @dev Renewals, non-renewal, stop, close. The deal of most tests: 100 dollars a day, terms of 14 days, 84 in all.
contract DealsTermsTest is SystemBase {
    function _renewable() private returns (DealId id) {
        id = _serving();
        _skip(13 days + 12 hours);
    }

    /* RENEW */

    function test_Renew_RevertGiven_NotYetOpen(uint256 served) external {
        DealId id = _serving();
        uint40 opensAt = _slot(id).termEnd - 1 days;
        _skip(bound(served, 0, 13 days - 1));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.RenewalNotOpen.selector, id, 0, opensAt));
        deals.renew(id, 0);
    }

    function test_Renew_RevertGiven_TermOver(uint256 later) external {
        DealId id = _serving();
        uint40 termEnd = _slot(id).termEnd;
        _skip(bound(later, 14 days, 60 days));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.RenewalOver.selector, id, 0, termEnd));
        deals.renew(id, 0);
    }

    function test_Renew_RevertGiven_NonRenewalAnnounced() external {
        DealId id = _serving();
        vm.prank(providers[0]);
        deals.announceNonRenewal(id, 0);
        _skip(13 days + 12 hours);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.RenewalRefused.selector, id, 0));
        deals.renew(id, 0);
    }

    function test_Renew_RevertGiven_DealStopped() external {
        DealId id = _renewable();
        vm.prank(customer);
        deals.stop(id);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealStopped.selector, id));
        deals.renew(id, 0);
    }

    function test_Renew_RevertGiven_DurationOver() external {
        DealId id = _servingFor(0, 14, 14);
        _skip(13 days + 12 hours);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DurationOver.selector, id));
        deals.renew(id, 0);
    }

    function test_Renew_RevertGiven_EscrowTooLowForAStranger(address caller) external {
        vm.assume(caller != customer);
        DealId id = _renewable();
        deals.renew(id, 0);
        _skip(14 days);
        _fund(friend, id, 1399 * dollar);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.EscrowTooLow.selector, 4199 * dollar, 4200 * dollar));
        vm.prank(caller);
        deals.renew(id, 0);
    }

    function test_Renew_RevertGiven_EscrowTooLowForTheCustomer() external {
        DealId id = _renewable();
        deals.renew(id, 0);
        _skip(14 days);
        _fund(friend, id, 99 * dollar);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.EscrowTooLow.selector, 2899 * dollar, 2900 * dollar));
        vm.prank(customer);
        deals.renew(id, 0);
    }

    function test_Renew_WhenCustomerHasADayOfTheNextTerm() external {
        DealId id = _renewable();
        deals.renew(id, 0);
        _skip(14 days);
        _fund(friend, id, 100 * dollar);
        vm.prank(customer);
        deals.renew(id, 0);
        IDeals.Slot memory slot = _slot(id);
        assertEq(slot.valueAtStake, 6 * 150 * dollar, "six times what is left after settling");
    }

    function test_Renew_RevertGiven_StakeLeft() external {
        DealId id = _renewable();
        vm.startPrank(providers[0]);
        staking.exit(providers[0], providers[0], staking.position(providers[0], providers[0]).shares);
        vm.stopPrank();
        vm.expectRevert();
        deals.renew(id, 0);
        _skip(12 hours);
        deals.close(id, 0);
        assertEq(_slot(id).status, 0, "a refused renewal is no fault: the slot seeks");
        assertEq(staking.tranche(providers[0], true).thawing, 1_000_000 * FLT, "nothing was slashed");
    }

    /// @dev The customer asked for a third of the provider's own money in front, and is not renewed into less of it.
    function test_Renew_RevertGiven_FirstLossLowered() external {
        DealId id = _servingWithFirstLoss();
        vm.prank(providers[0]);
        staking.setTerms(IStaking.Terms(0, 3000, 0, 7, type(uint128).max));
        _skip(13 days + 1 hours);
        deals.renew(id, 0);
        _skip(14 days);
        assertEq(staking.terms(providers[0]).firstLossBps, 0, "in force after three weeks");
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.FirstLossLowered.selector, 0, 3300));
        deals.renew(id, 0);
        _skip(1 days);
        deals.close(id, 0);
        assertEq(_slot(id).status, 0, "the slot seeks another");
    }

    function test_Renew_GivenFirstLossKept(uint16 firstLossBps) external {
        DealId id = _servingWithFirstLoss();
        vm.prank(providers[0]);
        staking.setTerms(IStaking.Terms(uint16(bound(firstLossBps, 3300, 10_000)), 3000, 0, 7, type(uint128).max));
        _stake(providers[0], providers[0], 1_000_000 * FLT);
        uint40 termEnd = _slot(id).termEnd;
        _skip(13 days + 1 hours);
        deals.renew(id, 0);
        assertEq(_slot(id).termEnd, termEnd + TERM, "renewed");
    }

    function _servingWithFirstLoss() private returns (DealId id) {
        _register(providers[0], 200_000 * FLT, 1_000_000 * FLT, 3300, 0);
        OfferId offer = _offer(providers[0], 10_000, dollar);
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.firstLossMinBps = 3300;
        request.prepaid = uint128(200 * dollar * 84);
        id = _request(request);
        _activate(id, _one(offer));
        _ready(id, 0);
    }

    function test_Renew_WhenAnybodyCalls(address caller, uint256 wait) external {
        DealId id = _serving();
        uint256 served = 13 days + bound(wait, 0, 1 days - 1);
        _skip(served);
        uint40 termEnd = _slot(id).termEnd + uint40(TERM);
        uint256 lock = _lockOf(id, 0);

        vm.prank(caller);
        deals.renew(id, 0);

        IDeals.Slot memory slot = _slot(id);
        uint256 left = 2800 * dollar - 100 * dollar * served / 1 days;
        uint256 value = 6 * left < 7000 * dollar ? 6 * left : 7000 * dollar;
        assertEq(slot.termEnd, termEnd, "next term");
        assertEq(slot.endsAt, termEnd, "accrual goes on");
        assertEq(slot.valueAtStake, value, "70 days, or six times what is left");
        assertEq(_lockOf(id, 0), value * 3 * 1e20 / 0.5e8, "three times the value at $0.50");
        assertLt(_lockOf(id, 0), lock, "the lock shrinks");
        assertEq(staking.lockOf(slot.lock).end, termEnd + DISPUTE, "and lasts");
        assertEq(slot.owed, 0, "a renewal settles nothing");
    }

    function test_Renew_GivenPriceStale_KeepsTheFlt() external {
        DealId id = _renewable();
        uint256 lock = _lockOf(id, 0);
        skip(11 hours);
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i].post(int256(0.5e8 * (i + 1)));
        }

        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotRenewed(
            id, 0, providers[0], _slot(id).termEnd + uint40(TERM), uint128(lock), uint128(7000 * dollar), false
        );
        deals.renew(id, 0);

        assertEq(_lockOf(id, 0), lock, "same FLT");
        assertTrue(priceGuard.isStale(), "stale it was");
    }

    function test_Renew_LastTermIsShorter() external {
        DealId id = _servingFor(0, 14, 20);
        uint256 startedAt = block.timestamp;
        _skip(13 days + 1 hours);
        deals.renew(id, 0);
        assertEq(_slot(id).termEnd, startedAt + 20 days, "six days");
        assertEq(_slot(id).valueAtStake, 600 * dollar, "of value");
        _skip(6 days + 23 hours);
        deals.close(id, 0);
        assertEq(_slot(id).owed, 2000 * dollar, "paid to the second");
    }

    function test_Renew_OneDayTerms() external {
        DealId id = _servingFor(1, 1, 5);
        _fund(customer, id, 1000 * dollar);
        for (uint256 day = 1; day < 5; ++day) {
            deals.renew(id, 0);
            assertEq(_slot(id).valueAtStake, 100 * dollar, "a day at stake");
            _skip(1 days);
        }
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DurationOver.selector, id));
        deals.renew(id, 0);
        _skip(1 days);
        deals.close(id, 0);
        assertEq(_slot(id).owed, 500 * dollar, "five days");
    }

    /* NON-RENEWAL */

    function test_AnnounceNonRenewal_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != providers[0]);
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotAllowed.selector, caller, providers[0]));
        vm.prank(caller);
        deals.announceNonRenewal(id, 0);
    }

    function test_AnnounceNonRenewal_RevertWhen_TooLate(uint256 wait) external {
        DealId id = _serving();
        uint40 latest = _slot(id).termEnd - 3 days;
        _skip(bound(wait, 11 days + 1, 14 days));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NoticeTooLate.selector, id, 0, latest));
        vm.prank(providers[0]);
        deals.announceNonRenewal(id, 0);
    }

    function test_AnnounceNonRenewal_GivenShortTerm_UntilTheEnd() external {
        DealId id = _servingFor(0, 4, 20);
        _skip(4 days);
        vm.prank(providers[0]);
        deals.announceNonRenewal(id, 0);
        assertTrue(_slot(id).isFinal, "final");
    }

    function test_AnnounceNonRenewal_AfterARenewal_IsForTheNext() external {
        DealId id = _renewable();
        deals.renew(id, 0);
        vm.prank(providers[0]);
        deals.announceNonRenewal(id, 0);
        _skip(14 days);
        _fund(customer, id, 9000 * dollar);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.RenewalRefused.selector, id, 0));
        deals.renew(id, 0);
    }

    /* STOP */

    function test_Stop_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != customer && caller != address(matching));
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotAllowed.selector, caller, customer));
        vm.prank(caller);
        deals.stop(id);
    }

    function test_Stop_RevertGiven_DealStopped() external {
        DealId id = _serving();
        vm.startPrank(customer);
        deals.stop(id);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealStopped.selector, id));
        deals.stop(id);
    }

    /// @dev The provider is paid through the notice, and no further than the term.
    function test_Stop_EndsAfterTheNotice(uint256 served) external {
        DealId id = _serving();
        served = bound(served, 0, 14 days - 1);
        _skip(served);
        uint256 paid = served + 1 days < 14 days ? served + 1 days : 14 days;
        uint40 termEnd = _slot(id).termEnd;

        vm.expectEmit(address(deals));
        emit IDealsBooks.DealStopRequested(id, uint40(block.timestamp + 1 days));
        vm.prank(customer);
        deals.stop(id);
        assertEq(_slot(id).status, 2, "still served");
        assertEq(_slot(id).termEnd, termEnd, "the term was longer");
        _skip(1 days);
        deals.close(id, 0);

        assertEq(_slot(id).owed, 100 * dollar * paid / 1 days, "paid through the notice");
        assertEq(_refund(id, customer), 2800 * dollar - _slot(id).owed, "the rest goes back");
        assertEq(offers.offerOf(OfferId.wrap(1)).unitsInUse, 0, "units are free");
    }

    function test_Stop_WhenCallerHoldsCustomerKey() external {
        DealId id = _serving();
        vm.prank(customer);
        staking.setKey(stranger, KeyRoles.CUSTOMER, type(uint40).max);
        vm.prank(stranger);
        deals.stop(id);
        assertGt(deals.dealOf(id).stoppedAt, 0, "stopped");
    }

    /// @dev Three slots: one serves, one is assigned, one is empty.
    function test_Stop_GivenSlotsInDifferentStates() external {
        (DealId id,) = _threeSlots();
        vm.prank(customer);
        deals.stop(id);

        assertEq(deals.slotOf(id, 0).status, 2, "served through the notice");
        assertEq(deals.slotOf(id, 1).status, 3, "assigned: over at once");
        assertEq(deals.slotOf(id, 2).status, 3, "empty: over at once");
        assertEq(staking.locked(providers[1]), 0, "whose lock is free");
        assertEq(deals.dealOf(id).spare, 5600 * dollar, "whose money is spare");
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealRunning.selector, id));
        vm.prank(customer);
        deals.refund(id, customer, customer);
        _skip(1 days);
        assertEq(_refund(id, customer), 8300 * dollar, "all but a day of one slot");
    }

    function _threeSlots() private returns (DealId id, OfferId last) {
        OfferId[] memory chosen = new OfferId[](3);
        for (uint256 i = 0; i < 3; ++i) {
            chosen[i] = _host(i);
        }
        last = chosen[2];
        id = _request(_asking(3, 100, 14, 84));
        _activate(id, chosen);
        _ready(id, 0);
        vm.prank(providers[2]);
        deals.decline(id, 2);
    }

    /* CLOSE */

    function test_Close_RevertGiven_Running(uint256 served) external {
        DealId id = _serving();
        _skip(bound(served, 0, 14 days - 1));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotNotOver.selector, id, 0));
        deals.close(id, 0);
    }

    function test_Close_RevertGiven_Ended() external {
        DealId id = _servingFor(0, 14, 14);
        _skip(14 days);
        deals.close(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotStatusWrong.selector, id, 0, 3));
        deals.close(id, 0);
    }

    function test_Close_GivenTermOver(address caller, uint256 later) external {
        DealId id = _servingFor(0, 14, 14);
        uint40 termEnd = _slot(id).termEnd;
        _skip(bound(later, 14 days, 100 days));

        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotEnded(id, 0, providers[0], termEnd, 0);
        vm.prank(caller);
        deals.close(id, 0);

        assertEq(_slot(id).owed, 1400 * dollar, "one term and not a second more");
        assertEq(_slot(id).escrow, 0, "no escrow");
        assertEq(deals.dealOf(id).spare, 1400 * dollar, "the rest is spare");
    }

    /// @dev The lock stays for what is still to be shown, and no longer.
    function test_Close_KeepsTheLockUntilItsEnd() external {
        DealId id = _servingFor(0, 14, 14);
        _skip(14 days);
        deals.close(id, 0);
        assertGt(_lockOf(id, 0), 0, "kept");
        _skip(5 days + 31 minutes);
        staking.release(_slot(id).lock);
        assertEq(staking.locked(providers[0]), 0, "free");
    }

    /* RELEASE */

    function _stopped() private returns (DealId id, uint40 endsAt) {
        id = _serving();
        vm.prank(customer);
        deals.stop(id);
        _skip(1 days);
        deals.close(id, 0);
        endsAt = _slot(id).endsAt;
    }

    function test_ReleaseLock_RevertGiven_NotEnded(uint256 served) external {
        DealId id = _serving();
        _skip(bound(served, 0, 60 days));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotStatusWrong.selector, id, 0, 2));
        deals.releaseLock(id, 0);
    }

    function test_ReleaseLock_RevertGiven_DisputesRun(uint256 later) external {
        (DealId id, uint40 endsAt) = _stopped();
        uint40 until = endsAt + uint40(DISPUTE);
        vm.warp(bound(later, block.timestamp, until));
        vm.expectRevert(abi.encodeWithSelector(IStaking.LockNotEnded.selector, _slot(id).lock, until));
        deals.releaseLock(id, 0);
    }

    function test_ReleaseLock_RevertGiven_NeverServed() external {
        DealId id = _request(_asking(1, 100, 14, 84));
        vm.prank(customer);
        deals.stop(id);
        _skip(6 days);
        vm.expectRevert(abi.encodeWithSelector(IStaking.LockUnknown.selector, 0));
        deals.releaseLock(id, 0);
    }

    /// @dev The term of 14 days was left after one: the provider's stake is free after six, not after nineteen.
    function test_ReleaseLock_GivenStoppedEarly(address caller, uint256 later) external {
        (DealId id, uint40 endsAt) = _stopped();
        LockId lock = _slot(id).lock;
        vm.warp(bound(later, endsAt + DISPUTE + 1, endsAt + 60 days));
        vm.prank(caller);
        deals.releaseLock(id, 0);
        assertEq(staking.locked(providers[0]), 0, "free");
        vm.expectRevert(abi.encodeWithSelector(IStaking.LockUnknown.selector, lock));
        deals.releaseLock(id, 0);
    }

    function test_Close_GivenNeverFilled() external {
        DealId id = _request(_asking(2, 100, 14, 84));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotNotOver.selector, id, 0));
        deals.close(id, 0);
        _skip(7 days + 1);

        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotEnded(id, 0, address(0), uint40(block.timestamp), 5);
        deals.close(id, 0);

        assertEq(_refund(id, customer), 5600 * dollar, "everything back, the other slot ends by the way");
    }

    function test_Ready_GivenSecondSlotLater_EndsWithTheDeal() external {
        (DealId id, OfferId last) = _threeSlots();
        uint256 endsAt = block.timestamp + 84 days;
        _ready(id, 1);
        _skip(6 days);
        _activate(id, _one(last));
        assertEq(deals.slotOf(id, 2).valueAtStake, 7800 * dollar, "what remains of the deal");
        _ready(id, 2);
        assertEq(deals.slotOf(id, 2).termEnd, block.timestamp + TERM, "a term of its own");
        assertEq(deals.dealOf(id).startedAt + 84 days, endsAt, "the deal ends when it would have");
    }
}
