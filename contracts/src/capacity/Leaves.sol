// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {IWorkVerifier} from "../interfaces/IWorkVerifier.sol";
import {Bitmap} from "../libraries/Bitmap.sol";
import {CapacityMath} from "../libraries/CapacityMath.sol";
import {LeafTree} from "../libraries/LeafTree.sol";
import {CommitmentId} from "../types/Ids.sol";
import {Claims} from "./Claims.sol";

/// @dev Whether a leaf is in its tree, and whether it is work.
abstract contract Leaves is Claims {
    uint8 internal constant SOUND = 0;
    uint8 internal constant NO_SOLUTION = 1;
    uint8 internal constant MISSES_TARGET = 2;
    uint8 internal constant EMPTY = 3;

    function _requireBitmap(CommitmentId commitment, ICapacity.Claim calldata claim, bytes calldata bitmap)
        internal
        pure
    {
        require(keccak256(bitmap) == claim.bitmapHash, ClaimUnknown(commitment, claim.window));
    }

    function _requireClaimed(bytes calldata bitmap, uint32 position) internal pure {
        require(Bitmap.has(bitmap, position), PositionNotClaimed(position));
    }

    /// @dev The path is as long as the tree is deep: a shorter one would show a node as a leaf.
    function _requireInTree(Pledge memory pledged, ICapacity.Claim calldata claim, ICapacity.Leaf calldata leaf)
        internal
        pure
    {
        uint256 leaves = uint256(pledged.units) * CapacityMath.PUZZLES;
        bytes32 node = LeafTree.leafOf(leaf.position, leaf.nonce, leaf.solution);
        bool isInTree = leaf.position < leaves && leaf.path.length == LeafTree.depthOf(leaves)
            && LeafTree.rootOf(node, leaf.position, leaf.path) == claim.root;
        require(isInTree, LeafWrong(leaf.position));
    }

    /// @dev What is wrong with a leaf. The verifier is not caught when it fails: nobody may make work look invalid by gas.
    function _flawOf(CommitmentId commitment, Pledge memory pledged, uint32 window, ICapacity.Leaf calldata leaf)
        internal
        view
        returns (uint8)
    {
        if (leaf.solution.length == 0) return EMPTY;
        bytes32 challenge = _challengeOf(commitment, pledged.provider, window, leaf.position);
        uint32 epoch = window / WINDOWS;
        uint256 hash = uint256(keccak256(abi.encodePacked(challenge, leaf.nonce, leaf.solution)));
        if (hash >= _targets[pledged.class][epoch]) return MISSES_TARGET;
        IWorkVerifier verifier = _verifierAt(commitment, pledged, epoch);
        return verifier.verify(challenge, leaf.nonce, leaf.solution) ? SOUND : NO_SOLUTION;
    }

    function _verifierAt(CommitmentId commitment, Pledge memory pledged, uint32 epoch)
        private
        view
        returns (IWorkVerifier)
    {
        Standing storage standing = _standings[commitment];
        bool isPrior = epoch < standing.versionEpoch;
        return _versions[pledged.class][isPrior ? standing.priorVersion : pledged.verifierVersion].verifier;
    }

    function _requireWork(
        CommitmentId commitment,
        Pledge memory pledged,
        ICapacity.Claim calldata claim,
        ICapacity.Leaf calldata leaf
    ) internal view {
        _requireInTree(pledged, claim, leaf);
        uint8 flaw = _flawOf(commitment, pledged, claim.window, leaf);
        require(flaw == SOUND, LeafInvalid(leaf.position, flaw));
    }

    /// @dev Until what an epoch earned is paid: nothing can be shown of it afterwards.
    function _requireChallengeable(uint32 window) internal view {
        uint40 endedAt = uint40(uint256(_finalAt(window / WINDOWS)) + EPOCH);
        require(block.timestamp <= endedAt, ChallengeOver(window, endedAt));
    }
}
