// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofs} from "../../src/interfaces/IProofs.sol";
import {JobId} from "../../src/types/Ids.sol";
import {ProofsBase} from "../ProofsBase.t.sol";

/// @dev Gas of whole transactions. Nothing has a first time but the counter of jobs: each job has a word of its own.
/// forge-config: default.isolate = true
contract ProofsGasTest is ProofsBase {
    uint256 private constant GROTH16_BUDGET = 250_000;

    function test_Gas_Groth16() external {
        (JobId job, IProofs.Job memory asked) = _askProved();
        proofs.prove(job, asked, chain.outputRoot, chain.proof);
        assertLe(vm.snapshotGasLastCall("Proofs", "groth16"), GROTH16_BUDGET, "groth16");
    }

    function test_Gas_Receipts() external {
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, keccak256("input"));
        bytes32 statement = proofs.statementOf(asked, keccak256("output"));
        proofs.prove(job, asked, keccak256("output"), _receipt(gateway, provider, statement));
        vm.snapshotGasLastCall("Proofs", "receipts");
    }

    function test_Gas_Ask() external {
        _ask(AGREED, keccak256("input"));
        vm.prank(customer);
        proofs.ask(AGREED, 0, keccak256("input"));
        vm.snapshotGasLastCall("Proofs", "ask");
    }

    function test_Gas_RegisterKey() external {
        bytes memory key = chain.key;
        // Another point for the constant makes another key.
        for (uint256 i = 0; i < 64; ++i) {
            key[448 + i] = key[640 + i];
        }
        groth16.register(key);
        vm.snapshotGasLastCall("Proofs", "register_key");
    }
}
