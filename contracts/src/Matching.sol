// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "./interfaces/IAttributes.sol";
import {IDeals} from "./interfaces/IDeals.sol";
import {IMatching} from "./interfaces/IMatching.sol";
import {IOffers} from "./interfaces/IOffers.sol";
import {IPriceGuard} from "./interfaces/IPriceGuard.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {READY_TIME} from "./libraries/DealWords.sol";
import {Requests} from "./matching/Requests.sol";
import {DealId, OfferId} from "./types/Ids.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Proposals and activation; requests are in `matching/Requests`. Invariants:
/// 1. A stored proposal names one offer of a different provider for each slot of its mask.
/// 2. What is activated meets every criterion and limit in the activation's block, at no more than the proposal's price.
contract Matching is Requests, AccessManaged {
    using SafeCast for uint256;

    uint128 private constant REQUEST_FEE_MAX = 100;
    /// A new proposal costs at most this of the one that it replaces.
    uint256 private constant CHEAPER = 999;
    uint256 private constant CHEAPER_OF = 1000;

    struct Proposal {
        address proposer;
        uint32 round;
        uint16 mask; // bit i: slot i
        uint128 price; // stablecoin a day of all its slots
        OfferId[16] offers; // the first of them in slot order, packed
    }

    uint128 private immutable requestFeeMax;

    mapping(DealId deal => Proposal) private _proposals;

    constructor(
        address manager,
        IStaking newStaking,
        IOffers newOffers,
        IAttributes newAttributes,
        IPriceGuard newPriceGuard,
        IDeals newDeals,
        address newGuardian,
        uint128 newRequestFee
    ) AccessManaged(manager) {
        staking = newStaking;
        offers = newOffers;
        attributes = newAttributes;
        priceGuard = newPriceGuard;
        deals = newDeals;
        guardian = newGuardian;
        uint256 unit = 10 ** IERC20Metadata(newStaking.stablecoin()).decimals();
        requestFeeMax = (REQUEST_FEE_MAX * unit).toUint128();
        _setRequestFee(newRequestFee);
    }

    /* PROPOSE */

    /// @inheritdoc IMatching
    function propose(DealId deal, OfferId[] calldata newOffers) external {
        Asked memory asked = _openRequest(deal);
        uint16 mask = deals.emptySlots(deal);
        require(mask != 0, NothingToFill(deal));
        uint256 count = _count(mask);
        require(newOffers.length == count, OffersCountWrong(newOffers.length, count));
        uint256 price = _priceProposal(deal, asked, mask, newOffers);
        Proposal storage proposal = _proposals[deal];
        (bool isValid, uint256 best) = _standing(deal, asked, proposal, mask);
        require(!isValid || price * CHEAPER_OF <= best * CHEAPER, ProposalNotCheaper(price, best));
        uint32 round = proposal.round + 1;
        proposal.proposer = msg.sender;
        proposal.round = round;
        proposal.mask = mask;
        proposal.price = price.toUint128();
        emit Proposed(deal, msg.sender, round, price);
        uint256 index = 0;
        for (uint8 slot = 0; slot < asked.slots; ++slot) {
            if (mask >> slot & 1 == 0) continue;
            proposal.offers[index] = newOffers[index];
            emit ProposalOffered(deal, round, slot, newOffers[index]);
            ++index;
        }
    }

    /// @dev Checks every offer, and that nobody would serve two slots; the price is a day's, of all of them.
    function _priceProposal(DealId deal, Asked memory asked, uint16 mask, OfferId[] calldata newOffers)
        private
        view
        returns (uint256 price)
    {
        address[] memory providers = deals.providersOf(deal);
        uint256 index = 0;
        for (uint8 slot = 0; slot < asked.slots; ++slot) {
            if (mask >> slot & 1 == 0) continue;
            OfferId offer = newOffers[index++];
            (uint8 reason, IOffers.Offer memory current) = _check(deal, asked, offer);
            if (reason == 0 && !_hasStake(deal, slot, current)) reason = 17;
            require(reason == 0, OfferRefused(offer, reason));
            for (uint256 i = 0; i < providers.length; ++i) {
                require(providers[i] != current.provider, ProviderTwice(current.provider));
            }
            providers[slot] = current.provider;
            price += uint256(current.price) * asked.units;
        }
    }

    /// @dev Whether the stored proposal could be activated now, and at which price.
    function _standing(DealId deal, Asked memory asked, Proposal storage proposal, uint16 mask)
        private
        view
        returns (bool isValid, uint256 price)
    {
        if (proposal.proposer == address(0) || proposal.mask != mask) return (false, 0);
        uint256 index = 0;
        for (uint8 slot = 0; slot < asked.slots; ++slot) {
            if (mask >> slot & 1 == 0) continue;
            (uint8 reason, IOffers.Offer memory current) = _check(deal, asked, proposal.offers[index++]);
            if (reason != 0 || !_hasStake(deal, slot, current)) return (false, 0);
            price += uint256(current.price) * asked.units;
        }
        isValid = price <= proposal.price;
    }

    /* ACTIVATE */

    /// @inheritdoc IMatching
    function activate(DealId deal) external {
        Asked memory asked = _openRequest(deal);
        Proposal storage proposal = _proposals[deal];
        require(proposal.proposer != address(0), ProposalUnknown(deal));
        uint16 mask = proposal.mask;
        proposal.proposer = address(0);
        if (asked.state == OPEN) _asked[deal].state = ACTIVATED;
        emit ProposalActivated(deal, proposal.round, msg.sender);
        uint256 index = 0;
        uint256 price = 0;
        for (uint8 slot = 0; slot < asked.slots; ++slot) {
            if (mask >> slot & 1 == 0) continue;
            OfferId offer = proposal.offers[index++];
            // Not whether stake is free: the grant itself refuses without.
            (uint8 reason, IOffers.Offer memory current) = _check(deal, asked, offer);
            require(reason == 0, OfferRefused(offer, reason));
            price += uint256(current.price) * asked.units;
            deals.assign(deal, slot, offer);
        }
        require(price <= proposal.price, ProposalDearer(price, proposal.price));
    }

    function _openRequest(DealId deal) private view returns (Asked memory asked) {
        asked = _load(deal);
        require(asked.state != CANCELLED && block.timestamp <= asked.expiry, RequestOver(deal));
    }

    function _count(uint16 mask) private pure returns (uint256 count) {
        for (; mask != 0; mask &= mask - 1) {
            ++count;
        }
    }

    /* CRITERIA */

    function _check(DealId deal, Asked memory asked, OfferId offer)
        private
        view
        returns (uint8 reason, IOffers.Offer memory current)
    {
        if (!offers.isLive(offer)) return (1, current);
        current = offers.offerOf(offer);
        reason = _limitFailed(asked, current);
        if (reason == 0) reason = _criterionFailed(deal, asked, current);
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
        if (asked.hasRegions && details.regions >> offer.region & 1 == 0) return 3;
        if (asked.isListing && _isListed[deal][offer.provider] != details.isAllowlist) return 12;
        if (asked.firstLossMinBps != 0) {
            if (staking.terms(offer.provider).firstLossBps < asked.firstLossMinBps) return 13;
        }
        if (asked.criteriaCount != 0 && !_hasAttributes(details.criteria, asked, offer.provider)) return 14;
        if (!_isAccepted(deal, offer.customersRoot, false)) return 15;
        if (!_isAccepted(deal, offer.applicationsRoot, true)) return 16;
        return 0;
    }

    /// @dev Until the end of the first term, which starts with `ready`.
    function _hasAttributes(uint256 criteria, Asked memory asked, address provider) private view returns (bool) {
        uint40 until = uint40(block.timestamp + READY_TIME) + uint40(asked.termDays) * 1 days;
        for (uint256 i = 0; i < asked.criteriaCount; ++i) {
            (uint16 attribute, uint8 level) = _criterion(criteria, i);
            if (!attributes.has(provider, attribute, level, until)) return false;
        }
        return true;
    }

    function _isAccepted(DealId deal, bytes32 root, bool isApplication) private view returns (bool) {
        return root == 0 || _isAdmitted[deal][_admission(root, isApplication)];
    }

    function _hasStake(DealId deal, uint8 slot, IOffers.Offer memory offer) private view returns (bool) {
        // Before the first price nothing can be sized.
        if (priceGuard.low() == 0) return false;
        (uint128 amount,) = deals.lockFor(deal, slot, offer.price);
        return amount <= staking.free(offer.provider);
    }

    /* GOVERNANCE */

    /// @inheritdoc IMatching
    function setRequestFee(uint128 newFee) external restricted {
        _setRequestFee(newFee);
    }

    function _setRequestFee(uint128 newFee) private {
        require(newFee <= requestFeeMax, FeeTooHigh(newFee));
        requestFee = newFee;
        emit RequestFeeSet(newFee);
    }

    /* VIEWS */

    /// @inheritdoc IMatching
    function proposalOf(DealId deal)
        external
        view
        returns (address proposer, uint32 round, uint256 price, OfferId[] memory proposed)
    {
        Proposal storage proposal = _proposals[deal];
        proposer = proposal.proposer;
        round = proposal.round;
        if (proposer == address(0)) return (proposer, round, 0, proposed);
        price = proposal.price;
        proposed = new OfferId[](_count(proposal.mask));
        for (uint256 i = 0; i < proposed.length; ++i) {
            proposed[i] = proposal.offers[i];
        }
    }

    /// @inheritdoc IMatching
    function reasonOf(DealId deal, OfferId offer) external view returns (uint8 reason) {
        Asked memory asked = _load(deal);
        IOffers.Offer memory current;
        (reason, current) = _check(deal, asked, offer);
        if (reason == 0 && !_hasStake(deal, _firstEmpty(deal), current)) reason = 17;
    }

    /// @dev Slots that are served have spent some of their escrow, which the lock is sized by. The first where none waits.
    function _firstEmpty(DealId deal) private view returns (uint8 slot) {
        uint16 mask = deals.emptySlots(deal);
        while (mask != 0 && mask >> slot & 1 == 0) ++slot;
    }
}
