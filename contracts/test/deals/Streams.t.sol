// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {DealId} from "../../src/types/Ids.sol";
import {SystemBase} from "../SystemBase.t.sol";

/// @dev What is owed, what is held back, what is credited, and what happens when the money is gone.
contract DealsStreamsTest is SystemBase {
    uint256 private constant DAILY = 100;

    /* SETTLE */

    function test_Settle_RevertGiven_DealUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealUnknown.selector, 7));
        deals.settle(DealId.wrap(7), 0);
    }

    function test_Settle_RevertGiven_SlotUnknown(uint8 slot) external {
        DealId id = _serving();
        slot = uint8(bound(slot, 1, 255));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotUnknown.selector, id, slot));
        deals.settle(id, slot);
    }

    function test_Settle_OwesByTheSecond(uint256 served) external {
        DealId id = _serving();
        served = bound(served, 0, 14 days);
        skip(served);

        deals.settle(id, 0);

        assertEq(_slot(id).owed, DAILY * dollar * served / 1 days, "owed");
        assertEq(_slot(id).owed + _slot(id).escrow, 2800 * dollar, "out of the escrow");
    }

    function test_Settle_HoldsBackThreeDays(uint256 served) external {
        DealId id = _serving();
        served = bound(served, 0, 30 days);
        skip(served);

        deals.settle(id, 0);

        uint256 released = served < 3 days ? 0 : served - 3 days;
        released = released > 14 days ? 14 days : released;
        assertEq(_slot(id).credited, DAILY * dollar * released / 1 days, "credited");
        assertEq(deals.creditable(id, 0), 0, "no more now");
    }

    /// @dev Settling whenever and however often gives the same as settling once.
    function test_Settle_IsPathIndependent(uint256[8] memory waits, uint256 odd) external {
        DealId id = _odd(bound(odd, 1, 2 * dollar));
        uint256 total = 0;
        for (uint256 i = 0; i < waits.length; ++i) {
            waits[i] = bound(waits[i], 0, 3 days);
            total += waits[i];
        }
        uint256 snapshot = vm.snapshotState();
        skip(total);
        deals.settle(id, 0);
        IDeals.Slot memory once = _slot(id);
        vm.revertToState(snapshot);
        for (uint256 i = 0; i < waits.length; ++i) {
            skip(waits[i]);
            deals.settle(id, 0);
        }
        IDeals.Slot memory often = _slot(id);
        assertEq(often.owed, once.owed, "owed");
        assertEq(often.credited, once.credited, "credited");
        assertEq(often.escrow, once.escrow, "escrow");
    }

    /// @dev A deal at any price per unit-day.
    function _odd(uint256 price) private returns (DealId id) {
        _register(providers[0], 2_000_000 * FLT, 0, 0, 700);
        return _startedAt(price);
    }

    function _startedAt(uint256 price) private returns (DealId id) {
        id = _request(_asking(1, 7, 14, 84));
        _activate(id, _one(_offer(providers[0], 100, price)));
        _ready(id, 0);
    }

    function test_Settle_SplitAddsUp(uint256 price, uint256 served) external {
        DealId id = _odd(bound(price, 1, 2 * dollar));
        uint256 before = deals.creditOf(treasury);
        skip(bound(served, 0, 20 days));

        deals.settle(id, 0);

        uint256 credited = _slot(id).credited;
        uint256 fee = deals.creditOf(treasury) - before;
        uint256 toStakers = deals.stakersCreditOf(providers[0]);
        assertEq(fee, (credited * FEE_BPS + 9999) / 10_000, "fee rounded up");
        assertEq(toStakers, (credited - fee) * 700 / 10_000, "stakers rounded down");
        assertEq(fee + toStakers + deals.creditOf(providers[0]), credited, "all of it");
    }

    function test_Settle_NothingToDo_ChangesNothing() external {
        DealId id = _serving();
        vm.recordLogs();
        deals.settle(id, 0);
        assertEq(vm.getRecordedLogs().length, 0, "no event");
    }

    function test_SettleMany_RevertWhen_LengthsDiffer() external {
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.LengthsDiffer.selector, 1, 2));
        deals.settleMany(new DealId[](1), new uint8[](2));
    }

    function test_SettleMany_AnswersACodePerPair() external {
        DealId id = _serving();
        skip(1 days);
        DealId[] memory ids = new DealId[](4);
        uint8[] memory slots = new uint8[](4);
        (ids[0], ids[1], ids[2], ids[3]) = (id, id, id, DealId.wrap(9));
        slots[2] = 1;

        uint8[] memory codes = deals.settleMany(ids, slots);

        assertEq(codes[0], 0, "settled");
        assertEq(codes[1], 2, "nothing left to settle");
        assertEq(codes[2], 1, "no such slot");
        assertEq(codes[3], 1, "no such deal");
    }

    function test_Accrued_IsWhatASettleWouldOwe(uint256 served) external {
        DealId id = _serving();
        skip(bound(served, 0, 40 days));
        uint256 accrued = deals.accrued(id, 0);
        uint256 creditable = deals.creditable(id, 0);
        deals.settle(id, 0);
        assertEq(_slot(id).owed, accrued, "accrued");
        assertEq(_slot(id).credited, creditable, "creditable");
    }

    /* DRY */

    function test_Settle_GivenDry_StopsAtTheSecondThatFundsLast(uint256 later) external {
        (DealId id, uint256 driesAt) = _dryDealOfADay();
        skip(driesAt - block.timestamp + bound(later, 1, 50 minutes));

        deals.settle(id, 0);

        IDeals.Slot memory slot = _slot(id);
        uint256 served = driesAt - slot.startedAt;
        assertEq(slot.owed, DAILY * dollar * served / 1 days, "owed to the second");
        assertLt(slot.escrow, DAILY * dollar / 1 days + 1, "less than a second is left");
    }

    /// @dev The customer himself renews with a day of the next term: it is all that there is.
    function _dryDealOfADay() private returns (DealId id, uint256 driesAt) {
        id = _servingFor(0, 14, 84);
        _skip(13 days + 12 hours);
        deals.renew(id, 0);
        _skip(14 days);
        _fund(customer, id, DAILY * dollar);
        vm.prank(customer);
        deals.renew(id, 0);
        driesAt = _slot(id).startedAt + 29 days;
        _skip(1 days);
    }

    function test_Fund_GivenDry_ResumesWithoutBackPay(uint256 gap) external {
        (DealId id, uint256 driesAt) = _dryDealOfADay();
        gap = bound(gap, 1, 1 hours - 1);
        skip(driesAt - block.timestamp + gap);
        uint256 startedAt = _slot(id).startedAt;

        _fund(friend, id, 1000 * dollar);

        assertEq(_slot(id).startedAt, startedAt + gap, "moved on by the gap");
        skip(1 days);
        deals.settle(id, 0);
        assertEq(_slot(id).owed, DAILY * dollar * 30, "29 days before the gap and one after it");
    }

    function test_Fund_RevertGiven_DryAndTooLittle() external {
        (DealId id, uint256 driesAt) = _dryDealOfADay();
        skip(driesAt - block.timestamp + 10 minutes);
        uint256 need = DAILY * dollar / 24;
        _pay(friend, need - 2);

        vm.expectPartialRevert(IDealsBooks.EscrowTooLow.selector);
        vm.prank(friend);
        deals.fund(id, uint128(need - 2));
    }

    function test_Close_RevertGiven_DryLessThanAnHour(uint256 gap) external {
        (DealId id, uint256 driesAt) = _dryDealOfADay();
        skip(driesAt - block.timestamp + bound(gap, 1, 1 hours - 1));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotNotOver.selector, id, 0));
        deals.close(id, 0);
    }

    function test_Close_GivenDryForAnHour(uint256 gap, address caller) external {
        (DealId id, uint256 driesAt) = _dryDealOfADay();
        uint40 termEnd = _slot(id).termEnd;
        skip(driesAt - block.timestamp + bound(gap, 1 hours, 5 days));

        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotEnded(id, 0, providers[0], uint40(driesAt), 2);
        vm.prank(caller);
        deals.close(id, 0);

        IDeals.Slot memory slot = _slot(id);
        assertEq(slot.status, 3, "ended");
        assertEq(slot.endsAt, driesAt, "when the money was gone");
        assertEq(slot.termEnd, termEnd, "the term was longer");
        assertEq(slot.owed, 2900 * dollar, "29 days");
    }

    function test_Fund_GivenDryForAnHour_FindsItOver() external {
        (DealId id, uint256 driesAt) = _dryDealOfADay();
        skip(driesAt - block.timestamp + 1 hours);
        _pay(friend, dollar);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealOver.selector, id));
        vm.prank(friend);
        deals.fund(id, uint128(dollar));
    }

    /* REVENUE SHARE */

    function test_Settle_UsesTheTermsAtTheCredit() external {
        DealId id = _serving();
        _skip(5 days);
        deals.settle(id, 0);
        uint256 first = deals.stakersCreditOf(providers[0]);
        vm.prank(providers[0]);
        staking.setTerms(IStaking.Terms(1000, 3000, 5000, 7, type(uint128).max));
        _skip(2 days);
        deals.settle(id, 0);
        assertEq(first, 200 * dollar * 98 / 1000, "a tenth");
        assertEq(deals.stakersCreditOf(providers[0]) - first, 200 * dollar * 98 / 200, "a half of what came later");
    }
}
