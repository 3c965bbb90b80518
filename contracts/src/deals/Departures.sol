// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {READY_TIME, STANDBY, Stream, TermsWord} from "../libraries/DealWords.sol";
import {DealId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Promotions} from "./Promotions.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev How providers go, and how a deal is stopped. Part of `Extension`.
abstract contract Departures is Promotions {
    using SafeCast for uint256;

    /// @dev See `IDeals.close`.
    function close(DealId deal, uint8 slot) external {
        Place storage place = _placeOf(deal, slot);
        bool isEnded = place.stream.status() == ENDED;
        require(!isEnded || place.stream.escrow() != 0, SlotStatusWrong(deal, slot, uint8(ENDED)));
        bool isOver = slot < STANDBY ? _closeSlot(deal, slot, place, isEnded) : _closeStandby(deal, slot, place);
        require(isOver, SlotNotOver(deal, slot));
    }

    function _closeSlot(DealId deal, uint8 slot, Place storage place, bool isEnded) private returns (bool isOver) {
        Stream memory stream;
        (stream, isOver) = _tryEnd(deal, slot, place);
        // It had ended, and what is kept of it is not free yet.
        if (isEnded) return stream.escrow == 0;
        if (isOver || stream.status != SERVING || block.timestamp < stream.endsAt) return isOver;
        _passOn(deal, slot, place, stream, TERM_OVER);
        return true;
    }

    /// @dev A standby has nobody to pass on to: its place is empty, and can be filled as long as there is a slot.
    function _closeStandby(DealId deal, uint8 slot, Place storage place) private returns (bool) {
        if (_isDone(deal)) {
            _endStandby(deal, slot);
            return true;
        }
        if (place.stream.status() != SERVING) return false;
        (Stream memory stream, bool isDry) = _accrue(deal, slot, place);
        if (isDry && block.timestamp >= _settledTo(stream) + DRY_TIME) {
            _passOn(deal, slot, place, stream, OUT_OF_FUNDS);
            return true;
        }
        if (block.timestamp < stream.endsAt) return false;
        _passOn(deal, slot, place, stream, stream.flags & CUT == 0 ? TERM_OVER : STOPPED);
        return true;
    }

    function _isDone(DealId deal) private view returns (bool) {
        uint8 slots = _agreements[deal].terms.slots();
        for (uint8 slot = 0; slot < slots; ++slot) {
            if (_places[deal][slot].stream.status() != ENDED) return false;
        }
        return true;
    }

    /// @dev There is no slot left to stand by for.
    function _endStandby(DealId deal, uint8 slot) internal {
        Place storage place = _places[deal][slot];
        if (place.stream.status() == SERVING) _accrue(deal, slot, place);
        _stopPlace(deal, slot, block.timestamp);
        Stream memory stream = place.stream.unpack();
        if (stream.status == SERVING) _end(deal, slot, place, stream, STOPPED);
    }

    /// @dev See `IDeals.decline`.
    function decline(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, ASSIGNED);
        uint256 deadline = stream.startedAt + READY_TIME;
        bool isSilent = block.timestamp > deadline;
        require(isSilent || _isActor(place.provider, KeyRoles.SERVE), ReadyNotLate(deal, slot, deadline.toUint40()));
        Backed memory old = _backedOf(place);
        _vacate(deal, slot, place, stream, isSilent);
        TermsWord terms = _agreements[deal].terms;
        if (slot < STANDBY && _goesOn(terms, stream)) _promote(deal, slot, terms, stream, old);
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
        uint8 end = STANDBY + terms.standbys();
        for (uint8 slot = 0; slot < end; slot = _after(slot, slots)) {
            _stopPlace(deal, slot, endsAt);
        }
    }

    function _stopPlace(DealId deal, uint8 slot, uint256 endsAt) private {
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
}
