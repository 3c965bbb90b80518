// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {DealId} from "../../src/types/Ids.sol";
import {KeyRoles} from "../../src/types/Roles.sol";
import {SystemBase} from "../SystemBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @dev Payments, shares, refunds, credits, fees; with a stablecoin that blocks.
contract DealsMoneyTest is SystemBase {
    /* FUND */

    function test_Fund_RevertWhen_AmountZero() external {
        DealId id = _serving();
        vm.expectRevert(IDealsBooks.AmountZero.selector);
        deals.fund(id, 0);
    }

    function test_Fund_RevertGiven_DealUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealUnknown.selector, 5));
        deals.fund(DealId.wrap(5), 1);
    }

    function test_Fund_RevertGiven_EverySlotEnded() external {
        DealId id = _servingFor(0, 14, 14);
        _skip(15 days);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealOver.selector, id));
        deals.fund(id, 1);
    }

    /// @dev What a failure gives back is the customer's: nobody buys most of the shares between flag and failover.
    function test_Fund_RevertGiven_Stopped(uint256 down) external {
        DealId id = _serving();
        down = bound(down, 0, 1 days);
        _skip(12 days);
        vm.prank(customer);
        deals.stop(id);
        _skip(20 hours);
        deals.settle(id, 0);
        _pay(friend, 1e9 * dollar);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealStopped.selector, id));
        vm.prank(friend);
        deals.fund(id, uint128(1e9 * dollar));
        vm.prank(faults);
        deals.fail(id, 0, 1, uint40(block.timestamp - down));
        uint256 paid = 100 * dollar * (12 days + 20 hours - down) / 1 days;
        assertEq(_refund(id, customer), 2800 * dollar - paid, "all of it");
    }

    function test_Fund_RevertGiven_NoSlotGoesOn() external {
        DealId id = _twoSlots();
        vm.prank(faults);
        deals.stopSlot(id, 0, 1);
        assertEq(_fund(friend, id, 100 * dollar), 100 * dollar, "the other does");
        vm.prank(faults);
        deals.stopSlot(id, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealOver.selector, id));
        deals.fund(id, 1);
    }

    function test_Fund_MintsSharesAtTheBalanceAfterSettling(uint256 served, uint256 amount) external {
        DealId id = _serving();
        served = bound(served, 0, 14 days - 1);
        amount = bound(amount, 1, 1e9 * dollar);
        skip(served);
        uint256 left = 2800 * dollar - 100 * dollar * served / 1 days;

        uint128 shares = _fund(friend, id, amount);

        assertEq(shares, amount * (2800 * dollar) / left, "shares");
        assertEq(deals.sharesOf(id, friend), shares, "his");
        assertEq(_slot(id).escrow, left + amount, "escrow after settling");
        assertEq(_slot(id).owed, 2800 * dollar - left, "settled");
        assertEq(deals.surplus(), 0, "booked");
    }

    function test_Fund_SpreadsEvenlyOverSlotsThatLast(uint256 amount) external {
        DealId id = _request(_asking(3, 100, 14, 84));
        amount = bound(amount, 3, 1e9 * dollar);
        _fund(friend, id, amount);
        uint256 part = amount / 3;
        assertEq(deals.slotOf(id, 0).escrow, 2800 * dollar + amount - 2 * part, "the remainder to the first");
        assertEq(deals.slotOf(id, 1).escrow, 2800 * dollar + part, "even");
        assertEq(deals.slotOf(id, 2).escrow, 2800 * dollar + part, "even");
    }

    /// @dev What an ended slot left goes to those that go on.
    function test_Fund_GivenSpare_SpreadsItToo() external {
        DealId id = _twoSlots();
        _skip(13 days + 12 hours);
        deals.renew(id, 0);
        vm.prank(faults);
        deals.stopSlot(id, 1, 1);
        _skip(12 hours);
        deals.close(id, 1);
        assertEq(deals.dealOf(id).spare, 1400 * dollar, "spare");
        _fund(friend, id, 100 * dollar);
        assertEq(deals.dealOf(id).spare, 0, "none");
        assertEq(deals.slotOf(id, 0).escrow, 2900 * dollar, "all in the slot that goes on");
    }

    function _twoSlots() private returns (DealId id) {
        id = _request(_asking(2, 100, 14, 84));
        _activate(id, _two(_host(0), _host(1)));
        _ready(id, 0);
        _ready(id, 1);
    }

    /// @dev Whoever pays after everything was used up pays for himself: the shares of those before are void.
    function test_Fund_GivenEscrowUsedUp_StartsANewGeneration() external {
        // A thousand units a second: the escrow is used up to the last unit, after 2,800,000 seconds.
        _register(providers[0], 1_000_000 * FLT, 0, 0, 0);
        DealId id = _request(_asking(1, 100, 14, 84));
        _activate(id, _one(_offer(providers[0], 100, dollar * 864 / 1000)));
        _ready(id, 0);
        _skip(13 days + 12 hours);
        deals.renew(id, 0);
        _skip(14 days);
        vm.prank(customer);
        deals.renew(id, 0);
        _skip(2_800_000 + 10 minutes - 27 days - 12 hours);
        uint128 shares = _fund(friend, id, 500 * dollar);
        assertEq(shares, 500 * dollar, "one to one");
        assertEq(deals.sharesOf(id, customer), 0, "void");
        assertEq(deals.dealOf(id).shares, shares, "all of them his");
        vm.prank(customer);
        deals.stop(id);
        _skip(1 days);
        assertEq(_refund(id, friend), 500 * dollar - dollar * 864 / 10, "he gets what he paid but for a day");
    }

    /* REFUND */

    function test_Refund_RevertGiven_Running() external {
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealRunning.selector, id));
        vm.prank(customer);
        deals.refund(id, customer, customer);
    }

    function test_Refund_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != customer);
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotAllowed.selector, caller, customer));
        vm.prank(caller);
        deals.refund(id, customer, customer);
    }

    function test_Refund_RevertWhen_RecipientNotPayee(address to) external {
        vm.assume(to != customer);
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotPayee.selector, customer, to));
        vm.prank(customer);
        deals.refund(id, customer, to);
    }

    function test_Refund_RevertGiven_Refunded() external {
        DealId id = _request(_asking(1, 100, 14, 84));
        vm.prank(customer);
        deals.stop(id);
        _refund(id, customer);
        vm.expectRevert(IDealsBooks.SharesZero.selector);
        vm.prank(customer);
        deals.refund(id, customer, customer);
    }

    function test_Refund_PaysShares_RoundedDown(uint256 first, uint256 second, uint256 served) external {
        DealId id = _servingFor(0, 14, 14);
        _skip(bound(served, 0, 13 days));
        _fund(friend, id, bound(first, 1, 1e6 * dollar));
        _fund(stranger, id, bound(second, 1, 1e6 * dollar));
        _skip(14 days);
        deals.close(id, 0);
        uint256 left = deals.dealOf(id).spare;

        uint256 paid = _refund(id, friend) + _refund(id, customer) + _refund(id, stranger);

        assertEq(paid, left, "the last takes what rounding left");
        assertEq(deals.dealOf(id).shares, 0, "no shares");
        assertEq(usd.balanceOf(address(deals)), _slot(id).owed + deals.creditOf(treasury), "what was earned stays");
    }

    function test_Refund_WhenToAPayee() external {
        DealId id = _request(_asking(1, 100, 14, 84));
        vm.startPrank(customer);
        staking.setPayee(stranger, true);
        deals.stop(id);
        skip(3 days);
        deals.refund(id, customer, stranger);
        vm.stopPrank();
        assertEq(usd.balanceOf(stranger), 2800 * dollar, "at the payee");
    }

    /* CLAIM */

    function test_Claim_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != treasury);
        _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotAllowed.selector, caller, treasury));
        vm.prank(caller);
        deals.claim(treasury, treasury);
    }

    function test_Claim_RevertWhen_RecipientNotPayee() external {
        _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotPayee.selector, treasury, stranger));
        vm.prank(treasury);
        deals.claim(treasury, stranger);
    }

    function test_Claim_RevertGiven_NothingToClaim() external {
        vm.expectRevert(IDealsBooks.AmountZero.selector);
        vm.prank(stranger);
        deals.claim(stranger, stranger);
    }

    function test_Claim_PaysTheWholeCredit(uint256 served) external {
        DealId id = _serving();
        _skip(bound(served, 4 days, 20 days));
        deals.settle(id, 0);
        uint128 credit = deals.creditOf(providers[0]);
        vm.prank(providers[0]);
        staking.setKey(stranger, KeyRoles.CLAIM, type(uint40).max);

        vm.expectEmit(address(deals));
        emit IDealsBooks.CreditClaimed(providers[0], credit, providers[0]);
        vm.prank(stranger);
        deals.claim(providers[0], providers[0]);

        assertEq(usd.balanceOf(providers[0]), credit, "paid");
        assertEq(deals.creditOf(providers[0]), 0, "once");
    }

    /* STAKERS */

    function test_PayStakers_RevertGiven_Nothing() external {
        vm.expectRevert(IDealsBooks.AmountZero.selector);
        deals.payStakers(providers[0]);
    }

    function test_PayStakers_PushesToStaking(address caller) external {
        DealId id = _serving();
        _skip(10 days);
        deals.settle(id, 0);
        vm.prank(caller);
        uint128 amount = deals.payStakers(providers[0]);
        assertEq(amount, 700 * dollar * 98 / 1000, "a tenth after the fee");
        assertEq(usd.balanceOf(address(staking)), amount, "in staking");
        skip(7 days + 1);
        vm.prank(delegator);
        uint128 claimed = staking.claimReward(delegator, providers[0], address(usd), delegator);
        assertApproxEqAbs(claimed, amount / 2, 10, "half of the stake is his");
    }

    /* FEE */

    function test_SetFee_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != address(this));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
        deals.setFee(100, treasury);
    }

    function test_SetFee_RevertWhen_TooHigh(uint16 fee) external {
        fee = uint16(bound(fee, 1001, type(uint16).max));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.FeeTooHigh.selector, fee));
        deals.setFee(fee, treasury);
    }

    /// @dev Fees of deals that run stay, credits stay with whom they were earned by, and the next fees go to the new treasury.
    function test_SetFee_ChangesNothingThatWas(uint16 fee) external {
        fee = uint16(bound(fee, 0, 1000));
        DealId id = _serving();
        _skip(5 days);
        deals.settle(id, 0);
        uint256 earned = deals.creditOf(treasury);

        vm.expectEmit(address(deals));
        emit IDealsBooks.FeeSet(fee, stranger);
        deals.setFee(fee, stranger);
        _skip(2 days);
        deals.settle(id, 0);

        assertEq(deals.creditOf(treasury), earned, "kept");
        assertEq(deals.creditOf(stranger), 200 * dollar * FEE_BPS / 10_000, "at the deal's own fee");
        deals.setFee(fee, treasury);
        assertEq(deals.creditOf(treasury), earned, "kept on the way back");
        assertEq(_claim(treasury), earned, "claimed");
        assertEq(_claim(stranger), 4 * dollar, "claimed");
        assertEq(deals.surplus(), 0, "nothing lost");
    }

    /* BLOCKED */

    /// @dev A blocked provider, customer, treasury or Staking stops itself and nobody else.
    function test_Blocked_StopsOnlyItself(uint256 who) external {
        address[4] memory blocked = [providers[0], customer, treasury, address(staking)];
        who = bound(who, 0, 3);
        DealId id = _serving();
        _fund(friend, id, 1000 * dollar);
        _skip(5 days);
        _block(blocked[who]);

        deals.settle(id, 0);
        _skip(8 days + 12 hours);
        deals.renew(id, 0);
        vm.prank(customer);
        deals.stop(id);
        _skip(1 days);
        deals.close(id, 0);
        _skip(3 days);
        deals.settle(id, 0);

        for (uint256 i = 0; i < 4; ++i) {
            if (i == who) vm.expectRevert();
            if (i == 0) _claim(providers[0]);
            else if (i == 1) _refund(id, customer);
            else if (i == 2) _claim(treasury);
            else deals.payStakers(providers[0]);
        }
        assertGt(_refund(id, friend), 0, "others are paid");
        assertEq(deals.surplus(), 0, "and the books agree");
    }

    function test_Surplus_IsWhatWasGiven(uint128 gift) external {
        _serving();
        vm.prank(issuer);
        usd.mint(address(deals), gift);
        assertEq(deals.surplus(), gift, "donated");
    }
}
