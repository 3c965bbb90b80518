// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Stream, TermsWord} from "../libraries/DealWords.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId} from "../types/Ids.sol";
import {Books} from "./Books.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev What every part needs to know of earning: from the escrow to what is held back.
abstract contract Streams is Books {
    // An escrow has 96 bits, what is owed of it is below 2^125 (see `StreamMath`), a time has 40.
    // forge-lint: disable-start(unsafe-typecast)
    function _emitSettled(DealId deal, uint8 slot, uint16 serving, Stream memory stream, uint256 rate) internal {
        emit SlotSettled(
            deal,
            slot,
            serving,
            uint128(stream.escrow),
            uint128(StreamMath.owedDown(rate, stream.settled)),
            uint128(StreamMath.owedDown(rate, stream.credited)),
            uint40(stream.startedAt)
        );
    }

    // forge-lint: disable-end(unsafe-typecast)

    /// @dev Value at stake of a term that starts at `startsAt`, by the request's exposure.
    function _value(TermsWord terms, uint256 price, uint256 escrow, uint256 startsAt) internal pure returns (uint256) {
        uint256 exposure = terms.exposure();
        uint256 exposed;
        if (exposure == LockMath.REMAINING) exposed = Math.saturatingSub(_durationEnd(terms, startsAt), startsAt);
        else if (exposure == LockMath.TERM) exposed = Math.saturatingSub(_termEnd(terms, startsAt), startsAt);
        else exposed = terms.durationDays() * 1 days;
        return LockMath.valueUp(price * terms.units(), exposed, escrow);
    }
}
