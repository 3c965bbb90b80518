// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Offers} from "../src/Offers.sol";
import {IOffers} from "../src/interfaces/IOffers.sol";
import {OfferId} from "../src/types/Ids.sol";
import {MockRegistry} from "./mocks/MockRegistry.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Offers, a registered provider, and an account that stands for `Deals`.
abstract contract Supply is Test {
    address internal immutable provider = makeAddr("provider");
    address internal immutable deals = makeAddr("deals");
    MockRegistry internal registry;
    Offers internal offers;

    function setUp() public virtual {
        vm.warp(20_000 days);
        registry = new MockRegistry();
        registry.register(provider);
        string memory artifact = vm.envOr("OFFERS_ARTIFACT", string("Offers.sol:Offers"));
        offers = Offers(deployCode(artifact, abi.encode(registry, deals)));
    }

    function create(IOffers.Offer memory newOffer) internal returns (OfferId) {
        vm.prank(newOffer.provider);
        return offers.create(newOffer);
    }

    function update(OfferId offer, IOffers.Offer memory newOffer) internal {
        vm.prank(provider);
        offers.update(offer, newOffer);
    }

    function remove(OfferId offer) internal {
        vm.prank(provider);
        offers.remove(offer);
    }

    function take(OfferId offer, uint32 units) internal {
        vm.prank(deals);
        offers.take(offer, units);
    }

    function giveBack(OfferId offer, uint32 units) internal {
        vm.prank(deals);
        offers.giveBack(offer, units);
    }

    /// @dev Any offer that may be made, from any words.
    function within(IOffers.Offer memory any) internal view returns (IOffers.Offer memory) {
        any.provider = provider;
        any.unitsInUse = 0;
        any.class = uint8(bound(any.class, 0, 1));
        any.units = uint32(bound(any.units, 1, type(uint32).max));
        any.price = uint96(bound(any.price, 1, 1e24));
        any.coverageMaxBps = uint16(bound(any.coverageMaxBps, 20_000, 50_000));
        any.availabilityBps = uint16(bound(any.availabilityBps, 5000, 10_000));
        any.termMaxDays = uint8(bound(any.termMaxDays, 1, 14));
        any.durationMaxDays = uint16(bound(any.durationMaxDays, any.termMaxDays, 3650));
        any.paymentModes = uint8(bound(any.paymentModes, 1, 3));
        any.proofKinds = uint8(bound(any.proofKinds, 1, 31));
        any.notice = uint32(bound(any.notice, 0, 14 days));
        // Half of all offers accept everybody and everything.
        if (any.price % 2 == 0) {
            (any.customersRoot, any.applicationsRoot, any.verificationKeysRoot) = (0, 0, 0);
        }
        return any;
    }
}
