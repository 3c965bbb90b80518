// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proofs} from "../src/Proofs.sol";
import {IDeals, IDealsBooks} from "../src/interfaces/IDeals.sol";
import {IProofs} from "../src/interfaces/IProofs.sol";
import {IVouchers} from "../src/interfaces/IVouchers.sol";
import {DealId, JobId} from "../src/types/Ids.sol";
import {KeyRoles} from "../src/types/Roles.sol";
import {ProofsBase} from "./ProofsBase.t.sol";

contract ProofsTest is ProofsBase {
    bytes32 private constant INPUT = keccak256("input");
    bytes32 private constant OUTPUT = keccak256("output");

    function test_Constructor() external {
        for (uint8 kind = 1; kind <= 3; ++kind) {
            vm.expectEmit();
            emit IProofs.VerifierSet(kind, address(uint160(kind)));
        }
        new Proofs(IDeals(address(book)), staking, IVouchers(address(book)), address(1), address(3), address(2));
    }

    /* ASK */

    function test_Ask_RevertWhen_InputIsZero() external {
        vm.expectRevert(IProofs.InputZero.selector);
        vm.prank(customer);
        proofs.ask(AGREED, 0, 0);
    }

    function test_Ask_RevertGiven_DealIsUnknown() external {
        DealId unknown = DealId.wrap(99);
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.DealUnknown.selector, unknown));
        vm.prank(customer);
        proofs.ask(unknown, 0, INPUT);
    }

    function test_Ask_RevertGiven_DealAskedForNoProofs() external {
        _open(AGREED, 0, 0);
        refusesToAsk(customer, 0, abi.encodeWithSelector(IProofs.KindUnknown.selector, 0));
    }

    function test_Ask_RevertGiven_KindHasNoVerifier(uint8 kind) external {
        kind = uint8(bound(kind, 4, 255));
        _open(AGREED, kind, 0);
        refusesToAsk(customer, 0, abi.encodeWithSelector(IProofs.KindUnknown.selector, kind));
    }

    function test_Ask_RevertGiven_SlotIsNotServed(uint8 status) external {
        vm.assume(status != SERVING);
        book.setSlot(AGREED, 0, provider, 1, status, ENDS_AT);
        refusesToAsk(customer, 0, abi.encodeWithSelector(IProofs.SlotNotServed.selector, AGREED, 0));
    }

    function test_Ask_RevertGiven_TimeOfTheServingIsOver() external {
        vm.warp(ENDS_AT - 1);
        _ask(AGREED, INPUT);
        vm.warp(ENDS_AT);
        refusesToAsk(customer, 0, abi.encodeWithSelector(IProofs.SlotNotServed.selector, AGREED, 0));
    }

    function test_Ask_RevertWhen_SlotIsAStandby() external {
        book.setSlot(AGREED, 16, provider, 1, SERVING, ENDS_AT);
        refusesToAsk(customer, 16, abi.encodeWithSelector(IProofs.SlotNotServed.selector, AGREED, 16));
    }

    function test_Ask_RevertWhen_CallerIsNobodyOfTheDeal(address caller) external {
        vm.assume(caller != customer && caller != customerKey && caller != gateway);
        vm.assume(caller != provider && caller != serveKey);
        refusesToAsk(caller, 0, abi.encodeWithSelector(IProofs.NotAllowed.selector, caller, AGREED));
        refusesToAsk(otherProvider, 0, abi.encodeWithSelector(IProofs.NotAllowed.selector, otherProvider, AGREED));
    }

    function test_Ask_RevertGiven_KeyHasAnotherRole() external {
        vm.prank(customer);
        staking.setKey(customerKey, ~KeyRoles.CUSTOMER & 0x3f, type(uint40).max);
        vm.prank(provider);
        staking.setKey(serveKey, ~KeyRoles.SERVE & 0x3f, type(uint40).max);
        refusesToAsk(customerKey, 0, abi.encodeWithSelector(IProofs.NotAllowed.selector, customerKey, AGREED));
        refusesToAsk(serveKey, 0, abi.encodeWithSelector(IProofs.NotAllowed.selector, serveKey, AGREED));
    }

    function test_Ask_RevertGiven_GatewayIsRevoked() external {
        book.setGateway(customer, gateway, 1000, uint40(block.timestamp));
        refusesToAsk(gateway, 0, abi.encodeWithSelector(IProofs.NotAllowed.selector, gateway, AGREED));
    }

    function test_Ask_WhenCallerIsOneOfTheDeal(bytes32 inputRoot, uint256 seed) external {
        vm.assume(inputRoot != 0);
        address[5] memory callers = [customer, customerKey, gateway, provider, serveKey];
        vm.expectEmit();
        emit IProofs.JobAsked(
            JobId.wrap(1),
            AGREED,
            provider,
            0,
            1,
            RECEIPTS,
            0,
            inputRoot,
            _seedOf(JobId.wrap(1)),
            uint40(block.timestamp)
        );
        (JobId job, IProofs.Job memory asked) = _askBy(callers[seed % 5], AGREED, 0, inputRoot);
        assertEq(JobId.unwrap(job), 1, "the first job");
        assertEq(proofs.count(), 1, "one job");
        assertEq(proofs.hashOf(job), keccak256(abi.encode(asked)), "the hash of its fields");
    }

    function test_Ask_GivenAnotherJobIsAskedForInTheBlock() external {
        (JobId first, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        (JobId second, IProofs.Job memory other) = _ask(AGREED, INPUT);
        assertEq(proofs.hashOf(second), keccak256(abi.encode(other)), "the hash of its fields");
        assertNotEq(asked.seed, other.seed, "another seed");
        assertNotEq(proofs.hashOf(first), proofs.hashOf(second), "another job");
    }

    function refusesToAsk(address caller, uint8 slot, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(caller);
        proofs.ask(AGREED, slot, INPUT);
    }

    /* PROVE */

    function test_Prove_RevertWhen_JobIsUnknown(JobId job) external {
        IProofs.Job memory nothing;
        vm.expectRevert(abi.encodeWithSelector(IProofs.JobUnknown.selector, job));
        proofs.prove(job, nothing, OUTPUT, "");
    }

    function test_Prove_RevertWhen_AFieldIsAnother(uint256 field, uint256 bit) external {
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        bytes memory call_ = abi.encodeCall(IProofs.prove, (job, asked, OUTPUT, receiptOf(asked, OUTPUT)));
        // Any bit of the twelve words, those that are in no field included.
        uint256 at = 36 + 32 * bound(field, 0, 11) + bound(bit, 0, 255) / 8;
        call_[at] ^= bytes1(uint8(1 << bound(bit, 0, 255) % 8));
        (bool isDone, bytes memory reason) = PROOFS_AT.call(call_);
        assertFalse(isDone, "refused");
        assertEq(reason, abi.encodeWithSelector(IProofs.JobWrong.selector, job), "as another job");
    }

    function test_Prove_RevertWhen_OutputIsZero() external {
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        refusesProof(job, asked, 0, receiptOf(asked, 0), abi.encodeWithSelector(IProofs.OutputZero.selector));
    }

    function test_Prove_RevertGiven_KindGoesByStages() external {
        (JobId job, IProofs.Job memory asked) = _ask(BATCH, INPUT);
        refusesProof(
            job, asked, OUTPUT, receiptOf(asked, OUTPUT), abi.encodeWithSelector(IProofs.ByStages.selector, SAMPLED)
        );
    }

    function test_Prove_RevertGiven_JobIsTooOld() external {
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        bytes memory proof = receiptOf(asked, OUTPUT);
        uint40 closedAt = asked.notBefore + 7 days;
        vm.warp(closedAt + 1);
        refusesProof(job, asked, OUTPUT, proof, abi.encodeWithSelector(IProofs.JobTooOld.selector, job, closedAt));
    }

    function test_Prove_GivenJobIsOfAWeekAgo() external {
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        bytes memory proof = receiptOf(asked, OUTPUT);
        vm.warp(asked.notBefore + 7 days);
        proofs.prove(job, asked, OUTPUT, proof);
        assertEq(proofs.hashOf(job), keccak256(abi.encode(_done(asked, OUTPUT, 2))), "attested");
    }

    function test_Prove_RevertWhen_ProofIsNone(bytes memory proof) external {
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        refusesProof(job, asked, OUTPUT, proof, abi.encodeWithSelector(IProofs.ProofInvalid.selector, job));
        (job, asked) = _ask(PROVED, chain.inputRoot);
        refusesProof(job, asked, OUTPUT, proof, abi.encodeWithSelector(IProofs.ProofInvalid.selector, job));
    }

    function test_Prove_RevertWhen_VerifierFails() external {
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        bytes memory proof = receiptOf(asked, OUTPUT);
        bytes memory reason = abi.encodeWithSelector(IProofs.ProofInvalid.selector, job);
        vm.mockCallRevert(address(receipts), "", abi.encode(2));
        refusesProof(job, asked, OUTPUT, proof, reason);
        vm.clearMockedCalls();
        vm.etch(address(receipts), "");
        refusesProof(job, asked, OUTPUT, proof, reason);
    }

    function test_Prove_RevertWhen_VerifierSaysMoreThanItMay(uint256 verdict) external {
        vm.assume(verdict != 1 && verdict != 2);
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        bytes memory proof = receiptOf(asked, OUTPUT);
        vm.mockCall(address(receipts), "", abi.encode(verdict));
        refusesProof(job, asked, OUTPUT, proof, abi.encodeWithSelector(IProofs.ProofInvalid.selector, job));
    }

    function test_Prove_RevertGiven_JobIsProved() external {
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        proofs.prove(job, asked, OUTPUT, receiptOf(asked, OUTPUT));
        IProofs.Job memory done = _done(asked, OUTPUT, 2);
        bytes memory proof = receiptOf(asked, OUTPUT);
        refusesProof(job, asked, OUTPUT, proof, abi.encodeWithSelector(IProofs.JobWrong.selector, job));
        refusesProof(job, done, OUTPUT, proof, abi.encodeWithSelector(IProofs.JobDecided.selector, job, 2));
    }

    function test_Prove_WhenBothAgree(bytes32 outputRoot) external {
        vm.assume(outputRoot != 0);
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        skip(1 hours);
        attests(job, asked, outputRoot, receiptOf(asked, outputRoot), 2);
    }

    function test_Prove_WhenProofProvesIt() external {
        (JobId job, IProofs.Job memory asked) = _askProved();
        skip(1 hours);
        attests(job, asked, chain.outputRoot, chain.proof, 1);
    }

    function test_Prove_WhenProofProvesIt_OfAModel() external {
        _ask(PROVED, chain.inputRoot);
        (JobId job, IProofs.Job memory asked) = _ask(INFERRED, linear.inputRoot);
        assertEq(proofs.statementOf(asked, linear.outputRoot), linear.statement, "the statement of linear.json");
        attests(job, asked, linear.outputRoot, linear.proof, 1);
    }

    function receiptOf(IProofs.Job memory asked, bytes32 outputRoot) private view returns (bytes memory) {
        return _receipt(gateway, provider, proofs.statementOf(asked, outputRoot));
    }

    function attests(JobId job, IProofs.Job memory asked, bytes32 outputRoot, bytes memory proof, uint8 verdict)
        private
    {
        expectAttested(job, asked, outputRoot, verdict);
        proofs.prove(job, asked, outputRoot, proof);
        assertEq(proofs.hashOf(job), keccak256(abi.encode(_done(asked, outputRoot, verdict))), "what was attested");
    }

    function expectAttested(JobId job, IProofs.Job memory asked, bytes32 outputRoot, uint8 verdict) private {
        vm.expectEmit(PROOFS_AT);
        emit IProofs.ComputeAttested(
            job,
            asked.deal,
            asked.provider,
            asked.slot,
            asked.serving,
            asked.kind,
            verdict,
            asked.inputRoot,
            outputRoot,
            asked.notBefore,
            uint40(block.timestamp)
        );
    }

    function refusesProof(
        JobId job,
        IProofs.Job memory asked,
        bytes32 outputRoot,
        bytes memory proof,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        proofs.prove(job, asked, outputRoot, proof);
    }

    /* ATTEST */

    function test_Attest_RevertWhen_CallerIsNotTheVerifier(address caller) external {
        vm.assume(caller != sampled);
        (JobId job, IProofs.Job memory asked) = _ask(BATCH, INPUT);
        refusesVerdict(
            caller, job, asked, OUTPUT, 1, abi.encodeWithSelector(IProofs.NotVerifier.selector, caller, SAMPLED)
        );
    }

    function test_Attest_RevertGiven_KindTakesOneCall() external {
        (JobId job, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        bytes memory reason = abi.encodeWithSelector(IProofs.NotVerifier.selector, sampled, RECEIPTS);
        refusesVerdict(sampled, job, asked, OUTPUT, 1, reason);
        reason = abi.encodeWithSelector(IProofs.NotVerifier.selector, receipts, RECEIPTS);
        refusesVerdict(address(receipts), job, asked, OUTPUT, 1, reason);
    }

    function test_Attest_RevertWhen_JobIsUnknown(JobId job) external {
        IProofs.Job memory nothing;
        refusesVerdict(sampled, job, nothing, OUTPUT, 1, abi.encodeWithSelector(IProofs.JobUnknown.selector, job));
    }

    function test_Attest_RevertWhen_OutputIsZero() external {
        (JobId job, IProofs.Job memory asked) = _ask(BATCH, INPUT);
        refusesVerdict(sampled, job, asked, 0, 1, abi.encodeWithSelector(IProofs.OutputZero.selector));
    }

    function test_Attest_RevertWhen_VerdictIsNoneThatItMayGive(uint8 verdict) external {
        vm.assume(verdict != 1 && verdict != 3);
        (JobId job, IProofs.Job memory asked) = _ask(BATCH, INPUT);
        bytes memory reason = abi.encodeWithSelector(IProofs.ProofInvalid.selector, job);
        refusesVerdict(sampled, job, asked, OUTPUT, verdict, reason);
    }

    function test_Attest_RevertGiven_JobIsAttested() external {
        (JobId job, IProofs.Job memory asked) = _ask(BATCH, INPUT);
        vm.prank(sampled);
        proofs.attest(job, asked, OUTPUT, 3);
        bytes memory reason = abi.encodeWithSelector(IProofs.JobWrong.selector, job);
        refusesVerdict(sampled, job, asked, OUTPUT, 1, reason);
        reason = abi.encodeWithSelector(IProofs.JobDecided.selector, job, 3);
        refusesVerdict(sampled, job, _done(asked, OUTPUT, 3), OUTPUT, 1, reason);
    }

    function test_Attest_WhenOutputsAgree() external {
        _attests(1);
    }

    function test_Attest_WhenOutputsDiffer() external {
        _attests(3);
    }

    function _attests(uint8 verdict) private {
        (JobId job, IProofs.Job memory asked) = _ask(BATCH, INPUT);
        // Stages take longer than a week.
        skip(8 days);
        expectAttested(job, asked, OUTPUT, verdict);
        vm.prank(sampled);
        proofs.attest(job, asked, OUTPUT, verdict);
        assertEq(proofs.hashOf(job), keccak256(abi.encode(_done(asked, OUTPUT, verdict))), "what was attested");
    }

    function refusesVerdict(
        address caller,
        JobId job,
        IProofs.Job memory asked,
        bytes32 outputRoot,
        uint8 verdict,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        vm.prank(caller);
        proofs.attest(job, asked, outputRoot, verdict);
    }

    /* VIEWS */

    function test_StatementOf(IProofs.Job memory job, bytes32 outputRoot) external view {
        bytes memory what = abi.encode(
            block.chainid, PROOFS_AT, job.deal, job.slot, job.serving, job.provider, job.seed, job.inputRoot, outputRoot
        );
        assertEq(proofs.statementOf(job, outputRoot), keccak256(what), "the statement");
    }

    function test_StatementOf_WhenAnythingOfItIsAnother() external {
        (, IProofs.Job memory asked) = _ask(AGREED, INPUT);
        bytes32 statement = proofs.statementOf(asked, OUTPUT);
        assertNotEq(proofs.statementOf(asked, INPUT), statement, "of another output");
        IProofs.Job memory other = _done(asked, 0, 0);
        other.deal = BATCH;
        assertNotEq(proofs.statementOf(other, OUTPUT), statement, "of another deal");
        (other.deal, other.slot) = (AGREED, 1);
        assertNotEq(proofs.statementOf(other, OUTPUT), statement, "of another slot");
        (other.slot, other.serving) = (0, 2);
        assertNotEq(proofs.statementOf(other, OUTPUT), statement, "of another serving");
        (other.serving, other.provider) = (1, otherProvider);
        assertNotEq(proofs.statementOf(other, OUTPUT), statement, "of another provider");
        (other.provider, other.seed) = (provider, INPUT);
        assertNotEq(proofs.statementOf(other, OUTPUT), statement, "of another seed");
        (other.seed, other.inputRoot) = (asked.seed, OUTPUT);
        assertNotEq(proofs.statementOf(other, OUTPUT), statement, "of another input");
        other.inputRoot = INPUT;
        assertEq(proofs.statementOf(other, OUTPUT), statement, "of the same");
        vm.chainId(2);
        assertNotEq(proofs.statementOf(other, OUTPUT), statement, "of another chain");
    }

    function test_VerifierOf(uint8 kind) external view {
        address expected =
            kind == 1 ? address(receipts) : kind == 2 ? sampled : kind == 3 ? address(groth16) : address(0);
        assertEq(proofs.verifierOf(kind), expected, "the verifier");
    }
}
