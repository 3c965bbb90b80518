// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LeafTree} from "../../src/libraries/LeafTree.sol";
import {Test} from "forge-std/Test.sol";

contract LeafTreeTest is Test {
    function leafOf(uint32 position, uint64 nonce, bytes calldata solution) external pure returns (bytes32) {
        return LeafTree.leafOf(position, nonce, solution);
    }

    function rootOf(bytes32 node, uint256 position, bytes32[] calldata path) external pure returns (bytes32) {
        return LeafTree.rootOf(node, position, path);
    }

    function test_DepthOf_IsTheLeastThatHoldsThem(uint32 leaves) external pure {
        leaves = uint32(bound(leaves, 1, 16_384 * 8));
        uint256 depth = LeafTree.depthOf(leaves);
        assertGe(2 ** depth, leaves, "holds them");
        if (depth != 0) assertLt(2 ** (depth - 1), leaves, "and no less would");
    }

    function test_LeafOf_WhenEmpty(uint32 position, uint64 nonce) external view {
        assertEq(this.leafOf(position, nonce, ""), 0, "zero");
    }

    function test_LeafOf_WhenFound(uint32 position, uint64 nonce, bytes memory solution) external view {
        vm.assume(solution.length != 0);
        bytes32 hash = keccak256(abi.encode(position, nonce, solution));
        assertEq(this.leafOf(position, nonce, solution), hash, "binds position, nonce and solution");
    }

    function test_RootOf_WhenTheTreeIsWhole(bytes32[8] memory leaves, uint8 position) external view {
        position = uint8(bound(position, 0, 7));
        bytes32[4] memory pairs;
        for (uint256 i = 0; i < 4; ++i) {
            pairs[i] = keccak256(abi.encode(leaves[2 * i], leaves[2 * i + 1]));
        }
        bytes32[2] memory halves =
            [keccak256(abi.encode(pairs[0], pairs[1])), keccak256(abi.encode(pairs[2], pairs[3]))];
        bytes32[] memory path = new bytes32[](3);
        path[0] = leaves[position ^ 1];
        path[1] = pairs[position >> 1 ^ 1];
        path[2] = halves[position >> 2 ^ 1];
        bytes32 root = keccak256(abi.encode(halves[0], halves[1]));
        assertEq(this.rootOf(leaves[position], position, path), root, "every leaf has its path to the root");
    }

    function test_RootOf_WhenALeafIsShownElsewhere(bytes32[8] memory leaves, uint8 position, uint8 other)
        external
        view
    {
        position = uint8(bound(position, 0, 7));
        other = uint8(bound(other, 0, 7));
        vm.assume(other != position && leaves[position] != leaves[position ^ 1]);
        bytes32[] memory path = new bytes32[](3);
        (path[0], path[1], path[2]) = (leaves[position ^ 1], "pair", "half");
        bytes32 root = this.rootOf(leaves[position], position, path);
        assertNotEq(this.rootOf(leaves[position], other, path), root, "another root");
    }
}
