// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatchingBooks} from "../../src/interfaces/IMatching.sol";
import {OfferId} from "../../src/types/Ids.sol";
import {WindowBase} from "./WindowBase.sol";

/// @dev What solvers, providers and strangers may try around an activation.
contract MatchingAttacksTest is WindowBase {
    /// @dev Each time it costs a bond and an offer, and the honest second best takes over in the same transaction.
    function test_Attack_WhenACheapProposalIsMeantToBeInvalid_OverAndOver() external {
        for (uint256 i = 0; i < 2; ++i) {
            asked = _request(_asking(1, 100, 14, 84));
            OfferId honest = i == 0 ? _at(0, 100) : OfferId.wrap(1);
            OfferId trap = i == 0 ? _at(1, 50) : _offer(providers[1], 1000, dollar / 2);
            _remove(1, trap);
            skip(100);
            _proposeBy(second, honest);
            _proposeBy(first, trap);
            skip(60);
            vm.expectEmit(address(matching));
            emit IMatchingBooks.OfferBarred(asked, trap, 1);
            matching.activate(asked);
            assertEq(_servedBy(), providers[0], "the honest one");
            _requireBond(first, 2 - i, 0);
            _requireBond(second, 3, 0);
            assertEq(flt.balanceOf(DEAD), (i + 1) * SOLVER_BOND, "burned");
        }
    }

    function test_Attack_WhenTheOnlyProposalIsInvalid() external {
        OfferId offer = _at(0, 100);
        _proposeBy(first, offer);
        _remove(0, offer);
        skip(2 minutes);
        matching.activate(asked);
        _requireBond(first, 2, 0);
        assertTrue(matching.isBarred(asked, offer), "barred");
        assertEq(matching.wantedOf(asked), 1, "it waits");
        _activate(asked, _one(_at(1, 100)));
        assertEq(_servedBy(), providers[1], "by another");
    }

    function test_Attack_WhenBothAreInvalid() external {
        (OfferId cheap, OfferId dear) = (_at(0, 100), _at(1, 150));
        _proposeBy(first, cheap);
        _proposeBy(second, dear);
        _remove(0, cheap);
        _remove(1, dear);
        skip(2 minutes);
        matching.activate(asked);
        assertEq(_servedBy(), address(0), "by nobody");
        assertEq(flt.balanceOf(DEAD), 2 * SOLVER_BOND, "both");
    }

    /// @dev An offer that is dearer now is not activated at the old proposal's price, nor at its own.
    function test_Attack_WhenAnOfferBecameDearer() external {
        OfferId offer = _at(0, 100);
        _proposeBy(first, offer);
        vm.prank(providers[0]);
        offers.update(offer, _offerOf(providers[0], 10_000, dollar + 1));
        skip(2 minutes);
        matching.activate(asked);
        assertEq(_servedBy(), address(0), "not at this price");
        _requireBond(first, 2, 0);
        assertFalse(matching.isBarred(asked, offer), "it may be proposed at its new price");
        _activate(asked, _one(offer));
        assertEq(_servedBy(), providers[0], "at its new price");
    }

    /// @dev Its units went to another deal. Others decide that, so it is not barred.
    function test_Attack_WhenAnOfferIsExhausted() external {
        _register(providers[0], 1_000_000 * FLT, 0, 0, 0);
        OfferId offer = _offer(providers[0], 150, dollar);
        _proposeBy(first, offer);
        _proposeBy(second, _at(1, 150));
        _activate(_request(_asking(1, 100, 14, 84)), _one(offer));
        skip(60);
        matching.activate(asked);
        assertEq(_servedBy(), providers[1], "the second best");
        assertFalse(matching.isBarred(asked, offer), "not barred");
        _requireBond(first, 2, 0);
    }

    function test_Attack_WhenTheStakeLeft() external {
        OfferId offer = _at(0, 100);
        _proposeBy(first, offer);
        uint256 shares = staking.position(providers[0], providers[0]).shares;
        vm.prank(providers[0]);
        staking.exit(providers[0], providers[0], uint128(shares));
        skip(60);
        matching.activate(asked);
        assertEq(_servedBy(), address(0), "by nobody");
        _requireBond(first, 2, 0);
        assertFalse(matching.isBarred(asked, offer), "not barred");
    }

    /// @dev Nobody pays a retainer of less than the least coin, so it would stand in the way of every other proposal.
    function test_Attack_WhenAStandbyBecameTooCheap() external {
        asked = _request(_withStandbys(1));
        (OfferId slot, OfferId standby) = (_at(0, 100), _at(1, 100));
        vm.prank(first);
        matching.propose(asked, _two(slot, standby));
        vm.prank(providers[1]);
        offers.update(standby, _offerOf(providers[1], 10_000, 49));
        skip(2 minutes);
        matching.activate(asked);
        assertEq(_servedBy(), address(0), "by nobody");
        _requireBond(first, 2, 0);
        assertFalse(matching.isBarred(asked, standby), "it may take a slot");
        _activate(asked, _two(standby, slot));
        assertEq(_servedBy(), providers[1], "at its new price");
    }

    /// @dev Whoever brings too little gas is refused; nobody's bond burns for it.
    function test_Attack_WhenTheGasIsTooLittle(uint256 gasLimit) external {
        gasLimit = bound(gasLimit, 30_000, 600_000);
        _proposeBy(first, _at(0, 100));
        _proposeBy(second, _at(1, 150));
        skip(60);
        try matching.activate{gas: gasLimit}(asked) {
            assertEq(_servedBy(), providers[0], "the best, or nobody");
        } catch {}
        _requireBond(first, 3, _servedBy() == address(0) ? 1 : 0);
        assertEq(flt.balanceOf(DEAD), 0, "nothing burned");
    }

    /// @dev What a proposal was made for is filled by then: its proposers could not know.
    function test_Attack_WhenOtherPlacesWaitMeanwhile() external {
        _activate(asked, _one(_at(0, 100)));
        vm.prank(providers[0]);
        deals.decline(asked, 0);
        _proposeBy(first, _at(1, 100));
        vm.prank(customer);
        deals.stop(asked);
        skip(60);
        matching.activate(asked);
        _requireBond(first, 3, 0);
    }
}
