// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPriceGuard} from "./interfaces/IPriceGuard.sol";
import {Aggregator} from "./libraries/Aggregator.sol";
import {RunningAverage} from "./libraries/RunningAverage.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Invariants.
/// 1. `low <= median, ema30m, ema24h <= high`, and `low <= 1.10 * ema24h at the start of yesterday`.
/// 2. What a view answers is what an observation in this block would store, but for what the sources say now.
/// 3. `staleSeconds` never falls, and never grows faster than time.
/// 4. No source can make a reading revert.
contract PriceGuard is IPriceGuard, AccessManaged {
    /// @dev `Observation` in two slots. 32 bits of stale seconds are 136 years.
    struct State {
        uint96 ema30m;
        uint96 ema24h;
        uint64 median;
        uint64 dayEma;
        uint64 dayBeforeEma;
        uint40 at;
        uint40 freshUntil;
        uint32 staleSeconds;
        uint8 sourceCount;
        bool isSpread;
    }

    struct Reading {
        uint64 median;
        uint40 freshUntil;
        bool isSpread;
    }

    uint256 internal constant AGE_MAX = 5 minutes;
    uint256 internal constant SHORT = 30 minutes;
    uint256 internal constant LONG = 24 hours;
    uint256 internal constant SOURCES_MIN = 2;
    uint256 internal constant SOURCES_MAX = 7;
    uint256 internal constant HEARTBEAT_MAX = 2 days;
    uint256 internal constant SPREAD_MAX_BPS = 500;
    uint256 internal constant RISE_MAX_BPS = 1000;
    uint256 internal constant BPS = 10_000;

    State private _last;
    mapping(uint256 index => Aggregator.Feed) private _feeds;

    constructor(address manager, Source[] memory newSources) AccessManaged(manager) {
        _last.at = SafeCast.toUint40(block.timestamp);
        // Until the first reading there is no price.
        _last.isSpread = true;
        _setSources(newSources);
    }

    /* OBSERVATIONS */

    /// @inheritdoc IPriceGuard
    function observe() external {
        _observe(advanced(_last));
    }

    /// @inheritdoc IPriceGuard
    function refresh() external returns (uint64 lowPrice, uint64 highPrice, bool stale) {
        State memory state = _refreshed();
        return (lowOf(state), highOf(state), staleOf(state));
    }

    /// @inheritdoc IPriceGuard
    function lowForGrant() external returns (uint64 price) {
        State memory state = _refreshed();
        require(!staleOf(state), PriceStale(state.at, state.freshUntil));
        return lowOf(state);
    }

    /* PARAMETERS */

    /// @inheritdoc IPriceGuard
    function setSources(Source[] calldata newSources) external restricted {
        _setSources(newSources);
    }

    /* VIEWS */

    /// @inheritdoc IPriceGuard
    function low() external view returns (uint64) {
        return lowOf(advanced(_last));
    }

    /// @inheritdoc IPriceGuard
    function high() external view returns (uint64) {
        return highOf(advanced(_last));
    }

    /// @inheritdoc IPriceGuard
    function isStale() external view returns (bool) {
        return staleOf(_last);
    }

    /// @inheritdoc IPriceGuard
    function staleSeconds() external view returns (uint64) {
        return advanced(_last).staleSeconds;
    }

    /// @inheritdoc IPriceGuard
    function observation() external view returns (Observation memory) {
        State memory state = _last;
        return Observation({
            median: state.median,
            ema30m: state.ema30m,
            ema24h: state.ema24h,
            at: state.at,
            freshUntil: state.freshUntil,
            isSpread: state.isSpread,
            dayEma: state.dayEma,
            dayBeforeEma: state.dayBeforeEma,
            staleSeconds: state.staleSeconds
        });
    }

    /// @inheritdoc IPriceGuard
    function averages() external view returns (uint64 median, uint64 ema30m, uint64 ema24h) {
        State memory state = advanced(_last);
        return (state.median, RunningAverage.priceDown(state.ema30m), RunningAverage.priceDown(state.ema24h));
    }

    /// @inheritdoc IPriceGuard
    function sources() external view returns (Source[] memory list) {
        list = new Source[](_last.sourceCount);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = Source({aggregator: _feeds[i].aggregator, heartbeat: _feeds[i].heartbeat});
        }
    }

    /* INTERNAL */

    /// @dev A stale observation is made again however young it is: sources may have come back since, and a grant that
    /// reverts would not keep an observation of its own.
    function _refreshed() private returns (State memory state) {
        state = _last;
        bool isOld = block.timestamp >= state.at + AGE_MAX || staleOf(state);
        state = advanced(state);
        return isOld ? _observe(state) : state;
    }

    function _observe(State memory state) private returns (State memory) {
        Reading memory reading = read(state.sourceCount);
        if (!reading.isSpread) {
            if (state.median == 0) seed(state, reading.median);
            state.median = reading.median;
        }
        state.freshUntil = reading.freshUntil;
        state.isSpread = reading.isSpread;
        _last = state;
        emit PriceObserved(
            state.median,
            state.ema30m,
            state.ema24h,
            state.freshUntil,
            state.isSpread,
            state.dayEma,
            state.dayBeforeEma,
            state.staleSeconds
        );
        return state;
    }

    function _setSources(Source[] memory newSources) private {
        uint256 count = newSources.length;
        require(count >= SOURCES_MIN, SourcesTooFew(count, SOURCES_MIN));
        require(count <= SOURCES_MAX, SourcesTooMany(count, SOURCES_MAX));
        uint256 countBefore = _last.sourceCount;
        for (uint8 i = 0; i < count; ++i) {
            _setSource(i, newSources);
        }
        for (uint8 i = SafeCast.toUint8(count); i < countBefore; ++i) {
            delete _feeds[i];
            emit SourceSet(i, address(0), 0);
        }
        _last.sourceCount = SafeCast.toUint8(count);
        // The sources that were replaced may be the reason for replacing them, so nothing that they said stays in force.
        _observe(advanced(_last));
    }

    function _setSource(uint8 index, Source[] memory newSources) private {
        Source memory source = newSources[index];
        for (uint256 i = 0; i < index; ++i) {
            require(newSources[i].aggregator != source.aggregator, SourceInvalid(source.aggregator));
        }
        require(source.heartbeat > 0 && source.heartbeat <= HEARTBEAT_MAX, HeartbeatOutOfRange(source.heartbeat));
        (bool isAggregator, uint8 decimals) = Aggregator.tryDecimals(source.aggregator);
        require(isAggregator, SourceInvalid(source.aggregator));
        _feeds[index] =
            Aggregator.Feed({aggregator: source.aggregator, heartbeat: source.heartbeat, decimals: decimals});
        emit SourceSet(index, source.aggregator, source.heartbeat);
    }

    /// @dev What is known at the block's time when nothing is read: the last median held, averages and clocks brought up to now.
    function advanced(State memory state) private view returns (State memory) {
        uint256 nowTime = block.timestamp;
        uint256 at = state.at;
        if (nowTime == at) return state;
        uint256 today = nowTime - nowTime % 1 days;
        if (at < today) {
            uint256 yesterday = today - 1 days;
            state.dayBeforeEma = at < yesterday ? longDown(state, yesterday - at) : state.dayEma;
            state.dayEma = longDown(state, today - at);
        }
        state.staleSeconds += SafeCast.toUint32(staleSince(state, nowTime));
        state.ema30m = RunningAverage.advanceDown(state.ema30m, state.median, nowTime - at, SHORT);
        state.ema24h = RunningAverage.advanceDown(state.ema24h, state.median, nowTime - at, LONG);
        state.at = SafeCast.toUint40(nowTime);
        return state;
    }

    function read(uint256 sourceCount) private view returns (Reading memory reading) {
        uint256[] memory prices = new uint256[](sourceCount);
        uint256 fresh = 0;
        uint256 latest = 0;
        uint256 secondLatest = 0;
        for (uint256 i = 0; i < sourceCount; ++i) {
            (uint64 price, uint40 expiry) = Aggregator.read(_feeds[i]);
            if (price == 0) continue;
            insertSorted(prices, fresh++, price);
            secondLatest = Math.max(secondLatest, Math.min(latest, expiry));
            latest = Math.max(latest, expiry);
        }
        // forge-lint: disable-next-line(unsafe-typecast): one of the expiries, or zero.
        reading.freshUntil = uint40(secondLatest);
        reading.isSpread = fresh < SOURCES_MIN || prices[fresh - 1] * BPS > prices[0] * (BPS + SPREAD_MAX_BPS);
        // forge-lint: disable-next-line(unsafe-typecast): between two prices.
        if (!reading.isSpread) reading.median = uint64((prices[(fresh - 1) / 2] + prices[fresh / 2]) / 2);
    }

    /* PURE */

    function insertSorted(uint256[] memory prices, uint256 length, uint256 price) private pure {
        while (length > 0 && prices[length - 1] > price) {
            prices[length] = prices[length - 1];
            --length;
        }
        prices[length] = price;
    }

    /// @dev Starts all averages at the first price, as if it had always stood.
    function seed(State memory state, uint64 median) private pure {
        state.ema30m = RunningAverage.fromPrice(median);
        state.ema24h = state.ema30m;
        state.dayEma = median;
        state.dayBeforeEma = median;
    }

    function longDown(State memory state, uint256 elapsed) private pure returns (uint64) {
        return RunningAverage.priceDown(RunningAverage.advanceDown(state.ema24h, state.median, elapsed, LONG));
    }

    function staleSince(State memory state, uint256 nowTime) private pure returns (uint256) {
        if (state.isSpread) return nowTime - state.at;
        return nowTime - Math.min(nowTime, Math.max(state.at, state.freshUntil));
    }

    function staleOf(State memory state) private view returns (bool) {
        return state.isSpread || block.timestamp > state.freshUntil;
    }

    function lowOf(State memory state) private pure returns (uint64) {
        uint256 price = Math.min(state.median, uint256(state.dayBeforeEma) * (BPS + RISE_MAX_BPS) / BPS);
        price = Math.min(price, RunningAverage.priceDown(state.ema30m));
        // forge-lint: disable-next-line(unsafe-typecast): no larger than the median.
        return uint64(Math.min(price, RunningAverage.priceDown(state.ema24h)));
    }

    function highOf(State memory state) private pure returns (uint64) {
        uint256 averageMax = RunningAverage.priceDown(state.ema30m > state.ema24h ? state.ema30m : state.ema24h);
        // forge-lint: disable-next-line(unsafe-typecast): one of three prices.
        return uint64(Math.max(state.median, averageMax));
    }
}
