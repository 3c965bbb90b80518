// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId, JobId} from "../types/Ids.sol";

/// @title Proofs: that a computation happened, between two times, on this input, with this output.
/// @notice Holds nothing. A job is asked for with its input's root; the block gives it a seed, which enters the work, so it cannot have been done
/// before. The block of its proof says when it was done at the latest. What is kept of a job is one hash, of all that its
/// events say: a third party who has the fields verifies them against `hashOf` alone.
///
/// Assumptions, safety: the verifiers are the ones of this deployment, one for each kind, and none can be changed.
interface IProofs {
    /// @dev kind: 1 receipts, 2 sampled, 3 groth16. verdict: 0 not yet, 1 proven, 2 agreed (receipts: nothing shows the
    /// computation), 3 disputed: outputs differ, `Faults` decides.
    struct Job {
        DealId deal;
        uint8 slot;
        uint8 kind;
        uint8 verdict;
        uint32 serving;
        address provider;
        bytes32 key; // the deal's verification key: groth16 alone has one
        bytes32 seed;
        bytes32 inputRoot;
        bytes32 outputRoot; // zero until it is proved
        uint40 notBefore;
        uint40 notAfter; // zero until it is proved
    }

    error NotAllowed(address caller, DealId deal);
    error NotVerifier(address caller, uint8 kind);
    /// @dev The deal asked for no proofs, or of this kind there is no verifier.
    error KindUnknown(uint8 kind);
    error SlotNotServed(DealId deal, uint8 slot);
    error JobUnknown(JobId job);
    /// @dev The fields are not those of this job as it is now.
    error JobWrong(JobId job);
    error JobDecided(JobId job, uint8 verdict);
    error JobTooOld(JobId job, uint40 closedAt);
    error InputZero();
    error OutputZero();
    error ProofInvalid(JobId job);
    error ByStages(uint8 kind);

    /// @notice Work starts: `seed` was unknown before this block's parent. The block's time is `notBefore`.
    event JobAsked(
        JobId indexed job,
        DealId indexed deal,
        address indexed provider,
        uint8 slot,
        uint32 serving,
        uint8 kind,
        bytes32 key,
        bytes32 inputRoot,
        bytes32 seed,
        uint40 notBefore
    );
    event ComputeAttested(
        JobId indexed job,
        DealId indexed deal,
        address indexed provider,
        uint8 slot,
        uint32 serving,
        uint8 kind,
        uint8 verdict,
        bytes32 inputRoot,
        bytes32 outputRoot,
        uint40 notBefore,
        uint40 notAfter
    );
    event VerifierSet(uint8 indexed kind, address verifier);

    /// @notice The customer, his CUSTOMER key or gateway, the provider or its SERVE key, while the slot is served. Kind and key are the deal's.
    function ask(DealId deal, uint8 slot, bytes32 inputRoot) external returns (JobId job);
    /// @notice Anyone, within 7 days: the proof names its provider. Kinds that take one call; `Sampled` goes by stages.
    function prove(JobId job, Job calldata asked, bytes32 outputRoot, bytes calldata proof) external;
    /// @notice The kind's verifier only, for kinds that go by stages.
    function attest(JobId job, Job calldata asked, bytes32 outputRoot, uint8 verdict) external;

    /* VIEWS */

    /// @notice keccak256 of the ABI encoding of the job's `Job`; zero: there is none.
    function hashOf(JobId job) external view returns (bytes32);
    /// @notice What a proof is about: keccak256 of chain id, this contract, deal, slot, serving, provider, seed, input and output root.
    function statementOf(Job calldata job, bytes32 outputRoot) external view returns (bytes32);
    function verifierOf(uint8 kind) external view returns (address);
    function count() external view returns (uint64);
}

/// @title A kind of proof that is checked in one call.
interface IJobVerifier {
    /// @param statement `IProofs.statementOf`.
    /// @return verdict 1 proven, 2 agreed, 0 it is no proof. It must not revert on any input, but for want of gas.
    function verify(IProofs.Job calldata job, bytes32 outputRoot, bytes32 statement, bytes calldata proof)
        external
        view
        returns (uint8 verdict);
    function kind() external view returns (uint8);
}
