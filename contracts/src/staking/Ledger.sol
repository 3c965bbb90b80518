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
    uint256 internal constant POSITION_MIN = 1e18;
    /// @dev A tranche with more shares a wei than this is wiped.
    uint256 internal constant SHARES_PER_WEI_MAX = 1e6;

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
        uint24 ownGeneration;
        uint24 delegatedGeneration;
        bool isRegistered;
        bool isScheduled;
    }

    struct Liability {
        uint96 locked;
        uint96 orphan;
        uint40 cureUntil;
    }

    struct Scheduled {
        uint16 firstLossBps;
        uint16 rewardShareBps;
        uint16 revenueShareBps;
        uint16 dripDays;
        uint40 effectiveAt;
        uint96 shortfall; // excused until `Liability.cureUntil`
    }

    struct Pool {
        TermsState terms;
        Liability liability;
        Scheduled scheduled;
        TrancheState own;
        TrancheState delegated;
        mapping(address account => AccountState) accounts;
    }

    struct LockStake {
        address provider;
        uint96 amount;
    }

    struct LockPins {
        uint40 end;
        uint40 grantedAt;
        ModuleId module;
        ModuleId slasher;
    }

    struct LockState {
        LockStake stake;
        LockPins pins;
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
    /// @dev Index 0 is an empty module, so that no id is zero.
    IStaking.Module[] internal _modules;
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
