// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../src/interfaces/IDeals.sol";
import {IMatching} from "../src/interfaces/IMatching.sol";
import {DealId, LockId, OfferId} from "../src/types/Ids.sol";
import {KeyRoles} from "../src/types/Roles.sol";
import {SystemBase} from "./SystemBase.t.sol";

/// @dev Opening, assignment, ready, decline. Streams, terms, margin and money have files of their own.
contract DealsTest is SystemBase {
    uint8 private constant EMPTY = 0;
    uint8 private constant ASSIGNED = 1;
    uint8 private constant SERVING = 2;
    uint8 private constant ENDED = 3;

    function _assigned() private returns (DealId id, OfferId offer) {
        offer = _host(0);
        id = _request(_asking(1, 100, 14, 84));
        _activate(id, _one(offer));
    }

    /* OPEN */

    function test_Open_RevertWhen_CallerNotMatching(address caller) external {
        vm.assume(caller != address(matching));
        IDeals.Opening memory opening;

        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotMatching.selector, caller));
        vm.prank(caller);
        deals.open(opening);
    }

    function test_Open_WhenCallerMatching(uint8 slots, uint128 more) external {
        slots = uint8(bound(slots, 1, 16));
        IMatching.Request memory request = _asking(slots, 100, 14, 84);
        request.prepaid += uint128(bound(more, 0, 1e15));

        DealId id = _request(request);

        IDeals.Deal memory opened = deals.dealOf(id);
        assertEq(DealId.unwrap(id), deals.count(), "numbered in order");
        assertEq(opened.customer, customer, "customer");
        assertEq(opened.feeBps, FEE_BPS, "fee fixed");
        assertEq(opened.notice, 1 days, "notice");
        assertEq(opened.expiry, request.expiry, "expiry");
        assertEq(opened.openedAt, block.timestamp, "opened now");
        assertEq(opened.startedAt, 0, "not started");
        assertEq(deals.sharesOf(id, customer), request.prepaid, "shares");
        uint256 sum = 0;
        for (uint8 slot = 0; slot < slots; ++slot) {
            uint256 escrow = deals.slotOf(id, slot).escrow;
            sum += escrow;
            assertEq(
                escrow, slot == 0 ? request.prepaid / slots + request.prepaid % slots : request.prepaid / slots, "even"
            );
        }
        assertEq(sum, request.prepaid, "all of it is escrow");
        assertEq(deals.creditOf(treasury), requestFee, "request fee");
        assertEq(usd.balanceOf(address(deals)), request.prepaid + requestFee, "pulled");
        assertEq(deals.surplus(), 0, "nothing over");
        assertEq(deals.emptySlots(id), uint16((uint256(1) << slots) - 1), "all slots wait");
    }

    /* ASSIGN */

    function test_Assign_RevertWhen_CallerNotMatching(address caller) external {
        vm.assume(caller != address(matching));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotMatching.selector, caller));
        vm.prank(caller);
        deals.assign(DealId.wrap(1), 0, OfferId.wrap(1));
    }

    function test_Assign_RevertGiven_SlotTaken() external {
        (DealId id, OfferId offer) = _assigned();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotStatusWrong.selector, id, 0, ASSIGNED));
        vm.prank(address(matching));
        deals.assign(id, 0, offer);
    }

    function test_Assign_RevertGiven_DealStopped() external {
        OfferId offer = _host(0);
        DealId id = _request(_asking(1, 100, 14, 84));
        vm.prank(customer);
        deals.stop(id);

        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotStatusWrong.selector, id, 0, ENDED));
        vm.prank(address(matching));
        deals.assign(id, 0, offer);
    }

    function test_Assign_RevertGiven_ExpiryPassed() external {
        OfferId offer = _host(0);
        DealId id = _request(_asking(1, 100, 14, 84));
        uint40 expiry = deals.dealOf(id).expiry;
        _skip(7 days + 1);

        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.FillingOver.selector, id, expiry));
        vm.prank(address(matching));
        deals.assign(id, 0, offer);
    }

    function test_Assign_RevertGiven_PriceStale() external {
        OfferId offer = _host(0);
        DealId id = _request(_asking(1, 100, 14, 84));
        skip(2 days);
        vm.expectRevert();
        vm.prank(address(matching));
        deals.assign(id, 0, offer);
    }

    /// @dev The lock covers the value at the low price, and by less than one wei of FLT too much.
    function test_Assign_LocksCoverageTimesValue(uint32 units, uint256 price, uint16 coverageBps, uint256 low)
        external
    {
        units = uint32(bound(units, 1, 100));
        price = bound(price, dollar / 100, 2 * dollar);
        coverageBps = uint16(bound(coverageBps, 20_000, 50_000));
        low = bound(low, 0.2e8, 5e8);
        _postForLong(low);
        _register(providers[0], 1_000_000 * FLT, 0, 0, 0);
        OfferId offer = _offer(providers[0], 10_000, price);
        IMatching.Request memory request = _asking(1, units, 14, 28);
        request.coverageBps = coverageBps;
        DealId id = _request(request);

        _activate(id, _one(offer));

        IDeals.Slot memory slot = _slot(id);
        assertEq(slot.valueAtStake, price * units * 28, "remaining value");
        uint256 covered = uint256(slot.valueAtStake) * coverageBps * 1e20;
        uint256 lock = _lockOf(id, 0);
        assertGe(lock * priceGuard.low() * 10_000, covered, "covers");
        assertLt((lock - 1) * priceGuard.low() * 10_000, covered, "and no more");
        assertEq(slot.status, ASSIGNED, "assigned");
        assertEq(slot.serving, 1, "first serving");
        assertEq(slot.assignedAt, block.timestamp, "now");
        assertEq(staking.lockOf(slot.lock).end, block.timestamp + 30 minutes + TERM + DISPUTE, "lock end");
        assertEq(offers.offerOf(offer).unitsInUse, units, "units taken");
    }

    function test_Assign_GivenRoyalty_AddsItToThePrice() external {
        OfferId offer = _host(0);
        DealId id = _openWithRoyalty(uint96(dollar / 4));
        vm.prank(address(matching));
        deals.assign(id, 0, offer);
        assertEq(_slot(id).price, dollar * 5 / 4, "price with royalty");
    }

    /* READY */

    function test_Ready_RevertGiven_SlotEmpty() external {
        DealId id = _request(_asking(1, 100, 14, 84));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotStatusWrong.selector, id, 0, EMPTY));
        deals.ready(id, 0);
    }

    function test_Ready_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != providers[0]);
        (DealId id,) = _assigned();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotAllowed.selector, caller, providers[0]));
        vm.prank(caller);
        deals.ready(id, 0);
    }

    function test_Ready_RevertGiven_TooLate() external {
        (DealId id,) = _assigned();
        uint40 deadline = uint40(block.timestamp + 30 minutes);
        skip(30 minutes + 1);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.ReadyTooLate.selector, id, 0, deadline));
        vm.prank(providers[0]);
        deals.ready(id, 0);
    }

    function test_Ready_WhenInTime(uint256 wait) external {
        (DealId id,) = _assigned();
        skip(bound(wait, 0, 30 minutes));

        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotReady(id, 0, providers[0], uint40(block.timestamp + TERM));
        vm.prank(providers[0]);
        deals.ready(id, 0);

        IDeals.Slot memory slot = _slot(id);
        assertEq(slot.status, SERVING, "serving");
        assertEq(slot.startedAt, block.timestamp, "starts now");
        assertEq(slot.termEnd, block.timestamp + TERM, "term");
        assertEq(slot.endsAt, slot.termEnd, "accrual ends with the term");
        assertEq(deals.dealOf(id).startedAt, block.timestamp, "the deal starts with its first slot");
        assertGe(staking.lockOf(slot.lock).end, slot.termEnd + DISPUTE, "lock outlives the dispute");
    }

    function test_Ready_WhenCallerHoldsServeKey() external {
        (DealId id,) = _assigned();
        vm.prank(providers[0]);
        staking.setKey(stranger, KeyRoles.SERVE, type(uint40).max);
        vm.prank(stranger);
        deals.ready(id, 0);
        assertEq(_slot(id).status, SERVING, "serving");
    }

    /* DECLINE */

    function test_Decline_RevertWhen_CallerNotAllowedYet(address caller) external {
        vm.assume(caller != providers[0]);
        (DealId id,) = _assigned();
        uint40 deadline = uint40(block.timestamp + 30 minutes);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.ReadyNotLate.selector, id, 0, deadline));
        vm.prank(caller);
        deals.decline(id, 0);
    }

    function test_Decline_WhenCallerProvider() external {
        _declined(providers[0], 0);
    }

    function test_Decline_WhenProviderSilent(address caller, uint256 wait) external {
        _declined(caller, bound(wait, 30 minutes + 1, 7 days));
    }

    function _declined(address caller, uint256 wait) private {
        (DealId id, OfferId offer) = _assigned();
        uint256 escrow = _slot(id).escrow;
        skip(wait);

        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotDeclined(id, 0, providers[0], wait != 0);
        vm.prank(caller);
        deals.decline(id, 0);

        IDeals.Slot memory slot = _slot(id);
        assertEq(slot.status, EMPTY, "empty");
        assertEq(slot.provider, address(0), "nobody");
        assertEq(slot.serving, 1, "the serving counts");
        assertEq(slot.escrow, escrow, "nothing was paid");
        assertEq(staking.locked(providers[0]), 0, "lock free");
        assertEq(offers.offerOf(offer).unitsInUse, 0, "units free");
    }

    function test_Decline_ThenFilledAgain() external {
        (DealId id,) = _assigned();
        OfferId next = _host(1);
        vm.prank(providers[0]);
        deals.decline(id, 0);

        _activate(id, _one(next));
        _ready(id, 0);

        IDeals.Slot memory slot = _slot(id);
        assertEq(slot.provider, providers[1], "next provider");
        assertEq(slot.serving, 2, "second serving");
        assertEq(slot.owed, 0, "books start at zero");
    }

    /// @dev Anyone may release a lock after its end; the slot must not be stuck because somebody did.
    function test_Decline_GivenLockReleasedByAnybody() external {
        (DealId id,) = _assigned();
        LockId lock = _slot(id).lock;
        skip(25 days);
        vm.prank(stranger);
        staking.release(lock);

        deals.decline(id, 0);

        assertEq(_slot(id).status, EMPTY, "empty");
        assertGt(_refund(id, customer), 0, "and the money is free");
    }

    /* ROYALTY */

    function _openWithRoyalty(uint96 royalty) private returns (DealId) {
        IDeals.Opening memory opening;
        opening.customer = customer;
        opening.payer = customer;
        opening.slots = 1;
        opening.termDays = 14;
        opening.durationDays = 14;
        opening.coverageBps = 30_000;
        opening.units = 100;
        opening.expiry = uint40(block.timestamp + 1 days);
        opening.royalty = royalty;
        opening.prepaid = uint128(5000 * dollar);
        _pay(customer, opening.prepaid);
        vm.prank(address(matching));
        return deals.open(opening);
    }

    function _payRoyalty(DealId id, address author) private {
        address[] memory authors = new address[](1);
        uint96[] memory royalties = new uint96[](1);
        (authors[0], royalties[0]) = (author, uint96(dollar / 4));
        vm.prank(modules);
        deals.payRoyalties(id, authors, royalties);
    }

    function test_Settle_GivenRoyalty_SplitsIt() external {
        OfferId offer = _host(0);
        DealId id = _openWithRoyalty(uint96(dollar / 4));
        vm.prank(address(matching));
        deals.assign(id, 0, offer);
        _ready(id, 0);
        _skip(14 days + 3 days);

        deals.settle(id, 0);

        uint256 paid = 14 * 125 * dollar;
        assertEq(_slot(id).credited, paid, "all of the term");
        assertEq(deals.creditOf(treasury), paid * 2 / 100, "fee on the whole");
        assertEq(deals.royaltyDue(id), paid / 5, "a fifth of the price is the authors'");
        uint256 rest = paid - paid * 2 / 100 - paid / 5;
        assertEq(deals.stakersCreditOf(providers[0]), rest / 10, "stakers");
        assertEq(deals.creditOf(providers[0]), rest - rest / 10, "provider");
        _payRoyalty(id, friend);
        assertEq(_claim(friend), paid / 5, "claimed");
    }
}
