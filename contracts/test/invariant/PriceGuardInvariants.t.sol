// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPriceGuard} from "../../src/interfaces/IPriceGuard.sol";
import {Prices} from "../Prices.sol";
import {PriceGuardHandler} from "./PriceGuardHandler.sol";
import {PriceModel} from "./PriceModel.sol";

/// @dev Laws L20 to L25, see README.md.
contract PriceGuardInvariants is Prices {
    PriceGuardHandler private handler;
    PriceModel private model;

    function setUp() public override {
        super.setUp();
        handler = new PriceGuardHandler(guard, feeds, operator);
        model = handler.model();
        targetContract(address(handler));
    }

    function invariant_L20_LowAndHighAreTwoSided() external view {
        (uint64 median, uint64 ema30m, uint64 ema24h) = guard.averages();
        uint64 low = guard.low();
        uint64 high = guard.high();

        assertLe(low, median, "low is no more than the median");
        assertLe(low, ema30m, "low is no more than the short average");
        assertLe(low, ema24h, "low is no more than the long average");
        assertLe(uint256(low) * 10, model.yesterday() * 11, "low is no more than 1.1 of the long average of yesterday");
        assertGe(high, median, "high is no less than the median");
        assertGe(high, ema30m, "high is no less than the short average");
        assertGe(high, ema24h, "high is no less than the long average");
        assertGe(low, 1, "there is a price");
        assertEq(handler.broken(20), "", "grants");
    }

    function invariant_L21_MemoryIsTheFormula() external {
        assertRemembered();
        // Also at other instants, without anybody observing.
        uint256[4] memory later = [uint256(1), 59 minutes, 1 days, 100 days];
        for (uint256 i = 0; i < later.length; ++i) {
            skip(later[i]);
            model.pass();
            assertRemembered();
        }
    }

    function invariant_L22_ObservingMakesNothingJump() external view {
        assertEq(handler.broken(22), "", "observing");
    }

    function invariant_L23_StaleClockRunsWithStaleTime() external view {
        assertEq(guard.staleSeconds(), model.staleSeconds(), "stale seconds");
        assertFalse(handler.isClockBroken(), "never back, never faster than time");
    }

    function invariant_L24_StaleRefusesGrantsAndNothingElse() external view {
        assertEq(handler.broken(24), "", "refusals");
        assertEq(guard.isStale(), model.isStale(), "stale");
    }

    function invariant_L25_MedianIsOfTwoFreshSourcesOrTheOneBefore() external view {
        IPriceGuard.Observation memory seen = guard.observation();
        assertEq(seen.median, model.median(), "median");
        assertEq(seen.freshUntil, model.freshUntil(), "fresh until");
        assertEq(seen.isSpread, model.isSpread(), "spread");
        assertEq(seen.at, model.at(), "at");
    }

    function assertRemembered() private view {
        (, uint64 ema30m, uint64 ema24h) = guard.averages();
        assertEq(ema30m, model.averageNow(false), "short average");
        assertEq(ema24h, model.averageNow(true), "long average");
        uint256 least = model.yesterday() * 11 / 10;
        if (model.median() < least) least = model.median();
        if (ema30m < least) least = ema30m;
        if (ema24h < least) least = ema24h;
        assertEq(guard.low(), least, "low");
    }
}
