// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strata} from "../../src/libraries/Strata.sol";
import {JobId} from "../../src/types/Ids.sol";
import {Batches} from "../Batches.sol";
import {SampledBase} from "../SampledBase.t.sol";

/// @dev Whole transactions in the steady state: accounts have been paid and credited before.
/// forge-config: default.isolate = true
contract SampledGasTest is SampledBase {
    uint32 private constant MANY = 2 ** 20;

    function setUp() public override {
        super.setUp();
        JobId first = _play(0, _right(), [_right(), _right(), _right()]);
        _finish(first);
        vm.prank(issuer);
        usd.mint(address(sampled), 1);
    }

    function test_Commit() external {
        JobId job = _ask();
        _approve(host, samplePay + 1);
        vm.prank(host);
        sampled.commit(job, asked, "root", MANY, 0);
        vm.snapshotGasLastCall("Sampled", "commit");
    }

    /// @dev A million chunks: a tree of depth 20, of which only what is around the chunks that will be drawn is built.
    function test_Open() external {
        JobId job = _ask();
        uint256 number = vm.getBlockNumber();
        vm.roll(number + 5);
        uint32[] memory chunks = Strata.chunksOf(keccak256(abi.encode(blockhash(number + 4), job)), MANY);
        vm.roll(number);
        bytes32[] memory outputs = new bytes32[](chunks.length);
        for (uint256 i = 0; i < chunks.length; ++i) {
            outputs[i] = keccak256(abi.encode("output", i));
        }
        (bytes32 root, bytes32[] memory siblings) = Batches.sparse(chunks, outputs, 20);
        _approve(host, samplePay);
        vm.prank(host);
        sampled.commit(job, asked, root, MANY, 0);
        _draw(job);
        _skip(6 hours + 1);
        assertEq(outputs.length, 16, "sixteen openings");
        sampled.open(job, outputs, siblings);
        uint256 used = vm.snapshotGasLastCall("Sampled", "sampled_16");
        assertLe(used, 290_000, "sampled with 16 openings of depth 20");
    }

    function test_Draw() external {
        JobId job = _committed();
        vm.roll(vm.getBlockNumber() + 5);
        sampled.draw(job);
        vm.snapshotGasLastCall("Sampled", "draw");
    }

    function test_Seal() external {
        JobId job = _drawnJob();
        address executor = sampled.executorsOf(job)[0];
        _approve(executor, sampleBond + 1);
        vm.prank(executor);
        sampled.seal(job, "seal");
        vm.snapshotGasLastCall("Sampled", "seal");
    }

    function test_Reveal() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        bytes32[] memory some = _drawn(job, _right());
        vm.prank(sampled.executorsOf(job)[0]);
        sampled.reveal(job, some, SALT);
        vm.snapshotGasLastCall("Sampled", "reveal");
    }

    function test_Finish() external {
        JobId job = _play(0, _right(), [_right(), _right(), _right()]);
        sampled.finish(job, asked);
        vm.snapshotGasLastCall("Sampled", "finish");
    }

    function test_FinishDisputed() external {
        JobId job = _play(0, _wrong("way"), [_right(), _right(), _right()]);
        sampled.finish(job, asked);
        vm.snapshotGasLastCall("Sampled", "finish_disputed");
    }
}
