// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {Ledger} from "./Ledger.sol";

/// @dev Hot keys and payees of accounts, which every contract of the system asks for.
/// Invariants:
/// 1. Only an account itself gives a key roles or names a payee; a stolen key can do neither.
/// 2. Value reaches a new payee after three days at the earliest, time for the owner to take it back.
abstract contract Accounts is IStaking, Ledger {
    uint256 private constant PAYEE_DELAY = 3 days;

    /// @inheritdoc IStaking
    function setKey(address key, uint32 newRoles, uint40 newExpiry) external {
        _keys[msg.sender][key] = KeyState(newRoles, newExpiry);
        emit KeySet(msg.sender, key, newRoles, newExpiry);
    }

    /// @inheritdoc IStaking
    function setPayee(address payee, bool isPayee) external {
        uint40 activeAt = _payees[msg.sender][payee];
        if (!isPayee) activeAt = 0;
        // Registering twice must not make a payee wait again.
        else if (activeAt == 0) activeAt = uint40(block.timestamp + PAYEE_DELAY);
        _payees[msg.sender][payee] = activeAt;
        emit PayeeSet(msg.sender, payee, activeAt);
    }

    function _mayAct(address account, address caller, uint32 role) internal view returns (bool) {
        if (caller == account) return true;
        KeyState storage key = _keys[account][caller];
        return key.roles & role == role && block.timestamp < key.expiry;
    }

    function _mayReceive(address account, address to) internal view returns (bool) {
        if (to == account) return true;
        uint40 activeAt = _payees[account][to];
        return activeAt != 0 && block.timestamp >= activeAt;
    }

    function _checkActor(address account, uint32 role) internal view {
        require(_mayAct(account, msg.sender, role), NotAllowed(msg.sender, account));
    }

    function _checkPayee(address account, address to) internal view {
        require(_mayReceive(account, to), NotPayee(account, to));
    }
}
