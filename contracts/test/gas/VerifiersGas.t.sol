// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashX} from "../../src/libraries/HashX.sol";
import {HashXProgram} from "../../src/libraries/HashXProgram.sol";
import {EquiX} from "../../src/verifiers/EquiX.sol";
import {Equihash} from "../../src/verifiers/Equihash.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Gas of whole transactions, and of Equi-X where it goes. A verification costs what its program does: no two are alike, so
/// the budget is asserted of the dearest of 32.
/// forge-config: default.isolate = true
contract VerifiersGasTest is Test {
    uint256 private constant EQUIX = 2_000_000;
    uint256 private constant EQUIHASH = 200_000;

    function test_Gas_EquiX() external {
        EquiX verifier = new EquiX();
        uint256 dearest = 0;
        for (uint256 i = 0; i < 32; ++i) {
            (bytes32 challenge, uint64 nonce, bytes memory solution) = read("tests/data/equix/solutions.txt", 16);
            assertTrue(verifier.verify(challenge, nonce, solution), "solves");
            uint256 spent = i == 0 ? vm.snapshotGasLastCall("Verifiers", "equix_verify") : vm.lastCallGas().gasTotalUsed;
            if (spent > dearest) dearest = spent;
        }
        vm.snapshotValue("Verifiers", "equix_verify_dearest_of_32", dearest);
        assertLe(dearest, EQUIX, "equix_verify");
    }

    /// @dev Of the first of those solutions; its order and its sums are what is left of the whole.
    function test_Gas_EquiXStages() external {
        (bytes32 challenge, uint64 nonce,) = read("tests/data/equix/solutions.txt", 16);
        vm.startSnapshotGas("Verifiers", "equix_stage_1_seed");
        (uint256 drawing, uint256 filling) = HashX.keys(abi.encodePacked(challenge, nonce));
        vm.stopSnapshotGas();
        vm.startSnapshotGas("Verifiers", "equix_stage_2_program");
        (, uint256 program) = HashXProgram.make(drawing);
        vm.stopSnapshotGas();
        vm.startSnapshotGas("Verifiers", "equix_stage_3_hashes");
        HashX.run(program, filling, 0x1234, 0x5678);
        vm.stopSnapshotGas();
    }

    function test_Gas_EquiXWithoutThePrecompile() external {
        EquiX verifier = new EquiX();
        (bytes32 challenge, uint64 nonce, bytes memory solution) = read("tests/data/equix/solutions.txt", 16);
        vm.mockCall(address(9), "", "");
        assertTrue(verifier.verify(challenge, nonce, solution), "solves");
        assertLe(vm.snapshotGasLastCall("Verifiers", "equix_verify_without_precompile"), EQUIX, "without precompile");
    }

    function test_Gas_Equihash() external {
        Equihash verifier = new Equihash(144, 5, "SuretyPW");
        (bytes32 challenge, uint64 nonce, bytes memory solution) = read("tests/data/equihash/144_5.txt", 100);
        assertTrue(verifier.verify(challenge, nonce, solution), "solves");
        assertLe(vm.snapshotGasLastCall("Verifiers", "equihash_144_5_verify"), EQUIHASH, "equihash");
    }

    function read(string memory file, uint256 length)
        private
        view
        returns (bytes32 challenge, uint64 nonce, bytes memory solution)
    {
        bytes memory line = vm.parseBytes(vm.readLine(file));
        solution = new bytes(length);
        assembly ("memory-safe") {
            challenge := mload(add(line, 32))
            nonce := shr(192, mload(add(line, 64)))
            mcopy(add(solution, 32), add(line, 72), length)
        }
    }
}
