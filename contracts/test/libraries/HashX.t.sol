// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashX} from "../../src/libraries/HashX.sol";
import {HashXProgram} from "../../src/libraries/HashXProgram.sol";
import {SipHash} from "../../src/libraries/SipHash.sol";
import {Test} from "forge-std/Test.sol";

contract HashXTest is Test {
    string private constant STAGES = "tests/data/equix/stages.txt";
    uint256 private constant COUNTERS = 0x0000000000000000000000000000000100000000000000020000000000000003;

    function test_Stages() external view {
        uint256 count = 0;
        for (string memory line = vm.readLine(STAGES); bytes(line).length != 0; line = vm.readLine(STAGES)) {
            stages(vm.parseBytes(line));
            ++count;
        }
        assertEq(count, 64, "seeds");
    }

    function stages(bytes memory line) private view {
        (uint256 drawing, uint256 filling) = HashX.keys(slice(line, 0, 40));
        uint256[2] memory drawn;
        uint256 to;
        assembly ("memory-safe") {
            to := drawn
        }
        uint256 next = SipHash.draw(SipHash.spread(drawing), COUNTERS, to, to + 32);
        assertEq(next, COUNTERS + 0x0000000000000004000000000000000400000000000000040000000000000004, "counters");
        assertEq(abi.encode(drawn[0]), slice(line, 40, 32), "draws");
        (bool isMade, uint256 program) = HashXProgram.make(drawing);
        assertTrue(isMade, "a program");
        assertEq(bytes32(hash(program)), bytes32(slice(line, 72, 32)), "instructions");
        uint256 nonce = uint64(bytes8(slice(line, 32, 8)));
        (uint256 first, uint256 second) = HashX.run(program, filling, inputs(nonce), inputs(nonce + 36_000));
        assertEq(abi.encode(first, second), slice(line, 104, 64), "hashes");
    }

    function test_Run_WhenMemoryIsDirtyAndNotAligned(uint8 shift) external view {
        (uint256 drawing, uint256 filling) = HashX.keys("seed");
        (, uint256 program) = HashXProgram.make(drawing);
        bytes32 programHash = hash(program);
        (uint256 first, uint256 second) = HashX.run(program, filling, inputs(0), inputs(1));
        assembly ("memory-safe") {
            let free := add(mload(0x40), shift)
            mstore(0x40, free)
            for { let i := 0 } lt(i, 40000) { i := add(i, 32) } { mstore(add(free, i), not(0)) }
        }
        (, uint256 again) = HashXProgram.make(drawing);
        assertEq(hash(again), programHash, "the same program");
        (uint256 firstAgain, uint256 secondAgain) = HashX.run(again, filling, inputs(0), inputs(1));
        assertEq(firstAgain, first, "the same hashes");
        assertEq(secondAgain, second, "and of the others");
    }

    function test_Make_WhenSeedHasNoProgram() external view {
        for (uint256 i = 0; i < 120; ++i) {
            uint64 nonce = uint64(vm.parseUint(vm.readLine("tests/data/equix/failing.txt")));
            (uint256 drawing,) = HashX.keys(abi.encodePacked(bytes32(0), nonce));
            (bool isMade,) = HashXProgram.make(drawing);
            assertFalse(isMade, "no program");
        }
    }

    /// @dev Four inputs, 9,000 apart.
    function inputs(uint256 first) private pure returns (uint256) {
        return (first << 192) | ((first + 9000) << 128) | ((first + 18_000) << 64) | (first + 27_000);
    }

    function hash(uint256 program) private pure returns (bytes32 digest) {
        uint256 length = HashXProgram.BLOCKS * HashXProgram.BLOCK_BYTES;
        assembly ("memory-safe") {
            digest := keccak256(program, length)
        }
    }

    function slice(bytes memory from, uint256 at, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(part, 32), add(add(from, 32), at), length)
        }
    }
}
