// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "../../src/interfaces/IAttributes.sol";
import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IRewardsBooks} from "../../src/interfaces/IRewards.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {RewardsBase} from "../RewardsBase.t.sol";

contract RewardsWorkTest is RewardsBase {
    DealId private id;

    /// @dev 100 units at a dollar serve from 7:00 of a day on.
    function setUp() public override {
        super.setUp();
        id = _serving();
    }

    /// @dev To some seconds after the end of this epoch.
    function _toEnd(uint256 seconds_) private returns (uint32 epoch) {
        epoch = _today();
        _skip((uint256(epoch) + 1) * 1 days - block.timestamp + seconds_);
    }

    /* ATTEND */

    function test_Attend_RevertWhen_CallerNotCapacity(address caller) external {
        vm.assume(caller != capacity);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotCapacity.selector, caller));
        vm.prank(caller);
        rewards.attend(id, 0, 1, providers[0], CPU);
    }

    function test_Attend_RevertGiven_CustomerNotAttested(bool isDeclared) external {
        if (isDeclared) {
            vm.prank(customer);
            attributes.declare(9, 0, type(uint40).max);
        }
        uint32 epoch = _toEnd(0);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.DemandNotAttested.selector, customer));
        _attend(id, epoch);
    }

    function test_Attend_RevertGiven_AttestationExpired() external {
        _secure(attester, 200);
        vm.prank(attester);
        attributes.attest(customer, 9, 3, 0, uint40(block.timestamp + 1 hours));
        uint32 epoch = _toEnd(0);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.DemandNotAttested.selector, customer));
        _attend(id, epoch);
    }

    function test_Attend_RevertWhen_SlotOfSomebodyElse(address other) external {
        vm.assume(other != providers[0]);
        _attest(200);
        uint32 epoch = _toEnd(0);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotServed.selector, id, 0, epoch));
        vm.prank(capacity);
        rewards.attend(id, 0, epoch, other, CPU);
    }

    function test_Attend_RevertWhen_AnotherClass(uint8 class) external {
        class = uint8(bound(class, 1, 255));
        _attest(200);
        uint32 epoch = _toEnd(0);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotServed.selector, id, 0, epoch));
        vm.prank(capacity);
        rewards.attend(id, 0, epoch, providers[0], class);
    }

    /// @dev Metered units prove in their idle cycles.
    function test_Attend_RevertGiven_Metered() external {
        _attest(200);
        uint32 epoch = _toEnd(0);
        IDeals.Deal memory agreed = deals.dealOf(id);
        agreed.paymentMode = 1;
        vm.mockCall(address(deals), abi.encodeCall(IDeals.dealOf, (id)), abi.encode(agreed));

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotServed.selector, id, 0, epoch));
        _attend(id, epoch);
    }

    function test_Attend_RevertGiven_NotServedThen(uint32 before) external {
        _attest(200);
        _toEnd(0);
        uint32 epoch = uint32(bound(before, 1, 20_699));

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotServed.selector, id, 0, epoch));
        _attend(id, epoch);
    }

    function test_Attend_RevertGiven_NotReady() external {
        _attest(200);
        DealId asked = _request(_asking(1, 10, 1, 3));
        _register(providers[1], 1_000_000 * FLT, 0, 0, 0);
        _activate(asked, _one(_offer(providers[1], 100, dollar)));
        uint32 epoch = _today();

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotServed.selector, asked, 0, epoch));
        vm.prank(capacity);
        rewards.attend(asked, 0, epoch, providers[1], CPU);
    }

    function test_Attend_RevertGiven_ExcusedAlready() external {
        _attest(200);
        uint32 epoch = _toEnd(0);
        _attend(id, epoch);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.WorkExcusedAlready.selector, id, 0, epoch));
        _attend(id, epoch);
    }

    function test_Attend_RevertGiven_BudgetSpent() external {
        // 100 units an epoch at the least lock; the second day's whole work needs all of it.
        _attest(1);
        uint32 epoch = _toEnd(0);
        _attend(id, epoch);
        epoch = _toEnd(0);
        _attend(id, epoch);
        DealId other = _request(_asking(1, 100, 14, 84));
        _register(providers[1], 1_000_000 * FLT, 0, 0, 0);
        _activate(other, _one(_offer(providers[1], 100, dollar)));
        vm.prank(providers[1]);
        deals.ready(other, 0);
        epoch = _toEnd(0);
        _attend(id, epoch);

        vm.expectRevert(abi.encodeWithSelector(IAttributes.BudgetSpent.selector, attester, epoch, 0, 100 * UNIT));
        vm.prank(capacity);
        rewards.attend(other, 0, epoch, providers[1], CPU);
    }

    /// @dev Three days are paid, then 50 minutes are dry, then another day is paid: the gap moves the start of the stream on, and is
    /// no work however it is counted.
    function test_Attend_GivenGap(bool isEveryDay) external {
        _attest(200);
        DealId thin = _thin();
        uint256 began = block.timestamp;
        _skip(36 hours);
        _fund(customer, thin, 10 * dollar);
        vm.prank(customer);
        deals.renew(thin, 0);
        uint32 first = uint32(began / 1 days);
        uint256 sum;
        for (uint32 day = 0; day < 3; ++day) {
            if (day != 0) _toDay(first + day + 1);
            if (isEveryDay) sum += _attend(thin, first + day);
        }
        _skip(began + 72 hours + 50 minutes - block.timestamp);
        _fund(customer, thin, 10 * dollar);
        _toDay(first + 4);
        uint64 last = _attend(thin, first + 3);
        if (isEveryDay) assertEq(last, 10 * UNIT * (24 hours - 50 minutes) / 1 days, "a day less the gap");
        else assertEq(last, 10 * UNIT, "what nobody counted before fills the gap");
        _toDay(first + 5);
        sum += last + _attend(thin, first + 4);
        uint256 paid = 10 * UNIT * (96 hours - 50 minutes) / 1 days;
        assertLe(sum, paid, "no more than was paid for");
        if (isEveryDay) assertApproxEqAbs(sum, paid, 5, "and no less");
    }

    /// @dev Ten units for terms of two days, one of which is paid.
    function _thin() private returns (DealId thin) {
        IMatching.Request memory asked = _asking(1, 10, 2, 20);
        asked.priceMax = uint96(dollar);
        asked.prepaid = uint128(20 * dollar);
        thin = _request(asked);
        _activate(thin, _one(_offer(providers[0], 10, dollar)));
        _ready(thin, 0);
    }

    function _toDay(uint32 day) private {
        uint256 at = uint256(day) * 1 days;
        if (at > block.timestamp) _skip(at - block.timestamp);
    }

    /// @dev Ten of seventeen hours are found to have been down, after all of them were counted.
    function test_Attend_GivenDeductedSince() external {
        _attest(200);
        assertEq(_attend(id, _toEnd(0)), 100 * UNIT * 17 / 24, "seventeen hours");
        vm.prank(faults);
        deals.deduct(id, 0, 1, 10 hours);
        _skip(1 hours);
        uint32 epoch = _today();
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotServed.selector, id, 0, epoch));
        _attend(id, epoch);
        assertEq(_attend(id, _toEnd(0)), 100 * UNIT * 14 / 24, "a day less the ten that were counted");
    }

    function test_Attend_WhenServed(uint256 late) external {
        _attest(200);
        uint32 first = _toEnd(bound(late, 0, 3 hours));
        // From 7:00 to midnight.
        uint64 credit = uint64(100 * UNIT * 17 / 24);
        vm.expectEmit(address(rewards));
        emit IRewardsBooks.DemandSpent(id, 0, first, attester, credit);
        assertEq(_attend(id, first), credit, "from its start on");
        uint32 second = _toEnd(0);
        assertEq(_attend(id, second), 100 * UNIT, "a whole day");

        (, uint64 spent) = attributes.budgetOf(attester, second);
        assertEq(spent, 100 * UNIT, "out of the attester's budget of that day");
    }

    /* RECORD FEE */

    function test_RecordFee_RevertGiven_NothingCredited() external {
        vm.expectRevert(IRewardsBooks.AmountZero.selector);
        rewards.recordFee(id, 0);
    }

    /// @dev FLT for a fee, at half a dollar.
    function _worth(uint256 fee) private pure returns (uint256) {
        return fee * KAPPA_BPS / 10_000 * 2e12;
    }

    /// @dev What was noted first keeps its place, what comes later waits behind it as one.
    function test_RecordFee_GivenLastNotBurned(uint256 times) external {
        times = bound(times, 1, 5);
        _skip(4 days);
        uint128 first = rewards.recordFee(id, 0);
        (, uint256 upTo) = rewards.recordedOf(id, 0);
        uint128 later;
        for (uint256 i = 0; i < times; ++i) {
            _skip(1 days);
            later += rewards.recordFee(id, 0);
        }
        (uint128 amount, uint256 need) = rewards.recordedOf(id, 0);
        assertEq(amount, first, "waits as it did");
        assertEq(need, upTo, "and for what it did");
        assertEq(rewards.recorded(), first + later, "all of it noted");

        feeBurn.collect();
        _buy(stranger, upTo);
        assertEq(rewards.rewardFee(id, 0), _worth(first), "the first");
        (amount, need) = rewards.recordedOf(id, 0);
        assertEq(amount, later, "then the later ones together");
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.FeeNotBurned.selector, upTo, need));
        rewards.rewardFee(id, 0);
        _buyAll(stranger);
        assertEq(rewards.rewardFee(id, 0), _worth(later), "in full");
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NothingRecorded.selector, id, 0));
        rewards.rewardFee(id, 0);
    }

    function test_RecordFee_GivenPriceStale() external {
        _skip(4 days);
        uint128 first = rewards.recordFee(id, 0);
        _buyAll(stranger);
        skip(3 days);
        uint128 later = rewards.recordFee(id, 0);
        (uint128 amount,) = rewards.recordedOf(id, 0);
        assertEq(amount, first, "waits");
        _skip(1 hours);
        _buyAll(stranger);
        assertEq(rewards.rewardFee(id, 0) + rewards.rewardFee(id, 0), _worth(first + later), "until there is a price");
    }

    function test_RecordFee_GivenFundsTooLow() external {
        rewards.setPool(1, 1, uint128(FUNDS), uint128(FUNDS));
        vm.prank(capacity);
        rewards.open(1, _today(), 0);
        _skip(4 days);
        uint128 first = rewards.recordFee(id, 0);
        _buyAll(stranger);
        _skip(1 days);
        uint128 later = rewards.recordFee(id, 0);
        (uint128 amount,) = rewards.recordedOf(id, 0);
        assertEq(amount, first, "waits");
        _buyAll(stranger);
        _fundRewards(FUNDS);
        assertEq(rewards.rewardFee(id, 0) + rewards.rewardFee(id, 0), _worth(first + later), "until somebody funds");
    }

    function test_RecordFee_GivenChangedHands() external {
        _skip(4 days);
        uint128 first = rewards.recordFee(id, 0);
        (, uint256 upTo) = rewards.recordedOf(id, 0);
        _skip(1 days);
        uint128 later = rewards.recordFee(id, 0);
        uint128 credited = uint128(50 * dollar);
        _changeHands(credited);
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.FeeNotBurned.selector, 0, upTo));
        rewards.recordFee(id, 0);
        _buyAll(stranger);
        uint128 amount = rewards.recordFee(id, 0);

        uint256 paid = _worth(first) + _worth(later);
        assertEq(
            rewards.creditOf(providers[0]), paid - paid * 3 / 10, "the one before is rewarded first, for all of it"
        );
        assertEq(amount, credited / 100, "then the next is noted, from its start on");
    }

    /// @dev Its place names nobody any more.
    function test_RecordFee_GivenPromotedStandby() external {
        DealId backed = _backed();
        _skip(10 days);
        uint128 first = rewards.recordFee(backed, 16);
        _promote(backed);
        uint128 upTo = uint128(feeBurn.intake());
        vm.expectEmit(true, true, true, false, address(rewards));
        emit IRewardsBooks.FeeRecorded(backed, 16, providers[2], 0, upTo);
        uint128 later = rewards.recordFee(backed, 16);
        assertEq(first + later, 20 * dollar / 100, "half the fee of ten days of retainers");
        _buyAll(stranger);
        uint256 amount = rewards.rewardFee(backed, 16);
        _buyAll(stranger);
        amount += rewards.rewardFee(backed, 16);
        uint256 paid = rewards.creditOf(providers[2]) + _toStakers(amount);
        assertApproxEqAbs(paid, amount, 2, "its provider's");
        assertEq(rewards.creditOf(address(0)), 0, "and not nobody's");
    }

    function test_RecordFee_RevertGiven_PromotedUnrecorded() external {
        DealId backed = _backed();
        _skip(10 days);
        _promote(backed);
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NothingRecorded.selector, backed, 16));
        rewards.recordFee(backed, 16);
    }

    function _toStakers(uint256 amount) private pure returns (uint256) {
        return amount * 3 / 10;
    }

    /// @dev The third provider stands by for the second.
    function _backed() private returns (DealId backed) {
        IMatching.Request memory asked = _asking(1, 100, 14, 84);
        (asked.standbys, asked.reserveBps) = (1, 2000);
        asked.prepaid += uint128(56 * dollar);
        backed = _request(asked);
        OfferId first = _host(1);
        OfferId second = _host(2);
        vm.startPrank(address(matching));
        deals.assign(backed, 0, first);
        deals.assign(backed, 16, second);
        vm.stopPrank();
        _ready(backed, 0);
        _ready(backed, 16);
    }

    function _promote(DealId backed) private {
        vm.prank(faults);
        deals.fail(backed, 0, 1, uint40(block.timestamp));
        assertEq(deals.slotOf(backed, 0).provider, providers[2], "promoted");
        assertEq(deals.slotOf(backed, 16).provider, address(0), "nobody stands by");
    }

    /// @dev Somebody else serves the slot, and was credited so much.
    function _changeHands(uint128 credited) private {
        IDeals.Slot memory place = deals.slotOf(id, 0);
        (place.provider, place.credited) = (providers[1], credited);
        ++place.serving;
        vm.mockCall(address(deals), abi.encodeCall(IDeals.slotOf, (id, 0)), abi.encode(place));
    }

    function test_RecordFee_GivenLastBurned() external {
        _skip(4 days);
        rewards.recordFee(id, 0);
        _buyAll(stranger);
        _skip(1 days);
        uint128 second = rewards.recordFee(id, 0);

        assertEq(rewards.creditOf(providers[0]), 0.7e18, "the first was rewarded: half a dollar, less 30 %");
        assertEq(second, dollar, "one dollar to burn");
        assertEq(rewards.recorded(), 2 * dollar, "all in all");
    }

    function test_RecordFee_WhenCredited(uint256 period) external {
        _skip(3 days + bound(period, 1 hours, 10 days));
        deals.settle(id, 0);
        uint256 fee = uint256(_slot(id).credited) * FEE_BPS / 10_000;
        uint256 upTo = feeBurn.intake();

        vm.expectEmit(address(rewards));
        emit IRewardsBooks.FeeRecorded(id, 0, providers[0], uint128(fee / 2), upTo);
        assertEq(rewards.recordFee(id, 0), fee / 2, "half of the fee is burned");

        (uint128 amount, uint256 need) = rewards.recordedOf(id, 0);
        assertEq(amount, fee / 2, "waits");
        assertEq(need, upTo, "for all that is for sale and will be");
    }

    /* REWARD FEE */

    function test_RewardFee_RevertGiven_NothingRecorded(uint8 slot) external {
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NothingRecorded.selector, id, slot));
        rewards.rewardFee(id, slot);
    }

    function test_RewardFee_RevertGiven_NotBurned(uint128 part) external {
        _skip(5 days);
        rewards.recordFee(id, 0);
        feeBurn.collect();
        (uint128 lot,) = feeBurn.lot();
        part = uint128(bound(part, 1, lot - 1));
        _buy(stranger, part);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.FeeNotBurned.selector, part, lot));
        rewards.rewardFee(id, 0);
    }

    function test_RewardFee_RevertGiven_PriceStale() external {
        _skip(5 days);
        rewards.recordFee(id, 0);
        _buyAll(stranger);
        skip(3 days);

        vm.expectRevert(IRewardsBooks.PriceStale.selector);
        rewards.rewardFee(id, 0);
    }

    function test_RewardFee_RevertGiven_FundsTooLow() external {
        rewards.setPool(1, 1, uint128(FUNDS), uint128(FUNDS));
        vm.prank(capacity);
        rewards.open(1, _today(), 0);
        _skip(4 days);
        rewards.recordFee(id, 0);
        _buyAll(stranger);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.FundsTooLow.selector, 0, 1e18 * 1));
        rewards.rewardFee(id, 0);
    }

    function test_RewardFee_WhenBurned(uint256 price, uint16 kappa) external {
        kappa = uint16(bound(kappa, 0, 5000));
        rewards.setBonus(BONUS_BPS, kappa);
        _skip(4 days);
        uint128 fee = rewards.recordFee(id, 0);
        _buyAll(stranger);
        _post(bound(price, 0.1e8, 10e8));
        uint64 high = priceGuard.high();
        uint128 amount = uint128(uint256(fee) * kappa * 1e20 / (uint256(high) * 10_000));

        vm.expectEmit(address(rewards));
        emit IRewardsBooks.FeeRewarded(id, 0, providers[0], fee, amount, high);
        assertEq(rewards.rewardFee(id, 0), amount, "kappa of the fee at the high price");

        assertEq(rewards.creditOf(providers[0]), amount - amount * 3 / 10, "the provider's");
        assertEq(rewards.funds(), FUNDS - amount, "out of the funds");
        (uint128 left,) = rewards.recordedOf(id, 0);
        assertEq(left, 0, "once");
        assertEq(rewards.surplus(), 0, "solvent");
    }
}
