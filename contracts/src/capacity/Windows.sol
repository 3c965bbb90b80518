// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {Bitmap} from "../libraries/Bitmap.sol";
import {BlockHashes} from "../libraries/BlockHashes.sol";
import {CapacityMath} from "../libraries/CapacityMath.sol";
import {CommitmentId} from "../types/Ids.sol";
import {Claims} from "./Claims.sol";

/// @dev Seeds, targets, and the claims that are made of a window.
abstract contract Windows is ICapacity, Claims {
    uint256 private constant COMMIT_GRACE = 10 minutes;
    /// The block whose hash draws, after the commit's.
    uint64 private constant DRAW_BLOCKS = 4;
    uint256 private constant AUDIT_ONE_IN = 16;
    /// The histogram of the third epoch before is complete, however late in its epoch a target is set.
    uint32 private constant HISTOGRAM_AGE = 3;
    uint32 private constant CREDITED_AGE = 2;

    /* WINDOWS */

    /// @inheritdoc ICapacity
    function openWindow() external returns (bytes32 seed) {
        uint32 window = uint32(block.timestamp / WINDOW);
        require(_seeds[window] == 0, WindowOpen(window));
        seed =
            keccak256(abi.encode(block.prevrandao, blockhash(block.number - 1), window, address(this), block.chainid));
        _seeds[window] = seed;
        uint32 epoch = window / WINDOWS;
        EpochState storage state = _epochs[epoch];
        bool isFirst = state.opened == 0;
        ++state.opened;
        emit WindowOpened(window, seed);
        if (isFirst) {
            state.bonusBps = rewards.bonusBps();
            _openEpoch(epoch);
        }
    }

    function _openEpoch(uint32 epoch) private {
        uint256 classCount = _classes.length;
        for (uint256 i = 0; i < classCount; ++i) {
            uint8 class = _classes[i];
            ClassState storage state = _classStates[class];
            uint32[20] memory histogram = _histograms[class][epoch - HISTOGRAM_AGE];
            uint256 target = CapacityMath.retarget(state.target, state.referenceTarget, histogram);
            state.target = target;
            state.epoch = epoch;
            _targets[class][epoch] = target;
            emit TargetSet(class, epoch, target);
            rewards.open(class, epoch, _classTallies[class][epoch - CREDITED_AGE].credited);
        }
    }

    /* CLAIMS */

    /// @inheritdoc ICapacity
    function commit(CommitmentId commitment, uint32 window, bytes32 seed, bytes32 root, bytes calldata bitmap)
        external
    {
        Pledge memory pledged = _pledgeOf(commitment);
        _requireProver(pledged.provider);
        _requireLive(commitment, pledged, window / WINDOWS);
        bytes32 need = _seeds[window];
        require(need != 0, WindowNotOpen(window));
        require(seed == need, SeedWrong(window, seed, need));
        uint40 deadline = uint40((uint256(window) + 1) * WINDOW + COMMIT_GRACE);
        require(block.timestamp <= deadline, CommitTooLate(window, deadline));
        require(_claims[commitment][window] == 0, CommittedAlready(commitment, window));
        require(bitmap.length == pledged.units, BitmapWrong(bitmap.length, pledged.units));
        uint32 filled = uint32(Bitmap.count(bitmap));
        require(filled != 0, NothingFilled());
        Claim memory claim = Claim(window, filled, uint64(block.number), root, keccak256(bitmap));
        _claims[commitment][window] = _digest(claim) | bytes32(COMMITTED);
        emit WindowCommitted(commitment, window, root, filled, bitmap);
    }

    /// @inheritdoc ICapacity
    function draw(CommitmentId commitment, Claim calldata claim) external {
        Pledge memory pledged = _pledgeOf(commitment);
        _requireHonest(commitment);
        uint32 window = claim.window;
        uint256 status = _statusOf(commitment, claim);
        require(status == COMMITTED, DrawnAlready(commitment, window));
        uint32 epoch = window / WINDOWS;
        require(block.timestamp < _finalAt(epoch), DrawTooLate(commitment, window));
        uint256 drawn = uint256(_chance(commitment, claim));
        _addFilled(commitment, pledged.class, epoch, claim.filled);
        if (drawn % AUDIT_ONE_IN != 0) {
            _setStatus(commitment, window, DRAWN);
            emit WindowDrawn(commitment, window, 0, 0);
            return;
        }
        Audit memory audit = Audit(uint32(drawn / AUDIT_ONE_IN % claim.filled), uint40(block.timestamp + ANSWER_TIME));
        _audits[commitment][window] = audit;
        _setStatus(commitment, window, AUDITED);
        ++_standings[commitment].openChallenges;
        emit WindowDrawn(commitment, window, audit.rank, audit.deadline);
    }

    /// @dev Fixed by a block that the committer cannot know: waiting does not change it, and forgets it in the end.
    function _chance(CommitmentId commitment, Claim calldata claim) private view returns (bytes32) {
        uint256 drawBlock = uint256(claim.blockNumber) + DRAW_BLOCKS;
        require(block.number > drawBlock, DrawTooEarly(drawBlock + 1));
        bytes32 hash = BlockHashes.hashOf(drawBlock);
        require(hash != 0, DrawTooLate(commitment, claim.window));
        return keccak256(abi.encode(hash, commitment, claim.window));
    }

    function _addFilled(CommitmentId commitment, uint8 class, uint32 epoch, uint32 filled) private {
        _tallies[commitment][epoch].filled += filled;
        _classTallies[class][epoch].filled += filled;
    }
}
