// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev A full binary tree whose leaf i is the output of chunk i. That a leaf's place is its chunk lets nobody commit two outputs of one
/// chunk and choose later. Many leaves are shown at once, so that no node is given that follows from them: calldata is what
/// opening costs. A leaf is the hash of one word and a node that of two, so neither passes for the other.
library ChunkTree {
    /// @dev The least depth whose tree has room for `chunks` leaves, of which there is one at least.
    function depthOf(uint256 chunks) internal pure returns (uint256) {
        return Math.log2(chunks, Math.Rounding.Ceil);
    }

    function leafOf(uint256 chunk, bytes32 output) internal pure returns (bytes32 leaf) {
        assembly ("memory-safe") {
            mstore(0x00, chunk)
            mstore(0x20, output)
            mstore(0x00, keccak256(0x00, 0x40))
            leaf := keccak256(0x00, 0x20)
        }
    }

    /// @dev The root above the leaves of `chunks`, which rise, by the siblings that they do not give: of each chunk in turn, from its
    /// leaf up, until a chunk on its right is beside it; what a chunk on its left is beside is not given either. Zero
    /// where there are more siblings or fewer.
    function rootOf(uint32[] memory chunks, bytes32[] calldata outputs, bytes32[] calldata siblings, uint256 depth)
        internal
        pure
        returns (bytes32 root)
    {
        bytes32[] memory nodes = new bytes32[](chunks.length);
        for (uint256 i = 0; i < nodes.length; ++i) {
            nodes[i] = leafOf(chunks[i], outputs[i]);
        }
        uint256 from;
        assembly ("memory-safe") {
            from := siblings.offset
        }
        uint256 next;
        (root, next) = _walk(chunks, nodes, depth, from);
        // What was read beyond its end proves nothing, but was not sent as a sibling.
        if (next != from + 32 * siblings.length) root = 0;
    }

    /// @dev From left to right. Nodes that wait for the chunk on their right are kept where the leaves were, which are read before they are
    /// written over, each with the level at which it waits.
    function _walk(uint32[] memory chunks, bytes32[] memory nodes, uint256 depth, uint256 from)
        private
        pure
        returns (bytes32 node, uint256 next)
    {
        next = from;
        uint256[] memory levels = new uint256[](nodes.length + 1);
        levels[0] = depth;
        uint256 waiting = 0;
        // Positions in lists that are there, and levels: none overflows.
        unchecked {
            for (uint256 i = 0; i < nodes.length; ++i) {
                node = nodes[i];
                uint256 chunk = chunks[i];
                uint256 right = i + 1 == nodes.length ? depth : Math.log2(chunk ^ chunks[i + 1]);
                uint256 left = levels[waiting];
                (node, next) = _climb(node, chunk, 0, left < right ? left : right, next);
                // Three neighbours never meet on one level.
                while (left < right) {
                    node = _parentOf(nodes[--waiting], node);
                    uint256 level = left + 1;
                    left = levels[waiting];
                    (node, next) = _climb(node, chunk, level, left < right ? left : right, next);
                }
                if (right == depth) break;
                nodes[waiting] = node;
                levels[++waiting] = right;
            }
        }
    }

    /// @dev From a level to another, by siblings in the calldata from `next` on.
    function _climb(bytes32 node, uint256 chunk, uint256 level, uint256 to, uint256 next)
        private
        pure
        returns (bytes32, uint256)
    {
        assembly ("memory-safe") {
            chunk := shr(level, chunk)
            for { let end := add(next, shl(5, sub(to, level))) } lt(next, end) { next := add(next, 0x20) } {
                let side := shl(5, and(chunk, 1))
                mstore(side, node)
                mstore(xor(side, 0x20), calldataload(next))
                node := keccak256(0x00, 0x40)
                chunk := shr(1, chunk)
            }
        }
        return (node, next);
    }

    function _parentOf(bytes32 left, bytes32 right) private pure returns (bytes32 parent) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            parent := keccak256(0x00, 0x40)
        }
    }
}
