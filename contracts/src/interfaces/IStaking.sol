// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LockId, ModuleId, QuarantineId} from "../types/Ids.sol";

/// @title Staking: holds all staked FLT, ties it to locks, slashes it, and books income for stakers.
interface IStaking {
    /* TYPES */

    /// @dev What a provider promises its stakers. Bps are of 10,000.
    struct Terms {
        uint16 firstLossBps; // own stake needed, of all locks, checked at every grant
        uint16 rewardShareBps; // stakers' share of capacity FLT
        uint16 revenueShareBps; // stakers' share of stablecoin revenue
        uint16 dripDays; // 1 to 182
        uint128 delegationCap; // most delegated active stake, in FLT wei; lowering it evicts nobody
    }

    struct Tranche {
        uint128 active;
        uint128 shares;
        uint32 generation;
        uint128 thawing;
        uint128 thawUnits;
        uint32 thawGeneration;
    }

    struct Lock {
        address provider;
        uint40 end;
        uint40 grantedAt;
        ModuleId module;
        ModuleId slasher;
        uint128 amount;
    }

    struct Position {
        uint128 shares; // zero when its generation was wiped
        uint128 amount; // worth now, rounded down
        uint128 fltOwed; // claimable now
        uint128 usdOwed;
    }

    struct Ticket {
        uint128 units;
        uint128 amount; // worth now, rounded down
        address target; // zero unless redelegating
        bool isMatured;
        bool isCrystallised; // its amount is fixed
    }

    struct Quarantine {
        address customer;
        uint40 releaseAt;
        address reporter;
        uint128 customerAmount;
        uint128 reporterAmount;
        address provider;
    }

    struct Module {
        address module;
        uint8 roles;
        uint40 activeAt;
        uint40 removedAt; // zero while listed
    }

    /* ERRORS */

    error AmountZero();
    error NotRegistered(address provider);
    error NotAllowed(address caller, address account);
    error NotPayee(address account, address to);
    error NotCouncil(address caller);
    error NotGuardian(address caller);
    error NotModule(address caller, uint8 role);
    error NotLockModule(LockId lock, address caller);
    error NotSlasher(LockId lock, address caller);
    error AmountTooLarge(uint256 amount);
    error BpsTooHigh(uint256 bps);
    error DripOutOfRange(uint256 dripDays);
    error PositionTooSmall(uint256 amount, uint256 minimum);
    error SharesTooLow(uint256 have, uint256 need);
    error DelegationCapExceeded(uint256 delegated, uint256 cap);
    error DepositsPaused(uint40 until);
    error LocksPaused(uint40 until);
    error PauseTooSoon(uint40 next);
    error TicketUnknown(address provider, address account, uint32 day);
    error TicketMatured(uint32 day);
    error TicketNotMatured(uint32 day);
    error TargetUnset(uint32 day);
    error TargetSame(address provider);
    error LockUnknown(LockId lock);
    error LockNotEnded(LockId lock, uint40 end);
    error LockEndTooLate(uint40 end, uint40 latest);
    error LockEndPassed(uint40 end);
    error StakeTooLow(uint256 have, uint256 need);
    error FirstLossTooLow(uint256 have, uint256 need);
    error TokenUnknown(address token);
    error ProviderLocked(address provider, uint256 locked);
    error QuarantineUnknown(QuarantineId quarantine);
    error QuarantineRunning(uint40 releaseAt);
    error QuarantineOver(uint40 releaseAt);
    error ModuleListed(ModuleId module);
    error ModuleUnknown(ModuleId module);

    /* EVENTS */

    /// @notice Terms in force, and, where `effectiveAt` is not zero, the four that replace them then.
    event TermsSet(
        address indexed provider,
        uint16 firstLossBps,
        uint16 rewardShareBps,
        uint16 revenueShareBps,
        uint16 dripDays,
        uint128 delegationCap
    );
    event TermsScheduled(
        address indexed provider,
        uint16 firstLossBps,
        uint16 rewardShareBps,
        uint16 revenueShareBps,
        uint16 dripDays,
        uint40 effectiveAt
    );
    event KeySet(address indexed account, address indexed key, uint32 roles, uint40 expiry);
    /// @notice `activeAt` zero: removed.
    event PayeeSet(address indexed account, address indexed payee, uint40 activeAt);

