// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IProofs} from "../../src/interfaces/IProofs.sol";
import {DealId, JobId} from "../../src/types/Ids.sol";
import {ProofsBase} from "../ProofsBase.t.sol";
import {ToyJobVerifier} from "../mocks/ToyJobVerifier.sol";

/// @dev Everybody asks for jobs of everybody's deals and proves them, honestly, with what was made for another job, twice, late, or with
/// nothing; providers come and go, a gateway is revoked. Groth16 proofs are hashes, or nobody could make one here.
contract ProofsHandler is ProofsBase {
    /// @dev Few, so that the same is asked for again.
    uint256 private constant ROOTS = 3;

    address[] private people;
    bool private isRevoked;
    IProofs.Job[] private asked;
    /// What they are now.
    IProofs.Job[] private jobs;
    uint256 public attestations;
    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;

    constructor() {
        setUp();
        vm.etch(address(groth16), address(new ToyJobVerifier()).code);
        people = [customer, customerKey, gateway, provider, serveKey, otherProvider, delegator];
    }

    /* ACTS */

    function ask(uint256 seed) external {
        DealId deal = DealId.wrap(uint64(1 + seed % 4));
        uint8 slot = [0, 1, 16][(seed >> 8) % 3];
        address caller = people[(seed >> 16) % people.length];
        bytes32 input = bytes32(1 + (seed >> 24) % ROOTS);
        IDeals.Slot memory served = book.slotOf(deal, slot);
        bool isServed = slot < 16 && served.status == SERVING && block.timestamp < served.endsAt;
        bool isOfDeal = caller == customer || caller == customerKey || (caller == gateway && !isRevoked)
            || caller == served.provider || (caller == serveKey && served.provider == provider);
        vm.prank(caller);
        try proofs.ask(deal, slot, input) returns (JobId job) {
            if (!isServed) broken[100] = "L100: a job of nobody's serving";
            if (!isOfDeal) broken[100] = "L100: a job of somebody else";
            if (JobId.unwrap(job) != jobs.length + 1) broken[100] = "L100: numbers are not in order";
            _remember(job, deal, slot, input, served);
        } catch {
            if (isServed && isOfDeal) broken[100] = "L100: a job was refused";
        }
    }

    function _remember(JobId job, DealId deal, uint8 slot, bytes32 input, IDeals.Slot memory served) private {
        IDeals.Deal memory agreed = book.dealOf(deal);
        IProofs.Job memory what;
        (what.deal, what.slot, what.kind) = (deal, slot, agreed.proofKind);
        (what.serving, what.provider, what.key) = (served.serving, served.provider, agreed.verificationKey);
        (what.seed, what.inputRoot, what.notBefore) = (_seedOf(job), input, uint40(block.timestamp));
        asked.push(what);
        jobs.push(what);
    }

    /// @dev The proof is of this job, of any other, or of nothing.
    function prove(uint256 seed) external {
        if (jobs.length == 0) return;
        uint256 index = _pick(seed);
        IProofs.Job memory fields = seed >> 8 & 3 == 0 ? jobs[index] : asked[index];
        bytes32 output = bytes32((seed >> 16) % (ROOTS + 1));
        uint256 of_ = seed >> 24 & 1 == 0 ? index : _pick(seed >> 32);
        bytes32 statement = proofs.statementOf(asked[of_], output);
        (bytes memory proof, bool isGood) = _proofOf(seed >> 64, asked[index], statement);
        isGood = isGood && of_ == index && output != 0;
        vm.prank(people[(seed >> 40) % people.length]);
        try proofs.prove(JobId.wrap(uint64(index + 1)), fields, output, proof) {
            if (fields.kind == SAMPLED) broken[101] = "L101: a sample was proved in one call";
            if (!isGood) broken[101] = "L101: a verdict that the verifier did not give";
            if (block.timestamp > fields.notBefore + 7 days) broken[101] = "L101: a job was proved too late";
            _attested(index, output, fields.kind == RECEIPTS ? 2 : 1);
        } catch {
            bool isOpen = jobs[index].verdict == 0 && block.timestamp <= asked[index].notBefore + 7 days;
            if (isGood && isOpen && asked[index].kind != SAMPLED) broken[101] = "L101: a proof was refused";
        }
    }

    function _proofOf(uint256 seed, IProofs.Job memory job, bytes32 statement)
        private
        view
        returns (bytes memory proof, bool isGood)
    {
        if (seed % 8 == 0) return (abi.encode(seed), false);
        if (job.kind != RECEIPTS) return (abi.encode(job.key, statement), true);
        (address first, address second) =
            ([customer, gateway, customerKey][(seed >> 8) % 3], [provider, serveKey, otherProvider][(seed >> 16) % 3]);
        isGood = first == customer || (first == gateway && !isRevoked);
        isGood = isGood && (second == job.provider || (second == serveKey && job.provider == provider));
        return (_receipt(first, second, statement), isGood);
    }

    function attest(uint256 seed) external {
        if (jobs.length == 0) return;
        uint256 index = _pick(seed);
        IProofs.Job memory fields = seed >> 8 & 3 == 0 ? jobs[index] : asked[index];
        bytes32 output = bytes32((seed >> 16) % (ROOTS + 1));
        uint8 verdict = uint8((seed >> 24) % 5);
        address[4] memory callers = [sampled, sampled, address(receipts), address(groth16)];
        address caller = seed >> 34 & 7 == 0 ? people[(seed >> 40) % people.length] : callers[seed >> 32 & 3];
        bool isGood = fields.kind == SAMPLED && caller == sampled && (verdict == 1 || verdict == 3) && output != 0;
        vm.prank(caller);
        try proofs.attest(JobId.wrap(uint64(index + 1)), fields, output, verdict) {
            if (!isGood) broken[101] = "L101: a verdict of somebody else";
            _attested(index, output, verdict);
        } catch {
            if (isGood && jobs[index].verdict == 0) broken[101] = "L101: a verdict was refused";
        }
    }

    function _attested(uint256 index, bytes32 output, uint8 verdict) private {
        ++attestations;
        IProofs.Job storage job = jobs[index];
        if (job.verdict != 0) broken[100] = "L100: a job was attested twice";
        (job.outputRoot, job.verdict, job.notAfter) = (output, verdict, uint40(block.timestamp));
    }

    /// @dev Another provider comes, nobody does, or the time of the serving is over.
    function serve(uint256 seed) external {
        DealId deal = DealId.wrap(uint64(1 + seed % 4));
        uint8 slot = uint8(seed >> 8 & 1);
        uint32 serving = book.slotOf(deal, slot).serving + 1;
        address next = seed >> 16 & 1 == 0 ? provider : otherProvider;
        uint8 status = seed >> 24 & 3 == 0 ? 1 : SERVING;
        uint40 endsAt = uint40(block.timestamp + (seed >> 32) % 14 days);
        book.setSlot(deal, slot, next, serving, status, endsAt);
    }

    function revoke(uint256 seed) external {
        isRevoked = seed & 3 == 0;
        book.setGateway(customer, gateway, 1000, isRevoked ? uint40(block.timestamp) : 0);
    }

    function pass(uint256 seed) external {
        skip(seed % 4 days);
    }

    /// @dev The latest are proved more often, or most would be old.
    function _pick(uint256 seed) private view returns (uint256) {
        uint256 recent = jobs.length > 4 ? 4 : jobs.length;
        return seed & 3 == 0 ? seed % jobs.length : jobs.length - 1 - (seed >> 4) % recent;
    }

    /* READINGS */

    /// @dev L100, of every job.
    function checkJobs() external view returns (string memory) {
        if (proofs.count() != jobs.length) return "L100: jobs are miscounted";
        uint256 decided = 0;
        for (uint256 i = 0; i < jobs.length; ++i) {
            bytes32 hash = proofs.hashOf(JobId.wrap(uint64(i + 1)));
            if (hash != keccak256(abi.encode(jobs[i]))) return "L100: a job is not what its events say";
            if (jobs[i].verdict != 0) ++decided;
        }
        if (decided != attestations) return "L100: attestations are not one a job";
        return broken[100];
    }
}
