// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {LockId, ModuleId} from "../types/Ids.sol";
import {ModuleRoles} from "../types/Roles.sol";
import {Roster} from "./Roster.sol";
import {Solvency} from "./Solvency.sol";

/// @dev Locks and the coverage law.
/// Invariants:
/// 1. After every grant active stake is at least the sum of the provider's locks, and each lock ends within LOCK_MAX.
/// 2. `Liability.locked` is the sum of the provider's locks.
abstract contract Locks is IStaking, Roster, Solvency {
    /// @dev Strictly less than THAW: what leaves after a grant matures after the lock's end.
    uint256 internal constant LOCK_MAX = 20 days;

    /* LOCKS */

    /// @inheritdoc IStaking
    function grant(address provider, uint128 amount, uint40 end, ModuleId slasher) external returns (LockId lock) {
        uint40 until = _total.pausedUntil;
        require(block.timestamp >= until, LocksPaused(until));
        return _grant(provider, amount, end, slasher);
    }

    /// @inheritdoc IStaking
    function promote(address provider, uint128 amount, uint40 end, ModuleId slasher) external returns (LockId lock) {
        return _grant(provider, amount, end, slasher);
    }

    /// @inheritdoc IStaking
    function regrant(LockId lock, uint128 newAmount, uint40 newEnd) external returns (address provider) {
        LockState storage state = _locks[LockId.unwrap(lock)];
        LockPins memory pins = state.pins;
        LockStake memory held = state.stake;
        _checkLock(lock, pins);
        provider = pins.provider;
        ModuleState memory module = _modules[ModuleId.unwrap(pins.module)];
        require(msg.sender == module.module, NotLockModule(lock, msg.sender));
        // A lock keeps its pins for what it was granted for and no more: what a removed module holds ends with its locks.
        if (newAmount > held.amount || newEnd > held.end) {
            require(!_isGone(module), ModuleUnknown(pins.module));
            if (pins.removals != module.removals) _checkSlasher(state, pins.slasher, module.removals);
        }
        uint256 newLocked = _checkGrant(provider, held.amount, newAmount, newEnd);
        // Not above the sum of locks, which fits.
        state.stake = LockStake(uint96(newAmount), newEnd, uint40(block.timestamp));
        emit LockRegranted(lock, provider, newAmount, newEnd, uint128(newLocked));
    }

    /// @inheritdoc IStaking
    function release(LockId lock) external {
        LockState storage state = _locks[LockId.unwrap(lock)];
        LockPins memory pins = state.pins;
        LockStake memory held = state.stake;
        _checkLock(lock, pins);
        if (!_isPinned(pins.module)) require(block.timestamp > held.end, LockNotEnded(lock, held.end));
        Liability storage liability = _pools[pins.provider].liability;
        uint96 newLocked = liability.locked - held.amount;
        liability.locked = newLocked;
        delete _locks[LockId.unwrap(lock)];
        emit LockReleased(lock, pins.provider, held.amount, newLocked);
    }

    /* STATE */

    function _grant(address provider, uint128 amount, uint40 end, ModuleId slasher) private returns (LockId lock) {
        (ModuleId id, ModuleState memory module) = _checkModule(ModuleRoles.LOCK);
        ModuleState memory slasherState = _moduleWith(slasher, ModuleRoles.SLASH);
        uint256 newLocked = _checkGrant(provider, 0, amount, end);
        uint40 index = ++_total.lockCount;
        lock = LockId.wrap(index);
        LockState storage state = _locks[index];
        // A slasher whose removal runs was not seen to stay: the count before that removal never comes again.
        uint24 removals = slasherState.removedAt == 0 ? module.removals : module.removals - 1;
        state.pins = LockPins(provider, id, slasher, removals);
        state.stake = LockStake(uint96(amount), end, uint40(block.timestamp));
        emit LockGranted(lock, provider, msg.sender, slasherState.module, amount, end, uint128(newLocked));
    }

    /// @dev Some module was removed since the slasher was last seen to stay.
    function _checkSlasher(LockState storage state, ModuleId slasher, uint24 removals) private {
        ModuleState memory module = _modules[ModuleId.unwrap(slasher)];
        require(ModuleId.unwrap(slasher) == 0 || !_isGone(module), ModuleUnknown(slasher));
        if (module.removedAt == 0) state.pins.removals = removals;
    }

    /// @dev The coverage law, and the new sum of locks with it.
    function _checkGrant(address provider, uint256 oldAmount, uint256 newAmount, uint40 end)
        private
        returns (uint256 newLocked)
    {
        require(newAmount != 0, AmountZero());
        require(end > block.timestamp, LockEndPassed(end));
        uint256 latest = block.timestamp + LOCK_MAX;
        require(end <= latest, LockEndTooLate(end, uint40(latest)));
        Pool storage pool = _pools[provider];
        Liability memory liability = pool.liability;
        uint256 own = pool.own.head.active;
        uint256 active;
        // The sum of locks has each of them in it, stake fits 96 bits, and an amount 128.
        unchecked {
            newLocked = liability.locked - oldAmount + newAmount;
            active = own + pool.delegated.head.active;
        }
        require(active >= newLocked, StakeTooLow(active, newLocked));
        uint256 need = _firstLoss(provider, liability, newLocked);
        if (own < need) {
            own += _excused(pool);
            require(own >= need, FirstLossTooLow(own, need));
        }
        // Not above active stake, each tranche of which fits 96 bits; so does their sum for any supply under 2^96.
        require(newLocked <= type(uint96).max, AmountTooLarge(newLocked));
        pool.liability.locked = uint96(newLocked);
    }
}
