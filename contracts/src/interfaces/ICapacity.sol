// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommitmentId, DealId, LockId} from "../types/Ids.sol";
import {IWorkVerifier} from "./IWorkVerifier.sol";

/// @title What `Capacity` refuses and tells; what may be called is in `ICapacity`.
interface ICapacityBooks {
    error NotAllowed(address caller, address account);
    error ClassUnknown(uint8 class);
    error ClassKnown(uint8 class);
    error ClassesTooMany(uint256 most);
    error VerifierInvalid(address verifier);
    /// @dev It acts already, was cancelled, or never scheduled.
    error VerifierNotPending(uint8 class, uint8 version);
    /// @dev Zero, or so large that a hash cannot fail it.
    error TargetInvalid(uint256 target);
    error CollateralZero();
    error UnitsOutOfRange(uint256 units, uint256 most);
    error TermOutOfRange(uint8 termDays);
    error PledgesPaused(uint40 until);
    /// @dev The provider's terms promise less own stake than a conviction takes of a lock.
    error FirstLossBelowSlash(uint256 haveBps, uint256 needBps);
    error NotGuardian(address caller);
    error CommitmentUnknown(CommitmentId commitment);
    /// @dev It ended before the window, or begins after it.
    error CommitmentNotLive(CommitmentId commitment, uint32 epoch);
    error CommitmentConvictedAlready(CommitmentId commitment);
    error RenewalNotOpen(CommitmentId commitment, uint40 opensAt);
    error RenewalOver(CommitmentId commitment, uint40 endedAt);
    error WindowOpen(uint32 window);
    error WindowNotOpen(uint32 window);
    /// @dev A reorganisation changed the seed that the work was done for, or it is another window's.
    error SeedWrong(uint32 window, bytes32 have, bytes32 need);
    error CommitTooLate(uint32 window, uint40 deadline);
    error CommittedAlready(CommitmentId commitment, uint32 window);
    error BitmapWrong(uint256 length, uint256 need);
    error NothingFilled();
    error ClaimUnknown(CommitmentId commitment, uint32 window);
    error DrawTooEarly(uint256 firstBlock);
    error DrawTooLate(CommitmentId commitment, uint32 window);
    error DrawnAlready(CommitmentId commitment, uint32 window);
    error AuditUnknown(CommitmentId commitment, uint32 window);
    error AnswerNotLate(uint40 deadline);
    /// @dev The leaf is not in the tree, or not the one that is asked for.
    error LeafWrong(uint32 position);
    /// @dev An honest answer holds valid work; an invalid leaf is for `convict`.
    error LeafInvalid(uint32 position, uint8 reason);
    /// @dev The leaf of a fraud proof is valid work.
    error LeafValid(uint32 position);
    error PositionNotClaimed(uint32 position);
    error ChallengeOver(uint32 window, uint40 endedAt);
    error DemandsTooMany(uint256 most);
    error DemandUnknown(CommitmentId commitment, uint32 window, uint32 position);
    error DemandOpen(CommitmentId commitment, uint32 window, uint32 position);
    /// @dev Its leaf is on the chain.
    error DemandAnswered(CommitmentId commitment, uint32 window, uint32 position);
    error DepositTooLow(uint256 have, uint256 need);
    error AnnouncementUnknown(bytes32 hash);
    error AnnouncementTooYoung(uint256 firstBlock);
    error AnnouncementKnown(bytes32 hash);
    error EpochNotFinal(uint32 epoch, uint40 finalAt);
    error EpochNotNext(CommitmentId commitment, uint32 epoch, uint32 next);
    error ChallengesOpen(CommitmentId commitment, uint16 open);
    error ExcusalTooEarly(uint32 epoch);
    error ExcusalTooLate(uint32 epoch, uint40 deadline);
    /// @dev All its units are excused already.
    error ExcusalTooLarge(uint256 credit, uint256 most);
    error NothingToClaim(address account);
    error EtherRefused(address recipient);

    /// @notice A class of capacity; `target` lets its reference core fill four puzzles a window. `collateral` is stablecoin a unit.
    event ClassAdded(uint8 indexed class, address indexed verifier, uint256 target, uint128 collateral);
    /// @notice Commitments pledged or renewed from `activeAt` on are checked by this verifier; others keep theirs.
    event VerifierScheduled(uint8 indexed class, uint8 version, address indexed verifier, uint40 activeAt);
    /// @notice The version never acts.
    event VerifierCancelled(uint8 indexed class, uint8 version);
    event CollateralSet(uint8 indexed class, uint128 collateral);
    event PledgesPausedUntil(uint40 until);
    event WindowOpened(uint32 indexed window, bytes32 seed);
    /// @notice A solution counts in this epoch when its hash is below `target`.
    event TargetSet(uint8 indexed class, uint32 indexed epoch, uint256 target);

