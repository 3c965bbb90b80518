// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PriceGuard} from "../src/PriceGuard.sol";
import {IPriceGuard} from "../src/interfaces/IPriceGuard.sol";
import {RunningAverage} from "../src/libraries/RunningAverage.sol";
import {Prices} from "./Prices.sol";
import {MockAggregator} from "./mocks/MockAggregator.sol";

contract PriceGuardObserveTest is Prices {
    uint256 private constant PRICE_MAX = 1e6 * 1e8;

    /* CONSTRUCTOR */

    function test_Constructor_RevertWhen_FewerThanTwoSources(bool isOne) external {
        uint256 count = isOne ? 1 : 0;
        IPriceGuard.Source[] memory list = sourcesOf(count);

        vm.expectRevert(abi.encodeWithSelector(IPriceGuard.SourcesTooFew.selector, count, 2));
        new PriceGuard(address(governance), list);
    }

    function test_Constructor_RevertWhen_MoreThanSevenSources(uint256 count) external {
        count = bound(count, 8, 20);
        IPriceGuard.Source[] memory list = new IPriceGuard.Source[](count);

        vm.expectRevert(abi.encodeWithSelector(IPriceGuard.SourcesTooMany.selector, count, 7));
        new PriceGuard(address(governance), list);
    }

    function test_Constructor_RevertWhen_SourceNamedTwice(uint256 first, uint256 second) external {
        first = bound(first, 0, 1);
        second = bound(second, first + 1, 2);
        IPriceGuard.Source[] memory list = sourcesOf(3);
        list[second].aggregator = list[first].aggregator;

        vm.expectRevert(abi.encodeWithSelector(IPriceGuard.SourceInvalid.selector, list[first].aggregator));
        new PriceGuard(address(governance), list);
    }

    function test_Constructor_RevertWhen_HeartbeatOutOfRange(uint32 heartbeat) external {
        vm.assume(heartbeat == 0 || heartbeat > 2 days);
        IPriceGuard.Source[] memory list = sourcesOf(2);
        list[1].heartbeat = heartbeat;

        vm.expectRevert(abi.encodeWithSelector(IPriceGuard.HeartbeatOutOfRange.selector, heartbeat));
        new PriceGuard(address(governance), list);
    }

    function test_Constructor_RevertWhen_SourceIsNoAggregator(bool hasCode) external {
        IPriceGuard.Source[] memory list = sourcesOf(2);
        if (hasCode) feeds[1].setMode(MockAggregator.Mode.HasNoDecimals);
        else list[1].aggregator = makeAddr("nobody");

        vm.expectRevert(abi.encodeWithSelector(IPriceGuard.SourceInvalid.selector, list[1].aggregator));
        new PriceGuard(address(governance), list);
    }

    function test_Constructor_RevertWhen_DecimalsOutOfRange(uint256 decimals) external {
        feeds[1].setDecimals(bound(decimals, 31, type(uint256).max));

        vm.expectRevert(abi.encodeWithSelector(IPriceGuard.SourceInvalid.selector, address(feeds[1])));
        new PriceGuard(address(governance), sourcesOf(2));
    }

    function test_Constructor_WhenNoSourceFresh(uint256 elapsed) external {
        skip(bound(elapsed, HEARTBEAT + 1, 1000 days));

        PriceGuard unread = new PriceGuard(address(governance), sourcesOf(3));

        assertTrue(unread.isStale(), "stale");
        assertEq(unread.low(), 0, "low");
        assertEq(unread.high(), 0, "high");
        vm.expectRevert(abi.encodeWithSelector(IPriceGuard.PriceStale.selector, block.timestamp, 0));
        unread.lowForGrant();
    }

    function test_Constructor_WhenSourcesFresh(uint64 price) external {
        price = uint64(bound(price, 1, PRICE_MAX));
        answerAll(price);

        for (uint8 i = 0; i < 3; ++i) {
            vm.expectEmit();
            emit IPriceGuard.SourceSet(i, address(feeds[i]), HEARTBEAT);
        }
        uint96 average = RunningAverage.fromPrice(price);
        vm.expectEmit();
        emit IPriceGuard.PriceObserved(
            price, average, average, uint40(block.timestamp + HEARTBEAT), false, price, price, 0
        );
        PriceGuard fresh = new PriceGuard(address(governance), sourcesOf(3));

        assertEq(abi.encode(fresh.sources()), abi.encode(sourcesOf(3)), "sources");
        assertEq(fresh.low(), price, "low");
        assertEq(fresh.high(), price, "high");
        assertFalse(fresh.isStale(), "stale");
    }

    /* OBSERVE */

    function test_Observe_RevertWhen_GasCouldNotFeedASource(uint256 gasLimit) external {
        gasLimit = bound(gasLimit, 40_000, 115_000);
        skip(10 minutes);
        answerAll(HALF);

        (bool isDone, bytes memory reason) = address(guard).call{gas: gasLimit}(abi.encodeCall(guard.observe, ()));

        assertFalse(isDone, "done");
        assertEq(bytes4(reason), IPriceGuard.GasTooLow.selector, "reason");
    }

    /// @dev However little gas is left: either nothing is stored, or every source was heard.
    function test_Observe_WhenAnyGasIsGiven(uint256 gasLimit) external {
        gasLimit = bound(gasLimit, 30_000, 400_000);
        skip(10 minutes);
        answerAll(HALF);
        answer(2, HALF + 1);

        (bool isDone,) = address(guard).call{gas: gasLimit}(abi.encodeCall(guard.observe, ()));

        assertFalse(guard.observation().isSpread, "spread");
        if (isDone) assertEq(guard.observation().at, block.timestamp, "observed");
    }

    function test_Observe_GivenASourceBroken(uint256 index, bool burns, uint256 price) external {
        index = bound(index, 0, 2);
        price = bound(price, HALF, HALF * 105 / 100);
        answerAll(price);
        feeds[index].setMode(burns ? MockAggregator.Mode.BurnsGas : MockAggregator.Mode.Reverts);

        guard.observe();

        assertReadByTheOthers(price);
    }

    function test_Observe_GivenASourceWithoutCompleteAnswer(uint256 index, uint256 price) external {
        index = bound(index, 0, 2);
        price = bound(price, 1, PRICE_MAX);
        answerAll(price);
        feeds[index].setAnswer(int256(price * 2), block.timestamp);
        feeds[index].setMode(MockAggregator.Mode.AnswersShort);

        guard.observe();

        assertReadByTheOthers(price);
    }

    /// @dev A long answer is an answer: only its first five words are copied.
    function test_Observe_GivenALongAnswer(uint256 price) external {
        price = bound(price, 1, PRICE_MAX);
        answerAll(price);
        feeds[0].setMode(MockAggregator.Mode.AnswersLong);
        feeds[1].setMode(MockAggregator.Mode.Reverts);

        guard.observe();

        assertReadByTheOthers(price);
    }

    function test_Observe_GivenAnAnswerThatIsNoPrice(uint256 index, int256 answer_, uint256 price) external {
        index = bound(index, 0, 2);
        price = bound(price, 1, PRICE_MAX);
        if (answer_ > 0) answer_ = bound(answer_, int256(uint256(type(uint64).max)) + 1, type(int256).max);
        answerAll(price);
        feeds[index].setAnswer(answer_, block.timestamp);

        guard.observe();

        assertReadByTheOthers(price);
    }

    function test_Observe_GivenAnAnswerFromTheFuture(uint256 index, uint256 updatedAt, uint256 price) external {
        index = bound(index, 0, 2);
        price = bound(price, 1, PRICE_MAX);
        answerAll(price);
        feeds[index].setAnswer(int256(price * 2), bound(updatedAt, block.timestamp + 1, type(uint256).max));

        guard.observe();

        assertReadByTheOthers(price);
    }

    function test_Observe_GivenAnAnswerPastItsHeartbeat(uint256 index, uint256 updatedAt, uint256 price) external {
        index = bound(index, 0, 2);
        price = bound(price, 1, PRICE_MAX);
        answerAll(price);
        feeds[index].setAnswer(int256(price * 2), bound(updatedAt, 1, block.timestamp - HEARTBEAT - 1));

        guard.observe();

        assertReadByTheOthers(price);
    }

    function test_Observe_GivenAnIncompleteRound(uint256 index, uint80 round, uint80 answeredIn) external {
        index = bound(index, 0, 2);
        round = uint80(bound(round, 1, type(uint80).max));
        answerAll(HALF);
        feeds[index].setAnswer(int256(uint256(HALF) * 2), block.timestamp);
        feeds[index].setRound(round, uint80(bound(answeredIn, 0, round - 1)));

        guard.observe();

        assertReadByTheOthers(HALF);
    }

    function test_Observe_GivenSourceNeverAnswered(uint256 index, uint256 price) external {
        index = bound(index, 0, 2);
        price = bound(price, 1, PRICE_MAX);
        answerAll(price);
        feeds[index].setAnswer(int256(price * 2), 0);

        guard.observe();

        assertReadByTheOthers(price);
    }

    function test_Observe_GivenFewerThanTwoFresh(uint256 elapsed, uint256 index, uint256 price) external {
        skip(bound(elapsed, HEARTBEAT + 1, 1000 days));
        answer(bound(index, 0, 2), bound(price, 1, PRICE_MAX));

        guard.observe();

        assertTrue(guard.isStale(), "stale");
        assertTrue(guard.observation().isSpread, "spread");
        assertEq(guard.observation().median, HALF, "median");
    }

    function test_Observe_GivenSpreadOverFivePercent(uint256 lowest, uint256 middle, uint256 highest) external {
        lowest = bound(lowest, 1, PRICE_MAX);
        highest = bound(highest, lowest * 105 / 100 + 1, lowest * 10 + 10);
        answer(2, lowest);
        answer(0, bound(middle, lowest, highest));
        answer(1, highest);

        guard.observe();

        assertTrue(guard.isStale(), "stale");
        assertEq(guard.observation().median, HALF, "median");
        assertEq(guard.observation().freshUntil, block.timestamp + HEARTBEAT, "fresh until");
    }

    function test_Observe_GivenSpreadOfFivePercent(uint256 lowest, uint256 middle) external {
        lowest = bound(lowest, 1, PRICE_MAX);
        uint256 highest = lowest * 105 / 100;
        middle = bound(middle, lowest, highest);
        answer(2, lowest);
        answer(0, middle);
        answer(1, highest);

        guard.observe();

        assertFalse(guard.isStale(), "stale");
        assertEq(guard.observation().median, middle, "median");
    }

    function test_Observe_GivenNoPriceBefore(uint64 price, uint256 elapsed) external {
        price = uint64(bound(price, 1, PRICE_MAX));
        skip(HEARTBEAT + 1);
        PriceGuard unread = new PriceGuard(address(governance), sourcesOf(3));
        elapsed = bound(elapsed, 0, 1000 days);
        skip(elapsed);
        answerAll(price);

        unread.observe();

        IPriceGuard.Observation memory seen = unread.observation();
        assertEq(unread.low(), price, "low");
        assertEq(unread.high(), price, "high");
        assertEq(seen.dayEma, price, "day");
        assertEq(seen.dayBeforeEma, price, "day before");
        assertEq(seen.staleSeconds, elapsed, "stale seconds");
    }

    function test_Observe_GivenTwoFresh(uint256 one, uint256 difference) external {
        one = bound(one, 1, PRICE_MAX);
        uint256 other = one + bound(difference, 0, one * 5 / 100);
        answer(0, other);
        answer(1, one);
        feeds[2].setMode(MockAggregator.Mode.Reverts);

        guard.observe();

        assertEq(guard.observation().median, (one + other) / 2, "median");
    }

    function test_Observe_GivenThreeFresh(uint256 middle, uint256 below, uint256 above, uint256 order) external {
        middle = bound(middle, 10_000, PRICE_MAX);
        below = bound(below, middle * 98 / 100, middle);
        above = bound(above, middle, middle * 102 / 100);
        order = bound(order, 0, 5);
        answer(order % 3, middle);
        answer((order + 1 + order / 3) % 3, below);
        answer((order + 2 - order / 3) % 3, above);

        guard.observe();

        assertEq(guard.observation().median, middle, "median");
    }

    function test_Observe_GivenOtherDecimals(uint256 shortDecimals, uint256 longDecimals, uint256 cents) external {
        shortDecimals = bound(shortDecimals, 2, 8);
        longDecimals = bound(longDecimals, 8, 30);
        cents = bound(cents, 1, PRICE_MAX / 1e6);
        feeds[0].setDecimals(shortDecimals);
        feeds[1].setDecimals(longDecimals);
        answer(0, cents * 10 ** (shortDecimals - 2));
        answer(1, cents * 10 ** (longDecimals - 2));

        PriceGuard scaled = new PriceGuard(address(governance), sourcesOf(2));

        assertEq(scaled.low(), cents * 1e6, "low");
    }

    function test_Observe_GivenSameBlock(uint256 price) external {
        price = bound(price, 1, PRICE_MAX);

        observeAt(price);

        (uint64 median, uint64 ema30m, uint64 ema24h) = guard.averages();
        assertEq(median, price, "median");
        assertEq(ema30m, HALF, "30 minutes");
        assertEq(ema24h, HALF, "24 hours");
    }

    function test_Observe_GivenSameDay(uint256 price, uint256 elapsed) external {
        observeAt(bound(price, 1, PRICE_MAX));
        skip(bound(elapsed, 0, 12 hours - 1));
        observeAt(HALF);

        assertEq(guard.observation().dayEma, HALF, "day");
        assertEq(guard.observation().dayBeforeEma, HALF, "day before");
    }

    function test_Observe_GivenNextDay(uint256 elapsed) external {
        observeAt(HALF * 2);
        skip(bound(elapsed, 12 hours, 36 hours - 1));
        observeAt(HALF);

        // Half a day of a constant of a day: a third of the way.
        assertEq(guard.observation().dayEma, uint256(HALF) * 4 / 3, "day");
        assertEq(guard.observation().dayBeforeEma, HALF, "day before");
    }

    function test_Observe_GivenDaysWithoutObservation(uint256 daysBetween, uint256 elapsed) external {
        daysBetween = bound(daysBetween, 2, 10_000);
        observeAt(HALF * 2);
        skip(12 hours + (daysBetween - 1) * 1 days + bound(elapsed, 0, 1 days - 1));
        observeAt(HALF);

        uint256 toToday = 12 hours + (daysBetween - 1) * 1 days;
        assertEq(guard.observation().dayEma, averageAfter(toToday, HALF, HALF * 2), "day");
        assertEq(guard.observation().dayBeforeEma, averageAfter(toToday - 1 days, HALF, HALF * 2), "day before");
    }

    function test_Observe_GivenObservedOften() external {
        observeAt(1);
        skip(1000 days);
        observeAt(1);
        observeAt(100);
        for (uint256 i = 0; i < 200; ++i) {
            skip(1);
            observeAt(100);
        }

        // A whole price unit would take 86,400 such steps to show in an average without a fraction.
        assertGt(guard.observation().ema24h, RunningAverage.fromPrice(1) * 115 / 100, "24 hours");
    }

    function test_Observe_GivenAnyPrice(uint256 price, uint256 elapsed, uint256 later) external {
        price = bound(price, 1, PRICE_MAX);
        observeAt(HALF * 2);
        skip(bound(elapsed, 1, 30 days));
        answerAll(price);
        uint256 extra = bound(later, 1, HEARTBEAT - 1);
        feeds[0].setAnswer(int256(price), block.timestamp - extra);
        (, uint64 ema30mBefore, uint64 ema24hBefore) = guard.averages();
        uint64 staleBefore = guard.staleSeconds();
        feeds[1].setAnswer(int256(price), block.timestamp - 1);

        vm.expectEmit(false, false, false, false);
        emit IPriceGuard.PriceObserved(0, 0, 0, 0, false, 0, 0, 0);
        guard.observe();

        (uint64 median, uint64 ema30m, uint64 ema24h) = guard.averages();
        assertEq(median, price, "median");
        assertEq(ema30m, ema30mBefore, "30 minutes");
        assertEq(ema24h, ema24hBefore, "24 hours");
        assertEq(guard.staleSeconds(), staleBefore, "stale seconds");
        assertEq(guard.observation().freshUntil, block.timestamp - 1 + HEARTBEAT, "fresh until");
    }

    /* INTERNAL */

    function assertReadByTheOthers(uint256 price) private view {
        assertEq(guard.observation().median, price, "median");
        assertFalse(guard.isStale(), "stale");
        assertEq(guard.observation().freshUntil, block.timestamp + HEARTBEAT, "fresh until");
    }

    function averageAfter(uint256 elapsed, uint256 from, uint256 to) private pure returns (uint256) {
        return (from * 1 days + to * elapsed) / (1 days + elapsed);
    }
}
