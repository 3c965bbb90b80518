// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFaultsBooks} from "../../src/interfaces/IFaults.sol";
import {ISampled} from "../../src/interfaces/ISampled.sol";
import {FaultId, JobId} from "../../src/types/Ids.sol";
import {Batches} from "../Batches.sol";
import {SampledBase} from "../SampledBase.t.sol";

/// @dev What providers, executors and strangers may try, each with what it brings them.
contract SampledAttacksTest is SampledBase {
    /* OPENING */

    function test_Attack_WhenSamplesAreOpenedTwice() external {
        JobId job = _drawnJob();
        _skip(6 hours + 1);
        _open(job, _right());
        bytes32[] memory some = _drawn(job, _right());
        bytes32[] memory siblings = Batches.siblingsOf(_right(), sampled.chunksOf(job));
        vm.expectRevert(abi.encodeWithSelector(ISampled.StageWrong.selector, job, 3));
        sampled.open(job, some, siblings);
    }

    /// @dev Another job's batch has other outputs, or other chunks are drawn of it.
    function test_Attack_WhenSamplesAreOpenedForAnotherJob() external {
        JobId job = _drawnJob();
        JobId other = _commit(_wrong("other input"), 0);
        _draw(other);
        _skip(6 hours + 1);
        bytes32[] memory some = _drawn(job, _right());
        bytes32[] memory siblings = Batches.siblingsOf(_right(), sampled.chunksOf(job));
        vm.expectPartialRevert(
            some.length == sampled.chunksOf(other).length
                ? ISampled.ChunksWrong.selector
                : ISampled.OutputsCountWrong.selector
        );
        sampled.open(other, some, siblings);
        JobId twin = _commit(_right(), 0);
        _draw(twin);
        _skip(6 hours + 1);
        if (some.length != sampled.chunksOf(twin).length) return;
        vm.expectRevert(abi.encodeWithSelector(ISampled.ChunksWrong.selector, twin));
        sampled.open(twin, some, siblings);
    }

    /// @dev What it committed is wrong, and what it opens is right, or the other way round: the path binds.
    function test_Attack_WhenOtherOutputsAreOpenedThanCommitted() external {
        JobId job = _commit(_wrong("way"), 0);
        _draw(job);
        _skip(6 hours + 1);
        bytes32[] memory siblings = Batches.siblingsOf(_wrong("way"), sampled.chunksOf(job));
        bytes32[] memory some = _drawn(job, _right());
        vm.expectRevert(abi.encodeWithSelector(ISampled.ChunksWrong.selector, job));
        sampled.open(job, some, siblings);
    }

    /// @dev Nobody is slashed for not opening, and nothing is proven.
    function test_Attack_WhenTheProviderDoesNotOpen() external {
        JobId job = _commit(_wrong("way"), 0);
        _draw(job);
        _sealAll(job, _right());
        _revealAll(job, _right());
        _skip(12 hours + 1);
        uint256 own = _ownOf(host);
        _finish(job);
        _assertVerdict(job, 0, "unproven");
        assertEq(_ownOf(host), own, "no stake lost");
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(_creditAt(job, i), sampleBond + samplePay / 3, "executors are paid by it");
        }
    }

    /// @dev It waits with its commit until its lock answers no more: nothing is slashed, and what it committed is told to be disputed.
    function test_Attack_WhenCommittedWhenNoLockAnswers() external {
        JobId job = _ask();
        vm.prank(customer);
        deals.stop(id);
        _skip(4 days);
        deals.close(id, 0);
        _commitOf(job, _wrong("lie"), 0);
        _draw(job);
        _sealAll(job, _right());
        _open(job, _wrong("lie"));
        _revealAll(job, _right());
        _finish(job);
        _assertVerdict(job, 3, "disputed");
        assertEq(FaultId.unwrap(sampled.sampleOf(job).fault), 0, "nobody is accused");
        assertEq(_creditAt(job, 0), sampleBond + samplePay / 3, "executors are paid at once");
    }

    /* DRAWING */

    /// @dev It waits until the draw suits: another block never draws.
    function test_Attack_WhenTheDrawIsDelayed(uint256 blocks) external {
        blocks = bound(blocks, 5, 255);
        JobId job = _committed();
        uint256 drawBlock = vm.getBlockNumber() + 4;
        vm.roll(drawBlock + 1);
        bytes32 seed = keccak256(abi.encode(blockhash(drawBlock), job));
        vm.roll(drawBlock - 4 + blocks);
        sampled.draw(job);
        assertEq(sampled.sampleOf(job).seed, seed, "the same draw");
    }

    /// @dev It commits, looks, and lets the draw pass that does not suit it. A job is drawn once, and what it paid is gone.
    function test_Attack_WhenADrawIsLetPass() external {
        JobId job = _committed();
        vm.roll(vm.getBlockNumber() + 4 + 8192);
        vm.expectPartialRevert(ISampled.DrawTooLate.selector);
        sampled.draw(job);
        vm.expectRevert(abi.encodeWithSelector(ISampled.StageWrong.selector, job, 1));
        vm.prank(host);
        sampled.commit(job, asked, "root", 8, 0);
        _finish(job);
        vm.expectRevert(abi.encodeWithSelector(ISampled.StageWrong.selector, job, 4));
        vm.prank(host);
        sampled.commit(job, asked, "root", 8, 0);
        assertEq(sampled.creditOf(customer), samplePay, "it pays for each try");
    }

    /// @dev With two probers, both his, nothing would be proven.
    function test_Attack_WhenProbersAreFewerThanNeeded() external {
        for (uint256 i = 0; i < 7; ++i) {
            vm.prank(crew[i]);
            probers.leave();
        }
        _skip(1 days);
        JobId job = _committed();
        assertEq(_draw(job).length, 0, "none is drawn");
        vm.expectRevert(abi.encodeWithSelector(ISampled.NotExecutor.selector, job, crew[8]));
        vm.prank(crew[8]);
        sampled.seal(job, "seal");
        _finish(job);
        _assertVerdict(job, 0, "unproven");
    }

    /* EXECUTORS */

    /// @dev He took what the provider serves for what he would have computed.
    function test_Attack_WhenALazyExecutorCopiesWhatWasPlanted() external {
        (uint32[] memory chunks, bytes32[] memory outputs) = _planted();
        JobId job = _play(_plantsHash(chunks, outputs), _right(), [_right(), _right(), _wrong("planted")]);
        sampled.showPlants(job, chunks, outputs, SALT);
        _finish(job);
        assertEq(_creditAt(job, 2), 0, "pay and bond are gone");
        assertGt(_creditAt(job, 0), sampleBond + samplePay / 3, "and theirs who computed");
    }

    /// @dev He opens the same envelope as another: it says whose it is.
    function test_Attack_WhenAnotherSealIsCopied() external {
        JobId job = _drawnJob();
        address[] memory drawn = sampled.executorsOf(job);
        bytes32 sealed_ = _sealOf(job, drawn[0], _right());
        for (uint256 i = 0; i < 2; ++i) {
            _approve(drawn[i], sampleBond);
            vm.prank(drawn[i]);
            sampled.seal(job, sealed_);
        }
        _skip(6 hours + 1);
        _reveal(job, 0, _right());
        bytes32[] memory some = _drawn(job, _right());
        vm.expectRevert(abi.encodeWithSelector(ISampled.RevealWrong.selector, job, drawn[1]));
        vm.prank(drawn[1]);
        sampled.reveal(job, some, SALT);
        _open(job, _right());
        _skip(6 hours);
        _finish(job);
        assertEq(sampled.creditOf(drawn[1]), 0, "his bond is gone");
        assertEq(sampled.creditOf(drawn[0]), 2 * uint256(sampleBond) + samplePay / 3, "to who computed");
    }

    function test_Attack_WhenExecutorsDoNotReveal() external {
        JobId job = _drawnJob();
        _sealAll(job, _right());
        _open(job, _right());
        _reveal(job, 1, _right());
        _skip(12 hours + 1);
        _finish(job);
        _assertVerdict(job, 0, "one is not enough");
        assertEq(_creditAt(job, 0) + _creditAt(job, 2), 0, "their bonds are gone");
        assertEq(_creditAt(job, 1), 3 * uint256(sampleBond) + samplePay / 3, "to who did");
        assertEq(sampled.creditOf(host), samplePay * 2 / 3, "the provider pays for one");
    }

    /// @dev Nobody seals when chunks are open.
    function test_Attack_WhenSealedAfterTheOpening() external {
        JobId job = _drawnJob();
        _skip(6 hours + 1);
        _open(job, _right());
        address executor = sampled.executorsOf(job)[0];
        vm.expectRevert(abi.encodeWithSelector(ISampled.StageWrong.selector, job, 3));
        vm.prank(executor);
        sampled.seal(job, "seal");
    }

    /* COLLUSION */

    /// @dev Two of three lie about an honest provider: whoever of them is the reporter gets nothing, and both lose their bonds.
    function test_Attack_WhenTwoExecutorsLieAboutAnHonestProvider() external {
        (JobId job, FaultId fault) = _disputed(_right(), [_wrong("lie"), _wrong("lie"), _right()]);
        uint256 own = _ownOf(host);
        vm.expectPartialRevert(IFaultsBooks.AppealRunning.selector);
        judge.execute(fault);
        _appeal(fault, host);
        _decide(fault, false);
        sampled.close(job);
        assertEq(_ownOf(host), own, "nothing slashed");
        assertEq(_creditAt(job, 0) + _creditAt(job, 1), 0, "they lose their bonds");
        assertGe(sampled.creditOf(host), 2 * uint256(sampleBond), "to whom they lied about");
        vm.prank(disputes);
        assertEq(FaultId.unwrap(judge.proposeWrong(id, 0, 1, stranger)), 0, "and it is not said again");
    }

    /// @dev What no design of three can stop: provider and two executors are one. The third loses no bond.
    function test_Attack_WhenTwoExecutorsAreTheProviders() external {
        JobId job = _play(0, _wrong("lie"), [_wrong("lie"), _right(), _wrong("lie")]);
        _finish(job);
        _assertVerdict(job, 1, "attested");
        assertEq(_creditAt(job, 1), sampleBond, "the honest one has his bond");
    }

    /// @dev One friend among the executors neither proves a lie nor hinders its dispute.
    function test_Attack_WhenOneExecutorIsTheProviders() external {
        (JobId job, FaultId fault) = _disputed(_wrong("lie"), [_right(), _wrong("lie"), _right()]);
        _assertVerdict(job, 3, "disputed");
        assertEq(judge.faultOf(fault).provider, host, "whose lie it is");
    }

    /* PLANTS */

    /// @dev It plants what is right, to say that those who computed copied: two who agree are believed, and it answers.
    function test_Attack_WhenWhatIsRightIsPlanted() external {
        (uint32[] memory chunks,) = _planted();
        JobId job = _play(_plantsHash(chunks, _right()), _wrong("lie"), [_right(), _right(), _wrong("lie")]);
        sampled.showPlants(job, chunks, _right(), SALT);
        _finish(job);
        _assertVerdict(job, 3, "disputed all the same");
        FaultId fault = sampled.sampleOf(job).fault;
        _skip(36 hours + 1);
        judge.execute(fault);
        sampled.close(job);
        assertEq(_creditAt(job, 0), sampleBond + samplePay / 3, "who computed is paid");
        assertEq(_creditAt(job, 1), sampleBond + samplePay / 3, "both");
    }

    /// @dev What all three computed was never planted, whatever it says.
    function test_Attack_WhenPlantsAreWhatIsInTheTree() external {
        (uint32[] memory chunks,) = _planted();
        JobId job = _play(_plantsHash(chunks, _right()), _right(), [_right(), _right(), _right()]);
        sampled.showPlants(job, chunks, _right(), SALT);
        _finish(job);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(_creditAt(job, i), sampleBond + samplePay / 3, "nobody copied");
        }
    }

    /// @dev Against one executor alone it is a word against a word.
    function test_Attack_WhenPlantsAreShownAgainstOne() external {
        (uint32[] memory chunks,) = _planted();
        JobId job = _play(_plantsHash(chunks, _right()), _wrong("lie"), [_right(), _wrong("lie"), _wrong("other")]);
        sampled.showPlants(job, chunks, _right(), SALT);
        _finish(job);
        _assertVerdict(job, 0, "unproven");
        assertEq(_creditAt(job, 0), sampleBond, "his bond is his");
    }

    function test_Attack_WhenPlantsWereNotPlanted() external {
        JobId job = _play("something", _right(), [_wrong("way"), _right(), _right()]);
        (uint32[] memory chunks,) = _planted();
        vm.expectRevert(abi.encodeWithSelector(ISampled.PlantsWrong.selector, job));
        sampled.showPlants(job, chunks, _wrong("way"), SALT);
    }

    /* MONEY */

    /// @dev A blocked executor blocks nobody but himself.
    function test_Attack_WhenAnExecutorCannotBePaid() external {
        JobId job = _play(0, _right(), [_right(), _right(), _right()]);
        _block(sampled.executorsOf(job)[0]);
        _finish(job);
        address second = sampled.executorsOf(job)[1];
        vm.prank(second);
        sampled.claim(second);
        assertEq(usd.balanceOf(second), sampleBond + samplePay / 3, "paid");
    }
}
