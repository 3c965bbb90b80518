// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofs} from "../interfaces/IProofs.sol";
import {ISampled} from "../interfaces/ISampled.sol";
import {BlockHashes} from "../libraries/BlockHashes.sol";
import {ChunkTree} from "../libraries/ChunkTree.sol";
import {OutputTags} from "../libraries/OutputTags.sol";
import {Strata} from "../libraries/Strata.sol";
import {JobId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Books} from "./Books.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @dev What providers and executors do, one after the other.
abstract contract Stages is Books {
    using SafeERC20 for IERC20;
    using OutputTags for uint256;

    /* COMMIT */

    /// @inheritdoc ISampled
    function commit(JobId job, IProofs.Job calldata asked, bytes32 outputRoot, uint32 chunks, bytes32 plants) external {
        _requireJob(job, asked);
        address provider = asked.provider;
        require(asked.kind == KIND, KindWrong(asked.kind));
        bool isProvider = msg.sender == provider || staking.mayAct(provider, msg.sender, KeyRoles.SERVE);
        require(isProvider, NotProvider(msg.sender, provider));
        uint40 closedAt = asked.notBefore + COMMIT_TIME;
        require(block.timestamp <= closedAt, CommitTooLate(closedAt));
        require(outputRoot != 0, OutputRootZero());
        require(chunks != 0 && chunks <= CHUNKS_MAX, ChunksOutOfRange(chunks));
        Batch storage batch = _batches[job];
        State memory state = batch.state;
        _requireStage(job, state, 0);
        (state.stage, state.chunks) = (COMMITTED, chunks);
        (state.committedAt, state.committedBlock) = (uint40(block.timestamp), uint48(block.number));
        (batch.state, batch.outputRoot) = (state, outputRoot);
        if (plants != 0) batch.plants = plants;
        _held += pay;
        emit SampleCommitted(job, provider, outputRoot, chunks, plants, pay);
        stablecoin.safeTransferFrom(msg.sender, address(this), pay);
    }

    /* DRAW */

    /// @inheritdoc ISampled
    function draw(JobId job) external {
        Batch storage batch = _batches[job];
        State memory state = batch.state;
        _requireStage(job, state, COMMITTED);
        uint64 drawBlock = state.committedBlock + DRAW_BLOCKS;
        require(block.number > drawBlock, DrawTooEarly(drawBlock + 1));
        bytes32 hash = BlockHashes.hashOf(drawBlock);
        require(hash != 0, DrawTooLate(drawBlock + KNOWN_BLOCKS));
        bytes32 seed = keccak256(abi.encode(hash, job));
        uint32 day = uint32(block.timestamp / 1 days);
        emit SampleDrawn(job, seed, day);
        probers.openDay();
        address[] memory list = probers.executorsOf(job, seed, day, EXECUTORS);
        // With fewer, two could be all there are, and one man's.
        uint8 count = list.length < EXECUTORS ? 0 : EXECUTORS;
        (state.stage, state.drawnAt, state.unsealed) = (DRAWN, uint40(block.timestamp), count);
        (batch.state, batch.seed) = (state, seed);
        for (uint256 i = 0; i < count; ++i) {
            batch.executors.push().account = list[i];
            emit SampleExecutor(job, list[i]);
        }
    }

    /* SEAL */

    /// @inheritdoc ISampled
    function seal(JobId job, bytes32 sealed_) external {
        Batch storage batch = _batches[job];
        State memory state = batch.state;
        _requireStage(job, state, DRAWN);
        uint40 closedAt = state.drawnAt + SEAL_TIME;
        require(block.timestamp <= closedAt, SealingOver(job, closedAt));
        Executor storage executor = _executorOf(job, batch);
        require(executor.step == 0, SealedAlready(job, msg.sender));
        (executor.step, executor.word) = (SEALED, sealed_);
        --state.unsealed;
        ++state.unrevealed;
        batch.state = state;
        _held += bond;
        emit OutputsSealed(job, msg.sender, sealed_, bond);
        stablecoin.safeTransferFrom(msg.sender, address(this), bond);
    }

    /* OPEN */

    /// @inheritdoc ISampled
    function open(JobId job, bytes32[] calldata outputs, bytes32[] calldata siblings) external {
        Batch storage batch = _batches[job];
        State memory state = batch.state;
        _requireStage(job, state, DRAWN);
        _requireRevealing(job, state);
        uint32[] memory chunks = _chunksOf(batch, state, outputs.length);
        bytes32 root = ChunkTree.rootOf(chunks, outputs, siblings, ChunkTree.depthOf(state.chunks));
        require(root == batch.outputRoot, ChunksWrong(job));
        bytes32 outputsHash = keccak256(abi.encode(outputs));
        state.stage = OPENED;
        (batch.state, batch.outputsHash) = (state, outputsHash);
        emit ChunksOpened(job, outputsHash);
    }

    /// @inheritdoc ISampled
    function reveal(JobId job, bytes32[] calldata outputs, bytes32 salt) external {
        Batch storage batch = _batches[job];
        State memory state = batch.state;
        require(state.stage == DRAWN || state.stage == OPENED, StageWrong(job, state.stage));
        _requireRevealing(job, state);
        Executor storage executor = _executorOf(job, batch);
        require(executor.step == SEALED, NotSealed(job, msg.sender));
        _chunksOf(batch, state, outputs.length);
        bytes32 sealed_ = keccak256(abi.encode(job, msg.sender, outputs, salt));
        require(sealed_ == executor.word, RevealWrong(job, msg.sender));
        bytes32 outputsHash = keccak256(abi.encode(outputs));
        (executor.step, executor.word) = (REVEALED, outputsHash);
        executor.tags = OutputTags.tagsOf(batch.seed, outputs);
        --state.unrevealed;
        batch.state = state;
        emit OutputsRevealed(job, msg.sender, outputsHash);
    }

    /// @dev While somebody can still seal, he could seal what was opened.
    function _requireRevealing(JobId job, State memory state) private view {
        uint40 until = _sealingUntil(state);
        require(until == 0, SealingRunning(job, until));
        uint40 closedAt = state.drawnAt + OPEN_TIME;
        require(block.timestamp <= closedAt, OpeningOver(job, closedAt));
    }

    function _chunksOf(Batch storage batch, State memory state, uint256 outputs)
        private
        view
        returns (uint32[] memory chunks)
    {
        chunks = Strata.chunksOf(batch.seed, state.chunks);
        require(outputs == chunks.length, OutputsCountWrong(outputs, chunks.length));
    }

    /* PLANTS */

    /// @inheritdoc ISampled
    function showPlants(JobId job, uint32[] calldata chunks, bytes32[] calldata outputs, bytes32 salt) external {
        Batch storage batch = _batches[job];
        State memory state = batch.state;
        _requireStage(job, state, OPENED);
        uint40 until = _revealingUntil(state);
        require(until == 0, OpeningRunning(job, until));
        uint40 closedAt = state.drawnAt + PLANTS_TIME;
        require(block.timestamp <= closedAt, PlantsOver(job, closedAt));
        bool isPlanted = keccak256(abi.encode(chunks, outputs, salt)) == batch.plants && state.plants == 0;
        require(isPlanted && chunks.length == outputs.length, PlantsWrong(job));
        (uint16 found, uint256 copier) = _copierOf(batch, state, chunks, outputs);
        state.plants = uint8(1 + copier);
        batch.state = state;
        emit PlantsShown(job, found, copier == 0 ? 0 : 1);
    }

    /// @dev Which executor, counted from 1, revealed a planted output against two others and the tree; so there is one at most. Without two
    /// others it could be the provider who is wrong, and planted what is right.
    function _copierOf(Batch storage batch, State memory state, uint32[] calldata chunks, bytes32[] calldata outputs)
        private
        view
        returns (uint16 found, uint256 copier)
    {
        uint32[] memory drawn = Strata.chunksOf(batch.seed, state.chunks);
        for (uint256 i = 0; i < drawn.length; ++i) {
            for (uint256 j = 0; j < chunks.length; ++j) {
                if (chunks[j] != drawn[i]) continue;
                ++found;
                uint256 who = _revealedAt(batch, i, outputs[j]);
                if (who != 0) copier = who;
            }
        }
    }

    /// @dev Which executor, counted from 1, revealed `planted` for the i-th drawn chunk, of which it is not the output. Zero: none.
    function _revealedAt(Batch storage batch, uint256 i, bytes32 planted) private view returns (uint256) {
        (uint256 agreeing, uint256 right) = _revealedAs(batch, batch.outputsHash);
        uint256 tag = OutputTags.tagOf(batch.seed, planted);
        if (agreeing < AGREEING || right.tagAt(i) == tag) return 0;
        for (uint256 k = 0; k < EXECUTORS; ++k) {
            Executor storage executor = batch.executors[k];
            if (executor.step == REVEALED && executor.tags.tagAt(i) == tag) return k + 1;
        }
        return 0;
    }
}
