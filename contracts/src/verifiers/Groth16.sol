// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGroth16} from "../interfaces/IGroth16.sol";
import {IJobVerifier, IProofs} from "../interfaces/IProofs.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {SSTORE2} from "solady/utils/SSTORE2.sol";

/// @dev Groth 2016, "On the size of pairing-based non-interactive arguments":
/// `e(A, B) = e(alpha, beta) e(sum, gamma) e(C, delta)`, where `sum` is the key's points weighed with the public inputs.
contract Groth16 is IGroth16 {
    /// @dev alpha, beta, gamma, delta, and a point for the constant and each of the three inputs.
    uint256 private constant KEY_BYTES = 704;
    /// @dev In a key, the first of the four.
    uint256 private constant POINTS_AT = 448;
    /// @dev A, B, C.
    uint256 private constant PROOF_BYTES = 256;
    uint256 private constant POINT = 64;
    /// @dev Of pairs for the precompile, in the order of the equation.
    uint256 private constant PAIRS_BYTES = 768;
    uint256 private constant SUM_AT = 384;
    uint256 private constant C_AT = 576;
    uint8 private constant KIND = 3;
    uint8 private constant PROVEN = 1;

    /* KEYS */

    /// @inheritdoc IGroth16
    function register(bytes calldata encoded) external returns (bytes32 key) {
        require(_isKey(encoded), KeyInvalid());
        key = keccak256(encoded);
        require(_placeOf(key).code.length == 0, KeyKnown(key));
        emit KeyRegistered(key, msg.sender);
        SSTORE2.writeDeterministic(encoded, key);
    }

    /// @dev Zero among the points, or gamma that is delta but for its sign, lets anybody prove anything; zero for an
    /// input leaves it out. Who made the key could prove anything, too, if he kept what it was made from: that no check can
    /// tell.
    function _isKey(bytes calldata encoded) private view returns (bool) {
        if (encoded.length != KEY_BYTES) return false;
        uint256[22] memory words = abi.decode(encoded, (uint256[22]));
        if (!Bn254.isPoint(words[0], words[1])) return false;
        for (uint256 i = 14; i < 22; i += 2) {
            if (!Bn254.isPoint(words[i], words[i + 1])) return false;
        }
        // The same first coordinate: the points are the same, or one is the other's negative.
        if (words[6] == words[10] && words[7] == words[11]) return false;
        return _arePointsOfG2(words);
    }

    /// @dev beta, gamma and delta: the precompile knows whether they are on the curve and in the group.
    function _arePointsOfG2(uint256[22] memory words) private view returns (bool) {
        uint256[18] memory pairs;
        for (uint256 i = 0; i < 3; ++i) {
            // Any point of G1.
            (pairs[6 * i], pairs[6 * i + 1]) = (1, 2);
            uint256 sum = 0;
            for (uint256 j = 0; j < 4; ++j) {
                pairs[6 * i + 2 + j] = words[2 + 4 * i + j];
                sum |= pairs[6 * i + 2 + j];
            }
            if (sum == 0) return false;
        }
        uint256 input;
        assembly ("memory-safe") {
            input := pairs
        }
        return Bn254.arePairs(input, 3);
    }

    /// @dev A key is the code of a contract, whose address follows from its name: no word is read to find it.
    function _placeOf(bytes32 key) private view returns (address) {
        return SSTORE2.predictDeterministicAddress(key);
    }

    /* PROOFS */

    /// @inheritdoc IJobVerifier
    function verify(IProofs.Job calldata job, bytes32 outputRoot, bytes32 statement, bytes calldata proof)
        external
        view
        returns (uint8)
    {
        (uint256 input, uint256 output) = (uint256(job.inputRoot), uint256(outputRoot));
        if (proof.length != PROOF_BYTES || input >= Bn254.R || output >= Bn254.R) return 0;
        (uint256 pairs, uint256 key) = _load(_placeOf(job.key), proof);
        if (key == 0) return 0;
        // No place in memory overflows.
        unchecked {
            uint256 sum = key + KEY_BYTES;
            bool isDone = Bn254.addMultiple(sum, sum - 3 * POINT, uint256(statement) % Bn254.R);
            isDone = Bn254.addMultiple(sum, sum - 2 * POINT, input) && isDone;
            isDone = Bn254.addMultiple(sum, sum - POINT, output) && isDone;
            assembly ("memory-safe") {
                mcopy(add(pairs, SUM_AT), sum, POINT)
            }
            return isDone && Bn254.cancels(pairs, 4) ? PROVEN : 0;
        }
    }

    /// @dev Room in memory for four pairs, the key, and the sum with what `addMultiple` needs behind it. All are filled,
    /// but for the sum's place among the pairs; the sum begins with the point for the constant. A is made its negative:
    /// what is no coordinate stays none, so that the precompile refuses it. `key` is zero where there is none.
    function _load(address place, bytes calldata proof) private view returns (uint256 pairs, uint256 key) {
        uint256 p = Bn254.P;
        assembly ("memory-safe") {
            // Before the code is a byte that stops whoever calls it.
            if eq(extcodesize(place), add(KEY_BYTES, 1)) {
                pairs := mload(0x40)
                key := add(pairs, PAIRS_BYTES)
                mstore(0x40, add(add(key, KEY_BYTES), 160))
                extcodecopy(place, key, 1, KEY_BYTES)
                mcopy(add(key, KEY_BYTES), add(key, POINTS_AT), POINT)
                // A, B; alpha, beta; gamma; C; delta.
                calldatacopy(pairs, proof.offset, 192)
                mstore(add(pairs, 32), sub(p, mload(add(pairs, 32))))
                mcopy(add(pairs, 192), key, 192)
                mcopy(add(pairs, 448), add(key, 192), 128)
                calldatacopy(add(pairs, C_AT), add(proof.offset, 192), POINT)
                mcopy(add(pairs, 640), add(key, 320), 128)
            }
        }
    }

    /* VIEWS */

    /// @inheritdoc IJobVerifier
    function kind() external pure returns (uint8) {
        return KIND;
    }

    /// @inheritdoc IGroth16
    function keyOf(bytes32 key) external view returns (bytes memory encoded) {
        address place = _placeOf(key);
        if (place.code.length != 0) encoded = SSTORE2.read(place);
    }
}
