// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {Ledger} from "./Ledger.sol";

/// @dev Hot keys and payees of accounts.
/// Invariants:
/// 1. Only an account itself gives a key roles or names a payee; a stolen key can do neither.
/// 2. Value reaches a new payee after three days at the earliest, time for the owner to take it back.
abstract contract Keys is Ledger {
    uint256 private constant PAYEE_DELAY = 3 days;

    function setKey(address key, uint32 newRoles, uint40 newExpiry) external {
        _keys[msg.sender][key] = KeyState(newRoles, newExpiry);
        emit IStaking.KeySet(msg.sender, key, newRoles, newExpiry);
    }

    function setPayee(address payee, bool isPayee) external {
        uint40 activeAt = _payees[msg.sender][payee];
        if (!isPayee) activeAt = 0;
        // Registering twice must not make a payee wait again.
        else if (activeAt == 0) activeAt = uint40(block.timestamp + PAYEE_DELAY);
        _payees[msg.sender][payee] = activeAt;
        emit IStaking.PayeeSet(msg.sender, payee, activeAt);
    }
}