    /// @notice Units proved from `firstEpoch` until `endEpoch`, exclusive.
    event CapacityPledged(
        CommitmentId indexed commitment,
        address indexed provider,
        uint8 class,
        uint16 units,
        uint32 firstEpoch,
        uint32 endEpoch,
        uint8 verifierVersion,
        LockId lock,
        uint128 lockAmount
    );
    /// @notice `isPriced` false: the price was stale, the lock keeps its FLT.
    event CapacityRenewed(
        CommitmentId indexed commitment,
        address indexed provider,
        uint32 endEpoch,
        uint8 verifierVersion,
        uint128 lockAmount,
        bool isPriced
    );
    /// @notice reason: 0 the provider's wish, 1 five poor epochs in a row, 2 convicted.
    event CapacityEnded(CommitmentId indexed commitment, address indexed provider, uint32 endEpoch, uint8 reason);

    /// @notice One byte of `bitmap` a unit, lowest bit its first puzzle. `filled` is the number of its bits.
    event WindowCommitted(
        CommitmentId indexed commitment, uint32 indexed window, bytes32 root, uint32 filled, bytes bitmap
    );
    /// @notice `deadline` zero: not audited. Otherwise the leaf of the set bit number `rank`, from zero, is due until then.
    event WindowDrawn(CommitmentId indexed commitment, uint32 indexed window, uint32 rank, uint40 deadline);
    event AuditAnswered(CommitmentId indexed commitment, uint32 indexed window, uint32 position);
    event LeafDemanded(
        CommitmentId indexed commitment,
        uint32 indexed window,
        uint32 position,
        address indexed demander,
        uint128 deposit,
        uint40 deadline
    );
    /// @notice `deposit` goes to the provider. Zero: nothing was shown, but another leaf had convicted the commitment already.
    event LeafDelivered(CommitmentId indexed commitment, uint32 indexed window, uint32 position, uint128 deposit);
    /// @notice An undelivered leaf's deposit is its payer's again; it convicted, or another one had.
    event DemandReturned(
        CommitmentId indexed commitment,
        uint32 indexed window,
        uint32 position,
        address indexed demander,
        uint128 deposit
    );
    event ConvictionAnnounced(bytes32 indexed hash, address indexed reporter);
    /// @notice reason: 1 no such solution, 2 the hash misses the target, 3 an empty leaf, 4 audit unanswered, 5 demand unanswered.
    /// `position` is that of the leaf; when reason is 4 the rank that the audit asked for: which position it is the bitmap tells.
    /// `bountyUnpaid` came out of `forfeited`, the rewards that were not paid yet; `bountyStake` waits in quarantine.
    event CommitmentConvicted(
        CommitmentId indexed commitment,
        address indexed provider,
        uint32 window,
        uint32 position,
        address indexed reporter,
        uint8 reason,
        uint128 slashed,
        uint128 forfeited,
        uint128 bountyUnpaid,
        uint128 bountyStake
    );
    /// @notice `credit` is what counted, in millionths of a unit and epoch: at most what was not excused yet of the units.
    event WorkExcused(
        CommitmentId indexed commitment, uint32 indexed epoch, DealId indexed deal, uint8 slot, uint64 credit
    );
    /// @notice What an epoch earned. `filled` counts drawn puzzles, `opened` windows; `credit` and `bonus` are millionths of a
    /// unit and epoch. reason, of what is not credited: 0 nothing, 1 more filled than counts, 2 under half of what was possible.
    event EpochCredited(
        CommitmentId indexed commitment,
        uint32 indexed epoch,
        uint64 filled,
        uint8 opened,
        uint64 credit,
        uint64 bonus,
        uint8 poorEpochs,
        uint8 reason
    );
    /// @notice Ether of demands: owed to `account` after it.
    event DepositCredited(address indexed account, uint128 amount, uint128 owed);
    event DepositClaimed(address indexed account, uint128 amount, address recipient);
}

