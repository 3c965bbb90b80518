// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {LockId, ModuleId, QuarantineId} from "../types/Ids.sol";
import {Roster} from "./Roster.sol";
import {Solvency} from "./Solvency.sol";
import {Tranches} from "./Tranches.sol";

/// @dev Slashes. What they took waits a week, see `Quarantines`.
/// Invariants:
/// 1. A slash takes at most its lock, and lowers it and the sum of locks by what it takes.
/// 2. Parties get at most PARTY_BPS of the own stake that the slash took: who arranges a slash of himself loses.
/// 3. Nothing that a provider controls makes a slash of a running lock revert.
abstract contract Slashing is Roster, Solvency, Tranches {
    uint256 private constant CURE = 48 hours;
    uint256 private constant PARTY_BPS = 8000;

    /* SLASH */

    function slash(
        LockId lock,
        uint128 amount,
        address customer,
        uint128 customerMax,
        address reporter,
        uint128 reporterMax
    ) external returns (uint128 slashed, uint128 fromOwn) {
        address provider = _checkSlasher(lock);
        (slashed, fromOwn) = _take(lock, provider, amount);
        // Both parts are of what was taken, and what was taken fits 96 bits.
        unchecked {
            uint256 toParties = fromOwn * PARTY_BPS / BPS;
            uint256 toCustomer = customer == address(0) ? 0 : _min(customerMax, toParties);
            uint256 toReporter = reporter == address(0) ? 0 : _min(reporterMax, toParties - toCustomer);
            if (toCustomer + toReporter != 0) {
                _quarantine(lock, provider, customer, toCustomer, reporter, toReporter);
            }
            _queueBurn(slashed - toCustomer - toReporter);
        }
    }

    /* STATE */

    function _checkSlasher(LockId lock) private view returns (address) {
        LockPins memory pins = _locks[LockId.unwrap(lock)].pins;
        _checkLock(lock, pins);
        require(ModuleId.unwrap(pins.slasher) != 0 && _isPinned(pins.slasher), IStaking.NotSlasher(lock, msg.sender));
        return pins.provider;
    }

    /// @dev The waterfall: orphan reserve, own stake, delegated stake.
    function _take(LockId lock, address provider, uint256 amount) private returns (uint128 slashed, uint128 fromOwn) {
        LockStake memory held = _locks[LockId.unwrap(lock)].stake;
        require(block.timestamp <= held.end, IStaking.LockEndPassed(held.end));
        Pool storage pool = _pools[provider];
        Liability memory before = pool.liability;
        uint256 due = _min(amount, held.amount);
        uint256 fromOrphan = _min(due, before.orphan);
        uint256 fromDelegated;
        // The parts add up to at most `due`, and that is part of the lock, which is part of the sum of locks.
        unchecked {
            if (fromOrphan != 0) _setOrphan(pool, provider, before.orphan - fromOrphan);
            uint256 missing = _shortfall(pool, provider, before);
            fromOwn = uint128(_slashTranche(pool, provider, true, due - fromOrphan));
            fromDelegated = _slashTranche(pool, provider, false, due - fromOrphan - fromOwn);
            slashed = uint128(fromOrphan + fromOwn + fromDelegated);
            held.amount -= uint96(slashed);
            before.locked -= uint96(slashed);
            _locks[LockId.unwrap(lock)].stake.amount = held.amount;
            // A wipe may have changed the orphan reserve.
            pool.liability.locked = before.locked;
            _emitSlashed(lock, provider, fromOrphan, fromOwn, fromDelegated, held.amount, before.locked);
            _excuse(pool, provider, before, missing);
        }
    }

    function _emitSlashed(
        LockId lock,
        address provider,
        uint256 fromOrphan,
        uint256 fromOwn,
        uint256 fromDelegated,
        uint256 lockAmount,
        uint256 newLocked
    ) private {
        emit IStaking.Slashed(
            lock,
            provider,
            msg.sender,
            uint128(fromOrphan + fromOwn + fromDelegated),
            uint128(fromOrphan),
            uint128(fromOwn),
            uint128(fromDelegated),
            uint128(lockAmount),
            uint128(newLocked)
        );
    }

    /// @dev Own stake missing for the provider's promised first loss.
    function _shortfall(Pool storage pool, address provider, Liability memory liability)
        private
        view
        returns (uint256)
    {
        uint256 need = _firstLoss(provider, liability, liability.locked);
        uint256 own = pool.own.head.active;
        unchecked {
            return need > own ? need - own : 0;
        }
    }

    /// @dev Excuses, for 48 hours, the shortfall that the slash added; not what was missing `before` for other reasons.
    function _excuse(Pool storage pool, address provider, Liability memory liability, uint256 before) private {
        uint256 shortfall = _shortfall(pool, provider, liability);
        if (shortfall <= before) return;
        uint256 excused = shortfall - before + _min(before, _excused(pool));
        uint40 cureUntil = uint40(block.timestamp + CURE);
        pool.scheduled.shortfall = uint96(excused);
        pool.scheduled.cureUntil = cureUntil;
        emit IStaking.ShortfallSet(provider, uint128(excused), cureUntil);
    }

    function _quarantine(
        LockId lock,
        address provider,
        address customer,
        uint256 toCustomer,
        address reporter,
        uint256 toReporter
    ) private {
        uint48 index;
        uint40 releaseAt;
        // A count of slashes and a time.
        unchecked {
            index = _total.quarantineCount + 1;
            releaseAt = uint40(block.timestamp + QUARANTINE);
        }
        _total.quarantineCount = index;
        QuarantineState storage state = _quarantines[index];
        (state.customer, state.customerAmount) = (customer, uint96(toCustomer));
        // A record without a reporter saves a slot, and a zero costs nothing to leave alone.
        if (toReporter != 0) (state.reporter, state.reporterAmount) = (reporter, uint96(toReporter));
        (state.provider, state.releaseAt) = (provider, releaseAt);
        emit IStaking.QuarantineOpened(
            QuarantineId.wrap(index),
            lock,
            provider,
            customer,
            uint128(toCustomer),
            toReporter == 0 ? address(0) : reporter,
            uint128(toReporter),
            releaseAt
        );
    }

    function _queueBurn(uint256 amount) private {
        if (amount == 0) return;
        uint256 day = _today();
        unchecked {
            _burns[day] += amount;
        }
        emit IStaking.BurnQueued(uint32(day), uint128(amount));
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
