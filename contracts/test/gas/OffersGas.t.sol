// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOffers} from "../../src/interfaces/IOffers.sol";
import {OfferId} from "../../src/types/Ids.sol";
import {Supply} from "../Supply.sol";

/// @dev Gas of whole transactions on an offer that is in use and was updated before.
/// forge-config: default.isolate = true
contract OffersGasTest is Supply {
    IOffers.Offer private terms;
    OfferId private offer;

    function setUp() public override {
        super.setUp();
        terms = IOffers.Offer({
            provider: provider,
            class: 0,
            region: 1,
            units: 1000,
            unitsInUse: 0,
            price: 1e6,
            coverageMaxBps: 50_000,
            availabilityBps: 9900,
            termMaxDays: 14,
            durationMaxDays: 365,
            paymentModes: 3,
            proofKinds: 1,
            notice: 1 days,
            customersRoot: 0,
            applicationsRoot: 0,
            verificationKeysRoot: 0
        });
        offer = create(terms);
        update(offer, terms);
        skip(1 hours);
        take(offer, 10);
    }

    function test_Gas_Create() external {
        create(terms);
        measure("create", 101_000);
    }

    function test_Gas_Update() external {
        update(offer, terms);
        measure("update", 60_000);
    }

    function test_Gas_Remove() external {
        remove(offer);
        measure("remove", 45_000);
    }

    /// @dev A call, not a transaction: what a match adds to its own.
    function test_Gas_OfferOf() external {
        offers.offerOf(offer);
        measure("offer_of_call", 8000);
    }

    function test_Gas_Take() external {
        take(offer, 10);
        measure("take", 33_000);
    }

    function test_Gas_GiveBack() external {
        giveBack(offer, 5);
        measure("give_back", 30_000);
    }

    function measure(string memory name, uint256 budget) private {
        assertLe(vm.snapshotGasLastCall("Offers", name), budget, name);
    }
}
