// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../../src/interfaces/IMatching.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {SystemBase} from "../SystemBase.t.sol";

/// @dev Solvers who compete for a request of one slot of 100 units, at most two dollars a unit-day.
abstract contract WindowBase is SystemBase {
    address internal constant DEAD = 0x000000000000000000000000000000000000dEaD;

    address internal first;
    address internal second;
    DealId internal asked;

    function setUp() public virtual override {
        super.setUp();
        first = _solver("first", 3);
        second = _solver("second", 3);
        asked = _request(_asking(1, 100, 14, 84));
    }

    /// @dev Offer of a provider of its own at hundredths of a dollar.
    function _at(uint256 index, uint256 cents) internal returns (OfferId) {
        _register(providers[index], 1_000_000 * FLT, 0, 0, 0);
        return _offer(providers[index], 10_000, dollar * cents / 100);
    }

    function _withStandbys(uint8 standbys) internal view returns (IMatching.Request memory request) {
        request = _asking(1, 100, 14, 84);
        (request.standbys, request.reserveBps) = (standbys, 2000);
        request.prepaid += request.prepaid / 50 * standbys;
    }

    function _proposeBy(address solver, OfferId offer) internal {
        vm.prank(solver);
        matching.propose(asked, _one(offer));
    }

    function _requireStands(uint8 rank, address solver, OfferId offer) internal view {
        (address by,,, OfferId[] memory kept) = matching.proposalOf(asked, rank);
        assertEq(by, solver, "proposer");
        if (by != address(0)) assertEq(OfferId.unwrap(kept[0]), OfferId.unwrap(offer), "offer");
    }

    function _requireBond(address solver, uint256 balance, uint256 reserved) internal view {
        (uint128 have, uint128 bound_) = matching.bondOf(solver);
        assertEq(have, balance * SOLVER_BOND, "bonds left");
        assertEq(bound_, reserved * SOLVER_BOND, "bonds reserved");
    }

    function _servedBy() internal view returns (address) {
        return deals.slotOf(asked, 0).provider;
    }

    /// @dev Gone after two minutes, so before an activation after that.
    function _remove(uint256 index, OfferId offer) internal {
        vm.prank(providers[index]);
        offers.remove(offer);
    }
}
