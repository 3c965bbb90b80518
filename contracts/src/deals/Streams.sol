// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {STANDBY, Stream, TermsWord, UsageWord} from "../libraries/DealWords.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId} from "../types/Ids.sol";
import {Books} from "./Books.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev What every part needs to know of earning: from the escrow to what is held back.
abstract contract Streams is Books {
    uint256 internal constant BPS = 10_000;
    uint256 private constant RETAINER_BPS = 200;

    // An escrow has 96 bits, what is owed of it is below 2^125 (see `StreamMath`), a time has 40.
    // forge-lint: disable-start(unsafe-typecast)
    function _emitSettled(DealId deal, uint8 slot, uint16 serving, Stream memory stream, uint256 rate) internal {
        uint256 owed = StreamMath.owedDown(rate, stream.settled);
        uint256 credited = StreamMath.owedDown(rate, stream.credited);
        // Only metered slots are paid nothing by time.
        if (rate == 0) {
            UsageWord usage = _usageOf(deal, slot, serving);
            (owed, credited) = (usage.redeemed(), usage.credited());
        }
        emit SlotSettled(
            deal, slot, serving, uint128(stream.escrow), uint128(owed), uint128(credited), uint40(stream.startedAt)
        );
    }

    // forge-lint: disable-end(unsafe-typecast)

    /// @dev Whether the place is paid for usage. Standbys never are.
    function _isMetered(uint8 slot, TermsWord terms) internal pure returns (bool) {
        return slot < STANDBY && terms.isMetered();
    }

    /// @dev Value at stake of a term that starts at `startsAt`, by the request's exposure, and within what the escrow stands for:
    /// six times it, or once where usage is paid for.
    function _value(TermsWord terms, uint256 price, uint256 escrow, uint256 startsAt) internal pure returns (uint256) {
        uint256 exposure = terms.exposure();
        uint256 exposed;
        if (exposure == LockMath.REMAINING) exposed = Math.saturatingSub(_durationEnd(terms, startsAt), startsAt);
        else if (exposure == LockMath.TERM) exposed = Math.saturatingSub(_termEnd(terms, startsAt), startsAt);
        else exposed = terms.durationDays() * 1 days;
        uint256 most = terms.isMetered() ? escrow : LockMath.ESCROW_TIMES * escrow;
        return LockMath.valueUp(price * terms.units(), exposed, most);
    }

    /// @dev Value at stake. A standby stands for the slot with the largest escrow, and reserves a part of what that would take.
    function _reserved(DealId deal, uint8 slot, TermsWord terms, uint256 price, uint256 escrow, uint256 startsAt)
        internal
        view
        returns (uint256)
    {
        if (slot < STANDBY) return _value(terms, price, escrow, startsAt);
        uint8 slots = terms.slots();
        escrow = 0;
        for (uint8 i = 0; i < slots; ++i) {
            escrow = Math.max(escrow, _places[deal][i].stream.escrow());
        }
        return Math.ceilDiv(_value(terms, price, escrow, startsAt) * terms.reserveBps(), BPS);
    }

    // It has 96 bits.
    // forge-lint: disable-next-item(unsafe-typecast)
    function _emitFunded(DealId deal, uint8 slot, uint256 escrow) internal {
        emit SlotFunded(deal, slot, uint128(escrow));
    }

    /// @dev The last second that the escrow was asked for.
    function _settledTo(Stream memory stream) internal pure returns (uint256) {
        unchecked {
            return stream.startedAt + stream.settled;
        }
    }

    /// @dev What was settled and not credited.
    function _uncredited(Stream memory stream, uint256 rate) internal pure returns (uint256) {
        unchecked {
            return StreamMath.owedDown(rate, stream.settled) - StreamMath.owedDown(rate, stream.credited);
        }
    }

    /// @dev What a unit-day of a place is paid. A standby's price is what it would serve for.
    function _paidUp(uint8 slot, uint256 price) internal pure returns (uint256) {
        return slot < STANDBY ? price : Math.ceilDiv(price * RETAINER_BPS, BPS);
    }
}
