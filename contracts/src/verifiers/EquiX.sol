// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkVerifier} from "../interfaces/IWorkVerifier.sol";
import {HashX} from "../libraries/HashX.sol";
import {HashXProgram} from "../libraries/HashXProgram.sol";
import {Lanes} from "../libraries/Lanes.sol";

/// @dev Equi-X: eight 16-bit indices whose HashX hashes, added in pairs, in fours and in all, end in 15, 30 and 60 zero bits.
/// A solution is the indices, two bytes each, the lower byte first.
contract EquiX is IWorkVerifier {
    uint256 private constant INDICES_BYTES = 16;

    /// @inheritdoc IWorkVerifier
    function verify(bytes32 challenge, uint64 nonce, bytes calldata solution) external view returns (bool) {
        if (solution.length != INDICES_BYTES) return false;
        uint256 indices = _indices(bytes16(solution));
        // First what costs nothing: most wrong solutions need no program.
        if (!_isOrdered(indices)) return false;
        (uint256 drawing, uint256 filling) = HashX.keys(abi.encodePacked(challenge, nonce));
        (bool isMade, uint256 program) = HashXProgram.make(drawing);
        if (!isMade) return false;
        (uint256 first, uint256 second) = HashX.run(program, filling, _lanes(indices >> 64), _lanes(indices));
        return _isSum(first, second);
    }

    /// @dev The last index in the highest bits: the solution's bytes in the opposite order.
    function _indices(bytes16 solution) private pure returns (uint256) {
        uint256 halves = Lanes.reversed(uint256(bytes32(solution)));
        return (halves >> 192) | ((halves >> 128) & Lanes.FIRST) << 64;
    }

    /// @dev Of a tree's two branches the left is not the greater, compared from the last index on; so each solution has one form.
    function _isOrdered(uint256 indices) private pure returns (bool) {
        for (uint256 bits = 64; bits >= 16; bits /= 2) {
            uint256 mask = Lanes.FIRST >> (64 - bits);
            for (uint256 at = 0; at < 128; at += 2 * bits) {
                if ((indices >> at) & mask > (indices >> (at + bits)) & mask) return false;
            }
        }
        return true;
    }

    /// @dev Four indices, each in a lane, the last in the first.
    function _lanes(uint256 indices) private pure returns (uint256) {
        return ((indices & (0xffff << 48)) << 144) | ((indices & (0xffff << 32)) << 96)
            | ((indices & (0xffff << 16)) << 48) | (indices & 0xffff);
    }

    function _isSum(uint256 first, uint256 second) private pure returns (bool) {
        // Sums of pairs are in the second and fourth lane; what is carried from lane to lane is masked.
        uint256 pairs = Lanes.add(first, first >> 64, Lanes.ONES);
        uint256 secondPairs = Lanes.add(second, second >> 64, Lanes.ONES);
        uint256 low = (1 << 128) + 1;
        if ((pairs | secondPairs) & (0x7fff * low) != 0) return false;
        uint256 four = Lanes.add(pairs, pairs >> 128, Lanes.ONES);
        uint256 secondFour = Lanes.add(secondPairs, secondPairs >> 128, Lanes.ONES);
        if ((four | secondFour) & 0x3fffffff != 0) return false;
        return Lanes.add(four, secondFour, Lanes.ONES) & 0x0fffffffffffffff == 0;
    }
}
