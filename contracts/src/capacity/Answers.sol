// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {Bitmap} from "../libraries/Bitmap.sol";
import {CommitmentId} from "../types/Ids.sol";
import {Leaves} from "./Leaves.sol";

/// @dev Leaves that somebody asks for: an audit, or whoever pays for it. Part of `Liability`. A deadline is when anyone may convict;
/// until somebody does, an answer counts: a chain that stood still must not convict who was ready.
abstract contract Answers is Leaves {
    /// Of a window: whoever demands leaves of one himself shields no other.
    uint8 private constant DEMANDS_MAX = 4;

    /// @dev See `ICapacity.answer`.
    function answer(
        CommitmentId commitment,
        ICapacity.Claim calldata claim,
        bytes calldata bitmap,
        ICapacity.Leaf calldata leaf
    ) external {
        Pledge memory pledged = _pledgeOf(commitment);
        _requireHonest(commitment);
        uint32 window = claim.window;
        require(_statusOf(commitment, claim) == AUDITED, AuditUnknown(commitment, window));
        Audit memory audit = _audits[commitment][window];
        _requireBitmap(commitment, claim, bitmap);
        require(leaf.position == Bitmap.select(bitmap, audit.rank), LeafWrong(leaf.position));
        _requireWork(commitment, pledged, claim, leaf);
        _setStatus(commitment, window, ANSWERED);
        --_standings[commitment].openChallenges;
        emit AuditAnswered(commitment, window, leaf.position);
    }

    /// @dev See `ICapacity.demandLeaf`.
    function demandLeaf(CommitmentId commitment, ICapacity.Claim calldata claim, bytes calldata bitmap, uint32 position)
        external
        payable
    {
        _pledgeOf(commitment);
        _requireHonest(commitment);
        uint32 window = claim.window;
        _statusOf(commitment, claim);
        _requireChallengeable(window);
        _requireBitmap(commitment, claim, bitmap);
        _requireClaimed(bitmap, position);
        Demand storage demand = _demands[commitment][window][position];
        require(demand.demander == address(0), DemandOpen(commitment, window, position));
        require(!demand.isAnswered, DemandAnswered(commitment, window, position));
        require(_openDemands[commitment][window] < DEMANDS_MAX, DemandsTooMany(DEMANDS_MAX));
        uint256 deposit = _demandDeposit();
        require(msg.value >= deposit, DepositTooLow(msg.value, deposit));
        uint40 deadline = uint40(block.timestamp + ANSWER_TIME);
        demand.demander = msg.sender;
        demand.deadline = deadline;
        demand.deposit = uint128(deposit);
        Standing storage standing = _standings[commitment];
        ++_openDemands[commitment][window];
        ++standing.openDemands;
        ++standing.openChallenges;
        emit LeafDemanded(commitment, window, position, msg.sender, uint128(deposit), deadline);
        if (msg.value != deposit) _owe(msg.sender, uint128(msg.value - deposit));
    }

    /// @dev See `ICapacity.deliver`.
    function deliver(CommitmentId commitment, ICapacity.Claim calldata claim, ICapacity.Leaf calldata leaf) external {
        Pledge memory pledged = _pledgeOf(commitment);
        uint32 window = claim.window;
        _statusOf(commitment, claim);
        Demand memory demand = _demandOf(commitment, window, leaf.position);
        _requireWork(commitment, pledged, claim, leaf);
        _closeDemand(commitment, window, leaf.position);
        _demands[commitment][window][leaf.position].isAnswered = true;
        emit LeafDelivered(commitment, window, leaf.position, demand.deposit);
        _owe(pledged.provider, demand.deposit);
    }

    /// @dev See `ICapacity.claimDeposit`.
    function claimDeposit(address payable recipient) external returns (uint128 amount) {
        amount = _owed[msg.sender];
        require(amount != 0, NothingToClaim(msg.sender));
        _owed[msg.sender] = 0;
        emit DepositClaimed(msg.sender, amount, recipient);
        (bool isDone,) = recipient.call{value: amount}("");
        require(isDone, EtherRefused(recipient));
    }

    function _demandOf(CommitmentId commitment, uint32 window, uint32 position)
        internal
        view
        returns (Demand memory demand)
    {
        demand = _demands[commitment][window][position];
        require(demand.demander != address(0), DemandUnknown(commitment, window, position));
    }

    function _closeDemand(CommitmentId commitment, uint32 window, uint32 position) internal {
        delete _demands[commitment][window][position];
        --_openDemands[commitment][window];
        Standing storage standing = _standings[commitment];
        --standing.openDemands;
        --standing.openChallenges;
    }
}
