// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IFaults} from "../../src/interfaces/IFaults.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IProbers} from "../../src/interfaces/IProbers.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {ProbersHandler} from "./ProbersHandler.sol";
import {RecordModel} from "./RecordModel.sol";

/// @dev Random histories of three deals: two whose providers fail, one of them with a standby, and one whom honest probers
/// never call down, whatever customer and others try. Statements are right and wrong; flags are answered, lapse, fail over;
/// time served is noted and counted.
abstract contract FaultsHandler is ProbersHandler, RecordModel {
    uint256 internal constant HONEST = 2;

    struct Flagged {
        uint8 state;
        uint32 serving;
        uint256 since;
        uint256 flaggedAt;
        uint256 until;
        uint256 upAt;
        uint256 eligible;
        address[] signers;
    }

    struct Failed {
        DealId deal;
        uint32 serving;
        address provider;
        uint256 since;
        uint256 failedAt;
        uint256 eligible;
        bool hasNotice;
        bool isShown;
        address[] signers;
    }

    /// @dev What four or so say.
    struct Told {
        uint256 i;
        uint32 serving;
        bool isUp;
        bool isValid;
        address provider;
        uint256 first;
        uint256 median;
        uint256 last;
        uint40[] at;
        address[] signers;
    }

    DealId[3] public ids;
    OfferId[4] private offerIds;
    Flagged[3] private flags;
    Failed[] internal failures;
    uint256 public feesCounted;
    uint256 public secondsCounted;
    mapping(bytes32 serving => uint256) private feesWaiting;

    constructor() {
        setUp();
        for (uint256 i = 0; i < 4; ++i) {
            offerIds[i] = _host(i);
        }
        for (uint256 i = 0; i < 3; ++i) {
            _open(i);
        }
        _meet();
    }

    function _open(uint256 i) private {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        if (i == 0) (request.standbys, request.reserveBps) = (1, 2000);
        request.prepaid = request.prepaid * 105 / 100;
        ids[i] = _request(request);
        _fill(i, 0);
        if (i == 0) _fill(i, 16);
        delete flags[i];
    }

    function _fill(uint256 i, uint8 slot) private {
        vm.prank(address(matching));
        try deals.assign(ids[i], slot, offerIds[i == 0 && slot == 0 ? 0 : i + 1]) {
            _ready(ids[i], slot);
        } catch {}
    }

    /* TIME */

    /// @dev Mostly minutes, sometimes hours or days. Who keeps opens, renews, closes and fills.
    modifier timed(uint256 wait) {
        uint256 most = wait % 8 < 5 ? 12 minutes : wait % 8 < 7 ? 16 hours : 2 days;
        _skip(bound(wait >> 8, 0, most));
        if (wait % 32 != 0) _openDay();
        for (uint256 i = 0; i < 3; ++i) {
            _keep(i);
        }
        _;
    }

    function _keep(uint256 i) private {
        IDeals.Slot memory place = deals.slotOf(ids[i], 0);
        if (place.status == 2 && place.termEnd < block.timestamp + 1 days) {
            // A slot that nobody renewed in time is over by now, and its deal with it.
            _pay(customer, 3000 * dollar);
            vm.prank(customer);
            try deals.fund(ids[i], uint128(3000 * dollar)) {} catch {}
            vm.prank(customer);
            try deals.renew(ids[i], 0) {} catch {}
        }
        try deals.close(ids[i], 0) {} catch {}
        uint8 status = deals.slotOf(ids[i], 0).status;
        if (status == 3) _open(i);
        else if (status == 0) _fill(i, 0);
    }

    /* STATEMENTS */

    function say(uint256 seed, bool isUp, uint256 wait) external timed(wait) {
        seed = uint256(keccak256(abi.encode(seed)));
        (bytes32 opened,,) = probers.dayOf(_day());
        if (opened == 0) return;
        Told memory told = _tell(seed, isUp);
        if (told.signers.length == 0) return;
        _report(told, seed % 32 == 31);
    }

    function _report(Told memory told, bool isForged) private {
        IProbers.Statement memory statement = IProbers.Statement(ids[told.i], 0, told.serving, told.isUp, 0);
        bytes[] memory signatures = _statements(statement, told.at, told.signers);
        if (isForged) {
            told.isValid = false;
            signatures[0] = signatures[signatures.length - 1];
        }
        try judge.report(ids[told.i], 0, told.serving, told.isUp, told.at, signatures) {
            if (!told.isValid) broken[88] = "L88: taken from fewer than a quorum, of one region, or of another time";
            if (told.isUp) _wentUp(told);
            else _wentDown(told);
        } catch {}
    }

    /// @dev Down for sure, and failed over; or, one time in four, up again before.
    function _failFor(uint256 i, uint256 wait) internal {
        _openDay();
        address[] memory drawn = probers.drawOf(ids[i], _day());
        if (drawn.length < 4) return;
        Told memory told;
        (told.i, told.isValid, told.signers, told.at) = (i, true, _first(drawn, 4), _at(block.timestamp, 4));
        if (_regions(told.signers) < 2) return;
        (told.provider, told.serving) = deals.servedBy(ids[i], 0);
        _sort(told);
        _report(told, false);
        if (wait % 4 == 0 && (block.timestamp + 5 minutes) / 1 days == _day()) {
            _skip(5 minutes);
            (told.isUp, told.at, told.first, told.last) = (true, _at(block.timestamp, 4), 0, 0);
            _sort(told);
            _report(told, false);
        }
        _skip(GRACE + 1 + wait);
        _failOver(i);
    }

    /// @dev An honest provider is called down by a minority of those drawn, and by people who were not.
    function _tell(uint256 seed, bool isUp) private view returns (Told memory told) {
        told.i = seed % 3;
        told.isUp = isUp;
        (told.provider, told.serving) = deals.servedBy(ids[told.i], 0);
        if (isUp && failures.length != 0 && seed >> 8 & 3 == 0) {
            Failed storage failed = failures[(seed >> 16) % failures.length];
            for (uint256 i = 0; i < 3; ++i) {
                if (DealId.unwrap(ids[i]) != DealId.unwrap(failed.deal)) continue;
                (told.i, told.serving, told.provider) = (i, failed.serving, failed.provider);
            }
        }
        address[] memory drawn = probers.drawOf(ids[told.i], _day());
        uint256 count = 3 + (seed >> 32) % 4;
        if (count > drawn.length) count = drawn.length;
        told.signers = _first(drawn, count);
        told.isValid = count >= 4;
        uint256 trick = (seed >> 40) % 12;
        if (told.i == HONEST && !isUp) trick = 0;
        if (count != 0 && trick == 0) told.signers[count - 1] = _undrawn(drawn);
        if (count != 0 && trick == 1) told.signers[count - 1] = told.signers[0];
        told.at = _timesOf(seed, count);
        if (count != 0 && trick == 2) told.at[0] = uint40(block.timestamp - 15 minutes - 1);
        if (count != 0 && trick == 3) told.at[0] = uint40(block.timestamp + 1);
        if (trick < 4) told.isValid = false;
        if (_regions(told.signers) < 2) told.isValid = false;
        _sort(told);
    }

    function _timesOf(uint256 seed, uint256 count) private view returns (uint40[] memory at) {
        at = new uint40[](count);
        for (uint256 i = 0; i < count; ++i) {
            at[i] = uint40(block.timestamp - (seed >> (48 + 8 * i) & 255));
            if (at[i] / 1 days != block.timestamp / 1 days) at[i] = uint40(block.timestamp);
        }
    }

    function _undrawn(address[] memory drawn) private view returns (address) {
        for (uint256 i = 0; i < people.length; ++i) {
            if (!_has(drawn, people[i])) return people[i];
        }
        return people[0];
    }

    function _regions(address[] memory signers) private view returns (uint256 regions) {
        uint256 seen = 0;
        for (uint256 i = 0; i < signers.length; ++i) {
            seen |= 2 ** uint256(probers.proberOf(signers[i]).region);
        }
        for (; seen != 0; seen >>= 1) {
            regions += seen & 1;
        }
    }

    /// @dev How many of the others come before tells the rank.
    function _sort(Told memory told) private pure {
        told.first = type(uint40).max;
        for (uint256 i = 0; i < told.at.length; ++i) {
            uint256 rank = 0;
            for (uint256 j = 0; j < told.at.length; ++j) {
                if (told.at[j] < told.at[i] || (told.at[j] == told.at[i] && j < i)) ++rank;
            }
            if (rank == told.at.length / 2) told.median = told.at[i];
            if (told.at[i] < told.first) told.first = told.at[i];
            if (told.at[i] > told.last) told.last = told.at[i];
        }
    }

    function _wentDown(Told memory told) private {
        Flagged storage flagged = flags[told.i];
        bool isOpen = flagged.state == 1 && flagged.serving == told.serving && block.timestamp <= flagged.until;
        if (isOpen) broken[88] = "L88: flagged twice";
        if (told.first <= flagged.upAt) broken[88] = "L88: down before it was shown up";
        (,, uint32 eligible) = probers.dayOf(_day());
        uint256 endsAt = deals.slotOf(ids[told.i], 0).endsAt;
        uint256 until = block.timestamp + 6 hours;
        flagged.until = until < endsAt + GRACE ? until : endsAt + GRACE;
        (flagged.state, flagged.serving, flagged.since) = (1, told.serving, told.median);
        (flagged.flaggedAt, flagged.eligible, flagged.signers) = (block.timestamp, eligible, told.signers);
    }

    function _wentUp(Told memory told) private {
        Flagged storage flagged = flags[told.i];
        (, uint32 serving) = deals.servedBy(ids[told.i], 0);
        bool isCurrent = serving == told.serving && deals.slotOf(ids[told.i], 0).status == 2;
        bool isOpen = isCurrent && flagged.state == 1 && flagged.serving == serving && block.timestamp <= flagged.until;
        if (isOpen && told.first > flagged.since) {
            flagged.state = 0;
            _down(told.provider, told.median - flagged.since);
        }
        if (isCurrent && told.last > flagged.upAt) flagged.upAt = told.last;
        for (uint256 i = 0; i < failures.length; ++i) {
            Failed storage failed = failures[i];
            bool isIt = DealId.unwrap(failed.deal) == DealId.unwrap(ids[told.i]) && failed.serving == told.serving;
            bool isInTime = told.first > failed.since && block.timestamp <= failed.failedAt + 24 hours;
            if (isIt && isInTime) failed.isShown = true;
        }
        uint256 downSince = downSinceOf[told.provider];
        if (downSince != 0 && told.first > downSince) _shownUp(told.provider, told.median);
    }

    /* FLAGS */

    function flag(uint256 seed, uint256 wait) external timed(wait) {
        // Rarely: it ends the slot.
        if (seed % 4 != 0) return;
        uint256 i = (seed >> 8) % 3;
        vm.prank(customer);
        try judge.flag(ids[i], 0) {
            (, uint32 serving) = deals.servedBy(ids[i], 0);
            (flags[i].state, flags[i].serving, flags[i].flaggedAt) = (2, serving, block.timestamp);
        } catch {}
    }

    function failover(uint256 seed, uint256 wait) external timed(wait) {
        for (uint256 i = 0; i < 3; ++i) {
            _failOver((seed % 3 + i) % 3);
        }
    }

    function _failOver(uint256 i) internal {
        Flagged storage flagged = flags[i];
        (address provider, uint32 serving) = deals.servedBy(ids[i], 0);
        try judge.failover(ids[i], 0) {
            bool isDue = block.timestamp > flagged.flaggedAt + GRACE && flagged.serving == serving;
            bool isOpen = flagged.state == 2 || (flagged.state == 1 && block.timestamp <= flagged.until);
            if (!isDue || !isOpen) broken[89] = "L89: failed over without a flag, or within the grace";
            if (flagged.state == 1) _hasFailed(i, provider, serving);
            flagged.state = 0;
        } catch {
            bool isDue = flagged.state == 1 && flagged.serving == serving && block.timestamp > flagged.flaggedAt + GRACE;
            bool isServed = deals.slotOf(ids[i], 0).status == 2;
            if (isDue && isServed && block.timestamp <= flagged.until) broken[89] = "L89: not failed over in time";
        }
    }

    function _hasFailed(uint256 i, address provider, uint32 serving) private {
        Flagged storage flagged = flags[i];
        _failed(provider, flagged.since);
        if (i == HONEST) broken[93] = "L93: an honest provider failed";
        failures.push();
        Failed storage failed = failures[failures.length - 1];
        (failed.deal, failed.serving, failed.provider) = (ids[i], serving, provider);
        (failed.since, failed.failedAt) = (flagged.since, block.timestamp);
        (failed.eligible, failed.signers) = (flagged.eligible, flagged.signers);
    }

    /* SERVED */

    function record(uint256 seed, uint256 wait) external timed(wait) {
        uint256 i = seed % 3;
        (, uint32 serving) = deals.servedBy(ids[i], 0);
        DealId id = ids[i];
        if (failures.length != 0 && seed >> 8 & 1 == 0) {
            Failed storage failed = failures[(seed >> 16) % failures.length];
            (id, serving) = (failed.deal, failed.serving);
            try deals.releaseServing(id, 0, serving) {} catch {}
        }
        IFaults.Note memory before = judge.noteOf(id, 0, serving);
        address provider = _hostOf(id, serving);
        bytes32 key = keccak256(abi.encode(id, serving));
        try judge.recordServed(id, 0, serving) {
            if (before.waiting != 0) {
                if (feeBurn.sold() < before.upTo) broken[94] = "L94: counted before its fee was burned";
                _served(provider, before.waiting);
                (feesCounted, secondsCounted) = (feesCounted + feesWaiting[key], secondsCounted + before.waiting);
            }
            IFaults.Note memory note = judge.noteOf(id, 0, serving);
            feesWaiting[key] = uint256(note.credited - before.credited) * FEE_BPS / 10_000 * BURN_BPS / 10_000;
        } catch {}
    }

    function _hostOf(DealId id, uint32 serving) private view returns (address provider) {
        uint32 running;
        (provider, running) = deals.servedBy(id, 0);
        if (running == serving && provider != address(0)) return provider;
        try deals.servingOf(id, 0, serving) returns (IDeals.Serving memory past) {
            return past.provider;
        } catch {}
    }

    function sell(uint256 wait) external timed(wait) {
        for (uint256 i = 0; i < 3; ++i) {
            deals.settle(ids[i], 0);
        }
        feeBurn.collect();
        (uint128 lot,) = feeBurn.lot();
        if (lot == 0) return;
        uint128 cost = feeBurn.costOf(lot);
        _giveFlt(stranger, address(feeBurn), cost);
        vm.prank(stranger);
        feeBurn.buy(lot, cost, stranger);
    }
}
