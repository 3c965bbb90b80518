// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {LockId, ModuleId} from "../types/Ids.sol";
import {ModuleRoles} from "../types/Roles.sol";
import {Council} from "./Council.sol";
import {Promises} from "./Promises.sol";

/// @dev Locks and the coverage law.
/// Invariants:
/// 1. After every grant active stake is at least the sum of the provider's locks, and each lock ends within LOCK_MAX.
/// 2. `Liability.locked` is the sum of the provider's locks.
abstract contract Locks is Council, Promises {
    /// @dev Strictly less than THAW: what leaves after a grant matures after the lock's end.
    uint256 internal constant LOCK_MAX = 20 days;

    /* LOCKS */

    function grant(address provider, uint128 amount, uint40 end, ModuleId slasher) external returns (LockId lock) {
        uint40 until = _total.pausedUntil;
        require(block.timestamp >= until, IStaking.LocksPaused(until));
        return _grant(provider, amount, end, slasher);
    }

    function promote(address provider, uint128 amount, uint40 end, ModuleId slasher) external returns (LockId lock) {
        return _grant(provider, amount, end, slasher);
    }

    function regrant(LockId lock, uint128 newAmount, uint40 newEnd) external {
        LockState storage state = _lockAt(lock);
        LockPins memory pins = state.pins;
        require(_isPinned(pins.module), IStaking.NotLockModule(lock, msg.sender));
        LockStake memory held = state.stake;
        if (newAmount > held.amount || newEnd > pins.end) _checkPins(pins);
        uint256 newLocked = _checkGrant(held.provider, held.amount, newAmount, newEnd);
        state.stake.amount = uint96(newAmount);
        state.pins.end = newEnd;
        state.pins.grantedAt = uint40(block.timestamp);
        emit IStaking.LockRegranted(lock, held.provider, newAmount, newEnd, uint128(newLocked));
    }

    function release(LockId lock) external {
        LockState storage state = _lockAt(lock);
        LockPins memory pins = state.pins;
        if (!_isPinned(pins.module)) require(block.timestamp > pins.end, IStaking.LockNotEnded(lock, pins.end));
        LockStake memory held = state.stake;
        Liability storage liability = _pools[held.provider].liability;
        uint96 newLocked = liability.locked - held.amount;
        liability.locked = newLocked;
        delete _locks[LockId.unwrap(lock)];
        emit IStaking.LockReleased(lock, held.provider, held.amount, newLocked);
    }

    /* STATE */

    function _grant(address provider, uint128 amount, uint40 end, ModuleId slasher) private returns (LockId lock) {
        ModuleId module = _checkModule(ModuleRoles.LOCK);
        address slasherAddress = _moduleWith(slasher, ModuleRoles.SLASH);
        uint256 newLocked = _checkGrant(provider, 0, amount, end);
        uint40 index = ++_total.lockCount;
        lock = LockId.wrap(index);
        _locks[index] =
            LockState(LockStake(provider, uint96(amount)), LockPins(end, uint40(block.timestamp), module, slasher));
        emit IStaking.LockGranted(lock, provider, msg.sender, slasherAddress, amount, end, uint128(newLocked));
    }

    /// @dev A lock keeps its pins for what it was granted for and no more: what a removed module holds ends with its locks.
    function _checkPins(LockPins memory pins) private view {
        uint256 slasher = ModuleId.unwrap(pins.slasher);
        require(!_isGone(_modules[ModuleId.unwrap(pins.module)]), IStaking.ModuleUnknown(pins.module));
        require(slasher == 0 || !_isGone(_modules[slasher]), IStaking.ModuleUnknown(pins.slasher));
    }

    /// @dev The coverage law, and the new sum of locks with it.
    function _checkGrant(address provider, uint256 oldAmount, uint256 newAmount, uint40 end)
        private
        returns (uint256 newLocked)
    {
        require(newAmount != 0, IStaking.AmountZero());
        require(end > block.timestamp, IStaking.LockEndPassed(end));
        uint256 latest = block.timestamp + LOCK_MAX;
        require(end <= latest, IStaking.LockEndTooLate(end, uint40(latest)));
        Pool storage pool = _pools[provider];
        Liability memory liability = pool.liability;
        newLocked = liability.locked - oldAmount + newAmount;
        uint256 own = pool.own.head.active;
        uint256 active = own + pool.delegated.head.active;
        require(active >= newLocked, IStaking.StakeTooLow(active, newLocked));
        uint256 need = _firstLoss(provider, newLocked);
        if (own < need) {
            own += _excused(pool, liability.cureUntil);
            require(own >= need, IStaking.FirstLossTooLow(own, need));
        }
        // Not above active stake, each tranche of which fits 96 bits; so does their sum for any supply under 2^96.
        require(newLocked <= type(uint96).max, IStaking.AmountTooLarge(newLocked));
        pool.liability.locked = uint96(newLocked);
    }
}
