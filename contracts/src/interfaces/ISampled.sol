// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {FaultId, JobId} from "../types/Ids.sol";
import {IProofs} from "./IProofs.sol";

/// @title Sampled: chunks of a batch, drawn after its outputs were committed, are computed again by probers.
/// @notice Holds stablecoin: what re-executions are paid, the bonds of those who make them, and what both earned. Stages of a sample:
/// 1. commit: the provider commits the Merkle root of all chunks' outputs, and pays for the re-executions.
/// 2. draw: 4 blocks later, within 8,191, anyone draws 16 chunks and 3 probers. Who commits knows neither. A commit
/// that nobody drew is unproven, and what was paid is the customer's: who commits could always draw. Where fewer than 3
/// probers can be drawn, none is, and the provider gets back what it paid.
/// 3. seal: for 6 hours, or until all have, executors commit hashes of their own outputs, each with a bond.
/// 4. open: then, until 12 hours after the draw, the provider opens the drawn chunks, and executors reveal.
/// 5. finish: where two executors and every opened chunk agree, the batch is attested. Where two executors agree with each other and not with the
/// provider, `Faults` is told: all of the lock, appealable. Everything else is unproven: the provider did not open, or no two
/// executors agree.
///
/// Draws are stratified: the i-th of 16 is uniform over the i-th sixteenth of the batch, and a chunk drawn twice is opened once. So
/// of a part `f` of wrong chunks, wherever they are, one is drawn with `1 - (1 - f)^16` at least: 81.5 % of a tenth.
/// Batches of 16 chunks or fewer are opened whole.
///
/// An executor is paid a third of `payOf()` for all outputs right, and nothing otherwise. Right is what two executors say; where no two
/// agree, what the provider opened; where it did not open either, whatever was revealed. An executor gets its bond back
/// when it revealed what it sealed, right or wrong; bonds of others go to those who were right. What nobody earned is
/// the provider's where it opened and was not contradicted, otherwise the customer's.
///
/// A provider may plant wrong outputs among those that it serves to whoever asks, never in its tree: who reveals a planted output, where two
/// others and the tree say another, copied it, and loses pay and bond to them. Plants excuse nobody.
///
/// What is disputed is paid when `Faults` has decided (`close`). A panel's acquittal takes the bonds of those who agreed
/// against the provider, for the provider. Nobody else's decision does: a resolver is the customer's choice.
///
/// Assumptions, safety: two of the drawn executors compute. Modules are deterministic. Who colludes with two of three executors has
/// whatever it committed attested; two of three who lie about an honest provider are stopped by the panel, if it
/// appeals. Who does not open is unproven, and loses no stake; nor does who commits so late that his lock can be free before a decision: the batch
/// is told to be disputed, and no fault is proposed.
/// Assumptions, liveness: the provider serves the inputs of drawn chunks. Somebody calls `draw`, `finish` and `close`; anyone can.
interface ISampled {
    struct Sample {
        uint8 stage; // 0 none, 1 committed, 2 drawn, 3 opened, 4 finished, 5 closed: its dispute was decided
        uint32 chunks;
        uint40 committedAt;
        uint64 committedBlock;
        uint40 drawnAt;
        FaultId fault; // of its dispute; zero: none
        bool isShown; // its plants were shown
        bytes32 outputRoot;
        bytes32 plants; // keccak256 of what was planted; zero: nothing
        bytes32 seed; // of the draw; zero: not drawn
    }

    error NotProvider(address caller, address provider);
    error KindWrong(uint8 kind);
    error JobWrong(JobId job);
    error StageWrong(JobId job, uint8 stage);
    error ChunksOutOfRange(uint32 chunks);
    error DrawTooEarly(uint64 opensAt);
    error DrawTooLate(uint64 closedAt);
    error DrawRunning(uint64 until);
    error CommitTooLate(uint40 closedAt);
    error OutputRootZero();
    error NotExecutor(JobId job, address caller);
    error SealingOver(JobId job, uint40 closedAt);
    error SealingRunning(JobId job, uint40 until);
    error SealedAlready(JobId job, address executor);
    error OpeningOver(JobId job, uint40 closedAt);
    error OpeningRunning(JobId job, uint40 until);
    error NotSealed(JobId job, address executor);
    error RevealWrong(JobId job, address executor);
    error OutputsCountWrong(uint256 have, uint256 need);
    error ChunksWrong(JobId job);
    error PlantsWrong(JobId job);
    error PlantsOver(JobId job, uint40 closedAt);
    error FaultRunning(JobId job, FaultId fault);
    error AmountZero();

