// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IOffers} from "../interfaces/IOffers.sol";

/// @title OfferLimits: what an offer may say.
library OfferLimits {
    uint256 internal constant CLASS_LAST = 1;
    /// price * units * days stays below 2^124, so that no amount of a deal needs a check for 128 bits.
    uint256 internal constant PRICE_MAX = 1e24;
    uint256 internal constant COVERAGE_MIN_BPS = 20_000;
    uint256 internal constant COVERAGE_MAX_BPS = 50_000;
    uint256 internal constant AVAILABILITY_MIN_BPS = 5000;
    uint256 internal constant AVAILABILITY_MAX_BPS = 10_000;
    uint256 internal constant TERM_MAX_DAYS = 14;
    uint256 internal constant DURATION_MAX_DAYS = 3650;
    uint256 internal constant PAYMENT_MODES = 3;
    uint256 internal constant PROOF_KINDS = 31;
    uint256 internal constant NOTICE_MAX = 14 days;

    function check(IOffers.Offer calldata offer) internal pure {
        require(offer.class <= CLASS_LAST, IOffers.ClassUnknown(offer.class));
        require(offer.units > 0, IOffers.UnitsZero());
        require(offer.price > 0, IOffers.PriceZero());
        require(offer.price <= PRICE_MAX, IOffers.PriceTooHigh(offer.price));
        require(
            offer.coverageMaxBps >= COVERAGE_MIN_BPS && offer.coverageMaxBps <= COVERAGE_MAX_BPS,
            IOffers.CoverageOutOfRange(offer.coverageMaxBps)
        );
        require(
            offer.availabilityBps >= AVAILABILITY_MIN_BPS && offer.availabilityBps <= AVAILABILITY_MAX_BPS,
            IOffers.AvailabilityOutOfRange(offer.availabilityBps)
        );
        require(offer.termMaxDays > 0 && offer.termMaxDays <= TERM_MAX_DAYS, IOffers.TermOutOfRange(offer.termMaxDays));
        require(
            offer.durationMaxDays >= offer.termMaxDays && offer.durationMaxDays <= DURATION_MAX_DAYS,
            IOffers.DurationOutOfRange(offer.durationMaxDays)
        );
        require(
            offer.paymentModes > 0 && offer.paymentModes <= PAYMENT_MODES,
            IOffers.PaymentModesInvalid(offer.paymentModes)
        );
        require(offer.proofKinds > 0 && offer.proofKinds <= PROOF_KINDS, IOffers.ProofKindsInvalid(offer.proofKinds));
        require(offer.notice <= NOTICE_MAX, IOffers.NoticeTooLong(offer.notice));
    }
}
