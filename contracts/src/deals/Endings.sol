// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {BackingWord, READY_TIME, Stream, TermsWord} from "../libraries/DealWords.sol";
import {DealId, LockId, OfferId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Streams} from "./Streams.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev How a slot becomes empty again, or ends. Part of `Extension`.
abstract contract Endings is Streams {
    using SafeCast for uint256;

    uint8 internal constant TERM_OVER = 0;
    uint8 internal constant STOPPED = 1;
    uint8 internal constant OUT_OF_FUNDS = 2;
    uint8 internal constant LEFT = 3;
    uint8 internal constant NOT_FILLED = 5;

    uint256 private constant NOTICE_TIME = 3 days;
    /// Where terms have at most as many days, non-renewal may be announced at any time.
    uint256 private constant SHORT_TERM = 4;

    /* LEAVE */

    /// @dev See `IDeals.close`.
    function close(DealId deal, uint8 slot) external {
        Place storage place = _placeOf(deal, slot);
        require(place.stream.status() != ENDED, SlotStatusWrong(deal, slot, uint8(ENDED)));
        (, bool isEnded) = _tryEnd(deal, slot, place);
        require(isEnded, SlotNotOver(deal, slot));
    }

    /// @dev See `IDeals.decline`.
    function decline(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, ASSIGNED);
        uint256 deadline = stream.startedAt + READY_TIME;
        bool isSilent = block.timestamp > deadline;
        require(isSilent || _isActor(place.provider, KeyRoles.SERVE), ReadyNotLate(deal, slot, deadline.toUint40()));
        _vacate(deal, slot, place, stream, isSilent);
    }

    /// @dev See `IDeals.releaseLock`.
    function releaseLock(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, ENDED);
        LockId lock = place.backing.lock();
        uint256 until = stream.endsAt + DISPUTE;
        require(block.timestamp > until, IStaking.LockNotEnded(lock, until.toUint40()));
        staking.release(lock);
    }

    /// @dev See `IDeals.announceNonRenewal`.
    function announceNonRenewal(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, SERVING);
        address provider = place.provider;
        _requireActor(provider, KeyRoles.SERVE);
        bool isShort = _agreements[deal].terms.termDays() <= SHORT_TERM;
        uint256 latest = isShort ? stream.endsAt : stream.endsAt - NOTICE_TIME;
        require(block.timestamp <= latest, NoticeTooLate(deal, slot, latest.toUint40()));
        stream.flags |= FINAL;
        place.stream = stream.pack();
        emit SlotFinal(deal, slot, provider);
    }

    /// @dev See `IDeals.stop`.
    function stop(DealId deal) external {
        uint8 slots = _slotsOf(deal);
        if (msg.sender != matching) _requireActor(_agreements[deal].customer, KeyRoles.CUSTOMER);
        TermsWord terms = _agreements[deal].terms;
        require(terms.stoppedAt() == 0, DealStopped(deal));
        _agreements[deal].terms = terms.stop(block.timestamp);
        uint256 endsAt = block.timestamp + _agreements[deal].notice;
        emit DealStopRequested(deal, endsAt.toUint40());
        for (uint8 slot = 0; slot < slots; ++slot) {
            _stopSlot(deal, slot, endsAt);
        }
    }

    function _stopSlot(DealId deal, uint8 slot, uint256 endsAt) private {
        Place storage place = _places[deal][slot];
        Stream memory stream = place.stream.unpack();
        if (stream.status == ENDED) return;
        if (stream.status == SERVING) {
            _cut(place, stream, endsAt);
            place.stream = stream.pack();
            return;
        }
        if (stream.status == ASSIGNED) _vacate(deal, slot, place, stream, false);
        _end(deal, slot, place, stream, STOPPED);
    }

    /* END */

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
        if (_isFillable(deal)) return (stream, false);
        _end(deal, slot, place, stream, NOT_FILLED);
        return (stream, true);
    }

    function _tryEndServing(DealId deal, uint8 slot, Place storage place)
        private
        returns (Stream memory stream, bool isEnded)
    {
        bool isDry;
        (stream, isDry) = _accrue(deal, slot, place);
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
        if (wasServing) _giveBack(deal, place.backing.offer());
    }

    /// @dev Nothing was served, so nothing is owed: lock and units are free at once.
    function _vacate(DealId deal, uint8 slot, Place storage place, Stream memory stream, bool isSilent) internal {
        (LockId lock, OfferId offer) = (place.backing.lock(), place.backing.offer());
        emit SlotDeclined(deal, slot, place.provider, isSilent);
        stream.startedAt = 0;
        stream.status = EMPTY;
        place.provider = address(0);
        place.price = 0;
        place.stream = stream.pack();
        place.backing = BackingWord.wrap(0);
        // After the lock's end anyone may have released it, and then there is nothing to free.
        try staking.release(lock) {} catch {}
        _giveBack(deal, offer);
    }

    function _giveBack(DealId deal, OfferId offer) private {
        offers.giveBack(offer, _agreements[deal].terms.units().toUint32());
    }
}
