// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofs} from "../../src/interfaces/IProofs.sol";
import {Bn254} from "../../src/libraries/Bn254.sol";
import {DealId, JobId} from "../../src/types/Ids.sol";
import {ProofsBase} from "../ProofsBase.t.sol";

/// @dev What somebody can do who sees a real proof before it is in a block, or has none.
contract ProofsAttacksTest is ProofsBase {
    DealId private constant OTHER = DealId.wrap(5);

    JobId private job;
    IProofs.Job private asked;

    /// @dev The job whose proof everybody knows.
    function setUp() public override {
        super.setUp();
        _open(OTHER, GROTH16, keccak256(chain.key));
        (job, asked) = _askProved();
    }

    /* COPIED */

    function test_Copied_RevertWhen_ItIsForAnotherSlot() external {
        (JobId other, IProofs.Job memory theirs) = _askBy(otherProvider, PROVED, 1, chain.inputRoot);
        refuses(other, theirs, chain.outputRoot, chain.proof);
    }

    function test_Copied_RevertWhen_ItIsForAnotherDeal() external {
        (JobId other, IProofs.Job memory theirs) = _ask(OTHER, chain.inputRoot);
        refuses(other, theirs, chain.outputRoot, chain.proof);
    }

    function test_Copied_RevertWhen_ItIsForAnotherServing() external {
        book.setSlot(PROVED, 0, provider, 2, SERVING, ENDS_AT);
        (JobId other, IProofs.Job memory theirs) = _ask(PROVED, chain.inputRoot);
        refuses(other, theirs, chain.outputRoot, chain.proof);
    }

    function test_Copied_RevertWhen_ItIsForAnotherProvider() external {
        book.setSlot(PROVED, 0, otherProvider, 1, SERVING, ENDS_AT);
        (JobId other, IProofs.Job memory theirs) = _askBy(otherProvider, PROVED, 0, chain.inputRoot);
        refuses(other, theirs, chain.outputRoot, chain.proof);
        // Nor under the other's name for the job that it is of.
        theirs = _done(asked, 0, 0);
        (theirs.provider, theirs.notAfter) = (otherProvider, 0);
        refusesWith(job, theirs, chain.proof, abi.encodeWithSelector(IProofs.JobWrong.selector, job));
    }

    function test_Copied_RevertWhen_ItIsForAnotherJobOfTheSameBlock() external {
        (JobId other, IProofs.Job memory theirs) = _ask(PROVED, chain.inputRoot);
        refuses(other, theirs, chain.outputRoot, chain.proof);
        // The proof is of the seed, and the seed of the job.
        refusesWith(other, asked, chain.proof, abi.encodeWithSelector(IProofs.JobWrong.selector, other));
    }

    function test_Copied_WhenSomebodySendsItFirst(address thief) external {
        vm.prank(thief);
        proofs.prove(job, asked, chain.outputRoot, chain.proof);
        assertEq(proofs.hashOf(job), keccak256(abi.encode(_done(asked, chain.outputRoot, 1))), "the provider's");
    }

    /* FORGED */

    function test_Forged_RevertWhen_RootsAreSwapped() external {
        refuses(job, asked, chain.inputRoot, chain.proof);
        (JobId other, IProofs.Job memory theirs) = _ask(PROVED, chain.outputRoot);
        refuses(other, theirs, chain.inputRoot, chain.proof);
    }

    function test_Forged_RevertWhen_OutputIsAnother(bytes32 outputRoot) external {
        vm.assume(outputRoot != chain.outputRoot && outputRoot != 0);
        refuses(job, asked, outputRoot, chain.proof);
    }

    function test_Forged_RevertWhen_KeyIsAnother() external {
        (JobId other, IProofs.Job memory theirs) = _ask(INFERRED, linear.inputRoot);
        refuses(other, theirs, linear.outputRoot, chain.proof);
        refuses(job, asked, chain.outputRoot, linear.proof);
    }

    /// @dev The deal says which circuit counts.
    function test_Forged_RevertWhen_KeyIsNamedByTheCaller() external {
        IProofs.Job memory theirs = _done(asked, 0, 0);
        (theirs.key, theirs.notAfter) = (keccak256(linear.key), 0);
        refusesWith(job, theirs, linear.proof, abi.encodeWithSelector(IProofs.JobWrong.selector, job));
    }

    function test_Forged_RevertWhen_APointIsNotOnTheCurve(uint256 word) external {
        bytes memory proof = chain.proof;
        proof[bound(word, 0, 7) * 32 + 31] ^= 0x01;
        refuses(job, asked, chain.outputRoot, proof);
    }

    function test_Forged_RevertWhen_ACoordinateIsNotInTheField(uint256 word) external {
        bytes memory proof = chain.proof;
        uint256 at = 32 + 32 * bound(word, 0, 7);
        uint256 p = Bn254.P;
        assembly ("memory-safe") {
            mstore(add(proof, at), add(mload(add(proof, at)), p))
        }
        refuses(job, asked, chain.outputRoot, proof);
    }

    /// @dev Customer and provider agree, but the customer asked for more.
    function test_Forged_RevertWhen_ReceiptIsShownForAGroth16Job() external {
        refuses(job, asked, chain.outputRoot, _receipt(customer, provider, chain.statement));
    }

    function test_Forged_RevertWhen_SampledAttestsAGroth16Job() external {
        vm.expectRevert(abi.encodeWithSelector(IProofs.NotVerifier.selector, sampled, GROTH16));
        vm.prank(sampled);
        proofs.attest(job, asked, chain.outputRoot, 1);
    }

    /* LATE */

    function test_Late_RevertGiven_ServingHasEnded() external {
        book.setSlot(PROVED, 0, provider, 1, 3, uint40(block.timestamp));
        vm.expectRevert(abi.encodeWithSelector(IProofs.SlotNotServed.selector, PROVED, 0));
        vm.prank(provider);
        proofs.ask(PROVED, 0, chain.inputRoot);
        book.setSlot(PROVED, 0, otherProvider, 2, SERVING, ENDS_AT);
        vm.expectRevert(abi.encodeWithSelector(IProofs.NotAllowed.selector, provider, PROVED));
        vm.prank(provider);
        proofs.ask(PROVED, 0, chain.inputRoot);
    }

    /// @dev What it computed it computed; who came after it gets nothing of it.
    function test_Late_GivenServingHasEndedSinceTheJobWasAskedFor() external {
        book.setSlot(PROVED, 0, otherProvider, 2, SERVING, ENDS_AT);
        skip(7 days);
        proofs.prove(job, asked, chain.outputRoot, chain.proof);
        IProofs.Job memory done = _done(asked, chain.outputRoot, 1);
        assertEq(done.provider, provider, "whose serving it was");
        assertEq(proofs.hashOf(job), keccak256(abi.encode(done)), "attested");
    }

    function test_Late_RevertGiven_JobIsTooOld() external {
        uint40 closedAt = asked.notBefore + 7 days;
        vm.warp(closedAt + 1);
        bytes memory reason = abi.encodeWithSelector(IProofs.JobTooOld.selector, job, closedAt);
        refusesWith(job, asked, chain.proof, reason);
    }

    function test_Late_RevertGiven_JobIsProved() external {
        proofs.prove(job, asked, chain.outputRoot, chain.proof);
        IProofs.Job memory done = _done(asked, chain.outputRoot, 1);
        refusesWith(job, asked, chain.proof, abi.encodeWithSelector(IProofs.JobWrong.selector, job));
        refusesWith(job, done, chain.proof, abi.encodeWithSelector(IProofs.JobDecided.selector, job, 1));
    }

    function refuses(JobId of_, IProofs.Job memory what, bytes32 outputRoot, bytes memory proof) private {
        vm.expectRevert(abi.encodeWithSelector(IProofs.ProofInvalid.selector, of_));
        proofs.prove(of_, what, outputRoot, proof);
    }

    function refusesWith(JobId of_, IProofs.Job memory what, bytes memory proof, bytes memory reason) private {
        vm.expectRevert(reason);
        proofs.prove(of_, what, chain.outputRoot, proof);
    }
}
