// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Which chunks of a batch are opened. The i-th draw is uniform over the i-th sixteenth of the batch, whose borders may cut chunks.
/// Of the product of the parts that are right in each sixteenth, the largest is that of equal ones: so a part `f` of wrong chunks is
/// missed with `(1 - f)^16` at most, wherever they are, as by draws with replacement, and what lies together is found more surely.
/// Draws also come in order, as `ChunkTree` needs them.
library Strata {
    uint256 internal constant SAMPLES = 16;

    /// @dev In rising order, each once; all of them where there are no more than draws.
    function chunksOf(bytes32 seed, uint256 chunks) internal pure returns (uint32[] memory list) {
        bool isWhole = chunks <= SAMPLES;
        uint256 draws = isWhole ? chunks : SAMPLES;
        list = new uint32[](draws);
        uint256 found = 0;
        // Sixteen times a number of chunks fits.
        unchecked {
            for (uint256 i = 0; i < draws; ++i) {
                // In sixteenths of a chunk, each sixteenth of the batch is as long as the batch in chunks.
                uint32 chunk = uint32(isWhole ? i : (i * chunks + _word(seed, i) % chunks) / SAMPLES);
                // Only neighbours meet, in the chunk that their border cuts.
                if (found != 0 && list[found - 1] == chunk) continue;
                list[found++] = chunk;
            }
        }
        // No longer than it was made.
        assembly ("memory-safe") {
            mstore(list, found)
        }
    }

    function _word(bytes32 seed, uint256 i) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            mstore(0x00, seed)
            mstore(0x20, i)
            word := keccak256(0x00, 0x40)
        }
    }
}
