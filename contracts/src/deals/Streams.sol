// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {Stream, Terms} from "../libraries/DealWords.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId, LockId, OfferId} from "../types/Ids.sol";
import {Books} from "./Books.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Earning: from escrow to what is held back, from there to credits; and how a slot ends.
abstract contract Streams is Books {
    using SafeCast for uint256;

    uint256 private constant BPS = 10_000;

    uint8 internal constant TERM_OVER = 0;
    uint8 internal constant STOPPED = 1;
    uint8 internal constant OUT_OF_FUNDS = 2;
    uint8 internal constant LEFT = 3;
    uint8 internal constant NOT_FILLED = 5;

    /* SETTLE */

    /// @inheritdoc IDeals
    function settle(DealId deal, uint8 slot) external {
        _settle(deal, slot, _placeOf(deal, slot), true);
    }

    /// @inheritdoc IDeals
    function settleMany(DealId[] calldata deals, uint8[] calldata slots) external returns (uint8[] memory codes) {
        require(deals.length == slots.length, LengthsDiffer(deals.length, slots.length));
        codes = new uint8[](deals.length);
        for (uint256 i = 0; i < deals.length; ++i) {
            if (slots[i] >= _agreements[deals[i]].terms.slots()) {
                codes[i] = 1;
            } else {
                (,, bool isChanged) = _settle(deals[i], slots[i], _places[deals[i]][slots[i]], true);
                codes[i] = isChanged ? 0 : 2;
            }
        }
    }

    /// @inheritdoc IDeals
    function close(DealId deal, uint8 slot) external {
        Place storage place = _placeOf(deal, slot);
        require(place.stream.status() != ENDED, SlotStatusWrong(deal, slot, uint8(ENDED)));
        (, bool isEnded) = _tryEnd(deal, slot, place);
        require(isEnded, SlotNotOver(deal, slot));
    }

    function _settle(DealId deal, uint8 slot, Place storage place, bool isCrediting)
        internal
        returns (Stream memory stream, bool isDry, bool isChanged)
    {
        stream = place.stream.unpack();
        if (stream.status < SERVING) return (stream, false, false);
        uint256 rate = _rateOf(deal, place);
        uint256 settled = stream.settled;
        uint256 credited = stream.credited;
        isDry = _advance(stream, rate);
        if (isCrediting) stream.credited = _creditable(stream);
        isChanged = stream.settled != settled || stream.credited != credited;
        if (!isChanged) return (stream, isDry, false);
        place.stream = stream.pack();
        _emitSettled(deal, slot, place, stream, rate);
        uint256 amount = StreamMath.owedDown(rate, stream.credited) - StreamMath.owedDown(rate, credited);
        if (amount != 0) _credit(deal, slot, place, amount);
    }

    function _emitSettled(DealId deal, uint8 slot, Place storage place, Stream memory stream, uint256 rate) internal {
        emit SlotSettled(
            deal,
            slot,
            place.backing.serving,
            stream.escrow.toUint128(),
            StreamMath.owedDown(rate, stream.settled).toUint128(),
            StreamMath.owedDown(rate, stream.credited).toUint128(),
            stream.startedAt.toUint40()
        );
    }

    /// @dev The fee is on the whole credit and rounded up; whoever comes later in the split bears the rounding.
    function _credit(DealId deal, uint8 slot, Place storage place, uint256 amount) private {
        Agreement storage agreement = _agreements[deal];
        Terms memory terms = agreement.terms.unpack();
        address provider = place.provider;
        uint256 fee = Math.ceilDiv(amount * terms.feeBps, BPS);
        uint256 rest = amount - fee;
        uint256 royalty = 0;
        if (terms.hasRoyalty) {
            royalty = Math.min(rest, amount * agreement.royalty / place.price);
            rest -= royalty;
        }
        uint256 toStakers = rest * staking.terms(provider).revenueShareBps / BPS;
        rest -= toStakers;
        emit SlotCredited(
            deal, slot, provider, fee.toUint128(), royalty.toUint128(), toStakers.toUint128(), rest.toUint128()
        );
        _addCredit(treasury, fee);
        if (royalty != 0) _addCredit(agreement.royaltyTo, royalty);
        if (toStakers != 0) stakersCreditOf[provider] += toStakers.toUint128();
        _addCredit(provider, rest);
    }

    function _addCredit(address account, uint256 amount) internal {
        if (amount == 0) return;
        uint128 credit = (creditOf[account] + amount).toUint128();
        creditOf[account] = credit;
        emit CreditAdded(account, amount.toUint128(), credit);
    }

    /* END */

    /// @dev Ends a slot that is over, and says whether it has ended. Whoever is paid after it depends on it, so nothing here
    /// may refuse.
    function _tryEnd(DealId deal, uint8 slot, Place storage place)
        internal
        returns (Stream memory stream, bool isEnded)
    {
        stream = place.stream.unpack();
        if (stream.status == ENDED) return (stream, true);
        if (stream.status == SERVING) return _tryEndServing(deal, slot, place);
        if (stream.status == ASSIGNED) {
            if (block.timestamp <= stream.startedAt + READY_TIME) return (stream, false);
            _vacate(deal, slot, place, stream, true);
        }
        if (block.timestamp <= _agreements[deal].expiry) return (stream, false);
        _end(deal, slot, place, stream, NOT_FILLED);
        return (stream, true);
    }

    function _tryEndServing(DealId deal, uint8 slot, Place storage place)
        private
        returns (Stream memory stream, bool isEnded)
    {
        bool isDry;
        (stream, isDry,) = _settle(deal, slot, place, false);
        uint256 driesAt = stream.startedAt + stream.settled;
        if (isDry && block.timestamp >= driesAt + DRY_TIME) {
            _cut(place, stream, driesAt);
            _end(deal, slot, place, stream, OUT_OF_FUNDS);
            return (stream, true);
        }
        if (block.timestamp < stream.endsAt) return (stream, false);
        _end(deal, slot, place, stream, stream.flags & CUT == 0 ? TERM_OVER : STOPPED);
        return (stream, true);
    }

    /// @dev Brings the end of accrual forward to `endsAt`; the stream is in memory, whoever calls writes it.
    function _cut(Place storage place, Stream memory stream, uint256 endsAt) internal {
        if (endsAt >= stream.endsAt) return;
        if (stream.flags & CUT == 0) place.margin.termEnd = stream.endsAt.toUint40();
        stream.flags |= CUT;
        stream.endsAt = endsAt;
    }

    /// @dev What was settled stays with the slot, to be credited later; the rest of its escrow becomes spare. The lock
    /// stays until its end, for what is still to be shown about the time that was served.
    function _end(DealId deal, uint8 slot, Place storage place, Stream memory stream, uint8 reason) internal {
        Agreement storage agreement = _agreements[deal];
        uint256 left = stream.escrow;
        bool wasServing = stream.status == SERVING;
        stream.escrow = 0;
        stream.status = ENDED;
        if (!wasServing) stream.endsAt = block.timestamp;
        place.stream = stream.pack();
        if (left != 0) {
            uint128 spare = (agreement.spare + left).toUint128();
            agreement.spare = spare;
            emit SlotFunded(deal, slot, 0);
            emit SpareChanged(deal, spare);
        }
        emit SlotEnded(deal, slot, place.provider, stream.endsAt.toUint40(), reason);
        if (wasServing) _giveBack(deal, place.backing.offer);
    }

    /// @dev Nothing was served, so nothing is owed: lock and units are free at once.
    function _vacate(DealId deal, uint8 slot, Place storage place, Stream memory stream, bool isSilent) internal {
        LockId lock = place.backing.lock;
        OfferId offer = place.backing.offer;
        emit SlotDeclined(deal, slot, place.provider, isSilent);
        stream.startedAt = 0;
        stream.status = EMPTY;
        place.provider = address(0);
        place.price = 0;
        place.stream = stream.pack();
        place.backing.offer = OfferId.wrap(0);
        place.backing.lock = LockId.wrap(0);
        place.backing.valueAtStake = 0;
        staking.release(lock);
        _giveBack(deal, offer);
    }

    function _giveBack(DealId deal, OfferId offer) private {
        offers.giveBack(offer, _agreements[deal].terms.units().toUint32());
    }
}
