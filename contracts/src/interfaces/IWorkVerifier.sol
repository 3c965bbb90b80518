// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A puzzle that costs work to solve and little to check.
/// @notice One contract per algorithm; `Capacity` keeps one per class of units.
/// The puzzle of a challenge and a nonce is `abi.encodePacked(challenge, nonce)`, the seed that the algorithm is given.
/// How rare a solution must be is the caller's business.
///
/// Safety: the answer depends on the arguments alone, never on state, block or caller, so whoever checks off chain sees what the chain sees.
/// Liveness: bad input is an answer, not a revert, so nobody escapes a conviction by sending what cannot be read.
interface IWorkVerifier {
    /// @notice Whether `solution` solves the puzzle of `challenge` and `nonce`. Never reverts for bad input.
    function verify(bytes32 challenge, uint64 nonce, bytes calldata solution) external view returns (bool);
}
