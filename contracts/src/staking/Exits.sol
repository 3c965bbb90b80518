// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Accounts} from "./Accounts.sol";
import {Tranches} from "./Tranches.sol";

/// @dev Stake coming in, thawing, and going out.
/// Invariants:
/// 1. Nothing on the way out reads a pause, a lock, a module or a price: leaving asks nobody.
/// 2. A bucket's units are the sum of the units of its tickets, and a crystallised bucket's claim is paid to them alone.
abstract contract Exits is IStaking, Accounts, Tranches {
    /* STAKE */

    /// @inheritdoc IStaking
    function stake(address provider, uint128 amount) external returns (uint128 shares) {
        shares = _deposit(provider, msg.sender, amount);
        _total.flt += amount;
        _pull(_flt, amount);
    }

    /// @inheritdoc IStaking
    function exit(address account, address provider, uint128 shares) external returns (uint32 day, uint128 amount) {
        _checkActor(account, KeyRoles.STAKE);
        Pool storage pool = _pools[provider];
        bool isOwn = account == provider;
        TrancheState storage tranche_ = _tranche(pool, isOwn);
        _crystallise(tranche_, provider, isOwn);
        amount = uint128(_burn(pool, provider, account, shares));
        require(amount != 0, AmountZero());
        day = uint32(_divUp(block.timestamp + THAW, 1 days));
        (uint256 units, uint24 generation) = _thaw(tranche_, provider, isOwn, day, amount);
        _addTicket(pool.accounts[account], provider, account, day, units, generation);
        emit ExitStarted(provider, account, day, amount, shares, generation, uint128(units));
    }

    /// @inheritdoc IStaking
    function cancelExit(address account, address provider, uint32 day) external returns (uint128 shares) {
        _checkActor(account, KeyRoles.STAKE);
        require(day > _today(), TicketMatured(day));
        Pool storage pool = _pools[provider];
        bool isOwn = account == provider;
        TrancheState storage tranche_ = _tranche(pool, isOwn);
        _crystallise(tranche_, provider, isOwn);
        Thaw memory thaw = tranche_.thaw;
        uint256 units = _takeTicket(pool.accounts[account], provider, account, day, thaw.generation);
        uint256 amount = units * thaw.thawing / thaw.units;
        tranche_.buckets[day].units -= uint120(units);
        _setThaw(tranche_, thaw, thaw.thawing - amount, thaw.units - units, provider, isOwn);
        require(amount != 0, AmountZero());
        // No cap: lowering it evicts nobody, and whoever thaws was inside when he came.
        shares = uint128(_mint(pool, provider, account, amount, false));
        emit ExitCancelled(provider, account, day, uint128(units), uint128(amount), _generation(pool, isOwn), shares);
    }

    /// @inheritdoc IStaking
    function withdraw(address account, address provider, uint32 day, address recipient)
        external
        returns (uint128 amount)
    {
        _checkActor(account, KeyRoles.STAKE);
        _checkPayee(account, recipient);
        uint128 units;
        (units, amount) = _redeem(provider, account, day);
        _total.flt -= amount;
        emit Withdrawn(provider, account, day, units, amount, recipient);
        _pay(_flt, recipient, amount);
    }

    /// @inheritdoc IStaking
    function redelegate(address account, address provider, uint32 day, address target) external {
        _checkActor(account, KeyRoles.STAKE);
        require(target != provider, TargetSame(provider));
        AccountState storage state = _pools[provider].accounts[account];
        require(state.tickets[day].units != 0, TicketUnknown(provider, account, day));
        state.tickets[day].isRedelegating = target != address(0);
        state.targets[day] = target;
        emit RedelegationNamed(provider, account, day, target);
    }

    /// @inheritdoc IStaking
    function move(address account, address provider, uint32 day) external returns (uint128 shares) {
        _checkActor(account, KeyRoles.STAKE);
        address target = _pools[provider].accounts[account].targets[day];
        require(target != address(0), TargetUnset(day));
        (uint128 units, uint128 amount) = _redeem(provider, account, day);
        emit Redelegated(provider, account, day, target, units, amount);
        shares = _deposit(target, account, amount);
    }

    /// @inheritdoc IStaking
    function crystallise(address provider) external {
        Pool storage pool = _pools[provider];
        _crystallise(pool.own, provider, true);
        _crystallise(pool.delegated, provider, false);
    }

    /// @inheritdoc IStaking
    function sweepOrphan(address provider) external {
        Pool storage pool = _pools[provider];
        Liability memory liability = pool.liability;
        require(liability.locked == 0, ProviderLocked(provider, liability.locked));
        require(liability.orphan != 0, AmountZero());
        _setOrphan(pool, provider, 0);
        _total.flt -= liability.orphan;
        emit OrphanSwept(provider, liability.orphan);
        _pay(_flt, _treasury, liability.orphan);
    }

    /* STATE */

    /// @dev Books stake whose tokens the caller has taken care of.
    function _deposit(address provider, address account, uint128 amount) private returns (uint128 shares) {
        require(amount != 0, AmountZero());
        uint40 until = _total.pausedUntil;
        require(block.timestamp >= until, DepositsPaused(until));
        Pool storage pool = _pools[provider];
        require(pool.terms.isRegistered, NotRegistered(provider));
        bool isOwn = account == provider;
        shares = uint128(_mint(pool, provider, account, amount, !isOwn));
        emit Staked(provider, account, _generation(pool, isOwn), amount, shares);
    }

    /// @dev Puts `amount` into the bucket of `day`.
    function _thaw(TrancheState storage tranche_, address provider, bool isOwn, uint256 day, uint256 amount)
        private
        returns (uint256 units, uint24 generation)
    {
        Thaw memory thaw = tranche_.thaw;
        generation = thaw.generation;
        if (thaw.units == 0) {
            units = amount;
            // Nothing waits: no day before tomorrow can hold a bucket.
            thaw.cursor = uint16(_today() + 1);
        } else {
            units = _divUp(amount * thaw.units, thaw.thawing);
        }
        Bucket memory bucket = tranche_.buckets[day];
        // A bucket of a wiped generation is worth nothing, and its day is used again.
        if (bucket.generation != generation) bucket = Bucket(0, 0, generation, false);
        bucket.units += uint120(units);
        tranche_.buckets[day] = bucket;
        _setThaw(tranche_, thaw, thaw.thawing + amount, thaw.units + units, provider, isOwn);
    }

    function _addTicket(
        AccountState storage state,
        address provider,
        address account,
        uint32 day,
        uint256 units,
        uint24 generation
    ) private {
        TicketState memory ticket_ = state.tickets[day];
        if (ticket_.generation != generation) {
            // Where the stake of a wiped ticket was to go says nothing of this one.
            if (ticket_.isRedelegating) {
                delete state.targets[day];
                emit RedelegationNamed(provider, account, day, address(0));
            }
            ticket_ = TicketState(0, generation, false);
        }
        ticket_.units += uint120(units);
        state.tickets[day] = ticket_;
    }

    /// @dev Deletes a ticket, which must be of `generation`.
    function _takeTicket(AccountState storage state, address provider, address account, uint256 day, uint24 generation)
        private
        returns (uint256 units)
    {
        TicketState memory ticket_ = state.tickets[day];
        require(ticket_.units != 0 && ticket_.generation == generation, TicketUnknown(provider, account, uint32(day)));
        if (ticket_.isRedelegating) delete state.targets[day];
        delete state.tickets[day];
        return ticket_.units;
    }

    /// @dev Takes a matured ticket's part out of the claim that its bucket shares. What rounding leaves is the others',
    /// and the last gets all of it.
    function _redeem(address provider, address account, uint32 day) private returns (uint128 units, uint128 amount) {
        require(day <= _today(), TicketNotMatured(day));
        Pool storage pool = _pools[provider];
        bool isOwn = account == provider;
        TrancheState storage tranche_ = _tranche(pool, isOwn);
        Bucket memory bucket = tranche_.buckets[day];
        if (!bucket.isCrystallised) {
            _crystallise(tranche_, provider, isOwn);
            bucket = tranche_.buckets[day];
            require(bucket.isCrystallised, TicketUnknown(provider, account, day));
        }
        units = uint128(_takeTicket(pool.accounts[account], provider, account, day, bucket.generation));
        amount = uint128(uint256(units) * bucket.claim / bucket.units);
        bucket.units -= uint120(units);
        bucket.claim -= uint96(amount);
        tranche_.buckets[day] = bucket;
    }
}
