// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../src/interfaces/ICapacity.sol";
import {CommitmentId} from "../src/types/Ids.sol";
import {ToyVerifier} from "./mocks/ToyVerifier.sol";
import {Test} from "forge-std/Test.sol";

/// @dev A prover of its own: solves puzzles, and keeps the leaves of a window as a tree.
abstract contract Work is Test {
    /// @dev All leaves of a commitment and window, and what they are solved for. `layers[0]` are the leaves' hashes, the last is the
    /// root alone.
    struct Sheet {
        uint32 window;
        bytes32 seed;
        address provider;
        uint256 target;
        bytes32 word;
        bytes bitmap;
        uint64[] nonces;
        bytes[] solutions;
        bytes32[][] layers;
        bytes32 root;
    }

    ICapacity internal capacity;
    ToyVerifier internal toy;

    /// @dev The first `filled` puzzles solved.
    function _solved(CommitmentId commitment, uint32 window, uint256 filled)
        internal
        view
        returns (Sheet memory sheet)
    {
        sheet = _blank(commitment, window);
        for (uint32 position = 0; position < filled; ++position) {
            _solveAt(commitment, sheet, position);
        }
        _grow(sheet);
    }

    function _blank(CommitmentId commitment, uint32 window) internal view returns (Sheet memory sheet) {
        ICapacity.Commitment memory pledged = capacity.commitmentOf(commitment);
        uint256 units = pledged.units;
        sheet.window = window;
        sheet.seed = capacity.seedOf(window);
        sheet.provider = pledged.provider;
        sheet.target = capacity.targetOf(pledged.class, window / 24);
        sheet.word = toy.word();
        sheet.bitmap = new bytes(units);
        sheet.nonces = new uint64[](units * 8);
        sheet.solutions = new bytes[](units * 8);
    }

    /// @dev Nonces from one on, until a hash is below the target.
    function _solveAt(CommitmentId commitment, Sheet memory sheet, uint32 position) internal pure {
        bytes32 challenge = keccak256(abi.encode(sheet.seed, sheet.provider, commitment, position));
        uint64 nonce = 0;
        bytes memory solution;
        do {
            solution = abi.encodePacked(bytes16(keccak256(abi.encode(challenge, ++nonce, sheet.word))));
        } while (uint256(keccak256(abi.encodePacked(challenge, nonce, solution))) >= sheet.target);
        _put(sheet, position, nonce, solution);
    }

    /// @dev What a cheater may write anywhere.
    function _put(Sheet memory sheet, uint32 position, uint64 nonce, bytes memory solution) internal pure {
        sheet.nonces[position] = nonce;
        sheet.solutions[position] = solution;
        _claimBit(sheet, position);
    }

    function _claimBit(Sheet memory sheet, uint32 position) internal pure {
        sheet.bitmap[position / 8] |= bytes1(uint8(1 << (position % 8)));
    }

    function _challengeOf(CommitmentId commitment, address account, uint32 window, uint32 position)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(capacity.seedOf(window), account, commitment, position));
    }

    /* TREE */

    function _grow(Sheet memory sheet) internal pure {
        uint256 size = 1;
        uint256 depth = 0;
        for (; size < sheet.nonces.length; size *= 2) {
            ++depth;
        }
        sheet.layers = new bytes32[][](depth + 1);
        sheet.layers[0] = new bytes32[](size);
        for (uint32 i = 0; i < sheet.nonces.length; ++i) {
            if (sheet.solutions[i].length != 0) {
                sheet.layers[0][i] = keccak256(abi.encode(i, sheet.nonces[i], sheet.solutions[i]));
            }
        }
        for (uint256 level = 1; level <= depth; ++level) {
            bytes32[] memory below = sheet.layers[level - 1];
            bytes32[] memory layer = new bytes32[](below.length / 2);
            for (uint256 i = 0; i < layer.length; ++i) {
                layer[i] = keccak256(abi.encode(below[2 * i], below[2 * i + 1]));
            }
            sheet.layers[level] = layer;
        }
        sheet.root = sheet.layers[depth][0];
    }

    function _leafOf(Sheet memory sheet, uint32 position) internal pure returns (ICapacity.Leaf memory leaf) {
        leaf.position = position;
        leaf.nonce = sheet.nonces[position];
        leaf.solution = sheet.solutions[position];
        leaf.path = new bytes32[](sheet.layers.length - 1);
        for (uint256 level = 0; level < leaf.path.length; ++level) {
            leaf.path[level] = sheet.layers[level][(position >> level) ^ 1];
        }
    }

    /* BITMAP */

    function _countOf(bytes memory bitmap) internal pure returns (uint32 bits) {
        for (uint256 i = 0; i < bitmap.length * 8; ++i) {
            if (uint8(bitmap[i / 8]) >> (i % 8) & 1 == 1) ++bits;
        }
    }

    function _positionOf(bytes memory bitmap, uint256 rank) internal pure returns (uint32 position) {
        for (uint256 seen = 0; true; ++position) {
            if (uint8(bitmap[position / 8]) >> (position % 8) & 1 == 0) continue;
            if (seen++ == rank) return position;
        }
    }

    function _claimOf(Sheet memory sheet) internal view returns (ICapacity.Claim memory) {
        return ICapacity.Claim({
            window: sheet.window,
            filled: _countOf(sheet.bitmap),
            blockNumber: uint64(block.number),
            root: sheet.root,
            bitmapHash: keccak256(sheet.bitmap)
        });
    }
}
