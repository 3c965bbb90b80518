// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPriceGuard} from "./interfaces/IPriceGuard.sol";
import {Aggregator, Feed} from "./libraries/Aggregator.sol";
import {PriceState} from "./libraries/PriceState.sol";
import {RunningAverage} from "./libraries/RunningAverage.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Invariants.
/// 1. `low <= median, ema30m, ema24h <= high`, and `low <= 1.10 * ema24h at the start of yesterday`.
/// 2. What a view answers is what an observation in this block would store, but for what the sources say now.
/// 3. `staleSeconds` never falls, and never grows faster than time.
/// 4. No source can make a reading revert.
contract PriceGuard is IPriceGuard, AccessManaged {
    using PriceState for PriceState.State;
    using PriceState for PriceState.Words;

    struct Reading {
        uint64 median;
        uint40 freshUntil;
        bool isSpread;
    }

    uint256 internal constant AGE_MAX = 5 minutes;
    uint256 internal constant SOURCES_MIN = 2;
    uint256 internal constant SOURCES_MAX = 7;
    uint256 internal constant HEARTBEAT_MAX = 2 days;

    PriceState.Words private _last;
    mapping(uint256 index => Feed) private _feeds;

    constructor(address manager, Source[] memory newSources) AccessManaged(manager) {
        PriceState.State memory nothing;
        nothing.at = SafeCast.toUint40(block.timestamp);
        nothing.isSpread = true;
        _setSources(nothing, newSources);
    }

    /* OBSERVATIONS */

    /// @inheritdoc IPriceGuard
    function observe() external {
        PriceState.State memory state = _last.load();
        state.advance();
        _observe(state);
    }

    /// @inheritdoc IPriceGuard
    function refresh() external returns (uint64 lowPrice, uint64 highPrice, bool stale) {
        PriceState.State memory state = _last.load();
        _refresh(state);
        return (state.low(), state.high(), state.isStale());
    }

    /// @inheritdoc IPriceGuard
    function lowForGrant() external returns (uint64 price) {
        PriceState.State memory state = _last.load();
        _refresh(state);
        require(!state.isStale(), PriceStale(state.at, state.freshUntil));
        return state.low();
    }

    /* PARAMETERS */

    /// @inheritdoc IPriceGuard
    function setSources(Source[] calldata newSources) external restricted {
        PriceState.State memory state = _last.load();
        state.advance();
        _setSources(state, newSources);
    }

    /* VIEWS */

    /// @inheritdoc IPriceGuard
    function low() external view returns (uint64) {
        return advanced().low();
    }

    /// @inheritdoc IPriceGuard
    function high() external view returns (uint64) {
        return advanced().high();
    }

    /// @inheritdoc IPriceGuard
    function isStale() external view returns (bool) {
        return _last.load().isStale();
    }

    /// @inheritdoc IPriceGuard
    function staleSeconds() external view returns (uint64) {
        return advanced().staleSeconds;
    }

    /// @inheritdoc IPriceGuard
    function observation() external view returns (Observation memory) {
        PriceState.State memory state = _last.load();
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
        PriceState.State memory state = advanced();
        return (state.median, RunningAverage.priceDown(state.ema30m), RunningAverage.priceDown(state.ema24h));
    }

    /// @inheritdoc IPriceGuard
    function sources() external view returns (Source[] memory list) {
        list = new Source[](_last.load().sourceCount);
        for (uint256 i = 0; i < list.length; ++i) {
            (list[i].aggregator, list[i].heartbeat,) = Aggregator.unpack(_feeds[i]);
        }
    }

    /* INTERNAL */

    /// @dev A stale observation is made again however young it is: sources may have come back since, and a grant that
    /// reverts would not keep an observation of its own.
    function _refresh(PriceState.State memory state) private {
        bool isOld;
        // A time.
        unchecked {
            isOld = block.timestamp >= uint256(state.at) + AGE_MAX || state.isStale();
        }
        state.advance();
        if (isOld) _observe(state);
    }

    /// @dev `state` is advanced to now; it is changed by what the sources say, and stored.
    function _observe(PriceState.State memory state) private {
        Reading memory reading = read(state.sourceCount);
        if (!reading.isSpread) {
            if (state.median == 0) state.seed(reading.median);
            state.median = reading.median;
        }
        state.freshUntil = reading.freshUntil;
        state.isSpread = reading.isSpread;
        _last.store(state);
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
    }

    function _setSources(PriceState.State memory state, Source[] memory newSources) private {
        uint256 count = newSources.length;
        require(count >= SOURCES_MIN, SourcesTooFew(count, SOURCES_MIN));
        require(count <= SOURCES_MAX, SourcesTooMany(count, SOURCES_MAX));
        for (uint8 i = 0; i < count; ++i) {
            _setSource(i, newSources);
        }
        for (uint8 i = SafeCast.toUint8(count); i < state.sourceCount; ++i) {
            _feeds[i] = Feed.wrap(0);
            emit SourceSet(i, address(0), 0);
        }
        state.sourceCount = SafeCast.toUint8(count);
        // The sources that were replaced may be the reason for replacing them, so nothing that they said stays in force.
        _observe(state);
    }

    function _setSource(uint8 index, Source[] memory newSources) private {
        Source memory source = newSources[index];
        for (uint256 i = 0; i < index; ++i) {
            require(newSources[i].aggregator != source.aggregator, SourceInvalid(source.aggregator));
        }
        require(source.heartbeat > 0 && source.heartbeat <= HEARTBEAT_MAX, HeartbeatOutOfRange(source.heartbeat));
        (bool isAggregator, uint8 decimals) = Aggregator.tryDecimals(source.aggregator);
        require(isAggregator, SourceInvalid(source.aggregator));
        _feeds[index] = Aggregator.pack(source.aggregator, source.heartbeat, decimals);
        emit SourceSet(index, source.aggregator, source.heartbeat);
    }

    function advanced() private view returns (PriceState.State memory state) {
        state = _last.load();
        state.advance();
    }

    /// @dev Prices fit 64 bits and times 40, so nothing here can overflow.
    function read(uint256 sourceCount) private view returns (Reading memory reading) {
        uint256[SOURCES_MAX] memory prices;
        uint256[5] memory words;
        uint256 fresh = 0;
        uint256 latest = 0;
        uint256 secondLatest = 0;
        unchecked {
            for (uint256 i = 0; i < sourceCount; ++i) {
                (uint256 price, uint256 expiry) = Aggregator.read(_feeds[i], words);
                if (price == 0) continue;
                insertSorted(prices, fresh++, price);
                if (expiry > latest) (latest, secondLatest) = (expiry, latest);
                else if (expiry > secondLatest) secondLatest = expiry;
            }
            // Five percent: the highest is at most 21/20 of the lowest.
            reading.isSpread = fresh < SOURCES_MIN || prices[fresh - 1] * 20 > prices[0] * 21;
            // forge-lint: disable-next-line(unsafe-typecast)
            reading.freshUntil = uint40(secondLatest);
            // forge-lint: disable-next-line(unsafe-typecast)
            if (!reading.isSpread) reading.median = uint64((prices[(fresh - 1) / 2] + prices[fresh / 2]) / 2);
        }
    }

    function insertSorted(uint256[SOURCES_MAX] memory prices, uint256 length, uint256 price) private pure {
        // Stops at zero.
        unchecked {
            while (length > 0 && prices[length - 1] > price) {
                prices[length] = prices[length - 1];
                --length;
            }
        }
        prices[length] = price;
    }
}
