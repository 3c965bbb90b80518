// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPriceGuard} from "../../src/interfaces/IPriceGuard.sol";
import {MockAggregator} from "../mocks/MockAggregator.sol";

/// @dev The price as the specification says it, with loops and a row for every day, told of every moment.
contract PriceModel {
    uint256 private constant SHORT = 30 minutes;
    uint256 private constant LONG = 24 hours;

    uint256 public median;
    uint256 public ema30m;
    uint256 public ema24h;
    uint256 public at;
    uint256 public freshUntil;
    bool public isSpread = true;
    uint256 public staleSeconds;
    uint256 private passedAt;
    uint256 private dayNext;
    mapping(uint256 day => uint256) public emaOfDay;

    constructor() {
        (at, passedAt, dayNext) = (block.timestamp, block.timestamp, block.timestamp / 1 days + 1);
    }

    /* MOVES */

    /// @dev Time went on from the last call to now.
    function pass() public {
        for (; dayNext <= block.timestamp / 1 days; ++dayNext) {
            emaOfDay[dayNext] = averageAt(ema24h, LONG, dayNext * 1 days) >> 32;
        }
        uint256 staleFrom = isSpread || freshUntil < passedAt ? passedAt : freshUntil;
        if (block.timestamp > staleFrom) staleSeconds += block.timestamp - staleFrom;
        passedAt = block.timestamp;
    }

    function observe(IPriceGuard.Source[] memory sources) external {
        pass();
        (uint256 price, uint256 expiry, bool stale) = reading(sources);
        ema30m = averageAt(ema30m, SHORT, block.timestamp);
        ema24h = averageAt(ema24h, LONG, block.timestamp);
        at = block.timestamp;
        (freshUntil, isSpread) = (expiry, stale);
        if (stale) return;
        if (median == 0) begin(price);
        median = price;
    }

    /* VIEWS */

    function isStale() public view returns (bool) {
        return isSpread || block.timestamp > freshUntil;
    }

    function wouldBeStale(IPriceGuard.Source[] memory sources) external view returns (bool stale) {
        (,, stale) = reading(sources);
    }

    function averageNow(bool isLong) external view returns (uint256) {
        return (isLong ? averageAt(ema24h, LONG, block.timestamp) : averageAt(ema30m, SHORT, block.timestamp)) >> 32;
    }

    function yesterday() external view returns (uint256) {
        return emaOfDay[block.timestamp / 1 days - 1];
    }

    function today() external view returns (uint256) {
        return emaOfDay[block.timestamp / 1 days];
    }

    /// @dev Counts for each fresh price how many are below and above it, instead of sorting.
    function reading(IPriceGuard.Source[] memory sources)
        public
        view
        returns (uint256 price, uint256 expiry, bool stale)
    {
        (uint256[] memory prices, uint256[] memory expiries) = freshOf(sources);
        if (prices.length < 2) return (0, 0, true);
        expiry = rank(expiries, expiries.length - 2);
        uint256 lowest = rank(prices, 0);
        uint256 highest = rank(prices, prices.length - 1);
        if ((highest - lowest) * 100 > lowest * 5) return (0, expiry, true);
        price = (rank(prices, (prices.length - 1) / 2) + rank(prices, prices.length / 2)) / 2;
    }

    /* INTERNAL */

    function begin(uint256 price) private {
        (ema30m, ema24h) = (price << 32, price << 32);
        uint256 day = block.timestamp / 1 days;
        (emaOfDay[day], emaOfDay[day - 1]) = (price, price);
    }

    function averageAt(uint256 average, uint256 constant_, uint256 time) private view returns (uint256) {
        return (average * constant_ + (median << 32) * (time - at)) / (constant_ + time - at);
    }

    function freshOf(IPriceGuard.Source[] memory sources)
        private
        view
        returns (uint256[] memory prices, uint256[] memory expiries)
    {
        (prices, expiries) = (new uint256[](sources.length), new uint256[](sources.length));
        uint256 count = 0;
        for (uint256 i = 0; i < sources.length; ++i) {
            MockAggregator feed = MockAggregator(sources[i].aggregator);
            bool isAnswering =
                feed.mode() == MockAggregator.Mode.Answers || feed.mode() == MockAggregator.Mode.AnswersLong;
            uint256 expiry = feed.updatedAt() + sources[i].heartbeat;
            if (!isAnswering || feed.answer() <= 0 || expiry < block.timestamp) continue;
            (prices[count], expiries[count]) = (uint256(feed.answer()), expiry);
            ++count;
        }
        assembly {
            mstore(prices, count)
            mstore(expiries, count)
        }
    }

    /// @dev The value that `place` others come before, ties by position.
    function rank(uint256[] memory values, uint256 place) private pure returns (uint256) {
        for (uint256 i = 0; i < values.length; ++i) {
            uint256 before = 0;
            for (uint256 j = 0; j < values.length; ++j) {
                if (values[j] < values[i] || (values[j] == values[i] && j < i)) ++before;
            }
            if (before == place) return values[i];
        }
        revert("no such place");
    }
}
