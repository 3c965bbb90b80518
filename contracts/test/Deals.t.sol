// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../src/interfaces/IDeals.sol";
import {DealId} from "../src/types/Ids.sol";
import {SystemBase} from "./SystemBase.t.sol";

contract DealsTest is SystemBase {
    function test_Smoke() external {
        DealId deal = _serving();
        _skip(10 days);
        deals.settle(deal, 0);
        IDeals.Slot memory s = _slot(deal);
        assertEq(s.owed, 1000 * dollar, "owed");
        assertEq(s.credited, 700 * dollar, "credited");
        assertEq(_claim(providers[0]), 700 * dollar * 98 / 100 * 9 / 10, "claimed");
        assertEq(deals.payStakers(providers[0]), 700 * dollar * 98 / 1000, "stakers");
        _skip(3 days + 1 hours);
        _fund(customer, deal, 1400 * dollar);
        vm.prank(stranger);
        deals.renew(deal, 0);
        assertEq(deals.surplus(), 0, "surplus");
    }
}
