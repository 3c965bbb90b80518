// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {LockId, ModuleId, QuarantineId} from "../types/Ids.sol";
import {Claims} from "./Claims.sol";
import {Exits} from "./Exits.sol";
import {Roster} from "./Roster.sol";
import {Solvency} from "./Solvency.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @dev Everything that can be read.
abstract contract Views is Exits, Claims, Roster, Solvency {
    /* DEPLOYMENT */

    /// @inheritdoc IStaking
    function flt() external view returns (address) {
        return _flt;
    }

    /// @inheritdoc IStaking
    function stablecoin() external view returns (address) {
        return _stablecoin;
    }

    /// @inheritdoc IStaking
    function treasury() external view returns (address) {
        return _treasury;
    }

    /// @inheritdoc IStaking
    function guardian() external view returns (address) {
        return _guardian;
    }

    /// @inheritdoc IStaking
    function council() external view returns (address) {
        return _council;
    }

    /// @inheritdoc IStaking
    function pausedUntil() external view returns (uint40) {
        return _total.pausedUntil;
    }

    /// @inheritdoc IStaking
    function terms(address provider) external view returns (Terms memory) {
        return _terms(provider);
    }

    /// @inheritdoc IStaking
    function revenueShareBps(address provider) external view returns (uint16) {
        TermsState storage state = _pools[provider].terms;
        (uint16 share, bool isScheduled) = (state.revenueShareBps, state.isScheduled);
        return isScheduled ? _terms(provider).revenueShareBps : share;
    }

    /// @inheritdoc IStaking
    function isRegistered(address provider) external view returns (bool) {
        return _pools[provider].terms.isRegistered;
    }

    /// @inheritdoc IStaking
    function mayAct(address account, address caller, uint32 role) external view returns (bool) {
        return _mayAct(account, caller, role);
    }

    /// @inheritdoc IStaking
    function mayReceive(address account, address to) external view returns (bool) {
        return _mayReceive(account, to);
    }

    /// @inheritdoc IStaking
    function moduleOf(ModuleId id) external view returns (Module memory) {
        return _moduleOf(_moduleAt(id));
    }

    /// @inheritdoc IStaking
    function modules() external view returns (Module[] memory list) {
        list = new Module[](_roll.count);
        for (uint256 i; i < list.length; ++i) {
            list[i] = _moduleOf(_modules[i + 1]);
        }
    }

    function _moduleOf(ModuleState memory state) private pure returns (Module memory) {
        return Module(state.module, state.roles, state.activeAt, state.removedAt);
    }

    /// @inheritdoc IStaking
    function booked(address token) public view returns (uint256) {
        if (token == _flt) return _total.flt;
        return token == _stablecoin ? _usdBooked : 0;
    }

    /// @inheritdoc IStaking
    function surplus(address token) external view returns (uint256) {
        return IERC20(token).balanceOf(address(this)) - booked(token);
    }

    /* STAKE */

    /// @inheritdoc IStaking
    function tranche(address provider, bool isOwn) external view returns (Tranche memory) {
        Pool storage pool = _pools[provider];
        TrancheState storage state = _tranche(pool, isOwn);
        Head memory head = state.head;
        Thaw memory thaw = state.thaw;
        return Tranche(head.active, head.shares, _generation(pool, isOwn), thaw.thawing, thaw.units, thaw.generation);
    }

    /// @inheritdoc IStaking
    function locked(address provider) external view returns (uint128) {
        return _pools[provider].liability.locked;
    }

    /// @inheritdoc IStaking
    function orphan(address provider) external view returns (uint128) {
        return _pools[provider].liability.orphan;
    }

    /// @inheritdoc IStaking
    function shortfall(address provider) external view returns (uint128 amount, uint40 cureUntil) {
        Pool storage pool = _pools[provider];
        cureUntil = pool.scheduled.cureUntil;
        amount = uint128(_excused(pool));
        if (amount == 0) cureUntil = 0;
    }

    /// @inheritdoc IStaking
    function position(address provider, address account) external view returns (Position memory) {
        Pool storage pool = _pools[provider];
        AccountState storage state = pool.accounts[account];
        bool isOwn = account == provider;
        Head memory head = _tranche(pool, isOwn).head;
        uint256 shares = _liveShares(state, _generation(pool, isOwn));
        uint256 amount = shares == 0 ? 0 : shares * head.active / head.shares;
        (uint128 fltOwed, uint128 usdOwed) = _owed(state.position.shares, state.debts, _indicesOf(provider, account));
        return Position(uint128(shares), uint128(amount), fltOwed, usdOwed);
    }

    /// @inheritdoc IStaking
    function ticket(address provider, address account, uint32 day) external view returns (Ticket memory result) {
        Pool storage pool = _pools[provider];
        TrancheState storage state = _tranche(pool, account == provider);
        TicketState memory held = pool.accounts[account].tickets[day];
        Bucket memory bucket = state.buckets[day];
        Thaw memory thaw = state.thaw;
        result.isMatured = day <= _today();
        result.target = pool.accounts[account].targets[day];
        if (held.units == 0 || held.generation != bucket.generation) return result;
        result.isCrystallised = bucket.isCrystallised;
        if (bucket.isCrystallised) {
            result.units = held.units;
            result.amount = uint128(uint256(held.units) * bucket.claim / bucket.units);
        } else if (held.generation == thaw.generation) {
            result.units = held.units;
            result.amount = uint128(uint256(held.units) * thaw.thawing / thaw.units);
        }
    }

    /// @inheritdoc IStaking
    function rewardIndex(address provider, bool isOwn) external view returns (uint128 fltIndex, uint128 usdIndex) {
        TrancheState storage state = _tranche(_pools[provider], isOwn);
        Head memory head = state.head;
        Indices memory now_ = state.indices;
        _grow(state, now_, head.shares, head.updatedAt);
        return (now_.flt, now_.usd);
    }

    /// @inheritdoc IStaking
    function drip(address provider, bool isOwn, address token) external view returns (uint128 rate, uint40 end) {
        Drips memory drips = _tranche(_pools[provider], isOwn).drips;
        bool isFlt = token == _flt;
        rate = uint128(isFlt ? drips.fltRate : drips.usdRate) << 8;
        end = isFlt ? drips.fltEnd : drips.usdEnd;
    }

    /* LIABILITIES */

    /// @inheritdoc IStaking
    function free(address provider) external view returns (uint128) {
        Pool storage pool = _pools[provider];
        Liability memory liability = pool.liability;
        uint256 own = pool.own.head.active;
        uint256 most = own + pool.delegated.head.active;
        uint256 bps = _terms(provider).firstLossBps;
        if (bps != 0) {
            uint256 allowed = (own + _excused(pool)) * BPS / bps;
            if (allowed < most) most = allowed;
        }
        return most > liability.locked ? uint128(most - liability.locked) : 0;
    }

    /// @inheritdoc IStaking
    function amountOf(LockId lock) external view returns (uint128) {
        return _locks[LockId.unwrap(lock)].stake.amount;
    }

    /// @inheritdoc IStaking
    function lockOf(LockId lock) external view returns (Lock memory) {
        LockState memory state = _locks[LockId.unwrap(lock)];
        _checkLock(lock, state.pins);
        return Lock(
            state.pins.provider,
            state.stake.end,
            state.stake.grantedAt,
            state.pins.module,
            state.pins.slasher,
            state.stake.amount
        );
    }

    /// @inheritdoc IStaking
    function quarantineOf(QuarantineId quarantine) external view returns (Quarantine memory) {
        QuarantineState memory state = _quarantines[QuarantineId.unwrap(quarantine)];
        require(state.releaseAt != 0, QuarantineUnknown(quarantine));
        return Quarantine(
            state.customer, state.releaseAt, state.reporter, state.customerAmount, state.reporterAmount, state.provider
        );
    }

    /// @inheritdoc IStaking
    function burnQueued(uint32 day) external view returns (uint128) {
        return uint128(_burns[day]);
    }
}
