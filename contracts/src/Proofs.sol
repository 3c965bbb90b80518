// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "./interfaces/IDeals.sol";
import {IJobVerifier, IProofs} from "./interfaces/IProofs.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {IVouchers} from "./interfaces/IVouchers.sol";
import {DealId, JobId} from "./types/Ids.sol";
import {KeyRoles} from "./types/Roles.sol";

/// @dev Invariants:
/// 1. The hash of a job is of its fields as its events say them: as it was asked for, or as it was attested.
/// 2. It changes once, and only to a verdict that the verifier of the job's kind gave.
contract Proofs is IProofs {
    uint8 private constant RECEIPTS = 1;
    uint8 private constant SAMPLED = 2;
    uint8 private constant GROTH16 = 3;
    uint8 private constant PROVEN = 1;
    uint8 private constant AGREED = 2;
    uint8 private constant DISPUTED = 3;
    uint8 private constant SERVING = 2;
    /// @dev Standbys are numbered from here on: they are paid to wait.
    uint8 private constant STANDBY_FIRST = 16;
    uint40 private constant PROVABLE = 7 days;
    uint256 private constant JOB_BYTES = 384;

    IDeals private immutable deals;
    IStaking private immutable staking;
    IVouchers private immutable vouchers;
    address private immutable receipts;
    address private immutable sampled;
    address private immutable groth16;

    /// @inheritdoc IProofs
    mapping(JobId job => bytes32) public hashOf;
    /// @inheritdoc IProofs
    uint64 public count;

    constructor(
        IDeals newDeals,
        IStaking newStaking,
        IVouchers newVouchers,
        address newReceipts,
        address newGroth16,
        address newSampled
    ) {
        deals = newDeals;
        staking = newStaking;
        vouchers = newVouchers;
        receipts = newReceipts;
        groth16 = newGroth16;
        sampled = newSampled;
        emit VerifierSet(RECEIPTS, newReceipts);
        emit VerifierSet(SAMPLED, newSampled);
        emit VerifierSet(GROTH16, newGroth16);
    }

    /* JOBS */

    /// @inheritdoc IProofs
    function ask(DealId deal, uint8 slot, bytes32 inputRoot) external returns (JobId job) {
        require(inputRoot != 0, InputZero());
        IDeals.Deal memory agreed = deals.dealOf(deal);
        require(verifierOf(agreed.proofKind) != address(0), KindUnknown(agreed.proofKind));
        IDeals.Slot memory served = deals.slotOf(deal, slot);
        bool isServed = slot < STANDBY_FIRST && served.status == SERVING && block.timestamp < served.endsAt;
        require(isServed, SlotNotServed(deal, slot));
        require(_mayAsk(agreed.customer, served.provider), NotAllowed(msg.sender, deal));

        job = JobId.wrap(++count);
        Job memory asked;
        asked.deal = deal;
        asked.slot = slot;
        asked.kind = agreed.proofKind;
        asked.serving = served.serving;
        asked.provider = served.provider;
        asked.key = agreed.verificationKey;
        asked.seed = _seedOf(job);
        asked.inputRoot = inputRoot;
        asked.notBefore = uint40(block.timestamp);
        hashOf[job] = _hash(asked);
        emit JobAsked(
            job,
            deal,
            asked.provider,
            slot,
            asked.serving,
            asked.kind,
            asked.key,
            inputRoot,
            asked.seed,
            asked.notBefore
        );
    }

    function _mayAsk(address customer, address provider) private view returns (bool) {
        if (staking.mayAct(provider, msg.sender, KeyRoles.SERVE)) return true;
        if (staking.mayAct(customer, msg.sender, KeyRoles.CUSTOMER)) return true;
        IVouchers.Gateway memory gateway = vouchers.gatewayOf(customer, msg.sender);
        return gateway.dailyCap != 0 && gateway.revokedAt == 0;
    }

    /// @dev Every job has its own, those of one block too: so a statement belongs to one job.
    function _seedOf(JobId job) private view returns (bytes32) {
        return keccak256(abi.encode(block.prevrandao, blockhash(block.number - 1), job, address(this), block.chainid));
    }

    /* PROOFS */

    /// @inheritdoc IProofs
    function prove(JobId job, Job calldata asked, bytes32 outputRoot, bytes calldata proof) external {
        Job memory current = _check(job, asked, outputRoot);
        require(current.kind != SAMPLED, ByStages(SAMPLED));
        uint40 closedAt = current.notBefore + PROVABLE;
        require(block.timestamp <= closedAt, JobTooOld(job, closedAt));
        bytes32 statement = _statementOf(current, outputRoot);
        uint256 verdict = _verify(current, outputRoot, statement, proof);
        require(verdict == PROVEN || verdict == AGREED, ProofInvalid(job));
        _attest(job, current, outputRoot, uint8(verdict));
    }

    /// @dev `IJobVerifier.verify`, encoded by hand: the compiler would clean each field once more, for a thousand gas.
    /// Zero where the verifier reverts or answers nothing.
    function _verify(Job memory current, bytes32 outputRoot, bytes32 statement, bytes calldata proof)
        private
        view
        returns (uint256 verdict)
    {
        address verifier = verifierOf(current.kind);
        bytes4 selector = IJobVerifier.verify.selector;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mcopy(add(call_, 4), current, JOB_BYTES)
            mstore(add(call_, 388), outputRoot)
            mstore(add(call_, 420), statement)
            // Where the proof is, in bytes from the first argument on.
            mstore(add(call_, 452), 480)
            mstore(add(call_, 484), proof.length)
            calldatacopy(add(call_, 516), proof.offset, proof.length)
            mstore(0, 0)
            if staticcall(gas(), verifier, call_, add(516, proof.length), 0, 32) { verdict := mload(0) }
        }
    }

    /// @inheritdoc IProofs
    function attest(JobId job, Job calldata asked, bytes32 outputRoot, uint8 verdict) external {
        Job memory current = _check(job, asked, outputRoot);
        require(current.kind == SAMPLED && msg.sender == sampled, NotVerifier(msg.sender, current.kind));
        require(verdict == PROVEN || verdict == DISPUTED, ProofInvalid(job));
        _attest(job, current, outputRoot, verdict);
    }

    /// @dev The fields are copied as they came: bits that are in none of them make another hash.
    function _check(JobId job, Job calldata asked, bytes32 outputRoot) private view returns (Job memory current) {
        bytes32 hash = hashOf[job];
        require(hash != 0, JobUnknown(job));
        assembly ("memory-safe") {
            calldatacopy(current, asked, JOB_BYTES)
        }
        require(_hash(current) == hash, JobWrong(job));
        require(current.verdict == 0, JobDecided(job, current.verdict));
        require(outputRoot != 0, OutputZero());
    }

    function _attest(JobId job, Job memory current, bytes32 outputRoot, uint8 verdict) private {
        current.verdict = verdict;
        current.outputRoot = outputRoot;
        current.notAfter = uint40(block.timestamp);
        hashOf[job] = _hash(current);
        emit ComputeAttested(
            job,
            current.deal,
            current.provider,
            current.slot,
            current.serving,
            current.kind,
            verdict,
            current.inputRoot,
            outputRoot,
            current.notBefore,
            current.notAfter
        );
    }

    /* VIEWS */

    /// @inheritdoc IProofs
    function statementOf(Job calldata job, bytes32 outputRoot) external view returns (bytes32) {
        return _statementOf(job, outputRoot);
    }

    /// @inheritdoc IProofs
    function verifierOf(uint8 kind) public view returns (address) {
        if (kind == RECEIPTS) return receipts;
        if (kind == SAMPLED) return sampled;
        if (kind == GROTH16) return groth16;
        return address(0);
    }

    function _statementOf(Job memory job, bytes32 outputRoot) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                block.chainid,
                address(this),
                job.deal,
                job.slot,
                job.serving,
                job.provider,
                job.seed,
                job.inputRoot,
                outputRoot
            )
        );
    }

    /// @dev In memory a struct of words lies as the ABI encodes it: twelve words, one after the other.
    function _hash(Job memory job) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(job, JOB_BYTES)
        }
    }
}
