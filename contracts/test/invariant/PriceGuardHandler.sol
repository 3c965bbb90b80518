// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PriceGuard} from "../../src/PriceGuard.sol";
import {IPriceGuard} from "../../src/interfaces/IPriceGuard.sol";
import {MockAggregator} from "../mocks/MockAggregator.sol";
import {PriceModel} from "./PriceModel.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Everything that can happen to a price guard: time, answers, sources that break and come back, observations, other sources.
contract PriceGuardHandler is Test {
    PriceGuard public immutable guard;
    PriceModel public immutable model;
    address private immutable operator;
    MockAggregator[] private feeds;

    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;
    uint256 public observations;
    uint256 public refusals;
    uint64 public staleSecondsLast;
    uint256 public timeLast;
    bool public isClockBroken;

    constructor(PriceGuard newGuard, MockAggregator[] memory newFeeds, address newOperator) {
        guard = newGuard;
        operator = newOperator;
        feeds = newFeeds;
        model = new PriceModel();
        timeLast = block.timestamp;
        model.observe(guard.sources());
    }

    /* ACTIONS */

    function pass(uint256 elapsed, uint256 scale) external {
        uint256[4] memory most = [uint256(10), 10 minutes, 3 hours, 4 days];
        skip(bound(elapsed, 0, most[scale % 4]));
        model.pass();
        watchClock();
    }

    function answerAll(uint256 price, uint256 spread) external {
        price = nextPrice(price);
        for (uint256 i = 0; i < feeds.length; ++i) {
            feeds[i].setAnswer(int256(price + price * bound(spread, 0, 200) * i / 10_000), block.timestamp);
        }
    }

    function answerOne(uint256 index, uint256 price, uint256 age) external {
        feeds[index % feeds.length].setAnswer(int256(nextPrice(price)), block.timestamp - bound(age, 0, 2 hours));
    }

    function breakOne(uint256 index, uint256 mode) external {
        feeds[index % feeds.length].setMode(MockAggregator.Mode(bound(mode, 0, 4)));
    }

    function repairAll() external {
        for (uint256 i = 0; i < feeds.length; ++i) {
            feeds[i].setMode(MockAggregator.Mode.Answers);
        }
    }

    function observe() external {
        uint64[3] memory before = averagesNow();
        uint64 staleBefore = guard.staleSeconds();
        try guard.observe() {
            ++observations;
        } catch {
            broken[24] = "observing reverted";
        }
        model.observe(guard.sources());
        uint64[3] memory afterwards = averagesNow();
        if (before[1] != 0 && (before[1] != afterwards[1] || before[2] != afterwards[2])) {
            broken[22] = "an observation made an average jump";
        }
        if (guard.staleSeconds() != staleBefore) broken[22] = "an observation made the stale clock jump";
    }

    function refresh() external {
        bool mustObserve = mustRefresh();
        if (mustObserve) model.observe(guard.sources());
        try guard.refresh() returns (uint64 lowPrice, uint64 highPrice, bool stale) {
            bool agrees = lowPrice == guard.low() && highPrice == guard.high() && stale == guard.isStale();
            if (!agrees) broken[22] = "refresh and views differ";
        } catch {
            broken[24] = "refreshing reverted";
        }
    }

    function grant() external {
        bool mustObserve = mustRefresh();
        bool willBeStale = mustObserve ? model.wouldBeStale(guard.sources()) : model.isStale();
        try guard.lowForGrant() returns (uint64 price) {
            if (mustObserve) model.observe(guard.sources());
            if (willBeStale) broken[24] = "a stale price was granted on";
            if (price == 0 || price != guard.low()) broken[20] = "a grant took another price";
        } catch {
            // The observation is undone with the grant.
            ++refusals;
            if (!willBeStale) broken[24] = "a fresh price was refused";
        }
    }

    function setSources(uint256 count, uint256 heartbeat) external {
        count = bound(count, 2, feeds.length);
        IPriceGuard.Source[] memory list = new IPriceGuard.Source[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i].aggregator = address(feeds[(i + heartbeat % 3) % feeds.length]);
            list[i].heartbeat = uint32(bound(heartbeat, 10 minutes, 2 days));
        }
        vm.prank(operator);
        guard.setSources(list);
        model.observe(list);
    }

    /* INTERNAL */

    /// @dev Half of the moves are small ones from the last median, the other half anything from a millionth of a cent on.
    function nextPrice(uint256 price) private view returns (uint256) {
        uint256 last = guard.observation().median;
        if (last < 1000 || price % 2 == 0) return bound(price, 1, 1e14);
        return bound(price, last * 9 / 10, last * 11 / 10);
    }

    function mustRefresh() private view returns (bool) {
        return model.isStale() || block.timestamp - guard.observation().at >= 5 minutes;
    }

    function averagesNow() private view returns (uint64[3] memory found) {
        (found[0], found[1], found[2]) = guard.averages();
    }

    function watchClock() private {
        uint64 found = guard.staleSeconds();
        if (found < staleSecondsLast || found - staleSecondsLast > block.timestamp - timeLast) isClockBroken = true;
        (staleSecondsLast, timeLast) = (found, block.timestamp);
    }
}
