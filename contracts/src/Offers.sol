// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOffers} from "./interfaces/IOffers.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {OfferLimits} from "./libraries/OfferLimits.sol";
import {OfferId} from "./types/Ids.sol";
import {KeyRoles} from "./types/Roles.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Invariants.
/// 1. Units in use are what `Deals` took less what it gave back, and a take never leaves more in use than the offer in force has.
/// 2. What is in force changes only at the `effectiveAt` of an event at least two minutes old.
/// 3. An offer that is gone stays gone.
/// 4. The availability in force is not lowered while units are in use.
contract Offers is IOffers {
    enum Pending {
        None,
        Update,
        Removal
    }

    /// @dev One slot.
    struct Head {
        address provider;
        uint8 class;
        uint8 region;
        uint32 unitsInUse;
        uint40 effectiveAt;
        Pending pending;
    }

    /// @dev One slot: with the head, all that an activation reads of an offer without roots.
    struct Terms {
        uint96 price;
        uint32 units;
        uint32 notice;
        uint16 coverageMaxBps;
        uint16 availabilityBps;
        uint16 durationMaxDays;
        uint8 termMaxDays;
        uint8 paymentModes;
        uint8 proofKinds;
        bool hasRoots;
    }

    struct Roots {
        bytes32 customers;
        bytes32 applications;
        bytes32 verificationKeys;
    }

    struct Record {
        Head head;
        Terms current;
        Terms next;
        Roots currentRoots;
        Roots nextRoots;
    }

    uint256 internal constant CHANGE_DELAY = 2 minutes;
    uint256 internal constant NAME_MAX = 64;
    uint256 internal constant ENDPOINT_MAX = 256;

    /// @inheritdoc IOffers
    IStaking public immutable staking;
    /// @inheritdoc IOffers
    address public immutable deals;
    /// @inheritdoc IOffers
    uint64 public count;
    mapping(OfferId offer => Record) private _offers;

    modifier onlyDeals() {
        require(msg.sender == deals, NotModule(msg.sender));
        _;
    }

    constructor(IStaking newStaking, address newDeals) {
        staking = newStaking;
        deals = newDeals;
    }

    /* PROVIDERS */

    /// @inheritdoc IOffers
    function setProfile(address provider, string calldata name, string calldata endpoint, uint48 operator) external {
        checkCaller(provider);
        require(staking.isRegistered(provider), NotRegistered(provider));
        require(bytes(name).length <= NAME_MAX, NameTooLong(bytes(name).length));
        require(bytes(endpoint).length <= ENDPOINT_MAX, EndpointTooLong(bytes(endpoint).length));
        emit ProfileSet(provider, name, endpoint, operator);
    }

    /// @inheritdoc IOffers
    function create(Offer calldata newOffer) external returns (OfferId offer) {
        checkCaller(newOffer.provider);
        require(staking.isRegistered(newOffer.provider), NotRegistered(newOffer.provider));
        OfferLimits.check(newOffer);

        offer = OfferId.wrap(++count);
        Record storage record = _offers[offer];
        record.head = Head({
            provider: newOffer.provider,
            class: newOffer.class,
            region: newOffer.region,
            unitsInUse: 0,
            effectiveAt: 0,
            pending: Pending.None
        });
        Terms memory terms = termsOf(newOffer);
        record.current = terms;
        if (terms.hasRoots) record.currentRoots = rootsOf(newOffer);
        emit OfferCreated(offer, newOffer.provider, newOffer.class, newOffer.region, newOffer.units, newOffer.price);
        emitLimits(offer, newOffer);
    }

    /// @inheritdoc IOffers
    function update(OfferId offer, Offer calldata newOffer) external {
        Record storage record = changeable(offer);
        OfferLimits.check(newOffer);

        promote(record);
        uint16 declared = record.current.availabilityBps;
        bool isKept = record.head.unitsInUse == 0 || newOffer.availabilityBps >= declared;
        require(isKept, AvailabilityLowered(offer, declared, newOffer.availabilityBps));
        Terms memory terms = termsOf(newOffer);
        uint40 effectiveAt = SafeCast.toUint40(block.timestamp + CHANGE_DELAY);
        record.head.effectiveAt = effectiveAt;
        record.head.pending = Pending.Update;
        record.next = terms;
        if (terms.hasRoots) record.nextRoots = rootsOf(newOffer);
        emit OfferUpdated(offer, newOffer.units, newOffer.price, effectiveAt);
        emitLimits(offer, newOffer);
    }

    /// @inheritdoc IOffers
    function remove(OfferId offer) external {
        Record storage record = changeable(offer);

        promote(record);
        uint40 effectiveAt = SafeCast.toUint40(block.timestamp + CHANGE_DELAY);
        record.head.effectiveAt = effectiveAt;
        record.head.pending = Pending.Removal;
        emit OfferRemoved(offer, effectiveAt);
    }

    /* UNITS */

    /// @inheritdoc IOffers
    function take(OfferId offer, uint32 units) external onlyDeals returns (address provider, uint96 price) {
        Record storage record = _offers[offer];
        Head memory head = record.head;
        checkLive(offer, head);
        Terms storage terms = isPromoted(head) ? record.next : record.current;
        (uint32 total, uint32 used) = (terms.units, head.unitsInUse);
        uint32 free = total > used ? total - used : 0;
        require(units <= free, UnitsTooFew(offer, free, units));

        uint32 newUnitsInUse = used + units;
        record.head.unitsInUse = newUnitsInUse;
        emit UnitsTaken(offer, units, newUnitsInUse);
        if (head.pending == Pending.Update && !isPromoted(head)) keepAvailability(offer, record);
        return (head.provider, terms.price);
    }

    /// @inheritdoc IOffers
    function giveBack(OfferId offer, uint32 units) external onlyDeals {
        Head storage head = _offers[offer].head;
        uint32 used = head.unitsInUse;
        require(units <= used, UnitsTooFew(offer, used, units));

        head.unitsInUse = used - units;
        emit UnitsReturned(offer, units, used - units);
    }

    /* VIEWS */

    /// @inheritdoc IOffers
    function availabilityOf(OfferId offer) external view returns (uint16) {
        Record storage record = _offers[offer];
        Head memory head = record.head;
        require(head.provider != address(0), OfferUnknown(offer));
        return (isPromoted(head) ? record.next : record.current).availabilityBps;
    }

    /// @inheritdoc IOffers
    function offerOf(OfferId offer) external view returns (Offer memory) {
        Record storage record = _offers[offer];
        Head memory head = record.head;
        checkLive(offer, head);
        bool isNext = isPromoted(head);
        Terms memory terms = isNext ? record.next : record.current;
        Roots memory roots;
        if (terms.hasRoots) roots = isNext ? record.nextRoots : record.currentRoots;
        return Offer({
            provider: head.provider,
            class: head.class,
            region: head.region,
            units: terms.units,
            unitsInUse: head.unitsInUse,
            price: terms.price,
            coverageMaxBps: terms.coverageMaxBps,
            availabilityBps: terms.availabilityBps,
            termMaxDays: terms.termMaxDays,
            durationMaxDays: terms.durationMaxDays,
            paymentModes: terms.paymentModes,
            proofKinds: terms.proofKinds,
            notice: terms.notice,
            customersRoot: roots.customers,
            applicationsRoot: roots.applications,
            verificationKeysRoot: roots.verificationKeys
        });
    }

    /// @inheritdoc IOffers
    function isLive(OfferId offer) external view returns (bool) {
        Head memory head = _offers[offer].head;
        return head.provider != address(0) && !isGone(head);
    }

    /// @inheritdoc IOffers
    function unitsInUse(OfferId offer) external view returns (uint32) {
        return _offers[offer].head.unitsInUse;
    }

    /* INTERNAL */

    /// @dev Copies an update that came into force, so that the next change has a place to wait in.
    function promote(Record storage record) private {
        if (!isPromoted(record.head)) return;
        record.current = record.next;
        // Roots of terms without any are never read, so they may stay.
        if (record.next.hasRoots) record.currentRoots = record.nextRoots;
    }

    /// @dev Whoever takes units relies on what is declared now; what waits may change all but that.
    function keepAvailability(OfferId offer, Record storage record) private {
        uint16 declared = record.current.availabilityBps;
        if (record.next.availabilityBps >= declared) return;
        record.next.availabilityBps = declared;
        Terms memory next = record.next;
        emit OfferLimitsSet(
            offer,
            next.coverageMaxBps,
            declared,
            next.termMaxDays,
            next.durationMaxDays,
            next.paymentModes,
            next.proofKinds,
            next.notice
        );
    }

    function emitLimits(OfferId offer, Offer calldata newOffer) private {
        emit OfferLimitsSet(
            offer,
            newOffer.coverageMaxBps,
            newOffer.availabilityBps,
            newOffer.termMaxDays,
            newOffer.durationMaxDays,
            newOffer.paymentModes,
            newOffer.proofKinds,
            newOffer.notice
        );
        emit OfferRootsSet(offer, newOffer.customersRoot, newOffer.applicationsRoot, newOffer.verificationKeysRoot);
    }

    /// @dev A waiting removal is final: an update after it would bring the offer back.
    function changeable(OfferId offer) private view returns (Record storage record) {
        record = _offers[offer];
        address provider = record.head.provider;
        require(provider != address(0), OfferUnknown(offer));
        checkCaller(provider);
        require(record.head.pending != Pending.Removal, OfferGone(offer));
    }

    function checkCaller(address provider) private view {
        require(staking.mayAct(provider, msg.sender, KeyRoles.OFFER), NotAllowed(msg.sender, provider));
    }

    function checkLive(OfferId offer, Head memory head) private view {
        require(head.provider != address(0), OfferUnknown(offer));
        require(!isGone(head), OfferGone(offer));
    }

    function isGone(Head memory head) private view returns (bool) {
        return head.pending == Pending.Removal && block.timestamp >= head.effectiveAt;
    }

    function isPromoted(Head memory head) private view returns (bool) {
        return head.pending == Pending.Update && block.timestamp >= head.effectiveAt;
    }

    function termsOf(Offer calldata offer) private pure returns (Terms memory) {
        return Terms({
            price: offer.price,
            units: offer.units,
            notice: offer.notice,
            coverageMaxBps: offer.coverageMaxBps,
            availabilityBps: offer.availabilityBps,
            durationMaxDays: offer.durationMaxDays,
            termMaxDays: offer.termMaxDays,
            paymentModes: offer.paymentModes,
            proofKinds: offer.proofKinds,
            hasRoots: offer.customersRoot | offer.applicationsRoot | offer.verificationKeysRoot != 0
        });
    }

    function rootsOf(Offer calldata offer) private pure returns (Roots memory) {
        return Roots({
            customers: offer.customersRoot,
            applications: offer.applicationsRoot,
            verificationKeys: offer.verificationKeysRoot
        });
    }
}
