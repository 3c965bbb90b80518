// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobVerifier, IProofs} from "../../src/interfaces/IProofs.sol";

/// @dev Proofs that a test can make: the hash of key and statement.
contract ToyJobVerifier is IJobVerifier {
    function verify(IProofs.Job calldata job, bytes32, bytes32 statement, bytes calldata proof)
        external
        pure
        returns (uint8)
    {
        return keccak256(proof) == keccak256(abi.encode(job.key, statement)) ? 1 : 0;
    }

    function kind() external pure returns (uint8) {
        return 3;
    }
}
