// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching, IMatchingBooks} from "../../src/interfaces/IMatching.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {AttributeIds} from "../../src/types/AttributeIds.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev What a set of slots promises, by the records that `Faults` keeps. Nobody has one here: each is down 5 % of the time.
contract MatchingAvailabilityTest is FaultsBase {
    uint256 private constant U = 0.05e18;

    function setUp() public override {
        super.setUp();
        _secure(attester, 1);
    }

    function _in(uint256 index, uint8 region, uint48 operator) private returns (OfferId) {
        address provider = providers[index];
        _register(provider, 1_000_000 * FLT, 0, 0, 0);
        if (operator != 0) {
            vm.prank(attester);
            attributes.attest(provider, AttributeIds.OPERATOR, 2, operator, uint40(block.timestamp + 365 days));
        }
        IOffers.Offer memory offer = _offerOf(provider, 10_000, dollar);
        offer.region = region;
        return _create(offer);
    }

    function _target(uint8 slots, uint32 ppm) private returns (DealId) {
        IMatching.Request memory request = _asking(slots, 100, 14, 84);
        request.availabilityPpm = ppm;
        return _request(request);
    }

    /// @dev Two operators in two regions: 0.05 * 0.05.
    function test_Propose_MeetsTheTarget() external {
        DealId asked = _target(2, 997_500);
        OfferId[] memory chosen = _two(_in(0, 1, 7), _in(1, 2, 8));
        assertEq(matching.unavailabilityOf(asked, chosen), U * U / 1e18, "99.75 %");
        _activate(asked, chosen);
        assertEq(deals.emptySlots(asked), 0, "assigned");
    }

    function test_Propose_RevertWhen_AvailabilityTooLow() external {
        DealId asked = _target(2, 997_501);
        OfferId[] memory chosen = _two(_in(0, 1, 7), _in(1, 2, 8));
        vm.expectRevert(
            abi.encodeWithSelector(IMatchingBooks.AvailabilityTooLow.selector, U * U / 1e18, 1e18 - 997_501e12)
        );
        _propose(asked, chosen);
    }

    /// @dev One person with many addresses: nobody vouches that they are several, so in a region they are one.
    function test_Propose_RevertGiven_OneProviderWithManyAddresses() external {
        DealId asked = _target(3, 990_000);
        OfferId[] memory chosen = new OfferId[](3);
        for (uint256 i = 0; i < 3; ++i) {
            chosen[i] = _in(i, 1, 0);
        }
        assertEq(matching.unavailabilityOf(asked, chosen), U, "as good as one");
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.AvailabilityTooLow.selector, U, 0.01e18));
        _propose(asked, chosen);
    }

    function test_Propose_RevertGiven_OneOperatorInOneRegion() external {
        DealId asked = _target(2, 960_000);
        OfferId[] memory chosen = _two(_in(0, 1, 7), _in(1, 1, 7));
        assertEq(matching.unavailabilityOf(asked, chosen), U, "as good as one");
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.AvailabilityTooLow.selector, U, 0.04e18));
        _propose(asked, chosen);
    }

    function test_Propose_RevertWhen_RegionsTooFew() external {
        DealId asked = _target(2, 990_001);
        OfferId[] memory chosen = _two(_in(0, 1, 7), _in(1, 1, 8));
        vm.expectRevert(IMatchingBooks.RegionsTooFew.selector);
        _propose(asked, chosen);
    }

    /// @dev Up to 99 % two operators in one region will do.
    function test_Propose_GivenALowTarget_NeedsOneRegion() external {
        DealId asked = _target(2, 990_000);
        _activate(asked, _two(_in(0, 1, 7), _in(1, 1, 8)));
        assertEq(deals.emptySlots(asked), 0, "assigned");
    }

    /// @dev Who serves counts with who is proposed, where he was when he came.
    function test_Propose_CountsWhoServes() external {
        DealId asked = _target(2, 997_500);
        _activate(asked, _two(_in(0, 1, 7), _in(1, 2, 8)));
        _ready(asked, 0);
        vm.prank(providers[1]);
        deals.decline(asked, 1);
        OfferId same = _in(2, 1, 7);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.AvailabilityTooLow.selector, U, 0.0025e18));
        _propose(asked, _one(same));
        _activate(asked, _one(_in(3, 3, 9)));
        assertEq(deals.emptySlots(asked), 0, "assigned");
    }

    /// @dev A provider that fell silent makes the set worse, and the best invalid.
    function test_Activate_GivenAFailureMeanwhile() external {
        DealId other = _deal(0);
        IOffers.Offer memory offer = _offerOf(providers[0], 10_000, dollar);
        offer.region = 1;
        vm.prank(attester);
        attributes.attest(providers[0], AttributeIds.OPERATOR, 2, 7, uint40(block.timestamp + 365 days));
        OfferId here = _create(offer);
        DealId asked = _target(2, 997_500);
        _propose(asked, _two(here, _in(1, 2, 8)));
        _fail(other);
        matching.activate(asked);
        assertEq(deals.slotOf(asked, 0).provider, address(0), "not with him");
        assertGt(judge.unavailability(providers[0]), U, "he is down");
    }
}
