// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev A full binary tree over positions. A leaf's preimage is at least four words and a node's two, so neither passes for the
/// other.
library LeafTree {
    /// @dev The least depth whose tree has `leaves` leaves.
    function depthOf(uint256 leaves) internal pure returns (uint256 depth) {
        while (2 ** depth < leaves) ++depth;
    }

    /// @dev Zero where nothing was found.
    function leafOf(uint32 position, uint64 nonce, bytes calldata solution) internal pure returns (bytes32) {
        return solution.length == 0 ? bytes32(0) : keccak256(abi.encode(position, nonce, solution));
    }

    /// @dev The root above `node`, by its siblings from the leaf up.
    function rootOf(bytes32 node, uint256 position, bytes32[] calldata path) internal pure returns (bytes32) {
        for (uint256 i = 0; i < path.length; ++i) {
            bytes32 sibling = path[i];
            (bytes32 left, bytes32 right) = position >> i & 1 == 0 ? (node, sibling) : (sibling, node);
            assembly ("memory-safe") {
                mstore(0x00, left)
                mstore(0x20, right)
                node := keccak256(0x00, 0x40)
            }
        }
        return node;
    }
}
