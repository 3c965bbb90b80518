// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISuccession} from "../interfaces/ISuccession.sol";
import {Stream, TermsWord} from "../libraries/DealWords.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId} from "../types/Ids.sol";
import {Margins} from "./Margins.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What `Faults` says of a serving. Part of `Extension`.
abstract contract Failures is Margins {
    using SafeCast for uint256;

    /// @dev See `ISuccession.fail`.
    function fail(DealId deal, uint8 slot, uint32 serving, uint40 since) external returns (bool isServed) {
        (Place storage place, Stream memory stream, uint256 rate) = _runningOf(deal, slot, serving);
        uint256 endedAt = Math.max(since, block.timestamp - HOLD_BACK);
        _shorten(stream, rate, endedAt < stream.startedAt ? 0 : endedAt - stream.startedAt);
        _emitSettled(deal, slot, place.serving, stream, rate);
        return _passOn(deal, slot, place, stream, FAILED);
    }

    /// @dev See `ISuccession.deduct`. Accrual goes on from here: where it stood still for want of money, nobody pays for that.
    function deduct(DealId deal, uint8 slot, uint32 serving, uint40 downSeconds) external {
        (Place storage place, Stream memory stream, uint256 rate) = _runningOf(deal, slot, serving);
        uint256 settled = stream.settled;
        _shorten(stream, rate, settled < downSeconds ? 0 : settled - downSeconds);
        // A stream has served as long as it was there, at most.
        unchecked {
            stream.startedAt = Math.min(block.timestamp, stream.endsAt) - stream.settled;
            place.stream = stream.pack();
            // forge-lint: disable-next-line(unsafe-typecast)
            emit ISuccession.DowntimeDeducted(deal, slot, serving, uint40(settled - stream.settled));
        }
        _emitSettled(deal, slot, place.serving, stream, rate);
    }

    /// @dev See `ISuccession.stopSlot`.
    function stopSlot(DealId deal, uint8 slot, uint32 serving) external {
        (Place storage place, Stream memory stream, uint256 rate) = _runningOf(deal, slot, serving);
        _emitSettled(deal, slot, place.serving, stream, rate);
        _cut(place, stream, block.timestamp + _agreements[deal].notice);
        stream.flags |= LAST;
        place.stream = stream.pack();
        emit ISuccession.SlotStopped(deal, slot, place.provider, stream.endsAt.toUint40());
    }

    /// @dev The serving that runs, settled in memory.
    function _runningOf(DealId deal, uint8 slot, uint32 serving)
        private
        view
        returns (Place storage place, Stream memory stream, uint256 rate)
    {
        require(msg.sender == faults, ISuccession.NotFaults(msg.sender));
        _requireSlot(deal, slot);
        TermsWord terms = _agreements[deal].terms;
        _requirePlace(deal, slot, terms);
        place = _places[deal][slot];
        stream = place.stream.unpack();
        bool isRunning = stream.status == SERVING && place.serving == serving;
        require(isRunning, ISuccession.ServingOver(deal, slot, serving));
        rate = place.price * terms.units();
        _advance(stream, rate);
    }

    /// @dev What was settled of later goes back to the escrow, but for what was credited.
    function _shorten(Stream memory stream, uint256 rate, uint256 served) private pure {
        // What comes back was in the escrow before.
        unchecked {
            served = Math.max(stream.credited, Math.min(stream.settled, served));
            stream.escrow += StreamMath.owedDown(rate, stream.settled) - StreamMath.owedDown(rate, served);
            stream.settled = served;
        }
    }
}
