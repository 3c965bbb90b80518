// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {IRedemption} from "../../src/interfaces/IRedemption.sol";
import {DealId} from "../../src/types/Ids.sol";
import {MeteredBase} from "./MeteredBase.sol";

/// @dev How metered slots go on, pass on and end, and what is kept for what can still be redeemed.
contract DealsMeteredTest is MeteredBase {
    uint8 private constant SERVED = 2;
    uint8 private constant ENDED = 3;

    /* FAIL */

    /// @dev Whoever failed is paid for what was used before, and who follows for what is used after: from one escrow.
    function test_Fail_GivenMetered_BothAreRedeemable() external {
        DealId id = _metered(_openingOf(1, 1));
        _skip(1 days);
        _redeemed(id, 10 * dollar);
        IRedemption.Claim memory old = _usedOf(id, 30 * dollar);
        old.until = uint40(block.timestamp - 10 minutes);
        IRedemption.Claim memory late = _usedOf(id, 40 * dollar);

        assertTrue(_fail(id, block.timestamp - 10 minutes), "the standby serves");

        assertEq(_slot(id).escrow, 490 * dollar, "the slot keeps its escrow");
        assertEq(_slot(id).owed, 0, "the next serving has used nothing");
        assertEq(deals.servingOf(id, 0, 1).owed, 10 * dollar, "the first is owed what it redeemed");
        assertEq(deals.servingOf(id, 0, 1).price, dollar, "at its cap");
        _assertRefused(late, USED_LATER);
        (, uint128 paid) = _redeem(old);
        assertEq(paid, 20 * dollar, "what was used before the failure");
        _skip(1 hours);
        _redeemed(id, 5 * dollar);
        assertEq(_slot(id).provider, providers[1], "the next");
        assertEq(_slot(id).owed, 5 * dollar, "is owed its own");
        assertEq(_slot(id).escrow, 465 * dollar, "from one escrow");
    }

    /// @dev A voucher that was first brought after the failure is of the serving before, too.
    function test_Fail_GivenMetered_FirstRedeemedAfter() external {
        DealId id = _metered(_openingOf(1, 1));
        _skip(1 days);
        IRedemption.Claim memory old = _usedOf(id, 30 * dollar);
        old.until = uint40(block.timestamp - 10 minutes);
        _fail(id, block.timestamp - 10 minutes);
        _skip(REDEMPTION - 10 minutes);
        (uint8 code,) = _redeem(old);
        assertEq(code, PAID, "in its last second");
        old.amount += 1;
        _skip(1);
        _assertRefused(old, TOO_LATE);
    }

    function test_ReleaseServing_GivenMetered_CreditsWhatWasRedeemed() external {
        DealId id = _metered(_openingOf(1, 1));
        _skip(1 days);
        _redeemed(id, 10 * dollar);
        IRedemption.Claim memory old = _usedOf(id, 30 * dollar);
        _fail(id, block.timestamp);
        assertEq(deals.releaseServing(id, 0, 1), 10 * dollar, "at once");
        _redeem(old);
        assertEq(deals.releaseServing(id, 0, 1), 20 * dollar, "and what was redeemed since");
        assertEq(deals.releaseServing(id, 0, 1), 0, "once");
        _skip(4 days);
        assertEq(deals.releaseServing(id, 0, 1), 0, "time served is worth nothing");
        assertEq(deals.servingOf(id, 0, 1).credited, 30 * dollar, "credited");
        assertEq(deals.surplus(), 0, "conserved");
    }

    /// @dev What is used of a promoted standby is metered, what it stood by for is not.
    function test_Fail_GivenMetered_StandbyIsMeteredFromThenOn() external {
        DealId id = _metered(_openingOf(1, 1));
        _skip(1 days);
        _fail(id, block.timestamp);
        _skip(4 days);
        deals.settle(id, 0);
        deals.settle(id, STANDBY);
        assertEq(_slot(id).owed, 0, "time earns nothing");
        assertEq(_slot(id).price, dollar, "its cap");
        assertEq(_slot(id).valueAtStake, 500 * dollar, "the escrow is at stake");
        assertEq(_standby(id).credited, 2 * dollar, "a day's retainer");
    }

    /* DOWNTIME */

    function test_Deduct_GivenMetered_MovesTimeOnly() external {
        DealId id = _metered();
        _skip(1 days);
        _redeemed(id, 10 * dollar);
        uint40 startedAt = _slot(id).startedAt;
        vm.prank(faults);
        deals.deduct(id, 0, 1, 1 hours);
        assertEq(_slot(id).startedAt, startedAt + 1 hours, "later");
        assertEq(_slot(id).owed, 10 * dollar, "what was used is owed");
        assertEq(_slot(id).escrow, 490 * dollar, "and nothing comes back");
    }

    /* END */

    function test_Refund_RevertGiven_StillRedeemable(uint256 later) external {
        DealId id = _metered();
        _skip(1 days);
        vm.prank(customer);
        deals.stop(id);
        _skip(1 days + bound(later, 0, REDEMPTION));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealRunning.selector, id));
        vm.prank(customer);
        deals.refund(id, customer, customer);
    }

    function test_Refund_GivenMetered_WhenNothingIsRedeemable() external {
        DealId id = _metered();
        _skip(1 days);
        _redeemed(id, 30 * dollar);
        IRedemption.Claim memory last = _usedOf(id, 50 * dollar);
        vm.prank(customer);
        deals.stop(id);
        _skip(1 days + REDEMPTION);
        (uint8 code,) = _redeem(last);
        assertEq(code, PAID, "the last one is in time");
        _skip(1);
        assertEq(_refund(id, customer), 450 * dollar, "and the rest is the customer's");
        deals.settle(id, 0);
        assertEq(_slot(id).credited, 50 * dollar, "credited after it");
        assertEq(deals.surplus(), 0, "conserved");
    }

    /// @dev Who was never served waits for nothing.
    function test_Refund_GivenMetered_NeverServed() external {
        DealId id = _open(_openingOf(2, 0));
        vm.prank(customer);
        deals.stop(id);
        assertEq(_refund(id, customer), 1000 * dollar, "at once");
    }

    /// @dev An empty slot whose provider failed an hour ago ends, and its money waits until that one has redeemed.
    function test_Stop_GivenMetered_EmptySlotKeepsItsEscrow() external {
        DealId id = _metered();
        _skip(1 days);
        IRedemption.Claim memory used = _usedOf(id, 60 * dollar);
        _redeemed(id, dollar);
        assertFalse(_fail(id, block.timestamp), "nobody serves");
        assertEq(_slot(id).owed, 0, "nobody is owed");
        assertEq(deals.accrued(id, 0), 0, "nothing accrues");
        assertEq(deals.servingOf(id, 0, 1).owed, dollar, "but to who served");
        _skip(1 hours);
        vm.prank(customer);
        deals.stop(id);
        assertEq(_slot(id).status, ENDED, "ended");
        assertEq(_slot(id).escrow, 499 * dollar, "with its escrow");
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealRunning.selector, id));
        vm.prank(customer);
        deals.refund(id, customer, customer);
        (uint8 code,) = _redeem(used);
        assertEq(code, PAID, "which pays what was used");
        deals.releaseServing(id, 0, 1);
        _skip(REDEMPTION + 1);
        assertEq(_refund(id, customer), 440 * dollar, "then the rest is free");
    }

    /// @dev After the day in which it sought a provider nobody can redeem: the customer waits no second one.
    function test_Refund_GivenMetered_SoughtForADay() external {
        DealId id = _metered();
        _skip(8 days);
        _fail(id, block.timestamp);
        _skip(REDEMPTION + 1);
        assertEq(_refund(id, customer), 500 * dollar, "at once");
        assertEq(_slot(id).status, ENDED, "ended");
    }

    function test_Close_GivenMetered_FreesItsEscrowLater() external {
        IDeals.Opening memory opening = _openingOf(2, 0);
        opening.durationDays = 14;
        DealId id = _metered(opening);
        _skip(14 days);
        deals.close(id, 0);
        assertEq(_slot(id).status, ENDED, "ended");
        assertEq(_slot(id).escrow, 500 * dollar, "kept");
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotNotOver.selector, id, 0));
        deals.close(id, 0);
        _skip(REDEMPTION + 1);
        vm.expectEmit(address(deals));
        emit IDealsBooks.SpareChanged(id, uint128(500 * dollar));
        deals.close(id, 0);
        assertEq(_slot(id).escrow, 0, "free");
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotStatusWrong.selector, id, 0, ENDED));
        deals.close(id, 0);
        deals.close(id, 1);
        assertEq(deals.dealOf(id).spare, 1000 * dollar, "who is closed late keeps nothing");
    }

    /// @dev A term that nobody renewed: where a day is paid the slot seeks, and where it is not it ends.
    function test_Close_GivenMetered_PassesOnWhenADayIsPaid(bool isPaid) external {
        DealId id = _metered();
        _redeemed(id, isPaid ? 400 * dollar : 400 * dollar + 1);
        _skip(14 days);
        deals.close(id, 0);
        assertEq(_slot(id).status, isPaid ? 0 : ENDED, isPaid ? "seeks" : "ended");
        assertEq(_slot(id).escrow, isPaid ? 100 * dollar : 100 * dollar - 1, "kept in both");
    }

    function test_Close_RevertGiven_EscrowUsedUpLately(uint256 later) external {
        DealId id = _metered();
        _skip(1 days);
        _redeemed(id, 500 * dollar);
        _skip(bound(later, 0, 1 hours - 1));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotNotOver.selector, id, 0));
        deals.close(id, 0);
    }

    /// @dev Nobody serves for nothing.
    function test_Close_GivenEscrowUsedUpForAnHour() external {
        DealId id = _metered();
        _skip(1 days);
        _redeemed(id, 500 * dollar);
        uint40 emptyAt = uint40(block.timestamp);
        _skip(1 hours);
        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotEnded(id, 0, providers[0], emptyAt, 2);
        deals.close(id, 0);
    }

    function test_Close_GivenEscrowUsedUpAndPaid() external {
        DealId id = _metered();
        _skip(1 days);
        _redeemed(id, 500 * dollar);
        _fund(friend, id, 10 * dollar);
        _skip(2 hours);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.SlotNotOver.selector, id, 0));
        deals.close(id, 0);
    }

    function test_Fund_RevertGiven_MeteredUsedUpAndLessThanAnHour() external {
        DealId id = _metered();
        _skip(1 days);
        _redeemed(id, 500 * dollar);
        uint256 hour = 100 * dollar / 24;
        _pay(friend, hour - 1);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.EscrowTooLow.selector, hour - 1, hour));
        vm.prank(friend);
        deals.fund(id, uint128(hour - 1));
    }

    function test_Leave_GivenMetered_KeepsTheEscrow() external {
        DealId id = _metered();
        _skip(1 days);
        for (uint256 i = 0; i < 12; ++i) {
            _post(0.1e8);
            _skip(4 hours);
        }
        IRedemption.Claim memory used = _usedOf(id, 60 * dollar);
        vm.startPrank(customer);
        deals.leave(id, 0);
        assertEq(_slot(id).status, ENDED, "ended");
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealRunning.selector, id));
        deals.refund(id, customer, customer);
        vm.stopPrank();
        (uint8 code,) = _redeem(used);
        assertEq(code, PAID, "who was left is paid for what was used");
        _skip(REDEMPTION + 1);
        assertEq(_refund(id, customer), 440 * dollar, "then the rest is the customer's");
    }

    /// @dev Whoever is replaced is paid from the slot's escrow, too.
    function test_Replace_GivenMetered() external {
        DealId id = _metered(_openingOf(1, 1));
        _skip(1 days);
        IRedemption.Claim memory used = _usedOf(id, 60 * dollar);
        for (uint256 i = 0; i < 12; ++i) {
            _post(0.1e8);
            _skip(4 hours);
        }
        vm.prank(customer);
        assertTrue(deals.replace(id, 0), "the standby serves");
        (uint8 code,) = _redeem(used);
        assertEq(code, PAID, "paid");
        assertEq(_slot(id).owed, 0, "not the next one's");
    }

    /* RENEW */

    function test_Renew_GivenMetered_WhenADayIsPaid(address caller) external {
        DealId id = _metered();
        _redeemed(id, 400 * dollar);
        _skip(13 days + 12 hours);
        vm.prank(caller);
        deals.renew(id, 0);
        assertEq(_slot(id).valueAtStake, 100 * dollar, "what is in escrow is at stake");
        assertEq(_slot(id).status, SERVED, "served");
    }

    function test_Renew_RevertGiven_MeteredAndNotADay() external {
        DealId id = _metered();
        _redeemed(id, 400 * dollar + 1);
        _skip(13 days + 12 hours);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.EscrowTooLow.selector, 100 * dollar - 1, 100 * dollar));
        vm.prank(customer);
        deals.renew(id, 0);
    }

    /// @dev Partial funds: what is paid later is at stake from the next renewal on.
    function test_Renew_GivenMetered_TakesWhatWasPaidSince() external {
        DealId id = _metered();
        _skip(3 days);
        _fund(friend, id, 300 * dollar);
        assertEq(_slot(id).valueAtStake, 500 * dollar, "held until the next grant");
        _skip(10 days + 12 hours);
        deals.renew(id, 0);
        assertEq(_slot(id).valueAtStake, 800 * dollar, "all of it");
    }

    /// @dev Shares stand for what is left, whatever was redeemed and not settled.
    function test_Fund_GivenMetered_BuysAtWhatIsLeft() external {
        DealId id = _metered();
        _redeemed(id, 250 * dollar);
        _fund(friend, id, 250 * dollar);
        vm.prank(customer);
        deals.stop(id);
        _skip(1 days + REDEMPTION + 1);
        assertEq(_refund(id, friend), 250 * dollar, "who paid after it");
        assertEq(_refund(id, customer), 250 * dollar, "and who paid before");
    }
}
