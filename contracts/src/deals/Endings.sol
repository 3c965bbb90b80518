// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BackingWord, READY_TIME, Stream, TermsWord} from "../libraries/DealWords.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId, LockId, OfferId} from "../types/Ids.sol";
import {Streams} from "./Streams.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev How a slot becomes empty again, or ends. Part of `Extension`.
abstract contract Endings is Streams {
    using SafeCast for uint256;

    uint8 internal constant TERM_OVER = 0;
    uint8 internal constant STOPPED = 1;
    uint8 internal constant OUT_OF_FUNDS = 2;
    uint8 internal constant LEFT = 3;
    uint8 internal constant FAILED = 4;
    uint8 internal constant NOT_FILLED = 5;

    /// @dev Moves what was earned up to now out of the escrow, in memory and in the books.
    function _accrue(DealId deal, uint8 slot, Place storage place) internal returns (Stream memory stream, bool isDry) {
        stream = place.stream.unpack();
        uint256 settled = stream.settled;
        uint256 rate = _rateOf(deal, place);
        isDry = _advance(stream, rate);
        if (stream.settled == settled) return (stream, isDry);
        place.stream = stream.pack();
        _emitSettled(deal, slot, place.serving, stream, rate);
    }

    /// @dev Ends a slot that is over and cannot pass on, and says whether it has ended. Whoever is paid after it depends on it,
    /// so nothing here may refuse.
    function _tryEnd(DealId deal, uint8 slot, Place storage place)
        internal
        returns (Stream memory stream, bool isEnded)
    {
        stream = place.stream.unpack();
        if (stream.status == ENDED) {
            // Kept for what was still to be redeemed.
            if (stream.escrow != 0 && block.timestamp > stream.endsAt + REDEMPTION) {
                _spare(deal, slot, stream);
                place.stream = stream.pack();
            }
            return (stream, true);
        }
        if (stream.status == SERVING) return _tryEndServing(deal, slot, place);
        if (_isFillable(deal)) return (stream, false);
        if (stream.status == ASSIGNED) {
            // Where there are standbys a silent provider's slot is theirs, by `decline`.
            bool isKept = _agreements[deal].terms.standbys() != 0;
            if (isKept || block.timestamp <= stream.startedAt + READY_TIME) return (stream, false);
            _vacate(deal, slot, place, stream, true);
        }
        _end(deal, slot, place, stream, NOT_FILLED);
        return (stream, true);
    }

    function _tryEndServing(DealId deal, uint8 slot, Place storage place)
        private
        returns (Stream memory stream, bool isEnded)
    {
        bool isDry;
        (stream, isDry) = _accrue(deal, slot, place);
        uint256 driesAt = _settledTo(stream);
        TermsWord terms = _agreements[deal].terms;
        if (terms.isMetered() && stream.escrow == 0) (isDry, driesAt) = (true, place.margin.emptySince);
        if (isDry && block.timestamp >= driesAt + DRY_TIME) {
            _cut(place, stream, driesAt);
            _end(deal, slot, place, stream, OUT_OF_FUNDS);
            return (stream, true);
        }
        if (block.timestamp < stream.endsAt) return (stream, false);
        // A term that nobody renewed is over, the job is not.
        bool isPaid = stream.escrow >= StreamMath.owedDown(place.backing.price() * terms.units(), 1 days);
        if (isPaid && stream.flags & CUT == 0 && _goesOn(terms, stream)) return (stream, false);
        _end(deal, slot, place, stream, stream.flags & CUT == 0 ? TERM_OVER : STOPPED);
        return (stream, true);
    }

    /// @dev Whether the slot lives longer than who serves it.
    function _goesOn(TermsWord terms, Stream memory stream) internal view returns (bool) {
        return
            terms.stoppedAt() == 0 && stream.flags & LAST == 0 && block.timestamp < _durationEnd(terms, block.timestamp);
    }

    /// @dev Brings the end of accrual forward to `endsAt`; the stream is in memory, whoever calls writes it.
    function _cut(Place storage place, Stream memory stream, uint256 endsAt) internal {
        if (endsAt >= stream.endsAt) return;
        if (stream.flags & CUT == 0) place.margin.termEnd = stream.endsAt.toUint40();
        stream.flags |= CUT;
        stream.endsAt = endsAt;
    }

    /// @dev What was settled stays with the slot, to be credited later; the rest of its escrow becomes spare, of metered slots once
    /// nothing can be redeemed. The lock stays until its end, for what is still to be shown about the time that was served.
    function _end(DealId deal, uint8 slot, Place storage place, Stream memory stream, uint8 reason) internal {
        TermsWord terms = _agreements[deal].terms;
        bool wasServing = stream.status == SERVING;
        stream.status = ENDED;
        if (!wasServing) stream.endsAt = block.timestamp;
        if (!_isRedeemable(slot, terms, place, wasServing ? stream.endsAt : 0)) _spare(deal, slot, stream);
        place.stream = stream.pack();
        // Where a standby was promoted, its place keeps its name for what it is still to be credited.
        address provider = wasServing ? place.provider : address(0);
        emit SlotEnded(deal, slot, provider, stream.endsAt.toUint40(), reason);
        if (wasServing) _giveBack(terms, place.backing.offer());
    }

    /// @dev Whether somebody may still be paid from the escrow of a slot whose last serving ended at `endedAt`, or before.
    function _isRedeemable(uint8 slot, TermsWord terms, Place storage place, uint256 endedAt)
        private
        view
        returns (bool)
    {
        if (!_isMetered(slot, terms)) return false;
        if (endedAt == 0) endedAt = place.margin.termEnd;
        return block.timestamp <= endedAt + REDEMPTION;
    }

    /// @dev The stream is in memory, whoever calls writes it.
    function _spare(DealId deal, uint8 slot, Stream memory stream) private {
        if (stream.escrow == 0) return;
        Agreement storage agreement = _agreements[deal];
        uint128 spare = (agreement.spare + stream.escrow).toUint128();
        agreement.spare = spare;
        stream.escrow = 0;
        _emitFunded(deal, slot, 0);
        emit SpareChanged(deal, spare);
    }

    /// @dev Nothing was served, so nothing is owed: lock and units are free at once.
    function _vacate(DealId deal, uint8 slot, Place storage place, Stream memory stream, bool isSilent) internal {
        (LockId lock, OfferId offer) = (place.backing.lock(), place.backing.offer());
        emit SlotDeclined(deal, slot, place.provider, isSilent);
        _clear(place, stream);
        _free(deal, lock, offer);
    }

    /// @dev After the lock's end anyone may have released it, and then there is nothing to free.
    function _free(DealId deal, LockId lock, OfferId offer) internal {
        try staking.release(lock) {} catch {}
        _giveBack(_agreements[deal].terms, offer);
    }

    /// @dev Nobody serves the place. It keeps its number of servings and its escrow.
    function _clear(Place storage place, Stream memory stream) internal {
        (stream.startedAt, stream.endsAt, stream.settled, stream.credited) = (0, 0, 0, 0);
        (stream.status, stream.flags) = (EMPTY, 0);
        place.provider = address(0);
        place.price = 0;
        place.stream = stream.pack();
        place.backing = BackingWord.wrap(0);
    }

    function _giveBack(TermsWord terms, OfferId offer) internal {
        // 32 bits of it.
        // forge-lint: disable-next-line(unsafe-typecast)
        offers.giveBack(offer, uint32(terms.units()));
    }
}
