// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../../src/interfaces/IMatching.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {SystemBase} from "../SystemBase.t.sol";

/// @dev Whole transactions in the steady state: everybody has acted before, so that no account or credit is new. Each call is
/// a transaction of its own; what it cost is kept in `contracts/snapshots` and held against its budget.
/// forge-config: default.isolate = true
contract DealsGasTest is SystemBase {
    DealId private first;
    DealId private second;
    OfferId private offer;
    OfferId[2] private standbyOffers;

    /// @dev Two deals of one provider, one of whose credits were claimed before, and credits again.
    function setUp() public override {
        super.setUp();
        _register(providers[0], 1_000_000 * FLT, 1_000_000 * FLT, 1000, 0);
        offer = _offer(providers[0], 10_000, dollar);
        first = _open();
        second = _open();
        _skip(4 days);
        deals.settle(first, 0);
        deals.settle(second, 0);
        _skip(2 days);
    }

    function _open() private returns (DealId opened) {
        opened = _request(_asking(1, 100, 14, 84));
        _activate(opened, _one(offer));
        _ready(opened, 0);
    }

    function _measured(string memory name, uint256 budget) private {
        uint256 used = vm.snapshotGasLastCall("Deals", name);
        assertLe(used, budget, name);
    }

    function test_Activate() external {
        DealId asked = _request(_asking(1, 100, 14, 84));
        _propose(asked, _one(offer));
        skip(60);
        matching.activate(asked);
        _measured("activate_1", 255_000);
    }

    /// @dev What the second standby of an activation costs: a lock and two words of its place are new, which is 88,000.
    function test_Activate_WithStandbys() external {
        for (uint256 i = 0; i < 2; ++i) {
            standbyOffers[i] = _host(1 + i);
            DealId before = _request(_asking(1, 100, 14, 84));
            _activate(before, _one(standbyOffers[i]));
            _ready(before, 0);
        }
        uint256 one = _activating(1);
        uint256 each = _activating(2) - one;
        vm.snapshotValue("Deals", "standby_each", each);
        assertLe(each, 163_000, "standby_each");
    }

    function _activating(uint8 standbys) private returns (uint256) {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        (request.standbys, request.reserveBps) = (standbys, 2000);
        request.prepaid += request.prepaid / 50 * standbys;
        DealId asked = _request(request);
        OfferId[] memory chosen = new OfferId[](1 + standbys);
        chosen[0] = offer;
        for (uint256 i = 1; i <= standbys; ++i) {
            chosen[i] = standbyOffers[i - 1];
        }
        _propose(asked, chosen);
        skip(60);
        matching.activate(asked);
        return vm.lastCallGas().gasTotalUsed;
    }

    function test_Activate_WhenItObserves() external {
        DealId asked = _request(_asking(1, 100, 14, 84));
        _propose(asked, _one(offer));
        skip(10 minutes);
        matching.activate(asked);
        _measured("activate_1_observing", 315_000);
    }

    function test_Renew() external {
        _fund(customer, first, 10_000 * dollar);
        _skip(7 days + 12 hours);
        deals.renew(first, 0);
        _measured("renew", 80_000);
    }

    function test_Renew_WhenItObserves() external {
        _fund(customer, first, 10_000 * dollar);
        _skip(7 days + 12 hours);
        skip(10 minutes);
        deals.renew(first, 0);
        _measured("renew_observing", 115_000);
    }

    function test_Settle() external {
        deals.settle(first, 0);
        _measured("settle_1", 60_000);
    }

    function test_SettleMany() external {
        DealId[] memory ids = new DealId[](1);
        uint8[] memory slots = new uint8[](1);
        ids[0] = first;
        uint256 snapshot = vm.snapshotState();
        deals.settleMany(ids, slots);
        uint256 one = vm.lastCallGas().gasTotalUsed;
        vm.revertToState(snapshot);
        ids = new DealId[](2);
        slots = new uint8[](2);
        (ids[0], ids[1]) = (first, second);
        deals.settleMany(ids, slots);
        uint256 two = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("Deals", "settle_each", two - one);
        assertLe(two - one, 30_000, "each more");
    }

    /// @dev A slot fails, the first of its standbys takes it over; all are somebody who was credited before. What `Faults` adds
    /// to it has the rest of 190,000.
    function test_Fail() external {
        DealId backed = _backed();
        _skip(2 days);
        deals.settle(backed, 0);
        vm.prank(faults);
        deals.fail(backed, 0, 1, uint40(block.timestamp - 10 minutes));
        _measured("fail", 161_400);
        assertEq(deals.slotOf(backed, 0).serving, 2, "promoted");
    }

    function _backed() private returns (DealId backed) {
        _register(providers[1], 1_000_000 * FLT, 1_000_000 * FLT, 1000, 0);
        OfferId other = _offer(providers[1], 10_000, dollar);
        DealId third = _request(_asking(1, 100, 14, 84));
        _activate(third, _one(other));
        _ready(third, 0);
        _skip(4 days);
        deals.settle(third, 0);
        IMatching.Request memory asked = _asking(1, 100, 14, 84);
        (asked.standbys, asked.reserveBps) = (1, 2000);
        asked.prepaid += uint128(56 * dollar);
        backed = _request(asked);
        vm.startPrank(address(matching));
        deals.assign(backed, 0, offer);
        deals.assign(backed, 16, other);
        vm.stopPrank();
        _ready(backed, 0);
        _ready(backed, 16);
        _skip(7 days);
    }

    function test_Claim() external {
        _claim(providers[0]);
        _skip(1 days);
        deals.settle(first, 0);
        vm.prank(providers[0]);
        deals.claim(providers[0], providers[0]);
        _measured("claim", 55_000);
    }
}
