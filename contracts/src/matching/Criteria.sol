// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "../interfaces/IAttributes.sol";
import {IFaults} from "../interfaces/IFaults.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {Availability} from "../libraries/Availability.sol";
import {READY_TIME} from "../libraries/DealWords.sol";
import {AttributeIds} from "../types/AttributeIds.sol";
import {AttributeLevels} from "../types/AttributeLevels.sol";
import {DealId, OfferId} from "../types/Ids.sol";
import {Books} from "./Books.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev Whether an offer meets a request, and whether a set of them does.
abstract contract Criteria is Books {
    uint8 internal constant NO_STAKE = 17;
    uint8 internal constant BARRED = 18;
    uint8 internal constant PRICE = 4;
    uint8 internal constant UNITS = 5;

    uint256 private constant RETAINER_BPS = 200;
    uint256 private constant BPS = 10_000;
    /// A millionth with 18 decimals.
    uint256 private constant PPM = 1e12;
    /// A target above this needs two regions.
    uint256 private constant ONE_REGION_PPM = 990_000;

    IStaking internal immutable staking;
    IOffers internal immutable offers;
    IAttributes internal immutable attributes;
    IPriceGuard internal immutable priceGuard;
    IFaults internal immutable faults;

    constructor(
        IStaking newStaking,
        IOffers newOffers,
        IAttributes newAttributes,
        IPriceGuard newPriceGuard,
        IFaults newFaults
    ) {
        staking = newStaking;
        offers = newOffers;
        attributes = newAttributes;
        priceGuard = newPriceGuard;
        faults = newFaults;
    }

    /* OFFER */

    function _check(DealId deal, Asked memory asked, OfferId offer)
        internal
        view
        returns (uint8 reason, IOffers.Offer memory current)
    {
        if (!offers.isLive(offer)) return (1, current);
        current = offers.offerOf(offer);
        reason = _limitFailed(asked, current);
        if (reason == 0) reason = _criterionFailed(deal, asked, current);
        if (reason == 0 && asked.marks & HAS_BARRED != 0 && _isBarred[deal][offer]) reason = BARRED;
    }

    /// @dev What an offer says of itself.
    function _limitFailed(Asked memory asked, IOffers.Offer memory offer) private pure returns (uint8) {
        if (offer.class != asked.class) return 2;
        if (offer.price > asked.priceMax) return 4;
        if (uint256(offer.unitsInUse) + asked.units > offer.units) return 5;
        if (offer.coverageMaxBps < asked.coverageBps) return 6;
        if (offer.termMaxDays < asked.termDays) return 7;
        if (offer.durationMaxDays < asked.durationDays) return 8;
        if (offer.paymentModes >> asked.paymentMode & 1 == 0) return 9;
        if (offer.proofKinds >> asked.proofKind & 1 == 0) return 10;
        if (offer.notice > asked.notice) return 11;
        return 0;
    }

    /// @dev What the request says of the provider, and the provider of the request.
    function _criterionFailed(DealId deal, Asked memory asked, IOffers.Offer memory offer)
        private
        view
        returns (uint8)
    {
        Details storage details = _details[deal];
        if (asked.marks & HAS_REGIONS != 0 && details.regions >> offer.region & 1 == 0) return 3;
        if (asked.marks & IS_LISTING != 0 && _isListed[deal][offer.provider] != details.isAllowlist) return 12;
        if (asked.firstLossMinBps != 0) {
            if (staking.terms(offer.provider).firstLossBps < asked.firstLossMinBps) return 13;
        }
        if (asked.criteriaCount != 0 && !_hasAttributes(details.criteria, asked, offer.provider)) return 14;
        if (!_isAccepted(deal, offer.customersRoot, CUSTOMERS)) return 15;
        if (!_isAccepted(deal, offer.applicationsRoot, APPLICATIONS)) return 16;
        if (asked.proofKind == GROTH16 && !_isAccepted(deal, offer.verificationKeysRoot, KEYS)) return 19;
        return 0;
    }

    function _hasAttributes(uint256 criteria, Asked memory asked, address provider) private view returns (bool) {
        uint40 until = _termEnd(asked);
        for (uint256 i = 0; i < asked.criteriaCount; ++i) {
            (uint16 attribute, uint8 level) = _criterion(criteria, i);
            if (!attributes.has(provider, attribute, level, until)) return false;
        }
        return true;
    }

    /// @dev The latest end of the first term, which starts with `ready`.
    function _termEnd(Asked memory asked) private view returns (uint40) {
        return uint40(block.timestamp + READY_TIME) + uint40(asked.termDays) * 1 days;
    }

    function _isAccepted(DealId deal, bytes32 root, uint8 kind) private view returns (bool) {
        return root == 0 || _isAdmitted[deal][_admission(root, kind)];
    }

    function _hasStake(DealId deal, uint8 place, IOffers.Offer memory offer) internal view returns (bool) {
        // Before the first price nothing can be sized.
        if (priceGuard.low() == 0) return false;
        (uint128 amount,) = deals.lockFor(deal, place, offer.price);
        // A place without escrow locks nothing, and no grant is of nothing.
        return amount != 0 && amount <= staking.free(offer.provider);
    }

    /// @dev Stablecoin a day of one place: a standby's is its retainer.
    function _costUp(Asked memory asked, uint8 place, uint256 price) internal pure returns (uint256) {
        uint256 full = price * asked.units;
        return place < STANDBY ? full : Math.ceilDiv(full * RETAINER_BPS, BPS);
    }

    /* SET */

    function _requireAvailable(DealId deal, Asked memory asked, uint256 mask, OfferId[] memory chosen) internal view {
        (uint256 product, bool isSpread) = _reached(deal, asked, mask, chosen);
        uint256 most = _most(asked);
        require(product <= most, AvailabilityTooLow(product, most));
        require(isSpread, RegionsTooFew());
    }

    function _isAvailable(DealId deal, Asked memory asked, uint256 mask, OfferId[] memory chosen)
        internal
        view
        returns (bool)
    {
        (uint256 product, bool isSpread) = _reached(deal, asked, mask, chosen);
        return product <= _most(asked) && isSpread;
    }

    function _most(Asked memory asked) private pure returns (uint256) {
        return Availability.ONE - asked.availabilityPpm * PPM;
    }

    /// @dev Whose target asks for no second region is spread enough.
    function _reached(DealId deal, Asked memory asked, uint256 mask, OfferId[] memory chosen)
        private
        view
        returns (uint256 product, bool isSpread)
    {
        if (!_isSlotAwaited(asked, mask)) return (0, true);
        (product, isSpread) = _unavailabilityUp(deal, asked, mask, chosen);
        if (asked.availabilityPpm <= ONE_REGION_PPM) isSpread = true;
    }

    /// @dev Standbys do not count: who only fills their places changes nothing.
    function _isSlotAwaited(Asked memory asked, uint256 mask) private pure returns (bool) {
        return asked.availabilityPpm != 0 && mask & SLOTS != 0;
    }

    /// @dev Independent groups of slots on their way through a set: who they are, and the least unavailability of each.
    struct Groups {
        uint256[] ids;
        uint256[] least;
        uint256 count;
        bool isSpread;
    }

    /// @dev Of the deal's slots, those that are served already included: the product over independent groups, the best of each, in
    /// the order of their first slots. `isSpread`: two regions at least.
    function _unavailabilityUp(DealId deal, Asked memory asked, uint256 mask, OfferId[] memory chosen)
        internal
        view
        returns (uint256 product, bool isSpread)
    {
        address[] memory serving = deals.providersOf(deal);
        Groups memory groups = Groups(new uint256[](asked.slots), new uint256[](asked.slots), 0, false);
        uint256 index = 0;
        for (uint256 slot = 0; slot < asked.slots; ++slot) {
            if (mask >> slot & 1 != 0) {
                IOffers.Offer memory offer = offers.offerOf(chosen[index++]);
                _join(groups, asked, offer.provider, offer.region);
            } else if (serving[slot] != address(0)) {
                _join(groups, asked, serving[slot], _regionOf[deal][serving[slot]]);
            }
        }
        product = Availability.ONE;
        for (uint256 i = 0; i < groups.count; ++i) {
            product = Math.mulDiv(product, groups.least[i], Availability.ONE, Math.Rounding.Ceil);
        }
        isSpread = groups.isSpread;
    }

    function _join(Groups memory groups, Asked memory asked, address provider, uint8 region) private view {
        uint256 id = _groupOf(asked, provider, region);
        uint256 unavailability = faults.unavailability(provider);
        uint256 count = groups.count;
        // The region is the lowest byte.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (count != 0 && uint8(groups.ids[0]) != region) groups.isSpread = true;
        for (uint256 i = 0; i < count; ++i) {
            if (groups.ids[i] != id) continue;
            groups.least[i] = Math.min(groups.least[i], unavailability);
            return;
        }
        (groups.ids[count], groups.least[count], groups.count) = (id, unavailability, count + 1);
    }

    /// @dev One operator in one region is one place that can be down. Whoever no attester names may be anybody, so that all of
    /// them are one.
    function _groupOf(Asked memory asked, address provider, uint8 region) private view returns (uint256) {
        uint256 operator = 0;
        uint40 until = _termEnd(asked);
        for (uint8 level = AttributeLevels.AUDITED; level >= AttributeLevels.ATTESTED; --level) {
            IAttributes.Attestation memory found = attributes.attestation(provider, AttributeIds.OPERATOR, level);
            if (found.expiry < until || !attributes.isAttester(found.attester)) continue;
            operator = found.value;
            break;
        }
        return operator << 8 | region;
    }
}
