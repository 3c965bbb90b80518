// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Accounts} from "./Accounts.sol";
import {Passages} from "./Passages.sol";

/// @dev Stake on its way out that turns back or goes elsewhere.
/// Invariant: like leaving, it asks nobody.
abstract contract Detours is Accounts, Passages {
    /* STAKE */

    function cancelExit(address account, address provider, uint32 day) external returns (uint128 shares) {
        _checkActor(account, KeyRoles.STAKE);
        require(day > _today(), IStaking.TicketMatured(day));
        Pool storage pool = _pools[provider];
        bool isOwn = account == provider;
        TrancheState storage tranche_ = _tranche(pool, isOwn);
        Thaw memory thaw = tranche_.thaw;
        _crystallise(tranche_, thaw, provider, isOwn);
        uint256 units = _takeTicket(pool.accounts[account], provider, account, day, thaw.generation);
        uint256 amount = units * thaw.thawing / thaw.units;
        tranche_.buckets[day].units -= uint120(units);
        _setThaw(tranche_, thaw, thaw.thawing - amount, thaw.units - units, provider, isOwn);
        require(amount != 0, IStaking.AmountZero());
        // No cap: lowering it evicts nobody, and whoever thaws was inside when he came.
        (uint256 minted, uint24 generation) = _mint(pool, provider, account, amount, false);
        shares = uint128(minted);
        emit IStaking.ExitCancelled(provider, account, day, uint128(units), uint128(amount), generation, shares);
    }

    function redelegate(address account, address provider, uint32 day, address target) external {
        _checkActor(account, KeyRoles.STAKE);
        require(target != provider, IStaking.TargetSame(provider));
        AccountState storage state = _pools[provider].accounts[account];
        require(state.tickets[day].units != 0, IStaking.TicketUnknown(provider, account, day));
        state.tickets[day].isRedelegating = target != address(0);
        state.targets[day] = target;
        emit IStaking.RedelegationNamed(provider, account, day, target);
    }

    function move(address account, address provider, uint32 day) external returns (uint128 shares) {
        _checkActor(account, KeyRoles.STAKE);
        address target = _pools[provider].accounts[account].targets[day];
        require(target != address(0), IStaking.TargetUnset(day));
        (uint128 units, uint128 amount) = _redeem(provider, account, day);
        emit IStaking.Redelegated(provider, account, day, target, units, amount);
        shares = _deposit(target, account, amount);
    }
}
