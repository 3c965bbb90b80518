// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOffers} from "../src/interfaces/IOffers.sol";
import {OfferId} from "../src/types/Ids.sol";
import {KeyRoles} from "../src/types/Roles.sol";
import {Supply} from "./Supply.sol";

contract OffersTest is Supply {
    /* SET PROFILE */

    function test_SetProfile_RevertWhen_CallerMayNotAct(address caller, uint32 roles) external {
        vm.assume(caller != provider);
        registry.setKey(provider, caller, roles & ~KeyRoles.OFFER);

        vm.expectRevert(abi.encodeWithSelector(IOffers.NotAllowed.selector, caller, provider));
        vm.prank(caller);
        offers.setProfile(provider, "name", "endpoint", 0);
    }

    function test_SetProfile_RevertGiven_ProviderNotRegistered(address stranger) external {
        vm.assume(stranger != provider);

        vm.expectRevert(abi.encodeWithSelector(IOffers.NotRegistered.selector, stranger));
        vm.prank(stranger);
        offers.setProfile(stranger, "name", "endpoint", 0);
    }

    function test_SetProfile_RevertWhen_NameTooLong(uint256 length) external {
        length = bound(length, 65, 1000);

        vm.expectRevert(abi.encodeWithSelector(IOffers.NameTooLong.selector, length));
        vm.prank(provider);
        offers.setProfile(provider, string(new bytes(length)), "endpoint", 0);
    }

    function test_SetProfile_RevertWhen_EndpointTooLong(uint256 length) external {
        length = bound(length, 257, 1000);

        vm.expectRevert(abi.encodeWithSelector(IOffers.EndpointTooLong.selector, length));
        vm.prank(provider);
        offers.setProfile(provider, "name", string(new bytes(length)), 0);
    }

    function test_SetProfile_WhenCallerMayAct(address key, uint256 length, uint48 operator) external {
        registry.setKey(provider, key, KeyRoles.OFFER);
        string memory name = string(new bytes(bound(length, 0, 64)));
        string memory endpoint = string(new bytes(bound(length, 0, 256)));

        vm.expectEmit(address(offers));
        emit IOffers.ProfileSet(provider, name, endpoint, operator);
        vm.prank(key);
        offers.setProfile(provider, name, endpoint, operator);
    }

    /* CREATE */

    function test_Create_RevertWhen_CallerMayNotAct(IOffers.Offer memory any, address caller, uint32 roles) external {
        vm.assume(caller != provider);
        registry.setKey(provider, caller, roles & ~KeyRoles.OFFER);

        vm.expectRevert(abi.encodeWithSelector(IOffers.NotAllowed.selector, caller, provider));
        vm.prank(caller);
        offers.create(within(any));
    }

    function test_Create_RevertGiven_ProviderNotRegistered(IOffers.Offer memory any, address stranger) external {
        vm.assume(stranger != provider);
        any = within(any);
        any.provider = stranger;

        vm.expectRevert(abi.encodeWithSelector(IOffers.NotRegistered.selector, stranger));
        create(any);
    }

    function test_Create_WhenCallerMayAct(IOffers.Offer memory any, address key, uint32 unitsInUse) external {
        registry.setKey(provider, key, KeyRoles.OFFER);
        any = within(any);
        create(any);
        any.unitsInUse = unitsInUse;

        expectTerms(OfferId.wrap(2), any, 0);
        vm.prank(key);
        OfferId offer = offers.create(any);

        any.unitsInUse = 0;
        assertTrue(offer == OfferId.wrap(2), "id");
        assertEq(offers.count(), 2, "count");
        assertTrue(offers.isLive(offer), "live");
        assertInForce(offer, any);
    }

    /* UPDATE */

    function test_Update_RevertGiven_NoSuchOffer(IOffers.Offer memory any, OfferId offer) external {
        vm.expectRevert(abi.encodeWithSelector(IOffers.OfferUnknown.selector, offer));
        update(offer, within(any));
    }

    function test_Update_RevertWhen_CallerMayNotAct(IOffers.Offer memory any, address caller) external {
        vm.assume(caller != provider);
        OfferId offer = create(within(any));

        vm.expectRevert(abi.encodeWithSelector(IOffers.NotAllowed.selector, caller, provider));
        vm.prank(caller);
        offers.update(offer, any);
    }

    function test_Update_RevertGiven_RemovalWaits(IOffers.Offer memory any, uint256 elapsed) external {
        OfferId offer = create(within(any));
        remove(offer);
        skip(bound(elapsed, 0, 1000 days));

        vm.expectRevert(abi.encodeWithSelector(IOffers.OfferGone.selector, offer));
        update(offer, any);
    }

    function test_Update_RevertGiven_AvailabilityLowered(IOffers.Offer memory any, uint16 lower) external {
        any = within(any);
        if (any.availabilityBps == 5000) any.availabilityBps = 5001;
        OfferId offer = create(any);
        uint16 have = any.availabilityBps;
        take(offer, 1);
        any.availabilityBps = uint16(bound(lower, 5000, have - 1));

        vm.expectRevert(abi.encodeWithSelector(IOffers.AvailabilityLowered.selector, offer, have, any.availabilityBps));
        update(offer, any);

        // Nobody relies on it any more.
        vm.prank(deals);
        offers.giveBack(offer, 1);
        update(offer, any);
    }

    function test_Update_GivenAnUpdateWaits(IOffers.Offer[3] memory any, uint256 between) external {
        OfferId offer = create(within(any[0]));
        update(offer, within(any[1]));
        between = bound(between, 0, 2 minutes - 1);
        skip(between);
        update(offer, within(any[2]));

        skip(2 minutes - 1);
        assertInForce(offer, kept(any[0], any[0]));
        skip(1);
        assertInForce(offer, kept(any[2], any[0]));
    }

    function test_Update_GivenAnUpdateCameIntoForce(IOffers.Offer[3] memory any, uint256 between) external {
        OfferId offer = create(within(any[0]));
        update(offer, within(any[1]));
        skip(bound(between, 2 minutes, 1000 days));
        update(offer, within(any[2]));

        assertInForce(offer, kept(any[1], any[0]));
        skip(2 minutes);
        assertInForce(offer, kept(any[2], any[0]));
    }

    function test_Update_WhenCallerMayAct(IOffers.Offer[2] memory any, uint32 used, uint256 early) external {
        OfferId offer = create(within(any[0]));
        any[0].unitsInUse = uint32(bound(used, 0, any[0].units));
        take(offer, any[0].unitsInUse);

        any[1] = within(any[1]);
        if (any[1].availabilityBps < any[0].availabilityBps) any[1].availabilityBps = any[0].availabilityBps;
        expectTerms(offer, any[1], uint40(block.timestamp + 2 minutes));
        update(offer, any[1]);

        early = bound(early, 1, 2 minutes);
        skip(2 minutes - early);
        assertInForce(offer, any[0]);
        skip(early);
        assertInForce(offer, kept(any[1], any[0]));
    }

    /* REMOVE */

    function test_Remove_RevertGiven_NoSuchOffer(OfferId offer) external {
        vm.expectRevert(abi.encodeWithSelector(IOffers.OfferUnknown.selector, offer));
        remove(offer);
    }

    function test_Remove_RevertWhen_CallerMayNotAct(IOffers.Offer memory any, address caller) external {
        vm.assume(caller != provider);
        OfferId offer = create(within(any));

        vm.expectRevert(abi.encodeWithSelector(IOffers.NotAllowed.selector, caller, provider));
        vm.prank(caller);
        offers.remove(offer);
    }

    function test_Remove_RevertGiven_RemovalWaits(IOffers.Offer memory any, uint256 elapsed) external {
        OfferId offer = create(within(any));
        remove(offer);
        skip(bound(elapsed, 0, 1000 days));

        vm.expectRevert(abi.encodeWithSelector(IOffers.OfferGone.selector, offer));
        remove(offer);
    }

    function test_Remove_GivenAnUpdateWaits(IOffers.Offer[2] memory any, uint256 between) external {
        OfferId offer = create(within(any[0]));
        update(offer, within(any[1]));
        skip(bound(between, 0, 2 minutes - 1));
        remove(offer);

        skip(2 minutes - 1);
        assertInForce(offer, any[0]);
    }

    function test_Remove_GivenAnUpdateCameIntoForce(IOffers.Offer[2] memory any, uint256 between) external {
        OfferId offer = create(within(any[0]));
        update(offer, within(any[1]));
        skip(bound(between, 2 minutes, 1000 days));
        remove(offer);

        skip(2 minutes - 1);
        assertInForce(offer, kept(any[1], any[0]));
    }

    function test_Remove_WhenCallerMayAct(IOffers.Offer memory any, uint256 later) external {
        OfferId offer = create(within(any));

        vm.expectEmit(address(offers));
        emit IOffers.OfferRemoved(offer, uint40(block.timestamp + 2 minutes));
        remove(offer);

        skip(2 minutes - 1);
        assertTrue(offers.isLive(offer), "live before");
        assertInForce(offer, any);
        skip(bound(later, 1, 1000 days));
        assertFalse(offers.isLive(offer), "live after");
    }

    /* TAKE */

    function test_Take_RevertWhen_CallerNotDeals(IOffers.Offer memory any, address caller) external {
        vm.assume(caller != deals);
        OfferId offer = create(within(any));

        vm.expectRevert(abi.encodeWithSelector(IOffers.NotModule.selector, caller));
        vm.prank(caller);
        offers.take(offer, 1);
    }

    function test_Take_RevertGiven_NoSuchOffer(OfferId offer, uint32 units) external {
        vm.expectRevert(abi.encodeWithSelector(IOffers.OfferUnknown.selector, offer));
        take(offer, units);
    }

    function test_Take_RevertGiven_OfferGone(IOffers.Offer memory any, uint256 elapsed) external {
        OfferId offer = create(within(any));
        remove(offer);
        skip(bound(elapsed, 2 minutes, 1000 days));

        vm.expectRevert(abi.encodeWithSelector(IOffers.OfferGone.selector, offer));
        take(offer, 1);
    }

    function test_Take_RevertGiven_UnitsTooFew(IOffers.Offer memory any, uint32 used, uint32 units) external {
        OfferId offer = create(within(any));
        used = uint32(bound(used, 1, any.units));
        take(offer, used);
        units = uint32(bound(units, any.units - used + 1, type(uint32).max));

        vm.expectRevert(abi.encodeWithSelector(IOffers.UnitsTooFew.selector, offer, any.units - used, units));
        take(offer, units);
    }

    function test_Take_GivenAnUpdateCameIntoForce(IOffers.Offer[2] memory any) external {
        OfferId offer = create(within(any[0]));
        update(offer, within(any[1]));
        skip(2 minutes);

        vm.prank(deals);
        (, uint96 price) = offers.take(offer, any[1].units);

        assertEq(price, any[1].price, "price");
        assertEq(offers.unitsInUse(offer), any[1].units, "in use");
    }

    /// @dev What was declared when the units were taken is what they were taken for.
    function test_Take_GivenAnUpdateWaits(IOffers.Offer[2] memory any, uint256 early) external {
        OfferId offer = create(within(any[0]));
        update(offer, within(any[1]));
        early = bound(early, 1, 2 minutes);
        skip(2 minutes - early);
        bool isLowered = any[1].availabilityBps < any[0].availabilityBps;
        if (isLowered) {
            any[1].availabilityBps = any[0].availabilityBps;
            vm.expectEmit(address(offers));
            emit IOffers.UnitsTaken(offer, 1, 1);
            expectLimits(offer, any[1]);
        }
        vm.recordLogs();
        take(offer, 1);

        assertEq(vm.getRecordedLogs().length, isLowered ? 2 : 1, "said only where it changes");
        any[0].unitsInUse = 1;
        assertInForce(offer, any[0]);
        skip(early);
        assertInForce(offer, kept(any[1], any[0]));
    }

    function expectLimits(OfferId offer, IOffers.Offer memory terms) private {
        vm.expectEmit(address(offers));
        emit IOffers.OfferLimitsSet(
            offer,
            terms.coverageMaxBps,
            terms.availabilityBps,
            terms.termMaxDays,
            terms.durationMaxDays,
            terms.paymentModes,
            terms.proofKinds,
            terms.notice
        );
    }

    function test_Take_RevertGiven_AnUpdateLeftFewerUnitsThanInUse(IOffers.Offer[2] memory any, uint32 units) external {
        within(any[0]).units = uint32(bound(any[0].units, 2, type(uint32).max));
        within(any[1]).units = uint32(bound(any[1].units, 1, any[0].units - 1));
        any[1].availabilityBps = any[0].availabilityBps;
        OfferId offer = create(any[0]);
        take(offer, any[0].units);
        update(offer, any[1]);
        skip(2 minutes);
        units = uint32(bound(units, 1, type(uint32).max));

        vm.expectRevert(abi.encodeWithSelector(IOffers.UnitsTooFew.selector, offer, 0, units));
        take(offer, units);
    }

    function test_Take_GivenUnitsFree(IOffers.Offer memory any, uint32 used, uint32 units) external {
        OfferId offer = create(within(any));
        used = uint32(bound(used, 0, any.units));
        take(offer, used);
        units = uint32(bound(units, 0, any.units - used));

        vm.expectEmit(address(offers));
        emit IOffers.UnitsTaken(offer, units, used + units);
        vm.prank(deals);
        (address from, uint96 price) = offers.take(offer, units);

        assertEq(from, provider, "provider");
        assertEq(price, any.price, "price");
        any.unitsInUse = used + units;
        assertInForce(offer, any);
    }

    /* GIVE BACK */

    function test_GiveBack_RevertWhen_CallerNotDeals(IOffers.Offer memory any, address caller) external {
        vm.assume(caller != deals);
        OfferId offer = create(within(any));
        take(offer, 1);

        vm.expectRevert(abi.encodeWithSelector(IOffers.NotModule.selector, caller));
        vm.prank(caller);
        offers.giveBack(offer, 1);
    }

    function test_GiveBack_RevertWhen_MoreThanInUse(IOffers.Offer memory any, uint32 used, uint32 units) external {
        OfferId offer = create(within(any));
        used = uint32(bound(used, 0, any.units - 1));
        take(offer, used);
        units = uint32(bound(units, used + 1, type(uint32).max));

        vm.expectRevert(abi.encodeWithSelector(IOffers.UnitsTooFew.selector, offer, used, units));
        giveBack(offer, units);
    }

    function test_GiveBack_GivenOfferGone(IOffers.Offer memory any, uint32 units, uint256 elapsed) external {
        OfferId offer = create(within(any));
        units = uint32(bound(units, 1, any.units));
        take(offer, units);
        remove(offer);
        skip(bound(elapsed, 2 minutes, 1000 days));

        giveBack(offer, units);

        assertEq(offers.unitsInUse(offer), 0, "in use");
    }

    function test_GiveBack_GivenUnitsInUse(IOffers.Offer memory any, uint32 used, uint32 units) external {
        OfferId offer = create(within(any));
        used = uint32(bound(used, 1, any.units));
        take(offer, used);
        units = uint32(bound(units, 1, used));

        vm.expectEmit(address(offers));
        emit IOffers.UnitsReturned(offer, units, used - units);
        giveBack(offer, units);

        any.unitsInUse = used - units;
        assertInForce(offer, any);
    }

    /* OFFER OF */

    function test_OfferOf_RevertGiven_NoSuchOffer(OfferId offer) external {
        vm.expectRevert(abi.encodeWithSelector(IOffers.OfferUnknown.selector, offer));
        offers.offerOf(offer);
    }

    function test_OfferOf_RevertGiven_OfferGone(IOffers.Offer memory any, uint256 elapsed) external {
        OfferId offer = create(within(any));
        remove(offer);
        skip(bound(elapsed, 2 minutes, 1000 days));

        vm.expectRevert(abi.encodeWithSelector(IOffers.OfferGone.selector, offer));
        offers.offerOf(offer);
    }

    /* INTERNAL */

    /// @dev `next` with what an update never changes.
    function kept(IOffers.Offer memory next, IOffers.Offer memory first) private pure returns (IOffers.Offer memory) {
        (next.class, next.region, next.unitsInUse) = (first.class, first.region, first.unitsInUse);
        return next;
    }

    function assertInForce(OfferId offer, IOffers.Offer memory expected) private view {
        assertEq(abi.encode(offers.offerOf(offer)), abi.encode(expected), "in force");
    }

    /// @dev `effectiveAt` zero: a new offer.
    function expectTerms(OfferId offer, IOffers.Offer memory terms, uint40 effectiveAt) private {
        vm.expectEmit(address(offers));
        if (effectiveAt == 0) {
            emit IOffers.OfferCreated(offer, provider, terms.class, terms.region, terms.units, terms.price);
        } else {
            emit IOffers.OfferUpdated(offer, terms.units, terms.price, effectiveAt);
        }
        vm.expectEmit(address(offers));
        emit IOffers.OfferLimitsSet(
            offer,
            terms.coverageMaxBps,
            terms.availabilityBps,
            terms.termMaxDays,
            terms.durationMaxDays,
            terms.paymentModes,
            terms.proofKinds,
            terms.notice
        );
        vm.expectEmit(address(offers));
        emit IOffers.OfferRootsSet(offer, terms.customersRoot, terms.applicationsRoot, terms.verificationKeysRoot);
    }
}
