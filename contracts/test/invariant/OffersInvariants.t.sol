// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOffers} from "../../src/interfaces/IOffers.sol";
import {OfferId} from "../../src/types/Ids.sol";
import {Supply} from "../Supply.sol";
import {OffersHandler} from "./OffersHandler.sol";

/// @dev Laws L26 and L27, see README.md.
contract OffersInvariants is Supply {
    OffersHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new OffersHandler(offers, provider);
        targetContract(address(handler));
    }

    function invariant_L26_UnitsInUseAreConsentedToAndComeBack() external {
        for (uint64 offer = 1; offer <= offers.count(); ++offer) {
            uint256 used = handler.taken(offer) - handler.returned(offer);
            assertEq(offers.unitsInUse(OfferId.wrap(offer)), used, "taken less returned");
        }
        assertEq(handler.broken(26), "", "taking");

        handler.giveAllBack();
        for (uint64 offer = 1; offer <= offers.count(); ++offer) {
            assertEq(offers.unitsInUse(OfferId.wrap(offer)), 0, "none when all came back");
        }
    }

    function invariant_L27_ChangesWaitTwoMinutes() external {
        assertInForce();
        // Also at other instants, with nobody calling.
        uint256[3] memory later = [uint256(1), 118, 1];
        for (uint256 i = 0; i < later.length; ++i) {
            skip(later[i]);
            assertInForce();
        }
        assertEq(handler.broken(27), "", "changing");
    }

    function assertInForce() private {
        for (uint64 i = 1; i <= offers.count(); ++i) {
            OfferId offer = OfferId.wrap(i);
            (IOffers.Offer memory expected, bool isGone) = handler.inForce(i);
            assertEq(offers.isLive(offer), !isGone, "live");
            if (isGone) {
                vm.expectRevert(abi.encodeWithSelector(IOffers.OfferGone.selector, offer));
                offers.offerOf(offer);
            } else {
                assertEq(abi.encode(offers.offerOf(offer)), abi.encode(expected), "in force");
            }
        }
    }
}
