// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Accounts} from "./Accounts.sol";
import {Tranches} from "./Tranches.sol";

/// @dev FLT and stablecoin income on its way out.
/// Invariant: a claim pays what its own position earned, and changes nothing of the tranche or of anybody else.
abstract contract Claims is IStaking, Accounts, Tranches {
    /* REWARDS */

    /// @inheritdoc IStaking
    function claimReward(address account, address provider, address token, address recipient)
        external
        returns (uint128 amount)
    {
        _checkActor(account, KeyRoles.CLAIM);
        _checkPayee(account, recipient);
        require(token == _flt || token == _stablecoin, TokenUnknown(token));
        AccountState storage state = _pools[provider].accounts[account];
        Indices memory indices = _indicesOf(provider, account);
        (uint128 fltOwed, uint128 usdOwed) = _owed(state.position.shares, state.debts, indices);
        if (token == _flt) {
            (amount, fltOwed) = (fltOwed, 0);
            _total.flt -= amount;
        } else {
            (amount, usdOwed) = (usdOwed, 0);
            _usdBooked -= amount;
        }
        require(amount != 0, AmountZero());
        _setDebts(state, state.position.shares, indices, fltOwed, usdOwed);
        emit RewardSettled(provider, account, indices.flt, indices.usd, fltOwed, usdOwed);
        emit RewardClaimed(provider, account, token, amount, recipient);
        _pay(token, recipient, amount);
    }

    /* STATE */

    /// @dev Indices that a position earns by now.
    function _indicesOf(address provider, address account) internal view returns (Indices memory) {
        Pool storage pool = _pools[provider];
        bool isOwn = account == provider;
        TrancheState storage tranche_ = _tranche(pool, isOwn);
        Head memory head = tranche_.head;
        Indices memory now_ = tranche_.indices;
        _grow(tranche_, now_, head.shares, head.updatedAt);
        return _indicesFor(tranche_, pool.accounts[account], _generation(pool, isOwn), now_);
    }
}
