// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkVerifier} from "../interfaces/IWorkVerifier.sol";
import {Blake2b} from "../libraries/Blake2b.sol";

/// @dev Equihash (Biryukov and Khovratovich 2016) in the form that Zcash specifies: 2^k indices whose hashes of n bits, joined in
/// pairs by exclusive or, lose n / (k + 1) leading bits at each level of the tree and all at its root.
/// A solution is the indices of n / (k + 1) + 1 bits each, the highest bit first, without gaps.
contract Equihash is IWorkVerifier {
    uint256 private immutable bits;
    uint256 private immutable levels;
    uint256 private immutable collisionBits;
    uint256 private immutable hashesPerDigest;
    bytes32 private immutable tail;

    /// @dev Whole bytes everywhere, and hashes of one word, so that nothing needs a rule for what is left over.
    error ParametersUnsupported(uint256 n, uint256 k);

    /// @dev `personalisation` tells this work from anybody else's: nobody's solutions elsewhere are any here.
    constructor(uint32 n, uint32 k, bytes8 personalisation) {
        require(k >= 3 && k <= 8 && n <= 256 && n % 8 == 0 && n % (k + 1) == 0, ParametersUnsupported(n, k));
        require(n / (k + 1) <= 31, ParametersUnsupported(n, k));
        bits = n;
        levels = k;
        collisionBits = n / (k + 1);
        hashesPerDigest = 512 / n;
        tail = bytes32(bytes.concat(bytes16(0), personalisation, _littleEndian(n), _littleEndian(k)));
    }

    /// @inheritdoc IWorkVerifier
    function verify(bytes32 challenge, uint64 nonce, bytes calldata solution) external view returns (bool) {
        unchecked {
            uint256 width = collisionBits + 1;
            if (solution.length * 8 != width << levels) return false;
            uint256[] memory indices = _indices(solution, width);
            if (!_areDistinct(indices)) return false;
            uint256 digestBytes = hashesPerDigest * bits / 8;
            uint256 input = Blake2b.prepare(abi.encodePacked(challenge, nonce, bytes4(0)), digestBytes, tail);
            return _isTree(indices, _hashes(indices, input));
        }
    }

    function _indices(bytes calldata solution, uint256 width) private view returns (uint256[] memory indices) {
        unchecked {
            indices = new uint256[](2 ** levels);
            for (uint256 i = 0; i < indices.length; ++i) {
                uint256 index;
                uint256 at = i * width;
                // What is read behind the solution's end is shifted out.
                assembly ("memory-safe") {
                    index := calldataload(add(solution.offset, shr(3, at)))
                    index := shr(sub(256, width), shl(and(at, 7), index))
                }
                indices[i] = index;
            }
        }
    }

    function _areDistinct(uint256[] memory indices) private pure returns (bool areDistinct) {
        assembly ("memory-safe") {
            areDistinct := 1
            let end := add(add(indices, 32), shl(5, mload(indices)))
            for { let i := add(indices, 32) } lt(i, end) { i := add(i, 32) } {
                let index := mload(i)
                for { let j := add(i, 32) } lt(j, end) { j := add(j, 32) } {
                    areDistinct := and(areDistinct, iszero(eq(index, mload(j))))
                }
            }
        }
    }

    /// @dev The hash of each index in the highest bits of a word. One digest has the hashes of `hashesPerDigest` indices in turn.
    function _hashes(uint256[] memory indices, uint256 input) private view returns (uint256[] memory hashes) {
        unchecked {
            hashes = new uint256[](indices.length);
            for (uint256 i = 0; i < indices.length; ++i) {
                bytes4 counter = _littleEndian(uint32(indices[i] / hashesPerDigest));
                uint256 at = input + Blake2b.MESSAGE_AT + 40;
                assembly ("memory-safe") {
                    mstore(at, counter)
                }
                (bytes32 first, bytes32 second) = Blake2b.run(input);
                uint256 skip = bits * (indices[i] % hashesPerDigest);
                // Shifts of a whole word or more, of either sign, leave zero.
                uint256 hash =
                    (uint256(first) << skip) | (uint256(second) >> (256 - skip)) | (uint256(second) << (skip - 256));
                hashes[i] = hash >> (256 - bits) << (256 - bits);
            }
        }
    }

    /// @dev Every left branch begins with the lower index, so that each solution has one form.
    function _isTree(uint256[] memory indices, uint256[] memory hashes) private view returns (bool) {
        unchecked {
            for (uint256 level = 1; level <= levels; ++level) {
                uint256 zeros = level == levels ? bits : level * collisionBits;
                uint256 half = 2 ** (level - 1);
                for (uint256 i = 0; i < indices.length; i += 2 * half) {
                    if (indices[i] >= indices[i + half]) return false;
                    hashes[i] ^= hashes[i + half];
                    if (hashes[i] >> (256 - zeros) != 0) return false;
                }
            }
            return true;
        }
    }

    function _littleEndian(uint32 x) private pure returns (bytes4) {
        return bytes4((x << 24) | ((x & 0xff00) << 8) | ((x >> 8) & 0xff00) | (x >> 24));
    }
}