/// @title Capacity: units that prove by calculations that they are there, and what happens to those that pretend.
/// @notice An epoch is a day (`timestamp / 86400`), a window an hour (`timestamp / 3600`). A unit has eight puzzles a window; the
/// challenge of one is `keccak256(abi.encode(seed, provider, commitment, position))`, `position = unit * 8 + puzzle`. A leaf
/// is a nonce and a solution that the class's verifier accepts for this challenge and whose
/// `keccak256(abi.encodePacked(challenge, nonce, solution))` is below the epoch's target. It lies at its position of a tree
/// of `2^depth >= 8 * units` leaves: a leaf is `keccak256(abi.encode(position, nonce, solution))`, zero where nothing was
/// found, a node `keccak256(abi.encode(left, right))`.
///
/// What one may do after a window, and until when:
/// - commit until ten minutes after its end; one root a commitment and window;
/// - draw, from the fifth block after the commit on, while the chain knows the hash of the fourth (8,191 blocks, 256 without
///   EIP-2935), and until three hours after the epoch's end; undrawn earns nothing;
/// - answer an audit or a demand within twelve hours: then anyone may convict, and until somebody does an answer counts;
/// - demand a leaf, or prove a fraud, until 27 hours after the epoch's end;
/// - credit an epoch from three hours after its end on, in order, while no audit or demand is open; it is paid 24 hours later.
///
/// @dev Assumptions.
/// Safety: no proposer of blocks gives up more than sixteen of them to escape one audit; the verifiers accept work alone; `Staking`,
/// `PriceGuard` and `Rewards` are the ones of this deployment.
/// Liveness: somebody opens each window; watchers draw what its provider does not, and look at leaves.
interface ICapacity is ICapacityBooks {
    struct Class {
        uint128 collateral; // stablecoin a unit
        uint8 versions; // of its verifier
        uint256 referenceTarget; // of the reference core
        uint256 target; // of the latest epoch that was opened
        uint32 epoch; // that epoch
    }

    struct Commitment {
        address provider;
        uint8 class;
        uint16 units;
        uint32 firstEpoch;
        uint32 endEpoch; // exclusive
        uint8 verifierVersion;
        LockId lock;
        uint32 nextEpoch; // the next to be credited
        uint8 poorEpochs; // in a row
        uint16 openChallenges; // audits and demands
        uint16 openDemands;
        bool isConvicted;
    }

    /// @dev What a commit claimed; only its hash is stored.
    struct Claim {
        uint32 window;
        uint32 filled;
        uint64 blockNumber; // of the commit
        bytes32 root;
        bytes32 bitmapHash;
    }

    /// @dev A leaf with its path. `solution` empty: the leaf is empty.
    struct Leaf {
        uint32 position;
        uint64 nonce;
        bytes solution;
        bytes32[] path; // siblings, from the leaf up
    }

    /* PLEDGE */

    /// @notice The provider or its STAKE key; not during a pause. Locks `collateral * units / low` FLT of its stake until five days
    /// after the term, which begins with the next epoch. The provider's terms promise a first loss of at least 20 %.
    function pledge(address provider, uint8 class, uint16 units, uint8 termDays)
        external
        returns (CommitmentId commitment);
    /// @notice The provider or its PROVE key, in the last epoch of the term: another term, with a lock sized anew. A stale price
    /// keeps the lock's FLT. Needs the same first loss as a pledge. Never paused.
    function renew(CommitmentId commitment, uint8 termDays) external;
    /// @notice The provider or its PROVE key: the running epoch is the last. The lock stays to its end, five days after the term.
    function end(CommitmentId commitment) external;

    /* PROVE */

    /// @notice Anyone, once a window: fixes its seed, and in an epoch's first one its targets and reward pools.
    function openWindow() external returns (bytes32 seed);
    /// @notice The provider or its PROVE key. `seed` is the one that the work was done for.
    function commit(CommitmentId commitment, uint32 window, bytes32 seed, bytes32 root, bytes calldata bitmap) external;
    /// @notice Anyone. Counts a commit, and with a chance of 1/16 asks for one of its leaves.
    function draw(CommitmentId commitment, Claim calldata claim) external;
    /// @notice Anyone: the leaf that an audit asked for, verified here. Counts until somebody convicts.
    function answer(CommitmentId commitment, Claim calldata claim, bytes calldata bitmap, Leaf calldata leaf) external;
    /// @notice Anyone: forces a claimed leaf onto the chain, once. At most four of a window are open at a time; the deposit,
    /// 1.5 times what answering costs at this block's base fee, goes to the provider with his answer, and back without one.
    /// What is sent above it is the caller's to claim.
    function demandLeaf(CommitmentId commitment, Claim calldata claim, bytes calldata bitmap, uint32 position)
        external
        payable;
    /// @notice Anyone: the demanded leaf. Counts until `convictUndelivered` closes the demand.
    function deliver(CommitmentId commitment, Claim calldata claim, Leaf calldata leaf) external;
    /// @notice `caller`'s ether of demands, to `recipient`.
    function claimDeposit(address payable recipient) external returns (uint128 amount);
    /// @notice Several calls in one transaction, all or none; none of them may be payable.
    function multicall(bytes[] calldata calls) external returns (bytes[] memory results);