    event SampleCommitted(
        JobId indexed job, address indexed provider, bytes32 outputRoot, uint32 chunks, bytes32 plants, uint128 paid
    );
    /// @notice `SampleExecutor` follows for each executor; for none where there are too few probers.
    event SampleDrawn(JobId indexed job, bytes32 seed, uint32 day);
    event SampleExecutor(JobId indexed job, address indexed executor);
    event OutputsSealed(JobId indexed job, address indexed executor, bytes32 seal, uint128 bond);
    event ChunksOpened(JobId indexed job, bytes32 outputsHash);
    event OutputsRevealed(JobId indexed job, address indexed executor, bytes32 outputsHash);
    /// @notice `found` of the planted chunks were drawn, `copied` executors revealed what was planted.
    event PlantsShown(JobId indexed job, uint16 found, uint16 copied);
    /// @notice verdict: 0 unproven, 1 proven, 3 disputed; `fault` then.
    event SampleFinished(JobId indexed job, uint8 verdict, FaultId fault);
    /// @notice The dispute was decided, and everybody credited. decision: 1 the provider was wrong, 2 a panel acquitted it, 3 dismissed otherwise.
    event SampleClosed(JobId indexed job, uint8 decision);
    /// @notice To an executor, or to the provider or the customer what nobody earned. `credit` is the account's after it.
    event ExecutorCredited(address indexed executor, uint128 amount, uint128 credit);
    event ExecutorClaimed(address indexed executor, address recipient, uint128 amount);

    /// @notice The provider or its SERVE key, who approved this contract: `payOf()` for the re-executions. Within 7 days of asking,
    /// once a job.
    /// @param plants keccak256(abi.encode(uint32[] chunks, bytes32[] outputs, bytes32 salt)), or zero.
    function commit(JobId job, IProofs.Job calldata asked, bytes32 outputRoot, uint32 chunks, bytes32 plants) external;
    /// @notice Anyone, from the fifth block after the commit on, as long as the chain knows the fourth. Opens the day of `Probers`.
    function draw(JobId job) external;
    /// @notice A drawn executor, who approved this contract: `bondOf()`.
    /// @param sealed_ keccak256(abi.encode(job, executor, outputs, salt)).
    function seal(JobId job, bytes32 sealed_) external;
    /// @notice Anyone. Leaf i of the tree is keccak256(keccak256(abi.encode(i, output of chunk i))), an inner node keccak256 of both
    /// below it, the depth the least that has room for all chunks; what is beside the last chunk is anything.
    /// @param siblings Of each chunk in turn, from its leaf up, the nodes beside its path: until a drawn chunk on its right is under the node
    /// beside it, and without those that a drawn chunk on its left is under.
    function open(JobId job, bytes32[] calldata outputs, bytes32[] calldata siblings) external;
    /// @notice An executor that sealed.
    function reveal(JobId job, bytes32[] calldata outputs, bytes32 salt) external;
    /// @notice Anyone who knows them, which is the provider: what was planted. Once the chunks are opened and everybody
    /// who sealed revealed, or could have, until 18 hours after the draw.
    function showPlants(JobId job, uint32[] calldata chunks, bytes32[] calldata outputs, bytes32 salt) external;
    /// @notice Anyone, once nobody can do more: everything was shown, or its time is over.
    function finish(JobId job, IProofs.Job calldata asked) external;
    /// @notice Anyone, once `Faults` decided the sample's dispute.
    function close(JobId job) external;
    /// @notice Who has a credit, all of it.
    function claim(address recipient) external returns (uint128 amount);

    /* VIEWS */

    function sampleOf(JobId job) external view returns (Sample memory);
    /// @notice Chunks that were drawn, in the order of `outputs`.
    function chunksOf(JobId job) external view returns (uint32[] memory);
    function executorsOf(JobId job) external view returns (address[] memory);
    /// @notice What a provider pays for a sample.
    function payOf() external view returns (uint128);
    /// @notice What an executor seals with.
    function bondOf() external view returns (uint128);
    function creditOf(address account) external view returns (uint128);
    /// @notice Stablecoin here that is owed to nobody: donations.
    function surplus() external view returns (uint256);
}
