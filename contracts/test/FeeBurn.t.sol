// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFeeBurn} from "../src/interfaces/IFeeBurn.sol";
import {DealId} from "../src/types/Ids.sol";
import {RewardsBase} from "./RewardsBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

contract FeeBurnTest is RewardsBase {
    DealId private id;

    /// @dev A deal of 100 units at a dollar pays two dollars of fee a day, credited from the fourth day on; a request fee waits.
    function setUp() public override {
        super.setUp();
        id = _serving();
    }

    /// @dev A lot of a dime's half and `period` of fees.
    function _started(uint256 period) private returns (uint128 lot) {
        _skip(3 days + period);
        deals.settle(id, 0);
        feeBurn.collect();
        (lot,) = feeBurn.lot();
    }

    /* COLLECT */

    function test_Collect_GivenNothingCredited() external {
        feeBurn.collect();
        assertEq(feeBurn.collect(), 0, "nothing");
    }

    function test_Collect_WhenCredited(uint16 burnBps, uint256 period) external {
        burnBps = uint16(bound(burnBps, 0, 10_000));
        feeBurn.setBurnShare(burnBps, reserve);
        _skip(3 days + bound(period, 1 hours, 10 days));
        deals.settle(id, 0);
        uint128 amount = deals.creditOf(address(feeBurn));
        uint128 toBurn = uint128((uint256(amount) * burnBps + 9999) / 10_000);

        vm.expectEmit(address(feeBurn));
        emit IFeeBurn.FeesCollected(amount, toBurn, amount - toBurn, toBurn);
        assertEq(feeBurn.collect(), amount, "collected");

        (uint128 lot, uint40 startedAt) = feeBurn.lot();
        assertEq(lot, toBurn, "lot");
        if (toBurn != 0) assertEq(startedAt, block.timestamp, "starts now");
        assertEq(feeBurn.treasuryCredit(), amount - toBurn, "treasury");
        assertEq(feeBurn.surplus(), 0, "nothing over");
        assertEq(feeBurn.intake(), toBurn, "all of it is for sale");
    }

    /// @dev A crumb that somebody left does not keep the price of what comes after it low.
    function test_Collect_GivenCrumbLeft() external {
        uint128 lot = _started(2 days);
        _skip(6 hours);
        _buy(stranger, lot - 1);
        deals.settle(id, 0);
        vm.expectEmit(false, false, false, false, address(feeBurn));
        emit IFeeBurn.LotStarted(0);
        feeBurn.collect();

        (, uint40 startedAt) = feeBurn.lot();
        assertEq(startedAt, block.timestamp, "starts anew");
    }

    /// @dev And a trickle of fees does not keep the price of a lot high.
    function test_Collect_GivenFewFees() external {
        _started(2 days);
        (, uint40 startedAt) = feeBurn.lot();
        _skip(2 hours);
        deals.settle(id, 0);
        feeBurn.collect();

        (, uint40 after_) = feeBurn.lot();
        assertEq(after_, startedAt, "runs on");
    }

    /* BUY */

    function test_Buy_RevertWhen_AmountZero() external {
        vm.expectRevert(IFeeBurn.AmountZero.selector);
        feeBurn.buy(0, 1, stranger);
    }

    function test_Buy_RevertWhen_MoreThanLot(uint128 amount) external {
        uint128 lot = _started(1 days);
        amount = uint128(bound(amount, lot + 1, type(uint128).max));

        vm.expectRevert(abi.encodeWithSelector(IFeeBurn.LotTooSmall.selector, lot, amount));
        feeBurn.buy(amount, type(uint128).max, stranger);
    }

    /// @dev The clock goes on, and nobody buys.
    function test_Buy_RevertGiven_PriceStale() external {
        uint128 lot = _started(1 days);
        skip(2 days);

        vm.expectRevert(IFeeBurn.PriceStale.selector);
        feeBurn.buy(lot, type(uint128).max, stranger);
        vm.expectRevert(IFeeBurn.PriceStale.selector);
        feeBurn.costOf(lot);
        _post(fltPrice);
        assertEq(feeBurn.costOf(lot), uint256(lot) * 19 * 1e11, "at the floor, in FLT of half a dollar");
    }

    function test_Buy_RevertWhen_CostTooHigh(uint256 elapsed) external {
        uint128 lot = _started(1 days);
        _skip(bound(elapsed, 0, 12 hours));
        uint128 cost = feeBurn.costOf(lot);

        vm.expectRevert(abi.encodeWithSelector(IFeeBurn.CostTooHigh.selector, cost, cost - 1));
        feeBurn.buy(lot, cost - 1, stranger);
    }

    function test_Buy_WhenCostAccepted(uint128 amount, uint256 elapsed) external {
        uint128 lot = _started(1 days);
        amount = uint128(bound(amount, 1, lot));
        elapsed = bound(elapsed, 0, 12 hours);
        _skip(elapsed);
        uint256 fallen = elapsed < 6 hours ? elapsed : 6 hours;
        // Two FLT a dollar: 3.0 falls to 1.9 in six hours.
        uint256 cost =
            (uint256(amount) * 2e12 * (15_000 * 6 hours - 5500 * fallen) + 10_000 * 6 hours - 1) / (10_000 * 6 hours);
        _mintFlt(stranger, cost);
        vm.startPrank(stranger);
        flt.approve(address(feeBurn), cost);

        vm.expectEmit(address(feeBurn));
        emit IFeeBurn.FeesSold(stranger, amount, uint128(cost), friend, lot - amount, amount);
        assertEq(feeBurn.buy(amount, uint128(cost), friend), cost, "cost");

        assertEq(flt.balanceOf(DEAD), cost, "burned");
        assertEq(usd.balanceOf(friend), amount, "sold");
        assertEq(feeBurn.sold(), amount, "counted");
        assertEq(feeBurn.surplus(), 0, "nothing over");
    }

    /// @dev FLT halves within minutes: its high price stays where it was for a day, and the lot starts above the market all the same.
    function test_Buy_GivenPriceFell(uint256 elapsed) external {
        uint128 lot = _started(1 days);
        elapsed = bound(elapsed, 0, 6 hours);
        _skip(elapsed);
        fltPrice /= 2;
        _post(fltPrice);
        priceGuard.observe();
        (uint256 low, uint256 high) = (priceGuard.low(), priceGuard.high());
        assertEq(low, fltPrice, "low is the market");
        assertGt(high, 2 * low - low / 50, "high is not");

        uint256 ceiling = uint256(lot) * 1e20 * 15_000 / (low * 10_000);
        uint256 floor = uint256(lot) * 1e20 * 9500 / (high * 10_000);
        uint256 cost = feeBurn.costOf(lot);
        assertApproxEqAbs(cost, (ceiling * (6 hours - elapsed) + floor * elapsed) / 6 hours, 2, "a straight line");
        // With FLT of four a dollar.
        if (elapsed <= 2 hours) assertGt(cost, uint256(lot) * 4e12, "above the market for two hours");
        assertEq(_buy(stranger, lot), cost, "and sold for it");
    }

    /* CLAIM */

    function test_Claim_RevertWhen_CallerNotTreasury(address caller) external {
        vm.assume(caller != reserve);

        vm.expectRevert(abi.encodeWithSelector(IFeeBurn.NotTreasury.selector, caller));
        vm.prank(caller);
        feeBurn.claim();
    }

    function test_Claim_RevertGiven_NothingCollected() external {
        vm.expectRevert(IFeeBurn.AmountZero.selector);
        vm.prank(reserve);
        feeBurn.claim();
    }

    function test_Claim_WhenCollected() external {
        _started(5 days);
        uint128 credit = feeBurn.treasuryCredit();

        vm.expectEmit(address(feeBurn));
        emit IFeeBurn.TreasuryPaid(reserve, credit);
        vm.prank(reserve);
        assertEq(feeBurn.claim(), credit, "claimed");
        assertEq(usd.balanceOf(reserve), credit, "paid");
        assertEq(feeBurn.surplus(), 0, "nothing over");
    }

    /* SET BURN SHARE */

    function test_SetBurnShare_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != address(this));

        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
        feeBurn.setBurnShare(0, caller);
    }

    function test_SetBurnShare_RevertWhen_TooHigh(uint16 burnBps) external {
        burnBps = uint16(bound(burnBps, 10_001, type(uint16).max));

        vm.expectRevert(abi.encodeWithSelector(IFeeBurn.BpsTooHigh.selector, burnBps, 10_000));
        feeBurn.setBurnShare(burnBps, reserve);
    }

    function test_SetBurnShare_WhenWithin(uint16 burnBps) external {
        burnBps = uint16(bound(burnBps, 0, 10_000));
        _started(5 days);
        uint128 credit = feeBurn.treasuryCredit();
        vm.expectEmit(address(feeBurn));
        emit IFeeBurn.BurnShareSet(burnBps, friend);
        feeBurn.setBurnShare(burnBps, friend);

        assertEq(feeBurn.burnBps(), burnBps, "share");
        vm.prank(friend);
        assertEq(feeBurn.claim(), credit, "the successor's");
    }

    /* SURPLUS */

    function test_Surplus_WhenDonated(uint128 amount) external {
        _started(1 days);
        vm.prank(issuer);
        usd.mint(address(feeBurn), bound(amount, 1, 1e18));
        assertEq(feeBurn.surplus(), bound(amount, 1, 1e18), "donated");
    }
}
