// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChunkTree} from "../../src/libraries/ChunkTree.sol";
import {Strata} from "../../src/libraries/Strata.sol";
import {Batches} from "../Batches.sol";
import {Test} from "forge-std/Test.sol";

contract ChunkTreeTest is Test {
    function rootOf(uint32[] memory chunks, bytes32[] calldata outputs, bytes32[] calldata siblings, uint256 depth)
        external
        pure
        returns (bytes32)
    {
        return ChunkTree.rootOf(chunks, outputs, siblings, depth);
    }

    function _outputs(uint256 count) private pure returns (bytes32[] memory outputs) {
        outputs = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            outputs[i] = keccak256(abi.encode("output", i));
        }
    }

    function _picked(bytes32[] memory outputs, uint32[] memory chunks) private pure returns (bytes32[] memory some) {
        some = new bytes32[](chunks.length);
        for (uint256 i = 0; i < chunks.length; ++i) {
            some[i] = outputs[chunks[i]];
        }
    }

    /// @dev Some of them, at least one, in rising order.
    function _some(bytes32 seed, uint256 count) private pure returns (uint32[] memory chunks) {
        chunks = new uint32[](count);
        uint256 found = 0;
        for (uint32 i = 0; i < count; ++i) {
            bool isLast = i + 1 == count && found == 0;
            if (isLast || uint256(keccak256(abi.encode(seed, i))) % 3 == 0) chunks[found++] = i;
        }
        assembly ("memory-safe") {
            mstore(chunks, found)
        }
    }

    function test_DepthOf_IsTheLeastThatHoldsThem(uint256 chunks) external pure {
        chunks = bound(chunks, 1, 2 ** 20);
        uint256 depth = ChunkTree.depthOf(chunks);
        assertGe(2 ** depth, chunks, "holds them");
        if (depth != 0) assertLt(2 ** (depth - 1), chunks, "and no less would");
    }

    function test_LeafOf_BindsChunkAndOutput(uint32 chunk, bytes32 output) external pure {
        assertEq(ChunkTree.leafOf(chunk, output), Batches.leafOf(chunk, output), "as it is documented");
    }

    function test_RootOf_WhenTheTreeIsWhole(bytes32 seed, uint256 count) external view {
        count = bound(count, 1, 70);
        bytes32[] memory outputs = _outputs(count);
        uint32[] memory chunks = _some(seed, count);
        bytes32[] memory siblings = Batches.siblingsOf(outputs, chunks);
        uint256 depth = ChunkTree.depthOf(count);
        bytes32 root = this.rootOf(chunks, _picked(outputs, chunks), siblings, depth);
        assertEq(root, Batches.rootOf(outputs), "any leaves together give the root");
    }

    function test_RootOf_WhenTheTreeIsDeep(bytes32 seed) external view {
        uint32[] memory chunks = Strata.chunksOf(seed, 2 ** 20);
        bytes32[] memory outputs = _outputs(chunks.length);
        (bytes32 root, bytes32[] memory siblings) = Batches.sparse(chunks, outputs, 20);
        assertEq(this.rootOf(chunks, outputs, siblings, 20), root, "sixteen of a million");
        assertEq(siblings.length, 256, "sixteen below each of sixteen");
    }

    function test_RootOf_WhenAnOutputIsWrong(bytes32 seed, uint256 index, bytes32 wrong) external view {
        uint32[] memory chunks = _some(seed, 37);
        bytes32[] memory outputs = _outputs(37);
        bytes32[] memory shown = _picked(outputs, chunks);
        index = bound(index, 0, shown.length - 1);
        vm.assume(shown[index] != wrong);
        shown[index] = wrong;
        bytes32[] memory siblings = Batches.siblingsOf(outputs, chunks);
        assertNotEq(this.rootOf(chunks, shown, siblings, 6), Batches.rootOf(outputs), "another root");
    }

    function test_RootOf_WhenASiblingIsWrong(bytes32 seed, uint256 index, bytes32 wrong) external view {
        uint32[] memory chunks = _some(seed, 37);
        bytes32[] memory outputs = _outputs(37);
        bytes32[] memory siblings = Batches.siblingsOf(outputs, chunks);
        vm.assume(siblings.length != 0);
        index = bound(index, 0, siblings.length - 1);
        vm.assume(siblings[index] != wrong);
        siblings[index] = wrong;
        bytes32 root = this.rootOf(chunks, _picked(outputs, chunks), siblings, 6);
        assertNotEq(root, Batches.rootOf(outputs), "another root");
    }

    /// @dev Two outputs of one chunk cannot both have its place.
    function test_RootOf_WhenAChunkIsShownElsewhere(uint32 chunk, uint32 other) external view {
        (chunk, other) = (uint32(bound(chunk, 0, 36)), uint32(bound(other, 0, 36)));
        vm.assume(chunk != other);
        bytes32[] memory outputs = _outputs(37);
        uint32[] memory chunks = new uint32[](1);
        chunks[0] = chunk;
        bytes32[] memory shown = _picked(outputs, chunks);
        bytes32[] memory siblings = Batches.siblingsOf(outputs, chunks);
        chunks[0] = other;
        assertNotEq(this.rootOf(chunks, shown, siblings, 6), Batches.rootOf(outputs), "another root");
    }

    function test_RootOf_WhenSiblingsAreMoreOrFewer(bytes32 seed, bool isMore) external view {
        uint32[] memory chunks = _some(seed, 37);
        bytes32[] memory outputs = _outputs(37);
        bytes32[] memory siblings = Batches.siblingsOf(outputs, chunks);
        vm.assume(siblings.length != 0);
        uint256 length = isMore ? siblings.length + 1 : siblings.length - 1;
        bytes32[] memory others = new bytes32[](length);
        for (uint256 i = 0; i < length && i < siblings.length; ++i) {
            others[i] = siblings[i];
        }
        assertEq(this.rootOf(chunks, _picked(outputs, chunks), others, 6), 0, "no root");
    }
}
