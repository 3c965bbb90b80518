// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGroth16} from "../../src/interfaces/IGroth16.sol";
import {IProofs} from "../../src/interfaces/IProofs.sol";
import {Bn254} from "../../src/libraries/Bn254.sol";
import {ProofsBase} from "../ProofsBase.t.sol";
import {stdJson} from "forge-std/StdJson.sol";

contract Groth16Test is ProofsBase {
    using stdJson for string;

    /// @dev Where in a key its points of G2 are, and those of G1.
    uint256 private constant BETA = 64;
    uint256 private constant GAMMA = 192;
    uint256 private constant DELTA = 320;
    uint256 private constant WORDS = 22;

    bytes32 private key;
    bytes private outside;

    function setUp() public override {
        super.setUp();
        key = keccak256(chain.key);
        outside = vm.readFile("contracts/test/verifiers/points.json").readBytes(".outside");
    }

    /* REGISTER */

    function test_Register_RevertWhen_LengthIsAnother(uint256 length) external {
        length = bound(length, 0, 800);
        vm.assume(length != 704);
        bytes memory other = bytes.concat(chain.key, new bytes(96));
        assembly ("memory-safe") {
            mstore(other, length)
        }
        refusesKey(other);
    }

    function test_Register_RevertWhen_ACoordinateIsNotInTheField(uint256 word) external {
        word = bound(word, 0, WORDS - 1);
        uint256 coordinate = wordOf(chain.key, word * 32);
        // The same number, but for the field's order.
        refusesKey(withWord(chain.key, word * 32, coordinate + Bn254.P));
    }

    function test_Register_RevertWhen_APointIsNotOnTheCurve(uint256 word) external {
        word = bound(word, 0, WORDS - 1);
        refusesKey(withWord(chain.key, word * 32, wordOf(chain.key, word * 32) ^ 1));
    }

    function test_Register_RevertWhen_APointIsNotInTheGroup(uint256 which) external {
        refusesKey(withBytes(chain.key, [BETA, GAMMA, DELTA][which % 3], outside));
    }

    function test_Register_RevertWhen_APointIsZero(uint256 which) external {
        which = bound(which, 0, 7);
        if (which < 3) refusesKey(withBytes(chain.key, [BETA, GAMMA, DELTA][which], new bytes(128)));
        else refusesKey(withBytes(chain.key, which == 7 ? 0 : 448 + 64 * (which - 3), new bytes(64)));
    }

    /// @dev With it `C` can be minus the sum, and anybody proves anything: A is alpha, B is beta.
    function test_Register_RevertWhen_GammaIsDeltaOrItsNegative() external {
        bytes memory gamma = part(chain.key, GAMMA, 128);
        refusesKey(withBytes(chain.key, DELTA, gamma));
        gamma = withWord(gamma, 64, Bn254.P - wordOf(gamma, 64));
        refusesKey(withBytes(chain.key, DELTA, withWord(gamma, 96, Bn254.P - wordOf(gamma, 96))));
    }

    function test_Register_RevertGiven_KeyIsRegistered() external {
        vm.expectRevert(abi.encodeWithSelector(IGroth16.KeyKnown.selector, key));
        groth16.register(chain.key);
    }

    function test_Register_WhenKeyIsOne(address registrant) external {
        bytes memory other = withBytes(chain.key, 448, part(linear.key, 448, 64));
        vm.expectEmit();
        emit IGroth16.KeyRegistered(keccak256(other), registrant);
        vm.prank(registrant);
        assertEq(groth16.register(other), keccak256(other), "named by its hash");
        assertEq(groth16.keyOf(keccak256(other)), other, "kept");
        assertEq(groth16.keyOf(key), chain.key, "and the others, too");
    }

    function test_KeyOf_GivenKeyIsNotRegistered(bytes32 other) external view {
        vm.assume(other != key && other != keccak256(linear.key));
        assertEq(groth16.keyOf(other).length, 0, "empty");
    }

    function refusesKey(bytes memory encoded) private {
        vm.expectRevert(IGroth16.KeyInvalid.selector);
        groth16.register(encoded);
    }

    /* VERIFY */

    function test_Verify_WhenProofProvesIt() external view {
        assertEq(verdict(chain, key, chain.proof), 1, "the chain");
        assertEq(verdict(linear, keccak256(linear.key), linear.proof), 1, "the model");
    }

    /// @dev Minus A and minus B: a proof can be changed without knowing anything, and is still of its statement.
    function test_Verify_WhenProofIsAnotherOfTheSameStatement() external view {
        bytes memory other = withWord(chain.proof, 32, Bn254.P - wordOf(chain.proof, 32));
        assertEq(verdict(chain, key, other), 0, "one of them alone");
        other = withWord(other, 128, Bn254.P - wordOf(other, 128));
        other = withWord(other, 160, Bn254.P - wordOf(other, 160));
        assertEq(verdict(chain, key, other), 1, "both");
    }

    function test_Verify_WhenStatementIsAnother(bytes32 statement) external view {
        vm.assume(uint256(statement) % Bn254.R != uint256(chain.statement) % Bn254.R);
        Vector memory other = chain;
        other.statement = statement;
        assertEq(verdict(other, key, chain.proof), 0, "of another statement");
    }

    function test_Verify_WhenStatementDiffersByTheOrder() external view {
        Vector memory other = chain;
        other.statement = bytes32(uint256(chain.statement) % Bn254.R);
        assertEq(verdict(other, key, chain.proof), 1, "the same to the circuit");
    }

    function test_Verify_WhenARootIsAnother(uint256 root) external view {
        root = bound(root, 0, Bn254.R - 1);
        Vector memory other = chain;
        other.inputRoot = bytes32(root);
        assertEq(verdict(other, key, chain.proof), root == uint256(chain.inputRoot) ? 1 : 0, "of another input");
        (other.inputRoot, other.outputRoot) = (chain.inputRoot, bytes32(root));
        assertEq(verdict(other, key, chain.proof), root == uint256(chain.outputRoot) ? 1 : 0, "of another output");
    }

    function test_Verify_WhenRootsAreSwapped() external view {
        Vector memory other = chain;
        (other.inputRoot, other.outputRoot) = (chain.outputRoot, chain.inputRoot);
        assertEq(verdict(other, key, chain.proof), 0, "swapped");
    }

    /// @dev To the circuit they are the same numbers; here they would be other roots.
    function test_Verify_WhenARootIsNotANumberOfCircuits() external view {
        Vector memory other = chain;
        other.inputRoot = bytes32(uint256(chain.inputRoot) + Bn254.R);
        assertEq(verdict(other, key, chain.proof), 0, "the input");
        other.inputRoot = chain.inputRoot;
        other.outputRoot = bytes32(uint256(chain.outputRoot) + Bn254.R);
        assertEq(verdict(other, key, chain.proof), 0, "the output");
    }

    function test_Verify_WhenKeyIsAnother() external view {
        assertEq(verdict(chain, keccak256(linear.key), chain.proof), 0, "of another circuit");
    }

    function test_Verify_WhenKeyIsNotRegistered(bytes32 other) external view {
        vm.assume(other != key);
        assertEq(verdict(chain, other, chain.proof), 0, "of no circuit");
        // Without a key all would be zero, and zero times anything cancels out.
        assertEq(verdict(chain, other, new bytes(256)), 0, "of nothing");
    }

    function test_Verify_WhenLengthIsAnother(uint256 length) external view {
        length = bound(length, 0, 500);
        vm.assume(length != 256);
        bytes memory other = bytes.concat(chain.proof, new bytes(256));
        assembly ("memory-safe") {
            mstore(other, length)
        }
        assertEq(verdict(chain, key, other), 0, "another length");
    }

    function test_Verify_WhenABitIsAnother(uint256 bit) external view {
        bit = bound(bit, 0, 2047);
        bytes memory other = bytes.concat(chain.proof);
        other[bit / 8] ^= bytes1(uint8(1 << bit % 8));
        assertEq(verdict(chain, key, other), 0, "a bit");
    }

    function test_Verify_WhenACoordinateIsNotInTheField(uint256 word) external view {
        word = bound(word, 0, 7) * 32;
        bytes memory other = withWord(chain.proof, word, wordOf(chain.proof, word) + Bn254.P);
        assertEq(verdict(chain, key, other), 0, "the same but for the order");
        assertEq(verdict(chain, key, withWord(chain.proof, word, Bn254.P)), 0, "the order");
        assertEq(verdict(chain, key, withWord(chain.proof, word, type(uint256).max)), 0, "the most");
    }

    function test_Verify_WhenAPointIsNotOnTheCurve(uint256 x, uint256 y) external view {
        (x, y) = (bound(x, 0, Bn254.P - 1), bound(y, 0, Bn254.P - 1));
        vm.assume(!Bn254.isPoint(x, y) && (x | y) != 0);
        assertEq(verdict(chain, key, withWord(withWord(chain.proof, 0, x), 32, y)), 0, "A");
        assertEq(verdict(chain, key, withWord(withWord(chain.proof, 64, x), 128, y)), 0, "B");
        assertEq(verdict(chain, key, withWord(withWord(chain.proof, 192, x), 224, y)), 0, "C");
    }

    function test_Verify_WhenAPointIsNotInTheGroup() external view {
        assertEq(verdict(chain, key, withBytes(chain.proof, 64, outside)), 0, "B");
    }

    function test_Verify_WhenAPointIsZero() external view {
        assertEq(verdict(chain, key, withBytes(chain.proof, 0, new bytes(64))), 0, "A");
        assertEq(verdict(chain, key, withBytes(chain.proof, 64, new bytes(128))), 0, "B");
        assertEq(verdict(chain, key, withBytes(chain.proof, 192, new bytes(64))), 0, "C");
        assertEq(verdict(chain, key, new bytes(256)), 0, "all");
    }

    function test_Verify_WhenProofIsGarbage(bytes32[8] memory garbage) external view {
        assertEq(verdict(chain, key, abi.encode(garbage)), 0, "garbage");
        assertEq(verdict(linear, keccak256(linear.key), abi.encode(garbage)), 0, "garbage");
    }

    /// @dev What is no point burns all that the precompile is given: that must not be all that there is.
    function test_Verify_WhenProofIsNone() external view {
        bytes memory proof = withBytes(chain.proof, 64, outside);
        (IProofs.Job memory job, bytes32 outputRoot) = (jobOf(key, chain.inputRoot), chain.outputRoot);
        uint256 before = gasleft();
        assertEq(groth16.verify(job, outputRoot, 0, proof), 0, "none");
        assertLe(before - gasleft(), 240_000, "hardly more than a proof costs");
    }

    function test_Kind() external view {
        assertEq(groth16.kind(), 3, "groth16");
    }

    function verdict(Vector memory vector, bytes32 of_, bytes memory proof) private view returns (uint8) {
        return groth16.verify(jobOf(of_, vector.inputRoot), vector.outputRoot, vector.statement, proof);
    }

    function jobOf(bytes32 of_, bytes32 inputRoot) private pure returns (IProofs.Job memory job) {
        (job.key, job.inputRoot) = (of_, inputRoot);
    }

    /* BYTES */

    function wordOf(bytes memory text, uint256 at) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(text, 32), at))
        }
    }

    function withWord(bytes memory text, uint256 at, uint256 word) private pure returns (bytes memory) {
        return withBytes(text, at, abi.encode(word));
    }

    function withBytes(bytes memory text, uint256 at, bytes memory what) private pure returns (bytes memory) {
        uint256 rest = at + what.length;
        return bytes.concat(part(text, 0, at), what, part(text, rest, text.length - rest));
    }

    function part(bytes memory text, uint256 at, uint256 length) private pure returns (bytes memory some) {
        some = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            some[i] = text[at + i];
        }
    }
}
