// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EquiX} from "../../src/verifiers/EquiX.sol";
import {Test} from "forge-std/Test.sol";

contract EquiXTest is Test {
    string private constant SOLUTIONS = "tests/data/equix/solutions.txt";
    string private constant FAILING = "tests/data/equix/failing.txt";

    EquiX private verifier;

    function setUp() external {
        verifier = new EquiX();
    }

    function test_Verify_WhenSolutionSolves() external view {
        uint256 count = 0;
        for (bytes memory line = next(SOLUTIONS); line.length != 0; line = next(SOLUTIONS)) {
            (bytes32 challenge, uint64 nonce, bytes memory solution) = parse(line);
            assertTrue(verifier.verify(challenge, nonce, solution), "solves");
            ++count;
        }
        assertEq(count, 32, "solutions");
    }

    /// @dev A chain without EIP-152 answers a call of its address with nothing; one that charges otherwise may revert.
    function test_Verify_WhenSolutionSolves_WithoutThePrecompile() external {
        (bytes32 challenge, uint64 nonce, bytes memory solution) = parse(next(SOLUTIONS));
        vm.mockCall(address(9), "", "");
        assertTrue(verifier.verify(challenge, nonce, solution), "nothing answers");
        vm.clearMockedCalls();
        vm.mockCallRevert(address(9), "", "");
        assertTrue(verifier.verify(challenge, nonce, solution), "reverts");
    }

    function test_Verify_WhenNonceIsAnother(uint64 other) external view {
        (bytes32 challenge, uint64 nonce, bytes memory solution) = parse(next(SOLUTIONS));
        vm.assume(other != nonce);
        assertFalse(verifier.verify(challenge, other, solution), "of another nonce");
    }

    function test_Verify_WhenSolutionIsTooShort(uint256 length) external view {
        (bytes32 challenge, uint64 nonce, bytes memory solution) = parse(next(SOLUTIONS));
        length = bound(length, 0, solution.length - 1);
        assembly ("memory-safe") {
            mstore(solution, length)
        }
        assertFalse(verifier.verify(challenge, nonce, solution), "short");
    }

    function test_Verify_WhenSolutionIsTooLong(bytes memory rest) external view {
        vm.assume(rest.length != 0);
        (bytes32 challenge, uint64 nonce, bytes memory solution) = parse(next(SOLUTIONS));
        assertFalse(verifier.verify(challenge, nonce, bytes.concat(solution, rest)), "long");
    }

    /// @dev Each node's branches swapped: the sums stay, the order does not.
    function test_Verify_WhenBranchesAreSwapped() external view {
        (bytes32 challenge, uint64 nonce, bytes memory solution) = parse(next(SOLUTIONS));
        for (uint256 width = 2; width <= 8; width *= 2) {
            for (uint256 at = 0; at < 16; at += 2 * width) {
                bytes memory swapped = bytes.concat(solution);
                for (uint256 i = 0; i < width; ++i) {
                    (swapped[at + i], swapped[at + width + i]) = (swapped[at + width + i], swapped[at + i]);
                }
                assertFalse(verifier.verify(challenge, nonce, swapped), "swapped");
            }
        }
    }

    /// @dev Equal indices are in order, so that the program is asked for.
    function test_Verify_WhenSeedHasNoProgram() external view {
        for (uint256 i = 0; i < 20; ++i) {
            uint64 nonce = uint64(vm.parseUint(vm.readLine(FAILING)));
            assertFalse(verifier.verify(bytes32(0), nonce, new bytes(16)), "no program");
        }
    }

    function test_Verify_WhenSolutionIsGarbage(bytes32 challenge, uint64 nonce, bytes16 solution) external view {
        assertFalse(verifier.verify(challenge, nonce, bytes.concat(solution)), "garbage");
    }

    function next(string memory file) private view returns (bytes memory) {
        string memory line = vm.readLine(file);
        return bytes(line).length == 0 ? bytes("") : vm.parseBytes(line);
    }

    function parse(bytes memory line) private pure returns (bytes32 challenge, uint64 nonce, bytes memory solution) {
        assertEq(line.length, 56, "challenge, nonce, solution");
        solution = new bytes(16);
        assembly ("memory-safe") {
            challenge := mload(add(line, 32))
            nonce := shr(192, mload(add(line, 64)))
            mcopy(add(solution, 32), add(line, 72), 16)
        }
    }
}
