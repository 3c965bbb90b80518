// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {LockId, ModuleId, QuarantineId} from "../types/Ids.sol";
import {Income} from "./Income.sol";
import {Locks} from "./Locks.sol";

/// @dev Slashes, the week in quarantine, and what becomes of slashed FLT.
/// Invariants:
/// 1. A slash takes at most its lock, and lowers it and the sum of locks by what it takes.
/// 2. Parties get at most PARTY_BPS of the own stake that the slash took: who arranges a slash of himself loses.
/// 3. Nothing that a provider controls makes a slash of a running lock revert.
abstract contract Slashing is Locks, Income {
    uint256 private constant QUARANTINE = 7 days;
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
        LockState storage state = _lockAt(lock);
        {
            LockPins memory pins = state.pins;
            require(
                ModuleId.unwrap(pins.slasher) != 0 && _isPinned(pins.slasher), IStaking.NotSlasher(lock, msg.sender)
            );
            require(block.timestamp <= pins.end, IStaking.LockEndPassed(pins.end));
        }
        (slashed, fromOwn) = _take(lock, state, amount);
        uint256 toParties = fromOwn * PARTY_BPS / BPS;
        uint256 toCustomer = customer == address(0) ? 0 : _min(customerMax, toParties);
        uint256 toReporter = reporter == address(0) ? 0 : _min(reporterMax, toParties - toCustomer);
        if (toCustomer + toReporter != 0) {
            _quarantine(lock, state.stake.provider, customer, toCustomer, reporter, toReporter);
        }
        _queueBurn(slashed - toCustomer - toReporter);
    }

    function cancelPayout(QuarantineId quarantine) external onlyCouncil {
        QuarantineState memory state = _takeQuarantine(quarantine);
        require(block.timestamp < state.releaseAt, IStaking.QuarantineOver(state.releaseAt));
        uint256 amount = uint256(state.customerAmount) + state.reporterAmount;
        emit IStaking.QuarantineCancelled(quarantine, uint128(amount));
        _addDrip(state.provider, true, _flt, amount);
    }

    function payQuarantine(QuarantineId quarantine) external {
        QuarantineState memory state = _takeQuarantine(quarantine);
        require(block.timestamp >= state.releaseAt, IStaking.QuarantineRunning(state.releaseAt));
        _total.flt -= uint128(state.customerAmount) + state.reporterAmount;
        emit IStaking.QuarantinePaid(quarantine);
        if (state.customerAmount != 0) _pay(_flt, state.customer, state.customerAmount);
        if (state.reporterAmount != 0) _pay(_flt, state.reporter, state.reporterAmount);
    }

    function burnSlashed(uint32 day) external {
        uint256 releaseAt = (uint256(day) + 1) * 1 days + QUARANTINE;
        require(block.timestamp >= releaseAt, IStaking.QuarantineRunning(uint40(releaseAt)));
        uint128 amount = uint128(_burns[day]);
        require(amount != 0, IStaking.AmountZero());
        delete _burns[day];
        _total.flt -= amount;
        emit IStaking.SlashBurned(day, amount);
        _pay(_flt, DEAD, amount);
    }

    /* STATE */

    /// @dev The waterfall: orphan reserve, own stake, delegated stake.
    function _take(LockId lock, LockState storage state, uint256 amount)
        private
        returns (uint128 slashed, uint128 fromOwn)
    {
        LockStake memory held = state.stake;
        Pool storage pool = _pools[held.provider];
        uint256 due = _min(amount, held.amount);
        uint256 fromOrphan = _min(due, pool.liability.orphan);
        if (fromOrphan != 0) _setOrphan(pool, held.provider, pool.liability.orphan - fromOrphan);
        uint256 shortfall = _shortfall(pool, held.provider);
        fromOwn = uint128(_slashTranche(pool, held.provider, true, due - fromOrphan));
        uint256 fromDelegated = _slashTranche(pool, held.provider, false, due - fromOrphan - fromOwn);
        slashed = uint128(fromOrphan + fromOwn + fromDelegated);
        held.amount -= uint96(slashed);
        uint96 newLocked = pool.liability.locked - uint96(slashed);
        state.stake.amount = held.amount;
        pool.liability.locked = newLocked;
        emit IStaking.Slashed(
            lock,
            held.provider,
            msg.sender,
            slashed,
            uint128(fromOrphan),
            fromOwn,
            uint128(fromDelegated),
            held.amount,
            newLocked
        );
        _excuse(pool, held.provider, shortfall);
    }

    /// @dev Own stake missing for the provider's promised first loss.
    function _shortfall(Pool storage pool, address provider) private view returns (uint256) {
        uint256 need = _firstLoss(provider, pool.liability.locked);
        uint256 own = pool.own.head.active;
        return need > own ? need - own : 0;
    }

    /// @dev Excuses, for 48 hours, the shortfall that the slash added; not what was missing `before` for other reasons.
    function _excuse(Pool storage pool, address provider, uint256 before) private {
        uint256 shortfall = _shortfall(pool, provider);
        if (shortfall <= before) return;
        uint256 excused = shortfall - before + _min(before, _excused(pool, pool.liability.cureUntil));
        uint40 cureUntil = uint40(block.timestamp + CURE);
        pool.scheduled.shortfall = uint96(excused);
        pool.liability.cureUntil = cureUntil;
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
        uint48 index = ++_total.quarantineCount;
        uint40 releaseAt = uint40(block.timestamp + QUARANTINE);
        QuarantineState storage state = _quarantines[index];
        state.customer = customer;
        state.customerAmount = uint96(toCustomer);
        // A record without a reporter saves a slot, and a zero costs nothing to leave alone.
        if (toReporter != 0) {
            state.reporter = reporter;
            state.reporterAmount = uint96(toReporter);
        }
        state.provider = provider;
        state.releaseAt = releaseAt;
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

    function _takeQuarantine(QuarantineId quarantine) private returns (QuarantineState memory state) {
        uint256 index = QuarantineId.unwrap(quarantine);
        state = _quarantines[index];
        require(state.releaseAt != 0, IStaking.QuarantineUnknown(quarantine));
        delete _quarantines[index];
    }

    function _queueBurn(uint256 amount) private {
        if (amount == 0) return;
        uint256 day = _today();
        _burns[day] += amount;
        emit IStaking.BurnQueued(uint32(day), uint128(amount));
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
