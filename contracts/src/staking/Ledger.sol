// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {ModuleId} from "../types/Ids.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @dev Storage of `Staking`, and the count of what it owes.
/// Invariants:
/// 1. `total.flt` is all FLT owed to somebody: active, thawing, claims, orphans, quarantines, burns, rewards not yet claimed.
/// 2. `usdBooked` is all stablecoin pushed and not yet claimed.
/// 3. Every struct that is read or written on a hot path is one storage slot.
/// 4. No guard against reentrancy: tokens are called last, after every effect, wherever they are called.
/// 5. Stake fits 96 bits, and shares 120: a tranche never has more than 1e6 (under 2^20) shares a wei.
abstract contract Ledger {
    /// @dev Where burned FLT goes; a plain ERC-20 need not offer `burn`.
    address internal constant DEAD = 0x000000000000000000000000000000000000dEaD;
    uint256 internal constant BPS = 10_000;
    uint256 internal constant THAW = 21 days;
    uint256 internal constant QUARANTINE = 7 days;
    uint256 internal constant POSITION_MIN = 1e18;
    /// @dev A tranche with more shares a wei than this is wiped.
    uint256 internal constant SHARES_PER_WEI_MAX = 1e6;

    uint16 internal constant SCHEDULED = type(uint16).max;

    struct Head {
        uint96 active;
        uint120 shares;
        uint40 updatedAt; // of the indices
    }

    struct Thaw {
        uint96 thawing;
        uint120 units;
        uint24 generation;
        uint16 cursor; // no bucket of an earlier day waits for crystallising
    }

    struct Indices {
        uint128 flt;
        uint128 usd;
    }

    /// @dev Rates are wei per second times 2^24.
    struct Drips {
        uint96 fltRate;
        uint32 fltEnd;
        uint96 usdRate;
        uint32 usdEnd;
    }

    struct Bucket {
        uint120 units;
        uint96 claim; // what the units share, once crystallised
        uint24 generation;
        bool isCrystallised;
    }

    struct TrancheState {
        Head head;
        Thaw thaw;
        Indices indices;
        Drips drips;
        mapping(uint256 day => Bucket) buckets;
        mapping(uint256 generation => Indices) lastIndices; // of wiped generations
    }

    struct PositionState {
        uint128 shares;
        uint24 generation;
    }

    struct TicketState {
        uint120 units;
        uint24 generation;
        bool isRedelegating;
    }

    /// @dev A debt is `floor(shares * index / 1e24) - owed` modulo 2^128, so that owed amounts need no slot of their own.
    struct Debts {
        uint128 flt;
        uint128 usd;
    }

    struct AccountState {
        PositionState position;
        Debts debts;
        mapping(uint256 day => TicketState) tickets;
        mapping(uint256 day => address) targets;
    }

    struct TermsState {
        uint16 firstLossBps;
        uint16 rewardShareBps;
        uint16 revenueShareBps;
        uint16 dripDays;
        uint128 delegationCap;
        // Deposits read them here, slashes in `Liability`.
        uint24 ownGeneration;
        uint24 delegatedGeneration;
        bool isRegistered;
        bool isScheduled;
    }

    /// @dev The last three are copies of `TermsState`'s, so that neither a grant nor a slash need read it. Where other terms are
    /// scheduled the first loss is SCHEDULED, and they are read.
    struct Liability {
        uint96 locked;
        uint96 orphan;
        uint16 firstLossBps;
        uint24 ownGeneration;
        uint24 delegatedGeneration;
    }

    struct Scheduled {
        uint16 firstLossBps;
        uint16 rewardShareBps;
        uint16 revenueShareBps;
        uint16 dripDays;
        uint40 effectiveAt;
        uint96 shortfall; // excused until `cureUntil`
        uint40 cureUntil;
    }

    struct Pool {
        TermsState terms;
        Liability liability;
        Scheduled scheduled;
        TrancheState own;
        TrancheState delegated;
        mapping(address account => AccountState) accounts;
    }

    /// @dev What a lock keeps from its grant to its release.
    struct LockPins {
        address provider;
        ModuleId module;
        ModuleId slasher;
        uint24 removals; // as the module had it when the slasher was last seen to stay
    }

    /// @dev What a renewal changes.
    struct LockStake {
        uint96 amount;
        uint40 end;
        uint40 grantedAt;
    }

    struct LockState {
        LockPins pins;
        LockStake stake;
    }

    struct QuarantineState {
        address customer;
        uint96 customerAmount;
        address reporter;
        uint96 reporterAmount;
        address provider;
        uint40 releaseAt;
    }

    struct KeyState {
        uint32 roles;
        uint40 expiry;
    }

    struct ModuleState {
        address module;
        uint8 roles;
        uint32 activeAt;
        uint32 removedAt; // zero while listed
        uint24 removals; // of any module, so far
    }

    struct Roll {
        uint16 count;
        uint24 removals;
    }

    struct Total {
        uint128 flt;
        uint40 pausedUntil;
        uint40 lockCount;
        uint48 quarantineCount;
    }

    address internal immutable _flt;
    address internal immutable _stablecoin;
    address internal immutable _treasury;

    Total internal _total;
    uint128 internal _usdBooked;
    address internal _guardian;
    address internal _council;
    /// @dev Index 0 is an empty module, so that no id is zero. Not an array: nothing unlisted is a module, so no index needs a
    /// bound.
    mapping(uint256 id => ModuleState) internal _modules;
    Roll internal _roll;
    mapping(address module => uint16) internal _moduleIds;
    mapping(address account => mapping(address key => KeyState)) internal _keys;
    mapping(address account => mapping(address payee => uint40)) internal _payees;
    mapping(address provider => Pool) internal _pools;
    mapping(uint256 lock => LockState) internal _locks;
    mapping(uint256 quarantine => QuarantineState) internal _quarantines;
    mapping(uint256 day => uint256) internal _burns;

    constructor(address newFlt, address newStablecoin, address newTreasury) {
        require(newFlt != newStablecoin, IStaking.TokenUnknown(newFlt));
        _flt = newFlt;
        _stablecoin = newStablecoin;
        _treasury = newTreasury;
    }

    /* TOKENS */

    function _pull(address token, uint256 amount) internal {
        SafeERC20.safeTransferFrom(IERC20(token), msg.sender, address(this), amount);
    }

    function _pay(address token, address to, uint256 amount) internal {
        SafeERC20.safeTransfer(IERC20(token), to, amount);
    }

    /* STATE */

    function _tranche(Pool storage pool, bool isOwn) internal view returns (TrancheState storage) {
        return isOwn ? pool.own : pool.delegated;
    }

    function _generation(Pool storage pool, bool isOwn) internal view returns (uint24) {
        return isOwn ? pool.terms.ownGeneration : pool.terms.delegatedGeneration;
    }

    function _setOrphan(Pool storage pool, address provider, uint256 newOrphan) internal {
        // Orphans come out of tranches, which fit 96 bits each; both together fit whenever all FLT does.
        pool.liability.orphan = uint96(newOrphan);
        emit IStaking.OrphanChanged(provider, uint128(newOrphan));
    }

    function _divUp(uint256 a, uint256 b) internal pure returns (uint256) {
        return (a + b - 1) / b;
    }

    function _today() internal view returns (uint256) {
        return block.timestamp / 1 days;
    }
}
