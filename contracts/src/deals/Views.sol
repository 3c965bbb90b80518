// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {BackingWord, ServingWord, Stream, Terms, TermsWord, UsageWord} from "../libraries/DealWords.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId} from "../types/Ids.sol";
import {Streams} from "./Streams.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What can be asked of deals, but for what others ask in every activation and failover. Part of `Ledger`.
abstract contract Views is Streams {
    using SafeCast for uint256;

    // What was packed from these types unpacks to them.
    // forge-lint: disable-start(unsafe-typecast)

    /// @dev See `IDeals`.
    function dealOf(DealId deal) external view returns (IDeals.Deal memory view_) {
        Agreement storage agreement = _agreements[deal];
        view_.slots = _slotsOf(deal);
        Terms memory terms = agreement.terms.unpack();
        view_.customer = agreement.customer;
        view_.class = agreement.class;
        view_.exposure = uint8(terms.exposure);
        view_.paymentMode = agreement.paymentMode;
        view_.expiry = agreement.expiry;
        view_.generation = agreement.generation;
        view_.royalty = agreement.royalty;
        view_.shares = agreement.shares;
        view_.spare = agreement.spare;
        view_.termDays = uint8(terms.termDays);
        view_.coverageBps = uint16(terms.coverageBps);
        view_.feeBps = uint16(terms.feeBps);
        view_.units = uint32(terms.units);
        view_.notice = agreement.notice;
        view_.durationDays = uint16(terms.durationDays);
        view_.openedAt = uint40(terms.openedAt);
        view_.startedAt = uint40(terms.startedAt);
        view_.stoppedAt = uint40(terms.stoppedAt);
        view_.standbys = uint8(terms.standbys);
        view_.reserveBps = uint16(terms.reserveBps);
        view_.resolver = _rare[deal].resolver;
        view_.proofKind = uint8(terms.proofKind);
        view_.verificationKey = _rare[deal].verificationKey;
    }

    /// @dev See `IDeals`.
    function slotOf(DealId deal, uint8 slot) external view returns (IDeals.Slot memory view_) {
        Place storage place = _placeOf(deal, slot);
        Stream memory stream = place.stream.unpack();
        uint256 rate = _rateOf(deal, place);
        if (stream.status != EMPTY) (view_.provider, view_.price) = (place.provider, place.price);
        view_.offer = place.backing.offer();
        view_.serving = place.serving;
        view_.lock = place.backing.lock();
        view_.valueAtStake = uint128(place.backing.valueAtStake());
        view_.calledAt = place.margin.calledAt;
        view_.staleAtCall = place.margin.staleAtCall;
        view_.status = uint8(stream.status);
        view_.isFinal = stream.flags & FINAL != 0;
        view_.escrow = uint128(stream.escrow);
        if (_isMetered(slot, _agreements[deal].terms)) {
            view_.price = uint96(place.backing.price());
            UsageWord usage = _usageHere(deal, slot);
            (view_.owed, view_.credited) = (uint128(usage.redeemed()), uint128(usage.credited()));
        } else {
            view_.owed = StreamMath.owedDown(rate, stream.settled).toUint128();
            view_.credited = StreamMath.owedDown(rate, stream.credited).toUint128();
        }
        view_.endsAt = uint40(stream.endsAt);
        view_.termEnd = stream.flags & CUT == 0 ? view_.endsAt : place.margin.termEnd;
        if (stream.status == ASSIGNED) view_.assignedAt = uint40(stream.startedAt);
        else view_.startedAt = uint40(stream.startedAt);
    }

    /// @dev See `ISuccession`.
    function servingOf(DealId deal, uint8 slot, uint32 serving)
        external
        view
        returns (ISuccession.Serving memory view_)
    {
        Past storage past = _past[_servingKey(deal, slot, serving)];
        (ServingWord word, BackingWord backing) = (past.word, past.backing);
        require(ServingWord.unwrap(word) != 0, ISuccession.ServingUnknown(deal, slot, serving));
        uint256 price = _paidUp(slot, backing.price());
        uint256 rate = price * _agreements[deal].terms.units();
        view_.provider = word.provider();
        view_.lock = backing.lock();
        view_.price = uint96(price);
        view_.valueAtStake = uint128(backing.valueAtStake());
        view_.endedAt = uint40(word.endedAt());
        if (_isMetered(slot, _agreements[deal].terms)) {
            UsageWord usage = _usageOf(deal, slot, serving);
            (view_.owed, view_.credited) = (uint128(usage.redeemed()), uint128(usage.credited()));
            return view_;
        }
        view_.owed = StreamMath.owedDown(rate, word.settled()).toUint128();
        view_.credited = StreamMath.owedDown(rate, word.credited()).toUint128();
    }

    // forge-lint: disable-end(unsafe-typecast)

    /// @dev See `ISuccession`.
    function tipOf(DealId deal) external view returns (uint128) {
        return _rare[deal].tip;
    }

    /// @dev See `IDeals`.
    function lockFor(DealId deal, uint8 slot, uint96 price)
        external
        view
        returns (uint128 amount, uint128 valueAtStake)
    {
        Place storage place = _placeOf(deal, slot);
        TermsWord terms = _agreements[deal].terms;
        uint256 full = uint256(price) + _agreements[deal].royalty;
        uint256 value = _reserved(deal, slot, terms, full, place.stream.escrow(), block.timestamp);
        amount = LockMath.lockUp(value, terms.coverageBps(), scale, priceGuard.low()).toUint128();
        valueAtStake = value.toUint128();
    }

    /// @dev See `IDeals`.
    function accrued(DealId deal, uint8 slot) external view returns (uint128) {
        (Stream memory stream, uint256 rate) = _now(deal, slot);
        if (rate == 0) return uint128(_usageHere(deal, slot).redeemed());
        return StreamMath.owedDown(rate, stream.settled).toUint128();
    }

    /// @dev See `IDeals`.
    function creditable(DealId deal, uint8 slot) external view returns (uint128) {
        (Stream memory stream, uint256 rate) = _now(deal, slot);
        if (rate == 0) {
            UsageWord usage = _usageHere(deal, slot);
            return uint128(usage.redeemed() - usage.credited());
        }
        uint256 credited = StreamMath.owedDown(rate, stream.credited);
        return (StreamMath.owedDown(rate, _creditable(stream)) - credited).toUint128();
    }

    /// @dev See `IDeals`.
    function healthBps(DealId deal, uint8 slot) external view returns (uint256) {
        return _healthBps(_placeOf(deal, slot), priceGuard.high());
    }

    /// @dev Of the serving that is there: an empty place keeps the number of the one before.
    function _usageHere(DealId deal, uint8 slot) private view returns (UsageWord usage) {
        Place storage place = _places[deal][slot];
        if (place.provider != address(0)) usage = _usageOf(deal, slot, place.serving);
    }

    function _now(DealId deal, uint8 slot) private view returns (Stream memory stream, uint256 rate) {
        Place storage place = _placeOf(deal, slot);
        stream = place.stream.unpack();
        rate = _rateOf(deal, place);
        _advance(stream, rate);
    }

    /// @dev See `IDeals`.
    function sharesOf(DealId deal, address payer) external view returns (uint128) {
        return _shares[_paymentKey(deal, _agreements[deal].generation, payer)];
    }

    /// @dev See `IDeals`.
    function creditOf(address account) external view returns (uint128) {
        return _creditOf(account).toUint128();
    }

    /// @dev See `IDeals`.
    function stakersCreditOf(address provider) external view returns (uint128) {
        return _stakersCredits[provider];
    }

    /// @dev See `IDeals`.
    function treasury() external view returns (address) {
        return _treasury.account;
    }

    /// @dev See `IDeals`.
    function feeBps() external view returns (uint16) {
        return _feeBps;
    }

    /// @dev See `IDeals`.
    function count() external view returns (uint64) {
        return _count;
    }

    /// @dev See `IDeals`.
    function surplus() external view returns (uint256) {
        return stablecoin.balanceOf(address(this)) - _held;
    }

    /// @dev See `IRedemption`.
    function redeemedOf(DealId deal, uint8 slot, uint32 serving) external view returns (uint128) {
        return uint128(_usageOf(deal, slot, serving).redeemed());
    }

    /// @dev See `IRedemption`.
    function royaltyDue(DealId deal) external view returns (uint128) {
        return _agreements[deal].royaltyDue;
    }
}
