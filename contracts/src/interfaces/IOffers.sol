// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OfferId} from "../types/Ids.sol";

/// @title Offers: who offers which units, at which price, within which limits.
interface IOffers {
    /// @dev The limits are the provider's consent: no deal outside them can be matched.
    struct Offer {
        address provider;
        uint8 class; // 0 CPU (a core with 4 GiB), 1 GPU (a device)
        uint8 region;
        uint32 units;
        uint32 unitsInUse;
        uint96 price; // stablecoin, smallest unit, per unit-day
        uint16 coverageMaxBps; // 50,000 is 5.0
        uint16 availabilityBps; // declared, 9,900 by default
        uint8 termMaxDays;
        uint16 durationMaxDays;
        uint8 paymentModes; // bit 0 reserved, bit 1 metered
        uint8 proofKinds; // bit 0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic
        uint32 notice; // seconds, the least notice of a customer's stop
        bytes32 customersRoot; // Merkle root of accepted customers, zero: all
        bytes32 applicationsRoot;
        bytes32 verificationKeysRoot;
    }

    error NotAllowed(address caller, address provider);
    error NotModule(address caller);
    error NotRegistered(address provider);
    error NameTooLong(uint256 length);
    error EndpointTooLong(uint256 length);
    error OfferUnknown(OfferId offer);
    error OfferGone(OfferId offer);
    error UnitsZero();
    error PriceZero();
    error ClassUnknown(uint8 class);
    error CoverageOutOfRange(uint16 bps);
    error AvailabilityOutOfRange(uint16 bps);
    error TermOutOfRange(uint8 termDays);
    error DurationOutOfRange(uint16 durationDays);
    error PaymentModesInvalid(uint8 modes);
    error ProofKindsInvalid(uint8 kinds);
    error NoticeTooLong(uint32 notice);
    error UnitsTooFew(OfferId offer, uint32 have, uint32 need);

    event ProfileSet(address indexed provider, string name, string endpoint, uint48 operator);
    event OfferCreated(
        OfferId indexed offer, address indexed provider, uint8 class, uint8 region, uint32 units, uint96 price
    );
    /// @notice Follows every `OfferCreated` and `OfferUpdated` with the rest of the terms.
    event OfferLimitsSet(
        OfferId indexed offer,
        uint16 coverageMaxBps,
        uint16 availabilityBps,
        uint8 termMaxDays,
        uint16 durationMaxDays,
        uint8 paymentModes,
        uint8 proofKinds,
        uint32 notice
    );
    event OfferRootsSet(
        OfferId indexed offer, bytes32 customersRoot, bytes32 applicationsRoot, bytes32 verificationKeysRoot
    );
    event OfferUpdated(OfferId indexed offer, uint32 units, uint96 price, uint40 effectiveAt);
    event OfferRemoved(OfferId indexed offer, uint40 effectiveAt);
    event UnitsTaken(OfferId indexed offer, uint32 units, uint32 unitsInUse);
    event UnitsReturned(OfferId indexed offer, uint32 units, uint32 unitsInUse);

    function setProfile(address provider, string calldata name, string calldata endpoint, uint48 operator) external;
    /// @notice `provider` and `unitsInUse` of `newOffer`: the provider, and zero.
    function create(Offer calldata newOffer) external returns (OfferId offer);
    /// @notice Takes effect after 2 minutes. Class and region never change. Deals that run keep their price.
    function update(OfferId offer, Offer calldata newOffer) external;
    function remove(OfferId offer) external;
    /// @notice `Deals` only.
    function take(OfferId offer, uint32 units) external;
    function giveBack(OfferId offer, uint32 units) external;

    /* VIEWS */

    /// @notice The offer as it is in force now. Reverts where there is none, or it was removed.
    function offerOf(OfferId offer) external view returns (Offer memory);
    function count() external view returns (uint64);
    function isLive(OfferId offer) external view returns (bool);
}
