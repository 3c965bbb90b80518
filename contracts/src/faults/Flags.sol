// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IFaults} from "../interfaces/IFaults.sol";
import {IProbers} from "../interfaces/IProbers.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Records} from "./Records.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev Statements, flags and what follows from them for a slot.
abstract contract Flags is IFaults, Records {
    uint256 private constant REGIONS_MIN = 2;

    /// @dev A report on its way through the checks. `first`, `last` and `median` are of its probes.
    struct Report {
        DealId deal;
        uint8 slot;
        uint32 serving;
        bool isUp;
        address provider;
        uint40 first;
        uint40 last;
        uint40 median;
        bool isCurrent;
        bool isPaid;
        uint32 signers;
        uint8 regions;
    }

    /* STATEMENTS */

    /// @inheritdoc IFaults
    function report(
        DealId deal,
        uint8 slot,
        uint32 serving,
        bool isUp,
        uint40[] calldata at,
        bytes[] calldata signatures
    ) external {
        _requireSlot(deal, slot);
        require(at.length >= quorum, StatementsTooFew(at.length, quorum));
        IDeals.Slot memory place = deals.slotOf(deal, slot);
        Report memory told;
        (told.deal, told.slot, told.serving, told.isUp) = (deal, slot, serving, isUp);
        (told.first, told.median, told.last) = _timesOf(at);
        told.isCurrent = place.serving == serving && place.status == SERVING;
        told.provider = place.provider;
        FlagState memory flagged = _flags[deal][slot];
        if (isUp) {
            if (!told.isCurrent) told.provider = _servingOf(deal, slot, serving).provider;
            _checkUp(told, flagged);
            _takeStatements(told, place, flagged, at, signatures);
            _showUp(told, flagged);
        } else {
            _checkDown(told, place, flagged);
            _takeStatements(told, place, flagged, at, signatures);
            _flagDown(told, place, flagged);
        }
    }

    /// @dev Their order is nobody's choice but the caller's. The median of an even number is the later one: the provider's
    /// doubt.
    function _timesOf(uint40[] calldata at) private view returns (uint40 first, uint40 median, uint40 last) {
        uint256[] memory sorted = new uint256[](at.length);
        for (uint256 i = 0; i < at.length; ++i) {
            require(at[i] <= block.timestamp, StatementFromFuture(at[i]));
            uint256 j = i;
            for (; j > 0 && sorted[j - 1] > at[i]; --j) {
                sorted[j] = sorted[j - 1];
            }
            sorted[j] = at[i];
        }
        (first, median) = (uint40(sorted[0]), uint40(sorted[at.length / 2]));
        last = uint40(sorted[at.length - 1]);
        uint40 oldest = uint40(block.timestamp) - STATEMENT_AGE;
        require(first >= oldest, StatementTooOld(first, oldest));
    }

    /// @dev Has them checked, paid and told; what it writes in the flag is stored by who calls.
    function _takeStatements(
        Report memory told,
        IDeals.Slot memory place,
        FlagState memory flagged,
        uint40[] calldata at,
        bytes[] calldata signatures
    ) private {
        uint16 today = uint16(block.timestamp / 1 days);
        bool isFirst = today != (told.isUp ? flagged.upDay : flagged.downDay);
        told.isPaid = isFirst && told.isCurrent && _pays(told, place, at.length);
        if (!told.isUp) flagged.downDay = today;
        else if (told.isCurrent) flagged.upDay = today;
        address[] memory signers = _signersOf(told, at, signatures);
        _tell(told, uint8(signers.length));
        for (uint256 i = 0; i < signers.length; ++i) {
            emit StatementSigned(told.deal, told.slot, signers[i], told.isUp, at[i]);
        }
    }

    function _signersOf(Report memory told, uint40[] calldata at, bytes[] calldata signatures)
        private
        returns (address[] memory list)
    {
        IProbers.Statement memory statement;
        (statement.deal, statement.slot, statement.serving) = (told.deal, told.slot, told.serving);
        statement.isUp = told.isUp;
        (list, told.signers, told.regions) = probers.checkStatements(statement, at, signatures, told.isPaid);
        require(told.regions >= REGIONS_MIN, RegionsTooFew(told.regions));
    }

    function _tell(Report memory told, uint8 signers) private {
        (DealId deal, uint8 slot) = (told.deal, told.slot);
        emit StatementsReported(deal, slot, told.provider, told.serving, told.isUp, signers, told.regions, told.median);
    }

    /// @dev All in all no more than the fee of what the serving has earned, as far as it is settled: whoever pays himself a
    /// deal cannot have his probers paid more than he paid.
    function _pays(Report memory told, IDeals.Slot memory place, uint256 signers) private returns (bool) {
        uint256 fee = uint256(place.owed) * deals.dealOf(told.deal).feeBps / BPS;
        uint256 paid = _paid[told.deal][told.slot][told.serving] + signers * probers.pay();
        if (paid > fee) return false;
        _paid[told.deal][told.slot][told.serving] = paid;
        return true;
    }

    function _isDry(IDeals.Slot memory place, uint256 units, uint256 at) private pure returns (bool) {
        uint256 served = Math.saturatingSub(Math.min(at, place.endsAt), place.startedAt);
        return StreamMath.owedDown(place.price * units, served) > uint256(place.owed) + place.escrow;
    }

    /* DOWN */

    function _checkDown(Report memory told, IDeals.Slot memory place, FlagState memory flagged) private view {
        (DealId deal, uint8 slot) = (told.deal, told.slot);
        require(place.serving == told.serving, ServingOver(deal, slot, told.serving));
        require(told.isCurrent, SlotNotServed(deal, slot));
        // Who need not serve any more cannot answer.
        require(block.timestamp + GRACE < place.endsAt, ServingOver(deal, slot, told.serving));
        require(!_isDry(place, deals.dealOf(deal).units, block.timestamp), SlotDry(deal, slot));
        bool isFlagged = flagged.state == BY_PROBERS && _isOpen(flagged, told.serving);
        require(!isFlagged, AlreadyFlagged(deal, slot));
        uint40 oldest = uint40(Math.max(place.startedAt, flagged.upAt + 1));
        require(told.first >= oldest, StatementTooOld(told.first, oldest));
    }

    /// @dev What is declared, and how many could judge, is fixed here: afterwards the provider could change its offer.
    function _flagDown(Report memory told, IDeals.Slot memory place, FlagState memory flagged) private {
        (,, uint32 eligible) = probers.dayOf(_dayOf(told.median));
        _file(told.deal, told.slot, flagged);
        flagged.state = BY_PROBERS;
        flagged.serving = uint16(told.serving);
        flagged.since = told.median;
        flagged.flaggedAt = uint40(block.timestamp);
        flagged.life = uint16(Math.min(FLAG_TIME, place.endsAt + GRACE - block.timestamp));
        flagged.declaredOrExcess = offers.availabilityOf(place.offer);
        flagged.signers = told.signers;
        flagged.eligible = uint16(Math.min(eligible, type(uint16).max));
        _flags[told.deal][told.slot] = flagged;
        emit SlotFlagged(
            told.deal, told.slot, told.provider, told.serving, false, told.median, uint40(block.timestamp) + GRACE
        );
    }

    /* UP */

    function _checkUp(Report memory told, FlagState memory flagged) private view {
        uint40 downSince = _records[told.provider].downSince;
        bool isFlagged = _isAccused(told, flagged);
        if (isFlagged && told.first > flagged.since) return;
        if (downSince != 0 && told.first > downSince) return;
        if (_isNews(told)) return;
        require(!isFlagged, StatementTooOld(told.first, flagged.since + 1));
        require(told.isCurrent, NotDown(told.provider));
        uint32 today = uint32(block.timestamp / 1 days);
        require(flagged.upDay != today, AlreadyReported(told.deal, told.slot, today));
    }

    function _showUp(Report memory told, FlagState memory flagged) private {
        if (_isAccused(told, flagged) && told.first > flagged.since) _answer(told, flagged);
        if (_isNews(told)) {
            if (flagged.serving == told.serving) _file(told.deal, told.slot, flagged);
            _failures[told.deal][told.slot][told.serving].isShown = true;
        }
        if (told.isCurrent) flagged.upAt = uint40(Math.max(flagged.upAt, told.last));
        _flags[told.deal][told.slot] = flagged;
        uint40 downSince = _records[told.provider].downSince;
        if (downSince != 0 && told.first > downSince) _setUp(told.provider, told.median);
    }

    /// @dev Up within a day of a failover: it was not abandoned.
    function _isNews(Report memory told) private view returns (bool) {
        if (told.isCurrent) return false;
        Failure memory failure = _failureFor(told.deal, told.slot, told.serving);
        bool isInTime = failure.failedAt != 0 && block.timestamp <= failure.failedAt + ABANDONED_AFTER;
        return isInTime && !failure.isShown && told.first > failure.since;
    }

    function _answer(Report memory told, FlagState memory flagged) private {
        uint40 downSeconds = told.median - flagged.since;
        flagged.state = 0;
        emit FlagAnswered(told.deal, told.slot, told.provider, told.serving, downSeconds);
        _addDown(told.provider, downSeconds);
        deals.deduct(told.deal, told.slot, told.serving, downSeconds);
    }

    function _isAccused(Report memory told, FlagState memory flagged) private view returns (bool) {
        return told.isCurrent && flagged.state == BY_PROBERS && _isOpen(flagged, told.serving);
    }

    /* FLAGS */

    /// @inheritdoc IFaults
    function flag(DealId deal, uint8 slot) external {
        _requireSlot(deal, slot);
        _requireActor(deals.dealOf(deal).customer, KeyRoles.CUSTOMER);
        IDeals.Slot memory place = deals.slotOf(deal, slot);
        require(place.status == SERVING && block.timestamp < place.endsAt, SlotNotServed(deal, slot));
        FlagState memory flagged = _flags[deal][slot];
        require(!_isOpen(flagged, place.serving), AlreadyFlagged(deal, slot));
        _file(deal, slot, flagged);
        flagged.state = BY_CUSTOMER;
        flagged.serving = uint16(place.serving);
        flagged.since = 0;
        flagged.flaggedAt = uint40(block.timestamp);
        _flags[deal][slot] = flagged;
        emit SlotFlagged(deal, slot, place.provider, place.serving, true, 0, uint40(block.timestamp) + GRACE);
    }

    /// @inheritdoc IFaults
    function failover(DealId deal, uint8 slot) external {
        FlagState memory flagged = _flags[deal][slot];
        (address provider, uint32 serving) = deals.servedBy(deal, slot);
        require(_isOpen(flagged, serving), NotFlagged(deal, slot));
        uint40 graceEnd = flagged.flaggedAt + GRACE;
        require(block.timestamp > graceEnd, GraceRunning(deal, slot, graceEnd));
        if (flagged.state == BY_PROBERS) return _fail(deal, slot, provider, flagged);
        _flags[deal][slot].state = 0;
        emit FlagLapsed(deal, slot, provider, serving);
        deals.stopSlot(deal, slot, serving);
    }

    /// @dev `Deals` refuses when the serving is over.
    function _fail(DealId deal, uint8 slot, address provider, FlagState memory flagged) private {
        uint40 since = flagged.since;
        Record memory record = _turned(provider);
        _setDown(record, since);
        _store(provider, record);
        (, uint256 down) = _times(record);
        uint256 excess = Math.saturatingSub(down, (BPS - flagged.declaredOrExcess) * MONTH / BPS) / 1 minutes;
        flagged.state = FAILED;
        flagged.flaggedAt = uint40(block.timestamp);
        flagged.declaredOrExcess = uint16(Math.min(excess, type(uint16).max));
        _flags[deal][slot] = flagged;
        bool isServed = deals.fail(deal, slot, flagged.serving, since);
        emit FailedOver(deal, slot, provider, flagged.serving, since, uint40(block.timestamp) - since, isServed);
    }

    /// @dev Of the serving that runs, and not too old. A customer's flag waits until it lapses.
    function _isOpen(FlagState memory flagged, uint32 serving) private view returns (bool) {
        if (flagged.serving != serving) return false;
        if (flagged.state == BY_CUSTOMER) return true;
        return flagged.state == BY_PROBERS && block.timestamp <= flagged.flaggedAt + flagged.life;
    }

    /* VIEWS */

    /// @inheritdoc IFaults
    function flagOf(DealId deal, uint8 slot) external view returns (Flag memory view_) {
        FlagState memory flagged = _flags[deal][slot];
        IDeals.Slot memory place = deals.slotOf(deal, slot);
        if (place.status != SERVING || !_isOpen(flagged, place.serving)) return view_;
        return Flag(flagged.state, flagged.serving, flagged.since, flagged.flaggedAt);
    }

    /// @inheritdoc IFaults
    function failureOf(DealId deal, uint8 slot, uint32 serving) external view returns (Failure memory) {
        return _failureFor(deal, slot, serving);
    }
}
