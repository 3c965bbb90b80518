// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {CommitmentId} from "../types/Ids.sol";
import {Records} from "./Records.sol";

/// @dev A claim is kept as 31 bytes of its hash and its status: whoever speaks of it shows it.
abstract contract Claims is Records {
    /// What delivering a leaf costs with the dearest verifier, measured by the gas tests.
    uint256 private constant ANSWER_GAS = 1_600_000;
    bytes32 private constant STATUS = bytes32(uint256(type(uint8).max));

    function _digest(ICapacity.Claim memory claim) internal pure returns (bytes32) {
        return keccak256(abi.encode(claim)) & ~STATUS;
    }

    /// @dev Of a claim that was made so.
    function _statusOf(CommitmentId commitment, ICapacity.Claim calldata claim) internal view returns (uint256) {
        bytes32 kept = _claims[commitment][claim.window];
        require(kept & ~STATUS == _digest(claim) && kept != 0, ClaimUnknown(commitment, claim.window));
        return uint256(kept & STATUS);
    }

    function _setStatus(CommitmentId commitment, uint32 window, uint256 status) internal {
        _claims[commitment][window] = (_claims[commitment][window] & ~STATUS) | bytes32(status);
    }

    function _challengeOf(CommitmentId commitment, address provider, uint32 window, uint32 position)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(_seeds[window], provider, commitment, position));
    }

    function _announcement(CommitmentId commitment, uint32 window, uint32 position, address reporter, bytes32 salt)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(commitment, window, position, reporter, salt));
    }

    function _demandDeposit() internal view returns (uint256) {
        return ANSWER_GAS * 3 / 2 * block.basefee;
    }
}
