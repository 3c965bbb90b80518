// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkVerifier} from "../../src/interfaces/IWorkVerifier.sol";

/// @dev Work that a test can do: the solution of a puzzle is the hash of its input and of the verifier's word.
contract ToyVerifier is IWorkVerifier {
    bytes32 public immutable word;

    constructor(bytes32 newWord) {
        word = newWord;
    }

    function solve(bytes32 challenge, uint64 nonce) public view returns (bytes memory) {
        return abi.encodePacked(bytes16(keccak256(abi.encode(challenge, nonce, word))));
    }

    function verify(bytes32 challenge, uint64 nonce, bytes calldata solution) external view returns (bool) {
        return keccak256(solution) == keccak256(solve(challenge, nonce));
    }
}
