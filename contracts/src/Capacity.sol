// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Credits} from "./capacity/Credits.sol";
import {Liability} from "./capacity/Liability.sol";
import {Records} from "./capacity/Records.sol";
import {ICapacity} from "./interfaces/ICapacity.sol";
import {IPriceGuard} from "./interfaces/IPriceGuard.sol";
import {IRewards} from "./interfaces/IRewards.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {IWorkVerifier} from "./interfaces/IWorkVerifier.sol";
import {Half} from "./libraries/Half.sol";
import {PauseOnce} from "./libraries/PauseOnce.sol";
import {CommitmentId, ModuleId} from "./types/Ids.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @dev Parts by noun in `capacity/`: `Records` (storage), `Claims`, `Windows` and `Credits` (what is proved, every hour and day) are
/// here; `Pledges`, `Answers`, `Convictions` and `Classes` are in `Liability`, which runs on this storage. `Records` comes first
/// in both, so that both lay storage out alike.
contract Capacity is Credits, AccessManaged {
    using PauseOnce for PauseOnce.Pause;

    address private immutable liability;

    constructor(
        address manager,
        IStaking newStaking,
        IPriceGuard newPriceGuard,
        IRewards newRewards,
        ModuleId newSelf,
        address newGuardian
    ) Records(newStaking, newPriceGuard, newRewards, newSelf, newGuardian) AccessManaged(manager) {
        liability = address(new Liability(newStaking, newPriceGuard, newRewards, newSelf, newGuardian));
    }

    /// @inheritdoc ICapacity
    function multicall(bytes[] calldata calls) external returns (bytes[] memory results) {
        results = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            results[i] = Address.functionDelegateCall(address(this), calls[i]);
        }
    }

    /* LIABILITY */

    /// @inheritdoc ICapacity
    function pledge(address, uint8, uint16, uint8) external returns (CommitmentId) {
        _extend();
    }

    /// @inheritdoc ICapacity
    function renew(CommitmentId, uint8) external {
        _extend();
    }

    /// @inheritdoc ICapacity
    function end(CommitmentId) external {
        _extend();
    }

    /// @inheritdoc ICapacity
    function answer(CommitmentId, Claim calldata, bytes calldata, Leaf calldata) external {
        _extend();
    }

    /// @inheritdoc ICapacity
    function demandLeaf(CommitmentId, Claim calldata, bytes calldata, uint32) external payable {
        _extend();
    }

    /// @inheritdoc ICapacity
    function deliver(CommitmentId, Claim calldata, Leaf calldata) external {
        _extend();
    }

    /// @inheritdoc ICapacity
    function claimDeposit(address payable) external returns (uint128) {
        _extend();
    }

    /// @inheritdoc ICapacity
    function announce(bytes32) external {
        _extend();
    }

    /// @inheritdoc ICapacity
    function convict(CommitmentId, Claim calldata, bytes calldata, Leaf calldata, bytes32) external {
        _extend();
    }

    /// @inheritdoc ICapacity
    function convictUnanswered(CommitmentId, uint32) external {
        _extend();
    }

    /// @inheritdoc ICapacity
    function convictUndelivered(CommitmentId, uint32, uint32) external {
        _extend();
    }

    /// @dev Runs the call in the other half and answers what it answers.
    function _extend() private {
        Half.run(liability);
    }

    /* GOVERNANCE */

    /// @inheritdoc ICapacity
    function addClass(uint8, IWorkVerifier, uint256, uint128) external restricted {
        _extend();
    }

    /// @inheritdoc ICapacity
    function scheduleVerifier(uint8, IWorkVerifier) external restricted returns (uint8) {
        _extend();
    }

    /// @inheritdoc ICapacity
    function cancelVerifier(uint8, uint8) external restricted {
        _extend();
    }

    /// @inheritdoc ICapacity
    function setCollateral(uint8, uint128) external restricted {
        _extend();
    }

    /// @inheritdoc ICapacity
    function pause() external {
        require(msg.sender == guardian, NotGuardian(msg.sender));
        emit PledgesPausedUntil(_pause.start());
    }

    /* VIEWS */

    /// @inheritdoc ICapacity
    function classOf(uint8 class) external view returns (Class memory) {
        ClassState memory state = _classOf(class);
        return Class(state.collateral, state.versions, state.referenceTarget, state.target, state.epoch);
    }

    /// @inheritdoc ICapacity
    function classes() external view returns (uint8[] memory) {
        return _classes;
    }

    /// @inheritdoc ICapacity
    function verifierOf(uint8 class, uint8 version) external view returns (IWorkVerifier verifier, uint40 activeAt) {
        Version memory found = _versions[class][version];
        return (found.verifier, found.activeAt);
    }

    /// @inheritdoc ICapacity
    function commitmentOf(CommitmentId commitment) external view returns (Commitment memory) {
        Pledge memory pledged = _pledgeOf(commitment);
        Standing memory standing = _standings[commitment];
        return Commitment({
            provider: pledged.provider,
            class: pledged.class,
            units: pledged.units,
            firstEpoch: pledged.firstEpoch,
            endEpoch: pledged.endEpoch,
            verifierVersion: pledged.verifierVersion,
            lock: standing.lock,
            nextEpoch: standing.nextEpoch,
            poorEpochs: standing.poorEpochs,
            openChallenges: standing.openChallenges,
            openDemands: standing.openDemands,
            isConvicted: standing.isConvicted
        });
    }

    /// @inheritdoc ICapacity
    function count() external view returns (uint64) {
        return _count;
    }

    /// @inheritdoc ICapacity
    function seedOf(uint32 window) external view returns (bytes32) {
        return _seeds[window];
    }

    /// @inheritdoc ICapacity
    function openedOf(uint32 epoch) external view returns (uint8) {
        return _epochs[epoch].opened;
    }

    /// @inheritdoc ICapacity
    function targetOf(uint8 class, uint32 epoch) external view returns (uint256) {
        return _targets[class][epoch];
    }

    /// @inheritdoc ICapacity
    function claimOf(CommitmentId commitment, uint32 window) external view returns (uint8 status, bytes31 digest) {
        bytes32 kept = _claims[commitment][window];
        return (uint8(uint256(kept)), bytes31(kept));
    }

    /// @inheritdoc ICapacity
    function auditOf(CommitmentId commitment, uint32 window) external view returns (uint32 rank, uint40 deadline) {
        Audit memory audit = _audits[commitment][window];
        return (audit.rank, audit.deadline);
    }

    /// @inheritdoc ICapacity
    function demandOf(CommitmentId commitment, uint32 window, uint32 position)
        external
        view
        returns (address demander, uint128 deposit, uint40 deadline)
    {
        Demand memory demand = _demands[commitment][window][position];
        return (demand.demander, demand.deposit, demand.deadline);
    }

    /// @inheritdoc ICapacity
    function tallyOf(CommitmentId commitment, uint32 epoch) external view returns (uint64 filled, uint64 excused) {
        Tally memory tally = _tallies[commitment][epoch];
        return (tally.filled, tally.excused);
    }

    /// @inheritdoc ICapacity
    function divisorOf(uint8 class, uint32 epoch) external view returns (uint256) {
        return _divisor(class, epoch);
    }

    /// @inheritdoc ICapacity
    function histogramOf(uint8 class, uint32 epoch) external view returns (uint32[20] memory) {
        return _histograms[class][epoch];
    }

    /// @inheritdoc ICapacity
    function challengeOf(CommitmentId commitment, uint32 window, uint32 position) external view returns (bytes32) {
        return _challengeOf(commitment, _pledgeOf(commitment).provider, window, position);
    }

    /// @inheritdoc ICapacity
    function announcement(CommitmentId commitment, uint32 window, uint32 position, address reporter, bytes32 salt)
        external
        pure
        returns (bytes32)
    {
        return _announcement(commitment, window, position, reporter, salt);
    }

    /// @inheritdoc ICapacity
    function depositOf(address account) external view returns (uint128) {
        return _owed[account];
    }

    /// @inheritdoc ICapacity
    function demandDeposit() external view returns (uint256) {
        return _demandDeposit();
    }

    /// @inheritdoc ICapacity
    function pausedUntil() external view returns (uint40) {
        return _pause.until;
    }
}
