// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Accounts} from "./Accounts.sol";
import {Passages} from "./Passages.sol";

/// @dev Stake coming in, thawing, and going out.
/// Invariants:
/// 1. Nothing on the way out reads a pause, a lock, a module or a price: leaving asks nobody.
/// 2. A bucket's units are the sum of the units of its tickets, and a crystallised bucket's claim is paid to them alone.
abstract contract Exits is IStaking, Accounts, Passages {
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
        Thaw memory thaw = tranche_.thaw;
        _crystallise(tranche_, thaw, provider, isOwn);
        amount = uint128(_burn(pool, provider, account, shares));
        require(amount != 0, AmountZero());
        day = uint32(_divUp(block.timestamp + THAW, 1 days));
        (uint256 units, uint24 generation) = _thaw(tranche_, thaw, provider, isOwn, day, amount);
        _addTicket(pool.accounts[account], provider, account, day, units, generation);
        emit ExitStarted(provider, account, day, amount, shares, generation, uint128(units));
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
    function crystallise(address provider) external {
        Pool storage pool = _pools[provider];
        _crystallise(pool.own, pool.own.thaw, provider, true);
        _crystallise(pool.delegated, pool.delegated.thaw, provider, false);
    }

    /* STATE */

    /// @dev Puts `amount` into the bucket of `day`.
    function _thaw(
        TrancheState storage tranche_,
        Thaw memory thaw,
        address provider,
        bool isOwn,
        uint256 day,
        uint256 amount
    ) private returns (uint256 units, uint24 generation) {
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
}