    event Staked(address indexed provider, address indexed account, uint32 generation, uint128 amount, uint128 shares);
    event ExitStarted(
        address indexed provider,
        address indexed account,
        uint32 indexed day,
        uint128 amount,
        uint128 shares,
        uint32 thawGeneration,
        uint128 units
    );
    event ExitCancelled(
        address indexed provider,
        address indexed account,
        uint32 indexed day,
        uint128 units,
        uint128 amount,
        uint32 generation,
        uint128 shares
    );
    event Crystallised(
        address indexed provider, bool isOwn, uint32 indexed day, uint32 thawGeneration, uint128 units, uint128 amount
    );
    event Withdrawn(
        address indexed provider,
        address indexed account,
        uint32 indexed day,
        uint128 units,
        uint128 amount,
        address recipient
    );
    /// @notice `target` zero: taken back.
    event RedelegationNamed(address indexed provider, address indexed account, uint32 indexed day, address target);
    /// @notice Matured stake moved to `target`; a `Staked` of the target follows.
    event Redelegated(
        address indexed provider,
        address indexed account,
        uint32 indexed day,
        address target,
        uint128 units,
        uint128 amount
    );

    /// @notice State of a tranche's active stake after a change.
    event TrancheChanged(address indexed provider, bool isOwn, uint32 generation, uint128 active, uint128 shares);
    /// @notice State of a tranche's thawing, not crystallised stake after a change.
    event ThawChanged(address indexed provider, bool isOwn, uint32 generation, uint128 thawing, uint128 units);
    /// @notice Orphan reserve after a change.
    event OrphanChanged(address indexed provider, uint128 orphan);
    event OrphanSwept(address indexed provider, uint128 amount);

    /// @notice `locked` is the provider's sum of locks after it.
    event LockGranted(
        LockId indexed lock,
        address indexed provider,
        address indexed module,
        address slasher,
        uint128 amount,
        uint40 end,
        uint128 locked
    );
    event LockRegranted(LockId indexed lock, address indexed provider, uint128 amount, uint40 end, uint128 locked);
    event LockReleased(LockId indexed lock, address indexed provider, uint128 amount, uint128 locked);

    /// @notice `amount = fromOrphan + fromOwn + fromDelegated`; the last two include thawing stake.
    event Slashed(
        LockId indexed lock,
        address indexed provider,
        address indexed slasher,
        uint128 amount,
        uint128 fromOrphan,
        uint128 fromOwn,
        uint128 fromDelegated,
        uint128 lockAmount,
        uint128 locked
    );
    /// @notice First-loss shortfall that a slash caused, excused until `cureUntil`; zero: none.
    event ShortfallSet(address indexed provider, uint128 shortfall, uint40 cureUntil);
    /// @notice Slashed FLT not owed to parties, burnable from the end of `day`'s quarantine.
    event BurnQueued(uint32 indexed day, uint128 amount);
    event SlashBurned(uint32 indexed day, uint128 amount);
    event QuarantineOpened(
        QuarantineId indexed quarantine,
        LockId indexed lock,
        address indexed provider,
        address customer,
        uint128 customerAmount,
        address reporter,
        uint128 reporterAmount,
        uint40 releaseAt
    );
    event QuarantinePaid(QuarantineId indexed quarantine);
    event QuarantineCancelled(QuarantineId indexed quarantine, uint128 amount);

    event RewardAdded(
        address indexed provider, address indexed token, address indexed module, uint128 toOwn, uint128 toDelegated
    );
    /// @notice One tranche's drip of one token after a push: `rate` wei per second times 2^32, until `end`.
    event DripChanged(address indexed provider, bool isOwn, address indexed token, uint128 rate, uint40 end);
    /// @notice Reward per share times 1e24 of a tranche after a change, brought up to `updatedAt`.
    event IndexChanged(address indexed provider, bool isOwn, uint128 fltIndex, uint128 usdIndex, uint40 updatedAt);
    /// @notice State of a position's income after it was settled.
    event RewardSettled(
        address indexed provider,
        address indexed account,
        uint128 fltIndex,
        uint128 usdIndex,
        uint128 fltOwed,
        uint128 usdOwed
    );
    event RewardClaimed(
        address indexed provider, address indexed account, address indexed token, uint128 amount, address recipient
    );

