// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {ISuccession} from "../../src/interfaces/ISuccession.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {StandbyBase} from "./StandbyBase.sol";

/// @dev What a standby is paid, what it locks, and how it comes and goes.
contract DealsStandbysTest is StandbyBase {
    /* OPEN */

    function test_Open_GivenStandbys_SpreadsByWeight(uint8 slots, uint8 standbys, uint128 prepaid) external {
        slots = uint8(bound(slots, 1, 16));
        standbys = uint8(bound(standbys, 1, 4));
        IMatching.Request memory asked = _askingFor(slots, standbys);
        asked.prepaid += uint128(bound(prepaid, 0, 1e6 * dollar));
        (asked.reserveBps, asked.resolver, asked.tip) = (10_000, friend, uint128(7 * dollar));
        _pay(customer, asked.prepaid + requestFee + asked.tip);

        vm.expectEmit(address(deals));
        emit ISuccession.DealStandbysSet(DealId.wrap(1), standbys, 10_000, asked.tip, friend);
        vm.prank(customer);
        DealId id = matching.request(asked);

        uint256 weight = 50 * uint256(slots) + standbys;
        uint256 sum = deals.slotOf(id, 0).escrow;
        for (uint8 i = 1; i < slots; ++i) {
            assertEq(deals.slotOf(id, i).escrow, uint256(asked.prepaid) * 50 / weight, "a slot");
            sum += deals.slotOf(id, i).escrow;
        }
        for (uint8 i = 0; i < standbys; ++i) {
            assertEq(deals.slotOf(id, STANDBY + i).escrow, asked.prepaid / weight, "a standby");
            sum += deals.slotOf(id, STANDBY + i).escrow;
        }
        assertEq(sum, asked.prepaid, "all of it");
        IDeals.Deal memory held = deals.dealOf(id);
        assertEq(held.standbys, standbys, "standbys");
        assertEq(held.reserveBps, 10_000, "reserve");
        assertEq(held.resolver, friend, "resolver");
        assertEq(deals.tipOf(id), asked.tip, "tip");
        assertEq(deals.emptySlots(id), (1 << slots) - 1 | ((1 << standbys) - 1) << STANDBY, "all wait");
        assertEq(deals.providersOf(id).length, slots + standbys, "slots, then standbys");
        assertEq(deals.surplus(), 0, "nothing over");
    }

    /* TIP */

    function test_PayTip_RevertWhen_CallerNotMatching(address caller) external {
        vm.assume(caller != address(matching));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotMatching.selector, caller));
        vm.prank(caller);
        deals.payTip(DealId.wrap(1), caller);
    }

    function test_PayTip_WhenCallerMatching_Once() external {
        IMatching.Request memory asked = _askingFor(1, 1);
        asked.tip = uint128(7 * dollar);
        _pay(customer, asked.prepaid + requestFee + asked.tip);
        vm.prank(customer);
        DealId id = matching.request(asked);
        vm.expectEmit(address(deals));
        emit ISuccession.TipPaid(id, friend, asked.tip);
        vm.startPrank(address(matching));
        assertEq(deals.payTip(id, friend), 7 * dollar, "paid");
        assertEq(deals.payTip(id, friend), 0, "once");
        vm.stopPrank();
        assertEq(_claim(friend), 7 * dollar, "a credit");
        assertEq(deals.tipOf(id), 0, "none left");
    }

    /* ASSIGN */

    function test_Assign_GivenStandby_LocksItsReserve(uint256 price, bool isWhole) external {
        price = bound(price, dollar / 10, 2 * dollar);
        IMatching.Request memory asked = _askingFor(2, 1);
        asked.reserveBps = isWhole ? 10_000 : 2000;
        DealId id = _request(asked);
        _standBy(id, 0, _host(0));
        _register(providers[1], 2_000_000 * FLT, 0, 1000, 0);
        OfferId offer = _offer(providers[1], 100, price);
        _skip(1 days);
        deals.settle(id, 0);
        (uint128 amount, uint128 value) = deals.lockFor(id, STANDBY, uint96(price));
        _assign(id, STANDBY, offer);

        // The second slot's escrow is the largest: nobody has spent any of it.
        uint256 full = price * 100 * 83;
        if (full > 6 * 2800 * dollar) full = 6 * 2800 * dollar;
        uint256 reserved = isWhole ? full : (full + 4) / 5;
        assertEq(_standby(id).valueAtStake, reserved, "a part of what a slot would put at stake");
        assertEq(_lockOf(id, STANDBY), reserved * 3 * 1e12 * 2, "covered like a slot");
        assertEq(amount, _lockOf(id, STANDBY), "as the view said");
        assertEq(value, reserved, "value, too");
        assertEq(_standby(id).price, (price + 49) / 50, "a fiftieth of its price, rounded up");
        assertEq(offers.unitsInUse(offer), 100, "its units are taken");
    }

    /// @dev Two in a hundred of less would be rounded up to more.
    function test_Assign_RevertGiven_StandbyPriceTooLow(uint256 price) external {
        price = bound(price, 1, 49);
        DealId id = _request(_askingFor(1, 1));
        _register(providers[1], 2_000_000 * FLT, 0, 1000, 0);
        OfferId offer = _offer(providers[1], 100, price);
        vm.expectRevert(abi.encodeWithSelector(ISuccession.PriceTooLow.selector, price, 50));
        vm.prank(address(matching));
        deals.assign(id, STANDBY, offer);
        _standBy(id, 0, offer);
        OfferId least = _offer(providers[1], 100, 50);
        _standBy(id, STANDBY, least);
        assertEq(_standby(id).price, 1, "2 %");
    }

    function test_Assign_GivenStandby_AfterTheExpiry() external {
        DealId id = _request(_askingFor(1, 1));
        _standBy(id, 0, _host(0));
        OfferId offer = _host(1);
        _skip(8 days);
        assertEq(deals.emptySlots(id), 1 << STANDBY, "as long as there is a slot");
        _standBy(id, STANDBY, offer);
        assertEq(_standby(id).provider, providers[1], "stands by");
    }

    function test_Assign_RevertGiven_NoSlotToStandByFor() external {
        DealId id = _request(_askingFor(1, 1));
        OfferId offer = _host(1);
        uint40 expiry = deals.dealOf(id).expiry;
        _skip(8 days);
        assertEq(deals.emptySlots(id), 0, "none");
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.FillingOver.selector, id, expiry));
        vm.prank(address(matching));
        deals.assign(id, STANDBY, offer);
    }

    function test_Assign_RevertGiven_NoSuchStandby(uint8 slot) external {
        DealId id = _request(_askingFor(1, 1));
        slot = uint8(bound(slot, 1, 255));
        vm.assume(slot != STANDBY);
        OfferId offer = _host(1);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotUnknown.selector, id, slot));
        vm.prank(address(matching));
        deals.assign(id, slot, offer);
    }

    /* READY AND DECLINE */

    function test_Ready_GivenStandby_LeavesTheDealUnstarted() external {
        DealId id = _request(_askingFor(1, 1));
        _standBy(id, STANDBY, _host(1));
        assertEq(deals.dealOf(id).startedAt, 0, "the duration waits for a slot");
        assertEq(_standby(id).status, 2, "its retainer does not");
        _skip(1 days);
        assertEq(deals.accrued(id, STANDBY), 2 * dollar, "two dollars a day");
    }

    function test_Decline_GivenStandby() external {
        DealId id = _request(_askingFor(1, 1));
        _assign(id, STANDBY, _host(1));
        vm.prank(providers[1]);
        deals.decline(id, STANDBY);
        assertEq(_standby(id).status, 0, "empty");
        assertEq(staking.locked(providers[1]), 0, "free");
    }

    /* SETTLE */

    function test_Settle_GivenStandby_PaysTheRetainer(uint256 served) external {
        DealId id = _backed(1);
        served = bound(served, 0, 14 days);
        _skip(served);
        deals.settle(id, STANDBY);
        assertEq(_standby(id).owed, 2 * dollar * served / 1 days, "two dollars a day");
        uint256 released = served < 3 days ? 0 : served - 3 days;
        assertEq(_standby(id).credited, 2 * dollar * released / 1 days, "held back like any other");
    }

    /* MARGIN */

    function test_MarginCall_RevertGiven_Standby() external {
        DealId id = _backed(1);
        bytes memory refused = abi.encodeWithSelector(ISuccession.NotSlot.selector, id, STANDBY);
        vm.expectRevert(refused);
        deals.marginCall(id, STANDBY);
        vm.expectRevert(refused);
        deals.cure(id, STANDBY);
        vm.expectRevert(refused);
        vm.prank(customer);
        deals.leave(id, STANDBY);
        vm.expectRevert(refused);
        vm.prank(providers[1]);
        deals.topUp(id, STANDBY, 1);
    }

    /* RENEW */

    function test_Renew_GivenStandby_SizesItAnew() external {
        DealId id = _backed(1);
        _skip(13 days + 12 hours);
        deals.renew(id, STANDBY);
        assertEq(_standby(id).valueAtStake, 70 * 20 * dollar, "a fifth of what remains");
        assertEq(_lockOf(id, STANDBY), 8400 * FLT, "covered");
        assertEq(_standby(id).termEnd, block.timestamp + 12 hours + TERM, "a term more");
    }

    function test_Close_GivenStandbysTermOver_LeavesItsPlaceToAnother() external {
        DealId id = _backed(1);
        _skip(13 days + 12 hours);
        deals.renew(id, 0);
        _skip(12 hours);
        vm.expectEmit(address(deals));
        emit ISuccession.ServingEnded(
            id, STANDBY, providers[1], 1, _standby(id).lock, _standby(id).termEnd, uint128(28 * dollar), 0
        );
        deals.close(id, STANDBY);
        assertEq(_standby(id).status, 0, "empty");
        assertEq(deals.emptySlots(id), 1 << STANDBY, "and waiting");
        _skip(3 days);
        assertEq(deals.releaseServing(id, STANDBY, 1), 28 * dollar, "what it earned");
        _standBy(id, STANDBY, _host(2));
        assertEq(_standby(id).serving, 2, "another");
    }

    function test_Close_RevertGiven_StandbyRunning() external {
        DealId id = _backed(1);
        _skip(1 days);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotNotOver.selector, id, STANDBY));
        deals.close(id, STANDBY);
    }

    /* MONEY */

    /// @dev A standby at twice the slot's price is out of money first.
    function _dry() private returns (DealId id) {
        id = _request(_askingFor(1, 1));
        _standBy(id, 0, _offer2(0, dollar));
        _standBy(id, STANDBY, _offer2(1, 2 * dollar));
        _skip(13 days + 12 hours);
        deals.renew(id, 0);
        _fund(customer, id, 204 * dollar);
        vm.prank(customer);
        deals.renew(id, STANDBY);
        _skip(1 days + 12 hours);
    }

    function _offer2(uint256 index, uint256 price) private returns (OfferId) {
        _register(providers[index], 2_000_000 * FLT, 0, 1000, 0);
        return _offer(providers[index], 100, price);
    }

    function test_Fund_GivenDryStandby_PaysNoGap(uint256 gap) external {
        DealId id = _dry();
        gap = bound(gap, 0, 5 days);
        _skip(gap);
        deals.settle(id, STANDBY);
        assertEq(_standby(id).owed, 60 * dollar, "all that was there");
        _fund(customer, id, 102 * dollar);
        _skip(6 hours);
        deals.settle(id, STANDBY);
        assertEq(_standby(id).owed, 61 * dollar, "from the payment on");
    }

    function test_Close_GivenDryStandby_LeavesItsPlaceToAnother() external {
        DealId id = _dry();
        _skip(1 hours - 1);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotNotOver.selector, id, STANDBY));
        deals.close(id, STANDBY);
        _skip(1);
        deals.close(id, STANDBY);
        assertEq(_standby(id).status, 0, "free to go");
        assertEq(deals.servingOf(id, STANDBY, 1).owed, 60 * dollar, "and paid");
    }

    function test_Stop_GivenStandbys_EndsThemToo(bool isReady) external {
        DealId id = _request(_askingFor(1, 2));
        _standBy(id, 0, _host(0));
        _assign(id, STANDBY, _host(1));
        if (isReady) _ready(id, STANDBY);
        vm.prank(customer);
        deals.stop(id);
        assertEq(deals.slotOf(id, STANDBY + 1).status, 3, "nobody stood by here");
        assertEq(_standby(id).status, isReady ? 2 : 3, "paid through the notice, if it was there");
        _skip(1 days);
        assertEq(_refund(id, customer), (2912 - 100 - (isReady ? 2 : 0)) * dollar, "all that was not earned");
        assertEq(_standby(id).status, 3, "ended");
        assertEq(offers.unitsInUse(OfferId.wrap(2)), 0, "units are free");
    }

    /// @dev Retainers are for somebody to stand by for: with the last slot they end, whoever asks for his money.
    function test_Refund_GivenStandbys_EndsThem() external {
        DealId id = _backed(2);
        _skip(1 days);
        vm.prank(faults);
        deals.stopSlot(id, 0, 1);
        _skip(1 days);
        assertEq(_refund(id, customer), (2912 - 200 - 8) * dollar, "all that was not earned");
        assertEq(_standby(id).status, 3, "ended");
        _skip(3 days);
        deals.settle(id, STANDBY);
        assertEq(_standby(id).credited, 4 * dollar, "and paid");
    }

    /// @dev The lock of one who was promoted is its new slot's: its old place frees nothing.
    function test_ReleaseLock_RevertGiven_Promoted() external {
        DealId id = _backed(1);
        _skip(1 days);
        _fail(id, block.timestamp);
        vm.prank(faults);
        deals.stopSlot(id, 0, 2);
        _skip(1 days);
        deals.close(id, 0);
        deals.close(id, STANDBY);
        _skip(5 days + 1);
        vm.expectRevert();
        deals.releaseLock(id, STANDBY);
        deals.releaseLock(id, 0);
        assertEq(staking.locked(providers[1]), 0, "free, once");
    }
}
