// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {DealId} from "../../src/types/Ids.sol";
import {KeyRoles} from "../../src/types/Roles.sol";
import {SystemBase} from "../SystemBase.t.sol";

/// @dev Coverage 3.0, maintained 2.0, minimum 1.25. The deal: 8,400 dollars at stake, 50,400 FLT locked at $0.50.
contract DealsMarginTest is SystemBase {
    uint256 private constant LOCK = 50_400 * FLT;

    /// @dev The price fell so long ago that the averages have followed, within the deal's first term.
    function _servingAt(uint256 newPrice) private returns (DealId id) {
        id = _serving();
        assertEq(_lockOf(id, 0), LOCK, "lock");
        _fall(newPrice);
    }

    /// @dev `high` is the day's average for a while: it needs some days to fall.
    function _fall(uint256 newPrice) private {
        while (priceGuard.high() > newPrice + newPrice / 20) {
            _post(newPrice);
            _skip(4 hours);
        }
    }

    function _called() private returns (DealId id) {
        id = _servingAt(0.3e8);
        deals.marginCall(id, 0);
    }

    /* CALL */

    function test_MarginCall_RevertGiven_HealthSuffices(address caller) external {
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.HealthSufficient.selector, 30_000, 20_000));
        vm.prank(caller);
        deals.marginCall(id, 0);
    }

    function test_MarginCall_RevertGiven_Called() external {
        DealId id = _called();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.MarginCalled.selector, id, 0));
        deals.marginCall(id, 0);
    }

    function test_MarginCall_RevertGiven_PriceStale() external {
        DealId id = _servingAt(0.3e8);
        skip(2 days);
        vm.expectRevert(IDealsBooks.PriceStale.selector);
        deals.marginCall(id, 0);
    }

    function test_MarginCall_WhenAnybodyCalls(address caller) external {
        DealId id = _servingAt(0.3e8);
        uint256 health = deals.healthBps(id, 0);
        uint256 locked = staking.locked(providers[0]);

        vm.expectEmit(address(deals));
        emit IDealsBooks.MarginCallOpened(id, 0, providers[0], health, priceGuard.staleSeconds());
        vm.prank(caller);
        deals.marginCall(id, 0);

        assertEq(_slot(id).calledAt, block.timestamp, "called");
        assertEq(staking.locked(providers[0]), locked, "nothing is slashed, nothing sold");
        assertEq(_slot(id).status, 2, "and it is served on");
    }

    /* TOP UP AND CURE */

    function test_TopUp_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != providers[0]);
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotAllowed.selector, caller, providers[0]));
        vm.prank(caller);
        deals.topUp(id, 0, 1);
    }

    function test_TopUp_RevertWhen_AmountZero() external {
        DealId id = _serving();
        vm.expectRevert(IDealsBooks.AmountZero.selector);
        vm.prank(providers[0]);
        deals.topUp(id, 0, 0);
    }

    function test_TopUp_LocksMore_WithoutAPrice(uint128 amount) external {
        DealId id = _serving();
        amount = uint128(bound(amount, 1, 1_000_000 * FLT));
        skip(3 days);
        vm.prank(providers[0]);
        deals.topUp(id, 0, amount);
        assertEq(_lockOf(id, 0), LOCK + amount, "more");
    }

    function test_TopUp_WhenItSuffices_Cures() external {
        DealId id = _called();
        uint256 need = 8400 * 2 * 1e8 * FLT / priceGuard.high() - LOCK + FLT;
        vm.prank(providers[0]);
        staking.setKey(stranger, KeyRoles.STAKE, type(uint40).max);
        vm.prank(stranger);
        deals.topUp(id, 0, uint128(need));
        assertEq(_slot(id).calledAt, 0, "cured");
        assertGe(deals.healthBps(id, 0), 20_000, "healthy");
    }

    function test_TopUp_WhenItDoesNotSuffice_LeavesTheCall() external {
        DealId id = _called();
        vm.prank(providers[0]);
        deals.topUp(id, 0, uint128(FLT));
        assertGt(_slot(id).calledAt, 0, "called still");
    }

    function test_Cure_RevertGiven_NotCalled() external {
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.MarginNotCalled.selector, id, 0));
        deals.cure(id, 0);
    }

    function test_Cure_RevertGiven_HealthTooLow() external {
        DealId id = _called();
        uint256 health = deals.healthBps(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.HealthTooLow.selector, health, 20_000));
        deals.cure(id, 0);
    }

    function test_Cure_WhenThePriceRecovers(address caller) external {
        DealId id = _called();
        _post(0.5e8);
        vm.prank(caller);
        deals.cure(id, 0);
        assertEq(_slot(id).calledAt, 0, "cured");
    }

    /* LEAVE */

    function test_Leave_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != customer);
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.NotAllowed.selector, caller, customer));
        vm.prank(caller);
        deals.leave(id, 0);
    }

    function test_Leave_RevertGiven_NotCalled() external {
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.MarginNotCalled.selector, id, 0));
        vm.prank(customer);
        deals.leave(id, 0);
    }

    function test_Leave_RevertGiven_CureRunning(uint256 wait) external {
        DealId id = _called();
        uint40 until = uint40(block.timestamp + 48 hours);
        _skip(bound(wait, 0, 20 hours));
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.CureRunning.selector, id, 0, until));
        vm.prank(customer);
        deals.leave(id, 0);
    }

    function test_Leave_RevertGiven_HealthyAgain(uint256 later) external {
        DealId id = _called();
        for (uint256 i = 0; i < 9; ++i) {
            _post(0.5e8);
            _skip(6 hours);
        }
        _skip(bound(later, 0, 1 days));
        uint256 health = deals.healthBps(id, 0);
        assertGe(health, 20_000, "two thirds of the coverage");
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.HealthSufficient.selector, health, 20_000));
        vm.prank(customer);
        deals.leave(id, 0);
    }

    /// @dev 30 hours of the 48 are stale: the clock stands still in them.
    function test_Leave_GivenStaleInBetween_WaitsLonger() external {
        DealId id = _called();
        _skip(10 hours);
        uint64 before = priceGuard.staleSeconds();
        skip(54 hours);
        _post(fltPrice);
        uint64 stale = priceGuard.staleSeconds() - before;
        assertEq(stale, 30 hours, "stale after a day's heartbeat");
        vm.expectPartialRevert(IDealsBooks.CureRunning.selector);
        vm.prank(customer);
        deals.leave(id, 0);
        _skip(14 hours + 1);
        vm.prank(customer);
        deals.leave(id, 0);
        assertEq(_slot(id).status, 3, "left");
    }

    function test_Leave_GivenNotCured() external {
        DealId id = _called();
        _skip(20 hours);
        _skip(20 hours);
        _skip(8 hours + 1);
        uint256 served = block.timestamp - _slot(id).startedAt;

        vm.expectEmit(address(deals));
        emit IDealsBooks.SlotEnded(id, 0, providers[0], uint40(block.timestamp), 3);
        vm.prank(customer);
        deals.leave(id, 0);

        assertEq(_slot(id).owed, 100 * dollar * served / 1 days, "paid until he left");
        assertEq(_lockOf(id, 0), LOCK, "nothing is slashed");
        assertGt(_refund(id, customer), 0, "his money goes back");
    }

    function test_Leave_GivenUnderTheMinimum_AtOnce() external {
        DealId id = _servingAt(0.18e8);
        assertLt(deals.healthBps(id, 0), 12_500, "under five twelfths");
        vm.prank(customer);
        deals.leave(id, 0);
        assertEq(_slot(id).status, 3, "left without a call");
    }

    function test_Renew_AtAPrice_EndsTheCall() external {
        DealId id = _serving();
        _skip(9 days);
        _fund(customer, id, 8000 * dollar);
        while (block.timestamp < _slot(id).termEnd - 1 days) {
            _post(0.25e8);
            _skip(4 hours);
        }
        deals.marginCall(id, 0);
        deals.renew(id, 0);
        assertEq(_slot(id).calledAt, 0, "a new lock at a price");
        assertGe(deals.healthBps(id, 0), 30_000, "in full");
    }
}