    event ModuleScheduled(ModuleId indexed id, address indexed module, uint8 roles, uint40 activeAt);
    event ModuleRemoved(ModuleId indexed id, uint40 removedAt);
    event StakingPaused(uint40 until);
    event GuardianSet(address indexed guardian);
    event CouncilSet(address indexed council);

    /* ACCOUNTS */

    function setTerms(Terms calldata newTerms) external;
    function setKey(address key, uint32 newRoles, uint40 newExpiry) external;
    function setPayee(address payee, bool isPayee) external;

    /* STAKE */

    function stake(address provider, uint128 amount) external returns (uint128 shares);
    function exit(address account, address provider, uint128 shares) external returns (uint32 day, uint128 amount);
    function cancelExit(address account, address provider, uint32 day) external returns (uint128 shares);
    function withdraw(address account, address provider, uint32 day, address recipient)
        external
        returns (uint128 amount);
    function redelegate(address account, address provider, uint32 day, address target) external;
    function move(address account, address provider, uint32 day) external returns (uint128 shares);
    function crystallise(address provider) external;
    function sweepOrphan(address provider) external;

    /* LOCKS */

    function grant(address provider, uint128 amount, uint40 end, ModuleId slasher) external returns (LockId lock);
    function promote(address provider, uint128 amount, uint40 end, ModuleId slasher) external returns (LockId lock);
    function regrant(LockId lock, uint128 newAmount, uint40 newEnd) external;
    function release(LockId lock) external;

    /* SLASH */

    function slash(
        LockId lock,
        uint128 amount,
        address customer,
        uint128 customerMax,
        address reporter,
        uint128 reporterMax
    ) external returns (uint128 slashed, uint128 fromOwn);
    function cancelPayout(QuarantineId quarantine) external;
    function payQuarantine(QuarantineId quarantine) external;
    function burnSlashed(uint32 day) external;

    /* REWARDS */

    function addReward(address provider, address token, uint128 amount) external;
    function claimReward(address account, address provider, address token, address recipient)
        external
        returns (uint128 amount);

    /* GOVERNANCE */

    function scheduleModule(address module, uint8 roles) external returns (ModuleId id);
    function removeModule(ModuleId id) external;
    function setGuardian(address newGuardian) external;
    function setCouncil(address newCouncil) external;
    function pause() external;

    /* VIEWS */

    function flt() external view returns (address);
    function stablecoin() external view returns (address);
    function treasury() external view returns (address);
    function guardian() external view returns (address);
    function council() external view returns (address);
    function pausedUntil() external view returns (uint40);
    /// @notice Terms in force now.
    function terms(address provider) external view returns (Terms memory);
    function isRegistered(address provider) external view returns (bool);
    function tranche(address provider, bool isOwn) external view returns (Tranche memory);
    /// @notice Sum of a provider's locks.
    function locked(address provider) external view returns (uint128);
    function orphan(address provider) external view returns (uint128);
    /// @notice The largest lock that would be granted now.
    function free(address provider) external view returns (uint128);
    function lockOf(LockId lock) external view returns (Lock memory);
    function position(address provider, address account) external view returns (Position memory);
    function ticket(address provider, address account, uint32 day) external view returns (Ticket memory);
    function quarantineOf(QuarantineId quarantine) external view returns (Quarantine memory);
    function moduleOf(ModuleId id) external view returns (Module memory);
    function modules() external view returns (Module[] memory);
    /// @notice Whether `caller` is `account` or holds a live key of it with `role`.
    function mayAct(address account, address caller, uint32 role) external view returns (bool);
    /// @notice Whether `to` is `account` itself or a payee of it, registered three days before.
    function mayReceive(address account, address to) external view returns (bool);
    /// @notice Balance of `token` that is owed to nobody.
    function surplus(address token) external view returns (uint256);
    function booked(address token) external view returns (uint256);
    function shortfall(address provider) external view returns (uint128 amount, uint40 cureUntil);
    function rewardIndex(address provider, bool isOwn) external view returns (uint128 fltIndex, uint128 usdIndex);
    function drip(address provider, bool isOwn, address token) external view returns (uint128 rate, uint40 end);
    function burnQueued(uint32 day) external view returns (uint128);
}