    /* CONVICT */

    /// @notice Anyone. `hash` is `announcement(commitment, window, position, reporter, salt)`; whoever copies the proof from
    /// the mempool has announced nothing.
    function announce(bytes32 hash) external;
    /// @notice Shows one invalid leaf, announced by the caller at least two blocks before. Ends and slashes the commitment.
    function convict(
        CommitmentId commitment,
        Claim calldata claim,
        bytes calldata bitmap,
        Leaf calldata leaf,
        bytes32 salt
    ) external;
    /// @notice Anyone, when an audit's answer is overdue.
    function convictUnanswered(CommitmentId commitment, uint32 window) external;
    /// @notice Anyone, when a demanded leaf is overdue.
    function convictUndelivered(CommitmentId commitment, uint32 window, uint32 position) external;

    /* CREDIT */

    /// @notice The provider or its PROVE key, until three hours after the epoch: units that served a deal of an attested customer
    /// need not have proved. Of more work than units only as much counts; the rest is used up.
    function excuse(CommitmentId commitment, uint32 epoch, DealId deal, uint8 slot) external;
    /// @notice Anyone: the credit of the next epoch of a commitment. What the one before earned is paid.
    function credit(CommitmentId commitment, uint32 epoch) external;
    /// @notice Anyone: pays what was credited 24 hours ago.
    function release(CommitmentId commitment) external;

    /* GOVERNANCE */

    /// @notice Governance. A new class binds nobody, so it acts at once.
    function addClass(uint8 class, IWorkVerifier verifier, uint256 target, uint128 collateral) external;
    /// @notice Governance. Acts in 28 days, and for commitments pledged or renewed after it.
    function scheduleVerifier(uint8 class, IWorkVerifier verifier) external returns (uint8 version);
    /// @notice Governance, until the version acts: it never will. At once: nobody is bound by it yet.
    function cancelVerifier(uint8 class, uint8 version) external;
    /// @notice Governance. For commitments pledged or renewed from now on.
    function setCollateral(uint8 class, uint128 newCollateral) external;
    /// @notice Guardian: refuses new commitments for 7 days, once in 30.
    function pause() external;

    /* VIEWS */

    function classOf(uint8 class) external view returns (Class memory);
    function classes() external view returns (uint8[] memory);
    /// @notice Zeros: cancelled, or never scheduled.
    function verifierOf(uint8 class, uint8 version) external view returns (IWorkVerifier verifier, uint40 activeAt);
    function commitmentOf(CommitmentId commitment) external view returns (Commitment memory);
    function count() external view returns (uint64);
    /// @notice Zero: nobody opened it.
    function seedOf(uint32 window) external view returns (bytes32);
    /// @notice Windows of an epoch that somebody opened.
    function openedOf(uint32 epoch) external view returns (uint8);
    /// @notice Zero: no window of it was opened.
    function targetOf(uint8 class, uint32 epoch) external view returns (uint256);
    /// @notice status: 0 nothing, 1 committed, 2 drawn, 3 audited, 4 answered.
    function claimOf(CommitmentId commitment, uint32 window) external view returns (uint8 status, bytes31 digest);
    function auditOf(CommitmentId commitment, uint32 window) external view returns (uint32 rank, uint40 deadline);
    function demandOf(CommitmentId commitment, uint32 window, uint32 position)
        external
        view
        returns (address demander, uint128 deposit, uint40 deadline);
    /// @notice Drawn puzzles and excused credit of a commitment's epoch.
    function tallyOf(CommitmentId commitment, uint32 epoch) external view returns (uint64 filled, uint64 excused);
    /// @notice Of all commitments of a class: what the pool is divided by once the epoch is final, in millionths.
    function divisorOf(uint8 class, uint32 epoch) external view returns (uint256);
    /// @notice Units by fill, twenty bins of 0.4 puzzles a unit and window.
    function histogramOf(uint8 class, uint32 epoch) external view returns (uint32[20] memory);
    function challengeOf(CommitmentId commitment, uint32 window, uint32 position) external view returns (bytes32);
    function announcement(CommitmentId commitment, uint32 window, uint32 position, address reporter, bytes32 salt)
        external
        view
        returns (bytes32);
    function depositOf(address account) external view returns (uint128);
    /// @notice What `demandLeaf` asks for in this block.
    function demandDeposit() external view returns (uint256);
    function pausedUntil() external view returns (uint40);
}
