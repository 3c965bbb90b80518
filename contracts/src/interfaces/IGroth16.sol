// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobVerifier} from "./IProofs.sol";

/// @title Groth16 over bn254: an arithmetic circuit was satisfied.
/// @notice A circuit is named by its verification key, registered by anyone: which circuit a key is of is shown by building it, and the customer
/// names the key in his request. A circuit has three public inputs: `statement mod r`, `inputRoot` and `outputRoot`, the roots below r. The
/// first need not occur in it: it makes the proof one of this statement, and of no other. So the proof was made after the job's seed was known;
/// what it proves may have been computed before, and only the proof not.
///
/// A proof is three points: A, B, C, 8 words. It can be changed into others of the same statement by anybody, which is of no use: a job is proved
/// once, and for the provider that the statement names.
///
/// Assumptions, safety: whoever made a key has forgotten what he made it from. He could prove anything with it.
interface IGroth16 is IJobVerifier {
    error KeyInvalid();
    error KeyKnown(bytes32 key);

    event KeyRegistered(bytes32 indexed key, address indexed registrant);

    /// @notice Anyone, once for each key.
    /// @param encoded alpha, beta, gamma, delta, and four points for the constant and the public inputs: 22 words, as the
    /// precompiles take them. Each must be a point of its group and not zero, and gamma not delta, nor its negative.
    /// @return key keccak256 of `encoded`.
    function register(bytes calldata encoded) external returns (bytes32 key);

    /* VIEWS */

    /// @notice Empty where it is not registered.
    function keyOf(bytes32 key) external view returns (bytes memory encoded);
}
