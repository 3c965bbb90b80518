// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../interfaces/IMatching.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {DealId, OfferId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Bonds} from "./Bonds.sol";
import {Criteria} from "./Criteria.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Which proposals stand. Invariants:
/// 1. A proposal that stands names one offer of a different provider for each place of its mask.
/// 2. A second best stands only where a best does, for the same places, and is not cheaper by a thousandth.
/// 3. Each that stands has its bond reserved, but for the customer's own.
abstract contract Proposals is Bonds, Criteria {
    using SafeCast for uint256;

    uint256 private constant WINDOW = 60 seconds;
    /// A new proposal costs at most this of the one that it pushes.
    uint256 private constant CHEAPER = 999;
    uint256 private constant CHEAPER_OF = 1000;

    /* PROPOSE */

    /// @inheritdoc IMatching
    function propose(DealId deal, OfferId[] calldata newOffers) external {
        Asked memory asked = _openRequest(deal);
        uint256 mask = _wanted(deal, asked);
        require(mask != 0, NothingToFill(deal));
        uint256 count = _count(mask);
        require(newOffers.length == count, OffersCountWrong(newOffers.length, count));
        uint256 price = _priceOf(deal, asked, mask, newOffers);
        _requireAvailable(deal, asked, mask, newOffers);
        uint8 rank = _makeRoom(deal, asked, mask, price);
        _keep(deal, asked, rank, price, mask, newOffers);
    }

    /// @dev Checks every offer, and that nobody would have two places; the price is a day's, of all of them.
    function _priceOf(DealId deal, Asked memory asked, uint256 mask, OfferId[] calldata newOffers)
        private
        view
        returns (uint256 price)
    {
        address[] memory providers = deals.providersOf(deal);
        uint256 index = 0;
        for (uint8 place = 0; mask >> place != 0; ++place) {
            if (mask >> place & 1 == 0) continue;
            OfferId offer = newOffers[index++];
            (uint8 reason, IOffers.Offer memory current) = _check(deal, asked, offer);
            if (reason == 0 && !_hasStake(deal, place, current)) reason = NO_STAKE;
            require(reason == 0, OfferRefused(offer, reason));
            for (uint256 i = 0; i < providers.length; ++i) {
                require(providers[i] != current.provider, ProviderTwice(current.provider));
            }
            providers[place < STANDBY ? place : asked.slots + place - STANDBY] = current.provider;
            price += _costUp(asked, place, current.price);
        }
    }

    /// @dev The rank that a proposal at `price` gets. What it pushes is pushed; what is in its way and not valid now makes way, with its
    /// bond: here anyone could make an honest one invalid for the length of a call.
    function _makeRoom(DealId deal, Asked memory asked, uint256 mask, uint256 price) private returns (uint8) {
        Proposal storage best = _proposals[deal][0];
        Proposal storage second = _proposals[deal][1];
        if (best.proposer != address(0) && best.mask != mask) _dropAll(deal);
        while (best.proposer != address(0)) {
            if (price * CHEAPER_OF <= uint256(best.price) * CHEAPER) {
                _drop(deal, second);
                _move(best, second);
                return 0;
            }
            bool isFull = second.proposer != address(0);
            if (isFull && price * CHEAPER_OF <= uint256(second.price) * CHEAPER) {
                _drop(deal, second);
                return 1;
            }
            if (_isStanding(deal, asked, best)) {
                require(!isFull || !_isStanding(deal, asked, second), ProposalNotCheaper(price, second.price));
                _drop(deal, second);
                return 1;
            }
            _drop(deal, best);
            _raise(deal);
        }
        return 0;
    }

    function _keep(
        DealId deal,
        Asked memory asked,
        uint8 rank,
        uint256 price,
        uint256 mask,
        OfferId[] calldata newOffers
    ) private {
        Proposal storage best = _proposals[deal][0];
        uint40 windowEnd = best.windowEnd;
        if (windowEnd == 0) windowEnd = (block.timestamp + WINDOW).toUint40();
        uint32 round = best.last + 1;
        best.last = round;
        Proposal storage proposal = _proposals[deal][rank];
        uint128 stake = _isCustomer(asked.customer) ? 0 : bond;
        _reserve(msg.sender, stake);
        proposal.proposer = msg.sender;
        // Twenty places.
        // forge-lint: disable-next-line(unsafe-typecast)
        proposal.mask = uint24(mask);
        proposal.round = round;
        proposal.windowEnd = windowEnd;
        proposal.price = price.toUint128();
        proposal.bond = uint256(stake).toUint96();
        emit Proposed(deal, msg.sender, round, price, rank, windowEnd);
        uint256 index = 0;
        for (uint8 place = 0; mask >> place != 0; ++place) {
            if (mask >> place & 1 == 0) continue;
            proposal.offers[index] = newOffers[index];
            emit ProposalOffered(deal, round, place, newOffers[index]);
            ++index;
        }
    }

    /* STANDING */

    /// @inheritdoc IMatching
    function drop(DealId deal) external {
        Asked memory asked = _load(deal);
        Proposal storage best = _proposals[deal][0];
        require(best.proposer != address(0), ProposalUnknown(deal));
        require(best.mask != _wanted(deal, asked), ProposalStands(deal));
        _dropAll(deal);
    }

    /// @dev Whether a proposal could be activated now, as far as can be seen without trying.
    function _isStanding(DealId deal, Asked memory asked, Proposal storage proposal) private view returns (bool) {
        OfferId[] memory chosen = _chosen(proposal);
        (, uint8 reason) = _failing(deal, asked, proposal, chosen, true);
        return reason == 0 && _isAvailable(deal, asked, proposal.mask, chosen);
    }

    /// @dev The first offer that fails the request, or by which the proposal has become dearer, and why; zeros: none. An
    /// activation does not look at the stake: the grant itself does.
    function _failing(
        DealId deal,
        Asked memory asked,
        Proposal storage proposal,
        OfferId[] memory chosen,
        bool isStakeChecked
    ) internal view returns (OfferId offer, uint8 reason) {
        uint256 mask = proposal.mask;
        uint256 index = 0;
        uint256 price = 0;
        for (uint8 place = 0; mask >> place != 0; ++place) {
            if (mask >> place & 1 == 0) continue;
            offer = chosen[index++];
            IOffers.Offer memory current;
            (reason, current) = _check(deal, asked, offer);
            price += _costUp(asked, place, current.price);
            if (reason == 0 && price > proposal.price) reason = PRICE;
            if (reason == 0 && isStakeChecked && !_hasStake(deal, place, current)) reason = NO_STAKE;
            if (reason != 0) return (offer, reason);
        }
    }

    /// @dev Not for what others than its provider decide for a moment: units that they take, stake that is locked elsewhere. Nor
    /// for a price that only in a sum is too high.
    function _bar(DealId deal, Asked memory asked, OfferId offer, uint8 reason) internal {
        if (reason == BARRED || reason == UNITS || reason == NO_STAKE || reason == PRICE) return;
        _isBarred[deal][offer] = true;
        asked.marks |= HAS_BARRED;
        _asked[deal].marks = asked.marks;
        emit OfferBarred(deal, offer, reason);
    }

    /// @dev The best could not be activated: its bond burns, and the second is the best.
    function _discardBest(DealId deal) internal {
        Proposal storage best = _proposals[deal][0];
        (address proposer, uint128 stake) = (best.proposer, best.bond);
        emit ProposalInvalid(deal, best.round, proposer, stake);
        _clear(best);
        _raise(deal);
        _burn(proposer, stake);
    }

    /// @dev Where the best stands no more, the second is the best.
    function _raise(DealId deal) private {
        Proposal storage second = _proposals[deal][1];
        if (second.proposer == address(0)) return;
        _move(second, _proposals[deal][0]);
        _clear(second);
    }

    function _dropAll(DealId deal) internal {
        _drop(deal, _proposals[deal][0]);
        _drop(deal, _proposals[deal][1]);
    }

    function _drop(DealId deal, Proposal storage proposal) internal {
        address proposer = proposal.proposer;
        if (proposer == address(0)) return;
        emit ProposalDropped(deal, proposal.round, proposer);
        _clear(proposal);
        _free(proposer, proposal.bond);
    }

    /// @dev The other words are not read while none stands.
    function _clear(Proposal storage proposal) internal {
        proposal.proposer = address(0);
        proposal.windowEnd = 0;
    }

    function _move(Proposal storage from, Proposal storage to) private {
        to.proposer = from.proposer;
        to.mask = from.mask;
        to.round = from.round;
        to.windowEnd = from.windowEnd;
        to.price = from.price;
        to.bond = from.bond;
        uint256 count = _count(from.mask);
        for (uint256 i = 0; i < count; ++i) {
            to.offers[i] = from.offers[i];
        }
    }

    /* READINGS */

    function _openRequest(DealId deal) internal view returns (Asked memory asked) {
        asked = _load(deal);
        require(asked.state != CANCELLED && (asked.state != OPEN || block.timestamp <= asked.expiry), RequestOver(deal));
    }

    /// @dev The places that wait, slots before standbys once somebody serves. Of a request all of them do.
    function _wanted(DealId deal, Asked memory asked) internal view returns (uint256 mask) {
        if (asked.state == CANCELLED || (asked.state == OPEN && block.timestamp > asked.expiry)) return 0;
        mask = deals.emptySlots(deal);
        if (asked.state == ACTIVATED && mask & SLOTS != 0) mask &= SLOTS;
    }

    function _isCustomer(address customer) internal view returns (bool) {
        return msg.sender == customer || staking.mayAct(customer, msg.sender, KeyRoles.CUSTOMER);
    }

    function _chosen(Proposal storage proposal) internal view returns (OfferId[] memory chosen) {
        chosen = new OfferId[](_count(proposal.mask));
        for (uint256 i = 0; i < chosen.length; ++i) {
            chosen[i] = proposal.offers[i];
        }
    }

    function _count(uint256 mask) internal pure returns (uint256 count) {
        for (; mask != 0; mask &= mask - 1) {
            ++count;
        }
    }
}
