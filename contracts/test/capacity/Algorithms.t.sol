// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity, ICapacityBooks} from "../../src/interfaces/ICapacity.sol";
import {CommitmentId} from "../../src/types/Ids.sol";
import {EquiX} from "../../src/verifiers/EquiX.sol";
import {CapacityBase} from "../CapacityBase.t.sol";
import {StdStorage, stdStorage} from "forge-std/Test.sol";

/// @dev Real Equi-X on chain, from the commit to the payment. The eight puzzles of the first commitment's unit for the seed
/// `keccak256("seed")` were solved by the crate `equix`, nonces from one on until a hash was under a quarter of all.
contract CapacityAlgorithmsTest is CapacityBase {
    using stdStorage for StdStorage;

    /// What a deposit pays for, less the tenth that is its margin.
    uint256 private constant ANSWER_GAS = 1_600_000;
    uint32 private constant SWAPPED = 3;

    uint64[8] private nonces = [2, 5, 2, 2, 10, 1, 3, 2];
    bytes16[8] private solutions = [
        bytes16(0xef133e79b439a2bd1e24f4d3209fb3eb),
        0x5c8931973c491cbe1e1efb39898a7dc2,
        0xc22c7e91a1c786f6d4b7b3fbe405bbfd,
        0x97061b83eb3a0887815b82f09a8fcaf7,
        0xc94408ac937b36d7060c2f77746eb3f9,
        0xd92d52ad172319b6df5b39a17f70f9cd,
        0x6f393041e60e5a709d497c8b006a29e3,
        0x4969b59714aabfd33401358b720d02ed
    ];

    CommitmentId private commitment;

    function setUp() public override {
        super.setUp();
        vm.fee(1 gwei);
        capacity.addClass(1, new EquiX(), type(uint256).max / 4, COLLATERAL);
        vm.prank(provider);
        commitment = capacity.pledge(provider, 1, 1, 14);
        _toWindow((_epoch() + 1) * 24);
        uint32 window = _open();
        stdstore.target(address(capacity)).sig(ICapacity.seedOf.selector).with_key(window)
            .checked_write(keccak256("seed"));
    }

    function _worked() private view returns (Sheet memory sheet) {
        sheet = _blank(commitment, _window());
        for (uint32 i = 0; i < 8; ++i) {
            _put(sheet, i, nonces[i], abi.encodePacked(solutions[i]));
        }
        _grow(sheet);
    }

    function test_Answer_WhenEquiXWasSolved() external {
        Sheet memory sheet = _worked();
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _draw(commitment, claim, true);
        _answer(commitment, sheet, claim);
        uint32 epoch = _epoch();
        _to(_finalAt(epoch));
        capacity.credit(commitment, epoch);
        (,, uint256 weight,,,,) = rewards.credited(commitment, epoch);
        assertEq(weight, uint256(1e6) / 24, "a window of a unit");
    }

    function test_Deliver_WhenEquiXWasSolved() external {
        Sheet memory sheet = _worked();
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        uint256 dearest = 0;
        for (uint32 i = 0; i < 8; ++i) {
            _demand(commitment, sheet, claim, i);
            ICapacity.Leaf memory leaf = _leafOf(sheet, i);
            capacity.deliver(commitment, claim, leaf);
            uint256 used = vm.lastCallGas().gasTotalUsed;
            if (used > dearest) dearest = used;
        }
        // And the transaction itself.
        assertLe(dearest + 21_000 + 8000, ANSWER_GAS, "the deposit is one and a half times more than it costs");
    }

    function test_Convict_GivenEquiXWasSolved(uint32 position) external {
        position = uint32(bound(position, 0, 7));
        Sheet memory sheet = _worked();
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _announce(commitment, sheet.window, position);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.LeafValid.selector, position));
        vm.prank(watcher);
        capacity.convict(commitment, claim, sheet.bitmap, _leafOf(sheet, position), "salt");
    }

    /// @dev Branches of the root swapped, and the nonce moved on until the hash is small enough: it looks like work.
    function test_Convict_WhenEquiXWasFaked() external {
        Sheet memory sheet = _worked();
        bytes memory fake =
            abi.encodePacked(uint64(uint128(solutions[SWAPPED])), uint64(uint128(solutions[SWAPPED]) >> 64));
        bytes32 challenge = capacity.challengeOf(commitment, sheet.window, SWAPPED);
        uint64 nonce = 1;
        while (uint256(keccak256(abi.encodePacked(challenge, nonce, fake))) >= type(uint256).max / 4) ++nonce;
        _put(sheet, SWAPPED, nonce, fake);
        _grow(sheet);
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _convict(commitment, sheet, claim, _leafOf(sheet, SWAPPED));
        assertTrue(capacity.commitmentOf(commitment).isConvicted, "no such solution");
    }
}
