// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISampled} from "../../src/interfaces/ISampled.sol";
import {FaultId, JobId} from "../../src/types/Ids.sol";
import {SampledBase} from "../SampledBase.t.sol";

/// @dev What a sample comes to, and when.
contract SampledFinishTest is SampledBase {
    function _stage(JobId job, uint8 stage) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISampled.StageWrong.selector, job, stage);
    }

    function _error(bytes4 selector, JobId job, uint256 argument) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, job, argument);
    }

    function test_Finish_RevertWhen_NotCommitted() external {
        JobId job = _ask();
        vm.expectRevert(_stage(job, 0));
        _finish(job);
    }

    function test_Finish_RevertWhen_FinishedAlready() external {
        JobId job = _play(0, _right(), [_right(), _right(), _right()]);
        _finish(job);
        vm.expectRevert(_stage(job, 4));
        _finish(job);
    }

    function test_Finish_RevertWhen_JobWrong() external {
        JobId job = _play(0, _right(), [_right(), _right(), _right()]);
        asked.provider = stranger;
        vm.expectRevert(abi.encodeWithSelector(ISampled.JobWrong.selector, job));
        _finish(job);
    }

    function test_Finish_RevertWhen_DrawRuns() external {
        JobId job = _committed();
        uint256 until = vm.getBlockNumber() + 4 + 8191;
        vm.roll(until);
        vm.expectRevert(abi.encodeWithSelector(ISampled.DrawRunning.selector, until));
        _finish(job);
    }

    function test_Finish_RevertWhen_SealingRuns() external {
        JobId job = _drawnJob();
        vm.expectRevert(_error(ISampled.OpeningRunning.selector, job, block.timestamp + 6 hours));
        _finish(job);
    }

    function test_Finish_RevertWhen_OpeningRuns() external {
        JobId job = _drawnJob();
        uint256 until = block.timestamp + 12 hours;
        _sealAll(job, _right());
        _revealAll(job, _right());
        _skip(12 hours);
        vm.expectRevert(_error(ISampled.OpeningRunning.selector, job, until));
        _finish(job);
    }

    function test_Finish_RevertWhen_RevealingRuns() external {
        JobId job = _drawnJob();
        uint256 until = block.timestamp + 12 hours;
        _sealAll(job, _right());
        _reveal(job, 0, _right());
        _reveal(job, 1, _right());
        _open(job, _right());
        _skip(12 hours);
        vm.expectRevert(_error(ISampled.OpeningRunning.selector, job, until));
        _finish(job);
    }

    function test_Finish_RevertWhen_PlantsCanBeShown() external {
        JobId job = _play("plants", _right(), [_right(), _right(), _right()]);
        uint256 until = block.timestamp + 18 hours;
        _skip(18 hours);
        vm.expectRevert(_error(ISampled.OpeningRunning.selector, job, until));
        _finish(job);
        _skip(1);
        _finish(job);
        _assertVerdict(job, 1, "proven without them");
    }

    function test_Finish_WhenAllAgree() external {
        JobId job = _play(0, _right(), [_right(), _right(), _right()]);
        vm.expectEmit(address(sampled));
        emit ISampled.SampleFinished(job, 1, FaultId.wrap(0));
        _finish(job);
        _assertVerdict(job, 1, "proven at once");
        assertEq(sampled.sampleOf(job).stage, 4, "finished");
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(_creditAt(job, i), sampleBond + samplePay / 3, "each has a third, and its bond");
        }
        assertEq(sampled.creditOf(host), 0, "nothing is left");
        assertEq(judge.count(), 0, "no fault");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    function test_Finish_WhenTwoAgreeWithTheProvider() external {
        JobId job = _play(0, _right(), [_wrong("way"), _right(), _right()]);
        _finish(job);
        _assertVerdict(job, 1, "proven");
        assertEq(_creditAt(job, 0), sampleBond, "who is wrong is not paid");
        assertEq(sampled.creditOf(host), samplePay / 3, "its pay goes back");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    function test_Finish_WhenTwoAgreeAgainstTheProvider() external {
        (JobId job, FaultId fault) = _disputed(_wrong("way"), [_right(), _right(), _right()]);
        assertEq(FaultId.unwrap(fault), 1, "a fault");
        assertEq(judge.faultOf(fault).kind, WRONG, "for a wrong result");
        assertEq(judge.faultOf(fault).reporter, sampled.executorsOf(job)[0], "reported by the first who found it");
        assertEq(judge.faultOf(fault).amount, _lockOf(id, 0), "all of the lock");
        _assertVerdict(job, 3, "disputed");
        assertEq(_creditAt(job, 0), 0, "nobody is paid before it is decided");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    function test_Finish_WhenTwoAgreeAndNothingCanBeProposed() external {
        (JobId job,) = _disputed(_wrong("way"), [_right(), _right(), _right()]);
        JobId second = _play(0, _wrong("way"), [_wrong("other"), _right(), _right()]);
        vm.expectEmit(address(sampled));
        emit ISampled.SampleFinished(second, 3, FaultId.wrap(0));
        _finish(second);
        _assertVerdict(second, 3, "disputed");
        assertEq(judge.count(), 1, "once a serving");
        assertEq(sampled.creditOf(customer), samplePay / 3, "what nobody earned is the customer's");
        vm.expectRevert(_stage(second, 4));
        sampled.close(second);
        assertEq(sampled.sampleOf(job).stage, 4, "the first one waits");
    }

    function test_Finish_WhenNobodyAgrees() external {
        JobId job = _play(0, _right(), [_wrong("a"), _wrong("b"), _right()]);
        _finish(job);
        _assertVerdict(job, 0, "unproven");
        assertEq(_creditAt(job, 0), sampleBond, "bonds are back");
        assertEq(_creditAt(job, 2), sampleBond + samplePay / 3, "who agrees with the provider is paid");
        assertEq(sampled.creditOf(host), samplePay * 2 / 3, "the rest is the provider's");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    function test_Finish_WhenNobodyDrew() external {
        JobId job = _committed();
        vm.roll(vm.getBlockNumber() + 4 + 8192);
        _finish(job);
        _assertVerdict(job, 0, "unproven");
        assertEq(sampled.creditOf(customer), samplePay, "the provider could have drawn: what it paid is the customer's");
        _assertSolvent(samplePay);
    }

    function test_Finish_WhenNobodyOpened() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        _reveal(job, 0, _right());
        _reveal(job, 1, _right());
        _skip(12 hours + 1);
        _finish(job);
        _assertVerdict(job, 0, "unproven");
        assertEq(_creditAt(job, 0), sampleBond * 3 / 2 + samplePay / 3, "who computed is paid, and shares a bond");
        assertEq(_creditAt(job, 2), 0, "of who did not reveal");
        assertEq(sampled.creditOf(customer), samplePay / 3, "the rest is the customer's");
        assertEq(judge.count(), 0, "no fault");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    function test_Finish_WhenNobodyDidAnything() external {
        JobId job = _drawnJob();
        _skip(12 hours + 1);
        _finish(job);
        assertEq(sampled.creditOf(customer), samplePay, "the provider did not open");
        _assertSolvent(samplePay);
    }

    function test_Finish_WhenOnlyTheProviderActed() external {
        JobId job = _drawnJob();
        _skip(6 hours + 1);
        _open(job, _right());
        _finish(job);
        _assertVerdict(job, 0, "unproven");
        assertEq(sampled.creditOf(host), samplePay, "it has its pay back");
        _assertSolvent(samplePay);
    }
}
