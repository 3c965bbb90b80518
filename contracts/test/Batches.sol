// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Trees of chunks' outputs, built plainly: whole, or, of batches too large for that, only what is around some chunks.
library Batches {
    function leafOf(uint256 chunk, bytes32 output) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(uint32(chunk), output))));
    }

    /// @dev Level by level, leaves first; empty places are zero.
    function levelsOf(bytes32[] memory outputs) internal pure returns (bytes32[][] memory levels) {
        uint256 depth = 0;
        while (2 ** depth < outputs.length) ++depth;
        levels = new bytes32[][](depth + 1);
        levels[0] = new bytes32[](2 ** depth);
        for (uint256 i = 0; i < outputs.length; ++i) {
            levels[0][i] = leafOf(i, outputs[i]);
        }
        for (uint256 level = 1; level <= depth; ++level) {
            levels[level] = new bytes32[](2 ** (depth - level));
            for (uint256 i = 0; i < levels[level].length; ++i) {
                levels[level][i] = keccak256(abi.encode(levels[level - 1][2 * i], levels[level - 1][2 * i + 1]));
            }
        }
    }

    function rootOf(bytes32[] memory outputs) internal pure returns (bytes32) {
        bytes32[][] memory levels = levelsOf(outputs);
        return levels[levels.length - 1][0];
    }

    /// @dev What an opening of `chunks`, which rise, gives besides their outputs: of each in turn the nodes beside its path, up to where
    /// another drawn chunk is beside it on the right, and none that a drawn chunk on the left gives.
    function siblingsOf(bytes32[] memory outputs, uint32[] memory chunks)
        internal
        pure
        returns (bytes32[] memory siblings)
    {
        bytes32[][] memory levels = levelsOf(outputs);
        siblings = new bytes32[](levels.length * chunks.length);
        uint256 found = 0;
        for (uint256 i = 0; i < chunks.length; ++i) {
            for (uint256 level = 0; level + 1 < levels.length; ++level) {
                uint256 beside = (chunks[i] >> level) ^ 1;
                uint256 who = _coveredBy(chunks, level, beside);
                if (who != chunks.length && who > i) break;
                if (who == chunks.length) siblings[found++] = levels[level][beside];
            }
        }
        _cut(siblings, found);
    }

    /// @dev Which drawn chunk is under a node; their number where none is.
    function _coveredBy(uint32[] memory chunks, uint256 level, uint256 position) private pure returns (uint256 who) {
        while (who < chunks.length && uint256(chunks[who]) >> level != position) ++who;
    }

    /// @dev A tree of `depth` with `outputs` at `chunks`, which rise, and random nodes beside them.
    function sparse(uint32[] memory chunks, bytes32[] memory outputs, uint256 depth)
        internal
        pure
        returns (bytes32 root, bytes32[] memory siblings)
    {
        root = _nodeOf(chunks, outputs, depth, 0);
        siblings = new bytes32[](chunks.length * depth);
        uint256 found = 0;
        for (uint256 i = 0; i < chunks.length; ++i) {
            for (uint256 level = 0; level < depth; ++level) {
                uint256 beside = (chunks[i] >> level) ^ 1;
                uint256 who = _coveredBy(chunks, level, beside);
                if (who != chunks.length && who > i) break;
                if (who == chunks.length) siblings[found++] = _nodeOf(chunks, outputs, level, beside);
            }
        }
        _cut(siblings, found);
    }

    function _nodeOf(uint32[] memory chunks, bytes32[] memory outputs, uint256 level, uint256 position)
        private
        pure
        returns (bytes32)
    {
        uint256 who = _coveredBy(chunks, level, position);
        if (who == chunks.length) return keccak256(abi.encode(level, position));
        if (level == 0) return leafOf(position, outputs[who]);
        bytes32 left = _nodeOf(chunks, outputs, level - 1, 2 * position);
        return keccak256(abi.encode(left, _nodeOf(chunks, outputs, level - 1, 2 * position + 1)));
    }

    function _cut(bytes32[] memory list, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }
}
