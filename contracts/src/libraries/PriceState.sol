// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RunningAverage} from "./RunningAverage.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title PriceState: what `PriceGuard` knows, in two words of storage, and what follows from it as time passes.
/// @dev Words, from the highest bits on:
/// `averages` ema30m 96, ema24h 96, median 64;
/// `clocks` dayEma 64, dayBeforeEma 64, at 40, freshUntil 40, staleSeconds 32 (136 years), sourceCount 8, isSpread 8.
/// Packed by hand: an observation would otherwise write each word five times.
library PriceState {
    struct Words {
        uint256 averages;
        uint256 clocks;
    }

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

    uint256 internal constant SHORT = 30 minutes;
    uint256 internal constant LONG = 24 hours;

    /* STORAGE */

    // Each cast below takes from a word the bits that the legend gives to its field.
    // forge-lint: disable-start(unsafe-typecast)
    function load(Words storage words) internal view returns (State memory state) {
        (uint256 averages, uint256 clocks) = (words.averages, words.clocks);
        state.ema30m = uint96(averages >> 160);
        state.ema24h = uint96(averages >> 64);
        state.median = uint64(averages);
        state.dayEma = uint64(clocks >> 192);
        state.dayBeforeEma = uint64(clocks >> 128);
        state.at = uint40(clocks >> 88);
        state.freshUntil = uint40(clocks >> 48);
        state.staleSeconds = uint32(clocks >> 16);
        state.sourceCount = uint8(clocks >> 8);
        state.isSpread = uint8(clocks) != 0;
    }

    function store(Words storage words, State memory state) internal {
        words.averages = uint256(state.ema30m) << 160 | uint256(state.ema24h) << 64 | state.median;
        words.clocks = uint256(state.dayEma) << 192 | uint256(state.dayBeforeEma) << 128 | uint256(state.at) << 88
            | uint256(state.freshUntil) << 48 | uint256(state.staleSeconds) << 16 | uint256(state.sourceCount) << 8
            | (state.isSpread ? 1 : 0);
    }

    /* TIME */

    /// @dev What is known at the block's time when nothing is read: the last median held, averages and clocks brought up to it.
    /// Changes `state` itself.
    function advance(State memory state) internal view {
        uint256 time = block.timestamp;
        uint256 at = state.at;
        if (time == at) return;
        // Sums and differences of times of at most 40 bits, in their order.
        unchecked {
            uint256 today = time - time % 1 days;
            if (at < today) {
                uint256 yesterday = today - 1 days;
                state.dayBeforeEma = at < yesterday ? longDown(state, yesterday - at) : state.dayEma;
                state.dayEma = longDown(state, today - at);
            }
            state.staleSeconds += uint32(staleSince(state, time));
            state.ema30m = RunningAverage.advanceDown(state.ema30m, state.median, time - at, SHORT);
            state.ema24h = RunningAverage.advanceDown(state.ema24h, state.median, time - at, LONG);
            state.at = uint40(time);
        }
    }

    /// @dev Starts all averages at the first price, as if it had always stood.
    function seed(State memory state, uint64 median) internal pure {
        state.ema30m = RunningAverage.fromPrice(median);
        state.ema24h = state.ema30m;
        state.dayEma = median;
        state.dayBeforeEma = median;
    }

    /* PRICES */

    function isStale(State memory state) internal view returns (bool) {
        return state.isSpread || block.timestamp > state.freshUntil;
    }

    function low(State memory state) internal pure returns (uint64) {
        // Not even a high price that lasts lifts `low` by more than a tenth a day.
        uint256 price = uint256(state.dayBeforeEma) * 11 / 10;
        if (price > state.median) price = state.median;
        uint256 ema30m = RunningAverage.priceDown(state.ema30m);
        if (price > ema30m) price = ema30m;
        uint256 ema24h = RunningAverage.priceDown(state.ema24h);
        return uint64(price > ema24h ? ema24h : price);
    }

    function high(State memory state) internal pure returns (uint64) {
        uint64 average = RunningAverage.priceDown(state.ema30m > state.ema24h ? state.ema30m : state.ema24h);
        return average > state.median ? average : state.median;
    }

    /* INTERNAL */

    function longDown(State memory state, uint256 elapsed) private pure returns (uint64) {
        return RunningAverage.priceDown(RunningAverage.advanceDown(state.ema24h, state.median, elapsed, LONG));
    }

    /// @dev How much of the time since the last observation was stale, by what it saw.
    function staleSince(State memory state, uint256 time) private pure returns (uint256) {
        uint256 from = state.isSpread ? state.at : Math.max(state.at, state.freshUntil);
        return Math.saturatingSub(time, from);
    }
    // forge-lint: disable-end(unsafe-typecast)
}
