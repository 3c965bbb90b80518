// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OfferId} from "../types/Ids.sol";
import {IStaking} from "./IStaking.sol";

/// @title Offers: who offers which units, at which price, within which limits.
/// @notice Whoever acts for a provider is the provider or holds a live key of it with `KeyRoles.OFFER` in `Staking`.
///
/// A change of an offer waits two minutes, so that nobody can pull an offer away from under an activation. At most one change
/// waits: an update replaces a waiting update, which then never comes into force, and a removal drops it.
///
/// @dev Assumptions.
/// Safety: `Staking` says truly who may act for whom; `Deals` gives back no more units than it took.
/// Liveness: none; a deal that runs never needs its offer again, and its units come back whatever became of the offer.
interface IOffers {
    /// @dev The limits are the provider's consent: no deal outside them can be matched.
    struct Offer {
        address provider;
        uint8 class; // 0 CPU (a core with 4 GiB), 1 GPU (a device)
        uint8 region;
        uint32 units;
        uint32 unitsInUse; // may exceed `units` after an update: an update evicts nobody
        uint96 price; // stablecoin, smallest unit, per unit-day; at most 1e24
        uint16 coverageMaxBps; // 20,000 to 50,000; 50,000 is 5.0
        uint16 availabilityBps; // declared, 9,900 by default; 5,000 to 10,000
        uint8 termMaxDays; // 1 to 14
        uint16 durationMaxDays; // termMaxDays to 3,650
        uint8 paymentModes; // bit 0 reserved, bit 1 metered; at least one
        uint8 proofKinds; // bit 0 none, 1 receipts, 2 sampled, 3 groth16, 4 optimistic; at least one
        uint32 notice; // seconds, the least notice of a customer's stop; at most 14 days
        bytes32 customersRoot; // Merkle root of accepted customers, zero: all
        bytes32 applicationsRoot;
        bytes32 verificationKeysRoot;
    }

    /// @notice The caller neither is the provider nor holds a live key of it with `KeyRoles.OFFER`.
    error NotAllowed(address caller, address provider);
    /// @notice Only `Deals` takes units and gives them back.
    error NotModule(address caller);
    /// @notice A provider registers by its terms in `Staking`.
    error NotRegistered(address provider);
    error NameTooLong(uint256 length);
    error EndpointTooLong(uint256 length);
    /// @notice There is no offer of this id.
    error OfferUnknown(OfferId offer);
    /// @notice The offer was removed, or its removal waits.
    error OfferGone(OfferId offer);
    error UnitsZero();
    error PriceZero();
    /// @notice Over 1e24 smallest units: price * units * days of a deal must stay far below 2^128.
    error PriceTooHigh(uint96 price);
    error ClassUnknown(uint8 class);
    error CoverageOutOfRange(uint16 bps);
    error AvailabilityOutOfRange(uint16 bps);
    /// @notice Units are in use by deals that were made at the availability in force.
    error AvailabilityLowered(OfferId offer, uint16 have, uint16 asked);
    error TermOutOfRange(uint8 termDays);
    error DurationOutOfRange(uint16 durationDays);
    error PaymentModesInvalid(uint8 modes);
    error ProofKindsInvalid(uint8 kinds);
    error NoticeTooLong(uint32 notice);
    /// @notice Fewer units are free than should be taken, or fewer in use than should come back.
    error UnitsTooFew(OfferId offer, uint32 have, uint32 need);

    /// @notice A provider's profile, whole; it replaces the one before. `operator` is the id that an attester confirms
    /// (`AttributeIds.OPERATOR`), zero where there is none.
    event ProfileSet(address indexed provider, string name, string endpoint, uint48 operator);
    /// @notice In force at once.
    event OfferCreated(
        OfferId indexed offer, address indexed provider, uint8 class, uint8 region, uint32 units, uint96 price
    );
    /// @notice Follows every `OfferCreated` and `OfferUpdated` with the rest of the terms. Again, without roots, after
    /// `UnitsTaken`: the update that waits keeps the availability that the units were taken at.
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
    /// @notice Follows `OfferLimitsSet` of a creation or an update, with zeros where everybody and everything is accepted.
    event OfferRootsSet(
        OfferId indexed offer, bytes32 customersRoot, bytes32 applicationsRoot, bytes32 verificationKeysRoot
    );
    /// @notice In force from `effectiveAt` on, unless an update or a removal of the same offer is recorded before `effectiveAt`.
    event OfferUpdated(OfferId indexed offer, uint32 units, uint96 price, uint40 effectiveAt);
    /// @notice Gone from `effectiveAt` on, for good. An update that was not in force by now never will be.
    event OfferRemoved(OfferId indexed offer, uint40 effectiveAt);
    event UnitsTaken(OfferId indexed offer, uint32 units, uint32 unitsInUse);
    event UnitsReturned(OfferId indexed offer, uint32 units, uint32 unitsInUse);

    /// @notice Publishes name, endpoint and operator id. Only for a registered provider.
    /// @param name At most 64 bytes.
    /// @param endpoint At most 256 bytes.
    function setProfile(address provider, string calldata name, string calldata endpoint, uint48 operator) external;

    /// @notice Creates an offer of a registered provider, in force at once.
    /// @param newOffer `provider` says for whom; `unitsInUse` is not read.
    function create(Offer calldata newOffer) external returns (OfferId offer);

    /// @notice Replaces units, price, limits and roots after 2 minutes. Class and region never change, and nothing else of `newOffer`
    /// is read. Deals that run keep their price and their units. The availability is not lowered while units are in use: see `take`.
    function update(OfferId offer, Offer calldata newOffer) external;

    /// @notice Removes the offer after 2 minutes. Deals that run go on.
    function remove(OfferId offer) external;

    /// @notice Takes units for a slot. `Deals` only. Reverts where the offer is gone or has too few free units. An update that
    /// waits and lowers the availability comes into force without that.
    /// @return provider Whose units they are.
    /// @return price Price in force, per unit-day.
    function take(OfferId offer, uint32 units) external returns (address provider, uint96 price);

    /// @notice Gives back what was taken. `Deals` only. Works for an offer that is gone, too.
    function giveBack(OfferId offer, uint32 units) external;

    /* VIEWS */

    /// @notice What is declared in force, also of an offer that is gone: deals run on.
    function availabilityOf(OfferId offer) external view returns (uint16);

    /// @notice The offer as it is in force now. Reverts where there is none, or it was removed.
    function offerOf(OfferId offer) external view returns (Offer memory);

    /// @notice Number of offers ever created, which is the id of the latest.
    function count() external view returns (uint64);

    /// @notice Whether the offer exists and is not removed.
    function isLive(OfferId offer) external view returns (bool);

    /// @notice Units in use, also of an offer that is gone.
    function unitsInUse(OfferId offer) external view returns (uint32);

    function staking() external view returns (IStaking);

    function deals() external view returns (address);
}
