// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {CommitmentId} from "../types/Ids.sol";
import {Answers} from "./Answers.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What claiming work that is not there costs. Part of `Liability`. Whoever convicts himself loses more than he gets:
/// reporters get at most 80 % of the own stake slashed, wherever it comes from.
abstract contract Convictions is Answers {
    using SafeCast for uint256;

    uint8 private constant UNANSWERED = 4;
    uint8 private constant UNDELIVERED = 5;

    /// Blocks from an announcement to its proof.
    uint256 private constant ANNOUNCE_BLOCKS = 2;
    uint256 private constant SLASH_EPOCHS = 7;
    uint256 private constant BOUNTY_BPS = 2000;
    uint256 private constant PARTY_BPS = 8000;
    uint256 private constant BPS = 10_000;

    struct Offence {
        uint32 window;
        uint32 position;
        uint8 reason;
        address reporter;
    }

    struct Penalty {
        uint128 slashed;
        uint128 forfeited;
        uint128 bountyUnpaid;
        uint128 bountyStake;
    }

    /// @dev See `ICapacity.announce`.
    function announce(bytes32 hash) external {
        require(_announced[hash] == 0, AnnouncementKnown(hash));
        _announced[hash] = block.number;
        emit ConvictionAnnounced(hash, msg.sender);
    }

    /// @dev See `ICapacity.convict`.
    function convict(
        CommitmentId commitment,
        ICapacity.Claim calldata claim,
        bytes calldata bitmap,
        ICapacity.Leaf calldata leaf,
        bytes32 salt
    ) external {
        Pledge memory pledged = _pledgeOf(commitment);
        _requireHonest(commitment);
        _statusOf(commitment, claim);
        _requireChallengeable(claim.window);
        _requireAnnounced(_announcement(commitment, claim.window, leaf.position, msg.sender, salt));
        _requireBitmap(commitment, claim, bitmap);
        _requireClaimed(bitmap, leaf.position);
        _requireInTree(pledged, claim, leaf);
        uint8 flaw = _flawOf(commitment, pledged, claim.window, leaf);
        require(flaw != SOUND, LeafValid(leaf.position));
        _convict(commitment, pledged, Offence(claim.window, leaf.position, flaw, msg.sender));
    }

    /// @dev See `ICapacity.convictUnanswered`.
    function convictUnanswered(CommitmentId commitment, uint32 window) external {
        Pledge memory pledged = _pledgeOf(commitment);
        _requireHonest(commitment);
        bool isAudited = uint8(uint256(_claims[commitment][window])) == AUDITED;
        require(isAudited, AuditUnknown(commitment, window));
        Audit memory audit = _audits[commitment][window];
        require(block.timestamp > audit.deadline, AnswerNotLate(audit.deadline));
        // Which position its rank is only the bitmap tells.
        _convict(commitment, pledged, Offence(window, audit.rank, UNANSWERED, msg.sender));
    }

    /// @dev See `ICapacity.convictUndelivered`. The bounty is the demander's, who paid to find it out, whoever calls.
    function convictUndelivered(CommitmentId commitment, uint32 window, uint32 position) external {
        Pledge memory pledged = _pledgeOf(commitment);
        Demand memory demand = _demandOf(commitment, window, position);
        require(block.timestamp > demand.deadline, AnswerNotLate(demand.deadline));
        _closeDemand(commitment, window, position);
        emit DemandReturned(commitment, window, position, demand.demander, demand.deposit);
        _owe(demand.demander, demand.deposit);
        // Of a commitment that another leaf convicted only the deposit is left to give back.
        if (_standings[commitment].isConvicted) return;
        _convict(commitment, pledged, Offence(window, position, UNDELIVERED, demand.demander));
    }

    function _requireAnnounced(bytes32 hash) private view {
        uint256 announcedAt = _announced[hash];
        require(announcedAt != 0, AnnouncementUnknown(hash));
        uint256 firstBlock = announcedAt + ANNOUNCE_BLOCKS;
        require(block.number >= firstBlock, AnnouncementTooYoung(firstBlock));
    }

    function _convict(CommitmentId commitment, Pledge memory pledged, Offence memory offence) private {
        Standing storage standing = _standings[commitment];
        standing.isConvicted = true;
        uint32 endEpoch = uint32(Math.min(pledged.endEpoch, _today()));
        _pledges[commitment].endEpoch = endEpoch;
        Penalty memory penalty = _penalise(commitment, standing, offence.reporter);
        emit CapacityEnded(commitment, pledged.provider, endEpoch, CONVICTED);
        emit CommitmentConvicted(
            commitment,
            pledged.provider,
            offence.window,
            offence.position,
            offence.reporter,
            offence.reason,
            penalty.slashed,
            penalty.forfeited,
            penalty.bountyUnpaid,
            penalty.bountyStake
        );
    }

    /// @dev Slashes before it forfeits: only then is it known how much own stake there was for a bounty to be measured by.
    function _penalise(CommitmentId commitment, Standing storage standing, address reporter)
        private
        returns (Penalty memory penalty)
    {
        (uint256 unpaid,) = rewards.pendingOf(commitment);
        // Whoever convicts so late that the lock has ended finds rewards to take, and no stake.
        if (block.timestamp <= standing.lockEnd) {
            uint256 held = staking.lockOf(standing.lock).amount;
            uint256 due = Math.max(held * SLASH_BPS / BPS, SLASH_EPOCHS * rewards.lastRewardOf(commitment));
            due = Math.min(due, held);
            uint256 bounty = due * BOUNTY_BPS / BPS;
            uint256 fromUnpaid = Math.min(bounty, unpaid);
            (uint256 slashed, uint256 fromOwn) = staking.slash(
                standing.lock, due.toUint128(), address(0), 0, reporter, (bounty - fromUnpaid).toUint128()
            );
            uint256 most = fromOwn * PARTY_BPS / BPS;
            uint256 fromStake = Math.min(bounty - fromUnpaid, most);
            penalty.slashed = slashed.toUint128();
            penalty.bountyStake = fromStake.toUint128();
            penalty.bountyUnpaid = Math.min(fromUnpaid, most - fromStake).toUint128();
        }
        if (unpaid != 0) penalty.forfeited = rewards.forfeit(commitment, reporter, penalty.bountyUnpaid);
    }
}
