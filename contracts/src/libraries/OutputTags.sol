// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Sixteen bits of each output, in one word: enough to tell what somebody revealed of one chunk from what others did, where
/// equality of the whole was decided by hashes. The seed of the draw enters, so nobody plants an output by its tag.
library OutputTags {
    uint256 private constant MASK = 0xffff;

    /// @dev Of 16 outputs at most.
    function tagsOf(bytes32 seed, bytes32[] calldata outputs) internal pure returns (uint256 tags) {
        for (uint256 i = 0; i < outputs.length; ++i) {
            tags |= tagOf(seed, outputs[i]) << (16 * i);
        }
    }

    function tagOf(bytes32 seed, bytes32 output) internal pure returns (uint256 tag) {
        assembly ("memory-safe") {
            mstore(0x00, seed)
            mstore(0x20, output)
            tag := and(keccak256(0x00, 0x40), MASK)
        }
    }

    function tagAt(uint256 tags, uint256 i) internal pure returns (uint256) {
        return (tags >> (16 * i)) & MASK;
    }
}
