// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOffers} from "../../src/interfaces/IOffers.sol";
import {OfferId} from "../../src/types/Ids.sol";
import {Supply} from "../Supply.sol";

/// @dev Through `create` and `update`, which both must check.
contract OfferLimitsTest is Supply {
    function test_Check_RevertWhen_ClassUnknown(IOffers.Offer memory any, uint8 class) external {
        within(any).class = uint8(bound(class, 2, 255));
        assertRefused(any, abi.encodeWithSelector(IOffers.ClassUnknown.selector, any.class));
    }

    function test_Check_RevertWhen_UnitsZero(IOffers.Offer memory any) external {
        within(any).units = 0;
        assertRefused(any, abi.encodeWithSelector(IOffers.UnitsZero.selector));
    }

    function test_Check_RevertWhen_PriceZero(IOffers.Offer memory any) external {
        within(any).price = 0;
        assertRefused(any, abi.encodeWithSelector(IOffers.PriceZero.selector));
    }

    function test_Check_RevertWhen_PriceTooHigh(IOffers.Offer memory any, uint96 price) external {
        within(any).price = uint96(bound(price, 1e24 + 1, type(uint96).max));
        assertRefused(any, abi.encodeWithSelector(IOffers.PriceTooHigh.selector, any.price));
    }

    function test_Check_RevertWhen_CoverageOutOfRange(IOffers.Offer memory any, uint16 bps) external {
        within(any).coverageMaxBps = outside(bps, 20_000, 50_000, type(uint16).max);
        assertRefused(any, abi.encodeWithSelector(IOffers.CoverageOutOfRange.selector, any.coverageMaxBps));
    }

    function test_Check_RevertWhen_AvailabilityOutOfRange(IOffers.Offer memory any, uint16 bps) external {
        within(any).availabilityBps = outside(bps, 5000, 10_000, type(uint16).max);
        assertRefused(any, abi.encodeWithSelector(IOffers.AvailabilityOutOfRange.selector, any.availabilityBps));
    }

    function test_Check_RevertWhen_TermOutOfRange(IOffers.Offer memory any, uint8 termDays) external {
        within(any).termMaxDays = uint8(outside(termDays, 1, 14, type(uint8).max));
        assertRefused(any, abi.encodeWithSelector(IOffers.TermOutOfRange.selector, any.termMaxDays));
    }

    function test_Check_RevertWhen_DurationOutOfRange(IOffers.Offer memory any, uint16 durationDays) external {
        // The least depends on the term, so the term comes first.
        within(any);
        any.durationMaxDays = outside(durationDays, any.termMaxDays, 3650, type(uint16).max);
        assertRefused(any, abi.encodeWithSelector(IOffers.DurationOutOfRange.selector, any.durationMaxDays));
    }

    function test_Check_RevertWhen_PaymentModesInvalid(IOffers.Offer memory any, uint8 modes) external {
        within(any).paymentModes = uint8(outside(modes, 1, 3, type(uint8).max));
        assertRefused(any, abi.encodeWithSelector(IOffers.PaymentModesInvalid.selector, any.paymentModes));
    }

    function test_Check_RevertWhen_ProofKindsInvalid(IOffers.Offer memory any, uint8 kinds) external {
        within(any).proofKinds = uint8(outside(kinds, 1, 31, type(uint8).max));
        assertRefused(any, abi.encodeWithSelector(IOffers.ProofKindsInvalid.selector, any.proofKinds));
    }

    function test_Check_RevertWhen_NoticeTooLong(IOffers.Offer memory any, uint32 notice) external {
        within(any).notice = uint32(bound(notice, 14 days + 1, type(uint32).max));
        assertRefused(any, abi.encodeWithSelector(IOffers.NoticeTooLong.selector, any.notice));
    }

    function test_Check_WhenAllWithin(IOffers.Offer memory any) external {
        create(within(any));

        uint256 most = uint256(any.price) * any.units * any.durationMaxDays;
        assertLt(most, 2 ** 124, "a deal's amounts");
    }

    function assertRefused(IOffers.Offer memory bad, bytes memory reason) private {
        vm.expectRevert(reason);
        create(bad);

        IOffers.Offer memory good = within(abi.decode(abi.encode(bad), (IOffers.Offer)));
        OfferId offer = create(good);
        vm.expectRevert(reason);
        update(offer, bad);
    }

    /// @dev Any number up to `most` below `first` or above `last`.
    function outside(uint256 any, uint256 first, uint256 last, uint256 most) private pure returns (uint16) {
        uint256 found = any % (most - (last - first));
        return uint16(found < first ? found : found + last - first + 1);
    }
}
