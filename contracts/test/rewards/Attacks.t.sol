// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "../../src/interfaces/IAttributes.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IRewardsBooks} from "../../src/interfaces/IRewards.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {AttributeIds} from "../../src/types/AttributeIds.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {RewardsBase} from "../RewardsBase.t.sol";

/// @dev What people try for FLT that they did not earn, and what it costs them.
contract RewardsAttacksTest is RewardsBase {
    /* JUST IN TIME */

    /// @dev Stake that comes in the block before a payday and leaves after it earns its part of what dripped meanwhile: here at
    /// most half of the time's share of a week, and nothing when it leaves at once.
    function test_JustInTime_WhenStakedBeforePayday(uint256 stay) external {
        stay = bound(stay, 0, 7 days);
        (uint128 amount, uint32 epoch) = _earned(100);
        _toDue(epoch);
        _stake(stranger, providers[0], 4000 * FLT);
        _release(FIRST);
        uint256 pushed = amount * 3 / 10;
        skip(stay);
        uint128 shares = staking.position(providers[0], stranger).shares;
        vm.prank(stranger);
        staking.exit(stranger, providers[0], shares);

        uint256 owed = staking.position(providers[0], stranger).fltOwed;
        assertLe(owed, pushed * stay / 7 days / 2 + 1, "at most rate times time times share");
        if (stay == 0) assertEq(owed, 0, "nothing for a block");
        skip(7 days);
        assertEq(staking.position(providers[0], stranger).fltOwed, owed, "and nothing once it thaws");
    }

    /* PAYING ONESELF */

    /// @dev A provider is his own customer, sells nothing to anybody, and buys the burn's lot himself when it is cheapest, at
    /// the market's price, with kappa, burn share and fee as high as governance can set them. He loses 45 % of the fee at
    /// least: 100 - 50 (kappa) - 5 (the floor of the auction).
    function test_PayingOneself_Loses(uint16 kappa, uint16 burnBps, uint16 days_, uint256 price) external {
        kappa = uint16(bound(kappa, 0, 5000));
        burnBps = uint16(bound(burnBps, 0, 10_000));
        days_ = uint16(bound(days_, 1, 10));
        fltPrice = bound(price, 0.05e8, 20e8);
        _postForLong(fltPrice);
        rewards.setBonus(BONUS_BPS, kappa);
        feeBurn.setBurnShare(burnBps, reserve);
        deals.setFee(1000, address(feeBurn));
        (uint256 loss, uint256 fee, uint256 lot) = _payOneself(days_);
        assertEq(fee, 10 * dollar * days_, "a tenth of it is the fee");
        // What he is left with: kappa of the burned part, and the auction's discount on all that was for sale.
        uint256 back = fee * burnBps / 10_000 * kappa / 10_000 + lot * 5 / 100;
        assertApproxEqAbs(loss, fee - back + requestFee, dollar / 100, "fee less what comes back");
        assertGe(loss, fee * 45 / 100, "at least 45 % of the fee");
    }

    /// @dev FLT loses 40 % when the lot is at its floor, which the high price of the day before holds down, and nobody else buys.
    function test_PayingOneself_GivenACrash() external {
        rewards.setBonus(BONUS_BPS, 5000);
        feeBurn.setBurnShare(10_000, reserve);
        deals.setFee(1000, address(feeBurn));
        _fundRewards(10 * FUNDS);
        DealId id = _ownDeal(1000);
        uint256 old = fltPrice;
        // All his FLT is valued at the price after the fall.
        fltPrice = old * 6 / 10;
        uint256 before = _wealth(id);
        fltPrice = old;
        _skip(13 days);
        deals.close(id, 0);
        deals.settle(id, 0);
        uint256 fee = uint256(_slot(id).credited) * deals.dealOf(id).feeBps / 10_000;
        rewards.recordFee(id, 0);
        feeBurn.collect();
        _skip(5 hours + 50 minutes);
        fltPrice = old * 6 / 10;
        _post(fltPrice);
        priceGuard.observe();
        skip(10 minutes);
        (uint256 lot,) = feeBurn.lot();
        _buyOwn(uint128(lot));
        for (uint256 i = 0; i < 6; ++i) {
            _skip(1 days);
        }
        priceGuard.observe();
        rewards.rewardFee(id, 0);
        _takeAll(id);
        uint256 loss = before - _wealth(id);
        assertGt(loss, fee * 5 / 100, "he loses all the same: 0.95 * 0.6 + 0.5 is more than one");
    }

    /// @dev As deployed (fee 2 %, half of it burned, kappa one half): of $1,000 that he pays himself $20 are the fee, $10 of it are
    /// burned, $5 come back in FLT, and half a dollar is the auction's discount.
    function test_PayingOneself_AtDefaults() external {
        (uint256 loss, uint256 fee,) = _payOneself(10);
        assertEq(fee, 20 * dollar, "fee");
        assertApproxEqAbs(loss, 145 * dollar / 10 + requestFee, dollar / 100, "he loses $14.50, and the request's fee");
    }

    /// @dev Of a deal with himself, prepaid for so many days at $100.
    function _payOneself(uint16 days_) private returns (uint256 loss, uint256 fee, uint256 lot) {
        _fundRewards(10 * FUNDS);
        DealId id = _ownDeal(100 * days_);
        uint256 before = _wealth(id);
        _skip(uint256(days_) * 1 days + 3 days);
        deals.close(id, 0);
        deals.settle(id, 0);
        fee = uint256(_slot(id).credited) * deals.dealOf(id).feeBps / 10_000;
        bool isBurned = feeBurn.burnBps() * fee >= 10_000;
        if (isBurned) rewards.recordFee(id, 0);
        feeBurn.collect();
        _skip(6 hours);
        (lot,) = feeBurn.lot();
        if (lot != 0) _buyOwn(uint128(lot));
        if (isBurned) rewards.rewardFee(id, 0);
        _takeAll(id);
        loss = before - _wealth(id);
    }

    /// @dev The provider asks himself for a term of as many days as he prepays, 100 units at a dollar.
    function _ownDeal(uint256 dollars) private returns (DealId id) {
        vm.prank(providers[0]);
        staking.setTerms(IStaking.Terms(0, 3000, 0, 7, 0));
        _stake(providers[0], providers[0], 10_000_000 * FLT);
        OfferId offer = _offer(providers[0], 100, dollar);
        uint8 days_ = uint8(dollars / 100);
        IMatching.Request memory asked = _asking(1, 100, days_, days_);
        asked.priceMax = uint96(dollar);
        asked.prepaid = uint128(dollars * dollar);
        _pay(providers[0], asked.prepaid + requestFee);
        vm.prank(providers[0]);
        id = matching.request(asked);
        _activate(id, _one(offer));
        _ready(id, 0);
        // FLT enough to buy the whole lot.
        _mintFlt(providers[0], 100_000 * FLT);
    }

    function _buyOwn(uint128 amount) private {
        uint128 cost = feeBurn.costOf(amount);
        vm.startPrank(providers[0]);
        flt.approve(address(feeBurn), cost);
        feeBurn.buy(amount, cost, providers[0]);
        vm.stopPrank();
    }

    function _takeAll(DealId id) private {
        address ring = providers[0];
        _claim(ring);
        if (rewards.creditOf(ring) != 0) _claimFlt(ring);
        _skip(8 days);
        if (staking.position(ring, ring).fltOwed != 0) {
            vm.prank(ring);
            staking.claimReward(ring, ring, address(flt), ring);
        }
    }

    /// @dev In stablecoin, at the market's price; the stake itself is not touched. Before he is ready all of the deal's escrow is his.
    function _wealth(DealId id) private view returns (uint256) {
        address ring = providers[0];
        uint256 escrow = _slot(id).escrow;
        uint256 owed = _slot(id).owed == 0 ? requestFee : 0;
        return usd.balanceOf(ring) + escrow + owed + flt.balanceOf(ring) * fltPrice / 1e8 * dollar / 1e18;
    }

    /// @dev What others' fees burned is no credit for one's own: a fee is burned when all that came before it is.
    function test_PayingOneself_GivenOthersFeesBurned() external {
        DealId id = _serving();
        _skip(5 days);
        deals.settle(id, 0);
        _buyAll(stranger);
        _skip(1 days);
        rewards.recordFee(id, 0);
        (uint128 amount, uint256 upTo) = rewards.recordedOf(id, 0);
        assertLt(amount, upTo, "more was sold than this fee");

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.FeeNotBurned.selector, feeBurn.sold(), upTo));
        rewards.rewardFee(id, 0);
    }

    /// @dev Noting a fee again and again does not push its burning out of reach.
    function test_PayingOneself_GivenRecordedByStrangers() external {
        DealId id = _serving();
        _skip(4 days);
        uint128 fee = rewards.recordFee(id, 0);
        feeBurn.collect();
        (uint128 lot,) = feeBurn.lot();
        // A little is credited with each call, is not collected yet, and so lies behind the lot.
        for (uint256 i = 0; i < 6; ++i) {
            _skip(1 hours);
            vm.prank(stranger);
            rewards.recordFee(id, 0);
        }
        _buy(stranger, lot);
        assertEq(rewards.rewardFee(id, 0), uint256(fee) * KAPPA_BPS / 10_000 * 2e12, "rewarded in full");
    }

    /// @dev A burn share raised after the fee was sold rewards no more than was sold.
    function test_PayingOneself_GivenBurnShareRaised() external {
        feeBurn.setBurnShare(1000, reserve);
        DealId id = _serving();
        _skip(5 days);
        deals.settle(id, 0);
        _buyAll(stranger);
        feeBurn.setBurnShare(10_000, reserve);
        uint128 fee = rewards.recordFee(id, 0);

        (, uint256 upTo) = rewards.recordedOf(id, 0);
        assertGe(upTo, fee, "not before as much was sold as is rewarded");
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.FeeNotBurned.selector, feeBurn.sold(), upTo));
        rewards.rewardFee(id, 0);
    }

    /* DRY */

    /// @dev The last FLT goes to those who proved in that epoch; afterwards work is worth nothing until somebody funds, and
    /// nothing is owed for the time in between.
    function test_PoolRunsDry_PaysWhatThereIs(uint256 part) external {
        part = bound(part, 1, 99);
        _register(providers[0], 1000 * FLT, 0, 0, 0);
        rewards.setPool(CPU, uint128(dollar), uint128(FUNDS * 2), uint128(FUNDS * 2));
        uint32 epoch = _open(10 * UNIT);
        assertEq(_credit(FIRST, epoch, part, 100), FUNDS * part / 100, "a part of all there is");
        _skip(1 days);
        epoch = _open(10 * UNIT);
        assertEq(_credit(FIRST, epoch, part, 100), 0, "nothing of nothing");
        _toDue(epoch);
        _release(FIRST);
        rewards.sweep(CPU, _sweepable(epoch - 1));
        _skip(1 days);
        epoch = _open(10 * UNIT);
        (uint128 amount,) = rewards.epochOf(CPU, epoch);
        assertEq(amount, FUNDS - FUNDS * part / 100, "what was not earned pays again");
        assertEq(rewards.surplus(), 0, "solvent");
    }

    function _sweepable(uint32 epoch) private returns (uint32) {
        _skip(11 days);
        return epoch;
    }

    /* BOUNDARIES */

    /// @dev Whenever a slot starts, its epochs add up to what it served, and none has more than a day.
    function test_Boundaries_EpochsAddUp(uint256 start) external {
        _attest(200);
        _skip(bound(start, 0, 2 days));
        DealId id = _serving();
        uint256 began = block.timestamp;
        uint256 sum;
        for (uint256 i = 0; i < 3; ++i) {
            uint32 epoch = _today();
            _skip((uint256(epoch) + 1) * 1 days - block.timestamp);
            uint64 credit = _attend(id, epoch);
            assertLe(credit, 100 * UNIT, "a day at most");
            sum += credit;
        }
        assertApproxEqAbs(
            sum, 100 * UNIT * (block.timestamp - began) / 1 days, 100 * 3 + 3, "no second twice, none lost"
        );
        assertLe(sum, 100 * UNIT * (block.timestamp - began) / 1 days, "never more");
    }

    /* BUDGET */

    /// @dev An attester who sells his word, to as many customers as he likes, sells what his lock answers for and no more.
    function test_Budget_GivenManyCustomers(uint8 units) external {
        units = uint8(bound(units, 1, 150));
        _attest(100);
        vm.prank(attester);
        attributes.attest(friend, AttributeIds.REAL_CUSTOMER, 2, 0, uint40(block.timestamp + 365 days));
        vm.startPrank(address(rewards));
        attributes.spend(customer, 7, uint64(100 - units % 100) * 1e6);
        uint256 left = uint256(units % 100) * 1e6;
        vm.expectRevert(abi.encodeWithSelector(IAttributes.BudgetSpent.selector, attester, 7, left, left + 1));
        attributes.spend(friend, 7, uint64(left + 1));
        attributes.spend(friend, 7, uint64(left));
        vm.stopPrank();
    }

    /// @dev A wrong word is punished after it was used: the whole lock is there, even when he leaves at once.
    function test_Budget_GivenWrongWord() external {
        _attest(100);
        DealId id = _serving();
        uint32 epoch = _today();
        _skip(1 days);
        _attend(id, epoch);
        uint128 shares = staking.position(attester, attester).shares;
        vm.prank(attester);
        staking.exit(attester, attester, shares);
        _skip(2 days);

        vm.prank(council);
        assertEq(attributes.slash(attester, type(uint128).max), SECURITY_MIN, "all of it");
        _skip(1 days);
        vm.expectRevert(abi.encodeWithSelector(IAttributes.BudgetSpent.selector, attester, epoch + 3, 0, 100 * UNIT));
        _attend(id, epoch + 3);
    }
}
