// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {SystemBase} from "../SystemBase.t.sol";

/// @dev Deals with standbys. The deal of most tests: one slot of 100 units at a dollar, terms of 14 days, 84 in all, prepaid with
/// 2,800 dollars for the slot and 56 for each standby. Its lock is 50,400 FLT, a standby's 10,080.
abstract contract StandbyBase is SystemBase {
    uint8 internal constant STANDBY = 16;

    function _askingFor(uint8 slots, uint8 standbys) internal view returns (IMatching.Request memory asked) {
        asked = _asking(slots, 100, 14, 84);
        asked.standbys = standbys;
        asked.reserveBps = 2000;
        asked.prepaid += uint128(2 * dollar * 100 * 14 / 50 * standbys);
    }

    /// @dev As an activation does it, whatever was proposed.
    function _assign(DealId id, uint8 slot, OfferId offer) internal {
        vm.prank(address(matching));
        deals.assign(id, slot, offer);
    }

    function _standBy(DealId id, uint8 slot, OfferId offer) internal {
        _assign(id, slot, offer);
        _ready(id, slot);
    }

    /// @dev The first provider serves, the next ones stand by.
    function _backed(uint8 standbys) internal returns (DealId id) {
        id = _request(_askingFor(1, standbys));
        _standBy(id, 0, _host(0));
        for (uint8 i = 0; i < standbys; ++i) {
            _standBy(id, STANDBY + i, _host(i + 1));
        }
    }

    /// @dev Probers say that the slot is down since then.
    function _fail(DealId id, uint256 since) internal returns (bool) {
        uint32 serving = _slot(id).serving;
        vm.prank(faults);
        return deals.fail(id, 0, serving, uint40(since));
    }

    /// @dev The slot costs twice as much as its standby: its money was gone half an hour ago, and two terms are not over.
    function _runDry() internal returns (DealId id) {
        id = _request(_askingFor(1, 1));
        _register(providers[0], 2_000_000 * FLT, 0, 1000, 0);
        _standBy(id, 0, _offer(providers[0], 100, 2 * dollar));
        _standBy(id, STANDBY, _host(1));
        _skip(13 days + 12 hours);
        _fund(customer, id, 204 * dollar);
        vm.prank(customer);
        deals.renew(id, 0);
        vm.prank(customer);
        deals.renew(id, STANDBY);
        _skip(1 days + 12 hours + 30 minutes);
    }

    /// @dev All that it had is on its way out: it can lock nothing more.
    function _leaveStaking(address provider) internal {
        uint256 shares = staking.position(provider, provider).shares;
        vm.prank(provider);
        staking.exit(provider, provider, uint128(shares));
        shares = staking.position(provider, delegator).shares;
        vm.prank(delegator);
        staking.exit(delegator, provider, uint128(shares));
    }

    function _stale() internal {
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i].post(int256(fltPrice + i * fltPrice / 5));
        }
        priceGuard.observe();
        assertTrue(priceGuard.isStale(), "stale");
    }

    function _standby(DealId id) internal view returns (IDeals.Slot memory) {
        return deals.slotOf(id, STANDBY);
    }

    /// @dev Escrow, spare, and what was earned of all that is there, but not of what ended before.
    function _inBooks(DealId id) internal view returns (uint256 sum) {
        IDeals.Deal memory held = deals.dealOf(id);
        sum = held.spare;
        for (uint8 slot = 0; slot < STANDBY + held.standbys; ++slot) {
            if (slot >= held.slots && slot < STANDBY) continue;
            IDeals.Slot memory place = deals.slotOf(id, slot);
            sum += uint256(place.escrow) + place.owed;
        }
    }
}
