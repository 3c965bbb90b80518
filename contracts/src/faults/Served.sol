// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {IDeals} from "../interfaces/IDeals.sol";
import {IFaults} from "../interfaces/IFaults.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {CommitmentId, DealId} from "../types/Ids.sol";
import {Records} from "./Records.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev How a provider shows that it is up, and that it served, without probers. Part of `Verdicts`.
abstract contract Served is Records {
    using SafeCast for uint256;

    uint8 private constant DRAWN = 2;
    uint8 private constant ANSWERED = 4;
    /// Half of the 3.8 puzzles a unit and window that earn a whole credit, in tenths.
    uint256 private constant FILLED_TENTHS = 19;

    /* SHOWN UP */

    /// @dev See `IFaults.showUp`.
    function showUp(CommitmentId commitment, ICapacity.Claim calldata claim) external {
        ICapacity.Commitment memory pledged = capacity.commitmentOf(commitment);
        (uint8 status, bytes31 digest) = capacity.claimOf(commitment, claim.window);
        bool isDrawn = (status == DRAWN || status == ANSWERED) && digest == bytes31(keccak256(abi.encode(claim)));
        bool isFilled = uint256(claim.filled) * 10 >= uint256(pledged.units) * FILLED_TENTHS;
        require(isDrawn && isFilled && !pledged.isConvicted, WindowNotFilled(commitment, claim.window));
        address provider = pledged.provider;
        uint40 downSince = _records[provider].downSince;
        require(downSince != 0, NotDown(provider));
        uint256 startedAt = uint256(claim.window) * 1 hours;
        require(startedAt > downSince, WindowTooOld(claim.window));
        uint256 upAt = Math.min(startedAt + 1 hours, block.timestamp);
        _windowUpAt[provider] = upAt;
        _setUp(provider, upAt);
    }

    /* SERVED */

    /// @dev See `IFaults.recordServed`.
    function recordServed(DealId deal, uint8 slot, uint32 serving) external {
        _requireSlot(deal, slot);
        IFaults.Note storage note = _notes[deal][slot][serving];
        if (deals.slotOf(deal, slot).serving == serving) deals.settle(deal, slot);
        ISuccession.Serving memory served = _servingOf(deal, slot, serving);
        address provider = served.provider;
        uint40 waiting = note.waiting;
        if (waiting != 0) {
            // What waits keeps its place: were more added to it, anyone could move it on for ever.
            uint256 sold = feeBurn.sold();
            require(sold >= note.upTo, FeeNotBurned(sold, note.upTo));
            note.waiting = 0;
            emit ServedCounted(deal, slot, provider, waiting);
            IFaults.Record memory record = _turned(provider);
            // Who serves himself many slots is not there for longer than time goes by.
            record.served = uint32(Math.min(_sum(record.served, waiting), MONTH));
            _store(provider, record);
        }
        bool isNoted = _note(deal, slot, serving, served);
        require(waiting != 0 || isNoted, NothingToRecord(deal, slot));
    }

    /// @dev As `Rewards` notes fees: what `FeeBurn` took in until now holds this fee, and all that was ever noted is sold
    /// before the last of it.
    function _note(DealId deal, uint8 slot, uint32 serving, ISuccession.Serving memory served) private returns (bool) {
        IFaults.Note storage note = _notes[deal][slot][serving];
        uint128 before = note.credited;
        IDeals.Deal memory agreed = deals.dealOf(deal);
        uint256 fee = uint256(served.credited - before) * agreed.feeBps / BPS * feeBurn.burnBps() / BPS;
        if (fee == 0) return false;
        uint256 rate = uint256(served.price) * agreed.units;
        // A record costs what it costs to have it probed: a slot of a dust price tells nothing.
        if (rate * agreed.feeBps / BPS < 2 * quorum * probers.pay()) return false;
        // The fewest seconds that owe as much.
        uint256 until = Math.ceilDiv(uint256(served.credited) * 1 days, rate);
        uint40 waiting = (until - Math.ceilDiv(uint256(before) * 1 days, rate)).toUint40();
        _recorded += fee.toUint128();
        uint256 upTo = Math.max(_recorded, feeBurn.intake());
        (note.credited, note.waiting, note.upTo) = (served.credited, waiting, upTo.toUint128());
        emit ServedNoted(deal, slot, served.provider, serving, waiting, upTo);
        return true;
    }
}
