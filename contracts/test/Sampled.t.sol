// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../src/interfaces/IMatching.sol";
import {ISampled} from "../src/interfaces/ISampled.sol";
import {FaultId, JobId, OfferId} from "../src/types/Ids.sol";
import {KeyRoles} from "../src/types/Roles.sol";
import {Batches} from "./Batches.sol";
import {SampledBase} from "./SampledBase.t.sol";

/// @dev The stages, one after the other, and who may take each when.
contract SampledTest is SampledBase {
    function _stage(JobId job, uint8 stage) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISampled.StageWrong.selector, job, stage);
    }

    function _error(bytes4 selector, JobId job, uint256 argument) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, job, argument);
    }

    /* COMMIT */

    function _refusedCommit(bytes memory error, JobId job, bytes32 root, uint32 chunks) private {
        vm.expectRevert(error);
        vm.prank(host);
        sampled.commit(job, asked, root, chunks, 0);
    }

    function test_Commit_RevertWhen_JobWrong() external {
        JobId job = _ask();
        asked.inputRoot = "other input";
        _refusedCommit(abi.encodeWithSelector(ISampled.JobWrong.selector, job), job, "root", 8);
    }

    function test_Commit_RevertWhen_JobUnknown() external {
        _ask();
        _refusedCommit(abi.encodeWithSelector(ISampled.JobWrong.selector, 2), JobId.wrap(2), "root", 8);
    }

    function test_Commit_RevertWhen_KindWrong() external {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        (request.proofKind, request.verificationKey) = (3, "key");
        id = _request(request);
        vm.prank(address(matching));
        deals.assign(id, 0, OfferId.wrap(1));
        _ready(id, 0);
        JobId job = _ask();
        _refusedCommit(abi.encodeWithSelector(ISampled.KindWrong.selector, 3), job, "root", 8);
    }

    function test_Commit_RevertWhen_CallerNotProvider() external {
        JobId job = _ask();
        vm.expectRevert(abi.encodeWithSelector(ISampled.NotProvider.selector, customer, host));
        vm.prank(customer);
        sampled.commit(job, asked, "root", 8, 0);
    }

    function test_Commit_RevertWhen_TooLate() external {
        JobId job = _ask();
        uint256 closedAt = block.timestamp + 7 days;
        _skip(7 days + 1);
        _refusedCommit(abi.encodeWithSelector(ISampled.CommitTooLate.selector, closedAt), job, "root", 8);
    }

    function test_Commit_RevertWhen_RootZero() external {
        _refusedCommit(abi.encodeWithSelector(ISampled.OutputRootZero.selector), _ask(), 0, 8);
    }

    function test_Commit_RevertWhen_ChunksOutOfRange(uint32 chunks) external {
        if (chunks != 0) chunks = uint32(bound(chunks, 2 ** 20 + 1, type(uint32).max));
        _refusedCommit(abi.encodeWithSelector(ISampled.ChunksOutOfRange.selector, chunks), _ask(), "root", chunks);
    }

    function test_Commit_RevertWhen_CommittedAlready() external {
        JobId job = _committed();
        _refusedCommit(_stage(job, 1), job, "root", 8);
    }

    function test_Commit_WhenProvider() external {
        JobId job = _ask();
        _approve(host, samplePay);
        vm.expectEmit(address(sampled));
        emit ISampled.SampleCommitted(job, host, "root", 8, "plants", samplePay);
        vm.prank(host);
        sampled.commit(job, asked, "root", 8, "plants");
        ISampled.Sample memory sample = sampled.sampleOf(job);
        assertEq(sample.stage, 1, "committed");
        assertEq(sample.chunks, 8, "how many chunks");
        assertEq(sample.committedAt, block.timestamp, "when");
        assertEq(sample.committedBlock, vm.getBlockNumber(), "in which block");
        assertEq(sample.outputRoot, "root", "to what");
        assertEq(sample.plants, "plants", "and what was planted");
        assertEq(sampled.chunksOf(job).length, 0, "no chunk is drawn");
        assertEq(sampled.executorsOf(job).length, 0, "nor a prober");
        _assertSolvent(samplePay);
    }

    function test_Commit_WhenServeKey() external {
        JobId job = _ask();
        vm.prank(host);
        staking.setKey(friend, KeyRoles.SERVE, uint40(block.timestamp + 30 days));
        _approve(friend, samplePay);
        vm.prank(friend);
        sampled.commit(job, asked, "root", 8, 0);
        assertEq(sampled.sampleOf(job).stage, 1, "and it pays");
    }

    /* DRAW */

    function test_Draw_RevertWhen_NotCommitted() external {
        JobId job = _ask();
        vm.expectRevert(_stage(job, 0));
        sampled.draw(job);
    }

    function test_Draw_RevertWhen_TooEarly() external {
        JobId job = _committed();
        uint256 opensAt = vm.getBlockNumber() + 5;
        vm.roll(opensAt - 1);
        vm.expectRevert(abi.encodeWithSelector(ISampled.DrawTooEarly.selector, opensAt));
        sampled.draw(job);
        vm.roll(opensAt);
        sampled.draw(job);
    }

    function test_Draw_RevertWhen_TooLate() external {
        JobId job = _committed();
        uint256 closedAt = vm.getBlockNumber() + 4 + 8191;
        vm.roll(closedAt + 1);
        vm.expectRevert(abi.encodeWithSelector(ISampled.DrawTooLate.selector, closedAt));
        sampled.draw(job);
    }

    function test_Draw_RevertWhen_DrawnAlready() external {
        JobId job = _drawnJob();
        vm.expectRevert(_stage(job, 2));
        sampled.draw(job);
    }

    function test_Draw_WhenAnybody() external {
        JobId job = _committed();
        uint256 drawBlock = vm.getBlockNumber() + 4;
        vm.roll(drawBlock + 1);
        bytes32 seed = keccak256(abi.encode(blockhash(drawBlock), job));
        address[] memory drawn = probers.executorsOf(job, seed, _day(), 3);
        vm.expectEmit(address(sampled));
        emit ISampled.SampleDrawn(job, seed, _day());
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(sampled));
            emit ISampled.SampleExecutor(job, drawn[i]);
        }
        vm.prank(stranger);
        sampled.draw(job);
        assertEq(sampled.sampleOf(job).stage, 2, "drawn");
        assertEq(sampled.sampleOf(job).seed, seed, "by the fourth block after the commit");
        assertEq(sampled.executorsOf(job), drawn, "three probers");
        uint32[] memory chunks = sampled.chunksOf(job);
        assertGt(chunks.length, 8, "chunks");
        assertLe(chunks.length, 16, "sixteen at most");
    }

    /// @dev Later than the opcode knows, by the history contract, the same chunks are drawn.
    function test_Draw_WhenHistoryKnowsTheBlock() external {
        JobId job = _committed();
        uint256 drawBlock = vm.getBlockNumber() + 4;
        vm.roll(drawBlock + 1000);
        vm.expectPartialRevert(ISampled.DrawTooLate.selector);
        sampled.draw(job);
        address history = 0x0000F90827F1C53a10cb7A02335B175320002935;
        vm.mockCall(history, abi.encode(drawBlock), abi.encode(bytes32("hash")));
        sampled.draw(job);
        assertEq(sampled.sampleOf(job).seed, keccak256(abi.encode(bytes32("hash"), job)), "the seed it had");
    }

    function test_Draw_WhenDayIsNotOpen() external {
        JobId job = _committed();
        _skip(1 days);
        (bytes32 opened,,) = probers.dayOf(_day());
        assertEq(opened, 0, "not open");
        assertEq(_draw(job).length, 3, "it opens the day");
    }

    function test_Draw_GivenProbersTooFew() external {
        for (uint256 i = 0; i < 7; ++i) {
            vm.prank(crew[i]);
            probers.leave();
        }
        _skip(1 days);
        JobId job = _committed();
        assertEq(_draw(job).length, 0, "nobody is drawn");
        vm.expectEmit(address(sampled));
        emit ISampled.SampleFinished(job, 0, FaultId.wrap(0));
        _finish(job);
        assertEq(sampled.creditOf(host), samplePay, "the provider has its pay back");
        _assertVerdict(job, 0, "unproven");
        _assertSolvent(samplePay);
    }

    /* SEAL */

    function test_Seal_RevertWhen_NotDrawn() external {
        JobId job = _committed();
        vm.expectRevert(_stage(job, 1));
        sampled.seal(job, "seal");
    }

    function test_Seal_RevertWhen_CallerNotExecutor() external {
        JobId job = _drawnJob();
        vm.expectRevert(abi.encodeWithSelector(ISampled.NotExecutor.selector, job, stranger));
        vm.prank(stranger);
        sampled.seal(job, "seal");
    }

    function test_Seal_RevertWhen_SealedAlready() external {
        JobId job = _drawnJob();
        _seal(job, 0, _right());
        address executor = sampled.executorsOf(job)[0];
        vm.expectRevert(abi.encodeWithSelector(ISampled.SealedAlready.selector, job, executor));
        vm.prank(executor);
        sampled.seal(job, "other seal");
    }

    function test_Seal_RevertWhen_TooLate() external {
        JobId job = _drawnJob();
        uint256 closedAt = block.timestamp + 6 hours;
        _skip(6 hours + 1);
        address executor = sampled.executorsOf(job)[0];
        vm.expectRevert(_error(ISampled.SealingOver.selector, job, closedAt));
        vm.prank(executor);
        sampled.seal(job, "seal");
    }

    function test_Seal_WhenExecutor() external {
        JobId job = _drawnJob();
        address executor = sampled.executorsOf(job)[1];
        _approve(executor, sampleBond);
        vm.expectEmit(address(sampled));
        emit ISampled.OutputsSealed(job, executor, "seal", sampleBond);
        vm.prank(executor);
        sampled.seal(job, "seal");
        assertEq(usd.balanceOf(executor), 0, "with its bond");
        _assertSolvent(samplePay + sampleBond);
    }

    /* OPEN */

    function _refusedOpen(bytes memory error, JobId job) private {
        bytes32[] memory some = _drawn(job, _right());
        bytes32[] memory siblings = Batches.siblingsOf(_right(), sampled.chunksOf(job));
        vm.expectRevert(error);
        sampled.open(job, some, siblings);
    }

    function test_Open_RevertWhen_NotDrawn() external {
        JobId job = _committed();
        _refusedOpen(_stage(job, 1), job);
    }

    function test_Open_RevertWhen_OpenedAlready() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        _open(job, _right());
        _refusedOpen(_stage(job, 3), job);
    }

    /// @dev Who could still seal could seal what was opened.
    function test_Open_RevertWhen_SealingRuns() external {
        JobId job = _drawnJob();
        uint256 until = block.timestamp + 6 hours;
        _seal(job, 0, _right());
        _seal(job, 1, _right());
        _skip(6 hours);
        _refusedOpen(_error(ISampled.SealingRunning.selector, job, until), job);
    }

    function test_Open_RevertWhen_TooLate() external {
        JobId job = _drawnJob();
        uint256 closedAt = block.timestamp + 12 hours;
        _skip(12 hours + 1);
        _refusedOpen(_error(ISampled.OpeningOver.selector, job, closedAt), job);
    }

    function test_Open_RevertWhen_OutputsMissing() external {
        JobId job = _drawnJob();
        _skip(6 hours + 1);
        uint256 need = sampled.chunksOf(job).length;
        vm.expectRevert(abi.encodeWithSelector(ISampled.OutputsCountWrong.selector, need - 1, need));
        sampled.open(job, new bytes32[](need - 1), new bytes32[](0));
    }

    function test_Open_RevertWhen_PathWrong(uint256 index, bytes32 wrong) external {
        JobId job = _drawnJob();
        _skip(6 hours + 1);
        bytes32[] memory some = _drawn(job, _right());
        bytes32[] memory siblings = Batches.siblingsOf(_right(), sampled.chunksOf(job));
        index = bound(index, 0, siblings.length - 1);
        vm.assume(siblings[index] != wrong);
        siblings[index] = wrong;
        vm.expectRevert(abi.encodeWithSelector(ISampled.ChunksWrong.selector, job));
        sampled.open(job, some, siblings);
    }

    function test_Open_WhenAnybody() external {
        JobId job = _drawnJob();
        _skip(6 hours + 1);
        bytes32[] memory some = _drawn(job, _right());
        bytes32[] memory siblings = Batches.siblingsOf(_right(), sampled.chunksOf(job));
        vm.expectEmit(address(sampled));
        emit ISampled.ChunksOpened(job, keccak256(abi.encode(some)));
        vm.prank(stranger);
        sampled.open(job, some, siblings);
        assertEq(sampled.sampleOf(job).stage, 3, "opened");
    }

    function test_Open_WhenAllSealed() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        _open(job, _right());
        assertEq(sampled.sampleOf(job).stage, 3, "without waiting");
    }

    function test_Open_GivenFewChunks(uint256 count) external {
        count = bound(count, 1, 16);
        bytes32[] memory outputs = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            outputs[i] = bytes32(i + 1);
        }
        JobId job = _commit(outputs, 0);
        _draw(job);
        _skip(6 hours + 1);
        assertEq(sampled.chunksOf(job).length, count, "all of them");
        _open(job, outputs);
        assertEq(sampled.sampleOf(job).stage, 3, "opened whole");
    }

    /* REVEAL */

    function test_Reveal_RevertWhen_NotDrawn() external {
        JobId job = _committed();
        vm.expectRevert(_stage(job, 1));
        sampled.reveal(job, new bytes32[](16), SALT);
    }

    function test_Reveal_RevertWhen_SealingRuns() external {
        JobId job = _drawnJob();
        _seal(job, 0, _right());
        address executor = sampled.executorsOf(job)[0];
        vm.expectRevert(_error(ISampled.SealingRunning.selector, job, block.timestamp + 6 hours));
        vm.prank(executor);
        sampled.reveal(job, new bytes32[](16), SALT);
    }

    function test_Reveal_RevertWhen_TooLate() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        uint256 closedAt = block.timestamp + 12 hours;
        _skip(12 hours + 1);
        address executor = sampled.executorsOf(job)[0];
        vm.expectRevert(_error(ISampled.OpeningOver.selector, job, closedAt));
        vm.prank(executor);
        sampled.reveal(job, new bytes32[](16), SALT);
    }

    function test_Reveal_RevertWhen_CallerNotExecutor() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        vm.expectRevert(abi.encodeWithSelector(ISampled.NotExecutor.selector, job, stranger));
        vm.prank(stranger);
        sampled.reveal(job, new bytes32[](16), SALT);
    }

    function test_Reveal_RevertWhen_NotSealed() external {
        JobId job = _drawnJob();
        _skip(6 hours + 1);
        address executor = sampled.executorsOf(job)[0];
        vm.expectRevert(abi.encodeWithSelector(ISampled.NotSealed.selector, job, executor));
        vm.prank(executor);
        sampled.reveal(job, new bytes32[](16), SALT);
    }

    function test_Reveal_RevertWhen_RevealedAlready() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        _reveal(job, 0, _right());
        address executor = sampled.executorsOf(job)[0];
        vm.expectRevert(abi.encodeWithSelector(ISampled.NotSealed.selector, job, executor));
        vm.prank(executor);
        sampled.reveal(job, new bytes32[](16), SALT);
    }

    function test_Reveal_RevertWhen_OutputsMissing() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        uint256 need = sampled.chunksOf(job).length;
        address executor = sampled.executorsOf(job)[0];
        vm.expectRevert(abi.encodeWithSelector(ISampled.OutputsCountWrong.selector, need + 1, need));
        vm.prank(executor);
        sampled.reveal(job, new bytes32[](need + 1), SALT);
    }

    function test_Reveal_RevertWhen_NotWhatWasSealed(bytes32 salt) external {
        vm.assume(salt != SALT);
        JobId job = _drawnJob();
        _sealAll(job, _right());
        address executor = sampled.executorsOf(job)[0];
        bytes memory error = abi.encodeWithSelector(ISampled.RevealWrong.selector, job, executor);
        bytes32[] memory some = _drawn(job, _wrong("way"));
        vm.startPrank(executor);
        vm.expectRevert(error);
        sampled.reveal(job, some, SALT);
        some = _drawn(job, _right());
        vm.expectRevert(error);
        sampled.reveal(job, some, salt);
        vm.stopPrank();
    }

    function test_Reveal_WhenExecutor() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        address executor = sampled.executorsOf(job)[2];
        bytes32[] memory some = _drawn(job, _right());
        vm.expectEmit(address(sampled));
        emit ISampled.OutputsRevealed(job, executor, keccak256(abi.encode(some)));
        vm.prank(executor);
        sampled.reveal(job, some, SALT);
        assertEq(sampled.sampleOf(job).stage, 2, "before or after the chunks are opened");
    }

    /* CLAIM */

    function test_Claim_RevertWhen_NothingIsThere() external {
        vm.expectRevert(ISampled.AmountZero.selector);
        vm.prank(stranger);
        sampled.claim(stranger);
    }

    function test_Claim_WhenCredited() external {
        JobId job = _play(0, _right(), [_right(), _right(), _right()]);
        _finish(job);
        address executor = sampled.executorsOf(job)[0];
        uint128 amount = sampleBond + samplePay / 3;
        vm.expectEmit(address(sampled));
        emit ISampled.ExecutorClaimed(executor, friend, amount);
        vm.prank(executor);
        sampled.claim(friend);
        assertEq(usd.balanceOf(friend), amount, "to whom it names");
        assertEq(sampled.creditOf(executor), 0, "once");
        _assertSolvent(samplePay + 3 * uint256(sampleBond) - amount);
    }

    /* VIEWS */

    function test_Rules_AreWhatItWasMadeWith() external view {
        assertEq(sampled.payOf(), samplePay, "pay");
        assertEq(sampled.bondOf(), sampleBond, "bond");
    }

    function test_Surplus_WhenDonated() external {
        vm.prank(issuer);
        usd.mint(address(sampled), 7);
        assertEq(sampled.surplus(), 7, "owed to nobody");
    }
}
