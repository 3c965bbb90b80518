// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Offers} from "../../src/Offers.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {OfferId} from "../../src/types/Ids.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Everything that can happen to offers: time, changes by their provider, units taken and given back.
/// Keeps every change that was ever made, and replays them to say what is in force.
contract OffersHandler is Test {
    struct Change {
        uint256 recordedAt;
        uint256 effectiveAt;
        bool isRemoval;
        IOffers.Offer terms;
    }

    uint256 private constant OFFERS_MAX = 6;

    Offers public immutable offers;
    address private immutable provider;
    address private immutable deals;
    mapping(uint64 offer => Change[]) private changes;
    mapping(uint64 offer => uint256) public taken;
    mapping(uint64 offer => uint256) public returned;
    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;
    uint256 public takes;

    constructor(Offers newOffers, address newProvider) {
        offers = newOffers;
        provider = newProvider;
        deals = newOffers.deals();
    }

    /* ACTIONS */

    function pass(uint256 elapsed, bool isLong) external {
        skip(bound(elapsed, 1, isLong ? 3 minutes : 100));
    }

    function create(uint256 seed) external {
        if (offers.count() == OFFERS_MAX) return;
        IOffers.Offer memory terms = termsFrom(seed);
        vm.prank(provider);
        uint64 offer = OfferId.unwrap(offers.create(terms));
        changes[offer].push(Change(block.timestamp, block.timestamp, false, terms));
    }

    function update(uint256 which, uint256 seed) external {
        (uint64 offer, bool isKnown) = pick(which);
        if (!isKnown) return;
        IOffers.Offer memory terms = termsFrom(seed);
        // Who lowers what customers rely on is refused, and that is not what is tried here.
        if (!wasRemoved(offer) && offers.unitsInUse(OfferId.wrap(offer)) != 0) terms.availabilityBps = 10_000;
        vm.prank(provider);
        try offers.update(OfferId.wrap(offer), terms) {
            if (wasRemoved(offer)) broken[27] = "an offer came back";
            changes[offer].push(Change(block.timestamp, block.timestamp + 2 minutes, false, terms));
        } catch {
            if (!wasRemoved(offer)) broken[27] = "an update was refused";
        }
    }

    function remove(uint256 which, uint256 chance) external {
        (uint64 offer, bool isKnown) = pick(which);
        // Otherwise most offers would be gone most of the time.
        if (!isKnown || chance % 4 != 0) return;
        vm.prank(provider);
        try offers.remove(OfferId.wrap(offer)) {
            if (wasRemoved(offer)) broken[27] = "an offer went twice";
            IOffers.Offer memory nothing;
            changes[offer].push(Change(block.timestamp, block.timestamp + 2 minutes, true, nothing));
        } catch {
            if (!wasRemoved(offer)) broken[27] = "a removal was refused";
        }
    }

    function take(uint256 which, uint32 units) external {
        (uint64 offer, bool isKnown) = pick(which);
        if (!isKnown) return;
        (IOffers.Offer memory terms, bool isGone) = inForce(offer);
        units = uint32(bound(units, 0, terms.units / 2 + 1));
        vm.prank(deals);
        try offers.take(OfferId.wrap(offer), units) {
            taken[offer] += units;
            ++takes;
            _keepAvailability(offer, terms.availabilityBps);
            if (isGone) broken[26] = "units of a gone offer were taken";
            // After an update more may be in use than is offered; then nothing can be taken.
            if (units > 0 && taken[offer] - returned[offer] > terms.units) {
                broken[26] = "more was taken than consented to";
            }
        } catch {
            bool isFree = !isGone && taken[offer] - returned[offer] + units <= terms.units;
            if (isFree) broken[26] = "free units were refused";
        }
    }

    /// @dev What waits does not lower it under units in use.
    function _keepAvailability(uint64 offer, uint16 declared) private {
        Change storage last = changes[offer][changes[offer].length - 1];
        if (last.isRemoval || block.timestamp >= last.effectiveAt) return;
        if (last.terms.availabilityBps < declared) last.terms.availabilityBps = declared;
    }

    function giveBack(uint256 which, uint32 units) external {
        (uint64 offer, bool isKnown) = pick(which);
        if (!isKnown) return;
        units = uint32(bound(units, 0, taken[offer] - returned[offer]));
        vm.prank(deals);
        offers.giveBack(OfferId.wrap(offer), units);
        returned[offer] += units;
    }

    function giveAllBack() external {
        for (uint64 offer = 1; offer <= offers.count(); ++offer) {
            uint256 units = taken[offer] - returned[offer];
            vm.prank(deals);
            offers.giveBack(OfferId.wrap(offer), uint32(units));
            returned[offer] += units;
        }
    }

    /* MODEL */

    /// @dev A change counts once its time has come, unless another was recorded before that.
    function inForce(uint64 offer) public view returns (IOffers.Offer memory terms, bool isGone) {
        Change[] storage list = changes[offer];
        for (uint256 i = 0; i < list.length; ++i) {
            bool isDue = block.timestamp >= list[i].effectiveAt;
            bool isReplaced = i + 1 < list.length && list[i + 1].recordedAt < list[i].effectiveAt;
            if (!isDue || isReplaced) continue;
            isGone = list[i].isRemoval;
            if (!isGone) terms = list[i].terms;
        }
        (terms.class, terms.region) = (list[0].terms.class, list[0].terms.region);
        terms.unitsInUse = uint32(taken[offer] - returned[offer]);
    }

    /* INTERNAL */

    function pick(uint256 which) private view returns (uint64 offer, bool isKnown) {
        uint64 count = offers.count();
        return count == 0 ? (0, false) : (uint64(1 + which % count), true);
    }

    function wasRemoved(uint64 offer) private view returns (bool) {
        Change[] storage list = changes[offer];
        return list[list.length - 1].isRemoval;
    }

    function termsFrom(uint256 seed) private view returns (IOffers.Offer memory terms) {
        bool hasRoots = seed % 2 == 0;
        terms.provider = provider;
        terms.class = uint8(seed % 2);
        terms.region = uint8(seed >> 8);
        terms.units = uint32(bound(seed, 1, 100));
        terms.price = uint96(bound(seed, 1, 1e24));
        terms.coverageMaxBps = uint16(bound(seed, 20_000, 50_000));
        terms.availabilityBps = uint16(bound(seed, 5000, 10_000));
        terms.termMaxDays = uint8(bound(seed, 1, 14));
        terms.durationMaxDays = uint16(bound(seed, 14, 3650));
        terms.paymentModes = uint8(bound(seed, 1, 3));
        terms.proofKinds = uint8(bound(seed, 1, 31));
        terms.notice = uint32(bound(seed, 0, 14 days));
        if (hasRoots) terms.customersRoot = keccak256(abi.encode(seed));
        if (hasRoots && seed % 3 == 0) terms.applicationsRoot = keccak256(abi.encode(seed, 1));
    }
}
