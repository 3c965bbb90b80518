// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFaults} from "../../src/interfaces/IFaults.sol";
import {IProbers} from "../../src/interfaces/IProbers.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {FaultId, QuarantineId} from "../../src/types/Ids.sol";
import {FaultsHandler} from "./FaultsHandler.sol";

/// @dev What follows from failures: proposed, appealed, decided by a panel or too few of it, executed, at the right time
/// and any other.
contract VerdictsHandler is FaultsHandler {
    struct Accused {
        uint256 failure;
        uint8 kind;
        uint8 state;
        uint256 proposedAt;
        uint256 appealedAt;
    }

    Accused[] private accusations;
    uint256 private quarantines;
    uint256 public bonds;
    uint256 public slashes;

    function system() external view returns (IProbers, IFaults, address) {
        return (probers, judge, address(staking));
    }

    function totals() external view returns (uint256 sold, uint256 donated) {
        return (feeBurn.sold(), judge.surplus());
    }

    function judgeHolds() external view returns (uint256) {
        return flt.balanceOf(address(judge));
    }

    function providerAt(uint256 i) external view returns (address) {
        return providers[i];
    }

    /* PROPOSE */

    function notice(uint256 seed, uint256 wait) external timed(wait) {
        if (failures.length == 0) return;
        Failed storage failed = failures[seed % failures.length];
        vm.prank(failed.provider);
        try judge.giveNotice(failed.deal, 0, failed.serving) {
            failed.hasNotice = true;
        } catch {
            bool isIn = !failed.hasNotice && block.timestamp < failed.failedAt + 24 hours;
            if (isIn) broken[90] = "L90: notice was refused";
        }
    }

    function propose(uint256 seed, uint256 wait) external timed(wait) {
        if (failures.length == 0) return;
        // The latest most often: others are too old.
        uint256 back = seed % 4 == 0 ? (seed >> 8) % failures.length : 0;
        uint256 index = failures.length - 1 - back;
        _propose(index, uint8(1 + (seed >> 16) % 2));
    }

    /// @dev From the first missed probe to the proposal, more or less in time.
    function ordeal(uint256 seed, uint256 wait) external timed(wait) {
        seed = uint256(keccak256(abi.encode(seed)));
        uint256 before = failures.length;
        for (uint256 i = 0; i < 2; ++i) {
            _failFor(i, (seed >> 8) % 1 hours);
        }
        if (failures.length == before) return;
        uint8 kind = uint8(1 + seed % 2);
        _skip((seed >> 64) % 14 hours + (kind == 2 ? 23 hours : 0));
        _propose(failures.length - 1, kind);
    }

    function _propose(uint256 index, uint8 kind) private {
        Failed storage failed = failures[index];
        vm.prank(reporter);
        try judge.proposeFault(failed.deal, 0, failed.serving, kind) returns (FaultId fault) {
            uint256 opensAt = failed.failedAt + (kind == 2 ? 24 hours : 0);
            bool isIn = block.timestamp >= opensAt && block.timestamp <= opensAt + 12 hours;
            if (!isIn) broken[90] = "L90: proposed at another time";
            if (failed.eligible < 9) broken[91] = "L91: proposed where too few probers were";
            if (kind == 2 && failed.hasNotice) broken[90] = "L90: gone with a notice is no abandonment";
            if (kind == 2 && failed.isShown) broken[90] = "L90: shown up is no abandonment";
            for (uint256 i = 0; i < accusations.length; ++i) {
                if (accusations[i].failure == index && accusations[i].kind == kind) broken[90] = "L90: proposed twice";
            }
            accusations.push(Accused(index, kind, 1, block.timestamp, 0));
            if (FaultId.unwrap(fault) != accusations.length) broken[90] = "L90: a fault without a number";
        } catch {}
    }

    /* DECIDE */

    function _pick(uint256 seed) private view returns (uint256) {
        return accusations.length - 1 - (seed % 2 == 0 ? 0 : (seed >> 8) % accusations.length);
    }

    function appeal(uint256 seed, uint256 wait) external timed(wait) {
        if (accusations.length == 0) return;
        uint256 index = _pick(seed);
        Accused storage accused = accusations[index];
        address appellant = seed & 4 == 0 ? failures[accused.failure].provider : customer;
        _giveFlt(appellant, address(judge), BOND);
        vm.prank(appellant);
        try judge.appeal(FaultId.wrap(uint64(index + 1))) {
            bool isIn = accused.state == 1 && block.timestamp <= accused.proposedAt + 36 hours;
            if (!isIn) broken[90] = "L90: appealed at another time";
            (accused.state, accused.appealedAt) = (2, block.timestamp);
            bonds += BOND;
        } catch {
            if (accused.state == 1 && block.timestamp <= accused.proposedAt + 36 hours) {
                broken[90] = "L90: an appeal was refused";
            }
        }
    }

    function decide(uint256 seed, bool isGuilty, uint256 wait) external timed(wait) {
        if (accusations.length == 0) return;
        uint256 index = _pick(seed);
        Accused storage accused = accusations[index];
        if (accused.state != 2) return;
        bytes[] memory signatures = _panelSays(index, isGuilty, 5 + (seed >> 24) % 5);
        if (signatures.length == 0) return;
        uint256 before = _ownOf(failures[accused.failure].provider);
        bool isIn = signatures.length >= 6 && block.timestamp <= accused.appealedAt + 36 hours;
        try judge.decide(FaultId.wrap(uint64(index + 1)), isGuilty, signatures) {
            if (!isIn) broken[90] = "L90: decided by too few, or too late";
            bonds -= BOND;
            accused.state = isGuilty ? 3 : 4;
            if (isGuilty) _slashed(index, before);
            else if (accused.kind == 1) _signersLose(failures[accused.failure]);
        } catch {
            if (isIn) broken[90] = "L90: a decision was refused";
        }
    }

    /// @dev Nothing where the panel's day is not open yet, or too long ago.
    function _panelSays(uint256 index, bool isGuilty, uint256 count) private view returns (bytes[] memory) {
        FaultId fault = FaultId.wrap(uint64(index + 1));
        uint32 day = uint32(accusations[index].appealedAt / 1 days) + 1;
        (bytes32 opened,,) = probers.dayOf(day);
        if (opened == 0 || day + 7 < _day()) return new bytes[](0);
        address[] memory panel = probers.panelOf(fault, day);
        if (count > panel.length) count = panel.length;
        return _verdicts(fault, isGuilty, _first(panel, count));
    }

    function _signersLose(Failed storage failed) private {
        for (uint256 i = 0; i < failed.signers.length; ++i) {
            Member storage member = members[failed.signers[i]];
            if (member.stake == 0) continue;
            member.stake -= SEAT;
            if (member.untilDay == 0 && member.stake == 0) member.untilDay = _day() + 1;
        }
    }

    function execute(uint256 seed, uint256 wait) external timed(wait) {
        if (accusations.length == 0) return;
        uint256 index = _pick(seed);
        Accused storage accused = accusations[index];
        uint256 from = accused.state == 1 ? accused.proposedAt : accused.appealedAt;
        bool isIn = (accused.state == 1 || accused.state == 2) && block.timestamp > from + 36 hours;
        uint256 before = _ownOf(failures[accused.failure].provider);
        try judge.execute(FaultId.wrap(uint64(index + 1))) {
            if (!isIn) broken[90] = "L90: executed at another time";
            if (accused.state == 2) {
                bonds -= BOND;
                accused.state = 4;
                if (_ownOf(failures[accused.failure].provider) != before) {
                    broken[90] = "L90: slashed without a decision";
                }
            } else {
                accused.state = 3;
                _slashed(index, before);
            }
        } catch {
            if (isIn) broken[90] = "L90: what was due could be made to revert";
        }
    }

    /// @dev At fifty cents, which nobody moves, a dollar is two FLT.
    function _slashed(uint256 index, uint256 before) private {
        IFaults.Fault memory fault = judge.faultOf(FaultId.wrap(uint64(index + 1)));
        uint256 fromOwn = before - _ownOf(fault.provider);
        if (fromOwn == 0) return;
        ++slashes;
        if (failures[accusations[index].failure].eligible < 9) broken[91] = "L91: slashed where too few probers were";
        if (fromOwn > fault.amount) broken[93] = "L93: more was slashed than was proposed";
        try staking.quarantineOf(QuarantineId.wrap(uint48(quarantines + 1))) returns (
            IStaking.Quarantine memory opened
        ) {
            ++quarantines;
            uint256 toParties = uint256(opened.customerAmount) + opened.reporterAmount;
            if (toParties * 10 > fromOwn * 8) {
                broken[93] = "L93: parties got more than eight tenths of what the provider lost";
            }
            uint256 paid = uint256(deals.dealOf(fault.deal).termDays) * 100 * dollar * 2 * FLT / dollar;
            if (opened.customerAmount > paid) broken[93] = "L93: the customer got more than he paid in the term";
            if (uint256(opened.reporterAmount) * 20 > fault.amount) {
                broken[93] = "L93: the reporter got more than a twentieth";
            }
        } catch {}
    }
}
