// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {CapacityMath} from "../libraries/CapacityMath.sol";
import {CommitmentId, DealId} from "../types/Ids.sol";
import {Windows} from "./Windows.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev What an epoch earned, from counts alone.
abstract contract Credits is Windows {
    uint8 private constant POOR_EPOCHS_MAX = 5;

    uint8 private constant COUNTED = 0;
    uint8 private constant ABOVE_ALLOWED = 1;
    uint8 private constant UNDER_HALF = 2;

    struct Earning {
        uint256 opened;
        uint256 credit;
        uint256 bonus;
        uint256 allotted;
        uint8 reason;
    }

    /// @inheritdoc ICapacity
    function excuse(CommitmentId commitment, uint32 epoch, DealId deal, uint8 slot) external {
        Pledge memory pledged = _pledgeOf(commitment);
        // Work is taken once: a stranger would give it to the commitment that proved, and leave the one that served poor.
        _requireProver(pledged.provider);
        _requireHonest(commitment);
        _requireLive(commitment, pledged, epoch);
        require(_today() > epoch, ExcusalTooEarly(epoch));
        require(block.timestamp < _finalAt(epoch), ExcusalTooLate(epoch, _finalAt(epoch)));
        Tally storage tally = _tallies[commitment][epoch];
        uint256 most = CapacityMath.mostExcused(pledged.units);
        require(tally.excused < most, ExcusalTooLarge(tally.excused, most));
        uint64 used = rewards.attend(deal, slot, epoch, pledged.provider, pledged.class);
        uint64 counted = uint64(Math.min(used, most - tally.excused));
        tally.excused += counted;
        _classTallies[pledged.class][epoch].excused += counted;
        emit WorkExcused(commitment, epoch, deal, slot, counted);
    }

    /// @inheritdoc ICapacity
    function credit(CommitmentId commitment, uint32 epoch) external {
        Pledge memory pledged = _pledgeOf(commitment);
        Standing storage standing = _standings[commitment];
        _requireHonest(commitment);
        _requireLive(commitment, pledged, epoch);
        require(epoch == standing.nextEpoch, EpochNotNext(commitment, epoch, standing.nextEpoch));
        require(block.timestamp >= _finalAt(epoch), EpochNotFinal(epoch, _finalAt(epoch)));
        _requireUnchallenged(commitment);
        Tally memory tally = _tallies[commitment][epoch];
        uint256 bonusBps = _epochs[epoch].bonusBps;
        Earning memory earning = _earningOf(epoch, pledged.units, tally, bonusBps);
        standing.nextEpoch = epoch + 1;
        uint8 poorEpochs = _judge(commitment, pledged, earning);
        _classTallies[pledged.class][epoch].credited += uint64(earning.credit);
        // An excused unit proves in its idle time, and an idle pledge not at all: neither tells how fast a core is.
        if (earning.credit != 0 && tally.excused == 0) {
            uint256 bin = CapacityMath.binOf(tally.filled, pledged.units, earning.opened);
            _histograms[pledged.class][epoch][bin] += pledged.units;
        }
        emit EpochCredited(
            commitment,
            epoch,
            tally.filled,
            uint8(earning.opened),
            uint64(earning.credit),
            uint64(earning.bonus),
            poorEpochs,
            earning.reason
        );
        _book(commitment, epoch, pledged, earning);
    }

    function _book(CommitmentId commitment, uint32 epoch, Pledge memory pledged, Earning memory earning) private {
        rewards.credit(
            commitment,
            pledged.provider,
            pledged.class,
            epoch,
            earning.credit + earning.bonus,
            earning.allotted,
            _divisor(pledged.class, epoch),
            earning.reason
        );
    }

    /// @inheritdoc ICapacity
    function release(CommitmentId commitment) external {
        _pledgeOf(commitment);
        _requireUnchallenged(commitment);
        rewards.release(commitment);
    }

    /// @dev Where there is more than is allowed puzzles are cut before excused work, which earns the bonus.
    function _earningOf(uint32 epoch, uint256 units, Tally memory tally, uint256 bonusBps)
        private
        view
        returns (Earning memory earning)
    {
        earning.opened = _epochs[epoch].opened;
        earning.allotted = CapacityMath.allottedDown(tally.filled, tally.excused, bonusBps);
        uint256 allowed = CapacityMath.allowedDown(units, earning.opened);
        uint256 proved = CapacityMath.filledCreditDown(tally.filled) + tally.excused;
        uint256 counted = Math.min(allowed, proved);
        if (counted * 2 < allowed) {
            earning.reason = UNDER_HALF;
            return earning;
        }
        earning.reason = proved > allowed ? ABOVE_ALLOWED : COUNTED;
        earning.credit = counted;
        earning.bonus = CapacityMath.bonusDown(Math.min(tally.excused, counted), bonusBps);
    }

    /// @dev Counts poor epochs in a row. Windows that nobody opened count neither way.
    function _judge(CommitmentId commitment, Pledge memory pledged, Earning memory earning)
        private
        returns (uint8 poorEpochs)
    {
        Standing storage standing = _standings[commitment];
        poorEpochs = standing.poorEpochs;
        if (earning.opened == 0) return poorEpochs;
        poorEpochs = earning.reason == UNDER_HALF ? poorEpochs + 1 : 0;
        standing.poorEpochs = poorEpochs;
        bool isOver = poorEpochs == POOR_EPOCHS_MAX && !standing.isFinal && _today() < pledged.endEpoch;
        if (isOver) _endTomorrow(commitment, pledged, POOR);
    }

    function _requireUnchallenged(CommitmentId commitment) private view {
        uint16 open = _standings[commitment].openChallenges;
        require(open == 0, ChallengesOpen(commitment, open));
    }

    function _divisor(uint8 class, uint32 epoch) internal view returns (uint256) {
        ClassTally memory tally = _classTallies[class][epoch];
        return CapacityMath.allottedDown(tally.filled, tally.excused, _epochs[epoch].bonusBps);
    }
}
