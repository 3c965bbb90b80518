// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OutputTags} from "../../src/libraries/OutputTags.sol";
import {Test} from "forge-std/Test.sol";

contract OutputTagsTest is Test {
    function tagsOf(bytes32 seed, bytes32[] calldata outputs) external pure returns (uint256) {
        return OutputTags.tagsOf(seed, outputs);
    }

    function test_TagsOf_GivenSixteen(bytes32 seed, bytes32[16] memory outputs, uint256 count) external view {
        count = bound(count, 0, 16);
        bytes32[] memory list = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = outputs[i];
        }
        uint256 tags = this.tagsOf(seed, list);
        for (uint256 i = 0; i < 16; ++i) {
            uint256 tag = i < count ? OutputTags.tagOf(seed, outputs[i]) : 0;
            assertEq(OutputTags.tagAt(tags, i), tag, "each has its place");
        }
    }

    function test_TagOf_GivenAnotherSeed() external pure {
        uint256 alike = 0;
        for (uint256 k = 0; k < 100; ++k) {
            if (OutputTags.tagOf(bytes32(k), "a") == OutputTags.tagOf(bytes32(k + 1000), "a")) ++alike;
        }
        assertLe(alike, 1, "another tag");
    }
}
