// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Equihash} from "../../src/verifiers/Equihash.sol";
import {Test} from "forge-std/Test.sol";

contract EquihashTest is Test {
    bytes8 private constant SURETY = "SuretyPW";

    Equihash private verifier;
    bytes32 private challenge;
    uint64 private nonce;
    bytes private solution;

    function setUp() external {
        verifier = new Equihash(144, 5, SURETY);
        bytes memory line = vm.parseBytes(vm.readLine("tests/data/equihash/144_5.txt"));
        assertEq(line.length, 140, "challenge, nonce, solution");
        solution = new bytes(100);
        for (uint256 i = 0; i < 100; ++i) {
            solution[i] = line[40 + i];
        }
        assembly ("memory-safe") {
            sstore(challenge.slot, mload(add(line, 32)))
        }
        nonce = uint64(
            bytes8(bytes.concat(line[32], line[33], line[34], line[35], line[36], line[37], line[38], line[39]))
        );
    }

    function test_Constructor_RevertWhen_NIsNotDividedByEight() external {
        refuses(100, 4);
    }

    function test_Constructor_RevertWhen_NIsNotDividedByLevels() external {
        refuses(144, 6);
    }

    function test_Constructor_RevertWhen_HashesAreWiderThanAWord() external {
        refuses(264, 7);
    }

    function test_Constructor_RevertWhen_LevelsAreTooFew() external {
        refuses(96, 2);
    }

    function test_Constructor_RevertWhen_LevelsAreTooMany() external {
        refuses(200, 9);
    }

    function test_Constructor_RevertWhen_IndicesAreWiderThanACounter() external {
        refuses(128, 3);
    }

    function test_Verify_WhenSolutionSolves() external view {
        assertTrue(verifier.verify(challenge, nonce, solution), "solves");
    }

    function test_Verify_WhenSolutionSolves_WithoutThePrecompile() external {
        vm.mockCall(address(9), "", "");
        assertTrue(verifier.verify(challenge, nonce, solution), "solves");
    }

    function test_Verify_WhenChallengeOrNonceIsAnother(bytes32 otherChallenge, uint64 otherNonce) external view {
        vm.assume(otherChallenge != challenge && otherNonce != nonce);
        assertFalse(verifier.verify(otherChallenge, nonce, solution), "of another challenge");
        assertFalse(verifier.verify(challenge, otherNonce, solution), "of another nonce");
    }

    function test_Verify_WhenABitIsAnother(uint256 bit) external view {
        bit = bound(bit, 0, 799);
        bytes memory mutated = solution;
        mutated[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        assertFalse(verifier.verify(challenge, nonce, mutated), "a bit");
    }

    function test_Verify_WhenLengthIsAnother(uint256 length) external view {
        length = bound(length, 0, 200);
        vm.assume(length != 100);
        bytes memory other = bytes.concat(solution, new bytes(100));
        assembly ("memory-safe") {
            mstore(other, length)
        }
        assertFalse(verifier.verify(challenge, nonce, other), "another length");
    }

    /// @dev Equal halves cancel each other: without the check of indices anything twice would be a solution.
    function test_Verify_WhenAnIndexIsThereTwice() external view {
        bytes memory twice = solution;
        for (uint256 i = 0; i < 50; ++i) {
            twice[50 + i] = twice[i];
        }
        assertFalse(verifier.verify(challenge, nonce, twice), "halves");
        assertFalse(verifier.verify(challenge, nonce, new bytes(100)), "all");
    }

    function test_Verify_WhenPersonalisationIsAnother() external {
        assertFalse(new Equihash(144, 5, "ZcashPoW").verify(challenge, nonce, solution), "of Zcash");
    }

    function test_Verify_WhenSolutionIsGarbage(bytes memory garbage) external view {
        assertFalse(verifier.verify(challenge, nonce, garbage), "garbage");
        bytes memory full = bytes.concat(garbage, new bytes(100));
        assembly ("memory-safe") {
            mstore(full, 100)
        }
        assertFalse(verifier.verify(challenge, nonce, full), "of the right length");
    }

    function refuses(uint32 n, uint32 k) private {
        vm.expectRevert(abi.encodeWithSelector(Equihash.ParametersUnsupported.selector, n, k));
        new Equihash(n, k, SURETY);
    }
}
