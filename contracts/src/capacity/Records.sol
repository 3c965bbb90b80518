// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacityBooks} from "../interfaces/ICapacity.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";
import {IRewards} from "../interfaces/IRewards.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {IWorkVerifier} from "../interfaces/IWorkVerifier.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {PauseOnce} from "../libraries/PauseOnce.sol";
import {CommitmentId, LockId, ModuleId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev What is stored, and what everybody else of this folder reads it by. Invariants:
/// 1. A claim is made once; its status only rises, from committed to drawn or audited, from audited to answered.
/// 2. The tally of an epoch is what its drawn claims filled, and of a class the sum over its commitments.
/// 3. `openChallenges` counts audits without an answer and demands without a delivery; `openDemands` the latter.
/// 4. The balance in ether is the deposits of open demands and what is owed.
abstract contract Records is ICapacityBooks {
    uint256 internal constant COMMITTED = 1;
    uint256 internal constant DRAWN = 2;
    uint256 internal constant AUDITED = 3;
    uint256 internal constant ANSWERED = 4;

    uint8 internal constant BY_PROVIDER = 0;
    uint8 internal constant POOR = 1;
    uint8 internal constant CONVICTED = 2;

    uint256 internal constant EPOCH = 1 days;
    uint256 internal constant WINDOW = 1 hours;
    uint32 internal constant WINDOWS = 24;
    /// From an epoch's end until nothing of it can be drawn or excused any more.
    uint256 internal constant FINAL_AFTER = 3 hours;
    uint256 internal constant ANSWER_TIME = 12 hours;
    /// What a conviction takes of a lock, at least; and what a provider's own stake must be of his locks.
    uint256 internal constant SLASH_BPS = 2000;

    struct ClassState {
        uint128 collateral;
        uint32 epoch;
        uint8 versions;
        uint256 referenceTarget;
        uint256 target;
    }

    struct Version {
        IWorkVerifier verifier;
        uint40 activeAt;
    }

    /// @dev One word: all that a commit reads.
    struct Pledge {
        address provider;
        uint16 units;
        uint8 class;
        uint8 verifierVersion;
        uint32 firstEpoch;
        uint32 endEpoch;
    }

    /// @dev Epochs before `versionEpoch` are checked by `priorVersion`.
    struct Standing {
        LockId lock;
        uint40 lockEnd;
        uint32 nextEpoch;
        uint32 versionEpoch;
        uint8 priorVersion;
        uint8 poorEpochs;
        uint16 openChallenges;
        uint16 openDemands;
        bool isFinal;
        bool isConvicted;
    }

    /// @dev `bonusBps` is that of its first window: a divisor must not change while it is divided by.
    struct EpochState {
        uint8 opened;
        uint16 bonusBps;
    }

    struct Tally {
        uint64 filled;
        uint64 excused;
    }

    struct ClassTally {
        uint64 filled;
        uint64 excused;
        uint64 credited;
    }

    struct Audit {
        uint32 rank;
        uint40 deadline;
    }

    /// @dev Answered: nothing of it is left but that.
    struct Demand {
        address demander;
        uint40 deadline;
        bool isAnswered;
        uint128 deposit;
    }

    IStaking internal immutable staking;
    IPriceGuard internal immutable priceGuard;
    IRewards internal immutable rewards;
    /// This contract in the module list of `Staking`: it grants its locks and slashes them.
    ModuleId internal immutable self;
    address internal immutable guardian;
    /// `value * scale / price` is FLT, see `LockMath`.
    uint256 internal immutable scale;

    uint8[] internal _classes;
    mapping(uint8 class => ClassState) internal _classStates;
    mapping(uint8 class => mapping(uint8 version => Version)) internal _versions;
    mapping(uint8 class => mapping(uint32 epoch => uint256)) internal _targets;
    mapping(uint8 class => mapping(uint32 epoch => ClassTally)) internal _classTallies;
    mapping(uint8 class => mapping(uint32 epoch => uint32[20])) internal _histograms;

    mapping(uint32 window => bytes32) internal _seeds;
    mapping(uint32 epoch => EpochState) internal _epochs;

    mapping(CommitmentId commitment => Pledge) internal _pledges;
    mapping(CommitmentId commitment => Standing) internal _standings;
    mapping(CommitmentId commitment => mapping(uint32 epoch => Tally)) internal _tallies;
    /// The digest in all but the lowest byte, which is the status.
    mapping(CommitmentId commitment => mapping(uint32 window => bytes32)) internal _claims;
    mapping(CommitmentId commitment => mapping(uint32 window => Audit)) internal _audits;
    mapping(CommitmentId commitment => mapping(uint32 window => mapping(uint32 position => Demand))) internal _demands;
    mapping(CommitmentId commitment => mapping(uint32 window => uint8)) internal _openDemands;

    mapping(bytes32 announcement => uint256 blockNumber) internal _announced;
    mapping(address account => uint128) internal _owed;

    PauseOnce.Pause internal _pause;
    uint64 internal _count;

    constructor(
        IStaking newStaking,
        IPriceGuard newPriceGuard,
        IRewards newRewards,
        ModuleId newSelf,
        address newGuardian
    ) {
        staking = newStaking;
        priceGuard = newPriceGuard;
        rewards = newRewards;
        self = newSelf;
        guardian = newGuardian;
        scale = LockMath.scaleOf(newStaking.stablecoin());
    }

    function _classOf(uint8 class) internal view returns (ClassState storage state) {
        state = _classStates[class];
        require(state.versions != 0, ClassUnknown(class));
    }

    function _pledgeOf(CommitmentId commitment) internal view returns (Pledge memory pledged) {
        pledged = _pledges[commitment];
        require(pledged.provider != address(0), CommitmentUnknown(commitment));
    }

    /// @dev The provider or its key for proofs.
    function _requireProver(address provider) internal view {
        _requireActor(provider, KeyRoles.PROVE);
    }

    function _requireActor(address provider, uint32 role) internal view {
        bool isActor = msg.sender == provider || staking.mayAct(provider, msg.sender, role);
        require(isActor, NotAllowed(msg.sender, provider));
    }

    function _requireLive(CommitmentId commitment, Pledge memory pledged, uint32 epoch) internal pure {
        require(epoch >= pledged.firstEpoch && epoch < pledged.endEpoch, CommitmentNotLive(commitment, epoch));
    }

    function _requireHonest(CommitmentId commitment) internal view {
        require(!_standings[commitment].isConvicted, CommitmentConvictedAlready(commitment));
    }

    /// @dev The running epoch is the last, and no renewal follows.
    function _endTomorrow(CommitmentId commitment, Pledge memory pledged, uint8 reason) internal {
        uint32 endEpoch = uint32(Math.min(pledged.endEpoch, _today() + 1));
        _pledges[commitment].endEpoch = endEpoch;
        _standings[commitment].isFinal = true;
        emit CapacityEnded(commitment, pledged.provider, endEpoch, reason);
    }

    function _today() internal view returns (uint32) {
        return uint32(block.timestamp / EPOCH);
    }

    function _finalAt(uint32 epoch) internal pure returns (uint40) {
        return uint40((uint256(epoch) + 1) * EPOCH + FINAL_AFTER);
    }

    function _owe(address account, uint128 amount) internal {
        uint128 owed = _owed[account] + amount;
        _owed[account] = owed;
        emit DepositCredited(account, amount, owed);
    }
}
