// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPriceGuard} from "../src/interfaces/IPriceGuard.sol";
import {Prices} from "./Prices.sol";
import {MockAggregator} from "./mocks/MockAggregator.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

contract PriceGuardTest is Prices {
    uint256 private constant PRICE_MAX = 1e6 * 1e8;

    /* REFRESH */

    function test_Refresh_GivenObservationYoungAndFresh(uint256 elapsed, uint256 price) external {
        skip(bound(elapsed, 0, 5 minutes - 1));
        answerAll(bound(price, 1, PRICE_MAX));
        uint40 before = guard.observation().at;

        (uint64 lowPrice, uint64 highPrice, bool stale) = guard.refresh();

        assertEq(lowPrice, HALF, "low");
        assertEq(highPrice, HALF, "high");
        assertFalse(stale, "stale");
        assertEq(guard.observation().at, before, "at");
    }

    function test_Refresh_GivenObservationFiveMinutesOld(uint256 elapsed, uint256 price) external {
        skip(bound(elapsed, 5 minutes, 1000 days));
        price = bound(price, 1, PRICE_MAX);
        answerAll(price);

        (uint64 lowPrice, uint64 highPrice, bool stale) = guard.refresh();

        assertEq(lowPrice, price < HALF ? price : HALF, "low");
        assertEq(highPrice, price < HALF ? HALF : price, "high");
        assertFalse(stale, "stale");
        assertEq(guard.observation().at, block.timestamp, "at");
    }

    function test_Refresh_GivenObservationStale(uint256 elapsed) external {
        answer(0, HALF * 2);
        guard.observe();
        assertTrue(guard.isStale(), "stale before");
        skip(bound(elapsed, 0, 5 minutes - 1));
        answer(0, HALF);

        (,, bool stale) = guard.refresh();

        assertFalse(stale, "stale");
        assertEq(guard.observation().at, block.timestamp, "at");
    }

    function test_Refresh_GivenSourcesStale(uint256 elapsed) external {
        skip(bound(elapsed, HEARTBEAT + 1, 1000 days));

        (uint64 lowPrice,, bool stale) = guard.refresh();

        assertTrue(stale, "stale");
        assertEq(lowPrice, HALF, "low");
        assertEq(guard.observation().at, block.timestamp, "at");
    }

    /* LOW FOR GRANT */

    function test_LowForGrant_RevertGiven_SourcesStale(uint256 elapsed) external {
        skip(bound(elapsed, HEARTBEAT + 1, 1000 days));

        vm.expectRevert(abi.encodeWithSelector(IPriceGuard.PriceStale.selector, block.timestamp, 0));
        guard.lowForGrant();
    }

    function test_LowForGrant_GivenObservationYoungAndFresh(uint256 elapsed, uint256 price) external {
        skip(bound(elapsed, 0, 5 minutes - 1));
        answerAll(bound(price, 1, HALF - 1));

        assertEq(guard.lowForGrant(), HALF, "low");
    }

    function test_LowForGrant_GivenObservationFiveMinutesOld(uint256 elapsed, uint256 price) external {
        skip(bound(elapsed, 5 minutes, 1000 days));
        price = bound(price, 1, HALF);
        answerAll(price);

        assertEq(guard.lowForGrant(), price, "low");
        assertEq(guard.observation().at, block.timestamp, "at");
    }

    /* SET SOURCES */

    function test_SetSources_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != operator);

        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
        guard.setSources(sourcesOf(2));
    }

    function test_SetSources_WhenFewerSourcesThanBefore() external {
        vm.expectEmit(address(guard));
        emit IPriceGuard.SourceSet(2, address(0), 0);
        vm.prank(operator);
        guard.setSources(sourcesOf(2));

        assertEq(guard.sources().length, 2, "sources");
    }

    function test_SetSources_WhenCallerAllowed(uint256 price) external {
        price = bound(price, 1, PRICE_MAX);
        IPriceGuard.Source[] memory list = sourcesOf(2);
        for (uint256 i = 0; i < 2; ++i) {
            MockAggregator feed = new MockAggregator();
            feed.setAnswer(int256(price), block.timestamp);
            list[i] = IPriceGuard.Source({aggregator: address(feed), heartbeat: 1 days});
        }

        vm.prank(operator);
        guard.setSources(list);

        assertEq(abi.encode(guard.sources()), abi.encode(list), "sources");
        assertEq(guard.observation().median, price, "median");
        assertEq(guard.observation().freshUntil, block.timestamp + 1 days, "fresh until");
    }

    /* LOW */

    function test_Low_GivenPriceJumpedUp(uint256 factor, uint256 elapsed) external {
        observeAt(HALF * bound(factor, 2, 100));
        assertEq(guard.low(), HALF, "at once");
        skip(bound(elapsed, 1, 36 hours - 1));

        (, uint64 ema30m, uint64 ema24h) = guard.averages();
        assertGe(ema30m, ema24h, "the long average is slower");
        assertLe(guard.low(), ema24h, "average");
        assertLe(guard.low(), uint256(HALF) * 110 / 100, "ten percent");
    }

    function test_Low_GivenPriceJumpedDown(uint256 price) external {
        price = bound(price, 1, HALF);

        observeAt(price);

        assertEq(guard.low(), price, "low");
    }

    function test_Low_GivenPriceFellAndRecovered() external {
        observeAt(0.3e8);
        skip(3 days);
        observeAt(HALF);

        // The short average is the first to come near the fall, and so bounds the recovery at once.
        assertEq(guard.low(), averageAfter(3 days, HALF, 0.3e8, 30 minutes), "at once");
        assertEq(guard.high(), HALF, "high");
        skip(1 days);
        // A day later it is over: what bounds is the long average at the start of the day before, and ten percent.
        assertEq(guard.low(), averageAfter(2.5 days, HALF, 0.3e8, 1 days) * 110 / 100, "a day later");
        skip(10 days);
        assertGt(guard.low(), 0.48e8, "ten days later");
    }

    /* HIGH */

    function test_High_GivenPriceJumpedUp(uint256 price) external {
        price = bound(price, HALF, PRICE_MAX);

        observeAt(price);

        assertEq(guard.high(), price, "high");
    }

    function test_High_GivenPriceJumpedDown(uint256 price, uint256 elapsed) external {
        observeAt(bound(price, 1, HALF / 2));
        assertEq(guard.high(), HALF, "at once");
        skip(bound(elapsed, 1, 100 days));

        (, uint64 ema30m, uint64 ema24h) = guard.averages();
        assertLe(ema30m, ema24h, "the long average is slower");
        assertEq(guard.high(), ema24h, "high");
    }

    /* STALE */

    function test_IsStale_GivenTwoSourcesFresh(uint256 elapsed, uint256 lead) external {
        lead = bound(lead, 1, HEARTBEAT);
        skip(lead);
        answer(0, HALF);
        answer(1, HALF);
        guard.observe();
        skip(bound(elapsed, 0, HEARTBEAT));

        assertFalse(guard.isStale(), "stale");
    }

    function test_IsStale_GivenFewer(uint256 elapsed) external {
        skip(1);
        answer(0, HALF);
        guard.observe();
        skip(bound(elapsed, HEARTBEAT, 1000 days));

        assertTrue(guard.isStale(), "stale");
    }

    function test_StaleSeconds_GivenFresh(uint256 elapsed) external {
        skip(bound(elapsed, 0, HEARTBEAT));

        assertEq(guard.staleSeconds(), 0, "stale seconds");
    }

    function test_StaleSeconds_GivenSourcesRanOut(uint256 elapsed, uint256 more) external {
        elapsed = bound(elapsed, 1, 1000 days);
        skip(HEARTBEAT + elapsed);
        assertEq(guard.staleSeconds(), elapsed, "before");

        observeAt(HALF);
        skip(bound(more, 0, HEARTBEAT));

        assertEq(guard.staleSeconds(), elapsed, "after");
    }

    function test_StaleSeconds_GivenSpread(uint256 elapsed) external {
        answer(0, HALF * 2);
        guard.observe();
        elapsed = bound(elapsed, 0, 1000 days);
        skip(elapsed);

        assertEq(guard.staleSeconds(), elapsed, "stale seconds");
    }

    /* INTERNAL */

    function averageAfter(uint256 elapsed, uint256 from, uint256 to, uint256 constant_) private pure returns (uint256) {
        return (from * constant_ + to * elapsed) / (constant_ + elapsed);
    }
}
