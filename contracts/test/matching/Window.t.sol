// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching, IMatchingBooks} from "../../src/interfaces/IMatching.sol";
import {OfferId} from "../../src/types/Ids.sol";
import {WindowBase} from "./WindowBase.sol";

/// @dev The best two, their bonds, and what becomes of them.
contract MatchingWindowTest is WindowBase {
    /* BONDS */

    function test_DepositBond_IsCounted(uint128 amount) external {
        amount = uint128(bound(amount, 1, 1e27));
        vm.prank(issuer);
        flt.mint(stranger, amount);
        vm.startPrank(stranger);
        flt.approve(address(matching), amount);
        vm.expectEmit(address(matching));
        emit IMatchingBooks.BondChanged(stranger, amount, 0);
        matching.depositBond(amount);
        (uint128 balance, uint128 reserved) = matching.bondOf(stranger);
        assertEq(balance, amount, "deposited");
        assertEq(reserved, 0, "behind nothing");
        matching.withdrawBond(amount, friend);
        vm.stopPrank();
        assertEq(flt.balanceOf(friend), amount, "withdrawn");
    }

    function test_DepositBond_RevertWhen_AmountZero() external {
        vm.expectRevert(IMatchingBooks.AmountZero.selector);
        matching.depositBond(0);
    }

    function test_WithdrawBond_RevertWhen_AmountZero() external {
        vm.expectRevert(IMatchingBooks.AmountZero.selector);
        matching.withdrawBond(0, friend);
    }

    function test_WithdrawBond_RevertGiven_ProposalStands() external {
        _proposeBy(first, _at(0, 100));
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.BondTooLow.selector, 2 * SOLVER_BOND, 3 * SOLVER_BOND));
        vm.prank(first);
        matching.withdrawBond(3 * SOLVER_BOND, first);
    }

    function test_Propose_RevertGiven_NoBond() external {
        OfferId offer = _at(0, 100);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.BondTooLow.selector, 0, SOLVER_BOND));
        vm.prank(stranger);
        matching.propose(asked, _one(offer));
    }

    function test_Propose_ByTheCustomer_NeedsNoBond() external {
        OfferId offer = _at(0, 100);
        vm.prank(customer);
        matching.propose(asked, _one(offer));
        _requireStands(0, customer, offer);
        _requireBond(customer, 0, 0);
    }

    function test_SetBond_HoldsFromThen(uint128 newBond) external {
        newBond = uint128(bound(newBond, 0, 3 * SOLVER_BOND));
        _proposeBy(first, _at(0, 100));
        vm.expectEmit(address(matching));
        emit IMatchingBooks.BondSet(newBond);
        matching.setBond(newBond);
        _requireBond(first, 3, 1);
        _proposeBy(second, _at(1, 50));
        (, uint128 reserved) = matching.bondOf(second);
        assertEq(reserved, newBond, "the new one");
    }

    function test_SetBond_RevertWhen_TooHigh() external {
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.BondTooHigh.selector, 10_000e18 + 1));
        matching.setBond(10_000e18 + 1);
    }

    function test_SetBond_RevertWhen_CallerNotAllowed() external {
        vm.expectRevert();
        vm.prank(stranger);
        matching.setBond(1);
    }

    /* RANKS */

    /// @dev A thousandth cheaper is better, anything less is nothing.
    function test_Propose_KeepsTheBestTwo(uint256 cents) external {
        cents = bound(cents, 50, 200);
        (OfferId dear, OfferId other) = (_at(0, 100), _at(1, cents));
        _proposeBy(first, dear);
        _proposeBy(second, other);
        bool isBetter = cents < 100;
        _requireStands(isBetter ? 0 : 1, second, other);
        _requireStands(isBetter ? 1 : 0, first, dear);
        _requireBond(first, 3, 1);
        _requireBond(second, 3, 1);
    }

    function test_Propose_PushesOutTheThird() external {
        (OfferId dear, OfferId middle, OfferId cheap) = (_at(0, 150), _at(1, 120), _at(2, 100));
        _proposeBy(first, dear);
        _proposeBy(second, middle);
        vm.expectEmit(address(matching));
        emit IMatchingBooks.ProposalDropped(asked, 1, first);
        _proposeBy(second, cheap);
        _requireStands(0, second, cheap);
        _requireStands(1, second, middle);
        _requireBond(first, 3, 0);
        _requireBond(second, 3, 2);
    }

    function test_Propose_RevertWhen_BetterByNothing() external {
        (OfferId dear, OfferId middle) = (_at(0, 150), _at(1, 120));
        _proposeBy(first, dear);
        _proposeBy(second, middle);
        // A ten-thousandth under the second best.
        _register(providers[2], 1_000_000 * FLT, 0, 0, 0);
        uint256 price = dollar * 15 / 10 * 9999 / 10_000;
        OfferId offer = _offer(providers[2], 1000, price);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProposalNotCheaper.selector, 100 * price, 150 * dollar));
        _proposeBy(first, offer);
    }

    function test_Propose_DoesNotMoveTheWindow(uint256 later) external {
        later = bound(later, 0, 2 hours);
        uint40 end = uint40(block.timestamp + 60);
        _proposeBy(first, _at(0, 100));
        skip(later);
        _proposeBy(second, _at(1, 50));
        assertEq(matching.windowEndOf(asked), end, "the first one's");
    }

    /// @dev What makes way keeps its bond: anybody could make it invalid for the length of a call.
    function test_Propose_PutsAsideWhatIsNotValidNow() external {
        (OfferId cheap, OfferId dear) = (_at(0, 100), _at(1, 190));
        _proposeBy(first, cheap);
        _remove(0, cheap);
        skip(2 minutes);
        _proposeBy(second, dear);
        _requireStands(0, second, dear);
        _requireStands(1, address(0), dear);
        _requireBond(first, 3, 0);
        assertFalse(matching.isBarred(asked, cheap), "not barred");
        assertEq(matching.windowEndOf(asked), block.timestamp + 60, "a window anew");
    }

    function test_Drop_FreesBonds() external {
        _proposeBy(first, _at(0, 100));
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProposalStands.selector, asked));
        matching.drop(asked);
        _skip(7 days + 1);
        matching.drop(asked);
        _requireBond(first, 3, 0);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProposalUnknown.selector, asked));
        matching.drop(asked);
    }

    function test_Cancel_FreesBonds() external {
        _proposeBy(first, _at(0, 100));
        _proposeBy(second, _at(1, 50));
        vm.prank(customer);
        matching.cancel(asked);
        _requireBond(first, 3, 0);
        _requireBond(second, 3, 0);
    }

    function test_ProposalOf_RevertWhen_RankUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RankUnknown.selector, 2));
        matching.proposalOf(asked, 2);
    }

    /* TIP */

    function test_Activate_PaysTheTipOnce(uint128 tip) external {
        tip = uint128(bound(tip, 1, 1000 * dollar));
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.tip = tip;
        _pay(customer, request.prepaid + requestFee + tip);
        vm.prank(customer);
        asked = matching.request(request);
        _proposeBy(first, _at(0, 100));
        skip(60);
        matching.activate(asked);
        assertEq(deals.creditOf(first), tip, "the proposer's");
        assertEq(deals.tipOf(asked), 0, "paid");
        // What is filled again is filled without.
        vm.prank(providers[0]);
        deals.decline(asked, 0);
        _proposeBy(second, _at(1, 100));
        skip(60);
        matching.activate(asked);
        assertEq(deals.creditOf(second), 0, "once");
    }

    function test_Cancel_ReturnsTheTip() external {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.tip = uint128(dollar);
        _pay(customer, request.prepaid + requestFee + dollar);
        vm.startPrank(customer);
        asked = matching.request(request);
        matching.cancel(asked);
        vm.stopPrank();
        assertEq(deals.creditOf(customer), dollar, "his again");
    }

    /* STANDBYS */

    function test_Request_RevertWhen_StandbysOutOfRange() external {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        (request.standbys, request.reserveBps) = (5, 2000);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.StandbysOutOfRange.selector, 5));
        vm.prank(customer);
        matching.request(request);
    }

    function test_Request_RevertWhen_ReserveInvalid(uint16 bps) external {
        vm.assume(bps != 2000 && bps != 10_000);
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        (request.standbys, request.reserveBps) = (1, bps);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ReserveInvalid.selector, bps));
        vm.prank(customer);
        matching.request(request);
    }

    function test_Request_RevertWhen_AvailabilityOutOfRange(uint32 ppm) external {
        ppm = uint32(bound(ppm, 1_000_000, type(uint32).max));
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.availabilityPpm = ppm;
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.AvailabilityOutOfRange.selector, ppm));
        vm.prank(customer);
        matching.request(request);
    }

    function test_Request_RevertWhen_RetainersNotPrepaid() external {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        (request.standbys, request.reserveBps) = (2, 2000);
        uint256 need = request.prepaid + request.prepaid / 25;
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.PrepaidTooLow.selector, request.prepaid, need));
        vm.prank(customer);
        matching.request(request);
    }

    /// @dev A retainer is 2 % of a day; standbys come after the slots.
    function test_Activate_FillsStandbys() external {
        asked = _request(_withStandbys(2));
        assertEq(matching.wantedOf(asked), 0x30001, "the slot and two standbys");
        OfferId[] memory chosen = new OfferId[](3);
        (chosen[0], chosen[1], chosen[2]) = (_at(0, 100), _at(1, 150), _at(2, 200));
        vm.prank(first);
        matching.propose(asked, chosen);
        (,, uint256 price,) = matching.proposalOf(asked, 0);
        assertEq(price, 100 * dollar + 3 * dollar + 4 * dollar, "retainers included");
        skip(60);
        matching.activate(asked);
        assertEq(deals.slotOf(asked, 16).provider, providers[1], "first standby");
        assertEq(deals.slotOf(asked, 17).provider, providers[2], "second standby");
        assertEq(deals.emptySlots(asked), 0, "nothing waits");
    }

    /// @dev A slot that seeks does not wait for a standby to be found.
    function test_WantedOf_PutsSlotsFirst() external {
        asked = _request(_withStandbys(1));
        _activate(asked, _two(_at(0, 100), _at(1, 100)));
        _ready(asked, 0);
        vm.prank(providers[1]);
        deals.decline(asked, 16);
        assertEq(matching.wantedOf(asked), 0x10000, "the standby");
        vm.prank(faults);
        deals.fail(asked, 0, 1, uint40(block.timestamp));
        assertEq(matching.wantedOf(asked), 1, "the slot alone");
        _activate(asked, _one(_at(2, 100)));
        assertEq(matching.wantedOf(asked), 0x10000, "then the standby");
    }

    function test_Propose_RevertWhen_StandbyServesASlot() external {
        asked = _request(_withStandbys(1));
        OfferId offer = _at(0, 100);
        OfferId again = _offer(providers[0], 1000, dollar);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProviderTwice.selector, providers[0]));
        _propose(asked, _two(offer, again));
    }
}
