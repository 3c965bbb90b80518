// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISampled} from "../../src/interfaces/ISampled.sol";
import {FaultId, JobId, QuarantineId} from "../../src/types/Ids.sol";
import {SampledBase} from "../SampledBase.t.sol";

/// @dev What becomes of a sample whose provider is contradicted.
contract SampledDisputesTest is SampledBase {
    JobId private job;
    FaultId private fault;

    /// @dev The provider is wrong, two say so, the third agrees with it.
    function _guilty() private {
        (job, fault) = _disputed(_wrong("way"), [_right(), _wrong("way"), _right()]);
    }

    /// @dev The provider is right, two lie.
    function _innocent() private {
        (job, fault) = _disputed(_right(), [_wrong("lie"), _right(), _wrong("lie")]);
    }

    function test_Close_RevertWhen_NotDisputed() external {
        job = _play(0, _right(), [_right(), _right(), _right()]);
        vm.expectRevert(abi.encodeWithSelector(ISampled.StageWrong.selector, job, 3));
        sampled.close(job);
        _finish(job);
        vm.expectRevert(abi.encodeWithSelector(ISampled.StageWrong.selector, job, 4));
        sampled.close(job);
    }

    function test_Close_RevertWhen_NotDecided() external {
        _guilty();
        vm.expectRevert(abi.encodeWithSelector(ISampled.FaultRunning.selector, job, fault));
        sampled.close(job);
        _appeal(fault, host);
        vm.expectRevert(abi.encodeWithSelector(ISampled.FaultRunning.selector, job, fault));
        sampled.close(job);
    }

    function test_Close_RevertWhen_ClosedAlready() external {
        _guilty();
        _skip(36 hours + 1);
        judge.execute(fault);
        sampled.close(job);
        vm.expectRevert(abi.encodeWithSelector(ISampled.StageWrong.selector, job, 5));
        sampled.close(job);
    }

    function test_Close_WhenNotAppealed() external {
        _guilty();
        _skip(36 hours + 1);
        uint256 own = _ownOf(host);
        judge.execute(fault);
        assertGt(own - _ownOf(host), 0, "slashed");
        vm.expectEmit(address(sampled));
        emit ISampled.SampleClosed(job, 1);
        sampled.close(job);
        assertEq(_creditAt(job, 0), sampleBond + samplePay / 3, "who found it is paid");
        assertEq(_creditAt(job, 2), sampleBond + samplePay / 3, "both");
        assertEq(_creditAt(job, 1), sampleBond, "who did not is not");
        assertEq(sampled.creditOf(customer), samplePay / 3, "the rest is the customer's");
        assertEq(sampled.creditOf(host), 0, "and nothing the provider's");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
        _skip(8 days);
        staking.payQuarantine(QuarantineId.wrap(1));
        assertGt(flt.balanceOf(sampled.executorsOf(job)[0]), 0, "the first of them is the reporter");
    }

    function test_Close_WhenPanelConfirms() external {
        _guilty();
        _appeal(fault, host);
        _decide(fault, true);
        sampled.close(job);
        assertEq(_creditAt(job, 0), sampleBond + samplePay / 3, "who found it is paid");
        assertEq(_creditAt(job, 1), sampleBond, "who did not is not");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    function test_Close_WhenPanelAcquits() external {
        _innocent();
        uint256 own = _ownOf(host);
        _appeal(fault, host);
        _decide(fault, false);
        assertEq(_ownOf(host), own, "nothing slashed");
        vm.expectEmit(address(sampled));
        emit ISampled.SampleClosed(job, 2);
        sampled.close(job);
        assertEq(_creditAt(job, 0), 0, "who lied loses pay and bond");
        assertEq(_creditAt(job, 2), 0, "both");
        assertEq(_creditAt(job, 1), sampleBond + samplePay / 3, "who was right is paid");
        assertEq(sampled.creditOf(host), 2 * uint256(sampleBond) + samplePay * 2 / 3, "the rest is the provider's");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    function test_Close_WhenResolverAcquits() external {
        id = _resolvedBy(resolver);
        _innocent();
        _appeal(fault, host);
        vm.prank(resolver);
        judge.resolve(fault, false);
        vm.expectEmit(address(sampled));
        emit ISampled.SampleClosed(job, 3);
        sampled.close(job);
        assertEq(_creditAt(job, 0), sampleBond + samplePay / 3, "nobody loses by it: the customer chose him");
        assertEq(sampled.creditOf(host), samplePay / 3, "the rest is the provider's");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    function test_Close_WhenNobodyDecides() external {
        _guilty();
        _appeal(fault, host);
        _skip(36 hours + 1);
        judge.execute(fault);
        sampled.close(job);
        assertEq(_creditAt(job, 0), sampleBond + samplePay / 3, "no decision takes nobody's bond");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    /* PLANTS */

    function _show(JobId id_) private {
        (uint32[] memory chunks, bytes32[] memory outputs) = _planted();
        sampled.showPlants(id_, chunks, outputs, SALT);
    }

    function _hash() private pure returns (bytes32) {
        (uint32[] memory chunks, bytes32[] memory outputs) = _planted();
        return _plantsHash(chunks, outputs);
    }

    function test_ShowPlants_RevertWhen_NotOpened() external {
        job = _commit(_right(), _hash());
        _draw(job);
        _sealAll(job, _right());
        _revealAll(job, _right());
        vm.expectRevert(abi.encodeWithSelector(ISampled.StageWrong.selector, job, 2));
        _show(job);
    }

    function test_ShowPlants_RevertWhen_RevealingRuns() external {
        job = _commit(_right(), _hash());
        _draw(job);
        _sealAll(job, _right());
        uint256 until = block.timestamp + 12 hours;
        _open(job, _right());
        _reveal(job, 0, _right());
        vm.expectRevert(abi.encodeWithSelector(ISampled.OpeningRunning.selector, job, until));
        _show(job);
    }

    function test_ShowPlants_RevertWhen_TooLate() external {
        job = _play(_hash(), _right(), [_right(), _right(), _right()]);
        uint256 closedAt = block.timestamp + 18 hours;
        _skip(18 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(ISampled.PlantsOver.selector, job, closedAt));
        _show(job);
    }

    function test_ShowPlants_RevertWhen_NotWhatWasPlanted() external {
        job = _play(_hash(), _right(), [_right(), _right(), _right()]);
        (uint32[] memory chunks, bytes32[] memory outputs) = _planted();
        outputs[7] = "another";
        vm.expectRevert(abi.encodeWithSelector(ISampled.PlantsWrong.selector, job));
        sampled.showPlants(job, chunks, outputs, SALT);
    }

    function test_ShowPlants_RevertWhen_NothingWasPlanted() external {
        job = _play(0, _right(), [_right(), _right(), _right()]);
        vm.expectRevert(abi.encodeWithSelector(ISampled.PlantsWrong.selector, job));
        _show(job);
    }

    function test_ShowPlants_RevertWhen_LengthsDiffer() external {
        (uint32[] memory chunks,) = _planted();
        job = _play(_plantsHash(chunks, new bytes32[](3)), _right(), [_right(), _right(), _right()]);
        vm.expectRevert(abi.encodeWithSelector(ISampled.PlantsWrong.selector, job));
        sampled.showPlants(job, chunks, new bytes32[](3), SALT);
    }

    function test_ShowPlants_RevertWhen_ShownAlready() external {
        job = _play(_hash(), _right(), [_right(), _right(), _right()]);
        _show(job);
        vm.expectRevert(abi.encodeWithSelector(ISampled.PlantsWrong.selector, job));
        _show(job);
    }

    function test_ShowPlants_WhenSomebodyCopied() external {
        job = _play(_hash(), _right(), [_right(), _wrong("planted"), _right()]);
        uint16 found = uint16(sampled.chunksOf(job).length);
        vm.expectEmit(address(sampled));
        emit ISampled.PlantsShown(job, found, 1);
        _show(job);
        assertTrue(sampled.sampleOf(job).isShown, "shown");
        _finish(job);
        _assertVerdict(job, 1, "proven: the tree was right");
        assertEq(_creditAt(job, 1), 0, "who copied loses pay and bond");
        uint256 each = sampleBond + samplePay / 3 + (sampleBond + samplePay / 3) / 2;
        assertEq(_creditAt(job, 0), each, "to those who computed");
        assertEq(_creditAt(job, 2), each, "both");
        _assertSolvent(samplePay + 3 * uint256(sampleBond));
    }

    function test_ShowPlants_WhenOneChunkIsPlanted() external {
        bytes32[] memory lazy = _right();
        (uint32[] memory chunks, bytes32[] memory outputs) = (new uint32[](1), new bytes32[](1));
        job = _ask();
        // The seed of the draw is that of the fourth block from here.
        (chunks[0], outputs[0]) = (_drawnChunk(job, 5), "planted");
        lazy[chunks[0]] = "planted";
        _commitOf(job, _right(), _plantsHash(chunks, outputs));
        _draw(job);
        _seal(job, 0, lazy);
        _seal(job, 1, _right());
        _seal(job, 2, _right());
        _open(job, _right());
        _reveal(job, 0, lazy);
        _reveal(job, 1, _right());
        _reveal(job, 2, _right());
        vm.expectEmit(address(sampled));
        emit ISampled.PlantsShown(job, 1, 1);
        sampled.showPlants(job, chunks, outputs, SALT);
        _finish(job);
        assertEq(_creditAt(job, 0), 0, "one is enough");
    }

    function test_ShowPlants_WhenNobodyCopied() external {
        job = _play(_hash(), _right(), [_right(), _wrong("way"), _right()]);
        vm.expectEmit(address(sampled));
        emit ISampled.PlantsShown(job, uint16(sampled.chunksOf(job).length), 0);
        _show(job);
        _finish(job);
        assertEq(_creditAt(job, 1), sampleBond, "to be wrong is not to copy");
    }
}
