// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../../src/interfaces/ICapacity.sol";
import {CommitmentId} from "../../src/types/Ids.sol";

/// @dev What `Probers` and `Faults` ask of `Capacity`: windows that anyone opens, and claims that are there because a test
/// says so.
contract MockWindows {
    mapping(uint32 window => bytes32) public seedOf;
    mapping(CommitmentId commitment => ICapacity.Commitment) private _commitments;
    mapping(CommitmentId commitment => mapping(uint32 window => uint8)) private _statuses;
    mapping(CommitmentId commitment => mapping(uint32 window => bytes31)) private _digests;

    function openWindow() external returns (bytes32 seed) {
        uint32 window = uint32(block.timestamp / 1 hours);
        require(seedOf[window] == 0, "open already");
        seed = keccak256(abi.encode(block.timestamp, window));
        seedOf[window] = seed;
    }

    function setCommitment(CommitmentId commitment, address provider, uint16 units, bool isConvicted) external {
        _commitments[commitment].provider = provider;
        _commitments[commitment].units = units;
        _commitments[commitment].isConvicted = isConvicted;
    }

    function setClaim(CommitmentId commitment, ICapacity.Claim calldata claim, uint8 status) external {
        _statuses[commitment][claim.window] = status;
        _digests[commitment][claim.window] = bytes31(keccak256(abi.encode(claim)));
    }

    function commitmentOf(CommitmentId commitment) external view returns (ICapacity.Commitment memory) {
        return _commitments[commitment];
    }

    function claimOf(CommitmentId commitment, uint32 window) external view returns (uint8 status, bytes31 digest) {
        return (_statuses[commitment][window], _digests[commitment][window]);
    }
}
