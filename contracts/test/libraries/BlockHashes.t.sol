// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BlockHashes} from "../../src/libraries/BlockHashes.sol";
import {Test} from "forge-std/Test.sol";

/// @dev What EIP-2935 puts at its address: answers for 8,191 blocks, and reverts beyond.
contract History {
    fallback(bytes calldata input) external returns (bytes memory) {
        uint256 number = abi.decode(input, (uint256));
        require(number < block.number && number + 8191 >= block.number, "unknown");
        return abi.encode(keccak256(abi.encode("history", number)));
    }
}

contract BlockHashesTest is Test {
    function test_HashOf_WhenLately(uint256 age) external {
        vm.roll(100_000);
        age = bound(age, 1, 256);
        vm.setBlockhash(100_000 - age, "lately");
        assertEq(BlockHashes.hashOf(100_000 - age), "lately", "by opcode");
    }

    function test_HashOf_WhenLongAgo(uint256 age) external {
        vm.roll(100_000);
        vm.etch(BlockHashes.HISTORY, type(History).runtimeCode);
        age = bound(age, 257, 8191);
        uint256 number = 100_000 - age;
        assertEq(BlockHashes.hashOf(number), keccak256(abi.encode("history", number)), "by history");
    }

    function test_HashOf_WhenTooLongAgo(uint256 age) external {
        vm.roll(100_000);
        vm.etch(BlockHashes.HISTORY, type(History).runtimeCode);
        age = bound(age, 8192, 100_000);
        assertEq(BlockHashes.hashOf(100_000 - age), 0, "zero");
    }

    function test_HashOf_GivenNoHistory(uint256 age) external {
        vm.roll(100_000);
        age = bound(age, 257, 100_000);
        assertEq(BlockHashes.hashOf(100_000 - age), 0, "zero");
    }

    function test_HashOf_WhenNotMinedYet(uint256 number) external {
        vm.roll(100_000);
        vm.etch(BlockHashes.HISTORY, type(History).runtimeCode);
        number = bound(number, 100_000, type(uint256).max);
        assertEq(BlockHashes.hashOf(number), 0, "zero");
    }
}
