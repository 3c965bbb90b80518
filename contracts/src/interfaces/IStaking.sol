// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LockId, ModuleId, QuarantineId} from "../types/Ids.sol";

/// @title Staking: holds all staked FLT, ties it to locks, slashes it, and books income for stakers.
/// @notice Amounts are smallest units, times are seconds, days are days since 1970. "Now" is the block's time.
/// @dev Assumptions.
/// Safety: FLT and the stablecoin move exactly what a transfer says and do not call back; FLT's supply is under 2^96 wei.
/// A slasher module takes stake only for faults, since it alone decides whether and how much; the lock bounds it.
/// Liveness: FLT transfers work. A stablecoin that blocks this contract stops its own pushes and claims, and nothing else.
/// A lock module that forgets to release costs time only: anyone releases a lock after its end.
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
    /// @notice One tranche's drip of one token after a change: `rate` wei per second times 2^32, until `end`.
    event DripChanged(address indexed provider, bool isOwn, address indexed token, uint128 rate, uint40 end);
    /// @notice Reward per share times 1e24 of a tranche after a change, brought up to `updatedAt`.
    event IndexChanged(address indexed provider, bool isOwn, uint128 fltIndex, uint128 usdIndex, uint40 updatedAt);
    /// @notice State of a position's income after it was settled. At time t it is owed, per token and never less than zero,
    /// owed + floor(shares * index(t) / 1e24) - ceil(shares * index / 1e24). A position whose generation was wiped earns up to
    /// the `IndexChanged` of the wipe, which precedes the `TrancheChanged` of the next generation.
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

    /// @notice Sets the caller's terms as a provider; the first time registers it. What favours stakers acts at once, the rest
    /// after 22 days; a later call replaces what is scheduled. The cap always acts at once and evicts nobody.
    function setTerms(Terms calldata newTerms) external;
    /// @notice Gives `key` the caller's `newRoles` (see `KeyRoles`) until `newExpiry`; no roles takes them away.
    function setKey(address key, uint32 newRoles, uint40 newExpiry) external;
    /// @notice Registers an address that the caller's value may go to, from three days later, or removes it at once.
    function setPayee(address payee, bool isPayee) external;

    /* STAKE */

    /// @notice Stakes the caller's FLT with a registered provider: own stake if that is himself, delegated otherwise.
    /// @return shares floor(amount * shares / active) of the tranche, or `amount` in an empty one.
    function stake(address provider, uint128 amount) external returns (uint128 shares);
    /// @notice Starts the exit of some of a position's shares. Account or its key (STAKE); nothing else can stop it.
    /// @return day From whose start the stake can be withdrawn: 21 days from now, rounded up to a whole day.
    /// @return amount What the shares are worth; until `day` it is slashed pro rata with active stake.
    function exit(address account, address provider, uint128 shares) external returns (uint32 day, uint128 amount);
    /// @notice Makes a ticket that has not matured active stake again. Account or its key (STAKE).
    function cancelExit(address account, address provider, uint32 day) external returns (uint128 shares);
    /// @notice Pays a matured ticket to the account or its payee. Account or its key (STAKE).
    function withdraw(address account, address provider, uint32 day, address recipient)
        external
        returns (uint128 amount);
    /// @notice Names another provider for a ticket; zero takes that back. Account or its key (STAKE).
    function redelegate(address account, address provider, uint32 day, address target) external;
    /// @notice Stakes a matured ticket with the provider named for it. Account or its key (STAKE).
    function move(address account, address provider, uint32 day) external returns (uint128 shares);
    /// @notice Fixes what matured tickets of a provider are worth. Anyone; every call that depends on it does it anyway.
    function crystallise(address provider) external;
    /// @notice Sends the orphan reserve of a provider without locks to the treasury. Anyone.
    function sweepOrphan(address provider) external;

    /* LOCKS */

    /// @notice Ties stake to a new deal until `end`. Modules with LOCK, not during a pause. Active stake must cover all locks,
    /// own stake the provider's first loss of them, and `end` must lie within 20 days.
    /// @param slasher The module that may slash it, pinned with the caller; zero: nobody.
    function grant(address provider, uint128 amount, uint40 end, ModuleId slasher) external returns (LockId lock);
    /// @notice `grant` for a standby that takes over: never paused.
    function promote(address provider, uint128 amount, uint40 end, ModuleId slasher) external returns (LockId lock);
    /// @notice Renews or tops up a lock, up or down, under the same conditions. Its module; never paused. Once the module or
    /// the slasher is removed neither amount nor end can grow, so that their power ends with the locks that they have.
    /// @return provider Whose stake the lock ties.
    function regrant(LockId lock, uint128 newAmount, uint40 newEnd) external returns (address provider);
    /// @notice Frees a lock. Its module at any time, anyone after its end.
    function release(LockId lock) external;

    /* SLASH */

    /// @notice Takes up to `amount` of a lock that has not ended: orphan reserve, own stake, delegated stake, in this order,
    /// active and thawing pro rata. Its slasher, even if removed; nothing that a provider controls makes it revert.
    /// @param customerMax The customer's payout, clipped to 80 % of the own stake taken; in quarantine for 7 days.
    /// @param reporterMax The reporter's, clipped to what the customer leaves of those 80 %. The rest is burned after 7 days.
    function slash(
        LockId lock,
        uint128 amount,
        address customer,
        uint128 customerMax,
        address reporter,
        uint128 reporterMax
    ) external returns (uint128 slashed, uint128 fromOwn);
    /// @notice Cancels a payout in quarantine; its FLT drips back to the provider's own tranche. Council only.
    function cancelPayout(QuarantineId quarantine) external;
    /// @notice Pays customer and reporter when the quarantine is over. Anyone.
    function payQuarantine(QuarantineId quarantine) external;
    /// @notice Burns what slashes of `day` left over, from 7 days after its end. Anyone.
    function burnSlashed(uint32 day) external;

    /* REWARDS */

    /// @notice Pulls FLT or stablecoin from the caller for a provider's stakers: split pro rata over active own and delegated
    /// stake now, then dripped to shares over the provider's `dripDays`. Modules with REWARD, removed or not.
    /// @dev A running drip and the push end together, at the average of both ends weighted by amount.
    function addReward(address provider, address token, uint128 amount) external;
    /// @notice Pays a position's income in one token to the account or its payee. Account or its key (CLAIM).
    function claimReward(address account, address provider, address token, address recipient)
        external
        returns (uint128 amount);

    /* GOVERNANCE */

    /// @notice Lists a module that acts in 28 days, when everybody who distrusts it can have left. Council only.
    function scheduleModule(address module, uint8 roles) external returns (ModuleId id);
    /// @notice Ends a module in 28 days, or at once if it does not act yet; locks keep their pins. Council only.
    function removeModule(ModuleId id) external;
    /// @notice Replaces the guardian at once: a lost or stolen guardian key cannot wait. Council only.
    function setGuardian(address newGuardian) external;
    /// @notice Replaces the council at once: whatever it does to stake waits 28 days anyway, and it is a timelock. Council only.
    function setCouncil(address newCouncil) external;
    /// @notice Refuses deposits and new locks for 7 days. Guardian only, once in 30 days.
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
    /// @notice The same of `terms`, for whoever needs no more: every settle of a deal asks.
    function revenueShareBps(address provider) external view returns (uint16);
    function isRegistered(address provider) external view returns (bool);
    /// @notice As stored: matured stake that nobody has crystallised still counts as thawing.
    function tranche(address provider, bool isOwn) external view returns (Tranche memory);
    /// @notice Sum of a provider's locks.
    function locked(address provider) external view returns (uint128);
    function orphan(address provider) external view returns (uint128);
    /// @notice The largest lock that would be granted now.
    function free(address provider) external view returns (uint128);
    /// @notice First loss excused now because a slash took it, and until when.
    function shortfall(address provider) external view returns (uint128 amount, uint40 cureUntil);
    function lockOf(LockId lock) external view returns (Lock memory);
    /// @notice FLT that the lock holds; zero where there is none (any more).
    function amountOf(LockId lock) external view returns (uint128);
    function position(address provider, address account) external view returns (Position memory);
    function ticket(address provider, address account, uint32 day) external view returns (Ticket memory);
    function quarantineOf(QuarantineId quarantine) external view returns (Quarantine memory);
    /// @notice Slashed FLT of `day` that waits to be burned.
    function burnQueued(uint32 day) external view returns (uint128);
    /// @notice Reward per share times 1e24, now.
    function rewardIndex(address provider, bool isOwn) external view returns (uint128 fltIndex, uint128 usdIndex);
    /// @notice Rate in wei per second times 2^32, and when it ends or ended.
    function drip(address provider, bool isOwn, address token) external view returns (uint128 rate, uint40 end);
    function moduleOf(ModuleId id) external view returns (Module memory);
    /// @notice All modules ever listed; the first has id 1.
    function modules() external view returns (Module[] memory);
    /// @notice Whether `caller` is `account` or holds a live key of it with `role`.
    function mayAct(address account, address caller, uint32 role) external view returns (bool);
    /// @notice Whether `to` is `account` itself or a payee of it, registered three days before.
    function mayReceive(address account, address to) external view returns (bool);
    /// @notice Balance of `token` that is owed to nobody.
    function surplus(address token) external view returns (uint256);
    /// @notice Balance of `token` that is owed to somebody.
    function booked(address token) external view returns (uint256);
}
